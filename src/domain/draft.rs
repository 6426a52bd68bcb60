//! A reply on its way out: editable, then reviewed by a person, then sealed. The types make the order compulsory.
//!
//! Owns the three states of a message on its way out. What is checked stands in [`review`](super::review), how an
//! answer begins in [`answer`](super::answer). It never sends and never formats MIME.

use std::{collections::BTreeSet, fmt, sync::Arc};

use jiff::{Timestamp, civil::Date};

use super::{
    address::{EmailAddress, NamedAddress},
    confidential::Confidential,
    footer::{self, Footer, Privilege},
    id::{DraftId, MatterId, MessageKey, ThreadId},
    matter::Role,
    message::MessageId,
    outbox::Envelope,
    review::{Review, ReviewFacts, Severity},
};

/// What a draft is to the client's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReplyKind {
    /// Answers in substance, to the sender.
    Reply,
    /// Answers in substance, to everyone.
    ReplyAll,
    /// Says that the message has arrived and when an answer will come.
    Acknowledge,
    /// Passes it on to someone else.
    Forward,
    /// Starts a conversation.
    Compose,
}

/// A message that is being written. Everything can change.
#[derive(Clone, PartialEq, Eq)]
pub struct Draft {
    /// Its identity in the record.
    pub id: DraftId,
    /// What it is.
    pub kind: ReplyKind,
    /// The conversation it belongs to.
    pub thread: Option<ThreadId>,
    /// The message that it answers, with its Message-ID and the chain for `References`.
    pub parent: Option<Parent>,
    /// The matter it belongs to.
    pub matter: Option<MatterId>,
    /// Whose name it goes out under.
    pub from: NamedAddress,
    /// To.
    pub to: Vec<NamedAddress>,
    /// Cc.
    pub cc: Vec<NamedAddress>,
    /// Bcc: the envelope only, never the bytes.
    pub bcc: Vec<NamedAddress>,
    /// Subject.
    pub subject: String,
    /// What the person wrote, without footer and without the quoted original.
    pub body: String,
    /// The quoted original as it will stand below, or empty.
    pub quote: String,
    /// What goes with it.
    pub attachments: Vec<Enclosure>,
    /// Its privilege label.
    pub privilege: Option<Privilege>,
    /// It is a holding reply: the day by whose close of business it promises the answer (design 4.5).
    pub holding: Option<Date>,
}

/// A file that goes with a message.
#[derive(Clone, PartialEq, Eq)]
pub struct Enclosure {
    /// Its name, without a path.
    pub name: String,
    /// Its media type, such as `application/pdf`.
    pub media_type: String,
    /// Its bytes; shared, so that copies of a draft stay cheap.
    pub bytes: Arc<Confidential<Vec<u8>>>,
}

impl Enclosure {
    /// Its size in bytes, before it is encoded.
    pub fn size(&self) -> u64 {
        u64::try_from(self.bytes.expose().len()).unwrap_or(u64::MAX)
    }
}

impl Draft {
    /// Everyone it goes to: To, Cc and Bcc, in this order, repeated where the draft repeats them.
    pub fn recipients(&self) -> impl Iterator<Item = &NamedAddress> {
        self.to.iter().chain(&self.cc).chain(&self.bcc)
    }

    /// About how many octets it has on the wire: attachments in base64 with line ends (RFC 2045 §6.8), the words in two
    /// parts, and some for headers and footer.
    pub fn wire_size(&self) -> u64 {
        let files = self.attachments.iter().fold(0_u64, |sum, file| {
            sum.saturating_add(file.size().div_ceil(57).saturating_mul(78)).saturating_add(512)
        });
        let words = self.body.len().saturating_add(self.quote.len());
        let words = u64::try_from(words).unwrap_or(u64::MAX).saturating_mul(3);
        files.saturating_add(words).saturating_add(8 << 10)
    }

    /// Is it a new message in which nothing stands?
    pub fn is_blank(&self) -> bool {
        self.kind == ReplyKind::Compose
            && self.recipients().next().is_none()
            && self.subject.trim().is_empty()
            && self.body.trim().is_empty()
            && self.attachments.is_empty()
    }

    /// Can it promise the answer by a day? Only an answer to someone who waits can.
    pub const fn can_hold(&self) -> bool {
        match self.kind {
            ReplyKind::Reply | ReplyKind::ReplyAll | ReplyKind::Acknowledge => true,
            ReplyKind::Forward | ReplyKind::Compose => false,
        }
    }

    /// Checks it against what the record knows. Pure; what was found is answered with [`Review::confirm`].
    pub fn review(&self, facts: &ReviewFacts) -> Review {
        Review::of(self, facts)
    }
}

impl fmt::Debug for Draft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Draft")
            .field("id", &self.id)
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

/// The message that a draft answers.
#[derive(Clone, PartialEq, Eq)]
pub struct Parent {
    /// Its key.
    pub key: MessageKey,
    /// Its Message-ID, if it has one.
    pub message_id: Option<MessageId>,
    /// `References` for the answer, oldest first, the parent last.
    pub references: Vec<MessageId>,
    /// Everyone who was on it (From, Reply-To, To, Cc).
    pub participants: Vec<NamedAddress>,
}

/// A recipient as the composer shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct Recipient {
    /// Who.
    pub address: NamedAddress,
    /// What they are to the matter; `None` for a stranger.
    pub role: Option<Role>,
}

impl Review {
    /// Goes on to [`Reviewed`] when nothing blocks and every finding that asks for it is answered in `confirmed`: by its
    /// key, or, where a word must be typed, by what [`Warning::answer`](super::finding::Warning::answer) gave for it.
    ///
    /// # Errors
    ///
    /// [`Unconfirmed`] with the keys of what is still in the way.
    pub fn confirm(self, confirmed: &BTreeSet<String>) -> Result<Reviewed, Unconfirmed> {
        let mut open = Unconfirmed { blocked: Vec::new(), unanswered: Vec::new() };
        for warning in self.warnings() {
            match warning.severity {
                Severity::Block => open.blocked.push(warning.key.clone()),
                Severity::Confirm if !warning.is_answered(confirmed) => {
                    open.unanswered.push(warning.key.clone());
                }
                Severity::Confirm | Severity::Note => {}
            }
        }
        if open.blocked.is_empty() && open.unanswered.is_empty() {
            Ok(Reviewed { draft: self.into_draft() })
        } else {
            Err(open)
        }
    }
}

/// A review that a person has not finished. Its keys name addresses: it is not printable.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} findings block it, {} wait for an answer", blocked.len(), unanswered.len())]
pub struct Unconfirmed {
    /// Keys of findings with which the message cannot go.
    pub blocked: Vec<String>,
    /// Keys of findings that nobody confirmed.
    pub unanswered: Vec<String>,
}

impl fmt::Debug for Unconfirmed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A draft whose every finding a person has answered. Only [`Review::confirm`] makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reviewed {
    draft: Draft,
}

impl Reviewed {
    /// The draft as it was reviewed.
    pub const fn draft(&self) -> &Draft {
        &self.draft
    }

    /// Fixes what goes out: the footer is on, the Message-ID and the time stand. `random` must come from the
    /// system's generator: 128 bits make the Message-ID unique and unguessable.
    ///
    /// # Errors
    ///
    /// [`SealError`] when the domain cannot stand in a Message-ID, or there is nobody to send to.
    pub fn seal(
        self,
        footer: &Footer,
        identity: &Identity<'_>,
        at: Timestamp,
    ) -> Result<Sealed, SealError> {
        let Identity { domain, random } = identity;
        let sound = !domain.is_empty()
            && domain.len() <= 255
            && domain.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'));
        if !sound {
            return Err(SealError::Domain);
        }
        let message_id =
            MessageId::new(&format!("{random:032x}@{domain}")).ok_or(SealError::Domain)?;
        let envelope = Envelope::new(
            self.draft.from.address.clone(),
            self.draft.recipients().map(|who| who.address.clone()),
        )
        .ok_or(SealError::Nobody)?;
        let words = footer::place(&self.draft.body, &self.draft.quote, footer);
        Ok(Sealed { draft: self.draft, words, message_id, at, envelope })
    }
}

/// From what a Message-ID is made.
#[derive(Clone, Copy)]
pub struct Identity<'a> {
    /// The office's domain (ASCII; not the machine's name, which is nobody's business).
    pub domain: &'a str,
    /// 128 random bits.
    pub random: u128,
}

/// Why a reviewed draft cannot be sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The domain for the Message-ID is not a plain ASCII domain name.
    #[error("the domain for the Message-ID is not a domain name")]
    Domain,
    /// There is no recipient.
    #[error("the message has no recipient")]
    Nobody,
}

/// A message as it goes out, word for word. Only [`Reviewed::seal`] makes one, and nothing changes it afterwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    draft: Draft,
    words: footer::Placed,
    message_id: MessageId,
    at: Timestamp,
    envelope: Envelope,
}

impl Sealed {
    /// The draft from which it was made: addresses, subject, parent, attachments.
    pub const fn draft(&self) -> &Draft {
        &self.draft
    }

    /// Banner, text, footer and quotation, each in its place.
    pub const fn words(&self) -> &footer::Placed {
        &self.words
    }

    /// Its Message-ID.
    pub const fn message_id(&self) -> &MessageId {
        &self.message_id
    }

    /// The time for `Date`.
    pub const fn at(&self) -> Timestamp {
        self.at
    }

    /// Who sends it and who gets it, Bcc included; each recipient once.
    pub const fn envelope(&self) -> &Envelope {
        &self.envelope
    }

    /// Is the address among those who get it?
    pub fn reaches(&self, address: &EmailAddress) -> bool {
        self.envelope.recipients().contains(address)
    }
}
