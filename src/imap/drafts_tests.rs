//! The commands word by word: what is appended, what is looked at before anything goes, and when nothing is touched.

#![allow(clippy::arithmetic_side_effects, reason = "small numbers of a test")]

use super::*;
use crate::imap::session::script::session;

const OK: &str = "TAG OK x\r\n";
const OPEN: &str = "* 9 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\nTAG OK [READ-WRITE] x\r\n";
const TAKES: &str = "+ go\r\nTAG OK [APPENDUID 7 9] x\r\n";

fn shows(uid: u32, id: &str, flags: &str) -> String {
    format!(
        "* 1 FETCH (UID {uid} FLAGS ({flags}) RFC822.SIZE 100 BODY[HEADER.FIELDS (MESSAGE-ID)] \
         {{{}}}\r\nMessage-ID: <{id}>\r\n\r\n)\r\nTAG OK x\r\n",
        id.len() + 18
    )
}

fn new(resumed: bool) -> NewVersion {
    NewVersion {
        copy: DraftCopyId::new(2),
        mailbox: RawName::new("Drafts"),
        message_id: MessageId::new("new@x").unwrap(),
        bytes: Confidential::new(b"Subject: x\r\n\r\nhi".to_vec()),
        at: "2026-11-24T10:00:00Z".parse().unwrap(),
        resumed,
    }
}

fn old(doubtful: bool) -> OldVersion {
    OldVersion {
        copy: DraftCopyId::new(1),
        mailbox: RawName::new("Drafts"),
        message_id: MessageId::new("old@x").unwrap(),
        at: (!doubtful).then_some((7, 5)),
        size: (!doubtful).then_some(100),
        doubtful,
        resumed: false,
    }
}

fn work(put: Option<NewVersion>, remove: Vec<OldVersion>) -> DraftWork {
    DraftWork { ids: vec![OperationId::new(1)], put, remove }
}

fn run(offers: &str, says: &[&str], work: &DraftWork) -> (DraftReport, String) {
    let mut words = String::new();
    for (n, answer) in says.iter().enumerate() {
        words.push_str(&answer.replace("TAG", &format!("z{}", n + 3)));
    }
    let (mut session, script) = session(offers, &words);
    let mut report = DraftReport::default();
    session.keep_draft(work, &mut report).unwrap();
    (report, script.heard())
}

#[test]
fn a_first_version_is_appended_as_a_draft_and_looked_at() {
    let says = [TAKES, OPEN, &shows(9, "new@x", "\\Draft")];
    let (report, heard) = run("UIDPLUS", &says, &work(Some(new(false)), vec![]));
    let placed = PlacedVersion { copy: DraftCopyId::new(2), at: (7, 9), size: Some(100) };
    assert_eq!(report.placed, Some(placed));
    assert!(matches!(report.ending, Some(Ending::Done { .. })));
    let appended =
        "z3 APPEND \"Drafts\" (\\Draft \\Seen) \"24-Nov-2026 10:00:00 +0000\" {16}\r\nSubject: x";
    assert!(heard.contains(appended), "{heard}");
}

#[test]
fn an_older_version_goes_after_the_new_one_lies_there_and_only_that_uid() {
    let mine = shows(5, "old@x", "\\Seen");
    let says = [OPEN, &mine, TAKES, OPEN, &shows(9, "new@x", ""), OPEN, &mine, OK, OK];
    let (report, heard) = run("UIDPLUS", &says, &work(Some(new(false)), vec![old(false)]));
    assert_eq!(report.removed, [DraftCopyId::new(1)]);
    assert!(report.placed.is_some() && report.lost.is_empty());
    let ends = "UID STORE 5 +FLAGS (\\Deleted)\r\nz11 UID EXPUNGE 5\r\n";
    assert!(heard.ends_with(ends), "{heard}");
    assert!(heard.find("APPEND") < heard.find("STORE 5"));
}

#[test]
fn a_version_that_another_program_replaced_is_not_overwritten() {
    for there in [OK.to_owned(), shows(5, "other@x", ""), shows(5, "old@x", "\\Deleted")] {
        let (report, heard) =
            run("UIDPLUS", &[OPEN, &there], &work(Some(new(false)), vec![old(false)]));
        assert!(matches!(report.ending, Some(Ending::Overtaken)));
        assert_eq!((report.placed, report.lost), (None, vec![DraftCopyId::new(1)]));
        assert!(!heard.contains("APPEND") && !heard.contains("STORE"), "{heard}");
    }
}

#[test]
fn a_version_that_is_replaced_while_the_new_one_is_appended_is_not_removed() {
    let says = [
        OPEN,
        &shows(5, "old@x", ""),
        TAKES,
        OPEN,
        &shows(9, "new@x", ""),
        OPEN,
        &shows(5, "other@x", ""),
    ];
    let (report, heard) = run("UIDPLUS", &says, &work(Some(new(false)), vec![old(false)]));
    assert!(report.placed.is_some() && matches!(report.ending, Some(Ending::Overtaken)));
    assert!(!heard.contains("STORE"), "{heard}");
}

#[test]
fn a_version_of_which_the_end_was_not_known_is_found_and_not_appended_a_second_time() {
    let says = [OPEN, "* SEARCH 9\r\nTAG OK x\r\n", &shows(9, "new@x", "")];
    let (report, heard) = run("UIDPLUS", &says, &work(Some(new(true)), vec![]));
    assert_eq!(report.placed.map(|placed| placed.at), Some((7, 9)));
    assert!(!heard.contains("APPEND"), "{heard}");
}

#[test]
fn a_version_that_may_never_have_come_there_is_gone_when_nobody_finds_it() {
    let says = [OPEN, "* SEARCH\r\nTAG OK x\r\n"];
    let (report, _) = run("UIDPLUS", &says, &work(None, vec![old(true)]));
    assert_eq!((report.removed, report.lost.len()), (vec![DraftCopyId::new(1)], 0));
    assert!(matches!(report.ending, Some(Ending::Done { .. })));
}

#[test]
fn what_is_gone_after_the_line_broke_went_by_our_doing_only_if_the_new_one_lies_there() {
    let found = "* SEARCH 9\r\nTAG OK x\r\n";
    let again = || OldVersion { resumed: true, ..old(false) };
    let says = [OPEN, found, &shows(9, "new@x", ""), OPEN, OK];
    let (report, _) = run("UIDPLUS", &says, &work(Some(new(true)), vec![again()]));
    assert_eq!((report.removed, report.lost.len()), (vec![DraftCopyId::new(1)], 0));
    let says = [OPEN, "* SEARCH\r\nTAG OK x\r\n", OPEN, OK];
    let (report, heard) = run("UIDPLUS", &says, &work(Some(new(true)), vec![again()]));
    assert!(matches!(report.ending, Some(Ending::Overtaken)));
    assert!(!heard.contains("APPEND"), "{heard}");
}

#[test]
fn what_we_had_marked_ourselves_when_the_line_broke_still_goes() {
    let marked = shows(5, "old@x", "\\Deleted");
    let again = OldVersion { resumed: true, ..old(false) };
    let says = [OPEN, &marked, OPEN, &marked, OK, OK];
    let (report, heard) = run("UIDPLUS", &says, &work(None, vec![again]));
    assert_eq!(report.removed, [DraftCopyId::new(1)]);
    assert!(heard.ends_with("UID EXPUNGE 5\r\n"), "{heard}");
}

#[test]
fn without_uidplus_the_old_version_is_only_marked() {
    let mine = shows(5, "old@x", "\\Seen");
    let (report, heard) = run("", &[OPEN, &mine, OPEN, &mine, OK], &work(None, vec![old(false)]));
    assert_eq!(report.removed, [DraftCopyId::new(1)]);
    assert!(heard.contains("STORE 5") && !heard.contains("EXPUNGE"), "{heard}");
}

#[test]
fn a_server_that_takes_no_draft_says_why_and_nothing_goes() {
    let says = [OPEN, &shows(5, "old@x", ""), "TAG NO too large\r\n"];
    let (report, heard) = run("UIDPLUS", &says, &work(Some(new(false)), vec![old(false)]));
    assert!(matches!(report.ending, Some(Ending::Refused(_))));
    assert!(report.removed.is_empty() && !heard.contains("STORE"), "{heard}");
}
