//! The words in which holidays are written down: fixed days, weekdays of a month, days around Easter, days in lieu.
//!
//! Owns the sums on dates. It knows no country.

use jiff::{
    ToSpan,
    civil::{Date, Weekday},
};

/// A day on which the office does not work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holiday {
    /// When.
    pub date: Date,
    /// What it is called, in English.
    pub name: &'static str,
}

/// The holidays of one year while they are written down.
pub(super) struct Days {
    /// The year.
    pub year: i16,
    found: Vec<Holiday>,
}

impl Days {
    pub(super) const fn of(year: i16) -> Self {
        Self { year, found: Vec::new() }
    }

    /// In order, each date once, and only those of the year: a day in lieu can lie in another one.
    pub(super) fn finish(mut self) -> Vec<Holiday> {
        let year = self.year;
        self.found.retain(|day| day.date.year() == year);
        // Stable: of two on one day, the first stays.
        self.found.sort_by_key(|day| day.date);
        self.found.dedup_by_key(|day| day.date);
        self.found
    }

    pub(super) fn at(&mut self, date: Option<Date>, name: &'static str) {
        self.found.extend(date.map(|date| Holiday { date, name }));
    }

    /// A fixed day.
    pub(super) fn on(&mut self, month: i8, day: i8, name: &'static str) {
        self.at(Date::new(self.year, month, day).ok(), name);
    }

    /// Fixed days.
    pub(super) fn fixed(&mut self, days: &[(i8, i8, &'static str)]) {
        for (month, day, name) in days {
            self.on(*month, *day, name);
        }
    }

    /// Days of single years.
    pub(super) fn dated(&mut self, days: &[(i16, i8, i8, &'static str)]) {
        for (year, month, day, name) in days {
            if *year == self.year {
                self.on(*month, *day, name);
            }
        }
    }

    /// The `n`th of this weekday in a month, from the end when `n` is negative.
    pub(super) fn nth(&self, n: i8, weekday: Weekday, month: i8) -> Option<Date> {
        Date::new(self.year, month, 1).ok()?.nth_weekday_of_month(n, weekday).ok()
    }

    /// The `n`th Monday of a month, the last when `n` is −1.
    pub(super) fn monday(&mut self, n: i8, month: i8, name: &'static str) {
        self.at(self.nth(n, Weekday::Monday, month), name);
    }

    /// So many days after Easter Sunday.
    pub(super) fn easter(&mut self, after: i32, name: &'static str) {
        let date = easter(self.year).and_then(|day| day.checked_add(after.days()).ok());
        self.at(date, name);
    }

    /// Is there a holiday on this date?
    pub(super) fn has(&self, date: Date) -> bool {
        self.found.iter().any(|day| day.date == date)
    }

    /// Where this fixed day is a Saturday or a Sunday, the next weekday that is no holiday yet is one too.
    pub(super) fn in_lieu(&mut self, month: i8, day: i8, name: &'static str) {
        let date = Date::new(self.year, month, day).ok();
        if let Some(date) = date.filter(|date| is_weekend(*date)) {
            self.next_free(date, name);
        }
    }

    /// The first weekday after `date` that is no holiday yet.
    pub(super) fn next_free(&mut self, date: Date, name: &'static str) {
        let free = date.series(1.day()).skip(1).take(14);
        let free = free.into_iter().find(|day| !is_weekend(*day) && !self.has(*day));
        self.at(free, name);
    }

    /// A fixed day that does not count where it is a Saturday or a Sunday.
    pub(super) fn not_on_weekend(&mut self, month: i8, day: i8) {
        self.drop_where(month, day, is_weekend);
    }

    /// A fixed day that does not count where it is a Saturday.
    pub(super) fn not_on_saturday(&mut self, month: i8, day: i8) {
        self.drop_where(month, day, |date| date.weekday() == Weekday::Saturday);
    }

    fn drop_where(&mut self, month: i8, day: i8, test: fn(Date) -> bool) {
        let date = Date::new(self.year, month, day).ok().filter(|date| test(*date));
        self.found.retain(|day| Some(day.date) != date);
    }

    /// A fixed day that counts only where it is a Sunday.
    pub(super) fn sunday(&mut self, month: i8, day: i8, name: &'static str) {
        let date = Date::new(self.year, month, day).ok();
        self.at(date.filter(|date| date.weekday() == Weekday::Sunday), name);
    }

    /// The Monday after a fixed day that is a Sunday.
    pub(super) fn sunday_to_monday(&mut self, month: i8, day: i8, name: &'static str) {
        let date = Date::new(self.year, month, day).ok();
        let sunday = date.filter(|date| date.weekday() == Weekday::Sunday);
        self.at(sunday.map(monday_after_weekend), name);
    }

    /// A fixed day that moves to Monday when it is a Saturday or a Sunday.
    pub(super) fn moved_to_monday(&mut self, month: i8, day: i8, name: &'static str) {
        self.at(Date::new(self.year, month, day).ok().map(monday_after_weekend), name);
    }
}

/// The date itself, or the Monday after it when it is a Saturday or a Sunday.
fn monday_after_weekend(date: Date) -> Date {
    let days = match date.weekday() {
        Weekday::Saturday => 2,
        Weekday::Sunday => 1,
        Weekday::Monday
        | Weekday::Tuesday
        | Weekday::Wednesday
        | Weekday::Thursday
        | Weekday::Friday => 0,
    };
    date.saturating_add(days.days())
}

pub(super) fn is_weekend(date: Date) -> bool {
    matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday)
}

/// Easter Sunday of the Gregorian calendar (the computus of Meeus, Jones and Butcher, whose letters these are).
#[allow(clippy::many_single_char_names, reason = "the letters of the published formula")]
#[allow(clippy::arithmetic_side_effects, reason = "a year has at most five digits")]
pub(super) fn easter(year: i16) -> Option<Date> {
    let y = i32::from(year);
    let (a, b, c) = (y.rem_euclid(19), y.div_euclid(100), y.rem_euclid(100));
    let (d, e) = (b.div_euclid(4), b.rem_euclid(4));
    let f = (b + 8).div_euclid(25);
    let g = (b - f + 1).div_euclid(3);
    let h = (19 * a + b - d - g + 15).rem_euclid(30);
    let (i, k) = (c.div_euclid(4), c.rem_euclid(4));
    let l = (32 + 2 * e + 2 * i - h - k).rem_euclid(7);
    let m = (a + 11 * h + 22 * l).div_euclid(451);
    let days = h + l - 7 * m + 114;
    let month = i8::try_from(days.div_euclid(31)).ok()?;
    let day = i8::try_from(days.rem_euclid(31) + 1).ok()?;
    Date::new(year, month, day).ok()
}
