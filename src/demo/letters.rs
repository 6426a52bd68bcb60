//! From a conversation's notation to letters in mailboxes.
//!
//! Owns threading headers, quotes, signatures, and the odd ones out: lists, automatic answers, reports, invitations,
//! broken and doubled letters.

use jiff::Timestamp;

use super::{
    cast::{self, Person},
    dates::Dice,
    encoding::crlf,
    files,
    hours::Hours,
    language::Language,
    mail::{Attachment, Body, Charset, Letter, rfc5322_date},
    office::{OfficeMail, OfficeMatter},
    script::{Conversation, Line},
};

/// What the letters of one conversation share.
pub(super) struct Context<'a> {
    pub hours: &'a Hours,
    pub now: Timestamp,
    pub matter: Option<&'a OfficeMatter>,
    pub plot: &'a str,
    pub times: &'a [Timestamp],
}

impl Context<'_> {
    /// The person whom the texts call so; `client` is the matter's first party.
    fn person(&self, key: &str) -> Option<&'static Person> {
        if key == "client" {
            return self.matter?.parties.first().map(|(person, _)| *person);
        }
        cast::find(key)
    }
}

/// A conversation as mail.
#[derive(Default)]
pub(super) struct Told {
    pub mail: Vec<OfficeMail>,
    pub first_id: Option<String>,
}

const FOOTER: &str = "This message is confidential and may be privileged. If it reached you in error, please tell us and delete it.";

/// Writes a conversation's letters.
pub(super) fn write(
    conversation: &Conversation<'_>,
    context: &Context<'_>,
    dice: &mut Dice,
) -> Told {
    let mut told = Told::default();
    let mut ids: Vec<String> = Vec::new();
    for (at, line) in conversation.lines.iter().enumerate() {
        let Some(from) = context.person(line.from) else { continue };
        let Some(time) = context.times.get(at).copied() else { continue };
        let domain = from.address.rsplit('@').next().unwrap_or_default();
        let id = format!("{}.{}@{domain}", time.as_second(), dice.word());
        // A letter that crossed another in the post answers the one before that.
        let known = if line.marks.contains(&"crossed") { at.saturating_sub(1) } else { at };
        let references = ids.iter().take(known).cloned().collect();
        let scene = Scene {
            conversation,
            context,
            at,
            line,
            from,
            time,
            language: Language::of(context.plot),
        };
        let letter = scene.letter(id.clone(), references);
        let answered =
            conversation.lines.iter().skip(at.saturating_add(1)).any(|later| later.from == "us");
        told.mail.extend(scene.file(&letter, answered));
        ids.push(id);
    }
    told.first_id = ids.into_iter().next();
    told
}

/// One letter in its conversation.
struct Scene<'a> {
    conversation: &'a Conversation<'a>,
    context: &'a Context<'a>,
    at: usize,
    line: &'a Line<'a>,
    from: &'static Person,
    time: Timestamp,
    language: Language,
}

impl<'a> Scene<'a> {
    fn is(&self, mark: &str) -> bool {
        self.line.marks.contains(&mark)
    }

    fn before(&self) -> Option<(&'a Line<'a>, Timestamp)> {
        let known = if self.is("crossed") { 2 } else { 1 };
        let at = self.at.checked_sub(known)?;
        Some((self.conversation.lines.get(at)?, self.context.times.get(at).copied()?))
    }

    fn letter(&self, id: String, references: Vec<String>) -> Letter<'a> {
        let charset = match () {
            () if self.is("latin1") => Charset::Latin1,
            () if self.is("jis") => Charset::Japanese,
            () => Charset::Utf8,
        };
        Letter {
            from: self.from,
            to: self.to(),
            cc: people(&self.line.cc),
            subject: self.subject(),
            date: self.time,
            zone: &self.context.hours.zone,
            id,
            references,
            extra: self.extra(),
            charset,
            body: self.body(),
            attachments: self.attachments(),
        }
    }

    fn to(&self) -> Vec<&'static Person> {
        if !self.line.to.is_empty() {
            return people(&self.line.to);
        }
        if self.from.key != "us" {
            return people(&["us"]);
        }
        let written = self.conversation.lines.iter().take(self.at).rev();
        let answered = written.map(|line| line.from).find(|key| *key != "us");
        if let Some(person) = answered.and_then(|key| self.context.person(key)) {
            return vec![person];
        }
        // Our first letter goes to the client.
        let parties = self.context.matter.map(|matter| matter.parties.as_slice());
        parties.and_then(<[_]>::first).map(|(person, _)| *person).into_iter().collect()
    }

    fn subject(&self) -> String {
        let subject = self.filled(self.conversation.subject);
        if self.is("auto") {
            let answer = self.language.automatic();
            format!("{answer}: {subject}")
        } else if self.is("dsn") {
            "Undelivered Mail Returned to Sender".to_owned()
        } else if self.at == 0 {
            subject
        } else if self.language == Language::German {
            format!("AW: {subject}")
        } else {
            format!("Re: {subject}")
        }
    }

    fn extra(&self) -> Vec<(&'static str, String)> {
        let mut extra = Vec::new();
        if self.is("auto") {
            extra.push(("Auto-Submitted", "auto-replied".to_owned()));
            extra.push(("X-Auto-Response-Suppress", "All".to_owned()));
        }
        if self.is("dsn") {
            extra.push(("Auto-Submitted", "auto-replied".to_owned()));
        }
        if self.is("weak") {
            extra.push(("X-Auto-Response-Suppress", "OOF, AutoReply".to_owned()));
        }
        if self.is("list") {
            let domain = self.from.address.rsplit('@').next().unwrap_or_default();
            extra.push(("List-Id", format!("{} <list.{domain}>", self.from.name)));
            extra.push(("List-Unsubscribe", format!("<mailto:leave@{domain}>")));
            extra.push(("Precedence", "bulk".to_owned()));
        }
        if self.from.key == "spoof" {
            extra.push(("Reply-To", "dana.whitfield@quickpost.example".to_owned()));
        }
        extra
    }

    /// Text with its holes filled: the matter's number, the client's first name, dates near the letter's.
    fn filled(&self, text: &str) -> String {
        let mut out = text.to_owned();
        if let Some(matter) = self.context.matter {
            out = out.replace("{number}", matter.number.as_str()).replace("{matter}", matter.name);
            let client = matter.parties.first().map_or("", |(person, _)| person.name);
            out = out.replace("{client}", client.split(' ').next().unwrap_or_default());
        }
        let mut date = self.context.hours.date(self.time);
        for days in 0..=9 {
            out = out.replace(&format!("{{+{days}}}"), &self.language.date(date));
            date = Hours::working_day_after(date);
        }
        let mut date = self.context.hours.date(self.time);
        for days in 1..=9 {
            date = Hours::working_day_before(date);
            out = out.replace(&format!("{{-{days}}}"), &self.language.date(date));
        }
        out
    }

    /// The letter's own words, its signature, and what it answers.
    fn text(&self) -> String {
        let mut text = self.filled(&self.line.text);
        if self.is("auto") || self.is("list") || self.is("dsn") {
            return text;
        }
        let ours = self.from.key == "us";
        let signature = if ours { self.language.our_signature() } else { self.from.signature };
        if !signature.is_empty() {
            text.push_str("\n\n");
            text.push_str(signature);
        }
        if ours {
            text.push_str("\n\n-- \n");
            text.push_str(FOOTER);
        }
        if let Some((line, at)) = self.before() {
            let name = self.context.person(line.from).map_or("", |person| person.name);
            text.push_str("\n\n");
            text.push_str(&self.language.wrote(name, at, self.context.hours));
            for quoted in self.filled(&line.text).lines() {
                text.push_str(if quoted.is_empty() { "\n>" } else { "\n> " });
                text.push_str(quoted);
            }
        }
        text
    }

    fn body(&self) -> Body {
        let text = self.text();
        if self.is("dsn") {
            return self.report(text);
        }
        if self.is("ics") {
            return Body::Invitation { calendar: self.invitation(), text };
        }
        if self.is("html") {
            return Body::Html(html(&text));
        }
        if self.is("alt") || matches!(self.from.key, "priya" | "pryce" | "kent") {
            return Body::Alternative { html: html(&text), text };
        }
        Body::Text(text)
    }

    fn attachments(&self) -> Vec<Attachment> {
        self.line.files.iter().filter_map(|spec| files::file(spec)).collect()
    }

    /// A report that the letter before could not be delivered.
    fn report(&self, text: String) -> Body {
        let lost = self.before().map(|(line, _)| people(&line.to)).unwrap_or_default();
        let address = lost.first().map_or("nobody@mail.example", |person| person.address);
        let status = format!(
            "Reporting-MTA: dns; mail.example\nArrival-Date: {}\n\nFinal-Recipient: rfc822; {address}\nOriginal-Recipient: rfc822; {address}\nAction: failed\nStatus: 5.2.2\nRemote-MTA: dns; mx.{}\nDiagnostic-Code: smtp; 552 5.2.2 mailbox full",
            rfc5322_date(self.time, &self.context.hours.zone),
            address.rsplit('@').next().unwrap_or_default(),
        );
        let sent = self.conversation.lines.get(self.at.saturating_sub(1));
        let subject = sent.map(|_| self.filled(self.conversation.subject)).unwrap_or_default();
        Body::Report {
            text,
            status,
            returned: format!(
                "From: {}\nTo: {address}\nSubject: {subject}\nMessage-ID: {{returned}}",
                cast::OWNER
            ),
        }
    }

    /// An invitation for eleven o'clock on the next working day.
    fn invitation(&self) -> String {
        let date = Hours::working_day_after(self.context.hours.date(self.context.now));
        let (opens, _) = self.context.hours.day(date);
        let utc = |hours: i64| {
            let second = opens.as_second().saturating_add(hours.saturating_mul(3600));
            let at = Timestamp::from_second(second).unwrap_or(opens);
            at.strftime("%Y%m%dT%H%M%SZ").to_string()
        };
        format!(
            "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//Practice office//EN\nMETHOD:REQUEST\nBEGIN:VEVENT\nUID:{}-{}@{}\nDTSTAMP:{}\nDTSTART:{}\nDTEND:{}\nSUMMARY:{}\nORGANIZER;CN={}:mailto:{}\nATTENDEE;RSVP=TRUE;PARTSTAT=NEEDS-ACTION:mailto:{}\nEND:VEVENT\nEND:VCALENDAR\n",
            self.from.key,
            self.time.as_second(),
            self.from.address.rsplit('@').next().unwrap_or_default(),
            self.time.strftime("%Y%m%dT%H%M%SZ"),
            utc(2),
            utc(3),
            self.filled(self.conversation.subject),
            self.from.name,
            self.from.address,
            cast::OWNER,
        )
    }

    /// The letter in the owner's folders.
    fn file(&self, letter: &Letter<'_>, answered: bool) -> Vec<OfficeMail> {
        let mut raw = letter.bytes();
        if let Some(parent) = letter.references.last() {
            // The report's returned header names the letter that was lost.
            raw = replaced(&raw, b"{returned}", format!("<{parent}>").as_bytes());
        }
        if self.from.key == "us" {
            return vec![OfficeMail {
                folder: "Sent",
                raw,
                flags: vec!["\\Seen"],
                internal_date: self.time,
            }];
        }
        let domain = self.from.address.rsplit('@').next().unwrap_or_default();
        let received = format!(
            "Received: from mail.{domain} by mx.marlowefinch.example with ESMTPS; {}",
            rfc5322_date(self.time, &self.context.hours.zone)
        );
        let mut flags = Vec::new();
        let last = self.at.saturating_add(1) == self.conversation.lines.len();
        if answered || !(last || self.is("clock")) || self.is("seen") {
            flags.push("\\Seen");
        }
        if answered {
            flags.push("\\Answered");
        }
        if self.is("starred") {
            flags.push("\\Flagged");
        }
        if self.is("broken") {
            raw = broken(&raw);
        }
        let trace = [crlf(&received).into_bytes(), raw.clone()].concat();
        let first = OfficeMail { folder: "INBOX", raw: trace, flags, internal_date: self.time };
        if !self.is("twice") {
            return vec![first];
        }
        let later = self.time.as_second().saturating_add(180).min(self.context.now.as_second());
        let head = "Received: from lists.marlowefinch.example by mx.marlowefinch.example\nList-Id: Marlowe Finch team <team.marlowefinch.example>";
        let copy = OfficeMail {
            folder: "INBOX",
            raw: [crlf(head).into_bytes(), raw].concat(),
            flags: Vec::new(),
            internal_date: Timestamp::from_second(later).unwrap_or(self.time),
        };
        vec![first, copy]
    }
}

fn people(keys: &[&str]) -> Vec<&'static Person> {
    keys.iter().filter_map(|key| cast::find(key)).collect()
}

/// Cut inside a header field, with a control and bytes of no charset: as a broken gateway leaves it.
fn broken(raw: &[u8]) -> Vec<u8> {
    let end = raw.windows(14).position(|w| w == b"\r\nMIME-Version").unwrap_or(raw.len());
    let mut out = raw.get(..end).unwrap_or_default().to_vec();
    out.extend(b"\r\nContent-Type: multipart/mixed; boundary=\"=_\x01\xff\xfe");
    out
}

fn replaced(bytes: &[u8], what: &[u8], with: &[u8]) -> Vec<u8> {
    match bytes.windows(what.len()).position(|window| window == what) {
        Some(at) => {
            let (before, rest) = bytes.split_at(at);
            [before, with, rest.get(what.len()..).unwrap_or_default()].concat()
        }
        None => bytes.to_vec(),
    }
}

/// Paragraphs as a mail client's editor writes them.
fn html(text: &str) -> String {
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let mut out = String::from("<html><head><style>p{margin:0 0 1em}</style></head><body>\n");
    for paragraph in escaped.split("\n\n") {
        out.push_str("<p>");
        out.push_str(&paragraph.replace('\n', "<br>\n"));
        out.push_str("</p>\n");
    }
    out.push_str("</body></html>\n");
    out
}
