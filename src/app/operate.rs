//! Operations on messages at the mail servers: what a person asks for becomes rows and a local change in one transaction.
//!
//! Owns archive, move, delete, read marks and the flags that follow from them, and their way back. Nothing here waits for
//! a server, and nothing ever leaves the record: "deleted" is a word for a server's Trash.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rusqlite::Transaction;

use crate::{
    domain::{
        audit::{Actor, AuditEntry},
        draft::ReplyKind,
        id::{AccountId, MessageKey, OperationId, OutboxId, ThreadId},
        message::Direction,
        operation::{Deed, Flag, Folder, Open, Resolution, Stage, want_flag, want_move},
    },
    store::{
        self, StoreError,
        operations::{self, NewOperation, OperationRow, Place},
    },
};

use super::{
    desk::{Change, Decided, Step, counted},
    error::AppError,
    office::Office,
};

/// Where conversations go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// Out of the Inbox, into the account's archive.
    Archive,
    /// Into the account's Trash.
    Trash,
    /// Into a folder that a person chose.
    Folder {
        /// Of which account.
        account: AccountId,
        /// Which one.
        folder: Folder,
    },
}

impl Target {
    const fn kind(&self) -> &'static str {
        match self {
            Self::Archive => "thread-archived",
            Self::Trash => "thread-deleted-at-server",
            Self::Folder { .. } => "thread-moved",
        }
    }

    fn label(&self, count: usize) -> String {
        let threads = counted(count);
        match self {
            Self::Archive => format!("archived {threads}"),
            Self::Trash => {
                format!("moved {threads} to Trash at the server; every message stays in the record")
            }
            Self::Folder { folder, .. } => format!("moved {threads} to {}", folder.name),
        }
    }

    /// Does a message in this place move there?
    fn takes(&self, place: &Place, any_in_inbox: bool) -> bool {
        let of_ours = matches!(place.role.as_str(), "sent" | "drafts");
        match self {
            Self::Archive => place.role == "inbox",
            Self::Trash => !of_ours && place.role != "trash",
            Self::Folder { account, folder } => {
                let here = place.account == *account && place.folder.wire != folder.wire;
                here && !of_ours && (place.role == "inbox" || !any_in_inbox)
            }
        }
    }
}

/// The rows that a wish led to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wished {
    /// Added.
    pub added: Vec<OperationId>,
    /// Taken back instead.
    pub cancelled: Vec<OperationId>,
}

impl Wished {
    fn is_empty(&self) -> bool {
        self.added.is_empty() && self.cancelled.is_empty()
    }
}

impl Office {
    /// Archives conversations, moves them to a folder, or to Trash. They leave the Inbox at once.
    pub async fn relocate(
        &self,
        threads: Vec<ThreadId>,
        target: Target,
    ) -> Result<Decided, AppError> {
        let person = self.person();
        let (asked, wanted) = (threads.len(), target.clone());
        let outcome = self
            .decide("relocate", move |tx, _, now| {
                let mut touched = BTreeSet::new();
                let mut changes = Vec::new();
                let mut missing = false;
                for thread in threads {
                    let thread = store::threads::current(tx, thread)?;
                    match relocate_one(tx, thread, &wanted, &person, now)? {
                        Ok(of_it) if of_it.is_empty() => {}
                        Ok(of_it) => {
                            touched.insert(thread);
                            changes.extend(of_it);
                        }
                        Err(NoFolder) => missing = true,
                    }
                }
                Ok(((changes, missing, touched.len()), touched))
            })
            .await?;
        let ((changes, missing, moved), threads) = outcome;
        if changes.is_empty() {
            if missing && target == Target::Archive {
                return Err(AppError::NoArchive);
            }
            return Err(AppError::Nothing(nothing(&target, missing)));
        }
        let mut label = target.label(moved);
        let left = asked.saturating_sub(moved);
        if left > 0 {
            let stayed = format!("; {left} stayed, with nothing to move");
            label.push_str(&stayed);
        }
        Ok(Decided { threads, step: Step { label, changes } })
    }

    /// Marks conversations as read, or their newest message from outside as unread, here and at the server.
    pub async fn mark(&self, threads: Vec<ThreadId>, read: bool) -> Result<Decided, AppError> {
        let (changes, threads) = self
            .decide("mark", move |tx, _, now| {
                let mut touched = BTreeSet::new();
                let mut changes = Vec::new();
                for thread in threads {
                    let thread = store::threads::current(tx, thread)?;
                    let of_it = mark_one(tx, thread, read, now)?;
                    if !of_it.is_empty() {
                        touched.insert(thread);
                        changes.extend(of_it);
                    }
                }
                store::threads::refresh(tx, touched.iter().copied())?;
                Ok((changes, touched))
            })
            .await?;
        if changes.is_empty() {
            return Err(AppError::Nothing(if read {
                "these threads are read already"
            } else {
                "nothing from outside to mark as unread"
            }));
        }
        let word = if read { "read" } else { "unread" };
        let label = format!("marked {} as {word}", counted(threads.len()));
        Ok(Decided { threads, step: Step { label, changes } })
    }

    /// A person lets a stuck operation be tried again.
    pub async fn retry_operation(&self, id: OperationId) -> Result<Vec<ThreadId>, AppError> {
        self.change_operation(id, "operation-retried", move |tx, row, _| {
            if row.stage == Stage::Begun {
                return Ok(());
            }
            if !operations::retry(tx, id)? {
                return Err(StoreError::NotFound { what: "operation that can be tried again" });
            }
            if let (Deed::Move { .. }, Some(thread)) = (&row.deed, row.thread) {
                operations::set_away(tx, thread, true)?;
            }
            Ok(())
        })
        .await
    }

    /// A person gives an operation up: at the server everything stays as it is.
    pub async fn give_up_operation(&self, id: OperationId) -> Result<Vec<ThreadId>, AppError> {
        self.change_operation(id, "operation-given-up", move |tx, row, now| {
            if !operations::cancel(tx, id, now)? {
                return Err(StoreError::NotFound { what: "operation that can be given up" });
            }
            if let (Deed::Move { .. }, Some(thread)) = (&row.deed, row.thread) {
                operations::set_away(tx, thread, false)?;
            }
            Ok(())
        })
        .await
    }

    async fn change_operation(
        &self,
        id: OperationId,
        kind: &'static str,
        change: impl FnOnce(&Transaction<'_>, &OperationRow, Timestamp) -> Result<(), StoreError>
        + Send
        + 'static,
    ) -> Result<Vec<ThreadId>, AppError> {
        let (office, person) = (self.clone(), self.person());
        let thread = self
            .store()
            .write_durable("operation", move |tx| {
                let now = office.now();
                let row = operations::get(tx, id)?;
                change(tx, &row, now)?;
                let entry = AuditEntry::new(now, person, kind).with("operation", id);
                store::audit::append(tx, &entry)?;
                Ok(row.thread)
            })
            .await?;
        Ok(thread.into_iter().collect())
    }
}

/// An account has no such folder.
struct NoFolder;

const fn nothing(target: &Target, missing: bool) -> &'static str {
    match (target, missing) {
        (Target::Trash, true) => {
            "the account has no Trash folder that matterbox knows; nothing was moved. Look for mail once, or move to \
             another folder"
        }
        (Target::Folder { .. }, true) => "the account has no such folder",
        (Target::Archive, _) => "nothing of this lies in the Inbox at the server",
        (Target::Trash, false) => "nothing of this lies outside Sent and Trash at the server",
        (Target::Folder { .. }, false) => "nothing of this lies in that account outside the folder",
    }
}

fn destination(
    tx: &Transaction<'_>,
    target: &Target,
    account: AccountId,
) -> Result<Option<Folder>, StoreError> {
    let roles: &[&str] = match target {
        Target::Folder { folder, .. } => return Ok(Some(folder.clone())),
        // Gmail has no archive but All Mail: what leaves INBOX lies there.
        Target::Archive => &["archive", "all"],
        Target::Trash => &["trash"],
    };
    let known = operations::destinations(tx, account)?;
    let of = |role: &&str| known.iter().find(|one| one.role == **role);
    Ok(roles.iter().find_map(of).map(|one| one.folder.clone()))
}

fn relocate_one(
    tx: &Transaction<'_>,
    thread: ThreadId,
    target: &Target,
    by: &Actor,
    now: Timestamp,
) -> Result<Result<Vec<Change>, NoFolder>, StoreError> {
    let mut places = Vec::new();
    for message in store::messages::of_thread(tx, thread)? {
        places.extend(operations::places(tx, message.key)?.into_iter().map(|p| (message.key, p)));
    }
    let any_in_inbox = places.iter().any(|(_, place)| place.role == "inbox");
    let mut wished = Wished::default();
    for (message, place) in places.iter().filter(|(_, place)| target.takes(place, any_in_inbox)) {
        let Some(to) = destination(tx, target, place.account)? else {
            return Ok(Err(NoFolder));
        };
        let rows = operations::of_message(tx, *message)?;
        let resolution = want_move(&to, &place.folder, &here(&rows, place));
        wish(tx, *message, place, resolution, &mut wished, now)?;
    }
    let mut changes = Vec::new();
    if !wished.is_empty() {
        changes.push(Change::Operations(wished));
    }
    let nothing_there = places.is_empty() && *target == Target::Archive;
    if !changes.is_empty() || nothing_there {
        let before = operations::set_away(tx, thread, true)?;
        if !before {
            changes.push(Change::Away { thread, away: before });
        }
    }
    if !changes.is_empty() {
        let entry = AuditEntry::new(now, by.clone(), target.kind()).with("thread", thread);
        store::audit::append(tx, &entry)?;
    }
    Ok(Ok(changes))
}

/// The operations on a message in this place, as the rules see them.
fn here(rows: &[OperationRow], place: &Place) -> Vec<Open> {
    rows.iter()
        .filter(|row| row.source.wire == place.folder.wire && row.account == place.account)
        .map(OperationRow::open)
        .collect()
}

fn wish(
    tx: &Transaction<'_>,
    message: MessageKey,
    place: &Place,
    resolution: Resolution,
    wished: &mut Wished,
    now: Timestamp,
) -> Result<(), StoreError> {
    for id in resolution.cancel {
        if operations::cancel(tx, id, now)? {
            wished.cancelled.push(id);
        }
    }
    if let Some(deed) = resolution.add {
        let new = NewOperation {
            account: place.account,
            message: Some(message),
            deed,
            source: place.folder.clone(),
            at: Some((place.uidvalidity, place.uid)),
        };
        wished.added.push(operations::add(tx, &new, now)?);
    }
    Ok(())
}

/// A flag of a message shall be so, wherever it lies.
pub fn flag(
    tx: &Transaction<'_>,
    message: MessageKey,
    flag: Flag,
    on: bool,
    now: Timestamp,
) -> Result<Wished, StoreError> {
    let mut wished = Wished::default();
    let rows = operations::of_message(tx, message)?;
    for place in operations::places(tx, message)? {
        let resolution = want_flag(flag, on, flag.of(place.flags), &here(&rows, &place));
        wish(tx, message, &place, resolution, &mut wished, now)?;
    }
    Ok(wished)
}

/// These messages were read here: the server shall know.
pub fn read_here(
    tx: &Transaction<'_>,
    messages: &[MessageKey],
    now: Timestamp,
) -> Result<(), StoreError> {
    for message in messages {
        flag(tx, *message, Flag::Seen, true, now)?;
    }
    Ok(())
}

/// Our answer went out: the message that it answers is marked as answered at the server, one that was passed on as
/// forwarded.
pub fn answered(tx: &Transaction<'_>, item: OutboxId, now: Timestamp) -> Result<(), StoreError> {
    let row = store::outbox::get(tx, item)?;
    let mark = match row.kind {
        ReplyKind::Reply | ReplyKind::ReplyAll | ReplyKind::Acknowledge => Flag::Answered,
        ReplyKind::Forward => Flag::Forwarded,
        ReplyKind::Compose => return Ok(()),
    };
    if let Some(parent) = row.parent {
        flag(tx, parent, mark, true, now)?;
    }
    Ok(())
}

/// The star of a conversation shows at the server as a flag of its newest message from outside; it goes from all.
pub fn starred(
    tx: &Transaction<'_>,
    thread: ThreadId,
    on: bool,
    now: Timestamp,
) -> Result<Vec<Change>, StoreError> {
    let messages = store::messages::of_thread(tx, thread)?;
    let mut changes = Vec::new();
    let newest = messages
        .iter()
        .rev()
        .find(|row| row.direction == Direction::Inbound && row.instance_of.is_none());
    let wanted: Vec<MessageKey> = if on {
        newest.map(|row| row.key).into_iter().collect()
    } else {
        messages.iter().map(|row| row.key).collect()
    };
    for message in wanted {
        let wished = flag(tx, message, Flag::Flagged, on, now)?;
        if !wished.is_empty() {
            changes.push(Change::Operations(wished));
        }
    }
    Ok(changes)
}

fn mark_one(
    tx: &Transaction<'_>,
    thread: ThreadId,
    read: bool,
    now: Timestamp,
) -> Result<Vec<Change>, StoreError> {
    let messages = store::messages::of_thread(tx, thread)?;
    let inbound = messages.iter().filter(|row| row.direction == Direction::Inbound);
    let wanted: Vec<MessageKey> = if read {
        messages.iter().filter(|row| row.unread).map(|row| row.key).collect()
    } else {
        inbound.rev().take(1).filter(|row| !row.unread).map(|row| row.key).collect()
    };
    let mut changes = Vec::new();
    for message in wanted {
        store::messages::set_unread(tx, message, !read)?;
        changes.push(Change::Unread { message, unread: read });
        let wished = flag(tx, message, Flag::Seen, read, now)?;
        if !wished.is_empty() {
            changes.push(Change::Operations(wished));
        }
    }
    Ok(changes)
}

/// Takes a wish back: what was not sent is cancelled, what was (perhaps) sent is followed by its reverse. Answers with
/// what does it again.
pub fn take_back(
    tx: &Transaction<'_>,
    wished: &Wished,
    now: Timestamp,
    touched: &mut BTreeSet<ThreadId>,
) -> Result<Wished, StoreError> {
    let mut inverse = Wished::default();
    for id in &wished.added {
        let row = operations::get(tx, *id)?;
        touched.extend(row.thread);
        if operations::cancel(tx, *id, now)? {
            inverse.cancelled.push(*id);
        } else if let Some(new) = reverse(&row) {
            inverse.added.push(operations::add(tx, &new, now)?);
        }
    }
    for id in &wished.cancelled {
        let row = operations::get(tx, *id)?;
        touched.extend(row.thread);
        let new = again(&row);
        inverse.added.push(operations::add(tx, &new, now)?);
    }
    Ok(inverse)
}

fn again(row: &OperationRow) -> NewOperation {
    let OperationRow { account, message, deed, source, at, .. } = row.clone();
    NewOperation { account, message, deed, source, at }
}

/// What undoes an operation that was sent; nothing where it came to nothing.
fn reverse(row: &OperationRow) -> Option<NewOperation> {
    let done = match row.stage {
        Stage::Done => true,
        Stage::Begun => false,
        Stage::Waiting | Stage::Stuck | Stage::Cancelled | Stage::Lapsed => return None,
    };
    let new = again(row);
    Some(match &row.deed {
        // What becomes of a draft is no step that can be taken back.
        Deed::Draft { .. } => return None,
        Deed::Set { flag, on } => NewOperation { deed: Deed::Set { flag: *flag, on: !on }, ..new },
        Deed::Move { to } => {
            let back = Deed::Move { to: row.source.clone() };
            // One that is still under way is followed to where it goes when it is done.
            if done {
                NewOperation { deed: back, source: to.clone(), at: row.target, ..new }
            } else {
                NewOperation { deed: back, ..new }
            }
        }
    })
}
