//! The next useful keys of each place, for the bottom line.
//!
//! Owns the choice and its words; which keys they are is the key table's.

use super::{
    action::Action,
    keymap::Context,
    layer::Layer,
    model::{Model, Page, View},
};
use crate::app::rows::{OutboxWord, UntaggedRow};

/// Actions with a short word each.
pub type Hints = &'static [(Action, &'static str)];

const DUE: Hints = &[
    (Action::Open, "open"),
    (Action::Acknowledge, "acknowledge"),
    (Action::Reply, "reply"),
    (Action::Tag, "tag"),
    (Action::Dismiss, "dismiss"),
    (Action::Explain, "why this time"),
    (Action::Palette, "all actions"),
    (Action::Help, "help"),
];
const INBOX: Hints = &[
    (Action::Open, "open"),
    (Action::Reply, "reply"),
    (Action::Tag, "tag"),
    (Action::Star, "star"),
    (Action::Mark, "mark"),
    (Action::Search, "search"),
    (Action::Compose, "compose"),
    (Action::Palette, "all actions"),
    (Action::Help, "help"),
];
const UNTAGGED: Hints = &[
    (Action::AcceptSuggestion, "accept"),
    (Action::Tag, "choose a matter"),
    (Action::Open, "open"),
    (Action::Mark, "mark"),
    (Action::Undo, "undo"),
    (Action::Palette, "all actions"),
    (Action::Help, "help"),
];
const STRAY: Hints = &[
    (Action::Tag, "choose a matter"),
    (Action::Open, "open"),
    (Action::Mark, "mark"),
    (Action::Palette, "all actions"),
    (Action::Help, "help"),
];
const MATTERS: Hints = &[
    (Action::Open, "its threads"),
    (Action::Search, "search"),
    (Action::Palette, "all actions"),
    (Action::Help, "help"),
];
const UNCERTAIN: Hints = &[
    (Action::WentOut, "it went out"),
    (Action::SendAgain, "send again"),
    (Action::Palette, "all actions"),
    (Action::Help, "help"),
];
const WAITING: Hints =
    &[(Action::CancelSend, "stop it"), (Action::Palette, "all actions"), (Action::Help, "help")];
const NOTHING: Hints = &[
    (Action::Sync, "look for mail"),
    (Action::Compose, "compose"),
    (Action::Search, "search"),
    (Action::Palette, "all actions"),
    (Action::Help, "help"),
];
const GONE: Hints = &[(Action::Back, "back"), (Action::Help, "help")];
const RECORD: Hints = &[
    (Action::Open, "open"),
    (Action::NextPane, "edit the search"),
    (Action::Raw, "raw source"),
    (Action::Palette, "all actions"),
    (Action::Help, "help"),
];
const FOLDERS: Hints = &[
    (Action::Open, "all about this folder"),
    (Action::Sync, "look for mail"),
    (Action::PauseHistory, "older mail: wait, go on"),
    (Action::NextPane, "search"),
    (Action::Palette, "all actions"),
    (Action::Help, "help"),
];
const TYPING: Hints = &[(Action::Accept, "to the hits"), (Action::Back, "stop typing")];
const THREAD: Hints = &[
    (Action::Reply, "reply"),
    (Action::ReplyAll, "all"),
    (Action::Acknowledge, "acknowledge"),
    (Action::Forward, "forward"),
    (Action::Open, "fold"),
    (Action::ToggleQuoted, "quoted"),
    (Action::Explain, "why"),
    (Action::Raw, "raw"),
    (Action::Back, "back"),
    (Action::Help, "help"),
];
const COMPOSE: Hints = &[
    (Action::Review, "check and send"),
    (Action::NextPane, "next field"),
    (Action::Editor, "$EDITOR"),
    (Action::Attach, "attach"),
    (Action::KeepDraft, "keep"),
    (Action::Label, "label"),
    (Action::Promise, "promise a day"),
    (Action::DiscardDraft, "throw away"),
    (Action::Help, "help"),
];
/// The same for a message that answers nobody.
const COMPOSE_NEW: Hints = &[
    (Action::Review, "check and send"),
    (Action::NextPane, "next field"),
    (Action::Editor, "$EDITOR"),
    (Action::Attach, "attach"),
    (Action::KeepDraft, "keep"),
    (Action::Label, "label"),
    (Action::DiscardDraft, "throw away"),
    (Action::Help, "help"),
];
const CHOOSE: Hints = &[
    (Action::Accept, "choose"),
    (Action::Down, "next"),
    (Action::Up, "previous"),
    (Action::Back, "close"),
];
const REASON: Hints = &[(Action::Accept, "dismiss"), (Action::Back, "let it run")];
const PAGER: Hints = &[(Action::Down, "down"), (Action::PageDown, "page"), (Action::Back, "close")];
const WORD: Hints = &[(Action::Accept, "that is the word"), (Action::Back, "let it be")];
const FILES: Hints = &[
    (Action::Accept, "attach"),
    (Action::Complete, "complete the name"),
    (Action::Detach, "take off"),
    (Action::Back, "close"),
];
const STUCK: Hints =
    &[(Action::Accept, "try again"), (Action::Detach, "give up"), (Action::Back, "close")];
const DAY: Hints = &[(Action::Accept, "promise it"), (Action::Back, "no change")];
const REVIEW: Hints = &[(Action::Accept, "send when all are confirmed"), (Action::Back, "back")];

/// The next useful keys, for this row of this place.
pub fn hints(model: &Model) -> Hints {
    match model.layers.last() {
        Some(Layer::Help(_) | Layer::Explain(_) | Layer::Raw(_)) => return PAGER,
        Some(Layer::Palette(_) | Layer::Picker(_) | Layer::Drafts(_) | Layer::Folders(_)) => {
            return CHOOSE;
        }
        Some(Layer::Waiting(_)) => return STUCK,
        Some(Layer::Prompt(_)) => return REASON,
        Some(Layer::Findings(findings)) if findings.typing().is_some() => return WORD,
        Some(Layer::Findings(_)) => return REVIEW,
        Some(Layer::Attach(_)) => return FILES,
        Some(Layer::Day(_)) => return DAY,
        Some(Layer::SignIn(sheet)) => return sheet.hints(),
        Some(Layer::Confirm(_)) => return &[],
        None => {}
    }
    match model.pages.last() {
        Some(Page::Compose(page)) if page.sheet.promise.is_none() => COMPOSE_NEW,
        Some(Page::Compose(_)) => COMPOSE,
        Some(Page::Thread(page)) if page.gone => GONE,
        Some(Page::Thread(_)) => THREAD,
        Some(Page::Matter(_)) => INBOX,
        None if model.contexts() == [Context::Field] => TYPING,
        None => row_hints(model).unwrap_or(NOTHING),
    }
}

/// `None` where the list is empty.
fn row_hints(model: &Model) -> Option<Hints> {
    Some(match model.view {
        View::Due => model.due.selected().map(|_| DUE)?,
        View::Inbox => model.inbox.selected().map(|_| INBOX)?,
        View::Untagged => {
            let suggested = |row: &UntaggedRow| {
                row.suggestions.first().is_some_and(|best| !best.reasons.is_empty())
            };
            if suggested(model.untagged.selected()?) { UNTAGGED } else { STRAY }
        }
        View::Matters => model.matters.selected().map(|_| MATTERS)?,
        View::Outbox => match model.outbox.selected()?.state {
            OutboxWord::Unknown => UNCERTAIN,
            OutboxWord::Held
            | OutboxWord::Scheduled
            | OutboxWord::Queued
            | OutboxWord::Deferred => WAITING,
            OutboxWord::Sending
            | OutboxWord::Sent
            | OutboxWord::Refused
            | OutboxWord::Cancelled => NOTHING,
        },
        View::Record if model.record.shows_folders() => FOLDERS,
        View::Record => RECORD,
    })
}
