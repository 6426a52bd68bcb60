//! One connection of the scripted server: the honest answers, command by command.
//!
//! Owns what one client was told. It must never know what a test is about: departures come from the state.

use std::{
    collections::BTreeMap,
    io::{self, BufRead, BufReader, Write},
    net::Shutdown,
    sync::{Arc, Mutex},
    time::Duration,
};

use super::{Act, Expunges, Folder, Mail, State};
use crate::support::{authority::Secured, gmail};

/// One connection.
pub(super) struct Talk {
    lines: BufReader<Secured>,
    state: Arc<Mutex<State>>,
    selected: Option<String>,
    read_only: bool,
    /// The UIDs by sequence number, as this client was told.
    view: Vec<u32>,
    /// The flags, as this client was told.
    flags: BTreeMap<u32, String>,
    /// What was switched on with ENABLE.
    enabled: Vec<String>,
    /// How the other mailboxes were when this client was told of them, once it asked for NOTIFY.
    told: Option<BTreeMap<String, String>>,
}

/// The connection is over.
fn over<T>() -> io::Result<T> {
    Err(io::ErrorKind::ConnectionAborted.into())
}

/// A status and the untagged lines before it.
type Answer = (String, Vec<u8>);

fn ok(text: &str, lines: impl Into<Vec<u8>>) -> Answer {
    (format!("OK {text}"), lines.into())
}

fn no_such_mailbox() -> Answer {
    ("NO [NONEXISTENT] no such mailbox".to_owned(), Vec::new())
}

impl Talk {
    pub(super) fn new(line: Secured, state: Arc<Mutex<State>>) -> Self {
        Self {
            lines: BufReader::new(line),
            state,
            selected: None,
            read_only: true,
            view: Vec::new(),
            flags: BTreeMap::new(),
            enabled: Vec::new(),
            told: None,
        }
    }

    pub(super) fn hang_up(&mut self) {
        let line = self.lines.get_mut();
        line.conn.send_close_notify();
        line.flush().unwrap_or_default();
        line.sock.shutdown(Shutdown::Both).unwrap_or_default();
    }

    pub(super) fn run(&mut self) -> io::Result<()> {
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
            Some(Act::Quiet(words)) => {
                self.send(words.as_bytes())?;
                loop {
                    self.line()?;
                }
            }
            Some(Act::Rewrite(_) | Act::Change(_) | Act::HangUp) | None => {}
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
        // Not during FETCH: its numbers would mean other messages (RFC 3501 §7.4.1). After what the command itself told.
        if !command.contains("FETCH") && !command.contains("SEARCH") {
            answer.1.extend(self.news());
        }
        if let Some(Act::HangUp) = act {
            return over();
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

    fn answer(&mut self, command: &str) -> Answer {
        let words: Vec<&str> = command.split(' ').collect();
        match words.as_slice() {
            ["CAPABILITY"] => {
                let line = format!("* CAPABILITY {}\r\n", self.state.lock().unwrap().capabilities);
                ok("done", line)
            }
            ["ENABLE", names @ ..] => {
                let names: Vec<&str> =
                    names.iter().copied().filter(|name| self.offers(name)).collect();
                self.enabled.extend(names.iter().map(|name| (*name).to_owned()));
                ok("done", format!("* ENABLED {}\r\n", names.join(" ")))
            }
            ["LIST" | "XLIST", ..] => self.list(command),
            ["EXAMINE" | "SELECT", ..] => self.open(command),
            ["STATUS", ..] => match self.status(&named(command), command) {
                Some(line) => ok("asked", line),
                None => no_such_mailbox(),
            },
            ["UID", "FETCH", set, ..] => self.fetch(set, command.split_once(set).unwrap().1),
            ["UID", "SEARCH", ..] => ok("searched", self.search(command)),
            ["UID", verb @ ("STORE" | "MOVE"), set, ..] if self.offers("X-GM-EXT-1") => {
                let Some(name) = self.selected.clone() else { return ok("nothing", "") };
                self.state.lock().unwrap().gmail(&name, verb, set, command)
            }
            ["UID", "STORE", set, how, ..] => self.store(set, how, command),
            ["UID", verb @ ("COPY" | "MOVE"), set, ..] => self.copy(set, command, *verb == "MOVE"),
            ["UID", "EXPUNGE", set] => self.expunge(set),
            ["EXPUNGE" | "CLOSE"] if !self.read_only => self.expunge("1:*"),
            ["NOTIFY", "SET", ..] => {
                self.told = Some(BTreeMap::new());
                self.elsewhere();
                ok("done", "")
            }
            ["LOGOUT"] => ok("bye", "* BYE see you\r\n"),
            ["AUTHENTICATE" | "LOGIN" | "NOOP" | "ID" | "CLOSE" | "UNSELECT", ..] => ok("done", ""),
            _ => ("BAD not understood".to_owned(), Vec::new()),
        }
    }

    fn offers(&self, name: &str) -> bool {
        self.state.lock().unwrap().capabilities.split(' ').any(|offered| offered == name)
    }

    fn has(&self, name: &str) -> bool {
        self.enabled.iter().any(|enabled| enabled == name)
    }

    /// How many messages it shows this client of a mailbox, the newest.
    fn shown(&self, folder: &Folder, limit: Option<usize>) -> usize {
        let all = folder.mail.len();
        limit.filter(|_| !self.has("UIDONLY")).map_or(all, |limit| all.min(limit))
    }

    fn list(&self, command: &str) -> Answer {
        let (names, mut lines) = {
            let state = self.state.lock().unwrap();
            let line = |folder: &Folder| {
                let made = || format!("(\\HasNoChildren) \"/\" {}", quoted(&folder.name));
                format!("* LIST {}\r\n", folder.listed.clone().unwrap_or_else(made))
            };
            let names: Vec<String> =
                state.folders.iter().map(|folder| folder.name.clone()).collect();
            (names, state.folders.iter().map(line).collect::<String>())
        };
        if let Some((_, items)) = command.split_once("(STATUS") {
            lines.extend(names.iter().filter_map(|name| self.status(name, items)));
        }
        ok("listed", lines)
    }

    fn open(&mut self, command: &str) -> Answer {
        let name = named(command);
        self.selected = None;
        let counts = self.offers("CONDSTORE") || self.offers("QRESYNC");
        let mut guard = self.state.lock().unwrap();
        let state = &mut *guard;
        let Some(folder) = state.folders.iter_mut().find(|folder| folder.name == name) else {
            return no_such_mailbox();
        };
        folder.count_changes();
        let shown = self.shown(folder, state.limit);
        let seen = &folder.mail[folder.mail.len() - shown..];
        self.view = seen.iter().map(|mail| mail.uid).collect();
        self.flags = seen.iter().map(|mail| (mail.uid, mail.flags.clone())).collect();
        let mut lines = format!("* FLAGS (\\Seen)\r\n* {shown} EXISTS\r\n* 0 RECENT\r\n");
        if let Some(validity) = folder.uid_validity {
            lines += &format!("* OK [UIDVALIDITY {validity}] x\r\n");
        }
        lines += &format!("* OK [UIDNEXT {}] x\r\n", folder.next());
        if counts {
            lines += &format!("* OK [HIGHESTMODSEQ {}] x\r\n", folder.counted.modseq);
        }
        if let Some((validity, since)) = qresync(command)
            && folder.uid_validity == Some(validity)
        {
            let left = folder.counted.vanished.iter().filter(|(_, at)| *at > since);
            let left: Vec<String> = left.map(|(uid, _)| uid.to_string()).collect();
            if !left.is_empty() {
                lines += &format!("* VANISHED (EARLIER) {}\r\n", left.join(","));
            }
            for (place, uid) in self.view.iter().enumerate() {
                let (flags, at) = &folder.counted.known[uid];
                if *at > since {
                    let number = place + 1;
                    lines +=
                        &format!("* {number} FETCH (UID {uid} FLAGS ({flags}) MODSEQ ({at}))\r\n");
                }
            }
        }
        drop(guard);
        self.read_only = command.starts_with("EXAMINE");
        self.selected = Some(name);
        let code = if self.read_only { "READ-ONLY" } else { "READ-WRITE" };
        ok(&format!("[{code}] opened"), lines)
    }

    fn status(&self, name: &str, items: &str) -> Option<String> {
        let mut guard = self.state.lock().unwrap();
        let state = &mut *guard;
        let folder = state.folders.iter_mut().find(|folder| folder.name == name)?;
        folder.count_changes();
        let validity = folder.uid_validity.map(|v| format!(" UIDVALIDITY {v}")).unwrap_or_default();
        let (count, next) = (self.shown(folder, state.limit), folder.next());
        let counted = items.contains("HIGHESTMODSEQ");
        let modseq = if counted {
            format!(" HIGHESTMODSEQ {}", folder.counted.modseq)
        } else {
            String::new()
        };
        let name = quoted(name);
        Some(format!("* STATUS {name} (MESSAGES {count} UIDNEXT {next}{validity}{modseq})\r\n"))
    }

    /// What changed in the open mailbox since this client was told last, and in the others if it asked for that.
    fn news(&mut self) -> Vec<u8> {
        let mut lines = self.elsewhere();
        let Some(name) = &self.selected else { return lines.into() };
        let by_uid = self.has("UIDONLY") || self.has("QRESYNC");
        let mut guard = self.state.lock().unwrap();
        let state = &mut *guard;
        let (order, limit) = (state.expunges, state.limit);
        let folder = state.folder(name);
        let seen = &folder.mail[folder.mail.len() - self.shown(folder, limit)..];
        let now: Vec<u32> = seen.iter().map(|mail| mail.uid).collect();
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
            if by_uid {
                format!("* VANISHED {}\r\n", self.view[*place])
            } else if order == Expunges::Unshifted {
                format!("* {} EXPUNGE\r\n", place + 1)
            } else {
                format!("* {} EXPUNGE\r\n", place + 1 - before)
            }
        });
        lines.extend(numbers);
        if now.len() > self.view.len() - gone.len() {
            lines += &format!("* {} EXISTS\r\n", now.len());
        }
        for (place, mail) in seen.iter().enumerate() {
            let before = self.flags.insert(mail.uid, mail.flags.clone());
            if before.is_some_and(|before| before != mail.flags) {
                let number = place + 1;
                let (uid, flags) = (mail.uid, &mail.flags);
                lines += &if self.enabled.iter().any(|name| name == "UIDONLY") {
                    format!("* {uid} UIDFETCH (FLAGS ({flags}))\r\n")
                } else {
                    format!("* {number} FETCH (UID {uid} FLAGS ({flags}))\r\n")
                };
            }
        }
        drop(guard);
        self.view = now;
        lines.into()
    }

    /// What changed in the mailboxes that are not open, for whom asked for NOTIFY.
    fn elsewhere(&mut self) -> String {
        let Some(mut told) = self.told.take() else { return String::new() };
        let names: Vec<String> = {
            let state = self.state.lock().unwrap();
            state.folders.iter().map(|folder| folder.name.clone()).collect()
        };
        let mut lines = String::new();
        for name in names.iter().filter(|name| Some(*name) != self.selected.as_ref()) {
            let Some(now) = self.status(name, "HIGHESTMODSEQ") else { continue };
            if told.insert(name.clone(), now.clone()).is_some_and(|before| before != now) {
                lines += &now;
            }
        }
        self.told = Some(told);
        lines
    }

    /// The UIDs of a set that this client is shown, the newest first, and what the limit keeps from it.
    fn among(&self, set: &str) -> (Vec<u32>, Option<String>) {
        let last = self.view.last().copied().unwrap_or(0);
        let mut uids: Vec<u32> =
            self.view.iter().rev().copied().filter(|uid| within(set, *uid, last)).collect();
        let limit = self.state.lock().unwrap().limit.filter(|limit| uids.len() > *limit);
        let code = limit.map(|limit| {
            uids.truncate(limit);
            format!("[MESSAGELIMIT {limit} {}] ", uids.last().unwrap())
        });
        (uids, code)
    }

    fn fetch(&mut self, set: &str, items: &str) -> Answer {
        let Some(name) = self.selected.clone() else { return ok("nothing", "") };
        let (uids, limited) = self.among(set);
        let since: Option<u64> = items.split_once("(CHANGEDSINCE ").map(|(_, rest)| {
            let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
            digits.parse().unwrap()
        });
        let by_uid = self.has("UIDONLY");
        let mut state = self.state.lock().unwrap();
        let folders = if items.contains("X-GM") { state.folders.clone() } else { Vec::new() };
        let folder = state.folder(&name);
        folder.count_changes();
        let mut out = Vec::new();
        for (place, uid) in self.view.iter().enumerate() {
            let Some(mail) = folder.mail.iter().find(|mail| mail.uid == *uid) else { continue };
            let changed = folder.counted.known.get(uid).map_or(0, |(_, at)| *at);
            if !uids.contains(uid) || since.is_some_and(|since| changed <= since) {
                continue;
            }
            let head = if by_uid {
                format!("* {uid} UIDFETCH (X-NOTHING NIL")
            } else {
                format!("* {} FETCH (UID {uid}", place + 1)
            };
            out.extend_from_slice(head.as_bytes());
            if since.is_some() {
                out.extend_from_slice(format!(" MODSEQ ({changed})").as_bytes());
            }
            out.extend_from_slice(&attributes(mail, items));
            if items.contains("X-GM-MSGID") {
                out.extend_from_slice(gmail::labels(&folders, &name, mail).as_bytes());
            }
            out.extend_from_slice(b")\r\n");
        }
        ok(&format!("{}fetched", limited.unwrap_or_default()), out)
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

    /// STORE, and what it made of the flags.
    fn store(&mut self, set: &str, how: &str, command: &str) -> Answer {
        let Some(name) = self.selected.clone().filter(|_| !self.read_only) else {
            return ("NO [READ-ONLY] may only be read".to_owned(), Vec::new());
        };
        let (_, names) = command.split_once('(').unwrap();
        let names: Vec<&str> = names.trim_end_matches(')').split_whitespace().collect();
        let (uids, limited) = self.among(set);
        {
            let mut state = self.state.lock().unwrap();
            for mail in &mut state.folder(&name).mail {
                if uids.contains(&mail.uid) {
                    let mut flags: Vec<&str> = mail.flags.split_whitespace().collect();
                    flags.retain(|flag| how.starts_with('+') || !names.contains(flag));
                    if !how.starts_with('-') {
                        let new = names.iter().copied().filter(|name| !flags.contains(name));
                        let new: Vec<&str> = new.collect();
                        flags.extend(new);
                    }
                    mail.flags = flags.join(" ");
                }
            }
        }
        // The news of the flags follow by themselves.
        ok(&format!("{}stored", limited.unwrap_or_default()), "")
    }

    /// COPY and MOVE. COPYUID comes in the tagged answer of COPY and in an untagged one of MOVE (RFC 6851 §4.3).
    fn copy(&mut self, set: &str, command: &str, moves: bool) -> Answer {
        let Some(name) = self.selected.clone() else { return ok("nothing", "") };
        let target = named(command.split_once(set).unwrap().1.trim_start());
        let (mut uids, limited) = self.among(set);
        if let Some(code) = limited {
            return (format!("NO {code}too many"), Vec::new());
        }
        uids.sort_unstable();
        let plus = self.offers("UIDPLUS");
        let mut state = self.state.lock().unwrap();
        if !state.folders.iter().any(|folder| folder.name == target) {
            return ("NO [TRYCREATE] no such mailbox".to_owned(), Vec::new());
        }
        let here = |mail: &&Mail| uids.contains(&mail.uid);
        let some: Vec<Mail> = state.folder(&name).mail.iter().filter(here).cloned().collect();
        let mut pairs = Vec::new();
        for mail in &some {
            let folder = state.folder(&target);
            let uid = folder.add(&mail.bytes);
            folder.mail.last_mut().unwrap().flags.clone_from(&mail.flags);
            pairs.push((mail.uid, uid));
        }
        if moves {
            let left = |mail: &Mail| !uids.contains(&mail.uid);
            state.folder(&name).mail.retain(left);
        }
        let validity = state.folder(&target).uid_validity.unwrap_or(0);
        let list = |side: fn(&(u32, u32)) -> u32| {
            pairs.iter().map(|pair| side(pair).to_string()).collect::<Vec<_>>().join(",")
        };
        let code = format!("[COPYUID {validity} {} {}]", list(|pair| pair.0), list(|pair| pair.1));
        match (plus && !pairs.is_empty(), moves) {
            (true, true) => ok("moved", format!("* OK {code} moved\r\n")),
            (true, false) => ok(&format!("{code} copied"), ""),
            (false, _) => ok("done", ""),
        }
    }

    /// Removes what is marked as deleted in a set.
    fn expunge(&mut self, set: &str) -> Answer {
        let Some(name) = self.selected.clone() else { return ok("nothing", "") };
        let (uids, limited) = self.among(set);
        let stays = |mail: &Mail| !uids.contains(&mail.uid) || !mail.flags.contains("\\Deleted");
        self.state.lock().unwrap().folder(&name).mail.retain(stays);
        ok(&format!("{}expunged", limited.unwrap_or_default()), "")
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

/// UIDVALIDITY and HIGHESTMODSEQ that a client remembers when it opens a mailbox.
fn qresync(command: &str) -> Option<(u64, u64)> {
    let (_, numbers) = command.split_once("(QRESYNC (")?;
    let mut numbers = numbers.trim_end_matches(')').split(' ').map(|number| number.parse().ok());
    Some((numbers.next()??, numbers.next()??))
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
    let rest = if command.starts_with('"') {
        command
    } else {
        command.split_once(' ').map(|(_, rest)| rest).unwrap_or_default()
    };
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
