//! A mail server that does what a test says, over real TLS on loopback.

use std::sync::{Arc, Mutex};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::TlsAcceptor;

use super::server::{Security, SmtpServer};

/// What the server does after `DATA`.
#[derive(Clone, Copy)]
pub(super) enum OnData {
    /// Takes the content and answers the dot.
    Answer(&'static str),
    /// Closes after so many bytes of content.
    CutAfterBytes(usize),
    /// Takes the content and closes without an answer.
    CutAfterDot,
    /// Takes the content and never answers.
    SilentAfterDot,
}

/// What the server does in clear before TLS.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum InClear {
    /// TLS from the first byte.
    Nothing,
    /// Offers and accepts `STARTTLS`.
    Accepts,
    /// Does not offer it.
    Conceals,
    /// Offers it and says no.
    Refuses,
    /// Sends more bytes right behind its yes.
    Injects,
}

#[derive(Clone)]
pub(super) struct Script {
    pub(super) in_clear: InClear,
    pub(super) greeting: &'static str,
    pub(super) offers: Vec<&'static str>,
    /// The answer to `EHLO` instead of the offers; empty for those.
    pub(super) hello: &'static str,
    /// Closes the line at this verb instead of answering.
    pub(super) leaves_at: &'static str,
    pub(super) login: &'static str,
    pub(super) mail: &'static str,
    /// The answer to `MAIL` on a line that has carried a message already; empty for the usual one.
    pub(super) next_mail: &'static str,
    /// Recipients by a part of their address, and the answer; others get 250.
    pub(super) recipients: Vec<(&'static str, &'static str)>,
    pub(super) data: &'static str,
    pub(super) on_data: OnData,
    /// The answer to `NOOP`; empty for none.
    pub(super) noop: &'static str,
}

impl Default for Script {
    fn default() -> Self {
        Self {
            in_clear: InClear::Nothing,
            greeting: "220 mx.example ready",
            offers: vec!["mx.example", "SIZE 1000000", "8BITMIME", "AUTH PLAIN LOGIN"],
            hello: "",
            leaves_at: "",
            login: "235 2.7.0 welcome",
            mail: "250 2.1.0 ok",
            next_mail: "",
            recipients: Vec::new(),
            data: "354 go ahead",
            on_data: OnData::Answer("250 2.0.0 queued as 4711"),
            noop: "250 ok",
        }
    }
}

/// What the server heard.
#[derive(Default)]
pub(super) struct Heard {
    /// Commands, content excluded.
    pub(super) commands: Vec<String>,
    /// The content of each message it took, dots unstuffed, without the final dot.
    pub(super) messages: Vec<Vec<u8>>,
    /// Connections.
    pub(super) connections: usize,
}

pub(super) struct Scripted {
    pub(super) port: u16,
    pub(super) tls: Arc<ClientConfig>,
    pub(super) heard: Arc<Mutex<Heard>>,
    pub(super) security: Security,
}

/// Which certificate the server shows.
#[derive(Clone, Copy)]
pub(super) enum Shows {
    Good,
    OtherHost,
    Expired,
    UnknownAuthority,
}

struct Authority {
    certificate: CertificateDer<'static>,
    issuer: Issuer<'static, KeyPair>,
}

fn authority() -> Authority {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap().der().clone();
    Authority { certificate, issuer: Issuer::new(params, key) }
}

fn server_config(authority: &Authority, shows: Shows) -> ServerConfig {
    let name = if matches!(shows, Shows::OtherHost) { "elsewhere.example" } else { "localhost" };
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    params.not_before = date_time_ymd(2000, 1, 1);
    params.not_after =
        date_time_ymd(if matches!(shows, Shows::Expired) { 2001 } else { 4000 }, 1, 1);
    let key = KeyPair::generate().unwrap();
    let certificate = params.signed_by(&key, &authority.issuer).unwrap().der().clone();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap()
}

impl Scripted {
    pub(super) async fn start(script: Script) -> Self {
        Self::showing(script, Shows::Good).await
    }

    pub(super) async fn showing(script: Script, shows: Shows) -> Self {
        let authority = authority();
        let acceptor = TlsAcceptor::from(Arc::new(server_config(&authority, shows)));
        let trusted = match shows {
            Shows::UnknownAuthority => self::authority().certificate,
            Shows::Good | Shows::OtherHost | Shows::Expired => authority.certificate.clone(),
        };
        let mut roots = RootCertStore::empty();
        roots.add(trusted).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard = Arc::new(Mutex::new(Heard::default()));
        let security = match script.in_clear {
            InClear::Nothing => Security::ImplicitTls,
            InClear::Accepts | InClear::Conceals | InClear::Refuses | InClear::Injects => {
                Security::StartTls
            }
        };
        let ears = Arc::clone(&heard);
        tokio::spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                let mut open = ears.lock().unwrap();
                open.connections = open.connections.saturating_add(1);
                drop(open);
                let (script, ears, acceptor) =
                    (script.clone(), Arc::clone(&ears), acceptor.clone());
                tokio::spawn(async move { serve(tcp, &script, &ears, &acceptor).await });
            }
        });
        Self { port, tls: Arc::new(tls), heard, security }
    }

    pub(super) fn server(&self) -> SmtpServer {
        SmtpServer {
            host: "localhost".to_owned(),
            port: self.port,
            security: self.security,
            hello: Some("office.example".to_owned()),
        }
    }

    pub(super) fn commands(&self) -> Vec<String> {
        self.heard.lock().unwrap().commands.clone()
    }

    pub(super) fn messages(&self) -> Vec<Vec<u8>> {
        self.heard.lock().unwrap().messages.clone()
    }
}

/// `None` ends the conversation.
async fn serve(
    tcp: TcpStream,
    script: &Script,
    heard: &Mutex<Heard>,
    acceptor: &TlsAcceptor,
) -> Option<()> {
    if script.in_clear == InClear::Nothing {
        let tls = acceptor.accept(tcp).await.ok()?;
        let mut stream = BufReader::new(tls);
        say(&mut stream, script.greeting).await?;
        return talk(&mut stream, script, heard).await;
    }
    let mut stream = BufReader::new(tcp);
    say(&mut stream, script.greeting).await?;
    loop {
        let line = hear(&mut stream, heard).await?;
        if line.starts_with("EHLO") {
            let offer =
                if script.in_clear == InClear::Conceals { "250 HELP" } else { "250 STARTTLS" };
            say(&mut stream, &format!("250-mx.example\r\n{offer}")).await?;
        } else if line == "STARTTLS" {
            match script.in_clear {
                InClear::Refuses => say(&mut stream, "454 4.7.0 TLS not available").await?,
                InClear::Injects => {
                    say(&mut stream, "220 go\r\n250 injected").await?;
                }
                InClear::Accepts | InClear::Nothing | InClear::Conceals => {
                    say(&mut stream, "220 go").await?;
                    let tls = acceptor.accept(stream.into_inner()).await.ok()?;
                    return talk(&mut BufReader::new(tls), script, heard).await;
                }
            }
        } else {
            say(&mut stream, "235 welcome").await?;
        }
    }
}

async fn say<S: AsyncWrite + Unpin>(stream: &mut S, line: &str) -> Option<()> {
    stream.write_all(format!("{line}\r\n").as_bytes()).await.ok()?;
    stream.flush().await.ok()
}

async fn hear<S: AsyncRead + Unpin>(
    stream: &mut BufReader<S>,
    heard: &Mutex<Heard>,
) -> Option<String> {
    let mut line = String::new();
    let read = stream.read_line(&mut line).await.ok()?;
    let line = line.trim_end().to_owned();
    heard.lock().unwrap().commands.push(line.clone());
    (read > 0).then_some(line)
}

async fn talk<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut BufReader<S>,
    script: &Script,
    heard: &Mutex<Heard>,
) -> Option<()> {
    let mut carried = false;
    loop {
        let line = hear(stream, heard).await?;
        let verb = line.split([' ', ':']).next().unwrap().to_ascii_uppercase();
        match verb.as_str() {
            verb if verb == script.leaves_at => return None,
            "EHLO" if !script.hello.is_empty() => say(stream, script.hello).await?,
            "EHLO" => {
                let (last, first) = script.offers.split_last().unwrap();
                for offer in first {
                    say(stream, &format!("250-{offer}")).await?;
                }
                say(stream, &format!("250 {last}")).await?;
            }
            "AUTH" if line == "AUTH LOGIN" => {
                say(stream, "334 VXNlcm5hbWU6").await?;
                hear(stream, heard).await?;
                say(stream, "334 UGFzc3dvcmQ6").await?;
                hear(stream, heard).await?;
                say(stream, script.login).await?;
            }
            "AUTH" => say(stream, script.login).await?,
            "NOOP" if script.noop.is_empty() => {}
            "NOOP" => say(stream, script.noop).await?,
            "MAIL" if carried && !script.next_mail.is_empty() => {
                say(stream, script.next_mail).await?;
            }
            "MAIL" => say(stream, script.mail).await?,
            "RCPT" => {
                let answer = script.recipients.iter().find(|(part, _)| line.contains(part));
                say(stream, answer.map_or("250 2.1.5 ok", |(_, answer)| answer)).await?;
            }
            "DATA" => {
                say(stream, script.data).await?;
                if script.data.starts_with('3') {
                    content(stream, script, heard).await?;
                    carried = true;
                }
            }
            "QUIT" => {
                say(stream, "221 bye").await?;
                return None;
            }
            _ => say(stream, "250 ok").await?,
        }
    }
}

async fn content<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut BufReader<S>,
    script: &Script,
    heard: &Mutex<Heard>,
) -> Option<()> {
    if let OnData::CutAfterBytes(count) = script.on_data {
        stream.read_exact(&mut vec![0; count]).await.ok()?;
        return None;
    }
    let mut message = Vec::new();
    loop {
        let mut line = Vec::new();
        stream.read_until(b'\n', &mut line).await.ok()?;
        if line == b".\r\n" || line.is_empty() {
            break;
        }
        message.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
    }
    heard.lock().unwrap().messages.push(message);
    match script.on_data {
        OnData::Answer(answer) => say(stream, answer).await,
        OnData::CutAfterDot | OnData::CutAfterBytes(_) => None,
        OnData::SilentAfterDot => {
            // Says nothing until the other side gives up.
            stream.read_to_end(&mut Vec::new()).await.ok()?;
            None
        }
    }
}
