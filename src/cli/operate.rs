//! `archive`, `move`, `delete`, `flag`, `read`, `outbox waiting|retry|give-up`: what happens here and at the mail servers.
//!
//! Owns no rule: an order is handed to the engine, and the next `sync` carries it to the server.

use super::{
    Context, Failure,
    args::{MoveArgs, SwitchArgs},
    json,
    matters::report_change,
};
use crate::{
    app::{
        command::{Command, Operate},
        operate::Target,
        rows::{Answer, DestinationRow, Query},
    },
    domain::{fault::Kind, id::ThreadId},
};

/// `matterbox archive`
pub fn archive(context: &mut Context<'_>, threads: Vec<ThreadId>) -> Result<(), Failure> {
    order(context, Command::Operate(Operate::Relocate { threads, target: Target::Archive }))
}

/// `matterbox delete`
pub fn delete(context: &mut Context<'_>, threads: Vec<ThreadId>) -> Result<(), Failure> {
    order(context, Command::Operate(Operate::Relocate { threads, target: Target::Trash }))
}

/// `matterbox flag`
pub fn flag(context: &mut Context<'_>, args: SwitchArgs) -> Result<(), Failure> {
    order(context, Command::Star { threads: args.threads.threads, on: !args.off })
}

/// `matterbox read`
pub fn read(context: &mut Context<'_>, args: SwitchArgs) -> Result<(), Failure> {
    let SwitchArgs { threads, off } = args;
    order(context, Command::Operate(Operate::SetRead { threads: threads.threads, read: !off }))
}

/// `matterbox move`
pub fn move_to(context: &mut Context<'_>, args: MoveArgs) -> Result<(), Failure> {
    let mut office = context.open()?;
    let Answer::Destinations(rows) = office.ask(Query::Destinations)? else {
        return Err(Failure::new(Kind::Bug, "the engine answered another question"));
    };
    let fits = |row: &&DestinationRow| {
        let account = args.account.as_ref().is_none_or(|name| row.account_name.as_str() == name);
        account && (row.folder.name == args.to || row.folder.wire == args.to)
    };
    let found: Vec<&DestinationRow> = rows.iter().filter(fits).collect();
    let [row] = found.as_slice() else {
        return Err(Failure::refused(if found.is_empty() {
            "no account has such a folder; `sync` learns them, and their names are the server's"
        } else {
            "several accounts have such a folder; name one with --account"
        }));
    };
    let target = Target::Folder { account: row.account, folder: row.folder.clone() };
    let threads = args.threads.threads;
    let events = office.order(Command::Operate(Operate::Relocate { threads, target }))?;
    report_change(context, &events)
}

/// `matterbox outbox retry` and `matterbox outbox give-up`
pub fn settle(context: &mut Context<'_>, decision: Operate) -> Result<(), Failure> {
    order(context, Command::Operate(decision))
}

/// `matterbox outbox waiting`
pub fn waiting(context: &mut Context<'_>) -> Result<(), Failure> {
    let Answer::Operations(rows) = context.open()?.ask(Query::Operations)? else {
        return Err(Failure::new(Kind::Bug, "the engine answered another question"));
    };
    let operations = rows
        .iter()
        .map(|row| json::Waiting {
            operation: row.id.get(),
            stuck: row.stuck,
            at: row.at.into(),
            what: row.wish.to_string(),
            subject: row.subject.to_string(),
            state: row.state.to_string(),
        })
        .collect();
    context.output.report(&json::WaitingReport { operations })
}

fn order(context: &mut Context<'_>, command: Command) -> Result<(), Failure> {
    let events = context.open()?.order(command)?;
    report_change(context, &events)
}
