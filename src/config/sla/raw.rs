//! What `sla.toml` says, word for word. Unknown keys are mistakes.
//!
//! Owns the file's grammar and the short forms that people like: one span of hours instead of a list, a list of closed
//! dates instead of a table with names.

use std::{collections::BTreeMap, fmt, ops::Range};

use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer},
};
use toml::Spanned;

use crate::config::error::Mistake;

/// Reads the text, or says where it is not understood.
pub(super) fn parse(text: &str) -> Result<RawSla, Mistake> {
    toml::from_str(text).map_err(Mistake::from)
}

/// The whole file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawSla {
    pub default: Option<Spanned<String>>,
    pub calendar: Option<Spanned<RawCalendar>>,
    pub calendars: BTreeMap<Spanned<String>, RawCalendar>,
    pub policies: BTreeMap<Spanned<String>, RawPolicy>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawCalendar {
    pub name: Option<String>,
    pub zone: Spanned<String>,
    pub hours: Option<Spanned<RawWeek>>,
    #[serde(default)]
    pub holidays: Vec<Spanned<String>>,
    #[serde(default)]
    pub closed: RawClosed,
    #[serde(default)]
    pub special: BTreeMap<Spanned<String>, RawSpecial>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawWeek {
    #[serde(rename = "mon-fri")]
    pub mon_fri: Option<RawHours>,
    pub mon: Option<RawHours>,
    pub tue: Option<RawHours>,
    pub wed: Option<RawHours>,
    pub thu: Option<RawHours>,
    pub fri: Option<RawHours>,
    pub sat: Option<RawHours>,
    pub sun: Option<RawHours>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawPolicy {
    pub calendar: Option<Spanned<String>>,
    pub ack: Option<Spanned<String>>,
    pub reply: Option<Spanned<String>>,
    pub max_holding: Option<Spanned<String>>,
    pub substantive_by: Option<RawSubstantiveBy>,
    pub cutoff_minutes: Option<Spanned<u16>>,
    pub crossed_minutes: Option<Spanned<u16>>,
    pub auto_ack_counts: Option<bool>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum RawSubstantiveBy {
    Anyone,
    Lawyer,
    Responsible,
}

/// `"09:00-17:00"` or `["08:30-12:30", "13:30-17:30"]`.
#[derive(Clone, Debug, Default)]
pub(super) struct RawHours(pub Vec<Spanned<String>>);

impl<'de> Deserialize<'de> for RawHours {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let whole = Spanned::<Spans>::deserialize(deserializer)?;
        let span = whole.span();
        Ok(Self(match whole.into_inner() {
            Spans::One(text) => vec![Spanned::new(span, text)],
            Spans::Several(list) => list,
        }))
    }
}

enum Spans {
    One(String),
    Several(Vec<Spanned<String>>),
}

impl<'de> Deserialize<'de> for Spans {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Spans;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("hours such as \"09:00-17:00\", or a list of them")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Spans, E> {
                Ok(Spans::One(text.to_owned()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Spans, A::Error> {
                let mut spans = Vec::new();
                while let Some(span) = list.next_element()? {
                    spans.push(span);
                }
                Ok(Spans::Several(spans))
            }
        }
        deserializer.deserialize_any(Reader)
    }
}

/// `2026-12-24 = "09:00-13:00"`, a list of spans, or `{ hours = …, name = … }`.
#[derive(Debug, Default)]
pub(super) struct RawSpecial {
    pub hours: RawHours,
    pub name: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawSpecialTable {
    hours: RawHours,
    name: String,
}

impl<'de> Deserialize<'de> for RawSpecial {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = (Option<String>, RawSpecial);

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("hours such as \"09:00-13:00\", or a table with hours and name")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok((Some(text.to_owned()), RawSpecial::default()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                let mut hours = RawHours::default();
                while let Some(span) = list.next_element()? {
                    hours.0.push(span);
                }
                Ok((None, RawSpecial { hours, name: String::new() }))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                let RawSpecialTable { hours, name } =
                    RawSpecialTable::deserialize(MapAccessDeserializer::new(map))?;
                Ok((None, RawSpecial { hours, name }))
            }
        }
        struct Read((Option<String>, RawSpecial));
        impl<'de> Deserialize<'de> for Read {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_any(Reader).map(Self)
            }
        }
        let whole = Spanned::<Read>::deserialize(deserializer)?;
        let span = whole.span();
        let Read((one, mut special)) = whole.into_inner();
        special.hours.0.extend(one.map(|text| Spanned::new(span, text)));
        Ok(special)
    }
}

/// A closed day as it stands in the file.
#[derive(Debug)]
pub(super) struct RawClosedDay {
    pub span: Range<usize>,
    pub date: String,
    pub name: String,
}

/// A table of dates and names, or a list of dates; in the list a name may follow the date after a space.
#[derive(Debug, Default)]
pub(super) struct RawClosed(pub Vec<RawClosedDay>);

impl<'de> Deserialize<'de> for RawClosed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = RawClosed;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a table such as 2026-12-25 = \"Christmas Day\", or a list of dates")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<RawClosed, A::Error> {
                let mut days = Vec::new();
                while let Some(day) = list.next_element::<Spanned<toml::Value>>()? {
                    let span = day.span();
                    let text = match day.get_ref() {
                        toml::Value::String(text) => text.clone(),
                        toml::Value::Datetime(date) => date.to_string(),
                        toml::Value::Integer(_)
                        | toml::Value::Float(_)
                        | toml::Value::Boolean(_)
                        | toml::Value::Array(_)
                        | toml::Value::Table(_) => {
                            return Err(A::Error::custom("a closed day is a date"));
                        }
                    };
                    let (date, name) = text.split_once(' ').unwrap_or((text.as_str(), ""));
                    days.push(RawClosedDay {
                        span,
                        date: date.to_owned(),
                        name: name.trim().to_owned(),
                    });
                }
                Ok(RawClosed(days))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RawClosed, A::Error> {
                let mut days = Vec::new();
                while let Some((date, name)) = map.next_entry::<Spanned<String>, String>()? {
                    days.push(RawClosedDay { span: date.span(), date: date.into_inner(), name });
                }
                Ok(RawClosed(days))
            }
        }
        deserializer.deserialize_any(Reader)
    }
}
