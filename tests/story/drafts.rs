//! A draft that is kept lies in the server's Drafts, once and as it would go out, until it is sent or thrown away; what
//! another program does to it there is never overwritten.

use matterbox::{
    app::{
        command::{Command, Operate},
        event::{DraftSheet, Event},
        rows::{Answer, OperationView, Query},
    },
    domain::{
        address::{EmailAddress, NamedAddress},
        draft::ReplyKind,
    },
    store::operations,
};

use crate::{
    desk::{Desk, Home, Look, Setup},
    letters::Letter,
    support::servers::{Servers, Stored},
};

fn office(setup: impl FnOnce(&mut Setup)) -> (String, Home) {
    let us = Servers::fresh_user();
    let to = Servers::address(&us);
    let letter = Letter::new("m1@out.example", "kofi@out.example", &to, "The lease")
        .saying("May I let the garden?\n");
    Servers::get().seed(&us, [letter.bytes().as_slice()]);
    let mut settings = Setup::of(&us);
    setup(&mut settings);
    (us, Home::new(&settings))
}

fn open(home: &Home) -> Desk {
    let mut desk = home.open();
    desk.online();
    desk
}

fn drafts(us: &str) -> Vec<Stored> {
    Servers::get().messages(us, "Drafts")
}

fn text(stored: &Stored) -> String {
    String::from_utf8(stored.bytes.clone()).unwrap()
}

fn begin(desk: &mut Desk) -> DraftSheet {
    let thread = desk.thread("m1@out.example");
    desk.start(ReplyKind::Reply, Some(thread))
}

/// Closes the composer with these words in it.
fn keep(desk: &mut Desk, sheet: &mut DraftSheet, words: &str) {
    words.clone_into(&mut sheet.draft.body);
    desk.ask(Command::KeepDraft(Box::new(sheet.draft.clone())));
    let id = sheet.draft.id;
    desk.event("kept", |event| match event {
        Event::Described { draft, .. } if draft == id => Some(()),
        _ => None,
    });
}

fn waiting(desk: &Desk) -> Vec<OperationView> {
    match desk.answer(Query::Operations) {
        Answer::Operations(rows) => rows,
        _ => panic!("not operations"),
    }
}

fn settled(desk: &mut Desk) {
    desk.until("the server has acknowledged everything", |office| {
        office.look(operations::open_counts).0 == 0
    });
}

/// Until the one thing that waits needs a person; gives it.
fn stuck(desk: &mut Desk) -> OperationView {
    desk.until("something is stuck", |office| office.look(operations::open_counts) == (1, 1));
    waiting(desk).remove(0)
}

#[test]
fn a_draft_that_is_kept_lies_in_drafts_as_it_would_go_out() {
    let (us, home) = office(|_| ());
    let mut desk = open(&home);
    let mut sheet = begin(&mut desk);
    sheet.draft.bcc = vec![NamedAddress::bare(EmailAddress::parse("silent@out.example").unwrap())];
    keep(&mut desk, &mut sheet, "Dear Kofi,\n\nnot before spring.");
    settled(&mut desk);
    let there = drafts(&us);
    assert_eq!(there.len(), 1);
    assert_eq!(there[0].flags, ["\\Draft", "\\Seen"]);
    let text = text(&there[0]);
    for words in [
        "Dear Kofi,\r\n\r\nnot before spring.",
        "Bcc: silent@out.example\r\n",
        "To: kofi@out.example\r\n",
        "In-Reply-To: <m1@out.example>\r\n",
        "> May I let the garden?",
        "Tan & Partners",
    ] {
        assert!(text.contains(words), "{words:?} is missing in {text}");
    }
    assert!(!text.to_lowercase().contains("matterbox") && !text.contains("X-"), "{text}");
    desk.close();
}

#[test]
fn a_changed_draft_takes_the_place_of_the_old_one_and_an_unchanged_one_stays() {
    let (us, home) = office(|_| ());
    let mut desk = open(&home);
    let mut sheet = begin(&mut desk);
    keep(&mut desk, &mut sheet, "One.");
    settled(&mut desk);
    let first = drafts(&us)[0].uid;
    keep(&mut desk, &mut sheet, "One.");
    settled(&mut desk);
    assert_eq!(drafts(&us)[0].uid, first, "nothing was said to the server");
    keep(&mut desk, &mut sheet, "Two.");
    settled(&mut desk);
    let there = drafts(&us);
    assert_eq!(there.len(), 1);
    assert!(text(&there[0]).contains("\r\n\r\nTwo."));
    desk.close();
}

#[test]
fn without_a_connection_only_the_last_words_reach_the_server() {
    let (us, home) = office(|_| ());
    open(&home).close();
    let office = home.office();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let thread = office.thread("m1@out.example");
    runtime.block_on(async {
        let mut sheet = office.start_draft(ReplyKind::Reply, Some(thread), None).await.unwrap();
        for words in ["One.", "Two.", "Three."] {
            words.clone_into(&mut sheet.draft.body);
            let keep = Command::KeepDraft(Box::new(sheet.draft.clone()));
            assert!(office.perform(keep).await.is_ok());
        }
    });
    office.store().shutdown();
    assert!(drafts(&us).is_empty());
    let mut desk = open(&home);
    settled(&mut desk);
    let there = drafts(&us);
    assert_eq!((there.len(), there[0].uid), (1, 1), "no other was ever there");
    assert!(text(&there[0]).contains("Three."));
    desk.close();
}

#[test]
fn a_draft_that_is_sent_or_thrown_away_leaves_drafts_and_nothing_else_does() {
    let (us, home) = office(|_| ());
    let mut desk = open(&home);
    let foreign = b"Message-ID: <f@out.example>\r\nSubject: Somebody else's\r\n\r\n.\r\n";
    Servers::get().append(&us, "Drafts", true, foreign);
    // Another program has marked its own for deletion: a plain EXPUNGE would take it.
    let mut door = Servers::get().back_door(&us);
    door.select("Drafts").unwrap();
    door.uid_store("1", "+FLAGS (\\Deleted)").unwrap();
    door.logout().unwrap();
    let mut sheet = begin(&mut desk);
    keep(&mut desk, &mut sheet, "To be sent.");
    settled(&mut desk);
    assert_eq!(drafts(&us).len(), 2);
    desk.send(&sheet, None);
    settled(&mut desk);
    assert_eq!(drafts(&us).iter().map(|one| one.uid).collect::<Vec<_>>(), [1]);
    let mut sheet = begin(&mut desk);
    keep(&mut desk, &mut sheet, "To be thrown away.");
    settled(&mut desk);
    assert_eq!(drafts(&us).len(), 2);
    desk.ask(Command::DiscardDraft(sheet.draft.id));
    desk.until("it is out of Drafts", |_| drafts(&us).len() == 1);
    settled(&mut desk);
    assert_eq!(drafts(&us)[0].uid, 1);
    desk.close();
}

/// Another program opens the draft, writes on, and puts its own version in the place of ours.
fn edit_elsewhere(us: &str) {
    let ours = drafts(us).remove(0);
    let theirs = text(&ours).replace("Ours.", "Theirs.");
    Servers::get().append(us, "Drafts", true, theirs.as_bytes());
    let mut door = Servers::get().back_door(us);
    door.select("Drafts").unwrap();
    door.uid_store(ours.uid.to_string(), "+FLAGS (\\Deleted)").unwrap();
    door.uid_expunge(ours.uid.to_string()).unwrap();
    door.logout().unwrap();
}

#[test]
fn a_draft_that_another_program_changed_is_not_overwritten_and_a_person_decides() {
    let (us, home) = office(|_| ());
    let mut desk = open(&home);
    let mut sheet = begin(&mut desk);
    keep(&mut desk, &mut sheet, "Ours.");
    settled(&mut desk);
    edit_elsewhere(&us);
    keep(&mut desk, &mut sheet, "Ours, and more.");
    let row = stuck(&mut desk);
    let words = row.state.to_string();
    assert!(words.contains("another program changed, sent or removed"), "{words}");
    assert_eq!(drafts(&us).len(), 1);
    assert!(text(&drafts(&us)[0]).contains("Theirs."), "it was overwritten");
    // Writing on changes nothing in that: the person has to decide.
    keep(&mut desk, &mut sheet, "Ours, and still more.");
    desk.sync();
    assert_eq!((drafts(&us).len(), waiting(&desk).len()), (1, 1));
    desk.ask(Command::Operate(Operate::Retry(row.id)));
    desk.until("both lie there", |_| drafts(&us).len() == 2);
    settled(&mut desk);
    let there: Vec<String> = drafts(&us).iter().map(text).collect();
    assert!(there[0].contains("Theirs.") && there[1].contains("Ours, and still more."));
    desk.close();
}

#[test]
fn a_draft_that_another_program_sent_or_changed_is_said_when_it_goes_out_from_here() {
    let (us, home) = office(|_| ());
    let mut desk = open(&home);
    let mut sheet = begin(&mut desk);
    keep(&mut desk, &mut sheet, "Ours.");
    settled(&mut desk);
    edit_elsewhere(&us);
    desk.send(&sheet, None);
    desk.event("the warning", |event| match event {
        Event::Notice(notice) if notice.text.as_str().contains("does not go out twice") => Some(()),
        _ => None,
    });
    assert!(text(&drafts(&us)[0]).contains("Theirs."));
    settled(&mut desk);
    desk.close();
}

#[test]
fn with_drafts_at_home_nothing_of_a_draft_reaches_the_server() {
    let (us, mut home) = office(|setup| setup.more = "[drafts]\non_server = false\n".to_owned());
    let mut desk = open(&home);
    let mut sheet = begin(&mut desk);
    keep(&mut desk, &mut sheet, "Between ourselves.");
    settled(&mut desk);
    assert!(drafts(&us).is_empty());
    desk.close();
    // Whoever turns it off later takes out what lies there with the next words.
    home.change(|setup| setup.more.clear());
    let mut desk = open(&home);
    keep(&mut desk, &mut sheet, "No secret.");
    settled(&mut desk);
    assert_eq!(drafts(&us).len(), 1);
    desk.close();
    home.change(|setup| setup.more = "[drafts]\non_server = false\n".to_owned());
    let mut desk = open(&home);
    keep(&mut desk, &mut sheet, "A secret again.");
    settled(&mut desk);
    assert!(drafts(&us).is_empty());
    desk.close();
}
