//! Working calendars: when the office is open, and the arithmetic of business time on them (design 4.7).
//!
//! Owns civil time; everything outside counts in instants. Pure: the host's own zone plays no part. A calendar that
//! exists opens every week, so that no count on it can run for ever.

mod arithmetic;
mod observed;
mod pauses;
mod shift;
mod spans;
mod steps;

#[cfg(test)]
pub(crate) mod cases;
#[cfg(test)]
mod laws;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

use jiff::{
    Timestamp,
    civil::{Date, DateTime, Weekday},
    tz::{TimeZone, TimeZoneDatabase},
};

pub use observed::{DayKind, UnknownAfter};
pub use pauses::Pause;
pub use shift::{Shift, ShiftError};
pub use spans::Span;
pub use steps::{ClosedBecause, Explanation, Step};

use super::fault::{Fault, Kind};

/// What a calendar is made from: as it stands in the settings, not yet checked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CalendarPlan {
    /// Its name in the settings.
    pub name: String,
    /// The IANA name of its zone, such as `Europe/London`.
    pub zone: String,
    /// The shifts of Monday to Sunday, in any order; overlapping ones are joined.
    pub week: [Vec<Shift>; 7],
    /// Days on which the office is closed, with their names (which may be empty). They outrank holidays.
    pub closed: BTreeMap<Date, String>,
    /// Days with hours of their own. They outrank a closed day, which outranks the week.
    pub special: BTreeMap<Date, SpecialDay>,
}

/// A day with hours of its own. Without shifts it is a closed day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SpecialDay {
    /// Its name, such as `Christmas Eve`; may be empty.
    pub name: String,
    /// Its shifts.
    pub shifts: Vec<Shift>,
}

/// A week of shifts in a time zone, with closed and special days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkCalendar {
    /// Its name in the settings.
    pub name: String,
    zone: TimeZone,
    week: [Vec<Shift>; 7],
    closed: BTreeMap<Date, String>,
    special: BTreeMap<Date, SpecialDay>,
    /// The holidays that it keeps.
    holidays: observed::Observed,
    /// Days before an instant's own date whose shifts can still reach it.
    reach: i64,
    may_never_open: bool,
}

/// Why a calendar cannot be made, or cannot answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    /// No day of the week has a shift.
    #[error("the calendar {name:?} never opens: no day of its week has hours")]
    NeverOpens {
        /// The calendar.
        name: String,
    },
    /// The zone is not in the IANA database.
    #[error("{zone:?} is not a time zone; write one like Europe/London or America/New_York")]
    UnknownZone {
        /// What was given.
        zone: String,
    },
    /// Closed days leave no opening for 800 days.
    #[error("the calendar {name:?} does not open within 800 days after {after}")]
    NoOpening {
        /// The calendar.
        name: String,
        /// The instant from which it was looked for.
        after: Timestamp,
    },
    /// The result lies outside the years −9999 to 9999.
    #[error("the result lies beyond the year 9999")]
    OutOfRange,
}

impl Fault for CalendarError {
    fn kind(&self) -> Kind {
        match self {
            Self::NeverOpens { .. } | Self::UnknownZone { .. } | Self::NoOpening { .. } => {
                Kind::NeedsUser
            }
            Self::OutOfRange => Kind::Refused,
        }
    }
}

impl WorkCalendar {
    /// Checks a plan. Shifts may come in any order and overlap: the same hours give the same calendar.
    ///
    /// Errors: the zone is unknown; no day of the week has a shift.
    pub fn new(plan: CalendarPlan) -> Result<Self, CalendarError> {
        let CalendarPlan { name, zone, week, closed, special } = plan;
        let zone = named_zone(zone)?;
        let week = week.map(shift::normalised);
        if week.iter().all(Vec::is_empty) {
            return Err(CalendarError::NeverOpens { name });
        }
        let special: BTreeMap<Date, SpecialDay> = special
            .into_iter()
            .map(|(date, day)| {
                (date, SpecialDay { name: day.name, shifts: shift::normalised(day.shifts) })
            })
            .collect();
        let overnight = week
            .iter()
            .chain(special.values().map(|day| &day.shifts))
            .flatten()
            .any(|shift| shift.is_overnight());
        let reach = if overnight { 2 } else { 1 };
        let holidays = observed::Observed::default();
        let may_never_open = false;
        let made = Self { name, zone, week, closed, special, holidays, reach, may_never_open };
        Ok(Self { may_never_open: made.is_closed_for_long(), ..made })
    }

    /// The same week without a closed or special day or a holiday: it opens within seven days of any instant.
    #[must_use]
    pub fn every_week(&self) -> Self {
        let (closed, special) = (BTreeMap::new(), BTreeMap::new());
        let holidays = observed::Observed::default();
        Self { closed, special, holidays, may_never_open: false, ..self.clone() }
    }

    /// May there be an instant after which it does not open for 800 days? Cheap, and rather `true` than wrong: its closed
    /// days, weekends between them included, follow one another for that long.
    pub const fn may_never_open(&self) -> bool {
        self.may_never_open
    }

    fn is_closed_for_long(&self) -> bool {
        if self.closed.is_empty() && self.special.is_empty() {
            return false;
        }
        let empty = self.special.iter().filter(|(_, day)| day.shifts.is_empty());
        let named = self.closed.keys().chain(empty.map(|(date, _)| date)).copied();
        let days: BTreeSet<Date> = named.chain(self.holidays.dates()).collect();
        let (mut run, mut before) = (0_i32, None::<Date>);
        for day in days {
            // Between days of one closure there are at most those on which the week is closed.
            let gap = before.map_or(0, |before| day.duration_since(before).as_hours() / 24);
            run = if gap <= 7 { run.saturating_add(i32::try_from(gap).unwrap_or(0)) } else { 0 };
            if run >= i32::from(spans::IDLE_DAYS).saturating_sub(14) {
                return true;
            }
            before = Some(day);
        }
        false
    }

    /// The zone in which its hours are meant.
    pub const fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// The IANA name of its zone.
    pub fn zone_name(&self) -> &str {
        self.zone.iana_name().unwrap_or("UTC")
    }

    /// The civil time of an instant in the calendar's zone.
    pub fn civil(&self, t: Timestamp) -> DateTime {
        self.zone.to_datetime(t)
    }

    /// The civil date of an instant in the calendar's zone.
    pub fn date(&self, t: Timestamp) -> Date {
        self.civil(t).date()
    }

    /// The hours of a date: a special day outranks a closed one, that a holiday, and that the week. Sorted, disjoint.
    pub fn shifts(&self, date: Date) -> &[Shift] {
        if let Some(day) = self.special.get(&date) {
            return &day.shifts;
        }
        if self.closed.contains_key(&date) || self.holidays.name(date).is_some() {
            return &[];
        }
        self.week.get(weekday_index(date.weekday())).map(Vec::as_slice).unwrap_or_default()
    }

    /// The name of a closed or special day or of a holiday, if the date is one and has a name.
    pub fn day_name(&self, date: Date) -> Option<&str> {
        let special = self.special.get(&date).map(|day| day.name.as_str());
        special
            .or_else(|| self.closed.get(&date).map(String::as_str))
            .or_else(|| self.holidays.name(date))
            .filter(|name| !name.is_empty())
    }

    /// Is the date named as closed (rather than without hours every week)?
    pub fn is_closed_day(&self, date: Date) -> bool {
        match self.special.get(&date) {
            Some(day) => day.shifts.is_empty(),
            None => self.closed.contains_key(&date) || self.holidays.name(date).is_some(),
        }
    }
}

/// Monday is 0.
fn weekday_index(day: Weekday) -> usize {
    usize::try_from(day.to_monday_zero_offset()).unwrap_or_default()
}

/// The zones of the IANA database as they ship with the program. What this machine has of it plays no part: the same message
/// is due at the same instant on every machine.
pub fn zones() -> &'static TimeZoneDatabase {
    static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);
    &ZONES
}

/// Only names of the IANA database: an abbreviation such as `EST` has no summer time, and `+05:00` none either.
fn named_zone(zone: String) -> Result<TimeZone, CalendarError> {
    match zones().get(&zone) {
        Ok(found) if found.iana_name().is_some() => Ok(found),
        Ok(_) | Err(_) => Err(CalendarError::UnknownZone { zone }),
    }
}
