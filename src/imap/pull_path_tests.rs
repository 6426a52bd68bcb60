//! The three paths of a pass: the same server behind each, and the same record in the end.

use super::*;

/// The three ways of a server to tell of changes.
const WAYS: [(bool, bool); 3] = [(true, true), (false, true), (false, false)];

#[test]
fn with_a_count_of_changes_a_second_pass_asks_for_nothing_else() {
    for ((qresync, condstore), asked) in
        WAYS.into_iter().zip([vec!["resync 1 1"], vec![], vec!["survey 1:*"]])
    {
        let mut server = Server::with(1..=9).offering(qresync, condstore);
        let mut record = Record::default();
        sync(&mut server, &mut record);
        server.asked.clear();
        sync(&mut server, &mut record);
        assert_eq!(server.asked, asked, "qresync {qresync}, condstore {condstore}");
    }
}

#[test]
fn a_deletion_on_a_server_that_tells_of_changes_only_is_found_by_comparing_uids() {
    let mut server = Server::with(1..=9).offering(false, true);
    let mut record = Record::default();
    sync(&mut server, &mut record);
    server.asked.clear();
    server.expunge(4);
    server.add(10);
    sync(&mut server, &mut record);
    assert_eq!(server.asked, ["changed 1", "uids", "fetch 10"]);
    assert_eq!(record.ledger.gone.to_sequence(), "4");
}

#[test]
fn a_conclusion_is_recorded_only_with_what_it_covers() {
    // A crash in the middle of the bodies: the count stands, since everything is pending by then.
    let mut server = Server::with(1..=9).offering(true, true);
    let mut record = Record { stops_after: Some(4), ..Record::default() };
    assert!(pass(&mut server, &mut record, &mut Suspects::default(), Depth::Recent).is_err());
    assert_eq!((record.modseq, record.ledger.live()), (Some(1), 9));
    record.stops_after = None;
    server.expunge(2);
    sync(&mut server, &mut record);
    assert_eq!(record.ledger.stored.to_sequence(), "1,3:9");
    // A listing that does not fit concludes nothing.
    server.shows = 4;
    server.modseq -= 1;
    assert!(sync(&mut server, &mut record).doubtful);
    assert_eq!(record.modseq, Some(2));
}

#[test]
fn much_that_vanishes_at_once_is_confirmed_by_listing_whatever_the_path() {
    for (qresync, condstore) in WAYS {
        let mut server = Server::with(1..=10).offering(qresync, condstore);
        let mut record = Record::default();
        sync(&mut server, &mut record);
        server.asked.clear();
        for uid in 1..=8 {
            server.expunge(uid);
        }
        assert!(!sync(&mut server, &mut record).doubtful);
        assert_eq!(record.ledger.gone.to_sequence(), "1:8");
        let listings = server.asked.iter().filter(|asked| *asked == "survey 1:*").count();
        assert!(listings >= 2, "{:?}", server.asked);
    }
}

#[test]
fn a_server_that_vanishes_everything_by_mistake_is_not_believed() {
    let mut server = Server::with(1..=10).offering(true, true);
    let mut record = Record::default();
    sync(&mut server, &mut record);
    // It says that they vanished, and lists them all the same.
    server.modseq += 1;
    server.expunged = (1..=8).map(|uid| (uid, server.modseq)).collect();
    assert!(!sync(&mut server, &mut record).doubtful);
    assert!(record.ledger.gone.is_empty());
    assert_eq!(record.ledger.stored.len(), 10);
}

#[test]
fn a_server_that_has_lost_its_count_is_listed_whole() {
    let mut server = Server::with(1..=9).offering(true, true);
    server.modseq = 500;
    let mut record = Record::default();
    sync(&mut server, &mut record);
    server.modseq = 1;
    server.see(3);
    server.asked.clear();
    sync(&mut server, &mut record);
    assert_eq!(server.asked, ["resync 1 500", "survey 1:*"]);
    assert_eq!(record.modseq, Some(2));
    assert!(record.flags[&3].seen);
}

#[test]
fn flags_of_older_messages_are_seen_in_turn_where_nothing_tells_of_them() {
    let (mut server, mut record) = (Server::with(1..=1500), Record::default());
    sync(&mut server, &mut record);
    server.see(200);
    let mut cursor = record.cursor();
    let (mut suspects, signals, mut progress) = Default::default();
    let mut passes = 0;
    while !record.flags[&200].seen {
        passes += 1;
        assert!(passes < 4, "three passes go through all of them");
        let mut pull = Pull {
            remote: &mut server,
            sink: &mut record,
            caps: &CAPS,
            suspects: &mut suspects,
            signals: &signals,
            progress: &mut progress,
        };
        pull.mailbox(&mut cursor, Depth::Recent).unwrap();
    }
    assert_eq!(passes, 2);
}

/// What another program does on the server.
#[derive(Clone, Copy, Debug)]
enum Deed {
    Add,
    See(u8),
    Expunge(u8),
    ExpungeMany(u8),
    Sync,
}

fn deeds() -> impl proptest::strategy::Strategy<Value = Vec<Deed>> {
    use proptest::prelude::*;
    let deed = prop_oneof![
        4 => Just(Deed::Add),
        4 => any::<u8>().prop_map(Deed::See),
        3 => any::<u8>().prop_map(Deed::Expunge),
        1 => any::<u8>().prop_map(Deed::ExpungeMany),
        3 => Just(Deed::Sync),
    ];
    proptest::collection::vec(deed, 0..40)
}

fn carry_out(server: &mut Server, deed: Deed, next: &mut u32) {
    let uid_at = |server: &Server, place: u8| {
        let count = server.mails.len().max(1);
        server.mails.keys().nth(usize::from(place) % count).copied().unwrap_or(0)
    };
    match deed {
        Deed::Add => {
            server.add(*next);
            *next += 1;
        }
        Deed::See(place) => {
            let uid = uid_at(server, place);
            server.see(uid);
        }
        Deed::Expunge(place) => {
            let uid = uid_at(server, place);
            server.expunge(uid);
        }
        Deed::ExpungeMany(place) => {
            let from = uid_at(server, place);
            let uids: Vec<u32> = server.mails.range(from..).map(|(uid, _)| *uid).collect();
            for uid in uids {
                server.expunge(uid);
            }
        }
        Deed::Sync => {}
    }
}

proptest::proptest! {
    #[test]
    fn the_three_paths_end_in_the_same_record(deeds in deeds()) {
        for (qresync, condstore) in WAYS {
            let mut server = Server::with(1..=12).offering(qresync, condstore);
            let (mut record, mut next) = (Record::default(), 13);
            for deed in &deeds {
                carry_out(&mut server, *deed, &mut next);
                if matches!(deed, Deed::Sync) {
                    sync(&mut server, &mut record);
                }
            }
            proptest::prop_assert!(!sync(&mut server, &mut record).doubtful);
            let there: UidSet = server.mails.keys().copied().collect();
            proptest::prop_assert_eq!(&record.ledger.stored, &there);
            for (uid, mail) in &server.mails {
                proptest::prop_assert_eq!(record.flags[uid], mail.flags);
            }
        }
    }
}

#[test]
fn only_so_many_of_the_newest_come_with_a_pass_and_of_sent_it_is_kept_when_the_rest_arrived() {
    for (role, kept) in [(Role::Sent, 5), (Role::Inbox, 0)] {
        let (mut server, mut record) = (Server::with(1..=5), Record::default());
        let mut cursor = MailboxCursor { role, ..record.cursor() };
        let few = Caps { newest: 2, ..CAPS };
        let mut pull = Pull {
            remote: &mut server,
            sink: &mut record,
            caps: &few,
            suspects: &mut Suspects::default(),
            signals: &Signals::default(),
            progress: &mut Progress::default(),
        };
        pull.mailbox(&mut cursor, Depth::Recent).unwrap();
        assert_eq!(cursor.known.stored.to_sequence(), "4:5");
        assert_eq!(cursor.known.arrived.len(), kept);
        if role == Role::Sent {
            let third = jiff::Timestamp::from_second(3).unwrap();
            assert_eq!(cursor.known.read_back(), crate::imap::contract::ReadBack::After(third));
        }
    }
}
