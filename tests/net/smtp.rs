//! From a draft to the other party's mailbox, through a real Postfix: what is accepted arrives, what is refused does
//! not, and no password leaves on a line that does not hold.

use std::{collections::BTreeSet, fs, sync::Arc, time::Duration};

use matterbox::{
    domain::{
        address::{EmailAddress, NamedAddress},
        confidential::Confidential,
        draft::{Draft, Enclosure, Identity, ReplyKind, Sealed},
        footer::{FooterBook, FooterVariables, Occasion},
        id::DraftId,
        language::Language,
        outbox::Envelope,
        review::ReviewFacts,
    },
    mail::compose::{Style, compose},
    smtp::{
        Cause, LineFault, Login, Relay, Security, SmtpError, SmtpRelay, SmtpServer, Timeouts,
        Verdict, check,
    },
    tls::{Refusal, Trust, client_config, refusal_in},
};

use crate::support::servers::{
    DEFERRED, EXPIRED_HOST, GOOD_HOST, NO_TLS_HOST, PASSWORD, REJECTED, SINK, Servers,
    UNKNOWN_CA_HOST, WRONG_NAME_HOST,
};

fn address(text: &str) -> EmailAddress {
    EmailAddress::parse(text).unwrap()
}

fn named(text: &str) -> NamedAddress {
    NamedAddress::bare(address(text))
}

fn relay_at(host: &str, security: Security, user: &str, password: &str) -> SmtpRelay {
    let servers = Servers::get();
    let port = match security {
        Security::ImplicitTls => servers.smtps,
        Security::StartTls => servers.submission,
    };
    let server = SmtpServer {
        host: host.to_owned(),
        port,
        security,
        hello: Some("office.example".to_owned()),
    };
    let login = Login { user: Confidential::from(user), password: password.into() };
    let tls = client_config(&Trust::CaFile(fs::read(&servers.ca).unwrap())).unwrap();
    let minute = Duration::from_mins(1);
    let timeouts = Timeouts { connect: minute, command: minute, content: minute };
    SmtpRelay::new(server, Some(login), tls, timeouts)
}

fn relay(security: Security, user: &str) -> SmtpRelay {
    relay_at(GOOD_HOST, security, user, PASSWORD)
}

/// A message of `user` with footer and attachment, sealed as the program seals it.
fn sealed(user: &str, to: &[&str], bcc: &[&str], random: u128) -> Sealed {
    let draft = Draft {
        id: DraftId::new(1),
        kind: ReplyKind::Compose,
        thread: None,
        parent: None,
        matter: None,
        from: NamedAddress {
            name: Some("Ada Nörthgate".to_owned()),
            ..named(&Servers::address(user))
        },
        to: to.iter().map(|text| named(text)).collect(),
        cc: Vec::new(),
        bcc: bcc.iter().map(|text| named(text)).collect(),
        subject: "Kündigung: der Mietvertrag".to_owned(),
        body: format!(
            "Sehr geehrte Frau Okafor,\n\n.ein Punkt\n.\nFrom hier an\n{}",
            "viele Wörter ".repeat(40).trim_end()
        ),
        quote: String::new(),
        attachments: vec![Enclosure {
            name: "Vertrag ä.bin".to_owned(),
            media_type: "application/octet-stream".to_owned(),
            bytes: Arc::new(Confidential::new((0..=255).cycle().take(5000).collect())),
        }],
        privilege: None,
        holding: None,
    };
    let review = draft.review(&ReviewFacts::default());
    let confirmed: BTreeSet<String> =
        review.warnings().iter().map(matterbox::domain::finding::Warning::answered).collect();
    let office = FooterVariables {
        firm: "Northgate Law".to_owned(),
        phone: "+1 555 0100".to_owned(),
        address: "office@firm.test".to_owned(),
    };
    let footer = FooterBook::samples(office, Language::De).choose(&Occasion {
        matter: None,
        roles: &[None],
        language: None,
        privilege: None,
    });
    let identity = Identity { domain: "firm.test", random };
    review
        .confirm(&confirmed)
        .unwrap()
        .seal(&footer, &identity, "2026-11-24T15:10:00Z".parse().unwrap())
        .unwrap()
}

/// The stored message without what the servers put in front of it.
fn as_sent(stored: &[u8]) -> &[u8] {
    let start = stored.windows(6).position(|six| six == b"\nDate:").unwrap();
    &stored[start + 1..]
}

async fn to_the_mailbox(security: Security, random: u128) {
    let servers = Servers::get();
    let (user, client, hidden) =
        (Servers::fresh_user(), Servers::fresh_user(), Servers::fresh_user());
    let (to, bcc) = (Servers::address(&client), Servers::address(&hidden));
    let sealed = sealed(&user, &[&to], &[&bcc], random);
    let message = compose(&sealed, Style::TextAndHtml).unwrap();
    let mut relay = relay(security, &user);
    relay.probe().await.unwrap();
    let report = relay.send(&message.envelope, &message.bytes).await;
    assert!(matches!(report.verdict, Verdict::Accepted(_)), "{report:?}");
    relay.close().await;
    for mailbox in [&client, &hidden] {
        let stored = servers.wait_for(mailbox, "INBOX", 1);
        assert_eq!(
            String::from_utf8_lossy(as_sent(&stored[0].bytes)),
            String::from_utf8_lossy(&message.bytes)
        );
        let head = String::from_utf8_lossy(as_sent(&stored[0].bytes)).to_lowercase();
        assert!(!head.contains("bcc:") && !head.contains(&bcc.to_lowercase()));
    }
}

#[tokio::test]
async fn a_sealed_message_arrives_byte_for_byte_over_tls() {
    to_the_mailbox(Security::ImplicitTls, 1).await;
}

#[tokio::test]
async fn a_sealed_message_arrives_byte_for_byte_over_starttls() {
    to_the_mailbox(Security::StartTls, 2).await;
}

#[tokio::test]
async fn one_refused_recipient_of_three_keeps_the_message_from_all_and_the_line_stays_good() {
    let servers = Servers::get();
    let (user, client) = (Servers::fresh_user(), Servers::fresh_user());
    let to = Servers::address(&client);
    let first =
        compose(&sealed(&user, &[&to, REJECTED, "x@b.example"], &[], 3), Style::TextOnly).unwrap();
    let second = compose(&sealed(&user, &[&to], &[], 4), Style::TextOnly).unwrap();
    let mut relay = relay(Security::ImplicitTls, &user);
    relay.probe().await.unwrap();
    let report = relay.send(&first.envelope, &first.bytes).await;
    assert_eq!(report.verdict, Verdict::Never(Cause::Recipients));
    assert_eq!(report.refused.len(), 1);
    assert_eq!(report.refused[0].address, address(REJECTED));
    assert_eq!(report.refused[0].reply.code, 550);
    relay.probe().await.unwrap();
    let report = relay.send(&second.envelope, &second.bytes).await;
    assert!(matches!(report.verdict, Verdict::Accepted(_)), "{report:?}");
    // The second one is there, and it is the only one.
    let stored = servers.wait_for(&client, "INBOX", 1);
    assert_eq!(stored.len(), 1);
    assert!(String::from_utf8_lossy(&stored[0].bytes).contains("0000000000000004@firm.test"));
}

#[tokio::test]
async fn a_recipient_who_can_be_had_later_means_later() {
    let user = Servers::fresh_user();
    let message = compose(&sealed(&user, &[DEFERRED], &[], 5), Style::TextOnly).unwrap();
    let mut relay = relay(Security::StartTls, &user);
    relay.probe().await.unwrap();
    let report = relay.send(&message.envelope, &message.bytes).await;
    assert_eq!(report.verdict, Verdict::Later(Cause::Recipients));
    assert_eq!(report.refused[0].reply.code, 451);
}

#[tokio::test]
async fn mail_to_the_outside_world_leaves() {
    let servers = Servers::get();
    let user = Servers::fresh_user();
    let sealed = sealed(&user, &["client@somewhere.example"], &[], 0xfeed_0006);
    let message = compose(&sealed, Style::TextOnly).unwrap();
    let mut relay = relay(Security::ImplicitTls, &user);
    relay.probe().await.unwrap();
    let report = relay.send(&message.envelope, &message.bytes).await;
    assert!(matches!(report.verdict, Verdict::Accepted(_)), "{report:?}");
    let id = sealed.message_id().as_str();
    let from = Servers::address(&user);
    let is_ours = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes);
        text.contains(id) && text.contains(&from)
    };
    let mut seen = 0;
    loop {
        let stored = servers.wait_for(SINK, "INBOX", seen + 1);
        if stored.iter().any(|message| is_ours(&message.bytes)) {
            break;
        }
        seen = stored.len();
    }
}

#[tokio::test]
async fn a_message_over_the_servers_limit_is_refused_before_it_is_sent() {
    let user = Servers::fresh_user();
    let mut relay = relay(Security::ImplicitTls, &user);
    relay.probe().await.unwrap();
    let limit = relay.facts().unwrap().size_limit.expect("Postfix announces SIZE");
    let size = usize::try_from(limit).unwrap() / 16 * 16 + 16;
    let bytes = b"0123456789abcd\r\n".repeat(size / 16);
    let envelope =
        Envelope::new(address(&Servers::address(&user)), [address("client@b.example")]).unwrap();
    let report = relay.send(&envelope, &bytes).await;
    let size = u64::try_from(bytes.len()).unwrap();
    assert_eq!(report.verdict, Verdict::Never(Cause::TooLarge { size, limit }));
}

#[tokio::test]
async fn a_wrong_password_is_told_as_such() {
    for security in [Security::ImplicitTls, Security::StartTls] {
        let user = Servers::fresh_user();
        let error = relay_at(GOOD_HOST, security, &user, "wrong").probe().await.unwrap_err();
        assert!(matches!(&error, SmtpError::Login(reply) if reply.code == 535), "{error:?}");
    }
}

#[tokio::test]
async fn a_certificate_that_does_not_hold_is_told_for_what_it_is() {
    for (host, refusal) in [
        (EXPIRED_HOST, Refusal::Expired),
        (WRONG_NAME_HOST, Refusal::WrongHost),
        (UNKNOWN_CA_HOST, Refusal::UnknownAuthority),
    ] {
        for security in [Security::ImplicitTls, Security::StartTls] {
            let error = relay_at(host, security, "alice", PASSWORD).probe().await.unwrap_err();
            let SmtpError::Tls(source) = &error else { panic!("{host} {error:?}") };
            assert_eq!(refusal_in(source), Some(refusal), "{host}");
        }
    }
}

#[tokio::test]
async fn a_server_without_starttls_gets_no_password() {
    let mut relay = relay_at(NO_TLS_HOST, Security::StartTls, "alice", PASSWORD);
    let error = relay.probe().await.unwrap_err();
    assert!(matches!(error, SmtpError::StartTlsMissing), "{error:?}");
}

#[tokio::test]
async fn tls_on_the_starttls_port_fails_at_the_handshake() {
    let servers = Servers::get();
    let server = SmtpServer {
        host: GOOD_HOST.to_owned(),
        port: servers.submission,
        security: Security::ImplicitTls,
        hello: None,
    };
    let tls = client_config(&Trust::CaFile(fs::read(&servers.ca).unwrap())).unwrap();
    let error = check(&server, None, &tls, Timeouts::default()).await.unwrap_err();
    let told = matches!(&error, SmtpError::Tls(source) if refusal_in(source) == Some(Refusal::NotTls))
        || matches!(&error, SmtpError::Line { fault: LineFault::Dropped, .. });
    assert!(told, "{error:?}");
}
