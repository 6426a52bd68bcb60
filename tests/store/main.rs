//! The record against real SQLCipher files: what is on disk, what survives, what is refused.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that fails here fails loudly"
)]

mod closing;
mod crash;
mod damage;
mod files;
mod ledger;
mod outbox;
mod search;
mod support;
mod threads;
