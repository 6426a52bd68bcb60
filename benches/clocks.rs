//! What clocks cost: a replay of 10,000 messages, the cost per message as a conversation grows, a recompute of all clocks.
//! Run with `cargo bench --bench clocks`; compare with another run on the same machine, never with a number from elsewhere.

#![allow(clippy::arithmetic_side_effects, reason = "small numbers of a benchmark")]
#![allow(
    missing_docs,
    clippy::unwrap_used,
    reason = "a benchmark has no public items and stops loudly"
)]

use std::{fmt::Write as _, path::Path};

use divan::{Bencher, counter::ItemsCount};
use jiff::{SignedDuration, Timestamp};
use matterbox::{
    cli::replay,
    config::sla,
    domain::{
        address::EmailAddress,
        id::{MessageKey, PartyId},
        sla::{Addressee, ClockMessage, Principal, fold},
    },
};

fn main() {
    divan::main();
}

fn start() -> Timestamp {
    "2026-01-05T10:00:00Z".parse().unwrap()
}

/// A scenario of so many messages in conversations of so many each, asked and answered in turn.
fn scenario(messages: u32, per_thread: u32) -> String {
    let mut text = "{\"matterbox_scenario\": 1, \"calendar\": {\"zone\": \"Europe/London\", \"hours\": \
        {\"mon-fri\": \"09:00-17:30\"}}, \"clients\": {\"Kofi\": [\"kofi@mensah.example\"]}, \"messages\": [\n"
        .to_owned();
    for n in 0..messages {
        let at = start() + SignedDuration::from_mins(i64::from(n) * 50);
        let (way, from, to) = if n % 2 == 0 {
            ("in", "kofi@mensah.example", "us@firm.example")
        } else {
            ("out", "us@firm.example", "kofi@mensah.example")
        };
        let comma = if n == 0 { "" } else { ",\n" };
        write!(
            text,
            "{comma}{{\"id\": \"m{n}\", \"time\": \"{at}\", \"direction\": \"{way}\", \"from\": \"{from}\", \
             \"to\": [\"{to}\"], \"thread\": \"t{}\"}}",
            n / per_thread
        )
        .unwrap();
    }
    text + "\n], \"now\": \"2027-06-01T12:00:00Z\"}"
}

/// The whole of `clock replay`, from the text to the report.
#[divan::bench(args = [4, 100, 10_000], sample_count = 10)]
fn replay_of_10_000_messages(bencher: Bencher<'_, '_>, per_thread: u32) {
    let text = scenario(10_000, per_thread);
    bencher
        .counter(ItemsCount::new(10_000_u32))
        .bench(|| replay::text_of(&text, Path::new("bench.json")).unwrap().open());
}

/// One conversation of so many messages.
fn conversation(messages: i64) -> Vec<ClockMessage> {
    let client = Principal::Party(PartyId::new(1));
    let address = EmailAddress::parse("kofi@mensah.example").unwrap();
    (0..messages)
        .map(|n| {
            let at = start() + SignedDuration::from_mins(n * 50);
            let key = MessageKey::new(n + 1);
            if n % 2 == 0 {
                ClockMessage::inbound(key, at, vec![client.clone()])
            } else {
                let to = Addressee { address: address.clone(), principal: Some(client.clone()) };
                ClockMessage::outbound(key, at, vec![to])
            }
        })
        .collect()
}

/// The cost per message must stay level as a conversation grows.
#[divan::bench(args = [4, 40, 400, 4_000, 40_000], sample_count = 10)]
fn fold_of_one_conversation(bencher: Bencher<'_, '_>, messages: i64) {
    let rules = sla::shipped_in("Europe/London").unwrap().default;
    let conversation = conversation(messages);
    bencher
        .counter(ItemsCount::new(conversation.len()))
        .bench(|| fold(&conversation, &[], &rules.policy, &rules.calendar).unwrap().turns.len());
}

/// All clocks of a record with 100,000 conversations and a million messages, without reading them from the disk.
#[divan::bench(sample_count = 1, sample_size = 1)]
fn recompute_of_100_000_conversations(bencher: Bencher<'_, '_>) {
    let rules = sla::shipped_in("Europe/London").unwrap().default;
    let conversation = conversation(10);
    bencher.counter(ItemsCount::new(1_000_000_u32)).bench(|| {
        (0..100_000_u32)
            .map(|_| fold(&conversation, &[], &rules.policy, &rules.calendar).unwrap().turns.len())
            .sum::<usize>()
    });
}
