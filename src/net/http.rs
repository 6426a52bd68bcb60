//! One request over verified HTTPS, one answer: the trait that protocols are written against, and the real client.
//!
//! Owns time limits, the cap on an answer and the ban on plain HTTP. It must never print a URL, a body or a header:
//! all of them may carry secrets. It never follows a redirect unless the request allows it.

use std::{fmt, io, net::SocketAddr, sync::Arc, time::Duration};

use rustls::{ClientConfig, ClientConnection, StreamOwned};
use rustls_pki_types::ServerName;
use ureq::{
    Agent, Error as UreqError,
    config::Config,
    http::{StatusCode, Uri},
    unversioned::{
        resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver},
        transport::{
            Buffers, ConnectionDetails, Connector, LazyBuffers, NextTimeout, TcpConnector,
            Transport, TransportAdapter,
        },
    },
};

use crate::domain::{
    confidential::Confidential,
    fault::{Fault, Kind},
};

/// No answer is longer than this (bytes): the answers we ask for have some kilobytes.
const LONGEST_ANSWER: u64 = 1 << 20;
/// A whole request with its answer takes no longer than this.
const PATIENCE: Duration = Duration::from_secs(30);
/// Finding and reaching the server takes no longer than this.
const CONNECT: Duration = Duration::from_secs(15);
/// More addresses of one host are not tried.
const SOME_ADDRESSES: usize = 8;

/// What is asked.
#[derive(Clone)]
pub struct Request {
    /// Where: an absolute `https` URL.
    pub url: Confidential<String>,
    /// What is sent; `None` makes it a `GET`, else it is a `POST`.
    pub body: Option<Body>,
    /// The media type that is wanted, such as `application/json`.
    pub accept: &'static str,
    /// How many redirects may be followed, to `https` only. 0 hands the redirect back as the answer.
    pub redirects: u32,
}

/// What is sent with a request.
#[derive(Clone)]
pub struct Body {
    /// Its media type.
    pub kind: &'static str,
    /// Its bytes.
    pub bytes: Confidential<Vec<u8>>,
}

impl Request {
    /// A `GET` of this URL that follows no redirect.
    pub fn get(url: &str, accept: &'static str) -> Self {
        Self { url: url.into(), body: None, accept, redirects: 0 }
    }

    /// A `POST` of this form (`application/x-www-form-urlencoded`) that follows no redirect and wants JSON.
    pub fn form(url: &str, form: Vec<u8>) -> Self {
        let body =
            Body { kind: "application/x-www-form-urlencoded", bytes: Confidential::new(form) };
        Self { url: url.into(), body: Some(body), accept: "application/json", redirects: 0 }
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.body.is_some() { "POST ‹hidden›" } else { "GET ‹hidden›" })
    }
}

/// What came back, whatever its status.
#[derive(Clone, Debug)]
pub struct Response {
    /// The status code (RFC 9110 §15).
    pub status: u16,
    /// The body, at most 1 MiB.
    pub body: Confidential<Vec<u8>>,
    /// Where a redirect leads that was not followed, as the server wrote it.
    pub location: Option<Confidential<String>>,
}

/// Why there is no answer. No variant carries a URL or a body.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// The URL is not an absolute `https` URL with a host name.
    #[error("not an https address")]
    Url,
    /// The server cannot be found or reached, or the line broke.
    #[error("the server cannot be reached")]
    Unreachable(#[source] io::Error),
    /// The handshake failed; `tls::refusal_in` reads the source.
    #[error("TLS failed")]
    Tls(#[source] io::Error),
    /// The server took too long.
    #[error("the server did not answer in time")]
    Silent,
    /// The answer is longer than 1 MiB.
    #[error("the answer is too long")]
    TooLong,
    /// The answer is not HTTP, or redirects without an end.
    #[error("the answer cannot be read")]
    Protocol,
}

impl Fault for HttpError {
    fn kind(&self) -> Kind {
        match self {
            Self::Unreachable(_) | Self::Silent | Self::TooLong | Self::Protocol => Kind::Transient,
            Self::Url | Self::Tls(_) => Kind::NeedsUser,
        }
    }
}

/// Something that sends a request and waits for the answer. Blocks; never call it from async code.
pub trait Http: Send + Sync {
    /// The answer, whatever its status.
    ///
    /// # Errors
    /// When there is none.
    fn send(&self, request: &Request) -> Result<Response, HttpError>;
}

/// The real client: HTTPS only, over our own verified TLS, no proxy, no cookies.
pub struct HttpsClient(Agent);

impl fmt::Debug for HttpsClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HttpsClient")
    }
}

impl HttpsClient {
    /// A client that trusts whom `tls` trusts (`tls::client_config`).
    pub fn new(tls: Arc<ClientConfig>) -> Self {
        Self::with(tls, PATIENCE, DefaultResolver::default())
    }

    /// The same for servers that may well not be there: it waits no longer than `patience`, and `resolve` says where a
    /// host and port are.
    pub fn hurried(tls: Arc<ClientConfig>, patience: Duration, resolve: Box<Resolve>) -> Self {
        Self::with(tls, patience, Named(resolve))
    }

    fn with(tls: Arc<ClientConfig>, patience: Duration, resolver: impl Resolver) -> Self {
        let config = Config::builder()
            .https_only(true)
            .http_status_as_error(false)
            .proxy(None)
            .timeout_global(Some(patience))
            .timeout_connect(Some(CONNECT.min(patience)))
            .user_agent(concat!("matterbox/", env!("CARGO_PKG_VERSION")))
            // A request an hour: a line that is kept would only be found dead.
            .max_idle_connections(0)
            .build();
        let connector = ().chain(TcpConnector::default()).chain(Verified(tls));
        Self(Agent::with_parts(config, connector, resolver))
    }
}

/// Says where a host and port are.
pub type Resolve = dyn Fn(&str, u16) -> io::Result<Vec<SocketAddr>> + Send + Sync;

/// A [`Resolve`] as the library wants it.
struct Named(Box<Resolve>);

impl fmt::Debug for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Named")
    }
}

impl Resolver for Named {
    fn resolve(
        &self,
        uri: &Uri,
        _: &Config,
        _: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, UreqError> {
        let host = uri.host().unwrap_or_default();
        let found = (self.0)(host, uri.port_u16().unwrap_or(443)).map_err(UreqError::Io)?;
        let mut all = self.empty();
        for address in found.into_iter().take(SOME_ADDRESSES) {
            all.push(address);
        }
        if all.is_empty() { Err(UreqError::HostNotFound) } else { Ok(all) }
    }
}

impl Http for HttpsClient {
    fn send(&self, request: &Request) -> Result<Response, HttpError> {
        let url = request.url.expose();
        if !url.to_ascii_lowercase().starts_with("https://") {
            return Err(HttpError::Url);
        }
        let answer = match &request.body {
            None => {
                let get = self.0.get(url).header("accept", request.accept);
                get.config().max_redirects(request.redirects).build().call()
            }
            Some(body) => {
                let post = self.0.post(url).header("accept", request.accept);
                let post = post.header("content-type", body.kind);
                post.config()
                    .max_redirects(request.redirects)
                    .build()
                    .send(body.bytes.expose().as_slice())
            }
        };
        let mut answer = answer.map_err(read_error)?;
        let status = StatusCode::as_u16(&answer.status());
        let location = answer.headers().get("location").and_then(|value| value.to_str().ok());
        let location = location.map(Confidential::from);
        let body = answer.body_mut().with_config().limit(LONGEST_ANSWER).read_to_vec();
        Ok(Response { status, body: Confidential::new(body.map_err(read_error)?), location })
    }
}

/// The library's error without its words: they may quote the URL.
#[allow(clippy::wildcard_enum_match_arm, reason = "the enum is not ours and non-exhaustive")]
fn read_error(error: UreqError) -> HttpError {
    match error {
        UreqError::Io(error) => io_error(error),
        UreqError::Timeout(_) => HttpError::Silent,
        UreqError::HostNotFound => HttpError::Unreachable(io::ErrorKind::NotFound.into()),
        UreqError::ConnectionFailed => {
            HttpError::Unreachable(io::ErrorKind::ConnectionRefused.into())
        }
        UreqError::BodyExceedsLimit(_) => HttpError::TooLong,
        UreqError::BadUri(_) | UreqError::RequireHttpsOnly(_) | UreqError::Http(_) => {
            HttpError::Url
        }
        _ => HttpError::Protocol,
    }
}

fn io_error(error: io::Error) -> HttpError {
    let is_tls =
        error.get_ref().is_some_and(<dyn std::error::Error + Send + Sync>::is::<rustls::Error>);
    if is_tls {
        return HttpError::Tls(error);
    }
    // The library wraps its own errors on their way through the stream.
    match error.downcast::<UreqError>() {
        Ok(UreqError::Io(inner)) => HttpError::Unreachable(inner),
        Ok(inner) => read_error(inner),
        Err(error) if error.kind() == io::ErrorKind::TimedOut => HttpError::Silent,
        Err(error) => HttpError::Unreachable(error),
    }
}

/// Puts our verified TLS on a line; every line needs it.
struct Verified(Arc<ClientConfig>);

impl fmt::Debug for Verified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Verified")
    }
}

impl<In: Transport> Connector<In> for Verified {
    type Out = Line<In>;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        chained: Option<In>,
    ) -> Result<Option<Self::Out>, UreqError> {
        let Some(tcp) = chained else { return Ok(None) };
        let host = details.uri.host().unwrap_or_default();
        let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
        let name = ServerName::try_from(bare.to_owned())
            .map_err(|_| UreqError::BadUri("not a host name".to_owned()))?;
        let mut client = ClientConnection::new(Arc::clone(&self.0), name).map_err(tls_error)?;
        let mut sock = TransportAdapter::new(tcp, Arc::clone(&details.current_time));
        sock.set_timeout(details.timeout);
        client.complete_io(&mut sock)?;
        let config = details.config;
        let buffers = LazyBuffers::new(config.input_buffer_size(), config.output_buffer_size());
        Ok(Some(Line { buffers, stream: StreamOwned::new(client, sock) }))
    }
}

fn tls_error(error: rustls::Error) -> UreqError {
    UreqError::Io(io::Error::new(io::ErrorKind::InvalidData, error))
}

/// A line under TLS.
struct Line<In: Transport> {
    buffers: LazyBuffers,
    stream: StreamOwned<ClientConnection, TransportAdapter<In>>,
}

impl<In: Transport> fmt::Debug for Line<In> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Line")
    }
}

impl<In: Transport> Transport for Line<In> {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), UreqError> {
        self.stream.sock.set_timeout(timeout);
        let output = self.buffers.output().get(..amount).unwrap_or_default();
        io::Write::write_all(&mut self.stream, output)?;
        Ok(())
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, UreqError> {
        self.stream.sock.set_timeout(timeout);
        let read = io::Read::read(&mut self.stream, self.buffers.input_append_buf())?;
        self.buffers.input_appended(read);
        Ok(read > 0)
    }

    fn is_open(&mut self) -> bool {
        self.stream.sock.get_mut().is_open()
    }

    fn is_tls(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::{Read, Write},
        net::TcpListener,
        thread,
    };

    use rustls::{ClientConfig, RootCertStore, ServerConfig, ServerConnection};
    use rustls_pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

    use super::*;

    /// A server for one request, and a client that trusts it. Hands the request back.
    fn meeting(answer: &'static [u8]) -> (u16, HttpsClient, thread::JoinHandle<String>) {
        let key = rcgen::KeyPair::generate().unwrap();
        let params = rcgen::CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
        let certificate = params.self_signed(&key).unwrap().der().clone();
        let mut roots = RootCertStore::empty();
        roots.add(certificate.clone()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let client = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let server = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![certificate],
                PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der())),
            )
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard = thread::spawn(move || {
            let (tcp, _) = listener.accept().unwrap();
            let connection = ServerConnection::new(Arc::new(server)).unwrap();
            let mut stream = StreamOwned::new(connection, tcp);
            let mut heard = Vec::new();
            let mut byte = [0];
            while !heard.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|n| n == 1) {
                heard.push(byte[0]);
            }
            stream.write_all(answer).ok();
            stream.conn.send_close_notify();
            stream.flush().ok();
            String::from_utf8(heard).unwrap()
        });
        (port, HttpsClient::new(Arc::new(client)), heard)
    }

    #[test]
    fn a_page_is_fetched_over_verified_tls_and_any_status_is_an_answer() {
        let (port, client, heard) =
            meeting(b"HTTP/1.1 404 Nothing\r\nContent-Length: 4\r\n\r\nnone");
        let request = Request::get(&format!("https://127.0.0.1:{port}/page?a=b"), "text/plain");
        let answer = client.send(&request).unwrap();
        assert_eq!((answer.status, answer.body.expose().as_slice()), (404, b"none".as_slice()));
        let heard = heard.join().unwrap();
        assert!(heard.starts_with("GET /page?a=b HTTP/1.1\r\n"), "{heard}");
        assert!(heard.contains("accept: text/plain\r\n"), "{heard}");
    }

    #[test]
    fn a_redirect_is_an_answer_unless_the_request_allows_it() {
        let (port, client, _) = meeting(
            b"HTTP/1.1 302 Go\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n",
        );
        let mut request = Request::form(&format!("https://127.0.0.1:{port}/"), Vec::new());
        assert_eq!(client.send(&request).unwrap().status, 302);
        let (port, client, _) = meeting(
            b"HTTP/1.1 302 Go\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n",
        );
        request = Request::get(&format!("https://127.0.0.1:{port}/"), "text/plain");
        request.redirects = 3;
        assert!(matches!(client.send(&request), Err(HttpError::Url)), "never on to plain HTTP");
    }

    #[test]
    fn plain_http_is_refused_before_anything_leaves() {
        let (_, client, _) = meeting(b"");
        for url in ["http://127.0.0.1/", "ftp://127.0.0.1/", "127.0.0.1", "", "https://"] {
            let sent = client.send(&Request::get(url, "text/plain"));
            assert!(matches!(sent, Err(HttpError::Url)), "{url}");
        }
    }

    #[test]
    fn a_certificate_that_nobody_trusts_is_named_as_such() {
        let (port, _, _heard) = meeting(b"");
        let (_, stranger, _) = meeting(b"");
        let sent =
            stranger.send(&Request::get(&format!("https://127.0.0.1:{port}/"), "text/plain"));
        assert!(matches!(sent, Err(HttpError::Tls(_))), "{sent:?}");
    }

    #[test]
    fn a_server_that_is_not_there_is_unreachable() {
        let (_, client, _) = meeting(b"");
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let sent = client.send(&Request::get(&format!("https://127.0.0.1:{port}/"), "text/plain"));
        assert!(matches!(sent, Err(HttpError::Unreachable(_))), "{sent:?}");
    }

    #[test]
    fn nothing_of_a_request_or_an_answer_is_in_a_debug_print() {
        let request = Request::form("https://marker.test/?marker", b"marker".to_vec());
        let body = Confidential::new(b"marker".to_vec());
        let answer = Response { status: 302, body, location: Some("marker".into()) };
        assert!(!format!("{request:?} {answer:?} {}", HttpError::Url).contains("marker"));
    }
}
