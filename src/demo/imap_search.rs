//! SEARCH of the practice office: criteria against stored messages.
//!
//! Owns the comparison. Texts are compared with the bytes as sent, without decoding, which RFC 3501 §6.4.4 allows for
//! ASCII; criteria on the `Date` header are refused.

use std::{io, num::NonZeroU32};

use imap_next::imap_types::{core::Vec1, response::Data, search::SearchKey};

use super::{
    imap_fetch::{header_fields, split},
    imap_mailbox::set_contains,
    imap_session::{Reply, Session, bad, no, ok},
    mailstore::Stored,
};

/// A message among its siblings.
struct Candidate<'a> {
    message: &'a Stored,
    seq: u32,
    last_seq: u32,
    last_uid: u32,
}

impl Session {
    /// SEARCH and UID SEARCH.
    pub(super) async fn search(
        &mut self,
        user: &str,
        criteria: &Vec1<SearchKey<'static>>,
        by_uid: bool,
    ) -> io::Result<Reply> {
        let Some(selected) = &self.selected else { return Ok(bad("select a mailbox first")) };
        let last_uid = selected.view.last().map_or(0, |seen| seen.uid);
        let last_seq = u32::try_from(selected.view.len()).unwrap_or(u32::MAX);
        let found = self.store.look(user, &selected.folder, |folder| {
            let mut found = Vec::new();
            for (seq, seen) in (1_u32..).zip(&selected.view) {
                let Some(message) = folder.get(seen.uid) else { continue };
                let candidate = Candidate { message, seq, last_seq, last_uid };
                let mut all = true;
                for key in criteria.as_ref() {
                    all = all && meets(&candidate, key)?;
                }
                if all {
                    found.extend(NonZeroU32::new(if by_uid { seen.uid } else { seq }));
                }
            }
            Some(found)
        });
        let Some(found) = found.flatten() else { return Ok(no("not a criterion served here")) };
        self.connection.data(Data::Search(found)).await?;
        Ok(ok("searched"))
    }
}

/// `None` where a criterion is not served.
#[allow(clippy::wildcard_enum_match_arm, reason = "everything else is refused")]
fn meets(candidate: &Candidate<'_>, key: &SearchKey<'_>) -> Option<bool> {
    let message = candidate.message;
    let flag = |name: &str| message.flags.contains(name);
    let day = || chrono::DateTime::from_timestamp(message.received.as_second(), 0);
    Some(match key {
        SearchKey::And(keys) => {
            let met: Option<Vec<bool>> =
                keys.as_ref().iter().map(|k| meets(candidate, k)).collect();
            met?.into_iter().all(|met| met)
        }
        SearchKey::Or(a, b) => meets(candidate, a)? | meets(candidate, b)?,
        SearchKey::Not(key) => !meets(candidate, key)?,
        SearchKey::All | SearchKey::Old => true,
        SearchKey::New | SearchKey::Recent => false,
        SearchKey::SequenceSet(set) => set_contains(set, candidate.seq, candidate.last_seq),
        SearchKey::Uid(set) => set_contains(set, message.uid, candidate.last_uid),
        SearchKey::Answered => flag("\\Answered"),
        SearchKey::Deleted => flag("\\Deleted"),
        SearchKey::Draft => flag("\\Draft"),
        SearchKey::Flagged => flag("\\Flagged"),
        SearchKey::Seen => flag("\\Seen"),
        SearchKey::Unanswered => !flag("\\Answered"),
        SearchKey::Undeleted => !flag("\\Deleted"),
        SearchKey::Undraft => !flag("\\Draft"),
        SearchKey::Unflagged => !flag("\\Flagged"),
        SearchKey::Unseen => !flag("\\Seen"),
        SearchKey::Keyword(word) => flag(word.as_ref()),
        SearchKey::Unkeyword(word) => !flag(word.as_ref()),
        SearchKey::Larger(size) => message.raw.len() > usize::try_from(*size).ok()?,
        SearchKey::Smaller(size) => message.raw.len() < usize::try_from(*size).ok()?,
        SearchKey::Since(date) => day()?.date_naive() >= *date.as_ref(),
        SearchKey::Before(date) => day()?.date_naive() < *date.as_ref(),
        SearchKey::On(date) => day()?.date_naive() == *date.as_ref(),
        SearchKey::Header(name, text) => in_header(&message.raw, name.as_ref(), text.as_ref()),
        SearchKey::From(text) => in_header(&message.raw, b"From", text.as_ref()),
        SearchKey::To(text) => in_header(&message.raw, b"To", text.as_ref()),
        SearchKey::Cc(text) => in_header(&message.raw, b"Cc", text.as_ref()),
        SearchKey::Bcc(text) => in_header(&message.raw, b"Bcc", text.as_ref()),
        SearchKey::Subject(text) => in_header(&message.raw, b"Subject", text.as_ref()),
        SearchKey::Body(text) => contains(split(&message.raw).1, text.as_ref()),
        SearchKey::Text(text) => contains(&message.raw, text.as_ref()),
        _ => return None,
    })
}

fn in_header(raw: &[u8], name: &[u8], text: &[u8]) -> bool {
    header_fields(split(raw).0).iter().any(|field| {
        let mut parts = field.splitn(2, |b| *b == b':');
        let named = parts.next().is_some_and(|found| found.eq_ignore_ascii_case(name));
        named && contains(parts.next().unwrap_or_default(), text)
    })
}

fn contains(bytes: &[u8], text: &[u8]) -> bool {
    text.is_empty() || bytes.windows(text.len()).any(|window| window.eq_ignore_ascii_case(text))
}
