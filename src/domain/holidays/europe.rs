//! The United Kingdom, Ireland and France.
//!
//! Owns the bank holidays of the Banking and Financial Dealings Act 1971 with those that were proclaimed or moved, the
//! public holidays of the Organisation of Working Time Act 1997, and article L3133-1 of the Code du travail.

use jiff::civil::{Date, Weekday};

use super::days::Days;

const NEW_YEAR: &str = "New Year's Day";
const GOOD_FRIDAY: &str = "Good Friday";
const EASTER_MONDAY: &str = "Easter Monday";
const CHRISTMAS: &str = "Christmas Day";
const BOXING: &str = "Boxing Day";

/// What all parts of the United Kingdom share.
fn united_kingdom(days: &mut Days) {
    days.fixed(&[(1, 1, NEW_YEAR), (12, 25, CHRISTMAS), (12, 26, BOXING)]);
    days.easter(-2, GOOD_FRIDAY);
    if days.year == 2020 {
        // Moved for the 75th anniversary of the end of the war in Europe.
        days.on(5, 8, "Early May bank holiday");
    } else {
        days.monday(1, 5, "Early May bank holiday");
    }
    if days.year == 2022 {
        // Moved for the jubilee.
        days.on(6, 2, "Spring bank holiday");
    } else {
        days.monday(-1, 5, "Spring bank holiday");
    }
    days.dated(&[
        (2011, 4, 29, "Wedding of Prince William and Catherine Middleton"),
        (2012, 6, 5, "Diamond Jubilee of Elizabeth II"),
        (2022, 6, 3, "Platinum Jubilee of Elizabeth II"),
        (2022, 9, 19, "State Funeral of Queen Elizabeth II"),
        (2023, 5, 8, "Coronation of King Charles III"),
    ]);
}

fn substitutes(days: &mut Days) {
    days.in_lieu(1, 1, "New Year's Day (substitute)");
    days.in_lieu(12, 25, "Christmas Day (substitute)");
    days.in_lieu(12, 26, "Boxing Day (substitute)");
}

pub(super) fn england_wales(days: &mut Days) {
    united_kingdom(days);
    days.easter(1, EASTER_MONDAY);
    days.monday(-1, 8, "Summer bank holiday");
    substitutes(days);
}

pub(super) fn scotland(days: &mut Days) {
    united_kingdom(days);
    days.on(1, 2, "2 January");
    days.monday(1, 8, "Summer bank holiday");
    days.on(11, 30, "St Andrew's Day");
    days.dated(&[(2026, 6, 15, "Scotland at the World Cup")]);
    days.in_lieu(1, 1, "New Year's Day (substitute)");
    days.in_lieu(1, 2, "2 January (substitute)");
    days.in_lieu(11, 30, "St Andrew's Day (substitute)");
    days.in_lieu(12, 25, "Christmas Day (substitute)");
    days.in_lieu(12, 26, "Boxing Day (substitute)");
}

pub(super) fn northern_ireland(days: &mut Days) {
    united_kingdom(days);
    days.easter(1, EASTER_MONDAY);
    days.monday(-1, 8, "Summer bank holiday");
    days.fixed(&[(3, 17, "St Patrick's Day"), (7, 12, "Battle of the Boyne")]);
    substitutes(days);
    days.in_lieu(3, 17, "St Patrick's Day (substitute)");
    days.in_lieu(7, 12, "Battle of the Boyne (substitute)");
}

/// A public holiday on a weekend moves no office: whoever works on it has a day off another time.
pub(super) fn ireland(days: &mut Days) {
    days.fixed(&[
        (1, 1, NEW_YEAR),
        (3, 17, "St Patrick's Day"),
        (12, 25, CHRISTMAS),
        (12, 26, "St Stephen's Day"),
    ]);
    if days.year >= 2023 {
        // 1 February when that is a Friday, else the first Monday of the month.
        let first = Date::new(days.year, 2, 1).ok();
        let friday = first.filter(|day| day.weekday() == Weekday::Friday);
        days.at(friday.or_else(|| days.nth(1, Weekday::Monday, 2)), "St Brigid's Day");
    }
    days.easter(1, EASTER_MONDAY);
    days.monday(1, 5, "May bank holiday");
    days.monday(1, 6, "June bank holiday");
    days.monday(1, 8, "August bank holiday");
    days.monday(-1, 10, "October bank holiday");
    days.dated(&[
        (1999, 12, 31, "Millennium"),
        (2011, 9, 14, "National Day of Mourning"),
        (2022, 3, 18, "Day of Remembrance and Recognition"),
    ]);
}

pub(super) fn france(days: &mut Days) {
    days.fixed(&[
        (1, 1, "New Year's Day (Jour de l'an)"),
        (5, 1, "Labour Day (Fête du travail)"),
        (5, 8, "Victory Day (8 mai)"),
        (7, 14, "National Day (14 juillet)"),
        (8, 15, "Assumption Day (Assomption)"),
        (11, 1, "All Saints' Day (Toussaint)"),
        (11, 11, "Armistice Day (11 novembre)"),
        (12, 25, "Christmas Day (Noël)"),
    ]);
    days.easter(1, "Easter Monday (lundi de Pâques)");
    days.easter(39, "Ascension Day (Ascension)");
    days.easter(50, "Whit Monday (lundi de Pentecôte)");
}

pub(super) fn alsace_moselle(days: &mut Days) {
    france(days);
    days.easter(-2, "Good Friday (Vendredi saint)");
    days.on(12, 26, "St Stephen's Day (Saint-Étienne)");
}
