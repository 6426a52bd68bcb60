//! The way of mail from a server's thread into the record: read and packed on one thread, written on another.
//!
//! Owns the queues in between. They are bounded in bytes: when the record is slow, the server's thread waits, so TCP does
//! too. It never drops a message; what the record does not take stays pending in the ledger and is fetched again.

use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread::{Builder, JoinHandle},
    time::{Duration, Instant},
};

use rustix::{process::setpriority_process, thread::gettid};

use crate::{
    domain::{fault::Ignore, id::MailboxId},
    mail::Limits,
    store::{self, StoreError},
};

use super::{
    ingest::{self, Incoming, Location, Prepared, Recorded},
    office::Office,
};

/// So many messages wait to be read at most.
const UNREAD: usize = 64;
/// So many messages wait to be written at most: a batch, while the one before it is written.
const UNWRITTEN: usize = 1024;
/// So many bytes of raw mail are on their way at most; a single larger message passes alone.
const BYTES: u64 = 40 << 20;
/// How many messages go together.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// So many go into one batch at most.
    pub batch: usize,
    /// A transaction brings at most this share of the batches that were written before it (8: an eighth), or one.
    pub share: u32,
}

impl Default for Pace {
    fn default() -> Self {
        Self { batch: 800, share: 8 }
    }
}

/// So many bytes of raw mail go into one batch at most.
const BATCH_BYTES: u64 = 20 << 20;
/// So many batches go into one transaction at most.
const REACH: u32 = 8;
/// After so long a transaction takes no more batches: what is in it cannot be seen before its end.
const LONGEST_TRANSACTION: Duration = Duration::from_secs(2);

/// How much the reading thread steps back (nice 1).
const NICENESS: i32 = 10;

/// A batch ends when nothing more came for so long, and in any case after [`LONGEST_WAIT`].
const PAUSE: Duration = Duration::from_millis(20);
/// So long a message waits for others at most.
const LONGEST_WAIT: Duration = Duration::from_millis(250);

/// What the intake tells.
pub trait Arrivals: Send + 'static {
    /// A batch is in the record.
    fn recorded(&mut self, recorded: &Recorded);
    /// The record did not take a message, or takes no more; nothing that was handed in since is in it.
    fn failed(&mut self, error: &StoreError);
}

enum Parcel<T> {
    Message(Box<T>),
    /// Answered when everything before it is in the record.
    Flush(SyncSender<()>),
}

/// A handle for handing in messages. Clones hand in to the same queue.
#[derive(Clone)]
pub struct Intake {
    parcels: SyncSender<Parcel<Incoming>>,
    gate: Arc<Gate>,
}

/// Bytes on their way, and whether the record has failed.
#[derive(Default)]
struct Gate {
    state: Mutex<GateState>,
    freed: Condvar,
}

#[derive(Default)]
struct GateState {
    bytes: u64,
    failed: bool,
    /// A thread of the intake has ended: nothing gets through any more, so nobody may wait.
    dead: bool,
    /// How often something that was handed in did not get into the record.
    losses: u64,
    /// What the record refused and marked as failed, until its mailbox is looked at again.
    refused: BTreeMap<MailboxId, Vec<u32>>,
}

/// Ends the waiting when a thread of the intake ends, also by a panic.
struct LastBreath(Arc<Gate>);

impl Drop for LastBreath {
    fn drop(&mut self) {
        self.0.lock().dead = true;
        self.0.freed.notify_all();
    }
}

/// The record takes no mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the record takes no mail")]
pub struct Refused;

impl Intake {
    /// Starts the two threads. They end when every handle is gone; the joiner waits for that.
    pub fn start(office: Office, arrivals: Box<dyn Arrivals>) -> std::io::Result<(Self, Joiner)> {
        Self::start_at(Pace::default(), office, arrivals)
    }

    /// [`Intake::start`] at a pace of the caller's.
    pub fn start_at(
        pace: Pace,
        office: Office,
        arrivals: Box<dyn Arrivals>,
    ) -> std::io::Result<(Self, Joiner)> {
        let gate = Arc::new(Gate::default());
        let (parcels, incoming) = sync_channel(UNREAD);
        let (ready, prepared) = sync_channel(UNWRITTEN);
        let reading_gate = Arc::clone(&gate);
        let reading =
            Builder::new().name("intake-read".to_owned()).stack_size(8 << 20).spawn(move || {
                let breath = LastBreath(reading_gate);
                prepare_all(&incoming, &ready, &breath.0);
            })?;
        let feed =
            Feed { prepared, held: None, batch: pace.batch, gate: Arc::clone(&gate), taken: 0 };
        let mut recorder = Recorder {
            office,
            arrivals,
            gate: Arc::clone(&gate),
            feed: Arc::new(Mutex::new(feed)),
            share: pace.share,
            written: 0,
            cautious: false,
        };
        let breath = LastBreath(Arc::clone(&gate));
        let writing = Builder::new().name("intake-write".to_owned()).spawn(move || {
            let _breath = breath;
            recorder.run_to_the_end();
        })?;
        Ok((Self { parcels, gate }, Joiner(vec![reading, writing])))
    }

    /// Hands in a message; waits while too much is on its way.
    pub fn hand_in(&self, incoming: Incoming) -> Result<(), Refused> {
        let bytes = weight(&incoming);
        self.gate.enter(bytes)?;
        self.parcels.send(Parcel::Message(Box::new(incoming))).map_err(|_| {
            self.gate.leave(bytes);
            Refused
        })
    }

    /// Waits until everything that was handed in before is in the record.
    pub fn flush(&self) -> Result<(), Refused> {
        let (done, wait) = sync_channel(1);
        self.parcels.send(Parcel::Flush(done)).map_err(|_| Refused)?;
        wait.recv().map_err(|_| Refused)?;
        if self.gate.lock().failed { Err(Refused) } else { Ok(()) }
    }

    /// The record may be tried again (after a full disk was cleared).
    pub fn reset(&self) {
        self.gate.lock().failed = false;
    }

    /// How often something that was handed in did not get into the record, since the start. Who sees it grow must read
    /// the ledger anew: what they counted as stored is not.
    pub fn losses(&self) -> u64 {
        self.gate.lock().losses
    }

    /// Which messages of this mailbox the record refused since this was asked last, by their UIDs.
    pub fn refused(&self, mailbox: MailboxId) -> Vec<u32> {
        self.gate.lock().refused.remove(&mailbox).unwrap_or_default()
    }

    /// Has a thread of the intake ended? Then nothing gets through until the program starts again.
    pub fn is_dead(&self) -> bool {
        self.gate.lock().dead
    }
}

/// Waits for the threads of an intake.
pub struct Joiner(Vec<JoinHandle<()>>);

impl Joiner {
    /// Waits until everything that was handed in is in the record. Drop every [`Intake`] first.
    pub fn join(self) {
        for thread in self.0 {
            thread.join().ignore("a panic there left its messages pending; they are fetched again");
        }
    }
}

fn weight(incoming: &Incoming) -> u64 {
    u64::try_from(incoming.bytes.len()).unwrap_or(u64::MAX)
}

impl Gate {
    fn lock(&self) -> MutexGuard<'_, GateState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn enter(&self, bytes: u64) -> Result<(), Refused> {
        let mut state = self.lock();
        while !state.failed
            && !state.dead
            && state.bytes > 0
            && state.bytes.saturating_add(bytes) > BYTES
        {
            state = self.freed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if state.failed || state.dead {
            return Err(Refused);
        }
        state.bytes = state.bytes.saturating_add(bytes);
        Ok(())
    }

    fn leave(&self, bytes: u64) {
        let mut state = self.lock();
        state.bytes = state.bytes.saturating_sub(bytes);
        self.freed.notify_all();
    }

    fn fail(&self) {
        self.lock().failed = true;
        self.freed.notify_all();
    }

    fn refuse(&self, places: &[Location]) {
        let mut state = self.lock();
        for place in places {
            state.refused.entry(place.mailbox).or_default().push(place.uid);
        }
    }

    fn lose(&self) {
        let mut state = self.lock();
        state.losses = state.losses.saturating_add(1);
    }
}

/// Reading must not run ahead: what it has read waits for the record, and at the end of a first synchronisation the
/// other processors wait with it. Nor may it keep the screen from drawing.
fn stand_back() {
    setpriority_process(Some(gettid()), NICENESS)
        .ignore("everything works without it, less evenly");
}

fn prepare_all(
    incoming: &Receiver<Parcel<Incoming>>,
    ready: &SyncSender<Parcel<Prepared>>,
    gate: &Gate,
) {
    stand_back();
    let limits = Limits::default();
    while let Ok(parcel) = incoming.recv() {
        let parcel = match parcel {
            Parcel::Flush(done) => Parcel::Flush(done),
            Parcel::Message(message) => {
                let bytes = weight(&message);
                match ingest::prepare(*message, &limits) {
                    Ok(prepared) => Parcel::Message(Box::new(prepared)),
                    Err(error) => {
                        // Packing fails only for want of memory: the line stays pending.
                        tracing::warn!(error = %error, "a message could not be packed");
                        gate.lose();
                        gate.leave(bytes);
                        continue;
                    }
                }
            }
        };
        if ready.send(parcel).is_err() {
            return;
        }
    }
}

/// What the reading thread has made ready, and what was taken of it and is not in the record yet.
struct Feed {
    prepared: Receiver<Parcel<Prepared>>,
    /// Taken from the queue while a batch was filled, not part of it.
    held: Option<Parcel<Prepared>>,
    /// [`Pace::batch`].
    batch: usize,
    gate: Arc<Gate>,
    /// Bytes of raw mail that were taken last and pass the gate when they are written.
    taken: u64,
}

impl Feed {
    fn next(&mut self) -> Option<Parcel<Prepared>> {
        self.held.take().or_else(|| self.prepared.recv().ok())
    }

    /// As much as comes without a pause: one message nearly at once when little comes, many together when much does.
    /// Writing a thousand together costs half of what writing them one by one does.
    fn fill(&mut self, first: Prepared) -> Vec<Prepared> {
        let mut bytes = first.weight();
        let mut batch = vec![first];
        let end = Instant::now().checked_add(LONGEST_WAIT);
        while batch.len() < self.batch && bytes < BATCH_BYTES {
            let left = end.map_or(PAUSE, |end| end.saturating_duration_since(Instant::now()));
            match self.prepared.recv_timeout(left.min(PAUSE)) {
                Ok(Parcel::Message(next)) => {
                    bytes = bytes.saturating_add(next.weight());
                    batch.push(*next);
                }
                Ok(flush @ Parcel::Flush(_)) => {
                    self.held = Some(flush);
                    break;
                }
                Err(_) => break,
            }
        }
        self.taken = bytes;
        batch
    }

    /// Another batch, if more has come.
    fn another(&mut self) -> Option<Vec<Prepared>> {
        if self.held.is_none() {
            self.held = self.prepared.recv_timeout(PAUSE).ok();
        }
        match self.held.take()? {
            Parcel::Message(first) => Some(self.fill(*first)),
            flush @ Parcel::Flush(_) => {
                self.held = Some(flush);
                None
            }
        }
    }

    /// What was taken last is not on its way any more.
    fn done(&mut self) {
        self.gate.leave(std::mem::take(&mut self.taken));
    }
}

struct Recorder {
    office: Office,
    arrivals: Box<dyn Arrivals>,
    gate: Arc<Gate>,
    feed: Arc<Mutex<Feed>>,
    /// [`Pace::share`].
    share: u32,
    /// How many batches were written since the start.
    written: u32,
    /// The record refused something in a long transaction: every batch goes alone until it is found.
    cautious: bool,
}

impl Recorder {
    /// A panic here is a mistake of ours. It is told, and nobody is left waiting.
    fn run_to_the_end(&mut self) {
        if catch_unwind(AssertUnwindSafe(|| self.run())).is_err() {
            self.gate.lose();
            self.arrivals.failed(&StoreError::Panicked { label: "intake" });
        }
    }

    fn feed(&self) -> MutexGuard<'_, Feed> {
        self.feed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&mut self) {
        loop {
            let next = self.feed().next();
            match next {
                None => return,
                Some(Parcel::Flush(done)) => done.send(()).ignore("the asker is gone"),
                Some(Parcel::Message(first)) => {
                    let batch = self.feed().fill(*first);
                    if self.gate.lock().failed {
                        self.gate.lose();
                    } else if self.cautious || self.reach() == 1 {
                        self.written = self.written.saturating_add(1);
                        self.write(batch);
                    } else {
                        self.write_many(batch);
                    }
                    self.feed().done();
                }
            }
        }
    }

    /// How many batches go into the next transaction at most: one while little was written, so that a person sees mail
    /// at once and nobody waits long at the end; more with a larger record, where each transaction costs more.
    fn reach(&self) -> u32 {
        self.written.checked_div(self.share).unwrap_or(1).clamp(1, REACH)
    }

    /// Several batches in one transaction, as long as more comes and nobody else wants to write.
    fn write_many(&mut self, first: Vec<Prepared>) {
        let (feed, store) = (Arc::clone(&self.feed), self.office.store().clone());
        let (mut first, mut left) = (Some(first), self.reach());
        self.written = self.written.saturating_add(left);
        let end = Instant::now().checked_add(LONGEST_TRANSACTION);
        let more = move || {
            left = left.checked_sub(1)?;
            if first.is_some() {
                return first.take();
            }
            let mut feed = feed.lock().unwrap_or_else(PoisonError::into_inner);
            feed.done();
            let late = end.is_none_or(|end| Instant::now() >= end);
            if late || store.is_waited_for() { None } else { feed.another() }
        };
        match self.office.record_while(more) {
            Ok(recorded) => self.arrivals.recorded(&recorded),
            Err(error) if stops(&error) => self.stop(&error),
            Err(error) => {
                // Nothing of it is in the record: the ledger has it pending, so that it is fetched again.
                tracing::warn!(error = %error, "several batches were not taken by the record");
                self.cautious = true;
                self.gate.lose();
            }
        }
    }

    fn write(&mut self, batch: Vec<Prepared>) {
        let batch: Arc<[Prepared]> = batch.into();
        match self.office.record_blocking(&batch) {
            Ok(recorded) => self.arrivals.recorded(&recorded),
            Err(error) if stops(&error) => self.stop(&error),
            Err(error) if batch.len() == 1 => self.refuse(&error, &batch),
            Err(_) => self.one_by_one(&batch),
        }
    }

    /// One message of a batch is to blame: the others must not wait for it.
    fn one_by_one(&mut self, batch: &[Prepared]) {
        let mut together = Recorded::default();
        for message in batch {
            let alone: Arc<[Prepared]> = [message.clone()].into();
            match self.office.record_blocking(&alone) {
                Ok(mut recorded) => {
                    together.threads.append(&mut recorded.threads);
                    together.new.append(&mut recorded.new);
                }
                Err(error) if stops(&error) => {
                    self.arrivals.recorded(&together);
                    self.stop(&error);
                    return;
                }
                Err(error) => self.refuse(&error, &alone),
            }
        }
        self.arrivals.recorded(&together);
    }

    fn stop(&mut self, error: &StoreError) {
        self.gate.lose();
        self.gate.fail();
        self.arrivals.failed(error);
    }

    /// A message that the record does not take is marked failed: counted, shown, tried again, and it stops nothing.
    fn refuse(&mut self, error: &StoreError, batch: &[Prepared]) {
        tracing::warn!(error = %error, "a message was not taken by the record");
        self.cautious = false;
        let places: Vec<Location> = batch.iter().filter_map(Prepared::location).collect();
        let failed = places.clone();
        let marked = self.office.store().write_blocking("ingest-failed", move |tx| {
            places.iter().try_for_each(|place| {
                store::mailboxes::mark_failed(tx, place.mailbox, place.uid, "record")
            })
        });
        match marked {
            Ok(()) => {
                self.gate.refuse(&failed);
                self.arrivals.failed(error);
            }
            Err(error) => self.stop(&error),
        }
    }
}

/// Does this error concern the record as a whole, and not one message?
const fn stops(error: &StoreError) -> bool {
    matches!(
        error,
        StoreError::DiskFull(_)
            | StoreError::Disk(_)
            | StoreError::Io(_)
            | StoreError::Damaged { .. }
            | StoreError::Closed
            | StoreError::Poisoned
            | StoreError::Panicked { .. }
    )
}
