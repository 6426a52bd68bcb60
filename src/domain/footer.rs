//! Confidentiality footers: which text goes with which message, where it stands, and that it stands there once.
//!
//! Owns the choice (firm → matter → recipient's role → language) and the templates; `placing` puts the text where it
//! belongs. It never formats MIME.

use std::fmt;

use sha2::{Digest, Sha256};

use super::{id::MatterId, language::Language, matter::Role};

mod placing;

use placing::words;
pub use placing::{Placed, place};

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

/// What is not understood as a privilege label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a privilege label is ac (lawyer and client), wp (work product), ci (common interest) or none"
)]
pub struct LabelError;

impl Privilege {
    /// Every label.
    pub const ALL: [Self; 3] = [Self::LawyerClient, Self::WorkProduct, Self::CommonInterest];

    /// Its sign on the screen and in the privilege log.
    pub const fn sign(self) -> &'static str {
        match self {
            Self::LawyerClient => "AC",
            Self::WorkProduct => "WP",
            Self::CommonInterest => "CI",
        }
    }

    /// What it means.
    pub const fn words(self) -> &'static str {
        match self {
            Self::LawyerClient => "lawyer and client",
            Self::WorkProduct => "work product",
            Self::CommonInterest => "common interest",
        }
    }

    /// Reads a label; `none` and an empty text are no label. Case does not matter.
    ///
    /// # Errors
    /// [`LabelError`] for anything else.
    pub fn parse(text: &str) -> Result<Option<Self>, LabelError> {
        let text = text.trim();
        if text.is_empty() || text.eq_ignore_ascii_case("none") {
            return Ok(None);
        }
        let found = Self::ALL.into_iter().find(|label| label.sign().eq_ignore_ascii_case(text));
        found.map(Some).ok_or(LabelError)
    }

    /// The label after this one, when a person goes through them; after the last one, none.
    pub fn next(label: Option<Self>) -> Option<Self> {
        let Some(label) = label else { return Self::ALL.first().copied() };
        Self::ALL.into_iter().skip_while(|other| *other != label).nth(1)
    }
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

    /// Banner and notice as they go out, for the person who sends: the banner in the first line.
    pub fn shown(&self) -> String {
        if self.banner.is_empty() {
            return self.text.clone();
        }
        format!("{}\n{}", self.banner, self.text)
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

#[cfg(test)]
mod tests {
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
            // It is wrapped where it is read: a line that is broken here as well would leave a ragged end.
            let lines = source.lines().filter(|line| !line.starts_with('#'));
            assert_eq!(lines.count(), 1, "{kind:?} {language:?}");
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
}
