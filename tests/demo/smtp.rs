//! SMTP: what a sender sees, and where the mail goes.

use lettre::{
    SmtpTransport, Transport as _,
    address::Envelope,
    transport::smtp::{
        authentication::{Credentials, Mechanism},
        client::{Certificate, Tls, TlsParameters},
    },
};

use crate::support::{Open, logged_in, open};

fn transport(open: &Open) -> SmtpTransport {
    let authority = Certificate::from_pem(open.running.authority.as_bytes()).unwrap();
    let tls = TlsParameters::builder("localhost".to_owned())
        .add_root_certificate(authority)
        .build()
        .unwrap();
    SmtpTransport::builder_dangerous("127.0.0.1")
        .port(open.running.smtp_port)
        .tls(Tls::Wrapper(tls))
        .authentication(vec![Mechanism::Plain])
        .credentials(Credentials::new(
            open.running.user.to_owned(),
            open.running.password.expose().clone(),
        ))
        .build()
}

fn envelope(from: &str, to: &[&str]) -> Envelope {
    let to = to.iter().map(|to| to.parse().unwrap()).collect();
    Envelope::new(Some(from.parse().unwrap()), to).unwrap()
}

const LETTER: &[u8] = b"From: alice@marlowefinch.example\r\nTo: adaeze@okafor.example\r\nSubject: Reply\r\nMessage-ID: <sent@marlowefinch.example>\r\n\r\nDear Adaeze,\r\n.\r\n..dots";

#[test]
fn a_sent_letter_arrives_in_the_other_mailbox() {
    let open = open();
    let to = envelope(open.running.user, &["Adaeze@okafor.example", "kofi@mensah.example"]);
    transport(&open).send_raw(&to, LETTER).unwrap();
    for address in ["adaeze@okafor.example", "kofi@mensah.example"] {
        let mut session = open.login(address);
        assert_eq!(session.select("INBOX").unwrap().exists, 1, "{address}");
        let fetched = session.uid_fetch("1", "BODY.PEEK[]").unwrap();
        let body = fetched.iter().next().unwrap().body().unwrap().to_vec();
        assert!(body.starts_with(b"Return-Path: <alice@marlowefinch.example>\r\nReceived: "));
        // lettre ends every message with a CRLF of its own.
        assert!(body.ends_with(&[LETTER, b"\r\n"].concat()), "dots and all");
    }
}

#[test]
fn the_other_side_may_refuse_for_good_or_for_the_time_being() {
    let open = open();
    let transport = transport(&open);
    for (to, code, permanent) in [
        ("reject@harlowlaw.example", 550, true),
        ("later@harlowlaw.example", 451, false),
        ("nobody@harlowlaw.example", 550, true),
    ] {
        let error = transport.send_raw(&envelope(open.running.user, &[to]), LETTER).unwrap_err();
        assert_eq!(error.status().map(u16::from), Some(code), "{to}");
        assert_eq!(error.is_permanent(), permanent, "{to}");
    }
}

#[test]
fn nobody_sends_as_somebody_else() {
    let open = open();
    let to = envelope("kofi@mensah.example", &["adaeze@okafor.example"]);
    let error = transport(&open).send_raw(&to, LETTER).unwrap_err();
    assert_eq!(error.status().map(u16::from), Some(553));
}

#[test]
fn nothing_is_taken_without_a_login_and_a_reset_keeps_it() {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    use std::io::{BufRead as _, BufReader, Write as _};
    let open = open();
    let mut stream = BufReader::new(open.tls(open.running.smtp_port));
    let mut say = |line: &str| {
        if !line.is_empty() {
            stream.get_mut().write_all(format!("{line}\r\n").as_bytes()).unwrap();
        }
        loop {
            let mut answer = String::new();
            stream.read_line(&mut answer).unwrap();
            if answer.as_bytes().get(3) != Some(&b'-') {
                break answer.get(..3).unwrap().to_owned();
            }
        }
    };
    let from = format!("MAIL FROM:<{}>", open.running.user);
    let secret =
        STANDARD.encode(format!("\0{}\0{}", open.running.user, open.running.password.expose()));
    assert_eq!(say(""), "220");
    assert_eq!(say("EHLO office"), "250");
    assert_eq!(say(&from), "503");
    assert_eq!(say("AUTH PLAIN AGEAYg=="), "535");
    assert_eq!(say(&format!("AUTH PLAIN {secret}")), "235");
    assert_eq!(say(&from), "250");
    assert_eq!(say("RSET"), "250");
    assert_eq!(say(&from), "250");
    assert_eq!(say("RCPT TO:<kofi@mensah.example>"), "250");
    assert_eq!(say("QUIT"), "221");
}

#[test]
fn the_cast_answers_a_letter() {
    let open = open();
    let mut raw = logged_in(&open);
    raw.ask("b SELECT INBOX");
    raw.send("c IDLE\r\n");
    assert!(raw.line().starts_with("+ "));
    let to = envelope(open.running.user, &["m.kent@pennantsteel.example"]);
    transport(&open).send_raw(&to, LETTER).unwrap();
    // The test waits for the news, not for a time.
    let grown = raw.line();
    let uid = grown.strip_prefix("* ").and_then(|line| line.strip_suffix(" EXISTS\r\n")).unwrap();
    raw.ask_after("DONE", "c");
    let found = raw.ask("d UID SEARCH HEADER In-Reply-To sent@marlowefinch.example UNSEEN");
    assert!(found.starts_with(&format!("* SEARCH {uid}\r\n")), "{found}");
}
