//! Deadlines: legal time limits, counted by the rule that sets them, every step said and cited.
//!
//! Owns the arithmetic of FRCP 6, CPR 2.8 and 6.26, § 222 ZPO and §§ 187 to 193 BGB. It assists: it never makes a deadline
//! count (a person confirms it), never pauses one, and does not know which days a court is closed: those are an argument.
//! Where a rule can be read in two ways it takes the earlier day and says so.

mod bgb;
mod cpr;
mod frcp;
mod kept;
mod period;
mod request;

use jiff::{
    Timestamp, ToSpan,
    civil::{Date, Weekday},
    tz::TimeZone,
};

pub use kept::{DeadlineState, REMINDERS, reminders};
pub use period::Period;
pub use request::{Counting, Request, Rule, Service, Trigger};

use crate::domain::fault::{Fault, Kind};

/// Says which holiday a day is; `None` for a day that is none. Week-ends need not be said.
pub type HolidayOn<'a> = &'a dyn Fn(Date) -> Option<String>;

/// The court whose days and hours count.
#[derive(Clone, Copy)]
pub struct Court<'a> {
    /// Its zone.
    pub zone: &'a TimeZone,
    /// The holidays that its rule names: federal legal holidays, bank holidays, those of the Land.
    pub holiday: HolidayOn<'a>,
    /// FRCP 6(a)(6)(C): holidays of the state in which the court sits. Other rules never ask.
    pub state_holiday: HolidayOn<'a>,
}

/// One step of the arithmetic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What was done, in words.
    pub text: String,
    /// The provision that says so.
    pub cites: &'static str,
}

/// What a rule gives. Nothing counts until a person has confirmed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Computed {
    /// The last day, the earliest day ([`Counting::AtLeastAfter`]) or the day of deemed service.
    pub day: Date,
    /// The last second that is in time: the end of that day in the court's zone, or for hours the instant.
    pub until: Timestamp,
    /// How it was counted, in order. Never empty.
    pub lines: Vec<Line>,
}

/// Why nothing was counted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeadlineError {
    /// The count leaves the years that a calendar can name.
    #[error("the count leaves the calendar")]
    OutOfRange,
    /// No open day within 400 days.
    #[error("the court has no open day within 400 days of {from}")]
    NeverOpen {
        /// Where the search began.
        from: Date,
    },
    /// The rule says nothing about this.
    #[error("{rule} does not count {what}")]
    NotByThisRule {
        /// The rule.
        rule: Rule,
        /// What was asked of it.
        what: &'static str,
    },
    /// Something is missing.
    #[error("{rule} needs {what}")]
    Needs {
        /// The rule.
        rule: Rule,
        /// What it needs.
        what: &'static str,
    },
}

impl Fault for DeadlineError {
    fn kind(&self) -> Kind {
        Kind::NeedsUser
    }
}

/// Counts as the request's rule says.
///
/// # Errors
/// The rule does not count such a period, needs more than it was told, or the count leaves the calendar.
pub fn compute(request: &Request, court: Court<'_>) -> Result<Computed, DeadlineError> {
    match request.rule {
        Rule::Frcp6 => frcp::compute(request, court),
        Rule::Cpr28 => cpr::period(request, court),
        Rule::Cpr626 => cpr::deemed(request, court),
        Rule::Cpr614 => cpr::claim_form(request, court),
        Rule::Zpo222 | Rule::Bgb187 => bgb::compute(request, court),
    }
}

/// The days on which a rule's periods do not end, and the words for why.
#[derive(Clone, Copy)]
struct Closed<'a> {
    holiday: HolidayOn<'a>,
    also: Option<HolidayOn<'a>>,
}

impl Closed<'_> {
    /// Why the day is no day of the court; `None` when it is one.
    fn why(&self, date: Date) -> Option<String> {
        match date.weekday() {
            Weekday::Saturday => Some("a Saturday".to_owned()),
            Weekday::Sunday => Some("a Sunday".to_owned()),
            Weekday::Monday
            | Weekday::Tuesday
            | Weekday::Wednesday
            | Weekday::Thursday
            | Weekday::Friday => (self.holiday)(date)
                .or_else(|| self.also.and_then(|also| also(date)))
                .map(|name| format!("a holiday ({name})")),
        }
    }

    fn is_open(&self, date: Date) -> bool {
        self.why(date).is_none()
    }

    /// The day itself, or the first open one in that direction, with what was passed over.
    fn roll(&self, from: Date, step: i64) -> Result<(Date, Vec<String>), DeadlineError> {
        let mut passed = Vec::new();
        let mut date = from;
        while let Some(why) = self.why(date) {
            if passed.len() > 400 {
                return Err(DeadlineError::NeverOpen { from });
            }
            passed.push(format!("{} is {why}", named(date)));
            date = shifted(date, step)?;
        }
        Ok((date, passed))
    }

    /// The nth open day after (step 1) or before (step -1) a day that does not itself count, and how many were passed over.
    fn nth(&self, from: Date, count: u16, step: i64) -> Result<(Date, Vec<String>), DeadlineError> {
        let (mut date, mut skipped) = (from, Vec::new());
        for _ in 0..count {
            let (next, passed) = self.roll(shifted(date, step)?, step)?;
            skipped.extend(passed);
            date = next;
        }
        Ok((date, skipped))
    }
}

/// The steps so far.
#[derive(Default)]
struct Steps(Vec<Line>);

impl Steps {
    fn say(&mut self, cites: &'static str, text: String) {
        self.0.push(Line { text, cites });
    }

    /// The result: that day to its end.
    fn end_of(self, day: Date, zone: &TimeZone) -> Result<Computed, DeadlineError> {
        Ok(Computed { day, until: end_of_day(day, zone)?, lines: self.0 })
    }
}

/// `Thu 5 Nov 2026`.
fn named(date: Date) -> String {
    date.strftime("%a %-d %b %Y").to_string()
}

fn shifted(date: Date, days: i64) -> Result<Date, DeadlineError> {
    let days = jiff::Span::new().try_days(days).map_err(|_| DeadlineError::OutOfRange)?;
    date.checked_add(days).map_err(|_| DeadlineError::OutOfRange)
}

/// The last second of a day in a zone: until then a deadline that is entered by hand can be met.
///
/// # Errors
/// The day lies at the edge of what a calendar can name.
pub fn end_of_day(day: Date, zone: &TimeZone) -> Result<Timestamp, DeadlineError> {
    let next = shifted(day, 1)?.to_datetime(jiff::civil::Time::midnight());
    let midnight = zone.to_timestamp(next).map_err(|_| DeadlineError::OutOfRange)?;
    midnight.checked_sub(1.second()).map_err(|_| DeadlineError::OutOfRange)
}

/// The zone as people name it.
fn zone_name(zone: &TimeZone) -> &str {
    zone.iana_name().unwrap_or("the court's zone")
}

#[cfg(test)]
mod cases;
