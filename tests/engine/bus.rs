//! The running engine: undo of what was sent, a screen that does not keep up, and its end.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use matterbox::{
    app::{
        command::{Command, Request},
        engine::{self, Running, ScreenEnds},
        event::{Event, Finding, Offer, Tone},
        rows::Query,
    },
    domain::draft::{Draft, ReplyKind},
};

use super::support::{Desk, Letter};

const CLIENT: &str = "kofi@mensah.example";
const US: &str = "alice@firm.example";

/// Runs a test with a running engine that has no servers, and ends it.
fn with_engine<F>(desk: &Desk, test: impl FnOnce(ScreenEnds) -> F)
where
    F: Future<Output = ScreenEnds>,
{
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let (running, ends): (Running, ScreenEnds) =
            engine::start(desk.office.clone(), BTreeMap::new()).unwrap();
        let ends = test(ends).await;
        tokio::time::timeout(Duration::from_secs(30), running.settle()).await.unwrap();
        drop(ends);
    });
}

async fn order(ends: &ScreenEnds, command: Command) {
    ends.requests.send(Request::Do(command)).await.ok().unwrap();
}

/// The next event that answers.
async fn next<T>(ends: &mut ScreenEnds, mut pick: impl FnMut(Event) -> Option<T>) -> T {
    loop {
        let event = tokio::time::timeout(Duration::from_secs(30), ends.events.recv());
        if let Some(found) = pick(event.await.unwrap().unwrap()) {
            return found;
        }
    }
}

async fn notice(ends: &mut ScreenEnds) -> (Tone, String) {
    next(ends, |event| match event {
        Event::Notice(notice) => Some((notice.tone, notice.text.to_string())),
        _ => None,
    })
    .await
}

async fn draft_of(ends: &mut ScreenEnds) -> Draft {
    next(ends, |event| match event {
        Event::DraftReady(sheet) => Some(sheet.draft),
        _ => None,
    })
    .await
}

async fn queue(ends: &mut ScreenEnds, thread: matterbox::domain::id::ThreadId) {
    let start = Command::StartDraft { kind: ReplyKind::Reply, thread: Some(thread), parent: None };
    order(ends, start).await;
    let mut draft = draft_of(ends).await;
    "Clause 4 gives you the garden.".clone_into(&mut draft.body);
    order(ends, Command::Review(Box::new(draft.clone()))).await;
    let confirmed: BTreeSet<String> = next(ends, |event| match event {
        Event::Reviewed { findings, .. } => Some(findings.iter().map(Finding::answered).collect()),
        _ => None,
    })
    .await;
    order(ends, Command::Send { draft: Box::new(draft), confirmed, at: None }).await;
    next(ends, |event| matches!(event, Event::Queued { .. }).then_some(())).await;
}

fn desk() -> (Desk, matterbox::domain::id::ThreadId) {
    let desk = Desk::open();
    let letter = Letter::new("one", CLIENT, US);
    desk.import(&[&letter]);
    let thread = desk.thread_of(&letter);
    (desk, thread)
}

#[test]
fn undo_within_the_window_makes_a_draft_of_the_message_again() {
    let (desk, thread) = desk();
    with_engine(&desk, |mut ends| async move {
        queue(&mut ends, thread).await;
        order(&ends, Command::Undo).await;
        assert_eq!(draft_of(&mut ends).await.body, "Clause 4 gives you the garden.");
        order(&ends, Command::Undo).await;
        let (tone, text) = notice(&mut ends).await;
        assert!(tone == Tone::Problem && text.contains("nothing to undo"), "{text}");
        ends
    });
}

#[test]
fn undo_takes_back_what_came_after_the_sending_first_and_then_the_message() {
    let (desk, thread) = desk();
    with_engine(&desk, |mut ends| async move {
        queue(&mut ends, thread).await;
        order(&ends, Command::Star { threads: vec![thread], on: true }).await;
        let offer = next(&mut ends, |event| match event {
            Event::Notice(notice) => Some((notice.offer, notice.text.to_string())),
            _ => None,
        });
        assert_eq!(offer.await, (Some(Offer::Undo), "Starred one thread".to_owned()));
        order(&ends, Command::Undo).await;
        let (_, text) = notice(&mut ends).await;
        assert_eq!(text, "Undone: starred one thread");
        order(&ends, Command::Undo).await;
        next(&mut ends, |event| matches!(event, Event::Recalled { .. }).then_some(())).await;
        ends
    });
}

#[test]
fn undo_of_a_message_that_is_on_its_way_says_so_and_undoes_nothing_else() {
    let (desk, thread) = desk();
    let office = desk.office.clone();
    let time = desk.time.clone();
    with_engine(&desk, |mut ends| async move {
        order(&ends, Command::Star { threads: vec![thread], on: true }).await;
        notice(&mut ends).await;
        queue(&mut ends, thread).await;
        let now = matterbox::app::time::TimeSource::now(&time) + jiff::SignedDuration::from_mins(5);
        office
            .store()
            .write_durable("claim", move |tx| {
                matterbox::store::outbox::claim_next(tx, None, now).map(drop)
            })
            .await
            .unwrap();
        order(&ends, Command::Undo).await;
        let (tone, text) = notice(&mut ends).await;
        assert!(tone == Tone::Problem && text.contains("cannot be taken back"), "{text}");
        order(&ends, Command::Undo).await;
        let (_, text) = notice(&mut ends).await;
        assert!(text.contains("Undone: starred"), "{text}");
        ends
    });
}

#[test]
fn a_due_that_passes_while_other_news_come_is_told() {
    let (desk, thread) = desk();
    let time = desk.time.clone();
    let now = matterbox::app::time::TimeSource::now(&time);
    let due = desk.due()[0].running.due;
    time.advance(due.duration_since(now) - jiff::SignedDuration::from_secs(12));
    with_engine(&desk, |mut ends| async move {
        queue(&mut ends, thread).await;
        ends.ticker.borrow_and_update();
        // So little that nobody takes it for a sleep of the machine.
        time.advance(jiff::SignedDuration::from_secs(14));
        // The message leaves now, as far as it can without a relay. That is news, and it comes before the engine would
        // look at its clocks.
        order(&ends, Command::Star { threads: Vec::new(), on: true }).await;
        let told = tokio::time::timeout(Duration::from_secs(30), ends.ticker.changed());
        told.await.unwrap().unwrap();
        ends
    });
}

#[test]
fn a_screen_that_did_not_keep_up_hears_every_answer_and_that_things_changed() {
    let (desk, thread) = desk();
    with_engine(&desk, |mut ends| async move {
        // Far more news than may wait for a screen.
        for n in 0..900 {
            order(&ends, Command::Star { threads: vec![thread], on: n % 2 == 0 }).await;
        }
        queue_without_reading(&ends, thread).await;
        // Nothing else happens now; all the same everything must come.
        let mut notices = 0;
        let mut draft = false;
        let mut everything = false;
        while !(notices >= 900 && draft && everything) {
            let event = tokio::time::timeout(Duration::from_secs(30), ends.events.recv());
            match event.await.unwrap().unwrap() {
                Event::Notice(_) => notices += 1,
                Event::DraftReady(_) => draft = true,
                Event::ChangedEverything => everything = true,
                _ => {}
            }
        }
        ends
    });
}

async fn queue_without_reading(ends: &ScreenEnds, thread: matterbox::domain::id::ThreadId) {
    let start = Command::StartDraft { kind: ReplyKind::Reply, thread: Some(thread), parent: None };
    order(ends, start).await;
}

/// The engine asks the record itself when it begins: waits until it is through with that.
async fn begun(office: &matterbox::app::office::Office, ends: &mut ScreenEnds) {
    let mut began = false;
    while !began {
        let until = |conn: &_| matterbox::store::meta::get(conn, "late-until");
        began = office.store().read("began", until).await.unwrap().is_some();
        order(ends, Command::Undo).await;
        notice(ends).await;
    }
}

#[test]
fn a_search_that_the_next_key_made_pointless_is_stopped() {
    let (desk, _) = desk();
    let office = desk.office.clone();
    with_engine(&desk, |mut ends| async move {
        begun(&office, &mut ends).await;
        // Every reader of the record is held up, so that questions wait in line until all are asked.
        let (holds, held) = std::sync::mpsc::channel();
        let mut gates = Vec::new();
        let mut holders = Vec::new();
        for _ in 0..3 {
            let (open, gate) = std::sync::mpsc::channel::<()>();
            let (office, holds) = (office.clone(), holds.clone());
            gates.push(open);
            holders.push(std::thread::spawn(move || {
                office
                    .store()
                    .read_blocking("held", move |_| {
                        holds.send(()).unwrap();
                        gate.recv().unwrap();
                        Ok(())
                    })
                    .unwrap();
            }));
        }
        for _ in 0..3 {
            tokio::task::block_in_place(|| held.recv().unwrap());
        }
        let requests = ends.requests.clone();
        let ask = |generation, query| {
            let requests = requests.clone();
            async move { requests.send(Request::Ask { generation, query }).await.ok().unwrap() }
        };
        let search = |text: &str| Query::Search { text: text.into(), limit: 10 };
        ask(1, search("g")).await;
        ask(2, Query::Counts).await;
        ask(3, search("ga")).await;
        // The engine serves in order: with this answered, all before it was taken.
        order(&ends, Command::Undo).await;
        notice(&mut ends).await;
        for gate in gates {
            gate.send(()).unwrap();
        }
        for holder in holders {
            tokio::task::block_in_place(|| holder.join().unwrap());
        }
        let mut answered = Vec::new();
        while !(answered.contains(&2) && answered.contains(&3)) {
            answered.push(generation(&mut ends).await);
        }
        ask(4, Query::Counts).await;
        answered.push(generation(&mut ends).await);
        answered.sort_unstable();
        assert_eq!(
            answered,
            [2, 3, 4],
            "the first search is not answered and not complained about"
        );
        ends
    });
}

/// The next answer's generation; a complaint fails.
async fn generation(ends: &mut ScreenEnds) -> u64 {
    next(ends, |event| match event {
        Event::Answer { generation, .. } => Some(generation),
        Event::Notice(notice) => panic!("{}", notice.text),
        _ => None,
    })
    .await
}

#[test]
fn the_engine_ends_although_the_screen_stopped_reading_and_questions_are_open() {
    let (desk, thread) = desk();
    with_engine(&desk, |ends| async move {
        for generation in 0..1_200 {
            let query = Query::Thread(thread);
            ends.requests.send(Request::Ask { generation, query }).await.ok().unwrap();
        }
        ends
    });
    // Questions may still be with a reader, which holds the record: it must be gone before this program is.
    desk.office.store().shutdown();
}
