//! What a program may write to a terminal, byte by byte.
//!
//! Owns the list of what is allowed: everything else is a stranger's, whatever it does.

/// Fails unless the bytes are text and the sequences of our own screen.
pub fn assert_only_ours(bytes: &[u8]) {
    let text = std::str::from_utf8(bytes).expect("the terminal gets UTF-8 only");
    // The one string that is ours: the window's title, which never changes.
    let text = text.replace("\u{1b}]0;matterbox\u{7}", "");
    let mut rest = text.as_str();
    while let Some(at) = rest.find('\u{1b}') {
        assert_plain(&rest[..at]);
        rest = after_sequence(&rest[at..]);
    }
    assert_plain(rest);
}

/// Fails if the text could do anything to a terminal: output of a command that is not the screen.
pub fn assert_no_control(bytes: &[u8]) {
    assert_plain(std::str::from_utf8(bytes).expect("output is UTF-8"));
}

fn assert_plain(text: &str) {
    for (at, c) in text.char_indices() {
        let allowed = matches!(c, '\n' | '\r') || !(c.is_control() || is_hidden(c));
        let near: String =
            text[..at].chars().rev().take(60).collect::<Vec<_>>().iter().rev().collect();
        assert!(allowed, "{c:?} was written, after {near:?}");
    }
}

/// Characters that are not seen and change what is: bidi controls, zero-width ones, line separators, tags.
fn is_hidden(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}'
        | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e007f}')
}

/// Skips one sequence of our own: CSI to place the cursor, erase, style, and the private modes that we set.
fn after_sequence(text: &str) -> &str {
    let near: String = text.chars().take(30).collect();
    let body =
        text.strip_prefix("\u{1b}[").unwrap_or_else(|| panic!("not a CSI sequence: {near:?}"));
    let end = body.find(|c: char| ('@'..='~').contains(&c)).expect("a CSI sequence ends");
    let (parameters, letter) = (&body[..end], body.as_bytes()[end]);
    let numbers = parameters.chars().all(|c| c.is_ascii_digit() || matches!(c, ';' | ':'));
    let ours = match letter {
        b'H' | b'm' | b'J' | b'K' | b'A' | b'B' | b'C' | b'D' | b'G' => numbers,
        b'h' | b'l' => matches!(parameters, "?25" | "?1049" | "?2004"),
        _ => false,
    };
    assert!(ours, "a sequence that is not ours: {near:?}");
    &body[end + 1..]
}

#[test]
fn a_strangers_sequence_is_noticed() {
    let noticed =
        |text: &str| std::panic::catch_unwind(|| assert_only_ours(text.as_bytes())).is_err();
    for bad in [
        "\u{1b}]52;c;eA==\u{7}",
        "\u{1b}P1$r\u{1b}\\",
        "\u{9b}2J",
        "a\u{202e}b",
        "\u{1b}[6n",
        "\u{7}",
    ] {
        assert!(noticed(bad), "{bad:?}");
    }
    assert!(!noticed(
        "\u{1b}]0;matterbox\u{7}\u{1b}[?1049h\u{1b}[1;1H\u{1b}[38;5;1mDue\u{1b}[0m\r\n"
    ));
}
