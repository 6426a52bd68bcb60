//! Parts that screens and layers are drawn from.
//!
//! They own their look and, where they take keys, their state. They know nothing of commands and events.

pub mod bars;
pub mod chooser;
pub mod countdown;
pub mod field;
pub mod list;
pub mod pager;
pub mod table;
pub mod when;
