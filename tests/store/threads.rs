//! Conversations in the record: joined, merged, tagged, contested.

use matterbox::{
    domain::{
        audit::Actor,
        draft::Draft,
        id::{MatterId, MessageKey, ThreadId},
        matter::Role,
        tagging::{Reason, Suggestion, Tagged, Tagging, resolve},
    },
    store::{
        Store, StoreError, clocks, drafts, lists, marks,
        matters::{self, NewMatter},
        messages, tags, threads,
    },
};

use crate::support::{Mail, account, address, at, fill, open};

fn matter(store: &Store, number: &'static str) -> MatterId {
    store
        .write_durable_blocking("matter", move |tx| {
            let new = NewMatter {
                number: number.parse().unwrap(),
                name: format!("Matter {number}"),
                policy: String::new(),
                footer: String::new(),
            };
            matters::add(tx, &new, at(0))
        })
        .unwrap()
}

fn tag(store: &Store, thread: ThreadId, matter: MatterId, second: i64) {
    store
        .write_durable_blocking("tag", move |tx| {
            let tag = Tagged { matter, by: Actor::Person("alice".into()), at: at(second) };
            tags::tag_thread(tx, thread, &tag, "person")?;
            threads::refresh(tx, [thread])
        })
        .unwrap();
}

fn tagging(store: &Store, thread: ThreadId) -> Tagging {
    let tags = store.read_blocking("tags", move |conn| tags::of_thread(conn, thread)).unwrap();
    resolve(&tags.into_iter().map(|t| t.tag).collect::<Vec<_>>(), vec![])
}

#[test]
fn a_parent_that_comes_late_merges_two_conversations_and_the_older_identity_stays() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap();
    let first = fill(
        &store,
        &[Mail::new("a@x", "lease").at(1), Mail::new("c@x", "rent").answering("b@x").at(3)],
    );
    let (left, right) = (first[0].1, first[1].1);
    assert_ne!(left, right);
    store
        .write_durable_blocking("mark", move |tx| {
            let star = marks::NewMark {
                thread: right,
                message: None,
                kind: marks::STAR,
                at: at(5),
                by: Actor::System,
                reason: String::new(),
                data: String::new(),
            };
            marks::set(tx, &star)
        })
        .unwrap();
    let bridge = Mail::new("b@x", "lease").answering("a@x").at(2);
    let (_, thread) = store
        .write_blocking("bridge", move |tx| {
            let account = account(tx)?;
            bridge.store(tx, account)
        })
        .unwrap();
    assert_eq!(thread, left);
    let (now, summary, all) = store
        .read_blocking("after", move |conn| {
            Ok((
                threads::current(conn, right)?,
                threads::get(conn, left)?,
                messages::of_thread(conn, left)?,
            ))
        })
        .unwrap();
    assert_eq!(now, left, "the old identity still finds it");
    assert_eq!((summary.messages, summary.unread), (3, 3));
    assert!(summary.bits.starred, "the star moved along");
    let ids: Vec<String> =
        all.iter().map(|m| m.message_id.as_ref().unwrap().as_str().to_owned()).collect();
    assert_eq!(ids, ["a@x", "b@x", "c@x"]);
    let gone = store.read_blocking("gone", move |conn| threads::get(conn, right));
    assert!(matches!(gone, Err(StoreError::NotFound { .. })));
}

#[test]
fn two_matters_that_meet_in_one_conversation_are_contested_and_both_tags_stay() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap();
    let (one, two) = (matter(&store, "2026-0001"), matter(&store, "2026-0002"));
    let made =
        fill(&store, &[Mail::new("a@x", "lease"), Mail::new("c@x", "rent").answering("b@x")]);
    tag(&store, made[0].1, one, 10);
    tag(&store, made[1].1, two, 20);
    fill(&store, &[Mail::new("b@x", "lease").answering("a@x")]);
    let thread = made[0].1;
    let claim =
        |matter, second| Tagged { matter, by: Actor::Person("alice".into()), at: at(second) };
    assert_eq!(
        tagging(&store, thread),
        Tagging::Contested { a: claim(one, 10), b: claim(two, 20) }
    );
    let row = store.read_blocking("row", move |conn| threads::get(conn, thread)).unwrap();
    assert_eq!((row.matter, row.contender), (Some(one), Some(two)));
    tag(&store, thread, two, 30);
    assert_eq!(tagging(&store, thread), Tagging::Tagged(claim(two, 30)), "a person decided");
    let row = store.read_blocking("row", move |conn| threads::get(conn, thread)).unwrap();
    assert_eq!((row.matter, row.contender), (Some(two), None));
}

#[test]
fn a_tag_is_undone_to_exactly_what_was_before() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap();
    let (one, two) = (matter(&store, "2026-0001"), matter(&store, "2026-0002"));
    let made =
        fill(&store, &[Mail::new("a@x", "lease"), Mail::new("b@x", "lease").answering("a@x")]);
    let thread = made[0].1;
    let messages: Vec<MessageKey> = made.iter().map(|(key, _)| *key).collect();
    tag(&store, thread, one, 10);
    store
        .write_durable_blocking("undo", move |tx| {
            let before = tags::of_thread(tx, thread)?;
            let tag = Tagged { matter: two, by: Actor::System, at: at(20) };
            let undo = tags::tag_thread(tx, thread, &tag, "person")?;
            assert_eq!(undo, before);
            tags::reset(tx, &messages, &undo)?;
            assert_eq!(tags::of_thread(tx, thread)?, before);
            Ok(())
        })
        .unwrap();
}

#[test]
fn untagged_lists_only_what_came_from_outside_and_has_no_matter() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap();
    let one = matter(&store, "2026-0001");
    let made = fill(
        &store,
        &[
            Mail::new("a@x", "lease").at(1),
            Mail::new("b@x", "rent").at(2),
            Mail::new("c@x", "ours").sent().at(3),
        ],
    );
    tag(&store, made[0].1, one, 10);
    let rows = store.read_blocking("untagged", |conn| lists::untagged(conn, 10)).unwrap();
    let subjects: Vec<&str> = rows.iter().map(|row| row.thread.subject.as_str()).collect();
    assert_eq!(subjects, ["rent"]);
    let counts = store.read_blocking("counts", |conn| lists::counts(conn, at(0))).unwrap();
    assert_eq!((counts.untagged, counts.unread, counts.stored, counts.known), (1, 2, 3, 3));
}

#[test]
fn a_copy_of_a_message_is_shown_once_and_another_message_with_its_id_is_flagged() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap();
    // The same text under another subject line gives other bytes: a list's copy.
    let made = fill(
        &store,
        &[
            Mail::new("a@x", "lease"),
            Mail::new("a@x", "[list] lease").at(3),
            Mail::new("a@x", "lease").saying("something else").at(4),
        ],
    );
    let thread = made[0].1;
    assert!(made.iter().all(|(_, t)| *t == thread));
    let rows = store.read_blocking("rows", move |conn| messages::of_thread(conn, thread)).unwrap();
    assert_eq!(rows[1].instance_of, Some(made[0].0));
    assert_eq!((rows[2].instance_of, rows[2].bits.id_collision), (None, true));
    assert!(rows[0].bits.id_collision, "both are suspect, whichever came first");
    let row = store.read_blocking("row", move |conn| threads::get(conn, thread)).unwrap();
    assert_eq!(row.messages, 2);
}

#[test]
fn headers_come_back_as_they_went_in() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap();
    let mail = Mail::new("b@x", "Straße").answering("a@x");
    let key: MessageKey = fill(&store, std::slice::from_ref(&mail))[0].0;
    let headers = store.read_blocking("h", move |conn| messages::headers(conn, key)).unwrap();
    assert!(headers == mail.headers());
}

#[test]
fn reading_a_thread_marks_it_read_in_the_lists() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap();
    let (key, thread) = fill(&store, &[Mail::new("a@x", "lease")])[0];
    let changed = store
        .write_durable_blocking("read", move |tx| {
            let changed = messages::mark_read(tx, thread)?;
            threads::refresh(tx, [thread])?;
            Ok(changed)
        })
        .unwrap();
    assert_eq!(changed, [key]);
    let counts = store.read_blocking("counts", |conn| lists::counts(conn, at(0))).unwrap();
    assert_eq!(counts.unread, 0);
}

#[test]
fn everything_a_clock_is_made_from_is_collected() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap();
    let one = matter(&store, "2026-0001");
    store
        .write_durable_blocking("people", move |tx| {
            let kofi =
                matters::add_party(tx, "Kofi Mensah", &[address("kofi@mensah.example")], at(0))?;
            matters::set_role(tx, one, kofi, Role::Client)
        })
        .unwrap();
    let made = fill(
        &store,
        &[
            Mail::new("a@x", "lease").at(1),
            Mail::new("b@x", "Re: lease").answering("a@x").sent().at(9),
        ],
    );
    let thread = made[0].1;
    tag(&store, thread, one, 5);
    let inputs = store.read_blocking("inputs", move |conn| clocks::inputs(conn, thread)).unwrap();
    assert_eq!(inputs.messages.len(), 2);
    let answer = &inputs.messages[1];
    assert_eq!(answer.recipients, [address("kofi@mensah.example")]);
    assert_eq!(answer.in_reply_to[0].as_str(), "a@x");
    assert_eq!(answer.matter, Some(one));
    let (matter, _) = &inputs.matters[0];
    assert_eq!(matter.participants[0].role, Role::Client);
    let rows = store.read_blocking("matters", lists::matters).unwrap();
    assert_eq!((rows[0].clients.as_str(), rows[0].last_update), ("Kofi Mensah", Some(at(9))));
}

#[test]
fn a_matter_number_is_given_once_whatever_its_case() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap();
    matter(&store, "AB-1");
    let taken = store.write_durable_blocking("again", |tx| {
        let new = NewMatter {
            number: "ab-1".parse().unwrap(),
            name: String::new(),
            policy: String::new(),
            footer: String::new(),
        };
        matters::add(tx, &new, at(0))
    });
    assert!(matches!(taken, Err(StoreError::Taken { .. })));
}

#[test]
fn suggestions_come_back_best_first_with_their_reasons() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap();
    let (one, two) = (matter(&store, "2026-0001"), matter(&store, "2026-0002"));
    let thread = fill(&store, &[Mail::new("a@x", "lease")])[0].1;
    let of = |matter, reasons: &[Reason]| Suggestion {
        matter,
        score: reasons.iter().map(|r| r.weight()).sum(),
        reasons: reasons.to_vec(),
    };
    let want = vec![
        of(two, &[Reason::NumberInText, Reason::PeopleOfSome]),
        of(one, &[Reason::SameSubject]),
    ];
    let got = store
        .write_blocking("suggest", {
            let want = want.clone();
            move |tx| {
                tags::set_suggestions(tx, thread, &want)?;
                tags::suggestions(tx, thread)
            }
        })
        .unwrap();
    assert_eq!(got, want);
}

#[test]
fn what_a_person_writes_or_decides_in_a_conversation_that_is_merged_meanwhile_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap();
    let one = matter(&store, "2026-0001");
    let made =
        fill(&store, &[Mail::new("a@x", "lease"), Mail::new("c@x", "rent").answering("b@x")]);
    let (left, right) = (made[0].1, made[1].1);
    let draft = Draft { thread: Some(right), ..crate::outbox::draft() };
    let mut draft =
        store.write_durable_blocking("draft", move |tx| drafts::create(tx, &draft, at(1))).unwrap();
    fill(&store, &[Mail::new("b@x", "lease").answering("a@x")]);
    draft.body.push_str(" He knows.");
    let saved = store
        .write_durable_blocking("later", move |tx| {
            drafts::save(tx, &draft, at(2))?;
            let tag = Tagged { matter: one, by: Actor::System, at: at(3) };
            tags::tag_thread(tx, right, &tag, "person")?;
            assert_eq!(messages::mark_read(tx, right)?.len(), 3);
            drafts::get(tx, draft.id)
        })
        .unwrap();
    assert!(saved.thread == Some(left) && saved.body.ends_with("He knows."));
    let tags = store.read_blocking("tags", move |conn| tags::of_thread(conn, left)).unwrap();
    assert_eq!(tags.len(), 3);
}
