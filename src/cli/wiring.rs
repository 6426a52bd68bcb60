//! The command line meets the rest of the program: the engine, the screen, the practice office.
//!
//! Owns the handing over and nothing else.

use std::path::Path;

use jiff::Timestamp;

use super::{
    Failure, Opening, SignInWay, Wiring, demo, json, login, office::Office, opened, screen,
};
use crate::{
    app::{
        connection::{Mailboxes, Tried, TrustError, try_account},
        notice,
    },
    config::settings::Account,
    domain::{credential::Credential, text::SafeText},
};

/// The program as it is shipped.
pub struct Program;

impl Wiring for Program {
    fn open(&self, opening: Opening) -> Result<Box<dyn Office>, Failure> {
        Ok(Box::new(opened::open(opening)?))
    }

    fn screen(&self, opening: Opening) -> Result<(), Failure> {
        screen::run(opened::open(opening)?)
    }

    fn demo(&self, keep: bool, home: Option<&Path>, now: Option<Timestamp>) -> Result<(), Failure> {
        demo::run(keep, home, now)
    }

    fn probe(&self, account: &Account, secret: &Credential) -> Vec<json::Check> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        match runtime {
            Ok(runtime) => tried(account, &runtime.block_on(try_account(account, secret))),
            Err(error) => vec![check(account, "connections", Err(error.to_string()))],
        }
    }

    fn kept_sign_in(&self, opening: Opening, account: &Account) -> Result<Credential, Failure> {
        login::kept(opening, account)
    }

    fn first_sign_in(
        &self,
        settings: &Path,
        account: &Account,
        say: &mut dyn FnMut(&str),
    ) -> Result<Credential, Failure> {
        login::first(settings, account, say)
    }

    fn sign_in(
        &self,
        opening: Opening,
        account: &Account,
        way: SignInWay,
        say: &mut dyn FnMut(&str),
    ) -> Result<(), Failure> {
        login::perform(opening, account, way, say)
    }
}

/// A try of both connections in words.
fn tried(account: &Account, tried: &Tried) -> Vec<json::Check> {
    let mut checks = Vec::new();
    if let Err(error) = &tried.trust {
        let words = match error {
            TrustError::Tls(error) => notice::trust(error),
            TrustError::File { .. } => error.to_string(),
        };
        checks.push(check(account, "certificates", Err(words)));
    }
    checks.extend(tried.imap.as_ref().map(|imap| {
        let words = imap.as_ref().map(mailboxes).map_err(notice::imap);
        check(account, "fetching (IMAP)", words)
    }));
    checks.extend(tried.smtp.as_ref().map(|smtp| {
        let words = smtp.as_ref().map(|limit| relay(*limit)).map_err(notice::smtp);
        check(account, "sending (SMTP)", words)
    }));
    checks
}

fn check(account: &Account, what: &str, result: Result<String, String>) -> json::Check {
    let (outcome, detail) = match result {
        Ok(detail) => (json::Outcome::Ok, detail),
        Err(detail) => (json::Outcome::Failed, detail),
    };
    let detail = SafeText::line(&detail).to_string();
    json::Check { subject: account.name.clone(), what: what.to_owned(), outcome, detail }
}

fn mailboxes(found: &Mailboxes) -> String {
    let count = found.selectable;
    match &found.sent {
        Some(sent) => {
            format!("logged in over verified TLS; {count} mailboxes, sent mail in {sent}")
        }
        None => format!(
            "logged in over verified TLS; {count} mailboxes, none of them marked as the one for \
             sent mail"
        ),
    }
}

fn relay(size_limit: Option<u64>) -> String {
    size_limit.map_or_else(
        || "logged in over verified TLS".to_owned(),
        |octets| format!("logged in over verified TLS; messages up to {} MB", octets / 1_000_000),
    )
}
