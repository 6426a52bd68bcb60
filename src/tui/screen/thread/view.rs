//! How an opened thread looks: subject, clock strip, timeline, and the matter card where there is room.
//!
//! Owns the drawing; it changes nothing.

use ratatui::{buffer::Buffer, layout::Rect, style::Style};

use super::{CARD, HEAD, HEAD_REST, Line, ThreadPage};
use crate::{
    app::rows::{MessageView, ThreadView},
    domain::message::Direction,
    tui::{
        action::Action,
        model::Model,
        screen::{due::due, parts},
        widget::{
            countdown, pager,
            table::{Cell, line, nth, put, rule, width},
            when,
        },
    },
};

/// Draws the page.
pub fn view(model: &Model, page: &ThreadPage, buf: &mut Buffer, area: Rect) {
    let Some(thread) = page.view.as_deref() else {
        let sentence = "This thread has gone into another one.";
        parts::empty(model, buf, area, page.gone, sentence);
        return;
    };
    let left =
        if model.wide() { Rect { width: area.width.saturating_sub(CARD), ..area } } else { area };
    head(model, thread, buf, left);
    strip(model, thread, buf, nth(left, 1));
    rule(buf, nth(left, 2), "", model.theme.rule, model.theme.dim);
    if model.wide() && !model.privacy {
        let card = Rect { x: left.right(), width: CARD, ..area };
        matter_card(model, thread, buf, card);
    }
    if !model.privacy {
        let timeline = Rect {
            y: left.y.saturating_add(HEAD),
            height: left.height.saturating_sub(HEAD),
            ..left
        };
        for (n, text) in page.visible().enumerate() {
            draw_line(model, page, text, buf, nth(timeline, n));
        }
    }
}

fn head(model: &Model, thread: &ThreadView, buf: &mut Buffer, area: Rect) {
    if model.privacy {
        return;
    }
    let matter = match (&thread.matter, thread.suggestions.first()) {
        (Some(matter), _) => format!("{} {}", matter.number, matter.name),
        (None, Some(best)) if !best.reasons.is_empty() => {
            format!("untagged · T → {} {}", best.matter.number, best.matter.name)
        }
        (None, _) => "untagged".to_owned(),
    };
    let (subject, style) = parts::subject(model, &thread.subject, model.theme.heading);
    let right = width(&matter).min(area.width.div_euclid(2));
    let left = area.width.saturating_sub(right).saturating_sub(5);
    let cells = [
        Cell::left(" ‹", 2, model.theme.accent),
        Cell::left(subject, left, style),
        Cell::right(matter, right, model.theme.dim),
    ];
    line(buf, nth(area, 0), model.theme.text, &cells);
}

/// `spoof?  ·  ACK DUE 0h42 █████░  ·  REPLY Wed 10:22 ░░░░░░  ·  policy Residential`, or what the clocks came to.
fn strip(model: &Model, thread: &ThreadView, buf: &mut Buffer, at: Rect) {
    let mut x = at.x.saturating_add(1);
    let mut say = |text: &str, style: Style| {
        let room = at.right().saturating_sub(x).saturating_sub(1);
        x = put(buf, x, at.y, room, text, style);
    };
    // Warnings first: they must not be what a narrow window cuts off.
    for (word, weight) in thread.marks.warnings() {
        say(word, parts::weight_style(model, weight));
        say("  ·  ", model.theme.rule);
    }
    for (n, running) in thread.clocks.iter().enumerate() {
        if n > 0 {
            say("  ·  ", model.theme.rule);
        }
        let shown = countdown::shown(
            running,
            &thread.calendar,
            (model.now, thread.marks.unsettled),
            &model.theme,
        );
        say(&running.clock.word().to_uppercase(), model.theme.heading);
        say(&format!(" {} ", shown.text.trim_start().replace("  ", " ")), shown.style);
        say(&shown.bar, shown.bar_style);
    }
    if thread.clocks.is_empty() {
        let last = thread.history.last().map_or("no clock runs", |text| text.as_str());
        say(if model.privacy { "no clock runs" } else { last }, model.theme.dim);
    } else {
        say(&format!("  ·  policy {}", thread.policy), model.theme.dim);
    }
}

fn draw_line(model: &Model, page: &ThreadPage, text: &Line, buf: &mut Buffer, at: Rect) {
    let x = at.x.saturating_add(5);
    let room = at.width.saturating_sub(6);
    match text {
        Line::Head(index) => {
            if let Some(message) = page.messages().get(*index) {
                message_head(model, page, message, buf, at);
            }
        }
        Line::Text(text) => {
            put(buf, x, at.y, room, text, model.theme.text);
        }
        Line::To(text) => {
            put(buf, x, at.y, room, text, model.theme.dim);
        }
        Line::Quoted(text) => {
            put(buf, x, at.y, room, &format!("│ {text}"), model.theme.dim);
        }
        Line::Fold(count) => {
            let key = model.sign_for(Action::ToggleQuoted);
            let hint = key.map_or_else(String::new, |key| format!("  {key} shows them"));
            put(buf, x, at.y, room, &format!("▸ {count} quoted lines{hint}"), model.theme.dim);
        }
        Line::Attachment(text) => {
            put(buf, x, at.y, room, &format!("+ {text}"), model.theme.accent);
        }
        Line::Remark(text) => {
            put(buf, x, at.y, room, &format!("! {text}"), model.theme.problem);
        }
        Line::Blank => {}
    }
}

/// `▾ Tue 24 Nov 10:22  Kofi Mensah → us            2 kB  pdf`
fn message_head(
    model: &Model,
    page: &ThreadPage,
    message: &MessageView,
    buf: &mut Buffer,
    at: Rect,
) {
    let selected = Some(message.key) == page.selected;
    let open = page.is_open(message.key);
    let pointer = if selected { "▸" } else { " " };
    let fold = if open { "▾" } else { " " };
    let style = if message.unread { model.theme.unread } else { Style::new() };
    let when = when::long(message.at, model.now, &model.zone);
    let rest = at.width.saturating_sub(HEAD_REST);
    let who = match message.direction {
        Direction::Inbound if open && width(&super::sender(message)) <= rest => {
            super::sender(message)
        }
        Direction::Inbound => format!("{} → us", message.from),
        Direction::Outbound => format!("we → {}", message.to),
        Direction::Internal => format!("{} → {} (between us)", message.from, message.to),
    };
    let who_width = if open { rest } else { rest.saturating_mul(2).div_euclid(5).clamp(12, 30) };
    let preview = if open { String::new() } else { first_words(message) };
    let size = if message.attachments.is_empty() {
        when::size(message.size)
    } else {
        format!("+{} {}", message.attachments.len(), when::size(message.size))
    };
    let cells = [
        Cell::left(format!(" {pointer}{fold}"), 3, model.theme.accent),
        Cell::left(when, 16, model.theme.dim),
        Cell::left(who, who_width, style),
        Cell::left(preview, rest.saturating_sub(who_width).saturating_sub(1), model.theme.dim),
        Cell::right(size, 10, model.theme.dim),
    ];
    line(buf, at, parts::base(model, selected), &cells);
}

/// The beginning of what was written, in one line.
fn first_words(message: &MessageView) -> String {
    let text = message.text.as_str();
    let words = text.split_whitespace().take(24).collect::<Vec<_>>().join(" ");
    if words.is_empty() { message.subject.as_str().to_owned() } else { words }
}

/// Who takes part, what was owed before, when the client last heard from us.
fn matter_card(model: &Model, thread: &ThreadView, buf: &mut Buffer, area: Rect) {
    for n in 0..usize::from(area.height) {
        let joint = if n == 2 { "┤" } else { "│" };
        put(buf, area.x, nth(area, n).y, 1, joint, model.theme.rule);
    }
    let mut lines: Vec<(String, Style)> = Vec::new();
    if let Some(matter) = &thread.matter {
        lines.push((matter.name.as_str().to_owned(), model.theme.heading));
        lines.push((matter.number.as_str().to_owned(), model.theme.dim));
        lines.push((String::new(), model.theme.text));
    }
    for (name, role) in &thread.people {
        let style = if role.is_opposing() { model.theme.problem } else { model.theme.dim };
        lines.push((name.as_str().to_owned(), model.theme.text));
        lines.push((format!("  {}", role.word().replace('_', " ")), style));
    }
    let heard = thread.last_update.map_or_else(
        || "never heard from us".to_owned(),
        |at| format!("last heard from us {}", when::spoken(at, model.now, &model.zone)),
    );
    lines.push((String::new(), model.theme.text));
    lines.push((heard, model.theme.text));
    for running in &thread.clocks {
        let unsettled = thread.marks.unsettled;
        let late = !unsettled && model.now > running.due;
        let style = if late { model.theme.problem } else { model.theme.text };
        lines.push((due(model, running, unsettled), style));
    }
    if !thread.history.is_empty() {
        lines.push((String::new(), model.theme.text));
        lines.extend(thread.history.iter().map(|text| (text.as_str().to_owned(), model.theme.dim)));
    }
    let room = area.width.saturating_sub(3);
    let mut n = 0_usize;
    for (text, style) in lines {
        let wrapped =
            if text.is_empty() { vec![text] } else { pager::wrap(&text, usize::from(room)) };
        for part in wrapped {
            put(buf, area.x.saturating_add(2), nth(area, n).y, room, &part, style);
            n = n.saturating_add(1);
        }
    }
}
