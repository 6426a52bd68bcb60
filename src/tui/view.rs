//! The picture of a model: frame, screen, layers, and where the terminal's cursor stands.
//!
//! Owns the order of drawing. It is pure: the same model gives the same picture.

use ratatui::{
    Frame,
    buffer::Buffer,
    layout::{Position, Rect},
};

use super::{
    hints::hints,
    keymap::Lookup,
    layer,
    model::{LEAST, Model, Page, View},
    screen::{compose, due, inbox, matter, matters, outbox, record, thread, untagged},
    widget::{
        bars,
        table::{nth, put, rule},
    },
};

/// Draws everything.
pub fn view(model: &Model, frame: &mut Frame<'_>) {
    let area = frame.area();
    let buf = frame.buffer_mut();
    buf.set_style(area, model.theme.text);
    if model.too_small() {
        too_small(model, buf, area);
        return;
    }
    bars::top(model, buf, nth(area, 0));
    rule(buf, nth(area, 1), "", model.theme.rule, model.theme.dim);
    screen(model, buf);
    for layer in model.layers.iter().filter(|layer| !model.privacy || layer.is_wordless()) {
        layer::view::view(model, layer, buf);
    }
    pending(model, buf);
    let last = usize::from(area.height).saturating_sub(1);
    bars::status(model, buf, nth(area, last.saturating_sub(1)));
    bars::hints(model, hints(model), buf, nth(area, last));
    if let Some(at) = cursor(model) {
        frame.set_cursor_position(at);
    }
}

fn too_small(model: &Model, buf: &mut Buffer, area: Rect) {
    let (width, height) = LEAST;
    let lines = [
        "This window is too small.".to_owned(),
        format!("matterbox needs {width} columns and {height} rows;"),
        format!("there are {} and {}.", model.width, model.height),
        "Nothing is lost: make it larger.".to_owned(),
    ];
    for (n, text) in lines.iter().enumerate() {
        put(buf, area.x, nth(area, n).y, area.width, text, model.theme.text);
    }
}

fn screen(model: &Model, buf: &mut Buffer) {
    let body = model.body();
    match model.pages.last() {
        Some(Page::Matter(page)) => matter::view(model, page, buf, body),
        Some(Page::Thread(page)) => thread::view::view(model, page, buf, body),
        Some(Page::Compose(page)) => compose::view::view(model, page, buf, body),
        None => match model.view {
            View::Due => due::view(model, buf, body),
            View::Inbox => inbox::view(model, buf, body),
            View::Untagged => untagged::view(model, buf, body),
            View::Matters => matters::view(model, buf, body),
            View::Outbox => outbox::view(model, buf, body),
            View::Record => record::view(model, buf, body),
        },
    }
}

/// A chord that is not complete shows what may follow.
fn pending(model: &Model, buf: &mut Buffer) {
    if model.chord.is_empty() {
        return;
    }
    let Lookup::Pending(node) = model.keys.lookup(model.contexts(), &model.chord) else { return };
    let body = model.body();
    let following = node.following();
    let height = following.len().saturating_add(1).min(usize::from(body.height));
    let top = usize::from(body.height).saturating_sub(height);
    let title = super::key::chord_sign(&model.chord);
    for n in 0..height {
        let at = nth(body, top.saturating_add(n));
        put(buf, at.x, at.y, at.width, &" ".repeat(usize::from(at.width)), model.theme.text);
    }
    rule(buf, nth(body, top), &title, model.theme.rule, model.theme.heading);
    for (n, (sign, what)) in following.iter().enumerate() {
        let at = nth(body, top.saturating_add(n).saturating_add(1));
        let x = put(buf, at.x.saturating_add(2), at.y, 8, sign, model.theme.accent);
        put(buf, x.saturating_add(2), at.y, at.width, what, model.theme.text);
    }
}

/// The cursor follows the selection, so that a screen reader reads the right line.
fn cursor(model: &Model) -> Option<Position> {
    let body = model.body();
    if let Some(layer) = model.layers.last() {
        return layer::view::cursor(model, layer).map(Position::from);
    }
    let line = |n: usize, skip: usize| {
        let at = nth(body, n.saturating_add(skip));
        (at.height > 0).then_some(Position::new(at.x.saturating_add(1), at.y))
    };
    match model.pages.last() {
        Some(Page::Compose(page)) => compose::view::cursor(page, body).map(Position::from),
        Some(Page::Thread(page)) => line(page.line(), usize::from(thread::HEAD)),
        Some(Page::Matter(page)) => line(page.list.line(), 2),
        None => match model.view {
            View::Due => line(model.due.line(), 0),
            View::Inbox => line(model.inbox.line(), 0),
            View::Untagged => line(model.untagged.line().saturating_mul(2), 0),
            View::Matters => line(model.matters.line(), 1),
            View::Outbox => line(model.outbox.line(), 0),
            View::Record if model.record.typing => Some(record::cursor(model, body).into()),
            View::Record if model.record.shows_folders() => line(model.record.folders.line(), 3),
            View::Record => line(model.record.list.line().saturating_mul(2), 2),
        },
    }
}
