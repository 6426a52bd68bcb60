//! A record in a throw-away folder, and messages to put in it.

use std::path::Path;

use jiff::Timestamp;
use matterbox::{
    domain::{
        address::{EmailAddress, NamedAddress},
        confidential::Confidential,
        id::{AccountId, MessageKey, ThreadId},
        message::{Direction, Flags, Headers, MessageId, Origin},
        threading,
    },
    store::{
        Absent, KdfCost, Result, Store, accounts,
        mailboxes::{self, NewMailbox, Stored},
        messages::{self, Bits, Content, Indexed, NewMessage, TimeReason},
        raw::Packed,
        threads,
    },
};
use rusqlite::Transaction;
use sha2::{Digest, Sha256};

pub fn passphrase() -> Confidential<String> {
    Confidential::from("correct horse battery staple")
}

pub fn open(folder: &Path) -> Result<Store> {
    Store::open(folder, &passphrase(), Absent::Create(KdfCost::CHEAP))
}

pub fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_795_000_000 + second).unwrap()
}

pub fn address(text: &str) -> EmailAddress {
    EmailAddress::parse(text).unwrap()
}

pub fn named(name: &str, text: &str) -> NamedAddress {
    NamedAddress { name: Some(name.to_owned()), address: address(text) }
}

/// A message to be stored, with the parts that tests vary.
#[derive(Clone)]
pub struct Mail {
    pub id: String,
    pub subject: String,
    pub reply_to: String,
    pub text: String,
    pub second: i64,
    pub direction: Direction,
    pub from: NamedAddress,
    pub to: NamedAddress,
}

impl Mail {
    pub fn new(id: &str, subject: &str) -> Self {
        Self {
            id: id.to_owned(),
            subject: subject.to_owned(),
            reply_to: String::new(),
            text: "Can he do that?".to_owned(),
            second: 0,
            direction: Direction::Inbound,
            from: named("Kofi Mensah", "kofi@mensah.example"),
            to: named("Alice Tan", "alice@firm.example"),
        }
    }

    pub fn answering(mut self, id: &str) -> Self {
        id.clone_into(&mut self.reply_to);
        self
    }

    pub fn saying(mut self, text: &str) -> Self {
        text.clone_into(&mut self.text);
        self
    }

    pub fn at(mut self, second: i64) -> Self {
        self.second = second;
        self
    }

    pub fn sent(mut self) -> Self {
        self.direction = Direction::Outbound;
        std::mem::swap(&mut self.from, &mut self.to);
        self
    }

    pub fn raw(&self) -> Vec<u8> {
        format!("Message-ID: <{}>\r\nSubject: {}\r\n\r\n{}\r\n", self.id, self.subject, self.text)
            .into_bytes()
    }

    pub fn headers(&self) -> Headers {
        Headers {
            message_id: MessageId::new(&self.id),
            in_reply_to: MessageId::new(&self.reply_to).into_iter().collect(),
            subject: self.subject.clone(),
            from: vec![self.from.clone()],
            to: vec![self.to.clone()],
            date: Some(at(self.second)),
            ..Headers::default()
        }
    }

    /// Threads and stores it, as ingest does.
    pub fn store(
        &self,
        tx: &Transaction<'_>,
        account: AccountId,
    ) -> Result<(MessageKey, ThreadId)> {
        let raw = self.raw();
        let hash: [u8; 32] = Sha256::digest(&raw).into();
        if let Some(key) = messages::by_hash(tx, &hash)? {
            return Ok((key, messages::get(tx, key)?.thread));
        }
        let headers = self.headers();
        let base = self.subject.trim_start_matches("Re: ").to_owned();
        let placed = threads::place(tx, &threading::nodes(&headers, &base, &hash))?;
        let indexed = Indexed::of(&headers, &self.text, "", &[], "");
        let content = Content {
            hash,
            headers,
            base_subject: base,
            origin: Origin::Person,
            words: 4,
            body_hash: Sha256::digest(self.text.as_bytes()).into(),
            text: self.text.clone(),
            quoted: String::new(),
            faults: String::new(),
            attachments: Vec::new(),
            indexed,
            raw: Packed::pack(&raw)?,
        };
        let message = NewMessage {
            content: &content,
            account,
            thread: placed.thread,
            direction: self.direction,
            at: at(self.second),
            at_reason: TimeReason::InternalDate,
            internal_date: Some(at(self.second)),
            accepted_at: None,
            unread: self.direction == Direction::Inbound,
            bits: Bits { question: self.text.contains('?'), ..Bits::default() },
        };
        let key = messages::insert(tx, &message)?;
        threads::refresh(tx, [placed.thread])?;
        Ok((key, placed.thread))
    }
}

pub fn account(tx: &Transaction<'_>) -> Result<AccountId> {
    accounts::ensure(tx, "office", "alice@firm.example", at(0))
}

pub fn inbox() -> NewMailbox {
    NewMailbox {
        raw_name: b"INBOX".to_vec(),
        name: "INBOX".to_owned(),
        delimiter: "/".to_owned(),
        role: "inbox".to_owned(),
    }
}

/// Stores these messages in the inbox, UIDs from 1, each in the ledger; gives their keys and threads.
pub fn fill(store: &Store, mails: &[Mail]) -> Vec<(MessageKey, ThreadId)> {
    let mails = mails.to_vec();
    store
        .write_blocking("fill", move |tx| {
            let account = account(tx)?;
            let mailbox = mailboxes::ensure(tx, account, &inbox())?;
            let mut out = Vec::new();
            for (uid, mail) in (1..).zip(&mails) {
                let (key, thread) = mail.store(tx, account)?;
                mailboxes::mark_stored(
                    tx,
                    mailbox,
                    &[Stored { uid, message: key, flags: Flags::default() }],
                )?;
                out.push((key, thread));
            }
            Ok(out)
        })
        .unwrap()
}
