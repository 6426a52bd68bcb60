//! What a message carries on its way: files, a label, a promise; and drafts that wait.

use matterbox::{
    app::{
        command::Command,
        event::{DraftSheet, Event, Finding, Severity},
        rows::{Answer, Query},
    },
    domain::{
        draft::ReplyKind,
        footer::Privilege,
        id::{MatterId, OutboxId, ThreadId},
        matter::Role,
        sla::ClockKind,
    },
    store::outbox::Verdict,
};

use super::support::{Desk, Letter, address};

const CLIENT: &str = "kofi@mensah.example";
const US: &str = "alice@firm.example";

struct Writing {
    desk: Desk,
    runtime: tokio::runtime::Runtime,
    matter: MatterId,
    letter: Letter,
}

impl Writing {
    /// A client asked something at ten on Tuesday, in a matter with counsel on the other side.
    fn open() -> Self {
        Self::with(Letter::new("question", CLIENT, US))
    }

    fn with(letter: Letter) -> Self {
        let desk = Desk::open();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let number = "2026-0121".parse().unwrap();
        let matter = runtime.block_on(desk.office.add_matter(number, "Mensah".to_owned())).unwrap();
        for (name, at, role) in [
            ("Kofi Mensah", CLIENT, Role::Client),
            ("P. Lindqvist", "pl@law.example", Role::OpposingCounsel),
        ] {
            let added =
                desk.office.add_party(name.to_owned(), vec![address(at)], Some((matter, role)));
            runtime.block_on(added).unwrap();
        }
        desk.import(&[&letter]);
        let writing = Self { desk, runtime, matter, letter };
        writing.does(Command::Tag { threads: vec![writing.thread()], matter });
        writing
    }

    fn thread(&self) -> ThreadId {
        self.desk.thread_of(&self.letter)
    }

    fn does(&self, command: Command) -> Vec<Event> {
        self.runtime.block_on(self.desk.office.perform(command)).ok().unwrap().events
    }

    fn start(&self, kind: ReplyKind) -> DraftSheet {
        let thread = (kind != ReplyKind::Compose).then(|| self.thread());
        let events = self.does(Command::StartDraft { kind, thread, parent: None });
        let Some(Event::DraftReady(sheet)) = events.into_iter().next() else { panic!("no draft") };
        *sheet
    }

    fn review(&self, sheet: &DraftSheet) -> (Vec<Finding>, String) {
        let events = self.does(Command::Review(Box::new(sheet.draft.clone())));
        let Some(Event::Reviewed { findings, footer, .. }) = events.into_iter().next() else {
            panic!("no review")
        };
        (findings, footer.to_string())
    }

    fn queues(&self, sheet: &DraftSheet) -> OutboxId {
        let confirmed = self.review(sheet).0.iter().map(Finding::answered).collect();
        let draft = Box::new(sheet.draft.clone());
        let events = self.does(Command::Send { draft, confirmed, at: None });
        let Some(Event::Queued { item, .. }) = events.into_iter().next() else {
            panic!("not queued")
        };
        item
    }

    /// Sends it, and the relay takes it a minute later.
    fn sends(&self, sheet: &DraftSheet) {
        let item = self.queues(sheet);
        self.desk.pass(1);
        let office = self.desk.office.clone();
        let now = office.now();
        let store = office.store().clone();
        store
            .write_durable_blocking("send", move |tx| {
                let claimed = matterbox::store::outbox::claim_next(tx, None, now)?.unwrap();
                let accepted = Verdict::Accepted { reply: "250".to_owned() };
                matterbox::store::outbox::finish(tx, item, &accepted, now)?;
                matterbox::app::deliver::enter_record(
                    &office,
                    tx,
                    item,
                    claimed.account,
                    claimed.bytes,
                    now,
                )
            })
            .unwrap();
    }

    /// The running clocks, soonest first.
    fn running(&self) -> Vec<(ClockKind, String)> {
        let due = |row: &matterbox::app::rows::DueRow| {
            let zone = jiff::tz::TimeZone::get("America/New_York").unwrap();
            row.running.due.to_zoned_datetime(zone).strftime("%a %-d %b %H:%M").to_string()
        };
        self.desk.due().iter().map(|row| (row.running.clock, due(row))).collect()
    }
}

/// The findings that must be answered, by their kinds.
fn asks(findings: &[Finding]) -> Vec<&str> {
    findings
        .iter()
        .filter(|finding| finding.severity == Severity::Confirm)
        .filter_map(|finding| finding.key.split(':').next())
        .collect()
}

fn day(text: &str) -> jiff::civil::Date {
    text.parse().unwrap()
}

#[test]
fn a_holding_reply_turns_the_reply_clock_into_a_promise_that_the_answer_keeps() {
    let writing = Writing::open();
    assert_eq!(writing.running().len(), 2);
    let mut sheet = writing.start(ReplyKind::Acknowledge);
    let days = sheet.promise.unwrap();
    assert_eq!((days.today, days.usual), (day("2026-11-24"), day("2026-11-25")));
    assert!(sheet.draft.body.contains("Wednesday, 25 November"), "{}", sheet.draft.body);
    sheet.draft.body = "You will have our answer by Tuesday, 1 December.".to_owned();
    sheet.draft.holding = Some(day("2026-12-01"));
    assert!(asks(&writing.review(&sheet).0).is_empty());
    writing.sends(&sheet);
    assert_eq!(writing.running(), [(ClockKind::Promise, "Tue 1 Dec 17:30".to_owned())]);
    let view = writing.desk.thread(writing.thread());
    assert_eq!(view.clocks.len(), 1);
    assert_eq!(view.clocks[0].clock, ClockKind::Promise);
    let history: Vec<_> = view.history.iter().map(ToString::to_string).collect();
    assert!(history.iter().any(|line| line.contains("deferred with notice")), "{history:?}");
    // The answer itself keeps the promise.
    let mut sheet = writing.start(ReplyKind::Reply);
    sheet.draft.body = "Clause 4 gives you the garden.".to_owned();
    writing.sends(&sheet);
    assert!(writing.running().is_empty());
    let view = writing.desk.thread(writing.thread());
    assert!(view.history.iter().any(|line| line.as_str().contains("promise kept")));
}

#[test]
fn a_promise_beyond_what_the_policy_allows_is_asked_about_and_leaves_the_reply_clock() {
    let writing = Writing::open();
    let mut sheet = writing.start(ReplyKind::Reply);
    let last = sheet.promise.unwrap().last;
    let later = last.tomorrow().unwrap();
    sheet.draft.body = format!("You will have our answer by {later}.");
    sheet.draft.holding = Some(later);
    assert_eq!(asks(&writing.review(&sheet).0), ["promise-too-far"]);
    writing.sends(&sheet);
    assert_eq!(writing.running(), [(ClockKind::Reply, "Wed 25 Nov 10:00".to_owned())]);
}

#[test]
fn without_a_day_an_acknowledgement_promises_nothing() {
    let writing = Writing::open();
    let sheet = writing.start(ReplyKind::Acknowledge);
    assert_eq!(sheet.draft.holding, None);
    writing.sends(&sheet);
    assert_eq!(writing.running(), [(ClockKind::Reply, "Wed 25 Nov 10:00".to_owned())]);
}

#[test]
fn a_label_brings_its_banner_goes_on_in_the_conversation_and_guards_it() {
    let writing = Writing::open();
    let mut sheet = writing.start(ReplyKind::Reply);
    assert_eq!(sheet.draft.privilege, None);
    sheet.draft.body = "Our advice is to wait.".to_owned();
    assert!(!writing.review(&sheet).1.contains("PRIVILEGED"));
    sheet.draft.privilege = Some(Privilege::LawyerClient);
    assert!(writing.review(&sheet).1.starts_with("PRIVILEGED"));
    let item = writing.queues(&sheet);
    // Taken back it is a draft with its label.
    let events = writing.does(Command::CancelSend(item));
    let back = events.into_iter().find_map(|event| match event {
        Event::DraftReady(sheet) => Some(*sheet),
        _ => None,
    });
    let back = back.unwrap();
    assert_eq!(back.draft.privilege, Some(Privilege::LawyerClient));
    assert!(back.footer.as_str().starts_with("PRIVILEGED"));
    writing.sends(&back);
    // The next answer begins with the label; without it someone is asked.
    let mut next = writing.start(ReplyKind::Reply);
    assert_eq!(next.draft.privilege, Some(Privilege::LawyerClient));
    next.draft.body = "One more thing.".to_owned();
    next.draft.privilege = None;
    assert_eq!(asks(&writing.review(&next).0), ["label-missing"]);
    // Opposing counsel on it takes the matter's number, and no banner claims a privilege.
    let mut forward = writing.start(ReplyKind::Forward);
    forward.draft.to =
        vec![matterbox::domain::address::NamedAddress::bare(address("pl@law.example"))];
    let (findings, footer) = writing.review(&forward);
    let grave = findings.iter().find(|f| f.key.starts_with("opposing-on-privileged")).unwrap();
    assert_eq!(grave.word.as_ref().unwrap().as_str(), "2026-0121");
    assert!(!footer.contains("PRIVILEGED"));
    let keys_alone = findings.iter().map(|finding| finding.key.clone()).collect();
    let send = Command::Send { draft: Box::new(forward.draft), confirmed: keys_alone, at: None };
    let refused = writing.runtime.block_on(writing.desk.office.perform(send));
    assert!(matches!(refused, Err(matterbox::app::error::AppError::Unconfirmed(_))));
}

#[test]
fn the_label_of_the_matter_is_that_of_its_new_messages_to_the_client_alone() {
    let writing = Writing::open();
    let label = Some(Privilege::WorkProduct);
    writing.runtime.block_on(writing.desk.office.label_matter(writing.matter, label)).unwrap();
    assert_eq!(writing.start(ReplyKind::Reply).draft.privilege, label);
    let other = Letter::new("offer", "pl@law.example", US);
    writing.desk.import(&[&other]);
    let thread = writing.desk.thread_of(&other);
    writing.does(Command::Tag { threads: vec![thread], matter: writing.matter });
    let start = Command::StartDraft { kind: ReplyKind::Reply, thread: Some(thread), parent: None };
    let events = writing.does(start);
    assert!(
        matches!(events.first(), Some(Event::DraftReady(sheet)) if sheet.draft.privilege.is_none())
    );
}

#[test]
fn a_file_is_in_the_record_with_its_draft_and_comes_back_with_it() {
    let writing = Writing::open();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("Lease.pdf");
    std::fs::write(&path, b"%PDF-1.7 the lease").unwrap();
    let mut sheet = writing.start(ReplyKind::Reply);
    sheet.draft.body = "See attached.".to_owned();
    assert_eq!(asks(&writing.review(&sheet).0), ["no-attachment"]);
    matterbox::app::attach::attach(&mut sheet.draft, &path, sheet.most_bytes).unwrap();
    assert!(asks(&writing.review(&sheet).0).is_empty(), "attaching it answers the finding");
    // What is on the disk afterwards changes nothing.
    std::fs::write(&path, b"another").unwrap();
    let kept = writing.runtime.block_on(writing.desk.office.kept_draft(
        ReplyKind::Reply,
        Some(writing.thread()),
        None,
    ));
    let kept = kept.ok().unwrap().unwrap();
    assert_eq!(kept.draft.attachments[0].bytes.expose().as_slice(), b"%PDF-1.7 the lease");
    let item = writing.queues(&kept);
    let bytes = writing
        .desk
        .office
        .store()
        .read_blocking("bytes", move |conn| matterbox::store::outbox::bytes(conn, item))
        .unwrap();
    let bytes = String::from_utf8(bytes).unwrap();
    assert!(bytes.contains("filename=\"Lease.pdf\""), "{bytes}");
    assert!(bytes.contains("JVBERi0xLjcgdGhlIGxlYXNl"), "{bytes}");
}

#[test]
fn what_is_passed_on_takes_its_files_along() {
    let mut letter = Letter::new("lease", CLIENT, US);
    letter.text = String::new();
    let writing = Writing::with(letter.clone());
    let mime = "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nHere.\r\n\
        --b\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename=\"lease.pdf\"\r\n\
        Content-Transfer-Encoding: base64\r\n\r\nJVBERi0xLjc=\r\n--b--\r\n";
    let mut second = Letter::new("with-file", CLIENT, US).at(1);
    second.text = String::new();
    let bytes = String::from_utf8(second.bytes()).unwrap();
    let bytes = bytes.replace("\r\n\r\n", &format!("\r\n{mime}"));
    let mut post = writing.desk.sink();
    let inbox = post.inbox;
    post.arrives_raw(inbox, 1, bytes.into_bytes(), second.at);
    post.end();
    let thread = Some(writing.desk.thread_of(&second));
    let start = Command::StartDraft { kind: ReplyKind::Forward, thread, parent: None };
    let events = writing.does(start);
    let Some(Event::DraftReady(sheet)) = events.into_iter().next() else { panic!("no draft") };
    let [file] = sheet.draft.attachments.as_slice() else { panic!("one file") };
    assert_eq!(
        (file.name.as_str(), file.bytes.expose().as_slice()),
        ("lease.pdf", b"%PDF-1.7".as_slice())
    );
    let (findings, _) = writing.review(&sheet);
    assert!(findings.iter().any(|f| f.key == "bare-forward" && f.severity == Severity::Note));
}

#[test]
fn two_new_messages_are_kept_side_by_side() {
    let writing = Writing::open();
    let mut ids = Vec::new();
    for subject in ["The hearing", "", "The invoice"] {
        let mut sheet = writing.start(ReplyKind::Compose);
        sheet.draft.subject = subject.to_owned();
        ids.push(sheet.draft.id);
        let events = writing.does(Command::SaveDraft(Box::new(sheet.draft)));
        assert!(matches!(events.as_slice(), [Event::Described { .. }]));
        writing.desk.pass(1);
    }
    let Answer::Kept(rows) = writing.desk.ask(Query::Kept) else { panic!("another answer") };
    let subjects: Vec<_> = rows.iter().map(|row| row.subject.to_string()).collect();
    assert_eq!(subjects, ["The invoice", "The hearing"], "an empty one is not offered");
    let events = writing.does(Command::OpenDraft(ids[0]));
    assert!(
        matches!(events.first(), Some(Event::DraftReady(sheet)) if sheet.draft.subject == "The hearing")
    );
}
