//! What is wrong with a sign-in, in words: what happened, what matterbox did, what you can do.
//!
//! Owns the sentences about tokens. It may quote the provider to the person, cleaned; never to the log.

use serde::Deserialize;

use crate::domain::{
    confidential::Confidential,
    credential::{SignInError, SignInFault},
    text::SafeText,
};

/// Why there is no token.
pub fn words(error: &SignInError) -> String {
    let sentence = sentence(error.fault);
    let said = SafeText::line(error.said.expose()).cut(200);
    if said.trim().is_empty() {
        return sentence.to_owned();
    }
    format!("{sentence} The provider said “{said}”.")
}

#[allow(clippy::too_many_lines, reason = "one sentence for each fault: a table")]
const fn sentence(fault: SignInFault) -> &'static str {
    match fault {
        SignInFault::NotSignedIn => {
            "Nobody has signed in to this account yet. Nothing was fetched or sent; what is in the outbox waits. Sign in \
             with the browser or a code."
        }
        SignInFault::Expired => {
            "The sign-in has expired. Nothing was fetched or sent; what is in the outbox waits. Sign in again."
        }
        SignInFault::Revoked => {
            "The sign-in was revoked (a new password, an administrator, or you). Nothing was fetched or sent; what is in \
             the outbox waits. Sign in again."
        }
        SignInFault::Interaction => {
            "The provider wants you to prove again who you are (a second factor, a new rule). Nothing was fetched or \
             sent; what is in the outbox waits. Sign in again."
        }
        SignInFault::Consent => {
            "Nobody has agreed yet that matterbox may read and send mail for this account. No token was given out. Sign \
             in again and agree; if no question comes, an administrator must consent."
        }
        SignInFault::AdminConsent => {
            "An administrator must consent before matterbox may be used with this account. No token was given out. Ask \
             the administrator of your directory to grant consent to the client id in the settings, then sign in again."
        }
        SignInFault::Policy => {
            "A rule of your firm's directory forbids the sign-in from this device or in this way. No token was given out. \
             Ask the administrator; signing in with the browser of a known device may be allowed where a code is not."
        }
        SignInFault::Denied => {
            "The sign-in was refused on the provider's page. No token was given out. Sign in again and agree, if that \
             was a mistake."
        }
        SignInFault::CodeExpired => {
            "The code ran out before it was used. No token was given out. Sign in again for a new one."
        }
        SignInFault::TimedOut => {
            "Nobody finished signing in within the time there is. No token was given out; nothing listens any more. Sign \
             in again."
        }
        SignInFault::Client => {
            "The provider does not know the client id, or it may not be used like this. No token was given out. Compare \
             `client_id` and the addresses in the settings with the registration (a public client for desktops)."
        }
        SignInFault::ClientSecret => {
            "The client's secret is missing, wrong or out of date. No token was given out. Compare `client_secret` in the \
             settings with the registration; at Microsoft, allow public client flows instead."
        }
        SignInFault::Redirect => {
            "The provider does not know the address to which the browser comes back. No token was given out. Register \
             http://localhost (Microsoft, “Mobile and desktop applications”) or a desktop client (Google)."
        }
        SignInFault::Tenant => {
            "There is no such directory at the provider, or this account is not in it. No token was given out. Correct \
             `tenant` in the settings."
        }
        SignInFault::Scope => {
            "The provider did not allow all that matterbox needs to read and send mail. No token was kept. Sign in again \
             and allow everything on the page, or let the registration ask for it."
        }
        SignInFault::State => {
            "That address does not belong to the sign-in that was begun here. It was not used. Begin again, and take the \
             address at which that browser ends."
        }
        SignInFault::NotOffered => {
            "This provider gives out no codes for mail. Nothing was asked. Sign in with the browser; on a machine without \
             one, open the address elsewhere and bring back the address at which the browser ends."
        }
        SignInFault::Unreachable => {
            "The provider that signs people in cannot be reached. What is stored stays, and matterbox tries again by \
             itself. Check the network."
        }
        SignInFault::Untrusted => {
            "The provider's certificate is not trusted. No code and no token was sent. Someone may be in between: use \
             another network; for a provider of your own, set `trust` beside `client_id`."
        }
        SignInFault::Garbled => {
            "The provider's answer could not be read. No token was taken from it, and matterbox tries again later. Check \
             the addresses in the settings if this stays."
        }
        SignInFault::Refused => {
            "The provider refused the sign-in. No token was given out. Sign in again, or ask the administrator."
        }
        SignInFault::NoListener => {
            "This machine has no free port on which the browser could come back. Nothing was asked. Sign in with a code, \
             or choose another `redirect_port`."
        }
    }
}

/// What Google and Microsoft write about a token they do not take.
#[derive(Default, Deserialize)]
struct Complaint {
    #[serde(default)]
    status: String,
    #[serde(default)]
    scope: String,
}

/// A server refuses a token that was fetched just now. `why` is the JSON of its challenge; it may be empty.
pub fn token_refused(who: &str, why: &Confidential<String>, text: &str) -> String {
    let complaint: Complaint = serde_json::from_str(why.expose()).unwrap_or_default();
    let meaning = match complaint.status.as_str() {
        "invalid_token" | "401" => "it says that the token is not valid or has run out",
        "insufficient_scope" | "403" => "it says that the token does not allow this",
        "400" => "it says that the token is not made for it, or that the mailbox is another one",
        _ => "it does not say why",
    };
    let scope = SafeText::line(&complaint.scope).cut(120);
    let wants =
        if scope.is_empty() { String::new() } else { format!(" It wants the scope {scope}.") };
    format!(
        "The {who} refused a fresh sign-in token: {meaning}, and said “{}”.{wants} matterbox stopped; nothing was \
         fetched or sent. Check `user` and that the account is allowed IMAP and SMTP, then sign in again.",
        SafeText::line(text).cut(160)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_administrator_is_asked_for_by_name() {
        let said = "AADSTS90094: The grant requires admin permission.\u{1b}[2J";
        let error = SignInError { fault: SignInFault::AdminConsent, said: said.into() };
        let words = words(&error);
        assert!(words.starts_with("An administrator must consent"), "{words}");
        assert!(words.contains("AADSTS90094") && !words.contains('\u{1b}'), "{words}");
    }

    #[test]
    fn the_servers_json_becomes_words() {
        let json = r#"{"status":"400","schemes":"Bearer","scope":"https://mail.google.com/"}"#;
        let words = token_refused("mail server", &json.into(), "SASL authentication failed");
        assert!(words.contains("not made for it"), "{words}");
        assert!(words.contains("wants the scope https://mail.google.com/"), "{words}");
        let silent = token_refused("relay", &"".into(), "535 5.7.3 no");
        assert!(silent.contains("does not say why") && silent.contains("535 5.7.3"), "{silent}");
    }
}
