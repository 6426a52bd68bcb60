//! What is said of a clock before the mail that may have stopped it has been read.

use matterbox::{
    app::rows::{Answer, Query},
    imap::contract::{ReadBack, Sink},
};

use super::support::{Desk, Letter, ten};

const CLIENT: &str = "kofi@mensah.example";
const US: &str = "alice@firm.example";
const DAY: i64 = 24 * 60;

/// So many days ago a client asked, and an hour later he was answered.
fn asked_and_answered(days: i64) -> (Letter, Letter) {
    let asked = Letter::new(&format!("asked{days}"), CLIENT, US).at(-days * DAY);
    let mut answer =
        Letter::new(&format!("answer{days}"), US, CLIENT).answering(&asked).at(-days * DAY + 60);
    answer.text =
        "The lease says that the garden is yours to use, and that you keep it tidy.".into();
    (asked, answer)
}

/// Running, late, perhaps answered.
fn counted(desk: &Desk) -> (u64, u64, u64) {
    let Answer::Counts(counts) = desk.ask(Query::Counts) else { panic!("another answer") };
    (counts.due, counts.late, counts.unsettled)
}

#[test]
fn until_sent_has_been_read_nothing_is_late_as_a_fact_and_nothing_is_journalled() {
    let desk = Desk::open();
    let mut post = desk.first_sink();
    let (old, _) = asked_and_answered(7);
    post.arrives(post.inbox, 1, &old);
    let rows = desk.due();
    assert_eq!(rows.len(), 2);
    assert!(rows.iter().all(|row| row.marks.unsettled && row.running.due < ten()));
    assert_eq!(counted(&desk), (2, 0, 2));
    assert!(desk.journal(&old).is_empty());
    let thread = desk.thread(desk.thread_of(&old));
    assert!(thread.history[0].as_str().starts_with("Answers not read yet"));
    let Answer::Explain(lines) = desk.ask(Query::Explain(thread.thread)) else { panic!("another") };
    assert!(lines.iter().any(|line| line.as_str().starts_with("Answers not read yet")));
    let found = |desk: &Desk| {
        let query = Query::Search { text: "is:overdue".into(), limit: 9 };
        let Answer::Search(result) = desk.ask(query) else { panic!("another") };
        result.hits.len()
    };
    assert_eq!(found(&desk), 0, "a search finds what is late, not what may be");
    // There was no answer: now it is a fact, and it is journalled.
    post.sink.read_back(post.sent, ReadBack::Whole).unwrap();
    assert_eq!(counted(&desk), (2, 2, 0));
    assert_eq!(desk.journal(&old), ["ack missed", "reply missed"]);
    assert!(desk.due().iter().all(|row| !row.marks.unsettled));
    assert_eq!(found(&desk), 1);
    assert!(post.told.all().contains(&"changed 1".to_owned()), "the screen asks again");
    post.end();
}

#[test]
fn what_was_answered_long_ago_never_becomes_a_miss_whatever_is_read_first() {
    let desk = Desk::open();
    let mut post = desk.first_sink();
    let (asked, answer) = asked_and_answered(7);
    post.arrives(post.inbox, 1, &asked);
    // A later answer is read before the one that came in time.
    let mut later = Letter::new("later", US, CLIENT).answering(&asked).at(-2 * DAY);
    later.text = "As I wrote, the lease says that the garden is yours to use.".into();
    post.arrives(post.sent, 9, &later);
    post.sink
        .read_back(post.sent, ReadBack::After(ten() - jiff::SignedDuration::from_hours(72)))
        .unwrap();
    assert!(desk.due().is_empty());
    assert!(desk.journal(&asked).is_empty(), "nothing is said before the others have been read");
    post.arrives(post.sent, 8, &answer);
    post.sink.read_back(post.sent, ReadBack::Whole).unwrap();
    assert_eq!(desk.journal(&asked), ["ack met", "reply met"]);
    post.end();
}

#[test]
fn a_clock_is_sure_once_sent_has_been_read_down_to_its_start() {
    let desk = Desk::open();
    let mut post = desk.first_sink();
    let ((old, _), (new, _)) = (asked_and_answered(30), asked_and_answered(3));
    post.arrives(post.inbox, 1, &old);
    post.arrives(post.inbox, 2, &new);
    assert_eq!(counted(&desk), (4, 0, 4));
    let week = ten() - jiff::SignedDuration::from_hours(7 * 24);
    post.sink.read_back(post.sent, ReadBack::After(week)).unwrap();
    assert_eq!(counted(&desk), (4, 2, 2));
    assert_eq!(desk.journal(&new).len(), 2);
    assert!(desk.journal(&old).is_empty());
    // What is known stands above what is not.
    let rows = desk.due();
    assert!(rows.iter().map(|row| row.marks.unsettled).eq([false, false, true, true]));
    // What was read stays read, over another start of the program as well.
    post.sink.read_back(post.sent, ReadBack::Unknown).unwrap();
    post.end();
    let desk = desk.again();
    let mut post = desk.first_sink();
    assert_eq!(counted(&desk), (4, 2, 2));
    // A client who writes now needs no Sent to be waited for.
    let (today, _) = asked_and_answered(0);
    post.arrives(post.inbox, 3, &today);
    let fresh = desk.thread_of(&today);
    let rows = desk.due();
    assert!(rows.iter().filter(|row| row.thread == fresh).all(|row| !row.marks.unsettled));
    post.end();
}

#[test]
fn mail_from_files_waits_for_no_server() {
    let desk = Desk::open();
    let (old, _) = asked_and_answered(7);
    desk.import(&[&old]);
    assert_eq!(counted(&desk), (2, 2, 0));
}

#[test]
fn the_passing_of_a_due_is_no_miss_while_an_answer_may_not_have_been_read() {
    let desk = Desk::open();
    let mut post = desk.first_sink();
    let (today, _) = asked_and_answered(0);
    post.arrives(post.inbox, 1, &today);
    desk.pass(3 * DAY);
    let late = desk.thread_of(&today);
    let office = desk.office.clone();
    desk.office.store().write_blocking("tick", move |tx| office.refold(tx, &[late])).unwrap();
    assert!(desk.journal(&today).is_empty());
    post.end();
}
