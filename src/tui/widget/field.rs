//! A one-line text field.
//!
//! Owns its text and cursor, which stands between graphemes. Whatever is typed or pasted is cleaned first.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use crate::{
    domain::text::bare_line,
    tui::key::{Code, Key},
};

/// A field.
#[derive(Clone, Default)]
pub struct Field {
    before: String,
    after: String,
}

impl Field {
    /// A field that holds this text, with the cursor at its end.
    pub fn new(text: &str) -> Self {
        Self { before: bare_line(text), after: String::new() }
    }

    /// The whole text.
    pub fn text(&self) -> String {
        format!("{}{}", self.before, self.after)
    }

    /// Is there nothing in it?
    pub const fn is_empty(&self) -> bool {
        self.before.is_empty() && self.after.is_empty()
    }

    /// Puts text in at the cursor; line breaks become spaces.
    pub fn insert(&mut self, text: &str) {
        self.before.push_str(&bare_line(text));
    }

    /// An editing key. `false` if it means nothing here.
    pub fn press(&mut self, key: Key) -> bool {
        if let Some(c) = key.types() {
            self.insert(c.encode_utf8(&mut [0; 4]));
            return true;
        }
        match (key.code, key.ctrl) {
            (Code::Backspace, false) => {
                pop_last(&mut self.before);
            }
            (Code::Delete, _) => {
                pop_first(&mut self.after);
            }
            (Code::Left, _) => {
                if let Some(grapheme) = pop_last(&mut self.before) {
                    self.after.insert_str(0, &grapheme);
                }
            }
            (Code::Right, _) => {
                if let Some(grapheme) = pop_first(&mut self.after) {
                    self.before.push_str(&grapheme);
                }
            }
            (Code::Home, _) | (Code::Char('a'), true) => {
                self.after.insert_str(0, &std::mem::take(&mut self.before));
            }
            (Code::End, _) | (Code::Char('e'), true) => {
                self.before.push_str(&std::mem::take(&mut self.after));
            }
            (Code::Char('u'), true) => self.before.clear(),
            (Code::Char('k'), true) => self.after.clear(),
            (Code::Char('w') | Code::Backspace, true) => self.delete_word(),
            _ => return false,
        }
        true
    }

    fn delete_word(&mut self) {
        let kept = self.before.trim_end().trim_end_matches(|c: char| !c.is_whitespace()).len();
        self.before.truncate(kept);
    }

    /// What is in sight of `room` cells, and the cell of the cursor.
    pub fn shown(&self, room: usize) -> (String, usize) {
        let mut start = 0_usize;
        let mut used = UnicodeWidthStr::width(self.before.as_str());
        for (at, grapheme) in self.before.grapheme_indices(true) {
            if used < room {
                break;
            }
            used = used.saturating_sub(UnicodeWidthStr::width(grapheme));
            start = at.saturating_add(grapheme.len());
        }
        let seen = self.before.get(start..).unwrap_or_default();
        (format!("{seen}{}", self.after), used)
    }
}

fn pop_last(text: &mut String) -> Option<String> {
    let at = text.grapheme_indices(true).next_back()?.0;
    Some(text.split_off(at))
}

fn pop_first(text: &mut String) -> Option<String> {
    let first = text.graphemes(true).next()?.to_owned();
    text.drain(..first.len());
    Some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn press(field: &mut Field, keys: &str) {
        for key in Key::parse_chord(keys).unwrap() {
            field.press(key);
        }
    }

    #[test]
    fn keys_edit_by_graphemes_and_words() {
        let mut field = Field::new("ab 漢字e\u{301}");
        press(&mut field, "left left x home delete end backspace");
        assert_eq!(field.text(), "b 漢x字");
        press(&mut field, "ctrl-w");
        assert_eq!(field.text(), "b ");
    }

    #[test]
    fn a_pasted_escape_or_bidi_control_does_not_get_in() {
        let mut field = Field::default();
        field.insert("a\u{1b}[31m\u{202e}b\nc");
        assert_eq!(field.text(), "ab c");
    }

    #[test]
    fn the_cursor_stays_in_sight() {
        let field = Field::new("漢字漢字漢字");
        let (seen, cursor) = field.shown(5);
        assert_eq!((seen.as_str(), cursor), ("漢字", 4));
    }
}
