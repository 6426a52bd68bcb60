//! Copies, collisions, bounces, answers seen in Sent, and what crossed in the post.

use super::*;

fn bounce(key: i64, at: &str, about: i64, of: &str, action: DeliveryAction) -> ClockMessage {
    let statuses = vec![DeliveryStatus { recipient: Some(address(of)), action }];
    let origin = Origin::DeliveryReport { statuses, about: id(about) };
    ClockMessage { origin, principals: vec![], ..client(key, at) }
}

pub(super) fn bounced(key: i64, at: &str, about: i64) -> ClockMessage {
    bounce(key, at, about, "kofi@mensah.example", DeliveryAction::Failed)
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
    let flagged: Vec<_> = after.turns.iter().map(|turn| turn.flags.id_collision).collect();
    assert_eq!(flagged, [false, true], "the later of the two is flagged");
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
fn an_answer_to_the_last_of_several_messages_answers_them_all() {
    let fold = folded(&[
        client(1, "Tue 11:00"),
        client(2, "Tue 11:02"),
        ClockMessage { parent: id(2), ..ours(3, "Tue 11:05") },
    ]);
    assert!(fold.running().is_empty(), "its writer saw what came before the message it answers");
}

#[test]
fn a_copy_to_which_a_relay_gave_another_id_is_no_second_answer_and_goes_by_both_ids() {
    let ack = ClockMessage { substance: Substance::Ack, ..ours(2, "Tue 11:00") };
    let copy = ClockMessage {
        key: MessageKey::new(3),
        message_id: id(77),
        copy_of: Some(ack.key),
        at: t("Tue 10:30"),
        observed: true,
        substance: Substance::Full,
        ..ack.clone()
    };
    for messages in [[ack.clone(), copy.clone()], [copy.clone(), ack.clone()]] {
        let [one, two] = messages;
        let fold = folded(&[client(1, "Tue 10:00"), one, two]);
        assert_eq!(fold.running().len(), 1, "the answer is owed");
        assert_eq!(fold.turns[0].ack.stop().unwrap().at, t("Tue 11:00"));
    }
    // The report names the id that was on the way.
    let report = bounce(5, "Tue 15:02", 77, "kofi@mensah.example", DeliveryAction::Failed);
    let later = ours(4, "Tue 14:00");
    let fold = folded(&[client(1, "Tue 10:00"), ack, copy, later, report]);
    assert!(fold.running().is_empty(), "what was answered later did arrive");
}

#[test]
fn a_report_without_an_id_is_about_the_last_message_before_it() {
    // Ids that sort against time: the order in which things happened must decide.
    let first = ClockMessage { message_id: id(900), ..ours(2, "Tue 11:00") };
    let second = ClockMessage { message_id: id(100), ..ours(3, "Tue 15:00") };
    let third = ClockMessage { message_id: id(500), ..ours(4, "Wed 09:00") };
    let report = bounce(5, "Tue 15:02", 77, "kofi@mensah.example", DeliveryAction::Failed);
    let fold =
        folded(&[client(1, "Tue 10:00"), first, second, client(6, "Tue 14:00"), third, report]);
    let lost: Vec<_> = fold.turns.iter().flat_map(|turn| &turn.never_arrived).collect();
    assert_eq!(lost, [&NeverArrived { message: MessageKey::new(3), reported: t("Tue 15:02") }]);
    assert_eq!(fold.turns[1].reply.stop().unwrap().at, t("Wed 09:00"));
}
