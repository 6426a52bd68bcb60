//! The settings of clocks: calendars and policies, read from `sla.toml` and checked.
//!
//! Owns what the file means. It counts nothing: a calendar that cannot work is refused here, with its line, and never
//! found out at midnight.

mod calendar;
pub mod edit;
mod raw;

use std::{collections::BTreeMap, fs, io, ops::Range, path::Path, sync::Arc, time::Duration};

use jiff::tz::TimeZone;
use toml::Spanned;

use self::{
    calendar::{calendar, parsed},
    raw::{RawPolicy, RawSla, RawSubstantiveBy},
};
use super::{
    ConfigError,
    error::{Mistake, nearest},
};
use crate::domain::{
    calendar::WorkCalendar,
    holidays::HolidaySet,
    sla::{SlaPolicy, SubstantiveBy},
    target::Target,
};

/// The annotated settings that ship with the program, and hold when an office has none of its own.
pub const SHIPPED: &str = include_str!("../../config/sla.toml");

/// The name of the calendar that `[calendar]` describes, unless it says another.
const OFFICE: &str = "office";
/// The policy that is the default, unless the file says another.
const FIRM: &str = "firm";

/// A policy with the calendar in which its time is counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The policy.
    pub policy: Arc<SlaPolicy>,
    /// Its calendar.
    pub calendar: Arc<WorkCalendar>,
}

/// Every policy of the office.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlaSettings {
    /// The calendar of the office (`[calendar]`).
    pub office: Arc<WorkCalendar>,
    /// Every calendar by its name, the office's included.
    pub calendars: BTreeMap<String, Arc<WorkCalendar>>,
    /// The policy of matters that name no other.
    pub default: Rule,
    /// Every policy by its name, the default one included.
    pub rules: BTreeMap<String, Rule>,
}

impl SlaSettings {
    /// The rule of that name; the default one for a name that is not there (any more).
    pub fn rule(&self, name: Option<&str>) -> &Rule {
        name.and_then(|name| self.rules.get(name)).unwrap_or(&self.default)
    }
}

/// Reads the settings of clocks; what ships with the program holds where there is no such file.
///
/// # Errors
/// The file cannot be read, or the first mistake in it, with its line and column.
pub fn load(file: &Path) -> Result<SlaSettings, ConfigError> {
    match fs::read_to_string(file) {
        Ok(text) => parse(&text, file),
        Err(source) if source.kind() == io::ErrorKind::NotFound => parse(SHIPPED, file),
        Err(source) => Err(ConfigError::Read { file: file.to_owned(), source }),
    }
}

/// Reads one calendar: the `[calendar]` of such a file.
///
/// # Errors
/// There is no such file; it cannot be read; the first mistake in it, with its line and column.
pub fn load_calendar(file: &Path) -> Result<Arc<WorkCalendar>, ConfigError> {
    let text = fs::read_to_string(file)
        .map_err(|source| ConfigError::Read { file: file.to_owned(), source })?;
    parse(&text, file).map(|settings| settings.office)
}

/// Reads settings of clocks from a text that stands (or will stand) in `file`.
///
/// # Errors
/// The first mistake, with its line and column.
pub fn parse(text: &str, file: &Path) -> Result<SlaSettings, ConfigError> {
    raw::parse(text).and_then(resolve).map_err(|mistake| mistake.at(text, file))
}

/// The shipped settings with the office in another zone (an IANA name, such as [`system_zone`] gives).
///
/// # Errors
/// The zone is not known.
pub fn shipped_in(zone: &str) -> Result<SlaSettings, ConfigError> {
    let text = text_in(zone);
    parse(&text, Path::new("sla.toml"))
}

/// The text of the shipped settings with the office in another zone, for a new office's own file. It keeps the holidays of
/// that zone's country, where the zone has one country and we know its holidays.
pub fn text_in(zone: &str) -> String {
    let quoted = toml::Value::from(zone).to_string();
    let kept = HolidaySet::of_zone(zone).map(|set| format!("\"{}\"", set.id()));
    SHIPPED.replacen("zone = \"Europe/London\"", &format!("zone = {quoted}"), 1).replacen(
        SHIPPED_HOLIDAYS,
        &format!("holidays = [{}]", kept.unwrap_or_default()),
        1,
    )
}

/// The holidays of the shipped settings, as they stand there.
const SHIPPED_HOLIDAYS: &str = "holidays = [\"gb-england-wales\"]";

/// The same without a closed or special day: a practice office works on every weekday, whatever the day is today.
pub fn every_weekday_in(zone: &str) -> String {
    let dated = |line: &&str| {
        line.starts_with(|c: char| c.is_ascii_digit()) || line.starts_with("holidays = ")
    };
    let text = text_in(zone);
    text.lines().filter(|line| !dated(line)).flat_map(|line| [line, "\n"]).collect()
}

/// The IANA name of this computer's zone, if it has one: a proposal for a new office, never what clocks count in.
pub fn system_zone() -> Option<String> {
    TimeZone::try_system().ok().and_then(|zone| zone.iana_name().map(str::to_owned))
}

fn resolve(raw: RawSla) -> Result<SlaSettings, Mistake> {
    let Some(office) = raw.calendar else {
        return Err(Mistake::new(0..0, "there is no [calendar]")
            .remedy("say when the office is open: a [calendar] with its zone and its hours"));
    };
    let span = office.span();
    let mut office = office.into_inner();
    let name = office.name.take().unwrap_or_else(|| OFFICE.to_owned());
    let office = Arc::new(calendar(name.clone(), span, office)?);
    let mut calendars = BTreeMap::from([(name, Arc::clone(&office))]);
    for (key, raw) in raw.calendars {
        let name = key.get_ref().clone();
        if calendars.contains_key(&name) {
            return Err(Mistake::new(key.span(), "there are two calendars of this name"));
        }
        let made = calendar(name.clone(), key.span(), raw)?;
        calendars.insert(name, Arc::new(made));
    }
    let (default, rules) = rules(raw.default, raw.policies, &office, &calendars)?;
    Ok(SlaSettings { office, calendars, default, rules })
}

type Calendars = BTreeMap<String, Arc<WorkCalendar>>;

fn rules(
    default: Option<Spanned<String>>,
    mut policies: BTreeMap<Spanned<String>, RawPolicy>,
    office: &Arc<WorkCalendar>,
    calendars: &Calendars,
) -> Result<(Rule, BTreeMap<String, Rule>), Mistake> {
    let (name, span) = match default {
        Some(name) => (name.get_ref().clone(), Some(name.span())),
        None => (FIRM.to_owned(), None),
    };
    let names: Vec<String> = policies.keys().map(|key| key.get_ref().clone()).collect();
    let key = policies.keys().find(|key| *key.get_ref() == name).cloned();
    let raw = match (key.and_then(|key| policies.remove(&key)), span) {
        (Some(raw), _) => raw,
        (None, Some(span)) => return Err(unknown(span, "policy", &name, &names)),
        (None, None) => RawPolicy::default(),
    };
    let shipped =
        SlaPolicy { name: name.clone(), calendar: office.name.clone(), ..SlaPolicy::default() };
    let default = rule(raw, shipped, calendars)?;
    let mut rules = BTreeMap::from([(name, default.clone())]);
    for (key, raw) in policies {
        let name = key.into_inner();
        let base = SlaPolicy { name: name.clone(), ..(*default.policy).clone() };
        rules.insert(name, rule(raw, base, calendars)?);
    }
    Ok((default, rules))
}

fn rule(raw: RawPolicy, base: SlaPolicy, calendars: &Calendars) -> Result<Rule, Mistake> {
    let mut policy = base;
    let written_at = raw.calendar.as_ref().map(Spanned::span);
    if let Some(name) = raw.calendar {
        policy.calendar = name.into_inner();
    }
    let Some(calendar) = calendars.get(&policy.calendar) else {
        let names: Vec<String> = calendars.keys().cloned().collect();
        return Err(unknown(written_at.unwrap_or(0..0), "calendar", &policy.calendar, &names));
    };
    if let Some(ack) = raw.ack {
        policy.ack = parsed(&ack)?;
    }
    if let Some(reply) = raw.reply {
        policy.reply = parsed(&reply)?;
    }
    if let Some(max) = raw.max_holding {
        policy.max_holding = business_days(&max)?;
    }
    if let Some(minutes) = raw.cutoff_minutes {
        policy.cutoff = within(&minutes, 480)?;
    }
    if let Some(minutes) = raw.crossed_minutes {
        policy.crossed_window = within(&minutes, 120)?;
    }
    policy.auto_ack_counts = raw.auto_ack_counts.unwrap_or(policy.auto_ack_counts);
    policy.substantive_by = match raw.substantive_by {
        Some(RawSubstantiveBy::Anyone) => SubstantiveBy::Anyone,
        Some(RawSubstantiveBy::Lawyer) => SubstantiveBy::Lawyer,
        Some(RawSubstantiveBy::Responsible) => SubstantiveBy::Responsible,
        None => policy.substantive_by,
    };
    Ok(Rule { policy: Arc::new(policy), calendar: Arc::clone(calendar) })
}

fn business_days(text: &Spanned<String>) -> Result<u16, Mistake> {
    match parsed(text)? {
        Target::BusinessDays(n) => Ok(n),
        Target::Hours(_)
        | Target::BusinessHours(_)
        | Target::Days(_)
        | Target::CloseOfBusiness(_) => {
            Err(Mistake::new(text.span(), "max_holding counts business days, such as 5bd"))
        }
    }
}

fn within(minutes: &Spanned<u16>, most: u16) -> Result<Duration, Mistake> {
    if *minutes.get_ref() > most {
        return Err(Mistake::new(minutes.span(), format!("this is 0 to {most} minutes")));
    }
    Ok(Duration::from_mins(u64::from(*minutes.get_ref())))
}

fn unknown(span: Range<usize>, kind: &str, written: &str, known: &[String]) -> Mistake {
    let mistake = Mistake::new(span, format!("there is no {kind} `{written}`"));
    mistake.remedy(match nearest(written, known) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("known here: {}", known.join(", ")),
    })
}

#[cfg(test)]
mod tests;
