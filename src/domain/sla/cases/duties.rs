//! The clocks that belong to no turn: what starts and stops each of them.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::domain::id::MatterId;

/// A message of ours that asks something.
fn asking(key: i64, at: &str) -> ClockMessage {
    let text = TextFacts { words: 9, question: true, attachment: false };
    ClockMessage { text, ..ours(key, at) }
}

/// A message of ours that asks nothing.
fn telling(key: i64, at: &str) -> ClockMessage {
    let text = TextFacts { words: 9, question: false, attachment: false };
    ClockMessage { text, ..ours(key, at) }
}

/// A court's message: nobody of the client's side waits for an answer to it.
fn court(key: i64, at: &str) -> ClockMessage {
    ClockMessage { principals: Vec::new(), ..client(key, at) }
}

struct Desk {
    messages: Vec<ClockMessage>,
    marks: Vec<Mark>,
    duties: Vec<DutyMark>,
    tagged: BTreeMap<MessageKey, Timestamp>,
    known: BTreeSet<MessageKey>,
}

impl Desk {
    fn with(messages: &[ClockMessage]) -> Self {
        let tagged = messages.iter().map(|m| (m.key, Timestamp::MIN)).collect();
        let messages = messages.to_vec();
        Self { messages, marks: vec![], duties: vec![], tagged, known: BTreeSet::new() }
    }

    fn untagged(messages: &[ClockMessage]) -> Self {
        Self { tagged: BTreeMap::new(), ..Self::with(messages) }
    }

    fn marked(mut self, marks: &[DutyMark]) -> Self {
        self.duties = marks.to_vec();
        self
    }

    fn all(&self) -> Vec<Obligation> {
        duties(&DutyFacts {
            messages: &self.messages,
            marks: &self.marks,
            duties: &self.duties,
            tagged: &self.tagged,
            known: &self.known,
            clients: &BTreeSet::from([A, B]),
            policy: &SlaPolicy::default(),
            calendar: &ny(),
        })
        .unwrap()
    }

    fn of(&self, kind: ClockKind) -> Vec<Obligation> {
        self.all().into_iter().filter(|duty| duty.kind == kind).collect()
    }

    #[track_caller]
    fn one(&self, kind: ClockKind) -> Obligation {
        let found = self.of(kind);
        assert_eq!(found.len(), 1, "{found:#?}");
        found[0].clone()
    }
}

fn development(kind: DevelopmentKind) -> DutyMark {
    DutyMark::Development { message: MessageKey::new(1), kind }
}

fn after(messages: &[ClockMessage], more: &[ClockMessage]) -> Vec<ClockMessage> {
    [messages, more].concat()
}

#[test]
fn row_60_the_update_clock_counts_from_the_last_word_of_substance_and_rolls_back() {
    let matter = MatterId::new(1);
    let due = |last: &str, holds: &[(Timestamp, Option<Timestamp>)]| {
        let heard = (&A, t(last), None);
        let duty = update(matter, heard, holds, &SlaPolicy::default(), &ny()).unwrap();
        duty.map(|duty| duty.clock.due)
    };
    assert_eq!(due("2026-11-12T11:00", &[]), Some(t("2026-11-25T17:00")));
    assert_eq!(due("2026-11-07T11:00", &[]), Some(t("2026-11-20T17:00")));
    let hold = |from: &str, to: Option<&str>| [(t(from), to.map(t))];
    assert_eq!(
        due("2026-11-02T11:00", &hold("2026-11-03T09:00", Some("2026-11-06T09:00"))),
        Some(t("2026-11-19T17:00")),
        "three days on hold do not count"
    );
    assert_eq!(due("2026-11-12T11:00", &hold("2026-11-13T09:00", None)), None);
    let none = SlaPolicy { update: None, ..SlaPolicy::default() };
    assert_eq!(update(matter, (&A, t("Tue 10:00"), None), &[], &none, &ny()), Ok(None));
}

#[test]
fn a_development_is_owed_to_every_client_within_a_business_day_and_an_offer_within_four_hours() {
    let desk = Desk::with(&[court(1, "Tue 10:00")]);
    let order = desk.marked(&[development(DevelopmentKind::Order)]);
    let owed = order.of(ClockKind::Inform);
    assert_eq!(owed.iter().map(|d| d.principal.clone()).collect::<Vec<_>>(), [Some(A), Some(B)]);
    assert!(owed.iter().all(|d| d.clock.due == t("Wed 10:00") && d.running().is_some()));
    let offer = Desk::with(&[court(1, "Tue 10:00")]).marked(&[development(DevelopmentKind::Offer)]);
    assert!(offer.of(ClockKind::Inform).iter().all(|d| d.clock.due == t("Tue 14:00")));
}

#[test]
fn only_a_linked_message_tells_a_client_of_a_development() {
    let unlinked = [court(1, "Tue 10:00"), telling(2, "Tue 11:00")];
    let standing = |messages: &[ClockMessage], marks: &[DutyMark]| {
        let all = [&[development(DevelopmentKind::Order)], marks].concat();
        let owed = Desk::with(messages).marked(&all).of(ClockKind::Inform);
        owed.iter().map(|d| d.standing(t("Wed 09:00"))).collect::<Vec<_>>()
    };
    assert_eq!(standing(&unlinked, &[]), [Standing::Running, Standing::Running]);
    let forwards = ClockMessage { parent: id(1), ..telling(2, "Tue 11:00") };
    let forwarded = [court(1, "Tue 10:00"), forwards];
    assert_eq!(standing(&forwarded, &[]), [Standing::Met, Standing::Running]);
    let told = |by| DutyMark::Told {
        message: MessageKey::new(1),
        principals: BTreeSet::from([A, B]),
        at: t("Tue 11:00"),
        by,
    };
    let both = [Standing::Met, Standing::Met];
    assert_eq!(standing(&unlinked, &[told(StoppedBy::Attested)]), both);
    // What was linked by hand and came back has told nobody.
    let lost = StoppedBy::Sent(MessageKey::new(2));
    let bounced = super::delivery::bounced(3, "Tue 11:02", 2);
    assert_eq!(
        standing(&after(&unlinked, &[bounced]), &[told(lost)]),
        [Standing::Running, Standing::Running]
    );
}

#[test]
fn what_we_asked_is_chased_after_three_business_days_and_ends_with_the_clients_word() {
    let asked = [client(1, "Tue 10:00"), asking(2, "Tue 11:00")];
    let duty = Desk::with(&asked).one(ClockKind::Await);
    // Thursday is Thanksgiving; the third business day is Monday.
    assert_eq!((duty.started, duty.clock.due), (t("Tue 11:00"), t("2026-11-30T11:00")));
    assert_eq!(duty.principal, Some(A));
    let answered = Desk::with(&after(&asked, &[client(3, "Wed 12:00")])).one(ClockKind::Await);
    let stop = answered.clock.stop().unwrap();
    assert_eq!((stop.at, stop.by), (t("Wed 12:00"), StoppedBy::Received(MessageKey::new(3))));
    assert_eq!(answered.standing(t("Fri 10:00")), Standing::Met);
}

#[test]
fn a_second_question_starts_the_waiting_anew_and_a_word_without_one_does_not() {
    let two = [asking(1, "Tue 10:00"), asking(2, "Wed 10:00"), telling(3, "Fri 10:00")];
    assert_eq!(Desk::with(&two).one(ClockKind::Await).started, t("Wed 10:00"));
    assert!(Desk::with(&[telling(1, "Tue 10:00")]).of(ClockKind::Await).is_empty());
    let elsewhere = ClockMessage { observed: true, ..asking(1, "Tue 10:00") };
    assert!(Desk::with(&[elsewhere]).of(ClockKind::Await).is_empty());
}

#[test]
fn a_person_may_say_that_we_wait() {
    let mark = DutyMark::Waiting { at: t("Tue 12:00"), principals: BTreeSet::from([A]) };
    let duty = Desk::with(&[client(1, "Tue 10:00")]).marked(&[mark]).one(ClockKind::Await);
    assert_eq!((duty.started, duty.message), (t("Tue 12:00"), None));
}

#[test]
fn row_34_the_day_of_return_moves_the_chase_and_stops_nothing() {
    let away = ClockMessage {
        origin: Origin::AutoReply { returns: Some(jiff::civil::date(2026, 12, 7)) },
        ..client(2, "Tue 11:01")
    };
    let duty = Desk::with(&[asking(1, "Tue 11:00"), away]).one(ClockKind::Await);
    assert_eq!(duty.clock.due, t("2026-12-07T17:00"));
    assert!(duty.running().is_some());
    assert_eq!(duty.why, Why::Asked { returns: Some(jiff::civil::date(2026, 12, 7)) });
}

#[test]
fn a_message_without_a_matter_waits_two_business_hours_for_one() {
    let duty =
        Desk::untagged(&[client(1, "Tue 10:00"), client(2, "Tue 11:00")]).one(ClockKind::Triage);
    assert_eq!((duty.started, duty.clock.due), (t("Tue 10:00"), t("Tue 12:00")));
    let mut chosen = Desk::untagged(&[client(1, "Tue 10:00")]);
    chosen.tagged.insert(MessageKey::new(1), t("Tue 11:30"));
    assert_eq!(chosen.one(ClockKind::Triage).standing(t("Wed 10:00")), Standing::Met);
    let mut discarded = Desk::untagged(&[client(1, "Tue 10:00")]);
    discarded.marks.push(Mark::Dismissed {
        at: t("Tue 11:00"),
        messages: BTreeSet::from([MessageKey::new(1)]),
        reason: Confidential::from("an advertisement"),
    });
    let duty = discarded.one(ClockKind::Triage);
    assert_eq!(duty.standing(t("Wed 10:00")), Standing::Dismissed);
}

#[test]
fn what_inherits_a_matter_and_what_a_machine_sends_waits_for_none() {
    assert!(Desk::with(&[client(1, "Tue 10:00")]).of(ClockKind::Triage).is_empty());
    assert!(Desk::untagged(&[machine(1, "Tue 10:00")]).of(ClockKind::Triage).is_empty());
    let list = ClockMessage {
        origin: Origin::Weak(WeakSignal::List),
        principals: Vec::new(),
        ..client(1, "Tue 10:00")
    };
    let mut desk = Desk::untagged(&[list]);
    assert!(desk.of(ClockKind::Triage).is_empty());
    desk.known.insert(MessageKey::new(1));
    assert_eq!(desk.of(ClockKind::Triage).len(), 1);
}

#[test]
fn an_imitation_is_to_be_verified_at_once_until_somebody_did() {
    let imitation = ClockMessage { suspect: true, ..client(1, "Tue 10:00") };
    let desk = Desk::with(std::slice::from_ref(&imitation));
    let duty = desk.one(ClockKind::Verify);
    assert_eq!((duty.clock.due, duty.why.clone()), (t("Tue 10:00"), Why::Imitation));
    assert!(duty.running().is_some());
    let verified = DutyMark::Verified { message: MessageKey::new(1), at: t("Tue 15:00") };
    let duty = desk.marked(&[verified]).one(ClockKind::Verify);
    assert_eq!(duty.standing(t("Wed 10:00")), Standing::Met);
    let marked = DutyMark::Instruction { message: MessageKey::new(1) };
    let duty = Desk::with(&[client(1, "Tue 10:00")]).marked(&[marked]).one(ClockKind::Verify);
    assert_eq!(duty.why, Why::Instruction);
}

#[test]
fn an_incident_runs_through_the_night_and_the_weekend() {
    let open = DutyMark::Incident { id: 5, message: None, at: t("Fri 16:00") };
    let duty = Desk::with(&[]).marked(std::slice::from_ref(&open)).one(ClockKind::Incident);
    assert_eq!(duty.clock.due, t("2026-11-30T16:00"));
    let reason = Confidential::from("reported");
    let closed = DutyMark::Closed { id: 5, at: t("2026-11-30T16:00:01"), reason };
    let duty = Desk::with(&[]).marked(&[open, closed]).one(ClockKind::Incident);
    assert_eq!(duty.standing(t("2026-12-01T09:00")), Standing::Missed);
}

#[test]
fn a_promise_by_hand_runs_to_the_close_of_its_day_until_a_message_is_linked() {
    let promise = DutyMark::Promise {
        id: 3,
        principal: Some(A),
        at: t("Tue 11:00"),
        date: jiff::civil::date(2026, 11, 26),
    };
    let messages = [client(1, "Tue 10:00"), telling(2, "Wed 09:30")];
    let duty = Desk::with(&messages).marked(std::slice::from_ref(&promise));
    let duty = duty.one(ClockKind::Promise);
    assert_eq!(duty.clock.due, t("Wed 17:00"), "Thanksgiving rolls back");
    assert!(duty.running().is_some(), "an answer that nobody linked keeps no promise");
    let by = StoppedBy::Sent(MessageKey::new(2));
    let kept = DutyMark::Kept { id: 3, at: t("Wed 09:30"), by };
    let duty = Desk::with(&messages).marked(&[promise, kept]).one(ClockKind::Promise);
    assert_eq!(duty.standing(t("Fri 10:00")), Standing::Met);
}

#[test]
fn row_53_a_snooze_to_friday_ends_an_hour_before_what_is_due_on_wednesday() {
    let policy = SlaPolicy::default();
    let until = |chosen, due| snoozed_until(t(chosen), t(due), &policy, &ny()).unwrap();
    assert_eq!(until("Fri 09:00", "Wed 10:00"), t("Wed 09:00"));
    assert_eq!(until("Tue 15:00", "Wed 10:00"), t("Tue 15:00"));
    // Over night and over the holiday: the hour is one of business.
    assert_eq!(until("2026-12-24T09:00", "Fri 09:30"), t("Wed 16:30"));
}

#[test]
fn the_order_in_which_messages_came_changes_no_duty() {
    let messages = [court(1, "Tue 10:00"), asking(2, "Tue 11:00"), client(3, "Wed 10:00")];
    let mut turned = messages.to_vec();
    turned.reverse();
    let mark = [development(DevelopmentKind::Order)];
    assert_eq!(Desk::with(&messages).marked(&mark).all(), Desk::with(&turned).marked(&mark).all());
}
