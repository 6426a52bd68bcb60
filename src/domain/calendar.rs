//! Working calendars: when the office is open, and the arithmetic of business time on them (design 4.7).
//!
//! Owns civil time; everything outside counts in instants. Pure.

/// A week of shifts in a time zone, with closed and special days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkCalendar {
    /// Its name in the settings.
    pub name: String,
}
