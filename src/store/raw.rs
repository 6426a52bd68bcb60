//! The verbatim bytes of messages, compressed with zstd, in a table of their own.
//!
//! Owns packing and unpacking. What comes out is byte for byte what went in; it never cuts or repairs.

use std::{
    cell::RefCell,
    io::{self, Read as _},
};

use rusqlite::{Connection, OptionalExtension, Transaction, params};
use zstd::bulk::Compressor;

use crate::domain::id::MessageKey;

use super::error::{Result, StoreError};

/// No message is larger than this, packed bombs included: 256 MiB.
const LARGEST: u64 = 256 * 1024 * 1024;

/// How hard zstd tries.
const LEVEL: i32 = 1;

thread_local! {
    /// Making one costs as much as packing a short message.
    static PACKER: RefCell<Option<Compressor<'static>>> = const { RefCell::new(None) };
}

/// Packed bytes. Packing is work: do it on the thread that has the bytes, not on the one that writes.
#[derive(Clone)]
pub struct Packed {
    bytes: Vec<u8>,
    size: u64,
}

impl Packed {
    /// Packs the bytes of a message. Level 1 of zstd: level 3 costs half as much again and saves a fiftieth, since most
    /// bytes of mail are attachments.
    pub fn pack(raw: &[u8]) -> Result<Self> {
        let bytes = PACKER.with_borrow_mut(|packer| {
            if packer.is_none() {
                *packer = Some(Compressor::new(LEVEL)?);
            }
            packer.as_mut().ok_or(io::ErrorKind::OutOfMemory)?.compress(raw)
        });
        let bytes = bytes.map_err(StoreError::Pack)?;
        Ok(Self { bytes, size: u64::try_from(raw.len()).unwrap_or(u64::MAX) })
    }

    /// The size before packing, in bytes.
    pub const fn size(&self) -> u64 {
        self.size
    }
}

/// Keeps the bytes of a message.
pub(crate) fn insert(tx: &Transaction<'_>, message: MessageKey, raw: &Packed) -> Result<()> {
    tx.prepare_cached("INSERT INTO raw (message, bytes) VALUES (?1, ?2)")?
        .execute(params![message.get(), raw.bytes])?;
    Ok(())
}

/// The bytes of a message as they came.
pub fn get(conn: &Connection, message: MessageKey) -> Result<Vec<u8>> {
    let mut query = conn.prepare_cached("SELECT bytes FROM raw WHERE message = ?1")?;
    let packed: Option<Vec<u8>> = query.query_row([message.get()], |row| row.get(0)).optional()?;
    unpack(&packed.ok_or(StoreError::NotFound { what: "message" })?)
}

fn unpack(packed: &[u8]) -> Result<Vec<u8>> {
    let mut raw = Vec::new();
    let decoder = zstd::stream::Decoder::new(packed).map_err(StoreError::Pack)?;
    decoder.take(LARGEST.saturating_add(1)).read_to_end(&mut raw).map_err(StoreError::Pack)?;
    if u64::try_from(raw.len()).unwrap_or(u64::MAX) > LARGEST {
        return Err(StoreError::Pack(io::ErrorKind::FileTooLarge.into()));
    }
    Ok(raw)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_unpacked_is_what_was_packed() {
        for raw in [&b""[..], b"Subject: a\r\n\r\n\0\xff", &[7; 10_000]] {
            let packed = Packed::pack(raw).unwrap();
            assert_eq!(packed.size(), raw.len() as u64);
            assert_eq!(unpack(&packed.bytes).unwrap(), raw);
        }
        assert!(unpack(b"not zstd").is_err());
    }
}
