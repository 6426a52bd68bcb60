//! `tag`, `untag`, `matter`, `party`, `outbox cancel`: what changes the record.
//!
//! Owns no rule: an order is handed to the engine and what it says is passed on.

use super::{
    Context, Failure,
    args::TagArgs,
    json::{self, from_rows},
    listing::matter_threads,
    office::{self, NewParty, find_matter, matter_id},
};
use crate::{
    app::{
        command::Command,
        event::{Event, Notice, Tone},
    },
    domain::{
        address::EmailAddress,
        footer::Privilege,
        id::{OutboxId, ThreadId},
        matter::{MatterNumber, Role},
    },
};

/// `matterbox tag`
pub fn tag(context: &mut Context<'_>, args: TagArgs) -> Result<(), Failure> {
    let mut office = context.open()?;
    let threads = args.threads.threads;
    let command = match args.matter {
        Some(number) => Command::Tag { threads, matter: matter_id(office.as_mut(), &number)? },
        None => Command::AcceptSuggestion { threads },
    };
    let events = office.order(command)?;
    report_change(context, &events)
}

/// `matterbox untag`
pub fn untag(context: &mut Context<'_>, threads: Vec<ThreadId>) -> Result<(), Failure> {
    let events = context.open()?.order(Command::Untag { threads })?;
    report_change(context, &events)
}

/// `matterbox outbox cancel`
pub fn cancel(context: &mut Context<'_>, item: OutboxId) -> Result<(), Failure> {
    let events = context.open()?.order(Command::CancelSend(item))?;
    report_change(context, &events)
}

/// `matterbox matter add`
pub fn add(context: &mut Context<'_>, number: &MatterNumber, name: &str) -> Result<(), Failure> {
    let name = name.trim();
    if name.is_empty() {
        return Err(Failure::refused("a matter needs a name"));
    }
    let mut office = context.open()?;
    office.add_matter(number, name)?;
    let row = find_matter(office.as_mut(), number)?;
    let (now, matters) = (context.now.into(), vec![from_rows::health(&row, context.now)]);
    context.output.report(&json::MattersReport { now, matters })
}

/// `matterbox matter label`
pub fn label(
    context: &mut Context<'_>,
    number: &MatterNumber,
    label: Option<Privilege>,
) -> Result<(), Failure> {
    let mut office = context.open()?;
    let matter = matter_id(office.as_mut(), number)?;
    office.label_matter(matter, label)?;
    let row = find_matter(office.as_mut(), number)?;
    let (now, matters) = (context.now.into(), vec![from_rows::health(&row, context.now)]);
    context.output.report(&json::MattersReport { now, matters })
}

/// `matterbox matter list`
pub fn list(context: &mut Context<'_>) -> Result<(), Failure> {
    let mut office = context.open()?;
    let rows = office::matters(office.as_mut())?;
    let now = context.now;
    let matters = rows.iter().map(|row| from_rows::health(row, now)).collect();
    context.output.report(&json::MattersReport { now: now.into(), matters })
}

/// `matterbox matter show`
pub fn show(context: &mut Context<'_>, number: &MatterNumber) -> Result<(), Failure> {
    let mut office = context.open()?;
    let row = find_matter(office.as_mut(), number)?;
    let threads = matter_threads(context, office.as_mut(), row.matter.id)?;
    let (now, matter) = (context.now.into(), from_rows::health(&row, context.now));
    context.output.report(&json::MatterReport { now, matter, threads })
}

/// `matterbox party add`
pub fn add_party(
    context: &mut Context<'_>,
    name: String,
    addresses: Vec<EmailAddress>,
    part: Option<(MatterNumber, Role)>,
) -> Result<(), Failure> {
    if name.trim().is_empty() {
        return Err(Failure::refused("a party needs a name"));
    }
    let mut office = context.open()?;
    let role = match part {
        Some((number, role)) => Some((matter_id(office.as_mut(), &number)?, role)),
        None => None,
    };
    let party = office.add_party(&NewParty { name, addresses, role })?;
    context.output.report(&json::PartiesReport { parties: vec![party] })
}

/// `matterbox party list`
pub fn parties(context: &mut Context<'_>) -> Result<(), Failure> {
    let parties = context.open()?.parties()?;
    context.output.report(&json::PartiesReport { parties })
}

/// Prints what an order changed; a notice of bad news fails the command instead.
pub(super) fn report_change(context: &mut Context<'_>, events: &[Event]) -> Result<(), Failure> {
    let mut report = json::ChangeReport { threads: Vec::new(), notices: Vec::new() };
    let mut problem = None;
    for event in events {
        if let Event::Changed { threads } = event {
            report.threads.extend(threads.iter().map(|thread| thread.get()));
        }
        if let Event::Notice(Notice { tone, text, .. }) = event {
            match tone {
                Tone::Problem => problem = Some(text.to_string()),
                Tone::Done | Tone::Info => report.notices.push(text.to_string()),
            }
        }
    }
    match problem {
        Some(text) => Err(Failure::refused(text)),
        None => context.output.report(&report),
    }
}
