//! Civil shifts become spans of instants here, and nowhere else: daylight saving is settled in this file.
//!
//! Owns the rules for edges in a gap or a fold. What leaves is sorted and disjoint, whatever the clocks did.

use std::collections::VecDeque;

use jiff::{
    Timestamp, ToSpan,
    civil::{Date, Time},
    tz::AmbiguousOffset,
};

use super::{Shift, WorkCalendar};

/// A time in which the office is open, as instants: `start` is open, `end` is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The date to which the shift belongs; a night shift reaches into the next one.
    pub date: Date,
    /// The first open instant.
    pub start: Timestamp,
    /// The first closed instant after it.
    pub end: Timestamp,
}

/// Which edge of a shift is meant.
#[derive(Clone, Copy)]
enum Side {
    Open,
    Close,
}

/// Minutes of a day.
const DAY: u16 = 24 * 60;

impl WorkCalendar {
    /// The civil time `minutes` after midnight of `date`, as an instant. In a gap it moves forward by the gap; in a
    /// fold an opening is the earlier and a closing the later of the two instants. `None` beyond the year 9999.
    fn edge(&self, date: Date, minutes: u16, side: Side) -> Option<Timestamp> {
        let date = date.checked_add(i64::from(minutes / DAY).days()).ok()?;
        let hour = i8::try_from(minutes % DAY / 60).ok()?;
        let minute = i8::try_from(minutes % 60).ok()?;
        let civil = date.to_datetime(Time::new(hour, minute, 0, 0).ok()?);
        let ambiguous = self.zone.to_ambiguous_timestamp(civil);
        match (ambiguous.offset(), side) {
            (AmbiguousOffset::Fold { .. }, Side::Close) => ambiguous.later().ok(),
            (AmbiguousOffset::Fold { .. }, Side::Open)
            | (AmbiguousOffset::Gap { .. } | AmbiguousOffset::Unambiguous { .. }, _) => {
                ambiguous.compatible().ok()
            }
        }
    }

    /// The first instant of a date, or of the one after it where the zone left the date out.
    pub fn midnight(&self, date: Date) -> Option<Timestamp> {
        self.edge(date, 0, Side::Open)
    }

    fn span(&self, date: Date, shift: Shift) -> Option<Span> {
        let start = self.edge(date, shift.open(), Side::Open)?;
        let end = self.edge(date, shift.close(), Side::Close)?;
        (start < end).then_some(Span { date, start, end })
    }

    /// The spans of one date's own shifts, soonest first. Empty on a closed day, and on a date that the zone left
    /// out (Samoa had no 30 December 2011): nobody works on a day that does not exist.
    pub fn spans_of(&self, date: Date) -> Vec<Span> {
        let shifts = self.shifts(date);
        if shifts.is_empty() || self.midnight(date).is_none_or(|start| self.date(start) != date) {
            return Vec::new();
        }
        let mut spans: Vec<Span> =
            shifts.iter().filter_map(|shift| self.span(date, *shift)).collect();
        spans.sort_unstable_by_key(|span| span.start);
        spans
    }

    /// Every span that ends after `t`, soonest first, disjoint.
    pub(super) fn spans_after(&self, t: Timestamp) -> Spans<'_> {
        let first = self.date(t).saturating_sub(self.reach.days());
        Spans {
            calendar: self,
            next: Some(first),
            bound: self.midnight(first),
            ready: VecDeque::new(),
            floor: t,
            idle: 0,
            patience: IDLE_DAYS,
        }
    }
}

/// Days without an opening after which the search is given up.
pub(super) const IDLE_DAYS: u16 = 800;

/// The spans after an instant. Ends when the calendar has not opened for 800 days, or at the end of time.
pub(super) struct Spans<'a> {
    calendar: &'a WorkCalendar,
    next: Option<Date>,
    /// No span of `next` or a later date starts before this.
    bound: Option<Timestamp>,
    ready: VecDeque<Span>,
    /// Everything before this has been given out already.
    floor: Timestamp,
    idle: u16,
    patience: u16,
}

impl Spans<'_> {
    /// Goes on over closures of any length. Ends none the less: only finitely many days are named as closed.
    pub(super) const fn however_long_closed(mut self) -> Self {
        self.patience = u16::MAX;
        self
    }

    fn load(&mut self, date: Date) {
        self.idle = self.idle.saturating_add(1);
        let spans = self.calendar.spans_of(date);
        let in_order = match (self.ready.back(), spans.first()) {
            (Some(last), Some(first)) => last.start <= first.start,
            (None, _) | (_, None) => true,
        };
        self.ready.extend(spans);
        if !in_order {
            self.ready.make_contiguous().sort_by_key(|span| span.start);
        }
        self.next = date.tomorrow().ok();
        self.bound = self.next.and_then(|next| self.calendar.midnight(next));
    }

    fn first_is_settled(&self) -> bool {
        match (self.ready.front(), self.bound) {
            (Some(first), Some(bound)) => first.start <= bound,
            (Some(_), None) => true,
            (None, _) => false,
        }
    }
}

impl Iterator for Spans<'_> {
    type Item = Span;

    fn next(&mut self) -> Option<Span> {
        loop {
            if self.first_is_settled() {
                let span = self.ready.pop_front()?;
                if span.end <= self.floor {
                    continue;
                }
                let start = span.start.max(self.floor);
                self.floor = span.end;
                self.idle = 0;
                return Some(Span { start, ..span });
            }
            if self.idle > self.patience {
                return None;
            }
            let date = self.next?;
            self.load(date);
        }
    }
}
