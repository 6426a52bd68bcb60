//! Reminders of deadlines: told once for each that has come, never for one that nobody confirmed.

use std::{collections::BTreeMap, time::Duration};

use jiff::SignedDuration;
use matterbox::{
    app::{
        command::{Command, DeadlineEntry, DeadlineOrder, Request},
        engine,
        event::Event,
        rows::{Answer, Query},
    },
    domain::id::{DeadlineId, MatterId},
};

use super::support::Desk;

fn wait<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

fn matter(desk: &Desk) -> MatterId {
    wait(desk.office.add_matter("2026-0147".parse().unwrap(), "Mensah lease".to_owned())).unwrap()
}

fn order(desk: &Desk, order: DeadlineOrder) {
    wait(desk.office.perform(Command::Deadline(order))).ok().unwrap();
}

fn enter(desk: &Desk, matter: MatterId, what: &str, day: &str) {
    let day: jiff::civil::Date = day.parse().unwrap();
    let zone = jiff::tz::TimeZone::get("America/New_York").unwrap();
    let until = matterbox::domain::deadline::end_of_day(day, &zone).unwrap();
    let entry = DeadlineEntry {
        matter,
        what: what.to_owned(),
        day,
        until,
        zone: "America/New_York".to_owned(),
        rule: String::new(),
        lines: Vec::new(),
        source: "order of 5 Nov".to_owned(),
        evidence: "docket entry 7".to_owned(),
    };
    order(desk, DeadlineOrder::Add(Box::new(entry)));
}

fn confirm(desk: &Desk, deadline: i64, day: &str) {
    let (deadline, day) = (DeadlineId::new(deadline), day.parse().unwrap());
    order(desk, DeadlineOrder::Confirm { deadline, day });
}

/// What is told by the time the engine has looked at its clocks after a start.
fn begun(desk: &Desk) -> Vec<String> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    desk.time.advance(SignedDuration::from_secs(1));
    runtime.block_on(async {
        let (running, mut ends) = engine::start(desk.office.clone(), BTreeMap::new()).unwrap();
        let now = desk.office.now().to_string();
        let mut told = Vec::new();
        let late_until = |conn: &_| matterbox::store::meta::get(conn, "late-until");
        let store = desk.office.store();
        while store.read("began", late_until).await.unwrap().as_ref() != Some(&now) {
            tokio::task::yield_now().await;
        }
        // The answer to this comes after everything that the engine had to say before.
        ends.requests.send(Request::Do(Command::Undo)).await.ok().unwrap();
        loop {
            let event = tokio::time::timeout(Duration::from_secs(30), ends.events.recv());
            let Event::Notice(notice) = event.await.unwrap().unwrap() else { continue };
            if notice.text.as_str().to_lowercase().contains("undo") {
                break;
            }
            told.push(notice.text.to_string());
        }
        running.settle().await;
        told
    })
}

fn states(desk: &Desk) -> Vec<&'static str> {
    let Answer::Deadlines(rows) =
        wait(desk.office.answer(Query::Deadlines { matter: None, ended: true })).unwrap()
    else {
        panic!("another answer")
    };
    rows.iter().map(|row| row.state.word()).collect()
}

#[test]
fn what_nobody_confirmed_is_said_to_wait_and_never_reminded_of() {
    let desk = Desk::open();
    let lease = matter(&desk);
    enter(&desk, lease, "file the answer", "2026-11-27");
    let told = begun(&desk);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("1 deadline waits for"), "{told:?}");
    assert_eq!(states(&desk), ["to confirm"]);
}

#[test]
fn reminders_that_came_while_nobody_looked_are_one_line_and_are_told_once() {
    let desk = Desk::open();
    let lease = matter(&desk);
    enter(&desk, lease, "file the answer", "2026-12-18");
    confirm(&desk, 1, "2026-12-18");
    assert!(begun(&desk).is_empty(), "24 days ahead");
    // Past the reminders of 14 and of 7 days.
    desk.time.advance(SignedDuration::from_hours(24 * 18));
    let told = begun(&desk);
    assert_eq!(told, ["Deadline in 6 days: file the answer · Fri 18 Dec 2026 · matter 2026-0147."]);
    assert!(begun(&desk).is_empty(), "told already");
    desk.time.advance(SignedDuration::from_hours(24 * 5));
    assert!(begun(&desk)[0].starts_with("Deadline tomorrow"));
}

#[test]
fn a_deadline_that_is_done_or_vacated_reminds_nobody() {
    let desk = Desk::open();
    let lease = matter(&desk);
    for n in [1, 2] {
        enter(&desk, lease, "file the answer", "2026-12-18");
        confirm(&desk, n, "2026-12-18");
    }
    let (first, second) = (DeadlineId::new(1), DeadlineId::new(2));
    order(&desk, DeadlineOrder::Done { deadline: first, evidence: "ECF 12".to_owned() });
    order(&desk, DeadlineOrder::Vacate { deadline: second, reason: "ECF 13".to_owned() });
    desk.time.advance(SignedDuration::from_hours(24 * 30));
    assert!(begun(&desk).is_empty());
}
