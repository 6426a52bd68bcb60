//! Response clocks: which ones there are, how a conversation folds into them, and how much time is left.
//!
//! Owns the semantics of design 4. Pure: no `now()`, no I/O; a clock is recomputed from the messages, never mutated.
//! When it is not sure, the clock runs.

mod classify;
mod countdown;
mod ending;
mod explain;
mod fold;
mod input;
mod journal;
mod policy;
mod prepare;
mod rules;
mod turn;

#[cfg(test)]
mod cases;
#[cfg(test)]
mod laws;

use jiff::Timestamp;

pub use classify::{TextFacts, observed_substance};
pub use countdown::{Countdown, CountdownState};
pub use explain::{duration_words, explain_count, explain_turn};
pub use fold::{Fold, fold};
pub use input::{
    Addressee, Author, BodyHash, ClockMessage, Contact, Delivery, Mark, Principal, Substance,
    SummaryMissing,
};
pub use journal::{JournalOutcome, Journalled, RetractedBecause, transitions};
pub use policy::{SlaPolicy, SubstantiveBy};
pub use turn::{Clock, NeverArrived, Outcome, Promise, Standing, Stop, StoppedBy, Turn, TurnFlags};

/// The clocks of design 4.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ClockKind {
    /// Acknowledge the first unanswered client message.
    Ack,
    /// Answer it in substance.
    Reply,
    /// Keep the date that a holding reply named.
    Promise,
}

impl ClockKind {
    /// The clock's word, on the screen and in JSON.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ack => "ack",
            Self::Reply => "reply",
            Self::Promise => "promise",
        }
    }
}

/// A running countdown: what is owed and by when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Running {
    /// Which clock.
    pub clock: ClockKind,
    /// The first unanswered client message arrived then.
    pub started: Timestamp,
    /// The last instant at which stopping it is `Met`.
    pub due: Timestamp,
}
