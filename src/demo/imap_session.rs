//! One IMAP session: who is logged in, which command is whose, and what the client is told of changes.
//!
//! Owns the login and the order of responses. It never tells of an expunge while a command by sequence number runs
//! (RFC 3501 §7.4.1).

use std::{collections::BTreeSet, io, num::NonZeroU32, sync::Arc};

use imap_next::imap_types::{
    auth::{AuthMechanism, AuthenticateData},
    command::{Command, CommandBody},
    core::{Atom, IString, NString, Tag, Text, Vec1},
    response::{Capability, Code, CodeOther, Data, Status, StatusKind},
};
use jiff::Timestamp;
use tokio::sync::watch;

use super::{
    ServerTime,
    imap_mailbox::{Seen, Selected, flags_response, folder_name},
    imap_server::{Connection, Incoming, status},
    mailstore::MailStore,
};

/// One client's session.
pub(super) struct Session {
    pub connection: Connection,
    pub store: Arc<MailStore>,
    pub time: ServerTime,
    pub user: Option<String>,
    pub selected: Option<Selected>,
    news: watch::Receiver<u64>,
    /// Something changed of which the client has not been told.
    behind: bool,
}

/// What follows a command.
enum Next {
    Go,
    Leave,
}

/// What the tagged status will say.
pub(super) type Reply = (StatusKind, Option<Code<'static>>, &'static str);

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
        Self { connection, store, time, user: None, selected: None, news, behind: false }
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
            self.tell_changes(true).await?;
            match self.connection.next(Some(&mut self.news)).await? {
                Incoming::Changed => self.behind = true,
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
    pub(super) async fn tell_changes(&mut self, expunges: bool) -> io::Result<()> {
        // A watch whose store is gone counts as news, which finds nothing.
        let news = self.behind || self.news.has_changed().unwrap_or(true);
        self.news.mark_unchanged();
        self.behind = news && !expunges;
        let (Some(user), Some(selected), true) = (&self.user, &mut self.selected, news) else {
            return Ok(());
        };
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
}
