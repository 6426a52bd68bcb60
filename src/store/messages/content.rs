//! What a message says, as the record keeps it: made from its bytes alone, before anything is known of the record.
//!
//! Owns the words under which the index finds a message. It is made on the thread that has the bytes, so that the one
//! that writes only writes.

use crate::domain::{
    address::NamedAddress,
    message::{Headers, Origin},
};

use super::super::{raw::Packed, search};

/// An attachment to be kept. Its bytes stay in the raw message.
#[derive(Clone)]
pub struct NewAttachment {
    /// The number of its part, such as `1.2`.
    pub part: String,
    /// Its name as the sender gave it.
    pub name: String,
    /// Its media type.
    pub media_type: String,
    /// Its decoded size in bytes.
    pub size: u64,
    /// The SHA-256 of its decoded bytes.
    pub hash: [u8; 32],
}

/// What a message says.
#[derive(Clone)]
pub struct Content {
    /// The SHA-256 of the raw bytes: what makes two messages one.
    pub hash: [u8; 32],
    /// Its headers.
    pub headers: Headers,
    /// The subject without reply prefixes.
    pub base_subject: String,
    /// Who or what wrote it.
    pub origin: Origin,
    /// Words newly written in it.
    pub words: u32,
    /// A hash of the normalised text, to tell copies from collisions.
    pub body_hash: [u8; 32],
    /// What was newly written, as text.
    pub text: String,
    /// The quoted tail.
    pub quoted: String,
    /// What could not be read in it, in words; empty when all could.
    pub faults: String,
    /// Its attachments.
    pub attachments: Vec<NewAttachment>,
    /// What else the index holds of it.
    pub indexed: Indexed,
    /// Its bytes.
    pub raw: Packed,
}

/// The words of a message that are not its text: who, which files, and what is spelled differently without umlauts.
#[derive(Clone)]
pub struct Indexed {
    pub(super) people: String,
    pub(super) files: String,
    pub(super) folded: String,
}

impl Indexed {
    /// Collects them. `attached` are the words of attached texts and enclosed messages.
    pub fn of(
        headers: &Headers,
        text: &str,
        quoted: &str,
        attachments: &[NewAttachment],
        attached: &str,
    ) -> Self {
        let mut people = String::new();
        for named in correspondents(headers).into_iter().flat_map(|(_, people)| people) {
            for part in [named.name.as_deref().unwrap_or_default(), named.address.as_str()] {
                people.push_str(part);
                people.push(' ');
            }
        }
        let names = attachments.iter().map(|attachment| attachment.name.as_str());
        let files: Vec<&str> = names.chain([attached]).filter(|words| !words.is_empty()).collect();
        let files = files.join(" ");
        let folded =
            search::folded_words([headers.subject.as_str(), &people, text, quoted, &files]);
        Self { people, files, folded }
    }
}

/// The roles of an address on a message, in the order in which they are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    From,
    Sender,
    ReplyTo,
    To,
    Cc,
    Bcc,
}

impl Kind {
    pub(crate) const fn code(self) -> i64 {
        match self {
            Self::From => 0,
            Self::Sender => 1,
            Self::ReplyTo => 2,
            Self::To => 3,
            Self::Cc => 4,
            Self::Bcc => 5,
        }
    }
}

/// The people of a message by their roles.
pub(super) fn correspondents(headers: &Headers) -> [(Kind, &[NamedAddress]); 6] {
    [
        (Kind::From, &headers.from),
        (Kind::Sender, headers.sender.as_slice()),
        (Kind::ReplyTo, &headers.reply_to),
        (Kind::To, &headers.to),
        (Kind::Cc, &headers.cc),
        (Kind::Bcc, &headers.bcc),
    ]
}
