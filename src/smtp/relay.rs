//! The relay: a line that is probed before a message is handed over, and kept while it is good.
//!
//! Owns the life of the connection. It never sends again by itself; that is a decision of the outbox.

use std::{fmt, future::Future, sync::Arc};

use lettre::transport::smtp::commands::{Noop, Quit};
use rustls::ClientConfig;
use tokio::time::timeout;

use super::{
    classify::{Cause, SendReport, Verdict},
    error::SmtpError,
    server::{Login, ServerFacts, SmtpServer, Timeouts},
    session::Session,
};
use crate::domain::{credential::Credential, fault::Ignore, outbox::Envelope};

/// Something that takes messages on. Two exist: the real one, and the one that tests script.
pub trait Relay: Send {
    /// Makes sure that there is a line that answers: `NOOP`, or a new connection with login.
    fn probe(&mut self) -> impl Future<Output = Result<(), SmtpError>> + Send;

    /// Hands a message over. Probe first: without a line the report says so, and nothing was sent.
    fn send(
        &mut self,
        envelope: &Envelope,
        bytes: &[u8],
    ) -> impl Future<Output = SendReport> + Send;
}

/// One account's relay over a verified TLS line.
pub struct SmtpRelay {
    server: SmtpServer,
    login: Option<Login>,
    tls: Arc<ClientConfig>,
    timeouts: Timeouts,
    session: Option<Session>,
}

impl fmt::Debug for SmtpRelay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmtpRelay").field("server", &self.server).finish_non_exhaustive()
    }
}

impl SmtpRelay {
    /// A relay that connects when it is first probed. `tls` verifies; see `tls::client_config`.
    pub const fn new(
        server: SmtpServer,
        login: Option<Login>,
        tls: Arc<ClientConfig>,
        timeouts: Timeouts,
    ) -> Self {
        Self { server, login, tls, timeouts, session: None }
    }

    /// What the server said that it can do; `None` without a line.
    pub fn facts(&self) -> Option<&ServerFacts> {
        self.session.as_ref().map(|session| &session.facts)
    }

    /// Says goodbye, if there is a line.
    pub async fn close(&mut self) {
        if let Some(mut session) = self.session.take() {
            session.say(Quit).await.ignore("the line is given up anyway");
        }
    }
}

impl Relay for SmtpRelay {
    async fn probe(&mut self) -> Result<(), SmtpError> {
        // The session is taken out while it is in use: a future that is dropped half-way drops the line with it.
        // A line that died while it rested is found out soon: nothing is lost by opening another one.
        if let Some(mut session) = self.session.take()
            && let Ok(Ok(_)) = timeout(self.timeouts.connect, session.say(Noop)).await
        {
            self.session = Some(session);
            return Ok(());
        }
        let session =
            Session::open(&self.server, self.login.as_ref(), &self.tls, self.timeouts).await?;
        self.session = Some(session);
        Ok(())
    }

    async fn send(&mut self, envelope: &Envelope, bytes: &[u8]) -> SendReport {
        let Some(mut session) = self.session.take() else {
            return SendReport::of(Verdict::Later(Cause::NotConnected));
        };
        let report = session.send(envelope, bytes).await;
        if session.is_usable {
            self.session = Some(session);
        }
        match self.renewed(&report).await {
            Some(mut session) => {
                let report = session.send(envelope, bytes).await;
                if session.is_usable {
                    self.session = Some(session);
                }
                report
            }
            None => report,
        }
    }
}

impl SmtpRelay {
    /// A token that ran out while the line rested ends the login in the middle of the session. Before a byte of the
    /// content was taken that is no attempt of the message's: with a fresh token it goes over a new line, once.
    async fn renewed(&self, report: &SendReport) -> Option<Session> {
        let login = self.login.as_ref().filter(|_| report.wants_login())?;
        let Credential::Token(tokens) = &login.password else { return None };
        tokens.spent();
        Session::open(&self.server, Some(login), &self.tls, self.timeouts).await.ok()
    }
}

/// Connects, logs in, says goodbye: what `account check` asks.
pub async fn check(
    server: &SmtpServer,
    login: Option<&Login>,
    tls: &Arc<ClientConfig>,
    timeouts: Timeouts,
) -> Result<ServerFacts, SmtpError> {
    let mut session = Session::open(server, login, tls, timeouts).await?;
    session.say(Quit).await.ignore("the check is done, whatever the goodbye");
    Ok(session.facts)
}
