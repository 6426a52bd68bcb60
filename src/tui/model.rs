//! What the screen knows: which view, which pages and layers on top, which rows.
//!
//! Owns the state and its geometry. It is changed only by `update` and read only by `view`; it does no I/O.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use ratatui::layout::Rect;

use crate::{
    app::{
        command::Command,
        event::{LinkState, Notice, Tone},
        rows::{Counts, DueRow, MatterRow, OutboxRow, Query, ThreadRow, ThreadView, UntaggedRow},
        views,
    },
    domain::{
        id::{AccountId, OutboxId, ThreadId},
        text::SafeText,
    },
};

use super::{
    action::Action,
    asks::{Asks, Slot},
    effect::Effect,
    key::Key,
    keymap::{Context, Keymap},
    layer::Layer,
    screen::{compose::ComposePage, matter::MatterPage, record::Record, thread::ThreadPage},
    theme::Theme,
    widget::list::{List, Steps},
};

/// From this width on there is room for a second column.
pub const WIDE: u16 = 110;
/// Below this there is no useful screen.
pub const LEAST: (u16, u16) = (60, 15);
/// How many rows a list asks for.
pub const LIMIT: u32 = 2_000;

/// A view of the top line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum View {
    /// Every open clock.
    Due,
    /// Threads by last activity.
    Inbox,
    /// Threads without a matter.
    Untagged,
    /// Matters.
    Matters,
    /// The outbox.
    Outbox,
    /// Search.
    Record,
}

impl View {
    /// Every view in the order of the top line.
    pub const ALL: [Self; 6] =
        [Self::Due, Self::Inbox, Self::Untagged, Self::Matters, Self::Outbox, Self::Record];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Due => "Due",
            Self::Inbox => "Inbox",
            Self::Untagged => "Untagged",
            Self::Matters => "Matters",
            Self::Outbox => "Outbox",
            Self::Record => "Record",
        }
    }
}

/// Something opened on top of a view.
pub enum Page {
    /// A matter's threads.
    Matter(MatterPage),
    /// A thread.
    Thread(Box<ThreadPage>),
    /// A draft.
    Compose(Box<ComposePage>),
}

/// A message in its undo window.
#[derive(Clone, Copy)]
pub struct Held {
    /// Its row.
    pub item: OutboxId,
    /// When it leaves.
    pub until: Timestamp,
}

impl Held {
    /// Seconds until it leaves; a begun one counts.
    pub fn seconds_left(&self, now: Timestamp) -> i64 {
        let left = self.until.duration_since(now);
        left.as_secs().saturating_add(i64::from(left.subsec_nanos() > 0)).max(0)
    }
}

/// The whole state of the screen.
pub struct Model {
    pub(crate) width: u16,
    pub(crate) height: u16,
    pub(crate) now: Timestamp,
    pub(crate) zone: TimeZone,
    pub(crate) theme: Theme,
    pub(crate) keys: Keymap,
    pub(crate) view: View,
    pub(crate) due: List<DueRow>,
    pub(crate) inbox: List<ThreadRow>,
    pub(crate) untagged: List<UntaggedRow>,
    pub(crate) matters: List<MatterRow>,
    pub(crate) outbox: List<OutboxRow>,
    pub(crate) record: Record,
    pub(crate) preview: Option<Box<ThreadView>>,
    pub(crate) pages: Vec<Page>,
    pub(crate) layers: Vec<Layer>,
    pub(crate) asks: Asks,
    pub(crate) counts: Counts,
    pub(crate) links: BTreeMap<AccountId, LinkState>,
    /// Since when mail has been arriving without a pause.
    pub(crate) arriving: Option<Timestamp>,
    pub(crate) notice: Option<Notice>,
    /// Every message in its undo window, the newest last.
    pub(crate) held: Vec<Held>,
    pub(crate) chord: Vec<Key>,
    pub(crate) privacy: bool,
    pub(crate) room: usize,
    pub(crate) redraw: bool,
    pub(crate) effects: Vec<Effect>,
}

impl Model {
    /// A screen of this size on which nothing has arrived yet; it opens on Due.
    pub fn new(
        (width, height): (u16, u16),
        now: Timestamp,
        zone: TimeZone,
        theme: Theme,
        keys: Keymap,
    ) -> Self {
        let mut model = Self {
            width,
            height,
            now,
            zone,
            theme,
            keys,
            view: View::Due,
            due: List::default(),
            inbox: List::default(),
            untagged: List::default(),
            matters: List::default(),
            outbox: List::default(),
            record: Record::default(),
            preview: None,
            pages: Vec::new(),
            layers: Vec::new(),
            asks: Asks::default(),
            counts: Counts::default(),
            links: BTreeMap::new(),
            arriving: None,
            notice: None,
            held: Vec::new(),
            chord: Vec::new(),
            privacy: false,
            room: 1,
            redraw: true,
            effects: Vec::new(),
        };
        model.lay_out();
        model
    }

    /// Does the picture differ from the one drawn last? Asking resets it.
    pub const fn take_redraw(&mut self) -> bool {
        std::mem::replace(&mut self.redraw, false)
    }

    /// When something on the screen passes by itself: the undo window, and at the next full minute every countdown.
    pub fn wakes_at(&self) -> Option<Timestamp> {
        let minute = self.now.as_second().div_euclid(60).checked_add(1)?.checked_mul(60)?;
        // Where time stands still, a moment before the minute must not become a hurry.
        let soonest = self.now.checked_add(SignedDuration::from_secs(1)).ok()?;
        let minute = Timestamp::from_second(minute).ok()?.max(soonest);
        // The seconds of an undo window are counted down.
        Some(if self.held.is_empty() { minute } else { soonest })
    }

    /// How long the rest takes at the pace so far, in words; `None` while there is no telling.
    pub(crate) fn estimate(&self, stored: u64, total: u64) -> Option<String> {
        let passed = u64::try_from(self.now.duration_since(self.arriving?).as_secs()).ok()?;
        if passed < 5 || stored == 0 {
            return None;
        }
        let seconds = total.saturating_sub(stored).saturating_mul(passed).checked_div(stored)?;
        Some(match seconds.div_ceil(60) {
            0 | 1 => "about a minute".to_owned(),
            minutes @ 2..=90 => format!("about {minutes} min"),
            minutes => format!("about {} h", minutes.div_ceil(60)),
        })
    }

    pub(crate) const fn too_small(&self) -> bool {
        self.width < LEAST.0 || self.height < LEAST.1
    }

    /// Does the person not see what the keys would act on? The window is too small, or the privacy screen covers what
    /// is in front.
    pub(crate) fn is_hidden(&self) -> bool {
        let covered = match (self.layers.last(), self.pages.last()) {
            (Some(layer), _) => !layer.is_wordless(),
            (None, Some(Page::Compose(_))) => true,
            (None, Some(Page::Thread(_) | Page::Matter(_))) => false,
            (None, None) => self.view == View::Record && self.record.typing,
        };
        self.too_small() || self.privacy && covered
    }

    /// Between the top line and the bottom lines.
    pub(crate) const fn body(&self) -> Rect {
        Rect { x: 0, y: 2, width: self.width, height: self.height.saturating_sub(4) }
    }

    pub(crate) const fn wide(&self) -> bool {
        self.width >= WIDE
    }

    /// Gives every list and page the room it has at this size.
    pub(crate) fn lay_out(&mut self) {
        let body = usize::from(self.body().height);
        let below = body.saturating_sub(2);
        self.due.resize(if self.wide() { body } else { below });
        self.inbox.resize(body);
        self.untagged.resize(body.div_euclid(2));
        self.matters.resize(body.saturating_sub(1));
        self.outbox.resize(body.saturating_sub(3));
        self.record.list.resize(below.div_euclid(2));
        self.record.folders.resize(below.saturating_sub(1));
        let body = self.body();
        let wide = self.wide();
        for page in &mut self.pages {
            match page {
                Page::Matter(page) => page.list.resize(usize::from(body.height).saturating_sub(2)),
                Page::Thread(page) => page.lay_out(body, wide),
                Page::Compose(_) => {}
            }
        }
        for layer in &mut self.layers {
            let room = usize::from(layer.wishes(body).saturating_sub(1)).max(1);
            let width = usize::from(body.width.saturating_sub(4));
            match layer {
                Layer::Help(pager) | Layer::Explain(pager) | Layer::Raw(pager) => {
                    pager.resize(width, room);
                }
                Layer::Palette(chooser) => chooser.resize(room.saturating_sub(2)),
                Layer::Picker(picker) => picker.chooser.resize(room.saturating_sub(2)),
                Layer::Drafts(chooser) => chooser.resize(room.saturating_sub(2)),
                Layer::Folders(sheet) => sheet.chooser.resize(room.saturating_sub(2)),
                Layer::Waiting(sheet) => sheet.chooser.resize(room.saturating_sub(2)),
                Layer::Confirm(_)
                | Layer::Prompt(_)
                | Layer::Findings(_)
                | Layer::Attach(_)
                | Layer::Day(_) => {}
                Layer::SignIn(sheet) => sheet.resize(width, room),
            }
        }
    }

    /// A key was pressed: from now on the selections belong to the person.
    pub(crate) fn pin(&mut self) {
        let lists: [&mut dyn Steps; 7] = [
            &mut self.due,
            &mut self.inbox,
            &mut self.untagged,
            &mut self.matters,
            &mut self.outbox,
            &mut self.record.list,
            &mut self.record.folders,
        ];
        for list in lists {
            list.pin();
        }
    }

    /// Puts a layer on top and gives it its room.
    pub(crate) fn push_layer(&mut self, layer: Layer) {
        self.layers.push(layer);
        self.lay_out();
    }

    /// The contexts that keys are looked up in, the first one first.
    pub(crate) fn contexts(&self) -> &'static [Context] {
        if !self.layers.is_empty() {
            return &[Context::Layer];
        }
        match self.pages.last() {
            Some(Page::Compose(page)) if page.in_body() => &[Context::Compose],
            Some(Page::Compose(_)) => &[Context::Compose, Context::Field],
            Some(Page::Thread(_)) => &[Context::Thread, Context::Global],
            None if self.view == View::Record && self.record.typing => &[Context::Field],
            Some(Page::Matter(_)) | None => &[Context::List, Context::Global],
        }
    }

    /// The sign of the key that does this here.
    pub(crate) fn sign_for(&self, action: Action) -> Option<String> {
        self.keys.sign_for(self.contexts(), self.types(), action)
    }

    /// Are typed characters text here?
    pub(crate) fn types(&self) -> bool {
        match self.layers.last() {
            Some(layer) => layer.types(),
            None => match self.pages.last() {
                Some(Page::Compose(_)) => true,
                Some(Page::Thread(_) | Page::Matter(_)) => false,
                None => self.view == View::Record && self.record.typing,
            },
        }
    }

    /// The list that keys move in, if a list is in front.
    pub(crate) fn list_mut(&mut self) -> Option<&mut dyn Steps> {
        match self.pages.last_mut() {
            Some(Page::Matter(page)) => Some(&mut page.list),
            Some(Page::Thread(_) | Page::Compose(_)) => None,
            None => Some(match self.view {
                View::Due => &mut self.due,
                View::Inbox => &mut self.inbox,
                View::Untagged => &mut self.untagged,
                View::Matters => &mut self.matters,
                View::Outbox => &mut self.outbox,
                View::Record if self.record.shows_folders() => &mut self.record.folders,
                View::Record => &mut self.record.list,
            }),
        }
    }

    /// The same for reading.
    pub(crate) fn list(&self) -> Option<&dyn Steps> {
        match self.pages.last() {
            Some(Page::Matter(page)) => Some(&page.list),
            Some(Page::Thread(_) | Page::Compose(_)) => None,
            None => Some(match self.view {
                View::Due => &self.due,
                View::Inbox => &self.inbox,
                View::Untagged => &self.untagged,
                View::Matters => &self.matters,
                View::Outbox => &self.outbox,
                View::Record if self.record.shows_folders() => &self.record.folders,
                View::Record => &self.record.list,
            }),
        }
    }

    /// So many rows the list in front shows at most.
    pub(crate) fn most(&self) -> u32 {
        match (self.pages.last(), self.view) {
            (Some(Page::Matter(_)), _) => views::MATTER_LIMIT,
            (_, View::Due) => views::DUE_LIMIT,
            (_, View::Outbox) => views::OUTBOX_LIMIT,
            (_, View::Inbox | View::Untagged | View::Record) => LIMIT,
            (_, View::Matters) => u32::MAX,
        }
    }

    /// The threads an action is about: the opened one, else the marked ones, else the selected one.
    pub(crate) fn targets(&self) -> Vec<ThreadId> {
        match self.pages.last() {
            Some(Page::Thread(page)) if page.gone => Vec::new(),
            Some(Page::Thread(page)) => vec![page.id],
            Some(Page::Compose(_)) => Vec::new(),
            Some(Page::Matter(_)) | None => self.list().map(Steps::targets).unwrap_or_default(),
        }
    }

    /// The thread under the cursor.
    pub(crate) fn here(&self) -> Option<ThreadId> {
        match self.pages.last() {
            Some(Page::Thread(page)) => (!page.gone).then_some(page.id),
            Some(Page::Compose(_)) => None,
            Some(Page::Matter(_)) | None => self.list().and_then(Steps::here),
        }
    }

    /// Hands a command to the engine. With a full queue it says `busy` and gives `false`: the caller then changes
    /// nothing.
    pub(crate) fn send(&mut self, command: Command) -> bool {
        let Some(left) = self.room.checked_sub(1) else {
            self.busy();
            return false;
        };
        self.room = left;
        self.effects.push(Effect::Do(command));
        true
    }

    pub(crate) fn busy(&mut self) {
        self.tell(Tone::Problem, "busy: nothing was changed; press the key again in a moment");
    }

    /// Says one sentence in the bottom line.
    pub(crate) fn tell(&mut self, tone: Tone, sentence: &str) {
        self.notice = Some(Notice { tone, text: SafeText::line(sentence), offer: None });
        self.redraw = true;
    }

    /// Asks what the view in front shows.
    pub(crate) fn ask_view(&mut self) {
        let (slot, query) = self.view_query();
        self.asks.ask(slot, query);
    }

    /// The question behind the view in front.
    pub(crate) fn view_query(&self) -> (Slot, Query) {
        match self.view {
            View::Due => (Slot::Due, Query::Due),
            View::Inbox => (Slot::Inbox, Query::Inbox { limit: LIMIT }),
            View::Untagged => (Slot::Untagged, Query::Untagged { limit: LIMIT }),
            View::Matters => (Slot::Matters, Query::Matters),
            View::Outbox => (Slot::Outbox, Query::Outbox),
            View::Record if self.record.shows_folders() => (Slot::Folders, Query::Folders),
            View::Record => (Slot::Search, self.record.query()),
        }
    }

    /// After the selection in Due moved: the preview must show that thread.
    pub(crate) fn ask_preview(&mut self) {
        if self.view != View::Due || !self.wide() {
            return;
        }
        let Some(thread) = self.due.here() else {
            self.preview = None;
            return;
        };
        if self.preview.as_ref().is_none_or(|shown| shown.thread != thread) {
            self.preview = None;
            self.asks.ask(Slot::Preview, Query::Thread(thread));
        }
    }

    /// The undo window of a message opens.
    pub(crate) fn hold(&mut self, item: OutboxId, seconds: u32) {
        let until =
            self.now.checked_add(SignedDuration::from_secs(i64::from(seconds))).unwrap_or(self.now);
        self.held.push(Held { item, until });
        self.redraw = true;
    }
}
