//! The practice office on a real terminal: it opens on Due, listens to keys, and gives the terminal back however it ends.

use std::path::Path;

use crate::terminal::Terminal;

fn demo(home: &Path) -> Terminal {
    let mut terminal = Terminal::start(home, &["demo"], 100, 30);
    terminal.until("Due is open", |screen| {
        let text = screen.contents();
        text.contains("1 Due") && text.contains("LATE")
    });
    terminal
}

#[test]
fn the_demo_opens_on_due_and_q_gives_the_terminal_back() {
    let home = tempfile::tempdir().unwrap();
    let mut terminal = demo(home.path());
    assert!(terminal.screen().alternate_screen());
    terminal.send("q");
    let status = terminal.until_end();
    assert!(status.success(), "{status:?}\n{}", terminal.text());
    terminal.assert_restored();
}

#[test]
fn a_termination_signal_gives_the_terminal_back() {
    let home = tempfile::tempdir().unwrap();
    let mut terminal = demo(home.path());
    terminal.signal("TERM");
    terminal.until_end();
    terminal.assert_restored();
}

#[test]
fn the_screen_follows_the_size_of_the_terminal() {
    let home = tempfile::tempdir().unwrap();
    let mut terminal = demo(home.path());
    terminal.resize(80, 24).until("the last line is used", |screen| {
        screen.contents().lines().all(|line| line.chars().count() <= 80)
            && screen.rows(0, 80).last().is_some_and(|row| !row.trim().is_empty())
    });
    terminal.send("q");
    assert!(terminal.until_end().success());
    terminal.assert_restored();
}

#[test]
fn nothing_of_the_mail_reaches_the_terminal_as_a_command() {
    let home = tempfile::tempdir().unwrap();
    let mut terminal = demo(home.path());
    terminal.send("2").until_shows("2 Inbox").send("3").until_shows("3 Untagged").send("q");
    terminal.until_end();
    let text = String::from_utf8_lossy(terminal.raw()).replace("\u{1b}]0;matterbox\u{7}", "");
    // Besides its own name as the title the screen writes CSI sequences only: no clipboard, no device strings, no C1.
    for (at, _) in text.match_indices('\u{1b}') {
        let rest: String = text[at + 1..].chars().take(40).collect();
        assert!(rest.starts_with(['[', '7', '8', '(', '=', '>']), "ESC {rest:?}");
    }
    assert!(!text.chars().any(|c| ('\u{80}'..'\u{a0}').contains(&c)), "a C1 control");
    assert!(!text.contains('\u{7}'), "a bell");
}

#[test]
fn a_reply_is_reviewed_queued_and_taken_back() {
    let home = tempfile::tempdir().unwrap();
    let mut terminal = demo(home.path());
    terminal.until_gone("fetching mail").send("r").until_shows("sends as");
    terminal.send("We answer by Friday.").until_shows("We answer by Friday.");
    assert!(terminal.text().contains("goes out with"), "the footer is shown: {}", terminal.text());
    terminal.send("\u{13}").until("the review or the outbox", |screen| {
        let text = screen.contents();
        text.contains("Before this goes out") || text.contains("5 Outbox 1")
    });
    // Whatever the review asks is confirmed with its own key, and only then may the message go.
    if terminal.text().contains("Before this goes out") {
        terminal.send("1").send("2").send("3").send("\r").until_shows("5 Outbox 1");
    }
    terminal.send("u").until_shows("We answer by Friday.").until_gone("5 Outbox 1");
    terminal.send("\u{1b}").until_gone("We answer by Friday.").send("q");
    assert!(terminal.until_end().success(), "{}", terminal.text());
    terminal.assert_restored();
}
