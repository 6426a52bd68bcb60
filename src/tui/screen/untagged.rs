//! Untagged: the triage tray. Each thread with the best suggestion and its reasons under it.
//!
//! Owns its two-line rows.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{inbox, parts};
use crate::{
    app::rows::UntaggedRow,
    domain::id::ThreadId,
    tui::{
        layer::reasons,
        model::Model,
        widget::{
            list::Row,
            table::{line, nth, put},
        },
    },
};

impl Row for UntaggedRow {
    type Id = ThreadId;

    fn id(&self) -> ThreadId {
        self.row.thread
    }

    fn thread(&self) -> Option<ThreadId> {
        Some(self.row.thread)
    }

    fn starred(&self) -> bool {
        self.row.marks.starred
    }

    fn unread(&self) -> bool {
        self.row.marks.unread
    }
}

/// Draws the tray.
pub fn view(model: &Model, buf: &mut Buffer, area: Rect) {
    if model.untagged.rows().is_empty() {
        let sentence = "Every thread belongs to a matter.";
        parts::empty(model, buf, area, model.untagged.loaded(), sentence);
        return;
    }
    for (n, (row, selected, marked)) in model.untagged.visible().enumerate() {
        let first = nth(area, n.saturating_mul(2));
        let cells = inbox::cells(model, &row.row, (area.width, false), selected, marked);
        line(buf, first, parts::base(model, selected), &cells);
        if !model.privacy {
            suggestion(model, buf, nth(area, n.saturating_mul(2).saturating_add(1)), row);
        }
    }
}

/// `→ 2026-0121 Mensah v. Harlow   the sender is its client · same words`, and how many more there are.
fn suggestion(model: &Model, buf: &mut Buffer, at: Rect, row: &UntaggedRow) {
    if at.height == 0 {
        return;
    }
    let x = at.x.saturating_add(17);
    let room = at.width.saturating_sub(18);
    let Some(best) = row.suggestions.first().filter(|best| !best.reasons.is_empty()) else {
        put(buf, x, at.y, room, "no suggestion", model.theme.dim);
        return;
    };
    let name = format!("→ {} {}", best.matter.number, best.matter.name);
    let next = put(buf, x, at.y, room.div_euclid(2), &name, model.theme.accent);
    let more = match row.suggestions.len() {
        0 | 1 => String::new(),
        many => format!("  or {} more", many.saturating_sub(1)),
    };
    let why = format!("  {}{more}", reasons(best));
    let room = room.saturating_sub(next.saturating_sub(x));
    put(buf, next, at.y, room, &why, model.theme.dim);
}
