//! The rules in force: calendars and policies by name, and which of them a matter is under.
//!
//! Owns the fall-back to the firm's own. It never reads a file; `config` does.

use std::{collections::BTreeMap, sync::Arc};

use crate::domain::{calendar::WorkCalendar, sla::SlaPolicy};

/// Calendars and policies by their names in the settings.
#[derive(Clone, Debug)]
pub struct Rules {
    calendars: BTreeMap<String, Arc<WorkCalendar>>,
    policies: BTreeMap<String, Arc<SlaPolicy>>,
    firm: Arc<SlaPolicy>,
    firm_calendar: Arc<WorkCalendar>,
}

impl Rules {
    /// `firm` is the policy for whatever names no other, `firm_calendar` the calendar for a policy that names none of
    /// `calendars`.
    pub fn new(
        firm: SlaPolicy,
        firm_calendar: WorkCalendar,
        policies: impl IntoIterator<Item = SlaPolicy>,
        calendars: impl IntoIterator<Item = WorkCalendar>,
    ) -> Self {
        let firm = Arc::new(firm);
        let firm_calendar = Arc::new(firm_calendar);
        let mut by_name: BTreeMap<_, _> = calendars
            .into_iter()
            .map(|calendar| (calendar.name.clone(), Arc::new(calendar)))
            .collect();
        by_name.insert(firm_calendar.name.clone(), Arc::clone(&firm_calendar));
        let mut policies: BTreeMap<_, _> =
            policies.into_iter().map(|policy| (policy.name.clone(), Arc::new(policy))).collect();
        policies.insert(firm.name.clone(), Arc::clone(&firm));
        Self { calendars: by_name, policies, firm, firm_calendar }
    }

    /// The policy of this name; the firm's for an empty or unknown one.
    pub fn policy(&self, name: &str) -> &Arc<SlaPolicy> {
        self.policies.get(name).unwrap_or(&self.firm)
    }

    /// Is there a policy of this name?
    pub fn has_policy(&self, name: &str) -> bool {
        self.policies.contains_key(name)
    }

    /// The calendar of this name; the firm's for an unknown one.
    pub fn calendar(&self, name: &str) -> &Arc<WorkCalendar> {
        self.calendars.get(name).unwrap_or(&self.firm_calendar)
    }

    /// The firm's own calendar: the zone in which times are shown.
    pub const fn firm_calendar(&self) -> &Arc<WorkCalendar> {
        &self.firm_calendar
    }

    /// A text that is the same for the same rules: when it changes, every clock is folded anew.
    pub fn fingerprint(&self) -> String {
        let text = format!("{:?} {:?} {:?}", self.calendars, self.policies, self.firm.name);
        blake3::hash(text.as_bytes()).to_hex().to_string()
    }
}
