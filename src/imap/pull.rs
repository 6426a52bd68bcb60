//! Runs the plan: brings one mailbox of the server into the record.
//!
//! Owns the order of a pass: open, compare, record what is new, changed and gone in one piece, and only then fetch. It must
//! never fetch what is not pending in the record, and never let one bad message stop the rest.

use std::{collections::BTreeMap, sync::atomic::Ordering, time::Duration};

use crate::domain::id::MailboxId;

use super::{
    contract::{
        Candidate, Changes, Conclusion, FailReason, GenerationReason, Halt, Ledger, Link,
        MailboxCursor, Marks, Progress, Role, Seen, Sink,
    },
    error::ImapError,
    plan::{self, Comparison, Depth, Opening, Path, ServerView, Verdict, Wanted, Window},
    session::{Opened, Remote},
    suspects::Suspects,
    uids::UidSet,
    worker::Signals,
};

/// What a pass over one mailbox came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// The server showed only a part of the mailbox, or its numbers do not fit: nothing was marked as gone.
    pub doubtful: bool,
    /// How many messages there were when the pass began. What came since may have been listed or not: whoever finds
    /// another number later looks again.
    pub exists: u32,
    /// UIDNEXT then: an arrival and a deletion together do not change the count.
    pub uid_next: Option<u32>,
    /// HIGHESTMODSEQ then: flags that another program changed move neither of them.
    pub modseq: Option<u64>,
}

/// One synchronisation: the server, the receiver, and what is remembered between mailboxes.
pub(super) struct Pull<'a> {
    pub remote: &'a mut dyn Remote,
    pub sink: &'a mut dyn Sink,
    pub caps: &'a plan::Caps,
    pub suspects: &'a mut Suspects,
    pub signals: &'a Signals,
    pub progress: &'a mut Progress,
}

/// So many messages that an earlier pass left are asked for at once.
const PIECE: usize = 2000;
/// How many rows go to the record in one call.
const ROWS: usize = 1000;

impl Pull<'_> {
    /// Brings one mailbox up to date; the cursor is kept in step with what the record was told.
    pub(super) fn mailbox(
        &mut self,
        cursor: &mut MailboxCursor,
        depth: Depth,
    ) -> Result<Outcome, ImapError> {
        for uid in self.sink.refused(cursor.mailbox).iter() {
            if cursor.known.stored.remove(uid) {
                cursor.known.failed.insert(uid);
            }
        }
        let offers = self.remote.offers();
        let opened = match (plan::resync_from(offers, cursor, depth), cursor.uid_validity) {
            (Some(from), Some(number)) => self.remote.resync(&cursor.raw_name, number, from)?,
            (_, _) => Opened { view: self.remote.open(&cursor.raw_name)?, ..Opened::default() },
        };
        let view = opened.view;
        if let Opening::Begin { uid_validity, reason } = plan::opening(&view, cursor.uid_validity) {
            self.begin(cursor, uid_validity, reason)?;
        }
        let owed = owed(&cursor.known, depth);
        // A server may have found out while opening that it cannot do what it offers.
        let offers = self.remote.offers();
        let mut verdict = match plan::path(offers, cursor.marks.modseq, view.modseq, depth) {
            Path::Resync => self.resync(cursor, &opened)?,
            Path::Changes(since) => self.changes(cursor, &view, since)?,
            Path::Recent => self.windows(cursor, &view, false)?,
            Path::Whole => self.windows(cursor, &view, true)?,
        };
        if verdict == Verdict::ListAll {
            verdict = self.listing(cursor, &view, &[Window::ALL])?;
        }
        if verdict == Verdict::Confirm {
            verdict = self.confirm(cursor)?;
        }
        // What an earlier pass left comes after the newest; what is older than that is history.
        let from = self.newest_from(&cursor.known);
        let failed = &cursor.known.failed;
        let owed = owed.iter().filter(|uid| *uid >= from || failed.contains(*uid)).collect();
        self.resume(cursor, owed)?;
        let doubtful = verdict == Verdict::Doubtful;
        Ok(Outcome { doubtful, exists: view.exists, uid_next: view.uid_next, modseq: view.modseq })
    }

    /// From which UID on messages are not history.
    fn newest_from(&self, known: &Ledger) -> u32 {
        known.live_uids().iter().rev().take(self.caps.newest).last().unwrap_or(0)
    }

    pub(super) fn check_end(&self) -> Result<(), ImapError> {
        let ends = self.signals.stop.load(Ordering::Relaxed);
        if ends { Err(ImapError::Halted(Halt::Stopped)) } else { Ok(()) }
    }

    pub(super) fn check_stop(&self) -> Result<(), ImapError> {
        self.check_end()?;
        if self.signals.urgent.load(Ordering::Relaxed) {
            return Err(ImapError::Interrupted);
        }
        Ok(())
    }

    /// A new generation. After a renumbering the messages are matched before any is fetched again.
    fn begin(
        &mut self,
        cursor: &mut MailboxCursor,
        uid_validity: u64,
        reason: GenerationReason,
    ) -> Result<(), ImapError> {
        let started = self.sink.generation_started(cursor.mailbox, uid_validity, reason);
        cursor.generation = started.map_err(ImapError::Halted)?;
        cursor.uid_validity = Some(uid_validity);
        cursor.known = Ledger::default();
        cursor.marks = Marks::default();
        match reason {
            GenerationReason::First => {
                // A folder that was renamed keeps its UIDVALIDITY: what it holds may be here under its old name.
                let known = self.sink.may_know(cursor.mailbox).map_err(ImapError::Halted)?;
                if known { self.adopt(cursor) } else { Ok(()) }
            }
            GenerationReason::Renumbered => self.adopt(cursor),
        }
    }

    fn adopt(&mut self, cursor: &mut MailboxCursor) -> Result<(), ImapError> {
        let listed = self.remote.survey_with_ids()?;
        let fresh: Vec<Seen> = listed.iter().map(|(seen, _)| *seen).collect();
        self.record(cursor, &Comparison { fresh, ..Comparison::default() }, None)?;
        let candidates: Vec<Candidate> = listed
            .into_iter()
            .filter_map(|(seen, id)| Some(Candidate { seen, message_id: id? }))
            .collect();
        for some in candidates.chunks(ROWS) {
            // No order interrupts this: what is not matched now is fetched once more.
            self.check_end()?;
            let held = self.sink.adopt(cursor.mailbox, cursor.generation, some);
            for uid in held.map_err(ImapError::Halted)?.iter() {
                if cursor.known.pending.remove(uid) {
                    cursor.known.stored.insert(uid);
                }
            }
        }
        Ok(())
    }

    /// Fetches what the ledger owed before this pass and still owes.
    fn resume(&mut self, cursor: &mut MailboxCursor, mut owed: UidSet) -> Result<(), ImapError> {
        owed.take_out(&cursor.known.stored);
        owed.take_out(&cursor.known.gone);
        // The newest first, and in pieces: whoever interrupts must not wait, and nothing is listed twice for it.
        while let Some(piece) = owed.take_newest(PIECE) {
            // The ledger keeps no sizes; asking again also leaves out what is gone by now.
            let listed = self.survey_these(&piece)?;
            let wanted = self.not_held(cursor, &listed)?;
            self.fetch(cursor, &wanted)?;
        }
        Ok(())
    }

    /// Lists a range and takes out again what left while it was listed.
    fn survey(&mut self, sequence: &str) -> Result<Vec<Seen>, ImapError> {
        self.check_stop()?;
        let mut listed = self.remote.survey(sequence)?;
        let vanished = self.remote.take_vanished();
        listed.retain(|seen| !vanished.contains(seen.uid));
        Ok(listed)
    }

    /// The sizes and dates of these.
    fn survey_these(&mut self, uids: &UidSet) -> Result<Vec<Seen>, ImapError> {
        let mut listed = Vec::new();
        for sequence in uids.to_sequences(2000) {
            listed.extend(self.survey(&sequence)?);
        }
        listed.retain(|seen| uids.contains(seen.uid));
        Ok(listed)
    }

    /// The server told what changed and what vanished while the mailbox was opened.
    fn resync(
        &mut self,
        cursor: &mut MailboxCursor,
        opened: &Opened,
    ) -> Result<Verdict, ImapError> {
        let known = &cursor.known;
        let mut comparison = Comparison::default();
        let mut new = UidSet::new();
        for (uid, flags) in &opened.changed {
            if opened.vanished.contains(*uid) {
                continue;
            }
            if known.is_live(*uid) {
                comparison.flags.push((*uid, *flags));
            } else {
                new.insert(*uid);
            }
        }
        comparison.missing = known.live_among(&opened.vanished);
        comparison.fresh = self.survey_these(&new)?;
        let verdict = plan::judge(&comparison, known.live(), opened.view.exists, false);
        self.take(cursor, &comparison, verdict, &opened.view, false)?;
        Ok(verdict)
    }

    /// The server tells what changed when it is asked; what left shows in the count, and then by comparing UIDs.
    fn changes(
        &mut self,
        cursor: &mut MailboxCursor,
        view: &ServerView,
        since: u64,
    ) -> Result<Verdict, ImapError> {
        let changed = match view.modseq {
            Some(now) if now == since => Vec::new(),
            Some(_) | None => self.remote.changed_since(since)?,
        };
        // A window that holds nothing: what is not among the changes is not missing.
        let mut comparison =
            plan::compare(&changed, &cursor.known, Window { from: 0, to: Some(0) });
        let live = cursor.known.live();
        let mut verdict = plan::judge(&comparison, live, self.remote.exists(), false);
        if verdict == Verdict::ListAll {
            let present = self.remote.list_uids()?;
            let mut new = present.clone();
            new.take_out(&cursor.known.live_uids());
            for seen in &comparison.fresh {
                new.remove(seen.uid);
            }
            comparison.fresh.retain(|seen| present.contains(seen.uid));
            comparison.fresh.extend(self.survey_these(&new)?);
            comparison.missing = cursor.known.live_uids();
            comparison.missing.take_out(&present);
            verdict = plan::judge(&comparison, live, self.remote.exists(), true);
        }
        self.take(cursor, &comparison, verdict, view, false)?;
        Ok(verdict)
    }

    /// Nothing tells what changed: the mailbox is listed, whole or in part.
    fn windows(
        &mut self,
        cursor: &mut MailboxCursor,
        view: &ServerView,
        whole: bool,
    ) -> Result<Verdict, ImapError> {
        let windows = plan::windows(view, &cursor.known, whole, cursor.marks.older);
        if cursor.known.live() > 0 || windows.len() < 2 {
            let verdict = self.listing(cursor, view, &windows)?;
            cursor.marks.older = windows.get(1).map_or(0, |window| window.from);
            return Ok(verdict);
        }
        // A first pass: each part is fetched before the next is listed, and nothing can be gone.
        let rest = windows.len().saturating_sub(1);
        for (part, window) in windows.iter().enumerate() {
            let listed = self.survey(&window.to_sequence())?;
            let comparison = plan::compare(&listed, &cursor.known, *window);
            let fresh = Comparison { missing: UidSet::new(), ..comparison };
            let verdict = if part == rest { Verdict::Settled } else { Verdict::ListAll };
            self.take(cursor, &fresh, verdict, view, true)?;
        }
        Ok(Verdict::Settled)
    }

    /// Lists these windows and concludes.
    fn listing(
        &mut self,
        cursor: &mut MailboxCursor,
        view: &ServerView,
        windows: &[Window],
    ) -> Result<Verdict, ImapError> {
        let mut comparison = Comparison::default();
        for window in windows {
            let listed = self.survey(&window.to_sequence())?;
            comparison.extend(plan::compare(&listed, &cursor.known, *window));
        }
        let whole = windows.contains(&Window::ALL);
        let live = cursor.known.live();
        let verdict = plan::judge(&comparison, live, self.remote.exists(), whole);
        self.take(cursor, &comparison, verdict, view, whole)?;
        Ok(verdict)
    }

    /// Much seems to be gone: opens the mailbox anew and lists it a second time. Only what both listings miss, and
    /// what the server's count agrees to, is marked.
    fn confirm(&mut self, cursor: &mut MailboxCursor) -> Result<Verdict, ImapError> {
        let first = self.survey(&Window::ALL.to_sequence())?;
        let view: ServerView = self.remote.open(&cursor.raw_name)?;
        if let Opening::Begin { .. } = plan::opening(&view, cursor.uid_validity) {
            return Ok(Verdict::Doubtful);
        }
        let second = self.survey(&Window::ALL.to_sequence())?;
        let before = plan::compare(&first, &cursor.known, Window::ALL);
        let after = plan::compare(&second, &cursor.known, Window::ALL);
        let verdict = match plan::judge(&after, cursor.known.live(), self.remote.exists(), true) {
            Verdict::Settled | Verdict::Confirm if before.missing == after.missing => {
                Verdict::Settled
            }
            Verdict::Settled | Verdict::Confirm | Verdict::ListAll | Verdict::Doubtful => {
                Verdict::Doubtful
            }
        };
        // What came in between was announced before the mailbox was opened anew, and nobody announces it again.
        self.take(cursor, &after, verdict, &view, true)?;
        Ok(verdict)
    }

    /// Records what a comparison found, and fetches what is new. Only a settled one concludes anything.
    fn take(
        &mut self,
        cursor: &mut MailboxCursor,
        found: &Comparison,
        verdict: Verdict,
        view: &ServerView,
        whole: bool,
    ) -> Result<(), ImapError> {
        let conclusion = match verdict {
            Verdict::Settled => {
                // A part of a listing covers no count of changes; it keeps none either.
                let counted = whole || self.remote.offers() != plan::Offers::default();
                Some(Conclusion { modseq: view.modseq.filter(|_| counted), whole })
            }
            Verdict::Confirm | Verdict::ListAll | Verdict::Doubtful => None,
        };
        self.record(cursor, found, conclusion)?;
        self.set_aside(cursor, &found.fresh)?;
        let (from, pending) = (self.newest_from(&cursor.known), &cursor.known.pending);
        let now = |seen: &&Seen| seen.uid >= from && pending.contains(seen.uid);
        let due: Vec<Seen> = found.fresh.iter().filter(now).copied().collect();
        let wanted = self.not_held(cursor, &due)?;
        self.fetch(cursor, &wanted)
    }

    /// What is older than the mail that is fetched stays on the server.
    fn set_aside(&mut self, cursor: &mut MailboxCursor, seen: &[Seen]) -> Result<(), ImapError> {
        let Some(since) = self.signals.since else { return Ok(()) };
        let older: UidSet = seen
            .iter()
            .filter(|one| one.internal_date.is_some_and(|at| at < since))
            .map(|one| one.uid)
            .filter(|uid| cursor.known.pending.contains(*uid))
            .collect();
        if older.is_empty() {
            return Ok(());
        }
        self.sink.set_aside(cursor.mailbox, &older).map_err(ImapError::Halted)?;
        for uid in older.iter() {
            cursor.known.pending.remove(uid);
            cursor.known.older.insert(uid);
        }
        Ok(())
    }

    /// Fetches a part of what the newest passes left, the newest of it first, until a person lets it wait. `waiting` is
    /// how many messages of all mailboxes wait.
    pub(super) fn history(
        &mut self,
        cursor: &mut MailboxCursor,
        waiting: u64,
    ) -> Result<(), ImapError> {
        let part: UidSet = cursor.known.pending.iter().rev().take(PART).collect();
        let view = self.remote.open(&cursor.raw_name)?;
        if plan::opening(&view, cursor.uid_validity) != Opening::Continue {
            // The next pass sees to it.
            return Ok(());
        }
        let listed = self.survey_these(&part)?;
        self.set_aside(cursor, &listed)?;
        let pending = &cursor.known.pending;
        let due = listed.into_iter().filter(|seen| pending.contains(seen.uid));
        let mut wanted = self.not_held(cursor, &due.collect::<Vec<Seen>>())?;
        wanted.sort_unstable_by_key(|one| std::cmp::Reverse(one.uid));
        let mut left = waiting;
        for some in wanted.chunks(self.caps.batch_count.max(1)) {
            if self.signals.paused.load(Ordering::Relaxed) {
                break;
            }
            left = left.saturating_sub(u64::try_from(some.len()).unwrap_or(0));
            self.progress.waiting = left;
            self.fetch(cursor, some)?;
        }
        self.progress.waiting = 0;
        Ok(())
    }

    /// Tells the record, in one piece where that is not too much for it, and in any case the conclusion last.
    fn record(
        &mut self,
        cursor: &mut MailboxCursor,
        found: &Comparison,
        conclusion: Option<Conclusion>,
    ) -> Result<(), ImapError> {
        let mut last = Changes { conclusion, ..Changes::default() };
        if conclusion.is_some() {
            last.gone = found.missing.clone();
        }
        if found.flags.len().saturating_add(found.fresh.len()) <= ROWS {
            last.flags.clone_from(&found.flags);
            last.seen.clone_from(&found.fresh);
        } else {
            for some in found.flags.chunks(ROWS) {
                self.tell(cursor, &Changes { flags: some.to_vec(), ..Changes::default() })?;
            }
            for some in found.fresh.chunks(ROWS) {
                self.tell(cursor, &Changes { seen: some.to_vec(), ..Changes::default() })?;
            }
        }
        self.tell(cursor, &last)
    }

    /// Tells the record some changes, and keeps the cursor in step.
    fn tell(&mut self, cursor: &mut MailboxCursor, changes: &Changes) -> Result<(), ImapError> {
        let Changes { seen, flags, gone, conclusion } = changes;
        let new = conclusion.filter(|one| one.whole || one.modseq != cursor.marks.modseq);
        if seen.is_empty() && flags.is_empty() && gone.is_empty() && new.is_none() {
            return Ok(());
        }
        let told = self.sink.changes(cursor.mailbox, cursor.generation, changes);
        told.map_err(ImapError::Halted)?;
        let known = &mut cursor.known;
        for one in seen {
            known.gone.remove(one.uid);
            known.pending.insert(one.uid);
            if let Some(at) = one.internal_date.filter(|_| cursor.role == Role::Sent) {
                known.arrived.insert(one.uid, at);
            }
        }
        for uid in gone.iter() {
            let was = known.pending.remove(uid) || known.stored.remove(uid);
            let was = known.older.remove(uid) || was;
            if was || known.failed.remove(uid) {
                known.gone.insert(uid);
            }
        }
        if let Some(Conclusion { modseq, whole }) = *conclusion {
            cursor.marks.modseq = modseq;
            if whole {
                cursor.marks.checked = Some(Duration::ZERO);
            }
        }
        Ok(())
    }

    fn fetch(&mut self, cursor: &mut MailboxCursor, wanted: &[Wanted]) -> Result<(), ImapError> {
        let count = u64::try_from(wanted.len()).unwrap_or(u64::MAX);
        if count == 0 {
            return Ok(());
        }
        let before = self.progress.waiting;
        self.progress.waiting = before.saturating_add(count);
        self.sink.link(Link::Syncing(*self.progress));
        let end = self.fetch_wanted(cursor, wanted);
        // Whatever was not settled waits no more: it is gone, or the next pass asks for it and counts it anew.
        self.progress.waiting = before;
        end
    }

    fn fetch_wanted(
        &mut self,
        cursor: &mut MailboxCursor,
        wanted: &[Wanted],
    ) -> Result<(), ImapError> {
        let place = (cursor.mailbox, cursor.generation);
        let (mut alone, together): (Vec<Wanted>, Vec<Wanted>) =
            wanted.iter().partition(|one| self.suspects.holds(place, one.uid));
        // The least suspect first: the innocent do not wait behind the one that breaks everything.
        alone.sort_by_key(|one| self.suspects.strikes(place, one.uid));
        for batch in plan::batches(&together, self.caps) {
            self.check_stop()?;
            super::bodies::batch(self, cursor, &batch)?;
            self.sink.link(Link::Syncing(*self.progress));
        }
        // Whatever broke a connection before comes last and alone.
        for one in alone {
            self.check_stop()?;
            if self.suspects.is_hopeless(place, one.uid) {
                self.suspects.forget(place, one.uid);
                self.fail(cursor, one.uid, FailReason::BreaksConnection)?;
                continue;
            }
            for batch in plan::batches(&[one], self.caps) {
                super::bodies::batch(self, cursor, &batch)?;
            }
        }
        Ok(())
    }

    /// The message is in the record.
    pub(super) fn settled(&mut self, cursor: &mut MailboxCursor, uid: u32) {
        let known = &mut cursor.known;
        known.pending.remove(uid);
        known.failed.remove(uid);
        known.stored.insert(uid);
        self.suspects.forget((cursor.mailbox, cursor.generation), uid);
        self.progress.fetched = self.progress.fetched.saturating_add(1);
        self.progress.waiting = self.progress.waiting.saturating_sub(1);
    }

    /// The message could not be fetched.
    pub(super) fn fail(
        &mut self,
        cursor: &mut MailboxCursor,
        uid: u32,
        reason: FailReason,
    ) -> Result<(), ImapError> {
        self.sink
            .failed(cursor.mailbox, cursor.generation, uid, reason)
            .map_err(ImapError::Halted)?;
        cursor.known.pending.remove(uid);
        cursor.known.failed.insert(uid);
        self.progress.waiting = self.progress.waiting.saturating_sub(1);
        Ok(())
    }
}

/// So many messages of the history come before anything else is looked at.
const PART: usize = 8000;

/// What the ledger owes; in a full pass also what failed before.
fn owed(known: &Ledger, depth: Depth) -> UidSet {
    let mut owed = known.pending.clone();
    match depth {
        Depth::Recent => {}
        Depth::Full => owed.extend_from(&known.failed),
    }
    owed
}

pub(super) fn wanted_of(seen: &Seen) -> Wanted {
    Wanted { uid: seen.uid, size: seen.size }
}

/// One mailbox in one generation.
pub(super) type Place = (MailboxId, u64);

/// How often each message was in flight when a connection broke.
pub(super) type Strikes = BTreeMap<(Place, u32), u8>;

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, reason = "small numbers of a test")]
#[path = "pull_tests.rs"]
mod tests;
