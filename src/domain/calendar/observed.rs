//! The holidays that an office keeps, laid out as dates, and what stands on a date besides the week's hours.
//!
//! Owns the order of rank for a reader. It never hides that a set does not know a year: see [`UnknownAfter`].

use jiff::{Timestamp, civil::Date};

use super::{Shift, WorkCalendar};
use crate::domain::holidays::HolidaySet;

/// Sets of holidays. Of two that have a day, the one that stands first names it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Observed(Vec<HolidaySet>);

impl Observed {
    fn find(&self, date: Date) -> Option<(HolidaySet, &'static str)> {
        self.0.iter().find_map(|set| set.name_of(date).map(|name| (*set, name)))
    }

    pub(super) fn name(&self, date: Date) -> Option<&'static str> {
        self.find(date).map(|(_, name)| name)
    }

    pub(super) fn dates(&self) -> impl Iterator<Item = Date> {
        self.0.iter().flat_map(|set| set.all_days()).map(|day| day.date)
    }
}

/// What stands on a date besides the hours of the week; the first of these that applies is in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DayKind {
    /// It has hours of its own, or none.
    Special,
    /// It is named as closed.
    Closed,
    /// It is a holiday of this set.
    Holiday(HolidaySet),
    /// Nothing: the week's hours hold.
    Week,
}

/// A set of holidays does not know every day after a year, so an office may be closed on a day that is counted as open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownAfter {
    /// The set.
    pub set: HolidaySet,
    /// The last year that it knows.
    pub year: i16,
}

impl UnknownAfter {
    /// What a person is told.
    pub fn words(self) -> String {
        format!(
            "the holidays of {} ({}) that follow the moon are known to {} only: later ones are counted as open until you \
             name them under closed in sla.toml, or import them with `matterbox calendar import`",
            self.set.title(),
            self.set.id(),
            self.year
        )
    }
}

impl WorkCalendar {
    /// The same calendar, closed on the holidays of these sets as well. Special and closed days outrank them.
    #[must_use]
    pub fn observing(self, sets: Vec<HolidaySet>) -> Self {
        let made = Self { holidays: Observed(sets), ..self };
        Self { may_never_open: made.is_closed_for_long(), ..made }
    }

    /// The sets of holidays that it keeps.
    pub fn holiday_sets(&self) -> &[HolidaySet] {
        &self.holidays.0
    }

    /// What is in force on a date.
    pub fn day_kind(&self, date: Date) -> DayKind {
        if self.special.contains_key(&date) {
            DayKind::Special
        } else if self.closed.contains_key(&date) {
            DayKind::Closed
        } else {
            self.holidays.find(date).map_or(DayKind::Week, |(set, _)| DayKind::Holiday(set))
        }
    }

    /// The hours of the week on this weekday, whatever stands on the date itself.
    pub fn week_shifts(&self, date: Date) -> &[Shift] {
        self.week.get(super::weekday_index(date.weekday())).map(Vec::as_slice).unwrap_or_default()
    }

    /// The set that knows least far, where one does not know all years.
    pub fn unknown_after(&self) -> Option<UnknownAfter> {
        let sets = self.holidays.0.iter();
        sets.filter_map(|set| set.known_to().map(|year| UnknownAfter { set: *set, year }))
            .min_by_key(|unknown| unknown.year)
    }

    /// Does this instant lie in a year of which not every holiday is known?
    pub fn unknown_at(&self, t: Timestamp) -> Option<UnknownAfter> {
        self.unknown_after().filter(|unknown| self.date(t).year() > unknown.year)
    }
}
