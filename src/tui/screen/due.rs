//! Due: every open clock, soonest first. The screen that opens first.
//!
//! Owns its rows, the sentence about the selected clock and the preview at the right.

use ratatui::{buffer::Buffer, layout::Rect};

use super::parts;
use crate::{
    app::{
        event::LinkState,
        rows::{DueRow, ThreadView},
    },
    domain::{
        id::ThreadId,
        message::Direction,
        sla::{ClockKind, Running},
    },
    tui::{
        model::Model,
        widget::{
            list::Row,
            pager,
            table::{line, nth, put, rule, width},
            when,
        },
    },
};

impl Row for DueRow {
    type Id = (ThreadId, ClockKind);

    fn id(&self) -> Self::Id {
        (self.thread, self.running.clock)
    }

    fn thread(&self) -> Option<ThreadId> {
        Some(self.thread)
    }

    fn starred(&self) -> bool {
        self.marks.starred
    }

    fn unread(&self) -> bool {
        self.marks.unread
    }
}

/// Draws the list and, according to the room, the sentence below it or the preview beside it.
pub fn view(model: &Model, buf: &mut Buffer, area: Rect) {
    if model.wide() && !model.privacy {
        let left = area.width.saturating_mul(3).div_euclid(5).max(area.width.saturating_sub(60));
        let list = Rect { width: left, ..area };
        rows(model, buf, list);
        let right = Rect {
            x: area.x.saturating_add(left).saturating_add(2),
            width: area.width.saturating_sub(left).saturating_sub(3),
            ..area
        };
        for n in 0..usize::from(area.height) {
            let at = nth(area, n);
            put(buf, area.x.saturating_add(left), at.y, 1, "│", model.theme.rule);
        }
        preview(model, buf, right);
        return;
    }
    let list = Rect { height: area.height.saturating_sub(2), ..area };
    rows(model, buf, list);
    if let Some(row) = model.due.selected().filter(|_| !model.privacy) {
        let at = nth(area, usize::from(area.height.saturating_sub(1)));
        let room = area.width.saturating_sub(4);
        let text = sentence(model, row, room);
        put(buf, area.x.saturating_add(3), at.y, room, &text, model.theme.dim);
    }
}

fn rows(model: &Model, buf: &mut Buffer, area: Rect) {
    if model.due.rows().is_empty() {
        let sentence = nothing(model);
        parts::empty(model, buf, area, model.due.loaded(), sentence);
        return;
    }
    // The preview names the matter; a narrow window has no room for the bar.
    let with_matter = !model.wide();
    let with_bar = area.width >= 70;
    let fixed = if with_bar { 29 } else { 22 };
    let columns = parts::columns(area.width, fixed, with_matter);
    for (n, (row, selected, marked)) in model.due.visible().enumerate() {
        let clock = (row.running, row.calendar.clone());
        let [text, bar, kind] = parts::clock(model, Some(&clock), row.marks.unsettled);
        let mut cells = vec![parts::lead(model, selected, marked), text];
        cells.extend(with_bar.then_some(bar));
        cells.push(kind);
        if !model.privacy {
            let about = (&row.who, &row.subject);
            cells.extend(parts::about(model, &columns, about, row.matter.as_ref(), row.marks));
        }
        line(buf, nth(area, n), parts::base(model, selected), &cells);
    }
}

/// What an empty list means: only with all mail in the record has every client been answered.
fn nothing(model: &Model) -> &'static str {
    if !model.links.is_empty() && model.links.values().all(|link| *link == LinkState::Online) {
        return "Nothing is owed. Every client has been answered.";
    }
    "Nothing so far. Mail may still be on its way: look at the bottom line."
}

/// `Kofi Mensah wrote today 10:22 · acknowledge by 14:22 · policy Residential`, the policy where there is room for it.
fn sentence(model: &Model, row: &DueRow, room: u16) -> String {
    let started = when::spoken(row.running.started, model.now, &model.zone);
    let due = due(model, &row.running, row.marks.unsettled).replacen(" today ", " ", 1);
    let said = format!("{} wrote {started} · {due}", row.who.cut(28));
    let rest = if row.marks.uncounted {
        " · closed days not counted, see !".to_owned()
    } else {
        format!(" · policy {}", row.policy)
    };
    let whole = format!("{said}{rest}");
    if width(&whole) <= room {
        whole
    } else if width(&said) <= room {
        said
    } else {
        // A narrow window must not cut off the hour.
        said.replacen(" was due ", " due ", 1)
    }
}

/// `answer by tomorrow 10:22`, or, when that has passed, `answer was due today 15:40`, as far as that is known.
pub fn due(model: &Model, running: &Running, unsettled: bool) -> String {
    let at = when::spoken(running.due, model.now, &model.zone);
    if model.now <= running.due {
        let read = if unsettled { ", answers not read yet" } else { "" };
        return format!("{} by {at}{read}", owed(running.clock));
    }
    if unsettled {
        return format!("answers not read yet, due {at}");
    }
    let what = match running.clock {
        ClockKind::Ack => "acknowledgement",
        ClockKind::Reply => "answer",
        ClockKind::Promise => "promised answer",
        ClockKind::Update => "update to the client",
        ClockKind::Inform => "word of the development",
        ClockKind::Await => "the client's answer",
        ClockKind::Triage => "choice of the matter",
        ClockKind::Verify => "verification",
        ClockKind::Incident => "report of the incident",
        ClockKind::Deadline => "deadline",
    };
    format!("{what} was due {at}")
}

/// What a clock asks of the office.
const fn owed(clock: ClockKind) -> &'static str {
    match clock {
        ClockKind::Ack => "acknowledge",
        ClockKind::Reply => "answer",
        ClockKind::Promise => "keep the promise",
        ClockKind::Update => "update the client",
        ClockKind::Inform => "tell the client",
        ClockKind::Await => "chase the client",
        ClockKind::Triage => "choose the matter",
        ClockKind::Verify => "verify by a known number",
        ClockKind::Incident => "report the incident",
        ClockKind::Deadline => "meet the deadline",
    }
}

/// The selected thread in short: what is owed, then its newest message from outside.
fn preview(model: &Model, buf: &mut Buffer, area: Rect) {
    let Some(view) = model.preview.as_deref() else { return };
    let mut y = 0;
    let mut say = |text: &str, style| {
        let at = nth(area, y);
        if at.height > 0 {
            put(buf, at.x, at.y, at.width, text, style);
        }
        y = y.saturating_add(1);
    };
    let (subject, style) = parts::subject(model, &view.subject, model.theme.heading);
    say(subject, style);
    let matter = view.matter.as_ref();
    let matter = matter.map_or_else(|| "untagged".to_owned(), |m| parts::label(Some(m), u16::MAX));
    say(&matter, model.theme.dim);
    for (word, weight) in view.marks.warnings() {
        say(word, parts::weight_style(model, weight));
    }
    say("", model.theme.text);
    for running in &view.clocks {
        let unsettled = view.marks.unsettled;
        let late = !unsettled && model.now > running.due;
        say(
            &due(model, running, unsettled),
            if late { model.theme.problem } else { model.theme.text },
        );
    }
    let since = view.clocks.iter().map(|running| running.started).min();
    let since = since.map_or_else(String::new, |at| {
        format!("since {} · ", when::spoken(at, model.now, &model.zone))
    });
    say(&format!("{since}policy {}", view.policy), model.theme.dim);
    let message = newest_inbound(view);
    let Some(message) = message else { return };
    let rule_at = nth(area, y.saturating_add(1));
    if rule_at.height == 0 {
        return;
    }
    let title = format!("{} · {}", message.from, when::long(message.at, model.now, &model.zone));
    rule(buf, rule_at, &title, model.theme.rule, model.theme.dim);
    // Drawing must stay cheap: no more of the text is laid out than can be in sight.
    let most = usize::from(area.width).saturating_mul(usize::from(area.height));
    let text =
        if message.text.as_str().trim().is_empty() { &message.quoted } else { &message.text };
    let start: String = text.as_str().chars().take(most).collect();
    let lines = pager::wrap(&start, usize::from(area.width));
    for (n, text) in lines.iter().enumerate() {
        let at = nth(area, y.saturating_add(3).saturating_add(n));
        if at.height == 0 {
            break;
        }
        put(buf, at.x, at.y, at.width, text, model.theme.text);
    }
}

fn newest_inbound(view: &ThreadView) -> Option<&crate::app::rows::MessageView> {
    view.messages
        .iter()
        .rev()
        .find(|message| message.direction == Direction::Inbound)
        .or_else(|| view.messages.last())
}
