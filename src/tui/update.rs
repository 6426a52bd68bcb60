//! From what happened to a new model and to wishes: the root, which delegates to one screen or one layer.
//!
//! Owns the dispatch of keys, events and answers. Pure: no I/O, no clock; time is an argument.

use jiff::Timestamp;

use crate::{
    app::{
        command::Command,
        event::{Event, LinkState, Notice, Offer, Tone},
        rows::{Answer, Query},
    },
    domain::{
        id::{AccountId, ThreadId},
        text::SafeText,
    },
};

use super::{
    action::{Action, Deed, Group},
    asks::Slot,
    effect::Effect,
    key::{Key, chord_sign},
    keymap::{Context, Lookup},
    layer::{self, Confirm, Confirmed, Layer},
    model::{Model, Page, View},
    msg::Msg,
    screen::{compose, lists, thread},
    widget::{
        chooser::{Chooser, Item},
        pager::Pager,
    },
};

/// Takes one message into the model, and says what is to be done.
pub fn update(model: &mut Model, now: Timestamp, msg: Msg) -> Vec<Effect> {
    let passed = now != model.now;
    model.now = now;
    expire(model);
    match msg {
        Msg::Start => {
            model.asks.ask(Slot::Counts, Query::Counts);
            model.ask_view();
        }
        Msg::Key(key) => press(model, key),
        Msg::Paste(text) => paste(model, text.expose()),
        Msg::Resize { width, height } => {
            (model.width, model.height) = (width, height);
            model.lay_out();
            model.ask_preview();
            model.redraw = true;
        }
        Msg::Tick => {
            model.redraw |= passed;
            model.asks.tick();
            compose::update::keep_open(model);
        }
        Msg::Event(event) => heard(model, event),
        Msg::Room(room) => model.room = room,
        Msg::Leave => compose::update::keep_open(model),
        Msg::Busy => {
            model.room = 0;
            model.busy();
            model.asks.repeat();
        }
        Msg::Edited(text) => {
            compose::update::edited(model, &text);
            model.redraw = true;
        }
        Msg::EditFailed(sentence) => model.tell(Tone::Problem, &sentence),
        Msg::Attached { draft, file } => compose::files::arrived(model, draft, file),
        Msg::Completed { typed, found } => compose::files::completed(model, &typed, found),
    }
    flush(model);
    std::mem::take(&mut model.effects)
}

/// Sends the questions for which there is room; the others wait for the next turn.
fn flush(model: &mut Model) {
    while let Some(left) = model.room.checked_sub(1) {
        let Some((generation, query)) = model.asks.next() else { break };
        model.room = left;
        model.effects.push(Effect::Ask { generation, query });
    }
}

fn expire(model: &mut Model) {
    let before = model.held.len();
    model.held.retain(|held| held.until > model.now);
    model.redraw |= before != model.held.len();
}

/// A key: a layer's own key, text, or an action by the trie.
fn press(model: &mut Model, key: Key) {
    model.pin();
    if model.notice.take().is_some() {
        model.redraw = true;
    }
    if model.is_hidden() {
        model.chord.clear();
        blind(model, key);
        return;
    }
    if model.chord.is_empty() {
        if layer::update::own_key(model, key) {
            model.redraw = true;
            return;
        }
        if model.types() && key.types().is_some() {
            type_key(model, key);
            return;
        }
    }
    model.chord.push(key);
    match model.keys.lookup(model.contexts(), &model.chord) {
        Lookup::Matched(action) => {
            model.chord.clear();
            model.redraw = true;
            act(model, action);
        }
        Lookup::Pending(_) => model.redraw = true,
        Lookup::NotFound => {
            model.chord.clear();
            if model.types() {
                type_key(model, key);
            }
        }
        Lookup::Cancelled(keys) => {
            model.chord.clear();
            model.tell(Tone::Info, &format!("{} does nothing here", chord_sign(&keys)));
        }
    }
}

/// A key in the dark: nobody shall send, tag or write what they do not see. What is left is the way back into the light
/// and the way out, on which what is being written is kept.
fn blind(model: &mut Model, key: Key) {
    let bound = |contexts: &[Context]| match model.keys.lookup(contexts, &[key]) {
        Lookup::Matched(action) => Some(action),
        Lookup::Pending(_) | Lookup::NotFound | Lookup::Cancelled(_) => None,
    };
    let everywhere = bound(&[Context::Global]);
    let here = bound(model.contexts());
    let small = model.too_small();
    if small && everywhere == Some(Action::Quit) {
        compose::update::keep_open(model);
        model.effects.push(Effect::Quit);
    } else if let Some(action @ (Action::Redraw | Action::Suspend)) = everywhere {
        everywhere_act(model, action);
    } else if !small && everywhere == Some(Action::Privacy) {
        everywhere_act(model, Action::Privacy);
    } else if let (false, Some(action @ (Action::Back | Action::KeepDraft))) = (small, here) {
        act(model, action);
    } else {
        return;
    }
    model.redraw = true;
}

/// A key that edits text.
fn type_key(model: &mut Model, key: Key) {
    model.redraw = true;
    if !model.layers.is_empty() {
        layer::update::press(model, key);
    } else if matches!(model.pages.last(), Some(Page::Compose(_))) {
        compose::update::press(model, key);
    } else if model.record.field.press(key) {
        model.record.list.release();
        model.ask_view();
    }
}

fn paste(model: &mut Model, text: &str) {
    if !model.types() || model.is_hidden() {
        return;
    }
    model.redraw = true;
    if !model.layers.is_empty() {
        layer::update::paste(model, text);
    } else if matches!(model.pages.last(), Some(Page::Compose(_))) {
        compose::update::paste(model, text);
    } else {
        model.record.field.insert(text);
        model.record.list.release();
        model.ask_view();
    }
}

/// Actions that mean the same everywhere outside layers.
const EVERYWHERE: &[Deed<Model>] = &[
    (Action::ViewDue, |model| show(model, View::Due)),
    (Action::ViewInbox, |model| show(model, View::Inbox)),
    (Action::ViewUntagged, |model| show(model, View::Untagged)),
    (Action::ViewMatters, |model| show(model, View::Matters)),
    (Action::ViewOutbox, |model| show(model, View::Outbox)),
    (Action::ViewRecord, |model| show(model, View::Record)),
    (Action::Search, search),
    (Action::Waiting, layer::operate::show_waiting),
    // Whether a new message was begun and kept is asked first.
    (Action::Compose, |model| model.asks.ask(Slot::Kept, Query::Kept)),
    // What was done last is taken back, a message that was sent like everything else: the engine knows the order.
    (Action::Undo, |model| {
        model.send(Command::Undo);
    }),
    (Action::Redo, |model| {
        model.send(Command::Redo);
    }),
    (Action::Sync, |model| {
        if model.send(Command::SyncNow) {
            model.tell(Tone::Info, "looking for mail");
        }
    }),
    (Action::PauseHistory, |model| {
        let pause = !model.counts.paused;
        if model.send(Command::PauseHistory(pause)) {
            model.tell(
                Tone::Info,
                if pause {
                    "older mail waits until the same key lets it go on; new mail comes all the same"
                } else {
                    "older mail is fetched again"
                },
            );
        }
    }),
    (Action::SignIn, layer::sign_in::begin),
    (Action::Palette, palette),
    (Action::Help, help),
    (Action::Privacy, |model| model.privacy = !model.privacy),
    (Action::Redraw, |model| model.effects.push(Effect::Clear)),
    (Action::Suspend, |model| model.effects.push(Effect::Suspend)),
    (Action::Back, back),
    (Action::Quit, quit),
];

/// Carries out an action where the person is.
pub(super) fn act(model: &mut Model, action: Action) {
    if !model.layers.is_empty() {
        layer::update::act(model, action);
        return;
    }
    let typing = model.contexts() == [Context::Field];
    let here = match model.pages.last_mut() {
        Some(Page::Compose(_)) => compose::update::act(model, action),
        Some(Page::Thread(page)) => {
            let here = thread::update::act(page, action);
            thread::update::looked(model);
            here || lists::act(model, action)
        }
        None if typing => search_field(model, action),
        Some(Page::Matter(_)) | None => lists::step(model, action) || lists::act(model, action),
    };
    if !here {
        everywhere_act(model, action);
    }
}

fn everywhere_act(model: &mut Model, action: Action) {
    if let Some((_, deed)) = EVERYWHERE.iter().find(|(name, _)| *name == action) {
        deed(model);
    }
}

/// In the search field: to the hits, or back to where the person was.
fn search_field(model: &mut Model, action: Action) -> bool {
    let leaves = [Action::Accept, Action::NextPane, Action::PreviousPane, Action::Back];
    let here = leaves.contains(&action);
    if here {
        model.record.typing = false;
    }
    here
}

fn show(model: &mut Model, view: View) {
    model.pages.clear();
    model.asks.forget(Slot::Thread);
    model.asks.forget(Slot::Matter);
    model.view = view;
    model.ask_view();
    if view == View::Record && model.record.field.is_empty() {
        model.record.typing = true;
    }
    model.ask_preview();
}

fn search(model: &mut Model) {
    show(model, View::Record);
    model.record.typing = true;
}

/// One step back: from a page to what was below, then from marks to none. Nothing is ever discarded.
fn back(model: &mut Model) {
    match model.pages.pop() {
        Some(Page::Thread(_)) => model.asks.forget(Slot::Thread),
        Some(Page::Matter(_)) => model.asks.forget(Slot::Matter),
        Some(page @ Page::Compose(_)) => model.pages.push(page),
        None => {
            if let Some(list) = model.list_mut() {
                list.clear_marks();
            }
        }
    }
}

/// `q`: back from a page; from a view it leaves the program, but not over an open undo window without a word.
fn quit(model: &mut Model) {
    if !model.pages.is_empty() {
        back(model);
    } else if !model.held.is_empty() {
        let question = "Your message has not left yet; it stays in the outbox and goes out when matterbox runs again. Leave?";
        let confirm = Confirm { question: question.to_owned(), then: Confirmed::Quit };
        model.push_layer(Layer::Confirm(confirm));
    } else {
        model.effects.push(Effect::Quit);
    }
}

/// Every action that has a meaning where the person is.
fn palette(model: &mut Model) {
    let contexts = model.contexts();
    let items: std::collections::BTreeSet<Action> = model
        .keys
        .rows()
        .into_iter()
        .filter(|row| contexts.contains(&row.context) && row.action != Action::Palette)
        .map(|row| row.action)
        .collect();
    // What moves about comes last: whoever opens the palette looks for something to do.
    let (moves, does): (Vec<_>, Vec<_>) =
        items.into_iter().partition(|action| action.group() == Group::Move);
    let items = does
        .into_iter()
        .chain(moves)
        .map(|action| {
            let key = model.sign_for(action).unwrap_or_default();
            let label = action.description().to_owned();
            Item { value: action, label, detail: format!("{key:<6} {}", action.name()) }
        })
        .collect();
    model.push_layer(Layer::Palette(Chooser::new(items, 1)));
}

/// The keys of this place, made from the key table.
fn help(model: &mut Model) {
    let contexts = model.contexts();
    let mut rows: Vec<_> =
        model.keys.rows().into_iter().filter(|row| contexts.contains(&row.context)).collect();
    rows.sort_by_key(|row| row.action);
    let mut lines = Vec::new();
    let mut group: Option<Group> = None;
    let mut done: Option<Action> = None;
    for row in &rows {
        if done == Some(row.action) {
            continue;
        }
        done = Some(row.action);
        if group != Some(row.action.group()) {
            if group.is_some() {
                lines.push(SafeText::line(" "));
            }
            group = Some(row.action.group());
            lines.push(SafeText::line(row.action.group().title()));
        }
        let signs: Vec<&str> = rows
            .iter()
            .filter(|other| other.action == row.action)
            .map(|other| other.sign.as_str())
            .collect();
        let text = format!("  {:<14} {}", signs.join("  "), row.action.description());
        lines.push(SafeText::line(&text));
    }
    model.push_layer(Layer::Help(Pager::new(lines, 1, 1)));
}

/// How an account's connection is.
fn linked(model: &mut Model, account: AccountId, state: LinkState) {
    // Only a person can set it right: it is said whole, not as much as fits into the bottom line.
    let offer = match &state {
        LinkState::Stopped { reason } => Some((reason, Offer::Sync)),
        LinkState::SignInNeeded { reason } => Some((reason, Offer::SignIn)),
        LinkState::Connecting
        | LinkState::Syncing { .. }
        | LinkState::Online
        | LinkState::Waiting { .. } => None,
    };
    if let Some((reason, offer)) = offer {
        model.notice = Some(Notice::problem(reason.as_str()).offering(offer));
        model.redraw = true;
    }
    let old = model.links.insert(account, state);
    let arrives = |state: &LinkState| matches!(state, LinkState::Syncing { .. });
    model.arriving =
        if model.links.values().any(arrives) { model.arriving.or(Some(model.now)) } else { None };
    if old != model.links.get(&account).cloned() {
        model.redraw = true;
        model.asks.refresh(Slot::Counts, Query::Counts);
        let folders = model.view == View::Record && model.record.shows_folders();
        if folders {
            model.asks.refresh(Slot::Folders, Query::Folders);
        }
    }
}

/// News from the engine.
fn heard(model: &mut Model, event: Event) {
    match event {
        Event::Changed { threads } => changed(model, Some(&threads)),
        Event::ChangedEverything => changed(model, None),
        Event::Answer { generation, answer } => {
            if let Some(slot) = model.asks.answered(generation) {
                answered(model, slot, *answer);
                model.redraw = true;
            }
        }
        Event::DraftReady(sheet) => {
            compose::update::ready(model, sheet);
            model.redraw = true;
        }
        Event::Described { draft, matter, footer, recipients } => {
            compose::update::described(model, draft, footer, recipients);
            compose::update::filed(model, draft, matter);
            compose::update::answered(model, draft);
            model.redraw = true;
        }
        Event::Reviewed { draft, findings, footer, recipients } => {
            compose::update::described(model, draft, footer, recipients);
            compose::update::reviewed(model, draft, findings);
            model.redraw = true;
        }
        Event::Queued { item, held_seconds } => {
            compose::update::queued(model, item, held_seconds);
            changed(model, None);
        }
        Event::Recalled { item } => {
            model.held.retain(|held| held.item != item);
            model.redraw = true;
        }
        Event::Link { account, state } => linked(model, account, state),
        Event::SignIn(news) => layer::sign_in::heard(model, news),
        Event::Notice(notice) => noticed(model, notice),
    }
}

fn noticed(model: &mut Model, notice: Notice) {
    if notice.tone == Tone::Problem {
        compose::update::refused(model);
    }
    model.notice = Some(notice);
    model.redraw = true;
}

/// Rows changed: what is in sight is asked anew. `None` for all.
fn changed(model: &mut Model, threads: Option<&[ThreadId]>) {
    let concerns = |id: ThreadId| threads.is_none_or(|threads| threads.contains(&id));
    model.asks.refresh(Slot::Counts, Query::Counts);
    if model.layers.iter().any(|layer| matches!(layer, Layer::Waiting(_))) {
        model.asks.refresh(Slot::Operations, Query::Operations);
    }
    let (slot, query) = model.view_query();
    model.asks.refresh(slot, query);
    if let Some(shown) = model.preview.as_ref().map(|view| view.thread).filter(|id| concerns(*id)) {
        model.asks.refresh(Slot::Preview, Query::Thread(shown));
    }
    for page in &model.pages {
        match page {
            Page::Thread(page) if concerns(page.id) => {
                model.asks.refresh(Slot::Thread, Query::Thread(page.id));
            }
            Page::Matter(page) => {
                model.asks.refresh(Slot::Matter, Query::MatterThreads(page.matter.id));
            }
            Page::Thread(_) | Page::Compose(_) => {}
        }
    }
}

/// An answer that is still awaited finds its place. The slot tells a thread for reading from one for the preview.
fn answered(model: &mut Model, slot: Slot, answer: Answer) {
    match answer {
        Answer::Counts(counts) => model.counts = counts,
        Answer::Due(rows) => {
            model.due.set(rows);
            model.ask_preview();
        }
        Answer::Inbox(rows) => model.inbox.set(rows),
        Answer::Untagged(rows) => model.untagged.set(rows),
        Answer::Matters(rows) => model.matters.set(rows),
        Answer::MatterThreads(rows) => {
            for page in &mut model.pages {
                if let Page::Matter(page) = page {
                    page.list.set(rows);
                    break;
                }
            }
        }
        Answer::Thread(view) if slot == Slot::Preview => model.preview = view,
        Answer::Thread(view) => thread::update::arrived(model, view),
        Answer::Explain(lines) => layer::update::explained(model, &lines),
        Answer::Raw(source) => layer::update::raw(model, source),
        Answer::Outbox(rows) => model.outbox.set(rows),
        Answer::Search(result) => {
            model.record.complaint = result.complaint;
            model.record.list.set(result.hits);
        }
        Answer::MatterChoice(choices) => layer::update::choices(model, &choices),
        Answer::Folders(rows) => model.record.folders.set(rows),
        Answer::Kept(rows) => layer::update::kept(model, &rows),
        Answer::Destinations(rows) => layer::operate::folders(model, &rows),
        Answer::Operations(rows) => layer::operate::waiting(model, &rows),
    }
}
