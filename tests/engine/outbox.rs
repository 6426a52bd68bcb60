//! On the way out: one message, one attempt at a time, and the record knows what became of it.

use std::{
    collections::{BTreeSet, VecDeque},
    sync::{Arc, Mutex},
};

use matterbox::{
    app::{
        command::{Command, Settlement},
        deliver::{Deliverer, Delivery},
        error::AppError,
        event::{Event, Finding},
        rows::{Answer, OutboxRow, OutboxWord, Query},
    },
    domain::{
        confidential::Confidential,
        draft::{Draft, ReplyKind},
        id::{OutboxId, ThreadId},
        message::Direction,
        outbox::Envelope,
        text::SafeText,
    },
    smtp::{Cause, LineFault, Relay, Reply, SendReport, SmtpError, Verdict},
    store::StoreError,
};
use tokio::{
    runtime::Runtime,
    sync::{Notify, mpsc},
};
use tokio_util::sync::CancellationToken;

use super::support::{Desk, Letter};

/// A relay that answers what the test says, and remembers what it was given.
#[derive(Clone, Default)]
struct Scripted {
    answers: Arc<Mutex<VecDeque<Verdict>>>,
    got: Arc<Mutex<Vec<Vec<u8>>>>,
    down: bool,
    /// Never answers, not even to say that it is down.
    silent: bool,
}

fn accepted() -> Verdict {
    Verdict::Accepted(Reply { code: 250, text: Confidential::from("queued") })
}

fn lost() -> Verdict {
    Verdict::Unknown(Cause::Line(LineFault::Dropped))
}

impl Relay for Scripted {
    async fn probe(&mut self) -> Result<(), SmtpError> {
        if self.silent {
            std::future::pending::<()>().await;
        }
        if self.down { Err(SmtpError::NoMechanism) } else { Ok(()) }
    }

    async fn send(&mut self, _: &Envelope, bytes: &[u8]) -> SendReport {
        self.got.lock().unwrap().push(bytes.to_vec());
        SendReport::of(self.answers.lock().unwrap().pop_front().unwrap_or_else(accepted))
    }
}

struct Out {
    desk: Desk,
    runtime: Runtime,
    relay: Scripted,
    client: Letter,
}

impl Out {
    /// A client asked something at ten.
    fn open() -> Self {
        let desk = Desk::open();
        let client = Letter::new("question", "kofi@mensah.example", "alice@firm.example");
        desk.import(&[&client]);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Self { desk, runtime, relay: Scripted::default(), client }
    }

    fn thread(&self) -> ThreadId {
        self.desk.thread_of(&self.client)
    }

    fn does(&self, command: Command) -> Result<Vec<Event>, AppError> {
        self.runtime.block_on(self.desk.office.perform(command)).map(|performed| performed.events)
    }

    fn draft(&self, kind: ReplyKind) -> Draft {
        let start = Command::StartDraft { kind, thread: Some(self.thread()), parent: None };
        let events = self.does(start).unwrap();
        let Some(Event::DraftReady(sheet)) = events.into_iter().next() else { panic!("no draft") };
        let mut draft = sheet.draft;
        "Clause 4 gives you the garden.".clone_into(&mut draft.body);
        draft
    }

    fn send(&self, draft: &Draft) -> Result<OutboxId, AppError> {
        let events = self.does(Command::Review(Box::new(draft.clone())))?;
        let Some(Event::Reviewed { findings, .. }) = events.into_iter().next() else {
            panic!("no review")
        };
        let confirmed: BTreeSet<String> = findings.iter().map(Finding::answered).collect();
        let order = Command::Send { draft: Box::new(draft.clone()), confirmed, at: None };
        let events = self.does(order)?;
        let Some(Event::Queued { item, .. }) = events.into_iter().next() else {
            panic!("not queued")
        };
        Ok(item)
    }

    fn runner(&self) -> (Deliverer<Scripted>, mpsc::Receiver<Delivery>) {
        let (news, told) = mpsc::channel(64);
        let runner = Deliverer {
            office: self.desk.office.clone(),
            account: self.desk.account("office"),
            relay: Some(self.relay.clone()),
            bell: Arc::new(Notify::new()),
            news,
            stop: CancellationToken::new(),
            unwritten: None,
            locked_out: None,
        };
        (runner, told)
    }

    /// Lets the runner do one step.
    fn step(&self) -> Result<bool, StoreError> {
        let (mut runner, _told) = self.runner();
        self.runtime.block_on(runner.step())
    }

    fn rows(&self) -> Vec<OutboxRow> {
        let Answer::Outbox(rows) = self.desk.ask(Query::Outbox) else { panic!("another answer") };
        rows
    }

    fn sql(&self, sql: &'static str) {
        let store = self.desk.office.store();
        store.write_blocking("sql", move |tx| Ok(tx.execute_batch(sql)?)).unwrap();
    }

    /// The message as the relay got it, as a letter for a mailbox.
    fn sent_bytes(&self) -> Vec<u8> {
        self.relay.got.lock().unwrap()[0].clone()
    }
}

#[test]
fn an_answer_that_the_relay_took_stops_the_clock_at_that_moment() {
    let out = Out::open();
    assert_eq!(out.desk.due().len(), 2);
    out.send(&out.draft(ReplyKind::Reply)).unwrap();
    assert!(!out.step().unwrap(), "the undo window is open");
    assert_eq!(out.desk.due().len(), 2);
    out.desk.pass(1);
    assert!(out.step().unwrap());
    assert!(out.desk.due().is_empty());
    assert_eq!(out.rows()[0].state, OutboxWord::Sent);
}

#[test]
fn a_draft_whose_account_is_not_set_up_any_more_leaves_through_no_other() {
    let out = Out::open();
    let mut draft = out.draft(ReplyKind::Reply);
    draft.from.address = super::support::address("gone@firm.example");
    let error = out.send(&draft).unwrap_err();
    assert!(matches!(error, AppError::NoAccount));
    assert!(matterbox::app::notice::app(&error).contains("Nothing was sent"));
    assert!(out.rows().is_empty());
    assert!(out.does(Command::OpenDraft(draft.id)).is_ok(), "it is kept");
}

#[test]
fn a_draft_that_is_sent_twice_leaves_once() {
    let out = Out::open();
    let draft = out.draft(ReplyKind::Reply);
    out.send(&draft).unwrap();
    let again = Command::Send { draft: Box::new(draft), confirmed: BTreeSet::new(), at: None };
    assert!(matches!(out.does(again), Err(AppError::Store(StoreError::NotFound { .. }))));
    assert_eq!(out.rows().len(), 1);
}

#[test]
fn a_message_of_which_only_a_half_could_be_queued_is_not_queued_at_all() {
    let out = Out::open();
    let draft = out.draft(ReplyKind::Reply);
    out.sql(
        "CREATE TRIGGER full BEFORE INSERT ON outbox_bytes BEGIN SELECT RAISE(ABORT, 'no'); END",
    );
    assert!(out.send(&draft).is_err());
    assert!(out.rows().is_empty());
    out.sql("DROP TRIGGER full");
    out.send(&draft).unwrap();
    out.desk.pass(1);
    assert!(out.step().unwrap());
    assert_eq!(out.relay.got.lock().unwrap().len(), 1);
}

#[test]
fn an_acceptance_that_could_not_be_written_down_is_kept_until_it_is() {
    let out = Out::open();
    out.send(&out.draft(ReplyKind::Reply)).unwrap();
    out.desk.pass(1);
    let (mut runner, _told) = out.runner();
    out.sql("CREATE TRIGGER full BEFORE UPDATE ON attempt BEGIN SELECT RAISE(ABORT, 'no'); END");
    assert!(out.runtime.block_on(runner.step()).is_err());
    assert_eq!(out.rows()[0].state, OutboxWord::Sending);
    // By the time there is room again the answer would be late.
    out.desk.pass(3 * 24 * 60);
    out.sql("DROP TRIGGER full");
    assert!(!out.runtime.block_on(runner.step()).unwrap());
    assert_eq!(out.rows()[0].state, OutboxWord::Sent);
    assert_eq!(out.relay.got.lock().unwrap().len(), 1);
    assert!(out.desk.due().is_empty());
    let view = out.desk.thread(out.thread());
    let history: Vec<&str> = view.history.iter().map(SafeText::as_str).collect();
    assert_eq!(history.len(), 2);
    assert!(history.iter().all(|line| line.contains("in time")), "{history:?}");
}

#[test]
fn a_message_whose_relay_was_not_reached_when_the_program_ended_is_not_unknown() {
    let mut out = Out::open();
    out.relay.silent = true;
    out.send(&out.draft(ReplyKind::Reply)).unwrap();
    out.desk.pass(1);
    let (mut runner, _told) = out.runner();
    let end = runner.stop.clone();
    let step = async { tokio::join!(runner.step(), async { end.cancel() }).0 };
    assert!(out.runtime.block_on(step).unwrap());
    assert_eq!(out.rows()[0].state, OutboxWord::Deferred);
    assert!(out.rows()[0].reply.as_str().contains("nobody got it"));
}

#[test]
fn a_relay_that_cannot_be_reached_says_why_and_is_tried_again_by_itself() {
    let mut out = Out::open();
    out.relay.down = true;
    out.send(&out.draft(ReplyKind::Reply)).unwrap();
    out.desk.pass(1);
    assert!(out.step().unwrap());
    assert_eq!(out.rows()[0].state, OutboxWord::Deferred);
    assert!(out.rows()[0].reply.as_str().contains("offers no login"), "{}", out.rows()[0].reply);
    out.relay.down = false;
    assert!(!out.step().unwrap());
    out.desk.pass(2);
    assert!(out.step().unwrap());
    assert_eq!(out.rows()[0].state, OutboxWord::Sent);
}

#[test]
fn what_may_have_gone_out_is_never_sent_again_by_itself_and_its_copy_in_sent_settles_it() {
    let out = Out::open();
    out.relay.answers.lock().unwrap().push_back(lost());
    out.send(&out.draft(ReplyKind::Reply)).unwrap();
    out.desk.pass(1);
    out.step().unwrap();
    assert_eq!(out.rows()[0].state, OutboxWord::Unknown);
    out.desk.pass(600);
    assert!(!out.step().unwrap());
    assert_eq!(out.desk.due().len(), 2);
    let mut post = out.desk.sink();
    post.arrives_raw(post.sent, 1, out.sent_bytes(), super::support::ten());
    post.end();
    assert_eq!(out.rows()[0].state, OutboxWord::Sent);
    assert!(out.desk.due().is_empty());
    assert_eq!(out.relay.got.lock().unwrap().len(), 1);
}

/// Of the first attempt it is not known how it ended; a person lets it be tried again, and the relay is not reached.
fn deferred_after_an_unknown_attempt() -> Out {
    let mut out = Out::open();
    out.relay.answers.lock().unwrap().push_back(lost());
    let item = out.send(&out.draft(ReplyKind::Reply)).unwrap();
    out.desk.pass(1);
    out.step().unwrap();
    out.does(Command::Settle { item, decision: Settlement::SendAgain }).unwrap();
    out.relay.down = true;
    out.step().unwrap();
    out.relay.down = false;
    assert_eq!(out.rows()[0].state, OutboxWord::Deferred);
    out
}

fn trail(out: &Out) -> Vec<String> {
    let store = out.desk.office.store();
    let read = |conn: &_| matterbox::store::audit::latest(conn, 50);
    let trail = store.read_blocking("trail", read).unwrap();
    trail.into_iter().map(|(_, entry)| entry.kind).collect()
}

#[test]
fn a_copy_that_comes_while_another_attempt_waits_settles_the_message_and_nothing_leaves_again() {
    let out = deferred_after_an_unknown_attempt();
    out.desk.pass(60);
    let mut post = out.desk.sink();
    post.arrives_raw(post.sent, 1, out.sent_bytes(), super::support::ten());
    post.end();
    assert_eq!(out.rows()[0].state, OutboxWord::Sent);
    assert!(out.desk.due().is_empty());
    assert!(!out.step().unwrap());
    assert_eq!(out.relay.got.lock().unwrap().len(), 1);
    assert!(trail(&out).contains(&"outbox-sent".to_owned()));
    let view = out.desk.thread(out.thread());
    assert!(view.history.iter().all(|line| line.as_str().contains("in time")));
}

#[test]
fn a_copy_that_was_moved_into_sent_later_is_seen_before_another_attempt_begins() {
    let out = deferred_after_an_unknown_attempt();
    out.desk.pass(60);
    let mut post = out.desk.sink();
    // Its server files it elsewhere, and says only afterwards that this is where sent mail lies.
    post.arrives_raw(post.inbox, 1, out.sent_bytes(), super::support::ten());
    post.end();
    assert_eq!(out.rows()[0].state, OutboxWord::Deferred);
    out.sql("UPDATE mailbox SET role = 'sent'");
    assert!(!out.step().unwrap());
    assert_eq!(out.rows()[0].state, OutboxWord::Sent);
    assert_eq!(out.relay.got.lock().unwrap().len(), 1);
    assert!(out.desk.due().is_empty());
    assert!(trail(&out).contains(&"outbox-sent".to_owned()));
}

/// As Outlook does.
fn renamed(bytes: &[u8]) -> Vec<u8> {
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    let renamed = text.replacen("Message-ID:", "X-Microsoft-Original-Message-ID:", 1);
    assert_ne!(renamed, text);
    format!("Message-ID: <other@outlook.example>\r\n{renamed}").into_bytes()
}

#[test]
fn an_acknowledgement_of_which_the_copy_got_another_id_stops_no_more_than_it_did() {
    let out = Out::open();
    let mut draft = out.draft(ReplyKind::Acknowledge);
    draft.body = "We have your letter and will look into every point of it with care. ".repeat(8);
    out.send(&draft).unwrap();
    out.desk.pass(1);
    out.step().unwrap();
    assert_eq!(out.desk.due().len(), 1, "the answer is owed");
    let mut post = out.desk.sink();
    post.arrives_raw(post.sent, 1, renamed(&out.sent_bytes()), super::support::ten());
    post.end();
    assert_eq!(out.desk.due().len(), 1);
    assert_eq!(out.desk.thread(out.thread()).messages.len(), 2);
}

#[test]
fn an_acknowledgement_that_only_its_copy_under_another_id_proves_is_no_answer() {
    let out = Out::open();
    out.relay.answers.lock().unwrap().push_back(lost());
    let mut draft = out.draft(ReplyKind::Acknowledge);
    draft.body = "We have your letter and will look into every point of it with care. ".repeat(8);
    out.send(&draft).unwrap();
    out.desk.pass(1);
    out.step().unwrap();
    let mut post = out.desk.sink();
    post.arrives_raw(post.sent, 1, renamed(&out.sent_bytes()), super::support::ten());
    post.end();
    assert_eq!(out.rows()[0].state, OutboxWord::Sent);
    assert_eq!(out.desk.due().len(), 1, "the answer is owed");
}

#[test]
fn a_copy_in_sent_under_another_id_that_its_relay_gave_it_settles_it_too() {
    let out = Out::open();
    out.relay.answers.lock().unwrap().push_back(lost());
    out.send(&out.draft(ReplyKind::Reply)).unwrap();
    out.desk.pass(1);
    out.step().unwrap();
    let mut post = out.desk.sink();
    post.arrives_raw(post.sent, 1, renamed(&out.sent_bytes()), super::support::ten());
    post.end();
    assert_eq!(out.rows()[0].state, OutboxWord::Sent);
    assert!(out.desk.due().is_empty());
}

#[test]
fn a_copy_under_another_id_that_came_before_the_relays_word_is_the_message() {
    let out = Out::open();
    let item = out.send(&out.draft(ReplyKind::Reply)).unwrap();
    out.desk.pass(1);
    let bytes = out
        .desk
        .office
        .store()
        .read_blocking("bytes", move |conn| matterbox::store::outbox::bytes(conn, item));
    let mut post = out.desk.sink();
    post.arrives_raw(post.sent, 1, renamed(&bytes.unwrap()), super::support::ten());
    post.end();
    out.step().unwrap();
    let row = &out.rows()[0];
    assert!(row.state == OutboxWord::Sent && row.filed);
    assert!(out.desk.due().is_empty());
    assert_eq!(out.desk.thread(out.thread()).messages.len(), 2, "the question and the answer");
}

#[test]
fn a_copy_that_lies_in_sent_already_is_not_filed_again() {
    let out = Out::open();
    out.send(&out.draft(ReplyKind::Reply)).unwrap();
    out.desk.pass(1);
    out.step().unwrap();
    let account = out.desk.account("office");
    let unmarked = || {
        let read = move |conn: &_| matterbox::store::outbox::unmarked(conn, account);
        out.desk.office.store().read_blocking("unmarked", read).unwrap()
    };
    let mut post = out.desk.sink();
    // It is not known yet that this folder is for sent mail.
    let folder = post.folder("Enviados");
    post.arrives_raw(folder, 1, renamed(&out.sent_bytes()), super::support::ten());
    post.end();
    assert!(unmarked().is_empty() && !out.rows()[0].filed);
    out.sql("UPDATE mailbox SET role = 'sent'");
    assert_eq!(unmarked(), [out.rows()[0].item]);
}

#[test]
fn a_copy_in_sent_that_came_before_the_line_dropped_settles_it_too() {
    let out = Out::open();
    out.send(&out.draft(ReplyKind::Reply)).unwrap();
    out.desk.pass(1);
    // The relay files the copy at once, and only then the line drops.
    let claimed = out
        .desk
        .office
        .store()
        .write_blocking("bytes", |tx| matterbox::store::outbox::bytes(tx, OutboxId::new(1)))
        .unwrap();
    let mut post = out.desk.sink();
    post.arrives_raw(post.sent, 1, claimed, super::support::ten());
    post.end();
    out.relay.answers.lock().unwrap().push_back(lost());
    out.step().unwrap();
    assert_eq!(out.rows()[0].state, OutboxWord::Sent);
    assert!(out.desk.due().is_empty());
}

#[test]
fn a_message_that_a_person_says_went_out_went_at_its_attempt_and_not_when_they_say_so() {
    let out = Out::open();
    out.relay.answers.lock().unwrap().push_back(lost());
    let item = out.send(&out.draft(ReplyKind::Reply)).unwrap();
    out.desk.pass(1);
    out.step().unwrap();
    // Three days later the acknowledgement and the answer would be late.
    out.desk.pass(3 * 24 * 60);
    out.does(Command::Settle { item, decision: Settlement::WentOut }).unwrap();
    let view = out.desk.thread(out.thread());
    let history: Vec<&str> = view.history.iter().map(SafeText::as_str).collect();
    assert!(history.iter().all(|line| line.contains("in time")), "{history:?}");
    assert_eq!(history.len(), 2);
}

#[test]
fn the_program_ending_in_the_middle_leaves_a_message_of_which_a_person_decides() {
    let out = Out::open();
    let item = out.send(&out.draft(ReplyKind::Reply)).unwrap();
    out.desk.pass(1);
    let now = matterbox::app::time::TimeSource::now(&out.desk.time);
    out.desk
        .office
        .store()
        .write_durable_blocking("claim", move |tx| {
            matterbox::store::outbox::claim_next(tx, None, now).map(drop)
        })
        .unwrap();
    let Out { desk, runtime, relay, client } = out;
    let out = Out { desk: desk.again(), runtime, relay, client };
    assert_eq!(out.rows()[0].state, OutboxWord::Unknown);
    assert!(!out.step().unwrap());
    out.does(Command::Settle { item, decision: Settlement::SendAgain }).unwrap();
    assert!(out.step().unwrap());
    assert_eq!(out.rows()[0].state, OutboxWord::Sent);
}

#[test]
fn a_copy_that_came_into_sent_before_the_program_ended_in_the_middle_settles_it_and_the_trail_says_so()
 {
    let out = Out::open();
    let item = out.send(&out.draft(ReplyKind::Reply)).unwrap();
    out.desk.pass(1);
    let now = matterbox::app::time::TimeSource::now(&out.desk.time);
    let bytes = out
        .desk
        .office
        .store()
        .write_durable_blocking("claim", move |tx| {
            matterbox::store::outbox::claim_next(tx, None, now)?;
            matterbox::store::outbox::bytes(tx, item)
        })
        .unwrap();
    let mut post = out.desk.sink();
    post.arrives_raw(post.sent, 1, bytes, super::support::ten());
    post.end();
    let Out { desk, runtime, relay, client } = out;
    let out = Out { desk: desk.again(), runtime, relay, client };
    assert_eq!(out.rows()[0].state, OutboxWord::Sent);
    assert!(out.desk.due().is_empty());
    let trail = out
        .desk
        .office
        .store()
        .read_blocking("trail", |conn| matterbox::store::audit::latest(conn, 50))
        .unwrap();
    let kinds: Vec<String> = trail.into_iter().map(|(_, entry)| entry.kind).collect();
    for kind in ["outbox-unknown", "outbox-sent"] {
        assert!(kinds.iter().any(|found| found == kind), "{kind} in {kinds:?}");
    }
}

#[test]
fn mail_to_the_second_account_is_answered_from_the_second_account() {
    let out = Out::open();
    let other = Letter::new("second", "kofi@mensah.example", "desk@second.example");
    out.desk.import(&[&other]);
    let start = Command::StartDraft {
        kind: ReplyKind::Reply,
        thread: Some(out.desk.thread_of(&other)),
        parent: None,
    };
    let events = out.does(start).unwrap();
    let Some(Event::DraftReady(sheet)) = events.into_iter().next() else { panic!("no draft") };
    assert_eq!(sheet.draft.from.address.as_str(), "desk@second.example");
}

#[test]
fn a_sent_message_is_shown_once_and_as_ours() {
    let out = Out::open();
    out.send(&out.draft(ReplyKind::Reply)).unwrap();
    out.desk.pass(1);
    out.step().unwrap();
    let mut post = out.desk.sink();
    post.arrives_raw(post.sent, 1, out.sent_bytes(), super::support::ten());
    post.end();
    let view = out.desk.thread(out.thread());
    let ours = view.messages.iter().filter(|m| m.direction == Direction::Outbound).count();
    assert_eq!((view.messages.len(), ours), (2, 1));
}

#[test]
fn mail_of_an_account_that_is_not_set_up_any_more_waits_and_says_why() {
    let out = Out::open();
    out.send(&out.draft(ReplyKind::Reply)).unwrap();
    out.desk.pass(1);
    let (mut runner, _told) = out.runner();
    runner.relay = None;
    assert!(out.runtime.block_on(runner.step()).unwrap());
    assert_eq!(out.rows()[0].state, OutboxWord::Deferred);
    assert!(out.rows()[0].reply.as_str().contains("no account is set up"));
}

#[test]
fn a_runner_leaves_the_mail_of_other_accounts_alone() {
    let out = Out::open();
    out.send(&out.draft(ReplyKind::Reply)).unwrap();
    out.desk.pass(1);
    let (mut runner, _told) = out.runner();
    runner.account = out.desk.account("second");
    assert!(!out.runtime.block_on(runner.step()).unwrap());
    assert_eq!(out.rows()[0].state, OutboxWord::Queued);
}

/// A relay whose server never answers.
struct Silent;

impl Relay for Silent {
    async fn probe(&mut self) -> Result<(), SmtpError> {
        std::future::pending().await
    }

    async fn send(&mut self, _: &Envelope, _: &[u8]) -> SendReport {
        std::future::pending().await
    }
}

#[test]
fn the_program_ends_although_a_server_has_not_answered_and_the_message_waits_for_the_next_time() {
    let out = Out::open();
    out.send(&out.draft(ReplyKind::Reply)).unwrap();
    out.desk.pass(1);
    let (news, mut told) = mpsc::channel(64);
    let stop = CancellationToken::new();
    let runner = Deliverer {
        office: out.desk.office.clone(),
        account: out.desk.account("office"),
        relay: Some(Silent),
        bell: Arc::new(Notify::new()),
        news,
        stop: stop.clone(),
        unwritten: None,
        locked_out: None,
    };
    out.runtime.block_on(async {
        let runs = tokio::spawn(runner.run());
        assert!(told.recv().await.is_some(), "it has begun");
        stop.cancel();
        runs.await.unwrap();
    });
    assert_eq!(out.rows()[0].state, OutboxWord::Deferred);
}
