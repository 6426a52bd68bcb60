//! Which policy held when, and what a change means to a clock that runs (design 4.6).
//!
//! Owns the rule of changes: a tighter policy is never a trap door, a looser one takes no due back that has passed.

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;

use super::{Principal, SlaPolicy, Stop};
use crate::domain::{
    calendar::{CalendarError, WorkCalendar},
    target::Target,
};

/// A policy with its calendar, and since when both hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyVersion {
    /// Since when.
    pub from: Timestamp,
    /// The policy.
    pub policy: Arc<SlaPolicy>,
    /// Its calendar.
    pub calendar: Arc<WorkCalendar>,
}

/// The versions of a policy, oldest first. The first holds from the beginning of time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timeline {
    first: PolicyVersion,
    later: Vec<PolicyVersion>,
}

impl Timeline {
    /// One policy, always.
    pub const fn always(policy: Arc<SlaPolicy>, calendar: Arc<WorkCalendar>) -> Self {
        let first = PolicyVersion { from: Timestamp::MIN, policy, calendar };
        Self { first, later: Vec::new() }
    }

    /// With a change at an instant; of two at the same instant the later one given holds.
    #[must_use]
    pub fn then(mut self, version: PolicyVersion) -> Self {
        self.later.push(version);
        self.later.sort_by_key(|version| version.from);
        self
    }

    /// The version that holds at an instant.
    pub fn at(&self, t: Timestamp) -> &PolicyVersion {
        self.later.iter().rev().find(|version| version.from <= t).unwrap_or(&self.first)
    }

    /// The version that holds now and later.
    pub fn last(&self) -> &PolicyVersion {
        self.later.last().unwrap_or(&self.first)
    }

    fn every_week(&self) -> Self {
        let open = |version: &PolicyVersion| PolicyVersion {
            calendar: Arc::new(version.calendar.every_week()),
            ..version.clone()
        };
        Self { first: open(&self.first), later: self.later.iter().map(open).collect() }
    }

    /// When a clock that starts at `from` and is stopped by `stop` (`None`: not yet) is due.
    pub(super) fn due(
        &self,
        from: Timestamp,
        stop: Option<Timestamp>,
        target: fn(&SlaPolicy) -> Target,
    ) -> Result<(Timestamp, Option<DueChange>), CalendarError> {
        let mut due = self.at(from).due(from, target)?;
        let mut change = None;
        // A clock that is over keeps the version under which it ended.
        let holds = |version: &&PolicyVersion| {
            version.from > from && stop.is_none_or(|stop| version.from <= stop)
        };
        for version in self.later.iter().filter(holds) {
            let new = version.due(from, target)?;
            // What had passed when the change came has passed.
            if new == due || due < version.from {
                continue;
            }
            let changed = if new < due {
                let hour = version.calendar.add(version.from, super::rules::HOUR)?;
                new.max(due.min(hour))
            } else {
                new
            };
            if changed != due {
                change = Some(DueChange { at: version.from, before: due });
                due = changed;
            }
        }
        Ok((due, change))
    }
}

impl PolicyVersion {
    fn due(
        &self,
        from: Timestamp,
        target: fn(&SlaPolicy) -> Target,
    ) -> Result<Timestamp, CalendarError> {
        self.calendar.add_target(from, target(&self.policy), self.policy.cutoff)
    }
}

/// A due that moved while its clock ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DueChange {
    /// When the policy changed.
    pub at: Timestamp,
    /// The due before.
    pub before: Timestamp,
}

impl DueChange {
    /// Is a miss of `due` owed to the change alone? The clock was stopped in time for the due of before, or that has not
    /// passed at `now`.
    pub(super) fn induced(self, due: Timestamp, stop: Option<Stop>, now: Timestamp) -> bool {
        let ended = stop.map_or(now, |stop| stop.at);
        due < self.before && ended > due && ended <= self.before
    }
}

/// The timelines of a thread: joint clients may have agreed on different times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policies {
    /// For everybody else.
    pub usual: Timeline,
    /// For these principals.
    pub of: BTreeMap<Principal, Timeline>,
}

impl Policies {
    /// One policy for everybody, always.
    pub const fn always(policy: Arc<SlaPolicy>, calendar: Arc<WorkCalendar>) -> Self {
        Self { usual: Timeline::always(policy, calendar), of: BTreeMap::new() }
    }

    /// The same without a closed or special day in any calendar.
    #[must_use]
    pub fn every_week(&self) -> Self {
        let of = self.of.iter().map(|(who, timeline)| (who.clone(), timeline.every_week()));
        Self { usual: self.usual.every_week(), of: of.collect() }
    }

    /// That of a principal.
    pub fn of(&self, principal: &Principal) -> &Timeline {
        self.of.get(principal).unwrap_or(&self.usual)
    }
}
