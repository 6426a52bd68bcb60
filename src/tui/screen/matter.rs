//! One matter: its threads, newest first.
//!
//! Owns the page that opens from Matters.

use ratatui::{buffer::Buffer, layout::Rect, style::Style};

use super::inbox;
use crate::{
    app::rows::{DeadlineRow, MatterLabel, ThreadRow},
    domain::{calendar::zones, deadline::DeadlineState},
    tui::{
        model::Model,
        widget::{
            list::List,
            table::{nth, put, rule, width},
        },
    },
};

/// An opened matter.
pub struct MatterPage {
    /// Which one.
    pub matter: MatterLabel,
    /// Its threads.
    pub list: List<ThreadRow>,
    /// Its open deadlines, soonest first.
    pub deadlines: Vec<DeadlineRow>,
}

/// Draws the matter's name and its threads.
pub fn view(model: &Model, page: &MatterPage, buf: &mut Buffer, area: Rect) {
    let row = model.matters.rows().iter().find(|row| row.matter.id == page.matter.id);
    let label = row.and_then(|row| row.privilege);
    let title = format!("‹ {} {}", page.matter.number, page.matter.name);
    let title = match label {
        None => title,
        Some(label) => {
            let (words, sign) = (label.words(), label.sign());
            let whole = format!("{title} · privileged: {words} ({sign})");
            // A narrow window keeps the sign, and cuts the name.
            let short = || format!("‹ {sign} · {} {}", page.matter.number, page.matter.name);
            if width(&whole) <= area.width.saturating_sub(2) { whole } else { short() }
        }
    };
    if !model.privacy {
        let room = area.width.saturating_sub(2);
        put(buf, area.x.saturating_add(1), area.y, room, &title, model.theme.heading);
    }
    let (text, style) = deadlines(model, &page.deadlines);
    rule(buf, nth(area, 1), if model.privacy { "" } else { &text }, model.theme.rule, style);
    let list = Rect { y: area.y.saturating_add(2), height: area.height.saturating_sub(2), ..area };
    inbox::threads(model, buf, list, &page.list, false, "No threads in this matter.");
}

/// `deadline Fri 27 Nov 2026, in 3 days: answer the complaint · 2 more`; empty without one.
fn deadlines(model: &Model, rows: &[DeadlineRow]) -> (String, Style) {
    let Some(first) = rows.first() else { return (String::new(), model.theme.dim) };
    let day = first.day.strftime("%a %-d %b %Y");
    let zone = zones().get(first.zone.as_str()).unwrap_or_else(|_| model.zone.clone());
    let days = zone.to_datetime(model.now).date().until(first.day).map_or(0, |d| d.get_days());
    let left = match days {
        i32::MIN..=-1 => "PASSED".to_owned(),
        0 => "TODAY".to_owned(),
        1 => "tomorrow".to_owned(),
        2..=i32::MAX => format!("in {days} days"),
    };
    let doubt = match first.state {
        DeadlineState::Proposed => "not confirmed: ",
        DeadlineState::Confirmed | DeadlineState::Done | DeadlineState::Vacated => "",
    };
    let more = match rows.len().saturating_sub(1) {
        0 => String::new(),
        more => format!(" · {more} more"),
    };
    let text = format!("deadline {day}, {left}: {doubt}{}{more}", first.what);
    let style = if days <= 3 { model.theme.problem } else { model.theme.dim };
    (text, style)
}
