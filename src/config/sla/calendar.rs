//! What `[calendar]` means: a week, closed and special days, holiday sets, checked.
//!
//! Owns the refusals of a calendar that cannot be meant: a shift that closes before it opens or overlaps another, a zone or a
//! set that does not exist, no hours at all. It counts nothing.

use std::{fmt::Display, ops::Range, str::FromStr};

use jiff::civil::Date;
use toml::Spanned;

use super::raw::{RawCalendar, RawHours, RawWeek};
use crate::{
    config::error::{Mistake, nearest},
    domain::{
        calendar::{CalendarError, CalendarPlan, Shift, SpecialDay, WorkCalendar, zones},
        holidays::HolidaySet,
    },
};

/// Reads a calendar.
pub(super) fn calendar(
    name: String,
    at: Range<usize>,
    raw: RawCalendar,
) -> Result<WorkCalendar, Mistake> {
    let hours_at = raw.hours.as_ref().map_or(at, Spanned::span);
    let zone = raw.zone;
    let sets = holiday_sets(&raw.holidays)?;
    let mut plan = CalendarPlan {
        name,
        zone: zone.get_ref().clone(),
        week: week(raw.hours.map(Spanned::into_inner).unwrap_or_default())?,
        ..CalendarPlan::default()
    };
    for day in raw.closed.0 {
        let date = date(&day.date, day.span.clone())?;
        if plan.closed.insert(date, day.name).is_some() {
            return Err(Mistake::new(day.span, "this day is named twice"));
        }
    }
    for (key, day) in raw.special {
        let date = date(key.get_ref(), key.span())?;
        let day = SpecialDay { name: day.name, shifts: shifts(&day.hours)? };
        if plan.special.insert(date, day).is_some() {
            return Err(Mistake::new(key.span(), "this day is named twice"));
        }
    }
    let made = WorkCalendar::new(plan).map(|calendar| calendar.observing(sets));
    made.map_err(|error| match error {
        CalendarError::UnknownZone { zone: written } => {
            Mistake::new(zone.span(), format!("`{written}` is not a time zone"))
                .remedy(near_zone(&written))
        }
        CalendarError::NeverOpens { .. }
        | CalendarError::NoOpening { .. }
        | CalendarError::OutOfRange => Mistake::new(hours_at, error.to_string())
            .remedy("give it hours, such as `mon-fri = \"09:00-17:30\"`"),
    })
}

/// The zone whose name, or whose city, is nearest to what was written.
fn near_zone(written: &str) -> String {
    let names: Vec<String> = zones().available().map(|name| name.to_string()).collect();
    let city = |name: &str| name.rsplit('/').next().unwrap_or(name).to_lowercase();
    let wanted = city(&written.replace(' ', "_"));
    let same_city = names.iter().find(|name| city(name) == wanted).map(String::as_str);
    match same_city.or_else(|| nearest(written, &names)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "write an IANA name, such as Europe/London or America/New_York".to_owned(),
    }
}

fn date(text: &str, span: Range<usize>) -> Result<Date, Mistake> {
    text.parse().map_err(|_| {
        Mistake::new(span, format!("`{text}` is not a date")).remedy("write it as 2026-12-25")
    })
}

fn holiday_sets(written: &[Spanned<String>]) -> Result<Vec<HolidaySet>, Mistake> {
    let mut sets: Vec<HolidaySet> = Vec::new();
    for word in written {
        let Some(set) = HolidaySet::named(word.get_ref()) else {
            return Err(unknown_set(word));
        };
        if sets.contains(&set) {
            return Err(Mistake::new(word.span(), "this set of holidays is named twice")
                .remedy("take one of the two away"));
        }
        sets.push(set);
    }
    Ok(sets)
}

fn unknown_set(word: &Spanned<String>) -> Mistake {
    let names: Vec<String> = HolidaySet::all().map(|set| set.id().to_owned()).collect();
    let mistake =
        Mistake::new(word.span(), format!("there is no set of holidays `{}`", word.get_ref()));
    mistake.remedy(match nearest(word.get_ref(), &names) {
        Some(near) => format!("did you mean `{near}`? `matterbox calendar sets` lists them all"),
        None => "`matterbox calendar sets` lists them all".to_owned(),
    })
}

fn week(raw: RawWeek) -> Result<[Vec<Shift>; 7], Mistake> {
    let RawWeek { mon_fri, mon, tue, wed, thu, fri, sat, sun } = raw;
    let weekday = |day: Option<RawHours>| day.or_else(|| mon_fri.clone());
    let days = [weekday(mon), weekday(tue), weekday(wed), weekday(thu), weekday(fri), sat, sun];
    let mut week: [Vec<Shift>; 7] = Default::default();
    for (day, raw) in week.iter_mut().zip(&days) {
        *day = raw.as_ref().map(shifts).transpose()?.unwrap_or_default();
    }
    // What a night shift leaves of the next day.
    for (at, raw) in days.iter().enumerate() {
        let next = week.get(at.saturating_add(1) % 7).map(Vec::as_slice).unwrap_or_default();
        let first = next.iter().map(|shift| shift.open()).min();
        for text in raw.iter().flat_map(|raw| &raw.0) {
            let shift: Shift = parsed(text)?;
            if first.is_some_and(|first| shift.close() > first.saturating_add(24 * 60)) {
                return Err(Mistake::new(
                    text.span(),
                    format!("`{shift}` reaches into the first shift of the next day"),
                )
                .remedy("let it end where that one opens, or let that one open later"));
            }
        }
    }
    Ok(week)
}

/// The shifts of one day, none of which may overlap another: hours that are counted once but read twice are a slip.
fn shifts(raw: &RawHours) -> Result<Vec<Shift>, Mistake> {
    let mut shifts: Vec<Shift> = Vec::new();
    for text in &raw.0 {
        let shift: Shift = parsed(text)?;
        let overlaps = shifts
            .iter()
            .find(|other| shift.open() < other.close() && other.open() < shift.close());
        if let Some(other) = overlaps {
            return Err(Mistake::new(text.span(), format!("`{shift}` overlaps `{other}`"))
                .remedy("write the two as one, or let one end before the other opens"));
        }
        shifts.push(shift);
    }
    Ok(shifts)
}

/// Reads a word of the file.
pub(super) fn parsed<T>(text: &Spanned<String>) -> Result<T, Mistake>
where
    T: FromStr,
    T::Err: Display,
{
    text.get_ref().parse().map_err(|error: T::Err| Mistake::new(text.span(), error.to_string()))
}
