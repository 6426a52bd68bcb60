//! What can go wrong with the record, as data.
//!
//! Owns the mapping from SQLite's codes. It never carries a client's word: SQL text and values stay out of it.

use std::{io, path::PathBuf};

use rusqlite::ErrorCode;

use crate::domain::fault::{Fault, Kind};

/// Why the record did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The passphrase does not open this record.
    #[error("the passphrase does not open this record")]
    WrongPassphrase,
    /// Another process has the record open.
    #[error("the record is in use by process {pid}")]
    InUse {
        /// That process, or 0 where it did not say.
        pid: u32,
    },
    /// There is no record in the folder.
    #[error("there is no record in {}", folder.display())]
    Missing {
        /// Where it was looked for.
        folder: PathBuf,
    },
    /// The record was written by a newer version of the program.
    #[error("the record is from a newer version ({found} > {known})")]
    Newer {
        /// The version of its schema.
        found: u32,
        /// The newest version this program knows.
        known: u32,
    },
    /// A page, a row or the key file is broken. Nothing more is written.
    #[error("the record is damaged ({what})")]
    Damaged {
        /// What was found broken.
        what: &'static str,
        /// What SQLite said, where it said something.
        #[source]
        source: Option<rusqlite::Error>,
    },
    /// The disk is full; the transaction was rolled back.
    #[error("the disk is full")]
    DiskFull(#[source] rusqlite::Error),
    /// A file could not be read or written.
    #[error("a file of the record could not be used")]
    Io(#[from] io::Error),
    /// SQLite could not read or write a file.
    #[error("the disk did not do what was asked")]
    Disk(#[source] rusqlite::Error),
    /// The query was stopped by its asker.
    #[error("the query was stopped")]
    Interrupted,
    /// Too many questions wait for an answer.
    #[error("the record is busy")]
    Busy,
    /// The record has been closed.
    #[error("the record is closed")]
    Closed,
    /// A use case panicked; its transaction was rolled back.
    #[error("a use case failed inside the record ({label})")]
    Panicked {
        /// Which use case.
        label: &'static str,
    },
    /// After a panic in a write nothing more is written.
    #[error("the record takes no more writes after a failure")]
    Poisoned,
    /// What was asked for is not there.
    #[error("no such {what} in the record")]
    NotFound {
        /// What was looked for: `message`, `matter`.
        what: &'static str,
    },
    /// A name or number is taken.
    #[error("this {what} exists already")]
    Taken {
        /// What is taken: `matter number`.
        what: &'static str,
    },
    /// An outbox row is not in a state from which it may go where it was asked to go.
    #[error("an outbox row that is {from} cannot become {to}")]
    Transition {
        /// The state it is in.
        from: &'static str,
        /// The state it was to get.
        to: &'static str,
    },
    /// The key could not be derived.
    #[error("the key could not be derived from the passphrase")]
    Kdf,
    /// Bytes could not be compressed or unpacked.
    #[error("bytes could not be packed")]
    Pack(#[source] io::Error),
    /// A statement of ours is wrong.
    #[error("a statement failed")]
    Sql(#[source] rusqlite::Error),
}

impl StoreError {
    /// Broken data without an SQLite error behind it.
    pub(crate) const fn damaged(what: &'static str) -> Self {
        Self::Damaged { what, source: None }
    }

    /// Does this error mean that the files can no longer be trusted?
    pub const fn is_damage(&self) -> bool {
        matches!(self, Self::Damaged { .. })
    }
}

impl From<rusqlite::Error> for StoreError {
    #[allow(clippy::wildcard_enum_match_arm, reason = "SQLite's codes and rusqlite's errors grow")]
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::DiskFull(error),
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                Self::Damaged { what: "a page", source: Some(error) }
            }
            Some(ErrorCode::OperationInterrupted) => Self::Interrupted,
            Some(
                ErrorCode::SystemIoFailure
                | ErrorCode::CannotOpen
                | ErrorCode::PermissionDenied
                | ErrorCode::ReadOnly
                | ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked,
            ) => Self::Disk(error),
            Some(_) => Self::Sql(error),
            None => match error {
                rusqlite::Error::QueryReturnedNoRows => Self::NotFound { what: "row" },
                rusqlite::Error::IntegralValueOutOfRange(..)
                | rusqlite::Error::FromSqlConversionFailure(..)
                | rusqlite::Error::InvalidColumnType(..) => {
                    Self::Damaged { what: "a row", source: Some(error) }
                }
                other => Self::Sql(other),
            },
        }
    }
}

impl Fault for StoreError {
    fn kind(&self) -> Kind {
        match self {
            Self::WrongPassphrase
            | Self::InUse { .. }
            | Self::Missing { .. }
            | Self::Newer { .. }
            | Self::DiskFull(_) => Kind::NeedsUser,
            Self::NotFound { .. } | Self::Taken { .. } | Self::Transition { .. } => Kind::Refused,
            Self::Damaged { .. } | Self::Pack(_) => Kind::Damaged,
            Self::Io(_) | Self::Disk(_) | Self::Interrupted | Self::Busy | Self::Closed => {
                Kind::Transient
            }
            Self::Panicked { .. } | Self::Poisoned | Self::Kdf | Self::Sql(_) => Kind::Bug,
        }
    }
}

/// The store's results.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;
