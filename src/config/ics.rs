//! Closed days out of a calendar file (iCalendar, RFC 5545), so that a person can look at them before anything is written.
//!
//! Owns what of such a file can close an office: whole days, once or repeating. It never guesses: an event with a time of day,
//! a cancelled one or a rule that is not understood is left out and named.

use std::{
    collections::{BTreeMap, BTreeSet},
    str::FromStr,
};

use icalendar::parser::{Component, Property, read_components, unfold};
use jiff::{ToSpan, civil::Date};
use rrule::{RRule, RRuleSet, Tz, Unvalidated};

use crate::domain::{
    fault::{Fault, Kind},
    text::bare_line,
};

/// Larger files are refused: a list of closed days has some kilobytes.
pub const MOST_BYTES: u64 = 8 * 1024 * 1024;
/// An event that is longer than this is no closed day but a mistake.
const MOST_DAYS: i32 = 366;
/// A rule may repeat so often within the years that are looked at.
const MOST_REPEATS: u16 = 2_000;

/// Whole days that the file names, soonest first, and what was left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IcsDays {
    /// Each day with its name.
    pub days: BTreeMap<Date, String>,
    /// Events that close no day, in the order of the file.
    pub left_out: Vec<LeftOut>,
}

/// An event that closes no day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// Its name in the file.
    pub summary: String,
    /// Why.
    pub why: Why,
}

/// Why an event closes no day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// It has a time of day.
    NotWholeDays,
    /// It was cancelled.
    Cancelled,
    /// All of it lies before the days that are looked at, or it repeats only after them.
    OutsideOfRange,
    /// It has no date, or one that does not exist.
    NoDate,
    /// It would last more than a year.
    TooLong,
    /// Its rule of repetition is not understood.
    UnknownRule,
}

impl Why {
    /// In words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::NotWholeDays => "it has a time of day and closes no whole day",
            Self::Cancelled => "it was cancelled",
            Self::OutsideOfRange => "it lies outside of the years that are looked at",
            Self::NoDate => "it has no date that exists",
            Self::TooLong => "it would last more than a year",
            Self::UnknownRule => "its rule of repetition is not understood",
        }
    }
}

/// Why a file cannot be used at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IcsError {
    /// It is something else.
    #[error("this is not a calendar file: it does not begin with BEGIN:VCALENDAR")]
    NotCalendar,
    /// Its end is missing.
    #[error("the calendar file is cut off: it does not end with END:VCALENDAR")]
    CutOff,
    /// A line of it is not understood.
    #[error("the calendar file is not understood{}", line.map(|line| format!(" at line {line} (long lines joined)")).unwrap_or_default())]
    Broken {
        /// The line, from 1, after continuation lines have been joined.
        line: Option<usize>,
    },
    /// It has no event.
    #[error("the calendar file has no event in it")]
    NoEvents,
}

impl Fault for IcsError {
    fn kind(&self) -> Kind {
        match self {
            Self::NotCalendar | Self::CutOff | Self::Broken { .. } | Self::NoEvents => {
                Kind::NeedsUser
            }
        }
    }
}

/// Reads the whole days of a calendar file that lie from `from` to `to`, both included.
///
/// # Errors
/// When it is no calendar file, is cut off, or cannot be understood as a whole.
pub fn read(text: &str, from: Date, to: Date) -> Result<IcsDays, IcsError> {
    let text = text.trim_start_matches('\u{feff}').trim();
    let begins = |line: &str| line.eq_ignore_ascii_case("BEGIN:VCALENDAR");
    if !text.lines().next().is_some_and(|line| begins(line.trim_end())) {
        return Err(IcsError::NotCalendar);
    }
    if !text.lines().last().is_some_and(|line| line.eq_ignore_ascii_case("END:VCALENDAR")) {
        return Err(IcsError::CutOff);
    }
    let text = unfold(text);
    let roots =
        read_components(&text).map_err(|_| IcsError::Broken { line: broken_line(&text) })?;
    let events: Vec<&Component<'_>> = roots
        .iter()
        .flat_map(|root| &root.components)
        .filter(|part| part.name.as_str().eq_ignore_ascii_case("VEVENT"))
        .collect();
    // A parser that gave up half-way would lose closed days without a word.
    let written = text.lines().filter(|line| line.trim().eq_ignore_ascii_case("BEGIN:VEVENT"));
    if written.count() != events.len() {
        return Err(IcsError::Broken { line: broken_line(&text) });
    }
    if events.is_empty() {
        return Err(IcsError::NoEvents);
    }
    let moved = moved(&events);
    let mut found = IcsDays::default();
    for event in events {
        match days_of(event, &moved, from, to) {
            Ok(days) => {
                let summary = summary(event);
                for day in days {
                    found.days.entry(day).or_insert_with(|| summary.clone());
                }
            }
            Err(why) => found.left_out.push(LeftOut { summary: summary(event), why }),
        }
    }
    Ok(found)
}

/// The first line that has no name before a colon.
fn broken_line(text: &str) -> Option<usize> {
    let sound = |line: &str| {
        let name = line.split([':', ';']).next().unwrap_or_default();
        line.contains(':')
            && !name.is_empty()
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    };
    let at = text.lines().position(|line| !line.trim().is_empty() && !sound(line))?;
    Some(at.saturating_add(1))
}

fn value(event: &Component<'_>, name: &str) -> Option<String> {
    property(event, name).map(|property| property.val.as_str().trim().to_owned())
}

fn property<'a>(event: &'a Component<'_>, name: &str) -> Option<&'a Property<'a>> {
    event.properties.iter().find(|property| property.name.as_str().eq_ignore_ascii_case(name))
}

/// Its name on one line, without what could steer a terminal.
fn summary(event: &Component<'_>) -> String {
    let text = property(event, "SUMMARY")
        .map(|property| property.val.clone().unescape_text().as_str().to_owned())
        .unwrap_or_default();
    bare_line(&text).trim().chars().take(120).collect()
}

/// Single repetitions that stand in an event of their own, by the event to which they belong.
fn moved(events: &[&Component<'_>]) -> BTreeSet<(String, Date)> {
    events
        .iter()
        .filter_map(|event| {
            let date = date(&value(event, "RECURRENCE-ID")?)?;
            Some((value(event, "UID")?, date))
        })
        .collect()
}

fn days_of(
    event: &Component<'_>,
    moved: &BTreeSet<(String, Date)>,
    from: Date,
    to: Date,
) -> Result<Vec<Date>, Why> {
    if value(event, "STATUS").is_some_and(|status| status.eq_ignore_ascii_case("CANCELLED")) {
        return Err(Why::Cancelled);
    }
    let written = value(event, "DTSTART").ok_or(Why::NoDate)?;
    let first = date(&written).ok_or(Why::NoDate)?;
    let long = length(event, &written, first)?;
    let starts = match value(event, "RRULE") {
        None => vec![first],
        Some(rule) => {
            let uid = value(event, "UID").unwrap_or_default();
            let mut starts =
                repeats(event, &rule, first, long, (from, to)).ok_or(Why::UnknownRule)?;
            starts.retain(|day| !moved.contains(&(uid.clone(), *day)));
            starts
        }
    };
    let starts = starts.into_iter().chain(listed(event, "RDATE"));
    let days: Vec<Date> = starts
        .flat_map(|start| (0..long).filter_map(move |n| start.checked_add(n.days()).ok()))
        .filter(|day| (from..=to).contains(day))
        .collect();
    if days.is_empty() { Err(Why::OutsideOfRange) } else { Ok(days) }
}

/// How many whole days it lasts. The end is the first day after it (RFC 5545, 3.6.1).
fn length(event: &Component<'_>, written: &str, first: Date) -> Result<i32, Why> {
    let end = value(event, "DTEND");
    // Some programs write whole days as midnight to midnight.
    let midnight = |text: &str| !text.contains('T') || text.ends_with("T000000");
    let long_enough = !written.contains('T') || end.is_some() || value(event, "DURATION").is_some();
    if !midnight(written) || !end.as_deref().is_none_or(midnight) || !long_enough {
        return Err(Why::NotWholeDays);
    }
    let days = match (end, value(event, "DURATION")) {
        (Some(end), _) => {
            let end = date(&end).ok_or(Why::NoDate)?;
            i32::try_from(end.duration_since(first).as_hours() / 24).map_err(|_| Why::TooLong)?
        }
        (None, Some(duration)) => whole_days(&duration).ok_or(Why::NotWholeDays)?,
        (None, None) => 1,
    };
    if days > MOST_DAYS {
        return Err(Why::TooLong);
    }
    if days < 1 && written.contains('T') {
        return Err(Why::NotWholeDays);
    }
    // An end on the first day itself is meant as that day.
    Ok(days.max(1))
}

/// `P3D` or `P1W`.
fn whole_days(duration: &str) -> Option<i32> {
    let text = duration.trim_start_matches('+').strip_prefix('P')?;
    let (digits, days) = match text.strip_suffix('W') {
        Some(weeks) => (weeks, 7),
        None => (text.strip_suffix('D')?, 1),
    };
    digits.parse::<i32>().ok()?.checked_mul(days)
}

/// `20261225` or `20261225T…`.
fn date(text: &str) -> Option<Date> {
    let digits = text.split('T').next().filter(|digits| digits.len() == 8)?;
    let part = |range: std::ops::Range<usize>| digits.get(range);
    let (year, month, day) = (part(0..4)?, part(4..6)?, part(6..8)?);
    Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
}

/// Dates that a property lists.
fn listed(event: &Component<'_>, name: &str) -> Vec<Date> {
    event
        .properties
        .iter()
        .filter(|property| property.name.as_str().eq_ignore_ascii_case(name))
        .flat_map(|property| property.val.as_str().split(',').filter_map(|text| date(text.trim())))
        .collect()
}

/// The first days of every repetition that reaches into the range.
fn repeats(
    event: &Component<'_>,
    rule: &str,
    first: Date,
    long: i32,
    (from, to): (Date, Date),
) -> Option<Vec<Date>> {
    let start = instant(first)?;
    let rule: RRule<Unvalidated> = RRule::from_str(&until_in_utc(rule)).ok()?;
    let mut set = RRuleSet::new(start).rrule(rule.validate(start).ok()?);
    for day in listed(event, "EXDATE") {
        set = set.exdate(instant(day)?);
    }
    let earliest = from.checked_sub(long.days()).ok()?;
    let found = set.after(instant(earliest)?).before(instant(to)?).all(MOST_REPEATS);
    found.dates.into_iter().map(|at| date(&at.format("%Y%m%d").to_string())).collect()
}

/// Midnight in UTC: whole days know no zone, and repeat as they would there.
fn instant(day: Date) -> Option<chrono::DateTime<Tz>> {
    use chrono::TimeZone as _;
    let month = u32::try_from(day.month()).ok()?;
    let of_month = u32::try_from(day.day()).ok()?;
    Tz::UTC.with_ymd_and_hms(i32::from(day.year()), month, of_month, 0, 0, 0).single()
}

/// `UNTIL` of a whole day is a date; beside a start in UTC it must be an instant there.
fn until_in_utc(rule: &str) -> String {
    let parts = rule.split(';').map(|part| match part.split_once('=') {
        Some((key, until)) if key.eq_ignore_ascii_case("UNTIL") => {
            let day = until.split('T').next().unwrap_or_default();
            format!("UNTIL={day}T235959Z")
        }
        Some(_) | None => part.to_owned(),
    });
    parts.collect::<Vec<_>>().join(";")
}

#[cfg(test)]
#[path = "ics_tests.rs"]
mod tests;
