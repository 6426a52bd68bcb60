//! How far back the mail of an account is fetched.
//!
//! Owns the reading of the setting and what it means on a day. Pure: today is an argument.

use std::fmt;

use jiff::{Span, Timestamp, civil::Date, tz::TimeZone};

/// How far back mail is fetched. What is older stays on the server, counted and known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Horizon {
    /// Everything.
    #[default]
    Everything,
    /// So many months back from today, never 0.
    Months(u16),
    /// Since this day, it included.
    Since(Date),
}

/// A century: beyond it a number is a slip of the finger.
const LONGEST: u16 = 1_200;

impl Horizon {
    /// Reads `all`, `18 months`, `2 years` or `2020-01-31`; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().to_lowercase();
        if text == "all" {
            return Some(Self::Everything);
        }
        if let Ok(date) = text.parse::<Date>() {
            return Some(Self::Since(date));
        }
        let (number, unit) = text.split_once(' ')?;
        let number: u16 = number.parse().ok().filter(|number| *number > 0)?;
        let months = match unit.trim() {
            "month" | "months" => Some(number),
            "year" | "years" => number.checked_mul(12),
            _ => None,
        };
        months.filter(|months| *months <= LONGEST).map(Self::Months)
    }

    /// The instant before which mail is left on the server: the beginning of a day in this zone. `None` for everything.
    pub fn since(self, now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let date = match self {
            Self::Everything => return None,
            Self::Since(date) => date,
            Self::Months(months) => {
                let today = zone.to_datetime(now).date();
                today.checked_sub(Span::new().months(i64::from(months))).ok()?
            }
        };
        zone.to_timestamp(date.to_datetime(jiff::civil::Time::midnight())).ok()
    }
}

/// As the settings write it.
impl fmt::Display for Horizon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Everything => f.write_str("all"),
            Self::Months(months) => write!(f, "{months} months"),
            Self::Since(date) => write!(f, "{date}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_setting_is_read_as_people_write_it() {
        for (text, expected) in [
            ("all", Some(Horizon::Everything)),
            ("18 months", Some(Horizon::Months(18))),
            ("1 Year", Some(Horizon::Months(12))),
            ("2020-01-31", Some(Horizon::Since(jiff::civil::date(2020, 1, 31)))),
            ("0 months", None),
            ("7000 years", None),
            ("2 weeks", None),
            ("", None),
            ("2020-02-30", None),
        ] {
            assert_eq!(Horizon::parse(text), expected, "{text}");
        }
    }

    #[test]
    fn months_are_counted_back_from_today_in_the_zone_of_the_office() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let now: Timestamp = "2026-08-31T23:30:00Z".parse().unwrap();
        // In Berlin it is the first of September.
        let since = Horizon::Months(12).since(now, &zone).unwrap();
        assert_eq!(since.to_string(), "2025-08-31T22:00:00Z");
        assert_eq!(Horizon::Everything.since(now, &zone), None);
    }
}
