//! What a person does to a thread reaches the server, once, in order, and on the right message; nothing leaves the record.

use matterbox::{
    app::{
        command::{Command, Operate},
        event::{Event, Tone},
        operate::Target,
        rows::{Answer, Query},
    },
    domain::{
        id::{AccountId, ThreadId},
        operation::Folder,
    },
    store::operations::{self, OperationRow},
};

use crate::{
    desk::{Desk, Home, Look, Setup},
    letters::Letter,
    support::{
        others::Other,
        servers::{BackDoor, GOOD_HOST, Servers},
    },
};

/// An office with letters in its INBOX, online.
pub struct Office {
    pub us: String,
    pub home: Home,
}

impl Office {
    pub fn new(ids: &[&str]) -> Self {
        let us = Servers::fresh_user();
        let mails: Vec<Vec<u8>> = ids.iter().map(|id| letter(id, &us)).collect();
        Servers::get().seed(&us, mails.iter().map(Vec::as_slice));
        Self { home: Home::new(&Setup::of(&us)), us }
    }

    pub fn open(&self) -> Desk {
        let mut desk = self.home.open();
        desk.online();
        desk
    }

    pub fn ids(&self, mailbox: &str) -> Vec<String> {
        let stored = Servers::get().messages(&self.us, mailbox);
        stored.iter().map(|message| id_in(&message.bytes)).collect()
    }

    pub fn flags(&self, id: &str) -> Vec<String> {
        let stored = Servers::get().messages(&self.us, "INBOX");
        stored.into_iter().find(|message| id_in(&message.bytes) == id).unwrap().flags
    }

    pub fn behind(&self, mailbox: &str, act: impl FnOnce(&mut BackDoor)) {
        let mut session = Servers::get().back_door(&self.us);
        session.select(mailbox).unwrap();
        act(&mut session);
        session.logout().unwrap();
    }
}

pub fn letter(id: &str, us: &str) -> Vec<u8> {
    let subject = format!("About {id}");
    Letter::new(&format!("{id}@out.example"), "kofi@out.example", &Servers::address(us), &subject)
        .bytes()
}

pub fn id_in(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let line = text.lines().find_map(|line| line.strip_prefix("Message-ID: <")).unwrap();
    line.trim_end_matches('>').trim_end_matches("@out.example").to_owned()
}

pub fn thread_of(desk: &impl Look, id: &str) -> ThreadId {
    desk.thread(&format!("{id}@out.example"))
}

fn relocate(desk: &Desk, ids: &[&str], target: Target) {
    let threads = ids.iter().map(|id| thread_of(desk, id)).collect();
    desk.ask(Command::Operate(Operate::Relocate { threads, target }));
}

fn folder(desk: &Desk, name: &str) -> Target {
    let account: AccountId = *desk.office.accounts().keys().next().unwrap();
    let folder = Folder { wire: name.to_owned(), name: name.to_owned() };
    Target::Folder { account, folder }
}

fn open_operations(office: &impl Look) -> Vec<OperationRow> {
    office.look(|conn| operations::all_open(conn, 1_000))
}

fn acknowledged(desk: &mut Desk) {
    desk.until("the server has acknowledged everything", |office| {
        open_operations(office).is_empty()
    });
}

fn inbox(desk: &Desk) -> Vec<ThreadId> {
    match desk.answer(Query::Inbox { limit: 100 }) {
        Answer::Inbox(rows) => rows.iter().map(|row| row.thread).collect(),
        _ => panic!("not an inbox"),
    }
}

/// Until a person's command has done its part here.
pub fn done(desk: &mut Desk) {
    desk.event("done", |event| match event {
        Event::Notice(notice) if notice.tone == Tone::Done => Some(()),
        Event::Notice(notice) if notice.tone == Tone::Problem => panic!("{}", notice.text),
        _ => None,
    });
}

#[test]
fn an_archived_thread_leaves_the_inbox_at_once_and_the_server_s_inbox_soon() {
    let office = Office::new(&["a", "b"]);
    let mut desk = office.open();
    relocate(&desk, &["a"], Target::Archive);
    done(&mut desk);
    assert_eq!(inbox(&desk), [thread_of(&desk, "b")]);
    acknowledged(&mut desk);
    assert_eq!((office.ids("INBOX"), office.ids("Archive")), (vec!["b".into()], vec!["a".into()]));
    desk.sync();
    assert_eq!((desk.count(), inbox(&desk).len()), (2, 1), "it is in the record once");
    desk.close();
}

/// Asks for something while there is no connection.
pub fn offline(
    office: &Office,
    commands: impl FnOnce(&matterbox::app::office::Office) -> Vec<Command>,
) {
    let desk = office.home.office();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for command in commands(&desk) {
        assert!(runtime.block_on(desk.perform(command)).is_ok());
    }
    desk.store().shutdown();
}

pub fn archive(desk: &impl Look, ids: &[&str]) -> Command {
    let threads = ids.iter().map(|id| thread_of(desk, id)).collect();
    Command::Operate(Operate::Relocate { threads, target: Target::Archive })
}

#[test]
fn every_action_reaches_the_server_and_nothing_leaves_the_record() {
    let office = Office::new(&["a", "b", "c"]);
    office.behind("INBOX", |session| session.create("Work").unwrap());
    let mut desk = office.open();
    relocate(&desk, &["a"], folder(&desk, "Work"));
    done(&mut desk);
    relocate(&desk, &["b"], Target::Trash);
    done(&mut desk);
    let threads = vec![thread_of(&desk, "c")];
    desk.ask(Command::Operate(Operate::SetRead { threads: threads.clone(), read: true }));
    done(&mut desk);
    desk.ask(Command::Star { threads: threads.clone(), on: true });
    done(&mut desk);
    acknowledged(&mut desk);
    assert_eq!((office.ids("Work"), office.ids("Trash")), (vec!["a".into()], vec!["b".into()]));
    assert_eq!(office.flags("c"), ["\\Flagged", "\\Seen"]);
    desk.ask(Command::Star { threads: threads.clone(), on: false });
    done(&mut desk);
    desk.ask(Command::Operate(Operate::SetRead { threads, read: false }));
    done(&mut desk);
    acknowledged(&mut desk);
    assert!(office.flags("c").is_empty());
    desk.sync();
    assert_eq!(desk.count(), 3);
    desk.close();
}

#[test]
fn what_was_done_without_a_connection_is_replayed_in_order() {
    let office = Office::new(&["a", "b"]);
    office.open().close();
    offline(&office, |desk| {
        let threads = vec![thread_of(desk, "a")];
        vec![
            archive(desk, &["a"]),
            Command::Star { threads: threads.clone(), on: true },
            Command::MarkRead(threads[0]),
            archive(desk, &["b"]),
        ]
    });
    assert_eq!(office.ids("INBOX"), ["a", "b"], "nothing was said to the server yet");
    let mut desk = office.open();
    acknowledged(&mut desk);
    assert!(office.ids("INBOX").is_empty());
    assert_eq!(office.ids("Archive"), ["a", "b"]);
    let archived = &Servers::get().messages(&office.us, "Archive")[0];
    assert_eq!(archived.flags, ["\\Flagged", "\\Seen"]);
    desk.close();
}

#[test]
fn undo_takes_back_what_was_not_sent_and_sends_the_reverse_of_what_was() {
    let office = Office::new(&["a"]);
    let mut desk = office.open();
    relocate(&desk, &["a"], Target::Trash);
    done(&mut desk);
    acknowledged(&mut desk);
    assert_eq!(office.ids("Trash"), ["a"]);
    desk.ask(Command::Undo);
    done(&mut desk);
    assert_eq!(inbox(&desk), [thread_of(&desk, "a")]);
    acknowledged(&mut desk);
    assert_eq!((office.ids("INBOX"), office.ids("Trash").len()), (vec!["a".into()], 0));
    desk.close();
}

#[test]
fn what_somebody_else_moved_or_deleted_first_is_left_alone_and_said() {
    let office = Office::new(&["a", "b", "c"]);
    office.open().close();
    offline(&office, |desk| vec![archive(desk, &["a", "b", "c"])]);
    office.behind("INBOX", |session| {
        session.create("Elsewhere").unwrap();
        session.uid_mv("1", "Elsewhere").unwrap();
        session.uid_store("2", "+FLAGS (\\Deleted)").unwrap();
        session.uid_expunge("2").unwrap();
    });
    let mut desk = office.open();
    // The sentence may have come before the account was up to date.
    acknowledged(&mut desk);
    let row = desk.look(|conn| {
        let key = matterbox::store::messages::by_message_id(
            conn,
            &matterbox::domain::message::MessageId::new("a@out.example").unwrap(),
        )?[0];
        Ok(operations::history(conn, key, 1)?.remove(0))
    });
    let sentence = matterbox::app::operated::sentence(&row);
    assert!(sentence.contains("somebody else moved or deleted it first"), "{sentence}");
    assert_eq!(
        (office.ids("Elsewhere"), office.ids("Archive")),
        (vec!["a".into()], vec!["c".into()])
    );
    assert_eq!(desk.count(), 3, "the record keeps all of them");
    desk.close();
}

#[test]
fn a_flag_that_somebody_else_changed_holds_here_unless_ours_is_on_its_way() {
    let office = Office::new(&["a"]);
    let mut desk = office.open();
    office.behind("INBOX", |session| {
        drop(session.uid_store("1", "+FLAGS (\\Seen \\Flagged)").unwrap());
    });
    desk.sync();
    let thread = thread_of(&desk, "a");
    let message = desk.messages("a@out.example")[0];
    let marks = move |office: &matterbox::app::office::Office| {
        office.look(move |conn| {
            let starred = !matterbox::store::marks::of_thread(conn, thread)?.is_empty();
            Ok((starred, matterbox::store::messages::get(conn, message)?.unread))
        })
    };
    desk.until("the flags hold here", |office| marks(office) == (true, false));
    office.behind("INBOX", |session| {
        drop(session.uid_store("1", "-FLAGS (\\Seen \\Flagged)").unwrap());
    });
    desk.sync();
    desk.until("the flags hold here", |office| marks(office) == (false, true));
    desk.close();
    // Ours, done later and not yet told to the server, wins.
    offline(&office, |_| {
        vec![Command::Operate(Operate::SetRead { threads: vec![thread], read: true })]
    });
    office.behind("INBOX", |session| drop(session.uid_store("1", "+FLAGS (\\Flagged)").unwrap()));
    let mut desk = office.open();
    acknowledged(&mut desk);
    desk.sync();
    desk.until("the flags hold here", |office| marks(office) == (true, false));
    assert_eq!(office.flags("a"), ["\\Flagged", "\\Seen"]);
    desk.close();
}

#[test]
fn a_server_that_shows_another_message_under_the_uid_is_told_nothing() {
    let office = Office::new(&["a", "b"]);
    office.open().close();
    offline(&office, |desk| vec![archive(desk, &["a"])]);
    // Another message in the place of this one, under the same UIDVALIDITY and UID.
    let home = Servers::get().dir.join("mail").join(&office.us);
    let files = ["new", "cur"].map(|folder| std::fs::read_dir(home.join(folder)).unwrap());
    let files = files.into_iter().flatten().map(|file| file.unwrap().path());
    let of_it = |file: &std::path::PathBuf| id_in(&std::fs::read(file).unwrap()) == "a";
    let file = files.into_iter().find(of_it).unwrap();
    std::fs::write(file, letter("x", &office.us)).unwrap();
    // What Dovecot remembers of it goes, but not its UIDs.
    for entry in std::fs::read_dir(&home).unwrap().map(|file| file.unwrap()) {
        if entry.file_name().to_string_lossy().starts_with("dovecot.index") {
            std::fs::remove_file(entry.path()).unwrap();
        }
    }
    let mut desk = office.open();
    acknowledged(&mut desk);
    assert!(office.ids("Archive").is_empty(), "{:?}", office.ids("Archive"));
    assert_eq!(office.ids("INBOX"), ["x", "b"]);
    desk.close();
}

#[test]
fn after_a_renumbering_the_message_is_found_by_its_id_and_no_other_is_touched() {
    let office = Office::new(&["a", "b", "c"]);
    office.open().close();
    offline(&office, |desk| vec![archive(desk, &["c"])]);
    let home = Servers::get().dir.join("mail").join(&office.us);
    for entry in std::fs::read_dir(&home).unwrap().map(|file| file.unwrap()) {
        let name = entry.file_name().into_string().unwrap();
        if name.starts_with("dovecot.index") || name.starts_with("dovecot-uid") {
            std::fs::remove_file(entry.path()).unwrap();
        }
    }
    let mut desk = office.open();
    acknowledged(&mut desk);
    assert_eq!(
        (office.ids("INBOX"), office.ids("Archive")),
        (vec!["a".into(), "b".into()], vec!["c".into()])
    );
    desk.close();
}

/// Courier has no archive folder, and keeps a person's folders below INBOX.
#[test]
fn archiving_where_the_server_has_no_archive_has_one_made_and_then_archives_into_it() {
    let us = Servers::fresh_user();
    Other::Courier.append(&us, "INBOX", &[letter("courier", &us)]);
    let imap = (GOOD_HOST.to_owned(), Other::Courier.imaps());
    let home = Home::new(&Setup { imap, ..Setup::of(&us) });
    let mut desk = home.open();
    desk.online();
    relocate(&desk, &["courier"], Target::Archive);
    desk.event("a folder was made", |event| match event {
        Event::Notice(notice) if notice.text.as_str().contains("archive again") => Some(()),
        Event::Notice(notice) if notice.tone == Tone::Problem => panic!("{}", notice.text),
        _ => None,
    });
    assert_eq!(inbox(&desk).len(), 1, "nothing was moved yet");
    relocate(&desk, &["courier"], Target::Archive);
    done(&mut desk);
    acknowledged(&mut desk);
    assert!(Other::Courier.messages(&us, "INBOX").is_empty() && inbox(&desk).is_empty());
    assert_eq!(Other::Courier.messages(&us, "Archive").len(), 1);
    desk.close();
}
