//! Germany: what holds everywhere, and the holidays of each of the sixteen Länder.
//!
//! Owns the holiday laws of the Länder as far as they hold in the whole Land. What holds only in some communities (Corpus
//! Christi in parts of Saxony and Thuringia, the Peace Festival of Augsburg) an office adds to its closed days.

use jiff::civil::{Date, Weekday};

use super::days::Days;

pub(super) fn common(days: &mut Days) {
    days.fixed(&[
        (1, 1, "New Year's Day (Neujahr)"),
        (5, 1, "Labour Day (Tag der Arbeit)"),
        (10, 3, "German Unity Day (Tag der Deutschen Einheit)"),
        (12, 25, "Christmas Day (1. Weihnachtstag)"),
        (12, 26, "Second Day of Christmas (2. Weihnachtstag)"),
    ]);
    days.easter(-2, "Good Friday (Karfreitag)");
    days.easter(1, "Easter Monday (Ostermontag)");
    days.easter(39, "Ascension Day (Christi Himmelfahrt)");
    days.easter(50, "Whit Monday (Pfingstmontag)");
    if days.year == 2017 {
        reformation(days);
    }
}

fn epiphany(days: &mut Days) {
    days.on(1, 6, "Epiphany (Heilige Drei Könige)");
}

fn womens_day(days: &mut Days) {
    days.on(3, 8, "Women's Day (Frauentag)");
}

fn corpus_christi(days: &mut Days) {
    days.easter(60, "Corpus Christi (Fronleichnam)");
}

fn assumption(days: &mut Days) {
    days.on(8, 15, "Assumption Day (Mariä Himmelfahrt)");
}

fn reformation(days: &mut Days) {
    days.on(10, 31, "Reformation Day (Reformationstag)");
}

fn all_saints(days: &mut Days) {
    days.on(11, 1, "All Saints' Day (Allerheiligen)");
}

/// The four Länder of the north have had it since 2018.
fn north(days: &mut Days) {
    common(days);
    if days.year >= 2018 {
        reformation(days);
    }
}

pub(super) fn bb(days: &mut Days) {
    common(days);
    days.easter(0, "Easter Sunday (Ostersonntag)");
    days.easter(49, "Whit Sunday (Pfingstsonntag)");
    reformation(days);
}

pub(super) fn be(days: &mut Days) {
    common(days);
    if days.year >= 2019 {
        womens_day(days);
    }
    days.dated(&[
        (2020, 5, 8, "75 years of liberation (Tag der Befreiung)"),
        (2025, 5, 8, "80 years of liberation (Tag der Befreiung)"),
        (2028, 6, 17, "75 years since the uprising of 1953 (17. Juni)"),
    ]);
}

pub(super) fn bw(days: &mut Days) {
    common(days);
    epiphany(days);
    corpus_christi(days);
    all_saints(days);
}

pub(super) fn by(days: &mut Days) {
    bw(days);
}

/// Most communities of Bavaria, Munich among them, have this day too.
pub(super) fn by_assumption(days: &mut Days) {
    by(days);
    assumption(days);
}

pub(super) fn hb(days: &mut Days) {
    north(days);
}

pub(super) fn he(days: &mut Days) {
    common(days);
    corpus_christi(days);
}

pub(super) fn hh(days: &mut Days) {
    north(days);
}

pub(super) fn mv(days: &mut Days) {
    common(days);
    reformation(days);
    if days.year >= 2023 {
        womens_day(days);
    }
}

pub(super) fn ni(days: &mut Days) {
    north(days);
}

pub(super) fn nw(days: &mut Days) {
    common(days);
    corpus_christi(days);
    all_saints(days);
}

pub(super) fn rp(days: &mut Days) {
    nw(days);
}

pub(super) fn sh(days: &mut Days) {
    north(days);
}

pub(super) fn sl(days: &mut Days) {
    nw(days);
    assumption(days);
}

pub(super) fn sn(days: &mut Days) {
    common(days);
    reformation(days);
    // The Wednesday before 23 November.
    let before = Date::new(days.year, 11, 23).ok();
    let wednesday = before.and_then(|day| day.nth_weekday(-1, Weekday::Wednesday).ok());
    days.at(wednesday, "Day of Repentance and Prayer (Buß- und Bettag)");
}

pub(super) fn st(days: &mut Days) {
    common(days);
    epiphany(days);
    reformation(days);
}

pub(super) fn th(days: &mut Days) {
    common(days);
    reformation(days);
    if days.year >= 2019 {
        days.on(9, 20, "World Children's Day (Weltkindertag)");
    }
}
