//! Mail, folders and servers that try to get at the terminal: nothing arrives there that we did not emit.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use crate::{
    bytes::{assert_no_control, assert_only_ours},
    scripted::Scripted,
    support::servers::{GOOD_HOST, PASSWORD, Servers},
    terminal::Terminal,
};

/// What a terminal would obey: colours, cursor, title, notification, link, clipboard, device strings, C1 forms of all
/// that, and characters that reorder or hide.
const EVIL: &[&str] = &[
    "\u{1b}[2J\u{1b}[31m",
    "\u{1b}]0;owned\u{7}",
    "\u{1b}]9;owned\u{7}",
    "\u{1b}]8;;https://evil.example/\u{1b}\\link\u{1b}]8;;\u{1b}\\",
    "\u{1b}]52;c;b3duZWQ=\u{7}",
    "\u{1b}P1$r0m\u{1b}\\",
    "\u{1b}_owned\u{1b}\\",
    "\u{1b}^owned\u{1b}\\",
    "\u{1b}Xowned\u{1b}\\",
    "\u{1b}c",
    "\u{9b}31m",
    "\u{9d}52;c;b3duZWQ=\u{9c}",
    "\u{90}owned\u{9c}",
    "\u{202e}fdp.exe\u{202c}",
    "\u{2066}\u{2069}\u{200e}\u{200f}\u{61c}",
    "\u{200b}\u{2060}\u{feff}\u{ad}\u{180e}",
    "\u{2028}\u{2029}",
    "\u{e0001}\u{e0041}\u{e007f}",
    "\u{7}\u{8}\u{b}\u{c}\u{e}\u{f}\u{7f}",
];

/// A word that stays, with all of it around.
fn evil(word: &str) -> String {
    EVIL.join(&format!("{word} ")) + word
}

fn encoded(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}

/// A word of a header as RFC 2047 carries it: the decoded text is what is dangerous.
fn encoded_word(text: &str) -> String {
    format!("=?utf-8?B?{}?=", encoded(text))
}

fn percent(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect::<Vec<_>>().concat()
}

/// One message for each way a stranger's text can come in, and one that has them all.
fn messages(user: &str) -> Vec<Vec<u8>> {
    let to = Servers::address(user);
    let head = |id: usize, from: &str, subject: &str| {
        format!(
            "From: {from}\r\nTo: {to}\r\nSubject: {subject}\r\nMessage-ID: <hostile-{id}@evil.example>\r\n\
             Date: Mon, 23 Nov 2026 10:0{id}:00 +0000\r\nMIME-Version: 1.0\r\n"
        )
    };
    let mut all = vec![
        format!(
            "{}Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n",
            head(0, "Plain <plain@evil.example>", "everything in the body"),
            encoded(&evil("bodyword"))
        )
        .into_bytes(),
        format!(
            "{}\r\nshort\r\n",
            head(
                1,
                &format!("{} <name@evil.example>", encoded_word(&evil("nameword"))),
                &encoded_word(&evil("subjectword"))
            )
        )
        .into_bytes(),
        // The same as it must not be, and often is: raw eight-bit bytes in headers.
        format!(
            "{}\r\nraw headers\r\n",
            head(2, &format!("\"{}\" <raw@evil.example>", evil("rawname").replace(['\r', '\n'], "")),
                &evil("rawsubject"))
        )
        .into_bytes(),
        format!(
            "{}Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n",
            head(3, "Page <page@evil.example>", "a page"),
            encoded(&format!(
                "<title>{0}</title><p>htmlword &#27;]52;c;eA==&#7; &#x9b;31m &#8238;{0}</p>\
                 <a href=\"https://evil.example/&#27;[31m&#8238;\">{0}</a><img alt=\"{0}\">",
                evil("inhtml")
            ))
        )
        .into_bytes(),
        format!(
            "{}Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nattached\r\n--b\r\n\
             Content-Type: application/pdf\r\nContent-Disposition: attachment; filename*=utf-8''{}\r\n\r\nx\r\n\
             --b\r\nContent-Type: application/pdf; name=\"{}\"\r\n\r\nx\r\n--b--\r\n",
            head(4, "Files <files@evil.example>", "files"),
            percent(&evil("fileword")),
            encoded_word(&evil("otherfile"))
        )
        .into_bytes(),
    ];
    // Bytes that are C1 controls in their own charset.
    let mut latin = format!(
        "{}Content-Type: text/plain; charset=iso-8859-1\r\n\r\nlatinword ",
        head(5, "Latin <latin@evil.example>", "latin")
    )
    .into_bytes();
    latin.extend_from_slice(b"\x9b31m \x9d0;owned\x9c \x90x\x9c \x85 \r\n");
    all.push(latin);
    all
}

/// The settings of an office with these servers.
fn office(home: &Path, user: &str, ports: (u16, u16), authorities: &[String], also: &[&str]) {
    fs::write(home.join("authorities.pem"), authorities.concat()).unwrap();
    // JSON's escapes of these are TOML's too.
    let also = serde_json::to_string(also).unwrap().replace('\u{7f}', "\\u007f");
    let text = format!(
        "[office]\nname = \"Moreau & Co\"\nphone = \"+44 20 7946 0000\"\naddress = \"1 Gate Row\"\n\
         [record]\npassphrase = \"command\"\npassphrase_command = [\"echo\", \"hostile office\"]\n\
         [send]\nundo_seconds = 0\n[sync]\nalso = {also}\n\
         [[account]]\nname = \"Office\"\nperson = \"Alice Moreau\"\naddress = \"{address}\"\nuser = \"{user}\"\n\
         secret = {{ command = [\"echo\", \"{PASSWORD}\"] }}\n\
         imap = {{ host = \"{GOOD_HOST}\", port = {}, tls = \"implicit\" }}\n\
         smtp = {{ host = \"{GOOD_HOST}\", port = {}, tls = \"implicit\" }}\n\
         trust = {{ ca_file = \"{}\" }}\n",
        ports.0,
        ports.1,
        home.join("authorities.pem").display(),
        address = Servers::address(user),
    );
    fs::write(home.join("config.toml"), text).unwrap();
}

fn matterbox(home: &Path, arguments: &[&str]) -> Output {
    let output = Command::new(env!("CARGO_BIN_EXE_matterbox"))
        .arg("--home")
        .arg(home)
        .args(arguments)
        .env("TZ", "UTC")
        .output()
        .unwrap();
    assert_no_control(&output.stdout);
    assert_no_control(&output.stderr);
    output
}

fn text(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// A mail server for sending that says everything with escapes, and no to every recipient.
fn hostile_smtp() -> Scripted {
    let greeting = format!("220 mx.example {}\r\n", EVIL.concat());
    Scripted::start(greeting, |line| {
        let evil = EVIL.concat().replace('\u{85}', "");
        Some(match line.split([' ', ':']).next().unwrap_or_default() {
            "EHLO" => format!("250-mx.example {evil}\r\n250-8BITMIME\r\n250 AUTH PLAIN\r\n"),
            "AUTH" => format!("235 2.7.0 welcome {evil}\r\n"),
            "RCPT" => format!("550 5.7.1 serverword {evil} refused\r\n"),
            "QUIT" => "221 bye\r\n".to_owned(),
            _ => format!("250 2.0.0 ok {evil}\r\n"),
        })
    })
}

#[test]
fn nothing_in_mail_folders_or_answers_reaches_the_terminal_as_more_than_text() {
    let servers = Servers::get();
    let user = Servers::fresh_user();
    for message in messages(&user) {
        servers.deliver(&user, &message);
    }
    // As a server names a folder in modified UTF-7: a bidi override and a zero-width space.
    let folder = "folder\u{202e}word\u{200b}";
    let mut door = servers.back_door(&user);
    door.create("folder&IC4-word&IAs-").unwrap();
    door.logout().unwrap();
    servers.append(&user, "folder&IC4-word&IAs-", false, &messages(&user)[0]);
    let smtp = hostile_smtp();
    let home = tempfile::tempdir().unwrap();
    let ca = fs::read_to_string(&servers.ca).unwrap();
    let missing = evil("missingfolder");
    office(
        home.path(),
        &user,
        (servers.imaps, smtp.port),
        &[ca, smtp.authority.clone()],
        &[folder, &missing],
    );

    let mut terminal = Terminal::start(home.path(), &[], 120, 40);
    look_at_names(&mut terminal);
    look_at_everything(&mut terminal);
    answer(&mut terminal);
    terminal.send("q");
    assert_eq!(terminal.until_end().exit_code(), 0, "{}", terminal.text());
    assert_only_ours(terminal.raw());
    ask_on_the_command_line(home.path());
    for file in fs::read_dir(home.path().join("log")).unwrap() {
        assert_no_control(&fs::read(file.unwrap().path()).unwrap());
    }
}

/// Where something was hidden in a name, a subject or a file name, a sign stands and the row says so.
fn look_at_names(terminal: &mut Terminal) {
    terminal.until_shows("●").send("2").until_all(&["star", "subjectword", "rawsubject", "files"]);
    for (word, tampered) in [
        ("subjectword", true),
        ("rawsubject", true),
        ("files", true),
        ("everything in the body", false),
        ("a page", false),
        ("latin", false),
    ] {
        let line = terminal.line(word);
        assert_eq!(line.contains("tampered"), tampered, "{word}: {line}");
    }
    for word in ["nameword", "rawname", "subjectword", "rawsubject"] {
        assert_marked(terminal, word);
    }
}

/// The sign stands before this word. The terminal of the test draws it as nothing, so this looks at the bytes.
fn assert_marked(terminal: &Terminal, word: &str) {
    let written = String::from_utf8_lossy(terminal.raw());
    assert!(written.contains(&format!("\u{fffd}{word}")), "no sign before {word}");
}

/// Every list and every view of every message.
fn look_at_everything(terminal: &mut Terminal) {
    terminal.until_shows("●").send("2").until_all(&[
        "subjectword",
        "rawsubject",
        "a page",
        "latin",
    ]);
    for subject in
        ["subjectword", "rawsubject", "everything in the body", "a page", "files", "latin"]
    {
        terminal.send("g").until("the top", |screen| {
            screen.contents().lines().nth(2).is_some_and(|line| line.contains('▸'))
        });
        while !terminal.line("▸").contains(subject) {
            let here = terminal.line("▸");
            terminal.send("j").until("the next row", |screen| {
                screen.contents().lines().any(|line| line.contains('▸') && line != here)
            });
        }
        terminal.send("\r").until_shows("‹");
        if subject == "files" {
            terminal.until_all(&["fileword", "otherfile", "made to deceive"]);
            assert_marked(terminal, "fileword");
            assert_marked(terminal, "otherfile");
        }
        terminal.send("|").until_shows("Raw source").send("\u{1b}").until_gone("Raw source");
        terminal.send("!").until_shows("Why this time").send("\u{1b}").until_gone("Why this time");
        terminal.send("\u{1b}").until_gone("‹");
    }
    terminal
        .send("/")
        .until_shows("Search")
        .send("bodyword\r")
        .until_all(&["everything in the body"]);
}

/// A reply, which the server refuses in its own words.
fn answer(terminal: &mut Terminal) {
    terminal.send("1").until_shows("why this time").send("r").until_shows("goes out with");
    terminal.send("An answer.").until_shows("An answer.").send("\u{13}");
    terminal.until("reviewed or queued", |screen| {
        let shown = screen.contents();
        shown.contains("Before this goes out") || shown.contains("5 Outbox 1")
    });
    if !terminal.text().contains("5 Outbox 1") {
        terminal.send("123\r").until_shows("5 Outbox 1");
    }
    terminal.send("5").until_shows("serverword");
}

/// The same office without a screen, for people and for programs.
fn ask_on_the_command_line(home: &Path) {
    for arguments in [
        &["list"][..],
        &["list", "untagged"],
        &["due"],
        &["search", "bodyword"],
        &["outbox", "list"],
        &["account", "check"],
        &["sync"],
        &["doctor"],
        &["config", "check"],
        &["matter", "list"],
        &["party", "list"],
    ] {
        for json in [&[][..], &["--json"]] {
            let output = matterbox(home, &[arguments, json].concat());
            assert!(!text(&output).is_empty(), "{arguments:?} said nothing");
        }
    }
    assert!(text(&matterbox(home, &["outbox", "list"])).contains("serverword"));
    for thread in 1..=6 {
        let thread = thread.to_string();
        assert!(matterbox(home, &["show", &thread]).status.success());
        assert!(matterbox(home, &["show", &thread, "--json"]).status.success());
    }
    let listed = text(&matterbox(home, &["list", "--json"]));
    assert_eq!(listed.matches("\"tampered\"").count(), 3, "{listed}");
    assert!(listed.contains("nameword \u{fffd}") && listed.contains("rawsubject \u{fffd}"));
}

#[test]
fn a_server_that_greets_and_refuses_with_escapes_is_quoted_as_text() {
    let greeting = format!("* OK greetingword {}\r\n", EVIL.concat());
    let imap = Scripted::start(greeting, |line| {
        let evil = EVIL.concat();
        let (tag, command) = line.split_once(' ')?;
        Some(match command.split(' ').next().unwrap_or_default() {
            "CAPABILITY" => format!("* CAPABILITY IMAP4rev1\r\n{tag} OK {evil}\r\n"),
            "LOGIN" => format!("* OK [ALERT] {evil}\r\n{tag} NO refusalword {evil}\r\n"),
            _ => format!("{tag} BAD {evil}\r\n"),
        })
    });
    let smtp = Scripted::start(format!("554 turnedaway {}\r\n", EVIL.concat()), |_| None);
    let home = tempfile::tempdir().unwrap();
    let authorities = [imap.authority.clone(), smtp.authority.clone()];
    office(home.path(), "someone", (imap.port, smtp.port), &authorities, &[]);
    let mut terminal = Terminal::start(home.path(), &[], 120, 40);
    terminal.until_shows("refusalword").send("q");
    assert_eq!(terminal.until_end().exit_code(), 0, "{}", terminal.text());
    assert_only_ours(terminal.raw());
    let checked = matterbox(home.path(), &["account", "check"]);
    assert!(text(&checked).contains("refusalword"), "{}", text(&checked));
    assert!(text(&checked).contains("turnedaway"), "{}", text(&checked));
    assert!(text(&matterbox(home.path(), &["sync"])).contains("refusalword"));
}
