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
             [[account]]\nname = \"Office\"\naddress = \"{address}\"\nuser = \"{user}\"\n\
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
