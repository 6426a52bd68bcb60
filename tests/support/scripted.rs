//! An IMAP server that a test describes: what its mailboxes hold, and where it departs from the standard.
//!
//! Owns the honest answers; a [`Deviation`] changes or replaces them. It speaks over a real socket and real TLS.
//! It must never hang a test: each of its connections ends with the client's.

pub mod talk;

use std::{
    collections::BTreeMap,
    net::TcpListener,
    sync::{Arc, Mutex, MutexGuard},
    thread,
};

use super::authority::Authority;
use talk::{Talk, within};

/// One message of a mailbox.
#[derive(Clone)]
pub struct Mail {
    pub uid: u32,
    /// As they go over the wire, such as `\Seen $Label`.
    pub flags: String,
    pub bytes: Vec<u8>,
    /// What RFC822.SIZE says instead of the truth.
    pub size: Option<String>,
}

/// One mailbox.
#[derive(Clone)]
pub struct Folder {
    /// Its name as a client must send it.
    pub name: String,
    /// What stands behind `* LIST `; `None`: made from the name.
    pub listed: Option<String>,
    pub uid_validity: Option<u64>,
    /// What UIDNEXT says instead of the truth.
    pub uid_next: Option<u64>,
    pub mail: Vec<Mail>,
    counted: Counted,
}

/// The changes of a mailbox with their numbers (RFC 7162), found by looking at it before each answer.
#[derive(Clone, Default)]
struct Counted {
    modseq: u64,
    known: BTreeMap<u32, (String, u64)>,
    vanished: Vec<(u32, u64)>,
}

impl Folder {
    pub fn new(name: &str) -> Self {
        let name = name.to_owned();
        Self {
            name,
            listed: None,
            uid_validity: Some(7),
            uid_next: None,
            mail: Vec::new(),
            counted: Counted { modseq: 1, ..Counted::default() },
        }
    }

    /// Holding these, with UIDs from 1 on.
    pub fn with<'a>(mut self, letters: impl IntoIterator<Item = &'a Vec<u8>>) -> Self {
        for bytes in letters {
            self.add(bytes);
        }
        self
    }

    /// Listed with these attributes, such as `\Sent`.
    pub fn listed(mut self, line: &str) -> Self {
        self.listed = Some(line.to_owned());
        self
    }

    /// One message more, under the next UID.
    pub fn add(&mut self, bytes: &[u8]) -> u32 {
        let uid = self.mail.iter().map(|mail| mail.uid).max().unwrap_or(0) + 1;
        let flags = String::new();
        self.mail.push(Mail { uid, flags, bytes: bytes.to_vec(), size: None });
        uid
    }

    /// The server loses its count of the changes and begins anew.
    pub fn forget_changes(&mut self) {
        self.counted = Counted { modseq: 1, ..Counted::default() };
    }

    /// Gives what changed since the last look its number.
    fn count_changes(&mut self) {
        let Counted { modseq, known, vanished } = &mut self.counted;
        let now: BTreeMap<u32, &str> =
            self.mail.iter().map(|mail| (mail.uid, mail.flags.as_str())).collect();
        let same = known.len() == now.len()
            && known.iter().all(|(uid, (flags, _))| now.get(uid) == Some(&flags.as_str()));
        if same {
            return;
        }
        *modseq += 1;
        let left = known.keys().filter(|uid| !now.contains_key(uid));
        vanished.extend(left.map(|uid| (*uid, *modseq)));
        known.retain(|uid, _| now.contains_key(uid));
        for (uid, flags) in now {
            let one = known.entry(uid).or_insert_with(|| (String::new(), 0));
            if one.0 != flags || one.1 == 0 {
                *one = (flags.to_owned(), *modseq);
            }
        }
    }

    fn next(&self) -> u64 {
        let after = self.mail.iter().map(|mail| u64::from(mail.uid)).max().unwrap_or(0) + 1;
        self.uid_next.unwrap_or(after)
    }
}

/// In which order, and with which numbers, removed messages are told.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub enum Expunges {
    /// From the lowest; each number is already moved by those before it (RFC 3501, Gmail).
    #[default]
    Ascending,
    /// From the highest (Microsoft 365).
    Descending,
    /// In an order of the server's own (Dovecot).
    Shuffled,
    /// From the lowest, with numbers that are not moved (Yahoo).
    Unshifted,
}

type Rewrite = Arc<dyn Fn(Vec<u8>) -> Vec<u8> + Send + Sync>;
type Matches = Arc<dyn Fn(&str) -> bool + Send + Sync>;
type Change = Arc<dyn Fn(&mut State) + Send + Sync>;

/// What a deviation does.
#[derive(Clone)]
pub enum Act {
    /// Says this before the honest answer (untagged lines, each with its end).
    Say(String),
    /// Says this instead; `{tag}` stands for the command's tag.
    Answer(String),
    /// Turns the honest answer into another.
    Rewrite(Rewrite),
    /// Changes the mailboxes, then answers.
    Change(Change),
    /// Says this, then closes the line.
    Leave(String),
    /// Does what was asked, then closes the line without an answer.
    HangUp,
    /// Says this, and nothing any more.
    Quiet(&'static str),
    /// Says nothing any more.
    Stall,
}

impl Act {
    pub fn say(text: &str) -> Self {
        Self::Say(text.to_owned())
    }

    pub fn answer(text: &str) -> Self {
        Self::Answer(text.to_owned())
    }

    pub fn leave(text: &str) -> Self {
        Self::Leave(text.to_owned())
    }

    pub fn rewrite(how: impl Fn(Vec<u8>) -> Vec<u8> + Send + Sync + 'static) -> Self {
        Self::Rewrite(Arc::new(how))
    }

    /// Replaces words of the answer.
    pub fn replace(from: &'static str, to: &'static str) -> Self {
        Self::rewrite(move |answer| replaced(&answer, from.as_bytes(), to.as_bytes()))
    }

    /// Leaves out the lines of the answer that hold these words.
    pub fn omit(words: &'static str) -> Self {
        Self::rewrite(move |answer| {
            let text = String::from_utf8(answer).unwrap();
            text.split_inclusive("\r\n")
                .filter(|line| !line.contains(words))
                .collect::<String>()
                .into()
        })
    }

    pub fn change(how: impl Fn(&mut State) + Send + Sync + 'static) -> Self {
        Self::Change(Arc::new(how))
    }
}

fn replaced(text: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.first() {
        if let Some(behind) = rest.strip_prefix(from) {
            out.extend_from_slice(to);
            rest = behind;
        } else {
            out.push(*first);
            rest = &rest[1..];
        }
    }
    out
}

/// A departure from the standard.
#[derive(Clone)]
struct Deviation {
    /// Which commands it is for.
    matches: Matches,
    /// For how many of them; `None` for all.
    times: Option<usize>,
    act: Act,
}

/// All that the server knows.
pub struct State {
    pub capabilities: String,
    pub folders: Vec<Folder>,
    pub expunges: Expunges,
    /// What the server says first.
    pub greeting: String,
    /// What asks for the password.
    pub go_on: String,
    /// How many commands came before the one before them was answered.
    pub pipelined: usize,
    /// How many messages one command may be about, and how many of a mailbox are shown to whom did not ENABLE UIDONLY
    /// (Yahoo; RFC 9738, RFC 9586).
    pub limit: Option<usize>,
    /// It shows a certificate that nobody signed but itself.
    pub self_signed: bool,
    deviations: Vec<Deviation>,
    heard: Vec<String>,
    connections: usize,
}

impl State {
    /// The mailbox of this name.
    pub fn folder(&mut self, name: &str) -> &mut Folder {
        self.folders.iter_mut().find(|folder| folder.name == name).expect(name)
    }
}

/// The running server.
#[derive(Clone)]
pub struct Scripted {
    pub port: u16,
    state: Arc<Mutex<State>>,
}

impl Scripted {
    /// A server with these capabilities and mailboxes.
    pub fn start(capabilities: &str, folders: impl IntoIterator<Item = Folder>) -> Self {
        let state = State {
            capabilities: format!("IMAP4rev1 AUTH=PLAIN {capabilities}"),
            folders: folders.into_iter().collect(),
            expunges: Expunges::default(),
            greeting: "* OK ready\r\n".to_owned(),
            go_on: "+ \r\n".to_owned(),
            pipelined: 0,
            limit: None,
            self_signed: false,
            deviations: Vec::new(),
            heard: Vec::new(),
            connections: 0,
        };
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = Self { port, state: Arc::new(Mutex::new(state)) };
        let state = Arc::clone(&server.state);
        thread::spawn(move || {
            for line in listener.incoming() {
                let Ok(line) = line else { return };
                let state = Arc::clone(&state);
                thread::spawn(move || {
                    let alone = {
                        let mut state = state.lock().unwrap();
                        state.connections += 1;
                        state.self_signed
                    };
                    let authority = Authority::get();
                    let secured =
                        if alone { authority.secure_alone(line) } else { authority.secure(line) };
                    let mut talk = Talk::new(secured, state);
                    // Whatever ends a line is the client's to notice.
                    talk.run().unwrap_or_default();
                    talk.hang_up();
                });
            }
        });
        server
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Departs from the standard at every command that begins with these words.
    pub fn always(self, command: &str, act: Act) -> Self {
        self.deviate(command, None, act)
    }

    /// The same at the next such command only.
    pub fn once(self, command: &str, act: Act) -> Self {
        self.deviate(command, Some(1), act)
    }

    /// The same so many times.
    pub fn times(self, times: usize, command: &str, act: Act) -> Self {
        self.deviate(command, Some(times), act)
    }

    fn deviate(self, command: &str, times: Option<usize>, act: Act) -> Self {
        let command = command.to_owned();
        self.put(Arc::new(move |line| line.starts_with(&command)), times, act)
    }

    /// Departs from the standard at every command of this kind.
    pub fn whenever(self, is: impl Fn(&str) -> bool + Send + Sync + 'static, act: Act) -> Self {
        self.put(Arc::new(is), None, act)
    }

    fn put(self, matches: Matches, times: Option<usize>, act: Act) -> Self {
        self.state().deviations.push(Deviation { matches, times, act });
        self
    }

    /// From now on it keeps to the standard.
    pub fn behaves(&self) {
        self.state().deviations.clear();
    }

    /// Every command so far, without its tag.
    pub fn heard(&self) -> Vec<String> {
        self.state().heard.clone()
    }

    /// How many commands began with these words.
    pub fn count(&self, command: &str) -> usize {
        self.state().heard.iter().filter(|line| line.starts_with(command)).count()
    }

    /// How often it was called.
    pub fn connections(&self) -> usize {
        self.state().connections
    }

    pub fn arrives(&self, folder: &str, bytes: &[u8]) -> u32 {
        self.state().folder(folder).add(bytes)
    }

    /// The messages of a mailbox: UID and flags.
    pub fn holds(&self, folder: &str) -> Vec<(u32, String)> {
        let mut state = self.state();
        state.folder(folder).mail.iter().map(|mail| (mail.uid, mail.flags.clone())).collect()
    }

    pub fn removes(&self, folder: &str, uids: &[u32]) {
        self.state().folder(folder).mail.retain(|mail| !uids.contains(&mail.uid));
    }
}

/// Does this command ask for the whole of the message with this UID?
pub fn fetches(command: &str, uid: u32) -> bool {
    command.contains("BODY.PEEK[]")
        && command.split(' ').nth(2).is_some_and(|set| within(set, uid, u32::MAX))
}
