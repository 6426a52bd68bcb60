//! Where banner and notice stand in a message, and that they stand there once.
//!
//! Owns the placing and the search for copies. It never changes what a person wrote, except that a copy of the
//! office's own footer is taken out.

use std::fmt;

use unicode_normalization::UnicodeNormalization;

use super::Footer;

/// The words of a message in the order in which they stand. Empty parts are left out.
#[derive(Clone, PartialEq, Eq)]
pub struct Placed {
    /// Above everything.
    pub banner: String,
    /// What the person wrote, with its signature.
    pub body: String,
    /// The notice.
    pub footer: String,
    /// The notice is introduced by `-- ` (RFC 3676 §4.3), so that programs leave it out when answering. Only where
    /// the person has no signature of their own and nothing is quoted: below that line all counts as signature.
    pub signs: bool,
    /// The quoted original.
    pub quote: String,
}

impl Placed {
    /// All of it as one text with LF.
    pub fn text(&self) -> String {
        let footer = match (self.signs, self.footer.is_empty()) {
            (true, false) => format!("-- \n{}", self.footer),
            (true | false, _) => self.footer.clone(),
        };
        [&self.banner, &self.body, &footer, &self.quote]
            .into_iter()
            .filter(|part| !part.is_empty())
            .map(String::as_str)
            .collect::<Vec<_>>()
            .join("\n\n")
    }
}

impl fmt::Debug for Placed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "‹words {} B›", self.text().len())
    }
}

/// Puts banner and notice in their places, exactly once: copies in what was written or quoted, also re-wrapped and
/// quoted by other programs, are taken out first. Placing twice is the same as placing once.
pub fn place(body: &str, quote: &str, footer: &Footer) -> Placed {
    let known: Vec<Vec<String>> = footer
        .known
        .iter()
        .chain([&footer.banner, &footer.text])
        .map(|text| words(text).into_iter().map(|word| word.normal).collect())
        .collect();
    let body = without(&body.replace("\r\n", "\n").replace('\r', "\n"), &known);
    let quote = without(&quote.replace("\r\n", "\n").replace('\r', "\n"), &known);
    let body = body.trim_start_matches('\n').trim_end().to_owned();
    let quote = quote.trim_matches('\n').trim_end().to_owned();
    let own_signature = body.lines().any(is_separator);
    Placed {
        banner: footer.banner.clone(),
        signs: !own_signature && quote.is_empty() && !footer.text.is_empty(),
        body,
        footer: footer.text.clone(),
        quote,
    }
}

fn is_separator(line: &str) -> bool {
    line.trim_end() == "--"
}

/// A word of a text: how it compares, and where it stands (bytes).
pub(super) struct Word {
    pub(super) normal: String,
    start: usize,
    end: usize,
    line: usize,
}

/// The words of a text without the quote marks at the beginning of its lines.
pub(super) fn words(text: &str) -> Vec<Word> {
    let mut out = Vec::new();
    let mut offset = 0_usize;
    for (line, content) in text.split_inclusive('\n').enumerate() {
        let inner = content.trim_start_matches([' ', '>']);
        let mut at = offset.saturating_add(content.len().saturating_sub(inner.len()));
        for piece in inner.split_inclusive(char::is_whitespace) {
            let word = piece.trim_end_matches(char::is_whitespace);
            if !word.is_empty() {
                out.push(Word {
                    normal: word.nfkc().flat_map(char::to_lowercase).collect(),
                    start: at,
                    end: at.saturating_add(word.len()),
                    line,
                });
            }
            at = at.saturating_add(piece.len());
        }
        offset = offset.saturating_add(content.len());
    }
    out
}

/// The text without any copy of the known texts, each given as its words.
fn without(text: &str, known: &[Vec<String>]) -> String {
    let mut text = text.to_owned();
    let mut all = words(&text);
    for wanted in known.iter().filter(|wanted| !wanted.is_empty()) {
        while let Some(shorter) = without_first(&text, &all, wanted) {
            text = shorter;
            all = words(&text);
        }
    }
    text
}

fn without_first(text: &str, all: &[Word], wanted: &[String]) -> Option<String> {
    let found = all
        .windows(wanted.len())
        .position(|window| window.iter().zip(wanted).all(|(word, want)| word.normal == *want))?;
    let last_index = found.saturating_add(wanted.len()).checked_sub(1)?;
    let (first, last) = (all.get(found)?, all.get(last_index)?);
    let begins_line =
        found.checked_sub(1).and_then(|i| all.get(i)).is_none_or(|w| w.line < first.line);
    let ends_line = all.get(last_index.saturating_add(1)).is_none_or(|w| w.line > last.line);
    let head = text.get(..first.start)?;
    let head = if begins_line {
        head.rfind('\n').map_or("", |at| head.get(..=at).unwrap_or(head))
    } else {
        head
    };
    let tail = text.get(last.end..)?;
    let tail = if ends_line { tail.split_once('\n').map_or("", |(_, rest)| rest) } else { tail };
    let bare = |line: &str| line.trim_start_matches([' ', '>']).trim_end().to_owned();
    let nothing_follows = tail.lines().all(|line| bare(line).is_empty());
    let mut head = head;
    if nothing_follows && bare(head.lines().last().unwrap_or_default()) == "--" {
        let end = head.trim_end_matches('\n');
        head = end.rfind('\n').map_or("", |at| end.get(..=at).unwrap_or(end));
    }
    let joint = if begins_line || ends_line || head.ends_with(' ') { "" } else { " " };
    Some(format!("{head}{joint}{tail}"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::{
        footer::{FooterBook, FooterVariables, Occasion},
        language::Language,
        matter::Role,
    };

    #[test]
    fn the_footer_stands_above_the_quotation_and_below_the_signature() {
        let placed =
            place("Dear Kofi,\n\nyes.\n\n-- \nAda", "> Can you?", &Footer::plain("Secret."));
        assert_eq!(placed.text(), "Dear Kofi,\n\nyes.\n\n-- \nAda\n\nSecret.\n\n> Can you?");
        assert_eq!(place("Yes.", "", &Footer::plain("Secret.")).text(), "Yes.\n\n-- \nSecret.");
    }

    #[test]
    fn answering_our_own_mail_does_not_repeat_the_footer_also_when_it_was_wrapped_anew() {
        let office = FooterVariables {
            firm: "Northgate Law".to_owned(),
            phone: "+1 555 0100".to_owned(),
            address: "office@northgate.example".to_owned(),
        };
        let roles = [Some(Role::Client)];
        let footer = FooterBook::samples(office, Language::En).choose(&Occasion {
            matter: None,
            roles: &roles,
            language: None,
            privilege: None,
        });
        let ours = place("First answer.", "", &footer).text();
        let rewrapped: String = ours
            .split('\n')
            .flat_map(|line| {
                let words: Vec<&str> = line.split(' ').collect();
                words.chunks(4).map(|chunk| format!(">> {}\n", chunk.join(" "))).collect::<Vec<_>>()
            })
            .collect();
        for quote in [format!("> {}", ours.replace('\n', "\n> ")), rewrapped] {
            let text = place("Second answer.", &quote, &footer).text();
            let flat: Vec<String> = words(&text).into_iter().map(|w| w.normal).collect();
            let flat = flat.join(" ");
            assert_eq!(flat.matches("is confidential and may").count(), 1, "{text}");
            assert!(text.contains("First answer."));
            let above = text.find("confidential").unwrap() < text.find("First answer.").unwrap();
            assert!(above, "{text}");
        }
    }

    #[test]
    fn a_footer_inside_a_line_is_taken_out_and_the_words_around_it_stay() {
        let footer = Footer::plain("this is SECRET.");
        assert_eq!(place("before This is secret. after", "", &footer).body, "before  after");
        assert_eq!(place("nothing here", "", &footer).body, "nothing here");
    }

    proptest! {
        #[test]
        fn placing_twice_is_the_same_as_placing_once(
            body in "([a-z]{1,9}[ \n]{1,3}|> [a-z]{3}\n|-- \n[A-Z][a-z]{2}\n|Secret){0,12}",
            quote in prop_oneof![Just(String::new()), Just("> a\n> b".to_owned())],
            banner in any::<bool>(),
        ) {
            let mut footer = Footer::plain("This message is secret.\nCall us.");
            if banner {
                "PRIVILEGED".clone_into(&mut footer.banner);
            }
            let once = place(&body, &quote, &footer);
            let text = once.text();
            let own = text.strip_suffix(&once.quote).unwrap_or(&text);
            prop_assert_eq!(place(own, &quote, &footer), once);
        }

        #[test]
        fn whatever_was_written_the_footer_stands_exactly_once(
            body in "(This message is secret\\. Call us\\. |[a-z]{1,9} | |\n){0,12}",
            quote in "(> This message\n> is secret\\. Call\n> us\\.\n|> [a-z]{1,5}\n){0,6}",
        ) {
            let text = place(&body, &quote, &Footer::plain("This message is secret.\nCall us.")).text();
            let flat: Vec<String> = words(&text).into_iter().map(|w| w.normal).collect();
            prop_assert_eq!(flat.join(" ").matches("this message is secret. call us.").count(), 1);
        }
    }
}
