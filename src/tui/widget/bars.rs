//! The frame: the top line, the rule with the last notice, the line of useful keys.
//!
//! Owns their wording and what is dropped first where there is no room.

use ratatui::{buffer::Buffer, layout::Rect, style::Style};

use crate::{
    app::event::{LinkState, Tone},
    tui::{
        action::Action,
        model::{Model, View},
        widget::table::{put, rule, width},
    },
};

/// How the connections are, taken together.
enum Sync<'a> {
    /// Nothing heard yet.
    Unknown,
    /// All are up to date.
    Online,
    /// At least one is connecting.
    Connecting,
    /// Mail is arriving.
    Syncing(u64, u64),
    /// At least one is not connected.
    Offline(&'a str, Option<u32>),
}

fn sync(model: &Model) -> Sync<'_> {
    let mut all = Sync::Unknown;
    for link in model.links.values() {
        all = match (all, link) {
            (Sync::Offline(reason, retry), _) => Sync::Offline(reason, retry),
            (_, LinkState::Stopped { reason }) => Sync::Offline(reason.as_str(), None),
            (_, LinkState::Waiting { reason, retry_seconds }) => {
                Sync::Offline(reason.as_str(), Some(*retry_seconds))
            }
            (Sync::Syncing(a, b), LinkState::Syncing { stored, total }) => {
                Sync::Syncing(a.saturating_add(*stored), b.saturating_add(*total))
            }
            (_, LinkState::Syncing { stored, total }) => Sync::Syncing(*stored, *total),
            (Sync::Unknown | Sync::Online, LinkState::Online) => Sync::Online,
            (Sync::Unknown | Sync::Online, LinkState::Connecting) => Sync::Connecting,
            (other, LinkState::Online | LinkState::Connecting) => other,
        };
    }
    all
}

/// Draws the top line: the views with their counts, the connections, the time.
pub fn top(model: &Model, buf: &mut Buffer, area: Rect) {
    let (state, style) = state(model);
    let right = width(&state);
    let room = area.width.saturating_sub(right).saturating_sub(3);
    let names = [true, false]
        .into_iter()
        .find(|counts| views_width(model, *counts) <= room)
        .map_or(Names::Short, |counts| if counts { Names::Counts } else { Names::Plain });
    let mut x = area.x.saturating_add(1);
    if area.width >= 100 && room > views_width(model, true).saturating_add(14) {
        x = put(buf, x, area.y, 12, "matterbox   ", model.theme.accent);
    }
    for (n, view) in View::ALL.into_iter().enumerate() {
        let current = view == model.view;
        let style = if current { model.theme.heading } else { model.theme.dim };
        x = put(buf, x, area.y, room, &format!("{} ", n.saturating_add(1)), model.theme.accent);
        let short = matches!(names, Names::Short) && !current;
        if !short {
            x = put(buf, x, area.y, room, view.name(), style.patch(current_style(current)));
        }
        let (count, count_style) = count(model, view);
        if !count.is_empty() && (matches!(names, Names::Counts) || view == View::Due) {
            let gap = if short { "" } else { " " };
            x = put(buf, x, area.y, room, &format!("{gap}{count}"), count_style);
        }
        x = put(buf, x, area.y, room, if short { " " } else { "  " }, model.theme.text);
    }
    let x = area.right().saturating_sub(right.saturating_add(1));
    put(buf, x, area.y, right, &state, style);
}

enum Names {
    Counts,
    Plain,
    Short,
}

fn current_style(current: bool) -> Style {
    if current {
        Style::new().add_modifier(ratatui::style::Modifier::UNDERLINED)
    } else {
        Style::new()
    }
}

fn views_width(model: &Model, counts: bool) -> u16 {
    View::ALL.into_iter().fold(0, |sum, view| {
        let (count, _) = count(model, view);
        let shown = !count.is_empty() && (counts || view == View::Due);
        let count = if shown { width(&count).saturating_add(1) } else { 0 };
        sum.saturating_add(width(view.name())).saturating_add(count).saturating_add(4)
    })
}

fn count(model: &Model, view: View) -> (String, Style) {
    let counts = &model.counts;
    let (n, style) = match view {
        View::Due if counts.late > 0 => (counts.due, model.theme.late),
        View::Due => (counts.due, model.theme.text),
        View::Inbox => (counts.unread, model.theme.text),
        View::Untagged => (counts.untagged, model.theme.text),
        View::Outbox => (counts.outbox, model.theme.text),
        View::Matters | View::Record => (0, model.theme.dim),
    };
    (if n == 0 { String::new() } else { n.to_string() }, style)
}

fn state(model: &Model) -> (String, Style) {
    let now = model.now.to_zoned_datetime(model.zone.clone());
    let format = if model.width >= 120 { "%a %-d %b %H:%M" } else { "%H:%M" };
    let time = now.strftime(format).to_string();
    match sync(model) {
        Sync::Online => (format!("● {time}"), model.theme.good),
        Sync::Unknown => (format!("○ {time}"), model.theme.dim),
        Sync::Connecting => (format!("connecting  {time}"), model.theme.dim),
        Sync::Syncing(..) => (format!("syncing  {time}"), model.theme.accent),
        Sync::Offline(..) => (format!("offline  {time}"), model.theme.problem),
    }
}

/// Draws the rule above the keys: the undo window, the last notice, or what is wrong; at the right the progress.
pub fn status(model: &Model, buf: &mut Buffer, area: Rect) {
    rule(buf, area, "", model.theme.rule, model.theme.dim);
    let progress = progress(model);
    let right = width(&progress);
    if right > 0 {
        let x = area.right().saturating_sub(right.saturating_add(2));
        put(buf, x, area.y, right, &progress, model.theme.dim);
    }
    let left = Rect { width: area.width.saturating_sub(right).saturating_sub(2), ..area };
    let (text, style) = sentence(model);
    if !text.is_empty() {
        rule(buf, left, &text, model.theme.rule, style);
    }
}

fn sentence(model: &Model) -> (String, Style) {
    if let Some(notice) = &model.notice {
        let style = match notice.tone {
            Tone::Done => model.theme.good,
            Tone::Info => model.theme.text,
            Tone::Problem => model.theme.problem,
        };
        return (notice.text.as_str().to_owned(), style);
    }
    if let Some(held) = model.held {
        let undo = model.keys.sign_for(&[crate::tui::keymap::Context::Global], Action::Undo);
        let undo = undo.map_or_else(String::new, |key| format!(" · {key} undo"));
        return (format!("Sent in {} s{undo}", held.seconds), model.theme.good);
    }
    if let Sync::Offline(reason, retry) = sync(model) {
        let retry = retry.map_or_else(String::new, |s| format!(" · trying again in {s} s"));
        return (format!("offline: {reason}{retry}"), model.theme.problem);
    }
    let marked = model.list().map_or(0, crate::tui::widget::list::Steps::marked);
    if marked > 0 {
        return (format!("{marked} marked"), model.theme.marked);
    }
    (String::new(), model.theme.dim)
}

/// ` fetching mail 120 of 400 ███░░░ `, or what could not be fetched.
fn progress(model: &Model) -> String {
    if let Sync::Syncing(stored, total) = sync(model) {
        let tenths = stored.saturating_mul(10).checked_div(total).unwrap_or_default().min(10);
        let full = usize::try_from(tenths).unwrap_or_default();
        let bar = format!("{}{}", "█".repeat(full), "░".repeat(10_usize.saturating_sub(full)));
        return format!(" fetching mail {} of {} {bar} ", grouped(stored), grouped(total));
    }
    if model.counts.failed > 0 {
        let counts = &model.counts;
        let (stored, known) = (grouped(counts.stored), grouped(counts.known));
        return format!(" {stored} of {known} stored · {} failed ", grouped(counts.failed));
    }
    String::new()
}

/// `17,884`.
fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && digits.len().saturating_sub(place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Draws the line of keys; what does not fit is dropped from the right.
pub fn hints(model: &Model, hints: &[(Action, &str)], buf: &mut Buffer, area: Rect) {
    let mut x = area.x.saturating_add(1);
    for (action, word) in hints {
        let Some(sign) = model.keys.sign_for(model.contexts(), *action) else { continue };
        let wanted = width(&sign).saturating_add(width(word)).saturating_add(1);
        if x.saturating_add(wanted) >= area.right() {
            break;
        }
        x = put(buf, x, area.y, area.width, &sign, model.theme.accent);
        x = put(buf, x, area.y, area.width, &format!(" {word}"), model.theme.dim);
        x = x.saturating_add(2);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_numbers_are_grouped() {
        assert_eq!(
            [0, 999, 1_000, 17_884, 1_234_567].map(grouped),
            ["0", "999", "1,000", "17,884", "1,234,567"]
        );
    }
}
