//! Days as people write them: is a day named in a text, and which one was typed.
//!
//! Owns the words for days in every language of the office. It never knows what day it is.

use jiff::{ToSpan, civil::Date};

/// The days of the week from Monday, in every language.
const WEEKDAYS: [[&str; 4]; 7] = [
    ["monday", "montag", "lundi", "lunes"],
    ["tuesday", "dienstag", "mardi", "martes"],
    ["wednesday", "mittwoch", "mercredi", "miércoles"],
    ["thursday", "donnerstag", "jeudi", "jueves"],
    ["friday", "freitag", "vendredi", "viernes"],
    ["saturday", "samstag", "samedi", "sábado"],
    ["sunday", "sonntag", "dimanche", "domingo"],
];

/// Does the text name this day: by its number in the month (`1 December`, `1st`, `1.12.`, `2026-12-01`), by its weekday,
/// or, seen from `today`, as today or tomorrow? Quoted lines do not count.
pub fn names_day(text: &str, day: Date, today: Option<Date>) -> bool {
    let number = i64::from(day.day());
    let weekday = WEEKDAYS
        .get(usize::try_from(day.weekday().to_monday_zero_offset()).unwrap_or_default())
        .copied()
        .unwrap_or_default();
    let is = |other: Option<Date>| other == Some(day);
    let is_today = is(today);
    let is_tomorrow = is(today.and_then(|today| today.tomorrow().ok()));
    text.lines()
        .filter(|line| !line.starts_with('>'))
        .flat_map(|line| line.split(|c: char| !c.is_alphanumeric()))
        .map(str::to_lowercase)
        .any(|word| {
            let digits = word.trim_end_matches(|c: char| c.is_alphabetic());
            let ending = word.trim_start_matches(|c: char| c.is_ascii_digit());
            let ordinal = matches!(ending, "" | "st" | "nd" | "rd" | "th" | "er" | "ter" | "ten");
            (ordinal && digits.parse() == Ok(number))
                || weekday.contains(&word.as_str())
                || (is_today && ["today", "heute", "hoy"].contains(&word.as_str()))
                || (is_tomorrow
                    && ["tomorrow", "morgen", "demain", "mañana"].contains(&word.as_str()))
        })
}

/// Is this one word, in lower case, the whole name of a weekday, `today` or `tomorrow`? `die` is not Tuesday.
pub(super) fn is_day_word(word: &str) -> bool {
    WEEKDAYS.iter().any(|names| names.contains(&word))
        || ["mon", "tue", "tues", "wed", "thu", "thurs", "fri"].contains(&word)
        || ["today", "heute", "hoy", "tomorrow", "morgen", "demain", "mañana"].contains(&word)
}

/// Names of the months by their first three letters, in every language.
const MONTHS: [&[&str]; 12] = [
    &["jan", "ene"],
    &["feb", "fév", "fev"],
    &["mar", "mär", "mae"],
    &["apr", "avr", "abr"],
    &["may", "mai"],
    &["jun", "jui"],
    &["jul"],
    &["aug", "aoû", "aou", "ago"],
    &["sep"],
    &["oct", "okt"],
    &["nov"],
    &["dec", "dez", "déc", "dic"],
];

/// The day that was typed, seen from `today`: `2026-12-01`, `1 dec`, `dec 1`, `1.12.`, `fri` (the next one after today),
/// `tomorrow`, `+3` (days). A day without a year is the next one of that name. `None` when it is not understood.
pub fn typed(text: &str, today: Date) -> Option<Date> {
    let text = text.trim().to_lowercase();
    if let Ok(day) = text.parse::<Date>() {
        return Some(day);
    }
    if let Some(days) = text.strip_prefix('+') {
        let days: u16 = days.trim().parse().ok()?;
        return today.checked_add(i64::from(days).days()).ok();
    }
    let words: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || ".,".contains(c))
        .filter(|w| !w.is_empty())
        .collect();
    match words.as_slice() {
        ["today" | "heute" | "hoy"] => Some(today),
        ["tomorrow" | "morgen" | "demain" | "mañana"] => today.tomorrow().ok(),
        [word] => weekday(word, today),
        [a, b] => in_month(a, b, today),
        [a, b, year] => day_month(a, b).and_then(|(day, month)| {
            Date::new(year.parse().ok().filter(|year| *year > 999)?, month, day).ok()
        }),
        [] | [..] => None,
    }
}

fn weekday(word: &str, today: Date) -> Option<Date> {
    if word.chars().count() < 2 {
        return None;
    }
    let at = WEEKDAYS.iter().position(|names| names.iter().any(|name| name.starts_with(word)))?;
    let offset = i8::try_from(at).ok()?;
    today
        .series(1.day())
        .skip(1)
        .take(7)
        .find(|day| day.weekday().to_monday_zero_offset() == offset)
}

fn in_month(a: &str, b: &str, today: Date) -> Option<Date> {
    let (day, month) = day_month(a, b)?;
    let this = Date::new(today.year(), month, day).ok();
    let next = || Date::new(today.year().checked_add(1)?, month, day).ok();
    this.filter(|day| *day >= today).or_else(next)
}

/// `1 dec`, `dec 1`, `1 12`.
fn day_month(a: &str, b: &str) -> Option<(i8, i8)> {
    let number = |word: &str| {
        let digits = word.trim_end_matches(|c: char| c.is_alphabetic());
        digits.parse::<i8>().ok()
    };
    let month = |word: &str| {
        let start: String = word.chars().take(3).collect();
        // June and July begin alike in French.
        if word.starts_with("juil") {
            return Some(7);
        }
        let at = MONTHS.iter().position(|names| names.contains(&start.as_str()))?;
        i8::try_from(at).ok()?.checked_add(1)
    };
    match (number(a), month(b)) {
        (Some(day), Some(month)) => Some((day, month)),
        (day, None) => match (month(a), number(b)) {
            (Some(month), Some(day)) => Some((day, month)),
            (None, Some(month)) => Some((day?, month)),
            (Some(_) | None, None) => None,
        },
        (None, Some(_)) => None,
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_day_is_named_by_its_number_its_weekday_or_from_today() {
        let day = jiff::civil::date(2026, 12, 1);
        let today = Some(jiff::civil::date(2026, 11, 30));
        for text in [
            "You will hear from us by 1 December.",
            "by the 1st",
            "bis zum 1.12.2026",
            "by 2026-12-01",
            "on TUESDAY",
            "d'ici mardi",
            "tomorrow at noon",
        ] {
            assert!(names_day(text, day, today), "{text}");
        }
        for text in ["", "by the 11th", "soon, in room 1a", "> on Tuesday", "next Wednesday"] {
            assert!(!names_day(text, day, today), "{text}");
        }
        assert!(!names_day("tomorrow", day, None));
    }

    #[test]
    fn a_day_is_typed_as_people_write_it() {
        let today = date(2026, 11, 24);
        for (text, day) in [
            ("2026-12-01", date(2026, 12, 1)),
            ("1 dec", date(2026, 12, 1)),
            ("Dec 1st", date(2026, 12, 1)),
            ("1.12.", date(2026, 12, 1)),
            ("1.12.2027", date(2027, 12, 1)),
            ("3 january", date(2027, 1, 3)),
            ("14 juillet", date(2027, 7, 14)),
            ("fri", date(2026, 11, 27)),
            ("Dienstag", date(2026, 12, 1)),
            ("tomorrow", date(2026, 11, 25)),
            ("today", today),
            ("+3", date(2026, 11, 27)),
        ] {
            assert_eq!(typed(text, today), Some(day), "{text}");
        }
        for text in ["", "soon", "f", "32 dec", "31.11.", "+x", "1 dec 26", "a b c d"] {
            assert_eq!(typed(text, today), None, "{text}");
        }
    }
}
