//! Who wrote what came in: every sender once, and what is marked on their messages later.
//!
//! Owns these questions and marks. It never judges a sender, and reads no more messages than the sender's own.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Transaction, params};

use crate::domain::{
    id::{AccountId, MessageKey, ThreadId},
    message::Direction,
};

use super::{
    codec::{direction_code, micros},
    error::Result,
    messages::TimeReason,
};

/// A sender as messages name it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Sender {
    /// The display name of the first `From`, or empty.
    pub name: String,
    /// Its address in lower case, or empty.
    pub key: String,
}

const AFTER: &str = "SELECT from_name, from_key FROM message INDEXED BY message_by_sender
    WHERE direction = 0 AND (from_name, from_key) > (?1, ?2) ORDER BY from_name, from_key LIMIT 1";

/// The sender of a message from outside that follows this one, in the order of name and address; the first one after
/// the empty sender. One step in an index, however much they wrote. The empty sender itself is never returned.
pub fn after(conn: &Connection, sender: &Sender) -> Result<Option<Sender>> {
    let mut query = conn.prepare_cached(AFTER)?;
    let next = query.query_row([&sender.name, &sender.key], |row| {
        Ok(Sender { name: row.get("from_name")?, key: row.get("from_key")? })
    });
    Ok(next.optional()?)
}

/// Sets or clears `spoof?` on everything that a sender wrote. Returns the conversations in which the mark was another.
pub fn mark_all(tx: &Transaction<'_>, sender: &Sender, spoof: bool) -> Result<Vec<ThreadId>> {
    let mut update = tx.prepare_cached(
        "UPDATE message INDEXED BY message_by_sender SET bits = bits + CASE WHEN ?3 THEN 16 ELSE -16 END
         WHERE direction = 0 AND from_name = ?1 AND from_key = ?2 AND (bits & 16 <> 0) <> ?3 RETURNING thread",
    )?;
    let rows = update
        .query_map(params![sender.name, sender.key, spoof], |row| row.get(0).map(ThreadId::new))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// What a message turned out to be.
#[derive(Clone)]
pub struct Turn {
    /// Which way it went.
    pub direction: Direction,
    /// Received-at or sent-at.
    pub at: Timestamp,
    /// As whose it is listed.
    pub sender: Sender,
    /// Its sender imitates someone.
    pub spoof: bool,
}

/// Writes it down.
pub fn turn(tx: &Transaction<'_>, key: MessageKey, to: &Turn) -> Result<()> {
    tx.prepare_cached(
        "UPDATE message SET direction = ?2, at = ?3, from_name = ?4, from_key = ?5,
                            bits = bits - (bits & 16) + CASE WHEN ?6 THEN 16 ELSE 0 END
         WHERE key = ?1",
    )?
    .execute(params![
        key.get(),
        direction_code(to.direction),
        micros(to.at),
        to.sender.name,
        to.sender.key,
        to.spoof
    ])?;
    Ok(())
}

/// When and through which account a message came, as it shows later.
pub struct Dated {
    /// The account.
    pub account: AccountId,
    /// INTERNALDATE, where its server gives one.
    pub internal_date: Option<Timestamp>,
    /// When it came or went.
    pub at: Timestamp,
    /// Why that time.
    pub reason: TimeReason,
}

/// Writes it down.
pub fn dated(tx: &Transaction<'_>, key: MessageKey, to: &Dated) -> Result<()> {
    tx.prepare_cached(
        "UPDATE message SET account = ?2, internal_date = ?3, at = ?4, received_reason = ?5 WHERE key = ?1",
    )?
    .execute(params![
        key.get(),
        to.account.get(),
        to.internal_date.map(micros),
        micros(to.at),
        to.reason.code()
    ])?;
    Ok(())
}

/// The conversations of messages that bear an address of ours as their sender and yet say to whom else an answer goes
/// (`Reply-To`), among the keys from `first` to `last`.
pub fn ours_with_reply_to(
    conn: &Connection,
    first: MessageKey,
    last: MessageKey,
) -> Result<Vec<ThreadId>> {
    let mut query = conn.prepare_cached(
        "SELECT DISTINCT m.thread FROM correspondent AS c JOIN message AS m ON m.key = c.message
         WHERE c.message BETWEEN ?1 AND ?2 AND c.kind = 2 AND m.direction <> 0",
    )?;
    let rows = query.query_map([first.get(), last.get()], |row| row.get(0).map(ThreadId::new))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The conversation of a message that says to whom an answer goes (`Reply-To`).
pub fn with_reply_to(conn: &Connection, key: MessageKey) -> Result<Option<ThreadId>> {
    let mut query = conn.prepare_cached(
        "SELECT m.thread FROM message AS m WHERE m.key = ?1
         AND EXISTS (SELECT 1 FROM correspondent AS c WHERE c.message = m.key AND c.kind = 2)",
    )?;
    let thread = query.query_row([key.get()], |row| row.get(0)).optional()?;
    Ok(thread.map(ThreadId::new))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::migrate;

    #[test]
    fn the_next_sender_is_one_step_in_an_index_and_not_a_walk_through_all_mail() {
        let mut conn = Connection::open_in_memory().unwrap();
        migrate::migrate(&mut conn).unwrap();
        let mut query = conn.prepare(&format!("EXPLAIN QUERY PLAN {AFTER}")).unwrap();
        let rows = query.query_map(["", ""], |row| row.get::<_, String>("detail")).unwrap();
        let plan = rows.map(Result::unwrap).collect::<Vec<_>>().join("\n");
        assert_eq!(
            plan,
            "SEARCH message USING COVERING INDEX message_by_sender ((from_name,from_key)>(?,?))"
        );
    }
}
