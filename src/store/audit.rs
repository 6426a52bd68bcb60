//! The audit trail in the record: appended to in the same transaction as what it tells of.
//!
//! Owns the table. It only ever appends; triggers refuse everything else, and the chain shows what got past them.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Transaction, params};

use crate::domain::audit::{AuditEntry, Broken, ChainHash, Chained, Head, verify as check};

use super::{
    codec::{broken, count, instant, int, micros},
    error::Result,
};

/// Appends an entry. Returns its number. None bears an earlier time than the one before it (design 4.8, row 62): where
/// the clock was set back the entry has the time of the last one, and says as a fact what the clock showed.
pub fn append(tx: &Transaction<'_>, entry: &AuditEntry) -> Result<u64> {
    let Tail { records: last, hash: prev, at } = tail(tx)?;
    let seq = last.saturating_add(1);
    let entry = match at {
        Some(at) if entry.at < at => {
            &AuditEntry { at, ..entry.clone() }.with("clock", entry.at.to_string())
        }
        Some(_) | None => entry,
    };
    let record = entry.canonical(seq);
    let hash = prev.then(&record);
    tx.prepare_cached(
        "INSERT INTO audit (seq, at, actor, kind, record, prev, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?
    .execute(params![
        int(seq),
        micros(entry.at),
        entry.actor.word(),
        entry.kind,
        record,
        prev.0.as_slice(),
        hash.0.as_slice(),
    ])?;
    Ok(seq)
}

/// The end of the trail.
struct Tail {
    records: u64,
    hash: ChainHash,
    at: Option<Timestamp>,
}

fn tail(conn: &Connection) -> Result<Tail> {
    let mut query =
        conn.prepare_cached("SELECT seq, hash, at FROM audit ORDER BY seq DESC LIMIT 1")?;
    let last = query
        .query_row([], |row| {
            Ok(Tail {
                records: count(row.get("seq")?),
                hash: chain_hash(&row.get::<_, Vec<u8>>("hash")?)?,
                at: Some(instant(row.get("at")?)?),
            })
        })
        .optional()?;
    Ok(last.unwrap_or(Tail { records: 0, hash: ChainHash::GENESIS, at: None }))
}

/// Where the trail ends now: worth printing or keeping elsewhere, since a chain cannot show that its end is missing.
pub fn head(conn: &Connection) -> Result<Head> {
    let Tail { records, hash, .. } = tail(conn)?;
    Ok(Head { records, hash })
}

/// Reads the whole trail and checks it; the inner result names the first record that is wrong.
pub fn verify(conn: &Connection) -> Result<Result<Head, Broken>> {
    let mut query =
        conn.prepare_cached("SELECT seq, record, prev, hash FROM audit ORDER BY seq")?;
    let rows = query.query_map([], |row| {
        Ok(Chained {
            seq: count(row.get("seq")?),
            record: row.get("record")?,
            prev: chain_hash(&row.get::<_, Vec<u8>>("prev")?)?,
            hash: chain_hash(&row.get::<_, Vec<u8>>("hash")?)?,
        })
    })?;
    let mut failed = None;
    let rows = rows.map_while(|row| row.map_err(|error| failed = Some(error)).ok());
    let verdict = check(rows);
    match failed {
        Some(error) => Err(error.into()),
        None => Ok(verdict),
    }
}

/// The newest entries, newest first, with their numbers.
pub fn latest(conn: &Connection, limit: u32) -> Result<Vec<(u64, AuditEntry)>> {
    let mut query = conn.prepare_cached("SELECT record FROM audit ORDER BY seq DESC LIMIT ?1")?;
    let rows = query.query_map([limit], |row| {
        let record: Vec<u8> = row.get("record")?;
        AuditEntry::from_canonical(&record).ok_or_else(|| broken("audit record"))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn chain_hash(bytes: &[u8]) -> rusqlite::Result<ChainHash> {
    bytes.try_into().map(ChainHash).map_err(|_| broken("audit hash"))
}
