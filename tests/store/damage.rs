//! Broken pages, a full disk, a panicking use case: an error, and nothing made worse.

use std::{fs, path::Path};

use matterbox::{
    domain::{
        audit::{Actor, AuditEntry, Flaw},
        fault::{Fault, Kind},
    },
    store::{Stop, StoreError, audit, lists, messages, raw},
};

use crate::support::{Mail, at, fill, open};

const PAGE: usize = 16_384;

/// Random digits, which zstd cannot pack into nothing.
fn noise(words: usize) -> String {
    let words: Vec<String> = (0..words).map(|_| rand::random::<u64>().to_string()).collect();
    words.join(" ")
}

/// Flips one bit in each of these pages. Returns the bytes of the file as it is now.
fn flip(file: &Path, pages: impl Fn(usize) -> std::ops::Range<usize>) -> Vec<u8> {
    let mut bytes = fs::read(file).unwrap();
    let count = bytes.len() / PAGE;
    assert!(count > 20);
    for page in pages(count) {
        bytes[page * PAGE + 100] ^= 1;
    }
    fs::write(file, &bytes).unwrap();
    bytes
}

#[test]
fn a_corrupt_page_met_by_a_query_is_damage_and_nothing_is_written_any_more() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap();
    let mails: Vec<Mail> = (0..200)
        .map(|n| Mail::new(&format!("m{n}@x"), &format!("subject {n}")).saying(&noise(200)))
        .collect();
    let keys = fill(&store, &mails);
    store.shutdown();
    let file = dir.path().join("record.db");
    let bytes = flip(&file, |count| count / 2..count);
    let store = open(dir.path()).unwrap();
    let read = store.read_blocking("raw", move |conn| {
        keys.iter().try_for_each(|(key, _)| raw::get(conn, *key).map(drop))
    });
    assert_eq!(read.map_err(|error| error.kind()), Err(Kind::Damaged));
    let write = store.write_blocking("insert", |tx| {
        let account = crate::support::account(tx)?;
        Mail::new("new@x", "new").store(tx, account)
    });
    assert_eq!(write.map(drop).map_err(|error| error.kind()), Err(Kind::Damaged));
    store.shutdown();
    assert!(fs::read(&file).unwrap() == bytes, "the file is as it was found");
}

#[test]
fn a_corrupt_first_page_is_damage_when_the_record_is_opened_and_not_a_wrong_passphrase() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap();
    let mails: Vec<Mail> =
        (0..100).map(|n| Mail::new(&format!("m{n}@x"), "lease").saying(&noise(200))).collect();
    fill(&store, &mails);
    store.shutdown();
    let file = dir.path().join("record.db");
    let bytes = flip(&file, |_| 0..1);
    let error = open(dir.path()).err().unwrap();
    assert_eq!(error.kind(), Kind::Damaged);
    assert!(fs::read(&file).unwrap() == bytes, "the file is as it was found");
}

#[test]
fn a_full_disk_rolls_back_and_the_next_write_works() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap();
    fill(&store, &[Mail::new("a@x", "lease")]);
    let full = store.write_blocking("full", |tx| {
        let pages: i64 = tx.query_row("PRAGMA page_count", [], |row| row.get(0))?;
        tx.query_row(&format!("PRAGMA max_page_count = {}", pages + 2), [], |_| Ok(()))?;
        let account = crate::support::account(tx)?;
        for n in 0..100 {
            Mail::new(&format!("f{n}@x"), "filler").saying(&noise(400)).store(tx, account)?;
        }
        Ok(())
    });
    assert!(matches!(full, Err(StoreError::DiskFull(_))), "{full:?}");
    let count = |label| {
        store.read_blocking(label, |conn| Ok(lists::counts(conn, at(0))?.messages)).unwrap()
    };
    assert_eq!(count("after"), 1, "nothing of the failed use case stayed");
    store
        .write_blocking("room", |tx| {
            tx.query_row("PRAGMA max_page_count = 1000000", [], |_| Ok(()))?;
            let account = crate::support::account(tx)?;
            Mail::new("b@x", "rent").store(tx, account)
        })
        .unwrap();
    assert_eq!(count("later"), 2);
}

#[test]
fn a_failed_use_case_leaves_nothing_behind() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap();
    let failed = store.write_blocking("half", |tx| {
        let account = crate::support::account(tx)?;
        Mail::new("a@x", "lease").store(tx, account)?;
        audit::append(tx, &AuditEntry::new(at(0), Actor::System, "half-done"))?;
        Err::<(), _>(StoreError::NotFound { what: "matter" })
    });
    assert!(matches!(failed, Err(StoreError::NotFound { .. })));
    let counts = store.read_blocking("counts", |conn| lists::counts(conn, at(0))).unwrap();
    assert_eq!(counts.messages, 0);
    let head = store.read_blocking("head", audit::head).unwrap();
    assert_eq!(head.records, 0);
}

#[test]
fn after_a_panic_in_a_write_nothing_more_is_written_but_reading_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap();
    let (key, _) = fill(&store, &[Mail::new("a@x", "lease")])[0];
    let panicked = store.write_blocking::<(), _>("boom", |tx| {
        tx.execute("DELETE FROM search", [])?;
        panic!("in a use case")
    });
    assert!(matches!(panicked, Err(StoreError::Panicked { label: "boom" })));
    assert!(matches!(store.write_blocking("next", |_| Ok(())), Err(StoreError::Poisoned)));
    let row = store.read_blocking("get", move |conn| messages::get(conn, key)).unwrap();
    assert_eq!(row.subject, "lease");
}

#[test]
fn a_panic_in_a_read_costs_only_that_answer() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap();
    for _ in 0..5 {
        let panicked = store.read_blocking::<(), _>("boom", |_| panic!("in a query"));
        assert!(matches!(panicked, Err(StoreError::Panicked { label: "boom" })));
    }
    assert!(store.read_blocking("counts", |conn| lists::counts(conn, at(0))).is_ok());
    assert!(store.write_blocking("write", |_| Ok(())).is_ok());
}

#[test]
fn readers_cannot_write() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap();
    let wrote = store.read_blocking("sneak", |conn| {
        Ok(conn.execute("INSERT INTO meta (key, value) VALUES ('a', 'b')", [])?)
    });
    assert!(wrote.is_err());
}

#[tokio::test]
async fn a_query_that_nobody_waits_for_is_stopped() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap();
    let stop = Stop::new();
    let (running, started) = std::sync::mpsc::sync_channel(1);
    let endless = store.read_until("endless", &stop, move |conn| {
        running.send(()).unwrap();
        let forever = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
        Ok(conn.query_row(forever, [], |row| row.get::<_, i64>(0))?)
    });
    let stopper = std::thread::spawn({
        let stop = stop.clone();
        move || {
            started.recv().unwrap();
            stop.stop();
        }
    });
    assert!(matches!(endless.await, Err(StoreError::Interrupted)));
    stopper.join().unwrap();
    let rows = store.read("after", |conn| lists::inbox(conn, 1)).await.unwrap();
    assert!(rows.is_empty(), "the connection is good for the next one");
}

#[test]
fn row_62_no_entry_of_the_trail_is_dated_before_the_last_although_the_clock_was_set_back() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap();
    let append = |second| {
        let entry = move || AuditEntry::new(at(second), Actor::System, "message-stored");
        store.write_durable_blocking("audit", move |tx| audit::append(tx, &entry())).unwrap();
    };
    for second in [7_200, 60, 7_260] {
        append(second);
    }
    let trail = store.read_blocking("trail", |conn| audit::latest(conn, 3)).unwrap();
    let stamps: Vec<_> = trail.iter().rev().map(|(_, entry)| entry.at).collect();
    assert_eq!(stamps, [at(7_200), at(7_200), at(7_260)]);
    let said: Vec<_> = trail.iter().rev().map(|(_, entry)| entry.facts.get("clock")).collect();
    assert_eq!(said, [None, Some(&at(60).to_string()), None], "what the clock showed is told");
    assert!(store.read_blocking("verify", audit::verify).unwrap().is_ok());
}

#[test]
fn the_audit_trail_takes_no_change_and_no_deletion() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap();
    store
        .write_durable_blocking("audit", |tx| {
            for kind in ["a", "b", "c"] {
                audit::append(tx, &AuditEntry::new(at(0), Actor::System, kind).with("n", kind))?;
            }
            Ok(())
        })
        .unwrap();
    for sql in ["UPDATE audit SET kind = 'x'", "DELETE FROM audit WHERE seq = 3"] {
        let refused = store.write_blocking("tamper", move |tx| Ok(tx.execute(sql, [])?));
        assert!(refused.is_err(), "{sql}");
    }
    let sound = store.read_blocking("verify", audit::verify).unwrap();
    assert_eq!(sound.unwrap().records, 3);
    // Someone who drops the trigger is found by the chain.
    store
        .write_blocking("tamper", |tx| {
            tx.execute("DROP TRIGGER audit_is_not_changed", [])?;
            Ok(tx.execute(
                "UPDATE audit SET record = CAST(record || x'00' AS BLOB) WHERE seq = 2",
                [],
            )?)
        })
        .unwrap();
    let broken = store.read_blocking("verify", audit::verify).unwrap().unwrap_err();
    assert_eq!((broken.seq, broken.flaw), (2, Flaw::Content));
}
