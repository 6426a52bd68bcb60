//! Odd mailboxes and odd mail, a damaged record, a wrong passphrase, a second instance: a right result or a clear word.

use std::fs;

use matterbox::{
    app::{
        command::Command,
        event::{Event, LinkState, Severity},
        rows::{Answer, Query},
    },
    domain::{
        address::{EmailAddress, NamedAddress},
        draft::ReplyKind,
        id::ThreadId,
    },
};

use crate::{
    desk::{Home, Look, Setup},
    letters::Letter,
    secrets::run,
    support::servers::Servers,
};

#[test]
fn a_very_large_message_comes_in_whole() {
    let servers = Servers::get();
    let us = Servers::fresh_user();
    let line = "0123456789abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuv\n";
    let letter = Letter::new("big@out.example", "k@out.example", &Servers::address(&us), "Bundle")
        .enclosing("bundle.txt", &line.repeat(50_000_000 / line.len()));
    let bytes = letter.bytes();
    assert!(bytes.len() > 49_000_000);
    servers.seed(&us, [bytes.as_slice()]);
    let home = Home::new(&Setup::of(&us));
    let mut desk = home.open();
    desk.online();
    assert!(desk.is_complete());
    let key = desk.messages("big@out.example")[0];
    let kept = desk.look(move |conn| matterbox::store::raw::get(conn, key));
    let unix = |bytes: &[u8]| bytes.iter().filter(|b| **b != b'\r').copied().collect::<Vec<_>>();
    assert!(unix(&kept) == unix(&bytes), "{} bytes of {}", kept.len(), bytes.len());
    desk.close();
}

#[test]
fn an_empty_mailbox_is_no_mistake() {
    let us = Servers::fresh_user();
    let home = Home::new(&Setup::of(&us));
    let mut desk = home.open();
    desk.online();
    assert_eq!(desk.count(), 0);
    let Answer::Due(rows) = desk.answer(Query::Due) else { panic!("not what was asked") };
    assert!(rows.is_empty());
    desk.close();
}

#[test]
fn mailboxes_with_any_name_are_pulled() {
    let servers = Servers::get();
    let us = Servers::fresh_user();
    let mut door = servers.back_door(&us);
    // Modified UTF-7 (RFC 3501 §5.1.3) of: Akte "Müller" & Söhne 💼
    let wire = "Akte \"M&APw-ller\" &- S&APY-hne &2D3cvA-";
    door.run_command_and_check_ok(format!("CREATE \"{}\"", wire.replace('"', "\\\""))).unwrap();
    door.run_command_and_check_ok("CREATE \"empty one\"").unwrap();
    let letter = Letter::new("box@out.example", "k@out.example", &Servers::address(&us), "Akte");
    let bytes = letter.bytes();
    door.logout().unwrap();
    servers.append(&us, "INBOX", false, &bytes);
    let mut door = servers.back_door(&us);
    door.select("INBOX").unwrap();
    door.run_command_and_check_ok(format!("UID MOVE 1 \"{}\"", wire.replace('"', "\\\""))).unwrap();
    door.logout().unwrap();
    let home = Home::new(&Setup::of(&us));
    let mut desk = home.open();
    desk.online();
    assert_eq!(desk.messages("box@out.example").len(), 1);
    let rows = desk.look(matterbox::store::mailboxes::completeness);
    let stored = |name: &str| rows.iter().find(|row| row.name == name).map(|row| row.stored);
    assert_eq!(stored("Akte \"Müller\" & Söhne 💼"), Some(1));
    assert_eq!(stored("empty one"), Some(0));
    desk.close();
}

#[test]
fn what_a_server_holds_back_is_said_once_and_not_with_every_poll() {
    let servers = Servers::get();
    let us = Servers::fresh_user();
    let mut door = servers.back_door(&us);
    door.create("Broken").unwrap();
    door.logout().unwrap();
    servers.break_folder(&us, "Broken");
    let home = Home::new(&Setup::of(&us));
    let mut desk = home.open();
    let is_said = |event: &Event| matches!(event, Event::Notice(notice) if notice.text.as_str().contains("would not open"));
    desk.event("it is said", |event| is_said(&event).then_some(()));
    desk.ask(Command::SyncNow);
    let mut online = 0;
    desk.event("online, and online again", |event| {
        assert!(!is_said(&event), "it is said again");
        online += usize::from(matches!(event, Event::Link { state: LinkState::Online, .. }));
        (online == 2).then_some(())
    });
    desk.close();
}

#[test]
fn a_message_with_nuls_and_one_without_any_header_are_kept_and_shown() {
    let servers = Servers::get();
    let us = Servers::fresh_user();
    let with_nuls =
        Letter::new("nul@out.example", "k@out.example", &Servers::address(&us), "N\0UL")
            .saying("before\0after");
    let bytes = with_nuls.bytes();
    servers.seed(&us, [bytes.as_slice(), b"\0\xff\xfe no header at all", b"\n"]);
    let home = Home::new(&Setup::of(&us));
    let mut desk = home.open();
    desk.online();
    assert!(desk.is_complete());
    assert_eq!(desk.count(), 3);
    let Answer::Inbox(rows) = desk.answer(Query::Inbox { limit: 10 }) else {
        panic!("not what was asked")
    };
    assert_eq!(rows.len(), 3);
    for row in rows {
        let thread: ThreadId = row.thread;
        assert!(matches!(desk.answer(Query::Thread(thread)), Answer::Thread(Some(_))));
    }
    desk.close();
}

#[test]
fn two_accounts_are_pulled_side_by_side() {
    let servers = Servers::get();
    let (one, two) = (Servers::fresh_user(), Servers::fresh_user());
    let to = format!("{}, {}", Servers::address(&one), Servers::address(&two));
    let both = Letter::new("both@out.example", "k@out.example", &to, "To both");
    servers.deliver(&one, &both.bytes());
    servers.deliver(&two, &both.bytes());
    let only = Letter::new("two@out.example", "k@out.example", &Servers::address(&two), "To two");
    servers.deliver(&two, &only.bytes());
    let home = Home::new(&Setup { users: vec![one, two], ..Setup::of("") });
    let mut desk = home.open();
    desk.online();
    assert!(desk.is_complete());
    assert_eq!(desk.messages("two@out.example").len(), 1);
    let Answer::Inbox(rows) = desk.answer(Query::Inbox { limit: 10 }) else {
        panic!("not what was asked")
    };
    assert_eq!(rows.len(), 2, "the letter to both is one conversation");
    desk.close();
}

#[test]
fn a_wrong_passphrase_ends_with_3_and_a_sentence_and_changes_nothing() {
    let us = Servers::fresh_user();
    let home = Home::new(&Setup::of(&us));
    home.office().store().shutdown();
    fs::write(home.path().join("passphrase"), "another").unwrap();
    let before = record(&home);
    let output = run(&home, &["due"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("The passphrase does not open this record"), "{said}");
    assert!(!said.contains("another"), "{said}");
    assert!(record(&home) == before);
}

/// The record's own file and its key.
fn record(home: &Home) -> Vec<(String, Vec<u8>)> {
    let kept = |name: &str| name.ends_with("record.db") || name.ends_with("record.key.toml");
    let mut files = home.files();
    files.retain(|(name, _)| kept(name));
    files.sort();
    files
}

#[test]
fn a_second_instance_is_refused_and_the_first_one_is_named() {
    let us = Servers::fresh_user();
    let home = Home::new(&Setup::of(&us));
    let office = home.office();
    let output = run(&home, &["due"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_ne!(output.status.code(), Some(0), "{said}");
    assert!(said.contains(&format!("process {}", std::process::id())), "{said}");
    office.store().shutdown();
    drop(office);
    let output = run(&home, &["due"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_damaged_record_is_told_and_left_as_it_is() {
    let servers = Servers::get();
    let us = Servers::fresh_user();
    let to = Servers::address(&us);
    let mails: Vec<Vec<u8>> = (0..60)
        .map(|n| {
            let noise: Vec<String> = (0..400).map(|_| rand::random::<u64>().to_string()).collect();
            Letter::new(&format!("d{n}@out.example"), "k@out.example", &to, &format!("Letter {n}"))
                .saying(&noise.join(" "))
                .bytes()
        })
        .collect();
    servers.seed(&us, mails.iter().map(Vec::as_slice));
    let home = Home::new(&Setup::of(&us));
    let mut desk = home.open();
    desk.online();
    desk.close();
    let file = home.path().join("record/record.db");
    let mut bytes = fs::read(&file).unwrap();
    let pages = bytes.len() / 16_384;
    assert!(pages > 20, "{pages}");
    for page in pages / 4..pages {
        bytes[page * 16_384 + 100] ^= 1;
    }
    fs::write(&file, &bytes).unwrap();
    let before = record(&home);
    for command in [&["doctor"][..], &["search", "letter"], &["sync"]] {
        let output = run(&home, command);
        let said = String::from_utf8_lossy(&output.stderr).into_owned()
            + &String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(1), "{command:?}: {said}");
        assert!(said.contains("damaged"), "{command:?}: {said}");
        assert!(record(&home) == before, "{command:?} changed the files");
    }
}

#[test]
fn ten_thousand_recipients_are_refused_in_words_and_the_draft_stays() {
    let us = Servers::fresh_user();
    let home = Home::new(&Setup::of(&us));
    let office = home.office();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let mut sheet = runtime.block_on(office.start_draft(ReplyKind::Compose, None, None)).unwrap();
    let address = |n: usize| EmailAddress::parse(&format!("r{n}@crowd.example")).unwrap();
    sheet.draft.bcc = (0..10_000).map(|n| NamedAddress::bare(address(n))).collect();
    sheet.draft.subject = "To all".to_owned();
    sheet.draft.body = "A letter.".to_owned();
    let (findings, _) = runtime.block_on(office.review(sheet.draft.clone())).unwrap();
    let blocking: Vec<_> =
        findings.iter().filter(|finding| finding.severity == Severity::Block).collect();
    assert!(blocking.iter().any(|f| f.text.as_str().contains("recipients")), "{}", blocking.len());
    // Confirming everything does not help.
    let confirmed = findings.iter().map(matterbox::app::event::Finding::answered).collect();
    let id = sheet.draft.id;
    assert!(runtime.block_on(office.send(sheet.draft, confirmed, None, 1)).is_err());
    let kept = office.look(move |conn| matterbox::store::drafts::get(conn, id));
    assert_eq!(kept.bcc.len(), 10_000);
    office.store().shutdown();
}
