//! What gets an account that signs in with OAuth its next token.
//!
//! Owns the `sign_in` table. It lies in the encrypted record and nowhere else in clear; nothing here reaches the journal.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Transaction, params};

use crate::domain::{confidential::Confidential, id::AccountId};

use super::{codec::micros, error::Result};

/// The refresh token of an account.
pub fn get(conn: &Connection, account: AccountId) -> Result<Option<Confidential<String>>> {
    let mut query = conn.prepare_cached("SELECT refresh FROM sign_in WHERE account = ?1")?;
    let found: Option<String> =
        query.query_row([account.get()], |row| row.get("refresh")).optional()?;
    Ok(found.map(Confidential::new))
}

/// Keeps a refresh token in the place of the one before.
pub fn set(
    tx: &Transaction<'_>,
    account: AccountId,
    refresh: &Confidential<String>,
    now: Timestamp,
) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO sign_in (account, refresh, kept_at) VALUES (?1, ?2, ?3)
         ON CONFLICT (account) DO UPDATE SET refresh = excluded.refresh, kept_at = excluded.kept_at",
    )?
    .execute(params![account.get(), refresh.expose(), micros(now)])?;
    Ok(())
}

/// Forgets the refresh token of an account.
pub fn forget(tx: &Transaction<'_>, account: AccountId) -> Result<()> {
    tx.prepare_cached("DELETE FROM sign_in WHERE account = ?1")?.execute([account.get()])?;
    Ok(())
}
