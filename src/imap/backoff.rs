//! How long to wait before connecting again. Pure: no clock, and chance comes from outside.
//!
//! Owns the doubling and its bounds. It must never wait less than a server asked for.

use std::time::Duration;

/// The shortest pause.
pub const FIRST: Duration = Duration::from_secs(1);
/// The longest pause of our own choice (a server may ask for more).
pub const LONGEST: Duration = Duration::from_mins(5);

/// Counts failures in a row.
#[derive(Clone, Copy, Debug, Default)]
pub struct Backoff {
    failures: u32,
}

impl Backoff {
    /// The connection works: the next failure starts from the shortest pause.
    pub fn reset(&mut self) {
        self.failures = 0;
    }

    /// The pause after one more failure: 1 s, doubling up to 5 min, less up to a quarter by chance so that the desks
    /// of an office do not all come back in the same second. `chance` is any number; `asked` is the server's wish.
    pub fn next(&mut self, chance: u16, asked: Option<Duration>) -> Duration {
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
        let mut backoff = Backoff::default();
        let pauses: Vec<u64> = (0..11).map(|_| backoff.next(0, None).as_secs()).collect();
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
        backoff.reset();
        assert_eq!(backoff.next(0, None), FIRST);
    }

    #[test]
    fn a_server_that_asks_for_more_gets_it() {
        let asked = Duration::from_mins(15);
        assert_eq!(Backoff::default().next(u16::MAX, Some(asked)), asked);
    }

    proptest! {
        #[test]
        fn chance_takes_off_a_quarter_at_most(failures in 0u32..200, chance: u16) {
            let mut plain = Backoff { failures };
            let mut lucky = Backoff { failures };
            let (most, less) = (plain.next(0, None), lucky.next(chance, None));
            prop_assert!(less <= most && less.saturating_mul(4) >= most.saturating_mul(3));
        }
    }
}
