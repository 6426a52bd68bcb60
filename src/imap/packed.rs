//! COMPRESS=DEFLATE (RFC 4978): the same connection, packed both ways.
//!
//! Owns the packing layer over a transport. It must never hold back what was flushed, and it counts nothing: the wire's
//! limits hold for what comes out, so a small packet that swells without end is stopped there.

use std::{
    io::{self, Read, Write},
    time::Duration,
};

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};

use super::{
    error::ImapError,
    reader::ignore_replies,
    session::ImapSession,
    wire::{Allowance, Transport},
};

/// A transport under which everything is packed.
pub(super) struct Packed {
    inner: Box<dyn Transport>,
    unpack: Decompress,
    pack: Compress,
    /// Packed bytes that came, from `start` to `end`.
    came: Vec<u8>,
    start: usize,
    end: usize,
    /// The last piece filled all the room there was: more may wait inside.
    more: bool,
    /// Packed bytes that are to go.
    goes: Vec<u8>,
}

impl Packed {
    /// Packs what goes over `inner` from here on. `came` was read from it already and is packed.
    pub(super) fn new(inner: Box<dyn Transport>, came: &[u8]) -> Self {
        let mut buffer = came.to_vec();
        buffer.resize(buffer.len().max(32 << 10), 0);
        Self {
            inner,
            unpack: Decompress::new(false),
            pack: Compress::new(Compression::fast(), false),
            came: buffer,
            start: 0,
            end: came.len(),
            more: false,
            goes: Vec::new(),
        }
    }
}

fn broken(error: impl std::error::Error + Send + Sync + 'static) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}

/// How much a counter went on, as a length.
fn gone_on(now: u64, before: u64) -> usize {
    usize::try_from(now.saturating_sub(before)).unwrap_or(usize::MAX)
}

impl Read for Packed {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() {
            return Ok(0);
        }
        loop {
            if self.start == self.end && !self.more {
                let count = self.inner.read(&mut self.came)?;
                if count == 0 {
                    return Ok(0);
                }
                (self.start, self.end) = (0, count);
            }
            let packed = self.came.get(self.start..self.end).unwrap_or_default();
            let (taken, made) = (self.unpack.total_in(), self.unpack.total_out());
            let status =
                self.unpack.decompress(packed, out, FlushDecompress::None).map_err(broken)?;
            let made = gone_on(self.unpack.total_out(), made);
            let taken = gone_on(self.unpack.total_in(), taken);
            self.start = self.start.saturating_add(taken).min(self.end);
            self.more = made == out.len();
            if made > 0 || status == Status::StreamEnd {
                return Ok(made);
            }
            if taken == 0 && self.start < self.end {
                return Err(io::ErrorKind::InvalidData.into());
            }
        }
    }
}

impl Write for Packed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut rest = bytes;
        while !rest.is_empty() {
            self.goes.reserve(rest.len().max(1024));
            let before = self.pack.total_in();
            self.pack.compress_vec(rest, &mut self.goes, FlushCompress::None).map_err(broken)?;
            let taken = gone_on(self.pack.total_in(), before);
            rest = rest.get(taken..).unwrap_or_default();
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        loop {
            self.goes.reserve(1024);
            self.pack.compress_vec(&[], &mut self.goes, FlushCompress::Sync).map_err(broken)?;
            if self.goes.len() < self.goes.capacity() {
                break;
            }
        }
        self.inner.write_all(&self.goes)?;
        self.goes.clear();
        self.inner.flush()
    }
}

impl Transport for Packed {
    fn limit_reads(&mut self, limit: Duration) -> io::Result<()> {
        self.inner.limit_reads(limit)
    }
}

impl ImapSession {
    /// Packs the connection, where the server can. `Err` when it breaks with that: then not again.
    pub(super) fn pack(&mut self) -> Result<(), ImapError> {
        if !self.logged_in.offers.has("COMPRESS=DEFLATE") {
            return Ok(());
        }
        let line = "COMPRESS DEFLATE";
        match self.run("COMPRESS", line, Allowance::LINES, &mut ignore_replies) {
            Ok(_) => self.logged_in.talk.wire.pack(),
            Err(error) if error.keeps_connection() => return Ok(()),
            Err(error) => return Err(error),
        }
        // The first word shows whether both mean the same by it.
        self.noop()
    }
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, reason = "small numbers of a test")]
mod tests {
    use proptest::prelude::*;

    use super::super::{session::script::session, wire::script::Script};
    use super::*;

    fn packed(pieces: &[&[u8]]) -> Vec<u8> {
        let script = Script::saying("");
        let mut packer = Packed::new(Box::new(script.clone()), &[]);
        for piece in pieces {
            packer.write_all(piece).unwrap();
            packer.flush().unwrap();
        }
        script.heard.lock().unwrap().clone()
    }

    #[test]
    fn a_session_goes_on_packed_after_the_servers_ok() {
        let mut says = b"z3 OK go\r\n".to_vec();
        says.extend(packed(&[b"* 7 EXISTS\r\n", b"z4 OK done\r\n"]));
        let (mut session, script) = session("COMPRESS=DEFLATE", "");
        script.says.lock().unwrap().get_mut().extend(says);
        session.pack().unwrap();
        assert_eq!(session.logged_in.talk.exists, 7);
        let heard = script.heard.lock().unwrap().clone();
        let clear = b"z3 COMPRESS DEFLATE\r\n";
        let end = heard.windows(clear.len()).position(|part| part == clear).unwrap() + clear.len();
        assert_eq!(heard[end..], packed(&[b"z4 NOOP\r\n"]));
    }

    #[test]
    fn a_server_that_refuses_goes_on_in_clear_and_one_that_says_goodbye_is_an_error() {
        let (mut session, script) = session("COMPRESS=DEFLATE", "z3 NO not now\r\nz4 OK x\r\n");
        session.pack().unwrap();
        session.noop().unwrap();
        assert!(script.heard().ends_with("z4 NOOP\r\n"));
        let (mut session, _) =
            super::super::session::script::session("COMPRESS=DEFLATE", "* BYE no packing here\r\n");
        assert!(matches!(session.pack(), Err(ImapError::Bye(_))));
    }

    #[test]
    fn what_is_not_packed_after_all_is_an_error() {
        let noise = b"\xff\xff\xff\xff z4 OK done\r\n".to_vec();
        let mut reader = Packed::new(Box::new(Script::saying(noise)), &[]);
        assert!(reader.read(&mut [0; 100]).is_err());
    }

    #[test]
    fn a_packet_that_swells_without_end_is_stopped_by_the_budget() {
        let swelling = packed(&[&vec![b'x'; 8 << 20]]);
        assert!(swelling.len() < 100_000);
        let mut says = b"z3 OK go\r\n".to_vec();
        says.extend(swelling);
        let (mut session, script) = session("COMPRESS=DEFLATE", "");
        script.says.lock().unwrap().get_mut().extend(says);
        let line = "COMPRESS DEFLATE";
        session.run("COMPRESS", line, Allowance::LINES, &mut ignore_replies).unwrap();
        session.logged_in.talk.wire.pack();
        let small = Allowance { bytes: 1 << 20, literal: 0 };
        let end = session.logged_in.talk.command("NOOP", "NOOP", small, &mut ignore_replies);
        assert!(matches!(end, Err(ImapError::Budget)));
    }

    proptest! {
        #[test]
        fn whatever_is_packed_comes_out_again_whatever_the_sizes_of_the_pieces(
            pieces in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..3000), 0..20),
            room in 1usize..5000,
            early in 0usize..200,
        ) {
            let slices: Vec<&[u8]> = pieces.iter().map(Vec::as_slice).collect();
            let bytes = packed(&slices);
            let (came, rest) = bytes.split_at(early.min(bytes.len()));
            let mut reader = Packed::new(Box::new(Script::saying(rest)), came);
            let (mut out, mut piece) = (Vec::new(), vec![0; room]);
            loop {
                let count = reader.read(&mut piece).unwrap();
                if count == 0 {
                    break;
                }
                out.extend_from_slice(&piece[..count]);
            }
            prop_assert_eq!(out, pieces.concat());
        }
    }
}
