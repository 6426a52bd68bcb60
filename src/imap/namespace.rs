//! Whose folders are whose (NAMESPACE, RFC 2342), and new folders under the right prefix.
//!
//! Owns the prefixes, and CREATE. It must never take a colleague's folder for one of ours, and never make a folder that a
//! person did not ask for.

use super::{
    contract::Role,
    error::ImapError,
    names::{RawName, encode, quoted},
    reader::ignore_replies,
    reply::Reply,
    round::Round,
    session::ImapSession,
    wire::Allowance,
};

/// One tree of folders.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Namespace {
    /// What every name in it begins with, as it goes over the wire; empty for the tree of all others.
    pub prefix: String,
    /// What stands between two levels.
    pub delimiter: Option<char>,
}

/// All trees. Where a server tells of none, everything is ours and nothing has a prefix.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct Namespaces {
    /// Ours.
    pub personal: Vec<Namespace>,
    /// Other people's, and everybody's.
    pub shared: Vec<Namespace>,
}

impl Namespace {
    /// How much of a name its prefix is. The prefix without the delimiter at its end is the tree's own root.
    fn covers(&self, name: &RawName) -> Option<usize> {
        let name = name.as_str();
        let root = self.delimiter.and_then(|delimiter| self.prefix.strip_suffix(delimiter));
        let inside = starts_with(name, &self.prefix) || root.is_some_and(|root| root == name);
        inside.then_some(self.prefix.len())
    }
}

/// INBOX is the one word whose case does not matter.
fn starts_with(name: &str, prefix: &str) -> bool {
    let (word, inbox) = (prefix.get(..5), name.get(..5));
    let both = |word: &str| word.eq_ignore_ascii_case("INBOX");
    if word.is_some_and(both) && inbox.is_some_and(both) {
        return name.get(5..).zip(prefix.get(5..)).is_some_and(|(n, p)| n.starts_with(p));
    }
    name.starts_with(prefix)
}

impl Namespaces {
    /// Is it another person's folder, or everybody's? The longest prefix decides.
    pub(super) fn is_shared(&self, name: &RawName) -> bool {
        if name.is_inbox() {
            return false;
        }
        let longest = |trees: &[Namespace]| trees.iter().filter_map(|tree| tree.covers(name)).max();
        longest(&self.shared) > longest(&self.personal)
    }

    /// The name without the prefix of our own tree.
    pub(super) fn without_prefix(&self, name: &RawName) -> RawName {
        let ours = self.personal.iter().filter(|tree| starts_with(name.as_str(), &tree.prefix));
        let length = ours.map(|tree| tree.prefix.len()).max().unwrap_or(0);
        RawName::new(name.as_str().get(length..).unwrap_or_else(|| name.as_str()))
    }

    /// What a folder of our own is called at the server. `name` is what people call it, with `/` between levels.
    pub(super) fn own(&self, name: &str) -> RawName {
        let Some(tree) = self.personal.first() else { return RawName::new(encode(name)) };
        let delimiter = tree.delimiter.unwrap_or('/');
        let levels: Vec<String> = name.split('/').map(encode).collect();
        RawName::new(format!("{}{}", tree.prefix, levels.join(&delimiter.to_string())))
    }
}

impl ImapSession {
    /// Asks whose folders are whose. A server that will not say has only ours.
    pub(super) fn learn_namespaces(&mut self) -> Result<(), ImapError> {
        if !self.logged_in.offers.has("NAMESPACE") {
            return Ok(());
        }
        let mut told = None;
        let asked = self.run("NAMESPACE", "NAMESPACE", Allowance::LINES, &mut |reply| {
            if let Reply::Namespaces(namespaces) = reply {
                told = Some(namespaces);
            }
            Ok(())
        });
        match asked {
            Err(error) if !error.keeps_connection() => return Err(error),
            Ok(_) | Err(_) => self.namespaces = told.unwrap_or_default(),
        }
        Ok(())
    }

    /// Makes a folder of our own, and tells the server what it is for, where it wants to know (RFC 6154 §3). Answers with
    /// its name at the server. One that is there already is as good.
    pub(super) fn make_folder(&mut self, name: &str, role: Role) -> Result<RawName, ImapError> {
        let raw = self.namespaces.own(name);
        let quoted = quoted(raw.as_str())?;
        let attribute =
            special_use(role).filter(|_| self.logged_in.offers.has("CREATE-SPECIAL-USE"));
        if let Some(attribute) = attribute {
            let line = format!("CREATE {quoted} (USE ({attribute}))");
            match self.run("CREATE", &line, Allowance::LINES, &mut ignore_replies) {
                Ok(_) => return Ok(raw),
                // It knows no such use, or has it already: a folder without is a folder too.
                Err(error) if error.keeps_connection() => {}
                Err(error) => return Err(error),
            }
        }
        let line = format!("CREATE {quoted}");
        match self.run("CREATE", &line, Allowance::LINES, &mut ignore_replies) {
            Ok(_) => {}
            // Few servers have a code for what is there already.
            Err(error @ ImapError::No { .. }) => {
                if self.list_command(&format!("LIST \"\" {quoted}"))?.is_empty() {
                    return Err(error);
                }
            }
            Err(error) => return Err(error),
        }
        // Other programs show only what is subscribed to; it works without.
        let line = format!("SUBSCRIBE {quoted}");
        match self.run("SUBSCRIBE", &line, Allowance::LINES, &mut ignore_replies) {
            Err(error) if !error.keeps_connection() => Err(error),
            Ok(_) | Err(_) => Ok(raw),
        }
    }
}

impl Round<'_> {
    /// Makes a folder; the record hears of it at once.
    pub(super) fn make(&mut self, name: &str, role: Role) -> Result<RawName, ImapError> {
        let made = self.session.make_folder(name, role)?;
        self.begin()?;
        Ok(made)
    }
}

const fn special_use(role: Role) -> Option<&'static str> {
    match role {
        Role::Sent => Some("\\Sent"),
        Role::Archive => Some("\\Archive"),
        Role::Drafts => Some("\\Drafts"),
        Role::Junk => Some("\\Junk"),
        Role::Trash => Some("\\Trash"),
        Role::Inbox | Role::All | Role::Flagged | Role::Other => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::session::{Remote, script::session};
    use super::*;

    fn told(line: &str) -> Namespaces {
        let (mut session, _) =
            session("NAMESPACE", &format!("* NAMESPACE {line}\r\nz3 OK done\r\n"));
        session.learn_namespaces().unwrap();
        session.namespaces
    }

    #[test]
    fn the_longest_prefix_says_whose_a_folder_is() {
        // As Cyrus tells it without and with altnamespace, and as Dovecot and Courier do.
        let cyrus = "((\"INBOX.\" \".\")) ((\"user.\" \".\")) ((\"\" \".\"))";
        let alternative = "((\"\" \".\")) ((\"Other Users.\" \".\")) ((\"Shared Folders.\" \".\"))";
        let dovecot = "((\"Mail/\" \"/\" \"X-PARAM\" (\"a\" \"b\"))) NIL ((\"Public/\" \"/\"))";
        let courier = "((\"INBOX.\" \".\")) NIL ((\"#shared.\" \".\")(\"shared.\" \".\"))";
        for (line, name, shared) in [
            (cyrus, "INBOX", false),
            (cyrus, "inbox.Sent", false),
            (cyrus, "user.bob.Sent", true),
            (cyrus, "Sent", true),
            (alternative, "Sent", false),
            (alternative, "Other Users.bob", true),
            (alternative, "Other Users", true),
            (alternative, "Shared Folders.Precedents", true),
            (dovecot, "Mail/Clients", false),
            (dovecot, "Public/Precedents", true),
            (courier, "INBOX.shared.x", false),
            (courier, "shared.x", true),
            ("NIL NIL NIL", "Sent", false),
        ] {
            assert_eq!(told(line).is_shared(&RawName::new(name)), shared, "{line} {name}");
        }
    }

    #[test]
    fn a_folder_of_our_own_is_made_under_our_prefix() {
        for (line, name, raw) in [
            ("((\"INBOX.\" \".\")) NIL NIL", "Sent", "INBOX.Sent"),
            ("((\"Mail/\" \"/\")) NIL NIL", "Akten/Müller", "Mail/Akten/M&APw-ller"),
            ("((\"\" \".\")) NIL NIL", "Akten/Alt", "Akten.Alt"),
            ("NIL NIL NIL", "Sent", "Sent"),
        ] {
            assert_eq!(told(line).own(name).as_str(), raw, "{line}");
        }
    }

    #[test]
    fn a_role_is_found_by_name_below_our_prefix_and_never_at_a_colleague() {
        let (mut session, _) = session(
            "NAMESPACE",
            "* NAMESPACE ((\"Mail/\" \"/\")) ((\"~\" \"/\")) NIL\r\nz3 OK done\r\n\
             * LIST () \"/\" INBOX\r\n* LIST () \"/\" Mail/Sent\r\n* LIST (\\Trash) \"/\" ~bob/Trash\r\n\
             * LIST () \"/\" \"Mail/Old/Sent\"\r\nz4 OK done\r\n",
        );
        session.learn_namespaces().unwrap();
        let found = session.list().unwrap();
        let of = |name: &str| found.iter().find(|one| one.raw_name.as_str() == name).unwrap();
        assert_eq!((of("Mail/Sent").role, of("Mail/Sent").shared), (Role::Sent, false));
        assert_eq!((of("~bob/Trash").role, of("~bob/Trash").shared), (Role::Other, true));
        assert_eq!(of("Mail/Old/Sent").role, Role::Other);
    }

    fn make(offers: &str, then: &str) -> (Result<RawName, ImapError>, String) {
        let (mut session, script) = session(offers, then);
        let made = session.make_folder("Archive", Role::Archive);
        (made, script.heard())
    }

    #[test]
    fn a_new_folder_is_told_what_it_is_for_where_the_server_wants_to_know() {
        let (made, heard) = make("CREATE-SPECIAL-USE", "z3 OK x\r\n");
        assert_eq!(made.unwrap().as_str(), "Archive");
        assert!(heard.ends_with("z3 CREATE \"Archive\" (USE (\\Archive))\r\n"), "{heard}");
        let refused = "z3 NO [USEATTR] not here\r\nz4 OK made\r\nz5 OK subscribed\r\n";
        let (made, heard) = make("CREATE-SPECIAL-USE", refused);
        assert!(
            made.is_ok() && heard.contains("z4 CREATE \"Archive\"\r\nz5 SUBSCRIBE \"Archive\"")
        );
    }

    #[test]
    fn a_folder_that_is_there_already_is_as_good_and_a_refusal_is_told() {
        let there = "z3 NO it is there\r\n* LIST () \"/\" Archive\r\nz4 OK listed\r\nz5 NO x\r\n";
        assert!(make("", there).0.is_ok());
        let refused = "z3 NO not you\r\nz4 OK listed\r\n";
        assert!(matches!(make("", refused).0, Err(ImapError::No { .. })));
    }
}
