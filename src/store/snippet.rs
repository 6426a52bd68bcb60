//! The line of a message that shows why it was found.
//!
//! Owns the choice of that line. FTS5 has a function for it, but it expands a prefix anew for every message, which
//! takes a quarter of a second for fifty hits of `su*`; looking through a few kilobytes of text takes none.

use rusqlite::{Connection, OptionalExtension};
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use crate::domain::{
    id::MessageKey,
    query::{Atom, Query},
};

use super::{error::Result, search::fold};

/// How far into a text a hit is looked for, in bytes.
const DEEP: usize = 64 * 1024;

/// Words before and behind the hit.
const BEFORE: usize = 5;
const BEHIND: usize = 12;

/// The words that a query asks for, as they are compared.
pub(crate) struct Wanted(Vec<Word>);

struct Word {
    plain: String,
    folded: String,
    prefix: bool,
}

impl Wanted {
    /// Every word that is looked for and not excluded.
    pub(crate) fn of(query: &Query) -> Self {
        let mut words = Vec::new();
        collect(query, &mut words);
        Self(words)
    }

    /// The line of this message.
    pub(crate) fn snippet(&self, conn: &Connection, message: MessageKey) -> Result<String> {
        let mut query = conn.prepare_cached(
            "SELECT substr(text, 1, ?2), substr(quoted, 1, ?2), files FROM body WHERE message = ?1",
        )?;
        let deep = i64::try_from(DEEP).unwrap_or(i64::MAX);
        let texts: Option<[String; 3]> = query
            .query_row([message.get(), deep], |row| Ok([row.get(0)?, row.get(1)?, row.get(2)?]))
            .optional()?;
        let texts = texts.unwrap_or_default();
        let found = texts.iter().find_map(|text| self.around_hit(text));
        Ok(found.unwrap_or_else(|| texts.first().map(|text| beginning(text)).unwrap_or_default()))
    }

    fn around_hit(&self, text: &str) -> Option<String> {
        if self.0.is_empty() {
            return None;
        }
        let hit = words(text).find(|(_, word)| self.matches(word))?.0;
        let (before, behind) = text.split_at_checked(hit)?;
        let mut lead: Vec<&str> = before.split_whitespace().rev().take(BEFORE).collect();
        lead.reverse();
        let cut = before.split_whitespace().nth(BEFORE).is_some();
        // Punctuation right before the hit stays with it.
        let glued = before.ends_with(|c: char| !c.is_whitespace());
        let opening = if glued { lead.pop().unwrap_or_default() } else { "" };
        let mut out = if cut { String::from("… ") } else { String::new() };
        for word in lead {
            out.push_str(word);
            out.push(' ');
        }
        out.push_str(opening);
        out.push_str(&beginning(behind));
        Some(out)
    }

    fn matches(&self, word: &str) -> bool {
        let plain = plain(word);
        let mut folded = None;
        self.0.iter().any(|wanted| {
            let fits = |found: &str, asked: &str| {
                if wanted.prefix { found.starts_with(asked) } else { found == asked }
            };
            fits(&plain, &wanted.plain)
                || (!word.is_ascii() || !wanted.plain.is_ascii() || wanted.plain != wanted.folded)
                    && fits(folded.get_or_insert_with(|| fold(word)), &wanted.folded)
        })
    }
}

fn beginning(text: &str) -> String {
    let mut words = text.split_whitespace();
    let mut out = words.by_ref().take(BEHIND).collect::<Vec<_>>().join(" ");
    if words.next().is_some() {
        out.push_str(" …");
    }
    out
}

/// The words of a text with their places, as the index cuts them.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let inside = |c: char| c.is_alphanumeric() || is_combining_mark(c);
    let mut at = 0_usize;
    text.split(move |c: char| !inside(c)).filter_map(move |word| {
        let start = at;
        // One separator behind each word; its length is what lies up to the next one.
        let end = start.saturating_add(word.len());
        let separator = text.get(end..).and_then(|rest| rest.chars().next());
        at = end.saturating_add(separator.map_or(0, char::len_utf8));
        (!word.is_empty()).then_some((start, word))
    })
}

/// Lower case and without marks, as `unicode61 remove_diacritics 2` indexes it.
fn plain(word: &str) -> String {
    if word.is_ascii() {
        return word.to_ascii_lowercase();
    }
    word.nfd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).collect()
}

fn collect(query: &Query, out: &mut Vec<Word>) {
    let mut take = |text: &str, prefix: bool| {
        out.extend(words(text).map(|(_, word)| Word {
            plain: plain(word),
            folded: fold(word),
            prefix,
        }));
    };
    match query {
        Query::Atom(Atom::Word { text, prefix }) => take(text, *prefix),
        Query::Atom(Atom::Phrase(text) | Atom::Subject(text)) => take(text, false),
        Query::Atom(
            Atom::Matter(_)
            | Atom::From(_)
            | Atom::To(_)
            | Atom::Has(_)
            | Atom::Is(_)
            | Atom::Before(_)
            | Atom::After(_)
            | Atom::In(_),
        )
        | Query::All
        | Query::Not(_) => {}
        Query::And(parts) | Query::Or(parts) => parts.iter().for_each(|part| collect(part, out)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(query: &str, text: &str) -> Option<String> {
        Wanted::of(&Query::parse(query).0).around_hit(text)
    }

    #[test]
    fn the_hit_stands_with_a_few_words_around_it() {
        let text = "one two three four five six seven (Landlord) called again";
        let line = shown("landlord", text).unwrap();
        assert_eq!(line, "… four five six seven (Landlord) called again");
        assert_eq!(shown("land*", text).unwrap(), line);
        assert_eq!(shown("land", text), None);
    }

    #[test]
    fn umlauts_and_accents_are_found_as_the_index_finds_them() {
        for (query, text) in [
            ("strasse", "die Straße"),
            ("Straße", "die Strasse"),
            ("mueller", "Herr Müller"),
            ("muller", "Herr Müller"),
            ("cafe", "le café"),
            ("café", "le cafe\u{301}"),
        ] {
            assert!(shown(query, text).is_some(), "{query} in {text}");
        }
    }

    #[test]
    fn excluded_words_are_not_shown_and_nothing_wanted_shows_nothing() {
        assert_eq!(shown("-landlord", "the landlord"), None);
        assert_eq!(shown("is:unread", "the landlord"), None);
    }
}
