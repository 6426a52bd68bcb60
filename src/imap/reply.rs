//! From one raw answer to what it means: `imap-proto` first, and our own lenient reading where that gives up.
//!
//! Owns the meaning of every line. Pure: no socket. It must never drop a line in silence: what nobody can read is
//! [`Reply::Unreadable`] and is counted.

use imap_proto::{AttributeValue, MailboxDatum, Response};
use jiff::{Timestamp, fmt::strtime::BrokenDownTime};

use crate::domain::{confidential::Confidential, message::Flags};

use super::{
    lenient,
    namespace::Namespaces,
    uids::UidSet,
    wire::{RawResponse, marked},
};

/// The condition of a status answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Condition {
    Ok,
    No,
    Bad,
    Bye,
    Preauth,
}

/// `OK [CODE] text` and its like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct StatusLine {
    pub condition: Condition,
    /// What stands in the brackets, as sent but for the case of its first word.
    pub code: Option<String>,
    pub text: Confidential<String>,
}

impl StatusLine {
    /// The number behind a code, such as `UIDVALIDITY 123`. Some servers give more than 32 bits.
    pub(super) fn number(&self, name: &str) -> Option<u64> {
        let (word, rest) = self.code.as_deref()?.split_once(' ')?;
        if word == name { rest.trim().parse().ok() } else { None }
    }

    /// Down to which UID a server with a limit came; what is below it is still to be asked for (RFC 9738 §3.1).
    pub(super) fn limited_at(&self) -> Option<u32> {
        let numbers = self.code.as_deref()?.strip_prefix("MESSAGELIMIT ")?;
        numbers.split_ascii_whitespace().nth(1)?.parse().ok()
    }
}

/// The attributes of one FETCH answer, whichever came.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct FetchLine {
    pub uid: Option<u32>,
    pub flags: Option<Flags>,
    pub internal_date: Option<Timestamp>,
    pub size: Option<u64>,
    /// The section's bytes; `None` if the section did not come or was NIL.
    pub body: Option<Vec<u8>>,
    /// X-GM-MSGID: Gmail's identity of the message, the same in all folders.
    pub gmail_id: Option<u64>,
    /// X-GM-LABELS holds the label of drafts.
    pub draft_label: bool,
}

/// One mailbox of a LIST answer.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct ListLine {
    pub attributes: Vec<String>,
    pub delimiter: Option<char>,
    pub name: String,
}

/// `* STATUS`: how a mailbox is without selecting it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MailboxStatus {
    /// How many messages.
    pub messages: Option<u64>,
    /// The next UID, as far as the server knows.
    pub uid_next: Option<u64>,
    /// The UIDVALIDITY.
    pub uid_validity: Option<u64>,
    /// HIGHESTMODSEQ (RFC 7162), where the server counts changes.
    pub modseq: Option<u64>,
}

/// What one answer means.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Reply {
    Tagged(String, StatusLine),
    Untagged(StatusLine),
    Continue,
    Exists(u32),
    Expunge,
    /// These have just gone: each leaves the count.
    Vanished(UidSet),
    /// These went some time before (RFC 7162 §3.2.10.1): the count knows.
    VanishedEarlier(UidSet),
    Fetch(Box<FetchLine>),
    Search(Vec<u32>),
    List(ListLine),
    /// Of which mailbox, by the name as sent.
    Status(String, MailboxStatus),
    Capabilities(Vec<String>),
    /// Whose folders are whose (RFC 2342).
    Namespaces(Namespaces),
    /// Something that we have no use for.
    Other,
    /// A FETCH answer that cannot be read, or anything else.
    Unreadable,
}

/// Reads one answer.
pub(super) fn read(raw: RawResponse) -> Reply {
    let RawResponse { text, literals } = raw;
    if text.starts_with(b"+") {
        return Reply::Continue;
    }
    if let Some(status) = status_reply(&text) {
        return status;
    }
    if let Some((name, status)) = lenient::mailbox_status(&text, &literals) {
        return Reply::Status(name, status);
    }
    // `imap-proto` leaves the backslashes in a quoted name, so it would not come back as it was sent.
    if let Some(line) = lenient::list_line(&text, &literals) {
        return Reply::List(line);
    }
    if let Some(namespaces) = lenient::namespaces(&text, &literals) {
        return Reply::Namespaces(namespaces);
    }
    match imap_proto::parser::parse_response(&text) {
        Ok((_, response)) => from_proto(response, literals),
        Err(_) => lenient::read(&text, literals),
    }
}

/// Status lines we read ourselves: 8-bit text, missing text and codes above 32 bits all occur.
fn status_reply(text: &[u8]) -> Option<Reply> {
    let text = String::from_utf8_lossy(text);
    let (tag, rest) = text.trim_end().split_once(' ')?;
    let (word, rest) = rest.split_once(' ').unwrap_or((rest, ""));
    let condition = match word.to_ascii_uppercase().as_str() {
        "OK" => Condition::Ok,
        "NO" => Condition::No,
        "BAD" => Condition::Bad,
        "BYE" => Condition::Bye,
        "PREAUTH" => Condition::Preauth,
        _ => return None,
    };
    let (code, words) = match rest.trim_start().strip_prefix('[').and_then(|r| r.split_once(']')) {
        Some((code, words)) => (Some(capital_word(code)), words.trim_start()),
        None => (None, rest),
    };
    let line = StatusLine { condition, code, text: Confidential::from(words) };
    Some(if tag == "*" { Reply::Untagged(line) } else { Reply::Tagged(tag.to_owned(), line) })
}

fn capital_word(code: &str) -> String {
    let (word, rest) = code.split_once(' ').unwrap_or((code, ""));
    let word = word.to_ascii_uppercase();
    if rest.is_empty() { word } else { format!("{word} {rest}") }
}

#[allow(clippy::wildcard_enum_match_arm, reason = "the enum is not ours and non-exhaustive")]
fn from_proto(response: Response<'_>, literals: Vec<Vec<u8>>) -> Reply {
    match response {
        Response::Expunge(_) => Reply::Expunge,
        Response::Vanished { earlier, uids } => {
            let mut gone = UidSet::new();
            for range in uids {
                gone.insert_range(*range.start(), *range.end());
            }
            if earlier { Reply::VanishedEarlier(gone) } else { Reply::Vanished(gone) }
        }
        Response::Fetch(_, attributes) => fetch_from_proto(attributes, literals),
        Response::MailboxData(MailboxDatum::Exists(count)) => Reply::Exists(count),
        Response::MailboxData(MailboxDatum::Search(uids)) => Reply::Search(uids),
        Response::Capabilities(list) => {
            Reply::Capabilities(list.iter().map(capability_name).collect())
        }
        _ => Reply::Other,
    }
}

/// The text itself, or the literal that it stands for; `None` where that is not UTF-8.
pub(super) fn literal_or(text: &str, literals: &[Vec<u8>]) -> Option<String> {
    match marked(text.as_bytes()) {
        None => Some(text.to_owned()),
        Some(place) => String::from_utf8(literals.get(place)?.clone()).ok(),
    }
}

fn capability_name(capability: &imap_proto::Capability<'_>) -> String {
    match capability {
        imap_proto::Capability::Imap4rev1 => "IMAP4REV1".to_owned(),
        imap_proto::Capability::Auth(method) => format!("AUTH={}", method.to_ascii_uppercase()),
        imap_proto::Capability::Atom(name) => name.to_ascii_uppercase(),
    }
}

#[allow(clippy::wildcard_enum_match_arm, reason = "the enum is not ours and non-exhaustive")]
fn fetch_from_proto(attributes: Vec<AttributeValue<'_>>, mut literals: Vec<Vec<u8>>) -> Reply {
    let mut line = FetchLine::default();
    for attribute in attributes {
        match attribute {
            AttributeValue::Uid(uid) => line.uid = Some(uid),
            AttributeValue::Rfc822Size(size) => line.size = Some(size.into()),
            AttributeValue::InternalDate(date) => line.internal_date = internal_date(&date),
            AttributeValue::Flags(flags) => line.flags = Some(flags_of(flags.iter())),
            AttributeValue::BodySection { data: Some(data), .. } => {
                line.body = take_literal(&data, &mut literals);
            }
            AttributeValue::GmailMsgId(id) => line.gmail_id = Some(id),
            AttributeValue::GmailLabels(labels) => {
                line.draft_label = labels.iter().any(|label| is_draft_label(label));
            }
            _ => {}
        }
    }
    Reply::Fetch(Box::new(line))
}

/// Gmail's own labels begin with a backslash, which is doubled in a quoted string; those of people never do.
pub(super) fn is_draft_label(label: &str) -> bool {
    let word = label.trim_matches('"').strip_prefix('\\').map(|rest| rest.trim_start_matches('\\'));
    word.is_some_and(|word| ["draft", "drafts"].iter().any(|own| word.eq_ignore_ascii_case(own)))
}

/// Moves a literal out; a quoted string (allowed for a short section) is copied.
pub(super) fn take_literal(data: &[u8], literals: &mut [Vec<u8>]) -> Option<Vec<u8>> {
    match marked(data) {
        Some(place) => literals.get_mut(place).map(std::mem::take),
        None => Some(data.to_vec()),
    }
}

/// Reads the system flags; keywords and `\Recent` (dead since RFC 9051) are not ours to keep.
pub(super) fn flags_of<T: AsRef<str>>(names: impl Iterator<Item = T>) -> Flags {
    let mut flags = Flags::default();
    for name in names {
        match name.as_ref().to_ascii_lowercase().as_str() {
            "\\seen" => flags.seen = true,
            "\\answered" => flags.answered = true,
            "$forwarded" => flags.forwarded = true,
            "\\flagged" => flags.flagged = true,
            "\\draft" => flags.draft = true,
            "\\deleted" => flags.deleted = true,
            _ => {}
        }
    }
    flags
}

/// Reads `17-Jul-1996 02:44:25 -0700`; the day may have a space in front (RFC 3501 §9, `date-day-fixed`).
pub(super) fn internal_date(text: &str) -> Option<Timestamp> {
    let time = BrokenDownTime::parse("%d-%b-%Y %H:%M:%S %z", text.trim()).ok()?;
    time.to_timestamp().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Reply {
        read(RawResponse { text: text.as_bytes().to_vec(), literals: Vec::new() })
    }

    #[test]
    fn a_status_line_is_read_even_in_8_bit_and_without_text() {
        let Reply::Tagged(tag, line) = of("z1 NO [authenticationfailed] Ungültig\r\n") else {
            panic!()
        };
        assert_eq!((tag.as_str(), line.condition), ("z1", Condition::No));
        assert_eq!(line.code.as_deref(), Some("AUTHENTICATIONFAILED"));
        assert!(matches!(of("z1 OK\r\n"), Reply::Tagged(..)));
        assert!(matches!(of("* BYE\r\n"), Reply::Untagged(_)));
    }

    #[test]
    fn a_uidvalidity_above_32_bits_is_kept() {
        let Reply::Untagged(line) = of("* OK [UIDVALIDITY 5000000000] ok\r\n") else { panic!() };
        assert_eq!(line.number("UIDVALIDITY"), Some(5_000_000_000));
    }

    #[test]
    fn a_highestmodseq_line_without_text_is_no_obstacle() {
        assert!(matches!(of("* OK [HIGHESTMODSEQ 77]\r\n"), Reply::Untagged(_)));
        assert!(matches!(of("* OK [NOMODSEQ] none\r\n"), Reply::Untagged(_)));
    }

    #[test]
    fn an_arrival_time_is_an_instant() {
        let at = |text| internal_date(text).map(|t| t.to_string());
        assert_eq!(at("17-Jul-1996 02:44:25 -0700").as_deref(), Some("1996-07-17T09:44:25Z"));
        assert_eq!(at(" 1-Jan-2026 00:00:00 +0000").as_deref(), Some("2026-01-01T00:00:00Z"));
        assert_eq!(at("yesterday"), None);
    }

    #[test]
    fn a_body_is_moved_out_of_its_literal() {
        let raw = RawResponse {
            text: b"* 1 FETCH (UID 7 FLAGS (\\Seen) RFC822.SIZE 9 BODY[] {3}\r\n\r\n0)\r\n"
                .to_vec(),
            literals: vec![b"From: a\r\n".to_vec()],
        };
        let Reply::Fetch(line) = read(raw) else { panic!() };
        assert_eq!(line.body.as_deref(), Some(&b"From: a\r\n"[..]));
        assert_eq!((line.uid, line.size), (Some(7), Some(9)));
        assert!(line.flags.unwrap().seen);
    }

    #[test]
    fn vanished_and_search_and_exists_are_told_apart() {
        let Reply::VanishedEarlier(gone) = of("* VANISHED (EARLIER) 41,43:45\r\n") else {
            panic!()
        };
        assert_eq!(gone.to_sequence(), "41,43:45");
        assert!(matches!(of("* VANISHED 41\r\n"), Reply::Vanished(gone) if gone.contains(41)));
        assert!(matches!(of("* SEARCH 2 84\r\n"), Reply::Search(found) if found == [2, 84]));
        assert!(matches!(of("* SEARCH\r\n"), Reply::Search(found) if found.is_empty()));
        assert!(matches!(of("* 23 EXISTS\r\n"), Reply::Exists(23)));
        assert!(matches!(of("* NAMESPACE ((\"\" \"/\")) NIL NIL\r\n"), Reply::Namespaces(_)));
    }
}
