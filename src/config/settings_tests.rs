//! What settings mean and which mistakes are told, and that the shipped file tells the truth about the defaults.

use std::path::Path;

use super::*;
use crate::config::{ConfigError, SHIPPED, parse};

const FILE: &str = "/etc/office/config.toml";

fn read(text: &str) -> Result<Settings, ConfigError> {
    parse(text, Path::new(FILE))
}

fn mistake(text: &str) -> (usize, usize, String) {
    match read(text) {
        Err(ConfigError::Mistake { line, column, what, remedy, .. }) => {
            (line, column, format!("{what} | {}", remedy.unwrap_or_default()))
        }
        other => panic!("not a mistake: {other:?}"),
    }
}

/// The shipped file with every commented value (`# key = …`) made real.
fn shipped_with_values() -> String {
    let is_value = |line: &str| {
        line.strip_prefix("# ").and_then(|rest| rest.split_once(" = ")).is_some_and(|(key, _)| {
            !key.is_empty() && key.chars().all(|c| c.is_ascii_lowercase() || c == '_')
        })
    };
    SHIPPED
        .lines()
        .map(|line| if is_value(line) { line.trim_start_matches("# ") } else { line })
        .collect::<Vec<_>>()
        .join("\n")
}

fn shipped_example() -> String {
    SHIPPED.lines().filter_map(|line| line.strip_prefix("#: ")).collect::<Vec<_>>().join("\n")
}

#[test]
fn every_commented_value_of_the_shipped_file_is_the_default() {
    let uncommented = shipped_with_values();
    assert!(uncommented.contains("\nundo_seconds = 10\n"), "{uncommented}");
    assert_eq!(read(&uncommented).unwrap(), read("").unwrap());
    assert_eq!(read(SHIPPED).unwrap(), read("").unwrap());
}

#[test]
fn every_key_there_is_stands_in_the_shipped_file() {
    // An unknown key makes serde list the known ones.
    for table in ["office", "record", "sync", "send", "screen", "limits", "files", "log"] {
        let error = toml::from_str::<RawConfig>(&format!("[{table}]\nzz = 1")).unwrap_err();
        for key in error.message().split('`').skip(3).step_by(2) {
            assert!(SHIPPED.contains(&format!("\n# {key} = ")), "[{table}] {key} is not shipped");
        }
    }
    let example = shipped_example();
    let error = toml::from_str::<RawConfig>(&format!("{example}\nzz = 1")).unwrap_err();
    for key in error.message().split('`').skip(3).step_by(2) {
        assert!(example.contains(&format!("\n{key} = ")), "{key} is not in the example account");
    }
}

#[test]
fn the_example_account_is_understood() {
    let account = read(&shipped_example()).unwrap().accounts.remove(0);
    assert_eq!(account.imap.tls, TlsMode::Implicit);
    assert_eq!((account.smtp.port, account.smtp.tls), (587, TlsMode::Starttls));
    assert_eq!((account.secret, account.trust), (SecretSource::Keyring, TrustSource::Platform));
}

#[test]
fn an_unknown_key_is_told_with_line_column_and_the_nearest_key() {
    let (line, column, text) = mistake("[office]\nname = \"x\"\n\n[send]\n  undo_second = 3\n");
    assert_eq!((line, column), (5, 3));
    assert_eq!(text, "unknown key `undo_second` | did you mean `undo_seconds`?");
}

#[test]
fn an_unknown_table_and_an_unknown_word_are_told_likewise() {
    assert_eq!(mistake("[sned]\n").2, "unknown key `sned` | did you mean `send`?");
    assert_eq!(
        mistake("[log]\nlevel = \"warning\"").2,
        "this value is not known here | did you mean `warn`?"
    );
    let (line, _, text) = mistake("[record]\npassphrase = \"hunter2\"");
    assert_eq!(line, 2);
    assert!(!text.contains("hunter2"), "a passphrase in the wrong place is not repeated: {text}");
}

#[test]
fn a_password_in_a_wrong_place_is_not_repeated() {
    for text in [
        "[record]\npassphrase_command = \"hunter2\\\", expected x\"",
        "[send]\nundo_seconds = \"hunter2\"",
        "[record]\npassphrase = { hunter2 = \"hunter2\" }",
        "[[account]]\nsecret = { command = \"hunter2\" }",
        "[[account]]\nsecret = { keyring = \"hunter2\" }",
        "[[account]]\nsecret = { fd = \"hunter2\" }",
        "[[account]]\nsecret = \"hunter2\"",
        "[[account]]\nimap = { host = \"imaps://me:hunter2@mail.example\", port = 993, tls = \"implicit\" }",
        "account = \"hunter2\"",
        "hunter2",
    ] {
        let told = mistake(text).2;
        assert!(!told.contains("hunter2"), "{text}: {told}");
    }
    let told = mistake("[record]\npassphrase_command = \"pass show\"").2;
    assert!(told.starts_with("invalid type: a text, expected a sequence"), "{told}");
}

#[test]
fn what_is_not_toml_is_told_where() {
    assert_eq!(mistake("[send]\nundo_seconds = = 3").0, 2);
    assert_eq!(mistake("[send]\nundo_seconds = 3\nundo_seconds = 4").0, 3);
}

#[test]
fn numbers_out_of_range_say_the_range() {
    let (line, column, text) = mistake("[sync]\npoll_seconds = 3");
    assert_eq!((line, column, text.as_str()), (2, 16, "3 is out of range | from 15 to 3600"));
}

#[test]
fn a_theme_cannot_climb_out_of_its_folder() {
    assert!(mistake("[screen]\ntheme = \"../../etc/passwd\"").2.contains("not the name of a file"));
}

#[test]
fn an_account_must_make_sense() {
    let example = shipped_example();
    let with = |from: &str, to: &str| {
        assert!(example.contains(from), "{from}");
        mistake(&example.replace(from, to)).2
    };
    assert!(
        with("\"alice@firm.example\"\naliases", "\"alice\"\naliases").contains("not an address")
    );
    assert!(with("imap.firm.example", "imaps://imap.firm.example").contains("not a host name"));
    assert!(with("port = 993", "port = 0").contains("port 0"));
    assert!(
        with("tls = \"implicit\"", "tls = \"none\"")
            .contains("not known here | known here: implicit, starttls")
    );
    assert!(with("secret = \"keyring\"", "secret = { fd = 1 }").contains("3 or higher"));
    assert!(with("secret = \"keyring\"", "secret = { command = [] }").contains("empty"));
    assert!(with("secret = \"keyring\"", "password = \"x\"").contains("unknown key `password`"));
    assert!(
        with("trust = \"platform\"", "trust = { pin = \"sha256:12\" }").contains("64 hexadecimal")
    );
    assert!(mistake(&format!("{example}\n{example}")).2.contains("two accounts are called"));
    assert!(with("host = \"imap.firm.example\", ", "").contains("missing field `host`"));
}

#[test]
fn files_beside_the_settings_are_found_from_their_folder() {
    let settings = read("[files]\nkeys = \"/elsewhere/keys.toml\"").unwrap();
    assert_eq!(settings.files.keys, Path::new("/elsewhere/keys.toml"));
    assert_eq!(settings.files.sla, Path::new("/etc/office/sla.toml"));
}

#[test]
fn a_pin_is_read_with_and_without_colons() {
    let plain = "ab".repeat(32);
    assert_eq!(fingerprint(&plain), Some([0xab; 32]));
    let colons = vec!["AB"; 32].join(":");
    assert_eq!(fingerprint(&format!("sha256:{colons}")), Some([0xab; 32]));
    assert_eq!(fingerprint(&"ab".repeat(31)), None);
    assert_eq!(fingerprint(&"ä".repeat(32)), None);
}
