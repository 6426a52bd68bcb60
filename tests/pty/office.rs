//! The practice office as a person uses it for an hour: every view, filing, a reply taken back and one that goes out.

use std::process::{Command, Output, Stdio};

use crate::{bytes::assert_only_ours, terminal::Terminal};

/// All mail has come.
fn all_mail_is_in(terminal: &mut Terminal) -> &mut Terminal {
    terminal.until("all mail has come", |screen| {
        let shown = screen.contents();
        shown.contains('●') && shown.contains("LATE") && !shown.contains("fetching mail")
    })
}

/// Where the pointer is and what its line shows. Only its place tells whether it moved: a line changes by itself too.
fn pointer(screen: &vt100::Screen) -> Option<(usize, String)> {
    let shown = screen.contents();
    shown.lines().enumerate().find(|(_, line)| line.contains('▸')).map(|(n, l)| (n, l.to_owned()))
}

/// Selects the row that shows this, wherever it is among those in sight.
fn select(terminal: &mut Terminal, text: &str) {
    terminal.send("g").until("the first row is selected", |screen| {
        pointer(screen).is_some_and(|(line, _)| line == 2)
    });
    loop {
        let (here, line) = pointer(terminal.screen()).unwrap();
        // What stands in the preview is not the row.
        if line.split('│').next().is_some_and(|row| row.contains(text)) {
            return;
        }
        terminal.send("j").until(&format!("the pointer moves on towards {text}"), |screen| {
            pointer(screen).is_some_and(|(line, _)| line > here)
        });
    }
}

/// Opens Kofi's newest thread from Due.
fn open_kofi(terminal: &mut Terminal) {
    select(terminal, "the landlord");
    terminal.send("\r").until_shows("the landlord rang me");
}

#[test]
fn every_view_opens_and_leads_back_to_due() {
    let home = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::demo(home.path(), &[], 120, 40, &[]);
    terminal.until_all(&["1 Due", "6 Record"]);
    all_mail_is_in(&mut terminal);
    // Clocks of every urgency, and the top row is the selected one: nobody has pressed a key.
    terminal.until_all(&["LATE ", "DUE  ", "Wed ", "Dana Whitfield"]);
    let first = terminal.text().lines().nth(2).unwrap().to_owned();
    assert!(first.contains('▸') && first.contains("LATE"), "{first}");
    terminal.send("?").until_shows("Keys here").send("\u{1b}").until_gone("Keys here");
    terminal.send(":").until_shows("All actions").send("matters").until_shows("view-matters");
    terminal.send("\r").until_all(&["2026-0121", "Mensah v. Harlow", "threads"]);
    terminal.send("\r").until_shows("‹").send("\u{1b}").until_gone("‹");
    terminal.send("2").until_shows("Keys to the meeting room");
    terminal.send("3").until_shows("everyone here takes part in");
    terminal.send("5").until_shows("Nothing is waiting to go out.");
    terminal.send("6").until_shows("/ to type").send("/").until_shows("stop typing");
    terminal.send("from:kofi landlord\r").until_shows("landlord rang me at work");
    terminal.send("1").until_shows("why this time");
    open_kofi(&mut terminal);
    terminal.send("!").until_shows("Why this time").until_shows("business hours");
    terminal.send("\u{1b}").until_gone("Why this time").send("q").until_gone("‹ Lease");
    terminal.send("q");
    assert_eq!(terminal.until_end().exit_code(), 0);
    terminal.assert_restored();
    assert_only_ours(terminal.raw());
}

#[test]
fn a_thread_is_filed_by_suggestion_or_by_hand_and_undone() {
    let home = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::demo(home.path(), &[], 120, 40, &[]);
    all_mail_is_in(&mut terminal);
    terminal.send("3").until_shows("everyone here takes part in");
    // Accepting takes the thread out of Untagged, undoing brings it back.
    select(&mut terminal, "Piano");
    terminal.send("T").until_shows("Tagged one thread to ");
    terminal.until("the thread has left", |screen| !screen.contents().contains("Piano"));
    terminal.send("u").until_all(&["Undone", "Piano"]);
    // By hand: the picker narrows as one types.
    select(&mut terminal, "a new distribu");
    terminal.send("t").until_shows("Tag to a matter").send("calder").until_gone("Okafor v. Brig");
    terminal.send("\r").until_gone("Tag to a matter").until_shows("u undo");
    // Due shows the matter now: at this width in its preview.
    terminal.send("1").until_all(&["why this time", "Question about a new"]);
    select(&mut terminal, "Question about a new");
    terminal.until_shows("2026-0064 Northgate v. Calder");
    terminal.send("u").until_gone("2026-0064 Northgate v. Calder");
    terminal.send("q");
    assert_eq!(terminal.until_end().exit_code(), 0);
}

#[test]
fn a_reply_is_taken_back_within_the_window_and_the_second_one_arrives() {
    let home = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::demo(home.path(), &[], 100, 30, &[]);
    all_mail_is_in(&mut terminal);
    open_kofi(&mut terminal);
    terminal.until_shows("REPLY Wed 10:22");
    terminal.send("r").until_all(&["Reply · 2026-0121", "kofi@mensah.example", "goes out with"]);
    terminal.send("No, only the court can order that.").until_shows("court can order that.");
    terminal.send("\u{13}").until_shows("s · C stop it");
    // Taken back: the draft is there again as it was, and nothing goes out.
    terminal.send("u").until_all(&["Reply · 2026-0121", "only the court can order that."]);
    terminal.send("\u{1b}").until_gone("goes out with").until_shows("REPLY Wed 10:22");
    terminal.send("5").until_all(&["cancelled", "Stopped before it left."]);
    // Once more, and this time it leaves.
    terminal.send("1").until_all(&["why this time", "the landlord"]);
    open_kofi(&mut terminal);
    terminal.send("r").until_shows("goes out with");
    terminal.until_shows("No, only the court can order that.").send("\r\rKofi, call me.");
    terminal.until_shows("call me.");
    terminal.send("\u{13}").until_shows("Leaves in ").until_shows("Sent.");
    // The clock stopped, and the thread says so.
    terminal.until_shows("answered").until_gone("REPLY Wed 10:22");
    terminal.send("5").until_shows("sent  ").send("g");
    terminal.until_all(&["▸ sent", "Accepted today", "the copy is in Sent"]);
    terminal.send("1").until("no answer is owed to Kofi there any more", |screen| {
        let shown = screen.contents();
        shown.contains("why this time")
            && !shown.lines().any(|line| {
                // His thanks may have come meanwhile.
                line.contains("the landlord") && !line.contains("courtesy?")
            })
    });
    // It reached the other party's mailbox: Kofi answers, over IMAP like all mail.
    terminal.send("2").until_shows("Keys to the meet");
    terminal.until("Kofi's thread is unread again", |screen| {
        screen.contents().lines().any(|line| line.contains("Lease: the") && line.contains('•'))
    });
    select(&mut terminal, "Kofi Mensah");
    terminal.send("\r").until_shows("that puts my mind at rest");
    terminal.send("qq");
    assert_eq!(terminal.until_end().exit_code(), 0);
}

/// A command of the office at `home`, its passphrase on standard input.
fn matterbox(home: &std::path::Path, arguments: &[&str]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_matterbox"))
        .arg("--home")
        .arg(home)
        .args(["--passphrase-fd", "0"])
        .args(arguments)
        .env("TZ", "UTC")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), b"practice office\n").unwrap();
    child.wait_with_output().unwrap()
}

#[test]
fn a_kept_office_serves_one_at_a_time_and_the_command_line_afterwards() {
    let home = tempfile::tempdir().unwrap();
    let office = home.path().join("office");
    let mut terminal =
        Terminal::demo(home.path(), &["--home", office.to_str().unwrap()], 80, 24, &[]);
    all_mail_is_in(&mut terminal);
    let second = matterbox(&office, &["due"]);
    let said = String::from_utf8(second.stderr).unwrap();
    assert_ne!(second.status.code(), Some(0));
    assert!(second.stdout.is_empty(), "two programs read one record");
    assert!(said.contains(&terminal.pid().to_string()), "the first one's pid is not named: {said}");
    terminal.send("q");
    assert_eq!(terminal.until_end().exit_code(), 0);
    assert!(terminal.text().contains("The practice office stays in"), "{}", terminal.text());
    let due = matterbox(&office, &["due", "--json"]);
    assert!(due.status.success(), "{}", String::from_utf8_lossy(&due.stderr));
    let due: serde_json::Value = serde_json::from_slice(&due.stdout).unwrap();
    assert!(due.to_string().contains("Dana Whitfield"), "{due}");
}

#[test]
fn a_finding_holds_a_reply_until_it_is_confirmed_with_its_own_key() {
    let home = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::demo(home.path(), &[], 80, 24, &[]);
    all_mail_is_in(&mut terminal);
    terminal.send("2").until_shows("c compose");
    select(&mut terminal, "spoof?");
    terminal.send("\r").until_shows("The sender's name is one that you know");
    terminal.send("r").until_shows("not in this matter");
    terminal.send("See attached.").until_shows("See attached.").send("\u{13}");
    terminal.until_all(&["Before this goes out", "whitfie1d", "2 to confirm"]);
    // Enter alone sends nothing: the questions are still there, one for its key, the gravest for its word.
    terminal.send("\r");
    let grave = |screen: &vt100::Screen| {
        let shown = screen.contents();
        let row = shown.lines().find(|line| line.contains("TYPE") && line.contains("whitfie1d"));
        row.and_then(|row| row.trim().chars().next()).unwrap().to_string()
    };
    let grave = grave(terminal.screen());
    let other = if grave == "1" { "2" } else { "1" };
    terminal.send(other).until_shows("1 to confirm");
    terminal.send(&grave).until_shows("type whitfie1d").send("whitfield.example\r");
    terminal.until_shows("that is not it").send("\u{15}");
    let word = terminal
        .text()
        .lines()
        .find_map(|line| line.split("same, type ").nth(1).map(|word| word.trim().to_owned()));
    terminal.send(&word.unwrap()).send("\r").until_shows("⏎ sends it");
    terminal.send("\r").until_shows("Leaves in ");
    terminal.send("u").until_shows("See attached.").send("\u{1b}").until_shows("Kept as a draft");
    // The same key brings it back.
    terminal.send("r").until_all(&["Here is the draft that you kept", "See attached."]);
    terminal.send("\u{1b}").until_shows("‹ Urgent").send("qq");
    assert_eq!(terminal.until_end().exit_code(), 0);
}

#[test]
fn a_holding_reply_with_a_file_and_a_label_goes_out_and_its_promise_is_due() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("Lease draft.pdf");
    std::fs::write(&file, "%PDF-1.7").unwrap();
    let begun = file.with_file_name("Lease d");
    let mut terminal = Terminal::demo(home.path(), &[], 100, 30, &[]);
    all_mail_is_in(&mut terminal);
    open_kofi(&mut terminal);
    terminal.send("a").until_all(&["Acknowledge · 2026-0121", "You will have a full answer"]);
    // A file that is not there is said to be so; a half-typed name goes on with Tab.
    terminal.send("\u{1}").until_shows("no file is attached yet").send("/nowhere.pdf\r");
    terminal.until_shows("/nowhere.pdf: there is no such file").send("\u{15}");
    terminal.send(begun.to_str().unwrap()).send("\t").until_shows("Lease draft.pdf");
    terminal.send("\r").until_shows("attached Lease draft.pdf, 8 B").send("\r");
    terminal.until_shows("Files    Lease draft.pdf");
    terminal.send("\u{10}").until_all(&["Acknowledge · AC", "PRIVILEGED AND CONFIDENTIAL"]);
    terminal.send("\u{4}").until_shows("becomes a promise").send("\r");
    terminal.until_shows("promises Wed 25 Nov");
    terminal.send("\u{13}").until_shows("Leaves in ").until_shows("Sent.");
    terminal.until_shows("PROMISE ").until_gone("REPLY Wed 10:22");
    terminal.send("q").send("1").until_shows("why this time").send("G");
    terminal.until("the promise is due", |screen| {
        let shown = screen.contents();
        shown.lines().any(|line| line.contains("promise") && line.contains("Kofi Mensah"))
    });
    terminal.send("q");
    assert_eq!(terminal.until_end().exit_code(), 0);
    // Nothing of the file stayed anywhere but where it was.
    let left = std::fs::read_dir(home.path()).unwrap().count();
    assert!(left <= 2, "something else was written beside it");
}

#[test]
fn a_second_new_message_does_not_take_the_place_of_the_first() {
    let home = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::demo(home.path(), &[], 80, 24, &[]);
    all_mail_is_in(&mut terminal);
    terminal.send("c").until_shows("New message").send("ann@x.example\t\t\tThe first");
    terminal.until_shows("The first").send("\u{1b}").until_shows("Kept as a draft");
    terminal.send("c").until_all(&["a new message", "to ann@x.example", "The first"]);
    terminal.send("\r").until_shows("New message").send("bob@x.example\t\t\tThe second");
    terminal.until_shows("The second").send("\u{1b}").until_shows("Kept as a draft");
    terminal.send("c").until_all(&["to ann@x.example", "to bob@x.example"]).send("first\r");
    terminal.until_all(&["New message", "ann@x.example", "The first"]).send("\u{1b}");
    terminal.until_shows("Kept as a draft").send("q");
    assert_eq!(terminal.until_end().exit_code(), 0);
}
