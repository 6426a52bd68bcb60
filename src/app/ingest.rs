//! A message's way into the record: read, placed in its conversation, tagged, clocked, indexed and audited in one
//! transaction, together with its line in the ledger.
//!
//! Owns that order. It never drops a message: what cannot be parsed is kept raw and says so. The same mailbox gives the
//! same conversations, tags and clocks in whatever order its messages come.

use std::{
    collections::{BTreeMap, BTreeSet},
    panic::catch_unwind,
};

use jiff::Timestamp;
use rusqlite::{Connection, Transaction};
use sha2::{Digest as _, Sha256};

use crate::{
    config::sla::SlaSettings,
    domain::{
        audit::{Actor, AuditEntry},
        id::{AccountId, MailboxId, MessageKey, ThreadId},
        matter::{Matter, MatterStatus},
        message::{DeliveryAction, Direction, Flags, Headers, Origin},
        roster::{Ours, Roster},
        subject::base_subject,
        text::SafeText,
        threading::{self, NodeKey},
    },
    mail::{self, Limits, ParseFault, Parsed},
    store::{
        self, StoreError,
        mailboxes::Stored,
        messages::{Bits, Content, Indexed, NewAttachment, NewMessage, TimeReason},
        outbox::{OutboxRow, OutboxState},
        raw::Packed,
    },
};

use super::senders::{self, Sighting};

pub use super::settle::settle;

/// Where a message lies on a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Location {
    /// In which mailbox.
    pub mailbox: MailboxId,
    /// Under which UID of the present generation.
    pub uid: u32,
    /// With which flags.
    pub flags: Flags,
}

/// A message as it came.
pub struct Incoming {
    /// Through which account.
    pub account: AccountId,
    /// Where it lies; `None` for one that was imported from a file or sent by us.
    pub location: Option<Location>,
    /// Its bytes, or only its header when it is larger than the cap.
    pub bytes: Vec<u8>,
    /// Only the header came.
    pub header_only: bool,
    /// INTERNALDATE, where a server gave one.
    pub internal_date: Option<Timestamp>,
    /// When our relay accepted it, for one of ours.
    pub accepted_at: Option<Timestamp>,
    /// When matterbox first saw it.
    pub first_seen: Timestamp,
}

/// A message with everything done that needs no record: parsed, hashed, packed, its place in conversations worked out.
#[derive(Clone)]
pub struct Prepared {
    account: AccountId,
    location: Option<Location>,
    internal_date: Option<Timestamp>,
    accepted_at: Option<Timestamp>,
    first_seen: Timestamp,
    content: Content,
    nodes: Vec<NodeKey>,
    /// All but the one that the roster decides.
    bits: Bits,
}

impl Prepared {
    /// Where the message lies.
    pub const fn location(&self) -> Option<Location> {
        self.location
    }

    /// It could not be read as a message: it is kept raw.
    pub const fn is_unparseable(&self) -> bool {
        self.bits.faulty
    }

    /// Bytes that it weighs in a batch.
    pub const fn weight(&self) -> u64 {
        self.content.raw.size()
    }
}

/// Does the work that needs no record. Costs about 0.1 ms for a usual message.
#[allow(clippy::needless_pass_by_value, reason = "the bytes are taken over and freed here")]
pub fn prepare(incoming: Incoming, limits: &Limits) -> Result<Prepared, StoreError> {
    let parsed = read(&incoming.bytes, limits);
    let hash: [u8; 32] = Sha256::digest(&incoming.bytes).into();
    let base_subject = base_subject(&parsed.headers.subject);
    let nodes = threading::nodes(&threading_headers(&parsed), &base_subject, &hash);
    let bits = bits(&parsed);
    let faults = faults(&parsed, incoming.header_only);
    let raw = Packed::pack(&incoming.bytes)?;
    Ok(Prepared {
        account: incoming.account,
        location: incoming.location,
        internal_date: incoming.internal_date,
        accepted_at: incoming.accepted_at,
        first_seen: incoming.first_seen,
        content: content(parsed, hash, base_subject, faults, raw),
        nodes,
        bits,
    })
}

fn content(
    parsed: Parsed,
    hash: [u8; 32],
    base_subject: String,
    faults: String,
    raw: Packed,
) -> Content {
    let attachments: Vec<NewAttachment> = parsed
        .attachments
        .into_iter()
        .map(|a| NewAttachment {
            part: a.part.to_string(),
            name: a.name,
            media_type: a.media_type,
            size: a.size,
            hash: a.hash,
        })
        .collect();
    let (text, quoted) = (parsed.new_text, parsed.quoted);
    let indexed = Indexed::of(&parsed.headers, &text, &quoted, &attachments, &parsed.attached_text);
    Content {
        hash,
        headers: parsed.headers,
        base_subject,
        origin: parsed.origin,
        words: parsed.words,
        body_hash: parsed.body_hash,
        text,
        quoted,
        faults,
        attachments,
        indexed,
        raw,
    }
}

/// Reads a message. Reading is total by contract; should it panic all the same, the message is kept raw like any other
/// that cannot be read, and those behind it are not held up.
fn read(bytes: &[u8], limits: &Limits) -> Parsed {
    catch_unwind(|| mail::read(bytes, limits)).unwrap_or_else(|_| {
        tracing::error!(size = bytes.len(), "the reader of mail panicked");
        // Nothing in it: every field is there, empty, and the fault says that it could not be read.
        mail::read(&[], limits)
    })
}

/// The roster as the record has it now, with the office's own addresses.
pub fn roster(conn: &Connection, ours: &Ours) -> Result<Roster, StoreError> {
    Ok(roster_of(ours, &store::matters::all(conn)?, store::matters::parties(conn)?))
}

fn roster_of(
    ours: &Ours,
    matters: &[Matter],
    parties: Vec<crate::domain::matter::Party>,
) -> Roster {
    let roles = matters
        .iter()
        .flat_map(|matter| matter.participants.iter().map(|p| ((matter.id, p.party.id), p.role)));
    let statuses = matters.iter().map(|matter| (matter.id, matter.status));
    Roster::new(ours.clone(), parties, roles, statuses)
}

/// What a batch did.
#[derive(Debug, Default)]
pub struct Recorded {
    /// Conversations that look different now.
    pub threads: BTreeSet<ThreadId>,
    /// Messages that are new to the record, with the instants at which they came.
    pub new: Vec<(MessageKey, Timestamp)>,
    /// Messages of the batch that were in the record before.
    pub known: Vec<MessageKey>,
}

/// What one batch needs to know of the office, read once inside its transaction.
pub struct Desk<'a> {
    /// The rules in force.
    pub rules: &'a SlaSettings,
    /// By what the office knows itself.
    pub ours: &'a Ours,
    /// What time it is.
    pub now: Timestamp,
}

/// Messages on their way into the record in one transaction, the caller's: what belongs to each is written at once,
/// what belongs to its conversation once, at the end.
pub struct Recording<'a> {
    tx: &'a Transaction<'a>,
    desk: &'a Desk<'a>,
    matters: Vec<Matter>,
    roster: Roster,
    recorded: Recorded,
}

impl<'a> Recording<'a> {
    /// Reads what the messages are judged by.
    pub fn begin(tx: &'a Transaction<'a>, desk: &'a Desk<'a>) -> Result<Self, StoreError> {
        let matters = store::matters::all(tx)?;
        let roster = roster_of(desk.ours, &matters, store::matters::parties(tx)?);
        Ok(Self { tx, desk, matters, roster, recorded: Recorded::default() })
    }

    /// Writes some. Their conversations are not up to date before [`Recording::finish`].
    pub fn add(&mut self, batch: &[Prepared]) -> Result<(), StoreError> {
        let Self { tx, desk, matters, roster, recorded } = self;
        let closed = matters.iter().any(|matter| matter.status == MatterStatus::Closed);
        let mut batched = Batched { closed, ..Batched::default() };
        for message in batch {
            record_one(tx, message, roster, desk, recorded, &mut batched)?;
        }
        for (mailbox, placed) in &batched.placed {
            store::mailboxes::mark_stored(tx, *mailbox, placed)?;
        }
        for (key, content) in batched.unindexed {
            store::messages::index(tx, key, content)?;
        }
        Ok(())
    }

    /// Brings the conversations up to date.
    pub fn finish(self) -> Result<Recorded, StoreError> {
        settle(self.tx, &self.recorded.threads, &self.matters, &self.roster, self.desk)?;
        Ok(self.recorded)
    }
}

/// What is the same for the messages of a batch, and what waits for its end.
#[derive(Default)]
struct Batched<'a> {
    /// There is a closed matter that a message could wake.
    closed: bool,
    /// Which mailboxes are for sent mail.
    sent: BTreeMap<MailboxId, bool>,
    /// What now lies where.
    placed: BTreeMap<MailboxId, Vec<Stored>>,
    /// What is put into the index when everything else is written.
    unindexed: Vec<(MessageKey, &'a Content)>,
}

impl Batched<'_> {
    fn is_sent(&mut self, tx: &Transaction<'_>, mailbox: MailboxId) -> Result<bool, StoreError> {
        if let Some(sent) = self.sent.get(&mailbox) {
            return Ok(*sent);
        }
        let sent = store::mailboxes::get(tx, mailbox)?.role == "sent";
        self.sent.insert(mailbox, sent);
        Ok(sent)
    }
}

fn record_one<'a>(
    tx: &Transaction<'_>,
    message: &'a Prepared,
    roster: &Roster,
    desk: &Desk<'_>,
    recorded: &mut Recorded,
    batched: &mut Batched<'a>,
) -> Result<(), StoreError> {
    let key = if let Some(key) = store::messages::by_hash(tx, &message.content.hash)? {
        known(tx, key, message, desk.now, recorded)?;
        key
    } else {
        insert(tx, message, roster, desk, recorded, batched)?
    };
    if let Some(at) = message.location {
        let stored = Stored { uid: at.uid, message: key, flags: at.flags };
        batched.placed.entry(at.mailbox).or_default().push(stored);
        if batched.is_sent(tx, at.mailbox)? {
            recognise_ours(tx, key, desk.now)?;
        }
    }
    Ok(())
}

/// The same bytes once more. When our relay accepted them, that is news even so: a copy in Sent can come before the
/// verdict is written down. So is what a server tells of when they came.
fn known(
    tx: &Transaction<'_>,
    key: MessageKey,
    message: &Prepared,
    now: Timestamp,
    recorded: &mut Recorded,
) -> Result<(), StoreError> {
    let row = store::messages::get(tx, key)?;
    if let Some(at) = message.accepted_at
        && row.accepted_at.is_none()
    {
        store::messages::set_accepted(tx, key, at)?;
    }
    if let Some(at) = message.location {
        let sighting = Sighting {
            account: message.account,
            headers: &message.content.headers,
            internal_date: message.internal_date,
            read: at.flags.seen,
            at: message.first_seen,
        };
        if senders::seen_on_server(tx, &row, &sighting)? {
            let entry = AuditEntry::new(now, Actor::System, "message-dated");
            store::audit::append(tx, &entry.with("message", key))?;
        }
    }
    recorded.threads.insert(row.thread);
    recorded.known.push(key);
    Ok(())
}

/// A copy of ours in Sent proves that the message went out, also when the line dropped before we were told, and also when
/// a person has ordered another attempt since, which has not begun.
pub(super) fn recognise_ours(
    tx: &Transaction<'_>,
    key: MessageKey,
    now: Timestamp,
) -> Result<(), StoreError> {
    let row = store::messages::get(tx, key)?;
    if row.direction == Direction::Inbound {
        return Ok(());
    }
    let Some(ours) = store::outbox::of_copy(tx, key)? else { return Ok(()) };
    let open = match ours.state {
        OutboxState::Unknown
        | OutboxState::Queued
        | OutboxState::Deferred
        | OutboxState::Refused => store::outbox::last_lost(tx, ours.id)?,
        OutboxState::Sending | OutboxState::Sent | OutboxState::Cancelled => None,
    };
    if let Some(began) = open {
        observed_in_sent(tx, &ours, key, began, now)?;
    }
    if ours.message.is_none() {
        store::outbox::set_message(tx, ours.id, key)?;
    }
    store::outbox::mark_filed(tx, ours.id)
}

/// Writes down that a message went out of which that was not known since an attempt that `began` then, because this copy
/// lies in Sent. Says in which conversation it is.
pub fn observed_in_sent(
    tx: &Transaction<'_>,
    ours: &OutboxRow,
    copy: MessageKey,
    began: Timestamp,
    now: Timestamp,
) -> Result<ThreadId, StoreError> {
    let row = store::messages::get(tx, copy)?;
    // Its `Date` is the hour at which it was sealed; it cannot have gone before that attempt began.
    let went = began.max(row.at);
    store::outbox::observe_sent(tx, ours.id, went)?;
    store::messages::set_accepted(tx, copy, went)?;
    store::outbox::set_message(tx, ours.id, copy)?;
    let entry = AuditEntry::new(now, Actor::Rule("sent-observed".to_owned()), "outbox-sent");
    store::audit::append(tx, &entry.with("item", ours.id))?;
    Ok(row.thread)
}

fn insert<'a>(
    tx: &Transaction<'_>,
    message: &'a Prepared,
    roster: &Roster,
    desk: &Desk<'_>,
    recorded: &mut Recorded,
    batched: &mut Batched<'a>,
) -> Result<MessageKey, StoreError> {
    let content = &message.content;
    let direction = roster.direction(&content.headers);
    let inbound = direction == Direction::Inbound;
    let placed = store::threads::place(tx, &message.nodes)?;
    for gone in &placed.merged {
        recorded.threads.remove(gone);
        let entry = AuditEntry::new(desk.now, Actor::System, "threads-merged")
            .with("thread", placed.thread)
            .with("merged", gone);
        store::audit::append(tx, &entry)?;
    }
    recorded.threads.insert(placed.thread);
    if inbound && batched.closed && !placed.new {
        wake_matters(tx, placed.thread, &content.origin, desk.now)?;
    }
    let (at, at_reason) = effective_time(message, direction);
    let new = NewMessage {
        content,
        account: message.account,
        thread: placed.thread,
        direction,
        at,
        at_reason,
        internal_date: message.internal_date,
        accepted_at: message.accepted_at,
        unread: is_unread(tx, message.location, inbound)?,
        bits: Bits { spoof: inbound && imitates(content, roster), ..message.bits },
    };
    let key = store::messages::insert_unindexed(tx, &new)?;
    batched.unindexed.push((key, content));
    recorded.new.push((key, at));
    let entry = AuditEntry::new(desk.now, Actor::System, "message-stored")
        .with("message", key)
        .with("thread", placed.thread)
        .with("sha256", hex(&content.hash));
    store::audit::append(tx, &entry)?;
    Ok(key)
}

/// What bears our own address as its sender and yet lies among the mail that came in (a colleague's note, a form on the
/// office's website, a fraud) is to be read like any other.
fn is_unread(
    conn: &Connection,
    location: Option<Location>,
    inbound: bool,
) -> Result<bool, StoreError> {
    match location {
        Some(at) if at.flags.seen => Ok(false),
        Some(at) if !inbound => Ok(store::mailboxes::get(conn, at.mailbox)?.role != "sent"),
        Some(_) | None => Ok(inbound),
    }
}

fn imitates(content: &Content, roster: &Roster) -> bool {
    content.headers.from.first().is_some_and(|from| {
        roster.imitated_by(from).is_some() || roster.looks_like_known(&from.address)
    })
}

/// Bytes as lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(64), |mut out, byte| {
        // Writing to a String cannot fail.
        write!(out, "{byte:02x}").unwrap_or_default();
        out
    })
}

/// A delivery report belongs to the conversation of the message that it reports on.
fn threading_headers(parsed: &Parsed) -> Headers {
    let mut headers = parsed.headers.clone();
    if let Origin::DeliveryReport { about: Some(about), .. } = &parsed.origin {
        headers.in_reply_to = vec![about.clone()];
    }
    headers
}

/// Received-at and sent-at of design 4.3; what our relay took went when it took it.
fn effective_time(message: &Prepared, direction: Direction) -> (Timestamp, TimeReason) {
    if let Some(at) = message.accepted_at {
        return (at, TimeReason::Accepted);
    }
    let (internal, imported) = (message.internal_date, message.location.is_none());
    let headers = &message.content.headers;
    senders::effective_time(headers, direction, internal, message.first_seen, imported)
}

/// All but `spoof`, which the roster decides.
fn bits(parsed: &Parsed) -> Bits {
    let tampered = |text: &str| SafeText::line(text).was_tampered();
    let bounce = matches!(&parsed.origin, Origin::DeliveryReport { statuses, .. }
        if statuses.iter().any(|status| status.action == DeliveryAction::Failed));
    Bits {
        question: parsed.has_question,
        html: parsed.html,
        attachments: !parsed.attachments.is_empty(),
        faulty: parsed.faults.contains(&ParseFault::Unparseable),
        spoof: false,
        id_collision: false,
        tampered: tampered(&parsed.headers.subject)
            || parsed.headers.from.first().and_then(|f| f.name.as_deref()).is_some_and(tampered)
            || parsed.attachments.iter().any(|a| a.tampered),
        bounce,
    }
}

fn faults(parsed: &Parsed, header_only: bool) -> String {
    let mut words: Vec<&str> = parsed.faults.iter().map(|fault| fault.word()).collect();
    if header_only {
        words.push("header_only");
    }
    words.join(" ")
}

/// `wake_matters` for those of the new messages in this conversation of which it has turned out that they came from
/// outside (a form on the office's website).
pub fn wake_turned(
    tx: &Transaction<'_>,
    thread: ThreadId,
    new: &[(MessageKey, Timestamp)],
    now: Timestamp,
) -> Result<(), StoreError> {
    for row in store::messages::of_thread(tx, thread)? {
        if row.direction == Direction::Inbound && new.iter().any(|(key, _)| *key == row.key) {
            wake_matters(tx, thread, &row.origin, now)?;
        }
    }
    Ok(())
}

/// A client who writes in a closed matter wakes it (design 4.8, row 58): the clock runs, a person sees it.
fn wake_matters(
    tx: &Transaction<'_>,
    thread: ThreadId,
    origin: &Origin,
    now: Timestamp,
) -> Result<(), StoreError> {
    if !matches!(origin, Origin::Person | Origin::Invitation | Origin::Weak(_)) {
        return Ok(());
    }
    for tag in store::tags::of_thread(tx, thread)? {
        let matter = tag.tag.matter;
        if store::matters::get(tx, matter)?.status == MatterStatus::Closed {
            store::matters::set_status(tx, matter, MatterStatus::ClosedInbound)?;
            let entry =
                AuditEntry::new(now, Actor::Rule("closed-inbound".to_owned()), "matter-reopened");
            store::audit::append(tx, &entry.with("matter", matter))?;
        }
    }
    Ok(())
}

/// How a message came to its tag when the others of its conversation had it.
pub const INHERITED: &str = "inherited";
