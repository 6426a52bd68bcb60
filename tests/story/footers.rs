//! The confidentiality notice on what really arrived, and who can see whom it went to.

use matterbox::{
    domain::{
        address::{EmailAddress, NamedAddress},
        draft::ReplyKind,
        matter::Role,
    },
    store::outbox::OutboxState,
};

use crate::{
    desk::{Desk, FIRM, Home, Look, Setup},
    letters::Letter,
    support::servers::Servers,
};

/// What a mail program would show of the two parts.
fn parts(bytes: &[u8]) -> (String, String) {
    let parsed = mailparse::parse_mail(bytes).unwrap();
    let mut plain = String::new();
    let mut html = String::new();
    for part in parsed.parts() {
        match part.ctype.mimetype.as_str() {
            "text/plain" => plain += &part.get_body().unwrap(),
            "text/html" => html += &part.get_body().unwrap(),
            _ => {}
        }
    }
    (plain, html)
}

fn send(desk: &mut Desk, sheet: &matterbox::app::event::DraftSheet) {
    let (item, _) = desk.send(sheet, None);
    desk.until("filed", move |office| office.outbox(item).filed);
    assert_eq!(desk.outbox(item).state, OutboxState::Sent);
}

fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_notice_stands_once_above_the_quotation_in_both_parts_and_is_not_repeated() {
    let servers = Servers::get();
    let (us, client) = (Servers::fresh_user(), Servers::fresh_user());
    let (our_address, client_address) = (Servers::address(&us), Servers::address(&client));
    let letter = Letter::new("f1@out.example", &client_address, &our_address, "The lease")
        .saying("Dear Alice,\n\nmay he really raise the rent?\n\nKofi");
    servers.deliver(&us, &letter.bytes());
    let home = Home::new(&Setup::of(&us));
    let mut desk = home.open();
    desk.online();
    let matter = desk.matter("2026-0147", "Mensah v. Harlow");
    desk.party("Kofi Mensah", &client_address, (matter, Role::Client));
    let thread = desk.thread("f1@out.example");
    let mut sheet = desk.start(ReplyKind::Reply, Some(thread));
    sheet.draft.body = "He may not.".to_owned();
    send(&mut desk, &sheet);
    let arrived = servers.wait_for(&client, "INBOX", 1);
    let (plain, html) = parts(&arrived[0].bytes);
    let notice = format!("please call {FIRM} at");
    for (text, firm) in [(&plain, FIRM.to_owned()), (&html, FIRM.replace('&', "&amp;"))] {
        let text = squeezed(text);
        let notice = notice.replace(FIRM, &firm);
        assert_eq!(text.matches(&notice).count(), 1, "{text}");
        let place = text.find(&notice).unwrap();
        assert!(text.find("He may not.").unwrap() < place, "{text}");
        assert!(place < text.find("really raise the rent").unwrap(), "{text}");
    }

    // The client answers with everything quoted; our next answer quotes that and has the notice once at its own level.
    let quoted: String = plain.lines().map(|line| format!("> {line}\n")).collect();
    let sent_id = arrived[0]
        .bytes
        .split(|byte| *byte == b'\n')
        .filter_map(|line| std::str::from_utf8(line).ok()?.strip_prefix("Message-ID: <"))
        .map(|id| id.trim().trim_end_matches('>').to_owned())
        .next()
        .unwrap();
    let answer = Letter::new("f2@out.example", &client_address, &our_address, "Re: The lease")
        .answering(&sent_id)
        .saying(&format!("Thank you. And the deposit?\n\nAlice Tan wrote:\n{quoted}"));
    servers.deliver(&us, &answer.bytes());
    desk.until("the second letter", |office| !office.messages("f2@out.example").is_empty());
    let mut sheet = desk.start(ReplyKind::Reply, Some(thread));
    sheet.draft.body = "It is protected.".to_owned();
    send(&mut desk, &sheet);
    let arrived = servers.wait_for(&client, "INBOX", 2);
    let (plain, html) = parts(&arrived[1].bytes);
    for (text, firm) in [(&plain, FIRM.to_owned()), (&html, FIRM.replace('&', "&amp;"))] {
        let text = squeezed(&text.replace('>', " "));
        let notice = notice.replace(FIRM, &firm);
        assert_eq!(text.matches(&notice).count(), 1, "the notice is there more than once: {text}");
    }
    desk.close();
}

#[test]
fn the_other_side_gets_the_neutral_notice() {
    let servers = Servers::get();
    let (us, other) = (Servers::fresh_user(), Servers::fresh_user());
    let (our_address, other_address) = (Servers::address(&us), Servers::address(&other));
    let letter = Letter::new("n1@out.example", &other_address, &our_address, "Without prejudice");
    servers.deliver(&us, &letter.bytes());
    let home = Home::new(&Setup::of(&us));
    let mut desk = home.open();
    desk.online();
    let matter = desk.matter("2026-0147", "Mensah v. Harlow");
    desk.party("P. Lindqvist", &other_address, (matter, Role::OpposingCounsel));
    let thread = desk.thread("n1@out.example");
    let mut sheet = desk.start(ReplyKind::Reply, Some(thread));
    sheet.draft.body = "Our client does not accept.".to_owned();
    send(&mut desk, &sheet);
    let (plain, _) = parts(&servers.wait_for(&other, "INBOX", 1)[0].bytes);
    let plain = squeezed(&plain);
    assert!(plain.contains(&format!("Sent by {FIRM}")), "{plain}");
    assert!(!plain.contains("privileged"), "{plain}");
    desk.close();
}

#[test]
fn the_office_s_own_notice_takes_the_place_of_the_shipped_one() {
    let servers = Servers::get();
    let (us, client) = (Servers::fresh_user(), Servers::fresh_user());
    let home = Home::new(&Setup::of(&us));
    let footers = home.path().join("footers");
    std::fs::create_dir(&footers).unwrap();
    std::fs::write(footers.join("notice.en.txt"), "Only for you, says {firm}.\n").unwrap();
    let mut desk = home.open();
    desk.online();
    let mut sheet = desk.start(ReplyKind::Compose, None);
    sheet.draft.to = vec![named(&Servers::address(&client))];
    sheet.draft.subject = "Hello".to_owned();
    sheet.draft.body = "A first letter.".to_owned();
    send(&mut desk, &sheet);
    let (plain, _) = parts(&servers.wait_for(&client, "INBOX", 1)[0].bytes);
    assert!(plain.contains(&format!("Only for you, says {FIRM}.")), "{plain}");
    desk.close();
}

fn named(address: &str) -> NamedAddress {
    NamedAddress::bare(EmailAddress::parse(address).unwrap())
}

#[test]
fn a_blind_copy_arrives_and_nobody_can_see_it() {
    let servers = Servers::get();
    let us = Servers::fresh_user();
    let (shown, copied, blind) =
        (Servers::fresh_user(), Servers::fresh_user(), Servers::fresh_user());
    let home = Home::new(&Setup::of(&us));
    let mut desk = home.open();
    desk.online();
    let mut sheet = desk.start(ReplyKind::Compose, None);
    sheet.draft.to = vec![named(&Servers::address(&shown))];
    sheet.draft.cc = vec![named(&Servers::address(&copied))];
    sheet.draft.bcc = vec![named(&Servers::address(&blind))];
    sheet.draft.subject = "Draft contract".to_owned();
    sheet.draft.body = "Here it is.".to_owned();
    send(&mut desk, &sheet);
    for user in [&shown, &copied, &blind] {
        let arrived = servers.wait_for(user, "INBOX", 1);
        assert_eq!(arrived.len(), 1);
        let text = String::from_utf8_lossy(&arrived[0].bytes).into_owned();
        // The trace that the delivering server wrote on top is not ours: it names only the owner of the mailbox.
        let ours = text.find("\r\nFrom:").or_else(|| text.find("\nFrom:")).unwrap();
        let trace_end = text.find("\r\nMessage-ID").unwrap_or(ours).min(ours);
        // As a header: the three letters alone stand in one random Message-ID of a hundred.
        assert!(!text.to_lowercase().contains("\nbcc:"), "{text}");
        assert!(!text[trace_end..].contains(blind.as_str()), "{text}");
        if user != &blind {
            assert!(!text.contains(blind.as_str()), "{text}");
        }
    }
    let filed = servers.messages(&us, "Sent");
    assert_eq!(filed.len(), 1);
    let filed = String::from_utf8_lossy(&filed[0].bytes).into_owned();
    assert!(!filed.contains(blind.as_str()), "the copy in Sent lies on the server too");
    desk.close();
}
