//! The practice office as data: its matters, its parties, and some months of mail up to now.
//!
//! Owns the dates: they are counted back from `now` in the office's open hours, so that whatever the day some answers
//! are late, some fall due within the hour and some on the next working day. The same `now` gives the same bytes.

use jiff::{Timestamp, tz::TimeZone};

use super::{
    cast::{self, OWNER, PEOPLE, PLOTS, Person, Plot},
    hours::Hours,
    letters::{self, Context},
    script::{self, Conversation, When},
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
        let times = times(&conversation, &hours, now, &mut dice);
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

/// When each letter was received or sent.
fn times(
    conversation: &Conversation<'_>,
    hours: &Hours,
    now: Timestamp,
    dice: &mut Dice,
) -> Vec<Timestamp> {
    let lines = &conversation.lines;
    let last = lines.len().saturating_sub(1);
    let anchor = lines.iter().position(|l| l.marks.contains(&"clock")).unwrap_or(last);
    let gaps: Vec<i64> = lines
        .iter()
        .map(|line| {
            line.gap.unwrap_or_else(|| {
                if line.from == "us" { dice.between(25, 400) } else { dice.between(60, 1700) }
            })
        })
        .collect();
    let anchored = match conversation.when {
        When::Past => dice.between(700, 70 * 480),
        When::Ago(minutes) => minutes,
        When::Late(minutes) => minutes.saturating_add(480),
        When::Due(minutes) => 480_i64.saturating_sub(minutes),
        When::AckDue(minutes) => 240_i64.saturating_sub(minutes),
        When::Tomorrow(minutes) => {
            let at = hours.due_next_day(now, minutes);
            return around(&gaps, anchor, at, hours, now);
        }
    };
    around(&gaps, anchor, hours.back(now, anchored), hours, now)
}

/// The letters before the anchor go back from it, those after it forward, never beyond `now`.
fn around(
    gaps: &[i64],
    anchor: usize,
    at: Timestamp,
    hours: &Hours,
    now: Timestamp,
) -> Vec<Timestamp> {
    let mut times = vec![at; gaps.len()];
    let mut earlier = at;
    for index in (0..anchor).rev() {
        let gap = gaps.get(index.saturating_add(1)).copied().unwrap_or(60);
        earlier = hours.back(earlier, gap);
        if let Some(time) = times.get_mut(index) {
            *time = earlier;
        }
    }
    let mut open = hours.between(at, now);
    let mut later = at;
    for (gap, time) in gaps.iter().zip(&mut times).skip(anchor.saturating_add(1)) {
        open = open.saturating_sub(*gap).max(0);
        // Out of hours no open time passes: then a letter follows a minute after the one before it.
        let minute = later.as_second().saturating_add(60).min(now.as_second());
        let minute = Timestamp::from_second(minute).unwrap_or(now);
        let want = if open == 0 { minute } else { hours.back(now, open) };
        later = want.max(minute);
        *time = later;
    }
    times
}

/// A small generator (xorshift64*): the same office every time, and no dependency.
pub(super) struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// A number from `low` up to but not including `high`.
    pub(super) fn between(&mut self, low: i64, high: i64) -> i64 {
        let span = u64::try_from(high.saturating_sub(low)).unwrap_or(0).max(1);
        let offset = self.next().checked_rem(span).unwrap_or(0);
        low.saturating_add(i64::try_from(offset).unwrap_or(0))
    }

    /// A word for a Message-ID.
    pub(super) fn word(&mut self) -> String {
        format!("{:012x}", self.next() >> 16)
    }
}
