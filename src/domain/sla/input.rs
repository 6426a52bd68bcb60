//! What the fold is told: the messages of one thread as far as clocks care, and the marks people made.
//!
//! Owns these shapes. They hold no words of a message; who is a principal and who a stranger was decided before.

use std::{collections::BTreeSet, fmt};

use jiff::{Timestamp, civil::Date};

use super::TextFacts;
use crate::domain::{
    address::EmailAddress,
    confidential::Confidential,
    id::{MessageKey, PartyId},
    message::{Direction, MessageId, Origin},
};

/// Someone to whom an answer is owed. Joint clients are several.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Principal {
    /// A party that the office knows.
    Party(PartyId),
    /// Someone who wrote from this address and is not known yet.
    Address(EmailAddress),
}

/// The SHA-256 of a message's normalised body: with the Message-ID it tells a copy from another message.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BodyHash(pub [u8; 32]);

impl fmt::Debug for BodyHash {
    /// Redacted: whoever guesses a body can confirm the guess with its hash.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("‹body hash›")
    }
}

/// How much of an answer an outbound message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Substance {
    /// Says only that the message has arrived.
    Ack,
    /// Answers a part; the reply clock runs on.
    Partial,
    /// An acknowledgement that names the date by which the answer will come.
    Holding(Date),
    /// Answers.
    Full,
}

/// How far an outbound message got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Delivery {
    /// Queued, scheduled, in the undo window, deferred, failed or refused: it stops nothing.
    NotYet,
    /// A relay accepted it, or it was seen in Sent.
    Accepted,
}

/// Who in the office wrote an outbound message, in rising order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Author {
    /// Someone of the lawyer's staff.
    Staff,
    /// A lawyer.
    Lawyer,
    /// The lawyer responsible for the matter.
    Responsible,
}

/// A recipient of an outbound message.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Addressee {
    /// The address in the envelope.
    pub address: EmailAddress,
    /// The principal who reads there; `None` for anyone who is not on the client's side.
    pub principal: Option<Principal>,
}

/// One stored message as clocks see it. Copies of one message may all be given: they are folded into one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClockMessage {
    /// Its key in the record.
    pub key: MessageKey,
    /// Its Message-ID. Without one, every copy counts as a message of its own.
    pub message_id: Option<MessageId>,
    /// The message of which it is known to be another copy, although a relay gave it another Message-ID (Outlook does).
    pub copy_of: Option<MessageKey>,
    /// The hash of its body.
    pub body: BodyHash,
    /// Received-at or sent-at of design 4.3.
    pub at: Timestamp,
    /// Which way it went.
    pub direction: Direction,
    /// Who or what wrote it.
    pub origin: Origin,
    /// The message that it says it answers (`In-Reply-To`).
    pub parent: Option<MessageId>,
    /// Inbound: those for whom it waits. Empty for opponents, courts and strangers who start no clock.
    pub principals: Vec<Principal>,
    /// Outbound: the whole envelope (To, Cc and Bcc).
    pub recipients: Vec<Addressee>,
    /// Outbound: how much of an answer it is.
    pub substance: Substance,
    /// Outbound: how far it got.
    pub delivery: Delivery,
    /// Outbound: who wrote it.
    pub author: Author,
    /// Outbound: it was not sent by matterbox but seen in a Sent mailbox.
    pub observed: bool,
    /// Inbound: facts about its words.
    pub text: TextFacts,
    /// Inbound: a client wrote it to a colleague, who passed it on.
    pub indirect: bool,
    /// Inbound: spam, or an imitation of someone the office knows. It starts no clock.
    pub suspect: bool,
}

impl ClockMessage {
    /// A person's message from outside, for which `principals` wait.
    pub fn inbound(key: MessageKey, at: Timestamp, principals: Vec<Principal>) -> Self {
        Self { direction: Direction::Inbound, principals, ..Self::bare(key, at) }
    }

    /// A person's accepted answer in substance.
    pub fn outbound(key: MessageKey, at: Timestamp, recipients: Vec<Addressee>) -> Self {
        Self { recipients, ..Self::bare(key, at) }
    }

    fn bare(key: MessageKey, at: Timestamp) -> Self {
        Self {
            key,
            message_id: None,
            copy_of: None,
            body: BodyHash([0; 32]),
            at,
            direction: Direction::Outbound,
            origin: Origin::Person,
            parent: None,
            principals: Vec::new(),
            recipients: Vec::new(),
            substance: Substance::Full,
            delivery: Delivery::Accepted,
            author: Author::Responsible,
            observed: false,
            text: TextFacts::default(),
            indirect: false,
            suspect: false,
        }
    }
}

/// A call, a meeting or a text outside e-mail, logged with a summary.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Contact {
    at: Timestamp,
    principals: BTreeSet<Principal>,
    substance: Substance,
}

/// A contact without a summary proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a logged contact needs a summary of what was said")]
pub struct SummaryMissing;

impl Contact {
    /// A contact with these principals at `at`, which may lie in the past. The summary is looked at, not kept.
    pub fn new(
        at: Timestamp,
        principals: BTreeSet<Principal>,
        substance: Substance,
        summary: &str,
    ) -> Result<Self, SummaryMissing> {
        if summary.trim().is_empty() {
            return Err(SummaryMissing);
        }
        Ok(Self { at, principals, substance })
    }

    /// When it took place.
    pub const fn at(&self) -> Timestamp {
        self.at
    }

    /// With whom.
    pub const fn principals(&self) -> &BTreeSet<Principal> {
        &self.principals
    }

    /// How much of an answer it was.
    pub const fn substance(&self) -> Substance {
        self.substance
    }
}

/// What a person said about the clocks of a thread.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mark {
    /// These messages need no answer. It names messages, so that one that comes in later is never dismissed unseen.
    Dismissed {
        /// When it was said.
        at: Timestamp,
        /// The messages that were on the screen then.
        messages: BTreeSet<MessageKey>,
        /// Why.
        reason: Confidential<String>,
    },
    /// The client was spoken to.
    Contact(Contact),
}
