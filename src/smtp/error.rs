//! What can go wrong between us and a relay before a message is on its way.
//!
//! Owns the kinds of failure. It never makes a sentence; the relay's own words stay confidential.

use std::io;

use super::classify::{LineFault, Reply};
use crate::domain::{
    confidential::Confidential,
    credential::SignInError,
    fault::{Fault, Kind},
};

/// At which step of the dialogue something happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// Finding and reaching the server.
    Connect,
    /// The TLS handshake.
    Handshake,
    /// The server's first line.
    Greeting,
    /// `EHLO`.
    Hello,
    /// `STARTTLS`.
    StartTls,
    /// `AUTH`.
    Login,
    /// `NOOP`.
    Probe,
    /// `MAIL FROM`.
    From,
    /// `RCPT TO`.
    Recipient,
    /// `DATA`.
    Data,
}

/// Why there is no connection to the relay.
#[derive(Debug, thiserror::Error)]
pub enum SmtpError {
    /// The host name in the settings is not one.
    #[error("not a host name")]
    ServerName,
    /// The server cannot be found or reached.
    #[error("the server cannot be reached")]
    Unreachable(#[source] io::Error),
    /// The handshake failed; `tls::refusal_in` reads the source.
    #[error("TLS failed")]
    Tls(#[source] io::Error),
    /// The server does not offer `STARTTLS`: no password leaves.
    #[error("the server offers no STARTTLS")]
    StartTlsMissing,
    /// The server refuses `STARTTLS`: no password leaves.
    #[error("the server refuses STARTTLS ({})", .0.code)]
    StartTlsRefused(Reply),
    /// Bytes came in clear after the answer to `STARTTLS` (CVE-2011-0411): someone may be in between.
    #[error("bytes came in clear after the answer to STARTTLS")]
    StartTlsInjected,
    /// The server offers neither PLAIN nor LOGIN.
    #[error("the server offers no way to log in that matterbox knows")]
    NoMechanism,
    /// The server offers no XOAUTH2.
    #[error("the server offers no login with a token")]
    NoTokenLogin,
    /// There is no token to log in with.
    #[error("there is no token to log in with")]
    SignIn(#[source] SignInError),
    /// The server refuses a token that was fetched just now.
    #[error("the server refuses the token ({})", reply.code)]
    TokenRefused {
        /// What it said about the token, in JSON; may be empty.
        why: Confidential<String>,
        /// Its last answer.
        reply: Reply,
    },
    /// The server refuses user or password.
    #[error("the server refuses the login ({})", .0.code)]
    Login(Reply),
    /// The server refuses a step.
    #[error("the server answered {} to {step:?}", reply.code)]
    Refused {
        /// Which step.
        step: Step,
        /// Its answer.
        reply: Reply,
    },
    /// The line broke, fell silent, or carried something that is not SMTP.
    #[error("the line failed at {step:?}: {fault}")]
    Line {
        /// At which step.
        step: Step,
        /// How.
        fault: LineFault,
    },
}

impl Fault for SmtpError {
    fn kind(&self) -> Kind {
        match self {
            Self::Unreachable(_) | Self::Line { .. } => Kind::Transient,
            Self::Refused { reply, .. } if reply.is_transient() => Kind::Transient,
            Self::SignIn(error) => error.kind(),
            Self::Refused { .. }
            | Self::NoTokenLogin
            | Self::TokenRefused { .. }
            | Self::ServerName
            | Self::Tls(_)
            | Self::StartTlsMissing
            | Self::StartTlsRefused(_)
            | Self::StartTlsInjected
            | Self::NoMechanism
            | Self::Login(_) => Kind::NeedsUser,
        }
    }
}
