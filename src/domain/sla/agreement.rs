//! The communication agreement with a client as a plain paragraph, and back (design 6.4, F-AGR).
//!
//! Owns the sentences: what the client reads and what clocks run under come from the same fields. How the office works inside
//! (the time to find a matter) is no part of it.

use super::{Field, FieldError, Patch};
use crate::domain::target::Target;

/// A sentence of an agreement.
struct Sentence {
    field: Field,
    before: &'static str,
    after: &'static str,
    /// What it says where there is no such clock; empty where there must be one.
    off: &'static str,
}

const SENTENCES: [Sentence; 10] = [
    Sentence { field: Field::Ack, before: "We acknowledge your message ", after: ".", off: "" },
    Sentence { field: Field::Reply, before: "We answer it ", after: ".", off: "" },
    Sentence {
        field: Field::MaxHolding,
        before: "If an answer takes longer, we say so and name a day ",
        after: ".",
        off: "",
    },
    Sentence { field: Field::SubstantiveBy, before: "The answer comes from ", after: ".", off: "" },
    Sentence {
        field: Field::Update,
        before: "Even without news you hear from us again ",
        after: ".",
        off: "Without news we do not write.",
    },
    Sentence {
        field: Field::Inform,
        before: "When something happens in your matter, we tell you ",
        after: ".",
        off: "We report what happens in your matter with our next message.",
    },
    Sentence {
        field: Field::InformOffer,
        before: "When an offer comes in, we tell you ",
        after: ".",
        off: "We report offers with our next message.",
    },
    Sentence {
        field: Field::Chase,
        before: "When we have asked you something, we ask again if we have not heard from you ",
        after: ".",
        off: "When we have asked you something, we do not ask again.",
    },
    Sentence {
        field: Field::Incident,
        before: "If your information may have been seen by others, it is reported ",
        after: ".",
        off: "",
    },
    Sentence {
        field: Field::Calendar,
        before: "Business time is that of our calendar \u{201c}",
        after: "\u{201d}.",
        off: "",
    },
];

/// Why a paragraph is no agreement.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AgreementError {
    /// A sentence is none that an agreement can say.
    #[error("an agreement cannot say {0:?}; write its sentences as `policy agreement` prints them")]
    Sentence(String),
    /// A value does not fit.
    #[error(transparent)]
    Field(#[from] FieldError),
}

/// What was agreed, in plain sentences; empty where nothing was.
pub fn agreement(agreed: &Patch) -> String {
    let said = SENTENCES.iter().filter_map(|sentence| {
        let value = agreed.get(sentence.field)?;
        if value == "off" {
            return Some(sentence.off.to_owned());
        }
        Some(format!("{}{}{}", sentence.before, words(sentence.field, value), sentence.after))
    });
    said.collect::<Vec<_>>().join(" ")
}

/// Reads such a paragraph, however its lines are broken.
///
/// Errors: the first sentence that is none of an agreement.
pub fn read_agreement(paragraph: &str) -> Result<Patch, AgreementError> {
    let text = paragraph.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut rest = text.as_str();
    let mut patch = Patch::default();
    while !rest.is_empty() {
        let (field, value, after) =
            sentence(rest).ok_or_else(|| AgreementError::Sentence(first(rest).to_owned()))?;
        patch = patch.with(field, &value)?;
        rest = after.trim_start();
    }
    Ok(patch)
}

fn first(text: &str) -> &str {
    text.split_inclusive(". ").next().unwrap_or(text).trim_end()
}

/// The first sentence, understood, and what follows it.
fn sentence(text: &str) -> Option<(Field, String, &str)> {
    SENTENCES.iter().find_map(|sentence| {
        if let Some(after) = text.strip_prefix(sentence.off).filter(|_| !sentence.off.is_empty()) {
            return Some((sentence.field, "off".to_owned(), after));
        }
        let rest = text.strip_prefix(sentence.before)?;
        let end = rest.find(sentence.after)?;
        let (said, after) = (rest.get(..end)?, rest.get(end..)?.strip_prefix(sentence.after)?);
        Some((sentence.field, value(sentence.field, said)?, after))
    })
}

/// A value as a client reads it.
fn words(field: Field, value: &str) -> String {
    match field {
        Field::Calendar => value.to_owned(),
        Field::SubstantiveBy => match value {
            "lawyer" => "a lawyer",
            "responsible" => "the lawyer who is responsible for your matter",
            _ => "whoever of us knows it",
        }
        .to_owned(),
        Field::MaxHolding => {
            let days = value.trim_end_matches("bd");
            format!("no more than {days} {} off", plural(days, "business day"))
        }
        Field::Ack
        | Field::Reply
        | Field::Update
        | Field::Inform
        | Field::InformOffer
        | Field::Chase
        | Field::Triage
        | Field::Incident => value.parse().map_or_else(|_| value.to_owned(), within),
    }
}

/// And back.
fn value(field: Field, said: &str) -> Option<String> {
    match field {
        Field::Calendar => Some(said.to_owned()),
        Field::SubstantiveBy => ["anyone", "lawyer", "responsible"]
            .into_iter()
            .find(|value| words(field, value) == said)
            .map(str::to_owned),
        Field::MaxHolding => {
            let days = said.strip_prefix("no more than ")?.split(' ').next()?;
            Some(format!("{days}bd"))
        }
        Field::Ack
        | Field::Reply
        | Field::Update
        | Field::Inform
        | Field::InformOffer
        | Field::Chase
        | Field::Triage
        | Field::Incident => target(said).map(|target| target.to_string()),
    }
}

fn plural<'a>(count: &str, one: &'a str) -> std::borrow::Cow<'a, str> {
    if count == "1" { one.into() } else { format!("{one}s").into() }
}

/// `within 4 business hours`, `by close of business`, `by close of business, 2 business days later`.
fn within(target: Target) -> String {
    let of = |n: u16, one: &str| format!("within {n} {}", plural(&n.to_string(), one));
    match target {
        Target::Hours(n) => of(n, "hour"),
        Target::BusinessHours(n) => of(n, "business hour"),
        Target::BusinessDays(n) => of(n, "business day"),
        Target::Days(n) => of(n, "calendar day"),
        Target::CloseOfBusiness(0) => CLOSE.to_owned(),
        Target::CloseOfBusiness(n) => {
            format!("{CLOSE}, {n} {} later", plural(&n.to_string(), "business day"))
        }
    }
}

const CLOSE: &str = "by close of business";

fn target(said: &str) -> Option<Target> {
    if let Some(rest) = said.strip_prefix(CLOSE) {
        if rest.is_empty() {
            return Some(Target::CloseOfBusiness(0));
        }
        let n = rest.strip_prefix(", ")?.split(' ').next()?;
        return n.parse().ok().map(Target::CloseOfBusiness);
    }
    let (n, unit) = said.strip_prefix("within ")?.split_once(' ')?;
    let n: u16 = n.parse().ok()?;
    match unit.trim_end_matches('s') {
        "hour" => Some(Target::Hours(n)),
        "business hour" => Some(Target::BusinessHours(n)),
        "business day" => Some(Target::BusinessDays(n)),
        "calendar day" => Some(Target::Days(n)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_agreement_reads_as_a_client_would_have_it_said() {
        let agreed = "ack=4bh reply=1bd update=14d inform_offer=4bh inform=off max_holding=1bd";
        assert_eq!(
            agreement(&agreed.parse().unwrap()),
            "We acknowledge your message within 4 business hours. We answer it within 1 business day. If an answer takes \
             longer, we say so and name a day no more than 1 business day off. Even without news you hear from us again \
             within 14 calendar days. We report what happens in your matter with our next message. When an offer comes \
             in, we tell you within 4 business hours."
        );
        assert_eq!(agreement(&Patch::default()), "");
    }

    #[test]
    fn a_sentence_that_no_clock_can_keep_is_refused_and_named() {
        let error = read_agreement("We answer it within 1 business day. We are always there. Bye.");
        let error = error.unwrap_err().to_string();
        assert!(error.contains("We are always there."), "{error}");
        assert!(read_agreement("We answer it soon.").is_err());
        assert!(read_agreement("We answer it within 0 business days.").is_err());
    }

    fn any_target() -> impl Strategy<Value = String> {
        (0_u8..5, 1_u16..=9999).prop_map(|(unit, n)| {
            match unit {
                0 => Target::Hours(n),
                1 => Target::BusinessHours(n),
                2 => Target::BusinessDays(n),
                3 => Target::Days(n),
                _ => Target::CloseOfBusiness(n.saturating_sub(1)),
            }
            .to_string()
        })
    }

    fn any_patch() -> impl Strategy<Value = Patch> {
        let optional = || prop_oneof![4 => any_target(), 1 => Just("off".to_owned())];
        let must = (proptest::option::of(any_target()), proptest::option::of(any_target()));
        let may = proptest::array::uniform4(proptest::option::of(optional()));
        let rest = (
            proptest::option::of(any_target()),
            proptest::option::of(1_u16..=9999),
            proptest::option::of(0_usize..3),
            proptest::option::of("[a-zA-Zä-ü_.-]{1,12}"),
        );
        (must, may, rest).prop_map(|((ack, reply), may, (incident, holding, by, calendar))| {
            let [update, inform, inform_offer, chase] = may;
            let by = by.map(|at| ["anyone", "lawyer", "responsible"][at].to_owned());
            let said = [
                (Field::Ack, ack),
                (Field::Reply, reply),
                (Field::Update, update),
                (Field::Inform, inform),
                (Field::InformOffer, inform_offer),
                (Field::Chase, chase),
                (Field::Incident, incident),
                (Field::MaxHolding, holding.map(|days| format!("{days}bd"))),
                (Field::SubstantiveBy, by),
                (Field::Calendar, calendar),
            ];
            said.into_iter().fold(Patch::default(), |patch, (field, value)| match value {
                Some(value) => patch.with(field, &value).unwrap(),
                None => patch,
            })
        })
    }

    proptest! {
        #[test]
        fn what_an_agreement_says_is_what_clocks_run_under(patch in any_patch(), width in 1_usize..20) {
            let paragraph = agreement(&patch);
            // Its lines may be broken anywhere between words.
            let words: Vec<&str> = paragraph.split(' ').collect();
            let lines: Vec<String> = words.chunks(width).map(|some| some.join(" ")).collect();
            let wrapped = lines.join("\n");
            prop_assert_eq!(read_agreement(&wrapped), Ok(patch));
        }
    }
}
