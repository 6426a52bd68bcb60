//! Which folders of an account are synchronised: by what they are for, or by patterns of their names.
//!
//! Owns the choice and the patterns. Pure: it knows no server, and never changes a name.

use std::collections::BTreeMap;

/// A pattern of folder names: `*` stands for anything, `?` for one character, `/` for the level's separator whatever
/// the server's is, and `@sent` for the folder with that role. Upper and lower case are the same.
#[derive(Clone, PartialEq, Eq)]
pub struct FolderPattern {
    text: String,
    kind: Kind,
}

#[derive(Clone, PartialEq, Eq)]
enum Kind {
    Role(&'static str),
    Name(Vec<char>),
}

/// Folder names may name clients.
impl std::fmt::Debug for FolderPattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "‹pattern {} B›", self.text.len())
    }
}

/// The words of the roles that a folder can have, as the record keeps them and a pattern writes them after `@`.
pub const ROLES: &[&str] =
    &["inbox", "sent", "archive", "drafts", "junk", "trash", "all", "flagged"];

/// Why a text is no pattern.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// Nothing stands there.
    #[error("an empty pattern matches no folder")]
    Empty,
    /// After `@` stands no role.
    #[error("there is no role `{0}`")]
    Role(String),
}

impl FolderPattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// When it is empty, or names a role that there is not.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(PatternError::Empty);
        }
        let kind = match text.strip_prefix('@') {
            Some(word) => {
                let known = ROLES.iter().find(|role| role.eq_ignore_ascii_case(word));
                Kind::Role(known.ok_or_else(|| PatternError::Role(word.to_owned()))?)
            }
            None => Kind::Name(text.to_lowercase().chars().collect()),
        };
        Ok(Self { text: text.to_owned(), kind })
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Does it match this folder?
    pub fn matches(&self, folder: &Folder<'_>) -> bool {
        match &self.kind {
            Kind::Role(role) => *role == folder.role,
            Kind::Name(pattern) => {
                let full = folder.levelled();
                let short = full.strip_prefix("inbox/");
                globbed(pattern, &full) || short.is_some_and(|name| globbed(pattern, name))
            }
        }
    }
}

/// A folder as the choice sees it.
#[derive(Clone, Copy)]
pub struct Folder<'a> {
    /// Its name for people.
    pub name: &'a str,
    /// What stands between two levels; `None` for a flat name.
    pub delimiter: Option<char>,
    /// The word of its role, empty for a folder that a person made.
    pub role: &'a str,
}

impl Folder<'_> {
    /// The name in lower case with `/` between the levels. A `/` inside a level stays what it is.
    fn levelled(&self) -> String {
        let lower = self.name.to_lowercase();
        match self.delimiter {
            Some(delimiter) if delimiter != '/' => lower.replace(delimiter, "/"),
            Some(_) | None => lower,
        }
    }
}

/// Linear in the product of both lengths: goes back to the last `*` only.
fn globbed(pattern: &[char], name: &str) -> bool {
    let name: Vec<char> = name.chars().collect();
    let (mut p, mut n) = (0_usize, 0_usize);
    let mut back: Option<(usize, usize)> = None;
    while let Some(c) = name.get(n) {
        match pattern.get(p) {
            Some('*') => {
                back = Some((p, n));
                p = p.saturating_add(1);
            }
            Some(wanted) if *wanted == '?' || wanted == c => {
                p = p.saturating_add(1);
                n = n.saturating_add(1);
            }
            Some(_) | None => {
                let Some((star, from)) = back else { return false };
                back = Some((star, from.saturating_add(1)));
                (p, n) = (star.saturating_add(1), from.saturating_add(1));
            }
        }
    }
    pattern.get(p..).is_some_and(|rest| rest.iter().all(|c| *c == '*'))
}

/// Which folders of an account are synchronised, and which roles a person gave by hand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FolderChoice {
    /// Only what one of these matches, beside INBOX and Sent; empty for what the roles say.
    pub include: Vec<FolderPattern>,
    /// Other people's folders, and everybody's, that are read too: they are left out unless a pattern here or in `include`
    /// matches.
    pub shared: Vec<FolderPattern>,
    /// Nothing that one of these matches; goes before `include`. INBOX is never left out.
    pub exclude: Vec<FolderPattern>,
    /// The names of folders whose role the server does not tell, by the word of the role.
    pub roles: BTreeMap<&'static str, String>,
}

impl FolderChoice {
    /// Is this folder to be synchronised? `usual` is what its role says where no pattern decides.
    pub fn takes(&self, folder: &Folder<'_>, usual: bool) -> bool {
        let any = |patterns: &[FolderPattern]| patterns.iter().any(|one| one.matches(folder));
        if folder.role == "inbox" {
            return true;
        }
        if any(&self.exclude) {
            return false;
        }
        if self.include.is_empty() { usual } else { folder.role == "sent" || any(&self.include) }
    }

    /// Is this folder of another person, or of everybody, to be read?
    pub fn takes_shared(&self, folder: &Folder<'_>) -> bool {
        let any = |patterns: &[FolderPattern]| patterns.iter().any(|one| one.matches(folder));
        !any(&self.exclude) && (any(&self.shared) || any(&self.include))
    }

    /// The role that a person gave to the folder of this name.
    pub fn role_of(&self, folder: &Folder<'_>) -> Option<&'static str> {
        let name = folder.levelled();
        let given = |wanted: &String| {
            let wanted = wanted.trim().to_lowercase();
            wanted == name || wanted == folder.name.to_lowercase()
        };
        self.roles.iter().find(|(_, wanted)| given(wanted)).map(|(role, _)| *role)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder<'a>(name: &'a str, delimiter: char, role: &'a str) -> Folder<'a> {
        Folder { name, delimiter: Some(delimiter), role }
    }

    fn matches(pattern: &str, name: &str, delimiter: char) -> bool {
        FolderPattern::parse(pattern).unwrap().matches(&folder(name, delimiter, ""))
    }

    #[test]
    fn a_pattern_matches_names_whatever_the_server_puts_between_levels() {
        for (pattern, name, delimiter) in [
            ("Clients/*", "Clients/Okafor", '/'),
            ("Clients/*", "INBOX.Clients.Okafor.2025", '.'),
            ("clients/okafor", "Clients.Okafor", '.'),
            ("*fristen*", "Müller/FRISTEN 2026", '/'),
            ("M?ller", "Müller", '/'),
            ("*", "anything", '/'),
            ("a*b*c", "axxbxxbc", '/'),
        ] {
            assert!(matches(pattern, name, delimiter), "{pattern} {name}");
        }
        for (pattern, name) in
            [("Clients/*", "Clients"), ("Clients", "Clients/Okafor"), ("a*b", "ac"), ("?", "ab")]
        {
            assert!(!matches(pattern, name, '/'), "{pattern} {name}");
        }
    }

    #[test]
    fn a_pattern_of_many_stars_ends() {
        let name = "a".repeat(2_000);
        assert!(!matches(&"*a".repeat(200).replace("*a*a*a", "*a*a*a?b"), &name, '/'));
    }

    #[test]
    fn exclude_goes_before_include_and_inbox_always_stays() {
        let pattern = |text: &str| FolderPattern::parse(text).unwrap();
        let choice = FolderChoice {
            include: vec![pattern("Clients/*"), pattern("@junk")],
            exclude: vec![pattern("*/Old"), pattern("INBOX")],
            ..FolderChoice::default()
        };
        for (name, role, taken) in [
            ("INBOX", "inbox", true),
            ("Sent", "sent", true),
            ("Clients/Okafor", "", true),
            ("Clients/Old", "", false),
            ("Spam", "junk", true),
            ("Trash", "trash", false),
            ("Private", "", false),
        ] {
            assert_eq!(choice.takes(&folder(name, '/', role), true), taken, "{name}");
        }
    }

    #[test]
    fn a_shared_folder_is_read_only_where_a_pattern_says_so() {
        let pattern = |text: &str| FolderPattern::parse(text).unwrap();
        let choice = FolderChoice {
            shared: vec![pattern("Public/*")],
            exclude: vec![pattern("*/Old")],
            ..FolderChoice::default()
        };
        for (name, taken) in
            [("Public.Precedents", true), ("Public.Old", false), ("user.bob", false)]
        {
            assert_eq!(choice.takes_shared(&folder(name, '.', "")), taken, "{name}");
        }
        assert!(choice.takes(&folder("Clients", '.', ""), true), "one's own are as they were");
        assert!(!FolderChoice::default().takes_shared(&folder("Public.Precedents", '.', "")));
    }

    #[test]
    fn without_patterns_the_role_decides() {
        let choice = FolderChoice::default();
        assert!(choice.takes(&folder("Clients", '/', ""), true));
        assert!(!choice.takes(&folder("Trash", '/', "trash"), false));
    }

    #[test]
    fn a_role_that_a_person_gave_is_found_by_name() {
        let roles = BTreeMap::from([("sent", "Ausgang/Post".to_owned())]);
        let choice = FolderChoice { roles, ..FolderChoice::default() };
        assert_eq!(choice.role_of(&folder("ausgang.post", '.', "")), Some("sent"));
        assert_eq!(choice.role_of(&folder("Ausgang", '.', "")), None);
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        assert_eq!(FolderPattern::parse(" "), Err(PatternError::Empty));
        assert!(matches!(FolderPattern::parse("@wichtig"), Err(PatternError::Role(_))));
        assert!(FolderPattern::parse("@Sent").is_ok());
    }
}
