//! The whole program against real Dovecot and Postfix: mail comes in, is answered, survives every kind of trouble.

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

mod desk;
mod footers;
mod letters;
mod main_story;
