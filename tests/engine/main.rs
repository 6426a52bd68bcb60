//! The engine and its use cases on a real record, without servers: mail comes through the receiver of the IMAP adapter,
//! and leaves over a relay that does what a test says.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::wildcard_enum_match_arm,
    reason = "tests stop at the first surprise"
)]

mod bulk;
mod bus;
mod desk;
mod intake;
mod outbox;
mod senders;
mod settled;
mod support;
mod writing;
