//! Matters, parties and who takes part in what.
//!
//! Owns their rows and their random public ids. It never decides what a role means.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Transaction, params};

use crate::domain::{
    address::EmailAddress,
    footer::Privilege,
    id::{MatterId, PartyId},
    matter::{Matter, MatterNumber, MatterStatus, Participation, Party, Role},
};

use super::{
    codec::{broken, micros, status, status_code},
    error::{Result, StoreError},
};

/// A matter to be opened.
#[derive(Clone)]
pub struct NewMatter {
    /// Its number.
    pub number: MatterNumber,
    /// Its name.
    pub name: String,
    /// The name of its response-time policy in the settings, or empty for the firm's.
    pub policy: String,
    /// The name of its footer in the settings, or empty for the firm's.
    pub footer: String,
}

/// What the settings' names are for one matter; empty means the firm's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MatterChoices {
    /// The response-time policy.
    pub policy: String,
    /// The footer.
    pub footer: String,
    /// The privilege label with which its new messages begin.
    pub privilege: Option<Privilege>,
}

/// Opens a matter. [`StoreError::Taken`] when its number is in use.
pub fn add(tx: &Transaction<'_>, new: &NewMatter, now: Timestamp) -> Result<MatterId> {
    if by_number(tx, &new.number)?.is_some() {
        return Err(StoreError::Taken { what: "matter number" });
    }
    tx.prepare_cached(
        "INSERT INTO matter (number, name, policy, footer, created_at) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![new.number.as_str(), new.name, new.policy, new.footer, micros(now)])?;
    Ok(MatterId::new(tx.last_insert_rowid()))
}

/// Changes where a matter is in its life.
pub fn set_status(tx: &Transaction<'_>, matter: MatterId, to: MatterStatus) -> Result<()> {
    let changed = tx
        .prepare_cached("UPDATE matter SET status = ?2 WHERE id = ?1")?
        .execute(params![matter.get(), status_code(to)])?;
    if changed == 1 { Ok(()) } else { Err(StoreError::NotFound { what: "matter" }) }
}

/// Changes a matter's policy, footer and label.
pub fn set_choices(tx: &Transaction<'_>, matter: MatterId, to: &MatterChoices) -> Result<()> {
    tx.prepare_cached("UPDATE matter SET policy = ?2, footer = ?3, privilege = ?4 WHERE id = ?1")?
        .execute(params![
            matter.get(),
            to.policy,
            to.footer,
            to.privilege.map(Privilege::sign).unwrap_or_default()
        ])?;
    Ok(())
}

/// A matter's policy, footer and label.
pub fn choices(conn: &Connection, matter: MatterId) -> Result<MatterChoices> {
    let mut query =
        conn.prepare_cached("SELECT policy, footer, privilege FROM matter WHERE id = ?1")?;
    let row = query.query_row([matter.get()], |row| {
        let label: String = row.get("privilege")?;
        Ok(MatterChoices {
            policy: row.get("policy")?,
            footer: row.get("footer")?,
            privilege: Privilege::parse(&label).map_err(|_| broken("privilege label"))?,
        })
    });
    row.optional()?.ok_or(StoreError::NotFound { what: "matter" })
}

/// The matter of this number; case does not matter.
pub fn by_number(conn: &Connection, number: &MatterNumber) -> Result<Option<MatterId>> {
    let mut query = conn.prepare_cached("SELECT id FROM matter WHERE number = ?1")?;
    Ok(query.query_row([number.as_str()], |row| row.get(0)).optional()?.map(MatterId::new))
}

/// One matter with its people.
pub fn get(conn: &Connection, matter: MatterId) -> Result<Matter> {
    load(conn, Some(matter))?.pop().ok_or(StoreError::NotFound { what: "matter" })
}

/// Every matter with its people, by number.
pub fn all(conn: &Connection) -> Result<Vec<Matter>> {
    load(conn, None)
}

fn load(conn: &Connection, only: Option<MatterId>) -> Result<Vec<Matter>> {
    let only = only.map(MatterId::get);
    let mut people = people(conn, only)?;
    let mut query = conn.prepare_cached(
        "SELECT id, number, name, status FROM matter WHERE ?1 IS NULL OR id = ?1 ORDER BY number",
    )?;
    let rows = query.query_map([only], |row| {
        let number: String = row.get("number")?;
        Ok(Matter {
            id: MatterId::new(row.get("id")?),
            number: number.parse().map_err(|_| broken("matter number"))?,
            name: row.get("name")?,
            status: status(row.get("status")?)?,
            participants: Vec::new(),
        })
    })?;
    let mut matters: Vec<Matter> = rows.collect::<rusqlite::Result<_>>()?;
    for matter in &mut matters {
        matter.participants = people.remove(&matter.id).unwrap_or_default();
    }
    Ok(matters)
}

fn people(conn: &Connection, only: Option<i64>) -> Result<BTreeMap<MatterId, Vec<Participation>>> {
    let mut query = conn.prepare_cached(
        "SELECT x.matter, x.role, p.id, p.name, a.spelled
         FROM participation AS x JOIN party AS p ON p.id = x.party
         LEFT JOIN party_address AS a ON a.party = p.id
         WHERE ?1 IS NULL OR x.matter = ?1 ORDER BY x.matter, p.id, a.key",
    )?;
    let mut rows = query.query([only])?;
    let mut out: BTreeMap<MatterId, Vec<Participation>> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let id = PartyId::new(row.get("id")?);
        let list = out.entry(MatterId::new(row.get("matter")?)).or_default();
        if list.last().is_none_or(|last| last.party.id != id) {
            let party = Party { id, name: row.get("name")?, addresses: Vec::new() };
            list.push(Participation { party, role: role(&row.get::<_, String>("role")?)? });
        }
        if let (Some(spelled), Some(last)) =
            (row.get::<_, Option<String>>("spelled")?, list.last_mut())
        {
            last.party.addresses.push(address(&spelled)?);
        }
    }
    Ok(out)
}

fn role(word: &str) -> rusqlite::Result<Role> {
    word.parse().map_err(|_| broken("role"))
}

fn address(spelled: &str) -> rusqlite::Result<EmailAddress> {
    EmailAddress::parse(spelled).map_err(|_| broken("address"))
}

/// Someone new.
pub fn add_party(
    tx: &Transaction<'_>,
    name: &str,
    addresses: &[EmailAddress],
    now: Timestamp,
) -> Result<PartyId> {
    tx.prepare_cached("INSERT INTO party (name, created_at) VALUES (?1, ?2)")?
        .execute(params![name, micros(now)])?;
    let party = PartyId::new(tx.last_insert_rowid());
    for address in addresses {
        add_address(tx, party, address)?;
    }
    Ok(party)
}

/// One more address of a party. Several parties may share one.
pub fn add_address(tx: &Transaction<'_>, party: PartyId, address: &EmailAddress) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO party_address (key, party, spelled) VALUES (?1, ?2, ?3)
         ON CONFLICT (key, party) DO UPDATE SET spelled = excluded.spelled",
    )?
    .execute(params![address.key(), party.get(), address.as_str()])?;
    Ok(())
}

/// Every party, by name.
pub fn parties(conn: &Connection) -> Result<Vec<Party>> {
    let mut query = conn.prepare_cached(
        "SELECT p.id, p.name, a.spelled FROM party AS p LEFT JOIN party_address AS a ON a.party = p.id
         ORDER BY p.name, p.id, a.key",
    )?;
    let mut rows = query.query([])?;
    let mut out: Vec<Party> = Vec::new();
    while let Some(row) = rows.next()? {
        let id = PartyId::new(row.get("id")?);
        if out.last().is_none_or(|last| last.id != id) {
            out.push(Party { id, name: row.get("name")?, addresses: Vec::new() });
        }
        if let (Some(spelled), Some(last)) =
            (row.get::<_, Option<String>>("spelled")?, out.last_mut())
        {
            last.addresses.push(address(&spelled)?);
        }
    }
    Ok(out)
}

/// Gives a party its part in a matter, or changes it.
pub fn set_role(tx: &Transaction<'_>, matter: MatterId, party: PartyId, role: Role) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO participation (matter, party, role) VALUES (?1, ?2, ?3)
         ON CONFLICT (matter, party) DO UPDATE SET role = excluded.role",
    )?
    .execute(params![matter.get(), party.get(), role.word()])?;
    Ok(())
}

/// Takes a party out of a matter.
pub fn remove_role(tx: &Transaction<'_>, matter: MatterId, party: PartyId) -> Result<()> {
    tx.prepare_cached("DELETE FROM participation WHERE matter = ?1 AND party = ?2")?
        .execute(params![matter.get(), party.get()])?;
    Ok(())
}

/// The base subjects of a matter's newest conversations, at most `limit`: evidence for tagging.
pub fn subjects(conn: &Connection, matter: MatterId, limit: u32) -> Result<Vec<String>> {
    let mut query = conn.prepare_cached(
        "SELECT (SELECT m.base_subject FROM message AS m WHERE m.thread = t.id ORDER BY m.at, m.key LIMIT 1)
         FROM thread AS t WHERE t.matter = ?1 ORDER BY t.last_at DESC LIMIT ?2",
    )?;
    let rows = query.query_map(params![matter.get(), limit], |row| {
        row.get::<_, Option<String>>(0).map(Option::unwrap_or_default)
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
