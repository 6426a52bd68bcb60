//! From an account's settings to what the adapters need: where, how trusted, how logged in.
//!
//! Owns the translation of settings. It never connects.

use std::{fs, io, sync::Arc};

use rustls::ClientConfig;

use crate::{
    config::settings::{Account, Server, TlsMode, TrustSource},
    domain::confidential::Confidential,
    imap, smtp,
    tls::{self, TlsError, Trust},
};

/// Why an account cannot be wired.
#[derive(Debug, thiserror::Error)]
pub enum WiringError {
    /// The file of the certificate authority cannot be read.
    #[error("the file of the certificate authority cannot be read")]
    CaFile(#[source] io::Error),
    /// No TLS configuration can be made.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

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
    pub fn new(account: Account, password: Confidential<String>) -> Result<Self, WiringError> {
        let trust = match &account.trust {
            TrustSource::Platform => Trust::Platform,
            TrustSource::Webpki => Trust::WebpkiRoots,
            TrustSource::CaFile(file) => {
                Trust::CaFile(fs::read(file).map_err(WiringError::CaFile)?)
            }
            TrustSource::Pin(sha256) => Trust::Pinned { sha256: *sha256 },
        };
        Ok(Self { tls: tls::client_config(&trust)?, account, password })
    }

    /// Where and how the IMAP server is reached.
    pub fn imap_endpoint(&self) -> imap::stream::Endpoint {
        let Server { host, port, tls } = &self.account.imap;
        let security = match tls {
            TlsMode::Implicit => imap::stream::Security::Implicit,
            TlsMode::Starttls => imap::stream::Security::StartTls,
        };
        imap::stream::Endpoint { host: host.clone(), port: *port, security }
    }

    /// How to log in to IMAP.
    pub fn imap_login(&self) -> imap::contract::Login {
        imap::contract::Login {
            user: Confidential::from(self.account.user.as_str()),
            password: self.password.clone(),
        }
    }

    /// Where and how the relay is reached.
    pub fn smtp_server(&self) -> smtp::SmtpServer {
        let Server { host, port, tls } = &self.account.smtp;
        smtp::SmtpServer {
            host: host.clone(),
            port: *port,
            security: match tls {
                TlsMode::Implicit => smtp::Security::ImplicitTls,
                TlsMode::Starttls => smtp::Security::StartTls,
            },
            hello: Some(self.account.address.domain().to_owned()),
        }
    }

    /// How to log in to the relay.
    pub fn smtp_login(&self) -> smtp::Login {
        smtp::Login {
            user: Confidential::from(self.account.user.as_str()),
            password: self.password.clone(),
        }
    }

    /// The relay, not yet connected.
    pub fn relay(&self) -> smtp::SmtpRelay {
        smtp::SmtpRelay::new(
            self.smtp_server(),
            Some(self.smtp_login()),
            Arc::clone(&self.tls),
            smtp::Timeouts::default(),
        )
    }
}
