//! A whole synchronisation against a table: a server that can misbehave, and a record that keeps the ledger.

use std::{cell::Cell, collections::BTreeMap};

use super::*;
use crate::domain::message::{Flags, MessageId};
use crate::imap::{
    contract::{Body, Fetched, MailboxInfo, Role},
    names::RawName,
    plan::{Caps, Offers},
    session::{Arrived, Expect, OnArrival, Part},
};

/// What a message does when it is fetched.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mood {
    Comes,
    Refused,
    NoBody,
    Breaks,
    IgnoresRange,
    /// Gives 20 bytes of a slice, whatever is asked.
    Stingy,
    /// Gives other bytes than were asked for, but as many (Dovecot 2.4.1).
    Shifts,
}

#[derive(Clone)]
struct Mail {
    bytes: Vec<u8>,
    announced: u64,
    mood: Mood,
    flags: Flags,
    modseq: u64,
}

struct Server {
    /// How it tells of changes.
    offers: Offers,
    /// Counts changes.
    modseq: u64,
    /// What was expunged, and when.
    expunged: BTreeMap<u32, u64>,
    uid_validity: Option<u64>,
    mails: BTreeMap<u32, Mail>,
    /// Shows only so many of the newest in listings.
    shows: usize,
    /// Hides everything in the first listings.
    blind: Cell<u32>,
    asked: Vec<String>,
    opened: u32,
    /// With which opening which message arrives.
    arrives: Option<(u32, u32)>,
}

impl Server {
    fn with(uids: impl IntoIterator<Item = u32>) -> Self {
        let mails = uids.into_iter().map(|uid| (uid, mail(uid, 20))).collect();
        Self {
            offers: Offers::default(),
            modseq: 1,
            expunged: BTreeMap::new(),
            uid_validity: Some(1),
            mails,
            shows: usize::MAX,
            blind: Cell::new(0),
            asked: Vec::new(),
            opened: 0,
            arrives: None,
        }
    }

    fn view(&self) -> ServerView {
        let counts = self.offers != Offers::default();
        ServerView {
            uid_validity: self.uid_validity,
            uid_next: Some(self.mails.keys().next_back().map_or(1, |last| last + 1)),
            exists: self.exists(),
            modseq: counts.then_some(self.modseq),
        }
    }

    fn offering(mut self, qresync: bool, condstore: bool) -> Self {
        self.offers = Offers { qresync, condstore };
        self
    }

    fn expunge(&mut self, uid: u32) {
        if self.mails.remove(&uid).is_some() {
            self.modseq += 1;
            self.expunged.insert(uid, self.modseq);
        }
    }

    fn add(&mut self, uid: u32) {
        self.modseq += 1;
        self.mails.insert(uid, Mail { modseq: self.modseq, ..mail(uid, 20) });
    }

    fn see(&mut self, uid: u32) {
        if let Some(mail) = self.mails.get_mut(&uid) {
            self.modseq += 1;
            mail.modseq = self.modseq;
            mail.flags.seen = !mail.flags.seen;
        }
    }

    fn mood(mut self, uid: u32, mood: Mood) -> Self {
        self.mails.get_mut(&uid).unwrap().mood = mood;
        self
    }

    fn listed(&self, sequence: &str) -> Vec<Seen> {
        if self.blind.get() > 0 {
            self.blind.set(self.blind.get() - 1);
            return Vec::new();
        }
        let hidden = self.mails.len().saturating_sub(self.shows);
        let last = self.mails.keys().next_back().copied().unwrap_or(0);
        let mut found = Vec::new();
        for part in sequence.split(',') {
            let (from, to) = part.split_once(':').unwrap_or((part, part));
            let from: u32 = from.parse().unwrap();
            // RFC 3501: `n:*` includes the last message even below n.
            let (from, to) =
                if to == "*" { (from.min(last), last) } else { (from, to.parse().unwrap()) };
            for (uid, mail) in self.mails.iter().skip(hidden) {
                if (from..=to).contains(uid) {
                    found.push(mail.seen(*uid));
                }
            }
        }
        found
    }
}

impl Mail {
    fn seen(&self, uid: u32) -> Seen {
        let arrived = jiff::Timestamp::from_second(uid.into()).ok();
        Seen { uid, size: self.announced, internal_date: arrived, flags: self.flags }
    }
}

fn mail(uid: u32, size: usize) -> Mail {
    let mut bytes = format!("Message-ID: <{uid}@x>\r\n\r\n").into_bytes();
    bytes.resize(size.max(bytes.len()), b'x');
    let announced = bytes.len() as u64;
    Mail { announced, bytes, mood: Mood::Comes, flags: Flags::default(), modseq: 1 }
}

impl Remote for Server {
    fn list(&mut self) -> Result<Vec<MailboxInfo>, ImapError> {
        Ok(Vec::new())
    }

    fn open(&mut self, _: &RawName) -> Result<ServerView, ImapError> {
        self.opened += 1;
        if let Some((_, uid)) = self.arrives.filter(|(opening, _)| *opening == self.opened) {
            self.mails.insert(uid, mail(uid, 20));
        }
        Ok(self.view())
    }

    fn offers(&self) -> Offers {
        self.offers
    }

    fn resync(&mut self, _: &RawName, number: u64, modseq: u64) -> Result<Opened, ImapError> {
        self.opened += 1;
        self.asked.push(format!("resync {number} {modseq}"));
        let mut opened = Opened { view: self.view(), ..Opened::default() };
        if self.uid_validity == Some(number) {
            let gone = self.expunged.iter().filter(|(_, at)| **at > modseq);
            opened.vanished = gone.map(|(uid, _)| *uid).collect();
            let changed = self.mails.iter().filter(|(_, mail)| mail.modseq > modseq);
            opened.changed = changed.map(|(uid, mail)| (*uid, mail.flags)).collect();
        }
        Ok(opened)
    }

    fn changed_since(&mut self, modseq: u64) -> Result<Vec<Seen>, ImapError> {
        self.asked.push(format!("changed {modseq}"));
        let changed = self.mails.iter().filter(|(_, mail)| mail.modseq > modseq);
        Ok(changed.map(|(uid, mail)| mail.seen(*uid)).collect())
    }

    fn list_uids(&mut self) -> Result<UidSet, ImapError> {
        self.asked.push("uids".to_owned());
        Ok(self.listed("1:*").iter().map(|seen| seen.uid).collect())
    }

    fn take_vanished(&mut self) -> UidSet {
        UidSet::new()
    }

    fn exists(&self) -> u32 {
        u32::try_from(self.mails.len()).unwrap()
    }

    fn survey(&mut self, sequence: &str) -> Result<Vec<Seen>, ImapError> {
        self.asked.push(format!("survey {sequence}"));
        Ok(self.listed(sequence))
    }

    fn survey_with_ids(&mut self) -> Result<Vec<(Seen, Option<MessageId>)>, ImapError> {
        let ids = |seen: Seen| {
            let bytes = &self.mails[&seen.uid].bytes;
            (seen, crate::imap::session::message_id_in(bytes, "Message-ID"))
        };
        Ok(self.listed("1:*").into_iter().map(ids).collect())
    }

    fn fetch(
        &mut self,
        uids: &UidSet,
        part: Part,
        _: Expect,
        on: OnArrival<'_>,
    ) -> Result<(), ImapError> {
        self.asked.push(format!("fetch {}", uids.to_sequence()));
        let refused = |uid: u32| self.mails.get(&uid).is_some_and(|m| m.mood == Mood::Refused);
        if uids.iter().any(refused) {
            let text = "no".into();
            return Err(ImapError::No { verb: "FETCH", code: None, text });
        }
        for uid in uids.iter() {
            let Some(mail) = self.mails.get(&uid) else { continue };
            if mail.mood == Mood::Breaks {
                return Err(ImapError::Closed);
            }
            let bytes = match part {
                Part::Whole => mail.bytes.clone(),
                Part::Slice { .. } if mail.mood == Mood::IgnoresRange => mail.bytes.clone(),
                Part::Slice { offset, length } => {
                    let from = usize::try_from(offset).unwrap().min(mail.bytes.len());
                    let length = if mail.mood == Mood::Stingy { 20 } else { length };
                    let to = (from + usize::try_from(length).unwrap()).min(mail.bytes.len());
                    let shift = usize::from(mail.mood == Mood::Shifts && from > 0) * 3;
                    mail.bytes[from - shift..to - shift].to_vec()
                }
                Part::Header => mail.bytes[..18].to_vec(),
            };
            let body = (mail.mood != Mood::NoBody).then_some(bytes);
            on(Arrived { seen: mail.seen(uid), body })?;
        }
        Ok(())
    }
}

/// The record: its ledger is its own, not the adapter's.
#[derive(Default)]
struct Record {
    uid_validity: Option<u64>,
    generation: u64,
    ledger: Ledger,
    bodies: BTreeMap<u32, Body>,
    failed: BTreeMap<u32, FailReason>,
    order: Vec<u32>,
    /// The ids of messages in the record, over all generations.
    ids: Vec<MessageId>,
    /// Stops after so many messages.
    stops_after: Option<usize>,
    /// Does not take these when they are written.
    refuses: UidSet,
    refused: UidSet,
    flags: BTreeMap<u32, Flags>,
    modseq: Option<u64>,
    compared: u32,
}

impl Record {
    fn cursor(&self) -> MailboxCursor {
        MailboxCursor {
            mailbox: MailboxId::new(1),
            raw_name: RawName::new("INBOX"),
            role: Role::Inbox,
            uid_validity: self.uid_validity,
            generation: self.generation,
            known: self.ledger.clone(),
            marks: Marks { modseq: self.modseq, ..Marks::default() },
        }
    }
}

impl Sink for Record {
    fn mailboxes(&mut self, _: &[MailboxInfo]) -> Result<Vec<MailboxCursor>, Halt> {
        Ok(vec![self.cursor()])
    }

    fn generation_started(
        &mut self,
        _: MailboxId,
        uid_validity: u64,
        _: GenerationReason,
    ) -> Result<u64, Halt> {
        self.ledger = Ledger::default();
        self.modseq = None;
        self.uid_validity = Some(uid_validity);
        self.generation += 1;
        Ok(self.generation)
    }

    fn adopt(&mut self, _: MailboxId, _: u64, candidates: &[Candidate]) -> Result<UidSet, Halt> {
        let held: UidSet = candidates
            .iter()
            .filter(|one| self.ids.contains(&one.message_id))
            .map(|one| one.seen.uid)
            .collect();
        for uid in held.iter() {
            assert!(self.ledger.pending.remove(uid));
            self.ledger.stored.insert(uid);
        }
        Ok(held)
    }

    fn uids_seen(&mut self, _: MailboxId, _: u64, seen: &[Seen]) -> Result<(), Halt> {
        for one in seen {
            self.ledger.gone.remove(one.uid);
            self.ledger.pending.insert(one.uid);
        }
        Ok(())
    }

    fn fetched(&mut self, message: Fetched) -> Result<(), Halt> {
        if self.stops_after == Some(self.order.len()) {
            return Err(Halt::Stopped);
        }
        let uid = message.seen.uid;
        let known = &mut self.ledger;
        assert!(known.pending.remove(uid) || known.failed.remove(uid), "{uid} was not pending");
        if self.refuses.contains(uid) {
            known.failed.insert(uid);
            self.refused.insert(uid);
            return Ok(());
        }
        known.stored.insert(uid);
        self.flags.insert(uid, message.seen.flags);
        self.order.push(uid);
        let (Body::Whole(bytes) | Body::HeaderOnly(bytes)) = &message.body;
        self.ids.extend(crate::imap::session::message_id_in(bytes, "Message-ID"));
        self.bodies.insert(uid, message.body);
        Ok(())
    }

    fn failed(&mut self, _: MailboxId, _: u64, uid: u32, why: FailReason) -> Result<(), Halt> {
        self.ledger.pending.remove(uid);
        self.ledger.failed.insert(uid);
        self.failed.insert(uid, why);
        Ok(())
    }

    fn refused(&mut self, _: MailboxId) -> UidSet {
        std::mem::take(&mut self.refused)
    }

    fn flags(&mut self, _: MailboxId, _: u64, flags: &[(u32, Flags)]) -> Result<(), Halt> {
        self.flags.extend(flags.iter().copied());
        Ok(())
    }

    fn changes(&mut self, mailbox: MailboxId, number: u64, some: &Changes) -> Result<(), Halt> {
        self.flags(mailbox, number, &some.flags)?;
        self.uids_seen(mailbox, number, &some.seen)?;
        self.gone(mailbox, number, &some.gone)?;
        if let Some(conclusion) = some.conclusion {
            self.modseq = conclusion.modseq;
            self.compared += u32::from(conclusion.whole);
        }
        Ok(())
    }

    fn gone(&mut self, _: MailboxId, _: u64, uids: &UidSet) -> Result<(), Halt> {
        for uid in uids.iter() {
            let known = &mut self.ledger;
            assert!(
                known.pending.remove(uid) || known.stored.remove(uid) || known.failed.remove(uid)
            );
            known.gone.insert(uid);
        }
        Ok(())
    }

    fn link(&mut self, _: Link) {}
}

const CAPS: Caps = Caps {
    batch_bytes: 60,
    batch_count: 3,
    slice_above: 100,
    slice: 50,
    largest: 1000,
    newest: 1000,
};

/// One pass as after a new connection: the ledger comes from the record.
fn pass(
    server: &mut Server,
    record: &mut Record,
    suspects: &mut Suspects,
    depth: Depth,
) -> Result<Outcome, ImapError> {
    pass_under(&Signals::default(), server, record, suspects, depth)
}

fn pass_under(
    signals: &Signals,
    server: &mut Server,
    record: &mut Record,
    suspects: &mut Suspects,
    depth: Depth,
) -> Result<Outcome, ImapError> {
    let mut cursor = record.cursor();
    let mut progress = Progress::default();
    let mut pull = Pull {
        remote: server,
        sink: record,
        caps: &CAPS,
        suspects,
        signals,
        progress: &mut progress,
    };
    let outcome = pull.mailbox(&mut cursor, depth);
    // What is older than the newest comes in parts of its own.
    let mut before = u64::MAX;
    while outcome.is_ok() && (1..before).contains(&cursor.known.pending.len()) {
        before = cursor.known.pending.len();
        pull.history(&mut cursor, before)?;
    }
    if outcome.is_ok() {
        assert_eq!(cursor.known, record.ledger, "our ledger and the record's must agree");
    }
    outcome
}

fn sync(server: &mut Server, record: &mut Record) -> Outcome {
    pass(server, record, &mut Suspects::default(), Depth::Recent).unwrap()
}

#[test]
fn a_first_pass_brings_everything_newest_first() {
    let (mut server, mut record) = (Server::with(1..=7), Record::default());
    sync(&mut server, &mut record);
    assert_eq!(record.ledger.stored.to_sequence(), "1:7");
    assert_eq!(record.order, [6, 7, 4, 5, 2, 3, 1], "batches go from new to old");
}

#[test]
fn a_second_pass_fetches_only_what_is_new() {
    let (mut server, mut record) = (Server::with(1..=3), Record::default());
    sync(&mut server, &mut record);
    server.mails.insert(9, mail(9, 20));
    server.asked.clear();
    sync(&mut server, &mut record);
    assert_eq!(server.asked, ["survey 1:*", "fetch 9"]);
}

#[test]
fn an_interrupted_pass_resumes_from_the_ledger() {
    let (mut server, mut record) = (Server::with(1..=9), Record::default());
    record.stops_after = Some(4);
    let stopped = pass(&mut server, &mut record, &mut Suspects::default(), Depth::Recent);
    assert!(matches!(stopped, Err(ImapError::Halted(Halt::Stopped))));
    assert_eq!(record.ledger.live(), 9, "all are pending before any is fetched");
    record.stops_after = None;
    sync(&mut server, &mut record);
    assert_eq!(record.ledger.stored.to_sequence(), "1:9");
}

#[test]
fn what_a_pass_that_was_interrupted_did_not_fetch_is_not_counted_twice() {
    let (mut server, mut record) = (Server::with(1..=9), Record::default());
    let signals = Signals::default();
    let mut cursor = record.cursor();
    let mut progress = Progress { waiting: 5, ..Progress::default() };
    record.stops_after = Some(4);
    for _ in 0..3 {
        let mut pull = Pull {
            remote: &mut server,
            sink: &mut record,
            caps: &CAPS,
            suspects: &mut Suspects::default(),
            signals: &signals,
            progress: &mut progress,
        };
        assert!(pull.mailbox(&mut cursor, Depth::Recent).is_err());
        assert_eq!(progress.waiting, 5);
    }
}

#[test]
fn a_message_that_the_record_refused_is_fetched_again_by_the_next_full_pass_of_the_same_connection()
{
    let (mut server, mut record) = (Server::with(1..=4), Record::default());
    let mut cursor = record.cursor();
    let mut progress = Progress::default();
    let mut pass = |record: &mut Record, depth| {
        let mut pull = Pull {
            remote: &mut server,
            sink: record,
            caps: &CAPS,
            suspects: &mut Suspects::default(),
            signals: &Signals::default(),
            progress: &mut progress,
        };
        pull.mailbox(&mut cursor, depth).unwrap();
        (cursor.known.stored.to_sequence(), cursor.known.failed.to_sequence())
    };
    record.refuses.insert(3);
    pass(&mut record, Depth::Recent);
    let failed = ("1:2,4".to_owned(), "3".to_owned());
    assert_eq!(pass(&mut record, Depth::Recent), failed);
    // Still refused: it is tried, and stays counted as failed.
    pass(&mut record, Depth::Full);
    assert_eq!(pass(&mut record, Depth::Recent), failed);
    record.refuses = UidSet::new();
    assert_eq!(pass(&mut record, Depth::Full), ("1:4".to_owned(), String::new()));
    assert_eq!(record.ledger.stored.to_sequence(), "1:4");
}

#[test]
fn a_message_that_arrived_with_a_low_uid_is_found_by_the_count() {
    let (mut server, mut record) = (Server::with(1000..=1400), Record::default());
    sync(&mut server, &mut record);
    server.mails.insert(5, mail(5, 20));
    sync(&mut server, &mut record);
    assert!(record.ledger.stored.contains(5));
}

#[test]
fn deleted_mail_becomes_gone_and_its_bytes_stay() {
    let (mut server, mut record) = (Server::with(1..=10), Record::default());
    sync(&mut server, &mut record);
    server.mails.remove(&4);
    sync(&mut server, &mut record);
    assert_eq!(record.ledger.gone.to_sequence(), "4");
    assert!(record.bodies.contains_key(&4));
}

#[test]
fn a_mailbox_emptied_by_a_person_is_believed_after_a_second_listing() {
    let (mut server, mut record) = (Server::with(1..=10), Record::default());
    sync(&mut server, &mut record);
    server.mails.retain(|uid, _| *uid > 8);
    assert!(!sync(&mut server, &mut record).doubtful);
    assert_eq!(record.ledger.gone.to_sequence(), "1:8");
}

#[test]
fn mail_that_arrives_while_a_second_listing_is_asked_for_is_fetched_with_it() {
    let (mut server, mut record) = (Server::with(1..=10), Record::default());
    sync(&mut server, &mut record);
    server.mails.retain(|uid, _| *uid > 8);
    server.arrives = Some((server.opened + 2, 11));
    assert!(!sync(&mut server, &mut record).doubtful);
    assert_eq!(record.ledger.gone.to_sequence(), "1:8");
    assert_eq!(record.ledger.stored.to_sequence(), "9:11");
}

#[test]
fn an_empty_listing_by_mistake_marks_nothing_as_gone() {
    let (mut server, mut record) = (Server::with(1..=10), Record::default());
    sync(&mut server, &mut record);
    server.blind.set(1);
    assert!(sync(&mut server, &mut record).doubtful);
    assert!(record.ledger.gone.is_empty());
    assert!(!sync(&mut server, &mut record).doubtful);
}

#[test]
fn a_server_that_shows_only_a_part_marks_nothing_as_gone() {
    let (mut server, mut record) = (Server::with(1..=10), Record::default());
    sync(&mut server, &mut record);
    server.shows = 4;
    assert!(sync(&mut server, &mut record).doubtful);
    assert!(record.ledger.gone.is_empty());
}

#[test]
fn after_a_renumbering_only_what_is_not_held_is_fetched() {
    let (mut server, mut record) = (Server::with(1..=6), Record::default());
    sync(&mut server, &mut record);
    record.order.clear();
    let mut moved: BTreeMap<u32, Mail> =
        server.mails.iter().map(|(uid, mail)| (uid + 100, mail.clone())).collect();
    moved.insert(200, mail(200, 20));
    server.mails = moved;
    server.uid_validity = Some(2);
    sync(&mut server, &mut record);
    assert_eq!((record.generation, record.uid_validity), (2, Some(2)));
    assert_eq!(record.ledger.stored.to_sequence(), "101:106,200");
    assert_eq!(record.order, [200]);
    assert!(record.bodies.contains_key(&1), "the messages stay in the record");
}

#[test]
fn an_order_that_waits_does_not_keep_a_renumbered_mailbox_from_being_matched() {
    let (mut server, mut record) = (Server::with(1..=6), Record::default());
    sync(&mut server, &mut record);
    server.uid_validity = Some(2);
    let signals = Signals::default();
    signals.urgent.store(true, Ordering::Relaxed);
    let mut suspects = Suspects::default();
    let end = pass_under(&signals, &mut server, &mut record, &mut suspects, Depth::Recent);
    assert!(matches!(end, Err(ImapError::Interrupted)));
    assert_eq!(record.ledger.stored.to_sequence(), "1:6");
}

#[test]
fn a_server_without_uidvalidity_is_synchronised_all_the_same() {
    let (mut server, mut record) = (Server::with(1..=3), Record::default());
    server.uid_validity = None;
    sync(&mut server, &mut record);
    sync(&mut server, &mut record);
    assert_eq!((record.generation, record.ledger.stored.len()), (1, 3));
}

#[test]
fn a_message_that_the_server_refuses_fails_alone() {
    let mut server = Server::with(1..=5).mood(3, Mood::Refused);
    let mut record = Record::default();
    sync(&mut server, &mut record);
    assert_eq!(record.ledger.stored.to_sequence(), "1:2,4:5");
    assert_eq!(record.failed, BTreeMap::from([(3, FailReason::Refused)]));
}

#[test]
fn an_ok_without_the_message_is_a_failure_and_not_silence() {
    let mut server = Server::with(1..=5).mood(5, Mood::NoBody);
    let mut record = Record::default();
    sync(&mut server, &mut record);
    assert_eq!(record.failed, BTreeMap::from([(5, FailReason::NoBody)]));
    assert_eq!(record.ledger.stored.to_sequence(), "1:4");
}

#[test]
fn a_failed_message_is_tried_again_in_a_full_pass_only() {
    let mut server = Server::with(1..=5).mood(3, Mood::Refused);
    let mut record = Record::default();
    sync(&mut server, &mut record);
    let mut server = server.mood(3, Mood::Comes);
    sync(&mut server, &mut record);
    assert_eq!(record.ledger.failed.to_sequence(), "3");
    pass(&mut server, &mut record, &mut Suspects::default(), Depth::Full).unwrap();
    assert_eq!(record.ledger.stored.to_sequence(), "1:5");
}

#[test]
fn a_message_that_breaks_every_connection_does_not_stop_the_rest() {
    let mut server = Server::with(1..=8).mood(7, Mood::Breaks);
    let (mut record, mut suspects) = (Record::default(), Suspects::default());
    let mut connections = 1;
    while pass(&mut server, &mut record, &mut suspects, Depth::Recent).is_err() {
        suspects.broke();
        connections += 1;
        assert!(connections < 10, "it must come to an end");
    }
    assert_eq!(record.failed, BTreeMap::from([(7, FailReason::BreaksConnection)]));
    assert_eq!(record.ledger.stored.to_sequence(), "1:6,8");
    assert_eq!(connections, 4);
}

#[test]
fn a_giant_comes_in_slices_and_is_put_together() {
    for (size, mood) in [
        (101, Mood::Comes),
        (150, Mood::Comes),
        (999, Mood::Comes),
        (320, Mood::IgnoresRange),
        (320, Mood::Stingy),
        (311, Mood::Stingy),
        (320, Mood::Shifts),
    ] {
        let mut server = Server::with([1]);
        let mut one = Mail { mood, ..mail(2, size) };
        for (byte, letter) in one.bytes.iter_mut().skip(20).zip((b'a'..=b'w').cycle()) {
            *byte = letter;
        }
        server.mails.insert(2, one);
        let mut record = Record::default();
        sync(&mut server, &mut record);
        let whole = Body::Whole(server.mails[&2].bytes.clone());
        assert!(record.bodies[&2] == whole, "{size}");
    }
}

#[test]
fn a_message_above_the_cap_is_kept_with_its_header_only() {
    let mut server = Server::with([1]);
    server.mails.insert(2, mail(2, 5000));
    server.mails.insert(3, Mail { announced: 500, ..mail(3, 5000) });
    let mut record = Record::default();
    sync(&mut server, &mut record);
    for uid in [2, 3] {
        assert!(matches!(&record.bodies[&uid], Body::HeaderOnly(header) if header.len() == 18));
    }
    assert_eq!(record.ledger.stored.to_sequence(), "1:3");
}

#[test]
fn a_size_that_is_wrong_by_a_factor_of_three_loses_nothing() {
    let mut server = Server::with(1..=4);
    for mail in server.mails.values_mut() {
        mail.announced *= 3;
    }
    let mut record = Record::default();
    sync(&mut server, &mut record);
    assert_eq!(record.ledger.stored.to_sequence(), "1:4");
}

#[test]
fn a_large_first_pass_fills_the_screen_before_it_lists_the_rest() {
    let (mut server, mut record) = (Server::with(1..=2500), Record::default());
    sync(&mut server, &mut record);
    assert_eq!(server.asked.first().map(String::as_str), Some("survey 1501:*"));
    assert!(record.order.iter().take(1000).all(|uid| *uid > 1500));
    assert_eq!(record.ledger.stored.to_sequence(), "1:2500");
}

#[path = "pull_path_tests.rs"]
mod paths;
