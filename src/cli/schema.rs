//! `matterbox schema`: what the JSON of each command means.
//!
//! Owns the list of commands that print JSON. A command is here or has no `--json`.

use schemars::{Schema, generate::SchemaSettings};

use super::{clock, failure::Failure, json, output::Output};
use crate::domain::fault::Kind;

type Maker = fn() -> Schema;

fn schema<T: schemars::JsonSchema>() -> Schema {
    // What is printed, not what would be read: every field is always there.
    SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<T>()
}

fn read_schema<T: schemars::JsonSchema>() -> Schema {
    SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<T>()
}

/// Of a target, or of a thread's clocks.
#[derive(schemars::JsonSchema, serde::Serialize)]
#[serde(untagged)]
#[expect(dead_code, reason = "only its schema is used")]
enum Explained {
    /// `clock explain --target …`
    Target(clock::ExplainOutput),
    /// `clock explain THREAD`
    Thread(json::ThreadExplained),
}

/// A report, or what a client may read of it.
#[derive(schemars::JsonSchema, serde::Serialize)]
#[serde(untagged)]
#[expect(dead_code, reason = "only its schema is used")]
enum Reported {
    /// `report`
    Whole(Box<json::Report>),
    /// `report --extract`
    Extract(json::ReportExtract),
}

/// Threads, or matters.
#[derive(schemars::JsonSchema, serde::Serialize)]
#[serde(untagged)]
#[expect(dead_code, reason = "only its schema is used")]
enum Listed {
    /// `list`, `list untagged`, `list --matter …`
    Threads(json::ListReport),
    /// `list matters`
    Matters(json::MattersReport),
}

/// Every command that prints JSON with its schema, and that of the scenario that `clock replay` reads.
pub const COMMANDS: &[(&str, Maker)] = &[
    ("account check", schema::<json::CheckReport>),
    ("archive", schema::<json::ChangeReport>),
    ("calendar import", schema::<json::CalendarImportReport>),
    ("calendar list", schema::<json::CalendarsReport>),
    ("calendar sets", schema::<json::HolidaySetsReport>),
    ("calendar show", schema::<json::CalendarReport>),
    ("clock between", schema::<clock::BetweenOutput>),
    ("clock due", schema::<clock::DueOutput>),
    ("clock explain", schema::<Explained>),
    ("clock replay", schema::<super::replay::ReplayReport>),
    ("clock scenario", read_schema::<super::replay::Scenario>),
    ("compose", schema::<json::SendReport>),
    ("config check", schema::<json::ConfigReport>),
    ("deadline add", schema::<json::ChangeReport>),
    ("deadline compute", schema::<json::ComputedDeadline>),
    ("deadline confirm", schema::<json::ChangeReport>),
    ("deadline done", schema::<json::ChangeReport>),
    ("deadline list", schema::<json::DeadlinesReport>),
    ("deadline vacate", schema::<json::ChangeReport>),
    ("delete", schema::<json::ChangeReport>),
    ("doctor", schema::<json::CheckReport>),
    ("due", schema::<json::DueReport>),
    ("flag", schema::<json::ChangeReport>),
    ("import", schema::<json::ImportReport>),
    ("keys", schema::<json::KeysReport>),
    ("list", schema::<Listed>),
    ("matter add", schema::<json::MattersReport>),
    ("matter label", schema::<json::MattersReport>),
    ("matter list", schema::<json::MattersReport>),
    ("matter show", schema::<json::MatterReport>),
    ("move", schema::<json::ChangeReport>),
    ("outbox cancel", schema::<json::ChangeReport>),
    ("outbox give-up", schema::<json::ChangeReport>),
    ("outbox list", schema::<json::OutboxReport>),
    ("outbox retry", schema::<json::ChangeReport>),
    ("outbox waiting", schema::<json::WaitingReport>),
    ("party add", schema::<json::PartiesReport>),
    ("party list", schema::<json::PartiesReport>),
    ("read", schema::<json::ChangeReport>),
    ("reply", schema::<json::SendReport>),
    ("report", schema::<Reported>),
    ("search", schema::<json::SearchReport>),
    ("show", schema::<json::ShowReport>),
    ("sync", schema::<json::SyncReport>),
    ("tag", schema::<json::ChangeReport>),
    ("untag", schema::<json::ChangeReport>),
];

/// Prints the schema of a command, or the names of all commands that have one.
///
/// # Errors
/// When there is no such command.
pub fn run(words: &[String], output: &mut Output<'_>) -> Result<(), Failure> {
    let wanted = words.join(" ");
    if wanted.is_empty() {
        return COMMANDS.iter().try_for_each(|(name, _)| output.line(name));
    }
    let Some((_, maker)) = COMMANDS.iter().find(|(name, _)| *name == wanted) else {
        return Err(Failure::usage(format!(
            "no command `{wanted}` prints JSON; `matterbox schema` lists those that do"
        )));
    };
    let text = serde_json::to_string_pretty(&maker())
        .map_err(|error| Failure::new(Kind::Bug, format!("no JSON: {error}")))?;
    output.text(&text)
}
