//! The three paths of a synchronisation against a real Dovecot: whatever another program does there, and whichever of
//! QRESYNC, CONDSTORE and nothing is used, the same record comes of it.

use std::{
    fs,
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
        mpsc,
    },
    thread,
    time::Duration,
};

use matterbox::{
    domain::id::AccountId,
    imap::{
        contract::Login,
        plan::Depth,
        round::Summary,
        stream::{Cutoff, Endpoint, Security},
        worker::{Packing, Settings, Signals, sync_once},
    },
    tls::{self, Trust},
};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};

use crate::desk::{self, Desk, start, wait_for};
use crate::support::servers::{BackDoor, GOOD_HOST, PASSWORD, Servers};

/// What is not used although Dovecot offers it.
const PLAIN: &[&str] = &["QRESYNC", "CONDSTORE", "LIST-STATUS", "NOTIFY", "SPECIAL-USE"];
const CONDSTORE: &[&str] = &["QRESYNC"];
const QRESYNC: &[&str] = &[];

fn settings(user: &str, without: &[&str]) -> Settings {
    static TRUST: OnceLock<Vec<u8>> = OnceLock::new();
    let servers = Servers::get();
    let endpoint =
        Endpoint { host: GOOD_HOST.to_owned(), port: servers.imaps, security: Security::Implicit };
    let login = Login { user: user.into(), password: PASSWORD.into() };
    let ca = TRUST.get_or_init(|| fs::read(&servers.ca).unwrap());
    let tls = tls::client_config(&Trust::CaFile(ca.clone())).unwrap();
    let mut settings = Settings::new(AccountId::new(1), endpoint, tls, login);
    settings.without = without.iter().map(|name| (*name).to_owned()).collect();
    settings
}

fn sync(settings: &Settings, desk: &mut Desk, depth: Depth) -> Summary {
    sync_once(settings, desk, depth, &Arc::new(Signals::default()), &Cutoff::default()).unwrap()
}

fn message(number: usize) -> Vec<u8> {
    desk::message(number, "hello")
}

fn seed(user: &str, count: usize) {
    let messages: Vec<Vec<u8>> = (1..=count).map(message).collect();
    Servers::get().seed(user, messages.iter().map(Vec::as_slice));
}

/// The record of a desk is what the server has: which messages, with which flags.
fn assert_in_step(user: &str, desk: &Desk, why: &str) {
    let there = Servers::get().messages(user, "INBOX");
    let record = desk.record.lock().unwrap();
    let kept = record.named("INBOX");
    let stored: Vec<u32> = kept.ledger.stored.iter().collect();
    let uids: Vec<u32> = there.iter().map(|message| message.uid).collect();
    assert_eq!(stored, uids, "{why}");
    assert!(kept.ledger.pending.is_empty() && kept.ledger.failed.is_empty(), "{why}");
    for message in &there {
        let flags = kept.flags[&message.uid];
        let has = |name: &str| message.flags.iter().any(|flag| flag == name);
        let theirs = (has("\\Seen"), has("\\Flagged"), has("\\Answered"));
        assert_eq!((flags.seen, flags.flagged, flags.answered), theirs, "{why} {}", message.uid);
    }
}

fn expunge(session: &mut BackDoor, uids: &str) {
    session.uid_store(uids, "+FLAGS (\\Deleted)").unwrap();
    session.uid_expunge(uids).unwrap();
}

#[test]
fn flags_and_deletions_of_another_program_are_seen_on_every_path() {
    for without in [QRESYNC, CONDSTORE, PLAIN] {
        let (user, mut desk) = (Servers::fresh_user(), Desk::default());
        seed(&user, 60);
        let settings = settings(&user, without);
        sync(&settings, &mut desk, Depth::Recent);
        let mut other = Servers::get().back_door(&user);
        other.select("INBOX").unwrap();
        other.uid_store("2,7,55", "+FLAGS (\\Seen \\Flagged)").unwrap();
        expunge(&mut other, "3:5,60");
        Servers::get().append(&user, "INBOX", true, &message(61));
        other.uid_store("61", "+FLAGS (\\Answered)").unwrap();
        let summary = sync(&settings, &mut desk, Depth::Recent);
        assert_eq!((summary.fetched, summary.doubtful), (1, 0), "{without:?}");
        assert_in_step(&user, &desk, &format!("without {without:?}"));
        let record = desk.record.lock().unwrap();
        assert_eq!(record.named("INBOX").ledger.gone.to_sequence(), "3:5,60");
        assert_eq!(record.named("INBOX").modseq.is_some(), without != PLAIN);
    }
}

#[test]
fn a_count_of_changes_spares_the_listing_and_nothing_else() {
    for (without, whole) in [(QRESYNC, 1), (CONDSTORE, 1)] {
        let (user, mut desk) = (Servers::fresh_user(), Desk::default());
        seed(&user, 30);
        let settings = settings(&user, without);
        for number in 31..34 {
            sync(&settings, &mut desk, Depth::Recent);
            Servers::get().append(&user, "INBOX", false, &message(number));
            let mut other = Servers::get().back_door(&user);
            other.select("INBOX").unwrap();
            expunge(&mut other, &(number - 20).to_string());
        }
        sync(&settings, &mut desk, Depth::Recent);
        assert_in_step(&user, &desk, &format!("without {without:?}"));
        assert_eq!(desk.record.lock().unwrap().named("INBOX").compared, whole, "{without:?}");
    }
}

#[test]
fn a_path_may_change_from_one_connection_to_the_next() {
    let (user, mut desk) = (Servers::fresh_user(), Desk::default());
    seed(&user, 20);
    let mut uid = 0;
    for without in [PLAIN, QRESYNC, CONDSTORE, QRESYNC, PLAIN, CONDSTORE, QRESYNC] {
        uid += 1;
        let mut other = Servers::get().back_door(&user);
        other.select("INBOX").unwrap();
        expunge(&mut other, &uid.to_string());
        other.uid_store((uid + 10).to_string(), "+FLAGS (\\Seen)").unwrap();
        sync(&settings(&user, without), &mut desk, Depth::Recent);
        assert_in_step(&user, &desk, &format!("after {without:?}"));
    }
}

/// One thing that another program does, chosen by chance.
fn do_something(user: &str, chance: &mut StdRng, number: &mut usize) -> String {
    let mut other = Servers::get().back_door(user);
    other.select("INBOX").unwrap();
    let mut uids: Vec<u32> = other.uid_search("ALL").unwrap().into_iter().collect();
    uids.sort_unstable();
    let some = |chance: &mut StdRng, most: usize| {
        let some: Vec<String> = (0..chance.random_range(1..=most))
            .filter_map(|_| uids.get(chance.random_range(0..uids.len().max(1))))
            .map(ToString::to_string)
            .collect();
        some.join(",")
    };
    let deed = match chance.random_range(0..10) {
        0..=3 => {
            *number += 1;
            Servers::get().append(user, "INBOX", chance.random(), &message(*number));
            "append".to_owned()
        }
        4..=6 if !uids.is_empty() => {
            let flag = ["\\Seen", "\\Flagged", "\\Answered"][chance.random_range(0..3)];
            let sign = ["+", "-"][chance.random_range(0..2)];
            let uids = some(chance, 5);
            other.uid_store(&uids, format!("{sign}FLAGS ({flag})")).unwrap();
            format!("{sign}{flag} {uids}")
        }
        7..=8 if !uids.is_empty() => {
            let uids = some(chance, 3);
            expunge(&mut other, &uids);
            format!("expunge {uids}")
        }
        9 if !uids.is_empty() => {
            let uids = some(chance, 20);
            expunge(&mut other, &uids);
            format!("expunge {uids}")
        }
        _ => "nothing".to_owned(),
    };
    other.logout().unwrap();
    deed
}

#[test]
fn whatever_another_program_does_the_three_paths_end_in_the_same_record() {
    for seed_of_chance in 0..4 {
        let mut chance = StdRng::seed_from_u64(seed_of_chance);
        let user = Servers::fresh_user();
        seed(&user, 25);
        let mut number = 25;
        let mut desks: Vec<(Settings, Desk)> = [QRESYNC, CONDSTORE, PLAIN]
            .iter()
            .map(|without| (settings(&user, without), Desk::default()))
            .collect();
        let mut story = vec![format!("chance {seed_of_chance}")];
        for _ in 0..6 {
            for _ in 0..chance.random_range(1..6) {
                story.push(do_something(&user, &mut chance, &mut number));
            }
            // Not every desk looks every time: what adds up in between must come too.
            for (settings, desk) in &mut desks {
                if chance.random_range(0..3) > 0 {
                    sync(settings, desk, Depth::Recent);
                    assert_in_step(&user, desk, &format!("{story:?} / {:?}", settings.without));
                }
            }
            story.push(";".to_owned());
        }
        for (settings, desk) in &mut desks {
            sync(settings, desk, Depth::Recent);
            assert_in_step(&user, desk, &format!("{story:?} / {:?}", settings.without));
        }
    }
}

/// A line to the server on which is counted: questions (how often the client speaks after it was answered) and bytes that
/// come.
fn counting_line() -> (u16, Arc<AtomicUsize>, Arc<AtomicUsize>) {
    let listener = TcpListener::bind((GOOD_HOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let questions = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&questions);
    let bytes = Arc::new(AtomicUsize::new(0));
    let came = Arc::clone(&bytes);
    thread::spawn(move || {
        for client in listener.incoming() {
            let client = client.unwrap();
            let server = TcpStream::connect((GOOD_HOST, Servers::get().imaps)).unwrap();
            let answered = Arc::new(AtomicBool::new(true));
            let (up, down) = (client.try_clone().unwrap(), server.try_clone().unwrap());
            let (asks, counted) = (Arc::clone(&answered), Arc::clone(&counted));
            thread::spawn(move || {
                pass_on(up, server, |_| {
                    counted.fetch_add(usize::from(asks.swap(false, Relaxed)), Relaxed);
                });
            });
            let came = Arc::clone(&came);
            thread::spawn(move || {
                pass_on(down, client, |count| {
                    answered.store(true, Relaxed);
                    came.fetch_add(count, Relaxed);
                });
            });
        }
    });
    (port, questions, bytes)
}

fn pass_on(mut from: TcpStream, mut to: TcpStream, note: impl Fn(usize)) {
    let mut piece = vec![0; 16 << 10];
    while let Ok(count @ 1..) = from.read(&mut piece) {
        note(count);
        if to.write_all(&piece[..count]).is_err() {
            break;
        }
    }
    from.shutdown(Shutdown::Both).ok();
    to.shutdown(Shutdown::Both).ok();
}

#[test]
fn twenty_unchanged_folders_cost_five_questions_at_most() {
    let (user, mut desk) = (Servers::fresh_user(), Desk::default());
    seed(&user, 5);
    let mut other = Servers::get().back_door(&user);
    for number in 0..20 {
        let folder = format!("Matter-{number}");
        other.create(&folder).unwrap();
        Servers::get().append(&user, &folder, true, &message(100 + number));
    }
    let mut settings = settings(&user, QRESYNC);
    let summary = sync(&settings, &mut desk, Depth::Recent);
    assert_eq!((summary.fetched, summary.refused), (25, 0));
    let (port, questions, _) = counting_line();
    settings.endpoint.port = port;
    // Login, LIST and goodbye are asked by a mere check too.
    let Settings { endpoint, tls, login, limits, .. } = &settings;
    matterbox::imap::check(endpoint, tls, login, limits).unwrap();
    let check = questions.swap(0, Relaxed);
    let summary = sync(&settings, &mut desk, Depth::Recent);
    let list_and_goodbye = 2;
    let asked = questions.load(Relaxed) - check + list_and_goodbye;
    assert!(asked <= 5, "{asked} questions");
    assert_eq!((summary.fetched, summary.doubtful, summary.refused), (0, 0, 0));
    // And what did change is not passed over.
    Servers::get().append(&user, "Matter-7", true, &message(200));
    assert_eq!(sync(&settings, &mut desk, Depth::Recent).fetched, 1);
}

#[test]
fn mail_in_any_folder_is_told_at_once_where_the_server_notifies() {
    let user = Servers::fresh_user();
    seed(&user, 1);
    let servers = Servers::get();
    let mut other = servers.back_door(&user);
    other.create("Matter").unwrap();
    let mut settings = settings(&user, QRESYNC);
    // No poll comes to help.
    settings.poll = Duration::from_hours(1);
    let (worker, desk, words) = start(Desk::default(), settings);
    wait_for(&words, "online");
    for (folder, number) in [("INBOX", 10), ("Matter", 11), ("INBOX", 12), ("Sent", 13)] {
        servers.append(&user, folder, false, &message(number));
        wait_for(&words, "stored");
    }
    other.select("Matter").unwrap();
    other.uid_store("1", "+FLAGS (\\Flagged)").unwrap();
    wait_for(&words, "flags");
    worker.join();
    let record = desk.record.lock().unwrap();
    assert!(record.named("Matter").flags[&1].flagged);
}

#[test]
fn a_packed_line_carries_the_same_mail_in_fewer_bytes_and_a_local_one_is_not_packed() {
    let user = Servers::fresh_user();
    let messages: Vec<Vec<u8>> = (1..=30)
        .map(|number| [message(number), b"the same words again\r\n".repeat(500)].concat())
        .collect();
    Servers::get().seed(&user, messages.iter().map(Vec::as_slice));
    let carried = |packing: Packing| {
        let mut settings = settings(&user, QRESYNC);
        settings.packing = packing;
        let (port, _, bytes) = counting_line();
        settings.endpoint.port = port;
        let mut desk = Desk::default();
        assert_eq!(sync(&settings, &mut desk, Depth::Recent).fetched, 30);
        assert!(desk.record.lock().unwrap().bytes("INBOX") == messages);
        bytes.load(Relaxed)
    };
    let clear = carried(Packing::Never);
    assert!(clear > 300_000);
    assert!(carried(Packing::Always) < clear / 5);
    assert!(carried(Packing::Far) > 300_000, "the server is in the same house");
}

/// A line to the server that takes one connection at a time; others are closed before a word. Tells of each that it closed.
fn single_line() -> (u16, mpsc::Receiver<()>) {
    let listener = TcpListener::bind((GOOD_HOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let (tell, closed) = mpsc::channel();
    thread::spawn(move || {
        let (client, _) = listener.accept().unwrap();
        let server = TcpStream::connect((GOOD_HOST, Servers::get().imaps)).unwrap();
        let (up, down) = (client.try_clone().unwrap(), server.try_clone().unwrap());
        thread::spawn(move || pass_on(up, server, |_| {}));
        thread::spawn(move || pass_on(down, client, |_| {}));
        for client in listener.incoming() {
            drop(client);
            tell.send(()).ok();
        }
    });
    (port, closed)
}

#[test]
fn where_a_second_connection_is_not_to_be_had_the_first_one_listens() {
    let user = Servers::fresh_user();
    seed(&user, 1);
    let mut settings = settings(&user, QRESYNC);
    settings.poll = Duration::from_hours(1);
    let (port, closed) = single_line();
    settings.endpoint.port = port;
    let (worker, desk, words) = start(Desk::default(), settings);
    wait_for(&words, "online");
    closed.recv_timeout(Duration::from_mins(1)).unwrap();
    for number in [10, 11] {
        Servers::get().append(&user, "INBOX", false, &message(number));
        wait_for(&words, "stored");
    }
    worker.join();
    assert!(words.try_iter().all(|word| word != "waiting"), "it is no trouble");
    assert_eq!(desk.record.lock().unwrap().named("INBOX").ledger.stored.len(), 3);
}

#[test]
fn the_poll_that_lists_the_folders_anew_swallows_no_news_of_them() {
    let user = Servers::fresh_user();
    seed(&user, 1);
    Servers::get().back_door(&user).create("Matter").unwrap();
    let mut settings = settings(&user, &["NOTIFY"]);
    // Every tenth poll is such a one.
    settings.poll = Duration::from_millis(20);
    let (worker, _desk, words) = start(Desk::default(), settings);
    wait_for(&words, "online");
    for number in 0..30 {
        Servers::get().append(&user, "Matter", false, &message(10 + number));
        wait_for(&words, "stored");
    }
    worker.join();
}
