//! LIST, STATUS and FETCH of the practice office: what a client reads.
//!
//! Owns the cutting of a message into the sections that RFC 3501 §6.4.5 names. What lies
//! inside MIME is `imap_structure`'s.

use std::{borrow::Cow, collections::BTreeSet, io, num::NonZeroU32};

use chrono::{DateTime as CivilTime, FixedOffset};
use imap_next::imap_types::{
    IntoStatic as _,
    core::{Atom, IString, Literal, NString, QuotedChar, Vec1},
    datetime::DateTime,
    fetch::{MacroOrMessageDataItemNames, MessageDataItem, MessageDataItemName, Section},
    flag::FlagNameAttribute,
    mailbox::{ListMailbox, Mailbox},
    response::Data,
    sequence::SequenceSet,
    status::{StatusDataItem, StatusDataItemName},
};

use super::{
    imap_mailbox::{fetch_flags, folder_name},
    imap_session::{Reply, Session, bad, no, ok},
    imap_structure::{Piece, envelope, piece, structure},
    mailstore::{Change, FOLDERS, Folder, Stored, UID_VALIDITY},
};

impl Session {
    /// LIST and LSUB.
    pub(super) async fn list(
        &mut self,
        user: &str,
        reference: &Mailbox<'_>,
        pattern: &ListMailbox<'_>,
        subscribed: bool,
    ) -> io::Result<Reply> {
        let pattern = match pattern {
            ListMailbox::Token(token) => String::from_utf8_lossy(token.as_ref()).into_owned(),
            ListMailbox::String(string) => String::from_utf8_lossy(string.as_ref()).into_owned(),
        };
        let delimiter = QuotedChar::try_from('/').ok();
        if pattern.is_empty() {
            // Asks for the delimiter only.
            if let Ok(mailbox) = Mailbox::try_from("") {
                let items = vec![FlagNameAttribute::Noselect];
                self.connection.data(Data::List { items, delimiter, mailbox }).await?;
            }
            return Ok(ok("listed"));
        }
        let pattern = format!("{}{pattern}", folder_name(reference));
        for name in self.store.folders(user) {
            if !matches_pattern(pattern.as_bytes(), name.as_bytes()) {
                continue;
            }
            let use_word = FOLDERS.iter().find(|(folder, _)| *folder == name).and_then(|f| f.1);
            let items = use_word
                .map(|word| FlagNameAttribute::from(Atom::unvalidated(word)))
                .into_iter()
                .collect();
            let Ok(mailbox) = Mailbox::try_from(name) else { continue };
            let data = if subscribed {
                Data::Lsub { items: Vec::new(), delimiter, mailbox }
            } else {
                Data::List { items, delimiter, mailbox }
            };
            self.connection.data(data).await?;
        }
        Ok(ok("listed"))
    }

    /// STATUS.
    pub(super) async fn status_of(
        &mut self,
        user: &str,
        mailbox: Mailbox<'static>,
        names: &[StatusDataItemName],
    ) -> io::Result<Reply> {
        let found = self.store.look(user, &folder_name(&mailbox), |folder| {
            names.iter().filter_map(|name| status_item(folder, name)).collect::<Vec<_>>()
        });
        let Some(items) = found else { return Ok(no("no such mailbox")) };
        self.connection.data(Data::Status { mailbox, items: Cow::Owned(items) }).await?;
        Ok(ok("so it stands"))
    }

    /// FETCH and UID FETCH: one message is written before the next is looked up.
    pub(super) async fn fetch(
        &mut self,
        user: &str,
        set: &SequenceSet,
        names: MacroOrMessageDataItemNames<'static>,
        by_uid: bool,
    ) -> io::Result<Reply> {
        let mut names = match names {
            MacroOrMessageDataItemNames::Macro(name) => name.expand().into_static(),
            MacroOrMessageDataItemNames::MessageDataItemNames(names) => names,
        };
        if !names.iter().all(is_served) {
            return Ok(no("headers and texts of attached messages are not served here"));
        }
        if by_uid && !names.contains(&MessageDataItemName::Uid) {
            names.insert(0, MessageDataItemName::Uid);
        }
        let Some(selected) = &self.selected else { return Ok(bad("select a mailbox first")) };
        let marks = !selected.read_only && names.iter().any(marks_seen);
        if marks && !names.contains(&MessageDataItemName::Flags) {
            names.push(MessageDataItemName::Flags);
        }
        let folder = selected.folder.clone();
        for (seq, uid) in selected.resolve(set, by_uid) {
            if marks {
                let seen = BTreeSet::from(["\\Seen".to_owned()]);
                self.store.flag(user, &folder, uid, Change::Add, &seen);
            }
            let message = self.store.look(user, &folder, |f| f.get(uid).cloned()).flatten();
            let Some(message) = message else { continue };
            if marks {
                self.note_revision(&message);
            }
            let items: Vec<_> = names.iter().filter_map(|name| item(&message, name)).collect();
            if let Ok(items) = Vec1::try_from(items) {
                self.connection.data(Data::Fetch { seq, items }).await?;
            }
        }
        Ok(ok("fetched"))
    }

    fn note_revision(&mut self, message: &Stored) {
        let view = self.selected.as_mut().map(|selected| &mut selected.view);
        if let Some(seen) = view.and_then(|v| v.iter_mut().find(|seen| seen.uid == message.uid)) {
            seen.revision = message.revision;
        }
    }
}

/// `*` matches anything, `%` anything but the delimiter (RFC 3501 §6.3.8).
fn matches_pattern(pattern: &[u8], name: &[u8]) -> bool {
    match pattern.split_first() {
        None => name.is_empty(),
        Some((wild @ (b'*' | b'%'), rest)) => (0..=name.len()).any(|at| {
            let (over, tail) = name.split_at(at);
            (*wild == b'*' || !over.contains(&b'/')) && matches_pattern(rest, tail)
        }),
        Some((byte, rest)) => name.split_first().is_some_and(|(first, tail)| {
            first.eq_ignore_ascii_case(byte) && matches_pattern(rest, tail)
        }),
    }
}

fn status_item(folder: &Folder, name: &StatusDataItemName) -> Option<StatusDataItem> {
    let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    let with = |flag: &str| folder.messages.iter().filter(|m| m.flags.contains(flag)).count();
    Some(match name {
        StatusDataItemName::Messages => StatusDataItem::Messages(count(folder.messages.len())),
        StatusDataItemName::Recent => StatusDataItem::Recent(0),
        StatusDataItemName::UidNext => {
            StatusDataItem::UidNext(NonZeroU32::new(folder.last_uid.checked_add(1)?)?)
        }
        StatusDataItemName::UidValidity => {
            StatusDataItem::UidValidity(NonZeroU32::new(UID_VALIDITY)?)
        }
        StatusDataItemName::Unseen => {
            StatusDataItem::Unseen(count(folder.messages.len().saturating_sub(with("\\Seen"))))
        }
        StatusDataItemName::Deleted => StatusDataItem::Deleted(count(with("\\Deleted"))),
        StatusDataItemName::DeletedStorage => return None,
    })
}

#[allow(clippy::wildcard_enum_match_arm, reason = "everything else is refused")]
fn is_served(name: &MessageDataItemName<'_>) -> bool {
    match name {
        MessageDataItemName::BodyExt { section, .. } => matches!(
            section,
            None | Some(
                Section::Part(_)
                    | Section::Mime(_)
                    | Section::Header(None)
                    | Section::Text(None)
                    | Section::HeaderFields(None, _)
                    | Section::HeaderFieldsNot(None, _)
            )
        ),
        MessageDataItemName::Flags
        | MessageDataItemName::Body
        | MessageDataItemName::BodyStructure
        | MessageDataItemName::Envelope
        | MessageDataItemName::InternalDate
        | MessageDataItemName::Rfc822
        | MessageDataItemName::Rfc822Header
        | MessageDataItemName::Rfc822Size
        | MessageDataItemName::Rfc822Text
        | MessageDataItemName::Uid => true,
        _ => false,
    }
}

fn marks_seen(name: &MessageDataItemName<'_>) -> bool {
    matches!(
        name,
        MessageDataItemName::BodyExt { peek: false, .. }
            | MessageDataItemName::Rfc822
            | MessageDataItemName::Rfc822Text
    )
}

#[allow(clippy::wildcard_enum_match_arm, reason = "what is not served was refused before")]
fn item(message: &Stored, name: &MessageDataItemName<'static>) -> Option<MessageDataItem<'static>> {
    let (header, text) = split(&message.raw);
    Some(match name {
        MessageDataItemName::Flags => MessageDataItem::Flags(fetch_flags(&message.flags)),
        MessageDataItemName::Uid => MessageDataItem::Uid(NonZeroU32::new(message.uid)?),
        MessageDataItemName::InternalDate => MessageDataItem::InternalDate(date(message)?),
        MessageDataItemName::Rfc822Size => {
            MessageDataItem::Rfc822Size(u32::try_from(message.raw.len()).ok()?)
        }
        MessageDataItemName::Envelope => MessageDataItem::Envelope(envelope(&message.raw)),
        MessageDataItemName::Body => MessageDataItem::Body(structure(&message.raw, false)?),
        MessageDataItemName::BodyStructure => {
            MessageDataItem::BodyStructure(structure(&message.raw, true)?)
        }
        MessageDataItemName::Rfc822 => MessageDataItem::Rfc822(literal(&message.raw)),
        MessageDataItemName::Rfc822Header => MessageDataItem::Rfc822Header(literal(header)),
        MessageDataItemName::Rfc822Text => MessageDataItem::Rfc822Text(literal(text)),
        MessageDataItemName::BodyExt { section, partial, .. } => {
            let data = cut(message, section.as_ref(), *partial);
            MessageDataItem::BodyExt {
                section: section.clone(),
                origin: partial.map(|(offset, _)| offset),
                data: NString(data.and_then(|bytes| literal(&bytes).0)),
            }
        }
        _ => return None,
    })
}

/// The bytes of a section, or of a range in it; `None` where there is no such part.
fn cut(
    message: &Stored,
    section: Option<&Section<'_>>,
    partial: Option<(u32, NonZeroU32)>,
) -> Option<Vec<u8>> {
    let (header, text) = split(&message.raw);
    let whole: Cow<'_, [u8]> = match section {
        None => Cow::Borrowed(&*message.raw),
        Some(Section::Part(part)) => Cow::Owned(piece(&message.raw, part, Piece::Content)?),
        Some(Section::Mime(part)) => Cow::Owned(piece(&message.raw, part, Piece::Mime)?),
        Some(Section::Header(_)) => Cow::Borrowed(header),
        Some(Section::HeaderFields(_, names)) => {
            Cow::Owned(fields(header, |field| has_name(field, names.as_ref())))
        }
        Some(Section::HeaderFieldsNot(_, names)) => {
            Cow::Owned(fields(header, |field| !has_name(field, names.as_ref())))
        }
        Some(Section::Text(_)) => Cow::Borrowed(text),
    };
    let Some((offset, length)) = partial else { return Some(whole.into_owned()) };
    let from = usize::try_from(offset).ok()?.min(whole.len());
    let most = usize::try_from(length.get()).ok()?;
    let to = from.saturating_add(most).min(whole.len());
    whole.get(from..to).map(<[u8]>::to_vec)
}

/// Header (with its empty line) and text.
pub(super) fn split(raw: &[u8]) -> (&[u8], &[u8]) {
    let end = raw.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at.saturating_add(4));
    raw.split_at(end.unwrap_or(raw.len()))
}

/// The header's fields, each with its folded lines and line end.
pub(super) fn header_fields(header: &[u8]) -> Vec<Vec<u8>> {
    let mut fields: Vec<Vec<u8>> = Vec::new();
    for line in header.split_inclusive(|b| *b == b'\n') {
        if line == b"\r\n" {
            break;
        }
        match fields.last_mut() {
            Some(last) if line.starts_with(b" ") || line.starts_with(b"\t") => last.extend(line),
            _ => fields.push(line.to_vec()),
        }
    }
    fields
}

fn fields(header: &[u8], keep: impl Fn(&[u8]) -> bool) -> Vec<u8> {
    let mut kept: Vec<u8> =
        header_fields(header).into_iter().filter(|field| keep(field)).flatten().collect();
    kept.extend(b"\r\n");
    kept
}

fn has_name(field: &[u8], names: &[impl AsRef<[u8]>]) -> bool {
    let name = field.split(|b| *b == b':').next().unwrap_or_default();
    names.iter().any(|wanted| wanted.as_ref().eq_ignore_ascii_case(name))
}

fn date(message: &Stored) -> Option<DateTime> {
    let civil: CivilTime<FixedOffset> =
        chrono::DateTime::from_timestamp(message.received.as_second(), 0)?.fixed_offset();
    DateTime::try_from(civil).ok()
}

fn literal(bytes: &[u8]) -> NString<'static> {
    NString(Literal::try_from(bytes.to_vec()).ok().map(IString::Literal))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percent_sign_stops_at_the_delimiter_and_a_star_does_not() {
        for (pattern, name, matches) in [
            ("*", "A/B", true),
            ("%", "A/B", false),
            ("%/%", "A/B", true),
            ("INBOX", "inbox", true),
            ("S%t", "Sent", true),
            ("S%x", "Sent", false),
            ("", "Sent", false),
        ] {
            let found = matches_pattern(pattern.as_bytes(), name.as_bytes());
            assert_eq!(found, matches, "{pattern} {name}");
        }
    }

    #[test]
    fn a_message_without_an_empty_line_is_all_header() {
        assert_eq!(split(b"A: b\r\n"), (b"A: b\r\n".as_slice(), b"".as_slice()));
        assert_eq!(split(b"A: b\r\n\r\nc"), (b"A: b\r\n\r\n".as_slice(), b"c".as_slice()));
        assert_eq!(header_fields(b"A: b\r\n c\r\nD: e\r\n\r\n").len(), 2);
    }
}
