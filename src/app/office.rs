//! The open office: its record, its settings and its rules, and the use cases that run on them.
//!
//! Owns what every use case needs. It never draws and never waits for a server; the engine and the command line both
//! stand on it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use jiff::{Timestamp, tz::TimeZone};
use rusqlite::Transaction;

use crate::{
    config::{Settings, settings::Account, sla::SlaSettings},
    domain::{
        address::EmailAddress,
        audit::{Actor, AuditEntry},
        confidential::Confidential,
        footer::{FooterBook, FooterVariables},
        id::{AccountId, OutboxId, ThreadId},
        roster::{Ours, Roster},
    },
    store::{self, Absent, Store, StoreError},
};

use super::{
    ingest::{self, Desk, Recorded},
    senders,
    time::TimeSource,
};

/// The open office. Clones are handles to the same one.
#[derive(Clone)]
pub struct Office(Arc<Inner>);

struct Inner {
    store: Store,
    settings: Settings,
    sla: Arc<SlaSettings>,
    ours: Ours,
    accounts: BTreeMap<AccountId, Account>,
    footers: FooterBook,
    time: Arc<dyn TimeSource>,
    recovered: Vec<OutboxId>,
    paused: AtomicBool,
}

/// Under which name the record keeps that older mail waits.
const PAUSED: &str = "history-paused";

impl fmt::Debug for Office {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Office").field("store", &self.0.store).finish_non_exhaustive()
    }
}

/// Under which fingerprint of the rules the clocks were folded last.
const RULES: &str = "rules";

impl Office {
    /// Opens the record in `folder` and brings it up to date: what was under way when the program ended becomes
    /// `unknown`, and clocks are folded anew when the rules have changed. Footers are the shipped ones. Blocks; never
    /// call it from async code.
    pub fn open(
        folder: &Path,
        settings: Settings,
        sla: SlaSettings,
        passphrase: &Confidential<String>,
        absent: Absent,
        time: Arc<dyn TimeSource>,
    ) -> Result<Self, StoreError> {
        let footers = shipped_footers(&settings);
        Self::open_with(folder, settings, sla, footers, passphrase, absent, time)
    }

    /// [`Office::open`] with the office's own footers.
    pub fn open_with(
        folder: &Path,
        settings: Settings,
        sla: SlaSettings,
        footers: FooterBook,
        passphrase: &Confidential<String>,
        absent: Absent,
        time: Arc<dyn TimeSource>,
    ) -> Result<Self, StoreError> {
        let store = Store::open(folder, passphrase, absent)?;
        let now = time.now();
        let ours = ours(&settings);
        let configured = settings.accounts.clone();
        let (accounts, recovered, paused) = store.write_durable_blocking("start", move |tx| {
            let mut accounts = BTreeMap::new();
            for account in configured {
                let id = store::accounts::ensure(tx, &account.name, account.address.as_str(), now)?;
                accounts.insert(id, account);
            }
            let paused = store::meta::get(tx, PAUSED)?.is_some_and(|word| word == "yes");
            Ok((accounts, recover(tx, None, now)?, paused))
        })?;
        let office = Self(Arc::new(Inner {
            store,
            settings,
            sla: Arc::new(sla),
            ours,
            accounts,
            footers,
            time,
            recovered,
            paused: AtomicBool::new(paused),
        }));
        office.look_for_proofs()?;
        office.follow_rules()?;
        Ok(office)
    }

    /// The record.
    pub fn store(&self) -> &Store {
        &self.0.store
    }

    /// The settings.
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// Does the fetching of older mail wait?
    pub fn history_is_paused(&self) -> bool {
        self.0.paused.load(Ordering::Relaxed)
    }

    /// Lets the fetching of older mail wait, or go on; the record keeps it for the next start.
    pub async fn pause_history(&self, paused: bool) -> Result<(), StoreError> {
        let word = if paused { "yes" } else { "no" };
        self.store()
            .write_durable("pause-history", move |tx| store::meta::set(tx, PAUSED, word))
            .await?;
        self.0.paused.store(paused, Ordering::Relaxed);
        Ok(())
    }

    /// The policies and calendars.
    pub fn sla(&self) -> &Arc<SlaSettings> {
        &self.0.sla
    }

    /// The zone in which the office's times are shown.
    pub fn zone(&self) -> TimeZone {
        TimeZone::get(self.0.sla.office.zone_name()).unwrap_or(TimeZone::UTC)
    }

    /// By what the office knows itself.
    pub fn ours(&self) -> &Ours {
        &self.0.ours
    }

    /// The accounts, by their identity in the record.
    pub fn accounts(&self) -> &BTreeMap<AccountId, Account> {
        &self.0.accounts
    }

    /// The footers.
    pub fn footers(&self) -> &FooterBook {
        &self.0.footers
    }

    /// What time it is.
    pub fn now(&self) -> Timestamp {
        self.0.time.now()
    }

    /// The source of the time.
    pub fn time(&self) -> &Arc<dyn TimeSource> {
        &self.0.time
    }

    /// Messages of which it became unknown at the start whether they went out.
    pub fn recovered(&self) -> &[OutboxId] {
        &self.0.recovered
    }

    /// Who acts at this desk.
    pub fn person(&self) -> Actor {
        let name = self.0.settings.accounts.first().map_or("desk", |account| account.name.as_str());
        Actor::Person(name.to_owned())
    }

    /// Runs a use case of a person in one durable transaction. What it says it touched is settled in the same
    /// transaction: tags, suggestions, clocks, list rows.
    pub async fn decide<T, F>(
        &self,
        label: &'static str,
        case: F,
    ) -> Result<(T, Vec<ThreadId>), StoreError>
    where
        T: Send + 'static,
        F: FnOnce(
                &Transaction<'_>,
                &Roster,
                Timestamp,
            ) -> Result<(T, BTreeSet<ThreadId>), StoreError>
            + Send
            + 'static,
    {
        let office = self.clone();
        self.store()
            .write_durable(label, move |tx| {
                let now = office.now();
                let roster = ingest::roster(tx, office.ours())?;
                let (value, mut touched) = case(tx, &roster, now)?;
                let after = ingest::roster(tx, office.ours())?;
                senders::follow(tx, &roster, &after, &mut touched, now)?;
                let touched = office.settle(tx, touched, now)?;
                Ok((value, touched))
            })
            .await
    }

    /// Folds the clocks of conversations anew: what has come true of them since is journalled.
    pub fn refold(&self, tx: &Transaction<'_>, threads: &[ThreadId]) -> Result<(), StoreError> {
        let roster = ingest::roster(tx, self.ours())?;
        let now = self.now();
        threads
            .iter()
            .try_for_each(|thread| super::fold::refold(tx, *thread, &roster, self.sla(), now))
    }

    /// Brings conversations up to date after a change; an identity that was merged away counts as the one it became.
    pub fn settle(
        &self,
        tx: &Transaction<'_>,
        touched: BTreeSet<ThreadId>,
        now: Timestamp,
    ) -> Result<Vec<ThreadId>, StoreError> {
        if touched.is_empty() {
            return Ok(Vec::new());
        }
        let mut current = BTreeSet::new();
        for thread in touched {
            current.insert(store::threads::current(tx, thread)?);
        }
        let matters = store::matters::all(tx)?;
        let roster = ingest::roster(tx, self.ours())?;
        ingest::settle(tx, &current, &matters, &roster, &self.desk(now))?;
        Ok(current.into_iter().collect())
    }

    /// Puts prepared messages into the record in one transaction. Blocks.
    pub fn record_blocking(&self, batch: &Arc<[ingest::Prepared]>) -> Result<Recorded, StoreError> {
        let (office, batch) = (self.clone(), Arc::clone(batch));
        self.store().write_blocking("ingest", move |tx| office.record_in(tx, &batch))
    }

    /// Puts all that `more` gives into the record in one transaction. Blocks.
    ///
    /// The more goes into one transaction the less each message costs: pages of the indexes are written, and
    /// conversations brought up to date, once for each.
    pub fn record_while(
        &self,
        mut more: impl FnMut() -> Option<Vec<ingest::Prepared>> + Send + 'static,
    ) -> Result<Recorded, StoreError> {
        let office = self.clone();
        self.store().write_blocking("ingest", move |tx| {
            office.record_with(tx, |recording| {
                while let Some(batch) = more() {
                    recording.add(&batch)?;
                }
                Ok(())
            })
        })
    }

    /// [`Office::record_blocking`] inside a transaction that is there already.
    pub fn record_in(
        &self,
        tx: &Transaction<'_>,
        batch: &[ingest::Prepared],
    ) -> Result<Recorded, StoreError> {
        self.record_with(tx, |recording| recording.add(batch))
    }

    fn record_with(
        &self,
        tx: &Transaction<'_>,
        add: impl FnOnce(&mut ingest::Recording<'_>) -> Result<(), StoreError>,
    ) -> Result<Recorded, StoreError> {
        let now = self.now();
        let desk = self.desk(now);
        let mut recording = ingest::Recording::begin(tx, &desk)?;
        add(&mut recording)?;
        let mut recorded = recording.finish()?;
        let roster = || ingest::roster(tx, self.ours());
        let turned = senders::after_batch(tx, &recorded.new, &recorded.known, roster, now)?;
        for thread in &turned {
            ingest::wake_turned(tx, *thread, &recorded.new, now)?;
        }
        recorded.threads.extend(self.settle(tx, turned, now)?);
        Ok(recorded)
    }

    fn desk(&self, now: Timestamp) -> Desk<'_> {
        Desk { rules: &self.0.sla, ours: &self.0.ours, now }
    }

    /// What was being sent when the program ended may lie in Sent already: then it is known after all.
    fn look_for_proofs(&self) -> Result<(), StoreError> {
        let office = self.clone();
        self.store().write_durable_blocking("proofs", move |tx| office.prove_unknown(tx))
    }

    /// Looks in Sent for every message of which it is not known whether it went out.
    pub(super) fn prove_unknown(&self, tx: &Transaction<'_>) -> Result<(), StoreError> {
        for row in store::outbox::unknown(tx)? {
            self.proven(tx, row.id)?;
        }
        Ok(())
    }

    /// A copy in Sent that came when it was not known how an attempt ended proves that the message went out. Says which
    /// conversations changed with it, or `None` without such an attempt or such a copy.
    pub(super) fn proven(
        &self,
        tx: &Transaction<'_>,
        item: OutboxId,
    ) -> Result<Option<Vec<ThreadId>>, StoreError> {
        let Some(began) = store::outbox::last_lost(tx, item)? else { return Ok(None) };
        let row = store::outbox::get(tx, item)?;
        let Some(copy) = store::outbox::copy_in_sent(tx, &row.message_id)? else { return Ok(None) };
        let now = self.now();
        let thread = ingest::observed_in_sent(tx, &row, copy, began, now)?;
        super::operate::answered(tx, item, now)?;
        self.settle(tx, [thread].into(), now).map(Some)
    }

    /// Clocks that were folded under other rules are folded anew.
    fn follow_rules(&self) -> Result<(), StoreError> {
        // By which addresses the office knows itself decides which way a message went.
        let own: Vec<&str> = self.0.ours.addresses.iter().map(EmailAddress::key).collect();
        let rules = format!("{:?} {own:?} {:?}", self.0.sla, self.0.ours.domains);
        let fingerprint = blake3::hash(rules.as_bytes()).to_hex().to_string();
        let office = self.clone();
        self.store().write_durable_blocking("follow-rules", move |tx| {
            if store::meta::get(tx, RULES)?.as_deref() == Some(fingerprint.as_str()) {
                return Ok(());
            }
            let now = office.now();
            let roster = ingest::roster(tx, office.ours())?;
            for thread in store::threads::all(tx)? {
                if senders::turn_round(tx, thread, &roster, now)? {
                    store::threads::refresh(tx, [thread])?;
                }
                super::fold::refold(tx, thread, &roster, &office.0.sla, now)?;
            }
            store::audit::append(tx, &AuditEntry::new(now, Actor::System, "rules-followed"))?;
            store::meta::set(tx, RULES, &fingerprint)
        })
    }
}

/// What was under way when the program (or an account's runner) ended is not known to have gone out or not.
pub(super) fn recover(
    tx: &Transaction<'_>,
    account: Option<AccountId>,
    now: Timestamp,
) -> Result<Vec<OutboxId>, StoreError> {
    let recovered = store::outbox::recover(tx, account, now)?;
    for item in &recovered {
        let entry = AuditEntry::new(now, Actor::System, "outbox-unknown").with("item", item);
        store::audit::append(tx, &entry)?;
    }
    Ok(recovered)
}

fn shipped_footers(settings: &Settings) -> FooterBook {
    let variables = FooterVariables {
        firm: settings.office.name.clone(),
        phone: settings.office.phone.clone(),
        address: settings.office.address.clone(),
    };
    FooterBook::samples(variables, settings.language)
}

fn ours(settings: &Settings) -> Ours {
    let addresses = settings
        .accounts
        .iter()
        .flat_map(|account| std::iter::once(&account.address).chain(&account.aliases))
        .chain(&settings.office.own_addresses)
        .cloned()
        .collect();
    Ours { addresses, domains: settings.office.own_domains.iter().cloned().collect() }
}
