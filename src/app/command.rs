//! What a person may ask the engine to do. Plain data: it can be logged by kind, replayed and tested.

use std::collections::BTreeSet;

use jiff::{Timestamp, civil::Date};

use crate::domain::{
    confidential::Confidential,
    draft::{Draft, ReplyKind},
    id::{AccountId, DeadlineId, DraftId, MatterId, MessageKey, OperationId, OutboxId, ThreadId},
};

use super::{operate::Target, rows::Query, sign_in::Way};

/// One request from a screen or the command line.
#[derive(Clone)]
pub enum Command {
    /// Put these threads in a matter.
    Tag {
        /// Which threads.
        threads: Vec<ThreadId>,
        /// Which matter.
        matter: MatterId,
    },
    /// Take these threads out of their matter.
    Untag {
        /// Which threads.
        threads: Vec<ThreadId>,
    },
    /// Put each of these threads in the matter that is suggested first for it.
    AcceptSuggestion {
        /// Which threads.
        threads: Vec<ThreadId>,
    },
    /// Start writing; the engine answers with [`Event::DraftReady`](super::event::Event::DraftReady).
    StartDraft {
        /// What to write.
        kind: ReplyKind,
        /// In which conversation; `None` for a new one.
        thread: Option<ThreadId>,
        /// As an answer to which message; `None` for the newest from outside.
        parent: Option<MessageKey>,
    },
    /// Go on with a draft that was kept; the engine answers with
    /// [`Event::DraftReady`](super::event::Event::DraftReady).
    OpenDraft(DraftId),
    /// Keep what was written so far; the engine answers with
    /// [`Event::Described`](super::event::Event::Described).
    SaveDraft(Box<Draft>),
    /// Keep a draft that is put aside: here, and in the account's Drafts folder unless the settings say otherwise;
    /// the engine answers with [`Event::Described`](super::event::Event::Described).
    KeepDraft(Box<Draft>),
    /// Check a draft before sending; the engine answers with [`Event::Reviewed`](super::event::Event::Reviewed).
    Review(Box<Draft>),
    /// Seal and queue a reviewed draft.
    Send {
        /// The draft as reviewed.
        draft: Box<Draft>,
        /// The findings that a person confirmed, by their keys.
        confirmed: BTreeSet<String>,
        /// Not before this instant; `None` for as soon as the undo window has passed.
        at: Option<Timestamp>,
    },
    /// Throw a draft away (asked for by a person).
    DiscardDraft(DraftId),
    /// Stop a message that has not left yet; it becomes a draft again.
    CancelSend(OutboxId),
    /// A person's decision about a message of which it is not known whether it went out.
    Settle {
        /// Which message.
        item: OutboxId,
        /// What is to happen.
        decision: Settlement,
    },
    /// Stop the running clocks of these threads, for a reason.
    Dismiss {
        /// Which threads.
        threads: Vec<ThreadId>,
        /// Why; journalled. Never empty.
        reason: String,
    },
    /// Set or clear the star.
    Star {
        /// Which threads.
        threads: Vec<ThreadId>,
        /// On or off.
        on: bool,
    },
    /// Mark the messages of a thread as read.
    MarkRead(ThreadId),
    /// Something that is to happen at the mail servers too.
    Operate(Operate),
    /// Something about a deadline of a matter.
    Deadline(DeadlineOrder),
    /// Undo the last action.
    Undo,
    /// Do again what was undone.
    Redo,
    /// Look for mail now.
    SyncNow,
    /// Let the fetching of older mail wait (`true`), or go on. New mail comes either way.
    PauseHistory(bool),
    /// Sign in to an account with OAuth; it is told how that goes by [`Event::SignIn`](super::event::Event::SignIn).
    SignIn(SignIn),
}

/// Signing in while the screen is open. One at a time: a new one ends the one before.
#[derive(Clone)]
pub enum SignIn {
    /// Begin.
    Begin {
        /// To which account; `None` for the one that waits for it, or whichever the person chooses.
        account: Option<AccountId>,
        /// How; `None` for the way that fits this machine.
        way: Option<Way>,
    },
    /// The address at which a browser on another machine ended.
    Bring(Confidential<String>),
    /// Stop.
    Stop,
}

/// What happens here and at the mail servers.
#[derive(Clone)]
pub enum Operate {
    /// Mark threads as read, or their newest message from outside as unread, with a way back.
    SetRead {
        /// Which threads.
        threads: Vec<ThreadId>,
        /// Read, or unread.
        read: bool,
    },
    /// Archive threads, move them to a folder, or to Trash. The record keeps every message.
    Relocate {
        /// Which threads.
        threads: Vec<ThreadId>,
        /// Where to.
        target: Target,
    },
    /// Try an operation again that the server refused.
    Retry(OperationId),
    /// Give an operation up that has not been sent, or that the server refused.
    GiveUp(OperationId),
}

/// What happens to a deadline. There is no order that snoozes, pauses or moves one.
#[derive(Clone)]
pub enum DeadlineOrder {
    /// Enter one. It does not count before it is confirmed.
    Add(Box<DeadlineEntry>),
    /// Confirm one: from now on it counts.
    Confirm {
        /// Which one.
        deadline: DeadlineId,
        /// Its day, as the person says it; another day confirms nothing.
        day: Date,
    },
    /// It is done.
    Done {
        /// Which one.
        deadline: DeadlineId,
        /// What proves it. Never empty.
        evidence: String,
    },
    /// An order took it away, or it was entered wrongly.
    Vacate {
        /// Which one.
        deadline: DeadlineId,
        /// The order, or the reason. Never empty.
        reason: String,
    },
}

/// A deadline to be entered.
#[derive(Clone)]
pub struct DeadlineEntry {
    /// Of which matter.
    pub matter: MatterId,
    /// What is to be done.
    pub what: String,
    /// The last day, in the court's zone.
    pub day: Date,
    /// The last instant.
    pub until: Timestamp,
    /// The court's zone.
    pub zone: String,
    /// By which rule it was computed; empty by hand.
    pub rule: String,
    /// How it was computed, one step each; empty by hand.
    pub lines: Vec<String>,
    /// What sets it: an order, a rule, a notice.
    pub source: String,
    /// Where that can be looked up.
    pub evidence: String,
}

/// What a person says about a message of which it is not known whether it went out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settlement {
    /// It went out: it counts as sent.
    WentOut,
    /// It did not: send it again.
    SendAgain,
}

/// What a screen hands to the engine.
#[derive(Clone)]
pub enum Request {
    /// Do something.
    Do(Command),
    /// Answer a question with [`Event::Answer`](super::event::Event::Answer) of the same generation.
    Ask {
        /// The asker's generation; comes back with the answer.
        generation: u64,
        /// The question.
        query: Query,
    },
}
