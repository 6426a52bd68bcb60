//! Public holidays as rules: which days a country, a Land or a state does not work, in any year.
//!
//! Owns the list of sets and the days of each. Pure: nothing is fetched. What only an authority can tell (days that follow
//! the moon, a royal funeral) stands as a dated exception, and a set says up to which year it knows all of them.

mod america;
mod asia;
mod australia;
mod days;
mod europe;
mod germany;

#[cfg(test)]
mod tests;

use std::{fmt, ops::RangeInclusive};

use jiff::civil::Date;

use days::Days;
pub use days::Holiday;

/// The years for which sets are asked. Before 2020 the rules of 2020 are taken to have held.
pub const YEARS: RangeInclusive<i16> = 1990..=2099;

/// A set of holidays, by its name in the settings.
#[derive(Clone, Copy)]
pub struct HolidaySet(&'static Rules);

struct Rules {
    id: &'static str,
    title: &'static str,
    /// The last year of which every day is known.
    known_to: i16,
    make: fn(&mut Days),
}

/// Every day follows from a rule, as far as laws stay what they are.
const RULES: i16 = 2099;

const fn set(id: &'static str, title: &'static str, known_to: i16, make: fn(&mut Days)) -> Rules {
    Rules { id, title, known_to, make }
}

/// Every set, by country.
static SETS: [Rules; 37] = [
    set("us-federal", "United States (federal)", RULES, america::us_federal),
    set("ca-federal", "Canada (federal)", RULES, america::ca_federal),
    set("gb-england-wales", "England and Wales", RULES, europe::england_wales),
    set("gb-scotland", "Scotland", RULES, europe::scotland),
    set("gb-northern-ireland", "Northern Ireland", RULES, europe::northern_ireland),
    set("ie", "Ireland", RULES, europe::ireland),
    set("fr", "France", RULES, europe::france),
    set("fr-alsace-moselle", "France (Alsace and Moselle)", RULES, europe::alsace_moselle),
    set("de", "Germany (in every Land)", RULES, germany::common),
    set("de-BB", "Germany (Brandenburg)", RULES, germany::bb),
    set("de-BE", "Germany (Berlin)", RULES, germany::be),
    set("de-BW", "Germany (Baden-Württemberg)", RULES, germany::bw),
    set("de-BY", "Germany (Bavaria)", RULES, germany::by),
    set(
        "de-BY-assumption",
        "Germany (Bavaria, with Assumption Day)",
        RULES,
        germany::by_assumption,
    ),
    set("de-HB", "Germany (Bremen)", RULES, germany::hb),
    set("de-HE", "Germany (Hesse)", RULES, germany::he),
    set("de-HH", "Germany (Hamburg)", RULES, germany::hh),
    set("de-MV", "Germany (Mecklenburg-Vorpommern)", RULES, germany::mv),
    set("de-NI", "Germany (Lower Saxony)", RULES, germany::ni),
    set("de-NW", "Germany (North Rhine-Westphalia)", RULES, germany::nw),
    set("de-RP", "Germany (Rhineland-Palatinate)", RULES, germany::rp),
    set("de-SH", "Germany (Schleswig-Holstein)", RULES, germany::sh),
    set("de-SL", "Germany (Saarland)", RULES, germany::sl),
    set("de-SN", "Germany (Saxony)", RULES, germany::sn),
    set("de-ST", "Germany (Saxony-Anhalt)", RULES, germany::st),
    set("de-TH", "Germany (Thuringia)", RULES, germany::th),
    set("au", "Australia (in every state)", RULES, australia::national),
    set("au-ACT", "Australia (Capital Territory)", RULES, australia::act),
    set("au-NSW", "Australia (New South Wales)", RULES, australia::nsw),
    set("au-NT", "Australia (Northern Territory)", RULES, australia::nt),
    set("au-QLD", "Australia (Queensland)", RULES, australia::qld),
    set("au-SA", "Australia (South Australia)", RULES, australia::sa),
    set("au-TAS", "Australia (Tasmania)", RULES, australia::tas),
    set("au-VIC", "Australia (Victoria)", RULES, australia::vic),
    set("au-WA", "Australia (Western Australia)", RULES, australia::wa),
    set("in", "India (central government)", asia::INDIA_TO, asia::india),
    set("sg", "Singapore", asia::SINGAPORE_TO, asia::singapore),
];

impl HolidaySet {
    /// Every set, by country.
    pub fn all() -> impl Iterator<Item = Self> {
        SETS.iter().map(Self)
    }

    /// The set of this name; case does not matter.
    pub fn named(id: &str) -> Option<Self> {
        Self::all().find(|set| set.id().eq_ignore_ascii_case(id))
    }

    /// The set that holds wherever this IANA zone is used, where there is one.
    pub fn of_zone(zone: &str) -> Option<Self> {
        let id = match zone {
            "Europe/London" => "gb-england-wales",
            "Europe/Belfast" => "gb-northern-ireland",
            "Europe/Dublin" => "ie",
            "Europe/Paris" => "fr",
            "Europe/Berlin" | "Europe/Busingen" => "de",
            "Asia/Kolkata" | "Asia/Calcutta" => "in",
            "Asia/Singapore" => "sg",
            "Australia/Sydney" => "au-NSW",
            "Australia/Melbourne" => "au-VIC",
            "Australia/Brisbane" => "au-QLD",
            "Australia/Perth" => "au-WA",
            "Australia/Adelaide" => "au-SA",
            "Australia/Hobart" => "au-TAS",
            "Australia/Darwin" => "au-NT",
            "Australia/Canberra" => "au-ACT",
            "America/New_York"
            | "America/Detroit"
            | "America/Chicago"
            | "America/Denver"
            | "America/Boise"
            | "America/Phoenix"
            | "America/Los_Angeles"
            | "America/Anchorage"
            | "Pacific/Honolulu" => "us-federal",
            "America/Toronto" | "America/Halifax" | "America/St_Johns" | "America/Winnipeg"
            | "America/Regina" | "America/Edmonton" | "America/Vancouver" => "ca-federal",
            _ => return None,
        };
        Self::named(id)
    }

    /// Its name in the settings, such as `de-BE`.
    pub const fn id(self) -> &'static str {
        self.0.id
    }

    /// Where it holds, in words.
    pub const fn title(self) -> &'static str {
        self.0.title
    }

    /// The last year of which every day is known; `None` when all of them follow from rules.
    pub fn known_to(self) -> Option<i16> {
        (self.0.known_to < RULES).then_some(self.0.known_to)
    }

    /// The days of a year, soonest first; of two holidays on one day the one that was named first.
    pub fn days(self, year: i16) -> Vec<Holiday> {
        let mut days = Days::of(year);
        (self.0.make)(&mut days);
        days.finish()
    }

    /// The name of this day, if it is a holiday.
    pub fn name_of(self, date: Date) -> Option<&'static str> {
        self.days(date.year()).into_iter().find(|day| day.date == date).map(|day| day.name)
    }
}

impl PartialEq for HolidaySet {
    fn eq(&self, other: &Self) -> bool {
        self.id() == other.id()
    }
}

impl Eq for HolidaySet {}

impl fmt::Debug for HolidaySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}
