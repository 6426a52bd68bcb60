//! Australia: what holds in every state, and the holidays of each of the eight states and territories.
//!
//! Owns the Public Holidays Acts as far as they hold in a whole state, for the whole day. Show days of one city and the
//! evenings before Christmas and New Year an office adds itself.

use jiff::{
    ToSpan,
    civil::{Date, Weekday},
};

use super::days::Days;

/// Shared by all, with the days in lieu on which all agree.
fn common(days: &mut Days) {
    days.fixed(&[(1, 1, NEW_YEAR), (12, 25, "Christmas Day"), (12, 26, "Boxing Day")]);
    days.in_lieu(1, 1, "New Year's Day (in lieu)");
    days.in_lieu(12, 25, "Christmas Day (in lieu)");
    days.in_lieu(12, 26, "Boxing Day (in lieu)");
    days.easter(-2, "Good Friday");
    days.easter(1, "Easter Monday");
    days.moved_to_monday(1, 26, AUSTRALIA);
    days.dated(&[(2022, 9, 22, "National Day of Mourning for Queen Elizabeth II")]);
}

const NEW_YEAR: &str = "New Year's Day";
const AUSTRALIA: &str = "Australia Day";
const ANZAC: &str = "Anzac Day";
const ANZAC_IN_LIEU: &str = "Anzac Day (in lieu)";
const LABOUR: &str = "Labour Day";

pub(super) fn national(days: &mut Days) {
    common(days);
    days.fixed(&[(1, 26, AUSTRALIA), (4, 25, ANZAC)]);
}

fn easter_saturday(days: &mut Days) {
    days.easter(-1, "Easter Saturday");
}

fn easter_sunday(days: &mut Days) {
    days.easter(0, "Easter Sunday");
}

fn sovereign(days: &Days) -> &'static str {
    if days.year >= 2023 { "King's Birthday" } else { "Queen's Birthday" }
}

fn birthday_in_june(days: &mut Days) {
    days.monday(2, 6, sovereign(days));
}

/// Anzac Day, which moves from Sunday to Monday.
fn anzac_off_sunday(days: &mut Days) {
    let date = Date::new(days.year, 4, 25).ok();
    if date.is_some_and(|date| date.weekday() == Weekday::Sunday) {
        days.on(4, 26, ANZAC);
    } else {
        days.on(4, 25, ANZAC);
    }
}

pub(super) fn act(days: &mut Days) {
    common(days);
    easter_saturday(days);
    easter_sunday(days);
    days.monday(2, 3, "Canberra Day");
    anzac_off_sunday(days);
    days.dated(&[(2020, 4, 27, ANZAC_IN_LIEU), (2021, 4, 25, ANZAC), (2026, 4, 27, ANZAC_IN_LIEU)]);
    // The first Monday from 27 May on.
    let before = Date::new(days.year, 5, 26).ok();
    let monday = before.and_then(|day| day.nth_weekday(1, Weekday::Monday).ok());
    days.at(monday, "Reconciliation Day");
    birthday_in_june(days);
    days.monday(1, 10, LABOUR);
}

pub(super) fn nsw(days: &mut Days) {
    common(days);
    easter_saturday(days);
    easter_sunday(days);
    days.on(4, 25, ANZAC);
    days.dated(&[(2026, 4, 27, ANZAC_IN_LIEU), (2027, 4, 26, ANZAC_IN_LIEU)]);
    birthday_in_june(days);
    days.monday(1, 10, LABOUR);
}

pub(super) fn nt(days: &mut Days) {
    common(days);
    if days.year < 2023 {
        days.not_on_weekend(12, 26);
    }
    easter_saturday(days);
    if days.year >= 2024 {
        easter_sunday(days);
    }
    anzac_off_sunday(days);
    days.monday(1, 5, "May Day");
    birthday_in_june(days);
    days.monday(1, 8, "Picnic Day");
}

pub(super) fn qld(days: &mut Days) {
    common(days);
    easter_saturday(days);
    easter_sunday(days);
    anzac_off_sunday(days);
    days.monday(1, 5, LABOUR);
    days.monday(1, 10, sovereign(days));
}

pub(super) fn sa(days: &mut Days) {
    common(days);
    if days.year < 2024 {
        for (month, day) in [(1, 1), (12, 25), (12, 26)] {
            days.not_on_saturday(month, day);
        }
        // On a Sunday it was kept beside its Monday.
        days.sunday(1, 26, AUSTRALIA);
        days.sunday_to_monday(4, 25, ANZAC_IN_LIEU);
    } else {
        easter_sunday(days);
    }
    days.on(4, 25, ANZAC);
    easter_saturday(days);
    days.monday(2, 3, "Adelaide Cup Day");
    birthday_in_june(days);
    days.monday(1, 10, LABOUR);
}

pub(super) fn tas(days: &mut Days) {
    common(days);
    days.not_on_weekend(1, 1);
    days.not_on_weekend(12, 26);
    if days.year >= 2027 {
        easter_sunday(days);
    }
    days.monday(2, 3, "Eight Hours Day");
    days.on(4, 25, ANZAC);
    birthday_in_june(days);
}

pub(super) fn vic(days: &mut Days) {
    common(days);
    easter_saturday(days);
    easter_sunday(days);
    days.monday(2, 3, LABOUR);
    days.on(4, 25, ANZAC);
    birthday_in_june(days);
    let final_day = days.nth(-1, Weekday::Saturday, 9);
    let friday = match days.year {
        2015 => Date::new(2015, 10, 2).ok(),
        2016 => Date::new(2016, 9, 30).ok(),
        2020 => Date::new(2020, 10, 23).ok(),
        _ => final_day.and_then(|day| day.checked_sub(1.day()).ok()),
    };
    days.at(friday, "Friday before the AFL Grand Final");
    days.at(days.nth(1, Weekday::Tuesday, 11), "Melbourne Cup Day");
}

pub(super) fn wa(days: &mut Days) {
    common(days);
    if days.year >= 2022 {
        easter_sunday(days);
    }
    days.monday(1, 3, LABOUR);
    days.on(4, 25, ANZAC);
    let anzac = Date::new(days.year, 4, 25).ok();
    if anzac.is_some_and(super::days::is_weekend) {
        days.moved_to_monday(4, 25, ANZAC_IN_LIEU);
    }
    days.monday(1, 6, "Western Australia Day");
    if days.year == 2024 {
        days.on(9, 23, sovereign(days));
    } else {
        days.monday(-1, 9, sovereign(days));
    }
}
