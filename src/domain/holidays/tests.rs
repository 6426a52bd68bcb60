//! What the rules say, by examples that people know; the comparison of every date is in `tests/cli/holidays.rs`.

use jiff::civil::date;

use super::*;

fn name(set: &str, day: &str) -> Option<&'static str> {
    HolidaySet::named(set).unwrap().name_of(day.parse().unwrap())
}

#[test]
fn every_set_is_found_by_its_name_and_has_its_own() {
    let mut ids: Vec<&str> = HolidaySet::all().map(HolidaySet::id).collect();
    for id in &ids {
        assert_eq!(HolidaySet::named(&id.to_uppercase()).unwrap().id(), *id);
    }
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), HolidaySet::all().count());
    assert_eq!(HolidaySet::named("atlantis"), None);
}

#[test]
fn easter_is_where_the_almanac_has_it() {
    for (year, month, day) in [(1961, 4, 2), (2008, 3, 23), (2026, 4, 5), (2038, 4, 25)] {
        assert_eq!(days::easter(year), Some(date(year, month, day)));
    }
}

#[test]
fn what_falls_on_a_saturday_is_observed_on_friday_in_the_united_states() {
    assert_eq!(name("us-federal", "2026-07-03"), Some("Independence Day (observed)"));
    assert_eq!(name("us-federal", "2027-07-05"), Some("Independence Day (observed)"));
    // New Year's Day of 2028 is a Saturday.
    assert_eq!(name("us-federal", "2027-12-31"), Some("New Year's Day (observed)"));
    assert_eq!(name("us-federal", "2020-06-19"), None, "Juneteenth is law since 2021");
}

#[test]
fn days_that_were_proclaimed_or_moved_are_known() {
    for (set, day, want) in [
        ("gb-england-wales", "2020-05-08", Some("Early May bank holiday")),
        ("gb-england-wales", "2020-05-04", None),
        ("gb-england-wales", "2022-06-03", Some("Platinum Jubilee of Elizabeth II")),
        ("gb-england-wales", "2022-05-30", None),
        ("gb-scotland", "2022-09-19", Some("State Funeral of Queen Elizabeth II")),
        ("gb-scotland", "2023-05-08", Some("Coronation of King Charles III")),
        ("gb-scotland", "2026-04-06", None),
        ("gb-england-wales", "2026-12-28", Some("Boxing Day (substitute)")),
        ("ie", "2022-03-18", Some("Day of Remembrance and Recognition")),
        ("de-BE", "2025-05-08", Some("80 years of liberation (Tag der Befreiung)")),
        ("sg", "2025-05-03", Some("Polling Day")),
    ] {
        assert_eq!(name(set, day), want, "{set} {day}");
    }
}

#[test]
fn the_lander_differ() {
    for (set, corpus_christi, reformation) in
        [("de-BE", false, false), ("de-NW", true, false), ("de-HH", false, true)]
    {
        assert_eq!(name(set, "2026-06-04").is_some(), corpus_christi, "{set}");
        assert_eq!(name(set, "2026-10-31").is_some(), reformation, "{set}");
        assert!(name(set, "2026-10-03").is_some());
    }
    assert!(name("de-SN", "2026-11-18").is_some(), "the Day of Repentance and Prayer");
}

#[test]
fn a_set_with_days_of_the_moon_says_to_which_year_it_knows_them() {
    for set in HolidaySet::all() {
        let known = set.known_to();
        assert_eq!(known.is_some(), matches!(set.id(), "in" | "sg"), "{set:?}");
        let last = known.unwrap_or(2035);
        // The year after has only what follows from a rule.
        assert!(known.is_none() || set.days(last + 1).len() < set.days(last).len());
    }
}

#[test]
fn the_days_of_a_year_are_in_order_and_each_is_there_once() {
    for set in HolidaySet::all() {
        for year in YEARS {
            let days = set.days(year);
            assert!(days.windows(2).all(|pair| pair[0].date < pair[1].date), "{set:?} {year}");
            assert!(days.iter().all(|day| day.date.year() == year && !day.name.is_empty()));
            assert!((5..30).contains(&days.len()), "{set:?} {year}: {}", days.len());
        }
    }
}

#[test]
fn a_zone_of_one_country_has_its_set() {
    for (zone, set) in
        [("America/Denver", "us-federal"), ("Europe/Dublin", "ie"), ("Australia/Perth", "au-WA")]
    {
        assert_eq!(HolidaySet::of_zone(zone).map(HolidaySet::id), Some(set));
    }
    assert_eq!(HolidaySet::of_zone("Africa/Accra"), None);
}
