//! LAYER 1 · What is asked over HTTPS: signing in with OAuth, and whatever else needs a page or a form.
//!
//! Owns the one small trait for a request and the client behind it, and the protocols that stand on it. It never
//! decides whom to trust (a TLS configuration arrives as an argument) and never keeps what it fetched.

pub mod discover;
pub mod http;
