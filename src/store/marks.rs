//! Marks: what people said about a conversation (dismissed, starred, a promise …). Undone ones stay, with the time.
//!
//! Owns the rows. It never knows what a kind of mark does.

use jiff::Timestamp;
use rusqlite::{Connection, Transaction, params};

use crate::domain::{
    audit::Actor,
    id::{MessageKey, ThreadId},
};

use super::{
    codec::{instant, micros},
    error::Result,
    threads,
};

/// The kind of the star.
pub const STAR: &str = "star";

/// A mark to be kept.
#[derive(Clone)]
pub struct NewMark {
    /// On which conversation.
    pub thread: ThreadId,
    /// On which message of it, where that matters.
    pub message: Option<MessageKey>,
    /// What kind: [`STAR`], or the caller's own word.
    pub kind: &'static str,
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: Actor,
    /// Why, in the person's words.
    pub reason: String,
    /// What else the kind needs, in the caller's own form.
    pub data: String,
}

/// A mark.
#[derive(Clone)]
pub struct MarkRow {
    /// Its row, to undo it by.
    pub id: i64,
    /// On which conversation.
    pub thread: ThreadId,
    /// On which message.
    pub message: Option<MessageKey>,
    /// What kind.
    pub kind: String,
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: Actor,
    /// Why.
    pub reason: String,
    /// What else the kind needs.
    pub data: String,
}

/// Sets a mark. Returns its row, for undo.
pub fn set(tx: &Transaction<'_>, mark: &NewMark) -> Result<i64> {
    tx.prepare_cached(
        "INSERT INTO mark (thread, message, kind, at, actor, reason, data) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?
    .execute(params![
        threads::current(tx, mark.thread)?.get(),
        mark.message.map(MessageKey::get),
        mark.kind,
        micros(mark.at),
        mark.by.word(),
        mark.reason,
        mark.data,
    ])?;
    Ok(tx.last_insert_rowid())
}

/// Takes marks back. They stay in the record, with the time.
pub fn undo(tx: &Transaction<'_>, marks: &[i64], now: Timestamp) -> Result<()> {
    for id in marks {
        tx.prepare_cached("UPDATE mark SET undone_at = ?2 WHERE id = ?1 AND undone_at IS NULL")?
            .execute(params![id, micros(now)])?;
    }
    Ok(())
}

/// Puts marks that were taken back on again (redo).
pub fn redo(tx: &Transaction<'_>, marks: &[i64]) -> Result<()> {
    for id in marks {
        tx.prepare_cached("UPDATE mark SET undone_at = NULL WHERE id = ?1")?.execute([id])?;
    }
    Ok(())
}

/// The conversations on which these marks sit.
pub fn threads_of(conn: &Connection, marks: &[i64]) -> Result<Vec<ThreadId>> {
    let mut query = conn.prepare_cached("SELECT thread FROM mark WHERE id = ?1")?;
    marks
        .iter()
        .map(|mark| Ok(query.query_row([mark], |row| row.get(0).map(ThreadId::new))?))
        .collect()
}

/// The marks of a conversation that are not undone, in the order they were set.
pub fn of_thread(conn: &Connection, thread: ThreadId) -> Result<Vec<MarkRow>> {
    let mut query = conn.prepare_cached(
        "SELECT id, thread, message, kind, at, actor, reason, data FROM mark
         WHERE thread = ?1 AND undone_at IS NULL ORDER BY id",
    )?;
    let rows = query.query_map([thread.get()], |row| {
        let actor: String = row.get("actor")?;
        Ok(MarkRow {
            id: row.get("id")?,
            thread: ThreadId::new(row.get("thread")?),
            message: row.get::<_, Option<i64>>("message")?.map(MessageKey::new),
            kind: row.get("kind")?,
            at: instant(row.get("at")?)?,
            by: Actor::from_word(&actor),
            reason: row.get("reason")?,
            data: row.get("data")?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
