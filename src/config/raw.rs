//! What the settings file says, word for word. Unknown keys are mistakes, and every key may be left out.
//!
//! Owns the file's grammar. What a value means and whether it makes sense is [`settings`](super::settings)' business.

use serde::Deserialize;
use toml::Spanned;

use super::error::Mistake;

/// Reads the text, or says where it is not understood.
pub(super) fn parse(text: &str) -> Result<RawConfig, Mistake> {
    toml::from_str(text).map_err(Mistake::from)
}

/// The whole file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawConfig {
    pub office: RawOffice,
    pub record: RawRecord,
    pub sync: RawSync,
    pub send: RawSend,
    pub drafts: RawDrafts,
    pub screen: RawScreen,
    pub limits: RawLimits,
    pub files: RawFiles,
    pub log: RawLog,
    pub account: Vec<Spanned<RawAccount>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawOffice {
    pub name: String,
    pub phone: String,
    pub address: String,
    pub own_addresses: Vec<Spanned<String>>,
    pub own_domains: Vec<Spanned<String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawRecord {
    pub passphrase: Option<Spanned<RawPassphrase>>,
    pub passphrase_command: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum RawPassphrase {
    Prompt,
    Keyring,
    Command,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawSync {
    pub poll_seconds: Option<Spanned<u32>>,
    pub also: Vec<String>,
    pub include: Vec<Spanned<String>>,
    pub exclude: Vec<Spanned<String>>,
    pub shared: Vec<Spanned<String>>,
    pub history: Option<Spanned<String>>,
}

/// The folders of one account.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawFolders {
    pub include: Option<Vec<Spanned<String>>>,
    pub exclude: Option<Vec<Spanned<String>>>,
    pub shared: Option<Vec<Spanned<String>>>,
    pub sent: Option<Spanned<String>>,
    pub archive: Option<Spanned<String>>,
    pub drafts: Option<Spanned<String>>,
    pub junk: Option<Spanned<String>>,
    pub trash: Option<Spanned<String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawSend {
    pub undo_seconds: Option<Spanned<u32>>,
    pub language: Option<Spanned<String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawDrafts {
    pub on_server: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawScreen {
    pub theme: Option<Spanned<String>>,
    pub editor: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawLimits {
    pub message_bytes: Option<Spanned<u64>>,
    pub recipients: Option<Spanned<u32>>,
    pub outgoing_bytes: Option<Spanned<u64>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawFiles {
    pub keys: Option<String>,
    pub sla: Option<String>,
    pub footers: Option<String>,
    pub themes: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawLog {
    pub level: Option<super::settings::LogLevel>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawAccount {
    pub name: Spanned<String>,
    #[serde(default)]
    pub person: String,
    pub address: Spanned<String>,
    #[serde(default)]
    pub aliases: Vec<Spanned<String>>,
    pub user: Option<Spanned<String>>,
    pub secret: Option<Spanned<RawSecret>>,
    pub imap: RawServer,
    pub smtp: RawServer,
    pub trust: Option<Spanned<RawTrust>>,
    #[serde(default)]
    pub folders: RawFolders,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawServer {
    pub host: Spanned<String>,
    pub port: Spanned<u16>,
    pub tls: super::settings::TlsMode,
}

/// A word, or a table with one key.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum RawSecret {
    Prompt,
    Keyring,
    Command(Vec<String>),
    Fd(i32),
    #[serde(rename = "oauth")]
    OAuth(Box<super::oauth::RawOAuth>),
}

/// A word, or a table with one key.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum RawTrust {
    Platform,
    Webpki,
    CaFile(String),
    Pin(String),
}
