//! How a turn ends: from what was asked and what happened to clocks with their outcomes.
//!
//! Owns the outcomes. What ends a turn, and when, is the fold's decision.

use jiff::{Timestamp, civil::Date};

use super::{
    Clock, NeverArrived, Outcome, Principal, Promise, Stop, Turn, TurnFlags, prepare::Item,
    rules::Rules,
};
use crate::domain::{
    calendar::CalendarError, confidential::Confidential, id::MessageKey, message::Origin,
};

/// A client message that waits for an answer.
#[derive(Clone, Copy)]
pub(super) struct Pending<'a> {
    pub(super) item: &'a Item<'a>,
    pub(super) courtesy: bool,
}

/// What has happened in the current turn besides client messages.
#[derive(Clone, Default)]
pub(super) struct State {
    pub(super) ack: Option<Stop>,
    pub(super) partial: bool,
    pub(super) promises: Vec<(Stop, Date, Timestamp)>,
    pub(super) not_counted: bool,
    pub(super) never_arrived: Vec<NeverArrived>,
    pub(super) warnings: Vec<MessageKey>,
}

/// How a turn ends.
pub(super) enum End<'a> {
    Answered(Stop),
    Dismissed { at: Timestamp, reason: &'a Confidential<String> },
    Open,
}

/// The turn of these messages; `None` for none.
pub(super) fn turn(
    principal: &Principal,
    rules: Rules<'_>,
    asked: &[Pending<'_>],
    state: State,
    end: &End<'_>,
) -> Result<Option<Turn>, CalendarError> {
    let Some(first) = asked.first() else { return Ok(None) };
    let started = first.item.at;
    let ack_stop = state.ack.map(|stop| stop.at).or(end.at());
    let (ack_due, ack_change) = rules.timeline.due(started, ack_stop, |policy| policy.ack)?;
    let (reply_due, changed) = rules.timeline.due(started, end.at(), |policy| policy.reply)?;
    let ack = match state.ack {
        Some(stop) => Clock::stopped(ack_due, stop),
        None => Clock { outcome: end.outcome(ack_due), ..Clock::open(ack_due) },
    };
    let ack = Clock { changed: ack_change, ..ack };
    let reply = Clock { changed, ..reply_clock(reply_due, &state.promises, end) };
    Ok(Some(Turn {
        principal: principal.clone(),
        started,
        messages: asked.iter().map(|asked| asked.item.key()).collect(),
        ack,
        reply,
        promises: promises(&state.promises, end),
        flags: flags(asked, &state),
        never_arrived: state.never_arrived,
        delivery_warnings: state.warnings,
    }))
}

impl State {
    /// What of a turn still counts for messages from `since` on, when the ones before them were dismissed.
    pub(super) fn since(&self, since: Timestamp) -> Self {
        let mut rest = self.clone();
        rest.ack = rest.ack.filter(|stop| stop.at >= since);
        rest.promises.retain(|(stop, _, _)| stop.at >= since);
        rest
    }
}

impl End<'_> {
    const fn at(&self) -> Option<Timestamp> {
        match self {
            Self::Answered(stop) => Some(stop.at),
            Self::Dismissed { at, .. } => Some(*at),
            Self::Open => None,
        }
    }

    fn outcome(&self, due: Timestamp) -> Outcome {
        match self {
            Self::Answered(stop) => Clock::stopped(due, *stop).outcome,
            Self::Dismissed { at, reason } => {
                Outcome::Dismissed { at: *at, reason: (*reason).clone() }
            }
            Self::Open => Outcome::Open,
        }
    }
}

/// The reply clock: a holding reply in time defers it, unless the answer itself came in time.
fn reply_clock(due: Timestamp, promises: &[(Stop, Date, Timestamp)], end: &End<'_>) -> Clock {
    let in_time = promises.first().filter(|(made, _, _)| made.at <= due);
    let outcome = match (end.outcome(due), in_time) {
        (Outcome::Late(_) | Outcome::Open, Some((made, _, _))) => Outcome::Deferred(*made),
        (outcome, _) => outcome,
    };
    Clock { outcome, ..Clock::open(due) }
}

/// Each promise ends by the next one, the last by the end of the turn.
fn promises(promises: &[(Stop, Date, Timestamp)], end: &End<'_>) -> Vec<Promise> {
    let next = promises.iter().skip(1).map(|(made, _, _)| Some(*made)).chain([None]);
    let pairs = promises.iter().zip(next);
    pairs
        .map(|((made, date, due), next)| {
            let outcome = match next {
                Some(next) if next.at <= *due => Outcome::Deferred(next),
                Some(next) => Outcome::Late(next),
                None => end.outcome(*due),
            };
            Promise { made: *made, date: *date, clock: Clock { outcome, ..Clock::open(*due) } }
        })
        .collect()
}

fn flags(asked: &[Pending<'_>], state: &State) -> TurnFlags {
    TurnFlags {
        auto: asked.iter().all(|asked| matches!(asked.item.origin, Origin::Weak(_))),
        courtesy: asked.iter().all(|asked| asked.courtesy),
        id_collision: asked.iter().any(|asked| asked.item.collides),
        indirect: asked.iter().all(|asked| asked.item.message.indirect),
        partial: state.partial,
        promise_not_counted: state.not_counted,
    }
}
