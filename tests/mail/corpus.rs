//! The mail of other projects, under `MATTERBOX_CORPUS`. Where a project says what its messages mean, the number of
//! answers that agree with it may not fall (a ratchet); everywhere, nothing may be lost and nothing may panic.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use jiff::tz::TimeZone;
use matterbox::domain::message::MessageId;
use matterbox::mail::{Limits, ParseFault, Parsed, message_ids, split};
use serde_json::Value;

use crate::builder::parsed;

/// The folder of a collection, or `None` where the corpus is not at hand (`.ci/run` always has it).
fn corpus(name: &str) -> Option<PathBuf> {
    let path = PathBuf::from(std::env::var_os("MATTERBOX_CORPUS")?).join(name);
    assert!(path.exists(), "the corpus is set but has no {name}");
    Some(path)
}

/// Every file below a folder, in order.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { waiting.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    found
}

/// Unpacks an archive of the corpus beside the other files of the test.
fn unpacked(archive: &Path) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let done =
        Command::new("tar").arg("xJf").arg(archive).arg("-C").arg(folder.path()).status().unwrap();
    assert!(done.success(), "tar");
    folder
}

/// Counts agreements, and remembers the first differences for the message of a failed test.
#[derive(Default)]
struct Tally {
    same: usize,
    all: usize,
    different: Vec<String>,
}

impl Tally {
    fn check(&mut self, same: bool, what: impl FnOnce() -> String) {
        self.all += 1;
        if same {
            self.same += 1;
        } else if self.different.len() < 60 {
            self.different.push(what());
        }
    }

    fn at_least(&self, ratchet: usize) {
        assert!(
            self.same >= ratchet,
            "{} of {} agree\n{}",
            self.same,
            self.all,
            self.different.join("\n")
        );
    }
}

fn header<'a>(part: &'a Value, name: &str) -> Option<&'a Value> {
    part["headers"].as_array()?.iter().find(|h| h["name"] == name).map(|h| &h["value"])
}

fn listed(value: &Value) -> Vec<String> {
    let list = |list: &Value| -> Vec<String> {
        let all = list.as_array().cloned().unwrap_or_default();
        all.iter().filter_map(|a| a["address"].as_str().map(str::to_lowercase)).collect()
    };
    let groups = value["Address"]["Group"].as_array().cloned().unwrap_or_default();
    let mut found = list(&value["Address"]["List"]);
    found.extend(groups.iter().flat_map(|g| list(&g["addresses"])));
    found
}

fn folded(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn instant(v: &Value) -> Option<String> {
    let n = |name: &str| v[name].as_i64();
    let sign = if v["tz_before_gmt"].as_bool()? { '-' } else { '+' };
    let text = format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}{sign}{:02}:{:02}",
        n("year")?,
        n("month")?,
        n("day")?,
        n("hour")?,
        n("minute")?,
        n("second")?,
        n("tz_hour")?,
        n("tz_minute")?
    );
    text.parse::<jiff::Timestamp>().ok().map(|at| at.to_string())
}

/// The 107 messages and the parsed form that Stalwart's parser expects of them.
fn stalwart(mut each: impl FnMut(&Path, &Value, &Parsed)) {
    let Some(folder) = corpus("stalwart/eml") else { return };
    for path in files(&folder).iter().filter(|p| p.extension().is_some_and(|e| e == "eml")) {
        // Its expectations exist for both line endings of a file; the files have either.
        let raw = fs::read(path).unwrap();
        let crlf = raw.windows(2).any(|w| w == b"\r\n");
        let expected =
            fs::read(path.with_extension(if crlf { "crlf.json" } else { "json" })).unwrap();
        let expected: Value = serde_json::from_slice(&expected).unwrap();
        each(path, &expected, &parsed(&raw));
    }
}

#[test]
fn subjects_and_ids_agree_with_stalwart() {
    let mut tally = Tally::default();
    stalwart(|path, expected, got| {
        let root = &expected["parts"][0];
        if let Some(subject) = header(root, "subject").and_then(|v| v["Text"].as_str()) {
            let same = folded(subject) == folded(&got.headers.subject);
            tally.check(same, || {
                format!("{}: {subject:?} {:?}", path.display(), got.headers.subject)
            });
        }
        if let Some(id) = header(root, "message_id").and_then(|v| v["Text"].as_str()) {
            let ours = got.headers.message_id.as_ref().map(MessageId::as_str);
            tally.check(ours == Some(id), || format!("{}: {id:?} {ours:?}", path.display()));
        }
    });
    if corpus("stalwart").is_some() {
        tally.at_least(138);
    }
}

#[test]
fn addresses_agree_with_stalwart() {
    let mut tally = Tally::default();
    stalwart(|path, expected, got| {
        let root = &expected["parts"][0];
        for (name, ours) in
            [("from", &got.headers.from), ("to", &got.headers.to), ("cc", &got.headers.cc)]
        {
            let Some(value) = header(root, name) else { continue };
            let theirs = listed(value);
            let ours: Vec<String> = ours.iter().map(|a| a.address.key().to_owned()).collect();
            tally.check(theirs == ours, || {
                format!("{} {name}: {theirs:?} {ours:?}", path.display())
            });
        }
    });
    if corpus("stalwart").is_some() {
        tally.at_least(150);
    }
}

#[test]
fn dates_agree_with_stalwart() {
    let mut tally = Tally::default();
    stalwart(|path, expected, got| {
        let theirs =
            header(&expected["parts"][0], "date").map(|v| &v["DateTime"]).and_then(instant);
        let Some(theirs) = theirs else { return };
        let ours = got.headers.date.map(|at| at.to_string());
        tally.check(ours.as_ref() == Some(&theirs), || {
            format!("{}: {theirs} {ours:?}", path.display())
        });
    });
    if corpus("stalwart").is_some() {
        tally.at_least(73);
    }
}

#[test]
fn no_word_that_stalwart_reads_is_lost() {
    let mut tally = Tally::default();
    stalwart(|path, expected, got| {
        let ours = folded(&format!("{} {}", got.text, got.attached_text));
        for part in expected["parts"].as_array().unwrap() {
            let Some(text) = part["body"]["Text"].as_str() else { continue };
            let lost: Vec<&str> =
                text.split_whitespace().filter(|w| !ours.contains(*w)).take(5).collect();
            tally.check(lost.is_empty(), || format!("{}: {lost:?}", path.display()));
        }
    });
    if corpus("stalwart").is_some() {
        tally.at_least(131);
    }
}

#[test]
fn attachments_have_the_bytes_that_stalwart_reads() {
    let mut tally = Tally::default();
    stalwart(|path, expected, got| {
        for part in expected["parts"].as_array().unwrap() {
            let body = &part["body"];
            let Some(bytes) = body["Binary"].as_array().or(body["InlineBinary"].as_array()) else {
                continue;
            };
            let bytes: Vec<u8> =
                bytes.iter().map(|b| u8::try_from(b.as_u64().unwrap()).unwrap()).collect();
            let hash = *blake3::hash(&bytes).as_bytes();
            let same = got.attachments.iter().any(|a| a.hash == hash);
            tally.check(same, || {
                format!("{}: {} B of {:?}", path.display(), bytes.len(), got.attachments)
            });
        }
    });
    if corpus("stalwart").is_some() {
        tally.at_least(82);
    }
}

/// The small files of single header values.
fn values(name: &str, mut each: impl FnMut(&str, &Value)) {
    let Some(folder) = corpus("stalwart") else { return };
    let all: Value = serde_json::from_slice(&fs::read(folder.join(name)).unwrap()).unwrap();
    for case in all.as_array().unwrap() {
        each(case["header"].as_str().unwrap(), &case["expected"]);
    }
}

/// A message with one header, which is how that header reaches us.
fn with_header(name: &str, value: &str) -> Parsed {
    let mut raw = format!("{name}:{value}").into_bytes();
    raw.extend_from_slice(b"\n\nbody\n");
    parsed(&raw)
}

#[test]
fn single_dates_agree_with_stalwart() {
    let mut tally = Tally::default();
    values("date.json", |value, expected| {
        let Some(theirs) = instant(expected) else { return };
        let ours = with_header("Date", value).headers.date.map(|at| at.to_string());
        tally.check(ours.as_ref() == Some(&theirs), || format!("{value:?}: {theirs} {ours:?}"));
    });
    if corpus("stalwart").is_some() {
        tally.at_least(27);
    }
}

#[test]
fn single_addresses_agree_with_stalwart() {
    let mut tally = Tally::default();
    values("address.json", |value, expected| {
        let wrapped = serde_json::json!({ "Address": expected });
        let theirs = listed(&wrapped);
        let ours: Vec<String> = with_header("To", value)
            .headers
            .to
            .iter()
            .map(|a| a.address.key().to_owned())
            .collect();
        tally.check(ours == theirs, || format!("{value:?}: {theirs:?} {ours:?}"));
    });
    if corpus("stalwart").is_some() {
        tally.at_least(47);
    }
}

#[test]
fn single_ids_and_texts_agree_with_stalwart() {
    let mut tally = Tally::default();
    values("id.json", |value, expected| {
        let list = expected.as_array().map(Vec::as_slice).unwrap_or_default();
        let theirs: Vec<&str> = list.iter().chain([expected]).filter_map(Value::as_str).collect();
        let block = with_header("References", value);
        let ours: Vec<&str> = block.headers.references.iter().map(MessageId::as_str).collect();
        tally.check(ours == theirs, || format!("{value:?}: {theirs:?} {ours:?}"));
    });
    values("unstructured.json", |value, expected| {
        let theirs = expected.as_str().unwrap_or_default();
        let ours = with_header("Subject", value).headers.subject;
        tally.check(folded(&ours) == folded(theirs), || format!("{value:?}: {theirs:?} {ours:?}"));
    });
    if corpus("stalwart").is_some() {
        tally.at_least(36);
    }
}

/// What must hold of any message whatever.
fn sane(path: &Path, raw: &[u8], got: &Parsed) {
    let limits = Limits::default();
    let place = path.display();
    assert!(got.text.len() <= limits.text_bytes, "{place}");
    assert!(got.attached_text.len() <= limits.index_bytes + 1, "{place}");
    for value in [&got.headers.subject].into_iter().chain(got.attachments.iter().map(|a| &a.name)) {
        assert!(!value.contains(['\r', '\n']), "{place}: {value:?}");
    }
    for attachment in &got.attachments {
        let bytes = matterbox::mail::attachment_bytes(raw, &attachment.part).unwrap();
        assert_eq!(blake3::hash(&bytes).as_bytes(), &attachment.hash, "{place}");
    }
    // A message with a body of words gives text, an attachment, or says that it is encrypted.
    let body = raw.windows(2).position(|w| w == b"\n\n").map(|at| &raw[at..]).unwrap_or_default();
    let words = body.split(u8::is_ascii_whitespace).filter(|w| w.len() > 2).count();
    let empty = got.text.trim().is_empty() && got.attachments.is_empty();
    assert!(
        words < 40 || !empty || got.faults.contains(&ParseFault::Encrypted),
        "{place} is empty"
    );
}

/// Every Message-ID that a plain search of the header block finds is found by the reading.
fn id_is_found(path: &Path, raw: &[u8], got: &Parsed) {
    let text = String::from_utf8_lossy(raw);
    let head = text.split("\n\n").next().unwrap_or_default();
    let mut lines = head.lines();
    // One that goes on in the next line is for the other tests.
    let line = lines
        .find(|l| l.to_ascii_lowercase().starts_with("message-id:") && l.trim_end().ends_with('>'));
    let value = line.and_then(|l| l.split_once(':')).map(|(_, value)| value.to_owned());
    if let Some(expected) = value.and_then(|v| message_ids(&v, 9).into_iter().next()) {
        assert_eq!(got.headers.message_id, Some(expected), "{}", path.display());
    }
}

#[test]
fn the_mail_of_every_project_is_read_without_loss() {
    for name in [
        "mikel-mail",
        "mimekit",
        "mu",
        "notmuch",
        "jwz",
        "mail-auth",
        "talon",
        "stalwart",
        "imaptest",
    ] {
        let Some(folder) = corpus(name) else { return };
        for path in files(&folder) {
            let raw = fs::read(&path).unwrap();
            let got = parsed(&raw);
            sane(&path, &raw, &got);
        }
    }
}

/// What a whole archive came to.
#[derive(Debug, Default, PartialEq, Eq)]
struct Census {
    messages: usize,
    without_sender: usize,
    without_date: usize,
    without_text: usize,
    /// Nothing of the text was found to be the sender's own: forwards without a word, and answers that were missed.
    all_quoted: usize,
}

fn archive(name: &str) -> Option<Census> {
    let folder = unpacked(&corpus(name)?);
    let mut census = Census::default();
    for path in files(folder.path()).iter().filter(|p| p.extension().is_none_or(|e| e != "cats")) {
        let raw = fs::read(path).unwrap();
        let got = parsed(&raw);
        sane(path, &raw, &got);
        id_is_found(path, &raw, &got);
        census.messages += 1;
        census.without_sender += usize::from(got.headers.from.is_empty());
        census.without_date += usize::from(got.headers.date.or(got.headers.received).is_none());
        census.without_text += usize::from(got.text.trim().is_empty());
        census.all_quoted +=
            usize::from(got.new_text.trim().is_empty() && !got.text.trim().is_empty());
    }
    Some(census)
}

#[test]
fn six_thousand_messages_of_spam_and_ham_are_read() {
    let Some(census) = archive("spamassassin-6046-txt.tar.xz") else { return };
    let known = Census {
        messages: 6_046,
        without_sender: 4,
        without_date: 0,
        without_text: 2,
        all_quoted: 14,
    };
    assert_eq!(census, known);
}

#[test]
fn four_thousand_list_messages_are_read() {
    let Some(census) = archive("linux-man-oldest-4000.tar.xz") else { return };
    let known = Census {
        messages: 4_000,
        without_sender: 0,
        without_date: 0,
        without_text: 4,
        all_quoted: 4,
    };
    assert_eq!(census, known);
}

#[test]
fn the_enron_messages_are_read() {
    let Some(census) = archive("enron-categories.tar.xz") else { return };
    let known = Census {
        messages: 1_702,
        without_sender: 0,
        without_date: 0,
        without_text: 0,
        all_quoted: 240,
    };
    assert_eq!(census, known);
}

#[test]
fn a_forward_by_any_program_is_seen() {
    let Some(folder) = corpus("forwards") else { return };
    let mut tally = Tally::default();
    for path in files(&folder).iter().filter(|p| p.to_string_lossy().contains("_body")) {
        let text = fs::read_to_string(path).unwrap();
        let parts = split(&text.replace("\r\n", "\n"));
        // The forwarded words are those of a sample text; they belong to the quotation.
        let seen =
            ["Aenean", "Unicum"].iter().any(|w| parts.quoted.contains(w) && !parts.new.contains(w));
        tally.check(seen, || {
            format!("{}\n    {:?}", path.display(), parts.new.chars().take(160).collect::<String>())
        });
    }
    tally.at_least(120);
}

#[test]
fn the_answer_above_a_quotation_is_found_in_the_replies_of_many_programs() {
    let Some(folder) = corpus("talon/standard_replies") else { return };
    let mut tally = Tally::default();
    for path in files(&folder).iter().filter(|p| p.extension().is_some_and(|e| e == "eml")) {
        let got = parsed(&fs::read(path).unwrap());
        let answer = path
            .with_file_name(format!("{}_reply_text", path.file_stem().unwrap().to_string_lossy()));
        let expected = fs::read_to_string(answer).unwrap_or_else(|_| "Hello".to_owned());
        // Their answer keeps the signature, ours does not.
        let ours = folded(&got.new_text);
        let same = ours.starts_with("Hello") && folded(&expected).starts_with(&ours);
        tally.check(same, || format!("{}: {ours:?}", path.display()));
    }
    tally.at_least(12);
}

#[test]
fn html_replies_of_many_programs_lose_their_quotation() {
    let Some(folder) = corpus("talon/html_replies") else { return };
    let mut tally = Tally::default();
    for path in files(&folder) {
        let html = fs::read_to_string(&path).unwrap();
        let raw = format!("From: a@b.example\nContent-Type: text/html; charset=utf-8\n\n{html}");
        let ours = folded(&parsed(raw.as_bytes()).new_text);
        tally.check(ours == "Hi. I am fine. Thanks, Alex", || {
            format!("{}: {ours:?}", path.display())
        });
    }
    tally.at_least(9);
}

#[test]
fn dates_of_the_corpus_are_not_in_the_future_of_their_arrival() {
    // Guards the zone arithmetic: a wrong sign shows as hours between sending and arriving.
    let Some(folder) = corpus("notmuch") else { return };
    let (mut near, mut far) = (0, 0);
    for path in files(&folder) {
        let got = parsed(&fs::read(&path).unwrap());
        let (Some(sent), Some(received)) = (got.headers.date, got.headers.received) else {
            continue;
        };
        let gap = received.duration_since(sent).as_secs();
        if (-3_600..86_400).contains(&gap) {
            near += 1;
        } else {
            far += 1;
        }
        assert!(sent.to_zoned_datetime(TimeZone::UTC).year() >= 1990, "{}", path.display());
    }
    assert!(near > far * 20, "{near} {far}");
}

/// A second opinion: where `mailparse` alone understands a message, we must not understand it otherwise.
#[test]
fn what_mailparse_alone_reads_we_read_alike() {
    use mailparse::MailHeaderMap as _;
    let (mut subjects, mut files_alike, mut dates) =
        (Tally::default(), Tally::default(), Tally::default());
    for name in ["mikel-mail", "mu", "notmuch", "jwz", "mimekit", "talon"] {
        let Some(folder) = corpus(name) else { return };
        for path in files(&folder) {
            let raw = fs::read(&path).unwrap();
            let Ok(theirs) = mailparse::parse_mail(&raw) else { continue };
            let ours = parsed(&raw);
            let place = || path.display().to_string();
            let subject = theirs.headers.get_first_value("Subject").unwrap_or_default();
            if !subject.contains('\u{fffd}') && !subject.contains("=?") {
                let same = folded(&subject) == folded(&ours.headers.subject);
                subjects
                    .check(same, || format!("{}: {subject:?} {:?}", place(), ours.headers.subject));
            }
            let date =
                theirs.headers.get_first_value("Date").and_then(|d| mailparse::dateparse(&d).ok());
            if let Some(date) = date.filter(|d| *d > 0) {
                let same = ours.headers.date.is_some_and(|d| d.as_second() == date);
                dates.check(same, || format!("{}: {date} {:?}", place(), ours.headers.date));
            }
            for part in theirs.parts().filter(|p| p.subparts.is_empty()) {
                let media = &part.ctype.mimetype;
                if media.starts_with("text/")
                    || media.starts_with("message/")
                    || media.starts_with("multipart/")
                {
                    continue;
                }
                let Ok(bytes) = part.get_body_raw() else { continue };
                let hash = *blake3::hash(&bytes).as_bytes();
                let same = ours.attachments.iter().any(|a| a.hash == hash);
                files_alike.check(same, || {
                    format!("{}: {media} {} B of {:?}", place(), bytes.len(), ours.attachments)
                });
            }
        }
    }
    subjects.at_least(810);
    dates.at_least(591);
    files_alike.at_least(121);
}
