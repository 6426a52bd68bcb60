//! Adding and measuring business time.
//!
//! Owns the counting of design 4.7. Every result is an instant or an exact duration between instants.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp, ToSpan, civil::Date};

use super::{CalendarError, WorkCalendar};
use crate::domain::target::Target;

impl WorkCalendar {
    /// `t` itself when the office is open then, else the next opening.
    pub fn next_open(&self, t: Timestamp) -> Result<Timestamp, CalendarError> {
        self.spans_after(t).next().map(|span| span.start).ok_or_else(|| self.no_opening(t))
    }

    /// Is the office open? The closing instant itself is closed.
    pub fn is_open(&self, t: Timestamp) -> bool {
        self.spans_after(t).next().is_some_and(|span| span.start <= t)
    }

    /// Is the office open at `t`, or does it close just then? No business target ends at any other instant.
    pub fn is_working_instant(&self, t: Timestamp) -> bool {
        let before = t.checked_sub(Duration::from_nanos(1)).unwrap_or(t);
        self.spans_after(before).next().is_some_and(|span| span.start <= t)
    }

    /// The instant at which `need` of business time has passed since `t`. It can be a closing edge: four hours from
    /// 13:00 end at 17:00 today, not at tomorrow's opening.
    pub fn add(&self, t: Timestamp, need: Duration) -> Result<Timestamp, CalendarError> {
        let mut left = SignedDuration::try_from(need).map_err(|_| CalendarError::OutOfRange)?;
        for span in self.spans_after(t) {
            let have = span.end.duration_since(span.start);
            if left <= have {
                return span.start.checked_add(left).map_err(|_| CalendarError::OutOfRange);
            }
            left = left.saturating_sub(have);
        }
        Err(self.no_opening(t))
    }

    /// The latest instant from which at least `need` of business time passes until `t`: where the business time before `t`
    /// began. It can be an opening edge.
    pub fn subtract(&self, t: Timestamp, need: Duration) -> Result<Timestamp, CalendarError> {
        let mut left = SignedDuration::try_from(need).map_err(|_| CalendarError::OutOfRange)?;
        let mut until = t;
        let first = self.date(t);
        for date in first.series((-1).days()).take(usize::from(super::spans::IDLE_DAYS)) {
            let mut spans = self.spans_of(date);
            spans.sort_unstable_by_key(|span| std::cmp::Reverse(span.end));
            for span in spans {
                if span.start >= until {
                    continue;
                }
                let end = span.end.min(until);
                let have = end.duration_since(span.start);
                if left <= have {
                    return end.checked_sub(left).map_err(|_| CalendarError::OutOfRange);
                }
                left = left.saturating_sub(have);
                until = span.start;
            }
        }
        Err(self.no_opening(t))
    }

    /// The business time from `a` to `b`, exact; negative when `b` is before `a`.
    pub fn between(&self, a: Timestamp, b: Timestamp) -> SignedDuration {
        if b < a {
            return SignedDuration::ZERO.saturating_sub(self.between(b, a));
        }
        let spans = self.spans_after(a).however_long_closed().take_while(|span| span.start < b);
        spans.fold(SignedDuration::ZERO, |sum, span| {
            sum.saturating_add(span.end.min(b).duration_since(span.start))
        })
    }

    /// The date whose shift covers the open instant `t`; its civil date where no shift does.
    pub(super) fn owner(&self, t: Timestamp) -> Date {
        let civil = self.date(t);
        (0..=self.reach)
            .map(|back| civil.saturating_sub(back.days()))
            .find(|date| self.spans_of(*date).iter().any(|s| s.start <= t && t < s.end))
            .unwrap_or(civil)
    }

    /// Does the office open on this date at all?
    pub fn is_business_day(&self, date: Date) -> bool {
        !self.spans_of(date).is_empty()
    }

    /// The `n`th business day after `date`; `date` itself for 0.
    pub fn business_day_after(&self, date: Date, n: u16) -> Result<Date, CalendarError> {
        let mut day = date;
        for _ in 0..n {
            let later = day.series(1.day()).skip(1).take(800);
            day = later
                .into_iter()
                .find(|day| self.is_business_day(*day))
                .ok_or_else(|| self.no_opening(self.midnight(day).unwrap_or_default()))?;
        }
        Ok(day)
    }

    /// The date itself if it is a business day, else the last one before it: promises roll back.
    pub fn business_day_on_or_before(&self, date: Date) -> Result<Date, CalendarError> {
        date.series((-1).days())
            .take(800)
            .find(|day| self.is_business_day(*day))
            .ok_or_else(|| self.no_opening(self.midnight(date).unwrap_or_default()))
    }

    /// The last closing of a business day; `None` on a day without hours.
    pub fn close_of(&self, date: Date) -> Option<Timestamp> {
        self.spans_of(date).iter().map(|span| span.end).max()
    }

    /// The same civil time on the `n`th business day after the one to which `t` belongs. Before that day's opening or
    /// in its lunch gap it moves to the next opening; after its close it is the close.
    pub fn add_business_days(&self, t: Timestamp, n: u16) -> Result<Timestamp, CalendarError> {
        let open = self.next_open(t)?;
        let owner = self.owner(open);
        let day = self.business_day_after(owner, n)?;
        let civil = self.civil(open);
        let past = owner.until(civil.date()).map_err(|_| CalendarError::OutOfRange)?;
        let date = day.checked_add(past).map_err(|_| CalendarError::OutOfRange)?;
        let want = self
            .zone()
            .to_timestamp(date.to_datetime(civil.time()))
            .map_err(|_| CalendarError::OutOfRange)?;
        self.clamp(day, want).ok_or_else(|| self.no_opening(t))
    }

    fn clamp(&self, day: Date, want: Timestamp) -> Option<Timestamp> {
        let spans = self.spans_of(day);
        let inside = spans.iter().find(|span| want < span.end).map(|span| span.start.max(want));
        inside.or_else(|| spans.iter().map(|span| span.end).max())
    }

    /// Close of business `n` business days after the day of receipt. What arrives in the last `cutoff` before the
    /// close counts as received on the next business day.
    pub fn close_of_business(
        &self,
        t: Timestamp,
        n: u16,
        cutoff: Duration,
    ) -> Result<Timestamp, CalendarError> {
        let open = self.next_open(t)?;
        let owner = self.owner(open);
        let late = open == t && self.is_past_cutoff(owner, t, cutoff);
        let day = self.business_day_after(owner, n.saturating_add(u16::from(late)))?;
        self.close_of(day).ok_or_else(|| self.no_opening(t))
    }

    pub(super) fn is_past_cutoff(&self, day: Date, t: Timestamp, cutoff: Duration) -> bool {
        let close = self.close_of(day);
        close.and_then(|close| close.checked_sub(cutoff).ok()).is_some_and(|last| t >= last)
    }

    /// When a date that was promised at `made` is over: at its close of business, or that of the business day before
    /// it, for promises roll back. A promise made after that close is over when the named date itself ends.
    pub fn promise_due(&self, made: Timestamp, date: Date) -> Result<Timestamp, CalendarError> {
        let day = self.business_day_on_or_before(date)?;
        match self.close_of(day).filter(|close| *close > made) {
            Some(close) => Ok(close),
            None => date
                .tomorrow()
                .ok()
                .and_then(|next| self.midnight(next))
                .ok_or(CalendarError::OutOfRange),
        }
    }

    /// The same civil time `n` calendar days later, working day or not.
    pub fn add_days(&self, t: Timestamp, n: u16) -> Result<Timestamp, CalendarError> {
        let civil = self.civil(t).checked_add(i64::from(n).days());
        civil
            .and_then(|civil| self.zone().to_timestamp(civil))
            .map_err(|_| CalendarError::OutOfRange)
    }

    /// The instant until which a target allows, counted from `t`. `cutoff` matters to `cob+N` alone.
    pub fn add_target(
        &self,
        t: Timestamp,
        target: Target,
        cutoff: Duration,
    ) -> Result<Timestamp, CalendarError> {
        match target {
            Target::Hours(n) => t.checked_add(hours(n)).map_err(|_| CalendarError::OutOfRange),
            Target::BusinessHours(n) => self.add(t, hours(n)),
            Target::BusinessDays(n) => self.add_business_days(t, n),
            Target::Days(n) => self.add_days(t, n),
            Target::CloseOfBusiness(n) => self.close_of_business(t, n, cutoff),
        }
    }

    pub(super) fn no_opening(&self, after: Timestamp) -> CalendarError {
        CalendarError::NoOpening { name: self.name.clone(), after }
    }
}

/// `n` hours on the wall.
pub(super) const fn hours(n: u16) -> Duration {
    Duration::from_secs(3600_u64.saturating_mul(n as u64))
}
