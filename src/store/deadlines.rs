//! Deadlines of matters and their reminders.
//!
//! Owns the rows and which step of a deadline's life follows which. It never counts a day, deletes none and moves none.

use jiff::{Timestamp, civil::Date};
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use crate::domain::{
    audit::Actor,
    deadline::DeadlineState,
    id::{DeadlineId, MatterId},
};

use super::{
    codec::{broken, instant, instant_opt, micros},
    error::{Result, StoreError},
};

/// A deadline to be kept; it does not count before a person confirms it.
#[derive(Clone)]
pub struct NewDeadline {
    /// Of which matter.
    pub matter: MatterId,
    /// What is to be done. Never empty.
    pub what: String,
    /// The last day, in the court's zone.
    pub day: Date,
    /// The last instant.
    pub until: Timestamp,
    /// The court's zone.
    pub zone: String,
    /// By which rule it was computed; empty when it was entered by hand.
    pub rule: String,
    /// How it was computed, one step a line; empty when it was entered by hand.
    pub arithmetic: String,
    /// What sets it: an order, a rule, a notice. Never empty.
    pub source: String,
    /// Where that can be looked up. Never empty.
    pub evidence: String,
}

/// A deadline.
#[derive(Clone)]
pub struct DeadlineItem {
    /// Its identity.
    pub id: DeadlineId,
    /// What it is.
    pub facts: NewDeadline,
    /// Where it is in its life.
    pub state: DeadlineState,
    /// When it was entered, and by whom.
    pub entered: (Timestamp, Actor),
    /// When it was confirmed, and by whom.
    pub confirmed: Option<(Timestamp, Actor)>,
    /// When it was done or vacated, by whom and because of what.
    pub ended: Option<(Timestamp, Actor, String)>,
}

/// Keeps a deadline that is to be confirmed.
pub fn add(
    tx: &Transaction<'_>,
    new: &NewDeadline,
    now: Timestamp,
    by: &Actor,
) -> Result<DeadlineId> {
    tx.prepare_cached(
        "INSERT INTO deadline (matter, what, day, until, zone, rule, arithmetic, source, evidence, entered_at, entered_by)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    )?
    .execute(params![
        new.matter.get(),
        new.what,
        new.day.to_string(),
        micros(new.until),
        new.zone,
        new.rule,
        new.arithmetic,
        new.source,
        new.evidence,
        micros(now),
        by.word(),
    ])?;
    Ok(DeadlineId::new(tx.last_insert_rowid()))
}

/// A person confirms it: from now on it counts, and the office is reminded at these instants. False when it was confirmed
/// or ended before.
pub fn confirm(
    tx: &Transaction<'_>,
    deadline: DeadlineId,
    reminders: &[(u8, Timestamp)],
    now: Timestamp,
    by: &Actor,
) -> Result<bool> {
    let changed = tx
        .prepare_cached(
            "UPDATE deadline SET state = 1, confirmed_at = ?2, confirmed_by = ?3 WHERE id = ?1 AND state = 0",
        )?
        .execute(params![deadline.get(), micros(now), by.word()])?;
    if changed == 0 {
        return Ok(false);
    }
    for (ahead, at) in reminders {
        // What lies in the past already is not told at all: whoever confirms it sees how near it is.
        let told = (*at <= now).then(|| micros(now));
        tx.prepare_cached(
            "INSERT INTO deadline_reminder (deadline, ahead, at, told_at) VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute(params![deadline.get(), ahead, micros(*at), told])?;
    }
    Ok(true)
}

/// How a deadline ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It was done.
    Done,
    /// It was vacated.
    Vacated,
}

/// Ends a deadline: one that counts is done with evidence; any open one is vacated with a reason. False when that is not a
/// step from where it is.
pub fn end(
    tx: &Transaction<'_>,
    deadline: DeadlineId,
    ending: Ending,
    because: &str,
    now: Timestamp,
    by: &Actor,
) -> Result<bool> {
    let sql = match ending {
        Ending::Done => {
            "UPDATE deadline SET state = 2, ended_at = ?2, ended_by = ?3, because = ?4 WHERE id = ?1 AND state = 1"
        }
        Ending::Vacated => {
            "UPDATE deadline SET state = 3, ended_at = ?2, ended_by = ?3, because = ?4 WHERE id = ?1 AND state IN (0, 1)"
        }
    };
    let row = params![deadline.get(), micros(now), by.word(), because];
    Ok(tx.prepare_cached(sql)?.execute(row)? == 1)
}

const COLUMNS: &str = "SELECT id, matter, state, what, day, until, zone, rule, arithmetic, source, evidence, \
    entered_at, entered_by, confirmed_at, confirmed_by, ended_at, ended_by, because FROM deadline";

/// One deadline.
pub fn get(conn: &Connection, deadline: DeadlineId) -> Result<DeadlineItem> {
    let mut query = conn.prepare_cached(&format!("{COLUMNS} WHERE id = ?1"))?;
    query
        .query_row([deadline.get()], item)
        .optional()?
        .ok_or(StoreError::NotFound { what: "deadline" })
}

/// Deadlines, soonest first: of one matter or of all, with those that have ended or without.
pub fn list(conn: &Connection, matter: Option<MatterId>, ended: bool) -> Result<Vec<DeadlineItem>> {
    let mut query = conn.prepare_cached(&format!(
        "{COLUMNS} WHERE (?1 IS NULL OR matter = ?1) AND (?2 OR state IN (0, 1)) ORDER BY until, id"
    ))?;
    let rows = query.query_map(params![matter.map(MatterId::get), ended], item)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// How many wait to be confirmed.
pub fn unconfirmed(conn: &Connection) -> Result<u64> {
    let count: i64 =
        conn.query_row("SELECT count(*) FROM deadline WHERE state = 0", [], |row| row.get(0))?;
    Ok(super::codec::count(count))
}

/// The next instant at which a reminder is to be told, or at which a confirmed deadline that is not over passes.
pub fn next_moment(conn: &Connection, after: Timestamp) -> Result<Option<Timestamp>> {
    let mut query = conn.prepare_cached(
        "SELECT min(at) FROM (
             SELECT r.at AS at FROM deadline_reminder AS r JOIN deadline AS d ON d.id = r.deadline
             WHERE r.told_at IS NULL AND d.state = 1
             UNION ALL SELECT until FROM deadline WHERE state = 1 AND until >= ?1)",
    )?;
    let at: Option<i64> = query.query_row([micros(after)], |row| row.get(0))?;
    Ok(instant_opt(at)?)
}

/// Takes the reminders that have come up to `now`: each deadline once, however many of its reminders came at once, soonest
/// first. They are not told again.
pub fn take_reminders(tx: &Transaction<'_>, now: Timestamp) -> Result<Vec<DeadlineItem>> {
    let mut query = tx.prepare_cached(&format!(
        "{COLUMNS} WHERE state = 1 AND id IN
             (SELECT deadline FROM deadline_reminder WHERE told_at IS NULL AND at <= ?1) ORDER BY until, id"
    ))?;
    let rows = query.query_map([micros(now)], item)?;
    let items: Vec<DeadlineItem> = rows.collect::<rusqlite::Result<_>>()?;
    tx.prepare_cached(
        "UPDATE deadline_reminder SET told_at = ?1 WHERE told_at IS NULL AND at <= ?1",
    )?
    .execute([micros(now)])?;
    Ok(items)
}

fn item(row: &Row<'_>) -> rusqlite::Result<DeadlineItem> {
    let actor = |name: &str| row.get::<_, String>(name).map(|word| Actor::from_word(&word));
    let at = |name: &str| row.get::<_, Option<i64>>(name).and_then(instant_opt);
    let day: String = row.get("day")?;
    let ended = match at("ended_at")? {
        Some(at) => Some((at, actor("ended_by")?, row.get("because")?)),
        None => None,
    };
    let confirmed = match at("confirmed_at")? {
        Some(at) => Some((at, actor("confirmed_by")?)),
        None => None,
    };
    Ok(DeadlineItem {
        id: DeadlineId::new(row.get("id")?),
        facts: NewDeadline {
            matter: MatterId::new(row.get("matter")?),
            what: row.get("what")?,
            day: day.parse().map_err(|_| broken("deadline day"))?,
            until: instant(row.get("until")?)?,
            zone: row.get("zone")?,
            rule: row.get("rule")?,
            arithmetic: row.get("arithmetic")?,
            source: row.get("source")?,
            evidence: row.get("evidence")?,
        },
        state: match row.get::<_, i64>("state")? {
            0 => DeadlineState::Proposed,
            1 => DeadlineState::Confirmed,
            2 => DeadlineState::Done,
            3 => DeadlineState::Vacated,
            _ => return Err(broken("deadline state")),
        },
        entered: (instant(row.get("entered_at")?)?, actor("entered_by")?),
        confirmed,
        ended,
    })
}
