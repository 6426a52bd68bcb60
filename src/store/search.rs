//! Search: the query tree as SQL over the full-text index, newest first.
//!
//! Owns the folding of words and the quoting of what people type. Nothing typed ever becomes SQL or FTS5 syntax.

use std::collections::BTreeSet;

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use rusqlite::{Connection, ToSql, functions::FunctionFlags, params, params_from_iter};

use crate::domain::{
    id::{MatterId, MessageKey, ThreadId},
    message::Direction,
    query::{Atom, Has, Is, Query},
};

use super::{
    codec::{direction, instant, micros},
    error::Result,
    snippet::Wanted,
};

/// A hit.
#[derive(Clone)]
pub struct HitRow {
    /// Which message.
    pub message: MessageKey,
    /// Its conversation.
    pub thread: ThreadId,
    /// When it came or went.
    pub at: Timestamp,
    /// Which way it went.
    pub direction: Direction,
    /// Who wrote it: the name, or the address where there is none.
    pub who: String,
    /// Its subject.
    pub subject: String,
    /// A line with the hit, or the beginning of the text.
    pub snippet: String,
    /// Its conversation's matter.
    pub matter: Option<MatterId>,
}

/// With this many hits in the index or fewer, looking each one up is faster than going through the messages by time.
const FEW: i64 = 2_000;

/// Finds messages, newest first, at most `limit`. `zone` says when a day begins, `now` what is late.
pub fn find(
    conn: &Connection,
    query: &Query,
    zone: &TimeZone,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<HitRow>> {
    let mut sql = Sql { zone, now, values: Vec::new() };
    let text = statement(conn, &mut sql, query, limit)?;
    let mut statement = conn.prepare_cached(&text)?;
    let rows = statement.query_map(params_from_iter(sql.values.iter()), |row| {
        Ok(HitRow {
            message: MessageKey::new(row.get("key")?),
            thread: ThreadId::new(row.get("thread")?),
            at: instant(row.get("at")?)?,
            direction: direction(row.get("direction")?)?,
            who: row.get("who")?,
            subject: row.get("subject")?,
            snippet: String::new(),
            matter: row.get::<_, Option<i64>>("matter")?.map(MatterId::new),
        })
    })?;
    let mut hits: Vec<HitRow> = rows.collect::<rusqlite::Result<_>>()?;
    let wanted = Wanted::of(query);
    for hit in &mut hits {
        hit.snippet = wanted.snippet(conn, hit.message)?;
    }
    Ok(hits)
}

/// Two shapes: from the index outwards when it has few hits, else by time with the hits as a filter. SQLite cannot know
/// which is right, since the index gives it no figures.
fn statement(conn: &Connection, sql: &mut Sql<'_>, query: &Query, limit: u32) -> Result<String> {
    let words = required_words(query);
    let few = match &words {
        Some(words) => hits_up_to(conn, words, FEW.saturating_add(1))? <= FEW,
        None => false,
    };
    let from = match words.filter(|_| few) {
        Some(words) => {
            let words = sql.value(words);
            format!(
                "(SELECT rowid AS hit FROM search WHERE search MATCH {words}) AS h
                 CROSS JOIN message AS m ON m.key = h.hit"
            )
        }
        None => "message AS m INDEXED BY message_by_time".to_owned(),
    };
    let filter = sql.condition(query);
    Ok(format!(
        "SELECT m.key, m.thread, m.at, m.direction, m.subject, t.matter,
                CASE WHEN m.from_name <> '' THEN m.from_name ELSE m.from_key END AS who
         FROM {from} CROSS JOIN thread AS t ON t.id = m.thread
         WHERE m.instance_of IS NULL AND {filter} ORDER BY m.at DESC, m.key DESC LIMIT {limit}"
    ))
}

fn hits_up_to(conn: &Connection, words: &str, limit: i64) -> Result<i64> {
    let mut query = conn.prepare_cached(
        "SELECT count(*) FROM (SELECT rowid FROM search WHERE search MATCH ?1 LIMIT ?2)",
    )?;
    Ok(query.query_row(params![words, limit], |row| row.get(0))?)
}

/// What every hit must match in the index, as far as it can be said in one expression.
fn required_words(query: &Query) -> Option<String> {
    let parts = match query {
        Query::And(parts) => parts.as_slice(),
        Query::All | Query::Atom(_) | Query::Not(_) | Query::Or(_) => std::slice::from_ref(query),
    };
    let words: Vec<String> = parts
        .iter()
        .filter_map(|part| match part {
            Query::Atom(atom) => index_words(atom),
            Query::All | Query::Not(_) | Query::And(_) | Query::Or(_) => None,
        })
        .map(|words| format!("({words})"))
        .collect();
    (!words.is_empty()).then(|| words.join(" AND "))
}

/// What the index must hold of a message that fulfils this condition; `None` when the index does not know.
fn index_words(atom: &Atom) -> Option<String> {
    match atom {
        Atom::Word { .. } | Atom::Phrase(_) => fts(atom),
        Atom::Subject(text) => {
            fts_words(text).map(|words| format!("{{subject folded}} : ({words})"))
        }
        Atom::From(text) | Atom::To(text) => quoted(text)
            .map(|typed| format!("{{people folded}} : ({})", either(&typed, &fold(text), true))),
        Atom::Matter(_)
        | Atom::Has(_)
        | Atom::Is(_)
        | Atom::Before(_)
        | Atom::After(_)
        | Atom::In(_) => None,
    }
}

struct Sql<'a> {
    zone: &'a TimeZone,
    now: Timestamp,
    values: Vec<Box<dyn ToSql>>,
}

impl Sql<'_> {
    /// Adds a value; the text that stands for it.
    fn value(&mut self, value: impl ToSql + 'static) -> String {
        self.values.push(Box::new(value));
        format!("?{}", self.values.len())
    }

    fn condition(&mut self, query: &Query) -> String {
        match query {
            Query::All => "1".to_owned(),
            Query::Atom(atom) => self.atom(atom),
            Query::Not(inner) => format!("NOT {}", self.condition(inner)),
            Query::And(parts) => self.joined(parts, " AND "),
            Query::Or(parts) => self.joined(parts, " OR "),
        }
    }

    fn joined(&mut self, parts: &[Query], between: &str) -> String {
        let parts: Vec<String> = parts.iter().map(|part| self.condition(part)).collect();
        format!("({})", parts.join(between))
    }

    fn atom(&mut self, atom: &Atom) -> String {
        match atom {
            Atom::Word { .. } | Atom::Phrase(_) | Atom::Subject(_) => {
                self.matching(index_words(atom))
            }
            Atom::Matter(text) => {
                let (exact, part) = (self.value(text.clone()), self.value(like(text)));
                format!(
                    "t.matter IN (SELECT id FROM matter WHERE number = {exact} OR name LIKE {part} ESCAPE '\\')"
                )
            }
            Atom::From(text) => self.person(atom, text, "(0, 1)"),
            Atom::To(text) => self.person(atom, text, "(3, 4, 5)"),
            Atom::Has(Has::Attachment) => "m.bits & 4 <> 0".to_owned(),
            Atom::Has(Has::Question) => "m.bits & 1 <> 0".to_owned(),
            Atom::Is(is) => self.state(*is),
            Atom::Before(day) => format!("m.at < {}", self.day(*day)),
            Atom::After(day) => format!("m.at >= {}", self.day(*day)),
            Atom::In(text) => {
                let (role, part) = (self.value(text.to_lowercase()), self.value(like(text)));
                format!(
                    "EXISTS (SELECT 1 FROM placement AS p WHERE p.message = m.key AND p.state = 1 AND p.mailbox IN (
                         SELECT id FROM mailbox WHERE role = {role} OR name LIKE {part} ESCAPE '\\'))"
                )
            }
        }
    }

    fn matching(&mut self, words: Option<String>) -> String {
        match words {
            Some(words) => {
                let words = self.value(words);
                format!("m.key IN (SELECT rowid FROM search WHERE search MATCH {words})")
            }
            // Only punctuation: there is nothing to look for, and nothing to hide either.
            None => "1".to_owned(),
        }
    }

    /// A word of a name or address begins so: the index finds the messages, the rows tell From from To.
    fn person(&mut self, atom: &Atom, text: &str, kinds: &str) -> String {
        let known = self.matching(index_words(atom));
        let part = self.value(like(&fold(text)));
        format!(
            "({known} AND EXISTS (
                SELECT 1 FROM correspondent AS c WHERE c.message = m.key AND c.kind IN {kinds}
                AND (fold(c.key) LIKE {part} ESCAPE '\\' OR fold(c.name) LIKE {part} ESCAPE '\\')))"
        )
    }

    fn state(&mut self, is: Is) -> String {
        match is {
            Is::Unread => "m.unread = 1".to_owned(),
            Is::Read => "m.unread = 0".to_owned(),
            Is::Due => format!("{RUNNING})"),
            Is::Overdue => {
                format!("{RUNNING} AND unsettled = 0 AND due < {})", self.value(micros(self.now)))
            }
            Is::Tagged => "t.matter IS NOT NULL".to_owned(),
            Is::Untagged => "t.matter IS NULL".to_owned(),
            Is::Contested => "t.contender IS NOT NULL".to_owned(),
            Is::Starred => STARRED.to_owned(),
            Is::Sent => "m.direction = 1".to_owned(),
            Is::Received => "m.direction = 0".to_owned(),
        }
    }

    /// The first instant of a day; beyond what can be said, the end of time on that side.
    fn day(&mut self, day: Date) -> String {
        let start = self.zone.to_timestamp(day.at(0, 0, 0, 0)).map(micros);
        let far = if day.year() < 1970 { i64::MIN } else { i64::MAX };
        self.value(start.unwrap_or(far))
    }
}

// Lists that are made once per query, not questions asked of every message.
const RUNNING: &str = "m.thread IN (SELECT thread FROM clock WHERE outcome = 'running'";
const STARRED: &str =
    "m.thread IN (SELECT thread FROM mark WHERE kind = 'star' AND undone_at IS NULL)";

/// `%text%` with its own wildcards made plain.
fn like(text: &str) -> String {
    let mut out = String::from("%");
    for c in text.chars() {
        if matches!(c, '%' | '_' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('%');
    out
}

/// A word or phrase in FTS5's syntax; `None` when it holds no letter or digit.
fn fts(atom: &Atom) -> Option<String> {
    match atom {
        Atom::Word { text, prefix } => Some(either(&quoted(text)?, &fold(text), *prefix)),
        Atom::Phrase(text) => Some(either(&quoted(text)?, &fold(text), false)),
        Atom::Matter(_)
        | Atom::From(_)
        | Atom::To(_)
        | Atom::Subject(_)
        | Atom::Has(_)
        | Atom::Is(_)
        | Atom::Before(_)
        | Atom::After(_)
        | Atom::In(_) => None,
    }
}

/// Every word of a text, in any order.
fn fts_words(text: &str) -> Option<String> {
    let words: Vec<String> = text
        .split_whitespace()
        .filter_map(|word| Some(either(&quoted(word)?, &fold(word), false)))
        .collect();
    (!words.is_empty()).then(|| words.join(" AND "))
}

/// As typed, or as it is written without umlauts: `Straße` finds `Strasse`, and the other way round.
fn either(typed: &str, folded: &str, prefix: bool) -> String {
    let star = if prefix { "*" } else { "" };
    match quoted(folded) {
        Some(folded) if !folded.eq_ignore_ascii_case(typed) => {
            format!("({typed}{star} OR {folded}{star})")
        }
        Some(_) | None => format!("{typed}{star}"),
    }
}

/// An FTS5 string: whatever was typed, between double quotes, so that none of it is syntax.
fn quoted(text: &str) -> Option<String> {
    text.chars().any(char::is_alphanumeric).then(|| format!("\"{}\"", text.replace('"', " ")))
}

/// Teaches a connection to fold, as `fold(text)`.
pub(crate) fn teach(conn: &Connection) -> Result<()> {
    let flags = FunctionFlags::SQLITE_DETERMINISTIC
        | FunctionFlags::SQLITE_UTF8
        | FunctionFlags::SQLITE_INNOCUOUS;
    Ok(conn.create_scalar_function("fold", 1, flags, |context| {
        Ok(fold(context.get_raw(0).as_str()?))
    })?)
}

/// A word as it is written where there are no umlauts.
pub(crate) fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars().flat_map(char::to_lowercase) {
        match c {
            'ß' => out.push_str("ss"),
            'ä' | 'æ' => out.push_str("ae"),
            'ö' | 'ø' | 'œ' => out.push_str("oe"),
            'ü' => out.push_str("ue"),
            'å' => out.push_str("aa"),
            'þ' => out.push_str("th"),
            c => out.push(c),
        }
    }
    out
}

/// The words of these texts that are spelled differently without umlauts, each once, so spelled.
pub(crate) fn folded_words<'a>(
    texts: impl IntoIterator<Item = &'a (impl AsRef<str> + ?Sized + 'a)>,
) -> String {
    let mut seen = BTreeSet::new();
    for text in texts {
        let text = text.as_ref();
        // Nearly all mail is plain ASCII, and of the rest nearly all lines are: passes over bytes settle them.
        for line in text.split('\n').filter(|line| !line.is_ascii()) {
            for word in line.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_ascii()) {
                let folded = fold(word);
                if folded != word.to_lowercase() {
                    seen.insert(folded);
                }
            }
        }
    }
    seen.into_iter().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_without_umlauts_are_found_under_their_german_spelling() {
        assert_eq!(fold("Größe"), "groesse");
        assert_eq!(folded_words(["Große Straße in Köln", "plain"]), "grosse koeln strasse");
        assert_eq!(folded_words(["naïve café"]), "");
    }

    #[test]
    fn nothing_typed_is_syntax() {
        let word = |text: &str| fts(&Atom::Word { text: text.to_owned(), prefix: false });
        assert_eq!(word("NEAR").as_deref(), Some("\"NEAR\""));
        assert_eq!(word("a\"b*").as_deref(), Some("\"a b*\""));
        assert_eq!(word("--"), None);
        assert_eq!(like("50%_\\"), "%50\\%\\_\\\\%");
    }
}
