//! The mail itself.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use mailparse::MailHeaderMap as _;
use matterbox::demo::{self, Office};

use crate::support::{now, zone};

fn office() -> Office {
    demo::build(now(), zone())
}

fn header(raw: &[u8], name: &str) -> Option<String> {
    mailparse::parse_headers(raw).ok()?.0.get_first_value(name)
}

fn ids(text: &str) -> Vec<String> {
    text.split_whitespace().map(|id| id.trim_matches(['<', '>']).to_owned()).collect()
}

fn own_id(raw: &[u8]) -> String {
    ids(&header(raw, "Message-ID").unwrap()).remove(0)
}

#[test]
fn there_are_about_400_messages_in_about_120_threads() {
    let office = office();
    // Threads by References: the oldest id that a message names, or its own.
    let mut threads = BTreeMap::<String, Vec<&str>>::new();
    for mail in &office.mail {
        let first = header(&mail.raw, "References").map(|text| ids(&text).remove(0));
        threads.entry(first.unwrap_or_else(|| own_id(&mail.raw))).or_default().push(mail.folder);
    }
    assert!((380..=430).contains(&office.mail.len()), "{}", office.mail.len());
    assert!((115..=125).contains(&threads.len()), "{}", threads.len());
    let answered = threads.values().filter(|folders| folders.contains(&"Sent")).count();
    assert!(answered * 3 > threads.len() * 2, "{answered}");
}

#[test]
fn there_are_12_matters_and_9_clients_of_whom_two_are_joint() {
    let office = office();
    let mut clients = BTreeSet::new();
    for matter in &office.matters {
        let ours: Vec<_> = matter
            .parties
            .iter()
            .filter(|(_, role)| *role == matterbox::domain::matter::Role::Client)
            .map(|(person, _)| person.key)
            .collect();
        if matter.name.starts_with("Roth") {
            assert_eq!(ours, ["ines", "paul"]);
        }
        clients.extend(ours);
    }
    assert_eq!((office.matters.len(), clients.len()), (12, 9));
    let years: BTreeSet<_> =
        office.matters.iter().map(|m| m.number.as_str().get(..4).unwrap().to_owned()).collect();
    assert_eq!(years.into_iter().collect::<Vec<_>>(), ["2025", "2026"]);
}

#[test]
fn the_office_knows_its_own_addresses() {
    let ours = office().own_addresses();
    assert_eq!(ours, ["tom@marlowefinch.example", "team@marlowefinch.example"]);
}

#[test]
fn every_message_but_the_broken_one_reads_well() {
    let mut broken = 0;
    for mail in office().mail {
        if !mail.raw.windows(4).any(|four| four == b"\r\n\r\n") {
            broken += 1;
            continue;
        }
        let parsed = mailparse::parse_mail(&mail.raw).unwrap();
        let subject = parsed.headers.get_first_value("Subject").unwrap();
        assert!(
            !subject.is_empty() && !subject.contains("=?") && !subject.contains('{'),
            "{subject}"
        );
        let bare = |at: &usize| mail.raw.get(at.wrapping_sub(1)) != Some(&b'\r');
        let feeds = (0..mail.raw.len()).filter(|at| mail.raw[*at] == b'\n');
        assert_eq!(feeds.filter(bare).count(), 0, "{subject}: every line ends with CRLF");
        assert!(mail.raw.split(|b| *b == b'\n').all(|line| line.len() < 998), "{subject}");
        for part in parsed.parts() {
            if part.subparts.is_empty() && part.ctype.mimetype.starts_with("text/") {
                let text = part.get_body().unwrap();
                assert!(!text.trim().is_empty() && !text.contains('\u{FFFD}'), "{subject}");
                assert!(!text.contains("{+") && !text.contains("{number}"), "{subject}: {text}");
            }
        }
    }
    assert_eq!(broken, 1);
}

#[test]
fn every_address_is_on_an_example_domain() {
    let word = |c: &u8| c.is_ascii_alphanumeric() || b".-".contains(c);
    for mail in office().mail {
        // In ISO-2022-JP an `@` is half a letter.
        let japanese = mail.raw.windows(11).position(|window| window == b"iso-2022-jp");
        let mut rest = &mail.raw[..japanese.unwrap_or(mail.raw.len())];
        while let Some(at) = rest.iter().position(|b| *b == b'@') {
            rest = &rest[at + 1..];
            let domain: Vec<u8> = rest.iter().copied().take_while(word).collect();
            let domain = String::from_utf8(domain).unwrap();
            assert!(domain.trim_end_matches('.').ends_with(".example"), "{domain}");
        }
    }
}

#[test]
fn nothing_lies_in_the_future_and_all_is_sorted() {
    for moment in ["2026-11-24T13:40-05:00", "2026-11-28T03:00-05:00", "2027-01-04T09:00-05:00"] {
        let now: Timestamp = moment.parse().unwrap();
        let office = demo::build(now, zone());
        assert!(office.mail.is_sorted_by_key(|mail| mail.internal_date));
        for mail in &office.mail {
            assert!(mail.internal_date <= now);
            let date = header(&mail.raw, "Date").unwrap();
            assert!(mailparse::dateparse(&date).unwrap() <= now.as_second(), "{date}");
        }
    }
}

#[test]
fn the_same_now_gives_the_same_office() {
    let (a, b) = (office(), office());
    assert_eq!(a.mail.len(), b.mail.len());
    assert!(a.mail.iter().zip(&b.mail).all(|(a, b)| a.raw == b.raw && a.flags == b.flags));
}

#[test]
fn the_bounce_reports_on_a_letter_that_we_sent() {
    let office = office();
    let sent: BTreeSet<String> = office
        .mail
        .iter()
        .filter(|mail| mail.folder == "Sent")
        .map(|mail| own_id(&mail.raw))
        .collect();
    let mut reports = 0;
    for mail in &office.mail {
        let Ok(parsed) = mailparse::parse_mail(&mail.raw) else { continue };
        if parsed.ctype.mimetype == "multipart/report" {
            reports += 1;
            let status = parsed.subparts[1].get_body().unwrap();
            assert!(status.contains("Action: failed"));
            assert!(status.contains("Final-Recipient: rfc822; joaquin@vidal.example"));
            let returned = parsed.subparts[2].get_body().unwrap();
            let about = header(returned.as_bytes(), "Message-ID").unwrap();
            assert!(sent.contains(&ids(&about)[0]));
        }
    }
    assert_eq!(reports, 1);
}

#[test]
fn the_odd_ones_are_all_there() {
    let office = office();
    let inbox: Vec<_> = office.mail.iter().filter(|mail| mail.folder == "INBOX").collect();
    let with = |name: &str, text: &str| {
        inbox
            .iter()
            .filter(|m| header(&m.raw, name).is_some_and(|value| value.contains(text)))
            .count()
    };
    assert!(with("Auto-Submitted", "auto-replied") >= 3);
    assert!(with("List-Id", "lawbulletin.example") >= 3);
    assert_eq!(with("From", "dana@whitfie1d.example"), 1, "a look-alike of a client's domain");
    assert!(with("Content-Type", "text/html") >= 4);
    for (subject, language) in [
        ("日本語での法律相談", "Japanese"),
        ("استفسار عن عقد", "Arabic"),
        ("Frage zum Kaufvertrag", "German"),
        ("Certificat médical", "French"),
        ("La casa de mi madre", "Spanish"),
    ] {
        assert!(with("Subject", subject) >= 1, "{language}");
    }
    let invitations =
        inbox.iter().filter(|mail| mail.raw.windows(14).any(|window| window == b"METHOD:REQUEST"));
    assert_eq!(invitations.count(), 1);
    let mut seen = BTreeSet::new();
    let doubled = inbox.iter().filter(|mail| !seen.insert(own_id(&mail.raw))).count();
    assert_eq!(doubled, 1, "one message came twice, directly and over the list");
}

#[test]
fn most_conversations_are_filed_and_some_wait() {
    let office = office();
    let known: BTreeSet<String> = office.mail.iter().map(|mail| own_id(&mail.raw)).collect();
    assert!(office.filings.iter().all(|filing| known.contains(&filing.message_id)));
    assert!(office.filings.len() >= 90, "{}", office.filings.len());
    let spoof = office
        .mail
        .iter()
        .find(|m| header(&m.raw, "From").is_some_and(|from| from.contains("whitfie1d")));
    let spoof = own_id(&spoof.unwrap().raw);
    assert!(office.filings.iter().all(|filing| filing.message_id != spoof));
}

#[test]
fn attachments_are_what_they_say() {
    let mut kinds = BTreeMap::new();
    for mail in office().mail {
        let Ok(parsed) = mailparse::parse_mail(&mail.raw) else { continue };
        for part in parsed.parts() {
            let disposition = part.get_content_disposition();
            let Some(name) = disposition.params.get("filename") else { continue };
            let bytes = part.get_body_raw().unwrap();
            let magic: &[u8] = match name.rsplit('.').next().unwrap() {
                "pdf" => b"%PDF-1.4",
                "png" => b"\x89PNG\r\n",
                "docx" => b"PK\x03\x04",
                "csv" => b"",
                other => panic!("{other}"),
            };
            assert!(bytes.starts_with(magic), "{name}");
            *kinds.entry(part.ctype.mimetype.clone()).or_insert(0) += 1;
        }
    }
    assert_eq!(kinds.len(), 4, "{kinds:?}");
}
