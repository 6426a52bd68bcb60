//! The composer: recipients with their roles, the text, the footer as it will go out.
//!
//! Owns the fields while a person writes. Nothing typed here is ever dropped without a question.

pub mod addresses;
pub mod files;
pub mod update;
pub mod view;

use std::collections::VecDeque;

use ratatui::style::{Modifier, Style};
use ratatui_textarea::{CursorMove, TextArea, WrapMode};

use crate::{
    app::event::DraftSheet,
    domain::{
        address::NamedAddress,
        draft::{Draft, Recipient},
        text::bare_block,
    },
    tui::widget::field::Field,
};

use addresses::AddressComplaint;

/// Where the cursor is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Focus {
    /// To.
    To,
    /// Cc.
    Cc,
    /// Bcc.
    Bcc,
    /// Subject.
    Subject,
    /// The text.
    Body,
}

impl Focus {
    /// Every place, from top to bottom.
    pub const ALL: [Self; 5] = [Self::To, Self::Cc, Self::Bcc, Self::Subject, Self::Body];
}

/// How far the draft is.
pub enum Stage {
    /// Being written.
    Editing,
    /// The engine checks this version of it.
    Reviewing(Box<Draft>),
    /// The engine was told to queue it.
    Sending,
}

/// A draft being written.
pub struct ComposePage {
    /// The draft as the engine gave it; its texts are replaced by the fields.
    pub sheet: Box<DraftSheet>,
    /// To, Cc, Bcc, Subject.
    pub to: Field,
    /// Cc.
    pub cc: Field,
    /// Bcc.
    pub bcc: Field,
    /// Subject.
    pub subject: Field,
    /// The text.
    pub body: TextArea<'static>,
    /// Where the cursor is.
    pub focus: Focus,
    /// How far it is.
    pub stage: Stage,
    /// Reviews asked for and not yet answered: only the last one counts.
    pub reviews: u32,
    /// Files that are being read: until they are there nothing is reviewed.
    pub reading: u32,
    /// What must be mended first.
    pub complaint: Option<String>,
    /// The draft as the engine has said that it has it.
    pub kept: Draft,
    /// Versions that were handed to the engine and not answered yet, in order.
    pub under_way: VecDeque<Draft>,
    /// What was handed over for sending. It stays set when bad news comes meanwhile: that may be about something else,
    /// and a message that was queued after all must not stay here to be sent twice.
    pub handed_over: Option<Box<Draft>>,
}

impl ComposePage {
    /// A page for a draft. The cursor stands where the next word is expected.
    pub fn new(sheet: Box<DraftSheet>) -> Self {
        let draft = &sheet.draft;
        let field = |list: &[NamedAddress]| Field::new(&addresses::print(list));
        let (to, cc, bcc) = (field(&draft.to), field(&draft.cc), field(&draft.bcc));
        let subject = Field::new(&draft.subject);
        let focus = if to.is_empty() {
            Focus::To
        } else if subject.is_empty() {
            Focus::Subject
        } else {
            Focus::Body
        };
        let body = text_area(&draft.body);
        let stage = Stage::Editing;
        let mut page = Self {
            kept: sheet.draft.clone(),
            under_way: VecDeque::new(),
            sheet,
            to,
            cc,
            bcc,
            subject,
            body,
            focus,
            stage,
            reviews: 0,
            reading: 0,
            complaint: None,
            handed_over: None,
        };
        page.go(focus);
        page
    }

    /// Moves the cursor to another place.
    pub fn go(&mut self, focus: Focus) {
        self.focus = focus;
        let cursor = Style::new();
        let shown = if self.in_body() { cursor.add_modifier(Modifier::REVERSED) } else { cursor };
        self.body.set_cursor_style(shown);
    }

    /// Is the cursor in the text?
    pub fn in_body(&self) -> bool {
        self.focus == Focus::Body
    }

    /// The field under the cursor; `None` in the text.
    pub const fn field_mut(&mut self) -> Option<&mut Field> {
        match self.focus {
            Focus::To => Some(&mut self.to),
            Focus::Cc => Some(&mut self.cc),
            Focus::Bcc => Some(&mut self.bcc),
            Focus::Subject => Some(&mut self.subject),
            Focus::Body => None,
        }
    }

    /// The text as written.
    pub fn text(&self) -> String {
        self.body.lines().join("\n")
    }

    /// Puts another text in the body, as the editor brought it back; the cursor stands at its end.
    pub fn set_text(&mut self, text: &str) {
        self.body = text_area(text);
        self.body.move_cursor(CursorMove::Bottom);
        self.body.move_cursor(CursorMove::End);
        self.go(self.focus);
    }

    /// The draft as it stands. An error names the field that is not understood.
    pub fn draft(&self) -> Result<Draft, AddressComplaint> {
        let known = &self.sheet.draft;
        Ok(Draft {
            to: addresses::parse("To", &self.to.text(), &known.to)?,
            cc: addresses::parse("Cc", &self.cc.text(), &known.cc)?,
            bcc: addresses::parse("Bcc", &self.bcc.text(), &known.bcc)?,
            subject: self.subject.text(),
            body: self.text(),
            ..known.clone()
        })
    }

    /// The draft as it stands. A field that is not understood keeps its former addresses, so that the text is never lost
    /// over an address.
    pub fn written(&self) -> Draft {
        let known = &self.sheet.draft;
        let list = |field: &Field, known: &Vec<NamedAddress>| {
            addresses::parse("", &field.text(), known).unwrap_or_else(|_| known.clone())
        };
        Draft {
            to: list(&self.to, &known.to),
            cc: list(&self.cc, &known.cc),
            bcc: list(&self.bcc, &known.bcc),
            subject: self.subject.text(),
            body: self.text(),
            ..known.clone()
        }
    }

    /// The same if it differs from what the engine has, or will have as soon as it comes to it.
    pub fn unkept(&self) -> Option<Draft> {
        let draft = self.written();
        let last = self.under_way.back().unwrap_or(&self.kept);
        (draft != *last && !self.is_sending()).then_some(draft)
    }

    /// Is it with the engine, to be queued? Then nothing in it can be changed.
    pub const fn is_sending(&self) -> bool {
        matches!(self.stage, Stage::Sending)
    }

    /// What the engine knows about an address.
    pub fn known(&self, address: &NamedAddress) -> Option<&Recipient> {
        self.sheet.recipients.iter().find(|known| known.address.address == address.address)
    }
}

fn text_area(text: &str) -> TextArea<'static> {
    let clean = bare_block(text);
    let mut area = TextArea::new(clean.split('\n').map(str::to_owned).collect());
    area.set_wrap_mode(WrapMode::WordOrGlyph);
    area.set_cursor_line_style(Style::new());
    area.move_cursor(CursorMove::Top);
    area
}
