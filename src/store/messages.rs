//! Messages: the decoded headers, the text, the people and the attachments, and the index over them.
//!
//! Owns the rows of one message. It never decides a thread, a matter or a clock, and never deletes a message.

mod content;
mod proof;

use std::collections::BTreeSet;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params, types::FromSql};

use crate::domain::{
    address::{EmailAddress, NamedAddress},
    id::{AccountId, AttachmentId, MessageKey, ThreadId},
    message::{Direction, Headers, MessageId, Origin},
};

use super::{
    codec::{
        broken, count, direction, direction_code, ids, ids_text, instant, instant_opt, int, micros,
        origin, origin_parts, small,
    },
    error::{Result, StoreError},
    raw, threads,
};

pub(crate) use content::Kind;
pub use content::{Content, Indexed, NewAttachment};
pub use proof::{is_unproven, written_to};

/// Which time was taken as the one at which a message came or went (design 4.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeReason {
    /// The server's INTERNALDATE.
    InternalDate,
    /// The topmost `Received` of a trusted host.
    Received,
    /// Nothing better than the moment at which we saw it.
    FirstSeen,
    /// The `Date` of a copy in Sent or of an import, bounded by its INTERNALDATE or the date of its file.
    HeaderDate,
    /// The moment at which our relay accepted it.
    Accepted,
}

impl TimeReason {
    pub(crate) const fn code(self) -> i64 {
        match self {
            Self::InternalDate => 0,
            Self::Received => 1,
            Self::FirstSeen => 2,
            Self::HeaderDate => 3,
            Self::Accepted => 4,
        }
    }

    fn from_code(code: i64) -> rusqlite::Result<Self> {
        match code {
            0 => Ok(Self::InternalDate),
            1 => Ok(Self::Received),
            2 => Ok(Self::FirstSeen),
            3 => Ok(Self::HeaderDate),
            4 => Ok(Self::Accepted),
            _ => Err(broken("time reason")),
        }
    }
}

/// Facts about a message that are one bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "independent facts, one bit each in the record")]
pub struct Bits {
    /// What was newly written asks something.
    pub question: bool,
    /// It had an HTML part.
    pub html: bool,
    /// It has attachments.
    pub attachments: bool,
    /// A part of it could not be read.
    pub faulty: bool,
    /// The sender's name imitates someone the office knows.
    pub spoof: bool,
    /// Its Message-ID is another message's too, with other content.
    pub id_collision: bool,
    /// A name in it carried hidden characters.
    pub tampered: bool,
    /// It reports that a message of ours never arrived.
    pub bounce: bool,
}

impl Bits {
    fn code(self) -> i64 {
        i64::from(self.question)
            | i64::from(self.html) << 1
            | i64::from(self.attachments) << 2
            | i64::from(self.faulty) << 3
            | i64::from(self.spoof) << 4
            | i64::from(self.id_collision) << 5
            | i64::from(self.tampered) << 6
            | i64::from(self.bounce) << 7
    }

    pub(crate) const fn from_code(code: i64) -> Self {
        Self {
            question: code & 1 != 0,
            html: code & 2 != 0,
            attachments: code & 4 != 0,
            faulty: code & 8 != 0,
            spoof: code & 16 != 0,
            id_collision: code & 32 != 0,
            tampered: code & 64 != 0,
            bounce: code & 128 != 0,
        }
    }
}

/// A message to be kept: what it says, and where and how the record takes it.
pub struct NewMessage<'a> {
    /// What it says.
    pub content: &'a Content,
    /// The account through which it came.
    pub account: AccountId,
    /// Its conversation.
    pub thread: ThreadId,
    /// Which way it went.
    pub direction: Direction,
    /// When it came (inbound) or went (outbound).
    pub at: Timestamp,
    /// Why that time.
    pub at_reason: TimeReason,
    /// INTERNALDATE, where a server gave one.
    pub internal_date: Option<Timestamp>,
    /// When our relay accepted it.
    pub accepted_at: Option<Timestamp>,
    /// Not read yet.
    pub unread: bool,
    /// Facts about it.
    pub bits: Bits,
}

/// A message as lists and rules need it.
#[derive(Clone)]
pub struct MessageRow {
    /// Its identity.
    pub key: MessageKey,
    /// Its conversation.
    pub thread: ThreadId,
    /// The account through which it came.
    pub account: AccountId,
    /// When it came or went.
    pub at: Timestamp,
    /// Why that time.
    pub at_reason: TimeReason,
    /// `Date`, which the sender controls.
    pub header_date: Option<Timestamp>,
    /// INTERNALDATE.
    pub internal_date: Option<Timestamp>,
    /// When our relay accepted it.
    pub accepted_at: Option<Timestamp>,
    /// Which way it went.
    pub direction: Direction,
    /// Who or what wrote it.
    pub origin: Origin,
    /// Not read yet.
    pub unread: bool,
    /// Facts about it.
    pub bits: Bits,
    /// Words newly written in it.
    pub words: u32,
    /// Bytes.
    pub size: u64,
    /// The message of which this is another copy (same Message-ID, same text): shown once.
    pub instance_of: Option<MessageKey>,
    /// `Message-ID`.
    pub message_id: Option<MessageId>,
    /// A hash of the normalised text.
    pub body_hash: Vec<u8>,
    /// The writer's name, as given.
    pub from_name: String,
    /// The writer's address in lower case, or empty.
    pub from_key: String,
    /// `Subject`.
    pub subject: String,
    /// The subject without reply prefixes.
    pub base_subject: String,
    /// What could not be read in it.
    pub faults: String,
}

/// What is read when a message is opened.
#[derive(Clone, Default)]
pub struct BodyRow {
    /// What was newly written.
    pub text: String,
    /// The quoted tail.
    pub quoted: String,
}

/// An attachment of a stored message.
#[derive(Clone)]
pub struct AttachmentRow {
    /// Its identity.
    pub id: AttachmentId,
    /// Its message.
    pub message: MessageKey,
    /// The number of its part.
    pub part: String,
    /// Its name as the sender gave it.
    pub name: String,
    /// Its media type.
    pub media_type: String,
    /// Its decoded size in bytes.
    pub size: u64,
    /// The SHA-256 of its decoded bytes.
    pub hash: Vec<u8>,
}

/// The message with these bytes, if the record has it.
pub fn by_hash(conn: &Connection, hash: &[u8; 32]) -> Result<Option<MessageKey>> {
    let mut query = conn.prepare_cached("SELECT key FROM message WHERE hash = ?1")?;
    Ok(query.query_row([hash.as_slice()], |row| row.get(0)).optional()?.map(MessageKey::new))
}

/// The messages that go or went by this id, oldest first. There may be several.
pub fn by_message_id(conn: &Connection, id: &MessageId) -> Result<Vec<MessageKey>> {
    let mut query = conn.prepare_cached(
        "SELECT key FROM message WHERE message_id = ?1 AND message_id <> ''
         UNION SELECT message FROM message_alias WHERE id = ?1 ORDER BY 1",
    )?;
    let rows = query.query_map([id.as_str()], |row| row.get(0).map(MessageKey::new))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Keeps a message with everything that belongs to it, and its words in the index. The bytes must be new: ask
/// [`by_hash`] first. The caller brings the thread's row up to date with `threads::refresh`.
pub fn insert(tx: &Transaction<'_>, new: &NewMessage<'_>) -> Result<MessageKey> {
    let key = insert_unindexed(tx, new)?;
    index(tx, key, new.content)?;
    Ok(key)
}

/// Puts the words of a message into the index. In a transaction of many messages this comes after all other writing:
/// the index writes a segment whenever a statement with triggers follows, which costs more than everything else.
pub fn index(tx: &Transaction<'_>, key: MessageKey, content: &Content) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO search (rowid, subject, people, text, quoted, files, folded)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?
    .execute(params![
        key.get(),
        content.headers.subject,
        content.indexed.people,
        content.text,
        content.quoted,
        content.indexed.files,
        content.indexed.folded,
    ])?;
    Ok(())
}

/// [`insert`] without the index: the caller calls [`index`] before the transaction ends.
pub fn insert_unindexed(tx: &Transaction<'_>, new: &NewMessage<'_>) -> Result<MessageKey> {
    let content = new.content;
    let (instance_of, collides) = twins(tx, content, new.direction != Direction::Inbound)?;
    let bits = Bits { id_collision: new.bits.id_collision || collides, ..new.bits };
    let (origin, origin_data) = origin_parts(&content.origin);
    let from = content.headers.from.first();
    tx.prepare_cached(
        "INSERT INTO message (hash, thread, account, at, direction, origin, unread, bits, words, size, received_reason,
                              internal_date, header_date, accepted_at, instance_of, message_id, body_hash, from_key,
                              from_name, subject, base_subject, origin_data, faults)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22,
                 ?23)",
    )?
    .execute(params![
        content.hash.as_slice(),
        new.thread.get(),
        new.account.get(),
        micros(new.at),
        direction_code(new.direction),
        origin,
        new.unread,
        bits.code(),
        content.words,
        int(content.raw.size()),
        new.at_reason.code(),
        new.internal_date.map(micros),
        content.headers.date.map(micros),
        new.accepted_at.map(micros),
        instance_of,
        content.headers.message_id.as_ref().map_or("", MessageId::as_str),
        content.body_hash.as_slice(),
        from.map_or("", |f| f.address.key()),
        from.and_then(|f| f.name.as_deref()).unwrap_or_default(),
        content.headers.subject,
        content.base_subject,
        origin_data,
        content.faults,
    ])?;
    let key = MessageKey::new(tx.last_insert_rowid());
    if collides {
        flag_collision(tx, content)?;
    }
    raw::insert(tx, key, &content.raw)?;
    insert_aliases(tx, key, &content.headers.alias_ids)?;
    insert_people(tx, key, &content.headers)?;
    insert_attachments(tx, key, &content.attachments)?;
    insert_body(tx, key, content)?;
    Ok(key)
}

/// Who goes by this id, or, of ours, went by it before a relay gave it another; in whose place it is shown; whether the id
/// is its own.
const TWINS: &str =
    "SELECT coalesce(instance_of, key) AS shown, body_hash, direction, 1 AS own FROM message
     WHERE message_id = ?1 AND message_id <> ''
     UNION ALL
     SELECT coalesce(m.instance_of, m.key), m.body_hash, m.direction, 0
     FROM message_alias AS a JOIN message AS m ON m.key = a.message WHERE a.id = ?1";

/// The first message with the same text and the same Message-ID, of now or of before a relay changed it (Outlook does),
/// whichever came first; and whether one has the same id with another text. An id of before is believed of ours only:
/// anyone could write one into a header and so hide what others have sent.
fn twins(tx: &Transaction<'_>, content: &Content, ours: bool) -> Result<(Option<i64>, bool)> {
    let Headers { message_id, alias_ids, .. } = &content.headers;
    let own = message_id.iter().map(|id| (id, true));
    let aliases = alias_ids.iter().filter(|_| ours).map(|id| (id, false));
    let mut query = tx.prepare_cached(TWINS)?;
    let (mut same, mut others) = (BTreeSet::new(), false);
    for (id, is_own) in own.chain(aliases) {
        let mut rows = query.query([id.as_str()])?;
        while let Some(row) = rows.next()? {
            let hash: Vec<u8> = row.get("body_hash")?;
            let exact = is_own && row.get("own")?;
            let inbound = row.get::<_, i64>("direction")? == direction_code(Direction::Inbound);
            if !exact && (inbound || !ours) {
                continue;
            }
            if hash.as_slice() == content.body_hash.as_slice() {
                same.insert(row.get::<_, i64>("shown")?);
            } else {
                others |= exact;
            }
        }
    }
    let mut same = same.into_iter();
    let first = same.next();
    // It shows that two which were taken for different ones are the same.
    for other in same {
        tx.prepare_cached(
            "UPDATE message SET instance_of = ?1 WHERE (key = ?2 OR instance_of = ?2) AND direction <> 0",
        )?
        .execute(params![first, other])?;
    }
    Ok((first, first.is_none() && others))
}

/// All messages that share the id are suspect, whichever came first.
fn flag_collision(tx: &Transaction<'_>, content: &Content) -> Result<()> {
    let id = content.headers.message_id.as_ref().map_or("", MessageId::as_str);
    let bit = Bits { id_collision: true, ..Bits::default() }.code();
    tx.prepare_cached(
        "UPDATE message SET bits = bits | ?2 WHERE message_id = ?1 AND message_id <> ''",
    )?
    .execute(params![id, bit])?;
    Ok(())
}

fn insert_aliases(tx: &Transaction<'_>, key: MessageKey, aliases: &[MessageId]) -> Result<()> {
    for id in aliases {
        tx.prepare_cached("INSERT OR IGNORE INTO message_alias (id, message) VALUES (?1, ?2)")?
            .execute(params![id.as_str(), key.get()])?;
    }
    Ok(())
}

fn insert_people(tx: &Transaction<'_>, key: MessageKey, headers: &Headers) -> Result<()> {
    let mut insert = tx.prepare_cached(
        "INSERT INTO correspondent (message, kind, position, key, spelled, name) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    for (kind, people) in content::correspondents(headers) {
        for (position, named) in people.iter().enumerate() {
            insert.execute(params![
                key.get(),
                kind.code(),
                int(position),
                named.address.key(),
                named.address.as_str(),
                named.name.as_deref().unwrap_or_default(),
            ])?;
        }
    }
    Ok(())
}

fn insert_attachments(
    tx: &Transaction<'_>,
    key: MessageKey,
    attachments: &[NewAttachment],
) -> Result<()> {
    for a in attachments {
        tx.prepare_cached(
            "INSERT INTO attachment (message, part, name, media_type, size, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            key.get(),
            a.part,
            a.name,
            a.media_type,
            int(a.size),
            a.hash.as_slice()
        ])?;
    }
    Ok(())
}

fn insert_body(tx: &Transaction<'_>, key: MessageKey, content: &Content) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO body (message, people, files, folded, text, quoted, in_reply_to, refs)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?
    .execute(params![
        key.get(),
        content.indexed.people,
        content.indexed.files,
        content.indexed.folded,
        content.text,
        content.quoted,
        ids_text(&content.headers.in_reply_to),
        ids_text(&content.headers.references),
    ])?;
    Ok(())
}

/// The columns that [`message_row`] reads, of a table named `m`; they must come first.
pub(crate) const COLUMNS: &str = "m.key, m.thread, m.account, m.at, m.received_reason, m.header_date, m.internal_date,
    m.accepted_at, m.direction, m.origin, m.origin_data, m.unread, m.bits, m.words, m.size, m.instance_of,
    m.message_id, m.body_hash, m.from_name, m.from_key, m.subject, m.base_subject, m.faults";

/// Reads by place and not by name: a name is compared with every column, and this is read for each message of each
/// conversation that changes.
pub(crate) fn message_row(row: &Row<'_>) -> rusqlite::Result<MessageRow> {
    let mut next = InOrder { row, at: 0 };
    Ok(MessageRow {
        key: MessageKey::new(next.take()?),
        thread: ThreadId::new(next.take()?),
        account: AccountId::new(next.take()?),
        at: instant(next.take()?)?,
        at_reason: TimeReason::from_code(next.take()?)?,
        header_date: instant_opt(next.take()?)?,
        internal_date: instant_opt(next.take()?)?,
        accepted_at: instant_opt(next.take()?)?,
        direction: direction(next.take()?)?,
        origin: origin(next.take()?, &next.take::<String>()?)?,
        unread: next.take()?,
        bits: Bits::from_code(next.take()?),
        words: small(next.take()?),
        size: count(next.take()?),
        instance_of: next.take::<Option<i64>>()?.map(MessageKey::new),
        message_id: MessageId::new(&next.take::<String>()?),
        body_hash: next.take()?,
        from_name: next.take()?,
        from_key: next.take()?,
        subject: next.take()?,
        base_subject: next.take()?,
        faults: next.take()?,
    })
}

/// The columns of a row, one after the other.
struct InOrder<'a, 's> {
    row: &'a Row<'s>,
    at: usize,
}

impl InOrder<'_, '_> {
    fn take<T: FromSql>(&mut self) -> rusqlite::Result<T> {
        let value = self.row.get(self.at);
        self.at = self.at.saturating_add(1);
        value
    }
}

/// One message.
pub fn get(conn: &Connection, key: MessageKey) -> Result<MessageRow> {
    let sql = format!("SELECT {COLUMNS} FROM message AS m WHERE m.key = ?1");
    let row = conn.prepare_cached(&sql)?.query_row([key.get()], message_row).optional()?;
    row.ok_or(StoreError::NotFound { what: "message" })
}

/// The messages of a conversation, oldest first, copies included. The order is the same whatever order they came in.
pub fn of_thread(conn: &Connection, thread: ThreadId) -> Result<Vec<MessageRow>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM message AS m WHERE m.thread = ?1 ORDER BY m.at, m.direction, m.hash"
    );
    let mut query = conn.prepare_cached(&sql)?;
    let rows = query.query_map([thread.get()], message_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The text of a message.
pub fn body(conn: &Connection, key: MessageKey) -> Result<BodyRow> {
    let mut query = conn.prepare_cached("SELECT text, quoted FROM body WHERE message = ?1")?;
    let row = query.query_row([key.get()], |row| {
        Ok(BodyRow { text: row.get("text")?, quoted: row.get("quoted")? })
    });
    row.optional()?.ok_or(StoreError::NotFound { what: "message" })
}

/// What was newly written in a message, without the quoted tail.
pub fn text(conn: &Connection, key: MessageKey) -> Result<String> {
    let mut query = conn.prepare_cached("SELECT text FROM body WHERE message = ?1")?;
    let text = query.query_row([key.get()], |row| row.get(0));
    text.optional()?.ok_or(StoreError::NotFound { what: "message" })
}

/// The headers of a message, as they were decoded when it came.
pub fn headers(conn: &Connection, key: MessageKey) -> Result<Headers> {
    let row = get(conn, key)?;
    let mut headers = Headers {
        message_id: row.message_id,
        subject: row.subject,
        date: row.header_date,
        ..Headers::default()
    };
    let (reply, refs): (String, String) = conn
        .prepare_cached("SELECT in_reply_to, refs FROM body WHERE message = ?1")?
        .query_row([key.get()], |row| Ok((row.get(0)?, row.get(1)?)))?;
    headers.in_reply_to = ids(&reply);
    headers.references = ids(&refs);
    let mut aliases =
        conn.prepare_cached("SELECT id FROM message_alias WHERE message = ?1 ORDER BY id")?;
    for id in aliases.query_map([key.get()], |row| row.get::<_, String>(0))? {
        headers.alias_ids.extend(MessageId::new(&id?));
    }
    for (kind, named) in correspondents(conn, key)? {
        match kind {
            Kind::From => headers.from.push(named),
            Kind::Sender => headers.sender = Some(named),
            Kind::ReplyTo => headers.reply_to.push(named),
            Kind::To => headers.to.push(named),
            Kind::Cc => headers.cc.push(named),
            Kind::Bcc => headers.bcc.push(named),
        }
    }
    Ok(headers)
}

pub(crate) fn correspondents(
    conn: &Connection,
    key: MessageKey,
) -> Result<Vec<(Kind, NamedAddress)>> {
    let mut query = conn.prepare_cached(
        "SELECT kind, spelled, name FROM correspondent WHERE message = ?1 ORDER BY kind, position",
    )?;
    let rows = query.query_map([key.get()], correspondent)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Reads `kind`, `spelled` and `name`.
pub(crate) fn correspondent(row: &Row<'_>) -> rusqlite::Result<(Kind, NamedAddress)> {
    let kind = match row.get::<_, i64>("kind")? {
        0 => Kind::From,
        1 => Kind::Sender,
        2 => Kind::ReplyTo,
        3 => Kind::To,
        4 => Kind::Cc,
        5 => Kind::Bcc,
        _ => return Err(broken("address kind")),
    };
    let spelled: String = row.get("spelled")?;
    let address = EmailAddress::parse(&spelled).map_err(|_| broken("address"))?;
    let name: String = row.get("name")?;
    Ok((kind, NamedAddress { name: (!name.is_empty()).then_some(name), address }))
}

/// The attachments of a message, in the order of its parts.
pub fn attachments(conn: &Connection, key: MessageKey) -> Result<Vec<AttachmentRow>> {
    let mut query = conn.prepare_cached(
        "SELECT id, message, part, name, media_type, size, hash FROM attachment WHERE message = ?1 ORDER BY id",
    )?;
    let rows = query.query_map([key.get()], |row| {
        Ok(AttachmentRow {
            id: AttachmentId::new(row.get("id")?),
            message: MessageKey::new(row.get("message")?),
            part: row.get("part")?,
            name: row.get("name")?,
            media_type: row.get("media_type")?,
            size: count(row.get("size")?),
            hash: row.get("hash")?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Marks the messages of a conversation as read. Returns those that were not.
pub fn mark_read(tx: &Transaction<'_>, thread: ThreadId) -> Result<Vec<MessageKey>> {
    let thread = threads::current(tx, thread)?;
    let mut update = tx.prepare_cached(
        "UPDATE message SET unread = 0 WHERE thread = ?1 AND unread = 1 RETURNING key",
    )?;
    let rows = update.query_map([thread.get()], |row| row.get(0).map(MessageKey::new))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Sets whether one message is unread (another program read it; undo).
pub fn set_unread(tx: &Transaction<'_>, key: MessageKey, unread: bool) -> Result<()> {
    tx.prepare_cached("UPDATE message SET unread = ?2 WHERE key = ?1")?
        .execute(params![key.get(), unread])?;
    Ok(())
}

/// Our relay accepted this message then: its time counts from there on, not from a copy's `Date`.
pub fn set_accepted(tx: &Transaction<'_>, key: MessageKey, at: Timestamp) -> Result<()> {
    tx.prepare_cached(
        "UPDATE message SET accepted_at = ?2, at = ?2, received_reason = ?3 WHERE key = ?1",
    )?
    .execute(params![key.get(), micros(at), TimeReason::Accepted.code()])?;
    Ok(())
}
