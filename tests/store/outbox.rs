//! The states of the outbox: which may follow which, and what is never lost.

use std::sync::Arc;

use matterbox::{
    domain::{
        confidential::Confidential,
        draft::{Draft, Enclosure, ReplyKind},
        id::{AccountId, DraftId, OutboxId},
        message::MessageId,
        outbox::Envelope,
    },
    store::{
        Result, Store, StoreError, drafts,
        outbox::{self, NewOutbox, OutboxState, Verdict},
    },
};
use rusqlite::Transaction;

use crate::support::{account, address, at, named, open};

pub fn draft() -> Draft {
    Draft {
        id: DraftId::new(0),
        kind: ReplyKind::Reply,
        thread: None,
        parent: None,
        matter: None,
        from: named("Alice Tan", "alice@firm.example"),
        to: vec![named("Kofi Mensah", "kofi@mensah.example")],
        cc: vec![],
        bcc: vec![named("", "file@firm.example")],
        subject: "Re: lease".to_owned(),
        body: "No, he cannot.".to_owned(),
        quote: String::new(),
        attachments: vec![],
        privilege: None,
        holding: None,
    }
}

pub fn sealed(account: AccountId, id: &str, not_before: i64) -> NewOutbox {
    NewOutbox {
        account,
        draft: draft(),
        message_id: MessageId::new(id).unwrap(),
        bytes: b"Subject: Re: lease\r\n\r\nNo, he cannot.\r\n".to_vec(),
        envelope: Envelope::new(
            address("alice@firm.example"),
            [address("kofi@mensah.example"), address("file@firm.example")],
        )
        .unwrap(),
        shown_to: "Kofi Mensah".to_owned(),
        not_before: at(not_before),
        scheduled: false,
    }
}

fn write<T: Send + 'static>(
    store: &Store,
    case: impl FnOnce(&Transaction<'_>) -> Result<T> + Send + 'static,
) -> Result<T> {
    store.write_durable_blocking("test", case)
}

fn queued(store: &Store, id: &'static str, not_before: i64) -> OutboxId {
    write(store, move |tx| {
        let account = account(tx)?;
        outbox::queue(tx, &sealed(account, id, not_before), at(0))
    })
    .unwrap()
}

fn state(store: &Store, id: OutboxId) -> OutboxState {
    store.read_blocking("state", move |conn| outbox::get(conn, id)).unwrap().state
}

#[test]
fn nothing_leaves_before_its_time_and_then_the_oldest_first() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap();
    let late = queued(&store, "late@firm", 20);
    let early = queued(&store, "early@firm", 10);
    let claim = |second| write(&store, move |tx| outbox::claim_next(tx, None, at(second))).unwrap();
    assert!(claim(9).is_none());
    let next = store.read_blocking("next", |conn| outbox::next_departure(conn, None)).unwrap();
    assert_eq!(next, Some(at(10)));
    let first = claim(30).unwrap();
    assert_eq!((first.id, first.attempt), (early, 1));
    assert_eq!(claim(30).unwrap().id, late);
    assert!(claim(30).is_none(), "a message under way is not claimed twice");
}

#[test]
fn the_envelope_and_the_bytes_are_those_that_were_sealed() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap();
    queued(&store, "a@firm", 0);
    let claimed = write(&store, |tx| outbox::claim_next(tx, None, at(1))).unwrap().unwrap();
    let want = sealed(claimed.account, "a@firm", 0);
    assert!(claimed.envelope == want.envelope, "Bcc is in the envelope");
    assert_eq!(claimed.bytes, want.bytes);
}

#[test]
fn an_attempt_ends_in_the_state_that_its_verdict_says() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap();
    let reply = || "250 2.0.0 Ok: queued as 4F".to_owned();
    let verdicts = [
        ("a@f", Verdict::Accepted { reply: reply() }, OutboxState::Sent),
        ("b@f", Verdict::Later { reply: reply() }, OutboxState::Deferred),
        ("c@f", Verdict::Never { reply: reply() }, OutboxState::Refused),
        ("d@f", Verdict::Unknown { reply: reply() }, OutboxState::Unknown),
    ];
    for (id, verdict, want) in verdicts {
        let item = queued(&store, id, 0);
        let claimed = write(&store, |tx| outbox::claim_next(tx, None, at(5))).unwrap().unwrap();
        assert_eq!(claimed.id, item);
        write(&store, move |tx| outbox::finish(tx, item, &verdict, at(6))).unwrap();
        let row = store.read_blocking("row", move |conn| outbox::get(conn, item)).unwrap();
        assert_eq!((row.state, row.reply.as_str()), (want, reply().as_str()));
        assert_eq!(row.sent_at, (want == OutboxState::Sent).then(|| at(6)));
    }
    let again = write(&store, |tx| outbox::claim_next(tx, None, at(65))).unwrap();
    assert!(again.is_none(), "refused, unknown and sent never go again; deferred not yet");
    let again = write(&store, |tx| outbox::claim_next(tx, None, at(66))).unwrap().unwrap();
    assert_eq!(again.attempt, 2);
}

#[test]
fn a_verdict_without_an_attempt_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap();
    let item = queued(&store, "a@firm", 0);
    let accepted = Verdict::Accepted { reply: String::new() };
    let wrong = write(&store, move |tx| outbox::finish(tx, item, &accepted, at(1)));
    assert!(matches!(wrong, Err(StoreError::Transition { from: "queued", to: "sent" })));
    assert_eq!(state(&store, item), OutboxState::Queued);
}

#[test]
fn a_cancelled_message_is_a_draft_again_and_its_row_stays() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap();
    let original = write(&store, |tx| drafts::create(tx, &draft(), at(0))).unwrap();
    let id = original.id;
    let item = write(&store, move |tx| {
        let account = account(tx)?;
        outbox::queue(tx, &NewOutbox { draft: original, ..sealed(account, "a@firm", 10) }, at(0))
    })
    .unwrap();
    let gone = store.read_blocking("draft", move |conn| drafts::get(conn, id));
    assert!(matches!(gone, Err(StoreError::NotFound { .. })), "queued drafts are no drafts");
    let back = write(&store, move |tx| outbox::cancel(tx, item, at(5))).unwrap();
    assert!(Draft { id: DraftId::new(0), ..back.clone() } == draft(), "every word and recipient");
    assert!(store.read_blocking("draft", move |conn| drafts::get(conn, back.id)).is_ok());
    assert_eq!(state(&store, item), OutboxState::Cancelled);
    let none = write(&store, |tx| outbox::claim_next(tx, None, at(100))).unwrap();
    assert!(none.is_none());
}

#[test]
fn a_message_under_way_cannot_be_cancelled() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap();
    let item = queued(&store, "a@firm", 0);
    write(&store, |tx| outbox::claim_next(tx, None, at(1))).unwrap();
    let refused = write(&store, move |tx| outbox::cancel(tx, item, at(2)));
    assert!(matches!(refused, Err(StoreError::Transition { from: "sending", .. })));
}

#[test]
fn only_a_person_or_the_sent_mailbox_settles_an_unknown_message() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap();
    let unknown = |id| {
        let item = queued(&store, id, 0);
        write(&store, |tx| outbox::claim_next(tx, None, at(1))).unwrap();
        write(&store, |tx| outbox::recover_at_start(tx, at(2))).unwrap();
        item
    };
    let went_out = unknown("a@firm");
    write(&store, move |tx| outbox::settle_sent(tx, went_out, at(3))).unwrap();
    let row = store.read_blocking("row", move |conn| outbox::get(conn, went_out)).unwrap();
    assert_eq!((row.state, row.sent_at), (OutboxState::Sent, Some(at(1))), "at its attempt");
    let seen = unknown("b@firm");
    write(&store, move |tx| outbox::observe_sent(tx, seen, at(3))).unwrap();
    let row = store.read_blocking("row", move |conn| outbox::get(conn, seen)).unwrap();
    assert_eq!((row.state, row.filed), (OutboxState::Sent, true));
    let again = unknown("c@firm");
    write(&store, move |tx| outbox::settle_again(tx, again, at(3))).unwrap();
    let claimed = write(&store, |tx| outbox::claim_next(tx, None, at(4))).unwrap().unwrap();
    assert_eq!((claimed.id, claimed.attempt), (again, 2));
}

#[test]
fn after_five_days_without_success_a_message_is_refused_and_a_person_s_word_starts_anew() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap();
    let item = queued(&store, "a@firm", 0);
    let attempt = |second| {
        write(&store, move |tx| {
            outbox::claim_next(tx, None, at(second))?;
            let later = Verdict::Later { reply: "451 4.3.0 later".to_owned() };
            outbox::finish(tx, item, &later, at(second + 1))
        })
        .unwrap()
    };
    let day = 86_400;
    assert_eq!(attempt(10), OutboxState::Deferred);
    assert_eq!(attempt(4 * day), OutboxState::Deferred);
    assert_eq!(attempt(5 * day + 10), OutboxState::Refused);
    let row = store.read_blocking("row", move |conn| outbox::get(conn, item)).unwrap();
    assert_eq!(row.reply, "451 4.3.0 later", "the relay's last words stay");
    write(&store, move |tx| outbox::settle_again(tx, item, at(6 * day))).unwrap();
    assert_eq!(attempt(6 * day + 1), OutboxState::Deferred);
}

#[test]
fn one_message_id_is_never_queued_twice() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap();
    queued(&store, "a@firm", 0);
    let twice = write(&store, |tx| {
        let account = account(tx)?;
        outbox::queue(tx, &sealed(account, "a@firm", 0), at(0))
    });
    assert!(twice.is_err());
}

#[test]
fn a_sent_message_waits_to_be_filed_until_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap();
    let item = queued(&store, "a@firm", 0);
    let claimed = write(&store, |tx| outbox::claim_next(tx, None, at(1))).unwrap().unwrap();
    let accepted = Verdict::Accepted { reply: "250".to_owned() };
    write(&store, move |tx| outbox::finish(tx, item, &accepted, at(2))).unwrap();
    let account = claimed.account;
    let waiting = |label| {
        store.read_blocking(label, move |conn| Ok(outbox::unfiled(conn, account)?.len())).unwrap()
    };
    assert_eq!(waiting("before"), 1);
    write(&store, move |tx| outbox::mark_filed(tx, item)).unwrap();
    assert_eq!(waiting("after"), 0);
}

fn file(name: &str, content: &[u8]) -> Enclosure {
    let bytes = Arc::new(Confidential::new(content.to_vec()));
    Enclosure { name: name.to_owned(), media_type: "application/pdf".to_owned(), bytes }
}

/// How many files the record keeps for drafts.
fn files(store: &Store) -> i64 {
    let count = |conn: &rusqlite::Connection| {
        Ok(conn.query_row("SELECT count(*) FROM enclosure", [], |row| row.get(0))?)
    };
    store.read_blocking("files", count).unwrap()
}

#[test]
fn a_file_is_kept_once_for_all_that_need_it_and_goes_with_the_last() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap();
    let with =
        Draft { attachments: vec![file("a.pdf", b"lease"), file("b.pdf", b"plan")], ..draft() };
    let first = write(&store, {
        let with = with.clone();
        move |tx| drafts::create(tx, &with, at(0))
    });
    let first = first.unwrap();
    let second = write(&store, move |tx| drafts::create(tx, &with, at(0))).unwrap();
    assert_eq!(files(&store), 2, "twice the same files");
    // One is taken off in one of them, then that one is thrown away.
    let fewer = Draft { attachments: vec![file("a.pdf", b"lease")], ..second.clone() };
    write(&store, move |tx| drafts::save(tx, &fewer, at(1))).unwrap();
    assert_eq!(files(&store), 2);
    let id = second.id;
    write(&store, move |tx| drafts::delete(tx, id)).unwrap();
    let id = first.id;
    let back = store.read_blocking("draft", move |conn| drafts::get(conn, id)).unwrap();
    assert!(back == first, "every byte of every file");
    write(&store, move |tx| drafts::delete(tx, id)).unwrap();
    assert_eq!(files(&store), 0);
}

#[test]
fn the_files_of_a_message_come_back_until_it_has_left() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap();
    let with = Draft { attachments: vec![file("a.pdf", b"lease")], ..draft() };
    let queued = |id: &'static str| {
        let with = with.clone();
        write(&store, move |tx| {
            let draft = drafts::create(tx, &with, at(0))?;
            let account = account(tx)?;
            outbox::queue(tx, &NewOutbox { draft, ..sealed(account, id, 0) }, at(0))
        })
        .unwrap()
    };
    let stopped = queued("a@firm");
    let back = write(&store, move |tx| outbox::cancel(tx, stopped, at(1))).unwrap();
    assert!(back.attachments == with.attachments);
    write(&store, move |tx| drafts::delete(tx, back.id)).unwrap();
    let left = queued("b@firm");
    write(&store, |tx| outbox::claim_next(tx, None, at(1))).unwrap();
    let accepted = Verdict::Accepted { reply: "250".to_owned() };
    write(&store, move |tx| outbox::finish(tx, left, &accepted, at(2))).unwrap();
    assert_eq!(files(&store), 0, "its own bytes hold them");
}

#[test]
fn a_draft_of_the_former_version_with_its_files_inside_is_read_and_rewritten() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap();
    let kept = write(&store, |tx| drafts::create(tx, &draft(), at(0))).unwrap();
    let id = kept.id;
    write(&store, move |tx| {
        tx.execute(
            "UPDATE draft SET content = replace(content, '\"attachments\":[]',
             '\"attachments\":[{\"name\":\"a.pdf\",\"media_type\":\"application/pdf\",\"bytes\":\"bGVhc2U=\"}]')",
            [],
        )?;
        Ok(())
    })
    .unwrap();
    let read = store.read_blocking("draft", move |conn| drafts::get(conn, id)).unwrap();
    assert!(read.attachments == vec![file("a.pdf", b"lease")]);
    write(&store, move |tx| drafts::save(tx, &read, at(1))).unwrap();
    assert_eq!(files(&store), 1);
    let again = store.read_blocking("draft", move |conn| drafts::get(conn, id)).unwrap();
    assert!(again.attachments == vec![file("a.pdf", b"lease")]);
}
