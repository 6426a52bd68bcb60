//! History on demand, and a network that is not there: what comes first, what waits, and what goes on without a server.

use std::{
    fs::{self, File},
    time::{Duration, SystemTime},
};

use matterbox::app::{
    command::Command,
    event::{Event, LinkState},
    rows::{Answer, Counts, Query},
};

use crate::{
    desk::{Desk, Home, Look, Setup},
    letters::Letter,
    support::servers::Servers,
};

fn letters(us: &str, count: usize) -> Vec<Vec<u8>> {
    let address = Servers::address(us);
    let letter = |n: usize| {
        Letter::new(&format!("h{n}@out.example"), "k@out.example", &address, "Lease").bytes()
    };
    (0..count).map(letter).collect()
}

fn counts(desk: &Desk) -> Counts {
    let Answer::Counts(counts) = desk.answer(Query::Counts) else { panic!("not what was asked") };
    counts
}

fn is_online(event: &Event) -> bool {
    matches!(event, Event::Link { state: LinkState::Online, .. })
}

#[test]
fn older_mail_waits_across_a_restart_and_goes_on_when_it_is_let() {
    let (servers, us) = (Servers::get(), Servers::fresh_user());
    servers.seed(&us, letters(&us, 1_300).iter().map(Vec::as_slice));
    let home = Home::new(&Setup::of(&us));
    let mut desk = home.open();
    desk.ask(Command::PauseHistory(true));
    desk.event("online", |event| is_online(&event).then_some(()));
    desk.close();
    let mut desk = home.open();
    desk.event("online", |event| is_online(&event).then_some(()));
    desk.until("the newest are there", |office| office_counts(office).stored >= 1_000);
    let now = counts(&desk);
    assert!(now.paused);
    if now.pending > 0 {
        // The newest came, the oldest wait.
        assert_eq!((now.stored, now.pending), (1_000, 300));
        assert_eq!(desk.messages("h1299@out.example").len(), 1);
        assert!(desk.messages("h0@out.example").is_empty());
    }
    // New mail comes all the same.
    servers.append(&us, "INBOX", false, &letters(&us, 1_301)[1_300]);
    desk.until("new mail", |office| office_has(office, "h1300@out.example"));
    desk.ask(Command::PauseHistory(false));
    desk.until("all of it", |office| office_counts(office).stored == 1_301);
    assert_eq!(counts(&desk).pending, 0);
    desk.close();
}

fn office_counts(office: &matterbox::app::office::Office) -> Counts {
    let asked = office.clone();
    let answer = office
        .store()
        .read_blocking("test", move |conn| asked.answer_from(conn, Query::Counts))
        .unwrap();
    let Answer::Counts(counts) = answer else { panic!("not what was asked") };
    counts
}

fn office_has(office: &matterbox::app::office::Office, id: &str) -> bool {
    !office.messages(id).is_empty()
}

#[test]
fn mail_before_the_horizon_stays_on_the_server_until_more_is_asked_for() {
    let (servers, us) = (Servers::get(), Servers::fresh_user());
    servers.seed(&us, letters(&us, 6).iter().map(Vec::as_slice));
    // The server takes the file's time for the arrival: four of them came in 2020.
    let mut files: Vec<_> = fs::read_dir(servers.dir.join("mail").join(&us).join("new"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let old = SystemTime::UNIX_EPOCH + Duration::from_secs(1_600_000_000);
    for file in &files[..4] {
        File::options().write(true).open(file).unwrap().set_modified(old).unwrap();
    }
    let more = "[sync]\nhistory = \"2 years\"\n".to_owned();
    let mut home = Home::new(&Setup { more, ..Setup::of(&us) });
    let mut desk = home.open();
    desk.event("online", |event| is_online(&event).then_some(()));
    desk.until("the young ones", |office| office_counts(office).stored == 2);
    let Answer::Folders(rows) = desk.answer(Query::Folders) else { panic!("not what was asked") };
    let inbox = rows.iter().find(|row| row.role == "inbox").unwrap();
    assert_eq!((inbox.on_server, inbox.stored, inbox.pending, inbox.older), (Some(6), 2, 0, 4));
    assert!(inbox.is_complete() && inbox.remark().contains("4 older"), "{}", inbox.remark());
    desk.close();
    home.change(|setup| setup.more = "[sync]\nhistory = \"all\"\n".to_owned());
    let mut desk = home.open();
    desk.until("everything", |office| office_counts(office).stored == 6);
    desk.close();
}

#[test]
fn without_a_network_everything_but_fetching_and_sending_goes_on() {
    let (servers, us) = (Servers::get(), Servers::fresh_user());
    servers.seed(&us, letters(&us, 3).iter().map(Vec::as_slice));
    let mut home = Home::new(&Setup::of(&us));
    let mut desk = home.open();
    desk.online();
    desk.close();
    // A port on which nobody listens.
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    home.change(|setup| {
        setup.imap.1 = nobody;
        setup.smtp.1 = nobody;
    });
    let mut desk = home.open();
    let LinkState::Waiting { reason, .. } = desk.trouble() else { panic!("it does not wait") };
    assert!(!reason.as_str().is_empty());
    let Answer::Inbox(rows) = desk.answer(Query::Inbox { limit: 10 }) else { panic!("no rows") };
    let thread = rows[0].thread;
    let Answer::Thread(Some(_)) = desk.answer(Query::Thread(thread)) else { panic!("no thread") };
    let search = Query::Search { text: "lease".into(), limit: 10 };
    let Answer::Search(found) = desk.answer(search) else { panic!("no search") };
    assert_eq!(found.hits.len(), 3);
    let matter = desk.matter("2026-0121", "Mensah");
    desk.ask(Command::Tag { threads: vec![thread], matter });
    desk.event("tagged", |event| matches!(event, Event::Changed { .. }).then_some(()));
    let Answer::MatterThreads(rows) = desk.answer(Query::MatterThreads(matter)) else {
        panic!("no rows")
    };
    assert_eq!(rows.len(), 1);
    desk.start(matterbox::domain::draft::ReplyKind::Reply, Some(thread));
    desk.close();
}
