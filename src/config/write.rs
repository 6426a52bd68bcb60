//! Writes settings: the first file from the shipped one, later changes into it, a person's comments kept.
//!
//! Owns the editing of TOML. It never writes a file that [`super::parse`] would refuse.

use std::{fmt::Write, path::Path};

use toml_edit::{ArrayOfTables, DocumentMut, InlineTable, Item, Table, Value, value};

use super::{
    ConfigError, SHIPPED, oauth, parse,
    paths::replace_private,
    settings::{Account, PassphraseSource, SecretSource, Server, TlsMode, TrustSource},
};
use crate::domain::fault::Ignore;

/// What `init` found out about an office.
#[derive(Clone, Debug)]
pub struct FirstSettings {
    /// The firm's name; may be empty.
    pub office: String,
    /// Its telephone number, as footers print it; may be empty.
    pub phone: String,
    /// Its postal address, as footers print it; may be empty.
    pub address: String,
    /// Where the passphrase of the record comes from.
    pub passphrase: PassphraseSource,
    /// The first account.
    pub account: Account,
}

/// The text of a first settings file: the shipped one with its comments, and the answers in place.
pub fn first_text(first: &FirstSettings) -> String {
    let mut text = SHIPPED.to_owned();
    for (key, answer) in
        [("name", &first.office), ("phone", &first.phone), ("address", &first.address)]
    {
        if !answer.is_empty() {
            put(&mut text, key, &Value::from(answer.as_str()));
        }
    }
    match &first.passphrase {
        PassphraseSource::Prompt => {}
        PassphraseSource::Keyring => put(&mut text, "passphrase", &Value::from("keyring")),
        PassphraseSource::Command(words) => {
            put(&mut text, "passphrase", &Value::from("command"));
            put(&mut text, "passphrase_command", &words.iter().collect());
        }
    }
    text.push('\n');
    let mut document = DocumentMut::new();
    push_account(&mut document, &first.account);
    text.push_str(&document.to_string());
    text
}

/// Replaces the first commented value of this key. The shipped file has every key once.
fn put(text: &mut String, key: &str, with: &Value) {
    let commented = format!("# {key} = ");
    let mut done = false;
    let lines: Vec<String> = text
        .lines()
        .map(|line| {
            if !done && line.starts_with(&commented) {
                done = true;
                format!("{key} = {with}")
            } else {
                line.to_owned()
            }
        })
        .collect();
    *text = lines.join("\n");
    text.push('\n');
}

/// Adds an account to a settings text; what stands there already stays as it is.
///
/// # Errors
/// When the text is not understood, or would not be with the account in it.
pub fn with_account(text: &str, account: &Account, file: &Path) -> Result<String, ConfigError> {
    parse(text, file)?;
    let mut document: DocumentMut = text.parse().map_err(|error: toml_edit::TomlError| {
        super::error::Mistake { span: error.span(), what: error.message().to_owned(), remedy: None }
            .at(text, file)
    })?;
    push_account(&mut document, account);
    let text = document.to_string();
    parse(&text, file)?;
    Ok(text)
}

/// Writes a settings file, private and in one step, after checking that it can be read again.
///
/// # Errors
/// When it would not be understood, or cannot be written.
pub fn save(file: &Path, text: &str) -> Result<(), ConfigError> {
    parse(text, file)?;
    replace_private(file, text.as_bytes())
}

fn push_account(document: &mut DocumentMut, account: &Account) {
    let mut table = Table::new();
    table.insert("name", value(account.name.as_str()));
    table.insert("person", value(account.person.as_str()));
    table.insert("address", value(account.address.as_str()));
    if !account.aliases.is_empty() {
        let aliases: Value =
            account.aliases.iter().map(|alias| alias.as_str().to_owned()).collect();
        table.insert("aliases", Item::Value(aliases));
    }
    table.insert("user", value(account.user.as_str()));
    table.insert("secret", Item::Value(secret_value(&account.secret)));
    table.insert("imap", Item::Value(server_value(&account.imap)));
    table.insert("smtp", Item::Value(server_value(&account.smtp)));
    table.insert("trust", Item::Value(trust_value(&account.trust)));
    let accounts =
        document.entry("account").or_insert_with(|| Item::ArrayOfTables(ArrayOfTables::new()));
    if let Some(accounts) = accounts.as_array_of_tables_mut() {
        accounts.push(table);
    }
}

fn one_key(key: &str, inner: Value) -> Value {
    let mut table = InlineTable::new();
    table.insert(key, inner);
    Value::InlineTable(table)
}

fn secret_value(secret: &SecretSource) -> Value {
    match secret {
        SecretSource::Prompt => Value::from("prompt"),
        SecretSource::Keyring => Value::from("keyring"),
        SecretSource::Command(words) => one_key("command", words.iter().collect()),
        SecretSource::Fd(number) => one_key("fd", Value::from(i64::from(*number))),
        SecretSource::OAuth(oauth) => one_key("oauth", oauth::to_value(oauth, trust_value)),
    }
}

fn trust_value(trust: &TrustSource) -> Value {
    match trust {
        TrustSource::Platform => Value::from("platform"),
        TrustSource::Webpki => Value::from("webpki"),
        TrustSource::CaFile(path) => one_key("ca_file", Value::from(path.display().to_string())),
        TrustSource::Pin(pin) => {
            let mut text = "sha256:".to_owned();
            for byte in pin {
                write!(text, "{byte:02x}").ignore("writing to a string cannot fail");
            }
            one_key("pin", Value::from(text))
        }
    }
}

fn server_value(server: &Server) -> Value {
    let mut table = InlineTable::new();
    table.insert("host", Value::from(server.host.as_str()));
    table.insert("port", Value::from(i64::from(server.port)));
    table.insert(
        "tls",
        Value::from(match server.tls {
            TlsMode::Implicit => "implicit",
            TlsMode::Starttls => "starttls",
        }),
    );
    Value::InlineTable(table)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::address::EmailAddress;

    fn account(name: &str, secret: SecretSource, trust: TrustSource) -> Account {
        let server = |port, tls| Server { host: "mail.firm.example".to_owned(), port, tls };
        Account {
            name: name.to_owned(),
            person: "Zoë \"Z\" Moreau".to_owned(),
            address: EmailAddress::parse("zoe@firm.example").unwrap(),
            aliases: vec![EmailAddress::parse("office@firm.example").unwrap()],
            user: "zoe".to_owned(),
            secret,
            imap: server(993, TlsMode::Implicit),
            smtp: server(587, TlsMode::Starttls),
            trust,
        }
    }

    #[test]
    fn what_is_written_reads_back_the_same() {
        let file = Path::new("/etc/office/config.toml");
        let command = SecretSource::Command(vec!["pass".to_owned(), "it's \"x\"".to_owned()]);
        for (secret, trust) in [
            (SecretSource::Keyring, TrustSource::Platform),
            (SecretSource::Prompt, TrustSource::Webpki),
            (SecretSource::Fd(5), TrustSource::Pin([0xa7; 32])),
            (command, TrustSource::CaFile("/etc/ssl/firm.pem".into())),
        ] {
            let account = account("Office", secret, trust);
            let first = FirstSettings {
                office: "Moreau & Co".to_owned(),
                phone: "+44 20 7946 0000".to_owned(),
                address: "1 Court Lane, London".to_owned(),
                passphrase: PassphraseSource::Command(vec!["pass".to_owned(), "record".to_owned()]),
                account: account.clone(),
            };
            let text = first_text(&first);
            let read = parse(&text, file).unwrap();
            assert_eq!(read.accounts, [account]);
            assert_eq!(read.office.name, "Moreau & Co");
            assert_eq!((read.office.phone, read.office.address), (first.phone, first.address));
            assert_eq!(read.passphrase, first.passphrase);
            assert!(text.contains("# undo_seconds = 10"), "the annotations stay");
        }
    }

    #[test]
    fn a_second_account_leaves_a_persons_comments_alone() {
        let file = Path::new("/etc/office/config.toml");
        let one = account("One", SecretSource::Prompt, TrustSource::Platform);
        let two = account("Two", SecretSource::Prompt, TrustSource::Platform);
        let text = with_account("# mine\n[send]\nundo_seconds = 5 # short\n", &one, file).unwrap();
        let text = with_account(&text, &two, file).unwrap();
        assert!(text.starts_with("# mine\n[send]\nundo_seconds = 5 # short\n"), "{text}");
        assert_eq!(parse(&text, file).unwrap().accounts.len(), 2);
        assert!(with_account(&text, &two, file).is_err(), "the name is taken");
    }
}
