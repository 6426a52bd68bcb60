//! Nothing of what clients wrote, of what was searched or drafted, stands in clear in any file or message of ours.

use std::process::{Command as Process, Output};

use matterbox::{
    app::{
        command::Command,
        rows::{Answer, Query},
    },
    config::{paths::Paths, settings::LogLevel},
    domain::{draft::ReplyKind, matter::Role},
};

use crate::{
    desk::{Home, Look, Setup},
    letters::Letter,
    support::servers::Servers,
};

/// Words that stand nowhere but in mail, drafts and searches.
const MARKERS: [&str; 9] = [
    "zqsubject",
    "zqbody",
    "zqperson",
    "zqaddress",
    "zqfile",
    "zqcontent",
    "zqsearch",
    "zqdraft",
    "zqmatter",
];

/// Where a marker stands in clear, in whatever case.
fn leaks(files: &[(String, Vec<u8>)], markers: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for (name, bytes) in files {
        let bytes = bytes.to_ascii_lowercase();
        for marker in markers {
            let wide: Vec<u8> = marker.bytes().flat_map(|byte| [byte, 0]).collect();
            let holds = |what: &[u8]| bytes.windows(what.len()).any(|window| window == what);
            if holds(marker.as_bytes()) || holds(&wide) {
                found.push(format!("{marker} in {name}"));
            }
        }
    }
    found
}

/// Runs the program as it is shipped.
pub fn run(home: &Home, arguments: &[&str]) -> Output {
    Process::new(env!("CARGO_BIN_EXE_matterbox"))
        .arg("--home")
        .arg(home.path())
        .args(arguments)
        .output()
        .unwrap()
}

#[test]
fn no_word_of_a_client_is_in_any_file_while_open_and_after() {
    let servers = Servers::get();
    let us = Servers::fresh_user();
    let from = "Zqperson Mensah <zqaddress@out.example>";
    let to = Servers::address(&us);
    for number in 0..20 {
        let letter = Letter::new(&format!("s{number}@out.example"), from, &to, "About zqsubject")
            .saying("The zqbody is secret.\n\nMay I?")
            .enclosing("zqfile.txt", "zqcontent");
        servers.deliver(&us, &letter.bytes());
    }
    let home = Home::new(&Setup::of(&us));
    matterbox::log::open(&Paths::inside(home.path()).log, LogLevel::Debug).unwrap();
    let mut desk = home.open();
    desk.online();
    let matter = desk.matter("2026-0001", "Zqmatter v. Harlow");
    desk.party("Zqperson Mensah", "zqaddress@out.example", (matter, Role::Client));
    let thread = desk.thread("s0@out.example");
    desk.ask(Command::Tag { threads: vec![thread], matter });
    for text in ["zqbody", "zqsearch", "from:zqaddress \"zqsubject", "file:zqfile.txt"] {
        let answer = desk.answer(Query::Search { text: text.into(), limit: 10 });
        assert!(matches!(answer, Answer::Search(_)));
    }
    let Answer::Search(found) = desk.answer(Query::Search { text: "zqbody".into(), limit: 10 })
    else {
        panic!("not what was asked")
    };
    assert!(!found.hits.is_empty(), "the marker is in the record");
    let mut sheet = desk.start(ReplyKind::Reply, Some(thread));
    sheet.draft.body = "The zqdraft says no.".to_owned();
    desk.ask(Command::SaveDraft(Box::new(sheet.draft.clone())));
    let (item, _) = desk.send(&sheet, None);
    desk.until("filed", move |office| office.outbox(item).filed);

    let files = home.files();
    assert!(files.iter().any(|(name, _)| name.ends_with("record.db-wal")), "open it has a WAL");
    assert!(files.iter().any(|(name, bytes)| name.ends_with("matterbox.log") && !bytes.is_empty()));
    assert_eq!(leaks(&files, &MARKERS), Vec::<String>::new());
    desk.close();
    assert_eq!(leaks(&home.files(), &MARKERS), Vec::<String>::new(), "after it was closed");
}

#[test]
fn the_program_s_complaints_repeat_no_word_of_a_client() {
    let servers = Servers::get();
    let us = Servers::fresh_user();
    let letter = Letter::new(
        "c@out.example",
        "Zqperson <zqaddress@out.example>",
        &Servers::address(&us),
        "zqsubject",
    )
    .saying("zqbody");
    servers.deliver(&us, &letter.bytes());
    let home = Home::new(&Setup::of(&us));
    drop(home.office());
    let synced = run(&home, &["sync", "--json"]);
    assert!(synced.status.success(), "{}", String::from_utf8_lossy(&synced.stderr));
    let found = run(&home, &["search", "zqbody", "--json"]);
    assert!(String::from_utf8_lossy(&found.stdout).contains("zqsubject"), "it is found");
    let mut said = synced.stderr;
    said.extend(found.stderr);
    for arguments in [
        &["show", "99999"][..],
        &["search", "\"zqsearch"],
        &["tag", "1", "--matter", "2099-9999"],
        &["outbox", "cancel", "77"],
        &["reply", "1", "--body", "/nowhere/draft"],
    ] {
        said.extend(run(&home, arguments).stderr);
    }
    assert!(!said.is_empty());
    let said = [("what it said".to_owned(), said)];
    assert_eq!(leaks(&said, &MARKERS), Vec::<String>::new());
    assert_eq!(leaks(&home.files(), &MARKERS), Vec::<String>::new());
}
