//! What must not happen to a person who does not look: a key in the dark, a countdown that stands still, a lost draft.

use matterbox::{
    app::{
        command::Command,
        event::{Event, Severity},
    },
    domain::{
        id::{OutboxId, ThreadId},
        message::Direction,
        sla::ClockKind,
    },
    tui::{Effect, Key, Msg},
};

use crate::{
    desk::{Desk, finding, sheet},
    office::{Office, message},
};

const USUAL: (u16, u16) = (80, 24);
const TINY: Msg = Msg::Resize { width: 40, height: 10 };
const AGAIN: Msg = Msg::Resize { width: 80, height: 24 };

fn reviewed(findings: usize) -> Event {
    let all = (0..findings).map(|n| finding(&n.to_string(), Severity::Confirm, "Sure?")).collect();
    let (draft, footer) = (sheet().draft.id, sheet().footer);
    Event::Reviewed { draft, findings: all, footer, recipients: vec![] }
}

fn press(desk: &mut Desk, key: &str) {
    desk.give(Msg::Room(100)).give(Msg::Key(Key::parse(key).unwrap()));
}

#[test]
fn an_idle_screen_wakes_at_every_full_minute_and_every_second_of_the_undo_window() {
    let mut desk = Desk::full(USUAL);
    let at = |desk: &Desk| desk.model.wakes_at().unwrap().duration_since(desk.now).as_secs();
    assert_eq!(at(&desk), 60);
    desk.passes(59);
    assert_eq!(at(&desk), 1);
    desk.hears(Event::Queued { item: OutboxId::new(1), held_seconds: 10 }).passes(1);
    assert_eq!(at(&desk), 1);
    desk.passes(2).shows("Leaves in 7 s");
}

#[test]
fn the_selected_thread_stays_selected_when_one_of_its_clocks_stops() {
    let mut desk = Desk::full(USUAL);
    desk.keys("j");
    assert!(desk.selected().contains("ack     Kofi Mensah"));
    desk.office
        .due
        .retain(|row| row.thread != ThreadId::new(2) || row.running.clock != ClockKind::Ack);
    desk.hears(Event::Changed { threads: vec![ThreadId::new(2)] });
    assert!(desk.selected().contains("reply   Kofi Mensah"), "{}", desk.selected());
}

#[test]
fn in_a_window_that_is_too_small_nothing_is_changed_and_nothing_is_sent() {
    for before in ["", "3", "5 Y", "j enter"] {
        let mut desk = Desk::full(USUAL);
        if !before.is_empty() {
            desk.keys(before);
        }
        desk.done.clear();
        desk.give(TINY);
        for key in ["T", "U", "s", "r", "y", "D", "t", "u", "enter", "C"] {
            press(&mut desk, key);
        }
        assert!(desk.done.is_empty(), "after {before:?}");
        desk.give(AGAIN);
    }
    let mut desk = Desk::full(USUAL);
    desk.writes().types("x").keys("ctrl-s").hears(reviewed(1)).give(TINY);
    for key in ["1", "enter"] {
        press(&mut desk, key);
    }
    assert!(matches!(desk.last(), Command::Review(_)));
    // What the person sees again is what they left, and there it goes on.
    desk.give(AGAIN).shows("1 to confirm").keys("1 enter");
    assert!(matches!(desk.last(), Command::Send { .. }));
}

#[test]
fn a_window_that_is_too_small_can_be_left_and_the_draft_is_kept() {
    let mut desk = Desk::full(USUAL);
    desk.writes().types("Dear Kofi").give(TINY);
    press(&mut desk, "q");
    assert!(matches!(desk.last(), Command::SaveDraft(draft) if draft.body == "Dear Kofi"));
    assert!(matches!(desk.wished.last(), Some(Effect::Quit)));
}

#[test]
fn behind_the_privacy_screen_nothing_is_written_and_nothing_is_sent() {
    let mut desk = Desk::full(USUAL);
    desk.keys("p").writes().types("Dear Kofi").give(Msg::Paste("more".into()));
    press(&mut desk, "ctrl-s");
    assert!(desk.done.is_empty());
    // As the bottom line says, the key shows all again; there nothing was typed.
    desk.shows("p shows all again").keys("p").shows("sends as").hides("Dear").hides("more");
    desk.types("No.").keys("ctrl-s").hears(reviewed(0));
    assert!(matches!(desk.last(), Command::Send { draft, .. } if draft.body == "No."));
}

#[test]
fn a_picker_behind_the_privacy_screen_chooses_nothing_and_esc_puts_it_away() {
    let mut desk = Desk::full(USUAL);
    desk.keys("p 3 t o enter");
    assert!(desk.done.is_empty());
    desk.keys("esc p").hides("Tag to a matter").keys("/ a p").hides("are hidden");
}

#[test]
fn in_a_field_that_is_seen_no_letter_is_promised_to_lift_the_privacy_screen() {
    let mut desk = Desk::full(USUAL);
    desk.keys("p D").shows("words are hidden").hides("shows all again");
    desk.keys("esc").shows("p shows all again");
}

#[test]
fn a_draft_that_found_no_room_is_kept_at_the_next_occasion() {
    let mut desk = Desk::full(USUAL);
    desk.writes().types("Dear Kofi").give(Msg::Room(0)).passes(60);
    assert!(desk.done.is_empty());
    desk.give(Msg::Room(5)).passes(60);
    assert!(matches!(desk.last(), Command::SaveDraft(draft) if draft.body == "Dear Kofi"));
}

#[test]
fn a_thread_that_is_gone_is_not_answered_and_not_tagged() {
    let mut office = Office::full();
    office.threads.clear();
    let mut desk = Desk::at(office, USUAL);
    desk.keys("enter").shows("gone into another one").keys("r t s D U");
    assert!(desk.done.is_empty());
    desk.shows("No thread is selected");
}

#[test]
fn what_comes_into_an_open_thread_is_unread_until_somebody_looks_at_it() {
    let mut desk = Desk::full(USUAL);
    desk.keys("j enter");
    assert!(matches!(desk.last(), Command::MarkRead(_)));
    desk.done.clear();
    let thread = ThreadId::new(2);
    let mut newer =
        message(299, "24 13:39", Direction::Inbound, "Kofi Mensah", "He is at the door now");
    newer.unread = true;
    desk.office.threads.get_mut(&thread).unwrap().messages.push(newer);
    desk.hears(Event::Changed { threads: vec![thread] }).shows("He is at the door now");
    desk.keys("k j G");
    assert!(desk.done.is_empty());
    desk.keys("enter");
    assert!(matches!(desk.last(), Command::MarkRead(id) if *id == thread));
    desk.keys("enter enter");
    assert_eq!(desk.done.len(), 1);
}

#[test]
fn a_question_is_never_cut_off() {
    for size in [(60, 15), USUAL] {
        let mut desk = Desk::full(size);
        desk.hears(Event::Queued { item: OutboxId::new(1), held_seconds: 10 }).keys("q");
        desk.shows("has not left yet").shows("Leave?").shows("y yes");
    }
}

#[test]
fn a_key_that_explains_says_so_where_there_is_nothing_to_explain() {
    let mut desk = Desk::full(USUAL);
    desk.keys("4 !").shows("No thread is selected");
    desk.keys("1 C").shows("No message of the outbox is selected");
}
