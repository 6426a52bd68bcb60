//! Signing in while the screen is open.
//!
//! Owns who waits to be signed in, and the one sign-in that may be under way. It never waits: the task tells the engine
//! what came of it, and what a task tells that is not the current one any more is not passed on.

use std::{collections::BTreeSet, sync::Arc};

use tokio::sync::mpsc;

use crate::{
    app::{
        command::SignIn,
        event::{Event, Notice, SignInChoice, SignInNews},
        notice,
        sign_in::{self, Step, Way},
        tokens::Tokens,
    },
    domain::{
        confidential::Confidential, credential::SignInError, fault::Ignore, id::AccountId,
        text::SafeText,
    },
    imap::error::ImapError,
    store,
};

use super::{AbortOnDrop, Engine, News};

/// Who waits, and what is under way.
#[derive(Default)]
pub(super) struct SignIns {
    /// Accounts whose connection waits for somebody to sign in.
    waiting: BTreeSet<AccountId>,
    underway: Option<Underway>,
    /// The number of the last one that was begun.
    last: u64,
}

/// A sign-in that is under way.
struct Underway {
    number: u64,
    account: AccountId,
    /// Takes the address at which a browser elsewhere ended.
    hand_in: mpsc::Sender<Confidential<String>>,
    /// Dropping it ends the sign-in, listener and all.
    task: AbortOnDrop,
}

/// What a sign-in tells of itself.
pub(super) struct Told {
    number: u64,
    what: What,
}

enum What {
    Step(Step),
    /// `true` when the sign-in outlives the program.
    Ended(Result<bool, SignInError>),
}

/// Does this error end only when somebody signs in?
pub(super) const fn waits_for_sign_in(why: &ImapError) -> bool {
    matches!(why, ImapError::SignIn(_) | ImapError::TokenRefused { .. })
}

impl Engine {
    pub(super) fn sign_in(&mut self, wish: SignIn) {
        match wish {
            SignIn::Begin { account, way } => self.begin_sign_in(account, way),
            SignIn::Bring(address) => {
                if let Some(underway) = &self.sign_ins.underway {
                    underway.hand_in.try_send(address).ignore("one was handed in already");
                }
            }
            SignIn::Stop => self.sign_ins.underway = None,
        }
    }

    /// Notes whether an account's connection waits for somebody to sign in.
    pub(super) fn needs_sign_in(&mut self, account: AccountId, needs: bool) {
        if needs {
            self.sign_ins.waiting.insert(account);
        } else {
            self.sign_ins.waiting.remove(&account);
        }
    }

    /// Begins at once when it is clear to which account; else the person chooses.
    fn begin_sign_in(&mut self, account: Option<AccountId>, way: Option<Way>) {
        let choices = self.who_signs_in();
        let mut waiting = choices.iter().filter(|choice| choice.waits);
        let clear = match (account, choices.as_slice(), waiting.next(), waiting.next()) {
            (Some(account), ..) => Some(account),
            (None, [], ..) => {
                self.tell(Event::Notice(Notice::info(
                    "No account signs in with OAuth. Nothing was done; the README says how to set one up.",
                )));
                return;
            }
            (None, [only], ..) | (None, _, Some(only), None) => Some(only.account),
            (None, ..) => None,
        };
        let Some(account) = clear else {
            self.tell(Event::SignIn(SignInNews::Choose(choices)));
            return;
        };
        let tokens = self.wirings.get(&account).and_then(|wiring| wiring.tokens.clone());
        if let Some(tokens) = tokens {
            self.start_sign_in(account, tokens, way);
        }
    }

    /// Every account that signs in at all.
    fn who_signs_in(&self) -> Vec<SignInChoice> {
        self.wirings
            .iter()
            .filter(|(_, wiring)| wiring.tokens.is_some())
            .map(|(account, wiring)| SignInChoice {
                account: *account,
                name: SafeText::line(&wiring.account.name),
                waits: self.sign_ins.waiting.contains(account),
            })
            .collect()
    }

    fn start_sign_in(&mut self, account: AccountId, tokens: Arc<Tokens>, way: Option<Way>) {
        let codes = tokens.provider().device_url.is_some();
        let fitting = if sign_in::has_browser() || !codes { Way::Browser } else { Way::Code };
        let way = way.unwrap_or(fitting);
        let (hand_in, brought) = mpsc::channel(1);
        let number = self.sign_ins.last.saturating_add(1);
        let before = self.sign_ins.underway.take();
        let tell_me = self.tell_me.clone();
        let task = tokio::spawn(async move {
            // It may hold the port to which the browser is to come back.
            if let Some(mut before) = before {
                before.task.0.abort();
                (&mut before.task.0).await.ignore("it was told to end");
            }
            let steps = tell_me.clone();
            let show = move |step| {
                let told = News::SignIn(Told { number, what: What::Step(step) });
                steps.try_send(told).ignore("the engine is gone, or drowns in other news");
            };
            let end = sign_in::sign_in(tokens, way, brought, show).await;
            let told = News::SignIn(Told { number, what: What::Ended(end) });
            tell_me.send(told).await.ignore("the engine is gone");
        });
        self.sign_ins.last = number;
        let task = AbortOnDrop(task);
        self.sign_ins.underway = Some(Underway { number, account, hand_in, task });
        let name = self.account_name(account);
        self.tell(Event::SignIn(SignInNews::Asking { account, name, codes, way }));
    }

    /// What the current sign-in tells goes to the screen.
    pub(super) async fn sign_in_told(&mut self, told: Told) {
        let underway = self.sign_ins.underway.as_ref();
        let Some(account) = underway.filter(|one| one.number == told.number).map(|one| one.account)
        else {
            return;
        };
        match told.what {
            What::Step(Step::Page { url }) => {
                let opened = sign_in::has_browser() && sign_in::open_browser(&url).is_ok();
                let url = SafeText::line(url.expose());
                self.tell(Event::SignIn(SignInNews::Page { url, opened }));
            }
            What::Step(Step::Code { url, code, life }) => {
                let until = self.office.now().saturating_add(life);
                self.tell(Event::SignIn(SignInNews::Code {
                    url: SafeText::line(&url),
                    code: SafeText::line(code.expose()),
                    until: until.unwrap_or(jiff::Timestamp::MAX),
                }));
            }
            What::Ended(end) => {
                self.sign_ins.underway = None;
                match end {
                    Ok(lasts) => self.signed_in(account, lasts).await,
                    Err(error) => {
                        let why = SafeText::line(&notice::sign_in::words(&error));
                        self.tell(Event::SignIn(SignInNews::Failed { why }));
                    }
                }
            }
        }
    }

    /// Somebody has signed in: the connection and what waits in the outbox go on at once.
    async fn signed_in(&mut self, account: AccountId, lasts: bool) {
        self.needs_sign_in(account, false);
        self.tell(Event::SignIn(SignInNews::Done { lasts }));
        self.sync_account(account);
        let now = self.office.now();
        let hastened = self
            .office
            .store()
            .write_durable("signed-in", move |tx| store::outbox::hasten(tx, account, now))
            .await;
        if let Err(error) = hastened {
            self.tell(Event::Notice(Notice::problem(&notice::store(&error))));
        }
        self.ring();
    }

    fn account_name(&self, account: AccountId) -> SafeText {
        let wiring = self.wirings.get(&account);
        wiring.map_or_else(SafeText::default, |wiring| SafeText::line(&wiring.account.name))
    }
}
