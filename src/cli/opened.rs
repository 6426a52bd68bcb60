//! The opened office as the command line uses it: one question or order after another, each to its end.
//!
//! Owns the waiting. The use cases are the engine's own; nothing is decided here.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::Arc,
    time::Duration,
};

use jiff::{Timestamp, tz::TimeZone};
use tokio::runtime::Runtime;

use super::{
    Failure, Opening, json, login,
    office::{NewParty, Office},
};
use crate::{
    app::{
        self,
        command::Command,
        engine,
        event::{Event, LinkState, Tone},
        import::ImportError,
        notice,
        rows::{Answer, FolderRow, Query},
        time::{FixedTime, ShiftedTime, SystemTime, TimeSource},
        wiring::Wiring as Wired,
    },
    config::{
        self,
        keyring::KeyringEntry,
        secrets::{self, Had, Looked},
    },
    domain::{
        fault::{Fault, Kind},
        footer::Privilege,
        id::{AccountId, MatterId},
        matter::MatterNumber,
    },
    store::{Absent, KdfCost, StoreError, outbox},
};

/// So long one synchronisation of the command line may go on without any news.
const SILENCE: Duration = Duration::from_mins(10);

/// After so many complaints about the outbox it is left for the next time.
const MANY_COMPLAINTS: usize = 20;

/// An opened office with the runtime on which it waits.
pub struct Opened {
    /// Where everything waits.
    pub runtime: Runtime,
    /// The office. The record closes when its last handle goes.
    pub office: app::office::Office,
}

/// Opens the record of an office.
pub fn open(opening: Opening) -> Result<Opened, Failure> {
    let runtime = runtime()?;
    let sla = config::sla::load(&opening.settings.files.sla)?;
    crate::log::open(&opening.paths.log, opening.settings.log_level).or_else(
        |error| match error {
            crate::log::LogError::Twice(_) => Ok(()),
            error @ (crate::log::LogError::Folder(_) | crate::log::LogError::File(_)) => {
                Err(Failure::from(error))
            }
        },
    )?;
    let absent =
        if opening.first_time { Absent::Create(KdfCost::STANDARD) } else { Absent::Refuse };
    let time: Arc<dyn TimeSource> = match opening.now {
        Some(now) if opening.time_goes_on => Arc::new(ShiftedTime::from(now)),
        Some(now) => Arc::new(FixedTime::at(now)),
        None => Arc::new(SystemTime),
    };
    let footers = config::footers::book(&opening.settings)?;
    let office = app::office::Office::open_with(
        &opening.paths.record,
        opening.settings,
        sla,
        footers,
        &opening.passphrase.secret,
        absent,
        time,
    );
    let office = office.map_err(|error| refused(&error, opening.passphrase.keyring.as_ref()))?;
    keep(&opening.passphrase);
    Ok(Opened { runtime, office })
}

/// Why the record did not open. What the keyring held is not tried again when it was wrong.
fn refused(error: &StoreError, keyring: Option<&Looked>) -> Failure {
    let words = notice::store(error);
    let wrong = matches!(error, StoreError::WrongPassphrase);
    match keyring.filter(|looked| looked.found && wrong) {
        Some(looked) if looked.entry.forget().is_ok() => {
            let forgotten =
                "It came from the keyring, which has forgotten it now: the next start asks.";
            Failure::new(error.kind(), format!("{words} {forgotten}"))
        }
        Some(_) | None => Failure::new(error.kind(), words),
    }
}

/// A secret that was typed because the keyring did not hold it, and was right, is kept there.
#[allow(clippy::print_stderr, reason = "the command line prints")]
pub fn keep(had: &Had) {
    let Some(looked) = had.keyring.as_ref().filter(|looked| !looked.found) else { return };
    if let Err(error) = looked.entry.set(&had.secret) {
        eprintln!("matterbox: it is asked for at the next start too: {}", Failure::from(error));
    }
}

/// The runtime on which everything waits.
pub fn runtime() -> Result<Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().map_err(
        |error| Failure::refused(format!("the program's threads could not be started: {error}")),
    )
}

fn store_failure(error: &StoreError) -> Failure {
    Failure::new(error.kind(), notice::store(error))
}

fn app_failure(error: &app::error::AppError) -> Failure {
    Failure::new(error.kind(), notice::app(error))
}

impl Opened {
    /// Every account with its password; asked for where the settings say so.
    pub fn wirings(office: &app::office::Office) -> Result<BTreeMap<AccountId, Wired>, Failure> {
        let mut out = BTreeMap::new();
        for (id, account) in office.accounts() {
            if let Some(wired) = login::wired(office, *id, account)? {
                out.insert(*id, wired);
                continue;
            }
            let question = format!("Password of {}: ", account.name);
            let entry = KeyringEntry::account(&office.settings().files.folder, &account.name);
            let had = secrets::account_secret(&account.secret, &question, entry)?;
            // Should it be wrong, `account check` says so and takes it away again.
            keep(&had);
            out.insert(*id, Wired::new(account.clone(), had.secret)?);
        }
        Ok(out)
    }
}

impl Office for Opened {
    fn ask(&mut self, query: Query) -> Result<Answer, Failure> {
        self.runtime.block_on(self.office.answer(query)).map_err(|error| store_failure(&error))
    }

    fn order(&mut self, command: Command) -> Result<Vec<Event>, Failure> {
        let performed = self.runtime.block_on(self.office.perform(command));
        performed.map(|performed| performed.events).map_err(|error| app_failure(&error))
    }

    fn sync(&mut self, progress: &mut dyn FnMut(&str)) -> Result<json::SyncReport, Failure> {
        let wirings = Self::wirings(&self.office)?;
        let before = self.completeness()?;
        let office = self.office.clone();
        let problems = self.runtime.block_on(async {
            let accounts: Vec<AccountId> = wirings.keys().copied().collect();
            let (running, mut ends) = engine::start(office.clone(), wirings).map_err(|error| {
                Failure::refused(format!("a thread could not be started: {error}"))
            })?;
            let problems = wait_for_all(&accounts, &mut ends, progress).await;
            wait_for_outbox(&office, &accounts, &problems, &mut ends, progress).await?;
            running.settle().await;
            Ok::<_, Failure>(problems)
        })?;
        let after = self.completeness()?;
        let office = self.office.clone();
        let folders =
            self.office.store().read_blocking("folders", move |conn| office.folders(conn));
        let folders = folders.map_err(|error| store_failure(&error))?;
        Ok(report(&self.office, &before, &after, &problems, &folders))
    }

    fn add_matter(&mut self, number: &MatterNumber, name: &str) -> Result<(), Failure> {
        let added = self.office.add_matter(number.clone(), name.to_owned());
        self.runtime.block_on(added).map(drop).map_err(|error| store_failure(&error))
    }

    fn label_matter(&mut self, matter: MatterId, label: Option<Privilege>) -> Result<(), Failure> {
        let labelled = self.office.label_matter(matter, label);
        self.runtime.block_on(labelled).map_err(|error| store_failure(&error))
    }

    fn add_party(&mut self, party: &NewParty) -> Result<json::Party, Failure> {
        let added = self.office.add_party(party.name.clone(), party.addresses.clone(), party.role);
        let id = self.runtime.block_on(added).map_err(|error| store_failure(&error))?;
        let known = self.people()?;
        known
            .into_iter()
            .find(|(of, _)| *of == id)
            .map(|(_, party)| party)
            .ok_or_else(|| Failure::new(Kind::Bug, "the party that was added is not there"))
    }

    fn parties(&mut self) -> Result<Vec<json::Party>, Failure> {
        Ok(self.people()?.into_iter().map(|(_, party)| party).collect())
    }

    fn import(&mut self, path: &Path) -> Result<json::Imported, Failure> {
        let (done, problem) = match self.office.import(path) {
            Ok(done) => (done, None),
            Err((_, ImportError::Store(error))) => return Err(store_failure(&error)),
            Err((done, error @ ImportError::Read(_))) => (done, Some(error.to_string())),
        };
        Ok(json::Imported {
            path: path.display().to_string(),
            stored: done.stored,
            known: done.known,
            unparsed: done.unparsed,
            problem,
        })
    }

    fn doctor(&mut self) -> Result<Vec<json::Check>, Failure> {
        let findings =
            self.runtime.block_on(self.office.examine()).map_err(|error| store_failure(&error))?;
        Ok(findings
            .into_iter()
            .map(|finding| json::Check {
                subject: "record".to_owned(),
                what: finding.what.to_owned(),
                outcome: if finding.sound { json::Outcome::Ok } else { json::Outcome::Failed },
                detail: finding.detail,
            })
            .collect())
    }
}

/// Stored, known and failed per account.
type Completeness = BTreeMap<AccountId, (u64, u64, u64)>;

impl Opened {
    fn completeness(&self) -> Result<Completeness, Failure> {
        let rows = self
            .office
            .store()
            .read_blocking("completeness", crate::store::mailboxes::completeness)
            .map_err(|error| store_failure(&error))?;
        let mut out = Completeness::new();
        for row in rows {
            let sums = out.entry(row.account).or_default();
            *sums = (
                sums.0.saturating_add(row.stored),
                sums.1.saturating_add(row.known),
                sums.2.saturating_add(row.failed),
            );
        }
        Ok(out)
    }

    fn people(&self) -> Result<Vec<(crate::domain::id::PartyId, json::Party)>, Failure> {
        let rows =
            self.runtime.block_on(self.office.people()).map_err(|error| store_failure(&error))?;
        Ok(rows
            .into_iter()
            .map(|(party, roles)| {
                let roles = roles
                    .into_iter()
                    .map(|(matter, role)| json::PartyRole { matter, role: role.word().to_owned() })
                    .collect();
                let addresses = party.addresses.iter().map(|a| a.as_str().to_owned()).collect();
                (party.id, json::Party { name: party.name, addresses, roles })
            })
            .collect())
    }
}

/// Waits until every account is up to date or has a reason why not. Answers with the reasons.
async fn wait_for_all(
    accounts: &[AccountId],
    ends: &mut engine::ScreenEnds,
    progress: &mut dyn FnMut(&str),
) -> BTreeMap<AccountId, String> {
    let mut open: Vec<AccountId> = accounts.to_vec();
    let mut problems = BTreeMap::new();
    while !open.is_empty() {
        let Ok(Some(event)) = tokio::time::timeout(SILENCE, ends.events.recv()).await else {
            for account in open {
                problems
                    .insert(account, "the server went silent; run the command again".to_owned());
            }
            break;
        };
        match event {
            Event::Link { account, state } => match state {
                LinkState::Connecting => progress("connecting"),
                LinkState::Syncing { stored, total } => {
                    progress(&format!("fetching {stored} of {total}"));
                }
                LinkState::Online => open.retain(|of| *of != account),
                LinkState::Waiting { reason, .. }
                | LinkState::Stopped { reason }
                | LinkState::SignInNeeded { reason } => {
                    open.retain(|of| *of != account);
                    problems.insert(account, reason.to_string());
                }
            },
            Event::Notice(notice) if notice.tone == Tone::Problem => progress(notice.text.as_str()),
            Event::Notice(_)
            | Event::Changed { .. }
            | Event::ChangedEverything
            | Event::Answer { .. }
            | Event::DraftReady(_)
            | Event::Described { .. }
            | Event::Reviewed { .. }
            | Event::Queued { .. }
            | Event::SignIn(_)
            | Event::Recalled { .. } => {}
        }
    }
    problems
}

/// Waits until everything in the outbox that may leave has been tried, and what went out lies in Sent; an account with a
/// problem, or one that is not in the settings any more, is not waited for.
async fn wait_for_outbox(
    office: &app::office::Office,
    accounts: &[AccountId],
    problems: &BTreeMap<AccountId, String>,
    ends: &mut engine::ScreenEnds,
    progress: &mut dyn FnMut(&str),
) -> Result<(), Failure> {
    let mut troubled: BTreeSet<AccountId> = problems.keys().copied().collect();
    let mut complaints = 0_usize;
    loop {
        let now = office.now();
        let open = office.store().read("outbox-open", move |conn| outbox::in_hand(conn, now));
        let open = open.await.map_err(|error| store_failure(&error))?;
        let waits = |in_hand: &outbox::InHand| {
            // After a complaint a copy that is not filed yet waits for the next time.
            accounts.contains(&in_hand.account)
                && !troubled.contains(&in_hand.account)
                && (in_hand.leaving || complaints == 0)
        };
        if !open.iter().any(waits) || complaints > MANY_COMPLAINTS {
            return Ok(());
        }
        progress("sending");
        let Ok(Some(event)) = tokio::time::timeout(SILENCE, ends.events.recv()).await else {
            return Ok(());
        };
        match event {
            Event::Link {
                account,
                state:
                    LinkState::Waiting { .. }
                    | LinkState::Stopped { .. }
                    | LinkState::SignInNeeded { .. },
            } => {
                troubled.insert(account);
            }
            Event::Notice(notice) if notice.tone == Tone::Problem => {
                complaints = complaints.saturating_add(1);
                progress(notice.text.as_str());
            }
            Event::Link { .. }
            | Event::Notice(_)
            | Event::Changed { .. }
            | Event::ChangedEverything
            | Event::Answer { .. }
            | Event::DraftReady(_)
            | Event::Described { .. }
            | Event::Reviewed { .. }
            | Event::Queued { .. }
            | Event::SignIn(_)
            | Event::Recalled { .. } => {}
        }
    }
}

fn report(
    office: &app::office::Office,
    before: &Completeness,
    after: &Completeness,
    problems: &BTreeMap<AccountId, String>,
    folders: &[FolderRow],
) -> json::SyncReport {
    let zone = office.zone();
    let accounts: Vec<json::SyncedAccount> = office
        .accounts()
        .iter()
        .map(|(id, account)| {
            let (stored, known, failed) = after.get(id).copied().unwrap_or_default();
            let (had, _, _) = before.get(id).copied().unwrap_or_default();
            json::SyncedAccount {
                account: account.name.clone(),
                new: stored.saturating_sub(had),
                stored,
                known,
                failed,
                problem: problems.get(id).cloned(),
                folders: folders
                    .iter()
                    .filter(|row| row.account.as_str() == account.name)
                    .map(|row| synced_folder(row, &zone))
                    .collect(),
            }
        })
        .collect();
    let complete = accounts.iter().all(|a| a.problem.is_none() && a.stored == a.known);
    json::SyncReport { accounts, complete }
}

fn synced_folder(row: &FolderRow, zone: &TimeZone) -> json::SyncedFolder {
    let offset = |at: &Timestamp| at.display_with_offset(zone.to_offset(*at)).to_string();
    json::SyncedFolder {
        name: row.name.to_string(),
        role: row.role.clone(),
        state: row.state.word().to_owned(),
        on_server: row.on_server,
        stored: row.stored,
        pending: row.pending,
        failed: row.failed,
        reasons: row
            .reasons
            .iter()
            .map(|(reason, messages)| json::FailedFor {
                reason: (*reason).to_owned(),
                messages: *messages,
            })
            .collect(),
        gone: row.gone,
        last_full_check: row.checked.as_ref().map(offset),
        now_called: row.now_called.as_ref().map(ToString::to_string),
    }
}

/// The present instant for a screen: the fixed one of `--now`, else the real one.
pub fn clock(office: &app::office::Office) -> impl Fn() -> Timestamp + use<> {
    let time = Arc::clone(office.time());
    move || time.now()
}
