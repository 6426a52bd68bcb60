//! What keys do in an opened thread.
//!
//! Owns moving and folding; what happens to the thread as a whole is in `lists`.

use super::ThreadPage;
use crate::{
    app::{command::Command, rows::ThreadView},
    tui::{
        action::{Action, Deed},
        model::{Model, Page},
    },
};

/// How actions move and fold.
const DEEDS: &[Deed<ThreadPage>] = &[
    (Action::Down, |page| page.step(true)),
    (Action::Up, |page| page.step(false)),
    (Action::First, |page| page.select(0)),
    (Action::Last, |page| page.select(usize::MAX)),
    (Action::HalfPageDown, |page| page.scroll(page.height().div_euclid(2).max(1))),
    (Action::HalfPageUp, |page| page.scroll(page.height().div_euclid(2).max(1).saturating_neg())),
    (Action::PageDown, |page| page.scroll(page.height().saturating_sub(1).max(1))),
    (Action::PageUp, |page| page.scroll(page.height().saturating_sub(1).max(1).saturating_neg())),
    (Action::Open, ThreadPage::toggle),
    (Action::ToggleQuoted, ThreadPage::toggle_quoted),
];

/// Carries out an action that moves or folds. `false` if it is none.
pub fn act(page: &mut ThreadPage, action: Action) -> bool {
    let deed = DEEDS.iter().find(|(name, _)| *name == action);
    if let Some((_, deed)) = deed {
        deed(page);
    }
    deed.is_some()
}

/// The thread arrived. Whoever opened it sees its newest unread message; what comes in later is not read before somebody
/// looks at it.
pub fn arrived(model: &mut Model, view: Option<Box<ThreadView>>) {
    let Some(page) = front(model) else { return };
    if view.as_ref().is_some_and(|view| view.thread != page.id) {
        return;
    }
    let first = page.view.is_none();
    page.set(view);
    if first {
        looked(model);
    }
}

/// Marks the thread as read once an unread message of it is open under the pointer.
pub fn looked(model: &mut Model) {
    let room = model.room > 1;
    let Some(page) = front(model).filter(|_| room) else { return };
    let id = page.id;
    if page.look() {
        model.send(Command::MarkRead(id));
    }
}

fn front(model: &mut Model) -> Option<&mut ThreadPage> {
    model.pages.iter_mut().rev().find_map(|page| match page {
        Page::Thread(page) => Some(page.as_mut()),
        Page::Matter(_) | Page::Compose(_) => None,
    })
}
