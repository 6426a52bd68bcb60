//! Answers that are not the plain case: blind copies, a later time, another language, a relay that says no.

use std::{net::TcpListener, sync::mpsc, time::Duration};

use jiff::SignedDuration;
use matterbox::{
    app::{
        command::Command,
        event::Event,
        rows::{Answer, OutboxWord, Query},
    },
    domain::{
        address::{EmailAddress, NamedAddress},
        draft::ReplyKind,
        matter::Role,
        sla::ClockKind,
    },
    store::outbox::OutboxState,
};

use crate::{
    desk::{Desk, FIRM, Home, Look, Setup},
    letters::Letter,
    support::servers::{GOOD_HOST, REJECTED, Servers},
};

fn named(address: &str) -> NamedAddress {
    NamedAddress::bare(EmailAddress::parse(address).unwrap())
}

/// An office that has a letter of its client, tagged, with its clock running.
fn with_a_letter(text: &str) -> (Home, Desk, String) {
    let (us, client) = (Servers::fresh_user(), Servers::fresh_user());
    let from = Servers::address(&client);
    let letter =
        Letter::new("a@out.example", &from, &Servers::address(&us), "The lease").saying(text);
    Servers::get().deliver(&us, &letter.bytes());
    let home = Home::new(&Setup::of(&us));
    let mut desk = home.open();
    desk.online();
    let matter = desk.matter("2026-0147", "Mensah v. Harlow");
    desk.party("Kofi Mensah", &from, (matter, Role::Client));
    let thread = desk.thread("a@out.example");
    desk.ask(Command::Tag { threads: vec![thread], matter });
    desk.until("tagged", move |office| {
        office.look(move |conn| Ok(matterbox::store::threads::get(conn, thread)?.matter)).is_some()
    });
    (home, desk, client)
}

/// A relay that takes connections and says nothing until it is told to hang up.
struct Mute {
    port: u16,
    hang_up: mpsc::Sender<()>,
    called: mpsc::Receiver<()>,
}

impl Mute {
    fn listen() -> Self {
        let listener = TcpListener::bind((GOOD_HOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let (hang_up, told) = mpsc::channel();
        let (calls, called) = mpsc::channel();
        std::thread::spawn(move || {
            let (line, _) = listener.accept().unwrap();
            calls.send(()).unwrap();
            told.recv().unwrap();
            drop(line);
        });
        Self { port, hang_up, called }
    }
}

#[test]
fn a_server_that_hangs_holds_up_its_own_account_and_no_other() {
    let (mute_user, user, client) =
        (Servers::fresh_user(), Servers::fresh_user(), Servers::fresh_user());
    let mute = Mute::listen();
    let mut setup = Setup::of(&mute_user);
    setup.users.push(user.clone());
    setup.other_smtp.insert(mute_user.clone(), (GOOD_HOST.to_owned(), mute.port));
    let home = Home::new(&setup);
    let mut desk = home.open();
    desk.online();
    let write = |desk: &mut Desk, from: &str| {
        let mut sheet = desk.start(ReplyKind::Compose, None);
        sheet.draft.from.address = EmailAddress::parse(&Servers::address(from)).unwrap();
        sheet.draft.to = vec![named(&Servers::address(&client))];
        sheet.draft.subject = format!("From {from}");
        sheet.draft.body = "The hearing is on Friday.".to_owned();
        desk.send(&sheet, None).0
    };
    let held = write(&mut desk, &mute_user);
    desk.until("under way", move |office| office.outbox(held).state == OutboxState::Sending);
    mute.called.recv_timeout(Duration::from_mins(1)).unwrap();
    // The first server is asked and silent; meanwhile the second account sends.
    let goes = write(&mut desk, &user);
    desk.until("sent", move |office| office.outbox(goes).state == OutboxState::Sent);
    assert_eq!(desk.outbox(held).state, OutboxState::Sending);
    Servers::get().wait_for(&client, "INBOX", 1);
    mute.hang_up.send(()).unwrap();
    desk.until("to be tried again", move |office| {
        office.outbox(held).state == OutboxState::Deferred
    });
    desk.close();
}

fn outcome(desk: &Desk, kind: ClockKind) -> String {
    let thread = desk.thread("a@out.example");
    let clocks = desk.clocks(thread);
    clocks.into_iter().find(|clock| clock.running.clock == kind).unwrap().outcome
}

#[test]
fn a_client_who_gets_the_answer_blindly_has_an_answer() {
    let (_home, mut desk, client) = with_a_letter("May he?");
    let thread = desk.thread("a@out.example");
    let mut sheet = desk.start(ReplyKind::Reply, Some(thread));
    let counsel = Servers::fresh_user();
    sheet.draft.to = vec![named(&Servers::address(&counsel))];
    sheet.draft.bcc = vec![named(&Servers::address(&client))];
    sheet.draft.body = "My client asks me to tell you that he does not agree.".to_owned();
    assert_eq!(outcome(&desk, ClockKind::Reply), "running");
    let (item, _) = desk.send(&sheet, None);
    desk.until("filed", move |office| office.outbox(item).filed);
    Servers::get().wait_for(&client, "INBOX", 1);
    assert_eq!(outcome(&desk, ClockKind::Reply), "met");
    // Pulling the copy from Sent, whose header names no client, changes nothing.
    desk.sync();
    assert_eq!(outcome(&desk, ClockKind::Reply), "met");
    desk.close();
}

#[test]
fn a_letter_for_later_leaves_then_and_is_dated_then() {
    let (_home, mut desk, client) = with_a_letter("May he?");
    let thread = desk.thread("a@out.example");
    let mut sheet = desk.start(ReplyKind::Reply, Some(thread));
    sheet.draft.body = "He may not.".to_owned();
    let later = desk.office.now() + SignedDuration::from_hours(2);
    let (item, _) = desk.send(&sheet, Some(later));
    let Answer::Outbox(rows) = desk.answer(Query::Outbox) else { panic!("not what was asked") };
    assert_eq!(rows[0].state, OutboxWord::Scheduled);
    desk.pass(2 * 3_600 - 1);
    desk.sync();
    assert_eq!(desk.outbox(item).state, OutboxState::Queued);
    assert!(Servers::get().messages(&client, "INBOX").is_empty());
    assert_eq!(
        outcome(&desk, ClockKind::Reply),
        "running",
        "a letter that has not left answers nobody"
    );
    desk.pass(2);
    desk.until("filed", move |office| office.outbox(item).filed);
    let arrived = Servers::get().wait_for(&client, "INBOX", 1);
    let text = String::from_utf8_lossy(&arrived[0].bytes).into_owned();
    let date = text.lines().find_map(|line| line.strip_prefix("Date: ")).unwrap();
    let date = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(date.trim()).unwrap();
    assert_eq!(date.as_second(), later.as_second());
    desk.close();
}

#[test]
fn a_client_who_writes_german_is_answered_in_german_words_of_ours() {
    let (_home, mut desk, client) = with_a_letter(
        "Sehr geehrte Frau Tan,\n\nich bitte Sie, die Kündigung zu prüfen und mit dem Vermieter zu reden. \
         Er ist nicht bereit, die Heizung zu reparieren.",
    );
    let thread = desk.thread("a@out.example");
    let sheet = desk.start(ReplyKind::Acknowledge, Some(thread));
    assert!(sheet.draft.body.starts_with("Vielen Dank für Ihre Nachricht"), "{}", sheet.draft.body);
    let (item, _) = desk.send(&sheet, None);
    desk.until("filed", move |office| office.outbox(item).filed);
    let arrived = Servers::get().wait_for(&client, "INBOX", 1);
    let parsed = mailparse::parse_mail(&arrived[0].bytes).unwrap();
    let plain = parsed.parts().find(|part| part.ctype.mimetype == "text/plain").unwrap();
    // Flowed (RFC 3676): a line that ends in a blank goes on in the next.
    let plain = plain.get_body().unwrap().replace("\r\n", "\n").replace(" \n", " ");
    assert!(plain.contains("Diese Nachricht ist vertraulich"), "{plain}");
    assert!(plain.contains(FIRM) && plain.contains(" schrieb "), "{plain}");
    assert_eq!(outcome(&desk, ClockKind::Ack), "met");
    assert_eq!(outcome(&desk, ClockKind::Reply), "running", "a receipt is no answer");
    desk.close();
}

#[test]
fn a_refused_answer_is_told_in_the_relay_s_words_and_stops_no_clock() {
    let (_home, mut desk, client) = with_a_letter("May he?");
    let thread = desk.thread("a@out.example");
    let mut sheet = desk.start(ReplyKind::Reply, Some(thread));
    sheet.draft.cc = vec![named(REJECTED)];
    sheet.draft.body = "He may not.".to_owned();
    let (item, _) = desk.send(&sheet, None);
    desk.until("refused", move |office| office.outbox(item).state == OutboxState::Refused);
    assert!(desk.outbox(item).reply.contains("no such user"), "{}", desk.outbox(item).reply);
    assert_eq!(outcome(&desk, ClockKind::Reply), "running");
    assert!(Servers::get().messages(&client, "INBOX").is_empty(), "it went to some of them");
    // It comes back as it was written and goes to those who exist.
    desk.ask(Command::CancelSend(item));
    let mut again = desk.event("the draft", |event| match event {
        Event::DraftReady(sheet) => Some(*sheet),
        _ => None,
    });
    assert_eq!(again.draft.body, "He may not.");
    again.draft.cc.clear();
    let (item, _) = desk.send(&again, None);
    desk.until("filed", move |office| office.outbox(item).filed);
    assert_eq!(Servers::get().wait_for(&client, "INBOX", 1).len(), 1);
    assert_eq!(outcome(&desk, ClockKind::Reply), "met");
    desk.close();
}
