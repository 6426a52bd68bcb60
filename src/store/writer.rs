//! The one thread that writes. A use case is one job, a job is one transaction, jobs run in the order they came in.
//!
//! Owns the write connection. It never runs two transactions at once and never writes after damage or a panic.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use rusqlite::{Connection, Transaction, TransactionBehavior, config::DbConfig};
use rustix::{process::setpriority_process, thread::gettid};
use tokio::sync::mpsc;
use tracing::debug;

use crate::domain::fault::Ignore;

use super::error::{Result, StoreError};

/// How safe a commit is when the power fails. A killed process loses nothing either way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Durability {
    /// `synchronous = NORMAL`: the last commits may be missing after a power cut. For mail, which the ledger shows to
    /// be missing, so that it is fetched again.
    Bulk,
    /// `synchronous = FULL`: synced before the call returns. For what cannot be fetched again, above all the outbox:
    /// an attempt that is not on disk before its first byte could be made twice.
    Durable,
}

/// What the threads of one record know of its health.
#[derive(Debug, Default)]
pub(crate) struct Health {
    damaged: AtomicBool,
    poisoned: AtomicBool,
}

impl Health {
    /// Remembers damage, whoever found it.
    pub(crate) fn note<T>(&self, result: &Result<T>) {
        if result.as_ref().is_err_and(StoreError::is_damage) {
            self.damaged.store(true, Ordering::SeqCst);
        }
    }

    fn check(&self) -> Result<()> {
        if self.poisoned.load(Ordering::SeqCst) {
            return Err(StoreError::Poisoned);
        }
        if self.damaged.load(Ordering::SeqCst) {
            return Err(StoreError::damaged("found earlier"));
        }
        Ok(())
    }
}

/// One use case on its way to the thread.
pub(crate) type Job = Box<dyn FnOnce(&mut Writer) + Send>;

/// How much the writing thread steps back (nice 1).
const NICENESS: i32 = 10;

/// How many use cases may wait.
const QUEUE: usize = 64;

/// The write connection and what is known of it.
pub(crate) struct Writer {
    conn: Connection,
    health: Arc<Health>,
}

impl Writer {
    /// One use case in one `IMMEDIATE` transaction: committed when it returns `Ok`, else rolled back.
    pub(crate) fn run<T>(
        &mut self,
        label: &'static str,
        durability: Durability,
        case: impl FnOnce(&Transaction<'_>) -> Result<T>,
    ) -> Result<T> {
        self.health.check()?;
        debug!(label, "write");
        let result = catch_unwind(AssertUnwindSafe(|| self.transact(durability, case)));
        let result = result.unwrap_or_else(|_| {
            self.health.poisoned.store(true, Ordering::SeqCst);
            Err(StoreError::Panicked { label })
        });
        self.health.note(&result);
        result
    }

    fn transact<T>(
        &mut self,
        durability: Durability,
        case: impl FnOnce(&Transaction<'_>) -> Result<T>,
    ) -> Result<T> {
        let level = match durability {
            Durability::Bulk => "NORMAL",
            Durability::Durable => "FULL",
        };
        self.conn.pragma_update(None, "synchronous", level)?;
        let tx = self.conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let value = case(&tx)?;
        tx.commit()?;
        Ok(value)
    }

    fn close(self) {
        if self.health.check().is_err() {
            // Evidence stays as it is: not even the WAL is folded in.
            self.conn
                .set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)
                .ignore("closing a damaged record; the connection goes either way");
        } else {
            self.conn
                .execute_batch("PRAGMA optimize; PRAGMA wal_checkpoint(TRUNCATE);")
                .ignore("closing; the WAL is complete and is read at the next start");
        }
        self.conn.close().map_err(|(_, error)| error).ignore("closing; the process ends");
    }
}

/// Starts the thread. It ends when the sender is gone and the queue is empty.
pub(crate) fn start(
    conn: Connection,
    health: Arc<Health>,
) -> Result<(mpsc::Sender<Job>, thread::JoinHandle<()>)> {
    let (tx, mut rx) = mpsc::channel::<Job>(QUEUE);
    let thread = thread::Builder::new().name("store-writer".to_owned()).spawn(move || {
        let mut writer = Writer { conn, health };
        // A first synchronisation writes without a pause; the screen must get its turn all the same.
        setpriority_process(Some(gettid()), NICENESS).ignore("everything works without it");
        while let Some(job) = rx.blocking_recv() {
            job(&mut writer);
        }
        writer.close();
    })?;
    Ok((tx, thread))
}
