//! How the settings of an account become what the adapters want, and a first try of both its connections.
//!
//! Owns the translation. It fetches nothing, sends nothing and keeps nothing.

use std::{fs, io, path::PathBuf, sync::Arc, time::Duration};

use rustls::ClientConfig;

use crate::{
    config::settings::{Account, Server, TlsMode, TrustSource},
    domain::{
        confidential::Confidential,
        credential::Credential,
        fault::{Fault, Kind},
    },
    imap::{
        self,
        contract::{MailboxInfo, Role},
        error::ImapError,
        stream::{Endpoint, Limits},
    },
    smtp::{self, SmtpError, SmtpServer, Timeouts},
    tls::{self, TlsError, Trust},
};

/// Why an account's certificates cannot be judged.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// The file of the authority cannot be read.
    #[error("the certificate file {} cannot be read", file.display())]
    File {
        /// Which file.
        file: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// What was read cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

impl Fault for TrustError {
    fn kind(&self) -> Kind {
        match self {
            Self::File { .. } => Kind::NeedsUser,
            Self::Tls(error) => error.kind(),
        }
    }
}

/// The one TLS configuration of an account, for IMAP and SMTP.
///
/// # Errors
/// When the roots cannot be read.
pub fn tls_config(account: &Account) -> Result<Arc<ClientConfig>, TrustError> {
    config_for(&account.trust)
}

/// The TLS configuration for this trust.
///
/// # Errors
/// When the roots cannot be read.
pub fn config_for(trust: &TrustSource) -> Result<Arc<ClientConfig>, TrustError> {
    let trust = match trust {
        TrustSource::Platform => Trust::Platform,
        TrustSource::Webpki => Trust::WebpkiRoots,
        TrustSource::CaFile(file) => Trust::CaFile(
            fs::read(file).map_err(|source| TrustError::File { file: file.clone(), source })?,
        ),
        TrustSource::Pin(sha256) => Trust::Pinned { sha256: *sha256 },
    };
    Ok(tls::client_config(&trust)?)
}

/// Where the IMAP server of an account is.
pub fn imap_endpoint(server: &Server) -> Endpoint {
    Endpoint {
        host: server.host.clone(),
        port: server.port,
        security: match server.tls {
            TlsMode::Implicit => imap::stream::Security::Implicit,
            TlsMode::Starttls => imap::stream::Security::StartTls,
        },
    }
}

/// Where the relay of an account is. It says hello with the domain of the account's address.
pub fn smtp_server(account: &Account) -> SmtpServer {
    SmtpServer {
        host: account.smtp.host.clone(),
        port: account.smtp.port,
        security: match account.smtp.tls {
            TlsMode::Implicit => smtp::Security::ImplicitTls,
            TlsMode::Starttls => smtp::Security::StartTls,
        },
        hello: Some(account.address.domain().to_owned()),
    }
}

/// How an account logs in to its IMAP server.
pub fn imap_login(account: &Account, secret: &Credential) -> imap::contract::Login {
    imap::contract::Login {
        user: Confidential::from(account.user.as_str()),
        password: secret.clone(),
    }
}

/// How an account logs in to its relay.
pub fn smtp_login(account: &Account, secret: &Credential) -> smtp::Login {
    smtp::Login { user: Confidential::from(account.user.as_str()), password: secret.clone() }
}

/// What became of a try.
#[derive(Debug)]
pub struct Tried {
    /// The certificates' roots.
    pub trust: Result<(), TrustError>,
    /// The IMAP server: its mailboxes. `None` when it was not tried.
    pub imap: Option<Result<Mailboxes, ImapError>>,
    /// The relay: the largest message it takes, in octets. `None` when it was not tried.
    pub smtp: Option<Result<Option<u64>, SmtpError>>,
}

/// The mailboxes of an account, counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mailboxes {
    /// All that can hold messages.
    pub selectable: usize,
    /// The decoded name of the one for sent mail, where the server says which it is.
    pub sent: Option<String>,
}

impl Mailboxes {
    fn of(list: &[MailboxInfo]) -> Self {
        let sent = list.iter().find(|mailbox| mailbox.role == Role::Sent);
        Self {
            selectable: list.iter().filter(|mailbox| mailbox.selectable).count(),
            sent: sent.map(|mailbox| mailbox.raw_name.decoded()),
        }
    }
}

/// Tries both connections of an account, the second whatever became of the first.
pub async fn try_account(account: &Account, secret: &Credential) -> Tried {
    let config = match tls_config(account) {
        Ok(config) => config,
        Err(error) => return Tried { trust: Err(error), imap: None, smtp: None },
    };
    let imap = try_imap(account, secret, Arc::clone(&config)).await;
    let login = smtp_login(account, secret);
    let timeouts = Timeouts { command: Duration::from_secs(30), ..Timeouts::default() };
    let smtp = smtp::check(&smtp_server(account), Some(&login), &config, timeouts).await;
    Tried { trust: Ok(()), imap: Some(imap), smtp: Some(smtp.map(|facts| facts.size_limit)) }
}

/// IMAP blocks, so it has a thread of its own.
async fn try_imap(
    account: &Account,
    secret: &Credential,
    config: Arc<ClientConfig>,
) -> Result<Mailboxes, ImapError> {
    let (endpoint, login) = (imap_endpoint(&account.imap), imap_login(account, secret));
    let limits = Limits { answer: Duration::from_secs(30), ..Limits::default() };
    let check = move || imap::check(&endpoint, &config, &login, &limits);
    let list = tokio::task::spawn_blocking(check).await.map_err(|_| ImapError::Panicked)??;
    Ok(Mailboxes::of(&list))
}
