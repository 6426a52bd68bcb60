//! The program: makes the process safe for secrets, hands the arguments to the command line, maps failures to exit
//! codes. It decides nothing else.

use std::{
    io::{self, Write},
    panic,
    process::ExitCode,
};

use clap::Parser;
use matterbox::{
    cli::{self, args::Cli, wiring::Program},
    domain::{fault::Ignore, text::SafeText},
};
use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};

fn main() -> ExitCode {
    forbid_core_dumps();
    panic::set_hook(Box::new(tell_the_place));
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            error.print().ignore("there is nobody to tell");
            return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
        }
    };
    let mut out = io::stdout().lock();
    let result = cli::run(cli, &mut out, &Program);
    drop(out);
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if !failure.is_silent() {
                // A failure may quote a file or a server.
                let text = SafeText::block(&failure.to_string());
                writeln!(io::stderr(), "matterbox: {text}").ignore("there is nobody to tell");
            }
            ExitCode::from(failure.exit_code())
        }
    }
}

/// A core file would hold the passphrase and the mail; neither may another process of this user read our memory.
fn forbid_core_dumps() {
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    setrlimit(Resource::Core, none).ignore("a stricter limit holds already");
    set_dumpable_behavior(DumpableBehavior::NotDumpable).ignore("a kernel without it");
}

/// The place of a panic and nothing of what it says: that may be a client's word.
fn tell_the_place(panic: &panic::PanicHookInfo<'_>) {
    let place = panic.location().map_or_else(String::new, ToString::to_string);
    writeln!(io::stderr(), "matterbox: a mistake of ours at {place}; please report it")
        .ignore("there is nobody to tell");
}
