//! The outbox: in which state a message on its way out is, and what can happen to it (design 5.2.1).
//!
//! Owns the one transition function and the times of another try. It never sends and never reads a clock: every
//! event brings its instant.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use super::{address::EmailAddress, confidential::Confidential};

/// Who sends a message and who gets it (RFC 5321 §2.3.1). Stored apart from the bytes, never read back from them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    from: EmailAddress,
    recipients: Vec<EmailAddress>,
}

impl Envelope {
    /// Puts an envelope together; each recipient is kept once, in the order given. `None` when there is nobody.
    pub fn new(
        from: EmailAddress,
        recipients: impl IntoIterator<Item = EmailAddress>,
    ) -> Option<Self> {
        let mut seen = BTreeSet::new();
        let recipients: Vec<_> =
            recipients.into_iter().filter(|who| seen.insert(who.clone())).collect();
        (!recipients.is_empty()).then_some(Self { from, recipients })
    }

    /// The return path.
    pub const fn from(&self) -> &EmailAddress {
        &self.from
    }

    /// Everyone who gets it, Bcc included. Never empty.
    pub fn recipients(&self) -> &[EmailAddress] {
        &self.recipients
    }
}

/// Where a message on its way out is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OutboxState {
    /// In the undo window.
    Held {
        /// It may leave from then on.
        until: Timestamp,
    },
    /// To go at a later time.
    Scheduled {
        /// It may leave from then on.
        at: Timestamp,
    },
    /// Next to go.
    Queued,
    /// On its way now. Committed before the first byte leaves.
    Sending {
        /// The number of this attempt, from 1.
        attempt: u32,
    },
    /// Will be tried again.
    Deferred {
        /// Not before then.
        until: Timestamp,
        /// Attempts so far, from 1.
        tries: u32,
    },
    /// The relay accepted it (250).
    Sent {
        /// When.
        at: Timestamp,
        /// The relay's words.
        reply: Confidential<String>,
    },
    /// The relay refused it, or patience ran out ([`PATIENCE`]).
    Refused {
        /// The relay's last words.
        reply: Confidential<String>,
    },
    /// The line dropped after the data: it is not known whether it went out. A person decides.
    Unknown {
        /// Since when.
        since: Timestamp,
    },
    /// Stopped by a person before it left.
    Cancelled,
}

/// What can happen to a message in the outbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OutboxEvent {
    /// Time has come to this instant.
    Reached(Timestamp),
    /// The deliverer takes it, at this instant.
    Begin(Timestamp),
    /// The relay accepted it.
    Accepted {
        /// When.
        at: Timestamp,
        /// The relay's words.
        reply: Confidential<String>,
    },
    /// It did not go out, and may go out later.
    NotNow {
        /// When that was known.
        at: Timestamp,
        /// When it was queued first; patience counts from then.
        queued: Timestamp,
        /// The relay's words, or empty.
        reply: Confidential<String>,
    },
    /// The relay refuses it for good.
    Refused {
        /// The relay's words.
        reply: Confidential<String>,
    },
    /// It is not known whether it went out.
    Lost(Timestamp),
    /// A person stops it.
    Cancel,
    /// A person says that it went out (it was seen in Sent, or the other party has it), at this instant.
    WentOut(Timestamp),
    /// A person says: send it again, or: try now.
    SendAgain,
    /// The program has started, at this instant.
    Restarted(Timestamp),
}

/// The event does not fit the state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this cannot happen to the message in its present state")]
pub struct OutOfTurn;

/// After five days without success a message is refused with the relay's last words: the give-up time of RFC 5321
/// §4.5.4.1, long enough for an outage over a long weekend. Meanwhile the client's clock runs on and the row shows.
pub const PATIENCE: SignedDuration = SignedDuration::from_hours(5 * 24);

/// How long to wait after so many attempts: 1, 2, 4 … 32 minutes, then an hour.
pub fn pause_after(tries: u32) -> SignedDuration {
    let doubled = 1_i64.checked_shl(tries.saturating_sub(1).min(6)).unwrap_or(60);
    SignedDuration::from_mins(doubled.min(60))
}

impl OutboxState {
    /// May it be taken for sending at this instant?
    pub fn is_ready(&self, now: Timestamp) -> bool {
        *self == Self::Queued || self.wakes_at().is_some_and(|at| at <= now)
    }

    /// When it may leave at the earliest; `None` when it does not wait for a time.
    pub const fn wakes_at(&self) -> Option<Timestamp> {
        match self {
            Self::Held { until } | Self::Deferred { until, .. } => Some(*until),
            Self::Scheduled { at } => Some(*at),
            Self::Queued
            | Self::Sending { .. }
            | Self::Sent { .. }
            | Self::Refused { .. }
            | Self::Unknown { .. }
            | Self::Cancelled => None,
        }
    }

    /// Can a person still stop it? From the first byte until an answer nobody can.
    pub const fn can_cancel(&self) -> bool {
        match self {
            Self::Held { .. }
            | Self::Scheduled { .. }
            | Self::Queued
            | Self::Deferred { .. }
            | Self::Refused { .. } => true,
            Self::Sending { .. } | Self::Sent { .. } | Self::Unknown { .. } | Self::Cancelled => {
                false
            }
        }
    }

    /// Attempts so far.
    const fn tries(&self) -> u32 {
        match self {
            Self::Sending { attempt } => *attempt,
            Self::Deferred { tries, .. } => *tries,
            Self::Held { .. }
            | Self::Scheduled { .. }
            | Self::Queued
            | Self::Sent { .. }
            | Self::Refused { .. }
            | Self::Unknown { .. }
            | Self::Cancelled => 0,
        }
    }

    /// The state after an event. `Sent` and `Cancelled` are final.
    ///
    /// # Errors
    ///
    /// [`OutOfTurn`] when the event cannot happen in this state; the state stays as it was.
    pub fn after(&self, event: &OutboxEvent) -> Result<Self, OutOfTurn> {
        match event {
            OutboxEvent::Reached(now) => Ok(self.reached(*now)),
            OutboxEvent::Begin(now) if self.is_ready(*now) => {
                Ok(Self::Sending { attempt: self.tries().saturating_add(1) })
            }
            OutboxEvent::Accepted { at, reply } => {
                self.while_sending(|_| Self::Sent { at: *at, reply: reply.clone() })
            }
            OutboxEvent::NotNow { at, queued, reply } => self.while_sending(|attempt| {
                if at.duration_since(*queued) >= PATIENCE {
                    return Self::Refused { reply: reply.clone() };
                }
                let until = at.saturating_add(pause_after(attempt)).unwrap_or(Timestamp::MAX);
                Self::Deferred { until, tries: attempt }
            }),
            OutboxEvent::Refused { reply } => {
                self.while_sending(|_| Self::Refused { reply: reply.clone() })
            }
            OutboxEvent::Lost(since) => self.while_sending(|_| Self::Unknown { since: *since }),
            OutboxEvent::Cancel if self.can_cancel() => Ok(Self::Cancelled),
            OutboxEvent::Begin(_) | OutboxEvent::Cancel => Err(OutOfTurn),
            OutboxEvent::WentOut(at) => match self {
                Self::Unknown { .. } => {
                    Ok(Self::Sent { at: *at, reply: Confidential::new(String::new()) })
                }
                Self::Held { .. }
                | Self::Scheduled { .. }
                | Self::Queued
                | Self::Sending { .. }
                | Self::Deferred { .. }
                | Self::Sent { .. }
                | Self::Refused { .. }
                | Self::Cancelled => Err(OutOfTurn),
            },
            OutboxEvent::SendAgain => match self {
                Self::Unknown { .. } | Self::Refused { .. } | Self::Deferred { .. } => {
                    Ok(Self::Queued)
                }
                Self::Held { .. }
                | Self::Scheduled { .. }
                | Self::Queued
                | Self::Sending { .. }
                | Self::Sent { .. }
                | Self::Cancelled => Err(OutOfTurn),
            },
            OutboxEvent::Restarted(now) => Ok(self.recover(*now)),
        }
    }

    /// The state at the start of the program: what was on its way is not known to have gone out or not.
    #[must_use]
    pub fn recover(&self, now: Timestamp) -> Self {
        match self {
            Self::Sending { .. } => Self::Unknown { since: now },
            Self::Held { .. }
            | Self::Scheduled { .. }
            | Self::Queued
            | Self::Deferred { .. }
            | Self::Sent { .. }
            | Self::Refused { .. }
            | Self::Unknown { .. }
            | Self::Cancelled => self.clone(),
        }
    }

    /// `Held` and `Scheduled` become `Queued` when their time has come; `Deferred` keeps its count and is taken by
    /// `Begin`.
    fn reached(&self, now: Timestamp) -> Self {
        let waits = matches!(self, Self::Held { .. } | Self::Scheduled { .. });
        if waits && self.is_ready(now) { Self::Queued } else { self.clone() }
    }

    fn while_sending(&self, next: impl FnOnce(u32) -> Self) -> Result<Self, OutOfTurn> {
        match self {
            Self::Sending { attempt } => Ok(next(*attempt)),
            Self::Held { .. }
            | Self::Scheduled { .. }
            | Self::Queued
            | Self::Deferred { .. }
            | Self::Sent { .. }
            | Self::Refused { .. }
            | Self::Unknown { .. }
            | Self::Cancelled => Err(OutOfTurn),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    fn all() -> Vec<OutboxState> {
        let reply = Confidential::from("250 ok");
        vec![
            OutboxState::Held { until: at(10) },
            OutboxState::Scheduled { at: at(10) },
            OutboxState::Queued,
            OutboxState::Sending { attempt: 2 },
            OutboxState::Deferred { until: at(10), tries: 3 },
            OutboxState::Sent { at: at(1), reply: reply.clone() },
            OutboxState::Refused { reply },
            OutboxState::Unknown { since: at(1) },
            OutboxState::Cancelled,
        ]
    }

    #[test]
    fn only_what_is_on_its_way_can_become_sent_by_the_relay() {
        let accepted = OutboxEvent::Accepted { at: at(20), reply: Confidential::from("250 ok") };
        for state in all() {
            let sending = matches!(state, OutboxState::Sending { .. });
            assert_eq!(state.after(&accepted).is_ok(), sending, "{state:?}");
        }
    }

    #[test]
    fn a_message_in_flight_or_of_unknown_fate_is_never_taken_by_the_deliverer() {
        for state in all() {
            let may = matches!(
                state,
                OutboxState::Held { .. }
                    | OutboxState::Scheduled { .. }
                    | OutboxState::Queued
                    | OutboxState::Deferred { .. }
            );
            assert_eq!(state.after(&OutboxEvent::Begin(at(11))).is_ok(), may, "{state:?}");
        }
        assert_eq!(
            OutboxState::Held { until: at(10) }.after(&OutboxEvent::Begin(at(9))),
            Err(OutOfTurn)
        );
    }

    #[test]
    fn a_restart_makes_a_message_in_flight_unknown_and_leaves_the_rest() {
        for state in all() {
            let after = state.recover(at(99));
            if matches!(state, OutboxState::Sending { .. }) {
                assert_eq!(after, OutboxState::Unknown { since: at(99) });
            } else {
                assert_eq!(after, state);
            }
        }
    }

    #[test]
    fn pauses_double_from_a_minute_to_an_hour() {
        let minutes: Vec<_> = (1..=9).map(|tries| pause_after(tries).as_mins()).collect();
        assert_eq!(minutes, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
        assert_eq!(pause_after(u32::MAX).as_mins(), 60);
    }

    #[test]
    fn after_five_days_the_last_words_of_the_relay_stand() {
        let words = Confidential::from("451 try later");
        let not_now = |at: Timestamp| OutboxEvent::NotNow {
            at,
            queued: Timestamp::UNIX_EPOCH,
            reply: words.clone(),
        };
        let sending = OutboxState::Sending { attempt: 1 };
        assert_eq!(
            sending.after(&not_now(at(60))),
            Ok(OutboxState::Deferred { until: at(120), tries: 1 })
        );
        assert_eq!(
            sending.after(&not_now(at(5 * 86_400))),
            Ok(OutboxState::Refused { reply: words.clone() })
        );
    }

    #[test]
    fn the_count_of_attempts_survives_a_deferral() {
        let deferred = OutboxState::Deferred { until: at(10), tries: 3 };
        assert_eq!(
            deferred.after(&OutboxEvent::Begin(at(10))),
            Ok(OutboxState::Sending { attempt: 4 })
        );
    }

    #[test]
    fn an_envelope_names_nobody_twice() {
        let ann = EmailAddress::parse("ann@a.example").unwrap();
        let again = EmailAddress::parse("ANN@a.example").unwrap();
        let envelope = Envelope::new(ann.clone(), [ann.clone(), again]).unwrap();
        assert_eq!(envelope.recipients().len(), 1);
        assert!(Envelope::new(ann, []).is_none());
    }

    fn any_event() -> impl Strategy<Value = OutboxEvent> {
        let reply = Confidential::from("words");
        let time = (0_i64..1_000_000).prop_map(at);
        prop_oneof![
            time.clone().prop_map(OutboxEvent::Reached),
            time.clone().prop_map(OutboxEvent::Begin),
            Just(OutboxEvent::Accepted { at: at(5), reply: reply.clone() }),
            time.clone().prop_map({
                let reply = reply.clone();
                move |at| OutboxEvent::NotNow { at, queued: self::at(0), reply: reply.clone() }
            }),
            Just(OutboxEvent::Refused { reply }),
            time.clone().prop_map(OutboxEvent::Lost),
            Just(OutboxEvent::Cancel),
            time.clone().prop_map(OutboxEvent::WentOut),
            Just(OutboxEvent::SendAgain),
            time.prop_map(OutboxEvent::Restarted),
        ]
    }

    proptest! {
        #[test]
        fn whatever_happens_nothing_is_sent_twice_and_nothing_sent_comes_back(
            events in proptest::collection::vec(any_event(), 0..60),
        ) {
            let mut state = OutboxState::Held { until: at(10) };
            // Whether bytes may have left since a person last said that they had not.
            let mut may_have_left = false;
            for event in events {
                let Ok(next) = state.after(&event) else { continue };
                if matches!(event, OutboxEvent::Begin(_)) {
                    prop_assert!(!may_have_left, "{state:?}");
                }
                may_have_left = match next {
                    OutboxState::Sending { .. } | OutboxState::Sent { .. } | OutboxState::Unknown { .. } => true,
                    OutboxState::Held { .. }
                    | OutboxState::Scheduled { .. }
                    | OutboxState::Queued
                    | OutboxState::Deferred { .. }
                    | OutboxState::Refused { .. }
                    | OutboxState::Cancelled => false,
                };
                let is_final = matches!(state, OutboxState::Sent { .. } | OutboxState::Cancelled);
                prop_assert!(!is_final || next == state);
                state = next;
            }
        }
    }
}
