//! However the screen ends, the terminal is as it was; and a terminal that does not serve is refused in words.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    sync::atomic::{AtomicU32, Ordering},
};

use jiff::{Timestamp, tz::TimeZone};
use matterbox::{
    app::{
        command::{Command, Request},
        event::{DraftSheet, Event},
    },
    domain::{
        address::{EmailAddress, NamedAddress},
        draft::{Draft, ReplyKind},
        id::DraftId,
        text::SafeText,
    },
    tui::{self, Keymap, Ports, ScreenOptions, Theme},
};
use tokio::sync::{mpsc, watch};

use crate::terminal::Terminal;

/// In the environment of a test that this program starts on a terminal.
const INSIDE: &str = "MATTERBOX_TEST_INSIDE";

fn started(home: &Path, columns: u16, rows: u16, environment: &[(&str, &str)]) -> Terminal {
    let mut terminal = Terminal::demo(home, &[], columns, rows, environment);
    terminal.until("the screen stands", |screen| {
        screen.alternate_screen() && screen.contents().contains("1 Due")
    });
    terminal
}

/// What the stream of bytes ends with, in this order, however the program ended.
fn assert_given_back(terminal: &Terminal) {
    let raw = String::from_utf8_lossy(terminal.raw());
    for sequence in ["\u{1b}[?2004l", "\u{1b}[?1049l", "\u{1b}[?25h"] {
        let last = raw.rfind(sequence);
        let back = sequence.replace(['l', 'h'], "");
        assert!(last.is_some(), "{sequence:?} was never written");
        assert!(raw.rfind(&back) <= last, "{sequence:?} is not the last of its kind");
    }
    terminal.assert_restored();
}

#[test]
fn leaving_again_and_again_while_mail_arrives_always_ends_well() {
    for round in 0..6 {
        let home = tempfile::tempdir().unwrap();
        let temporary = [("TMPDIR", home.path().to_str().unwrap())];
        let mut terminal = started(home.path(), 80, 24, &temporary);
        // At once, with mail on its way; and in the middle of questions to the record.
        terminal.send(if round % 2 == 0 { "q" } else { "23456/landlord\r1q" });
        assert_eq!(terminal.until_end().exit_code(), 0, "round {round}");
    }
}

#[test]
fn leaving_and_every_signal_give_the_terminal_back() {
    for how in ["q", "^C", "TERM", "HUP", "INT"] {
        let home = tempfile::tempdir().unwrap();
        let temporary = [("TMPDIR", home.path().to_str().unwrap())];
        let mut terminal = started(home.path(), 80, 24, &temporary);
        match how {
            "q" => terminal.send("q"),
            "^C" => terminal.send("\u{3}"),
            signal => terminal.signal(signal),
        };
        let status = terminal.until_end();
        assert_eq!(status.exit_code(), 0, "{how}: {}", terminal.text());
        assert_given_back(&terminal);
        // The throw-away folder is thrown away.
        let left: Vec<_> = fs::read_dir(home.path()).unwrap().collect();
        assert!(left.is_empty(), "{how}: {left:?}");
    }
}

/// The screen as the program runs it, on a draft, with a clock that breaks at the so-manieth look. What was handed to
/// the engine is the result.
fn screen_that_panics(at: u32) -> (Result<tui::Exit, tui::TuiError>, mpsc::Receiver<Request>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (commands, requests) = mpsc::channel(64);
    let (news, events) = mpsc::channel(8);
    news.try_send(Event::DraftReady(Box::new(sheet()))).ok().unwrap();
    let (_ticks, ticker) = watch::channel(Timestamp::UNIX_EPOCH);
    let options = ScreenOptions {
        keys: Keymap::load(None).unwrap(),
        theme: Theme::shipped("paper", true).unwrap(),
        zone: TimeZone::UTC,
        editor: Vec::new(),
    };
    let looks = AtomicU32::new(0);
    let now = || {
        assert_ne!(looks.fetch_add(1, Ordering::SeqCst), at, "Kofi's secret");
        Timestamp::UNIX_EPOCH
    };
    (runtime.block_on(tui::run(Ports { commands, events, ticker }, options, now)), requests)
}

/// An empty answer to Kofi.
fn sheet() -> DraftSheet {
    let address = |text: &str| NamedAddress::bare(EmailAddress::parse(text).unwrap());
    DraftSheet {
        draft: Draft {
            id: DraftId::new(7),
            kind: ReplyKind::Reply,
            thread: None,
            parent: None,
            matter: None,
            from: address("alice@firm.example"),
            to: vec![address("kofi@mensah.example")],
            cc: Vec::new(),
            bcc: Vec::new(),
            subject: "Re: Lease".to_owned(),
            body: String::new(),
            attachments: Vec::new(),
            privilege: None,
            holding: None,
            quote: String::new(),
        },
        recipients: Vec::new(),
        matter: None,
        footer: SafeText::line("confidential"),
        promise: None,
        most_bytes: 25 << 20,
    }
}

#[test]
fn a_panic_of_the_screen_gives_the_terminal_back_keeps_the_draft_and_shows_no_word_of_a_client() {
    if std::env::var_os(INSIDE).is_some() {
        // The terminal must be given back before anyone else says a word.
        let (end, mut requests) = screen_that_panics(120);
        assert!(matches!(end, Err(tui::TuiError::Panicked)));
        let mut kept = None;
        while let Ok(request) = requests.try_recv() {
            if let Request::Do(Command::SaveDraft(draft)) = request {
                kept = Some(draft.body);
            }
        }
        assert!(kept.is_some_and(|body| body.starts_with("xxxx")));
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let name = "ending::a_panic_of_the_screen_gives_the_terminal_back_keeps_the_draft_and_shows_no_word_of_a_client";
    let mut terminal = Terminal::myself(home.path(), name, &[(INSIDE, "1")]);
    terminal.until_shows("sends as").send(&"x".repeat(200));
    assert_eq!(terminal.until_end().exit_code(), 0, "{}", terminal.text());
    assert_given_back(&terminal);
    let shown = String::from_utf8_lossy(terminal.raw()).into_owned();
    assert!(shown.contains("matterbox stopped because of a mistake of its own"), "{shown}");
    assert!(!shown.contains("secret"), "the panic's words were shown");
}

#[test]
fn a_window_may_shrink_and_grow() {
    let home = tempfile::tempdir().unwrap();
    let mut terminal = started(home.path(), 120, 40, &[]);
    terminal.until_shows("Dana Whitfield");
    terminal.resize(60, 15).until("it fits sixty columns", |screen| {
        let shown = screen.contents();
        shown.contains("LATE") && shown.contains("? help") && !shown.contains('│')
    });
    terminal.resize(40, 10).until_all(&["This window is too small.", "Nothing is lost"]);
    terminal.resize(120, 40).until_all(&["matterbox", "6 Record", "│", "? help"]);
    terminal.resize(60, 15).until_gone("│").resize(80, 24).until_shows("? help");
    terminal.send("q");
    assert_eq!(terminal.until_end().exit_code(), 0);
    assert_given_back(&terminal);
}

#[test]
fn a_dumb_terminal_is_refused_in_a_sentence() {
    let home = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::demo(home.path(), &[], 80, 24, &[("TERM", "dumb")]);
    assert_eq!(terminal.until_end().exit_code(), 3, "{}", terminal.text());
    assert!(terminal.text().contains("cannot show a screen"), "{}", terminal.text());
    assert!(!terminal.raw().contains(&0x1b), "an escape was written to a dumb terminal");
    terminal.assert_restored();
}

#[test]
fn no_color_means_no_colour_at_all() {
    let home = tempfile::tempdir().unwrap();
    let mut terminal = started(home.path(), 80, 24, &[("NO_COLOR", "1")]);
    terminal.until_all(&["LATE", "●"]).send("j").send("\r").until_shows("‹");
    terminal.send("r").until_shows("goes out with").send("\u{1b}").until_gone("goes out with");
    terminal.send("q").until_gone("‹").send("q");
    terminal.until_end();
    for sequence in String::from_utf8_lossy(terminal.raw()).split("\u{1b}[").skip(1) {
        let Some(end) = sequence.find(|c: char| ('@'..='~').contains(&c)) else { continue };
        if sequence.as_bytes()[end] == b'm' {
            for code in sequence[..end].split(';').map(|code| code.parse::<u32>().unwrap_or(0)) {
                // 39 and 49 set back to the terminal's own; crossterm writes them between styles.
                assert!(
                    !matches!(code, 30..=38 | 40..=48 | 90..=107),
                    "a colour was set: {:?}",
                    &sequence[..=end]
                );
            }
        }
    }
}

#[test]
fn a_long_reply_goes_through_the_editor_in_a_private_file_that_is_gone_afterwards() {
    let home = tempfile::tempdir().unwrap();
    let seen = home.path().join("seen");
    let editor = home.path().join("editor");
    let script = format!(
        "#!/bin/sh\nfor file; do :; done\nstat -c '%a %n' \"$file\" > {0}\nstat -c %a \"$(dirname \"$file\")\" >> {0}\n\
         cat \"$file\" >> {0}\nprintf 'Written elsewhere, %s.\\n' really > \"$file\"\n",
        seen.display()
    );
    fs::write(&editor, script).unwrap();
    fs::set_permissions(&editor, fs::Permissions::from_mode(0o700)).unwrap();
    let mut terminal =
        started(home.path(), 80, 24, &[("EDITOR", editor.to_str().unwrap()), ("VISUAL", "")]);
    terminal.until_all(&["LATE", "●"]).send("\r").until_shows("‹");
    terminal
        .send("r")
        .until_shows("goes out with")
        .send("First draft.")
        .until_shows("First draft.");
    terminal.send("\u{5}").until_shows("Written elsewhere, really.");
    let seen = fs::read_to_string(&seen).unwrap();
    let (file, rest) = seen.split_once('\n').unwrap();
    let (mode, path) = file.split_once(' ').unwrap();
    assert_eq!(mode, "600", "{seen}");
    assert!(rest.starts_with("700\n"), "others can look into the folder: {seen}");
    assert!(rest.contains("First draft."), "{seen}");
    assert!(!Path::new(path).exists(), "the file is still there");
    // After the editor the screen listens as before.
    terminal.send(" And more.").until_shows("And more.").send("\u{1b}").until_gone("goes out with");
    terminal.send("q").until_gone("‹").send("q");
    assert_eq!(terminal.until_end().exit_code(), 0);
    assert_given_back(&terminal);
}

#[test]
fn a_program_that_somebody_stopped_takes_the_terminal_again_and_draws_it_anew() {
    let home = tempfile::tempdir().unwrap();
    let mut terminal = started(home.path(), 80, 24, &[]);
    terminal.signal("STOP").signal("CONT").until_written("\u{1b}[?1049h", 2);
    terminal.until("the picture is there again", |screen| screen.contents().contains("1 Due"));
    terminal.send("q");
    assert_eq!(terminal.until_end().exit_code(), 0);
    assert_given_back(&terminal);
}
