//! The real binary on a real (pseudo) terminal: what a person sees, and that the terminal is given back.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    reason = "helpers of a test program: a broken precondition should stop the test loudly"
)]

#[path = "../support/mod.rs"]
mod support;

mod bytes;
mod ending;
mod hangup;
mod hostile;
mod office;
mod questions;
mod scripted;
#[cfg(feature = "secret-service")]
mod secret_service;
mod sign_in;
mod terminal;
