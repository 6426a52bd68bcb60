//! Outbox: held, scheduled, sending, sent, refused, unknown; with the relay's own words.
//!
//! Owns its rows and the questions before an unknown message is settled: it is never settled by itself.

use ratatui::{buffer::Buffer, layout::Rect, style::Style};

use super::parts;
use crate::{
    app::{
        command::{Command, Settlement},
        event::Tone,
        rows::{OutboxRow, OutboxWord},
    },
    domain::id::{OutboxId, ThreadId},
    tui::{
        layer::{Confirm, Confirmed, Layer},
        model::{Model, View},
        widget::{
            list::Row,
            pager,
            table::{Cell, line, nth, put},
            when,
        },
    },
};

impl Row for OutboxRow {
    type Id = OutboxId;

    fn id(&self) -> OutboxId {
        self.item
    }

    fn thread(&self) -> Option<ThreadId> {
        None
    }
}

/// Draws the list, and below it what happened to the selected message.
pub fn view(model: &Model, buf: &mut Buffer, area: Rect) {
    if model.outbox.rows().is_empty() {
        let sentence = "Nothing is waiting to go out.";
        parts::empty(model, buf, area, model.outbox.loaded(), sentence);
        return;
    }
    // lead 2, state 9, time 9 and the blanks between six cells
    let columns = parts::columns(area.width, 23, true);
    for (n, (row, selected, marked)) in model.outbox.visible().enumerate() {
        let mut cells = vec![
            parts::lead(model, selected, marked),
            Cell::left(word(row.state), 9, style(model, row.state)),
        ];
        if !model.privacy {
            let at = when::short(row.at, model.now, &model.zone);
            cells.push(Cell::right(at, 9, model.theme.dim));
            cells.push(Cell::left(row.to.as_str(), columns.who, Style::new()));
            let subject = columns.subject.saturating_add(columns.flags);
            cells.push(Cell::left(row.subject.as_str(), subject, Style::new()));
            let matter = parts::label(row.matter.as_ref(), columns.matter);
            cells.push(Cell::left(matter, columns.matter, model.theme.dim));
        }
        line(buf, nth(area, n), parts::base(model, selected), &cells);
    }
    if let Some(row) = model.outbox.selected().filter(|_| !model.privacy) {
        let lines = pager::wrap(&sentence(model, row), usize::from(area.width.saturating_sub(4)));
        for (n, text) in lines.iter().take(2).enumerate() {
            let at = nth(area, usize::from(area.height.saturating_sub(2)).saturating_add(n));
            let room = area.width.saturating_sub(4);
            put(buf, area.x.saturating_add(3), at.y, room, text, model.theme.dim);
        }
    }
}

/// The state in capitals where a person must act.
fn word(state: OutboxWord) -> String {
    match state {
        OutboxWord::Refused | OutboxWord::Unknown => state.word().to_uppercase(),
        OutboxWord::Held
        | OutboxWord::Scheduled
        | OutboxWord::Queued
        | OutboxWord::Sending
        | OutboxWord::Deferred
        | OutboxWord::Sent
        | OutboxWord::Cancelled => state.word().to_owned(),
    }
}

const fn style(model: &Model, state: OutboxWord) -> Style {
    match state {
        OutboxWord::Refused | OutboxWord::Unknown => model.theme.problem,
        OutboxWord::Deferred => model.theme.due,
        OutboxWord::Sent => model.theme.good,
        OutboxWord::Cancelled => model.theme.dim,
        OutboxWord::Held | OutboxWord::Scheduled | OutboxWord::Queued | OutboxWord::Sending => {
            model.theme.text
        }
    }
}

fn sentence(model: &Model, row: &OutboxRow) -> String {
    let at = when::spoken(row.at, model.now, &model.zone);
    let reply = if row.reply.as_str().is_empty() {
        String::new()
    } else {
        format!(" The server said: {}", row.reply)
    };
    let what = match row.state {
        OutboxWord::Held => {
            // The undo window is counted in seconds, like the line below it.
            let held = model.held.iter().find(|held| held.item == row.item);
            let at = held.map_or(at, |held| format!("in {} s", held.seconds_left(model.now)));
            format!("Leaves {at}; until then it can be stopped.")
        }
        OutboxWord::Scheduled => format!("Leaves {at}."),
        OutboxWord::Queued => "Next to go.".to_owned(),
        OutboxWord::Sending => "On its way now.".to_owned(),
        OutboxWord::Deferred => format!("Not accepted yet; will be tried again {at}."),
        OutboxWord::Sent if row.filed => format!("Accepted {at}; the copy is in Sent."),
        OutboxWord::Sent => format!("Accepted {at}; the copy is not in Sent yet."),
        OutboxWord::Refused => format!("Refused {at}; it did not go out."),
        OutboxWord::Unknown => format!(
            "The line dropped {at} after the text was handed over: it may or may not have gone out. You decide."
        ),
        OutboxWord::Cancelled => "Stopped before it left.".to_owned(),
    };
    format!("{what}{reply}")
}

/// The selected message while the outbox is in front.
fn front(model: &Model) -> Option<&OutboxRow> {
    let front = model.view == View::Outbox && model.pages.is_empty();
    model.outbox.selected().filter(|_| front)
}

fn elsewhere(model: &mut Model) {
    model.tell(Tone::Info, "no message of the outbox is selected");
}

/// Asks before an unknown message is settled.
pub fn settle(model: &mut Model, decision: Settlement) {
    let Some(row) = front(model) else { return elsewhere(model) };
    if row.state != OutboxWord::Unknown {
        model.tell(Tone::Info, "only a message marked UNKNOWN is settled by hand");
        return;
    }
    let question = match decision {
        Settlement::WentOut => "Count it as sent? The client's clock stops.",
        Settlement::SendAgain => "Send it again? If it did go out, it arrives twice.",
    };
    let then = Confirmed::Do(Box::new(Command::Settle { item: row.item, decision }));
    model.push_layer(Layer::Confirm(Confirm { question: question.to_owned(), then }));
}

/// Which message the key stops: in the outbox the selected one, elsewhere the last one in its undo window.
pub fn stops(model: &Model) -> Option<OutboxId> {
    let held = || model.held.last().map(|held| held.item);
    front(model).map_or_else(held, |row| may_be_stopped(row.state).then_some(row.item))
}

/// Stops a message that has not left.
pub fn cancel(model: &mut Model) {
    if let Some(item) = stops(model) {
        model.send(Command::CancelSend(item));
    } else if front(model).is_some() {
        model.tell(Tone::Info, "this message can no longer be stopped");
    } else {
        elsewhere(model);
    }
}

const fn may_be_stopped(state: OutboxWord) -> bool {
    match state {
        OutboxWord::Held | OutboxWord::Scheduled | OutboxWord::Queued | OutboxWord::Deferred => {
            true
        }
        OutboxWord::Sending
        | OutboxWord::Sent
        | OutboxWord::Refused
        | OutboxWord::Unknown
        | OutboxWord::Cancelled => false,
    }
}
