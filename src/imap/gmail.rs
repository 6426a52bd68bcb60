//! Gmail's labels (X-GM-EXT-1): one message that shows in many folders is fetched once.
//!
//! Owns the question for the identities of messages, and what follows from the answer. It must never take a message for a
//! known one on a guess: whatever is not told, or does not fit, is fetched.

use std::collections::BTreeMap;

use super::{
    contract::{MailboxCursor, Role, Seen},
    error::ImapError,
    plan::Wanted,
    pull::{Pull, wanted_of},
    reply::Reply,
    session::ImapSession,
    uids::UidSet,
    wire::Allowance,
};

/// What Gmail tells of one message beside what every server tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Labelled {
    /// X-GM-MSGID: the same in every folder that shows the message.
    pub id: Option<u64>,
    /// It bears the label `\Draft`: somebody is still writing it.
    pub draft: bool,
}

/// How long a list of UIDs in one command may be.
const SEQUENCE: usize = 2000;
/// How many identities go to the record in one call.
const ROWS: usize = 1000;

impl ImapSession {
    /// Does the server give every message an identity over all folders?
    pub(super) fn has_labels(&self) -> bool {
        self.logged_in.offers.has("X-GM-EXT-1") && !self.no_labels
    }

    /// Asks for identity and labels of these; of some, or all, nothing may be told.
    pub(super) fn ask_labels(
        &mut self,
        uids: &UidSet,
    ) -> Result<BTreeMap<u32, Labelled>, ImapError> {
        let mut told = BTreeMap::new();
        if !self.has_labels() {
            return Ok(told);
        }
        for sequence in uids.to_sequences(SEQUENCE) {
            let line = format!("UID FETCH {sequence} (UID X-GM-MSGID X-GM-LABELS)");
            let done =
                self.logged_in.talk.command("FETCH", &line, Allowance::LINES, &mut |reply| {
                    if let Reply::Fetch(line) = reply
                        && let Some(uid) = line.uid
                        && (line.gmail_id.is_some() || line.draft_label)
                    {
                        told.insert(uid, Labelled { id: line.gmail_id, draft: line.draft_label });
                    }
                    Ok(())
                });
            self.logged_in.talk.forget_flag_news();
            match done {
                Ok(_) => {}
                Err(error) if error.keeps_connection() => {
                    // It advertises what it does not do: everything is fetched, as from any other server.
                    self.no_labels = true;
                    return Ok(BTreeMap::new());
                }
                Err(error) => return Err(error),
            }
        }
        Ok(told)
    }

    /// Those that still are in the open mailbox after they were moved out of it: nothing leaves Gmail's All Mail but by
    /// Trash and Spam. Elsewhere the server's word is enough.
    pub(super) fn those_that_stay(&mut self, uids: &UidSet) -> Result<UidSet, ImapError> {
        let mut there = UidSet::new();
        if !self.has_labels() {
            return Ok(there);
        }
        for sequence in uids.to_sequences(SEQUENCE) {
            self.survey_lines(&sequence, "(UID)", 0, &mut |line| {
                there
                    .extend_from(&line.uid.into_iter().filter(|uid| uids.contains(*uid)).collect());
            })?;
        }
        Ok(there)
    }
}

impl Pull<'_> {
    /// What of these must be fetched. A message that the record holds under another label only gets another location, and
    /// one that somebody is still writing stays where it is: it is no mail yet.
    pub(super) fn not_held(
        &mut self,
        cursor: &mut MailboxCursor,
        seen: &[Seen],
    ) -> Result<Vec<Wanted>, ImapError> {
        let uids: UidSet = seen.iter().map(|one| one.uid).collect();
        if uids.is_empty() {
            return Ok(Vec::new());
        }
        let told = self.remote.labels(&uids)?;
        self.leave_drafts(cursor, seen, &told)?;
        let known: Vec<(Seen, u64)> = seen
            .iter()
            .filter(|one| is_owed(cursor, one.uid))
            .filter_map(|one| Some((*one, told.get(&one.uid)?.id?)))
            .collect();
        for some in known.chunks(ROWS) {
            // No order interrupts this: what is not matched now is fetched once more.
            self.check_end()?;
            let held = self.sink.held_elsewhere(cursor.mailbox, cursor.generation, some);
            for uid in held.map_err(ImapError::Halted)?.iter() {
                if cursor.known.pending.remove(uid) || cursor.known.failed.remove(uid) {
                    cursor.known.stored.insert(uid);
                }
            }
        }
        Ok(seen.iter().filter(|one| is_owed(cursor, one.uid)).map(wanted_of).collect())
    }

    /// All Mail shows drafts too, by their flag; any label may, by Gmail's own.
    fn leave_drafts(
        &mut self,
        cursor: &mut MailboxCursor,
        seen: &[Seen],
        told: &BTreeMap<u32, Labelled>,
    ) -> Result<(), ImapError> {
        if cursor.role == Role::Drafts {
            return Ok(());
        }
        let all = cursor.role == Role::All;
        let draft = |one: &&Seen| {
            told.get(&one.uid).is_some_and(|labelled| labelled.draft) || all && one.flags.draft
        };
        let drafts: UidSet = seen
            .iter()
            .filter(draft)
            .map(|one| one.uid)
            .filter(|uid| cursor.known.pending.contains(*uid))
            .collect();
        if drafts.is_empty() {
            return Ok(());
        }
        self.sink.leave_drafts(cursor.mailbox, &drafts).map_err(ImapError::Halted)?;
        for uid in drafts.iter() {
            cursor.known.pending.remove(uid);
            cursor.known.older.insert(uid);
        }
        Ok(())
    }
}

fn is_owed(cursor: &MailboxCursor, uid: u32) -> bool {
    cursor.known.pending.contains(uid) || cursor.known.failed.contains(uid)
}

#[cfg(test)]
mod tests {
    use super::super::session::script::session;
    use super::*;

    #[test]
    fn identities_and_the_draft_label_are_read_whatever_else_is_labelled() {
        let (mut session, script) = session(
            "X-GM-EXT-1",
            "* 1 FETCH (X-GM-MSGID 1278455344230334865 X-GM-LABELS (\"\\\\Inbox\" \"Draft\" &ANY-) UID 3)\r\n\
             * 2 FETCH (X-GM-MSGID 18446744073709551615 X-GM-LABELS (\"\\\\Draft\") UID 4)\r\n\
             * 3 FETCH (X-GM-MSGID 7 X-GM-LABELS (\\Drafts \"Gr\u{f6}\u{df}e]\") UID 5)\r\n\
             * 4 FETCH (UID 9 FLAGS ())\r\nz3 OK x\r\n",
        );
        let told = session.ask_labels(&(3..=9).collect()).unwrap();
        assert!(script.heard().ends_with("z3 UID FETCH 3:9 (UID X-GM-MSGID X-GM-LABELS)\r\n"));
        let of = |id, draft| Labelled { id: Some(id), draft };
        assert_eq!(told[&3], of(1_278_455_344_230_334_865, false));
        assert_eq!((told[&4], told[&5]), (of(u64::MAX, true), of(7, true)));
        assert!(!told.contains_key(&9), "another program set a flag meanwhile");
    }

    #[test]
    fn a_server_that_does_not_do_what_it_advertises_is_asked_once() {
        let (mut session, script) = session("X-GM-EXT-1", "z3 BAD Could not parse command\r\n");
        let one: UidSet = [1].into_iter().collect();
        assert!(session.ask_labels(&one).unwrap().is_empty());
        assert!(session.ask_labels(&one).unwrap().is_empty());
        assert_eq!(script.heard().matches("X-GM-MSGID").count(), 1);
        assert!(!session.has_labels());
    }
}
