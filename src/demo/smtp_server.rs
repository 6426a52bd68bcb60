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
    /// More came than is taken; the end of the data says so.
    too_large: bool,
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
        self.too_large = false;
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
        self.too_large |= self.body.len().saturating_add(line.len()) > LARGEST_MESSAGE;
        if !self.too_large {
            self.body.extend_from_slice(line);
        }
        Ok(())
    }

    fn data_end(&mut self) -> Response {
        let now = self.desk.time.now();
        let body = std::mem::take(&mut self.body);
        if self.too_large {
            return Response::custom(552, "5.3.4 too large".to_owned());
        }
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
    let (mut line, mut in_data) = (Vec::new(), false);
    answer(&mut stream, &session.greeting()).await?;
    loop {
        line.clear();
        let read = (&mut stream).take(LONGEST_LINE).read_until(b'\n', &mut line).await?;
        if read == 0 {
            return Ok(());
        }
        let response = match take_size(&mut line) {
            Some(size) if size > LARGEST_MESSAGE => {
                Response::custom(552, "5.3.4 too large".to_owned())
            }
            Some(_) | None => session.process(&line),
        };
        if is_ehlo(&line) && response.code == 250 {
            let offer = offered(&response.buffer()?);
            stream.write_all(&offer).await?;
            stream.flush().await?;
            continue;
        }
        answer(&mut stream, &response).await?;
        // `mailin` would take what follows a refused message for more of it.
        let refused = in_data && response.is_error;
        if response.action != Action::NoReply {
            in_data = response.code == 354;
        }
        if refused || response.action == Action::Close {
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
    let submission =
        Submission { desk, login, user, from, to: Vec::new(), body: Vec::new(), too_large: false };
    let mut session = builder.build(IpAddr::V4(Ipv4Addr::LOCALHOST), submission);
    // TLS stands before the first byte (RFC 8314 §3.3).
    session.tls_active();
    session
}

fn is_ehlo(line: &[u8]) -> bool {
    line.get(..5).is_some_and(|word| word.eq_ignore_ascii_case(b"EHLO "))
}

/// `mailin`'s answer to EHLO with SIZE (RFC 1870), which it does not know, after the first line.
fn offered(answer: &[u8]) -> Vec<u8> {
    let end =
        answer.iter().position(|b| *b == b'\n').map_or(answer.len(), |at| at.saturating_add(1));
    let (first, rest) = answer.split_at(end);
    [first, format!("250-SIZE {LARGEST_MESSAGE}\r\n").as_bytes(), rest].concat()
}

/// Takes the SIZE parameter out of a MAIL command, for the same reason.
fn take_size(line: &mut Vec<u8>) -> Option<usize> {
    let mail = line.get(..5).is_some_and(|word| word.eq_ignore_ascii_case(b"MAIL "));
    let at = line.windows(6).position(|six| six.eq_ignore_ascii_case(b" SIZE="))?;
    if !mail {
        return None;
    }
    let from = at.saturating_add(6);
    let digits: Vec<u8> = line.iter().skip(from).copied().take_while(u8::is_ascii_digit).collect();
    line.drain(at..from.saturating_add(digits.len()));
    std::str::from_utf8(&digits).ok()?.parse().ok()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_size_is_taken_out_of_mail_and_nothing_else() {
        let mut line = b"MAIL FROM:<a@b.example> SIZE=1234 BODY=8BITMIME\r\n".to_vec();
        assert_eq!(take_size(&mut line), Some(1234));
        assert_eq!(line, b"MAIL FROM:<a@b.example> BODY=8BITMIME\r\n");
        for text in [b"Subject: x SIZE=9\r\n".as_slice(), b"MAIL FROM:<a@b.example>\r\n"] {
            let mut line = text.to_vec();
            assert_eq!(take_size(&mut line), None);
            assert_eq!(line, text);
        }
    }

    #[test]
    fn a_message_that_is_too_large_is_refused_at_its_end() {
        let desk = Desk {
            store: Arc::new(MailStore::new()),
            time: ServerTime {
                base: jiff::Timestamp::UNIX_EPOCH,
                started: std::time::Instant::now(),
            },
            delivered: mpsc::channel(1).0,
        };
        let mut submission = Submission {
            desk,
            login: Login::default(),
            user: None,
            from: String::new(),
            to: vec!["nobody@mail.example".to_owned()],
            body: vec![0; LARGEST_MESSAGE],
            too_large: false,
        };
        submission.data(b"x").unwrap();
        submission.data(b"y").unwrap();
        assert_eq!(submission.data_end().code, 552);
    }

    #[test]
    fn size_is_offered_after_the_greeting_line() {
        let answer = offered(b"250-server offers extensions:\r\n250 8BITMIME\r\n");
        let text = String::from_utf8(answer).unwrap();
        assert_eq!(text, "250-server offers extensions:\r\n250-SIZE 67108864\r\n250 8BITMIME\r\n");
    }
}
