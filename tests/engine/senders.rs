//! Who really wrote: imitations and forms, whatever came first, the mail or what the office knows.

use std::future::Future;

use matterbox::{
    app::{
        command::Command,
        event::Event,
        ingest,
        rows::{Answer, Query},
    },
    domain::{
        draft::ReplyKind,
        id::MatterId,
        matter::{MatterNumber, MatterStatus, Role},
        message::Direction,
    },
    store::matters,
};

use super::support::{Desk, Letter, Post, address, ten};

const DANA: &str = "dana@whitfield.example";
const US: &str = "alice@firm.example";

fn wait<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

fn matter(desk: &Desk) -> MatterId {
    let number: MatterNumber = "2026-0147".parse().unwrap();
    wait(desk.office.add_matter(number, "Whitfield estate".to_owned())).unwrap()
}

fn party(desk: &Desk, name: &str, at: &[&str], role: Option<(MatterId, Role)>) {
    let addresses = at.iter().map(|at| address(at)).collect();
    wait(desk.office.add_party(name.to_owned(), addresses, role)).unwrap();
}

fn is_marked(desk: &Desk, letter: &Letter) -> bool {
    let view = desk.thread(desk.thread_of(letter));
    let remarked = view.messages.iter().any(|message| {
        message.remarks.iter().any(|remark| remark.as_str().contains("check by telephone"))
    });
    assert_eq!(view.marks.spoof, remarked);
    remarked
}

fn in_tray(desk: &Desk, letter: &Letter) -> bool {
    let Answer::Untagged(rows) = desk.ask(Query::Untagged { limit: 100 }) else {
        panic!("another answer")
    };
    rows.iter().any(|row| row.row.thread == desk.thread_of(letter))
}

/// Everything about these letters that must not depend on the order in which things became known.
fn picture(desk: &Desk, letters: &[Letter]) -> Vec<String> {
    let seen = |letter: &Letter| {
        let view = desk.thread(desk.thread_of(letter));
        let ways: Vec<_> = view.messages.iter().map(|m| (m.direction, m.at)).collect();
        format!("{} spoof={} {ways:?} tray={}", letter.id, view.marks.spoof, in_tray(desk, letter))
    };
    let due = desk.due();
    let clock = |row: &matterbox::app::rows::DueRow| {
        format!("{} {:?} {:?}", row.subject, row.who.as_str(), row.running)
    };
    let mut clocks: Vec<_> = due.iter().map(clock).collect();
    // Two that are due at the same instant may stand in any order.
    clocks.sort();
    letters.iter().map(seen).chain(clocks).collect()
}

#[derive(Clone)]
enum Happening {
    Mail(Letter),
    Known(&'static str, &'static [&'static str], Option<Role>),
}

fn happens(desk: &Desk, matter: MatterId, post: &mut Post, uid: u32, happening: &Happening) {
    match happening {
        Happening::Mail(letter) => {
            let inbox = post.inbox;
            post.arrives(inbox, uid, letter);
        }
        Happening::Known(name, at, role) => party(desk, name, at, role.map(|role| (matter, role))),
    }
}

#[test]
fn it_does_not_matter_whether_the_mail_came_first_or_the_party() {
    // Before the day on which the mailbox was moved.
    let received = "Received: from a.example by mx.firm.example; Tue, 24 Nov 2026 14:30:00 +0000";
    let letters = [
        Letter::new("hers", &format!("Dana Whitfield <{DANA}>"), US),
        Letter::new("named", "\"WHITFIELD, Dana\" <dana.w@elsewhere.example>", US).at(1),
        Letter::new("alike", "Somebody <dana@whitfie1d.example>", US).at(2),
        Letter::new("second", "Dana Whitfield <dana@post.example>", US).at(3),
        Letter::new("other", "Lou Park <lou@park.example>", US).at(4),
        Letter::new("colleague", "Tom Reed <tom@chambers.example>", US).with(received).at(5),
        Letter::new("form", &format!("Website <{US}>"), US)
            .with("Reply-To: Dana Whitfield <dana@whitfie1d.example>")
            .with(received)
            .at(6),
        Letter::new("quoted", &format!("\"'{DANA}'\" <evil@x.example>"), US).at(7),
    ];
    let mut events: Vec<Happening> = letters.iter().cloned().map(Happening::Mail).collect();
    events.insert(3, Happening::Known("Dana Whitfield", &[DANA], Some(Role::Client)));
    events.push(Happening::Known("Dana Whitfield", &["dana@post.example"], None));
    events.insert(1, Happening::Known("Tom Reed", &["tom@chambers.example"], Some(Role::Firm)));
    let mut pictures = Vec::new();
    for first in 0..events.len() {
        let desk = Desk::open();
        let matter = matter(&desk);
        desk.pass(60);
        let mut post = desk.sink();
        for (uid, happening) in (1..).zip(events.iter().cycle().skip(first).take(events.len())) {
            happens(&desk, matter, &mut post, uid, happening);
        }
        post.end();
        pictures.push(picture(&desk, &letters));
    }
    let marked = |id: &str| {
        pictures[0].iter().any(|line| line.starts_with(id) && line.contains("spoof=true"))
    };
    for id in ["named", "alike", "form", "quoted"] {
        assert!(marked(id), "{id}: {:#?}", pictures[0]);
    }
    for id in ["hers", "second", "other", "colleague"] {
        assert!(!marked(id), "{id}: {:#?}", pictures[0]);
    }
    assert!(pictures[0].iter().any(|line| line.starts_with("form") && line.contains("14:30:00Z")));
    for other in &pictures {
        assert_eq!(*other, pictures[0]);
    }
}

#[test]
fn a_mark_is_set_when_the_real_one_becomes_known_and_cleared_when_it_was_theirs_after_all() {
    let desk = Desk::open();
    let letter = Letter::new("one", "Dana Whitfield <dana@post.example>", US);
    desk.import(&[&letter]);
    assert!(!is_marked(&desk, &letter));
    party(&desk, "Dana Whitfield", &[DANA], None);
    assert!(is_marked(&desk, &letter));
    party(&desk, "Dana Whitfield", &["dana@post.example"], None);
    assert!(!is_marked(&desk, &letter));
}

#[test]
fn an_address_that_turns_out_to_imitate_a_client_loses_its_clock_and_one_that_is_theirs_gets_it() {
    let desk = Desk::open();
    let fraud = Letter::new("fraud", "D. W. <dana@whitfie1d.example>", US);
    desk.import(&[&fraud]);
    assert_eq!(desk.due().len(), 2);
    let matter = matter(&desk);
    party(&desk, "Dana Whitfield", &[DANA], Some((matter, Role::Client)));
    assert!(desk.due().is_empty());
    party(&desk, "Dana Whitfield", &["dana@whitfie1d.example"], None);
    assert_eq!(desk.due().len(), 2);
    assert!(!is_marked(&desk, &fraud));
}

#[test]
fn two_clients_of_one_name_do_not_imitate_one_another() {
    let desk = Desk::open();
    let lease = matter(&desk);
    party(&desk, "John Smith", &["john@east.example"], Some((lease, Role::Client)));
    let letter = Letter::new("one", "John Smith <john@west.example>", US);
    desk.import(&[&letter]);
    assert!(is_marked(&desk, &letter));
    // A namesake is added under another spelling, so that it is another party.
    party(&desk, "Smith, John", &["john@west.example"], None);
    assert!(!is_marked(&desk, &letter));
}

/// A visitor wrote through the form on the office's website.
fn form(id: &str) -> Letter {
    Letter::new(id, &format!("Website <{US}>"), US)
        .with("Reply-To: Vera Stone <vera@stone.example>")
}

#[test]
fn a_form_on_our_website_starts_a_clock_that_is_owed_to_the_visitor_and_waits_in_the_tray() {
    for (from, to, reply_to, who) in [
        (format!("Website <{US}>"), US, "Vera Stone <vera@stone.example>", "Vera Stone"),
        (US.to_owned(), "intake@partner.example", "vera@stone.example", "vera@stone.example"),
        // Some forms put the visitor's name beside our address.
        (format!("Vera Stone <{US}>"), US, "vera@stone.example", "Vera Stone"),
        ("desk@second.example".to_owned(), US, "vera@stone.example", "vera@stone.example"),
    ] {
        let desk = Desk::open();
        let letter = Letter::new("form", &from, to).with(&format!("Reply-To: {reply_to}"));
        let mut post = desk.sink();
        post.arrives(post.inbox, 1, &letter);
        post.end();
        let due = desk.due();
        assert_eq!(due.len(), 2, "{from} {to}");
        assert_eq!(due[0].who.as_str(), who);
        assert_eq!(due[0].running.started, letter.at);
        let view = desk.thread(desk.thread_of(&letter));
        assert_eq!(view.messages[0].direction, Direction::Inbound);
        assert!(view.messages[0].unread);
        assert!(view.messages[0].remarks[0].as_str().contains("claims to be this office"));
        assert!(in_tray(&desk, &letter));
    }
}

#[test]
fn what_the_form_says_of_itself_does_not_count_and_what_a_list_says_does() {
    for (line, clocks) in [
        ("X-Auto-Response-Suppress: All", 2),
        ("List-Id: <news.firm.example>", 0),
        ("Precedence: bulk", 0),
        ("Auto-Submitted: auto-generated", 0),
    ] {
        let desk = Desk::open();
        let mut post = desk.sink();
        post.arrives(post.inbox, 1, &form("form").with(line));
        post.end();
        assert_eq!(desk.due().len(), clocks, "{line}");
    }
}

#[test]
fn a_form_that_writes_from_a_no_reply_address_of_ours_starts_a_clock_all_the_same() {
    let desk = Desk::open().again_with("own_addresses = [\"noreply@firm.example\"]");
    let letter =
        Letter::new("form", "noreply@firm.example", US).with("Reply-To: vera@stone.example");
    let mut post = desk.sink();
    post.arrives(post.inbox, 1, &letter);
    post.end();
    assert_eq!(desk.due().len(), 2);
}

#[test]
fn a_known_client_who_uses_the_form_is_the_one_for_whom_the_clock_runs() {
    let desk = Desk::open();
    let matter = matter(&desk);
    let mut post = desk.sink();
    post.arrives(post.inbox, 1, &form("form"));
    post.end();
    party(&desk, "Vera Stone", &["vera@stone.example"], Some((matter, Role::Client)));
    assert_eq!(desk.due()[0].who.as_str(), "Vera Stone");
}

#[test]
fn what_we_send_to_ourselves_starts_nothing() {
    let to_us = |id| Letter::new(id, US, "desk@second.example");
    for letter in [
        to_us("note"),
        to_us("own-reply-to").with("Reply-To: alice@firm.example"),
        // A blind copy of what went to a client.
        Letter::new("copy", US, DANA),
        Letter::new("copy-own-reply-to", US, DANA).with("Reply-To: desk@second.example"),
    ] {
        let desk = Desk::open();
        let mut post = desk.sink();
        post.arrives(post.inbox, 1, &letter);
        post.end();
        assert!(desk.due().is_empty(), "{}", letter.id);
        assert!(!in_tray(&desk, &letter), "{}", letter.id);
    }
}

#[test]
fn a_form_that_lies_in_sent_too_was_ours_whichever_was_seen_first() {
    let question = Letter::new("question", DANA, US);
    let ours = Letter::new("ours", US, DANA)
        .with("Reply-To: alice@private.example")
        .answering(&question)
        .at(20);
    let mut pictures = Vec::new();
    for sent_first in [false, true] {
        let desk = Desk::open();
        desk.pass(60);
        let mut post = desk.sink();
        let (inbox, sent) = (post.inbox, post.sent);
        post.arrives(inbox, 1, &question);
        let places = if sent_first { [(sent, 1), (inbox, 2)] } else { [(inbox, 2), (sent, 1)] };
        for (mailbox, uid) in places {
            post.arrives(mailbox, uid, &ours);
            let turned = desk.thread(desk.thread_of(&ours)).messages[1].direction;
            let expected = if mailbox == inbox && !sent_first {
                Direction::Inbound
            } else {
                Direction::Outbound
            };
            assert_eq!(turned, expected);
        }
        post.end();
        assert!(desk.due().is_empty());
        let view = desk.thread(desk.thread_of(&ours));
        assert!(view.messages[1].remarks.is_empty());
        pictures.push((picture(&desk, &[question.clone(), ours.clone()]), view.messages[1].at));
    }
    assert_eq!(pictures[0], pictures[1]);
}

#[test]
fn another_copy_of_it_in_sent_proves_it_too() {
    let ours = form("ours");
    // On its way through a relay the copy in INBOX got one line more.
    let delivered = ours.clone().with("X-Relay: yes");
    for sent_first in [false, true] {
        let desk = Desk::open();
        let mut post = desk.sink();
        let (inbox, sent) = (post.inbox, post.sent);
        let mut places = vec![(inbox, &delivered), (sent, &ours)];
        if sent_first {
            places.reverse();
        }
        for (mailbox, letter) in places {
            post.arrives(mailbox, 1, letter);
        }
        post.end();
        assert!(desk.due().is_empty(), "sent first: {sent_first}");
        assert!(!in_tray(&desk, &ours));
    }
}

#[test]
fn an_answer_to_a_form_goes_to_the_visitor_and_stops_the_clock() {
    let desk = Desk::open();
    let letter = form("form");
    let mut post = desk.sink();
    let (inbox, sent) = (post.inbox, post.sent);
    post.arrives(inbox, 1, &letter);
    let start = Command::StartDraft {
        kind: ReplyKind::Reply,
        thread: Some(desk.thread_of(&letter)),
        parent: None,
    };
    let events = wait(desk.office.perform(start)).unwrap().events;
    let Some(Event::DraftReady(sheet)) = events.into_iter().next() else { panic!("no draft") };
    let to: Vec<_> = sheet.draft.to.iter().map(|who| who.address.as_str()).collect();
    assert_eq!(to, ["vera@stone.example"]);
    let answer = Letter::new("answer", US, "vera@stone.example").answering(&letter).at(30);
    post.arrives(sent, 1, &answer);
    assert!(desk.due().is_empty());
    post.end();
}

#[test]
fn a_visitor_who_uses_the_form_in_a_closed_matter_wakes_it_and_we_do_not() {
    for (in_sent, expected) in [(false, MatterStatus::ClosedInbound), (true, MatterStatus::Closed)]
    {
        let desk = Desk::open();
        let matter = matter(&desk);
        desk.pass(60);
        let mut post = desk.sink();
        let first = form("first");
        post.arrives(post.inbox, 1, &first);
        let threads = vec![desk.thread_of(&first)];
        wait(desk.office.perform(Command::Tag { threads, matter })).ok().unwrap();
        let store = desk.office.store();
        store
            .write_blocking("close", move |tx| {
                matters::set_status(tx, matter, MatterStatus::Closed)
            })
            .unwrap();
        let place = if in_sent { post.sent } else { post.inbox };
        post.arrives(place, 2, &form("second").answering(&first).at(5));
        post.end();
        let read = move |conn: &_| matters::get(conn, matter);
        assert_eq!(store.read_blocking("matter", read).unwrap().status, expected);
    }
}

/// Every order of three.
const ORDERS: [[usize; 3]; 6] = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];

#[test]
fn a_copy_to_which_a_relay_gave_another_id_is_shown_once_whichever_came_first() {
    let ours = Letter::new("ours", US, DANA);
    let named =
        |line: &str| Letter { id: "new@outlook.example".to_owned(), ..ours.clone().with(line) };
    let renamed = named("X-Microsoft-Original-Message-ID: <ours@test.example>");
    let letters = [ours.clone(), renamed, named("X-Relay: yes")];
    for order in ORDERS {
        let desk = Desk::open();
        let mut post = desk.sink();
        for (uid, which) in (1..).zip(order) {
            post.arrives(post.sent, uid, &letters[which]);
        }
        post.end();
        let view = desk.thread(desk.thread_of(&ours));
        assert_eq!(view.messages.len(), 1, "{order:?}");
        let Answer::Inbox(rows) = desk.ask(Query::Inbox { limit: 10 }) else { panic!("another") };
        assert_eq!((rows.len(), rows[0].messages), (1, 1), "{order:?}");
    }
}

/// Puts a letter into the record as it lay in a file of this date.
fn import(desk: &Desk, letter: &Letter, file: jiff::Timestamp) {
    let account = desk.office.store().write_blocking("account", |tx| {
        matterbox::store::accounts::ensure(tx, matterbox::store::accounts::IMPORTED, "", ten())
    });
    let mut incoming = letter.incoming(account.unwrap());
    incoming.internal_date = Some(file);
    incoming.first_seen = desk.office.now();
    let prepared = ingest::prepare(incoming, &matterbox::mail::Limits::default()).unwrap();
    desk.office.record_blocking(&vec![prepared].into()).unwrap();
}

#[test]
fn a_message_came_when_its_server_says_whether_the_file_or_the_mailbox_was_read_first() {
    let minutes = jiff::SignedDuration::from_mins;
    // (Date, date of the file, INTERNALDATE, expected), in minutes around ten.
    for (date, file, internal, expected) in [
        // Dated back by its sender, who does not say when it came.
        (-300, -300, 0, 0),
        (-300, 5, 0, 0),
        // The file was put on the server two days later: that is not when it came.
        (-3000, -2990, 0, -3000),
    ] {
        let letter = Letter::new("letter", DANA, US).at(date);
        let mut pictures = Vec::new();
        for file_first in [true, false] {
            let desk = Desk::open();
            desk.pass(60);
            let mut post = desk.sink();
            let lies = ten() + minutes(file);
            if file_first {
                import(&desk, &letter, lies);
            }
            post.arrives_raw(post.inbox, 1, letter.bytes(), ten() + minutes(internal));
            if !file_first {
                import(&desk, &letter, lies);
            }
            post.end();
            let view = desk.thread(desk.thread_of(&letter));
            assert_eq!(view.messages.len(), 1);
            let came = view.messages[0].at;
            if file_first {
                assert_eq!(came, ten() + minutes(expected), "{date} {file}");
            }
            assert!(view.clocks.iter().all(|clock| clock.started == came), "{date} {file}");
            pictures.push(came);
        }
        assert!(expected != 0 || pictures[0] == pictures[1], "{date} {file}");
    }
}

#[test]
fn of_two_mailboxes_the_one_that_tells_the_earlier_time_is_believed_whichever_was_read_first() {
    let letter = Letter::new("letter", DANA, US);
    for order in [[5, 9], [9, 5]] {
        let desk = Desk::open();
        desk.pass(60);
        let mut post = desk.sink();
        let other = post.folder("Clients");
        for (mailbox, after) in [post.inbox, other].into_iter().zip(order) {
            let at = ten() + jiff::SignedDuration::from_mins(after);
            post.arrives_raw(mailbox, 1, letter.bytes(), at);
        }
        post.end();
        let came = desk.thread(desk.thread_of(&letter)).messages[0].at;
        assert_eq!(came, ten() + jiff::SignedDuration::from_mins(5), "{order:?}");
    }
}

#[test]
fn a_copy_of_ours_in_the_inbox_is_proven_by_the_one_in_sent_under_another_id() {
    let ours = form("ours");
    let renamed = Letter { id: "new@outlook.example".to_owned(), ..ours.clone() }
        .with("X-Microsoft-Original-Message-ID: <ours@test.example>");
    for (inbox, sent) in [(&ours, &renamed), (&renamed, &ours)] {
        for sent_first in [false, true] {
            let desk = Desk::open();
            let mut post = desk.sink();
            let mut places = vec![(post.inbox, inbox), (post.sent, sent)];
            if sent_first {
                places.reverse();
            }
            for (mailbox, letter) in places {
                post.arrives(mailbox, 1, letter);
            }
            post.end();
            assert!(desk.due().is_empty(), "{} in the inbox, sent first: {sent_first}", inbox.id);
        }
    }
}

#[test]
fn nobody_hides_what_another_sent_by_claiming_its_id() {
    // Two that say nothing but for their attachments, and one that claims to be both.
    let mut letters: Vec<Letter> =
        ["one", "two", "claims"].map(|id| Letter::new(id, DANA, US)).into();
    for letter in &mut letters {
        letter.text.clear();
    }
    for id in ["one", "two"] {
        letters[2] =
            letters[2].clone().with(&format!("X-Original-Message-ID: <{id}@test.example>"));
    }
    for order in ORDERS {
        let desk = Desk::open();
        let mut post = desk.sink();
        for (uid, which) in (1..).zip(order) {
            post.arrives(post.inbox, uid, &letters[which]);
        }
        post.end();
        assert_eq!(desk.thread(desk.thread_of(&letters[0])).messages.len(), 3, "{order:?}");
    }
}

#[test]
fn another_text_that_claims_an_id_of_before_is_shown_beside_it() {
    let ours = Letter::new("ours", US, DANA);
    let mut other =
        Letter::new("other", DANA, US).with("X-Microsoft-Original-Message-ID: <ours@test.example>");
    other.text = "Something else altogether.".to_owned();
    for letters in [[&ours, &other], [&other, &ours]] {
        let desk = Desk::open();
        desk.import(&letters);
        assert_eq!(desk.thread(desk.thread_of(&ours)).messages.len(), 2);
    }
}

#[test]
fn conversations_that_turn_out_to_be_one_are_joined_and_the_trail_says_so() {
    let desk = Desk::open();
    let about = |id: &str| Letter { subject: "The lease".to_owned(), ..Letter::new(id, DANA, US) };
    let (one, two) = (about("one"), about("two"));
    desk.import(&[&one, &two]);
    assert_ne!(desk.thread_of(&one), desk.thread_of(&two));
    let both = about("both").with("References: <one@test.example> <two@test.example>");
    desk.import(&[&both]);
    assert_eq!(desk.thread_of(&one), desk.thread_of(&two));
    let read = |conn: &_| matterbox::store::audit::latest(conn, 50);
    let trail = desk.office.store().read_blocking("trail", read).unwrap();
    assert_eq!(trail.iter().filter(|(_, entry)| entry.kind == "threads-merged").count(), 1);
}
