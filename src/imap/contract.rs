//! What crosses between this adapter and the rest of the program: plain data, and one trait to receive it.
//!
//! Owns the agreement with whoever keeps the record. It must never know how that keeps the ledger.
//!
//! ## The agreement
//!
//! - Every UID of a synchronised mailbox is **pending**, **stored**, **failed** or **gone** in the ledger that the
//!   receiver keeps. The adapter resumes from that ledger and never from the highest stored UID.
//! - A call that returns `Ok` means *committed*: [`Sink::uids_seen`] has made the rows pending before any body is
//!   fetched, and [`Sink::fetched`] has taken over the bytes (a bounded queue to the writer counts, if a crash
//!   leaves the row pending: it is then fetched again).
//! - Calls come from the account's own thread and may block as long as they like: then the server waits.
//! - `Err(Halt)` ends the synchronisation; nothing more is called but [`Sink::link`].

use std::{collections::BTreeMap, fmt, time::Duration};

use jiff::Timestamp;

use crate::domain::{
    confidential::Confidential,
    credential::Credential,
    id::{MailboxId, OperationId},
    message::{Flags, MessageId},
};

use super::{
    drafts::DraftReport,
    error::ImapError,
    names::RawName,
    operate::{Ending, Work},
    uids::UidSet,
};

/// What a mailbox is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Where mail arrives.
    Inbox,
    /// Copies of what was sent.
    Sent,
    /// Filed mail.
    Archive,
    /// Unfinished messages.
    Drafts,
    /// Spam.
    Junk,
    /// Deleted mail.
    Trash,
    /// Everything once more (Gmail's All Mail).
    All,
    /// A view of the flagged messages.
    Flagged,
    /// Anything else: a folder that a person made.
    Other,
}

impl Role {
    /// Whether it is synchronised unless the settings say otherwise: everything but Junk, Trash, Drafts and the
    /// views that show each message a second time.
    pub fn is_synced_by_default(self) -> bool {
        match self {
            Self::Inbox | Self::Sent | Self::Archive | Self::Other => true,
            Self::Drafts | Self::Junk | Self::Trash | Self::All | Self::Flagged => false,
        }
    }
}

/// One mailbox as the server lists it.
#[derive(Clone, PartialEq, Eq)]
pub struct MailboxInfo {
    /// The name as the server writes it: the identity of the mailbox in an account.
    pub raw_name: RawName,
    /// The character between levels; `None` for a flat name.
    pub delimiter: Option<char>,
    /// What it is for.
    pub role: Role,
    /// Can it hold messages? `false` for a mere level of the hierarchy.
    pub selectable: bool,
    /// Does the server give every message an identity over all folders (Gmail)? Then a view that shows each message once
    /// more costs nothing.
    pub labelled: bool,
    /// Is it another person's, or everybody's (RFC 2342)? Then it is read, and never written to.
    pub shared: bool,
}

impl MailboxInfo {
    /// A folder of the account's own that can hold messages.
    pub const fn new(raw_name: RawName, delimiter: Option<char>, role: Role) -> Self {
        Self { raw_name, delimiter, role, selectable: true, labelled: false, shared: false }
    }
}

impl fmt::Debug for MailboxInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MailboxInfo")
            .field("role", &self.role)
            .field("selectable", &self.selectable)
            .finish_non_exhaustive()
    }
}

/// The ledger of one mailbox in one generation. A UID is in at most one of the five sets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// Known to exist, body not yet stored.
    pub pending: UidSet,
    /// Stored (also with the header only, when the message is larger than the cap).
    pub stored: UidSet,
    /// Could not be fetched or read; tried again in the next full pass.
    pub failed: UidSet,
    /// No longer on the server. The message itself stays in the record.
    pub gone: UidSet,
    /// On the server, and older than what is fetched.
    pub older: UidSet,
    /// When pending ones arrived at the server, as far as it was told in this connection. Kept of Sent only.
    pub arrived: BTreeMap<u32, Timestamp>,
}

/// How far back a mailbox has been read: down to which arrival nothing is pending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadBack {
    /// Not known: something is pending, and when it arrived was not told.
    Unknown,
    /// Everything that arrived after this instant.
    After(Timestamp),
    /// Everything.
    Whole,
}

impl Ledger {
    /// How far back the mailbox has been read. It holds only once a pass has ended: before that not all is known.
    pub fn read_back(&self) -> ReadBack {
        let mut latest = None;
        for uid in self.pending.iter() {
            let Some(at) = self.arrived.get(&uid) else { return ReadBack::Unknown };
            latest = latest.max(Some(*at));
        }
        latest.map_or(ReadBack::Whole, ReadBack::After)
    }

    /// Is this UID known to be on the server?
    pub fn is_live(&self, uid: u32) -> bool {
        [&self.pending, &self.stored, &self.failed, &self.older].iter().any(|set| set.contains(uid))
    }

    /// How many UIDs should be on the server.
    pub fn live(&self) -> u64 {
        [&self.pending, &self.stored, &self.failed, &self.older]
            .iter()
            .fold(0, |sum, set| sum.saturating_add(set.len()))
    }

    /// Those of a set that should be on the server. The set may span more numbers than anybody can count.
    pub fn live_among(&self, some: &UidSet) -> UidSet {
        self.live_uids().iter().filter(|uid| some.contains(*uid)).collect()
    }

    /// All of them.
    pub fn live_uids(&self) -> UidSet {
        let mut all = self.pending.clone();
        all.extend_from(&self.stored);
        all.extend_from(&self.failed);
        all.extend_from(&self.older);
        all
    }
}

/// Where the record stands with one mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailboxCursor {
    /// Ours, over all generations.
    pub mailbox: MailboxId,
    /// The name for the wire.
    pub raw_name: RawName,
    /// What it is for.
    pub role: Role,
    /// The UIDVALIDITY of the current generation: `None` before the first synchronisation,
    /// [`NO_UIDVALIDITY`] where the server gives none.
    pub uid_validity: Option<u64>,
    /// Counts the generations: the key of a location is (mailbox, generation, UID), because a server may use the
    /// same UIDVALIDITY twice. Meaningless while `uid_validity` is `None`.
    pub generation: u64,
    /// What is known of it.
    pub known: Ledger,
    /// Up to where it was compared.
    pub marks: Marks,
}

impl MailboxCursor {
    /// Says how far back mail that was sent has been read.
    pub(super) fn tell_read_back(&self, sink: &mut dyn Sink) -> Result<(), Halt> {
        let sent = self.role == Role::Sent;
        if sent { sink.read_back(self.mailbox, self.known.read_back()) } else { Ok(()) }
    }
}

/// Up to where a mailbox was compared with the server, beside its ledger.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    /// Every change up to this HIGHESTMODSEQ (RFC 7162) is in the record. `None` before it is known, and where the server
    /// counts no changes.
    pub modseq: Option<u64>,
    /// How long ago every UID in it was compared last; `None` for never.
    pub checked: Option<Duration>,
    /// Down to which UID the rotating look at older messages has come in this connection; 0 for not at all.
    pub older: u32,
}

/// Our stand-in where a server gives no UIDVALIDITY (RFC 3501 forbids 0, so it never collides).
pub const NO_UIDVALIDITY: u64 = 0;

/// Why a new generation begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GenerationReason {
    /// The mailbox was never synchronised.
    First,
    /// The server gave its UIDs anew. The locations of the old generation are gone; the messages stay.
    Renumbered,
}

/// A UID that the server listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The UID.
    pub uid: u32,
    /// `RFC822.SIZE` in bytes. Some servers are wrong by a factor of three: a hint, not a fact.
    pub size: u64,
    /// `INTERNALDATE`: when the message arrived at the server.
    pub internal_date: Option<Timestamp>,
    /// The flags.
    pub flags: Flags,
}

/// What a pass found in one mailbox, to be recorded at once or not at all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// These exist: they become pending, whatever they were.
    pub seen: Vec<Seen>,
    /// The flags of known messages as they are now; most have not changed.
    pub flags: Vec<(u32, Flags)>,
    /// These are no longer on the server. Messages are never deleted.
    pub gone: UidSet,
    /// What follows once that is recorded; `None` while a part of the pass is still to come.
    pub conclusion: Option<Conclusion>,
}

/// How far the record has come with a mailbox.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Conclusion {
    /// It covers every change up to this HIGHESTMODSEQ: the next pass may ask for what came after. `None` where the
    /// server counts no changes: then nothing may be concluded from an earlier number either.
    pub modseq: Option<u64>,
    /// Every UID of the mailbox was compared.
    pub whole: bool,
}

/// How a mailbox was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// Its messages, counted by the server, are accounted for.
    Settled(u32),
    /// So many, the server says; but its numbers do not fit. Nothing was marked as gone.
    Doubtful(u32),
    /// The server would not open it.
    Refused,
}

/// A message of a new generation that may already be in the record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Where it is now.
    pub seen: Seen,
    /// Its Message-ID.
    pub message_id: MessageId,
}

/// The bytes of a message.
#[derive(Clone, PartialEq, Eq)]
pub enum Body {
    /// The whole message. Its length may differ from `size`: keep the bytes and note it.
    Whole(Vec<u8>),
    /// Only the header: the message is larger than the cap. Store it, say so, and count the UID as stored.
    HeaderOnly(Vec<u8>),
}

/// A message that arrived.
#[derive(Clone)]
pub struct Fetched {
    /// In which mailbox.
    pub mailbox: MailboxId,
    /// In which generation of it.
    pub generation: u64,
    /// UID, announced size, arrival and flags.
    pub seen: Seen,
    /// The bytes.
    pub body: Body,
}

impl fmt::Debug for Fetched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fetched").field("uid", &self.seen.uid).finish_non_exhaustive()
    }
}

/// Why a UID failed. It is shown to a person and tried again in the next full pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailReason {
    /// The server says NO for this message (Yahoo does so for ever for some).
    Refused,
    /// The server says OK and sends nothing (iCloud, Courier).
    NoBody,
    /// The answer for this message broke the connection three times.
    BreaksConnection,
}

/// How far a synchronisation is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Messages handed over in this run.
    pub fetched: u64,
    /// Messages still to fetch, as far as known.
    pub waiting: u64,
}

/// The state of the connection.
#[derive(Debug)]
pub enum Link {
    /// Connecting.
    Connecting,
    /// Fetching.
    Syncing(Progress),
    /// Up to date and listening.
    Online {
        /// Lines of the server that could not be read and were stepped over, since the connection began.
        unreadable: u64,
        /// Mailboxes whose numbers do not fit; nothing in them was marked as gone.
        doubtful: u32,
        /// Mailboxes that the server would not open.
        refused: u32,
    },
    /// Not connected; tries again by itself.
    Waiting {
        /// Why.
        why: ImapError,
        /// In how many seconds.
        retry_seconds: u32,
    },
    /// Waits for a person ([`Order::SyncNow`](super::worker::Order::SyncNow) tries again).
    Stopped {
        /// Why.
        why: ImapError,
    },
    /// The thread has ended.
    Ended,
}

/// The receiver ends the synchronisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Halt {
    /// The program stops.
    #[error("stopped on request")]
    Stopped,
    /// The record does not take the mail.
    #[error("the record does not take the mail")]
    RecordFailed,
}

/// Takes what the adapter finds. The module's text says what `Ok` promises.
pub trait Sink {
    /// The mailboxes that the server lists. Answers with the ledgers of those to synchronise, in order: INBOX first.
    /// A mailbox that is new gets its row here. One that is missing was deleted or renamed: keep its messages. Messages
    /// that wait in a queue to the writer must count as stored here, or they are fetched once more.
    fn mailboxes(&mut self, found: &[MailboxInfo]) -> Result<Vec<MailboxCursor>, Halt>;

    /// A generation begins: all locations of the earlier one become gone, in the same transaction. Answers with the
    /// number of the new generation; its ledger is empty.
    fn generation_started(
        &mut self,
        mailbox: MailboxId,
        uid_validity: u64,
        reason: GenerationReason,
    ) -> Result<u64, Halt>;

    /// After a renumbering: which of these does the record hold already, by Message-ID and size? Their new
    /// locations are committed as stored. The others are fetched.
    fn adopt(
        &mut self,
        mailbox: MailboxId,
        generation: u64,
        candidates: &[Candidate],
    ) -> Result<UidSet, Halt>;

    /// These UIDs exist: they become pending, whatever they were.
    fn uids_seen(&mut self, mailbox: MailboxId, generation: u64, seen: &[Seen])
    -> Result<(), Halt>;

    /// A message arrived: its UID becomes stored.
    fn fetched(&mut self, message: Fetched) -> Result<(), Halt>;

    /// A message could not be fetched: its UID becomes failed.
    fn failed(
        &mut self,
        mailbox: MailboxId,
        generation: u64,
        uid: u32,
        reason: FailReason,
    ) -> Result<(), Halt>;

    /// Which messages of this mailbox, handed in with `fetched`, did not get into the record for a reason of their own,
    /// since this was asked last. They are failed in the ledger: the next full pass fetches them once more.
    fn refused(&mut self, _mailbox: MailboxId) -> UidSet {
        UidSet::new()
    }

    /// The flags of known messages as they are now; most have not changed.
    fn flags(
        &mut self,
        mailbox: MailboxId,
        generation: u64,
        flags: &[(u32, Flags)],
    ) -> Result<(), Halt>;

    /// These UIDs are no longer on the server: they become gone. Messages are never deleted.
    fn gone(&mut self, mailbox: MailboxId, generation: u64, uids: &UidSet) -> Result<(), Halt>;

    /// The next operations whose turn it is; `None` when there is nothing to do now. `Ok` means that the attempt is
    /// committed: whoever is asked again without having been told how they ended must say that they were begun.
    fn operations(&mut self) -> Result<Option<Work>, Halt> {
        Ok(None)
    }

    /// How operations ended.
    fn operated(&mut self, _endings: Vec<(OperationId, Ending)>) -> Result<(), Halt> {
        Ok(())
    }

    /// What became of the versions of a draft.
    fn drafted(&mut self, _report: DraftReport) -> Result<(), Halt> {
        Ok(())
    }

    /// What a pass found. Whoever keeps a conclusion must commit it together with everything else in it, or a crash in
    /// between would lose changes for ever; this one keeps none.
    fn changes(
        &mut self,
        mailbox: MailboxId,
        generation: u64,
        changes: &Changes,
    ) -> Result<(), Halt> {
        if !changes.flags.is_empty() {
            self.flags(mailbox, generation, &changes.flags)?;
        }
        if !changes.seen.is_empty() {
            self.uids_seen(mailbox, generation, &changes.seen)?;
        }
        if !changes.gone.is_empty() {
            self.gone(mailbox, generation, &changes.gone)?;
        }
        Ok(())
    }

    /// A pass over a mailbox ended, or the server would not open it: how it was found.
    fn looked(&mut self, _mailbox: MailboxId, _look: Look) -> Result<(), Halt> {
        Ok(())
    }

    /// A mailbox was never synchronised before: may the record hold its messages under another name? Then they are
    /// matched with [`Sink::adopt`] before any is fetched.
    fn may_know(&mut self, _mailbox: MailboxId) -> Result<bool, Halt> {
        Ok(false)
    }

    /// Before these are fetched: by the identities that the server gives its messages over all folders (Gmail), which of
    /// them does the record hold already, with this size? Their new locations are committed as stored, and the identities
    /// of all of them. The others are fetched.
    fn held_elsewhere(
        &mut self,
        _mailbox: MailboxId,
        _generation: u64,
        _seen: &[(Seen, u64)],
    ) -> Result<UidSet, Halt> {
        Ok(UidSet::new())
    }

    /// Somebody is still writing these: they stay pending in the record, and are not fetched.
    fn leave_drafts(&mut self, _mailbox: MailboxId, _uids: &UidSet) -> Result<(), Halt> {
        Ok(())
    }

    /// A pass over a mailbox of sent mail ended: so far back it has been read. What was handed in before counts as read
    /// only once it is in the record.
    fn read_back(&mut self, _mailbox: MailboxId, _read: ReadBack) -> Result<(), Halt> {
        Ok(())
    }

    /// These are older than what is fetched: they stay pending in the record, and are not fetched.
    fn set_aside(&mut self, _mailbox: MailboxId, _uids: &UidSet) -> Result<(), Halt> {
        Ok(())
    }

    /// News of the connection.
    fn link(&mut self, link: Link);
}

/// User name of an account, and what it proves itself with.
#[derive(Clone)]
pub struct Login {
    /// The name to log in with, often the address.
    pub user: Confidential<String>,
    /// The password, an application password, or where tokens come from.
    pub password: Credential,
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Login(‹hidden›)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_known_how_far_back_sent_mail_has_been_read_while_older_answers_wait() {
        let day = |n: u32| Timestamp::from_second(i64::from(n) * 86_400).unwrap();
        // The last ones that were put there are not the youngest: somebody moved old mail to this server.
        let dates = [(1, day(10)), (2, day(30)), (3, day(20)), (4, day(40)), (5, day(5))];
        let mut ledger = Ledger::default();
        assert_eq!(ledger.read_back(), ReadBack::Whole);
        ledger.pending = (1..=5).collect();
        assert_eq!(ledger.read_back(), ReadBack::Unknown, "nobody said when they arrived");
        ledger.arrived = dates.into_iter().collect();
        assert_eq!(ledger.read_back(), ReadBack::After(day(40)));
        ledger.pending = (1..=3).collect();
        assert_eq!(ledger.read_back(), ReadBack::After(day(30)));
        ledger.pending = [1].into_iter().collect();
        assert_eq!(ledger.read_back(), ReadBack::After(day(10)));
    }
}
