//! The Record screen without a search: how complete every folder of every account is.
//!
//! Owns the rows. Whatever is not complete says so in words below its numbers.

use ratatui::{buffer::Buffer, layout::Rect, style::Style};

use super::parts;
use crate::{
    app::{
        event::Tone,
        rows::{FolderRow, FolderState},
    },
    domain::id::{MailboxId, ThreadId},
    tui::{
        model::Model,
        widget::{
            list::Row,
            table::{Cell, line, nth, put},
            when,
        },
    },
};

impl Row for FolderRow {
    type Id = MailboxId;

    fn id(&self) -> MailboxId {
        self.mailbox
    }

    fn thread(&self) -> Option<ThreadId> {
        None
    }
}

/// The widths of account, name and last full check; the numbers have eight cells each.
fn widths(width: u16) -> (u16, u16, u16) {
    let (account, checked) = match width {
        120.. => (16, 16),
        90.. => (10, 16),
        76.. => (0, 16),
        _ => (0, 0),
    };
    // lead 2, four numbers of 8, and a blank behind each cell.
    let taken = [2, 36, account, checked, 6].iter().fold(0_u16, |sum, n| sum.saturating_add(*n));
    (account, width.saturating_sub(taken), checked)
}

/// Draws the heading and the folders.
pub fn view(model: &Model, buf: &mut Buffer, area: Rect) {
    let (account, name, checked) = widths(area.width);
    let dim = model.theme.dim;
    let list = &model.record.folders;
    if list.rows().is_empty() {
        if list.loaded() {
            let text = "No folder is known yet: the first look at the server brings them.";
            put(buf, area.x.saturating_add(3), area.y, area.width.saturating_sub(4), text, dim);
        }
        return;
    }
    let heading = [
        Cell::left("", 2, dim),
        Cell::left("account", account, dim),
        Cell::left("folder", name, dim),
        Cell::right("server", 8, dim),
        Cell::right("stored", 8, dim),
        Cell::right("pending", 8, dim),
        Cell::right("failed", 8, dim),
        Cell::right("last full check", checked, dim),
    ];
    line(buf, nth(area, 0), Style::new(), &heading);
    for (n, (row, selected, marked)) in list.visible().enumerate() {
        let at = nth(area, n.saturating_add(1));
        let style = style(model, row);
        let number = |n: u64| if n == 0 { "·".to_owned() } else { n.to_string() };
        let seen = row
            .checked
            .map_or_else(|| "never".to_owned(), |at| when::short(at, model.now, &model.zone));
        let mut cells = vec![
            parts::lead(model, selected, marked),
            Cell::left(row.account.as_str(), account, dim),
            Cell::left(row.name.as_str(), name, style),
        ];
        match row.state {
            FolderState::Left | FolderState::Foreign | FolderState::Vanished => {
                let room = 35_u16.saturating_add(checked);
                cells.push(Cell::left(row.remark(), room, dim));
            }
            FolderState::Pulled | FolderState::Refused | FolderState::Doubtful => {
                let counted = row.on_server.map_or_else(|| "?".to_owned(), |n| n.to_string());
                let failed = if row.failed > 0 { model.theme.problem } else { dim };
                cells.push(Cell::right(counted, 8, style));
                cells.push(Cell::right(number(row.stored), 8, style));
                cells.push(Cell::right(number(row.pending), 8, model.theme.text));
                cells.push(Cell::right(number(row.failed), 8, failed));
                cells.push(Cell::right(seen, checked, dim));
            }
        }
        line(buf, at, parts::base(model, selected), &cells);
    }
}

const fn style(model: &Model, row: &FolderRow) -> Style {
    match row.state {
        FolderState::Pulled => model.theme.text,
        FolderState::Left | FolderState::Foreign | FolderState::Vanished => model.theme.dim,
        FolderState::Refused | FolderState::Doubtful => model.theme.problem,
    }
}

/// Says everything about the selected folder in a sentence.
pub fn open(model: &mut Model) {
    let zone = model.zone.clone();
    let said = model.record.folders.selected().map(|row| row.sentence(&zone));
    if let Some(said) = said {
        model.tell(Tone::Info, &said);
    }
}
