//! Drafts that were kept: whoever answers again where an answer was begun gets that one back.
//!
//! Owns the choice of the draft. It never changes or removes one.

use jiff::{Timestamp, civil::Date};
use rusqlite::Connection;

use crate::{
    domain::{
        draft::{Draft, ReplyKind},
        id::{MessageKey, ThreadId},
    },
    store::{self, StoreError},
};

use super::{error::AppError, event::DraftSheet, ingest, office::Office};

impl Office {
    /// The newest draft of this kind that was kept in this conversation (to this message, where one is named) and in
    /// which something is written. An acknowledgement names a day by which the answer comes: only today's is one.
    ///
    /// # Errors
    /// When the record cannot be read.
    pub async fn kept_draft(
        &self,
        kind: ReplyKind,
        thread: Option<ThreadId>,
        parent: Option<MessageKey>,
    ) -> Result<Option<DraftSheet>, AppError> {
        let office = self.clone();
        let sheet = self
            .store()
            .read("kept-draft", move |conn| {
                let today = office.day(office.now());
                let fresh = |at| kind != ReplyKind::Acknowledge || office.day(at) == today;
                let Some(draft) = newest(conn, (kind, thread, parent), fresh)? else {
                    return Ok(None);
                };
                let roster = ingest::roster(conn, office.ours())?;
                office.sheet(conn, draft, &roster).map(Some)
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
) -> Result<Option<Draft>, StoreError> {
    let thread = thread.map(|thread| store::threads::current(conn, thread)).transpose()?;
    let answers = |draft: &Draft| draft.parent.as_ref().map(|parent| parent.key);
    Ok(store::drafts::list(conn)?
        .into_iter()
        .filter(|(_, at)| fresh(*at))
        .map(|(draft, _)| draft)
        .filter(|draft| draft.kind == kind && draft.thread == thread)
        .filter(|draft| parent.is_none() || answers(draft) == parent)
        .find(|draft| !draft.body.trim().is_empty()))
}
