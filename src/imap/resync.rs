//! How the server tells what changed: opening a mailbox with a memory, asking for changes, status without opening.
//!
//! Owns ENABLE, the parameters of EXAMINE, CHANGEDSINCE, STATUS and LIST-STATUS (RFC 7162, RFC 5819). It must never take
//! a number of one mailbox for another's, and a server that refuses what it advertises is asked plainly from then on.

use super::{
    contract::Seen,
    error::ImapError,
    names::{RawName, quoted},
    plan::Offers,
    reader::{OnReply, ignore_replies},
    reply::{Condition, MailboxStatus, Reply, StatusLine},
    session::{ImapSession, Opened, SURVEY, seen_of},
    uids::UidSet,
    wire::Allowance,
};

impl ImapSession {
    /// Switches on what helps to learn about changes. Once in a connection, before a mailbox is opened.
    pub(super) fn enable(&mut self) -> Result<(), ImapError> {
        let offers = &self.logged_in.offers;
        let mut ways = Offers { qresync: false, condstore: offers.has("CONDSTORE") };
        if offers.has("QRESYNC") && offers.has("ENABLE") {
            let line = "ENABLE QRESYNC";
            match self.run("ENABLE", line, Allowance::LINES, &mut ignore_replies) {
                Ok(_) => ways = Offers { qresync: true, condstore: true },
                Err(error) if error.keeps_connection() => {}
                Err(error) => return Err(error),
            }
        }
        self.ways = ways;
        self.see_all()
    }

    /// A server with a limit (Yahoo) shows only the newest of a large mailbox, until it is told that nobody here counts
    /// messages by their place (RFC 9586, RFC 9738).
    fn see_all(&mut self) -> Result<(), ImapError> {
        let offers = &self.logged_in.offers;
        if !offers.has_with("MESSAGELIMIT=") || !offers.has("UIDONLY") || !offers.has("ENABLE") {
            return Ok(());
        }
        match self.run("ENABLE", "ENABLE UIDONLY", Allowance::LINES, &mut ignore_replies) {
            Err(error) if !error.keeps_connection() => Err(error),
            Ok(_) | Err(_) => Ok(()),
        }
    }

    /// Opens a mailbox for reading. `more` are the parameters with a space in front, or nothing.
    pub(super) fn examine(&mut self, name: &RawName, more: &str) -> Result<Opened, ImapError> {
        let quoted = quoted(name.as_str())?;
        match self.examine_once(name, &format!("EXAMINE {quoted}{more}")) {
            // It advertises what it does not understand.
            Err(ImapError::Bad { .. }) if !more.is_empty() => {
                self.ways = Offers::default();
                self.examine_once(name, &format!("EXAMINE {quoted}"))
            }
            opened => opened,
        }
    }

    fn examine_once(&mut self, name: &RawName, line: &str) -> Result<Opened, ImapError> {
        self.selected = None;
        self.logged_in.talk.turn_page();
        let mut opened = Opened::default();
        let mut codes = Vec::new();
        let done = self.run("EXAMINE", line, Allowance::LINES, &mut |reply| {
            note_opening(reply, &mut opened, &mut codes);
            Ok(())
        })?;
        codes.push(done);
        let view = &mut opened.view;
        for line in &codes {
            view.uid_validity = view.uid_validity.or(line.number("UIDVALIDITY"));
            let next = line.number("UIDNEXT").and_then(|next| u32::try_from(next).ok());
            view.uid_next = view.uid_next.or(next);
            view.modseq = view.modseq.or(line.number("HIGHESTMODSEQ"));
        }
        view.uid_validity = view.uid_validity.filter(|number| *number > 0);
        view.modseq = view.modseq.filter(|number| *number > 0);
        let talk = &mut self.logged_in.talk;
        view.exists = talk.exists;
        // Whatever left while the mailbox was being opened is in the set, however it was said.
        opened.vanished = talk.take_vanished();
        talk.take_news();
        self.selected = Some(name.clone());
        Ok(opened)
    }

    /// What came or changed after this HIGHESTMODSEQ.
    pub(super) fn survey_changed(&mut self, modseq: u64) -> Result<Vec<Seen>, ImapError> {
        let mut listed = Vec::new();
        if self.logged_in.talk.exists == 0 {
            return Ok(listed);
        }
        let items = format!("({SURVEY}) (CHANGEDSINCE {modseq})");
        self.survey_lines("1:*", &items, 0, &mut |line| listed.extend(seen_of(&line)))?;
        Ok(listed)
    }

    /// Every UID of the open mailbox. By FETCH: what SEARCH gives is not to be relied on with iCloud.
    pub(super) fn every_uid(&mut self) -> Result<UidSet, ImapError> {
        let mut uids = UidSet::new();
        if self.logged_in.talk.exists > 0 {
            let each = &mut |line: super::reply::FetchLine| {
                uids.extend_from(&line.uid.into_iter().collect());
            };
            self.survey_lines("1:*", "(UID)", 0, each)?;
        }
        Ok(uids)
    }

    fn status_items(&self) -> &'static str {
        if self.ways.condstore {
            "MESSAGES UIDNEXT UIDVALIDITY HIGHESTMODSEQ"
        } else {
            "MESSAGES UIDNEXT UIDVALIDITY"
        }
    }

    /// Asks how a mailbox is without opening it. Not for the open one (RFC 3501 §6.3.10).
    pub(super) fn status(&mut self, name: &RawName) -> Result<MailboxStatus, ImapError> {
        let line = format!("STATUS {} ({})", quoted(name.as_str())?, self.status_items());
        let mut status = MailboxStatus::default();
        self.status_command("STATUS", &line, &mut |reply| {
            // What NOTIFY tells of another mailbox may come in between.
            if let Reply::Status(about, now) = reply
                && (about == name.as_str() || name.is_inbox() && RawName::new(about).is_inbox())
            {
                status = now;
            }
            Ok(())
        })?;
        Ok(status)
    }

    /// The status of every mailbox by one command, where the server can; otherwise nothing. Those of which it does not
    /// tell are not in the answer.
    pub(super) fn every_status(&mut self) -> Result<Vec<(RawName, MailboxStatus)>, ImapError> {
        if self.no_list_status || !self.logged_in.offers.has("LIST-STATUS") {
            return Ok(Vec::new());
        }
        let line = format!("LIST \"\" \"*\" RETURN (STATUS ({}))", self.status_items());
        let mut told = Vec::new();
        let asked = self.status_command("LIST", &line, &mut |reply| {
            if let Reply::Status(name, status) = reply {
                told.push((RawName::new(name), status));
            }
            Ok(())
        });
        match asked {
            Err(error) if !error.keeps_connection() => return Err(error),
            Ok(_) | Err(_) => self.no_list_status = told.is_empty(),
        }
        Ok(told)
    }

    /// What comes as an answer is no news of another mailbox.
    fn status_command(
        &mut self,
        verb: &'static str,
        line: &str,
        on: OnReply<'_>,
    ) -> Result<StatusLine, ImapError> {
        let news = self.logged_in.talk.take_others();
        let done = self.run(verb, line, Allowance::LINES, on);
        self.logged_in.talk.put_others(news);
        done
    }
}

fn note_opening(reply: Reply, opened: &mut Opened, codes: &mut Vec<StatusLine>) {
    if let Reply::Fetch(line) = &reply
        && let (Some(uid), Some(flags)) = (line.uid, line.flags)
    {
        opened.changed.insert(uid, flags);
    }
    if let Reply::Untagged(line) = reply
        && line.condition == Condition::Ok
    {
        if line.code.as_deref() == Some("CLOSED") {
            opened.changed.clear();
        }
        codes.push(line);
    }
}

#[cfg(test)]
mod tests {
    use super::super::session::{Remote, script::session};
    use super::*;

    fn inbox() -> RawName {
        RawName::new("INBOX")
    }

    #[test]
    fn qresync_is_switched_on_and_tells_what_changed_and_vanished_while_opening() {
        let (mut session, script) = session(
            "ENABLE CONDSTORE QRESYNC",
            "* ENABLED QRESYNC\r\nz3 OK x\r\n* 3 EXISTS\r\n* OK [UIDVALIDITY 5] x\r\n\
             * OK [HIGHESTMODSEQ 77] x\r\n* VANISHED (EARLIER) 2,4:6\r\n\
             * 1 FETCH (UID 1 FLAGS (\\Seen) MODSEQ (70))\r\n\
             * 3 FETCH (UID 9 FLAGS () MODSEQ (77))\r\nz4 OK done\r\n",
        );
        session.enable().unwrap();
        let opened = session.resync(&inbox(), 5, 60).unwrap();
        assert!(script.heard().ends_with("z4 EXAMINE \"INBOX\" (QRESYNC (5 60))\r\n"));
        assert_eq!((opened.view.exists, opened.view.modseq), (3, Some(77)));
        assert_eq!(opened.vanished.to_sequence(), "2,4:6");
        let seen: Vec<(u32, bool)> =
            opened.changed.iter().map(|(uid, flags)| (*uid, flags.seen)).collect();
        assert_eq!(seen, [(1, true), (9, false)]);
    }

    #[test]
    fn what_is_said_of_the_mailbox_before_it_is_closed_is_not_the_next_ones() {
        let (mut session, _) = session(
            "ENABLE CONDSTORE QRESYNC",
            "z3 OK x\r\n* VANISHED 7\r\n* 1 FETCH (UID 8 FLAGS ())\r\n* OK [CLOSED] x\r\n\
             * 3 EXISTS\r\n* VANISHED 2\r\nz4 OK done\r\n",
        );
        session.enable().unwrap();
        let opened = session.resync(&inbox(), 5, 60).unwrap();
        assert_eq!((opened.vanished.to_sequence().as_str(), opened.changed.len()), ("2", 0));
        assert_eq!(opened.view.exists, 2);
    }

    #[test]
    fn a_server_with_condstore_alone_is_told_so_and_asked_for_changes() {
        let (mut session, script) = session(
            "CONDSTORE",
            "* 3 EXISTS\r\n* OK [HIGHESTMODSEQ 9]\r\nz3 OK done\r\n\
             * 2 FETCH (UID 2 RFC822.SIZE 9 FLAGS (\\Seen) MODSEQ (9))\r\nz4 OK done\r\n",
        );
        session.enable().unwrap();
        assert_eq!(session.open(&inbox()).unwrap().modseq, Some(9));
        let changed = session.changed_since(8).unwrap();
        assert!(changed.len() == 1 && changed[0].uid == 2 && changed[0].flags.seen);
        assert!(script.heard().contains("z3 EXAMINE \"INBOX\" (CONDSTORE)\r\n"));
        assert!(script.heard().contains("(CHANGEDSINCE 8)\r\n"));
    }

    #[test]
    fn a_server_that_does_not_understand_what_it_advertises_is_asked_plainly() {
        let (mut session, script) = session(
            "CONDSTORE",
            "z3 BAD what\r\n* 3 EXISTS\r\nz4 OK done\r\n* 3 EXISTS\r\nz5 OK done\r\n",
        );
        session.enable().unwrap();
        assert_eq!(session.open(&inbox()).unwrap().exists, 3);
        session.open(&inbox()).unwrap();
        assert!(script.heard().ends_with("z4 EXAMINE \"INBOX\"\r\nz5 EXAMINE \"INBOX\"\r\n"));
        assert_eq!(session.ways, Offers::default());
    }

    #[test]
    fn a_refused_enable_leaves_the_count_of_changes() {
        let (mut session, _) = session("ENABLE CONDSTORE QRESYNC", "z3 NO not today\r\n");
        session.enable().unwrap();
        assert_eq!(session.ways, Offers { qresync: false, condstore: true });
    }

    #[test]
    fn the_status_of_all_mailboxes_comes_by_one_command() {
        let (mut session, script) = session(
            "CONDSTORE LIST-STATUS",
            "* LIST () \".\" INBOX\r\n* STATUS INBOX (MESSAGES 3 HIGHESTMODSEQ 9)\r\n\
             * LIST (\\Noselect) \".\" x\r\nz3 OK done\r\n",
        );
        session.ways.condstore = true;
        let told = session.every_status().unwrap();
        assert!(told.len() == 1 && told[0].0.is_inbox() && told[0].1.modseq == Some(9));
        let asked = "LIST \"\" \"*\" RETURN (STATUS (MESSAGES UIDNEXT UIDVALIDITY HIGHESTMODSEQ))";
        assert!(script.heard().contains(asked));
        assert!(session.logged_in.talk.take_others().is_empty(), "an answer is no news");
    }

    #[test]
    fn a_server_whose_list_status_tells_nothing_is_not_asked_that_way_again() {
        for answer in ["* LIST () \"/\" INBOX\r\nz3 OK done\r\n", "z3 BAD what\r\n"] {
            let (mut session, script) = session("LIST-STATUS", answer);
            assert!(session.every_status().unwrap().is_empty());
            assert!(session.every_status().unwrap().is_empty());
            assert_eq!(script.heard().matches("RETURN").count(), 1);
        }
    }

    #[test]
    fn a_status_that_was_not_asked_for_is_not_taken_for_the_answer() {
        let (mut session, _) = session(
            "",
            "* STATUS Other (MESSAGES 9)\r\n* STATUS \"Sent\" (MESSAGES 3)\r\nz3 OK done\r\n",
        );
        assert_eq!(session.status(&RawName::new("Sent")).unwrap().messages, Some(3));
    }
}
