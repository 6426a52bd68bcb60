//! Targets: how long an answer may take, in an explicit unit (design 4.2).
//!
//! Owns the five units and their spelling. It never counts: that is [`calendar`](super::calendar)'s work.

use std::{fmt, str::FromStr};

/// A time allowed for an answer. The unit is always said: `1d` and `1bd` differ by a week-end.
///
/// ```
/// use matterbox::domain::target::Target;
/// assert_eq!("4bh".parse::<Target>().unwrap(), Target::BusinessHours(4));
/// assert_eq!(Target::CloseOfBusiness(1).to_string(), "cob+1");
/// assert!("1 day".parse::<Target>().is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Target {
    /// `Nh`: hours on the wall, day and night. 1 to 9999.
    Hours(u16),
    /// `Nbh`: hours in which the office is open. 1 to 9999.
    BusinessHours(u16),
    /// `Nbd`: the same civil time on the Nth business day after, clamped into that day's hours. 1 to 9999.
    BusinessDays(u16),
    /// `Nd`: the same civil time N calendar days later. 1 to 9999.
    Days(u16),
    /// `cob+N`: close of business N business days after the day of receipt; `cob` is `cob+0`. 0 to 9999.
    CloseOfBusiness(u16),
}

/// Why a text is not a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// No unit, an unknown unit, or something else than digits before it.
    #[error("a target is a number with a unit: 4bh, 1bd, 2h, 14d or cob+1")]
    Shape,
    /// Zero, or more than 9999.
    #[error("a target counts from 1 to 9999 (cob+0 means today's close)")]
    Range,
}

impl FromStr for Target {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "cob" {
            return Ok(Self::CloseOfBusiness(0));
        }
        if let Some(days) = text.strip_prefix("cob+") {
            return number(days, 0).map(Self::CloseOfBusiness);
        }
        let unit_at = text.find(|c: char| !c.is_ascii_digit()).ok_or(TargetError::Shape)?;
        let (digits, unit) = text.split_at(unit_at);
        match unit {
            "h" => number(digits, 1).map(Self::Hours),
            "bh" => number(digits, 1).map(Self::BusinessHours),
            "bd" => number(digits, 1).map(Self::BusinessDays),
            "d" => number(digits, 1).map(Self::Days),
            _ => Err(TargetError::Shape),
        }
    }
}

fn number(digits: &str, least: u16) -> Result<u16, TargetError> {
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(TargetError::Shape);
    }
    let n: u16 = digits.parse().map_err(|_| TargetError::Range)?;
    if (least..=9999).contains(&n) { Ok(n) } else { Err(TargetError::Range) }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hours(n) => write!(f, "{n}h"),
            Self::BusinessHours(n) => write!(f, "{n}bh"),
            Self::BusinessDays(n) => write!(f, "{n}bd"),
            Self::Days(n) => write!(f, "{n}d"),
            Self::CloseOfBusiness(n) => write!(f, "cob+{n}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_is_read_back() {
        for text in ["4bh", "1bd", "2h", "14d", "cob+1", "cob+0", "9999bh"] {
            assert_eq!(text.parse::<Target>().unwrap().to_string(), text);
        }
        assert_eq!("cob".parse(), Ok(Target::CloseOfBusiness(0)));
    }

    #[test]
    fn what_has_no_clear_unit_is_refused() {
        for text in ["", "4", "bh", "4 bh", "-1bd", "1w", "4BH", "cob+", "cob-1", "+4bh", "٤bh"] {
            assert_eq!(text.parse::<Target>(), Err(TargetError::Shape), "{text:?}");
        }
        for text in ["0bh", "0d", "10000h", "99999999999d", "cob+10000"] {
            assert_eq!(text.parse::<Target>(), Err(TargetError::Range), "{text:?}");
        }
    }
}
