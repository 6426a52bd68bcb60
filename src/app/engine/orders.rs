//! What the accounts' threads are told to do now.
//!
//! Owns the giving of orders. It never waits for a thread: one that has too many looks by itself.

use crate::{
    app::{error::AppError, event::Event},
    domain::{fault::Ignore, id::AccountId},
    imap::worker::Order,
};

use super::Engine;

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

    /// Lets the fetching of older mail wait, or go on.
    pub(super) async fn pause_history(&mut self, paused: bool) -> Result<(), AppError> {
        self.office.pause_history(paused).await?;
        self.workers.values().for_each(|worker| worker.pause_history(paused));
        self.tell(Event::ChangedEverything);
        Ok(())
    }
}
