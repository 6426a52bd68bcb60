//! What the settings mean: every value resolved, checked and with its default in place.
//!
//! Owns the defaults. After `resolve` nothing is checked again: the types are the proof.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::{Range, RangeInclusive},
    path::{Path, PathBuf},
};

use serde::Deserialize;
use toml::Spanned;

use super::{
    error::Mistake,
    folders,
    oauth::{self, OAuth},
    raw::{
        RawAccount, RawConfig, RawFiles, RawOffice, RawPassphrase, RawRecord, RawSecret, RawServer,
        RawTrust,
    },
};
use crate::domain::{
    address::EmailAddress, folder::FolderChoice, horizon::Horizon, language::Language,
    review::MESSAGE_LIMIT,
};

/// The settings of one office.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The firm.
    pub office: Office,
    /// Its accounts, in the order of the file; their names are unique.
    pub accounts: Vec<Account>,
    /// Where the passphrase of the record comes from.
    pub passphrase: PassphraseSource,
    /// Seconds between two looks at the server, 15 to 3600.
    pub poll_seconds: u32,
    /// Mailboxes to pull besides INBOX and Sent, by their decoded names on the server.
    pub also_mailboxes: Vec<String>,
    /// Which folders are synchronised, by the name of the account.
    pub folders: BTreeMap<String, FolderChoice>,
    /// How far back mail is fetched.
    pub history: Horizon,
    /// Seconds during which a sent message can be taken back, 0 to 600.
    pub undo_seconds: u32,
    /// Whether a draft that is kept also lies in the account's Drafts folder.
    pub drafts_on_server: bool,
    /// The language of footers where the client's is not known.
    pub language: Language,
    /// The name of the theme.
    pub theme: String,
    /// The editor for long messages, program first; empty means `$VISUAL` or `$EDITOR`.
    pub editor: Vec<String>,
    /// Larger messages are listed and not pulled by themselves, bytes.
    pub message_bytes: u64,
    /// More recipients are refused before sending.
    pub recipients: u32,
    /// A larger message is refused before sending, octets on the wire.
    pub outgoing_bytes: u64,
    /// Files beside the settings.
    pub files: Files,
    /// How much the log tells.
    pub log_level: LogLevel,
}

/// The firm, as footers print it and as mail is told apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Office {
    /// Its name.
    pub name: String,
    /// Its telephone number.
    pub phone: String,
    /// Its postal address.
    pub address: String,
    /// Addresses of the office besides those of its accounts.
    pub own_addresses: Vec<EmailAddress>,
    /// Domains of which every address is ours, lower case.
    pub own_domains: Vec<String>,
}

/// A mailbox of the office and how it is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// What it is called here; unique, never empty.
    pub name: String,
    /// Whose name replies carry; may be empty.
    pub person: String,
    /// Its address.
    pub address: EmailAddress,
    /// Other addresses that are this account's own and may be written from.
    pub aliases: Vec<EmailAddress>,
    /// The login name for IMAP and SMTP.
    pub user: String,
    /// Where its password comes from.
    pub secret: SecretSource,
    /// The IMAP server.
    pub imap: Server,
    /// The SMTP relay.
    pub smtp: Server,
    /// Whose word on certificates counts.
    pub trust: TrustSource,
}

/// A server and how TLS begins. There is no way without TLS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// A host name or an IP address; the certificate must name it.
    pub host: String,
    /// The port, never 0.
    pub port: u16,
    /// How TLS begins.
    pub tls: TlsMode,
}

/// How TLS begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TlsMode {
    /// With the first byte (IMAPS 993, submissions 465; RFC 8314).
    Implicit,
    /// After STARTTLS, before anything else; a server that does not offer it is refused.
    Starttls,
}

/// Where an account's password comes from; never from the file itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretSource {
    /// Asked on the terminal.
    Prompt,
    /// The keyring of the system.
    Keyring,
    /// The first line that this program prints; never empty. No shell.
    Command(Vec<String>),
    /// The first line of this open file descriptor.
    Fd(i32),
    /// There is no password: somebody signs in at a provider, and tokens take its place.
    OAuth(Box<OAuth>),
}

/// Where the passphrase of the record comes from. `--passphrase-fd` goes before any of these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PassphraseSource {
    /// Asked on the terminal.
    Prompt,
    /// The keyring of the system, else asked.
    Keyring,
    /// The first line that this program prints; never empty. No shell.
    Command(Vec<String>),
}

/// Whose word on certificates counts. None of them can be told to look away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TrustSource {
    /// The roots of the operating system.
    Platform,
    /// Mozilla's roots, compiled in.
    Webpki,
    /// Only the roots in this PEM file.
    CaFile(PathBuf),
    /// Exactly the key or certificate with this SHA-256.
    Pin([u8; 32]),
}

/// Files beside the settings, made absolute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Files {
    /// The folder of the settings themselves.
    pub folder: PathBuf,
    /// Keys of the screen.
    pub keys: PathBuf,
    /// Policies and calendars.
    pub sla: PathBuf,
    /// The folder of footers.
    pub footers: PathBuf,
    /// The folder of themes.
    pub themes: PathBuf,
}

/// How much the log tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// What failed.
    Error,
    /// And what may be wrong.
    Warn,
    /// And what was done.
    #[default]
    Info,
    /// And how.
    Debug,
}

/// Works out what the file means. `folder` is where relative paths begin.
pub(super) fn resolve(raw: RawConfig, folder: &Path) -> Result<Settings, Mistake> {
    let mut accounts = Vec::new();
    let mut names = BTreeSet::new();
    let usual = folders::usual(&raw.sync)?;
    let mut choices = BTreeMap::new();
    for account in raw.account {
        let account = account.into_inner();
        let choice = folders::of_account(&account.folders, &usual)?;
        let span = account.name.span();
        let account = resolve_account(account, folder)?;
        if !names.insert(account.name.to_lowercase()) {
            return Err(Mistake::new(span, format!("two accounts are called `{}`", account.name))
                .remedy("give each account a name of its own"));
        }
        choices.insert(account.name.clone(), choice);
        accounts.push(account);
    }
    Ok(Settings {
        office: resolve_office(raw.office)?,
        accounts,
        passphrase: resolve_passphrase(raw.record)?,
        poll_seconds: number(raw.sync.poll_seconds, 60, 15..=3600)?,
        also_mailboxes: raw.sync.also,
        folders: choices,
        history: folders::horizon(raw.sync.history.as_ref())?,
        undo_seconds: number(raw.send.undo_seconds, 10, 0..=600)?,
        drafts_on_server: raw.drafts.on_server.unwrap_or(true),
        language: raw.send.language.map_or(Ok(Language::En), |code| language(&code))?,
        theme: file_stem(raw.screen.theme, "paper")?,
        editor: raw.screen.editor,
        message_bytes: number(raw.limits.message_bytes, 50 << 20, 65_536..=(1 << 30))?,
        recipients: number(raw.limits.recipients, 500, 1..=10_000)?,
        outgoing_bytes: number(raw.limits.outgoing_bytes, MESSAGE_LIMIT, 65_536..=(1 << 30))?,
        files: resolve_files(raw.files, folder),
        log_level: raw.log.level.unwrap_or_default(),
    })
}

fn resolve_office(raw: RawOffice) -> Result<Office, Mistake> {
    Ok(Office {
        name: raw.name,
        phone: raw.phone,
        address: raw.address,
        own_addresses: addresses(&raw.own_addresses)?,
        own_domains: raw.own_domains.iter().map(domain).collect::<Result<_, _>>()?,
    })
}

fn resolve_files(raw: RawFiles, folder: &Path) -> Files {
    // `join` takes an absolute path as it is.
    let place = |given: Option<String>, default: &str| {
        folder.join(given.unwrap_or_else(|| default.to_owned()))
    };
    Files {
        folder: folder.to_owned(),
        keys: place(raw.keys, "keys.toml"),
        sla: place(raw.sla, "sla.toml"),
        footers: place(raw.footers, "footers"),
        themes: place(raw.themes, "themes"),
    }
}

fn resolve_passphrase(raw: RawRecord) -> Result<PassphraseSource, Mistake> {
    let Some(source) = raw.passphrase else {
        // A command without the word is meant to be used.
        return Ok(if raw.passphrase_command.is_empty() {
            PassphraseSource::Prompt
        } else {
            PassphraseSource::Command(raw.passphrase_command)
        });
    };
    match *source.get_ref() {
        RawPassphrase::Prompt => Ok(PassphraseSource::Prompt),
        RawPassphrase::Keyring => Ok(PassphraseSource::Keyring),
        RawPassphrase::Command if raw.passphrase_command.is_empty() => {
            Err(Mistake::new(source.span(), "passphrase = \"command\" needs a command")
                .remedy("add passphrase_command = [\"program\", \"argument\"] below it"))
        }
        RawPassphrase::Command => Ok(PassphraseSource::Command(raw.passphrase_command)),
    }
}

fn resolve_account(raw: RawAccount, folder: &Path) -> Result<Account, Mistake> {
    let address = address(&raw.address)?;
    Ok(Account {
        name: filled(&raw.name, "an account needs a name")?,
        person: raw.person,
        aliases: addresses(&raw.aliases)?,
        user: match raw.user {
            Some(user) => {
                filled(&user, "an empty login cannot work; leave `user` out for the address")?
            }
            None => address.as_str().to_owned(),
        },
        address,
        secret: raw
            .secret
            .map_or(Ok(SecretSource::Prompt), |secret| resolve_secret(secret, folder))?,
        imap: resolve_server(raw.imap)?,
        smtp: resolve_server(raw.smtp)?,
        trust: raw.trust.map_or(Ok(TrustSource::Platform), |trust| resolve_trust(trust, folder))?,
    })
}

fn resolve_secret(raw: Spanned<RawSecret>, folder: &Path) -> Result<SecretSource, Mistake> {
    let span = raw.span();
    match raw.into_inner() {
        RawSecret::Prompt => Ok(SecretSource::Prompt),
        RawSecret::Keyring => Ok(SecretSource::Keyring),
        RawSecret::Command(words) if words.first().is_none_or(String::is_empty) => {
            Err(Mistake::new(span, "the command is empty")
                .remedy("write { command = [\"program\", \"argument\"] }"))
        }
        RawSecret::Command(words) => Ok(SecretSource::Command(words)),
        RawSecret::Fd(number) if number < 3 => {
            Err(Mistake::new(span, format!("file descriptor {number} is taken by the terminal"))
                .remedy("use 3 or higher"))
        }
        RawSecret::Fd(number) => Ok(SecretSource::Fd(number)),
        RawSecret::OAuth(raw) => {
            Ok(SecretSource::OAuth(Box::new(oauth::resolve(*raw, &span, folder)?)))
        }
    }
}

fn resolve_server(raw: RawServer) -> Result<Server, Mistake> {
    let host = filled(&raw.host, "a server needs a host name")?;
    if host.contains(|c: char| c.is_whitespace() || matches!(c, '/' | '@')) {
        // Not repeated: an address copied from elsewhere may have a password in it.
        return Err(Mistake::new(raw.host.span(), "this is not a host name")
            .remedy("write the name alone, such as imap.firm.example"));
    }
    if *raw.port.get_ref() == 0 {
        return Err(Mistake::new(raw.port.span(), "port 0 is no port")
            .remedy("IMAP uses 993 (implicit) or 143 (starttls), SMTP 465 or 587"));
    }
    Ok(Server { host, port: raw.port.into_inner(), tls: raw.tls })
}

pub(super) fn resolve_trust(raw: Spanned<RawTrust>, folder: &Path) -> Result<TrustSource, Mistake> {
    let span = raw.span();
    match raw.into_inner() {
        RawTrust::Platform => Ok(TrustSource::Platform),
        RawTrust::Webpki => Ok(TrustSource::Webpki),
        RawTrust::CaFile(file) => Ok(TrustSource::CaFile(folder.join(file))),
        RawTrust::Pin(pin) => fingerprint(&pin).map(TrustSource::Pin).ok_or_else(|| {
            Mistake::new(span, "the pin is not a SHA-256")
                .remedy("write \"sha256:\" and 64 hexadecimal digits")
        }),
    }
}

/// `sha256:` (optional) and 64 hexadecimal digits, colons between them allowed as openssl prints them.
fn fingerprint(text: &str) -> Option<[u8; 32]> {
    let digits = text.strip_prefix("sha256:").unwrap_or(text);
    let nibbles: Vec<u8> = digits
        .chars()
        .filter(|c| *c != ':')
        .map(|c| c.to_digit(16).and_then(|d| u8::try_from(d).ok()))
        .collect::<Option<_>>()?;
    let bytes: Vec<u8> = nibbles
        .chunks(2)
        .map(|pair| pair.iter().fold(0_u8, |byte, nibble| (byte << 4) | nibble))
        .collect();
    (nibbles.len() == 64).then_some(bytes)?.try_into().ok()
}

fn addresses(raw: &[Spanned<String>]) -> Result<Vec<EmailAddress>, Mistake> {
    raw.iter().map(address).collect()
}

fn address(raw: &Spanned<String>) -> Result<EmailAddress, Mistake> {
    let span = raw.span();
    EmailAddress::parse(raw.get_ref().trim()).map_err(|error| {
        Mistake::new(span, format!("`{}` is not an address: {error}", raw.get_ref()))
            .remedy("write the address alone, without a name or brackets")
    })
}

fn domain(raw: &Spanned<String>) -> Result<String, Mistake> {
    let name = raw.get_ref().trim().trim_start_matches('@').to_lowercase();
    if EmailAddress::parse(&format!("a@{name}")).is_err() {
        return Err(Mistake::new(raw.span(), format!("`{}` is not a domain", raw.get_ref()))
            .remedy("write it like firm.example"));
    }
    Ok(name)
}

fn language(raw: &Spanned<String>) -> Result<Language, Mistake> {
    Language::from_code(raw.get_ref()).ok_or_else(|| {
        let known: Vec<_> = Language::ALL.iter().map(|language| language.code()).collect();
        Mistake::new(raw.span(), "there are no footers in this language")
            .remedy(format!("known here: {}", known.join(", ")))
    })
}

fn filled(raw: &Spanned<String>, what: &str) -> Result<String, Mistake> {
    let text = raw.get_ref().trim();
    if text.is_empty() { Err(Mistake::new(raw.span(), what)) } else { Ok(text.to_owned()) }
}

/// The name of a file in a folder of ours: it must not climb out of it.
fn file_stem(raw: Option<Spanned<String>>, default: &str) -> Result<String, Mistake> {
    let Some(raw) = raw else { return Ok(default.to_owned()) };
    let name = filled(&raw, "this needs a name")?;
    let sound = !name.starts_with('.')
        && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | ' '));
    if !sound {
        return Err(Mistake::new(raw.span(), format!("`{name}` is not the name of a file"))
            .remedy("write the file's name without folder and ending"));
    }
    Ok(name)
}

fn number<N: Copy + PartialOrd + std::fmt::Display>(
    raw: Option<Spanned<N>>,
    default: N,
    range: RangeInclusive<N>,
) -> Result<N, Mistake> {
    let Some(raw) = raw else { return Ok(default) };
    let (value, span): (N, Range<usize>) = (*raw.get_ref(), raw.span());
    if range.contains(&value) {
        return Ok(value);
    }
    Err(Mistake::new(span, format!("{value} is out of range")).remedy(format!(
        "from {} to {}",
        range.start(),
        range.end()
    )))
}

#[cfg(test)]
#[path = "settings_tests.rs"]
mod tests;
