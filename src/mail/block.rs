//! Header blocks. Owns the forgiving split of bytes into headers and body, and the decoding of a value; it never decides
//! what a header means (that is `headers`).

use std::borrow::Cow;

use super::{
    charset::{encoded_words, undeclared},
    limits::Limits,
    parse::ParseFault,
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

    /// How many headers of that name there are.
    pub fn count(&self, name: &str) -> usize {
        self.find(name).count()
    }

    /// There is no header at all.
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
    pub fn raws<'b>(&'b self, name: &'b str) -> impl Iterator<Item = String> + 'b {
        self.find(name).map(|h| unfold(&undeclared(cut(h.value, self.address_bytes))).into_owned())
    }

    fn decoded(&self, header: &Header<'a>) -> String {
        let raw = cut(header.raw, self.header_bytes);
        if !header.unfolded && std::str::from_utf8(raw).is_ok_and(|text| !text.contains('\0')) {
            let value = mailparse::parse_header(raw).map(|(h, _)| h.get_value());
            if let Ok(value) = value
                && !value.contains("=?")
                && !value.contains(['\u{fffd}', '\0', '\r', '\n'])
            {
                return value.trim().to_owned();
            }
        }
        let value = undeclared(cut(header.value, self.header_bytes));
        let decoded = encoded_words(&unfold(&value)).replace(['\r', '\n'], " ");
        // A NUL ends a text for half of all programs.
        decoded.replace('\0', "\u{fffd}").trim().to_owned()
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

#[cfg(test)]
mod tests {
    use super::*;

    fn block(raw: &str) -> (Block<'_>, &[u8], Vec<ParseFault>) {
        Block::read_message(raw.as_bytes(), &Limits::default())
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
    fn controls_stay_in_a_value_but_for_what_would_end_it() {
        let (block, ..) = block("Subject: a\u{1b}[2Jb\u{202e}c\n\n");
        assert_eq!(block.text("subject").unwrap(), "a\u{1b}[2Jb\u{202e}c");
        let (block, ..) = self::block("Subject: =?utf-8?q?a=1B=5B2Jb=0D=0ABcc:_x=00y?=\n\n");
        assert_eq!(block.text("subject").unwrap(), "a\u{1b}[2Jb  Bcc: x\u{fffd}y");
    }

    #[test]
    fn a_header_of_encoded_words_is_cut_before_it_costs_time() {
        let raw = format!("Subject: {}\n\n", "=?utf-8?q?a?= ".repeat(20_000));
        let (block, ..) = block(&raw);
        let subject = block.text("subject").unwrap();
        assert!(subject.len() < 2_000, "{}", subject.len());
    }
}
