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
    /// Where its line begins.
    line: usize,
}

/// The words of a text without quote marks: those are none, wherever in a line they stand.
pub(super) fn words(text: &str) -> Vec<Word> {
    let mut out = Vec::new();
    let mut line = 0_usize;
    for content in text.split_inclusive('\n') {
        let mut at = line;
        for piece in content.split_inclusive(char::is_whitespace) {
            let end = at.saturating_add(piece.trim_end_matches(char::is_whitespace).len());
            let word = piece.trim_start_matches('>').trim_end_matches(char::is_whitespace);
            if !word.is_empty() {
                out.push(Word {
                    normal: word.nfkc().flat_map(char::to_lowercase).collect(),
                    start: end.saturating_sub(word.len()),
                    end,
                    line,
                });
            }
            at = at.saturating_add(piece.len());
        }
        line = at;
    }
    out
}

/// The text without any copy of the known texts, each given as its words. Linear in the length of the text.
fn without(text: &str, known: &[Vec<String>]) -> String {
    let all = words(text);
    let kept = known
        .iter()
        .filter(|wanted| !wanted.is_empty())
        .fold(all.iter().collect(), |kept, wanted| without_copies(kept, wanted));
    if kept.len() == all.len() {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut from = 0_usize;
    let mut kept = kept.into_iter().peekable();
    let mut all = all.iter().peekable();
    let mut before: Option<&Word> = None;
    while let Some(first) = all.next() {
        if kept.next_if(|word| word.start == first.start).is_some() {
            before = Some(first);
            continue;
        }
        let mut last = first;
        let next = kept.peek().map(|word| word.start);
        while let Some(gone) = all.next_if(|word| Some(word.start) != next) {
            last = gone;
        }
        let begins = before.is_none_or(|word| word.line < first.line);
        let ends = kept.peek().is_none_or(|word| word.line > last.line);
        // Lines of which nothing is left go whole, with their quote marks.
        let start = if begins && ends { first.line } else { first.start };
        out.push_str(text.get(from..start).unwrap_or_default());
        from = if begins && ends { next_line(text, last.end) } else { last.end };
        if next.is_none() {
            drop_separator(&mut out);
        }
    }
    out.push_str(text.get(from..).unwrap_or_default());
    out
}

/// The words without any run that reads as `wanted`, nor any that closes up when one is taken out: the search of Knuth,
/// Morris and Pratt, which remembers at every word that stays how much of `wanted` ends there.
fn without_copies<'a>(words: Vec<&'a Word>, wanted: &[String]) -> Vec<&'a Word> {
    let mut shorter: Vec<usize> = Vec::with_capacity(wanted.len());
    for (at, word) in wanted.iter().enumerate() {
        let previous = shorter.last().copied().unwrap_or_default();
        let matched = if at == 0 { 0 } else { matched(wanted, &shorter, previous, word) };
        shorter.push(matched);
    }
    let mut stay: Vec<(&Word, usize)> = Vec::with_capacity(words.len());
    for word in words {
        let before = stay.last().map_or(0, |(_, before)| *before);
        let now = matched(wanted, &shorter, before, &word.normal);
        stay.push((word, now));
        if now == wanted.len() {
            stay.truncate(stay.len().saturating_sub(now));
        }
    }
    stay.into_iter().map(|(word, _)| word).collect()
}

/// So many words of `wanted` end at `word`, when `before` of them end at the word before it.
fn matched(wanted: &[String], shorter: &[usize], mut before: usize, word: &str) -> usize {
    loop {
        if wanted.get(before).is_some_and(|want| want == word) {
            return before.saturating_add(1);
        }
        let Some(last) = before.checked_sub(1) else { return 0 };
        before = shorter.get(last).copied().unwrap_or_default();
    }
}

/// Where the line behind this place begins.
fn next_line(text: &str, at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    rest.find('\n').map_or(text.len(), |end| at.saturating_add(end).saturating_add(1))
}

/// The `-- ` that introduced what was taken out goes with it.
fn drop_separator(head: &mut String) {
    let line = head.strip_suffix('\n').unwrap_or(head);
    let start = line.rfind('\n').map_or(0, |at| at.saturating_add(1));
    if line.get(start..).is_some_and(|line| is_separator(line.trim_start_matches([' ', '>']))) {
        head.truncate(start);
    }
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

    #[test]
    fn hundreds_of_quoted_copies_go_as_fast_as_one() {
        let footer = Footer::plain("This message is secret.\n\nIt is for whom it names. Call us.");
        let copy = format!("> {}\n", footer.text().replace('\n', "\n> "));
        assert_eq!(place("x", &copy.repeat(800), &footer), place("x", "", &footer));
        // Also those that close up only when one inside them goes.
        let (open, close) = ("> This message\n".repeat(800), "> is secret. Call us.\n".repeat(800));
        let footer = Footer::plain("This message is secret. Call us.");
        assert_eq!(place("x", &(open + &close), &footer).quote, "");
    }

    #[test]
    fn beside_a_copy_that_shares_its_lines_words_and_quote_marks_stay() {
        let footer = Footer::plain("This is secret.");
        let quote = "> before This is\n> secret.\n> after\n> This is secret. more";
        assert_eq!(place("", quote, &footer).quote, "> before \n> after\n>  more");
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
