//! What a [`scripted`](super::scripted) server does when it plays Gmail (X-GM-EXT-1): folders are labels of one message.
//!
//! Owns identities, labels, and what moving means there. Two messages with the same bytes are one.

use std::{
    collections::hash_map::DefaultHasher,
    hash::{Hash, Hasher},
};

use super::scripted::{
    Folder, Mail, State,
    talk::{named, within},
};

pub const ALL: &str = "[Gmail]/All Mail";
pub const TRASH: &str = "[Gmail]/Trash";
pub const DRAFTS: &str = "[Gmail]/Drafts";
pub const SENT: &str = "[Gmail]/Sent Mail";

/// The folders that every account there has: INBOX, Sent, Drafts, Trash and All Mail.
pub fn folders() -> Vec<Folder> {
    let own = |name: &str, role: &str| {
        Folder::new(name).listed(&format!("(\\HasNoChildren \\{role}) \"/\" \"{name}\""))
    };
    let level = Folder::new("[Gmail]").listed("(\\HasChildren \\Noselect) \"/\" \"[Gmail]\"");
    vec![
        Folder::new("INBOX"),
        level,
        own(SENT, "Sent"),
        own(DRAFTS, "Drafts"),
        own(TRASH, "Trash"),
        own(ALL, "All"),
    ]
}

/// The identity of a message, and the labels under which it shows beside the open folder.
pub fn labels(folders: &[Folder], open: &str, mail: &Mail) -> String {
    let mut hasher = DefaultHasher::new();
    mail.bytes.hash(&mut hasher);
    let bears = |folder: &&Folder| {
        folder.name != open && folder.mail.iter().any(|other| other.bytes == mail.bytes)
    };
    let labels: Vec<String> = folders
        .iter()
        .filter(bears)
        .filter_map(|folder| match folder.name.as_str() {
            ALL => None,
            "INBOX" => Some("\"\\\\Inbox\"".to_owned()),
            SENT => Some("\"\\\\Sent\"".to_owned()),
            DRAFTS => Some("\"\\\\Draft\"".to_owned()),
            name => Some(format!("\"{name}\"")),
        })
        .collect();
    format!(" X-GM-MSGID {} X-GM-LABELS ({})", hasher.finish(), labels.join(" "))
}

impl State {
    /// The message arrives under these labels, and in All Mail.
    pub fn labelled(&mut self, bytes: &[u8], labels: &[&str]) {
        for name in labels.iter().chain([&ALL]) {
            self.folder(name).add(bytes);
        }
    }

    /// MOVE takes one label away and gives another; nothing leaves All Mail but for Trash, which takes every label away.
    /// STORE changes the message under all its labels.
    pub fn gmail(&mut self, open: &str, verb: &str, set: &str, command: &str) -> (String, Vec<u8>) {
        let mail = self.folder(open).mail.clone();
        let meant: Vec<Mail> =
            mail.into_iter().filter(|mail| within(set, mail.uid, u32::MAX)).collect();
        if verb == "STORE" {
            let flag = command.rsplit_once('(').unwrap().1.trim_end_matches(')').to_owned();
            for other in self.folders.iter_mut().flat_map(|folder| &mut folder.mail) {
                if meant.iter().any(|mail| mail.bytes == other.bytes) {
                    let on = command.contains("+FLAGS");
                    other.flags = if on { flag.clone() } else { String::new() };
                }
            }
            return ("OK stored".to_owned(), Vec::new());
        }
        let target = named(command.split_once(set).unwrap().1);
        let mut code = String::new();
        for mail in meant {
            for folder in &mut self.folders {
                let all = target == TRASH && folder.name != TRASH;
                if all || folder.name == open && open != ALL {
                    folder.mail.retain(|other| other.bytes != mail.bytes);
                }
            }
            let folder = self.folder(&target);
            let there = folder.mail.iter().find(|other| other.bytes == mail.bytes);
            let uid = match there.map(|other| other.uid) {
                Some(uid) => uid,
                None => folder.add(&mail.bytes),
            };
            code += &format!("* OK [COPYUID 7 {} {uid}] \r\n", mail.uid);
        }
        let told = self.capabilities.contains("UIDPLUS");
        ("OK moved".to_owned(), if told { code.into() } else { Vec::new() })
    }
}
