//! The log: a private file for the person who has to find out what happened.
//!
//! Owns where it is written and how much. What may be said is settled by type: a client's words are
//! [`Confidential`](crate::domain::confidential::Confidential) or have a redacted `Debug`, so they cannot get here.

use std::{fs, io, path::Path, sync::Mutex};

use tracing::{
    Subscriber,
    level_filters::LevelFilter,
    subscriber::{SetGlobalDefaultError, set_global_default},
};
use tracing_subscriber::{EnvFilter, fmt::format::FmtSpan};

use crate::{
    config::{ConfigError, paths, settings::LogLevel},
    domain::fault::{Fault, Kind},
};

/// The log's file in its folder.
pub const FILE: &str = "matterbox.log";
/// The file before it.
pub const OLD_FILE: &str = "matterbox.log.1";
/// A log larger than this (bytes) is put aside at the next start, so that two of them at most are kept.
const LARGEST: u64 = 4 << 20;

/// Why there is no log.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// Its folder is not private.
    #[error(transparent)]
    Folder(#[from] ConfigError),
    /// Its file cannot be written.
    #[error("the log cannot be written")]
    File(#[source] io::Error),
    /// There is one already.
    #[error("the log was opened twice")]
    Twice(#[source] SetGlobalDefaultError),
}

impl Fault for LogError {
    fn kind(&self) -> Kind {
        match self {
            Self::Folder(error) => error.kind(),
            Self::File(_) => Kind::Refused,
            Self::Twice(_) => Kind::Bug,
        }
    }
}

/// Sends everything that is traced from here on to the log in this folder.
///
/// # Errors
/// When the folder or the file cannot be made private or written.
pub fn open(folder: &Path, level: LogLevel) -> Result<(), LogError> {
    set_global_default(writer(folder, level)?).map_err(LogError::Twice)
}

/// A log of its own.
fn writer(folder: &Path, level: LogLevel) -> Result<impl Subscriber + Send + Sync, LogError> {
    paths::private_folder(folder)?;
    let file = folder.join(FILE);
    if fs::metadata(&file).is_ok_and(|state| state.len() > LARGEST) {
        fs::rename(&file, folder.join(OLD_FILE)).map_err(LogError::File)?;
    }
    let file = paths::private_append(&file).map_err(LogError::File)?;
    Ok(tracing_subscriber::fmt()
        .json()
        .with_env_filter(filter(level))
        .with_span_events(FmtSpan::NONE)
        .with_target(true)
        .with_writer(Mutex::new(file))
        .finish())
}

/// Our own events from this level on. Other crates' may quote what they parse (rustls a host name, imap a line): only
/// their errors are kept, and of the crates that see mail nothing at all.
fn filter(level: LogLevel) -> EnvFilter {
    let level = match level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
    };
    EnvFilter::new(format!("off,matterbox={level}"))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use tracing::{debug, info, subscriber::with_default};

    use super::*;
    use crate::domain::confidential::Confidential;

    #[test]
    fn the_log_is_private_and_holds_no_secret() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("log");
        let log = writer(&folder, LogLevel::Info).unwrap();
        with_default(log, || {
            info!(subject = ?Confidential::from("settlement offer"), count = 3, "stored");
            debug!("too fine");
            info!(target: "imap_proto", "a line of the server");
        });
        let file = folder.join(FILE);
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.contains("stored") && text.contains("hidden 16 B"), "{text}");
        for absent in ["settlement", "too fine", "line of the server"] {
            assert!(!text.contains(absent), "{text}");
        }
        assert_eq!(fs::metadata(&file).unwrap().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_large_log_is_put_aside() {
        let dir = tempfile::tempdir().unwrap();
        let file = fs::File::create(dir.path().join(FILE)).unwrap();
        file.set_len(LARGEST + 1).unwrap();
        drop(writer(dir.path(), LogLevel::Info).unwrap());
        assert_eq!(fs::metadata(dir.path().join(FILE)).unwrap().len(), 0);
        assert_eq!(fs::metadata(dir.path().join(OLD_FILE)).unwrap().len(), LARGEST + 1);
    }
}
