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
            table::{nth, put, rule},
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
    let title = format!("‹ {} {}", page.matter.number, page.matter.name);
    if !model.privacy {
        let room = area.width.saturating_sub(2);
        put(buf, area.x.saturating_add(1), area.y, room, &title, model.theme.heading);
    }
    rule(buf, nth(area, 1), "", model.theme.rule, model.theme.dim);
    let list = Rect { y: area.y.saturating_add(2), height: area.height.saturating_sub(2), ..area };
    inbox::threads(model, buf, list, &page.list, false, "No threads in this matter.");
}
