//! The ledger closes: every UID is pending, stored, failed or gone, whatever happens in which order.

use matterbox::{
    domain::{
        id::{MailboxId, MessageKey},
        message::{Flags, MessageId},
    },
    store::{
        Store,
        mailboxes::{self, Completeness, SeenUid, Stored, UidState},
    },
};

use crate::support::{Mail, account, inbox, open};

fn seen(uids: impl IntoIterator<Item = u32>) -> Vec<SeenUid> {
    uids.into_iter().map(|uid| SeenUid { uid, size: 100, flags: Flags::default() }).collect()
}

fn stored(uid: u32, message: MessageKey) -> Stored {
    Stored { uid, message, flags: Flags::default() }
}

fn mailbox(store: &Store) -> MailboxId {
    store
        .write_blocking("mailbox", |tx| {
            let account = account(tx)?;
            let mailbox = mailboxes::ensure(tx, account, &inbox())?;
            mailboxes::new_generation(tx, mailbox, 7)?;
            Ok(mailbox)
        })
        .unwrap()
}

fn completeness(store: &Store) -> Completeness {
    store.read_blocking("completeness", mailboxes::completeness).unwrap().remove(0)
}

fn sum(c: &Completeness) -> (u64, u64, u64, u64, u64) {
    (c.known, c.stored, c.failed, c.pending, c.gone)
}

#[test]
fn every_uid_is_in_exactly_one_state() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap();
    let mailbox = mailbox(&store);
    store
        .write_blocking("sync", move |tx| {
            let account = account(tx)?;
            assert_eq!(mailboxes::uids_seen(tx, mailbox, &seen(1..=10))?, 10);
            let (key, _) = Mail::new("a@x", "lease").store(tx, account)?;
            mailboxes::mark_stored(tx, mailbox, &[stored(1, key)])?;
            mailboxes::mark_stored(tx, mailbox, &[stored(2, key)])?;
            mailboxes::mark_failed(tx, mailbox, 3, "the server said NO")?;
            mailboxes::mark_failed(tx, mailbox, 3, "the server said NO again")?;
            mailboxes::mark_gone(tx, mailbox, &[4])?;
            Ok(())
        })
        .unwrap();
    assert_eq!(sum(&completeness(&store)), (9, 2, 1, 6, 1));
    let failures =
        store.read_blocking("f", move |conn| mailboxes::failures(conn, mailbox)).unwrap();
    assert_eq!(failures, [(3, 2, "the server said NO again".to_owned())]);
}

#[test]
fn seeing_a_uid_again_does_not_make_it_pending_again() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap();
    let mailbox = mailbox(&store);
    store
        .write_blocking("sync", move |tx| {
            let account = account(tx)?;
            mailboxes::uids_seen(tx, mailbox, &seen(1..=3))?;
            let (key, _) = Mail::new("a@x", "lease").store(tx, account)?;
            mailboxes::mark_stored(tx, mailbox, &[stored(1, key)])?;
            mailboxes::mark_failed(tx, mailbox, 1, "too late")?;
            mailboxes::mark_gone(tx, mailbox, &[2])?;
            assert_eq!(mailboxes::uids_seen(tx, mailbox, &seen(1..=3))?, 1, "2 came back");
            Ok(())
        })
        .unwrap();
    assert_eq!(sum(&completeness(&store)), (3, 1, 0, 2, 0));
}

#[test]
fn a_failed_uid_is_stored_when_it_works_later() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap();
    let mailbox = mailbox(&store);
    store
        .write_blocking("sync", move |tx| {
            let account = account(tx)?;
            mailboxes::uids_seen(tx, mailbox, &seen([5]))?;
            mailboxes::mark_failed(tx, mailbox, 5, "unavailable")?;
            let (key, _) = Mail::new("a@x", "lease").store(tx, account)?;
            mailboxes::mark_stored(tx, mailbox, &[stored(5, key)])
        })
        .unwrap();
    assert_eq!(sum(&completeness(&store)), (1, 1, 0, 0, 0));
}

#[test]
fn a_new_uidvalidity_keeps_the_messages_and_finds_them_again_without_fetching() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap();
    let mailbox = mailbox(&store);
    let mail = Mail::new("a@x", "lease");
    let size = mail.raw().len() as u64;
    let key = store
        .write_blocking("sync", move |tx| {
            let account = account(tx)?;
            mailboxes::uids_seen(tx, mailbox, &seen([1, 2]))?;
            let (key, _) = mail.store(tx, account)?;
            mailboxes::mark_stored(tx, mailbox, &[stored(1, key)])?;
            Ok(key)
        })
        .unwrap();
    let found = store
        .write_blocking("resync", move |tx| {
            assert_eq!(mailboxes::new_generation(tx, mailbox, 8)?, 2);
            assert!(mailboxes::ledger_snapshot(tx, mailbox)?.is_empty());
            mailboxes::uids_seen(tx, mailbox, &seen([901, 902]))?;
            let id = MessageId::new("a@x").unwrap();
            let former = mailboxes::find_former(tx, mailbox, &id, size)?;
            mailboxes::mark_stored(tx, mailbox, &[stored(901, former.unwrap())])?;
            assert_eq!(mailboxes::find_former(tx, mailbox, &id, size + 1)?, None);
            Ok(former)
        })
        .unwrap();
    assert_eq!(found, Some(key));
    assert_eq!(sum(&completeness(&store)), (2, 1, 0, 1, 2));
    let lines =
        store.read_blocking("l", move |conn| mailboxes::ledger_snapshot(conn, mailbox)).unwrap();
    let states: Vec<(u32, UidState)> = lines.iter().map(|line| (line.uid, line.state)).collect();
    assert_eq!(states, [(901, UidState::Stored), (902, UidState::Pending)]);
}

#[test]
fn listing_a_mailbox_again_keeps_its_sync_state() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap();
    let mailbox = mailbox(&store);
    let row = store
        .write_blocking("list", move |tx| {
            let account = account(tx)?;
            let mut renamed = inbox();
            renamed.role = "archive".to_owned();
            assert_eq!(mailboxes::ensure(tx, account, &renamed)?, mailbox);
            mailboxes::get(tx, mailbox)
        })
        .unwrap();
    assert_eq!((row.uidvalidity, row.generation, row.role.as_str()), (7, 1, "archive"));
}

#[test]
fn the_same_bytes_in_two_places_are_one_message() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap();
    let mail = Mail::new("a@x", "lease");
    let keys = crate::support::fill(&store, &[mail.clone(), mail]);
    assert_eq!(keys[0], keys[1]);
    let key = keys[0].0;
    let places = store.read_blocking("p", move |conn| mailboxes::locations(conn, key)).unwrap();
    assert_eq!(places.len(), 2);
}

#[test]
fn the_kept_counts_are_those_of_the_ledger_and_no_uid_is_forgotten() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap();
    let mailbox = mailbox(&store);
    let (counted, kept) = store
        .write_blocking("sync", move |tx| {
            let account = account(tx)?;
            mailboxes::uids_seen(tx, mailbox, &seen(1..=20))?;
            let (key, _) = Mail::new("a@x", "lease").store(tx, account)?;
            mailboxes::mark_stored(tx, mailbox, &[stored(1, key)])?;
            // Again, twice in one call, and one that was never announced.
            let again = [stored(1, key), stored(4, key), stored(4, key), stored(30, key)];
            mailboxes::mark_stored(tx, mailbox, &again)?;
            mailboxes::mark_failed(tx, mailbox, 2, "no")?;
            mailboxes::mark_failed(tx, mailbox, 2, "no")?;
            mailboxes::mark_failed(tx, mailbox, 4, "too late")?;
            mailboxes::mark_failed(tx, mailbox, 31, "no")?;
            mailboxes::mark_gone(tx, mailbox, &[1, 2, 3, 3, 99])?;
            mailboxes::uids_seen(tx, mailbox, &seen([1, 2]))?;
            mailboxes::new_generation(tx, mailbox, 9)?;
            mailboxes::uids_seen(tx, mailbox, &seen(5..=9))?;
            let read = |sql: &str| -> matterbox::store::Result<Vec<(i64, i64)>> {
                let mut query = tx.prepare(sql)?;
                let rows = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
                Ok(rows.collect::<Result<_, _>>()?)
            };
            Ok((
                read("SELECT state, count(*) FROM placement GROUP BY state ORDER BY state")?,
                read("SELECT state, uids FROM ledger_count WHERE uids > 0 ORDER BY state")?,
            ))
        })
        .unwrap();
    assert_eq!(kept, counted);
    let forgotten =
        store.write_blocking("forget", |tx| Ok(tx.execute("DELETE FROM placement", [])?));
    assert!(forgotten.is_err());
}

#[test]
fn a_message_that_goes_while_its_bytes_wait_for_the_writer_stays_gone_and_in_the_record() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap();
    let mailbox = mailbox(&store);
    store
        .write_blocking("sync", move |tx| {
            let account = account(tx)?;
            mailboxes::uids_seen(tx, mailbox, &seen(1..=2))?;
            mailboxes::mark_gone(tx, mailbox, &[1])?;
            let (key, _) = Mail::new("a@x", "lease").store(tx, account)?;
            mailboxes::mark_stored(tx, mailbox, &[stored(1, key), stored(2, key)])?;
            let lines = mailboxes::ledger_snapshot(tx, mailbox)?;
            assert_eq!((lines[0].state, lines[0].message), (UidState::Gone, Some(key)));
            assert_eq!(lines[1].state, UidState::Stored);
            Ok(())
        })
        .unwrap();
    assert_eq!(sum(&completeness(&store)), (1, 1, 0, 0, 1));
}
