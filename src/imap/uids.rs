//! A set of UIDs as ranges: a million messages in a few bytes.
//!
//! Owns the set arithmetic and the sequence-set notation of RFC 3501 §9. It must never hold 0, which is no UID.

use std::{collections::BTreeMap, fmt};

/// A set of UIDs (1 to 2³²−1), kept as disjoint ranges that do not touch.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct UidSet {
    /// First → last of each range.
    ranges: BTreeMap<u32, u32>,
    count: u64,
}

impl UidSet {
    /// The empty set.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many UIDs.
    pub fn len(&self) -> u64 {
        self.count
    }

    /// Is there none?
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Is this UID in the set?
    pub fn contains(&self, uid: u32) -> bool {
        self.ranges.range(..=uid).next_back().is_some_and(|(_, last)| uid <= *last)
    }

    /// The highest UID.
    pub fn max(&self) -> Option<u32> {
        self.ranges.values().next_back().copied()
    }

    /// Adds one UID; `false` if it was there or is 0.
    pub fn insert(&mut self, uid: u32) -> bool {
        if uid == 0 || self.contains(uid) {
            return false;
        }
        let mut first = uid;
        let mut last = uid;
        let before = self.ranges.range(..uid).next_back().map(|(a, b)| (*a, *b));
        if let Some((a, b)) = before
            && b.checked_add(1) == Some(uid)
        {
            first = a;
        }
        if let Some(next) = uid.checked_add(1)
            && let Some(end) = self.ranges.remove(&next)
        {
            last = end;
        }
        self.ranges.insert(first, last);
        self.count = self.count.saturating_add(1);
        true
    }

    /// Takes one UID out; `false` if it was not there.
    pub fn remove(&mut self, uid: u32) -> bool {
        let Some((first, last)) = self.ranges.range(..=uid).next_back().map(|(a, b)| (*a, *b))
        else {
            return false;
        };
        if uid > last {
            return false;
        }
        self.ranges.remove(&first);
        if first < uid {
            self.ranges.insert(first, uid.saturating_sub(1));
        }
        if uid < last {
            self.ranges.insert(uid.saturating_add(1), last);
        }
        self.count = self.count.saturating_sub(1);
        true
    }

    /// Adds all UIDs from `first` to `last`, both included. Nothing if the range is upside down or starts at 0.
    pub fn insert_range(&mut self, first: u32, last: u32) {
        if first == 0 || first > last {
            return;
        }
        let touching: Vec<(u32, u32)> = self
            .ranges
            .range(..=last.saturating_add(1))
            .rev()
            .take_while(|(_, b)| b.saturating_add(1) >= first)
            .map(|(a, b)| (*a, *b))
            .collect();
        let (mut low, mut high) = (first, last);
        for (a, b) in touching {
            self.ranges.remove(&a);
            self.count = self.count.saturating_sub(span(a, b));
            low = low.min(a);
            high = high.max(b);
        }
        self.ranges.insert(low, high);
        self.count = self.count.saturating_add(span(low, high));
    }

    /// Every UID, ascending.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = u32> + '_ {
        self.ranges.iter().flat_map(|(first, last)| *first..=*last)
    }

    /// Every range (first, last), ascending.
    pub fn ranges(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        self.ranges.iter().map(|(first, last)| (*first, *last))
    }

    /// Adds all of another set.
    pub fn extend_from(&mut self, other: &Self) {
        for (first, last) in other.ranges() {
            self.insert_range(first, last);
        }
    }

    /// Takes at most so many of the highest UIDs out; `None` when there are none left.
    pub fn take_newest(&mut self, count: usize) -> Option<Self> {
        let newest: Self = self.iter().rev().take(count).collect();
        for uid in newest.iter() {
            self.remove(uid);
        }
        (!newest.is_empty()).then_some(newest)
    }

    /// Takes all of another set out.
    pub fn take_out(&mut self, other: &Self) {
        // Through the smaller one: a server's list of what vanished may span all numbers there are.
        if other.len() > self.len() {
            let both: Vec<u32> = self.iter().filter(|uid| other.contains(*uid)).collect();
            for uid in both {
                self.remove(uid);
            }
        } else {
            for uid in other.iter() {
                self.remove(uid);
            }
        }
    }

    /// The notation of the protocol, ascending (a descending set gives BAD on some servers): `3,5:9`.
    pub fn to_sequence(&self) -> String {
        let parts: Vec<String> = self
            .ranges()
            .map(|(a, b)| if a == b { a.to_string() } else { format!("{a}:{b}") })
            .collect();
        parts.join(",")
    }

    /// The set in pieces whose notation stays short of `limit` bytes: servers cut command lines near 8 kB.
    pub fn to_sequences(&self, limit: usize) -> Vec<String> {
        let mut pieces: Vec<String> = Vec::new();
        for (a, b) in self.ranges() {
            let part = if a == b { a.to_string() } else { format!("{a}:{b}") };
            match pieces.last_mut() {
                Some(last) if last.len().saturating_add(part.len()) < limit => {
                    last.push(',');
                    last.push_str(&part);
                }
                _ => pieces.push(part),
            }
        }
        pieces
    }
}

fn span(first: u32, last: u32) -> u64 {
    u64::from(last).saturating_sub(u64::from(first)).saturating_add(1)
}

impl FromIterator<u32> for UidSet {
    fn from_iter<I: IntoIterator<Item = u32>>(uids: I) -> Self {
        let mut set = Self::new();
        for uid in uids {
            set.insert(uid);
        }
        set
    }
}

impl fmt::Debug for UidSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UidSet({})", self.to_sequence())
    }
}

/// What of a sequence set in the protocol's notation lies below a UID; empty for nothing.
pub(super) fn below(sequence: &str, uid: u32) -> String {
    let last = uid.saturating_sub(1);
    let number = |text: &str| text.parse().unwrap_or(u32::MAX);
    let ranges = sequence.split(',').filter_map(|part| {
        let (from, to) = part.split_once(':').unwrap_or((part, part));
        let (from, to): (u32, u32) = (number(from), number(to));
        let (from, to) = (from.min(to), from.max(to).min(last));
        (from <= to).then(|| if from == to { from.to_string() } else { format!("{from}:{to}") })
    });
    ranges.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, reason = "small numbers of a test")]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn neighbours_become_one_range() {
        let set: UidSet = [5, 3, 4, 9, 0].into_iter().collect();
        assert_eq!(set.to_sequence(), "3:5,9");
        assert_eq!((set.len(), set.max()), (4, Some(9)));
    }

    #[test]
    fn the_notation_is_cut_before_a_command_line_grows_too_long() {
        let set: UidSet = (1..200).map(|n| n * 2).collect();
        let pieces = set.to_sequences(50);
        assert!(pieces.iter().all(|piece| piece.len() <= 50));
        assert_eq!(pieces.join(","), set.to_sequence());
    }

    #[test]
    fn the_newest_are_taken_in_pieces() {
        let mut set: UidSet = (1..=5).collect();
        let mut pieces = Vec::new();
        while let Some(piece) = set.take_newest(2) {
            pieces.push(piece.to_sequence());
        }
        assert_eq!(pieces, ["4:5", "2:3", "1"]);
    }

    proptest! {
        #[test]
        fn it_is_a_set(steps in prop::collection::vec((any::<bool>(), 1u32..60, 0u32..9), 0..80)) {
            let mut model = BTreeSet::new();
            let mut set = UidSet::new();
            for (add, first, more) in steps {
                if add && more > 0 {
                    set.insert_range(first, first + more);
                    model.extend(first..=first + more);
                } else if add {
                    prop_assert_eq!(set.insert(first), model.insert(first));
                } else {
                    prop_assert_eq!(set.remove(first), model.remove(&first));
                }
            }
            prop_assert_eq!(set.len(), model.len() as u64);
            let other: UidSet = (20..35).collect();
            let mut without = set.clone();
            without.take_out(&other);
            prop_assert!(without.iter().eq(model.iter().copied().filter(|n| !(20..35).contains(n))));
            let mut back = other.clone();
            back.take_out(&set);
            prop_assert!(back.iter().eq((20..35).filter(|n| !model.contains(n))));
            prop_assert_eq!(set.iter().collect::<Vec<_>>(), model.into_iter().collect::<Vec<_>>());
            let ranges: Vec<_> = set.ranges().collect();
            prop_assert!(ranges.windows(2).all(|w| w[0].1 + 1 < w[1].0), "{ranges:?}");
        }
    }
}
