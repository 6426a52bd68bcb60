//! Which answers are awaited: a newer question makes an older one's answer worthless.
//!
//! Owns the generations. While an answer is awaited, news about the same rows is remembered and asked about once, so
//! that a sync of thousands of messages costs one question at a time.

use std::collections::BTreeMap;

use crate::app::rows::Query;

/// For which part of the screen something is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Slot {
    /// The top line's counts.
    Counts,
    /// Due.
    Due,
    /// Inbox.
    Inbox,
    /// Untagged.
    Untagged,
    /// Matters.
    Matters,
    /// Outbox.
    Outbox,
    /// The search.
    Search,
    /// An opened matter.
    Matter,
    /// The deadlines of an opened matter.
    MatterDeadlines,
    /// An opened thread.
    Thread,
    /// The preview beside Due.
    Preview,
    /// The explain layer.
    Explain,
    /// The raw layer.
    Raw,
    /// The matter picker.
    Choice,
    /// New messages that were kept.
    Kept,
    /// The folders and how complete they are.
    Folders,
    /// The folders to move to.
    Destinations,
    /// What waits for the mail servers.
    Operations,
}

struct Asked {
    generation: u64,
    query: Query,
    waiting: bool,
    again: bool,
    ticks: u8,
}

/// All that was asked.
#[derive(Default)]
pub struct Asks {
    last: u64,
    slots: BTreeMap<Slot, Asked>,
    owed: BTreeMap<Slot, Query>,
}

impl Asks {
    /// Asks now; an answer still on its way becomes worthless.
    pub fn ask(&mut self, slot: Slot, query: Query) {
        self.owed.insert(slot, query);
    }

    /// Asks again because something changed, unless an answer to the same is on its way: then right after it.
    pub fn refresh(&mut self, slot: Slot, query: Query) {
        match self.slots.get_mut(&slot) {
            Some(asked) if asked.waiting && asked.query == query => asked.again = true,
            Some(_) | None => self.ask(slot, query),
        }
    }

    /// Nobody looks at this any more.
    pub fn forget(&mut self, slot: Slot) {
        self.slots.remove(&slot);
        self.owed.remove(&slot);
    }

    /// The next question to send, with its generation.
    pub fn next(&mut self) -> Option<(u64, Query)> {
        let (slot, query) = self.owed.pop_first()?;
        self.last = self.last.saturating_add(1);
        let asked = Asked {
            generation: self.last,
            query: query.clone(),
            waiting: true,
            again: false,
            ticks: 0,
        };
        self.slots.insert(slot, asked);
        Some((self.last, query))
    }

    /// For which slot an answer is; `None` if it is stale.
    pub fn answered(&mut self, generation: u64) -> Option<Slot> {
        let (slot, asked) = self
            .slots
            .iter_mut()
            .find(|(_, asked)| asked.generation == generation && asked.waiting)?;
        asked.waiting = false;
        if std::mem::take(&mut asked.again) {
            self.owed.insert(*slot, asked.query.clone());
        }
        Some(*slot)
    }

    /// Time went on. What has been awaited over two ticks is asked once more: an answer may have got lost.
    pub fn tick(&mut self) {
        for (slot, asked) in &mut self.slots {
            asked.ticks = asked.ticks.saturating_add(u8::from(asked.waiting));
            if asked.waiting && asked.ticks > 2 {
                asked.waiting = false;
                self.owed.entry(*slot).or_insert_with(|| asked.query.clone());
            }
        }
    }

    /// The engine's queue refused something: whatever is awaited is asked once more.
    pub fn repeat(&mut self) {
        for (slot, asked) in &mut self.slots {
            if std::mem::take(&mut asked.waiting) {
                self.owed.entry(*slot).or_insert_with(|| asked.query.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_newest_question_of_a_slot_is_answered() {
        let mut asks = Asks::default();
        asks.ask(Slot::Due, Query::Due);
        let (old, _) = asks.next().unwrap();
        asks.ask(Slot::Due, Query::Due);
        let (new, _) = asks.next().unwrap();
        assert_eq!(asks.answered(old), None);
        assert_eq!(asks.answered(new), Some(Slot::Due));
        assert_eq!(asks.answered(new), None);
    }

    #[test]
    fn a_lost_answer_is_asked_for_again_after_a_while() {
        let mut asks = Asks::default();
        asks.ask(Slot::Due, Query::Due);
        let (lost, _) = asks.next().unwrap();
        for _ in 0..2 {
            asks.tick();
            assert!(asks.next().is_none());
        }
        asks.tick();
        let (again, _) = asks.next().unwrap();
        assert_eq!(asks.answered(lost), None);
        assert_eq!(asks.answered(again), Some(Slot::Due));
    }

    #[test]
    fn news_while_waiting_costs_one_more_question() {
        let mut asks = Asks::default();
        asks.ask(Slot::Due, Query::Due);
        let (first, _) = asks.next().unwrap();
        for _ in 0..100 {
            asks.refresh(Slot::Due, Query::Due);
            assert!(asks.next().is_none());
        }
        asks.answered(first);
        assert!(asks.next().is_some());
        assert!(asks.next().is_none());
    }
}
