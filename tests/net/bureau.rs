//! An office with a real record, whose one account is at a server that a test plays: the adapter's thread, the ledger,
//! the intake and the rules of the product, from the socket to what a lawyer is shown.

use std::{
    collections::BTreeMap,
    future::Future,
    sync::{Arc, Mutex, mpsc},
    time::Duration,
};

use matterbox::{
    app::{
        desk::Decided,
        error::AppError,
        ingest::Recorded,
        intake::{Arrivals, Intake, Joiner},
        ledger::LedgerSink,
        notice,
        office::Office,
        operate::Target,
        rows::{Answer, Query},
        time::FixedTime,
    },
    config::{
        self,
        settings::{Account, PassphraseSource, SecretSource, Server, TlsMode, TrustSource},
        write::{self, FirstSettings},
    },
    domain::{
        address::EmailAddress,
        confidential::Confidential,
        id::{AccountId, MessageKey, ThreadId},
        message::MessageId,
    },
    imap::{
        contract::{Link, Login},
        error::ImapError,
        filing::Filed,
        plan::Depth,
        round::Summary,
        stream::{Cutoff, Endpoint, Security},
        worker::{Order, Settings, Signals, Worker, sync_once},
    },
    store::{self, Absent, KdfCost, StoreError, mailboxes::UidState},
    tls::{self, Trust},
};
use tempfile::TempDir;
use tokio::sync::oneshot;

use crate::support::authority::Authority;

pub const CLIENT: &str = "kofi@mensah.example";
pub const US: &str = "alice@firm.example";

/// A letter of a client; with `answers`, to another one.
pub fn letter(number: u32, answers: Option<u32>, text: &str) -> Vec<u8> {
    let reply = answers.map(|to| format!("In-Reply-To: <l{to}@mensah.example>\r\n"));
    let subject = answers.map_or_else(|| format!("Lease {number}"), |to| format!("Re: Lease {to}"));
    format!(
        "Message-ID: <l{number}@mensah.example>\r\nFrom: Kofi Mensah <{CLIENT}>\r\nTo: {US}\r\n\
         Subject: {subject}\r\nDate: Tue, 24 Nov 2026 14:{:02}:00 +0000\r\n{}\r\n{text}\r\n",
        number % 60,
        reply.unwrap_or_default()
    )
    .into_bytes()
}

/// So many letters, each a conversation of its own.
pub fn letters(count: u32) -> Vec<Vec<u8>> {
    (1..=count).map(|n| letter(n, None, "May I let the garden to my sister?")).collect()
}

/// What the lawyer has: every letter's bytes in order, conversations with their sizes, and running clocks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Picture {
    pub letters: Vec<Vec<u8>>,
    pub threads: Vec<(String, u32)>,
    pub clocks: Vec<(String, String, String)>,
}

/// The ledger of one mailbox, as sets in the protocol's notation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lines {
    pub pending: Vec<u32>,
    pub stored: Vec<u32>,
    pub failed: Vec<u32>,
    pub gone: Vec<u32>,
}

struct Silent;

impl Arrivals for Silent {
    fn recorded(&mut self, _: &Recorded) {}

    fn failed(&mut self, error: &StoreError) {
        panic!("the record takes no mail: {error}");
    }
}

pub struct Bureau {
    pub office: Office,
    pub account: AccountId,
    pub settings: Settings,
    pub time: FixedTime,
    /// What a person was told of their operations.
    pub told: Arc<Mutex<Vec<String>>>,
    intake: Option<Intake>,
    joiner: Option<Joiner>,
    _folder: TempDir,
}

fn account(port: u16) -> Account {
    let server = || Server { host: "127.0.0.1".to_owned(), port, tls: TlsMode::Implicit };
    Account {
        name: "office".to_owned(),
        person: "Alice Tan".to_owned(),
        address: EmailAddress::parse(US).unwrap(),
        aliases: Vec::new(),
        user: US.to_owned(),
        secret: SecretSource::Prompt,
        imap: server(),
        smtp: server(),
        trust: TrustSource::Webpki,
    }
}

impl Bureau {
    /// An office whose account is at a played server on this port.
    pub fn at(port: u16) -> Self {
        let trust = Trust::CaFile(Authority::get().pem.clone().into_bytes());
        let endpoint =
            Endpoint { host: "127.0.0.1".to_owned(), port, security: Security::Implicit };
        let login = Login { user: US.into(), password: "opensesame".into() };
        let tls = tls::client_config(&trust).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let first = FirstSettings {
            office: "Tan & Co".to_owned(),
            phone: String::new(),
            address: String::new(),
            passphrase: PassphraseSource::Prompt,
            account: account(port),
        };
        let text = write::first_text(&first);
        let settings = config::parse(&text, &folder.path().join("config.toml")).unwrap();
        let sla = config::sla::shipped_in("America/New_York").unwrap();
        let time = FixedTime::at("2026-11-24T10:00:00-05:00".parse().unwrap());
        let passphrase = Confidential::from("correct horse battery staple");
        let absent = Absent::Create(KdfCost::CHEAP);
        let record = folder.path().join("record");
        let now = Arc::new(time.clone());
        let office = Office::open(&record, settings, sla, &passphrase, absent, now).unwrap();
        let account = *office.accounts().keys().next().unwrap();
        // One connection, so that a script sees every word in its order; the ear has tests of its own.
        let mut settings = Settings::new(account, endpoint, tls, login);
        settings.listens = false;
        let (intake, joiner) = Intake::start(office.clone(), Box::new(Silent)).unwrap();
        let (intake, joiner) = (Some(intake), Some(joiner));
        let told = Arc::default();
        Self { office, account, settings, time, told, intake, joiner, _folder: folder }
    }

    /// A person lets everything that is stuck be tried again.
    pub fn retry_all(&self) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        for row in self.read(|conn| store::operations::all_open(conn, 1_000)) {
            assert!(runtime.block_on(self.office.retry_operation(row.id)).is_ok());
        }
    }

    fn flush(&self) {
        self.intake.as_ref().unwrap().flush().ok().unwrap();
    }

    fn sink(&self, listener: impl FnMut(Link) + Send + 'static) -> LedgerSink {
        let (office, intake) = (self.office.clone(), self.intake.clone().unwrap());
        let told = Arc::clone(&self.told);
        LedgerSink::new(office, self.account, intake, Box::new(listener), Box::new(drop))
            .telling(Box::new(move |words| told.lock().unwrap().extend(words)))
    }

    /// The conversation with this subject.
    pub fn thread(&self, subject: &str) -> ThreadId {
        let Answer::Inbox(rows) = self.ask(Query::Inbox { limit: 10_000 }) else { panic!() };
        rows.iter().find(|row| row.subject.to_string() == subject).expect(subject).thread
    }

    /// Is the conversation in the Inbox?
    pub fn inbox_has(&self, subject: &str) -> bool {
        let Answer::Inbox(rows) = self.ask(Query::Inbox { limit: 10_000 }) else { panic!() };
        rows.iter().any(|row| row.subject.to_string() == subject)
    }

    pub fn is_starred(&self, subject: &str) -> bool {
        let Answer::Inbox(rows) = self.ask(Query::Inbox { limit: 10_000 }) else { panic!() };
        let row = rows.iter().find(|row| row.subject.to_string().ends_with(subject));
        row.expect(subject).marks.starred
    }

    /// A person asks for this.
    pub fn wish(wish: impl Future<Output = Result<Decided, AppError>>) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        assert!(runtime.block_on(wish).is_ok(), "the office declines");
    }

    pub fn archive(&self, subjects: &[&str]) {
        let threads = subjects.iter().map(|subject| self.thread(subject)).collect();
        Self::wish(self.office.relocate(threads, Target::Archive));
    }

    /// What is still to be done at the server: stage and reason.
    pub fn open(&self) -> Vec<(&'static str, String)> {
        let rows = self.read(|conn| store::operations::all_open(conn, 1_000));
        rows.into_iter().map(|row| (row.stage.word(), row.reason)).collect()
    }

    /// One synchronisation over one connection; what goes wrong as the sentence that the lawyer reads.
    pub fn pass(&self, depth: Depth) -> Result<Summary, String> {
        let mut sink = self.sink(drop);
        let (signals, cutoff) = (Arc::new(Signals::default()), Cutoff::default());
        let end = sync_once(&self.settings, &mut sink, depth, &signals, &cutoff);
        self.flush();
        end.map_err(|error| notice::imap(&error))
    }

    /// One that must succeed.
    pub fn sync(&self) -> Summary {
        self.pass(Depth::Recent).unwrap()
    }

    /// The account's own thread, which calls again by itself; what becomes of its connection comes in words.
    pub fn live(&self) -> Live {
        let (tell, words) = mpsc::channel();
        let sink = self.sink(move |link| {
            let word = match link {
                Link::Connecting => "connecting".to_owned(),
                Link::Syncing(_) => return,
                Link::Online { .. } => "online".to_owned(),
                Link::Waiting { why, retry_seconds } => {
                    format!("{} [again in {retry_seconds} s]", notice::imap(&why))
                }
                Link::Stopped { why } => format!("stopped: {}", notice::imap(&why)),
                Link::Ended => "ended".to_owned(),
            };
            tell.send(word).unwrap_or_default();
        });
        let chance = Box::new(|| u16::MAX);
        let worker = Worker::start(self.settings.clone(), Box::new(sink), chance).unwrap();
        Live { worker, words }
    }

    pub fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&rusqlite::Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> T {
        self.flush();
        self.office.store().read_blocking("test", read).unwrap()
    }

    pub fn ask(&self, query: Query) -> Answer {
        let office = self.office.clone();
        self.read(move |conn| office.answer_from(conn, query))
    }

    pub fn picture(&self) -> Picture {
        let mut letters: Vec<Vec<u8>> = self.read(|conn| {
            let mut keys = conn.prepare("SELECT key FROM message").unwrap();
            let keys = keys.query_map([], |row| row.get(0)).unwrap();
            keys.map(|key| store::raw::get(conn, MessageKey::new(key.unwrap()))).collect()
        });
        letters.sort();
        let Answer::Inbox(rows) = self.ask(Query::Inbox { limit: 10_000 }) else { panic!() };
        let mut threads: Vec<(String, u32)> =
            rows.iter().map(|row| (row.subject.to_string(), row.messages)).collect();
        threads.sort();
        let Answer::Due(rows) = self.ask(Query::Due) else { panic!() };
        let mut clocks: Vec<(String, String, String)> = rows
            .iter()
            .map(|row| (row.subject.to_string(), row.who.to_string(), format!("{:?}", row.running)))
            .collect();
        clocks.sort();
        Picture { letters, threads, clocks }
    }

    /// Where every UID of a mailbox stands; of one that the record does not know yet, nowhere.
    pub fn ledger(&self, name: &str) -> Lines {
        let (account, name) = (self.account, name.to_owned());
        let all = self.read(move |conn| {
            let boxes = store::mailboxes::list(conn, account)?;
            match boxes.iter().find(|row| row.name == name) {
                Some(row) => store::mailboxes::ledger_snapshot(conn, row.id),
                None => Ok(Vec::new()),
            }
        });
        let mut lines = Lines::default();
        for line in all {
            match line.state {
                UidState::Pending => lines.pending.push(line.uid),
                UidState::Stored => lines.stored.push(line.uid),
                UidState::Failed => lines.failed.push(line.uid),
                UidState::Gone => lines.gone.push(line.uid),
            }
        }
        lines
    }

    /// The names of the mailboxes and their roles.
    pub fn mailboxes(&self) -> BTreeMap<String, String> {
        let account = self.account;
        self.read(move |conn| {
            let rows = store::mailboxes::list(conn, account)?;
            Ok(rows.into_iter().map(|row| (row.name, row.role)).collect())
        })
    }

    /// The mailbox holds exactly these letters, each once, and the ledger says so of each.
    pub fn has_exactly(&self, name: &str, sent: &[Vec<u8>]) {
        let mut sent = sent.to_vec();
        sent.sort();
        assert!(self.picture().letters == sent, "letters: {}", self.picture().letters.len());
        let lines = self.ledger(name);
        assert_eq!(lines.stored.len(), sent.len(), "{lines:?}");
        assert!(lines.pending.is_empty() && lines.failed.is_empty(), "{lines:?}");
    }
}

/// Its threads end before the test does.
impl Drop for Bureau {
    fn drop(&mut self) {
        drop(self.intake.take());
        if !std::thread::panicking() {
            self.joiner.take().unwrap().join();
        }
        self.office.store().shutdown();
    }
}

/// The thread of the account.
pub struct Live {
    pub worker: Worker,
    words: mpsc::Receiver<String>,
}

impl Live {
    /// Waits, bounded, until it is so: what is committed is seen by readers a moment later.
    pub fn until_so(&self, so: impl Fn() -> bool) {
        let mut heard = Vec::new();
        for _ in 0..400 {
            if so() {
                return;
            }
            heard.extend(self.words.recv_timeout(Duration::from_millis(50)).ok());
        }
        panic!("never, after {heard:?}");
    }

    /// Files a copy of a sent message.
    pub fn file(&self, bytes: &[u8], id: &str) -> Result<Filed, ImapError> {
        let (answer, result) = oneshot::channel();
        let order = Order::File {
            mailbox: None,
            bytes: Confidential::new(bytes.to_vec()),
            id: MessageId::new(id).unwrap(),
            sent: None,
            answer,
        };
        assert!(self.worker.order(order).is_ok());
        result.blocking_recv().unwrap()
    }

    /// The next word that holds this one; those before it are passed over.
    pub fn until(&self, wanted: &str) -> String {
        let mut heard = Vec::new();
        for _ in 0..500 {
            let word = self.words.recv_timeout(Duration::from_secs(30));
            let word = word.unwrap_or_else(|_| panic!("no {wanted:?} after {heard:?}"));
            if word.contains(wanted) {
                return word;
            }
            heard.push(word);
        }
        panic!("no {wanted:?} in {heard:?}");
    }
}
