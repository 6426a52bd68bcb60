//! What a report reads: which conversations matter to a period, and when messages came.
//!
//! Owns these queries. It counts nothing and never writes.

use jiff::Timestamp;
use rusqlite::{Connection, params};

use crate::domain::id::{AccountId, ThreadId};

use super::{
    codec::{instant, micros},
    error::Result,
};

/// A conversation that may say something about a period.
pub struct Reported {
    /// Which one.
    pub thread: ThreadId,
    /// The number and the name of its matter; empty without one.
    pub matter: (String, String),
    /// The account to which its first message came.
    pub account: AccountId,
}

/// Conversations in which something happened since `from`, or a clock runs, by number. What ended before then says nothing.
pub fn threads_since(conn: &Connection, from: Timestamp) -> Result<Vec<Reported>> {
    let mut query = conn.prepare_cached(
        "SELECT t.id AS thread, coalesce(x.number, '') AS number, coalesce(x.name, '') AS name,
                (SELECT m.account FROM message AS m WHERE m.thread = t.id ORDER BY m.at, m.key LIMIT 1) AS account
         FROM thread AS t LEFT JOIN matter AS x ON x.id = t.matter
         WHERE t.messages > 0 AND (t.last_at >= ?1
            OR EXISTS (SELECT 1 FROM clock AS c WHERE c.thread = t.id AND (c.outcome = 'running' OR c.due >= ?1))
            OR EXISTS (SELECT 1 FROM mark AS k WHERE k.thread = t.id AND k.at >= ?1))
         ORDER BY t.id",
    )?;
    let rows = query.query_map(params![micros(from)], |row| {
        Ok(Reported {
            thread: ThreadId::new(row.get("thread")?),
            matter: (row.get("number")?, row.get("name")?),
            account: AccountId::new(row.get::<_, Option<i64>>("account")?.unwrap_or_default()),
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// When messages from outside came in a period, each once.
pub fn arrivals(conn: &Connection, from: Timestamp, to: Timestamp) -> Result<Vec<Timestamp>> {
    let mut query = conn.prepare_cached(
        "SELECT at FROM message WHERE direction = 0 AND instance_of IS NULL AND at >= ?1 AND at < ?2",
    )?;
    let rows = query.query_map(params![micros(from), micros(to)], |row| instant(row.get(0)?))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
