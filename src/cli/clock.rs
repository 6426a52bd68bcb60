//! `matterbox clock due|between|explain`: the office's time arithmetic, for people and scripts.
//!
//! Owns the arguments and the shape of the answers. It counts nothing itself, and writes only where it is told to.

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use clap::{Args, Subcommand};
use jiff::{Timestamp, ZonedDateTime, civil::DateTime, tz::AmbiguousOffset};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    config::{ConfigError, sla},
    domain::{
        calendar::{CalendarError, ClosedBecause, Explanation, Step, WorkCalendar},
        fault::{Fault, Kind},
        id::ThreadId,
        sla::{duration_words, explain_count},
        target::Target,
    },
};

/// Count business time as the office counts it.
#[derive(Clone, Debug, Args)]
pub struct ClockArgs {
    /// What to work out.
    #[command(subcommand)]
    pub what: ClockCommand,
}

/// What can be worked out.
#[derive(Clone, Debug, Subcommand)]
pub enum ClockCommand {
    /// When a target that starts at an instant is due
    Due(CountArgs),
    /// How much business time lies between two instants
    Between(BetweenArgs),
    /// Why a target is due when it is, step by step
    Explain(ExplainArgs),
}

impl ClockCommand {
    /// What every one of them takes.
    pub(super) const fn common_mut(&mut self) -> &mut CommonArgs {
        match self {
            Self::Due(args) => &mut args.common,
            Self::Between(args) => &mut args.common,
            Self::Explain(args) => &mut args.common,
        }
    }
}

/// What to explain: a thread's own clocks, or a start and a target.
#[derive(Clone, Debug, Args)]
pub struct ExplainArgs {
    /// The thread whose clocks to explain, by its number in a list
    #[arg(value_parser = super::args::parse_thread, conflicts_with_all = ["target", "from", "calendar"])]
    pub thread: Option<ThreadId>,
    /// The start: a time in the calendar's zone (2026-11-24T15:10) or one with its offset; now when left out
    #[arg(long, value_name = "TIME")]
    pub from: Option<String>,
    /// The time allowed: 4bh, 1bd, cob+1, 2h or 14d
    #[arg(long, required_unless_present = "thread")]
    pub target: Option<Target>,
    /// For cob+N: minutes before the close from which the next business day counts
    #[arg(long, value_name = "MINUTES", default_value_t = 30)]
    pub cutoff: u16,
    /// Calendar and form of the answer.
    #[command(flatten)]
    pub common: CommonArgs,
}

impl ExplainArgs {
    fn count(&self) -> Result<CountArgs, ClockCliError> {
        let target = self.target.ok_or(ClockCliError::NoTarget)?;
        let (from, common) = (self.from.clone(), self.common.clone());
        Ok(CountArgs { from, target, cutoff: self.cutoff, common })
    }
}

/// A start and a target.
#[derive(Clone, Debug, Args)]
pub struct CountArgs {
    /// The start: a time in the calendar's zone (2026-11-24T15:10) or one with its offset; now when left out
    #[arg(long, value_name = "TIME")]
    pub from: Option<String>,
    /// The time allowed: 4bh, 1bd, cob+1, 2h or 14d
    #[arg(long)]
    pub target: Target,
    /// For cob+N: minutes before the close from which the next business day counts
    #[arg(long, value_name = "MINUTES", default_value_t = 30)]
    pub cutoff: u16,
    /// Calendar and form of the answer.
    #[command(flatten)]
    pub common: CommonArgs,
}

/// Two instants.
#[derive(Clone, Debug, Args)]
pub struct BetweenArgs {
    /// The earlier one: a time in the calendar's zone (2026-11-24T15:10) or one with its offset
    #[arg(long, value_name = "TIME")]
    pub from: String,
    /// The later one; now when left out
    #[arg(long, value_name = "TIME")]
    pub to: Option<String>,
    /// Calendar and form of the answer.
    #[command(flatten)]
    pub common: CommonArgs,
}

/// What every one of them takes.
#[derive(Clone, Debug, Args)]
pub struct CommonArgs {
    /// A file with a [calendar] (the form of sla.toml) instead of the office's own
    #[arg(long, value_name = "FILE")]
    pub calendar: Option<PathBuf>,
    /// Answer as JSON (`matterbox schema clock due` prints its schema)
    #[arg(long)]
    pub json: bool,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum ClockCliError {
    /// The calendar's file.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The calendar itself.
    #[error(transparent)]
    Calendar(#[from] CalendarError),
    /// An argument is no time.
    #[error("{text:?} is not a time; write 2026-11-24T15:10, or 2026-11-24T15:10-05:00")]
    NoTime {
        /// What was written.
        text: String,
    },
    /// The clocks went forward over it.
    #[error("{text} did not happen in {zone}: the clocks went forward over it")]
    Skipped {
        /// What was written.
        text: String,
        /// The calendar's zone.
        zone: String,
    },
    /// The clocks went back over it.
    #[error(
        "{text} happened twice in {zone}; add the offset, such as {text}{earlier} or {text}{later}"
    )]
    Twice {
        /// What was written.
        text: String,
        /// The calendar's zone.
        zone: String,
        /// The offset of the first time.
        earlier: String,
        /// The offset of the second time.
        later: String,
    },
    /// There is nothing to count.
    #[error("name a thread, or a target such as --target 4bh")]
    NoTarget,
    /// The answer could not be written.
    #[error("the answer could not be written")]
    Write(#[from] io::Error),
}

impl Fault for ClockCliError {
    fn kind(&self) -> Kind {
        match self {
            Self::Config(error) => error.kind(),
            Self::Calendar(error) => error.kind(),
            Self::NoTime { .. } | Self::Skipped { .. } | Self::Twice { .. } | Self::NoTarget => {
                Kind::NeedsUser
            }
            Self::Write(_) => Kind::Refused,
        }
    }
}

/// The answer of `clock due`. Times are RFC 3339 with the offset of the calendar's zone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DueOutput {
    /// The start.
    pub from: String,
    /// The time allowed.
    pub target: String,
    /// The calendar's name.
    pub calendar: String,
    /// The calendar's IANA zone.
    pub zone: String,
    /// The last instant that is in time.
    pub due: String,
}

/// The answer of `clock between`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct BetweenOutput {
    /// The first instant.
    pub from: String,
    /// The second instant.
    pub to: String,
    /// The calendar's name.
    pub calendar: String,
    /// The calendar's IANA zone.
    pub zone: String,
    /// Seconds in which the office was open; negative when `to` is before `from`.
    pub business_seconds: i64,
    /// Seconds on the wall; negative when `to` is before `from`.
    pub wall_seconds: i64,
}

/// The answer of `clock explain`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ExplainOutput {
    /// What `clock due` would have said.
    #[serde(flatten)]
    pub due: DueOutput,
    /// How it was counted, in order.
    pub steps: Vec<StepOutput>,
    /// The same in words.
    pub lines: Vec<String>,
}

/// One step of a count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum StepOutput {
    /// The office was closed at the start: it counts from the next opening.
    Opens {
        /// The opening.
        at: String,
    },
    /// Too near to the close: counts as received on the next business day.
    PastCutoff {
        /// The close.
        close: String,
    },
    /// Time of one shift was counted.
    Counted {
        /// The date of the shift.
        date: String,
        /// From.
        from: String,
        /// To.
        to: String,
        /// Seconds counted.
        seconds: i64,
        /// Seconds still to be counted.
        left_seconds: i64,
    },
    /// A date was passed over.
    Closed {
        /// The date.
        date: String,
        /// The name of the closed day; absent when the week has no hours on that day.
        name: Option<String>,
    },
    /// A business day was counted.
    BusinessDay {
        /// The date.
        date: String,
        /// Which one it is, from 1.
        number: u16,
    },
    /// The wanted time lies outside that day's hours.
    Moved {
        /// The wanted time.
        from: String,
        /// The time that it became.
        to: String,
    },
    /// Time on the wall was added.
    Wall {
        /// How much.
        target: String,
    },
    /// The close of a business day was taken.
    Close {
        /// The date.
        date: String,
    },
}

/// Answers on `out`. `office` is the office's `sla.toml` (what ships holds when it does not exist); it is read only
/// when no `--calendar` is given.
///
/// # Errors
/// A time or a calendar that cannot be understood, a calendar without openings, or `out` that takes nothing.
pub fn run(
    args: &ClockArgs,
    office: &Path,
    out: &mut dyn Write,
    now: Timestamp,
) -> Result<(), ClockCliError> {
    match &args.what {
        ClockCommand::Due(args) => {
            let (_, output) = due(args, office, now)?;
            if args.common.json { json(out, &output) } else { line(out, &output.due) }
        }
        ClockCommand::Between(args) => {
            let output = between(args, office, now)?;
            if args.common.json { json(out, &output) } else { line(out, &between_words(&output)) }
        }
        ClockCommand::Explain(args) => {
            let output = explain(&args.count()?, office, now)?;
            if args.common.json {
                return json(out, &output);
            }
            output.lines.iter().try_for_each(|text| line(out, text))
        }
    }
}

/// `clock due`, with the steps behind it.
fn due(
    args: &CountArgs,
    office: &Path,
    now: Timestamp,
) -> Result<((Arc<WorkCalendar>, Explanation), DueOutput), ClockCliError> {
    let calendar = calendar(&args.common, office)?;
    let from = instant(args.from.as_deref(), &calendar, now)?;
    let cutoff = Duration::from_mins(u64::from(args.cutoff));
    let explanation = calendar.explain(from, args.target, cutoff)?;
    let output = DueOutput {
        from: rfc3339(from, &calendar),
        target: args.target.to_string(),
        calendar: calendar.name.clone(),
        zone: calendar.zone_name().to_owned(),
        due: rfc3339(explanation.due, &calendar),
    };
    Ok(((calendar, explanation), output))
}

fn explain(
    args: &CountArgs,
    office: &Path,
    now: Timestamp,
) -> Result<ExplainOutput, ClockCliError> {
    let ((calendar, explanation), due) = due(args, office, now)?;
    let steps = explanation.steps.iter().map(|step| step_output(step, &calendar)).collect();
    Ok(ExplainOutput { due, steps, lines: explain_count(&explanation, &calendar) })
}

fn between(
    args: &BetweenArgs,
    office: &Path,
    now: Timestamp,
) -> Result<BetweenOutput, ClockCliError> {
    let calendar = calendar(&args.common, office)?;
    let from = instant(Some(&args.from), &calendar, now)?;
    let to = instant(args.to.as_deref(), &calendar, now)?;
    Ok(BetweenOutput {
        from: rfc3339(from, &calendar),
        to: rfc3339(to, &calendar),
        calendar: calendar.name.clone(),
        zone: calendar.zone_name().to_owned(),
        business_seconds: calendar.between(from, to).as_secs(),
        wall_seconds: to.duration_since(from).as_secs(),
    })
}

fn between_words(output: &BetweenOutput) -> String {
    let words = |seconds: i64| {
        let sign = if seconds < 0 { "-" } else { "" };
        format!("{sign}{}", duration_words(jiff::SignedDuration::from_secs(seconds)))
    };
    format!(
        "{} of business time, {} on the wall",
        words(output.business_seconds),
        words(output.wall_seconds)
    )
}

fn step_output(step: &Step, calendar: &WorkCalendar) -> StepOutput {
    let at = |t: &Timestamp| rfc3339(*t, calendar);
    match step {
        Step::Opens { at: t } => StepOutput::Opens { at: at(t) },
        Step::PastCutoff { close, .. } => StepOutput::PastCutoff { close: at(close) },
        Step::Counted { date, from, to, left } => StepOutput::Counted {
            date: date.to_string(),
            from: at(from),
            to: at(to),
            seconds: to.duration_since(*from).as_secs(),
            left_seconds: left.as_secs(),
        },
        Step::Closed { date, because } => StepOutput::Closed {
            date: date.to_string(),
            name: match because {
                ClosedBecause::Weekday => None,
                ClosedBecause::Named(name) => Some(name.clone()),
            },
        },
        Step::BusinessDay { date, number } => {
            StepOutput::BusinessDay { date: date.to_string(), number: *number }
        }
        Step::Moved { from, to } => StepOutput::Moved { from: at(from), to: at(to) },
        Step::Wall { target } => StepOutput::Wall { target: target.to_string() },
        Step::Close { date } => StepOutput::Close { date: date.to_string() },
    }
}

fn calendar(args: &CommonArgs, office: &Path) -> Result<Arc<WorkCalendar>, ClockCliError> {
    Ok(match &args.calendar {
        Some(file) => sla::load_calendar(file)?,
        None => sla::load(office)?.office,
    })
}

/// A time with an offset or a zone is that instant; one without is meant in the calendar's zone. A civil time that did
/// not happen, or happened twice, is refused rather than guessed.
fn instant(
    text: Option<&str>,
    calendar: &WorkCalendar,
    now: Timestamp,
) -> Result<Timestamp, ClockCliError> {
    let Some(text) = text else { return Ok(now) };
    if text.contains('[') {
        if let Ok(zoned) = text.parse::<ZonedDateTime>() {
            return Ok(zoned.timestamp());
        }
    } else if let Ok(instant) = text.parse::<Timestamp>() {
        return Ok(instant);
    }
    let civil: DateTime =
        text.parse().map_err(|_| ClockCliError::NoTime { text: text.to_owned() })?;
    let zone = calendar.zone_name().to_owned();
    let ambiguous = calendar.zone().to_ambiguous_timestamp(civil);
    match ambiguous.offset() {
        AmbiguousOffset::Unambiguous { .. } => {
            ambiguous.compatible().map_err(|_| ClockCliError::Calendar(CalendarError::OutOfRange))
        }
        AmbiguousOffset::Gap { .. } => Err(ClockCliError::Skipped { text: text.to_owned(), zone }),
        AmbiguousOffset::Fold { before, after } => Err(ClockCliError::Twice {
            text: text.to_owned(),
            zone,
            earlier: before.to_string(),
            later: after.to_string(),
        }),
    }
}

/// `2026-11-25T11:10-05:00`; seconds and parts of them only where there are any.
fn rfc3339(t: Timestamp, calendar: &WorkCalendar) -> String {
    let zoned = t.to_zoned_datetime(calendar.zone().clone());
    let format = match (zoned.second(), zoned.subsec_nanosecond()) {
        (0, 0) => "%Y-%m-%dT%H:%M%:z",
        (_, _) => "%Y-%m-%dT%H:%M:%S%.f%:z",
    };
    zoned.strftime(format).to_string()
}

fn line(out: &mut dyn Write, text: &str) -> Result<(), ClockCliError> {
    writeln!(out, "{text}").map_err(ClockCliError::Write)
}

fn json(out: &mut dyn Write, value: &impl Serialize) -> Result<(), ClockCliError> {
    serde_json::to_writer_pretty(&mut *out, value).map_err(io::Error::from)?;
    line(out, "")
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Root {
        #[command(flatten)]
        clock: ClockArgs,
    }

    const NEW_YORK: &str = "[calendar]\nzone = \"America/New_York\"\n\
        hours = { mon-fri = \"09:00-17:00\" }\nclosed = { 2026-11-26 = \"Thanksgiving\" }\n\
        special = { 2026-11-27 = \"09:00-13:00\" }\n";

    fn say(arguments: &str) -> Result<String, String> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ny.toml");
        std::fs::write(&file, NEW_YORK).unwrap();
        let words = ["clock"].into_iter().chain(arguments.split_whitespace());
        let root =
            Root::try_parse_from(words.map(|word| {
                if word == "NY" { file.display().to_string() } else { word.to_owned() }
            }))
            .map_err(|error| error.to_string())?;
        let now = "2026-11-24T18:40:00Z".parse().unwrap();
        let mut out = Vec::new();
        run(&root.clock, &folder.path().join("sla.toml"), &mut out, now)
            .map_err(|error| error.to_string())?;
        Ok(String::from_utf8(out).unwrap())
    }

    #[test]
    fn due_prints_the_time_in_the_calendars_zone() {
        for (arguments, said) in [
            ("due --from 2026-11-24T15:10 --target 4bh --calendar NY", "2026-11-25T11:10-05:00\n"),
            ("due --from 2026-11-24T20:10Z --target 4bh --calendar NY", "2026-11-25T11:10-05:00\n"),
            (
                "due --from 2026-11-24T15:10-05:00 --target 1bd --calendar NY",
                "2026-11-25T15:10-05:00\n",
            ),
            (
                "due --from 2026-11-24T21:10[Europe/Berlin] --target 4bh --calendar NY",
                "2026-11-25T11:10-05:00\n",
            ),
            (
                "due --from 2026-11-20T16:59:59 --target 4bh --calendar NY",
                "2026-11-23T12:59:59-05:00\n",
            ),
            ("due --target 1bd --calendar NY", "2026-11-25T13:40-05:00\n"),
            (
                "due --from 2026-11-24T16:40 --target cob+0 --calendar NY",
                "2026-11-25T17:00-05:00\n",
            ),
            (
                "due --from 2026-11-24T16:40 --target cob+0 --cutoff 10 --calendar NY",
                "2026-11-24T17:00-05:00\n",
            ),
            ("due --from 2026-11-24T15:10 --target 4bh", "2026-11-25T10:40+00:00\n"),
        ] {
            assert_eq!(say(arguments).unwrap(), said, "{arguments}");
        }
    }

    #[test]
    fn between_counts_both_times() {
        assert_eq!(
            say("between --from 2026-11-24T15:10 --to 2026-11-25T11:10 --calendar NY").unwrap(),
            "4 h of business time, 20 h on the wall\n"
        );
        assert_eq!(
            say("between --from 2026-11-25T11:10 --to 2026-11-24T15:10 --calendar NY").unwrap(),
            "-4 h of business time, -20 h on the wall\n"
        );
    }

    #[test]
    fn explain_says_every_step() {
        assert_eq!(
            say("explain --from 2026-11-25T16:00 --target 4bh --calendar NY").unwrap(),
            "from Wed 25 Nov 2026 16:00 EST, 4 business hours in the calendar office (America/New_York)\n  \
             Wed 25 Nov: 16:00–17:00 is 1 h, 3 h left\n  \
             Thu 26 Nov: closed (Thanksgiving)\n  \
             Fri 27 Nov: 09:00–12:00 is 3 h, nothing left\n\
             due Fri 27 Nov 2026 12:00 EST\n"
        );
    }

    #[test]
    fn json_says_the_same_in_its_schema() {
        let text =
            say("explain --from 2026-11-25T16:00 --target 1bd --calendar NY --json").unwrap();
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["due"], "2026-11-27T13:00-05:00");
        assert_eq!(value["steps"][0]["name"], "Thanksgiving");
        assert_eq!(value["steps"][2]["to"], "2026-11-27T13:00-05:00");
        let schema = serde_json::to_value(schemars::schema_for!(ExplainOutput)).unwrap();
        for key in value.as_object().unwrap().keys() {
            assert!(schema["properties"].get(key).is_some(), "{key} is in the schema");
        }
        let due: serde_json::Value = serde_json::from_str(
            &say("due --from 2026-11-24T15:10 --target 4bh --calendar NY --json").unwrap(),
        )
        .unwrap();
        assert_eq!(due["zone"], "America/New_York");
    }

    #[test]
    fn what_cannot_be_counted_is_refused_in_words() {
        for (arguments, said) in [
            ("due --from tomorrow --target 4bh --calendar NY", "\"tomorrow\" is not a time"),
            (
                "due --from 2026-03-08T02:30 --target 4bh --calendar NY",
                "2026-03-08T02:30 did not happen in America/New_York",
            ),
            (
                "due --from 2026-11-01T01:30 --target 4bh --calendar NY",
                "2026-11-01T01:30 happened twice in America/New_York; add the offset, such as \
              2026-11-01T01:30-04 or 2026-11-01T01:30-05",
            ),
            ("due --from 2026-11-24T15:10 --target 4hours --calendar NY", "error: invalid value"),
            (
                "due --from 2026-11-24T15:10 --target 4bh --calendar missing.toml",
                "the settings missing.toml could not be read",
            ),
        ] {
            let got = say(arguments).unwrap_err();
            assert!(got.starts_with(said), "{arguments}: {got}");
        }
        assert!(say("due --from 2026-11-01T01:30-04 --target 4bh --calendar NY").is_ok());
    }
}
