//! A period as a rule states it: how many of which unit.
//!
//! Owns the units and the calendar arithmetic of weeks, months and years. What a rule makes of them is its own.

use std::fmt;

use jiff::{Span, civil::Date};

use super::DeadlineError;

/// How long. Never 0: the command line and the form refuse it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Period {
    /// Hours.
    Hours(u16),
    /// Days.
    Days(u16),
    /// Weeks.
    Weeks(u16),
    /// Calendar months.
    Months(u16),
    /// Years.
    Years(u16),
}

impl Period {
    /// The corresponding day so many days, weeks, months or years after (or before) `from`; in a month without that
    /// day, its last day. For hours the day itself.
    pub(super) fn corresponding(self, from: Date, before: bool) -> Result<Date, DeadlineError> {
        let span = match self {
            Self::Hours(_) => Span::new(),
            Self::Days(n) => Span::new().days(i64::from(n)),
            Self::Weeks(n) => Span::new().weeks(i64::from(n)),
            Self::Months(n) => Span::new().months(i64::from(n)),
            Self::Years(n) => {
                Span::new().try_years(i64::from(n)).map_err(|_| DeadlineError::OutOfRange)?
            }
        };
        let moved = if before { from.checked_sub(span) } else { from.checked_add(span) };
        moved.map_err(|_| DeadlineError::OutOfRange)
    }
}

/// `21 days`, `1 month`.
impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (n, unit) = match self {
            Self::Hours(n) => (n, "hour"),
            Self::Days(n) => (n, "day"),
            Self::Weeks(n) => (n, "week"),
            Self::Months(n) => (n, "month"),
            Self::Years(n) => (n, "year"),
        };
        write!(f, "{n} {unit}{}", if *n == 1 { "" } else { "s" })
    }
}
