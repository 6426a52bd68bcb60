//! Versions of drafts in the Drafts folders of the accounts: what is to lie there, what does, and under which UID.
//!
//! Owns their rows. It never decides what is to happen to one (that is `domain::operation::upkeep`), and keeps the bytes
//! of a version only until it lies there.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use crate::domain::{
    confidential::Confidential,
    id::{AccountId, DraftCopyId, DraftId},
    message::MessageId,
    operation::{CopyStage, DraftCopy, Folder},
};

use super::{
    codec::{broken, count, instant, int, micros, small},
    error::{Result, StoreError},
};

/// A version that is to be put into Drafts.
pub struct NewCopy {
    /// Of which account.
    pub account: AccountId,
    /// Of which draft.
    pub draft: DraftId,
    /// Its Message-ID: no other version has it.
    pub message_id: MessageId,
    /// Its subject.
    pub subject: String,
    /// SHA-256 of what it says, without its Message-ID and date.
    pub fingerprint: [u8; 32],
    /// Its bytes, with CRLF line ends.
    pub bytes: Vec<u8>,
}

/// A version of a draft.
#[derive(Clone)]
pub struct CopyRow {
    /// Which one.
    pub id: DraftCopyId,
    /// Where it is.
    pub stage: CopyStage,
    /// It is the one that is to lie there.
    pub wanted: bool,
    /// Its Message-ID.
    pub message_id: MessageId,
    /// SHA-256 of what it says.
    pub fingerprint: Vec<u8>,
    /// In which folder it lies or was being put.
    pub folder: Option<Folder>,
    /// UIDVALIDITY and UID there, where known.
    pub at: Option<(u64, u32)>,
    /// Its size in bytes as the server says it, where known.
    pub size: Option<u64>,
    /// When it was written.
    pub created: Timestamp,
}

impl CopyRow {
    /// As the rules see it.
    pub const fn seen(&self) -> DraftCopy {
        DraftCopy { id: self.id, stage: self.stage, wanted: self.wanted }
    }
}

fn stage(code: i64) -> rusqlite::Result<CopyStage> {
    match code {
        0 => Ok(CopyStage::Planned),
        1 => Ok(CopyStage::Begun),
        2 => Ok(CopyStage::There),
        3 => Ok(CopyStage::Gone),
        _ => Err(broken("draft copy")),
    }
}

fn copy(row: &Row<'_>) -> rusqlite::Result<CopyRow> {
    let (wire, message_id): (Vec<u8>, String) = (row.get("folder")?, row.get("message_id")?);
    let wire = String::from_utf8(wire).map_err(|_| broken("folder name"))?;
    let name: String = row.get("folder_name")?;
    let uid: Option<i64> = row.get("uid")?;
    let validity = count(row.get("uidvalidity")?);
    Ok(CopyRow {
        id: DraftCopyId::new(row.get("id")?),
        stage: stage(row.get("state")?)?,
        wanted: row.get("wanted")?,
        message_id: MessageId::new(&message_id).ok_or_else(|| broken("message id"))?,
        fingerprint: row.get("fingerprint")?,
        folder: (!wire.is_empty()).then_some(Folder { wire, name }),
        at: uid.map(|uid| (validity, small(uid))),
        size: row.get::<_, Option<i64>>("size")?.map(count),
        created: instant(row.get("created_at")?)?,
    })
}

/// The versions of a draft that are not gone, oldest first.
pub fn of_draft(conn: &Connection, draft: DraftId) -> Result<Vec<CopyRow>> {
    let mut query = conn.prepare_cached(
        "SELECT id, state, wanted, message_id, fingerprint, folder, folder_name, uidvalidity, uid, size, created_at
         FROM draft_copy WHERE draft = ?1 AND state < 3 ORDER BY id",
    )?;
    let rows = query.query_map([draft.get()], copy)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The account in whose Drafts versions of it may lie, where there are any.
pub fn account_of(conn: &Connection, draft: DraftId) -> Result<Option<AccountId>> {
    let mut query = conn.prepare_cached(
        "SELECT account FROM draft_copy WHERE draft = ?1 AND state < 3 ORDER BY id DESC LIMIT 1",
    )?;
    let found: Option<i64> = query.query_row([draft.get()], |row| row.get(0)).optional()?;
    Ok(found.map(AccountId::new))
}

/// No version of this draft is wanted any more; one that was only planned is gone.
pub fn unwant(tx: &Transaction<'_>, draft: DraftId) -> Result<()> {
    tx.prepare_cached(
        "UPDATE draft_copy SET wanted = 0, state = CASE state WHEN 0 THEN 3 ELSE state END, bytes = NULL
         WHERE draft = ?1 AND wanted = 1",
    )?
    .execute([draft.get()])?;
    Ok(())
}

/// This version of a draft is wanted from now on, and no other.
pub fn want(tx: &Transaction<'_>, new: &NewCopy, now: Timestamp) -> Result<()> {
    unwant(tx, new.draft)?;
    tx.prepare_cached(
        "INSERT INTO draft_copy (account, draft, message_id, subject, fingerprint, bytes, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?
    .execute(params![
        new.account.get(),
        new.draft.get(),
        new.message_id.as_str(),
        new.subject,
        new.fingerprint,
        new.bytes,
        micros(now),
    ])?;
    Ok(())
}

/// It is being put into this folder. Gives its bytes.
pub fn begin(
    tx: &Transaction<'_>,
    id: DraftCopyId,
    folder: &Folder,
) -> Result<Confidential<Vec<u8>>> {
    tx.prepare_cached(
        "UPDATE draft_copy SET state = 1, folder = ?2, folder_name = ?3 WHERE id = ?1 AND state < 2",
    )?
    .execute(params![id.get(), folder.wire.as_bytes(), folder.name])?;
    let mut query = tx.prepare_cached("SELECT bytes FROM draft_copy WHERE id = ?1")?;
    let bytes: Option<Vec<u8>> = query.query_row([id.get()], |row| row.get(0))?;
    bytes.map(Confidential::new).ok_or(StoreError::damaged("a draft"))
}

/// It lies there.
pub fn placed(
    tx: &Transaction<'_>,
    id: DraftCopyId,
    (validity, uid): (u64, u32),
    size: Option<u64>,
) -> Result<()> {
    tx.prepare_cached(
        "UPDATE draft_copy SET state = 2, uidvalidity = ?2, uid = ?3, size = ?4, bytes = NULL
         WHERE id = ?1 AND state < 3",
    )?
    .execute(params![id.get(), int(validity), uid, size.map(int)])?;
    Ok(())
}

/// It lies there no more.
pub fn gone(tx: &Transaction<'_>, id: DraftCopyId) -> Result<()> {
    tx.prepare_cached("UPDATE draft_copy SET state = 3, wanted = 0, bytes = NULL WHERE id = ?1")?
        .execute([id.get()])?;
    Ok(())
}
