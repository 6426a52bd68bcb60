//! The tree of parts. Owns the split of bytes into headers and bodies, with every cap that keeps hostile nesting cheap;
//! it never decodes a body. `mailparse` mis-nests boundaries that are prefixes of one another and gives up on nesting,
//! so the split is ours (design 7.2) and `mailparse` reads the headers and parameters of each part.

use std::{collections::BTreeMap, fmt, str::FromStr};

use memchr::{memchr, memmem};

use super::{block::Block, limits::Limits, parse::ParseFault};

/// Where a part stands: child numbers from 1, as IMAP numbers them; empty for the message itself. `2.1` on the screen
/// and in the record.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartPath(Vec<u16>);

impl PartPath {
    fn child(&self, index: usize) -> Self {
        let mut path = self.0.clone();
        path.push(u16::try_from(index.saturating_add(1)).unwrap_or(u16::MAX));
        Self(path)
    }

    /// The child numbers.
    pub fn numbers(&self) -> &[u16] {
        &self.0
    }
}

impl fmt::Display for PartPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let numbers: Vec<String> = self.0.iter().map(u16::to_string).collect();
        f.write_str(&numbers.join("."))
    }
}

impl FromStr for PartPath {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let numbers = text.split('.').filter(|n| !n.is_empty()).map(str::parse);
        Ok(Self(numbers.collect::<Result<_, _>>()?))
    }
}

/// A `Content-Type` or `Content-Disposition`: its value in lower case, and its parameters.
#[derive(Default)]
pub struct Valued {
    pub value: String,
    pub params: BTreeMap<String, String>,
}

impl Valued {
    pub fn param(&self, name: &str) -> Option<&str> {
        self.params.get(name).map(String::as_str)
    }
}

/// What a part is made of.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A body.
    Leaf,
    /// Parts.
    Multipart,
    /// A whole message.
    Message,
}

/// One part, its body still as it travelled.
pub struct Part<'a> {
    pub path: PartPath,
    pub block: Block<'a>,
    pub body: &'a [u8],
    pub content: Valued,
    pub disposition: Option<Valued>,
    pub kind: Kind,
    /// Positions in [`Tree::parts`].
    pub children: Vec<usize>,
}

impl Part<'_> {
    /// `text/plain`, in lower case.
    pub fn media_type(&self) -> &str {
        &self.content.value
    }

    /// The transfer encoding, in lower case.
    pub fn encoding(&self) -> String {
        let value = self.block.text("content-transfer-encoding").unwrap_or_default();
        let word = value.split(['(', ';']).next().unwrap_or_default().trim().to_ascii_lowercase();
        word.trim_matches(['"', '\'']).to_owned()
    }
}

/// A message taken apart, parents before children.
pub struct Tree<'a> {
    pub parts: Vec<Part<'a>>,
    pub faults: Vec<ParseFault>,
}

impl<'a> Tree<'a> {
    pub fn part(&self, at: usize) -> Option<&Part<'a>> {
        self.parts.get(at)
    }

    /// Takes a message apart. Bounded by `limits.parts` and `limits.depth`; what lies beyond stays inside its parent.
    pub fn read(raw: &'a [u8], limits: &Limits) -> Self {
        let mut tree = Self { parts: Vec::new(), faults: Vec::new() };
        let root =
            Waiting { raw, path: PartPath::default(), parent: None, digest: false, root: true };
        let mut waiting = vec![root];
        while let Some(next) = waiting.pop() {
            if tree.parts.len() >= limits.parts {
                tree.fault(ParseFault::TooManyParts);
                break;
            }
            tree.take(next, &mut waiting, limits);
        }
        tree
    }

    fn fault(&mut self, fault: ParseFault) {
        if !self.faults.contains(&fault) {
            self.faults.push(fault);
        }
    }

    fn take(&mut self, next: Waiting<'a>, waiting: &mut Vec<Waiting<'a>>, limits: &Limits) {
        let (block, body, faults) = if next.root {
            Block::read_message(next.raw, limits)
        } else {
            Block::read_part(next.raw, limits)
        };
        for fault in faults {
            self.fault(fault);
        }
        let at = self.parts.len();
        let content = content_type(&block, next.digest);
        let disposition = block.text("content-disposition").map(|value| disposition(&value));
        let mut part = Part {
            path: next.path,
            block,
            body,
            content,
            disposition,
            kind: Kind::Leaf,
            children: Vec::new(),
        };
        if part.path.numbers().len() >= limits.depth {
            self.fault(ParseFault::TooDeep);
        } else {
            self.open(&mut part, at, waiting, limits);
        }
        if let Some(parent) = next.parent.and_then(|p| self.parts.get_mut(p)) {
            parent.children.push(at);
        }
        self.parts.push(part);
    }

    /// Finds the children of a part and puts them on the pile, the first on top.
    fn open(
        &mut self,
        part: &mut Part<'a>,
        at: usize,
        waiting: &mut Vec<Waiting<'a>>,
        limits: &Limits,
    ) {
        let media = part.media_type();
        let digest = media == "multipart/digest";
        let bodies = if media.starts_with("multipart/") {
            let (bodies, faults) = split(part.body, part.content.param("boundary"), limits.parts);
            for fault in faults {
                self.fault(fault);
            }
            part.kind = if bodies.is_empty() { Kind::Leaf } else { Kind::Multipart };
            bodies
        } else if matches!(media, "message/rfc822" | "message/global" | "message/news")
            && !matches!(part.encoding().as_str(), "base64" | "quoted-printable")
        {
            part.kind = Kind::Message;
            vec![part.body]
        } else {
            return;
        };
        let root = part.kind == Kind::Message;
        let path = &part.path;
        waiting.extend(bodies.into_iter().enumerate().rev().map(|(index, raw)| Waiting {
            raw,
            path: path.child(index),
            parent: Some(at),
            digest,
            root,
        }));
    }
}

struct Waiting<'a> {
    raw: &'a [u8],
    path: PartPath,
    parent: Option<usize>,
    /// Inside a `multipart/digest`, where the default type is a message.
    digest: bool,
    /// A message (which may have an envelope line in front) and not a part.
    root: bool,
}

fn content_type(block: &Block<'_>, digest: bool) -> Valued {
    let Some(value) = block.text("content-type").filter(|v| !v.trim().is_empty()) else {
        let value = if digest { "message/rfc822" } else { "text/plain" };
        return Valued { value: value.to_owned(), params: BTreeMap::new() };
    };
    let parsed = mailparse::parse_content_type(few_parameters(&without_comments(&value)));
    let mut media: String = parsed.mimetype.chars().filter(|c| !c.is_whitespace()).collect();
    if media == "text" || media.is_empty() {
        "text/plain".clone_into(&mut media);
    } else if media == "html" {
        "text/html".clone_into(&mut media);
    }
    Valued { value: media, params: parsed.params }
}

fn disposition(value: &str) -> Valued {
    let parsed = mailparse::parse_content_disposition(few_parameters(&without_comments(value)));
    let word = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    Valued { value: word, params: parsed.params }
}

/// The first parameters of a header: reading continuations (RFC 2231) is quadratic in their number.
fn few_parameters(value: &str) -> &str {
    const MOST: usize = 64;
    let end = value.match_indices(';').nth(MOST).map_or(value.len(), |(at, _)| at);
    value.get(..end).unwrap_or(value)
}

/// RFC 822 comments in a structured header, which `mailparse` takes for text.
fn without_comments(value: &str) -> String {
    if !value.contains('(') {
        return value.to_owned();
    }
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    let mut out = String::with_capacity(value.len());
    for c in value.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted || depth > 0 => escaped = true,
            '"' if depth == 0 => quoted = !quoted,
            '(' if !quoted => depth = depth.saturating_add(1),
            ')' if !quoted && depth > 0 => {
                depth = depth.saturating_sub(1);
                continue;
            }
            _ => {}
        }
        if depth == 0 {
            out.push(c);
        }
    }
    // A bracket that never closes is no comment.
    if depth == 0 { out } else { value.to_owned() }
}

/// Splits a multipart body at its delimiter lines (RFC 2046 §5.1.1). A line is a delimiter only if nothing but white
/// space follows, so that boundary `b` does not match `--bb`; where no line matches so, one that merely starts with the
/// boundary does.
fn split<'a>(
    body: &'a [u8],
    boundary: Option<&str>,
    cap: usize,
) -> (Vec<&'a [u8]>, Vec<ParseFault>) {
    let mut faults = Vec::new();
    let declared =
        boundary.map(str::trim_end).filter(|b| !b.is_empty()).map(|b| b.as_bytes().to_vec());
    if declared.is_none() {
        faults.push(ParseFault::MissingBoundary);
    }
    let Some(boundary) = declared.or_else(|| guess(body)) else {
        return (Vec::new(), faults);
    };
    let mut found = cut(body, &boundary, true, cap);
    if found.parts.is_empty() {
        found = cut(body, &boundary, false, cap);
    }
    if found.parts.is_empty() {
        faults.push(ParseFault::MissingBoundary);
    } else if !found.closed {
        faults.push(ParseFault::UnclosedMultipart);
    }
    (found.parts, faults)
}

/// The first line of two dashes and a word.
fn guess(body: &[u8]) -> Option<Vec<u8>> {
    body.split(|b| *b == b'\n').take(50).find_map(|line| {
        let word = line.strip_prefix(b"--")?.trim_ascii_end();
        (word.len() > 4 && !word.contains(&b' ')).then(|| word.to_vec())
    })
}

struct Cut<'a> {
    parts: Vec<&'a [u8]>,
    closed: bool,
}

fn cut<'a>(body: &'a [u8], boundary: &[u8], exact: bool, cap: usize) -> Cut<'a> {
    let mut found = Cut { parts: Vec::new(), closed: false };
    let mut start = None;
    // Not line by line: attachments are long.
    for at in memmem::find_iter(body, &[b"--", boundary].concat()) {
        let Some(line) = line_at(body, at) else { continue };
        let Some(closing) = delimiter(line, boundary, exact) else { continue };
        if let Some(from) = start.take() {
            found.parts.push(without_last_break(body.get(from..at).unwrap_or_default()));
        }
        if closing || found.parts.len() > cap {
            found.closed = true;
            return found;
        }
        start = Some(at.saturating_add(line.len()));
    }
    if let Some(from) = start
        && from < body.len()
    {
        found.parts.push(body.get(from..).unwrap_or_default());
    }
    found
}

/// The line that begins here; `None` in the middle of one.
fn line_at(body: &[u8], at: usize) -> Option<&[u8]> {
    if at.checked_sub(1).is_some_and(|before| body.get(before) != Some(&b'\n')) {
        return None;
    }
    let rest = body.get(at..)?;
    rest.get(..memchr(b'\n', rest).map_or(rest.len(), |end| end.saturating_add(1)))
}

/// `Some(true)` for a closing delimiter line, `Some(false)` for any other.
fn delimiter(line: &[u8], boundary: &[u8], exact: bool) -> Option<bool> {
    let rest = line.strip_prefix(b"--")?.strip_prefix(boundary)?;
    let (closing, rest) = rest.strip_prefix(b"--").map_or((false, rest), |rest| (true, rest));
    (!exact || rest.trim_ascii().is_empty()).then_some(closing)
}

/// The line break before a delimiter belongs to the delimiter.
fn without_last_break(body: &[u8]) -> &[u8] {
    let body = body.strip_suffix(b"\n").unwrap_or(body);
    body.strip_suffix(b"\r").unwrap_or(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(raw: &str) -> Vec<String> {
        let tree = Tree::read(raw.as_bytes(), &Limits::default());
        let shown =
            |part: &Part<'_>| format!("{} {} {}", part.path, part.media_type(), part.body.len());
        tree.parts.iter().map(shown).collect()
    }

    #[test]
    fn a_boundary_that_begins_another_one_does_not_match_it() {
        let raw = "Content-Type: multipart/mixed; boundary=b\n\n--b\n\
            Content-Type: multipart/alternative; boundary=bb\n\n--bb\n\none\n--bb\n\ntwo\n--bb--\n--b\n\nthree\n--b--\n";
        assert_eq!(shape(raw).len(), 5);
        assert_eq!(shape(raw)[4], "2 text/plain 5");
    }

    #[test]
    fn nesting_and_counts_are_capped_and_said() {
        let mut raw = String::new();
        for level in 0..5_000 {
            let head = format!("Content-Type: multipart/mixed; boundary=b{level}");
            raw.extend([head.as_str(), "\n\n--b", &level.to_string(), "\n"]);
        }
        let tree = Tree::read(raw.as_bytes(), &Limits::default());
        assert_eq!(tree.parts.len(), Limits::default().depth + 1);
        assert!(tree.faults.contains(&ParseFault::TooDeep));

        let wide =
            format!("Content-Type: multipart/mixed; boundary=b\n\n{}", "--b\n\nx\n".repeat(20_000));
        let tree = Tree::read(wide.as_bytes(), &Limits::default());
        assert_eq!(tree.parts.len(), Limits::default().parts);
        assert!(tree.faults.contains(&ParseFault::TooManyParts));
    }

    #[test]
    fn comments_in_a_content_type_are_not_its_value() {
        let raw = "Content-Type: text/html (hi; there); charset=utf-8 (\"x\")\n\nü";
        let tree = Tree::read(raw.as_bytes(), &Limits::default());
        assert_eq!(tree.parts[0].media_type(), "text/html");
        assert_eq!(tree.parts[0].content.param("charset"), Some("utf-8"));
    }

    #[test]
    fn a_path_reads_back_as_it_was_written() {
        let path: PartPath = "2.1.3".parse().unwrap();
        assert_eq!((path.to_string().as_str(), path.numbers()), ("2.1.3", &[2, 1, 3][..]));
        assert_eq!("".parse::<PartPath>().unwrap(), PartPath::default());
    }
}
