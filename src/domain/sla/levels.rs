//! Where a policy's fields come from: firm, client, matter, thread, urgent mark; the nearest level that sets a field wins
//! (design 4.6).
//!
//! Owns the fields' names and the form of their values. Where levels are kept, and since when they hold, is known elsewhere.

use std::{collections::BTreeMap, fmt, str::FromStr, time::Duration};

use super::{SlaPolicy, SubstantiveBy};
use crate::domain::target::Target;

/// A level, from the farthest to the nearest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// The firm's settings.
    Firm,
    /// What was agreed with a client.
    Client,
    /// A matter.
    Matter,
    /// A thread.
    Thread,
    /// The mark `urgent` on a thread.
    Urgent,
}

impl Level {
    /// Its word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Firm => "firm",
            Self::Client => "client",
            Self::Matter => "matter",
            Self::Thread => "thread",
            Self::Urgent => "urgent",
        }
    }
}

/// A field of a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    /// The calendar.
    Calendar,
    /// Time for the acknowledgement.
    Ack,
    /// Time for the answer.
    Reply,
    /// The furthest date of a holding reply.
    MaxHolding,
    /// The cadence of updates.
    Update,
    /// Time to tell of a development.
    Inform,
    /// The same for an offer.
    InformOffer,
    /// Time after which a client is chased.
    Chase,
    /// Time to find a matter.
    Triage,
    /// Time to report an incident.
    Incident,
    /// Whose answer counts.
    SubstantiveBy,
}

/// A value does not fit its field.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FieldError {
    /// There is no such field.
    #[error(
        "{0:?} is not a field of a policy: calendar, ack, reply, max_holding, update, inform, inform_offer, chase, triage, \
         incident, substantive_by"
    )]
    Field(String),
    /// The value is none of this field.
    #[error("{field} takes {takes}, not {value:?}")]
    Value {
        /// The field.
        field: &'static str,
        /// What it takes.
        takes: &'static str,
        /// What was written.
        value: String,
    },
    /// Not `field=value`.
    #[error("write field=value, such as ack=4bh")]
    Shape,
}

impl Field {
    /// Every field.
    pub const ALL: [Self; 11] = [
        Self::Calendar,
        Self::Ack,
        Self::Reply,
        Self::MaxHolding,
        Self::Update,
        Self::Inform,
        Self::InformOffer,
        Self::Chase,
        Self::Triage,
        Self::Incident,
        Self::SubstantiveBy,
    ];

    /// Its name in `sla.toml`, on the command line and in the record.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Calendar => "calendar",
            Self::Ack => "ack",
            Self::Reply => "reply",
            Self::MaxHolding => "max_holding",
            Self::Update => "update",
            Self::Inform => "inform",
            Self::InformOffer => "inform_offer",
            Self::Chase => "chase",
            Self::Triage => "triage",
            Self::Incident => "incident",
            Self::SubstantiveBy => "substantive_by",
        }
    }

    /// What it takes, in words.
    const fn takes(self) -> &'static str {
        match self {
            Self::Calendar => "the name of a calendar",
            Self::MaxHolding => "business days, such as 5bd",
            Self::Update | Self::Inform | Self::InformOffer | Self::Chase | Self::Triage => {
                "a time with its unit, such as 4bh, 1bd or 14d, or off"
            }
            Self::Ack | Self::Reply | Self::Incident => {
                "a time with its unit, such as 4bh, 1bd or 72h"
            }
            Self::SubstantiveBy => "anyone, lawyer or responsible",
        }
    }

    /// Its value in a policy.
    pub fn value(self, policy: &SlaPolicy) -> String {
        let optional = |target: Option<Target>| {
            target.map_or_else(|| OFF.to_owned(), |target| target.to_string())
        };
        match self {
            Self::Calendar => policy.calendar.clone(),
            Self::Ack => policy.ack.to_string(),
            Self::Reply => policy.reply.to_string(),
            Self::MaxHolding => format!("{}bd", policy.max_holding),
            Self::Update => optional(policy.update),
            Self::Inform => optional(policy.inform),
            Self::InformOffer => optional(policy.inform_offer),
            Self::Chase => optional(policy.chase),
            Self::Triage => optional(policy.triage),
            Self::Incident => policy.incident.to_string(),
            Self::SubstantiveBy => match policy.substantive_by {
                SubstantiveBy::Anyone => "anyone",
                SubstantiveBy::Lawyer => "lawyer",
                SubstantiveBy::Responsible => "responsible",
            }
            .to_owned(),
        }
    }

    /// Sets it in a policy.
    ///
    /// Errors: the value is none of this field.
    pub fn set(self, policy: &mut SlaPolicy, value: &str) -> Result<(), FieldError> {
        let wrong = || FieldError::Value {
            field: self.word(),
            takes: self.takes(),
            value: value.to_owned(),
        };
        let target = || value.parse::<Target>().map_err(|_| wrong());
        let optional = || if value == OFF { Ok(None) } else { target().map(Some) };
        match self {
            Self::Calendar if value.is_empty() || value.contains(char::is_whitespace) => {
                return Err(wrong());
            }
            Self::Calendar => value.clone_into(&mut policy.calendar),
            Self::Ack => policy.ack = target()?,
            Self::Reply => policy.reply = target()?,
            Self::MaxHolding => match target()? {
                Target::BusinessDays(days) => policy.max_holding = days,
                Target::Hours(_)
                | Target::BusinessHours(_)
                | Target::Days(_)
                | Target::CloseOfBusiness(_) => return Err(wrong()),
            },
            Self::Update => policy.update = optional()?,
            Self::Inform => policy.inform = optional()?,
            Self::InformOffer => policy.inform_offer = optional()?,
            Self::Chase => policy.chase = optional()?,
            Self::Triage => policy.triage = optional()?,
            Self::Incident => policy.incident = target()?,
            Self::SubstantiveBy => {
                policy.substantive_by = match value {
                    "anyone" => SubstantiveBy::Anyone,
                    "lawyer" => SubstantiveBy::Lawyer,
                    "responsible" => SubstantiveBy::Responsible,
                    _ => return Err(wrong()),
                }
            }
        }
        Ok(())
    }
}

/// No such clock.
const OFF: &str = "off";

impl FromStr for Field {
    type Err = FieldError;

    fn from_str(text: &str) -> Result<Self, FieldError> {
        let plain = text.replace('-', "_");
        let found = Self::ALL.into_iter().find(|field| field.word() == plain);
        found.ok_or_else(|| FieldError::Field(text.to_owned()))
    }
}

/// What one level says: only the fields that it sets, each with a sound value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Patch(BTreeMap<Field, String>);

impl Patch {
    /// With one more field.
    ///
    /// Errors: the value is none of this field.
    pub fn with(mut self, field: Field, value: &str) -> Result<Self, FieldError> {
        field.set(&mut SlaPolicy::default(), value)?;
        self.0.insert(field, value.to_owned());
        Ok(self)
    }

    /// The fields in which `policy` differs from `base`.
    pub fn between(base: &SlaPolicy, policy: &SlaPolicy) -> Self {
        let fields = Field::ALL.into_iter().filter(|f| f.value(base) != f.value(policy));
        Self(fields.map(|field| (field, field.value(policy))).collect())
    }

    /// Does it set nothing?
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Its fields with their values.
    pub fn fields(&self) -> impl Iterator<Item = (Field, &str)> {
        self.0.iter().map(|(field, value)| (*field, value.as_str()))
    }

    /// What it says of a field.
    pub fn get(&self, field: Field) -> Option<&str> {
        self.0.get(&field).map(String::as_str)
    }
}

impl fmt::Display for Patch {
    /// `ack=4bh reply=1bd`: as the record keeps it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, (field, value)) in self.fields().enumerate() {
            let space = if n == 0 { "" } else { " " };
            write!(f, "{space}{}={value}", field.word())?;
        }
        Ok(())
    }
}

impl FromStr for Patch {
    type Err = FieldError;

    fn from_str(text: &str) -> Result<Self, FieldError> {
        text.split_whitespace().try_fold(Self::default(), |patch, pair| {
            let (field, value) = pair.split_once('=').ok_or(FieldError::Shape)?;
            patch.with(field.parse()?, value)
        })
    }
}

/// What a level says, and since when it says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Says {
    /// The level.
    pub level: Level,
    /// Whose level it is, for people: a client's name, a matter's number.
    pub of: String,
    /// What it says.
    pub patch: Patch,
    /// Its version in the record; 0 for the settings and for marks.
    pub version: i64,
}

/// A field with the level that decided it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// Which field.
    pub field: Field,
    /// Its value.
    pub value: String,
    /// The level that set it.
    pub level: Level,
    /// Whose level.
    pub of: String,
    /// The version.
    pub version: i64,
}

/// The policy that holds under these levels, and where each of its fields comes from. The order of `levels` does not matter
/// but for two of the same level: the later one wins.
pub fn resolve(firm: &SlaPolicy, levels: &[Says]) -> (SlaPolicy, Vec<Resolved>) {
    let mut sorted: Vec<&Says> = levels.iter().collect();
    sorted.sort_by_key(|says| says.level);
    let mut policy = firm.clone();
    let mut resolved = Vec::with_capacity(Field::ALL.len());
    for field in Field::ALL {
        let said = sorted.iter().rev().find_map(|says| Some((*says, says.patch.get(field)?)));
        // A patch holds sound values only: one that is refused here says nothing.
        let said = said.filter(|(_, value)| field.set(&mut policy, value).is_ok());
        let (level, of, version) = match said {
            Some((says, _)) => (says.level, says.of.clone(), says.version),
            None => (Level::Firm, firm.name.clone(), 0),
        };
        resolved.push(Resolved { field, value: field.value(&policy), level, of, version });
    }
    (policy, resolved)
}

/// How long a field allows, in a measure in which longer is looser; `None` where there is no order.
fn looseness(target: Target) -> Duration {
    let hours = |n: u16, each: u64| Duration::from_secs(u64::from(n).saturating_mul(each));
    match target {
        Target::Hours(n) => hours(n, 3600),
        Target::BusinessHours(n) => hours(n, 3 * 3600),
        Target::BusinessDays(n) | Target::Days(n) => hours(n, 24 * 3600),
        Target::CloseOfBusiness(n) => hours(n.saturating_add(1), 24 * 3600),
    }
}

/// The fields in which `patch` is looser than what was agreed with the client: each needs a reason.
pub fn loosened(agreed: &Patch, patch: &Patch) -> Vec<Field> {
    let target = |value: &str| value.parse::<Target>().ok();
    patch
        .fields()
        .filter(|(field, value)| {
            let Some(before) = agreed.get(*field) else { return false };
            match (target(before), target(value)) {
                (Some(before), Some(now)) => looseness(now) > looseness(before),
                // No such clock any more.
                (Some(_), None) => *value == OFF,
                (None, _) => false,
            }
        })
        .map(|(field, _)| field)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(level: Level, text: &str) -> Says {
        Says { level, of: level.word().to_owned(), patch: text.parse().unwrap(), version: 1 }
    }

    #[test]
    fn the_nearest_level_that_sets_a_field_wins_field_by_field() {
        let levels = [
            says(Level::Urgent, "ack=1bh reply=4bh"),
            says(Level::Client, "reply=2bd update=7d inform=off"),
            says(Level::Matter, "reply=cob+1 calendar=duty"),
        ];
        let (policy, resolved) = resolve(&SlaPolicy::default(), &levels);
        assert_eq!(policy.reply, Target::BusinessHours(4));
        assert_eq!(policy.update, Some(Target::Days(7)));
        assert_eq!((policy.inform, policy.calendar.as_str()), (None, "duty"));
        let from = |field| resolved.iter().find(|r| r.field == field).map(|r| r.level).unwrap();
        assert_eq!(from(Field::Ack), Level::Urgent);
        assert_eq!(from(Field::Update), Level::Client);
        assert_eq!(from(Field::Calendar), Level::Matter);
        assert_eq!(from(Field::Chase), Level::Firm);
        assert_eq!(resolved.len(), Field::ALL.len());
    }

    #[test]
    fn every_field_is_printed_and_read_back() {
        let other: Patch =
            "ack=1bh reply=2bd max_holding=3bd update=off inform=2h inform_offer=1bh chase=5bd \
                            triage=off incident=24h substantive_by=lawyer calendar=duty"
                .parse()
                .unwrap();
        assert_eq!(other.to_string().parse(), Ok(other.clone()));
        let (policy, _) = resolve(
            &SlaPolicy::default(),
            &[Says { level: Level::Thread, of: String::new(), patch: other.clone(), version: 0 }],
        );
        assert_eq!(Patch::between(&SlaPolicy::default(), &policy), other);
    }

    #[test]
    fn a_wrong_field_or_value_is_named_with_what_it_takes() {
        let error = |text: &str| text.parse::<Patch>().unwrap_err().to_string();
        assert!(error("akc=4bh").contains("akc") && error("akc=4bh").contains("ack, reply"));
        assert!(error("ack=4").contains("ack takes a time with its unit"));
        assert!(error("ack=off").contains("ack takes"));
        assert!(error("max_holding=5d").contains("business days"));
        assert!(error("substantive_by=me").contains("anyone, lawyer"));
        assert!(error("ack").contains("field=value"));
    }

    #[test]
    fn what_is_looser_than_the_agreement_is_found() {
        let agreed: Patch = "reply=1bd update=14d".parse().unwrap();
        let fields = |text: &str| loosened(&agreed, &text.parse().unwrap());
        assert_eq!(fields("reply=2bd update=off ack=9bd"), [Field::Reply, Field::Update]);
        assert!(fields("reply=4bh update=7d").is_empty());
    }
}
