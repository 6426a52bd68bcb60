//! The driver on a real pseudo-terminal: this program starts itself again as the child that has the screen.

use std::{
    io::{Read, Write},
    os::unix::fs::PermissionsExt,
    path::PathBuf,
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    time::Duration,
};

use matterbox::{
    app::{
        command::{Command, Request},
        event::{Event, LinkState, Notice},
    },
    domain::id::AccountId,
    tui::{self, Keymap, Ports, ScreenOptions, Theme},
};
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use tokio::sync::{mpsc, watch};

use crate::{
    desk::sheet,
    office::{self, Office, text},
};

const CHILD: &str = "MATTERBOX_SCREEN_CHILD";
/// Longer than anything here takes on a busy machine; only ever reached by a failure.
const PATIENCE: Duration = Duration::from_secs(20);

/// The child. Without its variable it is an empty test.
#[test]
fn child() {
    if std::env::var_os(CHILD).is_none() {
        return;
    }
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let (commands, requests) = mpsc::channel(128);
    let (events_out, events) = mpsc::channel(1024);
    let (_tick, ticker) = watch::channel(office::now());
    runtime.spawn(engine(requests, events_out));
    let options = ScreenOptions {
        keys: Keymap::load(None).unwrap(),
        theme: Theme::shipped("paper", true).unwrap(),
        zone: office::zone(),
        editor: Vec::new(),
    };
    let ports = Ports { commands, events, ticker };
    let end = runtime.block_on(tui::run(ports, options, || {
        assert!(!PANIC.load(std::sync::atomic::Ordering::SeqCst), "Kofi Mensah's secret");
        office::now()
    }));
    let line = match end {
        Ok(exit) => format!("\r\nLEFT {exit:?}\r\n"),
        Err(error) => format!("\r\nREFUSED {error}\r\n"),
    };
    std::io::stdout().write_all(line.as_bytes()).unwrap();
}

static PANIC: std::sync::atomic::AtomicBool = std::sync::atomic::AtomicBool::new(false);

/// Answers from the practice office. `Redo` panics in another thread, `SyncNow` in the screen's own.
async fn engine(mut requests: mpsc::Receiver<Request>, events: mpsc::Sender<Event>) {
    let mut office = Office::full();
    office.inbox[0].subject = text("Newsletter \u{1b}]0;OWN\u{7}\u{202e}cod.exe\u{9b}31m");
    let link = Event::Link { account: AccountId::new(1), state: LinkState::Online };
    events.send(link).await.unwrap();
    while let Some(request) = requests.recv().await {
        let event = match request {
            Request::Ask { generation, query } => {
                Event::Answer { generation, answer: Box::new(office.answer(&query)) }
            }
            Request::Do(Command::StartDraft { .. }) => Event::DraftReady(sheet()),
            Request::Do(Command::Redo) => {
                let thread = std::thread::spawn(|| panic!("Kofi Mensah's secret"));
                assert!(thread.join().is_err());
                Event::Notice(Notice::info("a thread fell over"))
            }
            Request::Do(Command::SyncNow) => {
                PANIC.store(true, std::sync::atomic::Ordering::SeqCst);
                Event::ChangedEverything
            }
            Request::Do(_) => Event::ChangedEverything,
        };
        if events.send(event).await.is_err() {
            return;
        }
    }
}

/// The parent's side: a terminal of 80×24 with the child on it.
struct Window {
    child: Box<dyn Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
    keys: Box<dyn Write + Send>,
    bytes: Receiver<Vec<u8>>,
    screen: vt100::Parser,
    raw: Vec<u8>,
}

impl Window {
    fn open(settings: &[(&str, &str)]) -> Self {
        let size = PtySize { rows: 24, cols: 80, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(std::env::current_exe().unwrap());
        command.args(["--exact", "terminal::child", "--nocapture", "--test-threads=1"]);
        command.env(CHILD, "1");
        command.env("TERM", "xterm-256color");
        command.env("RUST_BACKTRACE", "0");
        for (name, value) in settings {
            command.env(name, value);
        }
        let child = pair.slave.spawn_command(command).unwrap();
        let keys = pair.master.take_writer().unwrap();
        let mut reader = pair.master.try_clone_reader().unwrap();
        let (sender, bytes) = channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = reader.read(&mut buffer) {
                if sender.send(buffer[..count].to_vec()).is_err() {
                    return;
                }
            }
        });
        let screen = vt100::Parser::new(24, 80, 0);
        Self { child, master: pair.master, keys, bytes, screen, raw: Vec::new() }
    }

    /// Waits until the screen is as wanted.
    fn until(&mut self, wanted: impl Fn(&vt100::Screen) -> bool) -> &mut Self {
        while !wanted(self.screen.screen()) {
            match self.bytes.recv_timeout(PATIENCE) {
                Ok(bytes) => {
                    self.screen.process(&bytes);
                    self.raw.extend(bytes);
                }
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    panic!("never came; the screen shows:\n{}", self.screen.screen().contents())
                }
            }
        }
        self
    }

    fn shows(&mut self, text: &str) -> &mut Self {
        self.until(|screen| screen.contents().contains(text))
    }

    fn press(&mut self, keys: &str) -> &mut Self {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
        self
    }

    fn signal(&self, signal: rustix::process::Signal) {
        let id = i32::try_from(self.child.process_id().unwrap()).unwrap();
        let id = rustix::process::Pid::from_raw(id).unwrap();
        rustix::process::kill_process(id, signal).unwrap();
    }

    /// Alternate screen left, cursor shown, bracketed paste off, and the line discipline cooked again.
    fn is_given_back(&mut self) -> &mut Self {
        self.until(|screen| {
            !screen.alternate_screen() && !screen.hide_cursor() && !screen.bracketed_paste()
        });
        // ICANON is 2 and ECHO is 8 on Linux: lines are edited and shown by the system again.
        let flags = self.master.get_termios().unwrap().local_flags.bits();
        assert_eq!(flags & 0o12, 0o12, "the terminal is still raw");
        self
    }

    fn ends(mut self) -> String {
        while let Ok(bytes) = self.bytes.recv_timeout(PATIENCE) {
            self.screen.process(&bytes);
            self.raw.extend(bytes);
        }
        self.child.wait().unwrap();
        String::from_utf8_lossy(&self.raw).into_owned()
    }
}

#[test]
fn it_opens_on_due_and_gives_the_terminal_back_when_the_person_leaves() {
    let mut window = Window::open(&[]);
    window.shows("LATE 1h20").until(vt100::Screen::alternate_screen).press("j\r");
    window.shows("‹ Lease").press("q").shows("LATE 1h20").press("q");
    window.shows("LEFT Quit").is_given_back();
}

#[test]
fn a_signal_gives_the_terminal_back() {
    use rustix::process::Signal;
    for signal in [Signal::TERM, Signal::HUP, Signal::INT] {
        let mut window = Window::open(&[]);
        window.shows("LATE 1h20").signal(signal);
        window.shows("LEFT Signal").is_given_back();
    }
}

#[test]
fn a_panic_of_the_screen_gives_the_terminal_back_and_tells_no_words() {
    let mut window = Window::open(&[]);
    window.shows("LATE 1h20").press("S").shows("stopped because of a mistake of its own");
    window.is_given_back();
    assert!(!window.ends().contains("secret"));
}

#[test]
fn a_panic_elsewhere_leaves_the_screen_as_it_is() {
    let mut window = Window::open(&[]);
    window.shows("LATE 1h20").press("\u{12}").shows("A thread fell over").press("2");
    window.shows("Newsletter").until(vt100::Screen::alternate_screen).press("q");
    window.shows("LEFT Quit");
    assert!(!window.ends().contains("secret"));
}

#[test]
fn a_suspension_that_no_shell_catches_comes_back() {
    let mut window = Window::open(&[]);
    window.shows("LATE 1h20").press("\u{1a}").press("2").shows("Newsletter");
    window.until(vt100::Screen::alternate_screen).press("q").shows("LEFT Quit");
}

#[test]
fn a_new_size_is_drawn_at_once() {
    let mut window = Window::open(&[]);
    window.shows("LATE 1h20");
    let size = PtySize { rows: 10, cols: 40, pixel_width: 0, pixel_height: 0 };
    window.master.resize(size).unwrap();
    window.shows("This window is too small.");
    let size = PtySize { rows: 24, cols: 80, pixel_width: 0, pixel_height: 0 };
    window.master.resize(size).unwrap();
    window.shows("why this time").press("q").shows("LEFT Quit");
}

/// An editor that shows the rights of its file, then puts another text into it.
fn editor() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("my editor");
    let script = "#!/bin/sh\nstat -c 'RIGHTS %a' \"$1\"\nprintf 'old: %s; new' \"$(cat \"$1\")\" > \"$1\"\necho \"$1\" > \"$0.saw\"\n";
    std::fs::write(&path, script).unwrap();
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o700)).unwrap();
    (folder, path)
}

#[test]
fn the_editor_gets_a_private_file_that_is_gone_afterwards() {
    let (_folder, path) = editor();
    let command = format!("'{}'", path.display());
    let mut window = Window::open(&[("VISUAL", &command)]);
    window.shows("LATE 1h20").press("r").shows("sends as").press("Dear Kofi");
    window.shows("Dear Kofi").press("\u{5}").shows("old: Dear Kofi; new");
    window.press("!").shows("new!").press("\u{1b}").shows("Kept as a draft").press("q");
    window.shows("LEFT Quit");
    assert!(window.ends().contains("RIGHTS 600"));
    let saw = std::fs::read_to_string(path.with_extension("saw")).unwrap();
    assert!(!std::path::Path::new(saw.trim()).exists(), "{saw} is still there");
}

#[test]
fn an_editor_that_cannot_start_leaves_the_draft_as_it_is() {
    let mut window = Window::open(&[("VISUAL", "/nonexistent/editor")]);
    window.shows("LATE 1h20").press("r").shows("sends as").press("Dear Kofi");
    window.shows("Dear Kofi").press("\u{5}").shows("could not be started").shows("Dear Kofi");
    window.press("\u{1b}").shows("Kept as a draft").press("q").shows("LEFT Quit");
}

#[test]
fn a_dumb_terminal_is_refused_with_a_sentence() {
    let mut window = Window::open(&[("TERM", "dumb")]);
    window.shows("(TERM=dumb) cannot show a screen").is_given_back();
}

#[test]
fn the_window_title_says_nothing_but_the_name() {
    let mut window = Window::open(&[]);
    window.shows("LATE 1h20").press("j\r").shows("‹ Lease").press("q2").shows("Newsletter");
    window.press("q").shows("LEFT Quit");
    let raw = window.ends();
    assert!(!raw.contains("OWN") && !raw.contains(['\u{202e}', '\u{9b}']));
    let titles: Vec<&str> = raw.split("\u{1b}]").skip(1).collect();
    assert!(!titles.is_empty());
    assert!(titles.iter().all(|title| title.starts_with("0;matterbox\u{7}")), "{titles:?}");
}
