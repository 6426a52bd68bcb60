//! What starts a clock, what stops it, and what crossed in the post (design 4.3).
//!
//! Owns these decisions for one message at a time. It keeps no state.

use std::time::Duration;

use jiff::{Timestamp, civil::Date};

use super::{Delivery, Principal, Substance, Timeline, prepare::Item};
use crate::domain::{
    calendar::CalendarError,
    message::{Direction, Origin},
};

/// So much time is left at least to whoever works when a policy becomes tighter.
pub(super) const HOUR: Duration = Duration::from_hours(1);

/// What every walk shares.
#[derive(Clone, Copy)]
pub(super) struct Rules<'a> {
    pub(super) timeline: &'a Timeline,
    pub(super) items: &'a [Item<'a>],
}

impl Rules<'_> {
    /// How much of an answer it is, apart from whom it answers. `None` for what never stops a clock.
    pub(super) fn substance(self, item: &Item<'_>) -> Option<Substance> {
        let message = item.message;
        if message.direction != Direction::Outbound || message.delivery != Delivery::Accepted {
            return None;
        }
        let policy = &self.timeline.at(item.at).policy;
        match item.origin {
            Origin::Person | Origin::Invitation => {
                Some(policy.counted(message.substance, message.author))
            }
            Origin::InvitationReply => Some(Substance::Ack),
            Origin::AutoReply { .. } => policy.auto_ack_counts.then_some(Substance::Ack),
            Origin::Weak(_) | Origin::DeliveryReport { .. } | Origin::ReadReceipt => None,
        }
    }

    /// Crossed in the post: `answer` says that it answers something older than `asked`, and went out so soon after
    /// `asked` came in that its writer had not seen it. A parent that is not here may be older, so it counts as such.
    pub(super) fn crossed(self, answer: &Item<'_>, asked: &Item<'_>) -> bool {
        let Some(parent) = &answer.message.parent else { return false };
        let gap = answer.at.duration_since(asked.at).unsigned_abs();
        if gap > self.timeline.at(answer.at).policy.crossed_window || asked.goes_by(parent) {
            return false;
        }
        let named = self.items.iter().filter(|item| item.goes_by(parent));
        named.map(|item| item.at).min().is_none_or(|at| at < asked.at)
    }

    /// When a date that was promised at `made` is over; `None` when the date is past or too far off to count.
    pub(super) fn promised(
        self,
        made: Timestamp,
        date: Date,
    ) -> Result<Option<Timestamp>, CalendarError> {
        let version = self.timeline.at(made);
        let today = version.calendar.date(made);
        let last = version.calendar.business_day_after(today, version.policy.max_holding)?;
        if date < today || date > last {
            return Ok(None);
        }
        version.calendar.promise_due(made, date).map(Some)
    }
}

/// Does it start, or belong to, a turn of this principal?
pub(super) fn starts(item: &Item<'_>, principal: &Principal) -> bool {
    let message = item.message;
    let human = match item.origin {
        Origin::Person | Origin::Invitation => true,
        // From someone the office knows a weak sign proves nothing; from a stranger it is a newsletter.
        Origin::Weak(_) => matches!(principal, Principal::Party(_)),
        Origin::AutoReply { .. }
        | Origin::DeliveryReport { .. }
        | Origin::ReadReceipt
        | Origin::InvitationReply => false,
    };
    human
        && message.direction == Direction::Inbound
        && !message.suspect
        && message.principals.contains(principal)
}
