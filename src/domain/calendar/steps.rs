//! The same arithmetic step by step, as data, so that a person can be shown why a time is what it is.
//!
//! Owns the steps, not their words. The last step always agrees with [`WorkCalendar::add_target`].

use std::time::Duration;

use jiff::{SignedDuration, Timestamp, ToSpan, civil::Date};

use super::{CalendarError, UnknownAfter, WorkCalendar, arithmetic::hours};
use crate::domain::target::Target;

/// Why an office is closed on a date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClosedBecause {
    /// The week has no hours on this day.
    Weekday,
    /// The day is named as closed; the name may be empty.
    Named(String),
}

/// One step of a count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The office was closed at the start, so the count begins at the next opening.
    Opens {
        /// That opening.
        at: Timestamp,
    },
    /// It came in the last minutes before the close and counts as received on the next business day.
    PastCutoff {
        /// The close that was too near.
        close: Timestamp,
        /// How long before it the day's post is over.
        cutoff: Duration,
    },
    /// Time of one shift was counted.
    Counted {
        /// The date to which the shift belongs.
        date: Date,
        /// From here.
        from: Timestamp,
        /// To here.
        to: Timestamp,
        /// What is still to be counted after it.
        left: SignedDuration,
    },
    /// A date was passed over because the office is closed.
    Closed {
        /// The date.
        date: Date,
        /// Why.
        because: ClosedBecause,
    },
    /// A business day was counted.
    BusinessDay {
        /// The date.
        date: Date,
        /// Which one it is: 1 for the first after the start.
        number: u16,
    },
    /// The wanted time of day lies outside that day's hours and was moved into them.
    Moved {
        /// The time that was wanted.
        from: Timestamp,
        /// The time that it became.
        to: Timestamp,
    },
    /// Time on the wall was added, day and night.
    Wall {
        /// The target, in hours or calendar days.
        target: Target,
    },
    /// The close of this business day was taken.
    Close {
        /// The date.
        date: Date,
    },
    /// The end lies in a year of which not every holiday is known.
    Unknown(UnknownAfter),
}

/// A count with its steps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// Where it starts.
    pub start: Timestamp,
    /// What is allowed.
    pub target: Target,
    /// How it was counted.
    pub steps: Vec<Step>,
    /// Where it ends.
    pub due: Timestamp,
}

impl WorkCalendar {
    /// [`add_target`](Self::add_target) with its steps.
    pub fn explain(
        &self,
        start: Timestamp,
        target: Target,
        cutoff: Duration,
    ) -> Result<Explanation, CalendarError> {
        let due = self.add_target(start, target, cutoff)?;
        let mut steps = match target {
            Target::Hours(_) | Target::Days(_) => vec![Step::Wall { target }],
            Target::BusinessHours(n) => self.hour_steps(start, hours(n))?,
            Target::BusinessDays(n) => self.day_steps(start, n, due)?,
            Target::CloseOfBusiness(n) => self.close_steps(start, n, cutoff)?,
        };
        let business = !matches!(target, Target::Hours(_) | Target::Days(_));
        steps.extend(self.unknown_at(due).filter(|_| business).map(Step::Unknown));
        Ok(Explanation { start, target, steps, due })
    }

    fn opening_steps(
        &self,
        start: Timestamp,
        steps: &mut Vec<Step>,
    ) -> Result<Date, CalendarError> {
        let open = self.next_open(start)?;
        let owner = self.owner(open);
        if open != start {
            steps.extend(self.closed_days(self.date(start), owner));
            steps.push(Step::Opens { at: open });
        }
        Ok(owner)
    }

    fn hour_steps(&self, start: Timestamp, need: Duration) -> Result<Vec<Step>, CalendarError> {
        let mut steps = Vec::new();
        let mut last = self.opening_steps(start, &mut steps)?;
        let mut left = SignedDuration::try_from(need).map_err(|_| CalendarError::OutOfRange)?;
        for span in self.spans_after(start) {
            if let Ok(after) = last.tomorrow() {
                steps.extend(self.closed_days(after, span.date));
            }
            last = span.date;
            let taken = left.min(span.end.duration_since(span.start));
            left = left.saturating_sub(taken);
            let to = span.start.checked_add(taken).map_err(|_| CalendarError::OutOfRange)?;
            steps.push(Step::Counted { date: span.date, from: span.start, to, left });
            if left.is_zero() {
                return Ok(steps);
            }
        }
        Err(self.no_opening(start))
    }

    fn day_steps(
        &self,
        start: Timestamp,
        n: u16,
        due: Timestamp,
    ) -> Result<Vec<Step>, CalendarError> {
        let mut steps = Vec::new();
        let owner = self.opening_steps(start, &mut steps)?;
        let day = self.count_days(owner, n, &mut steps)?;
        let civil = self.civil(self.next_open(start)?);
        let past = owner.until(civil.date()).map_err(|_| CalendarError::OutOfRange)?;
        let date = day.checked_add(past).map_err(|_| CalendarError::OutOfRange)?;
        let want = self
            .zone()
            .to_timestamp(date.to_datetime(civil.time()))
            .map_err(|_| CalendarError::OutOfRange)?;
        if want != due {
            steps.push(Step::Moved { from: want, to: due });
        }
        Ok(steps)
    }

    fn close_steps(
        &self,
        start: Timestamp,
        n: u16,
        cutoff: Duration,
    ) -> Result<Vec<Step>, CalendarError> {
        let mut steps = Vec::new();
        let mut owner = self.opening_steps(start, &mut steps)?;
        if steps.is_empty() && self.is_past_cutoff(owner, start, cutoff) {
            let close = self.close_of(owner).unwrap_or(start);
            steps.push(Step::PastCutoff { close, cutoff });
            let next = self.business_day_after(owner, 1)?;
            if let Ok(after) = owner.tomorrow() {
                steps.extend(self.closed_days(after, next));
            }
            owner = next;
        }
        let date = self.count_days(owner, n, &mut steps)?;
        steps.push(Step::Close { date });
        Ok(steps)
    }

    fn count_days(&self, from: Date, n: u16, steps: &mut Vec<Step>) -> Result<Date, CalendarError> {
        let mut day = from;
        for number in 1..=n {
            let next = self.business_day_after(day, 1)?;
            if let Ok(after) = day.tomorrow() {
                steps.extend(self.closed_days(after, next));
            }
            steps.push(Step::BusinessDay { date: next, number });
            day = next;
        }
        Ok(day)
    }

    /// The closed days from `from` up to, not including, `to`.
    fn closed_days(&self, from: Date, to: Date) -> impl Iterator<Item = Step> {
        from.series(1.day())
            .take_while(move |date| *date < to)
            .filter(|date| !self.is_business_day(*date))
            .map(|date| Step::Closed { date, because: self.closed_because(date) })
    }

    fn closed_because(&self, date: Date) -> ClosedBecause {
        if self.is_closed_day(date) {
            ClosedBecause::Named(self.day_name(date).unwrap_or_default().to_owned())
        } else {
            ClosedBecause::Weekday
        }
    }
}
