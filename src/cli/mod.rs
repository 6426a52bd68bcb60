//! LAYER 4 · The command line: arguments in, reports and exit codes out. The only place that prints.
//!
//! One file per family of subcommands. What they need from the record comes through [`office::Office`], what they need
//! from the rest of the program through [`Wiring`]: so every command can be tested without a server.

pub mod args;
pub mod calendar;
mod check;
pub mod clock;
mod compose;
pub mod deadline;
mod demo;
mod failure;
pub mod generate;
mod init;
pub mod json;
mod listing;
mod login;
mod matters;
pub mod office;
mod opened;
mod operate;
mod output;
mod registration;
pub mod replay;
pub mod report;
mod schema;
mod screen;
mod servers;
mod upkeep;
pub mod wiring;
mod words;

use std::{
    io::{self, IsTerminal, Write},
    path::{Path, PathBuf},
};

use jiff::{Timestamp, tz::TimeZone};

pub use failure::Failure;
pub use output::{Human, Output, Style};

use crate::{
    app::{
        command::Operate,
        sign_in::Way,
        time::{SystemTime, TimeSource},
    },
    config::{
        self, ConfigError, Settings,
        keyring::KeyringEntry,
        paths::Paths,
        secrets::{self, Had},
        settings::{Account, PassphraseSource},
    },
    domain::credential::Credential,
};
use args::{AccountCmd, Cli, Cmd, Common, ConfigCmd, MatterCmd, OutboxCmd, PartyCmd};
use clock::{ClockArgs, ClockCliError, ClockCommand, ExplainArgs};
use office::Office;

/// An office that is about to be opened.
pub struct Opening {
    /// Where it lives.
    pub paths: Paths,
    /// Its settings.
    pub settings: Settings,
    /// The passphrase of its record.
    pub passphrase: Had,
    /// There is no record yet: it is made with this passphrase.
    pub first_time: bool,
    /// The instant from which time is counted; `None` for the real time.
    pub now: Option<Timestamp>,
    /// Does time go on from there? It does where the engine runs: undo windows and timeouts must end. A question has one
    /// answer.
    pub time_goes_on: bool,
}

/// The rest of the program, as far as the command line needs it.
pub trait Wiring {
    /// Opens the record and the engine.
    ///
    /// # Errors
    /// A wrong passphrase, a second instance, a damaged record.
    fn open(&self, opening: Opening) -> Result<Box<dyn Office>, Failure>;

    /// Opens the screen and returns when the person leaves it.
    ///
    /// # Errors
    /// As [`Self::open`], and when there is no terminal.
    fn screen(&self, opening: Opening) -> Result<(), Failure>;

    /// Runs the practice office and its screen.
    ///
    /// # Errors
    /// When its servers cannot start, or there is no terminal.
    fn demo(&self, keep: bool, home: Option<&Path>, now: Option<Timestamp>) -> Result<(), Failure>;

    /// Tries an account's two connections, step by step. Nothing is fetched and nothing is sent.
    fn probe(&self, account: &Account, secret: &Credential) -> Vec<json::Check>;

    /// What an account that signs in with OAuth proves itself with: what is kept of its last sign-in.
    ///
    /// # Errors
    /// As [`Self::open`], and when its provider cannot be asked at all.
    fn kept_sign_in(&self, opening: Opening, account: &Account) -> Result<Credential, Failure>;

    /// Signs in an account that is being set up, and keeps it in the keyring, since there may be no record yet.
    ///
    /// # Errors
    /// When no token comes of it.
    fn first_sign_in(
        &self,
        settings: &Path,
        account: &Account,
        say: &mut dyn FnMut(&str),
    ) -> Result<Credential, Failure>;

    /// Signs an account in and keeps it in the record and the keyring. `say` is told what a person must see.
    ///
    /// # Errors
    /// As [`Self::open`], and when no token comes of it.
    fn sign_in(
        &self,
        opening: Opening,
        account: &Account,
        way: SignInWay,
        say: &mut dyn FnMut(&str),
    ) -> Result<(), Failure>;
}

/// How somebody signs in on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignInWay {
    /// With a code, or with the browser.
    pub way: Way,
    /// Open the browser of this desktop, besides showing the address.
    pub open_browser: bool,
}

/// What a command works with.
pub struct Context<'a> {
    common: Common,
    now: Timestamp,
    output: Output<'a>,
    wiring: &'a dyn Wiring,
}

/// Runs one command.
///
/// # Errors
/// What ends the command, with its exit code.
pub fn run(cli: Cli, out: &mut dyn Write, wiring: &dyn Wiring) -> Result<(), Failure> {
    let width = terminal_width();
    let style = Style { zone: TimeZone::system(), width };
    let now = cli.common.now.unwrap_or_else(|| SystemTime.now());
    let output = Output::new(out, cli.common.json, style);
    let mut context = Context { common: cli.common, now, output, wiring };
    match cli.command {
        None => context.screen(),
        Some(command) => context.command(command),
    }
}

/// Cells of a line, when a person looks.
fn terminal_width() -> Option<usize> {
    if !io::stdout().is_terminal() {
        return None;
    }
    rustix::termios::tcgetwinsize(io::stdout())
        .ok()
        .map(|size| usize::from(size.ws_col))
        .filter(|columns| *columns > 0)
}

impl Context<'_> {
    fn screen(&mut self) -> Result<(), Failure> {
        let opening = Opening { time_goes_on: true, ..self.opening()? };
        self.wiring.screen(opening)
    }

    fn command(&mut self, command: Cmd) -> Result<(), Failure> {
        match command {
            Cmd::Demo(args) => {
                self.wiring.demo(args.keep, self.common.home.as_deref(), self.common.now)
            }
            Cmd::Init(args) => init::run(self, &args),
            Cmd::Account(AccountCmd::Check { name }) => check::account(self, name.as_deref()),
            Cmd::Account(AccountCmd::Login(args)) => login::run(self, &args),
            Cmd::Sync => upkeep::sync(self),
            Cmd::Due => listing::due(self),
            Cmd::List(args) => listing::list(self, &args),
            Cmd::Show(args) => listing::show(self, args.thread),
            Cmd::Search(args) => listing::search(self, &args),
            Cmd::Tag(args) => matters::tag(self, args),
            Cmd::Untag(args) => matters::untag(self, args.threads),
            Cmd::Archive(args) => operate::archive(self, args.threads),
            Cmd::Move(args) => operate::move_to(self, args),
            Cmd::Delete(args) => operate::delete(self, args.threads),
            Cmd::Flag(args) => operate::flag(self, args),
            Cmd::Read(args) => operate::read(self, args),
            Cmd::Outbox(OutboxCmd::Waiting) => operate::waiting(self),
            Cmd::Outbox(OutboxCmd::Retry { operation }) => {
                operate::settle(self, Operate::Retry(operation))
            }
            Cmd::Outbox(OutboxCmd::GiveUp { operation }) => {
                operate::settle(self, Operate::GiveUp(operation))
            }
            Cmd::Matter(MatterCmd::Add { number, name }) => matters::add(self, &number, &name),
            Cmd::Matter(MatterCmd::Label { number, label }) => {
                matters::label(self, &number, label.0)
            }
            Cmd::Matter(MatterCmd::List) => matters::list(self),
            Cmd::Matter(MatterCmd::Show { number }) => matters::show(self, &number),
            Cmd::Party(PartyCmd::Add { name, address, matter, role }) => {
                matters::add_party(self, name, address, matter.zip(role))
            }
            Cmd::Party(PartyCmd::List) => matters::parties(self),
            Cmd::Clock(args) => self.clock(args),
            Cmd::Report(args) => report::run(self, &args),
            Cmd::Deadline(command) => deadline::run(self, command),
            Cmd::Calendar(command) => calendar::run(self, &command),
            Cmd::Compose(args) => compose::compose(self, args),
            Cmd::Reply(args) => compose::reply(self, args),
            Cmd::Outbox(OutboxCmd::List) => listing::outbox(self),
            Cmd::Outbox(OutboxCmd::Cancel { item }) => matters::cancel(self, item),
            Cmd::Import(args) => upkeep::import(self, &args.paths),
            Cmd::Doctor => check::doctor(self),
            Cmd::Config(ConfigCmd::Check) => check::config(self),
            Cmd::Keys(args) => generate::keys(self, args.markdown),
            Cmd::Completions(args) => generate::completions(self, args.shell),
            Cmd::Man(args) => generate::man(self, args.dir.as_deref()),
            Cmd::Schema(args) => schema::run(&args.command, &mut self.output),
        }
    }

    fn clock(&mut self, mut args: ClockArgs) -> Result<(), Failure> {
        if let ClockCommand::Explain(ExplainArgs { thread: Some(thread), .. }) = args.what {
            return listing::explain(self, thread);
        }
        if let Some(common) = args.what.common_mut() {
            common.json |= self.common.json;
        }
        let office = self.sla_file()?;
        clock::run(&args, &office, self.output.stream(), self.now).map_err(|error| match error {
            ClockCliError::Write(error) => Failure::output(error),
            error @ (ClockCliError::NoTime { .. }
            | ClockCliError::Skipped { .. }
            | ClockCliError::Twice { .. }
            | ClockCliError::NoTarget) => Failure::usage(error.to_string()),
            error @ (ClockCliError::Config(_)
            | ClockCliError::Calendar(_)
            | ClockCliError::Scenario(_)) => error.into(),
        })
    }

    /// Where the office's policies and calendars are. Counting needs no office: without settings, what ships holds.
    /// Where the settings of clocks are, or would be: counting needs no office, since without settings what ships holds.
    fn sla_file(&self) -> Result<PathBuf, Failure> {
        let paths = self.paths()?;
        match config::load(&paths.settings) {
            Ok(settings) => Ok(settings.files.sla),
            Err(ConfigError::Missing { .. }) => Ok(paths.settings.with_file_name("sla.toml")),
            Err(error) => Err(error.into()),
        }
    }

    fn paths(&self) -> Result<Paths, Failure> {
        Ok(Paths::find(self.common.home.as_deref())?)
    }

    fn settings(&self) -> Result<(Paths, Settings), Failure> {
        let paths = self.paths()?;
        let settings = config::load(&paths.settings)?;
        Ok((paths, settings))
    }

    /// Settings, folders and passphrase: everything that is needed before the record opens.
    fn opening(&self) -> Result<Opening, Failure> {
        let (paths, settings) = self.settings()?;
        paths.prepare()?;
        let first_time = is_empty(&paths.record);
        let (source, entry) = (&settings.passphrase, KeyringEntry::record(&settings.files.folder));
        let passphrase = passphrase(source, self.common.passphrase_fd, first_time, entry)?;
        let (now, time_goes_on) = (self.common.now, false);
        Ok(Opening { paths, settings, passphrase, first_time, now, time_goes_on })
    }

    fn open(&self) -> Result<Box<dyn Office>, Failure> {
        self.wiring.open(self.opening()?)
    }
}

fn is_empty(folder: &Path) -> bool {
    folder.read_dir().is_ok_and(|mut entries| entries.next().is_none())
}

/// The passphrase; a new one that is typed is typed twice, because nobody can recover it.
fn passphrase(
    source: &PassphraseSource,
    descriptor: Option<i32>,
    first_time: bool,
    entry: KeyringEntry,
) -> Result<Had, Failure> {
    let question = if first_time {
        "A passphrase for the new record (nobody can recover it): "
    } else {
        "Passphrase of the record: "
    };
    let had = secrets::passphrase(source, descriptor, question, entry)?;
    let typed = match source {
        PassphraseSource::Prompt => descriptor.is_none(),
        PassphraseSource::Keyring => had.keyring.as_ref().is_some_and(|looked| !looked.found),
        PassphraseSource::Command(_) => false,
    };
    if first_time && typed && secrets::prompt("The same again: ")? != had.secret {
        return Err(Failure::needs_user("the two passphrases are not the same; nothing was made"));
    }
    Ok(had)
}
