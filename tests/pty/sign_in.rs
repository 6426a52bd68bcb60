//! Signing in from the screen: the real binary, our own identity provider, a real Dovecot that checks the token.

use std::{fs, path::Path};

use crate::{
    bytes::assert_only_ours,
    support::{
        provider::IdentityProvider,
        servers::{GOOD_HOST, Servers},
    },
    terminal::Terminal,
};

/// The settings of an office whose one account signs in at this provider.
fn office(home: &Path, user: &str, idp: &IdentityProvider) {
    let servers = Servers::get();
    let ca = home.join("provider.pem");
    fs::write(&ca, &idp.ca).unwrap();
    let text = format!(
        "[office]\nname = \"Moreau & Co\"\n\
         [record]\npassphrase = \"command\"\npassphrase_command = [\"echo\", \"an office\"]\n\
         [[account]]\nname = \"Office\"\nperson = \"Alice Moreau\"\naddress = \"{address}\"\nuser = \"{user}\"\n\
         secret = {{ oauth = {oauth} }}\n\
         imap = {{ host = \"{GOOD_HOST}\", port = {imap}, tls = \"implicit\" }}\n\
         smtp = {{ host = \"{GOOD_HOST}\", port = {smtp}, tls = \"implicit\" }}\n\
         trust = {{ ca_file = \"{trust}\" }}\n",
        address = Servers::address(user),
        oauth = idp.settings("microsoft", ca.to_str().unwrap()),
        imap = servers.imaps,
        smtp = servers.smtps,
        trust = servers.ca.display(),
    );
    fs::write(home.join("config.toml"), text).unwrap();
}

#[test]
fn an_account_that_nobody_signed_in_to_is_signed_in_from_the_screen_with_a_code_and_stays_so() {
    let servers = Servers::get();
    let user = Servers::fresh_user();
    servers.deliver(
        &user,
        b"From: Kofi Mensah <kofi@mensah.example>\r\nSubject: The garden of the lease\r\n\
          Message-ID: <1@mensah.example>\r\n\r\nMay I let it?\r\n",
    );
    let idp = IdentityProvider::start(&user);
    {
        let mut rules = idp.rules.lock().unwrap();
        rules.interval = 1;
        // Until the code was seen on the screen, nobody has typed it.
        rules.refusals.extend([("authorization_pending", ""); 70]);
    }
    let home = tempfile::tempdir().unwrap();
    office(home.path(), &user, &idp);
    let mut terminal = Terminal::start(home.path(), &[], 80, 24);
    terminal.until_all(&["Nobody has signed in to this account yet", "L sign in"]);
    // No desktop is there: the code is taken by itself, and the browser is a key away.
    terminal.send("L").until_all(&["https://login.example/device", "WDJB-MJHT", "tab the browser"]);
    terminal.send("\t").until_all(&[
        "open this address with a browser",
        "/authorize?",
        "paste that",
    ]);
    terminal.send("\u{1b}").until_gone("paste that").until_shows("L sign in");
    terminal.send("L").until_shows("WDJB-MJHT");
    idp.rules.lock().unwrap().refusals.clear();
    terminal.until_shows("Signed in to Office").send("\r").until_gone("Signed in to Office");
    terminal.until_shows("●").send("2").until_shows("The garden of the lease").send("q");
    assert_eq!(terminal.until_end().exit_code(), 0, "{}", terminal.text());
    assert_only_ours(terminal.raw());
    // The next start needs nobody.
    let mut terminal = Terminal::start(home.path(), &[], 80, 24);
    terminal.until_shows("●").send("q");
    assert_eq!(terminal.until_end().exit_code(), 0);
    assert!(idp.asked("refresh_token") >= 1);
    let shown = String::from_utf8_lossy(terminal.raw()).into_owned();
    assert!(!shown.contains("Nobody has signed in"), "{shown}");
    for file in fs::read_dir(home.path().join("log")).unwrap() {
        let log = fs::read_to_string(file.unwrap().path()).unwrap();
        for secret in ["WDJB", "refresh-", "eyJ", "the-device-code", "code_challenge"] {
            assert!(!log.contains(secret), "{secret} is in the log");
        }
    }
}

#[test]
fn a_refusal_for_want_of_an_administrator_stands_on_the_screen_in_words() {
    let user = Servers::fresh_user();
    let idp = IdentityProvider::start(&user);
    let said = "AADSTS90094: The grant requires admin permission.";
    idp.rules.lock().unwrap().interval = 0;
    idp.rules.lock().unwrap().refusals.push_back(("invalid_grant", said));
    let home = tempfile::tempdir().unwrap();
    office(home.path(), &user, &idp);
    let mut terminal = Terminal::start(home.path(), &[], 80, 24);
    terminal.until_shows("L sign in").send("L");
    terminal.until_all(&["An administrator must consent", "AADSTS90094", "try again"]);
    terminal.send("\r").until_shows("Signed in to Office").send("\r");
    terminal.until_shows("●").send("q");
    assert_eq!(terminal.until_end().exit_code(), 0, "{}", terminal.text());
}
