//! Drafts in the Drafts folders of the accounts: what a person keeps is to lie there, what was sent or thrown away is not.
//!
//! Owns when a version is made and what becomes of it. Nothing here waits for a server, and the draft in the record is the
//! draft: what another program wrote into Drafts is neither read nor overwritten.

use jiff::Timestamp;
use rusqlite::{Connection, Transaction};
use sha2::{Digest, Sha256};

use crate::{
    domain::{
        audit::{Actor, AuditEntry},
        draft::{Draft, ReplyKind},
        footer,
        id::{AccountId, DraftId},
        message::MessageId,
        operation::{CopyStage, Deed, Folder, Stage, upkeep},
        roster::Roster,
    },
    imap::{
        drafts::{DraftReport, DraftWork, NewVersion, OldVersion},
        names::RawName,
        operate::Ending,
    },
    mail::compose,
    store::{
        self, StoreError,
        draft_copies::{self, CopyRow, NewCopy},
        operations::{self, NewOperation, OperationRow},
    },
};

use super::{
    error::AppError,
    ingest,
    office::Office,
    operated::{self, Told},
    reply::{Described, in_its_matter, message_id_domain},
};

/// The word for "another program was there" in the record.
pub(super) const OVERTAKEN: &str = "overtaken";

impl Office {
    /// Keeps a draft that is put aside, here and in the account's Drafts; answers with what is to be shown around
    /// it, and whether it lies in Drafts or is on its way there. `random` must come from the system's generator.
    ///
    /// # Errors
    /// When the draft is gone or the record does not take it.
    pub async fn keep_draft(
        &self,
        draft: Draft,
        random: u128,
    ) -> Result<(Described, bool), AppError> {
        let office = self.clone();
        let kept = self
            .store()
            .write_durable("keep-draft", move |tx| {
                let draft = in_its_matter(tx, draft)?;
                let now = office.now();
                store::drafts::save(tx, &draft, now)?;
                let roster = ingest::roster(tx, office.ours())?;
                office.keep_there(tx, &draft, &roster, random)?;
                let there = draft_copies::of_draft(tx, draft.id)?.iter().any(|copy| copy.wanted);
                Ok((office.described(tx, &draft, &roster)?, there))
            })
            .await?;
        Ok(kept)
    }

    fn keep_there(
        &self,
        tx: &Transaction<'_>,
        draft: &Draft,
        roster: &Roster,
        random: u128,
    ) -> Result<(), StoreError> {
        let now = self.now();
        let account = self.sender(draft).map(|(account, _)| account);
        let wanted = self.settings().drafts_on_server && has_words(draft);
        let Some(account) = account.filter(|_| wanted) else {
            return drop_there(tx, draft.id, now);
        };
        // One account cannot take out what lies in another's Drafts: first that goes.
        if draft_copies::account_of(tx, draft.id)?.is_some_and(|there| there != account) {
            return drop_there(tx, draft.id, now);
        }
        let known = operations::destinations(tx, account)?;
        if !known.is_empty() && !known.iter().any(|one| one.role == "drafts") {
            return drop_there(tx, draft.id, now);
        }
        let footer = self.footer(draft, roster);
        let fingerprint = fingerprint(draft, &footer);
        let same = |copy: &CopyRow| copy.wanted && copy.fingerprint == fingerprint;
        if draft_copies::of_draft(tx, draft.id)?.iter().any(same) {
            return Ok(());
        }
        let id = format!("{random:032x}@{}", message_id_domain(draft));
        let Some(message_id) = MessageId::new(&id) else { return Ok(()) };
        let words = footer::place(&draft.body, &draft.quote, &footer);
        let Ok(bytes) = compose::compose_draft(draft, &words, &message_id, now) else {
            // What cannot be written as mail yet stays here, where it can be corrected.
            return drop_there(tx, draft.id, now);
        };
        let subject = draft.subject.clone();
        let new = NewCopy { account, draft: draft.id, message_id, subject, fingerprint, bytes };
        draft_copies::want(tx, &new, now)?;
        ask(tx, account, draft.id, true, now)
    }
}

/// The Message-ID in the header of a message.
pub(super) fn message_id(bytes: &[u8]) -> Option<MessageId> {
    let lines = bytes.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii_end);
    lines.take_while(|line| !line.is_empty()).find_map(|line| {
        let (name, value) = line.split_at_checked("Message-ID:".len())?;
        let value = value.trim_ascii();
        let named = name.eq_ignore_ascii_case(b"Message-ID:");
        named.then(|| std::str::from_utf8(value).ok().and_then(MessageId::new)).flatten()
    })
}

/// Is there something in it that a person wrote? An answer that was only begun is none.
fn has_words(draft: &Draft) -> bool {
    let written = !draft.body.trim().is_empty() || !draft.attachments.is_empty();
    written || (draft.kind == ReplyKind::Compose && !draft.is_blank())
}

fn fingerprint(draft: &Draft, footer: &footer::Footer) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(store::drafts::to_json(draft).as_bytes());
    hash.update(footer.fingerprint());
    hash.finalize().into()
}

/// No version of this draft is to lie in Drafts any more: it was sent or thrown away.
pub(super) fn drop_there(
    tx: &Transaction<'_>,
    draft: DraftId,
    now: Timestamp,
) -> Result<(), StoreError> {
    draft_copies::unwant(tx, draft)?;
    if let Some(account) = draft_copies::account_of(tx, draft)? {
        return ask(tx, account, draft, false, now);
    }
    for row in operations::of_draft(tx, draft)? {
        operations::cancel(tx, row.id, now)?;
    }
    Ok(())
}

/// An operation is to carry it out: the one that waits already, or a new one behind one that was begun.
fn ask(
    tx: &Transaction<'_>,
    account: AccountId,
    draft: DraftId,
    on: bool,
    now: Timestamp,
) -> Result<(), StoreError> {
    let open = operations::of_draft(tx, draft)?;
    if let Some(row) = open.iter().find(|row| row.stage.is_unsent()) {
        operations::aim(tx, row.id, on)?;
        // What another program did to it is for a person to decide; everything else is tried anew with the new words.
        if row.stage == Stage::Stuck && (row.reason != OVERTAKEN || !on) {
            operations::retry(tx, row.id)?;
        }
        return Ok(());
    }
    let source = Folder { wire: String::new(), name: String::new() };
    let deed = Deed::Draft { draft, on };
    let new = NewOperation { account, message: None, deed, source, at: None };
    operations::add(tx, &new, now)?;
    Ok(())
}

/// What these operations on one draft come to now; `None` when nothing is left to do, and then they are over.
pub(super) fn begin(
    tx: &Transaction<'_>,
    rows: &[OperationRow],
    draft: DraftId,
    now: Timestamp,
) -> Result<Option<DraftWork>, StoreError> {
    let copies = draft_copies::of_draft(tx, draft)?;
    let seen: Vec<_> = copies.iter().map(CopyRow::seen).collect();
    let todo = upkeep(&seen);
    let account = rows.first().map(|row| row.account);
    let drafts = account.map(|account| drafts_folder(tx, account)).transpose()?.flatten();
    let put = copies.iter().find(|copy| Some(copy.id) == todo.put);
    if todo.is_done() || (put.is_some() && drafts.is_none()) {
        // Without a Drafts folder there is nothing to be asked of the server; the draft is here.
        let stage = if todo.is_done() { Stage::Done } else { Stage::Lapsed };
        for row in rows {
            let outcome = operations::Outcome { stage, reason: "", said: "", target: None };
            operations::end(tx, row, outcome, now)?;
        }
        return Ok(None);
    }
    let put = match put.zip(drafts) {
        Some((copy, folder)) => Some(new_version(tx, copy, &folder)?),
        None => None,
    };
    let old: Vec<&CopyRow> = copies.iter().filter(|copy| todo.remove.contains(&copy.id)).collect();
    let shown = put.as_ref().map(|new| new.mailbox.clone());
    let shown = shown.or_else(|| old.iter().find_map(|copy| mailbox(copy)));
    if let Some(name) = shown {
        let folder = Folder { wire: name.as_str().to_owned(), name: name.decoded() };
        for row in rows {
            operations::set_source(tx, row.id, &folder)?;
        }
    }
    let resumed = rows.iter().any(|row| row.stage == Stage::Begun);
    let remove = old.into_iter().filter_map(|copy| old_version(copy, resumed)).collect();
    Ok(Some(DraftWork { ids: rows.iter().map(|row| row.id).collect(), put, remove }))
}

fn drafts_folder(conn: &Connection, account: AccountId) -> Result<Option<Folder>, StoreError> {
    let known = operations::destinations(conn, account)?;
    Ok(known.into_iter().find(|one| one.role == "drafts").map(|one| one.folder))
}

fn new_version(
    tx: &Transaction<'_>,
    copy: &CopyRow,
    folder: &Folder,
) -> Result<NewVersion, StoreError> {
    // One that was begun is looked for where it was being put.
    let folder = copy.folder.as_ref().unwrap_or(folder);
    Ok(NewVersion {
        copy: copy.id,
        mailbox: RawName::new(folder.wire.clone()),
        message_id: copy.message_id.clone(),
        bytes: draft_copies::begin(tx, copy.id, folder)?,
        at: copy.created,
        resumed: copy.stage == CopyStage::Begun,
    })
}

fn mailbox(copy: &CopyRow) -> Option<RawName> {
    copy.folder.as_ref().map(|folder| RawName::new(folder.wire.clone()))
}

fn old_version(copy: &CopyRow, resumed: bool) -> Option<OldVersion> {
    Some(OldVersion {
        copy: copy.id,
        mailbox: mailbox(copy)?,
        message_id: copy.message_id.clone(),
        at: copy.at,
        size: copy.size,
        doubtful: copy.stage == CopyStage::Begun,
        resumed,
    })
}

/// Writes down what became of it.
pub(super) fn end(
    tx: &Transaction<'_>,
    report: DraftReport,
    now: Timestamp,
) -> Result<Told, StoreError> {
    if let Some(placed) = report.placed {
        draft_copies::placed(tx, placed.copy, placed.at, placed.size)?;
    }
    for copy in report.removed.iter().chain(&report.lost) {
        draft_copies::gone(tx, *copy)?;
    }
    let mut told = Told::default();
    let Some(ending) = report.ending else { return Ok(told) };
    if report.placed.is_some() || !report.removed.is_empty() {
        let entry = AuditEntry::new(now, Actor::System, "draft-at-server")
            .with("placed", report.placed.is_some())
            .with("removed", report.removed.len());
        store::audit::append(tx, &entry)?;
    }
    for id in report.ids {
        let row = operations::get(tx, id)?;
        // Only one of them tells of it, and what asks for nothing any more is over.
        let ending = match (&ending, &row.deed) {
            (Ending::Overtaken, Deed::Draft { on: false, .. }) => Ending::Gone,
            (ending, _) => ending.clone(),
        };
        let one = operated::end(tx, vec![(id, ending)], now)?;
        if told.sentences.is_empty() {
            told.sentences = one.sentences;
        }
    }
    Ok(told)
}
