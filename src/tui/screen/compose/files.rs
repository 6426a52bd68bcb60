//! Files of a draft: attaching them, taking them off, and the sheet on which that is done.
//!
//! Owns the order: a file is read once, when it is attached, and while one is being read nothing is reviewed. It never
//! touches the disk; it wishes that the driver does.

use super::{ComposePage, update};
use crate::{
    app::{attach::Completion, event::Tone},
    domain::{confidential::Confidential, draft::Enclosure, finding::bytes, id::DraftId},
    tui::{
        effect::Effect,
        layer::{Layer, attach::Attach},
        model::{Model, Page},
        widget::field::Field,
    },
};

/// `^a`: the sheet with the files and the field for one more.
pub fn open(model: &mut Model) {
    if update::open(model).is_some() {
        model.push_layer(Layer::Attach(Box::default()));
    }
}

/// Enter: reads what is named; an empty field closes the sheet.
pub fn accept(model: &mut Model) {
    let Some(Layer::Attach(sheet)) = model.layers.last_mut() else { return };
    let path = sheet.field.text();
    if path.trim().is_empty() {
        model.layers.pop();
        return;
    }
    if sheet.busy {
        return;
    }
    sheet.busy = true;
    sheet.say(Tone::Info, "reading …");
    let Some(page) = update::front(model) else { return };
    // A review that is under way would let the message go without the file.
    update::touched(page);
    page.reading = page.reading.saturating_add(1);
    let draft = page.written();
    let effect = Effect::Attach {
        draft: draft.id,
        path: Confidential::new(path),
        taken: draft.wire_size(),
        limit: page.sheet.most_bytes,
    };
    model.effects.push(effect);
}

/// Tab: goes on with a half-typed path.
pub fn complete(model: &mut Model) {
    let Some(Layer::Attach(sheet)) = model.layers.last_mut() else { return };
    let typed = Confidential::new(sheet.field.text());
    model.effects.push(Effect::Complete(typed));
}

/// How a half-typed path goes on; too late when something else was typed meanwhile.
pub fn completed(model: &mut Model, typed: &Confidential<String>, found: Completion) {
    let Some(Layer::Attach(sheet)) = model.layers.last_mut() else { return };
    if sheet.field.text() != *typed.expose() {
        return;
    }
    if found.names.is_empty() && found.text == *typed.expose() {
        sheet.say(Tone::Problem, "nothing there begins like this");
    } else {
        sheet.note = None;
    }
    sheet.field = Field::new(&found.text);
    sheet.names = if found.names.len() > 1 { found.names } else { Vec::new() };
    model.redraw = true;
}

/// A file was read, or not.
pub fn arrived(model: &mut Model, id: DraftId, file: Result<Enclosure, String>) {
    model.redraw = true;
    let page = model.pages.iter_mut().find_map(|page| match page {
        Page::Compose(page) if page.sheet.draft.id == id => Some(page),
        Page::Compose(_) | Page::Thread(_) | Page::Matter(_) => None,
    });
    let Some(page) = page else {
        model.tell(
            Tone::Problem,
            "the draft was closed before the file was read; it is not attached",
        );
        return;
    };
    page.reading = page.reading.saturating_sub(1);
    let (tone, sentence) = match file {
        Ok(file) => {
            let sentence = format!("attached {}, {}", file.name, bytes(file.size()));
            page.sheet.draft.attachments.push(file);
            update::touched(page);
            (Tone::Done, sentence)
        }
        Err(sentence) => (Tone::Problem, sentence),
    };
    match model.layers.last_mut() {
        Some(Layer::Attach(sheet)) => {
            sheet.busy = false;
            sheet.say(tone, &sentence);
            if tone == Tone::Done {
                sheet.field = Field::default();
                sheet.names.clear();
                sheet.chosen = usize::MAX;
            }
        }
        Some(_) | None => model.tell(tone, &sentence),
    }
    settle(model);
    update::keep_open(model);
}

/// `^x`: takes the chosen file off. Its bytes on the disk stay where they are.
pub fn detach(model: &mut Model) {
    let Some(Layer::Attach(sheet)) = model.layers.last() else { return };
    let chosen = sheet.chosen;
    let Some(page) = update::front(model) else { return };
    let files = &mut page.sheet.draft.attachments;
    if chosen >= files.len() {
        return;
    }
    let file = files.remove(chosen);
    update::touched(page);
    if let Some(Layer::Attach(sheet)) = model.layers.last_mut() {
        sheet.say(Tone::Done, &format!("taken off: {}", file.name));
    }
    settle(model);
    update::keep_open(model);
}

/// Moves the choice among the files; negative is up.
pub fn step(model: &mut Model, by: isize) {
    if let Some(Layer::Attach(sheet)) = model.layers.last_mut() {
        sheet.chosen = sheet.chosen.saturating_add_signed(by);
    }
    settle(model);
}

/// The choice is one of the files there are.
fn settle(model: &mut Model) {
    let files = update::front(model).map_or(0, |page| page.sheet.draft.attachments.len());
    if let Some(Layer::Attach(sheet)) = model.layers.last_mut() {
        sheet.chosen = sheet.chosen.min(files.saturating_sub(1));
    }
}

/// `2 files, 1.3 MB`, or nothing.
pub fn total(page: &ComposePage) -> Option<String> {
    count(&page.sheet.draft.attachments)
}

/// The same for any list of files.
pub fn count(files: &[Enclosure]) -> Option<String> {
    let size = files.iter().fold(0_u64, |sum, file| sum.saturating_add(file.size()));
    match files.len() {
        0 => None,
        1 => Some(format!("1 file, {}", bytes(size))),
        many => Some(format!("{many} files, {}", bytes(size))),
    }
}

impl Attach {
    fn say(&mut self, tone: Tone, sentence: &str) {
        self.note = Some((tone, sentence.to_owned()));
    }
}
