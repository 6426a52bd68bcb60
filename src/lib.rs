//! # matterbox — the architecture
//!
//! A terminal inbox for a law office: it pulls client mail over IMAP into one encrypted record, tags threads to
//! matters, counts down the time in which the office owes an answer, and sends the answer with the right
//! confidentiality footer.
//!
//! ## The dependency rule
//!
//! ```text
//! domain ← { config, tls, mail, store, imap, smtp, net } ← app ← tui ← cli ← main
//!                                                            demo ← cli      log ← cli
//! ```
//!
//! Adapters never import one another; what one needs from another (a TLS configuration, a size cap, a credential)
//! arrives as an argument from [`app`], the only place where they meet. `tests/layers.rs` enforces this.
//!
//! ## What may not bend
//!
//! - **The pure core.** [`domain`] has no I/O and no `now()`; time is an argument.
//! - **The screen never waits.** Between a key and its picture there is no network, no disk and no parsing.
//! - **One writer.** One thread owns the write connection; one use case is one transaction, audit entry included.
//! - **Nothing is lost or sent twice.** Every UID is pending, stored, failed or gone; an attempt to send is committed
//!   before its first byte.
//!
//! ## An incoming message
//!
//! ```text
//! imap (own thread) ─Fetched→ app::ledger → app::intake (bounded): mail::read, hash, pack │ one batch, one transaction:
//!     app::ingest: threading → store → tags, suggestions, clocks (app::settle, app::fold) → index, audit, ledger
//!                                                     ─Changed{ids}→ tui asks again (read pool) → view
//! ```
//!
//! What another program does to a message (read, answered, flagged) comes the same way: ledger → `Changed` → asked again.
//! A search is stopped in the read pool as soon as the next one is asked.
//!
//! ## A reply
//!
//! ```text
//! Draft ─review→ Reviewed ─seal→ Sealed → outbox row (held) → app::deliver: attempt counted → smtp::relay → classify
//!        → sent: clock stops, copy filed in Sent · unknown: a person decides
//! ```

pub mod domain;

pub mod config;
pub mod imap;
pub mod mail;
pub mod net;
pub mod smtp;
pub mod store;
pub mod tls;

pub mod app;

pub mod tui;

pub mod demo;

pub mod cli;

pub mod log;
