//! The sheet on which somebody signs in to an account: an address and, for another machine, a code.
//!
//! Owns what is shown and typed there. It opens no browser and keeps no token; the engine signs in and tells how that
//! goes, and an address or a code goes nowhere but onto the screen.

use ratatui::layout::Rect;

use super::Layer;
use crate::{
    app::{
        command::{self, Command},
        event::SignInNews,
        sign_in::Way,
    },
    domain::{confidential::Confidential, id::AccountId, text::SafeText},
    tui::{
        action::Action,
        hints::Hints,
        model::Model,
        widget::{
            chooser::{Chooser, Item},
            field::Field,
            pager,
            table::cells,
        },
    },
};

/// Signing in.
pub struct SignIn {
    account: Option<AccountId>,
    name: SafeText,
    codes: bool,
    way: Way,
    stage: Stage,
    lines: Vec<(Part, String)>,
    width: usize,
    height: usize,
    top: usize,
}

/// How far it is.
pub enum Stage {
    /// Several accounts sign in: which one?
    Choosing(Chooser<AccountId>),
    /// The provider is asked, or checks what was handed in.
    Asking,
    /// It waits for a browser.
    Page {
        /// The address of the provider's page.
        url: SafeText,
        /// A browser was told to open it.
        opened: bool,
        /// The address at which a browser elsewhere ended.
        field: Field,
    },
    /// It waits for a code to be typed.
    Code {
        /// Where.
        url: SafeText,
        /// What.
        code: SafeText,
        /// Until when it holds, by the wall clock.
        until: String,
    },
    /// Signed in; `true` when that outlives the program.
    Done(bool),
    /// It came to nothing, and why.
    Failed(SafeText),
}

/// What a line of the sheet is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// What to do.
    Words,
    /// What else there is to know.
    Aside,
    /// An address in pieces of the sheet's width: nothing stands beside them, so that they can be marked and copied.
    Address,
    /// A code.
    Code,
    /// It is done.
    Good,
    /// It failed.
    Trouble,
}

const CHOICE: Hints = &[(Action::Accept, "sign in"), (Action::Back, "close")];
const ASKED: Hints = &[(Action::Back, "stop signing in")];
const PAGE: Hints = &[
    (Action::Accept, "hand in the address"),
    (Action::Complete, "a code instead"),
    (Action::Back, "stop signing in"),
];
const PAGE_ONLY: Hints =
    &[(Action::Accept, "hand in the address"), (Action::Back, "stop signing in")];
const CODE: Hints = &[(Action::Complete, "the browser instead"), (Action::Back, "stop signing in")];
const DONE: Hints = &[(Action::Accept, "close")];
const FAILED: Hints = &[(Action::Accept, "try again"), (Action::Back, "close")];
const FAILED_PAGE: Hints =
    &[(Action::Accept, "try again"), (Action::Complete, "a code instead"), (Action::Back, "close")];
const FAILED_CODE: Hints = &[
    (Action::Accept, "try again"),
    (Action::Complete, "the browser instead"),
    (Action::Back, "close"),
];

impl SignIn {
    fn new(stage: Stage) -> Self {
        let name = SafeText::default();
        let lines = Vec::new();
        let (account, codes, way) = (None, false, Way::Browser);
        Self { account, name, codes, way, stage, lines, width: 1, height: 1, top: 0 }
    }

    /// How far it is.
    pub const fn stage(&self) -> &Stage {
        &self.stage
    }

    /// Are typed characters text here?
    pub const fn types(&self) -> bool {
        matches!(self.stage, Stage::Choosing(_) | Stage::Page { .. })
    }

    /// Does it show the address of a page, with a field in its last line?
    pub const fn has_page(&self) -> bool {
        matches!(self.stage, Stage::Page { .. })
    }

    /// The field that takes what is typed.
    pub const fn field(&self) -> Option<&Field> {
        match &self.stage {
            Stage::Choosing(chooser) => Some(&chooser.field),
            Stage::Page { field, .. } => Some(field),
            Stage::Asking | Stage::Code { .. } | Stage::Done(_) | Stage::Failed(_) => None,
        }
    }

    /// Changes what is typed.
    pub fn edit(&mut self, change: impl FnOnce(&mut Field) -> bool) {
        match &mut self.stage {
            Stage::Choosing(chooser) => chooser.edit(change),
            Stage::Page { field, .. } => {
                change(field);
            }
            Stage::Asking | Stage::Code { .. } | Stage::Done(_) | Stage::Failed(_) => {}
        }
    }

    /// Lines that it wants, its title among them.
    pub fn wishes(&self, body: Rect) -> u16 {
        if matches!(self.stage, Stage::Choosing(_)) {
            return body.height.saturating_mul(2).div_euclid(3);
        }
        let lines = self.parts(usize::from(body.width.saturating_sub(4))).len();
        let field = if self.has_page() { 2 } else { 1 };
        cells(lines).saturating_add(field).min(body.height)
    }

    /// Gives it its room, in cells and lines without the title.
    pub fn resize(&mut self, width: usize, room: usize) {
        if let Stage::Choosing(chooser) = &mut self.stage {
            chooser.resize(room.saturating_sub(2));
            return;
        }
        self.lines = self.parts(width);
        self.width = width;
        self.height = room.saturating_sub(usize::from(self.has_page())).max(1);
        self.step(0);
    }

    /// By how many lines a page scrolls.
    pub const fn page(&self) -> usize {
        match &self.stage {
            Stage::Choosing(chooser) => chooser.height(),
            Stage::Asking
            | Stage::Page { .. }
            | Stage::Code { .. }
            | Stage::Done(_)
            | Stage::Failed(_) => self.height,
        }
    }

    /// Moves by so many lines; negative is up.
    pub fn step(&mut self, by: isize) {
        if let Stage::Choosing(chooser) = &mut self.stage {
            chooser.step(by);
            return;
        }
        let last = self.lines.len().saturating_sub(self.height);
        self.top = self.top.saturating_add_signed(by).min(last);
    }

    /// The lines in sight.
    pub fn visible(&self) -> impl Iterator<Item = &(Part, String)> {
        self.lines.iter().skip(self.top).take(self.height)
    }

    /// `1–8 of 12` when not all lines are in sight.
    pub fn place(&self) -> Option<String> {
        (self.lines.len() > self.height).then(|| {
            let last = self.top.saturating_add(self.height).min(self.lines.len());
            format!("{}–{last} of {}", self.top.saturating_add(1), self.lines.len())
        })
    }

    /// The next useful keys.
    pub const fn hints(&self) -> Hints {
        match (&self.stage, self.way, self.codes) {
            (Stage::Choosing(_), _, _) => CHOICE,
            (Stage::Asking, _, _) => ASKED,
            (Stage::Page { .. }, _, true) => PAGE,
            (Stage::Page { .. }, _, false) => PAGE_ONLY,
            (Stage::Code { .. }, _, _) => CODE,
            (Stage::Done(_), _, _) => DONE,
            (Stage::Failed(_), Way::Code, _) => FAILED_CODE,
            (Stage::Failed(_), Way::Browser, true) => FAILED_PAGE,
            (Stage::Failed(_), Way::Browser, false) => FAILED,
        }
    }

    /// All of it in lines of this many cells.
    fn parts(&self, width: usize) -> Vec<(Part, String)> {
        let name = &self.name;
        let mut parts = Parts { width: width.max(1), lines: Vec::new() };
        match &self.stage {
            Stage::Choosing(_) => {}
            Stage::Asking => parts.say(Part::Words, &format!("{name}: asking the provider …")),
            Stage::Page { url, opened, .. } => {
                parts.say(
                    Part::Words,
                    &if *opened {
                        format!(
                            "{name}: the browser opens the provider's page; if it does not, open this address:"
                        )
                    } else {
                        format!("{name}: open this address with a browser:")
                    },
                );
                parts.address(url.as_str());
                parts.say(
                    Part::Aside,
                    "A browser on this machine comes back by itself. One elsewhere ends at an address that begins with \
                     http://localhost or http://127.0.0.1 and shows nothing: paste that address here.",
                );
            }
            Stage::Code { url, code, until } => {
                parts.say(
                    Part::Words,
                    &format!("{name}: open this address with any browser, on any machine:"),
                );
                parts.address(url.as_str());
                parts.say(Part::Words, "and type this code there:");
                parts.say(Part::Code, code.as_str());
                parts.say(
                    Part::Aside,
                    &format!(
                        "The code holds until {until}. matterbox waits and goes on by itself."
                    ),
                );
            }
            Stage::Done(lasts) => {
                parts.say(
                    Part::Good,
                    &format!(
                        "Signed in to {name}. Mail is fetched now, and what waited in the outbox goes out."
                    ),
                );
                if !lasts {
                    parts.say(
                        Part::Aside,
                        "The provider gave nothing that lasts: this must be done again when it runs out.",
                    );
                }
            }
            Stage::Failed(why) => parts.say(Part::Trouble, &format!("{name}: {why}")),
        }
        parts.lines
    }
}

struct Parts {
    width: usize,
    lines: Vec<(Part, String)>,
}

impl Parts {
    fn say(&mut self, part: Part, text: &str) {
        self.lines.extend(pager::wrap(text, self.width).into_iter().map(|line| (part, line)));
    }

    fn address(&mut self, url: &str) {
        let letters: Vec<char> = url.chars().collect();
        let pieces =
            letters.chunks(self.width).map(|piece| (Part::Address, piece.iter().collect()));
        self.lines.extend(pieces);
    }
}

/// Asks the engine to begin; it answers with the sheet, or says why there is none.
pub fn begin(model: &mut Model) {
    model.send(Command::SignIn(command::SignIn::Begin { account: None, way: None }));
}

/// The engine tells how it goes. Only a beginning opens the sheet: what comes later for one that was put away is late.
pub fn heard(model: &mut Model, news: SignInNews) {
    let until = match &news {
        SignInNews::Code { until, .. } => {
            until.to_zoned_datetime(model.zone.clone()).strftime("%H:%M").to_string()
        }
        SignInNews::Choose(_)
        | SignInNews::Asking { .. }
        | SignInNews::Page { .. }
        | SignInNews::Done { .. }
        | SignInNews::Failed { .. } => String::new(),
    };
    if matches!(news, SignInNews::Choose(_) | SignInNews::Asking { .. }) && sheet(model).is_none() {
        model.notice = None;
        model.push_layer(Layer::SignIn(Box::new(SignIn::new(Stage::Asking))));
    }
    let Some(sheet) = sheet(model) else { return };
    sheet.top = 0;
    sheet.stage = match news {
        SignInNews::Choose(choices) => {
            let item = |choice: crate::app::event::SignInChoice| Item {
                value: choice.account,
                label: choice.name.to_string(),
                detail: if choice.waits { "waits for it" } else { "" }.to_owned(),
            };
            Stage::Choosing(Chooser::new(choices.into_iter().map(item).collect(), 1))
        }
        SignInNews::Asking { account, name, codes, way } => {
            (sheet.account, sheet.name, sheet.codes, sheet.way) = (Some(account), name, codes, way);
            Stage::Asking
        }
        SignInNews::Page { url, opened } => Stage::Page { url, opened, field: Field::default() },
        SignInNews::Code { url, code, .. } => Stage::Code { url, code, until },
        SignInNews::Done { lasts } => Stage::Done(lasts),
        SignInNews::Failed { why } => Stage::Failed(why),
    };
    model.lay_out();
    model.redraw = true;
}

fn sheet(model: &mut Model) -> Option<&mut SignIn> {
    model.layers.iter_mut().find_map(|layer| match layer {
        Layer::SignIn(sheet) => Some(sheet.as_mut()),
        Layer::Help(_)
        | Layer::Explain(_)
        | Layer::Raw(_)
        | Layer::Palette(_)
        | Layer::Picker(_)
        | Layer::Confirm(_)
        | Layer::Prompt(_)
        | Layer::Findings(_)
        | Layer::Attach(_)
        | Layer::Day(_)
        | Layer::Drafts(_)
        | Layer::Folders(_)
        | Layer::Waiting(_) => None,
    })
}

/// The account is chosen, the address handed in, or it is tried again.
pub fn accept(model: &mut Model) {
    let Some(sheet) = sheet(model) else { return };
    let (account, way) = (sheet.account, Some(sheet.way));
    let order = match &sheet.stage {
        Stage::Choosing(chooser) => chooser
            .chosen()
            .map(|item| command::SignIn::Begin { account: Some(item.value), way: None }),
        Stage::Page { field, .. } => {
            let address = Confidential::from(field.text().trim());
            // What is typed there is for one use.
            (!address.expose().is_empty()).then_some(command::SignIn::Bring(address))
        }
        Stage::Failed(_) => Some(command::SignIn::Begin { account, way }),
        Stage::Done(_) => {
            model.layers.pop();
            None
        }
        Stage::Asking | Stage::Code { .. } => None,
    };
    if let Some(order) = order
        && model.send(Command::SignIn(order))
        && let Some(Layer::SignIn(sheet)) = model.layers.last_mut()
        && sheet.has_page()
    {
        sheet.stage = Stage::Asking;
        model.lay_out();
    }
}

/// The browser instead of a code, or a code instead of the browser.
pub fn other_way(model: &mut Model) {
    let Some(sheet) = sheet(model) else { return };
    let other = match sheet.way {
        Way::Browser => Way::Code,
        Way::Code => Way::Browser,
    };
    let (account, offered) = (sheet.account, sheet.codes || other == Way::Browser);
    let waits = match sheet.stage {
        Stage::Page { .. } | Stage::Code { .. } | Stage::Failed(_) => true,
        Stage::Choosing(_) | Stage::Asking | Stage::Done(_) => false,
    };
    if waits && offered {
        model.send(Command::SignIn(command::SignIn::Begin { account, way: Some(other) }));
    }
}

/// May the layer on top be put away? A sign-in that is under way is stopped with it.
pub fn may_close(model: &mut Model) -> bool {
    let Some(Layer::SignIn(sheet)) = model.layers.last() else { return true };
    match sheet.stage {
        Stage::Asking | Stage::Page { .. } | Stage::Code { .. } => {
            model.send(Command::SignIn(command::SignIn::Stop))
        }
        Stage::Choosing(_) | Stage::Done(_) | Stage::Failed(_) => true,
    }
}
