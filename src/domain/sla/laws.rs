//! The laws of the fold: the order of ingestion, copies and strangers change nothing.

#![allow(clippy::arithmetic_side_effects, reason = "an overflow here fails the test, as it should")]

use std::collections::BTreeSet;

use jiff::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::domain::{
    address::EmailAddress,
    calendar::cases::new_york,
    confidential::Confidential,
    id::{MessageKey, PartyId},
    message::{DeliveryAction, DeliveryStatus, Direction, MessageId, Origin, WeakSignal},
};

const A: Principal = Principal::Party(PartyId::new(1));
const B: Principal = Principal::Party(PartyId::new(2));
const START: i64 = 1_795_500_000; // 24 November 2026

fn address(n: u8) -> EmailAddress {
    EmailAddress::parse(&format!("p{n}@x.example")).unwrap()
}

fn principal(n: u8) -> Option<Principal> {
    match n {
        0 => Some(A),
        1 => Some(B),
        _ => None,
    }
}

fn any_origin() -> impl Strategy<Value = Origin> {
    prop_oneof![
        6 => Just(Origin::Person),
        1 => Just(Origin::Weak(WeakSignal::List)),
        1 => Just(Origin::AutoReply { returns: None }),
        1 => Just(Origin::Invitation),
        1 => Just(Origin::ReadReceipt),
        2 => (0_u8..3, 0_u8..8, any::<bool>()).prop_map(|(who, about, failed)| {
            let action = if failed { DeliveryAction::Failed } else { DeliveryAction::Delayed };
            Origin::DeliveryReport {
                statuses: vec![DeliveryStatus { recipient: Some(address(who)), action }],
                about: MessageId::new(&format!("{about}@x")),
            }
        }),
    ]
}

fn any_substance() -> impl Strategy<Value = Substance> {
    prop_oneof![
        Just(Substance::Full),
        Just(Substance::Ack),
        Just(Substance::Partial),
        Just(Substance::Holding(jiff::civil::date(2026, 11, 27))),
    ]
}

/// Ids and bodies repeat, so that copies and collisions occur; minutes repeat, so that ties occur.
fn any_message() -> impl Strategy<Value = ClockMessage> {
    let who = (0_i64..40, 0_u8..3, proptest::option::of(0_u8..8), 0_u8..2);
    let what = (any_origin(), any_substance(), proptest::option::of(0_u8..8), 0_u8..3);
    let bits = any::<[bool; 4]>();
    (who, what, bits).prop_map(|((slot, way, id, body), (origin, substance, parent, to), bits)| {
        let at = Timestamp::from_second(START + slot * 300).unwrap();
        let base = ClockMessage::outbound(MessageKey::new(0), at, vec![]);
        ClockMessage {
            message_id: id.and_then(|id| MessageId::new(&format!("{id}@x"))),
            body: BodyHash([body; 32]),
            direction: [Direction::Inbound, Direction::Outbound, Direction::Internal][way as usize],
            origin,
            parent: parent.and_then(|id| MessageId::new(&format!("{id}@x"))),
            principals: principal(to).into_iter().collect(),
            recipients: (0..=to)
                .map(|n| Addressee { address: address(n), principal: principal(n) })
                .collect(),
            substance,
            delivery: if bits[0] && bits[1] { Delivery::NotYet } else { Delivery::Accepted },
            observed: bits[2],
            text: TextFacts::of(if bits[3] { "thanks" } else { "and what now?" }, false),
            ..base
        }
    })
}

fn any_thread() -> impl Strategy<Value = Thread> {
    let messages = proptest::collection::vec(any_message(), 1..14);
    let marks = proptest::collection::vec((0_i64..12, 0_i64..14, any::<bool>(), 0_usize..3), 0..6);
    (messages, marks).prop_map(|(mut messages, marks)| {
        for (message, key) in messages.iter_mut().zip(1..) {
            message.key = MessageKey::new(key);
        }
        let marks = marks.into_iter().map(|(slot, key, contact, nuance)| {
            let at = Timestamp::from_second(START + slot * 1000).unwrap();
            if contact {
                let with = BTreeSet::from([A]);
                Mark::Contact(
                    Contact::new(
                        at,
                        with,
                        [Substance::Full, Substance::Ack, Substance::Partial][nuance],
                        "spoke",
                    )
                    .unwrap(),
                )
            } else {
                let messages = BTreeSet::from([MessageKey::new(key)]);
                Mark::Dismissed {
                    at,
                    messages,
                    reason: Confidential::from(["none", "spam", "told"][nuance]),
                }
            }
        });
        (messages, marks.collect())
    })
}

type Thread = (Vec<ClockMessage>, Vec<Mark>);

fn shuffled() -> impl Strategy<Value = (Thread, Thread)> {
    any_thread().prop_flat_map(|(messages, marks)| {
        let again = (Just(messages.clone()).prop_shuffle(), Just(marks.clone()).prop_shuffle());
        (Just((messages, marks)), again)
    })
}

fn result(messages: &[ClockMessage], marks: &[Mark]) -> Fold {
    fold(messages, marks, &SlaPolicy::default(), &new_york()).unwrap()
}

proptest! {
    #[test]
    fn the_order_of_ingestion_changes_nothing(((m1, k1), (m2, k2)) in shuffled()) {
        prop_assert_eq!(result(&m1, &k1), result(&m2, &k2));
    }

    #[test]
    fn a_copy_changes_nothing((messages, marks) in any_thread(), which in any::<prop::sample::Index>()) {
        let copied = &messages[which.index(messages.len())];
        if copied.message_id.is_some() {
            let copy = ClockMessage { key: MessageKey::new(1000), ..copied.clone() };
            let more = [&messages[..], &[copy]].concat();
            prop_assert_eq!(result(&messages, &marks), result(&more, &marks));
        }
    }

    #[test]
    fn every_message_of_a_client_is_answered_dismissed_or_running((messages, marks) in any_thread()) {
        let fold = result(&messages, &marks);
        for message in &messages {
            let starts = message.direction == Direction::Inbound
                && matches!(message.origin, Origin::Person)
                && message.principals == [A]
                && message.message_id.is_none();
            let named = marks.iter().any(|mark| match mark {
                Mark::Dismissed { messages, .. } => messages.contains(&message.key),
                Mark::Contact(_) => false,
            });
            let kept = fold.turns.iter().filter(|turn| turn.messages.contains(&message.key)).count();
            if starts && !named {
                prop_assert_eq!(kept, 1);
            }
            prop_assert!(kept <= 1 || message.principals.len() > 1);
        }
    }

    #[test]
    fn an_open_turn_counts_from_its_first_message((messages, marks) in any_thread()) {
        for turn in result(&messages, &marks).turns {
            let first = turn.first().unwrap();
            let copies = messages.iter().filter(|m| {
                let lead = messages.iter().find(|m| m.key == first).unwrap();
                m.key == first
                    || (m.message_id.is_some()
                        && (&m.message_id, m.body, m.direction) == (&lead.message_id, lead.body, lead.direction))
            });
            prop_assert_eq!(turn.started, copies.map(|m| m.at).min().unwrap());
            prop_assert!(turn.started <= turn.ack.due && turn.started <= turn.reply.due);
            prop_assert_eq!(turn.is_open(), !turn.running().is_empty());
        }
    }

    #[test]
    fn what_is_journalled_once_is_not_said_again((messages, marks) in any_thread(), slot in 0_i64..2000) {
        let turns = result(&messages, &marks).turns;
        let now = Timestamp::from_second(START + slot * 300).unwrap();
        let journal = transitions(&[], &turns, now);
        prop_assert!(transitions(&journal, &turns, now).is_empty());
    }
}
