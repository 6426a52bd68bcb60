//! A running clock as a person reads it at one instant: state, text and bar.
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
    /// Its bar is half full (from five twelfths of the time on), and it ends today or within a business hour.
    Due,
    /// It ends today.
    Today,
    /// It ends on a later day.
    Later,
    /// The due has passed, but the answer may only not have been read yet.
    Unsettled,
}

/// A running clock at one instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Countdown {
    /// How pressing it is.
    pub state: CountdownState,
    /// `LATE 1h20`, `LATE 4d`, `late? 4d`, `DUE  0h42`, `3h05`, `Tue 11:10` or `Wed 25 Nov`.
    pub text: String,
    /// Cells of the bar that are full: 0 to 5 while it runs, 6 when it is late.
    pub fill: u8,
}

/// Cells of the bar.
const CELLS: u8 = 6;
/// From this many full cells on, a clock that ends today is `DUE`.
const PRESSING: u8 = 3;
/// With this much business time left, a clock is `DUE` even over night.
const LAST_HOUR: SignedDuration = SignedDuration::from_hours(1);

/// Late by so much or more, it is told in days.
const LONG_LATE: Duration = Duration::from_hours(24);
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
            CountdownState::Late | CountdownState::Due | CountdownState::Unsettled => {
                format!("DUE  {}", hours_minutes(left))
            }
            CountdownState::Today => hours_minutes(left),
            CountdownState::Later => day_text(running.due, calendar, now),
        };
        Self { state, text, fill }
    }

    /// The same, of a clock that mail which has not been read yet may have answered: it is late only perhaps.
    #[must_use]
    pub fn unsettled(mut self) -> Self {
        if self.state == CountdownState::Late {
            self.text = self.text.replacen("LATE ", "late? ", 1);
            self.state = CountdownState::Unsettled;
        }
        self
    }

    fn late(running: &Running, calendar: &WorkCalendar, now: Timestamp) -> Self {
        let words = Measure::of(running, calendar).late_words(running.due, now);
        Self { state: CountdownState::Late, text: format!("LATE {words}"), fill: CELLS }
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

    /// `1h20`; from a day's worth of hours on, `4d`: business days for a clock in business time, else days on the wall.
    /// The hours of years are never counted: the screen asks this of every row.
    fn late_words(self, due: Timestamp, now: Timestamp) -> String {
        let wall = now.duration_since(due);
        let long = if self.wall {
            wall.unsigned_abs() >= LONG_LATE
        } else {
            self.calendar.add(due, LONG_LATE).is_ok_and(|end| end <= now)
        };
        match (long, self.wall) {
            (false, _) => hours_minutes(self.between(due, now)),
            (true, true) => format!("{}d", wall.as_hours() / 24),
            (true, false) => format!("{}d", self.business_days(due, now)),
        }
    }

    /// The business days after that of the due, to today.
    fn business_days(self, due: Timestamp, now: Timestamp) -> usize {
        let (first, today) = (self.calendar.date(due), self.calendar.date(now));
        let days = first.series(1.day()).skip(1).take(MOST_DAYS).take_while(|date| *date <= today);
        days.filter(|date| self.calendar.is_business_day(*date)).count()
    }
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
    fn what_may_have_been_answered_is_late_only_perhaps() {
        let unsettled = |now| look("2026-11-23T10:00", "2026-11-24T10:00", now).unsettled();
        let late = unsettled("2026-11-24T11:20");
        assert_eq!((late.state, &*late.text), (CountdownState::Unsettled, "late? 1h20"));
        assert_eq!(unsettled("2026-12-01T14:00").text, "late? 4d");
        assert_eq!(unsettled("2026-11-24T09:30").text, "DUE  0h30");
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
}
