//! ENVELOPE, BODYSTRUCTURE and single MIME parts, so that any client can look at the practice office.
//!
//! Owns the walk through a message's parts (by `mailparse`). It never decodes: IMAP hands out what was sent.

use imap_next::imap_types::{
    body::{
        BasicFields, Body, BodyStructure, Disposition, SinglePartExtensionData, SpecificFields,
    },
    core::{IString, Literal, NString, Vec1},
    envelope::{Address, Envelope},
    fetch::Part,
};
use mailparse::{MailAddr, ParsedMail};

use super::imap_fetch::{header_fields, split};

/// How deep parts may nest: what lies deeper is described as one part.
const DEEPEST: usize = 20;

fn text(text: &str) -> Option<IString<'static>> {
    IString::try_from(text.to_owned())
        .ok()
        .or_else(|| Literal::try_from(text.as_bytes().to_vec()).ok().map(IString::Literal))
}

fn required(value: &str) -> IString<'static> {
    // A text that IMAP cannot carry holds a NUL, and those were replaced when the message was filed.
    text(value).unwrap_or_else(|| IString::Literal(Literal::unvalidated(Vec::new())))
}

/// A header field's value as sent, unfolded.
fn value(header: &[u8], name: &str) -> Option<String> {
    header_fields(header).into_iter().find_map(|field| {
        let field = String::from_utf8_lossy(&field).into_owned();
        let (found, value) = field.split_once(':')?;
        found.trim().eq_ignore_ascii_case(name).then(|| value.replace("\r\n", "").trim().to_owned())
    })
}

fn addresses(header: &[u8], name: &str) -> Vec<Address<'static>> {
    let Some(list) = value(header, name).and_then(|value| mailparse::addrparse(&value).ok()) else {
        return Vec::new();
    };
    let single = |info: &mailparse::SingleInfo| {
        let (local, domain) = info.addr.rsplit_once('@').unwrap_or((&info.addr, ""));
        Address {
            name: NString(info.display_name.as_deref().and_then(text)),
            adl: NString(None),
            mailbox: NString(text(local)),
            host: NString(text(domain)),
        }
    };
    list.iter()
        .flat_map(|address| match address {
            MailAddr::Single(info) => vec![single(info)],
            MailAddr::Group(group) => group.addrs.iter().map(single).collect(),
        })
        .collect()
}

/// RFC 3501 §7.4.2: Sender and Reply-To are From where they are missing.
pub(super) fn envelope(raw: &[u8]) -> Envelope<'static> {
    let header = split(raw).0;
    let field = |name: &str| NString(value(header, name).and_then(|value| text(&value)));
    let from = addresses(header, "From");
    let or_from = |name: &str| {
        let found = addresses(header, name);
        if found.is_empty() { from.clone() } else { found }
    };
    Envelope {
        date: field("Date"),
        subject: field("Subject"),
        sender: or_from("Sender"),
        reply_to: or_from("Reply-To"),
        to: addresses(header, "To"),
        cc: addresses(header, "Cc"),
        bcc: addresses(header, "Bcc"),
        in_reply_to: field("In-Reply-To"),
        message_id: field("Message-ID"),
        from,
    }
}

/// The structure of a message; `None` where it cannot be parsed.
pub(super) fn structure(raw: &[u8], extended: bool) -> Option<BodyStructure<'static>> {
    described(&mailparse::parse_mail(raw).ok()?, extended, 0)
}

fn described(
    part: &ParsedMail<'_>,
    extended: bool,
    depth: usize,
) -> Option<BodyStructure<'static>> {
    let (kind, subtype) = part.ctype.mimetype.split_once('/').unwrap_or(("text", "plain"));
    if !part.subparts.is_empty() && depth < DEEPEST {
        let deeper = depth.saturating_add(1);
        let bodies: Vec<_> =
            part.subparts.iter().filter_map(|sub| described(sub, extended, deeper)).collect();
        return Some(BodyStructure::Multi {
            bodies: Vec1::try_from(bodies).ok()?,
            subtype: required(subtype),
            extension_data: None,
        });
    }
    let (header, content) = split(part.raw_bytes);
    let lines = content.split(|b| *b == b'\n').count().saturating_sub(1);
    let lines = u32::try_from(lines).unwrap_or(u32::MAX);
    let specific = match kind {
        "text" => SpecificFields::Text { subtype: required(subtype), number_of_lines: lines },
        "message" if subtype == "rfc822" && depth < DEEPEST => SpecificFields::Message {
            envelope: Box::new(envelope(content)),
            body_structure: Box::new(described(
                &mailparse::parse_mail(content).ok()?,
                extended,
                depth.saturating_add(1),
            )?),
            number_of_lines: lines,
        },
        _ => SpecificFields::Basic { r#type: required(kind), subtype: required(subtype) },
    };
    let parameters = part.ctype.params.iter();
    let mut parameter_list: Vec<_> =
        parameters.map(|(name, value)| (required(name), required(value))).collect();
    if kind == "text" && !part.ctype.params.contains_key("charset") {
        parameter_list.push((required("charset"), required(&part.ctype.charset)));
    }
    let encoding = value(header, "Content-Transfer-Encoding");
    let basic = BasicFields {
        parameter_list,
        id: NString(value(header, "Content-ID").and_then(|id| text(&id))),
        description: NString(value(header, "Content-Description").and_then(|d| text(&d))),
        content_transfer_encoding: required(encoding.as_deref().unwrap_or("7bit")),
        size: u32::try_from(content.len()).unwrap_or(u32::MAX),
    };
    let extension_data = extended.then(|| SinglePartExtensionData {
        md5: NString(None),
        tail: Some(Disposition { disposition: disposition(part, header), tail: None }),
    });
    Some(BodyStructure::Single { body: Body { basic, specific }, extension_data })
}

type Disposed = (IString<'static>, Vec<(IString<'static>, IString<'static>)>);

fn disposition(part: &ParsedMail<'_>, header: &[u8]) -> Option<Disposed> {
    let written = value(header, "Content-Disposition")?;
    let word = written.split(';').next().unwrap_or_default().trim().to_owned();
    let parameters = part.get_content_disposition().params;
    Some((
        required(&word),
        parameters.iter().map(|(name, value)| (required(name), required(value))).collect(),
    ))
}

/// What is wanted of a part.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece {
    /// `BODY[1.2]`: the content, still in its transfer encoding.
    Content,
    /// `BODY[1.2.MIME]`: the part's own header.
    Mime,
}

/// A piece of the part with this number; `None` where there is no such part.
pub(super) fn piece(raw: &[u8], part: &Part, piece: Piece) -> Option<Vec<u8>> {
    let whole = mailparse::parse_mail(raw).ok()?;
    let mut at = &whole;
    for (level, number) in part.0.as_ref().iter().enumerate() {
        let index = usize::try_from(number.get()).ok()?.checked_sub(1)?;
        if at.subparts.is_empty() {
            // A message that has no parts is its own part 1.
            (level == 0 && index == 0).then_some(())?;
        } else {
            at = at.subparts.get(index)?;
        }
    }
    let (header, content) = split(at.raw_bytes);
    Some(match piece {
        Piece::Content => content.to_vec(),
        Piece::Mime => header.to_vec(),
    })
}
