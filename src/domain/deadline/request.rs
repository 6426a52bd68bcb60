//! What is asked of a rule: the event, the period, the way it is counted.
//!
//! Owns these shapes and the names of the rules. It counts nothing.

use std::{collections::BTreeSet, fmt, str::FromStr};

use jiff::civil::{Date, DateTime, Time};

use super::Period;

/// A rule that a calculator knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// Rule 6 of the Federal Rules of Civil Procedure (United States), as amended in 2009 and 2016.
    Frcp6,
    /// Rule 2.8 of the Civil Procedure Rules (England & Wales): periods.
    Cpr28,
    /// Rule 6.26: deemed service of a document other than a claim form.
    Cpr626,
    /// Rule 6.14: deemed service of a claim form within the United Kingdom.
    Cpr614,
    /// § 222 of the Zivilprozessordnung (Germany): periods of procedure.
    Zpo222,
    /// §§ 187 to 193 of the Bürgerliches Gesetzbuch (Germany): periods of contract and statute.
    Bgb187,
}

impl Rule {
    /// Every rule.
    pub const ALL: [Self; 6] =
        [Self::Frcp6, Self::Cpr28, Self::Cpr626, Self::Cpr614, Self::Zpo222, Self::Bgb187];

    /// Its word on the command line, in JSON and in the record.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Frcp6 => "frcp.6",
            Self::Cpr28 => "cpr.2.8",
            Self::Cpr626 => "cpr.6.26",
            Self::Cpr614 => "cpr.6.14",
            Self::Zpo222 => "zpo.222",
            Self::Bgb187 => "bgb.187",
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl FromStr for Rule {
    type Err = String;

    /// # Errors
    /// In words: which rules there are.
    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|rule| rule.word() == text).ok_or_else(|| {
            format!("no rule of this name; there are {}", Self::ALL.map(Self::word).join(", "))
        })
    }
}

/// The event from which, or to which, a period is counted, in the court's own time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trigger {
    /// Its day.
    pub date: Date,
    /// Its time of day, where it matters: periods in hours, deemed service.
    pub time: Option<Time>,
}

impl FromStr for Trigger {
    type Err = String;

    /// Reads `2026-11-05` or `2026-11-05T16:29`.
    ///
    /// # Errors
    /// In words.
    fn from_str(text: &str) -> Result<Self, String> {
        if text.contains(['T', ':']) {
            let at: DateTime = text.parse().map_err(|_| Self::expected())?;
            return Ok(Self { date: at.date(), time: Some(at.time()) });
        }
        let date = text.parse().map_err(|_| Self::expected())?;
        Ok(Self { date, time: None })
    }
}

impl Trigger {
    fn expected() -> String {
        "expected a day such as 2026-11-05, or with its time in the court's zone 2026-11-05T16:29"
            .to_owned()
    }
}

/// Which way a period is counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Counting {
    /// Something must be done within the period after the event: its last day.
    #[default]
    After,
    /// Something must be done at least so long before the event: the last day for it.
    Before,
    /// Something may happen at the earliest so long after the event: the first day for it (CPR 2.8(3), second example).
    AtLeastAfter,
}

/// How a document was served.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Service {
    /// By electronic means: e-filing, e-mail.
    Electronic,
    /// In person.
    Personal,
    /// By mail; CPR: first class post.
    Mail,
    /// FRCP 5(b)(2)(D): left with the court's clerk.
    Clerk,
    /// FRCP 5(b)(2)(F): other means consented to in writing.
    Consented,
    /// CPR: document exchange (DX).
    Dx,
    /// CPR: delivered to or left at a permitted address.
    Delivered,
    /// CPR: fax.
    Fax,
}

impl Service {
    /// Every way.
    pub const ALL: [Self; 8] = [
        Self::Electronic,
        Self::Personal,
        Self::Mail,
        Self::Clerk,
        Self::Consented,
        Self::Dx,
        Self::Delivered,
        Self::Fax,
    ];

    /// Its word on the command line and in the record.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Electronic => "electronic",
            Self::Personal => "personal",
            Self::Mail => "mail",
            Self::Clerk => "clerk",
            Self::Consented => "consented",
            Self::Dx => "dx",
            Self::Delivered => "delivered",
            Self::Fax => "fax",
        }
    }
}

impl FromStr for Service {
    type Err = String;

    /// # Errors
    /// In words: which ways there are.
    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|way| way.word() == text).ok_or_else(|| {
            format!("no such way; there are {}", Self::ALL.map(Self::word).join(", "))
        })
    }
}

/// Everything that a calculator is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// By which rule.
    pub rule: Rule,
    /// From (or to) which event.
    pub trigger: Trigger,
    /// How long; none for deemed service.
    pub period: Option<Period>,
    /// Which way.
    pub counting: Counting,
    /// How the document was served, where the rule asks.
    pub service: Option<Service>,
    /// §§ 187(2), 188(2) BGB: the period begins with the beginning of the trigger's day, which counts.
    pub first_day_counts: bool,
    /// CPR 2.8(5): the act is done at the court office, so a period that ends while it is closed runs on.
    pub at_court_office: bool,
    /// FRCP 6(a)(3): days on which the clerk's office was inaccessible.
    pub inaccessible: BTreeSet<Date>,
}

impl Request {
    /// A period after an event, by a rule, with nothing special about it.
    pub const fn new(rule: Rule, trigger: Trigger, period: Option<Period>) -> Self {
        Self {
            rule,
            trigger,
            period,
            counting: Counting::After,
            service: None,
            first_day_counts: false,
            at_court_office: false,
            inaccessible: BTreeSet::new(),
        }
    }
}
