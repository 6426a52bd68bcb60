//! Cells that several screens have in common: pointer, countdown, marks, matter.
//!
//! Owns the columns, so that the eye finds the same thing at the same place on every screen.

use std::sync::Arc;

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::{Modifier, Style},
};

use crate::{
    app::rows::{MatterLabel, RowMarks, Weight},
    domain::{calendar::WorkCalendar, sla::Running, text::SafeText},
    tui::{
        model::Model,
        widget::{
            countdown,
            table::{Cell, nth, put, width},
        },
    },
};

/// Cells of the pointer and the mark.
pub const LEAD: u16 = 2;

/// The columns that share what is left of a line.
pub struct Columns {
    /// Who.
    pub who: u16,
    /// The subject.
    pub subject: u16,
    /// Marks in words; 0 where there is no room.
    pub flags: u16,
    /// The matter.
    pub matter: u16,
}

/// Shares what is left beside `fixed` cells (blanks included). A list whose rows have one matter, or none, leaves that
/// out, and so does a window in which nothing would be left of the subject.
pub fn columns(width: u16, fixed: u16, with_matter: bool) -> Columns {
    let with_matter = with_matter && width >= 70;
    let matter = match width {
        _ if !with_matter => 0,
        0..100 => 10,
        100..130 => 24,
        130.. => 30,
    };
    let flags = if width >= 90 { 9 } else { 0 };
    // One blank after each column but the last, and one cell of margin.
    let blanks = 1_u16.saturating_add(u16::from(flags > 0)).saturating_add(u16::from(with_matter));
    let rest = width
        .saturating_sub(fixed)
        .saturating_sub(matter)
        .saturating_sub(flags)
        .saturating_sub(blanks)
        .saturating_sub(1);
    let who = rest.saturating_mul(2).div_euclid(5).clamp(10, 26).min(rest);
    Columns { who, subject: rest.saturating_sub(who), flags, matter }
}

/// The pointer of the selected row and the sign of a marked one.
pub fn lead(model: &Model, selected: bool, marked: bool) -> Cell {
    let mark = if marked { "x" } else { " " };
    let pointer = if selected { "▸" } else { " " };
    let style = if marked { model.theme.marked } else { model.theme.accent };
    Cell::left(format!("{mark}{pointer}"), LEAD, style)
}

/// The line's own style.
pub const fn base(model: &Model, selected: bool) -> Style {
    if selected { model.theme.selected } else { model.theme.text }
}

/// Text, bar and word of a countdown, and whether an answer to it may not have been read yet; blanks where nothing runs.
pub fn clock(
    model: &Model,
    clock: Option<&(Running, Arc<WorkCalendar>)>,
    unsettled: bool,
) -> [Cell; 3] {
    let Some((running, calendar)) = clock else {
        let blank = |width| Cell::left("", width, Style::new());
        return [blank(countdown::TEXT), blank(countdown::BAR), blank(7)];
    };
    let shown = countdown::shown(running, calendar, (model.now, unsettled), &model.theme);
    [
        Cell::right(shown.text, countdown::TEXT, shown.style),
        Cell::left(shown.bar, countdown::BAR, shown.bar_style),
        Cell::left(running.clock.word(), 7, model.theme.dim),
    ]
}

/// Signs before the name: unread, starred.
pub fn signs(model: &Model, marks: RowMarks) -> Cell {
    let unread = if marks.unread { "•" } else { " " };
    let star = if marks.starred { "*" } else { " " };
    Cell::left(format!("{unread}{star}"), 2, model.theme.accent)
}

/// The word of the gravest mark and its style; nothing where there is none.
pub fn flag(model: &Model, marks: RowMarks) -> (&'static str, Style) {
    let (word, weight) = marks.warnings().next().unwrap_or(("", Weight::Guess));
    (word, weight_style(model, weight))
}

/// How a mark of this weight looks. The word tells; the style only makes it be seen, also beside bold text where there
/// are no colours.
pub const fn weight_style(model: &Model, weight: Weight) -> Style {
    let style = match weight {
        Weight::Danger => model.theme.problem,
        Weight::Caution => model.theme.due,
        Weight::Guess => return model.theme.dim,
    };
    if style.fg.is_none() { style.add_modifier(Modifier::UNDERLINED) } else { style }
}

/// A subject and its style; where there is none, the words for that.
pub fn subject<'a>(model: &Model, subject: &'a SafeText, style: Style) -> (&'a str, Style) {
    let text = subject.as_str();
    if text.trim().is_empty() { ("no subject", model.theme.dim) } else { (text, style) }
}

/// Who, marks and subject (in this order where a narrow window has no column for marks, else subject and marks) and
/// matter: the right part of most rows.
pub fn about(
    model: &Model,
    columns: &Columns,
    (who, about): (&SafeText, &SafeText),
    matter: Option<&MatterLabel>,
    marks: RowMarks,
) -> [Cell; 4] {
    let style = if marks.unread { model.theme.unread } else { Style::new() };
    let (word, flag_style) = flag(model, marks);
    let who = Cell::left(who.as_str(), columns.who, style);
    let (about, about_style) = subject(model, about, style);
    let matter = Cell::left(label(matter, columns.matter), columns.matter, model.theme.dim);
    if columns.flags > 0 {
        let about = Cell::left(about, columns.subject, about_style);
        return [who, about, Cell::left(word, columns.flags, flag_style), matter];
    }
    let taken = width(word).min(columns.subject);
    let blank = u16::from(taken > 0);
    let rest = columns.subject.saturating_sub(taken).saturating_sub(blank);
    [who, Cell::left(word, taken, flag_style), Cell::left(about, rest, about_style), matter]
}

/// A matter in so many cells: its number, and its name where it fits.
pub fn label(matter: Option<&MatterLabel>, cells: u16) -> String {
    matter.map_or_else(String::new, |matter| {
        if cells < 16 {
            matter.number.as_str().to_owned()
        } else {
            format!("{} {}", matter.number, matter.name)
        }
    })
}

/// What a list says when it has no rows: still loading, or truly empty.
pub fn empty(model: &Model, buf: &mut Buffer, area: Rect, loaded: bool, sentence: &str) {
    let text = if loaded { sentence } else { "Reading the record …" };
    let line = nth(area, 1);
    if line.height > 0 {
        let room = area.width.saturating_sub(4);
        put(buf, area.x.saturating_add(3), line.y, room, text, model.theme.dim);
    }
}
