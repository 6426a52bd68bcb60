//! What the screen wants done. Plain data, carried out by the driver.
//!
//! Owns the list. It never does anything itself.

use crate::{
    app::{command::Command, rows::Query},
    domain::{confidential::Confidential, id::DraftId},
};

/// One wish.
#[derive(Clone)]
pub enum Effect {
    /// Ask the engine to do something.
    Do(Command),
    /// Ask the engine a question.
    Ask {
        /// Comes back with the answer.
        generation: u64,
        /// The question.
        query: Query,
    },
    /// Let the person edit this text in their editor.
    Edit(Confidential<String>),
    /// Read a file to go with a draft.
    Attach {
        /// Which draft.
        draft: DraftId,
        /// Its path as it was typed.
        path: Confidential<String>,
        /// Octets that the message has already.
        taken: u64,
        /// Octets that it may have.
        limit: u64,
    },
    /// Go on with a half-typed path.
    Complete(Confidential<String>),
    /// Give the terminal to the shell until the person comes back.
    Suspend,
    /// Draw everything anew.
    Clear,
    /// The person wants to leave.
    Quit,
}
