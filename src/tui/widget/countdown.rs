//! How much time is left, as text and as a six-cell bar.
//!
//! Owns the look of a countdown: its word comes first, colour only repeats it. What it says is `domain::sla`'s.

use jiff::Timestamp;
use ratatui::style::Style;

use crate::{
    domain::{
        calendar::WorkCalendar,
        sla::{Countdown, CountdownState, Running},
    },
    tui::{theme::Theme, widget::table::width},
};

/// Cells of the text.
pub const TEXT: u16 = 10;
/// Cells of the bar.
pub const BAR: u16 = 6;

/// A countdown as it is drawn.
pub struct Shown {
    /// At most ten cells: `LATE 1h20`, `DUE  0h42`, `3h05`, `Tue 11:10`, `Wed 25 Nov`.
    pub text: String,
    /// Six cells.
    pub bar: String,
    /// The style of the text.
    pub style: Style,
    /// The style of the bar.
    pub bar_style: Style,
}

/// The countdown of a clock at `now`; of an `unsettled` one it is not said for certain that it is late.
pub fn shown(
    running: &Running,
    calendar: &WorkCalendar,
    (now, unsettled): (Timestamp, bool),
    theme: &Theme,
) -> Shown {
    let countdown = Countdown::new(running, calendar, now);
    let countdown = if unsettled { countdown.unsettled() } else { countdown };
    let (style, bar_style) = match countdown.state {
        CountdownState::Late => (theme.late, theme.late),
        CountdownState::Due => (theme.due, theme.due),
        CountdownState::Today | CountdownState::Later | CountdownState::Unsettled => {
            (theme.text, theme.dim)
        }
    };
    let full = usize::from(countdown.fill.min(6));
    let bar = format!("{}{}", "█".repeat(full), "░".repeat(6_usize.saturating_sub(full)));
    Shown { text: fitted(countdown.text), bar, style, bar_style }
}

/// More than a hundred hours late: the minutes no longer matter.
fn fitted(text: String) -> String {
    if width(&text) <= TEXT {
        return text;
    }
    match text.rsplit_once('h') {
        Some((hours, _)) => format!("{hours}h"),
        None => text,
    }
}
