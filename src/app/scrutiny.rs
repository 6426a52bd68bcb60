//! What the record knows that bears on a message which is being written: people, addresses, labels, promises.
//!
//! Owns the facts that a review is made on and the days that a promise may name. It judges nothing: that is the domain's
//! review.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rusqlite::Connection;

use crate::{
    config::sla::Rule,
    domain::{
        draft::Draft,
        footer::Privilege,
        id::{MatterId, ThreadId},
        matter::{Participation, Role},
        review::{Elsewhere, ReviewFacts},
        roster::Roster,
        sla::ClockKind,
    },
    store::{self, StoreError},
};

use super::{event::PromiseDays, office::Office};

impl Office {
    /// What the record knows that bears on a draft.
    pub(super) fn facts(
        &self,
        conn: &Connection,
        draft: &Draft,
        roster: &Roster,
    ) -> Result<ReviewFacts, StoreError> {
        let people: Vec<Participation> = draft
            .matter
            .into_iter()
            .flat_map(|matter| roster.people(matter))
            .map(|(party, role)| Participation { party: party.clone(), role })
            .collect();
        let elsewhere = elsewhere(conn, draft.matter, roster)?;
        let mut known: BTreeSet<_> =
            roster.parties().flat_map(|party| party.addresses.iter().cloned()).collect();
        known.extend(store::messages::written_to(conn)?);
        let parent =
            draft.parent.as_ref().map(|p| store::messages::headers(conn, p.key)).transpose()?;
        let label =
            draft.matter.map(|matter| store::lists::matter_label(conn, matter)).transpose()?;
        let label = label.flatten();
        let thread =
            draft.thread.map(|thread| store::outbox::is_privileged(conn, thread)).transpose()?;
        let privileged = draft.privilege.is_some() || thread.unwrap_or(false);
        Ok(ReviewFacts {
            own: self.ours().addresses.iter().cloned().collect(),
            people,
            elsewhere,
            known,
            parent_from: parent.as_ref().map(|h| h.from.clone()).unwrap_or_default(),
            parent_reply_to: parent.map(|h| h.reply_to).unwrap_or_default(),
            privileged,
            labelled: matter_label(conn, draft.matter)?.is_some(),
            recipient_limit: usize::try_from(self.settings().recipients).unwrap_or(usize::MAX),
            message_limit: self.settings().outgoing_bytes,
            number: label.map(|label| label.number),
            promise: self.promise_days(conn, draft)?.map(|days| (days.today, days.last)),
        })
    }

    /// The response-time rule of a matter, or the firm's.
    fn rule_of(&self, conn: &Connection, matter: Option<MatterId>) -> Result<Rule, StoreError> {
        let choices = matter.map(|matter| store::matters::choices(conn, matter)).transpose()?;
        Ok(self.sla().rule(choices.as_ref().map(|choices| choices.policy.as_str())).clone())
    }

    /// When the answer is due: when the running clock says so, else the reply target from now.
    pub(super) fn answer_due(
        &self,
        conn: &Connection,
        thread: Option<ThreadId>,
        matter: Option<MatterId>,
    ) -> Result<Option<Timestamp>, StoreError> {
        let now = self.now();
        let clocks = thread
            .map(|thread| store::clocks::of_thread(conn, thread))
            .transpose()?
            .unwrap_or_default();
        let running = clocks
            .iter()
            .filter(|row| row.outcome == "running" && row.running.clock == ClockKind::Reply)
            .map(|row| row.running.due)
            .filter(|due| *due > now)
            .min();
        let rule = self.rule_of(conn, matter)?;
        Ok(match running {
            Some(due) => Some(due),
            None => rule.calendar.add_target(now, rule.policy.reply, rule.policy.cutoff).ok(),
        })
    }

    /// The days that a holding reply may name: the one on which the answer is due, and the last one that counts. `None`
    /// for a message that answers nobody.
    pub(super) fn promise_days(
        &self,
        conn: &Connection,
        draft: &Draft,
    ) -> Result<Option<PromiseDays>, StoreError> {
        if !draft.can_hold() {
            return Ok(None);
        }
        let rule = self.rule_of(conn, draft.matter)?;
        let today = rule.calendar.date(self.now());
        let due = self.answer_due(conn, draft.thread, draft.matter)?;
        let last = rule.calendar.business_day_after(today, rule.policy.max_holding).ok();
        let usual = due.map_or(today, |due| rule.calendar.date(due));
        Ok(last.map(|last| PromiseDays { today, usual, last }))
    }
}

/// Under which label a new message begins: that of the last one we wrote in the conversation, else the matter's; none where
/// someone outside the privilege gets it.
pub(super) fn usual_label(
    conn: &Connection,
    draft: &Draft,
    roster: &Roster,
) -> Result<Option<Privilege>, StoreError> {
    let inside = |role: Option<Role>| {
        role.is_some_and(|role| {
            role.is_client_side() || matches!(role, Role::Firm | Role::CoCounsel)
        })
    };
    let all_inside = draft.recipients().all(|who| {
        roster.is_own(&who.address) || inside(roster.role_at(draft.matter, &who.address))
    });
    if draft.recipients().next().is_none() || !all_inside {
        return Ok(None);
    }
    let label = draft.thread.map(|thread| store::outbox::label_of(conn, thread)).transpose()?;
    match label.flatten() {
        Some(label) => Ok(Some(label)),
        None => matter_label(conn, draft.matter),
    }
}

fn matter_label(
    conn: &Connection,
    matter: Option<MatterId>,
) -> Result<Option<Privilege>, StoreError> {
    let choices = matter.map(|matter| store::matters::choices(conn, matter)).transpose()?;
    Ok(choices.and_then(|choices| choices.privilege))
}

fn elsewhere(
    conn: &Connection,
    matter: Option<MatterId>,
    roster: &Roster,
) -> Result<Vec<Elsewhere>, StoreError> {
    let mut out = Vec::new();
    for party in roster.parties() {
        for (of, role) in roster.matters_of(party.id) {
            if Some(of) == matter || role == Role::Firm {
                continue;
            }
            let Some(label) = store::lists::matter_label(conn, of)? else { continue };
            let name = format!("{} {}", label.number, label.name);
            out.extend(
                party
                    .addresses
                    .iter()
                    .map(|a| Elsewhere { address: a.clone(), matter: name.clone() }),
            );
        }
    }
    Ok(out)
}
