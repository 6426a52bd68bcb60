//! The gaps of `mailparse` that our layer closes, one test each (design 7.2), and the quirks of threading (design 5.3).

use matterbox::{domain::message::MessageId, mail::ParseFault};

use crate::builder::{HEAD, message, parsed};

fn ids(list: &[MessageId]) -> Vec<&str> {
    list.iter().map(MessageId::as_str).collect()
}

#[test]
fn gap_1_a_boundary_that_begins_the_nested_one_nests_rightly() {
    let raw = message(
        "Content-Type: multipart/mixed; boundary=b\r\n",
        "--b\r\nContent-Type: multipart/alternative; boundary=bb\r\n\r\n--bb\r\nContent-Type: text/plain\r\n\r\nplain\r\n\
         --bb\r\nContent-Type: text/html\r\n\r\n<p>rich\r\n--bb--\r\n--b\r\nContent-Type: application/pdf; name=a.pdf\r\n\r\n\
         %PDF-1\r\n--b--\r\n",
    );
    let got = parsed(&raw);
    assert_eq!(got.text, "plain");
    let names: Vec<_> =
        got.attachments.iter().map(|a| (a.part.to_string(), a.name.as_str())).collect();
    assert_eq!(names, [("2".to_owned(), "a.pdf")]);
}

#[test]
fn gap_2_raw_utf8_without_a_charset_is_utf8() {
    assert_eq!(parsed(&message("", "Grüße, Müller")).text, "Grüße, Müller");
    let mut latin = message("Content-Type: text/plain\r\n", "");
    latin.extend_from_slice(b"Gr\xfc\xdfe");
    assert_eq!(parsed(&latin).text, "Grüße");
}

#[test]
fn gap_3_comments_in_a_content_type_and_blanks_before_a_colon_are_read() {
    let raw = b"From : a@b.example\nSubject : Lease\nContent-Type: text/plain (hi; there); charset=iso-8859-1\n\nM\xfcller";
    let got = parsed(raw);
    assert_eq!((got.headers.subject.as_str(), got.text.as_str()), ("Lease", "Müller"));
    assert_eq!(got.headers.from.len(), 1);
}

#[test]
fn gap_4_broken_base64_gives_its_words() {
    let got =
        parsed(&message("Content-Transfer-Encoding: base64\r\n", "RGVhciBNcy4g!T2thZm9yLA==\r\n"));
    assert_eq!(got.text, "Dear Ms. Okafor,");
    assert!(got.faults.contains(&ParseFault::BadBase64));
    let plain =
        parsed(&message("Content-Transfer-Encoding: base64\r\n", "This was never encoded.\r\n"));
    assert!(plain.text.contains("This was never encoded."));
}

#[test]
fn gap_5_a_first_line_that_is_a_fold_and_nesting_without_end_lose_no_message() {
    let mut raw = b" by relay.example\r\n".to_vec();
    raw.extend_from_slice(&message("", "body"));
    let got = parsed(&raw);
    assert_eq!((got.headers.subject.as_str(), got.text.as_str()), ("Lease", "body"));
    assert!(got.faults.contains(&ParseFault::BadHeaderStart));

    let mut deep = HEAD.to_owned();
    for level in 0..200 {
        deep.extend([
            "Content-Type: multipart/mixed; boundary=b",
            &level.to_string(),
            "\r\n\r\n--b",
            &level.to_string(),
            "\r\n",
        ]);
    }
    deep.push_str("Content-Type: text/plain\r\n\r\nat the bottom\r\n");
    let got = parsed(deep.as_bytes());
    assert_eq!(got.headers.subject, "Lease");
    assert!(got.faults.contains(&ParseFault::TooDeep) && got.text.contains("at the bottom"));
}

#[test]
fn gap_6_an_enclosed_message_is_an_attachment_whose_words_and_files_are_found() {
    let raw = message(
        "Content-Type: multipart/mixed; boundary=b\r\n",
        "--b\r\n\r\nSee below.\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nFrom: x@y.example\r\nSubject: Old offer\r\n\
         Content-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n\r\nninety thousand\r\n--c\r\n\
         Content-Type: application/pdf; name=offer.pdf\r\n\r\n%PDF-1\r\n--c--\r\n--b--\r\n",
    );
    let got = parsed(&raw);
    assert_eq!(got.text, "See below.");
    assert!(
        got.attached_text.contains("ninety thousand") && got.attached_text.contains("Old offer")
    );
    let names: Vec<_> =
        got.attachments.iter().map(|a| (a.part.to_string(), a.name.as_str())).collect();
    assert_eq!(names, [("2".to_owned(), "Old offer.eml"), ("2.1.2".to_owned(), "offer.pdf")]);
    let inner = matterbox::mail::attachment_bytes(&raw, &got.attachments[1].part).unwrap();
    assert_eq!(inner, b"%PDF-1");
}

#[test]
fn gap_7_one_bad_address_or_id_does_not_lose_the_others() {
    let raw = b"From: <<a@b.example>>\nTo: foo, c@d.example,,e@f.example\n\
        References: <1@x> (a comment) <2@x> 3@x>\nMessage-ID: 4@x\n\nbody";
    let got = parsed(raw);
    let to: Vec<&str> = got.headers.to.iter().map(|a| a.address.as_str()).collect();
    assert_eq!(
        (got.headers.from[0].address.as_str(), to),
        ("a@b.example", vec!["c@d.example", "e@f.example"])
    );
    assert_eq!(ids(&got.headers.references), ["1@x", "2@x"]);
    assert_eq!(got.headers.message_id.unwrap().as_str(), "4@x");
    assert!(got.faults.contains(&ParseFault::BadAddress));
}

#[test]
fn gap_8_an_empty_date_is_none_and_short_and_iso_dates_are_read() {
    let read = |value: &str| {
        let raw = format!(
            "Received: from a by b; Tue, 24 Nov 2026 09:00:00 +0000\nDate: {value}\n\nbody"
        );
        let got = parsed(raw.as_bytes());
        (got.headers.date.map(|at| at.to_string()), got.headers.received.is_some())
    };
    assert_eq!(read(""), (None, true));
    assert_eq!(read("Tue, 24 Nov 2026 10:00 EST").0.unwrap(), "2026-11-24T15:00:00Z");
    assert_eq!(read("2026-11-24T10:00:00+01:00").0.unwrap(), "2026-11-24T09:00:00Z");
}

#[test]
fn gap_9_a_subject_of_twenty_thousand_encoded_words_is_cut_first() {
    let raw = format!("Subject: {}\nFrom: a@b.example\n\nbody", "=?utf-8?q?a?= ".repeat(20_000));
    let got = parsed(raw.as_bytes());
    // 16 KB of header hold about 1,200 words of 14 bytes.
    assert!(got.headers.subject.len() < 1_300);
    assert_eq!(got.headers.from.len(), 1);
}

#[test]
fn gap_10_a_character_split_over_two_encoded_words_is_whole() {
    let raw = b"Subject: =?utf-8?B?TcM=?=\n =?utf-8?B?vGxsZXI=?=\n\nbody";
    assert_eq!(parsed(raw).headers.subject, "Müller");
}

#[test]
fn references_that_are_newest_first_are_turned() {
    let got = parsed(b"In-Reply-To: <3@x>\nReferences: <3@x> <2@x> <1@x>\n\nbody");
    assert_eq!(ids(&got.headers.references), ["1@x", "2@x", "3@x"]);
    let normal = parsed(b"In-Reply-To: <3@x>\nReferences: <1@x> <2@x> <3@x>\n\nbody");
    assert_eq!(ids(&normal.headers.references), ["1@x", "2@x", "3@x"]);
}

#[test]
fn a_mail_address_in_in_reply_to_is_no_parent() {
    let got = parsed(b"From: a@b.example\nTo: Kofi <kofi@mensah.example>\nIn-Reply-To: <kofi@mensah.example> <1@x>\n\nbody");
    assert_eq!(ids(&got.headers.in_reply_to), ["1@x"]);
}

#[test]
fn a_message_is_not_its_own_ancestor() {
    let got =
        parsed(b"Message-ID: <1@x>\nIn-Reply-To: <1@x>\nReferences: <0@x> <1@x> <0@x>\n\nbody");
    assert_eq!(
        (ids(&got.headers.in_reply_to), ids(&got.headers.references)),
        (vec![], vec!["0@x"])
    );
}

#[test]
fn encoded_folded_bare_and_numeric_ids_are_read() {
    let got = parsed(
        b"Message-ID:\r\n  <1@x.\r\n example>\r\nIn-Reply-To: =?utf-8?q?=3C2=40x=3E?=\r\nReferences: 12345 <2@x>\r\n\r\nbody",
    );
    assert_eq!(got.headers.message_id.unwrap().as_str(), "1@x.example");
    assert_eq!(ids(&got.headers.in_reply_to), ["2@x"]);
    assert_eq!(ids(&parsed(b"In-Reply-To: 4711\n\nbody").headers.in_reply_to), ["4711"]);
}

#[test]
fn placeholder_ids_join_nothing_and_the_id_before_outlook_is_kept() {
    let got = parsed(
        b"Message-ID: <new@outlook>\nX-Microsoft-Original-Message-ID: <old@x>\nReferences: <a@protonmail.internalid> <1@x>\n\nb",
    );
    assert_eq!(
        (ids(&got.headers.alias_ids), ids(&got.headers.references)),
        (vec!["old@x"], vec!["1@x"])
    );
}

#[test]
fn a_second_from_is_reported_and_does_not_count() {
    let got = parsed(b"From: a@b.example\nFrom: bank@bank.example\n\nbody");
    assert_eq!(got.headers.from.len(), 1);
    assert!(got.faults.contains(&ParseFault::RepeatedFrom));
}

#[test]
fn a_list_footer_does_not_make_a_different_body() {
    let own = parsed(&message("", "The offer is accepted.\r\n\r\nAma\r\n"));
    let listed = parsed(&message(
        "",
        "The offer is  accepted. \r\n\r\nAma\r\n_______________________________________________\r\nlist mailing list\r\n",
    ));
    let other = parsed(&message("", "The offer is declined.\r\n\r\nAma\r\n"));
    assert_eq!(own.body_hash, listed.body_hash);
    assert_ne!(own.body_hash, other.body_hash);
}

#[test]
fn words_and_questions_are_those_of_the_sender() {
    let got = parsed(&message(
        "",
        "Thanks a lot!\r\n\r\nOn 1 May 2026, K <k@m.example> wrote:\r\n> Do you agree?\r\n",
    ));
    assert_eq!((got.words, got.has_question), (3, false));
    let asks = parsed(&message("", "See https://x.example/?a=1 please. Do you agree?\r\n"));
    assert!(asks.has_question);
    assert!(!parsed(&message("", "See https://x.example/?a=1 please.\r\n")).has_question);
    assert_eq!(parsed(&message("", "谢谢您的来信\r\n")).words, 6);
}

#[test]
fn encrypted_mail_is_reported_as_such() {
    let raw = message(
        "Content-Type: multipart/encrypted; protocol=\"application/pgp-encrypted\"; boundary=b\r\n",
        "--b\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n--b\r\nContent-Type: application/octet-stream\r\n\r\n\
         -----BEGIN PGP MESSAGE-----\r\n--b--\r\n",
    );
    let got = parsed(&raw);
    assert!(got.faults.contains(&ParseFault::Encrypted) && got.attachments.len() == 2);
    let inline = parsed(&message(
        "",
        "-----BEGIN PGP MESSAGE-----\r\n\r\nhQ\r\n-----END PGP MESSAGE-----\r\n",
    ));
    assert!(inline.faults.contains(&ParseFault::Encrypted));
}
