//! Attachments: what they are called, what they really are. Owns the making safe of names; it never writes a file.

use super::structure::{Kind, Part, PartPath};
use crate::domain::text::SafeText;

/// An attachment of a message.
#[derive(Clone, PartialEq, Eq)]
pub struct Attachment {
    /// Where it stands; [`attachment_bytes`](super::attachment_bytes) takes it.
    pub part: PartPath,
    /// Its name, safe to show and to save under: a base name, a sign where controls or bidi characters stood, no path,
    /// its last extension in sight, at most 120 characters.
    pub name: String,
    /// The sender's name for it carried a path, bidi or hidden characters: a sign of fraud.
    pub tampered: bool,
    /// The declared media type, in lower case.
    pub media_type: String,
    /// The media type that its first bytes show, if they show one.
    pub sniffed: Option<&'static str>,
    /// Decoded size in bytes.
    pub size: u64,
    /// BLAKE3 of the decoded bytes.
    pub hash: [u8; 32],
    /// Shown inside the text (`Content-Disposition: inline`, or referred to by the HTML).
    pub inline: bool,
}

impl std::fmt::Debug for Attachment {
    /// Redacted: a file name is a client's word.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Attachment")
            .field("part", &self.part)
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}

impl Attachment {
    /// Describes a part whose decoded bytes are `bytes`.
    pub(super) fn describe(part: &Part<'_>, bytes: &[u8]) -> Self {
        let declared = declared_name(part);
        let (name, tampered) = match declared.filter(|n| !n.trim().is_empty()) {
            Some(name) => (safe_name(&name), is_tampered(&name)),
            None => (made_up(part), false),
        };
        Self {
            part: part.path.clone(),
            name,
            tampered,
            media_type: part
                .media_type()
                .chars()
                .filter(char::is_ascii_graphic)
                .take(120)
                .collect(),
            sniffed: sniff(bytes),
            size: u64::try_from(bytes.len()).unwrap_or(u64::MAX),
            hash: *blake3::hash(bytes).as_bytes(),
            inline: part.disposition.as_ref().is_some_and(|d| d.value == "inline")
                || part.block.has("content-id"),
        }
    }
}

/// The name that the sender gave: `filename` of the disposition, else `name` of the type; RFC 2231 continuations are
/// already joined, encoded words (which RFC 2047 forbids here and everyone sends) are decoded.
pub fn declared_name(part: &Part<'_>) -> Option<String> {
    let disposition = part.disposition.as_ref().and_then(|d| d.param("filename"));
    let name = disposition.or_else(|| part.content.param("name"))?;
    Some(if name.contains("=?") { super::charset::encoded_words(name) } else { name.to_owned() })
}

fn made_up(part: &Part<'_>) -> String {
    if part.kind == Kind::Message {
        return "message.eml".to_owned();
    }
    let extension = match part.media_type() {
        "message/rfc822" | "message/global" => "eml",
        "message/delivery-status" | "message/disposition-notification" | "text/plain" => "txt",
        "text/rfc822-headers" => "headers.txt",
        "text/html" => "html",
        "text/calendar" => "ics",
        "application/pdf" => "pdf",
        "image/jpeg" => "jpg",
        "image/png" => "png",
        "image/gif" => "gif",
        "application/pgp-signature" => "asc",
        "application/pkcs7-signature" | "application/x-pkcs7-signature" => "p7s",
        _ => "bin",
    };
    let path = part.path.to_string();
    if path.is_empty() { format!("part.{extension}") } else { format!("part-{path}.{extension}") }
}

fn is_tampered(name: &str) -> bool {
    SafeText::line(name).was_tampered()
        || name.contains("..")
        || name.starts_with('/')
        || name.contains("   ")
}

/// Makes a file name safe to show and to save under: the base name only, a sign where controls, bidi or zero-width
/// characters stood, no characters that Windows refuses, no reserved device names, no leading dot, runs of blanks folded; at most 120
/// characters with the last extension kept.
pub fn safe_name(name: &str) -> String {
    let base =
        name.trim().rsplit(['/', '\\']).find(|part| !part.trim_matches(['.', ' ']).is_empty());
    let clean = SafeText::line(base.unwrap_or_default());
    let swapped: String = clean
        .as_str()
        .chars()
        .map(|c| match c {
            '<' | '>' | ':' | '"' | '|' | '?' | '*' => '_',
            c if c.is_whitespace() => ' ',
            c => c,
        })
        .collect();
    let folded = swapped.split(' ').filter(|w| !w.is_empty()).collect::<Vec<_>>().join(" ");
    let name =
        folded.trim_matches(['.', ' ']).trim_start_matches('-').trim_start_matches(['.', ' ']);
    let name = if name.is_empty() { "attachment" } else { name };
    let name = shorten(name);
    if is_reserved(&name) { format!("_{name}") } else { name }
}

/// A name of more than 120 characters is cut in the middle, so that what decides about it — its extension — shows.
fn shorten(name: &str) -> String {
    const LONGEST: usize = 120;
    if name.chars().count() <= LONGEST {
        return name.to_owned();
    }
    let extension = name.rsplit_once('.').map(|(_, e)| e).filter(|e| e.chars().count() <= 16);
    let tail = extension.map(|e| format!("….{e}")).unwrap_or_default();
    let room = LONGEST.saturating_sub(tail.chars().count());
    let head: String = name.chars().take(room).collect();
    format!("{}{tail}", head.trim_end())
}

fn is_reserved(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim().to_ascii_uppercase();
    let numbered = |prefix: &str| {
        stem.strip_prefix(prefix)
            .is_some_and(|n| n.len() == 1 && n.bytes().all(|b| b.is_ascii_digit()))
    };
    matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL") || numbered("COM") || numbered("LPT")
}

/// What the first bytes show, whatever the sender calls it.
pub fn sniff(bytes: &[u8]) -> Option<&'static str> {
    const MAGIC: [(&[u8], &str); 18] = [
        (b"%PDF-", "application/pdf"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"\xff\xd8\xff", "image/jpeg"),
        (b"GIF8", "image/gif"),
        (b"PK\x03\x04", "application/zip"),
        (b"PK\x05\x06", "application/zip"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
        (b"{\\rtf", "application/rtf"),
        (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
        (b"Rar!\x1a\x07", "application/vnd.rar"),
        (b"\x1f\x8b", "application/gzip"),
        (b"MZ", "application/vnd.microsoft.portable-executable"),
        (b"\x7fELF", "application/x-elf"),
        (b"#!", "text/x-shellscript"),
        (b"II*\0", "image/tiff"),
        (b"MM\0*", "image/tiff"),
        (b"L\0\0\0\x01\x14\x02\0", "application/x-ms-shortcut"),
        (b"BEGIN:VCALENDAR", "text/calendar"),
    ];
    let found = MAGIC.iter().find(|(magic, _)| bytes.starts_with(magic)).map(|(_, kind)| *kind);
    found.or_else(|| {
        let head = bytes.get(..bytes.len().min(256)).unwrap_or_default().trim_ascii_start();
        let starts =
            |sign: &[u8]| head.get(..sign.len()).is_some_and(|h| h.eq_ignore_ascii_case(sign));
        (starts(b"<!doctype html") || starts(b"<html") || starts(b"<script")).then_some("text/html")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_leave_its_folder() {
        for (given, safe) in [
            ("/etc/passwd", "passwd"),
            ("../../.ssh/authorized_keys", "authorized_keys"),
            ("..\\..\\Start Menu\\run.bat", "run.bat"),
            ("C:\\fakepath\\brief.pdf", "brief.pdf"),
            ("..", "attachment"),
            ("", "attachment"),
            ("/", "attachment"),
            (".bashrc", "bashrc"),
            ("-rf", "rf"),
            ("a\r\nb\0c.pdf", "a b\u{fffd}c.pdf"),
        ] {
            assert_eq!(safe_name(given), safe, "{given:?}");
        }
    }

    #[test]
    fn a_name_cannot_hide_its_last_extension() {
        assert_eq!(safe_name("invoice\u{202e}fdp.exe"), "invoice\u{fffd}fdp.exe");
        assert_eq!(safe_name(&format!("invoice.pdf{}.exe", " ".repeat(200))), "invoice.pdf .exe");
        let long = safe_name(&format!("{}.pdf.exe", "x".repeat(300)));
        assert!(long.ends_with("….exe") && long.chars().count() == 120, "{long}");
        assert!(is_tampered("invoice\u{202e}fdp.exe") && !is_tampered("Brief an Müller.pdf"));
    }

    #[test]
    fn names_that_windows_reserves_are_changed() {
        assert_eq!(safe_name("con.txt"), "_con.txt");
        assert_eq!(safe_name("COM1"), "_COM1");
        assert_eq!(safe_name("community.pdf"), "community.pdf");
        assert_eq!(safe_name("a<b>:c|d?.pdf"), "a_b__c_d_.pdf");
    }

    #[test]
    fn a_program_called_a_document_is_seen_through() {
        assert_eq!(sniff(b"MZ\x90\0"), Some("application/vnd.microsoft.portable-executable"));
        assert_eq!(sniff(b"  <!DOCTYPE HTML><p>"), Some("text/html"));
        assert_eq!(sniff(b"plain words"), None);
    }
}
