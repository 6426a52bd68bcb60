//! The program's own code against real Dovecot and Postfix, on loopback, over real TLS.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test program: a broken precondition should stop the test loudly"
)]

#[path = "../support/mod.rs"]
mod support;

mod arrival;
mod bureau;
mod deeds;
mod desk;
mod discover;
mod faults;
mod gmail;
mod hostile;
mod imap;
mod oauth;
mod others;
mod paths;
mod quirks;
mod sign_in;
mod smtp;
