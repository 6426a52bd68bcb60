//! An IMAP server that a test describes: what its mailboxes hold, and where it departs from the standard.
//!
//! Owns the honest answers; a [`Deviation`] changes or replaces them. It speaks over a real socket and real TLS.
//! It must never hang a test: each of its connections ends with the client's.

use std::{
    io::{self, BufRead, BufReader, Write},
    net::{Shutdown, TcpListener},
    sync::{Arc, Mutex, MutexGuard},
    thread,
    time::Duration,
};

use super::authority::{Authority, Secured};

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
}

impl Folder {
    pub fn new(name: &str) -> Self {
        let name = name.to_owned();
        Self { name, listed: None, uid_validity: Some(7), uid_next: None, mail: Vec::new() }
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
                    state.lock().unwrap().connections += 1;
                    let secured = Authority::get().secure(line);
                    let selected = None;
                    let mut talk =
                        Talk { lines: BufReader::new(secured), state, selected, view: Vec::new() };
                    // Whatever ends a line is the client's to notice.
                    talk.run().unwrap_or_default();
                    talk.lines.get_mut().conn.send_close_notify();
                    talk.lines.get_mut().flush().unwrap_or_default();
                    talk.lines.get_mut().sock.shutdown(Shutdown::Both).unwrap_or_default();
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

    pub fn removes(&self, folder: &str, uids: &[u32]) {
        self.state().folder(folder).mail.retain(|mail| !uids.contains(&mail.uid));
    }
}

/// One connection.
struct Talk {
    lines: BufReader<Secured>,
    state: Arc<Mutex<State>>,
    selected: Option<String>,
    /// The UIDs by sequence number, as this client was told.
    view: Vec<u32>,
}

/// The connection is over.
fn over<T>() -> io::Result<T> {
    Err(io::ErrorKind::ConnectionAborted.into())
}

impl Talk {
    fn run(&mut self) -> io::Result<()> {
        let greeting = self.state.lock().unwrap().greeting.clone();
        self.send(greeting.as_bytes())?;
        loop {
            let line = self.line()?;
            let Some((tag, command)) = line.split_once(' ') else { return over() };
            if !self.lines.buffer().is_empty() {
                self.state.lock().unwrap().pipelined += 1;
            }
            self.command(tag, command)?;
        }
    }

    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.lines.get_mut().write_all(bytes)?;
        self.lines.get_mut().flush()
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = Vec::new();
        if self.lines.read_until(b'\n', &mut line)? == 0 {
            return over();
        }
        Ok(String::from_utf8_lossy(&line).trim_end().to_owned())
    }

    fn command(&mut self, tag: &str, command: &str) -> io::Result<()> {
        let act = self.deviation(command);
        if let Some(Act::Change(change)) = &act {
            change(&mut self.state.lock().unwrap());
        }
        match &act {
            Some(Act::Say(words)) => self.send(words.as_bytes())?,
            Some(Act::Answer(words)) => return self.send(words.replace("{tag}", tag).as_bytes()),
            Some(Act::Leave(words)) => {
                self.send(words.replace("{tag}", tag).as_bytes())?;
                return over();
            }
            Some(Act::Stall) => loop {
                self.line()?;
            },
            Some(Act::Rewrite(_) | Act::Change(_)) | None => {}
        }
        if command == "IDLE" {
            return self.idle(tag);
        }
        if command.starts_with("AUTHENTICATE") {
            let go_on = self.state.lock().unwrap().go_on.clone();
            self.send(go_on.as_bytes())?;
            self.line()?;
        }
        let mut answer = if command.starts_with("APPEND") {
            self.append(command)?
        } else {
            self.answer(command)
        };
        // Not during FETCH: its numbers would mean other messages (RFC 3501 §7.4.1).
        if !command.contains("FETCH") && !command.contains("SEARCH") {
            answer.1.splice(0..0, self.news());
        }
        let (status, mut bytes) = answer;
        bytes.extend_from_slice(format!("{tag} {status}\r\n").as_bytes());
        if let Some(Act::Rewrite(how)) = act {
            bytes = how(bytes);
        }
        self.send(&bytes)?;
        if command == "LOGOUT" { over() } else { Ok(()) }
    }

    fn deviation(&self, command: &str) -> Option<Act> {
        let mut state = self.state.lock().unwrap();
        state.heard.push(command.to_owned());
        let found = state
            .deviations
            .iter_mut()
            .find(|deviation| (deviation.matches)(command) && deviation.times != Some(0))?;
        found.times = found.times.map(|times| times - 1);
        Some(found.act.clone())
    }

    /// The tagged status and the untagged lines before it.
    fn answer(&mut self, command: &str) -> (String, Vec<u8>) {
        let words: Vec<&str> = command.split(' ').collect();
        let ok = |text: &str| format!("OK {text}");
        match words.as_slice() {
            ["UID", "MOVE" | "STORE", set, ..] if self.is_gmail() => {
                let Some(name) = self.selected.clone() else { return (ok("?"), Vec::new()) };
                self.state.lock().unwrap().gmail(&name, words[1], set, command)
            }
            ["CAPABILITY"] => {
                let line = format!("* CAPABILITY {}\r\n", self.state.lock().unwrap().capabilities);
                (ok("done"), line.into())
            }
            ["LIST" | "XLIST", ..] => (ok("listed"), self.list()),
            ["EXAMINE" | "SELECT", ..] => self.open(command),
            ["STATUS", ..] => self.status(command),
            ["UID", "FETCH", set, ..] => {
                let items = command.split_once(set).unwrap().1.to_owned();
                (ok("fetched"), self.fetch(set, &items))
            }
            ["UID", "SEARCH", ..] => (ok("searched"), self.search(command)),
            ["LOGOUT"] => (ok("bye"), b"* BYE see you\r\n".to_vec()),
            ["AUTHENTICATE" | "LOGIN" | "NOOP" | "ID" | "ENABLE" | "CLOSE" | "UNSELECT", ..] => {
                (ok("done"), Vec::new())
            }
            _ => ("BAD not understood".to_owned(), Vec::new()),
        }
    }

    fn is_gmail(&self) -> bool {
        self.state.lock().unwrap().capabilities.contains("X-GM-EXT-1")
    }

    fn list(&self) -> Vec<u8> {
        let state = self.state.lock().unwrap();
        let line = |folder: &Folder| {
            let made = || format!("(\\HasNoChildren) \"/\" {}", quoted(&folder.name));
            format!("* LIST {}\r\n", folder.listed.clone().unwrap_or_else(made))
        };
        state.folders.iter().map(line).collect::<String>().into()
    }

    fn open(&mut self, command: &str) -> (String, Vec<u8>) {
        let name = named(command);
        let state = self.state.lock().unwrap();
        let Some(folder) = state.folders.iter().find(|folder| folder.name == name) else {
            self.selected = None;
            return ("NO [NONEXISTENT] no such mailbox".to_owned(), Vec::new());
        };
        self.view = folder.mail.iter().map(|mail| mail.uid).collect();
        let mut lines =
            format!("* FLAGS (\\Seen)\r\n* {} EXISTS\r\n* 0 RECENT\r\n", self.view.len());
        if let Some(validity) = folder.uid_validity {
            lines += &format!("* OK [UIDVALIDITY {validity}] x\r\n");
        }
        lines += &format!("* OK [UIDNEXT {}] x\r\n", folder.next());
        self.selected = Some(name);
        let mode = if command.starts_with("SELECT") { "READ-WRITE" } else { "READ-ONLY" };
        (format!("OK [{mode}] opened"), lines.into())
    }

    fn status(&self, command: &str) -> (String, Vec<u8>) {
        let name = named(command);
        let state = self.state.lock().unwrap();
        let Some(folder) = state.folders.iter().find(|folder| folder.name == name) else {
            return ("NO [NONEXISTENT] no such mailbox".to_owned(), Vec::new());
        };
        let validity = folder.uid_validity.map(|v| format!(" UIDVALIDITY {v}")).unwrap_or_default();
        let (count, next) = (folder.mail.len(), folder.next());
        let line =
            format!("* STATUS {} (MESSAGES {count} UIDNEXT {next}{validity})\r\n", quoted(&name));
        ("OK asked".to_owned(), line.into())
    }

    /// What changed in the open mailbox since this client was told last.
    fn news(&mut self) -> Vec<u8> {
        let Some(name) = &self.selected else { return Vec::new() };
        let mut state = self.state.lock().unwrap();
        let order = state.expunges;
        let now: Vec<u32> = state.folder(name).mail.iter().map(|mail| mail.uid).collect();
        let gone: Vec<usize> =
            (0..self.view.len()).filter(|place| !now.contains(&self.view[*place])).collect();
        let mut told = gone.clone();
        match order {
            Expunges::Ascending | Expunges::Unshifted => {}
            Expunges::Descending => told.reverse(),
            Expunges::Shuffled => told.sort_by_key(|place| (place % 3, std::cmp::Reverse(*place))),
        }
        let numbers = told.iter().enumerate().map(|(turn, place)| {
            let before = told[..turn].iter().filter(|other| *other < place).count();
            if order == Expunges::Unshifted { place + 1 } else { place + 1 - before }
        });
        let mut lines: String = numbers.map(|number| format!("* {number} EXPUNGE\r\n")).collect();
        if now.len() > self.view.len() - gone.len() {
            lines += &format!("* {} EXISTS\r\n", now.len());
        }
        self.view = now;
        lines.into()
    }

    fn fetch(&mut self, set: &str, items: &str) -> Vec<u8> {
        let Some(name) = self.selected.clone() else { return Vec::new() };
        let mut state = self.state.lock().unwrap();
        let folders = if items.contains("X-GM") { state.folders.clone() } else { Vec::new() };
        let folder = state.folder(&name);
        let mut out = Vec::new();
        let last = self.view.last().copied().unwrap_or(0);
        for (place, uid) in self.view.iter().enumerate() {
            let Some(mail) = folder.mail.iter().find(|mail| mail.uid == *uid) else { continue };
            if !within(set, *uid, last) {
                continue;
            }
            out.extend_from_slice(format!("* {} FETCH (UID {uid}", place + 1).as_bytes());
            out.extend_from_slice(&attributes(mail, items));
            if items.contains("X-GM-MSGID") {
                out.extend_from_slice(super::gmail::labels(&folders, &name, mail).as_bytes());
            }
            out.extend_from_slice(b")\r\n");
        }
        out
    }

    fn search(&mut self, command: &str) -> Vec<u8> {
        let Some(name) = self.selected.clone() else { return Vec::new() };
        let mut state = self.state.lock().unwrap();
        let header = command.split_once("HEADER ").map(|(_, rest)| rest);
        let (field, value) = header.and_then(|rest| rest.split_once(' ')).unwrap_or_default();
        let value = unquoted(value);
        let holds = |mail: &&Mail| {
            header.is_none()
                || header_of(&mail.bytes)
                    .lines()
                    .any(|line| line.starts_with(&format!("{field}:")) && line.contains(&value))
        };
        let found = state.folder(&name).mail.iter().filter(holds);
        let uids: String = found.map(|mail| format!(" {}", mail.uid)).collect();
        format!("* SEARCH{uids}\r\n").into()
    }

    fn append(&mut self, command: &str) -> io::Result<(String, Vec<u8>)> {
        let name = named(command);
        let length = command.rsplit_once('{').unwrap().1.trim_end_matches('}').parse().unwrap();
        self.send(b"+ go on\r\n")?;
        let mut bytes = vec![0; length];
        io::Read::read_exact(&mut self.lines, &mut bytes)?;
        self.line()?;
        let mut state = self.state.lock().unwrap();
        let plus = state.capabilities.contains("UIDPLUS");
        let folder = state.folder(&name);
        let uid = folder.add(&bytes);
        "\\Seen".clone_into(&mut folder.mail.last_mut().unwrap().flags);
        let validity = folder.uid_validity.unwrap_or(0);
        let code = if plus { format!("[APPENDUID {validity} {uid}] ") } else { String::new() };
        Ok((format!("OK {code}appended"), Vec::new()))
    }

    fn idle(&mut self, tag: &str) -> io::Result<()> {
        self.send(b"+ idling\r\n")?;
        self.lines.get_ref().sock.set_read_timeout(Some(Duration::from_millis(20)))?;
        let mut line = Vec::new();
        loop {
            let news = self.news();
            self.send(&news)?;
            match self.lines.read_until(b'\n', &mut line) {
                Ok(0) => return over(),
                Ok(_) => break,
                Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock) => {}
                Err(error) => return Err(error),
            }
        }
        self.lines.get_ref().sock.set_read_timeout(None)?;
        let act = self.deviation("DONE");
        match act {
            Some(Act::Stall) => loop {
                self.line()?;
            },
            Some(Act::Leave(words)) => {
                self.send(words.as_bytes())?;
                over()
            }
            _ => self.send(format!("{tag} OK idled\r\n").as_bytes()),
        }
    }
}

/// The attributes that were asked for.
fn attributes(mail: &Mail, items: &str) -> Vec<u8> {
    let mut out = Vec::new();
    if items.contains("FLAGS") {
        out.extend_from_slice(format!(" FLAGS ({})", mail.flags).as_bytes());
    }
    if items.contains("INTERNALDATE") {
        out.extend_from_slice(b" INTERNALDATE \"24-Nov-2026 14:00:00 +0000\"");
    }
    if items.contains("RFC822.SIZE") {
        let size = mail.size.clone().unwrap_or_else(|| mail.bytes.len().to_string());
        out.extend_from_slice(format!(" RFC822.SIZE {size}").as_bytes());
    }
    let Some((_, section)) = items.split_once("BODY.PEEK[") else { return out };
    let (section, behind) = section.split_once(']').unwrap();
    let header = header_of(&mail.bytes);
    let body: Vec<u8> = if let Some(fields) = section.strip_prefix("HEADER.FIELDS (") {
        let field = format!("{}:", fields.trim_end_matches(')')).to_ascii_lowercase();
        let of = |line: &&str| line.to_ascii_lowercase().starts_with(&field);
        let line: String = header.lines().filter(of).map(|line| format!("{line}\r\n")).collect();
        format!("{line}\r\n").into()
    } else if section == "HEADER" {
        header.into_bytes()
    } else {
        mail.bytes.clone()
    };
    let slice = behind.strip_prefix('<').and_then(|rest| rest.split_once('>')).map(|(s, _)| s);
    let (origin, body) = match slice.and_then(|slice| slice.split_once('.')) {
        Some((from, count)) => {
            let (from, count): (usize, usize) = (from.parse().unwrap(), count.parse().unwrap());
            let rest = body.get(from..).unwrap_or_default();
            (format!("<{from}>"), rest[..count.min(rest.len())].to_vec())
        }
        None => (String::new(), body),
    };
    out.extend_from_slice(format!(" BODY[{section}]{origin} {{{}}}\r\n", body.len()).as_bytes());
    out.extend_from_slice(&body);
    out
}

/// The header with the empty line behind it.
fn header_of(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let end = text.find("\r\n\r\n").map_or(text.len(), |at| at + 4);
    text.split_at(end).0.to_owned()
}

/// Does this command ask for the whole of the message with this UID?
pub fn fetches(command: &str, uid: u32) -> bool {
    command.contains("BODY.PEEK[]")
        && command.split(' ').nth(2).is_some_and(|set| within(set, uid, u32::MAX))
}

/// Is the UID in this set? `*` is the highest; a range may be written either way round.
pub fn within(set: &str, uid: u32, last: u32) -> bool {
    let number = |text: &str| if text == "*" { last } else { text.parse().unwrap() };
    set.split(',').any(|range| {
        let (from, to) = range.split_once(':').unwrap_or((range, range));
        let (from, to) = (number(from), number(to));
        (from.min(to)..=from.max(to)).contains(&uid)
    })
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
}

fn unquoted(text: &str) -> String {
    text.trim().trim_matches('"').replace("\\\"", "\"").replace("\\\\", "\\")
}

/// The mailbox that a command names: its first quoted string, or its second word.
pub fn named(command: &str) -> String {
    let rest = command.split_once(' ').map(|(_, rest)| rest).unwrap_or_default();
    let Some(inside) = rest.strip_prefix('"') else {
        return rest.split(' ').next().unwrap_or_default().to_owned();
    };
    let mut name = String::new();
    let mut letters = inside.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '"' => break,
            '\\' => name.extend(letters.next()),
            other => name.push(other),
        }
    }
    name
}
