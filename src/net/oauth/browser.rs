//! Signing in with the browser of this machine (RFC 8252): PKCE (RFC 7636, S256 only), a fresh `state`, and a listener on
//! the loopback interface that waits for the browser to come back.
//!
//! Owns the listener and the one page it shows. It never accepts an answer whose `state` is not the one it made, never
//! listens beyond this machine, and lives no longer than one sign-in. Dropping the future ends it.

use std::{
    fmt,
    net::{Ipv4Addr, Ipv6Addr},
    sync::Arc,
    time::Duration,
};

use jiff::Timestamp;
use oauth2::{
    AuthorizationCode, CsrfToken, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, url::Url,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    task::JoinSet,
    time::timeout,
};

use super::{Http, Provider, RedirectHost, Tokens, ask_apart, no_url, refused, trouble::meaning};
use crate::domain::{
    confidential::Confidential,
    credential::{SignInError, SignInFault},
    fault::Ignore,
};

/// A request line of a browser that comes back is no longer than this (bytes); Microsoft's codes have some kilobytes.
const LONGEST_REQUEST: usize = 32 * 1024;
/// So long a connection may take to say what it wants.
const PATIENCE: Duration = Duration::from_secs(10);
/// So many connections may be open at a time: browsers open some more than they use.
const MOST_CONNECTIONS: usize = 16;

/// A sign-in that waits for the browser.
pub struct Begun {
    provider: Provider,
    listeners: Vec<TcpListener>,
    redirect: RedirectUrl,
    url: Confidential<String>,
    state: Confidential<String>,
    verifier: PkceCodeVerifier,
}

impl fmt::Debug for Begun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Begun")
    }
}

/// Opens the listener and makes the address of the page on which the person signs in.
///
/// # Errors
/// When no port is free, or the provider's addresses are none.
pub async fn begin(provider: Provider) -> Result<Begun, SignInError> {
    let (listeners, port) = listen(&provider).await?;
    let host = match provider.redirect.host {
        RedirectHost::Address => "127.0.0.1",
        RedirectHost::Name => "localhost",
    };
    let redirect = RedirectUrl::new(format!("http://{host}:{port}")).map_err(|_| no_url())?;
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let client = provider.client()?.set_redirect_uri(redirect.clone());
    let mut request = client
        .authorize_url(CsrfToken::new_random)
        .add_scopes(provider.scopes())
        .set_pkce_challenge(challenge);
    if !provider.login_hint.is_empty() {
        request = request.add_extra_param("login_hint", provider.login_hint.clone());
    }
    for (name, value) in &provider.extra {
        request = request.add_extra_param(name.clone(), value.clone());
    }
    let (url, state) = request.url();
    let (url, state) = (url.to_string().into(), state.into_secret().into());
    Ok(Begun { provider, listeners, redirect, url, state, verifier })
}

/// A browser may take `localhost` for either address, so both listen where both exist.
async fn listen(provider: &Provider) -> Result<(Vec<TcpListener>, u16), SignInError> {
    let nowhere = |_| SignInError::from(SignInFault::NoListener);
    let first =
        TcpListener::bind((Ipv4Addr::LOCALHOST, provider.redirect.port)).await.map_err(nowhere)?;
    let port = first.local_addr().map_err(nowhere)?.port();
    let mut listeners = vec![first];
    if provider.redirect.host == RedirectHost::Name {
        listeners.extend(TcpListener::bind((Ipv6Addr::LOCALHOST, port)).await.ok());
    }
    Ok((listeners, port))
}

impl Begun {
    /// The address of the page on which the person signs in. It is for one use and must not be logged.
    pub const fn url(&self) -> &Confidential<String> {
        &self.url
    }

    /// Waits for the browser, or for a person who brings the address at which a browser elsewhere ended, and turns the
    /// code into tokens.
    ///
    /// # Errors
    /// When the person says no, the provider refuses, what is brought belongs elsewhere, or `limit` has passed.
    pub async fn finish(
        self,
        http: Arc<dyn Http>,
        mut brought: mpsc::Receiver<Confidential<String>>,
        now: impl Fn() -> Timestamp + Send,
        limit: Duration,
    ) -> Result<Tokens, SignInError> {
        let code = timeout(limit, self.code(&mut brought))
            .await
            .map_err(|_| SignInError::from(SignInFault::TimedOut))??;
        let client = self.provider.client()?.set_redirect_uri(self.redirect);
        let answer = client
            .exchange_code(AuthorizationCode::new(code.expose().clone()))
            .set_pkce_verifier(self.verifier)
            .request_async(&|request| ask_apart(Arc::clone(&http), request))
            .await
            .map_err(|error| refused(error, true))?;
        self.provider.accept(&answer, now())
    }

    async fn code(
        &self,
        brought: &mut mpsc::Receiver<Confidential<String>>,
    ) -> Result<Confidential<String>, SignInError> {
        let mut guests = JoinSet::new();
        let mut closed = false;
        loop {
            let arrival = tokio::select! {
                Some(guest) = accept(&self.listeners), if guests.len() < MOST_CONNECTIONS => {
                    guests.spawn(serve(guest, self.state.clone()));
                    continue;
                }
                Some(arrival) = guests.join_next() => arrival.unwrap_or(Arrival::Foreign),
                url = brought.recv(), if !closed => {
                    let Some(url) = url else {
                        closed = true;
                        continue;
                    };
                    match read(url.expose().trim(), &self.state) {
                        // Somebody brought it, so somebody is told.
                        Arrival::Foreign => return Err(SignInFault::State.into()),
                        arrival @ (Arrival::Code(_) | Arrival::Refused(_)) => arrival,
                    }
                }
            };
            match arrival {
                // Any page may send a browser here: whoever does not know the state has no say in how this ends.
                Arrival::Foreign => {}
                Arrival::Code(code) => return Ok(code),
                Arrival::Refused(error) => return Err(error),
            }
        }
    }
}

/// The next connection at any of the listeners.
async fn accept(listeners: &[TcpListener]) -> Option<TcpStream> {
    async fn next(listener: Option<&TcpListener>) -> Option<TcpStream> {
        match listener {
            Some(listener) => listener.accept().await.ok().map(|(stream, _)| stream),
            None => std::future::pending().await,
        }
    }
    tokio::select! {
        guest = next(listeners.first()) => guest,
        guest = next(listeners.get(1)) => guest,
    }
}

/// What came.
enum Arrival {
    /// Nothing that belongs to this sign-in.
    Foreign,
    /// The code.
    Code(Confidential<String>),
    /// The provider's refusal.
    Refused(SignInError),
}

/// Reads one request and answers it.
async fn serve(mut guest: TcpStream, state: Confidential<String>) -> Arrival {
    let Ok(Some(target)) = timeout(PATIENCE, request_target(&mut guest)).await else {
        return Arrival::Foreign;
    };
    let arrival = read(target.expose(), &state);
    let (status, words) = match &arrival {
        Arrival::Foreign => ("404 Not Found", "This does not belong to a sign-in of matterbox."),
        Arrival::Code(_) => ("200 OK", "matterbox has what it needs. You can close this window."),
        Arrival::Refused(_) => {
            ("200 OK", "The sign-in was refused. matterbox says why; you can close this window.")
        }
    };
    let page = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>matterbox</title><p>{words}</p></html>"
    );
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\n\
         Cache-Control: no-store\r\nReferrer-Policy: no-referrer\r\n\
         Content-Security-Policy: default-src 'none'\r\nConnection: close\r\n\r\n",
        page.len()
    );
    let answer = async {
        guest.write_all(head.as_bytes()).await?;
        guest.write_all(page.as_bytes()).await?;
        guest.shutdown().await
    };
    let answered = timeout(PATIENCE, answer).await;
    answered.map(|done| done.ignore("the browser is gone; the code is here")).ignore("likewise");
    arrival
}

/// The target of a `GET`; `None` for anything else.
async fn request_target(guest: &mut TcpStream) -> Option<Confidential<String>> {
    let mut heard = zeroize::Zeroizing::new(Vec::new());
    // The head is read to its end: a connection that is closed before is reset, and the page is lost with it.
    while !heard.windows(4).any(|four| four == b"\r\n\r\n") {
        let mut chunk = [0_u8; 4096];
        let read = guest.read(&mut chunk).await.ok()?;
        heard.extend_from_slice(chunk.get(..read)?);
        if read == 0 || heard.len() > LONGEST_REQUEST {
            return None;
        }
    }
    let text = std::str::from_utf8(&heard).ok()?;
    let mut words = text.lines().next()?.split(' ');
    let (method, target) = (words.next()?, words.next()?);
    (method == "GET" && target.starts_with('/')).then(|| target.into())
}

/// Reads the address at which a browser ended: the whole of it, or its part behind the host.
fn read(address: &str, state: &Confidential<String>) -> Arrival {
    let base = Url::parse("http://127.0.0.1/");
    let Ok(url) = base.and_then(|base| base.join(address)) else { return Arrival::Foreign };
    if url.path() != "/" {
        return Arrival::Foreign;
    }
    let only = |name: &str| {
        // A parameter that stands there twice is a fault (RFC 6749 §3.1).
        let mut found = url.query_pairs().filter(|(key, _)| key == name);
        let first = found.next().map(|(_, value)| value.into_owned());
        first.filter(|_| found.next().is_none()).map(Confidential::new)
    };
    if only("state").as_ref() != Some(state) {
        return Arrival::Foreign;
    }
    if let Some(code) = only("code") {
        return Arrival::Code(code);
    }
    match only("error") {
        Some(error) => {
            let said = only("error_description").unwrap_or_default();
            Arrival::Refused(meaning(error.expose(), said.expose()))
        }
        None => Arrival::Foreign,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state() -> Confidential<String> {
        "s1".into()
    }

    #[test]
    fn only_an_answer_with_our_state_is_ours() {
        let code = |address: &str| match read(address, &state()) {
            Arrival::Code(code) => Some(code.expose().clone()),
            Arrival::Foreign | Arrival::Refused(_) => None,
        };
        assert_eq!(code("/?code=abc%2Fd&state=s1").as_deref(), Some("abc/d"));
        assert_eq!(code("http://127.0.0.1:4711/?state=s1&code=abc").as_deref(), Some("abc"));
        for foreign in [
            "/?code=abc",
            "/?code=abc&state=s2",
            "/?code=abc&state=s2&state=s1",
            "/favicon.ico?code=abc&state=s1",
            "/?state=s1",
            "",
        ] {
            assert!(code(foreign).is_none(), "{foreign}");
        }
    }

    #[test]
    fn a_refusal_is_ours_only_with_our_state_too() {
        let refused = |address: &str| match read(address, &state()) {
            Arrival::Refused(error) => Some(error.fault),
            Arrival::Foreign | Arrival::Code(_) => None,
        };
        let denied = "/?error=access_denied&error_description=no&state=";
        assert_eq!(refused(&format!("{denied}s1")), Some(SignInFault::Denied));
        assert_eq!(refused(&format!("{denied}s2")), None);
        let admin = "/?error=access_denied&error_description=AADSTS90094%3A+admin&state=s1";
        assert_eq!(refused(admin), Some(SignInFault::AdminConsent));
    }
}
