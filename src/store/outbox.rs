//! The outbox: messages on their way out, from the moment they were sealed (design 5.2).
//!
//! Owns the rows. Which state follows which is the domain's decision (`domain::outbox`). A row is never deleted; an attempt is counted before it is made; a row
//! found `sending` at the start becomes `unknown`. Every write here belongs in `Store::write_durable`.

mod asked;

use jiff::Timestamp;
use rusqlite::{Connection, Transaction, params};
use serde_json::{Value, json};

use crate::domain::{
    address::EmailAddress,
    confidential::Confidential,
    draft::{Draft, ReplyKind},
    footer::Privilege,
    id::{AccountId, DraftId, MatterId, MessageKey, OutboxId, ThreadId},
    message::MessageId,
    outbox::{self as rules, Envelope, OutboxEvent},
};

use super::{
    codec::{broken, instant_opt, micros, reply_code, small},
    drafts::{self, Holder},
    error::{Result, StoreError},
};

pub use asked::{
    InHand, bytes, copy_in_sent, get, in_hand, is_privileged, label_of, last_lost, list,
    next_departure, next_up, of_copy, unfiled, unknown, unmarked, waiting_accounts,
};

/// Where a message is on its way. `held` and `scheduled` are `Queued` with a time before which it may not leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum OutboxState {
    /// To go, not before its time.
    Queued,
    /// An attempt is under way, or was when the program ended.
    Sending,
    /// To be tried again, not before its time.
    Deferred,
    /// The relay said 250.
    Sent,
    /// The relay said no, for good.
    Refused,
    /// It is not known whether it went out. Only a person takes it out of this state.
    Unknown,
    /// A person stopped it before it left.
    Cancelled,
}

impl OutboxState {
    /// Its word, in errors and in the audit trail.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sending => "sending",
            Self::Deferred => "deferred",
            Self::Sent => "sent",
            Self::Refused => "refused",
            Self::Unknown => "unknown",
            Self::Cancelled => "cancelled",
        }
    }

    const fn code(self) -> i64 {
        match self {
            Self::Queued => 0,
            Self::Sending => 1,
            Self::Deferred => 2,
            Self::Sent => 3,
            Self::Refused => 4,
            Self::Unknown => 5,
            Self::Cancelled => 6,
        }
    }

    fn from_code(code: i64) -> rusqlite::Result<Self> {
        match code {
            0 => Ok(Self::Queued),
            1 => Ok(Self::Sending),
            2 => Ok(Self::Deferred),
            3 => Ok(Self::Sent),
            4 => Ok(Self::Refused),
            5 => Ok(Self::Unknown),
            6 => Ok(Self::Cancelled),
            _ => Err(broken("outbox state")),
        }
    }
}

/// A sealed message to be queued.
#[derive(Clone)]
pub struct NewOutbox {
    /// Through which account.
    pub account: AccountId,
    /// The draft it was made from; it comes back when the message is cancelled.
    pub draft: Draft,
    /// Its Message-ID, which is never used for another message.
    pub message_id: MessageId,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Its envelope.
    pub envelope: Envelope,
    /// Its recipients in words, for the list.
    pub shown_to: String,
    /// It may not leave before this instant.
    pub not_before: Timestamp,
    /// A person chose that time (else it is the undo window).
    pub scheduled: bool,
}

/// A message that was claimed: its attempt is counted and on disk.
#[derive(Clone)]
pub struct Claimed {
    /// Which row.
    pub id: OutboxId,
    /// Through which account.
    pub account: AccountId,
    /// Which attempt this is, from 1.
    pub attempt: u32,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Its envelope.
    pub envelope: Envelope,
    /// Its Message-ID.
    pub message_id: MessageId,
}

/// How an attempt ended.
#[derive(Clone, PartialEq, Eq)]
pub enum Verdict {
    /// 250.
    Accepted {
        /// The relay's words.
        reply: String,
    },
    /// Not now: tried again after a pause, until patience runs out.
    Later {
        /// The relay's words, or why it was not reached.
        reply: String,
    },
    /// Never.
    Never {
        /// The relay's words.
        reply: String,
    },
    /// The line dropped when it could have been accepted.
    Unknown {
        /// What is known.
        reply: String,
    },
}

/// A row of the outbox, without its bytes.
#[derive(Clone)]
pub struct OutboxRow {
    /// Which row.
    pub id: OutboxId,
    /// Through which account.
    pub account: AccountId,
    /// Its state.
    pub state: OutboxState,
    /// It may not leave before.
    pub not_before: Timestamp,
    /// A person chose that time.
    pub scheduled: bool,
    /// Attempts made.
    pub attempts: u32,
    /// When its state last changed.
    pub changed: Timestamp,
    /// When the relay accepted it.
    pub sent_at: Option<Timestamp>,
    /// Is a copy in Sent?
    pub filed: bool,
    /// Its conversation.
    pub thread: Option<ThreadId>,
    /// Its matter.
    pub matter: Option<MatterId>,
    /// The message it answers.
    pub parent: Option<MessageKey>,
    /// The message it became in the record.
    pub message: Option<MessageKey>,
    /// What it is to the client's clock.
    pub kind: ReplyKind,
    /// Its Message-ID.
    pub message_id: MessageId,
    /// Its subject.
    pub subject: String,
    /// Its recipients in words.
    pub shown_to: String,
    /// The relay's last words.
    pub reply: String,
}

/// Queues a sealed message and removes its draft. From here on its bytes and envelope never change.
pub fn queue(tx: &Transaction<'_>, new: &NewOutbox, now: Timestamp) -> Result<OutboxId> {
    let draft = drafts::in_its_thread(tx, new.draft.clone())?;
    tx.prepare_cached(
        "INSERT INTO outbox (account, state, not_before, scheduled, changed_at, thread, matter, parent, kind,
                             message_id, subject, shown_to, envelope, draft, holding, privilege)
         VALUES (?1, 0, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
    )?
    .execute(params![
        new.account.get(),
        micros(new.not_before),
        new.scheduled,
        micros(now),
        draft.thread.map(ThreadId::get),
        draft.matter.map(MatterId::get),
        draft.parent.as_ref().map(|p| p.key.get()),
        reply_code(draft.kind),
        new.message_id.as_str(),
        draft.subject,
        new.shown_to,
        envelope_json(&new.envelope),
        drafts::to_json(&draft),
        draft.holding.filter(|_| draft.can_hold()).map(|day| day.to_string()),
        draft.privilege.map(Privilege::sign).unwrap_or_default(),
    ])?;
    let id = OutboxId::new(tx.last_insert_rowid());
    drafts::keep_files(tx, Holder::Item(id), &draft.attachments)?;
    tx.prepare_cached("INSERT INTO outbox_bytes (item, bytes) VALUES (?1, ?2)")?
        .execute(params![id.get(), new.bytes])?;
    drafts::delete(tx, draft.id)?;
    Ok(id)
}

/// Takes the next message (of this account, or of any) that may leave now: counts the attempt and makes the row
/// `sending`. The transaction must be durable before the first byte leaves. Whether an earlier attempt of which the end
/// was not known put its copy into Sent is to be asked before, in the same transaction ([`next_up`], [`last_lost`]).
pub fn claim_next(
    tx: &Transaction<'_>,
    account: Option<AccountId>,
    now: Timestamp,
) -> Result<Option<Claimed>> {
    let Some((item, _)) = next_up(tx, account, now)? else {
        return Ok(None);
    };
    let id = item.get();
    happen(tx, item, &OutboxEvent::Begin(now), now)?;
    tx.prepare_cached("UPDATE outbox SET attempts = attempts + 1 WHERE id = ?1")?.execute([id])?;
    tx.prepare_cached(
        "INSERT INTO attempt (item, number, started) SELECT id, attempts, ?2 FROM outbox WHERE id = ?1",
    )?
    .execute(params![id, micros(now)])?;
    let claimed = tx
        .prepare_cached(
            "SELECT o.account, o.attempts, o.envelope, o.message_id, b.bytes
             FROM outbox AS o JOIN outbox_bytes AS b ON b.item = o.id WHERE o.id = ?1",
        )?
        .query_row([id], |row| {
            let envelope: String = row.get("envelope")?;
            let message_id: String = row.get("message_id")?;
            Ok(Claimed {
                id: item,
                account: AccountId::new(row.get("account")?),
                attempt: small(row.get("attempts")?),
                bytes: row.get("bytes")?,
                envelope: envelope_from(&envelope).ok_or_else(|| broken("envelope"))?,
                message_id: MessageId::new(&message_id).ok_or_else(|| broken("message id"))?,
            })
        })?;
    Ok(Some(claimed))
}

/// Writes down how the attempt in hand ended. [`StoreError::Transition`] when the row is not `sending`.
pub fn finish(
    tx: &Transaction<'_>,
    id: OutboxId,
    verdict: &Verdict,
    now: Timestamp,
) -> Result<OutboxState> {
    let said = |reply: &String| Confidential::new(reply.clone());
    let (event, words) = match verdict {
        Verdict::Accepted { reply } => {
            (OutboxEvent::Accepted { at: now, reply: said(reply) }, reply)
        }
        Verdict::Later { reply } => {
            let queued = first_attempt(tx, id)?.unwrap_or(now);
            (OutboxEvent::NotNow { at: now, queued, reply: said(reply) }, reply)
        }
        Verdict::Never { reply } => (OutboxEvent::Refused { reply: said(reply) }, reply),
        Verdict::Unknown { reply } => (OutboxEvent::Lost(now), reply),
    };
    let to = happen(tx, id, &event, now)?;
    tx.prepare_cached("UPDATE outbox SET reply = ?2 WHERE id = ?1")?
        .execute(params![id.get(), words])?;
    tx.prepare_cached(
        "UPDATE attempt SET ended = ?2, verdict = ?3, reply = ?4
         WHERE item = ?1 AND number = (SELECT attempts FROM outbox WHERE id = ?1)",
    )?
    .execute(params![id.get(), micros(now), to.word(), words])?;
    Ok(to)
}

/// Stops a message that has not left: queued, deferred or refused. Its draft is kept anew and returned.
pub fn cancel(tx: &Transaction<'_>, id: OutboxId, now: Timestamp) -> Result<Draft> {
    happen(tx, id, &OutboxEvent::Cancel, now)?;
    let content: String = tx
        .prepare_cached("SELECT draft FROM outbox WHERE id = ?1")?
        .query_row([id.get()], |row| row.get(0))?;
    let draft = drafts::from_json(tx, &content, DraftId::new(0))?;
    let draft = drafts::create(tx, &draft, now)?;
    drafts::keep_files(tx, Holder::Item(id), &[])?;
    Ok(draft)
}

/// A person says that a message of which it was not known went out. It went at its last attempt, not when they say so.
pub fn settle_sent(tx: &Transaction<'_>, id: OutboxId, now: Timestamp) -> Result<()> {
    let tried: Option<i64> = tx
        .prepare_cached("SELECT max(started) FROM attempt WHERE item = ?1")?
        .query_row([id.get()], |row| row.get(0))?;
    let at = instant_opt(tried)?.unwrap_or(now);
    happen(tx, id, &OutboxEvent::WentOut(at), now)?;
    Ok(())
}

/// A person says that a message of which it was not known is to be sent (again).
pub fn settle_again(tx: &Transaction<'_>, id: OutboxId, now: Timestamp) -> Result<()> {
    happen(tx, id, &OutboxEvent::SendAgain, now)?;
    Ok(())
}

/// The copy was found in Sent: it went out, whatever was known, also when another attempt waits for its time.
pub fn observe_sent(tx: &Transaction<'_>, id: OutboxId, at: Timestamp) -> Result<()> {
    happen(tx, id, &OutboxEvent::Found(at), at)?;
    mark_filed(tx, id)
}

/// At the start: what was under way when the program ended becomes `unknown`. Returns these rows; whether a copy in Sent
/// proves that one went out is the caller's question.
pub fn recover_at_start(tx: &Transaction<'_>, now: Timestamp) -> Result<Vec<OutboxId>> {
    recover(tx, None, now)
}

/// [`recover_at_start`] for one account, whose runner ended in the middle of an attempt, or for all.
pub fn recover(
    tx: &Transaction<'_>,
    account: Option<AccountId>,
    now: Timestamp,
) -> Result<Vec<OutboxId>> {
    let mut query = tx.prepare_cached(
        "SELECT id FROM outbox WHERE state = 1 AND (?1 IS NULL OR account = ?1) ORDER BY id",
    )?;
    let rows =
        query.query_map([account.map(AccountId::get)], |row| row.get(0).map(OutboxId::new))?;
    let ids: Vec<OutboxId> = rows.collect::<rusqlite::Result<_>>()?;
    for id in &ids {
        let reply = "the program ended while it was being sent".to_owned();
        finish(tx, *id, &Verdict::Unknown { reply }, now)?;
    }
    Ok(ids)
}

/// What kept an account's deferred messages is over: they may be tried again now.
pub fn hasten(tx: &Transaction<'_>, account: AccountId, now: Timestamp) -> Result<()> {
    tx.prepare_cached(
        "UPDATE outbox SET not_before = ?2 WHERE state = 2 AND account = ?1 AND not_before > ?2",
    )?
    .execute(params![account.get(), micros(now)])?;
    Ok(())
}

/// A copy is in Sent.
pub fn mark_filed(tx: &Transaction<'_>, id: OutboxId) -> Result<()> {
    tx.prepare_cached("UPDATE outbox SET filed = 1 WHERE id = ?1")?.execute([id.get()])?;
    Ok(())
}

/// The message that it became in the record.
pub fn set_message(tx: &Transaction<'_>, id: OutboxId, message: MessageKey) -> Result<()> {
    tx.prepare_cached(
        "UPDATE outbox SET message = ?2, thread = (SELECT thread FROM message WHERE key = ?2) WHERE id = ?1",
    )?
    .execute(params![id.get(), message.get()])?;
    Ok(())
}

/// When it was tried first since a person last decided about it: patience counts from then.
fn first_attempt(conn: &Connection, id: OutboxId) -> Result<Option<Timestamp>> {
    let started: Option<i64> = conn
        .prepare_cached(
            "SELECT min(started) FROM attempt WHERE item = ?1 AND number > coalesce(
                 (SELECT max(number) FROM attempt WHERE item = ?1 AND verdict IN ('refused', 'unknown')), 0)",
        )?
        .query_row([id.get()], |row| row.get(0))?;
    Ok(instant_opt(started)?)
}

/// Lets something happen to a row: the domain says what becomes of it, the row keeps it.
fn happen(
    tx: &Transaction<'_>,
    id: OutboxId,
    event: &OutboxEvent,
    now: Timestamp,
) -> Result<OutboxState> {
    let row = get(tx, id)?;
    let after = row
        .as_rules()
        .after(event)
        .map_err(|_| StoreError::Transition { from: row.state.word(), to: aim(event).word() })?;
    let (state, not_before, sent_at) = match after {
        rules::OutboxState::Held { until } => (OutboxState::Queued, Some(until), None),
        rules::OutboxState::Scheduled { at } => (OutboxState::Queued, Some(at), None),
        rules::OutboxState::Queued => (OutboxState::Queued, Some(now), None),
        rules::OutboxState::Sending { .. } => (OutboxState::Sending, None, None),
        rules::OutboxState::Deferred { until, .. } => (OutboxState::Deferred, Some(until), None),
        rules::OutboxState::Sent { at, .. } => (OutboxState::Sent, None, Some(at)),
        rules::OutboxState::Refused { .. } => (OutboxState::Refused, None, None),
        rules::OutboxState::Unknown { .. } => (OutboxState::Unknown, None, None),
        rules::OutboxState::Cancelled => (OutboxState::Cancelled, None, None),
    };
    tx.prepare_cached(
        "UPDATE outbox SET state = ?2, changed_at = ?3, not_before = coalesce(?4, not_before),
                           sent_at = coalesce(?5, sent_at)
         WHERE id = ?1",
    )?
    .execute(params![
        id.get(),
        state.code(),
        micros(now),
        not_before.map(micros),
        sent_at.map(micros)
    ])?;
    if state == OutboxState::Sent {
        // It can become a draft no more, and its own bytes hold its files.
        drafts::keep_files(tx, Holder::Item(id), &[])?;
    }
    Ok(state)
}

/// The state that an event aims at, for the error when it cannot happen.
const fn aim(event: &OutboxEvent) -> OutboxState {
    match event {
        OutboxEvent::Reached(_) | OutboxEvent::SendAgain => OutboxState::Queued,
        OutboxEvent::Begin(_) => OutboxState::Sending,
        OutboxEvent::Accepted { .. } | OutboxEvent::WentOut(_) | OutboxEvent::Found(_) => {
            OutboxState::Sent
        }
        OutboxEvent::NotNow { .. } => OutboxState::Deferred,
        OutboxEvent::Refused { .. } => OutboxState::Refused,
        OutboxEvent::Lost(_) | OutboxEvent::Restarted(_) => OutboxState::Unknown,
        OutboxEvent::Cancel => OutboxState::Cancelled,
    }
}

impl OutboxRow {
    /// Its state as the domain's rules see it.
    fn as_rules(&self) -> rules::OutboxState {
        let reply = || Confidential::new(self.reply.clone());
        match self.state {
            OutboxState::Queued if self.scheduled => {
                rules::OutboxState::Scheduled { at: self.not_before }
            }
            OutboxState::Queued => rules::OutboxState::Held { until: self.not_before },
            OutboxState::Sending => rules::OutboxState::Sending { attempt: self.attempts },
            OutboxState::Deferred => {
                rules::OutboxState::Deferred { until: self.not_before, tries: self.attempts }
            }
            OutboxState::Sent => rules::OutboxState::Sent {
                at: self.sent_at.unwrap_or(self.changed),
                reply: reply(),
            },
            OutboxState::Refused => rules::OutboxState::Refused { reply: reply() },
            OutboxState::Unknown => rules::OutboxState::Unknown { since: self.changed },
            OutboxState::Cancelled => rules::OutboxState::Cancelled,
        }
    }
}

fn envelope_json(envelope: &Envelope) -> String {
    let to: Vec<&str> = envelope.recipients().iter().map(EmailAddress::as_str).collect();
    json!({"from": envelope.from().as_str(), "to": to}).to_string()
}

/// A recipient is never dropped in silence: one that cannot be read makes the whole envelope unreadable.
pub(super) fn envelope_from(text: &str) -> Option<Envelope> {
    let value: Value = serde_json::from_str(text).ok()?;
    let from = EmailAddress::parse(value.get("from")?.as_str()?).ok()?;
    let to = value.get("to")?.as_array()?;
    let to: Option<Vec<_>> = to.iter().map(|v| EmailAddress::parse(v.as_str()?).ok()).collect();
    Envelope::new(from, to?)
}
