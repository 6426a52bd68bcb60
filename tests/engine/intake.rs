//! The way of mail into the record, and the receiver's agreement with the IMAP adapter.

use std::sync::mpsc;

use matterbox::{
    app::{
        ingest::Recorded,
        intake::{Arrivals, Intake},
        rows::{Answer, Query},
    },
    config::sla,
    domain::message::Flags,
    imap::contract::{
        Changes, Conclusion, GenerationReason, Halt, Link, MailboxCursor, Marks, Role, Sink,
    },
    store::{StoreError, mailboxes},
};

use super::support::{Desk, Letter, Post, mailbox, seen};

fn letters(count: usize) -> Vec<Letter> {
    (0..count)
        .map(|n| Letter::new(&format!("letter{n}"), "kofi@mensah.example", "alice@firm.example"))
        .collect()
}

/// The record refuses every message with this subject.
fn refuse(desk: &Desk, subject: &str) {
    let sql = format!(
        "CREATE TRIGGER refuses BEFORE INSERT ON message WHEN new.subject = '{subject}'
         BEGIN SELECT RAISE(ABORT, 'no'); END"
    );
    desk.office.store().write_blocking("refuse", move |tx| Ok(tx.execute_batch(&sql)?)).unwrap();
}

fn accept_again(desk: &Desk) {
    desk.office
        .store()
        .write_blocking("accept", |tx| Ok(tx.execute_batch("DROP TRIGGER refuses")?))
        .unwrap();
}

/// Hands in all of them while the record is busy, so that they go into one batch.
fn hand_in_together(desk: &Desk, post: &mut Post, letters: &[Letter]) {
    let (free, busy) = mpsc::channel::<()>();
    let (holds, held) = mpsc::channel::<()>();
    let office = desk.office.clone();
    let holder = std::thread::spawn(move || {
        office
            .store()
            .write_blocking("busy", move |_| {
                holds.send(()).unwrap();
                busy.recv().unwrap();
                Ok(())
            })
            .unwrap();
    });
    held.recv().unwrap();
    for (uid, letter) in (1..).zip(letters) {
        post.fetched(post.inbox, uid, letter).unwrap();
    }
    free.send(()).unwrap();
    holder.join().unwrap();
    post.intake.flush().unwrap();
}

fn states(desk: &Desk, post: &Post) -> (u64, u64, u64) {
    let inbox = post.inbox;
    let rows = desk.office.store().read_blocking("c", mailboxes::completeness).unwrap();
    let row = rows.iter().find(|row| row.mailbox == inbox).unwrap();
    (row.stored, row.failed, row.pending)
}

#[test]
fn whatever_another_program_does_to_a_message_is_told_once() {
    let desk = Desk::open();
    let mut post = desk.sink();
    let letters = letters(2);
    post.arrives(post.inbox, 1, &letters[0]);
    post.arrives(post.inbox, 2, &letters[1]);
    let told = |post: &Post| {
        post.told.all().into_iter().filter(|line| line.starts_with("changed")).collect::<Vec<_>>()
    };
    let read = Flags { seen: true, ..Flags::default() };
    let flagged = Flags { flagged: true, ..read };
    let (inbox, generation) = (post.inbox, post.generation);
    post.sink.flags(inbox, generation, &[(1, read), (2, read)]).unwrap();
    assert_eq!(told(&post), ["changed 2"]);
    post.sink.flags(inbox, generation, &[(1, read), (2, flagged)]).unwrap();
    assert_eq!(told(&post), ["changed 2", "changed 1"]);
    post.sink.flags(inbox, generation, &[(1, read), (2, flagged)]).unwrap();
    assert_eq!(told(&post).len(), 2, "nothing is new");
    post.end();
}

#[test]
fn a_list_and_the_open_message_warn_of_what_the_parser_found() {
    let desk = Desk::open();
    let mut post = desk.sink();
    let message = |id: u32, head: &str, body: &str| {
        format!(
            "{head}To: alice@firm.example\r\nMessage-ID: <warned-{id}@x.example>\r\n\
             Date: Mon, 23 Nov 2026 10:00:00 +0000\r\n{body}"
        )
        .into_bytes()
    };
    let ada = "From: Ada <ada@x.example>\r\n";
    let messages = [
        message(1, ada, "Subject: plain\r\n\r\nHello"),
        message(
            2,
            ada,
            "Subject: page\r\nContent-Type: text/html\r\n\r\n\
             <p>Hello</p><p style=\"display:none\">secretly</p>",
        ),
        message(
            3,
            ada,
            "Subject: sealed\r\nContent-Type: multipart/encrypted; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--\r\n",
        ),
        message(4, &format!("{ada}From: Eve <eve@x.example>\r\n"), "Subject: two\r\n\r\nHello"),
        message(5, "From: A\u{1b}[2Jda <ada@x.example>\r\n", "Subject: name\r\n\r\nHello"),
        message(6, ada, "Subject: turned \u{202e}fdp.exe\r\n\r\nHello"),
    ];
    let at = letters(1)[0].at;
    for (uid, bytes) in (1..).zip(messages) {
        post.arrives_raw(post.inbox, uid, bytes, at);
    }
    let Answer::Inbox(rows) = desk.ask(Query::Inbox { limit: 10 }) else { panic!("another") };
    let row =
        |subject: &str| rows.iter().find(|row| row.subject.as_str().starts_with(subject)).unwrap();
    for (subject, word, remark) in [
        ("page", "hidden", "hides some of this text"),
        ("sealed", "encrypted", "matterbox cannot read it"),
        ("two", "2 senders", "names more than one sender"),
        ("name", "tampered", "made to deceive"),
        ("turned", "tampered", "made to deceive"),
    ] {
        let row = row(subject);
        let words: Vec<_> = row.marks.warnings().map(|(word, _)| word).collect();
        assert_eq!(words, [word], "{subject}");
        let view = desk.thread(row.thread);
        let said = view.messages[0].remarks.iter().any(|said| said.as_str().contains(remark));
        assert!(said && view.marks == row.marks, "{subject}");
        let Answer::Search(found) =
            desk.ask(Query::Search { text: format!("subject:{subject}").into(), limit: 10 })
        else {
            panic!("another")
        };
        assert_eq!(found.hits[0].marks.warnings().next().unwrap().0, word, "{subject}");
    }
    assert_eq!(row("plain").marks.warnings().count(), 0);
    assert_eq!(row("name").who.as_str(), "A\u{fffd}da");
    assert_eq!(row("turned").subject.as_str(), "turned \u{fffd}fdp.exe");
    post.end();
}

#[test]
fn one_message_that_the_record_refuses_does_not_hold_up_its_batch() {
    let desk = Desk::open();
    let mut post = desk.sink();
    let letters = letters(20);
    refuse(&desk, "About letter7");
    let all: Vec<_> = (1..).zip(&letters).map(|(uid, letter)| seen(uid, letter)).collect();
    post.sink.uids_seen(post.inbox, post.generation, &all).unwrap();
    hand_in_together(&desk, &mut post, &letters);
    assert_eq!(states(&desk, &post), (19, 1, 0));
    // The adapter counted it as stored: it is told once, and fetches it anew in its next full pass.
    assert_eq!(post.sink.refused(post.inbox).to_sequence(), "8");
    assert!(post.sink.refused(post.inbox).is_empty());
    assert_eq!(post.told.all().iter().filter(|line| line.starts_with("failed")).count(), 1);
    // It stops nothing: the next message is taken.
    let next = Letter::new("next", "kofi@mensah.example", "alice@firm.example");
    post.arrives(post.inbox, 21, &next);
    assert_eq!(states(&desk, &post), (20, 1, 0));
    // And it comes in when it is fetched again.
    accept_again(&desk);
    post.arrives(post.inbox, 8, &letters[7]);
    assert_eq!(states(&desk, &post), (21, 0, 0));
    post.end();
}

/// Panics with the news of the first batch.
struct Fragile;

impl Arrivals for Fragile {
    fn recorded(&mut self, _: &Recorded) {
        panic!("as the test wants it");
    }

    fn failed(&mut self, _: &StoreError) {}
}

#[test]
fn when_a_thread_of_the_intake_dies_nobody_waits_for_it_for_ever() {
    let desk = Desk::open();
    let (intake, joiner) = Intake::start(desk.office.clone(), Box::new(Fragile)).unwrap();
    let account = desk.account("office");
    let mut big = Letter::new("big", "kofi@mensah.example", "alice@firm.example");
    big.text = "x".repeat(20 << 20);
    // More than may be on its way at once: the second or third waits for room, which never comes.
    let refused = (0..10).find(|n| {
        let mut letter = big.clone();
        letter.id = format!("big{n}@test.example");
        intake.hand_in(letter.incoming(account)).is_err()
    });
    assert!(refused.is_some());
    assert!(intake.flush().is_err());
    assert!(intake.is_dead());
    drop(intake);
    joiner.join();
}

#[test]
fn an_adapter_whose_messages_were_lost_on_the_way_must_read_the_ledger_anew() {
    let desk = Desk::open();
    let mut post = desk.sink();
    let letter = &letters(1)[0];
    post.sink.uids_seen(post.inbox, post.generation, &[seen(1, letter)]).unwrap();
    // A disk that is full for one moment.
    desk.office
        .store()
        .write_blocking("full", |tx| Ok(tx.execute_batch("PRAGMA max_page_count = 1")?))
        .unwrap();
    let mut big = letter.clone();
    big.text = (0..400_000_u64).map(|n| char::from(b'a' + (n * n % 7_919 % 26) as u8)).collect();
    post.fetched(post.inbox, 1, &big).unwrap();
    assert!(post.intake.flush().is_err());
    desk.office
        .store()
        .write_blocking("free", |tx| Ok(tx.execute_batch("PRAGMA max_page_count = 4294967294")?))
        .unwrap();
    // Another account opened the way again: this one must notice all the same.
    post.intake.reset();
    assert_eq!(post.sink.uids_seen(post.inbox, post.generation, &[]), Err(Halt::RecordFailed));
    let boxes = [mailbox("INBOX", Role::Inbox)];
    post.sink.link(Link::Connecting);
    let anew = post.sink.mailboxes(&boxes).unwrap();
    assert!(anew[0].known.pending.contains(1));
    post.arrives(post.inbox, 1, letter);
    assert_eq!(states(&desk, &post), (1, 0, 0));
    post.end();
}

#[test]
fn a_renumbered_mailbox_waits_for_what_is_on_its_way_and_keeps_every_message() {
    let desk = Desk::open();
    let mut post = desk.sink();
    let letters = letters(3);
    for (uid, letter) in (1..).zip(&letters) {
        post.sink.uids_seen(post.inbox, post.generation, &[seen(uid, letter)]).unwrap();
        post.fetched(post.inbox, uid, letter).unwrap();
    }
    let generation =
        post.sink.generation_started(post.inbox, 8, GenerationReason::Renumbered).unwrap();
    assert_eq!(states(&desk, &post), (0, 0, 0));
    post.generation = generation;
    post.arrives(post.inbox, 1, &letters[2]);
    assert_eq!(states(&desk, &post), (1, 0, 0));
    let stored = desk.ask(matterbox::app::rows::Query::Inbox { limit: 10 });
    let matterbox::app::rows::Answer::Inbox(rows) = stored else { panic!("another answer") };
    assert_eq!(rows.len(), 3);
    post.end();
}

#[test]
fn a_message_that_left_the_server_stays_in_the_record() {
    let desk = Desk::open();
    let mut post = desk.sink();
    let letter = &letters(1)[0];
    post.arrives(post.inbox, 1, letter);
    post.sink.gone(post.inbox, post.generation, &[1].into_iter().collect()).unwrap();
    assert_eq!(states(&desk, &post), (0, 0, 0));
    // An acknowledgement and an answer are still owed.
    assert_eq!(desk.due().len(), 2);
    // A server that shows it again: it is stored already.
    post.sink.uids_seen(post.inbox, post.generation, &[seen(1, letter)]).unwrap();
    assert_eq!(states(&desk, &post), (1, 0, 0));
    post.end();
}

#[test]
fn a_calendar_that_does_not_open_for_years_stops_no_mail_and_loses_no_clock() {
    use std::fmt::Write as _;
    let mut days = "[calendar.closed]\n".to_owned();
    let first = "2026-11-24".parse::<jiff::civil::Date>().unwrap();
    for day in first.series(jiff::ToSpan::days(1)).take(900) {
        writeln!(days, "{day} = \"Sabbatical\"").unwrap();
    }
    let text = sla::every_weekday_in("America/New_York").replace("[calendar.closed]\n", &days);
    let desk = Desk::open_under(sla::parse(&text, std::path::Path::new("sla.toml")).unwrap());
    let letters = letters(2);
    let mut post = desk.sink();
    for (uid, letter) in (1..).zip(&letters) {
        post.arrives(post.inbox, uid, letter);
    }
    assert_eq!(states(&desk, &post), (2, 0, 0));
    post.end();
    // As if the office were open: rather too early than never.
    assert_eq!(desk.due().len(), 4);
    assert!(desk.due().iter().all(|row| row.marks.uncounted), "each row says so");
    let thread = desk.thread_of(&letters[0]);
    let view = desk.thread(thread);
    assert_eq!(view.clocks.len(), 2);
    assert!(view.history[0].as_str().contains("Correct the calendar"));
    let Answer::Explain(lines) = desk.ask(Query::Explain(thread)) else { panic!("another") };
    assert!(lines.len() > 3 && lines[0].as_str().contains("Correct the calendar"));
}

fn in_inbox(post: &mut Post) -> MailboxCursor {
    let boxes = [mailbox("INBOX", Role::Inbox), mailbox("Sent", Role::Sent)];
    post.sink.mailboxes(&boxes).unwrap().remove(0)
}

#[test]
fn the_count_of_changes_is_kept_with_what_it_covers_and_goes_with_its_generation() {
    let desk = Desk::open();
    let mut post = desk.sink();
    let (inbox, generation) = (post.inbox, post.generation);
    assert_eq!(in_inbox(&mut post).marks, Marks::default());
    let letters = letters(3);
    let changes = Changes {
        seen: vec![seen(1, &letters[0]), seen(2, &letters[1])],
        conclusion: Some(Conclusion { modseq: Some(77), whole: true }),
        ..Changes::default()
    };
    post.sink.changes(inbox, generation, &changes).unwrap();
    let cursor = in_inbox(&mut post);
    assert_eq!((cursor.marks.modseq, cursor.known.pending.len()), (Some(77), 2));
    assert!(cursor.marks.checked.is_some());
    let changes = Changes {
        gone: [2].into_iter().collect(),
        conclusion: Some(Conclusion { modseq: Some(80), whole: false }),
        ..Changes::default()
    };
    post.sink.changes(inbox, generation, &changes).unwrap();
    let cursor = in_inbox(&mut post);
    assert_eq!((cursor.marks.modseq, cursor.known.gone.len()), (Some(80), 1));
    assert!(cursor.marks.checked.is_some(), "it was compared before");
    // What cannot be recorded whole is not recorded at all, the count least of all.
    desk.office
        .store()
        .write_blocking("refuse", |tx| {
            Ok(tx.execute_batch(
                "CREATE TRIGGER refuses BEFORE UPDATE OF state ON placement WHEN new.uid = 1
                 BEGIN SELECT RAISE(ABORT, 'no'); END",
            )?)
        })
        .unwrap();
    let changes = Changes {
        seen: vec![seen(3, &letters[2])],
        gone: [1].into_iter().collect(),
        conclusion: Some(Conclusion { modseq: Some(90), whole: false }),
        ..Changes::default()
    };
    assert_eq!(post.sink.changes(inbox, generation, &changes), Err(Halt::RecordFailed));
    accept_again(&desk);
    let cursor = in_inbox(&mut post);
    assert_eq!((cursor.marks.modseq, cursor.known.pending.to_sequence()), (Some(80), "1".into()));
    post.sink.generation_started(inbox, 8, GenerationReason::Renumbered).unwrap();
    assert_eq!(in_inbox(&mut post).marks.modseq, None);
    post.end();
}

#[test]
fn flags_that_change_while_a_message_is_on_its_way_into_the_record_are_not_overwritten_by_it() {
    let desk = Desk::open();
    let mut post = desk.sink();
    let (inbox, generation) = (post.inbox, post.generation);
    let letter = &letters(1)[0];
    post.sink.uids_seen(inbox, generation, &[seen(1, letter)]).unwrap();
    // Nobody waits for the record here.
    post.fetched(inbox, 1, letter).unwrap();
    let flags = vec![(1, Flags { seen: true, ..Flags::default() })];
    let conclusion = Some(Conclusion { modseq: Some(9), whole: false });
    let changes = Changes { flags, conclusion, ..Changes::default() };
    post.sink.changes(inbox, generation, &changes).unwrap();
    post.intake.flush().unwrap();
    let store = desk.office.store();
    let lines =
        store.read_blocking("l", move |conn| mailboxes::ledger_snapshot(conn, inbox)).unwrap();
    assert!(lines[0].flags.seen);
    post.end();
}
