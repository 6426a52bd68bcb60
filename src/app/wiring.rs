//! An account with its password and its trust, ready to be connected.
//!
//! Owns nothing but the three together. It never connects.

use std::sync::Arc;

use rustls::ClientConfig;

use crate::{config::settings::Account, domain::confidential::Confidential, imap, smtp};

use super::connection::{self, TrustError};

/// What an account's connections share.
#[derive(Clone)]
pub struct Wiring {
    /// The verified TLS configuration.
    pub tls: Arc<ClientConfig>,
    /// The account's settings.
    pub account: Account,
    /// Its password.
    pub password: Confidential<String>,
}

impl Wiring {
    /// Reads the trust that the settings name.
    pub fn new(account: Account, password: Confidential<String>) -> Result<Self, TrustError> {
        Ok(Self { tls: connection::tls_config(&account)?, account, password })
    }

    /// Where and how the IMAP server is reached.
    pub fn imap_endpoint(&self) -> imap::stream::Endpoint {
        connection::imap_endpoint(&self.account.imap)
    }

    /// How to log in to IMAP.
    pub fn imap_login(&self) -> imap::contract::Login {
        connection::imap_login(&self.account, &self.password)
    }

    /// The relay, not yet connected.
    pub fn relay(&self) -> smtp::SmtpRelay {
        let login = connection::smtp_login(&self.account, &self.password);
        let server = connection::smtp_server(&self.account);
        smtp::SmtpRelay::new(server, Some(login), Arc::clone(&self.tls), smtp::Timeouts::default())
    }
}
