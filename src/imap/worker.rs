//! The thread of one account: connect, synchronise, watch, and again.
//!
//! Owns the thread, its orders and its pauses. It must never try a refused login again by itself, never let a panic
//! of a parser past this thread, and never keep the program from ending.

use std::{
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, RecvTimeoutError, SyncSender, TryRecvError, TrySendError, sync_channel},
    },
    thread::{Builder, JoinHandle},
    time::{Duration, Instant},
};

use jiff::Timestamp;
use rustls::ClientConfig;
use tokio::sync::oneshot;

use crate::domain::{confidential::Confidential, fault::Ignore, id::AccountId, message::MessageId};

use super::{
    backoff::Backoff,
    connect::connect,
    contract::{Link, Login, Progress, Role, Sink},
    error::{Advice, ImapError},
    filing::Filed,
    lookout::{Lookout, Tidings},
    names::RawName,
    plan::{Caps, Depth},
    round::{Patience, Round, Summary},
    session::ImapSession,
    stream::{Cutoff, Endpoint, Limits},
    suspects::Suspects,
};

/// Everything that the thread needs to know of an account.
#[derive(Clone)]
pub struct Settings {
    /// Whose thread it is; names it.
    pub account: AccountId,
    /// Where the server is.
    pub endpoint: Endpoint,
    /// Whom to trust (`tls::client_config`).
    pub tls: Arc<ClientConfig>,
    /// How to log in.
    pub login: Login,
    /// Time limits.
    pub limits: Limits,
    /// Size limits.
    pub caps: Caps,
    /// How often to poll; up to a quarter less by chance. IDLE only shortens it.
    pub poll: Duration,
    /// What arrived at the server before this instant is not fetched; `None` for everything.
    pub since: Option<Timestamp>,
    /// Does the fetching of older mail wait?
    pub paused: bool,
    /// Capabilities that are not used although the server offers them (`QRESYNC`): some do them badly.
    pub without: Vec<String>,
    /// Whether a second connection listens for news while the first one works.
    pub listens: bool,
    /// Whether the connection is packed where the server can (COMPRESS=DEFLATE).
    pub packing: Packing,
    /// The server's packing was tried and broke a connection.
    unpackable: Arc<AtomicBool>,
}

/// When a connection is packed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Packing {
    /// Never.
    Never,
    /// Where the server is not in the same house: a local line is faster than packing.
    #[default]
    Far,
    /// Always.
    Always,
}

impl Settings {
    /// Connects, logs in, and knows what the server offers.
    pub(super) fn connect(&self, cutoff: &Cutoff) -> Result<ImapSession, ImapError> {
        let Self { endpoint, tls, login, limits, .. } = self;
        let mut logged_in = connect(endpoint, tls, login, limits, cutoff)?;
        logged_in.offers.forget(&self.without);
        let mut session = ImapSession::new(logged_in);
        session.idle_lasts = limits.idle;
        let packs = match self.packing {
            Packing::Never => false,
            Packing::Far => !cutoff.is_near(),
            Packing::Always => true,
        };
        if packs && !self.unpackable.load(Ordering::Relaxed) {
            // It says goodbye, or what comes cannot be unpacked: the next connection is made without.
            session.pack().inspect_err(|_| self.unpackable.store(true, Ordering::Relaxed))?;
        }
        Ok(session)
    }

    /// The usual limits: a poll a minute, messages up to 64 MiB.
    pub fn new(
        account: AccountId,
        endpoint: Endpoint,
        tls: Arc<ClientConfig>,
        login: Login,
    ) -> Self {
        let (limits, caps) = (Limits::default(), Caps::default());
        let poll = Duration::from_mins(1);
        Self {
            account,
            endpoint,
            tls,
            login,
            limits,
            caps,
            poll,
            without: Vec::new(),
            listens: true,
            packing: Packing::default(),
            unpackable: Arc::default(),
            since: None,
            paused: false,
        }
    }
}

/// What the thread may be asked. An answer that nobody waits for any more is dropped.
pub enum Order {
    /// Look for mail now; from a pause or a stop, try again now.
    SyncNow,
    /// Put a copy of a sent message into Sent, unless a message with this Message-ID is there.
    File {
        /// Into which mailbox; `None` for the one whose role is Sent.
        mailbox: Option<RawName>,
        /// The message with CRLF line ends.
        bytes: Confidential<Vec<u8>>,
        /// Its Message-ID.
        id: MessageId,
        /// When it was sent; becomes its INTERNALDATE.
        sent: Option<Timestamp>,
        /// Where the result goes. `Offline` means: not tried, order again later.
        answer: oneshot::Sender<Result<Filed, ImapError>>,
    },
    /// Look for a message by its Message-ID (was it sent after all?).
    Find {
        /// In which mailbox; `None` for the one whose role is Sent.
        mailbox: Option<RawName>,
        /// Its Message-ID.
        id: MessageId,
        /// Its UID, or `None` if it is not there.
        answer: oneshot::Sender<Result<Option<u32>, ImapError>>,
    },
    /// Make a folder of the account's own, under the prefix that the server wants, and list the folders anew.
    Make {
        /// What people call it, with `/` between levels.
        name: String,
        /// What it is for.
        role: Role,
        /// Its name at the server.
        answer: oneshot::Sender<Result<RawName, ImapError>>,
    },
    /// Carry out the operations that wait in the record.
    Operate,
    /// The connection that listens has heard something, or hears nothing any more.
    Look,
    /// End the thread.
    Stop,
}

/// How many orders may wait.
const ORDERS: usize = 32;
/// Parsers recurse: a roomy stack, although the wire limits nesting.
const STACK: usize = 8 << 20;

/// A handle on the thread of one account. Dropping it stops the thread without waiting for it.
pub struct Worker {
    orders: SyncSender<Order>,
    signals: Arc<Signals>,
    cutoff: Cutoff,
    /// The same for the connection that listens.
    ear_cutoff: Cutoff,
    thread: Option<JoinHandle<()>>,
}

/// Seen by a synchronisation between two steps, without a lock.
#[derive(Default)]
pub struct Signals {
    /// It is to end.
    pub(super) stop: AtomicBool,
    /// An order waits that should not wait for a long synchronisation to end.
    pub(super) urgent: AtomicBool,
    /// Older mail waits until a person lets it go on.
    pub(super) paused: AtomicBool,
    /// What arrived at the server before this instant is not fetched.
    pub(super) since: Option<Timestamp>,
}

impl Signals {
    /// Signals under which only mail since this instant is fetched, and older mail waits while `paused`.
    pub fn for_history(since: Option<Timestamp>, paused: bool) -> Self {
        Self { paused: AtomicBool::new(paused), since, ..Self::default() }
    }

    /// Tells a synchronisation to end at its next step.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

/// Chance for pauses, so that the desks of an office do not all come back at once.
pub type Chance = Box<dyn FnMut() -> u16 + Send>;

impl Worker {
    /// Starts the thread. `sink` is called from it and may block; to end the thread in time, a blocked call must
    /// return `Err` when the program stops.
    pub fn start(
        settings: Settings,
        sink: Box<dyn Sink + Send>,
        chance: Chance,
    ) -> Result<Self, ImapError> {
        let (orders, inbox) = sync_channel(ORDERS);
        let signals = Arc::new(Signals::for_history(settings.since, settings.paused));
        let (cutoff, ear_cutoff) = (Cutoff::default(), Cutoff::default());
        let name = format!("imap-{}", settings.account);
        let mut life = Life {
            settings,
            sink,
            chance,
            orders: Orders { inbox, waiting: VecDeque::new(), signals: Arc::clone(&signals) },
            cutoff: cutoff.clone(),
            suspects: Suspects::default(),
            backoff: Backoff::default(),
            tidings: Arc::default(),
            ear_cutoff: ear_cutoff.clone(),
            wake: orders.clone(),
            lookout: None,
        };
        let thread = Builder::new()
            .name(name)
            .stack_size(STACK)
            .spawn(move || life.run())
            .map_err(ImapError::Thread)?;
        Ok(Self { orders, signals, cutoff, ear_cutoff, thread: Some(thread) })
    }

    /// Lets the fetching of older mail wait, or go on. New mail comes either way.
    pub fn pause_history(&self, paused: bool) {
        self.signals.paused.store(paused, Ordering::Relaxed);
        self.orders.try_send(Order::Look).ignore("orders wait already: the thread is awake");
    }

    /// Gives an order without waiting; gives it back when too many wait or the thread has ended.
    pub fn order(&self, order: Order) -> Result<(), Order> {
        let urgent = matches!(
            order,
            Order::File { .. } | Order::Find { .. } | Order::Make { .. } | Order::Operate
        );
        match self.orders.try_send(order) {
            Ok(()) => {
                if urgent {
                    self.signals.urgent.store(true, Ordering::Relaxed);
                }
                Ok(())
            }
            Err(TrySendError::Full(order) | TrySendError::Disconnected(order)) => Err(order),
        }
    }

    /// Drops the connection and makes a new one: after the machine slept or the network changed.
    pub fn reset(&self) {
        self.cutoff.cut();
        self.ear_cutoff.cut();
        self.orders.try_send(Order::SyncNow).ignore("orders wait already: the thread is awake");
    }

    /// Makes new connections if the network is another one than it was when they were made.
    pub fn follow_network(&self) {
        if self.cutoff.is_stranded() || self.ear_cutoff.is_stranded() {
            self.reset();
        }
    }

    /// Tells the thread to end; it wakes from any read, and from connecting.
    pub fn stop(&self) {
        self.signals.stop();
        self.orders.try_send(Order::Stop).ignore("the flag is set, and orders wake the thread");
        self.cutoff.close();
        self.ear_cutoff.close();
    }

    /// Has the thread ended?
    pub fn has_ended(&self) -> bool {
        self.thread.as_ref().is_none_or(JoinHandle::is_finished)
    }

    /// Stops the thread and waits for its end. It holds nothing unsaved, so a caller in a hurry may drop instead.
    pub fn join(mut self) {
        self.stop();
        if let Some(thread) = self.thread.take() {
            thread.join().ignore("a panic was told as Link::Waiting already");
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.stop();
    }
}

/// The orders as the thread sees them.
pub(super) struct Orders {
    inbox: Receiver<Order>,
    waiting: VecDeque<Order>,
    pub(super) signals: Arc<Signals>,
}

impl Orders {
    /// Is the thread to end?
    pub(super) fn stopped(&self) -> bool {
        self.signals.stop.load(Ordering::Relaxed)
    }

    /// Waits for an order; `true` when there is one or the thread is to end.
    pub(super) fn called(&mut self, wait: Duration) -> bool {
        if self.stopped() || !self.waiting.is_empty() {
            return true;
        }
        let order = if wait.is_zero() {
            self.inbox.try_recv().map_err(|error| match error {
                TryRecvError::Empty => RecvTimeoutError::Timeout,
                TryRecvError::Disconnected => RecvTimeoutError::Disconnected,
            })
        } else {
            self.inbox.recv_timeout(wait)
        };
        match order {
            Ok(order) => {
                self.waiting.push_back(order);
                true
            }
            Err(RecvTimeoutError::Timeout) => false,
            Err(RecvTimeoutError::Disconnected) => {
                self.signals.stop();
                true
            }
        }
    }

    /// The next order, without waiting.
    pub(super) fn next(&mut self) -> Option<Order> {
        self.signals.urgent.store(false, Ordering::Relaxed);
        self.waiting.pop_front().or_else(|| self.inbox.try_recv().ok())
    }
}

struct Life {
    settings: Settings,
    sink: Box<dyn Sink + Send>,
    chance: Chance,
    orders: Orders,
    cutoff: Cutoff,
    suspects: Suspects,
    backoff: Backoff,
    tidings: Arc<Tidings>,
    ear_cutoff: Cutoff,
    wake: SyncSender<Order>,
    lookout: Option<Lookout>,
}

impl Life {
    fn run(&mut self) {
        while !self.orders.stopped() {
            self.sink.link(Link::Connecting);
            let session = catch_unwind(AssertUnwindSafe(|| self.session()));
            let why = match session {
                Ok(Ok(())) => break,
                Ok(Err(error)) => error,
                Err(_payload) => ImapError::Panicked,
            };
            self.settings.login.ended(&why);
            self.blame(&why);
            if self.orders.stopped() || !self.pause(why) {
                break;
            }
        }
        self.sink.link(Link::Ended);
    }

    /// One connection, to its end.
    fn session(&mut self) -> Result<(), ImapError> {
        let session = self.settings.connect(&self.cutoff)?;
        self.listen();
        let mut round = Round {
            session,
            sink: self.sink.as_mut(),
            tidings: Arc::clone(&self.tidings),
            caps: &self.settings.caps,
            suspects: &mut self.suspects,
            signals: &self.orders.signals.clone(),
            progress: Progress::default(),
            boxes: Vec::new(),
            patience: Patience::default(),
        };
        round.begin()?;
        round.live(&mut self.orders, &mut self.chance, self.settings.poll, &mut self.backoff)
    }

    /// Starts to listen by a second connection: only now that the login was accepted.
    fn listen(&mut self) {
        let ended = self.lookout.as_ref().is_none_or(Lookout::has_ended);
        if !self.settings.listens || !ended {
            return;
        }
        let started = Lookout::start(
            self.settings.clone(),
            Arc::clone(&self.tidings),
            self.ear_cutoff.clone(),
            self.wake.clone(),
            Arc::clone(&self.orders.signals),
        );
        // Without it the first connection listens in its pauses.
        self.lookout = started.ok();
    }

    /// What was in flight when a connection broke is suspect; not when the server only asks for patience.
    fn blame(&mut self, why: &ImapError) {
        let innocent =
            matches!(why, ImapError::Halted(_) | ImapError::Limited { wait: Some(_), .. });
        if innocent || self.orders.stopped() {
            self.suspects.landed();
        } else {
            self.suspects.broke();
        }
    }

    /// Waits before the next connection; `false` to end.
    fn pause(&mut self, why: ImapError) -> bool {
        match why.advice() {
            Advice::End => false,
            Advice::Stop => {
                // What the server refuses it is not asked a second time.
                self.lookout = None;
                self.sink.link(Link::Stopped { why });
                self.wait(None)
            }
            Advice::Retry(asked) => {
                let pause = self.backoff.next(Instant::now(), (self.chance)(), asked);
                let seconds = u32::try_from(pause.as_secs().max(1)).unwrap_or(u32::MAX);
                self.sink.link(Link::Waiting { why, retry_seconds: seconds });
                self.wait(Some(pause))
            }
        }
    }

    /// Waits for a span, or for ever; a request to synchronise ends it early. Other orders are declined at once: the
    /// outbox has its own schedule.
    fn wait(&mut self, span: Option<Duration>) -> bool {
        let end = span.and_then(|span| Instant::now().checked_add(span));
        loop {
            let left = match (span, end) {
                (Some(_), Some(end)) => end.saturating_duration_since(Instant::now()),
                (_, _) => Duration::from_hours(1),
            };
            if left.is_zero() {
                return true;
            }
            if !self.orders.called(left) {
                continue;
            }
            if self.orders.stopped() {
                return false;
            }
            match self.orders.next() {
                Some(Order::SyncNow) => return true,
                Some(Order::Stop) => return false,
                Some(
                    order @ (Order::File { .. }
                    | Order::Find { .. }
                    | Order::Make { .. }
                    | Order::Operate),
                ) => decline(order),
                Some(Order::Look) | None => {}
            }
        }
    }
}

/// Answers an order that cannot be carried out without a connection.
fn decline(order: Order) {
    const WHY: &str = "nobody waits for the answer any more";
    match order {
        Order::File { answer, .. } => answer.send(Err(ImapError::Offline)).ignore(WHY),
        Order::Find { answer, .. } => answer.send(Err(ImapError::Offline)).ignore(WHY),
        Order::Make { answer, .. } => answer.send(Err(ImapError::Offline)).ignore(WHY),
        // Operations stay in the record and are carried out when the connection stands.
        Order::Operate | Order::SyncNow | Order::Look | Order::Stop => {}
    }
}

/// One synchronisation and out, on the caller's thread. `signals` end it early, `cutoff` wakes it from a read.
pub fn sync_once(
    settings: &Settings,
    sink: &mut dyn Sink,
    depth: Depth,
    signals: &Arc<Signals>,
    cutoff: &Cutoff,
) -> Result<Summary, ImapError> {
    sink.link(Link::Connecting);
    let mut round = Round {
        session: settings.connect(cutoff)?,
        sink,
        tidings: Arc::default(),
        caps: &settings.caps,
        suspects: &mut Suspects::default(),
        signals,
        progress: Progress::default(),
        boxes: Vec::new(),
        patience: Patience::default(),
    };
    round.begin()?;
    round.operate()?;
    let mut summary = round.everything(depth)?;
    while let Some(place) = round.history_left() {
        round.history(place)?;
        summary.fetched = round.progress.fetched;
    }
    round.end();
    Ok(summary)
}
