//! From a passphrase to the key of the record: Argon2id (RFC 9106) with parameters and salt in a small file beside it.
//!
//! Owns `record.key.toml`. It never writes a key or a passphrase, and never changes a file that exists.

use std::{
    fmt::Write as _,
    fs::{self, File, OpenOptions},
    io::Write as _,
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use argon2::{Algorithm, Argon2, Params, Version};
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use crate::domain::confidential::Confidential;

use super::error::{Result, StoreError};

/// How much work one guess of a passphrase costs. It is chosen when a record is made; an existing record keeps its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KdfCost {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
}

impl KdfCost {
    /// 64 MiB, three passes, one lane: the second recommendation of RFC 9106 §4 with a single lane.
    pub const STANDARD: Self = Self { memory_kib: 64 * 1024, passes: 3, lanes: 1 };

    /// The least that Argon2 allows. Only for tests and throw-away records: it protects nothing.
    pub const CHEAP: Self = Self { memory_kib: 8, passes: 1, lanes: 1 };
}

/// The key file: what is needed to derive the key again, and to tell a wrong passphrase from a damaged record.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyFile {
    version: u32,
    kdf: String,
    cost: KdfCost,
    salt: String,
    check: String,
    #[serde(default)]
    page_mac: PageMac,
}

/// What authenticates the pages of a record. Chosen when it is made; an existing record keeps its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum PageMac {
    /// SQLCipher's own choice, of records whose key file names none.
    #[default]
    HmacSha512,
    /// As strong for this use, and more than twice as fast where the processor has instructions for it: the MAC of the
    /// pages was a quarter of writing a first synchronisation.
    HmacSha256,
}

/// The raw key of the record, wiped when dropped.
pub(crate) struct RecordKey {
    key: Zeroizing<[u8; 32]>,
    page_mac: PageMac,
}

impl RecordKey {
    /// The key as the literal that SQLCipher takes without deriving anything from it, and the MAC that goes with it.
    pub(crate) fn pragma(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(160));
        text.push_str("PRAGMA key = \"x'");
        for byte in self.key.iter() {
            push_hex(&mut text, *byte);
        }
        text.push_str("'\"; PRAGMA cipher_hmac_algorithm = ");
        text.push_str(match self.page_mac {
            PageMac::HmacSha512 => "HMAC_SHA512;",
            PageMac::HmacSha256 => "HMAC_SHA256;",
        });
        text
    }

    fn check(&self) -> String {
        // A keyed hash of a constant tells nothing about the key, and a guess costs as much as it does without it.
        let mac = blake3::keyed_hash(&self.key, b"matterbox record key check, version 1");
        hex(mac.as_bytes().get(..16).unwrap_or_default())
    }
}

/// Derives the key of an existing record.
pub(crate) fn unlock(file: &Path, passphrase: &Confidential<String>) -> Result<RecordKey> {
    let text = fs::read_to_string(file)?;
    let parsed: KeyFile = toml::from_str(&text).map_err(|_| StoreError::damaged("the key file"))?;
    let salt = unhex(&parsed.salt).filter(|salt| (8..=64).contains(&salt.len()));
    let salt = salt.ok_or(StoreError::damaged("the key file"))?;
    // A tampered file must not be able to eat the machine's memory.
    let sane = matches!(parsed.version, 1 | 2)
        && parsed.kdf == "argon2id"
        && parsed.cost.memory_kib <= 2 * 1024 * 1024
        && parsed.cost.passes <= 64
        && parsed.cost.lanes <= 16;
    if !sane {
        return Err(StoreError::damaged("the key file"));
    }
    let key = RecordKey { key: derive(passphrase, &salt, parsed.cost)?, page_mac: parsed.page_mac };
    if key.check() == parsed.check { Ok(key) } else { Err(StoreError::WrongPassphrase) }
}

/// Makes the key and the key file of a new record.
pub(crate) fn create(
    file: &Path,
    passphrase: &Confidential<String>,
    cost: KdfCost,
) -> Result<RecordKey> {
    let salt: [u8; 16] = rand::random();
    let page_mac = PageMac::HmacSha256;
    let key = RecordKey { key: derive(passphrase, &salt, cost)?, page_mac };
    let parsed = KeyFile {
        version: 2,
        kdf: "argon2id".to_owned(),
        cost,
        salt: hex(&salt),
        check: key.check(),
        page_mac,
    };
    let body = toml::to_string(&parsed).map_err(|_| StoreError::Kdf)?;
    let text = format!(
        "# Without this file the record cannot be opened. It holds no secret: back it up with the record.\n{body}"
    );
    write_new(file, text.as_bytes())?;
    Ok(key)
}

/// Writes beside, syncs, and links into place: after a crash the file is whole or absent.
fn write_new(file: &Path, bytes: &[u8]) -> Result<()> {
    let beside = file.with_extension("new");
    let mut out =
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
    out.write_all(bytes)?;
    out.sync_all()?;
    fs::hard_link(&beside, file)?;
    fs::remove_file(&beside)?;
    if let Some(folder) = file.parent() {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

fn derive(
    passphrase: &Confidential<String>,
    salt: &[u8],
    cost: KdfCost,
) -> Result<Zeroizing<[u8; 32]>> {
    // The same words typed on another keyboard may arrive decomposed (Unicode NFD).
    let words: Zeroizing<String> = Zeroizing::new(passphrase.expose().nfc().collect());
    let params = Params::new(cost.memory_kib, cost.passes, cost.lanes, Some(32))
        .map_err(|_| StoreError::Kdf)?;
    let mut key = Zeroizing::new([0_u8; 32]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(words.as_bytes(), salt, key.as_mut_slice())
        .map_err(|_| StoreError::Kdf)?;
    Ok(key)
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().saturating_mul(2));
    for byte in bytes {
        push_hex(&mut text, *byte);
    }
    text
}

fn push_hex(text: &mut String, byte: u8) {
    // Writing to a string cannot fail.
    if write!(text, "{byte:02x}").is_err() {
        text.clear();
    }
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    if !digits.len().is_multiple_of(2) {
        return None;
    }
    digits
        .chunks(2)
        .map(|pair| std::str::from_utf8(pair).ok().and_then(|p| u8::from_str_radix(p, 16).ok()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pass(text: &str) -> Confidential<String> {
        Confidential::from(text)
    }

    #[test]
    fn the_same_passphrase_gives_the_same_key_and_another_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("record.key.toml");
        let made = create(&file, &pass("Grüße aus Köln"), KdfCost::CHEAP).unwrap();
        let decomposed: String = "Grüße aus Köln".nfd().collect();
        let again = unlock(&file, &pass(&decomposed)).unwrap();
        assert_eq!(*made.pragma(), *again.pragma());
        assert!(matches!(unlock(&file, &pass("gruesse")), Err(StoreError::WrongPassphrase)));
    }

    #[test]
    fn a_record_made_before_the_choice_of_a_mac_keeps_the_old_one() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("record.key.toml");
        assert!(create(&file, &pass("one"), KdfCost::CHEAP).unwrap().pragma().contains("SHA256"));
        let text = fs::read_to_string(&file).unwrap();
        let old =
            text.replace("version = 2", "version = 1").replace("page_mac = \"hmac-sha256\"\n", "");
        assert_ne!(old, text);
        fs::write(&file, old).unwrap();
        assert!(unlock(&file, &pass("one")).unwrap().pragma().contains("SHA512"));
    }

    #[test]
    fn a_key_file_is_never_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("record.key.toml");
        create(&file, &pass("one"), KdfCost::CHEAP).unwrap();
        assert!(create(&file, &pass("two"), KdfCost::CHEAP).is_err());
        assert!(unlock(&file, &pass("one")).is_ok());
    }

    #[test]
    fn a_broken_key_file_is_damage_and_not_a_wrong_passphrase() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("record.key.toml");
        create(&file, &pass("one"), KdfCost::CHEAP).unwrap();
        let text =
            fs::read_to_string(&file).unwrap().replace("memory_kib = 8", "memory_kib = 99999999");
        fs::write(&file, text).unwrap();
        assert!(matches!(unlock(&file, &pass("one")), Err(StoreError::Damaged { .. })));
    }
}
