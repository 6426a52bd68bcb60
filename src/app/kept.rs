//! Drafts that were kept: whoever answers again where an answer was begun gets that one back; whoever writes a new message
//! is offered those that were begun.
//!
//! Owns the choice of the draft. It never changes or removes one.

use jiff::{Timestamp, civil::Date};
use rusqlite::Connection;

use crate::{
    domain::{
        draft::{Draft, ReplyKind},
        id::{DraftId, MessageKey, ThreadId},
        text::SafeText,
    },
    store::{self, StoreError},
};

use super::{error::AppError, event::DraftSheet, ingest, office::Office, rows::KeptRow};

impl Office {
    /// The newest draft of this kind that was kept in this conversation (to this message, where one is named) and in
    /// which something is written; never for a new message, of which several may be begun. An acknowledgement names a day by which the answer comes: only today's is one.
    ///
    /// # Errors
    /// When the record cannot be read.
    pub async fn kept_draft(
        &self,
        kind: ReplyKind,
        thread: Option<ThreadId>,
        parent: Option<MessageKey>,
    ) -> Result<Option<DraftSheet>, AppError> {
        if kind == ReplyKind::Compose {
            return Ok(None);
        }
        let office = self.clone();
        let sheet = self
            .store()
            .read("kept-draft", move |conn| {
                let today = office.day(office.now());
                let fresh = |at| kind != ReplyKind::Acknowledge || office.day(at) == today;
                let Some(draft) = newest(conn, (kind, thread, parent), fresh)? else {
                    return Ok(None);
                };
                let draft = store::drafts::get(conn, draft)?;
                let roster = ingest::roster(conn, office.ours())?;
                office.sheet(conn, draft, &roster).map(Some)
            })
            .await?;
        Ok(sheet)
    }

    /// A draft that was kept.
    ///
    /// # Errors
    /// When it is gone, or the record cannot be read.
    pub async fn open_draft(&self, draft: DraftId) -> Result<DraftSheet, AppError> {
        let office = self.clone();
        let sheet = self
            .store()
            .read("open-draft", move |conn| {
                let draft = store::drafts::get(conn, draft)?;
                let roster = ingest::roster(conn, office.ours())?;
                office.sheet(conn, draft, &roster)
            })
            .await?;
        Ok(sheet)
    }

    fn day(&self, at: Timestamp) -> Date {
        at.to_zoned_datetime(self.zone()).date()
    }
}

fn newest(
    conn: &Connection,
    (kind, thread, parent): (ReplyKind, Option<ThreadId>, Option<MessageKey>),
    fresh: impl Fn(Timestamp) -> bool,
) -> Result<Option<DraftId>, StoreError> {
    let thread = thread.map(|thread| store::threads::current(conn, thread)).transpose()?;
    let answers = |draft: &Draft| draft.parent.as_ref().map(|parent| parent.key);
    Ok(store::drafts::list(conn)?
        .into_iter()
        .filter(|(_, at)| fresh(*at))
        .map(|(draft, _)| draft)
        .filter(|draft| draft.kind == kind && draft.thread == thread)
        .filter(|draft| parent.is_none() || answers(draft) == parent)
        .find(|draft| !draft.body.trim().is_empty() || !draft.attachments.is_empty())
        .map(|draft| draft.id))
}

/// So many kept messages are offered.
const OFFERED: usize = 200;

/// The new messages that were begun and in which there is something, the newest first.
pub(super) fn new_messages(conn: &Connection) -> Result<Vec<KeptRow>, StoreError> {
    Ok(store::drafts::list(conn)?
        .into_iter()
        .filter(|(draft, _)| draft.kind == ReplyKind::Compose && !draft.is_blank())
        .take(OFFERED)
        .map(|(draft, at)| row(&draft, at))
        .collect())
}

fn row(draft: &Draft, at: Timestamp) -> KeptRow {
    let to: Vec<&str> = draft
        .recipients()
        .map(|who| who.name.as_deref().unwrap_or_else(|| who.address.as_str()))
        .collect();
    let words = if draft.subject.trim().is_empty() { &draft.body } else { &draft.subject };
    let words: String = words.trim().chars().take(200).collect();
    KeptRow {
        draft: draft.id,
        to: SafeText::line(&to.join(", ")),
        subject: SafeText::line(&words),
        at,
    }
}
