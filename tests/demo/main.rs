//! The practice office from outside: over TLS sockets, with the clients that the product uses.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test program: what fails here fails the test"
)]

mod content;
mod imap;
mod product;
mod pull;
mod smtp;
mod support;
