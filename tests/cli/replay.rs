//! `clock replay`: the worked cases of the design as scenario files, and what each must give.

use serde_json::Value;

use crate::Home;

/// Kofi's clocks, unless another name stands first: `clock standing due`.
const GOLDEN: &[(&str, &[&str])] = &[
    ("row-01-tuesday-morning", &["ack running 2026-11-24T14:00", "reply running 2026-11-25T10:00"]),
    ("row-02-ack-spills", &["ack running 2026-11-25T11:10", "reply running 2026-11-25T15:10"]),
    ("row-03-closing-edge", &["ack running 2026-11-24T17:00", "reply running 2026-11-25T13:00"]),
    (
        "row-05-exactly-at-close",
        &["ack running 2026-11-23T13:00", "reply running 2026-11-24T09:00"],
    ),
    (
        "row-07-before-thanksgiving",
        &["ack running 2026-11-27T12:00", "reply running 2026-11-27T13:00"],
    ),
    ("row-12-spring-forward", &["ack running 2026-03-09T12:00", "reply running 2026-03-09T16:00"]),
    (
        "row-15-easter-in-london",
        &["ack running 2026-04-07T11:30", "reply running 2026-04-07T16:00"],
    ),
    (
        "row-17-lunch-gap-in-berlin",
        &["ack running 2026-11-24T17:30", "reply running 2026-11-25T13:30"],
    ),
    (
        "row-26-joint-clients",
        &[
            "ack met 2026-11-24T14:00",
            "reply met 2026-11-25T10:00",
            "Ama Okafor ack running 2026-11-24T14:30",
            "Ama Okafor reply running 2026-11-25T10:30",
        ],
    ),
    (
        "row-27-late-ack-and-answer-in-time",
        &["ack missed 2026-11-24T14:00", "reply met 2026-11-25T10:00"],
    ),
    (
        "row-28-paralegal-ack-then-lawyer",
        &["ack met 2026-11-24T14:00", "reply met 2026-11-25T10:00"],
    ),
    ("row-29-call-with-summary", &["ack met 2026-11-24T14:00", "reply met 2026-11-25T10:00"]),
    ("row-30-no-reset", &["ack missed 2026-11-24T14:00", "reply running 2026-11-25T10:00"]),
    ("row-31-answered-from-her-phone", &["ack met 2026-11-24T14:00", "reply met 2026-11-25T10:00"]),
    (
        "row-33-our-vacation-notice-stops-nothing",
        &["ack running 2026-11-24T14:00", "reply running 2026-11-25T10:00"],
    ),
    ("row-34-clients-out-of-office", &["ack met 2026-11-24T14:00", "reply met 2026-11-25T10:00"]),
    ("row-37-internal-note", &["ack running 2026-11-24T14:00", "reply running 2026-11-25T10:00"]),
    (
        "row-38-only-to-opposing-counsel",
        &["ack running 2026-11-24T14:00", "reply running 2026-11-25T10:00"],
    ),
    ("row-39-reply-all-with-opponent", &["ack met 2026-11-24T14:00", "reply met 2026-11-25T10:00"]),
    ("row-42-duplicate-copy", &["ack running 2026-11-24T14:00", "reply running 2026-11-25T10:00"]),
    (
        "row-43-same-id-other-body",
        &["ack running 2026-11-24T14:00", "reply running 2026-11-25T10:00"],
    ),
    (
        "row-44-bounce-for-the-client",
        &["ack running 2026-11-24T14:00", "reply running 2026-11-25T10:00"],
    ),
    (
        "row-45-bounce-for-the-accountant",
        &["ack met 2026-11-24T14:00", "reply met 2026-11-25T10:00"],
    ),
    (
        "row-47-scheduled-is-not-sent",
        &["ack running 2026-11-24T14:00", "reply running 2026-11-25T10:00"],
    ),
    ("row-48-exactly-at-due", &["ack met 2026-11-24T14:00", "reply met 2026-11-25T10:00"]),
    ("row-48-a-second-after-due", &["ack met 2026-11-24T14:00", "reply missed 2026-11-25T10:00"]),
    ("row-49-answered-on-sunday", &["ack met 2026-11-23T13:00", "reply met 2026-11-24T09:00"]),
    (
        "row-51-holding-reply",
        &[
            "ack met 2026-11-24T14:00",
            "reply deferred 2026-11-25T10:00",
            "promise running 2026-12-01T17:00",
        ],
    ),
    (
        "row-90-dismissed-with-a-reason",
        &["ack dismissed 2026-11-24T14:00", "reply dismissed 2026-11-25T10:00"],
    ),
];

fn replayed(name: &str) -> Value {
    let home = Home::new();
    let out = home.prints(&["clock", "replay", &format!("tests/scenarios/{name}.json")]);
    serde_json::from_str(&out).unwrap()
}

fn said(report: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let mut lines = Vec::new();
    for turn in report["turns"].as_array().unwrap() {
        let client = text(&turn["client"]);
        let who = if client == "Kofi Mensah" { String::new() } else { format!("{client} ") };
        for clock in turn["clocks"].as_array().unwrap() {
            let due = &text(&clock["due"])[..16];
            lines.push(format!(
                "{who}{} {} {due}",
                text(&clock["clock"]),
                text(&clock["standing"])
            ));
        }
    }
    lines
}

#[test]
fn every_scenario_gives_what_the_design_says() {
    for (name, expected) in GOLDEN {
        assert_eq!(&said(&replayed(name)), expected, "{name}");
    }
}

#[test]
fn every_scenario_file_is_tested() {
    let mut files: Vec<String> = std::fs::read_dir("tests/scenarios")
        .unwrap()
        .map(|file| file.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    files.sort();
    let mut tested: Vec<&str> = GOLDEN.iter().map(|(name, _)| *name).collect();
    tested.sort_unstable();
    assert_eq!(files, tested);
}

#[test]
fn a_replay_says_what_stopped_a_clock_and_how_long_the_client_waited() {
    let call = &replayed("row-29-call-with-summary")["turns"][0];
    assert_eq!(call["clocks"][1]["by"], "contact");
    let phone = &replayed("row-31-answered-from-her-phone")["turns"][0];
    assert_eq!(
        (&phone["clocks"][1]["by"], &phone["clocks"][1]["observed"]),
        (&"m2".into(), &true.into())
    );
    let sunday = &replayed("row-49-answered-on-sunday")["turns"][0];
    assert_eq!(sunday["waited_business_seconds"], 0);
    assert_eq!(sunday["waited_wall_seconds"], 12 * 3600 + 20 * 60);
    assert_eq!(replayed("row-44-bounce-for-the-client")["turns"][0]["never_arrived"][0], "m2");
    assert_eq!(
        replayed("row-45-bounce-for-the-accountant")["turns"][0]["delivery_warnings"][0],
        "m2"
    );
    assert_eq!(replayed("row-43-same-id-other-body")["turns"][0]["flags"][0], "id_collision");
    assert_eq!(
        replayed("row-42-duplicate-copy")["turns"][0]["messages"].as_array().unwrap().len(),
        1
    );
}

#[test]
fn a_bad_scenario_is_refused_with_its_file_and_line() {
    let home = Home::with("case.json", "{\n  \"matterbox_scenario\": 1,\n  \"calender\": {}\n}\n");
    let file = home.file("case.json");
    let (code, out, error) = home.run(&["clock", "replay", file.to_str().unwrap()]);
    assert_eq!((code, &*out), (3, ""));
    assert!(error.contains("case.json:3: unknown field `calender`"), "{error}");
    let (code, _, error) = home.run(&["clock", "replay", "nowhere.json"]);
    assert!(code == 3 && error.contains("could not be read"), "{code} {error}");
}
