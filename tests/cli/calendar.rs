//! `calendar`, and what the clock says whatever the machine around it is set to.

use serde_json::Value;

use crate::Home;

fn json(home: &Home, arguments: &[&str]) -> Value {
    let text = home.prints(&[arguments, &["--json", "--now", "2026-11-24T12:00:00Z"]].concat());
    serde_json::from_str(&text).unwrap()
}

const NEW_YORK: &str = "[calendar]\nzone = \"America/New_York\"\nholidays = [\"us-federal\"]\n\
    hours = { mon-fri = \"09:00-17:00\" }\n\
    [calendar.closed]\n2026-11-27 = \"Day after Thanksgiving\"\n2026-12-25 = \"Our Christmas\"\n\
    [calendar.special]\n2026-12-24 = \"09:00-13:00\"\n2026-10-12 = { hours = \"10:00-12:00\", name = \"Half Columbus\" }\n";

#[test]
fn a_year_shows_special_days_before_closed_ones_before_holidays() {
    let home = Home::with("sla.toml", NEW_YORK);
    let report = json(&home, &["calendar", "show"]);
    let day = |date: &str| {
        let days = report["days"].as_array().unwrap();
        days.iter().find(|day| day["date"] == date).unwrap().clone()
    };
    assert_eq!(day("2026-10-12")["from"], "special");
    assert_eq!(day("2026-10-12")["hours"][0], "10:00-12:00");
    assert_eq!(
        (&day("2026-12-25")["from"], &day("2026-12-25")["name"]),
        (&"closed".into(), &"Our Christmas".into())
    );
    assert_eq!(day("2026-11-26")["from"], "us-federal");
    assert_eq!(day("2026-07-04")["working_weekday"], false);
    assert_eq!(report["year"], 2026);
    let text = home.prints(&["calendar", "show", "--year", "2027"]);
    assert!(text.lines().any(|line| line == "Fri 2027-06-18  closed  Juneteenth National Independence Day (observed)  (us-federal)"), "{text}");
    let sets = home.prints(&["calendar", "sets"]);
    assert!(
        sets.lines().any(|line| line.starts_with("de-BE ") && line.ends_with("(Berlin)")),
        "{sets}"
    );
    assert!(home.prints(&["calendar", "show", "ie", "--year", "2030"]).contains("Fri 2030-02-01"));
    let (code, _, error) = home.run(&["calendar", "show", "atlantis"]);
    assert!(code == 1 && error.contains("calendars are office"), "{error}");
}

#[test]
fn the_calendars_of_the_office_are_listed_with_what_they_do_not_know() {
    let duty = "[calendars.duty]\nzone = \"Asia/Kolkata\"\nholidays = [\"in\", \"sg\"]\nhours = { sat = \"09:00-12:00\" }\n";
    let home = Home::with("sla.toml", &format!("{NEW_YORK}{duty}"));
    let text = home.prints(&["calendar", "list"]);
    for line in [
        "office (America/New_York, the office's own)",
        "  Mon–Fri: 09:00-17:00",
        "  Sat–Sun: closed",
        "  holidays: us-federal",
        "duty (Asia/Kolkata)",
    ] {
        assert!(text.lines().any(|printed| printed == line), "{line}:\n{text}");
    }
    assert!(text.contains("known to 2026 only"), "{text}");
    // And in time: India's days of the next year are missing when this year ends.
    home.write("config.toml", "");
    let check = |now: &str| home.prints(&["config", "check", "--now", now]);
    assert!(check("2026-11-24T12:00:00Z").contains("known to 2026 only"));
    assert!(!check("2026-03-01T12:00:00Z").contains("known to 2026 only"));
}

#[test]
fn a_time_that_is_due_beyond_the_known_holidays_says_so() {
    let text = "[calendar]\nzone = \"Asia/Kolkata\"\nholidays = [\"in\"]\nhours = { mon-fri = \"10:00-18:00\" }\n";
    let home = Home::with("sla.toml", text);
    let due = |from: &str| home.prints(&["clock", "due", "--from", from, "--target", "3bd"]);
    assert_eq!(
        due("2026-11-23T10:00"),
        "2026-11-27T10:00+05:30\n",
        "the 24th is Guru Nanak's Birthday"
    );
    assert!(due("2026-12-30T10:00").contains("careful: the holidays of India"));
    let report =
        json(&home, &["clock", "explain", "--from", "2026-12-30T10:00", "--target", "3bd"]);
    assert_eq!(report["warnings"].as_array().unwrap().len(), 1);
    let last = report["steps"].as_array().unwrap().last().unwrap().clone();
    assert_eq!((&last["step"], &last["known_to"]), (&"unknown".into(), &2026.into()));
}

const ICS: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART;VALUE=DATE:20261228\r\n\
    DTEND;VALUE=DATE:20270102\r\nSUMMARY:Between the years\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nUID:2\r\n\
    DTSTART;VALUE=DATE:20201224\r\nRRULE:FREQ=YEARLY\r\nSUMMARY:Christmas Eve\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nUID:3\r\n\
    DTSTART:20261201T120000Z\r\nSUMMARY:Lunch\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

#[test]
fn a_calendar_file_closes_nothing_before_somebody_says_so() {
    let home = Home::with("sla.toml", NEW_YORK);
    home.write("firm.ics", ICS);
    let file = home.file("firm.ics");
    let import = ["calendar", "import", file.to_str().unwrap(), "--now", "2026-11-24T12:00:00Z"];
    let (code, out, error) = home.run(&import);
    assert_eq!(code, 3, "{error}");
    assert!(error.contains("nothing was written") && error.contains("--yes"), "{error}");
    for part in [
        "2026-12-28  Between the years  to be closed",
        "2027-01-01  Between the years  closed already (New Year's Day)",
        "2026-12-24  Christmas Eve      CONFLICT: stays open 09:00-13:00",
        "2027-12-24  Christmas Eve      closed already (Christmas Day (observed))",
        "2028-12-24  Christmas Eve      no hours on this weekday",
        "2029-12-24  Christmas Eve      to be closed",
        "left out: Lunch (it has a time of day and closes no whole day)",
    ] {
        assert!(out.contains(part), "{part}:\n{out}");
    }
    assert_eq!(std::fs::read_to_string(home.file("sla.toml")).unwrap(), NEW_YORK);
    let due = ["clock", "due", "--from", "2026-12-24T12:00", "--target", "2bh"];
    assert_eq!(home.prints(&due), "2026-12-28T10:00-05:00\n");
    let report = json(&home, &["calendar", "import", file.to_str().unwrap(), "--yes"]);
    assert_eq!((&report["new"], &report["written"]), (&5.into(), &true.into()));
    assert_eq!(home.prints(&due), "2027-01-04T10:00-05:00\n");
    let again = json(&home, &["calendar", "import", file.to_str().unwrap(), "--yes"]);
    assert_eq!((&again["new"], &again["written"]), (&0.into(), &false.into()));
    // Without a file of its own, an office begins with the shipped one.
    let other = Home::with("firm.ics", ICS);
    json(&other, &["calendar", "import", other.file("firm.ics").to_str().unwrap(), "--yes"]);
    let written = std::fs::read_to_string(other.file("sla.toml")).unwrap();
    assert!(written.contains("2026-12-29 = \"Between the years\""), "{written}");
    assert!(written.contains("# ack = \"4bh\""), "the annotations stay");
}

#[test]
fn what_is_no_calendar_file_is_refused_and_changes_nothing() {
    let home = Home::with("sla.toml", NEW_YORK);
    for (name, text, said) in [
        ("a.ics", "hello", "this is not a calendar file"),
        ("b.ics", &ICS[..ICS.len() - 30], "is cut off"),
        ("c.ics", &ICS.replace("SUMMARY:Lunch", "no name here"), "at line "),
    ] {
        home.write(name, text);
        let (code, out, error) =
            home.run(&["calendar", "import", home.file(name).to_str().unwrap(), "--yes"]);
        assert!(code == 3 && out.is_empty() && error.contains(said), "{name}: {code} {error}");
    }
    std::fs::write(home.file("d.ics"), [0xff_u8, 0xfe, 0, 1]).unwrap();
    for missing in ["d.ics", "none.ics"] {
        let path = home.file(missing);
        assert_eq!(home.run(&["calendar", "import", path.to_str().unwrap()]).0, 1);
    }
    assert_eq!(std::fs::read_to_string(home.file("sla.toml")).unwrap(), NEW_YORK);
}

#[test]
fn the_zone_the_language_and_the_zone_files_of_the_machine_change_no_due() {
    let home = Home::with("sla.toml", NEW_YORK);
    let empty = tempfile::tempdir().unwrap();
    for zone in
        ["", "UTC", "Asia/Kolkata", "Pacific/Apia", ":/etc/localtime", "Not/AZone", "EST5EDT"]
    {
        for language in ["C", "de_DE.UTF-8", "ar_EG.UTF-8", "xx"] {
            for (from, target, due) in [
                ("2026-11-25T16:00", "4bh", "2026-11-30T12:00-05:00\n"),
                ("2026-03-06T16:00", "1bd", "2026-03-09T16:00-04:00\n"),
                ("2026-11-24T10:00", "cob+1", "2026-11-25T17:00-05:00\n"),
            ] {
                let arguments = ["clock", "due", "--from", from, "--target", target];
                let mut command = home.matterbox(&arguments);
                command.env("TZ", zone).env("LANG", language).env("LC_ALL", language);
                // An empty folder of zone files: every zone must come from the program itself.
                command.env("TZDIR", empty.path());
                let output = command.assert().success().get_output().clone();
                assert_eq!(
                    String::from_utf8(output.stdout).unwrap(),
                    due,
                    "TZ={zone} LANG={language}"
                );
            }
        }
    }
}

/// A sound zone file (RFC 8536) whose only time is two hours east of Greenwich, for ever.
fn zone_of_two_hours() -> Vec<u8> {
    let block = |version: u8| {
        let mut block = b"TZif".to_vec();
        block.push(version);
        block.extend([0; 15]);
        // Counts: UT marks, standard marks, leap seconds, transitions, types, letters.
        for count in [0_u32, 0, 0, 0, 1, 4] {
            block.extend(count.to_be_bytes());
        }
        block.extend(7_200_i32.to_be_bytes());
        block.extend([0, 0]);
        block.extend(b"XXX\0");
        block
    };
    [block(b'2'), block(b'2'), b"\nXXX-2\n".to_vec()].concat()
}

#[test]
fn zones_come_from_the_program_and_not_from_the_machine() {
    let home = Home::with("sla.toml", NEW_YORK);
    let machine = tempfile::tempdir().unwrap();
    for zone in ["America/New_York", "Europe/London", "Etc/Fictional"] {
        let path = machine.path().join(zone);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, zone_of_two_hours()).unwrap();
    }
    let with_machine = |arguments: &[&str]| {
        let output = home.matterbox(arguments).env("TZDIR", machine.path()).output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8(text).unwrap())
    };
    let due = |from: &str| with_machine(&["clock", "due", "--from", from, "--target", "1bh"]).1;
    assert_eq!(due("2026-07-06T10:00"), "2026-07-06T11:00-04:00\n");
    assert_eq!(due("2026-07-06T15:00[Europe/London]"), "2026-07-06T11:00-04:00\n");
    // A zone that only this machine knows would count otherwise on the next one.
    home.write("sla.toml", &NEW_YORK.replace("America/New_York", "Etc/Fictional"));
    let (done, said) = with_machine(&["clock", "due", "--target", "1bh"]);
    assert!(!done && said.contains("`Etc/Fictional` is not a time zone"), "{said}");
}
