//! Text that is safe to put on a terminal, whoever wrote it (design 5.4).
//!
//! Owns the cleaning: escape sequences, controls, bidi controls, zero-width spaces and the tag block never get through,
//! and where a sender hid something, a sign stands. It never trusts a caller to have cleaned before, and no other file
//! cleans: the mail layer keeps what came, screens and the command line take [`SafeText`].

use std::fmt;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Stands where something was taken out that could have steered the terminal or deceived a reader.
pub const SIGN: char = '\u{fffd}';

/// Cleaned text. Printing it cannot move the cursor, change a colour, or reorder what stands around it.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SafeText {
    text: String,
    tampered: bool,
}

impl SafeText {
    /// Cleans one line (a name, a subject, a file name): line breaks and tabs become spaces, and [`SIGN`] stands where
    /// anything was hidden.
    pub fn line(text: &str) -> Self {
        let (clean, tampered) = clean(text, Place::Line);
        Self { text: in_one_line(clean), tampered }
    }

    /// Cleans a body: keeps line feeds (every other break becomes one) and expands tabs to four spaces. Honest pages are
    /// full of zero-width characters, so only what steers a terminal or reverses text leaves a [`SIGN`].
    pub fn block(text: &str) -> Self {
        let (clean, tampered) = clean(text, Place::Body);
        Self { text: in_lines(clean), tampered }
    }

    /// The cleaned text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// A [`SIGN`] stands somewhere in place of bidi controls, hidden characters or escape sequences: in a name, a subject
    /// or a file name this points to fraud.
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

/// One line of our own side (typed, pasted, or on its way out): what [`SafeText::line`] would mark is left out.
pub fn bare_line(text: &str) -> String {
    in_one_line(clean(text, Place::Own).0)
}

/// Lines of our own side: what [`SafeText::block`] would mark is left out.
pub fn bare_block(text: &str) -> String {
    in_lines(clean(text, Place::Own).0)
}

fn in_one_line(text: String) -> String {
    if text.contains(['\n', '\r', '\t']) {
        text.replace("\r\n", " ").replace(['\n', '\r', '\t'], " ")
    } else {
        text
    }
}

fn in_lines(text: String) -> String {
    if text.contains(['\r', '\t']) {
        text.replace("\r\n", "\n").replace('\r', "\n").replace('\t', "    ")
    } else {
        text
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

/// Where a text stands, which decides what is worth a sign.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// A name, a subject, a file name: anything hidden points to fraud.
    Line,
    /// A body: zero-width characters and directional marks are everyday.
    Body,
    /// Our own words: no sign, it just goes.
    Own,
}

/// Takes out what must not reach a terminal; says whether a sign was put in its place.
fn clean(text: &str, place: Place) -> (String, bool) {
    if text.bytes().all(|b| matches!(b, b' '..=b'~' | b'\n' | b'\r' | b'\t')) {
        return (text.to_owned(), false);
    }
    let mut out = String::with_capacity(text.len());
    let mut tampered = false;
    // In Hebrew and Arabic the marks of direction are spelling.
    let two_ways = text.chars().any(is_right_to_left);
    let mut rest = text.strip_prefix('\u{feff}').unwrap_or(text);
    while let Some(c) = rest.chars().next() {
        let tail = rest.get(c.len_utf8()..).unwrap_or_default();
        rest = tail;
        let shown = match c {
            '\u{1b}' => {
                rest = past_sequence(tail);
                true
            }
            '\n' | '\r' | '\t' => {
                out.push(c);
                continue;
            }
            // Breaks of other systems: without them two words would become one.
            '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => {
                out.push('\n');
                continue;
            }
            // Honest pages are full of soft hyphens; terminals disagree about their width.
            '\u{ad}' | '\u{180e}' => continue,
            // C1 forms of sequences too: only the character goes. It may be a letter of another charset, and taking a
            // "sequence" out after it would take the sender's words.
            c if c.is_control() || matches!(c, '\u{202d}' | '\u{202e}') => true,
            '\u{200e}' | '\u{200f}' | '\u{061c}' => place == Place::Line && !two_ways,
            c if is_hidden(c) => place == Place::Line,
            c => {
                out.push(c);
                continue;
            }
        };
        if shown && place != Place::Own {
            tampered = true;
            if !out.ends_with(SIGN) {
                out.push(SIGN);
            }
        }
    }
    (out, tampered)
}

/// What follows an escape sequence whose ESC was just read. One that is not complete ends after its introducer, so that
/// it takes no words with it.
fn past_sequence(rest: &str) -> &str {
    let mut chars = rest.chars();
    match chars.next() {
        Some('[') => past_csi(chars.as_str()),
        Some(']' | 'P' | 'X' | '^' | '_') => past_string(chars.as_str()),
        Some(' '..='/') => {
            let after = rest.trim_start_matches(|c| (' '..='/').contains(&c));
            after.strip_prefix(|c| ('0'..='~').contains(&c)).unwrap_or(rest)
        }
        Some('0'..='~') => chars.as_str(),
        Some(_) | None => rest,
    }
}

/// ECMA-48 §5.4: parameter bytes, intermediate bytes, one final byte of `@`..`~`.
fn past_csi(rest: &str) -> &str {
    let after = rest.trim_start_matches(|c| ('0'..='?').contains(&c));
    let after = after.trim_start_matches(|c| (' '..='/').contains(&c));
    after.strip_prefix(|c| ('@'..='~').contains(&c)).unwrap_or(rest)
}

/// A control string (OSC, DCS, SOS, PM, APC) ends at ST, or BEL, on its line.
fn past_string(rest: &str) -> &str {
    let ends = |c| matches!(c, '\u{7}' | '\u{1b}' | '\u{9c}' | '\n');
    let from = rest.find(ends).and_then(|at| rest.get(at..)).unwrap_or_default();
    from.strip_prefix("\u{1b}\\").or_else(|| from.strip_prefix(['\u{7}', '\u{9c}'])).unwrap_or(rest)
}

/// Bidi controls, zero-width space, word joiner and BOM, the tag block. ZWJ and ZWNJ stay: scripts need them.
const fn is_hidden(c: char) -> bool {
    matches!(c,
        '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{061c}'
        | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{206f}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// A letter of Hebrew, Arabic and their neighbours.
const fn is_right_to_left(c: char) -> bool {
    matches!(c, '\u{5d0}'..='\u{5f4}' | '\u{620}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_leave_a_sign_and_nothing_else() {
        let clean = SafeText::line("a\u{1b}[31mb\u{1b}]0;OWN\u{7}c\u{1b}P1$r\u{1b}\\d\u{1b}ce");
        assert_eq!(clean.as_str(), "a\u{fffd}b\u{fffd}c\u{fffd}d\u{fffd}e");
        assert!(clean.was_tampered());
        assert_eq!(SafeText::line("\u{1b}[2J\u{1b}[31mred").as_str(), "\u{fffd}red");
        assert_eq!(SafeText::block("\u{1b}[2Jred").as_str(), "\u{fffd}red");
        assert_eq!(bare_line("a\u{1b}[31mb\u{202e}c\u{7}d"), "abcd");
    }

    #[test]
    fn an_escape_sequence_that_breaks_off_takes_no_line_break_and_no_word_with_it() {
        for broken in ["\u{1b}", "\u{1b}[", "\u{1b}[31", "\u{1b}]0;x", "\u{1b}P"] {
            let clean = SafeText::block(&format!("a{broken}\nb"));
            assert!(clean.as_str().ends_with("\nb"), "{broken:?}");
        }
        assert_eq!(SafeText::block("a\u{1b}(\nb").as_str(), "a\u{fffd}(\nb");
        assert_eq!(SafeText::block("a\u{1b} \u{e9}b").as_str(), "a\u{fffd} \u{e9}b");
        assert_eq!(SafeText::block("a\u{1b}(Bb").as_str(), "a\u{fffd}b");
    }

    #[test]
    fn what_hides_in_a_name_is_shown_and_told() {
        for (text, shown) in [
            ("a\u{202e}fdp.exe", "a\u{fffd}fdp.exe"),
            ("Ko\u{200b}\u{2060}fi", "Ko\u{fffd}fi"),
            ("a\u{7}b\u{7f}c", "a\u{fffd}b\u{fffd}c"),
            ("a\u{200f}b", "a\u{fffd}b"),
        ] {
            let clean = SafeText::line(text);
            assert_eq!((clean.as_str(), clean.was_tampered()), (shown, true), "{text:?}");
        }
        assert!(!SafeText::line("Ms\tOkafor\r\n").was_tampered());
    }

    #[test]
    fn honest_marks_of_direction_and_byte_order_accuse_nobody() {
        for text in ["\u{200f}שלום\u{200f}", "\u{feff}Lease", "so\u{ad}cial"] {
            assert!(!SafeText::line(text).was_tampered(), "{text:?}");
        }
        let page = SafeText::block("a\u{200b}b\u{2060}c\u{feff}d");
        assert_eq!((page.as_str(), page.was_tampered()), ("abcd", false));
        assert!(SafeText::block("pay \u{202e}005").was_tampered());
    }

    #[test]
    fn letters_of_a_wrong_charset_take_no_words_with_them() {
        let curly = SafeText::block("â€œYesâ€\u{9d} and pay 5000, â€\u{9c}noâ€\u{9b} 10 euro");
        assert!(curly.as_str().contains(" and pay 5000, "), "{}", curly.as_str());
        assert!(curly.as_str().ends_with(" 10 euro"), "{}", curly.as_str());
    }

    #[test]
    fn a_cut_counts_cells_not_characters() {
        assert_eq!(SafeText::line("漢字漢字").cut(5), "漢字…");
        assert_eq!(SafeText::line("abc").cut(3), "abc");
    }

    #[test]
    fn sequences_that_never_end_take_no_words() {
        assert_eq!(SafeText::block("a\u{1b}]0;title\nb").as_str(), "a\u{fffd}0;title\nb");
        assert_eq!(SafeText::line("a\u{1b}]0;t\u{1b}[31mb").as_str(), "a\u{fffd}0;t\u{fffd}b");
        assert_eq!(SafeText::line("a\u{1b}[").as_str(), "a\u{fffd}");
        assert_eq!(SafeText::line("a\u{1b}").as_str(), "a\u{fffd}");
        assert_eq!(SafeText::line("a\u{1b}[31").as_str(), "a\u{fffd}31");
        assert_eq!(SafeText::line("a\u{1b}[ 31mb").as_str(), "a\u{fffd} 31mb");
        assert_eq!(SafeText::line("a\u{9b}31mb").as_str(), "a\u{fffd}31mb");
        assert_eq!(SafeText::line("a\u{1b}\u{1b}[1mb").as_str(), "a\u{fffd}b");
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
            assert_eq!(SafeText::line(text).as_str(), "a b", "{text:?}");
            assert_eq!(SafeText::block(text).as_str(), "a\nb", "{text:?}");
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
            assert!(!clean.was_tampered() || clean.as_str().contains(SIGN), "{text:?}");
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
