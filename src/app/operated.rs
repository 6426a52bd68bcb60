//! What became of operations at the servers, and what the servers' own changes mean here.
//!
//! Owns the words for it. It never sends anything; a message that somebody else moved or removed stays in the record.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, Transaction};

use crate::{
    domain::{
        audit::{Actor, AuditEntry},
        id::{AccountId, MailboxId, OperationId, ThreadId},
        message::Flags,
        operation::{Deed, Flag, Stage, news},
        text::SafeText,
    },
    imap::{
        names::RawName,
        operate::{Batch, Ending, Step, Work},
    },
    store::{
        self, StoreError,
        marks::{self, NewMark},
        operations::{self, OperationRow, Outcome},
    },
};

use super::{
    draft_copies,
    office::Office,
    rows::{DestinationRow, OperationView},
};

/// So many operations are carried out with one set of commands.
const BATCH: u32 = 200;
/// An operation that was sent so often without an answer waits for a person.
const ATTEMPTS: u32 = 8;
/// The pause after the server asked for patience without saying how long.
const PATIENCE: SignedDuration = SignedDuration::from_mins(1);

/// The account's next operations, begun; those that never came to an end are stuck from now on.
pub fn begin(
    tx: &Transaction<'_>,
    account: AccountId,
    now: Timestamp,
) -> Result<Option<Work>, StoreError> {
    loop {
        let rows = operations::begin(tx, account, now, BATCH)?;
        let Some(first) = rows.first() else { return Ok(None) };
        let mailbox = RawName::new(first.source.wire.clone());
        let deed = first.deed.clone();
        let (spent, rows): (Vec<_>, Vec<_>) =
            rows.into_iter().partition(|row| row.attempts >= ATTEMPTS);
        for row in &spent {
            stick(tx, row, "tries", "", now)?;
        }
        if let Deed::Draft { draft, .. } = deed {
            match draft_copies::begin(tx, &rows, draft, now)? {
                Some(work) => return Ok(Some(Work::Draft(work))),
                None => continue,
            }
        }
        let mut steps = Vec::new();
        for row in &rows {
            let Some(message) = row.message else { continue };
            let size = store::messages::get(tx, message)?.size;
            steps.push(Step {
                id: row.id,
                at: row.at,
                message_id: row.message_id.clone(),
                size,
                // Also one that had to wait, or was refused, half-way: a second copy would be a double.
                resumed: row.stage == Stage::Begun || row.attempts > 0,
            });
        }
        if !steps.is_empty() {
            return Ok(Some(Work::Messages(Batch { mailbox, deed, steps })));
        }
    }
}

/// What is to be told of operations that ended.
#[derive(Default)]
pub struct Told {
    /// Conversations that look different now.
    pub threads: BTreeSet<ThreadId>,
    /// Sentences for the person.
    pub sentences: Vec<String>,
}

/// Writes down how operations ended.
pub fn end(
    tx: &Transaction<'_>,
    endings: Vec<(OperationId, Ending)>,
    now: Timestamp,
) -> Result<Told, StoreError> {
    let mut told = Told::default();
    let mut said: BTreeMap<String, (usize, String)> = BTreeMap::new();
    for (id, ending) in endings {
        let row = operations::get(tx, id)?;
        told.threads.extend(row.thread);
        if let Some(reason) = end_one(tx, &row, ending, now)? {
            let row = operations::get(tx, id)?;
            let entry = said.entry(reason).or_insert_with(|| (0, sentence(&row)));
            entry.0 = entry.0.saturating_add(1);
        }
    }
    told.sentences = said
        .into_values()
        .map(|(count, words)| match count.saturating_sub(1) {
            0 => words,
            more => format!("{words} (and {more} more)"),
        })
        .collect();
    Ok(told)
}

/// `Some` with the reason where a person must hear of it.
fn end_one(
    tx: &Transaction<'_>,
    row: &OperationRow,
    ending: Ending,
    now: Timestamp,
) -> Result<Option<String>, StoreError> {
    let reason = match ending {
        Ending::Done { target, left } => {
            done(tx, row, target, left, "", now)?;
            return Ok(None);
        }
        Ending::Added { target } => {
            done(tx, row, target, None, "stays", now)?;
            return Ok(None);
        }
        Ending::MarkedDeleted { target } => {
            done(tx, row, target, None, "marked", now)?;
            return Ok(Some("marked".to_owned()));
        }
        Ending::Later { wait, text } => {
            let wait = wait.and_then(|wait| SignedDuration::try_from(wait).ok());
            let at = now.saturating_add(wait.unwrap_or(PATIENCE)).unwrap_or(now);
            operations::postpone(tx, row.id, at, text.expose())?;
            return Ok(None);
        }
        Ending::Gone => return lapse(tx, row, "gone", now).map(Some),
        Ending::Differs => return lapse(tx, row, "differs", now).map(Some),
        Ending::Ambiguous => stick(tx, row, "ambiguous", "", now)?,
        Ending::ReadOnly => stick(tx, row, "read-only", "", now)?,
        Ending::NoFolder(text) => stick(tx, row, "no-folder", text.expose(), now)?,
        // Not every server keeps such a word: nobody has to decide anything for that.
        Ending::Refused(_) if matches!(row.deed, Deed::Set { flag: Flag::Forwarded, .. }) => {
            lapse(tx, row, "refused", now)?;
            return Ok(None);
        }
        Ending::Refused(text) => stick(tx, row, "refused", text.expose(), now)?,
        Ending::Unsure => stick(tx, row, "unsure", "", now)?,
        Ending::Overtaken => stick(tx, row, draft_copies::OVERTAKEN, "", now)?,
    };
    Ok(Some(reason))
}

fn done(
    tx: &Transaction<'_>,
    row: &OperationRow,
    target: Option<(u64, u32)>,
    left: Option<u32>,
    reason: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let outcome = Outcome { stage: Stage::Done, reason, said: "", target };
    operations::end(tx, row, outcome, now)?;
    let uid = left.or(row.at.map(|(_, uid)| uid));
    let Some(message) = row.message else { return Ok(()) };
    let places = operations::places(tx, message)?;
    let there = places.iter().filter(|place| {
        place.account == row.account
            && place.folder.wire == row.source.wire
            && uid.is_none_or(|uid| uid == place.uid)
    });
    for place in there {
        match &row.deed {
            Deed::Set { flag, on } => operations::acknowledge(tx, place, *flag, *on)?,
            // What is only marked is still there, and so is what got a label more.
            Deed::Move { .. } if reason.is_empty() => {
                store::mailboxes::mark_gone(tx, place.mailbox, &[place.uid])?;
            }
            Deed::Move { .. } | Deed::Draft { .. } => {}
        }
    }
    Ok(())
}

fn lapse(
    tx: &Transaction<'_>,
    row: &OperationRow,
    reason: &str,
    now: Timestamp,
) -> Result<String, StoreError> {
    close(tx, row, Stage::Lapsed, (reason, ""), now)
}

/// What did not happen is shown as it is: the conversation comes back into the Inbox.
fn stick(
    tx: &Transaction<'_>,
    row: &OperationRow,
    reason: &str,
    said: &str,
    now: Timestamp,
) -> Result<String, StoreError> {
    close(tx, row, Stage::Stuck, (reason, said), now)
}

fn close(
    tx: &Transaction<'_>,
    row: &OperationRow,
    stage: Stage,
    (reason, said): (&str, &str),
    now: Timestamp,
) -> Result<String, StoreError> {
    operations::end(tx, row, Outcome { stage, reason, said, target: None }, now)?;
    let moved = row.thread.filter(|_| matches!(row.deed, Deed::Move { .. }) && reason != "gone");
    if let Some(thread) = moved {
        operations::set_away(tx, thread, false)?;
    }
    let mut entry =
        AuditEntry::new(now, Actor::System, "operation-not-done").with("operation", row.id);
    if let Some(thread) = row.thread {
        entry = entry.with("thread", thread);
    }
    let entry = entry.with("stage", stage.word()).with("reason", reason);
    store::audit::append(tx, &entry)?;
    Ok(reason.to_owned())
}

/// What an operation wants, in words.
pub fn wish(row: &OperationRow) -> String {
    match &row.deed {
        Deed::Set { flag: Flag::Seen, on: true } => "mark as read".to_owned(),
        Deed::Set { flag: Flag::Seen, on: false } => "mark as unread".to_owned(),
        Deed::Set { flag: Flag::Flagged, on: true } => "set the flag".to_owned(),
        Deed::Set { flag: Flag::Flagged, on: false } => "clear the flag".to_owned(),
        Deed::Set { flag: Flag::Answered, .. } => "mark as answered".to_owned(),
        Deed::Set { flag: Flag::Forwarded, .. } => "mark as forwarded".to_owned(),
        Deed::Move { to } => format!("move to {}", to.name),
        Deed::Draft { on: true, .. } => "keep in Drafts".to_owned(),
        Deed::Draft { on: false, .. } => "take out of Drafts".to_owned(),
    }
}

/// Where an operation stands, in words: why it is stuck, or that it waits.
pub fn state(row: &OperationRow) -> String {
    let from = &row.source.name;
    let said = if row.said.trim().is_empty() {
        String::new()
    } else {
        format!(" The server said: {}", row.said.trim())
    };
    let is_draft = matches!(row.deed, Deed::Draft { .. });
    let words = match row.reason.as_str() {
        "gone" if is_draft => format!(
            "it was not in {from} any more as matterbox had left it: another program changed, sent or removed it. Nothing there was touched; look there, so that it does not go out twice"
        ),
        draft_copies::OVERTAKEN => format!(
            "another program changed, sent or removed the version in {from}. Nothing there was touched, and your version is here; look there first. Try again to put yours beside it, or give it up"
        ),
        "gone" => format!(
            "it was not in {from} any more: somebody else moved or deleted it first. Nothing was done; the record keeps the message"
        ),
        "differs" => format!(
            "the server shows another message in its place in {from}. Nothing was done there; look for mail, then do it again"
        ),
        "ambiguous" => format!(
            "several messages in {from} bear its Message-ID. Nothing was done; do it in another program, or try again"
        ),
        "read-only" => format!("{from} may only be read by this account. Nothing was done"),
        "no-folder" => format!(
            "{from} or the folder where it should go cannot be opened at the server. Nothing was done"
        ),
        "refused" => "the server refuses it. Nothing was done".to_owned(),
        "unsure" => format!(
            "the server said OK, but the copy could not be found. Nothing was removed from {from}; try again, or look at the folder"
        ),
        "tries" => format!(
            "it was sent {ATTEMPTS} times and the line broke each time. Try again, or give it up"
        ),
        "marked" => format!(
            "the server cannot remove single messages: the copy is in place, and the original in {from} is marked as deleted"
        ),
        _ => "waiting for the server".to_owned(),
    };
    format!("{words}.{said}")
}

/// One sentence for the person: what did not happen as asked.
pub fn sentence(row: &OperationRow) -> String {
    let subject = if row.subject.trim().is_empty() { "(no subject)" } else { row.subject.trim() };
    let subject: String = subject.chars().take(80).collect();
    format!("“{subject}”, {}: {}", wish(row), state(row))
}

/// The flags of a message as the server shows them now. What other programs changed holds here too, unless something of
/// ours is on its way. Answers with the conversation that looks different.
pub fn flags(
    tx: &Transaction<'_>,
    mailbox: MailboxId,
    uid: u32,
    now_there: Flags,
    now: Timestamp,
) -> Result<Option<ThreadId>, StoreError> {
    let before = operations::flags_at(tx, mailbox, uid)?.unwrap_or_default();
    let Some(key) = store::mailboxes::set_flags(tx, mailbox, uid, now_there)? else {
        return Ok(None);
    };
    let row = store::messages::get(tx, key)?;
    let open: Vec<_> = operations::of_message(tx, key)?.iter().map(OperationRow::open).collect();
    let of_ours = store::mailboxes::get(tx, mailbox)?.role == "sent";
    if let Some(seen) = news(Flag::Seen, before, now_there, &open).filter(|seen| *seen || !of_ours)
    {
        store::messages::set_unread(tx, key, !seen)?;
    }
    if let Some(on) = news(Flag::Flagged, before, now_there, &open) {
        flagged_elsewhere(tx, row.thread, on, now)?;
    }
    Ok(Some(row.thread))
}

/// Another program set or cleared the flag: the star follows.
fn flagged_elsewhere(
    tx: &Transaction<'_>,
    thread: ThreadId,
    on: bool,
    now: Timestamp,
) -> Result<(), StoreError> {
    let actor = Actor::Rule("flag-observed".to_owned());
    let stars: Vec<i64> = store::marks::of_thread(tx, thread)?
        .into_iter()
        .filter(|mark| mark.kind == marks::STAR)
        .map(|mark| mark.id)
        .collect();
    if on != stars.is_empty() || (!on && still_flagged(tx, thread)?) {
        return Ok(());
    }
    let kind = if on { "starred" } else { "star-cleared" };
    if on {
        let mark = NewMark {
            thread,
            message: None,
            kind: marks::STAR,
            at: now,
            by: actor.clone(),
            reason: String::new(),
            data: String::new(),
        };
        store::marks::set(tx, &mark)?;
    } else {
        store::marks::undo(tx, &stars, now)?;
    }
    store::audit::append(tx, &AuditEntry::new(now, actor, kind).with("thread", thread))?;
    Ok(())
}

fn still_flagged(tx: &Transaction<'_>, thread: ThreadId) -> Result<bool, StoreError> {
    for message in store::messages::of_thread(tx, thread)? {
        if operations::places(tx, message.key)?.iter().any(|place| place.flags.flagged) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// So many waiting operations are shown.
const SHOWN: u32 = 1_000;

/// What waits for the servers, as rows.
pub(super) fn waiting(conn: &Connection) -> Result<Vec<OperationView>, StoreError> {
    let rows = operations::all_open(conn, SHOWN)?;
    Ok(rows
        .iter()
        .map(|row| OperationView {
            id: row.id,
            stuck: row.stage == Stage::Stuck,
            at: row.created,
            wish: SafeText::line(&wish(row)),
            subject: SafeText::line(&row.subject),
            state: SafeText::line(&state(row)),
        })
        .collect())
}

/// The folders of every account, as rows.
pub(super) fn folders(
    office: &Office,
    conn: &Connection,
) -> Result<Vec<DestinationRow>, StoreError> {
    let mut out = Vec::new();
    for (account, settings) in office.accounts() {
        for one in operations::destinations(conn, *account)? {
            let name = SafeText::line(&one.folder.name);
            let account_name = SafeText::line(&settings.name);
            out.push(DestinationRow { account: *account, account_name, folder: one.folder, name });
        }
    }
    Ok(out)
}
