//! Decides what to list, what to fetch and what is gone. Pure: no socket, no clock, no record.
//!
//! Owns the rules of a synchronisation. It must never conclude from a high-water mark: only the ledger says what is
//! known, and only a complete listing says what is gone.

use crate::domain::message::Flags;

use super::{
    contract::{GenerationReason, Ledger, NO_UIDVALIDITY, Seen},
    uids::UidSet,
};

/// What the server says about an opened mailbox.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ServerView {
    /// UIDVALIDITY, where it gives one.
    pub uid_validity: Option<u64>,
    /// UIDNEXT: a hint only. It runs ahead on Gmail and went backwards on GMX.
    pub uid_next: Option<u32>,
    /// How many messages there are.
    pub exists: u32,
}

/// Whether the UIDs in the ledger still mean the same messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opening {
    /// They do.
    Continue,
    /// They do not: a new generation.
    Begin {
        /// Its UIDVALIDITY, or our stand-in.
        uid_validity: u64,
        /// Why.
        reason: GenerationReason,
    },
}

/// Compares the server's UIDVALIDITY with the ledger's. A server that leaves it out this time (Yahoo does) has not
/// renumbered: that would throw a whole generation away for a slip.
pub fn opening(view: &ServerView, ours: Option<u64>) -> Opening {
    let theirs = view.uid_validity;
    let uid_validity = theirs.unwrap_or(NO_UIDVALIDITY);
    match (ours, theirs) {
        (None, _) => Opening::Begin { uid_validity, reason: GenerationReason::First },
        (Some(_), None) => Opening::Continue,
        (Some(ours), Some(theirs)) if ours == theirs => Opening::Continue,
        (Some(_), Some(_)) => Opening::Begin { uid_validity, reason: GenerationReason::Renumbered },
    }
}

/// How thorough a pass is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// New mail, and the flags of the recent messages.
    Recent,
    /// Everything: once a day, and after a doubt.
    Full,
}

/// A range of UIDs to list; `to` is `None` for "to the end".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The first UID.
    pub from: u32,
    /// The last one.
    pub to: Option<u32>,
}

impl Window {
    /// The whole mailbox. Written with the UIDs spelled out, which iCloud needs.
    pub const ALL: Self = Self { from: 1, to: None };

    /// The notation of the protocol.
    pub fn to_sequence(self) -> String {
        match self.to {
            Some(to) => format!("{}:{to}", self.from),
            None => format!("{}:*", self.from),
        }
    }

    /// Is this UID inside?
    pub fn contains(self, uid: u32) -> bool {
        uid >= self.from && self.to.is_none_or(|to| uid <= to)
    }
}

/// How many of the newest messages are looked at in every pass.
pub const RECENT: u32 = 300;
/// How many UIDs the first window of a first synchronisation spans: enough to fill a screen at once.
const FIRST_WINDOW: u32 = 1000;

/// Which ranges to list, in this order.
pub fn windows(view: &ServerView, ledger: &Ledger, depth: Depth) -> Vec<Window> {
    if ledger.live() == 0 {
        return first_windows(view);
    }
    match depth {
        Depth::Full => vec![Window::ALL],
        Depth::Recent => {
            let live = ledger.live_uids();
            let back = usize::try_from(RECENT).unwrap_or(usize::MAX);
            let from = live.iter().rev().take(back).last().unwrap_or(1);
            vec![Window { from, to: None }]
        }
    }
}

/// The newest first, so that the screen is useful at once.
fn first_windows(view: &ServerView) -> Vec<Window> {
    match view.uid_next.and_then(|next| next.checked_sub(FIRST_WINDOW)) {
        Some(from) if from > 1 && view.exists > FIRST_WINDOW => {
            vec![Window { from, to: None }, Window { from: 1, to: Some(from.saturating_sub(1)) }]
        }
        Some(_) | None => vec![Window::ALL],
    }
}

/// What a listing says against the ledger.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// Listed, but not known to be there: new, or wrongly believed gone.
    pub fresh: Vec<Seen>,
    /// The flags of those that are known.
    pub flags: Vec<(u32, Flags)>,
    /// Known, inside the window, and not listed.
    pub missing: UidSet,
}

/// Compares a listing of `window` with the ledger. `n:*` always brings the last message, even below `n`
/// (RFC 3501 §6.4.8): against a ledger that echo is simply a message that is known.
pub fn compare(listed: &[Seen], ledger: &Ledger, window: Window) -> Comparison {
    let mut comparison = Comparison::default();
    let mut present = UidSet::new();
    for seen in listed {
        if !present.insert(seen.uid) {
            continue;
        }
        if ledger.is_live(seen.uid) {
            comparison.flags.push((seen.uid, seen.flags));
        } else {
            comparison.fresh.push(*seen);
        }
    }
    comparison.missing = ledger
        .live_uids()
        .iter()
        .filter(|uid| window.contains(*uid) && !present.contains(*uid))
        .collect();
    comparison
}

/// Whether a listing explains the server's count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Every message is accounted for: what is missing is gone.
    Settled,
    /// What is missing is gone too, but it is so much that a second listing must say so as well.
    Confirm,
    /// The numbers do not fit: list everything.
    ListAll,
    /// Even a complete listing does not fit the count (a server that shows only a part of a mailbox): nothing is
    /// concluded about what is gone.
    Doubtful,
}

/// Judges a listing. `live` is the ledger's count before it, `exists` the server's count after it, `whole` whether
/// everything was listed.
pub fn judge(comparison: &Comparison, live: u64, exists: u32, whole: bool) -> Verdict {
    let fresh = u64::try_from(comparison.fresh.len()).unwrap_or(u64::MAX);
    let missing = comparison.missing.len();
    let expected = live.saturating_add(fresh).saturating_sub(missing);
    if expected != u64::from(exists) {
        return if whole { Verdict::Doubtful } else { Verdict::ListAll };
    }
    // More than a fifth of a mailbox gone at once is more often a server's fault than a person's wish.
    if missing.saturating_mul(5) > live { Verdict::Confirm } else { Verdict::Settled }
}

/// A message to fetch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Its UID.
    pub uid: u32,
    /// Its size as announced, bytes.
    pub size: u64,
}

/// Sizes that shape the fetching, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caps {
    /// One batch brings about this much.
    pub batch_bytes: u64,
    /// And no more messages than this.
    pub batch_count: usize,
    /// Above this a message comes in slices, so that the connection stays useful.
    pub slice_above: u64,
    /// One slice.
    pub slice: u64,
    /// Above this only the header is fetched.
    pub largest: u64,
}

impl Default for Caps {
    fn default() -> Self {
        Self {
            batch_bytes: 3 << 20,
            batch_count: 200,
            slice_above: 8 << 20,
            slice: 4 << 20,
            largest: 64 << 20,
        }
    }
}

/// One step of fetching.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Batch {
    /// These messages, whole.
    Whole {
        /// Which.
        uids: UidSet,
        /// Their sizes as announced, added up.
        bytes: u64,
    },
    /// One large message in slices.
    Sliced(Wanted),
    /// One message above the cap: its header.
    HeaderOnly(Wanted),
}

/// Orders the fetching: newest first, in batches by bytes and count.
pub fn batches(wanted: &[Wanted], caps: &Caps) -> Vec<Batch> {
    let mut ordered = wanted.to_vec();
    ordered.sort_unstable_by_key(|one| std::cmp::Reverse(one.uid));
    let mut steps = Vec::new();
    let mut batch = UidSet::new();
    let mut bytes = 0u64;
    for one in ordered {
        if one.size > caps.slice_above {
            steps.push(if one.size > caps.largest {
                Batch::HeaderOnly(one)
            } else {
                Batch::Sliced(one)
            });
            continue;
        }
        let full = bytes.saturating_add(one.size) > caps.batch_bytes
            || batch.len() >= u64::try_from(caps.batch_count).unwrap_or(u64::MAX);
        if full && !batch.is_empty() {
            steps.push(Batch::Whole { uids: std::mem::take(&mut batch), bytes });
            bytes = 0;
        }
        batch.insert(one.uid);
        bytes = bytes.saturating_add(one.size);
    }
    if !batch.is_empty() {
        steps.push(Batch::Whole { uids: batch, bytes });
    }
    steps
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

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
        let view = ServerView { uid_next: Some(90_001), exists: 83_640, uid_validity: Some(1) };
        let order = windows(&view, &Ledger::default(), Depth::Recent);
        let order: Vec<String> = order.into_iter().map(Window::to_sequence).collect();
        assert_eq!(order, ["89001:*", "1:89000"]);
        let small = ServerView { exists: 12, ..view };
        assert_eq!(windows(&small, &Ledger::default(), Depth::Recent), [Window::ALL]);
        let silent = ServerView { uid_next: None, ..view };
        assert_eq!(windows(&silent, &Ledger::default(), Depth::Recent), [Window::ALL]);
    }

    #[test]
    fn a_later_pass_lists_the_recent_messages_and_what_is_new() {
        let view = ServerView { uid_next: Some(5001), exists: 5000, uid_validity: Some(1) };
        let recent = windows(&view, &stored(1..=5000), Depth::Recent);
        assert_eq!(recent, [Window { from: 4701, to: None }]);
        assert_eq!(windows(&view, &stored(1..=5000), Depth::Full), [Window::ALL]);
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
        let view = ServerView { uid_next: Some(999), exists: 2, uid_validity: Some(1) };
        let ledger = stored([1, 2]);
        let window = windows(&view, &ledger, Depth::Recent)[0];
        let comparison = compare(&[seen(1), seen(2)], &ledger, window);
        assert_eq!(judge(&comparison, 2, view.exists, false), Verdict::Settled);
    }

    #[test]
    fn batches_go_from_new_to_old_and_giants_go_alone() {
        let caps =
            Caps { batch_bytes: 100, batch_count: 3, slice_above: 1000, slice: 500, largest: 5000 };
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
}
