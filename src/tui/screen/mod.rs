//! The screens: what each shows and what its keys do.
//!
//! Owns the views of the top line and the pages that open on top of them.

pub mod compose;
pub mod due;
pub mod folders;
pub mod inbox;
pub mod lists;
pub mod matter;
pub mod matters;
pub mod outbox;
pub mod parts;
pub mod record;
pub mod thread;
pub mod untagged;
