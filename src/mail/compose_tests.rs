//! What goes over the wire: golden bytes, a reading back by another parser, and laws about headers.

use std::{collections::BTreeSet, sync::Arc};

use mailparse::{MailHeaderMap, ParsedMail};
use proptest::prelude::*;

use super::*;
use crate::domain::{
    confidential::Confidential,
    draft::{Draft, Identity, Parent, ReplyKind},
    footer::Footer,
    id::{DraftId, MatterId, MessageKey},
    review::ReviewFacts,
};

fn who(name: Option<&str>, address: &str) -> NamedAddress {
    NamedAddress { name: name.map(str::to_owned), address: EmailAddress::parse(address).unwrap() }
}

fn draft() -> Draft {
    Draft {
        id: DraftId::new(1),
        kind: ReplyKind::Reply,
        thread: None,
        parent: Some(Parent {
            key: MessageKey::new(1),
            message_id: MessageId::new("m2@client.example"),
            references: vec![
                MessageId::new("m1@client.example").unwrap(),
                MessageId::new("m2@client.example").unwrap(),
            ],
            participants: vec![who(None, "kofi@mensah.example"), who(None, "hidden@bcc.example")],
        }),
        matter: Some(MatterId::new(1)),
        from: who(Some("Ada Northgate"), "ada@office.example"),
        to: vec![who(Some("Mensah, Kofi"), "kofi@mensah.example")],
        cc: Vec::new(),
        bcc: vec![who(Some("Hidden Person"), "hidden@bcc.example")],
        subject: "Re: The lease".to_owned(),
        body: "Dear Kofi,\n\nyes.".to_owned(),
        quote: "On 2026-11-24 10:10, Kofi wrote:\n> May I sign?".to_owned(),
        attachments: Vec::new(),
        privilege: None,
        holding: None,
    }
}

fn sealed(draft: &Draft) -> Sealed {
    let review = draft.review(&ReviewFacts::default());
    let confirmed: BTreeSet<String> =
        review.warnings().iter().map(crate::domain::finding::Warning::answered).collect();
    let identity = Identity { domain: "office.example", random: 0xabcd };
    let at = "2026-11-24T15:10:00Z".parse().unwrap();
    review.confirm(&confirmed).unwrap().seal(&Footer::plain("Secret."), &identity, at).unwrap()
}

fn bytes(draft: &Draft, style: Style) -> Vec<u8> {
    compose(&sealed(draft), style).unwrap().bytes
}

fn text_of(mail: &ParsedMail<'_>) -> String {
    mail.get_body().unwrap().trim_end_matches("\r\n").to_owned()
}

#[test]
fn the_whole_message_byte_for_byte() {
    let expected = "Date: Tue, 24 Nov 2026 15:10:00 +0000\r\n\
        Message-ID: <0000000000000000000000000000abcd@office.example>\r\n\
        From: \"Ada Northgate\" <ada@office.example>\r\n\
        To: =?utf-8?b?TWVuc2FoLCBLb2Zp?= <kofi@mensah.example>\r\n\
        Subject: Re: The lease\r\n\
        In-Reply-To: <m2@client.example>\r\n\
        References: <m1@client.example>\r\n <m2@client.example>\r\n\
        MIME-Version: 1.0\r\n\
        Content-Type: text/plain; charset=utf-8; format=flowed\r\n\
        Content-Transfer-Encoding: 7bit\r\n\
        \r\n\
        Dear Kofi,\r\n\r\nyes.\r\n\r\nSecret.\r\n\r\n\
        On 2026-11-24 10:10, Kofi wrote:\r\n> May I sign?\r\n";
    assert_eq!(String::from_utf8(bytes(&draft(), Style::TextOnly)).unwrap(), expected);
}

#[test]
fn a_draft_for_another_program_has_its_bcc_and_nothing_that_is_only_ours() {
    let mut draft = draft();
    draft.privilege = Some(crate::domain::footer::Privilege::LawyerClient);
    draft.holding = "2026-12-01".parse().ok();
    let words = crate::domain::footer::place(&draft.body, &draft.quote, &Footer::plain("Secret."));
    let id = MessageId::new("abcd@office.example").unwrap();
    let at = "2026-11-24T15:10:00Z".parse().unwrap();
    let bytes = compose_draft(&draft, &words, &id, at).unwrap();
    let expected = "Date: Tue, 24 Nov 2026 15:10:00 +0000\r\n\
        Message-ID: <abcd@office.example>\r\n\
        From: \"Ada Northgate\" <ada@office.example>\r\n\
        To: =?utf-8?b?TWVuc2FoLCBLb2Zp?= <kofi@mensah.example>\r\n\
        Bcc: \"Hidden Person\" <hidden@bcc.example>\r\n\
        Subject: Re: The lease\r\n\
        In-Reply-To: <m2@client.example>\r\n\
        References: <m1@client.example>\r\n <m2@client.example>\r\n\
        MIME-Version: 1.0\r\n\
        Content-Type: text/plain; charset=utf-8; format=flowed\r\n\
        Content-Transfer-Encoding: 7bit\r\n\
        \r\n\
        Dear Kofi,\r\n\r\nyes.\r\n\r\nSecret.\r\n\r\n\
        On 2026-11-24 10:10, Kofi wrote:\r\n> May I sign?\r\n";
    assert_eq!(String::from_utf8(bytes).unwrap(), expected);
}

#[test]
fn a_draft_to_nobody_with_nothing_in_it_is_written_all_the_same() {
    let mut draft = Draft { subject: String::new(), body: String::new(), ..draft() };
    (draft.to, draft.bcc, draft.quote) = (Vec::new(), Vec::new(), String::new());
    let words = crate::domain::footer::place("", "", &Footer::default());
    let id = MessageId::new("abcd@office.example").unwrap();
    let bytes = compose_draft(&draft, &words, &id, Timestamp::UNIX_EPOCH).unwrap();
    let text = String::from_utf8(bytes).unwrap();
    assert!(!text.contains("To: ") || text.contains("In-Reply-To: "), "{text}");
    assert!(!text.contains("undisclosed") && !text.contains("Bcc"), "{text}");
}

#[test]
fn text_and_html_carry_the_same_words_the_footer_once_in_each() {
    let bytes = bytes(&draft(), Style::TextAndHtml);
    let mail = mailparse::parse_mail(&bytes).unwrap();
    assert_eq!(mail.ctype.mimetype, "multipart/alternative");
    assert_eq!(mail.subparts.len(), 2);
    for part in &mail.subparts {
        let text = text_of(part);
        assert_eq!(text.matches("Secret.").count(), 1);
        assert!(text.find("Secret.").unwrap() < text.find("May I sign").unwrap());
    }
    assert_eq!(mail.subparts[1].ctype.mimetype, "text/html");
}

#[test]
fn bcc_is_in_the_envelope_and_nowhere_in_the_bytes() {
    for style in [Style::TextOnly, Style::TextAndHtml] {
        let composed = compose(&sealed(&draft()), style).unwrap();
        let text = String::from_utf8(composed.bytes).unwrap().to_lowercase();
        assert!(!text.contains("bcc") && !text.contains("hidden"));
        let recipients: Vec<_> =
            composed.envelope.recipients().iter().map(EmailAddress::as_str).collect();
        assert_eq!(recipients, ["kofi@mensah.example", "hidden@bcc.example"]);
    }
}

#[test]
fn a_message_to_bcc_alone_names_nobody() {
    let mut draft = draft();
    draft.to.clear();
    let bytes = bytes(&draft, Style::TextOnly);
    let mail = mailparse::parse_mail(&bytes).unwrap();
    assert_eq!(mail.headers.get_first_value("To").unwrap(), "undisclosed-recipients:;");
}

#[test]
fn the_same_message_gives_the_same_bytes() {
    let mut draft = draft();
    draft.body = "Grüße".to_owned();
    assert_eq!(bytes(&draft, Style::TextAndHtml), bytes(&draft, Style::TextAndHtml));
}

#[test]
fn an_attachment_arrives_as_it_was_with_its_name() {
    let content: Vec<u8> = (0..=255).chain(*b"\n.\r\n.\r\r\n").collect();
    let mut draft = draft();
    for (name, media_type) in [
        ("Kündigung 漢字.pdf", "application/pdf"),
        ("mail.eml", "message/rfc822"),
        ("x", "a/b\r\nX: y"),
    ] {
        draft.attachments.push(Enclosure {
            name: name.to_owned(),
            media_type: media_type.to_owned(),
            bytes: Arc::new(Confidential::new(content.clone())),
        });
    }
    let bytes = bytes(&draft, Style::TextAndHtml);
    let mail = mailparse::parse_mail(&bytes).unwrap();
    assert_eq!(mail.ctype.mimetype, "multipart/mixed");
    let names = ["Kündigung 漢字.pdf", "mail.eml", "x"];
    let types = ["application/pdf", "application/octet-stream", "application/octet-stream"];
    for ((part, name), media_type) in mail.subparts[1..].iter().zip(names).zip(types) {
        assert_eq!(part.get_body_raw().unwrap(), content);
        assert_eq!(part.ctype.mimetype, media_type);
        assert_eq!(part.get_content_disposition().params.get("filename").unwrap(), name);
        assert_eq!(part.headers.get_first_value("Content-Transfer-Encoding").unwrap(), "base64");
    }
}

#[test]
fn our_own_reader_finds_everything_where_it_was_put() {
    let mut draft = draft();
    draft.body = format!("Dear Kofi,\n\n{}?", "a long line of words ".repeat(10).trim_end());
    draft.subject = "Re: Kündigung des Mietvertrags zum nächstmöglichen Termin".to_owned();
    draft.attachments = vec![Enclosure {
        name: format!("{}漢字.pdf", "Kündigung ".repeat(6)),
        media_type: "application/pdf".to_owned(),
        bytes: Arc::new(Confidential::new(b"%PDF-1.7\nx".to_vec())),
    }];
    let sealed = sealed(&draft);
    for style in [Style::TextOnly, Style::TextAndHtml] {
        let bytes = compose(&sealed, style).unwrap().bytes;
        let read = crate::mail::parse::read(&bytes, &crate::mail::limits::Limits::default());
        assert!(read.faults.is_empty(), "{:?}", read.faults);
        let headers = &read.headers;
        assert_eq!(headers.message_id.as_ref(), Some(sealed.message_id()));
        assert_eq!(headers.date, Some(sealed.at()));
        assert_eq!(headers.subject, draft.subject);
        assert_eq!((&headers.from[0], &headers.to[0]), (&draft.from, &draft.to[0]));
        assert!(headers.bcc.is_empty());
        let parent = draft.parent.as_ref().unwrap();
        assert_eq!(headers.in_reply_to, [parent.message_id.clone().unwrap()]);
        assert_eq!(headers.references, parent.references);
        assert!(read.new_text.contains(&draft.body), "{}", read.new_text);
        assert!(!read.new_text.contains("May I sign?"));
        assert!(read.quoted.contains("May I sign?"));
        assert_eq!(read.attachments[0].name, draft.attachments[0].name);
    }
}

#[test]
fn an_id_that_could_break_a_header_is_left_out() {
    let mut draft = draft();
    let parent = draft.parent.as_mut().unwrap();
    parent.references =
        ["a@b", "x>@y", "ü@y", &"l".repeat(400)].into_iter().filter_map(MessageId::new).collect();
    let bytes = bytes(&draft, Style::TextOnly);
    let mail = mailparse::parse_mail(&bytes).unwrap();
    assert_eq!(mail.headers.get_first_value("References").unwrap(), "<a@b>");
}

#[test]
fn a_hundred_recipients_fold_into_short_lines() {
    let mut draft = draft();
    draft.to = (0..99)
        .map(|n| who(Some("Älteste Person"), &format!("person{n}@long-domain-name.example")))
        .collect();
    let bytes = bytes(&draft, Style::TextOnly);
    let mail = mailparse::parse_mail(&bytes).unwrap();
    let to = mailparse::addrparse_header(mail.headers.get_first_header("To").unwrap()).unwrap();
    assert_eq!(to.count_addrs(), 99);
}

#[test]
fn a_line_longer_than_mail_allows_survives() {
    let mut draft = draft();
    draft.body = "x".repeat(5000);
    let bytes = bytes(&draft, Style::TextAndHtml);
    let mail = mailparse::parse_mail(&bytes).unwrap();
    assert!(text_of(&mail.subparts[0]).contains(&draft.body));
}

/// Names of all headers at the top, in order.
fn header_names(bytes: &[u8]) -> Vec<String> {
    let (headers, _) = mailparse::parse_headers(bytes).unwrap();
    headers.iter().map(mailparse::MailHeader::get_key).collect()
}

/// Texts that try to break out: line ends, header names, encoded words, quotes.
fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("\r\n".to_owned()),
        Just("\n".to_owned()),
        Just("\r".to_owned()),
        Just("\r\n\r\n".to_owned()),
        Just("Bcc: evil@evil.example".to_owned()),
        Just("=?utf-8?Q?=0D=0ABcc:_x?=".to_owned()),
        Just("\"".to_owned()),
        Just("\\".to_owned()),
        Just("<>,;:".to_owned()),
        Just("\u{0}\u{85}\u{2028}".to_owned()),
        "[ -~]{0,90}",
        "\\PC{0,30}",
    ];
    proptest::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn no_value_begins_a_new_header(
        subject in hostile(), name in hostile(), sender in hostile(), file in hostile(),
        kind in hostile(), body in hostile(), id in hostile(),
    ) {
        let plain = bytes(&draft(), Style::TextOnly);
        let mut draft = draft();
        draft.subject = subject;
        draft.body = body;
        draft.to = vec![who(Some(&name), "kofi@mensah.example")];
        draft.from = who(Some(&sender), "ada@office.example");
        let parent = draft.parent.as_mut().unwrap();
        parent.references.extend(MessageId::new(&id));
        let text_only = bytes(&draft, Style::TextOnly);
        // Without attachments the headers are those of the plain message, in the same order.
        prop_assert_eq!(header_names(&text_only), header_names(&plain));
        draft.attachments = vec![Enclosure {
            name: file,
            media_type: kind,
            bytes: Arc::new(Confidential::new(b"x".to_vec())),
        }];
        let with_file = bytes(&draft, Style::TextAndHtml);
        let mail = mailparse::parse_mail(&with_file).unwrap();
        prop_assert!(mail.headers.get_first_header("Bcc").is_none());
        prop_assert_eq!(mail.subparts.len(), 2);
        let names: Vec<String> =
            mail.subparts[1].headers.iter().map(mailparse::MailHeader::get_key).collect();
        prop_assert_eq!(names, ["Content-Type", "Content-Disposition", "Content-Transfer-Encoding"]);
    }

    #[test]
    fn subject_name_and_text_come_back_as_they_were(
        subject in "[A-Za-z0-9äöüß漢字é€😀.,:=?_-]{1,30}( [A-Za-z0-9ñ漢=?_.,-]{1,80}){0,4}",
        name in "[A-Za-zäöüß漢é€]{1,20}( [A-Za-z0-9ñ,.'\"-]{1,20}){0,3}",
        body in "[A-Za-zäöü漢😀.=]{1,60}( [A-Za-z.=]{1,30}){0,30}",
    ) {
        let mut draft = draft();
        draft.subject = subject.clone();
        draft.to = vec![who(Some(&name), "kofi@mensah.example")];
        draft.body = body.clone();
        let bytes = bytes(&draft, Style::TextOnly);
        let mail = mailparse::parse_mail(&bytes).unwrap();
        prop_assert_eq!(mail.headers.get_first_value("Subject").unwrap(), subject);
        let to = mailparse::addrparse_header(mail.headers.get_first_header("To").unwrap()).unwrap();
        let to = to.extract_single_info().unwrap();
        prop_assert_eq!(to.display_name.unwrap(), name);
        let text = flowed::decode(&text_of(&mail));
        prop_assert!(text.starts_with(&body), "{}", text);
    }
}
