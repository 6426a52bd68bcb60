//! The laws of design 4.10, in zones with every kind of clock change.

#![allow(clippy::arithmetic_side_effects, reason = "an overflow here fails the test, as it should")]

use std::time::Duration;

use jiff::{SignedDuration, Timestamp, ToSpan};
use proptest::prelude::*;

use super::{cases::*, *};
use crate::domain::{holidays::HolidaySet, target::Target};

/// Clock changes of an hour and of half an hour, by night and at midnight, in both hemispheres; a day that never was; offsets
/// of three quarters of an hour.
const ZONES: [&str; 10] = [
    "Europe/London",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kolkata",
    "Africa/Cairo",
    "Pacific/Apia",
    "America/Sao_Paulo",
    "Asia/Kathmandu",
    "Africa/Casablanca",
    "Pacific/Chatham",
];

const HOURS: [&[&str]; 5] = [
    &["09:00-17:00"],
    &["08:30-12:30", "13:30-17:30"],
    &["22:00-30:00"],
    &["00:00-24:00"],
    &["00:30-02:15", "02:30-03:00", "23:30-25:00"],
];

fn any_calendar() -> impl Strategy<Value = WorkCalendar> {
    calendars(HOURS.len())
}

/// With one of the first so many hours.
fn calendars(kinds: usize) -> impl Strategy<Value = WorkCalendar> {
    let closed = proptest::collection::btree_set(0_i32..730, 0..12);
    let special = proptest::collection::btree_map(0_i32..730, 0_usize..2, 0..12);
    let sets =
        proptest::sample::subsequence(vec!["us-federal", "de-NW", "sg", "gb-scotland"], 0..3);
    (0..ZONES.len(), 0..kinds, any::<bool>(), closed, special, sets).prop_map(
        |(zone, hours, all_week, closed, special, sets)| {
            let day = |d: i32| jiff::civil::date(2011, 12, 1).saturating_add(d.days());
            let week = if all_week { every_day(HOURS[hours]) } else { weekdays(HOURS[hours]) };
            let other =
                |hours: usize| SpecialDay { name: String::new(), shifts: shifts(HOURS[hours]) };
            WorkCalendar::new(CalendarPlan {
                name: "law".to_owned(),
                zone: ZONES[zone].to_owned(),
                week,
                closed: closed.into_iter().map(|d| (day(d), String::new())).collect(),
                special: special.into_iter().map(|(d, h)| (day(d), other(h))).collect(),
            })
            .unwrap()
            .observing(sets.into_iter().filter_map(HolidaySet::named).collect())
        },
    )
}

/// Instants of 2011-12 to 2013-12: Samoa's lost day, and every zone's changes.
fn any_instant() -> impl Strategy<Value = Timestamp> {
    let first = 1_322_700_000_i64;
    (first..first + 63_000_000, 0_i32..1_000_000_000)
        .prop_map(|(s, ns)| Timestamp::new(s, if ns % 3 == 0 { ns } else { 0 }).unwrap())
}

fn any_need() -> impl Strategy<Value = Duration> {
    (1_u64..400_000).prop_map(Duration::from_secs)
}

fn signed(d: Duration) -> SignedDuration {
    SignedDuration::try_from(d).unwrap()
}

proptest! {
    #[test]
    fn what_was_added_is_what_was_worked(c in any_calendar(), t in any_instant(), n in any_need()) {
        prop_assert_eq!(c.between(t, c.add(t, n).unwrap()), signed(n));
    }

    #[test]
    fn work_adds_up(c in any_calendar(), mut t in any::<[u32; 3]>()) {
        t.sort_unstable();
        let [a, b, z] = t.map(|s| Timestamp::from_second(1_322_700_000 + i64::from(s % 63_000_000)).unwrap());
        prop_assert_eq!(c.between(a, z), c.between(a, b) + c.between(b, z));
        prop_assert_eq!(c.between(z, a), -c.between(a, z));
    }

    #[test]
    fn due_is_monotone(c in any_calendar(), t in any_instant(), u in any_instant(), n in any_need(), m in any_need()) {
        let (t, u) = (t.min(u), t.max(u));
        prop_assert!(c.add(t, n).unwrap() <= c.add(u, n).unwrap());
        prop_assert!(c.add(t, n.min(m)).unwrap() <= c.add(t, n.max(m)).unwrap());
        prop_assert!(c.next_open(t).unwrap() <= c.add(t, n).unwrap());
    }

    #[test]
    fn nobody_works_longer_than_time_passes(c in any_calendar(), t in any_instant(), u in any_instant()) {
        let (t, u) = (t.min(u), t.max(u));
        let worked = c.between(t, u);
        prop_assert!(worked <= u.duration_since(t));
        prop_assert!(!worked.is_negative());
    }

    #[test]
    fn two_counts_are_one_count(c in any_calendar(), t in any_instant(), n in any_need(), m in any_need()) {
        prop_assert_eq!(c.add(c.add(t, n).unwrap(), m).unwrap(), c.add(t, n + m).unwrap());
    }

    #[test]
    fn a_due_is_open_or_a_closing_edge(c in any_calendar(), t in any_instant(), n in any_need()) {
        let due = c.add(t, n).unwrap();
        let just_before = due.checked_sub(1.nanosecond()).unwrap();
        prop_assert!(c.is_open(due) || c.is_open(just_before));
    }

    #[test]
    fn a_holiday_never_makes_a_due_earlier(
        c in any_calendar(), t in any_instant(), n in any_need(), days in 1_u16..6, holiday in 0_i32..9,
    ) {
        let mut longer = c.clone();
        longer.closed.insert(c.date(t).saturating_add(holiday.days()), "holiday".to_owned());
        prop_assert!(c.add(t, n).unwrap() <= longer.add(t, n).unwrap());
        for target in [Target::BusinessDays(days), Target::CloseOfBusiness(days)] {
            let cutoff = Duration::from_mins(30);
            let before = c.add_target(t, target, cutoff).unwrap();
            let after = longer.add_target(t, target, cutoff).unwrap();
            prop_assert!(before <= after, "{target}: {before} became {after}");
        }
    }

    #[test]
    fn every_target_is_monotone_and_ends_while_somebody_works(
        // Not those whose shifts of two dates overlap: there an instant belongs to two days.
        c in calendars(4), t in any_instant(), gap in 0_i64..200_000, n in 0_u16..12, more in 0_u16..4, shape in 0..2,
    ) {
        let cutoff = Duration::from_mins(30);
        let due = |t, n: u16| {
            let target = if shape == 0 { Target::BusinessDays(n) } else { Target::CloseOfBusiness(n) };
            c.add_target(t, target, cutoff).unwrap()
        };
        let u = t + SignedDuration::from_secs(gap);
        prop_assert!(due(t, n) <= due(t, n + more));
        // In an hour that is repeated, the later instant can bear the earlier time of day.
        let repeated = c.civil(u) < c.civil(t);
        prop_assert!(repeated || due(t, n) <= due(u, n), "{t} {u}: {} {}", due(t, n), due(u, n));
        prop_assert!(t <= due(t, n));
        prop_assert!(c.is_working_instant(due(t, n)));
    }

    #[test]
    fn pauses_are_cut_out_and_cost_nothing_while_the_office_is_closed(
        c in any_calendar(), t in any_instant(), n in any_need(),
        pauses in proptest::collection::vec((0_i64..900_000, 0_i64..400_000), 0..5),
    ) {
        let after = |s: i64| t + SignedDuration::from_secs(s);
        let pauses: Vec<Pause> =
            pauses.into_iter().map(|(from, long)| Pause { from: after(from), to: after(from + long) }).collect();
        let due = c.add_paused(t, n, &pauses).unwrap();
        prop_assert!(due >= c.add(t, n).unwrap());
        prop_assert_eq!(c.between_paused(t, due, &pauses), signed(n));
        prop_assert_eq!(c.add_paused(t, n, &[]).unwrap(), c.add(t, n).unwrap());
        prop_assert!(pauses.iter().all(|p| !(p.from < due && due < p.to)), "it does not end inside a pause");
        let open = c.next_open(t).unwrap();
        let night = Pause { from: t, to: open };
        prop_assert_eq!(c.add_paused(t, n, &[night]).unwrap(), c.add(t, n).unwrap());
    }

    #[test]
    fn keeping_more_holidays_never_makes_a_due_earlier(
        c in any_calendar(), t in any_instant(), n in any_need(), days in 1_u16..6,
    ) {
        let mut sets = c.holiday_sets().to_vec();
        sets.push(HolidaySet::named("in").unwrap());
        let more = c.clone().observing(sets);
        prop_assert!(c.add(t, n).unwrap() <= more.add(t, n).unwrap());
        for target in [Target::BusinessDays(days), Target::CloseOfBusiness(days)] {
            let cutoff = Duration::from_mins(30);
            prop_assert!(c.add_target(t, target, cutoff).unwrap() <= more.add_target(t, target, cutoff).unwrap());
        }
    }

    #[test]
    fn hours_in_any_order_and_cut_anywhere_are_the_same_calendar(
        c in any_calendar(), t in any_instant(), n in any_need(), cut in 1_u16..1440,
    ) {
        let cut_up = |shifts: &Vec<Shift>| -> Vec<Shift> {
            let pieces = shifts.iter().rev().flat_map(|s| {
                let middle = s.open().saturating_add(cut).min(s.close());
                [Shift::new(middle, s.close()).ok(), Shift::new(s.open(), middle).ok(), Some(*s)]
            });
            pieces.flatten().collect()
        };
        let again = WorkCalendar::new(CalendarPlan {
            name: c.name.clone(),
            zone: c.zone_name().to_owned(),
            week: std::array::from_fn(|day| cut_up(&c.week[day])),
            closed: c.closed.clone(),
            special: c.special.iter().map(|(date, day)| {
                (*date, SpecialDay { name: day.name.clone(), shifts: cut_up(&day.shifts) })
            }).collect(),
        }).unwrap().observing(c.holiday_sets().to_vec());
        prop_assert_eq!(&again, &c);
        prop_assert_eq!(again.add(t, n).unwrap(), c.add(t, n).unwrap());
    }

    #[test]
    fn spans_are_sorted_and_disjoint(c in any_calendar(), t in any_instant()) {
        let spans: Vec<Span> = c.spans_after(t).take(40).collect();
        for pair in spans.windows(2) {
            prop_assert!(pair[0].end <= pair[1].start);
        }
        prop_assert!(spans.iter().all(|span| span.start < span.end));
    }

    #[test]
    fn the_steps_end_where_the_sum_ends(c in any_calendar(), t in any_instant(), n in 1_u16..40) {
        let cutoff = Duration::from_mins(30);
        let explained = c.explain(t, Target::BusinessHours(n), cutoff).unwrap();
        let counted = explained.steps.iter().filter_map(|step| match step {
            Step::Counted { from, to, .. } => Some(to.duration_since(*from)),
            Step::Opens { .. } | Step::PastCutoff { .. } | Step::Closed { .. } | Step::BusinessDay { .. }
            | Step::Moved { .. } | Step::Wall { .. } | Step::Close { .. } | Step::Unknown(_) => None,
        });
        let sum = counted.fold(SignedDuration::ZERO, |sum, part| sum + part);
        prop_assert_eq!(sum, SignedDuration::from_hours(i64::from(n)));
    }
}

#[test]
fn the_hosts_zone_changes_nothing() {
    let me = std::env::current_exe().unwrap();
    for zone in ["Asia/Kolkata", "Pacific/Apia", "Not/AZone", ""] {
        let cases = std::process::Command::new(&me)
            .env("TZ", zone)
            .args(["domain::calendar::cases::", "--test-threads=1"])
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&cases.stdout);
        assert!(cases.status.success() && !said.contains("running 0 tests"), "TZ={zone}: {said}");
    }
}
