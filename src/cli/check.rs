//! `config check`, `account check`, `doctor`: what is sound and what to do about the rest.
//!
//! Owns the order in which files are looked at. It changes nothing.

use std::{
    env, fs,
    io::{self, IsTerminal},
    path::{Path, PathBuf},
};

use jiff::{ToSpan, civil::Date, tz::TimeZone};

use super::{Context, Failure, json, opened};
use crate::{
    config::{
        self, ConfigError, Settings, footers,
        keyring::KeyringEntry,
        paths::{self, Paths},
        secrets::{self, Had, SecretError},
        settings::{Account, SecretSource},
        sla,
    },
    domain::fault::Kind,
    tui::{Keymap, KeysError, Theme},
};

/// `matterbox config check`
pub fn config(context: &mut Context<'_>) -> Result<(), Failure> {
    let paths = context.paths()?;
    let mut files = Vec::new();
    let settings = match config::load(&paths.settings) {
        Ok(settings) => {
            let mut file = entry(&paths.settings, json::FileState::Ok);
            if paths::open_to_others(&paths.settings) {
                file.remarks
                    .push("other users can read this file; run `chmod 600` on it".to_owned());
            }
            file.remarks.extend(unnamed(&settings));
            files.push(file);
            settings
        }
        Err(error) => {
            files.push(mistaken(&paths.settings, &error));
            // The other files can still be looked at, from where they would be.
            config::parse("", &paths.settings)?
        }
    };
    let today = TimeZone::UTC.to_datetime(context.now).date();
    files.extend(beside(&settings, today));
    let sound = files
        .iter()
        .all(|file| matches!(file.state, json::FileState::Ok | json::FileState::BuiltIn));
    context.output.report(&json::ConfigReport { files, sound })?;
    if sound { Ok(()) } else { Err(Failure::needs_user("the settings need your attention")) }
}

/// What the shipped footers print and the office has not said.
fn unnamed(settings: &Settings) -> Option<String> {
    let office = &settings.office;
    let missing: Vec<&str> =
        [("name", &office.name), ("phone", &office.phone), ("address", &office.address)]
            .into_iter()
            .filter(|(_, value)| value.trim().is_empty())
            .map(|(key, _)| key)
            .collect();
    (!missing.is_empty())
        .then(|| format!("footers print what [office] says; it says no {}", missing.join(", no ")))
}

/// The files beside the settings.
fn beside(settings: &Settings, today: Date) -> Vec<json::ConfigFile> {
    let mut files = vec![keys(&settings.files.keys)];
    files.push(clocks(&settings.files.sla, today));
    files.push(theme(settings));
    files.push(checked(&settings.files.footers, footers::book(settings).map(drop)));
    files
}

/// The settings of clocks. Holidays that will soon be unknown are worth a word in time.
fn clocks(path: &Path, today: Date) -> json::ConfigFile {
    let loaded = sla::load(path);
    let soon = today.saturating_add(AHEAD.days());
    let remarks: Vec<String> = loaded
        .iter()
        .flat_map(|settings| settings.calendars.values())
        .filter_map(|calendar| Some((calendar, calendar.unknown_after()?)))
        .filter(|(_, unknown)| soon.year() > unknown.year)
        .map(|(calendar, unknown)| format!("calendar {}: {}", calendar.name, unknown.words()))
        .collect();
    json::ConfigFile { remarks, ..checked(path, loaded.map(drop)) }
}

/// So many days ahead a set of holidays should know its days.
const AHEAD: i32 = 120;

fn entry(path: &Path, state: json::FileState) -> json::ConfigFile {
    json::ConfigFile {
        path: path.display().to_string(),
        state,
        line: None,
        column: None,
        mistake: None,
        remedy: None,
        remarks: Vec::new(),
    }
}

fn checked(path: &Path, result: Result<(), ConfigError>) -> json::ConfigFile {
    match result {
        Ok(()) if path.exists() => entry(path, json::FileState::Ok),
        Ok(()) => entry(path, json::FileState::BuiltIn),
        Err(error) => mistaken(path, &error),
    }
}

fn mistaken(path: &Path, error: &ConfigError) -> json::ConfigFile {
    let file = entry(path, json::FileState::Mistake);
    match error {
        ConfigError::Missing { .. } => entry(path, json::FileState::Missing),
        ConfigError::Mistake { file: at, line, column, what, remedy } => json::ConfigFile {
            path: at.display().to_string(),
            line: Some(*line),
            column: Some(*column),
            mistake: Some(what.clone()),
            remedy: remedy.clone(),
            ..file
        },
        ConfigError::Read { .. }
        | ConfigError::NoHome
        | ConfigError::Write { .. }
        | ConfigError::Open { .. } => json::ConfigFile { mistake: Some(error.to_string()), ..file },
    }
}

fn keys(path: &Path) -> json::ConfigFile {
    match load_keys(path) {
        Ok(_) if path.exists() => entry(path, json::FileState::Ok),
        Ok(_) => entry(path, json::FileState::BuiltIn),
        Err(KeysFailure::Read(text)) => {
            json::ConfigFile { mistake: Some(text), ..entry(path, json::FileState::Mistake) }
        }
        Err(KeysFailure::Keys(error)) => json::ConfigFile {
            line: Some(error.line),
            mistake: Some(error.problem.to_string()),
            ..entry(path, json::FileState::Mistake)
        },
    }
}

/// Why there is no key table.
pub enum KeysFailure {
    /// The file could not be read.
    Read(String),
    /// The file is not understood.
    Keys(KeysError),
}

/// The shipped keys with the person's own laid over them.
///
/// # Errors
/// When the person's file cannot be read or is not understood.
pub fn load_keys(path: &Path) -> Result<Keymap, KeysFailure> {
    if !path.exists() {
        return Keymap::load(None).map_err(KeysFailure::Keys);
    }
    let text = fs::read_to_string(path).map_err(|error| KeysFailure::Read(error.to_string()))?;
    let name = path.display().to_string();
    Keymap::load(Some((&name, &text))).map_err(KeysFailure::Keys)
}

fn theme(settings: &Settings) -> json::ConfigFile {
    let path = theme_file(settings);
    match load_theme(settings) {
        Ok(_) if path.exists() => entry(&path, json::FileState::Ok),
        Ok(_) => entry(&path, json::FileState::BuiltIn),
        Err(text) => {
            json::ConfigFile { mistake: Some(text), ..entry(&path, json::FileState::Mistake) }
        }
    }
}

fn theme_file(settings: &Settings) -> PathBuf {
    settings.files.themes.join(format!("{}.toml", settings.theme))
}

/// The theme of the settings: a file of the themes folder, else a shipped one. `NO_COLOR` takes the colours out.
///
/// # Errors
/// In words, when there is no such theme or it is not understood.
pub fn load_theme(settings: &Settings) -> Result<Theme, String> {
    // https://no-color.org: set and not empty, whatever it says.
    let colours = env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let file = theme_file(settings);
    let theme = if file.exists() {
        let text = fs::read_to_string(&file).map_err(|error| error.to_string())?;
        Theme::parse(&settings.theme, &text, colours)
    } else {
        Theme::shipped(&settings.theme, colours)
    };
    theme.map_err(|error| error.to_string())
}

/// `matterbox account check`
pub fn account(context: &mut Context<'_>, name: Option<&str>) -> Result<(), Failure> {
    let (_, settings) = context.settings()?;
    let chosen: Vec<_> = settings
        .accounts
        .iter()
        .filter(|account| name.is_none_or(|name| account.name.eq_ignore_ascii_case(name)))
        .collect();
    if chosen.is_empty() {
        return Err(Failure::refused(match name {
            Some(name) => format!("there is no account called `{name}`"),
            None => "there is no account yet; `matterbox init` sets one up".to_owned(),
        }));
    }
    let mut checks = Vec::new();
    for account in chosen {
        if matches!(account.secret, SecretSource::OAuth(_)) {
            checks.extend(signed_in(context, account)?);
            continue;
        }
        let question = format!("Password of {} at {}: ", account.user, account.imap.host);
        let entry = KeyringEntry::account(&settings.files.folder, &account.name);
        match secrets::account_secret(&account.secret, &question, entry) {
            Ok(had) => checks.extend(tried(context, account, had)?),
            Err(error) => checks.push(json::Check {
                subject: account.name.clone(),
                what: "password".to_owned(),
                outcome: json::Outcome::Failed,
                detail: Failure::from(error).to_string(),
            }),
        }
    }
    report(context, checks)
}

/// Tries an account with what is kept of its last sign-in.
fn signed_in(context: &Context<'_>, account: &Account) -> Result<Vec<json::Check>, Failure> {
    let failed = |detail: String| json::Check {
        subject: account.name.clone(),
        what: "sign-in".to_owned(),
        outcome: json::Outcome::Failed,
        detail,
    };
    match context.wiring.kept_sign_in(context.opening()?, account) {
        Ok(credential) => Ok(context.wiring.probe(account, &credential)),
        Err(failure) => Ok(vec![failed(failure.to_string())]),
    }
}

/// Tries an account. A password that works is kept in the keyring where the settings want it there; one from there that
/// does not work may be another one by now, so it is asked for where there is somebody to ask.
fn tried(
    context: &Context<'_>,
    account: &Account,
    mut had: Had,
) -> Result<Vec<json::Check>, Failure> {
    let is_sound = |checks: &[json::Check]| checks.iter().all(|c| c.outcome == json::Outcome::Ok);
    let mut checks = context.wiring.probe(account, &had.secret.clone().into());
    let in_doubt = had.keyring.as_mut().filter(|looked| looked.found && !is_sound(&checks));
    if let Some(looked) = in_doubt.filter(|_| io::stdin().is_terminal()) {
        match secrets::prompt("This password came from the keyring. Another one (Enter keeps it): ")
        {
            Ok(secret) => {
                looked.found = false;
                had.secret = secret;
                checks = context.wiring.probe(account, &had.secret.clone().into());
            }
            Err(SecretError::Empty { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    if is_sound(&checks) {
        opened::keep(&had);
    }
    Ok(checks)
}

/// `matterbox doctor`
pub fn doctor(context: &mut Context<'_>) -> Result<(), Failure> {
    let (paths, _) = context.settings()?;
    if !paths.record.exists() || super::is_empty(&paths.record) {
        let mut checks = places(&paths);
        checks.push(json::Check {
            subject: "record".to_owned(),
            what: "open".to_owned(),
            outcome: json::Outcome::Skipped,
            detail: "there is none yet; `matterbox` makes it at its first start".to_owned(),
        });
        return report(context, checks);
    }
    let opening = context.opening()?;
    let mut checks = places(&opening.paths);
    match context.wiring.open(opening) {
        Ok(mut office) => checks.extend(office.doctor()?),
        Err(failure) => checks.push(json::Check {
            subject: "record".to_owned(),
            what: "open".to_owned(),
            outcome: json::Outcome::Failed,
            detail: failure.to_string(),
        }),
    }
    report(context, checks)
}

/// The places of the office and who can look into them.
fn places(paths: &Paths) -> Vec<json::Check> {
    let places = [("settings", &paths.settings), ("record", &paths.record), ("log", &paths.log)];
    places
        .into_iter()
        .map(|(subject, path)| {
            let open = paths::open_to_others(path);
            let detail = if open {
                format!("{} can be read by other users; close it with chmod", path.display())
            } else {
                path.display().to_string()
            };
            json::Check {
                subject: subject.to_owned(),
                what: "private".to_owned(),
                outcome: if open { json::Outcome::Warning } else { json::Outcome::Ok },
                detail,
            }
        })
        .collect()
}

fn report(context: &mut Context<'_>, checks: Vec<json::Check>) -> Result<(), Failure> {
    let sound = checks.iter().all(|check| check.outcome != json::Outcome::Failed);
    context.output.report(&json::CheckReport { checks, sound })?;
    if sound {
        Ok(())
    } else {
        Err(Failure::new(Kind::Refused, "something does not work; see above"))
    }
}
