//! Waits for news: polls, and lets IDLE shorten the wait.
//!
//! Owns our own small IDLE (RFC 2177): the `imap` crate's blocks or panics on an untagged line before `+`. The poll
//! is the guarantee; a server whose IDLE is silent, broken or missing costs at most one poll interval.

use std::time::{Duration, Instant};

use super::{
    error::ImapError,
    reader::{News, ignore_replies},
    reply::Reply,
    session::ImapSession,
};

/// Why a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wake {
    /// The server has news of the open mailbox.
    News(News),
    /// The interval is over.
    Due,
    /// The caller wants to do something else.
    Called,
}

/// How often a waiting thread looks whether it is called.
const GLANCE: Duration = Duration::from_millis(250);

impl ImapSession {
    /// Waits at most `interval` for news of the open mailbox. `called` is asked several times a second; it may block
    /// for the given time itself, which is how a connection without IDLE waits.
    pub(super) fn watch(
        &mut self,
        interval: Duration,
        called: &mut dyn FnMut(Duration) -> bool,
    ) -> Result<Wake, ImapError> {
        let end = Instant::now().checked_add(interval);
        loop {
            // Drains what came between two commands: mail can arrive between FETCH and IDLE.
            self.noop()?;
            if let Some(wake) = self.news() {
                return Ok(wake);
            }
            if !self.logged_in.offers.has("IDLE") || self.selected.is_none() || self.idle_refused {
                return Ok(wait(end, called));
            }
            let pause = Instant::now().checked_add(time_left(end).min(self.idle_lasts));
            match self.idle(pause, end, called)? {
                Some(wake) => return Ok(wake),
                None if time_left(end).is_zero() => return Ok(Wake::Due),
                None => {}
            }
        }
    }

    /// Waits at most `interval` without the server: somebody else listens.
    pub(super) fn rest(interval: Duration, called: &mut dyn FnMut(Duration) -> bool) -> Wake {
        wait(Instant::now().checked_add(interval), called)
    }

    fn news(&mut self) -> Option<Wake> {
        let news = self.logged_in.talk.take_news();
        news.any().then_some(Wake::News(news))
    }

    /// Idles until `pause`; `None` when nothing happened. A server that will not idle is left alone until `end`: asked
    /// again at once, it would be asked without end.
    fn idle(
        &mut self,
        pause: Option<Instant>,
        end: Option<Instant>,
        called: &mut dyn FnMut(Duration) -> bool,
    ) -> Result<Option<Wake>, ImapError> {
        let tag = self.logged_in.talk.send_tagged("IDLE")?;
        match self.logged_in.talk.wait_for_continuation("IDLE", &tag) {
            Ok(()) => {}
            // Advertised but refused: from now on only the poll.
            Err(error) if error.keeps_connection() => {
                self.idle_refused = true;
                return Ok(Some(wait(end, called)));
            }
            Err(error) => return Err(error),
        }
        let wake = loop {
            if let Some(wake) = self.news() {
                break Some(wake);
            }
            if called(Duration::ZERO) {
                break Some(Wake::Called);
            }
            let left = time_left(pause);
            if left.is_zero() {
                break None;
            }
            let heard = self.logged_in.talk.listen(&tag, left.min(GLANCE))?;
            if matches!(heard, Some(Reply::Tagged(..))) {
                // The server ended IDLE by itself: no DONE, or it would be read as a command.
                return Ok(Some(self.news().unwrap_or_else(|| wait(end, called))));
            }
        };
        self.logged_in.talk.wire.send(b"DONE\r\n")?;
        self.logged_in.talk.finish("IDLE", &tag, &mut ignore_replies)?;
        Ok(wake)
    }
}

/// Waits without the server.
fn wait(end: Option<Instant>, called: &mut dyn FnMut(Duration) -> bool) -> Wake {
    loop {
        let left = time_left(end);
        if left.is_zero() {
            return Wake::Due;
        }
        if called(left.min(GLANCE)) {
            return Wake::Called;
        }
    }
}

fn time_left(end: Option<Instant>) -> Duration {
    end.map_or(Duration::ZERO, |end| end.saturating_duration_since(Instant::now()))
}

#[cfg(test)]
mod tests {
    use super::super::{
        names::RawName,
        session::{Remote, script::session},
    };
    use super::*;

    const OPEN: &str = "* 3 EXISTS\r\nz3 OK done\r\nz4 OK noop\r\n";
    const LONG: Duration = Duration::from_hours(1);

    fn watch(says: &str, calls: bool) -> (Result<Wake, ImapError>, String) {
        let (mut session, script) = session("IDLE", &format!("{OPEN}{says}"));
        session.open(&RawName::new("INBOX")).unwrap();
        let wake = session.watch(LONG, &mut |_| calls);
        (wake, script.heard())
    }

    fn exists(count: u32) -> Wake {
        Wake::News(News { exists: Some(count), ..News::default() })
    }

    #[test]
    fn idle_is_woken_by_new_mail() {
        let (wake, heard) =
            watch("+ idling\r\n* OK Still here\r\n* 4 EXISTS\r\nz5 OK x\r\n", false);
        assert_eq!(wake.unwrap(), exists(4));
        assert!(heard.ends_with("z4 NOOP\r\nz5 IDLE\r\nDONE\r\n"));
    }

    #[test]
    fn mail_that_comes_before_the_server_begins_to_idle_is_seen() {
        let (wake, _) = watch("* 5 EXISTS\r\n+ idling\r\nz5 OK x\r\n", false);
        assert_eq!(wake.unwrap(), exists(5));
    }

    #[test]
    fn a_call_ends_idle_with_done() {
        let (wake, heard) = watch("+\r\nz5 OK x\r\n", true);
        assert_eq!(wake.unwrap(), Wake::Called);
        assert!(heard.ends_with("DONE\r\n"));
    }

    #[test]
    fn a_server_that_answers_idle_at_once_or_refuses_it_is_left_alone_until_the_next_poll() {
        for no in ["+ idling\r\nz5 OK done already\r\n", "z5 NO not now\r\n", "z5 BAD what\r\n"] {
            let (mut session, script) = session("IDLE", &format!("{OPEN}{no}"));
            session.open(&RawName::new("INBOX")).unwrap();
            // Whoever waits without the server gives the caller time.
            let wake = session.watch(LONG, &mut |time| !time.is_zero());
            assert_eq!(wake.unwrap(), Wake::Called, "{no}");
            assert!(script.heard().ends_with("z5 IDLE\r\n"), "{no}");
        }
        assert!(matches!(watch("z5 OK what\r\n", false).0, Err(ImapError::Protocol(_))));
    }

    #[test]
    fn idle_is_asked_for_anew_before_a_server_may_end_it() {
        let then = "+ idling\r\nz5 OK x\r\n* 4 EXISTS\r\nz6 OK noop\r\n";
        let (mut session, script) = session("IDLE", &format!("{OPEN}{then}"));
        session.open(&RawName::new("INBOX")).unwrap();
        session.idle_lasts = Duration::ZERO;
        assert_eq!(session.watch(LONG, &mut |_| false).unwrap(), exists(4));
        assert!(script.heard().ends_with("z5 IDLE\r\nDONE\r\nz6 NOOP\r\n"));
    }

    #[test]
    fn a_server_that_ends_the_session_during_idle_is_left_at_once() {
        let (wake, _) = watch("+ idling\r\n* BYE Session invalidated\r\n", false);
        assert!(matches!(wake, Err(ImapError::Bye(_))));
    }

    #[test]
    fn without_idle_the_wait_is_the_callers() {
        let (mut session, script) = session("", OPEN);
        session.open(&RawName::new("INBOX")).unwrap();
        let wake = session.watch(LONG, &mut |wait| {
            assert!(!wait.is_zero());
            true
        });
        assert_eq!(wake.unwrap(), Wake::Called);
        assert!(!script.heard().contains("IDLE"));
    }
}
