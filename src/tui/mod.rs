//! LAYER 3 · The screen: model, update, view. Owns the terminal; it never does I/O between a key and its picture.
//!
//! `input` turns key presses into [`Msg`], `keymap` into an [`Action`]; [`update()`] makes a new [`Model`] and a list of
//! [`Effect`]; [`view()`] draws. [`run`] is the driver: it alone touches the terminal and the channels.

mod action;
mod asks;
mod driver;
mod editor;
mod effect;
mod files;
mod hints;
mod input;
mod key;
mod keymap;
mod layer;
mod model;
mod msg;
mod screen;
mod terminal;
mod theme;
mod update;
mod view;
mod widget;

pub use action::{Action, Group};
pub use driver::{Exit, Ports, ScreenOptions, TuiError, run};
pub use effect::Effect;
pub use key::{Code, Key, KeyError};
pub use keymap::{Context, DEFAULT_KEYS, KeyRow, Keymap, KeysError, KeysProblem, Node};
pub use model::{Model, View};
pub use msg::Msg;
pub use terminal::TerminalError;
pub use theme::{Theme, ThemeError};
pub use update::update;
pub use view::view;

/// Every key of a key table with its action: for help, the README and `matterbox keys`.
pub fn key_table(keys: &Keymap) -> Vec<KeyRow> {
    keys.rows()
}
