//! Servers that must not be trusted, and a password that is wrong: nothing secret leaves, a clear sentence comes.

use std::fs;

use matterbox::{
    app::{
        event::LinkState,
        rows::{Answer, Query},
    },
    domain::{
        address::{EmailAddress, NamedAddress},
        draft::ReplyKind,
    },
    store::outbox::OutboxState,
};

use crate::{
    desk::{Home, Look, Setup},
    line::{Line, Stops},
    support::servers::{EXPIRED_HOST, NO_TLS_HOST, Servers, UNKNOWN_CA_HOST, WRONG_NAME_HOST},
};

fn reason(state: LinkState) -> (bool, String) {
    match state {
        LinkState::Stopped { reason } | LinkState::SignInNeeded { reason } => {
            (true, reason.to_string())
        }
        LinkState::Waiting { reason, .. } => (false, reason.to_string()),
        LinkState::Connecting | LinkState::Syncing { .. } | LinkState::Online => unreachable!(),
    }
}

/// How often this user has tried to log in. The name is this test's own.
fn logins(user: &str) -> usize {
    let log = fs::read(Servers::get().dir.join("dovecot.log")).unwrap();
    let log = String::from_utf8_lossy(&log).into_owned();
    log.lines().filter(|line| line.contains("user=<") && line.contains(user)).count()
}

#[test]
fn a_server_that_cannot_prove_who_it_is_gets_no_password_and_a_sentence_says_why() {
    for (host, says) in [
        (EXPIRED_HOST, "certificate has run out"),
        (WRONG_NAME_HOST, "certificate is for another host"),
        (UNKNOWN_CA_HOST, "nobody whom this machine trusts has signed its certificate"),
    ] {
        let user = Servers::fresh_user();
        let mut setup = Setup::of(&user);
        host.clone_into(&mut setup.imap.0);
        let home = Home::new(&setup);
        let mut desk = home.open();
        let (_, reason) = reason(desk.trouble());
        assert!(reason.contains(says) && reason.contains("No password was sent"), "{reason}");
        desk.close();
        assert_eq!(logins(&user), 0, "{host}");
    }
}

#[test]
fn a_server_without_tls_gets_no_password() {
    let servers = Servers::get();
    for port in [servers.imap, servers.imaps] {
        let user = Servers::fresh_user();
        let mut setup = Setup::of(&user);
        setup.imap = (NO_TLS_HOST.to_owned(), port);
        let home = Home::new(&setup);
        let mut desk = home.open();
        let (_, reason) = reason(desk.trouble());
        assert!(!reason.is_empty());
        desk.close();
        assert_eq!(logins(&user), 0);
    }
}

#[test]
fn a_wrong_password_stops_the_account_after_one_attempt() {
    let user = Servers::fresh_user();
    let setup = Setup { password: "not-the-password".to_owned(), ..Setup::of(&user) };
    let home = Home::new(&setup);
    let mut desk = home.open();
    let (stopped, reason) = reason(desk.trouble());
    assert!(stopped, "{reason}");
    assert!(reason.contains("password"), "{reason}");
    assert!(!reason.contains("not-the-password"), "{reason}");
    desk.close();
    assert_eq!(logins(&user), 1);
}

#[test]
fn a_relay_that_cannot_prove_who_it_is_gets_neither_password_nor_message() {
    let user = Servers::fresh_user();
    let client = Servers::fresh_user();
    let mut setup = Setup::of(&user);
    EXPIRED_HOST.clone_into(&mut setup.smtp.0);
    let home = Home::new(&setup);
    let mut desk = home.open();
    desk.online();
    let mut sheet = desk.start(ReplyKind::Compose, None);
    let to = EmailAddress::parse(&Servers::address(&client)).unwrap();
    sheet.draft.to = vec![NamedAddress::bare(to)];
    sheet.draft.subject = "Hello".to_owned();
    sheet.draft.body = "A letter.".to_owned();
    let (item, _) = desk.send(&sheet, None);
    desk.until("put off", move |office| office.outbox(item).state == OutboxState::Deferred);
    let Answer::Outbox(rows) = desk.answer(Query::Outbox) else { panic!("not what was asked") };
    let reply = rows[0].reply.to_string();
    assert!(reply.contains("run out") && reply.contains("No password was sent"), "{reply}");
    desk.close();
    assert!(Servers::get().messages(&client, "INBOX").is_empty());
}

#[test]
fn a_relay_that_refuses_the_login_is_not_asked_again_by_itself() {
    let (user, client) = (Servers::fresh_user(), Servers::fresh_user());
    let line = Line::to_the_relay(Stops::Never);
    let mut setup = Setup { password: "not-the-password".to_owned(), ..Setup::of(&user) };
    setup.smtp.1 = line.port;
    let home = Home::new(&setup);
    let mut desk = home.open();
    let mut sheet = desk.start(ReplyKind::Compose, None);
    let to = EmailAddress::parse(&Servers::address(&client)).unwrap();
    sheet.draft.to = vec![NamedAddress::bare(to)];
    sheet.draft.subject = "Hello".to_owned();
    sheet.draft.body = "A letter.".to_owned();
    let (item, _) = desk.send(&sheet, None);
    for attempt in 1..=3 {
        desk.until("put off", move |office| {
            let row = office.outbox(item);
            (row.state, row.attempts) == (OutboxState::Deferred, attempt)
        });
        let reply = desk.outbox(item).reply;
        assert!(reply.contains("refused the login"), "{reply}");
        desk.pass(3_601);
    }
    assert_eq!(line.connections(), 1, "a wrong password was sent again");
    desk.close();
}
