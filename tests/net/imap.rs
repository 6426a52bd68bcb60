//! The IMAP adapter against a real Dovecot: nothing lost, nothing changed on the server, nobody trusted without proof.

use std::{
    fs,
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{Arc, Mutex, atomic::AtomicBool, mpsc},
    thread,
    time::Duration,
};

use matterbox::{
    domain::{confidential::Confidential, id::AccountId, message::MessageId},
    imap::{
        contract::{Body, Login},
        error::ImapError,
        filing::Filed,
        names::encode,
        plan::Depth,
        round::Summary,
        stream::{Cutoff, Endpoint, Security},
        worker::{Order, Settings, Signals, Worker, sync_once},
    },
    tls::{self, Refusal, Trust},
};
use tokio::sync::oneshot;

use crate::desk::{Desk, message, start, wait_for};
use crate::support::servers::{
    EXPIRED_HOST, GOOD_HOST, NO_TLS_HOST, PASSWORD, Servers, UNKNOWN_CA_HOST, WRONG_NAME_HOST,
};

fn trust() -> Trust {
    Trust::CaFile(fs::read(&Servers::get().ca).unwrap())
}

fn settings(user: &str, host: &str, security: Security) -> Settings {
    let servers = Servers::get();
    let port = match security {
        Security::Implicit => servers.imaps,
        Security::StartTls => servers.imap,
    };
    let endpoint = Endpoint { host: host.to_owned(), port, security };
    let login = Login { user: user.into(), password: PASSWORD.into() };
    Settings::new(AccountId::new(1), endpoint, tls::client_config(&trust()).unwrap(), login)
}

fn run(settings: &Settings, desk: &mut Desk, depth: Depth) -> Result<Summary, ImapError> {
    sync_once(settings, desk, depth, &Arc::new(Signals::default()), &Cutoff::default())
}

fn sync(user: &str, desk: &mut Desk) -> Summary {
    run(&settings(user, GOOD_HOST, Security::Implicit), desk, Depth::Recent).unwrap()
}

/// Bodies that look like protocol.
fn odd_messages() -> Vec<Vec<u8>> {
    let odd = ["{12}\r\nfoo", "z1 OK done", ")))(((\"\\", "* BYE go away", "\u{1f4ce} Größe", ""];
    (0..120).map(|number| message(number, &odd[number % odd.len()].repeat(number))).collect()
}

fn seed(user: &str, messages: &[Vec<u8>]) {
    Servers::get().seed(user, messages.iter().map(Vec::as_slice));
}

#[test]
fn a_mailbox_arrives_byte_for_byte_and_nothing_is_marked_as_read() {
    let (user, mut desk) = (Servers::fresh_user(), Desk::default());
    let messages = odd_messages();
    seed(&user, &messages);
    let summary = sync(&user, &mut desk);
    assert_eq!((summary.fetched, summary.doubtful, summary.unreadable), (120, 0, 0));
    assert!(desk.record.lock().unwrap().bytes("INBOX") == messages);
    let stored = Servers::get().messages(&user, "INBOX");
    assert!(stored.iter().all(|message| message.flags.is_empty()));
}

#[test]
fn a_second_synchronisation_fetches_only_what_came_since() {
    let (user, mut desk) = (Servers::fresh_user(), Desk::default());
    seed(&user, &odd_messages());
    sync(&user, &mut desk);
    assert_eq!(sync(&user, &mut desk).fetched, 0);
    Servers::get().deliver(&user, &message(500, "new"));
    assert_eq!(sync(&user, &mut desk).fetched, 1);
}

#[test]
fn starttls_brings_the_same_mail() {
    let (user, mut desk) = (Servers::fresh_user(), Desk::default());
    seed(&user, &[message(1, "hello")]);
    let settings = settings(&user, GOOD_HOST, Security::StartTls);
    assert_eq!(run(&settings, &mut desk, Depth::Recent).unwrap().fetched, 1);
}

#[test]
fn a_server_that_cannot_prove_who_it_is_is_refused() {
    let user = Servers::fresh_user();
    for (host, expected) in [
        (WRONG_NAME_HOST, Refusal::WrongHost),
        (EXPIRED_HOST, Refusal::Expired),
        (UNKNOWN_CA_HOST, Refusal::UnknownAuthority),
    ] {
        for security in [Security::Implicit, Security::StartTls] {
            let end = run(&settings(&user, host, security), &mut Desk::default(), Depth::Recent);
            let Err(ImapError::Handshake(why)) = end else { panic!("{host}: {end:?}") };
            assert_eq!(tls::refusal(&why), expected);
        }
    }
}

#[test]
fn a_server_without_tls_is_refused_in_either_mode() {
    let user = Servers::fresh_user();
    let end =
        run(&settings(&user, NO_TLS_HOST, Security::StartTls), &mut Desk::default(), Depth::Recent);
    assert!(matches!(end, Err(ImapError::StartTlsRefused(_))), "{end:?}");
    let mut clear = settings(&user, NO_TLS_HOST, Security::Implicit);
    clear.endpoint.port = Servers::get().imap;
    let end = run(&clear, &mut Desk::default(), Depth::Recent);
    let Err(ImapError::Handshake(why)) = end else { panic!("{end:?}") };
    assert_eq!(tls::refusal(&why), Refusal::NotTls);
}

/// A server in clear that says its words and then listens to the end. Gives the port and what it heard.
fn eavesdropper(words: &'static [&'static str]) -> (u16, thread::JoinHandle<String>) {
    let listener = TcpListener::bind((GOOD_HOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let ears = thread::spawn(move || {
        let (mut client, _) = listener.accept().unwrap();
        let mut heard = Vec::new();
        for word in words {
            client.write_all(word.as_bytes()).unwrap();
            let mut piece = [0; 1000];
            let count = client.read(&mut piece).unwrap_or(0);
            heard.extend_from_slice(&piece[..count]);
        }
        client.read_to_end(&mut heard).ok();
        String::from_utf8_lossy(&heard).into_owned()
    });
    (port, ears)
}

#[test]
fn nothing_but_starttls_ever_leaves_in_clear() {
    const STARTTLS: &str = "s1 STARTTLS\r\n";
    for (words, heard) in [
        (&["* PREAUTH welcome back\r\n"][..], ""),
        (&["* BYE too many\r\n"][..], ""),
        (&["* OK hi\r\n", "s1 NO not here\r\n"][..], STARTTLS),
        (&["* OK hi\r\n", "s1 BAD what\r\n"][..], STARTTLS),
        (&["* OK hi\r\n", "s1 OK go\r\n* CAPABILITY AUTH=PLAIN\r\n"][..], STARTTLS),
    ] {
        let (port, ears) = eavesdropper(words);
        let mut settings = settings("alice", GOOD_HOST, Security::StartTls);
        settings.endpoint.port = port;
        assert!(run(&settings, &mut Desk::default(), Depth::Recent).is_err(), "{words:?}");
        assert_eq!(ears.join().unwrap(), heard, "{words:?}");
    }
}

#[test]
fn a_certificate_that_does_not_hold_ends_the_talk_before_the_password() {
    // Behind the handshake a TLS client may send application data (record type 23): none may be there.
    for host in [WRONG_NAME_HOST, EXPIRED_HOST, UNKNOWN_CA_HOST] {
        let listener = TcpListener::bind((GOOD_HOST, 0)).unwrap();
        let mut settings = settings("alice", host, Security::Implicit);
        settings.endpoint.port = listener.local_addr().unwrap().port();
        settings.endpoint.host =
            if host == WRONG_NAME_HOST { GOOD_HOST } else { "localhost" }.into();
        let between = thread::spawn(move || {
            let (mut client, _) = listener.accept().unwrap();
            let mut server = TcpStream::connect((host, Servers::get().imaps)).unwrap();
            let (down, to_client) = (server.try_clone().unwrap(), client.try_clone().unwrap());
            thread::spawn(move || pass_on(down, to_client, usize::MAX));
            let mut heard = Vec::new();
            let mut piece = [0; 4096];
            while let Ok(count @ 1..) = client.read(&mut piece) {
                heard.extend_from_slice(&piece[..count]);
                server.write_all(&piece[..count]).ok();
            }
            heard
        });
        let end = run(&settings, &mut Desk::default(), Depth::Recent);
        assert!(matches!(end, Err(ImapError::Handshake(_))), "{end:?}");
        let heard = between.join().unwrap();
        let mut records = Vec::new();
        let mut rest = heard.as_slice();
        while let [kind, _, _, high, low, more @ ..] = rest {
            records.push(*kind);
            let length = usize::from(*high) * 256 + usize::from(*low);
            rest = more.get(length..).unwrap_or_default();
        }
        // TLS 1.3 hides its encrypted alert in one record of type 23 of 19 bytes; a login would be a second one.
        records.retain(|kind| *kind == 23);
        assert!(records.len() <= 1, "{} records of application data", records.len());
        assert!(heard.len() < 1500 && !heard.windows(6).any(|bytes| bytes == b"secret"));
    }
}

#[test]
fn a_wrong_password_is_a_refusal_of_the_login() {
    let mut wrong = settings("alice", GOOD_HOST, Security::Implicit);
    wrong.login.password = "not it".into();
    let end = run(&wrong, &mut Desk::default(), Depth::Recent);
    assert!(matches!(end, Err(ImapError::AuthRefused(_))), "{end:?}");
}

#[test]
fn expunged_mail_is_gone_from_the_ledger_and_stays_in_the_record() {
    let (user, mut desk) = (Servers::fresh_user(), Desk::default());
    seed(&user, &odd_messages());
    sync(&user, &mut desk);
    let mut other = Servers::get().back_door(&user);
    other.select("INBOX").unwrap();
    other.uid_store("3,7,100:110", "+FLAGS (\\Deleted)").unwrap();
    other.expunge().unwrap();
    sync(&user, &mut desk);
    let record = desk.record.lock().unwrap();
    assert_eq!(record.named("INBOX").ledger.gone.to_sequence(), "3,7,100:110");
    assert_eq!(record.named("INBOX").bodies.len(), 120);
}

#[test]
fn flags_that_another_program_sets_are_seen() {
    let (user, mut desk) = (Servers::fresh_user(), Desk::default());
    seed(&user, &[message(1, "a"), message(2, "b")]);
    sync(&user, &mut desk);
    let mut other = Servers::get().back_door(&user);
    other.select("INBOX").unwrap();
    other.uid_store("2", "+FLAGS (\\Seen \\Flagged $Label]x)").ok();
    other.uid_store("2", "+FLAGS (\\Seen \\Flagged)").unwrap();
    sync(&user, &mut desk);
    let record = desk.record.lock().unwrap();
    let flags = record.named("INBOX").flags[&2];
    assert!(flags.seen && flags.flagged && !record.named("INBOX").flags[&1].seen);
}

#[test]
fn a_renumbered_mailbox_is_matched_and_not_fetched_again() {
    let (user, mut desk) = (Servers::fresh_user(), Desk::default());
    let servers = Servers::get();
    for number in 1..=5 {
        servers.append(&user, "Archive", true, &message(number, "filed"));
    }
    assert_eq!(sync(&user, &mut desk).fetched, 5);
    servers.recreate(&user, "Archive");
    for number in (1..=6).rev() {
        servers.append(&user, "Archive", true, &message(number, "filed"));
    }
    assert_eq!(sync(&user, &mut desk).fetched, 1);
    let record = desk.record.lock().unwrap();
    assert_eq!((record.adopted, record.named("Archive").generation), (5, 2));
    assert_eq!(record.named("Archive").ledger.stored.len(), 6);
}

#[test]
fn names_with_quotes_spaces_umlauts_and_emoji_work_and_come_back_as_they_were() {
    let (user, mut desk) = (Servers::fresh_user(), Desk::default());
    let servers = Servers::get();
    let names = ["Tom \"T\" & Söhne", "\u{1f4ce} Beilagen", "back\\slash", "日本語"];
    let mut session = servers.back_door(&user);
    for name in names {
        session.create(encode(name)).unwrap();
        let quoted = encode(name).replace('\\', "\\\\").replace('"', "\\\"");
        session.append(&quoted, &message(1, name)).finish().unwrap();
    }
    let summary = sync(&user, &mut desk);
    assert_eq!((summary.fetched, summary.refused), (4, 0));
    let record = desk.record.lock().unwrap();
    for name in names {
        let kept = record.boxes.iter().find(|(raw, _)| raw.decoded() == name);
        assert_eq!(kept.expect(name).1.ledger.stored.len(), 1, "{name}");
    }
}

#[test]
fn a_giant_arrives_in_slices_byte_for_byte() {
    let (user, mut desk) = (Servers::fresh_user(), Desk::default());
    let giants = [message(1, &"0123456789abcde\r\n".repeat(700_000)), message(2, "small")];
    seed(&user, &giants);
    let summary = sync(&user, &mut desk);
    assert_eq!(summary.fetched, 2);
    assert!(desk.record.lock().unwrap().bytes("INBOX") == giants);
}

#[test]
fn a_message_above_the_cap_is_kept_with_its_header() {
    let (user, mut desk) = (Servers::fresh_user(), Desk::default());
    seed(&user, &[message(1, &"x".repeat(5000)), message(2, "small")]);
    let mut settings = settings(&user, GOOD_HOST, Security::Implicit);
    settings.caps.slice_above = 1000;
    settings.caps.largest = 2000;
    assert_eq!(run(&settings, &mut desk, Depth::Recent).unwrap().fetched, 2);
    let record = desk.record.lock().unwrap();
    let Body::HeaderOnly(header) = &record.named("INBOX").bodies[&1] else { panic!("not whole") };
    assert!(header.ends_with(b"+0000\r\n\r\n"));
}

/// A line to the server that breaks after so many bytes, counted over its first connections.
fn brittle_line(breaks_after: &[usize]) -> u16 {
    let listener = TcpListener::bind((GOOD_HOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let breaks_after = breaks_after.to_vec();
    thread::spawn(move || {
        for (number, client) in listener.incoming().enumerate() {
            let client = client.unwrap();
            let server = TcpStream::connect((GOOD_HOST, Servers::get().imaps)).unwrap();
            let (up, down) = (client.try_clone().unwrap(), server.try_clone().unwrap());
            thread::spawn(move || pass_on(up, server, usize::MAX));
            let limit = breaks_after.get(number).copied().unwrap_or(usize::MAX);
            thread::spawn(move || pass_on(down, client, limit));
        }
    });
    port
}

fn pass_on(mut from: TcpStream, mut to: TcpStream, mut limit: usize) {
    let mut piece = vec![0; 4096];
    while limit > 0 {
        let Ok(count @ 1..) = from.read(&mut piece) else { break };
        let count = count.min(limit);
        if to.write_all(&piece[..count]).is_err() {
            break;
        }
        limit = limit.saturating_sub(count);
    }
    from.shutdown(Shutdown::Both).ok();
    to.shutdown(Shutdown::Both).ok();
}

/// Starts a worker without pauses worth noticing; words of its life come through the channel.
fn worker(settings: Settings) -> (Worker, Desk, mpsc::Receiver<String>) {
    start(Desk::default(), settings)
}

#[test]
fn a_line_that_breaks_again_and_again_costs_no_message_and_brings_none_twice() {
    let user = Servers::fresh_user();
    let messages: Vec<Vec<u8>> = (0..60).map(|n| message(n, &"lorem ipsum ".repeat(900))).collect();
    seed(&user, &messages);
    let mut settings = settings(&user, GOOD_HOST, Security::Implicit);
    settings.endpoint.port = brittle_line(&[1500, 150_000, 300_000]);
    // The lines are counted: there is to be one at a time.
    settings.listens = false;
    settings.caps.batch_bytes = 100_000;
    let (worker, desk, words) = worker(settings);
    wait_for(&words, "online");
    worker.join();
    let record = desk.record.lock().unwrap();
    assert!(record.bytes("INBOX") == messages);
    assert_eq!(record.fetched, 60);
    assert!(record.failed.is_empty());
}

#[test]
fn new_mail_arrives_while_the_worker_watches() {
    let user = Servers::fresh_user();
    seed(&user, &[message(1, "first")]);
    // The poll is far away: only IDLE can bring it in time.
    let mut settings = settings(&user, GOOD_HOST, Security::Implicit);
    settings.poll = Duration::from_hours(1);
    let (worker, desk, words) = worker(settings);
    wait_for(&words, "online");
    Servers::get().deliver(&user, &message(2, "second"));
    wait_for(&words, "stored");
    wait_for(&words, "online");
    assert_eq!(desk.record.lock().unwrap().named("INBOX").ledger.stored.to_sequence(), "1:2");
    worker.join();
}

#[test]
fn a_folder_that_is_broken_on_the_server_keeps_no_other_from_coming() {
    let user = Servers::fresh_user();
    seed(&user, &[message(1, "first")]);
    let servers = Servers::get();
    let mut session = servers.back_door(&user);
    for folder in ["Broken", "Sound"] {
        session.create(folder).unwrap();
    }
    servers.append(&user, "Sound", true, &message(2, "filed"));
    servers.break_folder(&user, "Broken");
    let mut settings = settings(&user, GOOD_HOST, Security::Implicit);
    settings.poll = Duration::from_millis(200);
    let (worker, desk, words) = worker(settings);
    wait_for(&words, "online");
    assert_eq!(desk.record.lock().unwrap().named("Sound").ledger.stored.len(), 1);
    // The polls go on over the same connection.
    servers.append(&user, "Sent", true, &message(3, "from another desk"));
    for word in words.iter().take_while(|word| word != "stored") {
        assert_eq!(word, "online");
    }
    worker.join();
}

#[test]
fn mail_that_another_program_files_in_sent_is_found_by_the_poll() {
    let user = Servers::fresh_user();
    seed(&user, &[message(1, "first")]);
    let mut settings = settings(&user, GOOD_HOST, Security::Implicit);
    settings.poll = Duration::from_millis(200);
    let (worker, desk, words) = worker(settings);
    wait_for(&words, "online");
    Servers::get().append(&user, "Sent", true, &message(2, "from another desk"));
    wait_for(&words, "stored");
    worker.join();
    assert_eq!(desk.record.lock().unwrap().named("Sent").ledger.stored.len(), 1);
}

fn file(worker: &Worker, bytes: &[u8], id: &str) -> Result<Filed, ImapError> {
    let (answer, result) = oneshot::channel();
    let order = Order::File {
        mailbox: None,
        bytes: Confidential::new(bytes.to_vec()),
        id: MessageId::new(id).unwrap(),
        sent: "2026-03-02T10:00:00Z".parse().ok(),
        answer,
    };
    assert!(worker.order(order).is_ok());
    result.blocking_recv().unwrap()
}

#[test]
fn a_copy_is_filed_once_however_often_it_is_asked() {
    let user = Servers::fresh_user();
    let (worker, _desk, words) = worker(settings(&user, GOOD_HOST, Security::Implicit));
    wait_for(&words, "online");
    let copy = message(7, "our answer");
    let first = file(&worker, &copy, "7@client.example").unwrap();
    assert_eq!(first, Filed::Appended { uid: Some(1) });
    let again = file(&worker, &copy, "7@client.example").unwrap();
    assert_eq!(again, Filed::Present { uid: 1 });
    let stored = Servers::get().messages(&user, "Sent");
    assert_eq!(stored.len(), 1);
    assert_eq!((stored[0].flags.as_slice(), &stored[0].bytes), (&["\\Seen".to_owned()][..], &copy));
    let (answer, found) = oneshot::channel();
    let id = MessageId::new("8@client.example").unwrap();
    assert!(worker.order(Order::Find { mailbox: None, id, answer }).is_ok());
    assert_eq!(found.blocking_recv().unwrap().unwrap(), None);
    worker.join();
}

#[test]
fn a_copy_does_not_wait_for_the_end_of_a_long_synchronisation() {
    let user = Servers::fresh_user();
    let messages: Vec<Vec<u8>> = (0..40).map(|number| message(number, "old mail")).collect();
    seed(&user, &messages);
    let mut settings = settings(&user, GOOD_HOST, Security::Implicit);
    settings.caps.batch_count = 1;
    let (open, gate) = mpsc::channel();
    let desk = Desk { gate: Some(Arc::new(Mutex::new(gate))), ..Desk::default() };
    let (worker, desk, words) = start(desk, settings);
    wait_for(&words, "stored");
    let (answer, result) = oneshot::channel();
    let copy = message(77, "our answer");
    let order = Order::File {
        mailbox: None,
        bytes: Confidential::new(copy.clone()),
        id: MessageId::new("77@client.example").unwrap(),
        sent: None,
        answer,
    };
    assert!(worker.order(order).is_ok());
    open.send(()).unwrap();
    assert!(matches!(result.blocking_recv().unwrap(), Ok(Filed::Appended { .. })));
    wait_for(&words, "online");
    worker.join();
    let record = desk.record.lock().unwrap();
    assert!(record.bytes("INBOX") == messages, "the synchronisation was taken up again");
    assert_eq!(record.bytes("Sent"), [copy], "and the copy was filed before Sent was listed");
}

/// Something happens to INBOX in the middle of its first pass, and nothing after it; then this must be stored.
fn while_inbox_is_fetched(happens: impl FnOnce(&str), stored: &str) {
    let user = Servers::fresh_user();
    seed(&user, &(1..=4).map(|number| message(number, "old mail")).collect::<Vec<_>>());
    let mut settings = settings(&user, GOOD_HOST, Security::Implicit);
    settings.caps.batch_count = 1;
    // No poll comes to help.
    settings.poll = Duration::from_hours(1);
    let (open, gate) = mpsc::channel();
    let desk = Desk { gate: Some(Arc::new(Mutex::new(gate))), ..Desk::default() };
    let (worker, desk, words) = start(desk, settings);
    wait_for(&words, "stored");
    happens(&user);
    open.send(()).unwrap();
    for _ in 1..5 {
        wait_for(&words, "stored");
    }
    wait_for(&words, "online");
    worker.join();
    let record = desk.record.lock().unwrap();
    assert_eq!(record.named("INBOX").ledger.stored.to_sequence(), stored);
}

#[test]
fn mail_that_arrives_while_the_inbox_is_fetched_is_not_overlooked_behind_the_other_mailboxes() {
    while_inbox_is_fetched(
        |user| Servers::get().append(user, "INBOX", false, &message(5, "new")),
        "1:5",
    );
}

#[test]
fn mail_whose_arrival_a_deletion_hides_from_the_count_is_not_overlooked_either() {
    while_inbox_is_fetched(
        |user| {
            // The newest is the one that has been fetched already.
            let mut other = Servers::get().back_door(user);
            other.select("INBOX").unwrap();
            other.uid_store("4", "+FLAGS (\\Deleted)").unwrap();
            other.expunge().unwrap();
            Servers::get().append(user, "INBOX", false, &message(5, "new"));
        },
        "1:3,5",
    );
}

#[test]
fn a_panic_in_the_thread_costs_a_connection_and_no_message() {
    let user = Servers::fresh_user();
    seed(&user, &odd_messages());
    let desk = Desk { panics: Arc::new(AtomicBool::new(true)), ..Desk::default() };
    let (worker, desk, words) = start(desk, settings(&user, GOOD_HOST, Security::Implicit));
    wait_for(&words, "waiting");
    wait_for(&words, "online");
    worker.join();
    assert!(desk.record.lock().unwrap().bytes("INBOX") == odd_messages());
}

#[test]
fn a_refused_login_waits_for_a_person_and_declines_orders() {
    let user = Servers::fresh_user();
    let mut wrong = settings(&user, GOOD_HOST, Security::Implicit);
    wrong.login.password = "not it".into();
    let (worker, _desk, words) = worker(wrong);
    wait_for(&words, "refused");
    assert!(matches!(file(&worker, b"x", "x@y"), Err(ImapError::Offline)));
    assert!(worker.order(Order::SyncNow).is_ok());
    wait_for(&words, "connecting");
    wait_for(&words, "refused");
    worker.join();
}

#[test]
fn a_stop_is_quick_even_when_the_server_says_nothing() {
    let listener = TcpListener::bind((GOOD_HOST, 0)).unwrap();
    let mut settings = settings("alice", GOOD_HOST, Security::Implicit);
    settings.endpoint.port = listener.local_addr().unwrap().port();
    settings.limits.tls = Duration::from_hours(1);
    let (worker, _desk, words) = worker(settings);
    let (mut silent, _) = listener.accept().unwrap();
    // Its first bytes show that it is inside the handshake.
    silent.read_exact(&mut [0; 5]).unwrap();
    worker.join();
    wait_for(&words, "ended");
}

/// A port at which connections are neither taken nor refused, with what keeps it so.
fn deaf_port() -> (u16, impl Sized) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let listener = runtime.block_on(async {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind(format!("{GOOD_HOST}:0").parse().unwrap()).unwrap();
        socket.listen(1).unwrap()
    });
    let address = listener.local_addr().unwrap();
    let mut waiting = Vec::new();
    while let Ok(line) = TcpStream::connect_timeout(&address, Duration::from_millis(200)) {
        waiting.push(line);
    }
    (address.port(), (runtime, listener, waiting))
}

#[test]
fn a_stop_is_quick_even_when_nobody_answers_the_call() {
    let (port, _kept) = deaf_port();
    let mut settings = settings("alice", GOOD_HOST, Security::Implicit);
    settings.endpoint.port = port;
    settings.limits.connect = Duration::from_hours(1);
    let (worker, _desk, words) = worker(settings);
    wait_for(&words, "connecting");
    worker.join();
    wait_for(&words, "ended");
}

#[test]
fn a_reset_makes_a_new_connection() {
    let user = Servers::fresh_user();
    let (worker, _desk, words) = worker(settings(&user, GOOD_HOST, Security::Implicit));
    wait_for(&words, "online");
    worker.reset();
    wait_for(&words, "connecting");
    wait_for(&words, "online");
    worker.join();
}
