//! The worked cases of design 4.8 that are arithmetic, each by its number, and the calendars they use.

use std::time::Duration;

use jiff::{Timestamp, civil::Date, civil::DateTime};

use super::{arithmetic::hours, *};
use crate::domain::target::Target;

const CUTOFF: Duration = Duration::from_mins(30);

pub fn shifts(texts: &[&str]) -> Vec<Shift> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

pub fn weekdays(hours: &[&str]) -> [Vec<Shift>; 7] {
    let day = || shifts(hours);
    [day(), day(), day(), day(), day(), vec![], vec![]]
}

pub fn every_day(hours: &[&str]) -> [Vec<Shift>; 7] {
    std::array::from_fn(|_| shifts(hours))
}

fn dates(days: &[&str]) -> BTreeMap<Date, String> {
    days.iter().map(|day| (day.parse().unwrap(), String::new())).collect()
}

/// The office in New York of design 4.8.
pub fn new_york() -> WorkCalendar {
    let half = |name: &str| SpecialDay { name: name.to_owned(), shifts: shifts(&["09:00-13:00"]) };
    let mut closed = dates(&[
        "2026-01-01",
        "2026-01-19",
        "2026-02-16",
        "2026-05-25",
        "2026-06-19",
        "2026-07-03",
        "2026-09-07",
        "2026-12-25",
        "2027-01-01",
    ]);
    closed.insert("2026-11-26".parse().unwrap(), "Thanksgiving".to_owned());
    WorkCalendar::new(CalendarPlan {
        name: "NY".to_owned(),
        zone: "America/New_York".to_owned(),
        week: weekdays(&["09:00-17:00"]),
        closed,
        special: BTreeMap::from([
            ("2026-11-27".parse().unwrap(), half("day after Thanksgiving")),
            ("2026-12-24".parse().unwrap(), half("Christmas Eve")),
        ]),
    })
    .unwrap()
}

/// The office in London of design 4.8.
pub fn london() -> WorkCalendar {
    WorkCalendar::new(CalendarPlan {
        name: "LON".to_owned(),
        zone: "Europe/London".to_owned(),
        week: weekdays(&["09:00-17:30"]),
        closed: dates(&[
            "2026-01-01",
            "2026-04-03",
            "2026-04-06",
            "2026-05-04",
            "2026-05-25",
            "2026-08-31",
            "2026-12-25",
            "2026-12-28",
            "2027-01-01",
        ]),
        special: BTreeMap::new(),
    })
    .unwrap()
}

/// The office in Berlin of design 4.8, with a lunch gap.
pub fn berlin() -> WorkCalendar {
    WorkCalendar::new(CalendarPlan {
        name: "BER".to_owned(),
        zone: "Europe/Berlin".to_owned(),
        week: weekdays(&["08:30-12:30", "13:30-17:30"]),
        closed: dates(&["2026-05-01", "2026-12-25"]),
        special: BTreeMap::new(),
    })
    .unwrap()
}

/// A calendar with the same hours every day.
pub fn daily(zone: &str, hours: &[&str]) -> WorkCalendar {
    WorkCalendar::new(CalendarPlan {
        name: "daily".to_owned(),
        zone: zone.to_owned(),
        week: every_day(hours),
        ..CalendarPlan::default()
    })
    .unwrap()
}

/// An instant by its civil time in the calendar's zone.
pub fn at(calendar: &WorkCalendar, civil: &str) -> Timestamp {
    let civil: DateTime = civil.parse().unwrap();
    calendar.zone().to_ambiguous_timestamp(civil).unambiguous().unwrap()
}

fn shown(calendar: &WorkCalendar, t: Timestamp) -> String {
    t.to_zoned_datetime(calendar.zone().clone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

fn check(calendar: &WorkCalendar, from: &str, target: &str, want: &str) {
    let target: Target = target.parse().unwrap();
    let start = at(calendar, from);
    let due = calendar.add_target(start, target, CUTOFF).unwrap();
    let got = shown(calendar, due);
    assert!(got.starts_with(want), "{from} + {target} on {}: {got}, not {want}", calendar.name);
    let explained = calendar.explain(start, target, CUTOFF).unwrap();
    assert_eq!(explained.due, due);
    if let Some(Step::Counted { to, left, .. }) = explained.steps.last() {
        assert_eq!((*to, left.is_zero()), (due, true), "the steps of {from} + {target}");
    }
}

fn table(calendar: &WorkCalendar, rows: &[(&str, &str, &str)]) {
    for (from, target, want) in rows {
        check(calendar, from, target, want);
    }
}

#[test]
fn row_01_an_ordinary_tuesday_morning() {
    table(
        &new_york(),
        &[
            ("2026-11-24T10:00", "4bh", "2026-11-24T14:00:00-05:00"),
            ("2026-11-24T10:00", "1bd", "2026-11-25T10:00:00-05:00"),
            ("2026-11-24T10:00", "cob+0", "2026-11-24T17:00:00"),
            ("2026-11-24T10:00", "cob+1", "2026-11-25T17:00:00"),
        ],
    );
}

#[test]
fn row_02_what_does_not_fit_spills_into_tomorrow() {
    table(
        &new_york(),
        &[
            ("2026-11-24T15:10", "4bh", "2026-11-25T11:10:00-05:00"),
            ("2026-11-24T15:10", "1bd", "2026-11-25T15:10:00"),
        ],
    );
}

#[test]
fn row_03_landing_on_the_closing_edge_stays_on_today() {
    table(&new_york(), &[("2026-11-24T13:00", "4bh", "2026-11-24T17:00:00")]);
}

#[test]
fn row_04_the_last_second_of_friday_is_still_friday() {
    table(
        &new_york(),
        &[
            ("2026-11-20T16:59:59", "4bh", "2026-11-23T12:59:59"),
            ("2026-11-20T16:59:59", "1bd", "2026-11-23T16:59:59"),
            ("2026-11-20T16:59:59", "cob+0", "2026-11-23T17:00:00"),
        ],
    );
}

#[test]
fn row_05_exactly_at_the_close_is_monday() {
    table(
        &new_york(),
        &[
            ("2026-11-20T17:00", "4bh", "2026-11-23T13:00:00"),
            ("2026-11-20T17:00", "1bd", "2026-11-24T09:00:00"),
            ("2026-11-20T17:00", "cob+0", "2026-11-23T17:00:00"),
        ],
    );
}

#[test]
fn row_06_saturday_night_counts_from_monday() {
    table(
        &new_york(),
        &[
            ("2026-11-21T23:40", "4bh", "2026-11-23T13:00:00"),
            ("2026-11-21T23:40", "1bd", "2026-11-24T09:00:00"),
        ],
    );
}

#[test]
fn row_07_a_business_day_is_clamped_to_a_short_day() {
    table(
        &new_york(),
        &[
            ("2026-11-25T16:00", "4bh", "2026-11-27T12:00:00"),
            ("2026-11-25T16:00", "1bd", "2026-11-27T13:00:00"),
        ],
    );
}

#[test]
fn row_08_a_holiday_counts_from_the_next_opening() {
    table(
        &new_york(),
        &[
            ("2026-11-26T11:00", "4bh", "2026-11-27T13:00:00"),
            ("2026-11-26T11:00", "1bd", "2026-11-30T09:00:00"),
        ],
    );
}

#[test]
fn row_10_the_day_before_a_half_day() {
    table(
        &new_york(),
        &[
            ("2026-12-23T15:00", "4bh", "2026-12-24T11:00:00"),
            ("2026-12-23T15:00", "1bd", "2026-12-24T13:00:00"),
        ],
    );
}

#[test]
fn row_12_clocks_go_forward_over_the_weekend_in_new_york() {
    table(
        &new_york(),
        &[
            ("2026-03-06T16:00", "4bh", "2026-03-09T12:00:00-04:00"),
            ("2026-03-06T16:00", "1bd", "2026-03-09T16:00:00-04:00"),
        ],
    );
}

#[test]
fn row_14_clocks_go_back_over_the_weekend_in_london() {
    table(
        &london(),
        &[
            ("2026-10-23T16:00", "4bh", "2026-10-26T11:30:00+00:00"),
            ("2026-10-23T16:00", "1bd", "2026-10-26T16:00:00+00:00"),
        ],
    );
}

#[test]
fn row_15_maundy_thursday() {
    table(
        &london(),
        &[
            ("2026-04-02T16:00", "4bh", "2026-04-07T11:30:00+01:00"),
            ("2026-04-02T16:00", "1bd", "2026-04-07T16:00:00+01:00"),
        ],
    );
}

#[test]
fn row_17_in_the_lunch_gap_it_starts_after_lunch() {
    table(
        &berlin(),
        &[
            ("2026-11-24T13:00", "4bh", "2026-11-24T17:30:00"),
            ("2026-11-24T13:00", "1bd", "2026-11-25T13:30:00"),
        ],
    );
}

#[test]
fn row_19_a_night_shift_over_the_gap_lasts_seven_hours() {
    let desk = daily("America/New_York", &["22:00-30:00"]);
    table(&desk, &[("2026-03-07T23:00", "6bh", "2026-03-08T06:00:00-04:00")]);
    let night = desk.spans_of("2026-03-07".parse().unwrap());
    assert_eq!(night[0].end.duration_since(night[0].start).as_hours(), 7);
}

#[test]
fn row_21_round_the_clock_hours_are_not_days() {
    let always = daily("America/New_York", &["00:00-24:00"]);
    table(
        &always,
        &[
            ("2026-03-07T12:00", "24bh", "2026-03-08T13:00:00-04:00"),
            ("2026-03-07T12:00", "1bd", "2026-03-08T12:00:00-04:00"),
            ("2026-10-31T12:00", "24bh", "2026-11-01T11:00:00-05:00"),
            ("2026-10-31T12:00", "1bd", "2026-11-01T12:00:00-05:00"),
        ],
    );
}

#[test]
fn row_23_midnight_costs_no_minute() {
    let always = daily("America/New_York", &["00:00-24:00"]);
    table(&always, &[("2026-11-24T23:30", "1bh", "2026-11-25T00:30:00")]);
}

#[test]
fn row_24_one_instant_two_offices() {
    let t: Timestamp = "2026-03-16T21:30:00Z".parse().unwrap();
    for (calendar, ack, reply) in [
        (new_york(), "2026-03-17T13:00:00-04:00", "2026-03-18T09:00:00-04:00"),
        (london(), "2026-03-17T13:00:00+00:00", "2026-03-18T09:00:00+00:00"),
    ] {
        assert_eq!(shown(&calendar, calendar.add(t, hours(4)).unwrap()), ack);
        assert_eq!(shown(&calendar, calendar.add_business_days(t, 1).unwrap()), reply);
    }
}

#[test]
fn row_49_a_weekend_is_no_business_time() {
    let ny = new_york();
    let asked = at(&ny, "2026-11-21T23:40");
    let answered = at(&ny, "2026-11-22T12:00");
    assert!(ny.between(asked, answered).is_zero());
    assert_eq!(answered.duration_since(asked).as_mins(), 12 * 60 + 20);
}

#[test]
fn row_60_an_update_cadence_rolls_back_to_a_business_day() {
    let ny = new_york();
    for (last, due) in [
        // Thanksgiving, and a Saturday.
        ("2026-11-12T09:30", "2026-11-25T17:00:00"),
        ("2026-11-07T12:00", "2026-11-20T17:00:00"),
        ("2026-11-10T12:00", "2026-11-24T17:00:00"),
    ] {
        let fortnight = ny.date(ny.add_days(at(&ny, last), 14).unwrap());
        let day = ny.business_day_on_or_before(fortnight).unwrap();
        let close = ny.close_of(day).unwrap();
        assert_eq!(ny.civil(close).to_string(), due, "{last}");
    }
}

#[test]
fn wall_hours_and_calendar_days_do_not_wait_for_the_office() {
    table(
        &new_york(),
        &[
            ("2026-11-27T16:00", "2h", "2026-11-27T18:00:00"),
            ("2026-10-31T12:00", "24h", "2026-11-01T11:00:00-05:00"),
            ("2026-10-31T12:00", "1d", "2026-11-01T12:00:00-05:00"),
            ("2026-11-12T09:30", "14d", "2026-11-26T09:30:00"),
        ],
    );
}

#[test]
fn a_repeated_hour_is_worked_twice() {
    let early = daily("Europe/London", &["00:30-01:30"]);
    let span = early.spans_of("2026-10-25".parse().unwrap())[0];
    assert_eq!(span.end.duration_since(span.start).as_mins(), 120);
}

#[test]
fn an_opening_in_the_gap_moves_forward() {
    let early = daily("America/New_York", &["02:30-06:00"]);
    let span = early.spans_of("2026-03-08".parse().unwrap())[0];
    assert_eq!(shown(&early, span.start), "2026-03-08T03:30:00-04:00");
}

#[test]
fn a_date_that_the_zone_left_out_has_no_hours() {
    let apia = daily("Pacific/Apia", &["09:00-17:00"]);
    assert!(!apia.is_business_day("2011-12-30".parse().unwrap()));
    check(&apia, "2011-12-29T16:00", "2bh", "2011-12-31T10:00:00+14:00");
    check(&apia, "2011-12-29T16:00", "1bd", "2011-12-31T16:00:00+14:00");
}

#[test]
fn overlapping_night_and_day_shifts_count_once() {
    let mut week = every_day(&["08:00-16:00"]);
    week[4] = shifts(&["22:00-34:00"]);
    let plan = CalendarPlan {
        name: "mixed".to_owned(),
        zone: "Europe/London".to_owned(),
        week,
        ..CalendarPlan::default()
    };
    let mixed = WorkCalendar::new(plan).unwrap();
    let (from, to) = (at(&mixed, "2026-11-20T22:00"), at(&mixed, "2026-11-21T16:00"));
    assert_eq!(mixed.between(from, to).as_hours(), 18);
    check(&mixed, "2026-11-20T22:00", "11bh", "2026-11-21T09:00:00");
}

#[test]
fn a_calendar_that_never_opens_is_refused() {
    let plan = CalendarPlan {
        name: "shut".to_owned(),
        zone: "Europe/London".to_owned(),
        ..CalendarPlan::default()
    };
    assert!(matches!(WorkCalendar::new(plan), Err(CalendarError::NeverOpens { .. })));
}

#[test]
fn a_zone_that_is_not_in_the_database_is_refused() {
    for zone in ["Europe/Londres", "", "+05:00", "EST5EDT,M3.2.0,M11.1.0"] {
        let plan = CalendarPlan {
            name: "x".to_owned(),
            zone: zone.to_owned(),
            week: weekdays(&["09:00-17:00"]),
            ..CalendarPlan::default()
        };
        assert!(
            matches!(WorkCalendar::new(plan), Err(CalendarError::UnknownZone { .. })),
            "{zone}"
        );
    }
}

#[test]
fn a_closure_of_years_is_an_error_and_not_a_loop() {
    let first: Date = "2026-01-01".parse().unwrap();
    let closed = first.series(jiff::ToSpan::day(1)).take(1000).map(|d| (d, String::new()));
    let calendar = WorkCalendar::new(CalendarPlan {
        name: "long".to_owned(),
        zone: "Europe/London".to_owned(),
        week: weekdays(&["09:00-17:00"]),
        closed: closed.collect(),
        special: BTreeMap::new(),
    })
    .unwrap();
    let (from, to) = (at(&calendar, "2026-01-02T09:00"), at(&calendar, "2029-01-02T09:00"));
    assert!(matches!(calendar.add(from, hours(1)), Err(CalendarError::NoOpening { .. })));
    assert!(calendar.may_never_open() && !calendar.every_week().may_never_open());
    assert!(!new_york().may_never_open() && !berlin().may_never_open());
    assert!(calendar.between(from, to).is_positive(), "the count goes on after the closure");
}

#[test]
fn the_shipped_holidays_are_the_closed_days_of_the_worked_cases() {
    let bare = |zone: &str, hours: &str, set: &str| {
        let plan = CalendarPlan {
            name: "bare".to_owned(),
            zone: zone.to_owned(),
            week: weekdays(&[hours]),
            ..CalendarPlan::default()
        };
        let sets = vec![crate::domain::holidays::HolidaySet::named(set).unwrap()];
        WorkCalendar::new(plan).unwrap().observing(sets)
    };
    let london_by_rule = bare("Europe/London", "09:00-17:30", "gb-england-wales");
    let new_york_by_rule = bare("America/New_York", "09:00-17:00", "us-federal");
    let (london, new_york) = (london(), new_york());
    let first: Date = "2026-01-01".parse().unwrap();
    for day in first.series(jiff::ToSpan::day(1)).take(366) {
        assert_eq!(london_by_rule.is_business_day(day), london.is_business_day(day), "{day}");
        // The office of the cases works on Columbus Day and Veterans Day.
        let works = ["2026-10-12", "2026-11-11"].contains(&day.to_string().as_str());
        let want = new_york.is_business_day(day) && !works;
        assert_eq!(new_york_by_rule.is_business_day(day), want, "{day}");
    }
    table(
        &london_by_rule,
        &[
            ("2026-04-02T16:00", "4bh", "2026-04-07T11:30:00+01:00"),
            ("2026-12-24T16:00", "1bd", "2026-12-29T16:00:00+00:00"),
        ],
    );
}

#[test]
fn a_special_day_outranks_a_closed_one() {
    let ny = new_york();
    assert_eq!(ny.shifts("2026-11-27".parse().unwrap()), shifts(&["09:00-13:00"]));
    assert_eq!(ny.day_name("2026-11-26".parse().unwrap()), Some("Thanksgiving"));
    assert!(ny.is_closed_day("2026-11-26".parse().unwrap()));
    assert!(!ny.is_closed_day("2026-11-28".parse().unwrap()));
}

#[test]
fn before_a_last_shift_shorter_than_the_cutoff_the_day_still_counts() {
    let plan = CalendarPlan {
        name: "short".to_owned(),
        zone: "Europe/Berlin".to_owned(),
        week: weekdays(&["08:30-12:30", "13:30-13:50"]),
        ..CalendarPlan::default()
    };
    // 13:25 lies in the last half hour before the close, but the office was closed: it counts from 13:30, today.
    let short = WorkCalendar::new(plan).unwrap();
    check(&short, "2026-11-24T13:25", "cob+0", "2026-11-24T13:50:00");
    check(&short, "2026-11-24T13:31", "cob+0", "2026-11-25T13:50:00");
}
