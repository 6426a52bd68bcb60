//! OAuth 2.0 for a program on somebody's desk (RFC 6749, 8252, 9700): whom to ask, and what comes back.
//!
//! Owns the requests to a provider and the reading of its answers. It keeps no token, opens no browser and never asks
//! with anything but PKCE and S256 (RFC 7636). URLs, codes and tokens are confidential from their first byte.

pub mod browser;
pub mod device;
mod trouble;

use std::{fmt, sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
use oauth2::{
    AuthType, AuthUrl, ClientId, ClientSecret, EndpointNotSet, EndpointSet, HttpRequest,
    HttpResponse, RefreshToken, Scope, TokenResponse, TokenUrl,
    basic::{BasicClient, BasicTokenResponse},
};

use self::trouble::refused;
use super::http::{Http, HttpError, Request};
use crate::domain::{
    confidential::Confidential,
    credential::{SignInError, SignInFault},
};

/// So long a token holds whose provider does not say (RFC 6749 §5.1 leaves it open).
const USUAL_LIFE: Duration = Duration::from_mins(30);

/// Whom to ask for tokens, and as whom.
#[derive(Clone)]
pub struct Provider {
    /// Where a person signs in: an `https` URL.
    pub authorize_url: String,
    /// Where codes become tokens: an `https` URL.
    pub token_url: String,
    /// Where device codes are given out; `None` where the provider gives none for mail.
    pub device_url: Option<String>,
    /// What is asked for.
    pub scopes: Vec<String>,
    /// What the provider wants to hear besides, at the place where a person signs in.
    pub extra: Vec<(String, String)>,
    /// Which program asks, as the provider has registered it.
    pub client_id: String,
    /// What such a program proves itself with. On a desk it is no secret to anybody there (RFC 8252 §8.5).
    pub client_secret: Option<Confidential<String>>,
    /// Whom the provider's page proposes.
    pub login_hint: String,
    /// How the browser comes back.
    pub redirect: Redirect,
}

/// How the browser comes back to this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Redirect {
    /// The host name in the address.
    pub host: RedirectHost,
    /// The port; 0 takes a free one (RFC 8252 §7.3: a provider must allow any).
    pub port: u16,
}

/// The name under which this machine is known to itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RedirectHost {
    /// `127.0.0.1`, as RFC 8252 §8.3 wants it.
    Address,
    /// `localhost`, as Microsoft registers it.
    Name,
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Provider")
    }
}

/// What a provider gave out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tokens {
    /// What a server wants to see.
    pub access: Confidential<String>,
    /// When that runs out.
    pub expires: Timestamp,
    /// What gets a new one; `None` when the provider gave none.
    pub refresh: Option<Confidential<String>>,
}

type Client = BasicClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointSet>;

impl Provider {
    fn client(&self) -> Result<Client, SignInError> {
        let mut client = BasicClient::new(ClientId::new(self.client_id.clone()))
            .set_auth_type(AuthType::RequestBody)
            .set_auth_uri(AuthUrl::new(self.authorize_url.clone()).map_err(|_| no_url())?)
            .set_token_uri(TokenUrl::new(self.token_url.clone()).map_err(|_| no_url())?);
        if let Some(secret) = &self.client_secret {
            client = client.set_client_secret(ClientSecret::new(secret.expose().clone()));
        }
        Ok(client)
    }

    fn scopes(&self) -> impl Iterator<Item = Scope> + use<'_> {
        self.scopes.iter().map(|scope| Scope::new(scope.clone()))
    }

    /// What came back, if it is what was asked for.
    fn accept(&self, answer: &BasicTokenResponse, now: Timestamp) -> Result<Tokens, SignInError> {
        if let Some(given) = answer.scopes() {
            let has =
                |wanted: &String| given.iter().any(|scope| scope.eq_ignore_ascii_case(wanted));
            // Scopes that are no addresses (offline_access, openid) are not always listed in the answer.
            let lacks = |scope: &&String| scope.contains("://") && !has(scope);
            if self.scopes.iter().any(|scope| lacks(&scope)) {
                return Err(SignInFault::Scope.into());
            }
        }
        let life = answer.expires_in().unwrap_or(USUAL_LIFE);
        let life = SignedDuration::try_from(life).unwrap_or(SignedDuration::from_hours(1));
        Ok(Tokens {
            access: Confidential::new(answer.access_token().secret().clone()),
            expires: now.saturating_add(life).unwrap_or(now),
            refresh: answer.refresh_token().map(|token| Confidential::new(token.secret().clone())),
        })
    }
}

fn no_url() -> SignInError {
    SignInError { fault: SignInFault::Client, said: "the provider's address is none".into() }
}

/// Gets a new access token for a refresh token (RFC 6749 §6). Blocks.
///
/// A provider may give a new refresh token with it; then the old one is no good any more (RFC 9700 §4.14.2), and what
/// is answered here must be kept before anything else is done with it.
///
/// # Errors
/// When the provider refuses or cannot be reached.
pub fn refresh(
    provider: &Provider,
    http: &dyn Http,
    refresh: &Confidential<String>,
    now: Timestamp,
) -> Result<Tokens, SignInError> {
    let client = provider.client()?;
    let old = RefreshToken::new(refresh.expose().clone());
    let answer = client
        .exchange_refresh_token(&old)
        .add_scopes(provider.scopes())
        .request(&|request| ask(http, request))
        .map_err(|error| refused(error, false))?;
    let mut tokens = provider.accept(&answer, now)?;
    tokens.refresh.get_or_insert_with(|| refresh.clone());
    Ok(tokens)
}

/// Sends what the library has made. Every request of it is a form.
fn ask(http: &dyn Http, request: HttpRequest) -> Result<HttpResponse, HttpError> {
    let url = request.uri().to_string();
    let answer = http.send(&Request::form(&url, request.into_body()))?;
    let mut response = HttpResponse::new(answer.body.expose().clone());
    *response.status_mut() =
        ureq::http::StatusCode::from_u16(answer.status).map_err(|_| HttpError::Protocol)?;
    Ok(response)
}

/// The same from async code: the client blocks, so it has a thread of its own.
async fn ask_apart(http: Arc<dyn Http>, request: HttpRequest) -> Result<HttpResponse, HttpError> {
    let asked = tokio::task::spawn_blocking(move || ask(http.as_ref(), request)).await;
    asked.unwrap_or(Err(HttpError::Protocol))
}
