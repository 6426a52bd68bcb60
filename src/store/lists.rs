//! The lists that screens show, each one indexed query.
//!
//! Owns their SQL and nothing else: rows come as stored, not yet safe to print, and `app` makes them so.

use jiff::Timestamp;
use rusqlite::{Connection, Row, params};

use crate::domain::{
    footer::Privilege,
    id::{MatterId, ThreadId},
    matter::MatterStatus,
};

use super::{
    clocks::{ClockRow, clock_row},
    codec::{broken, count, instant_opt, micros, small, status},
    error::Result,
    threads::{COLUMNS, ThreadSummary, summary_row},
};

/// A matter's number and name.
#[derive(Clone)]
pub struct MatterName {
    /// Its identity.
    pub id: MatterId,
    /// Its number.
    pub number: String,
    /// Its name.
    pub name: String,
}

/// A running clock with its conversation.
#[derive(Clone)]
pub struct DueItem {
    /// The clock.
    pub clock: ClockRow,
    /// The conversation.
    pub thread: ThreadSummary,
    /// Its matter.
    pub matter: Option<MatterName>,
}

/// A conversation with its matter and its soonest running clock.
#[derive(Clone)]
pub struct ThreadItem {
    /// The conversation.
    pub thread: ThreadSummary,
    /// Its matter.
    pub matter: Option<MatterName>,
    /// Its soonest running clock.
    pub clock: Option<ClockRow>,
}

/// A matter and its health.
#[derive(Clone)]
pub struct MatterItem {
    /// Which matter.
    pub matter: MatterName,
    /// Where it is in its life.
    pub status: MatterStatus,
    /// Its clients' names, separated by ` & `.
    pub clients: String,
    /// The privilege label with which its new messages begin.
    pub privilege: Option<Privilege>,
    /// Its soonest running clock.
    pub oldest: Option<ClockRow>,
    /// When someone of the client's side was last written to by us.
    pub last_update: Option<Timestamp>,
    /// Unread conversations.
    pub unread: u32,
    /// Conversations.
    pub threads: u32,
}

/// Counts for the top line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CountsRow {
    /// Running clocks.
    pub due: u64,
    /// Of these, late ones.
    pub late: u64,
    /// Of the running ones, those that mail which has not been read yet may have answered. None of them counts as late.
    pub unsettled: u64,
    /// Unread conversations.
    pub unread: u64,
    /// Conversations from outside without a matter.
    pub untagged: u64,
    /// Outbox rows that are not over: waiting, on their way, refused, unknown.
    pub outbox: u64,
    /// Messages in the record, wherever they came from. Keys have no gaps, since no message is ever deleted.
    pub messages: u64,
    /// UIDs whose message is in the record.
    pub stored: u64,
    /// UIDs known to the servers.
    pub known: u64,
    /// UIDs that failed and will be tried again.
    pub failed: u64,
}

fn matter_name(row: &Row<'_>) -> rusqlite::Result<Option<MatterName>> {
    let Some(id) = row.get::<_, Option<i64>>("matter_id")? else {
        return Ok(None);
    };
    Ok(Some(MatterName {
        id: MatterId::new(id),
        number: row.get("matter_number")?,
        name: row.get("matter_name")?,
    }))
}

const MATTER: &str = "x.id AS matter_id, x.number AS matter_number, x.name AS matter_name";
const CLOCK: &str = "c.principal, c.kind, c.started, c.due, c.outcome, c.ended, c.policy, c.calendar, c.flags, c.unsettled";

pub(crate) fn due_sql() -> String {
    format!(
        "SELECT {CLOCK}, {COLUMNS}, {MATTER} FROM clock AS c INDEXED BY clock_running
         JOIN thread AS t ON t.id = c.thread LEFT JOIN matter AS x ON x.id = t.matter
         WHERE c.outcome = 'running' ORDER BY c.due, c.thread, c.kind LIMIT ?1"
    )
}

/// Every running clock, soonest first, at most `limit`.
pub fn due(conn: &Connection, limit: u32) -> Result<Vec<DueItem>> {
    let mut query = conn.prepare_cached(&due_sql())?;
    let rows = query.query_map([limit], |row| {
        Ok(DueItem { clock: clock_row(row)?, thread: summary_row(row)?, matter: matter_name(row)? })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub(crate) fn inbox_sql() -> String {
    format!(
        "SELECT {COLUMNS}, {MATTER} FROM thread AS t INDEXED BY thread_inbox LEFT JOIN matter AS x ON x.id = t.matter
         WHERE t.messages > t.away ORDER BY t.last_at DESC, t.id DESC LIMIT ?1"
    )
}

/// Conversations by last activity, newest first; not those that were put away.
pub fn inbox(conn: &Connection, limit: u32) -> Result<Vec<ThreadItem>> {
    thread_items(conn, &inbox_sql(), &[i64::from(limit)])
}

pub(crate) fn untagged_sql() -> String {
    format!(
        "SELECT {COLUMNS}, NULL AS matter_id FROM thread AS t INDEXED BY thread_untagged
         WHERE t.matter IS NULL AND t.inbound > 0 ORDER BY t.last_at DESC, t.id DESC LIMIT ?1"
    )
}

/// Conversations from outside that have no matter, newest first.
pub fn untagged(conn: &Connection, limit: u32) -> Result<Vec<ThreadItem>> {
    thread_items(conn, &untagged_sql(), &[i64::from(limit)])
}

pub(crate) fn matter_threads_sql() -> String {
    format!(
        "SELECT {COLUMNS}, {MATTER} FROM thread AS t JOIN matter AS x ON x.id = t.matter
         WHERE t.matter = ?1 ORDER BY t.last_at DESC LIMIT ?2"
    )
}

/// The conversations of a matter, newest first.
pub fn matter_threads(conn: &Connection, matter: MatterId, limit: u32) -> Result<Vec<ThreadItem>> {
    thread_items(conn, &matter_threads_sql(), &[matter.get(), i64::from(limit)])
}

fn thread_items(conn: &Connection, sql: &str, values: &[i64]) -> Result<Vec<ThreadItem>> {
    let mut query = conn.prepare_cached(sql)?;
    let rows = query.query_map(rusqlite::params_from_iter(values), |row| {
        Ok(ThreadItem { thread: summary_row(row)?, matter: matter_name(row)?, clock: None })
    })?;
    let mut items: Vec<ThreadItem> = rows.collect::<rusqlite::Result<_>>()?;
    for item in &mut items {
        item.clock = soonest(conn, item.thread.thread)?;
    }
    Ok(items)
}

/// One conversation as the lists show it.
pub fn thread_item(conn: &Connection, thread: ThreadId) -> Result<Option<ThreadItem>> {
    let sql = format!(
        "SELECT {COLUMNS}, {MATTER} FROM thread AS t LEFT JOIN matter AS x ON x.id = t.matter WHERE t.id = ?1"
    );
    Ok(thread_items(conn, &sql, &[thread.get()])?.pop())
}

fn soonest(conn: &Connection, thread: ThreadId) -> Result<Option<ClockRow>> {
    let sql = format!(
        "SELECT {CLOCK} FROM clock AS c WHERE c.thread = ?1 AND c.outcome = 'running' ORDER BY c.due, c.kind LIMIT 1"
    );
    let mut query = conn.prepare_cached(&sql)?;
    let mut rows = query.query_map([thread.get()], clock_row)?;
    Ok(rows.next().transpose()?)
}

/// Of a matter named `x`: when a message of ours went to someone of the client's side.
const LAST_UPDATE: &str = "
    (SELECT max(m.at) FROM thread AS t JOIN message AS m ON m.thread = t.id
     WHERE t.matter = x.id AND m.direction = 1 AND m.origin = 0
       AND EXISTS (SELECT 1 FROM correspondent AS c JOIN party_address AS a ON a.key = c.key
                   JOIN participation AS q ON q.party = a.party AND q.matter = x.id
                   WHERE c.message = m.key AND c.kind IN (3, 4, 5)
                     AND q.role IN ('client', 'client_contact', 'prospective')))";

fn matters_sql() -> String {
    format!(
        "SELECT {MATTER}, x.status, x.privilege, {LAST_UPDATE} AS last_update,
                coalesce((SELECT group_concat(p.name, ' & ') FROM participation AS q JOIN party AS p ON p.id = q.party
                          WHERE q.matter = x.id AND q.role = 'client'), '') AS clients,
                (SELECT count(*) FROM thread AS t WHERE t.matter = x.id) AS threads,
                (SELECT count(*) FROM thread AS t WHERE t.matter = x.id AND t.unread > 0) AS unread
         FROM matter AS x ORDER BY x.status = 1, x.number"
    )
}

/// All matters with their health: open ones first, by number.
pub fn matters(conn: &Connection) -> Result<Vec<MatterItem>> {
    let mut query = conn.prepare_cached(&matters_sql())?;
    let rows = query.query_map([], |row| {
        let label: String = row.get("privilege")?;
        Ok(MatterItem {
            matter: MatterName {
                id: MatterId::new(row.get("matter_id")?),
                number: row.get("matter_number")?,
                name: row.get("matter_name")?,
            },
            status: status(row.get("status")?)?,
            clients: row.get("clients")?,
            privilege: Privilege::parse(&label).map_err(|_| broken("privilege label"))?,
            oldest: None,
            last_update: instant_opt(row.get("last_update")?)?,
            unread: small(row.get("unread")?),
            threads: small(row.get("threads")?),
        })
    })?;
    let mut items: Vec<MatterItem> = rows.collect::<rusqlite::Result<_>>()?;
    let sql = format!(
        "SELECT {CLOCK} FROM thread AS t JOIN clock AS c ON c.thread = t.id
         WHERE t.matter = ?1 AND c.outcome = 'running' ORDER BY c.due LIMIT 1"
    );
    let mut oldest = conn.prepare_cached(&sql)?;
    for item in &mut items {
        item.oldest = oldest.query_map([item.matter.id.get()], clock_row)?.next().transpose()?;
    }
    Ok(items)
}

/// When someone of the client's side of a matter was last written to by us.
pub fn last_update(conn: &Connection, matter: MatterId) -> Result<Option<Timestamp>> {
    let sql = format!("SELECT {LAST_UPDATE} FROM matter AS x WHERE x.id = ?1");
    let mut query = conn.prepare_cached(&sql)?;
    let mut rows = query.query_map([matter.get()], |row| instant_opt(row.get(0)?))?;
    Ok(rows.next().transpose()?.flatten())
}

/// A matter's number and name.
pub fn matter_label(conn: &Connection, matter: MatterId) -> Result<Option<MatterName>> {
    let sql = format!("SELECT {MATTER} FROM matter AS x WHERE x.id = ?1");
    let mut query = conn.prepare_cached(&sql)?;
    let mut rows = query.query_map([matter.get()], matter_name)?;
    Ok(rows.next().transpose()?.flatten())
}

/// Counts for the top line.
pub fn counts(conn: &Connection, now: Timestamp) -> Result<CountsRow> {
    let mut query = conn.prepare_cached(
        "SELECT (SELECT count(*) FROM clock WHERE outcome = 'running') AS due,
                (SELECT count(*) FROM clock WHERE outcome = 'running' AND due < ?1 AND unsettled = 0) AS late,
                (SELECT count(*) FROM clock WHERE outcome = 'running' AND unsettled = 1) AS unsettled,
                (SELECT count(*) FROM thread WHERE unread > 0) AS unread,
                (SELECT count(*) FROM thread WHERE matter IS NULL AND inbound > 0) AS untagged,
                (SELECT count(*) FROM outbox WHERE state NOT IN (3, 6)) AS outbox,
                (SELECT coalesce(max(key), 0) FROM message) AS messages,
                (SELECT coalesce(sum(uids), 0) FROM ledger_count WHERE state = 1) AS stored,
                (SELECT coalesce(sum(uids), 0) FROM ledger_count WHERE state <> 3) AS known,
                (SELECT coalesce(sum(uids), 0) FROM ledger_count WHERE state = 2) AS failed",
    )?;
    Ok(query.query_row(params![micros(now)], |row| {
        Ok(CountsRow {
            due: count(row.get("due")?),
            late: count(row.get("late")?),
            unsettled: count(row.get("unsettled")?),
            unread: count(row.get("unread")?),
            untagged: count(row.get("untagged")?),
            outbox: count(row.get("outbox")?),
            messages: count(row.get("messages")?),
            stored: count(row.get("stored")?),
            known: count(row.get("known")?),
            failed: count(row.get("failed")?),
        })
    })?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{messages, migrate};

    /// How SQLite answers a query, one line per step, without its own query numbers.
    fn plan(sql: &str, values: usize) -> String {
        let mut conn = Connection::open_in_memory().unwrap();
        migrate::migrate(&mut conn).unwrap();
        let mut query = conn.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let values = vec![1_i64; values];
        let rows = query
            .query_map(rusqlite::params_from_iter(values), |row| row.get::<_, String>("detail"))
            .unwrap();
        rows.map(Result::unwrap).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn every_list_reads_an_index_and_sorts_nothing() {
        let thread_messages = format!(
            "SELECT {} FROM message AS m WHERE m.thread = ?1 ORDER BY m.at, m.direction, m.hash",
            messages::COLUMNS
        );
        let plans = [
            ("due", plan(&due_sql(), 1)),
            ("inbox", plan(&inbox_sql(), 1)),
            ("untagged", plan(&untagged_sql(), 1)),
            ("matter threads", plan(&matter_threads_sql(), 2)),
        ];
        for (name, plan) in &plans {
            assert!(!plan.contains("TEMP B-TREE"), "{name} sorts:\n{plan}");
            assert!(!plan.contains("SCAN t\n"), "{name} reads every row:\n{plan}");
        }
        let shown: Vec<String> =
            plans.iter().map(|(name, plan)| format!("{name}\n{plan}")).collect();
        insta::assert_snapshot!("plans", shown.join("\n\n"));
        insta::assert_snapshot!("plan_thread_messages", plan(&thread_messages, 1));
    }
}
