//! Address headers as they are really written. Owns the forgiving split of RFC 5322 §3.4 lists; what is no address is
//! dropped and counted, never repaired into a different one.

use super::charset::encoded_words;
use crate::domain::address::{EmailAddress, NamedAddress};

/// The addresses of one header.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AddressList {
    /// In the order of the header, groups flattened.
    pub found: Vec<NamedAddress>,
    /// Entries that held no address, or came after the cap.
    pub dropped: usize,
}

/// Reads an address list from an unfolded header value, encoded words still in it. At most `cap` addresses. Linear.
pub fn addresses(value: &str, cap: usize) -> AddressList {
    let mut list = AddressList::default();
    let mut entry = Entry::default();
    let mut chars = value.chars().peekable();
    // A quotation mark or bracket without its partner is an ordinary character; looking for the partner once is enough.
    let (mut quotes, mut comments) = (true, true);
    while let Some(c) = chars.next() {
        match c {
            '"' if quotes => quotes = entry.quoted(&mut chars),
            '(' if comments => comments = entry.comment(&mut chars),
            '"' | '(' => {}
            '<' => entry.angle(&mut chars),
            ',' | ';' => entry.finish(&mut list, cap),
            ':' if entry.opens_group() => entry = Entry::default(),
            c => entry.phrase.push(blank(c)),
        }
    }
    entry.finish(&mut list, cap);
    list
}

type Chars<'a> = std::iter::Peekable<std::str::Chars<'a>>;

/// One entry while it is being read.
#[derive(Default)]
struct Entry {
    /// Everything outside brackets and comments, quotes and escapes kept.
    phrase: String,
    /// What stood between angle brackets; the last such text wins.
    angle: Option<String>,
    comment: String,
    /// An address was begun: no colon opens a group any more. Looking for its `@` once is enough.
    begun: bool,
}

impl Entry {
    /// Reads to the closing quotation mark; without one, reads nothing and says so.
    fn quoted(&mut self, chars: &mut Chars<'_>) -> bool {
        let (rest, length) = (chars.clone(), self.phrase.len());
        self.phrase.push('"');
        let mut escaped = false;
        for c in chars.by_ref() {
            self.phrase.push(blank(c));
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '"' => return true,
                _ => {}
            }
        }
        self.phrase.truncate(length);
        *chars = rest;
        false
    }

    /// Reads to the closing bracket; without one, reads nothing and says so.
    fn comment(&mut self, chars: &mut Chars<'_>) -> bool {
        let rest = chars.clone();
        let (mut depth, mut escaped) = (1_usize, false);
        self.comment.clear();
        for c in chars.by_ref() {
            match c {
                _ if escaped => escaped = false,
                '\\' => {
                    escaped = true;
                    continue;
                }
                '(' => depth = depth.saturating_add(1),
                ')' => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        return true;
                    }
                }
                _ => {}
            }
            self.comment.push(blank(c));
        }
        self.comment.clear();
        *chars = rest;
        false
    }

    fn angle(&mut self, chars: &mut Chars<'_>) {
        let mut inside = String::new();
        let (mut quoted, mut comment) = (false, false);
        while let Some(&c) = chars.peek() {
            // A comma without `>` before it: the bracket was never closed.
            if !quoted && matches!(c, ',' | ';') && !inside.starts_with('@') {
                break;
            }
            chars.next();
            match c {
                '"' => {
                    quoted = !quoted;
                    inside.push(c);
                }
                '>' if !quoted => break,
                '<' if !quoted => inside.clear(),
                '(' if !quoted => comment = true,
                ')' if comment => comment = false,
                _ if comment => {}
                c if c.is_control() || (c.is_whitespace() && !quoted) => {}
                c => inside.push(c),
            }
        }
        while chars.peek() == Some(&'>') {
            chars.next();
        }
        if !inside.is_empty() {
            self.angle = Some(inside);
        }
    }

    /// `Undisclosed recipients:` opens a group; `mailto:a@b` and `[IPv6:…]` do not.
    fn opens_group(&mut self) -> bool {
        self.begun = self.begun || self.angle.is_some() || self.phrase.contains(['@', '[']);
        !self.begun
    }

    fn finish(&mut self, list: &mut AddressList, cap: usize) {
        let entry = std::mem::take(self);
        if entry.phrase.trim().is_empty() && entry.angle.is_none() {
            return;
        }
        match entry.address() {
            Some(address) if list.found.len() < cap => list.found.push(address),
            Some(_) | None => list.dropped = list.dropped.saturating_add(1),
        }
    }

    fn address(&self) -> Option<NamedAddress> {
        if let Some(address) = self.angle.as_deref().and_then(bare) {
            let name = name(&self.phrase).or_else(|| name(&self.comment));
            return Some(NamedAddress { name, address });
        }
        let visible: String = self.phrase.chars().filter(|c| !c.is_control()).collect();
        let phrase = visible.trim();
        // RFC 5322 §4.4 lets old mail put blanks around the dots and the `@`.
        let tight: String = without_blanks_around_dots(phrase);
        if let Some(address) = bare(&tight) {
            return Some(NamedAddress { name: name(&self.comment), address });
        }
        // `John Doe john@example.com`, with the brackets forgotten; only an unambiguous one is taken.
        let mut found = tight.split_whitespace().filter_map(|word| {
            bare(word.trim_matches(['"', '\'', '[', ']'])).map(|address| (word, address))
        });
        let (word, address) = found.next()?;
        if found.next().is_some() {
            return None;
        }
        let around = if self.phrase.len() == visible.len() { &tight } else { &self.phrase };
        Some(NamedAddress { name: name(&around.replacen(word, "", 1)), address })
    }
}

fn without_blanks_around_dots(phrase: &str) -> String {
    if !phrase.contains([' ', '\t']) || phrase.contains('"') {
        return phrase.to_owned();
    }
    let mut out = String::with_capacity(phrase.len());
    let mut in_domain = false;
    for word in phrase.split_whitespace() {
        let at_sign = out.ends_with('@') || word.starts_with('@');
        let dot = in_domain && (word.starts_with('.') || out.ends_with('.'));
        in_domain = in_domain || word.contains('@');
        if !(out.is_empty() || at_sign || dot) {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

/// An addr-spec without name: route and `mailto:` removed, dots that old systems allowed put between quotes.
fn bare(text: &str) -> Option<EmailAddress> {
    let text = text.trim();
    let text = text.strip_prefix("mailto:").unwrap_or(text);
    let text = match text.strip_prefix('@') {
        Some(route) => route.split_once(':')?.1,
        None => text,
    };
    let text = text.trim_end_matches(['.', '\'']).trim_start_matches('\'');
    EmailAddress::parse(text).ok().or_else(|| {
        let (local, domain) = text.rsplit_once('@')?;
        let dotted = local.contains("..") || local.starts_with('.') || local.ends_with('.');
        let plain = local.chars().all(|c| c.is_alphanumeric() || "._-+".contains(c));
        (dotted && plain).then(|| EmailAddress::parse(&format!("\"{local}\"@{domain}")).ok())?
    })
}

/// A line break or tab is a blank. Every other control stays: who shows a name marks it there.
const fn blank(c: char) -> char {
    if matches!(c, '\r' | '\n' | '\t') { ' ' } else { c }
}

/// A display name: quotes and escapes removed, encoded words decoded, blanks folded.
fn name(raw: &str) -> Option<String> {
    let mut plain = String::with_capacity(raw.len());
    let mut escaped = false;
    for c in raw.chars() {
        match c {
            _ if escaped => {
                escaped = false;
                plain.push(c);
            }
            '\\' => escaped = true,
            '"' => {}
            c => plain.push(c),
        }
    }
    let decoded = encoded_words(&plain);
    let folded = decoded.split_whitespace().collect::<Vec<_>>().join(" ");
    let name: String = folded.chars().take(256).collect();
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: &str) -> String {
        let list = addresses(value, 100);
        list.found
            .iter()
            .map(|a| format!("{}|{}", a.name.as_deref().unwrap_or_default(), a.address.as_str()))
            .collect::<Vec<_>>()
            .join(" ; ")
    }

    #[test]
    fn one_bad_address_does_not_lose_the_others() {
        assert_eq!(read("foo, <<a@b>>, a@b,,c@d"), "|a@b ; |a@b ; |c@d");
        assert_eq!(addresses("foo, a@b", 9).dropped, 1);
    }

    #[test]
    fn names_come_from_phrases_quotes_comments_and_encoded_words() {
        assert_eq!(read("\"Doe, John\" <j@d.example>"), "Doe, John|j@d.example");
        assert_eq!(read("j@d.example (John (the) Doe)"), "John (the) Doe|j@d.example");
        assert_eq!(read("=?utf-8?q?M=C3=BCller=2C_K?= <k@m>"), "Müller, K|k@m");
        assert_eq!(read("\"=?utf-8?q?M=C3=BCller?=\" <k@m>"), "Müller|k@m");
    }

    #[test]
    fn an_encoded_name_cannot_smuggle_an_address() {
        assert_eq!(
            read("=?utf-8?q?Bank_=3Cbank=40real.example=3E=2C?= <thief@evil.example>"),
            "Bank <bank@real.example>,|thief@evil.example"
        );
    }

    #[test]
    fn what_hides_in_a_name_is_left_to_whoever_shows_it() {
        assert_eq!(read("Ko\u{1b}[2Jfi <k@m>"), "Ko\u{1b}[2Jfi|k@m");
        assert_eq!(read("\"Ko\u{1b}[2J\tfi\" <k@m>"), "Ko\u{1b}[2J fi|k@m");
        assert_eq!(read("=?utf-8?q?Ko=1B=5B2Jfi?= <k@m>"), "Ko\u{1b}[2Jfi|k@m");
        assert_eq!(read("k@m (Ko\u{202e}fi)"), "Ko\u{202e}fi|k@m");
        assert_eq!(read("Ko\u{7}fi k@m"), "Ko\u{7}fi|k@m");
        // An address cannot carry it; a control there loses no sender.
        assert_eq!(read("<k\u{1b}o@m>, k\u{1b}o@m"), "|ko@m ; |ko@m");
    }

    #[test]
    fn groups_routes_and_semicolons_are_read() {
        assert_eq!(read("Team: a@b, B <c@d>;, e@f"), "|a@b ; B|c@d ; |e@f");
        assert_eq!(read("undisclosed-recipients:;"), "");
        assert_eq!(read("<@relay,@other:u@x.example>"), "|u@x.example");
        assert_eq!(read("a@b; c@d"), "|a@b ; |c@d");
        assert_eq!(
            read("jdoe@test  . example, john @ d.example"),
            "|jdoe@test.example ; |john@d.example"
        );
        assert_eq!(read("a..b@docomo.example"), "|\"a..b\"@docomo.example");
    }

    #[test]
    fn an_unclosed_quote_or_bracket_keeps_the_rest() {
        assert_eq!(read("\"John <j@d>, k@m"), "John|j@d ; |k@m");
        assert_eq!(read("John <j@d, k@m"), "John|j@d ; |k@m");
    }

    #[test]
    fn a_header_of_semicolons_costs_nothing() {
        let list = addresses(&";".repeat(200_000), 100);
        assert_eq!((list.found.len(), list.dropped), (0, 0));
        let many = "a@b,".repeat(50_000);
        assert_eq!(addresses(&many, 100).found.len(), 100);
    }

    #[test]
    fn an_entry_without_end_costs_nothing() {
        let colons = format!("{}@{}", "a".repeat(130_000), ":".repeat(130_000));
        let blanks = "a . ".repeat(65_000);
        for value in [colons, blanks] {
            assert_eq!((addresses(&value, 9).found.len(), addresses(&value, 9).dropped), (0, 1));
        }
    }
}
