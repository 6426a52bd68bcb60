//! Letters of the practice office as RFC 5322 bytes.
//!
//! Owns header folding, encoded words, transfer encodings and multiparts, as a careful sender would write them. It
//! never mends a malformed letter: some are meant to be so.

use std::fmt::Write as _;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use jiff::{Timestamp, tz::TimeZone};

use super::{
    cast::Person,
    encoding::{base64_lines, crlf, quoted_printable},
};

/// A date as in `Date` and `Received` (RFC 5322 §3.3), in the given zone.
pub(super) fn rfc5322_date(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned_datetime(zone.clone()).strftime("%a, %d %b %Y %H:%M:%S %z").to_string()
}

/// How the text of a letter is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Charset {
    /// UTF-8: as it is where it is ASCII, else quoted-printable or (mostly non-Latin text) base64.
    Utf8,
    /// ISO-8859-1 in quoted-printable, as older clients write German.
    Latin1,
    /// ISO-2022-JP, as Japanese clients still write it.
    Japanese,
}

/// A file in a letter.
#[derive(Clone)]
pub(super) struct Attachment {
    pub name: String,
    pub media_type: &'static str,
    pub bytes: Vec<u8>,
}

/// The body of a letter.
#[derive(Clone)]
pub(super) enum Body {
    Text(String),
    Html(String),
    /// Both, as multipart/alternative.
    Alternative {
        text: String,
        html: String,
    },
    /// A text and an invitation (RFC 6047).
    Invitation {
        text: String,
        calendar: String,
    },
    /// A delivery report (RFC 3464): notice, status fields, returned header.
    Report {
        text: String,
        status: String,
        returned: String,
    },
}

/// A letter to be.
pub(super) struct Letter<'a> {
    pub from: &'a Person,
    pub to: Vec<&'a Person>,
    pub cc: Vec<&'a Person>,
    pub subject: String,
    pub date: Timestamp,
    pub zone: &'a TimeZone,
    /// Without brackets.
    pub id: String,
    /// Without brackets, oldest first; the last one is the parent.
    pub references: Vec<String>,
    /// Further fields, in order.
    pub extra: Vec<(&'static str, String)>,
    pub charset: Charset,
    pub body: Body,
    pub attachments: Vec<Attachment>,
}

impl Letter<'_> {
    /// The bytes, lines ended by CRLF.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut head = String::new();
        field(&mut head, "Date", &rfc5322_date(self.date, self.zone));
        field(&mut head, "From", &address(self.from));
        field(&mut head, "To", &addresses(&self.to));
        if !self.cc.is_empty() {
            field(&mut head, "Cc", &addresses(&self.cc));
        }
        field(&mut head, "Subject", &encoded(&self.subject, self.charset));
        field(&mut head, "Message-ID", &format!("<{}>", self.id));
        if let Some(parent) = self.references.last() {
            field(&mut head, "In-Reply-To", &format!("<{parent}>"));
            let all: Vec<String> = self.references.iter().map(|id| format!("<{id}>")).collect();
            field(&mut head, "References", &all.join("\r\n "));
        }
        for (name, value) in &self.extra {
            field(&mut head, name, value);
        }
        field(&mut head, "MIME-Version", "1.0");
        let body = self.body_part();
        let part = if self.attachments.is_empty() {
            body
        } else {
            let files = self.attachments.iter().map(attachment_part);
            let parts = std::iter::once(body).chain(files).collect();
            multipart("mixed", "", &self.boundary("mix"), parts)
        };
        let mut bytes = head.into_bytes();
        bytes.extend(part);
        bytes
    }

    fn boundary(&self, kind: &str) -> String {
        let local = self.id.split('@').next().unwrap_or_default();
        format!("={kind}={local}=")
    }

    fn body_part(&self) -> Vec<u8> {
        match &self.body {
            Body::Text(text) => text_part("plain", text, self.charset),
            Body::Html(html) => text_part("html", html, self.charset),
            Body::Alternative { text, html } => multipart(
                "alternative",
                "",
                &self.boundary("alt"),
                vec![text_part("plain", text, self.charset), text_part("html", html, self.charset)],
            ),
            Body::Invitation { text, calendar } => {
                let invitation = format!(
                    "Content-Type: text/calendar; charset=utf-8; method=REQUEST\r\nContent-Transfer-Encoding: 7bit\r\n\r\n{}",
                    crlf(calendar)
                );
                multipart(
                    "alternative",
                    "",
                    &self.boundary("alt"),
                    vec![text_part("plain", text, self.charset), invitation.into_bytes()],
                )
            }
            Body::Report { text, status, returned } => {
                let status =
                    format!("Content-Type: message/delivery-status\r\n\r\n{}", crlf(status));
                let returned = format!(
                    "Content-Type: text/rfc822-headers; charset=us-ascii\r\n\r\n{}",
                    crlf(returned)
                );
                multipart(
                    "report",
                    "; report-type=delivery-status",
                    &self.boundary("dsn"),
                    vec![
                        text_part("plain", text, Charset::Utf8),
                        status.into_bytes(),
                        returned.into_bytes(),
                    ],
                )
            }
        }
    }
}

fn field(head: &mut String, name: &str, value: &str) {
    head.push_str(name);
    head.push_str(": ");
    head.push_str(value);
    head.push_str("\r\n");
}

/// Name and address, the name quoted or encoded as it needs.
fn address(person: &Person) -> String {
    let name = person.name;
    if name.is_ascii() {
        let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == ' ' || c == '-');
        if plain {
            format!("{name} <{}>", person.address)
        } else {
            format!("\"{name}\" <{}>", person.address)
        }
    } else {
        format!("{} <{}>", encoded(name, Charset::Utf8), person.address)
    }
}

fn addresses(people: &[&Person]) -> String {
    people.iter().map(|person| address(person)).collect::<Vec<_>>().join(",\r\n ")
}

/// Text of a header: as it is, or in encoded words of at most 75 characters (RFC 2047).
fn encoded(text: &str, charset: Charset) -> String {
    if text.is_ascii() {
        return text.to_owned();
    }
    let mut words = Vec::new();
    let mut piece = String::new();
    for c in text.chars() {
        // A word holds whole characters: 42 bytes become 56 of base64.
        if piece.len().saturating_add(c.len_utf8()) > 42 {
            words.push(std::mem::take(&mut piece));
        }
        piece.push(c);
    }
    words.push(piece);
    let words: Vec<String> = words
        .iter()
        .map(|word| {
            let (name, bytes) = in_charset(word, charset);
            format!("=?{name}?B?{}?=", STANDARD.encode(bytes))
        })
        .collect();
    words.join("\r\n ")
}

fn in_charset(text: &str, charset: Charset) -> (&'static str, Vec<u8>) {
    match charset {
        Charset::Utf8 => ("utf-8", text.as_bytes().to_vec()),
        Charset::Latin1 => ("iso-8859-1", encoding_rs::WINDOWS_1252.encode(text).0.into_owned()),
        Charset::Japanese => ("iso-2022-jp", encoding_rs::ISO_2022_JP.encode(text).0.into_owned()),
    }
}

fn text_part(subtype: &str, text: &str, charset: Charset) -> Vec<u8> {
    let text = crlf(text);
    let (name, bytes) = in_charset(&text, charset);
    // ISO-2022-JP is seven bits by design.
    let (encoding, written) =
        if bytes.is_ascii() && text.split("\r\n").all(|line| line.len() <= 900) {
            ("7bit", bytes)
        } else if bytes.iter().filter(|b| !b.is_ascii()).count() > bytes.len() / 4 {
            ("base64", base64_lines(&bytes).into_bytes())
        } else {
            ("quoted-printable", quoted_printable(&bytes).into_bytes())
        };
    let mut part = format!(
        "Content-Type: text/{subtype}; charset={name}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
    )
    .into_bytes();
    part.extend(written);
    part
}

fn attachment_part(file: &Attachment) -> Vec<u8> {
    let name = if file.name.is_ascii() {
        format!("filename=\"{}\"", file.name)
    } else {
        let mut escaped = String::new();
        for byte in file.name.bytes() {
            if byte.is_ascii_alphanumeric() || b"-._".contains(&byte) {
                escaped.push(char::from(byte));
            } else {
                write!(escaped, "%{byte:02X}").unwrap_or_default();
            }
        }
        format!("filename*=utf-8''{escaped}")
    };
    format!(
        "Content-Type: {}\r\nContent-Disposition: attachment; {name}\r\nContent-Transfer-Encoding: base64\r\n\r\n{}",
        file.media_type,
        base64_lines(&file.bytes)
    )
    .into_bytes()
}

fn multipart(subtype: &str, parameters: &str, boundary: &str, parts: Vec<Vec<u8>>) -> Vec<u8> {
    let mut bytes = format!(
        "Content-Type: multipart/{subtype}{parameters};\r\n boundary=\"{boundary}\"\r\n\r\n"
    )
    .into_bytes();
    for part in parts {
        bytes.extend(format!("--{boundary}\r\n").into_bytes());
        bytes.extend(part);
        bytes.extend(b"\r\n");
    }
    bytes.extend(format!("--{boundary}--\r\n").into_bytes());
    bytes
}
