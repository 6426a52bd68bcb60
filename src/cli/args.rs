//! The arguments: every subcommand with its help. The man page, the completions and the README come from here.
//!
//! Owns the grammar of the command line and no meaning. A passphrase or a password is never an argument.

use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
};

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use jiff::Timestamp;

use super::{calendar::CalendarCmd, clock::ClockArgs, deadline::DeadlineCmd, report::ReportArgs};
use crate::domain::{
    address::EmailAddress,
    footer::{LabelError, Privilege},
    id,
    matter::{MatterNumber, Role},
};

/// A terminal inbox for a law office: encrypted record, matters, response-time countdowns, safe replies.
#[derive(Debug, Parser)]
#[command(name = "matterbox", version, max_term_width = 100, after_help = AFTER_HELP)]
pub struct Cli {
    /// What holds for every command.
    #[command(flatten)]
    pub common: Common,
    /// What to do; without it the screen opens.
    #[command(subcommand)]
    pub command: Option<Cmd>,
}

const AFTER_HELP: &str = "Without a command the screen opens. `matterbox demo` shows everything with invented mail.\n\
    Exit codes: 0 done, 1 failed (also: no such thing, or it exists already), 2 usage, 3 needs you (settings, passphrase, confirmation).";

/// Options that every command understands.
#[derive(Clone, Debug, Default, Args)]
pub struct Common {
    /// Keep settings and record of an office in this folder instead of the user's own places
    #[arg(long, global = true, value_name = "DIR")]
    pub home: Option<PathBuf>,
    /// Print JSON; `matterbox schema COMMAND` describes it
    #[arg(long, global = true)]
    pub json: bool,
    /// Count time from this instant (RFC 3339, such as 2026-11-24T15:10:00Z) instead of the real one
    #[arg(long, global = true, value_name = "TIME", value_parser = parse_instant)]
    pub now: Option<Timestamp>,
    /// Read the passphrase of the record from this open file descriptor
    #[arg(long, global = true, value_name = "N", value_parser = clap::value_parser!(i32).range(0..))]
    pub passphrase_fd: Option<i32>,
}

/// Every subcommand.
#[derive(Debug, Subcommand)]
pub enum Cmd {
    /// Try everything with an invented office: no account, no network
    Demo(DemoArgs),
    /// Set up an account: looks for its servers, asks, tests both connections, writes the settings
    Init(InitArgs),
    /// Look after accounts
    #[command(subcommand)]
    Account(AccountCmd),
    /// Fetch mail once and say what came
    Sync,
    /// List every running clock, soonest first
    Due,
    /// List threads or matters
    List(ListArgs),
    /// Show one thread with its clocks and messages
    Show(ShowArgs),
    /// Search the record
    Search(SearchArgs),
    /// Put threads in a matter
    Tag(TagArgs),
    /// Take threads out of their matter
    Untag(ThreadsArgs),
    /// Archive threads, here and at the server
    Archive(ThreadsArgs),
    /// Move threads to a folder at the server
    Move(MoveArgs),
    /// Move threads to Trash at the server; the record keeps every message
    Delete(ThreadsArgs),
    /// Set the star, and the flag at the server, or clear both
    Flag(SwitchArgs),
    /// Mark threads as read, here and at the server, or as unread
    Read(SwitchArgs),
    /// Keep matters
    #[command(subcommand)]
    Matter(MatterCmd),
    /// Keep the people the office knows
    #[command(subcommand)]
    Party(PartyCmd),
    /// Count business time as the office counts it
    Clock(ClockArgs),
    /// Look at the office's calendars and holidays, and take in closed days from a calendar file
    #[command(subcommand)]
    Calendar(CalendarCmd),
    /// Say how fast the office answers, by period, matter, client and owner
    Report(ReportArgs),
    /// Keep legal time limits: counted by a cited rule, confirmed by a person
    #[command(subcommand)]
    Deadline(DeadlineCmd),
    /// Write a new message
    Compose(ComposeArgs),
    /// Answer a thread
    Reply(ReplyArgs),
    /// Look at what is on its way
    #[command(subcommand)]
    Outbox(OutboxCmd),
    /// Take in mail from files: mbox, Maildir, .eml
    Import(ImportArgs),
    /// Check the record, the settings and this machine
    Doctor,
    /// Look after the settings
    #[command(subcommand)]
    Config(ConfigCmd),
    /// List every key of the screen
    Keys(KeysArgs),
    /// Print the completions of a shell
    Completions(CompletionsArgs),
    /// Print the manual page, or write all of them to a folder
    Man(ManArgs),
    /// Print the JSON schema of a command's output
    Schema(SchemaArgs),
}

/// Arguments of `demo`.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Keep the folder of the practice office and say where it is
    #[arg(long)]
    pub keep: bool,
}

/// Arguments of `init`.
#[derive(Debug, Args)]
pub struct InitArgs {
    /// Ask this name server (such as 192.0.2.53 or 127.0.0.1:5353) for every name, not the machine's own
    #[arg(long, value_name = "ADDRESS", value_parser = parse_name_server)]
    pub resolver: Option<SocketAddr>,
}

fn parse_name_server(text: &str) -> Result<SocketAddr, String> {
    let alone = text.parse::<IpAddr>().map(|address| SocketAddr::new(address, 53));
    alone.or_else(|_| text.parse()).map_err(|_| "an IP address, or one with a port".to_owned())
}

/// Subcommands of `account`.
#[derive(Debug, Subcommand)]
pub enum AccountCmd {
    /// Say in words what works: names, TLS, login, mailboxes, sending
    Check {
        /// Only this account
        name: Option<String>,
    },
    /// Sign in to an account with OAuth (Microsoft 365, Google), by browser or by code
    Login(LoginArgs),
}

/// Arguments of `account login`.
#[derive(Debug, Args)]
pub struct LoginArgs {
    /// Which account; may be left out when only one signs in with OAuth
    pub name: Option<String>,
    /// With a code that is typed into a browser on any machine
    #[arg(long)]
    pub device: bool,
    /// Only show the address and open no browser; then the address at which a browser elsewhere ends can be pasted here
    #[arg(long, conflicts_with = "device")]
    pub no_browser: bool,
}

/// Arguments of `list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// What to list
    #[arg(value_enum, default_value_t)]
    pub view: ListView,
    /// Only the threads of this matter
    #[arg(long, value_name = "NUMBER", conflicts_with = "view")]
    pub matter: Option<MatterNumber>,
    /// At most so many
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub limit: u32,
}

/// What `list` lists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ListView {
    /// Threads by last activity
    #[default]
    Inbox,
    /// Threads without a matter
    Untagged,
    /// Matters with their health
    Matters,
}

/// Arguments of `show`.
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// The thread's number, as `list` shows it
    #[arg(value_parser = parse_thread)]
    pub thread: id::ThreadId,
}

/// Arguments of `search`.
#[derive(Debug, Args)]
pub struct SearchArgs {
    /// Words and filters: from:kofi matter:2026-0147 is:overdue "side letter"
    #[arg(required = true)]
    pub words: Vec<String>,
    /// At most so many
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub limit: u32,
}

/// Some threads.
#[derive(Debug, Args)]
pub struct ThreadsArgs {
    /// The threads' numbers, as `list` shows them
    #[arg(required = true, value_parser = parse_thread)]
    pub threads: Vec<id::ThreadId>,
}

/// Arguments of `tag`.
#[derive(Debug, Args)]
#[group(skip)]
pub struct TagArgs {
    /// Which threads.
    #[command(flatten)]
    pub threads: ThreadsArgs,
    /// The matter they belong to
    #[arg(long, value_name = "NUMBER", required_unless_present = "suggested")]
    pub matter: Option<MatterNumber>,
    /// Put each in the matter that is suggested first for it
    #[arg(long, conflicts_with = "matter")]
    pub suggested: bool,
}

/// Arguments of `move`.
#[derive(Debug, Args)]
#[group(skip)]
pub struct MoveArgs {
    /// Which threads.
    #[command(flatten)]
    pub threads: ThreadsArgs,
    /// The folder, as the server names it
    #[arg(long, value_name = "FOLDER")]
    pub to: String,
    /// The account whose folder it is, where several have one of that name
    #[arg(long, value_name = "NAME")]
    pub account: Option<String>,
}

/// Arguments of `flag` and `read`.
#[derive(Debug, Args)]
#[group(skip)]
pub struct SwitchArgs {
    /// Which threads.
    #[command(flatten)]
    pub threads: ThreadsArgs,
    /// Take it away again
    #[arg(long)]
    pub off: bool,
}

/// Subcommands of `matter`.
#[derive(Debug, Subcommand)]
pub enum MatterCmd {
    /// Open a matter
    Add {
        /// Its number, such as 2026-0147
        number: MatterNumber,
        /// Its name, such as "Mensah v. Harlow"
        name: String,
    },
    /// List matters with their health
    List,
    /// Say under which privilege label its new messages to the client begin
    Label {
        /// Its number
        number: MatterNumber,
        /// ac (lawyer and client), wp (work product), ci (common interest) or none
        #[arg(value_parser = parse_label)]
        label: Label,
    },
    /// Show a matter and its threads
    Show {
        /// Its number
        number: MatterNumber,
    },
}

/// Subcommands of `party`.
#[derive(Debug, Subcommand)]
pub enum PartyCmd {
    /// Add someone the office knows, or give someone known an address or a role
    Add {
        /// The name
        name: String,
        /// An address they write from; may be given more than once
        #[arg(long, value_name = "ADDRESS", value_parser = EmailAddress::parse)]
        address: Vec<EmailAddress>,
        /// A matter they take part in
        #[arg(long, value_name = "NUMBER", requires = "role")]
        matter: Option<MatterNumber>,
        /// As what they take part: client, client_contact, opposing_counsel, court …
        #[arg(long, requires = "matter")]
        role: Option<Role>,
    },
    /// List everyone the office knows
    List,
}

/// What a message says and how it leaves.
#[derive(Debug, Args)]
pub struct MessageArgs {
    /// Add a recipient in Cc
    #[arg(long, value_name = "ADDRESS", value_parser = EmailAddress::parse)]
    pub cc: Vec<EmailAddress>,
    /// Add a recipient in Bcc
    #[arg(long, value_name = "ADDRESS", value_parser = EmailAddress::parse)]
    pub bcc: Vec<EmailAddress>,
    /// Read the text from this file; `-` or nothing reads the standard input
    #[arg(long, value_name = "FILE")]
    pub body: Option<PathBuf>,
    /// Attach this file; may be given more than once
    #[arg(long, value_name = "FILE")]
    pub attach: Vec<PathBuf>,
    /// Its privilege label: ac, wp, ci or none; without it the conversation's or the matter's
    #[arg(long, value_name = "LABEL", value_parser = parse_label)]
    pub privilege: Option<Label>,
    /// Confirm a finding as the review says: by its key, or by KEY=WORD; may be given more than once
    #[arg(long, value_name = "KEY")]
    pub confirm: Vec<String>,
    /// Do not send before this instant
    #[arg(long, value_name = "TIME", value_parser = parse_instant)]
    pub at: Option<Timestamp>,
    /// Review only: print the recipients, the footer and the findings, and send nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// Arguments of `compose`.
#[derive(Debug, Args)]
pub struct ComposeArgs {
    /// A recipient; may be given more than once
    #[arg(long, required = true, value_name = "ADDRESS", value_parser = EmailAddress::parse)]
    pub to: Vec<EmailAddress>,
    /// The subject
    #[arg(long)]
    pub subject: String,
    /// The matter it belongs to, which also chooses the footer
    #[arg(long, value_name = "NUMBER")]
    pub matter: Option<MatterNumber>,
    /// What it says and how it leaves.
    #[command(flatten)]
    pub message: MessageArgs,
}

/// Arguments of `reply`.
#[derive(Debug, Args)]
pub struct ReplyArgs {
    /// The thread's number, as `list` shows it
    #[arg(value_parser = parse_thread)]
    pub thread: id::ThreadId,
    /// To everyone on the last message
    #[arg(long, conflicts_with = "acknowledge")]
    pub all: bool,
    /// Only acknowledge: says that the message arrived
    #[arg(long)]
    pub acknowledge: bool,
    /// A holding reply: the answer itself is promised by this day (2026-12-01, fri, +3), and the text must say so
    #[arg(long, value_name = "DAY")]
    pub holding: Option<String>,
    /// What it says and how it leaves.
    #[command(flatten)]
    pub message: MessageArgs,
}

/// Subcommands of `outbox`.
#[derive(Debug, Subcommand)]
pub enum OutboxCmd {
    /// List what is held, scheduled, on its way, sent, refused or unknown
    List,
    /// List what waits for the mail servers: archived, moved, flagged, written here and not yet there
    Waiting,
    /// Try again what a mail server refused, or what another program got in the way of
    Retry {
        /// Its number, as `outbox waiting` shows it
        #[arg(value_parser = parse_operation)]
        operation: id::OperationId,
    },
    /// Give up what waits for a mail server; there everything stays as it is
    GiveUp {
        /// Its number, as `outbox waiting` shows it
        #[arg(value_parser = parse_operation)]
        operation: id::OperationId,
    },
    /// Stop a message that has not left yet
    Cancel {
        /// Its number, as `outbox list` shows it
        #[arg(value_parser = parse_outbox)]
        item: id::OutboxId,
    },
}

/// Arguments of `import`.
#[derive(Debug, Args)]
pub struct ImportArgs {
    /// Files (mbox or .eml) or Maildir folders
    #[arg(required = true)]
    pub paths: Vec<PathBuf>,
}

/// Subcommands of `config`.
#[derive(Debug, Subcommand)]
pub enum ConfigCmd {
    /// Read every settings file and say what is not understood
    Check,
}

/// Arguments of `keys`.
#[derive(Debug, Args)]
pub struct KeysArgs {
    /// As a table in Markdown, one row for each action
    #[arg(long, conflicts_with = "json")]
    pub markdown: bool,
}

/// Arguments of `completions`.
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub shell: Shell,
}

/// Arguments of `man`.
#[derive(Debug, Args)]
pub struct ManArgs {
    /// Write a page for every command to this folder
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
}

/// Arguments of `schema`.
#[derive(Debug, Args)]
pub struct SchemaArgs {
    /// The command, such as due or "outbox list"; without it, the names of all
    #[arg(num_args = 0..=2)]
    pub command: Vec<String>,
}

/// A privilege label as an argument, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Label(pub Option<Privilege>);

fn parse_label(text: &str) -> Result<Label, LabelError> {
    Privilege::parse(text).map(Label)
}

fn parse_row(text: &str) -> Result<i64, String> {
    text.parse()
        .ok()
        .filter(|row| *row > 0)
        .ok_or_else(|| "expected a number from the first column of a list".to_owned())
}

/// A thread's number from a list.
///
/// # Errors
/// In words, for the usage message.
pub(super) fn parse_thread(text: &str) -> Result<id::ThreadId, String> {
    parse_row(text).map(id::ThreadId::new)
}

fn parse_outbox(text: &str) -> Result<id::OutboxId, String> {
    parse_row(text).map(id::OutboxId::new)
}

fn parse_operation(text: &str) -> Result<id::OperationId, String> {
    parse_row(text).map(id::OperationId::new)
}

/// An instant with its offset.
fn parse_instant(text: &str) -> Result<Timestamp, String> {
    text.parse().map_err(|_| "expected a time such as 2026-11-24T15:10:00Z".to_owned())
}
