//! Response clocks: which ones there are, how a conversation folds into them, and how much time is left.
//!
//! Owns the semantics of design 4. Pure: no `now()`, no I/O; a clock is recomputed from the messages, never mutated.
//! When it is not sure, the clock runs.

mod agreement;
mod classify;
mod countdown;
mod duties;
mod ending;
mod explain;
mod fold;
mod input;
mod journal;
mod levels;
mod obligation;
mod policy;
mod prepare;
mod rules;
mod timeline;
mod turn;

#[cfg(test)]
mod cases;
#[cfg(test)]
mod laws;

use jiff::Timestamp;

pub use agreement::{AgreementError, agreement, read_agreement};
pub use classify::{TextFacts, observed_substance};
pub use countdown::{Countdown, CountdownState};
pub use duties::{DutyFacts, duties, snoozed_until, update};
pub use explain::{duration_words, explain_count, explain_turn};
pub use fold::{Fold, fold, fold_under};
pub use input::{
    Addressee, Author, BodyHash, ClockMessage, Contact, Delivery, Mark, Principal, Substance,
    SummaryMissing,
};
pub use journal::{JournalOutcome, Journalled, RetractedBecause, transitions};
pub use levels::{Field, FieldError, Level, Patch, Resolved, Says, loosened, resolve};
pub use obligation::{
    DevelopmentKind, DevelopmentKindError, DutyMark, Obligation, Scope, ScopeError, Why,
};
pub use policy::{SlaPolicy, SubstantiveBy};
pub use timeline::{DueChange, Policies, PolicyVersion, Timeline};
pub use turn::{Clock, NeverArrived, Outcome, Promise, Standing, Stop, StoppedBy, Turn, TurnFlags};

/// The clocks of design 4.2. The first three can belong to a turn; the others, and a promise that stands alone, belong to
/// a thread, a message, a matter and client, an instruction or an incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ClockKind {
    /// Acknowledge the first unanswered client message.
    Ack,
    /// Answer it in substance.
    Reply,
    /// Keep the date that we named.
    Promise,
    /// Tell the client how the matter stands, although nobody asked.
    Update,
    /// Tell the client of a development.
    Inform,
    /// The client owes us an answer: chase it.
    Await,
    /// Find the matter of an inbound message, or discard it.
    Triage,
    /// Verify an instruction about money or identity over a known channel.
    Verify,
    /// Report a breach: wall time, through nights and weekends.
    Incident,
    /// A legal time limit.
    Deadline,
}

impl ClockKind {
    /// Every clock, in the order of design 4.2.
    pub const ALL: [Self; 10] = [
        Self::Ack,
        Self::Reply,
        Self::Promise,
        Self::Update,
        Self::Inform,
        Self::Await,
        Self::Triage,
        Self::Verify,
        Self::Incident,
        Self::Deadline,
    ];

    /// Reads what [`ClockKind::word`] gave.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// The clock's word, on the screen and in JSON.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ack => "ack",
            Self::Reply => "reply",
            Self::Promise => "promise",
            Self::Update => "update",
            Self::Inform => "inform",
            Self::Await => "await",
            Self::Triage => "triage",
            Self::Verify => "verify",
            Self::Incident => "incident",
            Self::Deadline => "deadline",
        }
    }
}

/// A running countdown: what is owed and by when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Running {
    /// Which clock.
    pub clock: ClockKind,
    /// Since when: for a turn, when the first unanswered client message arrived.
    pub started: Timestamp,
    /// The last instant at which stopping it is `Met`.
    pub due: Timestamp,
}
