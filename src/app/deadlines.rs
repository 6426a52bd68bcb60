//! Deadlines of matters: entered, confirmed by a person, done with evidence or vacated; and their reminders.
//!
//! Owns these use cases, each one durable transaction with its audit entry. A deadline that no person has confirmed does
//! not count; nothing here snoozes, pauses or moves one, and undo does not reach it: what was wrong is vacated, with the
//! reason.

use jiff::civil::Date;
use rusqlite::{Connection, Transaction};

use crate::{
    domain::{
        audit::AuditEntry,
        calendar::zones,
        deadline::{DeadlineState, reminders},
        id::{DeadlineId, MatterId},
        text::SafeText,
    },
    store::{
        self, StoreError,
        deadlines::{DeadlineItem, Ending, NewDeadline},
    },
};

use super::{
    command::{DeadlineEntry, DeadlineOrder},
    error::AppError,
    event::{Event, Notice},
    office::Office,
    perform::Performed,
    rows::{DeadlineRow, MatterLabel},
};

impl Office {
    /// Carries out an order about a deadline.
    pub(super) async fn deadline(&self, order: DeadlineOrder) -> Result<Performed, AppError> {
        let text = match order {
            DeadlineOrder::Add(entry) => self.add_deadline(*entry).await?,
            DeadlineOrder::Confirm { deadline, day } => {
                self.confirm_deadline(deadline, day).await?
            }
            DeadlineOrder::Done { deadline, evidence } => {
                self.end_deadline(deadline, Ending::Done, evidence).await?
            }
            DeadlineOrder::Vacate { deadline, reason } => {
                self.end_deadline(deadline, Ending::Vacated, reason).await?
            }
        };
        Ok(Performed {
            events: vec![Event::Notice(Notice::done(&text)), Event::ChangedEverything],
            step: None,
        })
    }

    async fn add_deadline(&self, entry: DeadlineEntry) -> Result<String, AppError> {
        for (text, missing) in [
            (&entry.what, "a deadline needs what is to be done"),
            (
                &entry.source,
                "a deadline needs its source: the order, the rule, the notice that sets it",
            ),
            (&entry.evidence, "a deadline needs its evidence: where the source can be looked up"),
        ] {
            if text.trim().is_empty() {
                return Err(AppError::Nothing(missing));
            }
        }
        let (now, person) = (self.now(), self.person());
        let day = entry.day;
        let case = move |tx: &Transaction<'_>| {
            store::matters::get(tx, entry.matter)?;
            let new = NewDeadline {
                matter: entry.matter,
                what: entry.what.trim().to_owned(),
                day: entry.day,
                until: entry.until,
                zone: entry.zone,
                rule: entry.rule,
                arithmetic: entry.lines.join("\n"),
                source: entry.source.trim().to_owned(),
                evidence: entry.evidence.trim().to_owned(),
            };
            let id = store::deadlines::add(tx, &new, now, &person)?;
            let entry = AuditEntry::new(now, person, "deadline-entered")
                .with("deadline", id)
                .with("matter", new.matter)
                .with("day", new.day);
            let entry = if new.rule.is_empty() { entry } else { entry.with("rule", &new.rule) };
            store::audit::append(tx, &entry)?;
            Ok(id)
        };
        let id = self.store().write_durable("add-deadline", case).await?;
        Ok(format!(
            "Deadline {id} is entered for {}. It does not count before a person has confirmed it.",
            named(day)
        ))
    }

    /// Whoever confirms says the day: a deadline is not waved through.
    async fn confirm_deadline(&self, id: DeadlineId, day: Date) -> Result<String, AppError> {
        let (now, person) = (self.now(), self.person());
        let calendar = self.sla().office.clone();
        let case = move |tx: &Transaction<'_>| {
            let item = store::deadlines::get(tx, id)?;
            if item.facts.day != day {
                return Ok(Confirmed::OtherDay);
            }
            // A day at the edge of time has no reminders, and counts all the same.
            let ahead = reminders(day, &calendar).unwrap_or_default();
            if !store::deadlines::confirm(tx, id, &ahead, now, &person)? {
                return Ok(Confirmed::Before(item.state));
            }
            let entry = AuditEntry::new(now, person, "deadline-confirmed").with("deadline", id);
            store::audit::append(tx, &entry.with("day", day))?;
            let next = ahead.iter().find(|(_, at)| *at > now).map(|(days, _)| *days);
            Ok(Confirmed::Now(next))
        };
        match self.store().write_durable("confirm-deadline", case).await? {
            Confirmed::Now(next) => {
                let told = next.map_or_else(String::new, |days| {
                    format!(" The next reminder comes {days} day{} ahead.", plural(days))
                });
                Ok(format!("Deadline {id} counts: {}.{told}", named(day)))
            }
            Confirmed::OtherDay => Err(AppError::Nothing(
                "that is not the day of this deadline. It was not confirmed. Look at it again; if the day is wrong, vacate \
                 it with the reason and enter it anew",
            )),
            Confirmed::Before(state) => Err(AppError::Nothing(if state.is_open() {
                "it is confirmed already"
            } else {
                "it has ended; enter a new one"
            })),
        }
    }

    async fn end_deadline(
        &self,
        id: DeadlineId,
        ending: Ending,
        because: String,
    ) -> Result<String, AppError> {
        if because.trim().is_empty() {
            return Err(AppError::Nothing(match ending {
                Ending::Done => {
                    "a deadline is done only with evidence: what was filed or served, and when"
                }
                Ending::Vacated => "a deadline is vacated only with the order or the reason",
            }));
        }
        let (now, person) = (self.now(), self.person());
        let case = move |tx: &Transaction<'_>| {
            let item = store::deadlines::get(tx, id)?;
            let ended = store::deadlines::end(tx, id, ending, because.trim(), now, &person)?;
            if ended {
                let kind = match ending {
                    Ending::Done => "deadline-done",
                    Ending::Vacated => "deadline-vacated",
                };
                let entry = AuditEntry::new(now, person, kind).with("deadline", id);
                store::audit::append(tx, &entry.with("reason", because.trim()))?;
            }
            Ok((ended, item))
        };
        let (ended, item) = self.store().write_durable("end-deadline", case).await?;
        match (ended, ending, item.state) {
            (true, Ending::Done, _) => {
                let late = if now > item.facts.until { ", after its last day" } else { "" };
                Ok(format!("Deadline {id} is done{late}; the evidence is kept."))
            }
            (true, Ending::Vacated, _) => {
                Ok(format!("Deadline {id} is vacated; the reason is kept."))
            }
            (false, Ending::Done, DeadlineState::Proposed) => Err(AppError::Nothing(
                "it was never confirmed, so it does not count; confirm it first, or vacate it",
            )),
            (false, ..) => Err(AppError::Nothing("it has ended already")),
        }
    }

    /// What is to be said of deadlines now: reminders that have come, and at the start also what waits for confirmation.
    pub(super) fn deadline_notices(
        &self,
        tx: &Transaction<'_>,
        start: bool,
    ) -> Result<Vec<Notice>, StoreError> {
        let now = self.now();
        let mut notices = Vec::new();
        for item in store::deadlines::take_reminders(tx, now)? {
            let matter = store::matters::get(tx, item.facts.matter)?.number;
            notices.push(Notice::problem(&format!(
                "Deadline {}: {} · {} · matter {matter}.",
                left(&item, self),
                item.facts.what,
                named(item.facts.day),
            )));
        }
        if start {
            let open = store::deadlines::unconfirmed(tx)?;
            if open > 0 {
                let (s, they) =
                    if open == 1 { (" waits", "it does") } else { ("s wait", "they do") };
                notices.push(Notice::problem(&format!(
                    "{open} deadline{s} for a person's confirmation: {they} not count yet. `deadline list` shows what to confirm."
                )));
            }
        }
        Ok(notices)
    }
}

/// Deadlines as they are shown, soonest first.
pub(super) fn rows(
    conn: &Connection,
    matter: Option<MatterId>,
    ended: bool,
) -> Result<Vec<DeadlineRow>, StoreError> {
    let items = store::deadlines::list(conn, matter, ended)?;
    items.into_iter().map(|item| row(conn, item)).collect()
}

/// What came of a confirmation.
enum Confirmed {
    /// It counts; the next reminder comes so many days ahead.
    Now(Option<u8>),
    /// Another day was said than this one.
    OtherDay,
    /// It was in this state before.
    Before(DeadlineState),
}

/// `in 3 days`, by the days of the court's zone.
fn left(item: &DeadlineItem, office: &Office) -> String {
    let zone = zones().get(&item.facts.zone).unwrap_or_else(|_| office.zone());
    let today = zone.to_datetime(office.now()).date();
    let days = today.until(item.facts.day).map_or(0, |span| span.get_days());
    match days {
        i32::MIN..=-1 => "passed".to_owned(),
        0 => "today".to_owned(),
        1 => "tomorrow".to_owned(),
        2..=i32::MAX => format!("in {days} days"),
    }
}

fn row(conn: &Connection, item: DeadlineItem) -> Result<DeadlineRow, StoreError> {
    let matter = store::matters::get(conn, item.facts.matter)?;
    let line = |text: &str| SafeText::line(text);
    Ok(DeadlineRow {
        id: item.id,
        matter: MatterLabel {
            id: matter.id,
            number: line(matter.number.as_str()),
            name: line(&matter.name),
        },
        what: line(&item.facts.what),
        day: item.facts.day,
        until: item.facts.until,
        zone: line(&item.facts.zone),
        rule: line(&item.facts.rule),
        lines: item.facts.arithmetic.lines().map(line).collect(),
        source: line(&item.facts.source),
        evidence: line(&item.facts.evidence),
        state: item.state,
        entered: item.entered.0,
        confirmed: item.confirmed.map(|(at, _)| at),
        ended: item.ended.map(|(at, _, because)| (at, line(&because))),
    })
}

fn named(day: Date) -> String {
    day.strftime("%a %-d %b %Y").to_string()
}

const fn plural(n: u8) -> &'static str {
    if n == 1 { "" } else { "s" }
}
