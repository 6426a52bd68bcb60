//! Files a copy of sent mail, and looks for a message by its Message-ID.
//!
//! Owns SEARCH and APPEND. It must never append what is there already (Gmail and Outlook file copies themselves),
//! and never trust a SEARCH alone: what it finds is compared, since servers search by substring or not at all.

use jiff::Timestamp;

use crate::domain::message::MessageId;

use super::{
    contract::Role,
    error::ImapError,
    names::{RawName, quoted},
    reader::ignore_replies,
    reply::Reply,
    round::Round,
    session::{ImapSession, Remote, message_id_in},
    wire::Allowance,
};

/// What became of a copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filed {
    /// It was there already.
    Present {
        /// Its UID.
        uid: u32,
    },
    /// It was appended.
    Appended {
        /// Its UID, where the server says so (UIDPLUS).
        uid: Option<u32>,
    },
}

/// With what a message is appended.
pub(super) struct Filing {
    /// Its flags, with blanks between them.
    pub flags: &'static str,
    /// Its INTERNALDATE.
    pub date: Option<Timestamp>,
}

/// The most UIDs of a search that are compared, newest first.
const COMPARED: usize = 20;

impl ImapSession {
    /// The UID of the newest message with exactly this Message-ID in a mailbox, be it the one that it had before a relay
    /// gave it another.
    pub(super) fn find_message_id(
        &mut self,
        mailbox: &RawName,
        id: &MessageId,
    ) -> Result<Option<u32>, ImapError> {
        self.open(mailbox)?;
        if let Some(uid) = self.find_in("Message-ID", id)? {
            return Ok(Some(uid));
        }
        match self.find_in("X-Microsoft-Original-Message-ID", id) {
            // A server that does not search headers which it does not know has not rewritten any.
            Err(error) if error.keeps_connection() => Ok(None),
            found => found,
        }
    }

    fn find_in(&mut self, header: &str, id: &MessageId) -> Result<Option<u32>, ImapError> {
        let mut found = Vec::new();
        // No CHARSET: Exchange and Yahoo refuse it, and a Message-ID is ASCII.
        let line = format!("UID SEARCH HEADER {header} {}", quoted(id.as_str())?);
        self.logged_in.talk.command("SEARCH", &line, Allowance::LINES, &mut |reply| {
            if let Reply::Search(uids) = reply {
                found.extend(uids);
            }
            Ok(())
        })?;
        found.sort_unstable();
        for uid in found.into_iter().rev().take(COMPARED) {
            if self.message_id_of(uid, header)?.as_ref() == Some(id) {
                return Ok(Some(uid));
            }
        }
        Ok(None)
    }

    fn message_id_of(&mut self, uid: u32, header: &str) -> Result<Option<MessageId>, ImapError> {
        let mut id = None;
        let line = format!("UID FETCH {uid} (UID BODY.PEEK[HEADER.FIELDS ({header})])");
        self.logged_in.talk.command("FETCH", &line, Allowance::LINES, &mut |reply| {
            if let Reply::Fetch(line) = reply
                && line.uid == Some(uid)
            {
                id = line.body.as_deref().and_then(|body| message_id_in(body, header));
            }
            Ok(())
        })?;
        self.logged_in.talk.forget_flag_news();
        Ok(id)
    }

    /// Puts a copy into a mailbox unless it is there, marked as read. `bytes` have CRLF line ends.
    pub(super) fn file(
        &mut self,
        mailbox: &RawName,
        id: &MessageId,
        bytes: &[u8],
        date: Option<Timestamp>,
    ) -> Result<Filed, ImapError> {
        if let Some(uid) = self.find_message_id(mailbox, id)? {
            return Ok(Filed::Present { uid });
        }
        let filing = Filing { flags: "\\Seen", date };
        Ok(Filed::Appended { uid: self.append_to(mailbox, bytes, &filing)? })
    }

    /// Appends a message. Answers with its UID, where the server says so (UIDPLUS).
    pub(super) fn append_to(
        &mut self,
        mailbox: &RawName,
        bytes: &[u8],
        filing: &Filing,
    ) -> Result<Option<u32>, ImapError> {
        match self.append(mailbox, bytes, filing) {
            // Courier takes no copy into anything while a mailbox is open for reading only, which is how we look.
            Err(ImapError::No { code: None, .. }) if self.selected.is_some() => {
                // Behind EXAMINE it removes nothing (RFC 3501 §6.4.2).
                self.selected = None;
                let talk = &mut self.logged_in.talk;
                talk.command("CLOSE", "CLOSE", Allowance::LINES, &mut ignore_replies)?;
                self.append(mailbox, bytes, filing)
            }
            end => end,
        }
    }

    fn append(
        &mut self,
        mailbox: &RawName,
        bytes: &[u8],
        filing: &Filing,
    ) -> Result<Option<u32>, ImapError> {
        let name = quoted(mailbox.as_str())?;
        let date = filing.date.map(date_time).unwrap_or_default();
        let talk = &mut self.logged_in.talk;
        talk.wire.allow(Allowance::LINES);
        // A synchronising literal: a refusal (quota, no such mailbox) comes before the bytes go out.
        let line = format!("APPEND {name} ({}){date} {{{}}}", filing.flags, bytes.len());
        let tag = talk.send_tagged(&line)?;
        talk.wait_for_continuation("APPEND", &tag)?;
        talk.wire.send(bytes)?;
        talk.wire.send(b"\r\n")?;
        let done = talk.finish("APPEND", &tag, &mut ignore_replies)?;
        Ok(done
            .code
            .as_deref()
            .and_then(|code| code.strip_prefix("APPENDUID "))
            .and_then(|numbers| numbers.split(' ').nth(1)?.parse().ok()))
    }
}

impl Round<'_> {
    /// Looks for a message by its Message-ID, in Sent where no mailbox is named.
    pub(super) fn find(
        &mut self,
        mailbox: Option<RawName>,
        id: &MessageId,
    ) -> Result<Option<u32>, ImapError> {
        self.in_sent(mailbox, |session, name| session.find_message_id(name, id))
    }

    /// Does something in this mailbox, or in Sent.
    pub(super) fn in_sent<T>(
        &mut self,
        mailbox: Option<RawName>,
        act: impl FnOnce(&mut ImapSession, &RawName) -> Result<T, ImapError>,
    ) -> Result<T, ImapError> {
        let sent = || {
            let sent = self.boxes.iter().find(|held| held.cursor.role == Role::Sent);
            sent.map(|held| held.cursor.raw_name.clone())
        };
        let name = mailbox.or_else(sent).ok_or(ImapError::NoMailbox)?;
        act(&mut self.session, &name)
    }
}

/// A date-time of RFC 3501 §9 in UTC, with a space in front.
fn date_time(at: Timestamp) -> String {
    format!(" \"{}\"", at.strftime("%d-%b-%Y %H:%M:%S +0000"))
}

#[cfg(test)]
mod tests {
    use super::super::session::script::session;
    use super::*;

    const OPEN: &str = "* 3 EXISTS\r\nz3 OK [READ-ONLY] done\r\n";
    const NONE: &str = "* SEARCH\r\nz4 OK done\r\n* SEARCH\r\nz5 OK done\r\n";

    fn id() -> MessageId {
        MessageId::new("a@b").unwrap()
    }

    fn file(then: &str) -> (Result<Filed, ImapError>, String) {
        let (mut session, script) = session("UIDPLUS", &format!("{OPEN}{then}"));
        let date = "2026-11-24T10:00:00Z".parse().ok();
        let end = session.file(&RawName::new("Sent"), &id(), b"Subject: x\r\n\r\nhi", date);
        (end, script.heard())
    }

    #[test]
    fn a_copy_is_appended_once_and_its_uid_is_told() {
        let (end, heard) = file(&format!(
            "{NONE}* 4 EXISTS\r\n+ go\r\n* 5 EXISTS\r\nz6 OK [APPENDUID 7 42] x\r\n"
        ));
        assert_eq!(end.unwrap(), Filed::Appended { uid: Some(42) });
        assert!(heard.contains("z4 UID SEARCH HEADER Message-ID \"a@b\"\r\n"));
        assert!(heard.ends_with(
            "z6 APPEND \"Sent\" (\\Seen) \"24-Nov-2026 10:00:00 +0000\" {16}\r\nSubject: x\r\n\r\nhi\r\n"
        ));
    }

    #[test]
    fn a_server_that_takes_nothing_while_a_mailbox_is_open_for_reading_gets_it_closed_first() {
        let (end, heard) = file(&format!(
            "{NONE}z6 NO Current box is selected READ-ONLY.\r\nz7 OK done\r\n\
             + go\r\nz8 OK [APPENDUID 7 42] x\r\n"
        ));
        assert_eq!(end.unwrap(), Filed::Appended { uid: Some(42) });
        assert!(heard.contains("z7 CLOSE\r\nz8 APPEND \"Sent\""), "{heard}");
        assert_eq!(heard.matches("hi\r\n").count(), 1);
    }

    #[test]
    fn a_copy_that_the_server_filed_itself_is_not_appended() {
        let (end, heard) = file(
            "* SEARCH 8 9\r\nz4 OK done\r\n\
             * 2 FETCH (UID 9 BODY[HEADER.FIELDS (MESSAGE-ID)] {22}\r\nMessage-ID: <xa@b>\r\n\r\n)\r\nz5 OK x\r\n\
             * 1 FETCH (UID 8 BODY[HEADER.FIELDS (MESSAGE-ID)] {21}\r\nMessage-ID: <a@b>\r\n\r\n)\r\nz6 OK x\r\n",
        );
        assert_eq!(end.unwrap(), Filed::Present { uid: 8 });
        assert!(!heard.contains("APPEND"));
    }

    #[test]
    fn a_copy_under_another_id_that_a_relay_gave_it_is_not_appended() {
        let (end, heard) = file(
            "* SEARCH\r\nz4 OK done\r\n* SEARCH 7\r\nz5 OK done\r\n\
             * 2 FETCH (UID 7 BODY[HEADER.FIELDS (X-MICROSOFT-ORIGINAL-MESSAGE-ID)] {42}\r\n\
             X-Microsoft-Original-Message-ID: <a@b>\r\n\r\n)\r\nz6 OK x\r\n",
        );
        assert_eq!(end.unwrap(), Filed::Present { uid: 7 });
        assert!(!heard.contains("APPEND"));
        // A server that will not search for such a header gets its copy all the same.
        let (end, _) =
            file("* SEARCH\r\nz4 OK done\r\nz5 BAD what\r\n+ go\r\nz6 OK [APPENDUID 7 42] x\r\n");
        assert_eq!(end.unwrap(), Filed::Appended { uid: Some(42) });
    }

    #[test]
    fn a_refused_copy_keeps_its_bytes_at_home_and_says_why() {
        let (end, heard) = file(&format!("{NONE}z6 NO [TRYCREATE] no such mailbox\r\n"));
        let error = end.unwrap_err();
        assert!(error.keeps_connection());
        assert!(matches!(error, ImapError::No { code: Some(code), .. } if code == "TRYCREATE"));
        assert!(!heard.contains("Subject"));
        let (end, _) = file(&format!("{NONE}z6 NO [OVERQUOTA] full\r\n"));
        assert!(matches!(end, Err(ImapError::Limited { .. })));
    }

    #[test]
    fn a_message_id_with_a_quotation_mark_cannot_leave_its_string() {
        let (mut session, script) = session("", &format!("{OPEN}{NONE}"));
        let id = MessageId::new("a\"b\\c@x").unwrap();
        assert_eq!(session.find_message_id(&RawName::new("Sent"), &id).unwrap(), None);
        assert!(script.heard().contains("Message-ID \"a\\\"b\\\\c@x\"\r\n"));
    }
}
