//! Accounts: which mail accounts the record knows, by their name in the settings. Never holds a secret.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Transaction, params};

use crate::domain::id::AccountId;

use super::{codec::micros, error::Result};

/// The name of the account under which mail from files is kept; no server is behind it.
pub const IMPORTED: &str = "imported";

/// An account as the record knows it.
#[derive(Clone)]
pub struct AccountRow {
    /// Its identity.
    pub id: AccountId,
    /// Its name in the settings.
    pub name: String,
    /// The address it sends as.
    pub address: String,
}

/// The account of this name, made if it is new; its address is brought up to date.
pub fn ensure(
    tx: &Transaction<'_>,
    name: &str,
    address: &str,
    now: Timestamp,
) -> Result<AccountId> {
    tx.prepare_cached(
        "INSERT INTO account (name, address, created_at) VALUES (?1, ?2, ?3)
         ON CONFLICT (name) DO UPDATE SET address = excluded.address",
    )?
    .execute(params![name, address, micros(now)])?;
    let id = tx.query_row("SELECT id FROM account WHERE name = ?1", [name], |row| row.get(0))?;
    Ok(AccountId::new(id))
}

/// The account of this name.
pub fn by_name(conn: &Connection, name: &str) -> Result<Option<AccountId>> {
    let mut query = conn.prepare_cached("SELECT id FROM account WHERE name = ?1")?;
    Ok(query.query_row([name], |row| row.get(0)).optional()?.map(AccountId::new))
}

/// Every account, oldest first.
pub fn list(conn: &Connection) -> Result<Vec<AccountRow>> {
    let mut query = conn.prepare_cached("SELECT id, name, address FROM account ORDER BY id")?;
    let rows = query.query_map([], |row| {
        Ok(AccountRow {
            id: AccountId::new(row.get("id")?),
            name: row.get("name")?,
            address: row.get("address")?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
