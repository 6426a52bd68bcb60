//! The adapters against real servers: Dovecot and Postfix on loopback, started by `tests/run`.

#[path = "../support/mod.rs"]
mod support;

mod imap;
