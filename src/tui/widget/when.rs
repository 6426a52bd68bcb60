//! Instants as people read them, in the zone of the screen.
//!
//! Owns the wording of times. Never wider than it says.

use jiff::{Timestamp, civil::Date, tz::TimeZone};

/// At most nine cells: `13:40` today, `Mon 09:12` within six days, `16 Nov` this year, else `16 Nov 25`.
pub fn short(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let (then, today) = (at.to_zoned_datetime(zone.clone()), now.to_zoned_datetime(zone.clone()));
    let days = days_between(then.date(), today.date());
    let format = match days {
        Some(0) => "%H:%M",
        Some(-6..=6) => "%a %H:%M",
        Some(_) | None if then.year() == today.year() => "%-d %b",
        Some(_) | None => "%-d %b %y",
    };
    then.strftime(format).to_string()
}

/// At most six cells: `13:40` today, `Mon` within six days, `16 Nov` this year, else `Nov 25`.
pub fn brief(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let (then, today) = (at.to_zoned_datetime(zone.clone()), now.to_zoned_datetime(zone.clone()));
    let format = match days_between(then.date(), today.date()) {
        Some(0) => "%H:%M",
        Some(-6..=6) => "%a",
        Some(_) | None if then.year() == today.year() => "%-d %b",
        Some(_) | None => "%b %y",
    };
    then.strftime(format).to_string()
}

/// Sixteen cells at most: `Tue 24 Nov 10:22`, with the year where it is another one.
pub fn long(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let (then, today) = (at.to_zoned_datetime(zone.clone()), now.to_zoned_datetime(zone.clone()));
    let format = if then.year() == today.year() { "%a %-d %b %H:%M" } else { "%-d %b %Y %H:%M" };
    then.strftime(format).to_string()
}

/// In a sentence: `today 10:22`, `yesterday 16:40`, `Wed 10:22`, `Fri 27 Nov 17:00`.
pub fn spoken(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let (then, today) = (at.to_zoned_datetime(zone.clone()), now.to_zoned_datetime(zone.clone()));
    match days_between(then.date(), today.date()) {
        Some(0) => then.strftime("today %H:%M").to_string(),
        Some(1) => then.strftime("tomorrow %H:%M").to_string(),
        Some(-1) => then.strftime("yesterday %H:%M").to_string(),
        Some(-6..=6) => then.strftime("%a %H:%M").to_string(),
        Some(_) | None => long(at, now, zone),
    }
}

/// A size: `2 kB`, `1.4 MB`.
pub fn size(bytes: u64) -> String {
    const KILO: u64 = 1_000;
    match bytes {
        0..KILO => format!("{bytes} B"),
        KILO..1_000_000 => format!("{} kB", bytes.saturating_add(500).div_euclid(KILO)),
        _ => {
            let tenths = bytes.div_ceil(100_000);
            format!("{}.{} MB", tenths.div_euclid(10), tenths.rem_euclid(10))
        }
    }
}

fn days_between(then: Date, today: Date) -> Option<i32> {
    today.until(then).ok().map(|span| span.get_days())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_as_short_as_its_distance_allows() {
        let zone = TimeZone::UTC;
        let now: Timestamp = "2026-11-24T13:40:00Z".parse().unwrap();
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        assert_eq!(short(at("2026-11-24T09:12:00Z"), now, &zone), "09:12");
        assert_eq!(short(at("2026-11-23T09:12:00Z"), now, &zone), "Mon 09:12");
        assert_eq!(short(at("2026-11-16T09:12:00Z"), now, &zone), "16 Nov");
        assert_eq!(short(at("2025-11-16T09:12:00Z"), now, &zone), "16 Nov 25");
        assert_eq!(spoken(at("2026-11-25T10:22:00Z"), now, &zone), "tomorrow 10:22");
        assert_eq!(spoken(at("2026-12-04T17:00:00Z"), now, &zone), "Fri 4 Dec 17:00");
        assert_eq!((size(900).as_str(), size(1_400_000).as_str()), ("900 B", "1.4 MB"));
    }
}
