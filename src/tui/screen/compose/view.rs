//! How the composer looks: who gets it and as what, the text, the footer as it will go out.
//!
//! Owns the drawing; it changes nothing.

use ratatui::{buffer::Buffer, layout::Rect, widgets::Widget};

use super::{ComposePage, Focus, Stage, addresses, files};
use crate::{
    domain::{
        address::NamedAddress,
        draft::ReplyKind,
        finding::{bytes, date},
        text::SafeText,
    },
    tui::{
        model::Model,
        widget::{
            field::Field,
            pager,
            table::{cells, nth, put, rule, width},
        },
    },
};

/// Cells of a field's name.
const NAME: u16 = 9;

/// Where things are on the page.
struct Places {
    fields: Vec<(Focus, Rect)>,
    files: Rect,
    rule: Rect,
    body: Rect,
    footer: Rect,
}

/// Draws the page.
pub fn view(model: &Model, page: &ComposePage, buf: &mut Buffer, area: Rect) {
    if model.privacy {
        return;
    }
    let places = places(page, area);
    title(model, page, buf, nth(area, 0));
    for (focus, at) in &places.fields {
        field(model, page, *focus, buf, *at);
    }
    attached(model, page, buf, places.files);
    match &page.complaint {
        Some(complaint) => {
            rule(buf, places.rule, complaint, model.theme.problem, model.theme.problem);
        }
        None => rule(buf, places.rule, stage(page), model.theme.rule, model.theme.dim),
    }
    (&page.body).render(places.body, buf);
    footer(model, page, buf, places.footer);
}

/// Where the terminal's cursor stands in a field; in the text the text area shows its own.
pub fn cursor(page: &ComposePage, area: Rect) -> Option<(u16, u16)> {
    let places = places(page, area);
    let (_, at) = places.fields.iter().find(|(focus, _)| *focus == page.focus)?;
    let field = of(page, page.focus)?;
    let (_, cell) = field.shown(usize::from(at.width.saturating_sub(NAME).saturating_sub(2)));
    Some((at.x.saturating_add(1).saturating_add(NAME).saturating_add(cells(cell)), at.y))
}

const fn of(page: &ComposePage, focus: Focus) -> Option<&Field> {
    match focus {
        Focus::To => Some(&page.to),
        Focus::Cc => Some(&page.cc),
        Focus::Bcc => Some(&page.bcc),
        Focus::Subject => Some(&page.subject),
        Focus::Body => None,
    }
}

/// A field takes a line while it is edited, else one per recipient; an empty Cc or Bcc shares the room only when the
/// cursor is in the fields.
fn places(page: &ComposePage, area: Rect) -> Places {
    let mut y = 1_usize;
    let mut fields = Vec::new();
    let most = usize::from(area.height).div_euclid(2).max(5);
    for focus in [Focus::To, Focus::Cc, Focus::Bcc, Focus::Subject] {
        let empty = of(page, focus).is_none_or(Field::is_empty);
        let hidden = empty && page.in_body() && matches!(focus, Focus::Cc | Focus::Bcc);
        if hidden {
            continue;
        }
        let lines = if page.focus == focus || focus == Focus::Subject {
            1
        } else {
            recipients(page, focus).len().clamp(1, most.saturating_sub(y).clamp(1, 4))
        };
        let at = nth(area, y);
        fields.push((focus, Rect { height: cells(lines), ..at }));
        y = y.saturating_add(lines);
    }
    let lines = page.sheet.draft.attachments.len().min(if area.height < 16 { 1 } else { 3 });
    let files = Rect { height: cells(lines), ..nth(area, y) };
    y = y.saturating_add(lines);
    let foot = footer_lines(page, area.width).len().saturating_add(1);
    let foot = foot.min(usize::from(area.height).div_euclid(if area.height < 16 { 4 } else { 3 }));
    let top = area.y.saturating_add(cells(y)).saturating_add(1);
    let bottom = area.bottom().saturating_sub(cells(foot));
    Places {
        fields,
        files,
        rule: nth(area, y),
        body: Rect {
            x: area.x.saturating_add(1),
            y: top,
            width: area.width.saturating_sub(2),
            height: bottom.saturating_sub(top),
        },
        footer: Rect { y: bottom, height: cells(foot), ..area },
    }
}

/// `Reply · AC · promises Wed 25 Nov · 2026-0121 Mensah   sends as alice@firm.example`. What the message is goes before the
/// matter's name and the words around the sender, which can be cut.
fn title(model: &Model, page: &ComposePage, buf: &mut Buffer, at: Rect) {
    let draft = &page.sheet.draft;
    let narrow = at.width < 70;
    let kind = match draft.kind {
        ReplyKind::Reply => "Reply",
        ReplyKind::ReplyAll => "Reply to all",
        ReplyKind::Acknowledge if narrow => "Ack",
        ReplyKind::Acknowledge => "Acknowledge",
        ReplyKind::Forward => "Forward",
        ReplyKind::Compose => "New message",
    };
    let promises = if narrow { "by" } else { "promises" };
    let label = draft.privilege.map(|label| format!(" · {}", label.sign())).unwrap_or_default();
    let day = draft.holding.filter(|_| draft.can_hold());
    let day = day.map(|day| format!(" · {promises} {}", date(day))).unwrap_or_default();
    let (matter, number) = match page.sheet.matter.as_ref().map(SafeText::as_str) {
        Some(matter) => (matter, matter.split(' ').next().unwrap_or_default()),
        None => ("no matter", "no matter"),
    };
    let must: u16 = [kind, label.as_str(), day.as_str(), " · ", number].map(width).iter().sum();
    let room = at.width.saturating_sub(must).saturating_sub(4);
    let address = SafeText::line(draft.from.address.as_str());
    let from = format!("sends as {address}");
    let from = if width(&from) <= room { from } else { address.cut(usize::from(room.max(12))) };
    let right = width(&from);
    let end = at.right().saturating_sub(right).saturating_sub(3);
    // Of a name of which only a letter or two would be left the number says more.
    let spare = at.width.saturating_sub(right).saturating_sub(must).saturating_sub(4);
    let matter = format!(" · {}", if spare < 4 { number } else { matter });
    let mut x = put(buf, at.x.saturating_add(1), at.y, at.width, kind, model.theme.heading);
    for (text, style) in
        [(label, model.theme.due), (day, model.theme.due), (matter, model.theme.dim)]
    {
        x = put(buf, x, at.y, end.saturating_sub(x), &text, style);
    }
    let x = at.right().saturating_sub(right.saturating_add(1));
    put(buf, x, at.y, right, &from, model.theme.dim);
}

const fn stage(page: &ComposePage) -> &'static str {
    match page.stage {
        Stage::Editing => "",
        Stage::Reviewing(_) => "checking …",
        Stage::Sending => "on its way to the outbox …",
    }
}

fn recipients(page: &ComposePage, focus: Focus) -> Vec<NamedAddress> {
    let Some(field) = of(page, focus) else { return Vec::new() };
    addresses::parse("", &field.text(), &page.sheet.draft.to).unwrap_or_default()
}

fn field(model: &Model, page: &ComposePage, focus: Focus, buf: &mut Buffer, at: Rect) {
    let name = match focus {
        Focus::To => "To",
        Focus::Cc => "Cc",
        Focus::Bcc => "Bcc",
        Focus::Subject => "Subject",
        Focus::Body => "",
    };
    let x = at.x.saturating_add(1);
    put(buf, x, at.y, NAME, name, model.theme.dim);
    let x = x.saturating_add(NAME);
    let room = at.right().saturating_sub(x).saturating_sub(1);
    let Some(field) = of(page, focus) else { return };
    let who = recipients(page, focus);
    if page.focus == focus || focus == Focus::Subject || who.is_empty() {
        let (text, _) = field.shown(usize::from(room.saturating_sub(1)));
        let style = if page.focus == focus { model.theme.field } else { model.theme.text };
        put(buf, x, at.y, room, &text, style);
        return;
    }
    let lines = usize::from(at.height);
    for (n, address) in who.iter().take(lines).enumerate() {
        let more = who.len().saturating_sub(lines);
        let last = n.saturating_add(1) == lines && more > 0;
        recipient(model, page, address, buf, Rect { x, width: room, ..nth(at, n) });
        if last {
            let text = format!("and {more} more");
            let at = nth(at, n);
            let x = at.right().saturating_sub(width(&text).saturating_add(1));
            put(buf, x, at.y, room, &text, model.theme.due);
        }
    }
}

/// `Kofi Mensah <kofi@mensah.example>     client`; the other side in capitals.
fn recipient(
    model: &Model,
    page: &ComposePage,
    address: &NamedAddress,
    buf: &mut Buffer,
    at: Rect,
) {
    let (word, style) = match page.known(address).map(|known| known.role) {
        Some(Some(role)) if role.is_opposing() => {
            (role.word().replace('_', " ").to_uppercase(), model.theme.problem)
        }
        Some(Some(role)) => (role.word().replace('_', " "), model.theme.good),
        Some(None) => ("not in this matter".to_owned(), model.theme.due),
        None => ("not checked yet".to_owned(), model.theme.dim),
    };
    let right = 20.min(at.width.div_euclid(3));
    let left = at.width.saturating_sub(right).saturating_sub(1);
    let text = addresses::print(std::slice::from_ref(address));
    put(buf, at.x, at.y, left, SafeText::line(&text).as_str(), model.theme.text);
    put(buf, at.x.saturating_add(left).saturating_add(1), at.y, right, &word, style);
}

/// `Files   lease.pdf  48 kB`: one line for each, the last one for the rest.
fn attached(model: &Model, page: &ComposePage, buf: &mut Buffer, area: Rect) {
    let all = &page.sheet.draft.attachments;
    let lines = usize::from(area.height);
    for (n, file) in all.iter().take(lines).enumerate() {
        let at = nth(area, n);
        let x = at.x.saturating_add(1);
        if n == 0 {
            put(buf, x, at.y, NAME, "Files", model.theme.dim);
        }
        let x = x.saturating_add(NAME);
        let room = at.right().saturating_sub(x).saturating_sub(1);
        let rest = all.len().saturating_sub(lines);
        let more = if n.saturating_add(1) == lines && rest > 0 {
            files::total(page).map_or_else(String::new, |total| format!("  of {total}"))
        } else {
            String::new()
        };
        let size = format!("  {}{more}", bytes(file.size()));
        let name = room.saturating_sub(width(&size));
        let name = SafeText::line(&file.name).cut(usize::from(name));
        let x = put(buf, x, at.y, room, &name, model.theme.text);
        put(buf, x, at.y, room, &size, model.theme.dim);
    }
}

fn footer_lines(page: &ComposePage, width: u16) -> Vec<String> {
    let mut lines = pager::wrap(page.sheet.footer.as_str(), usize::from(width.saturating_sub(2)));
    let quoted = page.sheet.draft.quote.lines().count();
    if quoted > 0 {
        lines.push(format!("▸ {quoted} quoted lines below"));
    }
    lines
}

fn footer(model: &Model, page: &ComposePage, buf: &mut Buffer, area: Rect) {
    let dots = "·".repeat(usize::from(area.width.saturating_sub(2)));
    put(
        buf,
        area.x.saturating_add(1),
        area.y,
        area.width.saturating_sub(2),
        &dots,
        model.theme.rule,
    );
    let title = " goes out with ";
    let x = area.x.saturating_add(area.width.saturating_sub(width(title)).div_euclid(2));
    put(buf, x, area.y, area.width, title, model.theme.dim);
    let room = usize::from(area.height).saturating_sub(1);
    let mut lines = footer_lines(page, area.width);
    let hidden = lines.len().saturating_sub(room);
    if hidden > 0 && room > 1 {
        lines.truncate(room.saturating_sub(1));
        lines.push(format!("… and {} lines more", hidden.saturating_add(1)));
    }
    for (n, text) in lines.iter().take(room).enumerate() {
        let at = nth(area, n.saturating_add(1));
        put(
            buf,
            area.x.saturating_add(1),
            at.y,
            area.width.saturating_sub(2),
            text,
            model.theme.dim,
        );
    }
}
