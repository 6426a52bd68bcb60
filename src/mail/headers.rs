//! Header blocks and what the rules need from them. Owns the forgiving split into headers, the decoding of values and
//! the reading of Message-IDs; it never decides what a message is (that is `origin`).

use std::borrow::Cow;

use super::{
    address_list::{AddressList, addresses},
    charset::{encoded_words, undeclared},
    dates::date,
    limits::Limits,
    parse::ParseFault,
};
use crate::domain::{
    address::NamedAddress,
    message::{Headers, MessageId},
};

/// One header as it stands in the message.
struct Header<'a> {
    name: &'a [u8],
    /// Name, colon, value, folds.
    raw: &'a [u8],
    /// Value and folds.
    value: &'a [u8],
    /// A line of it did not begin with white space, as a folded line must.
    unfolded: bool,
}

/// The headers of one entity.
pub struct Block<'a> {
    headers: Vec<Header<'a>>,
    header_bytes: usize,
    address_bytes: usize,
}

impl<'a> Block<'a> {
    /// Splits a part into its headers and its body.
    pub fn read_part(raw: &'a [u8], limits: &Limits) -> (Self, &'a [u8], Vec<ParseFault>) {
        Scan::new(raw, false).run(limits)
    }

    /// Splits a message: an envelope line, a byte order mark or blank lines may stand in front of it.
    pub fn read_message(raw: &'a [u8], limits: &Limits) -> (Self, &'a [u8], Vec<ParseFault>) {
        let raw = raw.strip_prefix(b"\xef\xbb\xbf").unwrap_or(raw);
        let trimmed = raw.trim_ascii_start();
        let raw = if is_known(trimmed) { trimmed } else { raw };
        Scan::new(raw, true).run(limits)
    }

    pub fn is_empty(&self) -> bool {
        self.headers.is_empty()
    }

    fn find<'b>(&'b self, name: &'b str) -> impl Iterator<Item = &'b Header<'a>> {
        self.headers.iter().filter(move |h| h.name.eq_ignore_ascii_case(name.as_bytes()))
    }

    pub fn has(&self, name: &str) -> bool {
        self.find(name).next().is_some()
    }

    /// The first header of that name, unfolded, its encoded words decoded; at most `header_bytes` of it.
    pub fn text(&self, name: &str) -> Option<String> {
        self.find(name).next().map(|header| self.decoded(header))
    }

    /// Every header of that name, as [`Block::text`].
    pub fn texts<'b>(&'b self, name: &'b str) -> impl Iterator<Item = String> + 'b {
        self.find(name).map(|header| self.decoded(header))
    }

    /// Every header of that name, unfolded, encoded words still in it.
    fn raws<'b>(&'b self, name: &'b str) -> impl Iterator<Item = String> + 'b {
        self.find(name).map(|h| unfold(&undeclared(cut(h.value, self.address_bytes))).into_owned())
    }

    fn decoded(&self, header: &Header<'a>) -> String {
        let raw = cut(header.raw, self.header_bytes);
        if !header.unfolded && std::str::from_utf8(raw).is_ok_and(|text| !text.contains('\0')) {
            let value = mailparse::parse_header(raw).map(|(h, _)| h.get_value());
            if let Ok(value) = value
                && !value.contains("=?")
                && !value.contains('\u{fffd}')
            {
                return value.trim().to_owned();
            }
        }
        let value = undeclared(cut(header.value, self.header_bytes)).replace('\0', "");
        encoded_words(&unfold(&value)).replace(['\r', '\n'], " ").trim().to_owned()
    }
}

/// At most `length` bytes, not ending inside a UTF-8 character.
fn cut(bytes: &[u8], length: usize) -> &[u8] {
    let Some(head) = bytes.get(..length) else { return bytes };
    let back = head.iter().rev().take(4).take_while(|b| (0x80..0xc0).contains(*b)).count();
    let split = head.iter().rev().nth(back).is_some_and(|b| *b >= 0xc0);
    let keep = if split { length.saturating_sub(back).saturating_sub(1) } else { length };
    head.get(..keep).unwrap_or(head)
}

/// Line breaks with the blanks around them become one space.
fn unfold(value: &str) -> Cow<'_, str> {
    if !value.contains(['\n', '\r']) {
        return Cow::Borrowed(value.trim());
    }
    let lines = value.split(['\n', '\r']).map(str::trim).filter(|line| !line.is_empty());
    Cow::Owned(lines.collect::<Vec<_>>().join(" "))
}

/// The walk over the lines of a header block.
struct Scan<'a> {
    raw: &'a [u8],
    message: bool,
    at: usize,
    /// Where the open header began, and where its value does.
    open: Option<(usize, usize, bool)>,
    headers: Vec<Header<'a>>,
    faults: Vec<ParseFault>,
}

/// What a line is.
enum Line {
    Blank,
    Folded,
    Header(usize),
    Junk,
}

impl<'a> Scan<'a> {
    fn new(raw: &'a [u8], message: bool) -> Self {
        Self { raw, message, at: 0, open: None, headers: Vec::new(), faults: Vec::new() }
    }

    fn run(mut self, limits: &Limits) -> (Block<'a>, &'a [u8], Vec<ParseFault>) {
        let mut body = None;
        while body.is_none() && self.at < self.raw.len() {
            let line = self.line(self.at);
            let end = self.at.saturating_add(line.len());
            body = self.step(line, end, limits);
            self.at = end;
        }
        let end = body.unwrap_or(self.raw.len());
        self.close(if body.is_some() { self.at.min(self.raw.len()) } else { end }, limits);
        if body.is_none() && self.message {
            self.faults.push(ParseFault::TruncatedHeader);
        }
        let block = Block {
            headers: self.headers,
            header_bytes: limits.header_bytes,
            address_bytes: limits.address_bytes,
        };
        (block, self.raw.get(end..).unwrap_or_default(), self.faults)
    }

    /// Takes one line; gives the start of the body once it is known.
    fn step(&mut self, line: &'a [u8], end: usize, limits: &Limits) -> Option<usize> {
        match classify(line) {
            Line::Blank => {
                self.close(self.at, limits);
                return Some(end);
            }
            Line::Header(colon) => {
                self.close(self.at, limits);
                self.open = Some((self.at, self.at.saturating_add(colon).saturating_add(1), false));
            }
            Line::Folded => return self.folded(line, end, limits),
            Line::Junk if self.message && self.headers.is_empty() && is_envelope(line) => {}
            Line::Junk if self.header_follows(end) => match &mut self.open {
                Some((_, _, unfolded)) => *unfolded = true,
                None => self.faults.push(ParseFault::BadHeaderStart),
            },
            Line::Junk => {
                self.close(self.at, limits);
                self.faults.push(ParseFault::MissingBlankLine);
                return Some(self.at);
            }
        }
        None
    }

    fn folded(&mut self, line: &'a [u8], end: usize, limits: &Limits) -> Option<usize> {
        let blank = line.trim_ascii().is_empty();
        let next_is_folded = self.line(end).starts_with(b" ") || self.line(end).starts_with(b"\t");
        if blank && !self.header_follows(end) && !next_is_folded {
            // A line of blanks and then something that is no header: the sender meant an empty line.
            self.close(self.at, limits);
            return Some(end);
        }
        if self.open.is_none() {
            self.faults.push(ParseFault::BadHeaderStart);
            let skipped = line.len().saturating_sub(line.trim_ascii_start().len());
            if let Line::Header(colon) = classify(line.trim_ascii_start()) {
                let start = self.at.saturating_add(skipped);
                self.open = Some((start, start.saturating_add(colon).saturating_add(1), false));
            }
        }
        None
    }

    fn line(&self, at: usize) -> &'a [u8] {
        let rest = self.raw.get(at..).unwrap_or_default();
        rest.split_inclusive(|b| *b == b'\n').next().unwrap_or_default()
    }

    /// One of the next three lines, before any blank one, is a header that we know.
    fn header_follows(&self, mut at: usize) -> bool {
        for _ in 0..3 {
            let line = self.line(at);
            if line.trim_ascii().is_empty() {
                return false;
            }
            if is_known(line) {
                return true;
            }
            at = at.saturating_add(line.len());
        }
        false
    }

    fn close(&mut self, end: usize, limits: &Limits) {
        let Some((start, value, unfolded)) = self.open.take() else { return };
        if self.headers.len() >= limits.headers {
            if !self.faults.contains(&ParseFault::TooManyHeaders) {
                self.faults.push(ParseFault::TooManyHeaders);
            }
            return;
        }
        let name = self.raw.get(start..value.saturating_sub(1)).unwrap_or_default().trim_ascii();
        let (raw, value) = (self.raw.get(start..end), self.raw.get(value..end));
        self.headers.push(Header {
            name,
            raw: raw.unwrap_or_default(),
            value: value.unwrap_or_default(),
            unfolded,
        });
    }
}

fn classify(line: &[u8]) -> Line {
    let text = line.strip_suffix(b"\n").unwrap_or(line);
    let text = text.strip_suffix(b"\r").unwrap_or(text);
    match text.first() {
        None => Line::Blank,
        Some(b' ' | b'\t') => Line::Folded,
        Some(_) => {
            let colon = text.iter().take(80).position(|b| *b == b':');
            let name = colon.and_then(|at| text.get(..at)).unwrap_or_default().trim_ascii_end();
            match colon {
                Some(at) if !name.is_empty() && name.iter().all(u8::is_ascii_graphic) => {
                    Line::Header(at)
                }
                Some(_) | None => Line::Junk,
            }
        }
    }
}

/// `From ` of an mbox file, `>From ` of one that was read by the wrong program.
fn is_envelope(line: &[u8]) -> bool {
    line.starts_with(b"From ") || line.starts_with(b">From ")
}

fn is_known(line: &[u8]) -> bool {
    let Line::Header(colon) = classify(line) else { return false };
    let name = line.get(..colon).unwrap_or_default().trim_ascii_end().to_ascii_lowercase();
    name.starts_with(b"x-")
        || name.starts_with(b"content-")
        || name.starts_with(b"list-")
        || name.starts_with(b"arc-")
        || matches!(
            name.as_slice(),
            b"from"
                | b"to"
                | b"cc"
                | b"bcc"
                | b"subject"
                | b"date"
                | b"message-id"
                | b"received"
                | b"return-path"
                | b"delivered-to"
                | b"reply-to"
                | b"sender"
                | b"references"
                | b"in-reply-to"
                | b"mime-version"
                | b"dkim-signature"
                | b"user-agent"
                | b"organization"
                | b"precedence"
                | b"errors-to"
                | b"thread-index"
                | b"thread-topic"
                | b"importance"
                | b"authentication-results"
                | b"received-spf"
                | b"auto-submitted"
                | b"status"
        )
}

/// Decodes the headers that the rules use.
pub fn read(block: &Block<'_>, limits: &Limits, faults: &mut Vec<ParseFault>) -> Headers {
    let mut list = |name: &str| {
        let read = address_header(block, name, limits);
        if read.dropped > 0 {
            faults.push(ParseFault::BadAddress);
        }
        read.found
    };
    let from = list("from");
    let mut headers = Headers {
        sender: list("sender").into_iter().next(),
        reply_to: list("reply-to"),
        to: list("to"),
        cc: list("cc"),
        bcc: list("bcc"),
        from,
        subject: block.text("subject").unwrap_or_default(),
        received: block.raws("received").next().and_then(|value| received(&value)),
        ..Headers::default()
    };
    headers.date = block.texts("date").find_map(|value| date(&value));
    if headers.date.is_none() {
        faults.push(if block.has("date") { ParseFault::BadDate } else { ParseFault::NoDate });
    }
    if block.find("from").nth(1).is_some() {
        faults.push(ParseFault::RepeatedFrom);
    }
    ids(block, limits, &mut headers);
    if headers.message_id.is_none() {
        faults.push(ParseFault::NoMessageId);
    }
    headers
}

/// Several headers of one name (which RFC 5322 forbids) are read as one, except `From`: there the first counts, and the
/// person is warned.
fn address_header(block: &Block<'_>, name: &str, limits: &Limits) -> AddressList {
    let mut all = AddressList::default();
    let count = if name == "from" { 1 } else { 20 };
    for value in block.raws(name).take(count) {
        let mut read = addresses(&value, limits.addresses.saturating_sub(all.found.len()));
        if read.found.is_empty() && value.contains("=?") {
            // Some programs encode the whole header, address and all.
            read = addresses(&encoded_words(cut_text(&value, limits.header_bytes)), 1);
        }
        all.found.append(&mut read.found);
        all.dropped = all.dropped.saturating_add(read.dropped);
    }
    all
}

fn cut_text(text: &str, length: usize) -> &str {
    text.get(..text.floor_char_boundary(length)).unwrap_or(text)
}

/// RFC 5321 §4.4: the time stands behind the last semicolon.
fn received(value: &str) -> Option<jiff::Timestamp> {
    let (_, stamp) = value.rsplit_once(';')?;
    date(stamp)
}

fn ids(block: &Block<'_>, limits: &Limits, headers: &mut Headers) {
    let all = |name: &str| -> Vec<MessageId> {
        block.raws(name).take(20).flat_map(|value| message_ids(&value, limits.ids)).collect()
    };
    headers.message_id = all("message-id").into_iter().next();
    headers.alias_ids = all("x-microsoft-original-message-id");
    headers.alias_ids.extend(all("x-original-message-id"));
    headers.alias_ids.retain(|id| Some(id) != headers.message_id.as_ref());

    let people: Vec<&NamedAddress> = headers
        .from
        .iter()
        .chain(&headers.sender)
        .chain(&headers.reply_to)
        .chain(headers.to.iter().take(50))
        .chain(headers.cc.iter().take(50))
        .collect();
    let is_id = |id: &MessageId| {
        let text = id.as_str();
        Some(id) != headers.message_id.as_ref()
            && !text.ends_with("@protonmail.internalid")
            && !people.iter().any(|p| p.address.key().eq_ignore_ascii_case(text))
    };
    let parents: Vec<MessageId> = once_each(all("in-reply-to").into_iter().filter(&is_id));
    let mut chain: Vec<MessageId> = once_each(all("references").into_iter().filter(&is_id));
    // Newest first, as some trackers write it: the parent stands in front instead of behind.
    if chain.len() > 1 && chain.first() == parents.first() && chain.last() != parents.first() {
        chain.reverse();
    }
    headers.in_reply_to = parents;
    headers.references = chain;
}

fn once_each(ids: impl Iterator<Item = MessageId>) -> Vec<MessageId> {
    let mut seen = std::collections::BTreeSet::new();
    ids.filter(|id| seen.insert(id.clone())).collect()
}

/// The msg-ids of an unfolded header value, at most `cap`: the first one and the last ones, which are the root and the
/// nearest ancestors. Encoded words, missing brackets, bare numbers and folds inside an id are understood.
pub fn message_ids(value: &str, cap: usize) -> Vec<MessageId> {
    let decoded =
        if value.contains("=?") { Cow::Owned(encoded_words(value)) } else { Cow::Borrowed(value) };
    let mut found: Vec<MessageId> = if decoded.contains('<') {
        bracketed(&decoded)
    } else {
        let words = decoded.split(|c: char| c.is_whitespace() || c == ',');
        words.filter(|w| is_bare_id(w)).filter_map(MessageId::new).collect()
    };
    if found.len() > cap {
        let surplus = found.len().saturating_sub(cap);
        found.drain(1..surplus.saturating_add(1));
    }
    found
}

fn bracketed(text: &str) -> Vec<MessageId> {
    let mut found = Vec::new();
    for piece in text.split('<').skip(1) {
        let inside = piece.split('>').next().unwrap_or_default();
        // Without its closing bracket an id ends at the first blank.
        let inside = if piece.contains('>') {
            inside
        } else {
            inside.split_whitespace().next().unwrap_or_default()
        };
        found.extend(MessageId::new(inside));
    }
    found
}

/// A word that is an id without its brackets: `a@b`, or the number of a ticket system.
fn is_bare_id(word: &str) -> bool {
    let word = word.trim_matches(|c: char| c == '"' || c == '\'');
    word.contains('@') || (word.len() >= 4 && word.bytes().all(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(raw: &str) -> (Block<'_>, &[u8], Vec<ParseFault>) {
        Block::read_message(raw.as_bytes(), &Limits::default())
    }

    fn id_texts(value: &str) -> Vec<String> {
        message_ids(value, 4).iter().map(|id| id.as_str().to_owned()).collect()
    }

    #[test]
    fn a_space_before_the_colon_is_allowed() {
        let (block, body, faults) = block("Subject : x\nFrom\t: a@b\n\nbody");
        assert_eq!(block.text("subject").unwrap(), "x");
        assert_eq!((body, faults), (&b"body"[..], vec![]));
    }

    #[test]
    fn a_first_line_that_begins_with_a_space_loses_nothing_else() {
        let (block, body, faults) = block(" junk of a fold\nSubject: x\n\nbody");
        assert_eq!(block.text("subject").unwrap(), "x");
        assert_eq!((body, faults), (&b"body"[..], vec![ParseFault::BadHeaderStart]));
    }

    #[test]
    fn a_missing_blank_line_does_not_swallow_the_body() {
        let (block, body, faults) = block("Subject: x\nDear Sir or Madam,\nplease\n");
        assert_eq!(block.text("subject").unwrap(), "x");
        assert!(body.starts_with(b"Dear"));
        assert_eq!(faults, [ParseFault::MissingBlankLine]);
    }

    #[test]
    fn a_fold_without_its_blank_is_joined() {
        let (block, ..) = block("Subject: one\ntwo\nFrom: a@b\n\nbody");
        assert_eq!(block.text("subject").unwrap(), "one two");
        assert_eq!(block.text("from").unwrap(), "a@b");
    }

    #[test]
    fn an_envelope_line_is_not_a_header() {
        let (block, body, _) = block("From x@y Tue Nov 24\nSubject: x\n\nFrom here on");
        assert_eq!((block.text("subject").unwrap().as_str(), body), ("x", &b"From here on"[..]));
    }

    #[test]
    fn a_header_of_encoded_words_is_cut_before_it_costs_time() {
        let raw = format!("Subject: {}\n\n", "=?utf-8?q?a?= ".repeat(20_000));
        let (block, ..) = block(&raw);
        let subject = block.text("subject").unwrap();
        assert!(subject.len() < 2_000, "{}", subject.len());
    }

    #[test]
    fn ids_are_found_however_they_are_written() {
        assert_eq!(id_texts("<a@b> (comment) <c@d>"), ["a@b", "c@d"]);
        assert_eq!(id_texts("=?utf-8?q?=3Ca=40b=3E?="), ["a@b"]);
        assert_eq!(id_texts("< a@\t b >"), ["a@b"]);
        assert_eq!(id_texts("a@b c@d"), ["a@b", "c@d"]);
        assert_eq!(id_texts("12345678"), ["12345678"]);
        assert_eq!(id_texts("Your message of Tuesday"), Vec::<String>::new());
        assert_eq!(id_texts("<a@b"), ["a@b"]);
        assert_eq!(id_texts("<1@x><2@x><3@x><4@x><5@x><6@x>"), ["1@x", "4@x", "5@x", "6@x"]);
    }
}
