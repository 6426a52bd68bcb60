//! Files from the disk: read once, when they are attached, so that what was reviewed is what is sent.
//!
//! Owns the reading and the completion of file names. It never writes a file, and its errors carry no name: file names
//! are a client's words.

use std::{
    fs::{self, File},
    io::{self, Read},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::{
    domain::{
        confidential::Confidential,
        draft::{Draft, Enclosure},
        fault::{Fault, Kind},
        finding::bytes,
        text::SafeText,
    },
    mail,
};

/// Why a file was not attached. A sentence each; the name of the file goes before it.
#[derive(Debug, thiserror::Error)]
pub enum AttachError {
    /// Nothing was named.
    #[error("name a file")]
    Nothing,
    /// There is no such file.
    #[error("there is no such file")]
    Missing,
    /// We may not read it.
    #[error("you may not read this file")]
    Denied,
    /// It is a folder.
    #[error("this is a folder: name a file in it, or pack it first")]
    Folder,
    /// It is a device, a socket or a pipe.
    #[error("this is not a file that can be attached")]
    NotAFile,
    /// With it the message would be larger than a message may be.
    #[error("it has {}: with it the message would have {}, and {} is the limit (limits.outgoing_bytes)", bytes(*size), bytes(*whole), bytes(*limit))]
    TooLarge {
        /// Its size in bytes.
        size: u64,
        /// The message with it, octets on the wire.
        whole: u64,
        /// The limit.
        limit: u64,
    },
    /// Reading failed.
    #[error("it could not be read")]
    Read(#[source] io::Error),
}

impl Fault for AttachError {
    fn kind(&self) -> Kind {
        Kind::NeedsUser
    }
}

impl From<io::Error> for AttachError {
    fn from(error: io::Error) -> Self {
        let kind = error.kind();
        if matches!(kind, io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) {
            Self::Missing
        } else if kind == io::ErrorKind::PermissionDenied {
            Self::Denied
        } else {
            Self::Read(error)
        }
    }
}

/// What a person typed as a path: spaces and quotes around it go, `~` is the home folder.
pub fn path_of(typed: &str, home: Option<&Path>) -> PathBuf {
    let typed = typed.trim();
    let quoted = |mark: char| typed.strip_prefix(mark).and_then(|rest| rest.strip_suffix(mark));
    let typed = quoted('"').or_else(|| quoted('\'')).unwrap_or(typed);
    match (typed.strip_prefix('~'), home) {
        (Some(""), Some(home)) => home.to_owned(),
        (Some(rest), Some(home)) if rest.starts_with('/') => {
            home.join(rest.trim_start_matches('/'))
        }
        (Some(_) | None, Some(_) | None) => PathBuf::from(typed),
    }
}

/// Reads a file to go with a message that has `taken` octets already and may have `limit`. Blocks.
///
/// # Errors
/// [`AttachError`]; nothing is attached then.
pub fn read(path: &Path, taken: u64, limit: u64) -> Result<Enclosure, AttachError> {
    if path.as_os_str().is_empty() {
        return Err(AttachError::Nothing);
    }
    // A pipe that nobody writes to would wait for ever: what it is is looked at before and after it is opened.
    check(&fs::metadata(path)?)?;
    let nonblock = i32::try_from(rustix::fs::OFlags::NONBLOCK.bits()).unwrap_or_default();
    let file = File::options().read(true).custom_flags(nonblock).open(path)?;
    let meta = file.metadata()?;
    check(&meta)?;
    fits(meta.len(), taken, limit)?;
    let mut content = Vec::new();
    file.take(limit.saturating_add(1)).read_to_end(&mut content)?;
    // It may have grown meanwhile.
    fits(u64::try_from(content.len()).unwrap_or(u64::MAX), taken, limit)?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let name = mail::safe_name(&name);
    let media_type = media_type(&name, &content).to_owned();
    Ok(Enclosure { name, media_type, bytes: Arc::new(Confidential::new(content)) })
}

/// Reads a file and puts it at the end of a draft's attachments. Blocks.
///
/// # Errors
/// [`AttachError`]; the draft is as it was then.
pub fn attach(draft: &mut Draft, path: &Path, limit: u64) -> Result<(), AttachError> {
    let file = read(path, draft.wire_size(), limit)?;
    draft.attachments.push(file);
    Ok(())
}

fn check(meta: &fs::Metadata) -> Result<(), AttachError> {
    if meta.is_dir() {
        Err(AttachError::Folder)
    } else if meta.is_file() {
        Ok(())
    } else {
        Err(AttachError::NotAFile)
    }
}

fn fits(size: u64, taken: u64, limit: u64) -> Result<(), AttachError> {
    let encoded = size.div_ceil(57).saturating_mul(78).saturating_add(512);
    let whole = taken.saturating_add(encoded);
    if whole > limit { Err(AttachError::TooLarge { size, whole, limit }) } else { Ok(()) }
}

/// Media types by the endings that offices use (IANA registry).
const TYPES: &[(&str, &str)] = &[
    ("pdf", "application/pdf"),
    ("doc", "application/msword"),
    ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ("xls", "application/vnd.ms-excel"),
    ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("ppt", "application/vnd.ms-powerpoint"),
    ("pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
    ("odt", "application/vnd.oasis.opendocument.text"),
    ("ods", "application/vnd.oasis.opendocument.spreadsheet"),
    ("rtf", "application/rtf"),
    ("txt", "text/plain"),
    ("md", "text/markdown"),
    ("csv", "text/csv"),
    ("htm", "text/html"),
    ("html", "text/html"),
    ("ics", "text/calendar"),
    ("vcf", "text/vcard"),
    ("xml", "application/xml"),
    ("json", "application/json"),
    ("zip", "application/zip"),
    ("jpg", "image/jpeg"),
    ("jpeg", "image/jpeg"),
    ("png", "image/png"),
    ("gif", "image/gif"),
    ("tif", "image/tiff"),
    ("tiff", "image/tiff"),
    ("heic", "image/heic"),
    ("svg", "image/svg+xml"),
    ("mp3", "audio/mpeg"),
    ("m4a", "audio/mp4"),
    ("wav", "audio/wav"),
    ("mp4", "video/mp4"),
    ("mov", "video/quicktime"),
];

/// By its ending, else by its first bytes, else bytes.
fn media_type(name: &str, content: &[u8]) -> &'static str {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_lowercase());
    let known = ending.and_then(|ending| TYPES.iter().find(|(of, _)| *of == ending));
    known
        .map(|(_, kind)| *kind)
        .or_else(|| mail::sniff(content))
        .unwrap_or("application/octet-stream")
}

/// What a person may have meant.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Completion {
    /// What was typed, as far as it goes on the same way for all that it may mean.
    pub text: String,
    /// What it may mean, by name; folders end with `/`. Empty when there is nothing of that name.
    pub names: Vec<String>,
}

/// So many names of a folder are looked at.
const ENTRIES: usize = 20_000;

/// Goes on with a half-typed path. Names with characters that a terminal would not show stay out. Blocks.
pub fn complete(typed: &str, home: Option<&Path>) -> Completion {
    let typed = typed.trim_start();
    if typed == "~" {
        return Completion { text: "~/".to_owned(), names: Vec::new() };
    }
    let (folder, begun) = match typed.rfind('/') {
        Some(at) => typed.split_at(at.saturating_add(1)),
        None => ("", typed),
    };
    let place = if folder.is_empty() { PathBuf::from(".") } else { path_of(folder, home) };
    let all = names(&place);
    let hidden = begun.starts_with('.');
    let begins = |name: &&String| name.starts_with(begun) && (hidden || !name.starts_with('.'));
    let mut found: Vec<String> = all.iter().filter(begins).cloned().collect();
    if found.is_empty() {
        // `lea` finds `Lease.pdf`.
        let low = begun.to_lowercase();
        found = all
            .into_iter()
            .filter(|name| name.to_lowercase().starts_with(&low) && !name.starts_with('.'))
            .collect();
    }
    let text = match common(&found) {
        Some(common) if common.len() >= begun.len() => format!("{folder}{common}"),
        Some(_) | None => typed.to_owned(),
    };
    Completion { text, names: found }
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().take(ENTRIES).flatten();
    let mut names: Vec<String> = entries
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            if SafeText::line(&name).as_str() != name {
                return None;
            }
            // A link counts as what it leads to.
            let is_folder = fs::metadata(entry.path()).is_ok_and(|meta| meta.is_dir());
            Some(if is_folder { format!("{name}/") } else { name })
        })
        .collect();
    names.sort_unstable();
    names
}

/// The longest beginning that all have in common.
fn common(names: &[String]) -> Option<String> {
    let (first, rest) = names.split_first()?;
    let mut common: &str = first;
    for name in rest {
        let same = common.chars().zip(name.chars()).take_while(|(a, b)| a == b);
        let length: usize = same.map(|(a, _)| a.len_utf8()).sum();
        common = common.get(..length).unwrap_or_default();
    }
    Some(common.to_owned())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    const ROOM: u64 = 1 << 20;

    fn folder() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for name in ["Lease.pdf", "Lease annex.pdf", "notes.txt", ".hidden"] {
            fs::write(dir.path().join(name), name).unwrap();
        }
        fs::create_dir(dir.path().join("letters")).unwrap();
        dir
    }

    #[test]
    fn a_file_is_read_once_with_a_safe_name_and_its_type() {
        let dir = folder();
        let path = dir.path().join("Lease.pdf");
        let file = read(&path, 0, ROOM).unwrap();
        fs::write(&path, "changed afterwards").unwrap();
        assert_eq!(
            (file.name.as_str(), file.media_type.as_str()),
            ("Lease.pdf", "application/pdf")
        );
        assert_eq!(file.bytes.expose().as_slice(), b"Lease.pdf");
        fs::write(dir.path().join("a\u{202e}fdp.exe"), b"MZ").unwrap();
        let file = read(&dir.path().join("a\u{202e}fdp.exe"), 0, ROOM).unwrap();
        assert_eq!(file.name, "a\u{fffd}fdp.exe");
        assert_eq!(file.media_type, "application/vnd.microsoft.portable-executable");
    }

    #[test]
    fn what_cannot_be_attached_says_why() {
        let dir = folder();
        let said = |name: &str| match read(&dir.path().join(name), 0, ROOM) {
            Ok(_) => panic!("{name} was read"),
            Err(error) => error.to_string(),
        };
        assert_eq!(said("gone.pdf"), "there is no such file");
        assert_eq!(said("notes.txt/deeper"), "there is no such file");
        assert!(said("letters").starts_with("this is a folder"));
        rustix::fs::mknodat(
            rustix::fs::CWD,
            dir.path().join("pipe"),
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::RUSR,
            0,
        )
        .unwrap();
        assert!(said("pipe").starts_with("this is not a file"));
        assert!(matches!(read(Path::new(""), 0, ROOM), Err(AttachError::Nothing)));
        let secret = dir.path().join("notes.txt");
        fs::set_permissions(&secret, fs::Permissions::from_mode(0o000)).unwrap();
        // The superuser may read everything.
        if File::open(&secret).is_err() {
            assert_eq!(said("notes.txt"), "you may not read this file");
        }
        assert!(matches!(
            AttachError::from(io::Error::from(io::ErrorKind::PermissionDenied)),
            AttachError::Denied
        ));
    }

    #[test]
    fn a_file_that_makes_the_message_too_large_is_refused_before_it_is_read() {
        let dir = folder();
        let path = dir.path().join("scan.pdf");
        fs::write(&path, vec![0; 700_000]).unwrap();
        assert!(read(&path, 0, ROOM).is_ok());
        let error = read(&path, 200_000, ROOM).err().unwrap().to_string();
        assert!(
            error.contains("it has 684 kB") && error.contains("1.0 MB is the limit"),
            "{error}"
        );
    }

    #[test]
    fn a_path_is_completed_as_far_as_it_is_certain() {
        let dir = folder();
        let home = Some(dir.path());
        let done = |typed: &str| complete(typed, home);
        assert_eq!(done("~").text, "~/");
        assert_eq!(done("~/Le").text, "~/Lease");
        assert_eq!(done("~/Lease").names, ["Lease annex.pdf", "Lease.pdf"]);
        assert_eq!(done("~/Lease.").text, "~/Lease.pdf");
        assert_eq!(done("~/le").text, "~/letters/", "what is spelled so goes first");
        assert_eq!(done("~/LEASE.").text, "~/Lease.pdf");
        assert!(done("~/zzz").names.is_empty());
        assert_eq!(done("~/zzz").text, "~/zzz");
        assert_eq!(done("~/.h").text, "~/.hidden");
        assert!(!done("~/").names.contains(&".hidden".to_owned()));
    }

    #[test]
    fn a_pasted_path_loses_its_quotes() {
        let home = Some(Path::new("/home/alice"));
        assert_eq!(path_of(" '/tmp/a b.pdf' ", home), Path::new("/tmp/a b.pdf"));
        assert_eq!(path_of("~/a.pdf", home), Path::new("/home/alice/a.pdf"));
        assert_eq!(path_of("~bob/a.pdf", home), Path::new("~bob/a.pdf"));
    }
}
