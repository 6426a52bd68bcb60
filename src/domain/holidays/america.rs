//! The United States and Canada, federal.
//!
//! Owns 5 U.S.C. § 6103 with the days on which holidays are observed, and the general holidays of Part III of the Canada
//! Labour Code with their days in lieu. States and provinces have more; an office adds those to its closed days.

use jiff::{
    ToSpan,
    civil::{Date, Weekday},
};

use super::days::Days;

const NEW_YEAR: &str = "New Year's Day";

/// What falls on a Saturday is observed on Friday as well, what falls on a Sunday on Monday.
pub(super) fn us_federal(days: &mut Days) {
    let mut fixed = vec![
        (1, 1, NEW_YEAR, "New Year's Day (observed)"),
        (7, 4, "Independence Day", "Independence Day (observed)"),
        (11, 11, "Veterans Day", "Veterans Day (observed)"),
        (12, 25, "Christmas Day", "Christmas Day (observed)"),
    ];
    if days.year >= 2021 {
        let name = "Juneteenth National Independence Day";
        fixed.push((6, 19, name, "Juneteenth National Independence Day (observed)"));
    }
    for (month, day, name, observed) in fixed {
        days.on(month, day, name);
        days.at(Date::new(days.year, month, day).ok().and_then(observed_on), observed);
    }
    // New Year's Day of the next year, when it is a Saturday, is observed in this one.
    let next = days.year.checked_add(1).and_then(|year| Date::new(year, 1, 1).ok());
    days.at(next.and_then(observed_on), "New Year's Day (observed)");
    days.monday(3, 1, "Martin Luther King Jr. Day");
    days.monday(3, 2, "Washington's Birthday");
    days.monday(-1, 5, "Memorial Day");
    days.monday(1, 9, "Labor Day");
    days.monday(2, 10, "Columbus Day");
    days.at(days.nth(4, Weekday::Thursday, 11), "Thanksgiving Day");
}

fn observed_on(date: Date) -> Option<Date> {
    match date.weekday() {
        Weekday::Saturday => date.checked_sub(1.day()).ok(),
        Weekday::Sunday => date.checked_add(1.day()).ok(),
        Weekday::Monday
        | Weekday::Tuesday
        | Weekday::Wednesday
        | Weekday::Thursday
        | Weekday::Friday => None,
    }
}

pub(super) fn ca_federal(days: &mut Days) {
    let mut fixed = vec![
        (1, 1, NEW_YEAR, "New Year's Day (in lieu)"),
        (7, 1, "Canada Day", "Canada Day (in lieu)"),
        (11, 11, "Remembrance Day", "Remembrance Day (in lieu)"),
        (12, 25, "Christmas Day", "Christmas Day (in lieu)"),
        (12, 26, "Boxing Day", "Boxing Day (in lieu)"),
    ];
    if days.year >= 2021 {
        let name = "National Day for Truth and Reconciliation";
        fixed.push((9, 30, name, "National Day for Truth and Reconciliation (in lieu)"));
    }
    days.easter(-2, "Good Friday");
    // The Monday before 25 May.
    let victoria = Date::new(days.year, 5, 25).ok();
    days.at(victoria.and_then(|day| day.nth_weekday(-1, Weekday::Monday).ok()), "Victoria Day");
    days.monday(1, 9, "Labour Day");
    days.monday(2, 10, "Thanksgiving Day");
    for (month, day, name, _) in &fixed {
        days.on(*month, *day, name);
    }
    for (month, day, _, in_lieu) in fixed {
        days.in_lieu(month, day, in_lieu);
    }
    days.dated(&[(2022, 9, 19, "National Day of Mourning for Queen Elizabeth II")]);
}
