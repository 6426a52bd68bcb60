//! Killed at any moment: what was promised is there, what was half done is not.

use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Command, Stdio},
};

use matterbox::{
    domain::{
        audit::{Actor, AuditEntry},
        message::Flags,
    },
    store::{
        audit, lists,
        mailboxes::{self, Stored},
        outbox,
    },
};

use crate::{
    outbox::sealed,
    support::{Mail, account, at, inbox, open},
};

/// Run by the tests below in a process of its own: stores message after message and says so, until it is killed.
#[test]
fn child_stores_until_it_is_killed() {
    let Ok(folder) = std::env::var("MATTERBOX_TEST_CRASH") else { return };
    let store = open(Path::new(&folder)).unwrap();
    for n in 0_u32.. {
        let stored = store
            .write_blocking("ingest", move |tx| {
                let account = account(tx)?;
                let mailbox = mailboxes::ensure(tx, account, &inbox())?;
                let mail = Mail::new(&format!("m{n}@x"), &format!("subject {}", n % 7));
                let (key, _) = mail.saying(&"words ".repeat(200)).store(tx, account)?;
                mailboxes::mark_stored(
                    tx,
                    mailbox,
                    &[Stored { uid: n + 1, message: key, flags: Flags::default() }],
                )?;
                audit::append(tx, &AuditEntry::new(at(0), Actor::System, "message-stored"))?;
                Ok(n + 1)
            })
            .unwrap();
        writeln!(std::io::stdout(), "\nstored {stored}").unwrap();
    }
}

fn run_and_kill(test: &str, folder: &Path, after: usize) -> Vec<String> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--nocapture", test])
        .env("MATTERBOX_TEST_CRASH", folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = Vec::new();
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        if line.starts_with("stored ") || line.starts_with("claimed ") {
            said.push(line);
        }
        if said.len() >= after {
            // SIGKILL: no destructor, no flush.
            child.kill().unwrap();
            break;
        }
    }
    child.wait().unwrap();
    said
}

#[test]
fn after_kill_9_every_promised_message_is_there_once_and_whole() {
    for after in [1, 2, 17, 60] {
        let dir = tempfile::tempdir().unwrap();
        let said = run_and_kill("crash::child_stores_until_it_is_killed", dir.path(), after);
        let store = open(dir.path()).unwrap();
        let (counts, head, completeness, sound) = store
            .read_blocking("check", |conn| {
                let sound: String =
                    conn.query_row("PRAGMA integrity_check", [], |row| row.get(0))?;
                let counts = lists::counts(conn, at(0))?;
                Ok((counts, audit::verify(conn)?, mailboxes::completeness(conn)?, sound))
            })
            .unwrap();
        assert_eq!(sound, "ok");
        assert!(counts.stored >= said.len() as u64, "{} of {}", counts.stored, said.len());
        assert_eq!(head.unwrap().records, counts.stored, "one audit entry for each");
        assert_eq!(completeness[0].stored, counts.messages, "the ledger knows each");
        let indexed: u64 = store
            .read_blocking("fts", |conn| {
                let sql = "SELECT count(*) FROM search WHERE search MATCH 'words'";
                Ok(conn.query_row(sql, [], |row| row.get::<_, i64>(0))?.unsigned_abs())
            })
            .unwrap();
        assert_eq!(indexed, counts.stored, "the index knows each");
    }
}

/// Run by the next test in a process of its own: claims a message and is killed before it can say how it went.
#[test]
fn child_claims_until_it_is_killed() {
    let Ok(folder) = std::env::var("MATTERBOX_TEST_CRASH") else { return };
    let store = open(Path::new(&folder)).unwrap();
    let claimed = store
        .write_durable_blocking("claim", |tx| {
            let account = account(tx)?;
            outbox::queue(tx, &sealed(account, "one@firm", 0), at(0))?;
            outbox::queue(tx, &sealed(account, "two@firm", 0), at(0))?;
            Ok(())
        })
        .and_then(|()| {
            store.write_durable_blocking("claim", |tx| outbox::claim_next(tx, None, at(10)))
        })
        .unwrap()
        .unwrap();
    writeln!(std::io::stdout(), "\nclaimed {}", claimed.id).unwrap();
    loop {
        std::thread::park();
    }
}

#[test]
fn a_message_that_was_being_sent_when_the_program_was_killed_is_unknown_and_never_claimed_again() {
    let dir = tempfile::tempdir().unwrap();
    run_and_kill("crash::child_claims_until_it_is_killed", dir.path(), 1);
    let store = open(dir.path()).unwrap();
    let recovered =
        store.write_durable_blocking("recover", |tx| outbox::recover_at_start(tx, at(20))).unwrap();
    assert_eq!(recovered.len(), 1);
    let next = store
        .write_durable_blocking("claim", |tx| outbox::claim_next(tx, None, at(30)))
        .unwrap()
        .unwrap();
    assert_ne!(next.id, recovered[0]);
    let none =
        store.write_durable_blocking("claim", |tx| outbox::claim_next(tx, None, at(30))).unwrap();
    assert!(none.is_none());
    let row = store.read_blocking("row", move |conn| outbox::get(conn, recovered[0])).unwrap();
    assert_eq!((row.state, row.attempts), (outbox::OutboxState::Unknown, 1));
}
