//! What a person decides about conversations: tags, stars, dismissals, read marks; and the way back.
//!
//! Owns undo: every decision returns the step that takes it back. Each is one durable transaction with its audit entry.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rusqlite::{Connection, Transaction};

use crate::{
    domain::{
        audit::{Actor, AuditEntry},
        id::{MatterId, MessageKey, OutboxId, ThreadId},
        message::Direction,
        tagging::Tagged,
    },
    store::{
        self, StoreError,
        marks::{self, NewMark},
        tags::MessageTag,
    },
};

use super::{
    error::AppError,
    fold,
    ingest::INHERITED,
    office::Office,
    operate::{self, Wished},
    views,
};

/// One thing to put back.
#[derive(Clone)]
pub enum Change {
    /// The tags of a conversation, as they were.
    Tags {
        /// Which conversation.
        thread: ThreadId,
        /// The messages that it had: what is merged into it later keeps its own tags.
        messages: Vec<MessageKey>,
        /// Their tags.
        tags: Vec<MessageTag>,
    },
    /// Take these marks back.
    MarksOff(Vec<i64>),
    /// Set these marks again.
    MarksOn(Vec<i64>),
    /// What is to happen at the servers.
    Operations(Wished),
    /// Whether a conversation is put away.
    Away {
        /// Which conversation.
        thread: ThreadId,
        /// Put away, or not.
        away: bool,
    },
    /// Whether a message is unread.
    Unread {
        /// Which message.
        message: MessageKey,
        /// Unread, or read.
        unread: bool,
    },
    /// Stop a message that has not left.
    Recall(OutboxId),
}

/// A decision that can be taken back.
#[derive(Clone)]
pub struct Step {
    /// What was done, in words (`tagged 2 threads`).
    pub label: String,
    /// What takes it back.
    pub changes: Vec<Change>,
}

/// What a decision did.
pub struct Decided {
    /// Conversations that look different now.
    pub threads: Vec<ThreadId>,
    /// The way back.
    pub step: Step,
}

impl Office {
    /// Puts conversations in a matter.
    pub async fn tag(&self, threads: Vec<ThreadId>, matter: MatterId) -> Result<Decided, AppError> {
        let person = self.person();
        let count = threads.len();
        let ((changes, number), threads) = self
            .decide("tag", move |tx, _, now| {
                let number = store::matters::get(tx, matter)?.number;
                let tag = Tagged { matter, by: person, at: now };
                let (changes, touched) =
                    each(tx, threads, |thread| tag_one(tx, thread, &tag, "by-hand"))?;
                Ok(((changes, number), touched))
            })
            .await?;
        Ok(decided(threads, changes, &format!("tagged {} to {number}", counted(count))))
    }

    /// Puts each conversation in the matter that is suggested first for it; those without a clear one stay as they are.
    pub async fn accept_suggestions(&self, threads: Vec<ThreadId>) -> Result<Decided, AppError> {
        let person = self.person();
        let asked = threads.len();
        let ((changes, into), threads) = self
            .decide("accept", move |tx, _, now| {
                let mut into = BTreeSet::new();
                let (changes, touched) = each(tx, threads, |thread| {
                    let Some(matter) = views::first_choice(tx, thread)? else { return Ok(None) };
                    into.insert(store::matters::get(tx, matter)?.number.to_string());
                    tag_one(
                        tx,
                        thread,
                        &Tagged { matter, by: person.clone(), at: now },
                        "suggested",
                    )
                })?;
                Ok(((changes, into), touched))
            })
            .await?;
        if changes.is_empty() {
            return Err(AppError::Nothing(
                "no matter is suggested clearly enough; choose one yourself",
            ));
        }
        let count = changes.len();
        // What stayed behind has lost its mark: that is said, or it would be taken for tagged.
        let left = asked.saturating_sub(count);
        let behind =
            if left == 0 { String::new() } else { format!("; {left} without a suggestion") };
        let mut into = into.into_iter();
        let into = match (into.next(), into.next()) {
            (Some(number), None) => format!(" to {number}"),
            _ => String::new(),
        };
        let label = format!("tagged {}{into} as suggested{behind}", counted(count));
        Ok(decided(threads, changes, &label))
    }

    /// Takes conversations out of their matter.
    pub async fn untag(&self, threads: Vec<ThreadId>) -> Result<Decided, AppError> {
        let person = self.person();
        let count = threads.len();
        let (changes, threads) = self
            .decide("untag", move |tx, _, now| {
                each(tx, threads, |thread| {
                    let messages = keys_of(tx, thread)?;
                    let tags = store::tags::untag_thread(tx, thread)?;
                    audit(tx, now, &person, "thread-untagged", thread)?;
                    Ok(Some(Change::Tags { thread, messages, tags }))
                })
            })
            .await?;
        Ok(decided(threads, changes, &format!("untagged {}", counted(count))))
    }

    /// Says that what was written in these conversations so far needs no answer. What comes later starts its own clock.
    pub async fn dismiss(
        &self,
        threads: Vec<ThreadId>,
        reason: String,
    ) -> Result<Decided, AppError> {
        if reason.trim().is_empty() {
            return Err(AppError::Nothing("a clock is dismissed only with a reason"));
        }
        let person = self.person();
        let count = threads.len();
        let (changes, threads) = self
            .decide("dismiss", move |tx, _, now| {
                each(tx, threads, |thread| dismiss_one(tx, thread, &reason, &person, now).map(Some))
            })
            .await?;
        Ok(decided(threads, changes, &format!("dismissed the clock of {}", counted(count))))
    }

    /// Sets or clears the star.
    pub async fn star(&self, threads: Vec<ThreadId>, on: bool) -> Result<Decided, AppError> {
        let person = self.person();
        let count = threads.len();
        let (changes, threads) = self
            .decide("star", move |tx, _, now| {
                let mut flags = Vec::new();
                let (mut changes, touched) = each(tx, threads, |thread| {
                    let change = star_one(tx, thread, on, &person, now)?;
                    if change.is_some() {
                        flags.extend(operate::starred(tx, thread, on, now)?);
                    }
                    Ok(change)
                })?;
                changes.extend(flags);
                Ok((changes, touched))
            })
            .await?;
        let word = if on { "starred" } else { "cleared the star of" };
        Ok(decided(threads, changes, &format!("{word} {}", counted(count))))
    }

    /// Marks the messages of a conversation as read, here and at the server; says whether any was unread.
    pub async fn mark_read(&self, thread: ThreadId) -> Result<bool, AppError> {
        let office = self.clone();
        let read = self
            .store()
            .write_durable("mark-read", move |tx| {
                let thread = store::threads::current(tx, thread)?;
                let read = store::messages::mark_read(tx, thread)?;
                operate::read_here(tx, &read, office.now())?;
                store::threads::refresh(tx, [thread])?;
                Ok(!read.is_empty())
            })
            .await?;
        Ok(read)
    }

    /// Takes a step back, or does it again: the step that comes back undoes this one.
    pub async fn put_back(&self, step: Step) -> Result<Decided, AppError> {
        let person = self.person();
        let label = step.label.clone();
        let (changes, threads) = self
            .decide("undo", move |tx, _, now| {
                let mut touched = BTreeSet::new();
                let mut inverse = Vec::new();
                for change in step.changes {
                    inverse.extend(put_back_one(tx, change, &person, now, &mut touched)?);
                }
                Ok((inverse, touched))
            })
            .await?;
        Ok(Decided { threads, step: Step { label, changes } })
    }
}

fn decided(threads: Vec<ThreadId>, changes: Vec<Change>, label: &str) -> Decided {
    Decided { threads, step: Step { label: label.to_owned(), changes } }
}

pub(super) fn counted(count: usize) -> String {
    if count == 1 { "one thread".to_owned() } else { format!("{count} threads") }
}

/// Does it to each conversation, under the identity that it has now.
fn each(
    tx: &Transaction<'_>,
    threads: Vec<ThreadId>,
    mut case: impl FnMut(ThreadId) -> Result<Option<Change>, StoreError>,
) -> Result<(Vec<Change>, BTreeSet<ThreadId>), StoreError> {
    let mut touched = BTreeSet::new();
    let mut changes = Vec::new();
    for thread in threads {
        let thread = store::threads::current(tx, thread)?;
        if !store::threads::exists(tx, thread)? {
            return Err(StoreError::NotFound { what: "thread" });
        }
        if let Some(change) = case(thread)? {
            touched.insert(thread);
            changes.push(change);
        }
    }
    Ok((changes, touched))
}

fn audit(
    tx: &Transaction<'_>,
    now: Timestamp,
    by: &Actor,
    kind: &str,
    thread: ThreadId,
) -> Result<(), StoreError> {
    store::audit::append(tx, &AuditEntry::new(now, by.clone(), kind).with("thread", thread))?;
    Ok(())
}

fn tag_one(
    tx: &Transaction<'_>,
    thread: ThreadId,
    tag: &Tagged,
    how: &str,
) -> Result<Option<Change>, StoreError> {
    let messages = keys_of(tx, thread)?;
    let tags = store::tags::tag_thread(tx, thread, tag, how)?;
    let entry = AuditEntry::new(tag.at, tag.by.clone(), "thread-tagged")
        .with("thread", thread)
        .with("matter", tag.matter)
        .with("how", how);
    store::audit::append(tx, &entry)?;
    Ok(Some(Change::Tags { thread, messages, tags }))
}

fn keys_of(conn: &Connection, thread: ThreadId) -> Result<Vec<MessageKey>, StoreError> {
    Ok(store::messages::of_thread(conn, thread)?.into_iter().map(|row| row.key).collect())
}

fn dismiss_one(
    tx: &Transaction<'_>,
    thread: ThreadId,
    reason: &str,
    by: &Actor,
    now: Timestamp,
) -> Result<Change, StoreError> {
    let inbound = store::messages::of_thread(tx, thread)?
        .into_iter()
        .filter(|row| row.direction == Direction::Inbound)
        .map(|row| row.key);
    let mark = NewMark {
        thread,
        message: None,
        kind: fold::DISMISSED,
        at: now,
        by: by.clone(),
        reason: reason.to_owned(),
        data: fold::keys_text(inbound),
    };
    let id = store::marks::set(tx, &mark)?;
    audit(tx, now, by, "clock-dismissed", thread)?;
    Ok(Change::MarksOff(vec![id]))
}

fn star_one(
    tx: &Transaction<'_>,
    thread: ThreadId,
    on: bool,
    by: &Actor,
    now: Timestamp,
) -> Result<Option<Change>, StoreError> {
    let marks = store::marks::of_thread(tx, thread)?;
    let stars: Vec<i64> =
        marks.iter().filter(|mark| mark.kind == marks::STAR).map(|mark| mark.id).collect();
    if on != stars.is_empty() {
        return Ok(None);
    }
    if !on {
        store::marks::undo(tx, &stars, now)?;
        audit(tx, now, by, "star-cleared", thread)?;
        return Ok(Some(Change::MarksOn(stars)));
    }
    let mark = NewMark {
        thread,
        message: None,
        kind: marks::STAR,
        at: now,
        by: by.clone(),
        reason: String::new(),
        data: String::new(),
    };
    let id = store::marks::set(tx, &mark)?;
    audit(tx, now, by, "starred", thread)?;
    Ok(Some(Change::MarksOff(vec![id])))
}

fn put_back_one(
    tx: &Transaction<'_>,
    change: Change,
    by: &Actor,
    now: Timestamp,
    touched: &mut BTreeSet<ThreadId>,
) -> Result<Option<Change>, StoreError> {
    match change {
        Change::Tags { thread, mut messages, tags } => {
            let thread = store::threads::current(tx, thread)?;
            let before = store::tags::of_thread(tx, thread)?;
            // What came since has the tag only because the others had it.
            let inherited = before.iter().filter(|tag| tag.how == INHERITED);
            messages.extend(inherited.map(|tag| tag.message));
            store::tags::reset(tx, &messages, &tags)?;
            audit(tx, now, by, "tags-restored", thread)?;
            touched.insert(thread);
            Ok(Some(Change::Tags { thread, messages, tags: before }))
        }
        Change::MarksOff(marks) => {
            touched.extend(store::marks::threads_of(tx, &marks)?);
            store::marks::undo(tx, &marks, now)?;
            audit_marks(tx, now, by, "marks-undone", &marks)?;
            Ok(Some(Change::MarksOn(marks)))
        }
        Change::MarksOn(marks) => {
            touched.extend(store::marks::threads_of(tx, &marks)?);
            store::marks::redo(tx, &marks)?;
            audit_marks(tx, now, by, "marks-redone", &marks)?;
            Ok(Some(Change::MarksOff(marks)))
        }
        Change::Operations(wished) => {
            let inverse = operate::take_back(tx, &wished, now, touched)?;
            Ok(Some(Change::Operations(inverse)))
        }
        Change::Away { thread, away } => {
            let thread = store::threads::current(tx, thread)?;
            let before = store::operations::set_away(tx, thread, away)?;
            audit(tx, now, by, if away { "thread-put-away" } else { "thread-taken-out" }, thread)?;
            touched.insert(thread);
            Ok(Some(Change::Away { thread, away: before }))
        }
        Change::Unread { message, unread } => {
            let row = store::messages::get(tx, message)?;
            store::messages::set_unread(tx, message, unread)?;
            store::threads::refresh(tx, [row.thread])?;
            touched.insert(row.thread);
            Ok(Some(Change::Unread { message, unread: row.unread }))
        }
        Change::Recall(item) => {
            let thread = store::outbox::get(tx, item)?.thread;
            store::outbox::cancel(tx, item, now)?;
            store::audit::append(
                tx,
                &AuditEntry::new(now, by.clone(), "send-cancelled").with("item", item),
            )?;
            touched.extend(thread);
            Ok(None)
        }
    }
}

fn audit_marks(
    tx: &Transaction<'_>,
    now: Timestamp,
    by: &Actor,
    kind: &str,
    marks: &[i64],
) -> Result<(), StoreError> {
    for mark in marks {
        store::audit::append(tx, &AuditEntry::new(now, by.clone(), kind).with("mark", mark))?;
    }
    Ok(())
}
