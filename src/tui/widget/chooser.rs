//! A field over a list: type a few letters, choose one.
//!
//! Owns the fuzzy match and the choice. It never knows what is chosen.

use nucleo_matcher::{
    Config, Matcher, Utf32Str,
    pattern::{CaseMatching, Normalization, Pattern},
};

use super::field::Field;

/// Something to choose.
#[derive(Clone)]
pub struct Item<T> {
    /// What it is.
    pub value: T,
    /// What is shown and matched.
    pub label: String,
    /// What is shown beside it, dimmed; matched too.
    pub detail: String,
}

/// Items, filtered by what was typed, best first.
#[derive(Clone)]
pub struct Chooser<T> {
    /// What was typed.
    pub field: Field,
    items: Vec<Item<T>>,
    shown: Vec<usize>,
    cursor: usize,
    top: usize,
    height: usize,
}

impl<T> Chooser<T> {
    /// All items, in the order given.
    pub fn new(items: Vec<Item<T>>, height: usize) -> Self {
        let shown = (0..items.len()).collect();
        Self { field: Field::default(), items, shown, cursor: 0, top: 0, height: height.max(1) }
    }

    /// Other items, with what was typed kept.
    pub fn set(&mut self, items: Vec<Item<T>>) {
        self.items = items;
        self.filter();
    }

    /// Changes what was typed; where that did something, matches again.
    pub fn edit(&mut self, change: impl FnOnce(&mut Field) -> bool) {
        if change(&mut self.field) {
            self.filter();
        }
    }

    /// Matches again after the field changed.
    pub fn filter(&mut self) {
        let typed = self.field.text();
        let pattern = Pattern::parse(&typed, CaseMatching::Ignore, Normalization::Smart);
        let mut matcher = Matcher::new(Config::DEFAULT);
        let mut scored: Vec<(u32, usize)> = Vec::new();
        let mut buffer = Vec::new();
        for (index, item) in self.items.iter().enumerate() {
            let text = format!("{} {}", item.label, item.detail);
            let score = pattern.score(Utf32Str::new(&text, &mut buffer), &mut matcher);
            scored.extend(score.map(|score| (score, index)));
        }
        scored.sort_by_key(|(score, index)| (std::cmp::Reverse(*score), *index));
        self.shown = scored.into_iter().map(|(_, index)| index).collect();
        (self.cursor, self.top) = (0, 0);
    }

    /// Moves the choice; negative is up.
    pub fn step(&mut self, by: isize) {
        let last = self.shown.len().saturating_sub(1);
        self.cursor = self.cursor.saturating_add_signed(by).min(last);
        if self.cursor < self.top {
            self.top = self.cursor;
        }
        let below = self.cursor.saturating_add(1).saturating_sub(self.height);
        self.top = self.top.max(below);
    }

    /// Room for so many items.
    pub fn resize(&mut self, height: usize) {
        self.height = height.max(1);
        self.step(0);
    }

    /// How many items are in sight.
    pub const fn height(&self) -> usize {
        self.height
    }

    /// The chosen item.
    pub fn chosen(&self) -> Option<&Item<T>> {
        self.shown.get(self.cursor).and_then(|index| self.items.get(*index))
    }

    /// The items in sight; is it the chosen one?
    pub fn visible(&self) -> impl Iterator<Item = (&Item<T>, bool)> {
        self.shown
            .iter()
            .enumerate()
            .skip(self.top)
            .take(self.height)
            .filter_map(|(place, index)| Some((self.items.get(*index)?, place == self.cursor)))
    }

    /// How many match, and how many there are.
    pub const fn counts(&self) -> (usize, usize) {
        (self.shown.len(), self.items.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_letters_find_the_matter() {
        let item = |value, label: &str| Item { value, label: label.into(), detail: String::new() };
        let mut chooser = Chooser::new(
            vec![item(1, "2026-0117 Whitfield"), item(2, "2026-0121 Mensah v. Harlow")],
            5,
        );
        chooser.field.insert("mens");
        chooser.filter();
        assert_eq!(chooser.chosen().map(|item| item.value), Some(2));
        assert_eq!(chooser.counts(), (1, 2));
        chooser.field.insert("zzz");
        chooser.filter();
        assert!(chooser.chosen().is_none());
    }
}
