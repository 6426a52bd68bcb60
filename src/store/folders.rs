//! Folders: which of an account's there are, which are pulled, and how complete each is.
//!
//! Owns what is known of a folder beside its ledger. It never deletes one: what has left the server keeps its messages.

use jiff::Timestamp;
use rusqlite::{Connection, Transaction, params};

use crate::domain::id::{AccountId, MailboxId, MessageKey};

use super::{
    codec::{count, instant, int, micros},
    error::Result,
};

/// How complete a folder is.
#[derive(Clone)]
pub struct FolderRow {
    /// Which folder.
    pub mailbox: MailboxId,
    /// Its account.
    pub account: AccountId,
    /// Its name for people.
    pub name: String,
    /// The word of its role, or empty.
    pub role: String,
    /// Was it there when the folders were listed last?
    pub listed: bool,
    /// Is it pulled?
    pub chosen: bool,
    /// Is it another person's, or everybody's?
    pub shared: bool,
    /// How many messages the server counted last.
    pub on_server: Option<u64>,
    /// In the record.
    pub stored: u64,
    /// Known and not yet fetched.
    pub pending: u64,
    /// Of these, older than what is fetched.
    pub older: u64,
    /// Of these, still being written by somebody.
    pub drafts: u64,
    /// Could not be fetched or stored.
    pub failed: u64,
    /// No longer on the server; in the record all the same.
    pub gone: u64,
    /// When every UID in it was compared with the server last.
    pub checked_at: Option<Timestamp>,
    /// `refused`, `doubtful`, or empty.
    pub trouble: String,
    /// Its name since it was renamed.
    pub now_called: Option<String>,
    /// Why messages failed, with how many each.
    pub reasons: Vec<(String, u64)>,
}

/// Was this folder gone when the folders were listed last? One that comes back may be another under the same name, and
/// its UIDVALIDITY may be the same too: many servers take it from a clock of seconds.
pub fn was_away(conn: &Connection, mailbox: MailboxId) -> Result<bool> {
    let mut query = conn.prepare_cached("SELECT listed = 0 FROM mailbox WHERE id = ?1")?;
    Ok(query.query_row([mailbox.get()], |row| row.get(0))?)
}

/// A folder that the server lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Which folder.
    pub mailbox: MailboxId,
    /// Is it pulled?
    pub chosen: bool,
    /// Is it another person's, or everybody's?
    pub shared: bool,
}

/// Notes which folders the server lists now and which of them are pulled. The others are marked as gone from the server;
/// nothing of theirs is touched.
pub fn note_listed(tx: &Transaction<'_>, account: AccountId, listed: &[Listed]) -> Result<()> {
    tx.prepare_cached("UPDATE mailbox SET listed = 0 WHERE account = ?1 AND listed = 1")?
        .execute([account.get()])?;
    let mut note = tx.prepare_cached(
        "UPDATE mailbox SET listed = 1, chosen = ?2, shared = ?3, successor = NULL WHERE id = ?1",
    )?;
    for one in listed {
        note.execute(params![one.mailbox.get(), one.chosen, one.shared])?;
    }
    Ok(())
}

/// Notes what a look at a folder found: the server's count, where it told one, and what was wrong.
pub fn note_look(
    tx: &Transaction<'_>,
    mailbox: MailboxId,
    on_server: Option<u32>,
    trouble: &str,
) -> Result<()> {
    tx.prepare_cached(
        "UPDATE mailbox SET on_server = coalesce(?2, on_server), trouble = ?3 WHERE id = ?1",
    )?
    .execute(params![mailbox.get(), on_server, trouble])?;
    Ok(())
}

/// Everything that arrived has been read.
const READ_WHOLE: i64 = i64::MIN;

/// Notes that every message which arrived in a folder after `since` is in the record; `None` for every one. What was
/// read once stays read.
pub fn note_read_back(
    tx: &Transaction<'_>,
    mailbox: MailboxId,
    since: Option<Timestamp>,
) -> Result<()> {
    let since = since.map_or(READ_WHOLE, micros);
    tx.prepare_cached(
        "UPDATE mailbox SET read_back = ?2 WHERE id = ?1 AND (read_back IS NULL OR read_back > ?2)",
    )?
    .execute(params![mailbox.get(), since])?;
    Ok(())
}

/// Down to which instant the mail that was sent from an account has been read: what was asked at or before it may have
/// been answered by mail that is not in the record yet. [`Timestamp::MAX`] when none has been read; `None` when all
/// has, or the account keeps none.
pub fn sent_read_back(conn: &Connection, account: AccountId) -> Result<Option<Timestamp>> {
    let mut query = conn.prepare_cached(
        "SELECT max(coalesce(read_back, ?2)) FROM mailbox INDEXED BY mailbox_sent
         WHERE account = ?1 AND role = 'sent' AND listed = 1 AND chosen = 1",
    )?;
    let found: Option<i64> = query.query_row(params![account.get(), i64::MAX], |row| row.get(0))?;
    Ok(match found {
        None | Some(READ_WHOLE) => None,
        Some(i64::MAX) => Some(Timestamp::MAX),
        Some(at) => Some(instant(at)?),
    })
}

/// Every folder of every account, by account, INBOX and Sent first, then by name.
pub fn all(conn: &Connection) -> Result<Vec<FolderRow>> {
    let mut query = conn.prepare_cached(
        "SELECT b.id, b.account, b.name, b.role, b.listed, b.chosen, b.shared, b.on_server, b.synced_at, b.trouble,
                (SELECT name FROM mailbox WHERE id = b.successor) AS now_called,
                (SELECT count(*) FROM placement AS p WHERE p.mailbox = b.id AND p.generation = b.generation
                   AND p.state = 0 AND p.reason = 'older') AS older,
                (SELECT count(*) FROM placement AS p WHERE p.mailbox = b.id AND p.generation = b.generation
                   AND p.state = 0 AND p.reason = 'draft') AS drafts,
                coalesce(sum(n.uids) FILTER (WHERE n.state = 0), 0) AS pending,
                coalesce(sum(n.uids) FILTER (WHERE n.state = 1), 0) AS stored,
                coalesce(sum(n.uids) FILTER (WHERE n.state = 2), 0) AS failed,
                coalesce(sum(n.uids) FILTER (WHERE n.state = 3), 0) AS gone
         FROM mailbox AS b LEFT JOIN ledger_count AS n ON n.mailbox = b.id
         GROUP BY b.id
         ORDER BY b.account, b.listed DESC, b.chosen DESC,
                  CASE b.role WHEN 'inbox' THEN 0 WHEN 'sent' THEN 1 ELSE 2 END, b.name, b.id",
    )?;
    let rows = query.query_map([], |row| {
        let checked: i64 = row.get("synced_at")?;
        Ok(FolderRow {
            mailbox: MailboxId::new(row.get("id")?),
            account: AccountId::new(row.get("account")?),
            name: row.get("name")?,
            role: row.get("role")?,
            listed: row.get("listed")?,
            chosen: row.get("chosen")?,
            shared: row.get("shared")?,
            on_server: row.get::<_, Option<i64>>("on_server")?.map(count),
            stored: count(row.get("stored")?),
            pending: count(row.get("pending")?),
            older: count(row.get("older")?),
            drafts: count(row.get("drafts")?),
            failed: count(row.get("failed")?),
            gone: count(row.get("gone")?),
            checked_at: Some(checked).filter(|at| *at > 0).map(instant).transpose()?,
            trouble: row.get("trouble")?,
            now_called: row.get("now_called")?,
            reasons: Vec::new(),
        })
    })?;
    let mut rows: Vec<FolderRow> = rows.collect::<rusqlite::Result<_>>()?;
    for row in rows.iter_mut().filter(|row| row.failed > 0) {
        row.reasons = reasons(conn, row.mailbox)?;
    }
    Ok(rows)
}

fn reasons(conn: &Connection, mailbox: MailboxId) -> Result<Vec<(String, u64)>> {
    let mut query = conn.prepare_cached(
        "SELECT p.reason, count(*) FROM mailbox AS b
         JOIN placement AS p ON p.mailbox = b.id AND p.generation = b.generation
         WHERE b.id = ?1 AND p.state = 2 GROUP BY p.reason ORDER BY count(*) DESC, p.reason",
    )?;
    let rows = query.query_map([mailbox.get()], |row| Ok((row.get(0)?, count(row.get(1)?))))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The message that a folder of this account, which is no longer listed, held under this UID in its last generation: if
/// that had this UIDVALIDITY, and the message this size and Message-ID. `None` when there is none, or more than one.
pub fn find_renamed(
    conn: &Connection,
    mailbox: MailboxId,
    uid: u32,
    size: u64,
    message_id: &str,
) -> Result<Option<(MailboxId, MessageKey)>> {
    let mut query = conn.prepare_cached(
        "SELECT old.id, m.key FROM mailbox AS new
         JOIN mailbox AS old ON old.account = new.account AND old.uidvalidity = new.uidvalidity
                            AND old.id <> new.id AND old.listed = 0
         JOIN placement AS p ON p.mailbox = old.id AND p.generation = old.generation AND p.uid = ?2
         JOIN message AS m ON m.key = p.message
         WHERE new.id = ?1 AND new.uidvalidity > 0 AND m.size = ?3 AND m.message_id = ?4
         LIMIT 2",
    )?;
    let rows = query.query_map(params![mailbox.get(), uid, int(size), message_id], |row| {
        Ok((MailboxId::new(row.get(0)?), MessageKey::new(row.get(1)?)))
    })?;
    let found: Vec<(MailboxId, MessageKey)> = rows.collect::<rusqlite::Result<_>>()?;
    Ok(match found.as_slice() {
        [only] => Some(*only),
        _ => None,
    })
}

/// May a folder that is new be one that has left, under this name or another? Then its messages are worth comparing.
pub fn may_be_renamed(conn: &Connection, mailbox: MailboxId) -> Result<bool> {
    let mut query = conn.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM mailbox WHERE id = ?1 AND generation > 1)
             OR EXISTS (SELECT 1 FROM mailbox AS new
         JOIN mailbox AS old ON old.account = new.account AND old.uidvalidity = new.uidvalidity
                            AND old.id <> new.id AND old.listed = 0 AND old.generation > 0
         WHERE new.id = ?1 AND new.uidvalidity > 0)",
    )?;
    Ok(query.query_row([mailbox.get()], |row| row.get(0))?)
}

/// A folder goes on under another row: what it held is no longer under its old name.
pub fn note_successor(tx: &Transaction<'_>, old: MailboxId, new: MailboxId) -> Result<()> {
    tx.prepare_cached("UPDATE mailbox SET successor = ?2 WHERE id = ?1")?
        .execute(params![old.get(), new.get()])?;
    let mut live = tx.prepare_cached(
        "SELECT p.uid FROM mailbox AS b JOIN placement AS p ON p.mailbox = b.id AND p.generation = b.generation
         WHERE b.id = ?1 AND p.state <> 3",
    )?;
    let uids: Vec<u32> =
        live.query_map([old.get()], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    super::mailboxes::mark_gone(tx, old, &uids)
}

/// Why a message that is known is not fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aside {
    /// It is older than what is fetched.
    Older,
    /// Somebody is still writing it.
    Draft,
}

impl Aside {
    const fn word(self) -> &'static str {
        match self {
            Self::Older => "older",
            Self::Draft => "draft",
        }
    }
}

/// These pending messages are not fetched: they stay on the server, known and counted.
pub fn set_aside(tx: &Transaction<'_>, mailbox: MailboxId, uids: &[u32], why: Aside) -> Result<()> {
    let mut mark = tx.prepare_cached(
        "UPDATE placement SET reason = ?3
         WHERE mailbox = ?1 AND uid = ?2 AND state = 0
           AND generation = (SELECT generation FROM mailbox WHERE id = ?1)",
    )?;
    for uid in uids {
        mark.execute(params![mailbox.get(), uid, why.word()])?;
    }
    Ok(())
}

/// More is fetched than before: nothing of this account is set aside any more.
pub fn take_up(tx: &Transaction<'_>, account: AccountId) -> Result<()> {
    tx.prepare_cached(
        "UPDATE placement SET reason = '' WHERE state = 0 AND reason = 'older'
           AND mailbox IN (SELECT id FROM mailbox WHERE account = ?1)",
    )?
    .execute([account.get()])?;
    Ok(())
}

/// The messages of a mailbox that are set aside.
pub fn set_aside_uids(conn: &Connection, mailbox: MailboxId) -> Result<Vec<u32>> {
    let mut query = conn.prepare_cached(
        "SELECT p.uid FROM placement AS p JOIN mailbox AS b ON b.id = p.mailbox AND b.generation = p.generation
         WHERE p.mailbox = ?1 AND p.state = 0 AND (p.reason = 'older' OR p.reason = 'draft')",
    )?;
    let rows = query.query_map([mailbox.get()], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// How many messages of all folders are set aside.
pub fn set_aside_count(conn: &Connection) -> Result<u64> {
    let mut query =
        conn.prepare_cached("SELECT (SELECT count(*) FROM placement WHERE state = 0 AND reason = 'older')
                            + (SELECT count(*) FROM placement WHERE state = 0 AND reason = 'draft')")?;
    Ok(count(query.query_row([], |row| row.get(0))?))
}
