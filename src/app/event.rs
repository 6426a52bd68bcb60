//! What the engine tells: that something changed (ids, never rows), and the answers to what was asked.

use std::collections::BTreeSet;

use jiff::{Timestamp, civil::Date};

use crate::domain::{
    draft::{Draft, Recipient},
    finding,
    id::{AccountId, DraftId, OutboxId, ThreadId},
    text::SafeText,
};

pub use crate::domain::finding::Severity;

use super::{rows::Answer, sign_in::Way};

/// One piece of news for a screen.
#[derive(Clone)]
pub enum Event {
    /// These threads look different now; ask again if you show them.
    Changed {
        /// Which threads.
        threads: Vec<ThreadId>,
    },
    /// Too much changed to list it.
    ChangedEverything,
    /// The answer to a query.
    Answer {
        /// The asker's generation: an older one than the last asked is dropped.
        generation: u64,
        /// The rows.
        answer: Box<Answer>,
    },
    /// A draft to edit.
    DraftReady(Box<DraftSheet>),
    /// A draft was kept or reviewed: what is to be shown around it now.
    Described {
        /// Which draft.
        draft: DraftId,
        /// Its matter's label: the conversation may have been filed since the writing began.
        matter: Option<SafeText>,
        /// The footer as it will go out.
        footer: SafeText,
        /// Every recipient with its role, in the order To, Cc, Bcc.
        recipients: Vec<Recipient>,
    },
    /// The result of a review.
    Reviewed {
        /// Which draft.
        draft: DraftId,
        /// What was found; empty means it may go.
        findings: Vec<Finding>,
        /// The footer as it will go out.
        footer: SafeText,
        /// Every recipient with its role, in the order To, Cc, Bcc.
        recipients: Vec<Recipient>,
    },
    /// The message is in the outbox and leaves when the undo window has passed.
    Queued {
        /// Its row.
        item: OutboxId,
        /// Seconds until it leaves.
        held_seconds: u32,
    },
    /// A message was stopped before it left; it is a draft again.
    Recalled {
        /// Its row.
        item: OutboxId,
    },
    /// How an account's connection is.
    Link {
        /// Which account.
        account: AccountId,
        /// Its state.
        state: LinkState,
    },
    /// How signing in to an account goes on.
    SignIn(SignInNews),
    /// One sentence for the person.
    Notice(Notice),
}

/// How signing in goes on. What comes between [`SignInNews::Asking`] and the end belongs to the account named there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignInNews {
    /// Several accounts sign in, and it is not clear which is meant.
    Choose(Vec<SignInChoice>),
    /// It was begun: the provider is being asked.
    Asking {
        /// Which account.
        account: AccountId,
        /// Its name.
        name: SafeText,
        /// Does the provider give out codes?
        codes: bool,
        /// Which way it goes.
        way: Way,
    },
    /// It waits for the person's browser.
    Page {
        /// The address of the provider's page; for one use.
        url: SafeText,
        /// A browser was told to open it.
        opened: bool,
    },
    /// It waits for the person to type a code.
    Code {
        /// Where, with any browser.
        url: SafeText,
        /// What is typed there.
        code: SafeText,
        /// Until when the code holds.
        until: Timestamp,
    },
    /// Signed in.
    Done {
        /// The sign-in was kept and outlives the program.
        lasts: bool,
    },
    /// It came to nothing.
    Failed {
        /// Why, and what can be done.
        why: SafeText,
    },
}

/// An account that signs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignInChoice {
    /// Which one.
    pub account: AccountId,
    /// Its name.
    pub name: SafeText,
    /// Its connection waits for it.
    pub waits: bool,
}

/// A draft with what the composer shows around it.
#[derive(Clone)]
pub struct DraftSheet {
    /// The draft.
    pub draft: Draft,
    /// Every recipient with its role, in the order To, Cc, Bcc.
    pub recipients: Vec<Recipient>,
    /// The matter's label, or `None`.
    pub matter: Option<SafeText>,
    /// The footer as it will go out.
    pub footer: SafeText,
    /// Which days a holding reply may name; `None` for a message that answers nobody.
    pub promise: Option<PromiseDays>,
    /// A message of more octets than this is refused.
    pub most_bytes: u64,
}

/// The days by which a holding reply may promise the answer, in the office's calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PromiseDays {
    /// Today.
    pub today: Date,
    /// The day on which the answer is due; an acknowledgement names it.
    pub usual: Date,
    /// The last day that counts.
    pub last: Date,
}

/// Something that a person should know before a message leaves.
#[derive(Clone)]
pub struct Finding {
    /// Identifies it between review and send.
    pub key: String,
    /// How grave.
    pub severity: Severity,
    /// In words: what was found and what can be done.
    pub text: SafeText,
    /// What a person types to confirm it; `None` when its own key is enough.
    pub word: Option<SafeText>,
}

impl Finding {
    /// What confirms it, given what was typed; `None` when that is not the word. Where no word is asked for, anything is.
    pub fn answer(&self, typed: &str) -> Option<String> {
        finding::answer(&self.key, self.word.as_ref().map(SafeText::as_str), typed)
    }

    /// What confirms it, from someone who has typed what is asked for.
    pub fn answered(&self) -> String {
        let word = self.word.as_ref().map(SafeText::as_str).unwrap_or_default();
        self.answer(word).unwrap_or_else(|| self.key.clone())
    }

    /// Is there a confirmation of it among these?
    pub fn is_answered(&self, confirmed: &BTreeSet<String>) -> bool {
        finding::is_answered(&self.key, self.word.as_ref().map(SafeText::as_str), confirmed)
    }
}

/// The state of an account's connection.
#[derive(Clone, PartialEq, Eq)]
pub enum LinkState {
    /// Connecting.
    Connecting,
    /// Fetching mail.
    Syncing {
        /// Messages stored so far in this run.
        stored: u64,
        /// Messages known so far.
        total: u64,
    },
    /// Up to date and listening.
    Online,
    /// Not connected; the next try is in so many seconds.
    Waiting {
        /// Why, in words.
        reason: SafeText,
        /// Seconds until the next try.
        retry_seconds: u32,
    },
    /// Stopped until a person signs in (OAuth).
    SignInNeeded {
        /// Why, in words.
        reason: SafeText,
    },
    /// Stopped until a person acts (a wrong password, a bad certificate).
    Stopped {
        /// Why, in words.
        reason: SafeText,
    },
}

/// One sentence for the person: what happened, what matterbox did, what can be done.
#[derive(Clone, PartialEq, Eq)]
pub struct Notice {
    /// Is it bad news?
    pub tone: Tone,
    /// The sentence. It names no key: which one does what, only the screen knows.
    pub text: SafeText,
    /// What the person may well do next; a screen names the key for it.
    pub offer: Option<Offer>,
}

/// What goes well with a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offer {
    /// Take back what was just done.
    Undo,
    /// Do again what was just taken back.
    Redo,
    /// Look for mail, once what is wrong has been set right.
    Sync,
    /// Sign in to the account.
    SignIn,
}

/// The tone of a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Done as asked.
    Done,
    /// Worth knowing.
    Info,
    /// Something went wrong.
    Problem,
}
