//! What a person does to a conversation, at servers with quirks (the tables of the designs, row by row): it happens once,
//! to that message and no other, or a sentence says why not; and nothing is lost on the way.

use jiff::SignedDuration;
use matterbox::{app::operate::Target, domain::operation::Folder as Name, imap::plan::Depth};

use crate::{
    bureau::{Bureau, letters},
    support::scripted::{Act, Folder, Scripted, State},
};

/// The capabilities that decide how a message is moved.
const MOVE: &str = "MOVE UIDPLUS";
const COPY: &str = "UIDPLUS";
const NEITHER: &str = "";

fn archive() -> Folder {
    Folder::new("Archive").listed("(\\Archive) \"/\" \"Archive\"")
}

/// A server with three letters in INBOX and two others in Archive, so that the UIDs there are other ones.
fn server(capabilities: &str) -> Scripted {
    let mail = letters(5);
    let inbox = Folder::new("INBOX").with(&mail[..3]);
    Scripted::start(capabilities, [inbox, archive().with(&mail[3..])])
}

/// An office that is in step with it and wants "Lease 2" archived.
fn wants_it_archived(server: &Scripted) -> Bureau {
    let bureau = Bureau::at(server.port);
    bureau.sync();
    bureau.archive(&["Lease 2"]);
    assert!(!bureau.inbox_has("Lease 2"), "it leaves the Inbox at once");
    bureau
}

fn uids(server: &Scripted, folder: &str) -> Vec<u32> {
    server.holds(folder).into_iter().map(|(uid, _)| uid).collect()
}

/// Every letter is there, once, and every ledger says what the server has.
fn closes(server: &Scripted, bureau: &Bureau) {
    let mut sent = letters(5);
    sent.sort();
    let picture = bureau.picture();
    assert!(picture.letters == sent, "{} letters", picture.letters.len());
    assert!(picture.threads.iter().all(|(_, messages)| *messages == 1), "{:?}", picture.threads);
    for folder in ["INBOX", "Archive"] {
        let lines = bureau.ledger(folder);
        assert_eq!(lines.stored, uids(server, folder), "{folder}");
        assert!(lines.pending.is_empty() && lines.failed.is_empty(), "{folder}: {lines:?}");
    }
    // It would remove what other programs have marked.
    assert_eq!(server.count("EXPUNGE") + server.count("CLOSE"), 0);
}

#[test]
fn a_move_ends_the_same_with_move_and_with_copy_and_uid_expunge() {
    for capabilities in [MOVE, COPY] {
        let server = server(capabilities);
        let bureau = wants_it_archived(&server);
        bureau.sync();
        assert_eq!((uids(&server, "INBOX"), uids(&server, "Archive")), (vec![1, 3], vec![1, 2, 3]));
        assert!(server.state().folder("Archive").mail[2].bytes == letters(5)[1]);
        assert_eq!((bureau.open(), bureau.told.lock().unwrap().len()), (Vec::new(), 0));
        bureau.sync();
        closes(&server, &bureau);
        assert!(!bureau.inbox_has("Lease 2"));
    }
}

#[test]
fn a_server_that_cannot_remove_single_messages_keeps_the_original_marked_and_nothing_is_expunged() {
    let server = server(NEITHER);
    // Another program has marked something: it is none of ours.
    "\\Deleted".clone_into(&mut server.state().folder("INBOX").mail[0].flags);
    let bureau = wants_it_archived(&server);
    bureau.sync();
    bureau.sync();
    assert_eq!(uids(&server, "Archive"), [1, 2, 3]);
    let there = server.holds("INBOX");
    assert_eq!(there.len(), 3);
    assert_eq!(there[1].1, "\\Deleted");
    assert!(bureau.told.lock().unwrap()[0].contains("cannot remove single messages"));
    closes(&server, &bureau);
}

#[test]
fn proton_bridge_advertises_uidplus_and_refuses_uid_expunge() {
    for answer in ["{tag} NO [CANNOT] not supported\r\n", "{tag} BAD unknown command\r\n"] {
        let server = server(COPY).always("UID EXPUNGE", Act::answer(answer));
        let bureau = wants_it_archived(&server);
        bureau.sync();
        bureau.sync();
        assert_eq!(server.holds("INBOX")[1], (2, "\\Deleted".to_owned()));
        assert_eq!(uids(&server, "Archive"), [1, 2, 3], "one copy, however often it is looked at");
        assert!(bureau.told.lock().unwrap()[0].contains("cannot remove single messages"));
        assert!(!bureau.inbox_has("Lease 2") && bureau.open().is_empty());
        closes(&server, &bureau);
    }
}

/// The server gives the letters of INBOX other UIDs under the same UIDVALIDITY.
fn renumber(state: &mut State) {
    let folder = state.folder("INBOX");
    folder.mail.rotate_left(1);
    for (uid, mail) in (1..).zip(&mut folder.mail) {
        mail.uid = uid;
    }
}

#[test]
fn proton_bridge_changes_the_uids_before_a_move_and_no_other_letter_is_moved() {
    for capabilities in [MOVE, COPY, NEITHER] {
        let server = server(capabilities);
        let bureau = wants_it_archived(&server);
        renumber(&mut server.state());
        bureau.pass(Depth::Recent).unwrap();
        assert_eq!((uids(&server, "INBOX"), uids(&server, "Archive").len()), (vec![1, 2, 3], 2));
        assert!(server.holds("INBOX").iter().all(|(_, flags)| flags.is_empty()));
        let told = bureau.told.lock().unwrap().clone();
        assert!(told[0].contains("another message in its place"), "{told:?}");
        assert!(bureau.inbox_has("Lease 2"), "what did not happen is shown as it is");
    }
}

#[test]
fn the_uids_change_between_the_copy_and_the_removal_and_no_other_letter_is_removed() {
    // While the copy is looked at.
    let server = server(COPY).once("UID FETCH 3 ", Act::change(renumber));
    let bureau = wants_it_archived(&server);
    bureau.pass(Depth::Recent).unwrap();
    assert_eq!(server.count("UID EXPUNGE"), 0);
    assert_eq!(uids(&server, "INBOX").len(), 3);
    assert!(server.holds("INBOX").iter().all(|(_, flags)| flags.is_empty()));
}

#[test]
fn cyrus_says_ok_to_the_move_of_a_message_that_is_gone_and_is_not_believed() {
    // Somebody removes it at the last moment.
    let server = server(MOVE)
        .once("UID MOVE", Act::change(|state| state.folder("INBOX").mail.retain(|m| m.uid != 2)));
    let bureau = wants_it_archived(&server);
    bureau.sync();
    assert_eq!((uids(&server, "INBOX"), uids(&server, "Archive")), (vec![1, 3], vec![1, 2]));
    let told = bureau.told.lock().unwrap().clone();
    assert!(told[0].contains("the copy could not be found"), "{told:?}");
    bureau.sync();
    closes(&server, &bureau);
}

#[test]
fn cyrus_says_ok_to_the_move_of_a_message_that_somebody_else_moved_to_the_same_place() {
    let server = server(MOVE).once(
        "UID MOVE",
        Act::change(|state| {
            let mail = state.folder("INBOX").mail.remove(1);
            state.folder("Archive").add(&mail.bytes);
        }),
    );
    let bureau = wants_it_archived(&server);
    bureau.sync();
    assert_eq!(uids(&server, "Archive"), [1, 2, 3]);
    assert_eq!((bureau.open(), bureau.told.lock().unwrap().clone()), (Vec::new(), Vec::new()));
    bureau.sync();
    closes(&server, &bureau);
}

/// A server whose COPYUID is changed like this, in whichever answer it comes.
fn copyuid_is(capabilities: &str, from: &'static str, to: &'static str) -> Scripted {
    let act = Act::replace(from, to);
    server(capabilities).always("UID MOVE", act.clone()).always("UID COPY", act)
}

#[test]
fn whatever_copyuid_says_the_letter_is_where_it_should_be_and_nothing_else_is_touched() {
    let says = "[COPYUID 7 2 3]";
    for to in [
        // Nothing; nothing that can be read; sets that do not fit; no UIDVALIDITY; other messages; ranges written backwards.
        "[COPYUID]",
        "[COPYUID 7 2 3:99999999]",
        "[COPYUID 7 2:3 3]",
        "[COPYUID 0 2 3]",
        "[COPYUID 7 1 1]",
        "[COPYUID 7 2 1]",
        "[COPYUID 7 2:2 3:3]",
        "[COPYUID 5000000000 2 3]",
        "[X-OTHER]",
    ] {
        for capabilities in [MOVE, COPY] {
            let server = copyuid_is(capabilities, says, to);
            let bureau = wants_it_archived(&server);
            bureau.sync();
            bureau.time.advance(SignedDuration::from_hours(1));
            bureau.sync();
            let there = server.holds("INBOX");
            assert!(there.iter().any(|(uid, _)| *uid == 1), "{capabilities} {to}");
            assert!(there.iter().any(|(uid, _)| *uid == 3), "{capabilities} {to}");
            assert!(there.iter().all(|(_, flags)| flags.is_empty()), "{capabilities} {to}");
            assert!(uids(&server, "Archive") == [1, 2, 3], "{capabilities} {to}");
            closes(&server, &bureau);
            // A lie about where it went costs no removal that is not proved.
            let (done, told) = (there.len() == 2, bureau.told.lock().unwrap().clone());
            assert!(
                done != told.iter().any(|told| told.contains("Nothing was removed")),
                "{to} {told:?}"
            );
        }
    }
}

#[test]
fn copyuid_may_come_in_the_other_answer() {
    // The tagged one for MOVE, an untagged one for COPY.
    for (capabilities, command, from, to) in [
        (MOVE, "UID MOVE", "* OK [COPYUID 7 2 3] moved\r\n", ""),
        (COPY, "UID COPY", " OK [COPYUID 7 2 3] copied", " OK copied"),
    ] {
        let act = Act::rewrite(move |answer| {
            let text = String::from_utf8(answer).unwrap().replace(from, to);
            if to.is_empty() {
                text.replace(" OK moved", " OK [COPYUID 7 2 3] moved").into()
            } else {
                format!("* OK [COPYUID 7 2 3] x\r\n{text}").into()
            }
        });
        let server = server(capabilities).always(command, act);
        let bureau = wants_it_archived(&server);
        bureau.sync();
        assert_eq!((uids(&server, "INBOX"), bureau.open()), (vec![1, 3], Vec::new()));
        assert!(bureau.told.lock().unwrap().is_empty());
        bureau.sync();
        closes(&server, &bureau);
    }
}

#[test]
fn microsoft_365_throttles_in_the_middle_of_a_move_and_the_letter_is_moved_later_and_once() {
    let throttled =
        "{tag} BAD Request is throttled. Suggested Backoff Time: 90000 milliseconds\r\n";
    for command in ["UID COPY", "UID STORE", "UID EXPUNGE", "SELECT"] {
        let server = server(COPY).once(command, Act::answer(throttled));
        let bureau = wants_it_archived(&server);
        bureau.pass(Depth::Recent).err();
        assert_eq!(bureau.open(), [("waiting", String::new())], "{command}");
        bureau.sync();
        assert_eq!(uids(&server, "INBOX"), [1, 2, 3], "{command}: it is obeyed");
        bureau.time.advance(SignedDuration::from_secs(91));
        bureau.sync();
        bureau.sync();
        assert_eq!(uids(&server, "INBOX"), [1, 3], "{command}");
        assert_eq!(uids(&server, "Archive"), [1, 2, 3], "{command}: one copy");
        assert!(bureau.open().is_empty());
        closes(&server, &bureau);
    }
}

#[test]
fn a_server_that_refuses_the_removal_gets_no_second_copy_when_a_person_tries_again() {
    let server = server(COPY).once("UID STORE", Act::answer("{tag} NO [NOPERM] not today\r\n"));
    let bureau = wants_it_archived(&server);
    bureau.sync();
    assert_eq!(bureau.open(), [("stuck", "refused".to_owned())]);
    bureau.retry_all();
    bureau.sync();
    bureau.sync();
    assert_eq!((uids(&server, "INBOX"), uids(&server, "Archive")), (vec![1, 3], vec![1, 2, 3]));
    closes(&server, &bureau);
}

#[test]
fn the_line_breaks_at_each_step_of_a_move_and_the_letter_is_moved_once() {
    for (capabilities, commands) in [
        (MOVE, &["SELECT", "UID FETCH 2 ", "UID MOVE"][..]),
        (COPY, &["UID COPY", "EXAMINE \"Archive\"", "UID STORE", "UID EXPUNGE"]),
    ] {
        for command in commands {
            // Before it is done, and after it but before the answer.
            for done in [false, true] {
                let act = if done { Act::HangUp } else { Act::leave("") };
                let server = server(capabilities);
                let bureau = wants_it_archived(&server);
                let server = server.once(command, act);
                assert!(bureau.pass(Depth::Recent).is_err(), "{command} {done}");
                bureau.time.advance(SignedDuration::from_hours(1));
                bureau.sync();
                bureau.sync();
                let there = (uids(&server, "INBOX"), uids(&server, "Archive"));
                assert_eq!(there, (vec![1, 3], vec![1, 2, 3]), "{command} {done}");
                assert!(bureau.open().is_empty(), "{command} {done}");
                closes(&server, &bureau);
            }
        }
    }
}

#[test]
fn a_target_that_is_not_there_is_told_and_nothing_is_touched() {
    for capabilities in [MOVE, COPY, NEITHER] {
        let server = server(capabilities);
        let bureau = wants_it_archived(&server);
        server.state().folders.retain(|folder| folder.name != "Archive");
        bureau.sync();
        assert_eq!(
            server.holds("INBOX"),
            (1..=3).map(|uid| (uid, String::new())).collect::<Vec<_>>()
        );
        assert_eq!(bureau.open(), [("stuck", "no-folder".to_owned())]);
        assert!(bureau.inbox_has("Lease 2"));
    }
}

#[test]
fn the_name_of_a_target_cannot_smuggle_a_command() {
    let odd = "a\" \"b\\c";
    for (wire, moved) in [(odd, true), ("x\r\nz9 DELETE INBOX", false)] {
        let server = server(MOVE);
        server.state().folders.push(Folder::new(odd));
        let bureau = Bureau::at(server.port);
        bureau.sync();
        let folder = Name { wire: wire.to_owned(), name: wire.to_owned() };
        let target = Target::Folder { account: bureau.account, folder };
        Bureau::wish(bureau.office.relocate(vec![bureau.thread("Lease 2")], target));
        bureau.sync();
        assert_eq!(server.state().folder(odd).mail.len(), usize::from(moved));
        assert_eq!(uids(&server, "INBOX").len(), if moved { 2 } else { 3 });
        assert!(!server.heard().iter().any(|line| line.starts_with("DELETE")));
    }
}

#[test]
fn cyrus_takes_no_empty_list_of_flags_and_wants_them_one_by_one() {
    let refused = |command: &str| {
        let list = command.split_once('(').map(|(_, list)| list.trim_end_matches(')'));
        command.contains("STORE")
            && list.is_none_or(|list| list.split(' ').count() != 1 || list.is_empty())
    };
    let server = server(MOVE).whenever(refused, Act::answer("{tag} BAD Invalid flag list\r\n"));
    let bureau = Bureau::at(server.port);
    bureau.sync();
    let threads = || vec![bureau.thread("Lease 1"), bureau.thread("Lease 3")];
    Bureau::wish(bureau.office.mark(threads(), true));
    Bureau::wish(bureau.office.star(threads(), true));
    bureau.sync();
    assert_eq!(server.holds("INBOX")[0].1, "\\Seen \\Flagged");
    assert_eq!(server.holds("INBOX")[1].1, "");
    Bureau::wish(bureau.office.mark(threads(), false));
    Bureau::wish(bureau.office.star(threads(), false));
    bureau.sync();
    assert!(server.holds("INBOX").iter().all(|(_, flags)| flags.is_empty()));
    assert!(bureau.open().is_empty() && bureau.told.lock().unwrap().is_empty());
}

#[test]
fn flags_that_another_program_set_stay_when_ours_come_and_go() {
    let server = server(MOVE);
    "$Forwarded \\Answered".clone_into(&mut server.state().folder("INBOX").mail[0].flags);
    let bureau = Bureau::at(server.port);
    bureau.sync();
    Bureau::wish(bureau.office.mark(vec![bureau.thread("Lease 1")], true));
    bureau.sync();
    assert_eq!(server.holds("INBOX")[0].1, "$Forwarded \\Answered \\Seen");
    Bureau::wish(bureau.office.mark(vec![bureau.thread("Lease 1")], false));
    bureau.sync();
    assert_eq!(server.holds("INBOX")[0].1, "$Forwarded \\Answered");
}
