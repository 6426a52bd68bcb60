//! Gmail's labels, played: a message that shows in many folders is one message, fetched once, and stays one whatever a
//! person does with it.

use matterbox::{
    app::{
        operate::Target,
        rows::{Answer, Query},
    },
    domain::id::ThreadId,
    imap::plan::Depth,
};

use crate::{
    bureau::{Bureau, letter, letters},
    support::{
        gmail::{ALL, DRAFTS, SENT, TRASH, folders, labels},
        scripted::{Act, Folder, Scripted, fetches},
    },
};

const OFFERS: &str = "X-GM-EXT-1 UIDPLUS MOVE SPECIAL-USE";

fn gmail(offers: &str, labels: &[&str]) -> Scripted {
    let own = labels.iter().map(|name| Folder::new(name));
    Scripted::start(offers, folders().into_iter().chain(own))
}

/// How many bodies were asked for, over all folders.
fn bodies(server: &Scripted) -> usize {
    let heard = server.heard();
    let of = |line: &String| (1..=400).filter(|uid| fetches(line, *uid)).count();
    heard.iter().map(of).sum()
}

fn stored(bureau: &Bureau, name: &str) -> Vec<u32> {
    let lines = bureau.ledger(name);
    assert!(lines.pending.is_empty() && lines.failed.is_empty(), "{name}: {lines:?}");
    lines.stored
}

/// Nothing that a person asked for waits or is stuck.
fn nothing_waits(bureau: &Bureau) {
    let waits = bureau.read(|conn| {
        let mut open =
            conn.prepare("SELECT count(*) FROM operation WHERE state NOT IN (2, 4)").unwrap();
        Ok(open.query_row([], |row| row.get::<_, i64>(0)).unwrap())
    });
    assert_eq!(waits, 0, "operations that are not done");
}

#[test]
fn a_message_under_many_labels_is_fetched_once_and_lies_in_all_of_them() {
    let server = gmail(OFFERS, &["Okafor"]);
    let mail = letters(6);
    for (letter, labels) in mail.iter().zip([
        &["INBOX", "Okafor"][..],
        &["INBOX"],
        &["Okafor"],
        &[SENT, "Okafor"],
        &[],
        &["INBOX", SENT, "Okafor"],
    ]) {
        server.state().labelled(letter, labels);
    }
    let bureau = Bureau::at(server.port);
    let summary = bureau.sync();
    assert_eq!((summary.fetched, summary.doubtful, summary.refused), (6, 0, 0));
    assert_eq!(bodies(&server), 6, "each body once");
    assert_eq!(stored(&bureau, ALL), [1, 2, 3, 4, 5, 6], "also what was archived without a label");
    assert_eq!((stored(&bureau, "INBOX").len(), stored(&bureau, "Okafor").len()), (3, 4));
    assert_eq!(bureau.picture().letters.len(), 6);
    bureau.pass(Depth::Full).unwrap();
    let new = letter(7, None, "One more question.");
    server.state().labelled(&new, &["INBOX", "Okafor"]);
    bureau.sync();
    assert_eq!(bodies(&server), 7);
    assert_eq!((stored(&bureau, ALL).len(), stored(&bureau, "Okafor").len()), (7, 5));
}

#[test]
fn a_label_that_is_given_in_another_program_costs_no_body() {
    let server = gmail(OFFERS, &["Okafor"]);
    let mail = letters(3);
    for letter in &mail {
        server.state().labelled(letter, &["INBOX"]);
    }
    let bureau = Bureau::at(server.port);
    bureau.sync();
    let before = bodies(&server);
    server.arrives("Okafor", &mail[1]);
    server.removes("INBOX", &[2]);
    bureau.pass(Depth::Full).unwrap();
    assert_eq!(bodies(&server), before);
    assert_eq!((stored(&bureau, "INBOX"), stored(&bureau, "Okafor")), (vec![1, 3], vec![1]));
    assert_eq!(bureau.picture().letters.len(), 3);
}

#[test]
fn a_draft_in_all_mail_is_no_mail_and_stops_no_clock() {
    let server = gmail(OFFERS, &[]);
    let question = letter(1, None, "May I let the garden to my sister?");
    server.state().labelled(&question, &["INBOX"]);
    let bureau = Bureau::at(server.port);
    bureau.sync();
    let clocks = bureau.picture().clocks;
    assert!(!clocks.is_empty());
    let draft = String::from_utf8(letter(2, Some(1), "Yes, you")).unwrap();
    let draft =
        draft.replace("From: Kofi Mensah <kofi@mensah.example>", "From: alice@firm.example");
    server.state().labelled(draft.as_bytes(), &[DRAFTS]);
    bureau.pass(Depth::Full).unwrap();
    assert_eq!((bureau.picture().letters.len(), bureau.picture().clocks), (1, clocks));
    let Answer::Folders(rows) = bureau.ask(Query::Folders) else { panic!() };
    let all = rows.iter().find(|row| row.name.as_str() == ALL).unwrap();
    assert_eq!((all.pending, all.drafts, all.is_complete()), (0, 1, true));
    assert_eq!(all.remark(), "1 still being written");
}

#[test]
fn an_identity_with_another_size_is_not_believed() {
    let server = gmail(OFFERS, &["Okafor"]);
    server.state().labelled(&letter(1, None, "Short."), &["INBOX"]);
    let bureau = Bureau::at(server.port);
    bureau.sync();
    let mail = server.state().folder("INBOX").mail[0].clone();
    let identity = labels(&[], "", &mail);
    let uid = server.arrives("Okafor", &letter(2, None, "Quite another message, and longer."));
    let answer = format!("* 1 FETCH (UID {uid}{identity})\r\n{{tag}} OK x\r\n");
    let server = server.always("UID FETCH 1 (UID X-GM-MSGID", Act::answer(&answer));
    bureau.pass(Depth::Full).unwrap();
    assert!(server.heard().iter().any(|line| line.contains("X-GM-MSGID")));
    assert_eq!((stored(&bureau, "Okafor"), bureau.picture().letters.len()), (vec![uid], 2));
}

fn threads(bureau: &Bureau, subject: &str) -> Vec<ThreadId> {
    let Answer::Inbox(rows) = bureau.ask(Query::Inbox { limit: 100 }) else { panic!() };
    rows.iter().filter(|row| row.subject.as_str() == subject).map(|row| row.thread).collect()
}

/// Archives the first of two letters and takes it back; whether the server tells the new UIDs or not.
fn archives_and_back(offers: &str) {
    let server = gmail(offers, &[]);
    for letter in &letters(2) {
        server.state().labelled(letter, &["INBOX"]);
    }
    let bureau = Bureau::at(server.port);
    bureau.sync();
    let before = bodies(&server);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let thread = threads(&bureau, "Lease 1");
    let decided =
        runtime.block_on(bureau.office.relocate(thread.clone(), Target::Archive)).unwrap();
    bureau.sync();
    nothing_waits(&bureau);
    assert_eq!(server.state().folder("INBOX").mail.len(), 1, "the label is gone");
    assert_eq!(server.state().folder(ALL).mail.len(), 2, "and the message is not");
    assert_eq!((stored(&bureau, "INBOX"), stored(&bureau, ALL)), (vec![2], vec![1, 2]));
    assert!(threads(&bureau, "Lease 1").is_empty());
    runtime.block_on(bureau.office.put_back(decided.step)).unwrap();
    bureau.sync();
    nothing_waits(&bureau);
    assert_eq!(server.state().folder("INBOX").mail.len(), 2);
    assert_eq!((stored(&bureau, "INBOX").len(), stored(&bureau, ALL)), (2, vec![1, 2]));
    assert_eq!(threads(&bureau, "Lease 1"), thread);
    assert_eq!((bodies(&server), bureau.picture().letters.len()), (before, 2));
}

#[test]
fn archiving_takes_the_inbox_label_away_and_undo_gives_it_back() {
    archives_and_back(OFFERS);
}

#[test]
fn archiving_works_where_the_server_does_not_tell_the_new_uids() {
    archives_and_back("X-GM-EXT-1 MOVE SPECIAL-USE");
}

#[test]
fn deleting_takes_every_label_away_once_and_the_record_keeps_the_message() {
    let server = gmail(OFFERS, &["Okafor"]);
    let mail = letters(2);
    server.state().labelled(&mail[0], &["INBOX", "Okafor"]);
    server.state().labelled(&mail[1], &["INBOX"]);
    let bureau = Bureau::at(server.port);
    bureau.sync();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let thread = threads(&bureau, "Lease 1");
    runtime.block_on(bureau.office.relocate(thread, Target::Trash)).unwrap();
    bureau.sync();
    nothing_waits(&bureau);
    let count = |name: &str| server.state().folder(name).mail.len();
    assert_eq!((count("INBOX"), count("Okafor"), count(ALL), count(TRASH)), (1, 0, 1, 1));
    bureau.pass(Depth::Full).unwrap();
    assert_eq!((stored(&bureau, "INBOX"), stored(&bureau, ALL)), (vec![2], vec![2]));
    assert_eq!(bureau.picture().letters.len(), 2);
}
