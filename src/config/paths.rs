//! Where an office lives: its settings, its record, its log. Everything of ours is private (folders 0700, files 0600).
//!
//! Owns the layout. With `--home DIR` all of it is inside DIR, so several offices stay apart; else the places are
//! those of the XDG base directory specification.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use super::ConfigError;

/// The places of one office.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paths {
    /// The settings, `config.toml`.
    pub settings: PathBuf,
    /// The folder of the encrypted record.
    pub record: PathBuf,
    /// The folder of the log.
    pub log: PathBuf,
}

impl Paths {
    /// The places of this user, or those inside `home`.
    ///
    /// # Errors
    /// [`ConfigError::NoHome`] when neither is known.
    pub fn find(home: Option<&Path>) -> Result<Self, ConfigError> {
        if let Some(home) = home {
            return Ok(Self::inside(home));
        }
        let dirs =
            directories::ProjectDirs::from("", "", "matterbox").ok_or(ConfigError::NoHome)?;
        Ok(Self {
            settings: dirs.config_dir().join("config.toml"),
            record: dirs.data_dir().join("record"),
            log: dirs.state_dir().unwrap_or_else(|| dirs.data_local_dir()).join("log"),
        })
    }

    /// The places inside one folder.
    pub fn inside(home: &Path) -> Self {
        // An absolute path keeps its meaning when something changes the working directory.
        let home = std::path::absolute(home).unwrap_or_else(|_| home.to_owned());
        Self {
            settings: home.join("config.toml"),
            record: home.join("record"),
            log: home.join("log"),
        }
    }

    /// Makes the folders of the record and the log, private, where they do not exist yet.
    ///
    /// # Errors
    /// When one cannot be made, or others can read it and that cannot be changed.
    pub fn prepare(&self) -> Result<(), ConfigError> {
        private_folder(&self.record)?;
        private_folder(&self.log)
    }
}

/// Makes a folder (and its parents) with mode 0700. One that exists is closed to others if it is ours.
///
/// # Errors
/// When it cannot be made or closed.
pub fn private_folder(path: &Path) -> Result<(), ConfigError> {
    let failed = |source: io::Error| ConfigError::Write { path: path.to_owned(), source };
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(failed)?;
    let state = fs::metadata(path).map_err(failed)?;
    if !open(&state) {
        return Ok(());
    }
    fs::set_permissions(path, fs::Permissions::from_mode(0o700))
        .map_err(|_| ConfigError::Open { path: path.to_owned() })
}

/// Opens a private file (0600) for appending; it is made where it does not exist.
///
/// # Errors
/// What the system says.
pub fn private_append(path: &Path) -> io::Result<File> {
    OpenOptions::new().append(true).create(true).mode(0o600).open(path)
}

/// Replaces a private file (0600) in one step: a crash leaves the old one or the new one, never half of either.
///
/// # Errors
/// When the folder cannot be made or the file not written.
pub fn replace_private(path: &Path, content: &[u8]) -> Result<(), ConfigError> {
    let failed = |source: io::Error| ConfigError::Write { path: path.to_owned(), source };
    let folder = path.parent().unwrap_or(Path::new("."));
    if !folder.exists() {
        private_folder(folder)?;
    }
    // The temporary file is made with mode 0600 and removed if anything below fails.
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    file.write_all(content).map_err(failed)?;
    file.as_file().sync_all().map_err(failed)?;
    file.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}

/// Can users other than the owner read or change this file? A file that cannot be looked at counts as closed.
pub fn open_to_others(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|state| open(&state))
}

/// Any permission for group or others.
fn open(state: &fs::Metadata) -> bool {
    state.mode().trailing_zeros() < 6
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().mode() & 0o777
    }

    #[test]
    fn a_home_keeps_everything_inside() {
        let paths = Paths::find(Some(Path::new("/srv/office"))).unwrap();
        for path in [&paths.settings, &paths.record, &paths.log] {
            assert!(path.starts_with("/srv/office"), "{path:?}");
        }
        assert!(Paths::inside(Path::new("here")).record.is_absolute());
    }

    #[test]
    fn folders_are_private_even_when_they_were_open_before() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("a/b");
        private_folder(&folder).unwrap();
        assert_eq!((mode(&folder), mode(folder.parent().unwrap())), (0o700, 0o700));
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
        assert!(open_to_others(&folder));
        private_folder(&folder).unwrap();
        assert_eq!(mode(&folder), 0o700);
    }

    #[test]
    fn a_replaced_file_is_private_and_leaves_nothing_beside_it() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("new/config.toml");
        replace_private(&file, b"one").unwrap();
        replace_private(&file, b"two").unwrap();
        assert_eq!((fs::read(&file).unwrap().as_slice(), mode(&file)), (&b"two"[..], 0o600));
        assert_eq!(fs::read_dir(file.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn an_appended_file_is_private() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("log");
        private_append(&file).unwrap().write_all(b"x").unwrap();
        assert_eq!(mode(&file), 0o600);
    }
}
