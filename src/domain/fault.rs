//! What an error asks of the program, whatever its source. Sentences are written elsewhere (`app::notice`).

/// What can be done about an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It may pass by itself: try again later.
    Transient,
    /// A person must decide or type something.
    NeedsUser,
    /// The other side said no, for good.
    Refused,
    /// Stored or received data is broken: stop, and keep what is there.
    Damaged,
    /// A mistake of ours: report it.
    Bug,
}

/// Every error that crosses a layer says what kind it is.
pub trait Fault: std::error::Error {
    /// The kind of this error.
    fn kind(&self) -> Kind;
}

/// "Ignore" is said aloud and with a reason.
pub trait Ignore {
    /// Drops a failed result on purpose; the reason is for the reader.
    fn ignore(self, why: &'static str);
}

impl<T, E> Ignore for Result<T, E> {
    fn ignore(self, _why: &'static str) {}
}
