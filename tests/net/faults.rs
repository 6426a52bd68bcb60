//! A real Dovecot behind a line that fails: wherever it breaks, what a lawyer has afterwards equals a clean run.

use std::{fs, sync::Arc, time::Duration};

use matterbox::{
    imap::plan::Depth,
    tls::{self, Trust},
};
use rustls::ClientConfig;

use crate::{
    bureau::{Bureau, Lines, Picture, letter},
    support::{
        proxy::{Fault, Proxy, borders},
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
