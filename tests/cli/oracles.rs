//! Business time beside two programs of other people: 5,000 cases each, always the same ones.
//!
//! One difference is known and wanted: where a count ends exactly at a close, we say that close and pandas says the next
//! opening. (The client's answer is in time at the close; it would not be later that day.)

use std::{collections::BTreeMap, time::Duration};

use jiff::{
    Timestamp, ToSpan,
    civil::{Date, DateTime},
};
use matterbox::domain::calendar::{CalendarPlan, Shift, WorkCalendar};
use serde_json::{Value, json};

use crate::support::python;

const CASES: usize = 5_000;

/// SplitMix64: the same numbers on every machine.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    fn one_of<T: Clone>(&mut self, all: &[T]) -> T {
        all[usize::try_from(self.below(all.len() as u64)).unwrap()].clone()
    }
}

/// A week with closed days, as both sides can be told of it.
struct Office {
    calendar: WorkCalendar,
    zone: &'static str,
    open: &'static str,
    close: &'static str,
    lunch: Option<(&'static str, &'static str)>,
    days: Vec<u64>,
    closed: Vec<String>,
}

/// Opening, close, lunch.
type Hours = (&'static str, &'static str, Option<(&'static str, &'static str)>);

const HOURS: &[Hours] = &[
    ("09:00", "17:00", None),
    ("09:00", "17:30", None),
    ("08:30", "17:30", Some(("12:30", "13:30"))),
    ("07:15", "19:45", Some(("12:00", "12:45"))),
    ("10:00", "11:00", None),
];

/// Zones with every kind of clock change. Neither program knows what to do when one falls into office hours.
const ZONES: &[&str] = &[
    "Europe/London",
    "Europe/Berlin",
    "America/New_York",
    "America/Los_Angeles",
    "Australia/Lord_Howe",
    "Australia/Sydney",
    "Asia/Kolkata",
    "Asia/Singapore",
    "America/Sao_Paulo",
    "UTC",
];

impl Office {
    fn random(dice: &mut Dice, zones: &[&'static str]) -> Self {
        let (zone, (open, close, lunch)) = (dice.one_of(zones), dice.one_of(HOURS));
        let mut days: Vec<u64> = (0..7).filter(|day| *day < 5 || dice.below(4) == 0).collect();
        if dice.below(3) == 0 {
            let gone = usize::try_from(dice.below(5)).unwrap();
            days.remove(gone);
        }
        let first: Date = "2024-01-01".parse().unwrap();
        let closed: Vec<String> = (0..900)
            .filter(|_| dice.below(25) == 0)
            .map(|n| first.saturating_add(n.days()).to_string())
            // So that a search for the next closed day ends.
            .chain(["2027-06-01".to_owned(), "2029-01-01".to_owned()])
            .collect();
        let shift = |from: &str, to: &str| format!("{from}-{to}").parse::<Shift>().unwrap();
        let shifts = match lunch {
            Some((begins, ends)) => vec![shift(open, begins), shift(ends, close)],
            None => vec![shift(open, close)],
        };
        let of_day = |day| if days.contains(&(day as u64)) { shifts.clone() } else { Vec::new() };
        let calendar = WorkCalendar::new(CalendarPlan {
            name: "oracle".to_owned(),
            zone: zone.to_owned(),
            week: std::array::from_fn(of_day),
            closed: closed.iter().map(|day| (day.parse().unwrap(), String::new())).collect(),
            special: BTreeMap::new(),
        });
        Self { calendar: calendar.unwrap(), zone, open, close, lunch, days, closed }
    }

    /// A moment of 2024 to 2026: any second, or one at which something happens.
    fn moment(&self, dice: &mut Dice) -> Timestamp {
        let day = "2024-01-01"
            .parse::<Date>()
            .unwrap()
            .saturating_add(i32::try_from(dice.below(1000)).unwrap().days());
        let edges = [self.open, self.close, self.lunch.map_or(self.open, |(begins, _)| begins)];
        let time = match dice.below(4) {
            0 => format!("{}:00", dice.one_of(&edges)),
            1 => format!("{:02}:{:02}:00", dice.below(24), dice.below(60)),
            _ => format!("{:02}:{:02}:{:02}", dice.below(24), dice.below(60), dice.below(60)),
        };
        let civil: DateTime = format!("{day}T{time}").parse().unwrap();
        self.calendar.zone().to_timestamp(civil).unwrap()
    }

    fn told(&self) -> Value {
        json!({
            "zone": self.zone, "open": self.open, "close": self.close, "lunch": self.lunch,
            "days": self.days, "closed": self.closed,
        })
    }
}

fn with(mut case: Value, more: &Value) -> Value {
    case.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    case
}

#[test]
fn due_and_worked_time_are_those_of_businesstimedelta() {
    let mut dice = Dice(20_261_124);
    let offices: Vec<Office> = (0..50).map(|_| Office::random(&mut dice, ZONES)).collect();
    let mut cases = Vec::new();
    let mut ours = Vec::new();
    for at in 0..CASES {
        let office = &offices[at % offices.len()];
        let start = office.moment(&mut dice);
        let end =
            start + jiff::SignedDuration::from_secs(i64::try_from(dice.below(1_500_000)).unwrap());
        // Whole hours end at edges more often.
        let need =
            if dice.below(2) == 0 { 3600 * (1 + dice.below(40)) } else { 1 + dice.below(150_000) };
        let due = office.calendar.add(start, Duration::from_secs(need)).unwrap();
        ours.push((due.as_second(), office.calendar.between(start, end).as_secs()));
        let moments = json!({ "start": start.as_second(), "end": end.as_second(), "need": need });
        cases.push(with(office.told(), &moments));
    }
    let theirs = python::answers("with_businesstimedelta.py", &cases);
    for ((case, ours), theirs) in cases.iter().zip(ours).zip(theirs) {
        let theirs = (theirs["due"].as_i64().unwrap(), theirs["between"].as_i64().unwrap());
        assert_eq!(ours, theirs, "{case}");
    }
}

#[test]
fn due_and_worked_time_are_those_of_pandas_but_at_the_close() {
    let mut dice = Dice(19_180_511);
    // pandas counts in civil time: where no change of the clocks falls into office hours, any zone gives the same.
    let offices: Vec<Office> = (0..50).map(|_| Office::random(&mut dice, ZONES)).collect();
    let civil = |office: &Office, t: Timestamp| {
        office.calendar.civil(t).strftime("%Y-%m-%dT%H:%M:%S").to_string()
    };
    let mut cases = Vec::new();
    let mut ours = Vec::new();
    for at in 0..CASES {
        let office = &offices[at % offices.len()];
        let start = office.moment(&mut dice);
        let end =
            start + jiff::SignedDuration::from_secs(i64::try_from(dice.below(3_000_000)).unwrap());
        let hours = 1 + dice.below(60);
        let due = office.calendar.add(start, Duration::from_secs(3600 * hours)).unwrap();
        let next = office.calendar.next_open(due).unwrap();
        let worked = office.calendar.between(start, end).as_secs();
        ours.push((civil(office, due), civil(office, next), worked));
        let moments =
            json!({ "start": civil(office, start), "end": civil(office, end), "hours": hours });
        cases.push(with(office.told(), &moments));
    }
    let theirs = python::answers("with_pandas.py", &cases);
    let mut at_the_close = 0;
    for ((case, (due, next, worked)), theirs) in cases.iter().zip(ours).zip(theirs) {
        let their_due = theirs["due"].as_str().unwrap();
        if due != their_due {
            assert_eq!(next, their_due, "{case}: ours is {due}");
            let close = due.split('T').nth(1).unwrap();
            let edge = [&case["close"], &case["lunch"][0]];
            assert!(
                edge.iter()
                    .any(|edge| edge.as_str().is_some_and(|edge| close == format!("{edge}:00"))),
                "{case}: {due} is no close"
            );
            at_the_close += 1;
        }
        assert_eq!(worked, theirs["between"].as_i64().unwrap(), "{case}");
    }
    assert!((20..CASES / 3).contains(&at_the_close), "{at_the_close} of {CASES} ended at a close");
}
