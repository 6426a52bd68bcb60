//! The shape of what `matterbox clock` answers in JSON. A schema is printed from these types; change them with care.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::domain::calendar::{ClosedBecause, Step, WorkCalendar};

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
    /// What may be wrong with it, in words: holidays that are not known yet.
    pub warnings: Vec<String>,
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
    /// The end lies in a year of which not every holiday is known.
    Unknown {
        /// The set of holidays.
        set: String,
        /// The last year that it knows.
        known_to: i16,
    },
}

pub(super) fn step_output(step: &Step, calendar: &WorkCalendar) -> StepOutput {
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
        Step::Unknown(unknown) => {
            StepOutput::Unknown { set: unknown.set.id().to_owned(), known_to: unknown.year }
        }
    }
}

/// `2026-11-25T11:10-05:00`; seconds and parts of them only where there are any.
pub(in crate::cli) fn rfc3339(t: Timestamp, calendar: &WorkCalendar) -> String {
    let zoned = t.to_zoned_datetime(calendar.zone().clone());
    let format = match (zoned.second(), zoned.subsec_nanosecond()) {
        (0, 0) => "%Y-%m-%dT%H:%M%:z",
        (_, _) => "%Y-%m-%dT%H:%M:%S%.f%:z",
    };
    zoned.strftime(format).to_string()
}
