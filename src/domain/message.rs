//! A message as the rules see it: its headers decoded, its origin graded, its bytes elsewhere.
//!
//! Owns the facts that threading, tagging and clocks decide on. It never reads bytes (that is `mail`) and never
//! keeps a body.

use std::fmt;

use jiff::{Timestamp, civil::Date};

use super::address::{EmailAddress, NamedAddress};

/// A msg-id of RFC 5322 §3.6.4 without its angle brackets and without white space inside.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageId(String);

impl MessageId {
    /// Takes the text between the brackets. White space (from folding) is removed; empty gives `None`.
    pub fn new(text: &str) -> Option<Self> {
        let id: String = text.chars().filter(|c| !c.is_whitespace() && !c.is_control()).collect();
        let id = id.trim_start_matches('<').trim_end_matches('>');
        (!id.is_empty() && id.len() <= 998).then(|| Self(id.to_owned()))
    }

    /// The id without brackets.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "‹message-id {} B›", self.0.len())
    }
}

/// Which way a message went, seen from the office.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Direction {
    /// From outside to us.
    Inbound,
    /// From us to someone outside.
    Outbound,
    /// Between ourselves.
    Internal,
}

/// A sign that a machine may have sent a message; alone it proves nothing (design 4.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum WeakSignal {
    /// `List-Id`, `List-Unsubscribe` or `Precedence: list`.
    List,
    /// `Precedence: bulk` or `junk`.
    Bulk,
    /// The local part is `no-reply`, `noreply`, `donotreply` or the like.
    NoReply,
    /// `X-Auto-Response-Suppress`.
    ResponseSuppressed,
}

/// What became of one recipient, by a delivery status notification (RFC 3464).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryStatus {
    /// `Final-Recipient`, or `Original-Recipient` where that is given.
    pub recipient: Option<EmailAddress>,
    /// `Action`.
    pub action: DeliveryAction,
}

/// The `Action` field of RFC 3464 §2.3.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DeliveryAction {
    /// Could not be delivered.
    Failed,
    /// Not yet delivered.
    Delayed,
    /// Delivered.
    Delivered,
    /// Handed to a system that sends no notifications.
    Relayed,
    /// Delivered to a list that forwards it.
    Expanded,
}

/// Who or what wrote a message (design 4.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A person, as far as can be told.
    Person,
    /// Perhaps a machine: from a known client it still starts the clock, flagged `auto?`.
    Weak(WeakSignal),
    /// An automatic answer (`Auto-Submitted` other than `no`, or a vacation notice).
    AutoReply {
        /// The day on which the sender says to be back.
        returns: Option<Date>,
    },
    /// A delivery status notification.
    DeliveryReport {
        /// Per recipient.
        statuses: Vec<DeliveryStatus>,
        /// The Message-ID of the message that it reports on.
        about: Option<MessageId>,
    },
    /// A message disposition notification (RFC 8098).
    ReadReceipt,
    /// An invitation (`METHOD:REQUEST`): a person asks for our time.
    Invitation,
    /// An answer to an invitation (`METHOD:REPLY`).
    InvitationReply,
}

/// The headers that the rules use, decoded. Texts are as the sender wrote them: not yet safe for a terminal.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Headers {
    /// `Message-ID`.
    pub message_id: Option<MessageId>,
    /// Other ids that this message went by (`X-Microsoft-Original-Message-ID`).
    pub alias_ids: Vec<MessageId>,
    /// `In-Reply-To`, in the order given.
    pub in_reply_to: Vec<MessageId>,
    /// `References`, oldest first.
    pub references: Vec<MessageId>,
    /// `Subject`.
    pub subject: String,
    /// `From`.
    pub from: Vec<NamedAddress>,
    /// `Sender`.
    pub sender: Option<NamedAddress>,
    /// `Reply-To`.
    pub reply_to: Vec<NamedAddress>,
    /// `To`.
    pub to: Vec<NamedAddress>,
    /// `Cc`.
    pub cc: Vec<NamedAddress>,
    /// `Bcc`, which only our own copies carry.
    pub bcc: Vec<NamedAddress>,
    /// `Date`, which the sender controls; `None` where it is missing or unreadable.
    pub date: Option<Timestamp>,
    /// The time in the topmost `Received`.
    pub received: Option<Timestamp>,
}

impl Headers {
    /// Everyone it was addressed to: To, Cc and Bcc.
    pub fn recipients(&self) -> impl Iterator<Item = &NamedAddress> {
        self.to.iter().chain(&self.cc).chain(&self.bcc)
    }
}

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Headers").field("date", &self.date).finish_non_exhaustive()
    }
}

/// The system flags of RFC 3501 §2.3.2 that matterbox uses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "independent flags, as the protocol has them")]
pub struct Flags {
    /// `\Seen`.
    pub seen: bool,
    /// `\Answered`.
    pub answered: bool,
    /// `\Flagged`. Kept as the server says it; the star is a mark of our own, with a way back.
    pub flagged: bool,
    /// `$Forwarded` (RFC 5788), where the server keeps such words.
    pub forwarded: bool,
    /// `\Draft`.
    pub draft: bool,
    /// `\Deleted`.
    pub deleted: bool,
}
