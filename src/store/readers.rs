//! Three threads that read, each with a `query_only` connection. The one that rested least is asked first, so that its
//! page cache is warm.
//!
//! Owns the read connections and the stopping of queries. It never writes, and never makes an asker wait in line for
//! longer than the line is.

use std::{
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use rusqlite::Connection;

use crate::domain::fault::Ignore;

use super::error::{Result, StoreError};

/// How many questions may wait.
const QUEUE: usize = 64;

/// A question on its way to a thread.
pub(crate) type Job = Box<dyn FnOnce(&mut Connection) + Send>;

/// Every how many steps of SQLite's machine a query looks whether it was stopped: well under a millisecond.
const STEPS: i32 = 1_000;

/// Stops a query that nobody waits for any more. Clones stop the same query.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// A handle for one query that is about to be asked.
    pub fn new() -> Self {
        Self::default()
    }

    /// Stops the query: it ends with [`StoreError::Interrupted`], or never starts. After its end this does nothing.
    pub fn stop(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Runs a query that this handle can stop. `sqlite3_interrupt` would be lost between two statements, and could hit
    /// the next query of the connection; a flag that the query itself looks at can do neither.
    pub(crate) fn guard<T>(
        &self,
        conn: &mut Connection,
        query: impl FnOnce(&Connection) -> Result<T>,
    ) -> Result<T> {
        if self.0.load(Ordering::Relaxed) {
            return Err(StoreError::Interrupted);
        }
        let flag = Arc::clone(&self.0);
        conn.progress_handler(STEPS, Some(move || flag.load(Ordering::Relaxed)))?;
        let result = query(conn);
        conn.progress_handler(0, None::<fn() -> bool>)?;
        result
    }
}

#[derive(Default)]
struct Line {
    /// Jobs that no thread was free for.
    waiting: VecDeque<Job>,
    /// Idle threads, the warmest last.
    idle: Vec<usize>,
    /// A job handed to an idle thread.
    handed: Vec<Option<Job>>,
    closed: bool,
}

struct Shared {
    line: Mutex<Line>,
    wake: Vec<Condvar>,
}

/// The pool.
pub(crate) struct Readers {
    shared: Arc<Shared>,
    threads: Mutex<Vec<thread::JoinHandle<()>>>,
}

impl Readers {
    /// Starts one thread per connection.
    pub(crate) fn start(connections: Vec<Connection>) -> Result<Self> {
        let count = connections.len();
        let line = Line { handed: (0..count).map(|_| None).collect(), ..Line::default() };
        let wake = (0..count).map(|_| Condvar::new()).collect();
        let shared = Arc::new(Shared { line: Mutex::new(line), wake });
        let mut threads = Vec::with_capacity(count);
        for (index, mut conn) in connections.into_iter().enumerate() {
            let shared = Arc::clone(&shared);
            let root = thread::Builder::new().name(format!("store-reader-{index}"));
            threads.push(root.spawn(move || serve(&shared, index, &mut conn))?);
        }
        Ok(Self { shared, threads: Mutex::new(threads) })
    }

    /// Hands a job to the warmest idle thread, or puts it in the line.
    pub(crate) fn submit(&self, job: Job) -> Result<()> {
        let mut line = lock(&self.shared.line);
        if line.closed {
            return Err(StoreError::Closed);
        }
        let Some(index) = line.idle.pop() else {
            if line.waiting.len() >= QUEUE {
                return Err(StoreError::Busy);
            }
            line.waiting.push_back(job);
            return Ok(());
        };
        if let Some(slot) = line.handed.get_mut(index) {
            *slot = Some(job);
        }
        if let Some(wake) = self.shared.wake.get(index) {
            wake.notify_one();
        }
        Ok(())
    }

    /// Answers what waits, then ends the threads.
    pub(crate) fn close(&self) {
        lock(&self.shared.line).closed = true;
        for wake in &self.shared.wake {
            wake.notify_one();
        }
        for thread in lock(&self.threads).drain(..) {
            super::join(thread);
        }
    }
}

fn serve(shared: &Shared, index: usize, conn: &mut Connection) {
    while let Some(job) = next(shared, index) {
        // The job answers its asker itself; a panic drops its channel, which the asker sees.
        if catch_unwind(AssertUnwindSafe(|| job(conn))).is_err() {
            conn.progress_handler(0, None::<fn() -> bool>)
                .ignore("it only fails on a connection that is closed");
        }
    }
}

fn next(shared: &Shared, index: usize) -> Option<Job> {
    let wake = shared.wake.get(index)?;
    let mut line = lock(&shared.line);
    if let Some(job) = line.waiting.pop_front() {
        return Some(job);
    }
    if line.closed {
        return None;
    }
    line.idle.push(index);
    loop {
        if let Some(job) = line.handed.get_mut(index).and_then(Option::take) {
            return Some(job);
        }
        if line.closed {
            return None;
        }
        line = wake.wait(line).unwrap_or_else(PoisonError::into_inner);
    }
}

/// The data behind these locks is valid between any two statements, so a poisoned lock is still good.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
