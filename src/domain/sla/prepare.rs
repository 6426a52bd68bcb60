//! From stored messages to what the fold walks over: copies made one, bounces matched, everything in one order.
//!
//! Owns the order of events. It depends on what the messages are and never on the order in which they were stored.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::{BodyHash, ClockMessage, Delivery, NeverArrived};
use crate::domain::{
    address::EmailAddress,
    id::MessageKey,
    message::{DeliveryAction, DeliveryStatus, Direction, MessageId, Origin},
};

/// One message with all its copies.
pub(super) struct Item<'a> {
    /// The copy that speaks for all.
    pub(super) message: &'a ClockMessage,
    /// Received-at or sent-at: the earliest of its inbound copies, or that of the copy that speaks.
    pub(super) at: Timestamp,
    /// The most human of the copies' origins.
    pub(super) origin: &'a Origin,
    /// The keys of all copies.
    pub(super) keys: BTreeSet<MessageKey>,
    /// The Message-IDs of all copies.
    ids: BTreeSet<&'a MessageId>,
    /// Another message bears the same Message-ID and came earlier.
    pub(super) collides: bool,
    /// What delivery reports say about it.
    pub(super) reports: Reports,
}

/// What delivery reports say about one outbound message.
#[derive(Default)]
pub(super) struct Reports {
    /// The recipients that it did not reach, and when that was reported first.
    pub(super) failed: BTreeMap<EmailAddress, Timestamp>,
    /// A recipient that it may still reach.
    pub(super) delayed: bool,
}

impl Item<'_> {
    /// The lowest key of its copies.
    pub(super) fn key(&self) -> MessageKey {
        self.keys.first().copied().unwrap_or(self.message.key)
    }

    /// Does one of its copies bear this Message-ID?
    pub(super) fn goes_by(&self, id: &MessageId) -> bool {
        self.ids.contains(id)
    }

    /// One order for the same messages, whatever order they were stored in.
    fn order(&self) -> (Timestamp, Direction, Option<&MessageId>, BodyHash, MessageKey) {
        let message = self.message;
        (self.at, message.direction, message.message_id.as_ref(), message.body, self.key())
    }

    /// None of its addresses that belong to `mine` can have been reached.
    pub(super) fn never_arrived(
        &self,
        mine: impl Iterator<Item = EmailAddress>,
    ) -> Option<NeverArrived> {
        let mut reported = None;
        for address in mine {
            reported = reported.max(Some(*self.reports.failed.get(&address)?));
        }
        reported.map(|reported| NeverArrived { message: self.key(), reported })
    }
}

/// Everything in the order in which it happened.
pub(super) fn prepare(messages: &[ClockMessage]) -> Vec<Item<'_>> {
    let mut items = joined(messages);
    items.sort_by(|a, b| a.order().cmp(&b.order()));
    let mut seen = BTreeSet::new();
    for item in &mut items {
        if let Some(id) = &item.message.message_id {
            item.collides = !seen.insert(id);
        }
    }
    for message in messages {
        apply_report(&mut items, message);
    }
    items
}

/// Copies of one message (same way, same Message-ID, same body) become one item. A copy to which a relay gave another
/// Message-ID goes by that of the message whose copy it is.
fn joined(messages: &[ClockMessage]) -> Vec<Item<'_>> {
    let ids: BTreeMap<MessageKey, &MessageId> =
        messages.iter().filter_map(|m| Some((m.key, m.message_id.as_ref()?))).collect();
    let mut groups: BTreeMap<_, Vec<&ClockMessage>> = BTreeMap::new();
    for message in messages {
        let first = message.copy_of.and_then(|first| ids.get(&first).copied());
        let id = first.or(message.message_id.as_ref());
        // Without a Message-ID nothing proves two messages to be one: the key keeps them apart.
        let apart = id.is_none().then_some(message.key);
        let group = (message.direction, id, message.body, apart);
        groups.entry(group).or_default().push(message);
    }
    groups.into_values().filter_map(|copies| join(&copies)).collect()
}

fn join<'a>(copies: &[&'a ClockMessage]) -> Option<Item<'a>> {
    let message = *copies.iter().min_by_key(|copy| speaks_first(copy))?;
    let at = match message.direction {
        Direction::Inbound => copies.iter().map(|copy| copy.at).min()?,
        Direction::Outbound | Direction::Internal => message.at,
    };
    let origin = copies.iter().min_by_key(|copy| (humanness(&copy.origin), copy.key))?;
    Some(Item {
        message,
        at,
        origin: &origin.origin,
        keys: copies.iter().map(|copy| copy.key).collect(),
        ids: copies.iter().filter_map(|copy| copy.message_id.as_ref()).collect(),
        collides: false,
        reports: Reports::default(),
    })
}

/// Of several copies, the one that was surely sent, that a person classified, that came first. A copy that is suspect,
/// or that waits for nobody, speaks last: when unsure, the clock runs.
fn speaks_first(copy: &ClockMessage) -> (bool, bool, bool, bool, bool, Timestamp, MessageKey) {
    (
        copy.delivery != Delivery::Accepted,
        copy.observed,
        copy.suspect,
        copy.principals.is_empty(),
        copy.indirect,
        copy.at,
        copy.key,
    )
}

/// 0 for a person; the higher, the surer a machine.
const fn humanness(origin: &Origin) -> u8 {
    match origin {
        Origin::Person => 0,
        Origin::Invitation => 1,
        Origin::Weak(_) => 2,
        Origin::InvitationReply => 3,
        Origin::AutoReply { .. } => 4,
        Origin::ReadReceipt => 5,
        Origin::DeliveryReport { .. } => 6,
    }
}

fn apply_report(items: &mut [Item<'_>], report: &ClockMessage) {
    let Origin::DeliveryReport { statuses, about } = &report.origin else { return };
    if report.direction == Direction::Outbound {
        return;
    }
    let about = about.as_ref().or(report.parent.as_ref());
    for status in statuses {
        let Some(item) = reported_item(items, about, status, report.at) else { continue };
        match status.action {
            DeliveryAction::Failed => {
                for address in meant(item.message, status.recipient.as_ref()) {
                    let first = item.reports.failed.entry(address).or_insert(report.at);
                    *first = (*first).min(report.at);
                }
            }
            DeliveryAction::Delayed => item.reports.delayed = true,
            DeliveryAction::Delivered | DeliveryAction::Relayed | DeliveryAction::Expanded => {}
        }
    }
}

/// The message that a report is about: the one that it names or, where a relay changed the Message-ID, the last one
/// that went to that recipient before the report.
fn reported_item<'i, 'a>(
    items: &'i mut [Item<'a>],
    about: Option<&MessageId>,
    status: &DeliveryStatus,
    reported: Timestamp,
) -> Option<&'i mut Item<'a>> {
    let named = items.iter().position(|item| {
        item.message.direction == Direction::Outbound
            && about.is_some_and(|about| item.goes_by(about))
    });
    let index = named.or_else(|| {
        let recipient = status.recipient.as_ref()?;
        items.iter().rposition(|item| {
            item.message.direction == Direction::Outbound
                && item.message.delivery == Delivery::Accepted
                && item.at <= reported
                && item.message.recipients.iter().any(|to| to.address == *recipient)
        })
    })?;
    items.get_mut(index)
}

/// Whom a failure concerns. A report that names nobody, or someone who was not written to (a forwarding address),
/// may mean anyone: then all count as not reached, because the clock runs when it is not sure.
fn meant(message: &ClockMessage, recipient: Option<&EmailAddress>) -> Vec<EmailAddress> {
    let all = || message.recipients.iter().map(|to| to.address.clone());
    match recipient.filter(|r| message.recipients.iter().any(|to| to.address == **r)) {
        Some(recipient) => vec![recipient.clone()],
        None => all().collect(),
    }
}
