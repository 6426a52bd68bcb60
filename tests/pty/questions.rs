//! Commands that ask: `init` from the first question to a written file, and the passphrase that is never shown.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use matterbox::{config::keyring::KeyringEntry, domain::confidential::Confidential};

use crate::{
    support::{
        names::{Entry, NameServer},
        provider::IdentityProvider,
        servers::{GOOD_HOST, PASSWORD, Servers},
    },
    terminal::Terminal,
};

fn permissions(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

pub fn office(terminal: &mut Terminal) {
    terminal
        .until_shows("Name of the office")
        .send("Moreau & Co\r")
        .until_shows("Its telephone")
        .send("+44 20 7946 0000\r")
        .until_shows("Its postal address")
        .send("1 Court Lane, London\r");
}

/// Answers the questions of `init` for this user up to the password, which is to be asked for each time.
fn answer(terminal: &mut Terminal, user: &str, ports: (u16, u16)) {
    answer_up_to_the_secret(terminal, user, ports);
    terminal.send("p\r").until_shows("What matterbox should call this mailbox").send("Office\r");
}

pub fn answer_up_to_the_secret(terminal: &mut Terminal, user: &str, ports: (u16, u16)) {
    terminal
        .until_shows("Your name, as replies carry it")
        .send("Alice Moreau\r")
        .until_shows("Your address")
        .send("not an address\r")
        .until_shows("Not an address")
        .send(&format!("{}\r", Servers::address(user)))
        .until_shows("Look for the servers")
        .send("n\r");
    for (server, port) in [("IMAP", ports.0), ("SMTP", ports.1)] {
        terminal
            .until_shows(&format!("{server} server"))
            .send(&format!("{GOOD_HOST}\r"))
            .until_shows(&format!("{server} port"))
            .send(&format!("{port}\r"))
            .until_shows("TLS from the first byte")
            .send("i\r");
    }
    terminal.until_shows("Login name").send(&format!("{user}\r")).until_shows("Its password");
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

/// `init` up to the address, with the question whether to look answered by yes.
fn look(home: &Path, names: &NameServer, user: &str) -> Terminal {
    let resolver = names.at.to_string();
    let mut terminal = start(home, &["init", "--resolver", &resolver]);
    office(&mut terminal);
    terminal
        .until_shows("Your name, as replies carry it")
        .send("Alice Moreau\r")
        .until_shows("Your address")
        .send(&format!("{}\r", Servers::address(user)))
        .until_shows("autoconfig.firm.test and autodiscover.firm.test, which learn your address")
        .until_shows("Look for the servers")
        .send("y\r");
    terminal
}

#[test]
fn init_finds_the_servers_shows_where_it_has_them_from_and_tries_them_before_it_writes() {
    let servers = Servers::get();
    let home = tempfile::tempdir().unwrap();
    let srv = |service: &str, port| {
        Entry::Srv(format!("{service}._tcp.firm.test"), port, "localhost.firm.test".into())
    };
    let names = NameServer::start(
        &[srv("_imaps", servers.imaps), srv("_submissions", servers.smtps)],
        false,
    );
    let user = Servers::fresh_user();
    let mut terminal = look(home.path(), &names, &user);
    terminal.until_shows("Take which");
    let shown = terminal.text();
    assert!(
        shown.contains(&format!(
            "localhost.firm.test, port {}, TLS from the first byte",
            servers.imaps
        )),
        "{shown}"
    );
    assert!(shown.contains("source: SRV records in the DNS"), "{shown}");
    terminal.send("\r");
    for (server, port) in [("IMAP", servers.imaps), ("SMTP", servers.smtps)] {
        // Each value can be changed: the host, to one whose certificate the tests have.
        terminal
            .until_shows(&format!("{server} server [localhost.firm.test]"))
            .send(&format!("{GOOD_HOST}\r"));
        terminal.until_shows(&format!("{server} port [{port}]")).send("\r");
        terminal.until(&format!("{server}: TLS"), |screen| {
            screen.contents().trim_end().ends_with("after STARTTLS (s) [i]:")
        });
        terminal.send("\r");
    }
    terminal.until_shows("Login name").send("\r");
    terminal.until_shows("Its password").send("p\r");
    terminal.until_shows("What matterbox should call this mailbox").send("Office\r");
    terminal.until_shows("passphrase of the encrypted record").send("p\r");
    assert!(!home.path().join("config.toml").exists(), "written before it was tried");
    terminal.until_shows("Password of").send(&format!("{PASSWORD}\r"));
    terminal.until_shows("The settings are written");
    assert_eq!(terminal.until_end().exit_code(), 0);
    let text = fs::read_to_string(home.path().join("config.toml")).unwrap();
    assert!(text.contains(&format!("port = {}", servers.imaps)), "{text}");
}

#[test]
fn what_only_dns_claims_is_marked_and_never_the_default() {
    let home = tempfile::tempdir().unwrap();
    let exchanger = Entry::Mx("firm.test".into(), "firm-test.mail.protection.outlook.com".into());
    let names = NameServer::start(&[exchanger], false);
    let mut terminal = look(home.path(), &names, &Servers::fresh_user());
    terminal.until_shows("Take which, 1 to 1, or 0 to type them [0]");
    let shown = terminal.text();
    for words in
        ["1. Microsoft 365", "outlook.office365.com, port 993", "UNVERIFIED", "sign-in by browser"]
    {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    terminal.send("\r").until_shows("IMAP server [imap.firm.test]");
    let asked = names.asked();
    assert!(asked.iter().all(|name| name.ends_with("firm.test")), "{asked:?}");
}

#[test]
fn what_cannot_be_found_is_asked_as_before() {
    let home = tempfile::tempdir().unwrap();
    let names = NameServer::start(&[], false);
    let mut terminal = look(home.path(), &names, &Servers::fresh_user());
    terminal.until_shows("Asking https://autoconfig.firm.test, which learns your address");
    terminal.until_shows("Nobody named them");
    terminal.until_shows("IMAP server [imap.firm.test]");
}

#[test]
fn a_large_provider_is_known_without_asking_anybody() {
    let home = tempfile::tempdir().unwrap();
    let names = NameServer::start(&[], false);
    let mut terminal = start(home.path(), &["init", "--resolver", &names.at.to_string()]);
    office(&mut terminal);
    terminal
        .until_shows("Your name")
        .send("Alice\r")
        .until_shows("Your address")
        .send("alice@gmx.de\r");
    terminal.until_shows("Take which").send("\r").until_shows("IMAP server [imap.gmx.net]");
    assert!(names.asked().is_empty());
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

/// Starts a command in an office on a wide terminal; the authority of the tests is one of the system's roots.
fn start(home: &Path, arguments: &[&str]) -> Terminal {
    let roots = [("SSL_CERT_FILE", Servers::get().ca.to_str().unwrap())];
    Terminal::start_with(home, arguments, 200, 50, &roots)
}

/// `init` of an office in which everything comes from the keyring.
fn init_with_keyring(home: &Path, user: &str) -> Terminal {
    let servers = Servers::get();
    let mut terminal = start(home, &["init"]);
    office(&mut terminal);
    answer_up_to_the_secret(&mut terminal, user, (servers.imaps, servers.smtps));
    terminal.send("k\r").until_shows("What matterbox should call this mailbox").send("Office\r");
    terminal.until_shows("passphrase of the encrypted record").send("k\r");
    terminal.until_shows("Password of").send(&format!("{PASSWORD}\r"));
    terminal.until_shows("The settings are written");
    assert_eq!(terminal.until_end().exit_code(), 0);
    terminal
}

/// What a test leaves in the keyring is taken out again, however it ends.
struct Tidy<'a>(&'a Path);

impl Tidy<'_> {
    fn entries(&self) -> [KeyringEntry; 2] {
        [KeyringEntry::record(self.0), KeyringEntry::account(self.0, "Office")]
    }

    /// Does the kernel permit a keyring here? Whoever reads the test's output learns which branch ran.
    #[allow(clippy::print_stderr, reason = "the branch is told")]
    fn kernel_permits(&self) -> bool {
        let [record, _] = self.entries();
        let tried =
            record.set(&Confidential::from("is it permitted")).and_then(|_| record.forget());
        match &tried {
            Ok(()) => eprintln!("branch: the kernel's keyring is used"),
            Err(error) => eprintln!("branch: no keyring is permitted here: {error:?}"),
        }
        tried.is_ok()
    }
}

impl Drop for Tidy<'_> {
    fn drop(&mut self) {
        self.entries().iter().for_each(|entry| entry.forget().unwrap_or_default());
    }
}

#[test]
fn init_with_the_keyring_asks_once_until_the_keyring_forgets_or_says_that_there_is_none() {
    let home = tempfile::tempdir().unwrap();
    let tidy = Tidy(home.path());
    let init = init_with_keyring(home.path(), &Servers::fresh_user());
    let text = fs::read_to_string(home.path().join("config.toml")).unwrap();
    assert!(text.contains("passphrase = \"keyring\"") && text.contains("secret = \"keyring\""));
    if !tidy.kernel_permits() {
        assert!(init.text().contains("asked for at every start"), "{}", init.text());
        let mut sync = start(home.path(), &["sync"]);
        sync.until_shows("the kernel's keyring cannot be used here");
        sync.until_shows("A passphrase for the new record");
        return;
    }
    assert!(init.text().contains("holds the password until a restart"));
    // The record is new: its passphrase is typed twice, and then the keyring has it.
    let mut first = start(home.path(), &["sync"]);
    first.until_shows("does not hold the passphrase of the record");
    first.until_shows("A passphrase for the new record").send("four words in a row\r");
    first.until_shows("The same again").send("four words in a row\r");
    assert_eq!(first.until_end().exit_code(), 0, "{}", first.text());
    let mut second = start(home.path(), &["sync"]);
    assert_eq!(second.until_end().exit_code(), 0, "{}", second.text());
    assert!(!second.text().contains("assphrase") && !second.text().contains("assword"));
    // The machine restarts.
    tidy.entries().iter().for_each(|entry| entry.forget().unwrap());
    let mut third = start(home.path(), &["sync"]);
    third.until_shows("Passphrase of the record").send("four words in a row\r");
    third.until_shows("does not hold the password of Office");
    third.until_shows("Password of Office").send(&format!("{PASSWORD}\r"));
    assert_eq!(third.until_end().exit_code(), 0, "{}", third.text());
    let mut fourth = start(home.path(), &["list"]);
    assert_eq!(fourth.until_end().exit_code(), 0, "{}", fourth.text());
}

#[test]
fn what_the_keyring_holds_and_is_wrong_is_asked_for_again() {
    let home = tempfile::tempdir().unwrap();
    let tidy = Tidy(home.path());
    let [record, account] = tidy.entries();
    init_with_keyring(home.path(), &Servers::fresh_user());
    if !tidy.kernel_permits() {
        // Nothing is held, so nothing wrong can be: the passphrase is asked for.
        start(home.path(), &["list"]).until_shows("A passphrase for the new record");
        return;
    }
    record.set(&Confidential::from("the first")).unwrap();
    assert_eq!(start(home.path(), &["sync"]).until_end().exit_code(), 0);
    record.set(&Confidential::from("another")).unwrap();
    let mut wrong = start(home.path(), &["list"]);
    wrong.until_shows("the next start asks");
    assert_eq!(wrong.until_end().exit_code(), 3);
    let mut asks = start(home.path(), &["list"]);
    asks.until_shows("Passphrase of the record").send("the first\r");
    assert_eq!(asks.until_end().exit_code(), 0);
    account.set(&Confidential::from("no longer")).unwrap();
    let mut check = start(home.path(), &["account", "check"]);
    check.until_shows("This password came from the keyring").send(&format!("{PASSWORD}\r"));
    assert_eq!(check.until_end().exit_code(), 0, "{}", check.text());
    assert_eq!(account.get().unwrap().expose(), PASSWORD);
}

#[test]
fn init_with_a_command_for_both_secrets_asks_for_none_and_a_command_that_fails_says_so() {
    let servers = Servers::get();
    let home = tempfile::tempdir().unwrap();
    let secrets = home.path().join("secrets");
    // A password store prints the password first and remarks after it.
    fs::write(&secrets, format!("{PASSWORD}\nuser: alice\n")).unwrap();
    let command = format!("cat {}\r", secrets.display());
    let mut terminal = start(home.path(), &["init"]);
    office(&mut terminal);
    let user = Servers::fresh_user();
    answer_up_to_the_secret(&mut terminal, &user, (servers.imaps, servers.smtps));
    terminal.send("c\r").until_shows("The command, such as").send(&command);
    terminal.until_shows("What matterbox should call this mailbox").send("Office\r");
    terminal.until_shows("passphrase of the encrypted record").send("c\r");
    terminal.until("both commands are asked for", |screen| {
        screen.contents().matches("The command, such as").count() == 2
    });
    terminal.send(&command).until_shows("The settings are written");
    assert_eq!(terminal.until_end().exit_code(), 0);
    let mut sync = start(home.path(), &["sync"]);
    assert_eq!(sync.until_end().exit_code(), 0, "{}", sync.text());
    // What the command prints first is the passphrase, whatever follows it.
    fs::write(&secrets, PASSWORD).unwrap();
    assert_eq!(start(home.path(), &["list"]).until_end().exit_code(), 0);
    fs::write(&secrets, "").unwrap();
    let mut list = start(home.path(), &["list"]);
    list.until_shows("the command gave nothing");
    assert_eq!(list.until_end().exit_code(), 3);
    fs::remove_file(&secrets).unwrap();
    let mut list = start(home.path(), &["list"]);
    list.until_shows("the command `cat` failed with exit code 1");
    assert_eq!(list.until_end().exit_code(), 3);
}

#[test]
fn init_with_the_prompt_asks_for_both_at_every_start() {
    let servers = Servers::get();
    let home = tempfile::tempdir().unwrap();
    let mut terminal = start(home.path(), &["init"]);
    office(&mut terminal);
    answer(&mut terminal, &Servers::fresh_user(), (servers.imaps, servers.smtps));
    terminal.until_shows("passphrase of the encrypted record").send("p\r");
    terminal.until_shows("Password of").send(&format!("{PASSWORD}\r"));
    terminal.until_shows("The settings are written");
    assert_eq!(terminal.until_end().exit_code(), 0);
    let mut first = start(home.path(), &["sync"]);
    first.until_shows("A passphrase for the new record").send("four words in a row\r");
    first.until_shows("The same again").send("four words in a row\r");
    first.until_shows("Password of Office").send(&format!("{PASSWORD}\r"));
    assert_eq!(first.until_end().exit_code(), 0, "{}", first.text());
    let mut second = start(home.path(), &["sync"]);
    second.until_shows("Passphrase of the record").send("four words in a row\r");
    second.until_shows("Password of Office").send(&format!("{PASSWORD}\r"));
    assert_eq!(second.until_end().exit_code(), 0, "{}", second.text());
}

/// `init` of a person of this address, up to what the program finds.
fn init_as(home: &Path, address: &str, environment: &[(&str, &str)]) -> Terminal {
    let mut terminal = Terminal::start_with(home, &["init"], 200, 50, environment);
    office(&mut terminal);
    terminal
        .until_shows("Your name, as replies carry it")
        .send("Alice Moreau\r")
        .until_shows("Your address")
        .send(&format!("{address}\r"));
    terminal
}

/// The servers as they are proposed.
fn take_the_servers(terminal: &mut Terminal) {
    terminal.until_shows("Take which").send("\r");
    for question in ["IMAP server [", "IMAP port [", "SMTP server [", "SMTP port [", "Login name ["]
    {
        terminal.until_shows(question).send("\r");
    }
}

#[test]
fn init_proposes_oauth_where_the_provider_wants_it_and_asks_under_which_client_id() {
    let home = tempfile::tempdir().unwrap();
    // A desktop without an opener: the page's address is shown, and nothing goes to the provider.
    let desktop = [("DISPLAY", ":99"), ("PATH", home.path().to_str().unwrap())];
    let mut terminal = init_as(home.path(), "alice@firm.onmicrosoft.com", &desktop);
    take_the_servers(&mut terminal);
    terminal
        .until_shows("Microsoft wants sign-in by browser (OAuth) and refuses passwords as a rule");
    terminal.until_shows("Sign in by browser, (y)es or (n)o [y]").send("\r");
    terminal.until_shows("The client id under which").send("4711-client\r");
    terminal.until_shows("tenant (directory id or domain) [organizations]").send("not a tenant\r");
    terminal.until_shows("once more").send("firm.example\r");
    terminal.until_shows("What matterbox should call this mailbox").send("Office\r");
    terminal.until_shows("passphrase of the encrypted record").send("\r");
    terminal.until_shows("https://login.microsoftonline.com/firm.example/oauth2/v2.0/authorize?");
    terminal.until_shows("client_id=4711-client");
    assert!(!home.path().join("config.toml").exists(), "written before it was tried");
}

#[test]
fn a_private_mailbox_at_microsoft_is_in_no_firms_directory() {
    let home = tempfile::tempdir().unwrap();
    let mut terminal = init_as(home.path(), "alice@outlook.com", &[]);
    take_the_servers(&mut terminal);
    terminal.until_shows("Sign in by browser").send("y\r");
    terminal.until_shows("The client id under which").send("4711\r");
    terminal.until_shows("tenant (directory id or domain) [consumers]");
}

#[test]
fn oauth_can_be_declined_and_without_a_client_id_there_are_the_other_ways() {
    let home = tempfile::tempdir().unwrap();
    let mut terminal = init_as(home.path(), "alice@firm.onmicrosoft.com", &[]);
    take_the_servers(&mut terminal);
    terminal
        .until_shows("Sign in by browser")
        .send("n\r")
        .until_shows("Its password: in the (k)eyring");
    // Changed one's mind, and then there is no id.
    terminal.send("o\r").until_shows("The client id under which").send("\r");
    terminal.until_shows("Without a client id nobody can sign in by browser");
    terminal.until("the question once more", |screen| {
        screen.contents().matches("Its password: in the (k)eyring").count() == 2
    });
    terminal.send("p\r").until_shows("What matterbox should call this mailbox");
}

#[test]
fn nobody_is_asked_about_oauth_where_a_password_is_the_way() {
    let home = tempfile::tempdir().unwrap();
    let mut terminal = init_as(home.path(), "alice@gmx.de", &[]);
    take_the_servers(&mut terminal);
    terminal.until_shows("Its password: in the (k)eyring");
    assert!(!terminal.text().contains("Sign in by browser, "), "{}", terminal.text());
}

#[test]
fn init_signs_in_at_the_firms_own_provider_and_a_second_account_takes_its_registration() {
    let servers = Servers::get();
    let home = tempfile::tempdir().unwrap();
    let user = Servers::fresh_user();
    let idp = IdentityProvider::start(&user);
    idp.rules.lock().unwrap().interval = 0;
    let roots = home.path().join("roots.pem");
    fs::write(&roots, format!("{}{}", fs::read_to_string(&servers.ca).unwrap(), idp.ca)).unwrap();
    let roots = [("SSL_CERT_FILE", roots.to_str().unwrap())];
    let mut terminal = Terminal::start_with(home.path(), &["init"], 200, 50, &roots);
    office(&mut terminal);
    answer_up_to_the_secret(&mut terminal, &user, (servers.imaps, servers.smtps));
    terminal.send("o\r").until_shows("an(o)ther provider").send("o\r");
    terminal.until_shows("The client id under which").send("firm-client\r");
    terminal.until_shows("page on which people sign in").send("http://in.clear/\r");
    terminal.until_shows("It begins with https://").send(&format!("{}/authorize\r", idp.base));
    terminal.until_shows("gives out tokens").send(&format!("{}/token\r", idp.base));
    terminal.until_shows("gives out device codes").send(&format!("{}/device\r", idp.base));
    terminal.until_shows("What matterbox should call this mailbox").send("Office\r");
    terminal.until_shows("passphrase of the encrypted record").send("\r");
    terminal.until_shows("WDJB-MJHT").until_shows("The settings are written");
    assert_eq!(terminal.until_end().exit_code(), 0, "{}", terminal.text());
    let tidy = KeyringEntry::tokens(home.path(), "Office");
    tidy.forget().unwrap_or_default();
    let text = fs::read_to_string(home.path().join("config.toml")).unwrap();
    assert!(text.contains("client_id = \"firm-client\""), "{text}");
    // The second account: what the first one has is the default.
    let mut terminal = Terminal::start_with(home.path(), &["init"], 200, 50, &roots);
    answer_up_to_the_secret(&mut terminal, &user, (servers.imaps, servers.smtps));
    terminal.send("o\r").until_shows("an(o)ther provider").send("o\r");
    terminal.until_shows("(empty: there is none) [firm-client]").send("\r");
    terminal.until_shows(&format!("[{}/authorize]", idp.base)).send("\r");
    terminal.until_shows(&format!("[{}/token]", idp.base)).send("\r");
    terminal.until_shows(&format!("[{}/device]", idp.base)).send("\r");
    terminal.until_shows("What matterbox should call this mailbox");
}
