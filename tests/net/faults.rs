//! A real Dovecot behind a line that fails: wherever it breaks, what a lawyer has afterwards equals a clean run.

use std::{fs, sync::Arc, thread, time::Duration};

use jiff::SignedDuration;
use matterbox::{
    imap::{plan::Depth, worker::Order},
    tls::{self, Trust},
};
use rustls::ClientConfig;

use crate::{
    bureau::{Bureau, Lines, Picture, letter},
    support::{
        proxy::{Fault, Meanwhile, Proxy, borders},
        servers::{GOOD_HOST, PASSWORD, Servers},
    },
};

fn trust() -> Arc<ClientConfig> {
    let ca = fs::read(&Servers::get().ca).unwrap();
    tls::client_config(&Trust::CaFile(ca)).unwrap()
}

fn mail() -> Vec<Vec<u8>> {
    vec![
        letter(1, None, "May I let the garden to my sister?"),
        letter(2, Some(1), "{12}\r\nz9 OK done\r\n* BYE"),
        letter(3, None, &"A long one. ".repeat(200)),
    ]
}

fn seeded() -> String {
    let user = Servers::fresh_user();
    Servers::get().seed(&user, mail().iter().map(Vec::as_slice));
    user
}

/// An office at this user's mailbox, behind a proxy with this fault.
fn behind(fault: Fault, user: &str, tls: &Arc<ClientConfig>) -> (Bureau, Proxy) {
    let proxy = Proxy::to(GOOD_HOST, Servers::get().imaps, tls, fault);
    let mut bureau = Bureau::at(proxy.port);
    bureau.settings.login.user = user.into();
    bureau.settings.login.password = PASSWORD.into();
    (bureau, proxy)
}

/// What a clean run gives, and what the server said in it.
fn clean(user: &str, tls: &Arc<ClientConfig>) -> (Picture, Lines, Vec<u8>) {
    let (bureau, proxy) = behind(Fault::None, user, tls);
    bureau.sync();
    let said = proxy.said.lock().unwrap().clone();
    (bureau.picture(), bureau.ledger("INBOX"), said)
}

#[test]
fn a_line_that_breaks_at_any_border_of_the_protocol_loses_and_doubles_nothing() {
    let (user, tls) = (seeded(), trust());
    let (picture, lines, said) = clean(&user, &tls);
    assert_eq!((picture.letters.len(), picture.threads.len()), (3, 2));
    let cuts = borders(&said);
    assert!(cuts.len() > 60, "{} borders", cuts.len());
    let halves: Vec<Vec<usize>> =
        (0..4).map(|part| cuts.iter().copied().skip(part).step_by(4).collect()).collect();
    let (user, tls, lines, picture) = (&user, &tls, &lines, &picture);
    std::thread::scope(|scope| {
        for cuts in &halves {
            scope.spawn(move || {
                for cut in cuts {
                    let (bureau, _proxy) = behind(Fault::CutAfter(*cut), user, tls);
                    // Whether the first pass succeeds depends on what came after the cut: only LOGOUT's answer may.
                    bureau.pass(Depth::Recent).err();
                    bureau.sync();
                    assert_eq!(bureau.ledger("INBOX"), *lines, "cut after {cut}");
                    assert!(bureau.picture() == *picture, "cut after {cut}");
                }
            });
        }
    });
}

#[test]
fn a_line_that_stalls_is_left_and_the_rest_comes_over_the_next() {
    let (user, tls) = (seeded(), trust());
    let (picture, lines, said) = clean(&user, &tls);
    let cuts = borders(&said);
    for cut in cuts.iter().step_by(cuts.len() / 6) {
        let (mut bureau, _proxy) = behind(Fault::StallAfter(*cut), &user, &tls);
        bureau.settings.limits.answer = Duration::from_millis(300);
        bureau.pass(Depth::Recent).err();
        bureau.settings.limits.answer = Duration::from_mins(1);
        bureau.sync();
        assert_eq!(bureau.ledger("INBOX"), lines, "stalled after {cut}");
        assert!(bureau.picture() == picture, "stalled after {cut}");
    }
}

#[test]
fn a_slow_line_and_a_late_one_bring_the_same_mail_at_the_first_try() {
    let (user, tls) = (seeded(), trust());
    let (picture, lines, _) = clean(&user, &tls);
    for fault in [Fault::Drip(10), Fault::Late(Duration::from_millis(200))] {
        let (bureau, _proxy) = behind(fault, &user, &tls);
        bureau.sync();
        assert_eq!(bureau.ledger("INBOX"), lines, "{fault:?}");
        assert!(bureau.picture() == picture, "{fault:?}");
    }
}

/// What is not used of what Dovecot offers.
const PLAIN: &[&str] = &["QRESYNC", "CONDSTORE", "LIST-STATUS", "NOTIFY"];
const CONDSTORE: &[&str] = &["QRESYNC", "LIST-STATUS"];
const QRESYNC: &[&str] = &[];

/// An office that was in step with the server before something happened there.
struct Office {
    user: String,
    bureau: Bureau,
    /// Whom it trusts behind a proxy.
    proxys: Arc<ClientConfig>,
}

impl Office {
    fn in_step(tls: &Arc<ClientConfig>, without: &[&str]) -> Self {
        let office = Self::new(tls, without);
        office.bureau.sync();
        office
    }

    fn new(tls: &Arc<ClientConfig>, without: &[&str]) -> Self {
        let (user, mut bureau) = (seeded(), Bureau::at(Servers::get().imaps));
        bureau.settings.login.user = user.as_str().into();
        bureau.settings.login.password = PASSWORD.into();
        bureau.settings.without = without.iter().map(|name| (*name).to_owned()).collect();
        let proxys = Arc::clone(&bureau.settings.tls);
        let mut office = Self { user, bureau, proxys };
        office.call_directly(tls);
        office
    }

    /// No proxy is in between any more.
    fn call_directly(&mut self, tls: &Arc<ClientConfig>) {
        self.bureau.settings.endpoint.port = Servers::get().imaps;
        self.bureau.settings.tls = Arc::clone(tls);
    }

    /// Its next line has this fault.
    fn next_line(&mut self, tls: &Arc<ClientConfig>, fault: Fault, meanwhile: Meanwhile) -> Proxy {
        let port = Servers::get().imaps;
        let line = Proxy::while_it_fails(GOOD_HOST, port, tls, fault, meanwhile);
        self.bureau.settings.endpoint.port = line.port;
        self.bureau.settings.tls = Arc::clone(&self.proxys);
        line
    }

    /// What the server has by now.
    fn there(&self, mailbox: &str) -> Vec<u32> {
        let there = Servers::get().messages(&self.user, mailbox);
        there.iter().map(|message| message.uid).collect()
    }

    /// The ledger of every mailbox says what the server has, and every letter is here once.
    fn closes(&self, letters: usize, why: &str) {
        for mailbox in ["INBOX", "Archive"] {
            let lines = self.bureau.ledger(mailbox);
            assert_eq!(lines.stored, self.there(mailbox), "{why} {mailbox}");
            assert!(lines.pending.is_empty() && lines.failed.is_empty(), "{why} {lines:?}");
        }
        let all = self.bureau.picture().letters;
        let mut once = all.clone();
        once.dedup();
        assert_eq!((all.len(), once.len()), (letters, letters), "{why}");
    }
}

fn nothing() -> Meanwhile {
    Arc::new(|| ())
}

/// Runs a story once for every fourth border of what the server says in it, from `first` on, each with its own mailbox, four
/// at a time. A mailbox and an office cost too much to take all of them in each story; the first pass does.
fn at_borders(
    first: usize,
    without: &'static [&'static str],
    letters: usize,
    happens: impl Fn(&Office) + Sync,
    ends: impl Fn(&Office, &str) + Sync,
) {
    let tls = trust();
    let run = |fault: Fault| {
        let mut office = Office::in_step(&tls, without);
        happens(&office);
        let line = office.next_line(&tls, fault, nothing());
        // Whether the first pass succeeds depends on what came after the cut.
        office.bureau.pass(Depth::Recent).err();
        let said = line.said.lock().unwrap().clone();
        office.call_directly(&tls);
        office.bureau.time.advance(SignedDuration::from_hours(1));
        office.bureau.sync();
        let why = format!("{without:?} {fault:?}");
        office.closes(letters, &why);
        ends(&office, &why);
        (said, office.bureau.picture(), office.bureau.ledger("INBOX"))
    };
    let (said, picture, lines) = run(Fault::None);
    // The login is the same in all of them, and is cut at each of its borders above.
    let login = said.windows(7).position(|bytes| bytes == b"* LIST ").unwrap();
    let mut cuts = borders(&said);
    cuts.retain(|cut| *cut >= login);
    assert!(cuts.len() > 40, "{} borders", cuts.len());
    let cuts: Vec<usize> = cuts.into_iter().skip(first).step_by(4).collect();
    thread::scope(|scope| {
        for part in 0..4 {
            let (cuts, run, picture, lines) = (&cuts, &run, &picture, &lines);
            scope.spawn(move || {
                for cut in cuts.iter().skip(part).step_by(4) {
                    let (_, now, ledger) = run(Fault::CutAfter(*cut));
                    assert_eq!(ledger, *lines, "{without:?} cut after {cut}");
                    // When a clock began is the moment of the arrival there.
                    let told = |picture: &Picture| (picture.threads.clone(), picture.clocks.len());
                    assert_eq!(told(&now), told(picture), "{without:?} cut after {cut}");
                    assert!(now.letters == picture.letters, "{without:?} cut after {cut}");
                }
            });
        }
    });
}

/// Another program reads, removes and brings mail.
fn somebody_else_is_busy(office: &Office) {
    let mut other = Servers::get().back_door(&office.user);
    other.select("INBOX").unwrap();
    other.uid_store("1", "+FLAGS (\\Seen \\Flagged)").unwrap();
    other.uid_store("2", "+FLAGS (\\Deleted)").unwrap();
    other.uid_expunge("2").unwrap();
    other.logout().unwrap();
    let more = letter(4, None, "{7}\r\nAnd the shed?");
    Servers::get().append(&office.user, "INBOX", false, &more);
}

fn what_somebody_did_is_seen(office: &Office, why: &str) {
    assert_eq!(office.bureau.ledger("INBOX").gone, [2], "{why}");
    assert!(office.bureau.is_starred("Lease 1"), "{why}");
}

#[test]
fn a_line_that_breaks_at_any_border_of_a_later_pass_loses_and_doubles_nothing_without_a_count_of_changes()
 {
    at_borders(0, PLAIN, 4, somebody_else_is_busy, what_somebody_did_is_seen);
}

#[test]
fn a_line_that_breaks_at_any_border_of_a_later_pass_loses_and_doubles_nothing_by_condstore() {
    at_borders(1, CONDSTORE, 4, somebody_else_is_busy, what_somebody_did_is_seen);
}

#[test]
fn a_line_that_breaks_at_any_border_of_a_later_pass_loses_and_doubles_nothing_by_qresync() {
    at_borders(2, QRESYNC, 4, somebody_else_is_busy, what_somebody_did_is_seen);
}

fn a_person_is_busy(office: &Office) {
    let thread = office.bureau.thread("Lease 3");
    Bureau::wish(office.bureau.office.mark(vec![thread], true));
    office.bureau.archive(&["Lease 3"]);
}

fn it_is_done_once(office: &Office, why: &str) {
    let there = Servers::get().messages(&office.user, "Archive");
    assert_eq!((there.len(), office.there("INBOX")), (1, vec![1, 2]), "{why}");
    assert_eq!(there[0].flags, ["\\Seen"], "{why}");
    assert!(there[0].bytes == mail()[2], "{why}");
    assert!(office.bureau.open().is_empty(), "{why} {:?}", office.bureau.told.lock().unwrap());
}

#[test]
fn a_line_that_breaks_at_any_border_of_a_move_moves_the_letter_once() {
    at_borders(3, QRESYNC, 3, a_person_is_busy, it_is_done_once);
}

#[test]
fn a_line_that_breaks_at_any_border_of_a_copy_and_removal_moves_the_letter_once() {
    at_borders(1, &["MOVE", "QRESYNC"], 3, a_person_is_busy, it_is_done_once);
}

/// The server gives its UIDs anew at eight moments of a pass over what is known, and of a first pass.
fn renumbered(uid_validity: Option<u32>, without: &'static [&'static str]) {
    let tls = trust();
    let (_, _, said) = clean(&seeded(), &tls);
    let cuts = borders(&said);
    for cut in cuts.iter().step_by(cuts.len() / 8) {
        for known in [false, true] {
            let why = format!("{uid_validity:?} {without:?} after {cut}, known: {known}");
            let mut office = Office::new(&tls, without);
            // Dovecot numbers them when they are first looked at.
            assert_eq!(office.there("INBOX"), [1, 2, 3]);
            if known {
                office.bureau.sync();
            }
            let user = office.user.clone();
            let meanwhile = move || Servers::get().renumber(&user, uid_validity, 11);
            let _line = office.next_line(&tls, Fault::CutAfter(*cut), Arc::new(meanwhile));
            let cut_off = office.bureau.pass(Depth::Recent).is_err();
            office.bureau.sync();
            office.bureau.pass(Depth::Full).unwrap();
            office.closes(3, &why);
            let uids = office.there("INBOX");
            assert_eq!(uids, if cut_off { vec![11, 12, 13] } else { uids.clone() }, "{why}");
        }
    }
}

#[test]
fn a_uidvalidity_that_changes_in_the_middle_of_a_pass_loses_and_doubles_nothing() {
    for without in [PLAIN, QRESYNC] {
        renumbered(Some(2_000_000_000), without);
    }
}

#[test]
fn uids_that_are_given_anew_in_the_middle_of_a_pass_lose_and_double_nothing() {
    for without in [PLAIN, QRESYNC] {
        renumbered(None, without);
    }
}

#[test]
fn a_server_that_dies_and_comes_back_is_called_again_and_what_came_meanwhile_comes() {
    let tls = trust();
    let mut office = Office::in_step(&tls, QRESYNC);
    let proxy = office.next_line(&tls, Fault::None, nothing());
    office.bureau.settings.listens = true;
    office.bureau.settings.poll = Duration::from_hours(1);
    let live = office.bureau.live();
    live.until("online");
    proxy.dies();
    live.until("again in");
    Servers::get().deliver(&office.user, &letter(4, None, "Are you there?"));
    proxy.returns();
    assert!(live.worker.order(Order::SyncNow).is_ok());
    live.until_so(|| office.bureau.ledger("INBOX").stored == [1, 2, 3, 4]);
    live.worker.join();
    office.closes(4, "after its death");
}

#[test]
fn a_server_that_dies_in_the_middle_of_a_first_pass_is_called_again_and_the_rest_comes() {
    let (user, tls) = (seeded(), trust());
    let (picture, lines, said) = clean(&user, &tls);
    for part in 1..6 {
        let cut = said.len() * part / 6;
        let (mut bureau, proxy) = behind(Fault::StallAfter(cut), &user, &tls);
        bureau.settings.poll = Duration::from_hours(1);
        let live = bureau.live();
        live.until("connecting");
        live.until_so(|| proxy.said.lock().unwrap().len() >= cut);
        proxy.dies();
        live.until("again in");
        proxy.returns();
        assert!(live.worker.order(Order::SyncNow).is_ok());
        live.until("online");
        live.worker.join();
        assert_eq!(bureau.ledger("INBOX"), lines, "after {cut}");
        assert!(bureau.picture() == picture, "after {cut}");
    }
}
