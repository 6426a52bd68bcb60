//! Clocks: the cache of what the fold said, the journal of outcomes, and everything a fold is made from.
//!
//! Owns the rows. It never computes a due time; a cached row is thrown away whenever its conversation changes.

use std::{collections::BTreeMap, fmt};

use jiff::{Timestamp, civil::Date};
use rusqlite::{Connection, Row, Transaction, params};

use crate::domain::{
    address::{EmailAddress, NamedAddress},
    draft::ReplyKind,
    id::{MatterId, MessageKey, ThreadId},
    matter::Matter,
    message::{Direction, MessageId},
    outbox::Envelope,
    sla::{ClockKind, Running},
};

use super::{
    codec::{broken, clock, clock_code, ids, instant, instant_opt, micros, reply},
    error::Result,
    marks::{self, MarkRow},
    matters::{self, MatterChoices},
    messages::{self, Kind, MessageRow},
    outbox::envelope_from,
};

/// A clock as the fold last said.
#[derive(Clone, PartialEq, Eq)]
pub struct ClockRow {
    /// Whom the answer is owed to: a word that the caller chooses (`party:7`, an address), the same for the same one.
    pub principal: String,
    /// Which clock, since when, due when.
    pub running: Running,
    /// `running`, `met`, `missed`, `retracted`, `dismissed`, `deferred`.
    pub outcome: String,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// The policy's name.
    pub policy: String,
    /// The calendar's name.
    pub calendar: String,
    /// Perhaps started by a machine (`auto?`).
    pub auto: bool,
    /// Perhaps started by a courtesy (`courtesy?`).
    pub courtesy: bool,
    /// Perhaps answered by mail that has not been read yet (`answered?`).
    pub unsettled: bool,
}

impl fmt::Debug for ClockRow {
    /// Without whom it is owed to: that may be an address.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClockRow")
            .field("running", &self.running)
            .field("outcome", &self.outcome)
            .field("ended", &self.ended)
            .finish_non_exhaustive()
    }
}

/// Something that became true of a clock, for good.
#[derive(Clone, PartialEq, Eq)]
pub struct OutcomeRow {
    /// Whom the answer was owed to.
    pub principal: String,
    /// A message of its turn: the first one when this was written.
    pub first: MessageKey,
    /// Which clock, since when, due when.
    pub running: Running,
    /// `met`, `missed`, `retracted`, `dismissed`, `deferred`.
    pub outcome: String,
    /// When it became so.
    pub at: Timestamp,
    /// Why, where there is a reason: `bounce`, `sent_observed`, or a person's words.
    pub reason: String,
}

/// Replaces the cached clocks of a conversation.
pub fn replace(tx: &Transaction<'_>, thread: ThreadId, rows: &[ClockRow]) -> Result<()> {
    tx.prepare_cached("DELETE FROM clock WHERE thread = ?1")?.execute([thread.get()])?;
    let mut insert = tx.prepare_cached(
        "INSERT INTO clock (thread, principal, kind, started, due, outcome, ended, policy, calendar, flags, unsettled)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    )?;
    for row in rows {
        insert.execute(params![
            thread.get(),
            row.principal,
            clock_code(row.running.clock),
            micros(row.running.started),
            micros(row.running.due),
            row.outcome,
            row.ended.map(micros),
            row.policy,
            row.calendar,
            i64::from(row.auto) | i64::from(row.courtesy) << 1,
            row.unsettled,
        ])?;
    }
    Ok(())
}

/// The cached clocks of a conversation, soonest first.
pub fn of_thread(conn: &Connection, thread: ThreadId) -> Result<Vec<ClockRow>> {
    let mut query = conn.prepare_cached(
        "SELECT principal, kind, started, due, outcome, ended, policy, calendar, flags, unsettled
         FROM clock WHERE thread = ?1 ORDER BY due, kind, principal",
    )?;
    let rows = query.query_map([thread.get()], clock_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub(crate) fn clock_row(row: &Row<'_>) -> rusqlite::Result<ClockRow> {
    let flags: i64 = row.get("flags")?;
    Ok(ClockRow {
        principal: row.get("principal")?,
        running: running(row)?,
        outcome: row.get("outcome")?,
        ended: instant_opt(row.get("ended")?)?,
        policy: row.get("policy")?,
        calendar: row.get("calendar")?,
        auto: flags & 1 != 0,
        courtesy: flags & 2 != 0,
        unsettled: row.get("unsettled")?,
    })
}

fn running(row: &Row<'_>) -> rusqlite::Result<Running> {
    let kind: ClockKind = clock(row.get("kind")?)?;
    Ok(Running {
        clock: kind,
        started: instant(row.get("started")?)?,
        due: instant(row.get("due")?)?,
    })
}

/// The next instant after `now` at which a running clock falls due: what the ticker sleeps until.
pub fn next_due(conn: &Connection, now: Timestamp) -> Result<Option<Timestamp>> {
    let mut query =
        conn.prepare_cached("SELECT min(due) FROM clock WHERE outcome = 'running' AND due > ?1")?;
    let due: Option<i64> = query.query_row([micros(now)], |row| row.get(0))?;
    Ok(instant_opt(due)?)
}

/// The conversations with a clock that is still running although it was due before `now`: misses to journal. Those
/// that were due before `since` were seen to earlier.
pub fn overdue(conn: &Connection, since: Timestamp, now: Timestamp) -> Result<Vec<ThreadId>> {
    let mut query = conn.prepare_cached(
        "SELECT DISTINCT thread FROM clock WHERE outcome = 'running' AND due >= ?2 AND due < ?1 ORDER BY thread",
    )?;
    let rows =
        query.query_map([micros(now), micros(since)], |row| row.get(0).map(ThreadId::new))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// At most `limit` conversations after `after` with a clock that was unsettled and started after `since`, in order.
pub fn unsettled(
    conn: &Connection,
    since: Timestamp,
    after: ThreadId,
    limit: u32,
) -> Result<Vec<ThreadId>> {
    let mut query = conn.prepare_cached(
        "SELECT DISTINCT thread FROM clock WHERE unsettled = 1 AND thread > ?2 AND started > ?1 ORDER BY thread LIMIT ?3",
    )?;
    let rows = query.query_map(params![micros(since), after.get(), limit], |row| {
        row.get(0).map(ThreadId::new)
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Writes an outcome down. The journal is only added to; what to add is the fold's decision.
pub fn journal(tx: &Transaction<'_>, thread: ThreadId, row: &OutcomeRow) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO outcome (thread, principal, kind, started, due, first, outcome, at, reason)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?
    .execute(params![
        thread.get(),
        row.principal,
        clock_code(row.running.clock),
        micros(row.running.started),
        micros(row.running.due),
        row.first.get(),
        row.outcome,
        micros(row.at),
        row.reason,
    ])?;
    Ok(())
}

/// The journal of a conversation, in the order it was written.
pub fn history(conn: &Connection, thread: ThreadId) -> Result<Vec<OutcomeRow>> {
    let mut query = conn.prepare_cached(
        "SELECT principal, kind, started, due, first, outcome, at, reason FROM outcome WHERE thread = ?1 ORDER BY id",
    )?;
    let rows = query.query_map([thread.get()], |row| {
        Ok(OutcomeRow {
            principal: row.get("principal")?,
            first: MessageKey::new(row.get("first")?),
            running: running(row)?,
            outcome: row.get("outcome")?,
            at: instant(row.get("at")?)?,
            reason: row.get("reason")?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// A message as the fold needs it.
#[derive(Clone)]
pub struct ClockMessage {
    /// Its row: time, direction, origin, words, bits, hashes.
    pub row: MessageRow,
    /// `In-Reply-To`.
    pub in_reply_to: Vec<MessageId>,
    /// `References`.
    pub references: Vec<MessageId>,
    /// Who wrote it.
    pub from: Vec<NamedAddress>,
    /// To whom it says that an answer goes.
    pub reply_to: Vec<NamedAddress>,
    /// Everyone it was addressed to: To, Cc, Bcc.
    pub recipients: Vec<EmailAddress>,
    /// What it is, when it is one of ours and left through our outbox: an acknowledgement or an answer.
    pub sent_as: Option<ReplyKind>,
    /// The day by which it promised the answer, when it left through our outbox as a holding reply.
    pub holding: Option<Date>,
    /// It is one of ours and lies, or lay, where a person's sent mail lies: in Sent, or in a folder into which it was
    /// filed; or a person imported it. INBOX proves nothing: anyone can write `From: us` and send it there, and to move
    /// it from there into a folder proves no more.
    pub in_sent: bool,
    /// The matter that the message itself is in.
    pub matter: Option<MatterId>,
    /// When it was put there.
    pub tagged_at: Option<Timestamp>,
}

/// Everything that the clocks of a conversation are made from.
#[derive(Clone)]
pub struct ClockInputs {
    /// Which conversation.
    pub thread: ThreadId,
    /// Its messages, oldest first, copies included.
    pub messages: Vec<ClockMessage>,
    /// Its marks that are not undone.
    pub marks: Vec<MarkRow>,
    /// The matters its messages are in, with their people and their names of policy and footer.
    pub matters: Vec<(Matter, MatterChoices)>,
}

/// Collects it.
pub fn inputs(conn: &Connection, thread: ThreadId) -> Result<ClockInputs> {
    let mut people = people(conn, thread)?;
    let mut collected = messages(conn, thread)?;
    let mut matter_ids: Vec<MatterId> = Vec::new();
    for message in &mut collected {
        for (kind, named) in people.remove(&message.row.key).unwrap_or_default() {
            match kind {
                Kind::From => message.from.push(named),
                Kind::To | Kind::Cc | Kind::Bcc => message.recipients.push(named.address),
                Kind::ReplyTo => message.reply_to.push(named),
                Kind::Sender => {}
            }
        }
        if message.row.direction != Direction::Inbound {
            prove(conn, message)?;
        }
        if let Some(matter) = message.matter.filter(|matter| !matter_ids.contains(matter)) {
            matter_ids.push(matter);
        }
    }
    let mut matters = Vec::new();
    for id in matter_ids {
        matters.push((matters::get(conn, id)?, matters::choices(conn, id)?));
    }
    let marks = marks::of_thread(conn, thread)?;
    Ok(ClockInputs { thread, messages: collected, marks, matters })
}

/// The messages with what stands in their own rows, oldest first.
pub(crate) fn messages(conn: &Connection, thread: ThreadId) -> Result<Vec<ClockMessage>> {
    let sql = format!(
        "SELECT {}, b.in_reply_to, b.refs, t.matter, t.at AS tagged_at
         FROM message AS m JOIN body AS b ON b.message = m.key LEFT JOIN tagging AS t ON t.message = m.key
         WHERE m.thread = ?1 ORDER BY m.at, m.direction, m.hash",
        messages::COLUMNS
    );
    let mut query = conn.prepare_cached(&sql)?;
    let rows = query.query_map([thread.get()], |row| {
        Ok(ClockMessage {
            row: messages::message_row(row)?,
            in_reply_to: ids(&row.get::<_, String>("in_reply_to")?),
            references: ids(&row.get::<_, String>("refs")?),
            from: Vec::new(),
            reply_to: Vec::new(),
            recipients: Vec::new(),
            sent_as: None,
            holding: None,
            in_sent: false,
            matter: row.get::<_, Option<i64>>("matter")?.map(MatterId::new),
            tagged_at: instant_opt(row.get("tagged_at")?)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

type People = BTreeMap<MessageKey, Vec<(Kind, NamedAddress)>>;

fn people(conn: &Connection, thread: ThreadId) -> Result<People> {
    let mut query = conn.prepare_cached(
        "SELECT c.message, c.kind, c.spelled, c.name
         FROM message AS m JOIN correspondent AS c ON c.message = m.key
         WHERE m.thread = ?1 ORDER BY c.message, c.kind, c.position",
    )?;
    let rows = query.query_map([thread.get()], |row| {
        Ok((MessageKey::new(row.get("message")?), messages::correspondent(row)?))
    })?;
    let mut people = People::new();
    for row in rows {
        let (message, named) = row?;
        people.entry(message).or_default().push(named);
    }
    Ok(people)
}

/// Kind, envelope, lies in Sent, promised day.
type Proof = (Option<i64>, Option<String>, bool, Option<String>);

/// What shows that one of ours went out, and to whom: the outbox and the mailboxes in which it lies.
fn prove(conn: &Connection, message: &mut ClockMessage) -> Result<()> {
    let id = message.row.message_id.as_ref().map_or("", MessageId::as_str);
    let (sent_as, envelope, in_sent, holding): Proof = conn
        .prepare_cached(
            "SELECT o.kind, o.envelope,
                    EXISTS (SELECT 1 FROM placement AS p JOIN mailbox AS x ON x.id = p.mailbox
                            WHERE p.message = ?1 AND x.role = 'sent')
                    OR EXISTS (SELECT 1 FROM placement AS p JOIN mailbox AS x ON x.id = p.mailbox
                               WHERE p.message = ?1 AND x.role IN ('archive', ''))
                       AND NOT EXISTS (SELECT 1 FROM placement AS p JOIN mailbox AS x ON x.id = p.mailbox
                                       WHERE p.message = ?1 AND x.role = 'inbox')
                    OR NOT EXISTS (SELECT 1 FROM placement AS p WHERE p.message = ?1),
                    o.holding
             FROM (SELECT 1) LEFT JOIN outbox AS o ON o.message_id IN (
                 SELECT ?2 WHERE ?2 <> '' UNION ALL SELECT id FROM message_alias WHERE message = ?1)
             ORDER BY o.id LIMIT 1",
        )?
        .query_row(params![message.row.key.get(), id], |r| {
            Ok((r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?))
        })?;
    message.sent_as = sent_as.map(reply).transpose()?;
    message.holding = holding.map(|day| day.parse().map_err(|_| broken("date"))).transpose()?;
    message.in_sent = in_sent;
    if message.row.direction == Direction::Outbound {
        // Who had it blindly stands in no header: the envelope knows.
        let envelope = envelope.as_deref().and_then(envelope_from);
        for who in envelope.as_ref().map(Envelope::recipients).unwrap_or_default() {
            if !message.recipients.contains(who) {
                message.recipients.push(who.clone());
            }
        }
    }
    Ok(())
}
