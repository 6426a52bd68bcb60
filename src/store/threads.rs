//! Conversations: the persisted union-find of `domain::threading` and the row that lists show of each.
//!
//! Owns joining and merging. It never splits by itself, and a merged conversation's old identity still finds it.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use crate::domain::{
    id::{MatterId, ThreadId},
    message::Direction,
    threading::{NodeKey, Placement, place as decide},
};

use super::{
    clocks::{self, ClockMessage},
    codec::{instant, int, micros, small},
    error::{Result, StoreError},
    messages::Bits,
};

/// Where a message was put.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// Its conversation.
    pub thread: ThreadId,
    /// Was it made for this message?
    pub new: bool,
    /// Conversations that turned out to be the same and ended: worth an audit entry.
    pub merged: Vec<ThreadId>,
}

/// A conversation as lists show it. Everything is derived from its messages by [`refresh`].
#[derive(Clone)]
pub struct ThreadSummary {
    /// Its identity.
    pub thread: ThreadId,
    /// The subject of its first message.
    pub subject: String,
    /// Who takes part, the newest writer first, separated by `, `.
    pub who: String,
    /// When it began.
    pub first: Timestamp,
    /// When something last happened.
    pub last: Timestamp,
    /// How many messages, copies counted once.
    pub messages: u32,
    /// How many of them are unread.
    pub unread: u32,
    /// Its matter.
    pub matter: Option<MatterId>,
    /// Another matter that claims it: a person must decide.
    pub contender: Option<MatterId>,
    /// Facts that at least one of its messages has.
    pub bits: ThreadBits,
}

/// Facts about a conversation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "independent facts, one bit each in the record")]
pub struct ThreadBits {
    /// A message has attachments.
    pub attachments: bool,
    /// A sender's name imitates someone the office knows.
    pub spoof: bool,
    /// A message of ours never arrived.
    pub bounced: bool,
    /// Its newest message from outside was perhaps written by a machine.
    pub auto: bool,
    /// It has the star.
    pub starred: bool,
}

impl ThreadBits {
    /// Of what is kept; `auto` and `starred` are asked for when a list is read.
    fn code(self) -> i64 {
        i64::from(self.attachments) | i64::from(self.spoof) << 1 | i64::from(self.bounced) << 2
    }

    pub(crate) const fn from_code(code: i64) -> Self {
        Self {
            attachments: code & 1 != 0,
            spoof: code & 2 != 0,
            bounced: code & 4 != 0,
            auto: code & 8 != 0,
            starred: code & 16 != 0,
        }
    }
}

/// Puts a message, by its nodes, in its conversation: a new one, a known one, or several that become one. What hung on
/// those that end moves to the one that stays. The caller inserts the message and calls [`refresh`].
pub fn place(tx: &Transaction<'_>, nodes: &[NodeKey]) -> Result<Placed> {
    let mut query = tx.prepare_cached("SELECT thread FROM thread_node WHERE node = ?1")?;
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    for node in nodes {
        match query.query_row([node.as_bytes().as_slice()], |row| row.get(0)).optional()? {
            Some(thread) => known.push(ThreadId::new(thread)),
            None => unknown.push(node),
        }
    }
    let (thread, new, merged) = match decide(known) {
        Placement::New => {
            tx.prepare_cached("INSERT INTO thread DEFAULT VALUES")?.execute([])?;
            (ThreadId::new(tx.last_insert_rowid()), true, Vec::new())
        }
        Placement::Join(thread) => (thread, false, Vec::new()),
        Placement::Merge { into, from } => {
            for gone in &from {
                merge(tx, into, *gone)?;
            }
            (into, false, from)
        }
    };
    let mut insert = tx.prepare_cached("INSERT INTO thread_node (node, thread) VALUES (?1, ?2)")?;
    for node in unknown {
        insert.execute(params![node.as_bytes().as_slice(), thread.get()])?;
    }
    Ok(Placed { thread, new, merged })
}

/// Everything that hangs on a conversation, but for what is derived and written anew.
const MOVES: [&str; 7] = [
    "UPDATE message SET thread = ?1 WHERE thread = ?2",
    "UPDATE thread_node SET thread = ?1 WHERE thread = ?2",
    "UPDATE mark SET thread = ?1 WHERE thread = ?2",
    "UPDATE draft SET thread = ?1 WHERE thread = ?2",
    "UPDATE outbox SET thread = ?1 WHERE thread = ?2",
    "UPDATE outcome SET thread = ?1 WHERE thread = ?2",
    "UPDATE thread_merged SET into_thread = ?1 WHERE into_thread = ?2",
];

fn merge(tx: &Transaction<'_>, into: ThreadId, gone: ThreadId) -> Result<()> {
    for sql in MOVES {
        tx.prepare_cached(sql)?.execute(params![into.get(), gone.get()])?;
    }
    tx.prepare_cached(
        "INSERT OR IGNORE INTO clock SELECT ?1, principal, kind, started, due, outcome, ended, policy, calendar, flags, unsettled
         FROM clock WHERE thread = ?2",
    )?
    .execute(params![into.get(), gone.get()])?;
    for sql in [
        "DELETE FROM clock WHERE thread = ?1",
        "DELETE FROM suggestion WHERE thread = ?1",
        "DELETE FROM thread WHERE id = ?1",
    ] {
        tx.prepare_cached(sql)?.execute([gone.get()])?;
    }
    tx.prepare_cached("INSERT INTO thread_merged (gone, into_thread) VALUES (?2, ?1)")?
        .execute(params![into.get(), gone.get()])?;
    Ok(())
}

/// The conversation that this identity means now: itself, or the one it was merged into.
pub fn current(conn: &Connection, thread: ThreadId) -> Result<ThreadId> {
    let mut query = conn.prepare_cached("SELECT into_thread FROM thread_merged WHERE gone = ?1")?;
    let into = query.query_row([thread.get()], |row| row.get(0)).optional()?;
    Ok(into.map_or(thread, ThreadId::new))
}

/// Is there such a conversation?
pub fn exists(conn: &Connection, thread: ThreadId) -> Result<bool> {
    let mut query = conn.prepare_cached("SELECT 1 FROM thread WHERE id = ?1")?;
    Ok(query.exists([thread.get()])?)
}

/// Brings the rows of these conversations up to date with their messages and tags. Call it once per batch, not once
/// per message.
pub fn refresh(tx: &Transaction<'_>, threads: impl IntoIterator<Item = ThreadId>) -> Result<()> {
    for thread in threads {
        let messages = clocks::messages(tx, thread)?;
        refresh_from(tx, thread, &messages)?;
    }
    Ok(())
}

/// [`refresh`] from messages that were read already, oldest first. Copies of one message count once.
pub fn refresh_from(
    tx: &Transaction<'_>,
    thread: ThreadId,
    messages: &[ClockMessage],
) -> Result<()> {
    let originals = || messages.iter().filter(|m| m.row.instance_of.is_none());
    let has = |fact: fn(&Bits) -> bool| messages.iter().any(|m| fact(&m.row.bits));
    let bits = ThreadBits {
        attachments: has(|bits| bits.attachments),
        spoof: has(|bits| bits.spoof),
        bounced: has(|bits| bits.bounce),
        ..ThreadBits::default()
    };
    let mut tags: Vec<_> =
        messages.iter().filter_map(|m| Some((m.tagged_at?, m.matter?))).collect();
    tags.sort_unstable();
    let matter = tags.first().map(|(_, matter)| *matter);
    let contender = tags.iter().map(|(_, matter)| *matter).find(|other| Some(*other) != matter);
    tx.prepare_cached(
        "UPDATE thread SET subject = ?2, who = ?3, first_at = ?4, last_at = ?5, messages = ?6, unread = ?7,
                inbound = ?8, bits = ?9, matter = ?10, contender = ?11
         WHERE id = ?1",
    )?
    .execute(params![
        thread.get(),
        messages.first().map_or("", |m| m.row.subject.as_str()),
        who(originals()),
        messages.iter().map(|m| micros(m.row.at)).min().unwrap_or(0),
        messages.iter().map(|m| micros(m.row.at)).max().unwrap_or(0),
        int(originals().count()),
        int(originals().filter(|m| m.row.unread).count()),
        int(messages.iter().filter(|m| m.row.direction == Direction::Inbound).count()),
        bits.code(),
        matter.map(MatterId::get),
        contender.map(MatterId::get),
    ])?;
    Ok(())
}

/// The writers of the newest fifty messages, each once, the newest first.
fn who<'a>(messages: impl DoubleEndedIterator<Item = &'a ClockMessage>) -> String {
    let (mut others, mut ours) = (Vec::new(), Vec::new());
    for ClockMessage { row, .. } in messages.rev().take(50) {
        let name = if row.from_name.is_empty() { &row.from_key } else { &row.from_name };
        let list = if row.direction == Direction::Inbound { &mut others } else { &mut ours };
        if !name.is_empty() && !list.contains(&name.as_str()) {
            list.push(name.as_str());
        }
    }
    // A list tells conversations apart by who is outside; we are on all of them.
    let list = if others.is_empty() { ours } else { others };
    list.join(", ")
}

/// The columns that [`summary_row`] reads, of a table named `t`. Sums, because SQLite gives `|` and `<<` one rank.
pub(crate) const COLUMNS: &str = "t.id, t.subject, t.who, t.first_at, t.last_at, t.messages, t.unread, t.matter,
    t.contender, t.bits
        + 16 * (EXISTS (SELECT 1 FROM mark AS s WHERE s.thread = t.id AND s.kind = 'star' AND s.undone_at IS NULL))
        + 8 * (coalesce((SELECT w.origin FROM message AS w WHERE w.thread = t.id AND w.direction = 0
                     ORDER BY w.at DESC, w.key DESC LIMIT 1), 0) = 1) AS all_bits";

pub(crate) fn summary_row(row: &Row<'_>) -> rusqlite::Result<ThreadSummary> {
    Ok(ThreadSummary {
        thread: ThreadId::new(row.get("id")?),
        subject: row.get("subject")?,
        who: row.get("who")?,
        first: instant(row.get("first_at")?)?,
        last: instant(row.get("last_at")?)?,
        messages: small(row.get("messages")?),
        unread: small(row.get("unread")?),
        matter: row.get::<_, Option<i64>>("matter")?.map(MatterId::new),
        contender: row.get::<_, Option<i64>>("contender")?.map(MatterId::new),
        bits: ThreadBits::from_code(row.get("all_bits")?),
    })
}

/// One conversation.
pub fn get(conn: &Connection, thread: ThreadId) -> Result<ThreadSummary> {
    let sql = format!("SELECT {COLUMNS} FROM thread AS t WHERE t.id = ?1");
    let row = conn.prepare_cached(&sql)?.query_row([thread.get()], summary_row).optional()?;
    row.ok_or(StoreError::NotFound { what: "thread" })
}

/// The conversations of these messages' addressee or writer: everything that a change of a party may touch.
pub fn with_address(conn: &Connection, address_key: &str) -> Result<Vec<ThreadId>> {
    let mut query = conn.prepare_cached(
        "SELECT DISTINCT m.thread FROM correspondent AS c JOIN message AS m ON m.key = c.message
         WHERE c.key = ?1 ORDER BY 1",
    )?;
    let rows = query.query_map([address_key], |row| row.get(0).map(ThreadId::new))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Every conversation, oldest first: for rebuilding what is derived.
pub fn all(conn: &Connection) -> Result<Vec<ThreadId>> {
    let mut query = conn.prepare_cached("SELECT id FROM thread ORDER BY id")?;
    let rows = query.query_map([], |row| row.get(0).map(ThreadId::new))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
