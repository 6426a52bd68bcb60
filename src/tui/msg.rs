//! Everything that can happen to the screen. Plain data: a recorded list of it replays a bug.
//!
//! Owns the list. It never holds a closure or a handle.

use crate::{
    app::{attach::Completion, event::Event},
    domain::{confidential::Confidential, draft::Enclosure, id::DraftId},
};

use super::key::Key;

/// One thing that happened.
#[derive(Clone)]
pub enum Msg {
    /// The screen opened.
    Start,
    /// A key was pressed.
    Key(Key),
    /// Text was pasted.
    Paste(Confidential<String>),
    /// The terminal has this size now, in cells.
    Resize {
        /// Columns.
        width: u16,
        /// Rows.
        height: u16,
    },
    /// Time went on so far that a countdown looks different.
    Tick,
    /// The engine tells something.
    Event(Event),
    /// The engine's queue has room for so many requests.
    Room(usize),
    /// The program ends in a moment, and nobody asked the person.
    Leave,
    /// The queue was full after all: the request did not go out.
    Busy,
    /// The editor brought this text back.
    Edited(Confidential<String>),
    /// The editor brought nothing back; why, in a sentence of our own.
    EditFailed(String),
    /// A file was read, or not.
    Attached {
        /// For which draft.
        draft: DraftId,
        /// The file, or why not, in a sentence of our own.
        file: Result<Enclosure, String>,
    },
    /// A half-typed path goes on.
    Completed {
        /// What had been typed.
        typed: Confidential<String>,
        /// What it may mean.
        found: Completion,
    },
}
