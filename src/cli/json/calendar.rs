//! What `calendar` prints with `--json`.

use schemars::JsonSchema;
use serde::Serialize;

/// Output of `calendar list`: the calendars of the office.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CalendarsReport {
    /// The calendars by name.
    pub calendars: Vec<CalendarRow>,
}

/// One calendar.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CalendarRow {
    /// Its name.
    pub name: String,
    /// Its IANA zone.
    pub zone: String,
    /// True for the calendar of the office itself.
    pub office: bool,
    /// Hours of Monday to Sunday, each a list of spans such as `09:00-17:30`; empty for a closed day.
    pub week: Vec<Vec<String>>,
    /// The sets of holidays that it keeps.
    pub holidays: Vec<String>,
    /// What may be wrong, in words: holidays that are not known yet.
    pub warnings: Vec<String>,
}

/// Output of `calendar sets`: the sets of holidays that ship with the program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct HolidaySetsReport {
    /// The sets by country.
    pub sets: Vec<HolidaySetRow>,
}

/// One set of holidays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct HolidaySetRow {
    /// Its name in `sla.toml`.
    pub set: String,
    /// Where it holds, in words.
    pub title: String,
    /// The last year of which every day is known; null when all of them follow from rules.
    pub known_to: Option<i16>,
}

/// Output of `calendar show`: the days of a year that differ from the week.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CalendarReport {
    /// The calendar, or the set of holidays.
    pub calendar: String,
    /// Its IANA zone; null for a set of holidays.
    pub zone: Option<String>,
    /// The year.
    pub year: i16,
    /// The days, soonest first.
    pub days: Vec<CalendarDay>,
    /// What may be wrong, in words: holidays that are not known yet.
    pub warnings: Vec<String>,
}

/// A day that differs from the week.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CalendarDay {
    /// The date.
    pub date: String,
    /// Its weekday in English.
    pub weekday: String,
    /// What it is called; may be empty.
    pub name: String,
    /// `special`, `closed`, or the name of the set of holidays that has it. The first of these outranks the others.
    pub from: String,
    /// Its hours; empty when the office is closed.
    pub hours: Vec<String>,
    /// False when the week has no hours on this weekday anyway.
    pub working_weekday: bool,
}

/// Output of `calendar import`: what a calendar file would close.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CalendarImportReport {
    /// The calendar into which it goes.
    pub calendar: String,
    /// The settings file.
    pub file: String,
    /// The first date that was looked at.
    pub from: String,
    /// The last date that was looked at.
    pub to: String,
    /// Every whole day of the file in this range, soonest first.
    pub days: Vec<ImportDay>,
    /// Events that close no day.
    pub left_out: Vec<ImportLeftOut>,
    /// How many days are new.
    pub new: u64,
    /// True when the new days now stand in the settings.
    pub written: bool,
}

/// A day of a calendar file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ImportDay {
    /// The date.
    pub date: String,
    /// Its name in the file.
    pub name: String,
    /// What becomes of it.
    pub state: ImportState,
    /// The calendar's own name or hours of this day, where it has any; else null.
    pub already: Option<String>,
}

/// What becomes of a day of a calendar file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ImportState {
    /// The office would be open: it is to be closed.
    New,
    /// The calendar has it as closed or as a holiday already.
    Known,
    /// The week has no hours on this weekday: nothing needs to be closed.
    NoHours,
    /// The calendar gives it hours of its own, which outrank a closed day: it stays open, and a person must decide.
    Conflict,
}

/// An event that closes no day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ImportLeftOut {
    /// Its name in the file.
    pub name: String,
    /// Why, in words.
    pub why: String,
}
