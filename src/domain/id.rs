//! Identity: one type per kind of thing, so that a thread can never be passed where a matter is meant.
//!
//! Owns the row identities of the record. They are never reused (`AUTOINCREMENT`) and never shown to
//! people; a matter's public name is its [`MatterNumber`](super::matter::MatterNumber).

use std::fmt;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(i64);

        impl $name {
            /// Wraps a row id of the record.
            pub const fn new(row: i64) -> Self {
                Self(row)
            }

            /// The row id, for the store and for JSON.
            pub const fn get(self) -> i64 {
                self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}", self.0)
            }
        }
    )+};
}

ids! {
    /// A mail account of the office.
    AccountId,
    /// A version of a draft in an account's Drafts folder.
    DraftCopyId,
    /// A mailbox (folder) of an account, over all its UIDVALIDITY generations.
    MailboxId,
    /// A stored message. Ours, not the server's: one message may have many locations.
    MessageKey,
    /// A conversation.
    ThreadId,
    /// A matter: one engagement on one subject.
    MatterId,
    /// A party: a client, an opponent, a court, a colleague.
    PartyId,
    /// A draft that is being written.
    DraftId,
    /// A row of the outbox.
    OutboxId,
    /// Something that is to happen at a mail server.
    OperationId,
    /// An attachment of a stored message.
    AttachmentId,
}
