//! One SMTP submission of the practice office: lines in and out, `mailin`'s session between them.
//!
//! Owns who may send as whom, and the delivery into the mail store. It never relays: a recipient is someone of the
//! cast or is refused.

use std::{
    collections::BTreeSet,
    io,
    net::{IpAddr, Ipv4Addr},
    sync::{Arc, Mutex, PoisonError},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use mailin::{Action, AuthMechanism, Handler, Response, Session, SessionBuilder, response};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
    sync::mpsc,
};
use tokio_rustls::server::TlsStream;

use super::{ServerTime, mail::rfc5322_date, mailstore::MailStore};
use crate::domain::fault::Ignore as _;

/// The largest message taken, in bytes.
const LARGEST_MESSAGE: usize = 64 * 1024 * 1024;
/// The longest line taken, in bytes; RFC 5321 §4.5.3.1.6 promises 1000.
const LONGEST_LINE: u64 = 1024 * 1024;

/// A message that was just put into somebody's mailbox.
pub(super) struct Delivered {
    pub to: String,
    pub raw: Arc<[u8]>,
}

/// What every submission shares.
#[derive(Clone)]
pub(super) struct Desk {
    pub store: Arc<MailStore>,
    pub time: ServerTime,
    pub delivered: mpsc::Sender<Delivered>,
}

/// The credentials of the session, so that RSET need not end it.
type Login = Arc<Mutex<Option<String>>>;

struct Submission {
    desk: Desk,
    login: Login,
    user: Option<String>,
    from: String,
    to: Vec<String>,
    body: Vec<u8>,
}

impl Handler for Submission {
    fn auth_plain(&mut self, acting_as: &str, user: &str, password: &str) -> Response {
        let acts_as_itself = acting_as.is_empty() || acting_as.eq_ignore_ascii_case(user);
        if !acts_as_itself || !self.desk.store.admits(user, password) {
            return response::INVALID_CREDENTIALS;
        }
        let line = STANDARD.encode(format!("\0{user}\0{password}"));
        *self.login.lock().unwrap_or_else(PoisonError::into_inner) = Some(line);
        self.user = Some(user.to_lowercase());
        response::AUTH_OK
    }

    fn mail(&mut self, _ip: IpAddr, _domain: &str, from: &str) -> Response {
        self.to.clear();
        self.body.clear();
        if self.user.as_deref() != Some(from.to_lowercase().as_str()) {
            return Response::custom(553, "5.7.1 send as yourself".to_owned());
        }
        from.clone_into(&mut self.from);
        response::OK
    }

    fn rcpt(&mut self, to: &str) -> Response {
        match to.split('@').next() {
            Some("reject") => {
                return Response::custom(550, "5.7.1 this mailbox refuses all mail".to_owned());
            }
            Some("later") => {
                return Response::custom(451, "4.7.1 greylisted, try again later".to_owned());
            }
            Some(_) | None => {}
        }
        if !self.desk.store.knows(to) {
            return Response::custom(550, "5.1.1 no such mailbox here".to_owned());
        }
        self.to.push(to.to_owned());
        response::OK
    }

    fn data(&mut self, line: &[u8]) -> io::Result<()> {
        if self.body.len().saturating_add(line.len()) > LARGEST_MESSAGE {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.body.extend_from_slice(line);
        Ok(())
    }

    fn data_end(&mut self) -> Response {
        let now = self.desk.time.now();
        let body = std::mem::take(&mut self.body);
        for to in std::mem::take(&mut self.to) {
            let mut raw = format!(
                "Return-Path: <{}>\r\nReceived: from localhost ([127.0.0.1]) by mail.example with ESMTPSA\r\n\tfor <{to}>; {}\r\n",
                self.from,
                rfc5322_date(now, &jiff::tz::TimeZone::UTC),
            )
            .into_bytes();
            raw.extend_from_slice(&body);
            if self.desk.store.append(&to, "INBOX", &raw, BTreeSet::new(), now).is_none() {
                return response::INTERNAL_ERROR;
            }
            let delivered = Delivered { to, raw: raw.into() };
            self.desk.delivered.try_send(delivered).ignore("a busy cast may miss a letter");
        }
        Response::custom(250, "2.0.0 delivered".to_owned())
    }
}

/// Serves one client until it leaves.
pub(super) async fn serve(stream: TlsStream<TcpStream>, desk: Desk) -> io::Result<()> {
    let login = Login::default();
    let mut session = open(desk, Arc::clone(&login));
    let mut stream = BufReader::new(stream);
    let mut line = Vec::new();
    answer(&mut stream, &session.greeting()).await?;
    loop {
        line.clear();
        let read = (&mut stream).take(LONGEST_LINE).read_until(b'\n', &mut line).await?;
        if read == 0 {
            return Ok(());
        }
        let response = session.process(&line);
        answer(&mut stream, &response).await?;
        if response.action == Action::Close {
            return stream.shutdown().await;
        }
        if response.code == 250 && line.eq_ignore_ascii_case(b"rset\r\n") {
            stay_logged_in(&mut session, &login);
        }
    }
}

fn open(desk: Desk, login: Login) -> Session<Submission> {
    let mut builder = SessionBuilder::new("mail.example");
    builder.enable_auth(AuthMechanism::Plain);
    let (user, from) = (None, String::new());
    let submission = Submission { desk, login, user, from, to: Vec::new(), body: Vec::new() };
    let mut session = builder.build(IpAddr::V4(Ipv4Addr::LOCALHOST), submission);
    // TLS stands before the first byte (RFC 8314 §3.3).
    session.tls_active();
    session
}

/// RFC 5321 §4.1.1.5 lets RSET touch the message only; `mailin` also asks for a new login, so it gets one.
fn stay_logged_in(session: &mut Session<Submission>, login: &Login) {
    let line = login.lock().unwrap_or_else(PoisonError::into_inner).clone();
    if let Some(line) = line {
        let renewed = session.process(format!("AUTH PLAIN {line}\r\n").as_bytes());
        tracing::debug!(code = renewed.code, "login renewed after RSET");
    }
}

async fn answer(stream: &mut BufReader<TlsStream<TcpStream>>, answer: &Response) -> io::Result<()> {
    if answer.action != Action::NoReply {
        stream.write_all(&answer.buffer()?).await?;
        stream.flush().await?;
    }
    Ok(())
}
