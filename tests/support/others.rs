//! The real Cyrus and Courier that `tests/servers/up` starts beside Dovecot, and a back door to their mailboxes.
//!
//! Owns where they listen and how a test puts mail in and changes it: IMAP in clear, never the product's own code.

use std::{net::TcpStream, time::Duration};

use imap::types::Flag;

use super::servers::{BackDoor, GOOD_HOST, PASSWORD, Servers};

/// Which of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Other {
    /// Cyrus: QRESYNC, SPECIAL-USE in lower case, names without a prefix.
    Cyrus,
    /// Courier: neither CONDSTORE nor SPECIAL-USE nor MOVE, names below `INBOX.`.
    Courier,
}

impl Other {
    /// Its port for IMAP over TLS, on [`GOOD_HOST`] with a good certificate.
    pub fn imaps(self) -> u16 {
        self.ports().imaps
    }

    /// Its port for STARTTLS.
    pub fn imap(self) -> u16 {
        self.ports().imap
    }

    fn ports(self) -> super::servers::Ports {
        match self {
            Self::Cyrus => Servers::get().cyrus,
            Self::Courier => Servers::get().courier,
        }
    }

    /// What a folder is called there.
    pub fn folder(self, name: &str) -> String {
        match self {
            Self::Courier if name != "INBOX" => format!("INBOX.{name}"),
            Self::Courier | Self::Cyrus => name.to_owned(),
        }
    }

    /// Opens the back door; the first login makes the mailbox.
    pub fn back_door(self, user: &str) -> BackDoor {
        let stream = TcpStream::connect((GOOD_HOST, self.ports().imap)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let mut client = imap::Client::new(stream);
        client.read_greeting().unwrap();
        client.login(user, PASSWORD).map_err(|(error, _)| error).unwrap()
    }

    /// Appends messages to a folder, unread.
    pub fn append(self, user: &str, folder: &str, messages: &[Vec<u8>]) {
        let mut session = self.back_door(user);
        for message in messages {
            session.append(&self.folder(folder), message).finish().unwrap();
        }
        session.logout().unwrap();
    }

    /// Sets a flag on a message as another program would.
    pub fn flag(self, user: &str, folder: &str, uid: u32, flag: &str) {
        let mut session = self.back_door(user);
        session.select(self.folder(folder)).unwrap();
        session.uid_store(uid.to_string(), format!("+FLAGS ({flag})")).unwrap();
        session.logout().unwrap();
    }

    /// Takes a message away as another program would.
    pub fn delete(self, user: &str, folder: &str, uid: u32) {
        let mut session = self.back_door(user);
        session.select(self.folder(folder)).unwrap();
        session.uid_store(uid.to_string(), "+FLAGS (\\Deleted)").unwrap();
        session.uid_expunge(uid.to_string()).unwrap();
        session.logout().unwrap();
    }

    /// UID, is it read, and bytes of everything in a folder, by UID.
    pub fn messages(self, user: &str, folder: &str) -> Vec<(u32, bool, Vec<u8>)> {
        let mut session = self.back_door(user);
        let mut all = Vec::new();
        if session.examine(self.folder(folder)).unwrap().exists > 0 {
            for fetch in session.uid_fetch("1:*", "(UID FLAGS BODY.PEEK[])").unwrap().iter() {
                let seen = fetch.flags().contains(&Flag::Seen);
                all.push((fetch.uid.unwrap(), seen, fetch.body().unwrap_or_default().to_vec()));
            }
        }
        session.logout().unwrap();
        all.sort();
        all
    }
}
