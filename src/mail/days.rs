//! Days named in running text, for the return from an absence. Owns the languages of the office; it never guesses a
//! month first where day first can be read.

use jiff::civil::Date;

use super::dates::{month, year};

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
