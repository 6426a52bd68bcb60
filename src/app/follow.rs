//! Follows `sla.toml` while the program runs: what is changed there holds without a restart.
//!
//! Owns the decision whether a file has changed and has come to rest. What cannot be understood changes nothing.

use std::{fs, path::Path, time::SystemTime};

use crate::config::sla::{self, SlaSettings};

/// What became of a look at the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Nothing that matters.
    None,
    /// It was changed, and what it says holds.
    Followed,
    /// It was changed to something that is not understood: in words, where and what. What was read before holds.
    Refused(String),
}

/// What a look at the file found.
pub(super) enum Seen {
    Nothing,
    Mistaken(String),
    Read(Box<SlaSettings>),
}

/// When the file was written last, and how long it is; `None` when there is none.
type Stamp = Option<(SystemTime, u64)>;

/// What is known of the file.
pub(super) struct Followed {
    /// As it was when it was read last.
    read: Stamp,
    /// As it was at the last look: a file that is just being written is looked at once more before it is read.
    last: Stamp,
}

impl Followed {
    /// The file as it is now was read just before.
    pub(super) fn beginning_with(file: &Path) -> Self {
        let now = stamp(file);
        Self { read: now, last: now }
    }

    pub(super) fn look(&mut self, file: &Path) -> Seen {
        let now = stamp(file);
        let rests = std::mem::replace(&mut self.last, now) == now;
        // A file that is gone may be on its way back: editors write beside it and rename.
        if now.is_none() || now == self.read || !rests {
            return Seen::Nothing;
        }
        self.read = now;
        match sla::load(file) {
            Ok(settings) => Seen::Read(Box::new(settings)),
            Err(error) => Seen::Mistaken(error.to_string()),
        }
    }
}

fn stamp(file: &Path) -> Stamp {
    let state = fs::metadata(file).ok()?;
    Some((state.modified().ok()?, state.len()))
}
