//! Our own reader: one command, its answers one by one, in constant memory, between the commands of the `imap` crate.
//!
//! Owns tags, the pairing of command and answer, and what came unasked. It must never send a command whose answer
//! `imap-proto` and [`lenient`](super::lenient) cannot read, and never FETCH BODYSTRUCTURE or ENVELOPE.

use std::time::Duration;

use super::{
    error::{ImapError, asks_for_patience, wait_hint},
    reply::{self, Condition, MailboxStatus, Reply, StatusLine},
    uids::UidSet,
    wire::{Allowance, Wire},
};

/// What the server said unasked since the last look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct News {
    /// The last EXISTS.
    pub exists: Option<u32>,
    /// Something was expunged or vanished.
    pub removed: bool,
    /// Flags changed.
    pub flags: bool,
    /// The server told of another mailbox (NOTIFY).
    pub elsewhere: bool,
}

impl News {
    /// Is there anything to look at?
    pub(super) fn any(self) -> bool {
        self.here() || self.elsewhere
    }

    /// Is there anything to look at in the open mailbox?
    pub(super) fn here(self) -> bool {
        self.exists.is_some() || self.removed || self.flags
    }
}

/// The conversation with one server.
pub(super) struct Talk {
    pub wire: Wire,
    next_tag: u64,
    /// Collected until [`Talk::take_news`].
    news: News,
    /// How many messages the open mailbox has, by all that was said since it was opened.
    pub exists: u32,
    /// What vanished from the open mailbox, whenever that was said; collected until [`Talk::take_vanished`].
    vanished: UidSet,
    /// The status of other mailboxes that came unasked (NOTIFY), by name.
    others: Vec<(String, MailboxStatus)>,
    /// Lines that nobody could read, since the connection began.
    pub unreadable: u64,
    /// The server's last word, if it said BYE.
    bye: Option<StatusLine>,
}

/// So many unasked words about other mailboxes are kept at most.
const OTHERS: usize = 1000;

/// What a command's answers are given to.
pub(super) type OnReply<'a> = &'a mut dyn FnMut(Reply) -> Result<(), ImapError>;

/// Takes no notice.
#[allow(clippy::unnecessary_wraps, reason = "it is used as an `OnReply`")]
pub(super) fn ignore_replies(_: Reply) -> Result<(), ImapError> {
    Ok(())
}

impl Talk {
    pub(super) fn new(wire: Wire) -> Self {
        Self {
            wire,
            next_tag: 1,
            news: News::default(),
            exists: 0,
            vanished: UidSet::new(),
            others: Vec::new(),
            unreadable: 0,
            bye: None,
        }
    }

    /// Takes what came unasked.
    pub(super) fn take_news(&mut self) -> News {
        std::mem::take(&mut self.news)
    }

    /// Another mailbox is the open one from here on: what was said before was about the one before.
    pub(super) fn turn_page(&mut self) {
        self.exists = 0;
        self.vanished = UidSet::new();
        self.news = News::default();
    }

    /// Takes what vanished from the open mailbox.
    pub(super) fn take_vanished(&mut self) -> UidSet {
        std::mem::take(&mut self.vanished)
    }

    /// Takes what was told of other mailboxes.
    pub(super) fn take_others(&mut self) -> Vec<(String, MailboxStatus)> {
        std::mem::take(&mut self.others)
    }

    /// What was told of other mailboxes is this, and nothing else.
    pub(super) fn put_others(&mut self, others: Vec<(String, MailboxStatus)>) {
        self.news.elsewhere = !others.is_empty();
        self.others = others;
    }

    /// Runs one command to its end. `line` is already safe (see [`names::quoted`](super::names)).
    pub(super) fn command(
        &mut self,
        verb: &'static str,
        line: &str,
        allowance: Allowance,
        on: OnReply<'_>,
    ) -> Result<StatusLine, ImapError> {
        self.wire.allow(allowance);
        let tag = self.send_tagged(line)?;
        self.finish(verb, &tag, on)
    }

    /// Sends a command and gives its tag.
    pub(super) fn send_tagged(&mut self, line: &str) -> Result<String, ImapError> {
        let tag = format!("z{}", self.next_tag);
        self.next_tag = self.next_tag.saturating_add(1);
        self.wire.send(format!("{tag} {line}\r\n").as_bytes())?;
        Ok(tag)
    }

    /// Reads to the tagged answer.
    pub(super) fn finish(
        &mut self,
        verb: &'static str,
        tag: &str,
        on: OnReply<'_>,
    ) -> Result<StatusLine, ImapError> {
        loop {
            let reply = self.next(tag)?;
            if let Reply::Tagged(_, line) = reply {
                return outcome(verb, line);
            }
            if reply == Reply::Continue {
                return Err(ImapError::Protocol("an unexpected continuation"));
            }
            on(reply)?;
        }
    }

    /// Waits for the `+` that lets us go on; untagged lines may come first. A tagged answer is a refusal.
    pub(super) fn wait_for_continuation(
        &mut self,
        verb: &'static str,
        tag: &str,
    ) -> Result<(), ImapError> {
        loop {
            let reply = self.next(tag)?;
            if reply == Reply::Continue {
                return Ok(());
            }
            if let Reply::Tagged(_, line) = reply {
                outcome(verb, line)?;
                return Err(ImapError::Protocol("an answer before the continuation"));
            }
        }
    }

    /// The next answer within `wait`, with its news noted; `None` when nothing came.
    pub(super) fn listen(&mut self, tag: &str, wait: Duration) -> Result<Option<Reply>, ImapError> {
        let raw = match self.wire.response_within(wait) {
            Err(ImapError::Closed) => return Err(self.closed()),
            other => other?,
        };
        raw.map(|raw| self.note(reply::read(raw), tag)).transpose()
    }

    fn next(&mut self, tag: &str) -> Result<Reply, ImapError> {
        let raw = match self.wire.response() {
            Err(ImapError::Closed) => return Err(self.closed()),
            other => other?,
        };
        self.note(reply::read(raw), tag)
    }

    /// A connection that ends after BYE ended for the reason that BYE gave.
    fn closed(&mut self) -> ImapError {
        self.bye.take().map_or(ImapError::Closed, bye_error)
    }

    fn removed(&mut self, count: u64) {
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        self.exists = self.exists.saturating_sub(count);
        self.news.removed = true;
    }

    /// Our own fetches bring flags; those are no news.
    pub(super) fn forget_flag_news(&mut self) {
        self.news.flags = false;
    }

    fn note(&mut self, reply: Reply, tag: &str) -> Result<Reply, ImapError> {
        match &reply {
            Reply::Tagged(other, _) if other != tag => {
                return Err(ImapError::Protocol("an answer to a command that was not sent"));
            }
            Reply::Untagged(line) => {
                if line.condition == Condition::Bye {
                    self.bye = Some(line.clone());
                }
                if line.code.as_deref() == Some("CLOSED") {
                    self.turn_page();
                }
            }
            Reply::Exists(count) => {
                self.exists = *count;
                self.news.exists = Some(*count);
            }
            Reply::Expunge => self.removed(1),
            Reply::Vanished(uids) => {
                self.removed(uids.len());
                self.vanished.extend_from(uids);
            }
            Reply::VanishedEarlier(uids) => self.vanished.extend_from(uids),
            Reply::Status(name, status) if self.others.len() < OTHERS => {
                self.others.push((name.clone(), *status));
                self.news.elsewhere = true;
            }
            Reply::Fetch(_) => self.news.flags = true,
            Reply::Unreadable => self.unreadable = self.unreadable.saturating_add(1),
            Reply::Tagged(..)
            | Reply::Continue
            | Reply::Search(_)
            | Reply::List(_)
            | Reply::Status(..)
            | Reply::Capabilities(_)
            | Reply::Namespaces(_)
            | Reply::Other => {}
        }
        Ok(reply)
    }
}

/// Sorts a tagged answer.
fn outcome(verb: &'static str, line: StatusLine) -> Result<StatusLine, ImapError> {
    let patience = asks_for_patience(line.code.as_deref(), line.text.expose());
    match line.condition {
        Condition::Ok => Ok(line),
        Condition::No | Condition::Bad if patience => Err(limited(line)),
        Condition::No => Err(ImapError::No { verb, code: line.code, text: line.text }),
        Condition::Bad => Err(ImapError::Bad { verb, text: line.text }),
        Condition::Bye => Err(bye_error(line)),
        Condition::Preauth => Err(ImapError::Protocol("a tagged PREAUTH")),
    }
}

pub(super) fn limited(line: StatusLine) -> ImapError {
    let wait = wait_hint(line.text.expose());
    ImapError::Limited { text: line.text, wait }
}

pub(super) fn bye_error(line: StatusLine) -> ImapError {
    if asks_for_patience(line.code.as_deref(), line.text.expose()) {
        limited(line)
    } else {
        ImapError::Bye(line.text)
    }
}

#[cfg(test)]
mod tests {
    use super::super::wire::script::Script;
    use super::*;

    fn run(says: &str) -> (Result<StatusLine, ImapError>, Talk) {
        let mut talk = Talk::new(Script::saying(says).wire());
        let end = talk.command("NOOP", "NOOP", Allowance::LINES, &mut ignore_replies);
        (end, talk)
    }

    #[test]
    fn untagged_lines_of_every_kind_may_come_at_any_time() {
        let (end, mut talk) = run("* NO [ALERT] disk nearly full\r\n* CAPABILITY IMAP4rev1\r\n\
             * VANISHED 4\r\n* 7 EXISTS\r\n* FLAGS (\\Seen a]b)\r\n* 2 FETCH (FLAGS ())\r\n\
             * OK Still here\r\n* GIBBERISH (\r\nz1 OK done\r\n");
        assert!(end.is_ok());
        assert_eq!(
            talk.take_news(),
            News { exists: Some(7), removed: true, flags: true, elsewhere: false }
        );
        assert_eq!(talk.unreadable, 1);
    }

    #[test]
    fn what_vanished_earlier_is_not_taken_off_the_count_a_second_time() {
        let (_, mut talk) =
            run("* 7 EXISTS\r\n* VANISHED (EARLIER) 2:5\r\n* VANISHED 9,11\r\nz1 OK done\r\n");
        assert_eq!(talk.exists, 5);
        assert_eq!(talk.take_vanished().to_sequence(), "2:5,9,11");
        assert!(talk.take_vanished().is_empty());
    }

    #[test]
    fn what_a_server_says_of_the_mailbox_before_is_not_taken_for_the_next_one() {
        let (_, mut talk) =
            run("* 7 EXISTS\r\n* VANISHED 9\r\n* OK [CLOSED] x\r\n* 3 EXISTS\r\nz1 OK done\r\n");
        assert_eq!((talk.exists, talk.take_vanished().len()), (3, 0));
    }

    #[test]
    fn an_answer_with_another_tag_ends_the_connection() {
        assert!(matches!(run("z9 OK done\r\n").0, Err(ImapError::Protocol(_))));
    }

    #[test]
    fn a_session_that_ends_with_bye_says_why() {
        let (end, _) = run("* BYE Session invalidated - AccessTokenExpired\r\n");
        let Err(ImapError::Bye(text)) = end else { panic!("{end:?}") };
        assert!(text.expose().contains("AccessTokenExpired"));
    }

    #[test]
    fn a_throttled_command_asks_for_patience() {
        let (end, _) =
            run("z1 BAD Request is throttled. Suggested Backoff Time: 5000 milliseconds\r\n");
        assert!(matches!(end, Err(ImapError::Limited { wait: Some(w), .. }) if w.as_secs() == 5));
        assert!(matches!(run("z1 NO [OVERQUOTA] x\r\n").0, Err(ImapError::Limited { .. })));
        assert!(matches!(run("* BYE [UNAVAILABLE] x\r\n").0, Err(ImapError::Limited { .. })));
        assert!(matches!(run("z1 NO no such box\r\n").0, Err(ImapError::No { .. })));
    }

    #[test]
    fn untagged_lines_before_a_continuation_do_no_harm() {
        let mut talk = Talk::new(Script::saying("* 5 EXISTS\r\n+ go\r\n").wire());
        assert!(talk.wait_for_continuation("APPEND", "z1").is_ok());
        assert_eq!(talk.take_news().exists, Some(5));
    }
}
