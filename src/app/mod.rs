//! LAYER 2 · The use cases: the only place where the adapters meet.
//!
//! Owns the engine, what may be asked of it and what it tells. It never draws and never parses bytes itself.

pub mod attach;
pub mod command;
pub mod connection;
pub mod deliver;
pub mod desk;
pub mod discovery;
mod draft_copies;
pub mod engine;
pub mod error;
pub mod event;
pub mod fold;
pub mod folders;
pub mod import;
pub mod ingest;
pub mod intake;
pub mod kept;
pub mod ledger;
pub mod notice;
pub mod office;
pub mod operate;
pub mod operated;
pub mod perform;
pub mod register;
pub mod reply;
pub mod rows;
pub mod scrutiny;
pub mod senders;
pub mod settle;
pub mod sign_in;
pub mod thread_view;
pub mod time;
pub mod tokens;
pub mod views;
pub mod wiring;
