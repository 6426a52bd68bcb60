//! The checks before sending (design 6.12.1): a pure function of the draft and of what the record knows.
//!
//! Owns what is worth a warning and how grave it is. It never sends and never lets a warning through: that takes a
//! person's answer, in [`Review::confirm`].

use std::{cell::OnceCell, collections::BTreeSet};

use jiff::civil::Date;

pub use super::finding::{Found, Severity, Warning};
use super::{
    address::{EmailAddress, NamedAddress},
    day,
    draft::{Draft, ReplyKind},
    footer::Privilege,
    language::ATTACHMENT_PHRASES,
    lookalike::{self, Looks},
    matter::{Participation, Role},
    promise,
    roster::name_key,
};

/// From so many recipients on, a person is asked.
pub const MANY_RECIPIENTS: usize = 10;

/// The default of [`ReviewFacts::recipient_limit`]: the least that RFC 5321 §4.5.3.1.8 makes every relay accept.
pub const RECIPIENT_LIMIT: usize = 100;

/// The default of [`ReviewFacts::message_limit`] in octets: what the large mail services let pass.
pub const MESSAGE_LIMIT: u64 = 25 << 20;

/// From so many octets on, some mail servers refuse a message.
pub const LARGE: u64 = 10 << 20;

/// An address that belongs to someone in another matter.
#[derive(Clone, PartialEq, Eq)]
pub struct Elsewhere {
    /// The address.
    pub address: EmailAddress,
    /// The other matter's number and name, for the sentence.
    pub matter: String,
}

/// What the record knows that bears on a draft.
#[derive(Clone, PartialEq, Eq)]
pub struct ReviewFacts {
    /// The office's own addresses.
    pub own: Vec<EmailAddress>,
    /// Who takes part in the draft's matter; empty without a matter.
    pub people: Vec<Participation>,
    /// Addresses of people in other matters.
    pub elsewhere: Vec<Elsewhere>,
    /// Addresses that the office has written to before, or that stand in its parties.
    pub known: BTreeSet<EmailAddress>,
    /// `From` of the message that is answered.
    pub parent_from: Vec<NamedAddress>,
    /// `Reply-To` of the message that is answered.
    pub parent_reply_to: Vec<NamedAddress>,
    /// The thread or the draft carries a privilege label.
    pub privileged: bool,
    /// The matter's messages to its client carry a label.
    pub labelled: bool,
    /// More recipients than this are refused.
    pub recipient_limit: usize,
    /// A larger message is refused, octets on the wire.
    pub message_limit: u64,
    /// The number of the draft's matter: what a person types to confirm that this belongs there.
    pub number: Option<String>,
    /// Today, and the last day that a holding reply may name and still count, in the office's calendar. `None`: not
    /// known, and not looked at.
    pub promise: Option<(Date, Date)>,
}

impl Default for ReviewFacts {
    fn default() -> Self {
        Self {
            own: Vec::new(),
            people: Vec::new(),
            elsewhere: Vec::new(),
            known: BTreeSet::new(),
            parent_from: Vec::new(),
            parent_reply_to: Vec::new(),
            privileged: false,
            labelled: false,
            recipient_limit: RECIPIENT_LIMIT,
            message_limit: MESSAGE_LIMIT,
            number: None,
            promise: None,
        }
    }
}

impl ReviewFacts {
    fn is_own(&self, address: &EmailAddress) -> bool {
        self.own.contains(address)
    }

    /// What the address is to the matter: an opposing role rules over a friendly one, should it have both.
    pub fn role(&self, address: &EmailAddress) -> Option<Role> {
        self.people
            .iter()
            .filter(|p| p.party.addresses.contains(address))
            .map(|p| p.role)
            .max_by_key(|role| role.is_opposing())
    }
}

/// What the checks found in a draft; the draft is inside, so that nothing else can be sent on their strength.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Review {
    draft: Draft,
    warnings: Vec<Warning>,
}

impl Review {
    /// What was found: the gravest first.
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// The draft as it was checked.
    pub const fn draft(&self) -> &Draft {
        &self.draft
    }

    pub(super) fn into_draft(self) -> Draft {
        self.draft
    }

    pub(super) fn of(draft: &Draft, facts: &ReviewFacts) -> Self {
        let mut found = Findings { list: Vec::new(), number: facts.number.clone() };
        check_files(draft, facts, &mut found);
        check_promise(draft, facts, &mut found);
        check_whole(draft, facts, &mut found);
        check_reply_to(draft, facts, &mut found);
        let known = KnownLooks::new();
        let mut seen = BTreeSet::new();
        // Of too many, which cannot go, as many are looked at as could go.
        for who in draft.recipients() {
            if seen.len() < facts.recipient_limit && seen.insert((&who.address, &who.name)) {
                check_recipient(draft, facts, &known, who, &mut found);
            }
        }
        let mut warnings = found.list;
        warnings.sort_by(|a, b| b.severity.cmp(&a.severity).then_with(|| a.key.cmp(&b.key)));
        warnings.dedup();
        Self { draft: draft.clone(), warnings }
    }
}

struct Findings {
    list: Vec<Warning>,
    number: Option<String>,
}

impl Findings {
    fn add(&mut self, severity: Severity, key: impl Into<String>, found: Found) {
        self.list.push(Warning::new(severity, key.into(), found, self.number.as_deref()));
    }

    fn about(
        &mut self,
        severity: Severity,
        kind: &str,
        address: &EmailAddress,
        found: impl FnOnce(EmailAddress) -> Found,
    ) {
        self.add(severity, format!("{kind}:{}", address.key()), found(address.clone()));
    }
}

fn check_whole(draft: &Draft, facts: &ReviewFacts, out: &mut Findings) {
    let distinct: BTreeSet<_> = draft.recipients().map(|who| &who.address).collect();
    let (count, limit) = (distinct.len(), facts.recipient_limit);
    if count == 0 {
        out.add(Severity::Block, "no-recipient", Found::NoRecipient);
    } else if count > limit {
        out.add(Severity::Block, "too-many", Found::TooMany { count, limit });
    } else if count >= MANY_RECIPIENTS {
        out.add(Severity::Confirm, format!("many:{count}"), Found::Many(count));
    }
    if draft.subject.trim().is_empty() {
        out.add(Severity::Confirm, "no-subject", Found::EmptySubject);
    }
    if draft.body.trim().is_empty() {
        // What is passed on speaks for itself.
        if draft.kind == ReplyKind::Forward && !draft.quote.is_empty() {
            out.add(Severity::Note, "bare-forward", Found::BareForward);
        } else {
            out.add(Severity::Confirm, "no-text", Found::EmptyBody);
        }
    }
    // With someone outside on it a label would claim too much.
    let mut roles = draft
        .recipients()
        .filter(|who| !facts.is_own(&who.address))
        .map(|who| facts.role(&who.address))
        .peekable();
    let to_client =
        roles.peek().is_some() && roles.all(|role| role.is_some_and(Role::is_client_side));
    if (facts.privileged || facts.labelled) && draft.privilege.is_none() && to_client {
        out.add(Severity::Confirm, "label-missing", Found::LabelMissing);
    }
    if draft.matter.is_none() {
        out.add(Severity::Note, "no-matter", Found::NoMatter);
    }
    if draft.attachments.is_empty()
        && let Some(word) = attachment_word(&draft.body).or_else(|| attachment_word(&draft.subject))
    {
        out.add(Severity::Confirm, "no-attachment", Found::NoAttachment { word });
    }
}

/// What goes with it: is it there, has it anything in it, will servers take it?
fn check_files(draft: &Draft, facts: &ReviewFacts, out: &mut Findings) {
    for file in draft.attachments.iter().filter(|file| file.size() == 0) {
        let found = Found::EmptyFile { name: file.name.clone() };
        out.add(Severity::Confirm, format!("empty-file:{}", file.name), found);
    }
    let (size, limit) = (draft.wire_size(), facts.message_limit);
    if size > limit {
        out.add(Severity::Block, "too-large", Found::TooLarge { size, limit });
    } else if size > LARGE {
        out.add(Severity::Note, "large", Found::Large { size });
    }
}

/// A holding reply: will its day count, and has the client been told of it?
fn check_promise(draft: &Draft, facts: &ReviewFacts, out: &mut Findings) {
    let Some(day) = draft.holding.filter(|_| draft.can_hold()) else {
        return check_uncounted(draft, facts, out);
    };
    if let Some((today, last)) = facts.promise {
        if day < today {
            out.add(Severity::Block, format!("promise-past:{day}"), Found::PromisePast { day });
        } else if day > last {
            let found = Found::PromiseTooFar { day, last };
            out.add(Severity::Confirm, format!("promise-too-far:{day}"), found);
        }
    }
    let today = facts.promise.map(|(today, _)| today);
    if !day::names_day(&draft.body, day, today) {
        let found = Found::PromiseUnsaid { day };
        out.add(Severity::Confirm, format!("promise-unsaid:{day}"), found);
    }
}

/// What is promised in words only is counted by nobody, and an answer in substance stops the clock.
fn check_uncounted(draft: &Draft, facts: &ReviewFacts, out: &mut Findings) {
    let Some((today, _)) = facts.promise.filter(|_| draft.can_hold()) else { return };
    let Some(day) = promise::first(&draft.body, today) else { return };
    let ends = draft.kind != ReplyKind::Acknowledge;
    let severity = if ends { Severity::Confirm } else { Severity::Note };
    out.add(severity, format!("promise-uncounted:{day}"), Found::PromiseUncounted { day, ends });
}

/// The first phrase with which the text announces an attachment; quoted lines do not count.
fn attachment_word(text: &str) -> Option<String> {
    let words: Vec<String> = text
        .lines()
        .filter(|line| !line.starts_with('>'))
        .flat_map(|line| line.split(|c: char| !c.is_alphanumeric() && c != '-'))
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    let text = format!(" {} ", words.join(" "));
    ATTACHMENT_PHRASES
        .iter()
        .find(|phrase| text.contains(&format!(" {phrase} ")))
        .map(|phrase| (*phrase).to_owned())
}

fn check_reply_to(draft: &Draft, facts: &ReviewFacts, out: &mut Findings) {
    if draft.parent.is_none() || facts.parent_from.is_empty() {
        return;
    }
    let from: BTreeSet<String> =
        facts.parent_from.iter().map(|who| who.address.domain().to_lowercase()).collect();
    for target in &facts.parent_reply_to {
        let address = &target.address;
        if from.contains(&address.domain().to_lowercase()) {
            continue;
        }
        let used = draft.recipients().any(|who| who.address == *address);
        let severity = if used { Severity::Confirm } else { Severity::Note };
        out.about(severity, "reply-to", address, |reply_to| Found::ReplyToElsewhere {
            reply_to,
            used,
        });
    }
}

/// Every known address, ready to be compared; made for the first stranger among the recipients.
type KnownLooks = OnceCell<Vec<Looks>>;

fn check_recipient(
    draft: &Draft,
    facts: &ReviewFacts,
    known: &KnownLooks,
    who: &NamedAddress,
    out: &mut Findings,
) {
    let address = &who.address;
    if address.local().len() > 64 {
        out.about(Severity::Block, "unsendable", address, Found::Unsendable);
    }
    if facts.is_own(address) {
        return;
    }
    if !address.domain().contains('.') && !address.domain().starts_with('[') {
        out.about(Severity::Confirm, "incomplete", address, Found::Incomplete);
    }
    let role = facts.role(address);
    if let Some(role) = role {
        check_role(draft, facts, address, role, out);
    }
    check_parent(draft, address, role, out);
    let strange = is_strange(facts, known, who, out);
    if role.is_none() {
        check_stranger(draft, facts, address, strange, out);
    }
}

/// What the other side may not get, and not together with whom.
fn check_role(
    draft: &Draft,
    facts: &ReviewFacts,
    address: &EmailAddress,
    role: Role,
    out: &mut Findings,
) {
    let has = |wanted: fn(Role) -> bool| {
        draft.recipients().any(|other| facts.role(&other.address).is_some_and(wanted))
    };
    if role == Role::AdverseRepresented {
        if has(|role| role == Role::OpposingCounsel) {
            out.about(Severity::Confirm, "represented", address, Found::Represented);
        } else {
            out.about(Severity::Block, "represented-alone", address, Found::RepresentedAlone);
        }
    }
    if role.is_opposing() && has(Role::is_client_side) {
        out.about(Severity::Confirm, "opposing-with-client", address, Found::OpposingWithClient);
    }
    if facts.privileged && (role.is_opposing() || role == Role::Court) {
        let kind = "opposing-on-privileged";
        out.about(Severity::Confirm, kind, address, Found::OpposingOnPrivileged);
    }
    let outside = match role {
        Role::Expert | Role::Witness | Role::Insurer | Role::ThirdParty => true,
        Role::Client
        | Role::ClientContact
        | Role::Prospective
        | Role::FormerClient
        | Role::Adverse
        | Role::AdverseRepresented
        | Role::OpposingCounsel
        | Role::CoCounsel
        | Role::Court
        | Role::Firm => false,
    };
    if outside && draft.privilege == Some(Privilege::LawyerClient) {
        let kind = "third-party-on-privileged";
        out.about(Severity::Confirm, kind, address, Found::ThirdPartyOnPrivileged);
    }
}

/// An answer that reaches someone who was not on the message.
fn check_parent(draft: &Draft, address: &EmailAddress, role: Option<Role>, out: &mut Findings) {
    let answers = match draft.kind {
        ReplyKind::Reply | ReplyKind::ReplyAll | ReplyKind::Acknowledge => true,
        ReplyKind::Forward | ReplyKind::Compose => false,
    };
    let Some(parent) = draft.parent.as_ref().filter(|_| answers) else { return };
    let was_there = parent.participants.iter().any(|other| other.address == *address);
    if !was_there && role != Some(Role::Firm) {
        out.about(Severity::Confirm, "not-in-parent", address, Found::NotInParent);
    }
}

/// Signs of a slip or a fraud; `true` when one was found.
fn is_strange(
    facts: &ReviewFacts,
    known: &KnownLooks,
    who: &NamedAddress,
    out: &mut Findings,
) -> bool {
    let address = &who.address;
    let before = out.list.len();
    if lookalike::is_internationalised(address) {
        out.about(Severity::Confirm, "hidden-letters", address, Found::HiddenLetters);
    }
    let party = |a: &EmailAddress| facts.people.iter().any(|p| p.party.addresses.contains(a));
    if !facts.known.contains(address) && !party(address) {
        let looks = Looks::of(address);
        let known = known.get_or_init(|| known_looks(facts)).iter();
        let nearest =
            known.filter_map(|known| Some((looks.likeness(known)?, known.address()))).min();
        if let Some((how, known)) = nearest {
            let known = known.clone();
            out.about(Severity::Confirm, "look-alike", address, |address| Found::LookAlike {
                address,
                known,
                how,
            });
        }
    }
    if let Some(name) = who.name.as_deref().filter(|name| is_borrowed(facts, name, address)) {
        let name = name.to_owned();
        out.about(Severity::Confirm, "borrowed-name", address, |address| Found::BorrowedName {
            address,
            name,
        });
    }
    out.list.len() > before
}

fn known_looks(facts: &ReviewFacts) -> Vec<Looks> {
    let people = facts.people.iter().flat_map(|p| &p.party.addresses);
    let others = facts.own.iter().chain(facts.elsewhere.iter().map(|e| &e.address));
    let all: BTreeSet<&EmailAddress> = people.chain(others).chain(&facts.known).collect();
    all.into_iter().map(Looks::of).collect()
}

/// Is it the name of someone in the matter, all of whose addresses are others?
fn is_borrowed(facts: &ReviewFacts, name: &str, address: &EmailAddress) -> bool {
    let name = name_key(name);
    let mut same = facts.people.iter().filter(|p| name_key(&p.party.name) == name).peekable();
    !name.is_empty()
        && same.peek().is_some()
        && same.all(|p| !p.party.addresses.is_empty() && !p.party.addresses.contains(address))
}

/// Someone who takes no part in the matter.
fn check_stranger(
    draft: &Draft,
    facts: &ReviewFacts,
    address: &EmailAddress,
    strange: bool,
    out: &mut Findings,
) {
    let matter = draft.matter.map_or(0, super::id::MatterId::get);
    if let Some(other) = facts.elsewhere.iter().find(|e| e.address == *address) {
        let key = format!("other-matter:{matter}:{}", address.key());
        let found = Found::OtherMatter { address: address.clone(), matter: other.matter.clone() };
        out.add(Severity::Confirm, key, found);
    } else if draft.matter.is_some() {
        let key = format!("not-on-matter:{matter}:{}", address.key());
        out.add(Severity::Confirm, key, Found::NotOnMatter(address.clone()));
    }
    // Who stands in `Reply-To` alone was named by the sender, and wrote nothing.
    let is_in = |list: &[NamedAddress]| list.iter().any(|other| other.address == *address);
    let only_named = is_in(&facts.parent_reply_to) && !is_in(&facts.parent_from);
    let was_there = draft.parent.as_ref().is_some_and(|parent| is_in(&parent.participants));
    if !strange && (only_named || !was_there) && !facts.known.contains(address) {
        out.about(Severity::Confirm, "first-time", address, Found::FirstTime);
    }
}

#[cfg(test)]
#[path = "review_tests.rs"]
mod tests;
