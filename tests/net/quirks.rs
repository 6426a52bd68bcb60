//! The quirks of real servers, row by row (the table of the mail design): what a lawyer has in spite of them.

use std::time::Duration;

use matterbox::{
    imap::{filing::Filed, plan::Depth},
    tls::{self, Trust},
};

use crate::{
    bureau::{Bureau, letter, letters},
    support::{
        authority::Authority,
        scripted::{Act, Expunges, Folder, Scripted, State, fetches},
    },
};

fn inbox(mail: &[Vec<u8>]) -> Folder {
    Folder::new("INBOX").with(mail)
}

fn sent() -> Folder {
    Folder::new("Sent").listed("(\\Sent) \"/\" \"Sent\"")
}

/// A server with one mailbox that departs like this; the letters come all the same, each once, in a second pass too.
fn comes_through(capabilities: &str, deviate: impl FnOnce(Scripted) -> Scripted) -> Scripted {
    let mail = letters(5);
    let server = deviate(Scripted::start(capabilities, [inbox(&mail)]));
    let bureau = Bureau::at(server.port);
    let summary = bureau.sync();
    assert_eq!((summary.doubtful, summary.refused), (0, 0), "{summary:?}");
    bureau.has_exactly("INBOX", &mail);
    let summary = bureau.pass(Depth::Full).unwrap();
    assert_eq!((summary.doubtful, summary.refused), (0, 0), "{summary:?}");
    bureau.has_exactly("INBOX", &mail);
    server
}

#[test]
fn an_honest_server_gives_every_letter_once() {
    let server = comes_through("", |server| server);
    assert_eq!(server.count("LOGOUT"), 2);
}

/// Two of ten letters are removed while the thread listens; whatever order and numbers the server uses to say so.
fn removals_are_seen(order: Expunges) {
    let mail = letters(10);
    let server = Scripted::start("IDLE", [inbox(&mail)]);
    server.state().expunges = order;
    let mut bureau = Bureau::at(server.port);
    bureau.settings.poll = Duration::from_hours(1);
    let live = bureau.live();
    live.until("online");
    server.removes("INBOX", &[2, 5]);
    live.until_so(|| bureau.ledger("INBOX").gone == [2, 5]);
    live.worker.join();
    assert_eq!(bureau.ledger("INBOX").stored.len(), 8);
    assert_eq!(bureau.picture().letters.len(), 10, "what a server removes stays in the record");
}

#[test]
fn gmail_expunges_from_low_to_high_with_numbers_that_move() {
    removals_are_seen(Expunges::Ascending);
}

#[test]
fn microsoft_365_expunges_in_descending_order() {
    removals_are_seen(Expunges::Descending);
}

#[test]
fn dovecot_expunges_in_an_order_of_its_own() {
    removals_are_seen(Expunges::Shuffled);
}

#[test]
fn yahoo_does_not_move_its_numbers_after_an_expunge() {
    removals_are_seen(Expunges::Unshifted);
}

#[test]
fn gmail_has_flags_with_a_bracket() {
    comes_through("", |server| {
        for mail in &mut server.state().folder("INBOX").mail {
            mail.flags = "\\Seen $Label]x [y".to_owned();
        }
        server
    });
}

#[test]
fn gmail_says_highestmodseq_without_a_text() {
    comes_through("CONDSTORE", |server| {
        server.always("EXAMINE", Act::say("* OK [HIGHESTMODSEQ 1234567]\r\n"))
    });
}

#[test]
fn gmail_lists_a_level_that_does_not_exist_and_it_is_never_opened() {
    let mail = letters(2);
    let level = Folder::new("[Gmail]").listed("(\\HasChildren \\NonExistent) \"/\" \"[Gmail]\"");
    let server = Scripted::start("", [inbox(&mail), level]).always(
        "EXAMINE \"[Gmail]\"",
        Act::answer("{tag} NO [NONEXISTENT] Unknown Mailbox: [Gmail]\r\n"),
    );
    let bureau = Bureau::at(server.port);
    assert_eq!(bureau.sync().refused, 0);
    assert_eq!(server.count("EXAMINE \"[Gmail]"), 0);
    bureau.has_exactly("INBOX", &mail);
}

#[test]
fn gmail_shows_one_message_in_many_folders_and_it_is_one_letter() {
    let mail = letters(3);
    let all = Folder::new("[Gmail]/All Mail")
        .with(&mail)
        .listed("(\\HasNoChildren \\All) \"/\" \"[Gmail]/All Mail\"");
    let server = Scripted::start("", [inbox(&mail), Folder::new("Okafor").with(&mail), all]);
    let bureau = Bureau::at(server.port);
    bureau.sync();
    bureau.has_exactly("INBOX", &mail);
    bureau.has_exactly("Okafor", &mail);
    assert!(bureau.picture().threads.iter().all(|(_, messages)| *messages == 1));
    let alone = Scripted::start("", [inbox(&mail)]);
    let once = Bureau::at(alone.port);
    once.sync();
    assert_eq!(bureau.picture().clocks, once.picture().clocks, "no clock runs twice");
}

#[test]
fn gmail_lets_uidnext_run_ahead_and_nothing_is_missed_or_doubted() {
    comes_through("", |server| {
        server.state().folder("INBOX").uid_next = Some(4_000);
        server
    });
}

/// The server turns the first call away with these words; that is no wrong password, and the second call succeeds.
fn is_called_again(turned_away: Act) -> String {
    let mail = letters(2);
    let server = Scripted::start("", [inbox(&mail)]).once("AUTHENTICATE", turned_away);
    let bureau = Bureau::at(server.port);
    let live = bureau.live();
    let word = live.until("again in");
    live.until("online");
    live.worker.join();
    assert!(!word.contains("password"), "{word}");
    assert_eq!(server.connections(), 2);
    bureau.has_exactly("INBOX", &mail);
    word
}

#[test]
fn gmail_turns_the_sixteenth_connection_away_and_is_called_again() {
    let word = is_called_again(Act::answer(
        "{tag} NO [ALERT] Too many simultaneous connections. (Failure)\r\n",
    ));
    assert!(word.starts_with("The mail server asks for patience and said “"), "{word}");
}

#[test]
fn gmail_says_overquota_and_is_called_again() {
    let word =
        is_called_again(Act::leave("* BYE [OVERQUOTA] Account exceeded bandwidth limits.\r\n"));
    assert!(word.starts_with("The mail server asks for patience and said “"), "{word}");
}

#[test]
fn dovecot_allows_ten_connections_and_is_called_again_when_there_are_more() {
    let word = is_called_again(Act::answer(
        "{tag} NO [UNAVAILABLE] Maximum number of connections from user+IP exceeded\r\n",
    ));
    assert!(word.starts_with("The mail server asks for patience and said “"), "{word}");
}

const ANSWER: &[u8] = b"Message-ID: <a1@firm.example>\r\nFrom: alice@firm.example\r\n\
    To: kofi@mensah.example\r\nSubject: Re: Lease 1\r\nDate: Tue, 24 Nov 2026 14:30:00 +0000\r\n\
    In-Reply-To: <l1@mensah.example>\r\n\r\nYou may.\r\n";

/// Files our answer at a server whose Sent holds this already; gives what became of it, and how many are there then.
fn filed(server: &Scripted) -> (Filed, usize) {
    let bureau = Bureau::at(server.port);
    let live = bureau.live();
    live.until("online");
    let filed = live.file(ANSWER, "a1@firm.example").unwrap();
    assert_eq!(live.file(ANSWER, "a1@firm.example").unwrap(), Filed::Present { uid: 1 });
    live.worker.join();
    bureau.sync();
    let picture = bureau.picture();
    assert_eq!(picture.threads, [("Lease 1".to_owned(), 2)]);
    assert!(picture.clocks.is_empty(), "our answer is there: {:?}", picture.clocks);
    (filed, server.state().folder("Sent").mail.len())
}

#[test]
fn gmail_and_outlook_file_the_sent_copy_themselves_and_no_second_one_is_made() {
    let server = Scripted::start("", [inbox(&letters(1)), sent().with([&ANSWER.to_vec()])]);
    assert_eq!(filed(&server), (Filed::Present { uid: 1 }, 1));
    assert_eq!(server.count("APPEND"), 0);
}

#[test]
fn icloud_does_not_file_the_sent_copy_and_one_is_made() {
    let server = Scripted::start("UIDPLUS", [inbox(&letters(1)), sent()]);
    assert_eq!(filed(&server), (Filed::Appended { uid: Some(1) }, 1));
}

#[test]
fn outlook_replaces_the_message_id_and_its_copy_is_known_by_the_former_one() {
    let rewritten = String::from_utf8(ANSWER.to_vec()).unwrap().replace(
        "Message-ID: <a1@firm.example>",
        "Message-ID: <AM0@eur.prod.outlook.example>\r\n\
         X-Microsoft-Original-Message-ID: <a1@firm.example>",
    );
    let server = Scripted::start("", [inbox(&letters(1)), sent().with([&rewritten.into_bytes()])]);
    assert_eq!(filed(&server), (Filed::Present { uid: 1 }, 1));
}

#[test]
fn outlook_rewrites_the_body_and_its_copy_is_still_ours() {
    let mut rewritten = ANSWER.to_vec();
    rewritten.extend_from_slice(b"\r\nSent by Outlook\r\n");
    let server = Scripted::start("", [inbox(&letters(1)), sent().with([&rewritten])]);
    assert_eq!(filed(&server), (Filed::Present { uid: 1 }, 1));
}

#[test]
fn microsoft_365_counts_new_mail_in_status_before_it_moves_uidnext() {
    let server = Scripted::start("", [inbox(&letters(1)), sent()]);
    server.state().folder("Sent").uid_next = Some(1);
    let mut bureau = Bureau::at(server.port);
    bureau.settings.poll = Duration::from_millis(50);
    let live = bureau.live();
    live.until("online");
    server.arrives("Sent", ANSWER);
    live.until_so(|| bureau.ledger("Sent").stored == [1]);
    live.worker.join();
}

#[test]
fn microsoft_365_cannot_take_many_commands_at_once_and_gets_one_at_a_time() {
    let mut folders = vec![inbox(&letters(1))];
    folders.extend((0..60).map(|number| Folder::new(&format!("Matter {number}"))));
    let server = Scripted::start("", folders);
    let mut bureau = Bureau::at(server.port);
    bureau.settings.poll = Duration::from_millis(20);
    let live = bureau.live();
    for _ in 0..6 {
        live.until("online");
    }
    live.worker.join();
    assert!(server.count("STATUS") >= 50);
    assert_eq!(server.state().pipelined, 0);
}

#[test]
fn microsoft_365_says_how_long_to_wait_and_is_obeyed() {
    let server = Scripted::start("", [inbox(&letters(1))]).always(
        "UID FETCH",
        Act::answer(
            "{tag} BAD Request is throttled. Suggested Backoff Time: 299961 milliseconds\r\n",
        ),
    );
    let bureau = Bureau::at(server.port);
    let live = bureau.live();
    let word = live.until("again in");
    assert!(word.contains("asks for patience") && word.contains("[again in 299 s]"), "{word}");
    live.worker.join();
    assert_eq!(server.connections(), 1);
}

#[test]
fn microsoft_365_ends_the_session_when_its_token_expires_and_the_rest_comes_over_a_new_one() {
    let mail = letters(6);
    let server = Scripted::start("", [inbox(&mail)])
        .once("UID FETCH 1:2 ", Act::leave("* BYE Session invalidated - AccessTokenExpired\r\n"));
    let mut bureau = Bureau::at(server.port);
    bureau.settings.caps.batch_count = 2;
    let live = bureau.live();
    let word = live.until("again in");
    assert!(word.contains("ended the session and said “Session invalidated - Access"), "{word}");
    live.until("online");
    live.worker.join();
    bureau.has_exactly("INBOX", &mail);
}

#[test]
fn exchange_refuses_utf_8_in_a_search_and_is_never_asked_so() {
    let refusal = Act::answer("{tag} NO [BADCHARSET (US-ASCII)] not supported\r\n");
    let server = Scripted::start("UIDPLUS", [inbox(&letters(1)), sent()])
        .whenever(|command| command.contains("CHARSET"), refusal);
    assert_eq!(filed(&server), (Filed::Appended { uid: Some(1) }, 1));
}

#[test]
fn yahoo_answers_bad_to_any_charset_and_is_never_asked_so() {
    let server = Scripted::start("", [inbox(&letters(1)), sent()]).whenever(
        |command| command.contains("CHARSET"),
        Act::answer("{tag} BAD [CLIENTBUG] invalid\r\n"),
    );
    assert_eq!(filed(&server), (Filed::Appended { uid: None }, 1));
}

#[test]
fn exchange_lists_folder_names_with_tabs_and_their_mail_comes() {
    let mail = letters(2);
    let odd = Folder::new("Matter\t4711").with(&mail).listed("() \"/\" Matter\t4711");
    let server = Scripted::start("", [inbox(&[]), odd]);
    let bureau = Bureau::at(server.port);
    assert_eq!(bureau.sync().fetched, 2);
    bureau.has_exactly("Matter\t4711", &mail);
}

/// Nothing that a server is known to answer wrongly is ever asked.
fn nobody_asks_for(words: &[&str]) {
    let mail = letters(3);
    let server = Scripted::start(
        "IDLE UIDPLUS MOVE ESEARCH LIST-STATUS SPECIAL-USE SASL-IR",
        [inbox(&mail), sent()],
    );
    let bureau = Bureau::at(server.port);
    bureau.sync();
    server.state().folder("INBOX").uid_validity = Some(8);
    bureau.sync();
    bureau.pass(Depth::Full).unwrap();
    filed(&Scripted::start("", [inbox(&letters(1)), sent()]));
    let heard = server.heard();
    for word in words {
        assert!(!heard.iter().any(|line| line.contains(word)), "{word} in {heard:?}");
    }
}

#[test]
fn exchange_has_bad_bodystructures_and_is_never_asked_for_one() {
    nobody_asks_for(&["BODYSTRUCTURE", "BODY "]);
}

#[test]
fn exchange_sends_a_bad_bodystructure_unasked_and_the_letter_comes() {
    comes_through("", |server| {
        let bad = " BODYSTRUCTURE (NIL NIL (NIL \"x\" . ) \"]\" {0}\r\n NIL) FLAGS";
        server.always("UID FETCH", Act::replace(" FLAGS", bad))
    });
}

#[test]
fn dovecot_and_icloud_have_bad_envelopes_and_are_never_asked_for_one() {
    nobody_asks_for(&["ENVELOPE", "ALL)", "FULL)", "FAST)"]);
}

#[test]
fn icloud_gives_nothing_for_rfc822_and_is_asked_for_body_peek() {
    nobody_asks_for(&["RFC822)", "RFC822 ", "RFC822.TEXT", "BODY[]"]);
}

#[test]
fn icloud_searches_badly_and_is_never_asked_which_messages_there_are() {
    nobody_asks_for(&["RETURN (MIN", "RETURN (ALL", "SEARCH ALL", "SEARCH UID"]);
}

#[test]
fn exchange_asks_for_the_password_with_a_bare_plus() {
    comes_through("", |server| {
        "+\r\n".clone_into(&mut server.state().go_on);
        server
    });
}

#[test]
fn ovh_announces_sizes_that_are_wrong_by_a_factor_of_three() {
    comes_through("", |server| {
        for (place, mail) in server.state().folder("INBOX").mail.iter_mut().enumerate() {
            let true_size = mail.bytes.len();
            let said = if place % 2 == 0 { true_size * 3 } else { true_size / 3 };
            mail.size = Some(said.to_string());
        }
        server
    });
}

#[test]
fn ovh_announces_a_small_size_for_a_large_message_and_it_comes_whole() {
    let mail = vec![letter(1, None, &"0123456789abcd\r\n".repeat(60_000))];
    let server = Scripted::start("", [inbox(&mail)]);
    server.state().folder("INBOX").mail[0].size = Some("300000".to_owned());
    let bureau = Bureau::at(server.port);
    bureau.sync();
    bureau.has_exactly("INBOX", &mail);
}

#[test]
fn dovecot_says_still_here_while_idling_and_mail_after_it_is_seen() {
    let mail = letters(2);
    let server = Scripted::start("IDLE", [inbox(&mail[..1])])
        .always("IDLE", Act::say("* OK Still here\r\n* OK Still here\r\n"));
    let mut bureau = Bureau::at(server.port);
    bureau.settings.poll = Duration::from_hours(1);
    let live = bureau.live();
    live.until("online");
    server.arrives("INBOX", &mail[1]);
    live.until("online");
    live.worker.join();
    bureau.has_exactly("INBOX", &mail);
    assert_eq!(server.connections(), 1);
}

#[test]
fn courier_says_ok_although_the_fetch_failed_and_the_letter_comes_when_it_is_asked_again() {
    let mail = letters(5);
    let server = Scripted::start("", [inbox(&mail)]).times(
        2,
        "UID FETCH 1:5 ",
        Act::answer("{tag} OK FETCH completed.\r\n"),
    );
    let bureau = Bureau::at(server.port);
    bureau.pass(Depth::Recent).unwrap();
    bureau.pass(Depth::Full).unwrap();
    bureau.has_exactly("INBOX", &mail);
}

#[test]
fn courier_fails_one_letter_for_ever_and_says_ok_and_the_others_come_and_the_failure_is_known() {
    let mail = letters(5);
    let server = Scripted::start("", [inbox(&mail)])
        .whenever(|command| fetches(command, 3), Act::answer("{tag} OK FETCH completed.\r\n"));
    let bureau = Bureau::at(server.port);
    bureau.sync();
    let lines = bureau.ledger("INBOX");
    assert_eq!((lines.stored, lines.failed), (vec![1, 2, 4, 5], vec![3]));
    server.behaves();
    bureau.pass(Depth::Full).unwrap();
    bureau.has_exactly("INBOX", &mail);
}

#[test]
fn courier_keeps_everything_below_inbox_and_sent_is_known_there() {
    let mail = letters(1);
    let below =
        |name: &str| Folder::new(name).listed(&format!("(\\HasNoChildren) \".\" \"{name}\""));
    let copy = ANSWER.to_vec();
    let server = Scripted::start("", [inbox(&mail), below("INBOX.Sent").with([&copy])]);
    let bureau = Bureau::at(server.port);
    bureau.sync();
    assert_eq!(bureau.mailboxes()["INBOX.Sent"], "sent");
    assert!(bureau.picture().clocks.is_empty(), "our answer lies in Sent");
}

#[test]
fn yahoo_has_single_messages_that_are_for_ever_unavailable_and_the_others_come() {
    let mail = letters(5);
    let server = Scripted::start("", [inbox(&mail)]).whenever(
        |command| fetches(command, 3),
        Act::answer("{tag} NO [UNAVAILABLE] UID FETCH Server error - Please try again later\r\n"),
    );
    let mut bureau = Bureau::at(server.port);
    bureau.settings.poll = Duration::from_millis(20);
    let live = bureau.live();
    live.until_so(|| {
        let lines = bureau.ledger("INBOX");
        lines.stored == [1, 2, 4, 5] && lines.failed == [3]
    });
    live.worker.join();
    server.behaves();
    bureau.pass(Depth::Full).unwrap();
    bureau.has_exactly("INBOX", &mail);
}

#[test]
fn yahoo_leaves_uidvalidity_out_at_times_and_nothing_is_fetched_again() {
    let mail = letters(5);
    let server = Scripted::start("", [inbox(&mail)]);
    let bureau = Bureau::at(server.port);
    bureau.sync();
    server.state().folder("INBOX").uid_validity = None;
    assert_eq!(bureau.sync().fetched, 0);
    server.state().folder("INBOX").uid_validity = Some(7);
    assert_eq!(bureau.sync().fetched, 0);
    bureau.has_exactly("INBOX", &mail);
}

#[test]
fn qq_has_no_uidvalidity_at_all() {
    comes_through("", |server| {
        server.state().folder("INBOX").uid_validity = None;
        server
    });
}

#[test]
fn qq_answers_bad_to_a_descending_sequence_set_and_never_gets_one() {
    let descends = |command: &str| {
        let set = command.split(' ').nth(2).filter(|_| command.starts_with("UID FETCH"));
        let numbers = |set: &str| -> Vec<u32> {
            set.split([',', ':']).map(|n| n.parse().unwrap_or(u32::MAX)).collect()
        };
        set.is_some_and(|set| !numbers(set).is_sorted())
    };
    comes_through("", |server| {
        server.whenever(descends, Act::answer("{tag} BAD descending sequence\r\n"))
    });
}

#[test]
fn yahoo_and_netease_want_to_know_who_comes() {
    let server = comes_through("ID", |server| server);
    let heard = server.heard();
    let id = heard.iter().position(|line| line.starts_with("ID (\"name\" \"matterbox\"")).unwrap();
    assert!(id < heard.iter().position(|line| line.starts_with("LIST")).unwrap());
}

#[test]
fn netease_breaks_on_an_initial_response_and_gets_none() {
    let server = comes_through("SASL-IR", |server| {
        server.always("AUTHENTICATE PLAIN ", Act::leave("* BYE internal error\r\n"))
    });
    assert_eq!(server.count("AUTHENTICATE PLAIN"), 2);
}

/// The mailbox gets another UIDVALIDITY and other UIDs.
fn renumber(state: &mut State, validity: u64) {
    let folder = state.folder("INBOX");
    folder.uid_validity = Some(validity);
    folder.mail.reverse();
    for (uid, mail) in (11..).zip(&mut folder.mail) {
        mail.uid = uid;
    }
}

#[test]
fn zoho_quotes_header_field_names_and_a_renumbered_mailbox_is_still_matched() {
    let mail = letters(5);
    let server = Scripted::start("", [inbox(&mail)]).always(
        "UID FETCH",
        Act::replace("HEADER.FIELDS (MESSAGE-ID)]", "HEADER.FIELDS (\"MESSAGE-ID\")]"),
    );
    let bureau = Bureau::at(server.port);
    bureau.sync();
    renumber(&mut server.state(), 8);
    assert_eq!(bureau.sync().fetched, 0, "all were matched by their Message-IDs");
    bureau.has_exactly("INBOX", &mail);
}

#[test]
fn zoho_gives_nothing_for_an_extended_list_and_no_error_and_is_asked_plainly() {
    let server = comes_through("SPECIAL-USE LIST-EXTENDED LIST-STATUS", |server| {
        server.whenever(
            |command| command.starts_with("LIST") && command.contains("RETURN"),
            Act::answer("{tag} OK Success\r\n"),
        )
    });
    assert!(server.heard().contains(&"LIST \"\" \"*\"".to_owned()));
}

#[test]
fn proton_bridge_changes_the_uids_without_saying_so_and_no_letter_is_lost_or_doubled() {
    let mail = letters(10);
    let server = Scripted::start("", [inbox(&mail)]);
    let bureau = Bureau::at(server.port);
    bureau.sync();
    renumber(&mut server.state(), 7);
    bureau.sync();
    bureau.pass(Depth::Full).unwrap();
    bureau.has_exactly("INBOX", &mail);
    let lines = bureau.ledger("INBOX");
    assert_eq!(lines.stored, (11..=20).collect::<Vec<_>>());
    assert_eq!(lines.gone, (1..=10).collect::<Vec<_>>());
}

#[test]
fn gmx_lets_uidnext_go_backwards_and_new_mail_is_seen() {
    let mail = letters(6);
    let server = Scripted::start("", [inbox(&mail[..5])]);
    let bureau = Bureau::at(server.port);
    bureau.sync();
    server.arrives("INBOX", &mail[5]);
    server.state().folder("INBOX").uid_next = Some(3);
    assert_eq!(bureau.sync().fetched, 1);
    bureau.has_exactly("INBOX", &mail);
}

#[test]
fn mail_ru_has_no_idle_and_mail_comes_with_the_poll() {
    let mail = letters(2);
    let server = Scripted::start("", [inbox(&mail[..1])]);
    let mut bureau = Bureau::at(server.port);
    bureau.settings.poll = Duration::from_millis(50);
    let live = bureau.live();
    live.until("online");
    server.arrives("INBOX", &mail[1]);
    live.until_so(|| bureau.ledger("INBOX").stored.len() == 2);
    live.worker.join();
    bureau.has_exactly("INBOX", &mail);
    assert_eq!(server.count("IDLE"), 0);
}

#[test]
fn mail_ru_writes_sizes_as_floating_point_numbers() {
    comes_through("", |server| {
        for mail in &mut server.state().folder("INBOX").mail {
            mail.size = Some(format!("{:e}", f64::from(u32::try_from(mail.bytes.len()).unwrap())));
        }
        server
    });
}

#[test]
fn some_servers_have_a_uidvalidity_above_32_bits() {
    let mail = letters(5);
    let server = Scripted::start("", [inbox(&mail)]);
    server.state().folder("INBOX").uid_validity = Some(5_000_000_000);
    let bureau = Bureau::at(server.port);
    bureau.sync();
    assert_eq!(bureau.sync().fetched, 0);
    // The same number in 32 bits is another one.
    renumber(&mut server.state(), 705_032_704);
    bureau.sync();
    assert_eq!(bureau.ledger("INBOX").stored, (11..=15).collect::<Vec<_>>());
    bureau.has_exactly("INBOX", &mail);
}

/// A server that handles four messages at a time, and shows that many of a mailbox to whom counts by place.
fn yahoo(mail: &[Vec<u8>]) -> Scripted {
    let server = Scripted::start("IDLE ENABLE UIDONLY MESSAGELIMIT=4", [inbox(mail)]);
    server.state().limit = Some(4);
    server
}

#[test]
fn yahoo_shows_a_part_of_a_large_mailbox_until_it_is_asked_by_uid_alone_and_all_of_it_comes() {
    let mail = letters(11);
    let server = yahoo(&mail);
    let bureau = Bureau::at(server.port);
    let summary = bureau.sync();
    assert_eq!((summary.fetched, summary.doubtful), (11, 0));
    bureau.has_exactly("INBOX", &mail);
    assert_eq!(bureau.pass(Depth::Full).unwrap().doubtful, 0);
    server.removes("INBOX", &[3, 8]);
    assert_eq!(bureau.sync().doubtful, 0);
    assert_eq!(bureau.ledger("INBOX").gone, [3, 8]);
    renumber(&mut server.state(), 8);
    assert_eq!(bureau.sync().fetched, 0, "all were matched by their Message-IDs");
    assert_eq!(bureau.ledger("INBOX").stored, (11..=19).collect::<Vec<_>>());
}

#[test]
fn yahoo_says_what_vanished_by_uid_and_new_mail_is_seen_at_once() {
    let mail = letters(9);
    let server = yahoo(&mail[..8]);
    let mut bureau = Bureau::at(server.port);
    bureau.settings.poll = Duration::from_hours(1);
    let live = bureau.live();
    live.until("online");
    server.removes("INBOX", &[2, 5]);
    live.until_so(|| bureau.ledger("INBOX").gone == [2, 5]);
    server.arrives("INBOX", &mail[8]);
    live.until_so(|| bureau.ledger("INBOX").stored.contains(&9));
    live.worker.join();
    assert_eq!(server.connections(), 1);
    assert_eq!(bureau.ledger("INBOX").stored, [1, 3, 4, 6, 7, 8, 9]);
}

#[test]
fn yahoo_refuses_to_be_asked_by_uid_alone_and_what_it_shows_comes() {
    let mail = letters(6);
    let server = yahoo(&mail).always("ENABLE", Act::answer("{tag} BAD unknown\r\n"));
    let bureau = Bureau::at(server.port);
    assert_eq!(bureau.sync().fetched, 4);
    assert_eq!(bureau.ledger("INBOX").stored, [3, 4, 5, 6]);
}

#[test]
fn proton_bridge_shows_a_certificate_of_its_own_and_is_believed_only_by_its_pin() {
    let mail = letters(2);
    let server = Scripted::start("", [inbox(&mail)]);
    server.state().self_signed = true;
    let mut bureau = Bureau::at(server.port);
    let word = bureau.pass(Depth::Recent).unwrap_err();
    assert!(word.contains("certificate"), "{word}");
    let mut other = Authority::get().alone_sha256;
    other[0] ^= 1;
    bureau.settings.tls = tls::client_config(&Trust::Pinned { sha256: other }).unwrap();
    bureau.pass(Depth::Recent).unwrap_err();
    assert!(server.heard().is_empty(), "not a word before it is known who listens");
    let pin = Trust::Pinned { sha256: Authority::get().alone_sha256 };
    bureau.settings.tls = tls::client_config(&pin).unwrap();
    bureau.sync();
    bureau.has_exactly("INBOX", &mail);
}

#[test]
fn cyrus_lists_levels_without_a_trailing_delimiter_and_others_with_one_and_each_is_opened_as_listed()
 {
    let mail = letters(3);
    let listed = |name: &str, attributes: &str| {
        Folder::new(name).listed(&format!("({attributes}) \"/\" \"{name}\""))
    };
    let folders = [
        inbox(&[]),
        listed("Clients", "\\HasChildren").with(&mail[..1]),
        listed("Clients/Okafor", "\\HasNoChildren").with(&mail[1..2]),
        listed("Firm/", "\\Noselect \\HasChildren"),
        listed("Firm/Costs", "\\HasNoChildren").with(&mail[2..]),
    ];
    let server = Scripted::start("", folders);
    let bureau = Bureau::at(server.port);
    let summary = bureau.sync();
    assert_eq!((summary.fetched, summary.refused), (3, 0));
    for (name, uid) in [("Clients", 1), ("Clients/Okafor", 1), ("Firm/Costs", 1)] {
        assert_eq!(bureau.ledger(name).stored, [uid], "{name}");
    }
    assert_eq!((server.count("LIST"), server.count("LIST \"\" \"*\"")), (1, 1));
    assert_eq!(server.count("EXAMINE \"Firm/\""), 0);
}

#[test]
fn mail_ru_has_a_boundary_that_is_nil_and_the_letter_comes() {
    comes_through("", |server| {
        let bad = " BODYSTRUCTURE ((\"TEXT\" \"PLAIN\" NIL NIL NIL \"7BIT\" 1 1)(NIL) \"MIXED\" \
                   (\"BOUNDARY\" NIL) NIL NIL) FLAGS";
        server.always("UID FETCH", Act::replace(" FLAGS", bad))
    });
}

#[test]
fn dovecot_goes_silent_behind_a_dead_nat_and_mail_after_it_comes_over_a_new_line() {
    let mail = letters(2);
    let server =
        Scripted::start("IDLE", [inbox(&mail[..1])]).once("IDLE", Act::Quiet("+ idling\r\n"));
    let mut bureau = Bureau::at(server.port);
    bureau.settings.poll = Duration::from_hours(1);
    bureau.settings.limits.idle = Duration::from_millis(50);
    bureau.settings.limits.answer = Duration::from_millis(300);
    let live = bureau.live();
    live.until_so(|| server.count("IDLE") == 1);
    server.arrives("INBOX", &mail[1]);
    live.until("The mail server went silent.");
    live.until_so(|| bureau.ledger("INBOX").stored == [1, 2]);
    live.worker.join();
    bureau.has_exactly("INBOX", &mail);
}

/// The ways of learning about changes.
const WAYS: [&str; 3] = ["", "CONDSTORE", "ENABLE CONDSTORE QRESYNC LIST-STATUS"];

#[test]
fn what_left_came_and_changed_is_seen_by_qresync_by_condstore_and_without_both() {
    for way in WAYS {
        let mail = letters(30);
        let server = Scripted::start(way, [inbox(&mail[..29])]);
        let bureau = Bureau::at(server.port);
        bureau.sync();
        server.removes("INBOX", &[4, 9]);
        server.arrives("INBOX", &mail[29]);
        "\\Flagged".clone_into(&mut server.state().folder("INBOX").mail[0].flags);
        let summary = bureau.sync();
        assert_eq!((summary.fetched, summary.doubtful), (1, 0), "{way}");
        let lines = bureau.ledger("INBOX");
        assert_eq!((lines.stored.len(), lines.gone), (28, vec![4, 9]), "{way}");
        assert!(bureau.is_starred("Lease 1") && !bureau.is_starred("Lease 2"), "{way}");
        assert_eq!(
            server.count("EXAMINE \"INBOX\" (QRESYNC"),
            usize::from(way.contains("QRESYNC"))
        );
    }
}

#[test]
fn dovecot_tells_what_vanished_while_the_mailbox_is_opened_and_it_is_not_overlooked() {
    let mail = letters(30);
    let server = Scripted::start(WAYS[2], [inbox(&mail)]);
    let bureau = Bureau::at(server.port);
    bureau.sync();
    // It goes after the list of what vanished was made, and before the answer is complete.
    let server = server.once(
        "EXAMINE \"INBOX\" (QRESYNC",
        Act::rewrite(|answer| {
            let text = String::from_utf8(answer).unwrap();
            text.replacen("* OK [UIDNEXT", "* VANISHED 7\r\n* OK [UIDNEXT", 1).into()
        }),
    );
    server.arrives("INBOX", &letter(31, None, "One more"));
    server.state().folder("INBOX").mail.retain(|mail| mail.uid != 7);
    bureau.sync();
    bureau.sync();
    let lines = bureau.ledger("INBOX");
    assert_eq!((lines.stored.len(), lines.gone), (30, vec![7]));
}

#[test]
fn a_server_that_loses_its_count_of_changes_is_compared_anew() {
    for way in &WAYS[1..] {
        let mail = letters(30);
        let server = Scripted::start(way, [inbox(&mail)]);
        let bureau = Bureau::at(server.port);
        bureau.sync();
        for turn in 0..5 {
            server.state().folder("INBOX").mail[turn].flags = "\\Seen".to_owned();
            bureau.sync();
        }
        server.removes("INBOX", &[6]);
        server.state().folder("INBOX").forget_changes();
        let summary = bureau.sync();
        assert_eq!((summary.doubtful, bureau.ledger("INBOX").gone), (0, vec![6]), "{way}");
    }
}

#[test]
fn dovecot_notifies_of_every_folder_and_mail_there_is_seen_at_once() {
    let mail = letters(3);
    let server = Scripted::start(
        "IDLE ENABLE CONDSTORE QRESYNC LIST-STATUS NOTIFY",
        [inbox(&mail[..1]), Folder::new("Okafor")],
    );
    let mut bureau = Bureau::at(server.port);
    bureau.settings.poll = Duration::from_hours(1);
    bureau.settings.listens = true;
    let live = bureau.live();
    live.until_so(|| server.count("NOTIFY") == 1 && server.count("IDLE") > 0);
    server.arrives("Okafor", &mail[1]);
    live.until_so(|| bureau.ledger("Okafor").stored == [1]);
    server.arrives("INBOX", &mail[2]);
    live.until_so(|| bureau.ledger("INBOX").stored == [1, 2]);
    server.removes("Okafor", &[1]);
    live.until_so(|| bureau.ledger("Okafor").gone == [1]);
    live.worker.join();
}

/// A folder goes, and another one of its name comes with the same UIDVALIDITY and the same UIDs.
#[test]
fn a_folder_that_is_made_anew_with_the_same_uidvalidity_gives_its_new_letters() {
    for way in WAYS {
        let mail = letters(6);
        let folder = |mail: &[Vec<u8>]| Folder::new("Matter").with(mail);
        let server = Scripted::start(way, [inbox(&mail[..2]), folder(&mail[2..4])]);
        let bureau = Bureau::at(server.port);
        bureau.sync();
        server.state().folders.pop();
        bureau.sync();
        assert_eq!(bureau.picture().letters.len(), 4, "what a server removes stays in the record");
        server.state().folders.push(folder(&mail[4..]));
        assert_eq!(bureau.sync().fetched, 2, "{way}");
        assert_eq!(bureau.sync().fetched, 0, "{way}");
        assert_eq!(bureau.picture().letters.len(), 6, "{way}");
        assert_eq!(bureau.ledger("Matter").stored, [1, 2], "{way}");
        // And one that comes back as it was brings nothing twice.
        let folder = server.state().folders.pop().unwrap();
        bureau.sync();
        server.state().folders.push(folder);
        assert_eq!(bureau.sync().fetched, 0, "{way}");
        assert_eq!(bureau.ledger("Matter").stored, [1, 2], "{way}");
    }
}
