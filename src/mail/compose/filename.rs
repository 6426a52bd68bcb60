//! The name of an attachment: exactly in `Content-Disposition`, and plainly in `Content-Type` where that differs.
//!
//! Owns RFC 2231's form. It never lets a name carry a path, a control or a quote.

use std::fmt::Write as _;

use crate::domain::text::bare_line;

/// So many characters of a name go out; its extension always does.
const LONGEST: usize = 120;

/// The two places of a name, each beginning with `;` and folded.
pub(super) struct Spellings {
    /// For `Content-Disposition`: the exact name.
    pub(super) disposition: String,
    /// For `Content-Type`: a plain spelling where the exact one needs RFC 2231, for programs that do not know it. Not
    /// beside the exact one: readers that find both in one header take the plain one.
    pub(super) media_type: String,
}

/// Spells a name.
pub(super) fn spell(name: &str) -> Spellings {
    let name = tidy(name);
    let plain: String = name
        .chars()
        .map(|c| if c.is_ascii_graphic() && !"\"\\%".contains(c) || c == ' ' { c } else { '_' })
        .collect();
    if plain == name {
        let disposition = format!(";\r\n filename=\"{plain}\"");
        return Spellings { disposition, media_type: String::new() };
    }
    let coded = percent(&name);
    let mut disposition = String::new();
    if let [only] = coded.as_slice() {
        write!(disposition, ";\r\n filename*=UTF-8''{only}").unwrap_or_default();
    } else {
        for (number, piece) in coded.iter().enumerate() {
            let charset = if number == 0 { "UTF-8''" } else { "" };
            write!(disposition, ";\r\n filename*{number}*={charset}{piece}").unwrap_or_default();
        }
    }
    Spellings { disposition, media_type: format!(";\r\n name=\"{plain}\"") }
}

/// The last part of a path, without what could deceive, and not longer than [`LONGEST`].
fn tidy(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let clean = bare_line(last).trim().trim_start_matches('.').to_owned();
    if clean.is_empty() {
        return "attachment".to_owned();
    }
    if clean.chars().count() <= LONGEST {
        return clean;
    }
    let (stem, extension) = match clean.rsplit_once('.') {
        Some((stem, extension)) if extension.chars().count() <= 16 => {
            (stem, format!(".{extension}"))
        }
        Some(_) | None => (clean.as_str(), String::new()),
    };
    let room = LONGEST.saturating_sub(extension.chars().count());
    let stem: String = stem.chars().take(room).collect();
    format!("{stem}{extension}")
}

/// Percent-encoded UTF-8 in pieces of at most 60 octets, never cut inside a character.
fn percent(name: &str) -> Vec<String> {
    let mut pieces = vec![String::new()];
    for c in name.chars() {
        let mut coded = String::new();
        if c.is_ascii_alphanumeric() || "-._~".contains(c) {
            coded.push(c);
        } else {
            for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                write!(coded, "%{byte:02X}").unwrap_or_default();
            }
        }
        match pieces.last_mut() {
            Some(last) if last.len().saturating_add(coded.len()) <= 60 => last.push_str(&coded),
            Some(_) | None => pieces.push(coded),
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_name_needs_no_second_spelling() {
        let spelled = spell("lease.pdf");
        assert_eq!(spelled.disposition, ";\r\n filename=\"lease.pdf\"");
        assert_eq!(spelled.media_type, "");
    }

    #[test]
    fn a_name_with_letters_outside_ascii_has_both_spellings() {
        let spelled = spell("Kündigung.pdf");
        assert_eq!(spelled.disposition, ";\r\n filename*=UTF-8''K%C3%BCndigung.pdf");
        assert_eq!(spelled.media_type, ";\r\n name=\"K_ndigung.pdf\"");
    }

    #[test]
    fn a_name_cannot_carry_a_path_a_header_or_a_hidden_turn() {
        assert_eq!(tidy("../../etc/passwd"), "passwd");
        assert_eq!(tidy("a\r\nBcc: x@y.example"), "a Bcc: x@y.example");
        assert_eq!(tidy("annexe\u{202e}fdp.exe"), "annexefdp.exe");
        assert_eq!(tidy("/"), "attachment");
    }

    #[test]
    fn a_very_long_name_keeps_its_extension_and_its_lines_stay_short() {
        let name = format!("{}.pdf", "漢".repeat(300));
        let header = spell(&name).disposition;
        assert_eq!(tidy(&name).rsplit_once('.').unwrap().1, "pdf");
        assert!(header.split("\r\n").all(|line| line.len() < 200), "{header}");
    }
}
