//! IMAP: what a client sees.

use std::io::{BufRead as _, Write as _};

use crate::support::{Raw, logged_in, open};

#[test]
fn a_client_logs_in_lists_and_fetches_all() {
    let open = open();
    let mut session = open.login(open.running.user);
    let names = session.list(None, Some("*")).unwrap();
    let mut names: Vec<String> = names.iter().map(|name| name.name().to_owned()).collect();
    names.sort();
    assert_eq!(names, ["Archive", "Drafts", "INBOX", "Junk", "Sent", "Trash"]);
    let mut fetched = 0;
    for folder in ["INBOX", "Sent"] {
        let mailbox = session.select(folder).unwrap();
        let messages =
            session.uid_fetch("1:*", "(UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[])").unwrap();
        assert_eq!(messages.len(), usize::try_from(mailbox.exists).unwrap());
        for message in messages.iter() {
            let size = usize::try_from(message.size.unwrap()).unwrap();
            assert_eq!(message.body().unwrap().len(), size);
            assert!(message.internal_date().is_some());
        }
        fetched += messages.len();
    }
    assert_eq!(fetched, open.running.office.mail.len());
    session.logout().unwrap();
}

#[test]
fn a_wrong_password_is_refused_and_nothing_is_served_before_login() {
    let open = open();
    let mut raw = Raw::connect(&open);
    assert!(raw.ask("a SELECT INBOX").contains("a BAD"));
    let wrong = format!("b LOGIN {} wrong", open.running.user);
    assert!(raw.ask(&wrong).contains("b NO [AUTHENTICATIONFAILED]"));
    assert!(raw.ask("c LIST \"\" *").contains("c BAD"));
}

#[test]
fn plain_authentication_works_with_and_without_an_initial_response() {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    let open = open();
    let secret =
        STANDARD.encode(format!("\0{}\0{}", open.running.user, open.running.password.expose()));
    let mut raw = Raw::connect(&open);
    assert!(raw.ask(&format!("a AUTHENTICATE PLAIN {secret}")).contains("a OK"));
    let mut raw = Raw::connect(&open);
    raw.send("b AUTHENTICATE PLAIN\r\n");
    assert!(raw.line().starts_with("+ "));
    raw.send(&format!("{secret}\r\n"));
    assert!(raw.line().starts_with("b OK"));
    let mut raw = Raw::connect(&open);
    raw.send("c AUTHENTICATE PLAIN\r\n");
    assert!(raw.line().starts_with("+ "));
    raw.send("*\r\n");
    assert!(raw.line().starts_with("c BAD"));
    assert!(raw.ask("d NOOP").contains("d OK"), "the session goes on");
}

#[test]
fn unknown_commands_are_bad_and_the_session_goes_on() {
    let open = open();
    let mut raw = logged_in(&open);
    assert!(raw.ask("b FROBNICATE").contains("b BAD"));
    assert!(raw.ask("c FETCH 1 FLAGS").contains("c BAD"), "no mailbox is open");
    assert!(raw.ask("d ID NIL").contains("* ID (\"name\" \"matterbox practice office\")"));
    assert!(raw.ask("e CAPABILITY").contains("SPECIAL-USE"));
    assert!(raw.ask("f LOGOUT").contains("* BYE"));
}

#[test]
fn folders_say_what_they_are_for() {
    let open = open();
    let mut raw = logged_in(&open);
    let answer = raw.ask("b LIST \"\" \"*\"");
    assert!(answer.contains(r#"* LIST (\Sent) "/" Sent"#), "{answer}");
    assert!(raw.ask("c LIST \"\" \"\"").contains(r#"* LIST (\Noselect) "/" """#));
    assert!(raw.ask("d LSUB \"\" \"S%\"").contains("Sent"));
    let status = raw.ask("e STATUS Archive (MESSAGES UIDNEXT UIDVALIDITY UNSEEN)");
    assert!(
        status.contains("* STATUS Archive (MESSAGES 0 UIDNEXT 1 UIDVALIDITY 1 UNSEEN 0)"),
        "{status}"
    );
}

#[test]
fn sections_and_partials_are_cut_as_asked() {
    let open = open();
    let mut raw = logged_in(&open);
    raw.ask("b CREATE Scrap");
    let message = "Subject: One\r\nTo: a@b.example\r\n\r\nBody\r\n";
    raw.send(&format!("c APPEND Scrap (\\Seen) {{{}}}\r\n", message.len()));
    assert!(raw.line().starts_with("+ "));
    assert!(raw.ask_after(message, "c").contains("c OK [APPENDUID 1 1]"));
    raw.ask("d SELECT Scrap");
    let head = raw.ask("e UID FETCH 1 (BODY.PEEK[HEADER])");
    assert!(
        head.contains("BODY[HEADER] {33}\r\nSubject: One\r\nTo: a@b.example\r\n\r\n)"),
        "{head}"
    );
    let one = raw.ask("f FETCH 1 (BODY.PEEK[HEADER.FIELDS (subject)])");
    assert!(one.contains("{16}\r\nSubject: One\r\n\r\n)"), "{one}");
    let part = raw.ask("g FETCH 1 (BODY.PEEK[]<9.3>)");
    assert!(part.contains("BODY[]<9> {3}\r\nOne)"), "{part}");
    let text = raw.ask("h FETCH 1 (BODY.PEEK[TEXT])");
    assert!(text.contains("{6}\r\nBody\r\n)"), "{text}");
}

#[test]
fn reading_marks_as_seen_unless_only_peeked() {
    let open = open();
    let mut raw = logged_in(&open);
    let uid = open.running.office.mail.iter().filter(|m| m.folder == "INBOX").count() + 1;
    assert!(open.running.deliver(open.running.user, b"Subject: x\r\n\r\ny\r\n"));
    raw.ask("b SELECT INBOX");
    let peek = raw.ask(&format!("c UID FETCH {uid} (FLAGS BODY.PEEK[])"));
    assert!(!peek.contains("\\Seen"), "{peek}");
    assert!(raw.ask(&format!("d UID FETCH {uid} BODY[]")).contains("FLAGS (\\Seen)"));
    let answer = raw.ask(&format!("e UID STORE {uid} -FLAGS (\\Seen)"));
    assert!(answer.contains(&format!("UID {uid} FLAGS ()")), "{answer}");
    raw.ask("f EXAMINE INBOX");
    raw.ask(&format!("g UID FETCH {uid} BODY[]"));
    assert!(!raw.ask(&format!("h UID FETCH {uid} FLAGS")).contains("\\Seen"));
    assert!(raw.ask(&format!("i UID STORE {uid} +FLAGS (\\Seen)")).contains("i NO"));
}

#[test]
fn search_finds_by_header_set_flag_and_day() {
    let open = open();
    let mut raw = logged_in(&open);
    let raw_message = b"Message-ID: <needle@a.example>\r\nSubject: x\r\n\r\ny\r\n";
    assert!(open.running.deliver(open.running.user, raw_message));
    raw.ask("b SELECT INBOX");
    let last = open.running.office.mail.iter().filter(|m| m.folder == "INBOX").count() + 1;
    let hit = format!("* SEARCH {last}\r\n");
    assert!(raw.ask("c UID SEARCH HEADER Message-ID needle@a.example").contains(&hit));
    assert!(raw.ask(&format!("d UID SEARCH UID {last}:* UNSEEN")).contains(&hit));
    assert!(raw.ask("e UID SEARCH UID 999999:*").contains(&hit), "`*` is the last, whatever it is");
    assert!(raw.ask("f UID SEARCH SINCE 24-Nov-2026 SUBJECT x UNSEEN").contains(&last.to_string()));
    assert!(raw.ask("g UID SEARCH SINCE 1-Jan-2027").contains("* SEARCH\r\n"));
    assert!(raw.ask("h UID SEARCH SENTSINCE 1-Jan-2027").contains("h NO"));
}

#[test]
fn deleted_messages_go_and_others_are_told_when_it_is_allowed() {
    let open = open();
    for subject in ["a", "b", "c"] {
        let raw = format!("Subject: {subject}\r\n\r\n");
        assert!(open.running.deliver("kofi@mensah.example", raw.as_bytes()));
    }
    let mut one = Raw::connect(&open);
    let mut two = Raw::connect(&open);
    let login = format!("a LOGIN kofi@mensah.example {}", open.running.password.expose());
    for session in [&mut one, &mut two] {
        session.ask(&login);
        assert!(session.ask("b SELECT INBOX").contains("* 3 EXISTS"));
    }
    one.ask("c UID STORE 1:2 +FLAGS.SILENT (\\Deleted)");
    let gone = one.ask("d UID EXPUNGE 2:3");
    assert!(gone.contains("* 2 EXPUNGE") && !gone.contains("* 1 EXPUNGE"), "{gone}");
    assert!(!two.ask("e FETCH 3 UID").contains("EXPUNGE"), "numbers must hold during FETCH");
    assert!(two.ask("f NOOP").contains("* 2 EXPUNGE"));
    let moved = two.ask("g UID MOVE 3 Archive");
    assert!(moved.contains("COPYUID 1 3 1") && moved.contains("EXPUNGE"), "{moved}");
}

#[test]
fn an_idling_client_hears_at_once_of_new_mail() {
    let open = open();
    let mut raw = logged_in(&open);
    raw.ask("b SELECT INBOX");
    raw.send("c IDLE\r\n");
    assert!(raw.line().starts_with("+ "));
    assert!(open.running.deliver(open.running.user, b"Subject: new\r\n\r\n"));
    assert!(raw.line().ends_with(" EXISTS\r\n"));
    raw.send("DONE\r\n");
    assert!(raw.line().starts_with("c OK"));
}

#[test]
fn a_large_message_goes_in_and_comes_out_whole() {
    let open = open();
    let mut session = open.login("kofi@mensah.example");
    let mut message = b"Subject: large\r\n\r\n".to_vec();
    for number in 0..500_000 {
        message.extend(format!("line {number:06}\r\n").into_bytes());
    }
    session.append("INBOX", &message).finish().unwrap();
    session.select("INBOX").unwrap();
    let fetched = session.uid_fetch("1", "BODY.PEEK[]").unwrap();
    assert!(fetched.iter().next().unwrap().body() == Some(&message[..]), "6.5 MB must be the same");
}

#[test]
fn closing_the_office_ends_its_sessions() {
    let open = open();
    let mut raw = logged_in(&open);
    open.runtime.block_on(open.running.stop());
    raw.0.get_mut().write_all(b"b NOOP\r\n").unwrap_or_default();
    let mut line = Vec::new();
    let read = raw.0.read_until(b'\n', &mut line);
    assert!(read.is_err() || line.is_empty());
}

#[test]
fn envelopes_structures_and_single_parts_are_served() {
    let open = open();
    let mut raw = logged_in(&open);
    let mail = "From: A <a@x.example>\r\nTo: b@x.example\r\nSubject: Two\r\nContent-Type: multipart/mixed; boundary=s\r\n\r\n--s\r\nContent-Type: text/plain\r\n\r\nHello\r\n--s\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename=a.pdf\r\n\r\n%PDF\r\n--s--\r\n";
    assert!(open.running.deliver(open.running.user, mail.as_bytes()));
    raw.ask("b EXAMINE INBOX");
    let envelope = raw.ask("c FETCH * (ENVELOPE)");
    assert!(envelope.contains(r#"ENVELOPE (NIL "Two" (("A" NIL "a" "x.example"))"#), "{envelope}");
    let structure = raw.ask("d FETCH * (BODYSTRUCTURE)");
    for piece in [
        r#"("TEXT" "plain" ("charset" "us-ascii") NIL NIL "7bit""#,
        r#""application" "pdf""#,
        r#"("attachment" ("filename" "a.pdf"))"#,
        r#""mixed""#,
    ] {
        assert!(structure.contains(piece), "{piece} is not in {structure}");
    }
    let part = raw.ask("e FETCH * (BODY.PEEK[1])");
    assert!(part.contains("\r\nHello"), "{part}");
    let mime = raw.ask("f FETCH * (BODY.PEEK[2.MIME])");
    assert!(mime.contains("filename=a.pdf"), "{mime}");
    assert!(raw.ask("g FETCH * (BODY.PEEK[7])").contains("BODY[7] NIL"));
}

#[test]
fn every_message_of_the_office_has_a_structure_that_the_client_reads() {
    let open = open();
    let mut session = open.login(open.running.user);
    for folder in ["INBOX", "Sent"] {
        let count = usize::try_from(session.examine(folder).unwrap().exists).unwrap();
        let fetched = session.uid_fetch("1:*", "(ENVELOPE BODYSTRUCTURE)").unwrap();
        let with_subject =
            fetched.iter().filter(|m| m.envelope().is_some_and(|e| e.subject.is_some())).count();
        assert_eq!(with_subject, count, "{folder}");
    }
}
