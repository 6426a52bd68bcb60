//! A draft's body in the person's own editor.
//!
//! Owns the private file: in a folder of memory (0700), mode 0600, overwritten and removed afterwards. It never runs a
//! shell and never puts a word of the draft in a file name.

use std::{
    fs::{self, OpenOptions, Permissions},
    io::{self, Read, Seek, SeekFrom, Write},
    os::unix::{
        fs::{OpenOptionsExt, PermissionsExt},
        process::ExitStatusExt,
    },
    path::{Path, PathBuf},
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};
use tokio::process::Child;

use crate::domain::{confidential::Confidential, fault::Ignore};

/// Why the editor did not bring a text back. The draft is as it was.
#[derive(Debug, thiserror::Error)]
pub enum EditorError {
    /// No place in memory for the file.
    #[error(
        "there is no private folder in memory (XDG_RUNTIME_DIR, /dev/shm) for the editor's file"
    )]
    NoPrivateFolder,
    /// The command could not be split or is empty.
    #[error("$VISUAL or $EDITOR is not a command")]
    Command,
    /// It could not be started.
    #[error("the editor could not be started; set $VISUAL or $EDITOR")]
    Start(#[source] io::Error),
    /// It said that it failed.
    #[error("the editor ended with an error; the draft is as it was")]
    Failed,
    /// The file could not be written or read back.
    #[error("the editor's file could not be written or read back; the draft is as it was")]
    File(#[source] io::Error),
}

/// So long an editor may take to end once the program must.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Lets the person edit `text` in the editor of the settings (program first), else `$VISUAL`, else `$EDITOR`, else `vi`,
/// and gives back what they saved. When `stop` comes, the editor is told to end as if its terminal were closed; what was
/// saved by then is given back.
pub async fn edit(
    text: &Confidential<String>,
    chosen: &[String],
    stop: impl Future<Output = ()>,
) -> Result<Confidential<String>, EditorError> {
    let argv = if chosen.is_empty() {
        let command = ["VISUAL", "EDITOR"]
            .iter()
            .filter_map(|name| std::env::var(name).ok())
            .find(|value| !value.trim().is_empty())
            .unwrap_or_else(|| "vi".to_owned());
        split(&command).ok_or(EditorError::Command)?
    } else {
        chosen.to_vec()
    };
    let (program, arguments) = argv.split_first().ok_or(EditorError::Command)?;
    let folder = PrivateFolder::new()?;
    let file = folder.write("draft.txt", text.expose()).map_err(EditorError::File)?;
    let mut child = tokio::process::Command::new(program)
        .args(arguments)
        .arg(&file)
        .kill_on_drop(true)
        .spawn()
        .map_err(EditorError::Start)?;
    let status = tokio::select! {
        biased;
        () = stop => {
            hang_up(&mut child).await;
            None
        }
        status = child.wait() => Some(status.map_err(EditorError::Start)?),
    };
    // An editor that a signal ended had no say; one that says that it failed is taken at its word.
    let ended = status.is_none_or(|status| status.signal().is_some());
    if !ended && !status.is_some_and(|status| status.success()) {
        return Err(EditorError::Failed);
    }
    let mut back = Vec::new();
    OpenOptions::new()
        .read(true)
        .custom_flags(nofollow())
        .open(&file)
        .and_then(|mut file| file.read_to_end(&mut back))
        .map_err(EditorError::File)?;
    // It may have been ended in the middle of saving: an empty file is not what anyone wrote.
    if ended && back.is_empty() {
        return Err(EditorError::Failed);
    }
    Ok(Confidential::new(decoded(back)))
}

/// Ends an editor as the end of its terminal would, so that it keeps what it can; one that does not end is killed.
async fn hang_up(child: &mut Child) {
    let pid = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
    if let Some(pid) = pid {
        kill_process(pid, Signal::HUP).ignore("it has ended");
    }
    if tokio::time::timeout(LAST_WORDS, child.wait()).await.is_err() {
        child.kill().await.ignore("it has ended");
    }
}

/// An editor that writes another charset than UTF-8 must not cost the person an hour's text: then every byte is a
/// character of Latin-1, as in the charsets that are still met.
fn decoded(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes)
        .unwrap_or_else(|error| error.as_bytes().iter().copied().map(char::from).collect())
}

/// Words of a command, with `'…'`, `"…"` and `\` as in a shell, and nothing else of a shell.
fn split(command: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut chars = command.chars();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some(open), _) if c == open => quote = None,
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None | Some('"'), '\\') => word.get_or_insert_default().push(chars.next()?),
            (None, _) if c.is_whitespace() => words.extend(word.take()),
            (None | Some(_), _) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    (quote.is_none() && !words.is_empty()).then_some(words)
}

/// A folder that nobody else can enter, emptied with overwriting when dropped: editors leave copies beside the file.
struct PrivateFolder(tempfile::TempDir);

impl PrivateFolder {
    fn new() -> Result<Self, EditorError> {
        let places =
            [std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from), Some("/dev/shm".into())];
        places
            .into_iter()
            .flatten()
            .filter(|place| place.is_absolute() && place.is_dir())
            .find_map(|place| {
                tempfile::Builder::new()
                    .prefix("matterbox-")
                    .permissions(Permissions::from_mode(0o700))
                    .tempdir_in(place)
                    .ok()
            })
            .map(Self)
            .ok_or(EditorError::NoPrivateFolder)
    }

    fn write(&self, name: &str, text: &str) -> io::Result<PathBuf> {
        let path = self.0.path().join(name);
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        file.write_all(text.as_bytes())?;
        Ok(path)
    }
}

impl Drop for PrivateFolder {
    fn drop(&mut self) {
        let entries = fs::read_dir(self.0.path()).into_iter().flatten().flatten();
        for entry in entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file())) {
            wipe(&entry.path()).ignore("the folder is removed in any case");
        }
    }
}

fn wipe(path: &Path) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).custom_flags(nofollow()).open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(0))?;
    io::copy(&mut io::repeat(0).take(length), &mut file)?;
    file.flush()
}

/// `O_NOFOLLOW`: a link that someone put in the file's place is not followed.
fn nofollow() -> i32 {
    i32::try_from(rustix::fs::OFlags::NOFOLLOW.bits()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_split_without_a_shell() {
        let words = |text| split(text).unwrap_or_default();
        assert_eq!(words("code --wait"), ["code", "--wait"]);
        assert_eq!(
            words("'/opt/my editor/ed' -c \"set \\\"x\\\"\" ''"),
            ["/opt/my editor/ed", "-c", "set \"x\"", ""]
        );
        assert_eq!(words("vi; rm $HOME"), ["vi;", "rm", "$HOME"]);
        assert_eq!(split("vi 'x"), None);
        assert_eq!(split("  "), None);
    }

    #[test]
    fn a_text_in_latin_1_is_not_lost() {
        assert_eq!(decoded("Grüße".into()), "Grüße");
        assert_eq!(decoded(b"Gr\xfc\xdfe\n".to_vec()), "Grüße\n");
    }

    #[test]
    fn the_file_is_private_and_goes_with_its_folder() {
        let folder = PrivateFolder::new().unwrap();
        let path = folder.write("draft.txt", "settlement").unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(folder.0.path()), mode(&path)), (0o700, 0o600));
        wipe(&path).unwrap();
        assert_eq!(fs::read(&path).unwrap(), [0; 10]);
        drop(folder);
        assert!(!path.exists());
    }
}
