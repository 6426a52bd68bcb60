//! Shapes of `report`.

use schemars::JsonSchema;
use serde::Serialize;

use super::Instant;

/// Output of `report`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Report {
    /// What it is: internal work product.
    pub mark: String,
    /// The instant from which time was counted.
    pub now: Instant,
    /// The first day of the period.
    pub from: String,
    /// The last day of the period.
    pub to: String,
    /// The office's word for an answer that was not in time: `late` or `missed`.
    pub word: String,
    /// Everything together.
    pub all: ReportGroup,
    /// By matter.
    pub matters: Vec<ReportGroup>,
    /// By client.
    pub clients: Vec<ReportGroup>,
    /// By owner: the account to which a conversation came.
    pub owners: Vec<ReportGroup>,
    /// By week.
    pub weeks: Vec<ReportWeek>,
    /// Answers by business time.
    pub histogram: Vec<ReportBucket>,
    /// Messages from outside: seven weekdays from Monday, each with 24 hours; zeros when one matter was asked for.
    pub arrivals: Vec<Vec<u32>>,
    /// Open matters, those whose clients have not heard from us for longest first.
    pub without_update: Vec<QuietMatter>,
}

/// How often a clock was met.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ReportRate {
    /// Stopped in time.
    pub in_time: u32,
    /// Not stopped in time.
    pub not_in_time: u32,
    /// In time ÷ all, in tenths of a percent; absent when nothing was decided.
    pub attainment_permille: Option<u32>,
}

/// What was counted of a group of turns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ReportGroup {
    /// `all`, `matter`, `client` or `owner`.
    pub by: String,
    /// Which one; empty for none.
    pub name: String,
    /// Acknowledgements.
    pub ack: ReportRate,
    /// Answers in substance.
    pub reply: ReportRate,
    /// Promised dates.
    pub promises: ReportRate,
    /// Answers deferred with notice.
    pub deferred_with_notice: u32,
    /// Of these turns, those deferred more than once.
    pub deferred_again: u32,
    /// Turns that were dismissed: in no rate.
    pub dismissed: u32,
    /// Turns in which an answer of ours never arrived.
    pub retracted: u32,
    /// Turns that are not in time now, whenever they began.
    pub open_not_in_time: u32,
    /// Answers from which the times below come.
    pub answers: u32,
    /// Median business time to the answer, in seconds.
    pub median_business_seconds: Option<i64>,
    /// Nine of ten answers came within this business time, in seconds.
    pub p90_business_seconds: Option<i64>,
    /// Median time on the wall, in seconds.
    pub median_wall_seconds: Option<i64>,
    /// Nine of ten answers came within this time on the wall, in seconds.
    pub p90_wall_seconds: Option<i64>,
}

/// A week.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ReportWeek {
    /// Its Monday.
    pub week: String,
    /// Acknowledgements decided in it.
    pub ack: ReportRate,
    /// Answers decided in it.
    pub reply: ReportRate,
}

/// Answers within a business time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ReportBucket {
    /// Up to so many business hours, from the bound before; absent for the rest.
    pub up_to_business_hours: Option<i64>,
    /// How many.
    pub answers: u32,
}

/// A matter and when its client last heard from us.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct QuietMatter {
    /// Its number and name.
    pub matter: String,
    /// When; absent for never.
    pub heard: Option<Instant>,
}

/// Output of `report --extract`: what a client may read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ReportExtract {
    /// The first day of the period.
    pub from: String,
    /// The last day of the period.
    pub to: String,
    /// Answers in the agreed time.
    pub in_time: u32,
    /// Answers that were due.
    pub answers: u32,
    /// The same as a sentence.
    pub text: String,
}
