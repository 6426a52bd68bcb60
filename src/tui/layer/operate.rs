//! Choosing a folder for threads, and what waits for the mail servers.
//!
//! Owns both sheets. It never moves anything by itself: the engine does, and says when it could not.

use crate::{
    app::{
        command::{Command, Operate},
        operate::Target,
        rows::{DestinationRow, OperationView, Query},
    },
    domain::{
        id::{AccountId, OperationId, ThreadId},
        operation::Folder,
        text::SafeText,
    },
    tui::{
        action::Action,
        asks::Slot,
        layer::{Confirm, Confirmed, Layer},
        model::Model,
        widget::chooser::{Chooser, Item},
    },
};

/// Choosing a folder.
pub struct Folders {
    /// For which threads.
    pub threads: Vec<ThreadId>,
    /// From which folders.
    pub chooser: Chooser<(AccountId, Folder)>,
    /// Has the list arrived?
    pub loaded: bool,
}

/// So many lines below the list say where the chosen one stands.
pub const SENTENCE: u16 = 5;

/// What waits for the mail servers.
pub struct Waiting {
    /// The operations, each with where it stands.
    pub chooser: Chooser<Waits>,
    /// Has the list arrived?
    pub loaded: bool,
}

/// One operation that waits.
pub struct Waits {
    /// Which one.
    pub id: OperationId,
    /// Does it wait for a person?
    pub stuck: bool,
    /// Where it stands.
    pub state: SafeText,
}

/// Asks for a folder.
pub fn pick_folder(model: &mut Model, threads: Vec<ThreadId>) {
    model.asks.ask(Slot::Destinations, Query::Destinations);
    let chooser = Chooser::new(Vec::new(), 1);
    model.push_layer(Layer::Folders(Box::new(Folders { threads, chooser, loaded: false })));
}

/// Asks before threads go to Trash, and says what that means for the record.
pub fn ask_delete(model: &mut Model, threads: Vec<ThreadId>) {
    let what = match threads.len() {
        1 => "this thread".to_owned(),
        count => format!("{count} threads"),
    };
    let question = format!(
        "Move {what} to Trash at the server? It is only gone there: the record keeps every message, and running \
         clocks go on."
    );
    let command = Command::Operate(Operate::Relocate { threads, target: Target::Trash });
    let then = Confirmed::Do(Box::new(command));
    model.push_layer(Layer::Confirm(Confirm { question, then }));
}

/// Shows what waits for the mail servers.
pub fn show_waiting(model: &mut Model) {
    model.asks.ask(Slot::Operations, Query::Operations);
    let chooser = Chooser::new(Vec::new(), 1);
    model.push_layer(Layer::Waiting(Box::new(Waiting { chooser, loaded: false })));
}

/// The folders arrived.
pub fn folders(model: &mut Model, rows: &[DestinationRow]) {
    let many = rows.iter().any(|row| Some(row.account) != rows.first().map(|row| row.account));
    for layer in &mut model.layers {
        if let Layer::Folders(sheet) = layer {
            sheet.loaded = true;
            let item = |row: &DestinationRow| Item {
                value: (row.account, row.folder.clone()),
                label: row.name.to_string(),
                detail: if many { row.account_name.to_string() } else { String::new() },
            };
            sheet.chooser.set(rows.iter().map(item).collect());
        }
    }
}

/// What waits arrived.
pub fn waiting(model: &mut Model, rows: &[OperationView]) {
    for layer in &mut model.layers {
        if let Layer::Waiting(sheet) = layer {
            sheet.loaded = true;
            let item = |row: &OperationView| Item {
                value: Waits { id: row.id, stuck: row.stuck, state: row.state.clone() },
                label: format!("{}  {}", if row.stuck { "STUCK" } else { "waits" }, row.wish),
                detail: row.subject.to_string(),
            };
            sheet.chooser.set(rows.iter().map(item).collect());
        }
    }
}

/// The chosen folder takes the threads; `false` when nothing was sent.
pub fn accept_folder(model: &mut Model) -> bool {
    let Some(Layer::Folders(sheet)) = model.layers.last() else { return false };
    let Some((account, folder)) = sheet.chooser.chosen().map(|item| item.value.clone()) else {
        return false;
    };
    let target = Target::Folder { account, folder };
    let threads = sheet.threads.clone();
    model.send(Command::Operate(Operate::Relocate { threads, target }))
}

/// The chosen operation is tried again, or given up.
pub fn decide(model: &mut Model, action: Action) {
    let Some(Layer::Waiting(sheet)) = model.layers.last() else { return };
    let Some(id) = sheet.chooser.chosen().map(|item| item.value.id) else { return };
    let operate = if action == Action::Detach { Operate::GiveUp(id) } else { Operate::Retry(id) };
    model.send(Command::Operate(operate));
}
