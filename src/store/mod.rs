//! LAYER 1 · The encrypted record (SQLCipher). Owns every SQL statement; it knows no rule of the product.
//!
//! [`Store`] runs closures: `write` on the one write thread, `read` on one of three readers. The functions of the table
//! families ([`messages`], [`tags`], [`outbox`] …) take a connection or a transaction, so that `app` composes one use
//! case out of several of them and it is one transaction.
//!
//! ```text
//! store.write_durable("tag", |tx| { tags::tag(tx, …)?; threads::refresh(tx, …)?; audit::append(tx, …) }).await
//! ```

pub mod accounts;
pub mod audit;
pub mod clocks;
mod codec;
pub mod deadlines;
pub mod draft_copies;
pub mod drafts;
mod error;
pub mod folders;
mod key;
pub mod labels;
pub mod lists;
pub mod mailboxes;
pub mod marks;
pub mod matters;
pub mod messages;
pub mod meta;
mod migrate;
mod open;
pub mod operations;
pub mod outbox;
pub mod raw;
mod readers;
pub mod reports;
pub mod search;
pub mod senders;
pub mod sign_ins;
mod snippet;
pub mod tags;
pub mod threads;
pub mod warnings;
mod writer;

use std::{
    fmt,
    fs::File,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, mpsc::sync_channel},
    thread::{self, JoinHandle},
};

use rusqlite::{Connection, Transaction};
use tokio::sync::{mpsc, oneshot};

use crate::domain::{confidential::Confidential, fault::Ignore};

pub use self::{
    error::{Result, StoreError},
    key::KdfCost,
    open::{Absent, exists},
    readers::Stop,
};

use self::{
    readers::{Readers, lock},
    writer::{Durability, Health, Job, Writer},
};

/// How many connections read.
const READERS: usize = 3;

/// The open record. Clones are handles to the same one; [`Store::shutdown`] ends it for all.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    folder: PathBuf,
    health: Arc<Health>,
    readers: Readers,
    writer: Mutex<Option<(mpsc::Sender<Job>, JoinHandle<()>)>>,
    /// Held for as long as the record is open.
    lock: Mutex<Option<File>>,
    /// Held by whoever closes the record: nobody else takes it for closed before it is.
    closing: Mutex<()>,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("folder", &self.0.folder).finish_non_exhaustive()
    }
}

impl Store {
    /// Opens the record in `folder`, or makes one. Blocks for as long as deriving the key takes.
    ///
    /// Errors: [`StoreError::Missing`], [`StoreError::WrongPassphrase`], [`StoreError::InUse`], [`StoreError::Newer`],
    /// [`StoreError::Damaged`], or what the disk says.
    pub fn open(folder: &Path, passphrase: &Confidential<String>, absent: Absent) -> Result<Self> {
        let opened = open::open(folder, passphrase, absent, READERS)?;
        let health = Arc::new(Health::default());
        let readers = Readers::start(opened.readers)?;
        let writer = writer::start(opened.writer, Arc::clone(&health))?;
        Ok(Self(Arc::new(Inner {
            folder: folder.to_owned(),
            health,
            readers,
            writer: Mutex::new(Some(writer)),
            lock: Mutex::new(Some(opened.lock)),
            closing: Mutex::new(()),
        })))
    }

    /// The folder that holds the record.
    pub fn folder(&self) -> &Path {
        &self.0.folder
    }

    /// One use case in one transaction, for mail: after a power cut (not after a crash) the last of these may be
    /// missing, and the ledger shows it.
    pub async fn write<T, F>(&self, label: &'static str, case: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Transaction<'_>) -> Result<T> + Send + 'static,
    {
        self.write_with(label, Durability::Bulk, case).await
    }

    /// Like [`Store::write`], but on the disk itself before it returns: for everything a person decided, and for every
    /// step of the outbox.
    pub async fn write_durable<T, F>(&self, label: &'static str, case: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Transaction<'_>) -> Result<T> + Send + 'static,
    {
        self.write_with(label, Durability::Durable, case).await
    }

    async fn write_with<T, F>(
        &self,
        label: &'static str,
        durability: Durability,
        case: F,
    ) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Transaction<'_>) -> Result<T> + Send + 'static,
    {
        let (answer, result) = oneshot::channel();
        let job: Job = Box::new(move |writer: &mut Writer| {
            answer.send(writer.run(label, durability, case)).ignore("the asker is gone");
        });
        self.sender()?.send(job).await.map_err(|_| StoreError::Closed)?;
        result.await.map_err(|_| StoreError::Closed)?
    }

    /// [`Store::write`] for a thread. Never call it from async code: it blocks.
    pub fn write_blocking<T, F>(&self, label: &'static str, case: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Transaction<'_>) -> Result<T> + Send + 'static,
    {
        self.write_blocking_with(label, Durability::Bulk, case)
    }

    /// [`Store::write_durable`] for a thread. Never call it from async code: it blocks.
    pub fn write_durable_blocking<T, F>(&self, label: &'static str, case: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Transaction<'_>) -> Result<T> + Send + 'static,
    {
        self.write_blocking_with(label, Durability::Durable, case)
    }

    /// Does a use case wait for the one that is being written? A long one should end then.
    pub fn is_waited_for(&self) -> bool {
        self.sender().is_ok_and(|sender| sender.capacity() < sender.max_capacity())
    }

    fn write_blocking_with<T, F>(
        &self,
        label: &'static str,
        durability: Durability,
        case: F,
    ) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Transaction<'_>) -> Result<T> + Send + 'static,
    {
        let (answer, result) = sync_channel(1);
        let job: Job = Box::new(move |writer: &mut Writer| {
            answer.send(writer.run(label, durability, case)).ignore("the asker is gone");
        });
        self.sender()?.blocking_send(job).map_err(|_| StoreError::Closed)?;
        result.recv().map_err(|_| StoreError::Closed)?
    }

    /// Asks one of the readers. It sees whole use cases only.
    pub async fn read<T, F>(&self, label: &'static str, query: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T> + Send + 'static,
    {
        self.read_until(label, &Stop::new(), query).await
    }

    /// Like [`Store::read`], with a handle that stops the query: for searches, where the next key makes the last
    /// question pointless.
    pub async fn read_until<T, F>(&self, label: &'static str, stop: &Stop, query: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T> + Send + 'static,
    {
        let (answer, result) = oneshot::channel();
        let stop = stop.clone();
        let health = Arc::clone(&self.0.health);
        let job = move |conn: &mut Connection| {
            let rows = stop.guard(conn, query);
            health.note(&rows);
            answer.send(rows).ignore("the asker is gone");
        };
        self.0.readers.submit(Box::new(job))?;
        result.await.map_err(|_| StoreError::Panicked { label })?
    }

    /// [`Store::read`] for a thread. Never call it from async code: it blocks.
    pub fn read_blocking<T, F>(&self, label: &'static str, query: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T> + Send + 'static,
    {
        let (answer, result) = sync_channel(1);
        let health = Arc::clone(&self.0.health);
        let job = move |conn: &mut Connection| {
            let rows = query(conn);
            health.note(&rows);
            answer.send(rows).ignore("the asker is gone");
        };
        self.0.readers.submit(Box::new(job))?;
        result.recv().map_err(|_| StoreError::Panicked { label })?
    }

    /// Ends the record in order: answers what waits, ends the readers, finishes the writes, folds the WAL into the
    /// database, gives up the lock. The key was wiped when the connections stood. Blocks until no thread uses a
    /// connection; later calls do nothing.
    pub fn shutdown(&self) {
        self.0.close();
        lock(&self.0.lock).take();
    }

    fn sender(&self) -> Result<mpsc::Sender<Job>> {
        lock(&self.0.writer).as_ref().map(|(sender, _)| sender.clone()).ok_or(StoreError::Closed)
    }
}

impl Inner {
    fn close(&self) {
        let _alone = lock(&self.closing);
        self.readers.close();
        // Taken out before it is waited for: the use case that is running may ask who else waits to write.
        let writer = lock(&self.writer).take();
        if let Some((sender, thread)) = writer {
            drop(sender);
            join(thread);
        }
    }
}

impl Drop for Inner {
    /// The same order as [`Store::shutdown`], for a record that nobody closed.
    fn drop(&mut self) {
        self.close();
    }
}

/// Waits for a thread of the record; not from that thread itself, where the last handle may go with a use case.
fn join(thread: JoinHandle<()>) {
    if thread.thread().id() != thread::current().id() {
        // The thread catches the panics of its jobs; there is nothing to learn from its end.
        drop(thread.join());
    }
}

/// Reads every page of the record and checks its authentication code and structure; says what is wrong, in SQLite's
/// words. Costs as much as reading the whole file.
pub fn check_pages(conn: &Connection) -> Result<Vec<String>> {
    let mut problems = Vec::new();
    let mut cipher = conn.prepare("PRAGMA cipher_integrity_check")?;
    for line in cipher.query_map([], |row| row.get::<_, String>(0))? {
        problems.push(line?);
    }
    let mut structure = conn.prepare("PRAGMA quick_check")?;
    for line in structure.query_map([], |row| row.get::<_, String>(0))? {
        problems.extend(Some(line?).filter(|line| line != "ok"));
    }
    Ok(problems)
}
