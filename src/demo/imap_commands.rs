//! The commands of one IMAP session: who is logged in, which folder is open, what the client has been told of it.
//!
//! Owns the session's view, so that sequence numbers mean to the client what they mean here. It never tells of an
//! expunge while a command by sequence number runs (RFC 3501 §7.4.1).

use std::{collections::BTreeSet, io, num::NonZeroU32, sync::Arc};

use imap_next::imap_types::{
    IntoStatic as _,
    auth::{AuthMechanism, AuthenticateData},
    command::{Command, CommandBody},
    core::{Atom, IString, NString, Tag, Text, Vec1},
    extensions::{
        binary::LiteralOrLiteral8,
        uidplus::{UidElement, UidSet},
    },
    fetch::MessageDataItem,
    flag::{Flag, FlagFetch, FlagPerm, StoreResponse, StoreType},
    mailbox::Mailbox,
    response::{Capability, Code, CodeOther, Data, Status, StatusKind},
    sequence::{SeqOrUid, Sequence, SequenceSet},
};
use jiff::Timestamp;
use tokio::sync::watch;

use super::{
    ServerTime,
    imap_server::{Connection, Incoming, status},
    mailstore::{Change, MailStore, UID_VALIDITY},
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

/// One client's session.
pub(super) struct Session {
    pub connection: Connection,
    pub store: Arc<MailStore>,
    pub time: ServerTime,
    pub user: Option<String>,
    pub selected: Option<Selected>,
    news: watch::Receiver<u64>,
}

/// What follows a command.
enum Next {
    Go,
    Leave,
}

type Reply = (StatusKind, Option<Code<'static>>, &'static str);

pub(super) const fn ok(text: &'static str) -> Reply {
    (StatusKind::Ok, None, text)
}

pub(super) const fn no(text: &'static str) -> Reply {
    (StatusKind::No, None, text)
}

pub(super) const fn bad(text: &'static str) -> Reply {
    (StatusKind::Bad, None, text)
}

/// What this server can do, all of it true.
pub(super) fn capabilities() -> Vec1<Capability<'static>> {
    Vec1::unvalidated(vec![
        Capability::Imap4Rev1,
        Capability::SaslIr,
        Capability::Auth(AuthMechanism::Plain),
        Capability::LiteralPlus,
        Capability::Idle,
        Capability::Id,
        Capability::Unselect,
        Capability::UidPlus,
        Capability::Move,
        Capability::from(Atom::unvalidated("SPECIAL-USE")),
    ])
}

impl Session {
    pub(super) fn new(connection: Connection, store: Arc<MailStore>, time: ServerTime) -> Self {
        let news = store.watch();
        Self { connection, store, time, user: None, selected: None, news }
    }

    /// Serves until the client leaves or the line breaks.
    pub(super) async fn serve(mut self) -> io::Result<()> {
        loop {
            match self.connection.next(None).await? {
                Incoming::Command(command) => {
                    if matches!(self.command(command).await?, Next::Leave) {
                        return self.connection.close().await;
                    }
                }
                Incoming::Authenticate(command) => {
                    let initial = command.initial_response.map(|data| data.declassify().to_vec());
                    self.authenticate(command.tag, &command.mechanism, initial).await?;
                }
                Incoming::Idle(tag) => self.idle(tag).await?,
                Incoming::Malformed(tag) => {
                    let text = "not a command that this server understands";
                    self.connection.status(status(tag, StatusKind::Bad, None, text)).await?;
                }
                Incoming::Closed => return Ok(()),
                Incoming::AuthenticateData(_) | Incoming::IdleDone | Incoming::Changed => {}
            }
        }
    }

    async fn command(&mut self, command: Command<'static>) -> io::Result<Next> {
        let Command { tag, body } = command;
        let leave = matches!(body, CommandBody::Logout);
        if leave {
            let text = Text::unvalidated("good bye");
            let Ok(bye) = Status::bye(None, text);
            self.connection.status(bye).await?;
        }
        let by_number = matches!(
            body,
            CommandBody::Fetch { uid: false, .. }
                | CommandBody::Store { uid: false, .. }
                | CommandBody::Search { uid: false, .. }
        );
        let (kind, code, text) = self.perform(body).await?;
        if !leave {
            self.tell_changes(!by_number).await?;
        }
        self.connection.status(status(Some(tag), kind, code, text)).await?;
        Ok(if leave { Next::Leave } else { Next::Go })
    }

    #[allow(clippy::wildcard_enum_match_arm, reason = "a command we do not offer is answered BAD")]
    async fn perform(&mut self, body: CommandBody<'static>) -> io::Result<Reply> {
        match body {
            CommandBody::Capability => {
                self.connection.data(Data::Capability(capabilities())).await?;
                return Ok(ok("these"));
            }
            CommandBody::Noop | CommandBody::Logout => return Ok(ok("done")),
            CommandBody::Id { .. } => return self.identify().await,
            CommandBody::Login { username, password } => {
                let name = String::from_utf8_lossy(username.as_ref()).into_owned();
                let password = String::from_utf8_lossy(password.declassify().as_ref()).into_owned();
                return Ok(self.login(&name, &password));
            }
            _ => {}
        }
        let Some(user) = self.user.clone() else { return Ok(bad("log in first")) };
        match body {
            CommandBody::List { reference, mailbox_wildcard } => {
                self.list(&user, &reference, &mailbox_wildcard, false).await
            }
            CommandBody::Lsub { reference, mailbox_wildcard } => {
                self.list(&user, &reference, &mailbox_wildcard, true).await
            }
            CommandBody::Status { mailbox, item_names } => {
                self.status_of(&user, mailbox, &item_names).await
            }
            CommandBody::Create { mailbox } => {
                Ok(if self.store.create(&user, &folder_name(&mailbox)) {
                    ok("made")
                } else {
                    no("there is such a mailbox already")
                })
            }
            CommandBody::Subscribe { .. } | CommandBody::Unsubscribe { .. } => Ok(ok("noted")),
            CommandBody::Delete { .. } | CommandBody::Rename { .. } => {
                Ok(no("the practice office keeps its mailboxes"))
            }
            CommandBody::Select { mailbox } => self.select(&user, &mailbox, false).await,
            CommandBody::Examine { mailbox } => self.select(&user, &mailbox, true).await,
            CommandBody::Append { mailbox, flags, date, message } => {
                let at =
                    date.and_then(|date| Timestamp::from_second(date.as_ref().timestamp()).ok());
                Ok(self.append(&user, &mailbox, &flags, at, &message))
            }
            body => self.perform_selected(&user, body).await,
        }
    }

    #[allow(clippy::wildcard_enum_match_arm, reason = "a command we do not offer is answered BAD")]
    async fn perform_selected(
        &mut self,
        user: &str,
        body: CommandBody<'static>,
    ) -> io::Result<Reply> {
        if self.selected.is_none() {
            return Ok(bad("select a mailbox first, or not a command that this server offers"));
        }
        match body {
            CommandBody::Check => Ok(ok("done")),
            CommandBody::Unselect => {
                self.selected = None;
                Ok(ok("done"))
            }
            CommandBody::Close => {
                self.remove_deleted(user, None);
                self.selected = None;
                Ok(ok("done"))
            }
            CommandBody::Expunge => Ok(self.remove_deleted(user, None)),
            CommandBody::ExpungeUid { sequence_set } => {
                Ok(self.remove_deleted(user, Some(&sequence_set)))
            }
            CommandBody::Fetch { sequence_set, macro_or_item_names, uid } => {
                self.fetch(user, &sequence_set, macro_or_item_names, uid).await
            }
            CommandBody::Search { charset: _, criteria, uid } => {
                self.search(user, &criteria, uid).await
            }
            CommandBody::Store { sequence_set, kind, response, flags, uid } => {
                self.store_flags(user, (&sequence_set, uid), kind, response, &flags).await
            }
            CommandBody::Copy { sequence_set, mailbox, uid } => {
                Ok(self.copy(user, (&sequence_set, uid), &mailbox))
            }
            CommandBody::Move { sequence_set, mailbox, uid } => {
                self.relocate(user, (&sequence_set, uid), &mailbox).await
            }
            _ => Ok(bad("not a command that this server offers")),
        }
    }

    async fn identify(&mut self) -> io::Result<Reply> {
        let text = |text: &'static str| IString::try_from(text).ok();
        let parameters = text("name")
            .zip(text("matterbox practice office"))
            .map(|(key, value)| vec![(key, NString(Some(value)))]);
        self.connection.data(Data::Id { parameters }).await?;
        Ok(ok("done"))
    }

    fn login(&mut self, name: &str, password: &str) -> Reply {
        if self.user.is_some() {
            return bad("already logged in");
        }
        if self.store.admits(name, password) {
            self.user = Some(name.to_lowercase());
            (StatusKind::Ok, Some(Code::Capability(capabilities())), "welcome")
        } else {
            let code = Code::Other(CodeOther::unvalidated(b"AUTHENTICATIONFAILED".as_slice()));
            (StatusKind::No, Some(code), "no such user and password")
        }
    }

    async fn authenticate(
        &mut self,
        tag: Tag<'static>,
        mechanism: &AuthMechanism<'static>,
        initial: Option<Vec<u8>>,
    ) -> io::Result<()> {
        let (kind, code, text) = if *mechanism != AuthMechanism::Plain {
            no("only PLAIN is offered")
        } else if let Some(data) = initial {
            self.login_plain(&data)
        } else {
            self.connection.challenge().await?;
            match self.connection.next(None).await? {
                Incoming::AuthenticateData(AuthenticateData::Continue(data)) => {
                    self.login_plain(data.declassify())
                }
                Incoming::AuthenticateData(AuthenticateData::Cancel)
                | Incoming::Command(_)
                | Incoming::Authenticate(_)
                | Incoming::Idle(_)
                | Incoming::IdleDone
                | Incoming::Malformed(_)
                | Incoming::Changed
                | Incoming::Closed => bad("authentication given up"),
            }
        };
        self.connection.authenticated(status(Some(tag), kind, code, text)).await
    }

    fn login_plain(&mut self, data: &[u8]) -> Reply {
        let mut words = data.split(|b| *b == 0).map(String::from_utf8_lossy);
        match (words.next(), words.next(), words.next()) {
            (Some(_), Some(user), Some(password)) => self.login(&user, &password),
            _ => bad("not the form of PLAIN (RFC 4616)"),
        }
    }

    async fn idle(&mut self, tag: Tag<'static>) -> io::Result<()> {
        if self.user.is_none() {
            let refused = status(Some(tag), StatusKind::Bad, None, "log in first");
            return self.connection.no_idling(refused).await;
        }
        self.connection.idling().await?;
        loop {
            // What changed since the last command is told at once; the watch then wakes for what comes after.
            self.news.mark_unchanged();
            self.tell_changes(true).await?;
            match self.connection.next(Some(&mut self.news)).await? {
                Incoming::Changed => {}
                Incoming::IdleDone => {
                    let done = status(Some(tag), StatusKind::Ok, None, "done idling");
                    return self.connection.status(done).await;
                }
                Incoming::Malformed(_) => {
                    let text = "say DONE first";
                    self.connection.status(status(None, StatusKind::Bad, None, text)).await?;
                }
                Incoming::Closed => return Err(io::ErrorKind::UnexpectedEof.into()),
                Incoming::Command(_)
                | Incoming::Authenticate(_)
                | Incoming::AuthenticateData(_)
                | Incoming::Idle(_) => return Err(io::ErrorKind::InvalidData.into()),
            }
        }
    }

    /// Brings the client's view up to date: expunged, flagged, arrived.
    async fn tell_changes(&mut self, expunges: bool) -> io::Result<()> {
        let (Some(user), Some(selected)) = (&self.user, &mut self.selected) else { return Ok(()) };
        let now: Vec<(Seen, BTreeSet<String>)> = self
            .store
            .look(user, &selected.folder, |folder| {
                folder
                    .messages
                    .iter()
                    .map(|m| (Seen { uid: m.uid, revision: m.revision }, m.flags.clone()))
                    .collect()
            })
            .unwrap_or_default();
        let mut told = Vec::new();
        if expunges {
            for at in (0..selected.view.len()).rev() {
                let Some(seen) = selected.view.get(at).copied() else { continue };
                if now.binary_search_by_key(&seen.uid, |(seen, _)| seen.uid).is_err() {
                    selected.view.remove(at);
                    let seq = u32::try_from(at).unwrap_or(u32::MAX).saturating_add(1);
                    told.extend(NonZeroU32::new(seq).map(Data::Expunge));
                }
            }
        }
        for (seq, seen) in (1_u32..).zip(&mut selected.view) {
            let Ok(at) = now.binary_search_by_key(&seen.uid, |(seen, _)| seen.uid) else {
                continue;
            };
            let Some((fresh, flags)) = now.get(at) else { continue };
            if fresh.revision != seen.revision {
                seen.revision = fresh.revision;
                told.extend(flags_response(seq, seen.uid, flags));
            }
        }
        let known = selected.view.last().map_or(0, |seen| seen.uid);
        let arrived = now.iter().map(|(seen, _)| *seen).filter(|seen| seen.uid > known);
        let before = selected.view.len();
        selected.view.extend(arrived);
        if selected.view.len() > before {
            told.push(Data::Exists(u32::try_from(selected.view.len()).unwrap_or(u32::MAX)));
        }
        for data in told {
            self.connection.data(data).await?;
        }
        Ok(())
    }

    async fn select(
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

    fn append(
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

    fn remove_deleted(&self, user: &str, only: Option<&SequenceSet>) -> Reply {
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

    async fn store_flags(
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

    fn copy(
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

    async fn relocate(
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

fn flags_response(seq: u32, uid: u32, flags: &BTreeSet<String>) -> Option<Data<'static>> {
    let items = Vec1::try_from(vec![
        MessageDataItem::Uid(NonZeroU32::new(uid)?),
        MessageDataItem::Flags(fetch_flags(flags)),
    ])
    .ok()?;
    Some(Data::Fetch { seq: NonZeroU32::new(seq)?, items })
}
