//! Matters and parties: opened, added, looked up; and the examination of the record.
//!
//! Owns these use cases. It never tags a conversation by itself, except where a person had filed it before.

use std::collections::BTreeSet;

use rusqlite::Transaction;

use crate::{
    domain::{
        address::EmailAddress,
        audit::AuditEntry,
        footer::Privilege,
        id::{MatterId, PartyId, ThreadId},
        matter::{Matter, MatterNumber, Party, Role},
        message::MessageId,
        tagging::Tagged,
    },
    store::{
        self, StoreError,
        matters::{MatterChoices, NewMatter},
    },
};

use super::office::Office;

/// What an examination of the record found.
pub struct Finding {
    /// What was looked at.
    pub what: &'static str,
    /// Is it as it should be?
    pub sound: bool,
    /// In words.
    pub detail: String,
}

impl Office {
    /// Opens a matter.
    pub async fn add_matter(
        &self,
        number: MatterNumber,
        name: String,
    ) -> Result<MatterId, StoreError> {
        let person = self.person();
        let (id, _) = self
            .decide("add-matter", move |tx, _, now| {
                let new = NewMatter { number, name, policy: String::new(), footer: String::new() };
                let id = store::matters::add(tx, &new, now)?;
                store::audit::append(
                    tx,
                    &AuditEntry::new(now, person, "matter-opened").with("matter", id),
                )?;
                // Its number may stand in mail that waits in the tray.
                Ok((id, untagged(tx)?))
            })
            .await?;
        Ok(id)
    }

    /// Says under which privilege label a matter's new messages begin.
    pub async fn label_matter(
        &self,
        matter: MatterId,
        label: Option<Privilege>,
    ) -> Result<(), StoreError> {
        let (now, person) = (self.now(), self.person());
        let case = move |tx: &Transaction<'_>| {
            let choices = store::matters::choices(tx, matter)?;
            store::matters::set_choices(
                tx,
                matter,
                &MatterChoices { privilege: label, ..choices },
            )?;
            let entry = AuditEntry::new(now, person, "matter-labelled").with("matter", matter);
            let sign = label.map_or("none", Privilege::sign);
            store::audit::append(tx, &entry.with("privilege", sign))?;
            Ok(())
        };
        self.store().write_durable("label-matter", case).await
    }

    /// Adds a party, or adds to the one of this name. Everything they wrote or got is clocked anew.
    pub async fn add_party(
        &self,
        name: String,
        addresses: Vec<EmailAddress>,
        role: Option<(MatterId, Role)>,
    ) -> Result<PartyId, StoreError> {
        let person = self.person();
        let (id, _) = self
            .decide("add-party", move |tx, roster, now| {
                let known =
                    roster.parties().find(|party| party.name.to_lowercase() == name.to_lowercase());
                let id = match known {
                    Some(party) => {
                        for address in &addresses {
                            if !party.addresses.contains(address) {
                                store::matters::add_address(tx, party.id, address)?;
                            }
                        }
                        party.id
                    }
                    None => store::matters::add_party(tx, &name, &addresses, now)?,
                };
                if let Some((matter, role)) = role {
                    store::matters::set_role(tx, matter, id, role)?;
                }
                store::audit::append(
                    tx,
                    &AuditEntry::new(now, person, "party-added").with("party", id),
                )?;
                let mut touched = untagged(tx)?;
                let all = known.map(|party| party.addresses.as_slice()).unwrap_or_default();
                for address in all.iter().chain(&addresses) {
                    touched.extend(store::threads::with_address(tx, address.key())?);
                }
                // For whom a contact writes, and who is on another side, depends on everyone in the matter.
                for matter in parts_of(tx, id)? {
                    touched.extend(store::tags::threads_in(tx, matter)?);
                }
                Ok((id, touched))
            })
            .await?;
        Ok(id)
    }

    /// Everyone the office knows, by name, with their parts in matters (the matter's number and the role).
    pub async fn people(&self) -> Result<Vec<(Party, Vec<(String, Role)>)>, StoreError> {
        self.store()
            .read("people", |conn| {
                let matters = store::matters::all(conn)?;
                let with_roles = |party: Party| {
                    let roles = matters
                        .iter()
                        .flat_map(|matter| matter.participants.iter().map(move |p| (matter, p)))
                        .filter(|(_, p)| p.party.id == party.id)
                        .map(|(matter, p)| (matter.number.as_str().to_owned(), p.role))
                        .collect();
                    (party, roles)
                };
                Ok(store::matters::parties(conn)?.into_iter().map(with_roles).collect())
            })
            .await
    }

    /// Puts conversations into the matters in which a person had filed them, by the Message-ID of one of their
    /// messages. Answers with those whose message has not come yet.
    pub async fn file_known(
        &self,
        filings: Vec<(MessageId, MatterId)>,
    ) -> Result<Vec<(MessageId, MatterId)>, StoreError> {
        let person = self.person();
        let (rest, _) = self
            .decide("file-known", move |tx, _, now| {
                let mut rest = Vec::new();
                let mut touched: BTreeSet<ThreadId> = BTreeSet::new();
                for (id, matter) in filings {
                    let Some(key) = store::messages::by_message_id(tx, &id)?.first().copied()
                    else {
                        rest.push((id, matter));
                        continue;
                    };
                    let thread = store::messages::get(tx, key)?.thread;
                    if store::tags::of_thread(tx, thread)?.is_empty() {
                        let tag = Tagged { matter, by: person.clone(), at: now };
                        store::tags::tag_thread(tx, thread, &tag, "filed-before")?;
                        touched.insert(thread);
                    }
                }
                Ok((rest, touched))
            })
            .await?;
        Ok(rest)
    }

    /// Examines the record: its pages, its trail, its ledger.
    pub async fn examine(&self) -> Result<Vec<Finding>, StoreError> {
        let office = self.clone();
        self.store()
            .read("examine", move |conn| {
                let pages = store::check_pages(conn)?;
                let mut out = vec![Finding {
                    what: "pages",
                    sound: pages.is_empty(),
                    detail: if pages.is_empty() {
                        "every page is authentic and sound".to_owned()
                    } else {
                        format!("{} problem(s); restore your last backup", pages.len())
                    },
                }];
                out.push(match store::audit::verify(conn)? {
                    Ok(head) => Finding {
                        what: "trail",
                        sound: true,
                        detail: format!("{} entries, an unbroken chain", head.records),
                    },
                    Err(broken) => {
                        Finding { what: "trail", sound: false, detail: format!("broken: {broken}") }
                    }
                });
                let boxes = store::mailboxes::completeness(conn)?;
                let sum = |field: fn(&store::mailboxes::Completeness) -> u64| {
                    boxes.iter().map(field).fold(0, u64::saturating_add)
                };
                let (stored, known, failed) =
                    (sum(|b| b.stored), sum(|b| b.known), sum(|b| b.failed));
                out.push(Finding {
                    what: "ledger",
                    sound: failed == 0,
                    detail: format!("{stored} of {known} stored · {failed} failed"),
                });
                let zone = office.zone();
                out.extend(office.folders(conn)?.iter().map(|row| Finding {
                    what: "folder",
                    sound: row.is_complete(),
                    detail: row.sentence(&zone),
                }));
                out.extend(office.without_sent(conn)?);
                Ok(out)
            })
            .await
    }
}

/// The matters in which a party has a part.
fn parts_of(conn: &rusqlite::Connection, party: PartyId) -> Result<Vec<MatterId>, StoreError> {
    let matters = store::matters::all(conn)?;
    let takes_part = |matter: &Matter| matter.participants.iter().any(|p| p.party.id == party);
    Ok(matters.into_iter().filter(takes_part).map(|matter| matter.id).collect())
}

/// Conversations in the triage tray: what is new about the office may be what they wait for.
fn untagged(conn: &rusqlite::Connection) -> Result<BTreeSet<ThreadId>, StoreError> {
    let items = store::lists::untagged(conn, 1_000)?;
    Ok(items.into_iter().map(|item| item.thread.thread).collect())
}
