//! The notation of the texts: conversations as they are written down under `texts/`.
//!
//! ```text
//! == mensah | ackdue:42 | Lease: the landlord called again
//! -- kofi cc:tom +pdf:Notice.pdf @3h
//! Good morning, …
//! ```
//!
//! Owns the parsing. It knows nothing of dates and addresses (that is `office`), and a line that it cannot read is
//! reported by a test, not at run time.

/// When a conversation's last letter came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    /// Some time in the last months.
    Past,
    /// So many minutes of open time ago.
    Ago(i64),
    /// Its answer (8 open hours) has been owed for so many minutes of open time.
    Late(i64),
    /// Its answer (8 open hours) falls due in so many minutes of open time.
    Due(i64),
    /// Its acknowledgement (4 open hours) falls due in so many minutes of open time.
    AckDue(i64),
    /// Its answer falls due on the next working day; so many minutes before the latest such instant.
    Tomorrow(i64),
}

/// What can be odd about a letter.
#[cfg(test)]
pub(super) const MARKS: &[&str] = &[
    "html", "alt", "auto", "weak", "list", "ics", "dsn", "latin1", "jis", "starred", "seen",
    "broken", "twice", "crossed", "clock",
];

/// A letter in a conversation.
#[derive(Clone, Debug, Default)]
pub(super) struct Line<'a> {
    pub from: &'a str,
    pub to: Vec<&'a str>,
    pub cc: Vec<&'a str>,
    /// `pdf:Name.pdf`, `docx:…`, `png:…`, `csv:…`.
    pub files: Vec<&'a str>,
    /// What is odd about it; a test knows the words.
    pub marks: Vec<&'a str>,
    /// Open minutes since the letter before.
    pub gap: Option<i64>,
    pub text: String,
}

/// A conversation.
#[derive(Clone, Debug)]
pub(super) struct Conversation<'a> {
    /// A matter's key, or `none`.
    pub matter: &'a str,
    pub when: When,
    pub subject: &'a str,
    pub lines: Vec<Line<'a>>,
}

/// Reads a text; what cannot be read is named in the second part.
pub(super) fn read(text: &str) -> (Vec<Conversation<'_>>, Vec<&str>) {
    let (mut conversations, mut unread) = (Vec::<Conversation<'_>>::new(), Vec::new());
    for line in text.lines() {
        if let Some(head) = line.strip_prefix("== ") {
            match conversation(head) {
                Some(conversation) => conversations.push(conversation),
                None => unread.push(line),
            }
        } else if let Some(head) = line.strip_prefix("-- ") {
            match (conversations.last_mut(), letter(head)) {
                (Some(conversation), Some(letter)) => conversation.lines.push(letter),
                (None, _) | (_, None) => unread.push(line),
            }
        } else if let Some(letter) = conversations.last_mut().and_then(|c| c.lines.last_mut()) {
            letter.text.push_str(line);
            letter.text.push('\n');
        } else if !line.trim().is_empty() {
            unread.push(line);
        }
    }
    for letter in conversations.iter_mut().flat_map(|c| &mut c.lines) {
        letter.text.truncate(letter.text.trim_end().len());
    }
    (conversations, unread)
}

fn conversation(head: &str) -> Option<Conversation<'_>> {
    let mut parts = head.splitn(3, " | ");
    let (matter, when, subject) = (parts.next()?, parts.next()?, parts.next()?);
    let (word, number) = when.split_once(':').unwrap_or((when, "0"));
    let minutes = number.parse().ok()?;
    let when = match word {
        "past" => When::Past,
        "ago" => When::Ago(minutes),
        "late" => When::Late(minutes),
        "due" => When::Due(minutes),
        "ackdue" => When::AckDue(minutes),
        "tomorrow" => When::Tomorrow(minutes),
        _ => return None,
    };
    Some(Conversation { matter, when, subject, lines: Vec::new() })
}

fn letter(head: &str) -> Option<Line<'_>> {
    let mut words = head.split_whitespace();
    let mut line = Line { from: words.next()?, ..Line::default() };
    for word in words {
        if let Some(to) = word.strip_prefix("to:") {
            line.to = to.split(',').collect();
        } else if let Some(cc) = word.strip_prefix("cc:") {
            line.cc = cc.split(',').collect();
        } else if let Some(file) = word.strip_prefix('+') {
            line.files.push(file);
        } else if let Some(gap) = word.strip_prefix('@') {
            line.gap = Some(minutes(gap)?);
        } else {
            line.marks.push(word);
        }
    }
    Some(line)
}

/// `40m`, `3h`, `2d` of open time.
fn minutes(text: &str) -> Option<i64> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let number: i64 = number.parse().ok()?;
    match unit {
        "m" => Some(number),
        "h" => number.checked_mul(60),
        "d" => number.checked_mul(480),
        _ => None,
    }
}
