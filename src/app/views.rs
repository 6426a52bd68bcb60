//! Questions → rows. The one place where the record's rows become what screens and the command line show.
//!
//! Owns the cleaning: every word of mail becomes [`SafeText`] here. It never writes.

use std::sync::Arc;

use rusqlite::Connection;

use crate::{
    domain::{
        calendar::WorkCalendar,
        id::{MatterId, ThreadId},
        query,
        roster::Roster,
        sla::Running,
        tagging,
        text::SafeText,
    },
    mail::ParseFault,
    store::{
        self, Stop, StoreError,
        clocks::ClockRow,
        lists::{DueItem, MatterItem, MatterName, ThreadItem},
        threads::ThreadSummary,
        warnings::Warnings,
    },
};

use super::{
    fold, ingest, kept,
    office::Office,
    operated,
    rows::{
        Answer, Counts, DueRow, MatterLabel, MatterRow, OutboxRow, OutboxWord, Query, RowMarks,
        SearchHit, SearchResult, Suggestion, ThreadRow, UntaggedRow,
    },
};

/// So many running clocks are shown at most; the counts say how many there are.
pub const DUE_LIMIT: u32 = 2_000;
/// So many conversations of one matter are shown at most.
pub const MATTER_LIMIT: u32 = 1_000;
/// So many rows of the outbox are shown at most.
pub const OUTBOX_LIMIT: u32 = 500;

impl Office {
    /// Answers a question from the record.
    pub async fn answer(&self, question: Query) -> Result<Answer, StoreError> {
        self.answer_until(&Stop::new(), question).await
    }

    /// [`Office::answer`], unless `stop` stops it: then it ends with [`StoreError::Interrupted`].
    pub async fn answer_until(&self, stop: &Stop, question: Query) -> Result<Answer, StoreError> {
        let office = self.clone();
        let query = move |conn: &Connection| office.answer_from(conn, question);
        self.store().read_until("answer", stop, query).await
    }

    /// [`Office::answer`] on a connection that is there already.
    pub fn answer_from(&self, conn: &Connection, question: Query) -> Result<Answer, StoreError> {
        let view = View { office: self, conn };
        Ok(match question {
            Query::Counts => Answer::Counts(view.counts()?),
            Query::Due => Answer::Due(view.due()?),
            Query::Inbox { limit } => {
                Answer::Inbox(view.threads(store::lists::inbox(conn, limit)?)?)
            }
            Query::Untagged { limit } => Answer::Untagged(view.untagged(limit)?),
            Query::Matters => Answer::Matters(view.matters()?),
            Query::MatterThreads(matter) => Answer::MatterThreads(
                view.threads(store::lists::matter_threads(conn, matter, MATTER_LIMIT)?)?,
            ),
            Query::Thread(thread) => Answer::Thread(view.thread(thread)?),
            Query::Explain(thread) => Answer::Explain(view.explain(thread)?),
            Query::Raw(message) => {
                let raw = store::raw::get(conn, message)?;
                Answer::Raw(source(&raw))
            }
            Query::Outbox => Answer::Outbox(view.outbox()?),
            Query::Search { text, limit } => Answer::Search(view.search(text.expose(), limit)?),
            Query::MatterChoice(thread) => Answer::MatterChoice(view.choice(thread)?),
            Query::Folders => Answer::Folders(self.folders(conn)?),
            Query::Kept => Answer::Kept(kept::new_messages(conn)?),
            Query::Destinations => Answer::Destinations(operated::folders(self, conn)?),
            Query::Operations => Answer::Operations(operated::waiting(conn)?),
        })
    }
}

/// So many bytes of a message's source are shown; what a person looks for there is in the header.
const SOURCE: usize = 256 << 10;

fn source(raw: &[u8]) -> SafeText {
    let shown = raw.get(..SOURCE).unwrap_or(raw);
    let text = String::from_utf8_lossy(shown);
    if shown.len() == raw.len() {
        return SafeText::block(&text);
    }
    let (some, all) = (shown.len(), raw.len());
    SafeText::block(&format!(
        "{text}\n\n[The first {some} of {all} bytes are shown; the record holds them all.]"
    ))
}

/// The office and one connection.
pub(super) struct View<'a> {
    pub(super) office: &'a Office,
    pub(super) conn: &'a Connection,
}

impl View<'_> {
    fn counts(&self) -> Result<Counts, StoreError> {
        let row = store::lists::counts(self.conn, self.office.now())?;
        let older = store::folders::set_aside_count(self.conn)?;
        let open = row.known.saturating_sub(row.stored).saturating_sub(row.failed);
        let (waiting, stuck) = store::operations::open_counts(self.conn)?;
        Ok(Counts {
            due: row.due,
            late: row.late,
            unsettled: row.unsettled,
            unread: row.unread,
            untagged: row.untagged,
            outbox: row.outbox,
            stored: row.stored,
            known: row.known,
            failed: row.failed,
            pending: open.saturating_sub(older),
            paused: self.office.history_is_paused(),
            waiting,
            stuck,
        })
    }

    fn due(&self) -> Result<Vec<DueRow>, StoreError> {
        let roster = self.roster()?;
        let items = store::lists::due(self.conn, DUE_LIMIT)?;
        let mut rows: Vec<DueRow> =
            items.into_iter().map(|item| self.due_row(item, &roster)).collect::<Result<_, _>>()?;
        // A courtesy waits behind everything that asks something (design 4.3).
        // What may have been answered long ago waits behind what is known.
        let now = self.office.now();
        let doubtful = |row: &DueRow| row.marks.unsettled && now > row.running.due;
        rows.sort_by_key(|row| (row.marks.courtesy, doubtful(row)));
        Ok(rows)
    }

    fn due_row(&self, item: DueItem, roster: &Roster) -> Result<DueRow, StoreError> {
        let marks = self.marks(&item.thread, Some(&item.clock))?;
        let (running, calendar) = self.running(&item.clock, marks);
        let waits = fold::principal_from_word(&item.clock.principal)
            .and_then(|who| principal_name(&who, roster));
        Ok(DueRow {
            thread: item.thread.thread,
            running,
            calendar,
            policy: SafeText::line(&item.clock.policy),
            who: SafeText::line(waits.as_deref().unwrap_or(&item.thread.who)),
            subject: SafeText::line(&item.thread.subject),
            matter: item.matter.map(label),
            marks,
        })
    }

    fn threads(&self, items: Vec<ThreadItem>) -> Result<Vec<ThreadRow>, StoreError> {
        items.into_iter().map(|item| self.thread_row(item)).collect()
    }

    fn thread_row(&self, item: ThreadItem) -> Result<ThreadRow, StoreError> {
        let marks = self.marks(&item.thread, item.clock.as_ref())?;
        Ok(ThreadRow {
            thread: item.thread.thread,
            who: SafeText::line(&item.thread.who),
            subject: SafeText::line(&item.thread.subject),
            last: item.thread.last,
            messages: item.thread.messages,
            matter: item.matter.map(label),
            running: item.clock.map(|clock| self.running(&clock, marks)),
            marks,
        })
    }

    /// The marks of a row.
    pub(super) fn marks(
        &self,
        thread: &ThreadSummary,
        clock: Option<&ClockRow>,
    ) -> Result<RowMarks, StoreError> {
        let warnings = store::warnings::of_thread(self.conn, thread.thread)?;
        let uncounted = match clock {
            Some(clock) => self.is_uncounted(thread.thread, clock)?,
            None => false,
        };
        Ok(RowMarks {
            unread: thread.unread > 0,
            starred: thread.bits.starred,
            auto: clock.is_some_and(|clock| clock.auto),
            courtesy: clock.is_some_and(|clock| clock.courtesy),
            spoof: thread.bits.spoof,
            attachments: thread.bits.attachments,
            bounced: thread.bits.bounced,
            contested: thread.contender.is_some(),
            waiting: store::operations::is_waiting(self.conn, thread.thread)?,
            uncounted,
            unsettled: clock.is_some_and(|clock| clock.unsettled),
            ..warned(&warnings)
        })
    }

    /// Is a clock of the conversation counted without closed days?
    fn is_uncounted(&self, thread: ThreadId, clock: &ClockRow) -> Result<bool, StoreError> {
        // Next to no calendar may: nothing is folded for a list.
        if !self.office.sla().rule(Some(&clock.policy)).calendar.may_never_open() {
            return Ok(false);
        }
        let roster = self.roster()?;
        Ok(fold::fold(self.conn, thread, &roster, self.office.sla())?.never_opens)
    }

    /// A clock with the calendar in which it is counted.
    fn running(&self, clock: &ClockRow, marks: RowMarks) -> (Running, Arc<WorkCalendar>) {
        let calendar = &self.office.sla().rule(Some(&clock.policy)).calendar;
        let calendar =
            if marks.uncounted { Arc::new(calendar.every_week()) } else { Arc::clone(calendar) };
        (clock.running, calendar)
    }

    fn untagged(&self, limit: u32) -> Result<Vec<UntaggedRow>, StoreError> {
        let items = store::lists::untagged(self.conn, limit)?;
        items
            .into_iter()
            .map(|item| {
                let suggestions = self.suggestions(item.thread.thread)?;
                Ok(UntaggedRow { row: self.thread_row(item)?, suggestions })
            })
            .collect()
    }

    pub(super) fn suggestions(&self, thread: ThreadId) -> Result<Vec<Suggestion>, StoreError> {
        let mut out = Vec::new();
        for suggestion in store::tags::suggestions(self.conn, thread)?.into_iter().take(3) {
            if let Some(matter) = store::lists::matter_label(self.conn, suggestion.matter)? {
                let reasons =
                    suggestion.reasons.iter().map(|r| SafeText::line(r.sentence())).collect();
                out.push(Suggestion { matter: label(matter), reasons });
            }
        }
        Ok(out)
    }

    fn matters(&self) -> Result<Vec<MatterRow>, StoreError> {
        let items = store::lists::matters(self.conn)?;
        Ok(items.into_iter().map(|item| self.matter_row(item)).collect())
    }

    fn matter_row(&self, item: MatterItem) -> MatterRow {
        MatterRow {
            status: item.status,
            clients: SafeText::line(&item.clients),
            privilege: item.privilege,
            unsettled: item.oldest.as_ref().is_some_and(|clock| clock.unsettled),
            oldest: item.oldest.map(|clock| self.running(&clock, RowMarks::default())),
            last_update: item.last_update,
            unread: item.unread,
            threads: item.threads,
            matter: label(item.matter),
        }
    }

    fn outbox(&self) -> Result<Vec<OutboxRow>, StoreError> {
        let now = self.office.now();
        let mut out = Vec::new();
        for row in store::outbox::list(self.conn, OUTBOX_LIMIT)? {
            let matter =
                row.matter.map(|m| store::lists::matter_label(self.conn, m)).transpose()?;
            out.push(OutboxRow {
                item: row.id,
                state: outbox_word(&row, now),
                to: SafeText::line(&row.shown_to),
                subject: SafeText::line(&row.subject),
                matter: matter.flatten().map(label),
                at: outbox_at(&row),
                reply: SafeText::line(&row.reply),
                filed: row.filed,
            });
        }
        Ok(out)
    }

    fn search(&self, text: &str, limit: u32) -> Result<SearchResult, StoreError> {
        let (parsed, complaints) = query::Query::parse(text);
        let zone = self.office.zone();
        let rows = store::search::find(self.conn, &parsed, &zone, self.office.now(), limit)?;
        let mut hits = Vec::with_capacity(rows.len());
        for row in rows {
            let matter =
                row.matter.map(|m| store::lists::matter_label(self.conn, m)).transpose()?;
            let (warnings, spoof) = store::warnings::of_message(self.conn, row.message)?;
            hits.push(SearchHit {
                message: row.message,
                thread: row.thread,
                at: row.at,
                who: SafeText::line(&row.who),
                subject: SafeText::line(&row.subject),
                snippet: SafeText::line(&row.snippet),
                marks: RowMarks { spoof, ..warned(&warnings) },
                matter: matter.flatten().map(label),
            });
        }
        let complaint =
            complaints.first().map(|complaint| SafeText::line(&complaint.what.to_string()));
        Ok(SearchResult { complaint, hits })
    }

    fn choice(&self, thread: ThreadId) -> Result<Vec<Suggestion>, StoreError> {
        let mut out = self.suggestions(thread)?;
        let suggested: Vec<MatterId> = out.iter().map(|s| s.matter.id).collect();
        for item in store::lists::matters(self.conn)? {
            if !suggested.contains(&item.matter.id) {
                out.push(Suggestion { matter: label(item.matter), reasons: Vec::new() });
            }
        }
        Ok(out)
    }

    fn explain(&self, thread: ThreadId) -> Result<Vec<SafeText>, StoreError> {
        let thread = store::threads::current(self.conn, thread)?;
        let roster = self.roster()?;
        let folded = fold::fold(self.conn, thread, &roster, self.office.sla())?;
        let now = self.office.now();
        let mut lines = Vec::new();
        if folded.never_opens {
            lines.push(SafeText::line(fold::NEVER_OPENS));
        }
        for turn in &folded.fold.turns {
            if !lines.is_empty() {
                lines.push(SafeText::default());
            }
            let name = principal_name(&turn.principal, &roster).unwrap_or_default();
            lines.push(SafeText::line(&name));
            if folded.is_unsettled(turn) {
                lines.push(SafeText::line(fold::UNSETTLED));
            }
            let steps =
                crate::domain::sla::explain_turn(turn, &folded.policy, &folded.calendar, now)
                    .map_err(|_| StoreError::NotFound { what: "due time" })?;
            lines.extend(steps.iter().map(|line| SafeText::line(line)));
        }
        if lines.is_empty() {
            lines.push(SafeText::line(
                "No clock runs here: nobody to whom the office owes an answer has written.",
            ));
        }
        Ok(lines)
    }

    pub(super) fn roster(&self) -> Result<Roster, StoreError> {
        ingest::roster(self.conn, self.office.ours())
    }
}

/// A principal's name as the office knows it, or the address.
pub(super) fn principal_name(
    who: &crate::domain::sla::Principal,
    roster: &Roster,
) -> Option<String> {
    match who {
        crate::domain::sla::Principal::Party(party) => {
            roster.party(*party).map(|party| party.name.clone())
        }
        crate::domain::sla::Principal::Address(_) => None,
    }
}

/// A matter's label, cleaned.
#[allow(clippy::needless_pass_by_value, reason = "taken over: `map(label)` reads best")]
pub(super) fn label(matter: MatterName) -> MatterLabel {
    MatterLabel {
        id: matter.id,
        number: SafeText::line(&matter.number),
        name: SafeText::line(&matter.name),
    }
}

/// The marks that warn of messages, by what the record says of them.
fn warned(warnings: &Warnings) -> RowMarks {
    let has = |fault: ParseFault| warnings.faults.contains(fault.word());
    RowMarks {
        tampered: warnings.tampered,
        senders: has(ParseFault::RepeatedFrom),
        hidden: has(ParseFault::HiddenText),
        encrypted: has(ParseFault::Encrypted),
        ..RowMarks::default()
    }
}

fn outbox_word(row: &store::outbox::OutboxRow, now: jiff::Timestamp) -> OutboxWord {
    use store::outbox::OutboxState as State;
    match row.state {
        State::Queued if row.scheduled && row.not_before > now => OutboxWord::Scheduled,
        State::Queued if row.not_before > now => OutboxWord::Held,
        State::Queued => OutboxWord::Queued,
        State::Sending => OutboxWord::Sending,
        State::Deferred => OutboxWord::Deferred,
        State::Sent => OutboxWord::Sent,
        State::Refused => OutboxWord::Refused,
        State::Unknown => OutboxWord::Unknown,
        State::Cancelled => OutboxWord::Cancelled,
    }
}

fn outbox_at(row: &store::outbox::OutboxRow) -> jiff::Timestamp {
    use store::outbox::OutboxState as State;
    match row.state {
        State::Queued | State::Deferred => row.not_before,
        State::Sent => row.sent_at.unwrap_or(row.changed),
        State::Sending | State::Refused | State::Unknown | State::Cancelled => row.changed,
    }
}

/// The suggestion that `T` accepts.
pub(super) fn first_choice(
    conn: &Connection,
    thread: ThreadId,
) -> Result<Option<MatterId>, StoreError> {
    let suggestions = store::tags::suggestions(conn, thread)?;
    Ok(tagging::first_choice(&suggestions).map(|suggestion| suggestion.matter))
}
