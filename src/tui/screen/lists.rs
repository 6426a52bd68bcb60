//! What keys do in lists and to threads: moving, opening, marking, tagging, answering.
//!
//! Owns the path from a row to a command. Everything that works on one row works on the marked ones.

use crate::{
    app::{
        command::{Command, Operate, Settlement},
        event::Tone,
        operate::Target,
        rows::Query,
    },
    domain::{draft::ReplyKind, id::ThreadId, message::Direction},
    tui::{
        action::{Action, Deed},
        asks::Slot,
        layer::{
            Layer, Picker, Prompt,
            operate::{ask_delete, pick_folder},
        },
        model::{Model, Page, View},
        screen::{folders, matter::MatterPage, outbox, thread::ThreadPage},
        widget::{
            chooser::Chooser,
            field::Field,
            list::{List, Steps},
            pager::Pager,
        },
    },
};

/// Moves or marks; the number is that of the rows in sight.
type Step = fn(&mut dyn Steps, isize);

/// How actions move and mark in a list; `page` is the number of rows in sight.
const STEPS: &[(Action, Step)] = &[
    (Action::Down, |list, _| list.step(1)),
    (Action::Up, |list, _| list.step(-1)),
    (Action::First, |list, _| list.first()),
    (Action::Last, |list, _| list.last()),
    (Action::HalfPageDown, |list, page| list.step(half(page))),
    (Action::HalfPageUp, |list, page| list.step(half(page).saturating_neg())),
    (Action::PageDown, |list, page| list.step(page)),
    (Action::PageUp, |list, page| list.step(page.saturating_neg())),
    (Action::Mark, |list, _| list.mark()),
    (Action::MarkRange, |list, _| list.mark_range()),
    (Action::MarkAll, |list, _| list.mark_all()),
];

/// What actions do with the selected or marked threads.
const DEEDS: &[Deed<Model>] = &[
    (Action::Open, open),
    (Action::NextPane, to_search_field),
    (Action::PreviousPane, to_search_field),
    (Action::Tag, pick_matter),
    (Action::AcceptSuggestion, |model| {
        on_threads(model, |threads| Command::AcceptSuggestion { threads });
    }),
    (Action::Untag, |model| {
        on_threads(model, |threads| Command::Untag { threads });
    }),
    (Action::Star, star),
    (Action::Dismiss, ask_reason),
    (Action::Archive, |model| {
        on_threads(model, |threads| {
            Command::Operate(Operate::Relocate { threads, target: Target::Archive })
        });
    }),
    (Action::MoveTo, |model| with_targets(model, pick_folder)),
    (Action::Delete, |model| with_targets(model, ask_delete)),
    (Action::ToggleRead, toggle_read),
    (Action::Explain, explain),
    (Action::Raw, raw),
    (Action::Reply, |model| write(model, ReplyKind::Reply)),
    (Action::ReplyAll, |model| write(model, ReplyKind::ReplyAll)),
    (Action::Acknowledge, |model| write(model, ReplyKind::Acknowledge)),
    (Action::Forward, |model| write(model, ReplyKind::Forward)),
    (Action::WentOut, |model| outbox::settle(model, Settlement::WentOut)),
    (Action::SendAgain, |model| outbox::settle(model, Settlement::SendAgain)),
    (Action::CancelSend, outbox::cancel),
    (Action::NextHit, |model| next_hit(model, 1)),
    (Action::PreviousHit, |model| next_hit(model, -1)),
];

fn half(page: isize) -> isize {
    page.div_euclid(2).max(1)
}

/// Carries out an action that moves in a list or marks in it. `false` if it is none.
pub fn step(model: &mut Model, action: Action) -> bool {
    let Some((_, deed)) = STEPS.iter().find(|(name, _)| *name == action) else { return false };
    let Some(list) = model.list_mut() else { return false };
    let page = isize::try_from(list.height()).unwrap_or(1);
    deed(list, page);
    model.ask_preview();
    true
}

/// Carries out an action on the selected or marked threads. `false` if it is none.
pub fn act(model: &mut Model, action: Action) -> bool {
    let deed = DEEDS.iter().find(|(name, _)| *name == action);
    if let Some((_, deed)) = deed {
        deed(model);
    }
    deed.is_some()
}

fn to_search_field(model: &mut Model) {
    if model.view == View::Record && model.pages.is_empty() {
        model.record.typing = true;
    }
}

fn star(model: &mut Model) {
    let on = !starred(model);
    on_threads(model, |threads| Command::Star { threads, on });
}

/// Opens what is selected: a thread, or a matter.
fn open(model: &mut Model) {
    if model.pages.is_empty() && model.view == View::Matters {
        let Some(matter) = model.matters.selected().map(|row| row.matter.clone()) else { return };
        model.asks.ask(Slot::Matter, Query::MatterThreads(matter.id));
        let query = Query::Deadlines { matter: Some(matter.id), ended: false };
        model.asks.ask(Slot::MatterDeadlines, query);
        let mut list = List::default();
        list.pin();
        model.pages.push(Page::Matter(MatterPage { matter, list, deadlines: Vec::new() }));
        model.lay_out();
    } else if model.pages.is_empty() && model.view == View::Record && model.record.shows_folders() {
        folders::open(model);
    } else if let Some(thread) = model.here() {
        open_thread(model, thread);
    }
}

/// Opens a thread on top of what is in front.
pub fn open_thread(model: &mut Model, thread: ThreadId) {
    let hit = model.record.list.selected().filter(|_| model.view == View::Record);
    let hit = hit.map(|hit| hit.message);
    model.pages.push(Page::Thread(Box::new(ThreadPage::new(thread, hit))));
    model.asks.ask(Slot::Thread, Query::Thread(thread));
    model.lay_out();
}

/// From hit to hit of the search; where one is open, the next one is opened.
fn next_hit(model: &mut Model, by: isize) {
    if model.view != View::Record {
        model.tell(Tone::Info, "this key goes from hit to hit of a search, and none is open here");
        return;
    }
    let reading = matches!(model.pages.last(), Some(Page::Thread(_)));
    model.pages.retain(|page| !matches!(page, Page::Thread(_)));
    model.record.list.step(by);
    if reading {
        open(model);
    }
}

/// Sends a command about the targets; when it went out, the marks have served.
fn on_threads(model: &mut Model, command: impl FnOnce(Vec<ThreadId>) -> Command) -> bool {
    let threads = model.targets();
    if threads.is_empty() {
        model.tell(Tone::Info, "no thread is selected");
        return false;
    }
    let sent = model.send(command(threads));
    if sent && let Some(list) = model.list_mut() {
        list.clear_marks();
    }
    sent
}

fn with_targets(model: &mut Model, then: fn(&mut Model, Vec<ThreadId>)) {
    let threads = model.targets();
    if threads.is_empty() {
        model.tell(Tone::Info, "no thread is selected");
    } else {
        then(model, threads);
    }
}

/// A thread with something unread becomes read, another one unread; what is open is read, so it becomes unread.
fn toggle_read(model: &mut Model) {
    let unread = match model.pages.last() {
        Some(Page::Thread(_) | Page::Compose(_)) => false,
        Some(Page::Matter(_)) | None => model.list().is_some_and(Steps::unread),
    };
    on_threads(model, |threads| Command::Operate(Operate::SetRead { threads, read: unread }));
}

fn starred(model: &Model) -> bool {
    match model.pages.last() {
        Some(Page::Thread(page)) => page.view.as_ref().is_some_and(|view| view.marks.starred),
        Some(Page::Compose(_)) => false,
        Some(Page::Matter(_)) | None => model.list().is_some_and(Steps::starred),
    }
}

fn pick_matter(model: &mut Model) {
    let threads = model.targets();
    let Some(first) = threads.first().copied() else {
        model.tell(Tone::Info, "no thread is selected");
        return;
    };
    model.asks.ask(Slot::Choice, Query::MatterChoice(first));
    let picker = Picker { threads, chooser: Chooser::new(Vec::new(), 1), loaded: false };
    model.push_layer(Layer::Picker(picker));
}

fn ask_reason(model: &mut Model) {
    let threads = model.targets();
    if threads.is_empty() {
        model.tell(Tone::Info, "no thread is selected");
        return;
    }
    let prompt = Prompt { threads, field: Field::default(), complaint: None };
    model.push_layer(Layer::Prompt(prompt));
}

fn explain(model: &mut Model) {
    let Some(thread) = model.here() else {
        model.tell(Tone::Info, "no thread is selected");
        return;
    };
    model.asks.ask(Slot::Explain, Query::Explain(thread));
    model.push_layer(Layer::Explain(Pager::default()));
}

fn raw(model: &mut Model) {
    let message = match model.pages.last() {
        Some(Page::Thread(page)) => page.selected,
        None if model.view == View::Record => model.record.list.selected().map(|hit| hit.message),
        Some(Page::Matter(_) | Page::Compose(_)) | None => None,
    };
    let Some(message) = message else {
        model.tell(Tone::Info, "open the thread first: the raw source is that of one message");
        return;
    };
    model.asks.ask(Slot::Raw, Query::Raw(message));
    model.push_layer(Layer::Raw(Pager::default()));
}

/// Starts an answer. In an opened thread it answers the selected message, if that came from outside.
fn write(model: &mut Model, kind: ReplyKind) {
    let Some(thread) = model.here() else {
        model.tell(Tone::Info, "no thread is selected");
        return;
    };
    let parent = match model.pages.last() {
        Some(Page::Thread(page)) => page
            .message()
            .filter(|m| m.direction == Direction::Inbound || kind == ReplyKind::Forward)
            .map(|message| message.key),
        Some(Page::Matter(_) | Page::Compose(_)) | None => None,
    };
    model.send(Command::StartDraft { kind, thread: Some(thread), parent });
}
