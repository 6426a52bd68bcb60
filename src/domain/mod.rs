//! LAYER 0 · The rules, pure: no I/O, no async, no `now()`, no randomness.
//!
//! Owns what a message, a matter, a clock, a draft and a search mean. It may use `jiff`, `thiserror`, the unicode
//! crates, `sha2` and `zeroize`; it must never know that there is a database, a server or a screen.

pub mod address;
pub mod audit;
pub mod calendar;
pub mod confidential;
pub mod draft;
pub mod fault;
pub mod id;
pub mod matter;
pub mod message;
pub mod query;
pub mod sla;
pub mod tagging;
pub mod text;
pub mod threading;
