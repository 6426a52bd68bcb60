//! Business time with pauses: time in which nothing is owed although the office is open.
//!
//! Owns the cutting of pauses out of spans. A pause while the office is closed costs nothing.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{CalendarError, Span, WorkCalendar};

/// A pause, from its first instant to the first one after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pause {
    /// It begins.
    pub from: Timestamp,
    /// It is over.
    pub to: Timestamp,
}

impl WorkCalendar {
    /// [`add`](Self::add) with these pauses cut out. They may come in any order and overlap; one that ends before it
    /// begins is none.
    pub fn add_paused(
        &self,
        t: Timestamp,
        need: Duration,
        pauses: &[Pause],
    ) -> Result<Timestamp, CalendarError> {
        let pauses = joined(pauses);
        let mut left = SignedDuration::try_from(need).map_err(|_| CalendarError::OutOfRange)?;
        // At an instant inside a pause nothing is counted yet, even when nothing is left.
        for span in self.spans_after(t) {
            for piece in without(span, &pauses) {
                let have = piece.end.duration_since(piece.start);
                if left <= have {
                    return piece.start.checked_add(left).map_err(|_| CalendarError::OutOfRange);
                }
                left = left.saturating_sub(have);
            }
        }
        Err(self.no_opening(t))
    }

    /// [`between`](Self::between) with these pauses cut out.
    pub fn between_paused(&self, a: Timestamp, b: Timestamp, pauses: &[Pause]) -> SignedDuration {
        let (first, last) = (a.min(b), a.max(b));
        let inside = joined(pauses).into_iter().map(|p| (p.from.max(first), p.to.min(last)));
        let left_out =
            inside.filter(|(from, to)| from < to).fold(SignedDuration::ZERO, |sum, (from, to)| {
                sum.saturating_add(self.between(from, to))
            });
        let whole = self.between(first, last).saturating_sub(left_out);
        if b < a { SignedDuration::ZERO.saturating_sub(whole) } else { whole }
    }
}

/// The same pauses in order and disjoint.
fn joined(pauses: &[Pause]) -> Vec<Pause> {
    let mut sorted: Vec<Pause> = pauses.iter().copied().filter(|p| p.from < p.to).collect();
    sorted.sort_unstable();
    let mut out: Vec<Pause> = Vec::with_capacity(sorted.len());
    for pause in sorted {
        match out.last_mut() {
            Some(last) if pause.from <= last.to => last.to = last.to.max(pause.to),
            Some(_) | None => out.push(pause),
        }
    }
    out
}

/// What is left of a span, soonest first.
fn without(span: Span, pauses: &[Pause]) -> Vec<Span> {
    let mut pieces = Vec::new();
    let mut start = span.start;
    for pause in pauses.iter().filter(|p| p.to > span.start && p.from < span.end) {
        if pause.from > start {
            pieces.push(Span { start, end: pause.from, ..span });
        }
        start = start.max(pause.to);
    }
    if start < span.end {
        pieces.push(Span { start, ..span });
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::{super::cases::*, *};
    use crate::domain::calendar::arithmetic::hours;

    fn pause(from: &str, to: &str) -> Pause {
        Pause { from: at(&new_york(), from), to: at(&new_york(), to) }
    }

    #[test]
    fn a_pause_in_open_hours_moves_the_end_and_one_at_night_does_not() {
        let ny = new_york();
        let start = at(&ny, "2026-11-24T10:00");
        for (pauses, due) in [
            (vec![], "2026-11-24T14:00"),
            (vec![pause("2026-11-24T11:00", "2026-11-24T12:30")], "2026-11-24T15:30"),
            (vec![pause("2026-11-23T17:00", "2026-11-24T09:00")], "2026-11-24T14:00"),
            // Overlapping and in the wrong order; one that ends before it begins.
            (
                vec![
                    pause("2026-11-24T12:00", "2026-11-24T13:00"),
                    pause("2026-11-24T11:00", "2026-11-24T12:30"),
                    pause("2026-11-24T14:00", "2026-11-24T13:00"),
                ],
                "2026-11-24T16:00",
            ),
            // Over Thanksgiving into the half-day.
            (vec![pause("2026-11-24T12:00", "2026-11-27T10:00")], "2026-11-27T12:00"),
        ] {
            let got = ny.add_paused(start, hours(4), &pauses).unwrap();
            assert_eq!(got, at(&ny, due), "{pauses:?}");
            assert_eq!(ny.between_paused(start, got, &pauses), SignedDuration::from_hours(4));
            assert_eq!(ny.between_paused(got, start, &pauses), SignedDuration::from_hours(-4));
        }
    }
}
