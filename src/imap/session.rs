//! The server as the synchronisation sees it: list, open, survey, fetch.
//!
//! Owns the commands and their exact words. It opens mailboxes with EXAMINE and fetches with PEEK, so it can never
//! change what is on the server; it never asks for BODYSTRUCTURE or ENVELOPE.

use std::{collections::BTreeMap, time::Duration};

use crate::domain::message::{Flags, MessageId};

use super::{
    connect::LoggedIn,
    contract::{MailboxInfo, Role, Seen},
    error::ImapError,
    gmail::Labelled,
    names::{self, RawName},
    namespace::Namespaces,
    plan::{Offers, ServerView},
    reader::{OnReply, ignore_replies},
    reply::{FetchLine, ListLine, Reply, StatusLine},
    stream::Limits,
    uids::{self, UidSet},
    wire::Allowance,
};

/// Which part of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// All of it.
    Whole,
    /// A slice of it, bytes.
    Slice { offset: u64, length: u64 },
    /// Its header.
    Header,
}

/// How much a fetch may bring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Expect {
    /// The bytes that were announced.
    pub bytes: u64,
    /// The largest message that is taken.
    pub largest: u64,
}

/// One message that came.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Arrived {
    pub seen: Seen,
    pub body: Option<Vec<u8>>,
}

/// What a mailbox told while it was opened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Opened {
    pub view: ServerView,
    /// What left it since, known to us or not.
    pub vanished: UidSet,
    /// What came or changed since; the last word on each counts.
    pub changed: BTreeMap<u32, Flags>,
}

/// Takes messages as they come; an error ends the fetch and the connection.
pub(super) type OnArrival<'a> = &'a mut dyn FnMut(Arrived) -> Result<(), ImapError>;

/// What a synchronisation needs of a server. The tests have a second implementation.
pub(super) trait Remote {
    /// Every mailbox of the account.
    fn list(&mut self) -> Result<Vec<MailboxInfo>, ImapError>;
    /// Opens a mailbox for reading.
    fn open(&mut self, name: &RawName) -> Result<ServerView, ImapError>;
    /// Which ways of learning about changes there are.
    fn offers(&self) -> Offers;
    /// Opens a mailbox for reading and hears what changed in it after this HIGHESTMODSEQ (QRESYNC).
    fn resync(
        &mut self,
        name: &RawName,
        uid_validity: u64,
        modseq: u64,
    ) -> Result<Opened, ImapError>;
    /// What came or changed after this HIGHESTMODSEQ (CONDSTORE); nothing of what left.
    fn changed_since(&mut self, modseq: u64) -> Result<Vec<Seen>, ImapError>;
    /// The UIDs of all messages, and nothing else of them.
    fn list_uids(&mut self) -> Result<UidSet, ImapError>;
    /// What left the open mailbox unasked, since this was taken last.
    fn take_vanished(&mut self) -> UidSet;
    /// How many messages the open mailbox has now.
    fn exists(&self) -> u32;
    /// UIDs, sizes, dates and flags of a sequence set.
    fn survey(&mut self, sequence: &str) -> Result<Vec<Seen>, ImapError>;
    /// The same of all messages, with their Message-IDs.
    fn survey_with_ids(&mut self) -> Result<Vec<(Seen, Option<MessageId>)>, ImapError>;
    /// What is told of these beside that, by UID (Gmail); nothing where the server has no labels.
    fn labels(&mut self, _uids: &UidSet) -> Result<BTreeMap<u32, Labelled>, ImapError> {
        Ok(BTreeMap::new())
    }
    /// Fetches one part of each message.
    fn fetch(
        &mut self,
        uids: &UidSet,
        part: Part,
        expect: Expect,
        on: OnArrival<'_>,
    ) -> Result<(), ImapError>;
}

/// A session with a real server.
pub(super) struct ImapSession {
    pub logged_in: LoggedIn,
    /// The open mailbox.
    pub selected: Option<RawName>,
    /// The server advertises IDLE and refuses it.
    pub idle_refused: bool,
    /// How long one IDLE lasts.
    pub idle_lasts: Duration,
    /// How changes are learnt.
    pub ways: Offers,
    /// The server advertises LIST-STATUS and tells nothing by it (Zoho).
    pub no_list_status: bool,
    /// The server advertises X-GM-EXT-1 and does not know it.
    pub no_labels: bool,
    /// Whose folders are whose.
    pub namespaces: Namespaces,
}

pub(super) const SURVEY: &str = "UID FLAGS INTERNALDATE RFC822.SIZE";

impl ImapSession {
    pub(super) fn new(logged_in: LoggedIn) -> Self {
        Self {
            logged_in,
            selected: None,
            idle_refused: false,
            idle_lasts: Limits::default().idle,
            ways: Offers::default(),
            no_list_status: false,
            no_labels: false,
            namespaces: Namespaces::default(),
        }
    }

    pub(super) fn run(
        &mut self,
        verb: &'static str,
        line: &str,
        allowance: Allowance,
        on: OnReply<'_>,
    ) -> Result<StatusLine, ImapError> {
        self.logged_in.talk.command(verb, line, allowance, on)
    }

    /// Gives the server the occasion to say what is new.
    pub(super) fn noop(&mut self) -> Result<(), ImapError> {
        self.run("NOOP", "NOOP", Allowance::LINES, &mut ignore_replies).map(drop)
    }

    pub(super) fn list_command(&mut self, line: &str) -> Result<Vec<ListLine>, ImapError> {
        let mut lines = Vec::new();
        self.run("LIST", line, Allowance::LINES, &mut |reply| {
            if let Reply::List(line) = reply {
                lines.push(line);
            }
            Ok(())
        })?;
        Ok(lines)
    }

    /// Asks for these items of a sequence set; of what a server with a limit left out (RFC 9738) until it leaves out none.
    pub(super) fn survey_lines(
        &mut self,
        sequence: &str,
        items: &str,
        literal: u64,
        each: &mut dyn FnMut(FetchLine),
    ) -> Result<(), ImapError> {
        let allowance = Allowance { literal, ..Allowance::LINES };
        let (mut rest, mut lowest) = (sequence.to_owned(), u32::MAX);
        while !rest.is_empty() {
            let line = format!("UID FETCH {rest} {items}");
            let done = self.run("FETCH", &line, allowance, &mut |reply| {
                if let Reply::Fetch(line) = reply {
                    each(*line);
                }
                Ok(())
            });
            self.logged_in.talk.forget_flag_news();
            match done?.limited_at().filter(|uid| *uid < lowest) {
                Some(uid) => lowest = uid,
                None => break,
            }
            rest = uids::below(&rest, lowest);
        }
        Ok(())
    }
}

/// Only an answer with UID and a size or a date is an answer to a survey; others came unasked. A message without a
/// size would be missing for ever if its line were passed over: it is taken for an empty one and fetched.
pub(super) fn seen_of(line: &FetchLine) -> Option<Seen> {
    let size = line.size.or_else(|| line.internal_date.map(|_| 0))?;
    Some(Seen {
        uid: line.uid?,
        size,
        internal_date: line.internal_date,
        flags: line.flags.unwrap_or_default(),
    })
}

impl Remote for ImapSession {
    fn list(&mut self) -> Result<Vec<MailboxInfo>, ImapError> {
        let offers = &self.logged_in.offers;
        // Plain LIST discovers; the extended form is only for the roles, and some servers choke on it.
        let extended = offers.has("SPECIAL-USE") && offers.has("LIST-EXTENDED");
        let lines = if extended {
            match self.list_command("LIST \"\" \"*\" RETURN (SPECIAL-USE)") {
                Ok(lines) if !lines.is_empty() => Ok(lines),
                Err(error) if !error.keeps_connection() => Err(error),
                Ok(_) | Err(_) => self.list_command("LIST \"\" \"*\""),
            }
        } else if offers.has("XLIST") && !offers.has("SPECIAL-USE") {
            // The roles before SPECIAL-USE was agreed on; the answer is that of LIST with more attributes.
            match self.list_command("XLIST \"\" \"*\"") {
                Ok(lines) if !lines.is_empty() => Ok(lines),
                Err(error) if !error.keeps_connection() => Err(error),
                Ok(_) | Err(_) => self.list_command("LIST \"\" \"*\""),
            }
        } else {
            self.list_command("LIST \"\" \"*\"")
        };
        let labelled = self.has_labels();
        let mut found = mailboxes(lines?, &self.namespaces);
        for one in &mut found {
            one.labelled = labelled;
        }
        Ok(found)
    }

    fn open(&mut self, name: &RawName) -> Result<ServerView, ImapError> {
        let condstore = self.ways.condstore && !self.ways.qresync;
        let more = if condstore { " (CONDSTORE)" } else { "" };
        self.examine(name, more).map(|opened| opened.view)
    }

    fn offers(&self) -> Offers {
        self.ways
    }

    fn resync(
        &mut self,
        name: &RawName,
        uid_validity: u64,
        modseq: u64,
    ) -> Result<Opened, ImapError> {
        self.examine(name, &format!(" (QRESYNC ({uid_validity} {modseq}))"))
    }

    fn changed_since(&mut self, modseq: u64) -> Result<Vec<Seen>, ImapError> {
        self.survey_changed(modseq)
    }

    fn list_uids(&mut self) -> Result<UidSet, ImapError> {
        self.every_uid()
    }

    fn take_vanished(&mut self) -> UidSet {
        self.logged_in.talk.take_vanished()
    }

    fn exists(&self) -> u32 {
        self.logged_in.talk.exists
    }

    fn survey(&mut self, sequence: &str) -> Result<Vec<Seen>, ImapError> {
        let mut listed = Vec::new();
        // An empty mailbox has no `1:*`: some servers answer BAD to it.
        if self.exists() == 0 {
            return Ok(listed);
        }
        self.survey_lines(sequence, &format!("({SURVEY})"), 0, &mut |line| {
            listed.extend(seen_of(&line));
        })?;
        Ok(listed)
    }

    fn survey_with_ids(&mut self) -> Result<Vec<(Seen, Option<MessageId>)>, ImapError> {
        let mut listed = Vec::new();
        if self.exists() == 0 {
            return Ok(listed);
        }
        let items = format!("({SURVEY} BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])");
        self.survey_lines("1:*", &items, 64 << 10, &mut |line| {
            let id = line.body.as_deref().and_then(|body| message_id_in(body, "Message-ID"));
            listed.extend(seen_of(&line).map(|seen| (seen, id)));
        })?;
        Ok(listed)
    }

    fn labels(&mut self, uids: &UidSet) -> Result<BTreeMap<u32, Labelled>, ImapError> {
        self.ask_labels(uids)
    }

    fn fetch(
        &mut self,
        uids: &UidSet,
        part: Part,
        expect: Expect,
        on: OnArrival<'_>,
    ) -> Result<(), ImapError> {
        let section = match part {
            Part::Whole => "BODY.PEEK[]".to_owned(),
            Part::Slice { offset, length } => format!("BODY.PEEK[]<{offset}.{length}>"),
            Part::Header => "BODY.PEEK[HEADER]".to_owned(),
        };
        let line = format!("UID FETCH {} ({SURVEY} {section})", uids.to_sequence());
        // Announced sizes are wrong by a factor of three on some servers.
        let bytes = expect.bytes.saturating_mul(4).saturating_add(expect.largest);
        let allowance = Allowance { bytes: bytes.saturating_add(1 << 20), literal: expect.largest };
        let done = self.run("FETCH", &line, allowance, &mut |reply| {
            let Reply::Fetch(line) = reply else { return Ok(()) };
            arrived(*line).map_or(Ok(()), &mut *on)
        });
        self.logged_in.talk.forget_flag_news();
        done.map(drop)
    }
}

/// A body may come without its size, but never without its UID.
fn arrived(line: FetchLine) -> Option<Arrived> {
    let body_size = line.body.as_ref().and_then(|body| u64::try_from(body.len()).ok());
    let seen = Seen {
        uid: line.uid?,
        size: line.size.or(body_size)?,
        internal_date: line.internal_date,
        flags: line.flags.unwrap_or_default(),
    };
    Some(Arrived { seen, body: line.body })
}

/// The Message-ID in this field of a header, unfolded.
pub(super) fn message_id_in(header: &[u8], field: &str) -> Option<MessageId> {
    let text = String::from_utf8_lossy(header);
    let mut value = String::new();
    let mut inside = false;
    for line in text.lines() {
        if line.starts_with([' ', '\t']) {
            if inside {
                value.push_str(line);
            }
            continue;
        }
        inside = line
            .split_once(':')
            .is_some_and(|(name, _)| name.trim_end().eq_ignore_ascii_case(field));
        if inside {
            value = line.split_once(':').map(|(_, rest)| rest.to_owned()).unwrap_or_default();
        }
    }
    MessageId::new(&value)
}

/// Gives every listed mailbox its role: by attribute, else by name where no attribute has claimed the role.
fn mailboxes(lines: Vec<ListLine>, namespaces: &Namespaces) -> Vec<MailboxInfo> {
    let attributed: Vec<Option<Role>> = lines
        .iter()
        .map(|line| names::role_by_attributes(line.attributes.iter().map(String::as_str)))
        .collect();
    let claimed: Vec<Role> = attributed.iter().copied().flatten().collect();
    let by_name = |raw_name: &RawName, delimiter| {
        let name = namespaces.without_prefix(raw_name).decoded();
        names::role_by_name(&name, delimiter)
            .filter(|role| !claimed.contains(role) && *role != Role::Inbox)
    };
    let mut found: Vec<MailboxInfo> = Vec::new();
    for (line, role) in lines.into_iter().zip(attributed) {
        let raw_name = RawName::new(line.name);
        if found.iter().any(|other| other.raw_name == raw_name) {
            continue;
        }
        let shared = namespaces.is_shared(&raw_name);
        let role = if raw_name.is_inbox() {
            Role::Inbox
        } else if shared {
            // The Sent of a colleague is not ours.
            Role::Other
        } else {
            role.or_else(|| by_name(&raw_name, line.delimiter)).unwrap_or(Role::Other)
        };
        let selectable = !line.attributes.iter().any(|attribute| {
            attribute.eq_ignore_ascii_case("\\Noselect")
                || attribute.eq_ignore_ascii_case("\\NonExistent")
        });
        let delimiter = line.delimiter;
        found.push(MailboxInfo {
            selectable,
            shared,
            ..MailboxInfo::new(raw_name, delimiter, role)
        });
    }
    if !found.iter().any(|one| one.role == Role::Inbox) {
        let raw_name = RawName::new("INBOX");
        found.push(MailboxInfo::new(raw_name, None, Role::Inbox));
    }
    found.sort_by_key(|one| one.role);
    found
}

#[cfg(test)]
pub(super) mod script {
    use super::super::{connect::log_in, contract::Login, wire::script::Script};
    use super::*;

    const LOGIN: &str = "* CAPABILITY IMAP4rev1\r\nz1 OK x\r\na1 OK in\r\n";

    /// A session with a server that offers `more` and says `then`, from tag `z3` on.
    pub(crate) fn session(more: &str, then: &str) -> (ImapSession, Script) {
        let words = format!("{LOGIN}* CAPABILITY IMAP4rev1 {more}\r\nz2 OK x\r\n{then}");
        let script = Script::saying(words);
        let login = Login { user: "ada".into(), password: "pw".into() };
        (ImapSession::new(log_in(&script.wire(), &login).ok().unwrap()), script)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::script::session;
    use super::*;

    const OPEN: &str = "* 3 EXISTS\r\n* OK [UIDVALIDITY 5] x\r\nz3 OK [READ-ONLY] done\r\n";

    fn opened(then: &str) -> ImapSession {
        let (mut session, _) = session("", &format!("{OPEN}{then}"));
        session.open(&RawName::new("INBOX")).unwrap();
        session
    }

    #[test]
    fn what_a_server_with_a_limit_leaves_out_is_asked_for_until_it_leaves_out_none() {
        let (mut session, script) = session(
            "",
            "* 6 EXISTS\r\nz3 OK done\r\n\
             * 9 UIDFETCH (RFC822.SIZE 5)\r\n* 8 UIDFETCH (RFC822.SIZE 5)\r\nz4 OK [MESSAGELIMIT 2 8] part\r\n\
             * 5 UIDFETCH (RFC822.SIZE 5)\r\n* 3 UIDFETCH (RFC822.SIZE 5)\r\nz5 OK [MESSAGELIMIT 2 3] part\r\n\
             * 2 UIDFETCH (RFC822.SIZE 5)\r\nz6 OK done\r\n",
        );
        session.open(&RawName::new("INBOX")).unwrap();
        let listed = session.survey("1:2,3:*").unwrap();
        assert_eq!(listed.iter().map(|seen| seen.uid).collect::<Vec<_>>(), [9, 8, 5, 3, 2]);
        assert!(script.heard().contains("z5 UID FETCH 1:2,3:7 ("), "{}", script.heard());
        assert!(script.heard().contains("z6 UID FETCH 1:2 ("), "{}", script.heard());
    }

    #[test]
    fn a_server_that_names_the_same_limit_without_end_is_not_asked_without_end() {
        let part = "* 9 UIDFETCH (RFC822.SIZE 5)\r\nTAG OK [MESSAGELIMIT 1 9] part\r\n";
        let then = ["z4", "z5", "z6"].map(|tag| part.replace("TAG", tag)).concat();
        let (mut session, script) = session("", &format!("* 6 EXISTS\r\nz3 OK done\r\n{then}"));
        session.open(&RawName::new("INBOX")).unwrap();
        session.survey("1:*").unwrap();
        assert_eq!(script.heard().matches("UID FETCH").count(), 2);
    }

    type Came = Vec<(u32, Option<Vec<u8>>)>;

    fn bodies(session: &mut ImapSession) -> (Came, Result<(), ImapError>) {
        let mut came = Vec::new();
        let expect = Expect { bytes: 100, largest: 1 << 20 };
        let uids = (1..=3).collect();
        let end = session.fetch(&uids, Part::Whole, expect, &mut |arrived| {
            came.push((arrived.seen.uid, arrived.body));
            Ok(())
        });
        (came, end)
    }

    #[test]
    fn a_mailbox_is_opened_for_reading_and_its_name_is_quoted() {
        let (mut session, script) = session(
            "",
            "* NO [ALERT] disk nearly full\r\n* VANISHED 9\r\n* FLAGS (\\Seen)\r\n* 3 EXISTS\r\n\
             * OK [UIDVALIDITY 5000000000] x\r\n* OK [UIDNEXT 77] x\r\nz3 OK done\r\n",
        );
        let view = session.open(&RawName::new("Tom \"T\" \\ x")).unwrap();
        let expected = ServerView {
            uid_validity: Some(5_000_000_000),
            uid_next: Some(77),
            exists: 3,
            modseq: None,
        };
        assert_eq!(view, expected);
        assert!(script.heard().contains("z3 EXAMINE \"Tom \\\"T\\\" \\\\ x\"\r\n"));
    }

    #[test]
    fn a_mailbox_name_with_a_line_break_never_leaves() {
        let (mut session, script) = session("", "");
        let error = session.open(&RawName::new("x\r\nz9 DELETE INBOX")).unwrap_err();
        assert!(matches!(error, ImapError::UnsafeText) && error.keeps_connection());
        assert!(!script.heard().contains("DELETE"));
    }

    #[test]
    fn untagged_lines_during_a_fetch_cost_nothing() {
        let mut session = opened(
            "* NO [ALERT] x\r\n* CAPABILITY IMAP4rev1\r\n* 4 EXISTS\r\n\
             * 1 FETCH (UID 1 RFC822.SIZE 2 BODY[] {2}\r\nAB)\r\n* 2 FETCH (FLAGS (\\Seen))\r\n\
             * 2 FETCH (UID 2 FLAGS (Gr\u{f6}\u{df}e a]b) RFC822.SIZE 1 BODY[] {0}\r\n)\r\n\
             * 3 FETCH (UID 3 RFC822.SIZE 1 BODY[] NIL)\r\nz4 OK done\r\n",
        );
        let (came, end) = bodies(&mut session);
        assert!(end.is_ok());
        assert_eq!(came, [(1, Some(b"AB".to_vec())), (2, Some(Vec::new())), (3, None)]);
        assert_eq!(session.exists(), 4);
    }

    #[test]
    fn a_mail_of_line_breaks_only_is_read_in_one_go() {
        let mail = "\r\n".repeat(15 << 18);
        let head = format!("* 1 FETCH (UID 1 RFC822.SIZE 9 BODY[] {{{}}}\r\n", mail.len());
        let mut session = opened(&format!("{head}{mail})\r\nz4 OK done\r\n"));
        let mut size = 0;
        let expect = Expect { bytes: 10 << 20, largest: 10 << 20 };
        let one = [1].into_iter().collect();
        session
            .fetch(&one, Part::Whole, expect, &mut |arrived| {
                size = arrived.body.unwrap().len();
                Ok(())
            })
            .unwrap();
        assert_eq!(size, mail.len());
    }

    #[test]
    fn four_thousand_literals_in_one_answer_are_no_trouble() {
        let literals = "X {1}\r\na ".repeat(4000);
        let then =
            format!("* 1 FETCH ({literals}UID 1 RFC822.SIZE 1 BODY[] {{1}}\r\nb)\r\nz4 OK x\r\n");
        let (came, end) = bodies(&mut opened(&then));
        assert!(end.is_ok());
        assert_eq!(came, [(1, Some(b"b".to_vec()))]);
    }

    #[test]
    fn a_giant_literal_a_deep_answer_and_a_flood_end_the_connection() {
        let giant = "* 1 FETCH (UID 1 BODY[] {4294967296}\r\n";
        let end = bodies(&mut opened(giant)).1.unwrap_err();
        assert!(matches!(end, ImapError::LiteralTooLarge { .. }) && !end.keeps_connection());
        let deep = format!("* 1 FETCH (BODYSTRUCTURE {}\r\n", "(".repeat(400));
        assert!(matches!(bodies(&mut opened(&deep)).1, Err(ImapError::TooDeep)));
        let flood = "* 1 FETCH (UID 9 FLAGS ())\r\n".repeat(200_000);
        assert!(matches!(bodies(&mut opened(&flood)).1, Err(ImapError::Budget)));
    }

    #[test]
    fn a_message_that_nobody_can_read_does_not_stop_the_rest() {
        let mut session = opened(
            "* 1 FETCH ((((\r\n* 2 FETCH (UID 2 RFC822.SIZE 1 BODY[] {1}\r\nB)\r\nz4 OK done\r\n",
        );
        let (came, end) = bodies(&mut session);
        assert!(end.is_ok());
        assert_eq!(came, [(2, Some(b"B".to_vec()))]);
        assert_eq!(session.logged_in.talk.unreadable, 1);
    }

    proptest! {
        #[test]
        fn whatever_a_server_says_ends_in_an_answer_or_an_error(
            words in proptest::collection::vec(
                prop_oneof![
                    Just("* 1 FETCH (".to_owned()),
                    Just("BODY[] {3}\r\n".to_owned()),
                    Just("BODYSTRUCTURE (".to_owned()),
                    Just("UID 1 ".to_owned()),
                    Just("FLAGS (".to_owned()),
                    Just(")\r\n".to_owned()),
                    Just("* BYE\r\n".to_owned()),
                    Just("z4 ".to_owned()),
                    Just("+ ".to_owned()),
                    "[ -~]{0,12}",
                    "\\PC{0,4}\r\n",
                ],
                0..60,
            ),
        ) {
            let (came, _) = bodies(&mut opened(&words.concat()));
            prop_assert!(came.len() <= words.len());
        }
    }

    #[test]
    fn a_message_whose_size_a_server_does_not_tell_is_listed_all_the_same() {
        let mut session = opened(
            "* 1 FETCH (UID 7 FLAGS () INTERNALDATE \"24-Nov-2026 10:00:00 +0000\")\r\n\
             * 2 FETCH (UID 8 FLAGS (\\Seen))\r\n* 3 FETCH (UID 9 RFC822.SIZE 5)\r\nz4 OK done\r\n",
        );
        let listed = session.survey("1:*").unwrap();
        let sizes: Vec<(u32, u64)> = listed.iter().map(|seen| (seen.uid, seen.size)).collect();
        assert_eq!(sizes, [(7, 0), (9, 5)], "a line with flags alone came unasked");
    }

    #[test]
    fn an_empty_mailbox_is_not_surveyed() {
        let (mut session, script) = session("", "* 0 EXISTS\r\nz3 OK done\r\n");
        session.open(&RawName::new("INBOX")).unwrap();
        assert_eq!(session.survey("1:*").unwrap(), []);
        assert!(!script.heard().contains("FETCH"));
    }

    #[test]
    fn roles_come_from_the_server_first_and_are_given_once() {
        let (mut session, script) = session(
            "SPECIAL-USE LIST-EXTENDED",
            "* LIST (\\HasNoChildren) \"/\" Sent\r\n* LIST (\\Sent) \"/\" \"Sent Items\"\r\n\
             * LIST () \"/\" inbox\r\n* LIST (\\Noselect) \"/\" Clients\r\n\
             * LIST () \"/\" \"Entw&APw-rfe\"\r\n* LIST () \"/\" Sent\r\nz3 OK done\r\n",
        );
        let found = session.list().unwrap();
        let roles: Vec<(Role, &str)> =
            found.iter().map(|one| (one.role, one.raw_name.as_str())).collect();
        assert_eq!(
            roles,
            [
                (Role::Inbox, "inbox"),
                (Role::Sent, "Sent Items"),
                (Role::Drafts, "Entw&APw-rfe"),
                (Role::Other, "Sent"),
                (Role::Other, "Clients"),
            ]
        );
        assert!(!found[4].selectable);
        assert!(script.heard().contains("LIST \"\" \"*\" RETURN (SPECIAL-USE)"));
    }

    #[test]
    fn a_message_id_is_found_unfolded() {
        let id = |header: &str| {
            message_id_in(header.as_bytes(), "Message-ID").map(|id| id.as_str().to_owned())
        };
        assert_eq!(id("Message-ID:\r\n <a@b>\r\n\r\n").as_deref(), Some("a@b"));
        assert_eq!(id("MESSAGE-id : <a@b>\r\n").as_deref(), Some("a@b"));
        assert_eq!(id("\r\n"), None);
    }
}
