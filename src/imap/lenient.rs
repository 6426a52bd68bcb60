//! Reads what `imap-proto` will not: keywords with `]` or 8-bit letters, sizes such as `9.3736e+06`, folder names
//! with tabs, counters above 32 bits, and UIDFETCH (RFC 9586). A strict parser that rejects one FETCH would hide a client's message.
//!
//! Owns a small scanner over one answer. Pure. It must never guess a UID: without one the answer is unreadable.

use super::namespace::{Namespace, Namespaces};
use super::reply::{
    FetchLine, ListLine, MailboxStatus, Reply, flags_of, internal_date, is_draft_label, literal_or,
    take_literal,
};

/// Second reading, after `imap-proto` refused.
pub(super) fn read(text: &[u8], literals: Vec<Vec<u8>>) -> Reply {
    let Some(mut scan) = Scan::new(text) else { return Reply::Unreadable };
    let first = scan.atom();
    if first.eq_ignore_ascii_case(b"CAPABILITY") {
        let words = String::from_utf8_lossy(scan.rest()).to_ascii_uppercase();
        return Reply::Capabilities(words.split_whitespace().map(str::to_owned).collect());
    }
    if first.eq_ignore_ascii_case(b"FLAGS") {
        return Reply::Other;
    }
    if first.iter().all(u8::is_ascii_digit) {
        let number = std::str::from_utf8(first).ok().and_then(|digits| digits.parse().ok());
        let word = scan.atom();
        let by_uid = word.eq_ignore_ascii_case(b"UIDFETCH");
        if !by_uid && !word.eq_ignore_ascii_case(b"FETCH") {
            return Reply::Unreadable;
        }
        return fetch(&mut scan, literals).map_or(Reply::Unreadable, |mut line| {
            line.uid = line.uid.or(number.filter(|_| by_uid));
            if line.uid.is_some() { Reply::Fetch(Box::new(line)) } else { Reply::Unreadable }
        });
    }
    Reply::Unreadable
}

/// `* LIST (attributes) delimiter name`.
pub(super) fn list_line(text: &[u8], literals: &[Vec<u8>]) -> Option<ListLine> {
    let mut scan = Scan::new(text)?;
    let first = scan.atom();
    if first.eq_ignore_ascii_case(b"LIST") || first.eq_ignore_ascii_case(b"XLIST") {
        list(&mut scan, literals)
    } else {
        None
    }
}

/// `* NAMESPACE personal others shared`, each a list of prefix and delimiter, or NIL (RFC 2342 §5).
pub(super) fn namespaces(text: &[u8], literals: &[Vec<u8>]) -> Option<Namespaces> {
    let mut scan = Scan::new(text)?;
    if !scan.atom().eq_ignore_ascii_case(b"NAMESPACE") {
        return None;
    }
    let mut kinds = [const { Vec::new() }; 3];
    for kind in &mut kinds {
        let inside = scan.value()?;
        let mut inner = Scan { rest: &inside };
        // NIL is an atom, and holds none.
        while inner.peek() == Some(b'(') {
            let pair = inner.value()?;
            let mut pair = Scan { rest: &pair };
            let prefix = literal_or(&String::from_utf8(pair.value()?).ok()?, literals)?;
            let delimiter = String::from_utf8(pair.value()?).ok()?;
            let delimiter = if delimiter.len() == 1 { delimiter.chars().next() } else { None };
            kind.push(Namespace { prefix, delimiter });
        }
    }
    let [personal, others, mut shared] = kinds;
    shared.extend(others);
    Some(Namespaces { personal, shared })
}

/// `* STATUS name (MESSAGES 3 UIDNEXT 9 …)`: read from the last parenthesis, whatever the name looks like.
pub(super) fn mailbox_status(text: &[u8], literals: &[Vec<u8>]) -> Option<(String, MailboxStatus)> {
    let text = std::str::from_utf8(text).ok()?;
    let rest = text.get(..9).filter(|head| head.eq_ignore_ascii_case("* STATUS "))?;
    let (name, inside) = text.get(rest.len()..)?.rsplit_once('(')?;
    let name = match name.as_bytes().first()? {
        b'"' | b'{' => String::from_utf8(Scan { rest: name.as_bytes() }.value()?).ok()?,
        _ => name.trim_end().to_owned(),
    };
    let name = literal_or(&name, literals)?;
    let words: Vec<&str> = inside.trim_end().trim_end_matches(')').split_whitespace().collect();
    let mut status = MailboxStatus::default();
    for pair in words.chunks(2) {
        let number = pair.get(1).and_then(|number| number.parse().ok());
        match pair.first().map(|word| word.to_ascii_uppercase()).as_deref() {
            Some("MESSAGES") => status.messages = number,
            Some("UIDNEXT") => status.uid_next = number,
            Some("UIDVALIDITY") => status.uid_validity = number,
            // 0 means that the mailbox counts no changes (RFC 7162 §3.1.2.2).
            Some("HIGHESTMODSEQ") => status.modseq = number.filter(|number| *number > 0),
            _ => {}
        }
    }
    Some((name, status))
}

/// A place in the text of one answer.
struct Scan<'a> {
    rest: &'a [u8],
}

impl<'a> Scan<'a> {
    fn new(text: &'a [u8]) -> Option<Self> {
        let text = text.strip_suffix(b"\n")?;
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        Some(Self { rest: text.strip_prefix(b"* ")? })
    }

    fn rest(&self) -> &'a [u8] {
        self.rest
    }

    fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    fn skip(&mut self, count: usize) -> &'a [u8] {
        let count = count.min(self.rest.len());
        let (taken, rest) = self.rest.split_at_checked(count).unwrap_or((&[], self.rest));
        self.rest = rest;
        taken
    }

    fn spaces(&mut self) {
        let count = self.rest.iter().take_while(|byte| **byte == b' ').count();
        self.skip(count);
    }

    /// Up to a space or a parenthesis; the spaces behind it are skipped.
    fn atom(&mut self) -> &'a [u8] {
        let ends = |byte: &u8| matches!(byte, b' ' | b'(' | b')');
        let taken = self.skip(self.rest.iter().take_while(|byte| !ends(byte)).count());
        self.spaces();
        taken
    }

    /// An attribute's name: a section in brackets may hold spaces and parentheses.
    fn attribute(&mut self) -> &'a [u8] {
        let mut bracket = false;
        let mut count = 0usize;
        for byte in self.rest {
            match byte {
                b'[' => bracket = true,
                b']' => bracket = false,
                b' ' | b'(' | b')' if !bracket => break,
                _ => {}
            }
            count = count.saturating_add(1);
        }
        let taken = self.skip(count);
        self.spaces();
        taken
    }

    /// One value: a list (its inside), a quoted string or literal (its content), or an atom.
    fn value(&mut self) -> Option<Vec<u8>> {
        let value = match self.peek()? {
            b'(' => self.list()?.to_vec(),
            b'"' => self.quoted()?,
            b'{' => self.literal()?.to_vec(),
            _ => self.atom().to_vec(),
        };
        self.spaces();
        Some(value)
    }

    fn list(&mut self) -> Option<&'a [u8]> {
        self.skip(1);
        let whole = self.rest;
        let mut depth = 1u32;
        while depth > 0 {
            match self.peek()? {
                b'"' => {
                    self.quoted()?;
                    continue;
                }
                b'(' => depth = depth.saturating_add(1),
                b')' => depth = depth.saturating_sub(1),
                _ => {}
            }
            self.skip(1);
        }
        let length = whole.len().saturating_sub(self.rest.len()).saturating_sub(1);
        whole.get(..length)
    }

    fn quoted(&mut self) -> Option<Vec<u8>> {
        self.skip(1);
        let mut out = Vec::new();
        loop {
            match *self.skip(1).first()? {
                b'"' => return Some(out),
                b'\\' => out.push(*self.skip(1).first()?),
                byte => out.push(byte),
            }
        }
    }

    fn literal(&mut self) -> Option<&'a [u8]> {
        self.skip(1);
        let digits = self.skip(self.rest.iter().take_while(|byte| **byte != b'}').count());
        let count = std::str::from_utf8(digits).ok()?.parse().ok()?;
        if self.skip(3) != b"}\r\n" {
            return None;
        }
        Some(self.skip(count))
    }
}

fn fetch(scan: &mut Scan<'_>, mut literals: Vec<Vec<u8>>) -> Option<FetchLine> {
    if scan.peek()? != b'(' {
        return None;
    }
    scan.skip(1);
    let mut line = FetchLine::default();
    loop {
        scan.spaces();
        match scan.peek() {
            Some(b')') | None => return Some(line),
            Some(_) => {}
        }
        let name = String::from_utf8_lossy(scan.attribute()).to_ascii_uppercase();
        if name.is_empty() {
            return None;
        }
        let value = scan.value()?;
        let text = String::from_utf8_lossy(&value);
        match name.as_str() {
            "UID" => line.uid = text.parse().ok().filter(|uid| *uid > 0),
            "RFC822.SIZE" => line.size = size(&text),
            "INTERNALDATE" => line.internal_date = internal_date(&text),
            "FLAGS" => line.flags = Some(flags_of(text.split_whitespace())),
            "X-GM-MSGID" => line.gmail_id = text.parse().ok(),
            "X-GM-LABELS" => line.draft_label = text.split_whitespace().any(is_draft_label),
            name if name.starts_with("BODY[") && !value.eq_ignore_ascii_case(b"NIL") => {
                line.body = take_literal(&value, &mut literals);
            }
            _ => {}
        }
    }
}

/// mail.ru writes large sizes as floating point numbers.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked just before")]
fn size(text: &str) -> Option<u64> {
    if let Ok(whole) = text.parse() {
        return Some(whole);
    }
    let number: f64 = text.parse().ok()?;
    (0.0..1e15).contains(&number).then_some(number as u64)
}

fn list(scan: &mut Scan<'_>, literals: &[Vec<u8>]) -> Option<ListLine> {
    let attributes = String::from_utf8(scan.value()?).ok()?;
    let attributes = attributes.split_whitespace().map(str::to_owned).collect();
    let delimiter = String::from_utf8(scan.value()?).ok()?;
    let delimiter = if delimiter.len() == 1 { delimiter.chars().next() } else { None };
    let name = match scan.peek()? {
        b'"' | b'{' => scan.value()?,
        // Exchange sends names with tabs and other odd letters unquoted: the name is the rest of the line.
        _ => scan.rest().to_vec(),
    };
    let name = literal_or(&String::from_utf8(name).ok()?, literals)?;
    (!name.is_empty()).then_some(ListLine { attributes, delimiter, name })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{reply, wire::RawResponse};
    use super::*;

    fn of(text: &[u8], literals: &[&[u8]]) -> Reply {
        let literals = literals.iter().map(|bytes| bytes.to_vec()).collect();
        reply::read(RawResponse { text: text.to_vec(), literals })
    }

    #[test]
    fn a_keyword_with_a_bracket_or_8_bit_letters_does_not_hide_the_message() {
        for flags in ["\\Seen Foo]Bar", "\\Seen Größe", "\\Seen [x"] {
            let text = format!("* 3 FETCH (UID 9 FLAGS ({flags}) BODY[] {{3}}\r\n\r\n0)\r\n");
            let Reply::Fetch(line) = of(text.as_bytes(), &[b"mail"]) else { panic!("{flags}") };
            assert_eq!((line.uid, line.body.as_deref()), (Some(9), Some(&b"mail"[..])));
            assert!(line.flags.unwrap().seen);
        }
    }

    #[test]
    fn a_size_in_floating_point_is_read() {
        let Reply::Fetch(line) = of(b"* 1 FETCH (UID 2 RFC822.SIZE 9.3736e+06)\r\n", &[]) else {
            panic!()
        };
        assert_eq!(line.size, Some(9_373_600));
    }

    #[test]
    fn unknown_attributes_are_stepped_over() {
        let text = b"* 1 FETCH (X-NEW (a (\"b)\" c)) MODSEQ (12) UID 4 Y NIL Z \"q\\\"\")\r\n";
        let Reply::Fetch(line) = of(text, &[]) else { panic!() };
        assert_eq!(line.uid, Some(4));
    }

    #[test]
    fn a_fetch_without_uid_that_nobody_can_read_is_counted() {
        assert!(matches!(of("* 1 FETCH (FLAGS (ä))\r\n".as_bytes(), &[]), Reply::Unreadable));
        assert!(matches!(of(b"* 1 FETCH UID 7\r\n", &[]), Reply::Unreadable));
        assert!(matches!(of(b"* 1 FETCH (UID 7 FLAGS (a\r\n", &[]), Reply::Unreadable));
    }

    #[test]
    fn folder_names_with_tabs_quotes_literals_and_8_bit_letters_are_listed() {
        let name = |text: &[u8], literals: &[&[u8]]| {
            let Reply::List(line) = of(text, literals) else { panic!("not a list line") };
            line.name
        };
        assert_eq!(name(b"* LIST () \"/\" Tab\there\r\n", &[]), "Tab\there");
        assert_eq!(name(b"* LIST (\\Sent) \"/\" \"Sent \\\"x\\\"\"\r\n", &[]), "Sent \"x\"");
        assert_eq!(name("* LIST () NIL Größe\r\n".as_bytes(), &[]), "Größe");
        assert_eq!(name(b"* LIST () \"/\" {3}\r\n\r\n0\r\n", &[b"a \"b\""]), "a \"b\"");
    }

    #[test]
    fn a_status_answer_is_read_whatever_the_name_and_above_32_bits() {
        let text = b"* STATUS \"Okafor (old)\" (MESSAGES 3 UIDNEXT 9 UIDVALIDITY 5000000000)\r\n";
        let Reply::Status(name, status) = of(text, &[]) else { panic!() };
        assert_eq!((name.as_str(), status.messages), ("Okafor (old)", Some(3)));
        assert_eq!((status.uid_next, status.uid_validity), (Some(9), Some(5_000_000_000)));
    }

    #[test]
    fn a_status_answer_names_its_mailbox_and_its_count_of_changes() {
        let status = |text: &[u8], literals: &[&[u8]]| {
            let Reply::Status(name, status) = of(text, literals) else { panic!("no status") };
            (name, status.modseq)
        };
        let text = b"* STATUS \"Tom \\\"T\\\"\" (HIGHESTMODSEQ 77)\r\n";
        assert_eq!(status(text, &[]), ("Tom \"T\"".to_owned(), Some(77)));
        let text = b"* STATUS {3}\r\n\r\n0 (HIGHESTMODSEQ 0)\r\n";
        assert_eq!(status(text, &[b"a (b"]), ("a (b".to_owned(), None));
        assert_eq!(status(b"* STATUS Sent (MESSAGES 1)\r\n", &[]), ("Sent".to_owned(), None));
    }

    proptest! {
        #[test]
        fn no_line_breaks_the_reader(line in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut text = b"* 1 FETCH (UID 5 ".to_vec();
            text.extend(line);
            text.extend(b"\r\n");
            of(&text, &[b"x"]);
        }

        #[test]
        fn no_protocol_like_line_breaks_the_reader(words in "[ A-Z0-9()\\[\\]\"\\\\{}*]{0,80}") {
            of(format!("* {words}\r\n").as_bytes(), &[b"x"]);
        }
    }
}
