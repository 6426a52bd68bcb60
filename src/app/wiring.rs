//! An account with its password and its trust, ready to be connected.
//!
//! Owns nothing but the three together. It never connects.

use std::sync::Arc;

use rustls::ClientConfig;

use crate::{config::settings::Account, domain::credential::Credential, imap, smtp};

use super::{
    connection::{self, TrustError},
    tokens::Tokens,
};

/// What an account's connections share.
#[derive(Clone)]
pub struct Wiring {
    /// The verified TLS configuration.
    pub tls: Arc<ClientConfig>,
    /// The account's settings.
    pub account: Account,
    /// Its password, or where its tokens come from.
    pub password: Credential,
    /// Its tokens, for whoever signs in anew; `None` for an account with a password.
    pub tokens: Option<Arc<Tokens>>,
}

impl Wiring {
    /// Reads the trust that the settings name.
    pub fn new(account: Account, password: impl Into<Credential>) -> Result<Self, TrustError> {
        let tls = connection::tls_config(&account)?;
        Ok(Self { tls, account, password: password.into(), tokens: None })
    }

    /// An account that signs in with OAuth.
    pub fn signing_in(account: Account, tokens: Arc<Tokens>) -> Result<Self, TrustError> {
        let password = Credential::Token(Arc::clone(&tokens) as _);
        Ok(Self { tokens: Some(tokens), ..Self::new(account, password)? })
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
