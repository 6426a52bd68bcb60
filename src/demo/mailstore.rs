//! The practice office's mail, in memory: accounts, their folders, and the messages in them.
//!
//! Owns UIDs and UIDVALIDITY, and tells sessions that something changed. It never touches the disk and never waits:
//! the lock is held for a lookup or an insertion, not across an `await`.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jiff::Timestamp;
use tokio::sync::watch;

/// The UIDVALIDITY of every folder: fixed, since folders live as long as the server.
pub(super) const UID_VALIDITY: u32 = 1;

/// The folders that each account has, with their special use (RFC 6154).
pub(super) const FOLDERS: [(&str, Option<&str>); 6] = [
    ("INBOX", None),
    ("Archive", Some("Archive")),
    ("Drafts", Some("Drafts")),
    ("Junk", Some("Junk")),
    ("Sent", Some("Sent")),
    ("Trash", Some("Trash")),
];

/// One message in a folder.
#[derive(Clone)]
pub(super) struct Stored {
    /// Ascending within the folder, never reused.
    pub uid: u32,
    /// RFC 5322 bytes.
    pub raw: Arc<[u8]>,
    /// Flags as IMAP spells them: `\Seen`, `$Forwarded`.
    pub flags: BTreeSet<String>,
    /// INTERNALDATE.
    pub received: Timestamp,
    /// Rises when the flags change.
    pub revision: u64,
}

/// A mailbox as IMAP knows it.
#[derive(Clone, Default)]
pub(super) struct Folder {
    /// In the order of their UIDs.
    pub messages: Vec<Stored>,
    /// The last UID given out.
    pub last_uid: u32,
}

impl Folder {
    /// The message with this UID.
    pub fn get(&self, uid: u32) -> Option<&Stored> {
        let at = self.messages.binary_search_by_key(&uid, |message| message.uid).ok()?;
        self.messages.get(at)
    }
}

struct Account {
    password: String,
    folders: BTreeMap<String, Folder>,
}

/// How flags are changed (RFC 3501 §6.4.6).
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// `FLAGS`.
    Replace,
    /// `+FLAGS`.
    Add,
    /// `-FLAGS`.
    Remove,
}

/// All accounts. Shared by the servers.
pub(super) struct MailStore {
    accounts: Mutex<BTreeMap<String, Account>>,
    changed: watch::Sender<u64>,
}

impl MailStore {
    pub(super) fn new() -> Self {
        Self { accounts: Mutex::new(BTreeMap::new()), changed: watch::Sender::new(0) }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Account>> {
        // A panic while the lock was held leaves at worst one message half flagged.
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn announce(&self) {
        self.changed.send_modify(|revision| *revision = revision.wrapping_add(1));
    }

    /// Opens an account with the usual folders.
    pub(super) fn open_account(&self, address: &str, password: &str) {
        let folders =
            FOLDERS.iter().map(|(name, _)| ((*name).to_owned(), Folder::default())).collect();
        let account = Account { password: password.to_owned(), folders };
        self.lock().insert(address.to_lowercase(), account);
    }

    /// Does somebody here have this address?
    pub(super) fn knows(&self, address: &str) -> bool {
        self.lock().contains_key(&address.to_lowercase())
    }

    /// Is this the account's password?
    pub(super) fn admits(&self, address: &str, password: &str) -> bool {
        self.lock().get(&address.to_lowercase()).is_some_and(|a| a.password == password)
    }

    /// Wakes whoever waits for news.
    pub(super) fn watch(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    /// The names of an account's folders.
    pub(super) fn folders(&self, address: &str) -> Vec<String> {
        let accounts = self.lock();
        accounts.get(address).map(|a| a.folders.keys().cloned().collect()).unwrap_or_default()
    }

    /// Looks at a folder.
    pub(super) fn look<R>(
        &self,
        address: &str,
        folder: &str,
        look: impl FnOnce(&Folder) -> R,
    ) -> Option<R> {
        self.lock().get(address)?.folders.get(folder).map(look)
    }

    /// Makes a folder. False where it exists already.
    pub(super) fn create(&self, address: &str, folder: &str) -> bool {
        let mut accounts = self.lock();
        let Some(account) = accounts.get_mut(address) else { return false };
        if account.folders.contains_key(folder) {
            return false;
        }
        account.folders.insert(folder.to_owned(), Folder::default());
        true
    }

    /// Files a message; `None` where there is no such folder. NULs, which IMAP cannot carry in a literal, become
    /// 0x80, as Dovecot does it.
    pub(super) fn append(
        &self,
        address: &str,
        folder: &str,
        raw: &[u8],
        flags: BTreeSet<String>,
        received: Timestamp,
    ) -> Option<u32> {
        let raw: Arc<[u8]> = if raw.contains(&0) {
            raw.iter().map(|b| if *b == 0 { 0x80 } else { *b }).collect()
        } else {
            raw.into()
        };
        let uid = {
            let mut accounts = self.lock();
            let folder = accounts.get_mut(&address.to_lowercase())?.folders.get_mut(folder)?;
            folder.last_uid = folder.last_uid.checked_add(1)?;
            let uid = folder.last_uid;
            folder.messages.push(Stored { uid, raw, flags, received, revision: 0 });
            uid
        };
        self.announce();
        Some(uid)
    }

    /// Changes the flags of one message.
    pub(super) fn flag(
        &self,
        address: &str,
        folder: &str,
        uid: u32,
        change: Change,
        flags: &BTreeSet<String>,
    ) {
        let mut accounts = self.lock();
        let Some(folder) = accounts.get_mut(address).and_then(|a| a.folders.get_mut(folder)) else {
            return;
        };
        let at = folder.messages.binary_search_by_key(&uid, |message| message.uid);
        let Some(message) = at.ok().and_then(|at| folder.messages.get_mut(at)) else { return };
        let wanted: BTreeSet<String> = match change {
            Change::Replace => flags.clone(),
            Change::Add => message.flags.union(flags).cloned().collect(),
            Change::Remove => message.flags.difference(flags).cloned().collect(),
        };
        if wanted != message.flags {
            message.flags = wanted;
            message.revision = message.revision.wrapping_add(1);
            drop(accounts);
            self.announce();
        }
    }

    /// Removes the messages for which `gone` says so.
    pub(super) fn expunge(&self, address: &str, folder: &str, gone: impl Fn(&Stored) -> bool) {
        if let Some(folder) =
            self.lock().get_mut(address).and_then(|account| account.folders.get_mut(folder))
        {
            folder.messages.retain(|message| !gone(message));
        }
        self.announce();
    }
}
