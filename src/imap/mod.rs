//! LAYER 1 · The IMAP adapter. Owns the wire, the plan of a synchronisation and its thread; it never parses mail.
//!
//! ```text
//! stream (TCP, TLS, STARTTLS) → wire (limits, guards) → connect (login, by the `imap` crate)
//!                                     → reader (commands, answers) → reply / lenient (what a line means)
//! plan (pure: what to list, what to fetch, what is gone) → pull (runs it) → contract::Sink (the record)
//! worker (the thread) → round (one connection): every mailbox, then news (watch), polls and orders (filing, operate)
//!   └ lookout (a second connection): hears of news while the first one works
//! ```

pub mod backoff;
mod bodies;
mod check;
mod connect;
pub mod contract;
mod copyuid;
pub mod drafts;
pub mod error;
pub mod filing;
mod gmail;
mod lenient;
mod lookout;
pub mod names;
mod namespace;
pub mod operate;
mod packed;
pub mod plan;
mod pull;
mod reader;
mod reply;
mod resync;
pub mod round;
mod session;
pub mod stream;
mod suspects;
pub mod uids;
mod watch;
mod wire;
pub mod worker;

pub use check::check;
