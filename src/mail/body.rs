//! The body that a person reads. Owns the choice of the part, the undoing of transfer encodings and of `format=flowed`;
//! it never drops text: what is not shown as the body is an attachment.

use std::borrow::Cow;

use super::{
    attachment::declared_name,
    charset::{base64_lenient, decode},
    html,
    limits::Limits,
    parse::ParseFault,
    structure::{Kind, Part, Tree},
};

/// What was chosen.
#[derive(Default)]
pub struct Chosen {
    /// The text, parts one below the other.
    pub text: String,
    /// Some of it was HTML.
    pub html: bool,
    /// Positions of parts that are the body, or another form of it.
    pub used: Vec<usize>,
    pub faults: Vec<ParseFault>,
}

/// Chooses the body of the message whose root is at `root` in the tree.
pub fn choose(tree: &Tree<'_>, root: usize, limits: &Limits) -> Chosen {
    let mut chosen = Chosen::default();
    let mut waiting = vec![root];
    while let Some(at) = waiting.pop() {
        let Some(part) = tree.part(at) else { continue };
        match part.kind {
            Kind::Message => {}
            Kind::Leaf => take(part, at, limits, &mut chosen),
            Kind::Multipart => match part.media_type() {
                "multipart/alternative" => {
                    waiting.extend(best(tree, part, limits, &mut chosen).iter().rev());
                }
                "multipart/related" => waiting.extend(part.children.first()),
                "multipart/encrypted" => chosen.faults.push(ParseFault::Encrypted),
                _ => waiting.extend(part.children.iter().rev()),
            },
        }
        if chosen.text.len() >= limits.text_bytes {
            chosen.text.truncate(chosen.text.floor_char_boundary(limits.text_bytes));
            chosen.faults.push(ParseFault::TextCut);
            break;
        }
    }
    if chosen.text.trim_start().starts_with("-----BEGIN PGP MESSAGE-----") {
        chosen.faults.push(ParseFault::Encrypted);
    }
    chosen
}

/// Of several forms of one text, the plain one if it says anything, else the last that can be shown (RFC 2046 §5.1.4).
/// Several plain parts are against the rule, so that none of them may be dropped.
fn best(tree: &Tree<'_>, part: &Part<'_>, limits: &Limits, chosen: &mut Chosen) -> Vec<usize> {
    let kind = |at: usize| form(tree, at);
    let plain: Vec<usize> =
        part.children.iter().copied().filter(|at| kind(*at) == Form::Plain).collect();
    let rich = part.children.iter().copied().rfind(|at| kind(*at) == Form::Rich);
    // The other forms are neither body nor attachment.
    let forms = part.children.iter().copied().filter(|at| kind(*at) != Form::Other);
    chosen.used.extend(forms.filter(|at| tree.part(*at).is_some_and(|p| p.kind == Kind::Leaf)));
    if let Some(rich_part) = rich.and_then(|at| tree.part(at))
        && rich_part.media_type() == "multipart/related"
    {
        chosen.used.extend(rich_part.children.first());
    }
    // Only a short part is decoded to see whether it says anything: decoding twice would cost.
    let says = |at: usize| {
        tree.part(at).is_some_and(|p| p.body.len() > 400 || !text_of(p, limits).0.trim().is_empty())
    };
    if plain.iter().any(|at| says(*at)) || (rich.is_none() && !plain.is_empty()) {
        return plain;
    }
    rich.or_else(|| part.children.first().copied()).into_iter().collect()
}

#[derive(PartialEq, Eq)]
enum Form {
    Plain,
    Rich,
    Other,
}

fn form(tree: &Tree<'_>, at: usize) -> Form {
    let Some(part) = tree.part(at) else { return Form::Other };
    match part.media_type() {
        _ if is_attached(part) => Form::Other,
        "text/plain" | "text/markdown" | "text/enriched" => Form::Plain,
        "text/html" => Form::Rich,
        media if media.starts_with("multipart/") => Form::Rich,
        _ => Form::Other,
    }
}

fn is_attached(part: &Part<'_>) -> bool {
    part.disposition.as_ref().is_some_and(|d| d.value == "attachment")
}

/// Adds a leaf to the body, if it is text that is meant to be read there.
fn take(part: &Part<'_>, at: usize, limits: &Limits, chosen: &mut Chosen) {
    let media = part.media_type();
    // A multipart that could not be split is shown as it is.
    let readable = matches!(media, "text/plain" | "text/html" | "text/enriched" | "text/markdown")
        || media.starts_with("multipart/");
    let named = declared_name(part).is_some() && !part.path.numbers().is_empty();
    if matches!(media, "application/pkcs7-mime" | "application/x-pkcs7-mime")
        && part.content.param("smime-type").is_none_or(|t| t.contains("enveloped"))
    {
        chosen.faults.push(ParseFault::Encrypted);
    }
    if !readable || is_attached(part) || (named && media != "text/html" && !first_text(chosen)) {
        return;
    }
    let (text, html, faults) = shown(part, limits);
    chosen.faults.extend(faults);
    chosen.used.push(at);
    chosen.html |= html;
    if !chosen.text.is_empty() && !text.is_empty() {
        chosen.text.push_str(if chosen.text.ends_with('\n') { "\n" } else { "\n\n" });
    }
    chosen.text.push_str(&text);
}

/// Nothing has been taken yet: a lone named `text/plain` is the body all the same.
fn first_text(chosen: &Chosen) -> bool {
    chosen.text.trim().is_empty()
}

/// The text of a part as a person reads it, and whether it was HTML.
fn shown(part: &Part<'_>, limits: &Limits) -> (String, bool, Vec<ParseFault>) {
    let (text, mut faults) = text_of(part, limits);
    let media = part.media_type();
    if media == "text/html" || (media == "text/enriched" && text.contains('<')) {
        let rendered = html::render(&text, limits);
        if rendered.stripped {
            faults.push(ParseFault::HtmlNotRendered);
        }
        if rendered.hides {
            faults.push(ParseFault::HiddenText);
        }
        return (rendered.text, true, faults);
    }
    let flowed = part.content.param("format").is_some_and(|f| f.eq_ignore_ascii_case("flowed"));
    let text = with_line_feeds(&text);
    if flowed {
        let joins = part.content.param("delsp").is_some_and(|d| d.eq_ignore_ascii_case("yes"));
        return (unflow(&text, joins), false, faults);
    }
    (text.into_owned(), false, faults)
}

fn with_line_feeds(text: &str) -> Cow<'_, str> {
    if text.contains('\r') {
        Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n"))
    } else {
        Cow::Borrowed(text)
    }
}

/// The characters of a text part: transfer encoding and charset undone, nothing else.
pub fn text_of(part: &Part<'_>, limits: &Limits) -> (String, Vec<ParseFault>) {
    let mut faults = Vec::new();
    let bytes = bytes_of(part, &mut faults);
    let cut = bytes.get(..bytes.len().min(limits.text_bytes)).unwrap_or_default();
    if cut.len() < bytes.len() {
        faults.push(ParseFault::TextCut);
    }
    let meta = || {
        // HTML that names its charset only inside itself.
        let head = cut.get(..cut.len().min(1024)).unwrap_or_default();
        let head = String::from_utf8_lossy(head).to_ascii_lowercase();
        let after = head.split_once("charset=")?.1.trim_start_matches(['"', '\'']).to_owned();
        let end = after.find(|c: char| !(c.is_ascii_alphanumeric() || "-_".contains(c)))?;
        after.get(..end).map(str::to_owned)
    };
    let label = part.content.param("charset").map(str::to_owned);
    let label = label.or_else(|| (part.media_type() == "text/html").then(meta)?);
    let (text, sound) = decode(label.as_deref(), cut);
    if !sound {
        faults.push(ParseFault::BadCharset);
    }
    (text, faults)
}

/// The bytes of a part with its transfer encoding undone. Broken base64 gives what it says, or itself.
pub fn bytes_of<'a>(part: &Part<'a>, faults: &mut Vec<ParseFault>) -> Cow<'a, [u8]> {
    let encoding = part.encoding();
    let name = match encoding.as_str() {
        "base64" | "base-64" | "b64" => "base64",
        "quoted-printable" | "quotedprintable" | "qp" => "quoted-printable",
        _ => return Cow::Borrowed(part.body),
    };
    if name == "base64" && part.media_type().starts_with("text/") && is_prose(part.body) {
        faults.push(ParseFault::BadBase64);
        return Cow::Borrowed(part.body);
    }
    let kind = mailparse::ParsedContentType::default();
    let read = match mailparse::body::Body::new(part.body, &kind, &Some(name.to_owned())) {
        mailparse::body::Body::Base64(body) | mailparse::body::Body::QuotedPrintable(body) => {
            body.get_decoded().ok()
        }
        mailparse::body::Body::SevenBit(_)
        | mailparse::body::Body::EightBit(_)
        | mailparse::body::Body::Binary(_) => None,
    };
    if let Some(bytes) = read {
        return Cow::Owned(bytes);
    }
    faults.push(ParseFault::BadBase64);
    // Text that decodes to no text was not encoded at all.
    let sound = |bytes: &Vec<u8>| !part.media_type().starts_with("text/") || is_text(bytes);
    base64_lenient(part.body).filter(sound).map_or(Cow::Borrowed(part.body), Cow::Owned)
}

/// Words with blanks between them: a body that is called base64 and is not.
fn is_prose(bytes: &[u8]) -> bool {
    let head = bytes.get(..bytes.len().min(2_048)).unwrap_or_default();
    let words = head.trim_ascii().split(|b| *b == b' ').count();
    words.saturating_sub(1).saturating_mul(20) > head.len()
}

/// Mostly printable, in whatever charset.
fn is_text(bytes: &[u8]) -> bool {
    let odd = |b: &&u8| matches!(**b, 0..=8 | 11 | 12 | 14..=26 | 28..=31 | 127..=159);
    let odd = bytes.iter().filter(odd).count();
    std::str::from_utf8(bytes).is_ok() || odd.saturating_mul(10) < bytes.len()
}

/// RFC 3676: lines that end in a space go on in the next one of the same quotation depth.
fn unflow(text: &str, delete_space: bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut open: Option<usize> = None;
    for line in text.lines() {
        let content = line.trim_start_matches('>');
        let depth = line.len().saturating_sub(content.len());
        let content = content.strip_prefix(' ').unwrap_or(content);
        if open != Some(depth) {
            if open.is_some() {
                out.push('\n');
            }
            out.push_str(&">".repeat(depth.min(100)));
            if depth > 0 {
                out.push(' ');
            }
        }
        let soft = content.ends_with(' ') && content != "-- ";
        let deleted = content.strip_suffix(' ').filter(|_| soft && delete_space);
        let kept = deleted.unwrap_or(content);
        out.push_str(kept);
        open = soft.then_some(depth);
        if !soft {
            out.push('\n');
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flowed_lines_are_joined_within_their_quotation() {
        let text = "> one \n> two\nthree \nfour\n-- \nKofi\n";
        assert_eq!(unflow(text, false), "> one two\nthree four\n-- \nKofi\n");
        assert_eq!(unflow("漢 \n字\n", true), "漢字\n");
    }
}
