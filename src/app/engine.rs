//! The bus: requests of a screen in, use cases, news out.
//!
//! Owns the threads and tasks of a running office and the order in which they end. It never draws, and nothing that a
//! screen does waits for it.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::{SignedDuration, Timestamp};
use rand::RngExt as _;
use tokio::{
    sync::{Notify, mpsc, watch},
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;

use crate::{
    domain::{
        fault::Ignore,
        id::{AccountId, OutboxId, ThreadId},
    },
    imap::{
        contract::Link,
        error::ImapError,
        filing::Filed,
        worker::{self, Order, Worker},
    },
    store::{self, StoreError, outbox::OutboxState},
};

use super::{
    command::{Command, Request},
    deliver::{Deliverer, Delivery},
    desk::{Change, Decided, Step},
    error::AppError,
    event::{Event, LinkState, Notice},
    ingest::Recorded,
    intake::{Arrivals, Intake, Joiner},
    ledger::LedgerSink,
    notice,
    office::Office,
    wiring::Wiring,
};

/// So many requests of a screen may wait; a screen only tries.
const REQUESTS: usize = 128;
/// So many pieces of news may wait for a screen; then they collapse into "everything changed".
const EVENTS: usize = 1_024;
/// So many pieces of news may wait for the engine.
const NEWS: usize = 256;
/// How often the wall's clock is compared with ours.
const WATCH: Duration = Duration::from_secs(20);
/// A difference that no drift explains.
const JUMP: SignedDuration = SignedDuration::from_secs(15);
/// So long after the record refused mail it is offered again.
const OFFER_AGAIN: Duration = Duration::from_secs(20);
/// So many steps can be taken back.
const HISTORY: usize = 100;

/// The ends of the channels that a screen holds.
pub struct ScreenEnds {
    /// Requests to the engine.
    pub requests: mpsc::Sender<Request>,
    /// News from the engine.
    pub events: mpsc::Receiver<Event>,
    /// A new value when a countdown passed its due.
    pub ticker: watch::Receiver<Timestamp>,
}

/// A running office.
pub struct Running {
    stop: CancellationToken,
    engine: JoinHandle<()>,
    office: Office,
}

enum News {
    Recorded(Vec<ThreadId>),
    RecordFailed(String),
    Link(AccountId, Link),
    Delivery(Delivery),
    Filed(OutboxId, Result<Filed, ImapError>),
}

struct Engine {
    office: Office,
    requests: mpsc::Receiver<Request>,
    events: mpsc::Sender<Event>,
    ticker: watch::Sender<Timestamp>,
    news: mpsc::Receiver<News>,
    tell_me: mpsc::Sender<News>,
    bell: Arc<Notify>,
    intake: Option<Intake>,
    joiner: Option<Joiner>,
    wirings: BTreeMap<AccountId, Wiring>,
    workers: BTreeMap<AccountId, Worker>,
    deliverer: Option<JoinHandle<()>>,
    stop: CancellationToken,
    done: Vec<Step>,
    undone: Vec<Step>,
    overflow: bool,
    /// When the record refused mail; the connections that handed it in do not know of it.
    refused: Option<Instant>,
}

/// Starts the engine with its accounts' threads, the outbox's runner and the ticker. Call it from a tokio runtime.
pub fn start(
    office: Office,
    wirings: BTreeMap<AccountId, Wiring>,
) -> std::io::Result<(Running, ScreenEnds)> {
    let (request_tx, requests) = mpsc::channel(REQUESTS);
    let (events, event_rx) = mpsc::channel(EVENTS);
    let (ticker, ticks) = watch::channel(office.now());
    let (tell_me, news) = mpsc::channel(NEWS);
    let stop = CancellationToken::new();
    let (intake, joiner) = Intake::start(office.clone(), Box::new(Herald(tell_me.clone())))?;
    let mut engine = Engine {
        office: office.clone(),
        requests,
        events,
        ticker,
        news,
        tell_me,
        bell: Arc::new(Notify::new()),
        intake: Some(intake),
        joiner: Some(joiner),
        wirings,
        workers: BTreeMap::new(),
        deliverer: None,
        stop: stop.clone(),
        done: Vec::new(),
        undone: Vec::new(),
        overflow: false,
        refused: None,
    };
    engine.start_deliverer();
    let accounts: Vec<AccountId> = engine.wirings.keys().copied().collect();
    for account in accounts {
        engine.start_worker(account);
    }
    let engine = tokio::spawn(engine.run());
    let ends = ScreenEnds { requests: request_tx, events: event_rx, ticker: ticks };
    Ok((Running { stop, engine, office }, ends))
}

impl Running {
    /// Ends the engine and everything that it started, and leaves the record open.
    pub async fn settle(self) {
        self.stop.cancel();
        self.engine.await.ignore("a panic there was told already");
    }

    /// Ends everything in order: accounts, the outbox's runner (a message in hand is finished), the engine, the record.
    pub async fn shutdown(self) {
        self.stop.cancel();
        self.engine.await.ignore("a panic there was told already; the record is closed below");
        let store = self.office.store().clone();
        tokio::task::spawn_blocking(move || store.shutdown())
            .await
            .ignore("nothing is left to close");
    }
}

/// Tells the engine what the intake did.
struct Herald(mpsc::Sender<News>);

impl Arrivals for Herald {
    fn recorded(&mut self, recorded: &Recorded) {
        let threads = recorded.threads.iter().copied().collect();
        self.0.blocking_send(News::Recorded(threads)).ignore("the engine is gone");
    }

    fn failed(&mut self, error: &StoreError) {
        self.0.blocking_send(News::RecordFailed(notice::store(error))).ignore("the engine is gone");
    }
}

impl Engine {
    fn start_deliverer(&mut self) {
        let relays = self.wirings.iter().map(|(id, wiring)| (*id, wiring.relay())).collect();
        let (news, mut delivered) = mpsc::channel(NEWS);
        let runner = Deliverer {
            office: self.office.clone(),
            relays,
            bell: Arc::clone(&self.bell),
            news,
            stop: self.stop.clone(),
            locked_out: BTreeMap::new(),
        };
        let tell_me = self.tell_me.clone();
        self.deliverer = Some(tokio::spawn(async move {
            let pass_on = async {
                while let Some(delivery) = delivered.recv().await {
                    tell_me.send(News::Delivery(delivery)).await.ignore("the engine is gone");
                }
            };
            tokio::join!(runner.run(), pass_on);
        }));
    }

    fn start_worker(&mut self, account: AccountId) {
        let (Some(wiring), Some(intake)) = (self.wirings.get(&account), &self.intake) else {
            return;
        };
        let mut settings = worker::Settings::new(
            account,
            wiring.imap_endpoint(),
            Arc::clone(&wiring.tls),
            wiring.imap_login(),
        );
        settings.poll = Duration::from_secs(u64::from(self.office.settings().poll_seconds));
        let tell_me = self.tell_me.clone();
        let listener = Box::new(move |link| {
            tell_me.blocking_send(News::Link(account, link)).ignore("the engine is gone");
        });
        let sink = LedgerSink::new(self.office.clone(), account, intake.clone(), listener);
        let chance = Box::new(|| rand::rng().random());
        match Worker::start(settings, Box::new(sink), chance) {
            Ok(worker) => {
                self.workers.insert(account, worker);
            }
            Err(error) => self.tell(Event::Notice(Notice::problem(&notice::imap(&error)))),
        }
    }

    async fn run(mut self) {
        self.greet();
        let mut next_due = self.check_due().await;
        let mut watch = tokio::time::interval(WATCH);
        let mut last = (Instant::now(), self.office.now());
        loop {
            let pause = self.until_due(next_due);
            tokio::select! {
                biased;
                () = self.stop.cancelled() => break,
                request = self.requests.recv() => match request {
                    Some(request) => self.serve(request).await,
                    None => break,
                },
                Some(news) = self.news.recv() => {
                    self.hear(news).await;
                    // The soonest due may have changed with it.
                    next_due = self.next_due().await;
                }
                () = tokio::time::sleep(pause) => next_due = self.check_due().await,
                _ = watch.tick() => {
                    self.offer_again();
                    if self.has_slept(&mut last) {
                        next_due = self.check_due().await;
                    }
                }
            }
            self.flush_overflow();
        }
        self.end().await;
    }

    /// What the record refused is missing in its ledger: a new connection fetches it.
    fn offer_again(&mut self) {
        if self.refused.take_if(|since| since.elapsed() >= OFFER_AGAIN).is_some() {
            self.workers.values().for_each(Worker::reset);
        }
    }

    /// The wall's clock went on and ours did not: the machine slept, or its time was set. Connections are dropped at once
    /// instead of timing out one by one, and dues are looked at anew.
    fn has_slept(&self, last: &mut (Instant, Timestamp)) -> bool {
        let (then, wall) = std::mem::replace(last, (Instant::now(), self.office.now()));
        let passed = SignedDuration::try_from(then.elapsed()).unwrap_or(SignedDuration::ZERO);
        let jumped = last.1.duration_since(wall).saturating_sub(passed);
        if jumped.abs() < JUMP {
            return false;
        }
        for worker in self.workers.values() {
            worker.reset();
        }
        true
    }

    /// What the last run left open is said first.
    fn greet(&mut self) {
        let open = self.office.recovered().len();
        if open > 0 {
            self.tell(Event::Notice(Notice::problem(&format!(
                "{open} message(s) were being sent when matterbox ended: it is not known whether they went out. \
                 matterbox looks for them in Sent and sends nothing again by itself. Look at 5 Outbox."
            ))));
        }
    }

    async fn end(mut self) {
        // What the screen handed in before it closed is still done: the last words of a draft are in it.
        self.requests.close();
        while let Some(request) = self.requests.recv().await {
            if let Request::Do(command) = request {
                self.perform(command)
                    .await
                    .ignore("nobody is left to be told; a draft that is gone stays gone");
            }
        }
        self.stop.cancel();
        let workers = std::mem::take(&mut self.workers);
        let intake = self.intake.take();
        let joiner = self.joiner.take();
        // The threads may be telling us something: keep listening until they are gone.
        let closing = tokio::task::spawn_blocking(move || {
            for (_, worker) in workers {
                worker.join();
            }
            drop(intake);
            if let Some(joiner) = joiner {
                joiner.join();
            }
        });
        let deliverer = self.deliverer.take();
        let both = async {
            closing.await.ignore("a panic there was told already");
            if let Some(deliverer) = deliverer {
                deliverer.await.ignore("a panic there was told already");
            }
        };
        tokio::pin!(both);
        loop {
            tokio::select! {
                () = &mut both => break,
                Some(_) = self.news.recv() => {}
            }
        }
    }

    /// Never waits: a screen that does not keep up is told that everything changed.
    fn tell(&mut self, event: Event) {
        if let Err(mpsc::error::TrySendError::Full(_)) = self.events.try_send(event) {
            self.overflow = true;
        }
    }

    fn flush_overflow(&mut self) {
        if self.overflow && self.events.try_send(Event::ChangedEverything).is_ok() {
            self.overflow = false;
        }
    }

    async fn serve(&mut self, request: Request) {
        match request {
            Request::Ask { generation, query } => {
                let (office, events) = (self.office.clone(), self.events.clone());
                tokio::spawn(async move {
                    let event = match office.answer(query).await {
                        Ok(answer) => Event::Answer { generation, answer: Box::new(answer) },
                        Err(error) => Event::Notice(Notice::problem(&notice::store(&error))),
                    };
                    events.send(event).await.ignore("the screen is gone");
                });
            }
            Request::Do(command) => {
                if let Err(error) = self.perform(command).await {
                    self.tell(Event::Notice(Notice::problem(&notice::app(&error))));
                }
            }
        }
    }

    async fn perform(&mut self, command: Command) -> Result<(), AppError> {
        match command {
            Command::Undo => return self.undo().await,
            Command::Redo => return self.redo().await,
            Command::SyncNow => {
                self.sync_now();
                return Ok(());
            }
            Command::StartDraft { kind, thread, parent } => {
                if let Some(kept) = self.office.kept_draft(kind, thread, parent).await? {
                    self.tell(Event::DraftReady(Box::new(kept)));
                    self.tell(Event::Notice(Notice::info("here is the draft that you kept")));
                    return Ok(());
                }
            }
            Command::Tag { .. }
            | Command::Untag { .. }
            | Command::AcceptSuggestion { .. }
            | Command::SaveDraft(_)
            | Command::Review(_)
            | Command::Send { .. }
            | Command::DiscardDraft(_)
            | Command::CancelSend(_)
            | Command::Settle { .. }
            | Command::Dismiss { .. }
            | Command::Star { .. }
            | Command::MarkRead(_) => {}
        }
        let performed = self.office.perform(command).await?;
        for event in performed.events {
            self.tell(event);
        }
        if let Some(step) = performed.step {
            self.remember(step);
        }
        self.bell.notify_one();
        Ok(())
    }

    fn remember(&mut self, step: Step) {
        self.undone.clear();
        self.done.push(step);
        if self.done.len() > HISTORY {
            self.done.remove(0);
        }
    }

    async fn undo(&mut self) -> Result<(), AppError> {
        let Some(step) = self.done.pop() else {
            return Err(AppError::Nothing("there is nothing to undo"));
        };
        if let [Change::Recall(item)] = step.changes.as_slice() {
            return Box::pin(self.perform(Command::CancelSend(*item))).await;
        }
        let Decided { threads, step } = self.office.put_back(step).await?;
        self.tell(Event::Notice(Notice::done(&format!("Undone: {} · ^r redo", step.label))));
        self.undone.push(step);
        self.tell(Event::Changed { threads });
        Ok(())
    }

    async fn redo(&mut self) -> Result<(), AppError> {
        let Some(step) = self.undone.pop() else {
            return Err(AppError::Nothing("there is nothing to do again"));
        };
        let Decided { threads, step } = self.office.put_back(step).await?;
        self.tell(Event::Notice(Notice::done(&format!("Done again: {} · u undo", step.label))));
        self.done.push(step);
        self.tell(Event::Changed { threads });
        Ok(())
    }

    fn sync_now(&mut self) {
        let accounts: Vec<AccountId> = self.wirings.keys().copied().collect();
        for account in accounts {
            let alive = self.workers.get(&account).is_some_and(|worker| !worker.has_ended());
            if !alive {
                self.start_worker(account);
            } else if let Some(worker) = self.workers.get(&account) {
                worker
                    .order(Order::SyncNow)
                    .map_err(drop)
                    .ignore("it has orders already: it is awake");
            }
        }
    }

    async fn hear(&mut self, news: News) {
        match news {
            News::Recorded(threads) => self.tell(Event::Changed { threads }),
            News::RecordFailed(text) => {
                self.refused.get_or_insert_with(Instant::now);
                self.tell(Event::Notice(Notice::problem(&text)));
            }
            News::Link(account, link) => self.link(account, link).await,
            News::Delivery(Delivery::Changed { item, state, account, threads }) => {
                if state == OutboxState::Sent {
                    self.tell(Event::Notice(Notice::done("Sent.")));
                    self.forget_recall(item);
                    self.file(account).await;
                }
                if matches!(state, OutboxState::Refused | OutboxState::Unknown) {
                    self.tell(Event::Notice(Notice::problem(&format!(
                        "A message is {}: look at 5 Outbox for the relay's words and what you can do.",
                        state.word().to_uppercase()
                    ))));
                }
                self.tell(Event::Changed { threads });
            }
            News::Delivery(Delivery::Failed(error)) => {
                self.tell(Event::Notice(Notice::problem(&notice::store(&error))));
            }
            News::Filed(item, result) => self.filed(item, result).await,
        }
    }

    /// What has gone out cannot be undone any more.
    fn forget_recall(&mut self, item: OutboxId) {
        self.done
            .retain(|step| !matches!(step.changes.as_slice(), [Change::Recall(of)] if *of == item));
    }

    async fn link(&mut self, account: AccountId, link: Link) {
        let words = |text: &str| crate::domain::text::SafeText::line(text);
        let state = match link {
            Link::Connecting => LinkState::Connecting,
            Link::Syncing(progress) => LinkState::Syncing {
                stored: progress.fetched,
                total: progress.fetched.saturating_add(progress.waiting),
            },
            Link::Online { unreadable, doubtful, refused } => {
                self.doubts(unreadable, doubtful, refused);
                LinkState::Online
            }
            Link::Waiting { why, retry_seconds } => {
                LinkState::Waiting { reason: words(&notice::imap(&why)), retry_seconds }
            }
            Link::Stopped { why } => LinkState::Stopped { reason: words(&notice::imap(&why)) },
            Link::Ended => LinkState::Stopped {
                reason: words("The account's connection has ended. Press S to start it."),
            },
        };
        let online = state == LinkState::Online;
        self.tell(Event::Link { account, state });
        if online {
            self.file(account).await;
        }
    }

    /// What the server held back is said, never passed over in silence.
    fn doubts(&mut self, unreadable: u64, doubtful: u32, refused: u32) {
        let mut said = Vec::new();
        if unreadable > 0 {
            said.push(format!("{unreadable} line(s) of the server could not be read"));
        }
        if doubtful > 0 {
            said.push(format!("the numbers of {doubtful} mailbox(es) do not fit"));
        }
        if refused > 0 {
            said.push(format!("the server would not open {refused} mailbox(es)"));
        }
        if !said.is_empty() {
            let text = format!(
                "{}. Nothing was taken out of the record; matterbox looks again.",
                said.join(" · ")
            );
            self.tell(Event::Notice(Notice::problem(&text)));
        }
    }

    /// Orders a copy into Sent for every message whose copy is not there. The adapter looks for the Message-ID first:
    /// some servers file it themselves.
    async fn file(&mut self, account: AccountId) {
        let unfiled = self
            .office
            .store()
            .read("unfiled", move |conn| {
                let rows = store::outbox::unfiled(conn, account)?;
                rows.into_iter()
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
            let order = Order::File {
                mailbox: None,
                bytes: crate::domain::confidential::Confidential::new(bytes),
                id,
                sent,
                answer,
            };
            if worker.order(order).is_err() {
                // Too many wait: the next time the account is online.
                return;
            }
            let tell_me = self.tell_me.clone();
            tokio::spawn(async move {
                let result = result.await.unwrap_or(Err(ImapError::Offline));
                tell_me.send(News::Filed(item, result)).await.ignore("the engine is gone");
            });
        }
    }

    async fn filed(&mut self, item: OutboxId, result: Result<Filed, ImapError>) {
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
            Err(error) => {
                let text =
                    format!("Sent, but the copy is not in Sent yet: {}", notice::imap(&error));
                self.tell(Event::Notice(Notice::problem(&text)));
            }
        }
    }

    fn until_due(&self, next: Option<Timestamp>) -> Duration {
        let limit = Duration::from_mins(10);
        let Some(next) = next else { return limit };
        let wait = next.duration_since(self.office.now());
        // Past the due by a moment: exactly at it is still in time.
        let wait =
            Duration::try_from(wait).unwrap_or_default().saturating_add(Duration::from_secs(1));
        wait.min(limit)
    }

    async fn next_due(&self) -> Option<Timestamp> {
        let now = self.office.now();
        self.office
            .store()
            .read("next-due", move |conn| store::clocks::next_due(conn, now))
            .await
            .ok()
            .flatten()
    }

    /// Journals clocks that have passed their due, and tells the screen that countdowns look different.
    async fn check_due(&mut self) -> Option<Timestamp> {
        let office = self.office.clone();
        let late = self
            .office
            .store()
            .write_durable("late", move |tx| {
                let now = office.now();
                let threads = store::clocks::overdue(tx, now)?;
                let roster = super::ingest::roster(tx, office.ours())?;
                for thread in &threads {
                    super::fold::refold(tx, *thread, &roster, office.sla(), now)?;
                }
                Ok(threads)
            })
            .await;
        match late {
            Ok(threads) if threads.is_empty() => {}
            Ok(threads) => {
                self.ticker.send_replace(self.office.now());
                self.tell(Event::Changed { threads });
            }
            Err(error) => self.tell(Event::Notice(Notice::problem(&notice::store(&error)))),
        }
        self.next_due().await
    }
}
