//! Fetches what must not stand in a file: the passphrase of the record and the passwords of accounts.
//!
//! Owns the four ways in: the keyrings, a command, a file descriptor, the terminal. It never takes a
//! secret from an argument or from the environment's value, never runs a shell, and never prints what it got.

use std::{
    fs::File,
    io::{self, IsTerminal, Read},
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc::{RecvTimeoutError, sync_channel},
    thread,
    time::{Duration, Instant},
};

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use zeroize::{Zeroize, Zeroizing};

use super::{
    keyring::KeyringEntry,
    settings::{PassphraseSource, SecretSource},
};
use crate::domain::{
    confidential::Confidential,
    fault::{Fault, Ignore, Kind},
};

/// A longer first line than this is not a passphrase but a mistake.
const LONGEST: usize = 4096;

/// So long a command may take: a person may have to unlock a password store first.
const PATIENCE: Duration = Duration::from_mins(2);

/// How often an ended command is looked for.
const GLANCE: Duration = Duration::from_millis(20);

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
    /// The command did not end.
    #[error("the command `{program}` did not end within {seconds} s and was stopped")]
    Hangs {
        /// Its program.
        program: String,
        /// How long it was waited for.
        seconds: u64,
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
    /// The account signs in with OAuth.
    #[error(
        "the account signs in with OAuth and has no password; `matterbox account login` signs in"
    )]
    NoPassword,
    /// Nothing lies there in the keyring (the kernel's keyring forgets at a restart).
    #[error(
        "the keyring does not hold {what}; it forgets at a restart, and after days without use"
    )]
    NotInKeyring {
        /// What was looked for.
        what: String,
    },
    /// The kernel refuses.
    #[error(
        "the kernel's keyring cannot be used here (a container may forbid it); choose \"command\" or \"prompt\" in the \
         settings"
    )]
    Keyring(#[source] keyring_core::Error),
}

impl Fault for SecretError {
    fn kind(&self) -> Kind {
        match self {
            Self::Start { .. }
            | Self::Failed { .. }
            | Self::Hangs { .. }
            | Self::Empty { .. }
            | Self::Long { .. }
            | Self::NotText { .. }
            | Self::Descriptor { .. }
            | Self::NoTerminal
            | Self::Terminal(_)
            | Self::NoPassword
            | Self::NotInKeyring { .. }
            | Self::Keyring(_) => Kind::NeedsUser,
        }
    }
}

/// A secret, and what its keyring has to do with it.
#[derive(Debug)]
pub struct Had {
    /// The secret.
    pub secret: Confidential<String>,
    /// Where it was looked for in the keyring; `None` when the settings name another source.
    pub keyring: Option<Looked>,
}

/// A look into the keyring.
#[derive(Debug)]
pub struct Looked {
    /// Where.
    pub entry: KeyringEntry,
    /// It was there; else it was typed, and is worth keeping once it has proved right.
    pub found: bool,
}

/// The passphrase of the record. A file descriptor goes before what the settings say.
///
/// # Errors
/// When the source has none.
pub fn passphrase(
    source: &PassphraseSource,
    descriptor: Option<i32>,
    question: &str,
    entry: KeyringEntry,
) -> Result<Had, SecretError> {
    let secret = match (descriptor, source) {
        (Some(number), _) => from_descriptor(number),
        (None, PassphraseSource::Prompt) => prompt(question),
        (None, PassphraseSource::Command(words)) => from_command(words),
        (None, PassphraseSource::Keyring) => return from_keyring_or_prompt(entry, question),
    };
    Ok(Had { secret: secret?, keyring: None })
}

/// The password of an account.
///
/// # Errors
/// When the source has none.
pub fn account_secret(
    source: &SecretSource,
    question: &str,
    entry: KeyringEntry,
) -> Result<Had, SecretError> {
    let secret = match source {
        SecretSource::Prompt => prompt(question),
        SecretSource::Keyring => return from_keyring_or_prompt(entry, question),
        SecretSource::Command(words) => from_command(words),
        SecretSource::Fd(number) => from_descriptor(*number),
        SecretSource::OAuth(_) => Err(SecretError::NoPassword),
    };
    Ok(Had { secret: secret?, keyring: None })
}

/// What the keyring does not hold is asked for, where there is somebody to ask.
fn from_keyring_or_prompt(entry: KeyringEntry, question: &str) -> Result<Had, SecretError> {
    let (secret, found) = match entry.get() {
        Ok(secret) => (secret, true),
        Err(missing) if has_terminal() => {
            (prompt(&format!("matterbox: {missing}.\n{question}"))?, false)
        }
        Err(missing) => return Err(missing),
    };
    Ok(Had { secret, keyring: Some(Looked { entry, found }) })
}

/// Runs a program (no shell) and takes the first line it prints. Its own questions reach the terminal.
///
/// # Errors
/// When it cannot be started, fails, does not end, or prints nothing.
pub fn from_command(words: &[String]) -> Result<Confidential<String>, SecretError> {
    from_command_within(words, PATIENCE)
}

fn from_command_within(
    words: &[String],
    patience: Duration,
) -> Result<Confidential<String>, SecretError> {
    const FROM: &str = "the command";
    let (program, arguments) = words.split_first().ok_or(SecretError::Empty { from: FROM })?;
    let start = |source| SecretError::Start { program: program.clone(), source };
    let begun = Instant::now();
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::inherit())
        .stderr(Stdio::inherit())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(start)?;
    let printed = printed(&mut child, patience).map_err(start)?;
    let ended = match &printed {
        Some(_) => ended(&mut child, patience.saturating_sub(begun.elapsed())).map_err(start)?,
        None => None,
    };
    let (Some(bytes), Some(status)) = (printed, ended) else {
        child.kill().and_then(|()| child.wait()).map_err(start)?;
        return Err(SecretError::Hangs { program: program.clone(), seconds: patience.as_secs() });
    };
    if !status.success() {
        return Err(SecretError::Failed { program: program.clone(), code: status.code() });
    }
    first_line(&bytes, FROM)
}

/// What a command prints until it closes its output; `None` when it does not within `patience`.
fn printed(child: &mut Child, patience: Duration) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
    let Some(mut output) = child.stdout.take() else { return Ok(None) };
    let (done, wait) = sync_channel(1);
    // The thread ends with the command; one that never ends does not hold up the program's end.
    thread::Builder::new().name("secret".to_owned()).spawn(move || {
        let most = u64::try_from(LONGEST).unwrap_or(u64::MAX).saturating_add(2);
        let mut bytes = Zeroizing::new(Vec::with_capacity(LONGEST.saturating_add(2)));
        let read = output.by_ref().take(most).read_to_end(&mut bytes);
        // The rest is nobody's secret; who stops reading makes a command fail that prints on.
        let rest = read.and_then(|_| io::copy(&mut output, &mut io::sink()));
        done.send(rest.map(|_| bytes)).ignore("nobody waits any more");
    })?;
    match wait.recv_timeout(patience) {
        Ok(bytes) => bytes.map(Some),
        Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => Ok(None),
    }
}

/// How a command ended; `None` when it does not within `patience`.
fn ended(child: &mut Child, patience: Duration) -> io::Result<Option<ExitStatus>> {
    let begun = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if begun.elapsed() >= patience {
            return Ok(None);
        }
        thread::park_timeout(GLANCE);
    }
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
    if !has_terminal() {
        return Err(SecretError::NoTerminal);
    }
    // Whoever types fast begins before the question is out: nothing may be shown from before it.
    let silence = Silence::begin();
    let typed = rpassword::prompt_password(question).map_err(SecretError::Terminal);
    drop(silence);
    let typed = typed?;
    if typed.is_empty() {
        return Err(SecretError::Empty { from: "the terminal" });
    }
    Ok(Confidential::new(typed))
}

/// While it lives, the terminal does not show what is typed.
struct Silence(Option<(File, Termios)>);

impl Silence {
    fn begin() -> Self {
        Self(File::open("/dev/tty").ok().and_then(|terminal| {
            let before = tcgetattr(&terminal).ok()?;
            let mut silent = before.clone();
            silent.local_modes.remove(LocalModes::ECHO | LocalModes::ECHONL);
            tcsetattr(&terminal, OptionalActions::Now, &silent).ok()?;
            Some((terminal, before))
        }))
    }
}

impl Drop for Silence {
    fn drop(&mut self) {
        if let Some((terminal, before)) = &self.0 {
            tcsetattr(terminal, OptionalActions::Now, before).ignore("the terminal is gone");
        }
    }
}

/// Is there somebody to ask?
fn has_terminal() -> bool {
    io::stdin().is_terminal() || File::open("/dev/tty").is_ok()
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
    fn a_failing_a_silent_a_hanging_and_a_missing_command_are_told_apart() {
        let said = |line: &[&str]| from_command(&words(line)).unwrap_err().to_string();
        assert_eq!(said(&["false"]), "the command `false` failed with exit code 1");
        assert_eq!(said(&["sh", "-c", "kill -9 $$"]), "the command `sh` failed");
        assert_eq!(said(&["true"]), "the command gave nothing");
        assert_eq!(said(&["echo"]), "the command gave nothing");
        assert_eq!(said(&["/nowhere/pass"]), "the command `/nowhere/pass` could not be started");
        assert_eq!(said(&["printf", "\\377"]), "the command gave something that is not text");
        assert!(matches!(from_command(&[]), Err(SecretError::Empty { .. })));
        for hanging in [
            ["sh", "-c", "exec sleep 1000"],
            // It has closed its output, and does not end.
            ["sh", "-c", "echo x; exec sleep 1000 >&-"],
            // It has ended, and somebody else holds its output.
            ["sh", "-c", "sleep 0.15 & exit"],
        ] {
            let patience = Duration::from_millis(100);
            let error = from_command_within(&words(&hanging), patience).unwrap_err();
            assert_eq!(
                error.to_string(),
                "the command `sh` did not end within 0 s and was stopped"
            );
        }
    }

    #[test]
    fn a_command_that_prints_more_than_anybody_reads_is_not_made_to_fail() {
        let much = words(&["sh", "-c", "echo first; head -c 1000000 /dev/zero"]);
        assert_eq!(from_command(&much).unwrap().expose(), "first");
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
    }
}
