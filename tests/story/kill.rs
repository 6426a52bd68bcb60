//! Killed at any moment of a synchronisation and of sending: no message is missing, none is there twice, none is sent twice.

use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
    thread,
};

use matterbox::{
    app::command::Settlement,
    domain::{
        address::{EmailAddress, NamedAddress},
        confidential::Confidential,
        draft::{Enclosure, ReplyKind},
        id::OutboxId,
    },
    store::{self, outbox::OutboxState},
};

use crate::{
    desk::{Home, Look, Setup},
    letters::Letter,
    line::{Line, Stops},
    secrets::run,
    support::servers::Servers,
};

pub fn sync(home: &Home) -> Child {
    Command::new(env!("CARGO_BIN_EXE_matterbox"))
        .arg("--home")
        .arg(home.path())
        .args(["sync", "--json"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Runs a synchronisation and kills it after so many lines of progress; `false` when it ended before.
fn kill_after(home: &Home, lines: usize) -> bool {
    let mut child = sync(home);
    let mut heard = 0;
    for line in BufReader::new(child.stderr.take().unwrap()).lines() {
        line.unwrap();
        heard += 1;
        if heard >= lines {
            child.kill().unwrap();
            break;
        }
    }
    child.wait().unwrap().code().is_none()
}

/// Kills it when the record has grown by so many bytes; `false` when it ended before.
fn kill_at_size(home: &Home, more: u64) -> bool {
    let size = || {
        ["record/record.db", "record/record.db-wal"]
            .iter()
            .filter_map(|name| std::fs::metadata(home.path().join(name)).ok())
            .map(|file| file.len())
            .sum::<u64>()
    };
    let before = size();
    let mut child = sync(home);
    loop {
        if let Some(ended) = child.try_wait().unwrap() {
            return ended.code().is_none();
        }
        if size() >= before + more {
            child.kill().unwrap();
            return child.wait().unwrap().code().is_none();
        }
        thread::yield_now();
    }
}

#[test]
fn killed_during_a_synchronisation_nothing_is_missing_and_nothing_is_there_twice() {
    let servers = Servers::get();
    let us = Servers::fresh_user();
    let to = Servers::address(&us);
    let mails: Vec<Vec<u8>> = (0..600)
        .map(|n| {
            let noise: String =
                (0..200).map(|_| format!("{:016x}\n", rand::random::<u64>())).collect();
            let id = format!("k{n}@out.example");
            let letter = Letter::new(&id, "k@out.example", &to, &format!("No {}", n % 50));
            let letter = if n % 3 == 1 {
                letter.answering(&format!("k{}@out.example", n - 1))
            } else {
                letter
            };
            letter.saying(&noise).bytes()
        })
        .collect();
    servers.seed(&us, mails.iter().map(Vec::as_slice));
    let home = Home::new(&Setup::of(&us));
    home.office().store().shutdown();
    let mut killed = 0;
    for lines in [1, 2, 3, 5] {
        killed += usize::from(kill_after(&home, lines));
        looks_sound(&home);
    }
    for more in [1, 200_000, 700_000] {
        killed += usize::from(kill_at_size(&home, more));
        looks_sound(&home);
    }
    assert!(killed >= 4, "it was killed only {killed} times: too fast for this test");
    let ended = run(&home, &["sync", "--json"]);
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    let office = home.office();
    assert!(office.is_complete());
    assert_eq!(office.count(), 600);
    for n in 0..600 {
        assert_eq!(office.messages(&format!("k{n}@out.example")).len(), 1, "message {n}");
    }
    for n in (0..600).step_by(3) {
        let thread = office.thread(&format!("k{n}@out.example"));
        assert_eq!(thread, office.thread(&format!("k{}@out.example", n + 1)));
    }
    office.store().shutdown();
}

/// What is there is whole: pages, audit chain, and a message for each line that says so.
pub fn looks_sound(home: &Home) {
    let office = home.office();
    let (pages, chain, ledger) = office.look(|conn| {
        let rows = store::mailboxes::completeness(conn)?;
        let stored: u64 = rows.iter().map(|row| row.stored).sum();
        Ok((store::check_pages(conn)?, store::audit::verify(conn)?, stored))
    });
    assert_eq!(pages, Vec::<String>::new());
    assert!(chain.is_ok());
    assert_eq!(office.count(), ledger, "a line of the ledger for each message");
    office.store().shutdown();
}

/// An office with a message of about 600 kB in its outbox, killed when the line to the relay has stopped.
struct Killed {
    home: Home,
    us: String,
    client: String,
    item: OutboxId,
}

fn killed_while_sending(stops: Stops) -> Killed {
    let (us, client) = (Servers::fresh_user(), Servers::fresh_user());
    let mut home = Home::new(&Setup::of(&us));
    let item = queue(&home, &client, "The bundle", 450_000);
    let line = Line::to_the_relay(stops);
    home.change(|setup| setup.smtp.1 = line.port);
    let mut child = sync(&home);
    line.wait();
    child.kill().unwrap();
    child.wait().unwrap();
    home.change(|setup| setup.smtp.1 = Servers::get().smtps);
    Killed { home, us, client, item }
}

/// Puts a message into the outbox without a connection.
fn queue(home: &Home, client: &str, subject: &str, bytes: usize) -> OutboxId {
    let office = home.office();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let item = runtime.block_on(async {
        let mut sheet = office.start_draft(ReplyKind::Compose, None, None).await.unwrap();
        let to = EmailAddress::parse(&Servers::address(client)).unwrap();
        sheet.draft.to = vec![NamedAddress::bare(to)];
        subject.clone_into(&mut sheet.draft.subject);
        "Here it is.".clone_into(&mut sheet.draft.body);
        if bytes > 0 {
            let noise: Vec<u8> = (0..bytes).map(|_| rand::random()).collect();
            sheet.draft.attachments = vec![Enclosure {
                name: "bundle.bin".to_owned(),
                media_type: "application/octet-stream".to_owned(),
                bytes: std::sync::Arc::new(Confidential::new(noise)),
            }];
        }
        let (findings, _) = office.review(sheet.draft.clone()).await.unwrap();
        let confirmed = findings.iter().map(matterbox::app::event::Finding::answered).collect();
        office.send(sheet.draft, confirmed, None, rand::random()).await.unwrap().item
    });
    office.store().shutdown();
    item
}

impl Killed {
    fn state(&self) -> OutboxState {
        let office = self.home.office();
        let state = office.outbox(self.item).state;
        office.store().shutdown();
        state
    }

    fn sync(&self) {
        let ended = run(&self.home, &["sync", "--json"]);
        assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    }

    /// How often each subject arrived, after one more message, sent later, has arrived: what was to come is there.
    fn arrived(&self, so_far: usize) -> BTreeMap<String, usize> {
        let last = queue(&self.home, &self.client, "The last one", 0);
        self.sync();
        let office = self.home.office();
        assert_eq!(office.outbox(last).state, OutboxState::Sent);
        office.store().shutdown();
        let mut count = BTreeMap::new();
        for stored in Servers::get().wait_for(&self.client, "INBOX", so_far + 1) {
            let text = String::from_utf8_lossy(&stored.bytes).into_owned();
            let subject = text.lines().find_map(|line| line.strip_prefix("Subject: ")).unwrap();
            *count.entry(subject.trim().to_owned()).or_default() += 1;
        }
        count
    }

    fn settle(&self, decision: Settlement) {
        let office = self.home.office();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let settle = matterbox::app::command::Command::Settle { item: self.item, decision };
        runtime.block_on(office.perform(settle)).unwrap();
        office.store().shutdown();
    }
}

fn once(subjects: &[&str]) -> BTreeMap<String, usize> {
    subjects.iter().map(|subject| ((*subject).to_owned(), 1)).collect()
}

#[test]
fn killed_in_the_middle_of_a_message_it_is_unknown_and_goes_again_only_when_a_person_says_so() {
    let killed = killed_while_sending(Stops::After(200_000));
    assert_eq!(killed.state(), OutboxState::Unknown);
    killed.sync();
    assert_eq!(killed.state(), OutboxState::Unknown, "it was sent again by itself");
    assert_eq!(killed.arrived(0), once(&["The last one"]));
    killed.settle(Settlement::SendAgain);
    killed.sync();
    assert_eq!(killed.state(), OutboxState::Sent);
    let arrived = Servers::get().wait_for(&killed.client, "INBOX", 2);
    assert_eq!(arrived.len(), 2);
}

#[test]
fn killed_before_the_relay_s_answer_it_is_unknown_and_never_sent_twice() {
    let killed = killed_while_sending(Stops::AnswersAfter(560_000));
    assert_eq!(Servers::get().wait_for(&killed.client, "INBOX", 1).len(), 1, "the relay has it");
    assert_eq!(killed.state(), OutboxState::Unknown);
    killed.sync();
    assert_eq!(killed.arrived(1), once(&["The bundle", "The last one"]));
    assert_eq!(killed.state(), OutboxState::Unknown, "only a person or Sent knows");
    killed.settle(Settlement::WentOut);
    killed.sync();
    assert_eq!(killed.state(), OutboxState::Sent);
    // It is filed then, once, like any other.
    let servers = Servers::get();
    let filed = servers.wait_for(&killed.us, "Sent", 2);
    assert_eq!(filed.len(), 2);
    assert_eq!(servers.messages(&killed.client, "INBOX").len(), 2);
}

#[test]
fn a_copy_in_sent_settles_what_was_unknown() {
    let killed = killed_while_sending(Stops::AnswersAfter(560_000));
    let servers = Servers::get();
    servers.wait_for(&killed.client, "INBOX", 1);
    assert_eq!(killed.state(), OutboxState::Unknown);
    // Some servers file it themselves.
    let office = killed.home.office();
    let item = killed.item;
    let bytes = office.look(move |conn| store::outbox::bytes(conn, item));
    office.store().shutdown();
    servers.append(&killed.us, "Sent", true, &bytes);
    killed.sync();
    assert_eq!(killed.state(), OutboxState::Sent);
    assert_eq!(killed.arrived(1), once(&["The bundle", "The last one"]));
    let filed = servers.wait_for(&killed.us, "Sent", 2);
    assert_eq!(filed.len(), 2, "it was filed a second time");
    let office = killed.home.office();
    assert!(office.outbox(item).filed);
    let id = office.outbox(item).message_id;
    assert_eq!(office.messages(id.as_str()).len(), 1);
    office.store().shutdown();
}
