//! Drafts: what is being written, kept after every pause of the typing.
//!
//! Owns their rows, their JSON and the files that go with them. It deletes a draft only when a person threw it away or it
//! became an outbox row, which keeps a copy; a file, when neither needs it any more.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use jiff::{Timestamp, civil::Date};
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::domain::{
    address::NamedAddress,
    confidential::Confidential,
    draft::{Draft, Enclosure, Parent},
    footer::Privilege,
    id::{DraftId, MatterId, MessageKey, OutboxId, ThreadId},
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
    let id = DraftId::new(tx.last_insert_rowid());
    keep_files(tx, Holder::Draft(id), &draft.attachments)?;
    Ok(Draft { id, ..draft.clone() })
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
    if changed != 1 {
        return Err(StoreError::NotFound { what: "draft" });
    }
    keep_files(tx, Holder::Draft(draft.id), &draft.attachments)
}

/// One draft.
pub fn get(conn: &Connection, id: DraftId) -> Result<Draft> {
    let mut query = conn.prepare_cached("SELECT content FROM draft WHERE id = ?1")?;
    let content: Option<String> = query.query_row([id.get()], |row| row.get(0)).optional()?;
    let content = content.ok_or(StoreError::NotFound { what: "draft" })?;
    in_its_thread(conn, from_json(conn, &content, id)?)
}

/// While someone writes, the conversation may turn out to be part of an older one: what was typed must not be lost for
/// that.
pub(crate) fn in_its_thread(conn: &Connection, draft: Draft) -> Result<Draft> {
    let thread = draft.thread.map(|thread| threads::current(conn, thread)).transpose()?;
    Ok(Draft { thread, ..draft })
}

/// Every draft with the time of its last change, the newest first, without the bytes of its files: they are there with
/// their names and empty. [`get`] gives a whole draft.
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
        let (mut draft, files) = parse(&content, DraftId::new(id))?;
        draft.attachments = files.into_iter().map(|file| file.enclosure(Vec::new())).collect();
        out.push((in_its_thread(conn, draft)?, at));
    }
    Ok(out)
}

/// Removes a draft: a person threw it away, or it was queued in the same transaction.
pub fn delete(tx: &Transaction<'_>, id: DraftId) -> Result<()> {
    keep_files(tx, Holder::Draft(id), &[])?;
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
        "privilege": draft.privilege.map(Privilege::sign),
        "holding": draft.holding.map(|day| day.to_string()),
    })
    .to_string()
}

/// Reads what [`to_json`] wrote, with the files that it names.
pub(crate) fn from_json(conn: &Connection, content: &str, id: DraftId) -> Result<Draft> {
    let (mut draft, files) = parse(content, id)?;
    for file in files {
        let bytes = match &file.place {
            Place::Here(bytes) => bytes.clone(),
            Place::Kept(hash) => kept_file(conn, hash)?,
        };
        draft.attachments.push(file.enclosure(bytes));
    }
    Ok(draft)
}

fn parse(content: &str, id: DraftId) -> Result<(Draft, Vec<Filed>)> {
    let damaged = || StoreError::damaged("a draft");
    let value: Value = serde_json::from_str(content).map_err(|_| damaged())?;
    let int = |key: &str| value.get(key).and_then(Value::as_i64);
    let text = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let from = value.get("from").and_then(named).ok_or_else(damaged)?;
    let kind = reply(int("kind").unwrap_or(-1)).map_err(|_| broken("reply kind"))?;
    let holding = value.get("holding").and_then(Value::as_str).map(str::parse::<Date>);
    let draft = Draft {
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
        attachments: Vec::new(),
        privilege: Privilege::parse(&text("privilege")).map_err(|_| damaged())?,
        holding: holding.transpose().map_err(|_| damaged())?,
    };
    Ok((draft, filed(value.get("attachments"))?))
}

/// A file as the JSON names it.
struct Filed {
    name: String,
    media_type: String,
    place: Place,
}

/// Where the bytes of a file are.
enum Place {
    /// In the JSON itself: so it was before the files had a table of their own.
    Here(Vec<u8>),
    /// In that table, under this hash.
    Kept(Vec<u8>),
}

impl Filed {
    fn enclosure(self, bytes: Vec<u8>) -> Enclosure {
        let bytes = Arc::new(Confidential::new(bytes));
        Enclosure { name: self.name, media_type: self.media_type, bytes }
    }
}

fn hash(enclosure: &Enclosure) -> [u8; 32] {
    Sha256::digest(enclosure.bytes.expose()).into()
}

fn enclosure_json(enclosure: &Enclosure) -> Value {
    json!({
        "name": enclosure.name,
        "media_type": enclosure.media_type,
        "hash": STANDARD.encode(hash(enclosure)),
    })
}

fn filed(value: Option<&Value>) -> Result<Vec<Filed>> {
    let list = value.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let one = |value: &Value| {
        let text = |key: &str| value.get(key).and_then(Value::as_str);
        let place = match text("hash") {
            Some(hash) => Place::Kept(STANDARD.decode(hash).ok()?),
            None => Place::Here(STANDARD.decode(text("bytes")?).ok()?),
        };
        Some(Filed {
            name: text("name")?.to_owned(),
            media_type: text("media_type")?.to_owned(),
            place,
        })
    };
    list.iter().map(|value| one(value).ok_or(StoreError::damaged("a draft"))).collect()
}

fn kept_file(conn: &Connection, hash: &[u8]) -> Result<Vec<u8>> {
    let mut query = conn.prepare_cached("SELECT bytes FROM enclosure WHERE hash = ?1")?;
    let bytes = query.query_row([hash], |row| row.get(0)).optional()?;
    bytes.ok_or(StoreError::damaged("a file of a draft"))
}

/// Who needs a file.
#[derive(Clone, Copy)]
pub(crate) enum Holder {
    Draft(DraftId),
    Item(OutboxId),
}

/// These are the files that the holder needs now; what nobody needs any more is deleted.
pub(crate) fn keep_files(tx: &Transaction<'_>, holder: Holder, files: &[Enclosure]) -> Result<()> {
    let (draft, item) = match holder {
        Holder::Draft(id) => (Some(id.get()), None),
        Holder::Item(id) => (None, Some(id.get())),
    };
    let mut query = tx.prepare_cached("SELECT hash FROM enclosed WHERE draft = ?1 OR item = ?2")?;
    let before = query
        .query_map(params![draft, item], |row| row.get(0))?
        .collect::<rusqlite::Result<Vec<Vec<u8>>>>()?;
    if before.is_empty() && files.is_empty() {
        return Ok(());
    }
    tx.prepare_cached("DELETE FROM enclosed WHERE draft = ?1 OR item = ?2")?
        .execute(params![draft, item])?;
    for file in files {
        let hash = hash(file);
        tx.prepare_cached(
            "INSERT INTO enclosure (hash, bytes) SELECT ?1, ?2
             WHERE NOT EXISTS (SELECT 1 FROM enclosure WHERE hash = ?1)",
        )?
        .execute(params![hash, file.bytes.expose()])?;
        tx.prepare_cached("INSERT INTO enclosed (hash, draft, item) VALUES (?1, ?2, ?3)")?
            .execute(params![hash, draft, item])?;
    }
    let mut delete = tx.prepare_cached(
        "DELETE FROM enclosure WHERE hash = ?1 AND NOT EXISTS (SELECT 1 FROM enclosed WHERE hash = ?1)",
    )?;
    for hash in before {
        delete.execute([hash])?;
    }
    Ok(())
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
