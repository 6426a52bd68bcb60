//! The tokens of an account that signs in with OAuth: kept, and fetched anew before they run out.
//!
//! Owns the one place where an account's tokens are in memory, so that IMAP and SMTP never refresh against each other.
//! What a provider gives anew is kept before it is used. It never logs a token and never asks a person.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use jiff::{SignedDuration, Timestamp};

use crate::{
    config::{
        keyring::KeyringEntry,
        oauth::{ClientSecret, OAuth, ProviderKind},
        secrets,
        settings::{Account, SecretSource},
    },
    domain::{
        confidential::Confidential,
        credential::{AccessTokens, SignInError, SignInFault},
        fault::Ignore,
        id::AccountId,
    },
    net::{
        http::{Http, HttpsClient},
        oauth::{self, Provider, Redirect, RedirectHost, Tokens as Given},
    },
    store::{self, Store},
};

use super::{connection, time::TimeSource};

/// A token is replaced when it holds no longer than this: a login and what follows it must not be cut short.
const AHEAD: SignedDuration = SignedDuration::from_mins(5);

/// Where what must outlive the program is kept: the keyring, and the encrypted record where it is open.
pub struct Vault {
    entry: KeyringEntry,
    record: Option<(Store, AccountId)>,
}

impl Vault {
    /// The keyring alone: for a command that does not open the record.
    pub fn keyring(entry: KeyringEntry) -> Self {
        Self { entry, record: None }
    }

    /// The record, which lasts, and the keyring, which commands without the record read.
    pub fn with_record(entry: KeyringEntry, store: Store, account: AccountId) -> Self {
        Self { entry, record: Some((store, account)) }
    }

    /// What was kept last. Blocks.
    fn load(&self) -> Option<Confidential<String>> {
        let in_record = self.record.as_ref().and_then(|(store, account)| {
            let account = *account;
            store
                .read_blocking("sign-in", move |conn| store::sign_ins::get(conn, account))
                .ok()
                .flatten()
        });
        in_record.or_else(|| self.entry.get().ok())
    }

    /// Keeps it wherever it can be kept; `true` when somewhere it is. Blocks.
    fn save(&self, refresh: &Confidential<String>, now: Timestamp) -> bool {
        let in_keyring = self.entry.set(refresh).is_ok();
        let in_record = self.record.as_ref().is_some_and(|(store, account)| {
            let (account, refresh) = (*account, refresh.clone());
            store
                .write_durable_blocking("sign-in", move |tx| {
                    store::sign_ins::set(tx, account, &refresh, now)
                })
                .is_ok()
        });
        in_keyring || in_record
    }

    /// Forgets it everywhere. Blocks.
    fn forget(&self) {
        self.entry.forget().ignore("a keyring that refuses holds nothing");
        if let Some((store, account)) = &self.record {
            let account = *account;
            store
                .write_durable_blocking("sign-out", move |tx| store::sign_ins::forget(tx, account))
                .ignore("the record cannot be written; whoever asked sees that elsewhere");
        }
    }
}

/// The tokens of one account.
pub struct Tokens {
    provider: Provider,
    http: Arc<dyn Http>,
    vault: Vault,
    time: Arc<dyn TimeSource>,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    access: Option<(Confidential<String>, Timestamp)>,
    refresh: Option<Confidential<String>>,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tokens(‹hidden›)")
    }
}

impl Tokens {
    /// The tokens of this account; `None` for one with a password.
    ///
    /// # Errors
    /// When the provider's trust or the client's secret cannot be read.
    pub fn of(
        account: &Account,
        vault: Vault,
        time: Arc<dyn TimeSource>,
    ) -> Result<Option<Arc<Self>>, TokensError> {
        let SecretSource::OAuth(oauth) = &account.secret else { return Ok(None) };
        let tls = connection::config_for(&oauth.trust)?;
        let http = Arc::new(HttpsClient::new(tls));
        let provider = provider(account, oauth)?;
        let held = Mutex::default();
        Ok(Some(Arc::new(Self { provider, http, vault, time, held })))
    }

    /// Whom to ask for tokens.
    pub const fn provider(&self) -> &Provider {
        &self.provider
    }

    /// The client that asks.
    pub fn http(&self) -> Arc<dyn Http> {
        Arc::clone(&self.http)
    }

    /// What time it is.
    pub fn now(&self) -> Timestamp {
        self.time.now()
    }

    /// Somebody has signed in: these take the place of all before. `false` when they could be kept nowhere and last only
    /// as long as the program. Blocks.
    pub fn replace(&self, given: Given) -> bool {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = given.refresh.as_ref().is_some_and(|new| self.vault.save(new, self.time.now()));
        held.refresh = given.refresh;
        held.access = Some((given.access, given.expires));
        kept
    }

    /// Forgets everything. Blocks.
    pub fn forget(&self) {
        *self.held.lock().unwrap_or_else(PoisonError::into_inner) = Held::default();
        self.vault.forget();
    }

    /// Gets new ones. Another matterbox (a command beside the screen) may have used ours up: then what it kept is tried.
    fn refresh(&self, held: &mut Held) -> Result<Confidential<String>, SignInError> {
        let old = match held.refresh.clone() {
            Some(refresh) => refresh,
            None => self.vault.load().ok_or(SignInFault::NotSignedIn)?,
        };
        let now = self.time.now();
        let ask = |with: &Confidential<String>| {
            oauth::refresh(&self.provider, self.http.as_ref(), with, now)
        };
        let given = match ask(&old) {
            Err(SignInError { fault: SignInFault::Expired | SignInFault::Revoked, .. })
                if self.kept_since(&old).is_some() =>
            {
                ask(&self.kept_since(&old).unwrap_or_else(|| old.clone()))
            }
            end => end,
        }?;
        if let Some(new) = &given.refresh {
            if *new != old && !self.vault.save(new, now) {
                tracing::warn!(
                    "the new sign-in could not be kept; it lasts until the program ends"
                );
            }
            held.refresh = Some(new.clone());
        }
        held.access = Some((given.access.clone(), given.expires));
        Ok(given.access)
    }

    /// What lies in the keyring and is not what we had.
    fn kept_since(&self, old: &Confidential<String>) -> Option<Confidential<String>> {
        self.vault.entry.get().ok().filter(|kept| kept != old)
    }
}

impl AccessTokens for Tokens {
    fn token(&self) -> Result<Confidential<String>, SignInError> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let until = self.time.now().saturating_add(AHEAD).unwrap_or(Timestamp::MAX);
        match &held.access {
            Some((token, expires)) if *expires > until => Ok(token.clone()),
            Some(_) | None => self.refresh(&mut held),
        }
    }

    fn spent(&self) {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).access = None;
    }
}

/// Why an account's provider cannot be asked at all.
#[derive(Debug, thiserror::Error)]
pub enum TokensError {
    /// Its certificates cannot be judged.
    #[error(transparent)]
    Trust(#[from] connection::TrustError),
    /// The client's secret cannot be had.
    #[error(transparent)]
    Secret(#[from] secrets::SecretError),
}

/// What the settings mean for the adapter.
fn provider(account: &Account, oauth: &OAuth) -> Result<Provider, secrets::SecretError> {
    let endpoints = oauth.endpoints();
    let client_secret = match &oauth.client_secret {
        None => None,
        Some(ClientSecret::Written(secret)) => Some(secret.clone()),
        Some(ClientSecret::Command(words)) => Some(secrets::from_command(words)?),
    };
    let host = match oauth.provider {
        // Microsoft registers http://localhost and takes any port with it.
        ProviderKind::Microsoft => RedirectHost::Name,
        ProviderKind::Google | ProviderKind::Generic => RedirectHost::Address,
    };
    let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    Ok(Provider {
        authorize_url: endpoints.authorize,
        token_url: endpoints.token,
        device_url: endpoints.device,
        scopes: oauth.scopes(),
        extra: oauth.extra().iter().map(pair).collect(),
        client_id: oauth.client_id.clone(),
        client_secret,
        login_hint: account.user.clone(),
        redirect: Redirect { host, port: oauth.redirect_port },
    })
}
