//! The search language: what a person types, as a tree (design 2.1).
//!
//! Owns the grammar and its complaints. It never fails: what is not understood is searched for as words, and said so.
//!
//! ```text
//! matter:2026-0147 from:acme has:attachment is:unread before:2026-01-01 "side letter" (lease OR rent) -draft
//! ```

use std::{fmt, iter::Peekable};

use jiff::civil::Date;

/// How deep brackets and `-` may nest; deeper ones are read as if they were not there.
const DEPTH: usize = 32;

/// How many conditions a query may have.
const ATOMS: usize = 64;

/// A query as a tree. [`Query::parse`] and `Display` are inverse to each other on trees that `parse` makes.
#[derive(Clone, PartialEq, Eq)]
pub enum Query {
    /// Everything.
    All,
    /// One condition.
    Atom(Atom),
    /// What the inner query does not find.
    Not(Box<Query>),
    /// All of them; at least two, none of them an `And`.
    And(Vec<Query>),
    /// Any of them; at least two, none of them an `Or`.
    Or(Vec<Query>),
}

/// One condition.
#[derive(Clone, PartialEq, Eq)]
pub enum Atom {
    /// A word anywhere in the message; with `prefix`, any word that starts so (`settle*`).
    Word {
        /// The word, never empty, without white space or quotes.
        text: String,
        /// Was it followed by `*`?
        prefix: bool,
    },
    /// Words in this order (`"side letter"`).
    Phrase(String),
    /// In the matter whose number this is, or whose name contains it.
    Matter(String),
    /// Written by someone whose name or address contains this.
    From(String),
    /// Addressed to someone whose name or address contains this.
    To(String),
    /// With these words in the subject.
    Subject(String),
    /// Has something.
    Has(Has),
    /// Is in a state.
    Is(Is),
    /// Before the first instant of this day.
    Before(Date),
    /// On this day or later.
    After(Date),
    /// In a mailbox of this role or name (`in:sent`).
    In(String),
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum $name { $($(#[$vdoc])* $variant),+ }

        impl $name {
            /// Every value.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Its word in the language.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            fn from_word(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.word().eq_ignore_ascii_case(text))
            }
        }
    };
}

words! {
    /// What a message can have.
    Has {
        /// An attachment.
        Attachment = "attachment",
        /// A question to the reader.
        Question = "question",
    }
}

words! {
    /// What a message or its thread can be.
    Is {
        /// Not read yet.
        Unread = "unread",
        /// Read.
        Read = "read",
        /// Its thread has a running clock.
        Due = "due",
        /// Its thread has a running clock that is late.
        Overdue = "overdue",
        /// Its thread has a matter.
        Tagged = "tagged",
        /// Its thread has no matter.
        Untagged = "untagged",
        /// Two matters claim its thread.
        Contested = "contested",
        /// Its thread has the star.
        Starred = "starred",
        /// We wrote it.
        Sent = "sent",
        /// It came from outside.
        Received = "received",
    }
}

/// Something in a query that was not understood, and where.
#[derive(Clone, PartialEq, Eq)]
pub struct Complaint {
    /// Byte offset in what was typed.
    pub at: usize,
    /// What it is.
    pub what: Misread,
}

/// What was not understood.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
pub enum Misread {
    /// No such field.
    #[error("there is no field “{0}:”; it was searched for as a word")]
    Field(String),
    /// The field does not take this value.
    #[error("“{field}:{value}” is not known; {field}: takes {takes}")]
    Value {
        /// The field.
        field: &'static str,
        /// What was typed.
        value: String,
        /// What could be typed.
        takes: String,
    },
    /// A field with nothing behind the colon.
    #[error("“{0}:” needs a value behind the colon")]
    Empty(&'static str),
    /// A quote that is never closed.
    #[error("a quote is not closed; everything behind it was taken as quoted")]
    Quote,
    /// A bracket without its partner.
    #[error("a bracket has no partner; it was left out")]
    Bracket,
    /// `OR` or `-` without something behind it (or, for `OR`, before it).
    #[error("“{0}” has nothing to work on; it was left out")]
    Dangling(&'static str),
    /// Too deep or too long.
    #[error("the query is too long; the rest was left out")]
    TooLong,
}

impl fmt::Debug for Misread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("‹misread query›")
    }
}

impl fmt::Debug for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Complaint(at {})", self.at)
    }
}

impl fmt::Debug for Query {
    /// Redacted: what is searched for tells what a matter is about.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("‹query›")
    }
}

impl fmt::Debug for Atom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("‹condition›")
    }
}

impl Query {
    /// Reads what was typed. The tree is always good; complaints come in the order of their places.
    pub fn parse(text: &str) -> (Self, Vec<Complaint>) {
        let mut complaints = Vec::new();
        let tokens = tokens(text, &mut complaints);
        let mut parser =
            Parser { tokens: tokens.into_iter().peekable(), complaints, depth: 0, atoms: 0 };
        let mut parts = Vec::new();
        while parser.tokens.peek().is_some() {
            parts.extend(parser.either());
            if let Some(token) = parser.tokens.next_if(|t| matches!(t.kind, Kind::Close)) {
                parser.complain(token.at, Misread::Bracket);
            }
        }
        let mut complaints = parser.complaints;
        complaints.sort_by_key(|c| c.at);
        (Self::and(parts), complaints)
    }

    /// All of `parts`, flattened.
    pub fn and(parts: Vec<Self>) -> Self {
        let mut flat = Vec::new();
        for part in parts {
            match part {
                Self::And(inner) => flat.extend(inner),
                Self::All => {}
                other @ (Self::Atom(_) | Self::Not(_) | Self::Or(_)) => flat.push(other),
            }
        }
        match flat.len() {
            0 => Self::All,
            1 => flat.pop().unwrap_or(Self::All),
            _ => Self::And(flat),
        }
    }

    /// Any of `parts`, flattened.
    pub fn or(parts: Vec<Self>) -> Self {
        let mut flat = Vec::new();
        for part in parts {
            match part {
                Self::Or(inner) => flat.extend(inner),
                other @ (Self::All | Self::Atom(_) | Self::Not(_) | Self::And(_)) => {
                    flat.push(other);
                }
            }
        }
        match flat.len() {
            0 => Self::All,
            1 => flat.pop().unwrap_or(Self::All),
            _ => Self::Or(flat),
        }
    }
}

#[derive(Clone, PartialEq)]
enum Kind {
    Open,
    Close,
    Minus,
    /// A bare word, perhaps a field with its value: `field`, then the value and whether it was quoted.
    Text {
        field: Option<String>,
        value: String,
        quoted: bool,
    },
}

struct Token {
    at: usize,
    kind: Kind,
}

/// Cuts the text. Nothing is lost: every character that is not white space is in some token.
fn tokens(text: &str, complaints: &mut Vec<Complaint>) -> Vec<Token> {
    let mut out = Vec::new();
    let mut chars = text.char_indices().peekable();
    while let Some(&(at, c)) = chars.peek() {
        let single = match c {
            '(' => Some(Kind::Open),
            ')' => Some(Kind::Close),
            '-' => Some(Kind::Minus),
            _ => None,
        };
        if c.is_whitespace() || single.is_some() {
            chars.next();
            out.extend(single.map(|kind| Token { at, kind }));
        } else {
            out.push(Token { at, kind: word(&mut chars, complaints) });
        }
    }
    out
}

fn word(chars: &mut Peekable<std::str::CharIndices<'_>>, complaints: &mut Vec<Complaint>) -> Kind {
    let mut field = None;
    let mut value = String::new();
    let mut quoted = false;
    while let Some((place, c)) = chars.next_if(|&(_, c)| !c.is_whitespace() && !"()".contains(c)) {
        match c {
            '"' if value.is_empty() && !quoted => {
                quoted = true;
                if !take_quoted(chars, &mut value) {
                    complaints.push(Complaint { at: place, what: Misread::Quote });
                }
                break;
            }
            '"' => {}
            ':' if field.is_none() && !value.is_empty() => field = Some(std::mem::take(&mut value)),
            c => value.push(c),
        }
    }
    Kind::Text { field, value, quoted }
}

/// Takes up to the closing quote; `false` when there is none.
fn take_quoted(chars: &mut Peekable<std::str::CharIndices<'_>>, value: &mut String) -> bool {
    for (_, c) in chars.by_ref() {
        if c == '"' {
            return true;
        }
        value.push(c);
    }
    false
}

struct Parser {
    tokens: Peekable<std::vec::IntoIter<Token>>,
    complaints: Vec<Complaint>,
    depth: usize,
    atoms: usize,
}

impl Parser {
    fn complain(&mut self, at: usize, what: Misread) {
        self.complaints.push(Complaint { at, what });
    }

    /// `all OR all …`, up to a closing bracket or the end.
    fn either(&mut self) -> Option<Query> {
        let mut parts = Vec::new();
        let mut dangling = None;
        loop {
            let part = self.all();
            if let (Some(at), None) = (dangling, &part) {
                self.complain(at, Misread::Dangling("OR"));
            }
            let empty = part.is_none();
            parts.extend(part);
            let Some(or) = self.tokens.next_if(|t| is_or(&t.kind)) else { break };
            if empty && dangling.is_none() {
                self.complain(or.at, Misread::Dangling("OR"));
            }
            dangling = Some(or.at);
        }
        (!parts.is_empty()).then(|| Query::or(parts))
    }

    /// Conditions side by side, up to `OR`, a closing bracket or the end.
    fn all(&mut self) -> Option<Query> {
        let mut parts = Vec::new();
        while self.tokens.peek().is_some_and(|t| !is_or(&t.kind) && t.kind != Kind::Close) {
            parts.extend(self.one());
        }
        (!parts.is_empty()).then(|| Query::and(parts))
    }

    /// One condition, a negation or a bracket.
    fn one(&mut self) -> Option<Query> {
        let token = self.tokens.next()?;
        match token.kind {
            Kind::Minus => self.deeper(token.at, |parser| {
                let more = parser.tokens.peek().is_some_and(|t| {
                    t.at == token.at.saturating_add(1) && !is_or(&t.kind) && t.kind != Kind::Close
                });
                let inner = if more { parser.one() } else { None };
                if inner.is_none() {
                    parser.complain(token.at, Misread::Dangling("-"));
                }
                inner.map(|query| Query::Not(Box::new(query)))
            }),
            Kind::Open => self.deeper(token.at, |parser| {
                let inner = parser.either();
                if parser.tokens.next_if(|t| t.kind == Kind::Close).is_none() {
                    parser.complain(token.at, Misread::Bracket);
                }
                inner
            }),
            Kind::Close => None,
            Kind::Text { field, value, quoted } => {
                self.atoms = self.atoms.saturating_add(1);
                if self.atoms > ATOMS {
                    self.complain(token.at, Misread::TooLong);
                    return None;
                }
                self.condition(token.at, field, value, quoted).map(Query::Atom)
            }
        }
    }

    fn deeper(
        &mut self,
        at: usize,
        inner: impl FnOnce(&mut Self) -> Option<Query>,
    ) -> Option<Query> {
        if self.depth >= DEPTH {
            self.complain(at, Misread::TooLong);
            return None;
        }
        self.depth = self.depth.saturating_add(1);
        let query = inner(self);
        self.depth = self.depth.saturating_sub(1);
        query
    }

    fn condition(
        &mut self,
        at: usize,
        field: Option<String>,
        value: String,
        quoted: bool,
    ) -> Option<Atom> {
        let Some(name) = field else {
            return bare(value, quoted);
        };
        match name.to_ascii_lowercase().as_str() {
            "matter" => self.filled(at, "matter", value).map(Atom::Matter),
            "from" => self.filled(at, "from", value).map(Atom::From),
            "to" => self.filled(at, "to", value).map(Atom::To),
            "subject" => self.filled(at, "subject", value).map(Atom::Subject),
            "in" => self.filled(at, "in", value).map(Atom::In),
            "has" => {
                let takes = Has::ALL.iter().map(|h| h.word()).collect::<Vec<_>>().join(", ");
                self.known(at, "has", value, takes, Has::from_word).map(Atom::Has)
            }
            "is" => {
                let takes = Is::ALL.iter().map(|i| i.word()).collect::<Vec<_>>().join(", ");
                self.known(at, "is", value, takes, Is::from_word).map(Atom::Is)
            }
            "before" => self.day(at, "before", value).map(Atom::Before),
            "after" => self.day(at, "after", value).map(Atom::After),
            _ => {
                let text = format!("{name}:{value}");
                self.complain(at, Misread::Field(name));
                // Kept as one word where it was one, so that `10:30` or a URL is still found.
                bare(text, quoted)
            }
        }
    }

    fn filled(&mut self, at: usize, field: &'static str, value: String) -> Option<String> {
        if value.trim().is_empty() {
            self.complain(at, Misread::Empty(field));
            return None;
        }
        Some(value)
    }

    fn day(&mut self, at: usize, field: &'static str, value: String) -> Option<Date> {
        let takes = "a day such as 2026-01-31".to_owned();
        self.known(at, field, value, takes, |text| text.parse().ok())
    }

    fn known<T>(
        &mut self,
        at: usize,
        field: &'static str,
        value: String,
        takes: String,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let found = read(&value);
        if found.is_none() {
            self.complain(at, Misread::Value { field, value, takes });
        }
        found
    }
}

fn is_or(kind: &Kind) -> bool {
    matches!(kind, Kind::Text { field: None, value, quoted: false } if value == "OR")
}

fn bare(value: String, quoted: bool) -> Option<Atom> {
    if quoted {
        return (!value.trim().is_empty()).then_some(Atom::Phrase(value));
    }
    let stem = value.trim_end_matches('*');
    let prefix = stem.len() < value.len();
    (!stem.is_empty()).then(|| Atom::Word { text: stem.to_owned(), prefix })
}

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => Ok(()),
            Self::Atom(atom) => write!(f, "{atom}"),
            Self::Not(inner) => match &**inner {
                Self::And(_) | Self::Or(_) => write!(f, "-({inner})"),
                Self::All | Self::Atom(_) | Self::Not(_) => write!(f, "-{inner}"),
            },
            Self::And(parts) => joined(f, parts, " ", |part| matches!(part, Self::Or(_))),
            Self::Or(parts) => joined(f, parts, " OR ", |_| false),
        }
    }
}

fn joined(
    f: &mut fmt::Formatter<'_>,
    parts: &[Query],
    between: &str,
    bracket: impl Fn(&Query) -> bool,
) -> fmt::Result {
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            f.write_str(between)?;
        }
        if bracket(part) {
            write!(f, "({part})")?;
        } else {
            write!(f, "{part}")?;
        }
    }
    Ok(())
}

impl fmt::Display for Atom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word { text, prefix } => write!(f, "{text}{}", if *prefix { "*" } else { "" }),
            Self::Phrase(text) => write!(f, "\"{text}\""),
            Self::Matter(text) => write!(f, "matter:{}", Value(text)),
            Self::From(text) => write!(f, "from:{}", Value(text)),
            Self::To(text) => write!(f, "to:{}", Value(text)),
            Self::Subject(text) => write!(f, "subject:{}", Value(text)),
            Self::Has(has) => write!(f, "has:{}", has.word()),
            Self::Is(is) => write!(f, "is:{}", is.word()),
            Self::Before(day) => write!(f, "before:{day}"),
            Self::After(day) => write!(f, "after:{day}"),
            Self::In(text) => write!(f, "in:{}", Value(text)),
        }
    }
}

/// A value as it must be typed: quoted where it would otherwise end early.
struct Value<'a>(&'a str);

impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = !self.0.is_empty()
            && !self.0.chars().any(|c| c.is_whitespace() || matches!(c, '(' | ')' | '"'));
        if plain { f.write_str(self.0) } else { write!(f, "\"{}\"", self.0) }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    fn parsed(text: &str) -> Query {
        let (query, complaints) = Query::parse(text);
        assert!(complaints.is_empty(), "{text}: {}", complaints[0].what);
        query
    }

    fn complaint(text: &str) -> String {
        let (_, complaints) = Query::parse(text);
        complaints.first().map(|c| format!("{}: {}", c.at, c.what)).unwrap_or_default()
    }

    fn w(text: &str) -> Query {
        Query::Atom(Atom::Word { text: text.into(), prefix: false })
    }

    #[test]
    fn every_field_is_read() {
        let text = "matter:2026-0147 from:\"Kofi Mensah\" to:acme subject:lease has:attachment is:Overdue \
                    before:2026-01-01 after:2025-06-30 in:sent \"side letter\" settle* -word";
        let want = [
            Query::Atom(Atom::Matter("2026-0147".into())),
            Query::Atom(Atom::From("Kofi Mensah".into())),
            Query::Atom(Atom::To("acme".into())),
            Query::Atom(Atom::Subject("lease".into())),
            Query::Atom(Atom::Has(Has::Attachment)),
            Query::Atom(Atom::Is(Is::Overdue)),
            Query::Atom(Atom::Before(date(2026, 1, 1))),
            Query::Atom(Atom::After(date(2025, 6, 30))),
            Query::Atom(Atom::In("sent".into())),
            Query::Atom(Atom::Phrase("side letter".into())),
            Query::Atom(Atom::Word { text: "settle".into(), prefix: true }),
            Query::Not(Box::new(w("word"))),
        ];
        assert!(parsed(text) == Query::And(want.to_vec()));
    }

    #[test]
    fn or_binds_weaker_than_standing_side_by_side() {
        let want = Query::Or(vec![Query::And(vec![w("a"), w("b")]), w("c")]);
        assert!(parsed("a b OR c") == want);
        assert!(parsed("a (b OR c)") == Query::And(vec![w("a"), Query::Or(vec![w("b"), w("c")])]));
        assert!(parsed("and or") == Query::And(vec![w("and"), w("or")]));
    }

    #[test]
    fn a_hyphen_inside_a_word_is_not_a_negation() {
        assert!(parsed("re-open") == w("re-open"));
        assert!(parsed("-re-open") == Query::Not(Box::new(w("re-open"))));
    }

    #[test]
    fn what_is_not_understood_is_said_with_its_place() {
        assert!(complaint("lease colour:red").starts_with("6: there is no field"));
        assert!(complaint("is:late").contains("unread, read, due, overdue"));
        assert!(complaint("before:yesterday").contains("2026-01-31"));
        assert!(complaint("from:").contains("needs a value"));
        assert!(complaint("\"open").contains("not closed"));
        assert!(complaint("(a").contains("bracket") && complaint("a)").contains("bracket"));
        assert!(complaint("a OR").contains("OR") && complaint("OR a").contains("OR"));
        assert!(complaint("a - b").starts_with("2: "));
    }

    #[test]
    fn an_unknown_field_is_still_searched_for() {
        assert!(Query::parse("10:30").0 == w("10:30"));
    }

    #[test]
    fn nothing_typed_finds_everything() {
        assert!(parsed("  ") == Query::All && Query::parse("()").0 == Query::All);
    }

    #[test]
    fn a_very_deep_query_is_cut_and_not_a_crash() {
        let (_, complaints) = Query::parse(&"(".repeat(10_000));
        assert!(complaints.iter().any(|c| c.what == Misread::TooLong));
        let (_, complaints) = Query::parse(&"-".repeat(10_000));
        assert!(!complaints.is_empty());
    }

    fn any_query() -> impl Strategy<Value = Query> {
        let value = "[a-zäß0-9 @.()-]{0,8}[a-z]";
        let atom = prop_oneof![
            ("[a-zäß][a-z0-9.-]{0,6}", any::<bool>())
                .prop_map(|(text, prefix)| Atom::Word { text, prefix }),
            "[a-z: ()-]{0,9}[a-z]".prop_map(Atom::Phrase),
            value.prop_map(Atom::Matter),
            value.prop_map(Atom::From),
            value.prop_map(Atom::To),
            value.prop_map(Atom::Subject),
            value.prop_map(Atom::In),
            prop::sample::select(Has::ALL).prop_map(Atom::Has),
            prop::sample::select(Is::ALL).prop_map(Atom::Is),
            (0_i16..3000, 1_i8..=12, 1_i8..=28).prop_map(|(y, m, d)| Atom::Before(date(y, m, d))),
            (0_i16..3000, 1_i8..=12, 1_i8..=28).prop_map(|(y, m, d)| Atom::After(date(y, m, d))),
        ];
        atom.prop_map(Query::Atom).prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                inner.clone().prop_map(|q| Query::Not(Box::new(q))),
                prop::collection::vec(inner.clone(), 2..4).prop_map(Query::and),
                prop::collection::vec(inner, 2..4).prop_map(Query::or),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read_back_the_same(query in any_query()) {
            let text = query.to_string();
            let (again, complaints) = Query::parse(&text);
            prop_assert!(complaints.is_empty(), "{}", text);
            prop_assert!(again == query, "{}", text);
        }

        #[test]
        fn anything_typed_gives_a_tree_that_prints_to_itself(text in "[a-z\"()*: ORis-]{0,40}|.{0,40}") {
            let (query, _) = Query::parse(&text);
            let printed = query.to_string();
            prop_assert!(Query::parse(&printed).0 == query, "{} → {}", text, printed);
        }
    }
}
