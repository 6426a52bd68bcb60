//! What `clock replay` answers: every turn with its clocks and their outcomes.
//!
//! Owns the shape and its words. It counts nothing but how long a client waited.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    cli::clock::rfc3339,
    domain::{
        calendar::WorkCalendar,
        id::MessageKey,
        sla::{Clock, ClockKind, Outcome, Running, Standing, Stop, StoppedBy, Turn},
    },
};

/// Output of `clock replay`. Times are RFC 3339 with the offset of the calendar's zone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ReplayReport {
    /// The instant from which was looked.
    pub now: String,
    /// The calendar's name.
    pub calendar: String,
    /// The calendar's IANA zone.
    pub zone: String,
    /// The time for an acknowledgement.
    pub ack: String,
    /// The time for an answer in substance.
    pub reply: String,
    /// Every turn of every conversation, by conversation and start.
    pub turns: Vec<ReplayedTurn>,
}

/// One obligation to one client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ReplayedTurn {
    /// In which conversation; empty for the one without a name.
    pub thread: String,
    /// Who waits: the client's name, or an address.
    pub client: String,
    /// When the first unanswered message arrived.
    pub started: String,
    /// The client's messages in it, by their ids in the scenario.
    pub messages: Vec<String>,
    /// Is something still owed?
    pub open: bool,
    /// Its clocks: `ack`, `reply`, then a `promise` for every holding reply that counted.
    pub clocks: Vec<ReplayedClock>,
    /// Remarks: `auto?`, `courtesy?`, `id_collision`, `indirect`, `partial`, `promise_not_counted`.
    pub flags: Vec<String>,
    /// Ours that never arrived.
    pub never_arrived: Vec<String>,
    /// Ours that arrived, but are late or failed for another recipient.
    pub delivery_warnings: Vec<String>,
    /// How long the client waited, or has waited: seconds in which the office was open.
    pub waited_business_seconds: i64,
    /// The same on the wall.
    pub waited_wall_seconds: i64,
}

/// One clock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ReplayedClock {
    /// Which: `ack`, `reply` or `promise`.
    pub clock: String,
    /// The last instant at which stopping it is in time.
    pub due: String,
    /// Where it stands: `running`, `met`, `missed`, `deferred`, `dismissed`.
    pub standing: String,
    /// When it was stopped.
    pub stopped: Option<String>,
    /// What stopped it: the id of a message, or `contact`.
    pub by: Option<String>,
    /// The message was not sent by matterbox but seen in Sent.
    pub observed: bool,
    /// Is its time running?
    pub counts_down: bool,
}

/// What is needed to put a turn into words.
pub(super) struct Words<'a> {
    pub(super) calendar: &'a WorkCalendar,
    pub(super) now: Timestamp,
    pub(super) name: &'a dyn Fn(MessageKey) -> String,
}

impl Words<'_> {
    pub(super) fn turn(&self, thread: &str, client: String, turn: &Turn) -> ReplayedTurn {
        let running = turn.running();
        let mut clocks = vec![
            self.clock(ClockKind::Ack, &turn.ack, &running),
            self.clock(ClockKind::Reply, &turn.reply, &running),
        ];
        let promises = turn.promises.iter();
        clocks.extend(promises.map(|one| self.clock(ClockKind::Promise, &one.clock, &running)));
        let (business, wall) = turn.wait(self.calendar, self.now);
        ReplayedTurn {
            thread: thread.to_owned(),
            client,
            started: rfc3339(turn.started, self.calendar),
            messages: turn.messages.iter().map(|key| (self.name)(*key)).collect(),
            open: turn.is_open(),
            clocks,
            flags: flags(turn),
            never_arrived: turn
                .never_arrived
                .iter()
                .map(|lost| (self.name)(lost.message))
                .collect(),
            delivery_warnings: turn.delivery_warnings.iter().map(|key| (self.name)(*key)).collect(),
            waited_business_seconds: business.as_secs(),
            waited_wall_seconds: wall.as_secs(),
        }
    }

    fn clock(&self, kind: ClockKind, clock: &Clock, running: &[Running]) -> ReplayedClock {
        let stop = clock.stop();
        let at = match &clock.outcome {
            Outcome::Dismissed { at, .. } => Some(*at),
            Outcome::Open | Outcome::Met(_) | Outcome::Late(_) | Outcome::Deferred(_) => {
                stop.map(|stop| stop.at)
            }
        };
        ReplayedClock {
            clock: kind.word().to_owned(),
            due: rfc3339(clock.due, self.calendar),
            standing: standing(clock.standing(self.now)).to_owned(),
            stopped: at.map(|at| rfc3339(at, self.calendar)),
            by: stop.map(|stop| self.by(stop)),
            observed: stop.is_some_and(|stop| matches!(stop.by, StoppedBy::Observed(_))),
            counts_down: running.iter().any(|one| one.clock == kind && one.due == clock.due),
        }
    }

    fn by(&self, stop: Stop) -> String {
        match stop.by {
            StoppedBy::Sent(key) | StoppedBy::Observed(key) | StoppedBy::Received(key) => {
                (self.name)(key)
            }
            StoppedBy::Recorded => "recorded".to_owned(),
            StoppedBy::Attested => "contact".to_owned(),
        }
    }
}

const fn standing(standing: Standing) -> &'static str {
    match standing {
        Standing::Running => "running",
        Standing::Met => "met",
        Standing::Missed => "missed",
        Standing::Deferred => "deferred",
        Standing::Dismissed => "dismissed",
    }
}

fn flags(turn: &Turn) -> Vec<String> {
    let flags = turn.flags;
    [
        (flags.auto, "auto?"),
        (flags.courtesy, "courtesy?"),
        (flags.id_collision, "id_collision"),
        (flags.indirect, "indirect"),
        (flags.partial, "partial"),
        (flags.promise_not_counted, "promise_not_counted"),
    ]
    .into_iter()
    .filter(|(set, _)| *set)
    .map(|(_, word)| word.to_owned())
    .collect()
}
