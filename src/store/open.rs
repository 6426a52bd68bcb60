//! Opens the files of the record: the folder, the lock, the key, the connections and their settings.
//!
//! Owns the order in which that is safe. It never overwrites a file that is there, and never opens a record twice.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError},
    io::{Read as _, Seek as _, Write as _},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use rusqlite::{Connection, OpenFlags, config::DbConfig};

use crate::domain::confidential::Confidential;

use super::{
    error::{Result, StoreError},
    key::{self, KdfCost, RecordKey},
    migrate, search,
};

const RECORD: &str = "record.db";
const KEY: &str = "record.key.toml";
const LOCK: &str = "record.lock";

/// What to do when the folder holds no record yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absent {
    /// Make one, with this cost per guess of the passphrase.
    Create(KdfCost),
    /// Say that it is missing.
    Refuse,
}

/// The open files, before any thread has them.
pub(crate) struct Opened {
    pub(crate) lock: File,
    pub(crate) writer: Connection,
    pub(crate) readers: Vec<Connection>,
}

/// Is there a record in this folder?
pub fn exists(folder: &Path) -> bool {
    folder.join(RECORD).exists() || folder.join(KEY).exists()
}

/// Locks the folder, derives the key, opens the connections, migrates.
pub(crate) fn open(
    folder: &Path,
    passphrase: &Confidential<String>,
    absent: Absent,
    readers: usize,
) -> Result<Opened> {
    if !exists(folder) && absent == Absent::Refuse {
        return Err(StoreError::Missing { folder: folder.to_owned() });
    }
    private_folder(folder)?;
    let lock = lock(&folder.join(LOCK))?;
    let key = unlock_or_create(folder, passphrase, absent)?;
    tracing::info!("the key is derived");
    let file = folder.join(RECORD);
    private_file(&file)?;
    let mut writer = connect(&file, &key, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    writer.pragma_update(None, "journal_mode", "WAL")?;
    migrate::migrate(&mut writer)?;
    let readers = (0..readers).map(|_| reader(&file, &key)).collect::<Result<Vec<_>>>()?;
    Ok(Opened { lock, writer, readers })
}

fn unlock_or_create(
    folder: &Path,
    passphrase: &Confidential<String>,
    absent: Absent,
) -> Result<RecordKey> {
    let file = folder.join(KEY);
    if file.exists() {
        return key::unlock(&file, passphrase);
    }
    if folder.join(RECORD).exists() {
        return Err(StoreError::damaged("the key file is missing"));
    }
    match absent {
        Absent::Create(cost) => key::create(&file, passphrase, cost),
        Absent::Refuse => Err(StoreError::Missing { folder: folder.to_owned() }),
    }
}

fn private_folder(folder: &Path) -> Result<()> {
    if !folder.exists() {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    fs::set_permissions(folder, Permissions::from_mode(0o700))?;
    Ok(())
}

/// SQLite gives the WAL and the shared-memory file the mode of the database, so that one is made first.
fn private_file(file: &Path) -> Result<()> {
    OpenOptions::new().append(true).create(true).mode(0o600).open(file)?;
    fs::set_permissions(file, Permissions::from_mode(0o600))?;
    Ok(())
}

fn lock(path: &Path) -> Result<File> {
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut text = String::new();
            file.read_to_string(&mut text)?;
            return Err(StoreError::InUse { pid: text.trim().parse().unwrap_or(0) });
        }
        Err(TryLockError::Error(error)) => return Err(error.into()),
    }
    file.set_len(0)?;
    file.rewind()?;
    writeln!(file, "{}", std::process::id())?;
    Ok(file)
}

fn connect(file: &PathBuf, key: &RecordKey, mode: OpenFlags) -> Result<Connection> {
    let flags = mode | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_NOFOLLOW;
    let conn = Connection::open_with_flags(file, flags)?;
    // First of all: SQLCipher would otherwise write to stderr, over the screen, when a page does not decrypt.
    conn.execute_batch("PRAGMA cipher_log_level = NONE;")?;
    conn.execute_batch(&key.pragma())?;
    // 16 KiB: 11 % over plain SQLite instead of 40 %, and a third smaller (design 7.3). The memory guard costs
    // almost fourfold; the key itself is wiped by us.
    conn.execute_batch(
        "PRAGMA cipher_page_size = 16384;
         PRAGMA cipher_memory_security = OFF;
         PRAGMA temp_store = MEMORY;
         PRAGMA foreign_keys = ON;
         PRAGMA secure_delete = OFF;
         PRAGMA trusted_schema = OFF;
         PRAGMA synchronous = NORMAL;
         PRAGMA wal_autocheckpoint = 4000;
         PRAGMA cache_size = -32768;
         PRAGMA busy_timeout = 5000;",
    )?;
    let cipher: String = conn.query_row("PRAGMA cipher_version", [], |row| row.get(0))?;
    if cipher.is_empty() {
        return Err(StoreError::damaged("this build has no encryption"));
    }
    // The first read decrypts page 1; the key was checked before, so a failure here is damage.
    conn.query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get::<_, i64>(0))?;
    // Statements keep their plan whatever is bound to them; else the cached ones are compiled anew at every use, which
    // was a quarter of a first synchronisation.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    conn.set_prepared_statement_cache_capacity(256);
    search::teach(&conn)?;
    Ok(conn)
}

fn reader(file: &PathBuf, key: &RecordKey) -> Result<Connection> {
    let conn = connect(file, key, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    conn.pragma_update(None, "query_only", true)?;
    Ok(conn)
}
