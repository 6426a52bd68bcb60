//! Dates as mail really carries them. Owns the forgiving reading of RFC 5322 §3.3 and its relatives; what is not clearly
//! a date gives `None`, never a guess that a clock would count from.

use jiff::{
    Timestamp,
    civil::{Date, DateTime},
    tz::Offset,
};

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
fn year(number: i16, digits: usize) -> Option<i16> {
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

fn month(word: &str) -> Option<i8> {
    let word = word.to_lowercase();
    MONTHS
        .iter()
        .filter(|(stem, _)| word.starts_with(stem))
        .max_by_key(|(stem, _)| stem.len())
        .map(|(_, number)| *number)
}

/// Finds the first day named in running text: `7 December 2026`, `7. Dezember`, `December 7th`, `07.12.2026`,
/// `7/12/2026`, `2026-12-07`. Without a year it is the next such day on or after `near`. A day below 13 first and
/// second (`7/12`) is read day first, as everywhere outside the United States; `12/25` can only be month first.
pub fn date_in_text(text: &str, near: Date) -> Option<Date> {
    let words: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || ",;()!".contains(c))
        .filter(|w| !w.is_empty())
        .take(40)
        .collect();
    words.iter().enumerate().find_map(|(at, word)| {
        let after = |n: usize| words.get(at.saturating_add(n)).copied().unwrap_or_default();
        numeric_day(word, near).or_else(|| {
            let day_first = day(word).zip(named_month(after(1)));
            let named = day_first.or_else(|| {
                let filler = matches!(after(1), "de" | "of" | "di");
                day(word).filter(|_| filler).zip(named_month(after(2)))
            });
            let month_first = named_month(word).and_then(|m| day(after(1)).map(|d| (d, m)));
            let (found_day, found_month) = named.or(month_first)?;
            let year_word = (2..5).map(after).find(|w| w.len() >= 4 && w.starts_with("20"));
            let year = year_word.and_then(|w| w.trim_end_matches('.').parse().ok());
            pin(year, found_month, found_day, near)
        })
    })
}

/// A month name of three letters or more, so that `may` in a sentence needs a day beside it.
fn named_month(word: &str) -> Option<i8> {
    let word = word.trim_end_matches('.');
    (word.chars().count() >= 3).then(|| month(word))?
}

/// `7`, `7.`, `7th`, `1er`.
fn day(word: &str) -> Option<i8> {
    let end = word.find(|c: char| !c.is_ascii_digit()).unwrap_or(word.len());
    let (digits, rest) = word.split_at(end);
    let suffix = matches!(rest, "" | "." | "st" | "nd" | "rd" | "th" | "er" | "º" | "e" | "ème");
    digits.parse().ok().filter(|d| suffix && (1..=31).contains(d))
}

/// `07.12.2026`, `7/12/26`, `2026-12-07`, `7.12.`.
fn numeric_day(word: &str, near: Date) -> Option<Date> {
    let word = word.trim_matches(|c: char| ".:".contains(c));
    let parts: Vec<&str> = word.split(['.', '/', '-']).collect();
    let number = |at: usize| parts.get(at).and_then(|p| p.parse::<i16>().ok());
    let (first, second) = (number(0)?, number(1)?);
    let third = number(2);
    if parts.first().is_some_and(|p| p.len() == 4) {
        return Date::new(first, i8::try_from(second).ok()?, i8::try_from(third?).ok()?).ok();
    }
    if parts.len() > 3 || (parts.len() == 2 && !word.contains(['.', '/'])) {
        return None;
    }
    let (first, second) = (i8::try_from(first).ok()?, i8::try_from(second).ok()?);
    let year = third.and_then(|y| year(y, parts.get(2).map_or(0, |p| p.len())));
    if second > 12 {
        return pin(year, first, second, near);
    }
    pin(year, second, first, near)
}

/// A day of a year, or of the first year in which it is not before `near`.
fn pin(year: Option<i16>, month: i8, day: i8, near: Date) -> Option<Date> {
    match year {
        Some(year) => Date::new(year, month, day).ok(),
        None => Date::new(near.year(), month, day)
            .ok()
            .filter(|d| *d >= near)
            .or_else(|| Date::new(near.year().checked_add(1)?, month, day).ok()),
    }
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

    #[test]
    fn a_day_in_running_text_is_found() {
        let near = Date::constant(2026, 11, 24);
        for text in [
            "back on Monday, 7 December 2026.",
            "ab dem 7. Dezember wieder",
            "until December 7th, 2026",
            "bis 07.12.2026",
            "jusqu'au 7 décembre 2026",
            "hasta el 7 de diciembre de 2026",
            "returns 2026-12-07",
            "tot en met 7 december",
            "am 7.12. zurück",
        ] {
            assert_eq!(date_in_text(text, near), Some(Date::constant(2026, 12, 7)), "{text}");
        }
        assert_eq!(date_in_text("on 3 January", near), Some(Date::constant(2027, 1, 3)));
        assert_eq!(date_in_text("I may be 5 minutes late", near), None);
        assert_eq!(date_in_text("12/25", near), Some(Date::constant(2026, 12, 25)));
    }
}
