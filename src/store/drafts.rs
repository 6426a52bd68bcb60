//! Drafts: what is being written, kept after every pause of the typing.
//!
//! Owns their rows and their JSON. It deletes one only when a person threw it away or it became an outbox row, which
//! keeps a copy.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use serde_json::{Value, json};

use crate::domain::{
    address::NamedAddress,
    confidential::Confidential,
    draft::{Draft, Enclosure, Parent},
    id::{DraftId, MatterId, MessageKey, ThreadId},
    message::MessageId,
};

use super::{
    codec::{broken, instant, micros, named, named_json, reply, reply_code},
    error::{Result, StoreError},
    threads,
};

/// Makes room for a draft and gives it its identity; the `id` it has is ignored. Returns it with the new one.
pub fn create(tx: &Transaction<'_>, draft: &Draft, now: Timestamp) -> Result<Draft> {
    let draft = &in_its_thread(tx, draft.clone())?;
    tx.prepare_cached(
        "INSERT INTO draft (thread, matter, parent, content, created_at, updated_at) VALUES (?1, ?2, ?3, ?4, ?5, ?5)",
    )?
    .execute(params![
        draft.thread.map(ThreadId::get),
        draft.matter.map(MatterId::get),
        draft.parent.as_ref().map(|p| p.key.get()),
        to_json(draft),
        micros(now),
    ])?;
    Ok(Draft { id: DraftId::new(tx.last_insert_rowid()), ..draft.clone() })
}

/// Keeps what was written so far. [`StoreError::NotFound`] when the draft was thrown away or sent.
pub fn save(tx: &Transaction<'_>, draft: &Draft, now: Timestamp) -> Result<()> {
    let draft = &in_its_thread(tx, draft.clone())?;
    let changed = tx
        .prepare_cached(
            "UPDATE draft SET thread = ?2, matter = ?3, parent = ?4, content = ?5, updated_at = ?6 WHERE id = ?1",
        )?
        .execute(params![
            draft.id.get(),
            draft.thread.map(ThreadId::get),
            draft.matter.map(MatterId::get),
            draft.parent.as_ref().map(|p| p.key.get()),
            to_json(draft),
            micros(now),
        ])?;
    if changed == 1 { Ok(()) } else { Err(StoreError::NotFound { what: "draft" }) }
}

/// One draft.
pub fn get(conn: &Connection, id: DraftId) -> Result<Draft> {
    let mut query = conn.prepare_cached("SELECT content FROM draft WHERE id = ?1")?;
    let content: Option<String> = query.query_row([id.get()], |row| row.get(0)).optional()?;
    let content = content.ok_or(StoreError::NotFound { what: "draft" })?;
    in_its_thread(conn, from_json(&content, id)?)
}

/// While someone writes, the conversation may turn out to be part of an older one: what was typed must not be lost for
/// that.
pub(crate) fn in_its_thread(conn: &Connection, draft: Draft) -> Result<Draft> {
    let thread = draft.thread.map(|thread| threads::current(conn, thread)).transpose()?;
    Ok(Draft { thread, ..draft })
}

/// Every draft with the time of its last change, the newest first.
pub fn list(conn: &Connection) -> Result<Vec<(Draft, Timestamp)>> {
    let mut query = conn.prepare_cached(
        "SELECT id, content, updated_at FROM draft ORDER BY updated_at DESC, id DESC",
    )?;
    let rows = query.query_map([], |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?, instant(row.get(2)?)?))
    })?;
    let mut out = Vec::new();
    for row in rows {
        let (id, content, at) = row?;
        out.push((in_its_thread(conn, from_json(&content, DraftId::new(id))?)?, at));
    }
    Ok(out)
}

/// Removes a draft: a person threw it away, or it was queued in the same transaction.
pub fn delete(tx: &Transaction<'_>, id: DraftId) -> Result<()> {
    tx.prepare_cached("DELETE FROM draft WHERE id = ?1")?.execute([id.get()])?;
    Ok(())
}

/// A draft as the record keeps it.
pub(crate) fn to_json(draft: &Draft) -> String {
    let list = |people: &[NamedAddress]| people.iter().map(named_json).collect::<Vec<_>>();
    let parent = draft.parent.as_ref().map(|p| {
        json!({
            "key": p.key.get(),
            "message_id": p.message_id.as_ref().map(MessageId::as_str),
            "references": p.references.iter().map(MessageId::as_str).collect::<Vec<_>>(),
            "participants": list(&p.participants),
        })
    });
    json!({
        "kind": reply_code(draft.kind),
        "thread": draft.thread.map(ThreadId::get),
        "matter": draft.matter.map(MatterId::get),
        "parent": parent,
        "from": named_json(&draft.from),
        "to": list(&draft.to),
        "cc": list(&draft.cc),
        "bcc": list(&draft.bcc),
        "subject": draft.subject,
        "body": draft.body,
        "quote": draft.quote,
        "attachments": draft.attachments.iter().map(enclosure_json).collect::<Vec<_>>(),
    })
    .to_string()
}

/// Reads what [`to_json`] wrote.
pub(crate) fn from_json(content: &str, id: DraftId) -> Result<Draft> {
    let value: Value = serde_json::from_str(content).map_err(|_| StoreError::damaged("a draft"))?;
    let int = |key: &str| value.get(key).and_then(Value::as_i64);
    let text = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let from = value.get("from").and_then(named).ok_or(StoreError::damaged("a draft"))?;
    let kind = reply(int("kind").unwrap_or(-1)).map_err(|_| broken("reply kind"))?;
    Ok(Draft {
        id,
        kind,
        thread: int("thread").map(ThreadId::new),
        parent: value.get("parent").and_then(parent),
        matter: int("matter").map(MatterId::new),
        from,
        to: people(value.get("to"))?,
        cc: people(value.get("cc"))?,
        bcc: people(value.get("bcc"))?,
        subject: text("subject"),
        body: text("body"),
        quote: text("quote"),
        attachments: enclosures(value.get("attachments"))?,
    })
}

fn enclosure_json(enclosure: &Enclosure) -> Value {
    json!({
        "name": enclosure.name,
        "media_type": enclosure.media_type,
        "bytes": STANDARD.encode(enclosure.bytes.expose()),
    })
}

fn enclosures(value: Option<&Value>) -> Result<Vec<Enclosure>> {
    let list = value.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let one = |value: &Value| {
        let text = |key: &str| value.get(key).and_then(Value::as_str);
        let bytes = STANDARD.decode(text("bytes")?).ok()?;
        Some(Enclosure {
            name: text("name")?.to_owned(),
            media_type: text("media_type")?.to_owned(),
            bytes: Arc::new(Confidential::new(bytes)),
        })
    };
    list.iter().map(|value| one(value).ok_or(StoreError::damaged("a draft"))).collect()
}

fn parent(value: &Value) -> Option<Parent> {
    let references = value.get("references")?.as_array()?;
    Some(Parent {
        key: MessageKey::new(value.get("key")?.as_i64()?),
        message_id: value.get("message_id").and_then(Value::as_str).and_then(MessageId::new),
        references: references.iter().filter_map(|v| MessageId::new(v.as_str()?)).collect(),
        participants: people(value.get("participants")).ok()?,
    })
}

/// A recipient is never dropped in silence: one that cannot be read is damage.
fn people(value: Option<&Value>) -> Result<Vec<NamedAddress>> {
    let list = value.and_then(Value::as_array).ok_or(StoreError::damaged("a draft"))?;
    list.iter().map(|v| named(v).ok_or(StoreError::damaged("a draft"))).collect()
}
