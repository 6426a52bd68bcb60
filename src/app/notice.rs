//! Errors → sentences. The only place where an error becomes prose: what happened, what matterbox did, what you can do.
//!
//! Owns the words. It may quote a server's own text to the person, cleaned; it must never log it.

pub mod sign_in;

use std::io;

use jiff::SignedDuration;

use crate::{
    domain::text::SafeText,
    imap::{
        contract::Halt,
        error::{ImapError, Phase},
    },
    smtp::{Cause, SmtpError, Verdict},
    store::StoreError,
    tls::{self, Refusal, TlsError},
};

use super::{
    error::AppError,
    event::{Notice, Offer, Tone},
};

impl Notice {
    /// With what the person may well do next.
    #[must_use]
    pub fn offering(self, offer: Offer) -> Self {
        Self { offer: Some(offer), ..self }
    }

    /// Done as asked.
    pub fn done(text: &str) -> Self {
        Self { tone: Tone::Done, text: SafeText::line(text), offer: None }
    }

    /// Worth knowing.
    pub fn info(text: &str) -> Self {
        Self { tone: Tone::Info, text: SafeText::line(text), offer: None }
    }

    /// Something went wrong.
    pub fn problem(text: &str) -> Self {
        Self { tone: Tone::Problem, text: SafeText::line(text), offer: None }
    }
}

/// What is wrong with the record.
pub fn store(error: &StoreError) -> String {
    match error {
        StoreError::WrongPassphrase => {
            "The passphrase does not open this record. Nothing was changed. Type it again; without it nobody can read \
             the record."
                .to_owned()
        }
        StoreError::InUse { pid } => format!(
            "The record is open in another matterbox (process {pid}). This one did not touch it. Use that one, or quit \
             it first."
        ),
        StoreError::Missing { folder } => format!(
            "There is no record in {}. Nothing was made. Run `matterbox init` to set one up, or name the right folder \
             with --home.",
            folder.display()
        ),
        StoreError::Newer { found, known } => format!(
            "The record was written by a newer matterbox (format {found}, this one knows {known}). It was not touched. \
             Install the newer version."
        ),
        StoreError::Damaged { what, .. } => format!(
            "The record is damaged ({what}). matterbox stopped writing to it and left every file as it is. Copy the \
             record's folder to a safe place, then restore your last backup; mail that is still on the server will be \
             pulled again."
        ),
        StoreError::DiskFull(_) => {
            "The disk is full. The last change was not written; everything before it is safe. Free some space and do it \
             again; mail is fetched again by itself."
                .to_owned()
        }
        StoreError::Io(_) | StoreError::Disk(_) => {
            "A file of the record could not be read or written. The last change was not made. Check the disk and the \
             folder's permissions, then try again."
                .to_owned()
        }
        StoreError::Interrupted => "The search was stopped because a newer one began.".to_owned(),
        StoreError::Busy => "matterbox is busy. Nothing was changed; press the key again in a moment.".to_owned(),
        StoreError::Closed => "The record is closed. Nothing was changed. Start matterbox again.".to_owned(),
        StoreError::NotFound { what } => {
            format!("There is no such {what} any more. Nothing was changed. Look at the list again.")
        }
        StoreError::Taken { what } => {
            format!("This {what} exists already. Nothing was changed. Choose another one.")
        }
        StoreError::Transition { from, to } => transition(from, to),
        StoreError::Panicked { .. }
        | StoreError::Poisoned
        | StoreError::Kdf
        | StoreError::Pack(_)
        | StoreError::Sql(_) => {
            "matterbox made a mistake inside the record. The change was rolled back; nothing else was touched. Start it \
             again, and please report this with the log (it holds no client words)."
                .to_owned()
        }
    }
}

/// A message is not in the state that the order needs.
fn transition(from: &str, to: &str) -> String {
    match to {
        "cancelled" => not_recalled(from),
        _ => format!(
            "That can be done only to a message of which it is not known whether it went out; this one is {from}. Nothing \
             was changed."
        ),
    }
}

/// Why no TLS configuration could be made.
pub fn trust(error: &TlsError) -> String {
    match error {
        TlsError::PlatformRoots(_) => {
            "This machine has no certificate store. matterbox did not connect. Install the package `ca-certificates`, \
             or set `trust = \"webpki\"` for the account."
                .to_owned()
        }
        TlsError::NoCertificate | TlsError::BadCertificate { .. } => {
            "The file named as `ca_file` holds no usable certificate. matterbox did not connect. Name a PEM file with \
             the certificate of the authority."
                .to_owned()
        }
        TlsError::ServerName => {
            "The server's name is not a host name. matterbox did not connect. Correct `host` in the settings.".to_owned()
        }
        TlsError::Provider(_) => {
            "TLS could not be set up. matterbox did not connect. Please report this.".to_owned()
        }
    }
}

/// What a refused handshake means: the cause, and what to do.
pub const fn handshake(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::WrongHost => {
            "its certificate is for another host. No password was sent. Check the host name in the settings; if it is \
             right, someone may be in between: do not go on, ask the provider"
        }
        Refusal::Expired => {
            "its certificate has run out. No password was sent. The provider must renew it; check this machine's date too"
        }
        Refusal::NotYetValid => {
            "its certificate is not valid yet. No password was sent. Check this machine's date and time"
        }
        Refusal::UnknownAuthority => {
            "nobody whom this machine trusts has signed its certificate. No password was sent. If it is your own server, \
             name its authority with `trust = { ca_file = \"…\" }` in the settings"
        }
        Refusal::Revoked => "its certificate was revoked. No password was sent. Ask the provider",
        Refusal::NotPinned => {
            "its certificate is not the one pinned in the settings. No password was sent. Ask the provider whether it \
             was changed, then pin the new one"
        }
        Refusal::BadCertificate => {
            "its certificate is broken. No password was sent. Ask the provider"
        }
        Refusal::OldTls => {
            "it speaks only TLS 1.1 or older, which is not safe any more. No password was sent. Ask the provider for \
             TLS 1.2 or newer"
        }
        Refusal::NotTls => {
            "it does not speak TLS on this port. No password was sent. Check port and `tls` in the settings (993 and 465 \
             are implicit, 143 and 587 are starttls)"
        }
        Refusal::Handshake => {
            "the secure connection could not be made. No password was sent. Try again; if it stays, ask the provider"
        }
    }
}

/// Why an account's mail does not come, without the retry (the link state tells that).
#[allow(clippy::too_many_lines, reason = "one sentence for each error: a table")]
pub fn imap(error: &ImapError) -> String {
    let said = |text: &str| SafeText::line(text).cut(160);
    match error {
        ImapError::Handshake(cause) => format!("The mail server was not trusted: {}.", handshake(tls::refusal(cause))),
        ImapError::Resolve(_) => {
            "The mail server's name was not found. Check the network, or `host` in the settings.".to_owned()
        }
        ImapError::HostName => "The mail server's name is not a host name. Correct `host` in the settings.".to_owned(),
        ImapError::Connect(_) => "The mail server cannot be reached. Check the network, host and port.".to_owned(),
        ImapError::Timeout(Phase::Connect | Phase::Tls) => {
            "The mail server did not answer. Check the network, host and port.".to_owned()
        }
        ImapError::Timeout(Phase::Answer | Phase::Literal | Phase::Write) => "The mail server went silent.".to_owned(),
        ImapError::Lost(_) | ImapError::Closed => "The connection to the mail server was lost.".to_owned(),
        ImapError::StartTlsRefused(_) => {
            "The mail server refused STARTTLS. No password was sent. Use `tls = \"implicit\"` with port 993, or ask the \
             provider."
                .to_owned()
        }
        ImapError::StartTlsInjected => {
            "Somebody put bytes in front of the secure connection. No password was sent. This can be an attack: use \
             another network, and tell the provider."
                .to_owned()
        }
        ImapError::Preauth => {
            "The mail server's greeting tried to skip the secure login. No password was sent. Do not go on: ask the \
             provider."
                .to_owned()
        }
        ImapError::Greeting => {
            "What answers there is not an IMAP server. No password was sent. Check host and port.".to_owned()
        }
        ImapError::NoPasswordLogin => {
            "The mail server offers no login with a password, perhaps only OAuth. No password was sent. Set the account \
             up with `secret = { oauth = … }` (the README says how)."
                .to_owned()
        }
        ImapError::NoTokenLogin => {
            "The mail server offers no login with OAuth (XOAUTH2). No token was sent. Check the server, or use a password."
                .to_owned()
        }
        ImapError::SignIn(error) => sign_in::words(error),
        ImapError::TokenRefused { why, text } => sign_in::token_refused("mail server", why, text.expose()),
        ImapError::AuthRefused(text) => format!(
            "The mail server refused the login and said “{}”. matterbox will not try again by itself, so that the \
             account is not locked. Correct user or password (Gmail needs an app password), then look for mail again.",
            said(text.expose())
        ),
        ImapError::Limited { text, .. } => {
            format!("The mail server asks for patience and said “{}”.", said(text.expose()))
        }
        ImapError::No { verb, text, .. } | ImapError::Bad { verb, text } => {
            format!("The mail server refused {verb} and said “{}”.", said(text.expose()))
        }
        ImapError::Bye(text) => format!("The mail server ended the session and said “{}”.", said(text.expose())),
        ImapError::Protocol(_)
        | ImapError::Budget
        | ImapError::TooDeep
        | ImapError::LiteralTooLarge { .. } => {
            "The mail server sent something that is not safe to read. The connection was dropped; nothing stored was \
             touched."
                .to_owned()
        }
        ImapError::UnsafeText => "A mailbox name cannot be sent safely. It was left out.".to_owned(),
        ImapError::Halted(Halt::Stopped) => "The synchronisation was stopped; what was stored stays.".to_owned(),
        ImapError::Halted(Halt::RecordFailed) => {
            "The record takes no mail at the moment. What was stored stays; what is missing comes when it can be written."
                .to_owned()
        }
        ImapError::Thread(_) | ImapError::Panicked => {
            "The connection failed by a mistake of ours. What was stored stays; please report this with the log."
                .to_owned()
        }
        ImapError::NoMailbox => "The account has no such mailbox.".to_owned(),
        ImapError::Interrupted => "The connection was made anew.".to_owned(),
        ImapError::Offline => "The account is not connected now.".to_owned(),
    }
}

/// An account's thread has ended.
pub const ENDED: &str = "The account's connection has ended. What was stored stays; matterbox starts it again in a minute.";

/// Said behind what is wrong with the record, when that keeps messages from leaving.
pub const SENDING_WAITS: &str = "Until the record can be written no message leaves; those in the outbox wait, and matterbox tries again by itself.";

/// The program ended while the relay was being reached.
pub const ENDED_EARLY: &str = "matterbox ended before the relay was reached; nobody got it";

/// The outbox's runner failed by a mistake of ours.
pub const RUNNER_FAILED: &str = "Sending failed by a mistake of ours. If a message was just being sent, it is not known whether it went out: look \
     at the Outbox. Everything else goes on; please report this with the log.";

/// `sla.toml` was changed while the program runs.
pub const RULES_FOLLOWED: &str = "sla.toml was changed: its hours, holidays and times hold from now on, and every clock was counted anew.";

/// `sla.toml` was changed to something that is not understood.
pub fn rules_refused(mistake: &str) -> String {
    format!(
        "{mistake}. Nothing of it was taken over: the hours and times that were read before still hold. Correct the file; \
         matterbox looks at it again by itself."
    )
}

/// The system's clock was set back by so much.
pub fn set_back(by: SignedDuration) -> String {
    let minutes = by.as_mins();
    let (hours, rest) = (minutes.div_euclid(60), minutes.rem_euclid(60));
    format!(
        "This computer's clock was set back by {hours} h {rest:02} min. Nothing that was written down is dated back; check \
         the clock, for the countdowns follow it."
    )
}

/// A message could not be taken back, being in this state.
pub fn not_recalled(state: &str) -> String {
    match state {
        "sent" => {
            "The message has gone out and cannot be taken back. Nothing was changed.".to_owned()
        }
        "cancelled" => {
            "The message was stopped already. Nothing was changed; it is a draft.".to_owned()
        }
        "refused" => {
            "The message did not go out: the relay refused it. There is nothing to take back; nothing was changed."
                .to_owned()
        }
        _ => format!(
            "The message is {state}: it may be on its way and cannot be taken back. Nothing was changed. Look at \
             the Outbox."
        ),
    }
}

/// Why the relay cannot be used, without what becomes of the message.
pub fn smtp(error: &SmtpError) -> String {
    let said = |text: &str| SafeText::line(text).cut(160);
    match error {
        SmtpError::ServerName => {
            "The relay's name is not a host name. Correct `host` under smtp in the settings.".to_owned()
        }
        SmtpError::Unreachable(_) => "The relay cannot be reached. Check the network, host and port.".to_owned(),
        SmtpError::Tls(cause) => format!("The relay was not trusted: {}.", handshake_in(cause)),
        SmtpError::StartTlsMissing | SmtpError::StartTlsRefused(_) => {
            "The relay refused STARTTLS. No password was sent. Use `tls = \"implicit\"` with port 465, or ask the \
             provider."
                .to_owned()
        }
        SmtpError::StartTlsInjected => {
            "Somebody put bytes in front of the secure connection to the relay. No password was sent. This can be an \
             attack: use another network, and tell the provider."
                .to_owned()
        }
        SmtpError::NoMechanism => {
            "The relay offers no login with a password, perhaps only OAuth. No password was sent. Set the account up \
             with `secret = { oauth = … }` (the README says how)."
                .to_owned()
        }
        SmtpError::NoTokenLogin => {
            "The relay offers no login with OAuth (XOAUTH2). No token was sent. Check the relay; at Microsoft 365 an \
             administrator may have to allow authenticated SMTP for the mailbox."
                .to_owned()
        }
        SmtpError::SignIn(error) => sign_in::words(error),
        SmtpError::TokenRefused { why, reply } => {
            sign_in::token_refused("relay", why, reply.words().expose())
        }
        SmtpError::Login(reply) => format!(
            "The relay refused the login and said “{}”. Correct user or password (Gmail needs an app password).",
            said(reply.words().expose())
        ),
        SmtpError::Refused { reply, .. } => {
            format!("The relay refused and said “{}”.", said(reply.words().expose()))
        }
        SmtpError::Line { .. } => "The connection to the relay was lost.".to_owned(),
    }
}

fn handshake_in(error: &io::Error) -> &'static str {
    handshake(tls::refusal_in(error).unwrap_or(Refusal::Handshake))
}

/// What a verdict means where the relay itself said nothing.
pub fn verdict(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Accepted(_) => "accepted",
        Verdict::Later(cause) | Verdict::Never(cause) => match cause {
            Cause::Reply(_) | Cause::Recipients => "the relay refused it; nobody got it",
            Cause::Line(_) | Cause::NotConnected => {
                "the line dropped before it was handed over; nobody got it"
            }
            Cause::TooLarge { .. } => "it is larger than the relay takes; nobody got it",
            Cause::NeedsUtf8 => {
                "the relay does not take addresses with such letters; nobody got it"
            }
            Cause::NeedsEightBit => "the relay takes only plain ASCII; nobody got it",
            Cause::Address => "an address cannot be written in SMTP; nobody got it",
            Cause::LineEnds => "its line ends are not safe to send; nobody got it",
        },
        Verdict::Unknown(_) => {
            "the line dropped after it was handed over: it may or may not have gone out"
        }
    }
}

/// Why a use case did nothing.
pub fn app(error: &AppError) -> String {
    match error {
        AppError::Store(error) => store(error),
        AppError::Unconfirmed(_) => {
            "Something about the message still waits for your answer. It was not sent. Answer each finding with its own \
             key."
                .to_owned()
        }
        AppError::Seal(_) => {
            "The message has no recipient or no usable sender. It was not sent. Correct it and try again.".to_owned()
        }
        AppError::Compose(_) => {
            "The message cannot be written as it stands. It was not sent; it is kept as a draft. Look at its addresses \
             and attachments."
                .to_owned()
        }
        AppError::NoAccount => {
            "No account is set up to send this from. Nothing was sent; what was written is kept as a draft. \
             Set the account up again with `matterbox init`, or write it anew from another."
                .to_owned()
        }
        AppError::NoArchive => {
            "The account has no archive folder that matterbox knows. Nothing was moved. Archive once on the screen, which \
             has one made at the server, or name yours in the account's settings: folders = { archive = \"…\" }."
                .to_owned()
        }
        AppError::Nothing(what) => {
            let mut what = (*what).to_owned();
            if let Some(first) = what.get_mut(0..1) {
                first.make_ascii_uppercase();
            }
            format!("{what}. Nothing was changed.")
        }
    }
}
