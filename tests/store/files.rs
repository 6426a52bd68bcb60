//! What lies in the folder: nothing in clear, nothing for others to read, nothing opened twice.

use std::{fs, os::unix::fs::PermissionsExt, path::Path, process::Command};

use matterbox::{
    domain::{confidential::Confidential, fault::Fault, fault::Kind, query::Query},
    store::{Absent, KdfCost, Store, StoreError, lists, search},
};

use crate::support::{Mail, at, fill, open, passphrase};

const MARKERS: [&str; 4] = ["zebrafinch", "quokkamemo", "narwhalsubject", "okapi@secret.example"];

/// Every file of the folder whose bytes hold a marker, in UTF-8 or UTF-16.
fn leaks(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let bytes = fs::read(&path).unwrap();
        for marker in MARKERS {
            let wide: Vec<u8> = marker.encode_utf16().flat_map(u16::to_le_bytes).collect();
            for needle in [marker.as_bytes(), wide.as_slice()] {
                if bytes.windows(needle.len()).any(|window| window == needle) {
                    found.push(format!("{marker} in {}", path.display()));
                }
            }
        }
    }
    found
}

#[test]
fn no_file_of_the_record_holds_a_word_in_clear() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap();
    let mut mail =
        Mail::new("okapi@secret.example", "narwhalsubject").saying("zebrafinch quokkamemo");
    mail.from.address = crate::support::address("okapi@secret.example");
    fill(&store, &[mail]);
    // A search that sorts, so that SQLite wants somewhere to put temporary data.
    let hits = store
        .read_blocking("search", |conn| {
            search::find(conn, &Query::parse("zebrafinch").0, &jiff::tz::TimeZone::UTC, at(0), 10)
        })
        .unwrap();
    assert_eq!(hits.len(), 1);
    assert_eq!(leaks(dir.path()), Vec::<String>::new(), "while open");
    assert!(
        dir.path().join("record.db-wal").metadata().unwrap().len() > 0,
        "the WAL was looked at"
    );
    store.shutdown();
    assert_eq!(leaks(dir.path()), Vec::<String>::new(), "after closing");
    assert!(!fs::read(dir.path().join("record.db")).unwrap().starts_with(b"SQLite format 3"));
}

#[test]
fn only_the_owner_may_read_the_folder_and_its_files() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("deep/record");
    let store = open(&folder).unwrap();
    fill(&store, &[Mail::new("a@x", "lease")]);
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    let mut files = 0;
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
        files += 1;
    }
    assert!(files >= 5, "db, wal, shm, key, lock");
}

#[test]
fn a_wrong_passphrase_is_told_apart_and_the_record_stays_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    open(dir.path()).unwrap().shutdown();
    let before = fs::read(dir.path().join("record.db")).unwrap();
    let wrong = Store::open(dir.path(), &Confidential::from("guess"), Absent::Refuse);
    assert!(matches!(wrong, Err(StoreError::WrongPassphrase)));
    assert_eq!(fs::read(dir.path().join("record.db")).unwrap(), before);
    assert!(Store::open(dir.path(), &passphrase(), Absent::Refuse).is_ok());
}

/// Run by the next test in a process of its own, where it must print nothing.
#[test]
fn child_opens_with_a_wrong_key() {
    let Ok(folder) = std::env::var("MATTERBOX_TEST_WRONG_KEY") else { return };
    let folder = Path::new(&folder);
    let wrong = Store::open(folder, &Confidential::from("guess"), Absent::Refuse);
    assert!(matches!(wrong, Err(StoreError::WrongPassphrase)));
    // And past the check: the key file of another record, so that page 1 does not decrypt.
    let key = folder.join("record.key.toml");
    let other = tempfile::tempdir().unwrap();
    open(other.path()).unwrap().shutdown();
    fs::copy(other.path().join("record.key.toml"), key).unwrap();
    let damaged = Store::open(folder, &passphrase(), Absent::Refuse);
    assert!(damaged.is_err_and(|error| error.is_damage()));
}

#[test]
fn a_wrong_key_writes_nothing_to_stderr() {
    let dir = tempfile::tempdir().unwrap();
    open(dir.path()).unwrap().shutdown();
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--nocapture", "files::child_opens_with_a_wrong_key"])
        .env("MATTERBOX_TEST_WRONG_KEY", dir.path())
        .output()
        .unwrap();
    assert!(child.status.success(), "{}", String::from_utf8_lossy(&child.stdout));
    assert_eq!(String::from_utf8_lossy(&child.stderr), "");
}

#[test]
fn a_second_opener_is_refused_and_told_who_has_it() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap();
    let second = open(dir.path());
    assert!(matches!(second, Err(StoreError::InUse { pid }) if pid == std::process::id()));
    store.shutdown();
    assert!(open(dir.path()).is_ok(), "the lock goes with the record");
}

#[test]
fn a_missing_record_is_not_made_unless_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("nowhere");
    let missing = Store::open(&folder, &passphrase(), Absent::Refuse);
    assert!(matches!(missing, Err(StoreError::Missing { .. })));
    assert!(!folder.exists());
}

#[test]
fn a_record_without_its_key_file_is_damage_and_gets_no_new_key() {
    let dir = tempfile::tempdir().unwrap();
    open(dir.path()).unwrap().shutdown();
    fs::remove_file(dir.path().join("record.key.toml")).unwrap();
    let error = open(dir.path()).err().unwrap();
    assert_eq!(error.kind(), Kind::Damaged);
    assert!(!dir.path().join("record.key.toml").exists());
}

#[test]
fn what_was_stored_is_there_after_closing_and_opening() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap();
    fill(&store, &[Mail::new("a@x", "lease"), Mail::new("b@x", "rent").at(5)]);
    store.shutdown();
    assert!(matches!(store.read_blocking("x", |_| Ok(())), Err(StoreError::Closed)));
    assert!(matches!(store.write_blocking("x", |_| Ok(())), Err(StoreError::Closed)));
    let store = Store::open(dir.path(), &passphrase(), Absent::Refuse).unwrap();
    let rows = store.read_blocking("inbox", |conn| lists::inbox(conn, 10)).unwrap();
    let subjects: Vec<&str> = rows.iter().map(|row| row.thread.subject.as_str()).collect();
    assert_eq!(subjects, ["rent", "lease"]);
    let wal = dir.path().join("record.db-wal");
    store.shutdown();
    assert!(!wal.exists() || wal.metadata().unwrap().len() == 0, "the WAL was folded in");
}

#[test]
fn the_standard_cost_of_a_guess_is_what_the_design_says() {
    assert_eq!(KdfCost::STANDARD, KdfCost { memory_kib: 65_536, passes: 3, lanes: 1 });
}
