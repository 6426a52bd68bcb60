//! `compose` and `reply`: the same draft, review and seal as on the screen, driven by arguments.
//!
//! Owns no check and no footer. What the review finds stops the message unless it was confirmed by its key; what
//! blocks cannot be confirmed at all.

use std::{
    collections::BTreeSet,
    fs,
    io::{self, Read},
    path::{Path, PathBuf},
};

use jiff::civil::Date;

use super::{
    Context, Failure,
    args::{ComposeArgs, MessageArgs, ReplyArgs},
    json::{self, from_rows},
    office::{Office, matter_id, mismatched},
};
use crate::{
    app::{
        attach,
        command::Command,
        event::{DraftSheet, Event, Finding, Notice, Severity, Tone},
    },
    domain::{
        address::{EmailAddress, NamedAddress},
        day,
        draft::{Draft, Recipient, ReplyKind},
        id::{OutboxId, ThreadId},
    },
};

/// `matterbox compose`
pub fn compose(context: &mut Context<'_>, args: ComposeArgs) -> Result<(), Failure> {
    let body = read_body(args.message.body.as_deref())?;
    let mut office = context.open()?;
    let matter = match &args.matter {
        Some(number) => Some(matter_id(office.as_mut(), number)?),
        None => None,
    };
    let mut sheet = start(office.as_mut(), ReplyKind::Compose, None)?;
    sheet.draft.to = bare(args.to);
    sheet.draft.subject = args.subject;
    sheet.draft.matter = matter;
    finish(context, office.as_mut(), sheet, body, args.message)
}

/// `matterbox reply`
pub fn reply(context: &mut Context<'_>, args: ReplyArgs) -> Result<(), Failure> {
    let kind = match (args.all, args.acknowledge) {
        (true, _) => ReplyKind::ReplyAll,
        (false, true) => ReplyKind::Acknowledge,
        (false, false) => ReplyKind::Reply,
    };
    let body = read_body(args.message.body.as_deref())?;
    let mut office = context.open()?;
    let mut sheet = start(office.as_mut(), kind, Some(args.thread))?;
    sheet.draft.holding = match args.holding.as_deref().map(|day| promised(&sheet, day)).transpose()
    {
        Ok(day) => day,
        Err(failure) => {
            discard(office.as_mut(), &sheet)?;
            return Err(failure);
        }
    };
    finish(context, office.as_mut(), sheet, body, args.message)
}

/// The day by which the answer is promised.
fn promised(sheet: &DraftSheet, typed: &str) -> Result<Date, Failure> {
    let today = sheet.promise.map(|days| days.today);
    today.and_then(|today| day::typed(typed, today)).ok_or_else(|| {
        Failure::refused("--holding takes a day, such as 2026-12-01, fri, tomorrow or +3")
    })
}

/// The files, read now: what is reviewed is what is sent.
fn attach(sheet: &mut DraftSheet, files: &[PathBuf]) -> Result<(), Failure> {
    for path in files {
        attach::attach(&mut sheet.draft, path, sheet.most_bytes).map_err(|error| {
            Failure::refused(format!("{}: {error}; nothing was sent", path.display()))
        })?;
    }
    Ok(())
}

fn bare(addresses: Vec<EmailAddress>) -> Vec<NamedAddress> {
    addresses.into_iter().map(NamedAddress::bare).collect()
}

/// The text from a file, or from the standard input.
fn read_body(path: Option<&Path>) -> Result<String, Failure> {
    let from_input = path.is_none_or(|path| path == Path::new("-"));
    let name = path.map_or_else(|| PathBuf::from("the standard input"), Path::to_owned);
    let mut text = String::new();
    let read = if from_input {
        io::stdin().read_to_string(&mut text).map(|_| text)
    } else {
        fs::read_to_string(&name)
    };
    let text = read
        .map_err(|error| Failure::refused(format!("{} cannot be read: {error}", name.display())))?;
    if text.trim().is_empty() {
        return Err(Failure::refused(format!("{} is empty; nothing to send", name.display())));
    }
    Ok(text.trim_end().to_owned())
}

fn start(
    office: &mut dyn Office,
    kind: ReplyKind,
    thread: Option<ThreadId>,
) -> Result<DraftSheet, Failure> {
    let events = office.order(Command::StartDraft { kind, thread, parent: None })?;
    find(&events, "start a draft", |event| {
        if let Event::DraftReady(sheet) = event { Some(DraftSheet::clone(sheet)) } else { None }
    })
}

fn finish(
    context: &mut Context<'_>,
    office: &mut dyn Office,
    mut sheet: DraftSheet,
    body: String,
    message: MessageArgs,
) -> Result<(), Failure> {
    sheet.draft.body = body;
    sheet.draft.cc.extend(bare(message.cc));
    sheet.draft.bcc.extend(bare(message.bcc));
    if let Some(label) = message.privilege {
        sheet.draft.privilege = label.0;
    }
    if let Err(failure) = attach(&mut sheet, &message.attach) {
        discard(office, &sheet)?;
        return Err(failure);
    }
    let confirmed: BTreeSet<String> = message.confirm.into_iter().collect();
    let (findings, footer, recipients) = review(office, &sheet.draft)?;
    sheet.recipients = recipients;
    let mut report = from_rows::reviewed(&sheet, footer, &findings);
    if message.dry_run {
        discard(office, &sheet)?;
        return context.output.report(&report);
    }
    if findings.iter().any(|finding| stops(finding, &confirmed)) {
        discard(office, &sheet)?;
        report.state = json::SendState::Stopped;
        context.output.report(&report)?;
        return Err(Failure::needs_user("the message was not sent"));
    }
    let draft = Box::new(sheet.draft);
    let events = office.order(Command::Send { draft, confirmed, at: message.at })?;
    let (item, held_seconds): (OutboxId, u32) = find(&events, "send", |event| {
        if let Event::Queued { item, held_seconds } = event {
            Some((*item, *held_seconds))
        } else {
            None
        }
    })?;
    report.state = json::SendState::Queued;
    report.item = Some(item.get());
    report.held_seconds = Some(held_seconds);
    context.output.report(&report)
}

/// The findings, the footer, and every recipient of the draft as it stands now.
fn review(
    office: &mut dyn Office,
    draft: &Draft,
) -> Result<(Vec<Finding>, String, Vec<Recipient>), Failure> {
    let events = office.order(Command::Review(Box::new(draft.clone())))?;
    find(&events, "review", |event| {
        if let Event::Reviewed { findings, footer, recipients, .. } = event {
            Some((findings.clone(), footer.to_string(), recipients.clone()))
        } else {
            None
        }
    })
}

/// A message that is not sent from here leaves no draft behind: its text is still with the caller.
fn discard(office: &mut dyn Office, sheet: &DraftSheet) -> Result<(), Failure> {
    office.order(Command::DiscardDraft(sheet.draft.id)).map(drop)
}

/// Does this finding stop the message?
fn stops(finding: &Finding, confirmed: &BTreeSet<String>) -> bool {
    match finding.severity {
        Severity::Note => false,
        Severity::Confirm => !finding.is_answered(confirmed),
        Severity::Block => true,
    }
}

/// The event that answers an order; without it, what the engine said against it.
fn find<T>(
    events: &[Event],
    order: &str,
    pick: impl Fn(&Event) -> Option<T>,
) -> Result<T, Failure> {
    if let Some(found) = events.iter().find_map(pick) {
        return Ok(found);
    }
    let complaint = events.iter().find_map(|event| {
        if let Event::Notice(Notice { tone: Tone::Problem, text, .. }) = event {
            Some(text.to_string())
        } else {
            None
        }
    });
    Err(complaint.map_or_else(|| mismatched(order), Failure::refused))
}
