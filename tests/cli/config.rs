//! Settings that are wrong are told with their place; settings that are right say so.

use serde_json::Value;

use crate::Home;

const ACCOUNT: &str = r#"
[[account]]
name = "Office"
address = "alice@firm.example"
imap = { host = "127.0.0.1", port = 993, tls = "implicit" }
smtp = { host = "127.0.0.1", port = 465, tls = "implicit" }
"#;

#[test]
fn an_unknown_key_is_told_with_file_line_column_and_the_nearest_key() {
    let home = Home::with("config.toml", "[send]\nundo_second = 5\n");
    let (code, out, _) = home.run(&["config", "check"]);
    assert_eq!(code, 3);
    let place = format!("{}:2:1: unknown key `undo_second`", home.file("config.toml").display());
    assert!(out.contains(&place), "{out}");
    assert!(out.contains("did you mean `undo_seconds`?"), "{out}");
}

#[test]
fn every_command_tells_the_same_mistake_and_does_nothing() {
    let home = Home::with("config.toml", "[sned]\n");
    for command in ["due", "sync", "doctor"] {
        let (code, out, error) = home.run(&[command]);
        assert_eq!((code, out.as_str()), (3, ""), "{command}");
        assert!(error.contains("config.toml:1:2: unknown key `sned`"), "{error}");
    }
    assert!(!home.file("record").exists(), "nothing was made");
}

#[test]
fn mistakes_in_every_file_are_found_in_one_run() {
    let home = Home::with("config.toml", ACCOUNT);
    home.write("keys.toml", "[global]\n\"x\" = \"opne\"\n");
    home.write("sla.toml", "[calendar]\nzone = \"Europe/Lundun\"\n");
    home.write("footers/notice.en.txt", "Call {fax}");
    let (code, out, _) = home.run(&["config", "check", "--json"]);
    assert_eq!(code, 3);
    let report: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(report["sound"], false);
    let mistakes: Vec<_> = report["files"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|file| file["state"] == "mistake")
        .map(|file| file["path"].as_str().unwrap().rsplit('/').next().unwrap().to_owned())
        .collect();
    assert_eq!(mistakes, ["keys.toml", "sla.toml", "notice.en.txt"]);
    assert_eq!(report["files"][1]["line"], 2);
}

#[test]
fn sound_settings_say_so() {
    let home = Home::with("config.toml", ACCOUNT);
    let (code, out, error) = home.run(&["config", "check"]);
    assert_eq!((code, error.as_str()), (0, ""), "{out}");
    assert!(out.contains("config.toml: ok"), "{out}");
    assert!(out.contains("keys.toml: not there; the built-in one holds"), "{out}");
}

#[test]
fn an_office_that_its_footers_cannot_name_is_remarked() {
    let home = Home::with("config.toml", &format!("[office]\nname = \"Moreau\"\n{ACCOUNT}"));
    let out = home.prints(&["config", "check"]);
    assert!(out.contains("it says no phone, no address"), "{out}");
}

#[test]
fn the_shipped_files_are_sound() {
    let home = Home::with("config.toml", include_str!("../../config/matterbox.toml"));
    home.write("keys.toml", include_str!("../../config/keys.toml"));
    home.write("sla.toml", include_str!("../../config/sla.toml"));
    let (code, out, _) = home.run(&["config", "check"]);
    assert_eq!(code, 0, "{out}");
    assert_eq!(out.matches(": ok").count(), 3, "{out}");
}

#[test]
fn settings_that_others_can_read_are_remarked() {
    use std::os::unix::fs::PermissionsExt;
    let home = Home::with("config.toml", ACCOUNT);
    std::fs::set_permissions(home.file("config.toml"), PermissionsExt::from_mode(0o644)).unwrap();
    assert!(home.prints(&["config", "check"]).contains("chmod 600"));
    std::fs::set_permissions(home.file("config.toml"), PermissionsExt::from_mode(0o600)).unwrap();
    assert!(!home.prints(&["config", "check"]).contains("chmod"));
}

#[test]
fn what_stands_in_a_settings_file_cannot_steer_the_terminal() {
    let home = Home::with("config.toml", "\"\\u001b[31mred\\u202e\" = 1\n");
    let (_, out, error) = home.run(&["config", "check"]);
    assert!(out.contains("unknown key"), "{out}");
    let (_, _, due) = home.run(&["due"]);
    for text in [out, error, due] {
        let steering = text.chars().find(|c| (c.is_control() && *c != '\n') || *c == '\u{202e}');
        assert_eq!(steering, None, "{text:?}");
    }
}

#[test]
fn without_settings_the_way_to_them_is_named() {
    let home = Home::new();
    let (code, _, error) = home.run(&["due"]);
    assert_eq!(code, 3);
    assert!(error.contains("matterbox init"), "{error}");
}

#[test]
fn a_passphrase_command_is_run_without_a_shell_and_without_core_dumps() {
    let home = Home::new();
    let witness = home.file("witness");
    // The child inherits our limits, so it can testify.
    let script = format!("ulimit -c > {}; ulimit -Hc >> {0}; exit 7", witness.display());
    let settings =
        format!("[record]\npassphrase_command = [\"sh\", \"-c\", \"{script}\"]\n{ACCOUNT}");
    home.write("config.toml", &settings);
    let (code, out, error) = home.run(&["due"]);
    assert_eq!((code, out.as_str()), (3, ""));
    assert!(error.contains("the command `sh` failed with exit code 7"), "{error}");
    assert_eq!(std::fs::read_to_string(witness).unwrap(), "0\n0\n");
}
