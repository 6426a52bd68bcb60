//! Brings the versions of a draft in a Drafts folder to what they should be: the new one first, then the old one goes.
//!
//! Owns the order: append, look, read the Message-ID of the old one again, and UID EXPUNGE of just that. It touches
//! nothing when another program was there before, and never sends a plain EXPUNGE.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::domain::{
    confidential::Confidential,
    id::{DraftCopyId, OperationId},
    message::MessageId,
};

use super::{
    error::ImapError,
    filing::Filing,
    names::{RawName, quoted},
    operate::{Ending, verdict},
    reply::Reply,
    session::{ImapSession, message_id_in},
    uids::UidSet,
    wire::Allowance,
};

/// What is to happen to the versions of one draft.
#[derive(Clone, Debug)]
pub struct DraftWork {
    /// The operations that ask for it.
    pub ids: Vec<OperationId>,
    /// This is to lie there.
    pub put: Option<NewVersion>,
    /// These are to go, once `put` lies there.
    pub remove: Vec<OldVersion>,
}

/// A version that is to lie in Drafts.
#[derive(Clone, Debug)]
pub struct NewVersion {
    /// Which one.
    pub copy: DraftCopyId,
    /// In which mailbox.
    pub mailbox: RawName,
    /// Its Message-ID; no other message has it.
    pub message_id: MessageId,
    /// Its bytes, with CRLF line ends.
    pub bytes: Confidential<Vec<u8>>,
    /// When it was written; becomes its INTERNALDATE.
    pub at: Timestamp,
    /// It was begun before, and it is not known how that ended.
    pub resumed: bool,
}

/// A version that is to go.
#[derive(Clone, Debug)]
pub struct OldVersion {
    /// Which one.
    pub copy: DraftCopyId,
    /// In which mailbox.
    pub mailbox: RawName,
    /// Its Message-ID.
    pub message_id: MessageId,
    /// UIDVALIDITY and UID, where known.
    pub at: Option<(u64, u32)>,
    /// Its size in bytes as the server said it, where known.
    pub size: Option<u64>,
    /// Whether it ever came to lie there is not known.
    pub doubtful: bool,
    /// The work was begun before, and it is not known how that ended.
    pub resumed: bool,
}

/// A version that lies there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlacedVersion {
    /// Which one.
    pub copy: DraftCopyId,
    /// UIDVALIDITY and UID.
    pub at: (u64, u32),
    /// Its size in bytes as the server says it.
    pub size: Option<u64>,
}

/// What became of it.
#[derive(Clone, Debug, Default)]
pub struct DraftReport {
    /// The operations that asked for it.
    pub ids: Vec<OperationId>,
    /// This lies there now.
    pub placed: Option<PlacedVersion>,
    /// These were taken out.
    pub removed: Vec<DraftCopyId>,
    /// These were not there any more: another program changed, sent or removed them.
    pub lost: Vec<DraftCopyId>,
    /// How it ended; `None` when the connection broke, so that it is taken up again.
    pub ending: Option<Ending>,
}

/// What the server shows of a version.
#[derive(Clone, Debug)]
struct Lying {
    id: Option<MessageId>,
    size: Option<u64>,
    deleted: bool,
}

impl Lying {
    /// Is it what we put there? What is marked as deleted is on its way out by another program's will, unless it may be
    /// going by ours.
    fn is(&self, version: &OldVersion, may_be_going: bool) -> bool {
        let same = version.size.is_none_or(|size| self.size == Some(size));
        self.bears(&version.message_id) && same && (may_be_going || !self.deleted)
    }

    fn bears(&self, id: &MessageId) -> bool {
        self.id.as_ref() == Some(id)
    }
}

impl ImapSession {
    /// Carries it out. What is known when the connection breaks stands in the report.
    pub(super) fn keep_draft(
        &mut self,
        work: &DraftWork,
        report: &mut DraftReport,
    ) -> Result<(), ImapError> {
        report.ids.clone_from(&work.ids);
        let result = self.bring(work, report);
        // Whoever needs a mailbox opens it anew, for reading.
        self.selected = None;
        let error = match result {
            Ok(ending) => {
                report.ending = Some(ending);
                return Ok(());
            }
            Err(error) => error,
        };
        let kept = error.keeps_connection() || matches!(error, ImapError::Limited { .. });
        report.ending = verdict(&error);
        if report.ending.is_some() && kept { Ok(()) } else { Err(error) }
    }

    fn bring(&mut self, work: &DraftWork, report: &mut DraftReport) -> Result<Ending, ImapError> {
        let mut placed = None;
        if let Some(new) = work.put.as_ref().filter(|new| new.resumed) {
            placed = self.find_put(new, None)?;
        }
        // The old ones go last: where that may have begun, one that is marked or gone is so by our doing.
        let going = work.put.is_none() || placed.is_some();
        let mut old = Vec::new();
        for version in &work.remove {
            match self.find_version(version, going && version.resumed)? {
                Found::At(uid) => old.push((version, uid)),
                Found::Never => report.removed.push(version.copy),
                Found::Lost => report.lost.push(version.copy),
                Found::ReadOnly => return Ok(Ending::ReadOnly),
            }
        }
        if let Some(new) = &work.put {
            if !report.lost.is_empty() {
                return Ok(Ending::Overtaken);
            }
            if placed.is_none() {
                placed = self.put_version(new)?;
            }
            report.placed = placed;
            if placed.is_none() {
                return Ok(Ending::Unsure);
            }
        }
        for (version, uid) in old {
            if self.remove_version(version, uid, going && version.resumed)? {
                report.removed.push(version.copy);
            } else {
                report.lost.push(version.copy);
            }
        }
        Ok(if report.lost.is_empty() {
            Ending::Done { target: None, left: None }
        } else {
            Ending::Overtaken
        })
    }

    /// Looks for a version of ours, in the mailbox that is opened for writing.
    fn find_version(&mut self, version: &OldVersion, going: bool) -> Result<Found, ImapError> {
        let opened = self.select(&version.mailbox)?;
        if opened.read_only {
            return Ok(Found::ReadOnly);
        }
        let known = version.at.filter(|(validity, _)| *validity == opened.uid_validity);
        let uids = match known {
            Some((_, uid)) => std::iter::once(uid).collect(),
            None => self.search_id(&version.message_id)?,
        };
        let there = self.look_at_drafts(&uids)?;
        let named = there.values().any(|lying| lying.bears(&version.message_id));
        let found: Vec<u32> = there
            .iter()
            .filter(|(_, lying)| lying.is(version, going))
            .map(|(uid, _)| *uid)
            .collect();
        Ok(match found.as_slice() {
            [uid] => Found::At(*uid),
            [] if (version.doubtful || going) && !named => Found::Never,
            // Two that nobody can tell apart: none is touched.
            [] | [_, ..] => Found::Lost,
        })
    }

    /// Appends a version and looks at it. `None` when the server said OK and it is not there.
    fn put_version(&mut self, new: &NewVersion) -> Result<Option<PlacedVersion>, ImapError> {
        let filing = Filing { flags: "\\Draft \\Seen", date: Some(new.at) };
        let told = self.append_to(&new.mailbox, new.bytes.expose(), &filing)?;
        self.find_put(new, told)
    }

    fn find_put(
        &mut self,
        new: &NewVersion,
        told: Option<u32>,
    ) -> Result<Option<PlacedVersion>, ImapError> {
        let validity = self.select(&new.mailbox)?.uid_validity;
        let mut there = BTreeMap::new();
        if let Some(uid) = told {
            there = self.look_at_drafts(&std::iter::once(uid).collect())?;
        }
        if !there.values().any(|lying| lying.bears(&new.message_id)) {
            let uids = self.search_id(&new.message_id)?;
            there = self.look_at_drafts(&uids)?;
        }
        let found = there.iter().find(|(_, lying)| lying.bears(&new.message_id));
        Ok(found.map(|(uid, lying)| PlacedVersion {
            copy: new.copy,
            at: (validity, *uid),
            size: lying.size,
        }))
    }

    /// Removes one version, after a last look at its Message-ID: to append took time. `false` when it is not there any
    /// more. Where the server cannot remove a single message it stays, marked as deleted.
    fn remove_version(
        &mut self,
        version: &OldVersion,
        uid: u32,
        going: bool,
    ) -> Result<bool, ImapError> {
        self.select(&version.mailbox)?;
        let uids: UidSet = std::iter::once(uid).collect();
        let there = self.look_at_drafts(&uids)?;
        if !there.get(&uid).is_some_and(|lying| lying.is(version, going)) {
            return Ok(false);
        }
        let line = format!("UID STORE {uid} +FLAGS (\\Deleted)");
        self.say("STORE", &line, &mut |_| Ok(()))?;
        self.expunge(&uids)?;
        Ok(true)
    }

    /// The UIDs of the open mailbox that may bear this Message-ID: servers search by substring.
    fn search_id(&mut self, id: &MessageId) -> Result<UidSet, ImapError> {
        let mut uids = UidSet::new();
        let line = format!("UID SEARCH HEADER Message-ID {}", quoted(id.as_str())?);
        self.say("SEARCH", &line, &mut |reply| {
            if let Reply::Search(found) = reply {
                for uid in found {
                    uids.insert(uid);
                }
            }
            Ok(())
        })?;
        Ok(uids)
    }

    /// Reads Message-ID, size and whether it is marked as deleted; a UID that is not there is missing.
    fn look_at_drafts(&mut self, uids: &UidSet) -> Result<BTreeMap<u32, Lying>, ImapError> {
        let mut there = BTreeMap::new();
        for sequence in uids.to_sequences(LONGEST) {
            let line = format!(
                "UID FETCH {sequence} (UID FLAGS RFC822.SIZE BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])"
            );
            let allowance = Allowance { literal: 64 << 10, ..Allowance::LINES };
            self.logged_in.talk.command("FETCH", &line, allowance, &mut |reply| {
                if let Reply::Fetch(line) = reply
                    && let (Some(uid), Some(body)) = (line.uid, &line.body)
                    && uids.contains(uid)
                {
                    let deleted = line.flags.is_some_and(|flags| flags.deleted);
                    let id = message_id_in(body, "Message-ID");
                    there.insert(uid, Lying { id, size: line.size, deleted });
                }
                Ok(())
            })?;
        }
        self.logged_in.talk.forget_flag_news();
        Ok(there)
    }
}

/// How long a list of UIDs in one command may be.
const LONGEST: usize = 2000;

/// Whether a version is where it was put.
enum Found {
    /// Under this UID.
    At(u32),
    /// It never came to lie there.
    Never,
    /// It is not there any more, or is another one.
    Lost,
    /// The mailbox may only be read.
    ReadOnly,
}

#[cfg(test)]
#[path = "drafts_tests.rs"]
mod tests;
