//! LAYER 0 · The rules, pure: no I/O, no async, no `now()`, no randomness.
//!
//! Owns what a message, a matter, a clock, a draft and a search mean. It may use `jiff`, `thiserror`, the unicode
//! crates, `sha2` and `zeroize`; it must never know that there is a database, a server or a screen.

pub mod address;
pub mod answer;
pub mod audit;
pub mod calendar;
pub mod confidential;
pub mod credential;
pub mod day;
pub mod deadline;
pub mod draft;
pub mod fault;
pub mod finding;
pub mod folder;
pub mod footer;
pub mod holidays;
pub mod horizon;
pub mod id;
pub mod language;
pub mod lookalike;
pub mod matter;
pub mod message;
pub mod operation;
pub mod outbox;
pub mod promise;
pub mod query;
pub mod report;
pub mod review;
pub mod roster;
pub mod sla;
pub mod subject;
pub mod tagging;
pub mod target;
pub mod text;
pub mod threading;
