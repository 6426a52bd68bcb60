//! From a wire to a session: greeting, capabilities, login.
//!
//! Owns the login. A password or token leaves only through here, and only over a wire, which is verified TLS by
//! construction. It must never switch on the crate's `debug`, which prints passwords, and never try a refused password
//! again; a refused token is replaced once, since it may have run out on its way.

use std::{cell::RefCell, collections::BTreeSet, sync::Arc};

use imap::{Authenticator, Client, Session};
use rustls::ClientConfig;
use zeroize::Zeroizing;

use crate::domain::{
    confidential::Confidential,
    credential::{AccessTokens, Credential},
    fault::Ignore,
};

use super::{
    contract::Login,
    error::{ImapError, Phase, asks_for_patience, wait_hint},
    reader::{Talk, bye_error},
    reply::{self, Condition, Reply},
    stream::{Cutoff, Endpoint, Limits, dial},
    wire::{Allowance, Wire},
};

/// What a server offers, in capitals.
#[derive(Clone, Debug, Default)]
pub(super) struct Capabilities(BTreeSet<String>);

impl Capabilities {
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains(name)
    }

    /// Does one begin with these words?
    pub(super) fn has_with(&self, beginning: &str) -> bool {
        self.0.iter().any(|name| name.starts_with(beginning))
    }

    /// Takes these out: what a server offers and does badly.
    pub(super) fn forget(&mut self, names: &[String]) {
        self.0.retain(|offer| !names.iter().any(|name| name.eq_ignore_ascii_case(offer)));
    }
}

/// A session that is logged in: the crate's handle keeps it, our reader talks.
pub(super) struct LoggedIn {
    pub session: Session<Wire>,
    pub talk: Talk,
    pub offers: Capabilities,
}

/// Connects and logs in.
pub(super) fn connect(
    endpoint: &Endpoint,
    tls: &Arc<ClientConfig>,
    login: &Login,
    limits: &Limits,
    cutoff: &Cutoff,
) -> Result<LoggedIn, ImapError> {
    let attempt = || {
        let wire = dial(endpoint, tls, limits, cutoff)?;
        // Behind STARTTLS the greeting was in clear and is forgotten; no second one comes.
        if endpoint.security == super::stream::Security::Implicit {
            greet(&wire)?;
        }
        log_in(&wire, login)
    };
    match (attempt(), &login.password) {
        (Err(ImapError::TokenRefused { .. }), Credential::Token(tokens)) => {
            tokens.spent();
            attempt()
        }
        (end, Credential::Password(_) | Credential::Token(_)) => end,
    }
}

impl Login {
    /// A session has ended: if that was because its token ran out, the next one begins with a new one.
    pub(super) fn ended(&self, why: &ImapError) {
        if let (Credential::Token(tokens), ImapError::Bye(text)) = (&self.password, why)
            && tells_of_a_spent_token(text.expose())
        {
            tokens.spent();
        }
    }
}

/// Microsoft 365 ends a session whose token ran out: `BYE Session invalidated - AccessTokenExpired`.
fn tells_of_a_spent_token(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    ["accesstokenexpired", "session invalidated", "token expired", "token has expired"]
        .iter()
        .any(|words| lower.contains(words))
}

/// Reads the greeting of a server that speaks TLS from the start.
pub(super) fn greet(wire: &Wire) -> Result<(), ImapError> {
    wire.allow(Allowance::LOGIN);
    let Reply::Untagged(line) = reply::read(wire.response()?) else {
        return Err(ImapError::Greeting);
    };
    match line.condition {
        Condition::Ok => Ok(()),
        // We did not say who we are, so we cannot know whose mail this is.
        Condition::Preauth => Err(ImapError::Preauth),
        Condition::Bye => Err(bye_error(line)),
        Condition::No | Condition::Bad => Err(ImapError::Greeting),
    }
}

/// Asks what is offered, logs in, and asks again: the answer may differ afterwards.
pub(super) fn log_in(wire: &Wire, login: &Login) -> Result<LoggedIn, ImapError> {
    let mut talk = Talk::new(wire.clone());
    let before = capabilities(&mut talk)?;
    wire.allow(Allowance::LOGIN);
    let session = authenticate(wire, &before, login)?;
    let offers = capabilities(&mut talk)?;
    let mut logged_in = LoggedIn { session, talk, offers };
    introduce(&mut logged_in)?;
    Ok(logged_in)
}

fn capabilities(talk: &mut Talk) -> Result<Capabilities, ImapError> {
    let mut offers = Capabilities::default();
    talk.command("CAPABILITY", "CAPABILITY", Allowance::LOGIN, &mut |reply| {
        if let Reply::Capabilities(list) = reply {
            offers.0.extend(list);
        }
        Ok(())
    })?;
    Ok(offers)
}

/// Yahoo and NetEase want to know who comes (RFC 2971). A refusal does no harm.
fn introduce(logged_in: &mut LoggedIn) -> Result<(), ImapError> {
    if !logged_in.offers.has("ID") {
        return Ok(());
    }
    let line =
        concat!("ID (\"name\" \"matterbox\" \"version\" \"", env!("CARGO_PKG_VERSION"), "\")");
    match logged_in.talk.command("ID", line, Allowance::LOGIN, &mut super::reader::ignore_replies) {
        Err(error) if !error.keeps_connection() => Err(error),
        Ok(_) | Err(_) => Ok(()),
    }
}

/// SASL PLAIN (RFC 4616): without an initial response, since NetEase advertises SASL-IR and then breaks on it.
struct Plain<'a> {
    user: &'a str,
    password: &'a str,
}

impl Authenticator for Plain<'_> {
    type Response = Zeroizing<Vec<u8>>;

    fn process(&self, _challenge: &[u8]) -> Self::Response {
        let Self { user, password } = self;
        let mut words = Zeroizing::new(Vec::with_capacity(
            user.len().saturating_add(password.len()).saturating_add(2),
        ));
        words.push(0);
        words.extend_from_slice(user.as_bytes());
        words.push(0);
        words.extend_from_slice(password.as_bytes());
        words
    }
}

/// XOAUTH2 (Google's and Microsoft's, developers.google.com/workspace/gmail/imap/xoauth2-protocol). A server that does not
/// like the token says why in a challenge, wants an empty answer to it, and only then says NO.
struct XOAuth2<'a> {
    user: &'a str,
    token: Confidential<String>,
    why: RefCell<Option<Vec<u8>>>,
    asked: RefCell<bool>,
}

impl Authenticator for XOAuth2<'_> {
    type Response = Zeroizing<Vec<u8>>;

    fn process(&self, challenge: &[u8]) -> Self::Response {
        if self.asked.replace(true) {
            self.why.replace(Some(challenge.to_vec()));
            return Zeroizing::default();
        }
        let (user, token) = (self.user, self.token.expose());
        let mut words = Zeroizing::new(Vec::with_capacity(
            user.len().saturating_add(token.len()).saturating_add(32),
        ));
        for part in ["user=", user, "\x01auth=Bearer ", token, "\x01\x01"] {
            words.extend_from_slice(part.as_bytes());
        }
        words
    }
}

fn authenticate(
    wire: &Wire,
    offers: &Capabilities,
    login: &Login,
) -> Result<Session<Wire>, ImapError> {
    match &login.password {
        Credential::Password(password) => {
            with_password(wire, offers, login.user.expose(), password.expose())
        }
        Credential::Token(tokens) => with_token(wire, offers, login.user.expose(), tokens.as_ref()),
    }
}

fn with_token(
    wire: &Wire,
    offers: &Capabilities,
    user: &str,
    tokens: &dyn AccessTokens,
) -> Result<Session<Wire>, ImapError> {
    if !offers.has("AUTH=XOAUTH2") {
        return Err(ImapError::NoTokenLogin);
    }
    if user.contains('\x01') {
        return Err(ImapError::UnsafeText);
    }
    let token = tokens.token().map_err(ImapError::SignIn)?;
    let (why, asked) = (RefCell::default(), RefCell::new(false));
    let answers = XOAuth2 { user, token, why, asked };
    let ended = Client::new(wire.clone()).authenticate("XOAUTH2", &answers);
    ended.map_err(|(error, _client)| {
        let refused = as_refusal(login_error(error, wire));
        let ImapError::AuthRefused(text) = refused else { return refused };
        let why = answers.why.take().unwrap_or_default();
        let why = Confidential::new(String::from_utf8_lossy(&why).into_owned());
        ImapError::TokenRefused { why, text }
    })
}

fn with_password(
    wire: &Wire,
    offers: &Capabilities,
    user: &str,
    password: &str,
) -> Result<Session<Wire>, ImapError> {
    let mut client = Client::new(wire.clone());
    let may_login = !offers.has("LOGINDISABLED");
    if offers.has("AUTH=PLAIN") {
        client = match client.authenticate("PLAIN", &Plain { user, password }) {
            Ok(session) => return Ok(session),
            // BAD is about the mechanism, not about the password: LOGIN may still work.
            Err((error, client)) => {
                let refused = login_error(error, wire);
                if !may_login || !matches!(refused, ImapError::Bad { .. }) {
                    return Err(as_refusal(refused));
                }
                client
            }
        };
    }
    if !may_login {
        return Err(ImapError::NoPasswordLogin);
    }
    client.login(user, password).map_err(|(error, _client)| as_refusal(login_error(error, wire)))
}

/// After the last mechanism a BAD is a refusal too: trying again would only lock the account.
fn as_refusal(error: ImapError) -> ImapError {
    if let ImapError::Bad { text, .. } = error { ImapError::AuthRefused(text) } else { error }
}

/// Sorts an error of the crate. It takes a tagged answer that it cannot parse for a lost connection, so the last
/// line decides, not the crate's word.
fn login_error(error: imap::Error, wire: &Wire) -> ImapError {
    let last = wire.last_crate_line();
    let mut words = last.splitn(3, ' ');
    let (tag, word) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let text = words.next().unwrap_or_default();
    let code = text.strip_prefix('[').and_then(|rest| rest.split_once(']')).map(|(code, _)| code);
    let patience = asks_for_patience(code.map(str::to_ascii_uppercase).as_deref(), text);
    let said = Confidential::from(text);
    match (tag, word.to_ascii_uppercase().as_str()) {
        (tag, "NO" | "BAD") if tag != "*" && patience => {
            ImapError::Limited { wait: wait_hint(text), text: said }
        }
        (tag, "NO") if tag != "*" => ImapError::AuthRefused(said),
        (tag, "BAD") if tag != "*" => ImapError::Bad { verb: "AUTHENTICATE", text: said },
        ("*", "BYE") if patience => ImapError::Limited { wait: wait_hint(text), text: said },
        ("*", "BYE") => ImapError::Bye(said),
        _ => from_crate(error),
    }
}

/// Any other error of the crate; its texts are dropped, since they may quote the server or us.
#[allow(clippy::wildcard_enum_match_arm, reason = "the enum is not ours and non-exhaustive")]
fn from_crate(error: imap::Error) -> ImapError {
    match error {
        imap::Error::Io(error) => ImapError::from_io(error, Phase::Answer),
        imap::Error::ConnectionLost => ImapError::Closed,
        imap::Error::Validate(_) => ImapError::UnsafeText,
        _ => ImapError::Protocol("an answer to the login that cannot be read"),
    }
}

/// Says goodbye, without caring for the answer.
pub(super) fn log_out(mut logged_in: LoggedIn) {
    logged_in.talk.wire.allow(Allowance::LOGIN);
    logged_in.session.logout().ignore("the connection ends either way");
}

#[cfg(test)]
mod tests {
    use super::super::wire::script::Script;
    use super::*;

    const PASSWORD: &str = "opensesame";

    fn login() -> Login {
        Login { user: "ada@firm.test".into(), password: PASSWORD.into() }
    }

    fn meet(says: &str) -> (Result<LoggedIn, ImapError>, String) {
        let script = Script::saying(says);
        let wire = script.wire();
        let end = greet(&wire).and_then(|()| log_in(&wire, &login()));
        (end, script.heard())
    }

    const PLAIN: &str =
        "* OK hi\r\n* CAPABILITY IMAP4rev1 AUTH=PLAIN LOGINDISABLED\r\nz1 OK done\r\n";
    const LOGIN: &str = "* OK hi\r\n* CAPABILITY IMAP4rev1\r\nz1 OK done\r\n";
    const AFTER: &str = "* CAPABILITY IMAP4rev1 IDLE UIDPLUS\r\nz2 OK done\r\n";

    #[test]
    fn plain_is_preferred_and_capabilities_are_asked_again() {
        let (end, heard) = meet(&format!("{PLAIN}+\r\na1 OK in\r\n{AFTER}"));
        let logged_in = end.ok().unwrap();
        assert!(logged_in.offers.has("IDLE"));
        let lines: Vec<&str> = heard.lines().collect();
        assert_eq!(lines[1], "a1 AUTHENTICATE PLAIN");
        assert_eq!(lines[2], "AGFkYUBmaXJtLnRlc3QAb3BlbnNlc2FtZQ==");
    }

    #[test]
    fn login_is_used_where_plain_is_not_offered() {
        let (end, heard) = meet(&format!("{LOGIN}a1 OK in\r\n{AFTER}"));
        assert!(end.is_ok());
        assert!(heard.contains("a1 LOGIN \"ada@firm.test\" \"opensesame\"\r\n"));
    }

    #[test]
    fn a_server_that_disables_login_and_offers_no_plain_never_sees_the_password() {
        let (end, heard) = meet("* OK hi\r\n* CAPABILITY IMAP4rev1 LOGINDISABLED\r\nz1 OK x\r\n");
        assert!(matches!(end, Err(ImapError::NoPasswordLogin)));
        assert!(!heard.contains("LOGIN") && !heard.contains(PASSWORD));
    }

    #[test]
    fn a_greeting_that_skips_the_login_is_refused_inside_tls_too() {
        let (end, heard) = meet("* PREAUTH you are root\r\n");
        assert!(matches!(end, Err(ImapError::Preauth)));
        assert_eq!(heard, "");
    }

    #[test]
    fn a_wrong_password_is_tried_once_whatever_the_server_says_around_it() {
        for no in [
            "a1 NO [AUTHENTICATIONFAILED] Invalid credentials\r\n",
            "a1 NO Ungültiges Passwort\r\n",
            "a1 NO\r\n",
            "* CAPABILITY IMAP4rev1\r\n* 4 EXISTS\r\na1 NO no\r\n",
        ] {
            let (end, heard) = meet(&format!("{PLAIN}+ \r\n{no}"));
            assert!(matches!(end, Err(ImapError::AuthRefused(_))), "{no}");
            assert_eq!(heard.matches("a1 AUTHENTICATE").count(), 1);
            assert!(!heard.contains("LOGIN "));
        }
    }

    #[test]
    fn too_many_connections_is_no_wrong_password() {
        for no in [
            "a1 NO [UNAVAILABLE] later\r\n",
            "a1 NO Too many simultaneous connections.\r\n",
            "* BYE [LIMIT] too many\r\n",
        ] {
            let (end, _) = meet(&format!("{LOGIN}{no}"));
            assert!(matches!(end, Err(ImapError::Limited { .. })), "{no}");
        }
        let (end, _) = meet(&format!(
            "{LOGIN}a1 BAD throttled. Suggested Backoff Time: 1000 milliseconds\r\n"
        ));
        assert!(matches!(end, Err(ImapError::Limited { wait: Some(_), .. })));
    }

    #[test]
    fn a_mechanism_that_the_server_does_not_know_after_all_falls_back_to_login() {
        let offered = "* OK hi\r\n* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\nz1 OK done\r\n";
        let (end, _) = meet(&format!("{offered}a1 BAD what\r\na2 OK in\r\n{AFTER}"));
        assert!(end.is_ok());
        let (end, _) = meet(&format!("{offered}a1 BAD what\r\na2 BAD what\r\n"));
        assert!(matches!(end, Err(ImapError::AuthRefused(_))));
    }

    #[test]
    fn a_hostile_answer_to_the_login_cannot_crash_us() {
        let deep = format!("{LOGIN}* 1 FETCH (BODYSTRUCTURE {}\r\n", "(".repeat(5000));
        assert!(matches!(meet(&deep).0, Err(ImapError::TooDeep)));
        let endless = format!("{LOGIN}{}", "* OK x\r\n".repeat(100_000));
        assert!(matches!(meet(&endless).0, Err(ImapError::Budget)));
        let full = format!("{PLAIN}{}", "+ \r\n".repeat(100_000));
        assert!(matches!(meet(&full).0, Err(ImapError::Budget)));
    }

    #[test]
    fn a_greeting_of_another_protocol_is_named() {
        assert!(matches!(meet("220 smtp\r\n").0, Err(ImapError::Greeting)));
        assert!(matches!(meet("* BYE closed\r\n").0, Err(ImapError::Bye(_))));
    }

    #[test]
    fn the_password_is_in_no_debug_print() {
        assert!(!format!("{:?}", login()).contains(PASSWORD));
        let (end, _) = meet(&format!("{LOGIN}a1 NO {PASSWORD} is wrong\r\n"));
        let error = end.err().unwrap();
        assert!(!format!("{error:?} {error}").contains(PASSWORD));
    }

    /// Gives out numbered tokens, and counts how often it was told that one is spent.
    #[derive(Default)]
    struct Numbered(std::sync::atomic::AtomicU32);

    impl AccessTokens for Numbered {
        fn token(&self) -> Result<Confidential<String>, crate::domain::credential::SignInError> {
            let spent = self.0.load(std::sync::atomic::Ordering::Relaxed);
            Ok(format!("token-{spent}").into())
        }

        fn spent(&self) {
            self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        }
    }

    fn with_tokens(says: &str) -> (Result<LoggedIn, ImapError>, String) {
        let script = Script::saying(says);
        let wire = script.wire();
        let password = Credential::Token(Arc::new(Numbered::default()));
        let login = Login { user: "ada@firm.test".into(), password };
        let end = greet(&wire).and_then(|()| log_in(&wire, &login));
        (end, script.heard())
    }

    const TOKENS: &str =
        "* OK hi\r\n* CAPABILITY IMAP4rev1 AUTH=PLAIN AUTH=XOAUTH2\r\nz1 OK done\r\n";

    #[test]
    fn a_token_goes_out_as_the_vendors_write_it() {
        let (end, heard) = with_tokens(&format!("{TOKENS}+\r\na1 OK in\r\n{AFTER}"));
        assert!(end.is_ok());
        let lines: Vec<&str> = heard.lines().collect();
        assert_eq!(lines[1], "a1 AUTHENTICATE XOAUTH2");
        // user=ada@firm.test^Aauth=Bearer token-0^A^A
        assert_eq!(lines[2], "dXNlcj1hZGFAZmlybS50ZXN0AWF1dGg9QmVhcmVyIHRva2VuLTABAQ==");
    }

    #[test]
    fn what_a_server_says_about_a_token_is_kept_and_answered_with_an_empty_line() {
        let json = "eyJzdGF0dXMiOiI0MDAifQ==";
        let says = format!("{TOKENS}+ \r\n+ {json}\r\na1 NO AUTHENTICATE failed.\r\n");
        let (end, heard) = with_tokens(&says);
        let Err(ImapError::TokenRefused { why, text }) = end else { panic!("not refused") };
        assert_eq!(why.expose(), "{\"status\":\"400\"}");
        assert!(text.expose().contains("AUTHENTICATE failed"));
        assert!(heard.ends_with("==\r\n\r\n"), "{heard}");
    }

    #[test]
    fn a_token_is_not_sent_to_a_server_that_does_not_take_one_nor_as_a_password() {
        let (end, heard) = with_tokens(PLAIN);
        assert!(matches!(end, Err(ImapError::NoTokenLogin)));
        assert!(!heard.contains("AUTHENTICATE"));
    }

    #[test]
    fn a_session_that_ends_because_its_token_ran_out_begins_anew_with_another_token() {
        let tokens = Arc::new(Numbered::default());
        let password = Credential::Token(Arc::clone(&tokens) as _);
        let login = Login { user: "ada@firm.test".into(), password };
        login.ended(&ImapError::Bye("Logging out for the night".into()));
        login.ended(&ImapError::Closed);
        assert_eq!(tokens.token().unwrap().expose(), "token-0");
        let expired = ImapError::Bye("Session invalidated - AccessTokenExpired".into());
        assert_eq!(expired.advice(), super::super::error::Advice::Retry(None));
        login.ended(&expired);
        assert_eq!(tokens.token().unwrap().expose(), "token-1");
    }
}
