//! Commands on a record that was filled from files: what they print is what they did.

use std::process::Stdio;

use serde_json::Value;

use crate::Home;

const SETTINGS: &str = "[office]\nname = \"Moreau\"\nphone = \"1\"\naddress = \"2\"\n\
    [record]\npassphrase_command = [\"echo\", \"correct horse\"]\n\
    [[account]]\nname = \"Office\"\naddress = \"alice@firm.example\"\nsecret = \"prompt\"\n\
    imap = { host = \"127.0.0.1\", port = 1, tls = \"implicit\" }\n\
    smtp = { host = \"127.0.0.1\", port = 1, tls = \"implicit\" }\n";

const LETTER: &str = "Received: from mail.mensah.example by mx.firm.example; Tue, 24 Nov 2026 10:22:00 +0000\n\
    From: Kofi Mensah <kofi@mensah.example>\nTo: alice@firm.example\nSubject: Zanzibar lease\n\
    Message-ID: <lease-1@mensah.example>\nDate: Tue, 24 Nov 2026 10:22:00 +0000\n\n\
    Hello, should I still pay the quagmire rent?\n";

/// An office with one thread, 1, from Kofi.
fn office() -> Home {
    let home = Home::with("config.toml", SETTINGS);
    home.write("letter.eml", LETTER);
    home.write("answer.txt", "No. Only the court can order that.\n");
    home.prints(&["import", home.file("letter.eml").to_str().unwrap()]);
    home
}

fn json(home: &Home, arguments: &[&str]) -> Value {
    let (code, out, error) = home.run(&[arguments, &["--json"]].concat());
    assert_eq!(code, 0, "{arguments:?}: {out}{error}");
    serde_json::from_str(&out).unwrap_or_else(|_| panic!("{arguments:?}: {out}"))
}

fn addresses(report: &Value) -> Vec<&str> {
    let recipients = report["recipients"].as_array().unwrap();
    recipients.iter().map(|one| one["address"].as_str().unwrap()).collect()
}

#[test]
fn a_review_names_every_recipient_of_the_message_as_it_would_go() {
    let home = office();
    let body = home.file("answer.txt");
    let body = ["--body", body.to_str().unwrap(), "--dry-run"];
    let more = ["--cc", "counsel@law.example", "--bcc", "file@firm.example"];
    let reply = json(&home, &[&["reply", "1"][..], &more, &body].concat());
    assert_eq!(
        addresses(&reply),
        ["kofi@mensah.example", "counsel@law.example", "file@firm.example"]
    );
    let compose = ["compose", "--to", "kofi@mensah.example", "--subject", "Hello"];
    let compose = json(&home, &[&compose[..], &more, &body].concat());
    assert_eq!(addresses(&compose).first(), Some(&"kofi@mensah.example"));
    assert_eq!(addresses(&compose).len(), 3);
}

#[test]
fn a_queued_reply_says_what_it_waits_for_and_can_be_stopped_once() {
    let home = office();
    let body = home.file("answer.txt");
    let body = ["--body", body.to_str().unwrap(), "--confirm", "not-in-matter:kofi@mensah.example"];
    let (_, out, error) = home.run(&[&["reply", "1"][..], &body].concat());
    // Whatever the review asks about a stranger is confirmed by its key.
    let keys: Vec<&str> = out
        .lines()
        .filter(|line| line.starts_with("confirm: "))
        .filter_map(|line| line.rsplit_once('[')?.1.strip_suffix(']'))
        .collect();
    let confirm: Vec<&str> = keys.iter().flat_map(|key| ["--confirm", key]).collect();
    let said = if keys.is_empty() {
        out.clone()
    } else {
        home.prints(&[&["reply", "1"][..], &body, &confirm].concat())
    };
    assert!(said.contains("leaves with the next `matterbox sync`"), "{said}{error}");
    let list = json(&home, &["outbox", "list"]);
    let item = list["outbox"][0]["item"].to_string();
    assert_eq!(list["outbox"][0]["state"], "held");
    let stopped = json(&home, &["outbox", "cancel", &item]);
    assert_eq!(stopped["notices"][0], "Not sent: the message is a draft again.");
    let (code, out, error) = home.run(&["outbox", "cancel", &item]);
    assert_eq!(code, 1, "{out}");
    assert!(error.contains("The message was stopped already."), "{error}");
}

#[test]
fn a_thread_that_is_not_there_is_not_tagged_and_nothing_else_is_either() {
    let home = office();
    json(&home, &["matter", "add", "2026-0121", "Mensah v. Harlow"]);
    let (code, out, error) = home.run(&["tag", "1", "99", "--matter", "2026-0121"]);
    assert!(code != 0 && out.is_empty(), "{out}");
    assert!(error.contains("no such thread"), "{error}");
    assert_eq!(json(&home, &["list"])["threads"][0]["matter"], Value::Null);
    let tagged = json(&home, &["tag", "1", "--matter", "2026-0121"]);
    // A key of the screen is no way back here.
    assert_eq!(tagged["notices"][0], "Tagged one thread to 2026-0121");
}

#[test]
fn an_import_skips_no_folder_of_a_maildir_and_takes_only_messages_from_it() {
    let home = office();
    let letter = |n: &str| LETTER.replace("lease-1", n);
    for (file, id) in [
        ("mail/cur/1:2,S", "a"),
        ("mail/new/2", "b"),
        ("mail/.Sent/cur/3:2,S", "c"),
        ("mail/.Sent.2025/cur/4:2,S", "d"),
        ("mail/tmp/5", "e"),
        ("mail/dovecot-uidlist", "f"),
        ("mail/sieve/rules", "g"),
        ("plain/one.eml", "h"),
        ("plain/older/two.eml", "i"),
    ] {
        home.write(file, &letter(id));
    }
    for (folder, stored) in [("mail", 4), ("plain", 2)] {
        let report = json(&home, &["import", home.file(folder).to_str().unwrap()]);
        assert_eq!(report["paths"][0]["stored"], stored, "{report}");
    }
}

#[test]
fn an_old_archive_is_taken_in_with_its_old_dates_and_not_as_if_it_came_today() {
    let stamped = |path: &std::path::Path, seconds: u64| {
        let at = std::time::UNIX_EPOCH + std::time::Duration::from_secs(seconds);
        std::fs::File::options().write(true).open(path).unwrap().set_modified(at).unwrap();
    };
    let letter = |received: bool, date: &str| {
        let header = |line: &&str| match line.split(':').next().unwrap() {
            "Received" => received,
            name => name != "Date",
        };
        let lines: Vec<_> = LETTER.split_inclusive('\n').filter(header).collect();
        format!("{date}{}", lines.concat().replace("Tue, 24 Nov 2026", "Wed, 4 Mar 2020"))
    };
    let date = "Date: Tue, 3 Mar 2020 10:00:00 +0000\n";
    let from = "From kofi@mensah.example Tue Mar  3 10:05:00 2020\n";
    // 3 March 2020, 10:05, and a year later.
    let (then, later) = (1_583_229_900, 1_614_765_900);
    for (file, text, changed, expected) in [
        ("one.mbox", format!("{from}{}", letter(false, "")), later, "2020-03-03T10:05:00Z"),
        ("one.mbox", format!("{from}{}", letter(false, date)), later, "2020-03-03T10:00:00Z"),
        ("box/cur/1583229900.M1.host:2,S", letter(false, ""), later, "2020-03-03T10:05:00Z"),
        ("box/cur/letter:2,S", letter(false, ""), then, "2020-03-03T10:05:00Z"),
        ("one.eml", letter(false, ""), then, "2020-03-03T10:05:00Z"),
        ("one.eml", letter(false, date), later, "2020-03-03T10:00:00Z"),
        ("one.eml", letter(true, date), then, "2020-03-04T10:22:00Z"),
    ] {
        let home = Home::with("config.toml", SETTINGS);
        home.write(file, &text);
        stamped(&home.file(file), changed);
        let path = home.file(file.split('/').next().unwrap());
        json(&home, &["import", path.to_str().unwrap()]);
        let due = json(&home, &["due", "--now", "2026-11-25T10:00:00Z"]);
        let started = due["due"][0]["clock"]["started"].as_str().unwrap();
        let started: jiff::Timestamp = started.parse().unwrap();
        assert_eq!(started.to_string(), expected, "{file} {text}");
    }
}

#[test]
fn a_file_that_cannot_be_read_is_named_and_what_came_before_it_stays() {
    let home = office();
    home.write("mail/cur/1", &LETTER.replace("lease-1", "a"));
    // Its first byte cannot be read, not even by root.
    std::os::unix::fs::symlink("/proc/self/mem", home.file("mail/cur/2")).unwrap();
    let folder = home.file("mail");
    let (code, out, _) = home.run(&["import", folder.to_str().unwrap(), "--json"]);
    let report: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &report["paths"][0]["stored"]), (1, &1.into()), "{report}");
    assert!(report["paths"][0]["problem"].as_str().unwrap().contains("cur/2"), "{report}");
}

#[test]
fn a_file_that_is_larger_than_any_message_is_refused_and_not_read_whole() {
    let home = office();
    std::fs::File::create(home.file("disk.img")).unwrap().set_len(1 << 40).unwrap();
    let (code, out, _) = home.run(&["import", home.file("disk.img").to_str().unwrap()]);
    assert_eq!(code, 1, "{out}");
    assert!(out.contains("too large"), "{out}");
}

#[test]
fn a_list_that_is_cut_off_says_so() {
    let home = office();
    home.write("second.eml", &LETTER.replace("lease-1", "b").replace("Zanzibar", "Another"));
    home.prints(&["import", home.file("second.eml").to_str().unwrap()]);
    for command in [["list", "untagged"], ["search", "quagmire"]] {
        assert_eq!(json(&home, &[&command[..], &["--limit", "2"]].concat())["more"], false);
        let some = json(&home, &[&command[..], &["--limit", "1"]].concat());
        let rows = some["threads"].as_array().or_else(|| some["hits"].as_array()).unwrap().len();
        assert_eq!((rows, &some["more"]), (1, &true.into()), "{some}");
        let said = home.prints(&[&command[..], &["--limit", "1"]].concat());
        assert!(said.ends_with("There are more; --limit N shows so many.\n"), "{said}");
    }
}

#[test]
fn what_is_not_there_or_there_already_fails_with_one_and_the_same_code() {
    let home = office();
    home.prints(&["matter", "add", "2026-0777", "Once"]);
    for arguments in [
        vec!["show", "99"],
        vec!["tag", "99", "--matter", "2026-0777"],
        vec!["matter", "show", "2026-9999"],
        vec!["matter", "add", "2026-0777", "Twice"],
        vec!["outbox", "cancel", "99"],
    ] {
        let (code, out, error) = home.run(&arguments);
        assert_eq!((code, out.as_str()), (1, ""), "{arguments:?}: {error}");
    }
}

#[test]
fn a_time_that_is_none_is_a_usage_error() {
    let home = Home::new();
    for from in ["nonsense", "2026-03-29T01:30", "2026-10-25T01:30"] {
        let (code, out, error) = home.run(&["clock", "due", "--from", from, "--target", "4bh"]);
        assert_eq!((code, out.as_str()), (2, ""), "{from}: {error}");
    }
    assert_eq!(home.run(&["schema", "nonsense"]).0, 2);
}

#[test]
fn a_reader_that_goes_away_is_no_failure_of_any_command() {
    let home = office();
    for arguments in
        [vec!["clock", "explain", "--target", "9bd"], vec!["show", "1"], vec!["keys"], vec!["man"]]
    {
        let program = assert_cmd::cargo::cargo_bin("matterbox");
        let mut child = std::process::Command::new(program)
            .arg("--home")
            .arg(home.path())
            .args(&arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let ended = child.wait_with_output().unwrap();
        assert_eq!(ended.status.code(), Some(0), "{arguments:?}");
        assert!(ended.stderr.is_empty(), "{}", String::from_utf8_lossy(&ended.stderr));
    }
}

#[test]
fn the_doctor_changes_nothing_even_where_there_is_no_record_yet() {
    let home = Home::with("config.toml", SETTINGS);
    let report = json(&home, &["doctor"]);
    assert_eq!(report["sound"], true);
    assert!(!home.file("record").exists(), "the doctor made a record");
}
