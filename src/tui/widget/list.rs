//! A list whose selection is an identity: whatever arrives, the chosen row stays chosen.
//!
//! Owns selection, marks and the scroll offset. It never holds an index as identity and never draws.

use std::collections::BTreeSet;

use crate::domain::id::ThreadId;

/// A row of a list.
pub trait Row {
    /// What identifies it.
    type Id: Copy + Ord;

    /// Its identity.
    fn id(&self) -> Self::Id;

    /// The thread it belongs to, if it belongs to one.
    fn thread(&self) -> Option<ThreadId>;

    /// Does it carry the star?
    fn starred(&self) -> bool {
        false
    }

    /// Is something in it unread?
    fn unread(&self) -> bool {
        false
    }
}

/// Rows with a selection.
pub struct List<R: Row> {
    rows: Vec<R>,
    loaded: bool,
    selected: Option<R::Id>,
    cursor: usize,
    top: usize,
    height: usize,
    marks: BTreeSet<R::Id>,
    anchor: Option<R::Id>,
    pinned: bool,
}

impl<R: Row> Default for List<R> {
    fn default() -> Self {
        Self {
            rows: Vec::new(),
            loaded: false,
            selected: None,
            cursor: 0,
            top: 0,
            height: 1,
            marks: BTreeSet::new(),
            anchor: None,
            pinned: false,
        }
    }
}

impl<R: Row> List<R> {
    /// Takes new rows. The selected one stays selected and, if it can, on its line; if it is gone, another one of its
    /// thread is (of two clocks one has stopped), else its neighbour.
    /// Only as long as nobody has pressed a key yet, the first row is selected, whatever arrives.
    pub fn set(&mut self, rows: Vec<R>) {
        let line = self.cursor.saturating_sub(self.top);
        let thread = self.here();
        self.rows = rows;
        self.loaded = true;
        if !self.pinned {
            (self.selected, self.cursor) = (None, 0);
        }
        let selected = self.selected;
        let found = selected.and_then(|id| self.rows.iter().position(|row| row.id() == id));
        let thread = thread.filter(|_| selected.is_some());
        let found = found.or_else(|| {
            thread.and_then(|id| self.rows.iter().position(|row| row.thread() == Some(id)))
        });
        self.cursor = found.unwrap_or_else(|| self.cursor.min(self.last_index()));
        self.selected = self.rows.get(self.cursor).map(Row::id);
        let fits_from_the_top = self.top == 0 && self.cursor < self.height;
        if !fits_from_the_top {
            self.top = self.cursor.saturating_sub(line);
        }
        let alive: BTreeSet<R::Id> = self.rows.iter().map(Row::id).collect();
        self.marks.retain(|id| alive.contains(id));
        self.reveal();
    }

    /// Other rows are on their way, and the first of them is to be selected.
    pub const fn release(&mut self) {
        self.pinned = false;
    }

    /// Has an answer arrived yet?
    pub const fn loaded(&self) -> bool {
        self.loaded
    }

    /// All rows.
    pub fn rows(&self) -> &[R] {
        &self.rows
    }

    /// The rows in sight with their places: is it selected, is it marked?
    pub fn visible(&self) -> impl Iterator<Item = (&R, bool, bool)> {
        self.rows
            .iter()
            .skip(self.top)
            .take(self.height)
            .map(|row| (row, Some(row.id()) == self.selected, self.marks.contains(&row.id())))
    }

    /// The chosen row.
    pub fn selected(&self) -> Option<&R> {
        self.rows.get(self.cursor)
    }

    /// The line of the selected row below the list's first line.
    pub const fn line(&self) -> usize {
        self.cursor.saturating_sub(self.top)
    }

    /// Where the selected row stands, from 1, and how many rows there are.
    pub fn position(&self) -> (usize, usize) {
        (self.cursor.saturating_add(1).min(self.rows.len()), self.rows.len())
    }

    fn last_index(&self) -> usize {
        self.rows.len().saturating_sub(1)
    }

    fn go(&mut self, index: usize) {
        self.cursor = index.min(self.last_index());
        self.selected = self.rows.get(self.cursor).map(Row::id);
        self.reveal();
    }

    fn reveal(&mut self) {
        let height = self.height.max(1);
        let last_top = self.rows.len().saturating_sub(height);
        if self.cursor < self.top {
            self.top = self.cursor;
        } else if self.cursor >= self.top.saturating_add(height) {
            self.top = self.cursor.saturating_add(1).saturating_sub(height);
        }
        self.top = self.top.min(last_top);
    }
}

/// What keys can do to a list, whatever its rows are.
pub trait Steps {
    /// Moves the selection; negative is up.
    fn step(&mut self, by: isize);
    /// To the first row.
    fn first(&mut self);
    /// To the last row.
    fn last(&mut self);
    /// How many rows are in sight.
    fn height(&self) -> usize;
    /// How many rows there are.
    fn count(&self) -> usize;
    /// Is the last row in sight?
    fn ends_in_sight(&self) -> bool;
    /// From now on the selection belongs to the person.
    fn pin(&mut self);
    /// The screen has so much room for rows now.
    fn resize(&mut self, height: usize);
    /// Marks or unmarks the selected row and moves on.
    fn mark(&mut self);
    /// Marks from the last mark to here.
    fn mark_range(&mut self);
    /// Marks all; if all are, none.
    fn mark_all(&mut self);
    /// Takes all marks away; says whether there were any.
    fn clear_marks(&mut self) -> bool;
    /// How many are marked.
    fn marked(&self) -> usize;
    /// The threads of the marked rows, else of the selected one; each once, in the order of the list.
    fn targets(&self) -> Vec<ThreadId>;
    /// The thread of the selected row.
    fn here(&self) -> Option<ThreadId>;
    /// Do all target rows carry the star?
    fn starred(&self) -> bool;
    /// Is something unread in any target row?
    fn unread(&self) -> bool;
}

impl<R: Row> Steps for List<R> {
    fn step(&mut self, by: isize) {
        self.go(self.cursor.saturating_add_signed(by));
    }

    fn first(&mut self) {
        self.go(0);
    }

    fn last(&mut self) {
        self.go(self.last_index());
    }

    fn height(&self) -> usize {
        self.height
    }

    fn count(&self) -> usize {
        self.rows.len()
    }

    fn ends_in_sight(&self) -> bool {
        self.top.saturating_add(self.height) >= self.rows.len()
    }

    fn pin(&mut self) {
        self.pinned = true;
    }

    fn resize(&mut self, height: usize) {
        self.height = height.max(1);
        self.reveal();
    }

    fn mark(&mut self) {
        let Some(id) = self.selected else { return };
        if !self.marks.remove(&id) {
            self.marks.insert(id);
        }
        self.anchor = Some(id);
        self.step(1);
    }

    fn mark_range(&mut self) {
        let start = self
            .anchor
            .and_then(|id| self.rows.iter().position(|row| row.id() == id))
            .unwrap_or(self.cursor);
        let (low, high) = (start.min(self.cursor), start.max(self.cursor));
        let count = high.saturating_sub(low).saturating_add(1);
        let range: Vec<R::Id> = self.rows.iter().skip(low).take(count).map(Row::id).collect();
        self.marks.extend(range);
        self.anchor = self.selected;
    }

    fn mark_all(&mut self) {
        if self.marks.len() == self.rows.len() {
            self.marks.clear();
        } else {
            self.marks = self.rows.iter().map(Row::id).collect();
        }
    }

    fn clear_marks(&mut self) -> bool {
        let any = !self.marks.is_empty();
        self.marks.clear();
        self.anchor = None;
        any
    }

    fn marked(&self) -> usize {
        self.marks.len()
    }

    fn targets(&self) -> Vec<ThreadId> {
        if self.marks.is_empty() {
            return self.here().into_iter().collect();
        }
        let mut seen = BTreeSet::new();
        self.rows
            .iter()
            .filter(|row| self.marks.contains(&row.id()))
            .filter_map(Row::thread)
            .filter(|thread| seen.insert(*thread))
            .collect()
    }

    fn here(&self) -> Option<ThreadId> {
        self.selected().and_then(Row::thread)
    }

    fn starred(&self) -> bool {
        if self.marks.is_empty() {
            return self.selected().is_some_and(Row::starred);
        }
        self.rows.iter().filter(|row| self.marks.contains(&row.id())).all(Row::starred)
    }

    fn unread(&self) -> bool {
        if self.marks.is_empty() {
            return self.selected().is_some_and(Row::unread);
        }
        self.rows.iter().filter(|row| self.marks.contains(&row.id())).any(Row::unread)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Plain(i64);

    impl Row for Plain {
        type Id = i64;

        fn id(&self) -> i64 {
            self.0
        }

        fn thread(&self) -> Option<ThreadId> {
            Some(ThreadId::new(self.0))
        }
    }

    fn list(ids: impl IntoIterator<Item = i64>, height: usize) -> List<Plain> {
        let mut list = List::default();
        list.resize(height);
        list.set(ids.into_iter().map(Plain).collect());
        list.pin();
        list
    }

    fn threads(ids: &[i64]) -> Vec<ThreadId> {
        ids.iter().copied().map(ThreadId::new).collect()
    }

    #[test]
    fn the_selection_stays_on_its_row_and_its_line_when_rows_arrive_above() {
        let mut list = list(0..50, 10);
        list.step(20);
        let line = list.line();
        list.set((-5..50).map(Plain).collect());
        assert_eq!((list.selected().unwrap().0, list.line()), (20, line));
    }

    #[test]
    fn before_the_first_key_the_first_row_is_selected_whatever_arrives() {
        let mut list = List::default();
        list.resize(4);
        list.set((5..9).map(Plain).collect());
        list.set((0..9).map(Plain).collect());
        assert_eq!((list.selected().unwrap().0, list.line()), (0, 0));
        list.pin();
        list.set((-5..9).map(Plain).collect());
        assert_eq!(list.selected().unwrap().0, 0);
    }

    #[test]
    fn when_the_selected_row_goes_its_neighbour_is_selected() {
        let mut list = list(0..5, 10);
        list.step(2);
        list.set([0, 1, 3, 4].map(Plain).into());
        assert_eq!(list.selected().unwrap().0, 3);
        list.set(vec![]);
        assert!(list.selected().is_none());
    }

    #[test]
    fn marks_go_before_the_selection() {
        let mut list = list(0..9, 4);
        list.mark();
        list.step(2);
        list.mark_range();
        assert_eq!(list.targets(), threads(&[0, 1, 2, 3]));
        list.set([7, 2, 0].map(Plain).into());
        assert_eq!(list.targets(), threads(&[2, 0]));
        assert!(list.clear_marks());
        assert_eq!(list.targets(), threads(&[0]));
    }
}
