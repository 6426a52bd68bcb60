//! `demo`: the practice office, its servers and its screen, in a throw-away folder.
//!
//! Owns the folder and the settings in it. The mail comes over IMAP with the same code as a real account's; only what
//! the office's people had decided before today (matters, people, tags) is put into the record directly.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use jiff::{Timestamp, tz::TimeZone};
use tempfile::TempDir;
use tokio::sync::mpsc;

use super::{Failure, opened, screen};
use crate::{
    app::{
        office::Office,
        time::{SystemTime, TimeSource},
        wiring::Wiring as Wired,
    },
    config::{
        self, Settings,
        paths::{Paths, private_folder, replace_private},
        settings::{Account, PassphraseSource, SecretSource, Server, TlsMode, TrustSource},
        write::{self, FirstSettings},
    },
    demo,
    domain::{
        calendar,
        confidential::Confidential,
        fault::{Ignore, Kind},
        id::{MatterId, PartyId},
        matter::MatterNumber,
        message::MessageId,
    },
    store::{Absent, KdfCost},
};

/// The passphrase of every practice office: its mail is invented.
const PASSPHRASE: &str = "practice office";
/// The zone of a practice office on a machine that has none.
const ZONE: &str = "Europe/London";

/// Runs the practice office until the person leaves.
pub fn run(keep: bool, home: Option<&Path>, now: Option<Timestamp>) -> Result<(), Failure> {
    let folder = Folder::new(keep, home)?;
    let zone = config::sla::system_zone().unwrap_or_else(|| ZONE.to_owned());
    let time = started_at(now);
    let runtime = opened::runtime()?;
    let result = runtime.block_on(practise(&folder, &zone, time));
    // Connections that still wait for a timer need not be waited for.
    runtime.shutdown_background();
    result?;
    folder.tell();
    Ok(())
}

/// The folder of a practice office.
enum Folder {
    ThrowAway(TempDir),
    Kept(PathBuf),
}

impl Folder {
    fn new(keep: bool, home: Option<&Path>) -> Result<Self, Failure> {
        let cannot = |error: std::io::Error| {
            Failure::refused(format!("the folder of the practice office cannot be made: {error}"))
        };
        if let Some(home) = home {
            if home.read_dir().is_ok_and(|mut entries| entries.next().is_some()) {
                return Err(Failure::needs_user(format!(
                    "{} is not empty; nothing was touched. Name a new folder for the practice office",
                    home.display()
                )));
            }
            private_folder(home)?;
            return Ok(Self::Kept(home.to_owned()));
        }
        let folder =
            tempfile::Builder::new().prefix("matterbox-demo-").tempdir().map_err(cannot)?;
        Ok(if keep { Self::Kept(folder.keep()) } else { Self::ThrowAway(folder) })
    }

    fn path(&self) -> &Path {
        match self {
            Self::ThrowAway(folder) => folder.path(),
            Self::Kept(folder) => folder,
        }
    }

    fn tell(&self) {
        if let Self::Kept(folder) = self {
            writeln!(
                io::stdout(),
                "The practice office stays in {}. Open it with: matterbox --home {} (passphrase: {PASSPHRASE}). \
                 Its mail servers are gone, so any password of the mailbox will do; everything else works.",
                folder.display(),
                folder.display()
            )
            .ignore("the terminal is gone");
        }
    }
}

/// The real time, or one that begins at `now` and goes on from there.
fn started_at(now: Option<Timestamp>) -> Arc<dyn TimeSource> {
    now.map_or_else(
        || Arc::new(SystemTime) as Arc<dyn TimeSource>,
        |now| Arc::new(crate::app::time::ShiftedTime::from(now)),
    )
}

async fn practise(folder: &Folder, zone: &str, time: Arc<dyn TimeSource>) -> Result<(), Failure> {
    let office_zone = calendar::zones().get(zone).unwrap_or(TimeZone::UTC);
    let servers = demo::start(time.now(), office_zone).await?;
    let settings = settings(folder.path(), zone, &servers)?;
    let sla = config::sla::parse(&config::sla::every_weekday_in(zone), Path::new("sla.toml"))?;
    let footers = config::footers::book(&settings)?;
    let password = servers.password.clone();
    let record = Paths::inside(folder.path()).record;
    let (practice, filings) = {
        let content = servers.office.clone();
        tokio::task::spawn_blocking(move || {
            let passphrase = Confidential::from(PASSPHRASE);
            let absent = Absent::Create(KdfCost::CHEAP);
            let office =
                Office::open_with(&record, settings, sla, footers, &passphrase, absent, time)?;
            let matters = furnish(&office, &content)?;
            Ok::<_, crate::store::StoreError>((office, filings(&content, &matters)))
        })
        .await
        .map_err(|_| Failure::new(Kind::Bug, "the practice office could not be furnished"))??
    };
    let mut wirings = BTreeMap::new();
    for (id, account) in practice.accounts() {
        wirings.insert(*id, Wired::new(account.clone(), password.clone())?);
    }
    let options = screen::options(practice.settings(), &practice)?;
    let (heard, wake) = mpsc::channel(1);
    let clerk = tokio::spawn(file(practice.clone(), filings, wake));
    let shown = screen::show(practice, wirings, options, Some(heard)).await;
    clerk.abort();
    servers.stop().await;
    shown
}

/// Settings like those that `init` writes, for the practice office's own servers.
fn settings(folder: &Path, zone: &str, servers: &demo::Running) -> Result<Settings, Failure> {
    let authority = folder.join("authority.pem");
    fs::write(&authority, &servers.authority)
        .map_err(|error| Failure::refused(format!("the certificate cannot be written: {error}")))?;
    let owner = servers.office.owner;
    let address = owner
        .email_address()
        .map_err(|_| Failure::new(Kind::Bug, "the practice office has no address"))?;
    let server = |port| Server { host: "localhost".to_owned(), port, tls: TlsMode::Implicit };
    let first = FirstSettings {
        office: "Marlowe Finch Solicitors (a practice office)".to_owned(),
        // A number that is kept for fiction.
        phone: "+44 20 7946 0018".to_owned(),
        address: "12 Fiction Row, London".to_owned(),
        passphrase: PassphraseSource::Prompt,
        account: Account {
            name: "practice".to_owned(),
            person: owner.name.to_owned(),
            address,
            aliases: Vec::new(),
            user: servers.user.to_owned(),
            secret: SecretSource::Prompt,
            imap: server(servers.imap_port),
            smtp: server(servers.smtp_port),
            trust: TrustSource::CaFile(authority),
        },
    };
    let paths = Paths::inside(folder);
    // Colleagues write from the same domain: their mail is the office's own.
    let domain = format!("own_domains = [\"{}\"]", first.account.address.domain());
    let text = write::first_text(&first).replacen("# own_domains = []", &domain, 1);
    write::save(&paths.settings, &text)?;
    replace_private(&folder.join("sla.toml"), config::sla::every_weekday_in(zone).as_bytes())?;
    paths.prepare()?;
    Ok(config::parse(&text, &paths.settings)?)
}

/// Matters and people, as the office's staff had entered them.
fn furnish(
    office: &Office,
    content: &demo::Office,
) -> Result<BTreeMap<MatterNumber, MatterId>, crate::store::StoreError> {
    let content = content.matters.clone();
    let now = office.now();
    office.store().write_durable_blocking("furnish", move |tx| {
        let mut people: BTreeMap<&'static str, PartyId> = BTreeMap::new();
        let mut matters = BTreeMap::new();
        for matter in content {
            let new = crate::store::matters::NewMatter {
                number: matter.number.clone(),
                name: matter.name.to_owned(),
                policy: String::new(),
                footer: String::new(),
            };
            let id = crate::store::matters::add(tx, &new, now)?;
            for (person, role) in &matter.parties {
                let party = if let Some(party) = people.get(person.key) {
                    *party
                } else {
                    let addresses: Vec<_> = person.email_address().into_iter().collect();
                    let party = crate::store::matters::add_party(tx, person.name, &addresses, now)?;
                    people.insert(person.key, party);
                    party
                };
                crate::store::matters::set_role(tx, id, party, *role)?;
            }
            matters.insert(matter.number, id);
        }
        Ok(matters)
    })
}

fn filings(
    content: &demo::Office,
    matters: &BTreeMap<MatterNumber, MatterId>,
) -> Vec<(MessageId, MatterId)> {
    content
        .filings
        .iter()
        .filter_map(|filing| {
            Some((MessageId::new(&filing.message_id)?, *matters.get(&filing.matter)?))
        })
        .collect()
}

/// Files conversations where the office's people had filed them, as soon as their first message has come.
async fn file(
    office: Office,
    mut filings: Vec<(MessageId, MatterId)>,
    mut wake: mpsc::Receiver<()>,
) {
    while !filings.is_empty() && wake.recv().await.is_some() {
        match office.file_known(filings.clone()).await {
            Ok(rest) => filings = rest,
            Err(error) => {
                tracing::warn!(error = %error, "the practice office could not be filed");
                return;
            }
        }
    }
}
