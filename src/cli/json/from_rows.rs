//! Read models of the engine → shapes of the command line.
//!
//! Owns the words for marks and states. It decides nothing: the rows are sorted and counted already.

use jiff::Timestamp;

use super::record as json;
use crate::{
    app::{
        event::{DraftSheet, Finding, Severity},
        rows,
    },
    domain::{
        calendar::WorkCalendar,
        draft::{Enclosure, Recipient},
        matter::MatterStatus,
        message::Direction,
        sla::Running,
    },
};

/// A clock with what is left of it at `now`; may mail that has not been read yet have answered it?
pub fn clock(
    running: &Running,
    calendar: &WorkCalendar,
    (now, unsettled): (Timestamp, bool),
) -> json::Clock {
    // At the due instant itself the answer is still in time.
    let state = match (now <= running.due, unsettled) {
        (true, _) => json::ClockState::Running,
        (false, false) => json::ClockState::Late,
        (false, true) => json::ClockState::Unsettled,
    };
    json::Clock {
        clock: running.clock.word().to_owned(),
        started: running.started.into(),
        due: running.due.into(),
        state,
        business_seconds_left: calendar.between(now, running.due).as_secs(),
    }
}

/// A matter's public name.
pub fn matter(label: &rows::MatterLabel) -> json::Matter {
    json::Matter { number: label.number.to_string(), name: label.name.to_string() }
}

/// The words of the marks that are set.
pub fn marks(marks: rows::RowMarks) -> Vec<String> {
    let plain =
        [(marks.unread, "unread"), (marks.starred, "starred"), (marks.attachments, "attachments")];
    let plain = plain.into_iter().filter(|(set, _)| *set).map(|(_, word)| word);
    plain.chain(marks.warnings().map(|(word, _)| word)).map(str::to_owned).collect()
}

/// A row of Due.
pub fn due(row: &rows::DueRow, now: Timestamp) -> json::Due {
    json::Due {
        thread: row.thread.get(),
        clock: clock(&row.running, &row.calendar, (now, row.marks.unsettled)),
        policy: row.policy.to_string(),
        who: row.who.to_string(),
        subject: row.subject.to_string(),
        matter: row.matter.as_ref().map(matter),
        marks: marks(row.marks),
    }
}

/// A thread in a list.
pub fn thread(row: &rows::ThreadRow, now: Timestamp) -> json::Thread {
    json::Thread {
        thread: row.thread.get(),
        who: row.who.to_string(),
        subject: row.subject.to_string(),
        last: row.last.into(),
        messages: row.messages,
        matter: row.matter.as_ref().map(matter),
        clock: row
            .running
            .as_ref()
            .map(|(running, calendar)| clock(running, calendar, (now, row.marks.unsettled))),
        marks: marks(row.marks),
        suggestions: Vec::new(),
    }
}

/// A thread of the triage tray.
pub fn untagged(row: &rows::UntaggedRow, now: Timestamp) -> json::Thread {
    let suggestions = row
        .suggestions
        .iter()
        .map(|suggestion| json::Suggestion {
            matter: matter(&suggestion.matter),
            reasons: suggestion.reasons.iter().map(ToString::to_string).collect(),
        })
        .collect();
    json::Thread { suggestions, ..thread(&row.row, now) }
}

/// A matter with its health.
pub fn health(row: &rows::MatterRow, now: Timestamp) -> json::MatterHealth {
    json::MatterHealth {
        matter: matter(&row.matter),
        status: match row.status {
            MatterStatus::Open => "open",
            MatterStatus::Closed => "closed",
            MatterStatus::ClosedInbound => "closed, inbound",
        }
        .to_owned(),
        clients: row.clients.to_string(),
        privilege: row.privilege.map(|label| label.sign().to_owned()),
        clock: row
            .oldest
            .as_ref()
            .map(|(running, calendar)| clock(running, calendar, (now, row.unsettled))),
        last_update: row.last_update.map(Into::into),
        unread: row.unread,
        threads: row.threads,
    }
}

/// An opened thread.
pub fn show(view: &rows::ThreadView, now: Timestamp) -> json::ShowReport {
    json::ShowReport {
        now: now.into(),
        thread: view.thread.get(),
        subject: view.subject.to_string(),
        matter: view.matter.as_ref().map(matter),
        clocks: view
            .clocks
            .iter()
            .map(|running| clock(running, &view.calendar, (now, view.marks.unsettled)))
            .collect(),
        history: view.history.iter().map(ToString::to_string).collect(),
        policy: view.policy.to_string(),
        messages: view.messages.iter().map(message).collect(),
        marks: marks(view.marks),
    }
}

fn message(view: &rows::MessageView) -> json::Message {
    json::Message {
        message: view.key.get(),
        at: view.at.into(),
        direction: match view.direction {
            Direction::Inbound => "in",
            Direction::Outbound => "out",
            Direction::Internal => "internal",
        }
        .to_owned(),
        from: view.from.to_string(),
        from_address: view.from_address.to_string(),
        to: view.to.to_string(),
        subject: view.subject.to_string(),
        text: view.text.to_string(),
        quoted: view.quoted.to_string(),
        attachments: view.attachments.iter().map(attachment).collect(),
        remarks: view.remarks.iter().map(ToString::to_string).collect(),
        size: view.size,
        unread: view.unread,
    }
}

fn attachment(view: &rows::AttachmentView) -> json::Attachment {
    json::Attachment {
        name: view.name.to_string(),
        media_type: view.media_type.to_string(),
        size: view.size,
    }
}

/// The result of a search.
pub fn search(result: &rows::SearchResult) -> json::SearchReport {
    let hits = result
        .hits
        .iter()
        .map(|hit| json::Hit {
            message: hit.message.get(),
            thread: hit.thread.get(),
            at: hit.at.into(),
            who: hit.who.to_string(),
            subject: hit.subject.to_string(),
            snippet: hit.snippet.to_string(),
            matter: hit.matter.as_ref().map(matter),
        })
        .collect();
    json::SearchReport {
        complaint: result.complaint.as_ref().map(ToString::to_string),
        hits,
        more: false,
    }
}

/// A row of the outbox.
pub fn outbox(row: &rows::OutboxRow) -> json::OutboxItem {
    json::OutboxItem {
        item: row.item.get(),
        state: row.state.word().to_owned(),
        to: row.to.to_string(),
        subject: row.subject.to_string(),
        matter: row.matter.as_ref().map(matter),
        at: row.at.into(),
        reply: row.reply.to_string(),
        filed: row.filed,
    }
}

/// A draft after its review, not yet sent.
pub fn reviewed(sheet: &DraftSheet, footer: String, findings: &[Finding]) -> json::SendReport {
    json::SendReport {
        state: json::SendState::Reviewed,
        item: None,
        held_seconds: None,
        recipients: sheet.recipients.iter().map(recipient).collect(),
        subject: sheet.draft.subject.clone(),
        footer,
        attachments: sheet.draft.attachments.iter().map(enclosure).collect(),
        privilege: sheet.draft.privilege.map(|label| label.sign().to_owned()),
        promised: sheet.draft.holding.map(|day| day.to_string()),
        findings: findings.iter().map(finding).collect(),
    }
}

fn enclosure(file: &Enclosure) -> json::Attachment {
    json::Attachment {
        name: file.name.clone(),
        media_type: file.media_type.clone(),
        size: file.size(),
    }
}

fn recipient(recipient: &Recipient) -> json::Recipient {
    json::Recipient {
        address: recipient.address.address.as_str().to_owned(),
        role: recipient.role.map(|role| role.word().to_owned()),
    }
}

fn finding(finding: &Finding) -> json::Finding {
    json::Finding {
        key: finding.key.clone(),
        word: finding.word.as_ref().map(ToString::to_string),
        severity: match finding.severity {
            Severity::Note => "note",
            Severity::Confirm => "confirm",
            Severity::Block => "block",
        }
        .to_owned(),
        text: finding.text.to_string(),
    }
}
