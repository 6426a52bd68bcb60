//! Bytes that want to break the reader. What is checked here is that it answers at all, and what it never lets through.

use matterbox::mail::{
    Limits, ParseFault, PartPath, addresses, attachment_bytes, date, message_ids, read, split,
};
use proptest::prelude::*;

use crate::builder::{message, parsed, shown};

/// Pieces from which mail is made, so that random messages get beyond the first line.
const PIECES: [&str; 40] = [
    "From: ",
    "To: ",
    "Subject: ",
    "Date: ",
    "Message-ID: ",
    "References: ",
    "Content-Type: ",
    "multipart/mixed",
    "text/html",
    "text/plain",
    "message/rfc822",
    "; boundary=b",
    "; boundary=\"bb\"",
    "; charset=utf-8",
    "; charset=utf-7",
    "; charset=iso-2022-jp",
    "; name*0*=utf-8''%C3",
    "; name=\"",
    "Content-Transfer-Encoding: base64",
    "quoted-printable",
    "\r\n",
    "\n",
    "\r\n\r\n",
    "\n\n",
    " ",
    "\t",
    "--b",
    "--b--",
    "--bb",
    "<a@b>",
    "=?utf-8?q?",
    "?=",
    "=?utf-8?B?",
    "(",
    "\"",
    "<",
    "> ",
    "On 1 May 2026 a@b wrote:",
    "<div>",
    "&#x202e;",
];

fn pieces() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        6 => proptest::sample::select(&PIECES[..]).prop_map(|p| p.as_bytes().to_vec()),
        2 => proptest::collection::vec(any::<u8>(), 0..6),
        1 => "[a-zA-Z0-9.@ ü漢]{0,8}".prop_map(String::into_bytes),
    ];
    proptest::collection::vec(piece, 0..60).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_read(raw in prop_oneof![proptest::collection::vec(any::<u8>(), 0..600), pieces()]) {
        let got = parsed(&raw);
        for attachment in &got.attachments {
            let bytes = attachment_bytes(&raw, &attachment.part);
            prop_assert!(bytes.is_some_and(|b| b.len() as u64 == attachment.size));
        }
    }

    #[test]
    fn no_header_value_can_begin_a_new_header(raw in pieces()) {
        let got = parsed(&raw).headers;
        let names = got.from.iter().chain(got.recipients()).chain(&got.reply_to).chain(&got.sender);
        let texts = names.flat_map(|a| [a.name.clone().unwrap_or_default(), a.address.as_str().to_owned()]);
        let ids = got.references.iter().chain(&got.in_reply_to).chain(&got.message_id).map(|id| id.as_str().to_owned());
        for text in texts.chain(ids).chain([got.subject.clone()]) {
            prop_assert!(!text.contains(['\r', '\n', '\0']), "{text:?}");
        }
    }

    #[test]
    fn reading_is_a_function_of_the_bytes(raw in pieces()) {
        prop_assert_eq!(shown(&parsed(&raw)), shown(&parsed(&raw)));
    }

    #[test]
    fn small_limits_hold(raw in pieces(), depth in 0_usize..4, parts in 1_usize..4, text in 0_usize..40) {
        let limits = Limits { depth, parts, text_bytes: text, index_bytes: text, headers: 3, header_bytes: 20, addresses: 1,
            ids: 1, html_bytes: 10, html_depth: 1, bytes: 400, address_bytes: 30 };
        let got = read(&raw, &limits);
        prop_assert!(got.text.len() <= text && got.attachments.len() <= parts && got.headers.to.len() <= 1);
        prop_assert!(got.attached_text.len() <= text + 1);
    }

    #[test]
    fn single_readers_answer_any_text(text in "\\PC{0,80}|[<>@,;:\"()\\\\ a-z.=?]{0,80}") {
        addresses(&text, 10);
        message_ids(&text, 3);
        date(&text);
        let parts = split(&text);
        prop_assert!(parts.new.len() + parts.quoted.len() <= text.len() + 2);
        if let Ok(path) = text.parse::<PartPath>() {
            prop_assert_eq!(path.to_string().parse::<PartPath>().unwrap(), path);
        }
    }

    #[test]
    fn every_word_of_a_body_is_new_or_quoted(lines in proptest::collection::vec(
        prop_oneof!["[a-z]{1,8}( [a-z]{1,8}){0,5}", Just("> old".to_owned()), Just(String::new()), Just("-- ".to_owned()),
            Just("On 1 May 2026, A <a@b> wrote:".to_owned())], 0..20)) {
        let text = lines.join("\n");
        let parts = split(&text);
        for word in text.split_whitespace() {
            prop_assert!(parts.new.contains(word) || parts.quoted.contains(word), "{word}");
        }
    }
}

#[test]
fn a_hundred_thousand_recipients_are_capped() {
    let raw = format!("From: a@b.example\nTo: {}\n\nbody", "x@y.example, ".repeat(100_000));
    let got = parsed(raw.as_bytes());
    assert!(got.headers.to.len() <= Limits::default().addresses);
    assert!(got.faults.contains(&ParseFault::BadAddress));
}

#[test]
fn a_hundred_thousand_headers_are_capped() {
    let raw = format!("From: a@b.example\n{}Subject: late\n\nbody", "X-Y: z\n".repeat(100_000));
    let got = parsed(raw.as_bytes());
    assert!(got.faults.contains(&ParseFault::TooManyHeaders));
    assert_eq!(got.text, "body");
}

#[test]
fn twenty_thousand_parts_are_capped_and_said() {
    let raw = message(
        "Content-Type: multipart/mixed; boundary=b\r\n",
        &"--b\r\n\r\nx\r\n".repeat(20_000),
    );
    assert!(parsed(&raw).faults.contains(&ParseFault::TooManyParts));
}

#[test]
fn an_empty_message_and_a_message_of_blanks_are_messages() {
    for raw in [&b""[..], b"\n", b"\r\n\r\n", b" ", b"\0", b"\xff\xfe"] {
        let got = parsed(raw);
        assert!(got.faults.contains(&ParseFault::NoDate), "{raw:?}");
    }
}

#[test]
fn bytes_that_are_no_mail_are_shown_as_text() {
    let got = parsed(b"just some words\nthat somebody wrote\n");
    assert!(got.faults.contains(&ParseFault::Unparseable));
    assert!(got.text.contains("that somebody wrote"));
}

#[test]
fn a_message_of_lone_carriage_returns_has_lines() {
    let got = parsed(b"From: a@b.example\rSubject: Lease\r\rbody\r");
    assert_eq!((got.headers.subject.as_str(), got.text.trim()), ("Lease", "body"));
}

#[test]
fn headers_that_never_end_are_kept_and_reported() {
    let got = parsed(b"From: a@b.example\nSubject: Lease");
    assert_eq!(got.headers.subject, "Lease");
    assert!(got.faults.contains(&ParseFault::TruncatedHeader));
}

#[test]
fn uuencoded_text_is_not_decoded_behind_our_back() {
    let got = parsed(&message(
        "Content-Transfer-Encoding: x-uuencode\r\n",
        "begin 644 x\r\n#0V%T\r\n`\r\nend\r\n",
    ));
    assert!(got.text.contains("begin 644 x") && got.attachments.is_empty());
}

#[test]
fn a_debug_print_shows_no_word_of_the_client() {
    let raw = message(
        "Content-Type: multipart/mixed; boundary=b\r\n",
        "--b\r\n\r\nsecret words\r\n--b\r\nContent-Type: application/pdf; name=secret.pdf\r\n\r\nx\r\n--b--\r\n",
    );
    let got = parsed(&raw);
    let printed = format!("{got:?} {:?} {:?} {:?}", got.attachments, got.headers, split("secret"));
    for word in ["secret", "okafor", "Lease"] {
        assert!(!printed.contains(word), "{printed}");
    }
}

#[test]
fn a_thousand_parameters_are_cut_to_the_first_few() {
    let parameters = (0..1_000).fold(String::new(), |all, n| all + "; a*" + &n.to_string() + "*=x");
    let head = format!("Content-Type: application/pdf; name=brief.pdf{parameters}\r\n");
    assert_eq!(parsed(&message(&head, "x")).attachments[0].name, "brief.pdf");
}
