//! A turn: the stretch from a client's first unanswered message to our answer, with its clocks and their outcomes.
//!
//! Owns the results of the fold. Nothing here depends on `now` except [`Clock::standing`].

use jiff::{SignedDuration, Timestamp, civil::Date};

use super::{ClockKind, DueChange, Principal, Running};
use crate::domain::{calendar::WorkCalendar, confidential::Confidential, id::MessageKey};

/// What stopped a clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stop {
    /// When.
    pub at: Timestamp,
    /// What.
    pub by: StoppedBy,
}

/// What can stop a clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StoppedBy {
    /// A message that matterbox sent.
    Sent(MessageKey),
    /// A message that was seen in a Sent mailbox.
    Observed(MessageKey),
    /// A logged contact: attested by a person, not by a message.
    Attested,
    /// What a client wrote: it ends our waiting for it.
    Received(MessageKey),
    /// What a person recorded: a matter that was chosen, a verification, an incident that was closed.
    Recorded,
}

/// How a clock ended, or that it has not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing stopped it yet.
    Open,
    /// Stopped at or before its due.
    Met(Stop),
    /// Stopped after its due.
    Late(Stop),
    /// A holding reply in time moved it to a promised date (`deferred_with_notice`).
    Deferred(Stop),
    /// A person said that no answer is needed.
    Dismissed {
        /// When.
        at: Timestamp,
        /// Why.
        reason: Confidential<String>,
    },
}

/// Where a clock stands at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// Runs, and its due is not over.
    Running,
    /// Stopped in time. Exactly at the due is in time.
    Met,
    /// Not stopped in time.
    Missed,
    /// Moved to a promised date, in time.
    Deferred,
    /// Dismissed.
    Dismissed,
}

/// One clock of a turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clock {
    /// The last instant at which stopping it is `Met`.
    pub due: Timestamp,
    /// How it ended.
    pub outcome: Outcome,
    /// The policy changed while it ran, and moved its due.
    pub changed: Option<DueChange>,
}

impl Clock {
    /// Is it missed at `now` only because the policy became tighter while it ran?
    pub fn is_policy_induced(&self, now: Timestamp) -> bool {
        self.changed.is_some_and(|change| change.induced(self.due, self.stop(), now))
    }

    /// Where it stands at `now`.
    pub fn standing(&self, now: Timestamp) -> Standing {
        match self.outcome {
            Outcome::Open if now > self.due => Standing::Missed,
            Outcome::Open => Standing::Running,
            Outcome::Met(_) => Standing::Met,
            Outcome::Late(_) => Standing::Missed,
            Outcome::Deferred(_) => Standing::Deferred,
            Outcome::Dismissed { .. } => Standing::Dismissed,
        }
    }

    /// What stopped it, if something did.
    pub const fn stop(&self) -> Option<Stop> {
        match &self.outcome {
            Outcome::Met(stop) | Outcome::Late(stop) | Outcome::Deferred(stop) => Some(*stop),
            Outcome::Open | Outcome::Dismissed { .. } => None,
        }
    }

    /// One that nothing has stopped.
    pub const fn open(due: Timestamp) -> Self {
        Self { due, outcome: Outcome::Open, changed: None }
    }

    /// One that `stop` stopped, in time or late.
    pub fn stopped(due: Timestamp, stop: Stop) -> Self {
        let outcome = if stop.at <= due { Outcome::Met(stop) } else { Outcome::Late(stop) };
        Self { outcome, ..Self::open(due) }
    }
}

/// A date that a holding reply named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Promise {
    /// The holding reply.
    pub made: Stop,
    /// The date that it named.
    pub date: Date,
    /// Its clock: due at the close of business of that date.
    pub clock: Clock,
}

/// One of our messages that never arrived: it stops nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NeverArrived {
    /// The message.
    pub message: MessageKey,
    /// When the failure was reported.
    pub reported: Timestamp,
}

/// What a person should know about a turn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "independent remarks, not a state")]
pub struct TurnFlags {
    /// Only messages that a machine may have written (`auto?`).
    pub auto: bool,
    /// Only a courtesy after our answer (`courtesy?`).
    pub courtesy: bool,
    /// A message bears the Message-ID of another one (`id_collision`).
    pub id_collision: bool,
    /// Every message came through a colleague.
    pub indirect: bool,
    /// A part was answered.
    pub partial: bool,
    /// A holding reply named a date too far off, or past, to move the reply clock.
    pub promise_not_counted: bool,
}

/// One obligation to one principal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// To whom the answer is owed.
    pub principal: Principal,
    /// When the first unanswered message arrived.
    pub started: Timestamp,
    /// The client's messages in it, oldest first, one key for each (the lowest of its copies). Never empty.
    pub messages: Vec<MessageKey>,
    /// The clock of the acknowledgement.
    pub ack: Clock,
    /// The clock of the answer in substance. Its due stays what it was when a promise replaces it.
    pub reply: Clock,
    /// Holding replies that moved the answer, oldest first; the last one counts.
    pub promises: Vec<Promise>,
    /// Ours that never reached this principal, oldest first.
    pub never_arrived: Vec<NeverArrived>,
    /// Ours that reached this principal but failed, or are late, for another recipient.
    pub delivery_warnings: Vec<MessageKey>,
    /// Remarks.
    pub flags: TurnFlags,
}

impl Turn {
    /// The first unanswered message: with the principal it identifies the turn.
    pub fn first(&self) -> Option<MessageKey> {
        self.messages.first().copied()
    }

    /// Is something still owed?
    pub fn is_open(&self) -> bool {
        matches!(self.reply.outcome, Outcome::Open)
            || self.promises.last().is_some_and(|p| matches!(p.clock.outcome, Outcome::Open))
    }

    /// One of its clocks; `None` for the promise of a turn without one, and for clocks that belong to no turn.
    pub fn clock(&self, kind: ClockKind) -> Option<&Clock> {
        match kind {
            ClockKind::Ack => Some(&self.ack),
            ClockKind::Reply => Some(&self.reply),
            ClockKind::Promise => self.promises.last().map(|promise| &promise.clock),
            ClockKind::Update
            | ClockKind::Inform
            | ClockKind::Await
            | ClockKind::Triage
            | ClockKind::Verify
            | ClockKind::Incident
            | ClockKind::Deadline => None,
        }
    }

    /// Its running clocks, soonest first.
    pub fn running(&self) -> Vec<Running> {
        let started = self.started;
        let mut running = Vec::with_capacity(2);
        if !self.is_open() {
            return running;
        }
        if matches!(self.ack.outcome, Outcome::Open) {
            running.push(Running { clock: ClockKind::Ack, started, due: self.ack.due });
        }
        running.push(match self.promises.last() {
            Some(promise) => Running { clock: ClockKind::Promise, started, due: promise.clock.due },
            None => Running { clock: ClockKind::Reply, started, due: self.reply.due },
        });
        running.sort_by_key(|running| (running.due, running.clock));
        running
    }

    /// How long the client waited, or has waited at `now`: in business time and on the wall. A dismissal ends the wait:
    /// from then on nothing is owed.
    pub fn wait(
        &self,
        calendar: &WorkCalendar,
        now: Timestamp,
    ) -> (SignedDuration, SignedDuration) {
        // A dismissal can stand before the start, where the server's clock ran ahead.
        let until = self.ended_at().unwrap_or(now).max(self.started);
        (calendar.between(self.started, until), until.duration_since(self.started))
    }

    /// When the answer in substance went out, or a person said that none is needed.
    pub fn ended_at(&self) -> Option<Timestamp> {
        let last = match (&self.reply.outcome, self.promises.last()) {
            (Outcome::Deferred(_), Some(promise)) => &promise.clock.outcome,
            (outcome, _) => outcome,
        };
        match last {
            Outcome::Met(stop) | Outcome::Late(stop) => Some(stop.at),
            Outcome::Dismissed { at, .. } => Some(*at),
            Outcome::Open | Outcome::Deferred(_) => None,
        }
    }
}
