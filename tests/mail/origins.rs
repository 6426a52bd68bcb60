//! Who or what wrote a message (design 4.3): the row of the table in the name of each test.

use jiff::civil::Date;
use matterbox::domain::message::{DeliveryAction, Origin, WeakSignal};

use crate::builder::{HEAD, message, parsed};

fn origin(headers: &str, body: &str) -> Origin {
    parsed(&message(headers, body)).origin
}

/// A message whose subject is another one.
fn about(subject: &str, headers: &str, body: &str) -> Origin {
    let head = HEAD.replace("Subject: Lease", &format!("Subject: {subject}"));
    parsed(format!("{head}{headers}\r\n{body}").as_bytes()).origin
}

#[test]
fn a_plain_message_is_from_a_person() {
    assert_eq!(origin("", "Please call."), Origin::Person);
    assert_eq!(origin("Auto-Submitted: no\r\n", "Please call."), Origin::Person);
}

#[test]
fn auto_submitted_other_than_no_is_an_automatic_answer() {
    for value in [
        "auto-replied",
        "auto-generated",
        "Auto-Replied (vacation)",
        "auto-notified; owner-email=\"a@b\"",
    ] {
        let got = origin(&format!("Auto-Submitted: {value}\r\n"), "Away.");
        assert_eq!(got, Origin::AutoReply { returns: None }, "{value}");
    }
}

#[test]
fn a_vacation_subject_needs_a_mark_of_a_program() {
    let exchange = "X-Auto-Response-Suppress: All\r\n";
    for subject in [
        "Automatic reply: Lease",
        "Automatische Antwort: Lease",
        "Abwesenheitsnotiz: Lease",
        "=?utf-8?q?R=C3=A9ponse_automatique_:_Lease?=",
        "=?utf-8?q?Respuesta_autom=C3=A1tica=3A_Lease?=",
        "Risposta automatica: Lease",
        "Automatisch antwoord: Lease",
        "Autosvar: Lease",
        "Out of Office: Lease",
    ] {
        assert_eq!(
            about(subject, exchange, "Away."),
            Origin::AutoReply { returns: None },
            "{subject}"
        );
        assert_eq!(about(subject, "", "Away."), Origin::Person, "{subject}");
    }
    assert_eq!(origin(exchange, "Away."), Origin::Weak(WeakSignal::ResponseSuppressed));
}

#[test]
fn the_day_of_return_is_read_in_several_languages() {
    for body in [
        "I am out of the office until Monday, 7 December 2026 with limited access.",
        "I will be back on December 7th, 2026.",
        "Ich bin bis zum 07.12.2026 nicht im Büro.",
        "Ich bin ab dem 7. Dezember wieder erreichbar.",
        "Je suis absent jusqu'au 7 décembre 2026.",
        "Estaré ausente hasta el 7 de diciembre de 2026.",
        "Sono assente fino al 7 dicembre 2026.",
        "Ik ben afwezig tot en met 7 december 2026.",
    ] {
        let expected = Origin::AutoReply { returns: Some(Date::constant(2026, 12, 7)) };
        assert_eq!(origin("Auto-Submitted: auto-replied\r\n", body), expected, "{body}");
    }
}

fn report(fields: &str, returned: &str) -> Origin {
    origin(
        "Return-Path: <>\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n",
        &format!(
            "--b\r\n\r\nYour message could not be delivered.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n\
             Reporting-MTA: dns; mx.example\r\n\r\n{fields}\r\n--b\r\n{returned}\r\n--b--\r\n"
        ),
    )
}

#[test]
fn a_delivery_report_names_each_recipient_and_the_message() {
    let got = report(
        "Final-Recipient: rfc822; ama@okafor.example\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n\
         Original-Recipient: rfc822;kofi@mensah.example\r\nFinal-Recipient: rfc822; x@y.example\r\nAction: delayed (wait)\r\n",
        "Content-Type: text/rfc822-headers\r\n\r\nMessage-ID: <7@mensah.example>\r\nSubject: x",
    );
    let Origin::DeliveryReport { statuses, about } = got else { panic!("{got:?}") };
    let seen: Vec<_> = statuses
        .iter()
        .map(|s| (s.recipient.as_ref().unwrap().as_str().to_owned(), s.action))
        .collect();
    assert_eq!(
        seen,
        [
            ("ama@okafor.example".to_owned(), DeliveryAction::Failed),
            ("kofi@mensah.example".to_owned(), DeliveryAction::Delayed)
        ]
    );
    assert_eq!(about.unwrap().as_str(), "7@mensah.example");
}

#[test]
fn a_returned_message_names_the_message_as_well_as_returned_headers_do() {
    let got = report(
        "Final-Recipient: rfc822; ama@okafor.example\r\nAction: failed\r\n",
        "Content-Type: message/rfc822\r\n\r\nMessage-ID: <8@mensah.example>\r\n\r\nbody",
    );
    let Origin::DeliveryReport { about, .. } = got else { panic!("{got:?}") };
    assert_eq!(about.unwrap().as_str(), "8@mensah.example");
}

#[test]
fn an_old_bounce_without_fields_is_a_delivery_report() {
    let raw = "Return-Path: <>\r\nFrom: MAILER-DAEMON@mx.example\r\nSubject: failure notice\r\n\r\n\
        Hi. This is the program at mx.example.\r\n\r\n<ama@okafor.example>:\r\nNo such user.\r\n\r\n\
        --- Below this line is a copy of the message.\r\n\r\nMessage-ID: <9@mensah.example>\r\n";
    let Origin::DeliveryReport { statuses, about } = parsed(raw.as_bytes()).origin else {
        panic!()
    };
    assert_eq!(statuses.len(), 1);
    assert_eq!(about.unwrap().as_str(), "9@mensah.example");
}

#[test]
fn a_person_with_a_report_inside_a_forward_stays_a_person() {
    let got = origin(
        "Content-Type: multipart/mixed; boundary=a\r\n",
        "--a\r\n\r\nWhy did this bounce?\r\n--a\r\nContent-Type: message/rfc822\r\n\r\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\
         Content-Type: message/delivery-status\r\n\r\nAction: failed\r\n--b--\r\n--a--\r\n",
    );
    assert_eq!(got, Origin::Person);
}

#[test]
fn a_person_who_passes_a_bounce_or_a_receipt_on_stays_a_person() {
    for kind in ["message/delivery-status", "message/disposition-notification"] {
        let body = format!(
            "--a\r\n\r\nWhat does this mean? Did you get my letter?\r\n--a\r\nContent-Type: {kind}\r\n\r\n\
             Final-Recipient: rfc822; x@y.example\r\nAction: failed\r\n--a--\r\n"
        );
        for head in ["", "Return-Path: <ama@okafor.example>\r\n"] {
            let got =
                origin(&format!("{head}Content-Type: multipart/mixed; boundary=a\r\n"), &body);
            assert_eq!(got, Origin::Person, "{kind}");
        }
        let daemon = format!(
            "Return-Path: <>\r\nFrom: postmaster@mx.example\r\nContent-Type: multipart/mixed; boundary=a\r\n\r\n{body}"
        );
        assert_ne!(parsed(daemon.as_bytes()).origin, Origin::Person, "{kind}");
    }
}

#[test]
fn a_read_receipt_is_one() {
    let got = origin(
        "Content-Type: multipart/report; report-type=disposition-notification; boundary=b\r\n",
        "--b\r\n\r\nRead.\r\n--b\r\nContent-Type: message/disposition-notification\r\n\r\nDisposition: x\r\n--b--\r\n",
    );
    assert_eq!(got, Origin::ReadReceipt);
}

#[test]
fn an_invitation_asks_and_its_answer_does_not() {
    let calendar = |method: &str| {
        let kind = format!("Content-Type: text/calendar; method={method}; charset=utf-8\r\n");
        origin(&kind, "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n")
    };
    assert_eq!(calendar("REQUEST"), Origin::Invitation);
    assert_eq!(calendar("reply"), Origin::InvitationReply);
    assert_eq!(calendar("CANCEL"), Origin::Person);
    let inside = origin(
        "Content-Type: text/calendar\r\n",
        "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n",
    );
    assert_eq!(inside, Origin::Invitation);
    // A calendar program that says it is automatic still carries a person's request.
    let auto = origin(
        "Auto-Submitted: auto-generated\r\nContent-Type: text/calendar; method=REQUEST\r\n",
        "BEGIN:VCALENDAR",
    );
    assert_eq!(auto, Origin::Invitation);
}

#[test]
fn weak_signs_are_told_apart_and_stay_weak() {
    for (header, signal) in [
        ("List-Id: <x.example>\r\n", WeakSignal::List),
        ("List-Unsubscribe: <https://x.example>\r\n", WeakSignal::List),
        ("Precedence: list\r\n", WeakSignal::List),
        ("Precedence: bulk\r\n", WeakSignal::Bulk),
        ("X-Auto-Response-Suppress: OOF\r\n", WeakSignal::ResponseSuppressed),
    ] {
        assert_eq!(origin(header, "Hello"), Origin::Weak(signal), "{header}");
    }
    for local in ["no-reply", "noreply", "do-not-reply", "DoNotReply", "billing-noreply"] {
        let raw = format!("From: {local}@x.example\r\n\r\nHello");
        assert_eq!(parsed(raw.as_bytes()).origin, Origin::Weak(WeakSignal::NoReply), "{local}");
    }
}
