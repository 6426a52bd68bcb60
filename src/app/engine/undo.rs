//! The way back: steps that can be undone and done again.
//!
//! Owns their order. It never undoes another step in the stead of one that cannot be undone.

use crate::{domain::id::OutboxId, store::StoreError};

use super::{
    super::{
        command::Command,
        desk::{Change, Decided, Step},
        error::AppError,
        event::{Event, Notice, Offer, Tone},
        notice,
    },
    Engine,
};

/// So many steps can be taken back.
const HISTORY: usize = 100;

/// The notice of a step that can be taken back offers the way back: on a screen there is one.
pub(super) fn offered(event: Event) -> Event {
    match event {
        Event::Notice(done) if done.tone == Tone::Done => Event::Notice(done.offering(Offer::Undo)),
        other @ (Event::Notice(_)
        | Event::Changed { .. }
        | Event::ChangedEverything
        | Event::Answer { .. }
        | Event::DraftReady(_)
        | Event::Described { .. }
        | Event::Reviewed { .. }
        | Event::Queued { .. }
        | Event::Recalled { .. }
        | Event::SignIn(_)
        | Event::Link { .. }) => other,
    }
}

impl Engine {
    pub(super) fn remember(&mut self, step: Step) {
        if step.changes.is_empty() {
            return;
        }
        self.undone.clear();
        self.done.push(step);
        if self.done.len() > HISTORY {
            self.done.remove(0);
        }
    }

    pub(super) async fn undo(&mut self) -> Result<(), AppError> {
        let Some(step) = self.done.pop() else {
            return Err(AppError::Nothing("there is nothing to undo"));
        };
        if let [Change::Recall(item)] = step.changes.as_slice() {
            return self.take_back(*item).await;
        }
        let kept = step.clone();
        match self.office.put_back(step).await {
            Ok(Decided { threads, step }) => {
                let notice = Notice::done(&format!("Undone: {}", step.label));
                self.tell(Event::Notice(notice.offering(Offer::Redo)));
                self.undone.push(step);
                self.tell(Event::Changed { threads });
                Ok(())
            }
            Err(error) => {
                // Nothing was taken back: the next try must mean the same step.
                self.done.push(kept);
                Err(error)
            }
        }
    }

    /// A message that has left cannot come back: that is said, and no other step is taken back in its stead.
    pub(super) async fn take_back(&mut self, item: OutboxId) -> Result<(), AppError> {
        match Box::pin(self.perform(Command::CancelSend(item))).await {
            Err(AppError::Store(StoreError::Transition { from, .. })) => {
                self.tell(Event::Notice(Notice::problem(&notice::not_recalled(from))));
                Ok(())
            }
            result => result,
        }
    }

    pub(super) async fn redo(&mut self) -> Result<(), AppError> {
        let Some(step) = self.undone.pop() else {
            return Err(AppError::Nothing("there is nothing to do again"));
        };
        let kept = step.clone();
        match self.office.put_back(step).await {
            Ok(Decided { threads, step }) => {
                let notice = Notice::done(&format!("Done again: {}", step.label));
                self.tell(Event::Notice(notice.offering(Offer::Undo)));
                self.done.push(step);
                self.tell(Event::Changed { threads });
                Ok(())
            }
            Err(error) => {
                self.undone.push(kept);
                Err(error)
            }
        }
    }

    /// It is a draft again: there is nothing to take back any more.
    pub(super) fn forget_recall(&mut self, item: OutboxId) {
        self.done
            .retain(|step| !matches!(step.changes.as_slice(), [Change::Recall(of)] if *of == item));
    }
}
