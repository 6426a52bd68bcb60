//! The screen: key scripts against the pure model, pictures as snapshots, rules as sentences.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::string_slice,
    clippy::too_many_lines,
    missing_docs,
    reason = "a test program: a broken precondition should stop the test loudly"
)]

mod behaviour;
mod desk;
mod guard;
mod laws;
mod office;
mod pictures;
mod sign_in;
mod svg;
mod terminal;
