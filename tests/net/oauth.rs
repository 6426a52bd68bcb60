//! Signing in with OAuth: our own identity provider on one side, a Dovecot and a Postfix that check the tokens on the
//! other. Nothing is taken on trust, nothing is asked twice without need, and every refusal is told in words.

use std::{
    fs,
    sync::{Arc, Mutex, atomic::AtomicUsize, atomic::Ordering},
    thread,
    time::Duration,
};

use matterbox::{
    app::{
        notice,
        sign_in::{Step, Way, sign_in},
        time::SystemTime,
        tokens::{Tokens, Vault},
    },
    config::{self, keyring::KeyringEntry, settings::Account},
    domain::{
        confidential::Confidential,
        credential::{AccessTokens, Credential, SignInError, SignInFault},
        id::AccountId,
    },
    imap::{
        contract::Login,
        error::{Advice, ImapError},
        plan::Depth,
        round::Summary,
        stream::{Cutoff, Endpoint, Security},
        worker::{Settings, Signals, sync_once},
    },
    net::oauth::device,
    smtp::{self, SmtpError, SmtpServer, Timeouts},
    store::{self, Absent, KdfCost, Store},
    tls::{self, Trust},
};
use tempfile::TempDir;
use tokio::sync::mpsc;

use crate::{
    desk::Desk,
    support::{
        provider::{IdentityProvider, query, visit},
        servers::{GOOD_HOST, Servers},
    },
};

/// A desk whose account signs in at our provider.
struct Scene {
    user: String,
    idp: IdentityProvider,
    folder: TempDir,
    store: Store,
    id: AccountId,
    account: Account,
}

impl Scene {
    fn new(kind: &str) -> Self {
        tokio::task::block_in_place(|| Self::prepare(kind))
    }

    fn prepare(kind: &str) -> Self {
        let user = Servers::fresh_user();
        let idp = IdentityProvider::start(&user);
        let folder = tempfile::tempdir().unwrap();
        let ca = folder.path().join("ca.pem");
        fs::write(&ca, &idp.ca).unwrap();
        let secret = idp.settings(kind, ca.to_str().unwrap());
        let text = format!(
            "[[account]]\nname = \"Office\"\naddress = \"{user}@firm.test\"\nuser = \"{user}\"\n\
             imap = {{ host = \"i\", port = 993, tls = \"implicit\" }}\n\
             smtp = {{ host = \"s\", port = 465, tls = \"implicit\" }}\n\
             secret = {{ oauth = {secret} }}\n"
        );
        let settings = config::parse(&text, &folder.path().join("config.toml")).unwrap();
        let record = folder.path().join("record");
        fs::create_dir(&record).unwrap();
        let store =
            Store::open(&record, &"a passphrase".into(), Absent::Create(KdfCost::CHEAP)).unwrap();
        let now = jiff::Timestamp::UNIX_EPOCH;
        let id = store
            .write_blocking("account", move |tx| {
                store::accounts::ensure(tx, "Office", "a@b.c", now)
            })
            .unwrap();
        let account = settings.accounts[0].clone();
        Self { user, idp, folder, store, id, account }
    }

    /// As a program that starts finds them.
    fn tokens(&self) -> Arc<Tokens> {
        let entry = KeyringEntry::tokens(self.folder.path(), "Office");
        let vault = Vault::with_record(entry, self.store.clone(), self.id);
        Tokens::of(&self.account, vault, Arc::new(SystemTime)).unwrap().unwrap()
    }

    /// Somebody signs in with the browser of this machine and agrees.
    async fn signed_in(&self) -> Arc<Tokens> {
        let tokens = self.tokens();
        let idp = self.idp.clone();
        let kept = browse(&tokens, move |url| {
            assert!(visit(&idp.agree(&url)).contains("You can close this window"));
        });
        assert!(kept.await.unwrap(), "the record keeps it");
        tokens
    }

    fn login(&self, tokens: &Arc<Tokens>) -> Credential {
        assert!(!self.user.is_empty());
        Credential::Token(Arc::clone(tokens) as _)
    }

    fn fetch(&self, tokens: &Arc<Tokens>) -> Result<Summary, ImapError> {
        let servers = Servers::get();
        let endpoint = Endpoint {
            host: GOOD_HOST.to_owned(),
            port: servers.imaps,
            security: Security::Implicit,
        };
        let login = Login { user: self.user.as_str().into(), password: self.login(tokens) };
        let settings = Settings::new(AccountId::new(1), endpoint, trust(), login);
        let (signals, cutoff) = (Arc::new(Signals::default()), Cutoff::default());
        sync_once(&settings, &mut Desk::default(), Depth::Recent, &signals, &cutoff)
    }

    fn fetched(&self, tokens: &Arc<Tokens>) -> Result<Summary, ImapError> {
        tokio::task::block_in_place(|| self.fetch(tokens))
    }

    async fn relay(&self, tokens: &Arc<Tokens>) -> Result<(), SmtpError> {
        let server = SmtpServer {
            host: GOOD_HOST.to_owned(),
            port: Servers::get().submission,
            security: smtp::Security::StartTls,
            hello: None,
        };
        let login = smtp::Login { user: self.user.as_str().into(), password: self.login(tokens) };
        smtp::check(&server, Some(&login), &trust(), Timeouts::default()).await.map(drop)
    }
}

fn trust() -> Arc<rustls::ClientConfig> {
    tls::client_config(&Trust::CaFile(fs::read(&Servers::get().ca).unwrap())).unwrap()
}

/// A sign-in by browser; `person` gets the address on a thread of its own.
async fn browse(
    tokens: &Arc<Tokens>,
    person: impl FnOnce(String) + Send + 'static,
) -> Result<bool, SignInError> {
    let (_hand_in, brought) = mpsc::channel(1);
    let mut person = Some(person);
    sign_in(Arc::clone(tokens), Way::Browser, brought, move |step| {
        let Step::Page { url } = step else { panic!("no page") };
        let person = person.take().unwrap();
        thread::spawn(move || person(url.expose().clone()));
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn who_signs_in_with_the_browser_fetches_and_sends_with_the_token() {
    for kind in ["microsoft", "google", "generic"] {
        let scene = Scene::new(kind);
        Servers::get().deliver(&scene.user, b"Subject: x\r\nMessage-ID: <1@x>\r\n\r\nhello\r\n");
        let tokens = scene.signed_in().await;
        assert_eq!(scene.fetched(&tokens).unwrap().fetched, 1, "{kind}");
        scene.relay(&tokens).await.unwrap();
        assert_eq!(scene.idp.asked("refresh_token"), 0, "one token serves both");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_with_another_state_is_not_taken_and_the_right_one_still_is() {
    let scene = Scene::new("generic");
    let (tokens, idp) = (scene.tokens(), scene.idp.clone());
    let kept = browse(&tokens, move |url| {
        let right = idp.agree(&url);
        let wrong = format!("{}X", right.replace("code-1", "stolen"));
        assert!(visit(&wrong).starts_with("HTTP/1.1 404"));
        assert!(visit(&wrong.replace("state", "other")).starts_with("HTTP/1.1 404"));
        assert_eq!(idp.asked("authorization_code"), 0);
        visit(&right);
    });
    kept.await.unwrap();
    let heard = scene.idp.rules.lock().unwrap().heard.clone();
    assert_eq!(heard.len(), 1);
    assert_eq!(heard[0]["code"], "code-1");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_browser_here_the_address_of_one_elsewhere_is_brought_back() {
    let scene = Scene::new("google");
    let tokens = scene.tokens();
    let (hand_in, brought) = mpsc::channel(1);
    let idp = scene.idp.clone();
    let signed_in = sign_in(Arc::clone(&tokens), Way::Browser, brought, move |step| {
        let Step::Page { url } = step else { panic!("no page") };
        let ended_at = format!(" {}\n", idp.agree(url.expose()));
        hand_in.try_send(Confidential::new(ended_at)).unwrap();
    });
    signed_in.await.unwrap();
    scene.fetched(&tokens).unwrap();
    let (hand_in, brought) = mpsc::channel(1);
    hand_in.try_send("http://127.0.0.1:1/?code=a&state=b".into()).unwrap();
    let foreign = sign_in(scene.tokens(), Way::Browser, brought, drop).await;
    assert_eq!(foreign.unwrap_err().fault, SignInFault::State);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_on_the_page_is_told_in_words_also_when_an_administrator_must_consent() {
    let scene = Scene::new("microsoft");
    for (error, fault, words) in [
        (
            "access_denied&error_description=AADSTS65004%3A+declined",
            SignInFault::Denied,
            "refused on",
        ),
        (
            "access_denied&error_description=AADSTS90094%3A+admin",
            SignInFault::AdminConsent,
            "An administrator must consent",
        ),
    ] {
        let tokens = scene.tokens();
        let refused = browse(&tokens, move |url| {
            let asked = query(&url);
            let (redirect, state) = (&asked["redirect_uri"], &asked["state"]);
            visit(&format!("{redirect}/?error={error}&state={state}"));
        });
        let refused = refused.await.unwrap_err();
        assert_eq!(refused.fault, fault);
        assert!(notice::sign_in::words(&refused).contains(words));
    }
    assert_eq!(scene.idp.asked("authorization_code"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_polled_at_the_pace_that_the_provider_sets() {
    let scene = Scene::new("microsoft");
    scene.idp.rules.lock().unwrap().refusals.extend([
        ("authorization_pending", ""),
        ("slow_down", ""),
        ("authorization_pending", ""),
        ("slow_down", ""),
    ]);
    let tokens = scene.tokens();
    let waiting = device::begin(tokens.provider().clone(), tokens.http()).await.unwrap();
    assert_eq!((waiting.url(), waiting.code()), ("https://login.example/device", "WDJB-MJHT"));
    let slept = Mutex::new(Vec::new());
    let sleep = |pause: Duration| {
        slept.lock().unwrap().push(pause.as_secs());
        std::future::ready(())
    };
    let given = waiting.finish(tokens.http(), || tokens.now(), sleep).await.unwrap();
    assert_eq!(*slept.lock().unwrap(), [5, 5, 10, 10, 15]);
    tokio::task::block_in_place(|| assert!(tokens.replace(given)));
    scene.fetched(&tokens).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_ran_out_or_was_declined_ends_the_waiting() {
    for (error, description, fault) in [
        ("expired_token", "AADSTS70020: the code has expired", SignInFault::CodeExpired),
        ("expired_token", "", SignInFault::CodeExpired),
        ("authorization_declined", "", SignInFault::Denied),
        ("access_denied", "", SignInFault::Denied),
        ("invalid_grant", "AADSTS65001: nobody has consented", SignInFault::Consent),
    ] {
        let scene = Scene::new("microsoft");
        scene.idp.rules.lock().unwrap().refusals.push_back((error, description));
        let tokens = scene.tokens();
        let waiting = device::begin(tokens.provider().clone(), tokens.http()).await.unwrap();
        let end = waiting.finish(tokens.http(), || tokens.now(), |_| std::future::ready(())).await;
        assert_eq!(end.unwrap_err().fault, fault, "{error}");
        assert_eq!(scene.idp.asked("device_code"), 1, "{error}: not asked again");
    }
    let google = Scene::new("google");
    let mut provider = google.tokens().provider().clone();
    provider.device_url = None;
    let end = device::begin(provider, google.tokens().http()).await;
    assert_eq!(end.unwrap_err().fault, SignInFault::NotOffered);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_nobody_uses_ends_by_our_own_clock_too() {
    let scene = Scene::new("microsoft");
    scene.idp.rules.lock().unwrap().refusals.extend([("authorization_pending", ""); 9]);
    let tokens = scene.tokens();
    let waiting = device::begin(tokens.provider().clone(), tokens.http()).await.unwrap();
    let asked = AtomicUsize::new(0);
    let now = || {
        let hours = asked.fetch_add(1, Ordering::Relaxed) / 3;
        tokens.now() + jiff::SignedDuration::from_hours(i64::try_from(hours).unwrap())
    };
    let end = waiting.finish(tokens.http(), now, |_| std::future::ready(())).await;
    assert_eq!(end.unwrap_err().fault, SignInFault::CodeExpired);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_start_signs_in_by_itself_and_every_new_refresh_token_is_kept() {
    let scene = Scene::new("microsoft");
    scene.signed_in().await;
    for start in 1..=3 {
        let tokens = scene.tokens();
        scene.fetched(&tokens).unwrap();
        scene.relay(&tokens).await.unwrap();
        assert_eq!(scene.idp.asked("refresh_token"), start);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_replaced_before_it_runs_out() {
    let scene = Scene::new("microsoft");
    scene.idp.rules.lock().unwrap().life = 299;
    let tokens = scene.signed_in().await;
    scene.idp.rules.lock().unwrap().life = 3600;
    scene.fetched(&tokens).unwrap();
    assert_eq!(scene.idp.asked("refresh_token"), 1);
    scene.fetched(&tokens).unwrap();
    assert_eq!(scene.idp.asked("refresh_token"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_the_server_refuses_is_replaced_once() {
    let scene = Scene::new("microsoft");
    scene.idp.rules.lock().unwrap().forges = true;
    let tokens = scene.signed_in().await;
    scene.idp.rules.lock().unwrap().forges = false;
    scene.fetched(&tokens).unwrap();
    assert_eq!(scene.idp.asked("refresh_token"), 1);
    tokens.spent();
    scene.idp.rules.lock().unwrap().forges = true;
    tokio::task::block_in_place(|| tokens.token()).unwrap();
    scene.idp.rules.lock().unwrap().forges = false;
    scene.relay(&tokens).await.unwrap();
    assert_eq!(scene.idp.asked("refresh_token"), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_refuses_a_fresh_token_too_is_asked_no_third_time_and_its_json_is_put_in_words()
 {
    let scene = Scene::new("microsoft");
    scene.idp.rules.lock().unwrap().forges = true;
    let tokens = scene.signed_in().await;
    let refused = scene.fetched(&tokens).unwrap_err();
    assert_eq!(refused.advice(), Advice::Stop);
    assert_eq!(scene.idp.asked("refresh_token"), 1);
    let ImapError::TokenRefused { why, .. } = &refused else { panic!("{refused:?}") };
    assert!(why.expose().contains("\"status\""), "{}", why.expose());
    let words = notice::imap(&refused);
    assert!(words.contains("it says that the token is not valid"), "{words}");
    let refused = scene.relay(&tokens).await.unwrap_err();
    let SmtpError::TokenRefused { why, .. } = &refused else { panic!("{refused:?}") };
    assert!(why.expose().contains("\"status\""), "{}", why.expose());
    assert!(
        notice::smtp(&refused).contains("the relay refused")
            || notice::smtp(&refused).contains("The relay refused")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_revoked_or_never_there_stops_with_the_reason() {
    let scene = Scene::new("google");
    let never = scene.fetched(&scene.tokens()).unwrap_err();
    let ImapError::SignIn(why) = &never else { panic!("{never:?}") };
    assert_eq!(why.fault, SignInFault::NotSignedIn);
    scene.signed_in().await;
    scene.idp.revoke();
    let revoked = scene.fetched(&scene.tokens()).unwrap_err();
    assert_eq!(revoked.advice(), Advice::Stop);
    assert!(notice::imap(&revoked).contains("revoked"), "{}", notice::imap(&revoked));
    let sending = scene.relay(&scene.tokens()).await.unwrap_err();
    assert!(matches!(&sending, SmtpError::SignIn(why) if why.fault == SignInFault::Revoked));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_is_out_of_order_is_tried_again_and_loses_nothing() {
    let scene = Scene::new("microsoft");
    scene.signed_in().await;
    scene.idp.rules.lock().unwrap().out_of_order = true;
    let tokens = scene.tokens();
    let down = scene.fetched(&tokens).unwrap_err();
    assert_eq!(down.advice(), Advice::Retry(None));
    scene.idp.rules.lock().unwrap().out_of_order = false;
    scene.fetched(&tokens).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_of_less_than_was_asked_for_is_not_kept() {
    let scene = Scene::new("google");
    scene.idp.rules.lock().unwrap().scope = "openid email".to_owned();
    let idp = scene.idp.clone();
    let tokens = scene.tokens();
    let less = browse(&tokens, move |url| {
        visit(&idp.agree(&url));
    });
    assert_eq!(less.await.unwrap_err().fault, SignInFault::Scope);
    let after = tokio::task::block_in_place(|| scene.tokens().token());
    assert_eq!(after.unwrap_err().fault, SignInFault::NotSignedIn);
}
