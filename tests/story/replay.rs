//! Operations on their way to the server: killed at any moment, with a line that is cut, and on servers that can do less.
//! Nothing is lost, nothing is doubled, and each is done once or said.

use std::collections::BTreeSet;

use matterbox::{
    app::{
        command::{Command, Operate},
        event::{Event, LinkState},
        operate::Target,
        rows::{Answer, Query},
    },
    domain::draft::ReplyKind,
    store::{self, operations},
};

use crate::{
    desk::{Desk, Home, Look, Setup},
    gate::{Gate, Hold},
    kill,
    operate::{Office, archive, done, id_in, letter, offline, thread_of},
    secrets::run,
    support::{
        others::Other::{self, Courier, Cyrus},
        servers::{GOOD_HOST, Servers},
    },
};

/// Runs a synchronisation through the gate, kills it where the line is held, and runs another one.
fn killed_at(office: &mut Office, gate: &Gate) {
    office.home.change(|setup| setup.imap.1 = gate.port);
    let mut child = kill::sync(&office.home);
    gate.wait();
    child.kill().unwrap();
    child.wait().unwrap();
    kill::looks_sound(&office.home);
    let ended = run(&office.home, &["sync", "--json"]);
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
}

fn nothing_waits(home: &Home) {
    let desk = home.office();
    let open = desk.look(|conn| operations::all_open(conn, 10));
    let states: Vec<String> = open.iter().map(matterbox::app::operated::sentence).collect();
    assert!(states.is_empty(), "{states:?}");
    desk.store().shutdown();
}

fn sorted(ids: Vec<String>) -> BTreeSet<String> {
    let count = ids.len();
    let set: BTreeSet<String> = ids.into_iter().collect();
    assert_eq!(set.len(), count, "one is there twice");
    set
}

fn set(ids: &[&str]) -> BTreeSet<String> {
    ids.iter().map(|id| (*id).to_owned()).collect()
}

#[test]
fn killed_at_any_moment_of_a_move_every_message_is_in_one_place_and_in_the_right_one() {
    let whole: &[&str] = &[];
    for (hides, hold) in [
        (whole, Hold::Before("UID MOVE")),
        (whole, Hold::After("UID MOVE")),
        (&["MOVE"], Hold::Before("UID COPY")),
        (&["MOVE"], Hold::After("UID COPY")),
        (&["MOVE"], Hold::After("UID STORE")),
        (&["MOVE"], Hold::Before("UID EXPUNGE")),
        (&["MOVE"], Hold::After("UID EXPUNGE")),
    ] {
        let mut office = Office::new(&["a", "b", "c"]);
        office.open().close();
        offline(&office, |desk| vec![archive(desk, &["a", "b"])]);
        killed_at(&mut office, &Gate::new(hides, Some(hold)));
        assert_eq!(sorted(office.ids("INBOX")), set(&["c"]), "{hold:?}");
        assert_eq!(sorted(office.ids("Archive")), set(&["a", "b"]), "{hold:?}");
        nothing_waits(&office.home);
        let desk = office.home.office();
        assert_eq!(desk.count(), 3, "{hold:?}");
        desk.store().shutdown();
    }
}

#[test]
fn killed_before_or_after_a_flag_was_set_it_is_set_and_acknowledged() {
    for hold in [Hold::Before("UID STORE"), Hold::After("UID STORE")] {
        let mut office = Office::new(&["a", "b"]);
        office.open().close();
        offline(&office, |desk| {
            vec![Command::Star { threads: vec![thread_of(desk, "a")], on: true }]
        });
        killed_at(&mut office, &Gate::new(&[], Some(hold)));
        assert_eq!(office.flags("a"), ["\\Flagged"], "{hold:?}");
        assert!(office.flags("b").is_empty());
        nothing_waits(&office.home);
    }
}

#[test]
fn killed_at_any_moment_of_a_draft_s_way_its_last_words_lie_in_drafts_once() {
    for hold in [
        Hold::Before("APPEND"),
        Hold::After("APPEND"),
        Hold::After("UID STORE"),
        Hold::Before("UID EXPUNGE"),
        Hold::After("UID EXPUNGE"),
    ] {
        let mut office = Office::new(&["a"]);
        office.open().close();
        offline_draft(&office.home, "The first words.");
        let ended = run(&office.home, &["sync", "--json"]);
        assert!(ended.status.success());
        assert_eq!(Servers::get().messages(&office.us, "Drafts").len(), 1);
        offline_draft(&office.home, "Other words.");
        killed_at(&mut office, &Gate::new(&[], Some(hold)));
        let there = Servers::get().messages(&office.us, "Drafts");
        assert_eq!(there.len(), 1, "{hold:?}");
        assert!(String::from_utf8_lossy(&there[0].bytes).contains("Other words."), "{hold:?}");
        nothing_waits(&office.home);
    }
}

#[test]
fn words_written_after_a_kill_take_the_place_of_those_that_may_lie_there() {
    let mut office = Office::new(&["a"]);
    office.open().close();
    offline_draft(&office.home, "The first words.");
    let gate = Gate::new(&[], Some(Hold::After("APPEND")));
    office.home.change(|setup| setup.imap.1 = gate.port);
    let mut child = kill::sync(&office.home);
    gate.wait();
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(Servers::get().messages(&office.us, "Drafts").len(), 1, "it was put there");
    offline_draft(&office.home, "Other words.");
    assert!(run(&office.home, &["sync", "--json"]).status.success());
    let there = Servers::get().messages(&office.us, "Drafts");
    assert_eq!(there.len(), 1);
    assert!(String::from_utf8_lossy(&there[0].bytes).contains("Other words."));
    nothing_waits(&office.home);
}

/// Keeps the one draft of this office with these words, without a connection.
fn offline_draft(home: &Home, words: &str) {
    let office = home.office();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let kept = office.look(store::drafts::list).into_iter().next().map(|(draft, _)| draft);
        let mut draft = if let Some(draft) = kept {
            draft
        } else {
            let thread = Some(thread_of(&office, "a"));
            office.start_draft(ReplyKind::Reply, thread, None).await.unwrap().draft
        };
        words.clone_into(&mut draft.body);
        assert!(office.perform(Command::KeepDraft(Box::new(draft))).await.is_ok());
    });
    office.store().shutdown();
}

#[test]
fn without_move_the_copy_is_looked_at_and_only_then_these_uids_go() {
    let mut office = Office::new(&["a", "b", "c"]);
    office.open().close();
    // Another program has marked one for deletion: it must not go with ours.
    office.behind("INBOX", |door| drop(door.uid_store("3", "+FLAGS (\\Deleted)").unwrap()));
    let gate = Gate::new(&["MOVE"], None);
    office.home.change(|setup| setup.imap.1 = gate.port);
    offline(&office, |desk| vec![archive(desk, &["a", "b"])]);
    assert!(run(&office.home, &["sync", "--json"]).status.success());
    assert_eq!(sorted(office.ids("INBOX")), set(&["c"]));
    assert_eq!(sorted(office.ids("Archive")), set(&["a", "b"]));
    nothing_waits(&office.home);
}

#[test]
fn without_uidplus_the_original_is_marked_and_stays_and_a_person_hears_of_it() {
    let mut office = Office::new(&["a", "b"]);
    office.open().close();
    office.behind("INBOX", |door| drop(door.uid_store("2", "+FLAGS (\\Deleted)").unwrap()));
    let gate = Gate::new(&["MOVE", "UIDPLUS"], None);
    office.home.change(|setup| setup.imap.1 = gate.port);
    offline(&office, |desk| vec![archive(desk, &["a"])]);
    let mut desk = office.home.open();
    desk.event("the sentence", |event| match event {
        Event::Notice(notice) if notice.text.as_str().contains("marked as deleted") => Some(()),
        _ => None,
    });
    assert_eq!(sorted(office.ids("INBOX")), set(&["a", "b"]), "a plain EXPUNGE takes both");
    assert_eq!(sorted(office.ids("Archive")), set(&["a"]));
    assert_eq!(office.flags("a"), ["\\Deleted"]);
    desk.close();
    nothing_waits(&office.home);
}

/// The same day on the other servers: read, flagged, moved, deleted, a draft kept, changed and thrown away.
fn elsewhere(other: Other) {
    let us = Servers::fresh_user();
    let mails: Vec<Vec<u8>> = ["a", "b", "c"].iter().map(|id| letter(id, &us)).collect();
    other.append(&us, "INBOX", &mails);
    let mut door = other.back_door(&us);
    for folder in ["Work", "Trash", "Drafts"] {
        // Some are there already.
        drop(door.create(other.folder(folder)));
    }
    door.logout().unwrap();
    let setup = Setup { imap: (GOOD_HOST.to_owned(), other.imaps()), ..Setup::of(&us) };
    let home = Home::new(&setup);
    let mut desk = home.open();
    desk.online();
    let ids = |folder: &str| -> BTreeSet<String> {
        sorted(other.messages(&us, folder).iter().map(|(_, _, bytes)| id_in(bytes)).collect())
    };
    let work = destination(&desk, &other.folder("Work"));
    let threads = vec![thread_of(&desk, "a")];
    desk.ask(Command::Operate(Operate::Relocate { threads, target: work }));
    done(&mut desk);
    let threads = vec![thread_of(&desk, "b")];
    desk.ask(Command::Operate(Operate::Relocate { threads, target: Target::Trash }));
    done(&mut desk);
    let threads = vec![thread_of(&desk, "c")];
    desk.ask(Command::Operate(Operate::SetRead { threads, read: true }));
    done(&mut desk);
    acknowledged(&mut desk);
    assert_eq!(ids("Work"), set(&["a"]), "{other:?}");
    assert_eq!(ids("Trash"), set(&["b"]), "{other:?}");
    assert_eq!(ids("INBOX"), set(&["c"]), "{other:?}");
    assert!(other.messages(&us, "INBOX")[0].1, "it is not marked as read");
    let mut sheet = desk.start(ReplyKind::Reply, Some(thread_of(&desk, "c")));
    for words in ["One.", "Two."] {
        words.clone_into(&mut sheet.draft.body);
        desk.ask(Command::KeepDraft(Box::new(sheet.draft.clone())));
        desk.event("kept", |event| matches!(event, Event::Described { .. }).then_some(()));
        acknowledged(&mut desk);
        let there = other.messages(&us, "Drafts");
        assert_eq!(there.len(), 1, "{other:?}");
        assert!(String::from_utf8_lossy(&there[0].2).contains(words));
    }
    desk.ask(Command::DiscardDraft(sheet.draft.id));
    desk.until("the draft is out of Drafts", |_| other.messages(&us, "Drafts").is_empty());
    acknowledged(&mut desk);
    desk.sync();
    assert_eq!(desk.count(), 3);
    desk.close();
}

fn destination(desk: &Desk, wire: &str) -> Target {
    let Answer::Destinations(rows) = desk.answer(Query::Destinations) else { panic!("others") };
    let row = rows.into_iter().find(|row| row.folder.wire == wire).expect("the folder is known");
    Target::Folder { account: row.account, folder: row.folder }
}

fn acknowledged(desk: &mut Desk) {
    desk.until("the server has acknowledged everything", |office| {
        office.look(operations::open_counts).0 == 0
    });
}

#[test]
fn on_courier_which_has_no_move_the_same_day_ends_the_same() {
    elsewhere(Courier);
}

#[test]
fn on_cyrus_the_same_day_ends_the_same() {
    elsewhere(Cyrus);
}

#[test]
fn with_the_line_cut_the_day_goes_on_and_afterwards_the_server_has_it_once() {
    let mut office = Office::new(&["a", "b", "c"]);
    let gate = Gate::new(&[], None);
    office.home.change(|setup| setup.imap.1 = gate.port);
    let mut desk = office.open();
    let matter = desk.matter("2026-0117", "Lease");
    gate.cut(true);
    desk.ask(Command::SyncNow);
    desk.event("the state line says that it is cut", |event| match event {
        Event::Link { state: LinkState::Waiting { .. }, .. } => Some(()),
        _ => None,
    });
    // Reading, searching, tagging, flagging, archiving and writing need no server.
    let thread = thread_of(&desk, "a");
    assert!(matches!(desk.answer(Query::Thread(thread)), Answer::Thread(_)));
    let Answer::Inbox(rows) = desk.answer(Query::Inbox { limit: 9 }) else { panic!("another") };
    assert_eq!(rows.len(), 3);
    desk.ask(Command::MarkRead(thread));
    desk.ask(Command::Tag { threads: vec![thread], matter });
    done(&mut desk);
    desk.ask(Command::Star { threads: vec![thread_of(&desk, "c")], on: true });
    done(&mut desk);
    desk.ask(archive(&desk, &["a", "b"]));
    done(&mut desk);
    let mut sheet = desk.start(ReplyKind::Reply, Some(thread));
    "Written on the train.".clone_into(&mut sheet.draft.body);
    desk.ask(Command::KeepDraft(Box::new(sheet.draft.clone())));
    desk.event("kept", |event| matches!(event, Event::Described { .. }).then_some(()));
    assert!(desk.look(operations::open_counts).0 >= 5);
    assert_eq!(sorted(office.ids("INBOX")), set(&["a", "b", "c"]), "nothing has left");
    gate.cut(false);
    desk.ask(Command::SyncNow);
    desk.online();
    acknowledged(&mut desk);
    assert_eq!(sorted(office.ids("INBOX")), set(&["c"]));
    assert_eq!(sorted(office.ids("Archive")), set(&["a", "b"]));
    assert_eq!(office.flags("c"), ["\\Flagged"]);
    let archived = Servers::get().messages(&office.us, "Archive");
    let read = archived.iter().find(|message| id_in(&message.bytes) == "a").unwrap();
    assert_eq!(read.flags, ["\\Seen"]);
    assert_eq!(Servers::get().messages(&office.us, "Drafts").len(), 1);
    assert_eq!(desk.count(), 3);
    desk.close();
}

#[test]
fn an_answer_that_went_out_marks_its_letter_and_one_that_was_passed_on_is_forwarded() {
    let office = Office::new(&["a", "b", "c"]);
    let mut desk = office.open();
    let thread = thread_of(&desk, "a");
    let mut sheet = desk.start(ReplyKind::Reply, Some(thread));
    "Yes.".clone_into(&mut sheet.draft.body);
    desk.send(&sheet, None);
    let thread = thread_of(&desk, "b");
    let mut sheet = desk.start(ReplyKind::Forward, Some(thread));
    sheet.draft.to = desk.start(ReplyKind::Reply, Some(thread)).draft.to;
    "See below.".clone_into(&mut sheet.draft.body);
    desk.send(&sheet, None);
    desk.until("both are marked at the server", |_| {
        office.flags("a").contains(&"\\Answered".to_owned())
            && office.flags("b").contains(&"$Forwarded".to_owned())
    });
    acknowledged(&mut desk);
    assert!(office.flags("c").is_empty());
    desk.close();
}
