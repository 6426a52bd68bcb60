//! The journal of outcomes: what was said about a turn once, and what changed since.
//!
//! Owns the transitions Met, Missed, Deferred, Dismissed, Retracted. It adds entries and never takes one back: a
//! change of mind is an entry of its own.

use jiff::Timestamp;

use super::{ClockKind, Outcome, Principal, Standing, StoppedBy, Turn};
use crate::domain::id::MessageKey;

/// What the journal says about one clock of one turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum JournalOutcome {
    /// Stopped in time.
    Met,
    /// Not stopped in time.
    Missed,
    /// A holding reply moved it to a promised date.
    Deferred,
    /// A person said that no answer is needed.
    Dismissed,
    /// What was said before does not hold.
    Retracted(RetractedBecause),
}

impl JournalOutcome {
    const ALL: [Self; 8] = [
        Self::Met,
        Self::Missed,
        Self::Deferred,
        Self::Dismissed,
        Self::Retracted(RetractedBecause::Bounce),
        Self::Retracted(RetractedBecause::SentObserved),
        Self::Retracted(RetractedBecause::Attested),
        Self::Retracted(RetractedBecause::Recomputed),
    ];

    /// Reads what [`JournalOutcome::word`] gave.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.word() == word)
    }

    /// The word in the record and in JSON.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::Missed => "missed",
            Self::Deferred => "deferred_with_notice",
            Self::Dismissed => "dismissed",
            Self::Retracted(RetractedBecause::Bounce) => "retracted:bounce",
            Self::Retracted(RetractedBecause::SentObserved) => "retracted:sent_observed",
            Self::Retracted(RetractedBecause::Attested) => "retracted:attested",
            Self::Retracted(RetractedBecause::Recomputed) => "retracted:recomputed",
        }
    }
}

/// Why an outcome was retracted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RetractedBecause {
    /// Our message never arrived.
    Bounce,
    /// An answer that was sent elsewhere was found in Sent.
    SentObserved,
    /// A contact was logged afterwards.
    Attested,
    /// Messages, marks, the policy or the calendar are not what they were.
    Recomputed,
}

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Journalled {
    /// To whom the answer was owed.
    pub principal: Principal,
    /// A message of the turn: its first one when the entry was made.
    pub first: MessageKey,
    /// Which clock.
    pub clock: ClockKind,
    /// What is said.
    pub outcome: JournalOutcome,
    /// When it came true (the stop, the due that passed), or, for a retraction, was found out.
    pub at: Timestamp,
}

/// The entries to add so that the journal says what the turns say at `now`. `before` is the journal, oldest first.
pub fn transitions(before: &[Journalled], turns: &[Turn], now: Timestamp) -> Vec<Journalled> {
    // A retraction is not found out before what it retracts, whatever the system's clock says.
    let found = before.iter().map(|entry| entry.at).fold(now, Timestamp::max);
    let mut added = Vec::new();
    for turn in turns {
        for clock in [ClockKind::Ack, ClockKind::Reply, ClockKind::Promise] {
            let last = before.iter().rev().find(|entry| {
                entry.clock == clock
                    && entry.principal == turn.principal
                    && turn.messages.contains(&entry.first)
            });
            added.extend(transition(last, turn, clock, (now, found)));
        }
    }
    added
}

fn transition(
    last: Option<&Journalled>,
    turn: &Turn,
    clock: ClockKind,
    (now, found): (Timestamp, Timestamp),
) -> Vec<Journalled> {
    let Some(first) = turn.first() else { return Vec::new() };
    let said = last.map(|entry| entry.outcome).filter(|outcome| match outcome {
        JournalOutcome::Retracted(_) => false,
        JournalOutcome::Met
        | JournalOutcome::Missed
        | JournalOutcome::Deferred
        | JournalOutcome::Dismissed => true,
    });
    let holds = holds(turn, clock, now);
    if said == holds.map(|(outcome, _)| outcome) || last.is_some_and(|last| unmade(last, turn, now))
    {
        return Vec::new();
    }
    let entry =
        |outcome, at| Journalled { principal: turn.principal.clone(), first, clock, outcome, at };
    let retracted =
        said.map(|said| entry(JournalOutcome::Retracted(because(said, turn, clock)), found));
    retracted.into_iter().chain(holds.map(|(outcome, at)| entry(outcome, at))).collect()
}

/// Does only the hour say that a journalled miss is none? The same due still runs: the system's clock was set back, and
/// what has passed has passed.
fn unmade(last: &Journalled, turn: &Turn, now: Timestamp) -> bool {
    last.outcome == JournalOutcome::Missed
        && now <= last.at
        && turn
            .clock(last.clock)
            .is_some_and(|clock| clock.due == last.at && matches!(clock.outcome, Outcome::Open))
}

/// What the turn says about a clock at `now`, and since when; `None` while it runs in time.
fn holds(turn: &Turn, kind: ClockKind, now: Timestamp) -> Option<(JournalOutcome, Timestamp)> {
    // A promise that was broken stays broken, whatever was promised after it.
    let broken = turn
        .promises
        .iter()
        .map(|promise| &promise.clock)
        .find(|clock| kind == ClockKind::Promise && clock.standing(now) == Standing::Missed);
    let clock = broken.or(turn.clock(kind))?;
    match (clock.standing(now), &clock.outcome) {
        (Standing::Running, _) => None,
        (Standing::Missed, _) => Some((JournalOutcome::Missed, clock.due)),
        (Standing::Dismissed, Outcome::Dismissed { at, .. }) => {
            Some((JournalOutcome::Dismissed, *at))
        }
        (Standing::Deferred, _) => Some((JournalOutcome::Deferred, clock.stop()?.at)),
        (Standing::Met | Standing::Dismissed, _) => Some((JournalOutcome::Met, clock.stop()?.at)),
    }
}

fn because(said: JournalOutcome, turn: &Turn, kind: ClockKind) -> RetractedBecause {
    let stop = turn.clock(kind).and_then(super::Clock::stop);
    match (said, stop.map(|stop| stop.by)) {
        (JournalOutcome::Met | JournalOutcome::Deferred, _) if !turn.never_arrived.is_empty() => {
            RetractedBecause::Bounce
        }
        (JournalOutcome::Missed, Some(StoppedBy::Observed(_))) => RetractedBecause::SentObserved,
        (JournalOutcome::Missed, Some(StoppedBy::Attested)) => RetractedBecause::Attested,
        (
            JournalOutcome::Met
            | JournalOutcome::Missed
            | JournalOutcome::Deferred
            | JournalOutcome::Dismissed
            | JournalOutcome::Retracted(_),
            _,
        ) => RetractedBecause::Recomputed,
    }
}
