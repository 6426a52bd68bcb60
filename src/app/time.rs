//! What time it is: the one question that only a [`TimeSource`] may answer.
//!
//! Owns the reading of the system's clock. Never to be confused with a response clock, which is a rule.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use jiff::{SignedDuration, Timestamp};

/// Answers what time it is.
pub trait TimeSource: Send + Sync {
    /// The present instant.
    fn now(&self) -> Timestamp;
}

/// The system's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemTime;

impl TimeSource for SystemTime {
    #[allow(clippy::disallowed_methods, reason = "the one place that reads the system's clock")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// A clock that was set to another instant and goes on from there: a practice office at any hour.
#[derive(Clone, Copy, Debug)]
pub struct ShiftedTime {
    base: Timestamp,
    started: Instant,
}

impl From<Timestamp> for ShiftedTime {
    fn from(base: Timestamp) -> Self {
        Self { base, started: Instant::now() }
    }
}

impl TimeSource for ShiftedTime {
    fn now(&self) -> Timestamp {
        let passed =
            SignedDuration::try_from(self.started.elapsed()).unwrap_or(SignedDuration::ZERO);
        self.base.checked_add(passed).unwrap_or(self.base)
    }
}

/// A clock that stands still until it is moved: a question with `--now`, and tests.
#[derive(Clone, Debug)]
pub struct FixedTime(Arc<Mutex<Timestamp>>);

impl FixedTime {
    /// Stands at this instant.
    pub fn at(now: Timestamp) -> Self {
        Self(Arc::new(Mutex::new(now)))
    }

    /// Moves on by so much; an overflow leaves it where it is.
    pub fn advance(&self, by: SignedDuration) {
        let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *now = now.checked_add(by).unwrap_or(*now);
    }
}

impl TimeSource for FixedTime {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
