//! Finding the servers of an address: a table in the program, DNS (RFC 6186, RFC 8314), autoconfig, Autodiscover.
//!
//! Owns what was found, from which source, and how far it can be believed. It decides nothing for the person: nothing
//! found here is used before it was shown, confirmed and tried. It never sends an address to anybody but hosts of the
//! address's own domain, and never asks over plain HTTP.

pub mod autoconfig;
pub mod autodiscover;
pub mod dns;
pub mod search;
pub mod table;

use std::fmt;

use serde::Deserialize;

/// How TLS begins. There is no way without it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tls {
    /// With the first byte (RFC 8314).
    Implicit,
    /// After STARTTLS.
    Starttls,
}

/// A server that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spot {
    /// A DNS name in ASCII, lower case, never an address in numbers.
    pub host: String,
    /// Its port, never 0.
    pub port: u16,
    /// How TLS begins there.
    pub tls: Tls,
}

/// How a person signs in there, as far as the source says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SignIn {
    /// The source does not say.
    #[default]
    Unsaid,
    /// With the password of the mailbox.
    Password,
    /// With a password made for one program.
    AppPassword,
    /// By browser (OAuth); a password is refused.
    Oauth,
}

/// Whose sign-in by browser it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Identity {
    /// Microsoft's, for the directories of firms (Microsoft 365).
    Microsoft,
    /// Microsoft's, for private people (Outlook.com).
    MicrosoftPersonal,
    /// Google's.
    Google,
}

/// Where a proposal comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// The table in the program knows the address's domain.
    Table,
    /// SRV records of the domain (RFC 6186).
    Srv,
    /// A page of the domain's own, by its host.
    Autoconfig(String),
    /// The table in the program knows this mail exchanger of the domain.
    Exchanger(String),
    /// A page of whoever runs the domain's mail exchanger, by its host.
    ProviderPage(String),
    /// An answer of the domain's own Autodiscover, by its host.
    Autodiscover(String),
    /// The table in the program knows where the domain's Autodiscover leads.
    AutodiscoverName(String),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Table => f.write_str("matterbox's own list of providers"),
            Self::Srv => f.write_str("SRV records in the DNS"),
            Self::Autoconfig(host) => write!(f, "the page of https://{host}"),
            Self::Exchanger(host) => {
                write!(f, "the mail exchanger {host}, in matterbox's own list of providers")
            }
            Self::ProviderPage(host) => {
                write!(f, "the page of https://{host}, named by the mail exchanger")
            }
            Self::Autodiscover(host) => write!(f, "Autodiscover at https://{host}"),
            Self::AutodiscoverName(host) => {
                write!(f, "Autodiscover leads to {host}, in matterbox's own list of providers")
            }
        }
    }
}

/// How far a proposal can be believed, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// The program itself knows the domain.
    Known,
    /// A host of the domain said so over verified HTTPS.
    Vouched,
    /// Only DNS says so, but the servers are the domain's own, which their certificates will prove.
    OwnServers,
    /// Only DNS says so, which anybody on the way can forge, and the servers are somebody else's (RFC 6186 §6).
    Claimed,
}

/// What is proposed for an address.
#[derive(Clone, PartialEq, Eq)]
pub struct Proposal {
    /// Who runs it, where known; server text, not yet safe for a terminal.
    pub name: Option<String>,
    /// Where mail is fetched.
    pub imap: Option<Spot>,
    /// Where mail is sent.
    pub smtp: Option<Spot>,
    /// The login name.
    pub login: String,
    /// How one signs in.
    pub sign_in: SignIn,
    /// Whose sign-in by browser it would be; only from the table.
    pub identity: Option<Identity>,
    /// The page where an app password is made or sign-in by browser is set up; only from the table.
    pub page: Option<String>,
    /// What has to be done there first; only from the table.
    pub hint: Option<String>,
    /// Who says so; never empty.
    pub sources: Vec<Source>,
    /// How far to believe it.
    pub standing: Standing,
}

impl fmt::Debug for Proposal {
    /// Without the login name, which is an address as a rule.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { imap, smtp, sources, standing, sign_in, .. } = self;
        write!(f, "Proposal {{ {imap:?}, {smtp:?}, {sign_in:?}, {sources:?}, {standing:?} }}")
    }
}

impl Proposal {
    /// A proposal with nothing in it yet but who says so.
    fn bare(login: &str, source: Source, standing: Standing) -> Self {
        Self {
            name: None,
            imap: None,
            smtp: None,
            login: login.to_owned(),
            sign_in: SignIn::Unsaid,
            identity: None,
            page: None,
            hint: None,
            sources: vec![source],
            standing,
        }
    }

    /// Does another source say the same?
    fn agrees(&self, other: &Self) -> bool {
        self.imap == other.imap && self.smtp == other.smtp && self.login == other.login
    }

    /// Takes the other source in: the better standing counts, and what only it knows is added.
    fn join(&mut self, other: Self) {
        self.standing = self.standing.min(other.standing);
        if self.sign_in == SignIn::Unsaid {
            self.sign_in = other.sign_in;
        }
        self.name = self.name.take().or(other.name);
        self.identity = self.identity.or(other.identity);
        self.page = self.page.take().or(other.page);
        self.hint = self.hint.take().or(other.hint);
        for source in other.sources {
            if !self.sources.contains(&source) {
                self.sources.push(source);
            }
        }
    }
}

/// The name of a host in the form DNS and certificates take: ASCII, lower case, no final dot, at least two labels.
/// `None` for anything else; numbers (IP addresses) are nobody's name.
pub fn host_name(text: &str) -> Option<String> {
    let bare = text.trim().strip_suffix('.').unwrap_or(text.trim());
    let host = idna::domain_to_ascii(bare).ok()?;
    let labels = || host.split('.');
    let sound = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let top_is_a_name =
        labels().next_back().is_some_and(|top| !top.bytes().all(|byte| byte.is_ascii_digit()));
    (host.len() <= 253 && labels().count() >= 2 && labels().all(sound) && top_is_a_name)
        .then_some(host)
}

/// Is this host the domain itself or below it?
pub fn is_within(host: &str, domain: &str) -> bool {
    host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_name_of_a_host_is_one() {
        assert_eq!(host_name("Mail.Firm.Test.").as_deref(), Some("mail.firm.test"));
        assert_eq!(host_name("kanzlei-müller.de").as_deref(), Some("xn--kanzlei-mller-4ob.de"));
        for wrong in [
            "",
            ".",
            "localhost",
            "127.0.0.1",
            "[::1]",
            "a b.test",
            "a/b.test",
            "user@firm.test",
            "firm.test:443",
            "-a.test",
            "a..test",
            "a\u{1b}.test",
        ] {
            assert_eq!(host_name(wrong), None, "{wrong:?}");
        }
        assert_eq!(host_name(&format!("{}.test", "a".repeat(64))), None);
    }

    #[test]
    fn a_name_that_only_ends_alike_is_not_within_the_domain() {
        assert!(is_within("firm.test", "firm.test") && is_within("a.b.firm.test", "firm.test"));
        assert!(!is_within("evilfirm.test", "firm.test") && !is_within("test", "firm.test"));
    }

    #[test]
    fn the_login_name_is_not_in_a_debug_print() {
        let proposal = Proposal::bare("marker@firm.test", Source::Srv, Standing::Claimed);
        assert!(!format!("{proposal:?}").contains("marker"));
    }
}
