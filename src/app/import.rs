//! Mail from files: mbox, Maildir, single messages.
//!
//! Owns the splitting. It never changes a file and never drops a message: what cannot be parsed is kept raw.

use std::{
    fs::{self, File},
    io::{self, BufRead, BufReader, Read},
    path::{Path, PathBuf},
};

use jiff::Timestamp;

use crate::{
    domain::id::AccountId,
    mail,
    store::{self, StoreError},
};

use super::{
    ingest::{self, Incoming, Prepared},
    office::Office,
};

/// The account under which imported mail is kept.
pub(super) const IMPORTED: &str = "imported";
/// So many messages go into one transaction at most.
const BATCH: usize = 200;
/// So many bytes of raw mail go into one transaction at most, but for a single larger message.
const BATCH_BYTES: u64 = 16 << 20;
/// A single message of a file is not larger than this.
const LARGEST: usize = 256 << 20;
/// Folders in folders are looked into down to this depth.
const DEEPEST: usize = 32;

/// What became of one path.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// Messages that are new in the record.
    pub stored: u64,
    /// Messages that were there already.
    pub known: u64,
    /// Messages that could not be parsed; they are kept and shown raw.
    pub unparsed: u64,
}

/// Why an import stopped. What was taken in before stays.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The path cannot be read.
    #[error("it cannot be read: {0}")]
    Read(#[from] io::Error),
    /// The record.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Office {
    /// Takes in the mail of a file (mbox or one message) or of a Maildir. Blocks; `Err` comes with what was taken in.
    pub fn import(&self, path: &Path) -> Result<Imported, (Imported, ImportError)> {
        let mut run = match Run::new(self) {
            Ok(run) => run,
            Err(error) => return Err((Imported::default(), error.into())),
        };
        let read = run.path(path);
        // What was read before a file that cannot be read stays.
        match run.flush().and(read) {
            Ok(()) => Ok(run.done),
            Err(error) => Err((run.done, error)),
        }
    }
}

struct Run<'a> {
    office: &'a Office,
    account: AccountId,
    batch: Vec<Prepared>,
    /// Bytes of raw mail in the batch.
    weight: u64,
    done: Imported,
}

impl<'a> Run<'a> {
    fn new(office: &'a Office) -> Result<Self, StoreError> {
        let now = office.now();
        let account = office.store().write_durable_blocking("import", move |tx| {
            store::accounts::ensure(tx, IMPORTED, "", now)
        })?;
        Ok(Self { office, account, batch: Vec::new(), weight: 0, done: Imported::default() })
    }

    fn path(&mut self, path: &Path) -> Result<(), ImportError> {
        if path.is_dir() { self.folder(path, DEEPEST) } else { self.file(path, None) }
    }

    /// A Maildir with the Maildirs in it (Maildir++ keeps `.Sent` and the like there), or a plain folder of messages with
    /// the folders in it.
    fn folder(&mut self, folder: &Path, depth: usize) -> Result<(), ImportError> {
        let Some(deeper) = depth.checked_sub(1) else {
            return Err(io::Error::other("its folders lie too deep in one another").into());
        };
        let (folders, files) = contents(folder)?;
        if !is_maildir(folder) {
            files.iter().try_for_each(|file| self.file(file, None))?;
            return folders.iter().try_for_each(|folder| self.folder(folder, deeper));
        }
        for part in ["cur", "new"] {
            let part = folder.join(part);
            if part.is_dir() {
                let files = contents(&part)?.1;
                files.iter().try_for_each(|file| self.file(file, delivered(file)))?;
            }
        }
        let mut inner = folders.iter().filter(|folder| is_maildir(folder));
        inner.try_for_each(|folder| self.folder(folder, deeper))
    }

    fn file(&mut self, path: &Path, came: Option<Timestamp>) -> Result<(), ImportError> {
        self.messages_of(path, came).map_err(|error| match error {
            ImportError::Read(error) => {
                let text = format!("{}: {error}", path.display());
                io::Error::new(error.kind(), text).into()
            }
            error @ ImportError::Store(_) => error,
        })
    }

    /// `came` is what the name of the file says; without it the file's last change stands in.
    fn messages_of(&mut self, path: &Path, came: Option<Timestamp>) -> Result<(), ImportError> {
        let mut reader = BufReader::new(File::open(path)?);
        let file = reader.get_ref().metadata()?;
        let changed = || file.modified().ok().and_then(|at| Timestamp::try_from(at).ok());
        let came = came.or_else(changed);
        if reader.fill_buf()?.starts_with(b"From ") {
            return mbox(reader, LARGEST, &mut |bytes, at| self.message(bytes, at.or(came)));
        }
        // Told before it is read; a device has no length to go by.
        if file.len() >= one_more(LARGEST) {
            return Err(too_large());
        }
        let bytes = whole(reader, LARGEST)?;
        self.message(bytes, came)
    }

    fn message(&mut self, bytes: Vec<u8>, came: Option<Timestamp>) -> Result<(), ImportError> {
        if bytes.is_empty() {
            return Ok(());
        }
        let incoming = Incoming {
            account: self.account,
            location: None,
            bytes,
            header_only: false,
            internal_date: came,
            accepted_at: None,
            first_seen: self.office.now(),
        };
        let prepared = ingest::prepare(incoming, &Office::limits())?;
        if prepared.is_unparseable() {
            self.done.unparsed = self.done.unparsed.saturating_add(1);
        }
        self.weight = self.weight.saturating_add(prepared.weight());
        self.batch.push(prepared);
        let is_full = self.batch.len() >= BATCH || self.weight >= BATCH_BYTES;
        if is_full { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), ImportError> {
        let batch = std::mem::take(&mut self.batch);
        self.weight = 0;
        let count = u64::try_from(batch.len()).unwrap_or(u64::MAX);
        let new = u64::try_from(self.office.record_blocking(&batch.into())?.new.len())
            .unwrap_or(u64::MAX);
        self.done.stored = self.done.stored.saturating_add(new);
        self.done.known = self.done.known.saturating_add(count.saturating_sub(new));
        Ok(())
    }
}

/// One message that is the whole file.
fn whole(reader: impl Read, largest: usize) -> Result<Vec<u8>, ImportError> {
    let mut bytes = Vec::new();
    reader.take(one_more(largest)).read_to_end(&mut bytes)?;
    if bytes.len() > largest { Err(too_large()) } else { Ok(bytes) }
}

/// An mbox of RFC 4155: a message begins after a `From ` line at the start or behind an empty line; `>From ` is what a
/// writer made of `From ` (mboxrd takes one `>` off). Each comes with the time in its `From ` line.
fn mbox(
    mut reader: impl BufRead,
    largest: usize,
    each: &mut dyn FnMut(Vec<u8>, Option<Timestamp>) -> Result<(), ImportError>,
) -> Result<(), ImportError> {
    let mut message: Vec<u8> = Vec::new();
    let mut line: Vec<u8> = Vec::new();
    let mut blank = true;
    let mut first = true;
    let mut came = None;
    loop {
        line.clear();
        let room = largest.saturating_sub(message.len());
        if reader.by_ref().take(one_more(room)).read_until(b'\n', &mut line)? == 0 {
            break;
        }
        if line.len() > room {
            return Err(too_large());
        }
        if blank && line.starts_with(b"From ") {
            if !first {
                each(std::mem::take(&mut message), came)?;
            }
            first = false;
            came = posted(&line);
            blank = false;
            continue;
        }
        blank = line == b"\n" || line == b"\r\n";
        let quoted = line.iter().position(|byte| *byte != b'>').is_some_and(|at| {
            at > 0 && line.get(at..).is_some_and(|rest| rest.starts_with(b"From "))
        });
        message.extend_from_slice(line.get(usize::from(quoted)..).unwrap_or_default());
    }
    if first { Ok(()) } else { each(message, came) }
}

/// The time in the `From ` line of an mbox (RFC 4155): behind the sender, as `asctime` writes it, in UTC.
fn posted(line: &[u8]) -> Option<Timestamp> {
    let line = std::str::from_utf8(line).ok()?.strip_prefix("From ")?;
    let (_sender, date) = line.trim_start().split_once(' ')?;
    mail::date(date)
}

/// When a message was put into its Maildir: its name begins with the seconds since 1970.
fn delivered(file: &Path) -> Option<Timestamp> {
    let name = file.file_name()?.to_str()?;
    let (seconds, _) = name.split_once('.')?;
    // Shorter numbers count something else: such seconds were over before there was mail.
    let seconds = (seconds.len() >= 9).then(|| seconds.parse().ok()).flatten()?;
    Timestamp::from_second(seconds).ok()
}

/// One byte more than allowed is enough to see that it is too much.
fn one_more(allowed: usize) -> u64 {
    u64::try_from(allowed).unwrap_or(u64::MAX).saturating_add(1)
}

fn too_large() -> ImportError {
    io::Error::from(io::ErrorKind::FileTooLarge).into()
}

fn is_maildir(folder: &Path) -> bool {
    folder.join("cur").is_dir()
}

/// The folders and the files in a folder, each sorted by name. A link to a folder is not followed: it may lead back.
fn contents(folder: &Path) -> io::Result<(Vec<PathBuf>, Vec<PathBuf>)> {
    let (mut folders, mut files) = (Vec::new(), Vec::new());
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            folders.push(path);
        } else if path.is_file() {
            files.push(path);
        }
    }
    folders.sort();
    files.sort();
    Ok((folders, files))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str, largest: usize) -> (Vec<String>, Result<(), ImportError>) {
        let mut found = Vec::new();
        let end = mbox(text.as_bytes(), largest, &mut |bytes, _| {
            found.push(String::from_utf8(bytes).unwrap());
            Ok(())
        });
        (found, end)
    }

    #[test]
    fn an_mbox_is_cut_where_a_message_begins_and_nowhere_else() {
        let text = "From a\nSubject: 1\n\nDear\nFrom here on\n>From me\n\nFrom b\nSubject: 2\n\n>>From x\n";
        let (found, end) = split(text, 1000);
        assert!(end.is_ok());
        assert_eq!(
            found,
            ["Subject: 1\n\nDear\nFrom here on\nFrom me\n\n", "Subject: 2\n\n>From x\n"]
        );
    }

    #[test]
    fn the_from_line_of_an_mbox_says_when_its_message_came() {
        for (line, expected) in [
            ("From dana@whitfield.example Tue Nov 24 10:11:30 2020\n", "2020-11-24T10:11:30Z"),
            ("From - Tue Nov  3 10:11:30 2020\r\n", "2020-11-03T10:11:30Z"),
            ("From 1698@xxx Tue Nov 24 10:11:30 +0000 2020\n", "2020-11-24T10:11:30Z"),
            ("From 7-up.x@y.example  Tue Nov 24 10:11:30 2020\n", "2020-11-24T10:11:30Z"),
            ("From dana@whitfield.example\n", ""),
            ("From here on nothing counts\n", ""),
        ] {
            let came = posted(line.as_bytes()).map(|at| at.to_string());
            assert_eq!(came.unwrap_or_default(), expected, "{line}");
        }
        let mut came = Vec::new();
        let text =
            "From a Tue Nov 24 10:11:30 2020\n\nFrom b Wed Nov 25 10:11:30 2020\nx\n\nFrom c\n";
        let each = &mut |_, at: Option<Timestamp>| {
            came.push(at.map(Timestamp::as_second));
            Ok(())
        };
        mbox(text.as_bytes(), 1000, each).unwrap();
        // The second stands right behind the first one's empty line.
        assert_eq!(came, [Some(1_606_212_690), Some(1_606_299_090), None]);
    }

    #[test]
    fn the_name_of_a_file_in_a_maildir_says_when_its_message_came() {
        for (name, seconds) in [
            ("cur/1606212690.M1P2.host:2,S", Some(1_606_212_690)),
            ("new/1606212690.2", Some(1_606_212_690)),
            ("cur/1:2,S", None),
            ("cur/42.x", None),
            ("cur/letter.eml", None),
        ] {
            assert_eq!(delivered(Path::new(name)).map(Timestamp::as_second), seconds, "{name}");
        }
    }

    #[test]
    fn a_message_or_a_line_without_end_is_refused_before_it_fills_the_memory() {
        let endless = || io::repeat(b'x');
        assert!(whole(endless(), 1000).is_err());
        let begun = &b"From a\nSubject: 1\n\n"[..];
        let end = mbox(BufReader::new(begun.chain(endless())), 1000, &mut |_, _| Ok(()));
        assert!(end.is_err());
        let lines = format!("From a\n{}", "0123456789\n".repeat(1000));
        assert!(split(&lines, 1000).1.is_err());
        // Many small ones are no large one.
        let many = "From a\nSubject: 1\n\n".repeat(1000);
        assert_eq!(split(&many, 1000).0.len(), 1000);
        assert_eq!(whole(&b"x".repeat(1000)[..], 1000).unwrap().len(), 1000);
    }
}
