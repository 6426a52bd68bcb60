//! What a hostile or an unlucky server does, row by row (the table of the dependency design): no crash, no hang, no word
//! in clear, nothing lost, and a sentence that says so.

use std::time::Duration;

use matterbox::imap::{filing::Filed, plan::Depth};

use crate::{
    bureau::{Bureau, letter, letters},
    support::scripted::{Act, Folder, Scripted, fetches},
};

const UNSAFE: &str = "The mail server sent something that is not safe to read. The connection was dropped; nothing \
                      stored was touched.";

fn inbox(mail: &[Vec<u8>]) -> Folder {
    Folder::new("INBOX").with(mail)
}

/// In spite of this every letter comes, once.
fn does_no_harm(command: &str, act: Act) {
    let mail = letters(5);
    let server = Scripted::start("UIDPLUS", [inbox(&mail)]).always(command, act);
    let bureau = Bureau::at(server.port);
    bureau.sync();
    bureau.sync();
    bureau.has_exactly("INBOX", &mail);
}

/// This ends the connection with a sentence; what was stored stays, and the rest comes from a server that behaves.
fn ends_in(sentence: &str, command: &str, act: Act) {
    let mail = letters(5);
    let server = Scripted::start("", [inbox(&mail[..3])]);
    let bureau = Bureau::at(server.port);
    bureau.sync();
    server.arrives("INBOX", &mail[3]);
    server.arrives("INBOX", &mail[4]);
    let server = server.always(command, act);
    assert_eq!(bureau.pass(Depth::Recent).unwrap_err(), sentence);
    assert!(bureau.ledger("INBOX").gone.is_empty());
    server.behaves();
    bureau.sync();
    bureau.has_exactly("INBOX", &mail);
}

#[test]
fn a_bodystructure_that_is_nested_without_end_is_refused_before_it_can_crash_the_program() {
    let deep = format!("* 1 FETCH (UID 1 BODYSTRUCTURE {}\r\n", "(".repeat(400_000));
    ends_in(UNSAFE, "UID FETCH", Act::say(&deep));
}

#[test]
fn an_alert_while_a_mailbox_is_opened_does_no_harm() {
    does_no_harm("EXAMINE", Act::say("* NO [ALERT] Your mailbox is nearly full\r\n"));
}

#[test]
fn refusals_and_capabilities_in_the_middle_of_a_fetch_do_no_harm() {
    does_no_harm("UID FETCH", Act::say("* NO slow today\r\n* CAPABILITY IMAP4rev1 X-ODD\r\n"));
}

#[test]
fn vanished_while_a_mailbox_is_opened_does_no_harm() {
    does_no_harm("EXAMINE", Act::say("* VANISHED (EARLIER) 100:200,4000000000\r\n"));
}

const COPY: &[u8] = b"Message-ID: <a1@firm.example>\r\nFrom: alice@firm.example\r\n\
    To: kofi@mensah.example\r\nSubject: Re: Lease 1\r\n\r\nYou may.\r\n";

#[test]
fn exists_before_the_go_ahead_of_an_append_does_no_harm() {
    let sent = Folder::new("Sent").listed("(\\Sent) \"/\" \"Sent\"");
    let server = Scripted::start("UIDPLUS", [inbox(&letters(1)), sent])
        .always("APPEND", Act::say("* 1 EXISTS\r\n* OK wait\r\n* 1 RECENT\r\n"));
    let bureau = Bureau::at(server.port);
    let live = bureau.live();
    live.until("online");
    assert_eq!(live.file(COPY, "a1@firm.example").unwrap(), Filed::Appended { uid: Some(1) });
    assert_eq!(live.file(COPY, "a1@firm.example").unwrap(), Filed::Present { uid: 1 });
    live.worker.join();
    assert_eq!(server.state().folder("Sent").mail.len(), 1);
}

#[test]
fn lines_before_the_go_ahead_of_idle_do_no_harm_and_mail_is_seen() {
    let mail = letters(2);
    let server = Scripted::start("IDLE", [inbox(&mail[..1])])
        .always("IDLE", Act::say("* OK soon\r\n* FLAGS (\\Seen)\r\n* X-ODD (\r\n"));
    let mut bureau = Bureau::at(server.port);
    bureau.settings.poll = Duration::from_hours(1);
    let live = bureau.live();
    live.until("online");
    server.arrives("INBOX", &mail[1]);
    live.until_so(|| bureau.ledger("INBOX").stored == [1, 2]);
    live.worker.join();
    assert_eq!(server.connections(), 1);
}

#[test]
fn a_keyword_with_a_bracket_and_8_bit_letters_hides_no_letter() {
    does_no_harm("UID FETCH", Act::replace("FLAGS ()", "FLAGS (\\Seen a]b Gr\u{f6}\u{df}e)"));
}

#[test]
fn a_status_text_in_8_bit_letters_does_no_harm() {
    does_no_harm("", Act::replace(" OK ", " OK Gr\u{fc}\u{df}e \u{1f4ce} "));
}

#[test]
fn thirty_megabytes_of_line_ends_come_byte_for_byte() {
    let mut giant = letter(1, None, "");
    giant.resize(giant.len() + (30 << 20), b'\n');
    let body = giant.len() - (30 << 20);
    for pair in giant[body..].chunks_exact_mut(2) {
        pair.copy_from_slice(b"\r\n");
    }
    let mail = [giant];
    let server = Scripted::start("", [inbox(&mail)]);
    let bureau = Bureau::at(server.port);
    bureau.sync();
    bureau.has_exactly("INBOX", &mail);
}

#[test]
fn four_thousand_literals_in_one_answer_cost_no_letter() {
    let many = format!("* 9 FETCH (FLAGS (){})\r\n", " X-ODD {1}\r\nx".repeat(4_000));
    does_no_harm("UID FETCH 1:5 (UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[])", Act::say(&many));
}

#[test]
fn a_literal_of_four_gigabytes_is_refused_before_it_is_read() {
    ends_in(UNSAFE, "UID FETCH", Act::leave("* 1 FETCH (UID 1 BODY[] {4294967296}\r\nxxx"));
}

#[test]
fn an_answer_without_end_is_cut_off() {
    ends_in(UNSAFE, "CAPABILITY", Act::say(&"* OK and on\r\n".repeat(100_000)));
}

#[test]
fn an_answer_to_a_command_that_was_never_sent_ends_the_connection() {
    ends_in(UNSAFE, "UID FETCH", Act::say("z999 OK done\r\n"));
}

#[test]
fn a_server_that_stalls_in_the_middle_of_a_synchronisation_is_left() {
    let mail = letters(5);
    let server = Scripted::start("", [inbox(&mail)]).once("UID FETCH 1:5 ", Act::Stall);
    let mut bureau = Bureau::at(server.port);
    bureau.settings.limits.answer = Duration::from_millis(200);
    assert_eq!(bureau.pass(Depth::Recent).unwrap_err(), "The mail server went silent.");
    assert_eq!(bureau.ledger("INBOX").pending, [1, 2, 3, 4, 5]);
    bureau.sync();
    bureau.has_exactly("INBOX", &mail);
}

#[test]
fn a_server_that_never_ends_idle_is_left_after_the_usual_time() {
    let mail = letters(2);
    let server = Scripted::start("IDLE", [inbox(&mail[..1])]).once("DONE", Act::Stall);
    let mut bureau = Bureau::at(server.port);
    bureau.settings.limits.answer = Duration::from_millis(200);
    bureau.settings.poll = Duration::from_hours(1);
    let live = bureau.live();
    live.until_so(|| server.count("IDLE") == 1);
    server.arrives("INBOX", &mail[1]);
    live.until("The mail server went silent.");
    live.until_so(|| bureau.ledger("INBOX").stored == [1, 2]);
    live.worker.join();
    bureau.has_exactly("INBOX", &mail);
}

#[test]
fn a_mailbox_name_cannot_smuggle_a_command() {
    let name = "x\r\nz9 DELETE INBOX";
    let evil = Folder::new(name).listed(&format!("() \"/\" {{{}}}\r\n{name}", name.len()));
    let quote = Folder::new("a\" \"b\\c").with(&letters(1));
    let server = Scripted::start("", [inbox(&[]), evil, quote]);
    let bureau = Bureau::at(server.port);
    assert_eq!(bureau.sync().refused, 1);
    assert!(!server.heard().iter().any(|line| line.contains("DELETE")));
    bureau.has_exactly("a\" \"b\\c", &letters(1));
}

#[test]
fn a_message_id_cannot_smuggle_a_command() {
    let sent = Folder::new("Sent").listed("(\\Sent) \"/\" \"Sent\"");
    let server = Scripted::start("UIDPLUS", [inbox(&[]), sent]);
    let bureau = Bureau::at(server.port);
    let live = bureau.live();
    live.until("online");
    let filed = live.file(COPY, "a\"b\\c{3}@firm.example");
    assert!(matches!(filed, Ok(Filed::Appended { .. })), "{filed:?}");
    live.worker.join();
    let heard = server.heard();
    let search = "UID SEARCH HEADER Message-ID \"a\\\"b\\\\c{3}@firm.example\"";
    assert!(heard.iter().any(|line| line == search), "{heard:?}");
}

#[test]
fn a_greeting_that_skips_the_login_is_refused() {
    let server = Scripted::start("", [inbox(&letters(1))]);
    "* PREAUTH welcome\r\n".clone_into(&mut server.state().greeting);
    let word = Bureau::at(server.port).pass(Depth::Recent).unwrap_err();
    assert!(word.contains("tried to skip the secure login. No password was sent."), "{word}");
    assert!(server.heard().is_empty());
}

#[test]
fn a_login_that_is_refused_is_tried_once_and_the_servers_words_cannot_paint_the_screen() {
    let server = Scripted::start("", [inbox(&letters(1))]).always(
        "AUTHENTICATE",
        Act::answer("{tag} NO [AUTHENTICATIONFAILED] \u{1b}[2J\u{1b}]0;connected\u{7} no\r\n"),
    );
    let bureau = Bureau::at(server.port);
    let live = bureau.live();
    let word = live.until("stopped: ");
    live.worker.join();
    assert!(word.contains("will not try again by itself"), "{word}");
    assert!(!word.contains(['\u{1b}', '\u{7}']) && !word.contains("opensesame"), "{word:?}");
    assert_eq!((server.connections(), server.count("LOGIN")), (1, 0));
}

#[test]
fn a_letter_that_kills_the_connection_every_time_keeps_no_other_from_coming() {
    let mail = letters(4);
    let server = Scripted::start("", [inbox(&mail)])
        .whenever(|command| fetches(command, 2), Act::leave("* 2 FETCH (UID 2 BODY[] {99}\r\nhal"));
    let bureau = Bureau::at(server.port);
    let live = bureau.live();
    live.until_so(|| bureau.ledger("INBOX").stored == [1, 3, 4]);
    live.worker.join();
    server.behaves();
    bureau.pass(Depth::Full).unwrap();
    bureau.has_exactly("INBOX", &mail);
}

#[test]
fn nobody_switches_on_the_debugging_that_prints_passwords() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/imap");
    for file in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        assert!(!text.contains(".debug = true") && !text.contains(".set_debug("));
    }
}
