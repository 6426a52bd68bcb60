//! A pseudo terminal with a program on it: keys in, screens out.
//!
//! Owns the waiting. Every wait ends as soon as what is waited for is on the screen, and fails with the screen's
//! content when the whole test has taken too long: no pause has a length.

use std::{
    io::{Read, Write},
    path::Path,
    sync::mpsc::{Receiver, RecvTimeoutError, sync_channel},
    thread,
    time::{Duration, Instant},
};

use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};

/// A test that takes longer hangs. The practice office holds a reply for ten seconds and its people take their time too.
const PATIENCE: Duration = Duration::from_secs(80);

/// A running program with its terminal.
pub struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
    input: Box<dyn Write + Send>,
    output: Receiver<Vec<u8>>,
    screen: vt100::Parser,
    raw: Vec<u8>,
    before: Modes,
    deadline: Instant,
}

/// The line discipline of a terminal: is typing echoed, are lines gathered, do keys send signals?
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Modes(String);

impl Terminal {
    /// Starts matterbox in the office at `home` on a terminal of this size.
    pub fn start(home: &Path, arguments: &[&str], columns: u16, rows: u16) -> Self {
        Self::start_with(home, arguments, columns, rows, &[])
    }

    /// The same, with more in its environment.
    pub fn start_with(
        home: &Path,
        arguments: &[&str],
        columns: u16,
        rows: u16,
        environment: &[(&str, &str)],
    ) -> Self {
        let mut command = command(env!("CARGO_BIN_EXE_matterbox"), home, environment);
        command.arg("--home");
        command.arg(home);
        command.args(arguments);
        Self::launch(command, columns, rows)
    }

    /// Starts a practice office; `home` is the person's home folder. Without `--home` its mail is in a throw-away folder.
    pub fn demo(
        home: &Path,
        arguments: &[&str],
        columns: u16,
        rows: u16,
        environment: &[(&str, &str)],
    ) -> Self {
        let mut command = command(env!("CARGO_BIN_EXE_matterbox"), home, environment);
        // Always the same hour of the same day: what is due, and how its time reads, depends on it.
        command.args(["demo", "--now", "2026-11-24T13:40:00Z"]);
        command.env("TZ", "Europe/London");
        command.args(arguments);
        Self::launch(command, columns, rows)
    }

    /// Starts this very test program, to run this one of its tests in there.
    pub fn myself(home: &Path, test: &str, environment: &[(&str, &str)]) -> Self {
        let program = std::env::current_exe().unwrap();
        let mut command = command(program.to_str().unwrap(), home, environment);
        command.args(["--exact", test, "--nocapture"]);
        Self::launch(command, 80, 24)
    }

    fn launch(command: CommandBuilder, columns: u16, rows: u16) -> Self {
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).expect("this machine has pseudo terminals");
        let before = modes(pair.master.as_ref());
        let child = pair.slave.spawn_command(command).expect("the binary starts");
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().unwrap();
        let (sender, output) = sync_channel(64);
        thread::spawn(move || {
            let mut buffer = [0; 8192];
            // Linux answers EIO when the last one on the other side has gone: the end, as is 0.
            while let Ok(count @ 1..) = reader.read(&mut buffer) {
                if sender.send(buffer[..count].to_vec()).is_err() {
                    return;
                }
            }
        });
        Self {
            child,
            input: pair.master.take_writer().unwrap(),
            master: pair.master,
            output,
            screen: vt100::Parser::new(rows, columns, 0),
            raw: Vec::new(),
            before,
            deadline: Instant::now() + PATIENCE,
        }
    }

    /// Types.
    pub fn send(&mut self, keys: &str) -> &mut Self {
        self.input.write_all(keys.as_bytes()).unwrap();
        self.input.flush().unwrap();
        self
    }

    /// Waits until the screen is as wanted.
    pub fn until(&mut self, what: &str, wanted: impl Fn(&vt100::Screen) -> bool) -> &mut Self {
        while !wanted(self.screen.screen()) {
            let runs = self.read(what);
            assert!(runs, "the program ended before: {what}\n{}", self.text());
        }
        self
    }

    /// Waits until the program has written this so often.
    pub fn until_written(&mut self, bytes: &str, times: usize) -> &mut Self {
        while String::from_utf8_lossy(&self.raw).matches(bytes).count() < times {
            let runs = self.read(bytes);
            assert!(runs, "the program ended before:\n{}", self.text());
        }
        self
    }

    /// Waits until this stands on the screen.
    pub fn until_shows(&mut self, text: &str) -> &mut Self {
        self.until(text, |screen| screen.contents().contains(text))
    }

    /// Waits until this stands on the screen no more.
    pub fn until_gone(&mut self, text: &str) -> &mut Self {
        self.until(&format!("{text} is gone"), |screen| !screen.contents().contains(text))
    }

    /// Waits until the program ends.
    pub fn until_end(&mut self) -> ExitStatus {
        while self.read("the end of the program") {}
        self.child.wait().unwrap()
    }

    /// Changes the size of the terminal.
    pub fn resize(&mut self, columns: u16, rows: u16) -> &mut Self {
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        self.master.resize(size).unwrap();
        self.screen.screen_mut().set_size(rows, columns);
        self
    }

    /// Sends a signal by its name, such as `TERM`.
    pub fn signal(&mut self, name: &str) -> &mut Self {
        let pid = self.child.process_id().expect("the program runs");
        let done = std::process::Command::new("kill")
            .args(["-s", name, &pid.to_string()])
            .status()
            .unwrap();
        assert!(done.success(), "the signal was not sent");
        self
    }

    /// The process.
    pub fn pid(&self) -> u32 {
        self.child.process_id().expect("the program runs")
    }

    /// Waits until the screen shows every one of these.
    pub fn until_all(&mut self, texts: &[&str]) -> &mut Self {
        self.until(&texts.join(" + "), |screen| {
            let shown = screen.contents();
            texts.iter().all(|text| shown.contains(text))
        })
    }

    /// The line of the screen that shows this.
    pub fn line(&self, text: &str) -> String {
        let shown = self.text();
        let line = shown.lines().find(|line| line.contains(text));
        line.unwrap_or_else(|| panic!("{text} is not on the screen:\n{shown}")).to_owned()
    }

    /// What stands on the screen.
    pub fn text(&self) -> String {
        self.screen.screen().contents()
    }

    /// The screen itself.
    pub fn screen(&self) -> &vt100::Screen {
        self.screen.screen()
    }

    /// Every byte that the program has written.
    pub fn raw(&self) -> &[u8] {
        &self.raw
    }

    /// Fails unless the terminal is as it was before: main screen, cursor shown, echo and lines on, no paste marks.
    pub fn assert_restored(&self) {
        let screen = self.screen.screen();
        assert!(!screen.alternate_screen(), "the alternate screen was not left");
        assert!(!screen.hide_cursor(), "the cursor was not shown again");
        assert!(!screen.bracketed_paste(), "bracketed paste was not switched off");
        assert_eq!(modes(self.master.as_ref()), self.before, "the line discipline has changed");
    }

    /// Takes in what the program writes next; `false` when it has ended.
    fn read(&mut self, what: &str) -> bool {
        let left = self.deadline.saturating_duration_since(Instant::now());
        match self.output.recv_timeout(left) {
            Ok(bytes) => {
                self.screen.process(&bytes);
                self.raw.extend(bytes);
                true
            }
            Err(RecvTimeoutError::Disconnected) => false,
            Err(RecvTimeoutError::Timeout) => {
                panic!("still waiting for {what} after {PATIENCE:?}:\n{}", self.text())
            }
        }
    }
}

impl Drop for Terminal {
    /// A test that fails leaves no program behind.
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            drop(self.child.kill());
            drop(self.child.wait());
        }
    }
}

/// The program with nothing in its environment but what a terminal needs.
pub fn command(program: &str, home: &Path, environment: &[(&str, &str)]) -> CommandBuilder {
    let mut command = CommandBuilder::new(program);
    command.env_clear();
    command.env("TERM", "xterm-256color");
    command.env("TZ", "UTC");
    command.env("HOME", home);
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    for (name, value) in environment {
        command.env(name, value);
    }
    command.cwd(home);
    command
}

fn modes(master: &dyn MasterPty) -> Modes {
    let termios = master.get_termios().expect("a terminal has modes");
    Modes(format!("{:?} {:?} {:?}", termios.input_flags, termios.output_flags, termios.local_flags))
}
