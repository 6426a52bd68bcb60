//! One message, read. Owns the order of the steps and the record of what was wrong; it never fails, never panics, and
//! never changes the bytes that it was given.

use std::borrow::Cow;

use super::{
    attachment::Attachment,
    body::{self, Chosen},
    headers,
    limits::Limits,
    origin,
    quote::split,
    strip::strip,
    structure::{Kind, Part, PartPath, Tree},
};
use crate::domain::message::{Headers, Origin};

/// What was wrong with a message. Everything else about it was read all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ParseFault {
    /// No header was found: the whole message stands as its text.
    Unparseable,
    /// Longer than [`Limits::bytes`]; the rest was not read.
    TooLarge,
    /// The headers never end.
    TruncatedHeader,
    /// The first line is no header.
    BadHeaderStart,
    /// No blank line between headers and body.
    MissingBlankLine,
    /// More headers than [`Limits::headers`].
    TooManyHeaders,
    /// Nested deeper than [`Limits::depth`].
    TooDeep,
    /// More parts than [`Limits::parts`].
    TooManyParts,
    /// A multipart without a boundary, or whose boundary does not occur.
    MissingBoundary,
    /// A multipart whose closing boundary is missing: the message may have been cut off.
    UnclosedMultipart,
    /// Base64 with characters that do not belong.
    BadBase64,
    /// A charset that is unknown, or that the bytes do not fit.
    BadCharset,
    /// No `Date`.
    NoDate,
    /// A `Date` that is none.
    BadDate,
    /// An address header with something in it that is no address.
    BadAddress,
    /// No `Message-ID`.
    NoMessageId,
    /// More than one `From`: the first was taken, and somebody may want to deceive.
    RepeatedFrom,
    /// HTML too deep, too long or too broken to render: only its tags were removed.
    HtmlNotRendered,
    /// HTML that hides text from its reader; here it is shown.
    HiddenText,
    /// Body text beyond [`Limits::text_bytes`] was not kept.
    TextCut,
    /// Encrypted (PGP/MIME or S/MIME): the body cannot be read here.
    Encrypted,
}

impl ParseFault {
    /// Its word in the record.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Unparseable => "unparseable",
            Self::TooLarge => "too_large",
            Self::TruncatedHeader => "truncated_header",
            Self::BadHeaderStart => "bad_header_start",
            Self::MissingBlankLine => "missing_blank_line",
            Self::TooManyHeaders => "too_many_headers",
            Self::TooDeep => "too_deep",
            Self::TooManyParts => "too_many_parts",
            Self::MissingBoundary => "missing_boundary",
            Self::UnclosedMultipart => "unclosed_multipart",
            Self::BadBase64 => "bad_base64",
            Self::BadCharset => "bad_charset",
            Self::NoDate => "no_date",
            Self::BadDate => "bad_date",
            Self::BadAddress => "bad_address",
            Self::NoMessageId => "no_message_id",
            Self::RepeatedFrom => "repeated_from",
            Self::HtmlNotRendered => "html_not_rendered",
            Self::HiddenText => "hidden_text",
            Self::TextCut => "text_cut",
            Self::Encrypted => "encrypted",
        }
    }
}

/// A message as it was read. Texts are the sender's: not yet safe for a terminal.
#[derive(Clone, PartialEq, Eq)]
pub struct Parsed {
    /// The headers that the rules use.
    pub headers: Headers,
    /// Who or what wrote it.
    pub origin: Origin,
    /// The whole body as plain text, at most [`Limits::text_bytes`].
    pub text: String,
    /// The sender's own words: without quotations and without the signature.
    pub new_text: String,
    /// The rest of the body: quotations, forwarded messages, the signature. Every line is here or in `new_text`.
    pub quoted: String,
    /// The text was made from HTML.
    pub html: bool,
    /// Everything that is not the body; enclosed messages, and what is attached to those.
    pub attachments: Vec<Attachment>,
    /// The words of attachments that are text and of enclosed messages, for the index only.
    pub attached_text: String,
    /// What was wrong, each once, in order.
    pub faults: Vec<ParseFault>,
    /// BLAKE3 of the new text (of the whole text where there is none), blanks folded and list footers removed: equal for
    /// copies of one message that came by different ways.
    pub body_hash: [u8; 32],
    /// Words of the new text; a character of a script without blanks counts as one.
    pub words: u32,
    /// The new text asks something.
    pub has_question: bool,
}

impl std::fmt::Debug for Parsed {
    /// Redacted: sizes and faults only.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Parsed")
            .field("text", &self.text.len())
            .field("attachments", &self.attachments.len())
            .field("faults", &self.faults)
            .finish_non_exhaustive()
    }
}

/// Reads a message. Total: any bytes give a result, in time and memory bounded by `limits` and the length of `raw`.
pub fn read(raw: &[u8], limits: &Limits) -> Parsed {
    let bytes = raw.get(..raw.len().min(limits.bytes)).unwrap_or_default();
    let bytes = with_line_feeds(bytes);
    let tree = Tree::read(&bytes, limits);
    let mut faults = tree.faults.clone();
    if bytes.len() < raw.len() && raw.len() > limits.bytes {
        faults.push(ParseFault::TooLarge);
    }
    let headers = tree.part(0).map(|root| {
        if root.block.is_empty() {
            faults.insert(0, ParseFault::Unparseable);
        }
        headers::read(&root.block, limits, &mut faults)
    });
    let headers = headers.unwrap_or_default();
    let chosen = body::choose(&tree, 0, limits);
    faults.extend(&chosen.faults);
    let origin = origin::grade(&tree, &headers, &chosen.text, limits);
    let (attachments, attached_text) = attachments(&tree, &chosen, limits, &mut faults);
    finish(headers, origin, chosen, attachments, attached_text, faults)
}

fn finish(
    headers: Headers,
    origin: Origin,
    chosen: Chosen,
    attachments: Vec<Attachment>,
    attached_text: String,
    faults: Vec<ParseFault>,
) -> Parsed {
    let parts = split(&chosen.text);
    let own = if parts.new.trim().is_empty() { &chosen.text } else { &parts.new };
    let mut each: Vec<ParseFault> = Vec::new();
    for fault in faults {
        if !each.contains(&fault) {
            each.push(fault);
        }
    }
    Parsed {
        body_hash: body_hash(own),
        words: words(&parts.new),
        has_question: asks(&parts.new),
        headers,
        origin,
        html: chosen.html,
        text: chosen.text,
        new_text: parts.new,
        quoted: parts.quoted,
        attachments,
        attached_text,
        faults: each,
    }
}

/// A message of lone carriage returns (old Macs, broken gateways) has no lines for anyone else.
fn with_line_feeds(bytes: &[u8]) -> Cow<'_, [u8]> {
    if bytes.contains(&b'\n') || !bytes.contains(&b'\r') {
        return Cow::Borrowed(bytes);
    }
    Cow::Owned(bytes.iter().map(|b| if *b == b'\r' { b'\n' } else { *b }).collect())
}

fn attachments(
    tree: &Tree<'_>,
    chosen: &Chosen,
    limits: &Limits,
    faults: &mut Vec<ParseFault>,
) -> (Vec<Attachment>, String) {
    let mut used = chosen.used.clone();
    let mut found = Vec::new();
    let mut text = String::new();
    for (at, part) in tree.parts.iter().enumerate() {
        if part.kind == Kind::Message
            && let Some(inner) = part.children.first()
        {
            // The body of an enclosed message belongs to that attachment, and is searched.
            let inside =
                body::choose(tree, *inner, &Limits { text_bytes: limits.index_bytes, ..*limits });
            used.extend(inside.used);
            if let Some(subject) = tree.part(*inner).and_then(|p| p.block.text("subject")) {
                push(&mut text, &subject, limits);
            }
            push(&mut text, &inside.text, limits);
        }
        if part.kind == Kind::Multipart || used.contains(&at) {
            continue;
        }
        let bytes = body::bytes_of(part, faults);
        if at == 0 && bytes.trim_ascii().is_empty() {
            continue;
        }
        let mut attachment = Attachment::describe(part, &bytes);
        if part.kind == Kind::Message {
            name_after_subject(tree, part, &mut attachment);
        }
        found.push(attachment);
        let words = attached_words(part, text.len(), limits);
        push(&mut text, &words, limits);
    }
    (found, text)
}

/// An enclosed message without a name is called after its subject.
fn name_after_subject(tree: &Tree<'_>, part: &Part<'_>, attachment: &mut Attachment) {
    let subject =
        part.children.first().and_then(|at| tree.part(*at)).and_then(|p| p.block.text("subject"));
    if attachment.name == "message.eml"
        && let Some(subject) = subject.filter(|s| !s.trim().is_empty())
    {
        attachment.name = super::safe_name(&format!("{}.eml", subject.replace(['/', '\\'], "-")));
    }
}

/// The words of an attachment that is text.
fn attached_words(part: &Part<'_>, have: usize, limits: &Limits) -> String {
    let media = part.media_type();
    let texts = media.starts_with("text/")
        || matches!(media, "message/delivery-status" | "message/disposition-notification");
    let encoded = matches!(media, "message/rfc822" | "message/global") && part.kind == Kind::Leaf;
    if have >= limits.index_bytes || !(texts || encoded) {
        return String::new();
    }
    let within = Limits { text_bytes: limits.index_bytes, depth: limits.depth / 2, ..*limits };
    if encoded && limits.depth > 1 {
        // Transfer-encoded against RFC 2046 §5.2.1; some programs do it.
        let inner = body::bytes_of(part, &mut Vec::new());
        let tree = Tree::read(&inner, &within);
        let subject = tree.part(0).and_then(|p| p.block.text("subject")).unwrap_or_default();
        return format!("{subject}\n{}", body::choose(&tree, 0, &within).text);
    }
    let (text, _) = body::text_of(part, &within);
    if media == "text/html" { strip(&text) } else { text }
}

fn push(text: &mut String, more: &str, limits: &Limits) {
    let room = limits.index_bytes.saturating_sub(text.len());
    let more = more.get(..more.floor_char_boundary(room)).unwrap_or(more);
    if !more.is_empty() {
        text.push_str(more);
        text.push('\n');
    }
}

/// The decoded bytes of an attachment, by the path that [`Attachment::part`] gave. `None` if there is no such part.
pub fn attachment_bytes(raw: &[u8], part: &PartPath) -> Option<Vec<u8>> {
    let limits = Limits::default();
    let bytes = with_line_feeds(raw.get(..raw.len().min(limits.bytes))?);
    let tree = Tree::read(&bytes, &limits);
    let found = tree.parts.iter().find(|p| p.path == *part)?;
    Some(body::bytes_of(found, &mut Vec::new()).into_owned())
}

/// See [`Parsed::body_hash`].
fn body_hash(text: &str) -> [u8; 32] {
    let mut folded = String::with_capacity(text.len());
    for word in blank_separated(without_footer(text)) {
        folded.push_str(word);
        folded.push(' ');
    }
    *blake3::hash(folded.as_bytes()).as_bytes()
}

/// The words between blanks. Looking at bytes is enough where all are ASCII.
fn blank_separated(text: &str) -> impl Iterator<Item = &str> {
    let (ascii, other) = if text.is_ascii() { (text, "") } else { ("", text) };
    ascii.split_ascii_whitespace().chain(other.split_whitespace())
}

/// List programs add a rule and their address below a copy.
fn without_footer(text: &str) -> &str {
    let mut start = 0_usize;
    for line in text.split_inclusive('\n') {
        let plain = line.trim();
        let rule = plain.len() >= 20
            && (plain.bytes().all(|b| b == b'_') || plain.bytes().all(|b| b == b'-'));
        let rest = text.get(start..).unwrap_or_default();
        if (rule && rest.len() < 1_000)
            || plain.starts_with("You received this message because you are subscribed")
            || plain.starts_with("To unsubscribe from this list:")
        {
            return text.get(..start).unwrap_or(text).trim_end_matches(['-', ' ', '\n', '\r']);
        }
        start = start.saturating_add(line.len());
    }
    text
}

fn words(text: &str) -> u32 {
    let count: usize = blank_separated(text)
        .filter(|word| word.contains(char::is_alphanumeric))
        .map(|word| {
            if word.is_ascii() {
                1
            } else {
                word.chars().filter(|c| stands_alone(*c)).count().max(1)
            }
        })
        .sum();
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// Han, kana and Hangul: written without blanks, or each character a syllable.
const fn stands_alone(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}')
}

/// A question mark that ends a word, outside a link.
fn asks(text: &str) -> bool {
    // Most mail asks nothing and is plain ASCII.
    if text.is_ascii() && !text.contains('?') {
        return false;
    }
    text.split_whitespace().any(|word| {
        let end = word.trim_end_matches(|c: char| "!?.…)\"'”’»*_".contains(c));
        let tail = word.get(end.len()..).unwrap_or_default();
        word.contains(['？', '؟', '՞', '¿'])
            || (tail.contains('?') && !end.contains("://"))
            || (word.ends_with(';') && end.chars().any(|c| ('\u{370}'..='\u{3ff}').contains(&c)))
    })
}
