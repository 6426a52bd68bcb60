//! How complete each folder is, in rows and in words: the same on the screen, in `sync` and in `doctor`.
//!
//! Owns the words. It never counts by itself: the ledger does.

use jiff::{Timestamp, tz::TimeZone};
use rusqlite::Connection;

use crate::{
    domain::text::SafeText,
    store::{self, StoreError},
};

use super::{
    office::Office,
    register::Finding,
    rows::{FolderRow, FolderState},
};

/// The words for a reason that the ledger keeps.
pub fn reason(word: &str) -> &'static str {
    match word {
        "refused" => "the server refuses it",
        "no-body" => "the server sends nothing for it",
        "breaks-connection" => "its answer breaks the connection",
        "record" => "the record could not take it",
        _ => "for an unknown reason",
    }
}

impl Office {
    /// Every folder of every account, on a connection that is there already.
    pub fn folders(&self, conn: &Connection) -> Result<Vec<FolderRow>, StoreError> {
        let rows = store::folders::all(conn)?;
        let named = |row: &store::folders::FolderRow| {
            self.accounts().get(&row.account).map(|account| SafeText::line(&account.name))
        };
        Ok(rows.into_iter().filter_map(|row| named(&row).map(|name| folder(row, name))).collect())
    }
}

impl Office {
    /// Accounts of which nothing tells where sent mail is filed: a person must.
    pub(super) fn without_sent(&self, conn: &Connection) -> Result<Vec<Finding>, StoreError> {
        let rows = self.folders(conn)?;
        let known = |name: &str, role: &str| {
            rows.iter().any(|row| {
                row.account.as_str() == name
                    && row.role == role
                    && row.state != FolderState::Vanished
            })
        };
        let names = self.accounts().values().map(|account| account.name.clone());
        Ok(names
            .filter(|name| known(name, "inbox") && !known(name, "sent"))
            .map(|name| Finding {
                what: "sent",
                sound: false,
                detail: format!(
                    "the server of {name} does not say which folder holds sent mail, so copies are not filed; name it in \
                     the account's settings: folders = {{ sent = \"…\" }}"
                ),
            })
            .collect())
    }
}

fn folder(row: store::folders::FolderRow, account: SafeText) -> FolderRow {
    let state = match (row.listed, row.chosen, row.trouble.as_str()) {
        (false, _, _) => FolderState::Vanished,
        (true, false, _) if row.shared => FolderState::Foreign,
        (true, false, _) => FolderState::Left,
        (true, true, "refused") => FolderState::Refused,
        (true, true, "doubtful") => FolderState::Doubtful,
        (true, true, _) => FolderState::Pulled,
    };
    FolderRow {
        mailbox: row.mailbox,
        account,
        name: SafeText::line(&row.name),
        role: row.role,
        state,
        on_server: row.on_server,
        stored: row.stored,
        pending: row.pending.saturating_sub(row.older).saturating_sub(row.drafts),
        older: row.older,
        drafts: row.drafts,
        failed: row.failed,
        gone: row.gone,
        checked: row.checked_at,
        now_called: row.now_called.as_deref().map(SafeText::line),
        reasons: row.reasons.iter().map(|(word, count)| (reason(word), *count)).collect(),
    }
}

/// A time with its zone, to the minute.
pub fn spoken(at: Timestamp, zone: &TimeZone) -> String {
    let time = zone.to_datetime(at).strftime("%Y-%m-%d %H:%M");
    format!("{time} {}", zone.to_offset_info(at).abbreviation())
}

impl FolderRow {
    /// Is every message that the server counts in the record?
    pub const fn is_complete(&self) -> bool {
        match self.state {
            FolderState::Pulled => self.pending == 0 && self.failed == 0,
            FolderState::Refused | FolderState::Doubtful => false,
            FolderState::Left | FolderState::Foreign | FolderState::Vanished => true,
        }
    }

    /// What there is to say of it beside its numbers; empty when it is complete.
    pub fn remark(&self) -> String {
        let mut said = Vec::new();
        match self.state {
            FolderState::Pulled => {}
            FolderState::Foreign => {
                said.push("shared; not pulled unless a pattern says so".to_owned());
            }
            FolderState::Left => said.push("not pulled, as the settings say".to_owned()),
            FolderState::Vanished => said.push(match &self.now_called {
                Some(name) => format!("now called {name}"),
                None => "no longer on the server; what was pulled stays".to_owned(),
            }),
            FolderState::Refused => said.push("the server would not open it".to_owned()),
            FolderState::Doubtful => said.push("the server's numbers do not fit".to_owned()),
        }
        if self.older > 0 {
            said.push(format!("{} older than what is fetched", self.older));
        }
        if self.drafts > 0 {
            said.push(format!("{} still being written", self.drafts));
        }
        for (reason, count) in &self.reasons {
            said.push(format!("{count} failed: {reason}"));
        }
        said.join(" · ")
    }

    /// Everything in one sentence.
    pub fn sentence(&self, zone: &TimeZone) -> String {
        let on_server = self.on_server.map_or("not counted".to_owned(), |n| n.to_string());
        let checked = self.checked.map_or("never".to_owned(), |at| spoken(at, zone));
        let remark = self.remark();
        let remark = if remark.is_empty() { remark } else { format!(" · {remark}") };
        format!(
            "{} · {}: {on_server} on the server · {} stored · {} pending · {} failed · {} gone · last full check \
             {checked}{remark}",
            self.account, self.name, self.stored, self.pending, self.failed, self.gone
        )
    }
}
