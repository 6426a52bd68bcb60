//! What a change of policy does to clocks that run, and to those that are over (design 4.6).

use std::{collections::BTreeMap, sync::Arc};

use super::*;
use crate::domain::target::Target;

fn version(from: &str, ack: &str, reply: &str) -> PolicyVersion {
    let target = |text: &str| text.parse::<Target>().unwrap();
    let policy = SlaPolicy { ack: target(ack), reply: target(reply), ..SlaPolicy::default() };
    PolicyVersion { from: t(from), policy: Arc::new(policy), calendar: Arc::new(ny()) }
}

/// The firm's policy, and these changes.
fn under(messages: &[ClockMessage], changes: &[PolicyVersion]) -> Fold {
    let usual = Timeline::always(Arc::new(SlaPolicy::default()), Arc::new(ny()));
    let usual = changes.iter().cloned().fold(usual, Timeline::then);
    fold_under(messages, &[], &Policies { usual, of: BTreeMap::new() }).unwrap()
}

#[test]
fn a_tighter_policy_moves_the_due_forward_and_leaves_an_hour() {
    let asked = [client(1, "Tue 10:00")];
    // The new due would be 11:00, when the change came at 12:00: an hour remains.
    let fold = under(&asked, &[version("Tue 12:00", "1bh", "4bh")]);
    let turn = one(&fold);
    assert_eq!((turn.ack.due, turn.reply.due), (t("Tue 13:00"), t("Tue 14:00")));
    assert_eq!(turn.ack.changed, Some(DueChange { at: t("Tue 12:00"), before: t("Tue 14:00") }));
    // Never later than before.
    let fold = under(&asked, &[version("Tue 13:30", "1bh", "4bh")]);
    assert_eq!(one(&fold).ack.due, t("Tue 14:00"));
}

#[test]
fn a_miss_that_only_the_change_made_is_policy_induced() {
    let change = [version("Tue 12:00", "1bh", "4bh")];
    let acks = |at: &str| {
        let answer = ClockMessage { substance: Substance::Ack, ..ours(2, at) };
        one(&under(&[client(1, "Tue 10:00"), answer], &change)).ack.clone()
    };
    let now = t("Fri 10:00");
    let late = acks("Tue 13:30");
    assert!(late.standing(now) == Standing::Missed && late.is_policy_induced(now));
    let later = acks("Tue 14:30");
    assert!(later.standing(now) == Standing::Missed && !later.is_policy_induced(now));
    assert!(!acks("Tue 12:30").is_policy_induced(now));
}

#[test]
fn a_looser_policy_gives_more_time_and_erases_no_miss() {
    let asked = [client(1, "Tue 10:00")];
    let fold = under(&asked, &[version("Tue 12:00", "8bh", "2bd")]);
    assert_eq!(one(&fold).ack.due, t("Wed 10:00"));
    assert_eq!(one(&fold).ack.changed.unwrap().before, t("Tue 14:00"));
    let fold = under(&asked, &[version("Tue 15:00", "8bh", "2bd")]);
    assert_eq!(one(&fold).ack.due, t("Tue 14:00"), "it was missed when the change came");
    assert_eq!(one(&fold).reply.due, t("Fri 10:00"));
}

#[test]
fn a_closed_turn_keeps_the_version_under_which_it_was_closed() {
    let answered = [client(1, "Tue 10:00"), ours(2, "Tue 13:30")];
    let before = under(&answered, &[]);
    assert_eq!(under(&answered, &[version("Wed 12:00", "1h", "1bh")]), before);
    let next = [&answered[..], &[client(3, "Fri 09:30")]].concat();
    let fold = under(&next, &[version("Wed 12:00", "1bh", "2bh")]);
    assert_eq!(fold.turns[0], before.turns[0]);
    assert_eq!((fold.turns[1].ack.due, fold.turns[1].ack.changed), (t("Fri 10:30"), None));
}

#[test]
fn joint_clients_run_under_their_own_agreements() {
    let both = ClockMessage { principals: vec![A, B], ..client(1, "Tue 10:00") };
    let quick = version("Mon 09:00", "1bh", "4bh");
    let usual = Timeline::always(Arc::new(SlaPolicy::default()), Arc::new(ny()));
    let of = BTreeMap::from([(B, usual.clone().then(quick))]);
    let fold = fold_under(&[both], &[], &Policies { usual, of }).unwrap();
    let dues: Vec<_> = fold.turns.iter().map(|turn| turn.ack.due).collect();
    assert_eq!(dues, [t("Tue 14:00"), t("Tue 11:00")]);
}
