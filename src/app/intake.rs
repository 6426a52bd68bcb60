//! The way of mail from a server's thread into the record: read and packed on one thread, written on another.
//!
//! Owns the queues in between. They are bounded in bytes: when the record is slow, the server's thread waits, so TCP does
//! too. It never drops a message; what the record does not take stays pending in the ledger and is fetched again.

use std::{
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread::{Builder, JoinHandle},
    time::Duration,
};

use crate::{
    domain::fault::Ignore,
    store::{self, StoreError},
};

use super::{
    ingest::{self, Incoming, Location, Prepared, Recorded},
    office::Office,
};

/// So many messages wait to be read at most.
const UNREAD: usize = 64;
/// So many messages wait to be written at most: a batch, while the one before it is written.
const UNWRITTEN: usize = 512;
/// So many bytes of raw mail are on their way at most; a single larger message passes alone.
const BYTES: u64 = 32 << 20;
/// So many messages go into one transaction at most. The pages of the indexes are written once for each transaction,
/// and half of a first synchronisation would be that if it were a hundred.
const BATCH: usize = 500;
/// So many bytes of raw mail go into one transaction at most.
const BATCH_BYTES: u64 = 16 << 20;
/// So long a batch that is not full waits for a message that is on its way already. One that came alone does not wait.
const LINGER: Duration = Duration::from_millis(20);

/// What the intake tells.
pub trait Arrivals: Send + 'static {
    /// A batch is in the record.
    fn recorded(&mut self, recorded: &Recorded);
    /// The record takes no more; nothing that was handed in since is in it.
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
    messages: usize,
    failed: bool,
}

/// The record takes no mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the record takes no mail")]
pub struct Refused;

impl Intake {
    /// Starts the two threads. They end when every handle is gone; the joiner waits for that.
    pub fn start(office: Office, arrivals: Box<dyn Arrivals>) -> std::io::Result<(Self, Joiner)> {
        let gate = Arc::new(Gate::default());
        let (parcels, incoming) = sync_channel(UNREAD);
        let (ready, prepared) = sync_channel(UNWRITTEN);
        let reading_gate = Arc::clone(&gate);
        let reading = Builder::new()
            .name("intake-read".to_owned())
            .stack_size(8 << 20)
            .spawn(move || prepare_all(&incoming, &ready, &reading_gate))?;
        let mut recorder =
            Recorder { office, arrivals, gate: Arc::clone(&gate), prepared, held: None };
        let writing =
            Builder::new().name("intake-write".to_owned()).spawn(move || recorder.run())?;
        Ok((Self { parcels, gate }, Joiner(vec![reading, writing])))
    }

    /// Hands in a message; waits while too much is on its way.
    pub fn hand_in(&self, incoming: Incoming) -> Result<(), Refused> {
        self.gate.enter(weight(&incoming))?;
        self.parcels.send(Parcel::Message(Box::new(incoming))).map_err(|_| Refused)
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
        while !state.failed && state.bytes > 0 && state.bytes.saturating_add(bytes) > BYTES {
            state = self.freed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if state.failed {
            return Err(Refused);
        }
        state.bytes = state.bytes.saturating_add(bytes);
        state.messages = state.messages.saturating_add(1);
        Ok(())
    }

    fn leave(&self, messages: usize, bytes: u64) {
        let mut state = self.lock();
        state.bytes = state.bytes.saturating_sub(bytes);
        state.messages = state.messages.saturating_sub(messages);
        self.freed.notify_all();
    }

    fn fail(&self) {
        self.lock().failed = true;
        self.freed.notify_all();
    }
}

fn prepare_all(
    incoming: &Receiver<Parcel<Incoming>>,
    ready: &SyncSender<Parcel<Prepared>>,
    gate: &Gate,
) {
    let limits = Office::limits();
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
                        gate.leave(1, bytes);
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

struct Recorder {
    office: Office,
    arrivals: Box<dyn Arrivals>,
    gate: Arc<Gate>,
    prepared: Receiver<Parcel<Prepared>>,
    /// Taken from the queue while a batch was filled, not part of it.
    held: Option<Parcel<Prepared>>,
}

impl Recorder {
    fn run(&mut self) {
        while let Some(parcel) = self.next() {
            match parcel {
                Parcel::Flush(done) => done.send(()).ignore("the asker is gone"),
                Parcel::Message(first) => {
                    let batch = self.fill(*first);
                    self.write(batch);
                }
            }
        }
    }

    fn next(&mut self) -> Option<Parcel<Prepared>> {
        self.held.take().or_else(|| self.prepared.recv().ok())
    }

    /// What is there, and what is on its way already: one message at once when little comes, many together when much
    /// does.
    fn fill(&mut self, first: Prepared) -> Vec<Prepared> {
        let mut bytes = first.weight();
        let mut batch = vec![first];
        while batch.len() < BATCH && bytes < BATCH_BYTES {
            match self.more(batch.len()) {
                Some(Parcel::Message(next)) => {
                    bytes = bytes.saturating_add(next.weight());
                    batch.push(*next);
                }
                Some(flush @ Parcel::Flush(_)) => {
                    self.held = Some(flush);
                    break;
                }
                None => break,
            }
        }
        batch
    }

    fn more(&self, have: usize) -> Option<Parcel<Prepared>> {
        if let Ok(parcel) = self.prepared.try_recv() {
            return Some(parcel);
        }
        let on_their_way = self.gate.lock().messages > have;
        if on_their_way { self.prepared.recv_timeout(LINGER).ok() } else { None }
    }

    fn write(&mut self, batch: Vec<Prepared>) {
        let bytes = batch.iter().map(Prepared::weight).fold(0, u64::saturating_add);
        let messages = batch.len();
        let places: Vec<Location> = batch.iter().filter_map(Prepared::location).collect();
        if !self.gate.lock().failed {
            match self.office.record_blocking(batch) {
                Ok(recorded) => self.arrivals.recorded(&recorded),
                Err(error) => self.refuse(&error, &places),
            }
        }
        self.gate.leave(messages, bytes);
    }

    /// A full or broken disk stops everything. A batch of which a single message is to blame is marked failed: it is
    /// tried again one by one in the next pass, shown meanwhile, and does not stop the rest.
    fn refuse(&mut self, error: &StoreError, places: &[Location]) {
        let stops = matches!(
            error,
            StoreError::DiskFull(_)
                | StoreError::Disk(_)
                | StoreError::Io(_)
                | StoreError::Damaged { .. }
                | StoreError::Closed
                | StoreError::Poisoned
                | StoreError::Panicked { .. }
        );
        let places = places.to_vec();
        let marked = !stops
            && self
                .office
                .store()
                .write_blocking("ingest-failed", move |tx| {
                    places.iter().try_for_each(|place| {
                        store::mailboxes::mark_failed(tx, place.mailbox, place.uid, "record")
                    })
                })
                .is_ok();
        if !marked {
            self.gate.fail();
            self.arrivals.failed(error);
        }
    }
}
