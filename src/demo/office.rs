//! The practice office as data: its matters, its parties, and some months of mail up to now.
//!
//! Owns the dates: they are counted back from `now` in the office's open hours, so that whatever the day some answers
//! are late, some fall due within the hour and some on the next working day. The same `now` gives the same bytes.

use jiff::{Timestamp, tz::TimeZone};

use super::{
    cast::{self, OWNER, PEOPLE, PLOTS, Person, Plot},
    dates::{self, Dice},
    hours::Hours,
    letters::{self, Context},
    script::{self, Conversation},
};
use crate::domain::matter::{MatterNumber, Role};

/// The texts, in the order in which they are told.
const TEXTS: &[&str] = &[
    include_str!("texts/divorce.txt"),
    include_str!("texts/tenancy.txt"),
    include_str!("texts/contract.txt"),
    include_str!("texts/company.txt"),
    include_str!("texts/injury.txt"),
    include_str!("texts/employment.txt"),
    include_str!("texts/estate.txt"),
    include_str!("texts/strangers.txt"),
];
/// Conversations that every matter has.
const ROUTINE: &str = include_str!("texts/routine.txt");

/// A matter of the practice office.
#[derive(Clone, Debug)]
pub struct OfficeMatter {
    /// `YYYY-NNNN`, of this year or the last.
    pub number: MatterNumber,
    /// Such as `Mensah v. Harlow`.
    pub name: &'static str,
    /// The practice area, such as `tenancy`.
    pub area: &'static str,
    /// Who takes part, and as what; clients first.
    pub parties: Vec<(&'static Person, Role)>,
}

/// A message in the owner's mailbox.
#[derive(Clone)]
pub struct OfficeMail {
    /// `INBOX` or `Sent`.
    pub folder: &'static str,
    /// RFC 5322 bytes.
    pub raw: Vec<u8>,
    /// As IMAP spells them.
    pub flags: Vec<&'static str>,
    /// When the server got it; never after `now`.
    pub internal_date: Timestamp,
}

/// What the office's people had tagged before today.
#[derive(Clone)]
pub struct Filing {
    /// The Message-ID, without brackets, of a conversation's first message.
    pub message_id: String,
    /// The matter to which the conversation belongs.
    pub matter: MatterNumber,
}

/// The practice office.
#[derive(Clone)]
pub struct Office {
    /// Where the office keeps its hours.
    pub zone: TimeZone,
    /// Whose account it is.
    pub owner: &'static Person,
    /// The owner, the colleagues, and everyone who writes. All have a mailbox on the server.
    pub people: &'static [Person],
    /// Its matters.
    pub matters: Vec<OfficeMatter>,
    /// Its mail, oldest first.
    pub mail: Vec<OfficeMail>,
    /// Conversations that are tagged already; the rest wait for a person.
    pub filings: Vec<Filing>,
}

impl Office {
    /// The addresses of the office besides the owner's: colleagues and the shared mailbox. They belong into
    /// `own_addresses` of the settings, or a colleague's mail would start clocks.
    pub fn own_addresses(&self) -> Vec<&'static str> {
        let domain = self.owner.address.rsplit('@').next().unwrap_or_default();
        let ours = |address: &&str| address.rsplit('@').next() == Some(domain);
        let addresses = self.people.iter().map(|person| person.address);
        addresses.filter(ours).filter(|address| *address != self.owner.address).collect()
    }
}

/// Builds the office as it stands at `now`, with the hours Mon–Fri 9–17 of `zone`.
#[must_use]
pub fn build(now: Timestamp, zone: TimeZone) -> Office {
    let hours = Hours { zone: zone.clone() };
    let year = hours.date(now).year();
    let matters: Vec<OfficeMatter> = PLOTS.iter().filter_map(|plot| matter(plot, year)).collect();
    let (mut mail, mut filings) = (Vec::new(), Vec::new());
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15);
    for conversation in conversations() {
        let (key, tagged) = match conversation.matter.strip_prefix('?') {
            Some(key) => (key, false),
            None => (conversation.matter, true),
        };
        let plot = PLOTS.iter().position(|plot| plot.key == key);
        let matter = plot.and_then(|at| matters.get(at));
        let times = dates::times(&conversation, &hours, now, &mut dice);
        let context = Context { hours: &hours, now, matter, plot: key, times: &times };
        let told = letters::write(&conversation, &context, &mut dice);
        if let (Some(matter), Some(message_id), true) = (matter, told.first_id, tagged) {
            filings.push(Filing { message_id, matter: matter.number.clone() });
        }
        mail.extend(told.mail);
    }
    mail.sort_by_key(|message| message.internal_date);
    let owner = cast::find("us").unwrap_or(&NOBODY);
    Office { zone, owner, people: PEOPLE, matters, mail, filings }
}

/// Stands in where the cast has nobody of that name; a test shows that it never does.
const NOBODY: Person = Person { key: "us", name: "Alice Marlowe", address: OWNER, signature: "" };

fn matter(plot: &Plot, year: i16) -> Option<OfficeMatter> {
    let year = year.saturating_sub(plot.years_ago);
    Some(OfficeMatter {
        number: format!("{year:04}-{:04}", plot.serial).parse().ok()?,
        name: plot.name,
        area: plot.area,
        parties: plot
            .parties
            .iter()
            .filter_map(|(key, role)| Some((cast::find(key)?, *role)))
            .collect(),
    })
}

/// Every conversation; the routine ones once for each matter in whose turn they are written.
fn conversations() -> Vec<Conversation<'static>> {
    let mut all: Vec<Conversation<'static>> =
        TEXTS.iter().flat_map(|text| script::read(text).0).collect();
    for conversation in script::read(ROUTINE).0 {
        let keys: Vec<&'static str> = conversation.matter.split(',').collect();
        for key in keys {
            all.push(Conversation { matter: key, ..conversation.clone() });
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::script::When;
    use jiff::civil::{Date, time};

    /// An obligation to a client that is still open.
    struct Owed {
        subject: &'static str,
        since: Timestamp,
        acknowledged: bool,
    }

    fn clients() -> Vec<&'static str> {
        let parties = PLOTS.iter().flat_map(|plot| plot.parties);
        let ours = parties.filter(|(_, role)| role.is_client_side()).map(|(key, _)| *key);
        ours.chain(["client", "rhys", "hana", "layla", "nadia", "ottilie", "mateus"]).collect()
    }

    fn owed(all: &[Conversation<'static>], now: Timestamp, hours: &Hours) -> Vec<Owed> {
        let clients = clients();
        let mut dice = Dice(1);
        let mut owed = Vec::new();
        for conversation in all {
            let times = dates::times(conversation, hours, now, &mut dice);
            assert!(times.is_sorted(), "{}", conversation.subject);
            assert!(times.iter().all(|at| *at <= now), "{}", conversation.subject);
            let mut open: Vec<(&str, usize, bool)> = Vec::new();
            for (at, line) in conversation.lines.iter().enumerate() {
                if clients.contains(&line.from) && !line.marks.contains(&"auto") {
                    open.push((line.from, at, false));
                }
                if line.from == "us" {
                    let told = conversation.lines[..at].iter().rev().map(|l| l.from);
                    let mut to = line.to.clone();
                    if to.is_empty() {
                        to.extend(told.into_iter().find(|key| *key != "us"));
                    }
                    to.extend(&line.cc);
                    let ack = line.text.split_whitespace().count() < 40
                        && conversation.when != When::Past
                        && conversation.lines.get(at.saturating_add(1)).is_none()
                        && line.gap == Some(60);
                    if ack {
                        for entry in &mut open {
                            entry.2 = true;
                        }
                    } else {
                        open.retain(|(key, ..)| !to.contains(key));
                    }
                }
                if line.marks.contains(&"dsn") {
                    // What bounced has answered nothing.
                    let last = conversation.lines[..at].iter().rposition(|l| l.from != "us");
                    open.extend(last.map(|at| (conversation.lines[at].from, at, false)));
                }
            }
            owed.extend(open.first().map(|(_, at, acknowledged)| Owed {
                subject: conversation.subject,
                since: times[*at],
                acknowledged: *acknowledged,
            }));
        }
        owed
    }

    /// The working day on which one business day from this instant ends.
    fn due_day(since: Timestamp, hours: &Hours) -> Date {
        let civil = hours.zone.to_datetime(since);
        let working = Hours::working_day_until(civil.date()) == civil.date();
        let counted = if working && civil.time() < time(17, 0, 0, 0) {
            civil.date()
        } else {
            Hours::working_day_after(civil.date())
        };
        Hours::working_day_after(counted)
    }

    #[test]
    fn whatever_the_hour_something_is_late_due_within_the_hour_and_due_next_day() {
        // What is past owes nothing; another test shows it.
        let mut living = conversations();
        living.retain(|conversation| conversation.when != When::Past);
        for zone in ["America/New_York", "Europe/London", "Asia/Kolkata"] {
            let hours = Hours { zone: TimeZone::get(zone).unwrap() };
            let start = hours.zone.to_timestamp("2026-11-23T00:00".parse().unwrap()).unwrap();
            // Quarters of an hour through a week, the edges of each day among them.
            for quarter in 0..(7 * 24 * 4) {
                let now = Timestamp::from_second(start.as_second() + quarter * 900).unwrap();
                let owed = owed(&living, now, &hours);
                let open = |owed: &Owed| hours.between(owed.since, now);
                let late = owed.iter().filter(|o| open(o) > 480).count();
                let soon = owed
                    .iter()
                    .filter(|o| {
                        (420..=480).contains(&open(o))
                            || !o.acknowledged && (180..=240).contains(&open(o))
                    })
                    .count();
                let next = Hours::working_day_after(hours.date(now));
                let tomorrow = owed.iter().filter(|o| due_day(o.since, &hours) == next).count();
                assert!((1..=5).contains(&late), "{late} late at {now}");
                assert!(soon >= 1, "nothing due within the hour at {now}");
                assert!(tomorrow >= 1, "nothing due on the next day at {now}");
            }
        }
    }

    #[test]
    fn past_conversations_owe_nothing_and_about_a_dozen_clocks_run() {
        let hours = Hours { zone: TimeZone::UTC };
        let now: Timestamp = "2026-11-25T13:00:00Z".parse().unwrap();
        let owed = owed(&conversations(), now, &hours);
        let past: Vec<&str> = conversations()
            .iter()
            .filter(|conversation| conversation.when == When::Past)
            .map(|conversation| conversation.subject)
            .filter(|subject| owed.iter().any(|owed| owed.subject == *subject))
            .collect();
        assert_eq!(past, Vec::<&str>::new());
        assert!((12..=20).contains(&owed.len()), "{}", owed.len());
    }

    #[test]
    fn every_line_of_the_texts_is_understood() {
        for text in TEXTS.iter().chain([&ROUTINE]) {
            let (conversations, unread) = script::read(text);
            assert_eq!(unread, Vec::<&str>::new());
            for conversation in &conversations {
                assert!(!conversation.lines.is_empty(), "{}", conversation.subject);
                for matter in conversation.matter.trim_start_matches('?').split(',') {
                    let known = matter == "none" || PLOTS.iter().any(|plot| plot.key == matter);
                    assert!(known, "{matter}");
                }
                for line in &conversation.lines {
                    for key in [line.from].iter().chain(&line.to).chain(&line.cc) {
                        assert!(*key == "client" || cast::find(key).is_some(), "{key}");
                    }
                    for file in &line.files {
                        assert!(crate::demo::files::file(file).is_some(), "{file}");
                    }
                    for mark in &line.marks {
                        assert!(script::MARKS.contains(mark), "{mark}");
                    }
                }
            }
        }
    }

    #[test]
    fn the_cast_has_what_the_plots_need() {
        for plot in PLOTS {
            for (key, _) in plot.parties {
                assert!(cast::find(key).is_some(), "{key}");
            }
            assert!(plot.parties.first().is_some_and(|(_, role)| *role == Role::Client));
        }
        assert!(PEOPLE.iter().all(|person| person.email_address().is_ok()));
    }
}
