//! The main story against the real Cyrus and the real Courier: the same steps, once for each.

use std::{
    fs,
    sync::{Arc, mpsc},
    time::Duration,
};

use matterbox::{
    domain::{confidential::Confidential, id::AccountId, message::MessageId},
    imap::{
        contract::{Login, Role},
        filing::Filed,
        plan::Depth,
        round::Summary,
        stream::{Cutoff, Endpoint, Security},
        worker::{Order, Settings, Signals, Worker, sync_once},
    },
    tls::{self, Trust},
};
use tokio::sync::oneshot;

use crate::{
    desk::{Desk, message, start, wait_for},
    support::{
        others::Other::{self, Courier, Cyrus},
        servers::{GOOD_HOST, PASSWORD, Servers},
    },
};

fn settings(other: Other, user: &str, security: Security) -> Settings {
    let port = match security {
        Security::Implicit => other.imaps(),
        Security::StartTls => other.imap(),
    };
    let endpoint = Endpoint { host: GOOD_HOST.to_owned(), port, security };
    let login = Login { user: user.into(), password: PASSWORD.into() };
    let trust = Trust::CaFile(fs::read(&Servers::get().ca).unwrap());
    Settings::new(AccountId::new(1), endpoint, tls::client_config(&trust).unwrap(), login)
}

fn sync(other: Other, user: &str, desk: &mut Desk) -> Summary {
    let settings = settings(other, user, Security::Implicit);
    let signals = Arc::new(Signals::default());
    sync_once(&settings, desk, Depth::Full, &signals, &Cutoff::default()).unwrap()
}

fn messages(count: usize) -> Vec<Vec<u8>> {
    let odd = ["{12}\r\nfoo", "z1 OK done", ")))(((\"\\", "* BYE go away", "plain"];
    (1..=count).map(|number| message(number, &odd[number % odd.len()].repeat(number))).collect()
}

/// First synchronisation, new mail, flags, deletion elsewhere: each as the record must have it.
fn story(other: Other) {
    let (user, mut desk) = (Servers::fresh_user(), Desk::default());
    let mail = messages(60);
    other.append(&user, "INBOX", &mail);
    let first = sync(other, &user, &mut desk);
    assert_eq!((first.fetched, first.doubtful, first.unreadable), (60, 0, 0));
    assert!(desk.record.lock().unwrap().bytes("INBOX") == mail, "byte for byte");
    assert!(other.messages(&user, "INBOX").iter().all(|(_, seen, _)| !seen), "nothing is marked");
    assert_eq!(sync(other, &user, &mut desk).fetched, 0, "nothing comes twice");
    other.append(&user, "INBOX", &[message(100, "new")]);
    assert_eq!(sync(other, &user, &mut desk).fetched, 1);
    let uids: Vec<u32> = other.messages(&user, "INBOX").iter().map(|one| one.0).collect();
    other.flag(&user, "INBOX", uids[2], "\\Seen");
    other.flag(&user, "INBOX", uids[3], "\\Answered");
    sync(other, &user, &mut desk);
    {
        let record = desk.record.lock().unwrap();
        let flags = &record.named("INBOX").flags;
        assert!(flags[&uids[2]].seen && !flags[&uids[3]].seen);
        assert!(flags[&uids[3]].answered && !flags[&uids[2]].answered);
    }
    other.delete(&user, "INBOX", uids[5]);
    sync(other, &user, &mut desk);
    let record = desk.record.lock().unwrap();
    let ledger = &record.named("INBOX").ledger;
    assert_eq!((ledger.stored.len(), ledger.gone.len()), (60, 1));
    assert!(ledger.gone.contains(uids[5]), "and no other");
    assert_eq!(record.bytes("INBOX").len(), 61, "the record keeps what the server lost");
    assert!(record.failed.is_empty());
}

#[test]
fn cyrus_is_copied_exactly_and_followed() {
    story(Cyrus);
}

#[test]
fn courier_is_copied_exactly_and_followed() {
    story(Courier);
}

#[test]
fn starttls_brings_the_same_mail_from_both() {
    for other in [Cyrus, Courier] {
        let (user, mut desk) = (Servers::fresh_user(), Desk::default());
        other.append(&user, "INBOX", &messages(3));
        let settings = settings(other, &user, Security::StartTls);
        let signals = Arc::new(Signals::default());
        let end = sync_once(&settings, &mut desk, Depth::Recent, &signals, &Cutoff::default());
        assert_eq!(end.unwrap().fetched, 3, "{other:?}");
    }
}

fn worker(other: Other, user: &str, poll: Duration) -> (Worker, Desk, mpsc::Receiver<String>) {
    let mut settings = settings(other, user, Security::Implicit);
    settings.poll = poll;
    start(Desk::default(), settings)
}

/// The copy of what was sent: in the right folder, once, as read, and found again.
fn filing(other: Other) {
    let user = Servers::fresh_user();
    let (worker, _desk, words) = worker(other, &user, Duration::from_mins(1));
    wait_for(&words, "online");
    let copy = message(7, "our answer");
    let file = || {
        let (answer, result) = oneshot::channel();
        let order = Order::File {
            mailbox: None,
            bytes: Confidential::new(copy.clone()),
            id: MessageId::new("7@client.example").unwrap(),
            sent: "2026-03-02T10:00:00Z".parse().ok(),
            answer,
        };
        assert!(worker.order(order).is_ok());
        result.blocking_recv().unwrap().unwrap()
    };
    assert_eq!(file(), Filed::Appended { uid: Some(1) });
    assert_eq!(file(), Filed::Present { uid: 1 });
    assert_eq!(other.messages(&user, "Sent"), [(1, true, copy.clone())]);
    worker.join();
}

#[test]
fn a_copy_is_filed_once_in_the_sent_folder_of_cyrus() {
    filing(Cyrus);
}

#[test]
fn a_copy_is_filed_once_in_the_sent_folder_of_courier() {
    filing(Courier);
}

/// New mail while the worker waits: by IDLE where nothing is polled within the hour, and by the poll alone in Sent.
fn arrival(other: Other) {
    let user = Servers::fresh_user();
    other.append(&user, "INBOX", &messages(2));
    let (idle, _desk, words) = worker(other, &user, Duration::from_hours(1));
    wait_for(&words, "online");
    other.append(&user, "INBOX", &[message(50, "while it waits")]);
    wait_for(&words, "stored");
    idle.join();
    let (poll, desk, words) = worker(other, &user, Duration::from_secs(1));
    wait_for(&words, "online");
    other.append(&user, "Sent", &[message(51, "by another program")]);
    wait_for(&words, "stored");
    poll.join();
    assert_eq!(desk.record.lock().unwrap().named(&other.folder("Sent")).ledger.stored.len(), 1);
}

#[test]
fn new_mail_on_cyrus_arrives_while_the_worker_watches() {
    arrival(Cyrus);
}

#[test]
fn new_mail_on_courier_arrives_while_the_worker_watches() {
    arrival(Courier);
}

/// A folder that a person asks for is made where the server keeps a person's own, once, and is known for what it is.
fn making(other: Other) {
    let user = Servers::fresh_user();
    let (worker, desk, words) = worker(other, &user, Duration::from_mins(1));
    wait_for(&words, "online");
    for _ in 0..2 {
        let (answer, result) = oneshot::channel();
        let order = Order::Make { name: "Archive".to_owned(), role: Role::Archive, answer };
        assert!(worker.order(order).is_ok());
        let made = result.blocking_recv().unwrap().unwrap();
        assert_eq!(made.as_str(), other.folder("Archive"));
    }
    worker.join();
    let mut door = other.back_door(&user);
    assert!(door.examine(other.folder("Archive")).is_ok(), "it is there");
    let record = desk.record.lock().unwrap();
    assert_eq!(record.named(&other.folder("Archive")).role, Some(Role::Archive));
    assert_eq!(record.named(&other.folder("Sent")).role, Some(Role::Sent));
}

#[test]
fn a_new_folder_on_cyrus_has_no_prefix() {
    making(Cyrus);
}

#[test]
fn a_new_folder_on_courier_lies_below_inbox() {
    making(Courier);
}
