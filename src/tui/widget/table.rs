//! One line of text cells, cut and aligned by terminal cells.
//!
//! Owns the counting: every text is cut between graphemes here, so that nothing is ever pushed out of its column.

use ratatui::{buffer::Buffer, layout::Rect, style::Style};
use unicode_width::UnicodeWidthStr;

use crate::domain::text::cut;

/// A cell of a line.
pub struct Cell {
    text: String,
    style: Style,
    width: u16,
    right: bool,
}

impl Cell {
    /// Text at the left of `width` cells.
    pub fn left(text: impl Into<String>, width: u16, style: Style) -> Self {
        Self { text: text.into(), style, width, right: false }
    }

    /// Text at the right of `width` cells.
    pub fn right(text: impl Into<String>, width: u16, style: Style) -> Self {
        Self { text: text.into(), style, width, right: true }
    }
}

/// A length as terminal cells.
pub fn cells(length: usize) -> u16 {
    u16::try_from(length).unwrap_or(u16::MAX)
}

/// The width of a text in cells.
pub fn width(text: &str) -> u16 {
    cells(UnicodeWidthStr::width(text))
}

/// Writes a text, cut to `room` cells, and says where the next one goes.
pub fn put(buf: &mut Buffer, x: u16, y: u16, room: u16, text: &str, style: Style) -> u16 {
    let area = buf.area;
    if y >= area.bottom() || x >= area.right() {
        return x;
    }
    let room = room.min(area.right().saturating_sub(x));
    let (next, _) = buf.set_stringn(x, y, cut(text, usize::from(room)), usize::from(room), style);
    next
}

/// Draws cells from left to right with one blank between them; a cell of no width takes no blank either.
pub fn line(buf: &mut Buffer, area: Rect, base: Style, line: &[Cell]) {
    if area.height == 0 {
        return;
    }
    buf.set_style(area, base);
    let mut x = area.x;
    for cell in line.iter().filter(|cell| cell.width > 0) {
        let room = cell.width.min(area.right().saturating_sub(x));
        let shown = cut(&cell.text, usize::from(room));
        let shift = if cell.right { room.saturating_sub(width(&shown)) } else { 0 };
        put(buf, x.saturating_add(shift), area.y, room.saturating_sub(shift), &shown, cell.style);
        x = x.saturating_add(cell.width).saturating_add(1);
    }
}

/// The `nth` line of an area; if there is none, an empty place below every screen, where nothing is drawn.
pub fn nth(area: Rect, n: usize) -> Rect {
    let y = area.y.saturating_add(cells(n));
    if y < area.bottom() {
        Rect { y, height: 1, ..area }
    } else {
        Rect { y: u16::MAX, height: 0, ..area }
    }
}

/// A horizontal rule with a title in it.
pub fn rule(buf: &mut Buffer, area: Rect, title: &str, rule: Style, style: Style) {
    let full = "─".repeat(usize::from(area.width));
    put(buf, area.x, area.y, area.width, &full, rule);
    if !title.is_empty() {
        let room = area.width.saturating_sub(6);
        let text = format!(" {} ", cut(title, usize::from(room)));
        put(buf, area.x.saturating_add(1), area.y, area.width.saturating_sub(2), &text, style);
    }
}
