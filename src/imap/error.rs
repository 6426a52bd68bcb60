//! What can go wrong between us and an IMAP server, as data.
//!
//! Owns the errors of this adapter and what each asks of the worker. It must never carry server text outside
//! `Confidential`: a NO may quote a subject or an address.

use std::{fmt, io, time::Duration};

use crate::domain::{
    confidential::Confidential,
    fault::{Fault, Kind},
};

use super::{backoff::LONGEST, contract::Halt};

/// In which phase a time limit ran out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The TCP connection.
    Connect,
    /// The TLS handshake.
    Tls,
    /// An answer of the server, or the next bytes of a long one.
    Answer,
    /// The rest of a large message.
    Literal,
    /// Our own bytes, which the server does not take.
    Write,
}

/// An error of the IMAP adapter.
#[derive(Debug, thiserror::Error)]
pub enum ImapError {
    /// The host name does not resolve.
    #[error("the server's name could not be resolved")]
    Resolve(#[source] io::Error),
    /// The host name is not one.
    #[error("not a host name")]
    HostName,
    /// No connection at any of the server's addresses.
    #[error("no connection to the server")]
    Connect(#[source] io::Error),
    /// The TLS handshake failed; `tls::refusal` reads the source.
    #[error("the secure connection was refused")]
    Handshake(#[source] rustls::Error),
    /// A time limit ran out.
    #[error("the server did not answer in time ({0:?})")]
    Timeout(Phase),
    /// The connection broke.
    #[error("the connection broke")]
    Lost(#[source] io::Error),
    /// The server closed the connection.
    #[error("the server closed the connection")]
    Closed,
    /// The server refuses STARTTLS, so nothing can be said safely.
    #[error("the server refuses to start TLS")]
    StartTlsRefused(Confidential<String>),
    /// Bytes came between the answer to STARTTLS and TLS: somebody injected them (CVE-2020-14954).
    #[error("bytes were injected before TLS")]
    StartTlsInjected,
    /// The server says that we are logged in already (CVE-2020-14093).
    #[error("the server's greeting skips the login")]
    Preauth,
    /// The greeting is not one of IMAP.
    #[error("the greeting is not one of IMAP")]
    Greeting,
    /// The server offers no way to log in with a password.
    #[error("the server offers no login with a password")]
    NoPasswordLogin,
    /// User name or password is wrong, or the account may not log in. Never tried again by itself (lock-outs).
    #[error("the server refuses the login")]
    AuthRefused(Confidential<String>),
    /// The server asks us to slow down, or is out of order at present.
    #[error("the server asks for patience")]
    Limited {
        /// What it said.
        text: Confidential<String>,
        /// How long to wait, where it said so.
        wait: Option<Duration>,
    },
    /// NO to a command.
    #[error("the server refuses {verb}")]
    No {
        /// Which command.
        verb: &'static str,
        /// The response code in capitals, such as `TRYCREATE`.
        code: Option<String>,
        /// What it said.
        text: Confidential<String>,
    },
    /// BAD to a command: the server does not understand it.
    #[error("the server does not understand {verb}")]
    Bad {
        /// Which command.
        verb: &'static str,
        /// What it said.
        text: Confidential<String>,
    },
    /// The server says goodbye.
    #[error("the server ended the session")]
    Bye(Confidential<String>),
    /// The answer breaks the protocol in a way that cannot be stepped over.
    #[error("the server's answer breaks the protocol: {0}")]
    Protocol(&'static str),
    /// One command brought more bytes than it may.
    #[error("the answer is larger than allowed")]
    Budget,
    /// Parentheses are nested deeper than any honest answer.
    #[error("the answer is nested too deeply")]
    TooDeep,
    /// A literal is larger than the cap.
    #[error("a literal of {announced} bytes is larger than allowed")]
    LiteralTooLarge {
        /// What was announced, bytes.
        announced: u64,
    },
    /// A mailbox name or search word contains CR, LF or NUL and could start another command.
    #[error("the name cannot be sent safely")]
    UnsafeText,
    /// The receiver of the mail stops.
    #[error("the synchronisation was stopped")]
    Halted(#[source] Halt),
    /// An order cannot wait for the end of a synchronisation: it is carried out, then the work is taken up again.
    #[error("the synchronisation was interrupted for an order")]
    Interrupted,
    /// No thread could be started.
    #[error("no thread for the connection")]
    Thread(#[source] io::Error),
    /// The code of this adapter or of its parser panicked; the connection is dropped.
    #[error("the connection's code panicked")]
    Panicked,
    /// There is no such mailbox (for the Sent copy).
    #[error("the account has no such mailbox")]
    NoMailbox,
    /// The account is not connected now.
    #[error("not connected")]
    Offline,
}

/// What the worker does after an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Advice {
    /// Connect again after a pause; at least as long as given.
    Retry(Option<Duration>),
    /// Wait for a person.
    Stop,
    /// End the thread.
    End,
}

impl ImapError {
    /// What to do next.
    pub fn advice(&self) -> Advice {
        match self {
            Self::Limited { wait, .. } => Advice::Retry(*wait),
            Self::Bye(text) => Advice::Retry(wait_hint(text.expose())),
            // A hotel's portal shows its own certificate until somebody logs in: nothing of ours has been said, so
            // looking again now and then is safe, and better than mail that stays away until it is noticed.
            Self::Handshake(rustls::Error::InvalidCertificate(_)) => Advice::Retry(Some(LONGEST)),
            Self::HostName
            | Self::StartTlsRefused(_)
            | Self::Preauth
            | Self::NoPasswordLogin
            | Self::AuthRefused(_) => Advice::Stop,
            Self::Halted(Halt::Stopped) => Advice::End,
            // A full disk is cleared some day: the mail that is missing then comes by itself.
            Self::Halted(Halt::RecordFailed)
            | Self::Handshake(_)
            | Self::Resolve(_)
            | Self::Connect(_)
            | Self::Timeout(_)
            | Self::Lost(_)
            | Self::Closed
            | Self::StartTlsInjected
            | Self::Greeting
            | Self::No { .. }
            | Self::Bad { .. }
            | Self::Protocol(_)
            | Self::Budget
            | Self::TooDeep
            | Self::LiteralTooLarge { .. }
            | Self::UnsafeText
            | Self::Interrupted
            | Self::Thread(_)
            | Self::Panicked
            | Self::NoMailbox
            | Self::Offline => Advice::Retry(None),
        }
    }

    /// Whether the connection is still in step, so that the next command may be sent.
    pub fn keeps_connection(&self) -> bool {
        matches!(
            self,
            Self::No { .. } | Self::Bad { .. } | Self::UnsafeText | Self::NoMailbox | Self::Offline
        )
    }

    /// Sorts an I/O error: a time limit, a TLS error, or a broken line.
    pub(super) fn from_io(error: io::Error, phase: Phase) -> Self {
        if let Some(inner) = error.get_ref() {
            if let Some(tls) = inner.downcast_ref::<rustls::Error>() {
                return Self::Handshake(tls.clone());
            }
            if let Some(abuse) = inner.downcast_ref::<Abuse>() {
                return match abuse {
                    Abuse::Budget => Self::Budget,
                    Abuse::Depth => Self::TooDeep,
                };
            }
        }
        let kind = error.kind();
        if matches!(kind, io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) {
            Self::Timeout(phase)
        } else if kind == io::ErrorKind::UnexpectedEof {
            Self::Closed
        } else {
            Self::Lost(error)
        }
    }
}

impl Fault for ImapError {
    fn kind(&self) -> Kind {
        match self {
            Self::Handshake(rustls::Error::InvalidCertificate(_))
            | Self::HostName
            | Self::NoPasswordLogin
            | Self::AuthRefused(_)
            | Self::NoMailbox => Kind::NeedsUser,
            Self::StartTlsRefused(_) | Self::Preauth | Self::No { .. } | Self::Bad { .. } => {
                Kind::Refused
            }
            Self::Handshake(_)
            | Self::Resolve(_)
            | Self::Connect(_)
            | Self::Timeout(_)
            | Self::Lost(_)
            | Self::Closed
            | Self::StartTlsInjected
            | Self::Greeting
            | Self::Limited { .. }
            | Self::Bye(_)
            | Self::Interrupted
            | Self::Thread(_)
            | Self::Halted(_)
            | Self::Offline => Kind::Transient,
            Self::Protocol(_)
            | Self::Budget
            | Self::TooDeep
            | Self::LiteralTooLarge { .. }
            | Self::UnsafeText => Kind::Damaged,
            Self::Panicked => Kind::Bug,
        }
    }
}

/// Why the wire itself stops a read; travels through the `imap` crate inside an I/O error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Abuse {
    /// The byte budget is spent.
    Budget,
    /// Too many parentheses.
    Depth,
}

impl fmt::Display for Abuse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Budget => "response byte budget exceeded",
            Self::Depth => "response nested too deeply",
        })
    }
}

impl std::error::Error for Abuse {}

/// Microsoft 365 says how long to wait: `Suggested Backoff Time: 299961 milliseconds`. Never more than an hour.
pub(super) fn wait_hint(text: &str) -> Option<Duration> {
    let lower = text.to_ascii_lowercase();
    let (_, tail) = lower.split_once("suggested backoff time:")?;
    let digits: String = tail.trim_start().chars().take_while(char::is_ascii_digit).collect();
    let milliseconds: u64 = digits.parse().ok()?;
    Some(Duration::from_millis(milliseconds).min(Duration::from_hours(1)))
}

/// Does a NO, BAD or BYE mean "slow down" and not "wrong"? By response code (RFC 5530), else by the words that
/// servers are known to use.
pub(super) fn asks_for_patience(code: Option<&str>, text: &str) -> bool {
    if let Some(code) = code {
        let word = code.split(' ').next().unwrap_or_default();
        if ["UNAVAILABLE", "LIMIT", "OVERQUOTA", "INUSE", "SERVERBUG"].contains(&word) {
            return true;
        }
        if ["AUTHENTICATIONFAILED", "AUTHORIZATIONFAILED", "EXPIRED"].contains(&word) {
            return false;
        }
    }
    let lower = text.to_ascii_lowercase();
    [
        "too many simultaneous",
        "maximum number of connections",
        "throttled",
        "suggested backoff time",
    ]
    .iter()
    .chain(&[
        "temporar",
        "try again later",
        "server busy",
        "[unavailable]",
        "[limit]",
        "[overquota]",
    ])
    .any(|words| lower.contains(words))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backoff_hint_of_microsoft_is_obeyed_and_bounded() {
        let told = "Request is throttled. Suggested Backoff Time: 299961 milliseconds";
        assert_eq!(wait_hint(told), Some(Duration::from_millis(299_961)));
        let absurd = "Suggested Backoff Time: 99999999999 milliseconds";
        assert_eq!(wait_hint(absurd), Some(Duration::from_hours(1)));
        assert_eq!(wait_hint("Suggested Backoff Time: soon"), None);
    }

    #[test]
    fn too_many_connections_is_not_a_wrong_password() {
        assert!(asks_for_patience(None, "Too many simultaneous connections. (Failure)"));
        assert!(asks_for_patience(Some("UNAVAILABLE"), "down"));
        assert!(asks_for_patience(Some("LIMIT"), ""));
        assert!(!asks_for_patience(Some("AUTHENTICATIONFAILED"), "temporary password expired"));
        assert!(!asks_for_patience(None, "Invalid credentials"));
    }

    #[test]
    fn a_refused_login_waits_for_a_person() {
        assert_eq!(ImapError::AuthRefused("no".into()).advice(), Advice::Stop);
        assert_eq!(ImapError::Closed.advice(), Advice::Retry(None));
    }

    #[test]
    fn a_bad_certificate_is_looked_at_again_but_seldom() {
        let bad = rustls::Error::InvalidCertificate(rustls::CertificateError::UnknownIssuer);
        assert_eq!(ImapError::Handshake(bad).advice(), Advice::Retry(Some(LONGEST)));
    }

    #[test]
    fn server_text_does_not_reach_a_debug_print() {
        let error = ImapError::No { verb: "SELECT", code: None, text: "no box Okafor".into() };
        assert!(!format!("{error:?} {error}").contains("Okafor"));
    }
}
