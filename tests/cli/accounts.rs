//! `account check` against real servers: what works is said, what does not is explained, and no password leaves
//! without verified TLS.

use serde_json::Value;

use crate::{
    Home,
    support::servers::{
        EXPIRED_HOST, GOOD_HOST, NO_TLS_HOST, PASSWORD, Servers, UNKNOWN_CA_HOST, WRONG_NAME_HOST,
    },
};

/// An office with one account on a host of the test servers.
fn office(host: &str, ports: (u16, u16), tls: &str, password: &str) -> Home {
    let servers = Servers::get();
    let user = Servers::fresh_user();
    let (imap, smtp) = ports;
    Home::with(
        "config.toml",
        &format!(
            "[[account]]\nname = \"Office\"\naddress = \"{address}\"\nuser = \"{user}\"\n\
             secret = {{ command = [\"echo\", \"{password}\"] }}\n\
             imap = {{ host = \"{host}\", port = {imap}, tls = \"{tls}\" }}\n\
             smtp = {{ host = \"{host}\", port = {smtp}, tls = \"{tls}\" }}\n\
             trust = {{ ca_file = \"{ca}\" }}\n",
            address = Servers::address(&user),
            ca = servers.ca.display(),
        ),
    )
}

fn implicit() -> (u16, u16) {
    let servers = Servers::get();
    (servers.imaps, servers.smtps)
}

fn starttls() -> (u16, u16) {
    let servers = Servers::get();
    (servers.imap, servers.submission)
}

/// The report, and whether it was a success.
fn check(home: &Home) -> (bool, Vec<(String, String, String)>) {
    let (code, out, error) = home.run(&["account", "check", "--json"]);
    let report: Value = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{out}{error}"));
    let text = |check: &Value, key: &str| check[key].as_str().unwrap().to_owned();
    let checks = report["checks"].as_array().unwrap();
    let checks = checks
        .iter()
        .map(|check| (text(check, "what"), text(check, "outcome"), text(check, "detail")))
        .collect();
    assert_eq!(report["sound"], code == 0);
    (code == 0, checks)
}

#[test]
fn a_sound_account_is_said_to_work_over_both_kinds_of_tls() {
    for (ports, tls) in [(implicit(), "implicit"), (starttls(), "starttls")] {
        for host in [GOOD_HOST, "localhost"] {
            let (sound, checks) = check(&office(host, ports, tls, PASSWORD));
            assert!(sound, "{host} {tls}: {checks:?}");
            assert_eq!(checks.len(), 2);
            assert!(checks[0].2.contains("6 mailboxes"), "{checks:?}");
            assert!(checks[0].2.contains("Sent"), "{checks:?}");
        }
    }
}

#[test]
fn a_bad_certificate_is_explained_and_ends_it() {
    for (host, words) in [
        (EXPIRED_HOST, "has run out. No password was sent"),
        (WRONG_NAME_HOST, "is for another host. No password was sent"),
        (UNKNOWN_CA_HOST, "nobody whom this machine trusts has signed"),
    ] {
        for (ports, tls) in [(implicit(), "implicit"), (starttls(), "starttls")] {
            let (sound, checks) = check(&office(host, ports, tls, PASSWORD));
            assert!(!sound);
            for (what, outcome, detail) in &checks {
                assert_eq!(outcome, "failed", "{host} {tls} {what}");
                assert!(detail.contains(words), "{host} {tls} {what}: {detail}");
            }
        }
    }
}

#[test]
fn a_server_without_tls_gets_no_password() {
    let (sound, checks) = check(&office(NO_TLS_HOST, starttls(), "starttls", PASSWORD));
    assert!(!sound);
    for (what, _, detail) in &checks {
        assert!(detail.contains("No password was sent"), "{what}: {detail}");
    }
}

#[test]
fn a_wrong_password_is_told_and_not_repeated_in_the_output() {
    let home = office(GOOD_HOST, implicit(), "implicit", "wrong-hunter2");
    let (sound, checks) = check(&home);
    assert!(!sound);
    for (what, outcome, detail) in &checks {
        assert_eq!(outcome, "failed", "{what}");
        assert!(detail.contains("refused the login"), "{what}: {detail}");
        assert!(!detail.contains("hunter2"));
    }
}

#[test]
fn a_port_that_speaks_something_else_is_explained() {
    let (imap, _) = starttls();
    // Implicit TLS on the port of STARTTLS: the server speaks first, in clear.
    let (_, checks) = check(&office(GOOD_HOST, (imap, imap), "implicit", PASSWORD));
    for (what, _, detail) in &checks {
        assert!(detail.contains("does not speak TLS on this port"), "{what}: {detail}");
    }
}

#[test]
fn a_password_command_that_fails_is_told_before_anything_is_tried() {
    let home = office(GOOD_HOST, implicit(), "implicit", PASSWORD);
    let text = std::fs::read_to_string(home.file("config.toml")).unwrap();
    home.write("config.toml", &text.replace("[\"echo\"", "[\"false\""));
    let (sound, checks) = check(&home);
    assert!(!sound);
    assert_eq!(checks.len(), 1);
    assert!(checks[0].2.contains("`false` failed with exit code 1"), "{checks:?}");
}

#[test]
fn an_unknown_account_is_told() {
    let home = office(GOOD_HOST, implicit(), "implicit", PASSWORD);
    let (code, _, error) = home.run(&["account", "check", "Elsewhere"]);
    assert_eq!(code, 1);
    assert!(error.contains("no account called `Elsewhere`"), "{error}");
}
