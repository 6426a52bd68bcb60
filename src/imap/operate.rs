//! Carries out operations at the server: flags, and moves by MOVE or by COPY, a look, and UID EXPUNGE.
//!
//! Owns the order of the commands. It reads the Message-ID of a UID again before it touches it, and never sends a plain
//! EXPUNGE or a CLOSE: both remove what other programs have marked.

use std::{collections::BTreeMap, time::Duration};

use jiff::Timestamp;

use crate::domain::{
    confidential::Confidential,
    id::OperationId,
    message::MessageId,
    operation::{Deed, Folder},
};

use super::{
    contract::NO_UIDVALIDITY,
    copyuid::Copied,
    drafts::{DraftReport, DraftWork},
    error::ImapError,
    names::{RawName, quoted},
    reader::OnReply,
    reply::{Condition, Reply, StatusLine},
    round::Round,
    session::{ImapSession, message_id_in},
    uids::UidSet,
    wire::Allowance,
};

/// Operations that ask for the same in the same mailbox, in order.
#[derive(Clone, Debug)]
pub struct Batch {
    /// Where the messages lie.
    pub mailbox: RawName,
    /// What is to happen to them.
    pub deed: Deed,
    /// Which messages.
    pub steps: Vec<Step>,
}

/// What is to be done next.
#[derive(Clone, Debug)]
pub enum Work {
    /// Something with messages.
    Messages(Batch),
    /// Something with a draft.
    Draft(DraftWork),
}

/// One message of a batch.
#[derive(Clone, Debug)]
pub struct Step {
    /// Which operation.
    pub id: OperationId,
    /// UIDVALIDITY and UID; `None` when it must be looked for by its Message-ID.
    pub at: Option<(u64, u32)>,
    /// Its Message-ID, if it has one.
    pub message_id: Option<MessageId>,
    /// Its size in bytes, by the record.
    pub size: u64,
    /// It was begun before, and it is not known how that ended.
    pub resumed: bool,
}

/// How an operation ended.
#[derive(Clone, Debug)]
pub enum Ending {
    /// The server did it; after a move the new UIDVALIDITY and UID, where it said so.
    Done {
        /// Where the message lies now.
        target: Option<(u64, u32)>,
        /// What it was called in the mailbox that it left.
        left: Option<u32>,
    },
    /// The copy is where it should be; the original is marked as deleted and stays, because the server cannot remove
    /// single messages (no UIDPLUS).
    MarkedDeleted {
        /// Where the copy lies.
        target: Option<(u64, u32)>,
    },
    /// It lies where it should be, and where it was too: its mailbox shows all mail of the account (Gmail).
    Added {
        /// Where it lies there.
        target: Option<(u64, u32)>,
    },
    /// The message is not in its mailbox any more, and not in the one where it should go.
    Gone,
    /// The server shows another message under this UID: nothing was done.
    Differs,
    /// Several messages fit: nothing was done.
    Ambiguous,
    /// The mailbox may only be read.
    ReadOnly,
    /// One of the two mailboxes cannot be opened or written to.
    NoFolder(Confidential<String>),
    /// The server says no.
    Refused(Confidential<String>),
    /// The server said OK, but the message is not where it should be: nothing was removed.
    Unsure,
    /// A version of a draft is not where it was put: another program was there. Nothing of its was touched.
    Overtaken,
    /// The server asks for patience.
    Later {
        /// How long to wait, where it said so.
        wait: Option<Duration>,
        /// What it said.
        text: Confidential<String>,
    },
}

/// Takes the endings as they become known: what broke the connection takes nothing with it.
pub(super) type Endings = Vec<(OperationId, Ending)>;

impl Round<'_> {
    /// Carries out what waits in the record, batch by batch.
    pub(super) fn operate(&mut self) -> Result<(), ImapError> {
        while let Some(work) = self.sink.operations().map_err(ImapError::Halted)? {
            let batch = match work {
                Work::Messages(batch) => batch,
                Work::Draft(work) => {
                    let mut report = DraftReport::default();
                    let end = self.session.keep_draft(&work, &mut report);
                    self.sink.drafted(report).map_err(ImapError::Halted)?;
                    end?;
                    continue;
                }
            };
            let mut endings = Endings::new();
            let end = self.session.operate(&batch, &mut endings);
            for (_, ending) in &endings {
                if let Ending::Done { left: Some(uid), .. } = ending {
                    self.left(&batch.mailbox, *uid);
                }
            }
            self.sink.operated(endings).map_err(ImapError::Halted)?;
            end?;
        }
        Ok(())
    }
}

/// What the server shows of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Shown {
    id: Option<MessageId>,
    size: Option<u64>,
    date: Option<Timestamp>,
}

/// A step with the UID that was proved to be its message.
#[derive(Clone, Debug)]
struct Proved<'a> {
    step: &'a Step,
    uid: u32,
    shown: Shown,
}

/// A mailbox that is open for writing.
pub(super) struct Writable {
    pub(super) uid_validity: u64,
    pub(super) read_only: bool,
}

/// How long a list of UIDs in one command may be.
const SEQUENCE: usize = 2000;

impl ImapSession {
    /// Carries out one batch. Every step of it gets exactly one ending, unless the connection breaks.
    fn operate(&mut self, batch: &Batch, endings: &mut Endings) -> Result<(), ImapError> {
        let result = match &batch.deed {
            Deed::Set { flag, on } => {
                let sign = if *on { '+' } else { '-' };
                let what = format!("{sign}FLAGS ({})", flag.keyword());
                self.set(batch, &what, endings)
            }
            Deed::Move { to } => self.relocate(batch, to, endings),
            // Drafts are no batch of messages: `keep_draft`.
            Deed::Draft { .. } => Ok(()),
        };
        // Whoever needs a mailbox opens it anew, for reading.
        self.selected = None;
        let Err(error) = result else { return Ok(()) };
        let kept = error.keeps_connection();
        let Some(ending) = verdict(&error) else { return Err(error) };
        for step in &batch.steps {
            if !endings.iter().any(|(id, _)| *id == step.id) {
                endings.push((step.id, ending.clone()));
            }
        }
        if kept || matches!(error, ImapError::Limited { .. }) { Ok(()) } else { Err(error) }
    }

    fn set(&mut self, batch: &Batch, what: &str, endings: &mut Endings) -> Result<(), ImapError> {
        let steps: Vec<&Step> = batch.steps.iter().collect();
        let (proved, absent) = self.prove(&batch.mailbox, &steps, endings)?;
        endings.extend(absent.iter().map(|step| (step.id, Ending::Gone)));
        let uids: UidSet = proved.iter().map(|one| one.uid).collect();
        for sequence in uids.to_sequences(SEQUENCE) {
            self.say("STORE", &format!("UID STORE {sequence} {what}"), &mut |_| Ok(()))?;
        }
        endings.extend(
            proved.iter().map(|one| (one.step.id, Ending::Done { target: None, left: None })),
        );
        Ok(())
    }

    fn relocate(
        &mut self,
        batch: &Batch,
        to: &Folder,
        endings: &mut Endings,
    ) -> Result<(), ImapError> {
        let target = RawName::new(to.wire.clone());
        if target == batch.mailbox {
            let done = Ending::Done { target: None, left: None };
            endings.extend(batch.steps.iter().map(|step| (step.id, done.clone())));
            return Ok(());
        }
        let steps: Vec<&Step> = batch.steps.iter().collect();
        let (proved, absent) = self.prove(&batch.mailbox, &steps, endings)?;
        if !proved.is_empty() {
            if self.logged_in.offers.has("MOVE") {
                self.move_all(batch, &target, proved, endings)?;
            } else {
                self.copy_all(batch, &target, proved, endings)?;
            }
        }
        self.look_for_absent(&target, &absent, endings)
    }

    /// What is not in its mailbox any more: it was moved before the line broke, or somebody else was faster.
    fn look_for_absent(
        &mut self,
        target: &RawName,
        absent: &[&Step],
        endings: &mut Endings,
    ) -> Result<(), ImapError> {
        for step in absent {
            let found = match &step.message_id {
                Some(id) => self.find_message_id(target, id)?,
                None => None,
            };
            let ending = match found {
                Some(_) => Ending::Done { target: None, left: step.at.map(|(_, uid)| uid) },
                None => Ending::Gone,
            };
            endings.push((step.id, ending));
        }
        Ok(())
    }

    /// MOVE (RFC 6851). An OK without COPYUID for a message proves nothing: it is looked for.
    fn move_all(
        &mut self,
        batch: &Batch,
        target: &RawName,
        proved: Vec<Proved<'_>>,
        endings: &mut Endings,
    ) -> Result<(), ImapError> {
        let name = quoted(target.as_str())?;
        let uids: UidSet = proved.iter().map(|one| one.uid).collect();
        let mut copied = Copied::default();
        let mut refused = None;
        for sequence in uids.to_sequences(SEQUENCE) {
            let line = format!("UID MOVE {sequence} {name}");
            match self.say("MOVE", &line, &mut |reply| copied.note(&reply)) {
                Ok(done) => copied.take(&done),
                Err(error) if verdict(&error).is_some() => {
                    refused = Some(error);
                    break;
                }
                Err(error) => return Err(error),
            }
        }
        let stay = self.those_that_stay(&uids)?;
        let mut doubtful = Vec::new();
        for one in proved {
            match copied.target_of(one.uid) {
                target @ Some(_) if stay.contains(one.uid) => {
                    endings.push((one.step.id, Ending::Added { target }));
                }
                Some(target) => {
                    let done = Ending::Done { target: Some(target), left: Some(one.uid) };
                    endings.push((one.step.id, done));
                }
                None => doubtful.push(one),
            }
        }
        if let Some(error) = refused {
            // What was moved before it said no is settled above; the rest stayed where it was, or is found next time.
            return Err(error);
        }
        self.settle_doubtful(&batch.mailbox, target, &doubtful, endings)
    }

    /// The server said OK and did not say where to: what is still there was not moved, and what is not must be found.
    fn settle_doubtful(
        &mut self,
        mailbox: &RawName,
        target: &RawName,
        doubtful: &[Proved<'_>],
        endings: &mut Endings,
    ) -> Result<(), ImapError> {
        if doubtful.is_empty() {
            return Ok(());
        }
        let uids: UidSet = doubtful.iter().map(|one| one.uid).collect();
        self.select(mailbox)?;
        let still = self.look(&uids)?;
        for one in doubtful {
            let stays = still.contains_key(&one.uid);
            let found = if stays && !self.has_labels() {
                None
            } else {
                self.find_copy(target, one.step, &one.shown)?
            };
            let ending = match found {
                Some(_) if stays => Ending::Added { target: found },
                Some(_) => Ending::Done { target: found, left: Some(one.uid) },
                None => Ending::Unsure,
            };
            endings.push((one.step.id, ending));
        }
        Ok(())
    }

    /// COPY, a look at the copies, and only then the originals are marked and removed, these UIDs and no others.
    fn copy_all(
        &mut self,
        batch: &Batch,
        target: &RawName,
        proved: Vec<Proved<'_>>,
        endings: &mut Endings,
    ) -> Result<(), ImapError> {
        // What was begun before may have been copied already: a second copy would be a double.
        let mut earlier: BTreeMap<u32, (u64, u32)> = BTreeMap::new();
        for one in proved.iter().filter(|one| one.step.resumed) {
            if let Some(found) = self.find_copy(target, one.step, &one.shown)? {
                earlier.insert(one.uid, found);
            }
        }
        let fresh: UidSet =
            proved.iter().map(|one| one.uid).filter(|uid| !earlier.contains_key(uid)).collect();
        let mut copied = Copied::default();
        if !fresh.is_empty() {
            self.select(&batch.mailbox)?;
            let name = quoted(target.as_str())?;
            for sequence in fresh.to_sequences(SEQUENCE) {
                let line = format!("UID COPY {sequence} {name}");
                let done = self.say("COPY", &line, &mut |reply| copied.note(&reply))?;
                copied.take(&done);
            }
        }
        let mut safe = Vec::new();
        for one in proved {
            let told = copied.target_of(one.uid).or_else(|| earlier.get(&one.uid).copied());
            match self.verified(target, &one, told)? {
                Some(found) => safe.push((one, found)),
                None => endings.push((one.step.id, Ending::Unsure)),
            }
        }
        self.remove(&batch.mailbox, safe, endings)
    }

    /// Is the copy really there? By the UID that was told, else by Message-ID.
    fn verified(
        &mut self,
        target: &RawName,
        one: &Proved<'_>,
        told: Option<(u64, u32)>,
    ) -> Result<Option<(u64, u32)>, ImapError> {
        let Some((validity, uid)) = told else {
            return self.find_copy(target, one.step, &one.shown);
        };
        if self.selected.as_ref() != Some(target) {
            self.open_again(target)?;
        }
        let there = self.look(&std::iter::once(uid).collect())?;
        let same = there.get(&uid).is_some_and(|copy| copy.is_copy_of(&one.shown));
        Ok(same.then_some((validity, uid)))
    }

    fn open_again(&mut self, name: &RawName) -> Result<u64, ImapError> {
        use super::session::Remote;
        Ok(self.open(name)?.uid_validity.unwrap_or(NO_UIDVALIDITY))
    }

    /// The newest message in a mailbox that is a copy of this one: the same Message-ID, size and arrival.
    fn find_copy(
        &mut self,
        target: &RawName,
        step: &Step,
        shown: &Shown,
    ) -> Result<Option<(u64, u32)>, ImapError> {
        let Some(id) = &step.message_id else { return Ok(None) };
        let validity = self.open_again(target)?;
        let found = self.with_id(id)?;
        let copy = found.into_iter().rev().find(|(_, copy)| copy.is_copy_of(shown));
        Ok(copy.map(|(uid, _)| (validity, uid)))
    }

    /// Marks the originals and removes them. Their Message-IDs are read once more: the copies took time.
    fn remove(
        &mut self,
        mailbox: &RawName,
        safe: Vec<(Proved<'_>, (u64, u32))>,
        endings: &mut Endings,
    ) -> Result<(), ImapError> {
        if safe.is_empty() {
            return Ok(());
        }
        self.select(mailbox)?;
        let uids: UidSet = safe.iter().map(|(one, _)| one.uid).collect();
        let now = self.look(&uids)?;
        let mut ours = Vec::new();
        for (one, target) in safe {
            match now.get(&one.uid) {
                Some(shown) if *shown == one.shown => ours.push((one, target)),
                Some(_) => endings.push((one.step.id, Ending::Differs)),
                // Somebody removed it meanwhile; its copy is where it should be.
                None => {
                    let done = Ending::Done { target: Some(target), left: Some(one.uid) };
                    endings.push((one.step.id, done));
                }
            }
        }
        let uids: UidSet = ours.iter().map(|(one, _)| one.uid).collect();
        for sequence in uids.to_sequences(SEQUENCE) {
            let line = format!("UID STORE {sequence} +FLAGS (\\Deleted)");
            self.say("STORE", &line, &mut |_| Ok(()))?;
        }
        let removed = self.expunge(&uids)?;
        for (one, target) in ours {
            let target = Some(target);
            let done = Ending::Done { target, left: Some(one.uid) };
            let ending = if removed { done } else { Ending::MarkedDeleted { target } };
            endings.push((one.step.id, ending));
        }
        Ok(())
    }

    /// UID EXPUNGE of just these (RFC 4315). `false` when the server cannot, or says that it can and refuses (Proton
    /// Bridge): then they stay, marked as deleted.
    pub(super) fn expunge(&mut self, uids: &UidSet) -> Result<bool, ImapError> {
        if !self.logged_in.offers.has("UIDPLUS") {
            return Ok(false);
        }
        for sequence in uids.to_sequences(SEQUENCE) {
            match self.say("EXPUNGE", &format!("UID EXPUNGE {sequence}"), &mut |_| Ok(())) {
                Ok(_) => {}
                Err(error) if error.keeps_connection() => return Ok(false),
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }

    /// Opens the mailbox for writing and finds each step's message in it. Steps that may not be touched get their ending;
    /// the absent ones are handed back.
    fn prove<'a>(
        &mut self,
        mailbox: &RawName,
        steps: &[&'a Step],
        endings: &mut Endings,
    ) -> Result<(Vec<Proved<'a>>, Vec<&'a Step>), ImapError> {
        let opened = self.select(mailbox)?;
        if opened.read_only {
            endings.extend(steps.iter().map(|step| (step.id, Ending::ReadOnly)));
            return Ok((Vec::new(), Vec::new()));
        }
        let known = |step: &Step| {
            step.at.filter(|(validity, _)| *validity == opened.uid_validity).map(|(_, uid)| uid)
        };
        let uids: UidSet = steps.iter().filter_map(|step| known(step)).collect();
        let there = self.look(&uids)?;
        let (mut proved, mut absent) = (Vec::new(), Vec::new());
        for step in steps.iter().copied() {
            let Some(uid) = known(step) else {
                self.search(step, &mut proved, &mut absent, endings)?;
                continue;
            };
            match there.get(&uid) {
                Some(shown) if shown.is(step) => {
                    proved.push(Proved { step, uid, shown: shown.clone() });
                }
                Some(_) => endings.push((step.id, Ending::Differs)),
                None => absent.push(step),
            }
        }
        Ok((proved, absent))
    }

    /// Looks for a message whose UID is not known (any more). More than one that fits is none.
    fn search<'a>(
        &mut self,
        step: &'a Step,
        proved: &mut Vec<Proved<'a>>,
        absent: &mut Vec<&'a Step>,
        endings: &mut Endings,
    ) -> Result<(), ImapError> {
        let Some(id) = &step.message_id else {
            endings.push((step.id, Ending::Differs));
            return Ok(());
        };
        let found = self.with_id(id)?;
        match found.as_slice() {
            [] => absent.push(step),
            [(uid, shown)] => proved.push(Proved { step, uid: *uid, shown: shown.clone() }),
            [..] => endings.push((step.id, Ending::Ambiguous)),
        }
        Ok(())
    }

    /// Every message of the open mailbox with exactly this Message-ID, ascending.
    fn with_id(&mut self, id: &MessageId) -> Result<Vec<(u32, Shown)>, ImapError> {
        let mut uids = UidSet::new();
        let line = format!("UID SEARCH HEADER Message-ID {}", quoted(id.as_str())?);
        self.say("SEARCH", &line, &mut |reply| {
            if let Reply::Search(found) = reply {
                for uid in found {
                    uids.insert(uid);
                }
            }
            Ok(())
        })?;
        // Servers search by substring, or not at all: what is found is compared.
        let found = self.look(&uids)?;
        Ok(found.into_iter().filter(|(_, shown)| shown.id.as_ref() == Some(id)).collect())
    }

    /// Reads Message-ID, size and arrival of these UIDs in the open mailbox; a UID that is not there is missing.
    fn look(&mut self, uids: &UidSet) -> Result<BTreeMap<u32, Shown>, ImapError> {
        let mut there = BTreeMap::new();
        for sequence in uids.to_sequences(SEQUENCE) {
            let line = format!(
                "UID FETCH {sequence} (UID RFC822.SIZE INTERNALDATE BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])"
            );
            let allowance = Allowance { literal: 64 << 10, ..Allowance::LINES };
            let done = self.logged_in.talk.command("FETCH", &line, allowance, &mut |reply| {
                if let Reply::Fetch(line) = reply
                    && let (Some(uid), Some(body)) = (line.uid, &line.body)
                    && uids.contains(uid)
                {
                    let id = message_id_in(body, "Message-ID");
                    there.insert(uid, Shown { id, size: line.size, date: line.internal_date });
                }
                Ok(())
            });
            done?;
        }
        Ok(there)
    }

    /// Opens a mailbox for writing.
    pub(super) fn select(&mut self, name: &RawName) -> Result<Writable, ImapError> {
        let line = format!("SELECT {}", quoted(name.as_str())?);
        self.selected = None;
        self.logged_in.talk.exists = 0;
        let mut codes: Vec<StatusLine> = Vec::new();
        let done = self.say("SELECT", &line, &mut |reply| {
            if let Reply::Untagged(line) = reply
                && line.condition == Condition::Ok
            {
                codes.push(line);
            }
            Ok(())
        })?;
        let read_only = done.code.as_deref() == Some("READ-ONLY");
        codes.push(done);
        let validity = codes.iter().find_map(|line| line.number("UIDVALIDITY"));
        self.logged_in.talk.take_news();
        Ok(Writable { uid_validity: validity.unwrap_or(NO_UIDVALIDITY), read_only })
    }

    pub(super) fn say(
        &mut self,
        verb: &'static str,
        line: &str,
        on: OnReply<'_>,
    ) -> Result<StatusLine, ImapError> {
        self.logged_in.talk.command(verb, line, Allowance::LINES, on)
    }
}

impl Shown {
    /// Is it the message of this step? One without a Message-ID is known by its size, to the byte.
    fn is(&self, step: &Step) -> bool {
        match (&step.message_id, &self.id) {
            (Some(ours), Some(theirs)) => ours == theirs,
            (None, None) => step.size > 0 && self.size == Some(step.size),
            (Some(_), None) | (None, Some(_)) => false,
        }
    }

    /// Is it a copy of that one? COPY keeps the bytes and the arrival (RFC 3501 §6.4.7).
    fn is_copy_of(&self, original: &Self) -> bool {
        self.id == original.id && self.size == original.size && self.date == original.date
    }
}

/// What an error means for the operations of a batch; `None` when the connection is at fault.
pub(super) fn verdict(error: &ImapError) -> Option<Ending> {
    match error {
        ImapError::No { verb: "SELECT" | "EXAMINE", text, .. } => {
            Some(Ending::NoFolder(text.clone()))
        }
        ImapError::No { code: Some(code), text, .. } if code.starts_with("TRYCREATE") => {
            Some(Ending::NoFolder(text.clone()))
        }
        ImapError::No { text, .. } | ImapError::Bad { text, .. } => {
            Some(Ending::Refused(text.clone()))
        }
        ImapError::Limited { wait, text } => {
            Some(Ending::Later { wait: *wait, text: text.clone() })
        }
        ImapError::UnsafeText => Some(Ending::NoFolder(Confidential::from(""))),
        ImapError::Resolve(_)
        | ImapError::HostName
        | ImapError::Connect(_)
        | ImapError::Handshake(_)
        | ImapError::Timeout(_)
        | ImapError::Lost(_)
        | ImapError::Closed
        | ImapError::StartTlsRefused(_)
        | ImapError::StartTlsInjected
        | ImapError::Preauth
        | ImapError::Greeting
        | ImapError::NoPasswordLogin
        | ImapError::NoTokenLogin
        | ImapError::SignIn(_)
        | ImapError::TokenRefused { .. }
        | ImapError::AuthRefused(_)
        | ImapError::Bye(_)
        | ImapError::Protocol(_)
        | ImapError::Budget
        | ImapError::TooDeep
        | ImapError::LiteralTooLarge { .. }
        | ImapError::Halted(_)
        | ImapError::Interrupted
        | ImapError::Thread(_)
        | ImapError::Panicked
        | ImapError::NoMailbox
        | ImapError::Offline => None,
    }
}

#[cfg(test)]
#[path = "operate_tests.rs"]
mod tests;
