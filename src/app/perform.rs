//! Commands → use cases, one after another: the same for the engine of a screen and for the command line.
//!
//! Owns what each command tells afterwards. It keeps no history; what takes a step back is handed to the caller.

use crate::{
    domain::{
        audit::AuditEntry,
        draft::Draft,
        id::{OutboxId, ThreadId},
    },
    store::{self, StoreError},
};

use super::{
    command::{Command, Operate, Settlement},
    deliver::enter_record,
    desk::{Change, Decided, Step},
    error::AppError,
    event::{Event, Notice},
    office::Office,
};

/// What a command did.
#[derive(Default)]
pub struct Performed {
    /// What is to be told, in order.
    pub events: Vec<Event>,
    /// What takes it back, where something can.
    pub step: Option<Step>,
}

impl Performed {
    fn of(events: Vec<Event>) -> Self {
        Self { events, step: None }
    }

    fn decided(decided: Decided) -> Self {
        let Decided { threads, step } = decided;
        let notice = Notice::done(&capital(&step.label));
        Self { events: vec![Event::Notice(notice), Event::Changed { threads }], step: Some(step) }
    }
}

impl Office {
    async fn paused(&self, paused: bool) -> Result<Performed, AppError> {
        self.pause_history(paused).await?;
        Ok(Performed::default())
    }

    async fn kept(&self, draft: Draft, put_away: bool) -> Result<Performed, AppError> {
        let id = draft.id;
        let described = if put_away {
            self.keep_draft(draft, rand::random()).await?
        } else {
            self.save_draft(draft).await?
        };
        Ok(Performed::of(vec![described.told(id)]))
    }

    /// Carries out a command. Undo, redo and "look for mail" need a running engine and do nothing here.
    #[allow(clippy::too_many_lines, reason = "one line for each command: a table")]
    pub async fn perform(&self, command: Command) -> Result<Performed, AppError> {
        Ok(match command {
            Command::Tag { threads, matter } => {
                Performed::decided(self.tag(threads, matter).await?)
            }
            Command::Untag { threads } => Performed::decided(self.untag(threads).await?),
            Command::AcceptSuggestion { threads } => {
                Performed::decided(self.accept_suggestions(threads).await?)
            }
            Command::Dismiss { threads, reason } => {
                Performed::decided(self.dismiss(threads, reason).await?)
            }
            Command::Star { threads, on } => Performed::decided(self.star(threads, on).await?),
            Command::MarkRead(thread) => {
                let threads = if self.mark_read(thread).await? { vec![thread] } else { Vec::new() };
                Performed::of(vec![Event::Changed { threads }])
            }
            Command::Operate(operate) => self.at_servers(operate).await?,
            Command::StartDraft { kind, thread, parent } => {
                let sheet = self.start_draft(kind, thread, parent).await?;
                Performed::of(vec![Event::DraftReady(Box::new(sheet))])
            }
            Command::SaveDraft(draft) => self.kept(*draft, false).await?,
            Command::KeepDraft(draft) => self.kept(*draft, true).await?,
            Command::OpenDraft(draft) => {
                let sheet = self.open_draft(draft).await?;
                Performed::of(vec![Event::DraftReady(Box::new(sheet))])
            }
            Command::DiscardDraft(draft) => {
                self.discard_draft(draft).await?;
                Performed::default()
            }
            Command::Review(draft) => {
                let id = draft.id;
                let (findings, described) = self.review(*draft).await?;
                let (footer, recipients) = (described.footer.clone(), described.recipients.clone());
                let reviewed = Event::Reviewed { draft: id, findings, footer, recipients };
                Performed::of(vec![reviewed, described.told(id)])
            }
            Command::Send { draft, confirmed, at } => {
                let queued = self.send(*draft, confirmed, at, rand::random()).await?;
                let step = Step {
                    label: "queued a message".to_owned(),
                    changes: vec![Change::Recall(queued.item)],
                };
                let told = Event::Queued { item: queued.item, held_seconds: queued.held_seconds };
                let changed = Event::Changed { threads: queued.thread.into_iter().collect() };
                Performed { events: vec![told, changed], step: Some(step) }
            }
            Command::CancelSend(item) => self.cancel_send(item).await?,
            Command::Settle { item, decision } => {
                let threads = self.settle_outbox(item, decision).await?;
                Performed::of(vec![Event::Changed { threads }])
            }
            Command::PauseHistory(paused) => self.paused(paused).await?,
            Command::Undo | Command::Redo | Command::SyncNow | Command::SignIn(_) => {
                Performed::default()
            }
        })
    }

    async fn at_servers(&self, operate: Operate) -> Result<Performed, AppError> {
        Ok(match operate {
            Operate::SetRead { threads, read } => {
                Performed::decided(self.mark(threads, read).await?)
            }
            Operate::Relocate { threads, target } => {
                Performed::decided(self.relocate(threads, target).await?)
            }
            Operate::Retry(id) => {
                let threads = self.retry_operation(id).await?;
                let notice = Notice::info("Tried again as soon as the server can be reached.");
                Performed::of(vec![Event::Notice(notice), Event::Changed { threads }])
            }
            Operate::GiveUp(id) => {
                let threads = self.give_up_operation(id).await?;
                let notice = Notice::done("Given up: at the server everything stays as it is.");
                Performed::of(vec![Event::Notice(notice), Event::Changed { threads }])
            }
        })
    }

    /// A message that has left cannot come back; one that has not is a draft again.
    async fn cancel_send(&self, item: OutboxId) -> Result<Performed, AppError> {
        let sheet = self.recall(item).await?;
        let threads = sheet.draft.thread.into_iter().collect();
        let notice = Notice::done("Not sent: the message is a draft again.");
        Ok(Performed::of(vec![
            Event::Recalled { item },
            Event::Notice(notice),
            Event::DraftReady(Box::new(sheet)),
            Event::Changed { threads },
        ]))
    }

    /// A person says what became of a message of which it was not known.
    async fn settle_outbox(
        &self,
        item: OutboxId,
        decision: Settlement,
    ) -> Result<Vec<ThreadId>, StoreError> {
        let office = self.clone();
        self.store()
            .write_durable("settle", move |tx| {
                let now = office.now();
                let row = store::outbox::get(tx, item)?;
                let kind = match decision {
                    Settlement::WentOut => "settled-went-out",
                    Settlement::SendAgain => "settled-send-again",
                };
                let entry = AuditEntry::new(now, office.person(), kind).with("item", item);
                store::audit::append(tx, &entry)?;
                match decision {
                    Settlement::SendAgain => {
                        store::outbox::settle_again(tx, item, now)?;
                        Ok(row.thread.into_iter().collect())
                    }
                    Settlement::WentOut => {
                        store::outbox::settle_sent(tx, item, now)?;
                        // It went at its last attempt: that stops the clock, not the hour of the decision.
                        let went = store::outbox::get(tx, item)?.sent_at.unwrap_or(row.changed);
                        let bytes = store::outbox::bytes(tx, item)?;
                        enter_record(&office, tx, item, row.account, bytes, went)
                    }
                }
            })
            .await
    }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}
