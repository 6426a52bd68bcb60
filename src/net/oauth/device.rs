//! Signing in on another machine with a code (RFC 8628): for a server, and for a line without a browser.
//!
//! Owns the polling, at the pace that the provider sets. It never asks faster than it is told to, and ends when the
//! code does. Dropping the future ends it too.

use std::{fmt, future::Future, sync::Arc, time::Duration};

use jiff::Timestamp;
use oauth2::{DeviceAuthorizationUrl, StandardDeviceAuthorizationResponse};

use super::{Http, Provider, Tokens, ask_apart, no_url, refused};
use crate::domain::credential::{SignInError, SignInFault};

/// A code that waits for a person.
pub struct Waiting {
    provider: Provider,
    answer: StandardDeviceAuthorizationResponse,
}

/// Asks for a code.
///
/// # Errors
/// When the provider gives none.
pub async fn begin(provider: Provider, http: Arc<dyn Http>) -> Result<Waiting, SignInError> {
    let Some(url) = provider.device_url.clone() else { return Err(SignInFault::NotOffered.into()) };
    let url = DeviceAuthorizationUrl::new(url).map_err(|_| no_url())?;
    let client = provider.client()?.set_device_authorization_url(url);
    let answer = client
        .exchange_device_code()
        .add_scopes(provider.scopes())
        .request_async(&|request| ask_apart(Arc::clone(&http), request))
        .await
        .map_err(|error| refused(error, true))?;
    Ok(Waiting { provider, answer })
}

impl Waiting {
    /// Where the person goes, with any browser.
    pub fn url(&self) -> &str {
        self.answer.verification_uri().as_str()
    }

    /// What the person types there.
    pub fn code(&self) -> &str {
        self.answer.user_code().secret()
    }

    /// How long the code holds.
    pub fn life(&self) -> Duration {
        self.answer.expires_in()
    }

    /// Waits until the person has signed in. `sleep` waits between two questions, `now` tells the time.
    ///
    /// # Errors
    /// When the person says no, the code runs out, or the provider refuses.
    pub async fn finish<S, F>(
        self,
        http: Arc<dyn Http>,
        now: impl Fn() -> Timestamp + Send + Sync,
        sleep: S,
    ) -> Result<Tokens, SignInError>
    where
        S: Fn(Duration) -> F,
        F: Future<Output = ()>,
    {
        // RFC 8628 §3.5: the first question comes after the interval too.
        sleep(self.answer.interval()).await;
        let client = self.provider.client()?;
        let answer = client
            .exchange_device_access_token(&self.answer)
            .set_time_fn(|| {
                let now = now();
                let nanoseconds = u32::try_from(now.subsec_nanosecond()).unwrap_or_default();
                chrono::DateTime::from_timestamp(now.as_second(), nanoseconds).unwrap_or_default()
            })
            .request_async(&|request| ask_apart(Arc::clone(&http), request), sleep, None)
            .await
            .map_err(|error| refused(error, true))?;
        self.provider.accept(&answer, now())
    }
}

impl fmt::Debug for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Waiting")
    }
}
