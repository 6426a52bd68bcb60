//! What a message carries to a real mailbox: its files byte for byte, its banner, its promise.

use std::fs;

use matterbox::{
    app::{attach, command::Command, error::AppError},
    domain::{draft::ReplyKind, footer::Privilege, matter::Role, sla::ClockKind},
    store::outbox::OutboxState,
};

use crate::{
    desk::{Desk, Home, Look, Setup},
    letters::Letter,
    support::servers::Servers,
};

/// An office with a letter of its client in its matter, and the client's mailbox.
fn with_a_letter() -> (Home, Desk, String) {
    let (us, client) = (Servers::fresh_user(), Servers::fresh_user());
    let from = Servers::address(&client);
    let letter = Letter::new("c@out.example", &from, &Servers::address(&us), "The lease");
    Servers::get().deliver(&us, &letter.bytes());
    let home = Home::new(&Setup::of(&us));
    let mut desk = home.open();
    desk.online();
    let matter = desk.matter("2026-0147", "Mensah v. Harlow");
    desk.party("Kofi Mensah", &from, (matter, Role::Client));
    let thread = desk.thread("c@out.example");
    desk.ask(Command::Tag { threads: vec![thread], matter });
    desk.until("tagged", move |office| {
        office.look(move |conn| Ok(matterbox::store::threads::get(conn, thread)?.matter)).is_some()
    });
    (home, desk, client)
}

#[test]
fn a_file_arrives_byte_for_byte_as_it_was_when_it_was_attached() {
    let (home, mut desk, client) = with_a_letter();
    let disk = tempfile::tempdir().unwrap();
    let path = disk.path().join("Vertrag zqfile ä.pdf");
    // Every byte, and words that would be seen in clear.
    let mut content: Vec<u8> = (0..=255).cycle().take(70_000).collect();
    content.extend_from_slice(b"zqcontent\r\n.\r\nFrom here\n");
    fs::write(&path, &content).unwrap();
    let thread = desk.thread("c@out.example");
    let mut sheet = desk.start(ReplyKind::Reply, Some(thread));
    sheet.draft.body = "The contract is attached.".to_owned();
    attach::attach(&mut sheet.draft, &path, sheet.most_bytes).unwrap();
    desk.ask(Command::SaveDraft(Box::new(sheet.draft.clone())));
    fs::write(&path, "another contract").unwrap();
    let (item, findings) = desk.send(&sheet, None);
    assert!(findings.iter().all(|finding| !finding.key.starts_with("no-attachment")));
    desk.until("filed", move |office| office.outbox(item).filed);
    let arrived = &Servers::get().wait_for(&client, "INBOX", 1)[0].bytes;
    let parsed = mailparse::parse_mail(arrived).unwrap();
    let file = parsed
        .parts()
        .find(|part| part.get_content_disposition().params.contains_key("filename"))
        .unwrap();
    assert_eq!(file.ctype.mimetype, "application/pdf");
    assert!(file.get_body_raw().unwrap() == content, "the bytes differ");
    assert_eq!(file.get_content_disposition().params["filename"], "Vertrag zqfile ä.pdf");
    for (name, bytes) in home.files() {
        for marker in ["zqfile", "zqcontent"] {
            let clear = bytes.windows(marker.len()).any(|window| window == marker.as_bytes());
            assert!(!clear, "{marker} in {name}");
        }
    }
    desk.close();
}

#[test]
fn the_banner_of_a_labelled_message_stands_first_in_both_parts_and_once() {
    let (_home, mut desk, client) = with_a_letter();
    let thread = desk.thread("c@out.example");
    let mut sheet = desk.start(ReplyKind::Reply, Some(thread));
    sheet.draft.body = "Our advice is to wait.".to_owned();
    sheet.draft.privilege = Some(Privilege::LawyerClient);
    let (item, _) = desk.send(&sheet, None);
    desk.until("filed", move |office| office.outbox(item).filed);
    let arrived = &Servers::get().wait_for(&client, "INBOX", 1)[0].bytes;
    let parsed = mailparse::parse_mail(arrived).unwrap();
    let banner = "PRIVILEGED AND CONFIDENTIAL";
    for part in parsed.parts().filter(|part| part.ctype.mimetype.starts_with("text/")) {
        let text = part.get_body().unwrap();
        assert_eq!(text.matches(banner).count(), 1, "{text}");
        assert!(text.find(banner).unwrap() < text.find("Our advice").unwrap(), "{text}");
    }
    // Neither headers nor the subject tell it: they are read by every server on the way.
    let head = String::from_utf8_lossy(arrived).to_lowercase();
    let head = head.split("\r\n\r\n").next().unwrap_or_default().to_owned();
    assert!(!head.contains("privilege") && !head.contains("confidential"), "{head}");
    desk.close();
}

#[test]
fn a_holding_reply_makes_a_promise_when_it_has_left_and_not_before() {
    let (_home, mut desk, _client) = with_a_letter();
    let thread = desk.thread("c@out.example");
    let kinds = |desk: &Desk| -> Vec<ClockKind> {
        let running = desk.clocks(thread).into_iter().filter(|row| row.outcome == "running");
        running.map(|row| row.running.clock).collect()
    };
    let mut sheet = desk.start(ReplyKind::Acknowledge, Some(thread));
    let day = sheet.promise.unwrap().last;
    sheet.draft.body = format!("You will have our answer by {day}.");
    sheet.draft.holding = Some(day);
    let later = desk.office.now() + jiff::SignedDuration::from_mins(1);
    let (item, findings) = desk.send(&sheet, Some(later));
    assert!(findings.iter().all(|finding| !finding.key.starts_with("promise")));
    assert!(!kinds(&desk).contains(&ClockKind::Promise), "it waits: nothing is promised yet");
    desk.pass(61);
    desk.until("sent", move |office| office.outbox(item).state == OutboxState::Sent);
    assert_eq!(kinds(&desk), [ClockKind::Promise]);
    // The copy from Sent, in which no day is marked, changes nothing.
    desk.until("filed", move |office| office.outbox(item).filed);
    desk.sync();
    assert_eq!(kinds(&desk), [ClockKind::Promise]);
    desk.close();
}

#[test]
fn an_order_without_the_word_is_refused_by_the_record_itself() {
    let (_home, mut desk, _client) = with_a_letter();
    let thread = desk.thread("c@out.example");
    let mut sheet = desk.start(ReplyKind::Reply, Some(thread));
    let near = sheet.draft.to[0].address.as_str().replace("firm.test", "flrm.test");
    let near = matterbox::domain::address::EmailAddress::parse(&near).unwrap();
    sheet.draft.to = vec![matterbox::domain::address::NamedAddress::bare(near)];
    sheet.draft.body = "Here it is.".to_owned();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (findings, _) = runtime.block_on(desk.office.review(sheet.draft.clone())).ok().unwrap();
    let grave = findings.iter().find(|finding| finding.key.starts_with("look-alike")).unwrap();
    assert_eq!(grave.word.as_ref().unwrap().as_str(), "flrm.test");
    let keys = findings.iter().map(|finding| finding.key.clone()).collect();
    let refused = runtime.block_on(desk.office.send(sheet.draft.clone(), keys, None, 7));
    assert!(matches!(refused, Err(AppError::Unconfirmed(open)) if open.unanswered.len() == 1));
    let answers = findings.iter().map(matterbox::app::event::Finding::answered).collect();
    assert!(runtime.block_on(desk.office.send(sheet.draft.clone(), answers, None, 7)).is_ok());
    desk.close();
}
