//! The audit trail: who did what when, each record chained to the one before it (design 6.12.5).
//!
//! Owns the canonical bytes and the chain. A bare chain shows every edit, deletion in the middle and reordering; it
//! cannot show that the end was cut off, unless an earlier head was kept elsewhere.

use std::{collections::BTreeMap, fmt};

use jiff::Timestamp;
use sha2::{Digest, Sha256};

/// Who did it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Actor {
    /// A person at this desk, by the name they go by in the settings.
    Person(String),
    /// A rule of the program, by its name: `inherited`, `sent-observed`.
    Rule(String),
    /// The program itself: sync, recovery.
    System,
}

impl Actor {
    /// One word for a column: `person:…`, `rule:…`, `system`.
    pub fn word(&self) -> String {
        match self {
            Self::Person(name) => format!("person:{name}"),
            Self::Rule(name) => format!("rule:{name}"),
            Self::System => "system".to_owned(),
        }
    }

    /// Reads what [`Actor::word`] wrote.
    pub fn from_word(word: &str) -> Self {
        match word.split_once(':') {
            Some(("person", name)) => Self::Person(name.to_owned()),
            Some(("rule", name)) => Self::Rule(name.to_owned()),
            Some(_) | None => Self::System,
        }
    }
}

impl fmt::Debug for Actor {
    /// Without the person's name.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Person(_) => "Person",
            Self::Rule(_) => "Rule",
            Self::System => "System",
        })
    }
}

/// One thing that happened.
#[derive(Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub actor: Actor,
    /// What: a fixed word such as `thread-tagged`.
    pub kind: String,
    /// What it was about, by fixed names: `thread`, `matter`, `hash`, `reason`.
    pub facts: BTreeMap<String, String>,
}

impl AuditEntry {
    /// An entry without facts.
    pub fn new(at: Timestamp, actor: Actor, kind: &str) -> Self {
        Self { at, actor, kind: kind.to_owned(), facts: BTreeMap::new() }
    }

    /// With one fact more.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl fmt::Display) -> Self {
        self.facts.insert(name.to_owned(), value.to_string());
        self
    }

    /// The bytes that are hashed: every field with its length before it, so that no two entries share them.
    pub fn canonical(&self, seq: u64) -> Vec<u8> {
        let mut out = Vec::with_capacity(128);
        out.extend_from_slice(&seq.to_be_bytes());
        out.extend_from_slice(&self.at.as_microsecond().to_be_bytes());
        push(&mut out, &self.actor.word());
        push(&mut out, &self.kind);
        out.extend_from_slice(&length(self.facts.len()));
        for (name, value) in &self.facts {
            push(&mut out, name);
            push(&mut out, value);
        }
        out
    }

    /// Reads canonical bytes back, with their sequence number; `None` when they are not such bytes.
    pub fn from_canonical(bytes: &[u8]) -> Option<(u64, Self)> {
        let mut rest = bytes;
        let seq = u64::from_be_bytes(take(&mut rest, 8)?.try_into().ok()?);
        let at = i64::from_be_bytes(take(&mut rest, 8)?.try_into().ok()?);
        let at = Timestamp::from_microsecond(at).ok()?;
        let actor = Actor::from_word(&text(&mut rest)?);
        let kind = text(&mut rest)?;
        let count = u32::from_be_bytes(take(&mut rest, 4)?.try_into().ok()?);
        let mut facts = BTreeMap::new();
        for _ in 0..count {
            let name = text(&mut rest)?;
            facts.insert(name, text(&mut rest)?);
        }
        rest.is_empty().then_some((seq, Self { at, actor, kind, facts }))
    }
}

impl fmt::Debug for AuditEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AuditEntry({}, {} facts)", self.kind, self.facts.len())
    }
}

fn length(len: usize) -> [u8; 4] {
    u32::try_from(len).unwrap_or(u32::MAX).to_be_bytes()
}

fn push(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(&length(text.len()));
    out.extend_from_slice(text.as_bytes());
}

fn take<'a>(rest: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let (head, tail) = rest.split_at_checked(count)?;
    *rest = tail;
    Some(head)
}

fn text(rest: &mut &[u8]) -> Option<String> {
    let len = u32::from_be_bytes(take(rest, 4)?.try_into().ok()?);
    String::from_utf8(take(rest, usize::try_from(len).ok()?)?.to_vec()).ok()
}

/// The hash of a record and of everything before it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ChainHash(pub [u8; 32]);

impl ChainHash {
    /// What stands before the first record.
    pub const GENESIS: Self = Self([0; 32]);

    /// The hash after `record`: SHA-256 over a domain, the hash before and the record with its length.
    #[must_use]
    pub fn then(self, record: &[u8]) -> Self {
        let mut hasher = Sha256::new();
        hasher.update(b"matterbox audit chain, version 1\0");
        hasher.update(self.0);
        hasher.update(u64::try_from(record.len()).unwrap_or(u64::MAX).to_be_bytes());
        hasher.update(record);
        Self(hasher.finalize().into())
    }
}

impl fmt::Display for ChainHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ChainHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A record as it lies in the trail.
#[derive(Clone, PartialEq, Eq)]
pub struct Chained {
    /// Its number, counted from 1 without gaps.
    pub seq: u64,
    /// Its canonical bytes.
    pub record: Vec<u8>,
    /// The hash before it.
    pub prev: ChainHash,
    /// The hash after it.
    pub hash: ChainHash,
}

impl fmt::Debug for Chained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Chained({}, {})", self.seq, self.hash)
    }
}

/// A sound trail: how long it is and where it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// How many records.
    pub records: u64,
    /// The hash after the last one.
    pub hash: ChainHash,
}

/// The first place at which a trail is not sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("record {seq} of the audit trail {flaw}")]
pub struct Broken {
    /// The number that was expected there.
    pub seq: u64,
    /// What is wrong with it.
    pub flaw: Flaw,
}

/// What is wrong with a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// Its number is not the next one.
    #[error("is missing")]
    Gap,
    /// The hash before it is not that of the record before it.
    #[error("does not follow the one before it")]
    Link,
    /// Its own hash does not fit its bytes.
    #[error("was changed")]
    Content,
    /// Its bytes are not those of an entry with this number.
    #[error("cannot be read")]
    Shape,
}

/// Checks a whole trail from its first record; names the first one that is wrong.
pub fn verify(trail: impl IntoIterator<Item = Chained>) -> Result<Head, Broken> {
    let mut head = Head { records: 0, hash: ChainHash::GENESIS };
    for link in trail {
        let seq = head.records.saturating_add(1);
        let broken = |flaw| Err(Broken { seq, flaw });
        if link.seq != seq {
            return broken(Flaw::Gap);
        }
        if link.prev != head.hash {
            return broken(Flaw::Link);
        }
        if link.prev.then(&link.record) != link.hash {
            return broken(Flaw::Content);
        }
        if AuditEntry::from_canonical(&link.record).is_none_or(|(number, _)| number != seq) {
            return broken(Flaw::Shape);
        }
        head = Head { records: seq, hash: link.hash };
    }
    Ok(head)
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, reason = "a test that overflows fails")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn trail(kinds: &[String]) -> Vec<Chained> {
        let mut prev = ChainHash::GENESIS;
        let mut out = Vec::new();
        for (seq, kind) in (1_u64..).zip(kinds) {
            let entry = AuditEntry::new(Timestamp::UNIX_EPOCH, Actor::System, kind)
                .with("thread", seq)
                .with("reason", kind);
            let record = entry.canonical(seq);
            let hash = prev.then(&record);
            out.push(Chained { seq, record, prev, hash });
            prev = hash;
        }
        out
    }

    proptest! {
        #[test]
        fn an_entry_comes_back_from_its_bytes(kind in ".{0,20}", value in ".{0,40}", seq: u64) {
            let entry = AuditEntry::new(Timestamp::UNIX_EPOCH, Actor::Person("a:b".into()), &kind)
                .with("value", &value);
            prop_assert_eq!(AuditEntry::from_canonical(&entry.canonical(seq)), Some((seq, entry)));
        }

        #[test]
        fn a_changed_byte_anywhere_is_found(
            kinds in prop::collection::vec("[a-z]{1,8}", 1..12), pick: prop::sample::Index, at: prop::sample::Index,
            flip in 1..=255_u8,
        ) {
            let mut links = trail(&kinds);
            let link = &mut links[pick.index(kinds.len())];
            let at = at.index(link.record.len());
            link.record[at] ^= flip;
            let seq = link.seq;
            prop_assert_eq!(verify(links), Err(Broken { seq, flaw: Flaw::Content }));
        }

        #[test]
        fn a_missing_record_is_found(
            kinds in prop::collection::vec("[a-z]{1,8}", 2..12), pick: prop::sample::Index,
        ) {
            let mut links = trail(&kinds);
            links.remove(pick.index(kinds.len() - 1));
            prop_assert!(verify(links).is_err());
        }

        #[test]
        fn swapped_records_are_found(
            kinds in prop::collection::vec("[a-z]{1,8}", 2..12), a: prop::sample::Index, b: prop::sample::Index,
        ) {
            let mut links = trail(&kinds);
            let (a, b) = (a.index(kinds.len()), b.index(kinds.len()));
            prop_assume!(a != b);
            links.swap(a, b);
            prop_assert!(verify(links).is_err());
        }
    }

    #[test]
    fn a_sound_trail_gives_its_head() {
        let links = trail(&["a".into(), "b".into()]);
        let last = links[1].hash;
        assert_eq!(verify(links), Ok(Head { records: 2, hash: last }));
        assert_eq!(verify([]), Ok(Head { records: 0, hash: ChainHash::GENESIS }));
    }

    #[test]
    fn a_record_rewritten_with_its_hashes_still_breaks_the_link_behind_it() {
        let mut links = trail(&["a".into(), "b".into(), "c".into()]);
        links[1].record = trail(&["a".into(), "x".into()])[1].record.clone();
        links[1].hash = links[1].prev.then(&links[1].record);
        assert_eq!(verify(links), Err(Broken { seq: 3, flaw: Flaw::Link }));
    }
}
