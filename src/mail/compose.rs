//! Writes a sealed message as bytes for the wire, and its envelope beside them.
//!
//! Owns the exact form: headers, MIME parts, line ends. It never opens a socket, never puts Bcc into bytes that leave, and
//! never lets a value from mail or from a keyboard begin a new header.

use std::{
    fmt::{self, Write as _},
    time::{Duration, SystemTime},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use jiff::Timestamp;
use lettre::{
    Address, Message,
    message::{
        Body, Mailbox, MultiPart, MultiPartKind, SinglePart,
        header::{ContentTransferEncoding, ContentType, Header, HeaderName, HeaderValue},
    },
};
use sha2::{Digest, Sha256};

use crate::domain::{
    address::{EmailAddress, NamedAddress},
    draft::{Draft, Enclosure, Sealed},
    fault::{Fault, Kind},
    footer::Placed,
    message::MessageId,
    outbox::Envelope,
    text::bare_line,
};

mod filename;
pub mod flowed;
mod html;

/// The longest line that RFC 5322 §2.1.1 allows, without CRLF (octets).
const LONGEST_LINE: usize = 998;

/// In which parts the words go out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Style {
    /// Text and HTML, the same words in both.
    #[default]
    TextAndHtml,
    /// Text alone.
    TextOnly,
}

/// A message as it goes over the wire.
#[derive(Clone, PartialEq, Eq)]
pub struct Composed {
    /// The bytes: CRLF at the end of every line, none over 998 octets, no Bcc.
    pub bytes: Vec<u8>,
    /// Who sends it and who gets it. To be stored beside the bytes, not derived from them.
    pub envelope: Envelope,
}

impl fmt::Debug for Composed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "‹message {} B›", self.bytes.len())
    }
}

/// Why a sealed message cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum ComposeError {
    /// An address that RFC 5321 does not allow on the wire.
    #[error("an address cannot be written in mail")]
    Address,
    /// The builder refused it.
    #[error("the message could not be built")]
    Build,
    /// The result breaks a rule of the format: it is not sent.
    #[error("the written message breaks a rule of the format: {0}")]
    Unsound(&'static str),
}

impl Fault for ComposeError {
    fn kind(&self) -> Kind {
        match self {
            Self::Address => Kind::NeedsUser,
            Self::Build | Self::Unsound(_) => Kind::Bug,
        }
    }
}

/// Writes a sealed message. The same message gives the same bytes.
pub fn compose(sealed: &Sealed, style: Style) -> Result<Composed, ComposeError> {
    let written = Written {
        draft: sealed.draft(),
        words: sealed.words(),
        message_id: sealed.message_id(),
        at: sealed.at(),
        leaves: Some(sealed.envelope()),
    };
    let bytes = write(&written, style)?;
    Ok(Composed { bytes, envelope: sealed.envelope().clone() })
}

/// Writes a draft as it lies in a Drafts folder: one text that every program can go on with, and Bcc, which is nowhere
/// else there. Labels, promises and whatever else is only ours are not in it.
pub fn compose_draft(
    draft: &Draft,
    words: &Placed,
    message_id: &MessageId,
    at: Timestamp,
) -> Result<Vec<u8>, ComposeError> {
    write(&Written { draft, words, message_id, at, leaves: None }, Style::TextOnly)
}

/// What is to be written.
struct Written<'a> {
    draft: &'a Draft,
    words: &'a Placed,
    message_id: &'a MessageId,
    at: Timestamp,
    /// To whom it goes; `None` for a draft, which goes to nobody.
    leaves: Option<&'a Envelope>,
}

fn write(written: &Written<'_>, style: Style) -> Result<Vec<u8>, ComposeError> {
    let Written { draft, leaves, .. } = *written;
    let mut builder = Message::builder()
        .date(system_time(written.at))
        .message_id(Some(format!("<{}>", written.message_id.as_str())))
        .from(mailbox(&draft.from)?);
    for who in &draft.to {
        builder = builder.to(mailbox(who)?);
    }
    if leaves.is_none() {
        builder = builder.keep_bcc();
        for who in &draft.bcc {
            builder = builder.bcc(mailbox(who)?);
        }
    } else if draft.to.is_empty() {
        builder = builder.raw_header(plain("To", "undisclosed-recipients:;"));
    }
    for who in &draft.cc {
        builder = builder.cc(mailbox(who)?);
    }
    builder = builder.raw_header(subject(&draft.subject));
    if let Some(parent) = &draft.parent {
        if let Some(id) = parent.message_id.iter().find_map(written_id) {
            builder = builder.raw_header(plain("In-Reply-To", &id));
        }
        let chain: Vec<String> = parent.references.iter().filter_map(written_id).collect();
        if !chain.is_empty() {
            builder = builder.raw_header(plain("References", &chain.join("\r\n ")));
        }
    }
    // The builder wants an envelope and would read it from the headers, where Bcc is not.
    let from = address(&draft.from.address)?;
    let recipients = match leaves {
        Some(envelope) => envelope.recipients().iter().map(address).collect::<Result<_, _>>()?,
        // Nobody gets a draft, and the bytes do not say so.
        None => vec![from.clone()],
    };
    let wire =
        lettre::address::Envelope::new(Some(from), recipients).map_err(|_| ComposeError::Build)?;
    let bytes = match body(written, style)? {
        Content::Single(part) => builder.envelope(wire).singlepart(part),
        Content::Multi(part) => builder.envelope(wire).multipart(part),
    }
    .map_err(|_| ComposeError::Build)?
    .formatted();
    check(&bytes)?;
    if leaves.is_some() && has_bcc(&bytes) {
        return Err(ComposeError::Unsound("a Bcc header"));
    }
    Ok(bytes)
}

enum Content {
    Single(SinglePart),
    Multi(MultiPart),
}

fn body(written: &Written<'_>, style: Style) -> Result<Content, ComposeError> {
    let text =
        part("text/plain; charset=utf-8; format=flowed", flowed::encode(&written.words.text()))?;
    let words = match style {
        Style::TextOnly => Content::Single(text),
        Style::TextAndHtml => {
            let html = part("text/html; charset=utf-8", html::render(written.words))?;
            Content::Multi(
                multipart(MultiPartKind::Alternative, written, "a")
                    .singlepart(text)
                    .singlepart(html),
            )
        }
    };
    if written.draft.attachments.is_empty() {
        return Ok(words);
    }
    let mixed = multipart(MultiPartKind::Mixed, written, "m");
    let mixed = match words {
        Content::Single(part) => mixed.singlepart(part),
        Content::Multi(part) => mixed.multipart(part),
    };
    written
        .draft
        .attachments
        .iter()
        .try_fold(mixed, |mixed, file| Ok(mixed.singlepart(attachment(file)?)))
        .map(Content::Multi)
}

/// A multipart whose boundary follows from the Message-ID. `=_` occurs in no quoted-printable or base64 text
/// (RFC 2045 §6.7), and the Message-ID's random bits keep the rest from being guessed.
fn multipart(kind: MultiPartKind, written: &Written<'_>, level: &str) -> MultiPart {
    let hash = Sha256::digest(written.message_id.as_str().as_bytes());
    let mut boundary = format!("=_{level}");
    for byte in hash.iter().take(16) {
        write!(boundary, "{byte:02x}").unwrap_or_default();
    }
    MultiPart::builder().kind(kind).boundary(boundary).build()
}

/// A text part: 7bit where that is possible, else quoted-printable, so that it stays readable in every archive.
fn part(media_type: &str, text: String) -> Result<SinglePart, ComposeError> {
    let is_plain = text.is_ascii() && text.split("\r\n").all(|line| line.len() <= LONGEST_LINE);
    let seven = if is_plain {
        Body::new_with_encoding(text.clone(), ContentTransferEncoding::SevenBit).ok()
    } else {
        None
    };
    let body = match seven {
        Some(body) => body,
        None => Body::new_with_encoding(text, ContentTransferEncoding::QuotedPrintable)
            .map_err(|_| ComposeError::Build)?,
    };
    let media_type = ContentType::parse(media_type).map_err(|_| ComposeError::Build)?;
    Ok(SinglePart::builder().header(media_type).body(body))
}

/// An attachment, always base64: its bytes arrive as they are.
fn attachment(file: &Enclosure) -> Result<SinglePart, ComposeError> {
    let encoding = ContentTransferEncoding::Base64;
    let body = Body::new_with_encoding(file.bytes.expose().clone(), encoding)
        .map_err(|_| ComposeError::Build)?;
    let name = filename::spell(&file.name);
    Ok(SinglePart::builder()
        .header(PartType(format!("{}{}", media_type(&file.media_type), name.media_type)))
        .header(Disposition(format!("attachment{}", name.disposition)))
        .body(body))
}

/// A type that may carry base64: `message/*` and `multipart/*` may not (RFC 2045 §6.4).
fn media_type(text: &str) -> &str {
    let token = |part: &str| {
        (1..=64).contains(&part.len())
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b))
    };
    let sound = text.split_once('/').is_some_and(|(kind, sub)| {
        token(kind)
            && token(sub)
            && !kind.eq_ignore_ascii_case("message")
            && !kind.eq_ignore_ascii_case("multipart")
    });
    if sound { text } else { "application/octet-stream" }
}

macro_rules! written_headers {
    ($($(#[$doc:meta])* $name:ident = $word:literal),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone)]
        struct $name(String);

        impl Header for $name {
            fn name() -> HeaderName {
                HeaderName::new_from_ascii_str($word)
            }

            fn parse(text: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
                Ok(Self(text.to_owned()))
            }

            fn display(&self) -> HeaderValue {
                HeaderValue::dangerous_new_pre_encoded(Self::name(), self.0.clone(), self.0.clone())
            }
        }
    )+};
}

written_headers! {
    /// The type of an attachment, written by this module alone.
    PartType = "Content-Type",
    /// The name of an attachment, written by this module alone.
    Disposition = "Content-Disposition",
}

/// A header whose value is already written: ASCII, folded, made by this file alone.
fn plain(name: &'static str, value: &str) -> HeaderValue {
    let name = HeaderName::new_from_ascii_str(name);
    HeaderValue::dangerous_new_pre_encoded(name, value.to_owned(), value.to_owned())
}

/// The subject: as it is when it is short plain ASCII, else in encoded words (RFC 2047) of at most 75 characters.
fn subject(text: &str) -> HeaderValue {
    let text = clean(text);
    let is_plain = text.is_ascii() && text.len() <= 66 && !text.contains("=?");
    if is_plain { plain("Subject", &text) } else { plain("Subject", &encoded_words(&text)) }
}

fn encoded_words(text: &str) -> String {
    let mut words: Vec<String> = Vec::new();
    let mut chunk = String::new();
    for c in text.chars() {
        if chunk.len().saturating_add(c.len_utf8()) > 42 {
            words.push(std::mem::take(&mut chunk));
        }
        chunk.push(c);
    }
    words.push(chunk);
    words
        .iter()
        .map(|word| format!("=?utf-8?B?{}?=", STANDARD.encode(word)))
        .collect::<Vec<_>>()
        .join("\r\n ")
}

/// For `Date`, in whole seconds, written in UTC: the office's zone is nobody's business.
fn system_time(at: Timestamp) -> SystemTime {
    let seconds = Duration::from_secs(u64::try_from(at.as_second()).unwrap_or_default());
    SystemTime::UNIX_EPOCH.checked_add(seconds).unwrap_or(SystemTime::UNIX_EPOCH)
}

/// One line without controls, without anything hidden and without space around it.
fn clean(text: &str) -> String {
    bare_line(text).trim().to_owned()
}

fn mailbox(who: &NamedAddress) -> Result<Mailbox, ComposeError> {
    let name: String = who.name.as_deref().map(clean).unwrap_or_default();
    let name: String = name.chars().take(200).collect();
    Ok(Mailbox::new((!name.is_empty()).then_some(name), address(&who.address)?))
}

fn address(address: &EmailAddress) -> Result<Address, ComposeError> {
    address.as_str().parse().map_err(|_| ComposeError::Address)
}

/// An id as it stands in a header; `None` for one that could break it (long, not printable ASCII, with brackets).
fn written_id(id: &MessageId) -> Option<String> {
    let text = id.as_str();
    let sound =
        text.len() <= 250 && text.bytes().all(|b| b.is_ascii_graphic() && !b"<>".contains(&b));
    sound.then(|| format!("<{text}>"))
}

/// The last look before the wire: whatever a library did, this must hold.
fn check(bytes: &[u8]) -> Result<(), ComposeError> {
    let mut last = 0_u8;
    let mut length = 0_usize;
    for &byte in bytes {
        match (last, byte) {
            (_, 0) => return Err(ComposeError::Unsound("a NUL")),
            (b'\r', b'\n') => length = 0,
            (b'\r', _) => return Err(ComposeError::Unsound("a CR without LF")),
            (_, b'\n') => return Err(ComposeError::Unsound("an LF without CR")),
            (_, b'\r') => {}
            (_, _) => length = length.saturating_add(1),
        }
        if length > LONGEST_LINE {
            return Err(ComposeError::Unsound("a line over 998 octets"));
        }
        last = byte;
    }
    Ok(())
}

fn has_bcc(bytes: &[u8]) -> bool {
    let head = bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap_or(bytes.len());
    let head = bytes.get(..head).unwrap_or_default();
    head.split(|b| *b == b'\n')
        .any(|line| line.get(..4).is_some_and(|start| start.eq_ignore_ascii_case(b"bcc:")))
}

#[cfg(test)]
#[path = "compose_tests.rs"]
mod tests;
