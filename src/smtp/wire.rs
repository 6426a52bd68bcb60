//! A verified TLS line to a relay: at once (port 465) or after a required STARTTLS (port 587).
//!
//! Owns everything that is said in clear, which is next to nothing: a greeting, EHLO and STARTTLS. It must never let a
//! password, an address or a message onto a line that is not encrypted and verified.

use std::{
    fmt, io,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use lettre::transport::smtp::client::AsyncTokioStream;
use rustls::ClientConfig;
use rustls_pki_types::ServerName;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf},
    net::{TcpStream, lookup_host},
    time::timeout,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use super::{
    classify::{LineFault, Reply},
    error::{SmtpError, Step},
    server::{Security, SmtpServer, Timeouts},
};
use crate::domain::confidential::Confidential;

/// No answer in clear is longer than this (octets): a server that goes on is not a mail server.
const LONGEST_ANSWER: usize = 16 * 1024;

/// No answer has more lines than this; an EHLO has some twenty. lettre reads an answer anew with every line of it, so a
/// server that sends thousands would keep a whole core busy, where no time limit can reach.
const MOST_LINES: usize = 100;

/// No more addresses of a server are tried than this.
const MOST_ADDRESSES: usize = 8;

/// What lettre expects first from any server. After STARTTLS the real greeting has long been read, in clear.
const GREETING: &[u8] = b"220 encrypted\r\n";

/// The line that lettre speaks on: always encrypted, always verified.
pub(super) struct Line {
    tls: TlsStream<TcpStream>,
    preface: &'static [u8],
    answer: AnswerSize,
}

/// How much came since we last said something.
#[derive(Default)]
struct AnswerSize {
    octets: usize,
    lines: usize,
}

impl AnswerSize {
    fn add(&mut self, bytes: &[u8]) -> io::Result<()> {
        let lines = bytes.split(|byte| *byte == b'\n').count().saturating_sub(1);
        self.octets = self.octets.saturating_add(bytes.len());
        self.lines = self.lines.saturating_add(lines);
        if self.octets > LONGEST_ANSWER || self.lines > MOST_LINES {
            return Err(io::Error::from(io::ErrorKind::InvalidData));
        }
        Ok(())
    }
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Line")
    }
}

/// Reaches the server and encrypts the line.
pub(super) async fn open(
    server: &SmtpServer,
    tls: &Arc<ClientConfig>,
    timeouts: &Timeouts,
) -> Result<Line, SmtpError> {
    let bare = server
        .host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
        .unwrap_or(&server.host);
    let name = ServerName::try_from(bare.to_owned()).map_err(|_| SmtpError::ServerName)?;
    let addresses = within(timeouts.connect, Step::Connect, lookup_host((bare, server.port)))
        .await?
        .map_err(SmtpError::Unreachable)?;
    let tcp = reach(addresses.take(MOST_ADDRESSES), timeouts.connect).await?;
    tcp.set_nodelay(true).map_err(SmtpError::Unreachable)?;
    let (tcp, preface) = match server.security {
        Security::ImplicitTls => (tcp, [].as_slice()),
        Security::StartTls => (start_tls(tcp, server, timeouts).await?, GREETING),
    };
    let connector = TlsConnector::from(Arc::clone(tls));
    let tls = within(timeouts.connect, Step::Handshake, connector.connect(name, tcp))
        .await?
        .map_err(handshake_error)?;
    Ok(Line { tls, preface, answer: AnswerSize::default() })
}

/// Each address has the whole time: one that swallows everything (a network whose IPv6 leads nowhere) must not hide the
/// next one.
pub(super) async fn reach(
    addresses: impl Iterator<Item = SocketAddr>,
    limit: Duration,
) -> Result<TcpStream, SmtpError> {
    let mut last = SmtpError::Unreachable(io::ErrorKind::NotFound.into());
    for address in addresses {
        match within(limit, Step::Connect, TcpStream::connect(address)).await {
            Ok(Ok(tcp)) => return Ok(tcp),
            Ok(Err(error)) => last = SmtpError::Unreachable(error),
            Err(silent) => last = silent,
        }
    }
    Err(last)
}

/// A handshake that ends in an end of file is a dropped line; everything else is a matter of trust.
fn handshake_error(error: io::Error) -> SmtpError {
    let reason = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match reason {
        Some(_) => SmtpError::Tls(error),
        None => SmtpError::Line { step: Step::Handshake, fault: LineFault::Dropped },
    }
}

async fn within<F: Future>(limit: Duration, step: Step, work: F) -> Result<F::Output, SmtpError> {
    timeout(limit, work).await.map_err(|_| SmtpError::Line { step, fault: LineFault::Silent })
}

/// The dialogue in clear, RFC 3207.
async fn start_tls(
    tcp: TcpStream,
    server: &SmtpServer,
    timeouts: &Timeouts,
) -> Result<TcpStream, SmtpError> {
    let mut clear = Clear { tcp, buffer: Vec::new(), limit: timeouts.command };
    let greeting = clear.answer(Step::Greeting).await?;
    expect(Step::Greeting, greeting, 220)?;
    let hello = server.hello();
    let offers = expect(Step::Hello, clear.ask(Step::Hello, &format!("EHLO {hello}")).await?, 250)?;
    if !offers.iter().any(|line| line.trim().eq_ignore_ascii_case("STARTTLS")) {
        return Err(SmtpError::StartTlsMissing);
    }
    let answer = clear.ask(Step::StartTls, "STARTTLS").await?;
    if answer.code != 220 {
        return Err(SmtpError::StartTlsRefused(answer.into_reply()));
    }
    if !clear.buffer.is_empty() {
        return Err(SmtpError::StartTlsInjected);
    }
    Ok(clear.tcp)
}

fn expect(step: Step, answer: ClearAnswer, code: u16) -> Result<Vec<String>, SmtpError> {
    if answer.code == code {
        return Ok(answer.lines);
    }
    Err(SmtpError::Refused { step, reply: answer.into_reply() })
}

/// An answer in clear: its code and its lines without it.
struct ClearAnswer {
    code: u16,
    lines: Vec<String>,
}

impl ClearAnswer {
    fn into_reply(self) -> Reply {
        Reply { code: self.code, text: Confidential::new(self.lines.join(" ")) }
    }
}

/// The line in clear, with what was read beyond the last answer.
struct Clear {
    tcp: TcpStream,
    buffer: Vec<u8>,
    limit: Duration,
}

impl Clear {
    async fn ask(&mut self, step: Step, command: &str) -> Result<ClearAnswer, SmtpError> {
        let line = format!("{command}\r\n");
        within(self.limit, step, self.tcp.write_all(line.as_bytes()))
            .await?
            .map_err(|_| SmtpError::Line { step, fault: LineFault::Dropped })?;
        self.answer(step).await
    }

    async fn answer(&mut self, step: Step) -> Result<ClearAnswer, SmtpError> {
        within(self.limit, step, self.read_answer())
            .await?
            .map_err(|fault| SmtpError::Line { step, fault })
    }

    async fn read_answer(&mut self) -> Result<ClearAnswer, LineFault> {
        let mut lines = Vec::new();
        let mut total = 0_usize;
        loop {
            let line = self.read_line().await?;
            total = total.saturating_add(line.len());
            let code: u16 =
                line.get(..3).and_then(|code| code.parse().ok()).ok_or(LineFault::Garbled)?;
            if !(200..600).contains(&code) || total > LONGEST_ANSWER || lines.len() >= MOST_LINES {
                return Err(LineFault::Garbled);
            }
            lines.push(line.get(4..).unwrap_or_default().to_owned());
            match line.as_bytes().get(3) {
                Some(b'-') => {}
                Some(b' ') | None => return Ok(ClearAnswer { code, lines }),
                Some(_) => return Err(LineFault::Garbled),
            }
        }
    }

    async fn read_line(&mut self) -> Result<String, LineFault> {
        loop {
            if let Some(end) = self.buffer.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.buffer.drain(..=end).collect();
                return Ok(String::from_utf8_lossy(&line).trim_end().to_owned());
            }
            if self.buffer.len() > LONGEST_ANSWER {
                return Err(LineFault::Garbled);
            }
            let mut chunk = [0_u8; 1024];
            let read = self.tcp.read(&mut chunk).await.map_err(|_| LineFault::Dropped)?;
            if read == 0 {
                return Err(LineFault::Dropped);
            }
            self.buffer.extend_from_slice(chunk.get(..read).unwrap_or_default());
        }
    }
}

impl AsyncRead for Line {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.preface.is_empty() {
            let before = buf.filled().len();
            let read = Pin::new(&mut self.tls).poll_read(cx, buf);
            if matches!(read, Poll::Ready(Ok(()))) {
                self.answer.add(buf.filled().get(before..).unwrap_or_default())?;
            }
            return read;
        }
        let (now, rest) = self.preface.split_at(self.preface.len().min(buf.remaining()));
        buf.put_slice(now);
        self.preface = rest;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Line {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.answer = AnswerSize::default();
        Pin::new(&mut self.tls).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tls).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tls).poll_shutdown(cx)
    }
}

impl AsyncTokioStream for Line {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.tls.get_ref().0.peer_addr()
    }
}
