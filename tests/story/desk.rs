//! An office with its folder, and its engine running: what a person at the desk sees, without a screen.
//!
//! Nothing here sleeps. What is waited for is an event of the engine, under one guard against waiting for ever.

use std::{collections::BTreeMap, fs, path::Path, sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
use matterbox::{
    app::{
        command::{Command, Request},
        engine::{self, Running, ScreenEnds},
        event::{DraftSheet, Event, Finding, LinkState, Tone},
        office::Office,
        rows::{Answer, Query},
        time::{FixedTime, SystemTime, TimeSource},
        wiring::Wiring,
    },
    config::{self, Settings, paths::Paths},
    domain::{
        address::EmailAddress,
        confidential::Confidential,
        draft::ReplyKind,
        id::{MatterId, MessageKey, OutboxId, ThreadId},
        matter::{MatterNumber, Role},
        message::MessageId,
    },
    store::{self, Absent, KdfCost, StoreError, clocks::ClockRow, outbox::OutboxRow},
};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::support::servers::{GOOD_HOST, PASSWORD, Servers};

/// The passphrase of every record.
pub const PASSPHRASE: &str = "a passphrase nobody guesses";
/// The firm, as its footers name it.
pub const FIRM: &str = "Tan & Partners";

/// Nothing here takes longer, unless it never comes.
const GUARD: Duration = Duration::from_secs(90);

/// How the settings of an office differ from the usual ones.
#[derive(Clone)]
pub struct Setup {
    pub users: Vec<String>,
    pub password: String,
    pub imap: (String, u16),
    pub smtp: (String, u16),
    /// Users whose relay is another one.
    pub other_smtp: BTreeMap<String, (String, u16)>,
    pub undo_seconds: u32,
    /// More lines for the settings, such as `[sync]`.
    pub more: String,
}

impl Setup {
    pub fn of(user: &str) -> Self {
        let servers = Servers::get();
        Self {
            users: vec![user.to_owned()],
            password: PASSWORD.to_owned(),
            imap: (GOOD_HOST.to_owned(), servers.imaps),
            smtp: (GOOD_HOST.to_owned(), servers.smtps),
            other_smtp: BTreeMap::new(),
            undo_seconds: 0,
            more: String::new(),
        }
    }

    fn text(&self, home: &Path) -> String {
        let ca = Servers::get().ca.display();
        let mut text = format!(
            "[office]\nname = \"{FIRM}\"\nphone = \"+44 20 7946 0000\"\naddress = \"office@firm.test\"\n\
             [record]\npassphrase = \"command\"\npassphrase_command = [\"cat\", \"{}/passphrase\"]\n\
             [send]\nundo_seconds = {}\n[log]\nlevel = \"debug\"\n{}\n",
            home.display(),
            self.undo_seconds,
            self.more,
        );
        for user in &self.users {
            let (imap_host, imap) = &self.imap;
            let (smtp_host, smtp) = self.other_smtp.get(user).unwrap_or(&self.smtp);
            text += &format!(
                "[[account]]\nname = \"{user}\"\nperson = \"Alice Tan\"\naddress = \"{user}@firm.test\"\n\
                 user = \"{user}\"\nsecret = {{ command = [\"echo\", \"{}\"] }}\n\
                 imap = {{ host = \"{imap_host}\", port = {imap}, tls = \"implicit\" }}\n\
                 smtp = {{ host = \"{smtp_host}\", port = {smtp}, tls = \"implicit\" }}\n\
                 trust = {{ ca_file = \"{ca}\" }}\n",
                self.password
            );
        }
        text
    }
}

/// The folder of an office; it stays while a desk opens and closes.
pub struct Home {
    /// Settings, record, log.
    pub dir: TempDir,
    setup: Setup,
}

impl Home {
    pub fn new(setup: &Setup) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let home = Self { dir, setup: setup.clone() };
        home.write(setup);
        home
    }

    fn write(&self, setup: &Setup) {
        fs::write(self.path().join("config.toml"), setup.text(self.path())).unwrap();
        // The passphrase comes out of a program's mouth; the file of that program is not ours.
        fs::write(self.path().join("passphrase"), PASSPHRASE).unwrap();
    }

    /// The same office under other settings.
    pub fn change(&mut self, change: impl FnOnce(&mut Setup)) {
        let mut setup = self.setup.clone();
        change(&mut setup);
        self.write(&setup);
        self.setup = setup;
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    fn settings(&self) -> Settings {
        config::load(&self.path().join("config.toml")).unwrap()
    }

    /// Opens the record, without any connection.
    pub fn try_office(&self, time: Arc<dyn TimeSource>) -> Result<Office, StoreError> {
        let paths = Paths::inside(self.path());
        let rules = config::sla::shipped_in("Europe/London").unwrap();
        let passphrase = Confidential::from(PASSPHRASE);
        let absent = Absent::Create(KdfCost::CHEAP);
        let settings = self.settings();
        let footers = config::footers::book(&settings).unwrap();
        Office::open_with(&paths.record, settings, rules, footers, &passphrase, absent, time)
    }

    /// Opens the record, without any connection; time goes on.
    pub fn office(&self) -> Office {
        self.try_office(Arc::new(SystemTime)).unwrap()
    }

    /// Opens the office and connects. Time stands still until it is moved.
    pub fn open(&self) -> Desk {
        let time = FixedTime::at(SystemTime.now());
        let office = self.try_office(Arc::new(time.clone())).unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let mut wirings = BTreeMap::new();
        for (id, account) in office.accounts() {
            let password = Confidential::from(self.setup.password.as_str());
            wirings.insert(*id, Wiring::new(account.clone(), password).unwrap());
        }
        let started = office.clone();
        let (running, ends) = runtime.block_on(async { engine::start(started, wirings) }).unwrap();
        Desk { office, time, running: Some(running), ends, runtime }
    }

    /// Every file of the home, with its bytes.
    pub fn files(&self) -> Vec<(String, Vec<u8>)> {
        fn walk(folder: &Path, into: &mut Vec<(String, Vec<u8>)>) {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    walk(&path, into);
                } else {
                    into.push((path.display().to_string(), fs::read(&path).unwrap()));
                }
            }
        }
        let mut files = Vec::new();
        walk(self.path(), &mut files);
        files
    }
}

/// A running office.
pub struct Desk {
    pub office: Office,
    pub time: FixedTime,
    running: Option<Running>,
    ends: ScreenEnds,
    runtime: Runtime,
}

impl Desk {
    /// The next event that this takes something from.
    pub fn event<T>(&mut self, what: &str, mut take: impl FnMut(Event) -> Option<T>) -> T {
        let events = &mut self.ends.events;
        self.runtime.block_on(async {
            let next = async {
                loop {
                    let event = events.recv().await.expect("the engine has ended");
                    if let Some(taken) = take(event) {
                        return taken;
                    }
                }
            };
            tokio::time::timeout(GUARD, next).await.unwrap_or_else(|_| panic!("never came: {what}"))
        })
    }

    /// Waits until this is so; asked again after every event.
    pub fn until(&mut self, what: &str, holds: impl Fn(&Office) -> bool) {
        let office = self.office.clone();
        if !holds(&office) {
            self.event(what, |_| holds(&office).then_some(()));
        }
    }

    /// Waits until an account (or each of several) is up to date.
    pub fn online(&mut self) {
        let mut open: Vec<_> = self.office.accounts().keys().copied().collect();
        self.event("online", |event| {
            if let Event::Link { account, state } = event {
                match state {
                    LinkState::Online => open.retain(|of| *of != account),
                    LinkState::Stopped { reason }
                    | LinkState::SignInNeeded { reason }
                    | LinkState::Waiting { reason, .. } => {
                        panic!("{reason}")
                    }
                    LinkState::Connecting | LinkState::Syncing { .. } => {}
                }
            }
            open.is_empty().then_some(())
        });
        // What was fetched last may still be on its way into the record.
        self.until("everything is in the record", Look::is_complete);
    }

    /// Looks for mail and waits until the account says that it is up to date again.
    pub fn sync(&mut self) {
        while self.ends.events.try_recv().is_ok() {}
        self.ask(Command::SyncNow);
        self.online();
    }

    /// The first reason for which an account does not work.
    pub fn trouble(&mut self) -> LinkState {
        self.event("trouble", |event| match event {
            Event::Link {
                state: state @ (LinkState::Stopped { .. } | LinkState::Waiting { .. }),
                ..
            } => Some(state),
            Event::Link { state: LinkState::Online, .. } => panic!("it went online"),
            _ => None,
        })
    }

    pub fn ask(&self, command: Command) {
        self.runtime.block_on(self.ends.requests.send(Request::Do(command))).ok().unwrap();
    }

    /// Moves the clock on and lets the outbox look at it.
    pub fn pass(&self, seconds: i64) {
        self.time.advance(SignedDuration::from_secs(seconds));
        self.ask(Command::Star { threads: Vec::new(), on: true });
    }

    pub fn answer(&self, query: Query) -> Answer {
        self.runtime.block_on(self.office.answer(query)).unwrap()
    }

    pub fn matter(&self, number: &str, name: &str) -> MatterId {
        let number = number.parse::<MatterNumber>().unwrap();
        self.runtime.block_on(self.office.add_matter(number, name.to_owned())).unwrap()
    }

    pub fn party(&self, name: &str, address: &str, role: (MatterId, Role)) {
        let address = EmailAddress::parse(address).unwrap();
        let added = self.office.add_party(name.to_owned(), vec![address], Some(role));
        self.runtime.block_on(added).unwrap();
    }

    /// Begins a draft.
    pub fn start(&mut self, kind: ReplyKind, thread: Option<ThreadId>) -> DraftSheet {
        self.ask(Command::StartDraft { kind, thread, parent: None });
        self.event("the draft", |event| match event {
            Event::DraftReady(sheet) => Some(*sheet),
            Event::Notice(notice) if notice.tone == Tone::Problem => panic!("{}", notice.text),
            _ => None,
        })
    }

    /// Reviews it, confirms what is found, and sends it.
    pub fn send(&mut self, sheet: &DraftSheet, at: Option<Timestamp>) -> (OutboxId, Vec<Finding>) {
        self.ask(Command::Review(Box::new(sheet.draft.clone())));
        let findings = self.event("the review", |event| match event {
            Event::Reviewed { findings, .. } => Some(findings),
            _ => None,
        });
        let confirmed = findings.iter().map(Finding::answered).collect();
        self.ask(Command::Send { draft: Box::new(sheet.draft.clone()), confirmed, at });
        let item = self.event("queued", |event| match event {
            Event::Queued { item, .. } => Some(item),
            Event::Notice(notice) if notice.tone == Tone::Problem => panic!("{}", notice.text),
            _ => None,
        });
        (item, findings)
    }

    /// Ends everything in order.
    pub fn close(mut self) {
        let running = self.running.take().unwrap();
        self.runtime.block_on(running.shutdown());
    }
}

/// What a test asks of the record.
pub trait Look {
    fn office(&self) -> &Office;

    fn look<T: Send + 'static>(
        &self,
        query: impl FnOnce(&rusqlite::Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> T {
        self.office().store().read_blocking("test", query).unwrap()
    }

    /// The messages with this id (more than one when it was altered on the way).
    fn messages(&self, id: &str) -> Vec<MessageKey> {
        let id = MessageId::new(id).unwrap();
        self.look(move |conn| store::messages::by_message_id(conn, &id))
    }

    /// The conversation of a message.
    fn thread(&self, id: &str) -> ThreadId {
        let key = self.messages(id)[0];
        self.look(move |conn| Ok(store::messages::get(conn, key)?.thread))
    }

    fn clocks(&self, thread: ThreadId) -> Vec<ClockRow> {
        self.look(move |conn| store::clocks::of_thread(conn, thread))
    }

    fn outbox(&self, item: OutboxId) -> OutboxRow {
        self.look(move |conn| store::outbox::get(conn, item))
    }

    /// Messages in the record.
    fn count(&self) -> u64 {
        self.look(|conn| Ok(store::lists::counts(conn, SystemTime.now())?.messages))
    }

    /// Every line of the ledger has its message.
    fn is_complete(&self) -> bool {
        self.look(store::mailboxes::completeness).iter().all(|row| row.stored == row.known)
    }
}

impl Look for Desk {
    fn office(&self) -> &Office {
        &self.office
    }
}

impl Look for Office {
    fn office(&self) -> &Office {
        self
    }
}
