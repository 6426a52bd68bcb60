//! Commands that ask: `init` from the first question to a written file, and the passphrase that is never shown.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use crate::{
    support::servers::{GOOD_HOST, PASSWORD, Servers},
    terminal::Terminal,
};

fn permissions(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn office(terminal: &mut Terminal) {
    terminal
        .until_shows("Name of the office")
        .send("Moreau & Co\r")
        .until_shows("Its telephone")
        .send("+44 20 7946 0000\r")
        .until_shows("Its postal address")
        .send("1 Court Lane, London\r");
}

/// Answers the questions of `init` for this user up to the password.
fn answer(terminal: &mut Terminal, user: &str, ports: (u16, u16)) {
    terminal
        .until_shows("Your name, as replies carry it")
        .send("Alice Moreau\r")
        .until_shows("Your address")
        .send("not an address\r")
        .until_shows("Not an address")
        .send(&format!("{}\r", Servers::address(user)));
    for (server, port) in [("IMAP", ports.0), ("SMTP", ports.1)] {
        terminal
            .until_shows(&format!("{server} server"))
            .send(&format!("{GOOD_HOST}\r"))
            .until_shows(&format!("{server} port"))
            .send(&format!("{port}\r"))
            .until_shows("TLS from the first byte")
            .send("i\r");
    }
    terminal
        .until_shows("Login name")
        .send(&format!("{user}\r"))
        .until_shows("Its password")
        .send("p\r")
        .until_shows("What matterbox should call this mailbox")
        .send("Office\r");
}

#[test]
fn init_asks_and_writes_nothing_when_the_servers_cannot_be_trusted() {
    let servers = Servers::get();
    let home = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::start(home.path(), &["init"], 80, 24);
    office(&mut terminal);
    answer(&mut terminal, &Servers::fresh_user(), (servers.imaps, servers.smtps));
    terminal.until_shows("passphrase of the encrypted record").send("\r");
    terminal.until_shows("Password of").send(&format!("{PASSWORD}-typed\r"));
    // The throw-away authority of the tests is not one of the system's.
    terminal.until_shows("name its authority with");
    let status = terminal.until_end();
    assert_eq!(status.exit_code(), 3, "{}", terminal.text());
    assert!(terminal.text().contains("nothing was written"), "{}", terminal.text());
    assert!(!home.path().join("config.toml").exists());
    let shown = String::from_utf8_lossy(terminal.raw()).into_owned();
    assert!(!shown.contains("-typed"), "the password was shown");
    terminal.assert_restored();
}

#[test]
fn init_writes_private_settings_for_an_account_that_works() {
    let servers = Servers::get();
    let home = tempfile::tempdir().unwrap();
    // The system's roots, as OpenSSL and rustls find them, with the authority of the tests for one.
    let roots = [("SSL_CERT_FILE", servers.ca.to_str().unwrap())];
    let mut terminal = Terminal::start_with(home.path(), &["init"], 100, 40, &roots);
    office(&mut terminal);
    let user = Servers::fresh_user();
    answer(&mut terminal, &user, (servers.imaps, servers.smtps));
    terminal.until_shows("passphrase of the encrypted record").send("c\r");
    terminal.until_shows("The command").send("pass show record\r");
    terminal.until_shows("Password of").send(&format!("{PASSWORD}\r"));
    terminal.until_shows("The settings are written");
    assert_eq!(terminal.until_end().exit_code(), 0);
    terminal.assert_restored();
    let file = home.path().join("config.toml");
    assert_eq!(permissions(&file), 0o600);
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.contains("passphrase_command = [\"pass\", \"show\", \"record\"]"), "{text}");
    assert!(text.contains("phone = \"+44 20 7946 0000\""), "{text}");
    assert!(text.contains("person = \"Alice Moreau\""), "{text}");
    assert!(!text.contains(&format!("\"{PASSWORD}\"")), "a password is in the settings");
    // A second account joins the first, which stays as it was written.
    let mut terminal = Terminal::start_with(home.path(), &["init"], 100, 40, &roots);
    answer(&mut terminal, &user, (servers.imaps, servers.smtps));
    terminal.until_shows("Password of").send(&format!("{PASSWORD}\r"));
    terminal.until_shows("two accounts are called `Office`");
    assert_eq!(terminal.until_end().exit_code(), 3);
    assert_eq!(fs::read_to_string(&file).unwrap(), text);
}

#[test]
fn interrupting_init_gives_the_terminal_back() {
    let home = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::start(home.path(), &["init"], 80, 24);
    terminal.until_shows("Name of the office").send("\u{3}");
    assert_ne!(terminal.until_end().exit_code(), 0);
    terminal.assert_restored();
    assert!(!home.path().join("config.toml").exists());
}
