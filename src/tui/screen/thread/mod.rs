//! A thread as a timeline: the newest unread message open, the others one line each, quoted tails folded.
//!
//! Owns which messages are open, which one is selected and how far it is scrolled. The text is laid out once per
//! change, never while drawing.

pub mod update;
pub mod view;

use std::collections::BTreeSet;

use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

use crate::{
    app::rows::{MessageView, ThreadView},
    domain::{
        id::{MessageKey, ThreadId},
        message::Direction,
    },
    tui::widget::{pager, when},
};

/// Lines above the timeline: subject, clock strip, rule.
pub const HEAD: u16 = 3;
/// Cells of the matter card, its rule included.
pub const CARD: u16 = 36;

/// Cells of a message's head beside its people.
pub const HEAD_REST: u16 = 34;

/// Longer lines are hard to read, however wide the window is.
const READABLE: usize = 96;

/// One line of the timeline.
pub enum Line {
    /// The head of the message at this place.
    Head(usize),
    /// To whom it was addressed.
    To(String),
    /// What was written.
    Text(String),
    /// Quoted text.
    Quoted(String),
    /// So many quoted lines are folded away.
    Fold(usize),
    /// An attachment.
    Attachment(String),
    /// A remark for the reader.
    Remark(String),
    /// Nothing.
    Blank,
}

/// An opened thread.
pub struct ThreadPage {
    /// Which one.
    pub id: ThreadId,
    /// What the engine answered; `None` until it has.
    pub view: Option<Box<ThreadView>>,
    /// It is gone: merged into another.
    pub gone: bool,
    /// The selected message.
    pub selected: Option<MessageKey>,
    open: BTreeSet<MessageKey>,
    /// Messages whose quoted tail is not as it opens by itself.
    flipped: BTreeSet<MessageKey>,
    /// Messages that were marked as read because they were looked at.
    read: BTreeSet<MessageKey>,
    lines: Vec<Line>,
    heads: Vec<usize>,
    top: usize,
    room: (usize, usize),
}

impl ThreadPage {
    /// A page that waits for its thread; `message` is the one that it is opened for, if it is one (a hit of a search).
    pub const fn new(id: ThreadId, message: Option<MessageKey>) -> Self {
        Self {
            id,
            view: None,
            gone: false,
            selected: message,
            open: BTreeSet::new(),
            flipped: BTreeSet::new(),
            read: BTreeSet::new(),
            lines: Vec::new(),
            heads: Vec::new(),
            top: 0,
            room: (80, 20),
        }
    }

    /// Takes the thread. The first time, the message that it was opened for is unfolded, else the newest unread one, else
    /// the newest one.
    pub fn set(&mut self, view: Option<Box<ThreadView>>) {
        self.gone = view.is_none();
        let first = self.view.is_none();
        self.view = view;
        let messages = self.messages();
        let alive = self.selected.filter(|key| messages.iter().any(|m| m.key == *key));
        if first || alive.is_none() {
            let newest = messages.iter().rev().find(|m| m.unread).or_else(|| messages.last());
            let chosen = alive.or_else(|| newest.map(|message| message.key));
            self.open.extend(chosen);
            self.selected = chosen;
        }
        self.build();
        self.reveal();
    }

    /// Gives the page its room.
    pub fn lay_out(&mut self, body: Rect, wide: bool) {
        let width = if wide { body.width.saturating_sub(CARD) } else { body.width };
        let height = body.height.saturating_sub(HEAD);
        self.room = (usize::from(width), usize::from(height).max(1));
        self.build();
        self.reveal();
    }

    /// The messages, oldest first.
    pub fn messages(&self) -> &[MessageView] {
        self.view.as_deref().map_or(&[], |view| view.messages.as_slice())
    }

    /// The lines in sight.
    pub fn visible(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter().skip(self.top).take(self.room.1)
    }

    /// The selected message.
    pub fn message(&self) -> Option<&MessageView> {
        self.messages().iter().find(|message| Some(message.key) == self.selected)
    }

    /// Is this message open?
    pub fn is_open(&self, key: MessageKey) -> bool {
        self.open.contains(&key)
    }

    /// Is the selected message open and unread? Says so once, of it and of all that stand there unread with it.
    pub fn look(&mut self) -> bool {
        let looks = self
            .message()
            .is_some_and(|m| m.unread && self.open.contains(&m.key) && !self.read.contains(&m.key));
        if looks {
            let unread: Vec<MessageKey> =
                self.messages().iter().filter(|m| m.unread).map(|m| m.key).collect();
            self.read.extend(unread);
        }
        looks
    }

    /// The place of the selected message.
    fn index(&self) -> usize {
        self.messages().iter().position(|m| Some(m.key) == self.selected).unwrap_or_default()
    }

    /// First line of the selected message, and the line after its last.
    fn extent(&self) -> (usize, usize) {
        let index = self.index();
        let start = self.heads.get(index).copied().unwrap_or_default();
        let end = self.heads.get(index.saturating_add(1)).copied().unwrap_or(self.lines.len());
        (start, end)
    }

    /// The line of the selected message below the first one in sight.
    pub fn line(&self) -> usize {
        self.extent().0.saturating_sub(self.top)
    }

    /// Opens or folds the selected message.
    pub fn toggle(&mut self) {
        let Some(key) = self.selected else { return };
        if !self.open.remove(&key) {
            self.open.insert(key);
        }
        self.build();
        self.reveal();
    }

    /// Shows or folds the quoted tail of the selected message.
    pub fn toggle_quoted(&mut self) {
        let Some(message) = self.message() else { return };
        let key = message.key;
        let shown = self.open.contains(&key) && self.shows_quoted(message);
        if shown == is_bare(message) {
            self.flipped.insert(key);
        } else {
            self.flipped.remove(&key);
        }
        self.open.insert(key);
        self.build();
        self.reveal();
    }

    /// Where nothing new was written (a bare forward), the quoted text is the message: it stands open by itself.
    fn shows_quoted(&self, message: &MessageView) -> bool {
        self.flipped.contains(&message.key) != is_bare(message)
    }

    /// One step: scrolls while the selected message reaches beyond the window, else selects the next one.
    pub fn step(&mut self, down: bool) {
        let (start, end) = self.extent();
        let bottom = self.top.saturating_add(self.room.1);
        if down && end > bottom && start < bottom {
            self.scroll(1);
        } else if !down && start < self.top {
            self.scroll(-1);
        } else {
            let by = if down { 1 } else { -1 };
            self.select(self.index().saturating_add_signed(by));
        }
    }

    /// Selects the message at this place, or the last one.
    pub fn select(&mut self, index: usize) {
        let last = self.messages().len().saturating_sub(1);
        self.selected = self.messages().get(index.min(last)).map(|message| message.key);
        self.reveal();
    }

    /// Scrolls by lines; negative is up.
    pub fn scroll(&mut self, by: isize) {
        let last = self.lines.len().saturating_sub(self.room.1);
        self.top = self.top.saturating_add_signed(by).min(last);
    }

    /// Lines in sight at once, for paging.
    pub fn height(&self) -> isize {
        isize::try_from(self.room.1).unwrap_or(1)
    }

    /// Scrolls so that the selected message begins in sight, and ends in sight if it fits.
    fn reveal(&mut self) {
        let (start, end) = self.extent();
        let bottom = self.top.saturating_add(self.room.1);
        if end > bottom {
            self.top = end.saturating_sub(self.room.1).min(start);
        }
        if start < self.top {
            self.top = start;
        }
        self.scroll(0);
    }

    fn build(&mut self) {
        let width = self.room.0.saturating_sub(6).min(READABLE);
        let mut lines = Vec::new();
        let mut heads = Vec::new();
        let head = self.room.0.saturating_sub(usize::from(HEAD_REST));
        for (index, message) in self.messages().iter().enumerate() {
            heads.push(lines.len());
            lines.push(Line::Head(index));
            if self.open.contains(&message.key) {
                write_message(message, (width, head), self.shows_quoted(message), &mut lines);
            }
        }
        (self.lines, self.heads) = (lines, heads);
    }
}

fn is_bare(message: &MessageView) -> bool {
    message.text.as_str().trim().is_empty()
}

/// Who wrote to us, the address beside the name: a name alone proves nothing.
pub fn sender(message: &MessageView) -> String {
    format!("{} <{}> → us", message.from, message.from_address)
}

fn write_message(
    message: &MessageView,
    (width, head): (usize, usize),
    quoted: bool,
    lines: &mut Vec<Line>,
) {
    let inbound = message.direction == Direction::Inbound;
    if inbound && UnicodeWidthStr::width(sender(message).as_str()) > head {
        // The head has no room for the address, which is what tells a stranger from a client.
        let from = format!("from {}", message.from_address);
        lines.extend(pager::wrap(&from, width).into_iter().map(Line::To));
    }
    if !message.to.as_str().is_empty() {
        let to = format!("to {}", message.to);
        lines.extend(pager::wrap(&to, width).into_iter().take(3).map(Line::To));
    }
    for remark in &message.remarks {
        // Two cells are for the sign before each line.
        let wrapped = pager::wrap(remark.as_str(), width.saturating_sub(2));
        lines.extend(wrapped.into_iter().map(Line::Remark));
    }
    let text = pager::wrap(message.text.as_str(), width);
    let tail = pager::wrap(message.quoted.as_str(), width.saturating_sub(2));
    if !is_bare(message) {
        lines.push(Line::Blank);
        lines.extend(text.into_iter().map(Line::Text));
    } else if tail.is_empty() {
        lines.push(Line::Blank);
        lines.push(Line::To("no text".to_owned()));
    }
    if !tail.is_empty() {
        lines.push(Line::Blank);
        if quoted {
            lines.extend(tail.into_iter().map(Line::Quoted));
        } else {
            lines.push(Line::Fold(tail.len()));
        }
    }
    if !message.attachments.is_empty() {
        lines.push(Line::Blank);
    }
    for attachment in &message.attachments {
        let size = when::size(attachment.size);
        lines.push(Line::Attachment(format!(
            "{}  {}  {size}",
            attachment.name, attachment.media_type
        )));
    }
    lines.push(Line::Blank);
}
