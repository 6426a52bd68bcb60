//! LAYER 1 · Files → settings. Owns the settings, their defaults and where they live; it never opens a socket.
//!
//! Two steps: `raw` is what the file says, [`settings`] is what it means, everything resolved and checked. After
//! that nothing is checked again. [`paths`] says where things live, [`secrets`] fetches what must not stand in a file
//! ([`keyring`] holds it until the machine restarts), [`oauth`] says who signs people in,
//! [`mod@write`] edits a settings file and keeps a person's comments.

mod desktop;
mod error;
mod folders;
pub mod footers;
pub mod ics;
pub mod keyring;
pub mod oauth;
pub mod paths;
mod raw;
pub mod secrets;
pub mod settings;
pub mod sla;
pub mod write;

pub use error::ConfigError;
pub use settings::Settings;

use std::{fs, io, path::Path};

/// The annotated settings that ship with the program; every commented value in it is the default.
pub const SHIPPED: &str = include_str!("../../config/matterbox.toml");

/// Reads the settings of an office. Relative paths in it are taken from the file's folder.
///
/// # Errors
/// [`ConfigError::Missing`] when there is no such file; otherwise the first mistake with its line and column.
pub fn load(file: &Path) -> Result<Settings, ConfigError> {
    let text = fs::read_to_string(file).map_err(|source| {
        if source.kind() == io::ErrorKind::NotFound {
            ConfigError::Missing { file: file.to_owned() }
        } else {
            ConfigError::Read { file: file.to_owned(), source }
        }
    })?;
    parse(&text, file)
}

/// Reads settings from a text that stands (or will stand) in `file`.
///
/// # Errors
/// The first mistake, with its line and column.
pub fn parse(text: &str, file: &Path) -> Result<Settings, ConfigError> {
    let raw = raw::parse(text).map_err(|mistake| mistake.at(text, file))?;
    settings::resolve(raw, file.parent().unwrap_or(Path::new("")))
        .map_err(|mistake| mistake.at(text, file))
}
