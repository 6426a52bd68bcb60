//! Who really wrote what is in the record, judged anew when the office learns more: which way a message went, and
//! whether its sender imitates someone (`spoof?`).
//!
//! Owns both derivations for messages that are stored already, so that it does not matter what came first, the mail or
//! the knowledge. It never takes a message's own claim for a proof.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rusqlite::{Connection, Transaction};

use crate::{
    domain::{
        address::{EmailAddress, NamedAddress},
        id::{MessageKey, ThreadId},
        message::{Direction, Headers},
        roster::Roster,
    },
    store::{
        self, StoreError,
        messages::MessageRow,
        senders::{self, Sender, Turn},
    },
};

/// The people whom the office knows have changed from `before` to `after`: marks and directions follow. Adds the
/// conversations that look different now to those in `touched`, of which every one may have changed its direction.
pub fn follow(
    tx: &Transaction<'_>,
    before: &Roster,
    after: &Roster,
    touched: &mut BTreeSet<ThreadId>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let news = after.news_since(before).and(before.news_since(after));
    if !news.is_empty() {
        let mut last = Sender::default();
        while let Some(sender) = senders::after(tx, &last)? {
            let named = named(&sender).filter(|named| news.concerns(named));
            if let Some(named) = named {
                touched.extend(senders::mark_all(tx, &sender, after.is_imitation(&named))?);
            }
            last = sender;
        }
    }
    if before.firm_people() != after.firm_people() {
        for thread in touched.iter() {
            let current = store::threads::current(tx, *thread)?;
            turn_round(tx, current, after, now)?;
        }
    }
    Ok(())
}

fn named(sender: &Sender) -> Option<NamedAddress> {
    let address = EmailAddress::parse(&sender.key).ok()?;
    Some(NamedAddress { name: (!sender.name.is_empty()).then(|| sender.name.clone()), address })
}

/// Which way a message went. One that bears our address, says that an answer goes to somebody outside and came in
/// without proof that it ever left here (a form on the office's website) comes from them.
pub fn direction(
    conn: &Connection,
    key: MessageKey,
    headers: &Headers,
    roster: &Roster,
) -> Result<Direction, StoreError> {
    let claimed = roster.direction(headers);
    let outside = || headers.reply_to.iter().any(|who| !roster.is_own(&who.address));
    if claimed == Direction::Inbound || !outside() || !store::messages::is_unproven(conn, key)? {
        return Ok(claimed);
    }
    Ok(Direction::Inbound)
}

/// Which way each message of a conversation went, by what is known now. Was any otherwise before?
pub fn turn_round(
    tx: &Transaction<'_>,
    thread: ThreadId,
    roster: &Roster,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let mut turned = false;
    for row in store::messages::of_thread(tx, thread)? {
        let headers = store::messages::headers(tx, row.key)?;
        let direction = direction(tx, row.key, &headers, roster)?;
        if direction == row.direction {
            continue;
        }
        turned = true;
        let inbound = direction == Direction::Inbound;
        let writer = if inbound {
            roster.speakers(&headers.from, &headers.reply_to).into_iter().next()
        } else {
            headers.from.first().cloned()
        };
        let turn = Turn {
            direction,
            at: time(&row, &headers, direction, now),
            spoof: inbound && writer.as_ref().is_some_and(|writer| roster.is_imitation(writer)),
            sender: writer.map(sender).unwrap_or_default(),
        };
        senders::turn(tx, row.key, &turn)?;
    }
    Ok(turned)
}

fn sender(writer: NamedAddress) -> Sender {
    let key = writer.address.key().to_owned();
    Sender { name: writer.name.unwrap_or_default(), key }
}

/// Received-at or sent-at of design 4.3, as far as the row still tells it.
fn time(row: &MessageRow, headers: &Headers, direction: Direction, now: Timestamp) -> Timestamp {
    if row.accepted_at.is_some() {
        return row.at;
    }
    match direction {
        Direction::Inbound => row.internal_date.map_or(row.at, |at| at.min(now)),
        Direction::Outbound | Direction::Internal => {
            headers.date.map_or(row.at, |date| date.min(row.at))
        }
    }
}

/// Judges anew what a batch may have shown in another light: what bears our address and speaks for somebody outside,
/// and what now lies where it was not before. Returns the conversations that look different.
pub fn after_batch(
    tx: &Transaction<'_>,
    new: &[(MessageKey, Timestamp)],
    known: &[MessageKey],
    roster: impl FnOnce() -> Result<Roster, StoreError>,
    now: Timestamp,
) -> Result<BTreeSet<ThreadId>, StoreError> {
    let mut doubtful = BTreeSet::new();
    let keys = || new.iter().map(|(key, _)| *key);
    if let Some((first, last)) = keys().min().zip(keys().max()) {
        doubtful.extend(senders::ours_with_reply_to(tx, first, last)?);
    }
    for key in known {
        doubtful.extend(senders::with_reply_to(tx, *key)?);
    }
    if doubtful.is_empty() {
        return Ok(doubtful);
    }
    let roster = roster()?;
    let mut turned = BTreeSet::new();
    for thread in doubtful {
        if turn_round(tx, thread, &roster, now)? {
            turned.insert(thread);
        }
    }
    Ok(turned)
}
