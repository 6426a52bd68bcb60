//! The loop: one message in, effects out, at most one picture per turn.
//!
//! Owns the terminal, the channels and the signals. It decides nothing: that is `update`.

use std::{
    future::poll_fn,
    ops::ControlFlow,
    panic::{AssertUnwindSafe, catch_unwind},
    task::Poll,
};

use crossterm::event::EventStream;
use futures_util::{FutureExt, StreamExt};
use jiff::{Timestamp, tz::TimeZone};
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    process::{Signal, kill_current_process_group},
    stdio::stdin,
};
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::{
        mpsc::{Receiver, Sender, error::TrySendError},
        watch,
    },
};

use crate::{
    app::{command::Request, event::Event},
    domain::{confidential::Confidential, fault::Ignore},
};

use super::{
    editor,
    effect::Effect,
    files, input,
    keymap::Keymap,
    model::Model,
    msg::Msg,
    terminal::{Screen, TerminalError},
    theme::Theme,
    update::update,
    view::view,
};

/// The channels between the screen and the engine.
pub struct Ports {
    /// Requests to the engine; bounded, only ever tried.
    pub commands: Sender<Request>,
    /// News from the engine.
    pub events: Receiver<Event>,
    /// The ticker: a new value means that a countdown looks different now.
    pub ticker: watch::Receiver<Timestamp>,
}

/// How the screen looks and listens.
pub struct ScreenOptions {
    /// The keys.
    pub keys: Keymap,
    /// The theme; made without colours where `NO_COLOR` is set.
    pub theme: Theme,
    /// The zone in which times are shown.
    pub zone: TimeZone,
    /// The editor for long messages, program first; empty means `$VISUAL` or `$EDITOR`.
    pub editor: Vec<String>,
}

/// Why the screen closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// The person left.
    Quit,
    /// SIGTERM, SIGHUP or SIGINT.
    Signal,
    /// The engine is gone.
    EngineGone,
}

/// Why there is no screen, or none any more.
#[derive(Debug, thiserror::Error)]
pub enum TuiError {
    /// The terminal does not serve.
    #[error(transparent)]
    Terminal(#[from] TerminalError),
    /// Reading from or writing to the terminal failed.
    #[error("the terminal could not be read or written")]
    Io(#[from] std::io::Error),
    /// A mistake of ours; its place is in the log, and what was being written was handed to the engine.
    #[error(
        "the screen stopped because of a mistake of its own; what you were writing is kept as a draft"
    )]
    Panicked,
}

/// Opens the screen and stays until the person leaves, a signal comes or the engine is gone. The terminal is given back
/// in every case. `now` tells the time.
pub async fn run(
    ports: Ports,
    options: ScreenOptions,
    now: impl Fn() -> Timestamp,
) -> Result<Exit, TuiError> {
    let mut screen = Screen::enter()?;
    let size = screen.terminal().size()?;
    let ScreenOptions { keys, theme, zone, editor } = options;
    let model = Model::new((size.width, size.height), now(), zone, theme, keys);
    let (read, files) = tokio::sync::mpsc::channel(FILES);
    let keys = Some(EventStream::new());
    let signals = Signals::new()?;
    let mut driver = Driver { screen, ports, model, now, keys, editor, read, files, signals };
    let exit = AssertUnwindSafe(driver.run()).catch_unwind().await;
    let exit = exit.unwrap_or(Err(TuiError::Panicked));
    if exit.is_err() {
        // The terminal is gone before any signal came, or the screen is broken: what is being written is kept all the same.
        // A second panic leaves what was kept before.
        catch_unwind(AssertUnwindSafe(|| driver.apply(Msg::Leave)))
            .ignore("the error that ends the screen is told");
    }
    exit
}

/// The signals that a program on a terminal gets.
struct Signals {
    term: tokio::signal::unix::Signal,
    hangup: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
    resume: tokio::signal::unix::Signal,
}

impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self {
            term: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
            interrupt: signal(SignalKind::interrupt())?,
            resume: signal(SignalKind::from_raw(Signal::CONT.as_raw()))?,
        })
    }

    /// Waits for one that ends a program whoever has the terminal.
    async fn end(&mut self) {
        tokio::select! {
            _ = self.term.recv() => {}
            _ = self.hangup.recv() => {}
        }
    }
}

struct Driver<N> {
    screen: Screen,
    ports: Ports,
    model: Model,
    now: N,
    /// `None` while another program has the terminal.
    keys: Option<EventStream>,
    editor: Vec<String>,
    /// What was read from the disk, by threads that may wait for it.
    read: Sender<Msg>,
    files: Receiver<Msg>,
    signals: Signals,
}

/// So many answers of the disk may wait to be taken.
const FILES: usize = 16;

/// What ends a wait.
enum Woken {
    Msg(Msg),
    Leave(Exit),
    Resumed,
    Nothing,
}

impl<N: Fn() -> Timestamp> Driver<N> {
    async fn run(&mut self) -> Result<Exit, TuiError> {
        if let ControlFlow::Break(exit) = self.take(Msg::Start).await? {
            return Ok(exit);
        }
        loop {
            if self.model.take_redraw() {
                let model = &self.model;
                self.screen.terminal().draw(|frame| view(model, frame))?;
            }
            let Signals { term, hangup, interrupt, resume } = &mut self.signals;
            let woken = tokio::select! {
                biased;
                _ = term.recv() => Woken::Leave(Exit::Signal),
                _ = hangup.recv() => Woken::Leave(Exit::Signal),
                _ = interrupt.recv() => Woken::Leave(Exit::Signal),
                _ = resume.recv() => Woken::Resumed,
                woken = next_key(&mut self.keys) => woken?,
                event = self.ports.events.recv() => {
                    event.map_or(Woken::Leave(Exit::EngineGone), |event| Woken::Msg(Msg::Event(event)))
                }
                Ok(()) = self.ports.ticker.changed() => Woken::Msg(Msg::Tick),
                Some(msg) = self.files.recv() => Woken::Msg(msg),
                () = until(self.model.wakes_at(), (self.now)()) => Woken::Msg(Msg::Tick),
            };
            let mut turn = match woken {
                Woken::Nothing => continue,
                Woken::Resumed => {
                    self.come_back()?;
                    continue;
                }
                Woken::Msg(msg) => self.take(msg).await?,
                Woken::Leave(exit) => {
                    // What is being written is kept; the engine drains its queue before it stops.
                    let turn = self.take(Msg::Leave).await?;
                    if turn.is_continue() { ControlFlow::Break(exit) } else { turn }
                }
            };
            if turn.is_continue() {
                turn = self.catch_up().await?;
            }
            if let ControlFlow::Break(exit) = turn {
                return Ok(exit);
            }
            if self.keys.is_none() {
                // Another program had the terminal: a ^C in it was not meant for us.
                self.signals.interrupt = signal(SignalKind::interrupt())?;
                self.keys = Some(EventStream::new());
            }
        }
    }

    /// Takes what the engine has told meanwhile, so that a flood of news costs one picture.
    async fn catch_up(&mut self) -> Result<ControlFlow<Exit>, TuiError> {
        for _ in 0..64 {
            let Ok(event) = self.ports.events.try_recv() else { break };
            let turn = self.take(Msg::Event(event)).await?;
            if turn.is_break() {
                return Ok(turn);
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// What the model wishes after one message; it is told first how much the engine still takes.
    fn decide(&mut self, msg: Msg) -> Vec<Effect> {
        let now = (self.now)();
        let mut effects = update(&mut self.model, now, Msg::Room(self.ports.commands.capacity()));
        effects.extend(update(&mut self.model, now, msg));
        effects
    }

    /// One message, and whatever it wants done.
    async fn take(&mut self, msg: Msg) -> Result<ControlFlow<Exit>, TuiError> {
        for effect in self.decide(msg) {
            match effect {
                Effect::Do(command) => self.send(Request::Do(command)),
                Effect::Ask { generation, query } => self.send(Request::Ask { generation, query }),
                Effect::Edit(text) => {
                    let turn = self.edit(&text).await?;
                    if turn.is_break() {
                        return Ok(turn);
                    }
                }
                effect @ (Effect::Attach { .. } | Effect::Complete(_)) => self.read(effect),
                Effect::Suspend => self.suspend()?,
                Effect::Clear => self.screen.wipe()?,
                Effect::Quit => return Ok(ControlFlow::Break(Exit::Quit)),
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Only ever tries: the screen does not wait. `update` counted the room, so a full queue is rare.
    fn send(&mut self, request: Request) {
        match self.ports.commands.try_send(request) {
            Err(TrySendError::Full(_)) => {
                let effects = update(&mut self.model, (self.now)(), Msg::Busy);
                drop(effects);
            }
            // Once the engine is gone, the events' channel closes too, which ends the loop.
            Ok(()) | Err(TrySendError::Closed(_)) => {}
        }
    }

    /// Asks the disk, in a thread of its own: a folder on a slow network must not hold the screen.
    fn read(&self, effect: Effect) {
        let read = self.read.clone();
        tokio::task::spawn_blocking(move || {
            if let Some(msg) = files::ask(effect) {
                read.blocking_send(msg).ignore("the screen is gone");
            }
        });
    }

    /// Gives the terminal to the person's editor and takes it back; not if a signal ends the program meanwhile.
    async fn edit(&mut self, text: &Confidential<String>) -> Result<ControlFlow<Exit>, TuiError> {
        self.keys = None;
        // The stream that was dropped has left a wake-up behind. Taken together with a key press it would hide that
        // press until the next one (crossterm stops at the wake-up and its epoll is edge-triggered), so take it now.
        crossterm::event::poll(std::time::Duration::ZERO).ignore("there is no wake-up to take");
        Screen::leave();
        let mut told = false;
        let signals = &mut self.signals;
        let stop = async {
            signals.end().await;
            told = true;
        };
        let back = editor::edit(text, &self.editor, stop).await;
        let msg = match back {
            Ok(text) => Msg::Edited(text),
            Err(error) => Msg::EditFailed(error.to_string()),
        };
        if told {
            self.apply(msg);
            self.apply(Msg::Leave);
            return Ok(ControlFlow::Break(Exit::Signal));
        }
        // The text first: a terminal that is gone must not cost it.
        self.apply(msg);
        self.screen.resume()?;
        self.resized()?;
        Ok(ControlFlow::Continue(()))
    }

    /// Stops like any program on `^Z`, and comes back with `fg`.
    fn suspend(&mut self) -> Result<(), TuiError> {
        // The key stream stays: a stopped program reads nothing.
        Screen::leave();
        // The whole job, as the key itself would: a shell that started us within another program gets its turn, too.
        kill_current_process_group(Signal::TSTP).ignore("then we simply go on");
        // Without job control nothing stopped us and nothing wakes us.
        self.come_back()
    }

    /// Somebody stopped this program and it goes on: a shell had the terminal meanwhile, with modes of its own.
    fn come_back(&mut self) -> Result<(), TuiError> {
        Screen::leave();
        self.screen.resume()?;
        self.resized()?;
        self.apply(Msg::Tick);
        Ok(())
    }

    /// The window may have another size after someone else had it.
    fn resized(&mut self) -> Result<(), TuiError> {
        let size = self.screen.terminal().size()?;
        self.apply(Msg::Resize { width: size.width, height: size.height });
        Ok(())
    }

    /// One message that wishes for nothing but the engine's work.
    fn apply(&mut self, msg: Msg) {
        for effect in self.decide(msg) {
            match effect {
                Effect::Do(command) => self.send(Request::Do(command)),
                Effect::Ask { generation, query } => self.send(Request::Ask { generation, query }),
                Effect::Attach { .. }
                | Effect::Complete(_)
                | Effect::Edit(_)
                | Effect::Suspend
                | Effect::Clear
                | Effect::Quit => {}
            }
        }
    }
}

async fn next_key(keys: &mut Option<EventStream>) -> Result<Woken, std::io::Error> {
    let Some(stream) = keys.as_mut() else { return std::future::pending().await };
    // crossterm reads a terminal that has hung up again and again without an end, so it must not look at one.
    let key =
        poll_fn(
            |context| {
                if has_hung_up() { Poll::Ready(None) } else { stream.poll_next_unpin(context) }
            },
        );
    match key.await {
        Some(Ok(event)) => Ok(input::message(event).map_or(Woken::Nothing, Woken::Msg)),
        Some(Err(error)) => Err(error),
        // The terminal is gone.
        None => Ok(Woken::Leave(Exit::Signal)),
    }
}

/// Is the terminal on standard input gone?
fn has_hung_up() -> bool {
    let input = stdin();
    let mut asked = [PollFd::new(&input, PollFlags::empty())];
    let now = Timespec::default();
    poll(&mut asked, Some(&now)).is_ok()
        && asked.iter().any(|fd| fd.revents().intersects(PollFlags::HUP | PollFlags::ERR))
}

/// Waits for an instant; for ever if there is none.
async fn until(at: Option<Timestamp>, now: Timestamp) {
    let Some(at) = at else { return std::future::pending().await };
    let left = std::time::Duration::try_from(at.duration_since(now)).unwrap_or_default();
    tokio::time::sleep(left).await;
}
