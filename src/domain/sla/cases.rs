//! The worked cases of design 4.8 that the fold decides, each by its number. Calendar NY, policy ack 4bh, reply 1bd.

use std::collections::BTreeSet;

use jiff::{Timestamp, civil::Date};

use super::*;
use crate::domain::{
    address::EmailAddress,
    calendar::{WorkCalendar, cases},
    confidential::Confidential,
    id::{MessageKey, PartyId},
    message::{DeliveryAction, DeliveryStatus, Direction, MessageId, Origin, WeakSignal},
};

const A: Principal = Principal::Party(PartyId::new(1));
const B: Principal = Principal::Party(PartyId::new(2));

fn ny() -> WorkCalendar {
    cases::new_york()
}

/// `Tue 15:00` of the week of 23 November 2026, or a civil time.
fn t(text: &str) -> Timestamp {
    let civil = match text.split_once(' ') {
        Some((day, time)) => {
            let date = match day {
                "Sat" => "2026-11-21",
                "Sun" => "2026-11-22",
                "Mon" => "2026-11-23",
                "Tue" => "2026-11-24",
                "Wed" => "2026-11-25",
                "Thu" => "2026-11-26",
                "Fri" => "2026-11-27",
                other => panic!("{other}"),
            };
            format!("{date}T{time}")
        }
        None => text.to_owned(),
    };
    cases::at(&ny(), &civil)
}

fn address(text: &str) -> EmailAddress {
    EmailAddress::parse(text).unwrap()
}

fn to(text: &str, principal: Option<Principal>) -> Addressee {
    Addressee { address: address(text), principal }
}

fn to_client() -> Vec<Addressee> {
    vec![to("kofi@mensah.example", Some(A))]
}

fn id(key: i64) -> Option<MessageId> {
    MessageId::new(&format!("{key}@test.example"))
}

fn named(message: ClockMessage) -> ClockMessage {
    let key = message.key.get();
    let mut body = [0; 32];
    body[0] = u8::try_from(key).unwrap();
    ClockMessage { message_id: id(key), body: BodyHash(body), ..message }
}

fn client(key: i64, at: &str) -> ClockMessage {
    named(ClockMessage::inbound(MessageKey::new(key), t(at), vec![A]))
}

fn ours(key: i64, at: &str) -> ClockMessage {
    named(ClockMessage::outbound(MessageKey::new(key), t(at), to_client()))
}

fn machine(key: i64, at: &str) -> ClockMessage {
    ClockMessage { origin: Origin::AutoReply { returns: None }, ..client(key, at) }
}

fn bounce(key: i64, at: &str, about: i64, of: &str, action: DeliveryAction) -> ClockMessage {
    let statuses = vec![DeliveryStatus { recipient: Some(address(of)), action }];
    let origin = Origin::DeliveryReport { statuses, about: id(about) };
    ClockMessage { origin, principals: vec![], ..client(key, at) }
}

fn folded(messages: &[ClockMessage]) -> Fold {
    with_marks(messages, &[])
}

fn with_marks(messages: &[ClockMessage], marks: &[Mark]) -> Fold {
    fold(messages, marks, &SlaPolicy::default(), &ny()).unwrap()
}

fn dismissal(at: &str, keys: &[i64]) -> Mark {
    Mark::Dismissed {
        at: t(at),
        messages: keys.iter().copied().map(MessageKey::new).collect(),
        reason: Confidential::from("no_reply_needed"),
    }
}

fn one(fold: &Fold) -> &Turn {
    assert_eq!(fold.turns.len(), 1, "{fold:#?}");
    &fold.turns[0]
}

/// Ack and reply standing long after everything.
fn standings(turn: &Turn) -> (Standing, Standing) {
    let end = t("2026-12-31T12:00");
    (turn.ack.standing(end), turn.reply.standing(end))
}

const BOTH_MET: (Standing, Standing) = (Standing::Met, Standing::Met);

#[track_caller]
fn open_since(fold: &Fold, started: &str, ack: &str, reply: &str) {
    let open: Vec<&Turn> = fold.open().collect();
    assert_eq!(open.len(), 1, "{fold:#?}");
    assert_eq!(open[0].started, t(started));
    assert_eq!((open[0].ack.due, open[0].reply.due), (t(ack), t(reply)));
    assert_eq!(open[0].ack.outcome, Outcome::Open);
    let want = [
        Running { clock: ClockKind::Ack, started: t(started), due: t(ack) },
        Running { clock: ClockKind::Reply, started: t(started), due: t(reply) },
    ];
    assert_eq!(open[0].running(), want);
}

#[track_caller]
fn still_open(messages: &[ClockMessage]) {
    open_since(&folded(messages), "Tue 10:00", "Tue 14:00", "Wed 10:00");
}

#[test]
fn row_01_a_client_message_starts_both_clocks() {
    still_open(&[client(1, "Tue 10:00")]);
}

#[test]
fn row_26_joint_clients_are_two_obligations() {
    let b = ClockMessage { principals: vec![B], ..client(2, "Tue 10:30") };
    let fold = folded(&[client(1, "Tue 10:00"), b, ours(3, "Tue 11:00")]);
    let a = fold.turns.iter().find(|turn| turn.principal == A).unwrap();
    assert_eq!(standings(a), BOTH_MET);
    open_since(&fold, "Tue 10:30", "Tue 14:30", "Wed 10:30");
    assert_eq!(fold.open().next().unwrap().principal, B);
}

#[test]
fn row_27_a_late_first_answer_misses_the_ack_and_meets_the_reply() {
    let fold = folded(&[client(1, "Tue 10:00"), ours(2, "Tue 15:00")]);
    assert_eq!(standings(one(&fold)), (Standing::Missed, Standing::Met));
    assert!(fold.running().is_empty());
}

#[test]
fn row_28_the_staff_acknowledges_and_the_lawyer_answers() {
    let ack =
        ClockMessage { substance: Substance::Ack, author: Author::Staff, ..ours(2, "Tue 11:00") };
    let acked = folded(&[client(1, "Tue 10:00"), ack.clone()]);
    let running = acked.running();
    assert_eq!(running.len(), 1);
    assert_eq!((running[0].clock, running[0].due), (ClockKind::Reply, t("Wed 10:00")));
    let fold = folded(&[client(1, "Tue 10:00"), ack, ours(3, "Wed 09:30")]);
    assert_eq!(standings(one(&fold)), BOTH_MET);
}

#[test]
fn where_only_a_lawyer_answers_the_staffs_answer_is_an_acknowledgement() {
    let policy = SlaPolicy { substantive_by: SubstantiveBy::Lawyer, ..SlaPolicy::default() };
    let staff = ClockMessage { author: Author::Staff, ..ours(2, "Tue 11:00") };
    let fold = fold(&[client(1, "Tue 10:00"), staff], &[], &policy, &ny()).unwrap();
    assert!(one(&fold).is_open());
    assert_eq!(one(&fold).ack.standing(t("Wed 12:00")), Standing::Met);
}

#[test]
fn row_29_a_logged_call_with_a_summary_stops_both_clocks() {
    let call =
        |summary| Contact::new(t("Tue 12:00"), BTreeSet::from([A]), Substance::Full, summary);
    assert_eq!(call("  "), Err(SummaryMissing));
    let mark = Mark::Contact(call("told him to stay").unwrap());
    let fold = with_marks(&[client(1, "Tue 10:00")], &[mark]);
    assert_eq!(standings(one(&fold)), BOTH_MET);
    assert_eq!(one(&fold).reply.stop().unwrap().by, StoppedBy::Attested);
}

#[test]
fn row_30_a_second_message_does_not_reset_the_clock() {
    let messages = [client(1, "Tue 10:00"), client(2, "Wed 09:50")];
    still_open(&messages);
    assert_eq!(one(&folded(&messages)).messages.len(), 2);
}

#[test]
fn row_31_an_answer_seen_in_sent_counts_from_when_it_was_sent() {
    let asked = [client(1, "Tue 10:00")];
    let before = transitions(&[], &folded(&asked).turns, t("Wed 12:00"));
    let words = |entries: &[Journalled]| -> Vec<_> {
        entries.iter().map(|e| (e.clock, e.outcome.word())).collect()
    };
    assert_eq!(words(&before), [(ClockKind::Ack, "missed"), (ClockKind::Reply, "missed")]);

    let phone = ClockMessage { observed: true, ..ours(2, "Tue 13:00") };
    let fold = folded(&[client(1, "Tue 10:00"), phone]);
    assert_eq!(standings(one(&fold)), BOTH_MET);
    assert_eq!(one(&fold).ack.stop().unwrap().at, t("Tue 13:00"));
    let added = transitions(&before, &fold.turns, t("Thu 09:00"));
    assert_eq!(
        words(&added),
        [
            (ClockKind::Ack, "retracted:sent_observed"),
            (ClockKind::Ack, "met"),
            (ClockKind::Reply, "retracted:sent_observed"),
            (ClockKind::Reply, "met"),
        ]
    );
    let all = [before, added].concat();
    assert!(transitions(&all, &fold.turns, t("Fri 09:00")).is_empty(), "it is said once");
}

#[test]
fn row_33_our_vacation_reply_stops_nothing() {
    let vacation =
        ClockMessage { origin: Origin::AutoReply { returns: None }, ..ours(2, "Tue 10:01") };
    still_open(&[client(1, "Tue 10:00"), vacation.clone()]);
    let policy = SlaPolicy { auto_ack_counts: true, ..SlaPolicy::default() };
    let fold = fold(&[client(1, "Tue 10:00"), vacation], &[], &policy, &ny()).unwrap();
    assert_eq!(fold.running().len(), 1, "where the office wants it, it acknowledges");
}

#[test]
fn row_34_a_clients_out_of_office_starts_no_clock() {
    let fold = folded(&[client(1, "Tue 10:00"), ours(2, "Tue 11:00"), machine(3, "Tue 11:01")]);
    assert!(fold.running().is_empty());
}

#[test]
fn what_a_machine_sends_starts_no_clock() {
    for origin in [
        Origin::AutoReply { returns: None },
        Origin::ReadReceipt,
        Origin::InvitationReply,
        Origin::DeliveryReport { statuses: vec![], about: None },
    ] {
        let fold = folded(&[ClockMessage { origin, ..client(1, "Tue 10:00") }]);
        assert!(fold.turns.is_empty());
    }
}

#[test]
fn row_35_auto_submitted_no_is_a_person() {
    // The parser says so by `Origin::Person`; the fold has nothing to distrust then.
    still_open(&[ClockMessage { origin: Origin::Person, ..client(1, "Tue 10:00") }]);
}

#[test]
fn weak_signs_from_a_known_client_start_the_clock_flagged_and_from_a_stranger_do_not() {
    for sign in
        [WeakSignal::List, WeakSignal::Bulk, WeakSignal::NoReply, WeakSignal::ResponseSuppressed]
    {
        let weak = ClockMessage { origin: Origin::Weak(sign), ..client(1, "Tue 10:00") };
        still_open(std::slice::from_ref(&weak));
        assert!(one(&folded(std::slice::from_ref(&weak))).flags.auto);
        let stranger = Principal::Address(address("news@shop.example"));
        let fold = folded(&[ClockMessage { principals: vec![stranger], ..weak }]);
        assert!(fold.turns.is_empty());
    }
}

#[test]
fn a_stranger_who_writes_as_a_person_starts_the_clock() {
    let stranger = Principal::Address(address("someone@new.example"));
    still_open(&[ClockMessage { principals: vec![stranger], ..client(1, "Tue 10:00") }]);
}

#[test]
fn an_invitation_starts_the_clock_and_our_answer_to_it_only_acknowledges() {
    let asked = ClockMessage { origin: Origin::Invitation, ..client(1, "Tue 10:00") };
    still_open(std::slice::from_ref(&asked));
    let rsvp = ClockMessage { origin: Origin::InvitationReply, ..ours(2, "Tue 10:30") };
    let running = folded(&[asked, rsvp]).running();
    assert_eq!(running.iter().map(|r| r.clock).collect::<Vec<_>>(), [ClockKind::Reply]);
}

#[test]
fn row_37_an_internal_note_or_forward_stops_nothing() {
    let note = ClockMessage { direction: Direction::Internal, ..ours(2, "Tue 11:00") };
    still_open(&[client(1, "Tue 10:00"), note]);
}

#[test]
fn row_38_a_reply_to_opposing_counsel_alone_stops_nothing() {
    let other = vec![to("pl@harlowlaw.example", None)];
    still_open(&[
        client(1, "Tue 10:00"),
        ClockMessage { recipients: other, ..ours(2, "Tue 11:00") },
    ]);
}

#[test]
fn row_39_a_reply_to_all_that_includes_the_client_stops_the_clock() {
    let all = [to_client(), vec![to("pl@harlowlaw.example", None)]].concat();
    let fold =
        folded(&[client(1, "Tue 10:00"), ClockMessage { recipients: all, ..ours(2, "Tue 11:00") }]);
    assert_eq!(standings(one(&fold)), BOTH_MET);
}

#[test]
fn row_42_a_copy_is_the_same_message() {
    let copy = ClockMessage {
        key: MessageKey::new(9),
        at: t("Tue 10:03"),
        origin: Origin::Weak(WeakSignal::List),
        ..client(1, "Tue 10:00")
    };
    let messages = [copy, client(1, "Tue 10:00")];
    still_open(&messages);
    let fold = folded(&messages);
    assert_eq!(one(&fold).messages, [MessageKey::new(1)]);
    assert_eq!(one(&fold).flags, TurnFlags::default());
}

#[test]
fn a_copy_that_comes_after_the_answer_asks_nothing_new() {
    let copy =
        ClockMessage { key: MessageKey::new(9), at: t("Wed 09:00"), ..client(1, "Tue 10:00") };
    let fold = folded(&[client(1, "Tue 10:00"), ours(2, "Tue 11:00"), copy]);
    assert!(fold.running().is_empty());
}

#[test]
fn row_43_the_same_message_id_with_another_body_is_another_message() {
    let other = ClockMessage {
        key: MessageKey::new(2),
        body: BodyHash([7; 32]),
        at: t("Tue 11:00"),
        ..client(1, "Tue 10:00")
    };
    let fold = folded(&[client(1, "Tue 10:00"), other.clone()]);
    assert_eq!(one(&fold).messages.len(), 2);
    assert!(one(&fold).flags.id_collision);
    let after = folded(&[client(1, "Tue 10:00"), ours(3, "Tue 10:30"), other]);
    open_since(&after, "Tue 11:00", "Tue 15:00", "Wed 11:00");
}

#[test]
fn row_44_a_bounce_reopens_the_clock_from_its_start() {
    let answered = [client(1, "Tue 10:00"), ours(2, "Tue 15:00")];
    let before = transitions(&[], &folded(&answered).turns, t("Tue 15:01"));
    let failed = bounce(3, "Tue 15:02", 2, "kofi@mensah.example", DeliveryAction::Failed);
    let messages = [&answered[..], &[failed]].concat();
    still_open(&messages);
    let fold = folded(&messages);
    let lost = NeverArrived { message: MessageKey::new(2), reported: t("Tue 15:02") };
    assert_eq!(one(&fold).never_arrived, [lost]);
    let added = transitions(&before, &fold.turns, t("Tue 15:05"));
    let reply: Vec<_> =
        added.iter().filter(|e| e.clock == ClockKind::Reply).map(|e| e.outcome.word()).collect();
    assert_eq!(reply, ["retracted:bounce"]);
}

#[test]
fn a_bounce_counts_whatever_way_it_names_the_message() {
    let base = bounce(3, "Tue 15:02", 2, "kofi@mensah.example", DeliveryAction::Failed);
    let status = |recipient: Option<&str>| DeliveryStatus {
        recipient: recipient.map(address),
        action: DeliveryAction::Failed,
    };
    let report = |statuses, about, parent| ClockMessage {
        origin: Origin::DeliveryReport { statuses, about },
        parent,
        ..base.clone()
    };
    let to_kofi = || vec![status(Some("KOFI@mensah.example"))];
    for (name, report) in [
        ("by its parent", report(to_kofi(), None, id(2))),
        ("by nothing but the recipient", report(to_kofi(), None, None)),
        ("by an id that a relay made", report(to_kofi(), id(77), None)),
        ("without a recipient", report(vec![status(None)], id(2), None)),
        ("by a forwarding address", report(vec![status(Some("k@home.example"))], id(2), None)),
    ] {
        let fold = folded(&[client(1, "Tue 10:00"), ours(2, "Tue 15:00"), report]);
        assert_eq!(fold.running().len(), 2, "{name}");
    }
}

#[test]
fn row_45_a_bounce_for_someone_else_is_a_warning() {
    let all = [to_client(), vec![to("books@accounts.example", None)]].concat();
    let answer = ClockMessage { recipients: all, ..ours(2, "Tue 11:00") };
    let failed = bounce(3, "Tue 11:02", 2, "books@accounts.example", DeliveryAction::Failed);
    let fold = folded(&[client(1, "Tue 10:00"), answer, failed]);
    assert_eq!(standings(one(&fold)), BOTH_MET);
    assert_eq!(one(&fold).delivery_warnings, [MessageKey::new(2)]);
}

#[test]
fn a_bounce_for_one_of_two_joint_clients_reopens_hers_alone() {
    let both = [to_client(), vec![to("b@mensah.example", Some(B))]].concat();
    let asked = ClockMessage { principals: vec![A, B], ..client(1, "Tue 10:00") };
    let answer = ClockMessage { recipients: both, ..ours(2, "Tue 11:00") };
    let failed = bounce(3, "Tue 11:02", 2, "b@mensah.example", DeliveryAction::Failed);
    let fold = folded(&[asked, answer, failed]);
    let open: Vec<_> = fold.open().map(|turn| &turn.principal).collect();
    assert_eq!(open, [&B]);
}

#[test]
fn a_delayed_message_still_counts() {
    let delayed = bounce(3, "Tue 15:02", 2, "kofi@mensah.example", DeliveryAction::Delayed);
    let fold = folded(&[client(1, "Tue 10:00"), ours(2, "Tue 11:00"), delayed]);
    assert_eq!(standings(one(&fold)), BOTH_MET);
    assert_eq!(one(&fold).delivery_warnings, [MessageKey::new(2)]);
}

#[test]
fn what_has_not_left_stops_nothing() {
    let held = ClockMessage { delivery: Delivery::NotYet, ..ours(2, "Tue 11:00") };
    still_open(&[client(1, "Tue 10:00"), held]);
}

#[test]
fn a_copy_in_sent_settles_whether_ours_went_out() {
    let unknown = ClockMessage { delivery: Delivery::NotYet, ..ours(2, "Tue 11:00") };
    let copy = ClockMessage { key: MessageKey::new(9), observed: true, ..ours(2, "Tue 11:00") };
    let fold = folded(&[client(1, "Tue 10:00"), unknown, copy]);
    assert_eq!(standings(one(&fold)), BOTH_MET);
}

#[test]
fn row_48_exactly_at_the_due_is_met_and_the_next_instant_is_missed() {
    for (sent, want) in [
        ("Wed 10:00:00", Standing::Met),
        ("Wed 10:00:01", Standing::Missed),
        ("Wed 10:00:00.000000001", Standing::Missed),
    ] {
        let fold = folded(&[client(1, "Tue 10:00"), ours(2, sent)]);
        assert_eq!(standings(one(&fold)).1, want, "{sent}");
    }
    let fold = folded(&[client(1, "Tue 10:00")]);
    assert_eq!(one(&fold).reply.standing(t("Wed 10:00:00")), Standing::Running);
    assert_eq!(one(&fold).reply.standing(t("Wed 10:00:01")), Standing::Missed);
}

#[test]
fn row_49_a_weekend_answer_is_met_with_no_business_time() {
    let fold = folded(&[client(1, "Sat 23:40"), ours(2, "Sun 12:00")]);
    assert_eq!(standings(one(&fold)), BOTH_MET);
    let (worked, wall) = one(&fold).wait(&ny(), t("Fri 12:00"));
    assert_eq!((worked.as_mins(), wall.as_mins()), (0, 740));
}

fn holding(key: i64, at: &str, date: &str) -> ClockMessage {
    let date: Date = date.parse().unwrap();
    ClockMessage { substance: Substance::Holding(date), ..ours(key, at) }
}

#[test]
fn row_51_a_holding_reply_turns_the_reply_into_a_promise() {
    let asked = [client(1, "Tue 10:00"), holding(2, "Tue 11:00", "2026-12-01")];
    let promise = t("2026-12-01T17:00");
    let running = folded(&asked).running();
    assert_eq!(
        running,
        [Running { clock: ClockKind::Promise, started: t("Tue 10:00"), due: promise }]
    );
    for (sent, want) in
        [("2026-12-01T17:00", Standing::Met), ("2026-12-01T17:00:01", Standing::Missed)]
    {
        let fold = folded(&[&asked[..], &[ours(3, sent)]].concat());
        let turn = one(&fold);
        assert_eq!(standings(turn), (Standing::Met, Standing::Deferred));
        assert_eq!(turn.promises[0].clock.standing(promise), want, "{sent}");
        assert!(!turn.is_open());
    }
}

#[test]
fn a_promise_too_far_off_or_past_moves_nothing() {
    for date in ["2026-12-03", "2026-11-23"] {
        let fold = folded(&[client(1, "Tue 10:00"), holding(2, "Tue 11:00", date)]);
        let running = fold.running();
        assert_eq!((running[0].clock, running[0].due), (ClockKind::Reply, t("Wed 10:00")));
        assert!(one(&fold).flags.promise_not_counted);
    }
}

#[test]
fn a_second_holding_reply_is_counted_and_the_first_promise_kept() {
    let fold = folded(&[
        client(1, "Tue 10:00"),
        holding(2, "Tue 11:00", "2026-11-27"),
        holding(3, "Fri 12:00", "2026-12-01"),
    ]);
    let turn = one(&fold);
    assert_eq!(turn.promises.len(), 2);
    assert_eq!(turn.promises[0].clock.due, t("Fri 13:00"));
    assert_eq!(fold.running()[0].due, t("2026-12-01T17:00"));
}

#[test]
fn a_holding_reply_that_comes_too_late_does_not_hide_the_miss() {
    let fold = folded(&[client(1, "Tue 10:00"), holding(2, "Wed 11:00", "2026-12-01")]);
    assert_eq!(standings(one(&fold)), (Standing::Missed, Standing::Missed));
    assert_eq!(fold.running()[0].clock, ClockKind::Promise);
}

#[test]
fn a_partial_answer_acknowledges_and_the_reply_runs_on() {
    let part = ClockMessage { substance: Substance::Partial, ..ours(2, "Tue 11:00") };
    let fold = folded(&[client(1, "Tue 10:00"), part]);
    assert!(one(&fold).flags.partial);
    assert_eq!(fold.running().len(), 1);
}

#[test]
fn row_58_a_client_who_writes_after_everything_is_closed_starts_a_clock() {
    let fold = folded(&[
        client(1, "2026-03-02T10:00"),
        ours(2, "2026-03-02T11:00"),
        client(3, "Tue 10:00"),
    ]);
    open_since(&fold, "Tue 10:00", "Tue 14:00", "Wed 10:00");
}

#[test]
fn an_answer_that_crossed_in_the_post_answers_the_older_message_only() {
    let reply_to_first = |at| ClockMessage { parent: id(1), ..ours(3, at) };
    let asked = [client(1, "Tue 10:00"), client(2, "Tue 11:00")];
    let crossed = folded(&[&asked[..], &[reply_to_first("Tue 11:10")]].concat());
    open_since(&crossed, "Tue 11:00", "Tue 15:00", "Wed 11:00");
    let later = folded(&[&asked[..], &[reply_to_first("Tue 11:10:01")]].concat());
    assert!(later.running().is_empty(), "after ten minutes its writer has seen both");
    let to_second = ClockMessage { parent: id(2), ..ours(3, "Tue 11:01") };
    assert!(folded(&[&asked[..], &[to_second]].concat()).running().is_empty());
    assert!(folded(&[&asked[..], &[ours(3, "Tue 11:01")]].concat()).running().is_empty());
}

#[test]
fn in_the_same_second_the_question_comes_before_the_answer() {
    let fold = folded(&[ours(2, "Tue 10:00:00.2"), client(1, "Tue 10:00:00.7")]);
    assert!(fold.running().is_empty());
    assert_eq!(one(&fold).messages.len(), 1);
}

#[test]
fn an_answer_before_the_question_answers_nothing() {
    still_open(&[ours(2, "Tue 09:59:59"), client(1, "Tue 10:00")]);
}

#[test]
fn thanks_after_our_answer_is_flagged_and_runs() {
    let thanks = ClockMessage { text: TextFacts::of("Thanks!", false), ..client(3, "Tue 12:00") };
    let fold = folded(&[client(1, "Tue 10:00"), ours(2, "Tue 11:00"), thanks.clone()]);
    open_since(&fold, "Tue 12:00", "Tue 16:00", "Wed 12:00");
    assert!(fold.turns[1].flags.courtesy);
    let asked_too = client(4, "Tue 12:30");
    let fold = folded(&[client(1, "Tue 10:00"), ours(2, "Tue 11:00"), thanks.clone(), asked_too]);
    assert!(!fold.turns[1].flags.courtesy);
    let at_first = ClockMessage { key: MessageKey::new(1), ..thanks };
    assert!(!one(&folded(&[at_first])).flags.courtesy, "without our answer it is no courtesy");
}

#[test]
fn a_dismissal_stops_what_was_on_the_screen_and_nothing_else() {
    let asked = [client(1, "Tue 10:00"), client(2, "Tue 10:30")];
    let fold = with_marks(&asked, &[dismissal("Tue 11:00", &[1, 2])]);
    assert_eq!(standings(one(&fold)), (Standing::Dismissed, Standing::Dismissed));
    assert!(fold.running().is_empty());
    // The second message had come in by then, but nobody had seen it.
    let unseen = with_marks(&asked, &[dismissal("Tue 11:00", &[1])]);
    open_since(&unseen, "Tue 10:30", "Tue 14:30", "Wed 10:30");
    // The first still counts from its own time when only the second was dismissed.
    let second = with_marks(&asked, &[dismissal("Tue 11:00", &[2])]);
    open_since(&second, "Tue 10:00", "Tue 14:00", "Wed 10:00");
}

#[test]
fn a_dismissal_holds_when_a_server_clock_runs_ahead() {
    let fold = with_marks(&[client(1, "Tue 11:05")], &[dismissal("Tue 11:00", &[1])]);
    assert!(fold.running().is_empty());
}

#[test]
fn a_message_after_a_dismissal_starts_a_new_turn() {
    let asked = [client(1, "Tue 10:00"), client(2, "Tue 12:00")];
    let fold = with_marks(&asked, &[dismissal("Tue 11:00", &[1])]);
    open_since(&fold, "Tue 12:00", "Tue 16:00", "Wed 12:00");
}

#[test]
fn a_suspect_message_starts_no_clock() {
    let fold = folded(&[ClockMessage { suspect: true, ..client(1, "Tue 10:00") }]);
    assert!(fold.turns.is_empty());
}

#[test]
fn what_came_through_a_colleague_runs_flagged() {
    let fold = folded(&[ClockMessage { indirect: true, ..client(1, "Tue 10:00") }]);
    assert!(one(&fold).flags.indirect);
    assert_eq!(fold.running().len(), 2);
}

#[test]
fn a_client_last_heard_from_us_when_we_last_answered_in_substance() {
    let ack = ClockMessage { substance: Substance::Ack, ..ours(3, "Wed 11:00") };
    let fold = folded(&[client(1, "Tue 10:00"), ours(2, "Tue 15:00"), ack]);
    assert_eq!(fold.heard.get(&A), Some(&t("Tue 15:00")));
}

#[test]
fn an_explanation_says_every_step_and_names_closed_days() {
    let fold = folded(&[client(1, "Wed 16:00")]);
    let lines = explain_turn(one(&fold), &SlaPolicy::default(), &ny(), t("Wed 16:30")).unwrap();
    assert_eq!(
        lines,
        [
            "The client wrote Wed 25 Nov 2026 16:00 EST; it is the first message without an answer. Policy firm.",
            "Acknowledge within 4bh: due Fri 27 Nov 2026 12:00 EST",
            "  from Wed 25 Nov 2026 16:00 EST, 4 business hours in the calendar NY (America/New_York)",
            "    Wed 25 Nov: 16:00–17:00 is 1 h, 3 h left",
            "    Thu 26 Nov: closed (Thanksgiving)",
            "    Fri 27 Nov: 09:00–12:00 is 3 h, nothing left",
            "  due Fri 27 Nov 2026 12:00 EST",
            "Answer within 1bd: due Fri 27 Nov 2026 13:00 EST",
            "  from Wed 25 Nov 2026 16:00 EST, 1 business day in the calendar NY (America/New_York)",
            "    Thu 26 Nov: closed (Thanksgiving)",
            "    Fri 27 Nov: business day 1",
            "    16:00 is outside the hours of that day: moved to 13:00",
            "  due Fri 27 Nov 2026 13:00 EST",
            "The client has waited 30 min; of this the office was open for 30 min.",
        ]
    );
}
