//! Builds messages for the tests, and shows how they were read. Everything in them is invented.

use std::fmt::Write as _;

use matterbox::{
    domain::address::NamedAddress,
    mail::{Limits, Parsed, read},
};

/// The headers that a sound message has.
pub const HEAD: &str = "From: Ama Okafor <ama@okafor.example>\r\nTo: office@mensah.example\r\nSubject: Lease\r\n\
    Date: Tue, 24 Nov 2026 10:00:00 +0000\r\nMessage-ID: <1@okafor.example>\r\nMIME-Version: 1.0\r\n";

/// A sound message with more headers and a body.
pub fn message(headers: &str, body: &str) -> Vec<u8> {
    format!("{HEAD}{headers}\r\n{body}").into_bytes()
}

/// Reads with the default limits.
pub fn parsed(raw: &[u8]) -> Parsed {
    read(raw, &Limits::default())
}

fn people(list: &[NamedAddress]) -> String {
    let shown = |a: &NamedAddress| match &a.name {
        Some(name) => format!("{name} <{}>", a.address.as_str()),
        None => a.address.as_str().to_owned(),
    };
    list.iter().map(shown).collect::<Vec<_>>().join(", ")
}

/// Everything that was read, as text for a golden file.
pub fn shown(read: &Parsed) -> String {
    let mut out = String::new();
    let h = &read.headers;
    let ids = |ids: &[matterbox::domain::message::MessageId]| {
        ids.iter().map(|id| id.as_str().to_owned()).collect::<Vec<_>>().join(" ")
    };
    let date = |at: Option<jiff::Timestamp>| at.map(|at| at.to_string()).unwrap_or_default();
    let lines = [
        ("subject", h.subject.clone()),
        ("from", people(&h.from)),
        ("to", people(&h.to)),
        ("cc", people(&h.cc)),
        ("date", date(h.date)),
        ("received", date(h.received)),
        ("id", h.message_id.iter().map(|id| id.as_str().to_owned()).collect()),
        ("in-reply-to", ids(&h.in_reply_to)),
        ("references", ids(&h.references)),
        ("origin", format!("{:?}", read.origin)),
        ("faults", read.faults.iter().map(|f| f.word()).collect::<Vec<_>>().join(" ")),
        ("words", format!("{} question {} html {}", read.words, read.has_question, read.html)),
    ];
    for (name, value) in lines.iter().filter(|(_, value)| !value.is_empty()) {
        writeln!(out, "{name}: {value}").unwrap();
    }
    for a in &read.attachments {
        let sniffed = a.sniffed.unwrap_or("-");
        writeln!(out, "attachment {}: {} {} {sniffed} {} B", a.part, a.name, a.media_type, a.size)
            .unwrap();
    }
    writeln!(out, "— new\n{}\n— quoted\n{}", read.new_text, read.quoted).unwrap();
    if !read.attached_text.is_empty() {
        writeln!(out, "— attached\n{}", read.attached_text).unwrap();
    }
    out
}
