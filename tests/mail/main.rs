//! Reading mail: every quirk by name, golden readings, hostile bytes, and the real mail of other projects.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "functions that only tests call"
)]

mod builder;
mod corpus;
mod gaps;
mod golden;
mod hostile;
mod origins;
