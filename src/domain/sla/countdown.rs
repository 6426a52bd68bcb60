//! A running clock as a person reads it at one instant: state, text, bar, and when to look again.
//!
//! Owns the words of the countdown. Hours and minutes are business time of the clock's calendar, or time on the wall
//! for a clock that ends while the office is closed; times of day and dates are in the calendar's zone. It never
//! rounds in our favour.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp, ToSpan};

use super::Running;
use crate::domain::calendar::WorkCalendar;

/// How pressing a clock is, the most pressing first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CountdownState {
    /// The due has passed.
    Late,
    /// Half of the time or more is used up, and it ends today or within a business hour.
    Due,
    /// It ends today.
    Today,
    /// It ends on a later day.
    Later,
}

/// A running clock at one instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Countdown {
    /// How pressing it is.
    pub state: CountdownState,
    /// `LATE 1h20`, `LATE 4d`, `DUE  0h42`, `3h05`, `Tue 11:10` or `Wed 25 Nov`.
    pub text: String,
    /// Cells of the bar that are full: 0 to 5 while it runs, 6 when it is late.
    pub fill: u8,
    /// Time that is left, in business time or on the wall as in the text; negative when late.
    pub left: SignedDuration,
    next: Timestamp,
}

/// Cells of the bar.
const CELLS: u8 = 6;
/// From this many full cells on, a clock that ends today is `DUE`.
const PRESSING: u8 = 3;
/// With this much business time left, a clock is `DUE` even over night.
const LAST_HOUR: SignedDuration = SignedDuration::from_hours(1);

/// Late by more hours than this, it is told in days.
const LONG_LATE: SignedDuration = SignedDuration::from_hours(24);
/// Days beyond these are not counted: three years say enough.
const MOST_DAYS: usize = 1_100;

impl Countdown {
    /// Looks at a clock at `now`.
    pub fn new(running: &Running, calendar: &WorkCalendar, now: Timestamp) -> Self {
        if now > running.due {
            return Self::late(running, calendar, now);
        }
        let measure = Measure::of(running, calendar);
        let left = measure.between(now, running.due);
        let whole = measure.between(running.started, running.due);
        let fill = fill(whole, left);
        let today = calendar.date(now) == calendar.date(running.due);
        let state = match (today, fill >= PRESSING) {
            (true, true) => CountdownState::Due,
            (false, true) if left <= LAST_HOUR => CountdownState::Due,
            (true, false) => CountdownState::Today,
            (false, _) => CountdownState::Later,
        };
        let text = match state {
            CountdownState::Late | CountdownState::Due => format!("DUE  {}", hours_minutes(left)),
            CountdownState::Today => hours_minutes(left),
            CountdownState::Later => day_text(running.due, calendar, now),
        };
        let next = Ahead { running, measure, now, left, whole, fill }.next(state);
        Self { state, text, fill, left, next }
    }

    fn late(running: &Running, calendar: &WorkCalendar, now: Timestamp) -> Self {
        let measure = Measure::of(running, calendar);
        let over = measure.between(running.due, now);
        let next = next_minute(measure, now, over).min(midnight(calendar, now));
        Self {
            state: CountdownState::Late,
            text: format!("LATE {}", late_words(running.due, measure, now, over)),
            fill: CELLS,
            left: SignedDuration::ZERO.saturating_sub(over),
            next,
        }
    }

    /// The next instant, after the one it was made for, at which text, state or bar can differ.
    pub const fn next_change(&self) -> Timestamp {
        self.next
    }
}

/// How the time of a clock passes. A business target never ends while the office is closed; what does (`2h` on a
/// Saturday) was meant day and night, and would stand still in business time.
#[derive(Clone, Copy)]
struct Measure<'a> {
    calendar: &'a WorkCalendar,
    wall: bool,
}

impl<'a> Measure<'a> {
    fn of(running: &Running, calendar: &'a WorkCalendar) -> Self {
        Self { calendar, wall: !calendar.is_working_instant(running.due) }
    }

    fn between(self, a: Timestamp, b: Timestamp) -> SignedDuration {
        if self.wall { b.duration_since(a) } else { self.calendar.between(a, b) }
    }

    fn add(self, t: Timestamp, more: SignedDuration) -> Timestamp {
        if self.wall {
            return after(t, more);
        }
        let more = Duration::try_from(more).unwrap_or(Duration::from_mins(1));
        self.calendar.add(t, more).unwrap_or_else(|_| minute_after(t))
    }
}

/// What decides when to look again.
struct Ahead<'a> {
    running: &'a Running,
    measure: Measure<'a>,
    now: Timestamp,
    left: SignedDuration,
    whole: SignedDuration,
    fill: u8,
}

impl Ahead<'_> {
    fn next(&self, state: CountdownState) -> Timestamp {
        let just_after_due = after(self.running.due, SignedDuration::from_nanos(1));
        let mut next = just_after_due.min(midnight(self.measure.calendar, self.now));
        if let Some(at) = self.next_cell() {
            next = next.min(at);
        }
        match state {
            CountdownState::Due | CountdownState::Today => {
                // What is left is shown in whole minutes, rounded down: it changes just after a full one.
                let part = SignedDuration::new(self.left.as_secs() % 60, self.left.subsec_nanos());
                next.min(self.when_worked(part.saturating_add(SignedDuration::from_nanos(1))))
            }
            CountdownState::Later => {
                next.min(self.when_worked(self.left.saturating_sub(LAST_HOUR)))
            }
            CountdownState::Late => next,
        }
    }

    fn next_cell(&self) -> Option<Timestamp> {
        if self.fill >= CELLS.saturating_sub(1) {
            return None;
        }
        // The bar rounds to the nearest cell: cell k is full from (2k − 1)/12 of the time on.
        let edge = u32::from(self.fill).saturating_mul(2).saturating_add(1);
        let twelfths = self.whole.as_nanos().saturating_mul(i128::from(edge));
        let at = twelfths.saturating_add(11).checked_div(12)?;
        let worked = self.whole.saturating_sub(self.left).as_nanos();
        let more = i64::try_from(at.saturating_sub(worked)).ok()?;
        Some(self.when_worked(SignedDuration::from_nanos(more)))
    }

    /// The instant at which that much more business time has passed, always after `now`.
    fn when_worked(&self, more: SignedDuration) -> Timestamp {
        self.measure.add(self.now, more.max(SignedDuration::from_nanos(1)))
    }
}

/// When the next day begins.
fn midnight(calendar: &WorkCalendar, now: Timestamp) -> Timestamp {
    let tomorrow = calendar.date(now).tomorrow().ok();
    tomorrow
        .and_then(|date| calendar.midnight(date))
        .filter(|midnight| *midnight > now)
        .unwrap_or_else(|| minute_after(now))
}

/// Late by `over`: it is shown in whole minutes, so it changes with the next full one.
fn next_minute(measure: Measure<'_>, now: Timestamp, over: SignedDuration) -> Timestamp {
    let into = SignedDuration::new(over.as_secs() % 60, over.subsec_nanos());
    measure.add(now, SignedDuration::from_mins(1).saturating_sub(into))
}

fn minute_after(t: Timestamp) -> Timestamp {
    after(t, SignedDuration::from_mins(1))
}

fn after(t: Timestamp, d: SignedDuration) -> Timestamp {
    t.checked_add(d).unwrap_or(Timestamp::MAX)
}

/// Full cells of the bar, to the nearest; the last one only when it is late.
fn fill(whole: SignedDuration, left: SignedDuration) -> u8 {
    let (whole, left) = (whole.as_nanos(), left.as_nanos());
    let used = whole.saturating_sub(left).max(0);
    let twelfths = used.saturating_mul(12).checked_div(whole).unwrap_or(12);
    let cells = u8::try_from(twelfths.saturating_add(1) / 2).unwrap_or(CELLS);
    cells.min(CELLS.saturating_sub(1))
}

/// `1h20`, always without sign; whole minutes, rounded down.
fn hours_minutes(d: SignedDuration) -> String {
    let minutes = d.abs().as_mins();
    format!("{}h{:02}", minutes / 60, minutes % 60)
}

/// `1h20`; from a day's worth of hours on, `4d`: business days for a clock in business time, else days on the wall.
fn late_words(
    due: Timestamp,
    measure: Measure<'_>,
    now: Timestamp,
    over: SignedDuration,
) -> String {
    if over < LONG_LATE {
        return hours_minutes(over);
    }
    if measure.wall {
        return format!("{}d", over.as_hours() / 24);
    }
    let calendar = measure.calendar;
    let today = calendar.date(now);
    let days = calendar
        .date(due)
        .series(1.day())
        .skip(1)
        .take(MOST_DAYS)
        .take_while(|date| *date <= today)
        .filter(|date| calendar.is_business_day(*date))
        .count();
    format!("{days}d")
}

/// `Tue 11:10` within six days, else `Wed 25 Nov`, with the year where it is another one.
fn day_text(due: Timestamp, calendar: &WorkCalendar, now: Timestamp) -> String {
    let (due, today) = (calendar.civil(due), calendar.date(now));
    let near = today.saturating_add(6.days());
    let format = if due.date() <= near {
        "%a %H:%M"
    } else if due.year() == today.year() {
        "%a %-d %b"
    } else {
        "%-d %b %Y"
    };
    due.strftime(format).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        calendar::cases::{at, berlin, new_york},
        sla::ClockKind,
    };

    fn look(started: &str, due: &str, now: &str) -> Countdown {
        let ny = new_york();
        let running =
            Running { clock: ClockKind::Reply, started: at(&ny, started), due: at(&ny, due) };
        Countdown::new(&running, &ny, at(&ny, now))
    }

    fn shown(started: &str, due: &str, now: &str) -> (String, u8) {
        let countdown = look(started, due, now);
        (countdown.text, countdown.fill)
    }

    #[test]
    fn the_texts_are_those_of_the_design() {
        for (started, due, now, text, fill) in [
            ("2026-11-24T10:22", "2026-11-24T14:22", "2026-11-24T13:40", "DUE  0h42", 5),
            ("2026-11-24T08:20", "2026-11-24T12:20", "2026-11-24T13:40", "LATE 1h20", 6),
            ("2026-11-23T15:45", "2026-11-24T16:45", "2026-11-24T13:40", "DUE  3h05", 4),
            ("2026-11-24T12:00", "2026-11-24T16:45", "2026-11-24T13:40", "3h05", 2),
            ("2026-11-24T13:30", "2026-11-25T11:10", "2026-11-24T13:40", "Wed 11:10", 0),
            ("2026-11-24T13:30", "2026-12-04T11:10", "2026-11-24T13:40", "Fri 4 Dec", 0),
            ("2026-11-24T13:30", "2027-01-04T11:10", "2026-11-24T13:40", "4 Jan 2027", 0),
        ] {
            assert_eq!(shown(started, due, now), (text.to_owned(), fill), "{started} {due} {now}");
        }
    }

    #[test]
    fn exactly_at_the_due_it_is_not_late_and_a_second_after_it_is() {
        assert_eq!(
            shown("2026-11-24T10:00", "2026-11-24T14:00", "2026-11-24T14:00").0,
            "DUE  0h00"
        );
        assert_eq!(
            shown("2026-11-24T10:00", "2026-11-24T14:00", "2026-11-24T14:00:01").0,
            "LATE 0h00"
        );
    }

    #[test]
    fn long_lateness_is_told_in_business_days() {
        // Thanksgiving is closed, and the weekend is.
        for (now, text) in [
            ("2026-11-27T10:00", "LATE 16h00"),
            ("2026-12-01T14:00", "LATE 4d"),
            ("2026-12-02T08:00", "LATE 5d"),
        ] {
            assert_eq!(shown("2026-11-23T10:00", "2026-11-24T10:00", now).0, text, "{now}");
        }
        assert_eq!(shown("2026-11-21T09:30", "2026-11-21T11:30", "2026-11-24T11:30").0, "LATE 3d");
    }

    #[test]
    fn the_last_business_hour_is_pressing_even_over_night() {
        let countdown = look("2026-11-24T09:30", "2026-11-25T09:30", "2026-11-24T16:45");
        assert_eq!((countdown.state, &*countdown.text), (CountdownState::Due, "DUE  0h45"));
    }

    #[test]
    fn closed_hours_do_not_count_down() {
        let ber = berlin();
        let running = Running {
            clock: ClockKind::Ack,
            started: at(&ber, "2026-11-24T11:00"),
            due: at(&ber, "2026-11-24T16:00"),
        };
        for now in ["2026-11-24T12:30", "2026-11-24T13:00", "2026-11-24T13:29:59"] {
            assert_eq!(Countdown::new(&running, &ber, at(&ber, now)).text, "2h30");
        }
    }

    #[test]
    fn a_clock_that_ends_while_the_office_is_closed_counts_on_the_wall() {
        for (now, text) in [
            ("2026-11-21T10:30", "DUE  1h00"),
            ("2026-11-21T09:45", "1h45"),
            ("2026-11-21T12:00", "LATE 0h30"),
        ] {
            assert_eq!(shown("2026-11-21T09:30", "2026-11-21T11:30", now).0, text, "{now}");
        }
    }

    /// Nothing changes from `now` until just before the next change.
    fn is_still_until_the_next_change(running: &Running, calendar: &WorkCalendar, now: Timestamp) {
        let look = |t: Timestamp| {
            let countdown = Countdown::new(running, calendar, t);
            (countdown.state, countdown.text, countdown.fill)
        };
        let next = Countdown::new(running, calendar, now).next_change();
        assert!(next > now);
        let part = next.duration_since(now).checked_div(12).unwrap();
        for parts in 1..12 {
            let t = now.checked_add(part.saturating_mul(parts)).unwrap();
            assert_eq!(look(t), look(now), "{running:?}: changed at {t}, before {next}");
        }
        let last = next.checked_sub(1.nanosecond()).unwrap();
        assert_eq!(look(last), look(now), "{running:?}: changed just before {next}");
    }

    #[test]
    fn between_now_and_the_next_change_nothing_changes() {
        let ny = new_york();
        for (started, due, now) in [
            ("2026-11-24T10:22", "2026-11-24T14:22", "2026-11-24T13:40:20"),
            ("2026-11-24T10:22", "2026-11-24T14:22", "2026-11-24T10:22"),
            ("2026-11-24T08:20", "2026-11-24T12:20", "2026-11-24T16:59:30"),
            ("2026-11-24T15:10", "2026-11-25T15:10", "2026-11-24T16:00"),
            ("2026-11-24T15:10", "2026-11-25T15:10", "2026-11-24T20:00"),
            ("2026-11-20T16:00", "2026-12-04T16:00", "2026-11-21T16:00"),
            ("2026-11-24T13:30", "2026-11-25T11:10", "2026-11-24T13:40"),
            ("2026-11-24T09:30", "2026-11-25T09:30", "2026-11-24T16:00"),
            ("2026-11-21T09:30", "2026-11-21T11:30", "2026-11-21T09:31:10"),
            ("2026-11-21T09:30", "2026-11-21T11:30", "2026-11-21T12:31:10"),
        ] {
            let running =
                Running { clock: ClockKind::Reply, started: at(&ny, started), due: at(&ny, due) };
            is_still_until_the_next_change(&running, &ny, at(&ny, now));
        }
    }

    proptest::proptest! {
        #[test]
        fn no_change_is_ever_missed(
            start in 0_i64..1_500_000, length in 1_i64..600_000, from in 0_i64..900_000, part in 0..3_i32,
        ) {
            // Two weeks around the end of summer time, and Thanksgiving's half-day.
            for first in [1_792_800_000_i64, 1_795_500_000] {
                for calendar in [new_york(), berlin()] {
                    let moment = |s: i64| {
                        let second = first.checked_add(start).and_then(|t| t.checked_add(s)).unwrap();
                        Timestamp::new(second, part.checked_mul(250_000_000).unwrap()).unwrap()
                    };
                    let running =
                        Running { clock: ClockKind::Ack, started: moment(0), due: moment(length) };
                    is_still_until_the_next_change(&running, &calendar, moment(from));
                }
            }
        }
    }
}
