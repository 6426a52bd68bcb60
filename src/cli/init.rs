//! `matterbox init`: asks for the first account, tries both connections, and only then writes the settings.
//!
//! Owns the questions. It never writes a password anywhere but into the keyring, and never overwrites settings: a
//! second account is added to them.

use std::{
    fs,
    io::{self, BufRead, IsTerminal},
    net::SocketAddr,
    path::Path,
    str::FromStr,
};

use super::{Context, Failure, args::InitArgs, json, registration, servers};
use crate::{
    config::{
        self,
        keyring::{Kept, KeyringEntry},
        oauth::OAuth,
        paths::{Paths, replace_private},
        secrets,
        settings::{Account, PassphraseSource, SecretSource, Server, TlsMode, TrustSource},
        sla,
        write::{self, FirstSettings},
    },
    domain::{
        address::EmailAddress, confidential::Confidential, credential::Credential, fault::Ignore,
    },
    net::discover::Identity,
};

/// `matterbox init`
pub fn run(context: &mut Context<'_>, args: &InitArgs) -> Result<(), Failure> {
    let paths = context.paths()?;
    let exists = paths.settings.exists();
    if !io::stdin().is_terminal() {
        return Err(Failure::needs_user("`matterbox init` asks questions and needs a terminal"));
    }
    let mut input = io::stdin().lock();
    let mut ask = Questions { input: &mut input, context, resolver: args.resolver };
    ask.say("matterbox asks for one mailbox, tries its servers, and then writes")?;
    ask.say(&paths.settings.display().to_string())?;
    let [office, phone, address] =
        if exists { [const { String::new() }; 3] } else { ask_office(&mut ask)? };
    let known = if exists { registrations(&paths.settings) } else { Vec::new() };
    let account = ask_account(&mut ask, &known)?;
    let passphrase = if exists { PassphraseSource::Prompt } else { ask_passphrase(&mut ask)? };
    let first = FirstSettings { office, phone, address, passphrase, account };
    let account = &first.account;
    drop(input);
    let question = format!("Password of {}: ", account.user);
    let secret: Credential = match &account.secret {
        SecretSource::OAuth(_) => sign_in(context, &paths, account)?,
        // What is set up now is typed now, whatever an earlier try left in the keyring.
        SecretSource::Prompt | SecretSource::Keyring => secrets::prompt(&question)?.into(),
        SecretSource::Command(words) => secrets::from_command(words)?.into(),
        SecretSource::Fd(number) => secrets::from_descriptor(*number)?.into(),
    };
    try_account(context, account, &secret)?;
    save(&paths, exists, &first)?;
    if !exists {
        ask_nothing_about_hours(context, &paths)?;
    }
    if let (SecretSource::Keyring, Credential::Password(secret)) = (&account.secret, &secret) {
        let folder = paths.settings.parent().unwrap_or(&paths.settings);
        remember(context, &KeyringEntry::account(folder, &account.name), secret)?;
    }
    context.output.line("The settings are written. `matterbox` opens the screen.")
}

/// Signs in before anything is written, so that both connections can be tried.
fn sign_in(
    context: &mut Context<'_>,
    paths: &Paths,
    account: &Account,
) -> Result<Credential, Failure> {
    let output = &mut context.output;
    let mut say = |line: &str| {
        output.line(line).ignore("a terminal that is gone ends the questions soon enough");
    };
    context.wiring.first_sign_in(&paths.settings, account, &mut say)
}

/// A keyring that refuses is no reason to lose the settings: it is said, and the password is asked for at the start.
fn remember(
    context: &mut Context<'_>,
    entry: &KeyringEntry,
    secret: &Confidential<String>,
) -> Result<(), Failure> {
    match entry.set(secret) {
        Ok(Kept::Lasting) => {
            context.output.line("The desktop's keyring holds the password, also after a restart.")
        }
        Ok(Kept::UntilRestart) => {
            context.output.line("The kernel's keyring holds the password until a restart.")
        }
        Err(error) => context
            .output
            .line(&format!("The password is asked for at every start: {}.", Failure::from(error))),
    }
}

/// Tries both connections; without success nothing is written.
fn try_account(
    context: &mut Context<'_>,
    account: &Account,
    secret: &Credential,
) -> Result<(), Failure> {
    let checks = context.wiring.probe(account, secret);
    let sound = checks.iter().all(|check| check.outcome != json::Outcome::Failed);
    context.output.report(&json::CheckReport { checks, sound })?;
    if sound {
        return Ok(());
    }
    Err(Failure::needs_user("the account does not work like this; nothing was written"))
}

fn save(paths: &Paths, exists: bool, first: &FirstSettings) -> Result<(), Failure> {
    let text = if exists {
        let now = fs::read_to_string(&paths.settings)
            .map_err(|error| Failure::refused(format!("the settings cannot be read: {error}")))?;
        write::with_account(&now, &first.account, &paths.settings)?
    } else {
        write::first_text(first)
    };
    Ok(write::save(&paths.settings, &text)?)
}

/// Clocks count in the zone of this machine until somebody says otherwise; it is written down and said aloud.
fn ask_nothing_about_hours(context: &mut Context<'_>, paths: &Paths) -> Result<(), Failure> {
    let file = paths.settings.with_file_name("sla.toml");
    let Some(zone) = sla::system_zone().filter(|_| !file.exists()) else { return Ok(()) };
    replace_private(&file, sla::text_in(&zone).as_bytes())?;
    context.output.line(&format!(
        "Working hours, closed days and reply times are in {}, counted in {zone}: have a look at them.",
        file.display()
    ))
}

/// Name, telephone and postal address: what the shipped footers print.
fn ask_office(ask: &mut Questions<'_, '_>) -> Result<[String; 3], Failure> {
    Ok([
        ask.text("Name of the office", "")?,
        ask.text("Its telephone, as footers print it", "")?,
        ask.text("Its postal address, as footers print it", "")?,
    ])
}

/// As which programs the accounts of this office sign in already.
fn registrations(settings: &Path) -> Vec<OAuth> {
    let accounts = config::load(settings).map(|settings| settings.accounts).unwrap_or_default();
    let oauth = |account: Account| match account.secret {
        SecretSource::OAuth(oauth) => Some(*oauth),
        SecretSource::Prompt
        | SecretSource::Keyring
        | SecretSource::Command(_)
        | SecretSource::Fd(_) => None,
    };
    accounts.into_iter().filter_map(oauth).collect()
}

fn ask_account(ask: &mut Questions<'_, '_>, known: &[OAuth]) -> Result<Account, Failure> {
    let person = ask.text("Your name, as replies carry it", "")?;
    let address = ask.email("Your address")?;
    let chosen = servers::ask_servers(ask, &address)?;
    let secret = match registration::propose(ask, &chosen, known)? {
        Some(oauth) => SecretSource::OAuth(Box::new(oauth)),
        None => ask.secret(chosen.identity, known)?,
    };
    let servers::Chosen { imap, smtp, user, .. } = chosen;
    let name = ask.text("What matterbox should call this mailbox", address.as_str())?;
    let trust = TrustSource::Platform;
    Ok(Account { name, person, address, aliases: Vec::new(), user, secret, imap, smtp, trust })
}

fn ask_passphrase(ask: &mut Questions<'_, '_>) -> Result<PassphraseSource, Failure> {
    let answer = ask.choice(
        "The passphrase of the encrypted record: (p)rompt at every start, from the (k)eyring, or \
         from a (c)ommand",
        &["p", "k", "c"],
    )?;
    Ok(match answer.as_str() {
        "k" => PassphraseSource::Keyring,
        "c" => PassphraseSource::Command(ask.command()?),
        _ => PassphraseSource::Prompt,
    })
}

/// Questions on the terminal, with defaults.
pub(super) struct Questions<'a, 'b> {
    input: &'a mut dyn BufRead,
    context: &'a mut Context<'b>,
    /// The one name server to ask, where the person named one.
    pub(super) resolver: Option<SocketAddr>,
}

impl Questions<'_, '_> {
    pub(super) fn say(&mut self, line: &str) -> Result<(), Failure> {
        self.context.output.line(line)
    }

    /// An answer; an empty one takes the default.
    pub(super) fn text(&mut self, question: &str, default: &str) -> Result<String, Failure> {
        let hint = if default.is_empty() { String::new() } else { format!(" [{default}]") };
        let out = self.context.output.stream();
        write!(out, "{question}{hint}: ").and_then(|()| out.flush()).map_err(Failure::output)?;
        let mut answer = String::new();
        let read = self.input.read_line(&mut answer);
        if read.map_err(|error| Failure::refused(format!("the terminal failed: {error}")))? == 0 {
            return Err(Failure::needs_user("stopped; nothing was written"));
        }
        let answer = answer.trim();
        Ok(if answer.is_empty() { default.to_owned() } else { answer.to_owned() })
    }

    /// Asks until the answer can be read.
    fn parsed<T: FromStr>(&mut self, question: &str, default: &str) -> Result<T, Failure> {
        loop {
            match self.text(question, default)?.parse() {
                Ok(value) => return Ok(value),
                Err(_) => self.say("That cannot be read; once more.")?,
            }
        }
    }

    fn email(&mut self, question: &str) -> Result<EmailAddress, Failure> {
        loop {
            match EmailAddress::parse(&self.text(question, "")?) {
                Ok(address) => return Ok(address),
                Err(error) => self.say(&format!("Not an address: {error}."))?,
            }
        }
    }

    pub(super) fn choice(&mut self, question: &str, known: &[&str]) -> Result<String, Failure> {
        let default = known.first().copied().unwrap_or_default();
        loop {
            let answer = self.text(question, default)?.to_lowercase();
            if known.contains(&answer.as_str()) {
                return Ok(answer);
            }
            self.say(&format!("One of {}, please.", known.join(", ")))?;
        }
    }

    /// A server, with this one for default. `ports` are those of implicit TLS and of STARTTLS.
    pub(super) fn server(
        &mut self,
        what: &str,
        default: &Server,
        ports: [u16; 2],
    ) -> Result<Server, Failure> {
        let host = self.text(&format!("{what} server"), &default.host)?;
        let [implicit, starttls] = ports;
        let port: u16 = self.parsed(&format!("{what} port"), &default.port.to_string())?;
        let tls = if port == implicit {
            TlsMode::Implicit
        } else if port == starttls {
            TlsMode::Starttls
        } else {
            let known = match default.tls {
                TlsMode::Starttls if port == default.port => ["s", "i"],
                TlsMode::Implicit | TlsMode::Starttls => ["i", "s"],
            };
            let question = "TLS from the first byte (i) or after STARTTLS (s)";
            match self.choice(question, &known)?.as_str() {
                "s" => TlsMode::Starttls,
                _ => TlsMode::Implicit,
            }
        };
        Ok(Server { host, port, tls })
    }

    fn secret(
        &mut self,
        identity: Option<Identity>,
        known: &[OAuth],
    ) -> Result<SecretSource, Failure> {
        loop {
            let answer = self.choice(
                "Its password: in the (k)eyring, from a (c)ommand, or (p)rompt each time; or sign in with (o)auth \
                 (Microsoft 365, Google)",
                &["k", "c", "p", "o"],
            )?;
            return Ok(match answer.as_str() {
                "c" => SecretSource::Command(self.command()?),
                "p" => SecretSource::Prompt,
                "o" => match registration::ask_registration(self, identity, known)? {
                    Some(oauth) => SecretSource::OAuth(Box::new(oauth)),
                    None => continue,
                },
                _ => SecretSource::Keyring,
            });
        }
    }

    /// A program and its arguments, split at spaces: no shell reads them.
    fn command(&mut self) -> Result<Vec<String>, Failure> {
        loop {
            let line = self.text("The command, such as: pass show office", "")?;
            let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
            if !words.is_empty() {
                return Ok(words);
            }
        }
    }
}
