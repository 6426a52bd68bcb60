//! Shapes of `deadline`, with how people read them.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Instant, Matter};
use crate::{
    cli::output::{Human, Style, table},
    domain::text::cut,
};

/// Output of `deadline compute`. It assists: nothing counts before a person has confirmed it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ComputedDeadline {
    /// The rule, such as `frcp.6`.
    pub rule: String,
    /// The last day (with `--at-least` the first, for deemed service its day) in the court's zone: `2026-11-27`.
    pub day: String,
    /// The last second that is in time.
    pub until: Instant,
    /// The court's IANA zone.
    pub zone: String,
    /// The set of holidays that was counted.
    pub holidays: String,
    /// How it was counted, in order.
    pub steps: Vec<DeadlineStep>,
    /// What was assumed and should be looked at.
    pub cautions: Vec<String>,
}

/// One step of the arithmetic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DeadlineStep {
    /// What was done.
    pub text: String,
    /// The provision that says so.
    pub cites: String,
}

/// Output of `deadline list`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DeadlinesReport {
    /// The instant from which time was counted.
    pub now: Instant,
    /// Deadlines, soonest first.
    pub deadlines: Vec<Deadline>,
}

/// A deadline of a matter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Deadline {
    /// Its number.
    pub deadline: i64,
    /// `to confirm` (it does not count yet), `confirmed`, `done` or `vacated`.
    pub state: String,
    /// The last day, in the court's zone: `2026-11-27`.
    pub day: String,
    /// The last second that is in time.
    pub until: Instant,
    /// The court's IANA zone.
    pub zone: String,
    /// Of which matter.
    pub matter: Matter,
    /// What is to be done.
    pub what: String,
    /// The rule by which it was computed; absent when it was entered by hand.
    pub rule: Option<String>,
    /// How it was computed, one step each.
    pub arithmetic: Vec<String>,
    /// What sets it.
    pub source: String,
    /// Where that can be looked up.
    pub evidence: String,
    /// When it was entered.
    pub entered: Instant,
    /// When a person confirmed it.
    pub confirmed: Option<Instant>,
    /// When it was done or vacated.
    pub ended: Option<Instant>,
    /// The evidence, or the order.
    pub because: Option<String>,
}

impl Human for ComputedDeadline {
    fn lines(&self, _: &Style) -> Vec<String> {
        let mut lines: Vec<String> =
            self.steps.iter().map(|step| format!("{} ({})", step.text, step.cites)).collect();
        lines.extend(self.cautions.iter().map(|caution| format!("Mind: {caution}.")));
        lines.push(format!("{} is what the rule gives; a person confirms it.", self.day));
        lines
    }

    fn is_prose(&self) -> bool {
        true
    }
}

impl Human for DeadlinesReport {
    fn lines(&self, _: &Style) -> Vec<String> {
        if self.deadlines.is_empty() {
            return vec!["no deadlines".to_owned()];
        }
        let rows: Vec<Vec<String>> = self
            .deadlines
            .iter()
            .map(|row| {
                vec![
                    row.deadline.to_string(),
                    row.day.clone(),
                    row.state.clone(),
                    row.matter.number.clone(),
                    cut(&row.what, 40),
                    row.rule.clone().unwrap_or_else(|| "by hand".to_owned()),
                    cut(row.because.as_ref().unwrap_or(&row.source), 40),
                ]
            })
            .collect();
        table(&rows, &[0])
    }
}
