//! How a command fails: a sentence for the person and an exit code for the script.
//!
//! Owns the exit codes: 0 done, 1 failed (also: no such thing, or it exists already), 2 usage, 3 needs the person, 70 a mistake of ours (`EX_SOFTWARE`).

use std::{error::Error, fmt, io};

use crate::domain::fault::{Fault, Kind};

/// A failure that ends a command.
pub struct Failure {
    kind: Kind,
    text: String,
    ending: Ending,
}

/// How the program ends over it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// As its kind says.
    Kind,
    /// The command was not understood.
    Usage,
    /// The reader of our output went away (`matterbox list | head`): not a failure worth a word.
    BrokenPipe,
}

impl Failure {
    /// A failure in words of our own.
    pub fn new(kind: Kind, text: impl Into<String>) -> Self {
        Self { kind, text: text.into(), ending: Ending::Kind }
    }

    /// An argument that is understood only by the command itself, and was not.
    pub fn usage(text: impl Into<String>) -> Self {
        Self { ending: Ending::Usage, ..Self::needs_user(text) }
    }

    /// A person must decide or type something.
    pub fn needs_user(text: impl Into<String>) -> Self {
        Self::new(Kind::NeedsUser, text)
    }

    /// It cannot be done.
    pub fn refused(text: impl Into<String>) -> Self {
        Self::new(Kind::Refused, text)
    }

    /// What it asks for.
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// The exit code.
    pub const fn exit_code(&self) -> u8 {
        match (self.ending, self.kind) {
            (Ending::BrokenPipe, _) => 0,
            (Ending::Usage, _) => 2,
            (Ending::Kind, Kind::Transient | Kind::Refused | Kind::Damaged) => 1,
            (Ending::Kind, Kind::NeedsUser) => 3,
            (Ending::Kind, Kind::Bug) => 70,
        }
    }

    /// Nothing needs to be said.
    pub fn is_silent(&self) -> bool {
        self.ending == Ending::BrokenPipe
    }
}

impl<E: Fault + 'static> From<E> for Failure {
    /// The error and its causes, each after a colon.
    fn from(error: E) -> Self {
        let mut text = error.to_string();
        let mut cause: Option<&(dyn Error + 'static)> = error.source();
        while let Some(inner) = cause {
            text.push_str(": ");
            text.push_str(&inner.to_string());
            cause = inner.source();
        }
        Self::new(error.kind(), text)
    }
}

impl Failure {
    /// Writing our output failed.
    #[expect(clippy::needless_pass_by_value, reason = "meant for map_err")]
    pub fn output(error: io::Error) -> Self {
        let failure = Self::refused(format!("the output could not be written: {error}"));
        let broken = error.kind() == io::ErrorKind::BrokenPipe;
        Self { ending: if broken { Ending::BrokenPipe } else { Ending::Kind }, ..failure }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Failure {
    /// The sentence may quote what a person typed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Failure({:?}, {} B)", self.kind, self.text.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("the letter was not posted")]
    struct NotPosted(#[source] io::Error);

    impl Fault for NotPosted {
        fn kind(&self) -> Kind {
            Kind::Transient
        }
    }

    #[test]
    fn a_failure_says_its_causes_and_its_code() {
        let failure = Failure::from(NotPosted(io::Error::other("the box is full")));
        assert_eq!(failure.to_string(), "the letter was not posted: the box is full");
        assert_eq!(failure.exit_code(), 1);
        assert_eq!(Failure::needs_user("x").exit_code(), 3);
        assert_eq!(Failure::usage("x").exit_code(), 2);
    }

    #[test]
    fn a_reader_that_goes_away_is_no_failure() {
        let failure = Failure::output(io::ErrorKind::BrokenPipe.into());
        assert!(failure.is_silent());
        assert_eq!(failure.exit_code(), 0);
        assert_eq!(Failure::output(io::ErrorKind::StorageFull.into()).exit_code(), 1);
    }
}
