//! What the test programs share: the real mail servers and the invented messages they are fed.
//!
//! Include it with `#[path = "support/mod.rs"] mod support;` (or `"../support/mod.rs"` from a folder). It never skips:
//! where the servers are missing it fails and says how to start them.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::missing_panics_doc,
    clippy::format_push_string,
    clippy::format_collect,
    reason = "test support: each program uses a part of it, and a broken precondition should stop the test loudly"
)]

pub mod authority;
pub mod gmail;
pub mod names;
pub mod others;
pub mod provider;
pub mod proxy;
pub mod python;
pub mod scripted;
pub mod servers;
