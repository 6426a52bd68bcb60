//! The picture in the README is drawn from the program itself.

use std::fmt::Write;

use matterbox::tui::Theme;
use ratatui::{
    buffer::{Buffer, Cell},
    style::{Color, Modifier},
};
use unicode_width::UnicodeWidthStr;

use crate::{desk::Desk, office::Office};

const FILE: &str = "assets/due.svg";
/// Size of a cell in the picture.
const CELL: (usize, usize) = (9, 20);
const GROUND: &str = "#1b1e24";

/// `MATTERBOX_UPDATE_ASSETS=1` writes it anew.
#[test]
fn the_picture_of_due_is_up_to_date() {
    let theme = Theme::shipped("night", true).unwrap();
    let mut desk = Desk::with(Office::full(), (116, 18), theme);
    let picture = svg(&desk.keys("j").buffer());
    if std::env::var_os("MATTERBOX_UPDATE_ASSETS").is_some() {
        std::fs::create_dir_all("assets").unwrap();
        std::fs::write(FILE, &picture).unwrap();
    }
    let stored = std::fs::read_to_string(FILE).unwrap_or_default();
    assert!(stored == picture, "{FILE} is not what the program draws");
}

fn svg(buffer: &Buffer) -> String {
    let (columns, rows) = (usize::from(buffer.area.width), usize::from(buffer.area.height));
    let (width, height) = (columns * CELL.0 + 24, rows * CELL.1 + 24);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" font-family=\"'JetBrains Mono','DejaVu Sans Mono',Menlo,Consolas,monospace\" font-size=\"15\">\n<title>matterbox: the Due screen</title>\n<rect width=\"{width}\" height=\"{height}\" rx=\"8\" fill=\"{GROUND}\"/>\n"
    );
    for (y, row) in buffer.content().chunks(columns).enumerate() {
        let mut x = 0;
        while x < columns {
            let run = row[x..].iter().take_while(|cell| same(cell, &row[x])).count();
            draw(&mut out, &row[x..x + run], x, y);
            x += run;
        }
    }
    out.push_str("</svg>\n");
    out
}

fn same(a: &Cell, b: &Cell) -> bool {
    (a.fg, a.bg, a.modifier) == (b.fg, b.bg, b.modifier)
}

/// A run of cells in one style.
fn draw(out: &mut String, cells: &[Cell], x: usize, y: usize) {
    let (left, top) = (x * CELL.0 + 12, y * CELL.1 + 12);
    let style = &cells[0];
    if let Some(ground) = hex(style.bg) {
        let width = cells.len() * CELL.0;
        writeln!(
            out,
            "<rect x=\"{left}\" y=\"{top}\" width=\"{width}\" height=\"{}\" fill=\"{ground}\"/>",
            CELL.1
        )
        .unwrap();
    }
    let text: String = cells.iter().map(Cell::symbol).collect();
    let shown = text.trim_end();
    if shown.is_empty() {
        return;
    }
    let fill = hex(style.fg).unwrap_or_else(|| "#c8ccd4".to_owned());
    let weight = if style.modifier.contains(Modifier::BOLD) { " font-weight=\"bold\"" } else { "" };
    let line = if style.modifier.contains(Modifier::UNDERLINED) {
        " text-decoration=\"underline\""
    } else {
        ""
    };
    let length = UnicodeWidthStr::width(shown) * CELL.0;
    let escaped = shown.replace('&', "&amp;").replace('<', "&lt;");
    writeln!(
        out,
        "<text x=\"{left}\" y=\"{}\" fill=\"{fill}\" textLength=\"{length}\" xml:space=\"preserve\"{weight}{line}>{escaped}</text>",
        top + 15
    )
    .unwrap();
}

fn hex(color: Color) -> Option<String> {
    Some(
        match color {
            Color::Rgb(r, g, b) => return Some(format!("#{r:02x}{g:02x}{b:02x}")),
            Color::Gray => "#c8ccd4",
            Color::DarkGray => "#6b7280",
            Color::White => "#f3f4f6",
            Color::LightBlue => "#7aa8f0",
            Color::LightRed => "#f07a7a",
            Color::LightYellow => "#eccb6b",
            Color::LightGreen => "#8fce8b",
            Color::Reset
            | Color::Black
            | Color::Red
            | Color::Green
            | Color::Yellow
            | Color::Blue
            | Color::Magenta
            | Color::Cyan
            | Color::LightMagenta
            | Color::LightCyan
            | Color::Indexed(_) => return None,
        }
        .to_owned(),
    )
}
