//! A deadline in the life of a matter: what state it is in and when the office is reminded of it.
//!
//! Owns the states and the days of the reminders. There is no state in which a deadline rests: it is never snoozed and
//! never paused; it is done, with evidence, or vacated by an order.

use jiff::{Timestamp, civil::Date};

use super::{DeadlineError, shifted};
use crate::domain::calendar::WorkCalendar;

/// Where a deadline is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DeadlineState {
    /// Entered or computed; no person has confirmed it, so it does not count yet.
    Proposed,
    /// Confirmed by a person: it counts.
    Confirmed,
    /// Done, with evidence.
    Done,
    /// Taken away by an order, or found not to apply, with the reason.
    Vacated,
}

impl DeadlineState {
    /// Its word on the command line and in JSON.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Proposed => "to confirm",
            Self::Confirmed => "confirmed",
            Self::Done => "done",
            Self::Vacated => "vacated",
        }
    }

    /// Is something still to be done?
    pub const fn is_open(self) -> bool {
        match self {
            Self::Proposed | Self::Confirmed => true,
            Self::Done | Self::Vacated => false,
        }
    }
}

/// So many days ahead the office is reminded.
pub const REMINDERS: [u8; 4] = [14, 7, 3, 1];

/// When the office is reminded of a last day: at the opening so many days before it, or, where the office is closed on
/// that day, at the opening of the business day before.
///
/// # Errors
/// The day lies at the edge of what a calendar can name.
pub fn reminders(day: Date, office: &WorkCalendar) -> Result<Vec<(u8, Timestamp)>, DeadlineError> {
    REMINDERS
        .into_iter()
        .map(|ahead| {
            let wanted = shifted(day, i64::from(ahead).saturating_neg())?;
            let mut date = wanted;
            // An office that is closed longer than this is reminded on the day itself, at its midnight.
            for _ in 0..31_u8 {
                if let Some(span) = office.spans_of(date).first() {
                    return Ok((ahead, span.start));
                }
                date = shifted(date, -1)?;
            }
            office.midnight(wanted).map(|at| (ahead, at)).ok_or(DeadlineError::OutOfRange)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::calendar::cases::new_york;

    #[test]
    fn reminders_come_at_the_opening_and_earlier_when_the_office_is_closed() {
        let ny = new_york();
        let told: Vec<(u8, String)> = reminders(jiff::civil::date(2026, 11, 29), &ny)
            .unwrap()
            .into_iter()
            .map(|(ahead, at)| (ahead, ny.civil(at).to_string()))
            .collect();
        let said = |ahead, at: &str| (ahead, at.to_owned());
        assert_eq!(
            told,
            [
                // A Sunday, so the Friday before.
                said(14, "2026-11-13T09:00:00"),
                // A Sunday again.
                said(7, "2026-11-20T09:00:00"),
                // Thanksgiving, so the day before.
                said(3, "2026-11-25T09:00:00"),
                // A Saturday, so Friday.
                said(1, "2026-11-27T09:00:00"),
            ]
        );
    }
}
