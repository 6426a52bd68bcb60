//! What relays do, row by row (the sending table of the mail design): each answer and each silence has its verdict, a
//! message is never sent twice, and none is lost. Beside `tests`, which holds what the adapter promises.

use super::{
    scripted::{InClear, OnData, Script, Scripted},
    tests::{MESSAGE, envelope, probe, relay, send},
    *,
};
use crate::domain::fault::{Fault, Kind};

const TO: &[&str] = &["kofi@mensah.example"];

/// It comes to this, and the message is not with the relay.
async fn comes_to(script: Script, expected: &Verdict) {
    let (report, scripted) = send(script, TO).await;
    assert_eq!(report.verdict, *expected);
    assert!(scripted.messages().is_empty());
}

fn line(answer: &str) -> Cause {
    let (code, text) = answer.split_at(3);
    let text = crate::domain::confidential::Confidential::from(text.trim_start());
    Cause::Reply(Reply { code: code.parse().unwrap(), text })
}

#[tokio::test]
async fn a_4xx_at_any_step_means_later() {
    for answer in ["421 4.3.2 closing", "450 4.2.0 greylisted", "451 4.7.1 wait", "452 4.3.1 full"]
    {
        let ok = Script::default();
        comes_to(Script { mail: answer, ..ok.clone() }, &Verdict::Later(line(answer))).await;
        comes_to(Script { data: answer, ..ok.clone() }, &Verdict::Later(line(answer))).await;
        let on_data = OnData::Answer(answer);
        let (report, _) = send(Script { on_data, ..ok.clone() }, TO).await;
        assert_eq!(report.verdict, Verdict::Later(line(answer)));
        for script in [
            Script { greeting: answer, ..ok.clone() },
            Script { hello: answer, ..ok.clone() },
            Script { login: answer, ..ok.clone() },
        ] {
            assert_eq!(probe(&Scripted::start(script).await).await.kind(), Kind::Transient);
        }
    }
}

#[tokio::test]
async fn greylisting_of_a_recipient_means_later_and_the_next_attempt_is_a_whole_one() {
    let script = Script { recipients: vec![("kofi", "450 4.2.0 greylisted")], ..Script::default() };
    let scripted = Scripted::start(script).await;
    let mut relay = relay(&scripted);
    relay.probe().await.unwrap();
    let report = relay.send(&envelope(TO), MESSAGE).await;
    assert_eq!(report.verdict, Verdict::Later(Cause::Recipients));
    relay.probe().await.unwrap();
    let report = relay.send(&envelope(&["ben@mensah.example"]), MESSAGE).await;
    assert!(matches!(report.verdict, Verdict::Accepted(_)));
    assert_eq!(scripted.messages(), [MESSAGE]);
}

#[tokio::test]
async fn a_5xx_at_any_step_means_never_or_a_person() {
    for answer in ["550 5.7.1 no", "552 5.3.4 too large", "554 5.7.0 policy"] {
        let ok = Script::default();
        comes_to(Script { mail: answer, ..ok.clone() }, &Verdict::Never(line(answer))).await;
        comes_to(Script { data: answer, ..ok.clone() }, &Verdict::Never(line(answer))).await;
        let on_data = OnData::Answer(answer);
        let (report, _) = send(Script { on_data, ..ok.clone() }, TO).await;
        assert_eq!(report.verdict, Verdict::Never(line(answer)));
        for script in [
            Script { greeting: answer, ..ok.clone() },
            Script { hello: answer, ..ok.clone() },
            Script { login: answer, ..ok.clone() },
        ] {
            assert_eq!(probe(&Scripted::start(script).await).await.kind(), Kind::NeedsUser);
        }
    }
}

#[tokio::test]
async fn a_421_among_the_recipients_ends_the_line_and_means_later() {
    let recipients = vec![("ben", "421 4.3.2 shutting down")];
    let scripted = Scripted::start(Script { recipients, ..Script::default() }).await;
    let mut relay = relay(&scripted);
    relay.probe().await.unwrap();
    let to = ["kofi@mensah.example", "ben@mensah.example", "ada@mensah.example"];
    let report = relay.send(&envelope(&to), MESSAGE).await;
    assert_eq!(report.verdict, Verdict::Later(line("421 4.3.2 shutting down")));
    assert!(relay.facts().is_none(), "the line is not used again");
    assert!(!scripted.commands().iter().any(|line| line == "DATA"));
}

#[tokio::test]
async fn a_line_that_closes_at_any_step_before_the_content_means_later() {
    for leaves_at in ["MAIL", "RCPT", "DATA"] {
        let script = Script { leaves_at, ..Script::default() };
        comes_to(script, &Verdict::Later(Cause::Line(LineFault::Dropped))).await;
    }
    for leaves_at in ["EHLO", "AUTH"] {
        let error = probe(&Scripted::start(Script { leaves_at, ..Script::default() }).await).await;
        assert!(matches!(error, SmtpError::Line { fault: LineFault::Dropped, .. }), "{error:?}");
    }
}

#[tokio::test]
async fn a_line_that_closes_at_reset_is_not_used_again_and_the_verdict_stands() {
    let recipients = vec![("kofi", "550 5.1.1 no such user")];
    let script = Script { recipients, leaves_at: "RSET", ..Script::default() };
    let scripted = Scripted::start(script).await;
    let mut relay = relay(&scripted);
    relay.probe().await.unwrap();
    let report = relay.send(&envelope(TO), MESSAGE).await;
    assert_eq!(report.verdict, Verdict::Never(Cause::Recipients));
    assert!(relay.facts().is_none());
}

#[tokio::test]
async fn after_a_lost_answer_the_same_line_carries_nothing_and_nothing_is_sent_again_by_itself() {
    for on_data in [OnData::CutAfterDot, OnData::Answer("250"), OnData::Answer("220 what")] {
        let scripted = Scripted::start(Script { on_data, ..Script::default() }).await;
        let mut relay = relay(&scripted);
        relay.probe().await.unwrap();
        let report = relay.send(&envelope(TO), MESSAGE).await;
        let known = matches!(report.verdict, Verdict::Accepted(_));
        assert!(known || matches!(report.verdict, Verdict::Unknown(_)), "{report:?}");
        assert_eq!(scripted.messages().len(), 1);
        relay.probe().await.unwrap();
        assert_eq!(scripted.messages().len(), 1, "a probe sends nothing");
    }
}

#[tokio::test]
async fn a_greeting_and_every_answer_may_have_many_lines() {
    let script = Script {
        greeting: "220-mx.example\r\n220-No spam, please.\r\n220 ready",
        login: "235-2.7.0\r\n235 welcome",
        mail: "250-2.1.0\r\n250 ok",
        recipients: vec![("kofi", "250-2.1.5 noted\r\n250 ok")],
        data: "354-go\r\n354 ahead",
        on_data: OnData::Answer("250-2.0.0 queued\r\n250-as\r\n250 4711"),
        ..Script::default()
    };
    for in_clear in [InClear::Nothing, InClear::Accepts] {
        let (report, scripted) = send(Script { in_clear, ..script.clone() }, TO).await;
        assert_eq!(report.words().expose(), "250 2.0.0 queued as 4711");
        assert_eq!(scripted.messages(), [MESSAGE]);
    }
}

#[tokio::test]
async fn answers_that_nobody_asked_for_never_pass_for_an_acceptance() {
    let ok = Script::default();
    for script in [
        Script { login: "235 ok\r\n250 ok", ..ok.clone() },
        Script { mail: "250 ok\r\n250 ok", ..ok.clone() },
        Script { recipients: vec![("kofi", "250 ok\r\n250 queued as 1")], ..ok.clone() },
        Script { recipients: vec![("kofi", "550 no\r\n354 go")], mail: "250 ok\r\n250 ok", ..ok },
    ] {
        let (report, scripted) = send(script, TO).await;
        assert!(!matches!(report.verdict, Verdict::Accepted(_)), "{report:?}");
        assert!(scripted.messages().is_empty(), "{report:?}");
    }
}

#[tokio::test]
async fn an_answer_without_end_is_cut_off_and_means_what_its_place_means() {
    let endless = |line: &str| -> &'static str { String::leak(line.repeat(20_000)) };
    let ok = Script::default();
    let garbled = Cause::Line(LineFault::Garbled);
    let mail = endless("250-more\r\n");
    comes_to(Script { mail, ..ok.clone() }, &Verdict::Later(garbled.clone())).await;
    let on_data = OnData::Answer(endless("250-more\r\n"));
    let (report, _) = send(Script { on_data, ..ok.clone() }, TO).await;
    assert_eq!(report.verdict, Verdict::Unknown(garbled));
    for script in [
        Script { hello: endless("250-X-MORE\r\n"), ..ok.clone() },
        Script { login: endless("235-more\r\n"), ..ok },
    ] {
        let error = probe(&Scripted::start(script).await).await;
        assert!(matches!(error, SmtpError::Line { fault: LineFault::Garbled, .. }), "{error:?}");
    }
}

#[tokio::test]
async fn answers_that_are_no_smtp_mean_what_their_place_means() {
    for answer in ["hello", "25", "999 what", "\u{1b}[2J"] {
        let ok = Script::default();
        let (report, _) = send(Script { mail: answer, ..ok.clone() }, TO).await;
        assert!(matches!(report.verdict, Verdict::Later(_)), "{report:?}");
        let (report, _) = send(Script { on_data: OnData::Answer(answer), ..ok }, TO).await;
        assert!(matches!(report.verdict, Verdict::Unknown(_)), "{report:?}");
    }
}

#[tokio::test]
async fn a_limit_of_size_that_cannot_be_read_is_none_and_one_at_the_limit_passes() {
    let exact: &'static str = String::leak(format!("SIZE {}", MESSAGE.len()));
    for size in ["SIZE", "SIZE 0", "SIZE many", "SIZE 99999999999999999999", "size 1000000", exact]
    {
        let offers = vec!["mx.example", size, "AUTH PLAIN"];
        let (report, scripted) = send(Script { offers, ..Script::default() }, TO).await;
        assert!(matches!(report.verdict, Verdict::Accepted(_)), "{size}: {report:?}");
        assert!(scripted.commands().iter().any(|line| line.contains(" SIZE=")), "{size}");
    }
    let short: &'static str = String::leak(format!("SIZE {}", MESSAGE.len() - 1));
    let offers = vec!["mx.example", short, "AUTH PLAIN"];
    let (report, _) = send(Script { offers, ..Script::default() }, TO).await;
    assert!(matches!(report.verdict, Verdict::Never(Cause::TooLarge { .. })), "{report:?}");
}

#[tokio::test]
async fn a_server_without_8bitmime_gets_no_8_bit_content() {
    let message = "Subject: lease\r\n\r\nGr\u{fc}\u{df}e\r\n".as_bytes();
    for (offers, accepted) in [
        (vec!["mx.example", "AUTH PLAIN"], false),
        (vec!["mx.example", "8bitmime", "AUTH PLAIN"], true),
    ] {
        let scripted = Scripted::start(Script { offers, ..Script::default() }).await;
        let mut relay = relay(&scripted);
        relay.probe().await.unwrap();
        let report = relay.send(&envelope(TO), message).await;
        if accepted {
            assert!(matches!(report.verdict, Verdict::Accepted(_)), "{report:?}");
            assert_eq!(scripted.messages(), [message]);
            assert!(scripted.commands().iter().any(|line| line.ends_with(" BODY=8BITMIME")));
        } else {
            assert_eq!(report.verdict, Verdict::Never(Cause::NeedsEightBit));
            assert!(!scripted.commands().iter().any(|line| line.starts_with("MAIL")));
        }
    }
}

#[tokio::test]
async fn a_header_outside_ascii_needs_smtputf8_too() {
    let message = "Subject: Gr\u{fc}\u{df}e\r\n\r\nhello\r\n".as_bytes();
    let scripted = Scripted::start(Script::default()).await;
    let mut relay = relay(&scripted);
    relay.probe().await.unwrap();
    let report = relay.send(&envelope(TO), message).await;
    assert_eq!(report.verdict, Verdict::Never(Cause::NeedsUtf8));
}

#[tokio::test]
async fn mechanisms_are_known_however_they_are_written() {
    for offer in [
        "auth plain",
        "AUTH=PLAIN",
        "Auth Login",
        "AUTH=LOGIN PLAIN",
        "AUTH GSSAPI NTLM DIGEST-MD5 LOGIN",
        "AUTH  PLAIN  ",
    ] {
        let offers = vec!["mx.example", offer];
        let (report, scripted) = send(Script { offers, ..Script::default() }, TO).await;
        assert!(matches!(report.verdict, Verdict::Accepted(_)), "{offer}: {report:?}");
        assert_eq!(scripted.commands().iter().filter(|line| line.starts_with("AUTH")).count(), 1);
    }
    for offer in ["AUTH", "AUTH GSSAPI", "AUTHORS PLAIN", "XAUTH PLAIN"] {
        let offers = vec!["mx.example", offer];
        let scripted = Scripted::start(Script { offers, ..Script::default() }).await;
        let error = probe(&scripted).await;
        assert!(matches!(error, SmtpError::NoMechanism), "{offer}: {error:?}");
        assert!(!scripted.commands().iter().any(|line| line.starts_with("AUTH")));
    }
}

#[tokio::test]
async fn a_login_that_is_answered_by_anything_but_235_is_none() {
    for login in ["250 fine", "334 bW9yZQ==", "200 what"] {
        let scripted = Scripted::start(Script { login, ..Script::default() }).await;
        assert!(relay(&scripted).probe().await.is_err(), "{login}");
        assert!(!scripted.commands().iter().any(|line| line.starts_with("MAIL")));
    }
}

#[tokio::test]
async fn recipients_that_are_refused_for_now_and_for_good_are_all_told_and_nobody_gets_the_message()
{
    let recipients = vec![
        ("gone", "550 5.1.1 no such user"),
        ("full", "452 4.2.2 mailbox full"),
        ("moved", "551 5.1.6 try elsewhere"),
    ];
    let script = Script { recipients, ..Script::default() };
    let to = ["kofi@m.example", "gone@m.example", "full@m.example", "moved@m.example"];
    let (report, scripted) = send(script, &to).await;
    assert_eq!(report.verdict, Verdict::Never(Cause::Recipients));
    let refused: Vec<u16> = report.refused.iter().map(|who| who.reply.code).collect();
    assert_eq!(refused, [550, 452, 551]);
    assert_eq!(report.words().expose().lines().count(), 3);
    assert!(scripted.messages().is_empty());
}
