//! A day on the command line, against real servers: fetch, look, file, answer.

use serde_json::Value;

use crate::{
    Home,
    support::servers::{GOOD_HOST, PASSWORD, Servers},
};

const FROM_KOFI: &str = "From: Kofi Mensah <kofi@mensah.example>\r\nTo: {to}\r\n\
    Subject: Zanzibar lease\r\nMessage-ID: <lease-1@mensah.example>\r\n\
    Date: Tue, 24 Nov 2026 10:22:00 +0000\r\n\r\n\
    Hello, the landlord rang me again. Should I still pay the quagmire rent?\r\n";

/// An office with one account at the test servers and a passphrase from a command.
fn office(user: &str) -> Home {
    let servers = Servers::get();
    Home::with(
        "config.toml",
        &format!(
            "[office]\nname = \"Moreau\"\nphone = \"1\"\naddress = \"2\"\n\
             [record]\npassphrase_command = [\"echo\", \"correct horse\"]\n\
             [send]\nundo_seconds = 0\n[[account]]\nname = \"Office\"\naddress = \"{address}\"\nuser = \"{user}\"\n\
             secret = {{ command = [\"echo\", \"{PASSWORD}\"] }}\n\
             imap = {{ host = \"{GOOD_HOST}\", port = {imaps}, tls = \"implicit\" }}\n\
             smtp = {{ host = \"{GOOD_HOST}\", port = {smtps}, tls = \"implicit\" }}\n\
             trust = {{ ca_file = \"{ca}\" }}\n",
            address = Servers::address(user),
            imaps = servers.imaps,
            smtps = servers.smtps,
            ca = servers.ca.display(),
        ),
    )
}

fn json(home: &Home, arguments: &[&str]) -> Value {
    let (code, out, error) = home.run(&[arguments, &["--json"]].concat());
    assert_eq!(code, 0, "{arguments:?}: {out}{error}");
    serde_json::from_str(&out).unwrap_or_else(|_| panic!("{arguments:?}: {out}"))
}

#[test]
fn mail_is_fetched_once_filed_to_a_matter_and_found() {
    let servers = Servers::get();
    let user = Servers::fresh_user();
    servers.deliver(&user, FROM_KOFI.replace("{to}", &Servers::address(&user)).as_bytes());
    let home = office(&user);
    let first = json(&home, &["sync"]);
    assert_eq!((&first["complete"], &first["accounts"][0]["new"]), (&true.into(), &1.into()));
    let again = json(&home, &["sync"]);
    assert_eq!(again["accounts"][0]["new"], 0, "the same message is not fetched twice");
    let list = json(&home, &["list", "untagged"]);
    assert_eq!(list["threads"][0]["subject"], "Zanzibar lease");
    let thread = list["threads"][0]["thread"].to_string();
    json(&home, &["matter", "add", "2026-0121", "Mensah v. Harlow"]);
    let address = "kofi@mensah.example";
    let party = ["party", "add", "Kofi Mensah", "--address", address, "--matter", "2026-0121"];
    json(&home, &[&party[..], &["--role", "client"]].concat());
    json(&home, &["tag", &thread, "--matter", "2026-0121"]);
    let matter = json(&home, &["matter", "show", "2026-0121"]);
    assert_eq!(matter["threads"][0]["thread"].to_string(), thread);
    let due = json(&home, &["due", "--now", "2026-11-24T11:00:00Z"]);
    assert_eq!(due["due"][0]["matter"]["number"], "2026-0121");
    assert_eq!(due["due"][0]["clock"]["state"], "running");
    let hits = json(&home, &["search", "quagmire"]);
    assert_eq!(hits["hits"][0]["thread"].to_string(), thread);
    let shown = json(&home, &["show", &thread]);
    assert_eq!(shown["messages"][0]["from_address"], address);
}

#[test]
fn what_waits_for_the_server_can_be_given_up_or_tried_again_and_what_is_done_cannot() {
    let servers = Servers::get();
    let user = Servers::fresh_user();
    servers.deliver(&user, FROM_KOFI.replace("{to}", &Servers::address(&user)).as_bytes());
    let home = office(&user);
    json(&home, &["sync"]);
    let thread = json(&home, &["list", "inbox"])["threads"][0]["thread"].to_string();
    let archive = || {
        json(&home, &["archive", &thread]);
        let waits = json(&home, &["outbox", "waiting"]);
        assert_eq!(waits["operations"][0]["what"], "move to Archive");
        waits["operations"][0]["operation"].to_string()
    };
    let operation = archive();
    json(&home, &["outbox", "give-up", &operation]);
    assert_eq!(json(&home, &["outbox", "waiting"])["operations"].as_array().unwrap().len(), 0);
    json(&home, &["sync"]);
    assert_eq!(servers.messages(&user, "INBOX").len(), 1, "it stayed where it was");
    for decision in ["give-up", "retry"] {
        let (code, _, error) = home.run(&["outbox", decision, &operation]);
        assert_eq!(code, 1, "{error}");
    }
    let operation = archive();
    json(&home, &["outbox", "retry", &operation]);
    json(&home, &["sync"]);
    assert_eq!(servers.messages(&user, "Archive").len(), 1);
}

#[test]
fn nothing_a_client_wrote_stands_in_any_file_in_clear() {
    let servers = Servers::get();
    let user = Servers::fresh_user();
    servers.deliver(&user, FROM_KOFI.replace("{to}", &Servers::address(&user)).as_bytes());
    let home = office(&user);
    json(&home, &["sync"]);
    assert_eq!(json(&home, &["search", "quagmire"])["hits"].as_array().unwrap().len(), 1);
    let mut folders = vec![home.path().to_owned()];
    let mut looked_at = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let bytes = std::fs::read(&path).unwrap();
            looked_at += 1;
            for word in ["Zanzibar", "quagmire", "kofi@mensah", "Kofi Mensah", "correct horse"] {
                let is_settings = path.ends_with("config.toml");
                let found = bytes.windows(word.len()).any(|part| part == word.as_bytes());
                assert!(!found || is_settings, "{word} stands in {}", path.display());
            }
        }
    }
    assert!(looked_at > 1, "there is a record to look at");
}

#[test]
fn a_wrong_passphrase_opens_nothing_and_says_so() {
    let user = Servers::fresh_user();
    let home = office(&user);
    json(&home, &["list"]);
    let text = std::fs::read_to_string(home.file("config.toml")).unwrap();
    home.write("config.toml", &text.replace("correct horse", "battery staple"));
    let (code, out, error) = home.run(&["list"]);
    assert_eq!((code, out.as_str()), (3, ""), "{error}");
    assert!(error.contains("The passphrase does not open this record"), "{error}");
    assert!(!error.contains("battery"), "{error}");
}

/// An office with Kofi's letter in its matter; the thread's number.
fn with_kofi(user: &str) -> (Home, String) {
    let letter = FROM_KOFI.replace("{to}", &Servers::address(user));
    Servers::get().deliver(user, letter.as_bytes());
    let home = office(user);
    json(&home, &["sync"]);
    let thread = json(&home, &["list", "untagged"])["threads"][0]["thread"].to_string();
    json(&home, &["matter", "add", "2026-0121", "Mensah v. Harlow"]);
    let party = ["party", "add", "Kofi Mensah", "--address", "kofi@mensah.example"];
    json(&home, &[&party[..], &["--matter", "2026-0121", "--role", "client"]].concat());
    json(&home, &["tag", &thread, "--matter", "2026-0121"]);
    (home, thread)
}

#[test]
fn a_reply_carries_files_a_label_and_a_promise() {
    let (home, thread) = with_kofi(&Servers::fresh_user());
    home.write("body.txt", "The draft is attached. You will have our answer by tomorrow.\n");
    home.write("Lease draft.pdf", "%PDF-1.7");
    let (body, file) = (home.file("body.txt"), home.file("Lease draft.pdf"));
    let (body, file) = (body.to_str().unwrap(), file.to_str().unwrap());
    let reply = ["reply", &thread, "--body", body];
    let without = json(&home, &[&reply[..], &["--dry-run"]].concat());
    assert_eq!(without["findings"][0]["key"], "no-attachment");
    let carrying = ["--attach", file, "--privilege", "ac", "--holding", "tomorrow"];
    let with = json(&home, &[&reply[..], &carrying[..]].concat());
    assert_eq!(with["state"], "queued", "{with}");
    assert_eq!(with["attachments"][0]["name"], "Lease draft.pdf");
    assert_eq!(with["attachments"][0]["media_type"], "application/pdf");
    assert_eq!(with["privilege"], "AC");
    assert!(with["promised"].is_string(), "{with}");
    assert!(with["footer"].as_str().unwrap().starts_with("PRIVILEGED"));
    // It goes out, and the reply clock has become a promise.
    json(&home, &["sync"]);
    let shown = json(&home, &["show", &thread]);
    assert_eq!(shown["clocks"][0]["clock"], "promise", "{shown}");
    assert_eq!(shown["messages"][1]["attachments"][0]["size"], 8);
    // The next message of the conversation begins under its label.
    let next = json(&home, &[&reply[..], &["--dry-run", "--attach", file]].concat());
    assert_eq!(next["privilege"], "AC");
}

#[test]
fn what_cannot_be_attached_or_promised_stops_the_reply_and_leaves_no_draft() {
    let (home, thread) = with_kofi(&Servers::fresh_user());
    home.write("body.txt", "An answer.\n");
    let body = home.file("body.txt");
    let reply = ["reply", &thread, "--body", body.to_str().unwrap()];
    for (more, said) in [
        (["--attach", "/nowhere/a.pdf"], "/nowhere/a.pdf: there is no such file; nothing was sent"),
        (["--attach", "/"], "/: this is a folder"),
        (["--holding", "soon"], "--holding takes a day"),
        (["--privilege", "xx"], "a privilege label is ac"),
    ] {
        let (code, out, error) = home.run(&[&reply[..], &more].concat());
        assert_ne!(code, 0, "{more:?}: {out}");
        assert!(error.contains(said), "{more:?}: {error}");
    }
    assert_eq!(json(&home, &["outbox", "list"])["outbox"].as_array().unwrap().len(), 0);
}

#[test]
fn a_grave_finding_takes_its_word_on_the_command_line_too() {
    let (home, _) = with_kofi(&Servers::fresh_user());
    home.write("body.txt", "Hello Kofi.\n");
    let body = home.file("body.txt");
    let compose = ["compose", "--to", "kofi@mensch.example", "--subject", "The lease"];
    let rest = ["--matter", "2026-0121", "--body", body.to_str().unwrap()];
    let compose = [&compose[..], &rest[..]].concat();
    let (_, out, _) = home.run(&[&compose[..], &["--json"]].concat());
    let report: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(report["recipients"][0]["address"], "kofi@mensch.example");
    let findings = report["findings"].as_array().unwrap();
    let keys: Vec<&str> = findings
        .iter()
        .filter(|finding| finding["severity"] == "confirm")
        .map(|finding| finding["key"].as_str().unwrap())
        .collect();
    let grave = findings.iter().find(|finding| !finding["word"].is_null()).unwrap();
    assert_eq!(grave["word"], "mensch.example");
    let confirm = |word: &str| -> Vec<String> {
        let given = keys.iter().flat_map(|key| {
            let word = if *key == grave["key"] { word } else { "" };
            ["--confirm".to_owned(), format!("{key}{word}")]
        });
        given.collect()
    };
    for (word, passes) in [("", false), ("=mensah.example", false), ("=mensch.example", true)] {
        let given = confirm(word);
        let given: Vec<&str> = given.iter().map(String::as_str).collect();
        let (code, out, error) = home.run(&[&compose[..], &given[..]].concat());
        assert_eq!(code == 0, passes, "{word}: {out}{error}");
    }
}

#[test]
fn the_label_of_a_matter_is_set_and_taken_away() {
    let (home, thread) = with_kofi(&Servers::fresh_user());
    home.write("body.txt", "An answer.\n");
    let body = home.file("body.txt");
    let reply = ["reply", &thread, "--dry-run", "--body", body.to_str().unwrap()];
    let labelled = json(&home, &["matter", "label", "2026-0121", "WP"]);
    assert_eq!(labelled["matters"][0]["privilege"], "WP");
    assert_eq!(json(&home, &["matter", "list"])["matters"][0]["privilege"], "WP");
    let (_, listed, _) = home.run(&["matter", "list"]);
    assert!(listed.contains(" WP "), "{listed}");
    assert_eq!(json(&home, &reply)["privilege"], "WP");
    let bare = json(&home, &[&reply[..], &["--privilege", "none"]].concat());
    assert_eq!(bare["findings"][0]["key"], "label-missing");
    let bare = json(&home, &["matter", "label", "2026-0121", "none"]);
    assert_eq!(bare["matters"][0]["privilege"], Value::Null);
    assert_eq!(json(&home, &reply)["privilege"], Value::Null);
}
