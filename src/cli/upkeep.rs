//! `sync` and `import`: mail in, from servers and from files.
//!
//! Owns the progress on the error output: a changing line on a terminal, plain lines elsewhere.

use std::{
    io::{self, IsTerminal, Write},
    path::PathBuf,
};

use super::{Context, Failure, Opening, json};
use crate::domain::{
    fault::{Ignore, Kind},
    text::SafeText,
};

/// `matterbox sync`
pub fn sync(context: &mut Context<'_>) -> Result<(), Failure> {
    let opening = Opening { time_goes_on: true, ..context.opening()? };
    let mut office = context.wiring.open(opening)?;
    let mut progress = Progress::new();
    let report = office.sync(&mut |line| progress.show(line))?;
    progress.end();
    context.output.report(&report)?;
    if report.complete {
        Ok(())
    } else {
        Err(Failure::new(Kind::Transient, "not every account is up to date; see above"))
    }
}

/// `matterbox import`
pub fn import(context: &mut Context<'_>, paths: &[PathBuf]) -> Result<(), Failure> {
    let mut office = context.open()?;
    let mut report = json::ImportReport { paths: Vec::new() };
    for path in paths {
        report.paths.push(office.import(path)?);
    }
    context.output.report(&report)?;
    if report.paths.iter().all(|path| path.problem.is_none()) {
        Ok(())
    } else {
        Err(Failure::refused("not everything could be read; see above"))
    }
}

/// Progress of long work, on the error output so that the report stays clean.
struct Progress {
    on_terminal: bool,
    shown: bool,
}

impl Progress {
    fn new() -> Self {
        Self { on_terminal: io::stderr().is_terminal(), shown: false }
    }

    fn show(&mut self, line: &str) {
        let line = SafeText::line(line);
        let text = if self.on_terminal { format!("\r\x1b[K{line}") } else { format!("{line}\n") };
        self.shown = true;
        io::stderr().write_all(text.as_bytes()).ignore("progress is a courtesy");
    }

    fn end(&mut self) {
        if self.on_terminal && self.shown {
            io::stderr().write_all(b"\r\x1b[K").ignore("progress is a courtesy");
        }
    }
}
