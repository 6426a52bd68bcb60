//! Prints reports: as JSON for scripts or as lines for people. The only place that writes to the standard output.
//!
//! Owns the last guard: nothing reaches the terminal that could steer it, whoever made the report.

use std::{fmt::Write as _, io::Write};

use jiff::tz::TimeZone;
use serde::Serialize;
use unicode_width::UnicodeWidthStr;

use super::failure::Failure;
use crate::domain::{
    fault::{Ignore, Kind},
    text::{SafeText, bare_line},
};

/// Where and how reports are printed.
pub struct Output<'a> {
    out: &'a mut dyn Write,
    json: bool,
    style: Style,
}

/// What a report needs to know to put itself into words.
#[derive(Clone, Debug)]
pub struct Style {
    /// The zone in which times are shown.
    pub zone: TimeZone,
    /// Cells of a line on the terminal; `None` when nobody looks, so nothing is cut.
    pub width: Option<usize>,
}

/// A report that can be read by people.
pub trait Human {
    /// Its lines, without line ends.
    fn lines(&self, style: &Style) -> Vec<String>;

    /// Are they sentences, of which nothing may be cut off, and not the rows of a table?
    fn is_prose(&self) -> bool {
        false
    }
}

impl<'a> Output<'a> {
    /// An output.
    pub fn new(out: &'a mut dyn Write, json: bool, style: Style) -> Self {
        Self { out, json, style }
    }

    /// Prints a report.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn report<R: Serialize + Human>(&mut self, report: &R) -> Result<(), Failure> {
        if self.json {
            let text = serde_json::to_string_pretty(report)
                .map_err(|error| Failure::new(Kind::Bug, format!("no JSON: {error}")))?;
            return self.text(&escaped(&text));
        }
        let lines = report.lines(&self.style);
        if report.is_prose() {
            return lines.iter().try_for_each(|line| self.prose(line));
        }
        lines.iter().try_for_each(|line| self.line(line))
    }

    /// A sentence, cleaned, on as many lines as the terminal needs; a word that is longer than a line the terminal breaks.
    fn prose(&mut self, line: &str) -> Result<(), Failure> {
        let safe = SafeText::line(line);
        let indent = safe.as_str().chars().take_while(|c| *c == ' ').count();
        let lines = match self.style.width {
            Some(width) if UnicodeWidthStr::width(safe.as_str()) > width => {
                wrapped(safe.as_str(), indent, &self.style)
            }
            Some(_) | None => vec![safe.to_string()],
        };
        lines
            .iter()
            .try_for_each(|line| writeln!(self.out, "{}", line.trim_end()))
            .map_err(Failure::output)
    }

    /// Prints one line, cleaned and cut to the terminal.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn line(&mut self, line: &str) -> Result<(), Failure> {
        let safe = SafeText::line(line);
        let shown = self.style.width.map_or_else(|| safe.to_string(), |width| safe.cut(width));
        writeln!(self.out, "{}", shown.trim_end()).map_err(Failure::output)
    }

    /// Prints a text of our own making (a script, a page, a schema) as it is.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn text(&mut self, text: &str) -> Result<(), Failure> {
        self.out.write_all(text.as_bytes()).map_err(Failure::output)?;
        if !text.ends_with('\n') {
            self.out.write_all(b"\n").map_err(Failure::output)?;
        }
        self.out.flush().map_err(Failure::output)
    }

    /// The stream itself, for what formats itself.
    pub fn stream(&mut self) -> &mut dyn Write {
        self.out
    }
}

/// JSON in which every character that a terminal could obey or hide is written as an escape.
fn escaped(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        let mut buffer = [0_u8; 4];
        let alone = c.encode_utf8(&mut buffer);
        let harmless =
            c.is_ascii_graphic() || matches!(c, ' ' | '\n') || bare_line(alone) == *alone;
        if harmless {
            out.push(c);
        } else {
            let mut units = [0_u16; 2];
            for unit in c.encode_utf16(&mut units) {
                write!(out, "\\u{unit:04x}").ignore("writing to a string cannot fail");
            }
        }
    }
    out
}

/// A sentence on as many lines as the terminal needs, indented: what to do is never cut off.
fn wrapped(text: &str, indent: usize, style: &Style) -> Vec<String> {
    let room = style.width.unwrap_or(usize::MAX).saturating_sub(indent).max(20);
    let mut lines: Vec<String> = Vec::new();
    let mut used = room;
    for word in text.split_whitespace() {
        let width = UnicodeWidthStr::width(word);
        let line = lines.last_mut().filter(|_| used.saturating_add(width) < room);
        if let Some(line) = line {
            line.push(' ');
            line.push_str(word);
            used = used.saturating_add(width).saturating_add(1);
        } else {
            lines.push(format!("{}{word}", " ".repeat(indent)));
            used = width;
        }
    }
    lines
}

/// Columns side by side, two spaces between them; those named in `right` are aligned to the right. The last is ragged.
pub fn table(rows: &[Vec<String>], right: &[usize]) -> Vec<String> {
    let mut widths: Vec<usize> = Vec::new();
    for row in rows {
        widths.resize(widths.len().max(row.len()), 0);
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(UnicodeWidthStr::width(cell.as_str()));
        }
    }
    rows.iter().map(|row| join(row, &widths, right)).collect()
}

fn join(row: &[String], widths: &[usize], right: &[usize]) -> String {
    let mut line = String::new();
    for (at, (cell, width)) in row.iter().zip(widths).enumerate() {
        if at > 0 {
            line.push_str("  ");
        }
        let gap = " ".repeat(width.saturating_sub(UnicodeWidthStr::width(cell.as_str())));
        if right.contains(&at) {
            line.push_str(&gap);
            line.push_str(cell);
        } else {
            line.push_str(cell);
            line.push_str(&gap);
        }
    }
    line.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Letter(&'static str);

    impl Human for Letter {
        fn lines(&self, _: &Style) -> Vec<String> {
            vec![self.0.to_owned()]
        }
    }

    impl Serialize for Letter {
        fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
            to.serialize_str(self.0)
        }
    }

    fn printed(letter: &Letter, json: bool, width: Option<usize>) -> String {
        let mut out = Vec::new();
        let style = Style { zone: TimeZone::UTC, width };
        Output::new(&mut out, json, style).report(letter).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn nothing_that_steers_a_terminal_is_printed() {
        let letter = Letter("a\u{1b}]0;title\u{7}b\u{9b}31mc\u{202e}d\ne");
        assert_eq!(printed(&letter, false, None), "a\u{fffd}b\u{fffd}31mc\u{fffd}d e\n");
        let json = printed(&letter, true, None);
        assert_eq!(json, "\"a\\u001b]0;title\\u0007b\\u009b31mc\\u202ed\\ne\"\n");
        let back: String = serde_json::from_str(&json).unwrap();
        assert_eq!(back, letter.0);
    }

    #[test]
    fn lines_are_cut_to_the_terminal_and_only_there() {
        assert_eq!(printed(&Letter("0123456789"), false, Some(5)), "0123…\n");
        assert_eq!(printed(&Letter("0123456789"), false, None), "0123456789\n");
    }

    #[test]
    fn a_long_sentence_is_wrapped_and_nothing_is_lost() {
        let style = |width| Style { zone: TimeZone::UTC, width };
        let text = "Check the network, the host name and the port of the server.";
        let lines = wrapped(text, 2, &style(Some(30)));
        assert!(lines.len() > 2);
        assert!(lines.iter().all(|line| line.chars().count() <= 30), "{lines:?}");
        assert_eq!(lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" "), text);
        assert_eq!(wrapped(text, 2, &style(None)).len(), 1);
    }

    #[test]
    fn columns_align_by_cells_not_by_characters() {
        let rows = [
            vec!["9".into(), "渡辺".into(), "x".into()],
            vec!["10".into(), "Ann".into(), "y".into()],
        ];
        assert_eq!(table(&rows, &[0]), [" 9  渡辺  x", "10  Ann   y"]);
    }
}
