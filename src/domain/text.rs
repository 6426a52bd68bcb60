//! Text that is safe to put on a terminal, whoever wrote it (design 5.4).
//!
//! Owns the cleaning: whole escape sequences, C0 and C1 controls, DEL, bidi controls, zero-width spaces and the tag
//! block are removed. It never trusts a caller to have cleaned before: screens and the command line take
//! [`SafeText`], and this file alone makes one.

use std::fmt;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Cleaned text. Printing it cannot move the cursor, change a colour, or reorder what stands around it.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SafeText {
    text: String,
    tampered: bool,
}

impl SafeText {
    /// Cleans one line: line breaks and tabs become spaces.
    pub fn line(text: &str) -> Self {
        let (clean, tampered) = clean(text);
        let text = clean.replace("\r\n", " ").replace(['\n', '\r', '\t'], " ");
        Self { text, tampered }
    }

    /// Cleans a body: keeps line feeds (CRLF and lone CR become LF) and expands tabs to four spaces.
    pub fn block(text: &str) -> Self {
        let (clean, tampered) = clean(text);
        let text = clean.replace("\r\n", "\n").replace('\r', "\n").replace('\t', "    ");
        Self { text, tampered }
    }

    /// The cleaned text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Bidi controls, zero-width characters or escape sequences were found and removed: in a name or a file name this
    /// is a sign of fraud.
    pub const fn was_tampered(&self) -> bool {
        self.tampered
    }

    /// Width in terminal cells.
    pub fn width(&self) -> usize {
        UnicodeWidthStr::width(self.text.as_str())
    }

    /// At most `cells` cells of it, cut between graphemes, with `…` as the last cell where something was cut.
    pub fn cut(&self, cells: usize) -> String {
        cut(&self.text, cells)
    }
}

/// At most `cells` cells of `text`, cut between graphemes, with `…` in the last cell where something was cut.
pub fn cut(text: &str, cells: usize) -> String {
    if UnicodeWidthStr::width(text) <= cells {
        return text.to_owned();
    }
    let room = cells.saturating_sub(1);
    let mut out = String::new();
    let mut used = 0_usize;
    for grapheme in text.graphemes(true) {
        let width = UnicodeWidthStr::width(grapheme);
        if used.saturating_add(width) > room {
            break;
        }
        used = used.saturating_add(width);
        out.push_str(grapheme);
    }
    if cells > 0 {
        out.push('…');
    }
    out
}

impl fmt::Display for SafeText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl fmt::Debug for SafeText {
    /// Redacted: cleaned words are still a client's words.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "‹text {} B›", self.text.len())
    }
}

/// Removes what must not reach a terminal; says whether anything but ordinary controls was found.
fn clean(text: &str) -> (String, bool) {
    let mut out = String::with_capacity(text.len());
    let mut tampered = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\u{1b}' => {
                tampered = true;
                match chars.next() {
                    Some('[') => skip_csi(&mut chars),
                    Some(']' | 'P' | 'X' | '^' | '_') => skip_string(&mut chars),
                    Some(_) | None => {}
                }
            }
            '\u{9b}' => {
                tampered = true;
                skip_csi(&mut chars);
            }
            '\u{90}' | '\u{98}' | '\u{9d}' | '\u{9e}' | '\u{9f}' => {
                tampered = true;
                skip_string(&mut chars);
            }
            '\n' | '\r' | '\t' => out.push(c),
            // Honest pages are full of soft hyphens; terminals disagree about their width.
            '\u{ad}' | '\u{180e}' => {}
            c if c.is_control() => {}
            c if is_hidden(c) => tampered = true,
            c => out.push(c),
        }
    }
    (out, tampered)
}

/// ECMA-48 §5.4: parameter and intermediate bytes, then one final byte of `@`..`~`.
fn skip_csi(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    while let Some(&c) = chars.peek() {
        if !(' '..='?').contains(&c) {
            break;
        }
        chars.next();
    }
    if chars.peek().is_some_and(|c| ('@'..='~').contains(c)) {
        chars.next();
    }
}

/// A control string (OSC, DCS, SOS, PM, APC) ends at ST, or BEL; a line feed ends a broken one.
fn skip_string(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    while let Some(&c) = chars.peek() {
        match c {
            '\u{7}' | '\u{9c}' => {
                chars.next();
                return;
            }
            '\u{1b}' => {
                chars.next();
                if chars.peek() == Some(&'\\') {
                    chars.next();
                }
                return;
            }
            '\n' => return,
            _ => {
                chars.next();
            }
        }
    }
}

/// Bidi controls, zero-width space, word joiner and BOM, line and paragraph separators, the tag block. ZWJ and ZWNJ
/// stay: scripts need them.
const fn is_hidden(c: char) -> bool {
    matches!(c,
        '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{2028}' | '\u{2029}'
        | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{206f}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_go_as_a_whole() {
        assert_eq!(
            SafeText::line("a\u{1b}[31mb\u{1b}]0;OWN\u{7}c\u{9b}2Jd\u{90}x\u{9c}e").as_str(),
            "abcde"
        );
        assert!(SafeText::line("a\u{202e}fdp.exe").was_tampered());
        assert!(!SafeText::line("Ms\tOkafor\r\n").was_tampered());
    }

    #[test]
    fn a_cut_counts_cells_not_characters() {
        assert_eq!(SafeText::line("漢字漢字").cut(5), "漢字…");
        assert_eq!(SafeText::line("abc").cut(3), "abc");
    }

    #[test]
    fn sequences_that_never_end_take_nothing_after_the_line() {
        assert_eq!(SafeText::block("a\u{1b}]0;title\nb").as_str(), "a\nb");
        assert_eq!(SafeText::line("a\u{1b}[").as_str(), "a");
        assert_eq!(SafeText::line("a\u{1b}").as_str(), "a");
        assert_eq!(SafeText::line("a\u{1b}[31").as_str(), "a");
        assert_eq!(SafeText::line("a\u{9b}31mb").as_str(), "ab");
    }

    #[test]
    fn scripts_keep_their_joiners_and_emoji_their_shape() {
        for text in ["क्\u{200d}ष", "می\u{200c}خواهم", "👩\u{200d}⚖\u{fe0f}", "Z\u{308}u\u{308}rich"]
        {
            assert_eq!(SafeText::line(text).as_str(), text);
            assert!(!SafeText::line(text).was_tampered());
        }
    }

    #[test]
    fn line_breaks_of_any_kind_cannot_add_a_line() {
        for text in
            ["a\r\nb", "a\nb", "a\rb", "a\u{2028}b", "a\u{2029}b", "a\u{85}b", "a\u{b}b", "a\u{c}b"]
        {
            assert_eq!(SafeText::line(text).as_str().lines().count(), 1, "{text:?}");
        }
    }

    #[test]
    fn the_naughty_strings_come_out_harmless() {
        let Some(folder) = std::env::var_os("MATTERBOX_CORPUS") else { return };
        let json = std::fs::read(std::path::Path::new(&folder).join("blns/blns.json")).unwrap();
        let strings: Vec<String> = serde_json::from_slice(&json).unwrap();
        assert!(strings.len() > 500);
        for text in strings {
            harmless(&text);
        }
    }

    /// Nothing in the cleaned text can move the cursor, reorder its neighbours or hide; a cut fits.
    fn harmless(text: &str) {
        for (clean, line) in [(SafeText::line(text), true), (SafeText::block(text), false)] {
            for c in clean.as_str().chars() {
                assert!(!c.is_control() || (c == '\n' && !line), "{text:?}: {c:?}");
                assert!(!is_hidden(c), "{text:?}: {c:?}");
            }
            for cells in [0, 1, 2, 7] {
                let cut = clean.cut(cells);
                assert!(
                    UnicodeWidthStr::width(cut.as_str()) <= cells,
                    "{text:?} at {cells}: {cut:?}"
                );
            }
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_comes_out_harmless(text in "\\PC{0,40}|[\\x00-\\x1f\\x7f-\\u{9f}a-c漢ü\\[\\];0-9\\u{200b}-\\u{202e}\\u{fe0f}]{0,60}|.{0,40}") {
            harmless(&text);
        }

        #[test]
        fn cleaning_twice_changes_nothing(text in ".{0,60}") {
            let once = SafeText::block(&text);
            let twice = SafeText::block(once.as_str());
            proptest::prop_assert_eq!(&twice, &SafeText { text: once.as_str().to_owned(), tampered: false });
        }

        #[test]
        fn plain_words_are_never_changed(text in "[a-zA-Zäöüß漢字 .,;:!?'()-]{0,60}") {
            let clean = SafeText::line(&text);
            proptest::prop_assert_eq!(clean.as_str(), text.as_str());
            proptest::prop_assert!(!clean.was_tampered());
        }
    }
}
