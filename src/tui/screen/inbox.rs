//! Inbox: threads by last activity, newest first.
//!
//! Owns the row that Inbox, Untagged and an opened matter share.

use ratatui::{buffer::Buffer, layout::Rect};

use super::parts;
use crate::{
    app::rows::ThreadRow,
    domain::id::ThreadId,
    tui::{
        model::Model,
        widget::{
            list::{List, Row},
            table::{Cell, line, nth},
            when,
        },
    },
};

impl Row for ThreadRow {
    type Id = ThreadId;

    fn id(&self) -> ThreadId {
        self.thread
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

/// Draws the list.
pub fn view(model: &Model, buf: &mut Buffer, area: Rect) {
    threads(model, buf, area, &model.inbox, true, "No mail yet.");
}

/// Draws a list of threads, one line each.
pub fn threads(
    model: &Model,
    buf: &mut Buffer,
    area: Rect,
    list: &List<ThreadRow>,
    with_matter: bool,
    when_empty: &str,
) {
    if list.rows().is_empty() {
        parts::empty(model, buf, area, list.loaded(), when_empty);
        return;
    }
    for (n, (row, selected, marked)) in list.visible().enumerate() {
        let cells = cells(model, row, (area.width, with_matter), selected, marked);
        line(buf, nth(area, n), parts::base(model, selected), &cells);
    }
}

/// The cells of a thread's line: countdown, signs, who, subject, count, marks, matter, last activity.
pub fn cells(
    model: &Model,
    row: &ThreadRow,
    (width, with_matter): (u16, bool),
    selected: bool,
    marked: bool,
) -> Vec<Cell> {
    let times: u16 = if width < 100 { 6 } else { 9 };
    let fixed = times.saturating_add(22);
    let columns = parts::columns(width, fixed, with_matter);
    let [text, _, _] = parts::clock(model, row.running.as_ref(), row.marks.unsettled);
    let mut cells = vec![parts::lead(model, selected, marked), text];
    if model.privacy {
        return cells;
    }
    let count = match row.messages {
        0 | 1 => String::new(),
        many @ 2..1_000 => many.to_string(),
        _ => "1k+".to_owned(),
    };
    let about = (&row.who, &row.subject);
    let [who, first, second, matter] =
        parts::about(model, &columns, about, row.matter.as_ref(), row.marks);
    cells.push(parts::signs(model, row.marks));
    cells.push(who);
    cells.push(Cell::right(count, 3, model.theme.dim));
    cells.push(first);
    cells.push(second);
    cells.push(matter);
    let last = if times < 9 {
        when::brief(row.last, model.now, &model.zone)
    } else {
        when::short(row.last, model.now, &model.zone)
    };
    cells.push(Cell::right(last, times, model.theme.dim));
    cells
}
