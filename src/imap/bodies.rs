//! Fetches the bytes of one batch: whole, in slices, or the header alone.
//!
//! Owns what happens when a server refuses a message, sends nothing for it, or sends more than it announced. It must
//! never hand over a truncated message as a whole one.

use super::{
    contract::{Body, FailReason, Fetched, MailboxCursor, Seen},
    error::ImapError,
    plan::{Batch, Wanted},
    pull::Pull,
    session::{Expect, Part},
    uids::UidSet,
};

/// Fetches one batch and hands every message over as it comes.
pub(super) fn batch(
    pull: &mut Pull<'_>,
    cursor: &mut MailboxCursor,
    batch: &Batch,
) -> Result<(), ImapError> {
    match batch {
        Batch::Whole { uids, bytes } => whole(pull, cursor, uids, *bytes),
        Batch::Sliced(one) => sliced(pull, cursor, *one),
        Batch::HeaderOnly(one) => header_only(pull, cursor, *one),
    }
}

fn whole(
    pull: &mut Pull<'_>,
    cursor: &mut MailboxCursor,
    uids: &UidSet,
    bytes: u64,
) -> Result<(), ImapError> {
    let mut left = uids.clone();
    let place = (cursor.mailbox, cursor.generation);
    pull.suspects.depart(place, uids);
    let expect = Expect { bytes, largest: pull.caps.largest };
    let mut came = Vec::new();
    let result = {
        let sink = &mut *pull.sink;
        let suspects = &mut *pull.suspects;
        let stop = &pull.signals.stop;
        pull.remote.fetch(uids, Part::Whole, expect, &mut |arrived| {
            let Some(body) = arrived.body else { return Ok(()) };
            if !left.remove(arrived.seen.uid) {
                return Ok(());
            }
            let body = Body::Whole(body);
            let message =
                Fetched { mailbox: place.0, generation: place.1, seen: arrived.seen, body };
            sink.fetched(message).map_err(ImapError::Halted)?;
            suspects.arrived(arrived.seen.uid);
            came.push(arrived.seen.uid);
            if stop.load(std::sync::atomic::Ordering::Relaxed) {
                return Err(ImapError::Halted(super::contract::Halt::Stopped));
            }
            Ok(())
        })
    };
    for uid in came {
        pull.settled(cursor, uid);
    }
    let refused = match result {
        Ok(()) => false,
        Err(error) if error.keeps_connection() => true,
        Err(error) => return Err(error),
    };
    pull.suspects.landed();
    absent(pull, cursor, &left, uids.len() == 1, refused)
}

/// What did not come: asked for once more, each alone; then it is a failure of that message only.
fn absent(
    pull: &mut Pull<'_>,
    cursor: &mut MailboxCursor,
    left: &UidSet,
    alone: bool,
    refused: bool,
) -> Result<(), ImapError> {
    for uid in left.iter() {
        if !alone {
            let one: UidSet = [uid].into_iter().collect();
            whole(pull, cursor, &one, pull.caps.slice_above)?;
        } else if refused {
            pull.fail(cursor, uid, FailReason::Refused)?;
        } else if still_there(pull, uid)? {
            pull.fail(cursor, uid, FailReason::NoBody)?;
        }
        // Otherwise it was removed between listing and fetch: the next comparison says so.
    }
    Ok(())
}

fn still_there(pull: &mut Pull<'_>, uid: u32) -> Result<bool, ImapError> {
    match pull.remote.survey(&uid.to_string()) {
        Ok(listed) => Ok(listed.iter().any(|seen| seen.uid == uid)),
        Err(error) if error.keeps_connection() => Ok(true),
        Err(error) => Err(error),
    }
}

/// What one section of one message came to.
enum Section {
    Came(Seen, Vec<u8>),
    Empty,
    Refused,
}

fn section(
    pull: &mut Pull<'_>,
    cursor: &MailboxCursor,
    uid: u32,
    part: Part,
) -> Result<Section, ImapError> {
    let one: UidSet = [uid].into_iter().collect();
    pull.suspects.depart((cursor.mailbox, cursor.generation), &one);
    let expect = Expect { bytes: pull.caps.slice, largest: pull.caps.largest };
    let mut found = Section::Empty;
    let result = pull.remote.fetch(&one, part, expect, &mut |arrived| {
        if arrived.seen.uid == uid
            && let Some(body) = arrived.body
        {
            found = Section::Came(arrived.seen, body);
        }
        Ok(())
    });
    match result {
        Ok(()) => {}
        Err(error) if error.keeps_connection() => found = Section::Refused,
        Err(error) => return Err(error),
    }
    pull.suspects.landed();
    Ok(found)
}

/// Each slice but the first begins with so many bytes of the one before, at most: Dovecot 2.4.1 gives other bytes than were
/// asked for, where a message lies on its disk with CRLF. Only what fits is put together.
const SEAM: usize = 4096;

fn sliced(pull: &mut Pull<'_>, cursor: &mut MailboxCursor, one: Wanted) -> Result<(), ImapError> {
    let length = pull.caps.slice;
    let mut bytes: Vec<u8> = Vec::new();
    let mut last: Option<Seen> = None;
    let mut short = false;
    loop {
        pull.check_stop()?;
        let quarter = usize::try_from(length / 4).unwrap_or(SEAM);
        let kept = bytes.len().saturating_sub(SEAM.min(quarter));
        let offset = u64::try_from(kept).unwrap_or(u64::MAX);
        let part = Part::Slice { offset, length };
        let (seen, slice) = match (section(pull, cursor, one.uid, part)?, last) {
            (Section::Came(seen, slice), _) => (seen, slice),
            // Nothing behind the last byte may come as NIL, not at all, or as a refusal.
            (Section::Empty | Section::Refused, Some(seen))
                if short || u64::try_from(bytes.len()).unwrap_or(u64::MAX) >= one.size =>
            {
                return deliver(pull, cursor, seen, Body::Whole(bytes));
            }
            (Section::Refused, _) => return pull.fail(cursor, one.uid, FailReason::Refused),
            (Section::Empty, None) => return empty(pull, cursor, one.uid),
            (Section::Empty, Some(_)) => return pull.fail(cursor, one.uid, FailReason::NoBody),
        };
        let size = u64::try_from(slice.len()).unwrap_or(u64::MAX);
        if size > length && last.is_some() {
            return pull.fail(cursor, one.uid, FailReason::NoBody);
        }
        let Some(more) = slice.strip_prefix(bytes.get(kept..).unwrap_or_default()) else {
            return unsliced(pull, cursor, one);
        };
        let ended = more.is_empty();
        bytes.extend_from_slice(more);
        if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > pull.caps.largest {
            return header_only(pull, cursor, one);
        }
        // A longer slice comes from a server that ignores the range. A short one is the last one, unless less came than
        // was announced: then only an empty one is.
        short = size < length;
        let announced = offset.saturating_add(size) >= one.size;
        if size > length || ended || (short && announced) {
            return deliver(pull, cursor, seen, Body::Whole(bytes));
        }
        last = Some(seen);
    }
}

/// The slices do not fit: the message comes in one piece, or not now.
fn unsliced(pull: &mut Pull<'_>, cursor: &mut MailboxCursor, one: Wanted) -> Result<(), ImapError> {
    match section(pull, cursor, one.uid, Part::Whole)? {
        Section::Came(seen, bytes) => deliver(pull, cursor, seen, Body::Whole(bytes)),
        Section::Refused => pull.fail(cursor, one.uid, FailReason::Refused),
        Section::Empty => empty(pull, cursor, one.uid),
    }
}

fn header_only(
    pull: &mut Pull<'_>,
    cursor: &mut MailboxCursor,
    one: Wanted,
) -> Result<(), ImapError> {
    match section(pull, cursor, one.uid, Part::Header)? {
        Section::Came(seen, header) => deliver(pull, cursor, seen, Body::HeaderOnly(header)),
        Section::Refused => pull.fail(cursor, one.uid, FailReason::Refused),
        Section::Empty => empty(pull, cursor, one.uid),
    }
}

fn empty(pull: &mut Pull<'_>, cursor: &mut MailboxCursor, uid: u32) -> Result<(), ImapError> {
    if still_there(pull, uid)? { pull.fail(cursor, uid, FailReason::NoBody) } else { Ok(()) }
}

fn deliver(
    pull: &mut Pull<'_>,
    cursor: &mut MailboxCursor,
    seen: Seen,
    body: Body,
) -> Result<(), ImapError> {
    let message = Fetched { mailbox: cursor.mailbox, generation: cursor.generation, seen, body };
    pull.sink.fetched(message).map_err(ImapError::Halted)?;
    pull.settled(cursor, seen.uid);
    Ok(())
}
