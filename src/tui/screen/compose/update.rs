//! What keys and answers do in the composer: from writing to review, and from review to the outbox.
//!
//! Owns the order. What leaves is exactly the version that was reviewed; an edit in between makes a review worthless.

use ratatui_textarea::{Input, Key as AreaKey};

use super::{ComposePage, Focus, Stage, files};
use crate::{
    app::{
        command::Command,
        event::{DraftSheet, Finding, Severity, Tone},
    },
    domain::{
        confidential::Confidential,
        draft::{Draft, Recipient},
        footer::Privilege,
        id::{DraftId, OutboxId},
        text::{SafeText, bare_block, bare_line},
    },
    tui::{
        action::{Action, Deed},
        effect::Effect,
        key::{Code, Key},
        layer::{
            Confirm, Confirmed, Layer,
            day::{Chosen, Day},
            findings::Findings,
        },
        model::{Model, Page},
    },
};

/// What actions do in the composer.
const DEEDS: &[Deed<Model>] = &[
    (Action::NextPane, |model| focus(model, 1)),
    (Action::PreviousPane, |model| focus(model, -1)),
    (Action::Accept, |model| focus(model, 1)),
    (Action::Review, review),
    (Action::Editor, edit),
    (Action::Attach, files::open),
    (Action::Label, label),
    (Action::Promise, ask_day),
    (Action::KeepDraft, keep),
    (Action::Back, keep),
    (Action::DiscardDraft, discard),
];

/// Carries out an action of the composer. `false` if it is none.
pub fn act(model: &mut Model, action: Action) -> bool {
    let deed = DEEDS.iter().find(|(name, _)| *name == action);
    if let Some((_, deed)) = deed {
        deed(model);
    }
    deed.is_some()
}

/// The composer in front.
pub fn front(model: &mut Model) -> Option<&mut ComposePage> {
    match model.pages.last_mut() {
        Some(Page::Compose(page)) => Some(page),
        Some(Page::Thread(_) | Page::Matter(_)) | None => None,
    }
}

/// The composer in front, if what stands in it can be changed: once it is on its way, that is said instead.
pub fn open(model: &mut Model) -> Option<&mut ComposePage> {
    if front(model)?.is_sending() {
        model.tell(Tone::Info, "it is on its way to the outbox: nothing in it can be changed now");
        return None;
    }
    front(model)
}

fn focus(model: &mut Model, by: isize) {
    keep_open(model);
    let Some(page) = front(model) else { return };
    let at = Focus::ALL.iter().position(|place| *place == page.focus).unwrap_or_default();
    let next = at.checked_add_signed(by).unwrap_or(Focus::ALL.len().saturating_sub(1));
    page.go(Focus::ALL.get(next).copied().unwrap_or(Focus::To));
}

/// A typed key goes to the field or the text.
pub fn press(model: &mut Model, key: Key) {
    let Some(page) = open(model) else { return };
    let changed = match page.field_mut() {
        Some(field) => field.press(key),
        None => area_key(key).is_some_and(|input| page.body.input(input)),
    };
    if changed {
        touched(page);
    }
}

/// Pasted text, cleaned.
pub fn paste(model: &mut Model, text: &str) {
    let Some(page) = open(model) else { return };
    match page.field_mut() {
        Some(field) => field.insert(text),
        None => {
            page.body.insert_str(bare_block(text));
        }
    }
    touched(page);
}

/// The editor brought the text back.
pub fn edited(model: &mut Model, text: &Confidential<String>) {
    if let Some(page) = front(model) {
        page.set_text(text.expose().trim_end());
        touched(page);
    }
}

/// Whatever was reviewed is no longer what stands there.
pub(super) fn touched(page: &mut ComposePage) {
    page.complaint = None;
    page.stage = Stage::Editing;
}

fn area_key(key: Key) -> Option<Input> {
    let code = match key.code {
        Code::Char(c) => {
            let hidden = bare_line(c.encode_utf8(&mut [0; 4])).is_empty();
            if hidden {
                return None;
            }
            AreaKey::Char(c)
        }
        Code::F(n) => AreaKey::F(n),
        Code::Enter => AreaKey::Enter,
        Code::Backspace => AreaKey::Backspace,
        Code::Delete => AreaKey::Delete,
        Code::Up => AreaKey::Up,
        Code::Down => AreaKey::Down,
        Code::Left => AreaKey::Left,
        Code::Right => AreaKey::Right,
        Code::Home => AreaKey::Home,
        Code::End => AreaKey::End,
        Code::PageUp => AreaKey::PageUp,
        Code::PageDown => AreaKey::PageDown,
        Code::Esc | Code::Tab | Code::Insert => return None,
    };
    Some(Input { key: code, ctrl: key.ctrl, alt: key.alt, shift: key.shift })
}

/// A draft to edit arrived, or more about the one that is open.
pub fn ready(model: &mut Model, sheet: Box<DraftSheet>) {
    let open = model.pages.iter_mut().find_map(|page| match page {
        Page::Compose(page) if page.sheet.draft.id == sheet.draft.id => Some(page),
        Page::Compose(_) | Page::Thread(_) | Page::Matter(_) => None,
    });
    if let Some(page) = open {
        // What is being typed stays; only what is shown around it is renewed.
        page.sheet.recipients = sheet.recipients;
        page.sheet.matter = sheet.matter;
        page.sheet.footer = sheet.footer;
        page.sheet.promise = sheet.promise;
        return;
    }
    let page = Page::Compose(Box::new(ComposePage::new(sheet)));
    if front(model).is_some() {
        // Never under someone's fingers: the next word would go to another client.
        let below = model.pages.len().saturating_sub(1);
        model.pages.insert(below, page);
        model.tell(Tone::Info, "another draft waits behind this one");
    } else {
        model.pages.push(page);
    }
}

fn edit(model: &mut Model) {
    let Some(page) = open(model) else { return };
    let text = Confidential::new(page.text());
    // Nothing is heard of this program while the editor has the terminal.
    keep_open(model);
    model.effects.push(Effect::Edit(text));
}

/// `Esc`: what was written is kept and the composer closes. With a full queue, or with text that is no address, it
/// stays open. What is being sent is with the engine already, which keeps it as a draft if it refuses it.
fn keep(model: &mut Model) {
    let Some(page) = front(model) else { return };
    if page.is_sending() {
        model.pages.pop();
        model.tell(Tone::Info, "on its way to the outbox; if it is refused, it stays a draft");
        return;
    }
    match page.draft() {
        Ok(draft) if draft.is_blank() => {
            // A new message in which nothing stands is no draft to come back to.
            if model.send(Command::DiscardDraft(draft.id)) {
                model.pages.pop();
            }
        }
        Ok(draft) => {
            if model.send(Command::KeepDraft(Box::new(draft))) {
                model.pages.pop();
                model.tell(Tone::Done, "kept as a draft; the same key opens it again");
            }
        }
        Err(complaint) => page.complaint = Some(complaint.to_string()),
    }
}

/// Hands what is written in every composer to the engine, without closing one: when a field is left, when time passes,
/// when a signal ends the program. It counts as kept when the engine says so ([`answered`]); bad news of any kind makes
/// the next occasion try again.
pub fn keep_open(model: &mut Model) {
    let changed: Vec<Draft> = model
        .pages
        .iter()
        .filter_map(|page| match page {
            Page::Compose(page) => page.unkept(),
            Page::Thread(_) | Page::Matter(_) => None,
        })
        .collect();
    for draft in changed {
        // Never at the price of a `busy`: there will be another occasion.
        if model.room > 0
            && model.send(Command::SaveDraft(Box::new(draft.clone())))
            && let Some(page) = page_of(model, draft.id)
        {
            page.under_way.push_back(draft);
        }
    }
}

/// The engine keeps what it was given first.
pub fn answered(model: &mut Model, id: DraftId) {
    if let Some(page) = page_of(model, id)
        && let Some(kept) = page.under_way.pop_front()
    {
        page.kept = kept;
    }
}

fn page_of(model: &mut Model, id: DraftId) -> Option<&mut ComposePage> {
    model.pages.iter_mut().find_map(|page| match page {
        Page::Compose(page) if page.sheet.draft.id == id => Some(page.as_mut()),
        Page::Compose(_) | Page::Thread(_) | Page::Matter(_) => None,
    })
}

/// `^p`: the next privilege label. It is kept at once, so that the footer shows what it brings.
fn label(model: &mut Model) {
    let Some(page) = open(model) else { return };
    let draft = &mut page.sheet.draft;
    draft.privilege = Privilege::next(draft.privilege);
    touched(page);
    keep_open(model);
}

/// `^d`: asks by which day the answer is promised.
fn ask_day(model: &mut Model) {
    let Some(page) = open(model) else { return };
    let promised = page.sheet.draft.holding;
    match page.sheet.promise {
        Some(days) => {
            model.push_layer(Layer::Day(Box::new(Day::new(days, promised))));
        }
        None => {
            model.tell(Tone::Info, "only an answer can promise one: this message answers nobody");
        }
    }
}

/// The day was chosen, or the promise taken away.
pub fn promise(model: &mut Model) {
    let Some(Layer::Day(asked)) = model.layers.last_mut() else { return };
    let holding = match asked.chosen() {
        Ok(Chosen::Day(day)) => Some(day),
        Ok(Chosen::Nothing) => None,
        Err(sentence) => {
            asked.complaint = Some(sentence);
            return;
        }
    };
    model.layers.pop();
    let Some(page) = front(model) else { return };
    page.sheet.draft.holding = holding;
    touched(page);
    keep_open(model);
}

fn discard(model: &mut Model) {
    let Some(page) = open(model) else { return };
    let then = Confirmed::DoAndCloseComposer(Box::new(Command::DiscardDraft(page.sheet.draft.id)));
    let question = "Throw this draft away?".to_owned();
    model.push_layer(Layer::Confirm(Confirm { question, then }));
}

/// `^s`: has the engine check exactly what stands there.
fn review(model: &mut Model) {
    let Some(page) = open(model) else { return };
    if !matches!(page.stage, Stage::Editing) {
        return;
    }
    if page.reading > 0 {
        page.complaint = Some("a file is still being read".to_owned());
        return;
    }
    let draft = match page.draft() {
        Ok(draft) => Box::new(draft),
        Err(complaint) => {
            page.complaint = Some(complaint.to_string());
            return;
        }
    };
    if draft.to.is_empty() && draft.cc.is_empty() && draft.bcc.is_empty() {
        page.complaint = Some("nobody is named in To, Cc or Bcc".to_owned());
        page.go(Focus::To);
        return;
    }
    if model.send(Command::Review(draft.clone()))
        && let Some(page) = front(model)
    {
        page.reviews = page.reviews.saturating_add(1);
        // What is reviewed is kept, too.
        page.under_way.push_back(Draft::clone(&draft));
        page.stage = Stage::Reviewing(draft);
    }
}

/// What the engine knows about the recipients of a draft by now; addresses that were typed since stay unchecked. An
/// answer about a draft that is closed is too late for anything.
pub fn described(model: &mut Model, id: DraftId, footer: SafeText, recipients: Vec<Recipient>) {
    let Some(page) = page_of(model, id) else { return };
    let known = &mut page.sheet.recipients;
    let renewed =
        |old: &Recipient| recipients.iter().any(|new| new.address.address == old.address.address);
    known.retain(|old| !renewed(old));
    known.extend(recipients);
    page.sheet.footer = footer;
}

/// In which matter a draft is by now.
pub fn filed(model: &mut Model, id: DraftId, matter: Option<SafeText>) {
    if let Some(page) = front(model).filter(|page| page.sheet.draft.id == id) {
        page.sheet.matter = matter;
    }
}

/// The findings arrived. Without any the message goes into its undo window, else a person decides on each.
pub fn reviewed(model: &mut Model, id: DraftId, findings: Vec<Finding>) {
    let Some(page) = front(model).filter(|page| page.sheet.draft.id == id) else { return };
    page.reviews = page.reviews.saturating_sub(1);
    if page.reviews > 0 {
        return;
    }
    let stage = std::mem::replace(&mut page.stage, Stage::Editing);
    let Stage::Reviewing(draft) = stage else {
        page.stage = stage;
        return;
    };
    if findings.is_empty() {
        send(
            model,
            Command::Send { draft, confirmed: std::collections::BTreeSet::new(), at: None },
        );
        return;
    }
    let blocked = findings.iter().any(|finding| finding.severity == Severity::Block);
    let mut layer = Findings::new(draft, findings, blocked);
    layer.sort();
    model.push_layer(Layer::Findings(Box::new(layer)));
}

/// Hands the reviewed draft over; the composer stays until the outbox has it.
pub fn send(model: &mut Model, command: Command) -> bool {
    let draft = if let Command::Send { draft, .. } = &command { Some(draft.clone()) } else { None };
    let sent = model.send(command);
    if sent && let Some(page) = front(model) {
        page.stage = Stage::Sending;
        page.handed_over = draft;
    }
    sent
}

/// The outbox has it: the composer closes and the undo window is open.
pub fn queued(model: &mut Model, item: OutboxId, seconds: u32) {
    let mut missed = false;
    model.pages.retain(|page| match page {
        Page::Compose(page) => {
            if let Some(sent) = &page.handed_over {
                missed |= page.unkept().is_some_and(|now| now != **sent);
            }
            page.handed_over.is_none()
        }
        Page::Thread(_) | Page::Matter(_) => true,
    });
    model.hold(item, seconds);
    // That it is on its way is no longer so.
    model.notice.take_if(|notice| notice.tone == Tone::Info);
    if missed {
        model.tell(
            Tone::Problem,
            "it goes out as it was when you sent it, without what you typed since",
        );
    }
}

/// The engine refused something: whatever was on its way is being edited again, and nothing that was handed over to be
/// kept counts as kept.
pub fn refused(model: &mut Model) {
    for page in &mut model.pages {
        if let Page::Compose(page) = page {
            page.under_way.clear();
        }
    }
    if let Some(page) = front(model) {
        page.stage = Stage::Editing;
        page.reviews = 0;
    }
}
