//! How fast the office answers: turns and arrivals of a period in, tables out (design 4.9).
//!
//! Owns what is counted and what is left out. Per turn, never per thread; pure: the period and `now` are arguments. A
//! conversation that is still late is counted from the instant at which it became late, so that no answer hides it.

use std::collections::BTreeMap;

use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};

use super::{
    calendar::WorkCalendar,
    sla::{Clock, Outcome, Turn},
};

/// The period of a report and the zone in which its days are counted.
#[derive(Clone, Debug)]
pub struct Period {
    /// The first instant in it.
    pub from: Timestamp,
    /// The first instant after it.
    pub to: Timestamp,
    /// The office's zone.
    pub zone: TimeZone,
}

impl Period {
    fn holds(&self, at: Timestamp) -> bool {
        self.from <= at && at < self.to
    }
}

/// A turn with whom it concerns.
pub struct Entry<'a> {
    /// The turn.
    pub turn: &'a Turn,
    /// The calendar in which it was counted.
    pub calendar: &'a WorkCalendar,
    /// The matter's number and name; empty without one.
    pub matter: &'a str,
    /// Who waited.
    pub client: &'a str,
    /// Whose desk it came to.
    pub owner: &'a str,
}

/// How often a clock was met.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rate {
    /// Stopped in time.
    pub met: u32,
    /// Not stopped in time, whether it has been stopped since or not.
    pub missed: u32,
}

impl Rate {
    /// Met ÷ (met + missed) in tenths of a percent; `None` when nothing was decided.
    pub fn attainment(self) -> Option<u32> {
        let all = self.met.saturating_add(self.missed);
        self.met.saturating_mul(1000).checked_div(all)
    }

    const fn count(&mut self, met: bool) {
        if met {
            self.met = self.met.saturating_add(1);
        } else {
            self.missed = self.missed.saturating_add(1);
        }
    }
}

/// What is counted of a group of turns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Acknowledgements decided in the period.
    pub ack: Rate,
    /// Answers in substance decided in the period.
    pub reply: Rate,
    /// Promised dates decided in the period.
    pub promise: Rate,
    /// Answers deferred with notice in the period.
    pub deferred: u32,
    /// Of these turns, those that were deferred more than once.
    pub deferred_again: u32,
    /// Turns dismissed in the period: in no rate.
    pub dismissed: u32,
    /// Turns in which an answer of ours never arrived, reported in the period.
    pub retracted: u32,
    /// Turns late now, whenever they began.
    pub late_now: u32,
    /// Of turns answered in the period: business seconds until the answer, rising.
    pub business: Vec<i64>,
    /// The same on the wall, rising: clients count calendar time.
    pub wall: Vec<i64>,
}

/// The value below which so many percent lie (nearest rank); `None` of nothing.
pub fn percentile(rising: &[i64], percent: usize) -> Option<i64> {
    let rank = rising.len().saturating_mul(percent).div_ceil(100).max(1);
    rising.get(rank.saturating_sub(1)).copied()
}

/// Upper bounds of the histogram of business time until the answer, in hours; one more bucket holds the rest.
pub const BUCKETS: [i64; 6] = [1, 2, 4, 8, 16, 24];

/// The tables of a report.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Everything together.
    pub all: Figures,
    /// By matter; those without one under an empty name.
    pub matters: BTreeMap<String, Figures>,
    /// By client.
    pub clients: BTreeMap<String, Figures>,
    /// By owner.
    pub owners: BTreeMap<String, Figures>,
    /// By the Monday of the week in which it was decided: acknowledgements and answers.
    pub weeks: BTreeMap<Date, (Rate, Rate)>,
    /// Answers by business time, one count for each of [`BUCKETS`] and one for the rest.
    pub histogram: [u32; 7],
    /// Messages from outside by weekday (from Monday) and hour.
    pub arrivals: [[u32; 24]; 7],
}

/// Folds turns and the instants at which messages came into the tables of a period.
pub fn report<'a>(
    entries: impl IntoIterator<Item = Entry<'a>>,
    arrivals: impl IntoIterator<Item = Timestamp>,
    period: &Period,
    now: Timestamp,
) -> Report {
    let mut report = Report::default();
    for entry in entries {
        let facts = Facts::of(&entry, period, now);
        if facts == Facts::default() {
            continue;
        }
        facts.weigh(&mut report);
        facts.add(&mut report.all);
        facts.add(report.matters.entry(entry.matter.to_owned()).or_default());
        facts.add(report.clients.entry(entry.client.to_owned()).or_default());
        facts.add(report.owners.entry(entry.owner.to_owned()).or_default());
    }
    for at in arrivals.into_iter().filter(|at| period.holds(*at)) {
        let civil = period.zone.to_datetime(at);
        let day = usize::try_from(civil.weekday().to_monday_zero_offset()).unwrap_or_default();
        let hour = usize::try_from(civil.hour()).unwrap_or_default();
        if let Some(cell) = report.arrivals.get_mut(day).and_then(|row| row.get_mut(hour)) {
            *cell = cell.saturating_add(1);
        }
    }
    let groups = report.matters.values_mut().chain(report.clients.values_mut());
    for figures in groups.chain(report.owners.values_mut()).chain([&mut report.all]) {
        figures.business.sort_unstable();
        figures.wall.sort_unstable();
    }
    report
}

/// What one turn adds to a period.
#[derive(Default, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "independent facts, not a state")]
struct Facts {
    ack: Option<(bool, Date)>,
    reply: Option<(bool, Date)>,
    promise: Option<bool>,
    deferred: bool,
    deferred_again: bool,
    dismissed: bool,
    retracted: bool,
    late_now: bool,
    waited: Option<(i64, i64)>,
}

impl Facts {
    fn of(entry: &Entry<'_>, period: &Period, now: Timestamp) -> Self {
        let turn = entry.turn;
        let decided = |clock: &Clock| {
            let (met, at) = decided(clock, now)?;
            period.holds(at).then(|| (met, week(period.zone.to_datetime(at).date())))
        };
        let dismissed = match &turn.reply.outcome {
            Outcome::Dismissed { at, .. } => period.holds(*at),
            Outcome::Open | Outcome::Met(_) | Outcome::Late(_) | Outcome::Deferred(_) => false,
        };
        let deferred = turn.promises.iter().any(|one| period.holds(one.made.at));
        let answered = !matches!(turn.reply.outcome, Outcome::Dismissed { .. })
            && turn.ended_at().is_some_and(|at| period.holds(at));
        let (business, wall) = turn.wait(entry.calendar, now);
        Self {
            ack: decided(&turn.ack),
            reply: decided(&turn.reply),
            promise: turn.promises.last().and_then(|one| decided(&one.clock)).map(|(met, _)| met),
            deferred,
            deferred_again: deferred && turn.promises.len() > 1,
            dismissed,
            retracted: turn.never_arrived.iter().any(|lost| period.holds(lost.reported)),
            late_now: turn.running().iter().any(|running| now > running.due),
            waited: answered.then_some((business.as_secs(), wall.as_secs())),
        }
    }

    fn add(&self, to: &mut Figures) {
        let one = |count: &mut u32, yes: bool| *count = count.saturating_add(u32::from(yes));
        for (rate, clock) in [(&mut to.ack, self.ack), (&mut to.reply, self.reply)] {
            if let Some((met, _)) = clock {
                rate.count(met);
            }
        }
        if let Some(met) = self.promise {
            to.promise.count(met);
        }
        one(&mut to.deferred, self.deferred);
        one(&mut to.deferred_again, self.deferred_again);
        one(&mut to.dismissed, self.dismissed);
        one(&mut to.retracted, self.retracted);
        one(&mut to.late_now, self.late_now);
        if let Some((business, wall)) = self.waited {
            to.business.push(business);
            to.wall.push(wall);
        }
    }

    fn weigh(&self, report: &mut Report) {
        if let Some((met, week)) = self.ack {
            report.weeks.entry(week).or_default().0.count(met);
        }
        if let Some((met, week)) = self.reply {
            report.weeks.entry(week).or_default().1.count(met);
        }
        if let Some((business, _)) = self.waited {
            let full = |hours: &i64| business <= hours.saturating_mul(3600);
            let at = BUCKETS.iter().position(full).unwrap_or(BUCKETS.len());
            if let Some(count) = report.histogram.get_mut(at) {
                *count = count.saturating_add(1);
            }
        }
    }
}

/// Whether a clock was met, and since when that is so. A miss is one from its due on, and stays one after the answer.
fn decided(clock: &Clock, now: Timestamp) -> Option<(bool, Timestamp)> {
    match &clock.outcome {
        Outcome::Met(stop) => Some((true, stop.at)),
        Outcome::Late(_) => Some((false, clock.due)),
        Outcome::Open => (now > clock.due).then_some((false, clock.due)),
        Outcome::Deferred(_) | Outcome::Dismissed { .. } => None,
    }
}

/// The Monday of a day's week.
fn week(date: Date) -> Date {
    date.saturating_sub(i64::from(date.weekday().to_monday_zero_offset()).days())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        calendar::cases::{at, new_york},
        id::{MessageKey, PartyId},
        sla::{Addressee, ClockMessage, Principal, SlaPolicy, fold},
    };

    const KOFI: Principal = Principal::Party(PartyId::new(1));

    /// Turns of messages: `in` and `out` with their times in New York.
    fn turns(mail: &[(&str, &str)]) -> Vec<Turn> {
        let ny = new_york();
        let address = crate::domain::address::EmailAddress::parse("kofi@mensah.example").unwrap();
        let messages: Vec<ClockMessage> = (1..)
            .zip(mail)
            .map(|(key, (way, time))| {
                let (key, time) = (MessageKey::new(key), at(&ny, time));
                let to = Addressee { address: address.clone(), principal: Some(KOFI) };
                if *way == "in" {
                    ClockMessage::inbound(key, time, vec![KOFI])
                } else {
                    ClockMessage::outbound(key, time, vec![to])
                }
            })
            .collect();
        fold(&messages, &[], &SlaPolicy::default(), &ny).unwrap().turns
    }

    fn of(mail: &[(&str, &str)], from: &str, to: &str, now: &str) -> Report {
        let ny = new_york();
        let turns = turns(mail);
        let entries = turns.iter().map(|turn| Entry {
            turn,
            calendar: &ny,
            matter: "2026-0147",
            client: "Kofi",
            owner: "Alice",
        });
        let came: Vec<Timestamp> =
            mail.iter().filter(|(way, _)| *way == "in").map(|(_, time)| at(&ny, time)).collect();
        let period = Period { from: at(&ny, from), to: at(&ny, to), zone: ny.zone().clone() };
        report(entries, came, &period, at(&ny, now))
    }

    #[test]
    fn a_late_ack_and_an_answer_in_time_are_both_reported() {
        let mail = [("in", "2026-11-24T10:00"), ("out", "2026-11-24T15:00")];
        let report = of(&mail, "2026-11-23T00:00", "2026-11-30T00:00", "2026-11-27T12:00");
        assert_eq!(report.all.ack, Rate { met: 0, missed: 1 });
        assert_eq!(report.all.reply, Rate { met: 1, missed: 0 });
        assert_eq!(
            (&report.all.business[..], &report.all.wall[..]),
            (&[18_000][..], &[18_000][..])
        );
        assert_eq!(report.histogram, [0, 0, 0, 1, 0, 0, 0]);
        assert_eq!(report.arrivals[1][10], 1, "Tuesday, ten o'clock");
        assert_eq!(report.matters["2026-0147"], report.all);
    }

    #[test]
    fn a_miss_belongs_to_the_period_in_which_it_became_one_and_stays_after_the_answer() {
        let mail = [("in", "2026-11-24T10:00"), ("out", "2026-12-02T15:00")];
        let week = |now| of(&mail, "2026-11-23T00:00", "2026-11-30T00:00", now).all;
        assert_eq!(week("2026-12-05T12:00").reply, Rate { met: 0, missed: 1 });
        assert_eq!(week("2026-12-05T12:00").late_now, 0);
        let open = of(&mail[..1], "2026-11-23T00:00", "2026-11-30T00:00", "2026-11-27T12:00").all;
        assert_eq!((open.reply.missed, open.late_now), (1, 1));
        let next = of(&mail, "2026-11-30T00:00", "2026-12-07T00:00", "2026-12-05T12:00").all;
        assert_eq!(next.reply, Rate::default(), "not twice");
        assert_eq!(next.business.len(), 1, "the wait ended in this one");
    }

    #[test]
    fn what_is_still_running_is_in_no_rate() {
        let mail = [("in", "2026-11-24T10:00")];
        let report = of(&mail, "2026-11-23T00:00", "2026-11-30T00:00", "2026-11-24T11:00");
        assert_eq!(report.all, Figures::default());
        assert_eq!(report.all.ack.attainment(), None);
    }

    #[test]
    fn attainment_is_shown_by_the_week_of_the_decision() {
        let mail = [("in", "2026-11-20T16:00"), ("out", "2026-11-23T10:00")];
        let report = of(&mail, "2026-11-01T00:00", "2026-12-01T00:00", "2026-12-05T12:00");
        let week = jiff::civil::date(2026, 11, 23);
        assert_eq!(report.weeks[&week], (Rate { met: 1, missed: 0 }, Rate { met: 1, missed: 0 }));
    }

    #[test]
    fn percentiles_are_the_nearest_rank() {
        let ten: Vec<i64> = (1..=10).collect();
        assert_eq!((percentile(&ten, 50), percentile(&ten, 90)), (Some(5), Some(9)));
        assert_eq!(percentile(&[7], 50), Some(7));
        assert_eq!(percentile(&[], 90), None);
        assert_eq!(Rate { met: 47, missed: 3 }.attainment(), Some(940));
    }
}
