//! The keyrings: the kernel's, which keeps secrets in its memory until the machine restarts or nobody asks for days, and,
//! where it is built in, the desktop's, which outlasts that.
//!
//! Owns the names under which they lie, each office with its own, and the order: what the kernel has nobody else is asked
//! for. It never writes a secret to a disk itself, and a secret that was typed is kept only by whoever knows that it was
//! the right one.

use std::path::Path;

use keyring_core::Entry;
use zeroize::Zeroize as _;

use super::{desktop, secrets::SecretError};
use crate::domain::confidential::Confidential;

/// How long a keyring keeps a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// Until the machine restarts, or nobody asks for days.
    UntilRestart,
    /// Until somebody takes it out: it is in the desktop's keyring.
    Lasting,
}

/// A place in the keyrings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyringEntry {
    /// What lies there, for people.
    what: String,
    /// Its name: offices of one person share a keyring.
    name: String,
}

impl KeyringEntry {
    /// For the passphrase of the record of the office whose settings are in this folder.
    pub fn record(folder: &Path) -> Self {
        Self::of("the passphrase of the record".to_owned(), "record", folder)
    }

    /// For the password of an account of this office.
    pub fn account(folder: &Path, account: &str) -> Self {
        let what = format!("the password of {account}");
        Self::of(what, &format!("account {account}"), folder)
    }

    /// For the tokens of an account of this office that signs in with OAuth.
    pub fn tokens(folder: &Path, account: &str) -> Self {
        let what = format!("the sign-in of {account}");
        Self::of(what, &format!("tokens {account}"), folder)
    }

    fn of(what: String, entry: &str, folder: &Path) -> Self {
        // One folder, one name, however the way to it was written.
        let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
        Self { what, name: format!("{entry} in {}", folder.display()) }
    }

    /// What lies there. Blocks, and where the desktop's keyring is locked, until it is unlocked or too long.
    ///
    /// # Errors
    /// [`SecretError::NotInKeyring`] when nothing does, [`SecretError::Keyring`] when the kernel refuses and the desktop
    /// has no keyring.
    pub fn get(&self) -> Result<Confidential<String>, SecretError> {
        let in_kernel = self.open().and_then(|entry| self.read(&entry));
        if in_kernel.is_ok() {
            return in_kernel;
        }
        let in_desktop = desktop::with(&self.name, &self.what, Entry::get_password);
        match in_desktop {
            Some(Ok(password)) => Ok(Confidential::new(password)),
            Some(Err(keyring_core::Error::NoEntry)) => Err(self.missing()),
            Some(Err(_)) | None => in_kernel,
        }
    }

    fn read(&self, entry: &Entry) -> Result<Confidential<String>, SecretError> {
        match entry.get_password() {
            Ok(password) => Ok(Confidential::new(password)),
            Err(keyring_core::Error::NoEntry) => Err(self.missing()),
            Err(error) => Err(fault(error)),
        }
    }

    fn missing(&self) -> SecretError {
        SecretError::NotInKeyring { what: self.what.clone() }
    }

    /// Puts a secret there, in the place of what lay there: into every keyring that takes it.
    ///
    /// # Errors
    /// [`SecretError::Keyring`] when none does.
    pub fn set(&self, secret: &Confidential<String>) -> Result<Kept, SecretError> {
        let in_kernel = self
            .open()
            .and_then(|entry| entry.set_password(secret.expose()).map_err(SecretError::Keyring));
        let copy = secret.clone();
        let in_desktop =
            desktop::with(&self.name, &self.what, move |entry| entry.set_password(copy.expose()));
        match in_desktop {
            Some(Ok(())) => Ok(Kept::Lasting),
            Some(Err(_)) | None => in_kernel.map(|()| Kept::UntilRestart),
        }
    }

    /// Takes away what lies there, if anything does: out of every keyring.
    ///
    /// # Errors
    /// [`SecretError::Keyring`] when no keyring can be used.
    pub fn forget(&self) -> Result<(), SecretError> {
        let gone = |result| match result {
            Ok(()) | Err(keyring_core::Error::NoEntry) => Ok(()),
            Err(error) => Err(SecretError::Keyring(error)),
        };
        let in_kernel = self.open().and_then(|entry| gone(entry.delete_credential()));
        let in_desktop = desktop::with(&self.name, &self.what, Entry::delete_credential);
        match in_desktop.map(gone) {
            Some(Ok(())) => Ok(()),
            Some(Err(_)) | None => in_kernel,
        }
    }

    fn open(&self) -> Result<Entry, SecretError> {
        if keyring_core::get_default_store().is_none() {
            let store = linux_keyutils_keyring_store::Store::new().map_err(SecretError::Keyring)?;
            keyring_core::set_default_store(store);
        }
        let open = || Entry::new("matterbox", &self.name).map_err(SecretError::Keyring);
        // A process without a session keyring (no login gave it one: a container, a timer) gets one by looking at the
        // lasting keyring. Only an entry that is opened after that looks into the right one.
        open()?;
        open()
    }
}

/// The keyring's error when it has what it found in it: that does not go on.
fn fault(error: keyring_core::Error) -> SecretError {
    use keyring_core::Error::{BadDataFormat, BadEncoding};
    if let BadEncoding(mut found) | BadDataFormat(mut found, _) = error {
        found.zeroize();
        return SecretError::NotText { from: "the keyring" };
    }
    SecretError::Keyring(error)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use keyring_core::api::CredentialStoreApi;

    use super::*;

    /// Does the kernel answer keyctl(2) here? Asked of the kernel, past the code under test.
    fn kernel_permits() -> bool {
        let store = linux_keyutils_keyring_store::Store::new().unwrap();
        store.build("matterbox-test", "is it permitted", None).is_ok()
    }

    /// Does the kernel list a valid key of this name? Its flags show an `i` for one that was taken away, until it is
    /// cleared from its memory.
    fn kernel_holds(name: &str) -> bool {
        let keys = fs::read_to_string("/proc/keys").unwrap();
        let valid = |line: &&str| line.split_whitespace().nth(1).is_some_and(|f| !f.contains('i'));
        keys.lines().filter(valid).any(|line| line.contains(name))
    }

    #[allow(
        clippy::print_stderr,
        reason = "whoever reads the test's output learns which branch ran"
    )]
    #[test]
    fn the_kernels_keyring_keeps_gives_and_forgets_a_secret_or_says_that_it_is_closed() {
        let folder = tempfile::tempdir().unwrap();
        let entry = KeyringEntry::record(folder.path());
        let secret = Confidential::from("a passphrase, naïve");
        if !kernel_permits() {
            eprintln!("branch: this kernel (or container) does not permit a keyring");
            for error in [entry.get().map(drop), entry.set(&secret).map(drop), entry.forget()] {
                let error = error.unwrap_err();
                assert!(matches!(error, SecretError::Keyring(_)));
                assert!(error.to_string().contains("the kernel's keyring cannot be used here"));
                assert!(error.to_string().contains("\"command\" or \"prompt\""), "{error}");
            }
            return;
        }
        eprintln!("branch: the kernel's keyring is used");
        let nothing = entry.get().unwrap_err();
        assert!(matches!(nothing, SecretError::NotInKeyring { .. }), "{nothing:?}");
        assert!(nothing.to_string().contains("the passphrase of the record"), "{nothing}");
        assert_eq!(entry.set(&secret).unwrap(), Kept::UntilRestart);
        assert!(kernel_holds(&entry.name), "it is really in the kernel");
        assert_eq!(entry.get().unwrap(), secret);
        entry.set(&Confidential::from("another")).unwrap();
        assert_eq!(entry.get().unwrap().expose(), "another");
        // Another office, and an account of this one, have places of their own.
        let elsewhere = tempfile::tempdir().unwrap();
        for other in
            [KeyringEntry::record(elsewhere.path()), KeyringEntry::account(folder.path(), "record")]
        {
            assert!(matches!(other.get(), Err(SecretError::NotInKeyring { .. })));
        }
        entry.forget().unwrap();
        assert!(!kernel_holds(&entry.name), "it is really gone");
        entry.forget().unwrap();
    }

    #[test]
    fn what_is_no_text_is_not_repeated() {
        let error = fault(keyring_core::Error::BadEncoding(vec![200, 201, 202]));
        assert!(!format!("{error} {error:?}").contains("201"));
    }

    #[test]
    fn one_office_has_one_place_however_its_folder_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let inside = folder.path().join("inside");
        fs::create_dir(&inside).unwrap();
        let roundabout = inside.join("..");
        assert_eq!(KeyringEntry::record(folder.path()), KeyringEntry::record(&roundabout));
        assert_ne!(KeyringEntry::record(folder.path()), KeyringEntry::record(&inside));
    }
}
