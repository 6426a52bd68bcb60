//! Runs the plan: brings one mailbox of the server into the record.
//!
//! Owns the order of a pass: open, compare, make pending, fetch, and only then conclude what is gone. It must never
//! fetch what is not pending in the record, and never let one bad message stop the rest.

use std::{collections::BTreeMap, sync::atomic::Ordering};

use crate::domain::id::MailboxId;

use super::{
    contract::{
        Candidate, FailReason, GenerationReason, Halt, Ledger, Link, MailboxCursor, Progress, Seen,
        Sink,
    },
    error::ImapError,
    plan::{self, Comparison, Depth, Opening, ServerView, Verdict, Wanted, Window},
    session::Remote,
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
        let view = self.remote.open(&cursor.raw_name)?;
        let opening = plan::opening(&view, cursor.uid_validity);
        if let Opening::Begin { uid_validity, reason } = opening {
            self.begin(cursor, uid_validity, reason)?;
        }
        self.resume(cursor, depth)?;
        let mut verdict = Verdict::Settled;
        let windows = plan::windows(&view, &cursor.known, depth);
        let whole = windows.contains(&Window::ALL);
        for window in &windows {
            verdict = self.window(cursor, *window, whole, windows.len() == 1)?;
        }
        if verdict == Verdict::ListAll {
            verdict = self.window(cursor, Window::ALL, true, true)?;
        }
        if verdict == Verdict::Confirm {
            verdict = self.confirm(cursor)?;
        }
        let doubtful = verdict == Verdict::Doubtful;
        Ok(Outcome { doubtful, exists: view.exists, uid_next: view.uid_next })
    }

    fn check_end(&self) -> Result<(), ImapError> {
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
        match reason {
            GenerationReason::First => Ok(()),
            GenerationReason::Renumbered => self.adopt(cursor),
        }
    }

    fn adopt(&mut self, cursor: &mut MailboxCursor) -> Result<(), ImapError> {
        let listed = self.remote.survey_with_ids()?;
        let seen: Vec<Seen> = listed.iter().map(|(seen, _)| *seen).collect();
        self.make_pending(cursor, &seen)?;
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

    /// Fetches what the ledger still owes; in a full pass also what failed before.
    fn resume(&mut self, cursor: &mut MailboxCursor, depth: Depth) -> Result<(), ImapError> {
        let mut owed = cursor.known.pending.clone();
        if depth == Depth::Full {
            owed.extend_from(&cursor.known.failed);
        }
        let mut wanted = Vec::new();
        // The ledger keeps no sizes; asking again also leaves out what is gone by now.
        for sequence in owed.to_sequences(2000) {
            self.check_stop()?;
            let listed = self.remote.survey(&sequence)?;
            wanted.extend(listed.iter().filter(|seen| owed.contains(seen.uid)).map(wanted_of));
        }
        self.fetch(cursor, &wanted)
    }

    /// Lists one window, makes what is new pending, fetches it, and concludes.
    fn window(
        &mut self,
        cursor: &mut MailboxCursor,
        window: Window,
        whole: bool,
        conclude: bool,
    ) -> Result<Verdict, ImapError> {
        self.check_stop()?;
        let listed = self.remote.survey(&window.to_sequence())?;
        let comparison = plan::compare(&listed, &cursor.known, window);
        let exists = self.remote.exists();
        let verdict = if conclude {
            plan::judge(&comparison, cursor.known.live(), exists, whole)
        } else {
            Verdict::Settled
        };
        self.tell_flags(cursor, &comparison)?;
        self.make_pending(cursor, &comparison.fresh)?;
        let wanted: Vec<Wanted> = comparison.fresh.iter().map(wanted_of).collect();
        self.fetch(cursor, &wanted)?;
        if conclude && verdict == Verdict::Settled {
            self.mark_gone(cursor, &comparison.missing)?;
        }
        Ok(verdict)
    }

    /// Much seems to be gone: opens the mailbox anew and lists it a second time. Only what both listings miss, and
    /// what the server's count agrees to, is marked.
    fn confirm(&mut self, cursor: &mut MailboxCursor) -> Result<Verdict, ImapError> {
        let first = self.remote.survey(&Window::ALL.to_sequence())?;
        let view: ServerView = self.remote.open(&cursor.raw_name)?;
        if let Opening::Begin { .. } = plan::opening(&view, cursor.uid_validity) {
            return Ok(Verdict::Doubtful);
        }
        let second = self.remote.survey(&Window::ALL.to_sequence())?;
        let before = plan::compare(&first, &cursor.known, Window::ALL);
        let after = plan::compare(&second, &cursor.known, Window::ALL);
        let verdict = plan::judge(&after, cursor.known.live(), self.remote.exists(), true);
        let agreed = before.missing == after.missing;
        // What came in between was announced before the mailbox was opened anew, and nobody announces it again.
        self.make_pending(cursor, &after.fresh)?;
        let wanted: Vec<Wanted> = after.fresh.iter().map(wanted_of).collect();
        self.fetch(cursor, &wanted)?;
        match verdict {
            Verdict::Settled | Verdict::Confirm if agreed => {
                self.mark_gone(cursor, &after.missing)?;
                Ok(Verdict::Settled)
            }
            Verdict::Settled | Verdict::Confirm | Verdict::ListAll | Verdict::Doubtful => {
                Ok(Verdict::Doubtful)
            }
        }
    }

    fn tell_flags(
        &mut self,
        cursor: &MailboxCursor,
        comparison: &Comparison,
    ) -> Result<(), ImapError> {
        for some in comparison.flags.chunks(ROWS) {
            self.sink.flags(cursor.mailbox, cursor.generation, some).map_err(ImapError::Halted)?;
        }
        Ok(())
    }

    fn make_pending(&mut self, cursor: &mut MailboxCursor, seen: &[Seen]) -> Result<(), ImapError> {
        for some in seen.chunks(ROWS) {
            self.sink
                .uids_seen(cursor.mailbox, cursor.generation, some)
                .map_err(ImapError::Halted)?;
            for one in some {
                cursor.known.gone.remove(one.uid);
                cursor.known.pending.insert(one.uid);
            }
        }
        Ok(())
    }

    fn mark_gone(&mut self, cursor: &mut MailboxCursor, uids: &UidSet) -> Result<(), ImapError> {
        if uids.is_empty() {
            return Ok(());
        }
        self.sink.gone(cursor.mailbox, cursor.generation, uids).map_err(ImapError::Halted)?;
        for uid in uids.iter() {
            let known = &mut cursor.known;
            let was = known.pending.remove(uid) || known.stored.remove(uid);
            if was || known.failed.remove(uid) {
                known.gone.insert(uid);
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

fn wanted_of(seen: &Seen) -> Wanted {
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
