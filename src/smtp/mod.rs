//! LAYER 1 · The SMTP adapter over lettre. Owns the relay and what its answers mean; it never decides to send again.
//!
//! `wire` opens a verified TLS line, `session` speaks on it, [`classify`] says what came of it. lettre's own
//! transport, its TLS and its tracing are not used: verification is ours, and a log must not hold a message.

pub mod classify;
pub mod error;
pub mod relay;
pub mod server;
mod session;
mod wire;

pub use classify::{Cause, LineFault, RefusedRecipient, Reply, SendReport, Verdict};
pub use error::{SmtpError, Step};
pub use relay::{Relay, SmtpRelay, check};
pub use server::{Login, Security, ServerFacts, SmtpServer, Timeouts};

#[cfg(test)]
mod behaviours;
#[cfg(test)]
mod scripted;
#[cfg(test)]
mod tests;
