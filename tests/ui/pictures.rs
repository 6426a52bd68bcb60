//! Snapshots: each screen at three sizes, empty, full, with wide and long names, and in error.

use matterbox::{
    app::{
        attach::Completion,
        event::{Event, LinkState, Severity, Tone},
    },
    tui::Msg,
};

use crate::{
    desk::{Desk, enclosure, finding, sheet},
    office::{Office, kept_rows, text},
};

const SMALL: (u16, u16) = (60, 15);
const USUAL: (u16, u16) = (80, 24);
const LARGE: (u16, u16) = (120, 40);

/// A picture of each size after these keys.
fn sizes(name: &str, office: &Office, keys: &str) {
    for (size, label) in [(SMALL, "60x15"), (USUAL, "80x24"), (LARGE, "120x40")] {
        let mut desk = Desk::at(office.clone(), size);
        if !keys.is_empty() {
            desk.keys(keys);
        }
        insta::assert_snapshot!(format!("{name}-{label}"), desk.picture());
    }
}

#[test]
fn due() {
    sizes("due-full", &Office::full(), "j");
    sizes("due-empty", &Office::empty(), "");
    sizes("due-first", &Office::first(), "");
    sizes("due-wide-names", &Office::wide_and_long(), "j");
}

#[test]
fn inbox() {
    sizes("inbox-full", &Office::full(), "2 j x");
    sizes("inbox-empty", &Office::empty(), "2");
    sizes("inbox-wide-names", &Office::wide_and_long(), "2");
}

#[test]
fn untagged() {
    sizes("untagged-full", &Office::full(), "3");
    sizes("untagged-empty", &Office::empty(), "3");
    sizes("untagged-wide-names", &Office::wide_and_long(), "3");
}

#[test]
fn matters() {
    sizes("matters-full", &Office::full(), "4");
    sizes("matters-empty", &Office::empty(), "4");
    sizes("matters-wide-names", &Office::wide_and_long(), "4");
    sizes("matter-open", &Office::full(), "4 j enter");
}

#[test]
fn outbox() {
    sizes("outbox-full", &Office::full(), "5");
    sizes("outbox-empty", &Office::empty(), "5");
    sizes("outbox-wide-names", &Office::wide_and_long(), "5 j j");
}

#[test]
fn record() {
    sizes("record-empty", &Office::empty(), "6");
    sizes("record-folders", &Office::full(), "6 tab j enter");
    sizes("record-full", &Office::full(), "6 l a n d l o r d enter");
    let mut confused = Office::full();
    confused.hits.clear();
    confused.complaint =
        Some(text("\"befor:\" is not a word of the search; did you mean before:?"));
    sizes("record-error", &confused, "6 b e f o r :");
}

#[test]
fn thread() {
    sizes("thread-full", &Office::full(), "j enter");
    sizes("thread-wide-names", &Office::wide_and_long(), "j enter");
    sizes("thread-unfolded", &Office::full(), "j enter v k k k k enter");
    let mut gone = Office::full();
    gone.threads.clear();
    sizes("thread-gone", &gone, "enter");
}

#[test]
fn compose() {
    for (size, label) in [(SMALL, "60x15"), (USUAL, "80x24"), (LARGE, "120x40")] {
        let mut desk = Desk::full(size);
        desk.writes().types("Dear Kofi,\n").keys("enter").types(
            "no, he cannot make you leave on the first. Only the court can order that. We answer their claim on Friday.",
        );
        insta::assert_snapshot!(format!("compose-{label}"), desk.picture());
        desk.keys("shift-tab shift-tab");
        insta::assert_snapshot!(format!("compose-fields-{label}"), desk.picture());
        desk.keys("ctrl-s").hears(Event::Reviewed {
            draft: crate::desk::sheet().draft.id,
            findings: vec![
                finding(
                    "opposing",
                    Severity::Confirm,
                    "P. Lindqvist is opposing counsel; this goes to your client as well.",
                ),
                finding(
                    "attachment",
                    Severity::Confirm,
                    "You wrote \"attached\", but nothing is attached.",
                ),
                finding("note", Severity::Note, "The subject names the matter's number."),
            ],
            footer: crate::desk::sheet().footer,
            recipients: vec![],
        });
        insta::assert_snapshot!(format!("compose-findings-{label}"), desk.picture());
    }
}

/// A file as it was read for the draft.
fn arrives(desk: &mut Desk, name: &str, size: usize) {
    let file = enclosure(name, size);
    desk.give(Msg::Attached { draft: sheet().draft.id, file: Ok(file) });
}

#[test]
fn files_labels_and_promises_in_the_composer() {
    for (size, label) in [(SMALL, "60x15"), (USUAL, "80x24"), (LARGE, "120x40")] {
        let mut desk = Desk::full(size);
        desk.writes().types("Dear Kofi,").keys("ctrl-a").types("~/Le").keys("tab");
        desk.give(Msg::Completed {
            typed: "~/Le".into(),
            found: Completion {
                text: "~/Lease".to_owned(),
                names: vec!["Lease 2019.pdf".to_owned(), "Lease annex.pdf".to_owned()],
            },
        });
        insta::assert_snapshot!(format!("compose-attach-names-{label}"), desk.picture());
        desk.types(" 2019.pdf").keys("enter");
        for (name, size) in
            [("Lease 2019.pdf", 48_200), ("契約書 Anhang.docx", 1_312_000), ("plan.png", 2_000)]
        {
            arrives(&mut desk, name, size);
        }
        arrives(&mut desk, "notes of the meeting with the landlord's agent in November.txt", 900);
        insta::assert_snapshot!(format!("compose-attach-{label}"), desk.picture());
        desk.keys("enter ctrl-p ctrl-d");
        insta::assert_snapshot!(format!("compose-day-{label}"), desk.picture());
        desk.keys("enter");
        insta::assert_snapshot!(format!("compose-carrying-{label}"), desk.picture());
        desk.keys("ctrl-s");
        let mut opposing = finding(
            "opposing-on-privileged:pl@harlowlaw.example",
            Severity::Confirm,
            "pl@harlowlaw.example is outside the privilege, and this conversation is privileged.",
        );
        opposing.word = Some(text("2026-0121"));
        desk.hears(Event::Reviewed {
            draft: sheet().draft.id,
            findings: vec![opposing],
            footer: sheet().footer,
            recipients: vec![],
        });
        insta::assert_snapshot!(format!("compose-typed-{label}"), desk.picture());
        desk.keys("1").types("2026-0122").keys("enter");
        insta::assert_snapshot!(format!("compose-word-{label}"), desk.picture());
    }
}

#[test]
fn a_new_message_or_a_kept_one() {
    let mut office = Office::full();
    office.kept = kept_rows();
    sizes("layer-drafts", &office, "2 c");
}

#[test]
fn layers() {
    sizes("layer-help", &Office::full(), "?");
    sizes("layer-palette", &Office::full(), ": t a g");
    sizes("layer-picker", &Office::full(), "3 t");
    sizes("layer-dismiss", &Office::full(), "D");
    sizes("layer-explain", &Office::full(), "j !");
    sizes("layer-raw", &Office::full(), "j enter |");
    sizes("layer-settle", &Office::full(), "5 Y");
}

#[test]
fn mail_arrives_and_the_line_goes_down() {
    for (size, label) in [(SMALL, "60x15"), (USUAL, "80x24"), (LARGE, "120x40")] {
        let mut desk = Desk::full(size);
        desk.link(LinkState::Syncing { stored: 120, total: 400 });
        insta::assert_snapshot!(format!("syncing-{label}"), desk.picture());
        let reason = text("mail.northgate.example did not answer");
        desk.link(LinkState::Waiting { reason, retry_seconds: 40 });
        insta::assert_snapshot!(format!("offline-{label}"), desk.picture());
        desk.link(LinkState::Online);
        desk.told(
            Tone::Problem,
            "The certificate of imap.firm.example is not trusted. Nothing was sent.",
        );
        insta::assert_snapshot!(format!("notice-{label}"), desk.picture());
    }
}

#[test]
fn a_very_large_window() {
    for (name, keys) in [("due", "j"), ("inbox", "2"), ("thread", "j enter")] {
        let mut desk = Desk::full((200, 60));
        insta::assert_snapshot!(format!("{name}-full-200x60"), desk.keys(keys).picture());
    }
}

#[test]
fn privacy() {
    sizes("privacy", &Office::full(), "p");
}

#[test]
fn a_window_that_is_too_small_says_so() {
    let mut desk = Desk::full((40, 10));
    insta::assert_snapshot!("too-small", desk.picture());
}
