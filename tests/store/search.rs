//! Searching: the language against real rows.

use jiff::tz::TimeZone;
use matterbox::{
    domain::query::Query,
    store::{Store, search},
};

use crate::support::{Mail, at, fill, open};

fn find(store: &Store, text: &'static str) -> Vec<String> {
    store
        .read_blocking("find", move |conn| {
            let hits = search::find(conn, &Query::parse(text).0, &TimeZone::UTC, at(0), 50)?;
            Ok(hits.into_iter().map(|hit| hit.subject).collect())
        })
        .unwrap()
}

fn office() -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap();
    let mut roth = Mail::new("c@x", "Frage zum Kaufvertrag").at(3);
    roth = roth.saying("In der großen Straße steht ein Haus. Müller weiß das; Groesse 50%.");
    roth.from = crate::support::named("Ines Roth", "ines@roth.example");
    fill(
        &store,
        &[
            Mail::new("a@x", "Lease")
                .at(1)
                .saying("The landlord called again about the side letter."),
            Mail::new("b@x", "Re: Lease").answering("a@x").sent().at(2).saying("He cannot."),
            roth,
        ],
    );
    (dir, store)
}

#[test]
fn hits_come_newest_first() {
    let (_dir, store) = office();
    assert_eq!(find(&store, ""), ["Frage zum Kaufvertrag", "Re: Lease", "Lease"]);
}

#[test]
fn words_phrases_prefixes_and_exclusions_find_what_they_say() {
    let (_dir, store) = office();
    assert_eq!(find(&store, "landlord"), ["Lease"]);
    assert_eq!(find(&store, "\"side letter\""), ["Lease"]);
    assert!(find(&store, "\"letter side\"").is_empty());
    assert_eq!(find(&store, "land*"), ["Lease"]);
    assert_eq!(find(&store, "lease -landlord"), ["Re: Lease"]);
    assert_eq!(find(&store, "landlord OR kaufvertrag"), ["Frage zum Kaufvertrag", "Lease"]);
}

#[test]
fn german_words_are_found_with_and_without_umlauts() {
    let (_dir, store) = office();
    for text in [
        "strasse", "Straße", "STRASSE", "grossen", "müller", "muller", "mueller", "Größe",
        "groesse",
    ] {
        assert_eq!(find(&store, text), ["Frage zum Kaufvertrag"], "{text}");
    }
}

#[test]
fn people_states_days_and_places_narrow_it() {
    let (_dir, store) = office();
    assert_eq!(find(&store, "from:roth"), ["Frage zum Kaufvertrag"]);
    assert_eq!(find(&store, "from:\"Ines Roth\""), ["Frage zum Kaufvertrag"]);
    assert_eq!(find(&store, "from:ines@roth.example"), ["Frage zum Kaufvertrag"]);
    assert_eq!(find(&store, "to:kofi"), ["Re: Lease"]);
    assert_eq!(find(&store, "-from:roth is:received"), ["Lease"]);
    assert_eq!(find(&store, "is:sent"), ["Re: Lease"]);
    assert_eq!(find(&store, "is:unread subject:lease"), ["Lease"]);
    assert_eq!(find(&store, "in:inbox from:roth"), ["Frage zum Kaufvertrag"]);
    assert!(find(&store, "in:sent").is_empty());
    assert!(find(&store, "before:2020-01-01").is_empty());
    assert_eq!(find(&store, "after:2020-01-01 before:2100-01-01 is:received").len(), 2);
    assert_eq!(find(&store, "has:question"), Vec::<String>::new());
}

#[test]
fn nothing_that_is_typed_breaks_the_search() {
    let (_dir, store) = office();
    for text in [
        "\"",
        "*",
        "a\"b",
        "NEAR(a b)",
        "subject : x",
        "'; DROP TABLE message; --",
        "%",
        "from:%",
        "^a",
        "a AND",
        "{",
        "-\"\"",
        "\u{0}",
    ] {
        find(&store, text);
    }
    assert!(find(&store, "from:%").is_empty(), "a wildcard of SQL is a plain character");
    assert_eq!(find(&store, "").len(), 3);
}

#[test]
fn a_snippet_shows_the_hit() {
    let (_dir, store) = office();
    let hits = store
        .read_blocking("find", |conn| {
            search::find(conn, &Query::parse("landlord").0, &TimeZone::UTC, at(0), 50)
        })
        .unwrap();
    assert!(hits[0].snippet.contains("landlord called"), "{}", hits[0].snippet);
    assert_eq!(hits[0].who, "Kofi Mensah");
}
