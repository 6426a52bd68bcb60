//! The window is closed while somebody writes: the program ends in order, and what was written is there the next day.

use std::{
    fs,
    io::{Read, Write},
    os::unix::fs::PermissionsExt,
    path::Path,
};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

use crate::terminal::{Terminal, command};

/// A terminal whose every end this thread holds, so that it can be closed.
struct Window {
    child: Box<dyn Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
    reader: Box<dyn Read + Send>,
    writer: Box<dyn Write + Send>,
    screen: vt100::Parser,
}

impl Window {
    fn open(command: CommandBuilder) -> Self {
        let size = PtySize { rows: 24, cols: 80, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).unwrap();
        let child = pair.slave.spawn_command(command).unwrap();
        let (reader, writer) =
            (pair.master.try_clone_reader().unwrap(), pair.master.take_writer().unwrap());
        Self { child, master: pair.master, reader, writer, screen: vt100::Parser::new(24, 80, 0) }
    }

    /// Waits until this stands on the screen.
    fn shows(&mut self, text: &str) -> &mut Self {
        let mut buffer = [0; 8192];
        while !self.screen.screen().contents().contains(text) {
            let count = self.reader.read(&mut buffer).unwrap_or_default();
            assert!(count > 0, "ended before {text}:\n{}", self.screen.screen().contents());
            self.screen.process(&buffer[..count]);
        }
        self
    }

    fn send(&mut self, keys: &str) -> &mut Self {
        self.writer.write_all(keys.as_bytes()).unwrap();
        self
    }

    /// Closes the window; says how the program ended.
    fn close(self) -> u32 {
        let Self { mut child, master, reader, writer, .. } = self;
        drop((master, reader, writer));
        child.wait().unwrap().exit_code()
    }
}

fn practice(home: &Path, office: &Path, environment: &[(&str, &str)]) -> Window {
    let mut command = command(env!("CARGO_BIN_EXE_matterbox"), home, environment);
    command.args(["demo", "--home", office.to_str().unwrap()]);
    Window::open(command)
}

/// What the next day finds among the drafts.
fn assert_kept(office: &Path, text: &str) {
    let mut terminal = Terminal::start(office, &[], 80, 24);
    terminal.until_shows("Passphrase of the record").send("practice office\r");
    terminal.until_shows("Password of practice").send("none\r");
    terminal.until_shows("1 Due").send("c").until_shows("a new message");
    terminal.send("\u{1b}[B\r").until_shows("sends as").until_shows(text);
    terminal.send("\u{1b}").until_gone("sends as").send("q");
    assert_eq!(terminal.until_end().exit_code(), 0);
    terminal.assert_restored();
}

#[test]
fn a_window_that_is_closed_loses_no_draft_and_ends_the_program_in_order() {
    let home = tempfile::tempdir().unwrap();
    let office = home.path().join("office");
    let mut window = practice(home.path(), &office, &[]);
    window.shows("●").shows("Dana Whitfield").send("2").shows("Keys to the").send("c");
    window.shows("sends as").send("\t\t\t\tThe window closes over this.");
    window.shows("closes over this.");
    assert_eq!(window.close(), 0);
    assert_kept(&office, "The window closes over this.");
}

/// An editor that saves once and then goes on for an hour.
fn editor(home: &Path) -> String {
    let path = home.join("editor");
    let script = "#!/bin/sh\nfor file; do :; done\nprintf ' Saved by the editor.\\n' >> \"$file\"\n\
                  printf 'the editor runs'\nexec sleep 3600\n";
    fs::write(&path, script).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn a_window_that_is_closed_over_the_editor_loses_no_draft() {
    let home = tempfile::tempdir().unwrap();
    let office = home.path().join("office");
    let editor = editor(home.path());
    let mut window = practice(home.path(), &office, &[("EDITOR", &editor)]);
    window.shows("●").shows("Dana Whitfield").send("2").shows("Keys to the").send("c");
    window.shows("sends as").send("\t\t\t\tTyped before.").shows("Typed before.");
    window.send("\u{5}").shows("the editor runs");
    assert_eq!(window.close(), 0);
    assert_kept(&office, "Typed before. Saved by the editor.");
}

#[test]
fn a_program_that_is_told_to_end_while_the_editor_runs_ends_in_order_and_keeps_the_draft() {
    let home = tempfile::tempdir().unwrap();
    let office = home.path().join("office");
    let editor = editor(home.path());
    let arguments = ["--home", office.to_str().unwrap()];
    let mut terminal = Terminal::demo(home.path(), &arguments, 80, 24, &[("EDITOR", &editor)]);
    terminal.until_all(&["●", "Dana Whitfield"]).send("2").until_shows("Keys to the").send("c");
    terminal.until_shows("sends as").send("\t\t\t\tTyped before.").until_shows("Typed before.");
    terminal.send("\u{5}").until_shows("the editor runs").signal("TERM");
    assert_eq!(terminal.until_end().exit_code(), 0, "{}", terminal.text());
    terminal.assert_restored();
    assert_kept(&office, "Typed before. Saved by the editor.");
}
