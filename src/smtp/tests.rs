//! The relay against a server that fails in every way that matters.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use super::{
    scripted::{InClear, OnData, Script, Scripted, Shows},
    *,
};
use crate::domain::{
    address::EmailAddress,
    confidential::Confidential,
    credential::{AccessTokens, Credential, SignInError},
    fault::{Fault, Kind},
    outbox::Envelope,
};

pub(super) const MESSAGE: &[u8] = b"Subject: lease\r\n\r\n.a dot\r\n\r\n..two\r\nend\r\n";

fn timeouts() -> Timeouts {
    let short = Duration::from_secs(20);
    Timeouts { connect: short, command: short, content: short }
}

fn login() -> Login {
    Login { user: Confidential::from("ada"), password: "marker-password".into() }
}

pub(super) fn envelope(recipients: &[&str]) -> Envelope {
    let address = |text: &str| EmailAddress::parse(text).unwrap();
    Envelope::new(address("ada@office.example"), recipients.iter().map(|text| address(text)))
        .unwrap()
}

pub(super) fn relay(scripted: &Scripted) -> SmtpRelay {
    SmtpRelay::new(scripted.server(), Some(login()), scripted.tls.clone(), timeouts())
}

pub(super) async fn send(script: Script, recipients: &[&str]) -> (SendReport, Scripted) {
    let scripted = Scripted::start(script).await;
    let mut relay = relay(&scripted);
    relay.probe().await.unwrap();
    let report = relay.send(&envelope(recipients), MESSAGE).await;
    (report, scripted)
}

pub(super) async fn probe(scripted: &Scripted) -> SmtpError {
    relay(scripted).probe().await.unwrap_err()
}

#[tokio::test]
async fn a_message_arrives_byte_for_byte_and_the_servers_words_are_kept() {
    for in_clear in [InClear::Nothing, InClear::Accepts] {
        let script = Script { in_clear, ..Script::default() };
        let (report, scripted) = send(script, &["kofi@mensah.example"]).await;
        assert!(matches!(report.verdict, Verdict::Accepted(_)), "{report:?}");
        assert_eq!(report.words().expose(), "250 2.0.0 queued as 4711");
        assert_eq!(scripted.messages(), [MESSAGE]);
    }
}

#[tokio::test]
async fn a_second_message_goes_over_the_same_line_after_a_probe() {
    let scripted = Scripted::start(Script::default()).await;
    let mut relay = relay(&scripted);
    for _ in 0..2 {
        relay.probe().await.unwrap();
        let report = relay.send(&envelope(&["kofi@mensah.example"]), MESSAGE).await;
        assert!(matches!(report.verdict, Verdict::Accepted(_)));
    }
    relay.close().await;
    assert_eq!(scripted.messages().len(), 2);
    assert_eq!(scripted.heard.lock().unwrap().connections, 1);
}

#[tokio::test]
async fn a_line_that_the_server_has_closed_is_opened_anew_by_the_probe() {
    let script = Script { noop: "421 4.4.2 idle too long", ..Script::default() };
    let scripted = Scripted::start(script).await;
    let mut relay = relay(&scripted);
    relay.probe().await.unwrap();
    relay.probe().await.unwrap();
    let report = relay.send(&envelope(&["kofi@mensah.example"]), MESSAGE).await;
    assert!(matches!(report.verdict, Verdict::Accepted(_)));
    assert_eq!(scripted.heard.lock().unwrap().connections, 2);
}

#[tokio::test]
async fn a_line_that_died_while_it_rested_is_given_up_long_before_a_command_would_be() {
    let scripted = Scripted::start(Script { noop: "", ..Script::default() }).await;
    let limits = Timeouts {
        connect: Duration::from_secs(1),
        command: Duration::from_hours(1),
        ..timeouts()
    };
    let mut relay = SmtpRelay::new(scripted.server(), Some(login()), scripted.tls.clone(), limits);
    relay.probe().await.unwrap();
    relay.probe().await.unwrap();
    assert_eq!(scripted.heard.lock().unwrap().connections, 2);
}

/// Gives out one token after the other.
#[derive(Default)]
struct Mint(AtomicUsize);

impl AccessTokens for Mint {
    fn token(&self) -> Result<Confidential<String>, SignInError> {
        Ok(format!("token-{}", self.0.load(Ordering::SeqCst)).into())
    }

    fn spent(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[tokio::test]
async fn a_token_that_runs_out_while_the_line_rests_costs_no_attempt_and_a_password_is_not_tried_again()
 {
    for code in ["530 5.7.57 Client not authenticated", "535 5.7.3 token expired"] {
        let offers = vec!["mx.example", "SIZE 1000000", "8BITMIME", "AUTH PLAIN XOAUTH2"];
        let scripted =
            Scripted::start(Script { next_mail: code, offers, ..Script::default() }).await;
        let mint = Arc::new(Mint::default());
        let token = Login { user: "ada".into(), password: Credential::Token(mint.clone()) };
        let mut relay =
            SmtpRelay::new(scripted.server(), Some(token), scripted.tls.clone(), timeouts());
        for _ in 0..2 {
            relay.probe().await.unwrap();
            let report = relay.send(&envelope(&["kofi@mensah.example"]), MESSAGE).await;
            assert!(matches!(report.verdict, Verdict::Accepted(_)), "{report:?}");
        }
        assert_eq!(scripted.messages(), [MESSAGE, MESSAGE], "each once");
        assert_eq!(mint.0.load(Ordering::SeqCst), 1, "a fresh token was asked for once");
        // With a password the message waits, over a new line, and the login is not repeated in a hurry.
        let scripted = Scripted::start(Script { next_mail: code, ..Script::default() }).await;
        let mut relay = self::relay(&scripted);
        for accepted in [true, false] {
            relay.probe().await.unwrap();
            let report = relay.send(&envelope(&["kofi@mensah.example"]), MESSAGE).await;
            assert_eq!(matches!(report.verdict, Verdict::Accepted(_)), accepted, "{report:?}");
        }
        assert_eq!(scripted.heard.lock().unwrap().connections, 1);
        relay.probe().await.unwrap();
        assert_eq!(scripted.heard.lock().unwrap().connections, 2, "the old line is given up");
    }
}

/// An address at which connections are neither taken nor refused, with what keeps it so.
async fn deaf() -> (std::net::SocketAddr, impl Sized) {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut waiting = Vec::new();
    while let Ok(line) =
        tokio::time::timeout(Duration::from_millis(200), tokio::net::TcpStream::connect(address))
            .await
    {
        waiting.push(line.unwrap());
    }
    (address, (listener, waiting))
}

#[tokio::test]
async fn an_address_that_swallows_everything_does_not_hide_the_next_one() {
    let (deaf, _kept) = deaf().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let good = listener.local_addr().unwrap();
    let limit = Duration::from_millis(200);
    let error = super::wire::reach([deaf].into_iter(), limit).await.unwrap_err();
    let silent = SmtpError::Line { step: Step::Connect, fault: LineFault::Silent };
    assert_eq!(format!("{error:?}"), format!("{silent:?}"));
    let reached = super::wire::reach([deaf, good].into_iter(), limit).await.unwrap();
    assert_eq!(reached.peer_addr().unwrap(), good);
}

#[tokio::test]
async fn a_server_that_does_not_speak_smtp_is_told_as_such() {
    let endless: &'static str = String::leak("220-more\r\n".repeat(20_000));
    for greeting in ["HTTP/1.1 400 Bad Request", "* OK IMAP ready", "250", "220?ready", endless] {
        for in_clear in [InClear::Nothing, InClear::Accepts] {
            let script = Script { in_clear, greeting, ..Script::default() };
            let error = probe(&Scripted::start(script).await).await;
            // A bare 250 is SMTP, though no greeting.
            let is_told = matches!(&error, SmtpError::Line { fault: LineFault::Garbled, .. })
                || (greeting == "250" && matches!(&error, SmtpError::Refused { .. }));
            assert!(is_told, "{error:?}");
        }
    }
}

#[tokio::test]
async fn without_a_probe_nothing_is_sent() {
    let scripted = Scripted::start(Script::default()).await;
    let report = relay(&scripted).send(&envelope(&["kofi@mensah.example"]), MESSAGE).await;
    assert_eq!(report.verdict, Verdict::Later(Cause::NotConnected));
    assert_eq!(scripted.heard.lock().unwrap().connections, 0);
}

#[tokio::test]
async fn greylisting_means_later() {
    let script = Script {
        recipients: vec![("kofi", "451 4.7.1 greylisted, try again")],
        ..Script::default()
    };
    let (report, _) = send(script, &["kofi@mensah.example"]).await;
    assert_eq!(report.verdict, Verdict::Later(Cause::Recipients));
    assert_eq!(report.words().expose(), "kofi@mensah.example: 451 4.7.1 greylisted, try again");
}

#[tokio::test]
async fn one_refused_recipient_of_three_keeps_the_message_from_all() {
    let script =
        Script { recipients: vec![("nobody", "550 5.1.1 no such user")], ..Script::default() };
    let to = ["kofi@mensah.example", "nobody@mensah.example", "ben@mensah.example"];
    let (report, scripted) = send(script, &to).await;
    assert_eq!(report.verdict, Verdict::Never(Cause::Recipients));
    let refused: Vec<_> = report.refused.iter().map(|who| who.address.as_str()).collect();
    assert_eq!(refused, ["nobody@mensah.example"]);
    assert!(scripted.messages().is_empty());
    let commands = scripted.commands();
    assert_eq!(commands.iter().filter(|line| line.starts_with("RCPT")).count(), 3);
    assert!(!commands.iter().any(|line| line == "DATA"));
    assert_eq!(commands.last().unwrap(), "RSET");
}

#[tokio::test]
async fn after_a_refusal_the_line_carries_the_next_message() {
    let script =
        Script { recipients: vec![("nobody", "550 5.1.1 no such user")], ..Script::default() };
    let scripted = Scripted::start(script).await;
    let mut relay = relay(&scripted);
    relay.probe().await.unwrap();
    relay.send(&envelope(&["nobody@mensah.example"]), MESSAGE).await;
    relay.probe().await.unwrap();
    let report = relay.send(&envelope(&["kofi@mensah.example"]), MESSAGE).await;
    assert!(matches!(report.verdict, Verdict::Accepted(_)));
    assert_eq!(scripted.heard.lock().unwrap().connections, 1);
}

#[tokio::test]
async fn refusals_of_sender_data_and_content_are_told_apart() {
    let ok = Script::default();
    for (script, is_never) in [
        (Script { mail: "550 5.7.1 not you", ..ok.clone() }, true),
        (Script { mail: "421 4.3.2 closing", ..ok.clone() }, false),
        (Script { mail: "530 5.7.0 log in first", ..ok.clone() }, false),
        (Script { data: "554 5.5.1 no valid recipients", ..ok.clone() }, true),
        (Script { data: "250 what", ..ok.clone() }, false),
        (Script { on_data: OnData::Answer("554 5.7.1 spam"), ..ok.clone() }, true),
        (Script { on_data: OnData::Answer("452 4.3.1 disk full"), ..ok }, false),
    ] {
        let (report, _) = send(script, &["kofi@mensah.example"]).await;
        let as_told = if is_never {
            matches!(report.verdict, Verdict::Never(Cause::Reply(_)))
        } else {
            matches!(report.verdict, Verdict::Later(Cause::Reply(_)))
        };
        assert!(as_told, "{report:?}");
    }
}

#[tokio::test]
async fn a_line_cut_before_the_dot_means_later() {
    let offers = vec!["mx.example", "AUTH PLAIN"];
    let script = Script { offers, on_data: OnData::CutAfterBytes(200_000), ..Script::default() };
    let scripted = Scripted::start(script).await;
    let mut relay = relay(&scripted);
    relay.probe().await.unwrap();
    // Larger than what the sockets buffer, so that the writer notices the cut before it comes to the dot.
    let message = [&b"Subject: big\r\n\r\n"[..], &b"0123456789abcd\r\n".repeat(2 << 20)].concat();
    let report = relay.send(&envelope(&["kofi@mensah.example"]), &message).await;
    assert_eq!(report.verdict, Verdict::Later(Cause::Line(LineFault::Dropped)));
    assert!(relay.facts().is_none(), "a broken line is not used again");
}

#[tokio::test]
async fn a_line_cut_after_the_dot_means_that_nobody_knows() {
    let script = Script { on_data: OnData::CutAfterDot, ..Script::default() };
    let (report, scripted) = send(script, &["kofi@mensah.example"]).await;
    assert_eq!(report.verdict, Verdict::Unknown(Cause::Line(LineFault::Dropped)));
    assert_eq!(scripted.messages().len(), 1);
}

#[tokio::test]
async fn silence_after_the_dot_means_that_nobody_knows() {
    let scripted =
        Scripted::start(Script { on_data: OnData::SilentAfterDot, ..Script::default() }).await;
    let limits = Timeouts { content: Duration::from_millis(50), ..timeouts() };
    let mut relay = SmtpRelay::new(scripted.server(), Some(login()), scripted.tls.clone(), limits);
    relay.probe().await.unwrap();
    let report = relay.send(&envelope(&["kofi@mensah.example"]), MESSAGE).await;
    assert_eq!(report.verdict, Verdict::Unknown(Cause::Line(LineFault::Silent)));
}

#[tokio::test]
async fn a_message_over_the_servers_limit_is_refused_before_its_first_byte() {
    let scripted = Scripted::start(Script::default()).await;
    let mut relay = relay(&scripted);
    relay.probe().await.unwrap();
    let message = b"0123456789abcd\r\n".repeat(50 * 1024 * 1024 / 16);
    let report = relay.send(&envelope(&["kofi@mensah.example"]), &message).await;
    assert_eq!(
        report.verdict,
        Verdict::Never(Cause::TooLarge { size: 50 * 1024 * 1024, limit: 1_000_000 })
    );
    assert!(!scripted.commands().iter().any(|line| line.starts_with("MAIL")));
}

#[tokio::test]
async fn the_size_is_announced_and_the_content_is_the_announced_size() {
    let (_, scripted) = send(Script::default(), &["kofi@mensah.example"]).await;
    let commands = scripted.commands();
    let mail = commands.iter().find(|line| line.starts_with("MAIL")).unwrap();
    assert_eq!(mail, &format!("MAIL FROM:<ada@office.example> SIZE={}", MESSAGE.len()));
}

#[tokio::test]
async fn a_bare_line_end_is_never_sent() {
    let scripted = Scripted::start(Script::default()).await;
    let mut relay = relay(&scripted);
    for bytes in [&b"a\r\n\n.\nMAIL FROM:<x@y>\r\n"[..], b"a\rb\r\n", b"a\r"] {
        relay.probe().await.unwrap();
        let report = relay.send(&envelope(&["kofi@mensah.example"]), bytes).await;
        assert_eq!(report.verdict, Verdict::Never(Cause::LineEnds));
    }
    assert!(!scripted.commands().iter().any(|line| line.starts_with("MAIL")));
}

#[tokio::test]
async fn an_address_outside_ascii_needs_a_server_that_takes_it() {
    let (report, _) = send(Script::default(), &["müller@mensah.example"]).await;
    assert_eq!(report.verdict, Verdict::Never(Cause::NeedsUtf8));
    let offers = vec!["mx.example", "SMTPUTF8", "8BITMIME", "AUTH PLAIN"];
    let (report, scripted) =
        send(Script { offers, ..Script::default() }, &["müller@mensah.example"]).await;
    assert!(matches!(report.verdict, Verdict::Accepted(_)), "{report:?}");
    assert!(scripted.commands().iter().any(|line| line.ends_with(" SMTPUTF8")));
}

#[tokio::test]
async fn a_wrong_password_asks_for_a_person() {
    let script = Script { login: "535 5.7.8 bad credentials", ..Script::default() };
    let error = probe(&Scripted::start(script).await).await;
    assert!(matches!(&error, SmtpError::Login(reply) if reply.code == 535), "{error:?}");
    assert_eq!(error.kind(), Kind::NeedsUser);
    let script = Script { login: "454 4.7.0 try again", ..Script::default() };
    assert_eq!(probe(&Scripted::start(script).await).await.kind(), Kind::Transient);
}

#[tokio::test]
async fn a_server_with_login_alone_is_served_and_one_with_neither_is_not() {
    let offers = vec!["mx.example", "AUTH LOGIN"];
    let (report, _) = send(Script { offers, ..Script::default() }, &["kofi@mensah.example"]).await;
    assert!(matches!(report.verdict, Verdict::Accepted(_)), "{report:?}");
    let offers = vec!["mx.example", "AUTH CRAM-MD5"];
    let error = probe(&Scripted::start(Script { offers, ..Script::default() }).await).await;
    assert!(matches!(error, SmtpError::NoMechanism), "{error:?}");
}

#[tokio::test]
async fn a_server_that_will_not_serve_says_so_in_its_greeting() {
    for (greeting, kind) in
        [("421 4.3.2 too busy", Kind::Transient), ("554 5.3.2 no service", Kind::NeedsUser)]
    {
        for in_clear in [InClear::Nothing, InClear::Accepts] {
            let script = Script { in_clear, greeting, ..Script::default() };
            let error = probe(&Scripted::start(script).await).await;
            assert!(matches!(&error, SmtpError::Refused { step: Step::Greeting, .. }), "{error:?}");
            assert_eq!(error.kind(), kind);
        }
    }
}

#[tokio::test]
async fn no_password_leaves_when_starttls_is_missing_refused_or_tampered_with() {
    for in_clear in [InClear::Conceals, InClear::Refuses, InClear::Injects] {
        let scripted = Scripted::start(Script { in_clear, ..Script::default() }).await;
        let error = probe(&scripted).await;
        let as_expected = match in_clear {
            InClear::Conceals => matches!(error, SmtpError::StartTlsMissing),
            InClear::Refuses => matches!(error, SmtpError::StartTlsRefused(_)),
            InClear::Injects => matches!(error, SmtpError::StartTlsInjected),
            InClear::Nothing | InClear::Accepts => false,
        };
        assert!(as_expected, "{error:?}");
        assert_eq!(error.kind(), Kind::NeedsUser);
        assert!(!scripted.commands().iter().any(|line| line.starts_with("AUTH")));
    }
}

#[tokio::test]
async fn no_password_leaves_on_a_certificate_that_does_not_hold() {
    for shows in [Shows::OtherHost, Shows::Expired, Shows::UnknownAuthority] {
        for in_clear in [InClear::Nothing, InClear::Accepts] {
            let script = Script { in_clear, ..Script::default() };
            let scripted = Scripted::showing(script, shows).await;
            let error = probe(&scripted).await;
            let SmtpError::Tls(source) = &error else { panic!("{error:?}") };
            assert!(source.get_ref().unwrap().is::<rustls::Error>());
            assert!(!scripted.commands().iter().any(|line| line.starts_with("AUTH")));
        }
    }
}

#[tokio::test]
async fn a_check_of_the_account_tells_what_the_server_can_do() {
    let scripted = Scripted::start(Script::default()).await;
    let facts = check(&scripted.server(), Some(&login()), &scripted.tls, timeouts()).await.unwrap();
    assert_eq!(facts.size_limit, Some(1_000_000));
    assert!(facts.eight_bit && !facts.utf8);
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unreachable_for_now() {
    let mut scripted = Scripted::start(Script::default()).await;
    // A port that was free a moment ago.
    scripted.port =
        std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let error = probe(&scripted).await;
    assert!(matches!(error, SmtpError::Unreachable(_)), "{error:?}");
    assert_eq!(error.kind(), Kind::Transient);
}

#[tokio::test]
async fn neither_errors_nor_reports_print_the_servers_words_or_ours() {
    let script = Script { login: "535 5.7.8 marker-reply for ada", ..Script::default() };
    let scripted = Scripted::start(script).await;
    let error = probe(&scripted).await;
    let relay = relay(&scripted);
    let printed = format!("{error:?} {error} {relay:?} {:?}", login());
    assert!(!printed.contains("marker") && !printed.contains("ada"), "{printed}");
}
