//! Clocks that belong to no turn: promises, updates, developments, awaited answers, triage, verification, incidents.
//!
//! Owns their shape: to what such a clock belongs, since when it runs, when it is due, how it ended and why it is there.
//! Deadlines have the same shape; their instants are computed elsewhere.

use std::{collections::BTreeSet, fmt, str::FromStr};

use jiff::{Timestamp, civil::Date};

use super::{Clock, ClockKind, Outcome, Principal, Running, Standing, StoppedBy};
use crate::domain::{
    confidential::Confidential,
    id::{MatterId, MessageKey},
};

/// To what a clock belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// The thread: a promise made by hand (the row of its mark), or an answer that we await (`None`).
    Thread(Option<i64>),
    /// One message: its triage.
    Message(MessageKey),
    /// A client of this matter: the next update.
    Matter(MatterId),
    /// The message that brought a development.
    Development(MessageKey),
    /// The message that brought an instruction, or that imitates someone.
    Instruction(MessageKey),
    /// An incident, by the row of its mark.
    Incident(i64),
    /// A legal time limit of a matter, by its row.
    Limit(i64),
}

impl Scope {
    /// What kind of thing it is: `thread`, `message`, `matter`, `development`, `instruction`, `incident`, `deadline`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Thread(_) => "thread",
            Self::Message(_) => "message",
            Self::Matter(_) => "matter",
            Self::Development(_) => "development",
            Self::Instruction(_) => "instruction",
            Self::Incident(_) => "incident",
            Self::Limit(_) => "deadline",
        }
    }

    /// The row that it names; 0 for the thread itself.
    const fn row(self) -> i64 {
        match self {
            Self::Thread(row) => match row {
                Some(row) => row,
                None => 0,
            },
            Self::Message(key) | Self::Development(key) | Self::Instruction(key) => key.get(),
            Self::Matter(matter) => matter.get(),
            Self::Incident(row) | Self::Limit(row) => row,
        }
    }
}

impl fmt::Display for Scope {
    /// `development:17`: as the record names it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.word(), self.row())
    }
}

/// A text is not the name of a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the scope of a clock")]
pub struct ScopeError;

impl FromStr for Scope {
    type Err = ScopeError;

    fn from_str(text: &str) -> Result<Self, ScopeError> {
        let (word, row) = text.split_once(':').ok_or(ScopeError)?;
        let row: i64 = row.parse().map_err(|_| ScopeError)?;
        let key = MessageKey::new(row);
        match word {
            "thread" => Ok(Self::Thread((row != 0).then_some(row))),
            "message" => Ok(Self::Message(key)),
            "matter" => Ok(Self::Matter(MatterId::new(row))),
            "development" => Ok(Self::Development(key)),
            "instruction" => Ok(Self::Instruction(key)),
            "incident" => Ok(Self::Incident(row)),
            "deadline" => Ok(Self::Limit(row)),
            _ => Err(ScopeError),
        }
    }
}

/// What kind of event the client must hear of (design 6.1, F-DEV).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DevelopmentKind {
    /// A date before a court.
    CourtDate,
    /// An order or a judgment.
    Order,
    /// New evidence.
    NewEvidence,
    /// The procedure changed.
    ProceduralChange,
    /// An offer: the client decides, so it hears of it soonest.
    Offer,
    /// A time limit moved.
    DeadlineChange,
    /// Something went against the client.
    AdverseEvent,
    /// It will cost more, or less.
    CostChange,
}

impl DevelopmentKind {
    /// Every kind.
    pub const ALL: [Self; 8] = [
        Self::CourtDate,
        Self::Order,
        Self::NewEvidence,
        Self::ProceduralChange,
        Self::Offer,
        Self::DeadlineChange,
        Self::AdverseEvent,
        Self::CostChange,
    ];

    /// Its word in the record and on the command line.
    pub const fn word(self) -> &'static str {
        match self {
            Self::CourtDate => "court_date",
            Self::Order => "order",
            Self::NewEvidence => "new_evidence",
            Self::ProceduralChange => "procedural_change",
            Self::Offer => "offer",
            Self::DeadlineChange => "deadline_change",
            Self::AdverseEvent => "adverse_event",
            Self::CostChange => "cost_change",
        }
    }

    /// Its name for people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::CourtDate => "court date",
            Self::Order => "order",
            Self::NewEvidence => "new evidence",
            Self::ProceduralChange => "change of procedure",
            Self::Offer => "offer",
            Self::DeadlineChange => "change of a deadline",
            Self::AdverseEvent => "adverse event",
            Self::CostChange => "change of costs",
        }
    }
}

/// A text is not the name of a kind of development.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a development is a court_date, order, new_evidence, procedural_change, offer, deadline_change, adverse_event or \
     cost_change"
)]
pub struct DevelopmentKindError;

impl FromStr for DevelopmentKind {
    type Err = DevelopmentKindError;

    fn from_str(text: &str) -> Result<Self, DevelopmentKindError> {
        let plain = text.trim().to_lowercase().replace([' ', '-'], "_");
        let found = Self::ALL.into_iter().find(|kind| kind.word() == plain);
        found.ok_or(DevelopmentKindError)
    }
}

/// Why such a clock runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// We named this day.
    Promised(Date),
    /// We last told the client then how the matter stands.
    LastUpdate(Timestamp),
    /// Something happened that the client must hear of.
    Development(DevelopmentKind),
    /// We asked the client something; an automatic answer said when they are back.
    Asked {
        /// The day of their return.
        returns: Option<Date>,
    },
    /// An inbound message is in no matter.
    NoMatter,
    /// The sender imitates someone whom the office knows.
    Imitation,
    /// A person marked an instruction about money or identity.
    Instruction,
    /// A person opened an incident.
    Incident,
}

impl Why {
    /// The reason in a few words, without words of a client.
    pub fn sentence(&self) -> String {
        let day = |date: &Date| date.strftime("%a %-d %b").to_string();
        match self {
            Self::Promised(date) => format!("promised for {}", day(date)),
            Self::LastUpdate(_) => "no update since".to_owned(),
            Self::Development(kind) => format!("{}: the client must hear of it", kind.name()),
            Self::Asked { returns: None } => "we asked the client".to_owned(),
            Self::Asked { returns: Some(date) } => {
                format!("we asked the client, who is back on {}", day(date))
            }
            Self::NoMatter => "in no matter yet".to_owned(),
            Self::Imitation => "the sender imitates someone you know".to_owned(),
            Self::Instruction => "an instruction to verify".to_owned(),
            Self::Incident => "an incident is open".to_owned(),
        }
    }
}

/// One clock that belongs to no turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Obligation {
    /// To what it belongs.
    pub scope: Scope,
    /// Which clock.
    pub kind: ClockKind,
    /// Whom it concerns; `None` where it is owed to nobody in particular.
    pub principal: Option<Principal>,
    /// The message with which it began, where there is one.
    pub message: Option<MessageKey>,
    /// Since when it runs.
    pub started: Timestamp,
    /// When it is due and how it ended.
    pub clock: Clock,
    /// Why it is there.
    pub why: Why,
}

impl Obligation {
    /// Where it stands at `now`.
    pub fn standing(&self, now: Timestamp) -> Standing {
        self.clock.standing(now)
    }

    /// Its countdown, while nothing has stopped it.
    pub fn running(&self) -> Option<Running> {
        matches!(self.clock.outcome, Outcome::Open).then_some(Running {
            clock: self.kind,
            started: self.started,
            due: self.clock.due,
        })
    }
}

/// What people recorded from which such clocks are made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DutyMark {
    /// This message brought something that the clients must hear of.
    Development {
        /// The message.
        message: MessageKey,
        /// What it brought.
        kind: DevelopmentKind,
    },
    /// These clients were told of the development that this message brought.
    Told {
        /// The message that brought it.
        message: MessageKey,
        /// Who was told.
        principals: BTreeSet<Principal>,
        /// When.
        at: Timestamp,
        /// By what.
        by: StoppedBy,
    },
    /// We named a day, by hand.
    Promise {
        /// The mark's row.
        id: i64,
        /// To whom, if to one person.
        principal: Option<Principal>,
        /// When.
        at: Timestamp,
        /// The day.
        date: Date,
    },
    /// A promise was kept.
    Kept {
        /// The mark of the promise.
        id: i64,
        /// When.
        at: Timestamp,
        /// By what.
        by: StoppedBy,
    },
    /// We wait for the client, a person says.
    Waiting {
        /// Since when.
        at: Timestamp,
        /// For whom.
        principals: BTreeSet<Principal>,
    },
    /// This message brings an instruction about money or identity.
    Instruction {
        /// The message.
        message: MessageKey,
    },
    /// What this message says was verified over a known channel.
    Verified {
        /// The message.
        message: MessageKey,
        /// When.
        at: Timestamp,
    },
    /// A breach was found.
    Incident {
        /// The mark's row.
        id: i64,
        /// The message of ours with which it began, if there is one.
        message: Option<MessageKey>,
        /// When it became known.
        at: Timestamp,
    },
    /// The incident was dealt with.
    Closed {
        /// The mark of the incident.
        id: i64,
        /// When.
        at: Timestamp,
        /// What was done.
        reason: Confidential<String>,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_scope_is_read_back() {
        let key = MessageKey::new(7);
        for scope in [
            Scope::Thread(None),
            Scope::Thread(Some(3)),
            Scope::Message(key),
            Scope::Matter(MatterId::new(9)),
            Scope::Development(key),
            Scope::Instruction(key),
            Scope::Incident(4),
            Scope::Limit(5),
        ] {
            assert_eq!(scope.to_string().parse(), Ok(scope));
        }
        assert!("".parse::<Scope>().is_err() && "matter:x".parse::<Scope>().is_err());
    }

    #[test]
    fn a_kind_of_development_is_read_as_people_type_it() {
        assert_eq!("Court date".parse(), Ok(DevelopmentKind::CourtDate));
        assert_eq!("new-evidence".parse(), Ok(DevelopmentKind::NewEvidence));
        for kind in DevelopmentKind::ALL {
            assert_eq!(kind.word().parse(), Ok(kind));
        }
        assert!("bill".parse::<DevelopmentKind>().is_err());
    }
}
