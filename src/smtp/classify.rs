//! What came of an attempt to send: accepted, later, never, or not known. Pure.
//!
//! Owns the verdict (design 5.2.2). It never talks to a server and never decides to send again.

use std::fmt;

use jiff::Timestamp;

use crate::domain::{address::EmailAddress, confidential::Confidential, outbox::OutboxEvent};

/// An answer of the server (RFC 5321 §4.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// Three digits.
    pub code: u16,
    /// Its words; they can quote addresses.
    pub text: Confidential<String>,
}

impl Reply {
    /// 4yz: it may work later.
    pub const fn is_transient(&self) -> bool {
        matches!(self.code, 400..=499)
    }

    /// The code and the words in one line, for the person and for the outbox.
    pub fn words(&self) -> Confidential<String> {
        Confidential::new(format!("{} {}", self.code, self.text.expose()).trim_end().to_owned())
    }
}

/// How a line failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LineFault {
    /// It was closed or broke.
    Dropped,
    /// No answer came in time.
    Silent,
    /// What came is not SMTP.
    Garbled,
}

impl fmt::Display for LineFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Dropped => "dropped",
            Self::Silent => "silent",
            Self::Garbled => "garbled",
        })
    }
}

/// What a command brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// An answer of the server.
    Replied(Reply),
    /// No answer.
    Failed(LineFault),
}

/// How far the message was when the answer came, or failed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Envelope and content, up to the last byte before the final dot: nothing can have been accepted.
    BeforeDot,
    /// The final dot may have left: only the server's answer says what became of it.
    AfterDot,
}

/// What came of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The server took it on (250).
    Accepted(Reply),
    /// It did not go out; it may go later.
    Later(Cause),
    /// It did not go out, and will not like this.
    Never(Cause),
    /// It is not known whether it went out.
    Unknown(Cause),
}

/// Why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The server said so.
    Reply(Reply),
    /// The server refused recipients; they are listed in [`SendReport::refused`]. Nobody got the message.
    Recipients,
    /// The line failed.
    Line(LineFault),
    /// There was no connection: probe first.
    NotConnected,
    /// The message is larger than the server takes (`SIZE`, RFC 1870).
    TooLarge {
        /// Its octets.
        size: u64,
        /// The server's limit in octets.
        limit: u64,
    },
    /// An address or a header needs `SMTPUTF8` (RFC 6531), which the server does not offer.
    NeedsUtf8,
    /// The message has bytes above 127 and the server does not offer `8BITMIME` (RFC 6152).
    NeedsEightBit,
    /// An address that cannot be written in SMTP.
    Address,
    /// A bare CR or LF in the bytes: it could smuggle another message, so it is not sent.
    LineEnds,
}

/// A recipient whom the server refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedRecipient {
    /// Who.
    pub address: EmailAddress,
    /// The server's answer.
    pub reply: Reply,
}

/// What came of an attempt, with the recipients that stood in its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SendReport {
    /// What came of it.
    pub verdict: Verdict,
    /// Refused recipients. One is enough to keep the message from everybody.
    pub refused: Vec<RefusedRecipient>,
}

impl SendReport {
    /// A report without refused recipients.
    pub const fn of(verdict: Verdict) -> Self {
        Self { verdict, refused: Vec::new() }
    }

    /// Did the server want a login in the middle of a session that was logged in? Nothing of the message was taken on.
    pub const fn wants_login(&self) -> bool {
        matches!(&self.verdict, Verdict::Later(Cause::Reply(reply)) if is_about_login(reply.code))
    }

    /// What happened to the message, for [`OutboxState::after`](crate::domain::outbox::OutboxState::after); `queued`
    /// is when it was queued first.
    pub fn event(&self, at: Timestamp, queued: Timestamp) -> OutboxEvent {
        let reply = self.words();
        match &self.verdict {
            Verdict::Accepted(_) => OutboxEvent::Accepted { at, reply },
            Verdict::Later(_) => OutboxEvent::NotNow { at, queued, reply },
            Verdict::Never(_) => OutboxEvent::Refused { reply },
            Verdict::Unknown(_) => OutboxEvent::Lost(at),
        }
    }

    /// The server's words for the outbox, one line per refused recipient; empty when it said nothing.
    pub fn words(&self) -> Confidential<String> {
        let refused: Vec<String> = self
            .refused
            .iter()
            .map(|who| format!("{}: {}", who.address.as_str(), who.reply.words().expose()))
            .collect();
        if !refused.is_empty() {
            return Confidential::new(refused.join("\n"));
        }
        match &self.verdict {
            Verdict::Accepted(reply)
            | Verdict::Later(Cause::Reply(reply))
            | Verdict::Never(Cause::Reply(reply))
            | Verdict::Unknown(Cause::Reply(reply)) => reply.words(),
            Verdict::Later(_) | Verdict::Never(_) | Verdict::Unknown(_) => {
                Confidential::new(String::new())
            }
        }
    }
}

/// Codes that speak about our login, not about the message (RFC 4954 §6): the account is to be mended, and the
/// message waits.
pub(super) const fn is_about_login(code: u16) -> bool {
    matches!(code, 530 | 534 | 535 | 538)
}

/// The verdict on one answer. Before the final dot nothing can have been accepted; after it only 2yz, 4yz and 5yz
/// say anything, and all else is unknown.
pub fn classify(phase: Phase, answer: Answer) -> Verdict {
    match (phase, answer) {
        (Phase::BeforeDot, Answer::Failed(fault)) => Verdict::Later(Cause::Line(fault)),
        (Phase::AfterDot, Answer::Failed(fault)) => Verdict::Unknown(Cause::Line(fault)),
        (phase, Answer::Replied(reply)) => match (phase, reply.code) {
            (Phase::AfterDot, 200..=299) => Verdict::Accepted(reply),
            (_, 400..=499) => Verdict::Later(Cause::Reply(reply)),
            (Phase::BeforeDot, code) if is_about_login(code) => Verdict::Later(Cause::Reply(reply)),
            (_, 500..=599) => Verdict::Never(Cause::Reply(reply)),
            (Phase::BeforeDot, _) => Verdict::Later(Cause::Reply(reply)),
            (Phase::AfterDot, _) => Verdict::Unknown(Cause::Reply(reply)),
        },
    }
}

/// The verdict on refused recipients: one refused for good means never; else later.
pub fn classify_recipients(refused: &[RefusedRecipient]) -> Verdict {
    let for_good =
        refused.iter().any(|who| !who.reply.is_transient() && !is_about_login(who.reply.code));
    if for_good { Verdict::Never(Cause::Recipients) } else { Verdict::Later(Cause::Recipients) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(code: u16) -> Reply {
        Reply { code, text: Confidential::from("words") }
    }

    #[test]
    fn every_answer_has_its_verdict() {
        let before = |code| classify(Phase::BeforeDot, Answer::Replied(reply(code)));
        let after = |code| classify(Phase::AfterDot, Answer::Replied(reply(code)));
        for code in [421, 450, 451, 452, 454] {
            assert_eq!(before(code), Verdict::Later(Cause::Reply(reply(code))));
            assert_eq!(after(code), Verdict::Later(Cause::Reply(reply(code))));
        }
        for code in [550, 552, 554] {
            assert_eq!(before(code), Verdict::Never(Cause::Reply(reply(code))));
            assert_eq!(after(code), Verdict::Never(Cause::Reply(reply(code))));
        }
        assert_eq!(before(530), Verdict::Later(Cause::Reply(reply(530))));
        assert_eq!(after(250), Verdict::Accepted(reply(250)));
        assert_eq!(after(354), Verdict::Unknown(Cause::Reply(reply(354))));
    }

    #[test]
    fn a_line_that_drops_is_harmless_before_the_dot_and_unknown_after_it() {
        for fault in [LineFault::Dropped, LineFault::Silent, LineFault::Garbled] {
            let cause = Cause::Line(fault);
            assert_eq!(
                classify(Phase::BeforeDot, Answer::Failed(fault)),
                Verdict::Later(cause.clone())
            );
            assert_eq!(classify(Phase::AfterDot, Answer::Failed(fault)), Verdict::Unknown(cause));
        }
    }

    #[test]
    fn one_recipient_refused_for_good_outweighs_those_refused_for_now() {
        let who = |code| RefusedRecipient {
            address: EmailAddress::parse("a@b.example").unwrap(),
            reply: reply(code),
        };
        assert_eq!(classify_recipients(&[who(450), who(452)]), Verdict::Later(Cause::Recipients));
        assert_eq!(classify_recipients(&[who(450), who(550)]), Verdict::Never(Cause::Recipients));
    }

    #[test]
    fn each_verdict_moves_the_outbox_its_own_way() {
        use crate::domain::outbox::OutboxState;

        let at = Timestamp::UNIX_EPOCH;
        let sending = OutboxState::Sending { attempt: 1 };
        let after = |verdict| sending.after(&SendReport::of(verdict).event(at, at)).unwrap();
        let large = Cause::TooLarge { size: 2, limit: 1 };
        assert!(matches!(after(Verdict::Accepted(reply(250))), OutboxState::Sent { .. }));
        assert!(matches!(after(Verdict::Later(Cause::NotConnected)), OutboxState::Deferred { .. }));
        assert!(matches!(after(Verdict::Never(large)), OutboxState::Refused { .. }));
        let lost = Verdict::Unknown(Cause::Line(LineFault::Silent));
        assert!(matches!(after(lost), OutboxState::Unknown { .. }));
    }

    #[test]
    fn the_servers_words_are_not_printed_for_a_log() {
        let report = SendReport::of(Verdict::Accepted(reply(250)));
        assert!(!format!("{report:?}").contains("words"));
        assert_eq!(report.words().expose(), "250 words");
    }
}
