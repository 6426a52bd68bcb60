//! Facts about the record itself, by name.
//!
//! Owns the `meta` table. It never holds a client's word.

use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::error::Result;

/// The fact of this name.
pub fn get(conn: &Connection, key: &str) -> Result<Option<String>> {
    let mut query = conn.prepare_cached("SELECT value FROM meta WHERE key = ?1")?;
    Ok(query.query_row([key], |row| row.get(0)).optional()?)
}

/// Writes a fact down, over what it was.
pub fn set(tx: &Transaction<'_>, key: &str, value: &str) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = ?2",
    )?
    .execute(params![key, value])?;
    Ok(())
}
