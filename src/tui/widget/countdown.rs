//! How much time is left, as text and as a six-cell bar.
//!
//! Owns the look of a countdown: its word comes first, colour only repeats it.

use jiff::{Timestamp, tz::TimeZone};
use ratatui::style::Style;

use crate::{
    domain::{calendar::WorkCalendar, sla::Running},
    tui::{theme::Theme, widget::when},
};

/// Cells of the text.
pub const TEXT: u16 = 9;
/// Cells of the bar.
pub const BAR: u16 = 6;

/// A countdown as it is drawn.
pub struct Shown {
    /// At most nine cells: `LATE 1h20`, `DUE  0h42`, `3h05`, `Tue 11:10`.
    pub text: String,
    /// Six cells.
    pub bar: String,
    /// The style of the text.
    pub style: Style,
    /// The style of the bar.
    pub bar_style: Style,
}

/// The countdown of a clock at `now`.
pub fn shown(
    running: &Running,
    _calendar: &WorkCalendar,
    now: Timestamp,
    zone: &TimeZone,
    theme: &Theme,
) -> Shown {
    let left = running.due.as_second().saturating_sub(now.as_second()).div_euclid(60);
    let whole = running.due.as_second().saturating_sub(running.started.as_second()).div_euclid(60);
    let used = whole.saturating_sub(left).saturating_mul(6).checked_div(whole).unwrap_or(6);
    let filled = usize::try_from(used.clamp(0, 6)).unwrap_or_default();
    let bar = format!("{}{}", "█".repeat(filled), "░".repeat(6_usize.saturating_sub(filled)));
    let span = |minutes: i64| {
        let (h, m) = (minutes.div_euclid(60), minutes.rem_euclid(60));
        if h < 100 { format!("{h}h{m:02}") } else { format!("{}d", h.div_euclid(24)) }
    };
    let (text, style, bar_style) = if left < 0 {
        (format!("LATE {}", span(left.saturating_neg())), theme.late, theme.late)
    } else if left < 150 {
        (format!("DUE  {}", span(left)), theme.due, theme.due)
    } else if left < 360 {
        (span(left), theme.text, theme.dim)
    } else {
        (when::short(running.due, now, zone), theme.text, theme.dim)
    };
    Shown { text, bar, style, bar_style }
}
