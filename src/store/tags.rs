//! Tags: which matter each message is in, and what is suggested for conversations that have none.
//!
//! Owns the rows; a conversation's own tag is what its messages say. It never chooses a matter.

use rusqlite::{Connection, Transaction, params};
use serde_json::Value;

use crate::domain::{
    audit::Actor,
    id::{MatterId, MessageKey, ThreadId},
    tagging::{Reason, Suggestion, Tagged},
};

use super::{
    codec::{instant, micros},
    error::Result,
    threads,
};

/// The tag of one message, as undo needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageTag {
    /// Which message.
    pub message: MessageKey,
    /// Its tag.
    pub tag: Tagged,
    /// How it got there: `person`, `inherited`, `accepted`, `reply`.
    pub how: String,
}

/// Puts every message of a conversation in a matter, over whatever they were in. Returns what they were in before,
/// for undo. The caller refreshes the thread and writes the audit entry.
pub fn tag_thread(
    tx: &Transaction<'_>,
    thread: ThreadId,
    tag: &Tagged,
    how: &str,
) -> Result<Vec<MessageTag>> {
    let thread = threads::current(tx, thread)?;
    let before = of_thread(tx, thread)?;
    tx.prepare_cached(
        "INSERT INTO tagging (message, matter, actor, at, how)
         SELECT key, ?2, ?3, ?4, ?5 FROM message WHERE thread = ?1
         ON CONFLICT (message) DO UPDATE
         SET matter = excluded.matter, actor = excluded.actor, at = excluded.at, how = excluded.how",
    )?
    .execute(params![thread.get(), tag.matter.get(), tag.by.word(), micros(tag.at), how])?;
    Ok(before)
}

/// Puts one message in a matter.
pub fn tag_message(
    tx: &Transaction<'_>,
    message: MessageKey,
    tag: &Tagged,
    how: &str,
) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO tagging (message, matter, actor, at, how) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (message) DO UPDATE
         SET matter = excluded.matter, actor = excluded.actor, at = excluded.at, how = excluded.how",
    )?
    .execute(params![message.get(), tag.matter.get(), tag.by.word(), micros(tag.at), how])?;
    Ok(())
}

/// Takes every message of a conversation out of its matter. Returns what they were in, for undo.
pub fn untag_thread(tx: &Transaction<'_>, thread: ThreadId) -> Result<Vec<MessageTag>> {
    let thread = threads::current(tx, thread)?;
    let before = of_thread(tx, thread)?;
    tx.prepare_cached(
        "DELETE FROM tagging WHERE message IN (SELECT key FROM message WHERE thread = ?1)",
    )?
    .execute([thread.get()])?;
    Ok(before)
}

/// Puts the tags of these messages back to what they were; `tags` of other messages are not touched.
pub fn reset(tx: &Transaction<'_>, messages: &[MessageKey], tags: &[MessageTag]) -> Result<()> {
    let mut delete = tx.prepare_cached("DELETE FROM tagging WHERE message = ?1")?;
    for message in messages {
        delete.execute([message.get()])?;
    }
    for tag in tags.iter().filter(|tag| messages.contains(&tag.message)) {
        tag_message(tx, tag.message, &tag.tag, &tag.how)?;
    }
    Ok(())
}

/// The conversations with a message in this matter.
pub fn threads_in(conn: &Connection, matter: MatterId) -> Result<Vec<ThreadId>> {
    let mut query = conn.prepare_cached(
        "SELECT DISTINCT m.thread FROM tagging AS t JOIN message AS m ON m.key = t.message
         WHERE t.matter = ?1 ORDER BY 1",
    )?;
    let rows = query.query_map([matter.get()], |row| row.get(0).map(ThreadId::new))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The tags of a conversation's messages, oldest message first.
pub fn of_thread(conn: &Connection, thread: ThreadId) -> Result<Vec<MessageTag>> {
    let mut query = conn.prepare_cached(
        "SELECT t.message, t.matter, t.actor, t.at, t.how FROM message AS m JOIN tagging AS t ON t.message = m.key
         WHERE m.thread = ?1 ORDER BY m.at, m.key",
    )?;
    let rows = query.query_map([thread.get()], |row| {
        let actor: String = row.get("actor")?;
        let tag = Tagged {
            matter: MatterId::new(row.get("matter")?),
            by: Actor::from_word(&actor),
            at: instant(row.get("at")?)?,
        };
        Ok(MessageTag { message: MessageKey::new(row.get("message")?), tag, how: row.get("how")? })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Keeps what is suggested for a conversation, instead of what was.
pub fn set_suggestions(
    tx: &Transaction<'_>,
    thread: ThreadId,
    suggestions: &[Suggestion],
) -> Result<()> {
    tx.prepare_cached("DELETE FROM suggestion WHERE thread = ?1")?.execute([thread.get()])?;
    let mut insert = tx.prepare_cached(
        "INSERT INTO suggestion (thread, matter, score, reasons) VALUES (?1, ?2, ?3, ?4)",
    )?;
    for s in suggestions {
        let words: Vec<&str> = s.reasons.iter().map(|reason| reason.word()).collect();
        let reasons = Value::from(words).to_string();
        insert.execute(params![thread.get(), s.matter.get(), s.score, reasons])?;
    }
    Ok(())
}

/// What is suggested for a conversation, best first.
pub fn suggestions(conn: &Connection, thread: ThreadId) -> Result<Vec<Suggestion>> {
    let mut query = conn.prepare_cached(
        "SELECT matter, score, reasons FROM suggestion WHERE thread = ?1 ORDER BY score DESC, matter",
    )?;
    let rows = query.query_map([thread.get()], |row| {
        let reasons: String = row.get("reasons")?;
        let words: Vec<String> = serde_json::from_str(&reasons).unwrap_or_default();
        Ok(Suggestion {
            matter: MatterId::new(row.get("matter")?),
            score: row.get("score")?,
            reasons: words.iter().filter_map(|word| Reason::from_word(word)).collect(),
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The matters of the messages that go by one of these ids: evidence that a message answers ours.
pub fn matters_of_sent(conn: &Connection, ids: &[&str]) -> Result<Vec<MatterId>> {
    let mut query = conn.prepare_cached(
        "SELECT t.matter FROM message AS m JOIN tagging AS t ON t.message = m.key
         WHERE m.message_id = ?1 AND m.message_id <> '' AND m.direction = 1
         UNION SELECT matter FROM outbox WHERE message_id = ?1 AND state = 3 AND matter IS NOT NULL ORDER BY 1",
    )?;
    let mut out: Vec<MatterId> = Vec::new();
    for id in ids {
        for row in query.query_map([id], |row| row.get(0).map(MatterId::new))? {
            let matter = row?;
            if !out.contains(&matter) {
                out.push(matter);
            }
        }
    }
    Ok(out)
}
