//! Operations: what is to happen at the mail servers, in the order in which people asked for it; and the folders there.
//!
//! Owns the rows and their stages. It never deletes one and never decides what follows from a new wish (that is
//! `domain::operation`).

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use crate::domain::{
    id::{AccountId, DraftId, MailboxId, MessageKey, OperationId, ThreadId},
    message::{Flags, MessageId},
    operation::{Deed, Flag, Folder, Open, Stage},
};

use super::{
    codec::{broken, count, flags, flags_code, instant, instant_opt, int, micros, small},
    error::{Result, StoreError},
};

/// A folder of an account as its server listed it.
#[derive(Clone)]
pub struct Destination {
    /// Which account.
    pub account: AccountId,
    /// Which folder.
    pub folder: Folder,
    /// Its role: `inbox`, `sent`, `drafts`, `junk`, `trash`, `archive`, `all`, `flagged`, or empty.
    pub role: String,
}

/// Where a message lies: a stored UID of the present generation.
#[derive(Clone)]
pub struct Place {
    /// The mailbox.
    pub mailbox: MailboxId,
    /// Its account.
    pub account: AccountId,
    /// Its folder.
    pub folder: Folder,
    /// Its role, or empty.
    pub role: String,
    /// The UIDVALIDITY of the present generation.
    pub uidvalidity: u64,
    /// The UID.
    pub uid: u32,
    /// The flags that the server showed last.
    pub flags: Flags,
}

/// An operation to be kept.
#[derive(Clone)]
pub struct NewOperation {
    /// Of which account.
    pub account: AccountId,
    /// On which message; `None` for a draft.
    pub message: Option<MessageKey>,
    /// What is to happen.
    pub deed: Deed,
    /// Where the message lies.
    pub source: Folder,
    /// UIDVALIDITY and UID there; `None` when it must be looked for by its Message-ID.
    pub at: Option<(u64, u32)>,
}

/// An operation.
#[derive(Clone)]
pub struct OperationRow {
    /// Which one.
    pub id: OperationId,
    /// Of which account.
    pub account: AccountId,
    /// On which message; `None` for a draft.
    pub message: Option<MessageKey>,
    /// Of which conversation; `None` for a draft.
    pub thread: Option<ThreadId>,
    /// Its stage.
    pub stage: Stage,
    /// What is to happen.
    pub deed: Deed,
    /// Where the message lies.
    pub source: Folder,
    /// UIDVALIDITY and UID there, where known.
    pub at: Option<(u64, u32)>,
    /// UIDVALIDITY and UID after a move, where the server told.
    pub target: Option<(u64, u32)>,
    /// How often it was sent.
    pub attempts: u32,
    /// Not to be sent again before.
    pub not_before: Timestamp,
    /// When a person asked for it.
    pub created: Timestamp,
    /// When it was over.
    pub ended: Option<Timestamp>,
    /// Why it is stuck or lapsed: a word of `app::operate`, or empty.
    pub reason: String,
    /// What the server said to it.
    pub said: String,
    /// The subject of the message.
    pub subject: String,
    /// Its Message-ID.
    pub message_id: Option<MessageId>,
}

impl OperationRow {
    /// As the rules see it.
    pub fn open(&self) -> Open {
        Open { id: self.id, deed: self.deed.clone(), stage: self.stage }
    }
}

const COLUMNS: &str = "o.id, o.account, o.message, o.draft, m.thread, o.state, o.kind, o.turn_on, o.source, o.source_name,
    o.uidvalidity, o.uid, o.target, o.target_name, o.target_validity, o.target_uid, o.attempts, o.not_before,
    o.created_at, o.ended_at, o.reason, o.said, coalesce(m.message_id, '') AS message_id,
    coalesce(m.subject, (SELECT c.subject FROM draft_copy AS c WHERE c.draft = o.draft ORDER BY c.id DESC LIMIT 1), '')
        AS subject";

const fn stage_code(stage: Stage) -> i64 {
    match stage {
        Stage::Waiting => 0,
        Stage::Begun => 1,
        Stage::Done => 2,
        Stage::Stuck => 3,
        Stage::Cancelled => 4,
        Stage::Lapsed => 5,
    }
}

fn stage(code: i64) -> rusqlite::Result<Stage> {
    match code {
        0 => Ok(Stage::Waiting),
        1 => Ok(Stage::Begun),
        2 => Ok(Stage::Done),
        3 => Ok(Stage::Stuck),
        4 => Ok(Stage::Cancelled),
        5 => Ok(Stage::Lapsed),
        _ => Err(broken("operation stage")),
    }
}

fn folder(row: &Row<'_>, raw: &str, name: &str) -> rusqlite::Result<Folder> {
    let wire: Vec<u8> = row.get(raw)?;
    let wire = String::from_utf8(wire).map_err(|_| broken("folder name"))?;
    Ok(Folder { wire, name: row.get(name)? })
}

fn spot(row: &Row<'_>, validity: &str, uid: &str) -> rusqlite::Result<Option<(u64, u32)>> {
    let uid: Option<i64> = row.get(uid)?;
    Ok(uid.map(small).zip(Some(count(row.get(validity)?))).map(|(uid, validity)| (validity, uid)))
}

fn deed(row: &Row<'_>) -> rusqlite::Result<Deed> {
    let kind: String = row.get("kind")?;
    if kind == "move" {
        return Ok(Deed::Move { to: folder(row, "target", "target_name")? });
    }
    let on = row.get("turn_on")?;
    if let Some(draft) = row.get::<_, Option<i64>>("draft")? {
        return Ok(Deed::Draft { draft: DraftId::new(draft), on });
    }
    let flag = Flag::from_word(&kind).ok_or_else(|| broken("operation kind"))?;
    Ok(Deed::Set { flag, on })
}

fn operation(row: &Row<'_>) -> rusqlite::Result<OperationRow> {
    let message_id: String = row.get("message_id")?;
    Ok(OperationRow {
        id: OperationId::new(row.get("id")?),
        account: AccountId::new(row.get("account")?),
        message: row.get::<_, Option<i64>>("message")?.map(MessageKey::new),
        thread: row.get::<_, Option<i64>>("thread")?.map(ThreadId::new),
        stage: stage(row.get("state")?)?,
        deed: deed(row)?,
        source: folder(row, "source", "source_name")?,
        at: spot(row, "uidvalidity", "uid")?,
        target: spot(row, "target_validity", "target_uid")?,
        attempts: small(row.get("attempts")?),
        not_before: instant(row.get("not_before")?)?,
        created: instant(row.get("created_at")?)?,
        ended: instant_opt(row.get("ended_at")?)?,
        reason: row.get("reason")?,
        said: row.get("said")?,
        subject: row.get("subject")?,
        message_id: MessageId::new(&message_id),
    })
}

fn rows(conn: &Connection, rest: &str, values: &[i64]) -> Result<Vec<OperationRow>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM operation AS o LEFT JOIN message AS m ON m.key = o.message {rest}"
    );
    let mut query = conn.prepare_cached(&sql)?;
    let rows = query.query_map(rusqlite::params_from_iter(values), operation)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The folders of an account are these now.
pub fn set_destinations(
    tx: &Transaction<'_>,
    account: AccountId,
    found: &[Destination],
) -> Result<()> {
    tx.prepare_cached("DELETE FROM destination WHERE account = ?1")?.execute([account.get()])?;
    let mut insert = tx.prepare_cached(
        "INSERT OR IGNORE INTO destination (account, raw_name, name, role) VALUES (?1, ?2, ?3, ?4)",
    )?;
    for one in found {
        let Folder { wire, name } = &one.folder;
        insert.execute(params![account.get(), wire.as_bytes(), name, one.role])?;
    }
    Ok(())
}

/// The folders of an account, by name.
pub fn destinations(conn: &Connection, account: AccountId) -> Result<Vec<Destination>> {
    let mut query = conn.prepare_cached(
        "SELECT raw_name, name, role FROM destination WHERE account = ?1 ORDER BY name, raw_name",
    )?;
    let rows = query.query_map([account.get()], |row| {
        let folder = folder(row, "raw_name", "name")?;
        Ok(Destination { account, folder, role: row.get("role")? })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Where a message lies, in present generations.
pub fn places(conn: &Connection, message: MessageKey) -> Result<Vec<Place>> {
    let mut query = conn.prepare_cached(
        "SELECT b.id AS mailbox, b.account, b.raw_name, b.name, b.role, b.uidvalidity, p.uid, p.flags
         FROM placement AS p JOIN mailbox AS b ON b.id = p.mailbox
         WHERE p.message = ?1 AND p.state = 1 AND p.generation = b.generation AND b.shared = 0 ORDER BY b.id, p.uid",
    )?;
    let rows = query.query_map([message.get()], |row| {
        Ok(Place {
            mailbox: MailboxId::new(row.get("mailbox")?),
            account: AccountId::new(row.get("account")?),
            folder: folder(row, "raw_name", "name")?,
            role: row.get("role")?,
            uidvalidity: count(row.get("uidvalidity")?),
            uid: small(row.get("uid")?),
            flags: flags(row.get("flags")?),
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The flags of one UID as the server showed them last.
pub fn flags_at(conn: &Connection, mailbox: MailboxId, uid: u32) -> Result<Option<Flags>> {
    let mut query = conn.prepare_cached(
        "SELECT p.flags FROM mailbox AS b JOIN placement AS p ON p.mailbox = b.id AND p.generation = b.generation
         WHERE b.id = ?1 AND p.uid = ?2",
    )?;
    let code: Option<i64> =
        query.query_row(params![mailbox.get(), uid], |row| row.get(0)).optional()?;
    Ok(code.map(flags))
}

/// The server acknowledged a flag of this UID.
pub fn acknowledge(tx: &Transaction<'_>, place: &Place, flag: Flag, on: bool) -> Result<()> {
    tx.prepare_cached(
        "UPDATE placement SET flags = ?3
         WHERE mailbox = ?1 AND uid = ?2 AND generation = (SELECT generation FROM mailbox WHERE id = ?1)",
    )?
    .execute(params![place.mailbox.get(), place.uid, flags_code(flag.put(place.flags, on))])?;
    Ok(())
}

/// Keeps an operation.
pub fn add(tx: &Transaction<'_>, new: &NewOperation, now: Timestamp) -> Result<OperationId> {
    let none = Folder { wire: String::new(), name: String::new() };
    let (kind, on, to) = match &new.deed {
        Deed::Set { flag, on } => (flag.word(), *on, &none),
        Deed::Move { to } => ("move", true, to),
        Deed::Draft { on, .. } => ("draft", *on, &none),
    };
    let draft = if let Deed::Draft { draft, .. } = new.deed { Some(draft.get()) } else { None };
    tx.prepare_cached(
        "INSERT INTO operation (account, message, kind, turn_on, source, source_name, uidvalidity, uid, target,
                                target_name, created_at, draft)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
    )?
    .execute(params![
        new.account.get(),
        new.message.map(MessageKey::get),
        kind,
        on,
        new.source.wire.as_bytes(),
        new.source.name,
        int(new.at.map_or(0, |(validity, _)| validity)),
        new.at.map(|(_, uid)| uid),
        to.wire.as_bytes(),
        to.name,
        micros(now),
        draft,
    ])?;
    Ok(OperationId::new(tx.last_insert_rowid()))
}

/// One operation.
pub fn get(conn: &Connection, id: OperationId) -> Result<OperationRow> {
    rows(conn, "WHERE o.id = ?1", &[id.get()])?
        .pop()
        .ok_or(StoreError::NotFound { what: "operation" })
}

/// The operations on a message that are not over, oldest first.
pub fn of_message(conn: &Connection, message: MessageKey) -> Result<Vec<OperationRow>> {
    rows(conn, "WHERE o.message = ?1 AND o.state IN (0, 1, 3) ORDER BY o.id", &[message.get()])
}

/// The operations on a draft that are not over, oldest first.
pub fn of_draft(conn: &Connection, draft: DraftId) -> Result<Vec<OperationRow>> {
    rows(conn, "WHERE o.draft = ?1 AND o.state IN (0, 1, 3) ORDER BY o.id", &[draft.get()])
}

/// An operation on a draft that was not sent wants this now: a version there, or none.
pub fn aim(tx: &Transaction<'_>, id: OperationId, on: bool) -> Result<()> {
    tx.prepare_cached("UPDATE operation SET turn_on = ?2 WHERE id = ?1 AND draft IS NOT NULL")?
        .execute(params![id.get(), on])?;
    Ok(())
}

/// In which folder an operation on a draft is carried out.
pub fn set_source(tx: &Transaction<'_>, id: OperationId, source: &Folder) -> Result<()> {
    tx.prepare_cached("UPDATE operation SET source = ?2, source_name = ?3 WHERE id = ?1")?
        .execute(params![id.get(), source.wire.as_bytes(), source.name])?;
    Ok(())
}

/// Every operation that is not over, in order; at most `limit`.
pub fn all_open(conn: &Connection, limit: u32) -> Result<Vec<OperationRow>> {
    rows(conn, "WHERE o.state IN (0, 1, 3) ORDER BY o.id LIMIT ?1", &[i64::from(limit)])
}

/// The last operations of a message whatever became of them, newest first.
pub fn history(conn: &Connection, message: MessageKey, limit: u32) -> Result<Vec<OperationRow>> {
    let values = [message.get(), i64::from(limit)];
    rows(conn, "WHERE o.message = ?1 ORDER BY o.id DESC LIMIT ?2", &values)
}

/// Does anything of this conversation wait for the server? Stuck ones wait too.
pub fn is_waiting(conn: &Connection, thread: ThreadId) -> Result<bool> {
    let mut query = conn.prepare_cached(
        "SELECT 1 FROM message AS m JOIN operation AS o ON o.message = m.key
         WHERE m.thread = ?1 AND o.state IN (0, 1, 3) LIMIT 1",
    )?;
    Ok(query.exists([thread.get()])?)
}

/// How many operations wait for the servers, and how many of them are stuck.
pub fn open_counts(conn: &Connection) -> Result<(u64, u64)> {
    let mut query = conn.prepare_cached(
        "SELECT count(*), coalesce(sum(state = 3), 0) FROM operation WHERE state IN (0, 1, 3)",
    )?;
    Ok(query.query_row([], |row| Ok((count(row.get(0)?), count(row.get(1)?))))?)
}

/// The account's operations whose turn it is: the oldest one that is not over and those behind it that ask for the same
/// in the same folder, at most `limit`. They are `begun` now, and the attempt is counted. None while the oldest has to
/// wait: the order is kept. Only a draft that has to wait (a full mailbox takes none) keeps nothing else waiting.
pub fn begin(
    tx: &Transaction<'_>,
    account: AccountId,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<OperationRow>> {
    let queue = rows(
        tx,
        "WHERE o.account = ?1 AND o.state IN (0, 1) ORDER BY o.id LIMIT ?2",
        &[account.get(), i64::from(limit)],
    )?;
    let waits = |row: &OperationRow| row.not_before > now;
    let mut queue =
        queue.into_iter().skip_while(|row| waits(row) && row.message.is_none()).peekable();
    let Some(first) = queue.peek().filter(|first| !waits(first)).cloned() else {
        return Ok(Vec::new());
    };
    let same =
        |row: &OperationRow| row.deed == first.deed && row.source == first.source && !waits(row);
    let batch: Vec<OperationRow> = queue.take_while(same).collect();
    let mut update =
        tx.prepare_cached("UPDATE operation SET state = 1, attempts = attempts + 1 WHERE id = ?1")?;
    for row in &batch {
        update.execute([row.id.get()])?;
    }
    Ok(batch)
}

/// When the account's next operation may be sent again; `None` without one.
pub fn next_at(conn: &Connection, account: AccountId) -> Result<Option<Timestamp>> {
    let mut query = conn.prepare_cached(
        "SELECT min(at) FROM (
             SELECT not_before AS at FROM operation
             WHERE account = ?1 AND state IN (0, 1) AND draft IS NOT NULL
             UNION ALL
             SELECT at FROM (SELECT not_before AS at FROM operation
                             WHERE account = ?1 AND state IN (0, 1) AND draft IS NULL ORDER BY id LIMIT 1))",
    )?;
    let at: Option<i64> = query.query_row([account.get()], |row| row.get(0))?;
    Ok(at.map(instant).transpose()?)
}

/// How an operation ended, or why it has not.
#[derive(Clone, Copy, Debug)]
pub struct Outcome<'a> {
    /// Its stage from now on.
    pub stage: Stage,
    /// Why, in a word of the caller's; empty when there is nothing to say.
    pub reason: &'a str,
    /// What the server said.
    pub said: &'a str,
    /// UIDVALIDITY and UID after a move.
    pub target: Option<(u64, u32)>,
}

/// Writes down how an operation ended. After a move, what else waits for this message follows it.
pub fn end(
    tx: &Transaction<'_>,
    row: &OperationRow,
    outcome: Outcome<'_>,
    now: Timestamp,
) -> Result<()> {
    let over = (outcome.stage != Stage::Stuck).then(|| micros(now));
    tx.prepare_cached(
        "UPDATE operation SET state = ?2, reason = ?3, said = ?4, target_validity = ?5, target_uid = ?6, ended_at = ?7
         WHERE id = ?1",
    )?
    .execute(params![
        row.id.get(),
        stage_code(outcome.stage),
        outcome.reason,
        outcome.said,
        int(outcome.target.map_or(0, |(validity, _)| validity)),
        outcome.target.map(|(_, uid)| uid),
        over,
    ])?;
    let Deed::Move { to } = &row.deed else { return Ok(()) };
    if outcome.stage == Stage::Done {
        tx.prepare_cached(
            "UPDATE operation SET source = ?3, source_name = ?4, uidvalidity = ?5, uid = ?6
             WHERE message = ?1 AND id > ?2 AND state IN (0, 1, 3) AND source = ?7",
        )?
        .execute(params![
            row.message.map(MessageKey::get),
            row.id.get(),
            to.wire.as_bytes(),
            to.name,
            int(outcome.target.map_or(0, |(validity, _)| validity)),
            outcome.target.map(|(_, uid)| uid),
            row.source.wire.as_bytes(),
        ])?;
    }
    Ok(())
}

/// It has not happened; it is sent again, not before `at`.
pub fn postpone(tx: &Transaction<'_>, id: OperationId, at: Timestamp, said: &str) -> Result<()> {
    tx.prepare_cached(
        "UPDATE operation SET state = 0, not_before = ?2, said = ?3 WHERE id = ?1 AND state = 1",
    )?
    .execute(params![id.get(), micros(at), said])?;
    Ok(())
}

/// Takes an operation back that was not sent. `false` when it is too late for that.
pub fn cancel(tx: &Transaction<'_>, id: OperationId, now: Timestamp) -> Result<bool> {
    let changed = tx
        .prepare_cached(
            "UPDATE operation SET state = 4, ended_at = ?2 WHERE id = ?1 AND state IN (0, 3)",
        )?
        .execute(params![id.get(), micros(now)])?;
    Ok(changed > 0)
}

/// A stuck operation is tried again, in its old place in the order. That it was sent before is not forgotten: a part of it
/// may have happened.
pub fn retry(tx: &Transaction<'_>, id: OperationId) -> Result<bool> {
    let changed = tx
        .prepare_cached(
            "UPDATE operation SET state = 0, attempts = attempts > 0, not_before = 0, reason = '', said = ''
             WHERE id = ?1 AND state IN (0, 3)",
        )?
        .execute([id.get()])?;
    Ok(changed > 0)
}

/// Puts a conversation away until it has more messages than now, or takes it out again. Says how it was before.
pub fn set_away(tx: &Transaction<'_>, thread: ThreadId, away: bool) -> Result<bool> {
    let mut query = tx.prepare_cached("SELECT messages <= away FROM thread WHERE id = ?1")?;
    let before = query.query_row([thread.get()], |row| row.get(0)).optional()?.unwrap_or(false);
    tx.prepare_cached(
        "UPDATE thread SET away = CASE WHEN ?2 THEN messages ELSE 0 END WHERE id = ?1",
    )?
    .execute(params![thread.get(), away])?;
    Ok(before)
}
