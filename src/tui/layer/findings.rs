//! The review before sending: what was found, each with its own key.
//!
//! Owns the rule that Enter alone cannot pass a warning: every finding to confirm has a key of its own, the gravest a word
//! that must be typed, and only when all are answered does Enter send.

use std::collections::BTreeSet;

use crate::{
    app::{
        command::Command,
        event::{Finding, Severity},
    },
    domain::{draft::Draft, finding::date, text::SafeText},
    tui::{
        key::Key,
        screen::compose::files,
        widget::{field::Field, pager},
    },
};

/// Cells beside a finding's text: margins, key and word.
pub const MARGIN: usize = 12;

/// A finding takes so many lines at most.
const MOST_LINES: usize = 5;

/// The findings of one review and what a person has confirmed so far.
pub struct Findings {
    draft: Box<Draft>,
    all: Vec<Finding>,
    confirmed: BTreeSet<String>,
    blocked: bool,
    typing: Option<Typing>,
}

/// A word that is being typed to confirm a finding.
pub struct Typing {
    /// The finding's key.
    key: String,
    /// What it takes.
    pub word: SafeText,
    /// What was typed so far.
    pub field: Field,
    /// What is wrong with it.
    pub complaint: Option<&'static str>,
}

impl Findings {
    /// The findings for exactly this draft.
    pub const fn new(draft: Box<Draft>, all: Vec<Finding>, blocked: bool) -> Self {
        Self { draft, all, confirmed: BTreeSet::new(), blocked, typing: None }
    }

    /// The gravest first.
    pub fn sort(&mut self) {
        self.all.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    }

    /// The message cannot go like this.
    pub const fn blocked(&self) -> bool {
        self.blocked
    }

    /// May it go now?
    pub fn may_go(&self) -> bool {
        !self.blocked && self.open() == 0
    }

    /// How many findings wait for their key.
    pub fn open(&self) -> usize {
        // Counted over all of them, also those for which no key is left: they keep the message here.
        self.wanting().filter(|finding| !finding.is_answered(&self.confirmed)).count()
    }

    fn to_confirm(&self) -> impl Iterator<Item = (char, &Finding)> {
        ('1'..='9').chain('a'..='z').chain('A'..='Z').zip(self.wanting())
    }

    fn wanting(&self) -> impl Iterator<Item = &Finding> {
        self.all.iter().filter(|finding| finding.severity == Severity::Confirm)
    }

    /// Each finding with its own key and whether it is confirmed; notes and blocks have no key.
    pub fn rows(&self) -> impl Iterator<Item = (Option<char>, bool, &Finding)> {
        self.all.iter().map(|finding| {
            let key = self.to_confirm().find(|(_, other)| other.key == finding.key);
            (key.map(|(key, _)| key), finding.is_answered(&self.confirmed), finding)
        })
    }

    /// Presses a finding's own key, or takes it back. Where a word must be typed the key begins that. `false` if it is no
    /// finding's key.
    pub fn press(&mut self, typed: char) -> bool {
        let found = self.to_confirm().find(|(key, _)| *key == typed);
        let Some(finding) = found.map(|(_, finding)| finding.clone()) else { return false };
        if finding.is_answered(&self.confirmed) {
            self.confirmed.remove(&finding.answered());
        } else if let Some(word) = finding.word {
            let (key, field) = (finding.key, Field::default());
            self.typing = Some(Typing { key, word, field, complaint: None });
        } else {
            self.confirmed.insert(finding.key);
        }
        true
    }

    /// The word that is being typed.
    pub const fn typing(&self) -> Option<&Typing> {
        self.typing.as_ref()
    }

    /// A key for the word.
    pub fn type_key(&mut self, key: Key) {
        if let Some(typing) = &mut self.typing {
            typing.complaint = None;
            typing.field.press(key);
        }
    }

    /// A pasted word proves that it was copied, not that it was read.
    pub const fn paste(&mut self) {
        if let Some(typing) = &mut self.typing {
            typing.complaint = Some("type it: what is pasted was not read");
        }
    }

    /// Enter: the right word confirms its finding, a wrong one does nothing. `false` when no word is being typed.
    pub fn finish(&mut self) -> bool {
        let Some(typing) = &mut self.typing else { return false };
        let finding = self.all.iter().find(|finding| finding.key == typing.key);
        match finding.and_then(|finding| finding.answer(&typing.field.text())) {
            Some(answer) => {
                self.confirmed.insert(answer);
                self.typing = None;
            }
            None => typing.complaint = Some("that is not it"),
        }
        true
    }

    /// Esc: lets the word be. `false` when none is being typed.
    pub fn give_up(&mut self) -> bool {
        self.typing.take().is_some()
    }

    /// To whom and with what it goes, in one line.
    pub fn summary(&self) -> String {
        let draft = &self.draft;
        let first = draft.recipients().next();
        let first = first
            .map_or("nobody", |who| who.name.as_deref().unwrap_or_else(|| who.address.as_str()));
        let mut parts = vec![match draft.recipients().count().saturating_sub(1) {
            0 => format!("to {first}"),
            more => format!("to {first} and {more} more"),
        }];
        parts.extend(files::count(&draft.attachments));
        parts.extend(draft.privilege.map(|label| format!("{} privileged", label.sign())));
        parts.extend(draft.holding.map(|day| format!("promises {}", date(day))));
        SafeText::line(&parts.join(" · ")).as_str().to_owned()
    }

    /// The command that sends it, once it may go.
    pub fn command(&self) -> Option<Command> {
        self.may_go().then(|| Command::Send {
            draft: self.draft.clone(),
            confirmed: self.confirmed.clone(),
            at: None,
        })
    }

    /// Lines it takes at this width, title and hint included.
    pub fn lines(&self, width: u16) -> u16 {
        let room = usize::from(width).saturating_sub(MARGIN);
        let fixed = if self.typing.is_some() { 5_usize } else { 4 };
        let lines = self
            .all
            .iter()
            .fold(fixed, |sum, finding| sum.saturating_add(wrapped(finding, room).len().max(1)));
        u16::try_from(lines).unwrap_or(u16::MAX)
    }
}

/// The lines of a finding in so many columns. What a person is to confirm is never cut; only a name that somebody made
/// endless is.
pub(super) fn wrapped(finding: &Finding, room: usize) -> Vec<String> {
    let mut lines = pager::wrap(finding.text.as_str(), room);
    lines.truncate(MOST_LINES);
    lines
}

#[cfg(test)]
mod tests {
    use crate::domain::finding::Found;

    use super::*;

    #[test]
    fn what_is_to_be_confirmed_is_read_to_its_end_in_the_narrowest_window() {
        let day = "2026-11-27".parse().unwrap();
        let text = SafeText::line(&Found::PromiseUncounted { day, ends: true }.sentence());
        let finding = Finding {
            key: "k".to_owned(),
            severity: Severity::Confirm,
            text: text.clone(),
            word: None,
        };
        let room = 60 - MARGIN;
        let lines = wrapped(&finding, room);
        assert!(lines.len() > 2, "{lines:?}");
        let said: Vec<&str> = lines.iter().flat_map(|line| line.split_whitespace()).collect();
        assert_eq!(said.join(" "), text.as_str());
    }
}
