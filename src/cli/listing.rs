//! `due`, `list`, `show`, `search`, `outbox list`: what the screens show, as lines or JSON.
//!
//! Owns no order and no count: the engine's rows come sorted.

use super::{
    Context, Failure,
    args::{ListArgs, ListView, SearchArgs},
    json::{self, from_rows},
    matters,
    office::{Office, matter_id, mismatched},
};
use crate::{
    app::rows::{Answer, Query},
    domain::id::{MatterId, ThreadId},
};

/// `matterbox due`
pub fn due(context: &mut Context<'_>) -> Result<(), Failure> {
    let mut office = context.open()?;
    let Answer::Due(rows) = office.ask(Query::Due)? else { return Err(mismatched("due")) };
    let now = context.now;
    let due = rows.iter().map(|row| from_rows::due(row, now)).collect();
    context.output.report(&json::DueReport { now: now.into(), due })
}

/// `matterbox list`
pub fn list(context: &mut Context<'_>, args: &ListArgs) -> Result<(), Failure> {
    if args.matter.is_none() && args.view == ListView::Matters {
        return matters::list(context);
    }
    let mut office = context.open()?;
    let now = context.now;
    let limit = one_more(args.limit);
    let mut threads = match (&args.matter, args.view) {
        (Some(number), _) => {
            let matter = matter_id(office.as_mut(), number)?;
            matter_threads(context, office.as_mut(), matter)?
        }
        (None, ListView::Untagged) => {
            let Answer::Untagged(rows) = office.ask(Query::Untagged { limit })? else {
                return Err(mismatched("untagged"));
            };
            rows.iter().map(|row| from_rows::untagged(row, now)).collect()
        }
        (None, ListView::Inbox | ListView::Matters) => {
            let Answer::Inbox(rows) = office.ask(Query::Inbox { limit })? else {
                return Err(mismatched("inbox"));
            };
            rows.iter().map(|row| from_rows::thread(row, now)).collect()
        }
    };
    let more = cut(&mut threads, args.limit);
    context.output.report(&json::ListReport { now: now.into(), threads, more })
}

/// One row more than is shown tells whether there are more.
const fn one_more(limit: u32) -> u32 {
    limit.saturating_add(1)
}

/// Leaves as many rows as are wanted; were there more?
fn cut<T>(rows: &mut Vec<T>, limit: u32) -> bool {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = rows.len() > limit;
    rows.truncate(limit);
    more
}

/// The threads of a matter.
pub fn matter_threads(
    context: &Context<'_>,
    office: &mut dyn Office,
    matter: MatterId,
) -> Result<Vec<json::Thread>, Failure> {
    let Answer::MatterThreads(rows) = office.ask(Query::MatterThreads(matter))? else {
        return Err(mismatched("matter threads"));
    };
    Ok(rows.iter().map(|row| from_rows::thread(row, context.now)).collect())
}

/// `matterbox show`
pub fn show(context: &mut Context<'_>, thread: ThreadId) -> Result<(), Failure> {
    let mut office = context.open()?;
    let Answer::Thread(view) = office.ask(Query::Thread(thread))? else {
        return Err(mismatched("show"));
    };
    let view = view.ok_or_else(|| Failure::refused(format!("there is no thread {thread}")))?;
    context.output.report(&from_rows::show(&view, context.now))
}

/// `matterbox search`
pub fn search(context: &mut Context<'_>, args: &SearchArgs) -> Result<(), Failure> {
    let mut office = context.open()?;
    let query = Query::Search { text: args.words.join(" "), limit: one_more(args.limit) };
    let Answer::Search(result) = office.ask(query)? else { return Err(mismatched("search")) };
    let mut report = from_rows::search(&result);
    report.more = cut(&mut report.hits, args.limit);
    context.output.report(&report)
}

/// `matterbox outbox list`
pub fn outbox(context: &mut Context<'_>) -> Result<(), Failure> {
    let mut office = context.open()?;
    let Answer::Outbox(rows) = office.ask(Query::Outbox)? else {
        return Err(mismatched("outbox"));
    };
    let outbox = rows.iter().map(from_rows::outbox).collect();
    context.output.report(&json::OutboxReport { outbox })
}

/// `matterbox clock explain THREAD`
pub fn explain(context: &mut Context<'_>, thread: ThreadId) -> Result<(), Failure> {
    let mut office = context.open()?;
    let Answer::Explain(lines) = office.ask(Query::Explain(thread))? else {
        return Err(mismatched("explain"));
    };
    let lines = lines.iter().map(ToString::to_string).collect();
    context.output.report(&json::ThreadExplained { thread: thread.get(), lines })
}
