//! Mailboxes and the ledger: every UID a server ever showed is pending, stored, failed or gone (design 5.1.3).
//!
//! Owns placements and generations. It never deletes a row and never resumes from the highest UID: what is missing is
//! what is pending.

use std::cell::RefCell;

use jiff::Timestamp;
use rusqlite::{CachedStatement, Connection, OptionalExtension, Row, Transaction, params};

use crate::domain::{
    id::{AccountId, MailboxId, MessageKey},
    message::{Flags, MessageId},
};

use super::{
    codec::{count, flags, flags_code, instant, int, micros, small},
    error::{Result, StoreError},
};

/// A mailbox as the server lists it.
#[derive(Clone)]
pub struct NewMailbox {
    /// Its name exactly as it goes over the wire.
    pub raw_name: Vec<u8>,
    /// Its name decoded, for people.
    pub name: String,
    /// The hierarchy delimiter, or empty.
    pub delimiter: String,
    /// Its role: `inbox`, `sent`, `drafts`, `junk`, `trash`, `archive`, `all`, or empty.
    pub role: String,
}

/// A mailbox as the record knows it.
#[derive(Clone)]
pub struct MailboxRow {
    /// Its identity over all generations.
    pub id: MailboxId,
    /// Its account.
    pub account: AccountId,
    /// Its name exactly as it goes over the wire.
    pub raw_name: Vec<u8>,
    /// Its name decoded, for people.
    pub name: String,
    /// The hierarchy delimiter, or empty.
    pub delimiter: String,
    /// Its role, or empty.
    pub role: String,
    /// The UIDVALIDITY of the present generation; 0 before the first.
    pub uidvalidity: u64,
    /// The present generation; 0 before the first.
    pub generation: i64,
    /// Every change up to this HIGHESTMODSEQ (RFC 7162) is in the record; 0 when that is not known.
    pub highestmodseq: u64,
    /// When every UID in it was compared with the server last.
    pub checked_at: Option<Timestamp>,
}

/// Where a UID is in the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum UidState {
    /// Known, to be fetched.
    Pending,
    /// Its message is in the record.
    Stored,
    /// Could not be fetched or stored; will be tried again.
    Failed,
    /// No longer on the server. Its message stays in the record.
    Gone,
}

impl UidState {
    fn from_code(code: i64) -> rusqlite::Result<Self> {
        match code {
            0 => Ok(Self::Pending),
            1 => Ok(Self::Stored),
            2 => Ok(Self::Failed),
            3 => Ok(Self::Gone),
            _ => Err(super::codec::broken("ledger state")),
        }
    }
}

/// A UID as the server announced it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeenUid {
    /// The UID.
    pub uid: u32,
    /// `RFC822.SIZE`, which may be wrong; 0 when it was not asked for.
    pub size: u64,
    /// Its flags.
    pub flags: Flags,
}

/// A line of the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LedgerLine {
    /// The UID.
    pub uid: u32,
    /// Its state.
    pub state: UidState,
    /// The size that the server announced.
    pub size: u64,
    /// Its flags as last seen.
    pub flags: Flags,
    /// How often it failed.
    pub tries: u32,
    /// Its message, when stored (or gone after it was stored).
    pub message: Option<MessageKey>,
}

/// How complete a mailbox is. `known = stored + failed + pending`; gone ones are apart.
#[derive(Clone)]
pub struct Completeness {
    /// Which mailbox.
    pub mailbox: MailboxId,
    /// Its account.
    pub account: AccountId,
    /// Its name for people.
    pub name: String,
    /// Its role, or empty.
    pub role: String,
    /// UIDs on the server, as last seen.
    pub known: u64,
    /// In the record.
    pub stored: u64,
    /// Could not be fetched or stored so far.
    pub failed: u64,
    /// Still to be fetched.
    pub pending: u64,
    /// Left the server, over all generations.
    pub gone: u64,
}

/// The mailbox of this wire name, made if it is new; what people see of it is brought up to date, its sync state never.
pub fn ensure(tx: &Transaction<'_>, account: AccountId, mailbox: &NewMailbox) -> Result<MailboxId> {
    tx.prepare_cached(
        "INSERT INTO mailbox (account, raw_name, name, delimiter, role) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (account, raw_name) DO UPDATE
         SET name = excluded.name, delimiter = excluded.delimiter, role = excluded.role",
    )?
    .execute(params![
        account.get(),
        mailbox.raw_name,
        mailbox.name,
        mailbox.delimiter,
        mailbox.role
    ])?;
    let id = tx.query_row(
        "SELECT id FROM mailbox WHERE account = ?1 AND raw_name = ?2",
        params![account.get(), mailbox.raw_name],
        |row| row.get(0),
    )?;
    Ok(MailboxId::new(id))
}

/// The mailboxes of an account, in the order they were found.
pub fn list(conn: &Connection, account: AccountId) -> Result<Vec<MailboxRow>> {
    let mut query = conn.prepare_cached(
        "SELECT id, account, raw_name, name, delimiter, role, uidvalidity, generation, highestmodseq, synced_at
         FROM mailbox
         WHERE account = ?1 ORDER BY id",
    )?;
    let rows = query.query_map([account.get()], mailbox_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// One mailbox.
pub fn get(conn: &Connection, mailbox: MailboxId) -> Result<MailboxRow> {
    let mut query = conn.prepare_cached(
        "SELECT id, account, raw_name, name, delimiter, role, uidvalidity, generation, highestmodseq, synced_at
         FROM mailbox
         WHERE id = ?1",
    )?;
    query
        .query_row([mailbox.get()], mailbox_row)
        .optional()?
        .ok_or(StoreError::NotFound { what: "mailbox" })
}

fn mailbox_row(row: &Row<'_>) -> rusqlite::Result<MailboxRow> {
    Ok(MailboxRow {
        id: MailboxId::new(row.get("id")?),
        account: AccountId::new(row.get("account")?),
        raw_name: row.get("raw_name")?,
        name: row.get("name")?,
        delimiter: row.get("delimiter")?,
        role: row.get("role")?,
        uidvalidity: count(row.get("uidvalidity")?),
        generation: row.get("generation")?,
        highestmodseq: count(row.get("highestmodseq")?),
        checked_at: Some(row.get("synced_at")?).filter(|at| *at > 0).map(instant).transpose()?,
    })
}

/// The record covers every change of a mailbox up to this HIGHESTMODSEQ, or it is not known up to where; and, if given,
/// every UID in it was compared at this time. In the transaction of the changes themselves, or not at all.
pub fn conclude(
    tx: &Transaction<'_>,
    mailbox: MailboxId,
    modseq: Option<u64>,
    compared_at: Option<Timestamp>,
) -> Result<()> {
    tx.prepare_cached(
        "UPDATE mailbox SET highestmodseq = ?2, synced_at = coalesce(?3, synced_at) WHERE id = ?1",
    )?
    .execute(params![mailbox.get(), int(modseq.unwrap_or(0)), compared_at.map(micros)])?;
    Ok(())
}

/// Opens a generation under this UIDVALIDITY: what the old one knew is gone from the server, its messages stay. The
/// caller lists all UIDs anew with [`uids_seen`] and re-uses what [`find_former`] finds. Returns the generation.
pub fn new_generation(tx: &Transaction<'_>, mailbox: MailboxId, uidvalidity: u64) -> Result<i64> {
    tx.prepare_cached("UPDATE placement SET state = 3 WHERE mailbox = ?1 AND state <> 3")?
        .execute([mailbox.get()])?;
    let mut counts = Counts::of(tx, mailbox)?;
    counts.all_gone();
    counts.write(tx)?;
    tx.prepare_cached(
        "UPDATE mailbox SET uidvalidity = ?2, generation = generation + 1, highestmodseq = 0, backfilled = 0
         WHERE id = ?1",
    )?
    .execute(params![mailbox.get(), int(uidvalidity)])?;
    Ok(get(tx, mailbox)?.generation)
}

/// A message that was in an older generation of this mailbox and can be re-used without fetching it again: the same
/// Message-ID and exactly the same size. `None` when there is none or more than one.
pub fn find_former(
    conn: &Connection,
    mailbox: MailboxId,
    message_id: &MessageId,
    size: u64,
) -> Result<Option<MessageKey>> {
    let mut query = conn.prepare_cached(FORMER)?;
    let rows = query.query_map(params![message_id.as_str(), int(size), mailbox.get()], |row| {
        row.get::<_, i64>(0)
    })?;
    let keys: Vec<i64> = rows.collect::<rusqlite::Result<_>>()?;
    Ok(match keys.as_slice() {
        [only] => Some(MessageKey::new(*only)),
        _ => None,
    })
}

/// Asked once for every message of a renumbered mailbox: it must begin with the id, not with the mailbox.
const FORMER: &str = "SELECT m.key FROM message AS m
     WHERE m.message_id = ?1 AND m.message_id <> '' AND m.size = ?2
       AND EXISTS (SELECT 1 FROM placement AS p WHERE p.message = m.key AND p.mailbox = ?3) LIMIT 2";

/// Writes newly seen UIDs down as pending; known ones keep their state, and one that had gone comes back. Returns how
/// many are new.
pub fn uids_seen(tx: &Transaction<'_>, mailbox: MailboxId, uids: &[SeenUid]) -> Result<usize> {
    let ledger = Ledger::open(tx, mailbox)?;
    let mut insert = tx.prepare_cached(
        "INSERT OR IGNORE INTO placement (mailbox, generation, uid, state, size, flags) VALUES (?1, ?2, ?3, 0, ?4, ?5)",
    )?;
    let mut back = tx.prepare_cached(
        "UPDATE placement SET state = CASE WHEN message IS NULL THEN 0 ELSE 1 END, flags = ?4
         WHERE mailbox = ?1 AND generation = ?2 AND uid = ?3 AND state = 3 RETURNING state",
    )?;
    let mut counts = Counts::of(tx, mailbox)?;
    let mut new = 0_usize;
    for seen in uids {
        let flags = flags_code(seen.flags);
        let line = params![mailbox.get(), ledger.generation, seen.uid, int(seen.size), flags];
        if insert.execute(line)? > 0 {
            counts.shift(None, UidState::Pending);
            new = new.saturating_add(1);
            continue;
        }
        let line = params![mailbox.get(), ledger.generation, seen.uid, flags];
        if let Some(state) = back.query_row(line, |row| row.get(0)).optional()? {
            counts.shift(Some(UidState::Gone), UidState::from_code(state)?);
            new = new.saturating_add(1);
        }
    }
    counts.write(tx)?;
    Ok(new)
}

/// A UID whose message is in the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stored {
    /// The UID, in the present generation.
    pub uid: u32,
    /// Its message.
    pub message: MessageKey,
    /// Its flags as the server shows them.
    pub flags: Flags,
}

/// The messages of these UIDs are in the record. A row is made where a UID was not announced before.
pub fn mark_stored(tx: &Transaction<'_>, mailbox: MailboxId, stored: &[Stored]) -> Result<()> {
    let ledger = Ledger::open(tx, mailbox)?;
    let mut insert = tx.prepare_cached(
        "INSERT INTO placement (mailbox, generation, uid, state, flags, message) VALUES (?1, ?2, ?3, 1, ?4, ?5)",
    )?;
    let mut update = tx.prepare_cached(
        "UPDATE placement SET state = 1, flags = ?4, message = ?5, reason = ''
         WHERE mailbox = ?1 AND generation = ?2 AND uid = ?3",
    )?;
    let mut counts = Counts::of(tx, mailbox)?;
    for one in stored {
        let before = ledger.state(one.uid)?;
        counts.shift(before, UidState::Stored);
        let statement = if before.is_some() { &mut update } else { &mut insert };
        statement.execute(params![
            mailbox.get(),
            ledger.generation,
            one.uid,
            flags_code(one.flags),
            one.message.get()
        ])?;
    }
    counts.write(tx)
}

/// The UID could not be fetched or stored; it is tried again later and does not stop the rest. A stored one stays so.
pub fn mark_failed(tx: &Transaction<'_>, mailbox: MailboxId, uid: u32, reason: &str) -> Result<()> {
    let ledger = Ledger::open(tx, mailbox)?;
    let before = ledger.state(uid)?;
    if before == Some(UidState::Stored) {
        return Ok(());
    }
    tx.prepare_cached(
        "INSERT INTO placement (mailbox, generation, uid, state, tries, reason) VALUES (?1, ?2, ?3, 2, 1, ?4)
         ON CONFLICT (mailbox, generation, uid) DO UPDATE
         SET state = 2, tries = tries + 1, reason = excluded.reason",
    )?
    .execute(params![mailbox.get(), ledger.generation, uid, reason])?;
    let mut counts = Counts::of(tx, mailbox)?;
    counts.shift(before, UidState::Failed);
    counts.write(tx)
}

/// These UIDs are no longer on the server. Their messages stay in the record.
pub fn mark_gone(tx: &Transaction<'_>, mailbox: MailboxId, uids: &[u32]) -> Result<()> {
    let ledger = Ledger::open(tx, mailbox)?;
    let mut update = tx.prepare_cached(
        "UPDATE placement SET state = 3 WHERE mailbox = ?1 AND generation = ?2 AND uid = ?3",
    )?;
    let mut counts = Counts::of(tx, mailbox)?;
    for uid in uids {
        let Some(before) = ledger.state(*uid)? else { continue };
        update.execute(params![mailbox.get(), ledger.generation, uid])?;
        counts.shift(Some(before), UidState::Gone);
    }
    counts.write(tx)
}

/// The present generation of a mailbox, to be asked UID by UID.
struct Ledger<'tx> {
    mailbox: MailboxId,
    generation: i64,
    state: RefCell<CachedStatement<'tx>>,
}

impl<'tx> Ledger<'tx> {
    fn open(tx: &'tx Transaction<'_>, mailbox: MailboxId) -> Result<Self> {
        let state = tx.prepare_cached(
            "SELECT state FROM placement WHERE mailbox = ?1 AND generation = ?2 AND uid = ?3",
        )?;
        let generation = get(tx, mailbox)?.generation;
        Ok(Self { mailbox, generation, state: RefCell::new(state) })
    }

    fn state(&self, uid: u32) -> Result<Option<UidState>> {
        let line = params![self.mailbox.get(), self.generation, uid];
        let code = self.state.borrow_mut().query_row(line, |row| row.get(0)).optional()?;
        Ok(code.map(UidState::from_code).transpose()?)
    }
}

/// How many UIDs of a mailbox are in which state, over all generations: the top line asks after every change, and
/// counting a million placements each time would be felt. Whatever changes a state shifts these in the same transaction.
struct Counts {
    mailbox: MailboxId,
    uids: [i64; 4],
}

impl Counts {
    fn of(conn: &Connection, mailbox: MailboxId) -> Result<Self> {
        let mut counts = Self { mailbox, uids: [0; 4] };
        let mut query =
            conn.prepare_cached("SELECT state, uids FROM ledger_count WHERE mailbox = ?1")?;
        let rows = query.query_map([mailbox.get()], |row| {
            Ok((UidState::from_code(row.get(0)?)?, row.get::<_, i64>(1)?))
        })?;
        for row in rows {
            let (state, uids) = row?;
            *counts.slot(state) = uids;
        }
        Ok(counts)
    }

    const fn slot(&mut self, state: UidState) -> &mut i64 {
        let [pending, stored, failed, gone] = &mut self.uids;
        match state {
            UidState::Pending => pending,
            UidState::Stored => stored,
            UidState::Failed => failed,
            UidState::Gone => gone,
        }
    }

    fn shift(&mut self, from: Option<UidState>, to: UidState) {
        if let Some(from) = from {
            let slot = self.slot(from);
            *slot = slot.saturating_sub(1);
        }
        let slot = self.slot(to);
        *slot = slot.saturating_add(1);
    }

    fn all_gone(&mut self) {
        self.uids = [0, 0, 0, self.uids.iter().copied().fold(0, i64::saturating_add)];
    }

    fn write(&self, tx: &Transaction<'_>) -> Result<()> {
        let mut write = tx.prepare_cached(
            "INSERT INTO ledger_count (mailbox, state, uids) VALUES (?1, ?2, ?3)
             ON CONFLICT (mailbox, state) DO UPDATE SET uids = excluded.uids WHERE uids <> excluded.uids",
        )?;
        for (state, uids) in (0_i64..).zip(self.uids) {
            write.execute(params![self.mailbox.get(), state, uids])?;
        }
        Ok(())
    }
}

/// The server shows these flags for a UID. Returns its message, when it is stored and the flags are news.
pub fn set_flags(
    tx: &Transaction<'_>,
    mailbox: MailboxId,
    uid: u32,
    flags: Flags,
) -> Result<Option<MessageKey>> {
    let mut update = tx.prepare_cached(
        "UPDATE placement SET flags = ?3
         WHERE mailbox = ?1 AND uid = ?2 AND generation = (SELECT generation FROM mailbox WHERE id = ?1)
           AND flags <> ?3
         RETURNING message",
    )?;
    let message = update
        .query_row(params![mailbox.get(), uid, flags_code(flags)], |row| {
            row.get::<_, Option<i64>>(0)
        })
        .optional()?;
    Ok(message.flatten().map(MessageKey::new))
}

/// The ledger of the present generation by UID, gone ones included: what a sync plan is made from.
pub fn ledger_snapshot(conn: &Connection, mailbox: MailboxId) -> Result<Vec<LedgerLine>> {
    let mut query = conn.prepare_cached(
        "SELECT p.uid, p.state, p.size, p.flags, p.tries, p.message
         FROM mailbox AS b JOIN placement AS p ON p.mailbox = b.id AND p.generation = b.generation
         WHERE b.id = ?1 ORDER BY p.uid",
    )?;
    let rows = query.query_map([mailbox.get()], |row| {
        Ok(LedgerLine {
            uid: row.get("uid")?,
            state: UidState::from_code(row.get("state")?)?,
            size: count(row.get("size")?),
            flags: flags(row.get("flags")?),
            tries: small(row.get("tries")?),
            message: row.get::<_, Option<i64>>("message")?.map(MessageKey::new),
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Why UIDs failed: the UID, how often, and the reason last given.
pub fn failures(conn: &Connection, mailbox: MailboxId) -> Result<Vec<(u32, u32, String)>> {
    let mut query = conn.prepare_cached(
        "SELECT p.uid, p.tries, p.reason
         FROM mailbox AS b JOIN placement AS p ON p.mailbox = b.id AND p.generation = b.generation
         WHERE b.id = ?1 AND p.state = 2 ORDER BY p.uid",
    )?;
    let rows = query
        .query_map([mailbox.get()], |row| Ok((row.get(0)?, small(row.get(1)?), row.get(2)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Where a message lies: its mailboxes' names and roles, present generations only.
pub fn locations(conn: &Connection, message: MessageKey) -> Result<Vec<(MailboxId, u32, String)>> {
    let mut query = conn.prepare_cached(
        "SELECT b.id, p.uid, b.name FROM placement AS p JOIN mailbox AS b ON b.id = p.mailbox
         WHERE p.message = ?1 AND p.state = 1 AND p.generation = b.generation ORDER BY b.id, p.uid",
    )?;
    let rows = query.query_map([message.get()], |row| {
        Ok((MailboxId::new(row.get(0)?), row.get(1)?, row.get(2)?))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// How complete each mailbox is.
pub fn completeness(conn: &Connection) -> Result<Vec<Completeness>> {
    let mut query = conn.prepare_cached(
        "SELECT b.id, b.account, b.name, b.role,
                coalesce(sum(n.uids) FILTER (WHERE n.state = 1), 0) AS stored,
                coalesce(sum(n.uids) FILTER (WHERE n.state = 2), 0) AS failed,
                coalesce(sum(n.uids) FILTER (WHERE n.state = 0), 0) AS pending,
                coalesce(sum(n.uids) FILTER (WHERE n.state = 3), 0) AS gone
         FROM mailbox AS b LEFT JOIN ledger_count AS n ON n.mailbox = b.id
         GROUP BY b.id ORDER BY b.account, b.id",
    )?;
    let rows = query.query_map([], |row| {
        let (stored, failed, pending) =
            (count(row.get("stored")?), count(row.get("failed")?), count(row.get("pending")?));
        Ok(Completeness {
            mailbox: MailboxId::new(row.get("id")?),
            account: AccountId::new(row.get("account")?),
            name: row.get("name")?,
            role: row.get("role")?,
            known: stored.saturating_add(failed).saturating_add(pending),
            stored,
            failed,
            pending,
            gone: count(row.get("gone")?),
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::migrate;

    #[test]
    fn a_former_message_is_found_by_its_id_and_not_by_going_through_the_mailbox() {
        let mut conn = Connection::open_in_memory().unwrap();
        migrate::migrate(&mut conn).unwrap();
        let mut query = conn.prepare(&format!("EXPLAIN QUERY PLAN {FORMER}")).unwrap();
        let steps = query.query_map([1, 1, 1], |row| row.get::<_, String>("detail")).unwrap();
        let plan: Vec<String> = steps.map(std::result::Result::unwrap).collect();
        assert!(plan[0].contains("message_by_id"), "{plan:?}");
        assert!(plan.iter().any(|step| step.contains("placement_by_message")), "{plan:?}");
    }
}
