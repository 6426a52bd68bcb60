//! Arguments, help and exit codes.

use crate::Home;

const COMMANDS: [&str; 28] = [
    "demo",
    "init",
    "account",
    "sync",
    "due",
    "list",
    "show",
    "search",
    "tag",
    "untag",
    "archive",
    "move",
    "delete",
    "flag",
    "read",
    "matter",
    "party",
    "clock",
    "compose",
    "reply",
    "outbox",
    "import",
    "doctor",
    "config",
    "keys",
    "completions",
    "man",
    "schema",
];

#[test]
fn help_names_every_command_and_every_command_has_help() {
    let home = Home::new();
    let help = home.prints(&["--help"]);
    for command in COMMANDS {
        assert!(help.contains(&format!("\n  {command} ")), "{command} is not in the help");
        assert!(home.prints(&[command, "--help"]).contains("Usage: matterbox"), "{command}");
    }
}

#[test]
fn the_version_is_that_of_the_package() {
    let version = concat!("matterbox ", env!("CARGO_PKG_VERSION"), "\n");
    assert_eq!(Home::new().prints(&["--version"]), version);
}

#[test]
fn a_wrong_argument_is_a_usage_error() {
    let home = Home::new();
    for arguments in [
        vec!["nonsense"],
        vec!["show"],
        vec!["show", "minus-one"],
        vec!["show", "0"],
        vec!["--now", "yesterday", "due"],
        vec!["tag", "3"],
        vec!["compose", "--to", "not an address", "--subject", "x"],
        vec!["clock", "due", "--target", "4 hours"],
        vec!["clock", "explain"],
        vec!["--passphrase-fd", "-1", "due"],
    ] {
        let (code, out, error) = home.run(&arguments);
        assert_eq!((code, out.as_str()), (2, ""), "{arguments:?}: {error}");
        assert!(error.starts_with("error: "), "{arguments:?}: {error}");
    }
}

#[test]
fn a_secret_is_never_an_argument() {
    let home = Home::new();
    for option in ["--passphrase", "--password", "--pass", "--secret"] {
        let (code, _, error) = home.run(&["due", &format!("{option}=hunter2")]);
        assert_eq!(code, 2, "{option}: {error}");
    }
    let page = home.prints(&["man"]);
    assert!(!page.contains("MATTERBOX_PASS"), "nor a value of the environment");
}

#[test]
fn questions_are_not_asked_where_nobody_can_answer() {
    let (code, out, error) = Home::new().run(&["init"]);
    assert_eq!((code, out.as_str()), (3, ""));
    assert!(error.contains("needs a terminal"), "{error}");
}

#[test]
fn an_empty_message_is_not_composed() {
    let home = Home::new();
    let (code, _, error) = home.run(&[
        "compose",
        "--to",
        "kofi@mensah.example",
        "--subject",
        "x",
        "--body",
        "/dev/null",
    ]);
    assert_eq!(code, 1);
    assert!(error.contains("nothing to send"), "{error}");
}

#[test]
fn the_clock_counts_the_way_the_documentation_says() {
    let home = Home::new();
    let calendar = "[calendar]\nzone = \"America/New_York\"\n\
                    [calendar.hours]\nmon-fri = \"09:00-17:00\"\n";
    home.write("ny.toml", calendar);
    let file = home.file("ny.toml");
    let calendar = file.to_str().unwrap();
    let count = ["--from", "2026-11-24T15:10", "--target", "4bh", "--calendar", calendar];
    let due = home.prints(&[&["clock", "due"][..], &count].concat());
    assert_eq!(due, "2026-11-25T11:10-05:00\n");
    let steps = home.prints(&[&["clock", "explain"][..], &count].concat());
    assert!(steps.lines().count() > 3, "{steps}");
    assert!(steps.contains("11:10"), "{steps}");
    for arguments in [["--json", "clock", "due"], ["clock", "due", "--json"]] {
        let json = home.prints(&[&arguments[..], &count].concat());
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(json["due"], "2026-11-25T11:10-05:00");
    }
}
