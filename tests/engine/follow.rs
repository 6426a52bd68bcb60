//! `sla.toml` is changed while the program runs.

use jiff::Timestamp;
use matterbox::app::follow::Change;

use crate::support::{Desk, Letter};

fn write(desk: &Desk, text: &str) {
    std::fs::write(desk.folder.path().join("sla.toml"), text).unwrap();
}

/// Looks until the file has come to rest: at the first look it may still be being written.
fn follow(desk: &Desk) -> Change {
    let first = desk.office.follow_file().unwrap();
    assert_eq!(first, Change::None, "a file that just changed is looked at once more");
    desk.office.follow_file().unwrap()
}

fn soonest(desk: &Desk) -> Timestamp {
    desk.due().iter().map(|row| row.running.due).min().unwrap()
}

const TWO_HOURS: &str = "[calendar]\nzone = \"America/New_York\"\nhours = { mon-fri = \"09:00-17:00\" }\n\
    [policies.firm]\nack = \"2bh\"\n";

#[test]
fn what_is_understood_holds_at_once_and_every_clock_is_counted_anew() {
    let desk = Desk::open();
    desk.import(&[&Letter::new("one", "bob@client.example", "alice@firm.example")]);
    let before = soonest(&desk);
    assert_eq!(desk.office.follow_file().unwrap(), Change::None, "there is no such file yet");
    write(&desk, TWO_HOURS);
    assert_eq!(follow(&desk), Change::Followed);
    assert_eq!(before.duration_since(soonest(&desk)).as_hours(), 2);
    assert_eq!(desk.office.follow_file().unwrap(), Change::None, "it is followed once");
    // The same words at another time change nothing.
    write(&desk, &format!("# looked at\n{TWO_HOURS}"));
    assert_eq!(follow(&desk), Change::None);
}

#[test]
fn what_is_not_understood_changes_nothing_and_says_where() {
    let desk = Desk::open();
    desk.import(&[&Letter::new("one", "bob@client.example", "alice@firm.example")]);
    write(&desk, TWO_HOURS);
    follow(&desk);
    let (rules, before) = (desk.office.sla(), soonest(&desk));
    for (bad, said) in [
        (TWO_HOURS.replace("mon-fri = \"09:00-17:00\"", ""), "never opens"),
        (
            TWO_HOURS.replace("\"09:00-17:00\"", "[\"09:00-13:00\", \"12:00-17:00\"]"),
            ":3:37: `12:00-17:00` overlaps",
        ),
        (TWO_HOURS.replace("New_York", "New_Yrok"), ":2:8: `America/New_Yrok` is not a time zone"),
        (TWO_HOURS.replace("09:00-17:00", "17:00-09:00"), ":3:21: it closes before it opens"),
        (TWO_HOURS.replace("2bh", "2"), ":5:7: a target is a number with a unit"),
        ("[calendar".to_owned(), "sla.toml:1:"),
    ] {
        write(&desk, &bad);
        let Change::Refused(words) = follow(&desk) else { panic!("{bad} was taken") };
        assert!(words.contains(said), "{words}");
        assert_eq!(desk.office.follow_file().unwrap(), Change::None, "it is said once");
        assert_eq!((desk.office.sla(), soonest(&desk)), (rules.clone(), before));
    }
    std::fs::remove_file(desk.folder.path().join("sla.toml")).unwrap();
    assert_eq!(follow(&desk), Change::None, "a file that is gone may come back");
    assert_eq!(desk.office.sla(), rules);
    write(&desk, &TWO_HOURS.replace("2bh", "1bh"));
    assert_eq!(follow(&desk), Change::Followed);
    assert_eq!(before.duration_since(soonest(&desk)).as_hours(), 1);
}

#[test]
fn a_clock_that_is_due_when_holidays_are_not_known_yet_says_so() {
    let desk = Desk::open();
    desk.import(&[&Letter::new("one", "bob@client.example", "alice@firm.example")]);
    assert!(desk.due().iter().all(|row| !row.marks.holidays_unknown));
    // India's days of 2027 are not announced yet; 30 business days reach into it.
    write(
        &desk,
        "[calendar]\nzone = \"Asia/Kolkata\"\nholidays = [\"in\"]\nhours = { mon-fri = \"09:00-17:00\" }\n\
         [policies.firm]\nack = \"1bh\"\nreply = \"30bd\"\n",
    );
    assert_eq!(follow(&desk), Change::Followed);
    let marked = desk.due().iter().filter(|row| row.marks.holidays_unknown).count();
    assert_eq!((marked, desk.due().len()), (1, 2), "the answer, and not the acknowledgement");
}
