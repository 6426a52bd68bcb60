//! What keys do in a layer.
//!
//! Owns the choice, the confirmation and the way back. `Esc` puts the layer away and changes nothing below it.

use super::{Confirmed, Layer, matter_items, operate, sign_in};
use crate::{
    app::{
        command::Command,
        event::Tone,
        rows::{KeptRow, Suggestion},
    },
    domain::{draft::ReplyKind, text::SafeText},
    tui::{
        action::Action,
        asks::Slot,
        effect::Effect,
        key::{Code, Key},
        model::{Model, Page},
        screen::compose::{self, files},
        update::act as act_below,
        widget::{
            chooser::{Chooser, Item},
            field::Field,
            pager::Pager,
        },
    },
};

/// Keys that belong to the layer itself, whatever `keys.toml` says: `y` in a question, a finding's own key.
pub fn own_key(model: &mut Model, key: Key) -> bool {
    let Some(typed) = key.types() else { return edits_line(model, key) };
    match model.layers.last_mut() {
        Some(Layer::Confirm(_)) if typed == 'y' => {
            confirm(model);
            true
        }
        Some(Layer::Findings(findings)) => findings.typing().is_none() && findings.press(typed),
        Some(
            Layer::Confirm(_)
            | Layer::Help(_)
            | Layer::Explain(_)
            | Layer::Raw(_)
            | Layer::Palette(_)
            | Layer::Picker(_)
            | Layer::Prompt(_)
            | Layer::Attach(_)
            | Layer::Day(_)
            | Layer::Drafts(_)
            | Layer::Folders(_)
            | Layer::Waiting(_)
            | Layer::SignIn(_),
        )
        | None => false,
    }
}

/// Where there is one line to edit and no list to move in, the keys of a line are the line's.
fn edits_line(model: &mut Model, key: Key) -> bool {
    let one_line = match model.layers.last() {
        Some(Layer::Prompt(_) | Layer::Day(_) | Layer::Attach(_)) => true,
        Some(Layer::Findings(findings)) => findings.typing().is_some(),
        Some(
            Layer::Confirm(_)
            | Layer::Help(_)
            | Layer::Explain(_)
            | Layer::Raw(_)
            | Layer::Palette(_)
            | Layer::Picker(_)
            | Layer::Drafts(_)
            | Layer::Folders(_)
            | Layer::Waiting(_)
            | Layer::SignIn(_),
        )
        | None => false,
    };
    let line_key = matches!(key.code, Code::Home | Code::End)
        || (key.ctrl && matches!(key.code, Code::Char('u')));
    let taken = one_line && line_key;
    if taken {
        press(model, key);
    }
    taken
}

/// A typed key goes to the layer's field.
pub fn press(model: &mut Model, key: Key) {
    edit(model, |field| field.press(key));
    if let Some(Layer::Findings(findings)) = model.layers.last_mut() {
        findings.type_key(key);
    }
}

/// Pasted text goes to the layer's field.
pub fn paste(model: &mut Model, text: &str) {
    edit(model, |field| {
        field.insert(text);
        true
    });
    if let Some(Layer::Findings(findings)) = model.layers.last_mut() {
        findings.paste();
    }
}

/// Changes the field of the layer on top, and whatever hangs on it.
fn edit(model: &mut Model, change: impl FnOnce(&mut Field) -> bool) {
    match model.layers.last_mut() {
        Some(Layer::Palette(chooser)) => chooser.edit(change),
        Some(Layer::Picker(picker)) => picker.chooser.edit(change),
        Some(Layer::Drafts(chooser)) => chooser.edit(change),
        Some(Layer::Folders(sheet)) => sheet.chooser.edit(change),
        Some(Layer::Waiting(sheet)) => sheet.chooser.edit(change),
        Some(Layer::Prompt(prompt)) => {
            prompt.complaint = None;
            change(&mut prompt.field);
        }
        Some(Layer::Attach(sheet)) => {
            if change(&mut sheet.field) {
                (sheet.note, sheet.names) = (None, Vec::new());
            }
        }
        Some(Layer::Day(asked)) => {
            asked.complaint = None;
            change(&mut asked.field);
        }
        Some(Layer::SignIn(sheet)) => sheet.edit(change),
        Some(
            Layer::Confirm(_)
            | Layer::Help(_)
            | Layer::Explain(_)
            | Layer::Raw(_)
            | Layer::Findings(_),
        )
        | None => {}
    }
}

/// Carries out an action in the layer on top.
pub fn act(model: &mut Model, action: Action) {
    match action_step(model, action) {
        Some(by) => scroll(model, by),
        None if decides(model, action) => operate::decide(model, action),
        None if action == Action::Accept => accept(model),
        None if action == Action::Back => close(model),
        None if action == Action::Complete => complete(model),
        None if action == Action::Detach => files::detach(model),
        None => {}
    }
}

/// Goes on with a half-typed file name; where somebody signs in, the other way is taken.
fn complete(model: &mut Model) {
    if matches!(model.layers.last(), Some(Layer::SignIn(_))) {
        sign_in::other_way(model);
    } else {
        files::complete(model);
    }
}

fn close(model: &mut Model) {
    if !sign_in::may_close(model) {
        return;
    }
    if let Some(Layer::Findings(findings)) = model.layers.last_mut()
        && findings.give_up()
    {
        return;
    }
    match model.layers.pop() {
        Some(Layer::Explain(_)) => model.asks.forget(Slot::Explain),
        Some(Layer::Raw(_)) => model.asks.forget(Slot::Raw),
        Some(Layer::Picker(_)) => model.asks.forget(Slot::Choice),
        Some(Layer::Folders(_)) => model.asks.forget(Slot::Destinations),
        Some(Layer::Waiting(_)) => model.asks.forget(Slot::Operations),
        Some(
            Layer::Help(_)
            | Layer::Palette(_)
            | Layer::Confirm(_)
            | Layer::Prompt(_)
            | Layer::Findings(_)
            | Layer::Attach(_)
            | Layer::Day(_)
            | Layer::Drafts(_)
            | Layer::SignIn(_),
        )
        | None => {}
    }
}

/// By how many lines an action moves here.
fn action_step(model: &Model, action: Action) -> Option<isize> {
    let height = match model.layers.last()? {
        Layer::Help(pager) | Layer::Explain(pager) | Layer::Raw(pager) => pager.height(),
        Layer::Palette(chooser) => chooser.height(),
        Layer::Picker(picker) => picker.chooser.height(),
        Layer::Drafts(chooser) => chooser.height(),
        Layer::Folders(sheet) => sheet.chooser.height(),
        Layer::Waiting(sheet) => sheet.chooser.height(),
        Layer::Confirm(_)
        | Layer::Prompt(_)
        | Layer::Findings(_)
        | Layer::Attach(_)
        | Layer::Day(_) => 1,
        Layer::SignIn(sheet) => sheet.page(),
    };
    let page = isize::try_from(height).unwrap_or(1);
    let half = page.div_euclid(2).max(1);
    let steps = [
        (Action::Down, 1),
        (Action::Up, -1),
        (Action::HalfPageDown, half),
        (Action::HalfPageUp, half.saturating_neg()),
        (Action::PageDown, page),
        (Action::PageUp, page.saturating_neg()),
        (Action::First, isize::MIN),
        (Action::Last, isize::MAX),
    ];
    steps.iter().find(|(name, _)| *name == action).map(|(_, by)| *by)
}

fn scroll(model: &mut Model, by: isize) {
    match model.layers.last_mut() {
        Some(Layer::Help(pager) | Layer::Explain(pager) | Layer::Raw(pager)) => pager.scroll(by),
        Some(Layer::Palette(chooser)) => chooser.step(by),
        Some(Layer::Picker(picker)) => picker.chooser.step(by),
        Some(Layer::Drafts(chooser)) => chooser.step(by),
        Some(Layer::Folders(sheet)) => sheet.chooser.step(by),
        Some(Layer::Waiting(sheet)) => sheet.chooser.step(by),
        Some(Layer::Attach(_)) => files::step(model, by),
        Some(Layer::SignIn(sheet)) => sheet.step(by),
        Some(Layer::Confirm(_) | Layer::Prompt(_) | Layer::Findings(_) | Layer::Day(_)) | None => {}
    }
}

fn accept(model: &mut Model) {
    match model.layers.last_mut() {
        Some(Layer::Help(_) | Layer::Explain(_) | Layer::Raw(_)) => close(model),
        Some(Layer::Palette(chooser)) => {
            let chosen = chooser.chosen().map(|item| item.value);
            model.layers.pop();
            if let Some(action) = chosen {
                act_below(model, action);
            }
        }
        Some(Layer::Picker(_)) => tag(model),
        Some(Layer::Prompt(_)) => dismiss(model),
        Some(Layer::Findings(findings)) => {
            if !findings.finish() {
                send(model);
            }
        }
        Some(Layer::Attach(_)) => files::accept(model),
        Some(Layer::Day(_)) => compose::update::promise(model),
        Some(Layer::Drafts(_)) => open_draft(model),
        Some(Layer::Folders(_)) => {
            if operate::accept_folder(model) {
                close(model);
                clear_marks(model);
            }
        }
        Some(Layer::SignIn(_)) => sign_in::accept(model),
        // A question is answered with `y`, so that an Enter too many does nothing.
        Some(Layer::Confirm(_) | Layer::Waiting(_)) | None => {}
    }
}

/// The sheet of what waits has its own meaning for two keys.
fn decides(model: &Model, action: Action) -> bool {
    matches!(model.layers.last(), Some(Layer::Waiting(_)))
        && matches!(action, Action::Accept | Action::Detach)
}

fn tag(model: &mut Model) {
    let Some(Layer::Picker(picker)) = model.layers.last() else { return };
    let Some(matter) = picker.chooser.chosen().map(|item| item.value) else { return };
    let command = Command::Tag { threads: picker.threads.clone(), matter };
    if model.send(command) {
        close(model);
        clear_marks(model);
    }
}

/// A new message, or the chosen one of those that were kept.
fn open_draft(model: &mut Model) {
    let Some(Layer::Drafts(chooser)) = model.layers.last() else { return };
    let Some(chosen) = chooser.chosen().map(|item| item.value) else { return };
    if model.send(chosen.map_or_else(new_message, Command::OpenDraft)) {
        close(model);
    }
}

const fn new_message() -> Command {
    Command::StartDraft { kind: ReplyKind::Compose, thread: None, parent: None }
}

/// The new messages that were kept arrived: with none of them a new one begins at once. Too late when the person does
/// something else by now.
pub fn kept(model: &mut Model, rows: &[KeptRow]) {
    model.asks.forget(Slot::Kept);
    if !model.layers.is_empty() || matches!(model.pages.last(), Some(Page::Compose(_))) {
        return;
    }
    if rows.is_empty() {
        model.send(new_message());
        return;
    }
    let new = Item { value: None, label: "a new message".to_owned(), detail: String::new() };
    let items = rows.iter().map(|row| {
        let to = if row.to.as_str().is_empty() { "nobody yet" } else { row.to.as_str() };
        let at = row.at.to_zoned_datetime(model.zone.clone()).strftime("%a %-d %b %H:%M");
        let detail = format!("{} · kept {at}", row.subject);
        Item { value: Some(row.draft), label: format!("to {to}"), detail }
    });
    let items = std::iter::once(new).chain(items).collect();
    model.push_layer(Layer::Drafts(Chooser::new(items, 1)));
}

fn dismiss(model: &mut Model) {
    let Some(Layer::Prompt(prompt)) = model.layers.last_mut() else { return };
    let reason = prompt.field.text().trim().to_owned();
    if reason.is_empty() {
        prompt.complaint = Some("a reason is needed: it goes into the journal");
        return;
    }
    let command = Command::Dismiss { threads: prompt.threads.clone(), reason };
    if model.send(command) {
        close(model);
        clear_marks(model);
    }
}

fn clear_marks(model: &mut Model) {
    if let Some(list) = model.list_mut() {
        list.clear_marks();
    }
}

fn send(model: &mut Model) {
    let Some(Layer::Findings(findings)) = model.layers.last() else { return };
    let (blocked, open) = (findings.blocked(), findings.open());
    let Some(command) = findings.command() else {
        let sentence = if blocked {
            "it cannot go like this: esc goes back to mend it".to_owned()
        } else {
            format!("{open} still to confirm, each with its own key")
        };
        model.tell(Tone::Problem, &sentence);
        return;
    };
    if compose::update::send(model, command) {
        model.layers.pop();
    }
}

fn confirm(model: &mut Model) {
    let Some(Layer::Confirm(question)) = model.layers.last() else { return };
    let (command, closes) = match &question.then {
        Confirmed::Do(command) => (command.clone(), false),
        Confirmed::DoAndCloseComposer(command) => (command.clone(), true),
        Confirmed::Quit => {
            model.layers.pop();
            model.effects.push(Effect::Quit);
            return;
        }
    };
    if model.send(*command) {
        model.layers.pop();
        clear_marks(model);
        if closes && matches!(model.pages.last(), Some(Page::Compose(_))) {
            model.pages.pop();
        }
    }
}

/// The lines of an explanation arrived.
pub fn explained(model: &mut Model, lines: &[SafeText]) {
    fill(model, lines, |layer| matches!(layer, Layer::Explain(_)));
}

/// The source of a message arrived.
pub fn raw(model: &mut Model, source: SafeText) {
    fill(model, &[source], |layer| matches!(layer, Layer::Raw(_)));
}

fn fill(model: &mut Model, lines: &[SafeText], wanted: fn(&Layer) -> bool) {
    for layer in model.layers.iter_mut().filter(|layer| wanted(layer)) {
        match layer {
            Layer::Explain(pager) | Layer::Raw(pager) => *pager = Pager::new(lines.to_vec(), 1, 1),
            Layer::Help(_)
            | Layer::Palette(_)
            | Layer::Picker(_)
            | Layer::Confirm(_)
            | Layer::Prompt(_)
            | Layer::Findings(_)
            | Layer::Attach(_)
            | Layer::Day(_)
            | Layer::Drafts(_)
            | Layer::Folders(_)
            | Layer::Waiting(_)
            | Layer::SignIn(_) => {}
        }
    }
    model.lay_out();
}

/// The matters to choose from arrived.
pub fn choices(model: &mut Model, suggestions: &[Suggestion]) {
    for layer in &mut model.layers {
        if let Layer::Picker(picker) = layer {
            picker.loaded = true;
            picker.chooser.set(matter_items(suggestions));
        }
    }
}
