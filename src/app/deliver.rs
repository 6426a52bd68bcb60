//! The outbox's runners: one for each account, so that a server that hangs holds up nobody else's mail. One message
//! after another, each attempt on disk before its first byte leaves.
//!
//! Owns the order "count, probe, send, write down". It never sends a message twice by itself: what may have gone out is
//! `unknown` until its copy is seen in Sent or a person decides.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use rusqlite::Transaction;
use tokio::sync::{Notify, mpsc};
use tokio_util::sync::CancellationToken;

use crate::{
    domain::{
        audit::{Actor, AuditEntry},
        fault::Ignore,
        id::{AccountId, OutboxId, ThreadId},
    },
    mail::Limits,
    smtp::{self, Relay},
    store::{
        self, StoreError,
        outbox::{Claimed, OutboxState, Verdict},
    },
};

use super::{
    ingest::{self, Incoming},
    notice,
    office::Office,
};

/// So long after the record took nothing it is tried again.
const AGAIN: Duration = Duration::from_secs(15);

/// What the runner tells.
#[derive(Debug)]
pub enum Delivery {
    /// A row of the outbox looks different now, and so do these conversations.
    Changed {
        /// Which row.
        item: OutboxId,
        /// Its state now.
        state: OutboxState,
        /// Whose account.
        account: AccountId,
        /// The conversations.
        threads: Vec<ThreadId>,
    },
    /// The record did not take what was to be written down. The runner tries again.
    Failed(StoreError),
}

/// Runs the outbox of one account until it is stopped.
pub struct Deliverer<R> {
    /// The office.
    pub office: Office,
    /// Whose mail it sends.
    pub account: AccountId,
    /// Its relay; `None` for an account that is not set up any more, whose messages wait and say so.
    pub relay: Option<R>,
    /// Rung when the outbox has changed. Nobody else waits for it.
    pub bell: Arc<Notify>,
    /// Where news goes.
    pub news: mpsc::Sender<Delivery>,
    /// Ends the run; a message in hand is finished first, one whose relay has not answered yet waits for the next time.
    pub stop: CancellationToken,
    /// What became of a message while the record could not take it down; `None` at the start.
    pub unwritten: Option<Unwritten>,
    /// The relay refused the login, in these words. It is not tried again until the program starts anew with another
    /// password: a refused login that is repeated locks accounts.
    pub locked_out: Option<String>,
}

/// The end of an attempt that is not in the record yet.
pub struct Unwritten {
    claimed: Claimed,
    verdict: Verdict,
    /// When the attempt ended: that stops a clock, not the hour at which the record takes it down.
    at: Timestamp,
}

impl<R: Relay> Deliverer<R> {
    /// Sends what may leave, then sleeps until something else may. A record that does not take what happened is told
    /// once and tried again: until then nothing else leaves.
    pub async fn run(mut self) {
        let mut told = false;
        while !self.stop.is_cancelled() {
            match self.step().await {
                Ok(true) => told = false,
                Ok(false) => {
                    told = false;
                    self.sleep().await;
                }
                Err(error) => {
                    if !told {
                        told = true;
                        self.news.send(Delivery::Failed(error)).await.ignore("the engine is gone");
                    }
                    self.rest(AGAIN).await;
                }
            }
        }
    }

    /// Takes the next message that may leave; `false` when there is none.
    pub async fn step(&mut self) -> Result<bool, StoreError> {
        if self.unwritten.is_some() {
            self.take_down().await?;
        }
        let (account, now) = (self.account, self.office.now());
        let office = self.office.clone();
        let (settled, claimed) = self
            .office
            .store()
            .write_durable("claim", move |tx| {
                let settled = settle_proven(&office, tx, account, now)?;
                Ok((settled, store::outbox::claim_next(tx, Some(account), now)?))
            })
            .await?;
        for (item, threads) in settled {
            let state = OutboxState::Sent;
            let changed = Delivery::Changed { item, state, account, threads };
            self.news.send(changed).await.ignore("the engine is gone");
        }
        let Some(claimed) = claimed else { return Ok(false) };
        self.news
            .send(Delivery::Changed {
                item: claimed.id,
                state: OutboxState::Sending,
                account: claimed.account,
                threads: Vec::new(),
            })
            .await
            .ignore("the engine is gone");
        let verdict = self.attempt(&claimed).await;
        self.unwritten = Some(Unwritten { claimed, verdict, at: self.office.now() });
        self.take_down().await?;
        Ok(true)
    }

    /// Takes down how the attempt ended; it is kept until the record has it.
    async fn take_down(&mut self) -> Result<(), StoreError> {
        let Some(unwritten) = &self.unwritten else { return Ok(()) };
        let (item, account) = (unwritten.claimed.id, unwritten.claimed.account);
        let (state, threads) = write_down(&self.office, unwritten).await?;
        self.unwritten = None;
        let changed = Delivery::Changed { item, state, account, threads };
        self.news.send(changed).await.ignore("the engine is gone");
        Ok(())
    }

    /// One attempt. Everything before the relay's line stands is "later": not a byte of the message has left.
    async fn attempt(&mut self, claimed: &Claimed) -> Verdict {
        let Some(relay) = self.relay.as_mut() else {
            let reply = "no account is set up to send this from".to_owned();
            return Verdict::Later { reply };
        };
        if let Some(reply) = &self.locked_out {
            return Verdict::Later { reply: reply.clone() };
        }
        let probed = tokio::select! {
            biased;
            // Nothing of the message has left: it need not become unknown because a relay stays silent at the end.
            () = self.stop.cancelled() => return Verdict::Later { reply: notice::ENDED_EARLY.to_owned() },
            probed = relay.probe() => probed,
        };
        if let Err(error) = probed {
            if matches!(&error, smtp::SmtpError::Login(reply) if !reply.is_transient()) {
                self.locked_out = Some(notice::smtp(&error));
            }
            return Verdict::Later { reply: notice::smtp(&error) };
        }
        let report = relay.send(&claimed.envelope, &claimed.bytes).await;
        verdict(&report)
    }

    async fn sleep(&self) {
        let account = self.account;
        let next = self
            .office
            .store()
            .read("departure", move |conn| store::outbox::next_departure(conn, Some(account)))
            .await;
        let pause = match next {
            Ok(Some(at)) => wait_until(at, self.office.now()),
            Ok(None) | Err(_) => Duration::from_mins(1),
        };
        self.rest(pause.min(Duration::from_mins(1))).await;
    }

    /// Until the bell rings, the office closes, or so long.
    async fn rest(&self, pause: Duration) {
        tokio::select! {
            () = self.stop.cancelled() => {}
            () = self.bell.notified() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}

fn wait_until(at: Timestamp, now: Timestamp) -> Duration {
    let wait = at.duration_since(now);
    // A little more than asked: the claim compares with the instant itself.
    Duration::try_from(wait).unwrap_or_default().saturating_add(Duration::from_millis(5))
}

fn verdict(report: &smtp::SendReport) -> Verdict {
    let said = report.words().expose().clone();
    let reply = if said.is_empty() { notice::verdict(&report.verdict).to_owned() } else { said };
    match &report.verdict {
        smtp::Verdict::Accepted(_) => Verdict::Accepted { reply },
        smtp::Verdict::Later(_) => Verdict::Later { reply },
        smtp::Verdict::Never(_) => Verdict::Never { reply },
        smtp::Verdict::Unknown(_) => Verdict::Unknown { reply },
    }
}

/// Writes the verdict down. An accepted message enters the record in the same transaction: that stops the clock.
async fn write_down(
    office: &Office,
    Unwritten { claimed, verdict, at }: &Unwritten,
) -> Result<(OutboxState, Vec<ThreadId>), StoreError> {
    let (id, account, at, verdict) = (claimed.id, claimed.account, *at, verdict.clone());
    let bytes = matches!(verdict, Verdict::Accepted { .. }).then(|| claimed.bytes.clone());
    let office = office.clone();
    let store = office.store().clone();
    store
        .write_durable("verdict", move |tx| {
            let state = store::outbox::finish(tx, id, &verdict, at)?;
            let entry = AuditEntry::new(at, Actor::System, "delivery")
                .with("item", id)
                .with("state", state.word());
            store::audit::append(tx, &entry)?;
            if let Some(bytes) = bytes {
                return Ok((state, enter_record(&office, tx, id, account, bytes, at)?));
            }
            // An earlier attempt of which the end was not known may have been the one.
            match office.proven(tx, id)? {
                Some(threads) => Ok((OutboxState::Sent, threads)),
                None => Ok((state, Vec::new())),
            }
        })
        .await
}

/// Messages whose turn it is, although the copy of an earlier attempt, of which the end was not known, lies in Sent by
/// now: they went out, and a second one must not leave. Says which, and which conversations changed with each.
fn settle_proven(
    office: &Office,
    tx: &Transaction<'_>,
    account: AccountId,
    now: Timestamp,
) -> Result<Vec<(OutboxId, Vec<ThreadId>)>, StoreError> {
    let mut settled = Vec::new();
    while let Some((item, tried)) = store::outbox::next_up(tx, Some(account), now)? {
        if tried == 0 {
            break;
        }
        let Some(threads) = office.proven(tx, item)? else { break };
        settled.push((item, threads));
    }
    Ok(settled)
}

/// Puts a message of ours that went out into the record, as if it had come from Sent, with the instant of its
/// acceptance.
pub fn enter_record(
    office: &Office,
    tx: &Transaction<'_>,
    item: OutboxId,
    account: AccountId,
    bytes: Vec<u8>,
    accepted_at: Timestamp,
) -> Result<Vec<ThreadId>, StoreError> {
    let incoming = Incoming {
        account,
        location: None,
        bytes,
        header_only: false,
        internal_date: None,
        accepted_at: Some(accepted_at),
        first_seen: accepted_at,
    };
    let prepared = ingest::prepare(incoming, &Limits::default())?;
    let recorded = office.record_in(tx, &[prepared])?;
    // The same bytes may have come from Sent already.
    let key = recorded.new.first().map(|(key, _)| key).or(recorded.known.first());
    if let Some(key) = key {
        store::outbox::set_message(tx, item, *key)?;
    }
    super::operate::answered(tx, item, office.now())?;
    Ok(recorded.threads.into_iter().collect())
}
