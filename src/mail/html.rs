//! HTML → plain text. Owns the guards around `html2text`, which is at least quadratic in nesting; nothing here ever opens
//! a connection, and hidden text stays visible, since a lawyer must see what was written.

use super::{limits::Limits, strip::strip};

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
pub fn tidy(text: &str) -> String {
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
    fn hidden_text_stays_and_is_reported() {
        let rendered =
            render("<p>seen</p><div style=\"display: none\">unseen</div>", &Limits::default());
        assert!(rendered.hides && rendered.text.contains("unseen"));
        assert!(!render("<p style=\"font-size:10px\">x</p>", &Limits::default()).hides);
    }
}
