//! The test servers are what the tests take them for. When one of these fails, distrust every other net test.

#[path = "support/mod.rs"]
mod support;

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpStream,
};

use support::servers::{DEFERRED, GOOD_HOST, REJECTED, SINK, Servers};

const MESSAGE: &[u8] =
    b"From: Kofi <kofi@mensah.example>\nTo: u@firm.test\nSubject: lease\n\n.leading dot\nbye\n";

#[test]
fn a_delivered_message_is_in_the_inbox_unchanged() {
    let servers = Servers::get();
    let user = Servers::fresh_user();
    servers.deliver(&user, MESSAGE);
    let stored = servers.messages(&user, "INBOX");
    assert_eq!(stored.len(), 1);
    assert!(stored[0].flags.is_empty());
    let text = String::from_utf8_lossy(&stored[0].bytes);
    assert!(text.contains("\r\n\r\n.leading dot\r\nbye\r\n"), "{text}");
}

#[test]
fn an_appended_message_keeps_its_flag_and_a_recreated_mailbox_is_empty() {
    let servers = Servers::get();
    let user = Servers::fresh_user();
    servers.append(&user, "Archive", true, MESSAGE);
    assert_eq!(servers.messages(&user, "Archive")[0].flags, ["\\Seen"]);
    servers.recreate(&user, "Archive");
    assert!(servers.messages(&user, "Archive").is_empty());
}

#[test]
fn a_seeded_mailbox_numbers_its_messages_in_the_order_given() {
    let servers = Servers::get();
    let user = Servers::fresh_user();
    let seeds: Vec<String> = (0..20).map(|n| format!("Subject: {n}\n\n{n}\n")).collect();
    servers.seed(&user, seeds.iter().map(String::as_bytes));
    let subjects: Vec<String> = servers
        .messages(&user, "INBOX")
        .iter()
        .map(|m| String::from_utf8_lossy(&m.bytes).lines().next().unwrap().to_owned())
        .collect();
    let expected: Vec<String> = (0..20).map(|n| format!("Subject: {n}")).collect();
    assert_eq!(subjects, expected);
}

#[test]
fn mail_to_outside_ends_in_the_sink_and_the_bad_addresses_are_refused() {
    let servers = Servers::get();
    let before = servers.messages(SINK, "INBOX").len();
    let stream = TcpStream::connect((GOOD_HOST, servers.smtp)).unwrap();
    let mut lines = BufReader::new(stream.try_clone().unwrap());
    let mut say = |text: &str| {
        (&stream).write_all(text.as_bytes()).unwrap();
        loop {
            let mut line = String::new();
            lines.read_line(&mut line).unwrap();
            if line.as_bytes().get(3) != Some(&b'-') {
                return line;
            }
        }
    };
    assert!(say("").starts_with("220"));
    assert!(say("EHLO tests\r\n").starts_with("250"));
    assert!(say("MAIL FROM:<a@outside.example>\r\n").starts_with("250"));
    assert!(say(&format!("RCPT TO:<{REJECTED}>\r\n")).starts_with("550 5.1.1"));
    assert!(say(&format!("RCPT TO:<{DEFERRED}>\r\n")).starts_with("451 4.3.0"));
    assert!(say("RCPT TO:<client@somewhere.example>\r\n").starts_with("250"));
    assert!(say("DATA\r\n").starts_with("354"));
    assert!(say("Subject: out\r\n\r\nout\r\n.\r\n").starts_with("250"));
    servers.wait_for(SINK, "INBOX", before + 1);
}
