//! Long text that scrolls, and the wrapping of text to cells.
//!
//! Owns line breaking by words and, where a word is too long, by graphemes. It keeps at most [`MOST_LINES`] lines.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use crate::domain::text::SafeText;

/// More lines of one text than this are not laid out; the reader is told so.
pub const MOST_LINES: usize = 20_000;

/// Breaks a text into lines of at most `room` cells.
pub fn wrap(text: &str, room: usize) -> Vec<String> {
    let room = room.max(2);
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        if lines.len() >= MOST_LINES {
            lines.push("… the rest is too long to show here".to_owned());
            break;
        }
        wrap_paragraph(paragraph.trim_end(), room, &mut lines);
    }
    lines
}

fn wrap_paragraph(paragraph: &str, room: usize, lines: &mut Vec<String>) {
    let mut line = String::new();
    let mut used = 0_usize;
    for word in paragraph.split_word_bounds() {
        if lines.len() >= MOST_LINES {
            return;
        }
        let width = UnicodeWidthStr::width(word);
        if used.saturating_add(width) <= room {
            line.push_str(word);
            used = used.saturating_add(width);
            continue;
        }
        if word.trim().is_empty() {
            lines.push(std::mem::take(&mut line).trim_end().to_owned());
            used = 0;
            continue;
        }
        // Punctuation clings to the word before it, so break before that word.
        let carried = carry(&mut line, word);
        if !line.trim().is_empty() {
            lines.push(std::mem::take(&mut line).trim_end().to_owned());
        }
        line.clear();
        used = 0;
        for grapheme in carried.graphemes(true).chain(word.graphemes(true)) {
            let width = UnicodeWidthStr::width(grapheme);
            if used.saturating_add(width) > room {
                lines.push(std::mem::take(&mut line));
                used = 0;
            }
            line.push_str(grapheme);
            used = used.saturating_add(width);
        }
    }
    lines.push(line.trim_end().to_owned());
}

/// Takes from the line's end what must stay together with `word`: no blank stands between them and one is punctuation.
fn carry(line: &mut String, word: &str) -> String {
    let clings = word.chars().next().is_some_and(|c| c.is_ascii_punctuation());
    let open = line.ends_with(|c: char| c.is_ascii_punctuation());
    // A time of day stays in one piece.
    let time = line.ends_with(':') && word.starts_with(|c: char| c.is_ascii_digit());
    if !clings && !open && !time {
        return String::new();
    }
    let at = line.rfind(char::is_whitespace).map_or(0, |at| at.saturating_add(1));
    if at == 0 { String::new() } else { line.split_off(at) }
}

/// A text in lines with a scroll offset.
#[derive(Clone, Default)]
pub struct Pager {
    source: Vec<SafeText>,
    lines: Vec<String>,
    width: usize,
    height: usize,
    top: usize,
}

impl Pager {
    /// A pager over these texts, each starting on its own line.
    pub fn new(source: Vec<SafeText>, width: usize, height: usize) -> Self {
        let mut pager = Self { source, ..Self::default() };
        pager.resize(width, height);
        pager
    }

    /// Lays the text out for a new size.
    pub fn resize(&mut self, width: usize, height: usize) {
        if width != self.width {
            self.lines = self.source.iter().flat_map(|text| wrap(text.as_str(), width)).collect();
        }
        (self.width, self.height) = (width, height.max(1));
        self.scroll(0);
    }

    /// Moves by so many lines; negative is up.
    pub fn scroll(&mut self, by: isize) {
        let last = self.lines.len().saturating_sub(self.height);
        self.top = self.top.saturating_add_signed(by).min(last);
    }

    /// How many lines are in sight at once.
    pub const fn height(&self) -> usize {
        self.height
    }

    /// The lines in sight.
    pub fn visible(&self) -> impl Iterator<Item = &String> {
        self.lines.iter().skip(self.top).take(self.height)
    }

    /// `12–30 of 100` when not all lines are in sight.
    pub fn place(&self) -> Option<String> {
        (self.lines.len() > self.height).then(|| {
            let last = self.top.saturating_add(self.height).min(self.lines.len());
            format!("{}–{last} of {}", self.top.saturating_add(1), self.lines.len())
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn text_is_broken_at_words() {
        assert_eq!(
            wrap("Can he do that? And pay (December)?", 12),
            ["Can he do", "that? And", "pay", "(December)?"]
        );
        assert_eq!(wrap("漢字漢字漢", 5), ["漢字", "漢字", "漢"]);
        assert_eq!(wrap("a\n\nb", 10), ["a", "", "b"]);
        assert_eq!(wrap("yesterday 11:06", 13), ["yesterday", "11:06"]);
    }

    proptest! {
        #[test]
        fn no_line_is_wider_than_asked_and_no_letter_is_lost(text in "[a-z ,.漢字é(\\-\n]{0,200}", room in 2_usize..40) {
            let lines = wrap(&text, room);
            for line in &lines {
                prop_assert!(UnicodeWidthStr::width(line.as_str()) <= room, "{line:?}");
            }
            let bare = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            prop_assert_eq!(bare(&lines.concat()), bare(&text));
        }
    }
}
