//! The office in the product's own record: what a lawyer sees when the demo opens.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use jiff::{Timestamp, tz::TimeZone};
use matterbox::{
    app::{
        ingest::{self, Incoming},
        office::Office,
        rows::{Answer, DueRow, Query, RowMarks},
        time::FixedTime,
    },
    config,
    demo::{self, Filing, OfficeMatter},
    domain::{confidential::Confidential, id::MatterId, message::MessageId, sla::ClockKind},
    store::{self, Absent, KdfCost, StoreError, matters::NewMatter},
};
use rusqlite::Transaction;

/// A record with the practice office's mail, tagged as its people had tagged it.
struct Record {
    office: Office,
    runtime: tokio::runtime::Runtime,
    _folder: tempfile::TempDir,
}

fn record(now: Timestamp, zone: &str) -> Record {
    let practice = demo::build(now, TimeZone::get(zone).unwrap());
    let folder = tempfile::tempdir().unwrap();
    let settings = config::parse(SETTINGS, Path::new("config.toml")).unwrap();
    let rules = config::sla::every_weekday_in(zone);
    let rules = config::sla::parse(&rules, Path::new("sla.toml")).unwrap();
    let passphrase = Confidential::from("practice");
    let absent = Absent::Create(KdfCost::CHEAP);
    let time = Arc::new(FixedTime::at(now));
    let office = Office::open(folder.path(), settings, rules, &passphrase, absent, time).unwrap();
    let matters = practice.matters.clone();
    let ids = office
        .store()
        .write_blocking("matters", move |tx| open_matters(tx, &matters, now))
        .unwrap();
    let account = *office.accounts().keys().next().unwrap();
    let prepared = practice.mail.iter().map(|mail| {
        let incoming = Incoming {
            account,
            location: None,
            bytes: mail.raw.clone(),
            header_only: false,
            internal_date: Some(mail.internal_date),
            // What lies in Sent was accepted by the relay, then.
            accepted_at: (mail.folder == "Sent").then_some(mail.internal_date),
            first_seen: now,
        };
        ingest::prepare(incoming, &matterbox::mail::Limits::default()).unwrap()
    });
    let prepared = prepared.collect();
    office.record_blocking(&prepared).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    tag(&office, &practice.filings, &ids, &runtime);
    Record { office, runtime, _folder: folder }
}

const SETTINGS: &str = r#"
[office]
own_addresses = ["tom@marlowefinch.example", "team@marlowefinch.example"]
[[account]]
name = "Alice"
address = "alice@marlowefinch.example"
secret = "prompt"
imap = { host = "localhost", port = 993, tls = "implicit" }
smtp = { host = "localhost", port = 465, tls = "implicit" }
"#;

/// Matters by their numbers, each with its parties and their roles.
fn open_matters(
    tx: &Transaction<'_>,
    matters: &[OfficeMatter],
    now: Timestamp,
) -> Result<BTreeMap<String, MatterId>, StoreError> {
    let mut ids = BTreeMap::new();
    let mut parties = BTreeMap::new();
    for matter in matters {
        let new = NewMatter {
            number: matter.number.clone(),
            name: matter.name.to_owned(),
            policy: String::new(),
            footer: String::new(),
        };
        let id = store::matters::add(tx, &new, now)?;
        ids.insert(matter.number.as_str().to_owned(), id);
        for (person, role) in &matter.parties {
            let party = if let Some(party) = parties.get(person.key).copied() {
                party
            } else {
                let address = person.email_address().unwrap();
                store::matters::add_party(tx, person.name, &[address], now)?
            };
            parties.insert(person.key, party);
            store::matters::set_role(tx, id, party, *role)?;
        }
    }
    Ok(ids)
}

/// Puts conversations into the matters in which the office's people had put them.
fn tag(
    office: &Office,
    filings: &[Filing],
    ids: &BTreeMap<String, MatterId>,
    runtime: &tokio::runtime::Runtime,
) {
    let mut by_matter = BTreeMap::<MatterId, Vec<_>>::new();
    for filing in filings {
        let message = MessageId::new(&filing.message_id).unwrap();
        let thread = office.store().read_blocking("thread", move |conn| {
            let key = store::messages::by_message_id(conn, &message)?[0];
            Ok(store::messages::get(conn, key)?.thread)
        });
        by_matter.entry(ids[filing.matter.as_str()]).or_default().push(thread.unwrap());
    }
    for (matter, threads) in by_matter {
        runtime.block_on(office.tag(threads, matter)).unwrap();
    }
}

impl Record {
    fn due(&self) -> Vec<DueRow> {
        let answer = self.runtime.block_on(self.office.answer(Query::Due)).unwrap();
        let Answer::Due(rows) = answer else { panic!("not what was asked") };
        rows
    }
}

/// Does a clock of this kind run for this person about this subject? Then when it is due, in the office's zone.
fn due_at(rows: &[DueRow], clock: ClockKind, who: &str, subject: &str) -> Option<String> {
    let row = rows.iter().find(|row| {
        row.running.clock == clock
            && row.who.as_str() == who
            && row.subject.as_str().contains(subject)
    })?;
    let due = row.running.due.to_zoned_datetime(crate::support::zone());
    Some(due.strftime("%a %H:%M").to_string())
}

#[test]
fn due_shows_what_the_practice_office_was_written_for() {
    let record = record(crate::support::now(), "America/New_York");
    let rows = record.due();
    let at = |clock, who, subject| due_at(&rows, clock, who, subject);
    // Tuesday, 13:40.
    let lease = "the landlord called again";
    assert_eq!(at(ClockKind::Ack, "Kofi Mensah", lease).as_deref(), Some("Tue 14:22"));
    assert_eq!(at(ClockKind::Reply, "Kofi Mensah", lease).as_deref(), Some("Wed 10:22"));
    let settlement = "Settlement offer";
    assert_eq!(at(ClockKind::Reply, "Dana Whitfield", settlement).as_deref(), Some("Tue 12:20"));
    assert_eq!(at(ClockKind::Ack, "Dana Whitfield", settlement), None, "that was acknowledged");
    let warning = "Final written warning";
    assert_eq!(at(ClockKind::Reply, "Sean Gallagher", warning).as_deref(), Some("Tue 14:05"));
    // A reply to one of two joint clients is none to the other.
    assert!(at(ClockKind::Reply, "Paul Roth", "Finanzierungsbestätigung").is_some());
    assert!(at(ClockKind::Reply, "Ines Roth", "Finanzierungsbestätigung").is_none());
    let marked = |mark: fn(&RowMarks) -> bool| {
        rows.iter()
            .filter(|row| mark(&row.marks))
            .map(|row| row.subject.as_str())
            .collect::<Vec<_>>()
    };
    assert!(marked(|marks| marks.bounced).iter().all(|subject| subject.contains("La casa")));
    assert!(!marked(|marks| marks.bounced).is_empty());
    assert!(marked(|marks| marks.auto).iter().any(|subject| subject.contains("Deposit scheme")));
    assert!(marked(|marks| marks.courtesy).iter().any(|subject| subject.contains("the will")));
    // Nobody else waits: neither the other side, nor a machine, nor a list, nor a colleague, nor a swindler.
    for stranger in
        ["P. Lindqvist", "Tom Finch", "The Practice Bulletin", "Penfold Office Supplies"]
    {
        assert!(rows.iter().all(|row| row.who.as_str() != stranger), "{stranger}");
    }
    // An address that was made to look like a client's starts no clock (design 4.3); it waits in the tray.
    assert!(rows.iter().all(|row| !row.subject.as_str().contains("bank details")));
    assert!((20..=40).contains(&rows.len()), "{}", rows.len());
}

#[test]
fn the_look_alike_is_marked_and_waits_untagged() {
    let record = record(crate::support::now(), "America/New_York");
    let query = Query::Untagged { limit: 1_000 };
    let Answer::Untagged(rows) = record.runtime.block_on(record.office.answer(query)).unwrap()
    else {
        panic!("not what was asked")
    };
    let spoofed: Vec<_> = rows.iter().filter(|row| row.row.marks.spoof).collect();
    assert_eq!(spoofed.len(), 1);
    assert!(spoofed[0].row.subject.as_str().contains("new bank details"));
    // Mail from clients comes with a matter to choose.
    for subject in ["new distributor agreement", "Steuernummer", "Piano"] {
        let row = rows.iter().find(|row| row.row.subject.as_str().contains(subject)).unwrap();
        assert!(!row.suggestions.is_empty(), "{subject}");
    }
}

#[test]
fn at_odd_hours_too_something_is_late_soon_and_tomorrow() {
    // A weekend, an early morning, a bank holiday, the days after the holidays.
    for moment in [
        "2026-11-21T03:00-05:00",
        "2026-11-23T08:30-05:00",
        "2026-12-25T12:00-05:00",
        "2026-12-29T10:00-05:00",
    ] {
        let now: Timestamp = moment.parse().unwrap();
        let record = record(now, "America/New_York");
        let rows = record.due();
        let late = rows.iter().filter(|row| row.running.due < now).count();
        let soon = rows.iter().filter(|row| {
            let left = row.calendar.between(now, row.running.due);
            row.running.due >= now && left.as_secs() <= 3600
        });
        assert!((1..=12).contains(&late), "{late} at {moment}");
        assert!(soon.count() >= 1, "{moment}");
        assert!(rows.len() < 45, "{moment}");
    }
}
