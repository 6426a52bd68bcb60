//! How layers look: a sheet that rises from the bottom under one rule, without a box.
//!
//! Owns the drawing; it changes nothing.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    widgets::{Clear, Widget},
};

use super::{
    Confirm, Layer, Picker, Prompt,
    attach::Attach,
    day::Day,
    findings::{self, Findings, Typing},
    operate::{SENTENCE, Waiting},
    sign_in::{Part, SignIn, Stage},
};
use crate::{
    app::event::{Finding, Severity, Tone},
    domain::{finding::bytes, text::SafeText},
    tui::{
        model::{Model, Page},
        screen::compose,
        widget::{
            chooser::Chooser,
            field::Field,
            pager::{self, Pager},
            table::{Cell, cells, line, nth, put, rule},
        },
    },
};

/// The part of the body that a layer covers.
pub fn place(model: &Model, layer: &Layer) -> Rect {
    let body = model.body();
    let height = layer.wishes(body).min(body.height);
    Rect { y: body.bottom().saturating_sub(height), height, ..body }
}

/// Draws a layer.
pub fn view(model: &Model, layer: &Layer, buf: &mut Buffer) {
    let area = place(model, layer);
    Clear.render(area, buf);
    buf.set_style(area, model.theme.text);
    rule(buf, nth(area, 0), layer.title(), model.theme.rule, model.theme.heading);
    let inner = Rect {
        x: area.x.saturating_add(2),
        y: area.y.saturating_add(1),
        width: area.width.saturating_sub(4),
        height: area.height.saturating_sub(1),
    };
    match layer {
        Layer::Help(pager) | Layer::Explain(pager) | Layer::Raw(pager) => {
            text(model, pager, buf, inner, area);
        }
        Layer::Palette(chooser) => choose(model, chooser, NO_MATCH, buf, inner),
        Layer::Picker(Picker { chooser, loaded, .. }) => {
            choose(model, chooser, if *loaded { NO_MATCH } else { READING }, buf, inner);
        }
        Layer::Confirm(confirm) => question(model, confirm, buf, inner),
        Layer::Prompt(prompt) => ask(model, prompt, buf, inner),
        Layer::Findings(findings) => found(model, findings, buf, inner),
        Layer::Attach(sheet) => files(model, sheet, buf, inner),
        Layer::Day(asked) => day(model, asked, buf, inner),
        Layer::Drafts(chooser) => choose(model, chooser, NO_MATCH, buf, inner),
        Layer::Folders(sheet) => {
            let empty = "no folder is known yet: look for mail (S) first";
            let missing = missing(sheet.loaded, sheet.chooser.counts(), empty);
            choose(model, &sheet.chooser, missing, buf, inner);
        }
        Layer::Waiting(sheet) => waiting(model, sheet, buf, inner),
        Layer::SignIn(sheet) => sign_in(model, sheet, buf, inner, area),
    }
}

/// Where the terminal's cursor stands in a layer with a field.
pub fn cursor(model: &Model, layer: &Layer) -> Option<(u16, u16)> {
    let area = place(model, layer);
    let mut line = area.y.saturating_add(1);
    let field = match layer {
        Layer::Palette(chooser) => &chooser.field,
        Layer::Picker(picker) => &picker.chooser.field,
        Layer::Drafts(chooser) => &chooser.field,
        Layer::Folders(sheet) => &sheet.chooser.field,
        Layer::Waiting(sheet) => &sheet.chooser.field,
        Layer::Prompt(prompt) => &prompt.field,
        Layer::Attach(sheet) => &sheet.field,
        Layer::Day(asked) => &asked.field,
        Layer::Findings(findings) => {
            line = area.bottom().saturating_sub(2);
            &findings.typing()?.field
        }
        Layer::SignIn(sheet) => {
            if sheet.has_page() {
                line = area.bottom().saturating_sub(1);
            }
            sheet.field()?
        }
        Layer::Help(_) | Layer::Explain(_) | Layer::Raw(_) | Layer::Confirm(_) => return None,
    };
    let (_, at) = field.shown(usize::from(area.width.saturating_sub(7)));
    Some((area.x.saturating_add(4).saturating_add(cells(at)), line))
}

fn text(model: &Model, pager: &Pager, buf: &mut Buffer, inner: Rect, area: Rect) {
    for (n, text) in pager.visible().enumerate() {
        put(buf, inner.x, nth(inner, n).y, inner.width, text, model.theme.text);
    }
    if let Some(place) = pager.place() {
        let text = format!(" {place} ");
        let x = area.right().saturating_sub(cells(text.chars().count()).saturating_add(2));
        put(buf, x, area.y, area.width, &text, model.theme.dim);
    }
}

fn entry(model: &Model, field: &Field, buf: &mut Buffer, at: Rect) {
    let (text, _) = field.shown(usize::from(at.width.saturating_sub(3)));
    put(buf, at.x, at.y, 2, "›", model.theme.accent);
    let room = at.width.saturating_sub(2);
    buf.set_style(Rect { x: at.x.saturating_add(2), width: room, ..at }, model.theme.field);
    put(buf, at.x.saturating_add(2), at.y, room, &text, model.theme.field);
}

/// Nothing fits what was typed.
const NO_MATCH: &str = "nothing matches";
/// The answer is not here yet.
const READING: &str = "Reading the record …";

/// What stands in the place of a list in which nothing is shown.
const fn missing(loaded: bool, counts: (usize, usize), empty: &'static str) -> &'static str {
    match (loaded, counts) {
        (false, _) => READING,
        (true, (_, 0)) => empty,
        (true, (_, _)) => NO_MATCH,
    }
}

/// What waits for the servers, and below it, in full, where the chosen one stands.
fn waiting(model: &Model, sheet: &Waiting, buf: &mut Buffer, inner: Rect) {
    let empty = "nothing waits: what you did is at the server";
    let list = Rect { height: inner.height.saturating_sub(SENTENCE.saturating_add(1)), ..inner };
    choose(model, &sheet.chooser, missing(sheet.loaded, sheet.chooser.counts(), empty), buf, list);
    let Some(chosen) = sheet.chooser.chosen() else { return };
    let room = usize::from(inner.width.saturating_sub(2));
    let lines = pager::wrap(chosen.value.state.as_str(), room);
    let style = if chosen.value.stuck { model.theme.problem } else { model.theme.dim };
    let first = usize::from(inner.height.saturating_sub(SENTENCE));
    for (n, text) in lines.iter().take(usize::from(SENTENCE)).enumerate() {
        let at = nth(inner, first.saturating_add(n));
        put(buf, inner.x.saturating_add(2), at.y, inner.width, text, style);
    }
}

fn choose<T>(model: &Model, chooser: &Chooser<T>, missing: &str, buf: &mut Buffer, inner: Rect) {
    entry(model, &chooser.field, buf, nth(inner, 0));
    if chooser.counts().0 == 0 {
        put(buf, inner.x.saturating_add(2), nth(inner, 2).y, inner.width, missing, model.theme.dim);
        return;
    }
    let label = inner.width.div_euclid(2).clamp(20, 44);
    let detail = inner.width.saturating_sub(label).saturating_sub(3);
    for (n, (item, chosen)) in chooser.visible().enumerate() {
        let base = if chosen { model.theme.selected } else { model.theme.text };
        let row = [
            Cell::left(if chosen { "▸" } else { "" }, 1, model.theme.accent),
            Cell::left(item.label.as_str(), label, base),
            Cell::left(item.detail.as_str(), detail, model.theme.dim),
        ];
        line(buf, nth(inner, n.saturating_add(2)), base, &row);
    }
}

/// What to do, then the address, which scrolls where it does not fit; the field stands in the last line.
fn sign_in(model: &Model, sheet: &SignIn, buf: &mut Buffer, inner: Rect, area: Rect) {
    if let Stage::Choosing(chooser) = sheet.stage() {
        choose(model, chooser, NO_MATCH, buf, inner);
        return;
    }
    for (n, (part, text)) in sheet.visible().enumerate() {
        let style = match part {
            Part::Words => model.theme.text,
            Part::Aside => model.theme.dim,
            Part::Address => model.theme.accent,
            Part::Code => model.theme.heading,
            Part::Good => model.theme.good,
            Part::Trouble => model.theme.problem,
        };
        put(buf, inner.x, nth(inner, n).y, inner.width, text, style);
    }
    if let Some(place) = sheet.place() {
        let text = format!(" {place} ");
        let x = area.right().saturating_sub(cells(text.chars().count()).saturating_add(2));
        put(buf, x, area.y, area.width, &text, model.theme.dim);
    }
    if let Some(field) = sheet.field() {
        entry(model, field, buf, nth(inner, usize::from(inner.height.saturating_sub(1))));
    }
}

fn question(model: &Model, confirm: &Confirm, buf: &mut Buffer, inner: Rect) {
    let lines = confirm.lines(model.width);
    for (n, text) in lines.iter().enumerate() {
        put(buf, inner.x, nth(inner, n).y, inner.width, text, model.theme.text);
    }
    let at = nth(inner, lines.len());
    let x = put(buf, at.x, at.y, at.width, "y", model.theme.accent);
    let x = put(buf, x, at.y, at.width, " yes   ", model.theme.dim);
    let x = put(buf, x, at.y, at.width, "esc", model.theme.accent);
    put(buf, x, at.y, at.width, " no", model.theme.dim);
}

fn ask(model: &Model, prompt: &Prompt, buf: &mut Buffer, inner: Rect) {
    entry(model, &prompt.field, buf, nth(inner, 0));
    let (note, style) = match prompt.complaint {
        Some(complaint) => (complaint.to_owned(), model.theme.problem),
        None => (
            match prompt.threads.len() {
                1 => "such as: no reply needed · answered by telephone".to_owned(),
                many => format!("for all {many} marked threads"),
            },
            model.theme.dim,
        ),
    };
    put(buf, inner.x.saturating_add(2), nth(inner, 1).y, inner.width, &note, style);
}

fn day(model: &Model, asked: &Day, buf: &mut Buffer, inner: Rect) {
    entry(model, &asked.field, buf, nth(inner, 0));
    let (note, style) = match &asked.complaint {
        Some(complaint) => (complaint.clone(), model.theme.problem),
        None => (asked.reading(), model.theme.dim),
    };
    for (n, text) in
        pager::wrap(&note, usize::from(inner.width.saturating_sub(2))).iter().take(2).enumerate()
    {
        let at = nth(inner, n.saturating_add(1));
        put(buf, at.x.saturating_add(2), at.y, inner.width, text, style);
    }
}

/// Field, what was done or what the path may mean, and the files that the draft has.
fn files(model: &Model, sheet: &Attach, buf: &mut Buffer, inner: Rect) {
    entry(model, &sheet.field, buf, nth(inner, 0));
    let x = inner.x.saturating_add(2);
    let room = inner.width.saturating_sub(2);
    let (note, style) = match &sheet.note {
        Some((Tone::Problem, note)) => (note.clone(), model.theme.problem),
        Some((Tone::Done | Tone::Info, note)) => (note.clone(), model.theme.good),
        None if sheet.names.is_empty() => {
            ("a path; ~ is your home folder".to_owned(), model.theme.dim)
        }
        None => (sheet.names.join("  "), model.theme.dim),
    };
    let notes = pager::wrap(&note, usize::from(room));
    let lines = notes.len().clamp(1, 3);
    for (n, text) in notes.iter().take(lines).enumerate() {
        put(buf, x, nth(inner, n.saturating_add(1)).y, room, text, style);
    }
    let Some(Page::Compose(page)) = model.pages.last() else { return };
    let all = &page.sheet.draft.attachments;
    let top = lines.saturating_add(2);
    let height = usize::from(inner.height).saturating_sub(top).saturating_sub(1).max(1);
    let first = sheet.chosen.saturating_add(1).saturating_sub(height);
    for (n, (at, file)) in all.iter().enumerate().skip(first).take(height).enumerate() {
        let chosen = at == sheet.chosen;
        let base = if chosen { model.theme.selected } else { model.theme.text };
        let name = inner.width.saturating_sub(2).saturating_sub(10).clamp(10, 60);
        let row = [
            Cell::left(if chosen { "▸" } else { "" }, 1, model.theme.accent),
            Cell::left(SafeText::line(&file.name).as_str(), name, base),
            Cell::right(bytes(file.size()), 8, model.theme.dim),
        ];
        line(buf, nth(inner, top.saturating_add(n)), base, &row);
    }
    let shown = all.len().min(height).saturating_add(top);
    let total = match (compose::files::total(page), all.len() > height) {
        (None, _) => "no file is attached yet".to_owned(),
        (Some(total), false) => total,
        (Some(total), true) => format!("{total}; up and down show the others"),
    };
    put(buf, x, nth(inner, shown).y, room, &total, model.theme.dim);
}

/// A finding's sign with the key or word it takes.
fn sign(key: Option<char>, confirmed: bool, finding: &Finding) -> (String, &'static str) {
    match finding.severity {
        Severity::Block => ("✗ ".to_owned(), "STOPS "),
        Severity::Confirm if confirmed => ("✓ ".to_owned(), "seen  "),
        Severity::Confirm => {
            let key = key.map_or_else(String::new, |key| format!("{key} "));
            (key, if finding.word.is_some() { "TYPE  " } else { "ASKS  " })
        }
        Severity::Note => ("· ".to_owned(), "note  "),
    }
}

fn found(model: &Model, findings: &Findings, buf: &mut Buffer, inner: Rect) {
    put(buf, inner.x, inner.y, inner.width, &findings.summary(), model.theme.dim);
    let mut n = 1_usize;
    for (key, confirmed, finding) in findings.rows() {
        let style = match finding.severity {
            Severity::Block => model.theme.problem,
            Severity::Confirm if confirmed => model.theme.good,
            Severity::Confirm => model.theme.due,
            Severity::Note => model.theme.dim,
        };
        let (sign, word) = sign(key, confirmed, finding);
        let at = nth(inner, n);
        let x = put(buf, at.x, at.y, at.width, &sign, style);
        let x = put(buf, x, at.y, at.width, word, style);
        let room = at.right().saturating_sub(x);
        let lines = findings::wrapped(finding, usize::from(room));
        for (more, text) in lines.iter().enumerate() {
            put(buf, x, nth(inner, n.saturating_add(more)).y, room, text, model.theme.text);
        }
        n = n.saturating_add(lines.len().max(1));
    }
    if let Some(typing) = findings.typing() {
        type_word(model, typing, buf, inner);
        return;
    }
    let (text, style) = if findings.blocked() {
        ("esc goes back to mend it; it cannot go like this".to_owned(), model.theme.problem)
    } else if findings.may_go() {
        ("⏎ sends it (held for undo) · esc goes back".to_owned(), model.theme.good)
    } else {
        let open = findings.open();
        (format!("{open} to confirm, each with its own key · esc goes back"), model.theme.dim)
    };
    let at = nth(inner, n.saturating_add(1));
    put(buf, at.x, at.y, at.width, &text, style);
}

/// In the last two lines, whatever else there is: the word to type, and what was typed.
fn type_word(model: &Model, typing: &Typing, buf: &mut Buffer, inner: Rect) {
    let height = usize::from(inner.height);
    let (above, last) =
        (nth(inner, height.saturating_sub(2)), nth(inner, height.saturating_sub(1)));
    buf.set_style(above, model.theme.text);
    let blank = " ".repeat(usize::from(inner.width));
    for at in [above, last] {
        put(buf, at.x, at.y, at.width, &blank, model.theme.text);
    }
    let mut x = above.x;
    if let Some(complaint) = typing.complaint {
        x = put(buf, x, above.y, above.width, &format!("{complaint}: "), model.theme.problem);
    }
    x = put(buf, x, above.y, above.width, "to send it all the same, type ", model.theme.text);
    put(buf, x, above.y, above.width, typing.word.as_str(), model.theme.due);
    entry(model, &typing.field, buf, last);
}
