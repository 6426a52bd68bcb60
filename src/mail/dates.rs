//! Dates as mail really carries them. Owns the forgiving reading of RFC 5322 §3.3 and its relatives; what is not clearly
//! a date gives `None`, never a guess that a clock would count from.

use jiff::{Timestamp, civil::DateTime, tz::Offset};

/// Reads the value of a `Date` header (or the end of a `Received`): RFC 5322 with and without seconds and weekday,
/// obsolete zones, comments, two-digit years, ISO 8601, `asctime`. A date without a zone is taken as UTC. Years 1970 to
/// 2199.
pub fn date(value: &str) -> Option<Timestamp> {
    let plain = without_comments(value);
    let mut seen = Seen::default();
    for token in plain.split([' ', '\t', '\r', '\n', ',', ';']).filter(|t| !t.is_empty()).take(16) {
        seen.take(token)?;
    }
    seen.timestamp()
}

/// Comments (which may nest) are white space.
fn without_comments(value: &str) -> String {
    let mut depth = 0_usize;
    let keep = |c: char| {
        match c {
            '(' => depth = depth.saturating_add(1),
            ')' if depth > 0 => depth = depth.saturating_sub(1),
            _ if depth == 0 => return c,
            _ => {}
        }
        ' '
    };
    value.chars().take(200).map(keep).collect()
}

/// What has been read of a date so far.
#[derive(Default)]
struct Seen {
    year: Option<i16>,
    month: Option<i8>,
    day: Option<i8>,
    time: Option<(i8, i8, i8)>,
    /// Seconds east of UTC.
    offset: Option<i32>,
}

impl Seen {
    /// `None` where the token cannot belong to a date.
    fn take(&mut self, token: &str) -> Option<()> {
        if token.contains(':') && !token.starts_with(['+', '-']) {
            return self.take_clock(token);
        }
        if let Some(rest) = token.strip_prefix(['+', '-']).filter(|_| self.time.is_some()) {
            self.offset = numeric_zone(token, rest).or(self.offset);
            return Some(());
        }
        if token.contains(['-', '/', '.']) && token.starts_with(|c: char| c.is_ascii_digit()) {
            return self.take_joined(token);
        }
        if token.bytes().all(|b| b.is_ascii_digit()) {
            return self.take_number(token);
        }
        self.take_word(token);
        Some(())
    }

    fn take_number(&mut self, token: &str) -> Option<()> {
        let number: i16 = token.parse().ok()?;
        if self.day.is_none() && token.len() <= 2 {
            self.day = i8::try_from(number).ok();
        } else if self.year.is_none() {
            self.year = year(number, token.len());
        } else if self.time.is_none() && token.len() == 4 {
            self.time =
                Some((i8::try_from(number / 100).ok()?, i8::try_from(number % 100).ok()?, 0));
        } else if token.len() == 4 && self.offset.is_none() {
            // `0100` with its plus sign eaten by a form decoder.
            self.offset = numeric_zone("+", token);
        }
        Some(())
    }

    fn take_word(&mut self, token: &str) {
        let word = token.trim_end_matches('.');
        match (month(word), self.time) {
            (Some(found), _) if self.month.is_none() => self.month = Some(found),
            (_, Some((hour, minute, second))) if word.eq_ignore_ascii_case("pm") => {
                self.time =
                    Some((if hour < 12 { hour.saturating_add(12) } else { hour }, minute, second));
            }
            (_, Some((12, minute, second))) if word.eq_ignore_ascii_case("am") => {
                self.time = Some((0, minute, second));
            }
            (_, Some(_)) if self.offset.is_none() => self.offset = named_zone(word),
            _ => {}
        }
    }

    /// `2026-11-24`, `24-Nov-2026`, `2026/11/24`, and with `T10:00…` behind.
    fn take_joined(&mut self, token: &str) -> Option<()> {
        let mut parts = token.split(['-', '/', '.']);
        let (first, second, third) = (parts.next()?, parts.next()?, parts.next()?);
        if first.len() == 4 {
            self.year = year(first.parse().ok()?, 4);
            self.month = second.parse().ok();
            self.day = third.parse().ok();
        } else {
            self.day = first.parse().ok();
            self.month = month(second).or_else(|| second.parse().ok());
            self.year = year(third.parse().ok()?, third.len());
        }
        Some(())
    }

    /// `10:00`, `10:00:00`, `2026-11-24T10:00:00.5+01:00`, `10:00:00+0100`, `10:00:00Z`.
    fn take_clock(&mut self, token: &str) -> Option<()> {
        if let Some((day, clock)) = token.split_once(['T', 't'])
            && day.contains('-')
        {
            self.take_joined(day)?;
            return self.take_clock(clock);
        }
        let end = token.find(|c: char| !(c.is_ascii_digit() || c == ':')).unwrap_or(token.len());
        let (clock, rest) = token.split_at(end);
        let mut parts = clock.split(':');
        let hour = parts.next()?.parse().ok()?;
        let minute = parts.next()?.parse().ok()?;
        let second: i8 =
            parts.next().filter(|s| !s.is_empty()).map_or(Some(0), |s| s.parse().ok())?;
        // A leap second is the last second of its minute here.
        self.time = Some((hour, minute, if second == 60 { 59 } else { second }));
        let zone = rest.trim_start_matches(|c: char| c == '.' || c.is_ascii_digit());
        if let Some(digits) = zone.strip_prefix(['+', '-']) {
            self.offset = numeric_zone(zone, digits);
        } else if !zone.is_empty() {
            self.take_word(zone);
        }
        Some(())
    }

    fn timestamp(&self) -> Option<Timestamp> {
        let (hour, minute, second) = self.time.unwrap_or_default();
        let time =
            DateTime::new(self.year?, self.month?, self.day?, hour, minute, second, 0).ok()?;
        let offset = Offset::from_seconds(self.offset.unwrap_or_default()).ok()?;
        offset.to_timestamp(time).ok().filter(|at| at.as_second() >= 0)
    }
}

/// RFC 5322 §4.3: two digits below 50 are 20xx, other two and three digits count from 1900.
pub fn year(number: i16, digits: usize) -> Option<i16> {
    let year = match digits {
        0..=2 if number < 50 => number.checked_add(2000)?,
        0..=3 => number.checked_add(1900)?,
        _ => number,
    };
    (1970..2200).contains(&year).then_some(year)
}

/// `hhmm`, `hh:mm` or `h`, with the sign at the start of `signed`.
fn numeric_zone(signed: &str, digits: &str) -> Option<i32> {
    let digits: String = digits.chars().filter(|c| *c != ':').collect();
    let number: i32 = digits.parse().ok()?;
    let (hours, minutes) =
        if digits.len() <= 2 { (number, 0) } else { (number / 100, number % 100) };
    if hours > 23 || minutes > 59 {
        return None;
    }
    let seconds = hours.checked_mul(3600)?.checked_add(minutes.checked_mul(60)?)?;
    Some(if signed.starts_with('-') { seconds.checked_neg()? } else { seconds })
}

/// Obsolete zone names. A military letter other than `Z` is UTC: RFC 822 had their signs wrong (RFC 5322 §4.3).
fn named_zone(word: &str) -> Option<i32> {
    let upper = word.to_ascii_uppercase();
    let hours = match upper.as_str() {
        "EDT" => -4,
        "EST" | "CDT" => -5,
        "CST" | "MDT" => -6,
        "MST" | "PDT" => -7,
        "PST" | "AKDT" => -8,
        "AKST" => -9,
        "HST" => -10,
        "BST" | "CET" | "MEZ" | "WEST" => 1,
        "CEST" | "MESZ" | "MEST" | "EET" | "SAST" => 2,
        "EEST" | "MSK" => 3,
        "JST" | "KST" => 9,
        "AEST" => 10,
        "AEDT" => 11,
        "NZST" => 12,
        "NZDT" => 13,
        "Z" | "UT" | "UTC" | "GMT" | "WET" => 0,
        other => {
            let rest = other.strip_prefix("GMT").or_else(|| other.strip_prefix("UTC"));
            if let Some(signed) = rest.filter(|r| r.starts_with(['+', '-'])) {
                return numeric_zone(signed, signed.trim_start_matches(['+', '-']));
            }
            // POSIX names both halves of the year: `EST5EDT`.
            if let Some(at) = other.find(|c: char| c.is_ascii_digit()).filter(|at| *at >= 3) {
                return named_zone(other.get(..at)?);
            }
            return (other.len() == 1).then_some(0);
        }
    };
    Some(i32::saturating_mul(hours, 3600))
}

/// Month names of the languages that clients of the office write, by their first letters; the longer stem first where two
/// months share a start.
const MONTHS: [(&str, i8); 52] = [
    ("jan", 1),
    ("jän", 1),
    ("ene", 1),
    ("gen", 1),
    ("sty", 1),
    ("févr", 2),
    ("feb", 2),
    ("fev", 2),
    ("fév", 2),
    ("lut", 2),
    ("mär", 3),
    ("mar", 3),
    ("maa", 3),
    ("mrt", 3),
    ("mrz", 3),
    ("apr", 4),
    ("avr", 4),
    ("abr", 4),
    ("kwi", 4),
    ("may", 5),
    ("mai", 5),
    ("maj", 5),
    ("mag", 5),
    ("mei", 5),
    ("maio", 5),
    ("juin", 6),
    ("jun", 6),
    ("giu", 6),
    ("cze", 6),
    ("juil", 7),
    ("jul", 7),
    ("lug", 7),
    ("lip", 7),
    ("aug", 8),
    ("aoû", 8),
    ("aou", 8),
    ("ago", 8),
    ("sie", 8),
    ("sep", 9),
    ("set", 9),
    ("wrz", 9),
    ("okt", 10),
    ("oct", 10),
    ("out", 10),
    ("ott", 10),
    ("paź", 10),
    ("nov", 11),
    ("lis", 11),
    ("dec", 12),
    ("déc", 12),
    ("dez", 12),
    ("dic", 12),
];

pub fn month(word: &str) -> Option<i8> {
    let word = word.to_lowercase();
    MONTHS
        .iter()
        .filter(|(stem, _)| word.starts_with(stem))
        .max_by_key(|(stem, _)| stem.len())
        .map(|(_, number)| *number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: &str) -> String {
        date(value).map_or_else(|| "none".to_owned(), |at| at.to_string())
    }

    #[test]
    fn dates_are_read_in_every_spelling_seen() {
        for value in [
            "Tue, 24 Nov 2026 11:11:30 +0100",
            "24 Nov 2026 11:11:30 +0100 (CET)",
            "Tue (a (nested) comment), 24 Nov 2026 05:11:30 EST",
            "Tue, 24 Nov 26 10:11:30 GMT",
            "24-Nov-2026 10:11:30 +0000",
            "2026-11-24T11:11:30+01:00",
            "2026-11-24 10:11:30 UTC",
            "2026-11-24T10:11:30.123Z",
            "Tue Nov 24 10:11:30 2026",
            "Tue, 24 November 2026 10:11:30 Z",
            "Nov 24, 2026 10:11:30 AM",
            "Tue, 24 Nov 2026 11:11:30 GMT+0100",
            "Tue, 24 Nov 2026 10:11:30 R",
            "Tue, 24 Nov 126 10:11:30 -0000",
            " Tue , 24  Nov\r\n 2026 10:11:30 +0000",
        ] {
            assert_eq!(read(value), "2026-11-24T10:11:30Z", "{value}");
        }
        assert_eq!(read("Tue, 24 Nov 2026 10:00 EST"), "2026-11-24T15:00:00Z");
        assert_eq!(read("Tue, 31 Dec 2026 23:59:60 +0000"), "2026-12-31T23:59:59Z");
    }

    #[test]
    fn what_is_no_date_gives_none_and_not_1970() {
        for value in
            ["", "Whenever", "Tue, 32 Nov 2026 10:00:00 +0000", "10:00", "24 Nov", "99999999999"]
        {
            assert_eq!(read(value), "none", "{value}");
        }
    }
}
