//! Conversations: the persisted union-find of `domain::threading` and the row that lists show of each.
//!
//! Owns joining and merging. It never splits by itself, and a merged conversation's old identity still finds it.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use crate::domain::{
    id::{MatterId, ThreadId},
    threading::{NodeKey, Placement, place as decide},
};

use super::{
    codec::{instant, small},
    error::{Result, StoreError},
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
    let known = known(tx, nodes)?;
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
    let mut insert =
        tx.prepare_cached("INSERT OR IGNORE INTO thread_node (node, thread) VALUES (?1, ?2)")?;
    for node in nodes {
        insert.execute(params![node.as_bytes().as_slice(), thread.get()])?;
    }
    Ok(Placed { thread, new, merged })
}

/// The conversations in which these nodes are.
pub fn known(conn: &Connection, nodes: &[NodeKey]) -> Result<Vec<ThreadId>> {
    let mut query = conn.prepare_cached("SELECT thread FROM thread_node WHERE node = ?1")?;
    let mut known = Vec::new();
    for node in nodes {
        let found = query.query_row([node.as_bytes().as_slice()], |row| row.get(0)).optional()?;
        known.extend(found.map(ThreadId::new));
    }
    Ok(known)
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
        "INSERT OR IGNORE INTO clock SELECT ?1, principal, kind, started, due, outcome, ended, policy, calendar, flags
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
        tx.prepare_cached(REFRESH)?.execute([thread.get()])?;
        let who = who(tx, thread)?;
        tx.prepare_cached("UPDATE thread SET who = ?2 WHERE id = ?1 AND who <> ?2")?
            .execute(params![thread.get(), who])?;
    }
    Ok(())
}

/// Copies of one message count once. The origin of the newest message from outside decides `auto?`.
const REFRESH: &str = "
    UPDATE thread SET (first_at, last_at, messages, unread, inbound, bits) = (
        SELECT coalesce(min(m.at), 0), coalesce(max(m.at), 0), count(*) FILTER (WHERE m.instance_of IS NULL),
               coalesce(sum(m.unread AND m.instance_of IS NULL), 0), coalesce(sum(m.direction = 0), 0),
               coalesce(max(m.bits & 4 <> 0) + 2 * max(m.bits & 16 <> 0) + 4 * max(m.bits & 128 <> 0), 0)
        FROM message AS m WHERE m.thread = ?1
    ),
    subject = coalesce((SELECT m.subject FROM message AS m WHERE m.thread = ?1 ORDER BY m.at, m.hash LIMIT 1), ''),
    matter = (
        SELECT t.matter FROM message AS m JOIN tagging AS t ON t.message = m.key WHERE m.thread = ?1
        ORDER BY t.at, t.matter LIMIT 1
    ),
    contender = (
        SELECT t.matter FROM message AS m JOIN tagging AS t ON t.message = m.key
        WHERE m.thread = ?1 AND t.matter <> (
            SELECT f.matter FROM message AS n JOIN tagging AS f ON f.message = n.key WHERE n.thread = ?1
            ORDER BY f.at, f.matter LIMIT 1
        )
        ORDER BY t.at, t.matter LIMIT 1
    )
    WHERE id = ?1";

/// The writers of the newest fifty messages, each once, the newest first.
fn who(conn: &Connection, thread: ThreadId) -> Result<String> {
    let mut query = conn.prepare_cached(
        "SELECT CASE WHEN from_name <> '' THEN from_name ELSE from_key END AS who, direction
         FROM message WHERE thread = ?1 AND instance_of IS NULL ORDER BY at DESC, key DESC LIMIT 50",
    )?;
    let rows = query
        .query_map([thread.get()], |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?)))?;
    let mut others: Vec<String> = Vec::new();
    let mut ours: Vec<String> = Vec::new();
    for row in rows {
        let (name, direction) = row?;
        let list = if direction == 0 { &mut others } else { &mut ours };
        if !name.is_empty() && !list.contains(&name) {
            list.push(name);
        }
    }
    // A list tells conversations apart by who is outside; we are on all of them.
    let list = if others.is_empty() { ours } else { others };
    Ok(list.join(", "))
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
