//! What follows from a conversation's messages: inherited tags, suggestions, the list row, the clocks.
//!
//! Owns their order. Everything is derived anew from the messages, so the same mailbox gives the same result in whatever
//! order its messages come.

use std::collections::{BTreeMap, BTreeSet, btree_map::Entry};

use jiff::Timestamp;
use rusqlite::Transaction;

use crate::{
    domain::{
        address::EmailAddress,
        audit::Actor,
        id::{MatterId, ThreadId},
        matter::{Matter, Role},
        message::{Direction, MessageId},
        roster::Roster,
        tagging::{self, Candidate, Facts, Tagged},
    },
    store::{self, StoreError, clocks::ClockInputs},
};

use super::{
    fold,
    ingest::{Desk, INHERITED},
};

/// Brings everything that is derived from these conversations' messages up to date: inherited tags, suggestions,
/// clocks, list rows.
pub fn settle(
    tx: &Transaction<'_>,
    threads: &BTreeSet<ThreadId>,
    matters: &[Matter],
    roster: &Roster,
    desk: &Desk<'_>,
) -> Result<(), StoreError> {
    let mut suggester = Suggester::new(matters);
    for thread in threads {
        let mut inputs = store::clocks::inputs(tx, *thread)?;
        if inherit(tx, &inputs, desk.now)? {
            inputs = store::clocks::inputs(tx, *thread)?;
        }
        store::threads::refresh_from(tx, *thread, &inputs.messages)?;
        suggester.suggest(tx, &inputs, roster)?;
        fold::refold_from(tx, &inputs, roster, desk.rules, desk.now)?;
    }
    Ok(())
}

/// Messages without a tag take that of their conversation, when it has exactly one. Did any?
fn inherit(tx: &Transaction<'_>, inputs: &ClockInputs, now: Timestamp) -> Result<bool, StoreError> {
    let matters: BTreeSet<MatterId> = inputs.messages.iter().filter_map(|m| m.matter).collect();
    let mut matters = matters.into_iter();
    let (Some(matter), None) = (matters.next(), matters.next()) else {
        return Ok(false);
    };
    let tag = Tagged { matter, by: Actor::Rule(INHERITED.to_owned()), at: now };
    let mut any = false;
    for message in inputs.messages.iter().filter(|message| message.matter.is_none()) {
        store::tags::tag_message(tx, message.row.key, &tag, INHERITED)?;
        any = true;
    }
    Ok(any)
}

/// Suggests matters for conversations that have none; what it needs of the matters is read once.
struct Suggester<'a> {
    matters: &'a [Matter],
    people: Vec<Vec<(EmailAddress, Role)>>,
    subjects: BTreeMap<MatterId, Vec<String>>,
}

/// So many subjects of a matter are compared.
const SUBJECTS: u32 = 50;

impl<'a> Suggester<'a> {
    fn new(matters: &'a [Matter]) -> Self {
        let people = matters
            .iter()
            .map(|matter| {
                matter
                    .participants
                    .iter()
                    .flat_map(|p| p.party.addresses.iter().map(|a| (a.clone(), p.role)))
                    .collect()
            })
            .collect();
        Self { matters, people, subjects: BTreeMap::new() }
    }

    fn suggest(
        &mut self,
        tx: &Transaction<'_>,
        inputs: &ClockInputs,
        roster: &Roster,
    ) -> Result<(), StoreError> {
        // Suggestions go with their matters: where there is none, there are none.
        if self.matters.is_empty() {
            return Ok(());
        }
        if inputs.messages.iter().any(|message| message.matter.is_some()) {
            return store::tags::set_suggestions(tx, inputs.thread, &[]);
        }
        for matter in self.matters {
            if let Entry::Vacant(empty) = self.subjects.entry(matter.id) {
                empty.insert(store::matters::subjects(tx, matter.id, SUBJECTS)?);
            }
        }
        let evidence = Evidence::of(tx, inputs, roster)?;
        let facts = Facts {
            answers_ours_in: &evidence.answers_ours_in,
            thread_in: &[],
            new_text: &evidence.text,
            base_subject: &evidence.base_subject,
            others: &evidence.others,
        };
        let candidates: Vec<Candidate<'_>> = self
            .matters
            .iter()
            .zip(&self.people)
            .map(|(matter, people)| Candidate {
                id: matter.id,
                number: &matter.number,
                status: matter.status,
                people,
                subjects: self.subjects.get(&matter.id).map(Vec::as_slice).unwrap_or_default(),
            })
            .collect();
        store::tags::set_suggestions(tx, inputs.thread, &tagging::suggest(&facts, &candidates))
    }
}

/// What a conversation says about where it belongs.
struct Evidence {
    answers_ours_in: Vec<MatterId>,
    text: String,
    base_subject: String,
    others: Vec<EmailAddress>,
}

impl Evidence {
    fn of(tx: &Transaction<'_>, inputs: &ClockInputs, roster: &Roster) -> Result<Self, StoreError> {
        let mut text = String::new();
        let mut base_subject = String::new();
        let mut others: BTreeSet<EmailAddress> = BTreeSet::new();
        let mut referenced: BTreeSet<&MessageId> = BTreeSet::new();
        for message in &inputs.messages {
            referenced.extend(message.in_reply_to.iter().chain(&message.references));
            let people = message.from.iter().map(|from| &from.address).chain(&message.recipients);
            others.extend(people.filter(|address| !roster.is_own(address)).cloned());
            text.push_str(&message.row.base_subject);
            text.push('\n');
            if message.row.direction == Direction::Inbound {
                let body = store::messages::text(tx, message.row.key)?;
                text.push_str(body.get(..body.floor_char_boundary(4_000)).unwrap_or_default());
                text.push('\n');
            }
            base_subject.clone_from(&message.row.base_subject);
        }
        let ids: Vec<&str> = referenced.iter().map(|id| id.as_str()).collect();
        Ok(Self {
            answers_ours_in: store::tags::matters_of_sent(tx, &ids)?,
            text,
            base_subject,
            others: others.into_iter().collect(),
        })
    }
}
