//! The questions of `matterbox init` about signing in with OAuth: whether, where, and as which registered program.
//!
//! Owns these questions. It asks nobody but the person, and never makes a client id up: a firm registers matterbox itself.

use super::{Failure, init::Questions, servers::Chosen};
use crate::{
    config::oauth::{ClientSecret, OAuth, ProviderKind},
    net::discover::{Identity, SignIn},
};

/// Proposes to sign in with OAuth where the provider wants that; `None` when it does not, or the person declines.
pub(super) fn propose(
    ask: &mut Questions<'_, '_>,
    chosen: &Chosen,
    known: &[OAuth],
) -> Result<Option<OAuth>, Failure> {
    match chosen.sign_in {
        SignIn::Oauth => {}
        SignIn::Unsaid | SignIn::Password | SignIn::AppPassword => return Ok(None),
    }
    let who = chosen.identity.map_or("This provider", |identity| kind(identity).title());
    ask.say(&format!(
        "{who} wants sign-in by browser (OAuth) and refuses passwords as a rule. The firm registers matterbox there once \
         and gets a client id; the README says how.",
    ))?;
    let answer = ask.choice("Sign in by browser, (y)es or (n)o", &["y", "n"])?;
    if answer == "n" {
        return Ok(None);
    }
    ask_registration(ask, chosen.identity, known)
}

/// Where people sign in, and as which program; `None` when the firm has no client id. What another account of the office
/// has is the default.
pub(super) fn ask_registration(
    ask: &mut Questions<'_, '_>,
    identity: Option<Identity>,
    known: &[OAuth],
) -> Result<Option<OAuth>, Failure> {
    let provider = identity.map_or_else(|| ask_provider(ask), |identity| Ok(kind(identity)))?;
    let known = known.iter().find(|one| one.provider == provider);
    let id = known.map_or("", |one| one.client_id.as_str());
    let question =
        "The client id under which the firm has registered matterbox (empty: there is none)";
    let client_id = ask.text(question, id)?;
    if client_id.is_empty() {
        ask.say("Without a client id nobody can sign in by browser; here are the other ways.")?;
        return Ok(None);
    }
    // What else an account of the same registration says (scopes, addresses, a port) holds for this one too.
    let mut oauth = known
        .filter(|one| one.client_id == client_id)
        .cloned()
        .unwrap_or_else(|| OAuth::preset(provider, &client_id));
    match provider {
        ProviderKind::Microsoft => ask_tenant(ask, identity, &mut oauth)?,
        ProviderKind::Google => ask_client_secret(ask, &mut oauth)?,
        ProviderKind::Generic => ask_addresses(ask, &mut oauth)?,
    }
    Ok(Some(oauth))
}

fn ask_provider(ask: &mut Questions<'_, '_>) -> Result<ProviderKind, Failure> {
    let question = "Sign in at (m)icrosoft, (g)oogle or an(o)ther provider";
    Ok(match ask.choice(question, &["m", "g", "o"])?.as_str() {
        "g" => ProviderKind::Google,
        "o" => ProviderKind::Generic,
        _ => ProviderKind::Microsoft,
    })
}

const fn kind(identity: Identity) -> ProviderKind {
    match identity {
        Identity::Microsoft | Identity::MicrosoftPersonal => ProviderKind::Microsoft,
        Identity::Google => ProviderKind::Google,
    }
}

fn ask_tenant(
    ask: &mut Questions<'_, '_>,
    identity: Option<Identity>,
    oauth: &mut OAuth,
) -> Result<(), Failure> {
    let default = match identity {
        _ if !oauth.tenant.is_empty() => oauth.tenant.clone(),
        // Private mailboxes are in no firm's directory.
        Some(Identity::MicrosoftPersonal) => "consumers".to_owned(),
        Some(Identity::Microsoft | Identity::Google) | None => "organizations".to_owned(),
    };
    loop {
        let tenant = ask.text("The firm's tenant (directory id or domain)", &default)?;
        if tenant.chars().all(|c| c.is_ascii_alphanumeric() || "-.".contains(c)) {
            oauth.tenant = tenant;
            return Ok(());
        }
        ask.say("A tenant is an id or a domain, such as firm.example; once more.")?;
    }
}

fn ask_client_secret(ask: &mut Questions<'_, '_>, oauth: &mut OAuth) -> Result<(), Failure> {
    if oauth.client_secret.is_some() {
        return Ok(());
    }
    let question = "A command that prints the client's secret, such as: pass show google";
    let command = ask.text(question, "")?;
    let words: Vec<String> = command.split_whitespace().map(str::to_owned).collect();
    oauth.client_secret = (!words.is_empty()).then_some(ClientSecret::Command(words));
    Ok(())
}

fn ask_addresses(ask: &mut Questions<'_, '_>, oauth: &mut OAuth) -> Result<(), Failure> {
    for (what, place, needed) in [
        ("The address of the page on which people sign in", &mut oauth.authorize_url, true),
        ("The address that gives out tokens", &mut oauth.token_url, true),
        ("The address that gives out device codes (empty: none)", &mut oauth.device_url, false),
    ] {
        *place = loop {
            let address = ask.text(what, place.as_deref().unwrap_or_default())?;
            match address.as_str() {
                "" if !needed => break None,
                address if address.starts_with("https://") => break Some(address.to_owned()),
                _ => ask.say("It begins with https://; once more.")?,
            }
        };
    }
    Ok(())
}
