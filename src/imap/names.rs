//! Mailbox names: as the server writes them, as people read them, and what they are for.
//!
//! Owns modified UTF-7 (RFC 3501 §5.1.3), quoting, and the roles. It must never let CR, LF or NUL into a command,
//! and never change a name that came from the server: the raw name goes back as it was sent.

use std::fmt;

use super::{contract::Role, error::ImapError};

/// A mailbox name exactly as the server sent it. It may name a client: its `Debug` shows only the size.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RawName(String);

impl RawName {
    /// Takes a name as sent by the server or kept in the record.
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// The name as sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// INBOX is the one name whose case does not matter (RFC 3501 §5.1).
    pub fn is_inbox(&self) -> bool {
        self.0.eq_ignore_ascii_case("INBOX")
    }

    /// The name for people. Not yet safe for a terminal. A name that is not modified UTF-7 is shown as it is.
    pub fn decoded(&self) -> String {
        decode(&self.0).unwrap_or_else(|| self.0.clone())
    }
}

impl fmt::Debug for RawName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "‹mailbox {} B›", self.0.len())
    }
}

/// Puts a text into a command as a quoted string. Refuses what could end the line or the string.
pub(super) fn quoted(text: &str) -> Result<String, ImapError> {
    if text.bytes().any(|byte| matches!(byte, b'\r' | b'\n' | 0)) {
        return Err(ImapError::UnsafeText);
    }
    let mut out = String::with_capacity(text.len().saturating_add(2));
    out.push('"');
    for c in text.chars() {
        if matches!(c, '"' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('"');
    Ok(out)
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

/// Writes a name in modified UTF-7. Code points above U+FFFF become two UTF-16 units, as RFC 2152 has it.
pub fn encode(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut units: Vec<u16> = Vec::new();
    for c in name.chars() {
        if matches!(c, ' '..='~') {
            close_shift(&mut out, &mut units);
            out.push(c);
            if c == '&' {
                out.push('-');
            }
        } else {
            let mut pair = [0; 2];
            units.extend_from_slice(c.encode_utf16(&mut pair));
        }
    }
    close_shift(&mut out, &mut units);
    out
}

fn close_shift(out: &mut String, units: &mut Vec<u16>) {
    if units.is_empty() {
        return;
    }
    out.push('&');
    let (mut bits, mut held) = (0u32, 0u32);
    for byte in units.drain(..).flat_map(u16::to_be_bytes) {
        bits = (bits << 8) | u32::from(byte);
        held = held.saturating_add(8);
        while held >= 6 {
            held = held.saturating_sub(6);
            push_sextet(out, bits >> held);
            bits &= (1u32 << held).saturating_sub(1);
        }
    }
    if held > 0 {
        push_sextet(out, bits << 6u32.saturating_sub(held));
    }
    out.push('-');
}

fn push_sextet(out: &mut String, value: u32) {
    let place = usize::try_from(value & 63).unwrap_or(0);
    out.push(char::from(ALPHABET.get(place).copied().unwrap_or(b'A')));
}

/// Reads a name in modified UTF-7; `None` where it is not one.
pub fn decode(raw: &str) -> Option<String> {
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((plain, shifted)) = rest.split_once('&') {
        out.push_str(plain);
        let (inside, after) = shifted.split_once('-')?;
        if inside.is_empty() {
            out.push('&');
        } else {
            out.push_str(&decode_shift(inside)?);
        }
        rest = after;
    }
    out.push_str(rest);
    Some(out)
}

fn decode_shift(inside: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(inside.len());
    let (mut bits, mut held) = (0u32, 0u32);
    for letter in inside.bytes() {
        let value = ALPHABET.iter().position(|known| *known == letter)?;
        bits = (bits << 6) | u32::try_from(value).ok()?;
        held = held.saturating_add(6);
        if held >= 8 {
            held = held.saturating_sub(8);
            bytes.push(u8::try_from((bits >> held) & 0xff).ok()?);
            bits &= (1u32 << held).saturating_sub(1);
        }
    }
    let units: Vec<u16> = bytes
        .chunks_exact(2)
        .filter_map(|pair| Some(u16::from_be_bytes([*pair.first()?, *pair.get(1)?])))
        .collect();
    if bytes.len() % 2 != 0 || held >= 6 || bits != 0 {
        return None;
    }
    String::from_utf16(&units).ok()
}

/// What a mailbox is for, by the attributes of RFC 6154 (or Gmail's XLIST ones).
pub(super) fn role_by_attributes<'a>(attributes: impl Iterator<Item = &'a str>) -> Option<Role> {
    for attribute in attributes {
        let role = match attribute.trim_start_matches('\\').to_ascii_lowercase().as_str() {
            "inbox" => Role::Inbox,
            "sent" => Role::Sent,
            "archive" => Role::Archive,
            "drafts" => Role::Drafts,
            "junk" | "spam" => Role::Junk,
            "trash" => Role::Trash,
            "all" | "allmail" => Role::All,
            // Both are views of messages that lie elsewhere too (RFC 6154, RFC 8457).
            "flagged" | "starred" | "important" => Role::Flagged,
            _ => continue,
        };
        return Some(role);
    }
    None
}

/// Names that servers and programs give, for servers without SPECIAL-USE (Microsoft 365 among them).
const NAMES: &[(Role, &[&str])] = &[
    (
        Role::Sent,
        &[
            "sent",
            "sent items",
            "sent mail",
            "sent messages",
            "gesendet",
            "gesendete elemente",
            "gesendete objekte",
            "envoyés",
            "éléments envoyés",
            "messages envoyés",
            "enviados",
            "elementos enviados",
            "posta inviata",
            "inviata",
            "verzonden items",
            "verzonden",
            "wysłane",
            "skickat",
            "sendt",
            "sendte elementer",
            "lähetetyt",
            "отправленные",
        ],
    ),
    (
        Role::Drafts,
        &[
            "drafts",
            "draft",
            "entwürfe",
            "brouillons",
            "borradores",
            "rascunhos",
            "bozze",
            "concepten",
            "kopie robocze",
            "utkast",
            "kladder",
            "luonnokset",
            "черновики",
        ],
    ),
    (
        Role::Junk,
        &[
            "junk",
            "junk email",
            "junk e-mail",
            "spam",
            "bulk mail",
            "junk-e-mail",
            "courrier indésirable",
            "indésirables",
            "correo no deseado",
            "lixo eletrônico",
            "posta indesiderata",
            "ongewenste e-mail",
            "skräppost",
            "roskaposti",
            "спам",
        ],
    ),
    (
        Role::Trash,
        &[
            "trash",
            "deleted items",
            "deleted messages",
            "deleted",
            "bin",
            "papierkorb",
            "gelöschte elemente",
            "corbeille",
            "éléments supprimés",
            "papelera",
            "elementos eliminados",
            "lixeira",
            "cestino",
            "posta eliminata",
            "prullenbak",
            "verwijderde items",
            "kosz",
            "papperskorgen",
            "roskakori",
            "корзина",
        ],
    ),
    (Role::Archive, &["archive", "archives", "archiv", "archivio", "archief", "archivo", "архив"]),
];

/// What a mailbox is for, by its name: only at the top level or directly under INBOX, where servers put theirs.
pub(super) fn role_by_name(decoded: &str, delimiter: Option<char>) -> Option<Role> {
    if decoded.eq_ignore_ascii_case("inbox") {
        return Some(Role::Inbox);
    }
    let lower = decoded.to_lowercase();
    let name = match delimiter {
        None => lower.as_str(),
        Some(delimiter) => {
            let inside = lower.strip_prefix("inbox").and_then(|rest| rest.strip_prefix(delimiter));
            let name = inside.unwrap_or(&lower);
            if name.contains(delimiter) {
                return None;
            }
            name
        }
    };
    NAMES.iter().find(|(_, names)| names.contains(&name)).map(|(role, _)| *role)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn known_names_are_written_as_the_rfc_has_them() {
        for (name, raw) in [
            ("~peter/mail/台北/日本語", "~peter/mail/&U,BTFw-/&ZeVnLIqe-"),
            ("Entwürfe", "Entw&APw-rfe"),
            ("A & B", "A &- B"),
            ("📎 Beilagen", "&2D3czg- Beilagen"),
            ("Tom \"T\" \\ x", "Tom \"T\" \\ x"),
        ] {
            assert_eq!(encode(name), raw);
            assert_eq!(decode(raw).as_deref(), Some(name));
        }
    }

    #[test]
    fn a_name_that_is_not_modified_utf7_is_shown_as_it_is() {
        for raw in ["R&D", "&", "&!!!-", "&2D0-", "&AP-"] {
            assert_eq!(decode(raw), None, "{raw}");
            assert_eq!(RawName::new(raw).decoded(), raw);
        }
    }

    #[test]
    fn a_name_with_a_line_break_never_reaches_a_command() {
        for bad in ["a\r\nz9 DELETE INBOX", "a\nb", "a\0b"] {
            assert!(matches!(quoted(bad), Err(ImapError::UnsafeText)));
        }
        assert_eq!(quoted("Tom \"T\" \\ x").unwrap(), "\"Tom \\\"T\\\" \\\\ x\"");
    }

    #[test]
    fn roles_come_from_attributes_then_from_names_at_the_top() {
        assert_eq!(role_by_attributes(["\\HasNoChildren", "\\Sent"].into_iter()), Some(Role::Sent));
        assert_eq!(role_by_name("Sent Items", Some('/')), Some(Role::Sent));
        assert_eq!(role_by_name("INBOX.Sent", Some('.')), Some(Role::Sent));
        assert_eq!(role_by_name("Gesendete Elemente", Some('/')), Some(Role::Sent));
        assert_eq!(role_by_name("Clients/Okafor/Sent", Some('/')), None);
        assert_eq!(role_by_name("inbox", None), Some(Role::Inbox));
        assert_eq!(role_by_name("Okafor", Some('/')), None);
    }

    proptest! {
        #[test]
        fn every_name_survives_the_way_to_the_server_and_back(name in "\\PC*") {
            let raw = encode(&name);
            prop_assert!(raw.bytes().all(|b| (0x20..0x7f).contains(&b)));
            prop_assert_eq!(decode(&raw), Some(name));
        }

        #[test]
        fn no_name_breaks_the_reader(raw in ".*") {
            decode(&raw);
        }
    }
}
