//! The report: every turn of a period, folded from the record.
//!
//! Owns the gathering. Nothing is kept: a report can be made again for any period and says the same.

use jiff::{Timestamp, civil::Date};
use rusqlite::Connection;

use crate::{
    domain::{
        id::AccountId,
        matter::MatterStatus,
        report::{Entry, Period, Report, report},
        text::SafeText,
    },
    store::{self, StoreError},
};

use super::{fold, office::Office, views::principal_name};

/// Which days, and which matter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The first day.
    pub from: Date,
    /// The last day.
    pub to: Date,
    /// Only this matter, by its number.
    pub matter: Option<String>,
}

/// A report with what belongs beside it.
#[derive(Clone)]
pub struct ReportView {
    /// The tables.
    pub report: Report,
    /// Open matters and when their clients last heard from us, the longest ago first; never heard comes first.
    pub quiet: Vec<(SafeText, Option<Timestamp>)>,
    /// The time that the policies give for an answer in substance: one, where all turns share it.
    pub reply_target: Option<String>,
}

impl Office {
    /// Whose account it is. Imported mail came to none: in an office of one it is hers.
    fn owner(&self, account: AccountId) -> String {
        let accounts = self.accounts();
        let only = accounts.values().next().filter(|_| accounts.len() == 1);
        let owner = accounts.get(&account).or(only);
        owner.map_or("", |account| account.name.as_str()).to_owned()
    }

    /// Folds the turns of a period. Takes time with a large record: never call it on the screen's thread.
    pub(super) fn report(
        &self,
        conn: &Connection,
        asked: &Asked,
    ) -> Result<ReportView, StoreError> {
        let (now, zone) = (self.now(), self.zone());
        let calendar = self.sla().office.clone();
        let start = |day: Date| calendar.midnight(day);
        let from = start(asked.from).unwrap_or(Timestamp::MIN);
        let to = asked.to.tomorrow().ok().and_then(start).unwrap_or(Timestamp::MAX);
        let period = Period { from, to, zone };
        let roster = super::ingest::roster(conn, self.ours())?;
        let mut turns = Vec::new();
        let mut targets = std::collections::BTreeSet::new();
        for reported in store::reports::threads_since(conn, from)? {
            let (number, name) = reported.matter;
            if asked.matter.as_ref().is_some_and(|only| !only.eq_ignore_ascii_case(&number)) {
                continue;
            }
            let matter = SafeText::line(&format!("{number} {name}")).to_string();
            let owner = self.owner(reported.account);
            let folded = fold::fold(conn, reported.thread, &roster, &self.sla())?;
            for turn in folded.fold.turns {
                targets.insert(folded.policy.reply.to_string());
                let client = principal_name(&turn.principal, &roster).unwrap_or_default();
                let client = SafeText::line(&client).to_string();
                let calendar = std::sync::Arc::clone(&folded.calendar);
                turns.push((turn, calendar, matter.trim().to_owned(), client, owner.clone()));
            }
        }
        let entries = turns.iter().map(|(turn, calendar, matter, client, owner)| Entry {
            turn,
            calendar,
            matter,
            client,
            owner,
        });
        let arrivals = match asked.matter {
            Some(_) => Vec::new(),
            None => store::reports::arrivals(conn, from, to)?,
        };
        let report = report(entries, arrivals, &period, now);
        let reply_target = targets.first().filter(|_| targets.len() == 1).cloned();
        Ok(ReportView { report, quiet: quiet(conn, asked)?, reply_target })
    }
}

/// Open matters by how long their clients have not heard from us.
fn quiet(
    conn: &Connection,
    asked: &Asked,
) -> Result<Vec<(SafeText, Option<Timestamp>)>, StoreError> {
    let mut quiet: Vec<_> = store::lists::matters(conn)?
        .into_iter()
        .filter(|item| item.status != MatterStatus::Closed)
        .filter(|item| {
            let only = asked.matter.as_ref();
            only.is_none_or(|only| only.eq_ignore_ascii_case(&item.matter.number))
        })
        .map(|item| {
            let name = format!("{} {}", item.matter.number, item.matter.name);
            (SafeText::line(&name), item.last_update)
        })
        .collect();
    quiet.sort_by_key(|(_, heard)| *heard);
    Ok(quiet)
}
