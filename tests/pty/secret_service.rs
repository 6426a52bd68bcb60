//! A real GNOME Keyring on a bus of its own: what lies there outlasts a restart, and one that stays locked holds nobody up.
//!
//! `tests/servers/keyring` unpacks it; nothing of the person's own session is touched.

use std::{
    env, fs,
    io::{BufRead, BufReader, Write},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use matterbox::config::keyring::KeyringEntry;
use tempfile::TempDir;

use crate::{
    questions::{answer_up_to_the_secret, office},
    support::servers::{PASSWORD, Servers},
    terminal::Terminal,
};

const PASSPHRASE: &str = "four words in a row";

/// A session bus and what serves on it.
struct Session {
    folder: TempDir,
    address: String,
    bus: Child,
    keyring: Option<Child>,
}

impl Session {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).unwrap();
        let config = folder.path().join("bus.conf");
        let socket = folder.path().join("bus");
        let text = format!(
            "<busconfig><type>session</type><listen>unix:path={}</listen><auth>EXTERNAL</auth>\
             <policy context=\"default\"><allow send_destination=\"*\" eavesdrop=\"true\"/>\
             <allow eavesdrop=\"true\"/><allow own=\"*\"/></policy></busconfig>",
            socket.display()
        );
        fs::write(&config, text).unwrap();
        let mut bus = Command::new("dbus-daemon")
            .arg(format!("--config-file={}", config.display()))
            .args(["--nofork", "--nopidfile", "--print-address"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("dbus-daemon is there: tests/run installs it");
        let mut address = String::new();
        BufReader::new(bus.stdout.as_mut().unwrap()).read_line(&mut address).unwrap();
        let address = address.trim().to_owned();
        let mut session = Self { folder, address, bus, keyring: None };
        session.unlocked();
        session
    }

    fn daemon(&self, arguments: &[&str]) -> Child {
        let tree = env::var_os("MATTERBOX_TEST_KEYRING").map(PathBuf::from);
        let tree = tree.expect("run tests/run, or set this to what tests/servers/keyring prints");
        let libraries = tree.join(format!("usr/lib/{}-linux-gnu", env::consts::ARCH));
        Command::new(tree.join("usr/bin/gnome-keyring-daemon"))
            .args(["--foreground", "--components=secrets"])
            .args(arguments)
            .env_clear()
            .env("LD_LIBRARY_PATH", libraries)
            .env("HOME", self.folder.path())
            .env("XDG_DATA_HOME", self.folder.path().join("data"))
            .env("XDG_RUNTIME_DIR", self.folder.path())
            .env("DBUS_SESSION_BUS_ADDRESS", &self.address)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    }

    /// Starts it as a login does, with the person's password.
    fn unlocked(&mut self) {
        let mut daemon = self.daemon(&["--unlock"]);
        // It unlocks what it has been told to when the end of the password is seen.
        daemon.stdin.take().unwrap().write_all(b"the login's password").unwrap();
        self.keyring = Some(daemon);
        self.until_it_serves();
    }

    /// The machine starts again, and nobody types the password.
    fn locked(&mut self) {
        self.stop();
        let mut daemon = self.daemon(&[]);
        drop(daemon.stdin.take());
        self.keyring = Some(daemon);
        self.until_it_serves();
    }

    fn stop(&mut self) {
        if let Some(mut daemon) = self.keyring.take() {
            daemon.kill().unwrap();
            daemon.wait().unwrap();
        }
    }

    /// Asks the bus.
    fn ask(&self, destination: &str, path: &str, question: &[&str]) -> String {
        let output = Command::new("gdbus")
            .args(["call", "--session", "--dest", destination, "--object-path", path, "--method"])
            .args(question)
            .env("DBUS_SESSION_BUS_ADDRESS", &self.address)
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    }

    fn until_it_serves(&self) {
        for _ in 0..600 {
            let owned = self.ask(
                "org.freedesktop.DBus",
                "/org/freedesktop/DBus",
                &["org.freedesktop.DBus.NameHasOwner", "org.freedesktop.secrets"],
            );
            if owned.contains("true") {
                return;
            }
            std::thread::park_timeout(std::time::Duration::from_millis(50));
        }
        panic!("the keyring does not come up");
    }

    /// How many secrets of matterbox lie there.
    fn holds(&self) -> usize {
        let found = self.ask(
            "org.freedesktop.secrets",
            "/org/freedesktop/secrets",
            &["org.freedesktop.Secret.Service.SearchItems", "{'service': 'matterbox'}"],
        );
        found.matches("/org/freedesktop/secrets/collection/").count()
    }

    fn start_matterbox(&self, home: &Path, arguments: &[&str]) -> Terminal {
        let environment = [
            ("SSL_CERT_FILE", Servers::get().ca.to_str().unwrap()),
            ("DBUS_SESSION_BUS_ADDRESS", self.address.as_str()),
        ];
        Terminal::start_with(home, arguments, 200, 50, &environment)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.stop();
        self.bus.kill().unwrap_or_default();
        self.bus.wait().map(drop).unwrap_or_default();
    }
}

/// The machine restarts: the kernel forgets. This process is on no bus, so it reaches the kernel's keyring alone.
fn restart(home: &Path) {
    for name in ["DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR"] {
        assert!(
            env::var_os(name).is_none(),
            "unset {name}: the person's own keyring is not for tests"
        );
    }
    for entry in [KeyringEntry::record(home), KeyringEntry::account(home, "Office")] {
        entry.forget().unwrap_or_default();
    }
}

/// What a test leaves in the kernel's keyring is taken out again.
struct Tidy<'a>(&'a Path);

impl Drop for Tidy<'_> {
    fn drop(&mut self) {
        for entry in [KeyringEntry::record(self.0), KeyringEntry::account(self.0, "Office")] {
            entry.forget().unwrap_or_default();
        }
    }
}

/// An office of which everything secret comes from the keyring.
fn set_up(session: &Session, home: &Path) {
    let servers = Servers::get();
    let mut init = session.start_matterbox(home, &["init"]);
    office(&mut init);
    answer_up_to_the_secret(&mut init, &Servers::fresh_user(), (servers.imaps, servers.smtps));
    init.send("k\r").until_shows("What matterbox should call this mailbox").send("Office\r");
    init.until_shows("passphrase of the encrypted record").send("k\r");
    init.until_shows("Password of").send(&format!("{PASSWORD}\r"));
    init.until_shows("The desktop's keyring holds the password, also after a restart");
    assert_eq!(init.until_end().exit_code(), 0);
    let mut first = session.start_matterbox(home, &["sync"]);
    first.until_shows("A passphrase for the new record").send(&format!("{PASSPHRASE}\r"));
    first.until_shows("The same again").send(&format!("{PASSPHRASE}\r"));
    assert_eq!(first.until_end().exit_code(), 0, "{}", first.text());
}

#[test]
fn after_a_restart_nobody_is_asked_for_passphrase_or_password() {
    let session = Session::start();
    let home = tempfile::tempdir().unwrap();
    let _tidy = Tidy(home.path());
    set_up(&session, home.path());
    assert_eq!(session.holds(), 2, "the passphrase and the password");
    restart(home.path());
    let mut again = session.start_matterbox(home.path(), &["sync"]);
    assert_eq!(again.until_end().exit_code(), 0, "{}", again.text());
    assert!(!again.text().contains("assphrase") && !again.text().contains("assword"));
}

#[test]
fn a_keyring_that_stays_locked_is_passed_over_and_the_person_is_asked() {
    let mut session = Session::start();
    let home = tempfile::tempdir().unwrap();
    let _tidy = Tidy(home.path());
    set_up(&session, home.path());
    restart(home.path());
    session.locked();
    let mut again = session.start_matterbox(home.path(), &["sync"]);
    again.until_shows("Passphrase of the record").send(&format!("{PASSPHRASE}\r"));
    again.until_shows("Password of Office").send(&format!("{PASSWORD}\r"));
    assert_eq!(again.until_end().exit_code(), 0, "{}", again.text());
}
