//! Brings a record to the newest schema, one immutable file after the other.
//!
//! Owns `PRAGMA user_version`. A released file is never edited: a test pins each one's hash.

use rusqlite::{Connection, TransactionBehavior};

use super::error::{Result, StoreError};

/// Every step, in order. Step *n* brings a record from version *n − 1* to *n*.
pub(crate) const STEPS: &[&str] = &[
    include_str!("schema/0001_core.sql"),
    include_str!("schema/0002_search.sql"),
    include_str!("schema/0003_counts.sql"),
    include_str!("schema/0004_index.sql"),
    include_str!("schema/0005_bulk.sql"),
    include_str!("schema/0006_lookups.sql"),
    include_str!("schema/0007_warnings.sql"),
    include_str!("schema/0008_senders.sql"),
    include_str!("schema/0009_enclosures.sql"),
    include_str!("schema/0010_folders.sql"),
    include_str!("schema/0011_sign_in.sql"),
    include_str!("schema/0012_operations.sql"),
    include_str!("schema/0014_drafts.sql"),
    include_str!("schema/0015_labels.sql"),
    include_str!("schema/0016_answers.sql"),
    include_str!("schema/0021_deadlines.sql"),
];

/// Runs the steps that are missing, each in a transaction of its own; a newer record is refused untouched.
pub(crate) fn migrate(conn: &mut Connection) -> Result<()> {
    let found: u32 = conn.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let known = u32::try_from(STEPS.len()).unwrap_or(u32::MAX);
    if found > known {
        return Err(StoreError::Newer { found, known });
    }
    for (version, step) in (1_u32..).zip(STEPS).skip(found as usize) {
        let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        tx.execute_batch(step)?;
        tx.pragma_update(None, "user_version", version)?;
        tx.commit()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::*;

    /// The SHA-256 of each released step. A line is added with a new file and never edited.
    const PINNED: &[&str] = &[
        "579fc1bff09c0cfc9db692584f2342578a7c3f04c9a434c86edabaff33e43141",
        "4b38f1c86723a5b909cab37d2ce087ab50bef810103da28f4a3246c6f53fdd62",
        "861a0b2644a1d9f7dc2abee8a7aa0353aebea37bd622f2048a9f47cb087cecf3",
        "55079cd434f87a5019863a9f46125df1542585d9d848935942ce2e9fee0a28fa",
        "9734c53af88b37409fb06f7e10691a6ab15a3fbeb0019e3f317fc9ca2930eb75",
        "66c847f74cbdbbcbe5382e2206ca3b1d5f374ba8ea80783a014903c0c9bf846f",
        "01e8900da6e135fba958294a7602d935a90e416d65f64d116b020e749635af64",
        "58fd3d52352e6a885e1a35843719b14d925a068ea3bc3c065550979c68870be0",
        "0f6528cb8f27d48b8123870a0d7a1efbfa9733a12584741c0b2eefcffb7a1a22",
        "ad6a1feb7b6b86adaeb41f43ab4f6db2bd8c0a145e4f142b74dc991f91eb56ac",
        "745f0fcaf9a9e7c4fab4d7086c763e1ff05ccd29cfb651b1d57b55529c5ddc7b",
        "14bc4094916b3ac6133f89103704ef5b142f3ecf0b98375a36e1d874215d0288",
        "0d92376c784cabab5e65a3c5586ed31f53e30292d71f7e65d357d2a3a9d86d29",
        "a2f79e13101416352a075265948f54f97d0b0fc2a1e35440eb62eb1ba46a4fca",
        "35adb81c7597ed193f3011fcc03d587653a5c1f315742d58281ca1cba3be0a7b",
        "67bf9ddbeb772beb143820b75eaa7d4e2150c7d93252b6e4f7fbbb7810cb994c",
    ];

    #[test]
    fn a_released_step_never_changes() {
        let found: Vec<String> =
            STEPS.iter().map(|step| format!("{:x}", Sha256::digest(step))).collect();
        assert_eq!(found, PINNED, "write a new file instead of editing a released one");
    }

    #[test]
    fn a_record_from_a_newer_version_is_refused_untouched() {
        let mut conn = Connection::open_in_memory().unwrap();
        conn.pragma_update(None, "user_version", 9_999).unwrap();
        assert!(matches!(migrate(&mut conn), Err(StoreError::Newer { found: 9_999, .. })));
        let tables: i64 =
            conn.query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get(0)).unwrap();
        assert_eq!(tables, 0);
    }

    #[test]
    fn every_step_runs_once() {
        let mut conn = Connection::open_in_memory().unwrap();
        migrate(&mut conn).unwrap();
        migrate(&mut conn).unwrap();
        let version: u32 = conn.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
        assert_eq!(version as usize, STEPS.len());
    }
}
