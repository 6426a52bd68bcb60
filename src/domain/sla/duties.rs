//! From the messages and marks of one thread to the clocks that belong to no turn (design 4.2).
//!
//! Owns what starts and stops each of them, and when it is due. Like the fold of turns it keeps nothing between two calls
//! and does not know the time.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{Timestamp, ToSpan, civil::Date};

use super::{
    Clock, ClockKind, ClockMessage, Delivery, DevelopmentKind, DutyMark, Mark, Obligation, Outcome,
    Principal, Scope, SlaPolicy, Stop, StoppedBy, Substance, Why,
    prepare::{Item, prepare},
    rules::starts,
};
use crate::domain::{
    calendar::{CalendarError, WorkCalendar},
    id::{MatterId, MessageKey},
    message::{Direction, Origin},
    target::Target,
};

/// What the clocks of a thread that belong to no turn are made from.
#[derive(Clone, Copy)]
pub struct DutyFacts<'a> {
    /// Its messages, copies included.
    pub messages: &'a [ClockMessage],
    /// What was dismissed.
    pub marks: &'a [Mark],
    /// What else people recorded.
    pub duties: &'a [DutyMark],
    /// The messages that are in a matter, and since when.
    pub tagged: &'a BTreeMap<MessageKey, Timestamp>,
    /// The inbound messages from people whom the office knows, as whatever: mail of a court waits for its matter too.
    pub known: &'a BTreeSet<MessageKey>,
    /// The clients of the thread's matter.
    pub clients: &'a BTreeSet<Principal>,
    /// The policy.
    pub policy: &'a SlaPolicy,
    /// Its calendar.
    pub calendar: &'a WorkCalendar,
}

/// The clocks of a thread that belong to no turn, the earliest start first.
///
/// Errors: the calendar does not open within 800 days, or a due lies beyond the year 9999.
pub fn duties(facts: &DutyFacts<'_>) -> Result<Vec<Obligation>, CalendarError> {
    let items = prepare(facts.messages);
    let walk = Duties { facts, items: &items };
    let mut out = walk.triage()?;
    out.extend(walk.verify());
    out.extend(walk.inform()?);
    out.extend(walk.awaited()?);
    out.extend(walk.promises()?);
    out.extend(walk.incidents()?);
    out.sort_by(|a, b| {
        (a.started, a.kind, a.scope, &a.principal).cmp(&(b.started, b.kind, b.scope, &b.principal))
    });
    Ok(out)
}

/// The next update of a client in a matter: so many days after the client last heard from us in substance, at the close of
/// business; a promise rolls back. The days of `holds` (from, to; `None` for one that goes on) do not count: the client
/// agreed to hear nothing then.
///
/// `None` where the policy has no such clock, or while a hold goes on.
///
/// Errors: the calendar has no business day within 800 days, or the due lies beyond the year 9999.
pub fn update(
    matter: MatterId,
    (principal, last, message): (&Principal, Timestamp, Option<MessageKey>),
    holds: &[(Timestamp, Option<Timestamp>)],
    policy: &SlaPolicy,
    calendar: &WorkCalendar,
) -> Result<Option<Obligation>, CalendarError> {
    let Some(target) = policy.update else { return Ok(None) };
    let due = match target {
        Target::Days(days) => {
            let Some(day) = held_over(calendar.date(last), days, holds, calendar) else {
                return Ok(None);
            };
            calendar.promise_due(last, day)?
        }
        Target::Hours(_)
        | Target::BusinessHours(_)
        | Target::BusinessDays(_)
        | Target::CloseOfBusiness(_) => calendar.add_target(last, target, policy.cutoff)?,
    };
    Ok(Some(Obligation {
        scope: Scope::Matter(matter),
        kind: ClockKind::Update,
        principal: Some(principal.clone()),
        message,
        started: last,
        clock: Clock::open(due),
        why: Why::LastUpdate(last),
    }))
}

/// The `days`th day after `from` that no hold covers; `None` while one that goes on covers it.
fn held_over(
    from: Date,
    days: u16,
    holds: &[(Timestamp, Option<Timestamp>)],
    calendar: &WorkCalendar,
) -> Option<Date> {
    let spans: Vec<(Date, Option<Date>)> = holds
        .iter()
        .map(|(start, end)| (calendar.date(*start), end.map(|end| calendar.date(end))))
        .collect();
    let mut day = from;
    let mut left = days;
    while left > 0 {
        day = day.checked_add(1.day()).ok()?;
        let held =
            spans.iter().find(|(start, end)| day > *start && end.is_none_or(|end| day <= end));
        match held {
            Some((_, None)) => return None,
            Some((_, Some(_))) => {}
            None => left = left.saturating_sub(1),
        }
    }
    Some(day)
}

/// When a snoozed clock shows again: at the chosen instant, but `lead` of business time before its due at the latest. A
/// person who chose an instant after that does not get it: what is due is seen before it is late.
///
/// Errors: the calendar does not open within 800 days.
pub fn snoozed_until(
    chosen: Timestamp,
    due: Timestamp,
    policy: &SlaPolicy,
    calendar: &WorkCalendar,
) -> Result<Timestamp, CalendarError> {
    calendar.subtract(due, policy.snooze_lead).map(|latest| chosen.min(latest))
}

/// One thread.
struct Duties<'a> {
    facts: &'a DutyFacts<'a>,
    items: &'a [Item<'a>],
}

impl Duties<'_> {
    fn due(&self, from: Timestamp, target: Target) -> Result<Timestamp, CalendarError> {
        self.facts.calendar.add_target(from, target, self.facts.policy.cutoff)
    }

    /// Everything inbound that a person wrote, or that comes from someone known, waits for its matter.
    fn triage(&self) -> Result<Vec<Obligation>, CalendarError> {
        let Some(target) = self.facts.policy.triage else { return Ok(Vec::new()) };
        let mut out = Vec::new();
        // The first message without a matter is the one that waits: it takes the others with it.
        let mut waits = false;
        for item in self.items.iter().filter(|item| self.is_triaged(item)) {
            let since = item.keys.iter().filter_map(|key| self.facts.tagged.get(key)).min();
            let due = self.due(item.at, target)?;
            let outcome = match (since, self.dismissed(item)) {
                // The tag was there before the message: nothing was ever to be chosen.
                (Some(tagged), _) if *tagged <= item.at || waits => continue,
                (Some(tagged), _) => {
                    Clock::stopped(due, Stop { at: *tagged, by: StoppedBy::Recorded }).outcome
                }
                (None, Some(dismissed)) => dismissed,
                (None, None) if waits => continue,
                (None, None) => Outcome::Open,
            };
            waits |= matches!(outcome, Outcome::Open);
            out.push(Obligation {
                scope: Scope::Message(item.key()),
                kind: ClockKind::Triage,
                principal: None,
                message: Some(item.key()),
                started: item.at,
                clock: Clock { outcome, ..Clock::open(due) },
                why: Why::NoMatter,
            });
        }
        Ok(out)
    }

    fn is_triaged(&self, item: &Item<'_>) -> bool {
        let known = !item.keys.is_disjoint(self.facts.known);
        let human = match item.origin {
            Origin::Person | Origin::Invitation => true,
            Origin::Weak(_) => known,
            Origin::AutoReply { .. }
            | Origin::DeliveryReport { .. }
            | Origin::ReadReceipt
            | Origin::InvitationReply => false,
        };
        human && item.message.direction == Direction::Inbound && !item.message.suspect
    }

    fn dismissed(&self, item: &Item<'_>) -> Option<Outcome> {
        self.facts.marks.iter().find_map(|mark| match mark {
            Mark::Dismissed { at, messages, reason } if !item.keys.is_disjoint(messages) => {
                Some(Outcome::Dismissed { at: *at, reason: reason.clone() })
            }
            Mark::Dismissed { .. } | Mark::Contact(_) => None,
        })
    }

    /// What imitates someone, and what a person marked, is verified at once.
    fn verify(&self) -> Vec<Obligation> {
        let marked: BTreeSet<MessageKey> = self
            .marks()
            .filter_map(|mark| {
                let DutyMark::Instruction { message } = mark else { return None };
                Some(*message)
            })
            .collect();
        let mut out = Vec::new();
        for item in self.items.iter().filter(|i| i.message.direction == Direction::Inbound) {
            let asked = !item.keys.is_disjoint(&marked);
            if !asked && !item.message.suspect {
                continue;
            }
            let verified = self.marks().filter_map(|mark| {
                let DutyMark::Verified { message, at } = mark else { return None };
                item.keys.contains(message).then_some(*at)
            });
            let outcome = match (verified.min(), self.dismissed(item)) {
                // Verification is owed from the first instant on and never late while nothing is sent: it blocks.
                (Some(at), _) => Outcome::Met(Stop { at, by: StoppedBy::Recorded }),
                (None, Some(dismissed)) => dismissed,
                (None, None) => Outcome::Open,
            };
            out.push(Obligation {
                scope: Scope::Instruction(item.key()),
                kind: ClockKind::Verify,
                principal: None,
                message: Some(item.key()),
                started: item.at,
                clock: Clock { outcome, ..Clock::open(item.at) },
                why: if asked { Why::Instruction } else { Why::Imitation },
            });
        }
        out
    }

    /// Each client of the matter hears of each development.
    fn inform(&self) -> Result<Vec<Obligation>, CalendarError> {
        let mut out = Vec::new();
        for mark in self.marks() {
            let DutyMark::Development { message, kind } = mark else { continue };
            let target = match kind {
                DevelopmentKind::Offer => self.facts.policy.inform_offer,
                DevelopmentKind::CourtDate
                | DevelopmentKind::Order
                | DevelopmentKind::NewEvidence
                | DevelopmentKind::ProceduralChange
                | DevelopmentKind::DeadlineChange
                | DevelopmentKind::AdverseEvent
                | DevelopmentKind::CostChange => self.facts.policy.inform,
            };
            let item = self.items.iter().find(|item| item.keys.contains(message));
            let (Some(target), Some(item)) = (target, item) else { continue };
            let due = self.due(item.at, target)?;
            for client in self.facts.clients {
                let told = self.told(item, client).into_iter().min_by_key(|stop| stop.at);
                out.push(Obligation {
                    scope: Scope::Development(item.key()),
                    kind: ClockKind::Inform,
                    principal: Some(client.clone()),
                    message: Some(item.key()),
                    started: item.at,
                    clock: told.map_or_else(|| Clock::open(due), |stop| Clock::stopped(due, stop)),
                    why: Why::Development(*kind),
                });
            }
        }
        Ok(out)
    }

    /// What told this client of the development: what answers or forwards it and reached them, or what a person linked.
    fn told(&self, development: &Item<'_>, client: &Principal) -> Vec<Stop> {
        let sent = self.items.iter().filter(|item| {
            let parent = item.message.parent.as_ref();
            parent.is_some_and(|parent| development.goes_by(parent))
                && item.at >= development.at
                && reached(item, client)
        });
        let linked = self.marks().filter_map(|mark| {
            let DutyMark::Told { message, principals, at, by } = mark else { return None };
            let concerns = development.keys.contains(message) && principals.contains(client);
            (concerns && self.arrived(*by, client)).then_some(Stop { at: *at, by: *by })
        });
        sent.map(|item| Stop { at: item.at, by: sent_by(item) }).chain(linked).collect()
    }

    /// A linked message of this thread that never arrived tells nobody anything.
    fn arrived(&self, by: StoppedBy, client: &Principal) -> bool {
        match by {
            StoppedBy::Sent(key) | StoppedBy::Observed(key) | StoppedBy::Received(key) => self
                .items
                .iter()
                .find(|item| item.keys.contains(&key))
                .is_none_or(|item| reached(item, client)),
            StoppedBy::Attested | StoppedBy::Recorded => true,
        }
    }

    /// We asked, and the client has not written since.
    fn awaited(&self) -> Result<Vec<Obligation>, CalendarError> {
        let Some(target) = self.facts.policy.chase else { return Ok(Vec::new()) };
        let written = self.items.iter().flat_map(|item| &item.message.recipients);
        let wrote = self.items.iter().flat_map(|item| &item.message.principals);
        let principals: BTreeSet<&Principal> =
            written.filter_map(|to| to.principal.as_ref()).chain(wrote).collect();
        let mut out = Vec::new();
        for principal in principals {
            for (asked, message) in self.asked(principal) {
                let answer = self
                    .items
                    .iter()
                    .find(|item| item.at >= asked && starts(item, principal))
                    .map(|item| Stop { at: item.at, by: StoppedBy::Received(item.key()) });
                let returns = self.returns(principal, asked);
                let mut due = self.due(asked, target)?;
                if let Some(day) = returns.filter(|day| *day > self.facts.calendar.date(due)) {
                    due = self.back_at_work(day)?;
                }
                out.push(Obligation {
                    scope: Scope::Thread(None),
                    kind: ClockKind::Await,
                    principal: Some(principal.clone()),
                    message,
                    started: asked,
                    clock: answer
                        .map_or_else(|| Clock::open(due), |stop| Clock::stopped(due, stop)),
                    why: Why::Asked { returns },
                });
            }
        }
        Ok(out)
    }

    /// When this principal was last asked something: the last of ours before each of their messages, and after the last.
    fn asked(&self, principal: &Principal) -> Vec<(Timestamp, Option<MessageKey>)> {
        let sent = self.items.iter().filter(|item| {
            // What was asked elsewhere, years ago, may be answered elsewhere: there a person says that we wait.
            let asks = item.message.text.question && !item.message.observed;
            let substance = matches!(item.message.substance, Substance::Full | Substance::Partial);
            asks && substance && reached(item, principal)
        });
        let by_hand = self.marks().filter_map(|mark| {
            let DutyMark::Waiting { at, principals } = mark else { return None };
            principals.contains(principal).then_some((*at, None))
        });
        let mut asked: Vec<_> =
            sent.map(|item| (item.at, Some(item.key()))).chain(by_hand).collect();
        asked.sort_by_key(|(at, _)| *at);
        let answers: Vec<Timestamp> =
            self.items.iter().filter(|item| starts(item, principal)).map(|item| item.at).collect();
        let mut last: BTreeMap<usize, (Timestamp, Option<MessageKey>)> = BTreeMap::new();
        for (at, message) in asked {
            let before = answers.iter().filter(|answer| **answer < at).count();
            last.insert(before, (at, message));
        }
        last.into_values().collect()
    }

    /// The day on which an automatic answer after `asked` says that they are back.
    fn returns(&self, principal: &Principal, asked: Timestamp) -> Option<Date> {
        let automatic = self.items.iter().filter(|item| {
            item.at >= asked
                && item.message.direction == Direction::Inbound
                && item.message.principals.contains(principal)
        });
        automatic
            .filter_map(|item| match item.origin {
                Origin::AutoReply { returns } => *returns,
                Origin::Person
                | Origin::Weak(_)
                | Origin::DeliveryReport { .. }
                | Origin::ReadReceipt
                | Origin::Invitation
                | Origin::InvitationReply => None,
            })
            .next_back()
    }

    /// The close of the first business day from `day` on.
    fn back_at_work(&self, day: Date) -> Result<Timestamp, CalendarError> {
        let calendar = self.facts.calendar;
        let midnight = calendar.midnight(day).ok_or(CalendarError::OutOfRange)?;
        let open = calendar.next_open(midnight)?;
        calendar.close_of_business(open, 0, std::time::Duration::ZERO)
    }

    fn promises(&self) -> Result<Vec<Obligation>, CalendarError> {
        let mut out = Vec::new();
        for mark in self.marks() {
            let DutyMark::Promise { id, principal, at, date } = mark else { continue };
            let due = self.facts.calendar.promise_due(*at, *date)?;
            let kept = self.marks().find_map(|mark| {
                let DutyMark::Kept { id: of, at, by } = mark else { return None };
                (of == id).then_some(Stop { at: *at, by: *by })
            });
            out.push(Obligation {
                scope: Scope::Thread(Some(*id)),
                kind: ClockKind::Promise,
                principal: principal.clone(),
                message: None,
                started: *at,
                clock: kept.map_or_else(|| Clock::open(due), |stop| Clock::stopped(due, stop)),
                why: Why::Promised(*date),
            });
        }
        Ok(out)
    }

    /// Wall time: an authority does not wait for Monday.
    fn incidents(&self) -> Result<Vec<Obligation>, CalendarError> {
        let mut out = Vec::new();
        for mark in self.marks() {
            let DutyMark::Incident { id, message, at } = mark else { continue };
            let due = self.due(*at, self.facts.policy.incident)?;
            let closed = self.marks().find_map(|mark| {
                let DutyMark::Closed { id: of, at, .. } = mark else { return None };
                (of == id).then_some(Stop { at: *at, by: StoppedBy::Recorded })
            });
            out.push(Obligation {
                scope: Scope::Incident(*id),
                kind: ClockKind::Incident,
                principal: None,
                message: *message,
                started: *at,
                clock: closed.map_or_else(|| Clock::open(due), |stop| Clock::stopped(due, stop)),
                why: Why::Incident,
            });
        }
        Ok(out)
    }

    fn marks(&self) -> impl Iterator<Item = &DutyMark> {
        self.facts.duties.iter()
    }
}

fn sent_by(item: &Item<'_>) -> StoppedBy {
    let by = if item.message.observed { StoppedBy::Observed } else { StoppedBy::Sent };
    by(item.key())
}

/// Did a person's message of ours go out to this principal, and not come back?
fn reached(item: &Item<'_>, principal: &Principal) -> bool {
    let message = item.message;
    let mine: Vec<_> = message
        .recipients
        .iter()
        .filter(|to| to.principal.as_ref() == Some(principal))
        .map(|to| to.address.clone())
        .collect();
    message.direction == Direction::Outbound
        && message.delivery == Delivery::Accepted
        && matches!(item.origin, Origin::Person | Origin::Invitation)
        && !mine.is_empty()
        && item.never_arrived(mine.into_iter()).is_none()
}
