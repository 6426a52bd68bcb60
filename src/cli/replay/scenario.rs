//! The form of a scenario file: one conversation or several, as far as clocks care.
//!
//! Owns the grammar. What a value means, and that it fits the others, is decided by its reader; unknown keys are mistakes.

use std::collections::BTreeMap;

use jiff::{
    Timestamp,
    civil::{Date, DateTime},
};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, de::Error};

use crate::domain::address::EmailAddress;

/// A scenario: who waits, what was written when, what people said about it, and when to look.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// The form of this file; always 1.
    pub matterbox_scenario: u8,
    /// The calendar, in the form of `[calendar]` in sla.toml.
    pub calendar: serde_json::Value,
    /// The policy, in the form of a policy in sla.toml; the shipped one when left out.
    #[serde(default)]
    pub policy: Option<serde_json::Value>,
    /// The clients by name, each with the addresses they write from. Several wait each for an answer of their own. When left
    /// out, everyone who writes to the office waits.
    #[serde(default)]
    pub clients: Option<BTreeMap<String, Vec<Address>>>,
    /// The messages, in any order.
    pub messages: Vec<Message>,
    /// What people said about the clocks.
    #[serde(default)]
    pub marks: Vec<Mark>,
    /// The instant from which is looked.
    pub now: When,
}

/// A message.
#[derive(Debug, Deserialize, JsonSchema)]
#[allow(
    clippy::struct_excessive_bools,
    clippy::struct_field_names,
    reason = "the file's own names and switches"
)]
#[serde(deny_unknown_fields)]
pub struct Message {
    /// Its name in this file, unlike any other's.
    pub id: String,
    /// When it was received, or accepted by the relay.
    pub time: When,
    /// Which way it went.
    pub direction: Way,
    /// Who wrote it.
    pub from: Address,
    /// Everyone it went to, Cc and Bcc included.
    pub to: Vec<Address>,
    /// The conversation that it belongs to; all belong to one when left out.
    #[serde(default)]
    pub thread: String,
    /// The message that it says it answers, by its id in this file or its Message-ID.
    #[serde(default)]
    pub parent: Option<String>,
    /// Its Message-ID, where several messages bear the same one; its id when left out.
    #[serde(default)]
    pub message_id: Option<String>,
    /// Its words: two messages of one Message-ID are copies when they are the same. Also read for a courtesy.
    #[serde(default)]
    pub text: Option<String>,
    /// Something is attached.
    #[serde(default)]
    pub attachment: bool,
    /// Who or what wrote it.
    #[serde(default)]
    pub kind: Kind,
    /// Of a delivery report: what became of each recipient.
    #[serde(default)]
    pub reports: Vec<Report>,
    /// Of a delivery report: the message it is about, by its id in this file.
    #[serde(default)]
    pub about: Option<String>,
    /// Of ours: how much of an answer it is.
    #[serde(default)]
    pub substance: Substance,
    /// Of ours: how far it got.
    #[serde(default)]
    pub delivery: Delivery,
    /// Of ours: who wrote it.
    #[serde(default)]
    pub author: Author,
    /// Of ours: not sent by matterbox but seen in a Sent mailbox.
    #[serde(default)]
    pub observed: bool,
    /// A client wrote it to a colleague, who passed it on.
    #[serde(default)]
    pub indirect: bool,
    /// Spam, or an imitation of someone the office knows.
    #[serde(default)]
    pub suspect: bool,
}

/// Which way a message went.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    /// To the office.
    In,
    /// From the office.
    Out,
    /// Within the office.
    Internal,
}

/// Who or what wrote a message.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A person.
    #[default]
    Person,
    /// Perhaps a machine.
    Weak,
    /// An automatic answer.
    AutoReply,
    /// A delivery status notification.
    DeliveryReport,
    /// A read receipt.
    ReadReceipt,
    /// An invitation.
    Invitation,
    /// An answer to an invitation.
    InvitationReply,
}

/// What became of one recipient.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// The recipient.
    #[serde(default)]
    pub recipient: Option<Address>,
    /// What became of it.
    pub action: Action,
}

/// What became of a recipient (RFC 3464 §2.3.3).
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Could not be delivered.
    Failed,
    /// Not yet delivered.
    Delayed,
    /// Delivered.
    Delivered,
    /// Handed on.
    Relayed,
    /// Handed to a list.
    Expanded,
}

/// How much of an answer a message of ours is.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Substance {
    /// Says only that the message has arrived.
    Ack,
    /// Answers a part.
    Partial,
    /// Names the day by which the answer will come.
    #[schemars(with = "String")]
    Holding(Date),
    /// Answers.
    #[default]
    Full,
}

/// How far a message of ours got.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Delivery {
    /// Queued, scheduled, deferred, failed or refused.
    NotYet,
    /// A relay accepted it, or it was seen in Sent.
    #[default]
    Accepted,
}

/// Who in the office wrote a message.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Author {
    /// Someone of the lawyer's staff.
    Staff,
    /// A lawyer.
    Lawyer,
    /// The lawyer responsible for the matter.
    #[default]
    Responsible,
}

/// What a person said about the clocks of a conversation.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Mark {
    /// These messages need no answer.
    Dismissed {
        /// In which conversation; the one without a name when left out.
        #[serde(default)]
        thread: String,
        /// When.
        at: When,
        /// Which messages, by their ids in this file.
        messages: Vec<String>,
        /// Why.
        reason: String,
    },
    /// The client was spoken to.
    Contact {
        /// In which conversation; the one without a name when left out.
        #[serde(default)]
        thread: String,
        /// When.
        at: When,
        /// With whom, by an address of theirs.
        with: Vec<Address>,
        /// How much of an answer it was.
        #[serde(default)]
        substance: Substance,
        /// What was said.
        summary: String,
    },
}

/// An instant: RFC 3339 with its offset, or a civil time in the calendar's zone such as `2026-11-24T10:00`.
#[derive(Clone, Copy, Debug, JsonSchema)]
#[schemars(with = "String")]
pub enum When {
    /// With its offset.
    Instant(Timestamp),
    /// In the calendar's zone.
    Civil(DateTime),
}

impl<'de> Deserialize<'de> for When {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map(Self::Instant).or_else(|_| text.parse().map(Self::Civil)).map_err(|_| {
            D::Error::custom(format!(
                "{text:?} is not a time; write 2026-11-24T15:10, or 2026-11-24T15:10:00-05:00"
            ))
        })
    }
}

/// An address.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, JsonSchema)]
#[schemars(with = "String")]
pub struct Address(pub EmailAddress);

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        EmailAddress::parse(&text)
            .map(Self)
            .map_err(|_| D::Error::custom(format!("{text:?} is not an address")))
    }
}
