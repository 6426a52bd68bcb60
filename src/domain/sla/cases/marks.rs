//! Holding replies and their promises, logged contacts, dismissals, and how all of it is explained.

use std::collections::BTreeSet;

use super::*;

fn holding(key: i64, at: &str, date: &str) -> ClockMessage {
    let date: Date = date.parse().unwrap();
    ClockMessage { substance: Substance::Holding(date), ..ours(key, at) }
}

fn dismissal(at: &str, keys: &[i64]) -> Mark {
    Mark::Dismissed {
        at: t(at),
        messages: keys.iter().copied().map(MessageKey::new).collect(),
        reason: Confidential::from("no_reply_needed"),
    }
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
fn row_49_a_weekend_answer_is_met_with_no_business_time() {
    let fold = folded(&[client(1, "Sat 23:40"), ours(2, "Sun 12:00")]);
    assert_eq!(standings(one(&fold)), BOTH_MET);
    let (worked, wall) = one(&fold).wait(&ny(), t("Fri 12:00"));
    assert_eq!((worked.as_mins(), wall.as_mins()), (0, 740));
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
fn a_broken_promise_stays_in_the_journal_when_another_one_is_made() {
    let asked = [client(1, "Tue 10:00"), holding(2, "Tue 11:00", "2026-11-27")];
    let promises = |entries: &[Journalled]| -> Vec<_> {
        let of = entries.iter().filter(|entry| entry.clock == ClockKind::Promise);
        of.map(|entry| (entry.outcome.word(), entry.at)).collect()
    };
    let before = transitions(&[], &folded(&asked).turns, t("2026-11-30T09:00"));
    assert_eq!(promises(&before), [("missed", t("Fri 13:00"))]);
    let again = [&asked[..], &[holding(3, "2026-11-30T10:00", "2026-12-02")]].concat();
    let answered = [&again[..], &[ours(4, "2026-12-01T10:00")]].concat();
    for messages in [again, answered] {
        let added = transitions(&before, &folded(&messages).turns, t("2026-12-01T12:00"));
        assert_eq!(promises(&added), []);
    }
}

#[test]
fn a_date_on_the_last_day_that_counts_converts_and_the_next_business_day_does_not() {
    for (date, clock) in [("2026-12-02", ClockKind::Promise), ("2026-12-03", ClockKind::Reply)] {
        let fold = folded(&[client(1, "Tue 10:00"), holding(2, "Tue 11:00", date)]);
        assert_eq!(fold.running()[0].clock, clock, "{date}");
    }
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
fn after_a_dismissal_the_wait_grows_no_longer() {
    let wait = |mark: Mark, now: &str| {
        one(&with_marks(&[client(1, "Tue 10:00")], &[mark])).wait(&ny(), t(now)).1.as_hours()
    };
    assert_eq!(wait(dismissal("Tue 12:00", &[1]), "Fri 12:00"), 2);
    assert_eq!(wait(dismissal("Tue 09:00", &[1]), "Fri 12:00"), 0);
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

#[test]
fn after_a_dismissal_an_acknowledgement_counts_for_what_it_came_after() {
    let ack = |at: &str| ClockMessage { substance: Substance::Ack, ..ours(3, at) };
    let asked = [client(1, "Tue 10:00"), client(2, "Tue 10:30")];
    let kinds = |acked: &str| -> Vec<_> {
        let messages = [&asked[..], &[ack(acked)]].concat();
        let fold = with_marks(&messages, &[dismissal("Tue 11:00", &[1])]);
        fold.running().iter().map(|running| running.clock).collect()
    };
    assert_eq!(kinds("Tue 10:45"), [ClockKind::Reply]);
    assert_eq!(kinds("Tue 10:15"), [ClockKind::Ack, ClockKind::Reply]);
}

#[test]
fn thanks_after_a_question_that_was_dismissed_is_no_courtesy() {
    let thanks = ClockMessage { text: TextFacts::of("Thanks!", false), ..client(4, "Wed 09:00") };
    let fold = with_marks(
        &[client(1, "Tue 10:00"), ours(2, "Tue 11:00"), client(3, "Tue 12:00"), thanks],
        &[dismissal("Tue 13:00", &[3])],
    );
    assert!(!fold.open().next().unwrap().flags.courtesy);
}
