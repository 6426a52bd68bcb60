//! Fetches what must not stand in a file: the passphrase of the record and the passwords of accounts.
//!
//! Owns the four ways in: the keyring of the system, a command, a file descriptor, the terminal. It never takes a
//! secret from an argument or from the environment's value, never runs a shell, and never prints what it got.

use std::{
    fs::File,
    io::{self, IsTerminal, Read},
    process::{Command, Stdio},
};

use zeroize::{Zeroize, Zeroizing};

use super::settings::{PassphraseSource, SecretSource};
use crate::domain::{
    confidential::Confidential,
    fault::{Fault, Kind},
};

/// A longer first line than this is not a passphrase but a mistake.
const LONGEST: usize = 4096;

/// The name under which the passphrase of a record lies in the keyring.
pub const RECORD_ENTRY: &str = "record";

/// Why a secret could not be had. No variant carries any part of it.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The command could not be started.
    #[error("the command `{program}` could not be started")]
    Start {
        /// Its program.
        program: String,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The command said that it failed.
    #[error("the command `{program}` failed{}", code.map(|c| format!(" with exit code {c}")).unwrap_or_default())]
    Failed {
        /// Its program.
        program: String,
        /// Its exit code; `None` when a signal ended it.
        code: Option<i32>,
    },
    /// Nothing came, or an empty line.
    #[error("{from} gave nothing")]
    Empty {
        /// Which source.
        from: &'static str,
    },
    /// More than one line of sensible length came.
    #[error("{from} gave a line of more than {LONGEST} bytes")]
    Long {
        /// Which source.
        from: &'static str,
    },
    /// What came is not UTF-8.
    #[error("{from} gave something that is not text")]
    NotText {
        /// Which source.
        from: &'static str,
    },
    /// The file descriptor is not open or cannot be read.
    #[error("file descriptor {number} cannot be read")]
    Descriptor {
        /// Which one.
        number: i32,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// There is no terminal on which to ask.
    #[error(
        "there is no terminal to ask on; the record's passphrase can come from --passphrase-fd, a mailbox's password (`secret` in the settings) from a command, {{ fd = 3 }} or the keyring"
    )]
    NoTerminal,
    /// The terminal could not be read.
    #[error("the terminal could not be read")]
    Terminal(#[source] io::Error),
    /// The keyring has no such entry (the kernel's keyring forgets at a restart).
    #[error("the keyring has no entry for {entry}; it forgets when the machine restarts")]
    NotInKeyring {
        /// Which entry.
        entry: String,
    },
    /// The keyring refused.
    #[error("the keyring of this system cannot be used")]
    Keyring(#[source] keyring_core::Error),
}

impl Fault for SecretError {
    fn kind(&self) -> Kind {
        match self {
            Self::Start { .. }
            | Self::Failed { .. }
            | Self::Empty { .. }
            | Self::Long { .. }
            | Self::NotText { .. }
            | Self::Descriptor { .. }
            | Self::NoTerminal
            | Self::Terminal(_)
            | Self::NotInKeyring { .. }
            | Self::Keyring(_) => Kind::NeedsUser,
        }
    }
}

/// The passphrase of the record. A file descriptor goes before what the settings say.
///
/// # Errors
/// When the source has none.
pub fn passphrase(
    source: &PassphraseSource,
    descriptor: Option<i32>,
    question: &str,
) -> Result<Confidential<String>, SecretError> {
    match (descriptor, source) {
        (Some(number), _) => from_descriptor(number),
        (None, PassphraseSource::Prompt) => prompt(question),
        (None, PassphraseSource::Command(words)) => from_command(words),
        (None, PassphraseSource::Keyring) => match from_keyring(RECORD_ENTRY) {
            // The kernel's keyring forgets at a restart: ask, and let the caller remember again.
            Err(SecretError::NotInKeyring { .. } | SecretError::Keyring(_)) => prompt(question),
            other => other,
        },
    }
}

/// The password of an account.
///
/// # Errors
/// When the source has none.
pub fn account_secret(
    account: &str,
    source: &SecretSource,
    question: &str,
) -> Result<Confidential<String>, SecretError> {
    match source {
        SecretSource::Prompt => prompt(question),
        SecretSource::Keyring => from_keyring(&account_entry(account)),
        SecretSource::Command(words) => from_command(words),
        SecretSource::Fd(number) => from_descriptor(*number),
    }
}

/// The name under which an account's password lies in the keyring.
pub fn account_entry(account: &str) -> String {
    format!("account {account}")
}

/// Runs a program (no shell) and takes the first line it prints. Its own questions reach the terminal.
///
/// # Errors
/// When it cannot be started, fails, or prints nothing.
pub fn from_command(words: &[String]) -> Result<Confidential<String>, SecretError> {
    const FROM: &str = "the command";
    let (program, arguments) = words.split_first().ok_or(SecretError::Empty { from: FROM })?;
    let start = |source| SecretError::Start { program: program.clone(), source };
    let output = Command::new(program)
        .args(arguments)
        .stdin(Stdio::inherit())
        .stderr(Stdio::inherit())
        .stdout(Stdio::piped())
        .output()
        .map_err(start)?;
    let bytes = Zeroizing::new(output.stdout);
    if !output.status.success() {
        return Err(SecretError::Failed { program: program.clone(), code: output.status.code() });
    }
    first_line(&bytes, FROM)
}

/// Takes the first line of an open file descriptor of this process.
///
/// # Errors
/// When it is not open, or gives nothing.
pub fn from_descriptor(number: i32) -> Result<Confidential<String>, SecretError> {
    let unreadable = |source| SecretError::Descriptor { number, source };
    // Opening the descriptor's own entry is the safe way to read one that was handed to us by number.
    let file = File::open(format!("/proc/self/fd/{number}"))
        .or_else(|_| File::open(format!("/dev/fd/{number}")))
        .map_err(unreadable)?;
    let mut bytes = Zeroizing::new(Vec::with_capacity(LONGEST.saturating_add(2)));
    let mut byte = [0_u8; 1];
    let mut file = file.take(u64::try_from(LONGEST).unwrap_or(u64::MAX).saturating_add(1));
    // Byte by byte: what follows the line belongs to someone else.
    while file.read(&mut byte).map_err(unreadable)? == 1 && byte != *b"\n" {
        bytes.extend_from_slice(&byte);
    }
    first_line(&bytes, "the file descriptor")
}

/// Asks on the terminal without showing what is typed.
///
/// # Errors
/// When there is no terminal, or nothing was typed.
pub fn prompt(question: &str) -> Result<Confidential<String>, SecretError> {
    if !io::stdin().is_terminal() && File::open("/dev/tty").is_err() {
        return Err(SecretError::NoTerminal);
    }
    let typed = rpassword::prompt_password(question).map_err(SecretError::Terminal)?;
    if typed.is_empty() {
        return Err(SecretError::Empty { from: "the terminal" });
    }
    Ok(Confidential::new(typed))
}

/// Takes an entry of the system's keyring.
///
/// # Errors
/// When there is none, or no keyring.
pub fn from_keyring(entry: &str) -> Result<Confidential<String>, SecretError> {
    match keyring_entry(entry)?.get_password() {
        Ok(password) => Ok(Confidential::new(password)),
        Err(keyring_core::Error::NoEntry) => {
            Err(SecretError::NotInKeyring { entry: entry.to_owned() })
        }
        Err(error) => Err(keyring_fault(error)),
    }
}

/// The keyring's error when it has what it found in it: that does not go on.
fn keyring_fault(error: keyring_core::Error) -> SecretError {
    use keyring_core::Error::{BadDataFormat, BadEncoding};
    if let BadEncoding(mut found) | BadDataFormat(mut found, _) = error {
        found.zeroize();
        return SecretError::NotText { from: "the keyring" };
    }
    SecretError::Keyring(error)
}

/// Puts a secret into the system's keyring.
///
/// # Errors
/// When the keyring refuses.
pub fn into_keyring(entry: &str, secret: &Confidential<String>) -> Result<(), SecretError> {
    keyring_entry(entry)?.set_password(secret.expose()).map_err(SecretError::Keyring)
}

fn keyring_entry(entry: &str) -> Result<keyring_core::Entry, SecretError> {
    if keyring_core::get_default_store().is_none() {
        let store = linux_keyutils_keyring_store::Store::new().map_err(SecretError::Keyring)?;
        keyring_core::set_default_store(store);
    }
    keyring_core::Entry::new("matterbox", entry).map_err(SecretError::Keyring)
}

/// The first line as text, without its line end.
fn first_line(bytes: &[u8], from: &'static str) -> Result<Confidential<String>, SecretError> {
    let line = bytes.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if line.is_empty() {
        return Err(SecretError::Empty { from });
    }
    if line.len() > LONGEST {
        return Err(SecretError::Long { from });
    }
    String::from_utf8(line.to_vec()).map(Confidential::new).map_err(|error| {
        error.into_bytes().zeroize();
        SecretError::NotText { from }
    })
}

#[cfg(test)]
mod tests {
    use std::{
        io::{Seek, Write},
        os::fd::AsRawFd,
    };

    use super::*;

    fn words(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn a_command_gives_its_first_line_and_no_shell_reads_its_words() {
        let secret = from_command(&words(&["printf", "pa$$ `x`;\\r\\nnext"])).unwrap();
        assert_eq!(secret.expose(), "pa$$ `x`;");
    }

    #[test]
    fn a_failing_a_silent_and_a_missing_command_are_told_apart() {
        assert!(matches!(
            from_command(&words(&["false"])),
            Err(SecretError::Failed { code: Some(1), .. })
        ));
        assert!(matches!(from_command(&words(&["true"])), Err(SecretError::Empty { .. })));
        assert!(matches!(from_command(&words(&["/nowhere/pass"])), Err(SecretError::Start { .. })));
        assert!(matches!(from_command(&[]), Err(SecretError::Empty { .. })));
        assert!(matches!(
            from_command(&words(&["printf", "\\377"])),
            Err(SecretError::NotText { .. })
        ));
    }

    #[test]
    fn a_descriptor_gives_its_first_line() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all("naïve pass\nrest".as_bytes()).unwrap();
        file.rewind().unwrap();
        let secret = from_descriptor(file.as_raw_fd()).unwrap();
        assert_eq!(secret.expose(), "naïve pass");
        assert!(matches!(from_descriptor(9_999), Err(SecretError::Descriptor { .. })));
    }

    #[test]
    fn a_line_without_end_is_not_read_for_ever() {
        assert!(matches!(first_line(&[b'x'; LONGEST + 1], "x"), Err(SecretError::Long { .. })));
    }

    #[test]
    fn no_error_repeats_what_came() {
        let error = from_command(&words(&["sh", "-c", "echo hunter2; exit 3"])).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hunter2"));
        let error = keyring_fault(keyring_core::Error::BadEncoding(vec![200, 201, 202]));
        assert!(!format!("{error} {error:?}").contains("201"));
    }
}
