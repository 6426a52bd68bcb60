//! Writing: a draft begins, is reviewed, is sealed and waits in the outbox.
//!
//! Owns the one transaction in which a sealed message is queued. What the record knows that bears on a message is
//! `scrutiny`; it never sends, that is `deliver`.

use std::{collections::BTreeSet, sync::Arc};

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, Transaction};

use crate::{
    config::settings::Account,
    domain::{
        address::{EmailAddress, NamedAddress},
        answer::{Beginning, Original},
        audit::AuditEntry,
        confidential::Confidential,
        draft::{Draft, Enclosure, Identity, Recipient, ReplyKind},
        footer::{Footer, Occasion},
        id::{AccountId, DraftId, MessageKey, OutboxId, ThreadId},
        language::Language,
        matter::Role,
        roster::Roster,
        text::SafeText,
    },
    mail::{
        self,
        compose::{self, Style},
    },
    store::{self, StoreError, outbox::NewOutbox},
};

use super::{
    draft_copies,
    error::AppError,
    event::{DraftSheet, Event, Finding},
    ingest,
    office::Office,
    scrutiny::usual_label,
    thread_view::answerable,
};

/// What is to be shown around a draft.
pub struct Described {
    /// Its matter's label.
    pub matter: Option<SafeText>,
    /// Its footer.
    pub footer: SafeText,
    /// Its recipients with their roles.
    pub recipients: Vec<Recipient>,
}

impl Described {
    /// The event that tells it.
    pub fn told(self, draft: DraftId) -> Event {
        let Self { matter, footer, recipients } = self;
        Event::Described { draft, matter, footer, recipients }
    }
}

/// A message that was queued.
pub struct Queued {
    /// Its row.
    pub item: OutboxId,
    /// Its conversation.
    pub thread: Option<ThreadId>,
    /// Seconds until it may leave.
    pub held_seconds: u32,
}

impl Office {
    /// Begins a message and keeps it as a draft.
    pub async fn start_draft(
        &self,
        kind: ReplyKind,
        thread: Option<ThreadId>,
        parent: Option<MessageKey>,
    ) -> Result<DraftSheet, AppError> {
        if self.accounts().is_empty() {
            return Err(AppError::NoAccount);
        }
        let office = self.clone();
        let sheet = self
            .store()
            .write_durable("start-draft", move |tx| {
                let roster = ingest::roster(tx, office.ours())?;
                let mut draft = office.begin(tx, kind, thread, parent)?;
                draft.privilege = usual_label(tx, &draft, &roster)?;
                let draft = store::drafts::create(tx, &draft, office.now())?;
                let entry = AuditEntry::new(office.now(), office.person(), "draft-started");
                store::audit::append(tx, &entry.with("draft", draft.id))?;
                office.sheet(tx, draft, &roster)
            })
            .await?;
        Ok(sheet)
    }

    fn begin(
        &self,
        conn: &Connection,
        kind: ReplyKind,
        thread: Option<ThreadId>,
        parent: Option<MessageKey>,
    ) -> Result<Draft, StoreError> {
        let thread = thread.map(|thread| store::threads::current(conn, thread)).transpose()?;
        let parent = match (parent, thread, kind) {
            (_, _, ReplyKind::Compose) | (None, None, _) => None,
            (Some(parent), _, _) => Some(parent),
            (None, Some(thread), _) => answerable(&store::messages::of_thread(conn, thread)?),
        };
        let from = self.writer(conn, parent)?;
        let matter = thread
            .map(|thread| store::threads::get(conn, thread))
            .transpose()?
            .and_then(|summary| summary.matter);
        let own: Vec<_> = self.ours().addresses.iter().cloned().collect();
        let zone = self.zone();
        let text = parent.map(|parent| whole_text(conn, parent)).transpose()?.unwrap_or_default();
        // An answer is in the language in which the client wrote; the person may change every word of it.
        let language = Language::of_text(&text).unwrap_or(self.settings().language);
        let by = self.answer_due(conn, thread, matter)?.map(|due| self.written(due, language));
        let beginning = Beginning {
            id: DraftId::new(0),
            kind,
            from,
            own: &own,
            thread,
            matter,
            zone: &zone,
            language,
            by: by.as_deref(),
        };
        let Some(parent) = parent else { return Ok(Draft::blank(&beginning)) };
        let headers = store::messages::headers(conn, parent)?;
        let row = store::messages::get(conn, parent)?;
        let attachments: Vec<String> =
            store::messages::attachments(conn, parent)?.into_iter().map(|a| a.name).collect();
        let original = Original {
            key: parent,
            headers: &headers,
            text: &text,
            at: row.at,
            attachments: &attachments,
        };
        let mut draft = Draft::answer(&beginning, &original);
        if kind == ReplyKind::Forward {
            draft.attachments = passed_on(conn, parent)?;
        }
        Ok(draft)
    }

    /// A day as an acknowledgement names it.
    fn written(&self, due: Timestamp, language: Language) -> String {
        let form = match language {
            Language::En => "%A, %-d %B",
            Language::De => "%-d.%-m.%Y",
            Language::Fr | Language::Es => "%-d/%-m/%Y",
        };
        due.to_zoned_datetime(self.zone()).strftime(form).to_string()
    }

    /// A draft with what the composer shows around it.
    pub(super) fn sheet(
        &self,
        conn: &Connection,
        draft: Draft,
        roster: &Roster,
    ) -> Result<DraftSheet, StoreError> {
        let Described { matter, footer, recipients } = self.described(conn, &draft, roster)?;
        let promise = self.promise_days(conn, &draft)?;
        let most_bytes = self.settings().outgoing_bytes;
        Ok(DraftSheet { draft, recipients, matter, footer, promise, most_bytes })
    }

    pub(super) fn described(
        &self,
        conn: &Connection,
        draft: &Draft,
        roster: &Roster,
    ) -> Result<Described, StoreError> {
        let label =
            draft.matter.map(|matter| store::lists::matter_label(conn, matter)).transpose()?;
        let line = |m: store::lists::MatterName| format!("{} {}", m.number, m.name);
        Ok(Described {
            matter: label.flatten().map(|label| SafeText::line(&line(label))),
            footer: SafeText::block(&self.footer(draft, roster).shown()),
            recipients: recipients(draft, roster),
        })
    }

    pub(super) fn footer(&self, draft: &Draft, roster: &Roster) -> Footer {
        let roles: Vec<Option<Role>> = draft
            .recipients()
            .filter(|who| !roster.is_own(&who.address))
            .map(|who| roster.role_at(draft.matter, &who.address))
            .collect();
        self.footers().choose(&Occasion {
            matter: draft.matter,
            roles: &roles,
            language: Language::of_text(&draft.body).or_else(|| Language::of_text(&draft.quote)),
            privilege: draft.privilege,
        })
    }

    /// Keeps what was written so far; answers with what is to be shown around it.
    pub async fn save_draft(&self, draft: Draft) -> Result<Described, AppError> {
        let office = self.clone();
        let described = self
            .store()
            .write_durable("save-draft", move |tx| {
                let draft = in_its_matter(tx, draft)?;
                store::drafts::save(tx, &draft, office.now())?;
                let roster = ingest::roster(tx, office.ours())?;
                office.described(tx, &draft, &roster)
            })
            .await?;
        Ok(described)
    }

    /// Throws a draft away.
    pub async fn discard_draft(&self, draft: DraftId) -> Result<(), AppError> {
        let (now, person) = (self.now(), self.person());
        let discard = move |tx: &Transaction<'_>| {
            store::drafts::delete(tx, draft)?;
            draft_copies::drop_there(tx, draft, now)?;
            store::audit::append(
                tx,
                &AuditEntry::new(now, person, "draft-discarded").with("draft", draft),
            )?;
            Ok(())
        };
        Ok(self.store().write_durable("discard-draft", discard).await?)
    }

    /// Keeps a draft and checks it: what a person should know before it leaves, and its footer.
    pub async fn review(&self, draft: Draft) -> Result<(Vec<Finding>, Described), AppError> {
        let office = self.clone();
        let now = self.now();
        let result = self
            .store()
            .write_durable("review", move |tx| {
                let draft = in_its_matter(tx, draft)?;
                store::drafts::save(tx, &draft, now)?;
                let roster = ingest::roster(tx, office.ours())?;
                let review = draft.review(&office.facts(tx, &draft, &roster)?);
                let findings = review
                    .warnings()
                    .iter()
                    .map(|warning| Finding {
                        key: warning.key.clone(),
                        severity: warning.severity,
                        text: SafeText::line(&warning.found.sentence()),
                        word: warning.word.as_deref().map(SafeText::line),
                    })
                    .collect();
                Ok((findings, office.described(tx, &draft, &roster)?))
            })
            .await?;
        Ok(result)
    }

    /// Reviews once more, seals and queues: all of it in one transaction, so that nothing can change in between.
    pub async fn send(
        &self,
        draft: Draft,
        confirmed: BTreeSet<String>,
        at: Option<Timestamp>,
        random: u128,
    ) -> Result<Queued, AppError> {
        let (account, _) = self.sender(&draft).ok_or(AppError::NoAccount)?;
        let office = self.clone();
        self.store()
            .write_durable("send", move |tx| {
                match office.seal_and_queue(tx, account, &draft, &confirmed, at, random) {
                    // What the record did not take is rolled back as a whole: half a queued message would be sent
                    // although its writer was told that it was not.
                    Err(AppError::Store(error)) => Err(error),
                    // What a person has to correct is found before anything is written.
                    result => Ok(result),
                }
            })
            .await?
    }

    fn seal_and_queue(
        &self,
        tx: &Transaction<'_>,
        account: AccountId,
        draft: &Draft,
        confirmed: &BTreeSet<String>,
        at: Option<Timestamp>,
        random: u128,
    ) -> Result<Queued, AppError> {
        let now = self.now();
        // A draft becomes one message and no more: a second order to send it (a key pressed twice) finds none.
        store::drafts::get(tx, draft.id)?;
        let draft = &in_its_matter(tx, draft.clone())?;
        let roster = ingest::roster(tx, self.ours())?;
        let reviewed = draft.review(&self.facts(tx, draft, &roster)?).confirm(confirmed)?;
        let hold = SignedDuration::from_secs(i64::from(self.settings().undo_seconds));
        let undo_ends = now.checked_add(hold).unwrap_or(now);
        let not_before = at.map_or(undo_ends, |at| at.max(undo_ends));
        let identity = Identity { domain: &message_id_domain(draft), random };
        // What leaves tomorrow is dated tomorrow.
        let dated = if at.is_some() { not_before } else { now };
        let sealed = reviewed.seal(&self.footer(draft, &roster), &identity, dated)?;
        let composed = compose::compose(&sealed, Style::TextAndHtml)?;
        let shown: Vec<String> = draft
            .recipients()
            .map(|who| who.name.clone().unwrap_or_else(|| who.address.as_str().to_owned()))
            .collect();
        let new = NewOutbox {
            account,
            draft: draft.clone(),
            message_id: sealed.message_id().clone(),
            bytes: composed.bytes,
            envelope: composed.envelope,
            shown_to: shown.join(", "),
            not_before,
            scheduled: at.is_some(),
        };
        let item = store::outbox::queue(tx, &new, now)?;
        draft_copies::drop_there(tx, draft.id, now)?;
        let mut entry = AuditEntry::new(now, self.person(), "message-queued")
            .with("item", item)
            .with("footer", ingest::hex(&self.footer(draft, &roster).fingerprint()))
            .with("recipients", draft.recipients().count())
            .with("files", draft.attachments.len());
        if let Some(label) = draft.privilege {
            entry = entry.with("privilege", label.sign());
        }
        if let Some(day) = draft.holding.filter(|_| draft.can_hold()) {
            entry = entry.with("promised", day);
        }
        // Findings name addresses: the trail keeps their kinds.
        for key in confirmed {
            entry = entry
                .with(&format!("confirmed-{}", key.split(':').next().unwrap_or_default()), "yes");
        }
        store::audit::append(tx, &entry)?;
        let seconds = not_before.duration_since(now).as_secs().max(0);
        Ok(Queued {
            item,
            thread: draft.thread,
            held_seconds: u32::try_from(seconds).unwrap_or(u32::MAX),
        })
    }

    /// Stops a message that has not left; it is a draft again.
    pub async fn recall(&self, item: OutboxId) -> Result<DraftSheet, AppError> {
        let office = self.clone();
        let sheet = self
            .store()
            .write_durable("recall", move |tx| {
                let now = office.now();
                let draft = store::outbox::cancel(tx, item, now)?;
                let entry =
                    AuditEntry::new(now, office.person(), "send-cancelled").with("item", item);
                store::audit::append(tx, &entry)?;
                let roster = ingest::roster(tx, office.ours())?;
                office.sheet(tx, draft, &roster)
            })
            .await?;
        Ok(sheet)
    }

    /// As whom a person answers: as the address of ours to which the message went (or from which it came), else as the
    /// account through which it came, else as the first account.
    fn writer(
        &self,
        conn: &Connection,
        parent: Option<MessageKey>,
    ) -> Result<NamedAddress, StoreError> {
        let mut through = self.accounts().values().next();
        if let Some(parent) = parent {
            let headers = store::messages::headers(conn, parent)?;
            let people = headers.recipients().chain(&headers.from);
            for address in people.map(|who| &who.address) {
                let holds = |account: &&Account| {
                    account.address == *address || account.aliases.contains(address)
                };
                if let Some(account) = self.accounts().values().find(holds) {
                    return Ok(from_line(account, address));
                }
            }
            let account = store::messages::get(conn, parent)?.account;
            through = self.accounts().get(&account).or(through);
        }
        let account = through.ok_or(StoreError::NotFound { what: "account" })?;
        Ok(from_line(account, &account.address))
    }

    /// The account that sends a draft: the one it is from. When that is set up no more, no other may speak in its place.
    pub(super) fn sender(&self, draft: &Draft) -> Option<(AccountId, &Account)> {
        let from = &draft.from.address;
        let writes = |account: &Account| account.address == *from || account.aliases.contains(from);
        let found = self.accounts().iter().find(|(_, account)| writes(account));
        found.map(|(id, account)| (*id, account))
    }
}

/// Every recipient with its role.
fn recipients(draft: &Draft, roster: &Roster) -> Vec<Recipient> {
    let with_role = |who: &NamedAddress| Recipient {
        address: who.clone(),
        role: roster.role_at(draft.matter, &who.address),
    };
    draft.recipients().map(with_role).collect()
}

/// The files of a message that is passed on. If they are too large the review says so, and a person takes some off.
fn passed_on(conn: &Connection, message: MessageKey) -> Result<Vec<Enclosure>, StoreError> {
    let files = store::messages::attachments(conn, message)?;
    if files.is_empty() {
        return Ok(Vec::new());
    }
    let raw = store::raw::get(conn, message)?;
    let bytes = |part: &str| mail::attachment_bytes(&raw, &part.parse().ok()?);
    Ok(files
        .into_iter()
        .filter_map(|file| {
            let bytes = Arc::new(Confidential::new(bytes(&file.part)?));
            Some(Enclosure { name: file.name, media_type: file.media_type, bytes })
        })
        .collect())
}

/// What a message says, its quoted tail included.
fn whole_text(conn: &Connection, message: MessageKey) -> Result<String, StoreError> {
    let body = store::messages::body(conn, message)?;
    Ok(if body.quoted.is_empty() { body.text } else { format!("{}\n\n{}", body.text, body.quoted) })
}

/// An answer belongs to the matter of its conversation as it is now, not as it was when the writing began: people are
/// judged and the footer is chosen by it.
pub(super) fn in_its_matter(conn: &Connection, draft: Draft) -> Result<Draft, StoreError> {
    let Some(thread) = draft.thread else { return Ok(draft) };
    let thread = store::threads::current(conn, thread)?;
    let matter = store::threads::get(conn, thread)?.matter;
    Ok(Draft { thread: Some(thread), matter, ..draft })
}

fn from_line(account: &Account, address: &EmailAddress) -> NamedAddress {
    let name = (!account.person.is_empty()).then(|| account.person.clone());
    NamedAddress { name, address: address.clone() }
}

/// The domain for the Message-ID: the sender's, in ASCII, else one that names nobody.
pub(super) fn message_id_domain(draft: &Draft) -> String {
    let domain = draft.from.address.domain();
    let plain = domain.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'));
    if plain { domain.to_lowercase() } else { "localhost".to_owned() }
}
