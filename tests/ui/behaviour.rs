//! What keys do, as sentences.

use matterbox::{
    app::{
        command::{Command, Settlement},
        event::{Event, LinkState, Notice, Offer, Severity, Tone},
        rows::{Answer, Query, RowMarks},
    },
    domain::{
        draft::ReplyKind,
        id::{MatterId, OutboxId, ThreadId},
        text::SafeText,
    },
    tui::{Effect, Keymap, Model, Msg, Theme},
};
use ratatui::style::{Color, Style};

use crate::{
    desk::{Desk, enclosure, finding, sheet},
    office::{self, Office, due_row, matter, thread_row},
};

const USUAL: (u16, u16) = (80, 24);

fn ids(threads: &[ThreadId]) -> Vec<i64> {
    threads.iter().map(|thread| thread.get()).collect()
}

#[test]
fn it_opens_on_due_with_the_soonest_clock_first() {
    let mut desk = Desk::full(USUAL);
    assert!(desk.selected().contains("LATE 1h20 ██████ reply   Dana Whitfield"));
}

#[test]
fn before_the_answers_have_been_read_nothing_is_called_late() {
    let mut desk = Desk::at(Office::first(), USUAL);
    assert!(desk.selected().contains("late? 1h20 ██████ reply   Dana Whitfield"));
    desk.hides("LATE").shows("answers not read yet, due 12:20");
    desk.shows("answers to 8 not read yet").shows("answered?");
    desk.keys("j").shows("acknowledge by 14:22, answers not read yet");
    let mut wide = Desk::at(Office::first(), (120, 40));
    wide.hides("LATE").shows("answered?");
}

#[test]
fn matters_say_which_privilege_their_mail_has() {
    for size in [USUAL, (120, 40), (60, 15)] {
        let mut desk = Desk::full(size);
        desk.keys("4").shows(" AC ");
        let said =
            if size.0 < 80 { "‹ AC · 2026-0121" } else { "privileged: lawyer and client (AC)" };
        desk.keys("j enter").shows(said);
    }
}

#[test]
fn the_selection_stays_on_its_thread_when_rows_arrive_above() {
    let mut desk = Desk::full(USUAL);
    desk.keys("j");
    let urgent = office::due_rows()[0].running;
    for id in 50..60 {
        let label = matter(1, "2026-0001", "New");
        desk.office.due.insert(0, due_row(id, urgent, "Someone else", "Urgent", label));
    }
    desk.hears(Event::Changed { threads: vec![ThreadId::new(50)] });
    assert!(desk.selected().contains("Kofi Mensah"));
    desk.keys("enter r");
    assert!(matches!(desk.last(),
        Command::StartDraft { kind: ReplyKind::Reply, thread: Some(thread), .. }
            if thread.get() == 2));
}

#[test]
fn an_answer_that_is_no_longer_awaited_is_dropped() {
    let mut desk = Desk::full(USUAL);
    desk.prompt = false;
    desk.keys("/").types("a");
    let old = desk.asked.last().unwrap().0;
    desk.types("b");
    let hits = desk.office.answer(&Query::Search { text: "a".into(), limit: 1 });
    desk.model.take_redraw();
    desk.give(Msg::Event(Event::Answer { generation: old, answer: Box::new(hits) }));
    assert!(!desk.model.take_redraw());
    desk.hides("Draft letter");
    desk.answer_all().shows("Draft letter");
}

#[test]
fn enter_alone_cannot_pass_a_warning() {
    let mut desk = Desk::full(USUAL);
    desk.writes().types("Dear Kofi").keys("ctrl-s");
    assert!(matches!(desk.last(), Command::Review(_)));
    let findings = vec![
        finding("opposing", Severity::Confirm, "Opposing counsel is in Cc."),
        finding("attachment", Severity::Confirm, "Nothing is attached."),
    ];
    desk.hears(reviewed(findings));
    desk.keys("enter enter ctrl-s").shows("2 still to confirm, each with its own key");
    desk.keys("1 enter").shows("1 still to confirm");
    assert!(matches!(desk.last(), Command::Review(_)));
    desk.keys("2 enter");
    assert!(matches!(desk.last(), Command::Send { draft, confirmed, at: None }
        if draft.body == "Dear Kofi" && confirmed.len() == 2));
}

#[test]
fn a_message_that_is_stopped_cannot_be_confirmed_away() {
    let mut desk = Desk::full(USUAL);
    desk.writes().keys("ctrl-s");
    let findings = vec![
        finding("bcc", Severity::Block, "Bcc names the other side."),
        finding("attachment", Severity::Confirm, "Nothing is attached."),
    ];
    desk.hears(reviewed(findings));
    desk.keys("1 enter").shows("it cannot go like this");
    assert!(matches!(desk.last(), Command::Review(_)));
    desk.keys("esc").shows("sends as alice@firm.example");
}

#[test]
fn what_is_sent_is_what_was_reviewed() {
    let mut desk = Desk::full(USUAL);
    desk.writes().types("first").keys("ctrl-s").types(" and more");
    desk.hears(reviewed(vec![]));
    assert!(!desk.done.iter().any(|command| matches!(command, Command::Send { .. })));
    desk.keys("ctrl-s").hears(reviewed(vec![]));
    assert!(matches!(desk.last(), Command::Send { draft, .. } if draft.body == "first and more"));
}

#[test]
fn a_sent_message_can_be_undone_until_its_window_closes() {
    let mut desk = Desk::full(USUAL);
    desk.writes().types("x").keys("ctrl-s");
    desk.hears(reviewed(vec![]));
    desk.shows("on its way to the outbox …").types("ignored");
    let queued = Event::Queued { item: OutboxId::new(40), held_seconds: 10 };
    desk.hears(queued.clone()).shows("Leaves in 10 s · C stop it").hides("sends as");
    desk.keys("C");
    assert!(matches!(desk.last(), Command::CancelSend(item) if item.get() == 40));
    desk.hears(Event::Recalled { item: OutboxId::new(40) }).hides("Leaves in 10 s");
    desk.hears(queued).passes(11).hides("Leaves in 10 s").keys("C");
    desk.shows("No message of the outbox is selected");
}

#[test]
fn undo_means_the_last_thing_that_was_done_also_while_a_message_is_held() {
    let mut desk = Desk::full(USUAL);
    desk.hears(Event::Queued { item: OutboxId::new(40), held_seconds: 10 });
    let tagged = Notice::done("Tagged one thread").offering(Offer::Undo);
    desk.hears(Event::Notice(tagged)).shows("Tagged one thread · u undo").keys("u");
    assert!(matches!(desk.last(), Command::Undo));
    // The message has its own key, which goes on standing there.
    desk.shows("Leaves in 10 s · C stop it").keys("C");
    assert!(matches!(desk.last(), Command::CancelSend(item) if item.get() == 40));
}

#[test]
fn a_notice_names_a_key_as_the_person_set_it_and_none_where_it_does_not_act() {
    let mut desk = Desk::full(USUAL);
    let own = ("keys.toml", "[global]\n\"u\" = \"none\"\n\"Z\" = \"undo\"\n");
    desk.model = Model::new(
        USUAL,
        desk.now,
        office::zone(),
        Theme::shipped("paper", true).unwrap(),
        Keymap::load(Some(own)).unwrap(),
    );
    let tagged = Event::Notice(Notice::done("Tagged one thread").offering(Offer::Undo));
    desk.hears(tagged.clone()).shows("Tagged one thread · Z undo");
    desk.writes().hears(tagged).shows("Tagged one thread").hides("Z undo");
}

#[test]
fn a_refused_send_leaves_the_composer_open() {
    let mut desk = Desk::full(USUAL);
    desk.writes().types("x").keys("ctrl-s");
    desk.hears(reviewed(vec![]));
    desk.told(Tone::Problem, "The footer is missing. Nothing was sent.");
    desk.shows("The footer is missing").types("yz").shows("xyz");
}

#[test]
fn bad_news_about_something_else_does_not_leave_a_sent_message_open_to_be_sent_twice() {
    let mut desk = Desk::full(USUAL);
    desk.writes().types("x").keys("ctrl-s");
    desk.hears(reviewed(vec![]));
    desk.told(Tone::Problem, "The mail server did not answer.");
    desk.hears(Event::Queued { item: OutboxId::new(40), held_seconds: 10 });
    desk.hides("sends as").keys("j").shows("Leaves in 10 s · C stop it");
}

#[test]
fn what_is_on_its_way_is_not_changed_by_any_key_and_esc_says_where_it_is() {
    let mut desk = Desk::full(USUAL);
    desk.writes().types("x").keys("ctrl-s").hears(reviewed(vec![]));
    assert!(matches!(desk.last(), Command::Send { .. }));
    desk.done.clear();
    desk.give(Msg::Paste("more".into())).shows("nothing in it can be changed now").hides("xmore");
    desk.keys("ctrl-e ctrl-g ctrl-a ctrl-s ctrl-p ctrl-d");
    assert!(desk.wished.is_empty() && desk.done.is_empty());
    desk.keys("esc").hides("sends as").shows("On its way to the outbox; if it is refused");
    assert!(desk.done.is_empty());
    desk.hears(Event::Queued { item: OutboxId::new(40), held_seconds: 10 });
    desk.keys("j").shows("Leaves in 10 s");
}

#[test]
fn what_was_handed_over_to_be_kept_and_refused_is_handed_over_again() {
    let mut desk = Desk::full(USUAL);
    desk.writes().types("Dear Kofi").passes(60).passes(60);
    assert_eq!(desk.done.len(), 1);
    desk.told(Tone::Problem, "The disk is full.").passes(60);
    assert_eq!(desk.done.len(), 2);
    desk.hears(described(sheet().footer)).told(Tone::Problem, "Something else.").passes(60);
    assert_eq!(desk.done.len(), 2);
}

#[test]
fn a_review_that_was_asked_for_before_a_file_was_named_sends_nothing() {
    let mut desk = Desk::full(USUAL);
    desk.writes().types("See attached.").keys("ctrl-s ctrl-a").types("/mnt/slow.pdf").keys("enter");
    desk.hears(reviewed(vec![]));
    assert!(!desk.done.iter().any(|command| matches!(command, Command::Send { .. })));
}

#[test]
fn esc_keeps_the_draft_and_says_so() {
    let mut desk = Desk::full(USUAL);
    desk.keys("j enter").writes().types("half a sentence").keys("esc");
    assert!(matches!(desk.last(), Command::KeepDraft(draft) if draft.body == "half a sentence"));
    desk.shows("Kept as a draft").shows("‹ Lease");
}

#[test]
fn esc_does_not_lose_text_that_is_no_address_yet() {
    let mut desk = Desk::full(USUAL);
    desk.writes().keys("tab").types(", kofi").keys("esc");
    desk.shows("To: \"kofi\" is no address").shows("sends as");
}

#[test]
fn what_is_written_is_kept_as_time_passes_and_when_a_signal_comes() {
    let mut desk = Desk::full(USUAL);
    desk.writes().types("one").passes(60);
    assert!(matches!(desk.last(), Command::SaveDraft(draft) if draft.body == "one"));
    desk.passes(60);
    assert_eq!(desk.done.len(), 1);
    desk.types(" two").give(Msg::Leave);
    assert!(matches!(desk.last(), Command::SaveDraft(draft) if draft.body == "one two"));
    desk.shows("one two");
}

#[test]
fn a_draft_is_thrown_away_only_after_a_yes() {
    let mut desk = Desk::full(USUAL);
    desk.writes().types("x").keys("ctrl-g enter esc").shows("sends as");
    assert!(desk.done.is_empty());
    desk.keys("ctrl-g y").hides("sends as");
    assert!(matches!(desk.last(), Command::DiscardDraft(_)));
}

#[test]
fn another_draft_never_opens_under_typing_fingers() {
    let mut desk = Desk::full(USUAL);
    desk.writes().types("Dear Kofi");
    let mut other = sheet();
    other.draft.id = matterbox::domain::id::DraftId::new(99);
    desk.hears(Event::DraftReady(other)).types(", hello").shows("Dear Kofi, hello");
}

#[test]
fn opposing_counsel_stands_in_capitals_and_a_stranger_is_named_so() {
    let mut desk = Desk::full(USUAL);
    desk.writes().shows("OPPOSING COUNSEL");
    desk.keys("tab").types(", x@web.example").keys("tab").shows("not checked yet");
    let mut checked = sheet();
    let stranger = matterbox::domain::address::EmailAddress::parse("x@web.example").unwrap();
    let stranger = matterbox::domain::address::NamedAddress::bare(stranger);
    checked.recipients.push(matterbox::domain::draft::Recipient { address: stranger, role: None });
    desk.hears(Event::DraftReady(checked)).shows("not in this matter").shows("x@web.example");
}

#[test]
fn marks_apply_an_action_to_many_and_are_gone_afterwards() {
    let mut desk = Desk::full(USUAL);
    desk.keys("3 x j X T");
    assert!(matches!(desk.last(), Command::AcceptSuggestion { threads }
        if ids(threads) == [20, 21, 22]));
    desk.keys("G T");
    assert!(matches!(desk.last(), Command::AcceptSuggestion { threads } if ids(threads) == [23]));
    desk.keys("* U");
    assert!(matches!(desk.last(), Command::Untag { threads } if threads.len() == 4));
}

#[test]
fn two_clocks_of_one_thread_make_one_target() {
    let mut desk = Desk::full(USUAL);
    desk.keys("* s");
    assert!(matches!(desk.last(), Command::Star { threads, on: true }
        if ids(threads) == [1, 2, 3, 4, 5, 6, 7]));
}

#[test]
fn a_full_queue_shows_busy_and_changes_nothing() {
    let mut desk = Desk::full(USUAL);
    desk.keys("3 x j x");
    desk.give(Msg::Room(0)).give(Msg::Key(matterbox::tui::Key::parse("T").unwrap()));
    assert!(desk.done.is_empty());
    desk.shows("Busy: nothing was changed");
    desk.keys("T");
    assert!(matches!(desk.last(), Command::AcceptSuggestion { threads } if threads.len() == 2));
}

#[test]
fn with_a_full_queue_esc_keeps_the_composer_open() {
    let mut desk = Desk::full(USUAL);
    desk.writes().types("x");
    desk.give(Msg::Room(0)).give(Msg::Key(matterbox::tui::Key::parse("esc").unwrap()));
    desk.shows("Busy").shows("sends as");
}

#[test]
fn questions_wait_for_room_and_are_then_asked() {
    let mut desk = Desk::full(USUAL);
    desk.give(Msg::Room(0)).give(Msg::Key(matterbox::tui::Key::parse("2").unwrap()));
    desk.shows("Reading the record").give(Msg::Room(5)).shows("Newsletter");
}

#[test]
fn nothing_is_drawn_when_nothing_changed() {
    let mut desk = Desk::full(USUAL);
    desk.model.take_redraw();
    desk.keys("ctrl-y").give(Msg::Tick).link(LinkState::Online).give(Msg::Room(3));
    assert!(!desk.model.take_redraw());
    desk.passes(60);
    assert!(desk.model.take_redraw());
}

#[test]
fn a_countdown_goes_on_with_the_clock() {
    let mut desk = Desk::full(USUAL);
    desk.shows("DUE  0h42").passes(43 * 60).shows("LATE 0h01").hides("DUE  0h42");
}

#[test]
fn a_matter_is_found_by_a_few_letters() {
    let mut desk = Desk::full(USUAL);
    desk.keys("3 t").types("okaf").keys("enter");
    assert!(matches!(desk.last(), Command::Tag { threads, matter }
        if ids(threads) == [20] && *matter == MatterId::new(98)));
    desk.hides("Tag to a matter");
}

#[test]
fn a_clock_is_dismissed_only_with_a_reason() {
    let mut desk = Desk::full(USUAL);
    desk.keys("D enter").shows("a reason is needed");
    assert!(desk.done.is_empty());
    desk.types("answered by telephone").keys("enter");
    assert!(matches!(desk.last(), Command::Dismiss { threads, reason }
        if ids(threads) == [1] && reason == "answered by telephone"));
}

#[test]
fn an_unknown_message_is_settled_only_after_a_yes_and_no_other_is() {
    let mut desk = Desk::full(USUAL);
    desk.keys("5 A enter");
    assert!(desk.done.is_empty());
    desk.keys("y");
    assert!(matches!(desk.last(), Command::Settle { item, decision: Settlement::SendAgain }
        if item.get() == 1));
    desk.keys("j Y").shows("Only a message marked UNKNOWN");
    assert_eq!(desk.done.len(), 1);
}

#[test]
fn opening_a_thread_unfolds_the_newest_unread_message_and_marks_it_read() {
    let mut desk = Desk::full(USUAL);
    desk.keys("j enter").shows("the landlord rang me at work again.");
    assert!(matches!(desk.last(), Command::MarkRead(thread) if thread.get() == 2));
    desk.shows("3 quoted lines").hides("by courier.\n").keys("v").shows("│ > by courier.");
}

#[test]
fn a_reply_answers_the_selected_message_from_outside() {
    let mut desk = Desk::full(USUAL);
    desk.keys("j enter r");
    assert!(matches!(desk.last(), Command::StartDraft { parent: Some(key), .. }
        if key.get() == 205));
    desk.keys("k k r");
    assert!(matches!(desk.last(), Command::StartDraft { parent: None, .. }));
}

#[test]
fn a_thread_that_changes_stays_where_the_reader_is() {
    let mut desk = Desk::full(USUAL);
    desk.keys("j enter k k k");
    let before = desk.selected();
    let thread = ThreadId::new(2);
    let newer = office::message(
        299,
        "24 13:39",
        matterbox::domain::message::Direction::Inbound,
        "Kofi Mensah",
        "One more thing",
    );
    desk.office.threads.get_mut(&thread).unwrap().messages.push(newer);
    desk.hears(Event::Changed { threads: vec![thread] }).shows("One more thing");
    assert_eq!(desk.selected(), before);
}

#[test]
fn back_leads_from_a_hit_to_the_search_and_quit_from_there_leaves() {
    let mut desk = Desk::full(USUAL);
    desk.keys("/").types("landlord").keys("enter enter").shows("‹ Lease");
    desk.keys("n").keys("esc").shows("2 of 3");
    desk.keys("q");
    assert!(matches!(desk.wished.last(), Some(Effect::Quit)));
}

#[test]
fn the_keys_for_hits_move_in_a_search_and_nowhere_else() {
    let mut desk = Desk::full(USUAL);
    for view in ["1", "2", "3", "4", "5"] {
        let before = desk.keys(view).selected();
        desk.keys("n").shows("from hit to hit of a search");
        assert_eq!(desk.selected(), before);
    }
    desk.keys("/").types("landlord").keys("enter n").shows("2 of 3").hides("‹");
    desk.keys("N").shows("1 of 3");
}

#[test]
fn a_hit_opens_its_own_message_and_not_the_newest_of_its_thread() {
    let mut desk = Desk::full(USUAL);
    let view = desk.office.threads.get(&ThreadId::new(2)).unwrap();
    let oldest = view.messages.first().unwrap().key;
    let question = Query::Search { text: "x".into(), limit: 1 };
    let Answer::Search(mut hits) = desk.office.answer(&question) else { unreachable!() };
    hits.hits.truncate(1);
    for hit in &mut hits.hits {
        (hit.thread, hit.message) = (ThreadId::new(2), oldest);
    }
    desk.prompt = false;
    desk.keys("/").types("x");
    for (generation, _) in std::mem::take(&mut desk.asked) {
        let answer = Box::new(Answer::Search(hits.clone()));
        desk.hears(Event::Answer { generation, answer });
    }
    desk.prompt = true;
    desk.keys("enter enter");
    let first = desk.picture().lines().position(|line| line.starts_with(" ▸▾"));
    assert_eq!(first, Some(5), "{}", desk.picture());
}

#[test]
fn a_list_that_is_cut_off_says_so_at_its_end_and_what_to_do() {
    let mut desk = Desk::full(USUAL);
    for id in 100..2_100 {
        desk.office.inbox.push(thread_row(id, "Someone", "a row", "12 10:00", 1));
    }
    desk.office.inbox.truncate(2_000);
    desk.keys("2").hides("no more than");
    desk.keys("G").shows("no more than 2,000 rows are shown here: a search finds the others");
    desk.office.inbox.truncate(1_999);
    desk.keys("1 2 G").hides("no more than");
}

#[test]
fn leaving_over_an_open_undo_window_asks_first() {
    let mut desk = Desk::full(USUAL);
    desk.hears(Event::Queued { item: OutboxId::new(1), held_seconds: 10 }).keys("q");
    desk.shows("has not left yet");
    assert!(desk.wished.is_empty());
    desk.keys("y");
    assert!(matches!(desk.wished.last(), Some(Effect::Quit)));
}

#[test]
fn the_palette_does_what_its_entry_says() {
    let mut desk = Desk::full(USUAL);
    desk.keys(":").types("matters").keys("enter").shows("they heard");
}

#[test]
fn the_editor_brings_its_text_back() {
    let mut desk = Desk::full(USUAL);
    desk.writes().types("old").keys("ctrl-e");
    assert!(matches!(desk.wished.last(), Some(Effect::Edit(text)) if text.expose() == "old"));
    desk.give(Msg::Edited("new\u{1b}[31m text\n\n".into())).shows("new text").keys("esc");
    assert!(matches!(desk.last(), Command::KeepDraft(draft) if draft.body == "new text"));
}

#[test]
fn the_privacy_screen_shows_clocks_and_no_words() {
    let mut desk = Desk::full((120, 40));
    desk.keys("p").shows("LATE 1h20").hides("Mensah").hides("Lease").hides("Whitfield");
    for keys in ["2", "3", "4", "5", "1 enter"] {
        desk.keys(keys).hides("Mensah").hides("Lease").hides("Whitfield").hides("Kofi");
    }
    desk.told(Tone::Done, "Tagged to Mensah v. Harlow").hides("Mensah");
    for keys in ["3 t", "esc 1 !", "esc enter |"] {
        desk.keys(keys).hides("Mensah").hides("mensah");
    }
    desk.keys("esc q p").shows("Settlement");
}

#[test]
fn without_colours_every_state_still_has_its_word() {
    let theme = Theme::shipped("paper", false).unwrap();
    let mut desk = Desk::with(Office::full(), USUAL, theme);
    for keys in ["1", "2", "3", "4", "5"] {
        let buffer = desk.keys(keys).buffer();
        let plain = |color| color == Color::Reset;
        assert!(buffer.content().iter().all(|cell| plain(cell.fg) && plain(cell.bg)));
    }
    desk.keys("1").shows("LATE 1h20").shows("DUE  0h42").shows("ack");
    desk.keys("5").shows("UNKNOWN").shows("REFUSED");
}

/// The style of the first cell of this word.
fn style_of(desk: &mut Desk, word: &str) -> Style {
    let picture = desk.picture();
    let (row, line) =
        picture.lines().enumerate().find(|(_, line)| line.contains(word)).unwrap_or_else(|| {
            panic!("does not show {word:?}:\n{picture}");
        });
    let column = unicode_width::UnicodeWidthStr::width(&line[..line.find(word).unwrap()]);
    let buffer = desk.buffer();
    buffer[(u16::try_from(column).unwrap(), u16::try_from(row).unwrap())].style()
}

/// An inbox in which one thread has this mark.
fn marked(mark: impl Fn(&mut RowMarks)) -> Office {
    let mut office = Office::full();
    let mut row = thread_row(77, "Someone", "Something odd", "24 13:35", 1);
    row.marks.unread = true;
    mark(&mut row.marks);
    office.inbox.insert(1, row);
    office
}

#[test]
fn every_warning_has_its_word_and_its_style_in_a_window_of_any_width() {
    type Mark = fn(&mut RowMarks);
    let marks: [(&str, Mark, Color); 9] = [
        ("spoof?", |marks| marks.spoof = true, Color::Red),
        ("tampered", |marks| marks.tampered = true, Color::Red),
        ("2 senders", |marks| marks.senders = true, Color::Red),
        ("bounced", |marks| marks.bounced = true, Color::Red),
        ("contested", |marks| marks.contested = true, Color::Yellow),
        ("encrypted", |marks| marks.encrypted = true, Color::Yellow),
        ("hidden", |marks| marks.hidden = true, Color::Yellow),
        ("auto?", |marks| marks.auto = true, Color::Reset),
        ("courtesy?", |marks| marks.courtesy = true, Color::Reset),
    ];
    for (word, mark, colour) in marks {
        for size in [(60, 15), (80, 24), (120, 40)] {
            let mut desk = Desk::at(marked(mark), size);
            let style = style_of(desk.keys("2"), word);
            assert_eq!(style.fg, Some(colour), "{word} at {size:?}");
            assert!(!desk.picture().contains(&format!("{word}Some")), "{word} at {size:?}");

            let plain = Theme::shipped("paper", false).unwrap();
            let mut desk = Desk::with(marked(mark), size, plain);
            let style = style_of(desk.keys("2"), word);
            let subject = style_of(&mut desk, "Someth");
            assert_ne!(style, subject, "{word} without colours at {size:?}");
        }
    }
}

#[test]
fn a_narrow_window_keeps_the_subject_and_drops_the_matter() {
    let mut desk = Desk::full((60, 15));
    desk.keys("2").shows("Lease: the lan").hides("2026-0121");
    Desk::full(USUAL).keys("2").shows("2026-0121");
}

#[test]
fn in_a_thread_warnings_come_first_and_the_address_is_whole_however_narrow_it_is() {
    let mut office = Office::full();
    let thread = office.threads.get_mut(&ThreadId::new(2)).unwrap();
    thread.marks.spoof = true;
    thread.marks.encrypted = true;
    let last = thread.messages.last_mut().unwrap();
    last.from_address = office::text("kofi.mensah.the.second@mensah-family.example");
    last.remarks = vec![office::text(&"check by telephone before you answer ".repeat(4))];
    let mut desk = Desk::at(office, (60, 24));
    desk.keys("j enter").shows(" spoof?  ·  encrypted  ·  ACK DUE");
    desk.shows("from kofi.mensah.the.second@mensah-family.example");
    assert!(desk.picture().lines().filter(|line| line.contains("! ")).all(|l| !l.contains('…')));
}

#[test]
fn a_forward_without_own_words_shows_what_it_forwards() {
    let mut office = Office::full();
    let thread = office.threads.get_mut(&ThreadId::new(2)).unwrap();
    thread.messages[4].text = SafeText::default();
    let mut desk = Desk::at(office, USUAL);
    desk.keys("j enter").shows("│ > this morning").hides("quoted lines");
    desk.keys("v").shows("3 quoted lines").hides("│ > this");
    desk.keys("enter v").shows("│ > this morning");
    let mut desk = Desk::full(USUAL);
    desk.keys("j enter").shows("3 quoted lines").keys("v").shows("│ > this morning");
}

#[test]
fn a_message_without_any_text_says_so() {
    let mut office = Office::full();
    let thread = office.threads.get_mut(&ThreadId::new(2)).unwrap();
    thread.messages[4].text = SafeText::default();
    thread.messages[4].quoted = SafeText::default();
    Desk::at(office, USUAL).keys("j enter").shows("no text");
}

#[test]
fn a_thread_without_a_subject_says_so_everywhere() {
    let mut office = Office::full();
    office.inbox[1].subject = SafeText::default();
    office.due[1].subject = SafeText::line("  ");
    office.hits[0].subject = SafeText::default();
    office.threads.get_mut(&ThreadId::new(2)).unwrap().subject = SafeText::default();
    for keys in ["1", "2", "/ a enter", "1 j enter"] {
        Desk::at(office.clone(), USUAL).keys(keys).shows("no subject");
    }
    Desk::at(office, (120, 40)).keys("j").shows("│ no subject");
}

#[test]
fn an_empty_search_says_what_can_be_asked() {
    let mut desk = Desk::full(USUAL);
    desk.keys("6").shows("from:kofi").types("a").hides("from:kofi").shows("1 of 3");
}

#[test]
fn a_long_notice_stands_whole_until_the_next_key() {
    let sentence = "The disk is full. The last change was not written; everything before it is safe. Free some space \
                    and do it again; mail is fetched again by itself.";
    for size in [(60, 15), (80, 24), (120, 40)] {
        let mut desk = Desk::full(size);
        desk.told(Tone::Problem, sentence);
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let shown = words(&desk.picture()).join(" ");
        assert!(shown.contains(&words(sentence).join(" ")), "{size:?}: {shown}");
        desk.shows("? help").keys("j").hides("The disk is full");
    }
    Desk::full(USUAL).told(Tone::Done, "Starred.").shows("─ Starred. ─");
}

#[test]
fn an_account_that_waits_for_a_person_says_why_in_full() {
    let reason = "The mail server refused the login and said “no”. matterbox will not try again by itself, so that the \
                  account is not locked. Correct user or password, then press S.";
    let mut desk = Desk::full((60, 15));
    desk.link(LinkState::Stopped { reason: office::text(reason) })
        .shows("Correct user or password");
    desk.keys("j").hides("Correct user or password").shows("offline: The mail server refused");
}

#[test]
fn a_sync_of_thousands_costs_one_question_at_a_time() {
    let mut desk = Desk::full(USUAL);
    desk.prompt = false;
    for id in 0..1_000 {
        desk.give(Msg::Room(100));
        desk.hears(Event::Changed { threads: vec![ThreadId::new(id)] });
    }
    assert_eq!(desk.asked.len(), 2);
    desk.answer_all();
    assert_eq!(desk.asked.len(), 2);
    desk.answer_all();
    assert!(desk.asked.is_empty());
}

#[test]
fn a_window_made_smaller_keeps_the_selected_row_in_sight() {
    let mut desk = Desk::full(USUAL);
    for id in 100..200 {
        desk.office.inbox.push(thread_row(id, "Someone", &format!("row {id}"), "12 10:00", 1));
    }
    desk.keys("2 G").give(Msg::Resize { width: 80, height: 16 });
    assert!(desk.selected().contains("row 199"));
}

fn reviewed(findings: Vec<matterbox::app::event::Finding>) -> Event {
    Event::Reviewed {
        draft: sheet().draft.id,
        findings,
        footer: sheet().footer,
        recipients: vec![],
    }
}

fn described(footer: matterbox::domain::text::SafeText) -> Event {
    let matter = Some(office::text("2026-0130 Roth purchase"));
    Event::Described { draft: sheet().draft.id, matter, footer, recipients: vec![] }
}

#[test]
fn a_conversation_that_was_filed_while_one_wrote_is_shown_in_its_matter() {
    let mut desk = Desk::full(USUAL);
    desk.writes().shows("Reply · 2026-0121").hears(described(sheet().footer));
    desk.shows("Reply · 2026-0130 Roth purchase");
}

#[test]
fn the_gravest_finding_takes_its_word_and_no_other() {
    let mut desk = Desk::full(USUAL);
    desk.writes().types("Dear Kofi").keys("ctrl-s");
    let mut grave = finding("look-alike:kofi@mensch.example", Severity::Confirm, "It looks alike.");
    grave.word = Some(office::text("mensch.example"));
    desk.hears(reviewed(vec![grave])).keys("1").shows("type mensch.example");
    // Neither Enter, nor a wrong word, nor the word pasted.
    desk.keys("enter").shows("that is not it").types("mensah.example").keys("enter");
    desk.shows("that is not it").keys("ctrl-u");
    desk.give(Msg::Paste("mensch.example".into())).shows("type it").keys("enter");
    desk.shows("that is not it").keys("esc enter").shows("1 still to confirm");
    assert!(matches!(desk.last(), Command::Review(_)));
    desk.keys("1").types("Mensch.example").keys("enter").shows("⏎ sends it").keys("enter");
    assert!(matches!(desk.last(), Command::Send { confirmed, .. }
        if confirmed.iter().eq(["look-alike:kofi@mensch.example=mensch.example"])));
}

#[test]
fn a_typed_confirmation_is_taken_back_by_its_key() {
    let mut desk = Desk::full(USUAL);
    desk.writes().types("x").keys("ctrl-s");
    let mut grave = finding("hidden-letters:k@x.example", Severity::Confirm, "Hidden letters.");
    grave.word = Some(office::text("hidden letters"));
    desk.hears(reviewed(vec![grave])).keys("1").types("hidden letters").keys("enter");
    desk.shows("⏎ sends it").keys("1 enter").shows("1 still to confirm");
    assert!(matches!(desk.last(), Command::Review(_)));
}

#[test]
fn a_file_that_was_read_goes_with_the_draft_and_can_be_taken_off() {
    let mut desk = Desk::full(USUAL);
    desk.writes().types("See attached.").keys("ctrl-a").types("~/Lease.pdf").keys("enter");
    assert!(matches!(desk.wished.last(), Some(Effect::Attach { path, limit, .. })
        if path.expose() == "~/Lease.pdf" && *limit == 25 << 20));
    let id = sheet().draft.id;
    for name in ["Lease.pdf", "plan.png"] {
        desk.give(Msg::Attached { draft: id, file: Ok(enclosure(name, 3_000)) });
    }
    // It is in the record at once.
    assert!(matches!(desk.last(), Command::SaveDraft(draft) if draft.attachments.len() == 2));
    desk.shows("2 files").keys("up ctrl-x").shows("taken off: Lease.pdf").keys("enter");
    desk.shows("Files    plan.png").keys("ctrl-s");
    assert!(matches!(desk.last(), Command::Review(draft)
        if draft.attachments.iter().map(|file| file.name.as_str()).eq(["plan.png"])));
}

#[test]
fn nothing_is_reviewed_while_a_file_is_being_read() {
    let mut desk = Desk::full(USUAL);
    desk.writes().types("See attached.").keys("ctrl-a").types("/mnt/slow.pdf").keys("enter esc");
    desk.keys("ctrl-s").shows("a file is still being read");
    assert!(!desk.done.iter().any(|command| matches!(command, Command::Review(_))));
    let file = Err("/mnt/slow.pdf: there is no such file".to_owned());
    desk.give(Msg::Attached { draft: sheet().draft.id, file }).shows("there is no such file");
    desk.keys("ctrl-s");
    assert!(matches!(desk.last(), Command::Review(draft) if draft.attachments.is_empty()));
}

#[test]
fn a_file_for_a_draft_that_was_closed_is_not_attached_in_silence() {
    let mut desk = Desk::full(USUAL);
    desk.writes().keys("ctrl-a").types("/mnt/slow.pdf").keys("enter esc esc");
    desk.give(Msg::Attached { draft: sheet().draft.id, file: Ok(enclosure("slow.pdf", 10)) });
    desk.shows("it is not attached");
}

#[test]
fn a_name_that_was_typed_on_is_not_overwritten_by_a_late_completion() {
    let mut desk = Desk::full(USUAL);
    desk.writes().keys("ctrl-a").types("~/Le").keys("tab");
    assert!(
        matches!(desk.wished.last(), Some(Effect::Complete(typed)) if typed.expose() == "~/Le")
    );
    let found = matterbox::app::attach::Completion {
        text: "~/Lease.pdf".to_owned(),
        names: vec!["Lease.pdf".to_owned()],
    };
    desk.types("tt").give(Msg::Completed { typed: "~/Le".into(), found: found.clone() });
    desk.shows("~/Lett").keys("backspace backspace");
    desk.give(Msg::Completed { typed: "~/Le".into(), found }).shows("~/Lease.pdf");
}

#[test]
fn the_label_goes_round_and_is_kept_at_once() {
    let mut desk = Desk::full(USUAL);
    desk.writes().keys("ctrl-p").shows("Reply · AC");
    assert!(matches!(desk.last(), Command::SaveDraft(draft) if draft.privilege.is_some()));
    let footer = matterbox::domain::text::SafeText::block("PRIVILEGED\nThis message");
    desk.hears(described(footer));
    desk.shows("PRIVILEGED").keys("ctrl-p").shows("Reply · WP").keys("ctrl-p ctrl-p");
    desk.shows("Reply · 2026-0130");
    assert!(matches!(desk.last(), Command::SaveDraft(draft) if draft.privilege.is_none()));
}

#[test]
fn a_promise_is_offered_for_the_day_of_the_answer_and_taken_back_by_an_empty_field() {
    let mut desk = Desk::full(USUAL);
    desk.writes().keys("ctrl-d").shows("2026-11-25").shows("becomes a promise");
    desk.keys("ctrl-u").types("soon").keys("enter").shows("a day, such as fri");
    desk.keys("ctrl-u").types("2026-11-20").keys("enter").shows("is over");
    desk.keys("ctrl-u").types("4 dec").shows("later than Wed 2 Dec");
    desk.keys("ctrl-u").types("tue").keys("enter").shows("promises Tue 1 Dec");
    assert!(matches!(desk.last(), Command::SaveDraft(draft)
        if draft.holding == Some(jiff::civil::date(2026, 12, 1))));
    desk.keys("ctrl-d").shows("2026-12-01").keys("ctrl-u enter").hides("promises");
    assert!(matches!(desk.last(), Command::SaveDraft(draft) if draft.holding.is_none()));
}

#[test]
fn a_message_that_answers_nobody_promises_nothing() {
    let mut desk = Desk::full(USUAL);
    let mut new = sheet();
    (new.draft.kind, new.promise) = (ReplyKind::Forward, None);
    desk.hears(Event::DraftReady(new)).keys("ctrl-d").shows("Only an answer can promise one");
}

#[test]
fn an_answer_about_a_closed_draft_does_not_open_it_again() {
    let mut desk = Desk::full(USUAL);
    desk.writes().types("x").keys("esc");
    let footer = sheet().footer;
    desk.hears(described(footer));
    desk.hides("sends as");
}

#[test]
fn a_new_message_begins_at_once_when_none_was_kept() {
    let mut desk = Desk::full(USUAL);
    desk.keys("2 c");
    assert!(matches!(desk.last(), Command::StartDraft { kind: ReplyKind::Compose, .. }));
}

#[test]
fn two_new_messages_can_be_kept_side_by_side() {
    let mut desk = Desk::full(USUAL);
    desk.office.kept = office::kept_rows();
    desk.keys("2 c").shows("a new message").shows("to Dana Whitfield").keys("enter");
    assert!(matches!(desk.last(), Command::StartDraft { kind: ReplyKind::Compose, .. }));
    desk.keys("c").types("hearing").keys("enter");
    assert!(matches!(desk.last(), Command::OpenDraft(draft) if draft.get() == 31));
}

#[test]
fn a_new_message_in_which_nothing_stands_is_not_kept() {
    let mut desk = Desk::full(USUAL);
    let mut new = sheet();
    new.draft.kind = ReplyKind::Compose;
    (new.draft.to, new.draft.cc, new.draft.subject) = (vec![], vec![], String::new());
    desk.hears(Event::DraftReady(new.clone())).keys("esc").hides("sends as");
    assert!(matches!(desk.last(), Command::DiscardDraft(_)));
    desk.hears(Event::DraftReady(new)).types("ann@x.example").keys("esc");
    assert!(matches!(desk.last(), Command::KeepDraft(draft) if draft.to.len() == 1));
}
