//! The bus: requests of a screen in, use cases, news out.
//!
//! Owns the threads and tasks of a running office and the order in which they end. It never draws, and nothing that a
//! screen does waits for it.

mod links;
mod orders;
mod sent;
mod sign_in;
mod undo;

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
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
        worker::{self, Worker},
    },
    store::{self, Stop, StoreError},
};

use super::{
    command::{Command, Request},
    deliver::Delivery,
    desk::Step,
    error::AppError,
    event::{Event, Notice},
    ingest::Recorded,
    intake::{Arrivals, Intake, Joiner},
    ledger::LedgerSink,
    notice,
    office::Office,
    rows::Query,
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
/// Set back by so much, a clock is no longer only corrected.
const SET_BACK: SignedDuration = SignedDuration::from_mins(2);
/// After this pause an account whose thread ended by itself is tried again.
const REVIVAL: Duration = Duration::from_mins(1);
/// So long the end waits for a message that a relay has in hand. It is then `unknown`, and its copy in Sent or a person
/// settles it.
const LAST_MESSAGE: Duration = Duration::from_secs(90);
/// Under which name the record keeps until when late clocks were journalled.
const LATE_UNTIL: &str = "late-until";
/// So long after the record refused mail it is offered again.
const OFFER_AGAIN: Duration = Duration::from_secs(20);

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
    RunnerFailed(AccountId),
    Filed(OutboxId, Result<Filed, ImapError>),
    Operated(Vec<String>),
    SignIn(sign_in::Told),
}

struct Engine {
    office: Office,
    requests: mpsc::Receiver<Request>,
    events: mpsc::Sender<Event>,
    ticker: watch::Sender<Timestamp>,
    news: mpsc::Receiver<News>,
    tell_me: mpsc::Sender<News>,
    intake: Option<Intake>,
    joiner: Option<Joiner>,
    wirings: BTreeMap<AccountId, Wiring>,
    workers: BTreeMap<AccountId, Worker>,
    runners: BTreeMap<AccountId, Runner>,
    stop: CancellationToken,
    done: Vec<Step>,
    undone: Vec<Step>,
    /// What changed was not told, because the screen did not keep up.
    overflow: bool,
    /// What cannot be asked for again waits here, in order, until the screen has room.
    backlog: VecDeque<Event>,
    /// Copies that are on their way to Sent.
    filing: BTreeSet<OutboxId>,
    /// Messages of whose trouble the person was told once.
    troubled: BTreeSet<OutboxId>,
    /// An account's thread ended by itself: it is started again after a pause.
    revive: bool,
    /// What each account's server held back when that was said last.
    doubted: BTreeMap<AccountId, (u64, u32, u32)>,
    /// Stops the search that was asked last.
    search: Stop,
    /// When the record refused mail; the connections that handed it in do not know of it.
    refused: Option<Instant>,
    /// Who waits to be signed in, and the sign-in that is under way.
    sign_ins: sign_in::SignIns,
}

/// Starts the engine with its accounts' threads, the outbox's runners and the ticker. Call it from a tokio runtime.
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
        intake: Some(intake),
        joiner: Some(joiner),
        wirings,
        workers: BTreeMap::new(),
        runners: BTreeMap::new(),
        stop: stop.clone(),
        done: Vec::new(),
        undone: Vec::new(),
        overflow: false,
        backlog: VecDeque::new(),
        filing: BTreeSet::new(),
        troubled: BTreeSet::new(),
        revive: false,
        doubted: BTreeMap::new(),
        search: Stop::new(),
        refused: None,
        sign_ins: sign_in::SignIns::default(),
    };
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

    /// Ends everything in order: accounts, the outbox's runners (a message in hand is finished), the engine, the record.
    pub async fn shutdown(self) {
        self.stop.cancel();
        self.engine.await.ignore("a panic there was told already; the record is closed below");
        let store = self.office.store().clone();
        tokio::task::spawn_blocking(move || store.shutdown())
            .await
            .ignore("nothing is left to close");
    }
}

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

/// Past the due by a moment: exactly at it is still in time.
fn moment_after(due: Timestamp) -> Timestamp {
    due.saturating_add(SignedDuration::from_secs(1)).unwrap_or(due)
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

/// A task that does not outlive its owner.
struct AbortOnDrop(JoinHandle<()>);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// What sends the mail of one account.
struct Runner {
    /// Rung when something may leave.
    bell: Arc<Notify>,
    task: AbortOnDrop,
}

impl Engine {
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
        let office = &self.office;
        settings.since = office.settings().history.since(office.now(), &office.zone());
        settings.paused = office.history_is_paused();
        let tell_me = self.tell_me.clone();
        let listener = Box::new(move |link| {
            tell_me.blocking_send(News::Link(account, link)).ignore("the engine is gone");
        });
        let tell_me = self.tell_me.clone();
        let changed = Box::new(move |threads| {
            tell_me.blocking_send(News::Recorded(threads)).ignore("the engine is gone");
        });
        let (office, intake) = (self.office.clone(), intake.clone());
        let tell_me = self.tell_me.clone();
        let told = Box::new(move |sentences| {
            tell_me.blocking_send(News::Operated(sentences)).ignore("the engine is gone");
        });
        let sink = LedgerSink::new(office, account, intake, listener, changed).telling(told);
        let chance = Box::new(|| rand::rng().random());
        match Worker::start(settings, Box::new(sink), chance) {
            Ok(worker) => {
                self.workers.insert(account, worker);
            }
            Err(error) => self.tell(Event::Notice(Notice::problem(&notice::imap(&error)))),
        }
    }

    async fn run(mut self) {
        self.start_runners().await;
        self.greet().await;
        // Late clocks are journalled a moment later: the screen's first questions come first.
        let mut next_due = Some(self.office.now());
        let mut watch = tokio::time::interval(WATCH);
        let mut last = (Instant::now(), self.office.now());
        loop {
            let pause = self.until_due(next_due);
            tokio::select! {
                biased;
                () = self.stop.cancelled() => break,
                room = self.events.clone().reserve_owned(), if self.has_untold() => match room {
                    Ok(room) => self.catch_up(room),
                    Err(_) => break,
                },
                request = self.requests.recv() => match request {
                    Some(request) => self.serve(request).await,
                    None => break,
                },
                Some(news) = self.news.recv() => {
                    self.hear(news).await;
                    // The soonest due may have changed with it. One that has passed meanwhile is seen to now: news can
                    // come faster than the pause below ends.
                    let passed = next_due.is_some_and(|due| moment_after(due) < self.office.now());
                    next_due =
                        if passed { self.check_due().await } else { self.next_due().await };
                }
                () = tokio::time::sleep(pause) => {
                    self.revive_workers();
                    next_due = self.check_due().await;
                }
                _ = watch.tick() => {
                    self.offer_again();
                    self.workers.values().for_each(Worker::follow_network);
                    if self.has_slept(&mut last) {
                        next_due = self.check_due().await;
                    }
                }
            }
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
    fn has_slept(&mut self, last: &mut (Instant, Timestamp)) -> bool {
        let (then, wall) = std::mem::replace(last, (Instant::now(), self.office.now()));
        let passed = SignedDuration::try_from(then.elapsed()).unwrap_or(SignedDuration::ZERO);
        let jumped = last.1.duration_since(wall).saturating_sub(passed);
        if jumped.abs() < JUMP {
            return false;
        }
        // The screen is told: whoever reads a countdown must know that the hour is another.
        if jumped <= -SET_BACK {
            self.tell(Event::Notice(Notice::problem(&notice::set_back(jumped.abs()))));
        }
        for worker in self.workers.values() {
            worker.reset();
        }
        true
    }

    /// What the last run left open is said first.
    async fn greet(&mut self) {
        let recovered: Vec<OutboxId> = self.office.recovered().to_vec();
        if recovered.is_empty() {
            return;
        }
        let unknown = self.office.store().read("unknown", store::outbox::unknown).await;
        let open =
            unknown.unwrap_or_default().iter().filter(|row| recovered.contains(&row.id)).count();
        if open > 0 {
            self.tell(Event::Notice(Notice::problem(&format!(
                "{open} message(s) were being sent when matterbox ended: it is not known whether they went out. \
                 matterbox looks for them in Sent and sends nothing again by itself. Look at the Outbox."
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
        let runners = std::mem::take(&mut self.runners);
        let both = async {
            closing.await.ignore("a panic there was told already");
            let last = async {
                for mut runner in runners.into_values() {
                    (&mut runner.task.0).await.ignore("a panic there was told already");
                }
            };
            tokio::time::timeout(LAST_MESSAGE, last)
                .await
                .ignore("a relay that stays silent: the message is unknown at the next start");
        };
        tokio::pin!(both);
        loop {
            tokio::select! {
                () = &mut both => break,
                Some(_) = self.news.recv() => {}
            }
        }
    }

    /// Never waits: a screen that does not keep up is told later, of mere changes only that there were some.
    fn tell(&mut self, event: Event) {
        if matches!(event, Event::Changed { .. } | Event::ChangedEverything) {
            if !self.backlog.is_empty() {
                self.overflow = true;
            } else if let Err(mpsc::error::TrySendError::Full(_)) = self.events.try_send(event) {
                self.overflow = true;
            }
            return;
        }
        self.backlog.push_back(event);
        while let Ok(room) = self.events.clone().try_reserve_owned() {
            let Some(event) = self.backlog.pop_front() else { return };
            room.send(event);
        }
        if self.backlog.len() > EVENTS {
            self.backlog.pop_front();
        }
    }

    fn has_untold(&self) -> bool {
        self.overflow || !self.backlog.is_empty()
    }

    fn catch_up(&mut self, room: mpsc::OwnedPermit<Event>) {
        if let Some(event) = self.backlog.pop_front() {
            room.send(event);
        } else {
            self.overflow = false;
            room.send(Event::ChangedEverything);
        }
    }

    async fn serve(&mut self, request: Request) {
        match request {
            Request::Ask { generation, query } => {
                let (office, events) = (self.office.clone(), self.events.clone());
                let stop = self.stop_for(&query);
                tokio::spawn(async move {
                    let event = match office.answer_until(&stop, query).await {
                        Ok(answer) => Event::Answer { generation, answer: Box::new(answer) },
                        // A newer search took its place: nobody waits for this one.
                        Err(StoreError::Interrupted) => return,
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

    /// The handle of a question. The next key in the search field makes the search before it pointless: it is stopped.
    fn stop_for(&mut self, query: &Query) -> Stop {
        let stop = Stop::new();
        if matches!(query, Query::Search { .. }) {
            std::mem::replace(&mut self.search, stop.clone()).stop();
        }
        stop
    }

    async fn perform(&mut self, command: Command) -> Result<(), AppError> {
        match command {
            Command::Undo | Command::Redo => {
                let back = matches!(command, Command::Undo);
                let result = if back { self.undo().await } else { self.redo().await };
                self.operate();
                return result;
            }
            Command::SyncNow => {
                self.sync_now();
                return Ok(());
            }
            Command::PauseHistory(paused) => return self.pause_history(paused).await,
            Command::SignIn(wish) => {
                self.sign_in(wish);
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
            | Command::MarkRead(_) => {}
        }
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

    /// An account's thread that ended by itself (the record did not take its mail) is started again; not while the way
    /// into the record is broken for good.
    fn revive_workers(&mut self) {
        if !std::mem::take(&mut self.revive) || self.intake.as_ref().is_none_or(Intake::is_dead) {
            return;
        }
        let ended: Vec<AccountId> = self
            .workers
            .iter()
            .filter(|(_, worker)| worker.has_ended())
            .map(|(account, _)| *account)
            .collect();
        for account in ended {
            self.start_worker(account);
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
                self.delivered(item, state, account).await;
                self.tell(Event::Changed { threads });
            }
            News::Delivery(Delivery::Failed(error)) => {
                let text = format!("{} {}", notice::store(&error), notice::SENDING_WAITS);
                self.tell(Event::Notice(Notice::problem(&text)));
            }
            News::RunnerFailed(account) => self.replace_runner(account).await,
            News::Filed(item, result) => self.filed(item, result.map(|_| ())).await,
            News::Operated(sentences) => {
                for sentence in sentences {
                    self.tell(Event::Notice(Notice::problem(&sentence)));
                }
            }
            News::SignIn(told) => self.sign_in_told(told).await,
        }
    }

    fn until_due(&self, next: Option<Timestamp>) -> Duration {
        let limit = if self.revive { REVIVAL } else { Duration::from_mins(10) };
        let Some(next) = next else { return limit };
        let wait = moment_after(next).duration_since(self.office.now());
        Duration::try_from(wait).unwrap_or_default().min(limit)
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
                let until = store::meta::get(tx, LATE_UNTIL)?.and_then(|at| at.parse().ok());
                // A conversation that is folded journals what is late by then itself.
                let since = until.filter(|until| *until <= now).unwrap_or(Timestamp::MIN);
                store::meta::set(tx, LATE_UNTIL, &now.to_string())?;
                let threads = store::clocks::overdue(tx, since, now)?;
                office.refold(tx, &threads)?;
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
