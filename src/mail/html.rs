//! HTML → plain text. Owns the guards around `html2text`, which is at least quadratic in nesting; nothing here ever opens
//! a connection, and hidden text stays visible, since a lawyer must see what was written.

use super::limits::Limits;

/// The text of an HTML body.
pub struct Rendered {
    /// Plain text, links with their real targets as footnotes.
    pub text: String,
    /// The guards refused to render it, or rendering failed: its tags were merely removed.
    pub stripped: bool,
    /// It hides text from the reader (`display:none` and the like).
    pub hides: bool,
}

/// Wide enough that no paragraph is wrapped here: the screen wraps.
const WIDTH: usize = 8_000;

/// Renders HTML within the limits.
pub fn render(html: &str, limits: &Limits) -> Rendered {
    let hides = hides(html);
    let sane = html.len() <= limits.html_bytes && is_sane(html, limits);
    let rendered = sane.then(|| rendered(html)).flatten();
    match rendered {
        Some(text) => Rendered { text, stripped: false, hides },
        None => Rendered { text: strip(html), stripped: true, hides },
    }
}

fn rendered(html: &str) -> Option<String> {
    let config = html2text::config::plain_no_decorate()
        .raw_mode(true)
        .allow_width_overflow()
        .link_footnotes(true);
    let text = config.string_from_read(html.as_bytes(), WIDTH).ok()?;
    let text = tidy(&without_echoes(&text));
    // A message of pictures alone says at least that it has them.
    Some(if text.is_empty() { pictures(html) } else { text })
}

/// The sources of the pictures and the targets of the links, a line each.
fn pictures(html: &str) -> String {
    let lower = html.to_ascii_lowercase();
    let mut out = String::new();
    for (name, mark) in [("src=", "picture: "), ("href=", "link: ")] {
        for (at, _) in lower.match_indices(name).take(100) {
            let value = html.get(at.saturating_add(name.len())..).unwrap_or_default();
            let value = value.trim_start_matches(['"', '\'']);
            let end = value.find(|c: char| "\"'>".contains(c) || c.is_whitespace());
            let value = value.get(..end.unwrap_or(value.len()).min(500)).unwrap_or_default();
            out.extend([mark, value, "\n"]);
        }
    }
    out.trim_end().to_owned()
}

/// Footnotes that repeat the text of their link say nothing: `[a@b][1]` with `[1]: mailto:a@b` becomes `a@b`.
fn without_echoes(text: &str) -> String {
    let mut body: Vec<&str> = text.lines().collect();
    let mut notes: Vec<(&str, &str)> = Vec::new();
    while let Some(line) = body.last() {
        let note = line.strip_prefix('[').and_then(|rest| rest.split_once("]: "));
        match note.filter(|(number, _)| number.bytes().all(|b| b.is_ascii_digit())) {
            Some(note) => notes.push(note),
            None if line.trim().is_empty() => {}
            None => break,
        }
        body.pop();
    }
    notes.reverse();
    // Replacing is linear in the text for each note, so there is a cap on it.
    let mut shown = body.join("\n");
    let mut kept = Vec::new();
    for (at, (number, url)) in notes.iter().enumerate() {
        let plain = url.strip_prefix("mailto:").unwrap_or(url);
        let plain =
            plain.split_once('?').filter(|_| url.starts_with("mailto:")).map_or(plain, |(a, _)| a);
        let echo = format!("[{plain}][{number}]");
        if at < 100 && shown.contains(&echo) {
            shown = shown.replacen(&echo, plain, 1);
        } else {
            kept.push(format!("[{number}]: {url}"));
        }
    }
    if !kept.is_empty() {
        shown.push_str("\n\n");
        shown.push_str(&kept.join("\n"));
    }
    shown
}

/// Rules become short, runs of blank lines one blank line, blanks at line ends go.
fn tidy(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut blank = 0_usize;
    for line in text.lines() {
        let line = line.trim_end_matches([' ', '\u{a0}', '\t']);
        blank = if line.is_empty() { blank.saturating_add(1) } else { 0 };
        if blank > 1 {
            continue;
        }
        if line.len() > 40 && line.chars().all(|c| c == '─') {
            out.push_str(&"─".repeat(40));
        } else {
            out.push_str(line);
        }
        out.push('\n');
    }
    out.trim_matches('\n').to_owned()
}

/// Whether rendering is cheap, by a scan that knows no HTML: the tags open at once, and the work of opening unclosed
/// formatting again in every block (HTML §13.2.4.3), which is a bomb of nodes if there is much of both.
fn is_sane(html: &str, limits: &Limits) -> bool {
    const WORK: usize = 500_000;
    let (mut open, mut formats, mut work) = (0_usize, 0_usize, 0_usize);
    for piece in html.split('<').skip(1) {
        let closing = piece.starts_with('/');
        let tag = piece.trim_start_matches('/');
        let end = tag.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(tag.len());
        let name = tag.get(..end).unwrap_or_default();
        if name.is_empty() {
            continue;
        }
        // A table brings its body, row and cell.
        let weight = if name.eq_ignore_ascii_case("table") { 4 } else { 1 };
        let format = is_format(name);
        if closing {
            open = open.saturating_sub(weight);
            formats = formats.saturating_sub(usize::from(format));
        } else if !is_void(name) && !tag.split('>').next().is_some_and(|t| t.ends_with('/')) {
            open = open.saturating_add(weight);
            formats = formats.saturating_add(usize::from(format));
        }
        work = work.saturating_add(if format { 0 } else { formats });
        if open > limits.html_depth || work > WORK {
            return false;
        }
    }
    true
}

fn is_format(name: &str) -> bool {
    const FORMATS: [&str; 14] = [
        "a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt",
        "u",
    ];
    FORMATS.iter().any(|format| name.eq_ignore_ascii_case(format))
}

fn is_void(name: &str) -> bool {
    const VOID: [&str; 21] = [
        "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param",
        "source", "track", "wbr", "p", "li", "dt", "dd", "option", "td", "tr",
    ];
    VOID.iter().any(|void| name.eq_ignore_ascii_case(void))
}

fn hides(html: &str) -> bool {
    let mut styles = html.split("style=").skip(1).take(2_000);
    styles.any(|piece| {
        let head = piece.get(..piece.floor_char_boundary(300)).unwrap_or(piece);
        let style: String = head
            .split('>')
            .next()
            .unwrap_or_default()
            .chars()
            .filter(|c| !c.is_whitespace())
            .map(|c| c.to_ascii_lowercase())
            .collect();
        [
            "display:none",
            "visibility:hidden",
            "font-size:0;",
            "font-size:0px",
            "font-size:0\"",
            "opacity:0;",
        ]
        .iter()
        .any(|sign| style.contains(sign))
    })
}

/// Text without its tags, scripts and styles; blocks begin lines. Linear, and never fails.
pub fn strip(html: &str) -> String {
    let mut out = String::with_capacity(html.len() / 2);
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        let (text, from) = rest.split_at(at);
        push_text(&mut out, text);
        rest = skip_tag(from, &mut out);
    }
    push_text(&mut out, rest);
    tidy(&out)
}

/// Skips one tag (and the contents of those that hold no text); gives what follows.
fn skip_tag<'a>(from: &'a str, out: &mut String) -> &'a str {
    let inner = from.get(1..).unwrap_or_default();
    if let Some(comment) = inner.strip_prefix("!--") {
        return comment.split_once("-->").map_or(comment, |(_, rest)| rest);
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

fn entities(text: &str) -> std::borrow::Cow<'_, str> {
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

    fn text(html: &str) -> String {
        render(html, &Limits::default()).text
    }

    #[test]
    fn a_link_shows_where_it_really_leads() {
        let shown =
            text("<p>Pay at <a href=\"https://evil.example/x\">https://bank.example</a> now</p>");
        assert!(
            shown.contains("https://bank.example") && shown.contains("https://evil.example/x"),
            "{shown}"
        );
    }

    #[test]
    fn a_link_that_says_where_it_leads_needs_no_footnote() {
        let html = "<p>Write to <a href=\"mailto:a@b.example\">a@b.example</a> or <a href=\"https://x.example/\">us</a></p>";
        assert_eq!(text(html), "Write to a@b.example or [us][2]\n\n[2]: https://x.example/");
    }

    #[test]
    fn a_mail_of_pictures_says_so() {
        assert!(!text("<p><a href=\"https://x.example/\"><img src=\"https://x.example/offer.png\"></a></p>").is_empty());
    }

    #[test]
    fn a_long_paragraph_stays_on_one_line() {
        let shown = text(&format!("<p>{}</p>", "word ".repeat(300)));
        assert_eq!(shown.lines().count(), 1);
    }

    #[test]
    fn a_quotation_is_marked() {
        assert_eq!(text("Yes.<blockquote>Shall we?</blockquote>"), "Yes.\n\n> Shall we?");
    }

    #[test]
    fn deep_or_huge_html_is_stripped_instead_of_rendered() {
        let deep = format!("{}words{}", "<div>".repeat(20_000), "</div>".repeat(20_000));
        let rendered = render(&deep, &Limits::default());
        assert!(rendered.stripped && rendered.text == "words");
        let huge = format!("<p>{}</p>", "word ".repeat(300_000));
        let rendered = render(&huge, &Limits::default());
        assert!(rendered.stripped && rendered.text.starts_with("word word"));
    }

    #[test]
    fn unclosed_formatting_before_many_blocks_is_not_rendered() {
        let open =
            (0..900).fold(String::new(), |all, n| all + "<font size=" + &n.to_string() + ">");
        let bomb = format!("{open}{}", "<p>x".repeat(50_000));
        let rendered = render(&bomb, &Limits::default());
        assert!(rendered.stripped && rendered.text.starts_with("x\nx"));
    }

    #[test]
    fn stripping_stays_linear_and_keeps_what_is_no_tag() {
        assert_eq!(strip("a <b"), "a <b");
        assert_eq!(strip("<!-- a").trim(), "a");
        assert_eq!(strip(&"<style></style>".repeat(100_000)), "");
        assert_eq!(strip(&"<a ".repeat(100_000)).len(), 299_999);
    }

    #[test]
    fn hidden_text_stays_and_is_reported() {
        let rendered =
            render("<p>seen</p><div style=\"display: none\">unseen</div>", &Limits::default());
        assert!(rendered.hides && rendered.text.contains("unseen"));
        assert!(!render("<p style=\"font-size:10px\">x</p>", &Limits::default()).hides);
    }

    #[test]
    fn stripping_keeps_words_and_drops_scripts() {
        let html = "<style>p{}</style><p>Gr&uuml;&szlig;e &amp; &#8364; 5 < 6</p><script>x()</script>end<!-- no -->";
        assert_eq!(strip(html), "Grüße & € 5 < 6\nend");
    }
}
