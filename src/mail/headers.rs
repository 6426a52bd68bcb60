//! The headers that the rules need. Owns the reading of Message-IDs and the repair of reference chains; it never decides
//! what a message is (that is `origin`).

use std::borrow::Cow;

use super::{
    address_list::{AddressList, addresses},
    block::Block,
    charset::encoded_words,
    dates::date,
    limits::Limits,
    parse::ParseFault,
};
use crate::domain::{
    address::NamedAddress,
    message::{Headers, MessageId},
};

/// Decodes the headers that the rules use.
pub fn read(block: &Block<'_>, limits: &Limits, faults: &mut Vec<ParseFault>) -> Headers {
    let mut list = |name: &str| {
        let read = address_header(block, name, limits);
        if read.dropped > 0 {
            faults.push(ParseFault::BadAddress);
        }
        read.found
    };
    let from = list("from");
    let mut headers = Headers {
        sender: list("sender").into_iter().next(),
        reply_to: list("reply-to"),
        to: list("to"),
        cc: list("cc"),
        bcc: list("bcc"),
        from,
        subject: block.text("subject").unwrap_or_default(),
        received: block.raws("received").next().and_then(|value| received(&value)),
        ..Headers::default()
    };
    headers.date = block.texts("date").find_map(|value| date(&value));
    if headers.date.is_none() {
        faults.push(if block.has("date") { ParseFault::BadDate } else { ParseFault::NoDate });
    }
    if block.count("from") > 1 {
        faults.push(ParseFault::RepeatedFrom);
    }
    ids(block, limits, &mut headers);
    if headers.message_id.is_none() {
        faults.push(ParseFault::NoMessageId);
    }
    headers
}

/// Several headers of one name (which RFC 5322 forbids) are read as one, except `From`: there the first counts, and the
/// person is warned.
fn address_header(block: &Block<'_>, name: &str, limits: &Limits) -> AddressList {
    let mut all = AddressList::default();
    let count = if name == "from" { 1 } else { 20 };
    for value in block.raws(name).take(count) {
        let mut read = addresses(&value, limits.addresses.saturating_sub(all.found.len()));
        if read.found.is_empty() && value.contains("=?") {
            // Some programs encode the whole header, address and all.
            read = addresses(&encoded_words(cut_text(&value, limits.header_bytes)), 1);
        }
        all.found.append(&mut read.found);
        all.dropped = all.dropped.saturating_add(read.dropped);
    }
    all
}

fn cut_text(text: &str, length: usize) -> &str {
    text.get(..text.floor_char_boundary(length)).unwrap_or(text)
}

/// RFC 5321 §4.4: the time stands behind the last semicolon.
fn received(value: &str) -> Option<jiff::Timestamp> {
    let (_, stamp) = value.rsplit_once(';')?;
    date(stamp)
}

fn ids(block: &Block<'_>, limits: &Limits, headers: &mut Headers) {
    let all = |name: &str| -> Vec<MessageId> {
        block.raws(name).take(20).flat_map(|value| message_ids(&value, limits.ids)).collect()
    };
    headers.message_id = all("message-id").into_iter().next();
    headers.alias_ids = all("x-microsoft-original-message-id");
    headers.alias_ids.extend(all("x-original-message-id"));
    headers.alias_ids.retain(|id| Some(id) != headers.message_id.as_ref());

    let people: Vec<&NamedAddress> = headers
        .from
        .iter()
        .chain(&headers.sender)
        .chain(&headers.reply_to)
        .chain(headers.to.iter().take(50))
        .chain(headers.cc.iter().take(50))
        .collect();
    let is_id = |id: &MessageId| {
        let text = id.as_str();
        Some(id) != headers.message_id.as_ref()
            && !text.ends_with("@protonmail.internalid")
            && !people.iter().any(|p| p.address.key().eq_ignore_ascii_case(text))
    };
    let parents: Vec<MessageId> = once_each(all("in-reply-to").into_iter().filter(&is_id));
    let mut chain: Vec<MessageId> = once_each(all("references").into_iter().filter(&is_id));
    // Newest first, as some trackers write it: the parent stands in front instead of behind.
    if chain.len() > 1 && chain.first() == parents.first() && chain.last() != parents.first() {
        chain.reverse();
    }
    headers.in_reply_to = parents;
    headers.references = chain;
}

fn once_each(ids: impl Iterator<Item = MessageId>) -> Vec<MessageId> {
    let mut seen = std::collections::BTreeSet::new();
    ids.filter(|id| seen.insert(id.clone())).collect()
}

/// The msg-ids of an unfolded header value, at most `cap`: the first one and the last ones, which are the root and the
/// nearest ancestors. Encoded words, missing brackets, bare numbers and folds inside an id are understood.
pub fn message_ids(value: &str, cap: usize) -> Vec<MessageId> {
    let decoded =
        if value.contains("=?") { Cow::Owned(encoded_words(value)) } else { Cow::Borrowed(value) };
    let mut found: Vec<MessageId> = if decoded.contains('<') {
        bracketed(&decoded)
    } else {
        let words = decoded.split(|c: char| c.is_whitespace() || c == ',');
        words.filter(|w| is_bare_id(w)).filter_map(MessageId::new).collect()
    };
    if found.len() > cap {
        let surplus = found.len().saturating_sub(cap);
        found.drain(1..surplus.saturating_add(1));
    }
    found
}

fn bracketed(text: &str) -> Vec<MessageId> {
    let mut found = Vec::new();
    for piece in text.split('<').skip(1) {
        let inside = piece.split('>').next().unwrap_or_default();
        // Without its closing bracket an id ends at the first blank.
        let inside = if piece.contains('>') {
            inside
        } else {
            inside.split_whitespace().next().unwrap_or_default()
        };
        found.extend(MessageId::new(inside));
    }
    found
}

/// A word that is an id without its brackets: `a@b`, or the number of a ticket system.
fn is_bare_id(word: &str) -> bool {
    let word = word.trim_matches(|c: char| c == '"' || c == '\'');
    word.contains('@') || (word.len() >= 4 && word.bytes().all(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id_texts(value: &str) -> Vec<String> {
        message_ids(value, 4).iter().map(|id| id.as_str().to_owned()).collect()
    }

    #[test]
    fn ids_are_found_however_they_are_written() {
        assert_eq!(id_texts("<a@b> (comment) <c@d>"), ["a@b", "c@d"]);
        assert_eq!(id_texts("=?utf-8?q?=3Ca=40b=3E?="), ["a@b"]);
        assert_eq!(id_texts("< a@\t b >"), ["a@b"]);
        assert_eq!(id_texts("a@b c@d"), ["a@b", "c@d"]);
        assert_eq!(id_texts("12345678"), ["12345678"]);
        assert_eq!(id_texts("Your message of Tuesday"), Vec::<String>::new());
        assert_eq!(id_texts("<a@b"), ["a@b"]);
        assert_eq!(id_texts("<1@x><2@x><3@x><4@x><5@x><6@x>"), ["1@x", "4@x", "5@x", "6@x"]);
    }
}
