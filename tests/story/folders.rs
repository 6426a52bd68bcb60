//! Folders of a real Dovecot: chosen by patterns, renamed, deleted, shared and read-only; and how complete each is.

use std::{fs, os::unix::fs::PermissionsExt};

use matterbox::app::{
    command::Command,
    rows::{Answer, FolderRow, FolderState, Query},
};

use crate::{
    desk::{Desk, Home, Look, Setup},
    letters::Letter,
    secrets::run,
    support::servers::Servers,
};

fn letter(id: &str, us: &str) -> Vec<u8> {
    Letter::new(id, "k@out.example", &Servers::address(us), "Akte").bytes()
}

fn folders(desk: &Desk) -> Vec<FolderRow> {
    let Answer::Folders(rows) = desk.answer(Query::Folders) else { panic!("not what was asked") };
    rows
}

fn named(desk: &Desk, name: &str) -> FolderRow {
    let all = folders(desk);
    all.into_iter().find(|row| row.name.as_str() == name).unwrap_or_else(|| panic!("no {name}"))
}

/// Looks for mail until a folder is as it should be: a look that was under way may have begun before the change.
fn until(desk: &mut Desk, name: &'static str, holds: impl Fn(&FolderRow) -> bool) {
    desk.ask(Command::SyncNow);
    desk.until(name, |office| {
        let asked = office.clone();
        let answer = office
            .store()
            .read_blocking("test", move |conn| asked.answer_from(conn, Query::Folders))
            .unwrap();
        let Answer::Folders(rows) = answer else { panic!("not what was asked") };
        rows.iter().any(|row| row.name.as_str() == name && holds(row))
    });
}

#[test]
fn folders_are_chosen_by_patterns_and_the_others_are_known_and_left() {
    let (servers, us) = (Servers::get(), Servers::fresh_user());
    let mut door = servers.back_door(&us);
    for name in ["Clients.Okafor", "Clients.Old", "Private"] {
        door.create(name).unwrap();
    }
    door.logout().unwrap();
    for (n, name) in
        ["INBOX", "Clients.Okafor", "Clients.Old", "Private", "Junk"].iter().enumerate()
    {
        servers.append(&us, name, false, &letter(&format!("{n}@out.example"), &us));
    }
    let more = "[sync]\ninclude = [\"Clients/*\", \"@junk\"]\nexclude = [\"*/Old\"]\n";
    let home = Home::new(&Setup { more: more.to_owned(), ..Setup::of(&us) });
    let mut desk = home.open();
    desk.online();
    let state = |name: &str| named(&desk, name).state;
    for (name, expected) in [
        ("INBOX", FolderState::Pulled),
        ("Sent", FolderState::Pulled),
        ("Clients.Okafor", FolderState::Pulled),
        ("Junk", FolderState::Pulled),
        ("Clients.Old", FolderState::Left),
        ("Private", FolderState::Left),
        ("Trash", FolderState::Left),
    ] {
        assert_eq!(state(name), expected, "{name}");
    }
    assert_eq!(desk.count(), 3);
    desk.close();
}

#[test]
fn every_folder_says_what_the_server_counts_and_what_the_record_has() {
    let (servers, us) = (Servers::get(), Servers::fresh_user());
    for n in 0..3 {
        servers.append(&us, "INBOX", false, &letter(&format!("{n}@out.example"), &us));
    }
    let home = Home::new(&Setup::of(&us));
    let mut desk = home.open();
    desk.online();
    let inbox = named(&desk, "INBOX");
    assert_eq!((inbox.on_server, inbox.stored, inbox.pending), (Some(3), 3, 0));
    assert!(inbox.is_complete() && inbox.checked.is_some());
    let mut door = servers.back_door(&us);
    door.select("INBOX").unwrap();
    door.run_command_and_check_ok("UID STORE 1 +FLAGS (\\Deleted)").unwrap();
    door.run_command_and_check_ok("EXPUNGE").unwrap();
    door.logout().unwrap();
    until(&mut desk, "INBOX", |row| row.gone == 1 && row.on_server == Some(2));
    let inbox = named(&desk, "INBOX");
    assert_eq!((inbox.on_server, inbox.stored, inbox.gone), (Some(2), 2, 1));
    assert_eq!(desk.count(), 3, "what left the server stays in the record");
    desk.close();
    // The command line says the same.
    let said = |arguments: &[&str]| String::from_utf8(run(&home, arguments).stdout).unwrap();
    let out = said(&["doctor"]);
    let expected = "INBOX: 2 on the server · 2 stored · 0 pending · 0 failed · 1 gone";
    assert!(out.contains(expected), "{out}");
    let out = said(&["sync", "--json"]);
    assert!(out.contains("\"on_server\": 2") && out.contains("\"last_full_check\": \"2"), "{out}");
}

#[test]
fn a_renamed_folder_is_known_again_and_its_messages_are_not_doubled() {
    let (servers, us) = (Servers::get(), Servers::fresh_user());
    // Umlauts and a code point beyond U+FFFF, in modified UTF-7.
    let (old, new) = ("Akte M&APw-ller", "Akte &2D3cvA- M&APw-ller");
    let mut door = servers.back_door(&us);
    door.run_command_and_check_ok(format!("CREATE \"{old}\"")).unwrap();
    door.logout().unwrap();
    for n in 0..4 {
        servers.append(&us, old, false, &letter(&format!("r{n}@out.example"), &us));
    }
    let home = Home::new(&Setup::of(&us));
    let mut desk = home.open();
    desk.online();
    assert_eq!(named(&desk, "Akte Müller").stored, 4);
    let mut door = servers.back_door(&us);
    door.run_command_and_check_ok(format!("RENAME \"{old}\" \"{new}\"")).unwrap();
    door.logout().unwrap();
    until(&mut desk, "Akte Müller", |row| row.state == FolderState::Vanished && row.stored == 0);
    let now = named(&desk, "Akte 💼 Müller");
    assert_eq!((now.state, now.stored, now.pending), (FolderState::Pulled, 4, 0));
    let before = named(&desk, "Akte Müller");
    assert_eq!((before.state, before.stored, before.gone), (FolderState::Vanished, 0, 4));
    assert_eq!(before.now_called.unwrap().as_str(), "Akte 💼 Müller");
    assert_eq!(desk.count(), 4);
    for n in 0..4 {
        let key = desk.messages(&format!("r{n}@out.example"))[0];
        let places = desk.look(move |conn| matterbox::store::mailboxes::locations(conn, key));
        assert_eq!(places.len(), 1, "it lies in one place, under the new name");
    }
    desk.close();
}

#[test]
fn a_deleted_folder_takes_nothing_out_of_the_record() {
    let (servers, us) = (Servers::get(), Servers::fresh_user());
    let mut door = servers.back_door(&us);
    door.create("Closed").unwrap();
    door.logout().unwrap();
    servers.append(&us, "Closed", false, &letter("kept@out.example", &us));
    let home = Home::new(&Setup::of(&us));
    let mut desk = home.open();
    desk.online();
    let mut door = servers.back_door(&us);
    door.delete("Closed").unwrap();
    door.logout().unwrap();
    until(&mut desk, "Closed", |row| row.state == FolderState::Vanished);
    let row = named(&desk, "Closed");
    assert!(row.remark().contains("no longer on the server"), "{}", row.remark());
    assert_eq!(desk.messages("kept@out.example").len(), 1);
    // It comes back under the same name with other messages: both are there.
    let mut door = servers.back_door(&us);
    door.create("Closed").unwrap();
    door.logout().unwrap();
    servers.append(&us, "Closed", false, &letter("another@out.example", &us));
    until(&mut desk, "Closed", |row| row.gone == 1 && row.stored == 1);
    let row = named(&desk, "Closed");
    assert_eq!((row.state, row.stored), (FolderState::Pulled, 1));
    assert_eq!(desk.count(), 2);
    desk.close();
}

#[test]
fn a_shared_folder_is_pulled_where_a_pattern_says_so_and_nothing_is_marked_there() {
    let (servers, us) = (Servers::get(), Servers::fresh_user());
    servers.append(&us, "INBOX", false, &letter("own@out.example", &us));
    let inside = servers.share(&us, "Precedents", &letter("shared@out.example", &us));
    let before = fs::read_dir(inside.join("new")).unwrap().count();
    let home = Home::new(&Setup::of(&us));
    let mut desk = home.open();
    desk.online();
    assert_eq!(named(&desk, "Public.Precedents").state, FolderState::Foreign);
    desk.close();
    let file = home.path().join("config.toml");
    let text = fs::read_to_string(&file).unwrap() + "folders = { shared = [\"Public/*\"] }\n";
    fs::write(&file, text).unwrap();
    let mut desk = home.open();
    desk.online();
    let row = named(&desk, "Public.Precedents");
    assert_eq!((row.state, row.on_server, row.stored), (FolderState::Pulled, Some(1), 1));
    assert_eq!(desk.messages("shared@out.example").len(), 1);
    // Nothing was moved or marked there.
    assert_eq!(fs::read_dir(inside.join("new")).unwrap().count(), before);
    desk.close();
    for folder in ["new", "cur", "tmp", ""] {
        fs::set_permissions(inside.join(folder), fs::Permissions::from_mode(0o755)).unwrap();
    }
}

#[test]
fn a_person_may_say_which_folder_holds_sent_mail() {
    let (servers, us) = (Servers::get(), Servers::fresh_user());
    let mut door = servers.back_door(&us);
    door.create("Outgoing").unwrap();
    door.logout().unwrap();
    servers.append(&us, "Outgoing", true, &letter("out@out.example", &us));
    let home = Home::new(&Setup::of(&us));
    let file = home.path().join("config.toml");
    let text = fs::read_to_string(&file).unwrap() + "folders = { sent = \"Outgoing\" }\n";
    fs::write(&file, text).unwrap();
    let mut desk = home.open();
    desk.online();
    assert_eq!(named(&desk, "Outgoing").role, "sent");
    assert_eq!(named(&desk, "Sent").role, "");
    desk.close();
}
