//! Matters: each with its health.
//!
//! Owns its rows: soonest clock, unread, last update to the client.

use ratatui::{buffer::Buffer, layout::Rect, style::Style};

use super::parts;
use crate::{
    app::rows::MatterRow,
    domain::{
        footer::Privilege,
        id::{MatterId, ThreadId},
        matter::MatterStatus,
    },
    tui::{
        model::Model,
        widget::{
            list::Row,
            table::{Cell, line, nth},
            when,
        },
    },
};

impl Row for MatterRow {
    type Id = MatterId;

    fn id(&self) -> MatterId {
        self.matter.id
    }

    fn thread(&self) -> Option<ThreadId> {
        None
    }
}

/// Draws the list with a line of column heads.
pub fn view(model: &Model, buf: &mut Buffer, area: Rect) {
    if model.matters.rows().is_empty() {
        let sentence = "No matters yet: `matterbox matter add` opens the first.";
        parts::empty(model, buf, area, model.matters.loaded(), sentence);
        return;
    }
    // Lead, clock, number, unread, threads, heard and their blanks; a narrow window leaves out clients, and all but a wide
    // one the count of threads: the name says more.
    let narrow = area.width < 70;
    let counted = area.width >= 90;
    let label = if narrow { 2 } else { 5 };
    let rest = area.width.saturating_sub(label).saturating_sub(match (narrow, counted) {
        (true, _) => 45,
        (false, false) => 47,
        (false, true) => 54,
    });
    let name = if narrow { rest } else { rest.saturating_mul(3).div_euclid(5) };
    let clients = rest.saturating_sub(name);
    let threads = if counted { 7 } else { 0 };
    let head = model.theme.dim;
    let heads = [
        Cell::left("", parts::LEAD, head),
        Cell::right("soonest", 10, head),
        Cell::left("number", 10, head),
        Cell::left("matter", name, head),
        Cell::left(if narrow { "" } else { "label" }, label, head),
        Cell::left("client", clients, head),
        Cell::right("unread", 6, head),
        Cell::right("threads", threads, head),
        Cell::right("they heard", 10, head),
    ];
    line(buf, nth(area, 0), model.theme.text, &heads);
    for (n, (row, selected, marked)) in model.matters.visible().enumerate() {
        let [text, ..] = parts::clock(model, row.oldest.as_ref(), row.unsettled);
        let mut cells = vec![parts::lead(model, selected, marked), text];
        if !model.privacy {
            cells.extend(about(model, row, [name, label, clients, threads]));
        }
        line(buf, nth(area, n.saturating_add(1)), parts::base(model, selected), &cells);
    }
}

fn about(model: &Model, row: &MatterRow, [name, label, clients, threads]: [u16; 4]) -> [Cell; 7] {
    let style = if row.unread > 0 { model.theme.unread } else { Style::new() };
    let status = match row.status {
        MatterStatus::Open => "",
        MatterStatus::Closed => " (closed)",
        MatterStatus::ClosedInbound => " (closed, client wrote)",
    };
    let count = |n: u32| if n == 0 { String::new() } else { n.to_string() };
    let heard = row
        .last_update
        .map_or_else(|| "never".to_owned(), |at| when::short(at, model.now, &model.zone));
    [
        Cell::left(row.matter.number.as_str(), 10, model.theme.dim),
        Cell::left(format!("{}{status}", row.matter.name), name, style),
        Cell::left(row.privilege.map_or("", Privilege::sign), label, model.theme.text),
        Cell::left(row.clients.as_str(), clients, Style::new()),
        Cell::right(count(row.unread), 6, style),
        Cell::right(count(row.threads), threads, model.theme.dim),
        Cell::right(heard, 10, model.theme.dim),
    ]
}
