//! The real Dovecot and Postfix that `tests/run` starts (`tests/servers/up`), and a back door to their mailboxes.
//!
//! Owns where they listen and how a test puts mail in and looks at what is there. It goes through protocols of the
//! servers (LMTP, IMAP on the listener without TLS), never through the product's own code.

use std::{
    env, fs,
    io::{BufRead, BufReader, Write},
    net::TcpStream,
    os::unix::fs::chown,
    path::{Path, PathBuf},
    process,
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use serde::Deserialize;

/// The password of every user.
pub const PASSWORD: &str = "secret";
/// The domain of every user.
pub const DOMAIN: &str = "firm.test";
/// The host whose certificate is good. `localhost` is in that certificate too.
pub const GOOD_HOST: &str = "127.0.0.1";
/// Same ports, but the certificate expired in 2020.
pub const EXPIRED_HOST: &str = "127.0.0.2";
/// Same ports, but the certificate names `elsewhere.example`.
pub const WRONG_NAME_HOST: &str = "127.0.0.3";
/// Same ports, but the certificate comes from an authority that nobody knows.
pub const UNKNOWN_CA_HOST: &str = "127.0.0.4";
/// The IMAP and submission ports without any TLS: no STARTTLS is offered, and a password would be accepted.
pub const NO_TLS_HOST: &str = "127.0.0.5";
/// Mail to any address outside [`DOMAIN`] ends in this user's INBOX.
pub const SINK: &str = "sink";
/// Answered `550 5.1.1` at RCPT.
pub const REJECTED: &str = "reject@bad.example";
/// Answered `451 4.3.0` at RCPT.
pub const DEFERRED: &str = "later@bad.example";

/// Where the servers listen, on every `*_HOST`.
#[derive(Clone, Debug, Deserialize)]
pub struct Servers {
    /// IMAP with STARTTLS.
    pub imap: u16,
    /// IMAP over TLS.
    pub imaps: u16,
    /// LMTP of Dovecot, [`GOOD_HOST`] only.
    pub lmtp: u16,
    /// SMTP from other servers, [`GOOD_HOST`] only.
    pub smtp: u16,
    /// Submission with STARTTLS.
    pub submission: u16,
    /// Submission over TLS.
    pub smtps: u16,
    /// Cyrus, [`GOOD_HOST`] only.
    pub cyrus: Ports,
    /// Courier, [`GOOD_HOST`] only.
    pub courier: Ports,
    /// Everything they own.
    pub dir: PathBuf,
    /// The certificate authority as PEM: trust this.
    pub ca: PathBuf,
    /// Dovecot's version.
    pub dovecot: String,
}

/// The ports of another IMAP server.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Ports {
    /// In clear, or with STARTTLS.
    pub imap: u16,
    /// Over TLS.
    pub imaps: u16,
}

/// A message as the server has it.
#[derive(Clone, Debug)]
pub struct Stored {
    /// Its UID.
    pub uid: u32,
    /// Its flags as IMAP writes them, sorted (`\Seen`).
    pub flags: Vec<String>,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// A session on the back door.
pub type BackDoor = imap::Session<TcpStream>;

impl Servers {
    /// The servers of this run. Fails loudly when there are none.
    pub fn get() -> &'static Self {
        static SERVERS: OnceLock<Servers> = OnceLock::new();
        SERVERS.get_or_init(|| {
            let dir = env::var_os("MATTERBOX_TEST_SERVERS").unwrap_or_else(|| {
                panic!(
                    "this test talks to real mail servers: run tests/run, or start them with \
                     `tests/servers/up DIR` (as root) and set MATTERBOX_TEST_SERVERS=DIR"
                )
            });
            let file = Path::new(&dir).join("ports.json");
            let text = fs::read_to_string(&file).unwrap_or_else(|error| {
                panic!("the test servers are not up ({}: {error}): run tests/run", file.display())
            });
            serde_json::from_str(&text).expect("ports.json is written by tests/servers/up")
        })
    }

    /// A user whom no other test knows, with an empty mailbox: tests run side by side.
    pub fn fresh_user() -> String {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        format!("u-{}-{}", process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
    }

    /// The address of a user.
    pub fn address(user: &str) -> String {
        format!("{user}@{DOMAIN}")
    }

    /// Delivers a message to a user's INBOX as another mail server would (LMTP). It is there when this returns.
    pub fn deliver(&self, user: &str, message: &[u8]) {
        let stream = TcpStream::connect((GOOD_HOST, self.lmtp)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let mut lines = BufReader::new(stream.try_clone().unwrap());
        let mut out = stream;
        expect(&mut lines, "220");
        for (say, answer) in [
            ("LHLO tests".to_owned(), "250"),
            ("MAIL FROM:<test@outside.example>".to_owned(), "250"),
            (format!("RCPT TO:<{}>", Self::address(user)), "250"),
            ("DATA".to_owned(), "354"),
        ] {
            out.write_all(format!("{say}\r\n").as_bytes()).unwrap();
            expect(&mut lines, answer);
        }
        out.write_all(&dot_stuffed(message)).unwrap();
        out.write_all(b".\r\n").unwrap();
        expect(&mut lines, "250");
        out.write_all(b"QUIT\r\n").unwrap();
    }

    /// Opens the back door for a user: IMAP without TLS.
    pub fn back_door(&self, user: &str) -> BackDoor {
        let stream = TcpStream::connect((NO_TLS_HOST, self.imap)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let mut client = imap::Client::new(stream);
        client.read_greeting().unwrap();
        client.login(user, PASSWORD).map_err(|(error, _)| error).unwrap()
    }

    /// Appends a message to a mailbox, read or unread.
    pub fn append(&self, user: &str, mailbox: &str, seen: bool, message: &[u8]) {
        let mut session = self.back_door(user);
        let mut command = session.append(mailbox, message);
        if seen {
            command.flag(imap::types::Flag::Seen);
        }
        command.finish().unwrap();
        session.logout().unwrap();
    }

    /// Fills INBOX with many messages at once. Only before anybody has logged in as this user.
    pub fn seed<'a>(&self, user: &str, messages: impl IntoIterator<Item = &'a [u8]>) {
        let home = self.dir.join("mail").join(user);
        assert!(!home.exists(), "{user} has a mailbox already");
        let owner = fs::metadata(self.dir.join("mail")).unwrap();
        let own = |path: &Path| {
            use std::os::unix::fs::MetadataExt;
            chown(path, Some(owner.uid()), Some(owner.gid())).unwrap();
        };
        fs::create_dir(&home).unwrap();
        for folder in ["cur", "new", "tmp"] {
            fs::create_dir(home.join(folder)).unwrap();
            own(&home.join(folder));
        }
        for (number, message) in messages.into_iter().enumerate() {
            // The name sorts in the order given, so UIDs come in that order.
            let file = home.join("new").join(format!("1700000000.M{number:07}P1.seed"));
            fs::write(&file, message).unwrap();
            own(&file);
        }
        own(&home);
    }

    /// What a mailbox holds now, by UID. A mailbox that does not exist holds nothing.
    pub fn messages(&self, user: &str, mailbox: &str) -> Vec<Stored> {
        let mut session = self.back_door(user);
        let Ok(state) = session.examine(mailbox) else { return Vec::new() };
        let mut stored = Vec::new();
        if state.exists > 0 {
            for fetch in session.uid_fetch("1:*", "(UID FLAGS BODY.PEEK[])").unwrap().iter() {
                // News of a flag that comes in between names no UID.
                let Some(uid) = fetch.uid else { continue };
                let mut flags: Vec<_> = fetch.flags().iter().map(ToString::to_string).collect();
                flags.retain(|flag| flag != "\\Recent");
                flags.sort();
                let bytes = fetch.body().unwrap_or_default().to_vec();
                stored.push(Stored { uid, flags, bytes });
            }
        }
        session.logout().unwrap();
        stored.sort_by_key(|message| message.uid);
        stored
    }

    /// Waits until a mailbox holds at least `count` messages and gives them; fails after half a minute. It waits on the
    /// server (NOOP answers), so a queued message is seen as soon as it is delivered.
    pub fn wait_for(&self, user: &str, mailbox: &str, count: usize) -> Vec<Stored> {
        for _ in 0..600 {
            let stored = self.messages(user, mailbox);
            if stored.len() >= count {
                return stored;
            }
            // A bounded wait on a socket that never speaks: the pace of the poll, not a measure of anything.
            let (idle, _keep) = std::os::unix::net::UnixStream::pair().unwrap();
            idle.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
            drop(std::io::Read::read(&mut &idle, &mut [0]));
        }
        panic!("{mailbox} of {user} did not reach {count} messages in 30 s");
    }

    /// Breaks a folder of the user: to whoever opens it or asks for its status Dovecot says NO [SERVERBUG].
    pub fn break_folder(&self, user: &str, folder: &str) {
        let inside = self.dir.join("mail").join(user).join(format!(".{folder}/cur"));
        fs::rename(&inside, inside.with_extension("away")).unwrap();
        fs::write(&inside, "no folder").unwrap();
    }

    /// Makes a folder of the namespace `Public` that the user may read and nobody may write. Gives where it lies.
    pub fn share(&self, user: &str, folder: &str, message: &[u8]) -> PathBuf {
        use std::os::unix::fs::{MetadataExt, PermissionsExt};
        let owner = fs::metadata(self.dir.join("mail")).unwrap();
        let root = self.dir.join("public").join(user);
        let inside = root.join(format!(".{folder}"));
        for path in [root.clone(), inside.clone()]
            .into_iter()
            .chain(["cur", "new", "tmp"].map(|part| inside.join(part)))
        {
            fs::create_dir_all(&path).unwrap();
            chown(&path, Some(owner.uid()), Some(owner.gid())).unwrap();
        }
        let file = inside.join("new").join("1700000000.M0000001P1.shared");
        fs::write(&file, message).unwrap();
        chown(&file, Some(owner.uid()), Some(owner.gid())).unwrap();
        for part in ["cur", "new", "tmp", ""] {
            fs::set_permissions(inside.join(part), fs::Permissions::from_mode(0o555)).unwrap();
        }
        inside
    }

    /// The server forgets which UIDs the messages of INBOX had: from now on they begin at `first`, in the order of before,
    /// under this UIDVALIDITY or the one of before.
    pub fn renumber(&self, user: &str, uid_validity: Option<u32>, first: u32) {
        let home = self.dir.join("mail").join(user);
        let text = fs::read_to_string(home.join("dovecot-uidlist")).unwrap();
        let (head, rest) = text.split_once('\n').unwrap();
        let mut out = String::new();
        let mut next = first;
        for line in rest.lines() {
            let (_, name) = line.split_once(' ').unwrap();
            out += &format!("{next} {name}\n");
            next += 1;
        }
        let head: Vec<String> = head
            .split(' ')
            .map(|word| match (word.get(..1), uid_validity) {
                (Some("V"), Some(number)) => format!("V{number}"),
                (Some("N"), _) => format!("N{next}"),
                _ => word.to_owned(),
            })
            .collect();
        let part = home.join("dovecot-uidlist.part");
        fs::write(&part, format!("{}\n{out}", head.join(" "))).unwrap();
        let owner = fs::metadata(&home).unwrap();
        {
            use std::os::unix::fs::MetadataExt;
            chown(&part, Some(owner.uid()), Some(owner.gid())).unwrap();
        }
        fs::rename(part, home.join("dovecot-uidlist")).unwrap();
        for file in
            ["dovecot.index", "dovecot.index.log", "dovecot.index.log.2", "dovecot.index.cache"]
        {
            fs::remove_file(home.join(file)).ok();
        }
    }

    /// Gives a mailbox a new UIDVALIDITY: it is deleted and made anew, empty. Not for INBOX.
    pub fn recreate(&self, user: &str, mailbox: &str) {
        let mut session = self.back_door(user);
        session.delete(mailbox).unwrap();
        session.create(mailbox).unwrap();
        session.logout().unwrap();
    }
}

/// Reads one answer (of several lines perhaps) and checks its code.
fn expect(lines: &mut impl BufRead, code: &str) {
    loop {
        let mut line = String::new();
        assert!(lines.read_line(&mut line).unwrap() > 0, "LMTP closed instead of answering {code}");
        assert!(line.starts_with(code), "LMTP answered {line:?}, not {code}");
        if line.as_bytes().get(3) != Some(&b'-') {
            return;
        }
    }
}

/// CRLF line ends, leading dots doubled (RFC 5321 §4.5.2), a line end at the end.
fn dot_stuffed(message: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(message.len() + 64);
    for line in message.split_inclusive(|&byte| byte == b'\n') {
        if line.first() == Some(&b'.') {
            out.push(b'.');
        }
        let bare = line.strip_suffix(b"\n").unwrap_or(line);
        out.extend_from_slice(bare.strip_suffix(b"\r").unwrap_or(bare));
        out.extend_from_slice(b"\r\n");
    }
    out
}
