//! `account login`: signs an account in with OAuth, by browser or by code.
//!
//! Owns the choice of the way. It never prints a token, and takes nothing but the address at which a browser ended.

use std::{io, path::Path, sync::Arc, thread};

use tokio::{runtime::Runtime, sync::mpsc};

use super::{Context, Failure, Opening, SignInWay, args::LoginArgs, opened};
use crate::{
    app::{
        notice,
        sign_in::{self, Step, Way},
        time::SystemTime,
        tokens::{Tokens, TokensError, Vault},
        wiring::Wiring as Wired,
    },
    config::{
        Settings,
        keyring::KeyringEntry,
        settings::{Account, SecretSource},
    },
    domain::{
        confidential::Confidential,
        credential::Credential,
        fault::{Fault, Ignore, Kind},
        id::AccountId,
        text::SafeText,
    },
    store::Store,
};

/// `matterbox account login`
pub fn run(context: &mut Context<'_>, args: &LoginArgs) -> Result<(), Failure> {
    let (_, settings) = context.settings()?;
    let account = choose(&settings, args.name.as_deref())?;
    let SecretSource::OAuth(oauth) = &account.secret else {
        return Err(Failure::refused(format!(
            "the account `{}` has a password and nothing to sign in to; `secret = {{ oauth = … }}` in the settings \
             changes that",
            account.name
        )));
    };
    let has_codes = oauth.endpoints().device.is_some();
    let has_browser = sign_in::has_browser();
    let by_code = args.device || (!has_browser && !args.no_browser && has_codes);
    let way = if by_code { Way::Code } else { Way::Browser };
    let way = SignInWay { way, open_browser: has_browser && !args.no_browser };
    let opening = context.opening()?;
    let output = &mut context.output;
    let mut lost = None;
    let mut say = |line: &str| {
        if let Err(failure) = output.line(line) {
            lost.get_or_insert(failure);
        }
    };
    context.wiring.sign_in(opening, &account, way, &mut say)?;
    lost.map_or(Ok(()), Err)
}

fn choose(settings: &Settings, name: Option<&str>) -> Result<Account, Failure> {
    if let Some(name) = name {
        let named = settings.accounts.iter().find(|a| a.name.eq_ignore_ascii_case(name));
        return named
            .cloned()
            .ok_or_else(|| Failure::refused(format!("there is no account called `{name}`")));
    }
    let mut signing_in =
        settings.accounts.iter().filter(|a| matches!(a.secret, SecretSource::OAuth(_)));
    match (signing_in.next(), signing_in.next()) {
        (Some(account), None) => Ok(account.clone()),
        (None, _) => Err(Failure::refused(
            "no account signs in with OAuth; the README says how to set one up".to_owned(),
        )),
        (Some(_), Some(_)) => {
            Err(Failure::usage("several accounts sign in with OAuth: name one".to_owned()))
        }
    }
}

/// Where an account's sign-in is kept while the record is open.
pub fn vault(settings: &Settings, account: &Account, store: Store, id: AccountId) -> Vault {
    Vault::with_record(KeyringEntry::tokens(&settings.files.folder, &account.name), store, id)
}

/// An account of an opened office that signs in with OAuth, ready to be connected; `None` for one with a password.
pub fn wired(
    office: &crate::app::office::Office,
    id: AccountId,
    account: &Account,
) -> Result<Option<Wired>, Failure> {
    let vault = vault(office.settings(), account, office.store().clone(), id);
    let tokens = Tokens::of(account, vault, Arc::clone(office.time())).map_err(unasked)?;
    tokens.map(|tokens| Ok(Wired::signing_in(account.clone(), tokens)?)).transpose()
}

fn unasked(error: TokensError) -> Failure {
    match error {
        TokensError::Trust(error) => error.into(),
        TokensError::Secret(error) => error.into(),
    }
}

/// Opens the record and finds the account in it.
fn open(opening: Opening, account: &Account) -> Result<(opened::Opened, Wired), Failure> {
    let opened = opened::open(opening)?;
    let id = opened.office.accounts().iter().find(|(_, of)| of.name == account.name);
    let Some((id, account)) = id.map(|(id, account)| (*id, account.clone())) else {
        return Err(Failure::new(Kind::Bug, "the account is not in the record"));
    };
    let wired = wired(&opened.office, id, &account)?;
    let wired = wired.ok_or_else(|| Failure::new(Kind::Bug, "the account has a password"))?;
    Ok((opened, wired))
}

/// What is kept of an account's sign-in. While another matterbox has the record open, the keyring alone is looked at.
pub fn kept(opening: Opening, account: &Account) -> Result<Credential, Failure> {
    let entry = KeyringEntry::tokens(&opening.settings.files.folder, &account.name);
    match open(opening, account) {
        Ok((_, wired)) => Ok(wired.password),
        Err(_) if entry.get().is_ok() => {
            let time = Arc::new(SystemTime);
            let tokens = Tokens::of(account, Vault::keyring(entry), time).map_err(unasked)?;
            tokens
                .map(|tokens| Credential::Token(tokens as _))
                .ok_or_else(|| Failure::new(Kind::Bug, "the account has a password"))
        }
        Err(failure) => Err(failure),
    }
}

/// Signs in and says how it went.
pub fn perform(
    opening: Opening,
    account: &Account,
    way: SignInWay,
    say: &mut dyn FnMut(&str),
) -> Result<(), Failure> {
    let (opened, wired) = open(opening, account)?;
    let tokens = wired.tokens.ok_or_else(|| Failure::new(Kind::Bug, "no tokens"))?;
    let kept = sign_in(&opened.runtime, tokens, way, say)?;
    say(&format!("Signed in to {}.", account.name));
    if !kept {
        say("The provider gave nothing that lasts: sign in again when this runs out.");
    }
    // What reads the terminal may wait for a line for ever.
    opened.runtime.shutdown_background();
    Ok(())
}

/// Signs in an account that is being set up: the keyring alone keeps it until there is a record.
pub fn first(
    settings: &Path,
    account: &Account,
    say: &mut dyn FnMut(&str),
) -> Result<Credential, Failure> {
    let SecretSource::OAuth(oauth) = &account.secret else {
        return Err(Failure::new(Kind::Bug, "the account has a password"));
    };
    let folder = settings.parent().unwrap_or(settings);
    let vault = Vault::keyring(KeyringEntry::tokens(folder, &account.name));
    let tokens = Tokens::of(account, vault, Arc::new(SystemTime)).map_err(unasked)?;
    let tokens = tokens.ok_or_else(|| Failure::new(Kind::Bug, "no tokens"))?;
    let open_browser = sign_in::has_browser();
    let by_code = !open_browser && oauth.endpoints().device.is_some();
    let way = if by_code { Way::Code } else { Way::Browser };
    let runtime = opened::runtime()?;
    let kept = sign_in(&runtime, Arc::clone(&tokens), SignInWay { way, open_browser }, say)?;
    runtime.shutdown_background();
    if !kept {
        say("No keyring keeps the sign-in here: `matterbox account login` keeps it in the record.");
    }
    Ok(Credential::Token(tokens))
}

/// Signs in on the terminal. `true` when it is kept.
fn sign_in(
    runtime: &Runtime,
    tokens: Arc<Tokens>,
    way: SignInWay,
    say: &mut dyn FnMut(&str),
) -> Result<bool, Failure> {
    let (hand_in, brought) = mpsc::channel(1);
    if way.way == Way::Browser {
        listen_to_the_terminal(hand_in)?;
    }
    let show = |step: Step| tell(&step, way.open_browser, say);
    runtime
        .block_on(sign_in::sign_in(tokens, way.way, brought, show))
        .map_err(|error| Failure::new(error.kind(), notice::sign_in::words(&error)))
}

fn tell(step: &Step, open_browser: bool, say: &mut dyn FnMut(&str)) {
    match step {
        Step::Page { url } => {
            if open_browser && sign_in::open_browser(url).is_ok() {
                say("The browser opens the provider's page. If it does not, open this address:");
            } else {
                say("Open this address with a browser:");
            }
            say(SafeText::line(url.expose()).as_str());
            say(
                "A browser on this machine comes back by itself. One elsewhere ends at an address that begins with \
                 http://localhost or http://127.0.0.1 and shows nothing: paste that address here.",
            );
        }
        Step::Code { url, code, life } => {
            let minutes = life.as_secs().div_ceil(60);
            say(&format!("Open {} with any browser and type this code:", SafeText::line(url)));
            say(SafeText::line(code.expose()).as_str());
            say(&format!("The code holds for {minutes} minutes; matterbox waits."));
        }
    }
}

/// Takes the first line that is typed or pasted. The thread ends with the program.
fn listen_to_the_terminal(hand_in: mpsc::Sender<Confidential<String>>) -> Result<(), Failure> {
    let listen = move || {
        let mut line = String::new();
        while io::stdin().read_line(&mut line).is_ok_and(|read| read > 0) {
            let said = std::mem::take(&mut line);
            if !said.trim().is_empty() {
                hand_in.blocking_send(Confidential::new(said)).ignore("it is over already");
                return;
            }
        }
    };
    thread::Builder::new()
        .name("terminal".to_owned())
        .spawn(listen)
        .map(drop)
        .map_err(|error| Failure::refused(format!("a thread could not be started: {error}")))
}
