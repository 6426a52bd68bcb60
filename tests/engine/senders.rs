//! Who really wrote: imitations and forms, whatever came first, the mail or what the office knows.

use std::future::Future;

use matterbox::{
    app::{
        command::Command,
        event::Event,
        rows::{Answer, Query},
    },
    domain::{
        draft::ReplyKind,
        id::MatterId,
        matter::{MatterNumber, Role},
        message::Direction,
    },
};

use super::support::{Desk, Letter, Post, address};

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
