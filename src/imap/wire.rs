//! The wire: one connection as a cloneable handle, for the `imap` crate and for our own reader in turn.
//!
//! Owns buffering, time limits, the byte budget and the nesting guard. The crate gets at most one line per read, so
//! its own buffer is empty whenever a command is complete and nothing can be lost between the two readers.
//! It must never print what passes, and there is no way to make one over an unencrypted connection.

use std::{
    io::{self, Read, Write},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use super::{
    error::{Abuse, ImapError, Phase},
    packed::Packed,
};

/// What a wire runs over: verified TLS, or a script in tests. A DEFLATE layer would be another one.
pub(super) trait Transport: Read + Write + Send {
    /// Limits how long one read may wait.
    fn limit_reads(&mut self, limit: Duration) -> io::Result<()>;
}

/// Stands in for a moment while a transport is exchanged.
struct NoTransport;

impl Read for NoTransport {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::ErrorKind::NotConnected.into())
    }
}

impl Write for NoTransport {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::NotConnected.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Err(io::ErrorKind::NotConnected.into())
    }
}

impl Transport for NoTransport {
    fn limit_reads(&mut self, _: Duration) -> io::Result<()> {
        Err(io::ErrorKind::NotConnected.into())
    }
}

/// One complete answer of the server, literals taken out.
pub(super) struct RawResponse {
    /// The text with its final CRLF; each literal stands in it as a [`marker`] with its place in `literals`.
    pub text: Vec<u8>,
    /// The bytes of the literals.
    pub literals: Vec<Vec<u8>>,
}

/// A literal's stand-in: itself a literal whose content no quoted string can have, since it holds CRLF.
fn marker(place: usize) -> Vec<u8> {
    let content = format!("\r\n{place}");
    format!("{{{}}}\r\n{content}", content.len()).into_bytes()
}

/// Finds the literal that a marker's content stands for.
pub(super) fn marked(content: &[u8]) -> Option<usize> {
    std::str::from_utf8(content.strip_prefix(b"\r\n")?).ok()?.parse().ok()
}

/// How much one command may bring.
#[derive(Clone, Copy, Debug)]
pub(super) struct Allowance {
    /// All bytes of all answers to it.
    pub bytes: u64,
    /// One literal.
    pub literal: u64,
}

impl Allowance {
    /// For answers without message bytes; a listing of a million UIDs fits.
    pub(super) const LINES: Self = Self { bytes: 256 << 20, literal: 64 << 10 };
    /// For login: a few lines.
    pub(super) const LOGIN: Self = Self { bytes: 256 << 10, literal: 0 };
}

/// The longest text of one answer without its literals (a SEARCH of a million UIDs is 8 MB).
const MAX_TEXT: usize = 16 << 20;
/// The deepest nesting: a debug build of the parser overflows its stack between 100 and 200.
const MAX_DEPTH: u32 = 50;
const BUFFER: usize = 64 << 10;

/// The handle. Clones share one connection; they are used in turn, never at once.
#[derive(Clone)]
pub(super) struct Wire {
    inner: Arc<Mutex<Inner>>,
}

struct Inner {
    transport: Box<dyn Transport>,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    base: Duration,
    /// For the next bytes of a large literal.
    progress: Duration,
    budget: u64,
    literal_cap: u64,
    /// Opening parentheses in the answer that the crate is reading.
    opened: u32,
    /// The last line that the crate was given: it tells a refusal apart when the crate cannot parse it.
    crate_line: Vec<u8>,
    crate_line_done: bool,
}

impl Wire {
    /// Takes a transport. `base` limits every read and outlives each shorter wait.
    pub(super) fn new(transport: Box<dyn Transport>, base: Duration) -> Result<Self, ImapError> {
        let mut inner = Inner {
            transport,
            buffer: vec![0; BUFFER],
            start: 0,
            end: 0,
            base,
            progress: base,
            budget: 0,
            literal_cap: 0,
            opened: 0,
            crate_line: Vec::new(),
            crate_line_done: true,
        };
        inner.limit(base)?;
        Ok(Self { inner: Arc::new(Mutex::new(inner)) })
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Limits how long the next bytes of a large literal may take.
    pub(super) fn limit_literals(&self, progress: Duration) {
        self.lock().progress = progress;
    }

    /// Packs everything from here on, both ways; the server has just agreed to it.
    pub(super) fn pack(&self) {
        let mut inner = self.lock();
        let came = inner.buffered().to_vec();
        (inner.start, inner.end) = (0, 0);
        let clear = std::mem::replace(&mut inner.transport, Box::new(NoTransport));
        inner.transport = Box::new(Packed::new(clear, &came));
    }

    /// Sets what the next command may bring.
    pub(super) fn allow(&self, allowance: Allowance) {
        let mut inner = self.lock();
        inner.budget = allowance.bytes;
        inner.literal_cap = allowance.literal;
    }

    /// Sends bytes and flushes them.
    pub(super) fn send(&self, bytes: &[u8]) -> Result<(), ImapError> {
        let mut inner = self.lock();
        inner
            .transport
            .write_all(bytes)
            .and_then(|()| inner.transport.flush())
            .map_err(|error| ImapError::from_io(error, Phase::Write))
    }

    /// Reads the next complete answer, waiting as long as the base limit for each piece.
    pub(super) fn response(&self) -> Result<RawResponse, ImapError> {
        self.lock().response()
    }

    /// Reads the next answer if its first line comes within `wait`; `None` if it does not. Nothing is lost then.
    pub(super) fn response_within(&self, wait: Duration) -> Result<Option<RawResponse>, ImapError> {
        let mut inner = self.lock();
        if !inner.has_line() {
            inner.limit(wait)?;
            let waited = inner.wait_for_line();
            inner.limit_again()?;
            if !waited? {
                return Ok(None);
            }
        }
        inner.response().map(Some)
    }

    /// The last line that the crate read, without its end.
    pub(super) fn last_crate_line(&self) -> String {
        String::from_utf8_lossy(&self.lock().crate_line).trim_end().to_owned()
    }
}

impl Inner {
    fn limit(&mut self, limit: Duration) -> Result<(), ImapError> {
        // A limit of zero is an error of the socket, not "at once".
        let limit = limit.max(Duration::from_millis(1));
        self.transport.limit_reads(limit).map_err(ImapError::Lost)
    }

    fn limit_again(&mut self) -> Result<(), ImapError> {
        self.limit(self.base)
    }

    fn buffered(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    fn consume(&mut self, count: usize) {
        self.start = self.start.saturating_add(count).min(self.end);
    }

    fn has_line(&self) -> bool {
        self.buffered().contains(&b'\n')
    }

    /// Reads once more behind what is there. The caller has made room or emptied the buffer.
    fn fill(&mut self) -> io::Result<()> {
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        } else if self.end == self.buffer.len() && self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end.saturating_sub(self.start));
        }
        let room = self.buffer.get_mut(self.end..).unwrap_or_default();
        let count = self.transport.read(room)?;
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.spend(count)?;
        self.end = self.end.saturating_add(count);
        Ok(())
    }

    fn spend(&mut self, count: usize) -> io::Result<()> {
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        self.budget =
            self.budget.checked_sub(count).ok_or_else(|| io::Error::other(Abuse::Budget))?;
        Ok(())
    }

    fn fill_for_answer(&mut self) -> Result<(), ImapError> {
        self.fill().map_err(|error| ImapError::from_io(error, Phase::Answer))
    }

    /// Fills until a line is complete; `false` when time runs out. A line longer than the buffer counts as complete:
    /// the reader takes it in pieces.
    fn wait_for_line(&mut self) -> Result<bool, ImapError> {
        while !self.has_line() {
            if self.end.saturating_sub(self.start) == self.buffer.len() {
                return Ok(true);
            }
            match self.fill_for_answer() {
                Ok(()) => {}
                Err(ImapError::Timeout(_)) => return Ok(false),
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }

    fn response(&mut self) -> Result<RawResponse, ImapError> {
        let mut text = Vec::with_capacity(256);
        let mut literals = Vec::new();
        let mut nesting = Nesting::default();
        loop {
            let piece = text.len();
            self.line_onto(&mut text)?;
            let line = text.get(piece..).unwrap_or_default();
            if nesting.deepest_after(line) > MAX_DEPTH {
                return Err(ImapError::TooDeep);
            }
            let Some((announced, keep)) = literal_at_end(line) else {
                return Ok(RawResponse { text, literals });
            };
            if announced > self.literal_cap {
                return Err(ImapError::LiteralTooLarge { announced });
            }
            text.truncate(piece.saturating_add(keep));
            text.extend_from_slice(&marker(literals.len()));
            literals.push(self.literal(announced)?);
            if text.len() > MAX_TEXT {
                return Err(ImapError::Budget);
            }
        }
    }

    fn line_onto(&mut self, text: &mut Vec<u8>) -> Result<(), ImapError> {
        loop {
            let buffered = self.buffered();
            let found = buffered.iter().position(|byte| *byte == b'\n');
            let take = found.map_or(buffered.len(), |place| place.saturating_add(1));
            text.extend_from_slice(buffered.get(..take).unwrap_or_default());
            self.consume(take);
            if found.is_some() {
                return Ok(());
            }
            if text.len() > MAX_TEXT {
                return Err(ImapError::Budget);
            }
            self.fill_for_answer()?;
        }
    }

    /// Reads a literal into its own memory, straight from the transport. Memory grows with what arrives, not with
    /// what is announced.
    fn literal(&mut self, announced: u64) -> Result<Vec<u8>, ImapError> {
        let wanted = usize::try_from(announced).map_err(|_| ImapError::Budget)?;
        let mut bytes = Vec::with_capacity(wanted.min(1 << 20));
        let buffered = self.buffered();
        let take = buffered.len().min(wanted);
        bytes.extend_from_slice(buffered.get(..take).unwrap_or_default());
        self.consume(take);
        let rest = wanted.saturating_sub(take);
        self.spend(rest).map_err(|error| ImapError::from_io(error, Phase::Answer))?;
        // Small ones are not worth the system's time.
        let (large, phase) =
            if rest > BUFFER { (true, Phase::Literal) } else { (false, Phase::Answer) };
        if large {
            self.limit(self.progress)?;
        }
        let rest = u64::try_from(rest).unwrap_or(u64::MAX);
        let read = (&mut self.transport).take(rest).read_to_end(&mut bytes);
        if large {
            self.limit_again()?;
        }
        read.map_err(|error| ImapError::from_io(error, phase))?;
        if bytes.len() < wanted { Err(ImapError::Closed) } else { Ok(bytes) }
    }
}

/// The announced size and where the announcement starts, if a line ends with one: `…{123}` CRLF.
fn literal_at_end(line: &[u8]) -> Option<(u64, usize)> {
    let line = line.strip_suffix(b"\n")?;
    let line = line.strip_suffix(b"\r").unwrap_or(line).strip_suffix(b"}")?;
    let open = line.iter().rposition(|byte| *byte == b'{')?;
    let digits = line.get(open.saturating_add(1)..)?;
    if digits.is_empty() || digits.len() > 19 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some((std::str::from_utf8(digits).ok()?.parse().ok()?, open))
}

/// Counts nesting outside quoted strings; literals are never shown to it.
#[derive(Default)]
struct Nesting {
    depth: u32,
    quoted: bool,
    escaped: bool,
}

impl Nesting {
    fn deepest_after(&mut self, line: &[u8]) -> u32 {
        let mut deepest = self.depth;
        for byte in line {
            match (self.quoted, self.escaped, byte) {
                (true, true, _) => self.escaped = false,
                (true, false, b'\\') => self.escaped = true,
                (_, _, b'"') => self.quoted = !self.quoted,
                (false, _, b'(') => {
                    self.depth = self.depth.saturating_add(1);
                    deepest = deepest.max(self.depth);
                }
                (false, _, b')') => self.depth = self.depth.saturating_sub(1),
                _ => {}
            }
        }
        // A quoted string cannot pass a line's end: one odd quotation mark must not blind us for the rest.
        (self.quoted, self.escaped) = (false, false);
        deepest
    }
}

/// For the `imap` crate: at most one line at a time. Bytes above 127 become `?`, since the crate takes an answer in
/// 8-bit text for a lost connection (and a refused password would be tried for ever); opening parentheses are
/// counted without regard to quotes, since the crate does not take literals out.
impl Read for Wire {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let mut inner = self.lock();
        if inner.buffered().is_empty() {
            inner.fill()?;
        }
        let buffered = inner.buffered();
        let line = buffered.iter().position(|byte| *byte == b'\n');
        let take = line.map_or(buffered.len(), |place| place.saturating_add(1)).min(out.len());
        let piece: Vec<u8> = buffered
            .iter()
            .take(take)
            .map(|byte| if byte.is_ascii() { *byte } else { b'?' })
            .collect();
        for (slot, byte) in out.iter_mut().zip(&piece) {
            *slot = *byte;
        }
        inner.consume(take);
        inner.note_crate_line(&piece)?;
        Ok(take)
    }
}

impl Inner {
    fn note_crate_line(&mut self, piece: &[u8]) -> io::Result<()> {
        if self.crate_line_done {
            // A line that announced a literal goes on: its parentheses add up.
            if literal_at_end(&self.crate_line).is_none() {
                self.opened = 0;
            }
            self.crate_line.clear();
        }
        self.crate_line.extend_from_slice(piece);
        self.crate_line_done = piece.ends_with(b"\n");
        for byte in piece {
            self.opened = self.opened.saturating_add(u32::from(*byte == b'('));
        }
        if self.opened > MAX_DEPTH {
            return Err(io::Error::other(Abuse::Depth));
        }
        Ok(())
    }
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.lock().transport.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.lock().transport.flush()
    }
}

/// `None` means "no limit" to the crate; to us it means the base limit, or a dead line would hang for ever.
impl imap::extensions::idle::SetReadTimeout for Wire {
    fn set_read_timeout(&mut self, limit: Option<Duration>) -> imap::error::Result<()> {
        let mut inner = self.lock();
        let limit = limit.unwrap_or(inner.base).max(Duration::from_millis(1));
        inner.transport.limit_reads(limit).map_err(imap::Error::Io)
    }
}

#[cfg(test)]
pub(super) mod script {
    use super::*;

    /// A server that says what it was told to say, and remembers what it heard.
    #[derive(Clone, Default)]
    pub(crate) struct Script {
        pub says: Arc<Mutex<io::Cursor<Vec<u8>>>>,
        pub heard: Arc<Mutex<Vec<u8>>>,
        pub limits: Arc<Mutex<Vec<Duration>>>,
        stalls: bool,
    }

    impl Script {
        pub(crate) fn saying(words: impl Into<Vec<u8>>) -> Self {
            let says = Arc::new(Mutex::new(io::Cursor::new(words.into())));
            Self { says, ..Self::default() }
        }

        /// At its end it says nothing more, instead of closing.
        pub(crate) fn then_stalling(mut self) -> Self {
            self.stalls = true;
            self
        }

        pub(crate) fn heard(&self) -> String {
            String::from_utf8(self.heard.lock().unwrap().clone()).unwrap()
        }

        pub(crate) fn wire(&self) -> Wire {
            let wire = Wire::new(Box::new(self.clone()), Duration::from_mins(1)).unwrap();
            wire.allow(Allowance::LINES);
            wire
        }
    }

    impl Read for Script {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            match self.says.lock().unwrap().read(out)? {
                0 if self.stalls => Err(io::ErrorKind::WouldBlock.into()),
                count => Ok(count),
            }
        }
    }

    impl Write for Script {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.heard.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Transport for Script {
        fn limit_reads(&mut self, limit: Duration) -> io::Result<()> {
            assert!(!limit.is_zero());
            self.limits.lock().unwrap().push(limit);
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{script::Script, *};

    fn text(response: &RawResponse) -> String {
        String::from_utf8(response.text.clone()).unwrap()
    }

    #[test]
    fn literals_are_taken_out_of_an_answer() {
        let wire = Script::saying("* 1 FETCH (A {3}\r\n\r\n) B {0}\r\n)\r\n* 2 EXISTS\r\n").wire();
        let first = wire.response().unwrap();
        assert_eq!(first.literals, vec![b"\r\n)".to_vec(), Vec::new()]);
        assert_eq!(text(&first), "* 1 FETCH (A {3}\r\n\r\n0 B {3}\r\n\r\n1)\r\n");
        assert_eq!(marked(b"\r\n1"), Some(1));
        assert_eq!(text(&wire.response().unwrap()), "* 2 EXISTS\r\n");
        assert!(matches!(wire.response(), Err(ImapError::Closed)));
    }

    #[test]
    fn a_literal_above_the_cap_is_refused_before_it_is_read() {
        let wire = Script::saying("* 1 FETCH (BODY[] {4294967296}\r\nxxx").wire();
        assert!(matches!(
            wire.response(),
            Err(ImapError::LiteralTooLarge { announced: 4_294_967_296 })
        ));
    }

    #[test]
    fn a_command_cannot_bring_more_than_its_budget() {
        let wire = Script::saying("* OK x\r\n".repeat(1000)).wire();
        wire.allow(Allowance { bytes: 1000, literal: 0 });
        let stop = (0..1000).find_map(|_| wire.response().err());
        assert!(matches!(stop, Some(ImapError::Budget)));
    }

    #[test]
    fn deep_nesting_is_refused_before_the_parser_sees_it() {
        let wire = Script::saying(format!("* 1 FETCH (X {}\r\n", "(".repeat(51))).wire();
        assert!(matches!(wire.response(), Err(ImapError::TooDeep)));
        let wire = Script::saying(format!("* 1 FETCH (X \"{}\")\r\n", "(".repeat(99))).wire();
        assert!(wire.response().is_ok(), "parentheses in a quoted string do not nest");
        let spread = format!("* 1 FETCH (X {}", "(((({0}\r\n".repeat(20));
        let wire = Script::saying(spread).wire();
        assert!(matches!(wire.response(), Err(ImapError::TooDeep)), "spread over literals");
    }

    #[test]
    fn a_stalled_server_ends_in_a_time_limit() {
        let wire = Script::saying("* OK half a li").then_stalling().wire();
        assert!(matches!(wire.response(), Err(ImapError::Timeout(Phase::Answer))));
    }

    #[test]
    fn a_large_message_that_stops_coming_has_a_time_limit_of_its_own() {
        let script = Script::saying("* 1 FETCH (BODY[] {1000000}\r\nxxx").then_stalling();
        let wire = script.wire();
        wire.allow(Allowance { bytes: 2_000_000, literal: 2_000_000 });
        wire.limit_literals(Duration::from_secs(5));
        assert!(matches!(wire.response(), Err(ImapError::Timeout(Phase::Literal))));
        let minute = Duration::from_mins(1);
        assert_eq!(*script.limits.lock().unwrap(), [minute, Duration::from_secs(5), minute]);
    }

    #[test]
    fn waiting_for_a_line_loses_nothing_when_time_runs_out() {
        let script = Script::saying("* 5 EXI").then_stalling();
        let wire = script.wire();
        assert!(wire.response_within(Duration::ZERO).unwrap().is_none());
        *script.says.lock().unwrap() = io::Cursor::new(b"STS\r\n".to_vec());
        let response = wire.response_within(Duration::ZERO).unwrap().unwrap();
        assert_eq!(text(&response), "* 5 EXISTS\r\n");
    }

    #[test]
    fn the_crate_gets_one_line_at_a_time_and_only_ascii() {
        let mut wire = Script::saying("a1 NO Ungültig\r\n* OK next\r\n").wire();
        let mut out = [0; 100];
        let count = wire.read(&mut out).unwrap();
        assert_eq!(&out[..count], b"a1 NO Ung??ltig\r\n");
        assert_eq!(wire.last_crate_line(), "a1 NO Ung??ltig");
        assert_eq!(text(&wire.response().unwrap()), "* OK next\r\n");
    }

    #[test]
    fn the_crate_cannot_switch_the_time_limit_off() {
        use imap::extensions::idle::SetReadTimeout;
        let script = Script::saying("");
        let mut wire = script.wire();
        wire.set_read_timeout(Some(Duration::from_secs(3))).unwrap();
        wire.set_read_timeout(None).unwrap();
        let limits = script.limits.lock().unwrap().clone();
        assert_eq!(limits.last(), Some(&Duration::from_mins(1)));
    }

    #[test]
    fn the_crate_is_stopped_at_deep_nesting_and_at_its_budget() {
        let mut wire = Script::saying("* X ((({0}\r\n".repeat(30)).wire();
        let error = io::copy(&mut wire, &mut io::sink()).unwrap_err();
        assert!(matches!(ImapError::from_io(error, Phase::Answer), ImapError::TooDeep));
        let mut wire = Script::saying("\r\n".repeat(1 << 20)).wire();
        wire.allow(Allowance::LOGIN);
        let error = io::copy(&mut wire, &mut io::sink()).unwrap_err();
        assert!(matches!(ImapError::from_io(error, Phase::Answer), ImapError::Budget));
    }
}
