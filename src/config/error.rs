//! What can be wrong with settings: where it stands, what was meant, and what to do.
//!
//! Owns positions (line and column from 1, columns in characters) and the search for the nearest key.

use std::{
    io,
    ops::Range,
    path::{Path, PathBuf},
};

use crate::domain::fault::{Fault, Kind};

/// Why there are no settings.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// There is no settings file.
    #[error("there are no settings at {}; run `matterbox init`, or name a folder with --home", file.display())]
    Missing {
        /// Where they were looked for.
        file: PathBuf,
    },
    /// The settings file could not be read.
    #[error("the settings {} could not be read", file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Something in the file is not understood.
    #[error("{}:{line}:{column}: {what}{}", file.display(), remedy.as_ref().map(|r| format!("\n  {r}")).unwrap_or_default())]
    Mistake {
        /// The file.
        file: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The column in characters, from 1.
        column: usize,
        /// What is wrong.
        what: String,
        /// What to do about it.
        remedy: Option<String>,
    },
    /// No home folder, so no place for settings.
    #[error("this user has no home folder; name a folder with --home")]
    NoHome,
    /// A folder or file of ours could not be made private or written.
    #[error("{} could not be written", path.display())]
    Write {
        /// Which one.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A folder of ours can be read by others and could not be closed to them.
    #[error("{} can be read by other users of this machine; run `chmod 700` on it", path.display())]
    Open {
        /// Which one.
        path: PathBuf,
    },
}

impl Fault for ConfigError {
    fn kind(&self) -> Kind {
        match self {
            Self::Missing { .. } | Self::Mistake { .. } | Self::NoHome | Self::Open { .. } => {
                Kind::NeedsUser
            }
            Self::Read { .. } | Self::Write { .. } => Kind::Refused,
        }
    }
}

/// A mistake before it is known in which file it stands.
#[derive(Debug)]
pub(super) struct Mistake {
    /// Byte range in the text.
    pub span: Option<Range<usize>>,
    /// What is wrong.
    pub what: String,
    /// What to do about it.
    pub remedy: Option<String>,
}

impl Mistake {
    /// A mistake at a place.
    pub fn new(span: Range<usize>, what: impl Into<String>) -> Self {
        Self { span: Some(span), what: what.into(), remedy: None }
    }

    /// Adds what to do about it.
    pub fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    /// Puts the mistake into its file.
    pub fn at(self, text: &str, file: &Path) -> ConfigError {
        let (line, column) = position(text, self.span.map_or(0, |span| span.start));
        ConfigError::Mistake {
            file: file.to_owned(),
            line,
            column,
            what: self.what,
            remedy: self.remedy,
        }
    }
}

impl From<toml::de::Error> for Mistake {
    fn from(error: toml::de::Error) -> Self {
        let what = without_value(error.message().lines().next().unwrap_or_default());
        let mistake = Self { span: error.span(), what, remedy: None };
        mistake.with_nearest_key()
    }
}

/// serde says `invalid type: string "…", expected …`. The text is not repeated: it may be a password that stands in a
/// wrong place.
fn without_value(message: &str) -> String {
    let (Some((before, _)), Some((_, after))) =
        (message.split_once(": string \""), message.rsplit_once("\", expected "))
    else {
        return message.to_owned();
    };
    format!("{before}: a text, expected {after}")
}

impl Mistake {
    /// serde says "unknown field `x`, expected one of `a`, `b`": the words in backquotes are the key and the choice.
    fn with_nearest_key(mut self) -> Self {
        let unknown_key = self.what.starts_with("unknown field");
        if !unknown_key && !self.what.starts_with("unknown variant") {
            return self;
        }
        let mut quoted =
            self.what.split('`').enumerate().filter(|(at, _)| at % 2 == 1).map(|(_, word)| word);
        let Some(written) = quoted.next().map(str::to_owned) else { return self };
        let choice: Vec<String> = quoted.map(str::to_owned).collect();
        self.remedy = Some(nearest(&written, &choice).map_or_else(
            || format!("known here: {}", choice.join(", ")),
            |near| format!("did you mean `{near}`?"),
        ));
        // A value is not repeated: someone may have put a password where a word belongs.
        self.what = if unknown_key {
            format!("unknown key `{written}`")
        } else {
            "this value is not known here".to_owned()
        };
        self
    }
}

/// Line and column (from 1, in characters) of a byte of the text.
fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset.min(text.len())).unwrap_or(text);
    let line = before.matches('\n').count().saturating_add(1);
    let last = before.rsplit('\n').next().unwrap_or_default();
    (line, last.chars().count().saturating_add(1))
}

/// The known word closest to what was written, if it is close enough to be a slip.
pub(super) fn nearest<'a>(written: &str, known: &'a [String]) -> Option<&'a str> {
    let limit = (written.chars().count() / 3).max(1).saturating_add(1);
    known
        .iter()
        .map(|word| (edit_distance(written, word), word.as_str()))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, word)| word)
}

/// Levenshtein's distance: insertions, deletions and replacements of characters.
fn edit_distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, letter) in a.chars().enumerate() {
        let mut left = i.saturating_add(1);
        let mut next = vec![left];
        for ((other, above_left), above) in b.iter().zip(&row).zip(row.iter().skip(1)) {
            let replaced = above_left.saturating_add(usize::from(letter != *other));
            left = replaced.min(above.saturating_add(1)).min(left.saturating_add(1));
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_lines_and_characters_from_one() {
        let text = "a = 1\nä = é\n";
        assert_eq!(position(text, 0), (1, 1));
        assert_eq!(position(text, text.find('=').unwrap()), (1, 3));
        assert_eq!(position(text, text.rfind('=').unwrap()), (2, 3));
        assert_eq!(position(text, 999), (3, 1));
    }

    #[test]
    fn a_slip_finds_its_key_and_a_stranger_finds_none() {
        let known = ["undo_seconds".to_owned(), "footer".to_owned()];
        assert_eq!(nearest("undo_second", &known), Some("undo_seconds"));
        assert_eq!(nearest("foter", &known), Some("footer"));
        assert_eq!(nearest("colour", &known), None);
        assert_eq!(edit_distance("kitten", "sitting"), 3);
    }
}
