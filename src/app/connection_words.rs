//! What went wrong with a server, in one sentence: what happened, and what can be done.
//!
//! Owns the words for the errors of TLS, IMAP and SMTP. What a server said is shown to the person and never logged.

use crate::{
    imap::error::ImapError,
    smtp::{LineFault, Reply, SmtpError},
    tls::{self, Refusal},
};

/// Why a secure connection was refused. No password has left in any of these cases.
pub const fn refusal(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::WrongHost => {
            "the certificate is for another server; check the host name in the settings"
        }
        Refusal::Expired => "the certificate of the server has expired; its operator must renew it",
        Refusal::NotYetValid => {
            "the certificate is not valid yet; check the date and time of this computer"
        }
        Refusal::UnknownAuthority => {
            "nobody trusted has signed the certificate; if the firm has an authority of its own, \
             name its file with trust = { ca_file = … }"
        }
        Refusal::Revoked => "the certificate was revoked; ask the operator of the server",
        Refusal::NotPinned => {
            "the certificate is not the pinned one; if it was renewed, pin the new one"
        }
        Refusal::BadCertificate => "the certificate is broken or made for another purpose",
        Refusal::OldTls => "the server speaks only TLS 1.1 or older, which is not safe any more",
        Refusal::NotTls => {
            "the server answered without TLS; check the port and whether tls is implicit or starttls"
        }
        Refusal::Handshake => "the secure connection could not be set up",
    }
}

/// An error of the IMAP server in words.
pub fn imap(error: &ImapError) -> String {
    let said = |what: &str, text: &str| {
        let text = text.trim();
        if text.is_empty() { what.to_owned() } else { format!("{what}; it says: {text}") }
    };
    match error {
        ImapError::Handshake(source) => refusal(tls::refusal(source)).to_owned(),
        ImapError::StartTlsRefused(text) => said(
            "the server offers no STARTTLS, so nothing was sent; try port 993 with tls = implicit",
            text.expose(),
        ),
        ImapError::StartTlsInjected => {
            "something spoke in clear while TLS was starting; somebody may be listening, and \
             nothing was sent"
                .to_owned()
        }
        ImapError::Preauth => {
            "the server says that we are logged in already, which no honest server does; nothing \
             was sent"
                .to_owned()
        }
        ImapError::AuthRefused(text) => said(
            "the server refuses user or password; many providers want an app password here",
            text.expose(),
        ),
        ImapError::Limited { text, .. } => said("the server asks for patience", text.expose()),
        ImapError::No { text, .. } | ImapError::Bad { text, .. } | ImapError::Bye(text) => {
            said(&error.to_string(), text.expose())
        }
        ImapError::Resolve(_) | ImapError::HostName => {
            "there is no server of this name; check the host name and the network".to_owned()
        }
        ImapError::Connect(source) => {
            format!("the server cannot be reached ({source}); check host, port and network")
        }
        ImapError::Lost(_)
        | ImapError::Timeout(_)
        | ImapError::Closed
        | ImapError::Greeting
        | ImapError::NoPasswordLogin
        | ImapError::Protocol(_)
        | ImapError::Budget
        | ImapError::TooDeep
        | ImapError::LiteralTooLarge { .. }
        | ImapError::UnsafeText
        | ImapError::Halted(_)
        | ImapError::Interrupted
        | ImapError::Thread(_)
        | ImapError::Panicked
        | ImapError::NoMailbox
        | ImapError::Offline => error.to_string(),
    }
}

/// An error of the relay in words.
pub fn smtp(error: &SmtpError) -> String {
    let said = |what: &str, reply: &Reply| format!("{what}; it says: {}", reply.words().expose());
    match error {
        SmtpError::ServerName => {
            "there is no server of this name; check the host name and the network".to_owned()
        }
        SmtpError::Unreachable(source) => {
            format!("the server cannot be reached ({source}); check host, port and network")
        }
        SmtpError::Tls(source) => {
            refusal(tls::refusal_in(source).unwrap_or(Refusal::Handshake)).to_owned()
        }
        SmtpError::StartTlsMissing => {
            "the server offers no STARTTLS, so nothing was sent; try port 465 with tls = implicit"
                .to_owned()
        }
        SmtpError::StartTlsRefused(reply) => {
            said("the server refuses STARTTLS, so nothing was sent", reply)
        }
        SmtpError::StartTlsInjected => {
            "something spoke in clear while TLS was starting; somebody may be listening, and \
             nothing was sent"
                .to_owned()
        }
        SmtpError::NoMechanism => error.to_string(),
        SmtpError::Login(reply) => said(
            "the server refuses user or password; many providers want an app password here",
            reply,
        ),
        SmtpError::Refused { reply, .. } => said("the server refuses", reply),
        SmtpError::Line { fault, .. } => match fault {
            LineFault::Dropped => "the server hung up".to_owned(),
            LineFault::Silent => "the server did not answer in time".to_owned(),
            LineFault::Garbled => {
                "the server does not speak SMTP; check the port and whether tls is implicit or \
                 starttls"
                    .to_owned()
            }
        },
    }
}
