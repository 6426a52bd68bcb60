//! Record: search everything, see the hits while typing.
//!
//! Owns the search field and the two-line hits.

use ratatui::{buffer::Buffer, layout::Rect, style::Style};

use super::{folders, parts};
use crate::{
    app::rows::{FolderRow, Query, SearchHit},
    domain::{
        id::{MessageKey, ThreadId},
        text::SafeText,
    },
    tui::{
        action::Action,
        model::{LIMIT, Model},
        widget::{
            field::Field,
            list::{List, Row},
            table::{Cell, cells, line, nth, put, width},
            when,
        },
    },
};

/// The search and its hits.
#[derive(Default)]
pub struct Record {
    /// What is searched for.
    pub field: Field,
    /// Is it being typed?
    pub typing: bool,
    /// The hits.
    pub list: List<SearchHit>,
    /// Every folder, shown while nothing is searched for.
    pub folders: List<FolderRow>,
    /// What was not understood.
    pub complaint: Option<SafeText>,
}

impl Record {
    /// Are the folders in front, not the hits of a search?
    pub fn shows_folders(&self) -> bool {
        self.field.is_empty()
    }

    /// The question to the engine.
    pub fn query(&self) -> Query {
        Query::Search { text: self.field.text().into(), limit: LIMIT }
    }
}

impl Row for SearchHit {
    type Id = MessageKey;

    fn id(&self) -> MessageKey {
        self.message
    }

    fn thread(&self) -> Option<ThreadId> {
        Some(self.thread)
    }
}

/// Draws the field, the complaint or the count, and the hits.
pub fn view(model: &Model, buf: &mut Buffer, area: Rect) {
    if model.privacy {
        return;
    }
    let record = &model.record;
    let x = put(buf, area.x.saturating_add(1), area.y, 8, "Search ", model.theme.dim);
    let room = area.width.saturating_sub(20);
    let (text, _) = record.field.shown(usize::from(room));
    let style = if record.typing { model.theme.field } else { model.theme.text };
    let key = model.sign_for(Action::Search).filter(|_| record.field.is_empty() && !record.typing);
    match key {
        Some(key) => put(buf, x, area.y, room, &format!("{key} to type"), model.theme.dim),
        None => put(buf, x, area.y, room, &text, style),
    };
    let (place, count) = record.list.position();
    let note = match (&record.complaint, count) {
        (Some(complaint), _) => (complaint.as_str().to_owned(), model.theme.problem),
        (None, _) if record.field.is_empty() => (
            "words · \"a phrase\" · from:kofi · matter:2026-0121 · is:unread".to_owned(),
            model.theme.dim,
        ),
        (None, 0) if record.list.loaded() => {
            ("No message has all of this; fewer words find more.".to_owned(), model.theme.dim)
        }
        (None, 0) => (String::new(), model.theme.dim),
        (None, _) => (format!("{place} of {count}"), model.theme.dim),
    };
    let at = nth(area, 1);
    put(buf, area.x.saturating_add(8), at.y, area.width.saturating_sub(9), &note.0, note.1);
    let list = Rect { y: area.y.saturating_add(2), height: area.height.saturating_sub(2), ..area };
    if record.shows_folders() {
        folders::view(model, buf, list);
    } else {
        hits(model, buf, list);
    }
}

fn hits(model: &Model, buf: &mut Buffer, area: Rect) {
    let columns = parts::columns(area.width, 13, true);
    for (n, (hit, selected, marked)) in model.record.list.visible().enumerate() {
        let at = when::short(hit.at, model.now, &model.zone);
        let matter = parts::label(hit.matter.as_ref(), columns.matter);
        let subject = columns.subject.saturating_add(columns.flags);
        let (word, flag_style) = parts::flag(model, hit.marks);
        let (about, style) = parts::subject(model, &hit.subject, Style::new());
        let taken = width(word);
        let rest = subject.saturating_sub(taken).saturating_sub(u16::from(taken > 0));
        let row = [
            parts::lead(model, selected, marked),
            Cell::right(at, 9, model.theme.dim),
            Cell::left(hit.who.as_str(), columns.who, Style::new()),
            Cell::left(word, taken, flag_style),
            Cell::left(about, rest, style),
            Cell::left(matter, columns.matter, model.theme.dim),
        ];
        line(buf, nth(area, n.saturating_mul(2)), parts::base(model, selected), &row);
        let below = nth(area, n.saturating_mul(2).saturating_add(1));
        if below.height > 0 {
            let room = area.width.saturating_sub(14);
            put(
                buf,
                area.x.saturating_add(13),
                below.y,
                room,
                hit.snippet.as_str(),
                model.theme.dim,
            );
        }
    }
}

/// Where the terminal's cursor stands while typing.
pub fn cursor(model: &Model, area: Rect) -> (u16, u16) {
    let (_, at) = model.record.field.shown(usize::from(area.width.saturating_sub(20)));
    (area.x.saturating_add(8).saturating_add(cells(at)), area.y)
}
