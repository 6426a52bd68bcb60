//! Every holiday of 2020 to 2035, beside those of the Python package `holidays`; each difference has its reason here.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use matterbox::domain::holidays::HolidaySet;
use serde_json::json;

use crate::support::python;

/// A set and what the package calls it: country, part of the country, categories.
const SETS: &[(&str, &str, &str, &[&str])] = &[
    ("us-federal", "US", "", &[]),
    ("ca-federal", "CA", "", &["government"]),
    ("gb-england-wales", "GB", "ENG", &[]),
    ("gb-england-wales", "GB", "WLS", &[]),
    ("gb-scotland", "GB", "SCT", &[]),
    ("gb-northern-ireland", "GB", "NIR", &[]),
    ("ie", "IE", "", &[]),
    ("fr", "FR", "", &[]),
    ("fr-alsace-moselle", "FR", "57", &[]),
    ("fr-alsace-moselle", "FR", "6AE", &[]),
    ("de", "DE", "", &[]),
    ("de-BB", "DE", "BB", &[]),
    ("de-BE", "DE", "BE", &[]),
    ("de-BW", "DE", "BW", &[]),
    ("de-BY", "DE", "BY", &[]),
    ("de-BY-assumption", "DE", "BY", &["public", "catholic"]),
    ("de-HB", "DE", "HB", &[]),
    ("de-HE", "DE", "HE", &[]),
    ("de-HH", "DE", "HH", &[]),
    ("de-MV", "DE", "MV", &[]),
    ("de-NI", "DE", "NI", &[]),
    ("de-NW", "DE", "NW", &[]),
    ("de-RP", "DE", "RP", &[]),
    ("de-SH", "DE", "SH", &[]),
    ("de-SL", "DE", "SL", &[]),
    ("de-SN", "DE", "SN", &[]),
    ("de-ST", "DE", "ST", &[]),
    ("de-TH", "DE", "TH", &[]),
    ("au", "AU", "", &[]),
    ("au-ACT", "AU", "ACT", &[]),
    ("au-NSW", "AU", "NSW", &[]),
    ("au-NT", "AU", "NT", &[]),
    ("au-QLD", "AU", "QLD", &[]),
    ("au-SA", "AU", "SA", &[]),
    ("au-TAS", "AU", "TAS", &[]),
    ("au-VIC", "AU", "VIC", &[]),
    ("au-WA", "AU", "WA", &[]),
    ("in", "IN", "", &[]),
    ("sg", "SG", "", &[]),
];

/// Who has the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Only {
    We,
    They,
}

/// Set, who has it, how its name begins there, on how many days, and why.
type Difference = (&'static str, Only, &'static str, usize, &'static str);

const DIFFERENCES: &[Difference] = &[
    ("ca-federal", Only::We, "National Day of Mourning", 1, FUNERAL),
    ("au", Only::We, "Australia Day", 4, EVERY_STATE),
    ("au", Only::We, "New Year's Day (in lieu)", 5, EVERY_STATE),
    ("au", Only::We, "Christmas Day (in lieu)", 5, EVERY_STATE),
    ("au", Only::We, "Boxing Day (in lieu)", 5, EVERY_STATE),
    (
        "au-QLD",
        Only::They,
        "The Royal Queensland Show",
        16,
        "it is a holiday in and around Brisbane only",
    ),
    ("in", Only::They, "Holi", 9, ANNOUNCED),
    ("in", Only::They, "Maha Shivaratri", 9, ANNOUNCED),
    ("in", Only::They, "Ram Navami", 8, ANNOUNCED),
    ("in", Only::They, "Mahavira's Birthday", 9, ANNOUNCED),
    (
        "in",
        Only::They,
        "Dr. B. R. Ambedkar's Birthday",
        8,
        "it is declared anew each year, and is so far to 2026",
    ),
    ("in", Only::They, "Buddha Purnima", 9, ANNOUNCED),
    ("in", Only::They, "Eid al-Fitr", 10, ANNOUNCED),
    ("in", Only::They, "Eid al-Adha", 8, ANNOUNCED),
    ("in", Only::They, "Janmashtami", 9, ANNOUNCED),
    ("in", Only::They, "Ashura", 9, ANNOUNCED),
    ("in", Only::They, "Prophet's Birthday", 8, ANNOUNCED),
    ("in", Only::They, "Dussehra", 9, ANNOUNCED),
    ("in", Only::They, "Diwali", 9, ANNOUNCED),
    ("in", Only::They, "Guru Nanak's Birthday", 9, ANNOUNCED),
    ("sg", Only::They, "Chinese New Year", 18, GAZETTED),
    ("sg", Only::They, "Vesak Day", 10, GAZETTED),
    ("sg", Only::They, "Eid al-Fitr", 9, GAZETTED),
    ("sg", Only::They, "Eid al-Adha", 9, GAZETTED),
    ("sg", Only::They, "Diwali", 8, GAZETTED),
];

const FUNERAL: &str = "federal offices closed on 19 September 2022 by order of the government, outside of the Labour Code";
const EVERY_STATE: &str =
    "the package gives a state's days in lieu to the state only; every state has this one";
const ANNOUNCED: &str = "it follows the moon and is announced to 2026; the package estimates, we say that we do not know";
const GAZETTED: &str = "it follows the moon and is gazetted to 2027; the package estimates, we say that we do not know";

type Days = BTreeMap<Date, String>;

fn ours(set: HolidaySet) -> Days {
    let days = (2020..=2035).flat_map(|year| set.days(year));
    days.map(|day| (day.date, day.name.to_owned())).collect()
}

#[test]
fn every_holiday_of_2020_to_2035_is_that_of_the_package_or_has_a_reason() {
    let cases: Vec<_> = SETS
        .iter()
        .map(|(_, country, part, categories)| {
            let part = (!part.is_empty()).then_some(*part);
            json!({ "country": country, "subdiv": part, "categories": categories })
        })
        .collect();
    let theirs = python::answers("holidays_of.py", &cases);
    let mut unexplained = Vec::new();
    for ((id, country, part, _), theirs) in SETS.iter().zip(theirs) {
        let ours = ours(HolidaySet::named(id).unwrap());
        let theirs: Days = serde_json::from_value(theirs).unwrap();
        assert!(theirs.len() > 100, "{country} {part}: {}", theirs.len());
        let mut counts = vec![0; DIFFERENCES.len()];
        let only = |a: &Days, b: &Days| -> Vec<(Date, String)> {
            a.iter()
                .filter(|(date, _)| !b.contains_key(*date))
                .map(|(date, name)| (*date, name.clone()))
                .collect()
        };
        let differences = only(&ours, &theirs).into_iter().map(|day| (Only::We, day));
        let differences =
            differences.chain(only(&theirs, &ours).into_iter().map(|day| (Only::They, day)));
        for (who, (date, name)) in differences {
            let found = DIFFERENCES.iter().position(|(set, only, begins, _, _)| {
                set == id && *only == who && name.starts_with(begins)
            });
            match found {
                Some(at) => counts[at] += 1,
                None => unexplained.push(format!("{id}: {date} {name} ({who:?})")),
            }
        }
        // An explanation that explains nothing any more is a mistake as well.
        for ((set, who, name, count, why), found) in DIFFERENCES.iter().zip(counts) {
            if set == id && *count != found {
                unexplained
                    .push(format!("{id}: {name} ({who:?}) {found} times, not {count}: {why}"));
            }
        }
    }
    assert!(
        unexplained.is_empty(),
        "{} differences:\n{}",
        unexplained.len(),
        unexplained.join("\n")
    );
}

#[test]
fn every_set_that_ships_is_compared() {
    let compared: BTreeSet<&str> = SETS.iter().map(|(set, ..)| *set).collect();
    for set in HolidaySet::all() {
        assert!(compared.contains(set.id()), "{set:?} is compared with nothing");
    }
    for (set, _, _, _, why) in DIFFERENCES {
        assert!(compared.contains(set) && why.len() > 20, "{set}: {why}");
    }
}

#[test]
fn what_holds_in_every_land_and_state_is_a_holiday_of_each() {
    for (common, parts) in [("de", "de-"), ("au", "au-")] {
        let common = ours(HolidaySet::named(common).unwrap());
        for set in HolidaySet::all().filter(|set| set.id().starts_with(parts)) {
            let days = ours(set);
            for (date, name) in &common {
                // On a Saturday or Sunday a state may move the day; nobody's office is open for it.
                let weekend = date.weekday().to_monday_zero_offset() >= 5;
                assert!(weekend || days.contains_key(date), "{set:?}: {date} {name}");
            }
        }
    }
}
