//! One day's work: mail comes, is filed, is answered; the answer arrives, the clock stops, the copy lies in Sent once.

use matterbox::{
    app::{
        command::Command,
        event::Event,
        rows::{Answer, OutboxWord, Query},
    },
    domain::{draft::ReplyKind, matter::Role, sla::ClockKind},
    store::outbox::OutboxState,
};

use crate::{
    desk::{Desk, Home, Look, Setup},
    letters::Letter,
    support::servers::Servers,
};

#[test]
fn what_is_read_in_another_program_is_read_on_the_open_screen() {
    let servers = Servers::get();
    let us = Servers::fresh_user();
    let letter =
        Letter::new("read-1@out.example", "kofi@out.example", &Servers::address(&us), "Keys");
    servers.deliver(&us, &letter.bytes());
    let home = Home::new(&Setup::of(&us));
    let mut desk = home.open();
    desk.online();
    // Everything about its arrival was told with this.
    desk.sync();
    let thread = desk.thread("read-1@out.example");
    let unread = |desk: &Desk| {
        let Answer::Inbox(rows) = desk.answer(Query::Inbox { limit: 9 }) else { panic!("another") };
        rows[0].marks.unread
    };
    assert!(unread(&desk));
    let mut other = servers.back_door(&us);
    other.select("INBOX").unwrap();
    for flag in ["\\Seen", "\\Flagged", "\\Answered"] {
        other.uid_store("1", format!("+FLAGS ({flag})")).unwrap();
        desk.ask(Command::SyncNow);
        desk.event("the screen is told to ask again", |event| match event {
            Event::Changed { threads } => threads.contains(&thread).then_some(()),
            _ => None,
        });
        assert!(!unread(&desk));
    }
    desk.close();
}

#[test]
#[allow(clippy::too_many_lines, reason = "one day, told from morning to evening")]
fn mail_is_pulled_filed_answered_and_the_clock_stops() {
    let servers = Servers::get();
    let (us, client) = (Servers::fresh_user(), Servers::fresh_user());
    let (our_address, client_address) = (Servers::address(&us), Servers::address(&client));
    let letter = |id: &str, subject: &str| Letter::new(id, &client_address, &our_address, subject);
    servers.deliver(&us, &letter("lease-1@out.example", "The lease").bytes());
    let second = letter("lease-2@out.example", "Re: The lease").answering("lease-1@out.example");
    servers.deliver(&us, &second.bytes());
    // What was answered yesterday from another program.
    let from_us = Letter::new("old@firm.test", &our_address, &client_address, "Our terms");
    servers.append(&us, "Sent", true, &from_us.dated("Mon, 16 Nov 2026 10:00:00 +0000").bytes());

    let home = Home::new(&Setup { undo_seconds: 10, ..Setup::of(&us) });
    let mut desk = home.open();
    desk.online();
    assert_eq!(desk.count(), 3);
    let thread = desk.thread("lease-1@out.example");
    assert_eq!(thread, desk.thread("lease-2@out.example"), "one conversation");
    assert_ne!(thread, desk.thread("old@firm.test"));

    let matter = desk.matter("2026-0147", "Mensah v. Harlow");
    desk.party("Kofi Mensah", &client_address, (matter, Role::Client));
    desk.ask(Command::Tag { threads: vec![thread], matter });
    desk.until("tagged", |office| {
        office.look(move |conn| Ok(matterbox::store::threads::get(conn, thread)?.matter))
            == Some(matter)
    });
    let running = desk.clocks(thread);
    assert_eq!(running.len(), 2, "to acknowledge and to answer");
    assert!(running.iter().all(|clock| clock.outcome == "running"));

    // The answer waits for the undo window and not a moment less.
    let mut sheet = desk.start(ReplyKind::Reply, Some(thread));
    assert_eq!(sheet.draft.to[0].address.as_str(), client_address);
    sheet.draft.body = "No, he cannot: clause 7 needs three months.".to_owned();
    let (item, findings) = desk.send(&sheet, None);
    assert!(findings.is_empty(), "nothing is odd about an answer to one's client");
    let Answer::Outbox(rows) = desk.answer(Query::Outbox) else { panic!("not what was asked") };
    assert_eq!(rows[0].state, OutboxWord::Held);
    desk.pass(9);
    desk.sync();
    assert!(servers.messages(&client, "INBOX").is_empty(), "it left within the undo window");
    assert_eq!(desk.outbox(item).state, OutboxState::Queued);

    desk.pass(2);
    desk.until("filed", move |office| office.outbox(item).filed);
    assert_eq!(desk.outbox(item).state, OutboxState::Sent);
    let arrived = servers.wait_for(&client, "INBOX", 1);
    assert_eq!(arrived.len(), 1);
    let text = String::from_utf8_lossy(&arrived[0].bytes).into_owned();
    assert!(text.contains("clause 7 needs three months"), "{text}");
    assert!(text.contains("In-Reply-To: <lease-"), "{text}");

    let clocks = desk.clocks(thread);
    assert!(clocks.iter().any(|clock| clock.running.clock == ClockKind::Reply), "{clocks:?}");
    assert!(clocks.iter().all(|clock| clock.outcome == "met"), "{clocks:?}");

    // In Sent once, and pulling it back does not make it two.
    assert_eq!(servers.messages(&us, "Sent").len(), 2);
    let before = desk.count();
    assert_eq!(before, 4);
    desk.sync();
    desk.until("the copy is known", |office| {
        office.is_complete() && office.look(known_in_sent) == 2
    });
    assert_eq!(desk.count(), before, "the copy in Sent became a second message");
    assert_eq!(desk.messages(desk.outbox(item).message_id.as_str()).len(), 1);
    let after = desk.clocks(thread);
    assert_eq!(after, clocks, "pulling the copy changed the clocks");
    desk.close();

    // The next morning everything is as it was.
    let mut desk = home.open();
    desk.online();
    assert_eq!(desk.count(), before);
    assert_eq!(desk.clocks(thread), clocks);
    assert_eq!(servers.messages(&us, "Sent").len(), 2);
    desk.close();
}

fn known_in_sent(conn: &rusqlite::Connection) -> Result<u64, matterbox::store::StoreError> {
    let rows = matterbox::store::mailboxes::completeness(conn)?;
    Ok(rows.iter().filter(|row| row.role == "sent").map(|row| row.stored).sum())
}

#[test]
fn a_message_that_was_taken_back_never_leaves() {
    let servers = Servers::get();
    let (us, client) = (Servers::fresh_user(), Servers::fresh_user());
    let letter =
        Letter::new("q@out.example", &Servers::address(&client), &Servers::address(&us), "Q");
    servers.deliver(&us, &letter.bytes());
    let home = Home::new(&Setup { undo_seconds: 10, ..Setup::of(&us) });
    let mut desk = home.open();
    desk.online();
    let thread = desk.thread("q@out.example");
    let mut sheet = desk.start(ReplyKind::Reply, Some(thread));
    sheet.draft.body = "Too early.".to_owned();
    let (item, _) = desk.send(&sheet, None);
    desk.ask(Command::Undo);
    desk.until("taken back", move |office| office.outbox(item).state == OutboxState::Cancelled);
    desk.pass(60);
    desk.sync();
    // A message sent after it arrives: had the first one left, it would be there.
    sheet = desk.start(ReplyKind::Reply, Some(thread));
    sheet.draft.body = "Well considered.".to_owned();
    let (second, _) = desk.send(&sheet, None);
    desk.pass(11);
    desk.until("sent", move |office| office.outbox(second).state == OutboxState::Sent);
    let arrived = servers.wait_for(&client, "INBOX", 1);
    assert_eq!(arrived.len(), 1);
    assert!(String::from_utf8_lossy(&arrived[0].bytes).contains("Well considered."));
    desk.close();
}
