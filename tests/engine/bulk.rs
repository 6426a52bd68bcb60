//! Many messages in one transaction: what the record refuses is found, counted, and takes nothing else with it.

use std::sync::{Arc, Mutex};

use matterbox::{
    app::{
        ingest::{Incoming, Location, Recorded},
        intake::{Arrivals, Intake, Pace},
    },
    domain::{id::MailboxId, message::Flags},
    store::{self, StoreError, mailboxes::SeenUid},
};

use crate::support::{Desk, Letter};

const MESSAGES: u32 = 60;
const REFUSED: u32 = 50;

#[derive(Clone, Default)]
struct Told(Arc<Mutex<(Vec<usize>, usize)>>);

impl Arrivals for Told {
    fn recorded(&mut self, recorded: &Recorded) {
        self.0.lock().unwrap().0.push(recorded.new.len());
    }

    fn failed(&mut self, _: &StoreError) {
        self.0.lock().unwrap().1 += 1;
    }
}

fn letter(uid: u32) -> Letter {
    Letter::new(&format!("bulk-{uid}-"), "bob@client.example", "alice@firm.example")
}

/// A mailbox of which everything is pending.
fn mailbox(desk: &Desk) -> MailboxId {
    let account = desk.account("office");
    let made = desk.office.store().write_blocking("mailbox", move |tx| {
        let new = store::mailboxes::NewMailbox {
            raw_name: b"INBOX".to_vec(),
            name: "INBOX".into(),
            delimiter: "/".into(),
            role: "inbox".into(),
        };
        let mailbox = store::mailboxes::ensure(tx, account, &new)?;
        store::mailboxes::new_generation(tx, mailbox, 7)?;
        let seen: Vec<_> =
            (1..=MESSAGES).map(|uid| SeenUid { uid, size: 500, flags: Flags::default() }).collect();
        store::mailboxes::uids_seen(tx, mailbox, &seen)?;
        Ok(mailbox)
    });
    made.unwrap()
}

/// The record refuses this message, as it would one that breaks one of its rules.
fn refuse(desk: &Desk, uid: u32) {
    let rule = format!(
        "CREATE TRIGGER refuses BEFORE INSERT ON message WHEN NEW.message_id LIKE 'bulk-{uid}-@%'
         BEGIN SELECT RAISE(ABORT, 'refused'); END"
    );
    desk.office.store().write_blocking("rule", move |tx| Ok(tx.execute_batch(&rule)?)).unwrap();
}

/// Hands in what is pending, as the server's thread does, and waits until it is in the record.
fn round(desk: &Desk, intake: &Intake, mailbox: MailboxId) {
    let pending = desk
        .office
        .store()
        .read_blocking("pending", move |conn| {
            let mut query =
                conn.prepare("SELECT uid FROM placement WHERE mailbox = ?1 AND state = 0")?;
            let uids = query.query_map([mailbox.get()], |row| row.get(0))?;
            Ok(uids.collect::<Result<Vec<u32>, _>>()?)
        })
        .unwrap();
    for uid in pending {
        let letter = letter(uid);
        let location = Some(Location { mailbox, uid, flags: Flags::default() });
        let incoming = letter.incoming(desk.account("office"));
        intake.hand_in(Incoming { location, ..incoming }).unwrap();
    }
    intake.flush().unwrap();
}

#[test]
fn a_refused_message_in_a_long_transaction_is_found_and_takes_no_other_with_it() {
    let desk = Desk::open();
    let mailbox = mailbox(&desk);
    refuse(&desk, REFUSED);
    let told = Told::default();
    let pace = Pace { batch: 2, share: 1 };
    let (intake, joiner) =
        Intake::start_at(pace, desk.office.clone(), Box::new(told.clone())).unwrap();
    round(&desk, &intake, mailbox);
    assert_eq!(intake.losses(), 1, "the long transaction with the refused message was taken back");
    round(&desk, &intake, mailbox);
    assert_eq!(intake.losses(), 1, "the second time it was looked for batch by batch");
    assert_eq!(intake.refused(mailbox), [REFUSED]);
    drop(intake);
    joiner.join();
    let (stored, failed) = told.0.lock().unwrap().clone();
    assert_eq!(stored.iter().sum::<usize>(), (MESSAGES - 1) as usize);
    assert!(stored.iter().any(|count| *count > 2), "several batches went together: {stored:?}");
    assert_eq!(failed, 1);
}
