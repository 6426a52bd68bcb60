//! What a command of a person does in the engine, before and after the office.
//!
//! Owns that order. It decides nothing about mail: the office does, in the record.

use crate::app::{
    command::Command,
    error::AppError,
    event::{Event, Notice},
};

use super::{Engine, undo};

/// May this command have left something to do at the servers?
const fn concerns_servers(command: &Command) -> bool {
    matches!(
        command,
        Command::Star { .. }
            | Command::Operate(_)
            | Command::MarkRead(_)
            | Command::Settle { .. }
            | Command::KeepDraft(_)
            | Command::DiscardDraft(_)
            | Command::Send { .. }
    )
}

impl Engine {
    pub(super) async fn perform(&mut self, command: Command) -> Result<(), AppError> {
        let Some(command) = self.begin(command).await? else { return Ok(()) };
        let operates = concerns_servers(&command);
        let recalled = if let Command::CancelSend(item) = &command { Some(*item) } else { None };
        let performed = self.carry_out(command).await?;
        if let Some(item) = recalled {
            self.forget_recall(item);
        }
        let back = performed.step.is_some();
        for event in performed.events {
            self.tell(if back { undo::offered(event) } else { event });
        }
        if let Some(step) = performed.step {
            self.remember(step);
        }
        self.ring();
        if operates {
            self.operate();
        }
        Ok(())
    }

    /// Does what needs no office, or is done before it. Gives the command back when the office is to go on with it.
    async fn begin(&mut self, command: Command) -> Result<Option<Command>, AppError> {
        match command {
            Command::Undo | Command::Redo => {
                let back = matches!(command, Command::Undo);
                let result = if back { self.undo().await } else { self.redo().await };
                self.operate();
                result?;
            }
            Command::SyncNow => self.sync_now(),
            Command::PauseHistory(paused) => self.pause_history(paused).await?,
            Command::SignIn(wish) => self.sign_in(wish),
            Command::StartDraft { kind, thread, parent } => {
                let Some(kept) = self.office.kept_draft(kind, thread, parent).await? else {
                    return Ok(Some(Command::StartDraft { kind, thread, parent }));
                };
                self.tell(Event::DraftReady(Box::new(kept)));
                self.tell(Event::Notice(Notice::info("here is the draft that you kept")));
            }
            command @ (Command::Tag { .. }
            | Command::Untag { .. }
            | Command::AcceptSuggestion { .. }
            | Command::OpenDraft(_)
            | Command::SaveDraft(_)
            | Command::KeepDraft(_)
            | Command::Review(_)
            | Command::Send { .. }
            | Command::DiscardDraft(_)
            | Command::CancelSend(_)
            | Command::Settle { .. }
            | Command::Dismiss { .. }
            | Command::Star { .. }
            | Command::Operate(_)
            | Command::Deadline(_)
            | Command::MarkRead(_)) => return Ok(Some(command)),
        }
        Ok(None)
    }
}
