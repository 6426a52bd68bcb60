//! The worked cases of design 4.8 that the fold decides, each by its number. Calendar NY, policy ack 4bh, reply 1bd.

use jiff::{Timestamp, civil::Date};

use super::*;
use crate::domain::{
    address::EmailAddress,
    calendar::{WorkCalendar, cases},
    confidential::Confidential,
    id::{MessageKey, PartyId},
    message::{DeliveryAction, DeliveryStatus, Direction, MessageId, Origin, WeakSignal},
};

mod changes;
mod delivery;
mod duties;
mod marks;

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

fn folded(messages: &[ClockMessage]) -> Fold {
    with_marks(messages, &[])
}

fn with_marks(messages: &[ClockMessage], marks: &[Mark]) -> Fold {
    fold(messages, marks, &SlaPolicy::default(), &ny()).unwrap()
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
fn row_30_a_second_message_does_not_reset_the_clock() {
    let messages = [client(1, "Tue 10:00"), client(2, "Wed 09:50")];
    still_open(&messages);
    assert_eq!(one(&folded(&messages)).messages.len(), 2);
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
fn row_55_a_message_that_is_moved_out_keeps_its_start_and_both_sides_are_counted_anew() {
    let (lease, garden) = (client(1, "Tue 10:00"), client(2, "Tue 11:00"));
    let answer = ours(3, "Tue 12:00");
    // Together the answer is to both.
    let together = folded(&[lease.clone(), garden.clone(), answer.clone()]);
    assert_eq!(standings(one(&together)), BOTH_MET);
    // The first one is moved out: nobody has answered it since ten.
    open_since(&folded(&[lease]), "Tue 10:00", "Tue 14:00", "Wed 10:00");
    let stays = folded(&[garden, answer]);
    assert_eq!(one(&stays).started, t("Tue 11:00"));
    assert_eq!(standings(one(&stays)), BOTH_MET);
}

#[test]
fn row_62_a_clock_that_is_set_back_unmakes_no_miss_and_dates_nothing_back() {
    let asked = [client(1, "Tue 10:00")];
    let missed = transitions(&[], &folded(&asked).turns, t("Tue 14:30"));
    let [entry] = missed.as_slice() else { panic!("{missed:?}") };
    assert_eq!((entry.outcome, entry.at), (JournalOutcome::Missed, t("Tue 14:00")));
    assert_eq!(transitions(&missed, &folded(&asked).turns, t("Tue 12:30")), []);
    // An answer found in Sent takes it back, and the entry stands behind the one that it takes back.
    let observed = ClockMessage { observed: true, ..ours(2, "Tue 11:00") };
    let fold = folded(&[asked[0].clone(), observed]);
    let found = transitions(&missed, &fold.turns, t("Tue 12:30"));
    let retracted = JournalOutcome::Retracted(RetractedBecause::SentObserved);
    let stamps: Vec<_> = found.iter().map(|entry| (entry.outcome, entry.at)).collect();
    assert!(stamps.contains(&(retracted, t("Tue 14:00"))), "{stamps:?}");
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
