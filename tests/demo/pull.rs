//! The product's own IMAP thread against the practice office: everything is pulled, once and byte for byte.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, mpsc},
};

use matterbox::{
    domain::{
        id::{AccountId, MailboxId},
        message::Flags,
    },
    imap::{
        contract::{
            Body, Candidate, FailReason, Fetched, GenerationReason, Halt, Ledger, Link, Login,
            MailboxCursor, MailboxInfo, Marks, ReadBack, Role, Seen, Sink,
        },
        error::ImapError,
        stream::{Endpoint, Security},
        uids::UidSet,
        worker::{Settings, Worker},
    },
    tls::{self, Trust},
};

use crate::support::open;

/// What was pulled, and a word when all is up to date.
#[derive(Default)]
struct Pulled {
    roles: BTreeMap<i64, Role>,
    bodies: Vec<(i64, u32, Vec<u8>)>,
    failed: u32,
    /// How far back sent mail was said to have been read, and how many bodies had come by then.
    read: Vec<(i64, ReadBack, usize)>,
}

struct Collector {
    pulled: Arc<Mutex<Pulled>>,
    online: mpsc::Sender<Result<(), ImapError>>,
}

impl Sink for Collector {
    fn mailboxes(&mut self, found: &[MailboxInfo]) -> Result<Vec<MailboxCursor>, Halt> {
        let mut cursors = Vec::new();
        for (row, info) in (1..).zip(found.iter().filter(|i| i.role.is_synced_by_default())) {
            self.pulled.lock().unwrap().roles.insert(row, info.role);
            cursors.push(MailboxCursor {
                mailbox: MailboxId::new(row),
                raw_name: info.raw_name.clone(),
                role: info.role,
                uid_validity: None,
                generation: 0,
                known: Ledger::default(),
                marks: Marks::default(),
            });
        }
        Ok(cursors)
    }

    fn generation_started(
        &mut self,
        _: MailboxId,
        uid_validity: u64,
        _: GenerationReason,
    ) -> Result<u64, Halt> {
        Ok(uid_validity)
    }

    fn adopt(&mut self, _: MailboxId, _: u64, _: &[Candidate]) -> Result<UidSet, Halt> {
        Ok(UidSet::default())
    }

    fn uids_seen(&mut self, _: MailboxId, _: u64, _: &[Seen]) -> Result<(), Halt> {
        Ok(())
    }

    fn fetched(&mut self, message: Fetched) -> Result<(), Halt> {
        let (Body::Whole(bytes) | Body::HeaderOnly(bytes)) = message.body;
        let row = (message.mailbox.get(), message.seen.uid, bytes);
        self.pulled.lock().unwrap().bodies.push(row);
        Ok(())
    }

    fn read_back(&mut self, mailbox: MailboxId, read: ReadBack) -> Result<(), Halt> {
        let mut pulled = self.pulled.lock().unwrap();
        let come = pulled.bodies.len();
        pulled.read.push((mailbox.get(), read, come));
        Ok(())
    }

    fn failed(&mut self, _: MailboxId, _: u64, _: u32, _: FailReason) -> Result<(), Halt> {
        self.pulled.lock().unwrap().failed += 1;
        Ok(())
    }

    fn flags(&mut self, _: MailboxId, _: u64, _: &[(u32, Flags)]) -> Result<(), Halt> {
        Ok(())
    }

    fn gone(&mut self, _: MailboxId, _: u64, _: &UidSet) -> Result<(), Halt> {
        Ok(())
    }

    fn link(&mut self, link: Link) {
        match link {
            Link::Online { unreadable, doubtful, refused } => {
                assert_eq!((unreadable, doubtful, refused), (0, 0, 0));
                self.online.send(Ok(())).unwrap_or_default();
            }
            Link::Waiting { why, .. } | Link::Stopped { why } => {
                self.online.send(Err(why)).unwrap_or_default();
            }
            Link::Connecting | Link::Syncing(_) | Link::Ended => {}
        }
    }
}

#[test]
fn the_products_own_thread_pulls_the_whole_office() {
    let open = open();
    let trust = Trust::CaFile(open.running.authority.clone().into_bytes());
    let settings = Settings::new(
        AccountId::new(1),
        Endpoint {
            host: "127.0.0.1".to_owned(),
            port: open.running.imap_port,
            security: Security::Implicit,
        },
        tls::client_config(&trust).unwrap(),
        Login { user: open.running.user.into(), password: open.running.password.clone().into() },
    );
    let pulled = Arc::new(Mutex::new(Pulled::default()));
    let (online, told) = mpsc::channel();
    let collector = Collector { pulled: Arc::clone(&pulled), online };
    let worker = Worker::start(settings, Box::new(collector), Box::new(|| 0)).unwrap();
    told.recv().unwrap().unwrap();
    worker.join();

    let pulled = pulled.lock().unwrap();
    let roles: BTreeSet<Role> = pulled.roles.values().copied().collect();
    assert!(roles.contains(&Role::Inbox) && roles.contains(&Role::Sent));
    let mail = &open.running.office.mail;
    assert_eq!((pulled.bodies.len(), pulled.failed), (mail.len(), 0));
    for (mailbox, uid, bytes) in &pulled.bodies {
        let folder = if pulled.roles[mailbox] == Role::Sent { "Sent" } else { "INBOX" };
        let at = usize::try_from(*uid).unwrap() - 1;
        let sent = mail.iter().filter(|m| m.folder == folder).nth(at).unwrap();
        assert!(sent.raw == *bytes, "{folder} {uid}");
    }
    // The answers come before what they answer, and that they have all come is said before anything else comes.
    let answers = mail.iter().filter(|m| m.folder == "Sent").count();
    let is_answer = |(mailbox, ..): &(i64, u32, Vec<u8>)| pulled.roles[mailbox] == Role::Sent;
    assert!(pulled.bodies.iter().take(answers).all(is_answer));
    let (mailbox, read, come) = pulled.read[0];
    assert_eq!((pulled.roles[&mailbox], read, come), (Role::Sent, ReadBack::Whole, answers));
}
