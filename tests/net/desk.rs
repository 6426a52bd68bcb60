//! A record in memory that keeps the ledger as the IMAP adapter's agreement asks, for the tests beside it.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    time::Duration,
};

use matterbox::{
    domain::{
        id::MailboxId,
        message::{Flags, MessageId},
    },
    imap::{
        contract::{
            Body, Candidate, Changes, FailReason, Fetched, GenerationReason, Halt, Ledger, Link,
            MailboxCursor, MailboxInfo, Marks, Role, Seen, Sink,
        },
        error::ImapError,
        names::RawName,
        uids::UidSet,
        worker::{Settings, Worker},
    },
};

/// One mailbox of the record.
#[derive(Default)]
pub struct Kept {
    pub id: i64,
    pub role: Option<Role>,
    pub uid_validity: Option<u64>,
    pub generation: u64,
    pub ledger: Ledger,
    pub bodies: BTreeMap<u32, Body>,
    pub flags: BTreeMap<u32, Flags>,
    pub modseq: Option<u64>,
    pub compared: u32,
}

/// A record in memory, with the ledger that the contract asks for.
#[derive(Default)]
pub struct Record {
    pub boxes: BTreeMap<RawName, Kept>,
    /// Message-ID by bytes of everything ever stored.
    pub ids: Vec<MessageId>,
    pub fetched: usize,
    pub failed: Vec<(u32, FailReason)>,
    pub adopted: u64,
}

impl Record {
    pub fn of(&mut self, id: MailboxId) -> &mut Kept {
        self.boxes.values_mut().find(|kept| kept.id == id.get()).unwrap()
    }

    pub fn named(&self, name: &str) -> &Kept {
        &self.boxes[&RawName::new(name)]
    }

    pub fn bytes(&self, name: &str) -> Vec<Vec<u8>> {
        self.named(name)
            .bodies
            .values()
            .map(|body| match body {
                Body::Whole(bytes) | Body::HeaderOnly(bytes) => bytes.clone(),
            })
            .collect()
    }
}

/// What the thread of an account writes to.
#[derive(Clone, Default)]
pub struct Desk {
    pub record: Arc<Mutex<Record>>,
    pub links: Option<mpsc::Sender<String>>,
    /// Holds the thread after its first message until the test lets it go on.
    pub gate: Option<Arc<Mutex<mpsc::Receiver<()>>>>,
    /// Panics at the first message, once.
    pub panics: Arc<AtomicBool>,
}

fn message_id(bytes: &[u8]) -> Option<MessageId> {
    let text = String::from_utf8_lossy(bytes);
    let line = text.lines().find_map(|line| line.strip_prefix("Message-ID:"))?;
    MessageId::new(line)
}

impl Sink for Desk {
    fn mailboxes(&mut self, found: &[MailboxInfo]) -> Result<Vec<MailboxCursor>, Halt> {
        let mut record = self.record.lock().unwrap();
        let mut cursors = Vec::new();
        for info in found.iter().filter(|i| i.selectable && i.role.is_synced_by_default()) {
            let id = i64::try_from(record.boxes.len()).unwrap() + 1;
            let kept = record.boxes.entry(info.raw_name.clone()).or_default();
            kept.id = if kept.id == 0 { id } else { kept.id };
            kept.role = Some(info.role);
            cursors.push(MailboxCursor {
                mailbox: MailboxId::new(kept.id),
                raw_name: info.raw_name.clone(),
                role: info.role,
                uid_validity: kept.uid_validity,
                generation: kept.generation,
                known: kept.ledger.clone(),
                marks: Marks { modseq: kept.modseq, ..Marks::default() },
            });
        }
        Ok(cursors)
    }

    fn generation_started(
        &mut self,
        mailbox: MailboxId,
        uid_validity: u64,
        _: GenerationReason,
    ) -> Result<u64, Halt> {
        let mut record = self.record.lock().unwrap();
        let kept = record.of(mailbox);
        kept.ledger = Ledger::default();
        kept.modseq = None;
        kept.uid_validity = Some(uid_validity);
        kept.generation += 1;
        Ok(kept.generation)
    }

    fn adopt(&mut self, mailbox: MailboxId, _: u64, some: &[Candidate]) -> Result<UidSet, Halt> {
        let mut record = self.record.lock().unwrap();
        let held: UidSet = some
            .iter()
            .filter(|one| record.ids.contains(&one.message_id))
            .map(|one| one.seen.uid)
            .collect();
        record.adopted += held.len();
        for uid in held.iter() {
            record.of(mailbox).ledger.pending.remove(uid);
            record.of(mailbox).ledger.stored.insert(uid);
        }
        Ok(held)
    }

    fn uids_seen(&mut self, mailbox: MailboxId, _: u64, seen: &[Seen]) -> Result<(), Halt> {
        let mut record = self.record.lock().unwrap();
        for one in seen {
            assert!(one.size > 0 && one.internal_date.is_some());
            record.of(mailbox).ledger.gone.remove(one.uid);
            record.of(mailbox).ledger.pending.insert(one.uid);
        }
        Ok(())
    }

    fn fetched(&mut self, message: Fetched) -> Result<(), Halt> {
        assert!(!self.panics.swap(false, Ordering::Relaxed), "told to panic");
        let mut record = self.record.lock().unwrap();
        let Fetched { mailbox, generation, seen, body } = message;
        record.fetched += 1;
        let (Body::Whole(bytes) | Body::HeaderOnly(bytes)) = &body;
        record.ids.extend(message_id(bytes));
        let kept = record.of(mailbox);
        assert_eq!(kept.generation, generation);
        assert!(kept.ledger.pending.remove(seen.uid) || kept.ledger.failed.remove(seen.uid));
        kept.ledger.stored.insert(seen.uid);
        kept.bodies.insert(seen.uid, body);
        kept.flags.insert(seen.uid, seen.flags);
        drop(record);
        self.tell("stored");
        if let Some(gate) = self.gate.take() {
            gate.lock().unwrap().recv().unwrap();
        }
        Ok(())
    }

    fn failed(&mut self, _: MailboxId, _: u64, uid: u32, why: FailReason) -> Result<(), Halt> {
        self.record.lock().unwrap().failed.push((uid, why));
        Ok(())
    }

    fn flags(&mut self, mailbox: MailboxId, _: u64, flags: &[(u32, Flags)]) -> Result<(), Halt> {
        let mut record = self.record.lock().unwrap();
        let kept = record.of(mailbox);
        let news = flags.iter().any(|(uid, flags)| kept.flags.get(uid) != Some(flags));
        kept.flags.extend(flags.iter().copied());
        drop(record);
        if news {
            self.tell("flags");
        }
        Ok(())
    }

    fn gone(&mut self, mailbox: MailboxId, _: u64, uids: &UidSet) -> Result<(), Halt> {
        let mut record = self.record.lock().unwrap();
        let ledger = &mut record.of(mailbox).ledger;
        for uid in uids.iter() {
            assert!(ledger.stored.remove(uid) || ledger.pending.remove(uid));
            ledger.gone.insert(uid);
        }
        Ok(())
    }

    fn changes(&mut self, mailbox: MailboxId, number: u64, some: &Changes) -> Result<(), Halt> {
        self.flags(mailbox, number, &some.flags)?;
        self.uids_seen(mailbox, number, &some.seen)?;
        self.gone(mailbox, number, &some.gone)?;
        if let Some(conclusion) = some.conclusion {
            let mut record = self.record.lock().unwrap();
            let kept = record.of(mailbox);
            kept.modseq = conclusion.modseq;
            kept.compared += u32::from(conclusion.whole);
        }
        Ok(())
    }

    fn link(&mut self, link: Link) {
        self.tell(match link {
            Link::Connecting => "connecting",
            Link::Syncing(_) => return,
            Link::Online { .. } => "online",
            Link::Waiting { .. } => "waiting",
            Link::Stopped { why: ImapError::AuthRefused(_) } => "refused",
            Link::Stopped { .. } => "stopped",
            Link::Ended => "ended",
        });
    }
}

impl Desk {
    pub fn tell(&self, word: &str) {
        if let Some(links) = &self.links {
            links.send(word.to_owned()).unwrap_or_default();
        }
    }
}

/// Starts the thread of an account without pauses worth noticing; words of its life come through the channel.
pub fn start(desk: Desk, settings: Settings) -> (Worker, Desk, mpsc::Receiver<String>) {
    let (links, words) = mpsc::channel();
    let desk = Desk { links: Some(links), ..desk };
    let worker = Worker::start(settings, Box::new(desk.clone()), Box::new(|| u16::MAX)).unwrap();
    (worker, desk, words)
}

/// Waits for this word; bounded by words too, since a worker that polls fast is never silent.
pub fn wait_for(words: &mpsc::Receiver<String>, wanted: &str) {
    let heard =
        (0..10_000).any(|_| words.recv_timeout(Duration::from_mins(1)).expect(wanted) == wanted);
    assert!(heard, "the worker never says {wanted:?}");
}

pub fn message(number: usize, body: &str) -> Vec<u8> {
    format!(
        "From: Ada <ada@client.example>\r\nTo: us@firm.test\r\nSubject: Matter {number}\r\n\
         Message-ID: <{number}@client.example>\r\nDate: Mon, 02 Mar 2026 10:00:00 +0000\r\n\r\n{body}\r\n"
    )
    .into_bytes()
}
