//! What becomes of messages on their way out: the runners of the outbox, their news, and the copies in Sent.
//!
//! Owns what is told of them, each trouble once. It sends nothing itself; that is `deliver`.

use std::{collections::BTreeSet, sync::Arc};

use tokio::sync::{Notify, mpsc};

use crate::{
    domain::{
        confidential::Confidential,
        fault::Ignore,
        id::{AccountId, OutboxId},
    },
    imap::{error::ImapError, worker::Order},
    store::{self, StoreError, outbox::OutboxState},
};

use super::{
    super::{
        deliver::Deliverer,
        event::{Event, Notice},
        notice,
        office::recover,
        wiring::Wiring,
    },
    AbortOnDrop, Engine, NEWS, News, Runner,
};

impl Engine {
    /// Starts a runner for every account that can send or has something waiting.
    pub(super) async fn start_runners(&mut self) {
        let waiting = self.office.store().read("waiting", store::outbox::waiting_accounts).await;
        let mut accounts: BTreeSet<AccountId> = waiting.unwrap_or_default().into_iter().collect();
        accounts.extend(self.office.accounts().keys().chain(self.wirings.keys()));
        for account in accounts {
            self.start_runner(account);
        }
    }

    fn start_runner(&mut self, account: AccountId) {
        let (news, mut delivered) = mpsc::channel(NEWS);
        let bell = Arc::new(Notify::new());
        let runner = Deliverer {
            office: self.office.clone(),
            account,
            relay: self.wirings.get(&account).map(Wiring::relay),
            bell: Arc::clone(&bell),
            news,
            stop: self.stop.clone(),
            unwritten: None,
            locked_out: None,
        };
        let tell_me = self.tell_me.clone();
        let task = tokio::spawn(async move {
            let mut running = AbortOnDrop(tokio::spawn(runner.run()));
            while let Some(delivery) = delivered.recv().await {
                tell_me.send(News::Delivery(delivery)).await.ignore("the engine is gone");
            }
            if (&mut running.0).await.is_err_and(|error| error.is_panic()) {
                tell_me.send(News::RunnerFailed(account)).await.ignore("the engine is gone");
            }
        });
        self.runners.insert(account, Runner { bell, task: AbortOnDrop(task) });
    }

    /// Something may leave now.
    pub(super) fn ring(&self) {
        self.runners.values().for_each(|runner| runner.bell.notify_one());
    }

    pub(super) async fn delivered(
        &mut self,
        item: OutboxId,
        state: OutboxState,
        account: AccountId,
    ) {
        match state {
            OutboxState::Sent => {
                // That trouble is over; its copy may have its own.
                self.troubled.remove(&item);
                self.tell(Event::Notice(Notice::done("Sent.")));
                self.file(account).await;
                self.operate();
            }
            OutboxState::Refused | OutboxState::Unknown => {
                self.tell(Event::Notice(Notice::problem(&format!(
                    "A message is {}: look at the Outbox for the relay's words and what you can do.",
                    state.word().to_uppercase()
                ))));
            }
            OutboxState::Deferred => {
                if self.troubled.insert(item) {
                    self.tell(Event::Notice(Notice::problem(
                        "A message could not be sent yet. matterbox tries again by itself; the Outbox says why.",
                    )));
                }
            }
            OutboxState::Queued | OutboxState::Sending | OutboxState::Cancelled => {}
        }
    }

    /// An account's runner panicked: what it had in hand is unknown, and the rest must not wait for a new start.
    pub(super) async fn replace_runner(&mut self, account: AccountId) {
        let office = self.office.clone();
        let recovered = self
            .office
            .store()
            .write_durable("runner-failed", move |tx| {
                recover(tx, Some(account), office.now())?;
                office.prove_unknown(tx)
            })
            .await;
        if let Err(error) = recovered {
            self.tell(Event::Notice(Notice::problem(&notice::store(&error))));
            return;
        }
        self.tell(Event::Notice(Notice::problem(notice::RUNNER_FAILED)));
        self.tell(Event::ChangedEverything);
        if !self.stop.is_cancelled() {
            self.start_runner(account);
        }
    }

    /// Orders a copy into Sent for every message whose copy is not there. Some servers file it themselves, under another
    /// id: the record is asked first, and the adapter looks for the Message-ID again.
    pub(super) async fn file(&mut self, account: AccountId) {
        self.find_filed(account).await;
        let under_way = self.filing.clone();
        let unfiled = self
            .office
            .store()
            .read("unfiled", move |conn| {
                let rows = store::outbox::unfiled(conn, account)?;
                rows.into_iter()
                    .filter(|row| !under_way.contains(&row.id))
                    .map(|row| {
                        Ok((
                            row.id,
                            row.message_id,
                            row.sent_at,
                            store::outbox::bytes(conn, row.id)?,
                        ))
                    })
                    .collect::<Result<Vec<_>, StoreError>>()
            })
            .await;
        let Some(worker) = self.workers.get(&account) else { return };
        for (item, id, sent, bytes) in unfiled.unwrap_or_default() {
            let (answer, result) = tokio::sync::oneshot::channel();
            let order =
                Order::File { mailbox: None, bytes: Confidential::new(bytes), id, sent, answer };
            if worker.order(order).is_err() {
                // Too many wait: the next time the account is online.
                return;
            }
            self.filing.insert(item);
            let tell_me = self.tell_me.clone();
            tokio::spawn(async move {
                let result = result.await.unwrap_or(Err(ImapError::Offline));
                tell_me.send(News::Filed(item, result)).await.ignore("the engine is gone");
            });
        }
    }

    /// Messages whose copy lies in Sent as the record knows it, be it under another id, are filed.
    async fn find_filed(&mut self, account: AccountId) {
        let read = move |conn: &_| store::outbox::unmarked(conn, account);
        let found = self.office.store().read("unmarked", read).await;
        for item in found.unwrap_or_default() {
            self.filed(item, Ok(())).await;
        }
    }

    pub(super) async fn filed(&mut self, item: OutboxId, result: Result<(), ImapError>) {
        self.filing.remove(&item);
        match result {
            Ok(()) => {
                let marked = self
                    .office
                    .store()
                    .write_durable("filed", move |tx| store::outbox::mark_filed(tx, item))
                    .await;
                if let Err(error) = marked {
                    self.tell(Event::Notice(Notice::problem(&notice::store(&error))));
                }
                self.tell(Event::Changed { threads: Vec::new() });
            }
            Err(ImapError::Offline) => {}
            // It is tried again whenever the account is online, and told once.
            Err(_) if !self.troubled.insert(item) => {}
            Err(error) => {
                let text =
                    format!("Sent, but the copy is not in Sent yet: {}", notice::imap(&error));
                self.tell(Event::Notice(Notice::problem(&text)));
            }
        }
    }
}
