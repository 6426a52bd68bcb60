//! What the IMAP adapter finds, written into the ledger: the receiver of its agreement (`imap::contract::Sink`).
//!
//! Owns the translation. Every UID a server ever showed is pending, stored, failed or gone in the record; a call that
//! returns `Ok` is committed, except that fetched bytes may still be in the bounded intake while their line is pending.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use jiff::Timestamp;

use crate::{
    domain::{
        folder::Folder,
        id::{AccountId, MailboxId, OperationId, ThreadId},
        message::Flags,
        operation,
    },
    imap::{
        contract::{
            Body, Candidate, Changes, Conclusion, FailReason, Fetched, GenerationReason, Halt,
            Ledger, Link, Look, MailboxCursor, MailboxInfo, Marks, ReadBack, Role, Seen, Sink,
        },
        drafts::DraftReport,
        names::RawName,
        operate::{Ending, Work},
        uids::UidSet,
    },
    store::{
        self, StoreError,
        folders::{Aside, Listed},
        mailboxes::{LedgerLine, MailboxRow, NewMailbox, SeenUid, Stored, UidState},
        operations::Destination,
    },
};

use super::{
    draft_copies,
    ingest::{self, Incoming, Location},
    intake::Intake,
    office::Office,
    operated,
};

/// Hears about the connection of an account.
pub type LinkListener = Box<dyn FnMut(Link) + Send>;

/// Hears which conversations look different now, after that is committed.
pub type ChangeListener = Box<dyn FnMut(Vec<ThreadId>) + Send>;

/// Hears what did not happen at the server as a person asked, in sentences.
pub type OperationListener = Box<dyn FnMut(Vec<String>) + Send>;

/// Writes one account's findings into the record.
pub struct LedgerSink {
    office: Office,
    account: AccountId,
    intake: Intake,
    listener: LinkListener,
    changed: ChangeListener,
    told: OperationListener,
    /// The connection is new: its mailboxes are read from the ledger, so nothing of the past is missing in them.
    fresh: bool,
    /// The losses of the intake when the ledgers were read.
    losses: u64,
    /// How each mailbox was found last in this connection.
    looks: BTreeMap<MailboxId, Look>,
    /// How far back each mailbox of sent mail was last said to have been read.
    read: BTreeMap<MailboxId, ReadBack>,
}

/// So many conversations are folded in one transaction once their answers have been read.
const SETTLED: u32 = 200;

impl LedgerSink {
    /// A receiver for this account.
    pub fn new(
        office: Office,
        account: AccountId,
        intake: Intake,
        listener: LinkListener,
        changed: ChangeListener,
    ) -> Self {
        Self {
            office,
            account,
            intake,
            listener,
            changed,
            told: Box::new(drop),
            fresh: true,
            losses: 0,
            looks: BTreeMap::new(),
            read: BTreeMap::new(),
        }
    }

    /// With someone who hears what did not happen at the server as asked.
    #[must_use]
    pub fn telling(mut self, told: OperationListener) -> Self {
        self.told = told;
        self
    }

    /// Tells of conversations that changed without a message having come; of none, nothing.
    fn tell(&mut self, threads: Vec<ThreadId>) {
        if !threads.is_empty() {
            (self.changed)(threads);
        }
    }

    fn is_own_draft(&self, bytes: &[u8]) -> Result<bool, Halt> {
        let Some(id) = draft_copies::message_id(bytes) else { return Ok(false) };
        let known = move |conn: &_| store::draft_copies::is_known(conn, &id);
        let known = self.office.store().read_blocking("own-draft", known);
        known.map_err(|_| Halt::RecordFailed)
    }

    fn tell_of(&mut self, told: operated::Told) {
        self.tell(told.threads.into_iter().collect());
        if !told.sentences.is_empty() {
            (self.told)(told.sentences);
        }
    }

    fn write<T, F>(&self, label: &'static str, case: F) -> Result<T, Halt>
    where
        T: Send + 'static,
        F: FnOnce(&rusqlite::Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        self.check_losses()?;
        self.office.store().write_blocking(label, case).map_err(|error| {
            tracing::warn!(account = %self.account, error = %error, "the ledger could not be written");
            Halt::RecordFailed
        })
    }

    fn write_durable<T, F>(&self, label: &'static str, case: F) -> Result<T, Halt>
    where
        T: Send + 'static,
        F: FnOnce(&rusqlite::Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        self.office.store().write_durable_blocking(label, case).map_err(|error| {
            tracing::warn!(account = %self.account, error = %error, "an operation could not be written");
            Halt::RecordFailed
        })
    }

    /// Folds clocks anew that no unread answer can change any more: what has come true of them is journalled now.
    fn settle_clocks(&mut self, since: Timestamp) -> Result<(), Halt> {
        let mut after = ThreadId::new(0);
        loop {
            let office = self.office.clone();
            let due = self.office.store().read_blocking("unsettled", move |conn| {
                store::clocks::unsettled(conn, since, after, SETTLED)
            });
            let threads = due.map_err(|_| Halt::RecordFailed)?;
            let Some(last) = threads.last() else { return Ok(()) };
            after = *last;
            let folded = threads.clone();
            self.write("settle-clocks", move |tx| office.refold(tx, &folded))?;
            self.tell(threads);
        }
    }

    /// The adapter counts as stored what it handed in. When some of that did not get into the record, it must begin
    /// again from the ledger, or those messages would be missing until the next connection.
    fn check_losses(&self) -> Result<(), Halt> {
        if self.intake.losses() == self.losses { Ok(()) } else { Err(Halt::RecordFailed) }
    }

    fn now(&self) -> Timestamp {
        self.office.now()
    }

    /// Every folder that can hold messages, with the role that the settings or the server give it, and whether it is
    /// pulled.
    fn choose(&self, found: &[MailboxInfo]) -> Vec<(MailboxInfo, bool)> {
        let settings = self.office.settings();
        let account = self.office.accounts().get(&self.account);
        let choice = account.and_then(|account| settings.folders.get(&account.name));
        let choice = choice.cloned().unwrap_or_default();
        let mut out: Vec<(MailboxInfo, bool)> = Vec::new();
        for info in found.iter().filter(|info| info.selectable) {
            let mut info = info.clone();
            let name = info.raw_name.decoded();
            let delimiter = info.delimiter;
            let folder = |role| Folder { name: &name, delimiter, role };
            let given = choice.role_of(&folder("")).map(role_named);
            info.role = match given {
                Some(role) if info.role != Role::Inbox => role,
                // What a person says goes before what the server says of another folder.
                _ if choice.roles.contains_key(role_word(info.role)) => Role::Other,
                _ => info.role,
            };
            let also = &settings.also_mailboxes;
            // With identities All Mail brings nothing twice; without it, what was archived would be missing.
            let all = info.role == Role::All && info.labelled;
            let usual = also.is_empty() && (info.role.is_synced_by_default() || all)
                || matches!(info.role, Role::Inbox | Role::Sent);
            let folder = folder(role_word(info.role));
            let chosen = if info.shared {
                choice.takes_shared(&folder)
            } else {
                choice.takes(&folder, usual)
            };
            let wanted = chosen || also.contains(&name);
            out.push((info, wanted));
        }
        out.sort_by_key(|(info, _)| info.role);
        out
    }
}

fn role_named(word: &str) -> Role {
    let all = [Role::Sent, Role::Archive, Role::Drafts, Role::Junk, Role::Trash];
    all.into_iter().find(|role| role_word(*role) == word).unwrap_or(Role::Other)
}

/// The word of a role in the record.
const fn role_word(role: Role) -> &'static str {
    match role {
        Role::Inbox => "inbox",
        Role::Sent => "sent",
        Role::Archive => "archive",
        Role::Drafts => "drafts",
        Role::Junk => "junk",
        Role::Trash => "trash",
        Role::All => "all",
        Role::Flagged => "flagged",
        Role::Other => "",
    }
}

fn new_mailbox(info: &MailboxInfo) -> NewMailbox {
    NewMailbox {
        raw_name: info.raw_name.as_str().as_bytes().to_vec(),
        name: info.raw_name.decoded(),
        delimiter: info.delimiter.map(String::from).unwrap_or_default(),
        role: role_word(info.role).to_owned(),
    }
}

fn destination(account: AccountId, info: &MailboxInfo) -> Destination {
    let folder = operation::Folder {
        wire: info.raw_name.as_str().to_owned(),
        name: info.raw_name.decoded(),
    };
    Destination { account, folder, role: role_word(info.role).to_owned() }
}

fn ledger(lines: Vec<LedgerLine>) -> Ledger {
    let mut ledger = Ledger::default();
    for line in lines {
        let set = match line.state {
            UidState::Pending => &mut ledger.pending,
            UidState::Stored => &mut ledger.stored,
            UidState::Failed => &mut ledger.failed,
            UidState::Gone => &mut ledger.gone,
        };
        set.insert(line.uid);
    }
    ledger
}

fn cursor(
    row: &MailboxRow,
    role: Role,
    raw_name: RawName,
    known: Ledger,
    now: Timestamp,
) -> MailboxCursor {
    let age = |at: Timestamp| Duration::try_from(now.duration_since(at)).unwrap_or_default();
    let generation = u64::try_from(row.generation).unwrap_or_default();
    MailboxCursor {
        mailbox: row.id,
        raw_name,
        role,
        uid_validity: (generation > 0).then_some(row.uidvalidity),
        generation,
        known,
        marks: Marks {
            modseq: (row.highestmodseq > 0).then_some(row.highestmodseq),
            checked: row.checked_at.map(age),
            older: 0,
        },
    }
}

fn seen_uid(seen: &Seen) -> SeenUid {
    SeenUid { uid: seen.uid, size: seen.size, flags: seen.flags }
}

/// The flags of known messages as the server has them. Gives the conversations that look different with them.
fn take_flags(
    tx: &rusqlite::Transaction<'_>,
    mailbox: MailboxId,
    flags: &[(u32, Flags)],
    now: Timestamp,
) -> Result<BTreeSet<ThreadId>, StoreError> {
    let mut threads = BTreeSet::new();
    for (uid, flags) in flags {
        threads.extend(operated::flags(tx, mailbox, *uid, *flags, now)?);
    }
    store::threads::refresh(tx, threads.iter().copied())?;
    Ok(threads)
}

impl Sink for LedgerSink {
    fn mailboxes(&mut self, found: &[MailboxInfo]) -> Result<Vec<MailboxCursor>, Halt> {
        // What is still in the intake counts as stored: the ledgers are read after it is empty.
        if self.fresh {
            self.intake.reset();
        }
        self.intake.flush().map_err(|_| Halt::RecordFailed)?;
        if self.fresh {
            self.losses = self.intake.losses();
            self.fresh = false;
        }
        let folders = self.choose(found);
        let horizon = self.office.settings().history.to_string();
        let (account, now) = (self.account, self.now());
        // With the roles that the settings give: they decide what is the archive, and where drafts go.
        let destinations: Vec<Destination> =
            folders.iter().map(|(mailbox, _)| destination(account, mailbox)).collect();
        self.write("mailboxes", move |tx| {
            store::operations::set_destinations(tx, account, &destinations)?;
            // Another span may hold what was set aside under the last one.
            let span = format!("history-{account}");
            if store::meta::get(tx, &span)?.as_ref() != Some(&horizon) {
                store::folders::take_up(tx, account)?;
                store::meta::set(tx, &span, &horizon)?;
            }
            let (mut cursors, mut listed) = (Vec::new(), Vec::new());
            for (info, wanted) in folders {
                let id = store::mailboxes::ensure(tx, account, &new_mailbox(&info))?;
                listed.push(Listed { mailbox: id, chosen: wanted, shared: info.shared });
                if !wanted {
                    continue;
                }
                let row = store::mailboxes::get(tx, id)?;
                let mut known = ledger(store::mailboxes::ledger_snapshot(tx, id)?);
                for uid in store::folders::set_aside_uids(tx, id)? {
                    known.pending.remove(uid);
                    known.older.insert(uid);
                }
                let mut cursor = cursor(&row, info.role, info.raw_name, known, now);
                if store::folders::was_away(tx, id)? {
                    // All is listed anew, and what is here already is recognised.
                    cursor.uid_validity = None;
                }
                cursors.push(cursor);
            }
            store::folders::note_listed(tx, account, &listed)?;
            Ok(cursors)
        })
    }

    fn generation_started(
        &mut self,
        mailbox: MailboxId,
        uid_validity: u64,
        _reason: GenerationReason,
    ) -> Result<u64, Halt> {
        self.intake.flush().map_err(|_| Halt::RecordFailed)?;
        let generation = self.write("generation", move |tx| {
            store::mailboxes::new_generation(tx, mailbox, uid_validity)
        })?;
        Ok(u64::try_from(generation).unwrap_or_default())
    }

    fn adopt(
        &mut self,
        mailbox: MailboxId,
        _generation: u64,
        candidates: &[Candidate],
    ) -> Result<UidSet, Halt> {
        let candidates = candidates.to_vec();
        let office = self.office.clone();
        let (adopted, threads) = self.write("adopt", move |tx| {
            let mut adopted = UidSet::new();
            let (mut threads, mut olds) = (BTreeSet::new(), BTreeSet::new());
            for candidate in candidates {
                let Candidate { seen, message_id } = candidate;
                let former = store::mailboxes::find_former(tx, mailbox, &message_id, seen.size)?;
                let id = message_id.as_str();
                let renamed = || store::folders::find_renamed(tx, mailbox, seen.uid, seen.size, id);
                let known = match former {
                    Some(key) => Some(key),
                    None => renamed()?.map(|(old, key)| {
                        olds.insert(old);
                        key
                    }),
                };
                let Some(key) = known else { continue };
                let stored = Stored { uid: seen.uid, message: key, flags: seen.flags };
                store::mailboxes::mark_stored(tx, mailbox, &[stored])?;
                threads.insert(store::messages::get(tx, key)?.thread);
                adopted.insert(seen.uid);
            }
            for old in olds {
                store::folders::note_successor(tx, old, mailbox)?;
            }
            let threads = office.settle(tx, threads, office.now())?;
            Ok((adopted, threads))
        })?;
        self.tell(threads);
        Ok(adopted)
    }

    fn uids_seen(
        &mut self,
        mailbox: MailboxId,
        _generation: u64,
        seen: &[Seen],
    ) -> Result<(), Halt> {
        let seen: Vec<SeenUid> = seen.iter().map(seen_uid).collect();
        self.write("uids-seen", move |tx| store::mailboxes::uids_seen(tx, mailbox, &seen).map(drop))
    }

    fn fetched(&mut self, message: Fetched) -> Result<(), Halt> {
        self.check_losses()?;
        let Fetched { mailbox, seen, body, .. } = message;
        let (bytes, header_only) = match body {
            Body::Whole(bytes) => (bytes, false),
            Body::HeaderOnly(bytes) => (bytes, true),
        };
        if seen.flags.draft && self.is_own_draft(&bytes)? {
            // What we put there is no mail that came: it stays on the server, counted, and out of the record.
            return self.set_aside(mailbox, &std::iter::once(seen.uid).collect());
        }
        let incoming = Incoming {
            account: self.account,
            location: Some(Location { mailbox, uid: seen.uid, flags: seen.flags }),
            bytes,
            header_only,
            internal_date: seen.internal_date,
            accepted_at: None,
            first_seen: self.now(),
        };
        self.intake.hand_in(incoming).map_err(|_| Halt::RecordFailed)
    }

    fn failed(
        &mut self,
        mailbox: MailboxId,
        _generation: u64,
        uid: u32,
        reason: FailReason,
    ) -> Result<(), Halt> {
        let reason = match reason {
            FailReason::Refused => "refused",
            FailReason::NoBody => "no-body",
            FailReason::BreaksConnection => "breaks-connection",
        };
        self.write("uid-failed", move |tx| store::mailboxes::mark_failed(tx, mailbox, uid, reason))
    }

    fn refused(&mut self, mailbox: MailboxId) -> UidSet {
        self.intake.refused(mailbox).into_iter().collect()
    }

    fn flags(
        &mut self,
        mailbox: MailboxId,
        _generation: u64,
        flags: &[(u32, Flags)],
    ) -> Result<(), Halt> {
        let flags = flags.to_vec();
        let now = self.now();
        let threads = self.write("flags", move |tx| take_flags(tx, mailbox, &flags, now))?;
        self.tell(threads.into_iter().collect());
        Ok(())
    }

    fn gone(&mut self, mailbox: MailboxId, _generation: u64, uids: &UidSet) -> Result<(), Halt> {
        let uids: Vec<u32> = uids.iter().collect();
        self.write("uids-gone", move |tx| store::mailboxes::mark_gone(tx, mailbox, &uids))
    }

    fn operations(&mut self) -> Result<Option<Work>, Halt> {
        let (account, now) = (self.account, self.now());
        let due = self.office.store().read_blocking("operations-due", move |conn| {
            Ok(store::operations::next_at(conn, account)?.is_some_and(|at| at <= now))
        });
        if !due.map_err(|_| Halt::RecordFailed)? {
            return Ok(None);
        }
        self.write_durable("operations", move |tx| operated::begin(tx, account, now))
    }

    fn operated(&mut self, endings: Vec<(OperationId, Ending)>) -> Result<(), Halt> {
        if endings.is_empty() {
            return Ok(());
        }
        let now = self.now();
        let told = self.write_durable("operated", move |tx| {
            let told = operated::end(tx, endings, now)?;
            store::threads::refresh(tx, told.threads.iter().copied())?;
            Ok(told)
        })?;
        self.tell_of(told);
        Ok(())
    }

    fn drafted(&mut self, report: DraftReport) -> Result<(), Halt> {
        let now = self.now();
        let told = self.write_durable("drafted", move |tx| draft_copies::end(tx, report, now))?;
        self.tell_of(told);
        Ok(())
    }

    fn changes(
        &mut self,
        mailbox: MailboxId,
        _generation: u64,
        changes: &Changes,
    ) -> Result<(), Halt> {
        // Messages on their way into the record carry the flags of before, and would bring back what is gone.
        if !changes.flags.is_empty() || !changes.gone.is_empty() {
            self.intake.flush().map_err(|_| Halt::RecordFailed)?;
        }
        let seen: Vec<SeenUid> = changes.seen.iter().map(seen_uid).collect();
        let gone: Vec<u32> = changes.gone.iter().collect();
        let (flags, conclusion, now) = (changes.flags.clone(), changes.conclusion, self.now());
        let threads = self.write("changes", move |tx| {
            let threads = take_flags(tx, mailbox, &flags, now)?;
            store::mailboxes::uids_seen(tx, mailbox, &seen)?;
            store::mailboxes::mark_gone(tx, mailbox, &gone)?;
            if let Some(Conclusion { modseq, whole }) = conclusion {
                store::mailboxes::conclude(tx, mailbox, modseq, whole.then_some(now))?;
            }
            Ok(threads)
        })?;
        self.tell(threads.into_iter().collect());
        Ok(())
    }

    fn looked(&mut self, mailbox: MailboxId, look: Look) -> Result<(), Halt> {
        // Most looks find what the last one found: that is not written again.
        if self.looks.insert(mailbox, look) == Some(look) {
            return Ok(());
        }
        let (count, trouble) = match look {
            Look::Settled(count) => (Some(count), ""),
            Look::Doubtful(count) => (Some(count), "doubtful"),
            Look::Refused => (None, "refused"),
        };
        self.write("looked", move |tx| store::folders::note_look(tx, mailbox, count, trouble))
    }

    fn set_aside(&mut self, mailbox: MailboxId, uids: &UidSet) -> Result<(), Halt> {
        let uids: Vec<u32> = uids.iter().collect();
        self.write("set-aside", move |tx| {
            store::folders::set_aside(tx, mailbox, &uids, Aside::Older)
        })
    }

    fn held_elsewhere(
        &mut self,
        mailbox: MailboxId,
        _generation: u64,
        seen: &[(Seen, u64)],
    ) -> Result<UidSet, Halt> {
        // What is still on its way into the record is held too.
        self.intake.flush().map_err(|_| Halt::RecordFailed)?;
        let seen = seen.to_vec();
        let office = self.office.clone();
        let (held, threads) = self.write("labels", move |tx| {
            let now = office.now();
            let sent = store::mailboxes::get(tx, mailbox)?.role == "sent";
            let mut placed = Vec::new();
            for (seen, identity) in seen {
                store::labels::note_identity(tx, mailbox, seen.uid, identity)?;
                if let Some(message) = store::labels::find(tx, mailbox, identity, seen.size)? {
                    placed.push(Stored { uid: seen.uid, message, flags: seen.flags });
                }
            }
            store::mailboxes::mark_stored(tx, mailbox, &placed)?;
            let mut threads = BTreeSet::new();
            for one in &placed {
                if sent {
                    ingest::recognise_ours(tx, one.message, now)?;
                }
                threads.insert(store::messages::get(tx, one.message)?.thread);
            }
            let held: UidSet = placed.iter().map(|one| one.uid).collect();
            Ok((held, office.settle(tx, threads, now)?))
        })?;
        self.tell(threads);
        Ok(held)
    }

    fn leave_drafts(&mut self, mailbox: MailboxId, uids: &UidSet) -> Result<(), Halt> {
        let uids: Vec<u32> = uids.iter().collect();
        self.write("drafts", move |tx| store::folders::set_aside(tx, mailbox, &uids, Aside::Draft))
    }

    fn read_back(&mut self, mailbox: MailboxId, read: ReadBack) -> Result<(), Halt> {
        let since = match read {
            ReadBack::Unknown => return Ok(()),
            ReadBack::After(at) => Some(at),
            ReadBack::Whole => None,
        };
        // What waits in the intake is not read yet.
        self.intake.flush().map_err(|_| Halt::RecordFailed)?;
        if self.read.insert(mailbox, read) != Some(read) {
            self.write("read-back", move |tx| store::folders::note_read_back(tx, mailbox, since))?;
        }
        self.settle_clocks(since.unwrap_or(Timestamp::MIN))
    }

    fn may_know(&mut self, mailbox: MailboxId) -> Result<bool, Halt> {
        self.write("may-know", move |tx| store::folders::may_be_renamed(tx, mailbox))
    }

    fn link(&mut self, link: Link) {
        if matches!(link, Link::Connecting) {
            self.fresh = true;
        }
        (self.listener)(link);
    }
}
