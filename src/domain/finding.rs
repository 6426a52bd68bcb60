//! What the checks before sending can find, how grave it is, and the sentence for it.
//!
//! Owns the list of findings. It never decides when one applies; that is [`review`](super::review).

use std::{collections::BTreeSet, fmt};

use jiff::civil::Date;

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
    /// Someone outside the relation of lawyer and client on a message that carries its label.
    ThirdPartyOnPrivileged(EmailAddress),
    /// A client gets it, the conversation is privileged, and the message carries no label.
    LabelMissing,
    /// The day by which it promises the answer is over.
    PromisePast {
        /// The day.
        day: Date,
    },
    /// The day by which it promises the answer is later than the policy allows: the reply clock runs on.
    PromiseTooFar {
        /// The day.
        day: Date,
        /// The last day that would count.
        last: Date,
    },
    /// It is marked as promising the answer by a day that its text does not name.
    PromiseUnsaid {
        /// The day.
        day: Date,
    },
    /// Its text promises something by this day, and it is not marked as promising the answer.
    PromiseUncounted {
        /// The day.
        day: Date,
        /// It goes out as the answer, after which no clock runs; else as an acknowledgement.
        ends: bool,
    },
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
    /// An attachment has no bytes.
    EmptyFile {
        /// Its name.
        name: String,
    },
    /// With its attachments it is larger than the office lets a message be.
    TooLarge {
        /// Octets on the wire, about.
        size: u64,
        /// The limit.
        limit: u64,
    },
    /// So large that some mail servers refuse it.
    Large {
        /// Octets on the wire, about.
        size: u64,
    },
    /// There is no text.
    EmptyBody,
    /// It is passed on without a word of one's own.
    BareForward,
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
    /// What a person types to confirm it; `None` when its own key is enough.
    pub word: Option<String>,
}

/// Typed where a domain has letters that are on no keyboard of the office.
const HIDDEN: &str = "hidden letters";

impl Warning {
    /// A finding, with the word that it takes. `number` is that of the draft's matter.
    pub(super) fn new(severity: Severity, key: String, found: Found, number: Option<&str>) -> Self {
        let word = found.word(number);
        Self { severity, key, found, word }
    }

    /// A person confirms it by typing a word, not by one key.
    pub const fn must_be_typed(&self) -> bool {
        self.word.is_some()
    }

    /// What stands for a confirmation of this finding with what was typed; `None` when that is not the word. Where no
    /// word is asked for, whatever was typed does.
    pub fn answer(&self, typed: &str) -> Option<String> {
        answer(&self.key, self.word.as_deref(), typed)
    }

    /// What stands for a confirmation by someone who has typed what is asked for.
    pub fn answered(&self) -> String {
        self.answer(self.word.as_deref().unwrap_or_default()).unwrap_or_else(|| self.key.clone())
    }

    /// Is there a confirmation of it among these?
    pub fn is_answered(&self, confirmed: &BTreeSet<String>) -> bool {
        is_answered(&self.key, self.word.as_deref(), confirmed)
    }
}

/// What confirms the finding of this key: the key, and the word after `=` where one must be typed.
pub fn answer(key: &str, word: Option<&str>, typed: &str) -> Option<String> {
    match word {
        None => Some(key.to_owned()),
        Some(word) => is_same(word, typed).then(|| format!("{key}={word}")),
    }
}

/// Is the finding of this key confirmed? See [`answer`].
pub fn is_answered(key: &str, word: Option<&str>, confirmed: &BTreeSet<String>) -> bool {
    let Some(word) = word else { return confirmed.contains(key) };
    confirmed
        .iter()
        .filter_map(|given| given.strip_prefix(key)?.strip_prefix('='))
        .any(|typed| is_same(word, typed))
}

/// Case and space around it do not matter; every letter does.
fn is_same(word: &str, typed: &str) -> bool {
    typed.trim().to_lowercase() == word.to_lowercase()
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
    #[allow(clippy::too_many_lines, reason = "a table: one sentence for each finding")]
    pub fn sentence(&self) -> String {
        if let Some((who, rest)) = self.fixed() {
            return who.map_or_else(|| rest.to_owned(), |who| format!("{} {rest}", who.as_str()));
        }
        match self {
            Self::TooMany { count, limit } => format!(
                "There are {count} recipients, and the limit is {limit}. Send it in parts, or raise the limit in the settings."
            ),
            Self::Many(count) => {
                format!("It goes to {count} people. In To and Cc they see one another.")
            }
            Self::OtherMatter { address, matter } => {
                format!("{} belongs to another matter, {matter}.", address.as_str())
            }
            Self::LookAlike { address, known, how } => {
                let (one, other) = (address.as_str(), known.as_str());
                format!("{one} {} {other}, which the office knows.", how.words())
            }
            Self::BorrowedName { address, name } => format!(
                "“{name}” is someone in this matter, but {} is not one of their addresses.",
                address.as_str()
            ),
            Self::NoAttachment { word } => {
                format!("The text says “{word}”, but nothing is attached.")
            }
            Self::EmptyFile { name } => format!("The attachment {name} is empty."),
            Self::TooLarge { size, limit } => format!(
                "With its attachments it has {}, and the limit is {}. Take a file off, or raise limits.outgoing_bytes in the settings.",
                bytes(*size),
                bytes(*limit)
            ),
            Self::Large { size } => {
                format!("It has {}: some mail servers take no more than 10 MB.", bytes(*size))
            }
            Self::PromisePast { day } => {
                format!("It promises the answer by {}, which is over. Choose a day.", date(*day))
            }
            Self::PromiseTooFar { day, last } => {
                let (day, last) = (date(*day), date(*last));
                format!(
                    "It promises the answer by {day}, and the last day that counts is {last}. The reply clock runs on."
                )
            }
            Self::PromiseUnsaid { day } => {
                format!("It promises the answer by {}, and its text does not say so.", date(*day))
            }
            Self::PromiseUncounted { day, ends: true } => format!(
                "Its text promises something by {}, but as the answer it stops every clock. Go back and promise the \
                 day, or confirm that nothing more is owed.",
                date(*day)
            ),
            Self::PromiseUncounted { day, ends: false } => format!(
                "Its text promises something by {}: only a promised day moves the reply clock to it.",
                date(*day)
            ),
            Self::NoRecipient
            | Self::EmptyBody
            | Self::BareForward
            | Self::LabelMissing
            | Self::EmptySubject
            | Self::NoMatter
            | Self::Unsendable(_)
            | Self::Incomplete(_)
            | Self::RepresentedAlone(_)
            | Self::Represented(_)
            | Self::OpposingWithClient(_)
            | Self::OpposingOnPrivileged(_)
            | Self::ThirdPartyOnPrivileged(_)
            | Self::NotOnMatter(_)
            | Self::NotInParent(_)
            | Self::FirstTime(_)
            | Self::HiddenLetters(_)
            | Self::ReplyToElsewhere { .. } => String::new(),
        }
    }

    /// Findings whose words are always the same, but for the address with which they may begin.
    fn fixed(&self) -> Option<(Option<&EmailAddress>, &'static str)> {
        let alone = |words| Some((None, words));
        let (who, words) = match self {
            Self::NoRecipient => return alone("There is no recipient. Add one."),
            Self::EmptyBody => return alone("There is no text."),
            Self::BareForward => return alone("You pass it on without a word of your own."),
            Self::LabelMissing => {
                return alone("This conversation is privileged, and the message has no label.");
            }
            Self::EmptySubject => return alone("There is no subject."),
            Self::NoMatter => return alone("It belongs to no matter."),
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
            Self::ThirdPartyOnPrivileged(who) => (
                who,
                "is neither client nor counsel: a message labelled AC may lose its privilege.",
            ),
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
            Self::TooMany { .. }
            | Self::Many(_)
            | Self::OtherMatter { .. }
            | Self::LookAlike { .. }
            | Self::BorrowedName { .. }
            | Self::NoAttachment { .. }
            | Self::EmptyFile { .. }
            | Self::TooLarge { .. }
            | Self::Large { .. }
            | Self::PromisePast { .. }
            | Self::PromiseTooFar { .. }
            | Self::PromiseUnsaid { .. }
            | Self::PromiseUncounted { .. } => return None,
        };
        Some((Some(who), words))
    }

    /// What a person types to confirm it: the matter's number where the question is whether this belongs there, the
    /// domain of the address where the question is whose address it is (design 6.12.1).
    fn word(&self, number: Option<&str>) -> Option<String> {
        match self {
            Self::OpposingOnPrivileged(who) | Self::OtherMatter { address: who, .. } => {
                Some(number.map_or_else(|| domain(who), str::to_owned))
            }
            Self::LookAlike { address, .. } | Self::BorrowedName { address, .. } => {
                Some(domain(address))
            }
            Self::HiddenLetters(address) => Some(domain(address)),
            Self::NoRecipient
            | Self::Unsendable(_)
            | Self::Incomplete(_)
            | Self::TooMany { .. }
            | Self::Many(_)
            | Self::RepresentedAlone(_)
            | Self::Represented(_)
            | Self::OpposingWithClient(_)
            | Self::ThirdPartyOnPrivileged(_)
            | Self::LabelMissing
            | Self::PromisePast { .. }
            | Self::PromiseTooFar { .. }
            | Self::PromiseUnsaid { .. }
            | Self::PromiseUncounted { .. }
            | Self::NotOnMatter(_)
            | Self::NotInParent(_)
            | Self::FirstTime(_)
            | Self::ReplyToElsewhere { .. }
            | Self::NoAttachment { .. }
            | Self::EmptyFile { .. }
            | Self::TooLarge { .. }
            | Self::Large { .. }
            | Self::EmptyBody
            | Self::BareForward
            | Self::EmptySubject
            | Self::NoMatter => None,
        }
    }
}

/// The domain as it is typed.
fn domain(address: &EmailAddress) -> String {
    let domain = address.domain().to_lowercase();
    if domain.is_ascii() { domain } else { HIDDEN.to_owned() }
}

/// `Tue 1 Dec`: a day as the screen and the findings write it.
pub fn date(day: Date) -> String {
    day.strftime("%a %-d %b").to_string()
}

/// A size in words: `312 B`, `48 kB`, `1.3 MB` (1 kB is 1,024 bytes).
pub fn bytes(size: u64) -> String {
    let tenths = size.saturating_mul(10).saturating_add(1 << 19) >> 20;
    match size {
        0..1024 => format!("{size} B"),
        1024..1_000_000 => format!("{} kB", size.saturating_add(512) >> 10),
        _ if tenths < 100 => format!("{}.{} MB", tenths.div_euclid(10), tenths.rem_euclid(10)),
        _ => format!("{} MB", tenths.saturating_add(5).div_euclid(10)),
    }
}
