//! One conversation as it opens: its messages, its clocks, its people.
//!
//! Owns that picture. It never writes; marking as read is a use case of its own.

use std::sync::Arc;

use jiff::tz::TimeZone;

use crate::{
    domain::{
        id::{MatterId, MessageKey, ThreadId},
        message::{Direction, Origin},
        roster::Roster,
        sla::{ClockKind, Fold, Outcome, Turn},
        text::SafeText,
    },
    store::{self, StoreError, messages::MessageRow},
};

use super::{
    fold, operated,
    rows::{AttachmentView, MessageView, RowMarks, ThreadView},
    views::{self, View},
};

impl View<'_> {
    pub(super) fn thread(&self, thread: ThreadId) -> Result<Option<Box<ThreadView>>, StoreError> {
        let thread = store::threads::current(self.conn, thread)?;
        let Some(item) = store::lists::thread_item(self.conn, thread)? else {
            return Ok(None);
        };
        let roster = self.roster()?;
        let folded = fold::fold(self.conn, thread, &roster, self.office.sla())?;
        let matter = item.matter.as_ref().map(|matter| matter.id);
        let zone = self.office.zone();
        let last_update = match matter {
            Some(matter) => store::lists::last_update(self.conn, matter)?,
            None => folded.fold.heard.values().max().copied(),
        };
        let unsettled = folded.fold.open().any(|turn| folded.is_unsettled(turn));
        Ok(Some(Box::new(ThreadView {
            thread,
            subject: SafeText::line(&item.thread.subject),
            marks: RowMarks { unsettled, ..self.marks(&item.thread, item.clock.as_ref())? },
            matter: item.matter.map(views::label),
            suggestions: self.suggestions(thread)?,
            clocks: folded.fold.running(),
            history: folded
                .never_opens
                .then(|| SafeText::line(fold::NEVER_OPENS))
                .into_iter()
                .chain(unsettled.then(|| SafeText::line(fold::UNSETTLED)))
                .chain(history(&folded.fold, &roster, &zone))
                .collect(),
            calendar: Arc::clone(&folded.calendar),
            policy: SafeText::line(&folded.policy.name),
            people: people(&roster, matter),
            last_update,
            messages: self.messages(thread, &roster, &folded.fold)?,
        })))
    }

    fn messages(
        &self,
        thread: ThreadId,
        roster: &Roster,
        fold: &Fold,
    ) -> Result<Vec<MessageView>, StoreError> {
        let mut out = Vec::new();
        for row in store::messages::of_thread(self.conn, thread)? {
            // Another copy of a message that is shown already.
            if row.instance_of.is_none() {
                out.push(self.message(&row, roster, fold)?);
            }
        }
        Ok(out)
    }

    fn message(
        &self,
        row: &MessageRow,
        roster: &Roster,
        fold: &Fold,
    ) -> Result<MessageView, StoreError> {
        let body = store::messages::body(self.conn, row.key)?;
        let headers = store::messages::headers(self.conn, row.key)?;
        let from = headers.from.first();
        let name = |named: &crate::domain::address::NamedAddress| {
            named.name.clone().unwrap_or_else(|| named.address.as_str().to_owned())
        };
        let claims = from.is_some_and(|from| self.office.ours().addresses.contains(&from.address));
        let unproven = claims && store::messages::is_unproven(self.conn, row.key)?;
        let to = list(headers.recipients().map(name));
        let attachments = store::messages::attachments(self.conn, row.key)?
            .into_iter()
            .map(|a| AttachmentView {
                id: a.id,
                name: SafeText::line(&a.name),
                media_type: SafeText::line(&a.media_type),
                size: a.size,
            })
            .collect();
        let mut remarks =
            remarks(row, from.and_then(|from| roster.imitated_by(from)).is_some(), fold);
        if unproven {
            remarks.insert(0, SafeText::line(UNPROVEN));
        }
        for waiting in store::operations::of_message(self.conn, row.key)? {
            let words = format!("{}: {}", operated::wish(&waiting), operated::state(&waiting));
            remarks.push(SafeText::line(&words));
        }
        Ok(MessageView {
            key: row.key,
            at: row.at,
            // Only what is known to have left here is shown as ours.
            direction: if unproven { Direction::Inbound } else { row.direction },
            from: SafeText::line(&from.map(name).unwrap_or_default()),
            from_address: SafeText::line(from.map(|f| f.address.as_str()).unwrap_or_default()),
            to: SafeText::line(&to),
            subject: SafeText::line(&row.subject),
            text: SafeText::block(&body.text),
            quoted: SafeText::block(&body.quoted),
            attachments,
            remarks,
            size: row.size,
            unread: row.unread,
        })
    }
}

fn people(
    roster: &Roster,
    matter: Option<MatterId>,
) -> Vec<(SafeText, crate::domain::matter::Role)> {
    let mut people: Vec<_> = matter
        .into_iter()
        .flat_map(|matter| roster.people(matter))
        .map(|(party, role)| (SafeText::line(&party.name), role))
        .collect();
    people.sort_by_key(|(_, role)| *role);
    people
}

/// So many names are shown of a long list.
const NAMES: usize = 100;

/// Names in one line, cut where nobody reads on.
fn list(names: impl Iterator<Item = String>) -> String {
    let names: Vec<String> = names.collect();
    let shown = names.get(..NAMES).unwrap_or(&names).join(", ");
    let more = names.len().saturating_sub(NAMES);
    if more == 0 { shown } else { format!("{shown} and {more} more") }
}

/// A sender of ours that nothing proves.
const UNPROVEN: &str = "The sender claims to be this office, but the message did not leave here: a form, another \
                        program, or a fraud. Check before you act on it.";

/// What a reader should know about a message, in words.
fn remarks(row: &MessageRow, imitates_name: bool, fold: &Fold) -> Vec<SafeText> {
    let mut out = Vec::new();
    let mut say = |text: &str| out.push(SafeText::line(text));
    if row.bits.spoof {
        say(if imitates_name {
            "The sender's name is one that you know, the address is not: check by telephone before you answer."
        } else {
            "The sender's address looks like one that you know, but is another: check by telephone before you answer."
        });
    }
    if row.bits.tampered {
        say(
            "A name, the subject or a file name is made to deceive; what was hidden in it shows as \u{fffd}. Check by \
             telephone before you act on it, and open no attachment.",
        );
    }
    if row.bits.id_collision {
        say("Another message has the same Message-ID with other content.");
    }
    if fold.turns.iter().any(|turn| turn.never_arrived.iter().any(|lost| lost.message == row.key)) {
        say("This message never arrived: the clock runs on from the client's message.");
    }
    for fault in row.faults.split(' ').filter(|fault| !fault.is_empty()) {
        if let Some(text) = fault_sentence(fault) {
            say(text);
        }
    }
    match &row.origin {
        Origin::AutoReply { returns: Some(day) } => {
            say(&format!("An automatic answer; back on {}.", day.strftime("%a %-d %b %Y")));
        }
        Origin::AutoReply { returns: None } => say("An automatic answer: it starts no clock."),
        Origin::DeliveryReport { .. } => {
            say("A report of the mail system about a message of ours.");
        }
        Origin::ReadReceipt => say("A read receipt."),
        Origin::Invitation => say("An invitation."),
        Origin::InvitationReply => say("An answer to an invitation."),
        Origin::Person | Origin::Weak(_) => {}
    }
    out
}

/// What a fault of the parser means to a reader; `None` for what changes nothing for them.
fn fault_sentence(fault: &str) -> Option<&'static str> {
    Some(match fault {
        "unparseable" => "This message could not be read: press | for its raw source.",
        "too_large" | "header_only" => {
            "This message is larger than the limit: only its header was fetched. It stays on the server."
        }
        "truncated_header" | "bad_header_start" | "missing_blank_line" | "too_many_headers" => {
            "The header of this message is broken: press | for its raw source."
        }
        "too_deep" | "too_many_parts" | "missing_boundary" | "unclosed_multipart" => {
            "Parts of this message may be missing: press | for its raw source."
        }
        "bad_base64" => "A part of this message is damaged.",
        "bad_charset" => "Some letters could not be read as the sender meant them.",
        "repeated_from" => {
            "This message names more than one sender, the first is shown: a sign of fraud. Check by telephone before you \
             answer; | shows all of them."
        }
        "hidden_text" => {
            "The sender's page hides some of this text from its reader. Here all of it is shown, so others may have read \
             less than you do: newsletters do this, and frauds do."
        }
        "html_not_rendered" => {
            "The formatting of this message is too broken to follow; only its words are shown."
        }
        "text_cut" => "This message is very long; only its beginning is shown.",
        "encrypted" => {
            "This message is encrypted: matterbox cannot read it, and search finds only its subject and its people. Open \
             it in the program that holds the key, or ask the sender for another way."
        }
        _ => return None,
    })
}

/// Clocks that are over, newest turn last.
fn history(fold: &Fold, roster: &Roster, zone: &TimeZone) -> Vec<SafeText> {
    let mut out = Vec::new();
    for turn in &fold.turns {
        let who = views::principal_name(&turn.principal, roster);
        for kind in [ClockKind::Ack, ClockKind::Reply, ClockKind::Promise] {
            if let Some(text) = over(turn, kind, zone) {
                let who = who.as_deref().map(|who| format!("{who}: ")).unwrap_or_default();
                out.push(SafeText::line(&format!("{who}{text}")));
            }
        }
    }
    out
}

fn over(turn: &Turn, kind: ClockKind, zone: &TimeZone) -> Option<String> {
    let clock = turn.clock(kind)?;
    let done = match kind {
        ClockKind::Ack => "acknowledged",
        ClockKind::Reply => "answered",
        ClockKind::Promise => "promise kept",
        ClockKind::Update => "client updated",
        ClockKind::Inform => "client told",
        ClockKind::Await => "client answered",
        ClockKind::Triage => "matter chosen",
        ClockKind::Verify => "verified",
        ClockKind::Incident => "incident closed",
        ClockKind::Deadline => "deadline met",
    };
    let when = |at: jiff::Timestamp| {
        at.to_zoned_datetime(zone.clone()).strftime("%a %-d %b %H:%M").to_string()
    };
    match &clock.outcome {
        Outcome::Open => None,
        Outcome::Met(stop) => Some(format!("{done} {}, in time", when(stop.at))),
        Outcome::Late(stop) => {
            Some(format!("{done} {}, late (was due {})", when(stop.at), when(clock.due)))
        }
        Outcome::Deferred(stop) => Some(format!("deferred with notice {}", when(stop.at))),
        Outcome::Dismissed { at, .. } => Some(format!("{} dismissed {}", kind.word(), when(*at))),
    }
}

/// The newest message from outside that a person may answer, else the newest of all.
pub fn answerable(rows: &[MessageRow]) -> Option<MessageKey> {
    let from_outside = rows.iter().rev().find(|row| {
        row.direction == Direction::Inbound
            && matches!(row.origin, Origin::Person | Origin::Weak(_) | Origin::Invitation)
    });
    from_outside.or(rows.last()).map(|row| row.key)
}
