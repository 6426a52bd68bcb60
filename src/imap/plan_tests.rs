//! The rules of a synchronisation, as tables.

use proptest::prelude::*;

use super::*;
use crate::imap::contract::Marks;

fn set(uids: impl IntoIterator<Item = u32>) -> UidSet {
    uids.into_iter().collect()
}

fn seen(uid: u32) -> Seen {
    Seen { uid, size: 10, internal_date: None, flags: Flags::default() }
}

fn stored(uids: impl IntoIterator<Item = u32>) -> Ledger {
    Ledger { stored: set(uids), ..Ledger::default() }
}

#[test]
fn a_generation_begins_only_when_the_server_says_so() {
    let begin = |uid_validity, reason| Opening::Begin { uid_validity, reason };
    let (first, renumbered) = (GenerationReason::First, GenerationReason::Renumbered);
    for (theirs, ours, expected) in [
        (Some(7), None, begin(7, first)),
        (None, None, begin(NO_UIDVALIDITY, first)),
        (Some(7), Some(7), Opening::Continue),
        (Some(8), Some(7), begin(8, renumbered)),
        (Some(6), Some(7), begin(6, renumbered)),
        (Some(5_000_000_000), Some(705_032_704), begin(5_000_000_000, renumbered)),
        (None, Some(NO_UIDVALIDITY), Opening::Continue),
        (None, Some(7), Opening::Continue),
        (Some(7), Some(NO_UIDVALIDITY), begin(7, renumbered)),
    ] {
        let view = ServerView { uid_validity: theirs, ..ServerView::default() };
        assert_eq!(opening(&view, ours), expected, "{theirs:?} against {ours:?}");
    }
}

#[test]
fn a_first_pass_lists_the_newest_before_the_rest() {
    let view =
        ServerView { uid_next: Some(90_001), exists: 83_640, uid_validity: Some(1), modseq: None };
    let order = windows(&view, &Ledger::default(), false, 0);
    let order: Vec<String> = order.into_iter().map(Window::to_sequence).collect();
    assert_eq!(order, ["89001:*", "1:89000"]);
    let small = ServerView { exists: 12, ..view };
    assert_eq!(windows(&small, &Ledger::default(), false, 0), [Window::ALL]);
    let silent = ServerView { uid_next: None, ..view };
    assert_eq!(windows(&silent, &Ledger::default(), false, 0), [Window::ALL]);
}

#[test]
fn the_path_is_the_best_that_the_server_and_the_record_allow() {
    let (none, condstore) = (Offers::default(), Offers { qresync: false, condstore: true });
    let qresync = Offers { qresync: true, condstore: true };
    let (recent, full) = (Depth::Recent, Depth::Full);
    for (offers, ours, theirs, depth, expected) in [
        // Microsoft 365 and Yahoo offer nothing.
        (none, None, None, recent, Path::Recent),
        (none, Some(7), None, recent, Path::Recent),
        // A number that nobody advertised is not relied on.
        (none, Some(7), Some(9), recent, Path::Recent),
        (none, None, None, full, Path::Whole),
        // Gmail: changes, and deletions by comparing UIDs.
        (condstore, Some(7), Some(9), recent, Path::Changes(7)),
        (condstore, Some(7), Some(7), recent, Path::Changes(7)),
        (condstore, Some(7), Some(9), full, Path::Whole),
        // Dovecot, Cyrus, Fastmail.
        (qresync, Some(7), Some(9), recent, Path::Resync),
        (qresync, Some(7), Some(7), recent, Path::Resync),
        (qresync, Some(7), Some(9), full, Path::Whole),
        // The first look with a count, and a count that went backwards.
        (condstore, None, Some(9), recent, Path::Whole),
        (qresync, None, Some(9), recent, Path::Whole),
        (condstore, Some(9), Some(7), recent, Path::Whole),
        (qresync, Some(9), Some(7), recent, Path::Whole),
        // One mailbox without a count (NOMODSEQ) on a server that counts.
        (qresync, None, None, recent, Path::Recent),
        (condstore, Some(7), None, recent, Path::Recent),
    ] {
        let found = path(offers, ours, theirs, depth);
        assert_eq!(found, expected, "{offers:?} {ours:?} {theirs:?} {depth:?}");
    }
}

fn cursor(known: Ledger, modseq: Option<u64>) -> MailboxCursor {
    MailboxCursor {
        mailbox: crate::domain::id::MailboxId::new(1),
        raw_name: crate::imap::names::RawName::new("INBOX"),
        role: crate::imap::contract::Role::Inbox,
        uid_validity: Some(5),
        generation: 1,
        known,
        marks: Marks { modseq, ..Marks::default() },
    }
}

#[test]
fn the_server_tells_while_opening_only_when_it_can_and_the_record_knows_since_when() {
    let on = Offers { qresync: true, condstore: true };
    let known = cursor(stored([1]), Some(9));
    assert_eq!(resync_from(on, &known, Depth::Recent), Some(9));
    assert_eq!(resync_from(on, &known, Depth::Full), None);
    assert_eq!(resync_from(Offers { qresync: false, ..on }, &known, Depth::Recent), None);
    assert_eq!(resync_from(on, &cursor(stored([1]), None), Depth::Recent), None);
    for never in [None, Some(NO_UIDVALIDITY)] {
        let cursor = MailboxCursor { uid_validity: never, ..known.clone() };
        assert_eq!(resync_from(on, &cursor, Depth::Recent), None);
    }
}

#[test]
fn a_mailbox_is_left_closed_only_when_every_number_agrees() {
    let cursor = cursor(stored(1..=3), Some(9));
    let same = MailboxStatus {
        messages: Some(3),
        uid_next: Some(4),
        uid_validity: Some(5),
        modseq: Some(9),
    };
    assert!(is_unchanged(&same, &cursor));
    for other in [
        MailboxStatus { messages: Some(2), ..same },
        MailboxStatus { uid_validity: Some(6), ..same },
        MailboxStatus { modseq: Some(10), ..same },
        MailboxStatus { modseq: None, ..same },
        MailboxStatus { messages: None, ..same },
        MailboxStatus::default(),
    ] {
        assert!(!is_unchanged(&other, &cursor), "{other:?}");
    }
    let owed = Ledger { pending: set([3]), ..stored(1..=2) };
    assert!(!is_unchanged(&same, &MailboxCursor { known: owed, ..cursor.clone() }));
    let uncounted = MailboxStatus { modseq: None, ..same };
    let never = MailboxCursor { marks: Marks::default(), ..cursor };
    assert!(!is_unchanged(&uncounted, &never));
}

#[test]
fn the_older_messages_are_looked_at_in_turn_and_then_from_the_top_again() {
    let view = ServerView { exists: 2000, ..ServerView::default() };
    let ledger = stored((1..=2000).map(|n| n * 2));
    let mut older = 0;
    let mut turns = Vec::new();
    for _ in 0..5 {
        let windows = windows(&view, &ledger, false, older);
        assert_eq!(windows[0], Window { from: 3402, to: None });
        older = windows[1].from;
        turns.push(windows[1].to_sequence());
    }
    assert_eq!(turns, ["2002:3401", "602:2001", "2:601", "2002:3401", "602:2001"]);
}

#[test]
fn a_later_pass_lists_the_recent_messages_and_what_is_new() {
    let view =
        ServerView { uid_next: Some(5001), exists: 5000, uid_validity: Some(1), modseq: None };
    let recent = windows(&view, &stored(1..=5000), false, 0);
    assert_eq!(recent[0], Window { from: 4701, to: None });
    assert_eq!(windows(&view, &stored(1..=5000), true, 0), [Window::ALL]);
    assert_eq!(windows(&view, &stored(1..=30), false, 0), [Window::ALL]);
}

#[test]
fn the_echo_of_the_last_message_is_not_new_mail() {
    let window = Window { from: 8, to: None };
    let comparison = compare(&[seen(7)], &stored(1..=7), window);
    assert!(comparison.fresh.is_empty() && comparison.missing.is_empty());
}

#[test]
fn an_interrupted_first_pass_is_seen_by_the_count_and_never_resumes_from_the_highest_uid() {
    // bichon#299: 1,515 of 83,640 stored, the newest among them.
    let ledger = stored(82_126..=83_640);
    let window = Window { from: 83_341, to: None };
    let listed: Vec<Seen> = (83_341..=83_640).map(seen).collect();
    let comparison = compare(&listed, &ledger, window);
    assert_eq!(judge(&comparison, ledger.live(), 83_640, false), Verdict::ListAll);
    let all: Vec<Seen> = (1..=83_640).map(seen).collect();
    let comparison = compare(&all, &ledger, Window::ALL);
    assert_eq!(comparison.fresh.len(), 82_125);
}

#[test]
fn pending_and_failed_messages_are_known_and_not_new() {
    let ledger = Ledger { pending: set([3]), failed: set([4]), ..stored([1, 2]) };
    let comparison = compare(&[seen(1), seen(2), seen(3), seen(4)], &ledger, Window::ALL);
    assert!(comparison.fresh.is_empty());
    assert_eq!(judge(&comparison, ledger.live(), 4, true), Verdict::Settled);
}

#[test]
fn a_message_believed_gone_that_is_listed_comes_back() {
    let ledger = Ledger { gone: set([2]), ..stored([1]) };
    assert_eq!(compare(&[seen(1), seen(2)], &ledger, Window::ALL).fresh, [seen(2)]);
}

#[test]
fn what_is_gone_must_fit_the_count() {
    let ledger = stored(1..=10);
    let window = Window::ALL;
    let nine: Vec<Seen> = (1..=9).map(seen).collect();
    let comparison = compare(&nine, &ledger, window);
    assert_eq!(judge(&comparison, 10, 9, true), Verdict::Settled);
    assert_eq!(judge(&comparison, 10, 10, true), Verdict::Doubtful, "a cut listing");
    assert_eq!(judge(&comparison, 10, 10, false), Verdict::ListAll);
}

#[test]
fn more_than_a_fifth_gone_at_once_needs_a_second_listing() {
    let ledger = stored(1..=10);
    let left = |count: u32| {
        let listed: Vec<Seen> = (1..=count).map(seen).collect();
        judge(&compare(&listed, &ledger, Window::ALL), 10, count, true)
    };
    assert_eq!(left(8), Verdict::Settled);
    assert_eq!(left(7), Verdict::Confirm);
    assert_eq!(left(0), Verdict::Confirm);
}

#[test]
fn a_uidnext_above_the_highest_uid_proves_nothing() {
    let view = ServerView { uid_next: Some(999), exists: 2, uid_validity: Some(1), modseq: None };
    let ledger = stored([1, 2]);
    let window = windows(&view, &ledger, false, 0)[0];
    let comparison = compare(&[seen(1), seen(2)], &ledger, window);
    assert_eq!(judge(&comparison, 2, view.exists, false), Verdict::Settled);
}

#[test]
fn batches_go_from_new_to_old_and_giants_go_alone() {
    let caps = Caps {
        batch_bytes: 100,
        batch_count: 3,
        slice_above: 1000,
        slice: 500,
        largest: 5000,
        newest: 1000,
    };
    let wanted = [(1, 60), (2, 60), (3, 10), (4, 10), (5, 10), (6, 10), (7, 2000), (8, 9000)]
        .map(|(uid, size)| Wanted { uid, size });
    let steps = batches(&wanted, &caps);
    let whole = |uids: &[u32], bytes| Batch::Whole { uids: set(uids.iter().copied()), bytes };
    assert_eq!(
        steps,
        [
            Batch::HeaderOnly(wanted[7]),
            Batch::Sliced(wanted[6]),
            whole(&[4, 5, 6], 30),
            whole(&[2, 3], 70),
            whole(&[1], 60),
        ]
    );
}

proptest! {
    #[test]
    fn every_wanted_message_is_in_exactly_one_step(
        sizes in prop::collection::btree_map(1u32..500, 0u64..100_000_000, 0..60),
    ) {
        let wanted: Vec<Wanted> =
            sizes.iter().map(|(uid, size)| Wanted { uid: *uid, size: *size }).collect();
        let caps = Caps::default();
        let mut found = Vec::new();
        for step in batches(&wanted, &caps) {
            match step {
                Batch::Whole { uids, bytes } => {
                    prop_assert!(uids.len() == 1 || bytes <= caps.batch_bytes);
                    found.extend(uids.iter());
                }
                Batch::Sliced(one) | Batch::HeaderOnly(one) => found.push(one.uid),
            }
        }
        found.sort_unstable();
        prop_assert_eq!(found, sizes.into_keys().collect::<Vec<_>>());
    }
}
