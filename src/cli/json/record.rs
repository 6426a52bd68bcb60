//! Shapes of the commands that read and change the record.

use schemars::JsonSchema;
use serde::Serialize;

use super::Instant;

/// A matter's public name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Matter {
    /// Its number, such as `2026-0147`.
    pub number: String,
    /// Its name.
    pub name: String,
}

/// A running clock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Clock {
    /// Which one: `ack`, `reply`, `promise`.
    pub clock: String,
    /// When the first unanswered client message arrived.
    pub started: Instant,
    /// The last instant at which the answer is in time.
    pub due: Instant,
    /// `running`, `late` or `unsettled`.
    pub state: ClockState,
    /// Business time until it is due, in seconds; negative when late.
    pub business_seconds_left: i64,
}

/// Whether there is time left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ClockState {
    /// There is.
    Running,
    /// There is not.
    Late,
    /// There is not, but mail that was sent from the account and has not been read yet may have answered it: it is not
    /// late as a fact, and no miss is journalled.
    Unsettled,
}

/// Output of `due`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DueReport {
    /// The instant from which time was counted.
    pub now: Instant,
    /// Running clocks, soonest first.
    pub due: Vec<Due>,
}

/// A thread that waits for us.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Due {
    /// The thread's number.
    pub thread: i64,
    /// Its clock.
    pub clock: Clock,
    /// The policy's name.
    pub policy: String,
    /// Who waits.
    pub who: String,
    /// About what.
    pub subject: String,
    /// In which matter.
    pub matter: Option<Matter>,
    /// Marks: `unread`, `starred`, `attachments`; then what should make a reader stop, the gravest first: `spoof?`,
    /// `tampered`, `2 senders`, `bounced`, `contested`, `encrypted`, `hidden`, `calendar?` (its closed days leave no
    /// opening for years and are not counted), `auto?`, `courtesy?`.
    pub marks: Vec<String>,
}

/// Output of `list`; with `list matters`, that of `matter list`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ListReport {
    /// The instant from which time was counted.
    pub now: Instant,
    /// Threads, newest first.
    pub threads: Vec<Thread>,
    /// There are more than `--limit` let through.
    pub more: bool,
}

/// A thread in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Thread {
    /// Its number.
    pub thread: i64,
    /// Who takes part.
    pub who: String,
    /// Its subject.
    pub subject: String,
    /// When something last happened.
    pub last: Instant,
    /// How many messages.
    pub messages: u32,
    /// In which matter.
    pub matter: Option<Matter>,
    /// Its soonest running clock.
    pub clock: Option<Clock>,
    /// Marks, as in `due`.
    pub marks: Vec<String>,
    /// Matters that are suggested, best first; only for untagged threads.
    pub suggestions: Vec<Suggestion>,
}

/// A suggested matter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Suggestion {
    /// Which.
    pub matter: Matter,
    /// Why, strongest first, in words.
    pub reasons: Vec<String>,
}

/// Output of `show`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ShowReport {
    /// The instant from which time was counted.
    pub now: Instant,
    /// The thread's number; another than asked for when threads were merged.
    pub thread: i64,
    /// Its subject.
    pub subject: String,
    /// In which matter.
    pub matter: Option<Matter>,
    /// Its running clocks, soonest first.
    pub clocks: Vec<Clock>,
    /// Clocks that are over, as sentences.
    pub history: Vec<String>,
    /// The policy's name.
    pub policy: String,
    /// The messages, oldest first.
    pub messages: Vec<Message>,
    /// Marks, as in `due`.
    pub marks: Vec<String>,
}

/// A message of a thread.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Message {
    /// Its number.
    pub message: i64,
    /// When it was received or sent.
    pub at: Instant,
    /// `in`, `out` or `internal`.
    pub direction: String,
    /// Who wrote it.
    pub from: String,
    /// The writer's address.
    pub from_address: String,
    /// To whom.
    pub to: String,
    /// Its subject.
    pub subject: String,
    /// What was written, without the quoted tail.
    pub text: String,
    /// The quoted tail.
    pub quoted: String,
    /// Its attachments.
    pub attachments: Vec<Attachment>,
    /// Remarks for the reader.
    pub remarks: Vec<String>,
    /// Bytes.
    pub size: u64,
    /// Not read yet.
    pub unread: bool,
}

/// An attachment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Attachment {
    /// Its name, made safe.
    pub name: String,
    /// Its media type.
    pub media_type: String,
    /// Bytes.
    pub size: u64,
}

/// Output of `search`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SearchReport {
    /// What was not understood in the query, in words.
    pub complaint: Option<String>,
    /// The hits, newest first.
    pub hits: Vec<Hit>,
    /// There are more than `--limit` let through.
    pub more: bool,
}

/// A message that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Hit {
    /// The message's number.
    pub message: i64,
    /// Its thread's number.
    pub thread: i64,
    /// When it was received or sent.
    pub at: Instant,
    /// Who wrote it.
    pub who: String,
    /// Its subject.
    pub subject: String,
    /// A line with the hit.
    pub snippet: String,
    /// In which matter.
    pub matter: Option<Matter>,
}

/// Output of `tag`, `untag`, `outbox cancel` and of everything else that changes the record: what was said about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ChangeReport {
    /// Threads that look different now.
    pub threads: Vec<i64>,
    /// What happened, in words.
    pub notices: Vec<String>,
}

/// Output of `outbox waiting`: what waits for the mail servers, in the order in which it is sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct WaitingReport {
    /// One for each message and wish.
    pub operations: Vec<Waiting>,
}

/// Something that waits for a mail server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Waiting {
    /// Its number.
    pub operation: i64,
    /// Does it wait for a person, not only for the server?
    pub stuck: bool,
    /// When it was asked for.
    pub at: Instant,
    /// What is to happen.
    pub what: String,
    /// The subject of the message.
    pub subject: String,
    /// Where it stands, in words.
    pub state: String,
}

/// Output of `matter list`, and of `matter add` and `matter label` with the one that was changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct MattersReport {
    /// The instant from which time was counted.
    pub now: Instant,
    /// The matters.
    pub matters: Vec<MatterHealth>,
}

/// A matter and its health.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct MatterHealth {
    /// Which.
    pub matter: Matter,
    /// `open`, `closed` or `closed, inbound`.
    pub status: String,
    /// Its clients' names.
    pub clients: String,
    /// The privilege label with which its new messages begin: `AC` (lawyer and client), `WP` (work product) or `CI`
    /// (common interest).
    pub privilege: Option<String>,
    /// Its soonest running clock.
    pub clock: Option<Clock>,
    /// When the client last heard from us in substance.
    pub last_update: Option<Instant>,
    /// Unread threads.
    pub unread: u32,
    /// Threads.
    pub threads: u32,
}

/// Output of `matter show`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct MatterReport {
    /// The instant from which time was counted.
    pub now: Instant,
    /// The matter.
    pub matter: MatterHealth,
    /// Its threads, newest first.
    pub threads: Vec<Thread>,
}

/// Output of `party list`, and of `party add` with the one that was added.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PartiesReport {
    /// The parties, by name.
    pub parties: Vec<Party>,
}

/// Someone the office knows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Party {
    /// The name.
    pub name: String,
    /// Addresses they write from.
    pub addresses: Vec<String>,
    /// What they are to which matter.
    pub roles: Vec<PartyRole>,
}

/// A part in a matter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PartyRole {
    /// The matter's number.
    pub matter: String,
    /// The role's word, such as `client` or `opposing_counsel`.
    pub role: String,
}

/// Output of `compose` and `reply`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SendReport {
    /// `queued`, `reviewed` (with `--dry-run`) or `stopped` (a finding blocks it or waits for `--confirm`).
    pub state: SendState,
    /// Its number in the outbox, when it was queued.
    pub item: Option<i64>,
    /// Seconds until it leaves, when it was queued.
    pub held_seconds: Option<u32>,
    /// Every recipient, in the order To, Cc, Bcc.
    pub recipients: Vec<Recipient>,
    /// The subject.
    pub subject: String,
    /// The footer as it will go out, below the banner where it has one.
    pub footer: String,
    /// The files that go with it.
    pub attachments: Vec<Attachment>,
    /// Its privilege label: AC, WP or CI.
    pub privilege: Option<String>,
    /// The day by which it promises the answer (ISO 8601).
    pub promised: Option<String>,
    /// What a person should know first.
    pub findings: Vec<Finding>,
}

/// How far a message got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SendState {
    /// It is in the outbox and leaves when the undo window has passed.
    Queued,
    /// It was only reviewed.
    Reviewed,
    /// It was not queued.
    Stopped,
}

/// A recipient.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Recipient {
    /// The address.
    pub address: String,
    /// What they are to the matter; none for a stranger.
    pub role: Option<String>,
}

/// Something that a person should know before a message leaves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Finding {
    /// Its key, for `--confirm`.
    pub key: String,
    /// The word that must be typed to confirm it, as `--confirm KEY=WORD`; none when the key is enough.
    pub word: Option<String>,
    /// `note`, `confirm` or `block`.
    pub severity: String,
    /// In words.
    pub text: String,
}

/// Output of `outbox list`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct OutboxReport {
    /// Every message, newest first.
    pub outbox: Vec<OutboxItem>,
}

/// A message on its way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct OutboxItem {
    /// Its number.
    pub item: i64,
    /// `held`, `scheduled`, `queued`, `sending`, `deferred`, `sent`, `refused`, `unknown` or `cancelled`.
    pub state: String,
    /// To whom.
    pub to: String,
    /// Its subject.
    pub subject: String,
    /// In which matter.
    pub matter: Option<Matter>,
    /// When it may leave, was tried last, or was accepted, according to its state.
    pub at: Instant,
    /// The relay's own words.
    pub reply: String,
    /// Is the copy in Sent?
    pub filed: bool,
}

/// Output of `clock explain` for a thread.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ThreadExplained {
    /// The thread's number.
    pub thread: i64,
    /// Why its clocks are due when they are, one step a line.
    pub lines: Vec<String>,
}
