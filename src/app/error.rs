//! What can go wrong in a use case.
//!
//! Owns the union of the adapters' errors where a use case meets several of them. Sentences are in `notice`.

use crate::{
    domain::{
        draft::{SealError, Unconfirmed},
        fault::{Fault, Kind},
    },
    mail::compose::ComposeError,
    store::StoreError,
};

/// Why a use case did not do what was asked. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The record.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Findings of the review still wait for an answer.
    #[error(transparent)]
    Unconfirmed(#[from] Unconfirmed),
    /// The message cannot be sealed.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The message cannot be written as MIME.
    #[error(transparent)]
    Compose(#[from] ComposeError),
    /// No account is set up to send from, or none (any more) that has the address from which a draft is written.
    #[error("no account to send from")]
    NoAccount,
    /// The account has no folder for archived mail that the office knows.
    #[error("no archive folder")]
    NoArchive,
    /// There is nothing to do it to.
    #[error("nothing to do")]
    Nothing(&'static str),
}

impl Fault for AppError {
    fn kind(&self) -> Kind {
        match self {
            Self::Store(error) => error.kind(),
            Self::Compose(error) => error.kind(),
            Self::Unconfirmed(_) | Self::Seal(_) | Self::NoAccount | Self::NoArchive => {
                Kind::NeedsUser
            }
            Self::Nothing(_) => Kind::Refused,
        }
    }
}
