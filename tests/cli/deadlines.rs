//! Deadlines on the command line: counted by a cited rule, entered, confirmed by a person, ended with a reason.

use serde_json::Value;

use crate::Home;

const SETTINGS: &str = "[office]\nname = \"Moreau\"\nphone = \"1\"\naddress = \"2\"\n\
    [record]\npassphrase_command = [\"echo\", \"correct horse\"]\n\
    [[account]]\nname = \"Office\"\naddress = \"alice@firm.example\"\nsecret = \"prompt\"\n\
    imap = { host = \"127.0.0.1\", port = 1, tls = \"implicit\" }\n\
    smtp = { host = \"127.0.0.1\", port = 1, tls = \"implicit\" }\n";

fn office() -> Home {
    let home = Home::with("config.toml", SETTINGS);
    home.prints(&["matter", "add", "2026-0147", "Mensah v. Harlow"]);
    home
}

fn json(home: &Home, arguments: &[&str]) -> Value {
    let (code, out, error) = home.run(&[arguments, &["--json"]].concat());
    assert_eq!(code, 0, "{arguments:?}: {out}{error}");
    serde_json::from_str(&out).unwrap_or_else(|_| panic!("{arguments:?}: {out}"))
}

fn refused(home: &Home, arguments: &[&str], code: i32, word: &str) {
    let (found, out, error) = home.run(arguments);
    assert_eq!(found, code, "{arguments:?}: {out}{error}");
    assert!(error.contains(word), "{arguments:?}: {error}");
}

const COUNTED: [&str; 8] =
    ["--rule", "frcp.6", "--trigger", "2026-11-05", "--days", "21", "--zone", "America/New_York"];

fn add(home: &Home, more: &[&str]) -> String {
    let what = ["deadline", "add", "--matter", "2026-0147", "--what", "answer the complaint"];
    let why = ["--source", "summons served 5 Nov", "--evidence", "docket entry 7"];
    home.prints(&[&what[..], &why, more].concat())
}

#[test]
fn a_deadline_is_counted_without_an_office_and_every_step_is_cited() {
    let home = Home::new();
    let said = home.prints(&[&["deadline", "compute"][..], &COUNTED].concat());
    assert!(said.contains("Thanksgiving"), "{said}");
    assert!(said.contains("(Fed. R. Civ. P. 6(a)(1)(C))"), "{said}");
    let report = json(&home, &[&["deadline", "compute"][..], &COUNTED].concat());
    assert_eq!(report["day"], "2026-11-27");
    assert_eq!(report["until"], "2026-11-28T04:59:59Z");
    assert_eq!(report["holidays"], "us-federal");
}

#[test]
fn the_holidays_are_those_of_the_court() {
    let home = Home::new();
    let german = ["deadline", "compute", "--rule", "zpo.222", "--trigger", "2025-12-23"];
    let everywhere = json(&home, &[&german[..], &["--weeks", "2"]].concat());
    assert_eq!(everywhere["day"], "2026-01-06");
    assert_eq!(everywhere["cautions"].as_array().unwrap().len(), 1, "the Land was not named");
    let bavaria = json(&home, &[&german[..], &["--weeks", "2", "--holidays", "de-BY"]].concat());
    assert_eq!(
        (&bavaria["day"], &bavaria["cautions"]),
        (&"2026-01-07".into(), &Value::Array(vec![]))
    );
    let served = ["deadline", "compute", "--rule", "cpr.6.26", "--service", "electronic"];
    let late = json(&home, &[&served[..], &["--trigger", "2026-12-24T16:30"]].concat());
    assert_eq!(late["day"], "2026-12-29");
}

#[test]
fn what_a_rule_cannot_count_is_refused_in_words() {
    let home = Home::new();
    let compute = ["deadline", "compute", "--trigger", "2026-11-05"];
    refused(&home, &[&compute[..], &["--rule", "frcp.6"]].concat(), 3, "needs a period");
    refused(&home, &[&compute[..], &["--rule", "frcp.9", "--days", "3"]].concat(), 2, "zpo.222");
    let two = ["--rule", "frcp.6", "--days", "3", "--weeks", "1"];
    refused(&home, &[&compute[..], &two].concat(), 2, "cannot be used with");
}

#[test]
fn a_deadline_counts_only_after_a_person_has_said_its_day() {
    let home = office();
    let said = add(&home, &COUNTED);
    assert!(said.contains("does not count before"), "{said}");
    let listed = json(&home, &["deadline", "list"]);
    let row = &listed["deadlines"][0];
    assert_eq!((&row["state"], &row["day"]), (&"to confirm".into(), &"2026-11-27".into()));
    assert_eq!(row["rule"], "frcp.6");
    assert!(row["arithmetic"][2].as_str().unwrap().contains("Thanksgiving"));

    let confirm = ["deadline", "confirm", "1", "--now", "2026-11-14T09:00:00Z"];
    refused(&home, &[&confirm[..], &["--day", "2026-11-26"]].concat(), 1, "not the day");
    let told = home.prints(&[&confirm[..], &["--day", "2026-11-27"]].concat());
    assert!(told.contains("next reminder comes 7 days ahead"), "{told}");
    refused(&home, &[&confirm[..], &["--day", "2026-11-27"]].concat(), 1, "already");
    assert_eq!(json(&home, &["deadline", "list"])["deadlines"][0]["state"], "confirmed");
}

#[test]
fn a_deadline_ends_with_evidence_or_by_an_order_and_stays_in_the_record() {
    let home = office();
    for day in ["2026-12-01", "2026-12-02", "2026-12-03"] {
        add(&home, &["--day", day]);
    }
    refused(&home, &["deadline", "done", "1", "--evidence", "ECF 12"], 1, "never confirmed");
    home.prints(&["deadline", "confirm", "1", "--day", "2026-12-01"]);
    refused(&home, &["deadline", "done", "1", "--evidence", " "], 1, "only with evidence");
    home.prints(&["deadline", "done", "1", "--evidence", "ECF 12, filed 30 Nov"]);
    refused(&home, &["deadline", "vacate", "2", "--reason", ""], 1, "only with the order");
    home.prints(&["deadline", "vacate", "2", "--reason", "order of 25 Nov"]);
    refused(&home, &["deadline", "vacate", "2", "--reason", "again"], 1, "ended already");
    refused(&home, &["deadline", "done", "9", "--evidence", "x"], 1, "no such deadline");
    let open = json(&home, &["deadline", "list", "--matter", "2026-0147"]);
    assert_eq!(open["deadlines"].as_array().unwrap().len(), 1);
    let all = json(&home, &["deadline", "list", "--all"]);
    let ended: Vec<(&str, &str)> = all["deadlines"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["state"].as_str().unwrap(), row["because"].as_str().unwrap_or_default()))
        .collect();
    assert_eq!(
        ended,
        [("done", "ECF 12, filed 30 Nov"), ("vacated", "order of 25 Nov"), ("to confirm", "")]
    );
}

#[test]
fn there_is_no_way_to_snooze_or_pause_a_deadline() {
    let home = Home::new();
    let help = home.prints(&["deadline", "--help"]);
    for word in ["snooze", "pause", "delete", "move"] {
        assert!(!help.contains(word), "{help}");
        refused(&home, &["deadline", word, "1"], 2, "unrecognized");
    }
}
