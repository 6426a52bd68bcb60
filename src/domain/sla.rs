//! Response clocks: which ones there are, how a conversation folds into them, and how much time is left.
//!
//! Owns the semantics of design 4. Pure: no `now()`, no I/O; a clock is recomputed, never mutated.

use jiff::Timestamp;

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
