//! LAYER 2 · The use cases: the only place where the adapters meet.
//!
//! Owns the engine, what may be asked of it and what it tells. It never draws and never parses bytes itself.

pub mod command;
pub mod event;
pub mod fold;
pub mod ingest;
pub mod rows;
pub mod rules;
pub mod time;
