//! From the record to the clocks and back: a conversation's messages become the fold's input, its turns become rows.
//!
//! Owns who is a principal in which matter. It never mutates a clock: whatever changed, the conversation is folded anew
//! from its messages and marks, and the cached rows are replaced.

use std::{collections::BTreeSet, sync::Arc};

use jiff::Timestamp;
use rusqlite::{Connection, Transaction};

use crate::{
    config::sla::SlaSettings,
    domain::{
        address::EmailAddress,
        calendar::WorkCalendar,
        confidential::Confidential,
        draft::ReplyKind,
        id::{MatterId, MessageKey, PartyId, ThreadId},
        matter::Role,
        message::{Direction, Origin, WeakSignal},
        roster::Roster,
        sla::{
            self, Addressee, Author, BodyHash, Clock, ClockKind, ClockMessage, Delivery, Fold,
            Journalled, Mark, Outcome, Principal, Running, SlaPolicy, Substance, TextFacts, Turn,
        },
    },
    store::{
        self, StoreError,
        clocks::{ClockInputs, ClockRow, OutcomeRow},
    },
};

/// The kind of mark that says "no answer is needed".
pub const DISMISSED: &str = "dismissed";

/// A conversation's clocks with what they were made from.
pub struct Folded {
    /// The turns.
    pub fold: Fold,
    /// The policy under which they run.
    pub policy: Arc<SlaPolicy>,
    /// The calendar in which they are counted.
    pub calendar: Arc<WorkCalendar>,
    /// The policy's calendar does not open again as far as can be seen: they are counted as if it had no closed days.
    pub never_opens: bool,
    /// Turns that started at or before this instant may have been answered by mail that has not been read yet.
    pub read_back: Option<Timestamp>,
}

impl Folded {
    /// May mail that has not been read yet have answered this turn? Then nothing is said of it for good.
    pub fn is_unsettled(&self, turn: &Turn) -> bool {
        self.read_back.is_some_and(|at| turn.started <= at)
    }
}

/// What a person is told of a clock that may have been answered already.
pub const UNSETTLED: &str = "Answers not read yet: the mail that was sent from this account is still being fetched. Until it \
                             is here, this may have been answered long ago, and nothing of it is journalled.";

/// What a person is told of such a calendar.
pub const NEVER_OPENS: &str = "The closed days of this calendar leave no opening for years: they are not counted here, so \
                               the time may be due too early. Correct the calendar in sla.toml.";

/// Folds a conversation anew and replaces its rows; what came true is journalled once.
pub fn refold(
    tx: &Transaction<'_>,
    thread: ThreadId,
    roster: &Roster,
    rules: &SlaSettings,
    now: Timestamp,
) -> Result<(), StoreError> {
    refold_from(tx, &store::clocks::inputs(tx, thread)?, roster, rules, now)
}

/// [`refold`] from inputs that were read already.
pub fn refold_from(
    tx: &Transaction<'_>,
    inputs: &ClockInputs,
    roster: &Roster,
    rules: &SlaSettings,
    now: Timestamp,
) -> Result<(), StoreError> {
    let thread = inputs.thread;
    let folded = fold_from(tx, inputs, roster, rules)?;
    let rows = rows(&folded);
    store::clocks::replace(tx, thread, &rows)?;
    let before = journal(tx, thread)?;
    let settled: Vec<Turn> =
        folded.fold.turns.iter().filter(|turn| !folded.is_unsettled(turn)).cloned().collect();
    for entry in sla::transitions(&before, &settled, now) {
        store::clocks::journal(tx, thread, &outcome_row(&entry, &folded.fold.turns))?;
    }
    Ok(())
}

/// Folds a conversation without writing anything.
pub fn fold(
    conn: &Connection,
    thread: ThreadId,
    roster: &Roster,
    rules: &SlaSettings,
) -> Result<Folded, StoreError> {
    fold_from(conn, &store::clocks::inputs(conn, thread)?, roster, rules)
}

fn fold_from(
    conn: &Connection,
    inputs: &ClockInputs,
    roster: &Roster,
    rules: &SlaSettings,
) -> Result<Folded, StoreError> {
    let choice = inputs.matters.first().map(|(_, choices)| choices.policy.as_str());
    let rule = rules.rule(choice);
    let (policy, calendar) = (Arc::clone(&rule.policy), Arc::clone(&rule.calendar));
    let messages = messages(conn, inputs, roster)?;
    let marks = marks(inputs);
    let read_back = read_back(conn, inputs)?;
    let error = match sla::fold(&messages, &marks, &policy, &calendar) {
        Ok(fold) => return Ok(Folded { fold, policy, calendar, never_opens: false, read_back }),
        Err(error) => error,
    };
    // One conversation must not keep the others from the record, nor lose its clock: rather due too early than never.
    tracing::warn!(error = %error, "a time cannot be counted; it is counted without closed days");
    let calendar = Arc::new(calendar.every_week());
    let fold = sla::fold(&messages, &marks, &policy, &calendar).unwrap_or_else(|error| {
        tracing::error!(error = %error, "a time cannot be counted at all");
        Fold::default()
    });
    Ok(Folded { fold, policy, calendar, never_opens: true, read_back })
}

/// Down to which instant the mail sent from the accounts that were written to has been read.
fn read_back(conn: &Connection, inputs: &ClockInputs) -> Result<Option<Timestamp>, StoreError> {
    let inbound = inputs.messages.iter().filter(|m| m.row.direction == Direction::Inbound);
    let accounts: BTreeSet<_> = inbound.map(|message| message.row.account).collect();
    let mut latest = None;
    for account in accounts {
        latest = latest.max(store::folders::sent_read_back(conn, account)?);
    }
    Ok(latest)
}

fn messages(
    conn: &Connection,
    inputs: &ClockInputs,
    roster: &Roster,
) -> Result<Vec<ClockMessage>, StoreError> {
    let fallback = inputs.matters.first().map(|(matter, _)| matter.id);
    inputs
        .messages
        .iter()
        .map(|message| clock_message(conn, message, message.matter.or(fallback), roster))
        .collect()
}

fn clock_message(
    conn: &Connection,
    message: &store::clocks::ClockMessage,
    matter: Option<MatterId>,
    roster: &Roster,
) -> Result<ClockMessage, StoreError> {
    let row = &message.row;
    let inbound = row.direction == Direction::Inbound;
    let facts = TextFacts {
        words: row.words,
        question: row.bits.question,
        attachment: row.bits.attachments,
    };
    let speakers = roster.speakers(&message.from, &message.reply_to);
    let origin = origin(&row.origin, inbound && speakers != message.from);
    let mut out = if inbound {
        let weak = matches!(origin, Origin::Weak(_));
        let principals = speakers
            .iter()
            .flat_map(|from| principals(roster, matter, &from.address, weak))
            .collect::<BTreeSet<_>>();
        ClockMessage::inbound(row.key, row.at, principals.into_iter().collect())
    } else {
        ClockMessage::outbound(row.key, row.at, addressees(roster, matter, &message.recipients))
    };
    out.direction = row.direction;
    out.message_id.clone_from(&row.message_id);
    out.copy_of = row.instance_of;
    out.body = BodyHash(row.body_hash.as_slice().try_into().unwrap_or([0; 32]));
    out.origin = origin;
    out.parent = message.in_reply_to.first().cloned();
    out.text = facts;
    // An address made to look like a known one starts no clock and waits in the tray. A known name at a new address may
    // be the client's other mailbox: the clock runs, and the row says `spoof?`.
    out.suspect =
        row.bits.spoof && speakers.iter().any(|who| roster.looks_like_known(&who.address));
    out.author = Author::Responsible;
    if !inbound {
        let ours = row.accepted_at.is_some();
        out.observed = !ours;
        // The claim "From: us" alone stops nothing: our relay took it, or it lies in a Sent mailbox.
        out.delivery = if ours || message.in_sent { Delivery::Accepted } else { Delivery::NotYet };
        out.substance = substance(conn, message, row.bits.attachments)?;
    }
    Ok(out)
}

/// Who or what wrote it. That a form on the office's website wants no answer to itself says nothing about the person
/// who filled it in; that a list handed it on does.
fn origin(graded: &Origin, form: bool) -> Origin {
    let of_itself =
        matches!(graded, Origin::Weak(WeakSignal::NoReply | WeakSignal::ResponseSuppressed));
    if form && of_itself { Origin::Person } else { graded.clone() }
}

/// What we said at sending counts; what was sent elsewhere is judged by its words.
fn substance(
    conn: &Connection,
    message: &store::clocks::ClockMessage,
    attachment: bool,
) -> Result<Substance, StoreError> {
    if let Some(day) = message.holding {
        return Ok(Substance::Holding(day));
    }
    Ok(match message.sent_as {
        Some(ReplyKind::Acknowledge) => Substance::Ack,
        Some(ReplyKind::Reply | ReplyKind::ReplyAll | ReplyKind::Forward | ReplyKind::Compose) => {
            Substance::Full
        }
        None if message.row.words > 40 || attachment => Substance::Full,
        None => sla::observed_substance(&store::messages::text(conn, message.row.key)?, attachment),
    })
}

fn addressees(
    roster: &Roster,
    matter: Option<MatterId>,
    recipients: &[EmailAddress],
) -> Vec<Addressee> {
    let mut out = Vec::new();
    for address in recipients {
        let mut principals = principals(roster, matter, address, false).into_iter().peekable();
        if principals.peek().is_none() {
            out.push(Addressee { address: address.clone(), principal: None });
        }
        out.extend(
            principals.map(|who| Addressee { address: address.clone(), principal: Some(who) }),
        );
    }
    out
}

/// To whom an answer is owed when something comes from this address: the client, the clients for whom a contact writes,
/// or a stranger. Nobody when the writer is on another side, in a court, or one of us; nobody either for a stranger's
/// mail that looks like a machine's.
fn principals(
    roster: &Roster,
    matter: Option<MatterId>,
    address: &EmailAddress,
    weak: bool,
) -> Vec<Principal> {
    if roster.is_own(address) {
        return Vec::new();
    }
    let Some((party, role)) = roster.party_at(matter, address) else {
        return if weak { Vec::new() } else { vec![Principal::Address(address.clone())] };
    };
    match role {
        Some(Role::ClientContact) => clients_of(roster, matter, party),
        Some(Role::Client | Role::Prospective | Role::FormerClient) => {
            vec![Principal::Party(party)]
        }
        Some(
            Role::Adverse
            | Role::AdverseRepresented
            | Role::OpposingCounsel
            | Role::CoCounsel
            | Role::Court
            | Role::Expert
            | Role::Witness
            | Role::Insurer
            | Role::ThirdParty
            | Role::Firm,
        ) => Vec::new(),
        // Known, but in no matter: when unsure, the clock runs.
        None => vec![Principal::Party(party)],
    }
}

/// A contact writes for the clients of the matter; where none is known, for itself.
fn clients_of(roster: &Roster, matter: Option<MatterId>, contact: PartyId) -> Vec<Principal> {
    let matter = matter.or_else(|| roster.matters_of(contact).map(|(matter, _)| matter).next());
    let clients: Vec<_> = matter
        .into_iter()
        .flat_map(|matter| roster.people(matter))
        .filter(|(_, role)| *role == Role::Client)
        .map(|(party, _)| Principal::Party(party.id))
        .collect();
    if clients.is_empty() { vec![Principal::Party(contact)] } else { clients }
}

fn marks(inputs: &ClockInputs) -> Vec<Mark> {
    inputs
        .marks
        .iter()
        .filter(|mark| mark.kind == DISMISSED)
        .map(|mark| Mark::Dismissed {
            at: mark.at,
            messages: keys(&mark.data),
            reason: Confidential::from(mark.reason.as_str()),
        })
        .collect()
}

/// The messages that a dismissal names, as kept in its data.
fn keys(data: &str) -> BTreeSet<MessageKey> {
    data.split(' ').filter_map(|key| key.parse().ok()).map(MessageKey::new).collect()
}

/// How a dismissal names its messages.
pub fn keys_text(keys: impl IntoIterator<Item = MessageKey>) -> String {
    keys.into_iter().map(|key| key.to_string()).collect::<Vec<_>>().join(" ")
}

fn rows(folded: &Folded) -> Vec<ClockRow> {
    let mut rows = Vec::new();
    for turn in &folded.fold.turns {
        let running = turn.running();
        for kind in [ClockKind::Ack, ClockKind::Reply, ClockKind::Promise] {
            let Some(clock) = turn.clock(kind) else { continue };
            let runs = running.iter().any(|r| r.clock == kind);
            if !runs && matches!(clock.outcome, Outcome::Open) {
                continue;
            }
            rows.push(ClockRow {
                principal: principal_word(&turn.principal),
                running: Running { clock: kind, started: turn.started, due: clock.due },
                outcome: outcome_word(clock).to_owned(),
                ended: ended(clock),
                policy: folded.policy.name.clone(),
                calendar: folded.calendar.name.clone(),
                auto: turn.flags.auto,
                courtesy: turn.flags.courtesy,
                unsettled: folded.is_unsettled(turn),
            });
        }
    }
    rows
}

const fn outcome_word(clock: &Clock) -> &'static str {
    match clock.outcome {
        Outcome::Open => "running",
        Outcome::Met(_) => "met",
        Outcome::Late(_) => "missed",
        Outcome::Deferred(_) => "deferred",
        Outcome::Dismissed { .. } => "dismissed",
    }
}

const fn ended(clock: &Clock) -> Option<Timestamp> {
    match &clock.outcome {
        Outcome::Open => None,
        Outcome::Met(stop) | Outcome::Late(stop) | Outcome::Deferred(stop) => Some(stop.at),
        Outcome::Dismissed { at, .. } => Some(*at),
    }
}

/// A principal as the record names it.
pub fn principal_word(principal: &Principal) -> String {
    match principal {
        Principal::Party(party) => format!("party:{party}"),
        Principal::Address(address) => format!("address:{}", address.key()),
    }
}

/// Reads what [`principal_word`] wrote.
pub fn principal_from_word(word: &str) -> Option<Principal> {
    if let Some(party) = word.strip_prefix("party:") {
        return party.parse().ok().map(PartyId::new).map(Principal::Party);
    }
    EmailAddress::parse(word.strip_prefix("address:")?).ok().map(Principal::Address)
}

fn journal(conn: &Connection, thread: ThreadId) -> Result<Vec<Journalled>, StoreError> {
    let rows = store::clocks::history(conn, thread)?;
    Ok(rows
        .into_iter()
        .filter_map(|row| {
            Some(Journalled {
                principal: principal_from_word(&row.principal)?,
                first: row.first,
                clock: row.running.clock,
                outcome: sla::JournalOutcome::from_word(&row.outcome)?,
                at: row.at,
            })
        })
        .collect())
}

fn outcome_row(entry: &Journalled, turns: &[Turn]) -> OutcomeRow {
    let turn =
        turns.iter().find(|t| t.principal == entry.principal && t.messages.contains(&entry.first));
    let clock = turn.and_then(|turn| turn.clock(entry.clock));
    OutcomeRow {
        principal: principal_word(&entry.principal),
        first: entry.first,
        running: Running {
            clock: entry.clock,
            started: turn.map_or(entry.at, |turn| turn.started),
            due: clock.map_or(entry.at, |clock| clock.due),
        },
        outcome: entry.outcome.word().to_owned(),
        at: entry.at,
        reason: String::new(),
    }
}
