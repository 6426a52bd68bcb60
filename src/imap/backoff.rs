//! How long to wait before connecting again. Pure: no clock, and chance comes from outside.
//!
//! Owns the doubling and its bounds. It must never wait less than a server asked for.

use std::time::{Duration, Instant};

/// The shortest pause.
pub const FIRST: Duration = Duration::from_secs(1);
/// The longest pause of our own choice (a server may ask for more).
pub const LONGEST: Duration = Duration::from_mins(5);
/// So long a connection must hold after it came into step before it counts as good: a server that ends every one of them
/// then would be called once a second for ever.
pub const STEADY: Duration = Duration::from_secs(30);

/// Counts failures in a row.
#[derive(Clone, Copy, Debug, Default)]
pub struct Backoff {
    failures: u32,
    /// Since when the connection is in step.
    since: Option<Instant>,
}

impl Backoff {
    /// The connection is in step. When it has been so for [`STEADY`] by the time it breaks, that failure is the first
    /// one again.
    pub fn online(&mut self, now: Instant) {
        self.since.get_or_insert(now);
    }

    /// The pause after one more failure: 1 s, doubling up to 5 min, less up to a quarter by chance so that the desks
    /// of an office do not all come back in the same second. `now` is when the connection broke, `chance` is any number,
    /// `asked` is the server's wish.
    pub fn next(&mut self, now: Instant, chance: u16, asked: Option<Duration>) -> Duration {
        let held = self.since.take().map(|since| now.saturating_duration_since(since));
        if held.is_some_and(|held| held >= STEADY) {
            self.failures = 0;
        }
        let doubled = FIRST.saturating_mul(1u32.checked_shl(self.failures).unwrap_or(u32::MAX));
        self.failures = self.failures.saturating_add(1);
        let pause = less_by_chance(doubled.min(LONGEST), chance);
        pause.max(asked.unwrap_or_default())
    }
}

/// Takes up to a quarter off.
pub fn less_by_chance(span: Duration, chance: u16) -> Duration {
    let quarter = span.checked_div(4).unwrap_or_default();
    let part = quarter.saturating_mul(u32::from(chance)).checked_div(u32::from(u16::MAX));
    span.saturating_sub(part.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn pauses_double_up_to_five_minutes() {
        let (mut backoff, now) = (Backoff::default(), Instant::now());
        let pauses: Vec<u64> = (0..11).map(|_| backoff.next(now, 0, None).as_secs()).collect();
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
    }

    #[test]
    fn only_a_connection_that_held_for_a_while_starts_the_pauses_anew() {
        let (mut backoff, start) = (Backoff::default(), Instant::now());
        let mut broke_after = |held: Duration| {
            backoff.online(start);
            // In step once more after a poll: what counts is since when.
            backoff.online(start + held);
            backoff.next(start + held, 0, None).as_secs()
        };
        let short = STEADY.saturating_sub(Duration::from_millis(1));
        assert_eq!([short; 4].map(&mut broke_after), [1, 2, 4, 8]);
        assert_eq!([STEADY, short, short].map(broke_after), [1, 2, 4]);
    }

    #[test]
    fn a_server_that_asks_for_more_gets_it() {
        let asked = Duration::from_mins(15);
        assert_eq!(Backoff::default().next(Instant::now(), u16::MAX, Some(asked)), asked);
    }

    proptest! {
        #[test]
        fn chance_takes_off_a_quarter_at_most(failures in 0u32..200, chance: u16) {
            let mut plain = Backoff { failures, since: None };
            let (mut lucky, now) = (plain, Instant::now());
            let (most, less) = (plain.next(now, 0, None), lucky.next(now, chance, None));
            prop_assert!(less <= most && less.saturating_mul(4) >= most.saturating_mul(3));
        }
    }
}
