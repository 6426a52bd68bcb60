//! The review before sending: what was found, each with its own key.
//!
//! Owns the rule that Enter alone cannot pass a warning: every finding to confirm has a digit of its own, and only
//! when all are pressed does Enter send.

use std::collections::BTreeSet;

use crate::{
    app::{
        command::Command,
        event::{Finding, Severity},
    },
    domain::draft::Draft,
};

/// Cells beside a finding's text: margins, key and word.
pub const MARGIN: usize = 12;

/// The findings of one review and what a person has confirmed so far.
pub struct Findings {
    draft: Box<Draft>,
    all: Vec<Finding>,
    confirmed: BTreeSet<String>,
    blocked: bool,
}

impl Findings {
    /// The findings for exactly this draft.
    pub const fn new(draft: Box<Draft>, all: Vec<Finding>, blocked: bool) -> Self {
        Self { draft, all, confirmed: BTreeSet::new(), blocked }
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
        self.wanting().filter(|finding| !self.confirmed.contains(&finding.key)).count()
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
            (key.map(|(key, _)| key), self.confirmed.contains(&finding.key), finding)
        })
    }

    /// Presses a finding's own key, or takes it back. `false` if it is no finding's key.
    pub fn press(&mut self, typed: char) -> bool {
        let found = self.to_confirm().find(|(key, _)| *key == typed);
        let Some(key) = found.map(|(_, finding)| finding.key.clone()) else { return false };
        if !self.confirmed.remove(&key) {
            self.confirmed.insert(key);
        }
        true
    }

    /// The command that sends it, once it may go.
    pub fn command(&self) -> Option<Command> {
        self.may_go().then(|| Command::Send {
            draft: self.draft.clone(),
            confirmed: self.confirmed.clone(),
            at: None,
        })
    }

    /// Lines it takes at this width, title and hint included; long findings take two.
    pub fn lines(&self, width: u16) -> u16 {
        let room = usize::from(width).saturating_sub(MARGIN);
        let lines = self.all.iter().fold(3_usize, |sum, finding| {
            sum.saturating_add(if finding.text.width() > room { 2 } else { 1 })
        });
        u16::try_from(lines).unwrap_or(u16::MAX)
    }
}
