//! Confidentiality footers: which text goes with which message, where it stands, and that it stands there once.
//!
//! Owns the choice (firm → matter → recipient's role → language), the templates and the placing. It never formats
//! MIME and never changes what a person wrote, except that a copy of the office's own footer is taken out.

use std::fmt;

use sha2::{Digest, Sha256};
use unicode_normalization::UnicodeNormalization;

use super::{id::MatterId, language::Language, matter::Role};

/// What a footer text is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FooterKind {
    /// The short confidentiality notice below a message.
    Notice,
    /// The notice for mail that a court or the other side gets: it claims no privilege.
    Neutral,
    /// The banner above a message that carries a privilege label.
    Banner,
}

/// A privilege label of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Privilege {
    /// AC: lawyer and client.
    LawyerClient,
    /// WP: work product.
    WorkProduct,
    /// CI: common interest.
    CommonInterest,
}

/// What a template may name. Values lose line breaks and controls; braces in them mean nothing.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct FooterVariables {
    /// `{firm}`: the office's name.
    pub firm: String,
    /// `{phone}`: where to call.
    pub phone: String,
    /// `{address}`: where to write.
    pub address: String,
}

/// A footer text as it stands in the settings, with its comments and variables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FooterTemplate(String);

/// Why a footer text is not usable.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// A variable that does not exist.
    #[error("{{{0}}} is not a variable of a footer; there are {{firm}}, {{phone}} and {{address}}")]
    Variable(String),
    /// A brace without its other half.
    #[error("a brace in the footer has no other half")]
    Brace,
    /// Nothing but comments.
    #[error("the footer has no text")]
    Empty,
}

impl FooterTemplate {
    /// Reads a footer text: lines that begin with `#` are comments, the rest is the text.
    pub fn parse(source: &str) -> Result<Self, TemplateError> {
        let lines: Vec<&str> =
            source.lines().filter(|line| !line.starts_with('#')).map(str::trim_end).collect();
        let text: String = lines
            .join("\n")
            .trim_matches('\n')
            .chars()
            .filter(|c| *c == '\n' || !c.is_control())
            .collect();
        if text.trim().is_empty() {
            return Err(TemplateError::Empty);
        }
        let template = Self(text);
        template.walk(&FooterVariables::default())?;
        Ok(template)
    }

    fn fill(&self, variables: &FooterVariables) -> String {
        self.walk(variables).unwrap_or_else(|_| self.0.clone())
    }

    fn walk(&self, variables: &FooterVariables) -> Result<String, TemplateError> {
        let mut out = String::new();
        let mut rest = self.0.as_str();
        while let Some((before, after)) = rest.split_once('{') {
            let (name, tail) = after.split_once('}').ok_or(TemplateError::Brace)?;
            let value = match name {
                "firm" => &variables.firm,
                "phone" => &variables.phone,
                "address" => &variables.address,
                other => return Err(TemplateError::Variable(other.to_owned())),
            };
            if before.contains('}') {
                return Err(TemplateError::Brace);
            }
            out.push_str(before);
            out.extend(value.chars().map(|c| if c.is_control() { ' ' } else { c }));
            rest = tail;
        }
        if rest.contains('}') {
            return Err(TemplateError::Brace);
        }
        out.push_str(rest);
        Ok(out)
    }
}

/// One text of the book and when it applies. `None` means: always.
#[derive(Clone, PartialEq, Eq)]
pub struct FooterEntry {
    /// What it is for.
    pub kind: FooterKind,
    /// Only in this matter.
    pub matter: Option<MatterId>,
    /// Only when every recipient outside the office has this role.
    pub role: Option<Role>,
    /// Its language.
    pub language: Language,
    /// The text.
    pub template: FooterTemplate,
}

/// Every footer text of the office.
#[derive(Clone, PartialEq, Eq)]
pub struct FooterBook {
    entries: Vec<FooterEntry>,
    variables: FooterVariables,
    language: Language,
}

/// For what message a footer is wanted.
#[derive(Clone, Debug)]
pub struct Occasion<'a> {
    /// Its matter.
    pub matter: Option<MatterId>,
    /// The roles of its recipients outside the office; `None` for a stranger.
    pub roles: &'a [Option<Role>],
    /// The client's language, or the thread's; `None` for the office's.
    pub language: Option<Language>,
    /// Its privilege label.
    pub privilege: Option<Privilege>,
}

macro_rules! samples {
    ($($kind:ident $language:ident $file:literal),+ $(,)?) => {
        &[$((FooterKind::$kind, Language::$language, include_str!(concat!("../../config/footers/", $file)))),+]
    };
}

/// The shipped texts. Each carries the comment "sample: have it reviewed".
pub const SAMPLES: &[(FooterKind, Language, &str)] = samples! {
    Notice En "notice.en.txt", Notice De "notice.de.txt", Notice Fr "notice.fr.txt", Notice Es "notice.es.txt",
    Neutral En "neutral.en.txt", Neutral De "neutral.de.txt", Neutral Fr "neutral.fr.txt",
    Neutral Es "neutral.es.txt", Banner En "privileged.en.txt", Banner De "privileged.de.txt",
    Banner Fr "privileged.fr.txt", Banner Es "privileged.es.txt",
};

impl FooterBook {
    /// A book with these texts; `language` is the office's.
    pub const fn new(
        entries: Vec<FooterEntry>,
        variables: FooterVariables,
        language: Language,
    ) -> Self {
        Self { entries, variables, language }
    }

    /// The shipped texts, for an office that has none of its own.
    pub fn samples(variables: FooterVariables, language: Language) -> Self {
        let entries = SAMPLES
            .iter()
            .filter_map(|(kind, language, source)| {
                let template = FooterTemplate::parse(source).ok()?;
                Some(FooterEntry {
                    kind: *kind,
                    matter: None,
                    role: None,
                    language: *language,
                    template,
                })
            })
            .collect();
        Self { entries, variables, language }
    }

    /// Puts a text of the office's own before all others of its kind.
    pub fn add(&mut self, entry: FooterEntry) {
        self.entries.insert(0, entry);
    }

    /// The footer for a message. A banner stands only on a labelled message that neither a court nor the other side
    /// gets; mail to those has the neutral notice.
    pub fn choose(&self, occasion: &Occasion<'_>) -> Footer {
        let neutral = occasion
            .roles
            .iter()
            .flatten()
            .any(|role| role.is_opposing() || matches!(role, Role::Court));
        let kind = if neutral { FooterKind::Neutral } else { FooterKind::Notice };
        let banner = match occasion.privilege {
            Some(_) if !neutral => self.best(FooterKind::Banner, occasion),
            Some(_) | None => None,
        };
        Footer {
            banner: banner.unwrap_or_default(),
            text: self.best(kind, occasion).unwrap_or_default(),
            known: self.entries.iter().map(|e| e.template.fill(&self.variables)).collect(),
        }
    }

    fn best(&self, kind: FooterKind, occasion: &Occasion<'_>) -> Option<String> {
        let wanted = occasion.language.unwrap_or(self.language);
        let same_role = |role: Role| {
            !occasion.roles.is_empty() && occasion.roles.iter().all(|r| *r == Some(role))
        };
        self.entries
            .iter()
            .filter(|entry| entry.kind == kind)
            .filter(|entry| entry.matter.is_none() || entry.matter == occasion.matter)
            .filter(|entry| entry.role.is_none_or(same_role))
            .enumerate()
            .max_by_key(|(order, entry)| {
                let language = if entry.language == wanted {
                    2
                } else {
                    u8::from(entry.language == self.language)
                };
                let earlier = usize::MAX.saturating_sub(*order);
                (entry.matter.is_some(), entry.role.is_some(), language, earlier)
            })
            .map(|(_, entry)| entry.template.fill(&self.variables))
    }
}

/// The texts that go with one message.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Footer {
    banner: String,
    text: String,
    known: Vec<String>,
}

impl Footer {
    /// A footer with this text and no banner.
    pub fn plain(text: &str) -> Self {
        Self { banner: String::new(), text: text.trim_matches('\n').to_owned(), known: Vec::new() }
    }

    /// The banner above the text, or empty.
    pub fn banner(&self) -> &str {
        &self.banner
    }

    /// The notice below the text, or empty.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// SHA-256 of banner and notice without line breaks, quote marks and case: says in the journal which text went
    /// with which message.
    pub fn fingerprint(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        for part in [&self.banner, &self.text] {
            for word in words(part) {
                hash.update(word.normal.as_bytes());
                hash.update(b" ");
            }
            hash.update(b"\n");
        }
        hash.finalize().into()
    }
}

impl fmt::Debug for Footer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Footer").field("banner", &!self.banner.is_empty()).finish_non_exhaustive()
    }
}

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
    let mut body = body.replace("\r\n", "\n").replace('\r', "\n");
    let mut quote = quote.replace("\r\n", "\n").replace('\r', "\n");
    for known in footer.known.iter().chain([&footer.banner, &footer.text]) {
        body = without(&body, known);
        quote = without(&quote, known);
    }
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
struct Word {
    normal: String,
    start: usize,
    end: usize,
    line: usize,
}

/// The words of a text without the quote marks at the beginning of its lines.
fn words(text: &str) -> Vec<Word> {
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

/// The text without any copy of `known`.
fn without(text: &str, known: &str) -> String {
    let wanted: Vec<String> = words(known).into_iter().map(|word| word.normal).collect();
    let mut text = text.to_owned();
    if wanted.is_empty() {
        return text;
    }
    while let Some(shorter) = without_first(&text, &wanted) {
        text = shorter;
    }
    text
}

fn without_first(text: &str, wanted: &[String]) -> Option<String> {
    let all = words(text);
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

    fn office() -> FooterVariables {
        FooterVariables {
            firm: "Northgate Law".to_owned(),
            phone: "+1 555 0100".to_owned(),
            address: "office@northgate.example".to_owned(),
        }
    }

    fn book() -> FooterBook {
        FooterBook::samples(office(), Language::En)
    }

    fn occasion(roles: &[Option<Role>]) -> Occasion<'_> {
        Occasion { matter: None, roles, language: None, privilege: None }
    }

    #[test]
    fn every_shipped_text_can_be_used() {
        for (kind, language, source) in SAMPLES {
            assert!(FooterTemplate::parse(source).is_ok(), "{kind:?} {language:?}");
            assert!(source.contains("have it reviewed"));
        }
        assert_eq!(book().entries.len(), 12);
    }

    #[test]
    fn a_court_or_an_opponent_gets_the_neutral_notice_and_never_the_banner() {
        for role in [Role::Court, Role::OpposingCounsel, Role::Adverse] {
            let roles = [Some(Role::Client), Some(role)];
            let footer = book()
                .choose(&Occasion { privilege: Some(Privilege::LawyerClient), ..occasion(&roles) });
            assert!(footer.text().starts_with("Sent by Northgate Law"), "{role:?}");
            assert_eq!(footer.banner(), "");
        }
    }

    #[test]
    fn the_banner_stands_only_on_a_labelled_message() {
        let roles = [Some(Role::Client)];
        assert_eq!(book().choose(&occasion(&roles)).banner(), "");
        let labelled = Occasion { privilege: Some(Privilege::WorkProduct), ..occasion(&roles) };
        assert!(book().choose(&labelled).banner().starts_with("PRIVILEGED"));
    }

    #[test]
    fn the_clients_language_comes_before_the_offices() {
        let roles = [Some(Role::Client)];
        let german = Occasion { language: Some(Language::De), ..occasion(&roles) };
        assert!(book().choose(&german).text().starts_with("Diese Nachricht"));
    }

    #[test]
    fn the_matters_own_text_comes_before_the_firms() {
        let mut book = book();
        book.add(FooterEntry {
            kind: FooterKind::Notice,
            matter: Some(MatterId::new(7)),
            role: None,
            language: Language::En,
            template: FooterTemplate::parse("Sealed by order of the court.").unwrap(),
        });
        let roles = [Some(Role::Client)];
        let in_matter = Occasion { matter: Some(MatterId::new(7)), ..occasion(&roles) };
        assert_eq!(book.choose(&in_matter).text(), "Sealed by order of the court.");
        assert!(book.choose(&occasion(&roles)).text().starts_with("This message"));
    }

    #[test]
    fn a_variable_that_does_not_exist_is_refused_by_name() {
        assert_eq!(
            FooterTemplate::parse("call {fone}"),
            Err(TemplateError::Variable("fone".to_owned()))
        );
        assert_eq!(FooterTemplate::parse("call {firm"), Err(TemplateError::Brace));
        assert_eq!(FooterTemplate::parse("call firm}"), Err(TemplateError::Brace));
        assert_eq!(FooterTemplate::parse("# only a comment"), Err(TemplateError::Empty));
    }

    #[test]
    fn a_value_can_neither_add_a_line_nor_another_variable() {
        let template = FooterTemplate::parse("{firm}").unwrap();
        let mut office = office();
        office.firm = "A\r\nB {phone}".to_owned();
        assert_eq!(template.fill(&office), "A  B {phone}");
    }

    #[test]
    fn the_footer_stands_above_the_quotation_and_below_the_signature() {
        let placed =
            place("Dear Kofi,\n\nyes.\n\n-- \nAda", "> Can you?", &Footer::plain("Secret."));
        assert_eq!(placed.text(), "Dear Kofi,\n\nyes.\n\n-- \nAda\n\nSecret.\n\n> Can you?");
        assert_eq!(place("Yes.", "", &Footer::plain("Secret.")).text(), "Yes.\n\n-- \nSecret.");
    }

    #[test]
    fn answering_our_own_mail_does_not_repeat_the_footer_also_when_it_was_wrapped_anew() {
        let roles = [Some(Role::Client)];
        let footer = book().choose(&occasion(&roles));
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
        assert_eq!(without("before This is secret. after", "this is SECRET."), "before  after");
        assert_eq!(without("nothing here", "secret"), "nothing here");
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
