//! What the settings of clocks mean, and what is said about a mistake in them.

use super::*;

fn read(text: &str) -> Result<SlaSettings, String> {
    parse(text, Path::new("sla.toml")).map_err(|error| error.to_string())
}

fn mistake(text: &str) -> String {
    read(text).unwrap_err()
}

const CALENDAR: &str =
    "[calendar]\nzone = \"America/New_York\"\nhours = { mon-fri = \"09:00-17:00\" }\n";

#[test]
fn what_ships_holds_the_defaults_of_the_design() {
    let shipped = read(SHIPPED).unwrap();
    assert_eq!(*shipped.default.policy, SlaPolicy::default());
    let urgent = &shipped.rule(Some("urgent")).policy;
    assert_eq!((urgent.ack, urgent.reply), (Target::BusinessHours(1), Target::BusinessHours(4)));
    let intake = &shipped.rule(Some("intake")).policy;
    assert_eq!((intake.ack, intake.reply), (Target::BusinessHours(1), Target::BusinessDays(1)));
    assert_eq!(shipped.rule(Some("gone")), &shipped.default);
    assert_eq!(shipped.office.zone_name(), "Europe/London");
}

#[test]
fn every_commented_value_is_the_default() {
    let uncommented: String = SHIPPED
        .lines()
        .map(|line| match line.strip_prefix("# ") {
            Some(key) if key.split(' ').nth(1) == Some("=") => format!("{key}\n"),
            Some(_) | None => format!("{line}\n"),
        })
        .collect();
    assert_ne!(uncommented, SHIPPED);
    assert_eq!(read(&uncommented), read(SHIPPED));
}

#[test]
fn every_example_is_understood() {
    let with_examples = SHIPPED.replace("#: ", "");
    let settings = read(&with_examples).unwrap();
    assert!(settings.office.is_business_day("2026-11-28".parse().unwrap()));
}

#[test]
fn the_office_can_be_in_another_zone() {
    assert_eq!(shipped_in("Africa/Accra").unwrap().office.zone_name(), "Africa/Accra");
    assert!(shipped_in("Nowhere\"/X").is_err());
}

#[test]
fn a_file_with_a_calendar_alone_is_enough() {
    let settings = read(CALENDAR).unwrap();
    assert_eq!(settings.default.policy.name, "firm");
    assert_eq!(settings.default.calendar, settings.office);
}

#[test]
fn the_short_forms_mean_the_same_as_the_long_ones() {
    let long = read(
        "[calendar]\nzone = \"Europe/Berlin\"\n[calendar.hours]\n\
         mon = [\"13:30-17:30\", \"08:30-12:30\"]\n\
         [calendar.closed]\n2026-12-25 = \"Christmas\"\n2026-12-26 = \"\"\n\
         [calendar.special]\n2026-12-24 = { hours = [\"09:00-13:00\"] }\n",
    );
    let short = read(
        "[calendar]\nzone = \"Europe/Berlin\"\nhours = { mon = [\"08:30-12:30\", \"13:30-17:30\"] }\n\
         closed = [\"2026-12-25 Christmas\", 2026-12-26]\nspecial = { 2026-12-24 = \"09:00-13:00\" }\n",
    );
    assert_eq!(long.unwrap(), short.unwrap());
}

#[test]
fn a_policy_takes_what_it_does_not_say_from_the_default_one() {
    let text = format!(
        "default = \"house\"\n{CALENDAR}[policies.house]\nack = \"2bh\"\nsubstantive_by = \"lawyer\"\n\
         [policies.slow]\nreply = \"cob+2\"\n"
    );
    let settings = read(&text).unwrap();
    let slow = &settings.rule(Some("slow")).policy;
    assert_eq!((slow.ack, slow.reply), (Target::BusinessHours(2), Target::CloseOfBusiness(2)));
    assert_eq!(slow.substantive_by, SubstantiveBy::Lawyer);
    assert_eq!(settings.default.policy.name, "house");
}

#[test]
fn a_mistake_is_told_with_its_place_and_its_remedy() {
    for (text, said) in [
        ("", "sla.toml:1:1: there is no [calendar]"),
        (
            "[calendar]\nzone = \"New York\"\nhours = { mon = \"09:00-17:00\" }\n",
            "sla.toml:2:8: `New York` is not a time zone\n  did you mean `America/New_York`?",
        ),
        (
            "[calendar]\nzone = \"Europe/Lodnon\"\nhours = { mon = \"09:00-17:00\" }\n",
            "sla.toml:2:8: `Europe/Lodnon` is not a time zone\n  did you mean `Europe/London`?",
        ),
        (
            "[calendar]\nzone = \"Europe/London\"\n",
            "sla.toml:1:1: the calendar \"office\" never opens",
        ),
        (
            "[calendar]\nzone = \"Europe/London\"\nhours = { mon = [] }\n",
            "sla.toml:3:9: the calendar",
        ),
        (
            "[calendar]\nzone = \"Europe/London\"\nhours = { mon = \"17:00-09:00\" }\n",
            "sla.toml:3:17: it closes before it opens; for a night shift count on past midnight",
        ),
        (
            "[calendar]\nzone = \"Europe/London\"\n[calendar.hours]\nmon = [\"09:00-12:00\", \"13-17\"]\n",
            "sla.toml:4:23: hours are written HH:MM-HH:MM",
        ),
        (
            "[calendar]\nzoen = \"Europe/London\"\n",
            "sla.toml:2:1: unknown key `zoen`\n  did you mean `zone`?",
        ),
        ("[calendar]\nhours = { mon = \"09:00-17:00\" }\n", "sla.toml:1:1: missing field `zone`"),
    ] {
        let got = mistake(text);
        assert!(got.starts_with(said), "{text}\n got: {got}\nwant: {said}");
    }
}

#[test]
fn a_mistake_below_a_sound_calendar_is_told_with_its_place_and_its_remedy() {
    for (tail, said) in [
        ("[calendar.closed]\n2026-02-30 = \"x\"\n", "sla.toml:5:1: `2026-02-30` is not a date"),
        ("[calendar.special]\n2026-12-24 = \"9-1\"\n", "sla.toml:5:14: hours are written"),
        (
            "[calendar.special]\n2026-12-24 = \"09:00-13:00\"\n20261224 = \"09:00-12:00\"\n",
            "sla.toml:6:1: this day is named twice",
        ),
        ("[policies.firm]\nack = \"4 hours\"\n", "sla.toml:5:7: a target is a number with a unit"),
        (
            "[policies.firm]\nmax_holding = \"5d\"\n",
            "sla.toml:5:15: max_holding counts business days",
        ),
        (
            "[policies.firm]\nakc = \"4bh\"\n",
            "sla.toml:5:1: unknown key `akc`\n  did you mean `ack`?",
        ),
        ("[policies.firm]\ncutoff_minutes = 481\n", "sla.toml:5:18: this is 0 to 480 minutes"),
        (
            "[policies.firm]\nsubstantive_by = \"laywer\"\n",
            "sla.toml:5:18: this value is not known here",
        ),
        (
            "[policies.x]\ncalendar = \"ofice\"\n",
            "sla.toml:5:12: there is no calendar `ofice`\n  did you mean `office`?",
        ),
        (
            "[calendars.office]\nzone = \"Europe/London\"\n",
            "sla.toml:4:12: there are two calendars",
        ),
    ] {
        let got = mistake(&format!("{CALENDAR}{tail}"));
        assert!(got.starts_with(said), "{tail}\n got: {got}\nwant: {said}");
    }
    let got = mistake(&format!("default = \"frim\"\n{CALENDAR}[policies.firm]\n"));
    assert!(
        got.starts_with("sla.toml:1:11: there is no policy `frim`\n  did you mean `firm`?"),
        "{got}"
    );
}

#[test]
fn hours_that_cannot_be_meant_are_refused_with_place_and_remedy() {
    let at = |hours: &str| {
        mistake(&format!("[calendar]\nzone = \"Europe/London\"\nhours = {{ {hours} }}\n"))
    };
    for (hours, said) in [
        (
            "mon = [\"09:00-13:00\", \"12:00-17:00\"]",
            "sla.toml:3:33: `12:00-17:00` overlaps `09:00-13:00`\n  write the two as one",
        ),
        ("mon = [\"09:00-13:00\", \"09:00-13:00\"]", "sla.toml:3:33: `09:00-13:00` overlaps"),
        (
            "mon = \"22:00-34:00\", tue = \"09:00-17:00\"",
            "sla.toml:3:17: `22:00-34:00` reaches into the first shift of the next day\n  let it end",
        ),
        // Sunday night reaches into Monday morning.
        (
            "mon-fri = \"06:00-14:00\", sun = \"22:00-31:00\"",
            "sla.toml:3:42: `22:00-31:00` reaches into",
        ),
        ("mon = \"09:00-09:00\"", "sla.toml:3:17: it closes before it opens"),
    ] {
        let got = at(hours);
        assert!(got.starts_with(said), "{hours}\n got: {got}\nwant: {said}");
    }
    let fine = "[calendar]\nzone = \"Europe/London\"\n\
         hours = { mon-fri = [\"09:00-13:00\", \"13:00-17:00\"], sat = \"22:00-30:00\", sun = \"06:00-08:00\" }\n";
    assert!(read(fine).is_ok(), "shifts that touch do not overlap");
}

#[test]
fn a_calendar_keeps_the_holidays_that_it_names() {
    let text = "[calendar]\nzone = \"Europe/Berlin\"\nhours = { mon-fri = \"09:00-17:00\" }\n";
    let with = |sets: &str| read(&text.replace("hours", &format!("holidays = [{sets}]\nhours")));
    let office = with("\"DE-be\", \"fr\"").unwrap().office;
    let name = |date: &str| office.day_name(date.parse().unwrap()).map(str::to_owned);
    assert_eq!(name("2027-03-08").as_deref(), Some("Women's Day (Frauentag)"));
    assert_eq!(name("2027-07-14").as_deref(), Some("National Day (14 juillet)"));
    assert!(!office.is_business_day("2027-03-08".parse().unwrap()));
    assert!(office.unknown_after().is_none());
    for (sets, said) in [
        (
            "\"de-BR\"",
            "sla.toml:3:13: there is no set of holidays `de-BR`\n  did you mean `de-BB`? `matterbox calendar sets`",
        ),
        (
            "\"Deutschland\"",
            "sla.toml:3:13: there is no set of holidays `Deutschland`\n  `matterbox",
        ),
        ("\"fr\", \"FR\"", "sla.toml:3:19: this set of holidays is named twice"),
    ] {
        let got = with(sets).unwrap_err();
        assert!(got.starts_with(said), "{sets}\n got: {got}\nwant: {said}");
    }
}

#[test]
fn a_special_day_outranks_a_closed_one_that_a_holiday_and_that_the_week() {
    let text = "[calendar]\nzone = \"Europe/London\"\nholidays = [\"gb-england-wales\"]\n\
         hours = { mon-fri = \"09:00-17:00\" }\n\
         closed = [\"2026-12-25 Ours\", \"2026-12-29 Move\", \"2027-01-01 Gone\"]\n\
         special = { 2027-01-01 = \"10:00-12:00\", 2026-12-28 = { name = \"Shut\" } }\n";
    let office = read(text).unwrap().office;
    for (date, name, open) in [
        ("2027-01-01", None, true),
        ("2026-12-28", Some("Shut"), false),
        ("2026-12-25", Some("Ours"), false),
        ("2026-12-29", Some("Move"), false),
        ("2027-03-26", Some("Good Friday"), false),
        ("2026-12-30", None, true),
    ] {
        let day = date.parse().unwrap();
        assert_eq!(office.day_name(day), name, "{date}");
        assert_eq!(office.is_business_day(day), open, "{date}");
        assert_eq!(office.is_closed_day(day), !open, "{date}");
    }
}

#[test]
fn a_new_office_keeps_the_holidays_of_its_zone() {
    for (zone, sets) in [
        ("America/New_York", vec!["us-federal"]),
        ("Europe/London", vec!["gb-england-wales"]),
        ("Africa/Accra", vec![]),
    ] {
        let office = shipped_in(zone).unwrap().office;
        let kept: Vec<&str> = office.holiday_sets().iter().map(|set| set.id()).collect();
        assert_eq!(kept, sets, "{zone}");
    }
    let practice = parse(&every_weekday_in("Europe/London"), Path::new("sla.toml")).unwrap().office;
    assert!(practice.holiday_sets().is_empty());
    assert!(practice.is_business_day("2026-12-25".parse().unwrap()));
}
