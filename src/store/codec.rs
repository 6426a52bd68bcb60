//! How values of the domain lie in columns: instants as microseconds, enums as numbers, lists as lines or JSON.
//!
//! Owns both directions, side by side. It never changes what a number means: records in the field hold it.

use jiff::{Timestamp, civil::Date};
use rusqlite::{Error, Result, types::Type};
use serde_json::{Value, json};

use crate::domain::{
    address::{EmailAddress, NamedAddress},
    draft::ReplyKind,
    matter::MatterStatus,
    message::{DeliveryAction, DeliveryStatus, Direction, Flags, MessageId, Origin, WeakSignal},
    sla::ClockKind,
};

/// A value in the record that no version of the program wrote.
#[derive(Debug, thiserror::Error)]
#[error("no such {0}")]
struct Unknown(&'static str);

/// A conversion error that becomes [`StoreError::Damaged`](super::StoreError::Damaged).
pub(crate) fn broken(what: &'static str) -> Error {
    Error::FromSqlConversionFailure(0, Type::Blob, Box::new(Unknown(what)))
}

pub(crate) fn micros(at: Timestamp) -> i64 {
    at.as_microsecond()
}

pub(crate) fn instant(micros: i64) -> Result<Timestamp> {
    Timestamp::from_microsecond(micros).map_err(|_| broken("instant"))
}

pub(crate) fn instant_opt(micros: Option<i64>) -> Result<Option<Timestamp>> {
    micros.map(instant).transpose()
}

/// Counts and sizes; SQLite has only signed numbers.
pub(crate) fn int(count: impl TryInto<i64>) -> i64 {
    count.try_into().unwrap_or(i64::MAX)
}

pub(crate) fn count(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

pub(crate) fn small(value: i64) -> u32 {
    u32::try_from(value.max(0)).unwrap_or(u32::MAX)
}

pub(crate) const fn direction_code(direction: Direction) -> i64 {
    match direction {
        Direction::Inbound => 0,
        Direction::Outbound => 1,
        Direction::Internal => 2,
    }
}

pub(crate) fn direction(code: i64) -> Result<Direction> {
    match code {
        0 => Ok(Direction::Inbound),
        1 => Ok(Direction::Outbound),
        2 => Ok(Direction::Internal),
        _ => Err(broken("direction")),
    }
}

pub(crate) const fn status_code(status: MatterStatus) -> i64 {
    match status {
        MatterStatus::Open => 0,
        MatterStatus::Closed => 1,
        MatterStatus::ClosedInbound => 2,
    }
}

pub(crate) fn status(code: i64) -> Result<MatterStatus> {
    match code {
        0 => Ok(MatterStatus::Open),
        1 => Ok(MatterStatus::Closed),
        2 => Ok(MatterStatus::ClosedInbound),
        _ => Err(broken("matter status")),
    }
}

pub(crate) const fn clock_code(kind: ClockKind) -> i64 {
    match kind {
        ClockKind::Ack => 0,
        ClockKind::Reply => 1,
        ClockKind::Promise => 2,
        ClockKind::Update => 3,
        ClockKind::Inform => 4,
        ClockKind::Await => 5,
        ClockKind::Triage => 6,
        ClockKind::Verify => 7,
        ClockKind::Incident => 8,
        ClockKind::Deadline => 9,
    }
}

pub(crate) fn clock(code: i64) -> Result<ClockKind> {
    match code {
        0 => Ok(ClockKind::Ack),
        1 => Ok(ClockKind::Reply),
        2 => Ok(ClockKind::Promise),
        3 => Ok(ClockKind::Update),
        4 => Ok(ClockKind::Inform),
        5 => Ok(ClockKind::Await),
        6 => Ok(ClockKind::Triage),
        7 => Ok(ClockKind::Verify),
        8 => Ok(ClockKind::Incident),
        9 => Ok(ClockKind::Deadline),
        _ => Err(broken("clock")),
    }
}

pub(crate) const fn reply_code(kind: ReplyKind) -> i64 {
    match kind {
        ReplyKind::Reply => 0,
        ReplyKind::ReplyAll => 1,
        ReplyKind::Acknowledge => 2,
        ReplyKind::Forward => 3,
        ReplyKind::Compose => 4,
    }
}

pub(crate) fn reply(code: i64) -> Result<ReplyKind> {
    match code {
        0 => Ok(ReplyKind::Reply),
        1 => Ok(ReplyKind::ReplyAll),
        2 => Ok(ReplyKind::Acknowledge),
        3 => Ok(ReplyKind::Forward),
        4 => Ok(ReplyKind::Compose),
        _ => Err(broken("reply kind")),
    }
}

pub(crate) fn flags_code(flags: Flags) -> i64 {
    i64::from(flags.seen)
        | i64::from(flags.answered) << 1
        | i64::from(flags.flagged) << 2
        | i64::from(flags.draft) << 3
        | i64::from(flags.deleted) << 4
        | i64::from(flags.forwarded) << 5
}

pub(crate) const fn flags(code: i64) -> Flags {
    Flags {
        seen: code & 1 != 0,
        answered: code & 2 != 0,
        flagged: code & 4 != 0,
        draft: code & 8 != 0,
        deleted: code & 16 != 0,
        forwarded: code & 32 != 0,
    }
}

/// The number of an origin and what belongs to it, as JSON or nothing.
pub(crate) fn origin_parts(origin: &Origin) -> (i64, String) {
    match origin {
        Origin::Person => (0, String::new()),
        Origin::Weak(signal) => (1, weak_word(*signal).to_owned()),
        Origin::AutoReply { returns } => (2, returns.map(|d| d.to_string()).unwrap_or_default()),
        Origin::DeliveryReport { statuses, about } => (3, report_json(statuses, about.as_ref())),
        Origin::ReadReceipt => (4, String::new()),
        Origin::Invitation => (5, String::new()),
        Origin::InvitationReply => (6, String::new()),
    }
}

pub(crate) fn origin(code: i64, data: &str) -> Result<Origin> {
    match code {
        0 => Ok(Origin::Person),
        1 => weak(data).map(Origin::Weak),
        2 => Ok(Origin::AutoReply { returns: data.parse::<Date>().ok() }),
        3 => report(data),
        4 => Ok(Origin::ReadReceipt),
        5 => Ok(Origin::Invitation),
        6 => Ok(Origin::InvitationReply),
        _ => Err(broken("origin")),
    }
}

const fn weak_word(signal: WeakSignal) -> &'static str {
    match signal {
        WeakSignal::List => "list",
        WeakSignal::Bulk => "bulk",
        WeakSignal::NoReply => "no_reply",
        WeakSignal::ResponseSuppressed => "suppressed",
    }
}

fn weak(word: &str) -> Result<WeakSignal> {
    match word {
        "list" => Ok(WeakSignal::List),
        "bulk" => Ok(WeakSignal::Bulk),
        "no_reply" => Ok(WeakSignal::NoReply),
        "suppressed" => Ok(WeakSignal::ResponseSuppressed),
        _ => Err(broken("weak signal")),
    }
}

const fn action_word(action: DeliveryAction) -> &'static str {
    match action {
        DeliveryAction::Failed => "failed",
        DeliveryAction::Delayed => "delayed",
        DeliveryAction::Delivered => "delivered",
        DeliveryAction::Relayed => "relayed",
        DeliveryAction::Expanded => "expanded",
    }
}

fn action(word: &str) -> Result<DeliveryAction> {
    match word {
        "failed" => Ok(DeliveryAction::Failed),
        "delayed" => Ok(DeliveryAction::Delayed),
        "delivered" => Ok(DeliveryAction::Delivered),
        "relayed" => Ok(DeliveryAction::Relayed),
        "expanded" => Ok(DeliveryAction::Expanded),
        _ => Err(broken("delivery action")),
    }
}

fn report_json(statuses: &[DeliveryStatus], about: Option<&MessageId>) -> String {
    let statuses: Vec<Value> = statuses
        .iter()
        .map(|s| {
            json!({"to": s.recipient.as_ref().map(EmailAddress::as_str), "action": action_word(s.action)})
        })
        .collect();
    json!({"statuses": statuses, "about": about.map(MessageId::as_str)}).to_string()
}

fn report(data: &str) -> Result<Origin> {
    let value: Value = serde_json::from_str(data).map_err(|_| broken("delivery report"))?;
    let mut statuses = Vec::new();
    for entry in value.get("statuses").and_then(Value::as_array).into_iter().flatten() {
        let word = entry.get("action").and_then(Value::as_str).unwrap_or_default();
        let to = entry.get("to").and_then(Value::as_str);
        let recipient = to.and_then(|text| EmailAddress::parse(text).ok());
        statuses.push(DeliveryStatus { recipient, action: action(word)? });
    }
    let about = value.get("about").and_then(Value::as_str).and_then(MessageId::new);
    Ok(Origin::DeliveryReport { statuses, about })
}

/// Message-IDs, one a line: they hold no white space.
pub(crate) fn ids_text(ids: &[MessageId]) -> String {
    ids.iter().map(MessageId::as_str).collect::<Vec<_>>().join("\n")
}

pub(crate) fn ids(text: &str) -> Vec<MessageId> {
    text.lines().filter_map(MessageId::new).collect()
}

pub(crate) fn named_json(named: &NamedAddress) -> Value {
    json!({"name": named.name, "address": named.address.as_str()})
}

pub(crate) fn named(value: &Value) -> Option<NamedAddress> {
    let address = EmailAddress::parse(value.get("address")?.as_str()?).ok()?;
    Some(NamedAddress {
        name: value.get("name").and_then(Value::as_str).map(str::to_owned),
        address,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_origin_comes_back_as_it_went_in() {
        let report = Origin::DeliveryReport {
            statuses: vec![
                DeliveryStatus {
                    recipient: EmailAddress::parse("kofi@mensah.example").ok(),
                    action: DeliveryAction::Failed,
                },
                DeliveryStatus { recipient: None, action: DeliveryAction::Delayed },
            ],
            about: MessageId::new("<a@b>"),
        };
        for value in [
            Origin::Person,
            Origin::Weak(WeakSignal::NoReply),
            Origin::AutoReply { returns: Some(jiff::civil::date(2026, 12, 1)) },
            Origin::AutoReply { returns: None },
            report,
            Origin::ReadReceipt,
            Origin::Invitation,
            Origin::InvitationReply,
        ] {
            let (code, data) = origin_parts(&value);
            assert_eq!(origin(code, &data).unwrap(), value);
        }
    }

    #[test]
    fn a_number_that_no_version_wrote_is_damage() {
        assert!(direction(9).is_err() && origin(99, "").is_err() && clock(10).is_err());
    }

    #[test]
    fn every_clock_has_a_number_and_a_word_of_its_own() {
        for (code, kind) in (0..).zip(ClockKind::ALL) {
            assert_eq!(clock_code(kind), code);
            assert_eq!(clock(code).unwrap(), kind);
            assert_eq!(ClockKind::from_word(kind.word()), Some(kind));
        }
    }

    #[test]
    fn flags_come_back_as_they_went_in() {
        let all = Flags { seen: true, flagged: true, deleted: true, ..Flags::default() };
        assert_eq!(flags(flags_code(all)), all);
    }
}
