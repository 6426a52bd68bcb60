//! What a person decides, the way back, and what it does to the clocks.

use std::future::Future;

use matterbox::{
    app::{
        desk::Decided,
        error::AppError,
        rows::{Answer, Query},
    },
    domain::{
        id::{MatterId, ThreadId},
        matter::{MatterNumber, Role},
        message::Direction,
    },
};

use super::support::{Desk, Letter, address, ten};

const CLIENT: &str = "kofi@mensah.example";
const US: &str = "alice@firm.example";

fn wait<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

fn matter(desk: &Desk, number: &str) -> MatterId {
    let number: MatterNumber = number.parse().unwrap();
    wait(desk.office.add_matter(number, "Mensah lease".to_owned())).unwrap()
}

fn party(desk: &Desk, name: &str, at: &str, role: Option<(MatterId, Role)>) {
    wait(desk.office.add_party(name.to_owned(), vec![address(at)], role)).unwrap();
}

fn done(result: Result<Decided, AppError>) -> Decided {
    result.ok().unwrap()
}

fn matter_of(desk: &Desk, thread: ThreadId) -> Option<MatterId> {
    desk.thread(thread).matter.map(|label| label.id)
}

fn clocks(desk: &Desk) -> usize {
    desk.due().len()
}

#[test]
fn an_opponent_who_becomes_known_as_one_waits_for_no_answer() {
    let desk = Desk::open();
    let letter = Letter::new("one", "pl@law.example", US);
    desk.import(&[&letter]);
    assert_eq!(clocks(&desk), 2);
    let lease = matter(&desk, "2026-0147");
    wait(desk.office.tag(vec![desk.thread_of(&letter)], lease)).ok().unwrap();
    party(&desk, "P. Lindqvist", "pl@law.example", Some((lease, Role::OpposingCounsel)));
    assert_eq!(clocks(&desk), 0);
}

#[test]
fn a_client_who_is_added_later_is_the_one_for_whom_a_contact_has_been_writing() {
    let desk = Desk::open();
    let lease = matter(&desk, "2026-0147");
    party(&desk, "Assistant", "assistant@mensah.example", Some((lease, Role::ClientContact)));
    let letter = Letter::new("one", "assistant@mensah.example", US);
    desk.import(&[&letter]);
    wait(desk.office.tag(vec![desk.thread_of(&letter)], lease)).ok().unwrap();
    assert_eq!(desk.due()[0].who.as_str(), "Assistant");
    party(&desk, "Kofi Mensah", CLIENT, Some((lease, Role::Client)));
    assert_eq!(desk.due()[0].who.as_str(), "Kofi Mensah");
}

#[test]
fn row_56_a_new_matter_in_an_old_conversation_is_counted_under_that_matters_policy_from_its_start()
{
    use matterbox::store::matters;
    let desk = Desk::open();
    let (lease, estate) = (matter(&desk, "2026-0147"), matter(&desk, "2026-0148"));
    for (of, policy) in [(lease, "firm"), (estate, "urgent")] {
        let choices = matters::MatterChoices { policy: policy.to_owned(), ..Default::default() };
        let store = desk.office.store();
        store.write_blocking("policy", move |tx| matters::set_choices(tx, of, &choices)).unwrap();
        party(&desk, "Kofi Mensah", CLIENT, Some((of, Role::Client)));
    }
    let asked = Letter::new("lease", CLIENT, US);
    let answer = Letter::new("answer", US, CLIENT).answering(&asked).at(20);
    desk.import(&[&asked, &answer]);
    let thread = desk.thread_of(&asked);
    done(wait(desk.office.tag(vec![thread], lease)));
    assert_eq!(clocks(&desk), 0);
    // He writes about something else in the same conversation.
    let hijack = Letter::new("hijack", CLIENT, US).answering(&answer).at(60);
    desk.import(&[&hijack]);
    let due = |desk: &Desk| {
        desk.due().iter().map(|row| (row.running, row.policy.to_string())).collect::<Vec<_>>()
    };
    let before = due(&desk);
    done(wait(desk.office.tag(vec![thread], estate)));
    let after = due(&desk);
    assert_eq!((before.len(), after.len()), (2, 2));
    for ((firm, of_firm), (urgent, of_urgent)) in before.iter().zip(&after) {
        assert_eq!((of_firm.as_str(), of_urgent.as_str()), ("firm", "urgent"));
        assert_eq!((firm.started, urgent.started), (hijack.at, hijack.at));
        assert!(urgent.due < firm.due);
    }
}

#[test]
fn a_tag_that_is_undone_and_done_again_takes_its_clocks_along() {
    let desk = Desk::open();
    let letter = Letter::new("one", "pl@law.example", US);
    desk.import(&[&letter]);
    let lease = matter(&desk, "2026-0147");
    party(&desk, "P. Lindqvist", "pl@law.example", None);
    let thread = desk.thread_of(&letter);
    let tagged = done(wait(desk.office.tag(vec![thread], lease)));
    // The answer to a message that was tagged has the tag of its conversation.
    let answer = Letter::new("two", "pl@law.example", US).answering(&letter).at(5);
    desk.import(&[&answer]);
    assert_eq!(matter_of(&desk, thread), Some(lease));
    let undone = done(wait(desk.office.put_back(tagged.step)));
    assert_eq!(matter_of(&desk, thread), None);
    let redone = done(wait(desk.office.put_back(undone.step)));
    assert_eq!(matter_of(&desk, thread), Some(lease));
    done(wait(desk.office.put_back(redone.step)));
    assert_eq!(matter_of(&desk, thread), None);
    let untagged = done(wait(desk.office.untag(vec![thread])));
    done(wait(desk.office.put_back(untagged.step)));
    assert_eq!(matter_of(&desk, thread), None);
}

#[test]
fn undoing_a_tag_leaves_alone_what_was_merged_into_the_conversation_meanwhile() {
    let desk = Desk::open();
    let lease = matter(&desk, "2026-0147");
    let estate = matter(&desk, "2026-0148");
    let root = Letter::new("root", CLIENT, US);
    let one = Letter::new("one", CLIENT, US).answering(&root).at(1);
    let mut two = Letter::new("two", CLIENT, US).answering(&one).at(2);
    two.answers = Some("missing@test.example".to_owned());
    two.subject = "Another thing".to_owned();
    desk.import(&[&one]);
    desk.import(&[&two]);
    let (first, second) = (desk.thread_of(&one), desk.thread_of(&two));
    assert_ne!(first, second);
    done(wait(desk.office.tag(vec![first], lease)));
    let tagged = done(wait(desk.office.tag(vec![second], estate)));
    // The message that both hang on comes last.
    let mut missing = Letter::new("missing", CLIENT, US).answering(&one).at(1);
    missing.subject = "Re: About root".to_owned();
    desk.import(&[&missing]);
    assert_eq!(desk.thread_of(&one), desk.thread_of(&two));
    assert!(desk.thread(first).marks.contested);
    done(wait(desk.office.put_back(tagged.step)));
    assert_eq!(matter_of(&desk, first), Some(lease));
    assert!(!desk.thread(first).marks.contested);
}

#[test]
fn a_dismissal_is_undone_and_done_again_and_ends_with_the_next_question() {
    let desk = Desk::open();
    let letter = Letter::new("one", CLIENT, US);
    desk.import(&[&letter]);
    let thread = desk.thread_of(&letter);
    assert!(wait(desk.office.dismiss(vec![thread], "  ".to_owned())).is_err());
    let dismissed = done(wait(desk.office.dismiss(vec![thread], "by telephone".to_owned())));
    assert_eq!(clocks(&desk), 0);
    let undone = done(wait(desk.office.put_back(dismissed.step)));
    assert_eq!(clocks(&desk), 2);
    done(wait(desk.office.put_back(undone.step)));
    assert_eq!(clocks(&desk), 0);
    desk.import(&[&Letter::new("two", CLIENT, US).answering(&letter).at(30)]);
    assert_eq!(clocks(&desk), 2);
}

#[test]
fn a_star_is_set_and_cleared_once_and_undone() {
    let desk = Desk::open();
    let letter = Letter::new("one", CLIENT, US);
    desk.import(&[&letter]);
    let thread = desk.thread_of(&letter);
    let starred = done(wait(desk.office.star(vec![thread], true)));
    assert!(done(wait(desk.office.star(vec![thread], true))).step.changes.is_empty());
    let undone = done(wait(desk.office.put_back(starred.step)));
    assert!(!desk.thread(thread).marks.starred);
    done(wait(desk.office.put_back(undone.step)));
    assert!(desk.thread(thread).marks.starred);
}

#[test]
fn mail_in_the_inbox_that_claims_to_be_ours_stops_no_clock_is_unread_and_says_so() {
    let desk = Desk::open();
    let question = Letter::new("one", CLIENT, US);
    let mut post = desk.sink();
    post.arrives(post.inbox, 1, &question);
    let forged = Letter::new("two", US, CLIENT).answering(&question).at(5);
    let inbox = post.inbox;
    post.arrives(inbox, 2, &forged);
    assert_eq!(clocks(&desk), 2);
    let view = desk.thread(desk.thread_of(&question));
    let claimed = &view.messages[1];
    assert!(claimed.unread);
    assert_eq!(claimed.direction, Direction::Inbound);
    assert!(claimed.remarks[0].as_str().contains("claims to be this office"));
    // Somebody tidies up and moves it into a folder: that proves nothing either.
    let folder = post.folder("Lease");
    post.arrives(folder, 1, &forged);
    assert_eq!(clocks(&desk), 2);
    // The same message in Sent: it was ours after all, and it answered at its hour.
    let sent = post.sent;
    post.arrives(sent, 1, &forged);
    assert_eq!(clocks(&desk), 0);
    let view = desk.thread(desk.thread_of(&question));
    assert_eq!(view.messages[1].direction, Direction::Outbound);
    assert!(view.messages[1].remarks.is_empty());
    post.end();
}

#[test]
fn the_source_of_a_huge_message_is_cut_and_says_so() {
    let desk = Desk::open();
    let mut letter = Letter::new("one", CLIENT, US);
    letter.text = "word ".repeat(1 << 20);
    desk.import(&[&letter]);
    let key = desk.thread(desk.thread_of(&letter)).messages[0].key;
    let Answer::Raw(text) = desk.ask(Query::Raw(key)) else { panic!("another answer") };
    assert!(text.as_str().len() < 300_000);
    assert!(text.as_str().contains("the record holds them all"));
}

#[test]
fn a_conversation_of_a_thousand_messages_opens_whole() {
    let desk = Desk::open();
    let first = Letter::new("first", CLIENT, US);
    let mut letters = vec![first.clone()];
    letters.extend(
        (1..1_000).map(|n| Letter::new(&format!("n{n}"), CLIENT, US).answering(&first).at(n)),
    );
    desk.import(&letters.iter().collect::<Vec<_>>());
    let view = desk.thread(desk.thread_of(&first));
    assert_eq!(view.messages.len(), 1_000);
    assert_eq!(clocks(&desk), 2);
    assert_eq!(desk.due()[0].running.started, ten());
}

#[test]
fn an_address_that_becomes_ours_later_stops_the_clocks_that_it_answered() {
    let desk = Desk::open();
    let question = Letter::new("one", CLIENT, US);
    let answer = Letter::new("two", "a.tan@firm.example", CLIENT).answering(&question).at(5);
    let mut post = desk.sink();
    post.arrives(post.inbox, 1, &question);
    let sent = post.sent;
    post.arrives(sent, 1, &answer);
    post.end();
    assert!(clocks(&desk) >= 2);
    let desk = desk.again_with("own_addresses = [\"a.tan@firm.example\"]");
    assert_eq!(clocks(&desk), 0);
}
