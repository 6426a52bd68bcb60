//! The policy under which clocks run: how long, and what counts.
//!
//! Owns the defaults of design 4.9. Which policy applies to a thread is decided elsewhere.

use std::time::Duration;

use super::{Author, Substance};
use crate::domain::target::Target;

/// Whose answer in substance stops the reply clock. An acknowledgement may come from anyone in the office.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum SubstantiveBy {
    /// Anyone in the office.
    #[default]
    Anyone,
    /// A lawyer.
    Lawyer,
    /// The lawyer who is responsible for the matter.
    Responsible,
}

/// How long answers may take, and what counts as one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlaPolicy {
    /// Its name in the settings.
    pub name: String,
    /// The name of the calendar in which its business time is counted.
    pub calendar: String,
    /// Time for the acknowledgement.
    pub ack: Target,
    /// Time for the answer in substance.
    pub reply: Target,
    /// The latest date, in business days after a holding reply, that converts the reply clock into a promise.
    pub max_holding: u16,
    /// `cob` targets: what arrives this short before the close counts as received on the next business day.
    pub cutoff: Duration,
    /// An answer to an older message, sent at most this long after a newer one arrived, does not answer the newer one.
    pub crossed_window: Duration,
    /// Whose answer in substance counts.
    pub substantive_by: SubstantiveBy,
    /// Does our own automatic reply count as an acknowledgement? No office should say yes lightly.
    pub auto_ack_counts: bool,
    /// The longest time in which the client of a matter hears nothing from us; `None` for no such clock.
    pub update: Option<Target>,
    /// Time to tell a client of a development; `None` for no such clock.
    pub inform: Option<Target>,
    /// The same for an offer.
    pub inform_offer: Option<Target>,
    /// Time after which a client who was asked something is chased; `None` for no such clock.
    pub chase: Option<Target>,
    /// Time to find the matter of an inbound message; `None` for no such clock.
    pub triage: Option<Target>,
    /// Time to report an incident.
    pub incident: Target,
    /// A snoozed clock shows again this much business time before its due.
    pub snooze_lead: Duration,
}

impl Default for SlaPolicy {
    /// The shipped firm policy: acknowledge in four business hours, answer in one business day.
    fn default() -> Self {
        Self {
            name: "firm".to_owned(),
            calendar: "office".to_owned(),
            ack: Target::BusinessHours(4),
            reply: Target::BusinessDays(1),
            max_holding: 5,
            cutoff: Duration::from_mins(30),
            crossed_window: Duration::from_mins(10),
            substantive_by: SubstantiveBy::Anyone,
            auto_ack_counts: false,
            update: Some(Target::Days(14)),
            inform: Some(Target::BusinessDays(1)),
            inform_offer: Some(Target::BusinessHours(4)),
            chase: Some(Target::BusinessDays(3)),
            triage: Some(Target::BusinessHours(2)),
            incident: Target::Hours(72),
            snooze_lead: Duration::from_hours(1),
        }
    }
}

impl SlaPolicy {
    /// What an outbound message of this substance counts as when `author` wrote it: words in substance from someone
    /// whose answer does not count are an acknowledgement. A holding reply may come from anyone.
    pub(super) fn counted(&self, substance: Substance, author: Author) -> Substance {
        let enough = match self.substantive_by {
            SubstantiveBy::Anyone => true,
            SubstantiveBy::Lawyer => author >= Author::Lawyer,
            SubstantiveBy::Responsible => author >= Author::Responsible,
        };
        match substance {
            Substance::Full | Substance::Partial if !enough => Substance::Ack,
            Substance::Full | Substance::Partial | Substance::Ack | Substance::Holding(_) => {
                substance
            }
        }
    }
}
