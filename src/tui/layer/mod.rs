//! What can lie on top of a screen: a sheet that takes the keys until it is put away.
//!
//! Owns the stack's members. A layer never sends anything by itself: its `update` does, with the model's leave.

pub mod attach;
pub mod day;
pub mod findings;
pub mod operate;
pub mod sign_in;
pub mod update;
pub mod view;

use ratatui::layout::Rect;

use crate::{
    app::{command::Command, rows::Suggestion},
    domain::{
        id::{DraftId, MatterId, ThreadId},
        text::SafeText,
    },
    tui::{
        action::Action,
        widget::{
            chooser::{Chooser, Item},
            field::Field,
            pager::{self, Pager},
            table::cells,
        },
    },
};

use attach::Attach;
use day::Day;
use findings::Findings;
use operate::{Folders, Waiting};
use sign_in::SignIn;

/// One layer.
pub enum Layer {
    /// The keys of the place below.
    Help(Pager),
    /// Why a clock is due when it is.
    Explain(Pager),
    /// The source of a message.
    Raw(Pager),
    /// All actions.
    Palette(Chooser<Action>),
    /// A matter for threads.
    Picker(Picker),
    /// A question that is answered with `y`.
    Confirm(Confirm),
    /// A reason for dismissing clocks.
    Prompt(Prompt),
    /// What the review found.
    Findings(Box<Findings>),
    /// Files of a draft.
    Attach(Box<Attach>),
    /// The day by which the answer is promised.
    Day(Box<Day>),
    /// A new message, or one that was kept.
    Drafts(Chooser<Option<DraftId>>),
    /// A folder for threads.
    Folders(Box<Folders>),
    /// What waits for the mail servers.
    Waiting(Box<Waiting>),
    /// Signing in to an account.
    SignIn(Box<SignIn>),
}

/// Choosing a matter.
pub struct Picker {
    /// For which threads.
    pub threads: Vec<ThreadId>,
    /// From which matters.
    pub chooser: Chooser<MatterId>,
    /// Has the list arrived?
    pub loaded: bool,
}

/// A question that is answered with `y`.
pub struct Confirm {
    /// The question.
    pub question: String,
    /// What happens on `y`.
    pub then: Confirmed,
}

impl Confirm {
    /// The question in lines of a sheet of this width: nobody answers a question of which half is cut off.
    pub fn lines(&self, width: u16) -> Vec<String> {
        pager::wrap(&self.question, usize::from(width.saturating_sub(4)))
    }
}

/// What a confirmed question does.
pub enum Confirmed {
    /// Ask the engine for it.
    Do(Box<Command>),
    /// The same, and close the composer.
    DoAndCloseComposer(Box<Command>),
    /// Leave the program.
    Quit,
}

/// Asking for a reason.
pub struct Prompt {
    /// For which threads.
    pub threads: Vec<ThreadId>,
    /// What was typed.
    pub field: Field,
    /// What is missing, in words.
    pub complaint: Option<&'static str>,
}

impl Layer {
    /// Does it take typed characters as text?
    pub const fn types(&self) -> bool {
        match self {
            Self::Palette(_)
            | Self::Picker(_)
            | Self::Prompt(_)
            | Self::Attach(_)
            | Self::Day(_)
            | Self::Drafts(_)
            | Self::Folders(_)
            | Self::Waiting(_) => true,
            Self::Findings(findings) => findings.typing().is_some(),
            Self::SignIn(sheet) => sheet.types(),
            Self::Help(_) | Self::Explain(_) | Self::Raw(_) | Self::Confirm(_) => false,
        }
    }

    /// Does it show nothing of what clients wrote or are called?
    pub const fn is_wordless(&self) -> bool {
        match self {
            Self::Help(_)
            | Self::Palette(_)
            | Self::Confirm(_)
            | Self::Prompt(_)
            | Self::Day(_) => true,
            Self::Explain(_)
            | Self::Raw(_)
            | Self::Picker(_)
            | Self::Findings(_)
            | Self::Attach(_)
            | Self::Drafts(_)
            | Self::Folders(_)
            | Self::Waiting(_)
            | Self::SignIn(_) => false,
        }
    }

    /// Its title.
    pub const fn title(&self) -> &'static str {
        match self {
            Self::Help(_) => "Keys here",
            Self::Explain(_) => "Why this time",
            Self::Raw(_) => "Raw source",
            Self::Palette(_) => "All actions",
            Self::Picker(_) => "Tag to a matter",
            Self::Confirm(_) => "Sure?",
            Self::Prompt(_) => "Dismiss the clock: why is no answer owed?",
            Self::Findings(_) => "Before this goes out",
            Self::Attach(_) => "Attach a file",
            Self::Day(_) => "By which day is the answer promised?",
            Self::Drafts(_) => "A new message, or one that was kept",
            Self::Folders(_) => "Move to a folder at the server; the record keeps it",
            Self::Waiting(_) => "Waiting for the mail server",
            Self::SignIn(_) => "Sign in at the provider of the mailbox",
        }
    }

    /// Lines that it wants below its title.
    pub fn wishes(&self, body: Rect) -> u16 {
        match self {
            Self::Help(_) | Self::Raw(_) => body.height,
            Self::Explain(_)
            | Self::Palette(_)
            | Self::Picker(_)
            | Self::Drafts(_)
            | Self::Folders(_)
            | Self::Waiting(_)
            | Self::Attach(_) => body.height.saturating_mul(2).div_euclid(3),
            Self::Confirm(confirm) => cells(confirm.lines(body.width).len()).saturating_add(2),
            Self::Prompt(_) | Self::Day(_) => 4,
            Self::Findings(findings) => findings.lines(body.width).min(body.height),
            Self::SignIn(sheet) => sheet.wishes(body),
        }
    }
}

/// The items of a picker, with the reasons beside what is suggested.
pub fn matter_items(suggestions: &[Suggestion]) -> Vec<Item<MatterId>> {
    suggestions
        .iter()
        .map(|suggestion| Item {
            value: suggestion.matter.id,
            label: format!("{}  {}", suggestion.matter.number, suggestion.matter.name),
            detail: reasons(suggestion),
        })
        .collect()
}

/// The reasons of a suggestion in one line.
pub fn reasons(suggestion: &Suggestion) -> String {
    suggestion.reasons.iter().map(SafeText::as_str).collect::<Vec<_>>().join(" · ")
}
