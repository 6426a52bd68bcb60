//! Transfer encodings, as RFC 2045 has them.
//!
//! Owns lines and their length. It knows nothing of headers and parts.

use std::fmt::Write as _;

use base64::{Engine as _, engine::general_purpose::STANDARD};

/// Lines ended by CRLF, with one at the end.
pub(super) fn crlf(text: &str) -> String {
    let mut out = String::with_capacity(text.len().saturating_add(64));
    for line in text.lines() {
        out.push_str(line);
        out.push_str("\r\n");
    }
    out
}

/// Base64 in lines of 76 characters.
pub(super) fn base64_lines(bytes: &[u8]) -> String {
    let whole = STANDARD.encode(bytes);
    let mut out = String::with_capacity(whole.len().saturating_add(whole.len() / 32));
    let mut rest = whole.as_str();
    while !rest.is_empty() {
        let (line, tail) = rest.split_at_checked(76).unwrap_or((rest, ""));
        out.push_str(line);
        out.push_str("\r\n");
        rest = tail;
    }
    out
}

/// Quoted-printable (RFC 2045 §6.7); the input's lines end with CRLF.
pub(super) fn quoted_printable(bytes: &[u8]) -> String {
    let mut out = String::new();
    for line in bytes.split(|b| *b == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let mut width = 0_usize;
        for (at, byte) in line.iter().enumerate() {
            let last = at.saturating_add(1) == line.len();
            let plain = matches!(byte, b'!'..=b'<' | b'>'..=b'~')
                || (matches!(byte, b' ' | b'\t') && !last);
            let room = if plain { 1 } else { 3 };
            if width.saturating_add(room) > 75 {
                out.push_str("=\r\n");
                width = 0;
            }
            if plain {
                out.push(char::from(*byte));
            } else {
                write!(out, "={byte:02X}").unwrap_or_default();
            }
            width = width.saturating_add(room);
        }
        out.push_str("\r\n");
    }
    // The last CRLF of the text has made one empty line too many.
    out.truncate(out.len().saturating_sub(2));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(encoding: &str, body: &str) -> Vec<u8> {
        let raw = format!("Content-Transfer-Encoding: {encoding}\r\n\r\n{body}");
        mailparse::parse_mail(raw.as_bytes()).unwrap().get_body_raw().unwrap()
    }

    #[test]
    fn what_is_encoded_is_decoded_to_the_same() {
        let long =
            "Grüße, = und ein Leerzeichen am Ende \r\n".repeat(9) + &"ü".repeat(300) + "\r\n";
        for text in ["", "a\r\n", "tab\t\r\n\r\n.\r\n", &long] {
            let quoted = quoted_printable(text.as_bytes());
            assert!(quoted.lines().all(|line| line.len() <= 76), "{quoted}");
            assert_eq!(decoded("quoted-printable", &quoted), text.as_bytes());
            assert_eq!(decoded("base64", &base64_lines(text.as_bytes())), text.as_bytes());
        }
    }
}
