//! Decides what to list, what to fetch and what is gone. Pure: no socket, no clock, no record.
//!
//! Owns the rules of a synchronisation. It must never conclude from a high-water mark: only the ledger says what is
//! known, and only a complete listing says what is gone.

use crate::domain::message::Flags;

use super::{
    contract::{GenerationReason, Ledger, MailboxCursor, NO_UIDVALIDITY, Seen},
    reply::MailboxStatus,
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
    /// HIGHESTMODSEQ (RFC 7162), where the server counts the changes of this mailbox.
    pub modseq: Option<u64>,
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

/// Which ways of learning about changes a connection has (RFC 7162).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Offers {
    /// QRESYNC is switched on: opening a mailbox tells what changed and what vanished.
    pub qresync: bool,
    /// CONDSTORE is there: what changed can be asked for, what vanished cannot.
    pub condstore: bool,
}

/// How a mailbox is brought up to date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Path {
    /// What the server told while the mailbox was opened is everything.
    Resync,
    /// What changed after this HIGHESTMODSEQ is asked for; what vanished shows in the count, and then by comparing UIDs.
    Changes(u64),
    /// The recent messages and a part of the older ones are listed: nothing tells more.
    Recent,
    /// Everything is listed.
    Whole,
}

/// From which HIGHESTMODSEQ on the server is asked to tell while the mailbox is opened; `None` to open it plainly.
pub fn resync_from(offers: Offers, cursor: &MailboxCursor, depth: Depth) -> Option<u64> {
    let known = cursor.uid_validity.is_some_and(|number| number != NO_UIDVALIDITY);
    match depth {
        Depth::Recent if offers.qresync && known => cursor.marks.modseq,
        Depth::Recent | Depth::Full => None,
    }
}

/// Chooses the path when the mailbox is open. `ours` is the HIGHESTMODSEQ that the record covers in this generation. A
/// server that has gone back behind it has lost its count: nothing may be concluded from it.
pub fn path(offers: Offers, ours: Option<u64>, theirs: Option<u64>, depth: Depth) -> Path {
    let counted = theirs.filter(|_| offers.qresync || offers.condstore);
    match (depth, ours, counted) {
        (Depth::Recent, _, None) => Path::Recent,
        (Depth::Recent, Some(ours), Some(theirs)) if theirs >= ours => {
            if offers.qresync {
                Path::Resync
            } else {
                Path::Changes(ours)
            }
        }
        // The first look with a count, or after it was lost: whatever happened before it must be seen once.
        (Depth::Recent, _, Some(_)) | (Depth::Full, _, _) => Path::Whole,
    }
}

/// Is a mailbox as the record has it, by its status alone? Then it need not be opened. Only a server that counts every
/// change can say so.
pub fn is_unchanged(status: &MailboxStatus, cursor: &MailboxCursor) -> bool {
    let known = &cursor.known;
    status.modseq.is_some()
        && status.modseq == cursor.marks.modseq
        && status.uid_validity.is_some()
        && status.uid_validity == cursor.uid_validity
        && status.messages == Some(known.live())
        && known.pending.is_empty()
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

/// How many of the older messages are looked at in each pass beside the recent ones, in turn.
pub const OLDER: u32 = 700;

/// Which ranges to list, in this order. `older` is down to where the look at the older ones has come.
pub fn windows(view: &ServerView, ledger: &Ledger, whole: bool, older: u32) -> Vec<Window> {
    if ledger.live() == 0 {
        return first_windows(view);
    }
    if whole {
        return vec![Window::ALL];
    }
    let live = ledger.live_uids();
    let Some(from) = lowest_of(live.iter().rev(), RECENT) else { return vec![Window::ALL] };
    let mut windows = vec![Window { from, to: None }];
    // Below the last look, or from the top again when that was at the bottom.
    let below = |uid: u32| live.iter().rev().skip_while(move |one| *one >= uid);
    let turn = lowest_of(below(older.min(from)), OLDER).map(|low| (low, older.min(from)));
    let top = || lowest_of(below(from), OLDER).map(|low| (low, from));
    if let Some((low, high)) = turn.or_else(top) {
        windows.push(Window { from: low, to: Some(high.saturating_sub(1)) });
    }
    windows
}

/// The last of so many UIDs.
fn lowest_of(uids: impl Iterator<Item = u32>, count: u32) -> Option<u32> {
    uids.take(usize::try_from(count).unwrap_or(usize::MAX)).last()
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

impl Comparison {
    /// Adds what another window showed.
    pub fn extend(&mut self, other: Self) {
        self.fresh.extend(other.fresh);
        self.flags.extend(other.flags);
        self.missing.extend_from(&other.missing);
    }
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
    /// So many of the newest messages of a mailbox come with its pass. What is older is history: it comes when every
    /// mailbox has its newest.
    pub newest: usize,
}

impl Default for Caps {
    fn default() -> Self {
        Self {
            batch_bytes: 3 << 20,
            batch_count: 200,
            slice_above: 8 << 20,
            slice: 4 << 20,
            largest: 64 << 20,
            newest: 1000,
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
#[path = "plan_tests.rs"]
mod tests;
