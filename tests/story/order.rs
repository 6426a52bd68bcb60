//! The same mailbox, pulled in any order and cut off anywhere, gives the same conversations, tags and clocks.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use matterbox::{
    app::{
        ingest::{self, Incoming, Location},
        office::Office,
        time::FixedTime,
    },
    domain::{id::MailboxId, message::Flags},
    store::{self, mailboxes::NewMailbox},
};
use rand::{SeedableRng as _, rngs::StdRng, seq::SliceRandom as _};

use crate::{
    desk::{Home, Look, Setup},
    letters::Letter,
};

const ALICE: &str = "Alice Tan <u-order@firm.test>";
const KOFI: &str = "Kofi Mensah <kofi@mensah.example>";
const DANA: &str = "Dana Whitfield <dana@whitfield.example>";
const OTHER: &str = "P. Lindqvist <pl@law.example>";

/// In which mailbox, under which UID, with which INTERNALDATE, and its bytes.
#[derive(Clone)]
struct Lying {
    sent: bool,
    uid: u32,
    at: Timestamp,
    bytes: Vec<u8>,
}

fn hour(hour: i64) -> Timestamp {
    let monday: Timestamp = "2026-11-16T09:00:00Z".parse().unwrap();
    monday + jiff::SignedDuration::from_hours(hour)
}

#[derive(Default)]
struct Mailbox(Vec<Lying>);

impl Mailbox {
    fn put(&mut self, sent: bool, at_hour: i64, letter: &Letter) {
        let uid = u32::try_from(self.0.len()).unwrap() + 1;
        let date = hour(at_hour).strftime("%a, %d %b %Y %H:%M:%S +0000").to_string();
        let bytes = letter.clone().dated(&date).bytes();
        self.0.push(Lying { sent, uid, at: hour(at_hour), bytes });
    }
}

/// About forty messages: conversations that cross, copies, a bounce, an auto-reply, answers from elsewhere.
#[allow(clippy::too_many_lines, reason = "a mailbox, message after message")]
fn mailbox() -> Vec<Lying> {
    let mut box_ = Mailbox::default();
    for (n, client) in [(0, KOFI), (1, DANA), (2, KOFI)] {
        let id = |k: i64| format!("c{n}-{k}@mail.example");
        let subject = format!("Question {n}");
        let re = format!("Re: {subject}");
        let base = n * 20;
        box_.put(false, base, &Letter::new(&id(0), client, ALICE, &subject));
        box_.put(false, base + 1, &Letter::new(&id(1), client, ALICE, &re).answering(&id(0)));
        // An acknowledgement and an answer, sent from another program.
        let short = "Thank you, I will look at it.";
        let ack = Letter::new(&id(2), ALICE, client, &re).answering(&id(1)).saying(short);
        box_.put(true, base + 2, &ack);
        let words =
            "The lease says so in clause seven, and the statute agrees with it. ".repeat(12);
        let answer = Letter::new(&id(3), ALICE, client, &re)
            .with("In-Reply-To", &format!("<{}>", id(1)))
            .with("References", &format!("<{}> <{}>", id(0), id(1)))
            .saying(&words);
        if n != 1 {
            box_.put(true, base + 5, &answer);
        }
        // The client again; its parent is a message that we never got.
        let lost = format!("never-{n}@mail.example");
        let again = Letter::new(&id(4), client, ALICE, &re)
            .with("In-Reply-To", &format!("<{lost}>"))
            .with("References", &format!("<{}> <{lost}>", id(0)));
        box_.put(false, base + 8, &again);
        // And a courtesy.
        let thanks = Letter::new(&id(5), client, ALICE, &re).answering(&id(4)).saying("Thanks!");
        box_.put(false, base + 9, &thanks);
    }
    // Two conversations that a later message shows to be one.
    box_.put(false, 70, &Letter::new("x1@mail.example", KOFI, ALICE, "The boiler"));
    box_.put(false, 71, &Letter::new("x2@mail.example", DANA, ALICE, "Heating"));
    let joins = Letter::new("x3@mail.example", KOFI, ALICE, "Re: The boiler")
        .with("References", "<x1@mail.example> <x2@mail.example>")
        .with("In-Reply-To", "<x2@mail.example>");
    box_.put(false, 72, &joins);
    // An answer that comes before its parent, twice over.
    let early =
        Letter::new("y2@mail.example", DANA, ALICE, "Re: Deposit").answering("y1@mail.example");
    box_.put(false, 73, &early);
    box_.put(false, 74, &Letter::new("y1@mail.example", DANA, ALICE, "Deposit"));
    // The same message addressed to us and through a list: other bytes, one id.
    let direct = Letter::new("l1@mail.example", KOFI, ALICE, "To everybody");
    box_.put(false, 75, &direct);
    let through_list = direct.with("List-Id", "<tenants.list.example>");
    box_.put(
        false,
        75,
        &through_list.saying("Dear Alice,\n\ncan he do that?\n\nKofi\n\n--\nThe list"),
    );
    // Exactly the same bytes twice.
    let twice = Letter::new("t1@mail.example", DANA, ALICE, "Twice");
    box_.put(false, 76, &twice);
    box_.put(false, 76, &twice);
    // A message of ours bounced.
    let to_old =
        Letter::new("b1@firm.test", ALICE, "kofi@old.example", "Your file").saying("Here.");
    box_.put(true, 77, &to_old);
    let report = Letter::new("b2@mx.example", "MAILER-DAEMON <mailer-daemon@mx.example>", ALICE, "Undelivered")
        .with("Content-Type", "multipart/report; report-type=delivery-status; boundary=r")
        .saying(
            "--r\nContent-Type: text/plain\n\nIt could not be delivered.\n--r\nContent-Type: message/delivery-status\n\n\
             Reporting-MTA: dns; mx.example\n\nFinal-Recipient: rfc822; kofi@old.example\nAction: failed\nStatus: 5.1.1\n\n\
             --r\nContent-Type: message/rfc822\n\nMessage-ID: <b1@firm.test>\nSubject: Your file\n\nHere.\n--r--",
        );
    box_.put(false, 78, &report);
    // A machine answers, the other side writes, we write to it.
    let auto = Letter::new("a1@mail.example", DANA, ALICE, "Out of office")
        .with("Auto-Submitted", "auto-replied")
        .answering("c1-2@mail.example");
    box_.put(false, 79, &auto);
    box_.put(false, 80, &Letter::new("o1@law.example", OTHER, ALICE, "Without prejudice"));
    let to_other = Letter::new("o2@firm.test", ALICE, OTHER, "Re: Without prejudice");
    box_.put(true, 81, &to_other.answering("o1@law.example"));
    // Strangers, one with a copy in two mailboxes (a rule of the server's), one without an id.
    for n in 0..6 {
        let from = format!("Stranger {n} <s{n}@x{n}.example>");
        let letter = Letter::new(&format!("s{n}@x.example"), &from, ALICE, &format!("Matter {n}"));
        box_.put(false, 82 + n, &letter);
    }
    let nameless = Letter::new("gone", "s9@x.example", ALICE, "No id").with("Message-ID", "");
    box_.put(false, 90, &nameless);
    let mut lying = box_.0;
    let copy = Lying { uid: 900, ..lying[0].clone() };
    lying.push(copy);
    lying
}

/// Everything that must not depend on the order, by Message-ID (or by the hash where there is none).
#[derive(Debug, PartialEq, Eq)]
struct Picture {
    conversations: BTreeSet<BTreeSet<String>>,
    tags: BTreeMap<String, BTreeSet<String>>,
    clocks: BTreeSet<(BTreeSet<String>, String)>,
}

fn picture(office: &Office) -> Picture {
    office.look(|conn| {
        let mut picture = Picture {
            conversations: BTreeSet::new(),
            tags: BTreeMap::new(),
            clocks: BTreeSet::new(),
        };
        for thread in store::threads::all(conn)? {
            let mut names = BTreeMap::new();
            for row in store::messages::of_thread(conn, thread)? {
                let hash = ingest::hex(&row.body_hash);
                let id = row.message_id.map(|id| id.as_str().to_owned()).unwrap_or_default();
                names.insert(row.key, format!("{id} {hash}"));
            }
            if names.is_empty() {
                continue;
            }
            let ids: BTreeSet<String> = names.values().cloned().collect();
            for tag in store::tags::of_thread(conn, thread)? {
                let number = store::matters::get(conn, tag.tag.matter)?.number;
                let name = names[&tag.message].clone();
                picture.tags.entry(name).or_default().insert(number.as_str().to_owned());
            }
            for clock in store::clocks::of_thread(conn, thread)? {
                let flags = (clock.auto, clock.courtesy, &clock.policy, &clock.calendar);
                let words = format!("{} {flags:?} {clock:?}", clock.principal);
                picture.clocks.insert((ids.clone(), words));
            }
            picture.conversations.insert(ids);
        }
        Ok(picture)
    })
}

struct Pulling {
    home: Home,
    inbox: MailboxId,
    sent: MailboxId,
}

impl Pulling {
    fn begin() -> Self {
        let home = Home::new(&Setup { users: vec!["u-order".to_owned()], ..Setup::of("") });
        let office = Self::open(&home);
        let account = *office.accounts().keys().next().unwrap();
        let (inbox, sent) = office
            .store()
            .write_blocking("mailboxes", move |tx| {
                let mut ids = Vec::new();
                for (name, role) in [("INBOX", "inbox"), ("Sent", "sent")] {
                    let new = NewMailbox {
                        raw_name: name.as_bytes().to_vec(),
                        name: name.to_owned(),
                        delimiter: ".".to_owned(),
                        role: role.to_owned(),
                    };
                    let id = store::mailboxes::ensure(tx, account, &new)?;
                    store::mailboxes::new_generation(tx, id, 1)?;
                    ids.push(id);
                }
                Ok((ids[0], ids[1]))
            })
            .unwrap();
        let runtime = runtime();
        for (number, name, address) in [
            ("2026-0001", "Kofi Mensah", "kofi@mensah.example"),
            ("2026-0002", "Dana Whitfield", "dana@whitfield.example"),
        ] {
            let matter = office.add_matter(number.parse().unwrap(), name.to_owned());
            let matter = runtime.block_on(matter).unwrap();
            for (name, address, role) in [
                (name, address, matterbox::domain::matter::Role::Client),
                (
                    "P. Lindqvist",
                    "pl@law.example",
                    matterbox::domain::matter::Role::OpposingCounsel,
                ),
            ] {
                let address = matterbox::domain::address::EmailAddress::parse(address).unwrap();
                let role = Some((matter, role));
                let added = office.add_party(name.to_owned(), vec![address], role);
                // The other side is a party to both matters under one address.
                runtime.block_on(added).unwrap();
            }
        }
        office.store().shutdown();
        Self { home, inbox, sent }
    }

    /// Time stands at the same instant in every run.
    fn open(home: &Home) -> Office {
        let time = FixedTime::at("2026-11-24T12:00:00Z".parse().unwrap());
        home.try_office(std::sync::Arc::new(time)).unwrap()
    }

    /// Puts these into the record in one transaction, as a synchronisation does.
    fn pull(&self, office: &Office, batch: &[Lying]) {
        let account = *office.accounts().keys().next().unwrap();
        let prepared: std::sync::Arc<[ingest::Prepared]> = batch
            .iter()
            .map(|lying| {
                let mailbox = if lying.sent { self.sent } else { self.inbox };
                let incoming = Incoming {
                    account,
                    location: Some(Location { mailbox, uid: lying.uid, flags: Flags::default() }),
                    bytes: lying.bytes.clone(),
                    header_only: false,
                    internal_date: Some(lying.at),
                    accepted_at: None,
                    first_seen: office.now(),
                };
                ingest::prepare(incoming, &matterbox::mail::Limits::default()).unwrap()
            })
            .collect();
        office.record_blocking(&prepared).unwrap();
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().build().unwrap()
}

/// A person tags the conversation of this message as soon as it is there.
fn tag(office: &Office, id: &str, number: &str, done: &mut BTreeSet<String>) {
    if done.contains(id) || office.messages(id).is_empty() {
        return;
    }
    let thread = office.thread(id);
    let number = number.parse().unwrap();
    let matter = office.look(move |conn| store::matters::by_number(conn, &number)).unwrap();
    runtime().block_on(office.tag(vec![thread], matter)).unwrap();
    done.insert(id.to_owned());
}

const TAGS: [(&str, &str); 3] = [
    ("c0-1@mail.example", "2026-0001"),
    ("c1-4@mail.example", "2026-0002"),
    ("x2@mail.example", "2026-0001"),
];

/// Pulls everything in an order, in batches of chance sizes; between some of them the program ends and starts again,
/// and what came last comes once more, as after a cut line.
fn pulled(seed: u64) -> Picture {
    let mut chance = StdRng::seed_from_u64(seed);
    let mut mail = mailbox();
    if seed > 0 {
        mail.shuffle(&mut chance);
    }
    let pulling = Pulling::begin();
    let mut office = Pulling::open(&pulling.home);
    let mut tagged = BTreeSet::new();
    let mut from = 0;
    while from < mail.len() {
        let size = 1 + usize::try_from(rand::RngExt::random_range(&mut chance, 0..9_u64)).unwrap();
        let to = (from + size).min(mail.len());
        pulling.pull(&office, &mail[from..to]);
        for (id, number) in TAGS {
            tag(&office, id, number, &mut tagged);
        }
        if seed > 0 && rand::RngExt::random_range(&mut chance, 0..3_u64) == 0 {
            office.store().shutdown();
            office = Pulling::open(&pulling.home);
            pulling.pull(&office, &mail[to.saturating_sub(2)..to]);
        }
        from = to;
    }
    let picture = picture(&office);
    office.store().shutdown();
    picture
}

#[test]
fn the_order_of_arrival_and_interruptions_change_no_conversation_no_tag_and_no_clock() {
    let in_order = pulled(0);
    let all: usize = in_order.conversations.iter().map(BTreeSet::len).sum();
    assert!(all >= 35, "{all}");
    assert!(in_order.clocks.len() >= 8, "{:?}", in_order.clocks);
    assert!(in_order.tags.len() >= 12, "{:?}", in_order.tags);
    for seed in 1..=12 {
        let shuffled = pulled(seed);
        assert_eq!(shuffled.conversations, in_order.conversations, "order {seed}");
        assert_eq!(shuffled.tags, in_order.tags, "order {seed}");
        assert_eq!(shuffled.clocks, in_order.clocks, "order {seed}");
    }
}
