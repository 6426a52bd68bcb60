//! `Confidential<T>`: client words and secrets that must not reach a log, a panic or a debug print.
//!
//! Owns the redaction. It must never grow a `Display`; [`Confidential::expose`] is the only way out,
//! and it is meant to be found with `grep`.

use std::fmt;

use zeroize::Zeroize;

/// A value that a `Debug` print shows only by its size, and that is wiped when dropped.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Confidential<T: Zeroize>(T);

impl<T: Zeroize> Confidential<T> {
    /// Takes a value into custody.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself. Every call is a place where a client's word may leave: keep it close to its use.
    pub const fn expose(&self) -> &T {
        &self.0
    }
}

impl From<&str> for Confidential<String> {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl From<String> for Confidential<String> {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl<T: Zeroize> Drop for Confidential<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for Confidential<String> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "‹hidden {} B›", self.0.len())
    }
}

impl fmt::Debug for Confidential<Vec<u8>> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "‹hidden {} B›", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_debug_print_shows_the_size_and_nothing_else() {
        let secret = Confidential::from("settlement offer");
        assert_eq!(format!("{secret:?}"), "‹hidden 16 B›");
    }
}
