//! How an account proves who it is: by a password, or by a token that somebody else gave out for it.
//!
//! Owns the agreement between whoever keeps tokens and whoever logs in with them, and the reasons why there is none.
//! It never holds a token longer than a login takes, and never makes a sentence.

use std::{fmt, sync::Arc};

use super::{
    confidential::Confidential,
    fault::{Fault, Kind},
};

/// What a login proves itself with.
#[derive(Clone)]
pub enum Credential {
    /// A password, or an application password.
    Password(Confidential<String>),
    /// An access token (RFC 6750), asked for anew at every login.
    Token(Arc<dyn AccessTokens>),
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Password(_) => "Password(‹hidden›)",
            Self::Token(_) => "Token(‹hidden›)",
        })
    }
}

impl From<Confidential<String>> for Credential {
    fn from(password: Confidential<String>) -> Self {
        Self::Password(password)
    }
}

impl From<&str> for Credential {
    fn from(password: &str) -> Self {
        Self::Password(password.into())
    }
}

/// Whoever keeps the tokens of one account and gets new ones in time. Calls block: never make one from async code.
pub trait AccessTokens: Send + Sync {
    /// A token that holds for some minutes yet, fetched anew when the last one is about to run out.
    ///
    /// # Errors
    /// When there is none to be had.
    fn token(&self) -> Result<Confidential<String>, SignInError>;

    /// A server has refused the token that was given out last, or says that it ran out: the next one is a new one.
    fn spent(&self);
}

/// Why there is no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignInFault {
    /// Nobody has signed in yet, or what was kept is gone.
    NotSignedIn,
    /// What was kept has run out: somebody must sign in again.
    Expired,
    /// It was withdrawn: a new password, an administrator, the person.
    Revoked,
    /// Somebody must sign in again to prove more (a second factor, a rule of the firm's directory).
    Interaction,
    /// The person has not agreed yet that matterbox reads mail.
    Consent,
    /// An administrator of the firm's directory must agree first.
    AdminConsent,
    /// A rule of the firm's directory forbids it from here or from this device.
    Policy,
    /// The person said no.
    Denied,
    /// The code was not entered in time, or is wrong.
    CodeExpired,
    /// Nobody finished signing in within the time there is.
    TimedOut,
    /// The provider does not know the client id, or it may not sign people in like this.
    Client,
    /// The client's secret is missing, wrong or out of date.
    ClientSecret,
    /// The provider does not know the address to which the browser is to come back.
    Redirect,
    /// There is no such tenant, or the account is not in it.
    Tenant,
    /// The provider does not know what was asked for, or gave less.
    Scope,
    /// What came back does not belong to the sign-in that was begun here.
    State,
    /// The provider signs nobody in like this (no device code).
    NotOffered,
    /// The provider cannot be reached at present, or is out of order.
    Unreachable,
    /// The provider's certificate is not trusted.
    Untrusted,
    /// The provider's answer cannot be read.
    Garbled,
    /// The provider refuses, for a reason that has no name here.
    Refused,
    /// Nothing of ours listens where the browser comes back: no port, no thread.
    NoListener,
}

/// Why there is no token, with what the provider said about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no access token: {fault:?}")]
pub struct SignInError {
    /// Why.
    pub fault: SignInFault,
    /// The provider's own words; may be empty.
    pub said: Confidential<String>,
}

impl From<SignInFault> for SignInError {
    fn from(fault: SignInFault) -> Self {
        Self { fault, said: Confidential::default() }
    }
}

impl Fault for SignInError {
    fn kind(&self) -> Kind {
        match self.fault {
            SignInFault::Unreachable | SignInFault::Garbled | SignInFault::NoListener => {
                Kind::Transient
            }
            SignInFault::NotSignedIn
            | SignInFault::Expired
            | SignInFault::Revoked
            | SignInFault::Interaction
            | SignInFault::Consent
            | SignInFault::AdminConsent
            | SignInFault::Policy
            | SignInFault::Denied
            | SignInFault::CodeExpired
            | SignInFault::TimedOut
            | SignInFault::Client
            | SignInFault::ClientSecret
            | SignInFault::Redirect
            | SignInFault::Tenant
            | SignInFault::Scope
            | SignInFault::State
            | SignInFault::NotOffered
            | SignInFault::Untrusted
            | SignInFault::Refused => Kind::NeedsUser,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_and_the_words_of_a_provider_are_in_no_debug_print() {
        let password = Credential::from("marker");
        let error = SignInError { fault: SignInFault::Refused, said: "marker".into() };
        assert!(!format!("{password:?} {error:?} {error}").contains("marker"));
    }

    #[test]
    fn only_what_may_pass_by_itself_is_tried_again() {
        assert_eq!(SignInError::from(SignInFault::Unreachable).kind(), Kind::Transient);
        for fault in [SignInFault::Expired, SignInFault::AdminConsent, SignInFault::Untrusted] {
            assert_eq!(SignInError::from(fault).kind(), Kind::NeedsUser);
        }
    }
}
