//! The HTML part: the same words as the text part, escaped, without a style, a script, a picture or a link.
//!
//! Owns the markup. It never loads anything and never trusts a character.

use crate::domain::footer::Placed;

use super::flowed::quote_depth;

/// Writes the words of a message as an HTML document (CRLF).
pub(super) fn render(words: &Placed) -> String {
    let mut out =
        String::from("<!DOCTYPE html>\r\n<html><head><meta charset=\"utf-8\"></head><body>\r\n");
    if !words.banner.is_empty() {
        out.push_str("<p><strong>");
        out.push_str(&escape(&words.banner).replace('\n', "<br>\r\n"));
        out.push_str("</strong></p>\r\n");
    }
    paragraphs(&words.body, &mut out);
    if !words.footer.is_empty() {
        if words.signs {
            out.push_str("<p>-- </p>\r\n");
        }
        paragraphs(&words.footer, &mut out);
    }
    paragraphs(&words.quote, &mut out);
    out.push_str("</body></html>");
    out
}

/// Paragraphs by empty lines, quotations by their depth.
fn paragraphs(text: &str, out: &mut String) {
    let mut depth = 0_usize;
    let mut paragraph: Vec<String> = Vec::new();
    for line in text.split('\n') {
        let (now, rest) = quote_depth(line);
        let now = now.min(16);
        if now != depth || rest.trim().is_empty() {
            flush(&mut paragraph, out);
        }
        while depth < now {
            out.push_str("<blockquote type=\"cite\">\r\n");
            depth = depth.saturating_add(1);
        }
        while depth > now {
            out.push_str("</blockquote>\r\n");
            depth = depth.saturating_sub(1);
        }
        if !rest.trim().is_empty() {
            paragraph.push(escape(rest));
        }
    }
    flush(&mut paragraph, out);
    for _ in 0..depth {
        out.push_str("</blockquote>\r\n");
    }
}

fn flush(paragraph: &mut Vec<String>, out: &mut String) {
    if !paragraph.is_empty() {
        out.push_str("<p>");
        out.push_str(&paragraph.join("<br>\r\n"));
        out.push_str("</p>\r\n");
        paragraph.clear();
    }
}

/// Markup characters as entities, indentation kept, controls gone.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut before = ' ';
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            ' ' if before == ' ' => out.push_str("&nbsp;"),
            '\t' => out.push_str("&nbsp;&nbsp;&nbsp;&nbsp;"),
            '\n' => out.push('\n'),
            c if c.is_control() => {}
            c => out.push(c),
        }
        before = c;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::footer::{Footer, place};

    #[test]
    fn markup_in_a_message_is_text_in_html() {
        let html = render(&place("<script>alert('x')</script> & so", "", &Footer::plain("A<B")));
        assert!(html.contains("<p>&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; so</p>"));
        assert!(html.contains("A&lt;B"));
        assert!(!html.contains("<script"));
    }

    #[test]
    fn quotations_nest_and_close() {
        let html =
            render(&place("Yes.", "Kofi wrote:\n> one\n>> two\n> three", &Footer::default()));
        assert_eq!(html.matches("<blockquote").count(), 2);
        assert_eq!(html.matches("</blockquote>").count(), 2);
    }
}
