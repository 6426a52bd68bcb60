//! What the accounts' threads are told to do now.
//!
//! Owns the giving of orders. It never waits for a thread: one that has too many looks by itself.

use tokio::sync::oneshot;

use crate::{
    app::{
        command::Command,
        error::AppError,
        event::{Event, Notice},
        notice,
        perform::Performed,
    },
    domain::{fault::Ignore, id::AccountId},
    imap::{contract::Role, worker::Order},
    store::operations::{self, Destination},
};

use super::Engine;

/// What a new folder for archived mail is called.
const ARCHIVE: &str = "Archive";
const ASKED: &str =
    "The server shows no archive folder; matterbox asks it to make one. Nothing was moved yet.";
const MADE: &str = "The server has a folder called Archive now: archive again. If yours has another name, say so in the settings.";
const NOT_MADE: &str = "No archive folder could be made, and nothing was moved.";

impl Engine {
    /// Operations wait in the record: the accounts' threads look there.
    pub(super) fn operate(&self) {
        for worker in self.workers.values() {
            worker
                .order(Order::Operate)
                .map_err(drop)
                .ignore("it has orders already, and looks at every poll and every connection");
        }
    }

    pub(super) fn sync_now(&mut self) {
        let accounts: Vec<AccountId> = self.wirings.keys().copied().collect();
        for account in accounts {
            self.sync_account(account);
        }
    }

    pub(super) fn sync_account(&mut self, account: AccountId) {
        let alive = self.workers.get(&account).is_some_and(|worker| !worker.has_ended());
        if !alive {
            self.start_worker(account);
        } else if let Some(worker) = self.workers.get(&account) {
            worker.order(Order::SyncNow).map_err(drop).ignore("it has orders already: it is awake");
        }
    }

    /// The office does it. What lacks a folder for archived mail has one made, and is asked for again by the person.
    pub(super) async fn carry_out(&mut self, command: Command) -> Result<Performed, AppError> {
        match self.office.perform(command).await {
            Err(AppError::NoArchive) => {
                self.make_archives().await?;
                Ok(Performed::default())
            }
            performed => performed,
        }
    }

    /// Somebody archives where no server tells of a folder for that: one is made, under the prefix that the server wants.
    async fn make_archives(&mut self) -> Result<(), AppError> {
        let office = self.office.clone();
        let read = move |conn: &rusqlite::Connection| {
            office
                .accounts()
                .keys()
                .map(|id| Ok((*id, operations::destinations(conn, *id)?)))
                .collect()
        };
        let known: Vec<(AccountId, Vec<Destination>)> =
            self.office.store().read("no-archive", read).await?;
        let archives = |one: &Destination| matches!(one.role.as_str(), "archive" | "all");
        for (account, folders) in known {
            let Some(worker) = self.workers.get(&account) else { continue };
            if folders.is_empty() || folders.iter().any(archives) {
                continue;
            }
            let (answer, made) = oneshot::channel();
            let order = Order::Make { name: ARCHIVE.to_owned(), role: Role::Archive, answer };
            if worker.order(order).is_err() {
                continue;
            }
            let events = self.events.clone();
            tokio::spawn(async move {
                let notice = match made.await {
                    Ok(Ok(_)) => Notice::info(MADE),
                    Ok(Err(error)) => {
                        Notice::problem(&format!("{NOT_MADE} {}", notice::imap(&error)))
                    }
                    Err(_) => return,
                };
                events.send(Event::Notice(notice)).await.ignore("the screen is gone");
            });
        }
        self.tell(Event::Notice(Notice::info(ASKED)));
        Ok(())
    }

    /// Lets the fetching of older mail wait, or go on.
    pub(super) async fn pause_history(&mut self, paused: bool) -> Result<(), AppError> {
        self.office.pause_history(paused).await?;
        self.workers.values().for_each(|worker| worker.pause_history(paused));
        self.tell(Event::ChangedEverything);
        Ok(())
    }
}
