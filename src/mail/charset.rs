//! Bytes → text. Owns charsets, encoded words (RFC 2047) and forgiving base64. It never loses a byte silently: what has
//! no meaning becomes U+FFFD, and the caller is told.

use encoding_rs::{EUC_KR, Encoding, GBK, ISO_2022_JP, UTF_8, WINDOWS_1252};

/// Decodes `bytes` by a charset label as mail declares it. The flag is `false` where the label was unknown or the bytes
/// did not fit it.
///
/// Without a label, or with one that says nothing, valid UTF-8 is UTF-8 and anything else windows-1252.
pub fn decode(label: Option<&str>, bytes: &[u8]) -> (String, bool) {
    let label = label.map(clean_label).unwrap_or_default();
    match label.as_str() {
        "" | "us-ascii" | "ascii" | "ansi_x3.4-1968" | "7bit" | "8bit" | "binary" | "default"
        | "unknown-8bit" | "x-unknown" | "unknown" | "none" => return (undeclared(bytes), true),
        "utf-8" | "utf8" | "utf-8mb4" | "utf8mb4" | "utf_8" | "unicode" => return utf8(bytes),
        "utf-7" | "unicode-1-1-utf-7" | "utf7" | "x-unicode-2-0-utf-7" => {
            return utf7(bytes);
        }
        "iso-2022-kr" | "csiso2022kr" => return iso_2022_kr(bytes),
        "hz-gb-2312" | "hz" => return hz(bytes),
        _ => {}
    }
    encoding(&label).map_or_else(
        || (undeclared(bytes), false),
        |encoding| {
            let (text, _, bad) = encoding.decode(bytes);
            (text.into_owned(), !bad)
        },
    )
}

fn encoding(label: &str) -> Option<&'static Encoding> {
    Encoding::for_label_no_replacement(label.as_bytes()).or_else(|| {
        let known = match label {
            "cp932" | "ms932" | "windows-932" | "x-sjis" => "shift_jis",
            "cp936" | "ms936" | "gb_2312" | "euc-cn" | "x-gbk" => "gbk",
            "cp949" | "ms949" | "uhc" | "ks_c_5601" => "euc-kr",
            "cp950" | "ms950" => "big5",
            "iso-8859-8-e" => "iso-8859-8",
            "eucjp" | "x-euc" => "euc-jp",
            "cp-1252" | "ansi" | "windows-ansi" => "windows-1252",
            "cp-1251" | "win-1251" => "windows-1251",
            "cp-1250" | "win-1250" => "windows-1250",
            "latin-1" | "iso8859_1" | "iso-8859-1-windows-3.1-latin-1" => "iso-8859-1",
            "latin-9" | "latin9" => "iso-8859-15",
            "utf16" | "utf-16" => "utf-16le",
            other => {
                let digits = other.strip_prefix("iso-").or_else(|| other.strip_prefix("iso_"))?;
                return Encoding::for_label_no_replacement(
                    format!("iso-{}", digits.replace('_', "-")).as_bytes(),
                );
            }
        };
        Encoding::for_label_no_replacement(known.as_bytes())
    })
}

fn clean_label(label: &str) -> String {
    // RFC 2231 §5 allows a language after `*`.
    let label = label.split('*').next().unwrap_or_default();
    label.trim_matches(|c: char| c.is_whitespace() || "\"'=".contains(c)).to_ascii_lowercase()
}

/// Text whose charset nobody named.
pub fn undeclared(bytes: &[u8]) -> String {
    if let Ok(text) = std::str::from_utf8(bytes) {
        if text.contains("\u{1b}$B") || text.contains("\u{1b}$@") {
            let (japanese, _, bad) = ISO_2022_JP.decode(bytes);
            if !bad {
                return japanese.into_owned();
            }
        }
        return text.strip_prefix('\u{feff}').unwrap_or(text).to_owned();
    }
    WINDOWS_1252.decode(bytes).0.into_owned()
}

/// Declared UTF-8. Where it is not, and has no multi-byte character at all, it was windows-1252.
fn utf8(bytes: &[u8]) -> (String, bool) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return (text.strip_prefix('\u{feff}').unwrap_or(text).to_owned(), true);
    }
    let multi = bytes.utf8_chunks().any(|chunk| !chunk.valid().is_ascii());
    let encoding = if multi { UTF_8 } else { WINDOWS_1252 };
    (encoding.decode(bytes).0.into_owned(), false)
}

/// RFC 2152, which `encoding_rs` leaves out (the web must not have it): `+` begins UTF-16 in base64, `-` or whatever is
/// no base64 ends it, and `+-` is a plus sign. Linear in the length.
fn utf7(bytes: &[u8]) -> (String, bool) {
    let mut out = String::with_capacity(bytes.len());
    let mut fits = bytes.is_ascii();
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|byte| *byte == b'+') {
        let (plain, shifted) = rest.split_at(at);
        out.push_str(&undeclared(plain));
        let shifted = shifted.get(1..).unwrap_or_default();
        let is_shifted = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
        let end = shifted.iter().position(|byte| !is_shifted(byte)).unwrap_or(shifted.len());
        let (run, after) = shifted.split_at(end);
        rest = after.strip_prefix(b"-").unwrap_or(after);
        if run.is_empty() {
            out.push('+');
            fits &= after.starts_with(b"-");
            continue;
        }
        let units = base64_lenient(run).unwrap_or_default();
        let (pairs, odd) = units.as_chunks::<2>();
        for c in char::decode_utf16(pairs.iter().map(|pair| u16::from_be_bytes(*pair))) {
            fits &= c.is_ok();
            out.push(c.unwrap_or(char::REPLACEMENT_CHARACTER));
        }
        // Half a character, or none at all, was something all the same.
        if odd.iter().any(|byte| *byte != 0) || pairs.is_empty() {
            out.push(char::REPLACEMENT_CHARACTER);
            fits = false;
        }
    }
    out.push_str(&undeclared(rest));
    (out, fits)
}

/// RFC 1557: SO and SI switch to and from seven-bit KS X 1001, which is EUC-KR without the high bit.
fn iso_2022_kr(bytes: &[u8]) -> (String, bool) {
    let mut out = Vec::with_capacity(bytes.len());
    let mut korean = false;
    let mut rest = bytes;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        match byte {
            0x1b if tail.starts_with(b"$)C") => rest = tail.get(3..).unwrap_or_default(),
            0x0e => korean = true,
            0x0f => korean = false,
            b'\n' => {
                korean = false;
                out.push(byte);
            }
            _ if korean && byte > b' ' => out.push(byte | 0x80),
            _ => out.push(byte),
        }
    }
    let (text, _, bad) = EUC_KR.decode(&out);
    (text.into_owned(), !bad)
}

/// RFC 1843: `~{` and `~}` around seven-bit GB 2312.
fn hz(bytes: &[u8]) -> (String, bool) {
    let mut out = Vec::with_capacity(bytes.len());
    let mut chinese = false;
    let mut rest = bytes;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        match (byte, tail.first()) {
            (b'~', Some(b'{')) => (chinese, rest) = (true, tail.get(1..).unwrap_or_default()),
            (b'~', Some(b'}')) => (chinese, rest) = (false, tail.get(1..).unwrap_or_default()),
            (b'~', Some(b'~')) => {
                out.push(b'~');
                rest = tail.get(1..).unwrap_or_default();
            }
            (b'~', Some(b'\n')) => rest = tail.get(1..).unwrap_or_default(),
            (b'\n', _) => {
                chinese = false;
                out.push(byte);
            }
            _ if chinese => out.push(byte | 0x80),
            _ => out.push(byte),
        }
    }
    let (text, _, bad) = GBK.decode(&out);
    (text.into_owned(), !bad)
}

/// Base64 that skips what does not belong, and gives what the rest says. `None` where a third or more did not belong:
/// then it was not base64.
pub fn base64_lenient(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(bytes.len().saturating_mul(3) / 4);
    let (mut bits, mut held, mut junk, mut good) = (0_u32, 0_u8, 0_usize, 0_usize);
    for &byte in bytes {
        let value = match byte {
            b'A'..=b'Z' => byte.wrapping_sub(b'A'),
            b'a'..=b'z' => byte.wrapping_sub(b'a').wrapping_add(26),
            b'0'..=b'9' => byte.wrapping_sub(b'0').wrapping_add(52),
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            b'=' => {
                // Padding ends one run; another may follow.
                (bits, held) = (0, 0);
                continue;
            }
            b' ' | b'\t' | b'\r' | b'\n' => continue,
            _ => {
                junk = junk.saturating_add(1);
                continue;
            }
        };
        good = good.saturating_add(1);
        bits = (bits << 6) | u32::from(value);
        held = held.saturating_add(6);
        if held >= 8 {
            held = held.saturating_sub(8);
            out.push(u8::try_from((bits >> held) & 0xff).unwrap_or_default());
        }
    }
    (junk.saturating_mul(2) <= good).then_some(out)
}

/// One encoded word: its charset and bytes.
struct Word<'a> {
    charset: &'a str,
    bytes: Vec<u8>,
}

/// Decodes the encoded words in an unfolded header value. Words that touch (RFC 2047 §6.2) and share a charset are
/// decoded as one, since senders split characters between them. Linear in the length.
pub fn encoded_words(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut pending: Option<Word<'_>> = None;
    let mut rest = text;
    while let Some(at) = rest.find("=?") {
        let (before, from) = rest.split_at(at);
        let Some((word, after)) = word(from) else {
            flush(&mut out, pending.take());
            out.push_str(before);
            out.push_str("=?");
            rest = from.get(2..).unwrap_or_default();
            continue;
        };
        let touching = pending.is_some() && before.chars().all(char::is_whitespace);
        pending = match pending.take() {
            Some(mut held) if touching && held.charset.eq_ignore_ascii_case(word.charset) => {
                held.bytes.extend_from_slice(&word.bytes);
                Some(held)
            }
            held => {
                flush(&mut out, held);
                if !touching {
                    out.push_str(before);
                }
                Some(word)
            }
        };
        rest = after;
    }
    flush(&mut out, pending);
    out.push_str(rest);
    out
}

fn flush(out: &mut String, word: Option<Word<'_>>) {
    if let Some(word) = word {
        out.push_str(&decode(Some(word.charset), &word.bytes).0);
    }
}

/// Reads one encoded word at the start of `text`, which begins with `=?`; gives the text after it.
fn word(text: &str) -> Option<(Word<'_>, &str)> {
    let inner = text.get(2..)?;
    let (charset, rest) = inner.split_once('?')?;
    if charset.is_empty() || charset.len() > 60 || charset.contains(char::is_whitespace) {
        return None;
    }
    let (kind, rest) = rest.split_once('?')?;
    // The search for the end is bounded, so that a header of openings alone stays linear.
    let window = rest.get(..rest.floor_char_boundary(4_000)).unwrap_or(rest);
    let end = window.find("?=")?;
    let (payload, tail) = rest.split_at(end);
    let bytes = match kind {
        // Raw characters inside a word were decoded with the header; they go back to the charset of the word.
        "q" | "Q" if !payload.is_ascii() => match encoding(&clean_label(charset)) {
            Some(encoding) => q_decode(&encoding.encode(payload).0),
            None => q_decode(payload.as_bytes()),
        },
        "q" | "Q" => q_decode(payload.as_bytes()),
        "b" | "B" => base64_lenient(payload.as_bytes())?,
        _ => return None,
    };
    Some((Word { charset, bytes }, tail.get(2..)?))
}

fn q_decode(payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(payload.len());
    let mut rest = payload;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        match byte {
            b'_' => out.push(b' '),
            b'=' => match hex_pair(tail) {
                Some(value) => {
                    out.push(value);
                    rest = tail.get(2..).unwrap_or_default();
                }
                None => out.push(b'='),
            },
            _ => out.push(byte),
        }
    }
    out
}

/// Two hexadecimal digits.
fn hex_pair(bytes: &[u8]) -> Option<u8> {
    let digit = |at: usize| bytes.get(at).and_then(|b| char::from(*b).to_digit(16));
    let value = digit(0)?.checked_mul(16)?.checked_add(digit(1)?)?;
    u8::try_from(value).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_character_split_over_two_encoded_words_is_whole_again() {
        assert_eq!(encoded_words("=?utf-8?q?M=C3?= =?utf-8?q?=BCller?="), "Müller");
        assert_eq!(encoded_words("=?UTF-8?B?w7w=?= and =?x?q?=41?= =?bad"), "ü and A =?bad");
        assert_eq!(encoded_words("=?iso-8859-1?Q?Frösche?="), "Frösche");
    }

    #[test]
    fn a_body_without_a_charset_is_utf8_or_windows_1252() {
        assert_eq!(decode(None, "Müller".as_bytes()), ("Müller".into(), true));
        assert_eq!(decode(Some("us-ascii"), b"M\xfcller \x80"), ("Müller €".into(), true));
        assert_eq!(decode(Some("utf-8"), b"M\xfcller"), ("Müller".into(), false));
        assert_eq!(decode(Some("klingon"), b"M\xfcller"), ("Müller".into(), false));
    }

    #[test]
    fn the_old_seven_bit_charsets_keep_their_text() {
        assert_eq!(decode(Some("iso-2022-kr"), b"\x1b$)C\x0e>H3g\x0f!").0, "안녕!");
        assert_eq!(decode(Some("hz-gb-2312"), b"a~{<:Ky2;~}b").0, "a己所不b");
        assert_eq!(decode(None, b"\x1b$B$3$s\x1b(B").0, "こん");
    }

    #[test]
    fn utf7_is_read_in_linear_time_and_what_does_not_fit_is_told() {
        for (bytes, text, fits) in [
            (&b"A+AOQ-B +AOQ.c +2D3eAA-"[..], "AäB ä.c 😀", true),
            (b"1+-1 +ZeVnLIqe-", "1+1 日本語", true),
            (b"+AOQ-- Hi Mom +Jjo--!", "ä- Hi Mom ☺-!", true),
            (b"a + b", "a + b", false),
            (b"+A- x +2D0-", "\u{fffd} x \u{fffd}", false),
            (b"caf\xe9 +AOQ-", "café ä", false),
            (b"+AOQ", "ä", true),
        ] {
            assert_eq!(decode(Some("utf-7"), bytes), (text.to_owned(), fits));
        }
        let endless = decode(Some("utf-7"), &b"+-".repeat(1 << 20));
        assert_eq!(endless, ("+".repeat(1 << 20), true));
    }

    #[test]
    fn broken_base64_gives_what_it_says() {
        assert_eq!(base64_lenient(b"aGVs!bG8=").unwrap(), b"hello");
        assert_eq!(base64_lenient(b"aGVsbG8").unwrap(), b"hello");
        assert_eq!(base64_lenient("Sehr geehrte Frau, ü ü ü: «»".as_bytes()), None);
    }
}
