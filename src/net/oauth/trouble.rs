//! What a provider's refusal means: its code (RFC 6749 §5.2, RFC 8628 §3.5) and the numbers that Microsoft writes into
//! the description.
//!
//! Owns the table. It never keeps a body that could not be read: there may be a token in it.

use oauth2::{ErrorResponse, ErrorResponseType, RequestTokenError, StandardErrorResponse};

use super::HttpError;
use crate::domain::{
    confidential::Confidential,
    credential::{SignInError, SignInFault},
};

/// The library's error as ours. `by_code`: a code was handed in, not a refresh token.
pub(super) fn refused<T>(
    error: RequestTokenError<HttpError, StandardErrorResponse<T>>,
    by_code: bool,
) -> SignInError
where
    T: ErrorResponseType + AsRef<str> + 'static,
    StandardErrorResponse<T>: ErrorResponse,
{
    match error {
        RequestTokenError::ServerResponse(answer) => {
            let said = answer.error_description().map(String::as_str).unwrap_or_default();
            let mut trouble = meaning(answer.error().as_ref(), said);
            if by_code && trouble.fault == SignInFault::Expired {
                trouble.fault = SignInFault::CodeExpired;
            }
            trouble
        }
        RequestTokenError::Request(error) => lost(&error),
        RequestTokenError::Parse(..) | RequestTokenError::Other(_) => SignInFault::Garbled.into(),
    }
}

/// There was no answer at all.
pub(super) fn lost(error: &HttpError) -> SignInError {
    match error {
        HttpError::Tls(_) => SignInFault::Untrusted.into(),
        HttpError::Url => SignInFault::Client.into(),
        HttpError::Unreachable(_) | HttpError::Silent => SignInFault::Unreachable.into(),
        HttpError::TooLong | HttpError::Protocol => SignInFault::Garbled.into(),
    }
}

/// What a provider means by an error code and its description.
pub(super) fn meaning(code: &str, description: &str) -> SignInError {
    let fault = numbered(description).unwrap_or_else(|| named(code, description));
    let said = if description.is_empty() { code } else { description };
    SignInError { fault, said: Confidential::from(said) }
}

/// Microsoft's numbers (learn.microsoft.com, "Microsoft Entra authentication and authorization error codes").
fn numbered(description: &str) -> Option<SignInFault> {
    let (_, tail) = description.split_once("AADSTS")?;
    let digits: String = tail.chars().take_while(char::is_ascii_digit).collect();
    Some(match digits.parse::<u32>().ok()? {
        65001 => SignInFault::Consent,
        65004 => SignInFault::Denied,
        // 90094 and 90095 ask for an administrator (the second by a form); the others say that users may not consent.
        90008 | 90094 | 90095 | 90097 | 900_941 | 650_051 | 650_057 => SignInFault::AdminConsent,
        70043 | 70008 | 700_082 | 700_084 | 50078 => SignInFault::Expired,
        50173 | 50132 | 50133 | 54005 | 70000 | 50057 => SignInFault::Revoked,
        50055 | 50058 | 50072 | 50074 | 50076 | 50079 | 50126 | 50158 => SignInFault::Interaction,
        50005 | 53000..=53011 | 50097 | 50105 | 50129 | 530_003..=530_036 => SignInFault::Policy,
        70018..=70020 => SignInFault::CodeExpired,
        50011 => SignInFault::Redirect,
        50020 | 90002 | 50034 | 50128 => SignInFault::Tenant,
        70011 | 70001 | 65002 => SignInFault::Scope,
        700_016 | 700_038 | 700_054 => SignInFault::Client,
        7_000_215 | 7_000_218 | 7_000_222 => SignInFault::ClientSecret,
        90033 | 90036 | 50196 => SignInFault::Unreachable,
        _ => return None,
    })
}

fn named(code: &str, description: &str) -> SignInFault {
    let lower = description.to_ascii_lowercase();
    match code {
        "authorization_pending" | "slow_down" | "expired_token" => SignInFault::CodeExpired,
        "access_denied" | "authorization_declined" => SignInFault::Denied,
        // Google: "Token has been expired or revoked."
        "invalid_grant" if lower.contains("revoked") => SignInFault::Revoked,
        "invalid_grant" => SignInFault::Expired,
        "invalid_rapt" | "interaction_required" | "login_required" => SignInFault::Interaction,
        "consent_required" => SignInFault::Consent,
        "admin_policy_enforced" | "org_internal" | "disallowed_useragent" => SignInFault::Policy,
        "invalid_client" if lower.contains("secret") => SignInFault::ClientSecret,
        "invalid_request" if lower.contains("client_secret") => SignInFault::ClientSecret,
        "invalid_client" | "unauthorized_client" | "deleted_client" => SignInFault::Client,
        "redirect_uri_mismatch" => SignInFault::Redirect,
        "invalid_scope" => SignInFault::Scope,
        "temporarily_unavailable" | "server_error" => SignInFault::Unreachable,
        _ => SignInFault::Refused,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn microsofts_numbers_are_read_whatever_stands_around_them() {
        for (description, fault) in [
            (
                "AADSTS65001: The user or administrator has not consented to use the application \
                 with ID '4711'. Trace ID: 1",
                SignInFault::Consent,
            ),
            ("AADSTS90094: The grant requires admin permission.", SignInFault::AdminConsent),
            (
                "AADSTS700082: The refresh token has expired due to inactivity.",
                SignInFault::Expired,
            ),
            (
                "AADSTS50173: The provided grant has expired due to it being revoked.",
                SignInFault::Revoked,
            ),
            ("AADSTS50076: you must use multi-factor authentication", SignInFault::Interaction),
            ("AADSTS53003: blocked by Conditional Access policies", SignInFault::Policy),
            ("AADSTS7000218: must contain 'client_secret'", SignInFault::ClientSecret),
            ("AADSTS700016: Application was not found in the directory", SignInFault::Client),
            ("AADSTS50011: The redirect URI does not match", SignInFault::Redirect),
            ("AADSTS90002: Tenant 'x' not found", SignInFault::Tenant),
        ] {
            assert_eq!(meaning("invalid_grant", description).fault, fault, "{description}");
        }
    }

    #[test]
    fn a_number_that_is_not_known_leaves_the_word_to_the_code() {
        let unknown = meaning("invalid_scope", "AADSTS999999: something new");
        assert_eq!(unknown.fault, SignInFault::Scope);
        assert_eq!(unknown.said.expose(), "AADSTS999999: something new");
        assert_eq!(meaning("brand_new", "").said.expose(), "brand_new");
        assert_eq!(meaning("brand_new", "").fault, SignInFault::Refused);
    }

    #[test]
    fn googles_words_tell_revoked_from_expired() {
        let revoked = meaning("invalid_grant", "Token has been expired or revoked.");
        assert_eq!(revoked.fault, SignInFault::Revoked);
        assert_eq!(meaning("invalid_grant", "Bad Request").fault, SignInFault::Expired);
        assert_eq!(meaning("admin_policy_enforced", "").fault, SignInFault::Policy);
    }
}
