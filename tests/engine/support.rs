//! An office with two accounts, letters for it, and a relay that does what a test says.

use std::sync::{Arc, Mutex};

use jiff::{SignedDuration, Timestamp};
use matterbox::{
    app::{
        ingest::{self, Incoming, Recorded},
        intake::{Arrivals, Intake, Joiner},
        ledger::LedgerSink,
        office::Office,
        rows::{Answer, DueRow, Query, ThreadView},
        time::FixedTime,
    },
    config::{
        self,
        settings::{Account, PassphraseSource, SecretSource, Server, TlsMode, TrustSource},
        sla::SlaSettings,
        write::{self, FirstSettings},
    },
    domain::{
        address::EmailAddress,
        confidential::Confidential,
        id::{AccountId, MailboxId, ThreadId},
        message::Flags,
    },
    imap::{
        contract::{
            Body, Fetched, GenerationReason, Link, MailboxInfo, ReadBack, Role, Seen, Sink,
        },
        names::RawName,
    },
    store::{Absent, KdfCost, StoreError},
};
use tempfile::TempDir;

/// Tuesday 24 November 2026, 10:00 in New York.
pub fn ten() -> Timestamp {
    "2026-11-24T10:00:00-05:00".parse().unwrap()
}

pub fn address(text: &str) -> EmailAddress {
    EmailAddress::parse(text).unwrap()
}

pub struct Desk {
    pub office: Office,
    pub time: FixedTime,
    pub folder: TempDir,
}

fn account(name: &str, at: &str) -> Account {
    let server = || Server { host: "localhost".to_owned(), port: 1, tls: TlsMode::Implicit };
    Account {
        name: name.to_owned(),
        person: "Alice Tan".to_owned(),
        address: address(at),
        aliases: Vec::new(),
        user: at.to_owned(),
        secret: SecretSource::Prompt,
        imap: server(),
        smtp: server(),
        trust: TrustSource::Webpki,
    }
}

impl Desk {
    pub fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let time = FixedTime::at(ten());
        let office = Self::open_in(&folder, &time, None);
        Self { office, time, folder }
    }

    /// The same record again, after the program ended.
    pub fn again(self) -> Self {
        self.reopened(None)
    }

    /// The same with a line more in the settings of the office.
    pub fn again_with(self, line: &str) -> Self {
        self.reopened(Some(line))
    }

    fn reopened(self, line: Option<&str>) -> Self {
        let Self { office, time, folder } = self;
        office.store().shutdown();
        drop(office);
        let office = Self::open_in(&folder, &time, line);
        Self { office, time, folder }
    }

    /// An office with these clocks and calendars.
    pub fn open_under(sla: SlaSettings) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let time = FixedTime::at(ten());
        let office = Self::open_with(&folder, &time, None, sla);
        Self { office, time, folder }
    }

    fn open_in(folder: &TempDir, time: &FixedTime, line: Option<&str>) -> Office {
        Self::open_with(folder, time, line, config::sla::shipped_in("America/New_York").unwrap())
    }

    fn open_with(
        folder: &TempDir,
        time: &FixedTime,
        line: Option<&str>,
        sla: SlaSettings,
    ) -> Office {
        let first = FirstSettings {
            office: "Tan & Co".to_owned(),
            phone: String::new(),
            address: String::new(),
            passphrase: PassphraseSource::Prompt,
            account: account("office", "alice@firm.example"),
        };
        let file = folder.path().join("config.toml");
        let text = write::first_text(&first);
        let text = write::with_account(&text, &account("second", "desk@second.example"), &file);
        let mut text = text.unwrap();
        if let Some(line) = line {
            text = text.replacen("# own_addresses = []", line, 1);
        }
        let settings = config::parse(&text, &file).unwrap();
        let passphrase = Confidential::from("correct horse battery staple");
        let absent = Absent::Create(KdfCost::CHEAP);
        let record = folder.path().join("record");
        Office::open(&record, settings, sla, &passphrase, absent, Arc::new(time.clone())).unwrap()
    }

    pub fn account(&self, name: &str) -> AccountId {
        let found = self.office.accounts().iter().find(|(_, account)| account.name == name);
        *found.unwrap().0
    }

    pub fn pass(&self, minutes: i64) {
        self.time.advance(SignedDuration::from_mins(minutes));
    }

    /// Puts letters into the record without a server, as an import does.
    pub fn import(&self, letters: &[&Letter]) -> Recorded {
        let account = self.account("office");
        let batch: Vec<_> = letters
            .iter()
            .map(|letter| {
                ingest::prepare(letter.incoming(account), &matterbox::mail::Limits::default())
                    .unwrap()
            })
            .collect();
        self.office.record_blocking(&batch.into()).unwrap()
    }

    pub fn ask(&self, query: Query) -> Answer {
        let office = self.office.clone();
        self.office
            .store()
            .read_blocking("ask", move |conn| office.answer_from(conn, query))
            .unwrap()
    }

    pub fn due(&self) -> Vec<DueRow> {
        let Answer::Due(rows) = self.ask(Query::Due) else { panic!("another answer") };
        rows
    }

    pub fn thread(&self, thread: ThreadId) -> ThreadView {
        let Answer::Thread(view) = self.ask(Query::Thread(thread)) else {
            panic!("another answer")
        };
        *view.unwrap()
    }

    /// The conversation of this letter.
    pub fn thread_of(&self, letter: &Letter) -> ThreadId {
        let id = matterbox::domain::message::MessageId::new(&letter.id).unwrap();
        self.office
            .store()
            .read_blocking("thread", move |conn| {
                let key = matterbox::store::messages::by_message_id(conn, &id)?[0];
                Ok(matterbox::store::messages::get(conn, key)?.thread)
            })
            .unwrap()
    }

    /// A receiver whose sent mail has been read.
    pub fn sink(&self) -> Post {
        let mut post = Post::start(self);
        post.sink.read_back(post.sent, ReadBack::Whole).unwrap();
        post
    }

    /// A receiver that reads its mailboxes for the first time.
    pub fn first_sink(&self) -> Post {
        Post::start(self)
    }

    /// What the journal says of the clocks of a letter's conversation.
    pub fn journal(&self, letter: &Letter) -> Vec<String> {
        let thread = self.thread_of(letter);
        let rows = self
            .office
            .store()
            .read_blocking("journal", move |conn| matterbox::store::clocks::history(conn, thread))
            .unwrap();
        rows.into_iter()
            .map(|row| format!("{} {}", row.running.clock.word(), row.outcome))
            .collect()
    }
}

/// A letter.
#[derive(Clone)]
pub struct Letter {
    pub id: String,
    pub from: String,
    pub to: String,
    pub subject: String,
    pub answers: Option<String>,
    /// Further header lines, each with its end.
    pub headers: String,
    pub text: String,
    pub at: Timestamp,
}

impl Letter {
    pub fn new(id: &str, from: &str, to: &str) -> Self {
        Self {
            id: format!("{id}@test.example"),
            from: from.to_owned(),
            to: to.to_owned(),
            subject: format!("About {id}"),
            answers: None,
            headers: String::new(),
            text: "Could you tell me what the lease says about the garden, please?".to_owned(),
            at: ten(),
        }
    }

    pub fn answering(mut self, other: &Self) -> Self {
        self.answers = Some(other.id.clone());
        self.subject = format!("Re: {}", other.subject);
        self
    }

    /// With one header line more.
    pub fn with(mut self, line: &str) -> Self {
        self.headers.push_str(line);
        self.headers.push_str("\r\n");
        self
    }

    pub fn at(mut self, minutes: i64) -> Self {
        self.at = ten() + SignedDuration::from_mins(minutes);
        self
    }

    pub fn bytes(&self) -> Vec<u8> {
        let answers = self.answers.as_ref().map(|id| format!("In-Reply-To: <{id}>\r\n"));
        format!(
            "Message-ID: <{}>\r\nFrom: {}\r\nTo: {}\r\nSubject: {}\r\nDate: {}\r\n{}{}\r\n{}\r\n",
            self.id,
            self.from,
            self.to,
            self.subject,
            self.at.strftime("%a, %d %b %Y %H:%M:%S +0000"),
            answers.unwrap_or_default(),
            self.headers,
            self.text
        )
        .into_bytes()
    }

    pub fn incoming(&self, account: AccountId) -> Incoming {
        Incoming {
            account,
            location: None,
            bytes: self.bytes(),
            header_only: false,
            internal_date: Some(self.at),
            accepted_at: None,
            first_seen: self.at,
        }
    }
}

/// What the intake told.
#[derive(Clone, Default)]
pub struct Told(Arc<Mutex<Vec<String>>>);

impl Told {
    pub fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

impl Arrivals for Told {
    fn recorded(&mut self, recorded: &Recorded) {
        self.0.lock().unwrap().push(format!("recorded {}", recorded.new.len()));
    }

    fn failed(&mut self, error: &StoreError) {
        self.0.lock().unwrap().push(format!("failed {error}"));
    }
}

/// The receiver of one account, as the IMAP adapter sees it, with its mailboxes.
pub struct Post {
    pub sink: LedgerSink,
    pub intake: Intake,
    pub joiner: Joiner,
    pub told: Told,
    pub inbox: MailboxId,
    pub sent: MailboxId,
    pub generation: u64,
}

pub fn mailbox(name: &str, role: Role) -> MailboxInfo {
    MailboxInfo::new(RawName::new(name), Some('/'), role)
}

pub fn seen(uid: u32, letter: &Letter) -> Seen {
    Seen {
        uid,
        size: u64::try_from(letter.bytes().len()).unwrap(),
        internal_date: Some(letter.at),
        flags: Flags::default(),
    }
}

impl Post {
    fn start(desk: &Desk) -> Self {
        let told = Told::default();
        let (intake, joiner) = Intake::start(desk.office.clone(), Box::new(told.clone())).unwrap();
        let mut sink = LedgerSink::new(
            desk.office.clone(),
            desk.account("office"),
            intake.clone(),
            Box::new(drop),
            Box::new({
                let told = told.clone();
                move |threads| told.0.lock().unwrap().push(format!("changed {}", threads.len()))
            }),
        );
        sink.link(Link::Connecting);
        let boxes =
            sink.mailboxes(&[mailbox("INBOX", Role::Inbox), mailbox("Sent", Role::Sent)]).unwrap();
        let (inbox, sent) = (boxes[0].mailbox, boxes[1].mailbox);
        let mut generation = boxes[0].generation;
        if boxes[0].uid_validity.is_none() {
            generation = sink.generation_started(inbox, 7, GenerationReason::First).unwrap();
            sink.generation_started(sent, 7, GenerationReason::First).unwrap();
        }
        Self { sink, intake, joiner, told, inbox, sent, generation }
    }

    /// A folder that a person made.
    pub fn folder(&mut self, name: &str) -> MailboxId {
        let boxes = self.sink.mailboxes(&[mailbox(name, Role::Other)]).unwrap();
        let id = boxes[0].mailbox;
        self.sink.generation_started(id, 7, GenerationReason::First).unwrap();
        id
    }

    /// A letter lies in a mailbox under this UID.
    pub fn arrives(&mut self, mailbox: MailboxId, uid: u32, letter: &Letter) {
        let seen = seen(uid, letter);
        self.sink.uids_seen(mailbox, self.generation, &[seen]).unwrap();
        self.fetched(mailbox, uid, letter).unwrap();
        let flushed = self.intake.flush();
        assert!(flushed.is_ok(), "{:?}", self.told.all());
    }

    /// These bytes lie in a mailbox under this UID.
    pub fn arrives_raw(&mut self, mailbox: MailboxId, uid: u32, bytes: Vec<u8>, at: Timestamp) {
        let size = u64::try_from(bytes.len()).unwrap();
        let seen = Seen { uid, size, internal_date: Some(at), flags: Flags::default() };
        let generation = self.generation;
        self.sink.uids_seen(mailbox, generation, &[seen]).unwrap();
        let message = Fetched { mailbox, generation, seen, body: Body::Whole(bytes) };
        self.sink.fetched(message).unwrap();
        self.intake.flush().unwrap();
    }

    pub fn fetched(
        &mut self,
        mailbox: MailboxId,
        uid: u32,
        letter: &Letter,
    ) -> Result<(), matterbox::imap::contract::Halt> {
        let body = Body::Whole(letter.bytes());
        let generation = self.generation;
        self.sink.fetched(Fetched { mailbox, generation, seen: seen(uid, letter), body })
    }

    pub fn end(self) {
        let Self { sink, intake, joiner, .. } = self;
        drop(sink);
        drop(intake);
        joiner.join();
    }
}
