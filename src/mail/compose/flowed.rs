//! `format=flowed` (RFC 3676): long lines are broken softly, quotations keep their depth, and what was written can
//! be put together again exactly.
//!
//! Owns both directions. It never knows about headers or encodings.

/// Lines up to this many characters are left alone; longer ones are broken after a space (RFC 3676 §4.2).
const WIDTH: usize = 72;

/// Writes a text (LF) as flowed lines (CRLF).
pub fn encode(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut out = String::with_capacity(text.len().saturating_add(64));
    for (number, line) in text.split('\n').enumerate() {
        if number > 0 {
            out.push_str("\r\n");
        }
        let line: String = line.chars().filter(|c| *c != '\0').collect();
        let (depth, rest) = quote_depth(&line);
        flow(depth, rest, &mut out);
    }
    out
}

/// Puts flowed lines together again.
pub fn decode(text: &str) -> String {
    let mut lines: Vec<(usize, String)> = Vec::new();
    let mut open = false;
    for line in text.split("\r\n") {
        let rest = line.trim_start_matches('>');
        let depth = line.len().saturating_sub(rest.len());
        let rest = rest.strip_prefix(' ').unwrap_or(rest);
        match lines.last_mut() {
            Some((before, written)) if open && *before == depth && rest != "-- " => {
                written.push_str(rest);
            }
            Some(_) | None => lines.push((depth, rest.to_owned())),
        }
        open = rest.ends_with(' ') && rest != "-- ";
    }
    lines.iter().map(|(depth, line)| quoted(*depth, line)).collect::<Vec<_>>().join("\n")
}

fn quoted(depth: usize, line: &str) -> String {
    match (depth, line.is_empty()) {
        (0, _) => line.to_owned(),
        (depth, true) => ">".repeat(depth),
        (depth, false) => format!("{} {line}", ">".repeat(depth)),
    }
}

/// `> > text` and `>> text` are depth 2.
pub(super) fn quote_depth(line: &str) -> (usize, &str) {
    let mut rest = line;
    let mut depth = 0_usize;
    loop {
        let next = rest
            .strip_prefix('>')
            .or_else(|| if depth == 0 { None } else { rest.strip_prefix(" >") });
        match next {
            Some(shorter) => {
                depth = depth.saturating_add(1);
                rest = shorter;
            }
            None => break,
        }
    }
    if depth > 0 {
        rest = rest.strip_prefix(' ').unwrap_or(rest);
    }
    (depth, rest)
}

fn flow(depth: usize, line: &str, out: &mut String) {
    if line == "-- " {
        emit(depth, line, out);
        return;
    }
    let line = line.trim_end_matches(' ');
    let mut current = String::new();
    let mut width = 0_usize;
    for piece in line.split_inclusive(' ') {
        let more = piece.trim_end_matches(' ').chars().count();
        let full = width.saturating_add(more).saturating_add(depth) > WIDTH;
        if full && current.ends_with(' ') && current != "-- " {
            emit(depth, &current, out);
            out.push_str("\r\n");
            current.clear();
            width = 0;
        }
        current.push_str(piece);
        width = width.saturating_add(piece.chars().count());
    }
    emit(depth, &current, out);
}

/// One line, space-stuffed where its beginning would be misread (RFC 3676 §4.4).
fn emit(depth: usize, line: &str, out: &mut String) {
    out.push_str(&">".repeat(depth));
    let stuffed = if depth > 0 {
        !line.is_empty()
    } else {
        line.starts_with([' ', '>']) || line.starts_with("From ")
    };
    if stuffed {
        out.push(' ');
    }
    out.push_str(line);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_long_line_is_broken_softly_and_a_signature_separator_is_not() {
        let long = "word ".repeat(30);
        let text = format!("{}\n\n-- \nAda", long.trim_end());
        let flowed = encode(&text);
        assert!(flowed.split("\r\n").all(|line| line.chars().count() <= 78), "{flowed}");
        assert!(flowed.contains("\r\n-- \r\nAda"));
        assert_eq!(decode(&flowed), text);
    }

    #[test]
    fn a_line_that_begins_like_a_quotation_or_with_from_is_stuffed() {
        assert_eq!(encode("From here\n two"), " From here\r\n  two");
    }

    #[test]
    fn a_long_quoted_line_keeps_its_depth_on_every_line() {
        let flowed = encode(&format!(">> {}", "word ".repeat(40).trim_end()));
        assert!(flowed.split("\r\n").all(|line| line.starts_with(">> ")), "{flowed}");
        assert_eq!(decode(&flowed), format!(">> {}", "word ".repeat(40).trim_end()));
    }

    proptest! {
        #[test]
        fn what_was_written_comes_back_exactly(
            lines in proptest::collection::vec("(>{0,3} )?[ -~äß漢]{0,160}|-- |From [a-z]{3}", 0..8),
        ) {
            let normal: Vec<String> = lines
                .iter()
                .map(|line| {
                    let (depth, rest) = quote_depth(line);
                    let rest = if rest == "-- " { rest } else { rest.trim_end_matches(' ') };
                    quoted(depth, rest)
                })
                .collect();
            let text = normal.join("\n");
            prop_assert_eq!(decode(&encode(&text)), text);
        }
    }
}
