//! What is asked of the outbox: its rows, whose turn it is, what lies in Sent, under which label was written.
//!
//! Owns how a row is read. It never changes one.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{
    super::{
        codec::{broken, instant, instant_opt, micros, reply, small},
        error::{Result, StoreError},
    },
    OutboxRow, OutboxState,
};
use crate::domain::{
    footer::Privilege,
    id::{AccountId, MatterId, MessageKey, OutboxId, ThreadId},
    message::MessageId,
};

/// The privilege label of the newest message that was written in a conversation and not stopped.
pub fn label_of(conn: &Connection, thread: ThreadId) -> Result<Option<Privilege>> {
    let mut query = conn.prepare_cached(
        "SELECT privilege FROM outbox WHERE thread = ?1 AND state <> 6 ORDER BY id DESC LIMIT 1",
    )?;
    let label: Option<String> = query.query_row([thread.get()], |row| row.get(0)).optional()?;
    Ok(Privilege::parse(&label.unwrap_or_default()).map_err(|_| broken("privilege label"))?)
}

/// Was any message in a conversation written under a privilege label?
pub fn is_privileged(conn: &Connection, thread: ThreadId) -> Result<bool> {
    let mut query = conn.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM outbox WHERE thread = ?1 AND state <> 6 AND privilege <> '')",
    )?;
    Ok(query.query_row([thread.get()], |row| row.get(0))?)
}

const COLUMNS: &str = "o.id, o.account, o.state, o.not_before, o.scheduled, o.attempts, o.changed_at, o.sent_at,
    o.filed, o.thread, o.matter, o.parent, o.message, o.kind, o.message_id, o.subject, o.shown_to, o.reply";

fn outbox_row(row: &Row<'_>) -> rusqlite::Result<OutboxRow> {
    let message_id: String = row.get("message_id")?;
    Ok(OutboxRow {
        id: OutboxId::new(row.get("id")?),
        account: AccountId::new(row.get("account")?),
        state: OutboxState::from_code(row.get("state")?)?,
        not_before: instant(row.get("not_before")?)?,
        scheduled: row.get("scheduled")?,
        attempts: small(row.get("attempts")?),
        changed: instant(row.get("changed_at")?)?,
        sent_at: instant_opt(row.get("sent_at")?)?,
        filed: row.get("filed")?,
        thread: row.get::<_, Option<i64>>("thread")?.map(ThreadId::new),
        matter: row.get::<_, Option<i64>>("matter")?.map(MatterId::new),
        parent: row.get::<_, Option<i64>>("parent")?.map(MessageKey::new),
        message: row.get::<_, Option<i64>>("message")?.map(MessageKey::new),
        kind: reply(row.get("kind")?)?,
        message_id: MessageId::new(&message_id).ok_or_else(|| broken("message id"))?,
        subject: row.get("subject")?,
        shown_to: row.get("shown_to")?,
        reply: row.get("reply")?,
    })
}

/// One row.
pub fn get(conn: &Connection, id: OutboxId) -> Result<OutboxRow> {
    let sql = format!("SELECT {COLUMNS} FROM outbox AS o WHERE o.id = ?1");
    let row = conn.prepare_cached(&sql)?.query_row([id.get()], outbox_row).optional()?;
    row.ok_or(StoreError::NotFound { what: "outbox row" })
}

/// The row of which this message is a copy: by its Message-ID, or by the one that it had before a relay gave it another
/// (Outlook does).
pub fn of_copy(conn: &Connection, copy: MessageKey) -> Result<Option<OutboxRow>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM outbox AS o WHERE o.message_id IN (
             SELECT message_id FROM message WHERE key = ?1 UNION SELECT id FROM message_alias WHERE message = ?1)
         ORDER BY o.id LIMIT 1"
    );
    Ok(conn.prepare_cached(&sql)?.query_row([copy.get()], outbox_row).optional()?)
}

/// The message whose turn it is (of this account, or of any), and how often it was tried.
pub fn next_up(
    conn: &Connection,
    account: Option<AccountId>,
    now: Timestamp,
) -> Result<Option<(OutboxId, u32)>> {
    let mut query = conn.prepare_cached(
        "SELECT id, attempts FROM outbox
         WHERE state IN (0, 2) AND not_before <= ?1 AND (?2 IS NULL OR account = ?2)
         ORDER BY not_before, id LIMIT 1",
    )?;
    let next = query.query_row(params![micros(now), account.map(AccountId::get)], |row| {
        Ok((OutboxId::new(row.get("id")?), small(row.get("attempts")?)))
    });
    Ok(next.optional()?)
}

/// When the last attempt began of which it was not known how it ended, whatever was decided since; `None` when there was
/// none such.
pub fn last_lost(conn: &Connection, id: OutboxId) -> Result<Option<Timestamp>> {
    let mut query = conn.prepare_cached(
        "SELECT max(started) FROM attempt WHERE item = ?1 AND verdict = 'unknown'",
    )?;
    let at: Option<i64> = query.query_row([id.get()], |row| row.get(0))?;
    Ok(instant_opt(at)?)
}

/// A copy of the message with this Message-ID (or that had it before a relay gave it another) that lies, or lay, in a Sent
/// mailbox.
pub fn copy_in_sent(conn: &Connection, id: &MessageId) -> Result<Option<MessageKey>> {
    let mut query = conn.prepare_cached(
        "SELECT m.key FROM (SELECT key FROM message WHERE message_id = ?1 AND message_id <> ''
                             UNION SELECT message FROM message_alias WHERE id = ?1) AS m
         JOIN placement AS p ON p.message = m.key JOIN mailbox AS b ON b.id = p.mailbox
         WHERE b.role = 'sent' ORDER BY m.key LIMIT 1",
    )?;
    let key = query.query_row([id.as_str()], |row| row.get(0).map(MessageKey::new)).optional()?;
    Ok(key)
}

/// The newest rows, those that are not over first, at most `limit`.
pub fn list(conn: &Connection, limit: u32) -> Result<Vec<OutboxRow>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM outbox AS o ORDER BY o.state IN (3, 6), o.changed_at DESC, o.id DESC LIMIT ?1"
    );
    let mut query = conn.prepare_cached(&sql)?;
    let rows = query.query_map([limit], outbox_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Sent messages of an account whose copy is not in Sent yet, oldest first.
pub fn unfiled(conn: &Connection, account: AccountId) -> Result<Vec<OutboxRow>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM outbox AS o WHERE o.account = ?1 AND o.state = 3 AND o.filed = 0 ORDER BY o.id"
    );
    let mut query = conn.prepare_cached(&sql)?;
    let rows = query.query_map([account.get()], outbox_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Those of [`unfiled`] whose copy lies in Sent all the same, as far as the record knows.
pub fn unmarked(conn: &Connection, account: AccountId) -> Result<Vec<OutboxId>> {
    let mut found = Vec::new();
    for row in unfiled(conn, account)? {
        found.extend(copy_in_sent(conn, &row.message_id)?.map(|_| row.id));
    }
    Ok(found)
}

/// Something of an account that is in hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InHand {
    /// Whose.
    pub account: AccountId,
    /// A message that may leave now or is leaving; else a copy to be filed.
    pub leaving: bool,
}

/// Messages that may leave now or are leaving, and copies to be filed.
pub fn in_hand(conn: &Connection, now: Timestamp) -> Result<Vec<InHand>> {
    let mut query = conn.prepare_cached(
        "SELECT account, state <> 3 AS leaving FROM outbox
         WHERE (state IN (0, 2) AND not_before <= ?1) OR state = 1 OR (state = 3 AND filed = 0)",
    )?;
    let rows = query.query_map([micros(now)], |row| {
        Ok(InHand { account: AccountId::new(row.get("account")?), leaving: row.get("leaving")? })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Rows of which it is not known whether they went out, oldest first.
pub fn unknown(conn: &Connection) -> Result<Vec<OutboxRow>> {
    let sql = format!("SELECT {COLUMNS} FROM outbox AS o WHERE o.state = 5 ORDER BY o.id");
    let mut query = conn.prepare_cached(&sql)?;
    let rows = query.query_map([], outbox_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The bytes of a row, as sealed.
pub fn bytes(conn: &Connection, id: OutboxId) -> Result<Vec<u8>> {
    let mut query = conn.prepare_cached("SELECT bytes FROM outbox_bytes WHERE item = ?1")?;
    let bytes = query.query_row([id.get()], |row| row.get(0)).optional()?;
    bytes.ok_or(StoreError::NotFound { what: "outbox row" })
}

/// The earliest instant at which a waiting message (of this account, or of any) may leave: what its runner sleeps until.
pub fn next_departure(conn: &Connection, account: Option<AccountId>) -> Result<Option<Timestamp>> {
    let mut query = conn.prepare_cached(
        "SELECT min(not_before) FROM outbox WHERE state IN (0, 2) AND (?1 IS NULL OR account = ?1)",
    )?;
    let at: Option<i64> = query.query_row([account.map(AccountId::get)], |row| row.get(0))?;
    Ok(instant_opt(at)?)
}

/// The accounts of which messages wait.
pub fn waiting_accounts(conn: &Connection) -> Result<Vec<AccountId>> {
    let mut query = conn
        .prepare_cached("SELECT DISTINCT account FROM outbox WHERE state IN (0, 2) ORDER BY 1")?;
    let rows = query.query_map([], |row| row.get(0).map(AccountId::new))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
