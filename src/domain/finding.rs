//! What the checks before sending can find, how grave it is, and the sentence for it.
//!
//! Owns the list of findings. It never decides when one applies; that is [`review`](super::review).

use std::fmt;

use super::{address::EmailAddress, lookalike::Likeness};

/// How grave a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth a look; does not stop the send.
    Note,
    /// A person must confirm it with its own key.
    Confirm,
    /// The message cannot go like this.
    Block,
}

/// What was found. Its data is for the sentence and for tests.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Found {
    /// There is nobody to send to.
    NoRecipient,
    /// The address cannot be written in SMTP (local part over 64 octets, RFC 5321 §4.5.3.1.1).
    Unsendable(EmailAddress),
    /// The domain has no dot: probably something is missing.
    Incomplete(EmailAddress),
    /// More recipients than the limit.
    TooMany {
        /// How many.
        count: usize,
        /// The limit.
        limit: usize,
    },
    /// Many recipients, who will all see one another.
    Many(usize),
    /// A represented opponent, and their counsel is not on it.
    RepresentedAlone(EmailAddress),
    /// A represented opponent together with their counsel.
    Represented(EmailAddress),
    /// Someone of the other side together with a client.
    OpposingWithClient(EmailAddress),
    /// Someone of the other side, or a court, on a privileged conversation.
    OpposingOnPrivileged(EmailAddress),
    /// Takes no part in the matter, but in another one.
    OtherMatter {
        /// Who.
        address: EmailAddress,
        /// The other matter.
        matter: String,
    },
    /// Takes no part in the matter.
    NotOnMatter(EmailAddress),
    /// Was not on the message that is answered.
    NotInParent(EmailAddress),
    /// The office has never written to this address.
    FirstTime(EmailAddress),
    /// Looks like an address that the office knows.
    LookAlike {
        /// What stands there.
        address: EmailAddress,
        /// What it looks like.
        known: EmailAddress,
        /// In which way.
        how: Likeness,
    },
    /// The domain hides letters outside ASCII.
    HiddenLetters(EmailAddress),
    /// The name is that of someone the office knows, the address is not theirs.
    BorrowedName {
        /// The address.
        address: EmailAddress,
        /// The name.
        name: String,
    },
    /// `Reply-To` leads to another domain than `From`.
    ReplyToElsewhere {
        /// Where it leads.
        reply_to: EmailAddress,
        /// Is that address among the recipients?
        used: bool,
    },
    /// The text announces an attachment, there is none.
    NoAttachment {
        /// The announcing word.
        word: String,
    },
    /// There is no text.
    EmptyBody,
    /// There is no subject.
    EmptySubject,
    /// It belongs to no matter.
    NoMatter,
}

/// A finding: what, how grave, and the key with which it is confirmed.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Warning {
    /// How grave.
    pub severity: Severity,
    /// Identifies it between review and send. It names what was found, so that confirming it says nothing about
    /// another address.
    pub key: String,
    /// What was found.
    pub found: Found,
}

impl Warning {
    /// A person confirms it by typing the domain of the address, not by one key.
    pub const fn must_be_typed(&self) -> bool {
        matches!(
            self.found,
            Found::LookAlike { .. }
                | Found::HiddenLetters(_)
                | Found::BorrowedName { .. }
                | Found::OtherMatter { .. }
                | Found::OpposingOnPrivileged(_)
        )
    }
}

impl fmt::Debug for Warning {
    /// Redacted: keys and findings name people.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = self.key.split(':').next().unwrap_or_default();
        write!(f, "{:?} {kind}", self.severity)
    }
}

impl Found {
    /// In words, for the person who sends. Names people: not for a log; not yet safe for a terminal.
    pub fn sentence(&self) -> String {
        if let Some((who, rest)) = self.about_one() {
            return format!("{} {rest}", who.as_str());
        }
        match self {
            Self::NoRecipient => "There is no recipient. Add one.".to_owned(),
            Self::TooMany { count, limit } => format!(
                "There are {count} recipients, and the limit is {limit}. Send it in parts, or raise the limit in the settings."
            ),
            Self::Many(count) => {
                format!("It goes to {count} people. In To and Cc they see one another.")
            }
            Self::OtherMatter { address, matter } => {
                format!("{} belongs to another matter: {matter}.", address.as_str())
            }
            Self::LookAlike { address, known, how } => {
                format!(
                    "{} {} {}, which the office knows.",
                    address.as_str(),
                    how.words(),
                    known.as_str()
                )
            }
            Self::BorrowedName { address, name } => format!(
                "“{name}” is someone in this matter, but {} is not one of their addresses.",
                address.as_str()
            ),
            Self::NoAttachment { word } => {
                format!("The text says “{word}”, but nothing is attached.")
            }
            Self::EmptyBody => "There is no text.".to_owned(),
            Self::EmptySubject => "There is no subject.".to_owned(),
            Self::NoMatter => "It belongs to no matter.".to_owned(),
            Self::Unsendable(_)
            | Self::Incomplete(_)
            | Self::RepresentedAlone(_)
            | Self::Represented(_)
            | Self::OpposingWithClient(_)
            | Self::OpposingOnPrivileged(_)
            | Self::NotOnMatter(_)
            | Self::NotInParent(_)
            | Self::FirstTime(_)
            | Self::HiddenLetters(_)
            | Self::ReplyToElsewhere { .. } => String::new(),
        }
    }

    /// Findings whose sentence begins with one address.
    const fn about_one(&self) -> Option<(&EmailAddress, &'static str)> {
        Some(match self {
            Self::Unsendable(who) => (
                who,
                "cannot be sent to: the part before the @ is longer than mail allows. Correct it.",
            ),
            Self::Incomplete(who) => (who, "has no dot after the @. Is something missing?"),
            Self::RepresentedAlone(who) => (
                who,
                "is represented by counsel, who is not on this message. Write to counsel, or add them.",
            ),
            Self::Represented(who) => (who, "is represented. Has counsel agreed that you write?"),
            Self::OpposingWithClient(who) => {
                (who, "is on the other side, and a client is on this message too.")
            }
            Self::OpposingOnPrivileged(who) => {
                (who, "is outside the privilege, and this conversation is privileged.")
            }
            Self::NotOnMatter(who) => (who, "takes no part in this matter."),
            Self::NotInParent(who) => (who, "was not on the message that you answer."),
            Self::FirstTime(who) => (who, "has never had mail from the office."),
            Self::HiddenLetters(who) => {
                (who, "has letters outside ASCII in its domain, which can imitate others.")
            }
            Self::ReplyToElsewhere { reply_to, used: true } => {
                (reply_to, "gets the answer, and is in another domain than the sender.")
            }
            Self::ReplyToElsewhere { reply_to, used: false } => (
                reply_to,
                "is where the sender wants answers, another domain; it goes to the sender instead.",
            ),
            Self::NoRecipient
            | Self::TooMany { .. }
            | Self::Many(_)
            | Self::OtherMatter { .. }
            | Self::LookAlike { .. }
            | Self::BorrowedName { .. }
            | Self::NoAttachment { .. }
            | Self::EmptyBody
            | Self::EmptySubject
            | Self::NoMatter => return None,
        })
    }
}
