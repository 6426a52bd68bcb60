//! What `matterbox clock` says, word for word.

use clap::Parser;

use super::*;

#[derive(Parser)]
struct Root {
    #[command(flatten)]
    clock: ClockArgs,
}

const NEW_YORK: &str = "[calendar]\nzone = \"America/New_York\"\n\
    hours = { mon-fri = \"09:00-17:00\" }\nclosed = { 2026-11-26 = \"Thanksgiving\" }\n\
    special = { 2026-11-27 = \"09:00-13:00\" }\n";

fn say(arguments: &str) -> Result<String, String> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ny.toml");
    std::fs::write(&file, NEW_YORK).unwrap();
    let words = ["clock"].into_iter().chain(arguments.split_whitespace());
    let root = Root::try_parse_from(
        words.map(|word| if word == "NY" { file.display().to_string() } else { word.to_owned() }),
    )
    .map_err(|error| error.to_string())?;
    let now = "2026-11-24T18:40:00Z".parse().unwrap();
    let mut out = Vec::new();
    run(&root.clock, &folder.path().join("sla.toml"), &mut out, now)
        .map_err(|error| error.to_string())?;
    Ok(String::from_utf8(out).unwrap())
}

#[test]
fn due_prints_the_time_in_the_calendars_zone() {
    for (arguments, said) in [
        ("due --from 2026-11-24T15:10 --target 4bh --calendar NY", "2026-11-25T11:10-05:00\n"),
        ("due --from 2026-11-24T20:10Z --target 4bh --calendar NY", "2026-11-25T11:10-05:00\n"),
        (
            "due --from 2026-11-24T15:10-05:00 --target 1bd --calendar NY",
            "2026-11-25T15:10-05:00\n",
        ),
        (
            "due --from 2026-11-24T21:10[Europe/Berlin] --target 4bh --calendar NY",
            "2026-11-25T11:10-05:00\n",
        ),
        (
            "due --from 2026-11-20T16:59:59 --target 4bh --calendar NY",
            "2026-11-23T12:59:59-05:00\n",
        ),
        ("due --target 1bd --calendar NY", "2026-11-25T13:40-05:00\n"),
        ("due --from 2026-11-24T16:40 --target cob+0 --calendar NY", "2026-11-25T17:00-05:00\n"),
        (
            "due --from 2026-11-24T16:40 --target cob+0 --cutoff 10 --calendar NY",
            "2026-11-24T17:00-05:00\n",
        ),
        ("due --from 2026-11-24T15:10 --target 4bh", "2026-11-25T10:40+00:00\n"),
    ] {
        assert_eq!(say(arguments).unwrap(), said, "{arguments}");
    }
}

#[test]
fn between_counts_both_times() {
    assert_eq!(
        say("between --from 2026-11-24T15:10 --to 2026-11-25T11:10 --calendar NY").unwrap(),
        "4 h of business time, 20 h on the wall\n"
    );
    assert_eq!(
        say("between --from 2026-11-25T11:10 --to 2026-11-24T15:10 --calendar NY").unwrap(),
        "-4 h of business time, -20 h on the wall\n"
    );
}

#[test]
fn explain_says_every_step() {
    assert_eq!(
        say("explain --from 2026-11-25T16:00 --target 4bh --calendar NY").unwrap(),
        "from Wed 25 Nov 2026 16:00 EST, 4 business hours in the calendar office (America/New_York)\n  \
         Wed 25 Nov: 16:00–17:00 is 1 h, 3 h left\n  \
         Thu 26 Nov: closed (Thanksgiving)\n  \
         Fri 27 Nov: 09:00–12:00 is 3 h, nothing left\n\
         due Fri 27 Nov 2026 12:00 EST\n"
    );
}

#[test]
fn json_says_the_same_in_its_schema() {
    let text = say("explain --from 2026-11-25T16:00 --target 1bd --calendar NY --json").unwrap();
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value["due"], "2026-11-27T13:00-05:00");
    assert_eq!(value["steps"][0]["name"], "Thanksgiving");
    assert_eq!(value["steps"][2]["to"], "2026-11-27T13:00-05:00");
    let schema = serde_json::to_value(schemars::schema_for!(ExplainOutput)).unwrap();
    for key in value.as_object().unwrap().keys() {
        assert!(schema["properties"].get(key).is_some(), "{key} is in the schema");
    }
    let due: serde_json::Value = serde_json::from_str(
        &say("due --from 2026-11-24T15:10 --target 4bh --calendar NY --json").unwrap(),
    )
    .unwrap();
    assert_eq!(due["zone"], "America/New_York");
}

#[test]
fn what_cannot_be_counted_is_refused_in_words() {
    for (arguments, said) in [
        ("due --from tomorrow --target 4bh --calendar NY", "\"tomorrow\" is not a time"),
        (
            "due --from 2026-03-08T02:30 --target 4bh --calendar NY",
            "2026-03-08T02:30 did not happen in America/New_York",
        ),
        (
            "due --from 2026-11-01T01:30 --target 4bh --calendar NY",
            "2026-11-01T01:30 happened twice in America/New_York; add the offset, such as \
          2026-11-01T01:30-04 or 2026-11-01T01:30-05",
        ),
        ("due --from 2026-11-24T15:10 --target 4hours --calendar NY", "error: invalid value"),
        (
            "due --from 2026-11-24T15:10 --target 4bh --calendar missing.toml",
            "the settings missing.toml could not be read",
        ),
    ] {
        let got = say(arguments).unwrap_err();
        assert!(got.starts_with(said), "{arguments}: {got}");
    }
    assert!(say("due --from 2026-11-01T01:30-04 --target 4bh --calendar NY").is_ok());
}
