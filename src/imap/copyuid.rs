//! Reads COPYUID: which UID a copied or moved message got (RFC 4315 §3).
//!
//! Owns the pairing of the two sets. Pure. It must never pair sets of different lengths.

use std::collections::BTreeMap;

use super::{
    error::ImapError,
    reply::{Reply, StatusLine},
};

/// What COPYUID told (RFC 4315 §3): from which UID to which.
#[derive(Default)]
pub(super) struct Copied(BTreeMap<u32, (u64, u32)>);

impl Copied {
    #[allow(clippy::unnecessary_wraps, reason = "it is used as an `OnReply`")]
    pub(super) fn note(&mut self, reply: &Reply) -> Result<(), ImapError> {
        if let Reply::Untagged(line) = reply {
            self.take(line);
        }
        Ok(())
    }

    pub(super) fn take(&mut self, line: &StatusLine) {
        let Some(numbers) = line.code.as_deref().and_then(|code| code.strip_prefix("COPYUID "))
        else {
            return;
        };
        let mut words = numbers.split_ascii_whitespace();
        let validity = words.next().and_then(|word| word.parse::<u64>().ok());
        let (from, to) = (words.next().and_then(listed), words.next().and_then(listed));
        if let (Some(validity), Some(from), Some(to)) = (validity, from, to)
            && from.len() == to.len()
        {
            self.0.extend(from.into_iter().zip(to.into_iter().map(|uid| (validity, uid))));
        }
    }

    pub(super) fn target_of(&self, uid: u32) -> Option<(u64, u32)> {
        self.0.get(&uid).copied()
    }
}

/// The most UIDs that one COPYUID may name.
const MANY: usize = 100_000;

/// The UIDs of a set in the order in which it names them: that order is what pairs them.
fn listed(set: &str) -> Option<Vec<u32>> {
    let mut out = Vec::new();
    for part in set.split(',') {
        let (first, last) = part.split_once(':').unwrap_or((part, part));
        let (first, last): (u32, u32) = (first.parse().ok()?, last.parse().ok()?);
        // A range may be written either way round and means the same, ascending (RFC 4315 §3).
        out.extend((first.min(last)..=first.max(last)).take(MANY));
        if out.len() > MANY {
            return None;
        }
    }
    Some(out)
}
