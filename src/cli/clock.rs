//! `matterbox clock due|between|explain`: the office's time arithmetic, for people and scripts.
//!
//! Owns the arguments and the shape of the answers. It counts nothing itself, and writes only where it is told to.

mod output;

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use clap::{Args, Subcommand};
use jiff::{Timestamp, civil::DateTime, fmt::temporal::DateTimeParser, tz::AmbiguousOffset};
use serde::Serialize;

pub(in crate::cli) use self::output::rfc3339;
use self::output::step_output;
pub use self::output::{BetweenOutput, DueOutput, ExplainOutput, StepOutput};
use super::replay::{self, ScenarioError};
use crate::{
    config::{ConfigError, sla},
    domain::{
        calendar::{CalendarError, Explanation, Step, WorkCalendar, zones},
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
    /// Replay a scenario file: every turn, clock and outcome as JSON (`matterbox schema clock scenario` describes the file)
    Replay(ReplayArgs),
}

/// Which scenario.
#[derive(Clone, Debug, Args)]
pub struct ReplayArgs {
    /// The scenario, in JSON
    pub file: PathBuf,
}

impl ClockCommand {
    /// What those take that count by themselves.
    pub(super) const fn common_mut(&mut self) -> Option<&mut CommonArgs> {
        match self {
            Self::Due(args) => Some(&mut args.common),
            Self::Between(args) => Some(&mut args.common),
            Self::Explain(args) => Some(&mut args.common),
            Self::Replay(_) => None,
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
    /// A file in the form of sla.toml whose calendar counts, instead of the office's own
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
    /// The scenario.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
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
            Self::Scenario(error) => error.kind(),
            Self::NoTime { .. } | Self::Skipped { .. } | Self::Twice { .. } | Self::NoTarget => {
                Kind::NeedsUser
            }
            Self::Write(_) => Kind::Refused,
        }
    }
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
        ClockCommand::Replay(args) => json(out, &replay::file(&args.file)?),
        ClockCommand::Due(args) => {
            let (_, output) = due(args, office, now)?;
            if args.common.json {
                return json(out, &output);
            }
            line(out, &output.due)?;
            output.warnings.iter().try_for_each(|text| line(out, &format!("careful: {text}")))
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
        warnings: warnings(&explanation),
    };
    Ok(((calendar, explanation), output))
}

fn warnings(explanation: &Explanation) -> Vec<String> {
    let unknown = explanation.steps.iter().filter_map(|step| match step {
        Step::Unknown(unknown) => Some(unknown.words()),
        Step::Opens { .. }
        | Step::PastCutoff { .. }
        | Step::Counted { .. }
        | Step::Closed { .. }
        | Step::BusinessDay { .. }
        | Step::Moved { .. }
        | Step::Wall { .. }
        | Step::Close { .. } => None,
    });
    unknown.collect()
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
        if let Ok(zoned) = DateTimeParser::new().parse_zoned_datetime_with(zones(), text) {
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

fn line(out: &mut dyn Write, text: &str) -> Result<(), ClockCliError> {
    writeln!(out, "{text}").map_err(ClockCliError::Write)
}

fn json(out: &mut dyn Write, value: &impl Serialize) -> Result<(), ClockCliError> {
    serde_json::to_writer_pretty(&mut *out, value).map_err(io::Error::from)?;
    line(out, "")
}

#[cfg(test)]
mod tests;
