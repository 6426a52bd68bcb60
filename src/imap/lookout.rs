//! The second connection of an account: it listens for news, while the first one works.
//!
//! Owns the thread that idles on INBOX, and NOTIFY (RFC 5465). It must never read or record a message: it only says where
//! to look. It never begins with a login that was not accepted just before, so it cannot lock an account out.

use std::{
    collections::BTreeSet,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc::SyncSender,
    },
    thread::{Builder, JoinHandle},
    time::{Duration, Instant},
};

use crate::domain::fault::Ignore;

use super::{
    backoff::{Backoff, LONGEST},
    error::{Advice, ImapError},
    names::RawName,
    reader::ignore_replies,
    session::{ImapSession, Remote},
    stream::Cutoff,
    watch::Wake,
    wire::Allowance,
    worker::{Order, Settings, Signals},
};

/// Where something happened, from the thread that listens to the one that works.
#[derive(Default)]
pub(super) struct Tidings {
    places: Mutex<BTreeSet<RawName>>,
    /// Somebody listens at present.
    listening: AtomicBool,
    /// Nobody is to listen any more.
    stop: AtomicBool,
}

/// So many places are remembered at most; a server that names more is asked for its status anyway.
const PLACES: usize = 10_000;

impl Tidings {
    /// Takes where something happened.
    pub(super) fn take(&self) -> BTreeSet<RawName> {
        std::mem::take(&mut self.places.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Does somebody listen at present?
    pub(super) fn is_listening(&self) -> bool {
        self.listening.load(Ordering::Relaxed)
    }

    fn add(&self, place: RawName) {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        if places.len() < PLACES {
            places.insert(place);
        }
    }
}

/// The thread that listens. Dropping it ends the thread.
pub(super) struct Lookout {
    tidings: Arc<Tidings>,
    cutoff: Cutoff,
    thread: Option<JoinHandle<()>>,
}

impl Lookout {
    /// Starts to listen. `wake` wakes the thread that works.
    pub(super) fn start(
        settings: Settings,
        tidings: Arc<Tidings>,
        cutoff: Cutoff,
        wake: SyncSender<Order>,
        signals: Arc<Signals>,
    ) -> Result<Self, ImapError> {
        let name = format!("idle-{}", settings.account);
        tidings.stop.store(false, Ordering::Relaxed);
        let mut ear =
            Ear { settings, tidings: Arc::clone(&tidings), cutoff: cutoff.clone(), wake, signals };
        let thread = Builder::new()
            .name(name)
            .stack_size(8 << 20)
            .spawn(move || ear.run())
            .map_err(ImapError::Thread)?;
        Ok(Self { tidings, cutoff, thread: Some(thread) })
    }

    /// Has it given up? It does so when the server wants no second connection that listens.
    pub(super) fn has_ended(&self) -> bool {
        self.thread.as_ref().is_none_or(JoinHandle::is_finished)
    }
}

impl Drop for Lookout {
    fn drop(&mut self) {
        self.tidings.stop.store(true, Ordering::Relaxed);
        self.cutoff.cut();
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            thread.join().ignore("a panic there ended only the listening");
        }
    }
}

struct Ear {
    settings: Settings,
    tidings: Arc<Tidings>,
    cutoff: Cutoff,
    wake: SyncSender<Order>,
    signals: Arc<Signals>,
}

/// One wait lasts no longer: then the mailboxes' names may have changed.
const WAIT: Duration = Duration::from_hours(1);

impl Ear {
    fn run(&mut self) {
        let mut backoff = Backoff::default();
        while !self.stopped() {
            let heard = catch_unwind(AssertUnwindSafe(|| self.listen(&mut backoff)));
            self.tidings.listening.store(false, Ordering::Relaxed);
            self.call();
            let Ok(Err(why)) = heard else { break };
            let asked = match (why.advice(), &why) {
                (Advice::End | Advice::Stop, _) => break,
                // One connection is what it gives: the other one listens in its pauses.
                (Advice::Retry(asked), ImapError::Limited { .. }) => Some(asked.unwrap_or(LONGEST)),
                (Advice::Retry(asked), _) => asked,
            };
            self.pause(backoff.next(Instant::now(), 0, asked));
        }
    }

    fn stopped(&self) -> bool {
        self.tidings.stop.load(Ordering::Relaxed) || self.signals.stop.load(Ordering::Relaxed)
    }

    fn pause(&self, span: Duration) {
        let end = Instant::now().checked_add(span);
        while let Some(left) = end.and_then(|end| end.checked_duration_since(Instant::now())) {
            if self.stopped() || left.is_zero() {
                return;
            }
            std::thread::park_timeout(left);
        }
    }

    /// Wakes the thread that works; also out of a long synchronisation.
    fn call(&self) {
        self.signals.urgent.store(true, Ordering::Relaxed);
        self.wake.try_send(Order::Look).ignore("orders wait already: the thread is awake");
    }

    /// One connection, to its end. `Ok` when there is nothing to listen to.
    fn listen(&mut self, backoff: &mut Backoff) -> Result<(), ImapError> {
        let mut session = self.settings.connect(&self.cutoff)?;
        if !session.logged_in.offers.has("IDLE") {
            return Ok(());
        }
        session.enable()?;
        let inbox = RawName::new("INBOX");
        session.open(&inbox)?;
        session.notify()?;
        backoff.online(Instant::now());
        self.tidings.listening.store(true, Ordering::Relaxed);
        // What came before we listened.
        self.tidings.add(inbox.clone());
        self.call();
        while !self.stopped() {
            // A wait without the server is none of ours.
            let stop = &mut |wait: Duration| !wait.is_zero() || self.stopped();
            let wake = session.watch(WAIT, stop)?;
            if session.idle_refused {
                return Ok(());
            }
            let elsewhere = session.logged_in.talk.take_others();
            match wake {
                Wake::News(news) if news.here() => self.tidings.add(inbox.clone()),
                Wake::News(_) | Wake::Due | Wake::Called => {}
            }
            let any = !elsewhere.is_empty() || matches!(wake, Wake::News(_));
            for (name, _) in elsewhere {
                self.tidings.add(RawName::new(name));
            }
            if any {
                self.call();
            }
        }
        super::connect::log_out(session.logged_in);
        Ok(())
    }
}

/// New, gone and changed messages, of the open mailbox and of all others of the person.
const NOTIFY: &str = "NOTIFY SET (selected (MessageNew MessageExpunge FlagChange)) \
                      (personal (MessageNew MessageExpunge FlagChange))";

impl ImapSession {
    /// Asks to be told of all mailboxes. A server that does not like it is only asked for its status now and then.
    fn notify(&mut self) -> Result<(), ImapError> {
        if !self.logged_in.offers.has("NOTIFY") {
            return Ok(());
        }
        match self.run("NOTIFY", NOTIFY, Allowance::LINES, &mut ignore_replies) {
            Err(error) if !error.keeps_connection() => Err(error),
            Ok(_) | Err(_) => Ok(()),
        }
    }
}
