//! The fold: from the messages and marks of one thread to turns, one obligation per principal (design 4.3 to 4.5).
//!
//! Owns the walk through the events. It keeps nothing between two calls and does not know the time.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::Timestamp;

use super::{
    ClockMessage, Contact, Mark, Policies, Principal, Running, SlaPolicy, Stop, StoppedBy,
    Substance, Turn,
    ending::{End, Pending, State, turn},
    prepare::{Item, prepare},
    rules::{Rules, starts},
};
use crate::domain::{
    calendar::{CalendarError, WorkCalendar},
    confidential::Confidential,
    id::MessageKey,
    message::{Direction, Origin},
};

/// What a thread folds into.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fold {
    /// Every turn, the earliest start first.
    pub turns: Vec<Turn>,
    /// When each principal last heard from us in substance.
    pub heard: BTreeMap<Principal, Timestamp>,
}

impl Fold {
    /// The running clocks of all principals, soonest first.
    pub fn running(&self) -> Vec<Running> {
        let mut running: Vec<Running> = self.turns.iter().flat_map(Turn::running).collect();
        running.sort_by_key(|running| (running.due, running.clock, running.started));
        running
    }

    /// The turns in which something is owed.
    pub fn open(&self) -> impl Iterator<Item = &Turn> {
        self.turns.iter().filter(|turn| turn.is_open())
    }
}

/// Folds one thread. The result depends on what the messages and marks are, not on their order in the slices.
///
/// Errors: the calendar does not open within 800 days, or a due lies beyond the year 9999.
pub fn fold(
    messages: &[ClockMessage],
    marks: &[Mark],
    policy: &SlaPolicy,
    calendar: &WorkCalendar,
) -> Result<Fold, CalendarError> {
    let (policy, calendar) = (Arc::new(policy.clone()), Arc::new(calendar.clone()));
    fold_under(messages, marks, &Policies::always(policy, calendar))
}

/// [`fold`] under policies that differ between principals, or change with time: an open turn follows the change (design
/// 4.6), a closed one keeps what held when it was closed.
///
/// Errors: a calendar does not open within 800 days, or a due lies beyond the year 9999.
pub fn fold_under(
    messages: &[ClockMessage],
    marks: &[Mark],
    policies: &Policies,
) -> Result<Fold, CalendarError> {
    let items = prepare(messages);
    let events = events(&items, marks);
    let mut fold = Fold::default();
    for principal in principals(&items) {
        let rules = Rules { timeline: policies.of(&principal), items: &items };
        let mut walk = Walk::new(principal, rules);
        for event in &events {
            walk.step(event)?;
        }
        let (principal, turns, heard) = walk.finish()?;
        fold.turns.extend(turns);
        if let Some(heard) = heard {
            fold.heard.insert(principal, heard);
        }
    }
    fold.turns.sort_by(|a, b| (a.started, &a.principal).cmp(&(b.started, &b.principal)));
    Ok(fold)
}

/// Something that can move a clock.
enum Event<'a> {
    Message(&'a Item<'a>),
    Contact(&'a Contact),
    Dismissed {
        at: Timestamp,
        messages: &'a BTreeSet<MessageKey>,
        reason: &'a Confidential<String>,
    },
}

/// Messages and marks in one order: by the second; what came in, what went out, contacts, dismissals.
fn events<'a>(items: &'a [Item<'a>], marks: &'a [Mark]) -> Vec<Event<'a>> {
    let mut events: Vec<(i64, u8, Event<'a>)> = Vec::new();
    for item in items {
        let class = u8::from(item.message.direction != Direction::Inbound);
        events.push((item.at.as_second(), class, Event::Message(item)));
    }
    let mut sorted: Vec<&Mark> = marks.iter().collect();
    sorted.sort();
    for mark in sorted {
        events.push(match mark {
            Mark::Contact(contact) => (contact.at().as_second(), 2, Event::Contact(contact)),
            Mark::Dismissed { at, messages, reason } => {
                // It counts once all that it names has come in, even if a server's clock runs ahead of ours.
                let named = items.iter().filter(|item| !item.keys.is_disjoint(messages));
                let last = named.map(|item| item.at).fold(*at, Timestamp::max);
                (last.as_second(), 3, Event::Dismissed { at: *at, messages, reason })
            }
        });
    }
    events.sort_by_key(|(second, class, _)| (*second, *class));
    events.into_iter().map(|(_, _, event)| event).collect()
}

fn principals(items: &[Item<'_>]) -> BTreeSet<Principal> {
    let waiting = items.iter().flat_map(|item| &item.message.principals);
    let written = items.iter().flat_map(|item| &item.message.recipients);
    waiting.chain(written.filter_map(|to| to.principal.as_ref())).cloned().collect()
}

/// The walk of one principal through the events.
struct Walk<'a> {
    principal: Principal,
    rules: Rules<'a>,
    pending: Vec<Pending<'a>>,
    state: State,
    turns: Vec<Turn>,
    heard: Option<Timestamp>,
    /// The last thing between us was our answer in substance.
    answered: bool,
}

impl<'a> Walk<'a> {
    fn new(principal: Principal, rules: Rules<'a>) -> Self {
        Self {
            principal,
            rules,
            pending: Vec::new(),
            state: State::default(),
            turns: Vec::new(),
            heard: None,
            answered: false,
        }
    }

    fn step(&mut self, event: &Event<'a>) -> Result<(), CalendarError> {
        match event {
            Event::Message(item) if starts(item, &self.principal) => self.ask(item),
            Event::Message(item) => return self.send(item),
            Event::Contact(contact) => return self.contact(contact),
            Event::Dismissed { at, messages, reason } => {
                return self.dismiss(*at, messages, reason);
            }
        }
        Ok(())
    }

    fn ask(&mut self, item: &'a Item<'a>) {
        let courtesy = self.answered
            && matches!(item.origin, Origin::Person)
            && item.message.text.may_be_courtesy();
        self.answered &= courtesy;
        self.pending.push(Pending { item, courtesy });
    }

    fn send(&mut self, item: &'a Item<'a>) -> Result<(), CalendarError> {
        let Some(substance) = self.rules.substance(item) else { return Ok(()) };
        let mine: Vec<_> = item
            .message
            .recipients
            .iter()
            .filter(|to| to.principal.as_ref() == Some(&self.principal))
            .map(|to| to.address.clone())
            .collect();
        if mine.is_empty() {
            return Ok(());
        }
        let (hit, crossed): (Vec<_>, Vec<_>) =
            self.pending.iter().partition(|asked| !self.rules.crossed(item, asked.item));
        if let Some(lost) = item.never_arrived(mine.into_iter()) {
            if !hit.is_empty() {
                self.state.never_arrived.push(lost);
            }
            return Ok(());
        }
        if !hit.is_empty() && (item.reports.delayed || !item.reports.failed.is_empty()) {
            self.state.warnings.push(item.key());
        }
        let by = if item.message.observed { StoppedBy::Observed } else { StoppedBy::Sent };
        self.stop(Stop { at: item.at, by: by(item.key()) }, substance, &hit, crossed)
    }

    fn contact(&mut self, contact: &Contact) -> Result<(), CalendarError> {
        if !contact.principals().contains(&self.principal) {
            return Ok(());
        }
        let stop = Stop { at: contact.at(), by: StoppedBy::Attested };
        let hit = self.pending.clone();
        self.stop(stop, contact.substance(), &hit, Vec::new())
    }

    fn stop(
        &mut self,
        stop: Stop,
        substance: Substance,
        hit: &[Pending<'a>],
        crossed: Vec<Pending<'a>>,
    ) -> Result<(), CalendarError> {
        if substance == Substance::Full {
            self.heard = self.heard.max(Some(stop.at));
            self.answered = crossed.is_empty();
        }
        if hit.is_empty() {
            return Ok(());
        }
        self.state.ack.get_or_insert(stop);
        match substance {
            Substance::Full => {
                self.pending = crossed;
                let state = std::mem::take(&mut self.state);
                self.end_turn(hit, state, &End::Answered(stop))?;
            }
            Substance::Partial => self.state.partial = true,
            Substance::Ack => {}
            Substance::Holding(date) => match self.rules.promised(stop.at, date)? {
                Some(due) => self.state.promises.push((stop, date, due)),
                None => self.state.not_counted = true,
            },
        }
        Ok(())
    }

    fn dismiss(
        &mut self,
        at: Timestamp,
        messages: &BTreeSet<MessageKey>,
        reason: &'a Confidential<String>,
    ) -> Result<(), CalendarError> {
        let named = |asked: &&Pending<'a>| !asked.item.keys.is_disjoint(messages);
        let ends_turn = self.pending.first().is_some_and(|first| named(&first));
        let (hit, rest): (Vec<_>, Vec<_>) = self.pending.iter().partition(named);
        self.pending = rest;
        if !ends_turn {
            return Ok(());
        }
        let state = std::mem::take(&mut self.state);
        if let Some(next) = self.pending.first() {
            self.state = state.since(next.item.at);
        }
        self.end_turn(&hit, state, &End::Dismissed { at, reason })
    }

    fn finish(mut self) -> Result<(Principal, Vec<Turn>, Option<Timestamp>), CalendarError> {
        if !self.pending.is_empty() {
            let (open, state) =
                (std::mem::take(&mut self.pending), std::mem::take(&mut self.state));
            self.end_turn(&open, state, &End::Open)?;
        }
        Ok((self.principal, self.turns, self.heard))
    }

    fn end_turn(
        &mut self,
        asked: &[Pending<'a>],
        state: State,
        end: &End<'a>,
    ) -> Result<(), CalendarError> {
        self.turns.extend(turn(&self.principal, self.rules, asked, state, end)?);
        Ok(())
    }
}
