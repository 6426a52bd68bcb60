//! The open folder of an IMAP session, and what its commands do: SELECT, APPEND, STORE, COPY, MOVE, EXPUNGE.
//!
//! Owns the client's view of the folder: sequence numbers are its, UIDs are the store's. It never changes a folder that
//! was opened to read only.

use std::{collections::BTreeSet, io, num::NonZeroU32};

use imap_next::imap_types::{
    IntoStatic as _,
    core::Vec1,
    extensions::{
        binary::LiteralOrLiteral8,
        uidplus::{UidElement, UidSet},
    },
    fetch::MessageDataItem,
    flag::{Flag, FlagFetch, FlagPerm, StoreResponse, StoreType},
    mailbox::Mailbox,
    response::{Code, Data, StatusKind},
    sequence::{SeqOrUid, Sequence, SequenceSet},
};
use jiff::Timestamp;

use super::{
    imap_server::status,
    imap_session::{Reply, Session, bad, no, ok},
    mailstore::{Change, UID_VALIDITY},
};

/// A message as the client knows it.
#[derive(Clone, Copy)]
pub(super) struct Seen {
    pub uid: u32,
    pub revision: u64,
}

/// The open folder.
pub(super) struct Selected {
    pub folder: String,
    pub read_only: bool,
    /// Index + 1 is the sequence number.
    pub view: Vec<Seen>,
}

impl Selected {
    /// Sequence numbers and UIDs of a set, ascending. `*` is the last message.
    pub(super) fn resolve(&self, set: &SequenceSet, by_uid: bool) -> Vec<(NonZeroU32, u32)> {
        let last = if by_uid {
            self.view.last().map_or(0, |seen| seen.uid)
        } else {
            u32::try_from(self.view.len()).unwrap_or(u32::MAX)
        };
        (1_u32..)
            .zip(&self.view)
            .filter(|(seq, seen)| set_contains(set, if by_uid { seen.uid } else { *seq }, last))
            .filter_map(|(seq, seen)| Some((NonZeroU32::new(seq)?, seen.uid)))
            .collect()
    }
}

/// Is the number in the set, where `*` stands for `last`?
pub(super) fn set_contains(set: &SequenceSet, number: u32, last: u32) -> bool {
    let value = |end: &SeqOrUid| match end {
        SeqOrUid::Value(value) => value.get(),
        SeqOrUid::Asterisk => last,
    };
    set.0.as_ref().iter().any(|sequence| match sequence {
        Sequence::Single(one) => value(one) == number,
        Sequence::Range(a, b) => {
            let (a, b) = (value(a), value(b));
            (a.min(b)..=a.max(b)).contains(&number)
        }
    })
}

impl Session {
    pub(super) async fn select(
        &mut self,
        user: &str,
        mailbox: &Mailbox<'_>,
        read_only: bool,
    ) -> io::Result<Reply> {
        self.selected = None;
        let name = folder_name(mailbox);
        let Some((view, last_uid)) = self.store.look(user, &name, |folder| {
            let view: Vec<Seen> =
                folder.messages.iter().map(|m| Seen { uid: m.uid, revision: m.revision }).collect();
            (view, folder.last_uid)
        }) else {
            return Ok(no("no such mailbox"));
        };
        let system = [Flag::Answered, Flag::Flagged, Flag::Deleted, Flag::Seen, Flag::Draft];
        self.connection.data(Data::Flags(system.to_vec())).await?;
        let count = u32::try_from(view.len()).unwrap_or(u32::MAX);
        self.connection.data(Data::Exists(count)).await?;
        self.connection.data(Data::Recent(0)).await?;
        let permanent = if read_only {
            Vec::new()
        } else {
            system.into_iter().map(FlagPerm::Flag).chain([FlagPerm::Asterisk]).collect()
        };
        for (code, text) in [
            (NonZeroU32::new(UID_VALIDITY).map(Code::UidValidity), "UIDs valid"),
            (NonZeroU32::new(last_uid.saturating_add(1)).map(Code::UidNext), "next UID"),
            (Some(Code::PermanentFlags(permanent)), "kept"),
        ] {
            self.connection.status(status(None, StatusKind::Ok, code, text)).await?;
        }
        self.selected = Some(Selected { folder: name, read_only, view });
        let code = if read_only { Code::ReadOnly } else { Code::ReadWrite };
        Ok((StatusKind::Ok, Some(code), "open"))
    }

    pub(super) fn append(
        &self,
        user: &str,
        mailbox: &Mailbox<'_>,
        flags: &[Flag<'_>],
        date: Option<Timestamp>,
        message: &LiteralOrLiteral8<'_>,
    ) -> Reply {
        let raw = match message {
            LiteralOrLiteral8::Literal(literal) => literal.data(),
            LiteralOrLiteral8::Literal8(literal) => literal.data.as_ref(),
        };
        let at = date.unwrap_or_else(|| self.time.now());
        match self.store.append(user, &folder_name(mailbox), raw, flag_words(flags), at) {
            Some(uid) => {
                let code = NonZeroU32::new(UID_VALIDITY)
                    .zip(NonZeroU32::new(uid))
                    .map(|(uid_validity, uid)| Code::AppendUid { uid_validity, uid });
                (StatusKind::Ok, code, "filed")
            }
            None => (StatusKind::No, Some(Code::TryCreate), "no such mailbox"),
        }
    }

    pub(super) fn remove_deleted(&self, user: &str, only: Option<&SequenceSet>) -> Reply {
        let Some(selected) = &self.selected else { return bad("select a mailbox first") };
        if selected.read_only {
            return no("the mailbox was opened to read only");
        }
        let last = selected.view.last().map_or(0, |seen| seen.uid);
        self.store.expunge(user, &selected.folder, |message| {
            message.flags.contains("\\Deleted")
                && only.is_none_or(|set| set_contains(set, message.uid, last))
        });
        ok("removed")
    }

    pub(super) async fn store_flags(
        &mut self,
        user: &str,
        (set, by_uid): (&SequenceSet, bool),
        kind: StoreType,
        response: StoreResponse,
        flags: &[Flag<'_>],
    ) -> io::Result<Reply> {
        let Some(selected) = &mut self.selected else { return Ok(bad("select a mailbox first")) };
        if selected.read_only {
            return Ok(no("the mailbox was opened to read only"));
        }
        let change = match kind {
            StoreType::Replace => Change::Replace,
            StoreType::Add => Change::Add,
            StoreType::Remove => Change::Remove,
        };
        let flags = flag_words(flags);
        let mut told = Vec::new();
        for (seq, uid) in selected.resolve(set, by_uid) {
            self.store.flag(user, &selected.folder, uid, change, &flags);
            let after = self.store.look(user, &selected.folder, |folder| {
                folder.get(uid).map(|message| (message.revision, message.flags.clone()))
            });
            let Some((revision, now)) = after.flatten() else { continue };
            if let Some(seen) = selected.view.iter_mut().find(|seen| seen.uid == uid) {
                seen.revision = revision;
            }
            if response == StoreResponse::Answer {
                told.extend(flags_response(seq.get(), uid, &now));
            }
        }
        for data in told {
            self.connection.data(data).await?;
        }
        Ok(ok("flagged"))
    }

    pub(super) fn copy(
        &self,
        user: &str,
        (set, by_uid): (&SequenceSet, bool),
        mailbox: &Mailbox<'_>,
    ) -> Reply {
        let Some(selected) = &self.selected else { return bad("select a mailbox first") };
        let target = folder_name(mailbox);
        if self.store.look(user, &target, |_| ()).is_none() {
            return (StatusKind::No, Some(Code::TryCreate), "no such mailbox");
        }
        let (mut source, mut destination) = (Vec::new(), Vec::new());
        for (_, uid) in selected.resolve(set, by_uid) {
            let message = self.store.look(user, &selected.folder, |f| f.get(uid).cloned());
            let Some(message) = message.flatten() else { continue };
            let filed =
                self.store.append(user, &target, &message.raw, message.flags, message.received);
            let pair = NonZeroU32::new(uid).zip(filed.and_then(NonZeroU32::new));
            if let Some((from, to)) = pair {
                source.push(UidElement::Single(from));
                destination.push(UidElement::Single(to));
            }
        }
        let code = match (Vec1::try_from(source), Vec1::try_from(destination)) {
            (Ok(source), Ok(destination)) => {
                NonZeroU32::new(UID_VALIDITY).map(|uid_validity| Code::CopyUid {
                    uid_validity,
                    source: UidSet(source),
                    destination: UidSet(destination),
                })
            }
            (Err(_), _) | (_, Err(_)) => None,
        };
        (StatusKind::Ok, code, "copied")
    }

    pub(super) async fn relocate(
        &mut self,
        user: &str,
        (set, by_uid): (&SequenceSet, bool),
        mailbox: &Mailbox<'_>,
    ) -> io::Result<Reply> {
        let Some(selected) = &self.selected else { return Ok(bad("select a mailbox first")) };
        if selected.read_only {
            return Ok(no("the mailbox was opened to read only"));
        }
        let (kind, code, text) = self.copy(user, (set, by_uid), mailbox);
        if kind != StatusKind::Ok {
            return Ok((kind, code, text));
        }
        let moved: BTreeSet<u32> =
            selected.resolve(set, by_uid).into_iter().map(|(_, uid)| uid).collect();
        let folder = selected.folder.clone();
        self.store.expunge(user, &folder, |message| moved.contains(&message.uid));
        // RFC 6851 §4.3 wants COPYUID before the expunges.
        self.connection.status(status(None, StatusKind::Ok, code, "moved")).await?;
        self.tell_changes(true).await?;
        Ok(ok("moved"))
    }
}

/// A mailbox's name; `INBOX` in any case is one.
pub(super) fn folder_name(mailbox: &Mailbox<'_>) -> String {
    match mailbox {
        Mailbox::Inbox => "INBOX".to_owned(),
        Mailbox::Other(name) => String::from_utf8_lossy(name.inner().as_ref()).into_owned(),
    }
}

fn flag_words(flags: &[Flag<'_>]) -> BTreeSet<String> {
    flags.iter().map(ToString::to_string).collect()
}

/// Flags as FETCH sends them.
pub(super) fn fetch_flags(flags: &BTreeSet<String>) -> Vec<FlagFetch<'static>> {
    flags
        .iter()
        .filter_map(|word| {
            Flag::try_from(word.as_str()).ok().map(|flag| FlagFetch::Flag(flag.into_static()))
        })
        .collect()
}

/// An untagged FETCH with the flags.
pub(super) fn flags_response(
    seq: u32,
    uid: u32,
    flags: &BTreeSet<String>,
) -> Option<Data<'static>> {
    let items = Vec1::try_from(vec![
        MessageDataItem::Uid(NonZeroU32::new(uid)?),
        MessageDataItem::Flags(fetch_flags(flags)),
    ])
    .ok()?;
    Some(Data::Fetch { seq: NonZeroU32::new(seq)?, items })
}
