//! The practice office's opening hours, Monday to Friday from 9 to 17, counted backwards from now.
//!
//! Owns only what the invented dates need. The product's calendars (`domain::calendar`) are another thing: these few
//! lines must not share their mistakes.

use jiff::{
    Span, Timestamp,
    civil::{Date, Time, Weekday, time},
    tz::TimeZone,
};

const OPENS: Time = time(9, 0, 0, 0);
const CLOSES: Time = time(17, 0, 0, 0);

/// Opening hours in a zone.
#[derive(Clone, Debug)]
pub(super) struct Hours {
    pub zone: TimeZone,
}

fn works(date: Date) -> bool {
    !matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday)
}

fn step(date: Date, days: i64) -> Date {
    date.checked_add(Span::new().days(days)).unwrap_or(date)
}

impl Hours {
    fn at(&self, date: Date, time: Time) -> Timestamp {
        // A gap or fold at 9 or 17 o'clock is resolved as `compatible` does.
        self.zone.to_timestamp(date.to_datetime(time)).unwrap_or(Timestamp::UNIX_EPOCH)
    }

    /// The civil date here.
    pub(super) fn date(&self, at: Timestamp) -> Date {
        self.zone.to_datetime(at).date()
    }

    /// When a working day opens and closes.
    pub(super) fn day(&self, date: Date) -> (Timestamp, Timestamp) {
        (self.at(date, OPENS), self.at(date, CLOSES))
    }

    /// The last working day up to and including this date.
    pub(super) fn working_day_until(date: Date) -> Date {
        (-6..=0).rev().map(|days| step(date, days)).find(|day| works(*day)).unwrap_or(date)
    }

    /// The first working day after this date.
    pub(super) fn working_day_after(date: Date) -> Date {
        (1..8).map(|on| step(date, on)).find(|day| works(*day)).unwrap_or(date)
    }

    /// The working day before this date.
    pub(super) fn working_day_before(date: Date) -> Date {
        Self::working_day_until(step(date, -1))
    }

    /// The instant from which `minutes` of open time have passed until `until`.
    pub(super) fn back(&self, until: Timestamp, minutes: i64) -> Timestamp {
        let mut left = minutes.saturating_mul(60);
        let mut date = self.date(until);
        // 800 days is more than any letter here is old.
        for _ in 0..800 {
            if works(date) {
                let (opens, closes) = self.day(date);
                let end = closes.min(until);
                let have = end.as_second().saturating_sub(opens.as_second()).max(0);
                if left < have || (left == have && left > 0) {
                    return Timestamp::from_second(end.as_second().saturating_sub(left))
                        .unwrap_or(end);
                }
                left = left.saturating_sub(have);
            }
            date = step(date, -1);
        }
        until
    }

    /// Minutes of open time between two instants, 0 if reversed.
    pub(super) fn between(&self, from: Timestamp, to: Timestamp) -> i64 {
        let mut seconds = 0_i64;
        let mut date = self.date(from);
        while date <= self.date(to) {
            if works(date) {
                let (opens, closes) = self.day(date);
                let (start, end) = (opens.max(from).as_second(), closes.min(to).as_second());
                seconds = seconds.saturating_add(end.saturating_sub(start).max(0));
            }
            date = step(date, 1);
        }
        seconds.checked_div(60).unwrap_or(0)
    }

    /// An instant up to `now` from which one business day ends on the first working day after today: as late as that
    /// can be, less `minutes` (as far as the day has them).
    pub(super) fn due_next_day(&self, now: Timestamp, minutes: i64) -> Timestamp {
        let today = Self::working_day_until(self.date(now));
        let (_, closed_before) = self.day(Self::working_day_before(today));
        let (_, closes) = self.day(today);
        // A letter at the closing instant counts from the next opening, hence the minute.
        let latest = closes.as_second().saturating_sub(60).min(now.as_second());
        let earliest = closed_before.as_second().saturating_add(60).min(latest);
        let wanted = latest.saturating_sub(minutes.saturating_mul(60)).max(earliest);
        Timestamp::from_second(wanted).unwrap_or(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours() -> Hours {
        Hours { zone: TimeZone::get("America/New_York").unwrap() }
    }

    fn at(text: &str) -> Timestamp {
        hours().zone.to_timestamp(text.parse().unwrap()).unwrap()
    }

    #[test]
    fn going_back_counts_open_time_only() {
        for (until, minutes, from) in [
            ("2026-11-24T13:40", 198, "2026-11-24T10:22"),
            ("2026-11-24T09:30", 60, "2026-11-23T16:30"),
            ("2026-11-23T10:00", 120, "2026-11-20T16:00"),
            ("2026-11-22T12:00", 30, "2026-11-20T16:30"),
            ("2026-11-24T17:00", 480, "2026-11-24T09:00"),
            ("2026-11-24T22:00", 1, "2026-11-24T16:59"),
        ] {
            assert_eq!(hours().back(at(until), minutes), at(from), "{minutes} before {until}");
        }
    }

    #[test]
    fn what_lies_between_is_what_was_gone_back() {
        for until in
            ["2026-11-22T12:00", "2026-11-24T09:00", "2026-11-24T17:00", "2026-11-02T10:10"]
        {
            for minutes in [1, 59, 480, 481, 5000, 30_000] {
                let from = hours().back(at(until), minutes);
                assert_eq!(hours().between(from, at(until)), minutes, "{minutes} before {until}");
            }
        }
        assert_eq!(hours().between(at("2026-11-24T12:00"), at("2026-11-24T10:00")), 0);
    }
}
