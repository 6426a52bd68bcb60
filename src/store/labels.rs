//! Gmail's labels: which messages are in the record already, under whatever label they came first.
//!
//! Owns the identities that a server gives its messages over all folders. It never takes one for another: an identity
//! holds within its account, and the size must be the same.

use rusqlite::{Connection, Transaction, params};

use crate::domain::id::{MailboxId, MessageKey};

use super::{codec::int, error::Result};

/// Notes the identity of the message behind this UID, in the present generation.
pub fn note_identity(
    tx: &Transaction<'_>,
    mailbox: MailboxId,
    uid: u32,
    identity: u64,
) -> Result<()> {
    tx.prepare_cached(
        "UPDATE placement SET gmail = ?3
         WHERE mailbox = ?1 AND uid = ?2 AND generation = (SELECT generation FROM mailbox WHERE id = ?1)
           AND gmail IS NOT ?3",
    )?
    .execute(params![mailbox.get(), uid, identity.cast_signed()])?;
    Ok(())
}

/// The message of this identity and of this size in bytes in the account of this mailbox; `None` when the record
/// does not hold it, or holds more than one.
pub fn find(
    conn: &Connection,
    mailbox: MailboxId,
    identity: u64,
    size: u64,
) -> Result<Option<MessageKey>> {
    let mut query = conn.prepare_cached(
        "SELECT DISTINCT m.key FROM placement AS p
         JOIN mailbox AS b ON b.id = p.mailbox
         JOIN message AS m ON m.key = p.message
         WHERE p.gmail = ?1 AND b.account = (SELECT account FROM mailbox WHERE id = ?2) AND m.size = ?3 LIMIT 2",
    )?;
    let rows = query
        .query_map(params![identity.cast_signed(), mailbox.get(), int(size)], |row| {
            row.get::<_, i64>(0)
        })?;
    let keys: Vec<i64> = rows.collect::<rusqlite::Result<_>>()?;
    Ok(match keys.as_slice() {
        [only] => Some(MessageKey::new(*only)),
        _ => None,
    })
}
