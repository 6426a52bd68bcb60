//! Each check of the review, as a sentence.

use std::{collections::BTreeSet, sync::Arc};

use super::*;
use crate::domain::{
    confidential::Confidential,
    draft::{Enclosure, Identity, Parent},
    footer::Footer,
    id::{DraftId, MatterId, MessageKey, PartyId},
    matter::Party,
};

fn address(text: &str) -> EmailAddress {
    EmailAddress::parse(text).unwrap()
}

fn who(text: &str) -> NamedAddress {
    NamedAddress::bare(address(text))
}

fn person(name: &str, role: Role, mail: &str) -> Participation {
    let party =
        Party { id: PartyId::new(1), name: name.to_owned(), addresses: vec![address(mail)] };
    Participation { party, role }
}

fn facts() -> ReviewFacts {
    ReviewFacts {
        own: vec![address("ada@office.example")],
        people: vec![
            person("Kofi Mensah", Role::Client, "kofi@mensah.example"),
            person("Carl Harlow", Role::AdverseRepresented, "carl@harlow-steel.example"),
            person("Olga Orlov", Role::OpposingCounsel, "olga@orlov-partners.example"),
            person("District Court", Role::Court, "registry@court.example"),
        ],
        elsewhere: vec![Elsewhere {
            address: address("grace@okafor-trading.example"),
            matter: "2026-0101 Okafor".to_owned(),
        }],
        known: ["kofi@mensah.example", "grace@okafor-trading.example", "old@friend.example"]
            .map(address)
            .into(),
        ..ReviewFacts::default()
    }
}

fn draft(to: &[&str]) -> Draft {
    Draft {
        id: DraftId::new(1),
        kind: ReplyKind::Compose,
        thread: None,
        parent: None,
        matter: Some(MatterId::new(7)),
        from: who("ada@office.example"),
        to: to.iter().map(|text| who(text)).collect(),
        cc: Vec::new(),
        bcc: Vec::new(),
        subject: "The lease".to_owned(),
        body: "Dear Kofi, please sign.".to_owned(),
        quote: String::new(),
        attachments: Vec::new(),
        privilege: None,
        holding: None,
    }
}

/// The findings as `severity kind`.
fn found(draft: &Draft, facts: &ReviewFacts) -> Vec<String> {
    draft.review(facts).warnings().iter().map(|warning| format!("{warning:?}")).collect()
}

#[test]
fn a_plain_message_to_the_client_gives_no_warning() {
    assert!(found(&draft(&["kofi@mensah.example"]), &facts()).is_empty());
}

#[test]
fn a_message_to_nobody_is_blocked() {
    assert_eq!(found(&draft(&[]), &facts()), ["Block no-recipient"]);
}

#[test]
fn a_represented_opponent_is_blocked_unless_counsel_is_on_it() {
    let alone = found(&draft(&["carl@harlow-steel.example"]), &facts());
    assert_eq!(alone, ["Block represented-alone"]);
    let with = draft(&["carl@harlow-steel.example", "olga@orlov-partners.example"]);
    assert_eq!(found(&with, &facts()), ["Confirm represented"]);
}

#[test]
fn the_other_side_together_with_a_client_asks_also_in_bcc() {
    let mut draft = draft(&["olga@orlov-partners.example"]);
    draft.bcc = vec![who("kofi@mensah.example")];
    assert_eq!(found(&draft, &facts()), ["Confirm opposing-with-client"]);
}

#[test]
fn opponents_and_courts_on_a_privileged_conversation_ask_for_typing() {
    let facts = ReviewFacts { privileged: true, ..facts() };
    for to in ["olga@orlov-partners.example", "registry@court.example"] {
        let review = draft(&[to]).review(&facts);
        assert_eq!(format!("{:?}", review.warnings()), "[Confirm opposing-on-privileged]");
        assert!(review.warnings().iter().all(Warning::must_be_typed));
    }
}

#[test]
fn a_typed_finding_passes_with_its_word_and_with_no_other() {
    let facts = ReviewFacts { privileged: true, number: Some("2026-0121".to_owned()), ..facts() };
    let review = || draft(&["olga@orlov-partners.example"]).review(&facts);
    let whole = review();
    let [warning] = whole.warnings() else { panic!("one finding") };
    assert_eq!(warning.word.as_deref(), Some("2026-0121"));
    for wrong in ["", "2026-0122", "orlov-partners.example", "2026-0121x"] {
        assert_eq!(warning.answer(wrong), None, "{wrong}");
    }
    let key_alone = BTreeSet::from([warning.key.clone()]);
    assert!(review().confirm(&key_alone).is_err(), "the key alone is no answer");
    let wrong = BTreeSet::from([format!("{}=2026-0122", warning.key)]);
    assert!(review().confirm(&wrong).is_err());
    let right = BTreeSet::from([warning.answer(" 2026-0121 ").unwrap()]);
    assert!(review().confirm(&right).is_ok());
}

#[test]
fn an_address_that_imitates_another_is_confirmed_by_typing_its_domain() {
    let mut draft = draft(&["kofi@mensah.example"]);
    draft.to = vec![who("kofi@mensch.example"), who("kofi@mensаh.example")];
    let review = draft.review(&facts());
    let words: Vec<_> = review.warnings().iter().filter_map(|w| w.word.as_deref()).collect();
    assert!(words.contains(&"mensch.example"), "{words:?}");
    assert!(words.contains(&"hidden letters"), "what no keyboard has cannot be typed: {words:?}");
}

#[test]
fn a_client_gets_no_unlabelled_message_of_a_privileged_conversation_unasked() {
    let facts = ReviewFacts { privileged: true, ..facts() };
    let mut draft = draft(&["kofi@mensah.example"]);
    assert_eq!(found(&draft, &facts), ["Confirm label-missing"]);
    draft.privilege = Some(Privilege::WorkProduct);
    assert!(found(&draft, &facts).is_empty());
}

#[test]
fn a_third_party_on_a_lawyer_client_message_asks() {
    let mut facts = facts();
    facts.people.push(person("Dr. Wu", Role::Expert, "wu@survey.example"));
    let mut draft = draft(&["kofi@mensah.example", "wu@survey.example"]);
    assert!(found(&draft, &facts).is_empty());
    draft.privilege = Some(Privilege::LawyerClient);
    assert_eq!(found(&draft, &facts), ["Confirm third-party-on-privileged"]);
}

#[test]
fn an_answer_that_promises_more_by_a_day_does_not_end_the_clock_unasked() {
    let day = |month, day| jiff::civil::date(2026, month, day);
    let facts = ReviewFacts { promise: Some((day(11, 24), day(12, 1))), ..facts() };
    let says = |kind, text: &str| {
        let mut draft = draft(&["kofi@mensah.example"]);
        draft.kind = kind;
        draft.body = text.to_owned();
        draft
    };
    let text = "Dear Kofi, I will answer by Friday.";
    let mut answer = says(ReplyKind::Reply, text);
    assert_eq!(found(&answer, &facts), ["Confirm promise-uncounted"]);
    assert_eq!(found(&says(ReplyKind::Acknowledge, text), &facts), ["Note promise-uncounted"]);
    answer.holding = Some(day(11, 27));
    assert!(found(&answer, &facts).is_empty());
    assert!(found(&says(ReplyKind::Reply, "Dear Kofi, the answer is no."), &facts).is_empty());
}

#[test]
fn a_promise_must_lie_ahead_count_and_stand_in_the_text() {
    let day = |month, day| jiff::civil::date(2026, month, day);
    let facts = ReviewFacts { promise: Some((day(11, 24), day(12, 1))), ..facts() };
    let mut draft = draft(&["kofi@mensah.example"]);
    draft.kind = ReplyKind::Reply;
    draft.body = "You will have our answer by Tuesday.".to_owned();
    draft.holding = Some(day(12, 1));
    assert!(found(&draft, &facts).is_empty());
    draft.body = "You will have our answer soon.".to_owned();
    assert_eq!(found(&draft, &facts), ["Confirm promise-unsaid"]);
    draft.body = "By Wednesday, 2 December.".to_owned();
    draft.holding = Some(day(12, 2));
    assert_eq!(found(&draft, &facts), ["Confirm promise-too-far"]);
    draft.body = "By Monday, 23 November.".to_owned();
    draft.holding = Some(day(11, 23));
    assert_eq!(found(&draft, &facts), ["Block promise-past"]);
}

#[test]
fn what_is_passed_on_needs_no_words_of_ones_own() {
    let mut draft = draft(&["kofi@mensah.example"]);
    draft.body = String::new();
    assert_eq!(found(&draft, &facts()), ["Confirm no-text"]);
    draft.kind = ReplyKind::Forward;
    draft.quote = "---------- Forwarded message ----------".to_owned();
    assert_eq!(found(&draft, &facts()), ["Note bare-forward"]);
}

#[test]
fn a_message_too_large_is_blocked_before_a_server_refuses_it() {
    let file = |size: usize| Enclosure {
        name: "scan.pdf".to_owned(),
        media_type: "application/pdf".to_owned(),
        bytes: Arc::new(Confidential::new(vec![0; size])),
    };
    let mut draft = draft(&["kofi@mensah.example"]);
    for (size, expected) in [
        (0, vec!["Confirm empty-file"]),
        (1 << 20, vec![]),
        (12 << 20, vec!["Note large"]),
        (20 << 20, vec!["Block too-large"]),
    ] {
        draft.attachments = vec![file(size)];
        assert_eq!(found(&draft, &facts()), expected, "{size}");
    }
}

#[test]
fn someone_of_another_matter_and_someone_of_none_ask() {
    let other = found(&draft(&["grace@okafor-trading.example"]), &facts());
    assert_eq!(other, ["Confirm other-matter"]);
    assert_eq!(found(&draft(&["old@friend.example"]), &facts()), ["Confirm not-on-matter"]);
}

#[test]
fn the_first_message_to_an_address_asks() {
    let mut draft = draft(&["new@stranger.example"]);
    draft.matter = None;
    assert_eq!(found(&draft, &facts()), ["Confirm first-time", "Note no-matter"]);
}

#[test]
fn an_answer_that_reaches_more_people_than_the_message_did_asks() {
    let mut draft = draft(&["kofi@mensah.example", "registry@court.example"]);
    draft.kind = ReplyKind::ReplyAll;
    draft.parent = Some(Parent {
        key: MessageKey::new(1),
        message_id: None,
        references: Vec::new(),
        participants: vec![who("kofi@mensah.example")],
    });
    assert_eq!(found(&draft, &facts()), ["Confirm not-in-parent"]);
}

#[test]
fn a_near_miss_asks_for_typing_instead_of_calling_it_new() {
    for fake in [
        "kofi@mensah.com",
        "kofi@rnensah.example",
        "kofi@mensha.example",
        "kofi@mens\u{430}h.example",
    ] {
        let mut draft = draft(&[fake]);
        draft.matter = None;
        let review = draft.review(&facts());
        let typed: Vec<_> = review.warnings().iter().filter(|w| w.must_be_typed()).collect();
        assert!(typed.iter().any(|w| w.key.starts_with("look-alike:")), "{fake}");
        assert!(!review.warnings().iter().any(|w| w.key.starts_with("first-time")), "{fake}");
    }
}

#[test]
fn a_known_name_on_an_unknown_address_asks() {
    let mut draft = draft(&[]);
    draft.to =
        vec![NamedAddress { name: Some("Mensah, KOFI".to_owned()), ..who("kofi@webmail.example") }];
    assert!(found(&draft, &facts()).contains(&"Confirm borrowed-name".to_owned()));
    draft.to =
        vec![NamedAddress { name: Some("Kofi Mensah".to_owned()), ..who("kofi@mensah.example") }];
    assert!(found(&draft, &facts()).is_empty());
}

#[test]
fn reply_to_in_another_domain_is_noted_and_asks_when_it_is_used() {
    let mut draft = draft(&["kofi@mensah.example"]);
    draft.kind = ReplyKind::Reply;
    draft.parent = Some(Parent {
        key: MessageKey::new(1),
        message_id: None,
        references: Vec::new(),
        participants: vec![who("kofi@mensah.example"), who("old@friend.example")],
    });
    let facts = ReviewFacts {
        parent_from: vec![who("kofi@mensah.example")],
        parent_reply_to: vec![who("old@friend.example")],
        ..facts()
    };
    assert_eq!(found(&draft, &facts), ["Note reply-to"]);
    draft.to.push(who("old@friend.example"));
    assert!(found(&draft, &facts).contains(&"Confirm reply-to".to_owned()));
}

#[test]
fn an_address_that_stands_in_reply_to_alone_is_new_even_in_the_senders_domain() {
    let mut draft = draft(&["kofi.private@webmail.example"]);
    draft.kind = ReplyKind::Reply;
    draft.matter = None;
    draft.parent = Some(Parent {
        key: MessageKey::new(1),
        message_id: None,
        references: Vec::new(),
        participants: vec![who("ama@webmail.example"), who("kofi.private@webmail.example")],
    });
    let facts = ReviewFacts {
        parent_from: vec![who("ama@webmail.example")],
        parent_reply_to: vec![who("kofi.private@webmail.example")],
        ..facts()
    };
    assert_eq!(found(&draft, &facts), ["Confirm first-time", "Note no-matter"]);
    draft.to = vec![who("ama@webmail.example")];
    assert_eq!(found(&draft, &facts), ["Note no-matter"]);
}

#[test]
fn a_promised_attachment_is_missed_in_four_languages() {
    for text in [
        "See the attached lease.",
        "Die Anlage folgt.",
        "Veuillez trouver ci-joint",
        "Le adjunto el plan",
    ] {
        let mut draft = draft(&["kofi@mensah.example"]);
        draft.body = text.to_owned();
        assert_eq!(found(&draft, &facts()), ["Confirm no-attachment"], "{text}");
        draft.attachments = vec![Enclosure {
            name: "lease.pdf".to_owned(),
            media_type: "application/pdf".to_owned(),
            bytes: Arc::new(Confidential::new(b"%PDF".to_vec())),
        }];
        assert!(found(&draft, &facts()).is_empty(), "{text}");
    }
}

#[test]
fn a_joint_tenancy_and_a_quoted_attachment_announce_nothing() {
    let mut draft = draft(&["kofi@mensah.example"]);
    draft.body = "The joint tenancy ends.\n> see attached".to_owned();
    assert!(found(&draft, &facts()).is_empty());
}

#[test]
fn ten_thousand_recipients_are_refused_with_the_limit_named() {
    let mut draft = draft(&[]);
    draft.bcc = (0..10_000).map(|n| who(&format!("client{n}@x{n}.example"))).collect();
    let mut facts = facts();
    facts.known = (0..10_000).map(|n| address(&format!("known{n}@y{n}.example"))).collect();
    let review = draft.review(&facts);
    let first = review.warnings().first().unwrap();
    assert_eq!(first.severity, Severity::Block);
    let sentence = first.found.sentence();
    assert!(sentence.contains("10000") && sentence.contains("100"), "{sentence}");
}

#[test]
fn no_text_and_no_subject_ask() {
    let mut draft = draft(&["kofi@mensah.example"]);
    draft.subject = " ".to_owned();
    draft.body = "\n".to_owned();
    assert_eq!(found(&draft, &facts()), ["Confirm no-subject", "Confirm no-text"]);
}

#[test]
fn only_answering_every_finding_lets_it_through() {
    let draft = draft(&["old@friend.example", "grace@okafor-trading.example"]);
    let review = draft.review(&facts());
    let keys: BTreeSet<String> = review.warnings().iter().map(Warning::answered).collect();
    assert_eq!(keys.len(), 2);
    let one: BTreeSet<String> = keys.iter().take(1).cloned().collect();
    let open = review.clone().confirm(&one).unwrap_err();
    assert_eq!((open.blocked.len(), open.unanswered.len()), (0, 1));
    assert_eq!(review.confirm(&keys).unwrap().draft(), &draft);
}

#[test]
fn a_block_cannot_be_confirmed_away() {
    let review = draft(&["carl@harlow-steel.example"]).review(&facts());
    let keys = review.warnings().iter().map(Warning::answered).collect();
    assert_eq!(review.confirm(&keys).unwrap_err().blocked.len(), 1);
}

#[test]
fn confirming_one_address_says_nothing_about_another() {
    let confirmed = draft(&["old@friend.example"])
        .review(&facts())
        .warnings()
        .iter()
        .map(Warning::answered)
        .collect();
    let changed = draft(&["older@stranger.example"]).review(&facts());
    assert!(changed.confirm(&confirmed).is_err());
}

#[test]
fn a_sealed_message_reaches_each_recipient_once_and_has_its_message_id() {
    let mut draft = draft(&["kofi@mensah.example"]);
    draft.cc = vec![who("KOFI@mensah.example")];
    let reviewed = draft.review(&facts()).confirm(&BTreeSet::new()).unwrap();
    let identity = Identity { domain: "office.example", random: 0xabc };
    let at = "2026-11-24T10:00:00Z".parse().unwrap();
    let sealed = reviewed.clone().seal(&Footer::plain("Secret."), &identity, at).unwrap();
    assert_eq!(sealed.message_id().as_str(), "00000000000000000000000000000abc@office.example");
    assert_eq!(sealed.envelope().recipients().len(), 1);
    assert!(sealed.words().text().ends_with("Secret."));
    let forged = Identity { domain: "office.example>\r\nBcc: x", random: 1 };
    assert!(reviewed.seal(&Footer::plain("Secret."), &forged, at).is_err());
}

#[test]
fn nothing_printed_for_a_log_names_a_person() {
    let draft = draft(&["grace@okafor-trading.example"]);
    let review = draft.review(&facts());
    let open = review.clone().confirm(&BTreeSet::new()).unwrap_err();
    for text in [format!("{review:?}"), format!("{open:?}{open}"), format!("{draft:?}")] {
        assert!(!text.contains("grace") && !text.contains("sign"), "{text}");
    }
}
