//! The whole program against real Dovecot and Postfix: mail comes in, is answered, survives every kind of trouble.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::string_slice,
    clippy::wildcard_enum_match_arm,
    clippy::format_push_string,
    clippy::format_collect,
    clippy::similar_names,
    reason = "a test program: a broken precondition should stop the test loudly"
)]

#[path = "../support/mod.rs"]
mod support;

mod carrying;
mod desk;
mod disk;
mod drafts;
mod folders;
mod footers;
mod gate;
mod history;
mod input;
mod kill;
mod letters;
mod line;
mod main_story;
mod operate;
mod order;
mod refusals;
mod replay;
mod secrets;
mod sending;
