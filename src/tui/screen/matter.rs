//! One matter: its threads, newest first.
//!
//! Owns the page that opens from Matters.

use ratatui::{buffer::Buffer, layout::Rect};

use super::inbox;
use crate::{
    app::rows::{MatterLabel, ThreadRow},
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
    rule(buf, nth(area, 1), "", model.theme.rule, model.theme.dim);
    let list = Rect { y: area.y.saturating_add(2), height: area.height.saturating_sub(2), ..area };
    inbox::threads(model, buf, list, &page.list, false, "No threads in this matter.");
}
