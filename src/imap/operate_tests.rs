//! The commands word by word, and what each kind of answer leads to.

#![allow(clippy::arithmetic_side_effects, reason = "small numbers of a test")]

use super::*;
use crate::imap::session::script::session;

fn folder(name: &str) -> Folder {
    Folder { wire: name.to_owned(), name: name.to_owned() }
}

fn step(id: i64, uid: u32, resumed: bool) -> Step {
    Step {
        id: OperationId::new(id),
        at: Some((7, uid)),
        message_id: MessageId::new(&format!("m{uid}@x")),
        size: 100,
        resumed,
    }
}

fn archive(steps: Vec<Step>) -> Batch {
    let deed = Deed::Move { to: folder("Archive") };
    Batch { mailbox: RawName::new("INBOX"), deed, steps }
}

/// What a server says, command by command, and what it heard.
fn run(offers: &str, says: &[&str], batch: &Batch) -> (Vec<String>, String, Result<(), ImapError>) {
    let mut words = String::new();
    for (n, answer) in says.iter().enumerate() {
        words.push_str(&answer.replace("TAG", &format!("z{}", n + 3)));
    }
    let (mut session, script) = session(offers, &words);
    let mut endings = Endings::new();
    let end = session.operate(batch, &mut endings);
    let told = endings.iter().map(|(id, ending)| format!("{id} {}", word(ending))).collect();
    (told, script.heard(), end)
}

fn word(ending: &Ending) -> String {
    match ending {
        Ending::Done { target, left } => format!("done {target:?} {left:?}"),
        Ending::Added { .. } => "added".to_owned(),
        Ending::MarkedDeleted { .. } => "marked".to_owned(),
        Ending::Gone => "gone".to_owned(),
        Ending::Differs => "differs".to_owned(),
        Ending::Ambiguous => "ambiguous".to_owned(),
        Ending::ReadOnly => "read-only".to_owned(),
        Ending::NoFolder(_) => "no folder".to_owned(),
        Ending::Refused(_) => "refused".to_owned(),
        Ending::Unsure => "unsure".to_owned(),
        Ending::Overtaken => "overtaken".to_owned(),
        Ending::Later { .. } => "later".to_owned(),
    }
}

const SELECTED: &str = "* 9 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\nTAG OK [READ-WRITE] x\r\n";
const EXAMINED: &str = "* 9 EXISTS\r\n* OK [UIDVALIDITY 8] x\r\nTAG OK [READ-ONLY] x\r\n";
const OK: &str = "TAG OK x\r\n";

fn shows(uid: u32, id: &str) -> String {
    format!(
        "* 1 FETCH (UID {uid} RFC822.SIZE 100 INTERNALDATE \"17-Jul-1996 02:44:25 -0700\" \
         BODY[HEADER.FIELDS (MESSAGE-ID)] {{{}}}\r\nMessage-ID: <{id}>\r\n\r\n)\r\nTAG OK x\r\n",
        id.len() + 18
    )
}

#[test]
fn a_move_reads_the_message_id_again_and_names_its_uid_only() {
    let says = [SELECTED, &shows(4, "m4@x"), "* OK [COPYUID 8 4 31] x\r\nTAG OK x\r\n"];
    let (told, heard, _) = run("MOVE UIDPLUS", &says, &archive(vec![step(1, 4, false)]));
    assert_eq!(told, ["1 done Some((8, 31)) Some(4)"]);
    assert!(heard.contains("UID MOVE 4 \"Archive\"\r\n") && !heard.contains("EXPUNGE"), "{heard}");
}

#[test]
fn another_message_under_the_uid_is_not_touched() {
    let says = [SELECTED, &shows(4, "other@x")];
    let (told, heard, _) = run("MOVE UIDPLUS", &says, &archive(vec![step(1, 4, false)]));
    assert_eq!(told, ["1 differs"]);
    assert!(!heard.contains("MOVE 4") && !heard.contains("STORE"), "{heard}");
}

#[test]
fn without_move_it_is_copied_looked_at_and_only_then_removed() {
    let says = [
        SELECTED,
        &shows(4, "m4@x"),
        SELECTED,
        "TAG OK [COPYUID 8 4 31] x\r\n",
        EXAMINED,
        &shows(31, "m4@x"),
        SELECTED,
        &shows(4, "m4@x"),
        OK,
        OK,
    ];
    let (told, heard, end) = run("UIDPLUS", &says, &archive(vec![step(1, 4, false)]));
    end.unwrap();
    assert_eq!(told, ["1 done Some((8, 31)) Some(4)"]);
    let order = ["UID COPY 4", "EXAMINE \"Archive\"", "UID FETCH 31", "+FLAGS (\\Deleted)"];
    let places: Vec<usize> = order.iter().map(|what| heard.find(what).unwrap()).collect();
    assert!(places.is_sorted(), "{heard}");
    assert!(heard.ends_with("UID EXPUNGE 4\r\n"), "{heard}");
}

#[test]
fn a_copy_that_is_not_there_leaves_the_original_alone() {
    let says =
        [SELECTED, &shows(4, "m4@x"), SELECTED, "TAG OK [COPYUID 8 4 31] x\r\n", EXAMINED, OK];
    let (told, heard, _) = run("UIDPLUS", &says, &archive(vec![step(1, 4, false)]));
    assert_eq!(told, ["1 unsure"]);
    assert!(!heard.contains("Deleted"), "{heard}");
}

#[test]
fn without_uidplus_the_original_stays_marked_and_no_plain_expunge_is_sent() {
    let says = [
        SELECTED,
        &shows(4, "m4@x"),
        SELECTED,
        OK,
        EXAMINED,
        "* SEARCH 31\r\nTAG OK x\r\n",
        &shows(31, "m4@x"),
        SELECTED,
        &shows(4, "m4@x"),
        OK,
    ];
    let (told, heard, end) = run("", &says, &archive(vec![step(1, 4, false)]));
    end.unwrap();
    assert_eq!(told, ["1 marked"]);
    assert!(!heard.contains("EXPUNGE") && !heard.contains("CLOSE"), "{heard}");
}

#[test]
fn what_was_copied_before_the_line_broke_is_not_copied_again() {
    let says = [
        SELECTED,
        &shows(4, "m4@x"),
        EXAMINED,
        "* SEARCH 31\r\nTAG OK x\r\n",
        &shows(31, "m4@x"),
        &shows(31, "m4@x"),
        SELECTED,
        &shows(4, "m4@x"),
        OK,
        OK,
    ];
    let (told, heard, end) = run("UIDPLUS", &says, &archive(vec![step(1, 4, true)]));
    end.unwrap();
    assert_eq!(told, ["1 done Some((8, 31)) Some(4)"]);
    assert!(!heard.contains("COPY"), "{heard}");
}

#[test]
fn what_left_before_the_line_broke_is_found_where_it_went() {
    let says = [SELECTED, OK, EXAMINED, "* SEARCH 31\r\nTAG OK x\r\n", &shows(31, "m4@x")];
    let (told, _, end) = run("MOVE UIDPLUS", &says, &archive(vec![step(1, 4, true)]));
    end.unwrap();
    assert_eq!(told, ["1 done None Some(4)"]);
}

#[test]
fn an_ok_without_copyuid_is_not_believed() {
    // Cyrus answers OK to the MOVE of a message that is gone.
    let says = [SELECTED, &shows(4, "m4@x"), OK, SELECTED, &shows(4, "m4@x")];
    let (told, _, _) = run("MOVE UIDPLUS", &says, &archive(vec![step(1, 4, false)]));
    assert_eq!(told, ["1 unsure"]);
}

#[test]
fn a_server_that_advertises_uid_expunge_and_refuses_it_leaves_the_original_marked() {
    let says = [
        SELECTED,
        &shows(4, "m4@x"),
        SELECTED,
        "TAG OK [COPYUID 8 4 31] x\r\n",
        EXAMINED,
        &shows(31, "m4@x"),
        SELECTED,
        &shows(4, "m4@x"),
        OK,
        "TAG NO not here\r\n",
    ];
    let (told, _, end) = run("UIDPLUS", &says, &archive(vec![step(1, 4, false)]));
    end.unwrap();
    assert_eq!(told, ["1 marked"]);
}

#[test]
fn a_refusal_of_each_kind_has_its_own_ending_and_keeps_the_connection() {
    for (answer, expected) in [
        ("TAG NO [TRYCREATE] no such mailbox\r\n", "1 no folder"),
        ("TAG NO [NOPERM] not you\r\n", "1 refused"),
        ("TAG BAD what\r\n", "1 refused"),
        ("TAG NO [OVERQUOTA] full\r\n", "1 later"),
    ] {
        let says = [SELECTED, &shows(4, "m4@x"), answer];
        let (told, _, end) = run("MOVE UIDPLUS", &says, &archive(vec![step(1, 4, false)]));
        end.unwrap();
        assert_eq!(told, [expected]);
    }
}

#[test]
fn a_mailbox_that_may_only_be_read_is_left_alone() {
    let read_only = "* 9 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\nTAG OK [READ-ONLY] x\r\n";
    let (told, heard, _) = run("MOVE", &[read_only], &archive(vec![step(1, 4, false)]));
    assert_eq!(told, ["1 read-only"]);
    assert!(!heard.contains("MOVE"), "{heard}");
}

#[test]
fn copyuid_pairs_its_sets_in_order() {
    let mut copied = Copied::default();
    let code = Some("COPYUID 8 4:6,9 31:33,40".to_owned());
    copied.take(&StatusLine { condition: Condition::Ok, code, text: Confidential::from("") });
    assert_eq!(copied.target_of(5), Some((8, 32)));
    assert_eq!(copied.target_of(9), Some((8, 40)));
    assert_eq!(copied.target_of(7), None);
}
