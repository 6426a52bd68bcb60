//! Shapes of the commands that look at this machine: settings, accounts, keys, health, imports.

use schemars::JsonSchema;
use serde::Serialize;

/// Output of `config check`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ConfigReport {
    /// Every file that was looked at, in order.
    pub files: Vec<ConfigFile>,
    /// True when no file has a mistake.
    pub sound: bool,
}

/// One settings file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ConfigFile {
    /// Its path.
    pub path: String,
    /// `ok`, `built-in` (no such file, so the shipped one holds), `missing` or `mistake`.
    pub state: FileState,
    /// The line of the mistake, from 1.
    pub line: Option<usize>,
    /// The column of the mistake in characters, from 1.
    pub column: Option<usize>,
    /// What is wrong, in words.
    pub mistake: Option<String>,
    /// What to do about it, in words.
    pub remedy: Option<String>,
    /// Worth knowing, in words: a file that other users can read.
    pub remarks: Vec<String>,
}

/// How a settings file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FileState {
    /// Understood.
    Ok,
    /// There is none; the built-in one holds.
    BuiltIn,
    /// There is none and one is needed.
    Missing,
    /// Not understood.
    Mistake,
}

/// Output of `account check` and `doctor`: what was tried, in order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CheckReport {
    /// The checks.
    pub checks: Vec<Check>,
    /// True when none failed.
    pub sound: bool,
}

/// One check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Check {
    /// What was looked at: an account's name, `record`, `settings`, `machine`.
    pub subject: String,
    /// What was tried, in words.
    pub what: String,
    /// How it went.
    pub outcome: Outcome,
    /// What was found and, when it failed, what to do; in words.
    pub detail: String,
}

/// How a check went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It works.
    Ok,
    /// It works, but something is worth knowing.
    Warning,
    /// It does not work.
    Failed,
    /// It was not tried, because something before it failed.
    Skipped,
}

/// Output of `keys`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct KeysReport {
    /// Every key, place by place.
    pub keys: Vec<KeyRow>,
}

/// A key of the screen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct KeyRow {
    /// Where it holds.
    pub context: String,
    /// What to press.
    pub chord: String,
    /// The action's name, as keys.toml writes it.
    pub action: String,
    /// What it does, in words.
    pub description: String,
}

/// Output of `import`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ImportReport {
    /// What became of each path, in the order given.
    pub paths: Vec<Imported>,
}

/// What became of one path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Imported {
    /// The path.
    pub path: String,
    /// Messages that are new in the record.
    pub stored: u64,
    /// Messages that were there already.
    pub known: u64,
    /// Messages that could not be parsed; they are kept and shown raw.
    pub unparsed: u64,
    /// Why reading stopped, in words.
    pub problem: Option<String>,
}

/// Output of `sync`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SyncReport {
    /// What became of each account, in the order of the settings.
    pub accounts: Vec<SyncedAccount>,
    /// True when every account was brought up to date.
    pub complete: bool,
}

/// What became of one account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SyncedAccount {
    /// The account's name.
    pub account: String,
    /// Messages that came in this run.
    pub new: u64,
    /// Messages stored in all.
    pub stored: u64,
    /// Messages that the server has shown in all.
    pub known: u64,
    /// Messages that failed and will be tried again.
    pub failed: u64,
    /// Why it is not up to date, in words.
    pub problem: Option<String>,
    /// Each of its folders, those that are pulled first.
    pub folders: Vec<SyncedFolder>,
}

/// How complete one folder is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SyncedFolder {
    /// Its name.
    pub name: String,
    /// What it is for: `inbox`, `sent`, `archive`, `drafts`, `junk`, `trash`, `all`, `flagged`, or empty.
    pub role: String,
    /// `pulled`, `left` (not pulled, as the settings say), `vanished` (no longer on the server), `refused` (the server would
    /// not open it) or `doubtful` (its numbers do not fit).
    pub state: String,
    /// Messages on the server by its own count; null before it was opened.
    pub on_server: Option<u64>,
    /// Messages in the record.
    pub stored: u64,
    /// Messages still to fetch.
    pub pending: u64,
    /// Messages that failed and will be tried again.
    pub failed: u64,
    /// Why they failed.
    pub reasons: Vec<FailedFor>,
    /// Messages that left the server; they stay in the record.
    pub gone: u64,
    /// When every message was compared with the server last, with the office's offset (RFC 3339); null for never.
    pub last_full_check: Option<String>,
    /// Its name since it was renamed.
    pub now_called: Option<String>,
}

/// A reason and how many messages failed for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FailedFor {
    /// The reason, in words.
    pub reason: String,
    /// How many messages.
    pub messages: u64,
}
