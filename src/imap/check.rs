//! Tries an account once: connect, log in, list the mailboxes, say goodbye.
//!
//! Owns nothing that lasts. It never opens a mailbox, so it changes nothing on the server.

use std::sync::Arc;

use rustls::ClientConfig;

use super::{
    connect::{connect, log_out},
    contract::{Login, MailboxInfo},
    error::ImapError,
    session::{ImapSession, Remote},
    stream::{Cutoff, Endpoint, Limits},
};

/// What the account has: every mailbox that the server lists.
///
/// # Errors
/// Whatever stands in the way; a password leaves only over verified TLS.
pub fn check(
    endpoint: &Endpoint,
    tls: &Arc<ClientConfig>,
    login: &Login,
    limits: &Limits,
) -> Result<Vec<MailboxInfo>, ImapError> {
    let mut session = ImapSession::new(connect(endpoint, tls, login, limits, &Cutoff::default())?);
    let mailboxes = session.list()?;
    log_out(session.logged_in);
    Ok(mailboxes)
}
