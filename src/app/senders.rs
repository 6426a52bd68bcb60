//! Who really wrote what is in the record, judged anew when the office learns more: which way a message went, when it
//! came, and whether its sender imitates someone (`spoof?`).
//!
//! Owns these derivations for messages that are stored already, so that it does not matter what came first, the mail or
//! the knowledge. It never takes a message's own claim for a proof.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, Transaction};

use crate::{
    domain::{
        address::{EmailAddress, NamedAddress},
        id::{AccountId, MessageKey, ThreadId},
        message::{Direction, Headers},
        roster::Roster,
    },
    mail::{self, Limits},
    store::{
        self, StoreError,
        messages::{MessageRow, TimeReason},
        senders::{self, Dated, Sender, Turn},
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
            at: time(tx, &row, &headers, direction, now)?,
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

/// A server's clock may be wrong by so much; a time that lies further before the message's own `Date` (or before we saw
/// it, if that is earlier) is none at which it came.
const WRONG_BY: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Received-at of design 4.3, and why: the earliest plausible of INTERNALDATE and the topmost `Received`, since a mailbox
/// that was moved bears the day of the move. Of an import the date of its file says less than `Received`, and only bounds
/// the sender's own `Date`. Never later than `seen`.
pub fn received_at(
    headers: &Headers,
    internal_date: Option<Timestamp>,
    seen: Timestamp,
    imported: bool,
) -> (Timestamp, TimeReason) {
    let internal = internal_date.map(|at| (at.min(seen), TimeReason::InternalDate));
    let received = headers.received.map(|at| (at.min(seen), TimeReason::Received));
    let written = headers.date.unwrap_or(seen).min(seen);
    let plausible = |(at, _): &(Timestamp, _)| written.duration_since(*at) <= WRONG_BY;
    let dated = || {
        let (bound, _) = internal?;
        headers.date.map(|date| (date.min(bound), TimeReason::HeaderDate))
    };
    let found = if imported {
        received.filter(plausible).or_else(dated)
    } else {
        let both = || [internal, received].into_iter().flatten();
        both().filter(plausible).min_by_key(|(at, _)| *at)
    };
    found.or(internal).or(received).unwrap_or((seen, TimeReason::FirstSeen))
}

/// Received-at and sent-at of design 4.3 and why, for a message that no relay of ours took. The sender's `Date` alone
/// decides nothing.
pub fn effective_time(
    headers: &Headers,
    direction: Direction,
    internal_date: Option<Timestamp>,
    seen: Timestamp,
    imported: bool,
) -> (Timestamp, TimeReason) {
    match headers.date.filter(|_| direction != Direction::Inbound) {
        Some(date) => (date.min(internal_date.unwrap_or(seen)).min(seen), TimeReason::HeaderDate),
        None => received_at(headers, internal_date, seen, imported),
    }
}

/// What a server tells of a message that is in the record already.
pub struct Sighting<'a> {
    /// Through which account it is seen.
    pub account: AccountId,
    /// Its header.
    pub headers: &'a Headers,
    /// INTERNALDATE.
    pub internal_date: Option<Timestamp>,
    /// Another program has read it.
    pub read: bool,
    /// When it is seen.
    pub at: Timestamp,
}

/// A copy uploaded so long after the date of the imported file says when that was done, not when the message came.
const UPLOADED: SignedDuration = SignedDuration::from_hours(24);

/// The same bytes lie on a server: when they came is judged anew, so that it does not matter whether the file or the
/// mailbox was read first. What was imported belongs to that account from now on; of two mailboxes the one that tells the
/// earlier plausible time is believed.
pub fn seen_on_server(
    tx: &Transaction<'_>,
    row: &MessageRow,
    sighting: &Sighting<'_>,
) -> Result<bool, StoreError> {
    let Sighting { account, headers, internal_date, read, at: now } = *sighting;
    let imported = store::accounts::by_name(tx, store::accounts::IMPORTED)? == Some(row.account);
    if imported && read && row.unread {
        store::messages::set_unread(tx, row.key, false)?;
    }
    if row.accepted_at.is_some() || (internal_date.is_none() && headers.received.is_none()) {
        return Ok(false);
    }
    let seen = if row.at_reason == TimeReason::FirstSeen { now.min(row.at) } else { now };
    let (at, reason) = effective_time(headers, row.direction, internal_date, seen, false);
    let written = headers.date.unwrap_or(seen).min(seen);
    let plausible = |at: Timestamp| written.duration_since(at) <= WRONG_BY;
    let better = if imported {
        let file = row.internal_date.filter(|file| plausible(*file));
        file.is_none_or(|file| at.duration_since(file) <= UPLOADED)
    } else {
        plausible(at) && (at < row.at || !plausible(row.at))
    };
    if better {
        let account = if imported { account } else { row.account };
        senders::dated(tx, row.key, &Dated { account, internal_date, at, reason })?;
    }
    Ok(better)
}

/// Received-at or sent-at of design 4.3, as far as the row still tells it.
fn time(
    conn: &Connection,
    row: &MessageRow,
    headers: &Headers,
    direction: Direction,
    now: Timestamp,
) -> Result<Timestamp, StoreError> {
    if row.accepted_at.is_some() {
        return Ok(row.at);
    }
    Ok(match direction {
        Direction::Inbound => {
            // The record keeps no `Received` beside the message; one that turns is rare enough to be opened for it.
            let mut headers = headers.clone();
            headers.received = received(&store::raw::get(conn, row.key)?);
            if row.internal_date.is_none() && headers.received.is_none() {
                return Ok(row.at);
            }
            let imported =
                store::accounts::by_name(conn, store::accounts::IMPORTED)? == Some(row.account);
            received_at(&headers, row.internal_date, now, imported).0
        }
        Direction::Outbound | Direction::Internal => {
            let bound = row.internal_date.unwrap_or(row.at).min(now);
            headers.date.map_or(row.at, |date| date.min(bound))
        }
    })
}

/// The time in the topmost `Received` of a message; only its header is read.
fn received(raw: &[u8]) -> Option<Timestamp> {
    let ends = |rest: &[u8]| rest.starts_with(b"\n\n") || rest.starts_with(b"\n\r\n");
    let end = (0..raw.len()).find(|at| raw.get(*at..).is_some_and(ends)).unwrap_or(raw.len());
    mail::read(raw.get(..end)?, &Limits::default()).headers.received
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

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Option<Timestamp> {
        (!text.is_empty()).then(|| format!("2026-{text}:00Z").parse().unwrap())
    }

    /// What came of `Date`, `Received` and INTERNALDATE (or the date of the file), first seen on 24 November at noon.
    fn came(date: &str, received: &str, internal: &str, imported: bool) -> Timestamp {
        let headers = Headers { date: at(date), received: at(received), ..Headers::default() };
        received_at(&headers, at(internal), at("11-24T12:00").unwrap(), imported).0
    }

    #[test]
    fn a_message_came_at_the_earliest_plausible_time_that_a_server_tells() {
        for (date, received, internal, expected) in [
            ("11-24T10:00", "11-24T10:01", "11-24T10:02", "11-24T10:01"),
            ("11-24T10:00", "11-24T10:02", "11-24T10:01", "11-24T10:01"),
            // The mailbox was moved, or a server's clock starts anew.
            ("03-02T10:00", "03-02T10:01", "11-20T09:00", "03-02T10:01"),
            ("11-24T10:00", "01-01T00:00", "11-24T10:02", "11-24T10:02"),
            ("11-24T10:00", "11-24T10:01", "01-01T00:00", "11-24T10:01"),
            // A `Date` decides nothing, whatever it claims.
            ("12-24T10:00", "11-24T10:01", "11-24T10:02", "11-24T10:01"),
            ("01-01T00:00", "", "11-24T10:02", "11-24T10:02"),
            ("12-31T00:00", "", "11-01T10:00", "11-01T10:00"),
            ("11-24T10:00", "", "", "11-24T12:00"),
            // Nothing comes after it was seen.
            ("11-24T10:00", "12-01T00:00", "12-02T00:00", "11-24T12:00"),
        ] {
            let got = came(date, received, internal, false);
            assert_eq!(Some(got), at(expected), "{date} {received} {internal}");
        }
    }

    #[test]
    fn an_imported_message_came_when_it_says_unless_it_lay_in_its_file_before() {
        for (date, received, file, expected) in [
            ("03-02T10:00", "03-02T10:01", "11-20T09:00", "03-02T10:01"),
            ("03-02T10:00", "03-02T10:01", "03-01T09:00", "03-02T10:01"),
            ("03-02T10:00", "", "11-20T09:00", "03-02T10:00"),
            ("12-24T10:00", "", "11-20T09:00", "11-20T09:00"),
            ("", "", "11-20T09:00", "11-20T09:00"),
            ("", "", "12-20T09:00", "11-24T12:00"),
            ("03-02T10:00", "", "", "11-24T12:00"),
        ] {
            let got = came(date, received, file, true);
            assert_eq!(Some(got), at(expected), "{date} {received} {file}");
        }
    }
}
