//! Read models: rows as the screens and the command line show them, already sorted, counted and safe to print.
//!
//! Owns the shape of the lists. Times are instants; how much is left of them is worked out when they are drawn.

use std::sync::Arc;

use jiff::{Timestamp, civil::Date};

use crate::domain::{
    calendar::WorkCalendar,
    confidential::Confidential,
    deadline::DeadlineState,
    footer::Privilege,
    id::{
        AccountId, AttachmentId, DeadlineId, DraftId, MailboxId, MatterId, MessageKey, OperationId,
        OutboxId, ThreadId,
    },
    matter::{MatterStatus, Role},
    message::Direction,
    operation::Folder,
    sla::Running,
    text::SafeText,
};

use super::report;

/// What a screen may ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Query {
    /// Counts for the top line.
    Counts,
    /// Every running clock, soonest first.
    Due,
    /// Threads by last activity, newest first.
    Inbox {
        /// How many at most.
        limit: u32,
    },
    /// Threads without a matter, newest first.
    Untagged {
        /// How many at most.
        limit: u32,
    },
    /// All matters with their health.
    Matters,
    /// The threads of one matter.
    MatterThreads(MatterId),
    /// One thread as a timeline.
    Thread(ThreadId),
    /// Why a clock is due when it is.
    Explain(ThreadId),
    /// The raw source of a message.
    Raw(MessageKey),
    /// The outbox.
    Outbox,
    /// A search in the query language.
    Search {
        /// What was typed: names of clients and words of theirs.
        text: Confidential<String>,
        /// How many at most.
        limit: u32,
    },
    /// Matters to choose from for a thread, suggested ones first.
    MatterChoice(ThreadId),
    /// New messages that were begun and kept.
    Kept,
    /// How complete each folder of each account is.
    Folders,
    /// The folders to which threads can be moved.
    Destinations,
    /// What waits for the mail servers, in order.
    Operations,
    /// How fast the office answered in a period.
    Report(report::Asked),
    /// Deadlines, soonest first.
    Deadlines {
        /// Of this matter, or of all.
        matter: Option<MatterId>,
        /// Also those that were done or vacated.
        ended: bool,
    },
}

/// What the engine answers.
#[derive(Clone)]
pub enum Answer {
    /// To [`Query::Counts`].
    Counts(Counts),
    /// To [`Query::Due`].
    Due(Vec<DueRow>),
    /// To [`Query::Inbox`].
    Inbox(Vec<ThreadRow>),
    /// To [`Query::Untagged`].
    Untagged(Vec<UntaggedRow>),
    /// To [`Query::Matters`].
    Matters(Vec<MatterRow>),
    /// To [`Query::MatterThreads`].
    MatterThreads(Vec<ThreadRow>),
    /// To [`Query::Thread`]; `None` when it is gone (merged).
    Thread(Option<Box<ThreadView>>),
    /// To [`Query::Explain`]: one line per step.
    Explain(Vec<SafeText>),
    /// To [`Query::Raw`]: the source, cleaned for the screen.
    Raw(SafeText),
    /// To [`Query::Outbox`].
    Outbox(Vec<OutboxRow>),
    /// To [`Query::Search`].
    Search(SearchResult),
    /// To [`Query::MatterChoice`].
    MatterChoice(Vec<Suggestion>),
    /// To [`Query::Kept`], the newest first.
    Kept(Vec<KeptRow>),
    /// To [`Query::Folders`], by account, those that are pulled first.
    Folders(Vec<FolderRow>),
    /// To [`Query::Destinations`], by account and name.
    Destinations(Vec<DestinationRow>),
    /// To [`Query::Operations`], in the order in which they are sent.
    Operations(Vec<OperationView>),
    /// To [`Query::Report`].
    Report(Box<report::ReportView>),
    /// To [`Query::Deadlines`].
    Deadlines(Vec<DeadlineRow>),
}

/// A deadline of a matter.
#[derive(Clone)]
pub struct DeadlineRow {
    /// Which one.
    pub id: DeadlineId,
    /// Of which matter.
    pub matter: MatterLabel,
    /// What is to be done.
    pub what: SafeText,
    /// The last day, in the court's zone.
    pub day: Date,
    /// The last instant.
    pub until: Timestamp,
    /// The court's zone.
    pub zone: SafeText,
    /// By which rule it was computed; empty by hand.
    pub rule: SafeText,
    /// How it was computed, one step each.
    pub lines: Vec<SafeText>,
    /// What sets it.
    pub source: SafeText,
    /// Where that can be looked up.
    pub evidence: SafeText,
    /// Where it is in its life.
    pub state: DeadlineState,
    /// When it was entered.
    pub entered: Timestamp,
    /// When a person confirmed it.
    pub confirmed: Option<Timestamp>,
    /// When it was done or vacated, and the evidence or the reason.
    pub ended: Option<(Timestamp, SafeText)>,
}

/// A folder of an account.
#[derive(Clone)]
pub struct DestinationRow {
    /// Which account.
    pub account: AccountId,
    /// The account's name.
    pub account_name: SafeText,
    /// Which folder.
    pub folder: Folder,
    /// Its name, safe to print.
    pub name: SafeText,
}

/// Something that waits for a mail server.
#[derive(Clone)]
pub struct OperationView {
    /// Which one.
    pub id: OperationId,
    /// Does it wait for a person, not only for the server?
    pub stuck: bool,
    /// When it was asked for.
    pub at: Timestamp,
    /// What is to happen (`move to Archive`).
    pub wish: SafeText,
    /// The subject of the message.
    pub subject: SafeText,
    /// Where it stands: `waiting for the server`, or why it is stuck.
    pub state: SafeText,
}

/// How a folder stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FolderState {
    /// It is pulled.
    Pulled,
    /// It is not pulled, as the settings say.
    Left,
    /// It is another person's, or everybody's, and no pattern says that it is read.
    Foreign,
    /// It is no longer on the server, or under another name.
    Vanished,
    /// The server would not open it.
    Refused,
    /// The server's numbers do not fit.
    Doubtful,
}

impl FolderState {
    /// The word in JSON.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pulled => "pulled",
            Self::Left | Self::Foreign => "left",
            Self::Vanished => "vanished",
            Self::Refused => "refused",
            Self::Doubtful => "doubtful",
        }
    }
}

/// A folder of an account and how complete it is.
#[derive(Clone)]
pub struct FolderRow {
    /// Which folder.
    pub mailbox: MailboxId,
    /// The name of its account.
    pub account: SafeText,
    /// Its name.
    pub name: SafeText,
    /// The word of its role, or empty.
    pub role: String,
    /// How it stands.
    pub state: FolderState,
    /// Messages on the server, by its own count; `None` before it was opened.
    pub on_server: Option<u64>,
    /// In the record.
    pub stored: u64,
    /// Still to fetch.
    pub pending: u64,
    /// Older than what is fetched: they stay on the server.
    pub older: u64,
    /// Somebody is still writing these: known, and not fetched.
    pub drafts: u64,
    /// Could not be fetched or stored; tried again at every full check.
    pub failed: u64,
    /// No longer on the server; in the record all the same.
    pub gone: u64,
    /// When every message in it was compared with the server last.
    pub checked: Option<Timestamp>,
    /// Its name since it was renamed.
    pub now_called: Option<SafeText>,
    /// Why messages failed, with how many each.
    pub reasons: Vec<(&'static str, u64)>,
}

/// A new message that was begun and kept.
#[derive(Clone)]
pub struct KeptRow {
    /// The draft.
    pub draft: DraftId,
    /// To whom.
    pub to: SafeText,
    /// The subject, or its first words.
    pub subject: SafeText,
    /// When it was last changed.
    pub at: Timestamp,
}

/// Counts for the top line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Running clocks.
    pub due: u64,
    /// Of these, late ones.
    pub late: u64,
    /// Of the running ones, those that mail which has not been read yet may have answered. None of them counts as late.
    pub unsettled: u64,
    /// Unread threads.
    pub unread: u64,
    /// Threads without a matter.
    pub untagged: u64,
    /// Outbox rows that are not sent yet, refused or unknown.
    pub outbox: u64,
    /// Messages stored.
    pub stored: u64,
    /// Messages known to the servers.
    pub known: u64,
    /// Messages that failed and will be tried again.
    pub failed: u64,
    /// Messages still to fetch.
    pub pending: u64,
    /// Is the fetching of older mail paused?
    pub paused: bool,
    /// Actions that wait for a mail server, stuck ones included.
    pub waiting: u64,
    /// Of these, those that wait for a person.
    pub stuck: u64,
}

/// A matter's number and name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MatterLabel {
    /// Its identity.
    pub id: MatterId,
    /// Its number, such as `2026-0147`.
    pub number: SafeText,
    /// Its short name, such as `Mensah v. Harlow`.
    pub name: SafeText,
}

/// Marks on a row. Each is shown as a word or a sign, never by colour alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "independent marks on a row, not a state")]
pub struct RowMarks {
    /// Has unread messages.
    pub unread: bool,
    /// Starred.
    pub starred: bool,
    /// Perhaps written by a machine (`auto?`).
    pub auto: bool,
    /// Perhaps only a courtesy (`courtesy?`).
    pub courtesy: bool,
    /// The sender's name imitates someone the office knows (`spoof?`).
    pub spoof: bool,
    /// Has attachments.
    pub attachments: bool,
    /// A message of ours never arrived (`bounced`).
    pub bounced: bool,
    /// Two matters claim this thread; a person must decide.
    pub contested: bool,
    /// Something was hidden in a name, a subject or a file name (`tampered`).
    pub tampered: bool,
    /// A message names more than one sender (`2 senders`).
    pub senders: bool,
    /// A message hid text from its reader (`hidden`).
    pub hidden: bool,
    /// A message is encrypted and cannot be read here (`encrypted`).
    pub encrypted: bool,
    /// Something that a person did waits for the mail server (`waiting`).
    pub waiting: bool,
    /// Its clock is counted without closed days, because they leave no opening for years (`calendar?`).
    pub uncounted: bool,
    /// It is due in a year of which its calendar does not know every holiday (`calendar?`).
    pub holidays_unknown: bool,
    /// Its clock may have been answered by mail that has not been read yet: it is not late as a fact (`answered?`).
    pub unsettled: bool,
}

/// How much a mark weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// A danger, or something lost: look before anything else.
    Danger,
    /// Something to be done or to be careful about.
    Caution,
    /// A guess of ours.
    Guess,
}

impl RowMarks {
    /// The words of what should make a reader stop, the gravest first.
    pub fn warnings(self) -> impl Iterator<Item = (&'static str, Weight)> {
        [
            (self.spoof, "spoof?", Weight::Danger),
            (self.tampered, "tampered", Weight::Danger),
            (self.senders, "2 senders", Weight::Danger),
            (self.bounced, "bounced", Weight::Danger),
            (self.contested, "contested", Weight::Caution),
            (self.encrypted, "encrypted", Weight::Caution),
            (self.hidden, "hidden", Weight::Caution),
            (self.uncounted || self.holidays_unknown, "calendar?", Weight::Caution),
            (self.unsettled, "answered?", Weight::Guess),
            (self.auto, "auto?", Weight::Guess),
            (self.courtesy, "courtesy?", Weight::Guess),
            (self.waiting, "waiting", Weight::Guess),
        ]
        .into_iter()
        .filter(|(set, ..)| *set)
        .map(|(_, word, weight)| (word, weight))
    }
}

/// A running clock in Due.
#[derive(Clone)]
pub struct DueRow {
    /// The thread.
    pub thread: ThreadId,
    /// The clock.
    pub running: Running,
    /// The calendar in which its time is counted.
    pub calendar: Arc<WorkCalendar>,
    /// The policy's name.
    pub policy: SafeText,
    /// Who waits.
    pub who: SafeText,
    /// About what.
    pub subject: SafeText,
    /// In which matter.
    pub matter: Option<MatterLabel>,
    /// Marks.
    pub marks: RowMarks,
}

/// A thread in a list.
#[derive(Clone)]
pub struct ThreadRow {
    /// The thread.
    pub thread: ThreadId,
    /// Who takes part, the newest writer first.
    pub who: SafeText,
    /// The subject.
    pub subject: SafeText,
    /// When something last happened.
    pub last: Timestamp,
    /// How many messages.
    pub messages: u32,
    /// In which matter.
    pub matter: Option<MatterLabel>,
    /// The soonest running clock.
    pub running: Option<(Running, Arc<WorkCalendar>)>,
    /// Marks.
    pub marks: RowMarks,
}

/// A matter that is suggested, with its reasons.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggestion {
    /// Which matter.
    pub matter: MatterLabel,
    /// Why, strongest first, in words; empty when it is not suggested but can be chosen.
    pub reasons: Vec<SafeText>,
}

/// A thread in the triage tray.
#[derive(Clone)]
pub struct UntaggedRow {
    /// The thread.
    pub row: ThreadRow,
    /// The best suggestions, best first.
    pub suggestions: Vec<Suggestion>,
}

/// A matter and its health.
#[derive(Clone)]
pub struct MatterRow {
    /// Which matter.
    pub matter: MatterLabel,
    /// Where it is in its life.
    pub status: MatterStatus,
    /// Its clients' names.
    pub clients: SafeText,
    /// The privilege label with which its new messages begin.
    pub privilege: Option<Privilege>,
    /// The soonest running clock in it.
    pub oldest: Option<(Running, Arc<WorkCalendar>)>,
    /// May mail that has not been read yet have answered it?
    pub unsettled: bool,
    /// When the client last heard from us in substance.
    pub last_update: Option<Timestamp>,
    /// Unread threads.
    pub unread: u32,
    /// Threads.
    pub threads: u32,
}

/// One thread, opened.
#[derive(Clone)]
pub struct ThreadView {
    /// The thread.
    pub thread: ThreadId,
    /// The subject.
    pub subject: SafeText,
    /// In which matter.
    pub matter: Option<MatterLabel>,
    /// Suggestions when it has none.
    pub suggestions: Vec<Suggestion>,
    /// Running clocks, soonest first.
    pub clocks: Vec<Running>,
    /// Clocks that are over, as sentences (`acknowledged Tue 14:05, met`).
    pub history: Vec<SafeText>,
    /// The calendar in which they are counted.
    pub calendar: Arc<WorkCalendar>,
    /// The policy's name.
    pub policy: SafeText,
    /// The matter's people with their roles.
    pub people: Vec<(SafeText, Role)>,
    /// When the client last heard from us in substance.
    pub last_update: Option<Timestamp>,
    /// The messages, oldest first.
    pub messages: Vec<MessageView>,
    /// Marks.
    pub marks: RowMarks,
}

/// One message of an opened thread.
#[derive(Clone)]
pub struct MessageView {
    /// The message.
    pub key: MessageKey,
    /// Received or sent at.
    pub at: Timestamp,
    /// Which way it went.
    pub direction: Direction,
    /// Who wrote it.
    pub from: SafeText,
    /// The writer's address.
    pub from_address: SafeText,
    /// To whom.
    pub to: SafeText,
    /// Subject.
    pub subject: SafeText,
    /// What was written, without the quoted tail.
    pub text: SafeText,
    /// The quoted tail, shown when asked for.
    pub quoted: SafeText,
    /// Attachments.
    pub attachments: Vec<AttachmentView>,
    /// Remarks for the reader: `could not be read, open raw`, `name imitates …`, `never arrived`.
    pub remarks: Vec<SafeText>,
    /// Bytes.
    pub size: u64,
    /// Not read yet.
    pub unread: bool,
}

/// An attachment of a message.
#[derive(Clone)]
pub struct AttachmentView {
    /// The attachment.
    pub id: AttachmentId,
    /// Its name, made safe, the last extension always visible.
    pub name: SafeText,
    /// Its media type.
    pub media_type: SafeText,
    /// Bytes.
    pub size: u64,
}

/// The states of design 5.2.1, in words for the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum OutboxWord {
    /// In the undo window.
    Held,
    /// To go at a later time.
    Scheduled,
    /// Next to go.
    Queued,
    /// On its way now.
    Sending,
    /// Will be tried again.
    Deferred,
    /// The relay accepted it (250).
    Sent,
    /// The relay refused it.
    Refused,
    /// The line dropped after the data: it is not known whether it went out.
    Unknown,
    /// Stopped by a person before it left.
    Cancelled,
}

impl OutboxWord {
    /// The word on the screen and in JSON.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Scheduled => "scheduled",
            Self::Queued => "queued",
            Self::Sending => "sending",
            Self::Deferred => "deferred",
            Self::Sent => "sent",
            Self::Refused => "refused",
            Self::Unknown => "unknown",
            Self::Cancelled => "cancelled",
        }
    }
}

/// A row of the outbox.
#[derive(Clone)]
pub struct OutboxRow {
    /// Which message.
    pub item: OutboxId,
    /// Its state.
    pub state: OutboxWord,
    /// To whom.
    pub to: SafeText,
    /// Subject.
    pub subject: SafeText,
    /// In which matter.
    pub matter: Option<MatterLabel>,
    /// When it may leave, was tried last, or was accepted, according to its state.
    pub at: Timestamp,
    /// The relay's own words.
    pub reply: SafeText,
    /// Is the copy in Sent?
    pub filed: bool,
}

/// The result of a search.
#[derive(Clone)]
pub struct SearchResult {
    /// What was not understood in the query, in words.
    pub complaint: Option<SafeText>,
    /// The hits, newest first.
    pub hits: Vec<SearchHit>,
}

/// One hit.
#[derive(Clone)]
pub struct SearchHit {
    /// The message.
    pub message: MessageKey,
    /// Its thread.
    pub thread: ThreadId,
    /// When.
    pub at: Timestamp,
    /// Who wrote it.
    pub who: SafeText,
    /// The subject.
    pub subject: SafeText,
    /// A line with the hit.
    pub snippet: SafeText,
    /// What to be careful about in this message.
    pub marks: RowMarks,
    /// In which matter.
    pub matter: Option<MatterLabel>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_debug_print_of_a_question_never_shows_what_was_typed() {
        let query = Query::Search { text: "settlement Mensah".into(), limit: 7 };
        let shown = format!("{query:?}");
        assert!(shown.contains('7') && !shown.contains("Mensah"), "{shown}");
    }
}
