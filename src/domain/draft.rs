//! A reply on its way out: editable, then reviewed by a person, then sealed. The types make the order compulsory.
//!
//! Owns the checks before sending. It never sends and never formats MIME.

use super::{
    address::NamedAddress,
    id::{DraftId, MatterId, MessageKey, ThreadId},
    matter::Role,
    message::MessageId,
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
