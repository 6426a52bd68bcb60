//! Calendar files as programs write them, and as they should not be.

use super::*;

fn calendar(events: &str) -> String {
    format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\n{events}END:VCALENDAR\r\n")
}

fn event(lines: &str) -> String {
    format!("BEGIN:VEVENT\r\nUID:a@b\r\nDTSTAMP:20260101T000000Z\r\n{lines}END:VEVENT\r\n")
}

fn days(events: &str) -> IcsDays {
    read(&calendar(events), "2026-01-01".parse().unwrap(), "2028-12-31".parse().unwrap()).unwrap()
}

fn dates(events: &str) -> Vec<String> {
    days(events).days.keys().map(ToString::to_string).collect()
}

fn why(lines: &str) -> Option<Why> {
    days(&event(lines)).left_out.first().map(|left| left.why)
}

#[test]
fn a_whole_day_is_that_day_however_it_ends() {
    for end in
        ["", "DTEND;VALUE=DATE:20261230\r\n", "DTEND;VALUE=DATE:20261229\r\n", "DURATION:P1D\r\n"]
    {
        let lines = format!("DTSTART;VALUE=DATE:20261229\r\n{end}SUMMARY:Office move\r\n");
        let found = days(&event(&lines));
        assert_eq!(found.days.len(), 1, "{end}");
        assert_eq!(found.days[&"2026-12-29".parse().unwrap()], "Office move");
        assert!(found.left_out.is_empty());
    }
}

#[test]
fn several_days_in_one_event_are_each_closed() {
    let lines = "DTSTART;VALUE=DATE:20261228\r\nDTEND;VALUE=DATE:20270102\r\nSUMMARY:Closed\r\n";
    let all = dates(&event(lines));
    assert_eq!(all, ["2026-12-28", "2026-12-29", "2026-12-30", "2026-12-31", "2027-01-01"]);
    let lines = "DTSTART;VALUE=DATE:20261228\r\nDURATION:P1W\r\nSUMMARY:Closed\r\n";
    assert_eq!(dates(&event(lines)).len(), 7);
}

#[test]
fn midnight_to_midnight_is_a_whole_day_and_an_afternoon_is_none() {
    let lines = "DTSTART;TZID=Europe/Berlin:20261229T000000\r\nDTEND;TZID=Europe/Berlin:20261230T000000\r\nSUMMARY:x\r\n";
    assert_eq!(dates(&event(lines)), ["2026-12-29"]);
    for lines in [
        "DTSTART:20261229T130000\r\nDTEND:20261229T170000\r\nSUMMARY:x\r\n",
        "DTSTART:20261229T000000\r\nDTEND:20261229T120000\r\nSUMMARY:x\r\n",
        "DTSTART:20261229T000000\r\nDURATION:PT4H\r\nSUMMARY:x\r\n",
        "DTSTART:20261229T000000\r\nSUMMARY:x\r\n",
    ] {
        assert_eq!(why(lines), Some(Why::NotWholeDays), "{lines}");
    }
}

#[test]
fn a_day_that_repeats_is_closed_in_every_year_that_is_looked_at() {
    for (rule, want) in [
        ("FREQ=YEARLY", vec!["2026-12-24", "2027-12-24", "2028-12-24"]),
        ("FREQ=YEARLY;UNTIL=20271224", vec!["2026-12-24", "2027-12-24"]),
        ("FREQ=YEARLY;UNTIL=20271224T000000Z", vec!["2026-12-24", "2027-12-24"]),
        ("FREQ=YEARLY;COUNT=8", vec!["2026-12-24", "2027-12-24"]),
        ("FREQ=YEARLY;INTERVAL=2", vec!["2026-12-24", "2028-12-24"]),
    ] {
        let lines = format!("DTSTART;VALUE=DATE:20201224\r\nRRULE:{rule}\r\nSUMMARY:Eve\r\n");
        assert_eq!(dates(&event(&lines)), want, "{rule}");
    }
    // The fourth Thursday of November, as calendars of the United States have it.
    let lines = "DTSTART;VALUE=DATE:20201126\r\nRRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH\r\nSUMMARY:Thanksgiving\r\n";
    assert_eq!(dates(&event(lines)), ["2026-11-26", "2027-11-25", "2028-11-23"]);
}

#[test]
fn a_repetition_that_was_taken_out_or_moved_is_not_closed() {
    let master = event(
        "DTSTART;VALUE=DATE:20201224\r\nRRULE:FREQ=YEARLY\r\nEXDATE;VALUE=DATE:20271224\r\nSUMMARY:Eve\r\n",
    );
    assert_eq!(dates(&master), ["2026-12-24", "2028-12-24"]);
    let moved = event(
        "RECURRENCE-ID;VALUE=DATE:20261224\r\nDTSTART;VALUE=DATE:20261223\r\nSUMMARY:Eve\r\n",
    );
    assert_eq!(dates(&format!("{master}{moved}")), ["2026-12-23", "2028-12-24"]);
    let more = "DTSTART;VALUE=DATE:20261224\r\nRDATE;VALUE=DATE:20270105,20270106\r\nSUMMARY:x\r\n";
    assert_eq!(dates(&event(more)), ["2026-12-24", "2027-01-05", "2027-01-06"]);
}

#[test]
fn what_closes_no_day_is_named_with_its_reason() {
    for (lines, want) in [
        ("DTSTART;VALUE=DATE:20261229\r\nSTATUS:CANCELLED\r\n", Why::Cancelled),
        ("DTSTART;VALUE=DATE:20251229\r\n", Why::OutsideOfRange),
        ("DTSTART;VALUE=DATE:20261332\r\n", Why::NoDate),
        ("SUMMARY:x\r\n", Why::NoDate),
        ("DTSTART;VALUE=DATE:20261229\r\nDTEND;VALUE=DATE:20291229\r\n", Why::TooLong),
        ("DTSTART;VALUE=DATE:20261229\r\nRRULE:FREQ=FULLMOON\r\n", Why::UnknownRule),
    ] {
        assert_eq!(why(lines), Some(want), "{lines}");
        assert!(!want.words().is_empty());
    }
}

#[test]
fn folded_lines_escapes_and_letters_that_steer_a_terminal_are_read_as_text() {
    let lines =
        "DTSTART;VALUE=DATE:20261229\r\nSUMMARY:Betriebs\r\n ausflug\\, Köln\\nam Rhein\r\n";
    let found = days(&event(lines));
    assert_eq!(found.days.values().next().unwrap(), "Betriebsausflug, Köln am Rhein");
    let found = days(&event("DTSTART;VALUE=DATE:20261229\r\nSUMMARY:a\u{1b}[31mb\r\n"));
    assert!(!found.days.values().next().unwrap().contains('\u{1b}'));
}

#[test]
fn what_is_no_calendar_file_is_refused_in_words() {
    let whole = calendar(&event("DTSTART;VALUE=DATE:20261229\r\nSUMMARY:x\r\n"));
    let range = || ("2026-01-01".parse().unwrap(), "2028-12-31".parse().unwrap());
    let error = |text: &str| read(text, range().0, range().1).unwrap_err();
    for text in ["", "PK\u{3}\u{4}", "<html>", "date,name\n2026-12-29,x\n", "END:VCALENDAR"] {
        assert_eq!(error(text), IcsError::NotCalendar, "{text}");
    }
    assert_eq!(error(whole.split_at(whole.len() - 20).0), IcsError::CutOff);
    assert_eq!(error(&calendar("")), IcsError::NoEvents);
    let broken = whole.replace("SUMMARY:x", "this line has no name");
    assert!(matches!(error(&broken), IcsError::Broken { line: Some(8) }), "{:?}", error(&broken));
    let unclosed = whole.replace("END:VEVENT\r\n", "");
    assert!(matches!(error(&unclosed), IcsError::Broken { .. }));
    assert!(read(&format!("\u{feff}{whole}"), range().0, range().1).is_ok());
}

#[test]
fn no_cut_of_a_file_makes_it_panic_or_lose_a_day_in_silence() {
    let one = event("DTSTART;VALUE=DATE:20201224\r\nRRULE:FREQ=YEARLY\r\nSUMMARY:Eve\r\n");
    let whole = calendar(&format!("{one}{one}"));
    let (from, to) = ("2026-01-01".parse().unwrap(), "2026-12-31".parse().unwrap());
    for (at, _) in whole.char_indices() {
        let (head, tail) = whole.split_at(at);
        let cut = read(head, from, to);
        assert!(cut.is_err() || at + 2 >= whole.len(), "cut at {at} was taken: {cut:?}");
        let twisted = format!("{head}\u{0}{tail}");
        drop(read(&twisted, from, to));
    }
}
