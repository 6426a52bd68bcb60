//! The cast's answers to mail that the office sends: what makes the practice office feel alive.
//!
//! Owns who answers, how and after how long. Everybody answers at most once, so that a loop cannot arise.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use tokio::{sync::mpsc, time::sleep};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    ServerTime,
    cast::{self, OWNER, Person},
    imap_fetch::{header_fields, split},
    mail::{Body, Charset, Letter, rfc5322_date},
    mailstore::MailStore,
    smtp_server::Delivered,
};
use crate::domain::fault::Ignore as _;

/// How somebody answers.
#[derive(Clone, Copy)]
enum Manner {
    /// An absence notice (RFC 3834).
    Away(&'static str),
    /// A person writes back.
    Writes(&'static str),
    /// The mailbox turns out to be full (RFC 3464).
    Bounces,
}

/// Who answers, after how many seconds.
const ANSWERS: &[(&str, u64, Manner)] = &[
    (
        "camille",
        4,
        Manner::Away(
            "Bonjour,\n\nJe suis en déplacement et lirai mes messages à mon retour la semaine prochaine. En cas d'urgence, appelez-moi sur mon portable.\n\nCamille Ferrand",
        ),
    ),
    (
        "kent",
        3,
        Manner::Away(
            "I am out of the office today with limited access to e-mail. For urgent staff matters please call the People desk.\n\nMoira Kent",
        ),
    ),
    ("kofi", 12, Manner::Writes("Thank you, that puts my mind at rest.\n\nKofi")),
    (
        "dana",
        20,
        Manner::Writes(
            "Thanks for coming back to me so quickly. I will read it properly tonight. Is there anything I need to sign before then?\n\nDana",
        ),
    ),
    ("calder", 3, Manner::Bounces),
];

/// Reads what was delivered and lets the cast answer, until stopped.
pub(super) async fn attend(
    store: Arc<MailStore>,
    time: ServerTime,
    mut delivered: mpsc::Receiver<Delivered>,
    stop: CancellationToken,
    tasks: TaskTracker,
) {
    let mut answered = BTreeSet::new();
    loop {
        let letter = tokio::select! {
            letter = delivered.recv() => letter,
            () = stop.cancelled() => None,
        };
        let Some(letter) = letter else { return };
        let Some(person) = cast::PEOPLE.iter().find(|p| p.address.eq_ignore_ascii_case(&letter.to))
        else {
            continue;
        };
        let Some((_, seconds, manner)) = ANSWERS.iter().find(|(key, ..)| *key == person.key) else {
            continue;
        };
        if !answered.insert(person.key) {
            continue;
        }
        let (store, stop) = (Arc::clone(&store), stop.clone());
        let pause = Duration::from_secs(*seconds);
        tasks.spawn(async move {
            tokio::select! {
                () = sleep(pause) => file(&store, time, person, *manner, &letter.raw),
                () = stop.cancelled() => {}
            }
        });
    }
}

fn file(store: &MailStore, time: ServerTime, person: &'static Person, manner: Manner, raw: &[u8]) {
    let now = time.now();
    if let Some(answer) = answer(person, manner, raw, now) {
        store
            .append(OWNER, "INBOX", &answer, BTreeSet::new(), now)
            .ok_or(())
            .ignore("the owner's INBOX cannot be removed");
    }
}

/// The answer's bytes. `None` where the letter has no Message-ID to answer to.
fn answer(
    person: &'static Person,
    manner: Manner,
    raw: &[u8],
    now: jiff::Timestamp,
) -> Option<Vec<u8>> {
    let parent = value(raw, "Message-ID")?.trim_matches(['<', '>']).to_owned();
    let mut references: Vec<String> = value(raw, "References")
        .unwrap_or_default()
        .split_whitespace()
        .map(|id| id.trim_matches(['<', '>']).to_owned())
        .collect();
    references.push(parent.clone());
    let subject = value(raw, "Subject").unwrap_or_default();
    let zone = jiff::tz::TimeZone::UTC;
    let domain = person.address.rsplit('@').next().unwrap_or_default();
    let daemon = cast::find("daemon")?;
    let auto = vec![("Auto-Submitted", "auto-replied".to_owned())];
    let (from, subject, extra, body) = match manner {
        Manner::Away(text) => {
            (person, format!("Automatic reply: {subject}"), auto, Body::Text(text.to_owned()))
        }
        Manner::Writes(text) => (person, re(&subject), Vec::new(), Body::Text(text.to_owned())),
        Manner::Bounces => {
            let body = bounce(person.address, &parent, &subject, &rfc5322_date(now, &zone));
            (daemon, "Undelivered Mail Returned to Sender".to_owned(), auto, body)
        }
    };
    let letter = Letter {
        from,
        to: vec![cast::find("us")?],
        cc: Vec::new(),
        subject,
        date: now,
        zone: &zone,
        id: format!("answer.{}.{}@{domain}", person.key, now.as_second()),
        references,
        extra,
        charset: Charset::Utf8,
        body,
        attachments: Vec::new(),
    };
    Some(letter.bytes())
}

fn re(subject: &str) -> String {
    let known = subject.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("re:"));
    if known { subject.to_owned() } else { format!("Re: {subject}") }
}

fn bounce(address: &str, parent: &str, subject: &str, date: &str) -> Body {
    Body::Report {
        text: format!(
            "Your message could not be delivered to\n\n  {address}\n\nThe mailbox is full (552 5.2.2). It will not be tried again."
        ),
        status: format!(
            "Reporting-MTA: dns; mail.example\nArrival-Date: {date}\n\nFinal-Recipient: rfc822; {address}\nAction: failed\nStatus: 5.2.2\nDiagnostic-Code: smtp; 552 5.2.2 mailbox full"
        ),
        returned: format!(
            "From: {OWNER}\nTo: {address}\nSubject: {subject}\nMessage-ID: <{parent}>"
        ),
    }
}

/// A header field's value, unfolded and not decoded.
fn value(raw: &[u8], name: &str) -> Option<String> {
    header_fields(split(raw).0).into_iter().find_map(|field| {
        let text = String::from_utf8_lossy(&field).into_owned();
        let (found, value) = text.split_once(':')?;
        found.eq_ignore_ascii_case(name).then(|| value.replace("\r\n", "").trim().to_owned())
    })
}
