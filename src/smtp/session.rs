//! One session with a relay: log in on a verified line, hand over messages, say exactly what came of each.
//!
//! Owns the dialogue of RFC 5321, each step under a time limit. All recipients or none: one refused recipient keeps
//! the message from everybody. It never reads an envelope from headers.

use std::{
    fmt,
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use lettre::{
    Address,
    transport::smtp::{
        authentication::{Credentials, Mechanism},
        client::AsyncSmtpConnection,
        commands::{Auth, Data, Ehlo, Mail, Rcpt, Rset},
        extension::{MailBodyParameter, MailParameter},
        response::Response,
    },
};
use rustls::ClientConfig;
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::{
    classify::{
        Answer, Cause, LineFault, Phase, RefusedRecipient, Reply, SendReport, Verdict, classify,
        classify_recipients, is_about_login,
    },
    error::{SmtpError, Step},
    server::{Login, ServerFacts, SmtpServer, Timeouts},
    wire,
};
use crate::domain::{
    confidential::Confidential,
    credential::{AccessTokens, Credential},
    outbox::Envelope,
};

/// A line on which the server answers.
pub(super) struct Session {
    connection: AsyncSmtpConnection,
    /// What the server said that it can do.
    pub(super) facts: ServerFacts,
    timeouts: Timeouts,
    /// The next message may go over this line.
    pub(super) is_usable: bool,
}

impl Session {
    /// Connects, encrypts, greets and logs in.
    pub(super) async fn open(
        server: &SmtpServer,
        login: Option<&Login>,
        tls: &Arc<ClientConfig>,
        timeouts: Timeouts,
    ) -> Result<Self, SmtpError> {
        let first = Self::attempt(server, login, tls, timeouts).await;
        // A token may have run out on its way: it is replaced once. A password is never tried again.
        if let (Err(SmtpError::TokenRefused { .. }), Some(login)) = (&first, login)
            && let Credential::Token(tokens) = &login.password
        {
            tokens.spent();
            return Self::attempt(server, Some(login), tls, timeouts).await;
        }
        first
    }

    async fn attempt(
        server: &SmtpServer,
        login: Option<&Login>,
        tls: &Arc<ClientConfig>,
        timeouts: Timeouts,
    ) -> Result<Self, SmtpError> {
        let line = wire::open(server, tls, &timeouts).await?;
        let hello = server.hello();
        let opening = AsyncSmtpConnection::connect_with_transport(Box::new(line), &hello);
        let connection = answered(timeouts.command, opening)
            .await
            .map_err(|answer| failed(Step::Greeting, answer))?;
        let mut session =
            Self { connection, facts: ServerFacts::default(), timeouts, is_usable: true };
        // lettre keeps only what it knows of the answer to its own EHLO, so it is asked once more.
        let offers = answered(timeouts.command, session.connection.command(Ehlo::new(hello)))
            .await
            .map_err(|answer| failed(Step::Hello, answer))?;
        session.facts = ServerFacts::read(offers.message());
        if let Some(login) = login {
            session.log_in(login).await?;
        }
        Ok(session)
    }

    async fn log_in(&mut self, login: &Login) -> Result<(), SmtpError> {
        let password = match &login.password {
            Credential::Password(password) => password,
            Credential::Token(tokens) => {
                return self.log_in_with_token(login, Arc::clone(tokens)).await;
            }
        };
        let offered = |name: &str| self.facts.mechanisms.iter().any(|mechanism| mechanism == name);
        let (user, password) = (login.user.expose(), password.expose());
        // The library knows neither `auth plain` nor a LOGIN that asks in other words, so the dialogue is led here.
        if offered("PLAIN") {
            self.log_in_by("AUTH PLAIN", &[&Zeroizing::new(format!("\0{user}\0{password}"))]).await
        } else if offered("LOGIN") {
            self.log_in_by("AUTH LOGIN", &[user, password]).await
        } else {
            Err(SmtpError::NoMechanism)
        }
    }

    /// Says these words one by one, each when it is asked for (334). PLAIN's goes along with the command.
    async fn log_in_by(&mut self, command: &str, words: &[&str]) -> Result<(), SmtpError> {
        let encoded: Vec<Zeroizing<String>> =
            words.iter().map(|word| Zeroizing::new(STANDARD.encode(word))).collect();
        let first = match encoded.as_slice() {
            [only] => Zeroizing::new(format!("{command} {}\r\n", only.as_str())),
            [..] => Zeroizing::new(format!("{command}\r\n")),
        };
        let mut answer = self.say(first.as_str()).await;
        for word in &encoded {
            if !matches!(&answer, Ok(reply) if reply.code == 334) {
                break;
            }
            let line = Zeroizing::new(format!("{}\r\n", word.as_str()));
            answer = self.say(line.as_str()).await;
        }
        match answer {
            Ok(reply) if reply.code == 235 => Ok(()),
            Ok(reply) => Err(failed(Step::Login, Answer::Replied(reply))),
            Err(Answer::Replied(reply)) if !reply.is_transient() => Err(SmtpError::Login(reply)),
            Err(answer) => Err(failed(Step::Login, answer)),
        }
    }

    /// XOAUTH2. The library would throw away what the server says about the token, so the dialogue is led here: a
    /// challenge (334) holds it, wants an empty answer, and then the refusal comes.
    async fn log_in_with_token(
        &mut self,
        login: &Login,
        tokens: Arc<dyn AccessTokens>,
    ) -> Result<(), SmtpError> {
        if !self.facts.mechanisms.iter().any(|mechanism| mechanism == "XOAUTH2") {
            return Err(SmtpError::NoTokenLogin);
        }
        let line = |fault| SmtpError::Line { step: Step::Login, fault };
        let token = tokio::task::spawn_blocking(move || tokens.token())
            .await
            .map_err(|_| line(LineFault::Dropped))?
            .map_err(SmtpError::SignIn)?;
        let credentials = Credentials::new(login.user.expose().clone(), token.expose().clone());
        let command = Auth::new(Mechanism::Xoauth2, credentials, None)
            .map_err(|_| line(LineFault::Garbled))?;
        let mut why = Confidential::default();
        let mut answer = self.say(command).await;
        if let Ok(challenge) = &answer
            && challenge.code == 334
        {
            why = decoded(challenge.text.expose());
            answer = self.say("\r\n").await;
        }
        match answer {
            Ok(reply) if reply.code == 235 => Ok(()),
            Err(Answer::Replied(reply)) if reply.is_transient() => {
                Err(failed(Step::Login, Answer::Replied(reply)))
            }
            Ok(reply) | Err(Answer::Replied(reply)) => Err(SmtpError::TokenRefused { why, reply }),
            Err(Answer::Failed(fault)) => Err(line(fault)),
        }
    }

    /// Says a command and waits for an answer of 2yz or 3yz; anything but an answer makes the line unusable.
    pub(super) async fn say(&mut self, command: impl fmt::Display + Send) -> Result<Reply, Answer> {
        match answered(self.timeouts.command, self.connection.command(command)).await {
            Ok(response) => Ok(reply_of(&response)),
            Err(answer) => {
                // A session whose login counts no more refuses every message from now on.
                let over = |reply: &Reply| reply.code == 421 || is_about_login(reply.code);
                self.is_usable &= matches!(&answer, Answer::Replied(reply) if !over(reply));
                Err(answer)
            }
        }
    }

    /// Hands a message over, to all recipients or to none.
    pub(super) async fn send(&mut self, envelope: &Envelope, bytes: &[u8]) -> SendReport {
        match self.transact(envelope, bytes).await {
            Ok(reply) => SendReport::of(Verdict::Accepted(reply)),
            Err(report) => {
                if self.is_usable {
                    // Clears the half-made transaction, so that the next message starts from nothing.
                    self.is_usable = self.say(Rset).await.is_ok();
                }
                report
            }
        }
    }

    async fn transact(&mut self, envelope: &Envelope, bytes: &[u8]) -> Result<Reply, SendReport> {
        let parameters = self.parameters(envelope, bytes)?;
        let (from, recipients) = addresses(envelope)?;
        let before = |answer| SendReport::of(classify(Phase::BeforeDot, answer));
        self.say(Mail::new(Some(from), parameters)).await.map_err(before)?;
        let mut refused = Vec::new();
        for (address, recipient) in recipients.into_iter().zip(envelope.recipients()) {
            match self.say(Rcpt::new(address, Vec::new())).await {
                Ok(_) => {}
                Err(Answer::Replied(reply)) if self.is_usable => {
                    refused.push(RefusedRecipient { address: recipient.clone(), reply });
                }
                Err(answer) => return Err(before(answer)),
            }
        }
        if !refused.is_empty() {
            return Err(SendReport { verdict: classify_recipients(&refused), refused });
        }
        let go = self.say(Data).await.map_err(before)?;
        if go.code != 354 {
            self.is_usable = false;
            return Err(before(Answer::Replied(go)));
        }
        self.content(bytes).await
    }

    /// The content and the final dot. Whether the dot can have left decides between *later* and *unknown*.
    async fn content(&mut self, bytes: &[u8]) -> Result<Reply, SendReport> {
        // The library ends the content with CRLF and the dot itself.
        let bytes = bytes.strip_suffix(b"\r\n").unwrap_or(bytes);
        let ended = AtomicBool::new(false);
        let content = Content { chunks: bytes.chunks(64 * 1024), ended: &ended };
        let seconds = u64::try_from(bytes.len() / (16 * 1024)).unwrap_or(u64::MAX);
        let limit = self.timeouts.content.saturating_add(Duration::from_secs(seconds));
        let answer = match answered(limit, self.connection.message_iter(content)).await {
            Ok(response) => Answer::Replied(reply_of(&response)),
            Err(answer) => answer,
        };
        let phase = if ended.load(Ordering::SeqCst) { Phase::AfterDot } else { Phase::BeforeDot };
        self.is_usable &= matches!((&answer, phase), (Answer::Replied(_), Phase::AfterDot));
        match classify(phase, answer) {
            Verdict::Accepted(reply) => Ok(reply),
            verdict @ (Verdict::Later(_) | Verdict::Never(_) | Verdict::Unknown(_)) => {
                Err(SendReport::of(verdict))
            }
        }
    }

    /// What `MAIL FROM` must say; an error when the server cannot take the message at all.
    fn parameters(
        &self,
        envelope: &Envelope,
        bytes: &[u8],
    ) -> Result<Vec<MailParameter>, SendReport> {
        let never = |cause| Err(SendReport::of(Verdict::Never(cause)));
        if has_bare_line_end(bytes) {
            return never(Cause::LineEnds);
        }
        let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        if let Some(limit) = self.facts.size_limit.filter(|limit| size > *limit) {
            return never(Cause::TooLarge { size, limit });
        }
        let mut parameters = Vec::new();
        if self.facts.size {
            parameters.push(MailParameter::Size(bytes.len()));
        }
        let head = bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap_or(bytes.len());
        let addresses_ascii = envelope.from().as_str().is_ascii()
            && envelope.recipients().iter().all(|who| who.as_str().is_ascii());
        if !addresses_ascii || !bytes.get(..head).unwrap_or_default().is_ascii() {
            if !self.facts.utf8 {
                return never(Cause::NeedsUtf8);
            }
            parameters.push(MailParameter::SmtpUtfEight);
        }
        if !bytes.is_ascii() {
            if !self.facts.eight_bit {
                return never(Cause::NeedsEightBit);
            }
            parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
        }
        Ok(parameters)
    }
}

/// The JSON in a challenge; empty when it is none.
fn decoded(challenge: &str) -> Confidential<String> {
    let bytes = STANDARD.decode(challenge.trim()).unwrap_or_default();
    Confidential::new(String::from_utf8_lossy(&bytes).into_owned())
}

/// The content in chunks. It notes the moment when the last one has been written: only then can the dot follow.
struct Content<'a> {
    chunks: std::slice::Chunks<'a, u8>,
    ended: &'a AtomicBool,
}

impl<'a> Iterator for Content<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<Self::Item> {
        let chunk = self.chunks.next();
        if chunk.is_none() {
            self.ended.store(true, Ordering::SeqCst);
        }
        chunk
    }
}

fn addresses(envelope: &Envelope) -> Result<(Address, Vec<Address>), SendReport> {
    let wrong = |_| SendReport::of(Verdict::Never(Cause::Address));
    let from = envelope.from().as_str().parse().map_err(wrong)?;
    let recipients = envelope
        .recipients()
        .iter()
        .map(|who| who.as_str().parse())
        .collect::<Result<_, _>>()
        .map_err(wrong)?;
    Ok((from, recipients))
}

fn has_bare_line_end(bytes: &[u8]) -> bool {
    let mut last = 0_u8;
    for &byte in bytes {
        if (last == b'\r') != (byte == b'\n') {
            return true;
        }
        last = byte;
    }
    last == b'\r'
}

/// Runs a step of the library under a time limit and reads its error.
async fn answered<T>(
    limit: Duration,
    step: impl Future<Output = Result<T, lettre::transport::smtp::Error>>,
) -> Result<T, Answer> {
    match timeout(limit, step).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) => Err(read_error(&error)),
        Err(_) => Err(Answer::Failed(LineFault::Silent)),
    }
}

/// The library's error as an answer. It is not kept: its `Debug` prints the server's words.
fn read_error(error: &lettre::transport::smtp::Error) -> Answer {
    let words = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
    if let Some(code) = error.status() {
        let text = Confidential::new(words);
        return Answer::Replied(Reply { code: u16::from(code), text });
    }
    if error.is_timeout() {
        return Answer::Failed(LineFault::Silent);
    }
    let is_too_much = std::error::Error::source(error)
        .and_then(|source| source.downcast_ref::<std::io::Error>())
        .is_some_and(|source| source.kind() == std::io::ErrorKind::InvalidData);
    if is_too_much {
        return Answer::Failed(LineFault::Garbled);
    }
    // An end of file comes as a response that is not complete.
    let garbled = error.is_client() || (error.is_response() && words != "incomplete response");
    Answer::Failed(if garbled { LineFault::Garbled } else { LineFault::Dropped })
}

fn reply_of(response: &Response) -> Reply {
    let text = response.message().collect::<Vec<_>>().join(" ");
    Reply { code: u16::from(response.code()), text: Confidential::new(text) }
}

fn failed(step: Step, answer: Answer) -> SmtpError {
    match answer {
        Answer::Replied(reply) => SmtpError::Refused { step, reply },
        Answer::Failed(fault) => SmtpError::Line { step, fault },
    }
}
