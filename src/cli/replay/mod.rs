//! `matterbox clock replay FILE`: a scenario in, every turn with its clocks and outcomes out. For support, audits and tests.
//!
//! Owns the reading of a scenario. The clocks are those of the domain; no record is opened and no time is asked for.

mod output;
mod scenario;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use self::{
    output::Words,
    scenario::{Action, Address, Author, Delivery, Kind, Mark, Message, Substance, Way, When},
};
pub use self::{
    output::{ReplayReport, ReplayedClock, ReplayedTurn},
    scenario::Scenario,
};
use crate::{
    config::{ConfigError, sla},
    domain::{
        address::EmailAddress,
        calendar::CalendarError,
        fault::{self, Fault},
        id::{MessageKey, PartyId},
        message::{DeliveryAction, DeliveryStatus, Direction, MessageId, Origin, WeakSignal},
        sla as clocks,
        sla::{Addressee, BodyHash, ClockMessage, Contact, Principal, SlaPolicy, TextFacts},
    },
};

/// Why a scenario was not replayed.
#[derive(Debug, thiserror::Error)]
pub enum ScenarioError {
    /// The file could not be read.
    #[error("the scenario {} could not be read", file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Something in it is not understood.
    #[error("{}:{line}: {what}", file.display())]
    Mistake {
        /// The file.
        file: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong, and what to write.
        what: String,
    },
    /// Its calendar cannot count.
    #[error(transparent)]
    Calendar(#[from] CalendarError),
}

impl Fault for ScenarioError {
    fn kind(&self) -> fault::Kind {
        match self {
            Self::Read { .. } | Self::Mistake { .. } => fault::Kind::NeedsUser,
            Self::Calendar(error) => error.kind(),
        }
    }
}

/// Replays the scenario in a file.
///
/// # Errors
/// The file cannot be read, or the first mistake in it with its line.
pub fn file(file: &Path) -> Result<ReplayReport, ScenarioError> {
    let text = fs::read_to_string(file)
        .map_err(|source| ScenarioError::Read { file: file.to_owned(), source })?;
    text_of(&text, file)
}

/// Replays the scenario of a text that stands in `file`.
///
/// # Errors
/// The first mistake in it, with its line.
pub fn text_of(text: &str, file: &Path) -> Result<ReplayReport, ScenarioError> {
    let scenario: Scenario = serde_json::from_str(text).map_err(|error| {
        let said = error.to_string();
        let what = said.rsplit_once(" at line ").map_or(&*said, |(what, _)| what).to_owned();
        ScenarioError::Mistake { file: file.to_owned(), line: error.line().max(1), what }
    })?;
    Reader::new(text, file, &scenario)?.report()
}

/// A scenario with what its parts are called.
struct Reader<'a> {
    text: &'a str,
    file: &'a Path,
    scenario: &'a Scenario,
    rule: sla::Rule,
    keys: BTreeMap<&'a str, MessageKey>,
    names: BTreeMap<MessageKey, &'a str>,
    principals: BTreeMap<&'a EmailAddress, Principal>,
    clients: BTreeMap<Principal, &'a str>,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str, file: &'a Path, scenario: &'a Scenario) -> Result<Self, ScenarioError> {
        let mut reader = Self {
            text,
            file,
            scenario,
            rule: rule(text, file, scenario)?,
            keys: BTreeMap::new(),
            names: BTreeMap::new(),
            principals: BTreeMap::new(),
            clients: BTreeMap::new(),
        };
        if scenario.matterbox_scenario != 1 {
            return Err(reader.wrong("\"matterbox_scenario\"", "the form of a scenario is 1"));
        }
        for (key, message) in (1_i64..).zip(&scenario.messages) {
            let key = MessageKey::new(key);
            if reader.keys.insert(&message.id, key).is_some() {
                let what = format!("two messages have the id {:?}", message.id);
                return Err(reader.wrong_last(&format!("{:?}", message.id), what));
            }
            reader.names.insert(key, &message.id);
        }
        for (party, (name, addresses)) in
            (1_i64..).zip(scenario.clients.as_ref().into_iter().flatten())
        {
            let principal = Principal::Party(PartyId::new(party));
            reader.clients.insert(principal.clone(), name);
            for Address(address) in addresses {
                reader.principals.insert(address, principal.clone());
            }
        }
        Ok(reader)
    }

    /// A mistake where this stands first in the file.
    fn wrong(&self, token: &str, what: impl Into<String>) -> ScenarioError {
        mistake(self.text, self.file, self.text.find(token), what.into())
    }

    fn wrong_last(&self, token: &str, what: impl Into<String>) -> ScenarioError {
        mistake(self.text, self.file, self.text.rfind(token), what.into())
    }

    fn report(&self) -> Result<ReplayReport, ScenarioError> {
        let now = self.instant(self.scenario.now)?;
        let calendar = &*self.rule.calendar;
        let name = |key: MessageKey| self.names.get(&key).map_or("", |name| *name).to_owned();
        let words = Words { calendar, now, name: &name };
        let mut turns = Vec::new();
        for (thread, (messages, marks)) in &self.threads()? {
            let fold = clocks::fold(messages, marks, &self.rule.policy, calendar)?;
            let said = fold.turns.iter().map(|turn| {
                let client = self.client(&turn.principal);
                words.turn(thread, client, turn)
            });
            turns.extend(said);
        }
        let policy: &SlaPolicy = &self.rule.policy;
        Ok(ReplayReport {
            now: super::clock::rfc3339(now, calendar),
            calendar: calendar.name.clone(),
            zone: calendar.zone_name().to_owned(),
            ack: policy.ack.to_string(),
            reply: policy.reply.to_string(),
            turns,
        })
    }

    fn client(&self, principal: &Principal) -> String {
        match (self.clients.get(principal), principal) {
            (Some(name), _) => (*name).to_owned(),
            (None, Principal::Address(address)) => address.as_str().to_owned(),
            (None, Principal::Party(party)) => format!("party {party}"),
        }
    }

    fn threads(&self) -> Result<Threads<'a>, ScenarioError> {
        let mut threads: Threads<'a> = BTreeMap::new();
        for (key, message) in (1_i64..).zip(&self.scenario.messages) {
            let read = self.message(MessageKey::new(key), message)?;
            threads.entry(&message.thread).or_default().0.push(read);
        }
        for mark in &self.scenario.marks {
            let (thread, read) = self.mark(mark)?;
            threads.entry(thread).or_default().1.push(read);
        }
        Ok(threads)
    }

    fn message(&self, key: MessageKey, message: &Message) -> Result<ClockMessage, ScenarioError> {
        let own = message.message_id.as_deref().unwrap_or(&message.id);
        let parent = message.parent.as_deref().map(|parent| self.message_id(parent));
        let facts = |text: &String| TextFacts::of(text, message.attachment);
        let body = message.text.as_deref().unwrap_or_default();
        Ok(ClockMessage {
            message_id: Some(self.named(own)?),
            copy_of: None,
            body: BodyHash(Sha256::digest(body).into()),
            direction: match message.direction {
                Way::In => Direction::Inbound,
                Way::Out => Direction::Outbound,
                Way::Internal => Direction::Internal,
            },
            origin: self.origin(message)?,
            parent: parent.transpose()?,
            principals: match message.direction {
                Way::In => self.principal(&message.from.0, true).into_iter().collect(),
                Way::Out | Way::Internal => Vec::new(),
            },
            recipients: match message.direction {
                Way::In => Vec::new(),
                Way::Out | Way::Internal => {
                    message.to.iter().map(|to| self.addressee(&to.0)).collect()
                }
            },
            substance: substance(message.substance),
            delivery: match message.delivery {
                Delivery::NotYet => clocks::Delivery::NotYet,
                Delivery::Accepted => clocks::Delivery::Accepted,
            },
            author: match message.author {
                Author::Staff => clocks::Author::Staff,
                Author::Lawyer => clocks::Author::Lawyer,
                Author::Responsible => clocks::Author::Responsible,
            },
            observed: message.observed,
            text: message.text.as_ref().map(facts).unwrap_or_default(),
            indirect: message.indirect,
            suspect: message.suspect,
            ..ClockMessage::inbound(key, self.instant(message.time)?, Vec::new())
        })
    }

    fn addressee(&self, address: &EmailAddress) -> Addressee {
        Addressee { address: address.clone(), principal: self.principal(address, false) }
    }

    /// Who reads there. Without a list of clients, everyone who has written waits.
    fn principal(&self, address: &EmailAddress, writes: bool) -> Option<Principal> {
        if self.scenario.clients.is_some() {
            return self.principals.get(address).cloned();
        }
        let wrote = writes
            || self
                .scenario
                .messages
                .iter()
                .any(|one| matches!(one.direction, Way::In) && one.from.0 == *address);
        wrote.then(|| Principal::Address(address.clone()))
    }

    fn message_id(&self, id: &str) -> Result<MessageId, ScenarioError> {
        let here = self.scenario.messages.iter().find(|message| message.id == id);
        let id = here.and_then(|message| message.message_id.as_deref()).unwrap_or(id);
        self.named(id)
    }

    fn named(&self, id: &str) -> Result<MessageId, ScenarioError> {
        let whole = if id.contains('@') { id.to_owned() } else { format!("{id}@scenario.invalid") };
        MessageId::new(&whole).ok_or_else(|| {
            self.wrong(
                &format!("{id:?}"),
                format!("{id:?} cannot be a Message-ID; leave out blanks"),
            )
        })
    }

    fn origin(&self, message: &Message) -> Result<Origin, ScenarioError> {
        Ok(match message.kind {
            Kind::Person => Origin::Person,
            Kind::Weak => Origin::Weak(WeakSignal::List),
            Kind::AutoReply => Origin::AutoReply { returns: None },
            Kind::ReadReceipt => Origin::ReadReceipt,
            Kind::Invitation => Origin::Invitation,
            Kind::InvitationReply => Origin::InvitationReply,
            Kind::DeliveryReport => Origin::DeliveryReport {
                statuses: message
                    .reports
                    .iter()
                    .map(|report| DeliveryStatus {
                        recipient: report.recipient.as_ref().map(|to| to.0.clone()),
                        action: action(report.action),
                    })
                    .collect(),
                about: message.about.as_deref().map(|id| self.message_id(id)).transpose()?,
            },
        })
    }

    fn mark(&self, mark: &'a Mark) -> Result<(&'a str, clocks::Mark), ScenarioError> {
        match mark {
            Mark::Dismissed { thread, at, messages, reason } => {
                let keys = messages.iter().map(|id| {
                    self.keys.get(id.as_str()).copied().ok_or_else(|| {
                        let what = format!("a mark names {id:?}, and no message has this id");
                        self.wrong_last(&format!("{id:?}"), what)
                    })
                });
                let messages = keys.collect::<Result<BTreeSet<_>, _>>()?;
                let (at, reason) = (self.instant(*at)?, reason.clone().into());
                Ok((thread, clocks::Mark::Dismissed { at, messages, reason }))
            }
            Mark::Contact { thread, at, with, substance: how, summary } => {
                let with: BTreeSet<Principal> =
                    with.iter().filter_map(|who| self.principal(&who.0, false)).collect();
                let contact = Contact::new(self.instant(*at)?, with, substance(*how), summary)
                    .map_err(|missing| self.wrong_last("\"summary\"", missing.to_string()))?;
                Ok((thread, clocks::Mark::Contact(contact)))
            }
        }
    }

    fn instant(&self, when: When) -> Result<Timestamp, ScenarioError> {
        let civil = match when {
            When::Instant(at) => return Ok(at),
            When::Civil(civil) => civil,
        };
        let zone = self.rule.calendar.zone();
        zone.to_ambiguous_timestamp(civil).unambiguous().map_err(|_| {
            let minute = civil.strftime("%Y-%m-%dT%H:%M").to_string();
            let what = format!(
                "{minute} did not happen in {}, or happened twice; write its offset",
                self.rule.calendar.zone_name()
            );
            self.wrong(&minute, what)
        })
    }
}

type Threads<'a> = BTreeMap<&'a str, (Vec<ClockMessage>, Vec<clocks::Mark>)>;

fn mistake(text: &str, file: &Path, at: Option<usize>, what: String) -> ScenarioError {
    let before = at.and_then(|at| text.get(..at)).unwrap_or_default();
    let line = before.matches('\n').count().saturating_add(1);
    ScenarioError::Mistake { file: file.to_owned(), line, what }
}

/// The calendar and the policy: in JSON the same form as in `sla.toml`, and read by the same reader.
fn rule(text: &str, file: &Path, scenario: &Scenario) -> Result<sla::Rule, ScenarioError> {
    let mut whole = serde_json::Map::new();
    whole.insert("calendar".to_owned(), scenario.calendar.clone());
    if let Some(policy) = &scenario.policy {
        whole.insert("policies".to_owned(), serde_json::json!({ "firm": policy }));
    }
    let toml = toml::Table::try_from(whole)
        .map_err(|error| error.to_string())
        .and_then(|table| toml::to_string(&table).map_err(|error| error.to_string()));
    let toml = toml.map_err(|what| mistake(text, file, text.find("\"calendar\""), what))?;
    sla::parse(&toml, file).map(|settings| settings.default).map_err(|error| {
        let (line, what) = if let ConfigError::Mistake { line, what, remedy, .. } = &error {
            let remedy = remedy.as_ref().map(|said| format!("; {said}")).unwrap_or_default();
            (Some(*line), format!("{what}{remedy}"))
        } else {
            (None, error.to_string())
        };
        let written = line.and_then(|line| toml.lines().nth(line.saturating_sub(1)));
        mistake(text, file, place(text, written.unwrap_or_default()), what)
    })
}

/// Where in the JSON stands what stands on this line of the TOML: its value, else its key, else the calendar.
fn place(text: &str, written: &str) -> Option<usize> {
    let (key, value) = written.split_once('=').unwrap_or((written, ""));
    let bare = |part: &str| part.trim().trim_matches(['"', '[', ']']).to_owned();
    let (key, value) = (bare(key), bare(value));
    let found = |part: &str| Some(part).filter(|p| !p.is_empty()).and_then(|p| text.find(p));
    // `[calendar.hours]` is the key `hours` of the calendar.
    let last = key.rsplit('.').next().unwrap_or(&key);
    let key_at = found(&format!("\"{last}\""));
    let after = key_at.and_then(|at| text.get(at..)?.find(&value).and_then(|n| at.checked_add(n)));
    after.filter(|_| !value.is_empty()).or(key_at).or_else(|| text.find("\"calendar\""))
}

const fn substance(substance: Substance) -> clocks::Substance {
    match substance {
        Substance::Ack => clocks::Substance::Ack,
        Substance::Partial => clocks::Substance::Partial,
        Substance::Holding(date) => clocks::Substance::Holding(date),
        Substance::Full => clocks::Substance::Full,
    }
}

const fn action(action: Action) -> DeliveryAction {
    match action {
        Action::Failed => DeliveryAction::Failed,
        Action::Delayed => DeliveryAction::Delayed,
        Action::Delivered => DeliveryAction::Delivered,
        Action::Relayed => DeliveryAction::Relayed,
        Action::Expanded => DeliveryAction::Expanded,
    }
}

impl ReplayReport {
    /// The turns in which something is owed.
    pub fn open(&self) -> usize {
        self.turns.iter().filter(|turn| turn.open).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        text_of(text, Path::new("case.json")).unwrap_err().to_string()
    }

    fn scenario(calendar: &str, message: &str) -> String {
        format!(
            "{{\n\"matterbox_scenario\": 1,\n\"calendar\": {{\n{calendar}\n}},\n\"messages\": [\n{message}\n],\n\
             \"now\": \"2026-11-24T12:00\"\n}}"
        )
    }

    const NY: &str = "\"zone\": \"America/New_York\",\n\"hours\": {\"mon-fri\": \"09:00-17:00\"}";
    const LETTER: &str = "{\"id\": \"m1\", \"time\": \"2026-11-24T10:00\",\n\"direction\": \"in\", \"from\": \
        \"kofi@mensah.example\", \"to\": [\"us@firm.example\"]}";

    #[test]
    fn a_message_starts_the_clocks_of_whoever_wrote_it() {
        let report = text_of(&scenario(NY, LETTER), Path::new("case.json")).unwrap();
        let [turn] = report.turns.as_slice() else { panic!("{report:?}") };
        assert_eq!((&*turn.client, turn.open), ("kofi@mensah.example", true));
        assert_eq!(turn.clocks[0].due, "2026-11-24T14:00-05:00");
        assert_eq!(turn.waited_business_seconds, 7200);
    }

    #[test]
    fn a_mistake_is_named_with_its_line() {
        let case = |calendar: &str, message: &str| refused(&scenario(calendar, message));
        for (said, line, word) in [
            (case(NY, &LETTER.replace("\"in\"", "\"sideways\"")), 9, "sideways"),
            (case(NY, &LETTER.replace("\"to\"", "\"too\"")), 9, "too"),
            (case(NY, &LETTER.replace("10:00", "10 o'clock")), 8, "is not a time"),
            (case(NY, &LETTER.replace("us@firm.example", "us")), 9, "is not an address"),
            (case(NY, &format!("{LETTER},\n{LETTER}")), 10, "two messages"),
            (case(&NY.replace("17:00", "27:99"), LETTER), 5, ""),
            (case(&NY.replace("America/New_York", "America/Nowhere"), LETTER), 4, "zone"),
            (case(&NY.replace("hours", "hour"), LETTER), 5, "hour"),
            (refused("{\n\n"), 3, "EOF"),
        ] {
            assert!(said.starts_with(&format!("case.json:{line}: ")), "{line}: {said}");
            assert!(said.contains(word), "{word}: {said}");
        }
    }

    #[test]
    fn a_time_that_the_clocks_skipped_is_refused_and_never_guessed() {
        let letter = LETTER.replace("2026-11-24T10:00", "2026-03-08T02:30");
        assert!(
            refused(&scenario(NY, &letter)).starts_with("case.json:8: 2026-03-08T02:30 did not")
        );
    }

    #[test]
    fn a_mark_about_no_message_is_refused() {
        let text = scenario(NY, LETTER).replace(
            "\"now\"",
            "\"marks\": [{\"dismissed\": {\"at\": \"2026-11-24T11:00\",\n\"messages\": [\"m9\"], \"reason\": \"x\"}}],\n\"now\"",
        );
        assert!(
            refused(&text).starts_with("case.json:12: a mark names \"m9\""),
            "{}",
            refused(&text)
        );
    }
}
