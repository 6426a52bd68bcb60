//! What the composer asks of the disk: to read a file, and to go on with a half-typed path.
//!
//! Owns the way from the wish to its answer. It blocks, and never writes.

use std::path::PathBuf;

use super::{effect::Effect, msg::Msg};
use crate::{
    app::attach,
    domain::{confidential::Confidential, text::SafeText},
};

/// The answer to a wish about files; `None` for any other wish.
pub fn ask(effect: Effect) -> Option<Msg> {
    let home = std::env::var_os("HOME").map(PathBuf::from);
    match effect {
        Effect::Attach { draft, path, taken, limit } => {
            let at = attach::path_of(path.expose(), home.as_deref());
            let file = attach::read(&at, taken, limit)
                .map_err(|error| format!("{}: {error}", SafeText::line(path.expose().trim())));
            Some(Msg::Attached { draft, file })
        }
        Effect::Complete(typed) => {
            let found = attach::complete(typed.expose(), home.as_deref());
            Some(Msg::Completed { typed: Confidential::new(typed.expose().clone()), found })
        }
        Effect::Do(_)
        | Effect::Ask { .. }
        | Effect::Edit(_)
        | Effect::Suspend
        | Effect::Clear
        | Effect::Quit => None,
    }
}
