//! `matterbox calendar list|sets|show|import`: the office's working days, and closed days out of a calendar file.
//!
//! Owns the arguments, the review and the question before anything is written. It decides no date itself.

mod words;

use std::{
    collections::BTreeMap,
    fs,
    io::{self, BufRead, IsTerminal},
    path::{Path, PathBuf},
    sync::Arc,
};

use clap::{Args, Subcommand};
use jiff::{ToSpan, civil::Date};

use super::{Context, Failure, json};
use crate::{
    config::{
        ics,
        sla::{self, SlaSettings, edit},
    },
    domain::{
        calendar::{DayKind, Shift, UnknownAfter, WorkCalendar},
        holidays::HolidaySet,
    },
};

/// Subcommands of `calendar`.
#[derive(Debug, Subcommand)]
pub enum CalendarCmd {
    /// List the office's calendars: zone, hours, holidays
    List,
    /// List the sets of public holidays that a calendar can keep
    Sets,
    /// Show the days of a year that differ from the week, with their names
    Show(ShowArgs),
    /// Take in closed days from a calendar file (.ics), after showing what it would close
    Import(ImportArgs),
}

/// Arguments of `calendar show`.
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// A calendar of the office, or a set of holidays such as us-federal; the office's own when left out
    pub name: Option<String>,
    /// The year; this one when left out
    #[arg(long, value_parser = clap::value_parser!(i16).range(1990..=2099))]
    pub year: Option<i16>,
}

/// Arguments of `calendar import`.
#[derive(Debug, Args)]
pub struct ImportArgs {
    /// The calendar file
    pub file: PathBuf,
    /// The calendar that is to be closed on these days; the office's own when left out
    #[arg(long, value_name = "CALENDAR")]
    pub into: Option<String>,
    /// How many years ahead of this one to look at
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(i16).range(0..=20))]
    pub years: i16,
    /// Write the new days without asking
    #[arg(long)]
    pub yes: bool,
}

/// `matterbox calendar …`
///
/// # Errors
/// When the settings or the calendar file cannot be understood, there is no such calendar, or nobody confirmed.
pub fn run(context: &mut Context<'_>, command: &CalendarCmd) -> Result<(), Failure> {
    match command {
        CalendarCmd::List => list(context),
        CalendarCmd::Sets => sets(context),
        CalendarCmd::Show(args) => show(context, args),
        CalendarCmd::Import(args) => import(context, args),
    }
}

fn list(context: &mut Context<'_>) -> Result<(), Failure> {
    let settings = sla::load(&context.sla_file()?)?;
    let row = |calendar: &Arc<WorkCalendar>| json::CalendarRow {
        name: calendar.name.clone(),
        zone: calendar.zone_name().to_owned(),
        office: Arc::ptr_eq(calendar, &settings.office),
        week: week(calendar),
        holidays: calendar.holiday_sets().iter().map(|set| set.id().to_owned()).collect(),
        warnings: warnings(calendar),
    };
    let calendars = settings.calendars.values().map(row).collect();
    context.output.report(&json::CalendarsReport { calendars })
}

/// Any Monday, and the six days after it.
fn week(calendar: &WorkCalendar) -> Vec<Vec<String>> {
    let monday = jiff::civil::date(2024, 1, 1);
    monday.series(1.day()).take(7).map(|day| hours(calendar.week_shifts(day))).collect()
}

fn hours(shifts: &[Shift]) -> Vec<String> {
    shifts.iter().map(ToString::to_string).collect()
}

fn warnings(calendar: &WorkCalendar) -> Vec<String> {
    calendar.unknown_after().map(UnknownAfter::words).into_iter().collect()
}

fn sets(context: &mut Context<'_>) -> Result<(), Failure> {
    let row = |set: HolidaySet| json::HolidaySetRow {
        set: set.id().to_owned(),
        title: set.title().to_owned(),
        known_to: set.known_to(),
    };
    let sets = HolidaySet::all().map(row).collect();
    context.output.report(&json::HolidaySetsReport { sets })
}

fn show(context: &mut Context<'_>, args: &ShowArgs) -> Result<(), Failure> {
    let settings = sla::load(&context.sla_file()?)?;
    let year = args.year.unwrap_or_else(|| settings.office.date(context.now).year());
    let report = match (&args.name, args.name.as_deref().and_then(HolidaySet::named)) {
        (None, _) => of_calendar(&settings.office, year),
        (Some(name), set) => match (settings.calendars.get(name), set) {
            (Some(calendar), _) => of_calendar(calendar, year),
            (None, Some(set)) => of_set(set, year),
            (None, None) => return Err(unknown(name, &settings)),
        },
    };
    context.output.report(&report)
}

fn unknown(name: &str, settings: &SlaSettings) -> Failure {
    let names: Vec<&str> = settings.calendars.keys().map(String::as_str).collect();
    Failure::refused(format!(
        "there is no calendar {name:?} and no set of holidays of that name; the calendars are {}, and `matterbox calendar \
         sets` lists the sets",
        names.join(", ")
    ))
}

fn of_calendar(calendar: &WorkCalendar, year: i16) -> json::CalendarReport {
    let first = Date::new(year, 1, 1).unwrap_or(Date::ZERO);
    let days = first.series(1.day()).take_while(|day| day.year() == year);
    let days = days.filter_map(|date| {
        let from = match calendar.day_kind(date) {
            DayKind::Week => return None,
            DayKind::Special => "special",
            DayKind::Closed => "closed",
            DayKind::Holiday(set) => set.id(),
        };
        let name = calendar.day_name(date).unwrap_or_default();
        let working = !calendar.week_shifts(date).is_empty();
        Some(day(date, name, from, hours(calendar.shifts(date)), working))
    });
    json::CalendarReport {
        calendar: calendar.name.clone(),
        zone: Some(calendar.zone_name().to_owned()),
        year,
        days: days.collect(),
        warnings: warnings(calendar),
    }
}

fn of_set(set: HolidaySet, year: i16) -> json::CalendarReport {
    let row = |holiday: crate::domain::holidays::Holiday| {
        let working = holiday.date.weekday().to_monday_zero_offset() < 5;
        day(holiday.date, holiday.name, set.id(), Vec::new(), working)
    };
    let unknown = set.known_to().filter(|known| year > *known).map(|known| {
        format!("the days that follow the moon are known to {known} only; those of {year} are missing here")
    });
    json::CalendarReport {
        calendar: set.id().to_owned(),
        zone: None,
        year,
        days: set.days(year).into_iter().map(row).collect(),
        warnings: unknown.into_iter().collect(),
    }
}

fn day(
    date: Date,
    name: &str,
    from: &str,
    hours: Vec<String>,
    working_weekday: bool,
) -> json::CalendarDay {
    json::CalendarDay {
        date: date.to_string(),
        weekday: date.strftime("%A").to_string(),
        name: name.to_owned(),
        from: from.to_owned(),
        hours,
        working_weekday,
    }
}

fn import(context: &mut Context<'_>, args: &ImportArgs) -> Result<(), Failure> {
    let file = context.sla_file()?;
    let text = edit::text_of(&file)?;
    let settings = sla::parse(&text, &file)?;
    let calendar = match &args.into {
        None => &settings.office,
        Some(name) => settings.calendars.get(name).ok_or_else(|| unknown(name, &settings))?,
    };
    let year = calendar.date(context.now).year();
    let edge = |year, month, day| {
        Date::new(year, month, day).map_err(|error| Failure::usage(error.to_string()))
    };
    let (from, to) = (edge(year, 1, 1)?, edge(year.saturating_add(args.years), 12, 31)?);
    let found = ics::read(&read(&args.file)?, from, to)?;
    let mut report = json::CalendarImportReport {
        calendar: calendar.name.clone(),
        file: file.display().to_string(),
        from: from.to_string(),
        to: to.to_string(),
        days: reviewed(&found.days, calendar),
        left_out: found.left_out.iter().map(left_out).collect(),
        new: 0,
        written: false,
    };
    let is_new = |date: &Date| {
        let date = date.to_string();
        report.days.iter().any(|day| day.date == date && day.state == json::ImportState::New)
    };
    let new: Vec<(Date, String)> =
        found.days.into_iter().filter(|(date, _)| is_new(date)).collect();
    report.new = u64::try_from(new.len()).unwrap_or(u64::MAX);
    let text = edit::with_closed(&text, &calendar.name, &new, &file)?;
    if new.is_empty() {
        return context.output.report(&report);
    }
    if args.yes {
        edit::save(&file, &text)?;
        report.written = true;
        return context.output.report(&report);
    }
    context.output.report(&report)?;
    confirm(context, new.len(), &file)?;
    edit::save(&file, &text)?;
    context.output.line("Written. A running matterbox follows within a minute.")
}

fn read(path: &Path) -> Result<String, Failure> {
    let refused = |what: String| Failure::refused(format!("{}: {what}", path.display()));
    let size = fs::metadata(path).map_err(|error| refused(error.to_string()))?.len();
    if size > ics::MOST_BYTES {
        return Err(refused("more than 8 MB: this is no list of closed days".to_owned()));
    }
    let bytes = fs::read(path).map_err(|error| refused(error.to_string()))?;
    String::from_utf8(bytes)
        .map_err(|_| refused("this is not a calendar file: its text is not UTF-8".to_owned()))
}

fn reviewed(days: &BTreeMap<Date, String>, calendar: &WorkCalendar) -> Vec<json::ImportDay> {
    let row = |(date, name): (&Date, &String)| {
        let own = calendar.day_name(*date).unwrap_or("without a name");
        let (state, already) = match calendar.day_kind(*date) {
            DayKind::Special if !calendar.shifts(*date).is_empty() => {
                (json::ImportState::Conflict, Some(hours(calendar.shifts(*date)).join(", ")))
            }
            DayKind::Special | DayKind::Closed | DayKind::Holiday(_) => {
                (json::ImportState::Known, Some(own.to_owned()))
            }
            DayKind::Week if calendar.week_shifts(*date).is_empty() => {
                (json::ImportState::NoHours, None)
            }
            DayKind::Week => (json::ImportState::New, None),
        };
        json::ImportDay { date: date.to_string(), name: name.clone(), state, already }
    };
    days.iter().map(row).collect()
}

fn left_out(event: &ics::LeftOut) -> json::ImportLeftOut {
    json::ImportLeftOut { name: event.summary.clone(), why: event.why.words().to_owned() }
}

/// Nothing is written that a person has not looked at.
fn confirm(context: &mut Context<'_>, days: usize, file: &Path) -> Result<(), Failure> {
    let kept = "nothing was written";
    if !io::stdin().is_terminal() || context.common.json {
        return Err(Failure::needs_user(format!(
            "{kept}; look at the list, then say --yes to close these {days} day(s)"
        )));
    }
    context.output.line(&format!("Close these {days} day(s) in {}? [y/N]", file.display()))?;
    let mut answer = String::new();
    io::stdin()
        .lock()
        .read_line(&mut answer)
        .map_err(|error| Failure::refused(format!("{kept}: {error}")))?;
    if matches!(answer.trim().to_lowercase().as_str(), "y" | "yes") {
        return Ok(());
    }
    Err(Failure::needs_user(kept))
}
