//! The cheap and unbreakable way from HTML to words: tags go, text stays. Owns no layout; linear in its input.

use std::borrow::Cow;

use super::html::tidy;

/// Text without its tags, scripts and styles; blocks begin lines. Linear, and never fails.
pub fn strip(html: &str) -> String {
    let mut out = String::with_capacity(html.len() / 2);
    let mut rest = html;
    // Once no comment ends any more, none of those behind does: looking again for each would be quadratic.
    let mut comments_end = true;
    while let Some(at) = rest.find('<') {
        let (text, from) = rest.split_at(at);
        push_text(&mut out, text);
        rest = skip_tag(from, &mut out, &mut comments_end);
    }
    push_text(&mut out, rest);
    tidy(&out)
}

/// Skips one tag (and the contents of those that hold no text); gives what follows.
fn skip_tag<'a>(from: &'a str, out: &mut String, comments_end: &mut bool) -> &'a str {
    let inner = from.get(1..).unwrap_or_default();
    if let Some(comment) = inner.strip_prefix("!--") {
        let end = if *comments_end { comment.split_once("-->") } else { None };
        *comments_end = end.is_some();
        return end.map_or(comment, |(_, rest)| rest);
    }
    if !inner.starts_with(|c: char| c.is_ascii_alphabetic() || "/!?".contains(c)) {
        out.push('<');
        return inner;
    }
    let name_end =
        inner.find(|c: char| !(c.is_ascii_alphanumeric() || c == '/')).unwrap_or(inner.len());
    let name = inner.get(..name_end).unwrap_or_default().to_ascii_lowercase();
    let Some((_, after)) = inner.split_once('>') else {
        // A tag that never ends is text.
        out.push_str(from);
        return "";
    };
    match name.trim_matches('/') {
        "script" | "style" | "title" if !name.starts_with('/') => past_close(after, &name),
        "br" | "p" | "div" | "tr" | "li" | "h1" | "h2" | "h3" | "h4" | "table" | "hr"
        | "blockquote" => {
            if !out.ends_with('\n') || name == "br" {
                out.push('\n');
            }
            after
        }
        "td" | "th" => {
            out.push(' ');
            after
        }
        _ => after,
    }
}

/// What follows from the closing tag of an element without text, or nothing.
fn past_close<'a>(after: &'a str, name: &str) -> &'a str {
    let closes = |at: &usize| {
        let tag = after.get(at.saturating_add(2)..at.saturating_add(2).saturating_add(name.len()));
        tag.is_some_and(|tag| tag.eq_ignore_ascii_case(name))
    };
    let end = after.match_indices("</").map(|(at, _)| at).find(closes);
    end.and_then(|at| after.get(at..)).unwrap_or_default()
}

/// White space of HTML text is folded, the common entities are decoded.
fn push_text(out: &mut String, text: &str) {
    let decoded = entities(text);
    for (at, word) in decoded.split(|c: char| c.is_ascii_whitespace()).enumerate() {
        if at > 0 && !out.ends_with([' ', '\n']) {
            out.push(' ');
        }
        out.push_str(word);
    }
}

fn entities(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return text.into();
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let window = from.get(1..from.floor_char_boundary(12)).unwrap_or_default();
        let entity = window.split_once(';').and_then(|(name, _)| Some((name, entity(name)?)));
        let (c, length) = entity.map_or(('&', 1), |(name, c)| (c, name.len().saturating_add(2)));
        out.push(c);
        rest = from.get(length..).unwrap_or_default();
    }
    out.push_str(rest);
    out.into()
}

const ENTITIES: [(&str, char); 24] = [
    ("amp", '&'),
    ("lt", '<'),
    ("gt", '>'),
    ("quot", '"'),
    ("apos", '\''),
    ("nbsp", ' '),
    ("auml", 'ä'),
    ("ouml", 'ö'),
    ("uuml", 'ü'),
    ("Auml", 'Ä'),
    ("Ouml", 'Ö'),
    ("Uuml", 'Ü'),
    ("szlig", 'ß'),
    ("eacute", 'é'),
    ("egrave", 'è'),
    ("agrave", 'à'),
    ("ccedil", 'ç'),
    ("euro", '€'),
    ("pound", '£'),
    ("sect", '§'),
    ("ndash", '–'),
    ("mdash", '—'),
    ("rsquo", '’'),
    ("hellip", '…'),
];

fn entity(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => number.parse().ok()?,
        };
        return char::from_u32(code);
    }
    ENTITIES.iter().find(|(known, _)| *known == name).map(|(_, c)| *c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stripping_stays_linear_and_keeps_what_is_no_tag() {
        assert_eq!(strip("a <b"), "a <b");
        assert_eq!(strip("<!-- a").trim(), "a");
        assert_eq!(strip(&"<style></style>".repeat(100_000)), "");
        assert_eq!(strip(&"<!--".repeat(100_000)), "");
        assert_eq!(strip(&"<a ".repeat(100_000)).len(), 299_999);
    }

    #[test]
    fn stripping_keeps_words_and_drops_scripts() {
        let html = "<style>p{}</style><p>Gr&uuml;&szlig;e &amp; &#8364; 5 < 6</p><script>x()</script>end<!-- no -->";
        assert_eq!(strip(html), "Grüße & € 5 < 6\nend");
    }
}
