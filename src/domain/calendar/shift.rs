//! One opening of the office: from a time of day to a later one, perhaps past midnight.
//!
//! Owns the spelling `09:00-17:00` and the joining of overlapping shifts. It knows no date and no zone.

use std::{fmt, str::FromStr};

/// Minutes of a day.
const DAY: u16 = 24 * 60;

/// A shift in minutes after midnight of the date on which it opens. It may close after 24:00 (`22:00-30:00`): a night
/// shift belongs to the day on which it opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Shift {
    open: u16,
    close: u16,
}

/// Why a shift is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ShiftError {
    /// Not of the form `HH:MM-HH:MM`.
    #[error("hours are written HH:MM-HH:MM, such as 09:00-17:00")]
    Shape,
    /// It would close before, or as soon as, it opens.
    #[error(
        "it closes before it opens; for a night shift count on past midnight, such as 22:00-30:00"
    )]
    CloseBeforeOpen,
    /// It opens at 24:00 or later, or is longer than 24 hours.
    #[error("it must open before 24:00 and last at most 24 hours")]
    TooLong,
}

impl Shift {
    /// A shift from `open` to `close`, in minutes after midnight. `open` is under 1440, `close` after it and at most
    /// 1440 minutes later.
    pub const fn new(open: u16, close: u16) -> Result<Self, ShiftError> {
        if close <= open {
            return Err(ShiftError::CloseBeforeOpen);
        }
        if open >= DAY || close.saturating_sub(open) > DAY {
            return Err(ShiftError::TooLong);
        }
        Ok(Self { open, close })
    }

    /// Minutes after midnight at which it opens: 0 to 1439.
    pub const fn open(self) -> u16 {
        self.open
    }

    /// Minutes after that same midnight at which it closes: 1 to 2879.
    pub const fn close(self) -> u16 {
        self.close
    }

    /// Does it reach into the next date?
    pub const fn is_overnight(self) -> bool {
        self.close > DAY
    }
}

impl FromStr for Shift {
    type Err = ShiftError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (open, close) = text.split_once(['-', '–']).ok_or(ShiftError::Shape)?;
        Self::new(minutes(open.trim())?, minutes(close.trim())?)
    }
}

/// `HH:MM` with HH up to 47.
fn minutes(text: &str) -> Result<u16, ShiftError> {
    let (hours, minutes) = text.split_once(':').ok_or(ShiftError::Shape)?;
    let digits =
        |part: &str| (1..=2).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    if !digits(hours) || minutes.len() != 2 || !digits(minutes) {
        return Err(ShiftError::Shape);
    }
    let h: u16 = hours.parse().map_err(|_| ShiftError::Shape)?;
    let m: u16 = minutes.parse().map_err(|_| ShiftError::Shape)?;
    if h > 48 || m > 59 {
        return Err(ShiftError::Shape);
    }
    Ok(h.saturating_mul(60).saturating_add(m))
}

impl fmt::Display for Shift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (oh, om) = (self.open / 60, self.open % 60);
        let (ch, cm) = (self.close / 60, self.close % 60);
        write!(f, "{oh:02}:{om:02}-{ch:02}:{cm:02}")
    }
}

/// The same hours as sorted, disjoint shifts; touching ones are joined where the result is not too long.
pub(super) fn normalised(mut shifts: Vec<Shift>) -> Vec<Shift> {
    shifts.sort_unstable();
    let mut out: Vec<Shift> = Vec::with_capacity(shifts.len());
    for shift in shifts {
        match out.last_mut() {
            Some(last) if shift.open <= last.close => last.close = last.close.max(shift.close),
            Some(_) | None => out.push(shift),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shifts(texts: &[&str]) -> Vec<Shift> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn what_is_printed_is_read_back() {
        for text in ["09:00-17:00", "00:00-24:00", "22:00-30:00", "23:59-47:59"] {
            assert_eq!(text.parse::<Shift>().unwrap().to_string(), text);
        }
        assert_eq!("9:00 – 17:30".parse::<Shift>().unwrap().to_string(), "09:00-17:30");
    }

    #[test]
    fn a_shift_that_cannot_be_is_refused_with_its_reason() {
        for (text, why) in [
            ("17:00-09:00", ShiftError::CloseBeforeOpen),
            ("09:00-09:00", ShiftError::CloseBeforeOpen),
            ("24:00-26:00", ShiftError::TooLong),
            ("01:00-26:00", ShiftError::TooLong),
            ("9-17", ShiftError::Shape),
            ("09:60-17:00", ShiftError::Shape),
            ("09:00", ShiftError::Shape),
            ("09:00-17:0x", ShiftError::Shape),
        ] {
            assert_eq!(text.parse::<Shift>(), Err(why), "{text}");
        }
    }

    #[test]
    fn order_and_overlaps_do_not_matter() {
        let want = shifts(&["08:30-12:30", "13:30-17:30"]);
        assert_eq!(normalised(shifts(&["13:30-17:30", "08:30-12:30"])), want);
        assert_eq!(
            normalised(shifts(&["13:30-15:00", "08:30-10:00", "10:00-12:30", "14:00-17:30"])),
            want
        );
    }
}
