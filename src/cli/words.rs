//! Reports in words: how people read what scripts read as JSON.
//!
//! Owns the lines of the reports on the record. Late is a word, never a colour.

use jiff::{Timestamp, tz::TimeZone};

use super::{
    json,
    output::{Human, Style, table},
};
use crate::domain::{finding::bytes, text::cut as cell};

/// Cells for a name in a list.
const NAME: usize = 24;
/// Cells for a subject in a list.
const SUBJECT: usize = 48;

/// A length of time as the screen writes it: `0h42`, `17h05`, `3d04h`.
fn length(seconds: i64) -> String {
    let minutes = seconds.unsigned_abs() / 60;
    let hours = minutes / 60;
    if hours < 48 {
        format!("{hours}h{:02}", minutes % 60)
    } else {
        format!("{}d{:02}h", hours / 24, hours % 24)
    }
}

/// `LATE 1h20`, `0h42`.
pub fn left(clock: &json::Clock) -> String {
    let time = length(clock.business_seconds_left);
    match clock.state {
        json::ClockState::Late => format!("LATE {time}"),
        json::ClockState::Unsettled => format!("late? {time}"),
        json::ClockState::Running => time,
    }
}

/// `Tue 24 Nov 13:40`.
pub fn when(at: json::Instant, zone: &TimeZone) -> String {
    civil(at.0, zone, "%a %d %b %H:%M")
}

fn civil(at: Timestamp, zone: &TimeZone, format: &str) -> String {
    zone.to_datetime(at).strftime(format).to_string()
}

fn number(matter: Option<&json::Matter>) -> String {
    matter.map(|matter| format!("{} {}", matter.number, matter.name)).unwrap_or_default()
}

fn more() -> String {
    "There are more; --limit N shows so many.".to_owned()
}

fn none(what: &str) -> Vec<String> {
    vec![format!("no {what}")]
}

impl Human for json::DueReport {
    fn lines(&self, _: &Style) -> Vec<String> {
        if self.due.is_empty() {
            return none("running clocks: nobody waits");
        }
        let rows: Vec<_> = self
            .due
            .iter()
            .map(|due| {
                vec![
                    due.thread.to_string(),
                    left(&due.clock),
                    due.clock.clock.clone(),
                    cell(&due.who, NAME),
                    cell(&due.subject, SUBJECT),
                    cell(&number(due.matter.as_ref()), NAME),
                    due.marks.join(" "),
                ]
            })
            .collect();
        table(&rows, &[0, 1])
    }
}

fn thread_row(thread: &json::Thread, zone: &TimeZone) -> Vec<String> {
    let matter = thread.suggestions.first().map_or_else(
        || number(thread.matter.as_ref()),
        |suggestion| format!("{}?", suggestion.matter.number),
    );
    vec![
        thread.thread.to_string(),
        when(thread.last, zone),
        thread.clock.as_ref().map(left).unwrap_or_default(),
        cell(&thread.who, NAME),
        cell(&thread.subject, SUBJECT),
        cell(&matter, NAME),
        thread.marks.join(" "),
    ]
}

impl Human for json::ListReport {
    fn lines(&self, style: &Style) -> Vec<String> {
        if self.threads.is_empty() {
            return none("threads");
        }
        let rows: Vec<_> = self.threads.iter().map(|row| thread_row(row, &style.zone)).collect();
        let mut lines = table(&rows, &[0, 2]);
        lines.extend(self.more.then(more));
        lines
    }
}

impl Human for json::ShowReport {
    fn is_prose(&self) -> bool {
        true
    }

    fn lines(&self, style: &Style) -> Vec<String> {
        let mut lines = vec![self.subject.clone()];
        lines.extend(self.matter.as_ref().map(|matter| format!("matter {}", number(Some(matter)))));
        for clock in &self.clocks {
            let due = when(clock.due, &style.zone);
            lines.push(format!(
                "{} due {due} ({}) · policy {}",
                clock.clock,
                left(clock),
                self.policy
            ));
        }
        lines.extend(self.history.iter().cloned());
        for message in &self.messages {
            lines.push(String::new());
            lines.extend(message_lines(message, style));
        }
        lines
    }
}

fn message_lines(message: &json::Message, style: &Style) -> Vec<String> {
    let mut lines =
        vec![format!("── {} · {} → {}", when(message.at, &style.zone), message.from, message.to)];
    lines.extend(message.remarks.iter().map(|remark| format!("! {remark}")));
    lines.extend(message.text.lines().map(|line| format!("  {line}")));
    let quoted = message.quoted.lines().count();
    if message.text.trim().is_empty() {
        // Nothing new was written, as in a bare forward: the quoted text is the message.
        lines.extend(message.quoted.lines().map(|line| format!("  │ {line}")));
    } else if quoted > 0 {
        lines.push(format!("  … {quoted} quoted lines"));
    }
    lines.extend(message.attachments.iter().map(|attachment| {
        format!("  + {} ({}, {} bytes)", attachment.name, attachment.media_type, attachment.size)
    }));
    lines
}

impl Human for json::SearchReport {
    fn lines(&self, style: &Style) -> Vec<String> {
        let mut lines: Vec<String> = self.complaint.iter().cloned().collect();
        if self.hits.is_empty() {
            lines.extend(none("hits"));
        }
        let rows: Vec<_> = self
            .hits
            .iter()
            .map(|hit| {
                vec![
                    hit.thread.to_string(),
                    when(hit.at, &style.zone),
                    cell(&hit.who, NAME),
                    cell(&hit.subject, SUBJECT),
                    hit.snippet.clone(),
                ]
            })
            .collect();
        lines.extend(table(&rows, &[0]));
        lines.extend(self.more.then(more));
        lines
    }
}

impl Human for json::ChangeReport {
    fn is_prose(&self) -> bool {
        true
    }

    fn lines(&self, _: &Style) -> Vec<String> {
        if self.notices.is_empty() { vec!["done".to_owned()] } else { self.notices.clone() }
    }
}

impl Human for json::WaitingReport {
    fn is_prose(&self) -> bool {
        true
    }

    fn lines(&self, _: &Style) -> Vec<String> {
        if self.operations.is_empty() {
            return vec!["Nothing waits for a mail server.".to_owned()];
        }
        let line = |one: &json::Waiting| format!("“{}”, {}: {}", one.subject, one.what, one.state);
        self.operations.iter().map(line).collect()
    }
}

fn health_row(row: &json::MatterHealth, zone: &TimeZone) -> Vec<String> {
    vec![
        row.matter.number.clone(),
        cell(&row.matter.name, NAME),
        row.status.clone(),
        row.clock.as_ref().map(left).unwrap_or_default(),
        cell(&row.clients, NAME),
        row.privilege.clone().unwrap_or_default(),
        format!("{} threads", row.threads),
        row.last_update.map(|at| format!("last update {}", when(at, zone))).unwrap_or_default(),
    ]
}

impl Human for json::MattersReport {
    fn lines(&self, style: &Style) -> Vec<String> {
        if self.matters.is_empty() {
            return none("matters; `matterbox matter add NUMBER NAME` opens one");
        }
        let rows: Vec<_> = self.matters.iter().map(|row| health_row(row, &style.zone)).collect();
        table(&rows, &[3])
    }
}

impl Human for json::MatterReport {
    fn lines(&self, style: &Style) -> Vec<String> {
        let mut lines = table(&[health_row(&self.matter, &style.zone)], &[]);
        let rows: Vec<_> = self.threads.iter().map(|row| thread_row(row, &style.zone)).collect();
        lines.extend(table(&rows, &[0, 2]));
        lines
    }
}

impl Human for json::PartiesReport {
    fn lines(&self, _: &Style) -> Vec<String> {
        if self.parties.is_empty() {
            return none("parties; `matterbox party add NAME --address ADDRESS` adds one");
        }
        let rows: Vec<_> = self
            .parties
            .iter()
            .map(|party| {
                let roles: Vec<_> = party
                    .roles
                    .iter()
                    .map(|part| format!("{} in {}", part.role, part.matter))
                    .collect();
                vec![cell(&party.name, NAME), party.addresses.join(", "), roles.join(", ")]
            })
            .collect();
        table(&rows, &[])
    }
}

impl Human for json::SendReport {
    fn is_prose(&self) -> bool {
        true
    }

    fn lines(&self, _: &Style) -> Vec<String> {
        let mut lines = vec![format!("Subject: {}", self.subject)];
        lines.extend(self.recipients.iter().map(|recipient| {
            let role = recipient.role.as_deref().unwrap_or("not known to this matter");
            format!("to {} · {role}", recipient.address)
        }));
        lines.extend(self.footer.lines().map(|line| format!("  {line}")));
        lines.extend(
            self.attachments.iter().map(|file| {
                format!("with {}, {}, {}", file.name, file.media_type, bytes(file.size))
            }),
        );
        lines.extend(self.privilege.iter().map(|label| format!("privileged: {label}")));
        lines.extend(self.promised.iter().map(|day| format!("promises the answer by {day}")));
        lines.extend(self.findings.iter().map(|finding| {
            let json::Finding { key, word, severity, text } = finding;
            match word {
                None => format!("{severity}: {text} [{key}]"),
                Some(word) => format!("{severity}: {text} [{key}=WORD, where WORD is {word}]"),
            }
        }));
        lines.push(match self.state {
            json::SendState::Queued => format!(
                "in the outbox as {}; it can be stopped for {} s and then leaves with the next `matterbox sync`, or by \
                 itself while the screen is open",
                self.item.unwrap_or_default(),
                self.held_seconds.unwrap_or_default()
            ),
            json::SendState::Reviewed => "reviewed; nothing was sent".to_owned(),
            json::SendState::Stopped => {
                "not sent: see the findings above; --confirm KEY accepts one that may be".to_owned()
            }
        });
        lines
    }
}

impl Human for json::OutboxReport {
    fn lines(&self, style: &Style) -> Vec<String> {
        if self.outbox.is_empty() {
            return none("messages in the outbox");
        }
        let rows: Vec<_> = self
            .outbox
            .iter()
            .map(|item| {
                vec![
                    item.item.to_string(),
                    item.state.to_uppercase(),
                    when(item.at, &style.zone),
                    cell(&item.to, NAME),
                    cell(&item.subject, SUBJECT),
                    item.reply.clone(),
                ]
            })
            .collect();
        table(&rows, &[0])
    }
}

impl Human for json::SyncReport {
    fn is_prose(&self) -> bool {
        true
    }

    fn lines(&self, _: &Style) -> Vec<String> {
        let line = |account: &json::SyncedAccount| {
            let failed = if account.failed > 0 {
                format!(" · {} failed", account.failed)
            } else {
                String::new()
            };
            let problem =
                account.problem.as_ref().map(|text| format!(" · {text}")).unwrap_or_default();
            format!(
                "{}: {} new · {} of {} stored{failed}{problem}",
                account.account, account.new, account.stored, account.known
            )
        };
        let mut lines = Vec::new();
        for account in &self.accounts {
            lines.push(line(account));
            for folder in account.folders.iter().filter(|folder| folder.state != "left") {
                lines.push(folder_line(folder));
            }
        }
        lines
    }
}

/// `  INBOX: 120 on the server · 120 stored`, and what is not as it should be.
fn folder_line(folder: &json::SyncedFolder) -> String {
    let mut said = vec![match (&folder.now_called, folder.on_server) {
        (Some(name), _) => format!("now called {name}"),
        (None, Some(count)) => format!("{count} on the server"),
        (None, None) => "not counted yet".to_owned(),
    }];
    said.push(format!("{} stored", folder.stored));
    for (count, what) in [(folder.pending, "pending"), (folder.gone, "gone")] {
        if count > 0 {
            said.push(format!("{count} {what}"));
        }
    }
    let failed = |one: &json::FailedFor| format!("{} failed: {}", one.messages, one.reason);
    said.extend(folder.reasons.iter().map(failed));
    match folder.state.as_str() {
        "vanished" if folder.now_called.is_none() => {
            said.push("no longer on the server".to_owned());
        }
        "refused" => said.push("the server would not open it".to_owned()),
        "doubtful" => said.push("the server's numbers do not fit".to_owned()),
        _ => {}
    }
    format!("  {}: {}", folder.name, said.join(" · "))
}

impl Human for json::ImportReport {
    fn is_prose(&self) -> bool {
        true
    }

    fn lines(&self, _: &Style) -> Vec<String> {
        let line = |path: &json::Imported| {
            let problem =
                path.problem.as_ref().map(|text| format!(" · {text}")).unwrap_or_default();
            format!(
                "{}: {} new · {} known already · {} kept raw{problem}",
                path.path, path.stored, path.known, path.unparsed
            )
        };
        self.paths.iter().map(line).collect()
    }
}

impl Human for json::CheckReport {
    fn is_prose(&self) -> bool {
        true
    }

    fn lines(&self, _: &Style) -> Vec<String> {
        let mut lines = Vec::new();
        for check in &self.checks {
            let outcome = match check.outcome {
                json::Outcome::Ok => "ok",
                json::Outcome::Warning => "WARNING",
                json::Outcome::Failed => "FAILED",
                json::Outcome::Skipped => "skipped",
            };
            lines.push(format!("{outcome:<8}{} · {}", check.subject, check.what));
            lines.push(format!("{:8}{}", "", check.detail));
        }
        lines
    }
}

impl Human for json::ConfigReport {
    fn is_prose(&self) -> bool {
        true
    }

    fn lines(&self, _: &Style) -> Vec<String> {
        let mut lines = Vec::new();
        for file in &self.files {
            let place = match (file.line, file.column) {
                (Some(line), Some(column)) => format!("{}:{line}:{column}", file.path),
                (Some(line), None) => format!("{}:{line}", file.path),
                (None, _) => file.path.clone(),
            };
            let state = match file.state {
                json::FileState::Ok => "ok",
                json::FileState::BuiltIn => "not there; the built-in one holds",
                json::FileState::Missing => "not there; `matterbox init` writes it",
                json::FileState::Mistake => file.mistake.as_deref().unwrap_or("a mistake"),
            };
            lines.push(format!("{place}: {state}"));
            for text in file.remedy.iter().chain(&file.remarks) {
                lines.push(format!("  {text}"));
            }
        }
        lines
    }
}

impl Human for json::KeysReport {
    fn lines(&self, _: &Style) -> Vec<String> {
        let row = |key: &json::KeyRow| {
            vec![
                key.context.clone(),
                key.chord.clone(),
                key.action.clone(),
                key.description.clone(),
            ]
        };
        table(&self.keys.iter().map(row).collect::<Vec<_>>(), &[])
    }
}

impl Human for json::ThreadExplained {
    fn is_prose(&self) -> bool {
        true
    }

    fn lines(&self, _: &Style) -> Vec<String> {
        self.lines.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_may_have_been_answered_is_not_called_late() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let running = crate::domain::sla::Running {
            clock: crate::domain::sla::ClockKind::Reply,
            started: at("2026-11-24T09:00:00Z"),
            due: at("2026-11-24T12:20:00Z"),
        };
        let sla = crate::config::sla::shipped_in("UTC").unwrap();
        let calendar = &sla.rule(None).calendar;
        let seen = |unsettled| {
            let now = at("2026-11-24T13:40:00Z");
            let clock = super::super::json::from_rows::clock(&running, calendar, (now, unsettled));
            let state = serde_json::to_value(&clock).unwrap()["state"].clone();
            (left(&clock), state.as_str().unwrap().to_owned())
        };
        assert_eq!(seen(false), ("LATE 1h20".to_owned(), "late".to_owned()));
        assert_eq!(seen(true), ("late? 1h20".to_owned(), "unsettled".to_owned()));
    }

    #[test]
    fn lengths_are_short() {
        assert_eq!(length(42 * 60 + 59), "0h42");
        assert_eq!(length(-(80 * 60)), "1h20");
        assert_eq!(length(76 * 3600), "3d04h");
    }
}
