//! The sheet on which files are attached and taken off.
//!
//! Owns what is typed and chosen there; the files themselves are the draft's.

use crate::{app::event::Tone, tui::widget::field::Field};

/// Attaching a file.
#[derive(Default)]
pub struct Attach {
    /// The path.
    pub field: Field,
    /// What the half-typed path may mean.
    pub names: Vec<String>,
    /// Which of the draft's files is chosen, from 0.
    pub chosen: usize,
    /// What was done, or what is wrong.
    pub note: Option<(Tone, String)>,
    /// A file is being read.
    pub busy: bool,
}
