//! What becomes of messages on their way out: the runner of the outbox, its news, and the copies in Sent.
//!
//! Owns what is told of them, each trouble once. It sends nothing itself; that is `deliver`.

use std::sync::Arc;

use tokio::sync::mpsc;

use crate::{
    domain::{
        confidential::Confidential,
        fault::Ignore,
        id::{AccountId, OutboxId},
    },
    imap::{error::ImapError, filing::Filed, worker::Order},
    store::{self, StoreError, outbox::OutboxState},
};

use super::{
    super::{
        deliver::{Deliverer, recover},
        event::{Event, Notice},
        notice,
    },
    AbortOnDrop, Engine, NEWS, News,
};

impl Engine {
    pub(super) fn start_deliverer(&mut self) {
        let relays = self.wirings.iter().map(|(id, wiring)| (*id, wiring.relay())).collect();
        let (news, mut delivered) = mpsc::channel(NEWS);
        let runner = Deliverer {
            office: self.office.clone(),
            relays,
            bell: Arc::clone(&self.bell),
            news,
            stop: self.stop.clone(),
            unwritten: None,
            locked_out: std::collections::BTreeMap::new(),
        };
        let tell_me = self.tell_me.clone();
        self.deliverer = Some(tokio::spawn(async move {
            let mut running = AbortOnDrop(tokio::spawn(runner.run()));
            while let Some(delivery) = delivered.recv().await {
                tell_me.send(News::Delivery(delivery)).await.ignore("the engine is gone");
            }
            if (&mut running.0).await.is_err_and(|error| error.is_panic()) {
                tell_me.send(News::RunnerFailed).await.ignore("the engine is gone");
            }
        }));
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
            }
            OutboxState::Refused | OutboxState::Unknown => {
                self.tell(Event::Notice(Notice::problem(&format!(
                    "A message is {}: look at 5 Outbox for the relay's words and what you can do.",
                    state.word().to_uppercase()
                ))));
            }
            OutboxState::Deferred => {
                if self.troubled.insert(item) {
                    self.tell(Event::Notice(Notice::problem(
                        "A message could not be sent yet. matterbox tries again by itself; 5 Outbox says why.",
                    )));
                }
            }
            OutboxState::Queued | OutboxState::Sending | OutboxState::Cancelled => {}
        }
    }

    /// The outbox's runner panicked: what it had in hand is unknown, and the rest must not wait for a new start.
    pub(super) async fn replace_runner(&mut self) {
        let office = self.office.clone();
        let recovered = self
            .office
            .store()
            .write_durable("runner-failed", move |tx| {
                recover(tx, office.now())?;
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
            self.start_deliverer();
        }
    }

    /// Orders a copy into Sent for every message whose copy is not there. The adapter looks for the Message-ID first:
    /// some servers file it themselves.
    pub(super) async fn file(&mut self, account: AccountId) {
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

    pub(super) async fn filed(&mut self, item: OutboxId, result: Result<Filed, ImapError>) {
        self.filing.remove(&item);
        match result {
            Ok(_) => {
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
