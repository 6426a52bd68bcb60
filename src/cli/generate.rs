//! `keys`, `completions`, `man`: what is made from the tables of the program, so that it cannot disagree with them.
//!
//! Owns no text: the argument parser and the action table have it.

use std::{collections::BTreeSet, fmt::Write, fs, path::Path};

use clap::CommandFactory;
use clap_complete::Shell;

use super::{
    Context, Failure,
    args::Cli,
    check::{KeysFailure, load_keys},
    json,
};
use crate::{
    config::{self, ConfigError},
    domain::fault::{Ignore, Kind},
    tui::{self, Action},
};

/// `matterbox keys`
pub fn keys(context: &mut Context<'_>, markdown: bool) -> Result<(), Failure> {
    let paths = context.paths()?;
    let file = match config::load(&paths.settings) {
        Ok(settings) => settings.files.keys,
        Err(ConfigError::Missing { .. }) => paths.settings.with_file_name("keys.toml"),
        Err(error) => return Err(error.into()),
    };
    let keys = load_keys(&file).map_err(|failure| {
        Failure::needs_user(match failure {
            KeysFailure::Read(text) => format!("{}: {text}", file.display()),
            KeysFailure::Keys(error) => error.to_string(),
        })
    })?;
    let rows = tui::key_table(&keys);
    if markdown {
        return context.output.text(&markdown_of(&rows));
    }
    let keys = rows
        .into_iter()
        .map(|row| json::KeyRow {
            context: row.context.name().to_owned(),
            chord: row.chord,
            action: row.action.name().to_owned(),
            description: row.action.description().to_owned(),
        })
        .collect();
    context.output.report(&json::KeysReport { keys })
}

/// The keys as a table in Markdown: the actions in the order of the help screen, each with all its keys.
fn markdown_of(rows: &[tui::KeyRow]) -> String {
    let mut text = "| key | what it does | where |\n|---|---|---|\n".to_owned();
    let mut group = None;
    for action in Action::ALL {
        let bound: Vec<_> = rows.iter().filter(|row| row.action == *action).collect();
        if bound.is_empty() {
            continue;
        }
        if group.replace(action.group()) != Some(action.group()) {
            writeln!(text, "| | **{}** | |", action.group().title())
                .ignore("writing to a string cannot fail");
        }
        // A bar would end the cell.
        let keys: BTreeSet<String> =
            bound.iter().map(|row| format!("`{}`", row.sign.replace('|', "\\|"))).collect();
        let places: BTreeSet<&str> = bound.iter().map(|row| row.context.name()).collect();
        let keys: Vec<String> = keys.into_iter().collect();
        let places: Vec<&str> = places.into_iter().collect();
        let (keys, places) = (keys.join(" "), places.join(", "));
        writeln!(text, "| {keys} | {} | {places} |", action.description())
            .ignore("writing to a string cannot fail");
    }
    text
}

/// `matterbox completions`
pub fn completions(context: &mut Context<'_>, shell: Shell) -> Result<(), Failure> {
    context.output.text(&completions_of(shell)?)
}

/// The completions of a shell.
///
/// # Errors
/// Never in practice: they are made in memory.
pub fn completions_of(shell: Shell) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "matterbox", &mut bytes);
    text(bytes)
}

/// `matterbox man`
pub fn man(context: &mut Context<'_>, dir: Option<&Path>) -> Result<(), Failure> {
    let Some(dir) = dir else { return context.output.text(&man_page()?) };
    fs::create_dir_all(dir)
        .and_then(|()| clap_mangen::generate_to(Cli::command(), dir))
        .map_err(|error| Failure::refused(format!("{} cannot be written: {error}", dir.display())))
}

/// The manual page.
///
/// # Errors
/// Never in practice: it is made in memory.
pub fn man_page() -> Result<String, Failure> {
    let mut bytes = Vec::new();
    clap_mangen::Man::new(Cli::command()).render(&mut bytes).map_err(Failure::output)?;
    text(bytes)
}

fn text(bytes: Vec<u8>) -> Result<String, Failure> {
    String::from_utf8(bytes).map_err(|_| Failure::new(Kind::Bug, "generated text is not UTF-8"))
}
