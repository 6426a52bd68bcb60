//! Signing in while the screen is open: the running engine between our own identity provider and servers that check its
//! tokens. What waited for the sign-in goes on by itself.

use std::{
    collections::BTreeSet,
    fmt::Write as _,
    fs,
    net::{TcpListener, TcpStream},
    sync::Arc,
    time::Duration,
};

use matterbox::{
    app::{
        command::{Command, Request, SignIn},
        engine::{self, ScreenEnds},
        event::{Event, Finding, LinkState, SignInChoice, SignInNews},
        office::Office,
        rows::{Answer, Query},
        sign_in::Way,
        time::SystemTime,
        tokens::{Tokens, Vault},
        wiring::Wiring,
    },
    config::{self, keyring::KeyringEntry},
    domain::{
        address::{EmailAddress, NamedAddress},
        confidential::Confidential,
        draft::ReplyKind,
    },
    store::{Absent, KdfCost},
};
use tempfile::TempDir;

use crate::support::{
    provider::{IdentityProvider, query, visit},
    servers::Servers,
};

/// A running office whose accounts sign in at our provider, seen from its screen.
struct Screen {
    user: String,
    idp: IdentityProvider,
    office: Office,
    ends: ScreenEnds,
    running: engine::Running,
    _folder: TempDir,
}

/// The settings of an account of this user at the test servers.
fn account(name: &str, user: &str, oauth: &str) -> String {
    let servers = Servers::get();
    let (imap, smtp, ca) = (servers.imaps, servers.smtps, servers.ca.display());
    format!(
        "[[account]]\nname = \"{name}\"\naddress = \"{user}@firm.test\"\nuser = \"{user}\"\n\
         imap = {{ host = \"127.0.0.1\", port = {imap}, tls = \"implicit\" }}\n\
         smtp = {{ host = \"127.0.0.1\", port = {smtp}, tls = \"implicit\" }}\n\
         trust = {{ ca_file = \"{ca}\" }}\nsecret = {{ oauth = {oauth} }}\n"
    )
}

impl Screen {
    /// An office with accounts of these names, all of one mailbox. `more` stands in the table of the provider.
    fn open(kind: &str, accounts: &[&str], more: &str) -> Self {
        tokio::task::block_in_place(|| Self::prepare(kind, accounts, more))
    }

    fn prepare(kind: &str, accounts: &[&str], more: &str) -> Self {
        let user = Servers::fresh_user();
        let idp = IdentityProvider::start(&user);
        idp.rules.lock().unwrap().interval = 0;
        let folder = tempfile::tempdir().unwrap();
        let ca = folder.path().join("ca.pem");
        fs::write(&ca, &idp.ca).unwrap();
        let mut oauth = idp.settings(kind, ca.to_str().unwrap());
        oauth = oauth.replacen("{ ", &format!("{{ {more}"), 1);
        let mut text = "[send]\nundo_seconds = 0\n".to_owned();
        for name in accounts {
            write!(text, "{}", account(name, &user, &oauth)).unwrap();
        }
        let settings = config::parse(&text, &folder.path().join("config.toml")).unwrap();
        let time = Arc::new(SystemTime);
        let office = Office::open(
            &folder.path().join("record"),
            settings,
            config::sla::shipped_in("America/New_York").unwrap(),
            &"correct horse battery staple".into(),
            Absent::Create(KdfCost::CHEAP),
            Arc::clone(&time) as _,
        )
        .unwrap();
        let wirings = office.accounts().iter().map(|(id, account)| {
            let entry = KeyringEntry::tokens(folder.path(), &account.name);
            let vault = Vault::with_record(entry, office.store().clone(), *id);
            let tokens = Tokens::of(account, vault, Arc::clone(&time) as _).unwrap().unwrap();
            (*id, Wiring::signing_in(account.clone(), tokens).unwrap())
        });
        let (running, ends) = engine::start(office.clone(), wirings.collect()).unwrap();
        Self { user, idp, office, ends, running, _folder: folder }
    }

    async fn order(&self, command: Command) {
        self.ends.requests.send(Request::Do(command)).await.ok().unwrap();
    }

    async fn sign_in(&self, order: SignIn) {
        self.order(Command::SignIn(order)).await;
    }

    async fn begin(&self, way: Way) {
        self.sign_in(SignIn::Begin { account: None, way: Some(way) }).await;
    }

    /// The first event from now on that answers.
    async fn next<T>(&mut self, what: &str, mut pick: impl FnMut(Event) -> Option<T>) -> T {
        loop {
            let event = tokio::time::timeout(Duration::from_mins(1), self.ends.events.recv());
            let event = event.await.unwrap_or_else(|_| panic!("never: {what}"));
            if let Some(found) = pick(event.unwrap()) {
                return found;
            }
        }
    }

    /// What is told next of the sign-in.
    async fn news(&mut self) -> SignInNews {
        let told = |event| if let Event::SignIn(news) = event { Some(news) } else { None };
        self.next("news of the sign-in", told).await
    }

    /// The next page, its address.
    async fn page(&mut self) -> String {
        let SignInNews::Asking { .. } = self.news().await else { panic!("not begun") };
        let news = self.news().await;
        let SignInNews::Page { url, .. } = news else { panic!("no page: {news:?}") };
        url.to_string()
    }

    /// The next state of a connection of which something is wanted to be known.
    async fn link<T>(&mut self, what: &str, wanted: impl Fn(LinkState) -> Option<T>) -> T {
        let told = |event| if let Event::Link { state, .. } = event { wanted(state) } else { None };
        self.next(what, told).await
    }

    /// The connection stands and waits for a person: why.
    async fn waits(&mut self) -> String {
        let needed = |state| match state {
            LinkState::SignInNeeded { reason } => Some(reason.to_string()),
            LinkState::Stopped { reason } => panic!("stopped: {}", reason.as_str()),
            LinkState::Connecting
            | LinkState::Syncing { .. }
            | LinkState::Online
            | LinkState::Waiting { .. } => None,
        };
        self.link("it waits for a sign-in", needed).await
    }

    async fn online(&mut self) {
        self.link("online", |state| (state == LinkState::Online).then_some(())).await;
    }

    async fn said(&mut self, words: &str) {
        let told = |event| {
            let Event::Notice(notice) = event else { return None };
            notice.text.as_str().contains(words).then_some(())
        };
        self.next(words, told).await;
    }

    /// A message to another mailbox of the test servers goes into the outbox.
    async fn writes_to(&mut self, client: &str) {
        self.order(Command::StartDraft { kind: ReplyKind::Compose, thread: None, parent: None })
            .await;
        let ready =
            |event| if let Event::DraftReady(sheet) = event { Some(sheet.draft) } else { None };
        let mut draft = self.next("a draft", ready).await;
        draft.to = vec![NamedAddress::bare(EmailAddress::parse(client).unwrap())];
        "The lease".clone_into(&mut draft.subject);
        "Clause 4 gives you the garden.".clone_into(&mut draft.body);
        self.order(Command::Review(Box::new(draft.clone()))).await;
        let reviewed = |event| {
            let Event::Reviewed { findings, .. } = event else { return None };
            Some(findings.iter().map(Finding::answered).collect::<BTreeSet<_>>())
        };
        let confirmed = self.next("a review", reviewed).await;
        self.order(Command::Send { draft: Box::new(draft), confirmed, at: None }).await;
    }

    fn conversations(&self) -> usize {
        let office = self.office.clone();
        let ask =
            move |conn: &rusqlite::Connection| office.answer_from(conn, Query::Inbox { limit: 9 });
        let answer = self.office.store().read_blocking("test", ask).unwrap();
        let Answer::Inbox(rows) = answer else { panic!("another answer") };
        rows.len()
    }

    async fn close(self) {
        drop(self.ends);
        self.running.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_sign_in_with_a_code_mail_comes_and_what_waited_in_the_outbox_goes_out_at_once() {
    let mut screen = Screen::open("microsoft", &["Office"], "");
    let (servers, client) = (Servers::get(), Servers::fresh_user());
    servers.deliver(
        &screen.user,
        b"Subject: x\r\nFrom: k@x.test\r\nMessage-ID: <1@x>\r\n\r\nhello\r\n",
    );
    assert!(screen.waits().await.contains("Nobody has signed in"));
    screen.writes_to(&Servers::address(&client)).await;
    screen.said("could not be sent yet").await;
    screen.idp.rules.lock().unwrap().refusals.push_back(("authorization_pending", ""));
    screen.begin(Way::Code).await;
    let SignInNews::Asking { name, codes, .. } = screen.news().await else { panic!("not begun") };
    assert_eq!((name.as_str(), codes), ("Office", true));
    let SignInNews::Code { url, code, until } = screen.news().await else { panic!("no code") };
    assert_eq!((url.as_str(), code.as_str()), ("https://login.example/device", "WDJB-MJHT"));
    let left = until.duration_since(screen.office.now()).as_secs();
    assert!((600..=900).contains(&left), "{left}");
    assert_eq!(screen.news().await, SignInNews::Done { lasts: true });
    screen.online().await;
    let sent = tokio::task::block_in_place(|| servers.wait_for(&client, "INBOX", 1));
    assert!(String::from_utf8_lossy(&sent[0].bytes).contains("Clause 4 gives you the garden."));
    // The letter that came, and the conversation that was begun.
    assert_eq!(tokio::task::block_in_place(|| screen.conversations()), 2);
    screen.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_wants_an_administrator_says_so_and_the_next_try_may_succeed() {
    let mut screen = Screen::open("microsoft", &["Office"], "");
    screen.waits().await;
    screen.begin(Way::Browser).await;
    let url = screen.page().await;
    let asked = query(&url);
    let (back, state) = (asked["redirect_uri"].clone(), asked["state"].clone());
    let refused =
        format!("{back}/?error=access_denied&error_description=AADSTS90094%3A+admin&state={state}");
    tokio::task::block_in_place(|| visit(&refused));
    let SignInNews::Failed { why } = screen.news().await else { panic!("it did not fail") };
    assert!(why.as_str().starts_with("An administrator must consent"), "{why}");
    screen.begin(Way::Browser).await;
    let url = screen.page().await;
    // A browser elsewhere: the address at which it ended is brought by hand.
    let ended_at = screen.idp.agree(&url);
    screen.sign_in(SignIn::Bring(Confidential::new(ended_at))).await;
    assert_eq!(screen.news().await, SignInNews::Done { lasts: true });
    screen.online().await;
    screen.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_stopped_listens_no_more_and_tells_nothing_of_itself() {
    let mut screen = Screen::open("generic", &["Office"], "");
    screen.waits().await;
    screen.begin(Way::Browser).await;
    let url = screen.page().await;
    let back = query(&url)["redirect_uri"].replace("http://", "");
    screen.sign_in(SignIn::Stop).await;
    let closed = || {
        (0..600).any(|_| {
            // Another connection would be answered; a refused one says that nobody listens.
            let gone = TcpStream::connect(&back).is_err();
            if !gone {
                std::thread::park_timeout(Duration::from_millis(50));
            }
            gone
        })
    };
    assert!(tokio::task::block_in_place(closed), "it still listens");
    // The next thing that is told is the beginning of the next one.
    screen.begin(Way::Code).await;
    let SignInNews::Asking { way: Way::Code, .. } = screen.news().await else {
        panic!("late news")
    };
    let SignInNews::Code { .. } = screen.news().await else { panic!("no code") };
    assert_eq!(screen.news().await, SignInNews::Done { lasts: true });
    screen.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_one_takes_the_place_of_the_first_on_the_port_that_the_firm_registered() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let more = format!("redirect_port = {port}, ");
    let mut screen = Screen::open("generic", &["Office"], &more);
    screen.waits().await;
    screen.begin(Way::Browser).await;
    let first = screen.page().await;
    screen.begin(Way::Browser).await;
    let second = screen.page().await;
    assert!(query(&second)["redirect_uri"].ends_with(&port.to_string()));
    assert_ne!(query(&first)["state"], query(&second)["state"]);
    let back = screen.idp.agree(&second);
    tokio::task::block_in_place(|| visit(&back));
    assert_eq!(screen.news().await, SignInNews::Done { lasts: true });
    screen.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_that_wait_the_person_chooses_and_of_one_nobody_is_asked() {
    let mut screen = Screen::open("microsoft", &["Office", "Notary"], "");
    screen.waits().await;
    screen.waits().await;
    screen.sign_in(SignIn::Begin { account: None, way: Some(Way::Code) }).await;
    let SignInNews::Choose(choices) = screen.news().await else { panic!("nobody was asked") };
    let names: Vec<_> = choices.iter().map(|one| (one.name.as_str(), one.waits)).collect();
    assert_eq!(names, [("Office", true), ("Notary", true)]);
    let SignInChoice { account, .. } = choices[1];
    screen.sign_in(SignIn::Begin { account: Some(account), way: Some(Way::Code) }).await;
    let SignInNews::Asking { name, .. } = screen.news().await else { panic!("not begun") };
    assert_eq!(name.as_str(), "Notary");
    let SignInNews::Code { .. } = screen.news().await else { panic!("no code") };
    assert_eq!(screen.news().await, SignInNews::Done { lasts: true });
    screen.online().await;
    // Now only one waits, so it is clear which.
    screen.begin(Way::Code).await;
    let SignInNews::Asking { name, .. } = screen.news().await else { panic!("not begun") };
    assert_eq!(name.as_str(), "Office");
    screen.close().await;
}
