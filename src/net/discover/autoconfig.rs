//! The page of a mail provider that Thunderbird's autoconfig asks for (`config-v1.1.xml`).
//!
//! Owns the reading of it. A page is a stranger's text: a server in it must be a host name with a port and TLS, and
//! what is in clear, in numbers, or not understood is passed over.

use roxmltree::{Document, Node, ParsingOptions};

use super::{SignIn, Spot, Tls, host_name};
use crate::domain::address::EmailAddress;

/// A longer page is not read, bytes.
const LONGEST: usize = 64 * 1024;
/// A page with more nodes is not read.
const MOST_NODES: u32 = 10_000;

/// What a page says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// Who wrote it, as it calls itself.
    pub name: Option<String>,
    /// The best IMAP server in it.
    pub imap: Option<Spot>,
    /// The best SMTP server in it.
    pub smtp: Option<Spot>,
    /// The login name, with the address put in.
    pub login: Option<String>,
    /// How one signs in.
    pub sign_in: SignIn,
    /// Servers that would have talked in clear.
    pub in_clear: usize,
}

/// Reads XML as far as it is ours to read: no DTD, bounded.
pub(super) fn document(bytes: &[u8]) -> Option<Document<'_>> {
    let text = std::str::from_utf8(bytes.get(..).filter(|all| all.len() <= LONGEST)?).ok()?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let options = ParsingOptions { nodes_limit: MOST_NODES, ..ParsingOptions::default() };
    Document::parse_with_options(text.trim_start(), options).ok()
}

/// The text of the first child element of this name, whatever its namespace.
pub(super) fn text_of<'a>(node: Node<'a, '_>, name: &str) -> Option<&'a str> {
    let child = node.children().find(|child| child.tag_name().name() == name)?;
    child.text().map(str::trim).filter(|text| !text.is_empty())
}

/// Reads a page for this address; `None` when it is not such a page or names no server.
pub fn read(bytes: &[u8], address: &EmailAddress) -> Option<Page> {
    let document = document(bytes)?;
    let root = document.root_element();
    if root.tag_name().name() != "clientConfig" {
        return None;
    }
    let provider = root.children().find(|child| child.tag_name().name() == "emailProvider")?;
    let mut page =
        Page { name: text_of(provider, "displayName").map(str::to_owned), ..Page::default() };
    let servers = |element: &'static str, kind: &'static str| {
        provider.children().filter(move |child| {
            child.tag_name().name() == element && child.attribute("type") == Some(kind)
        })
    };
    let mut best = |element, kind| {
        let mut all: Vec<Server> = Vec::new();
        for node in servers(element, kind) {
            match server(node, address) {
                Read::Server(one) => all.push(one),
                Read::InClear => page.in_clear = page.in_clear.saturating_add(1),
                Read::Unclear => {}
            }
        }
        // The page's order counts, but TLS from the first byte goes before STARTTLS (RFC 8314 §3).
        all.sort_by_key(|one| one.spot.tls);
        all.into_iter().next()
    };
    let (imap, smtp) = (best("incomingServer", "imap"), best("outgoingServer", "smtp"));
    let first = imap.as_ref().or(smtp.as_ref())?;
    page.login.clone_from(&first.login);
    page.sign_in = first.sign_in;
    page.imap = imap.map(|one| one.spot);
    page.smtp = smtp.map(|one| one.spot);
    Some(page)
}

struct Server {
    spot: Spot,
    login: Option<String>,
    sign_in: SignIn,
}

enum Read {
    Server(Server),
    InClear,
    Unclear,
}

fn server(node: Node<'_, '_>, address: &EmailAddress) -> Read {
    let tls = match text_of(node, "socketType") {
        Some("SSL" | "TLS") => Tls::Implicit,
        Some("STARTTLS") => Tls::Starttls,
        Some("plain") => return Read::InClear,
        Some(_) | None => return Read::Unclear,
    };
    let host = text_of(node, "hostname").and_then(|host| host_name(&filled(host, address)));
    let port = text_of(node, "port").and_then(|port| port.parse().ok()).filter(|port| *port != 0);
    let (Some(host), Some(port)) = (host, port) else { return Read::Unclear };
    let login = text_of(node, "username").map(|login| filled(login, address));
    Read::Server(Server {
        spot: Spot { host, port, tls },
        login: login.filter(|login| login.len() <= 254 && !login.chars().any(char::is_control)),
        sign_in: sign_in(node),
    })
}

/// What the page's words for signing in come to: a password where one is taken at all.
fn sign_in(node: Node<'_, '_>) -> SignIn {
    let mut found = SignIn::Unsaid;
    for child in node.children().filter(|child| child.tag_name().name() == "authentication") {
        match child.text().map(str::trim) {
            Some("password-cleartext" | "plain" | "password-encrypted" | "secure") => {
                return SignIn::Password;
            }
            Some("OAuth2") => found = SignIn::Oauth,
            Some(_) | None => {}
        }
    }
    found
}

fn filled(text: &str, address: &EmailAddress) -> String {
    // One pass, so that an address that itself holds such a word is not filled twice.
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let words = [
            ("%EMAILADDRESS%", address.as_str()),
            ("%EMAILLOCALPART%", address.local()),
            ("%EMAILDOMAIN%", address.domain()),
        ];
        let found = words.iter().find_map(|(word, value)| Some((from.strip_prefix(word)?, *value)));
        let (after, value) = found.unwrap_or_else(|| (from.get(1..).unwrap_or_default(), "%"));
        out.push_str(value);
        rest = after;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(servers: &str) -> Option<Page> {
        let kofi = EmailAddress::parse("kofi@firm.test").unwrap();
        let text = format!(
            "<?xml version=\"1.0\"?>\n<clientConfig version=\"1.1\"><emailProvider id=\"x\">\
             <displayName>The Firm</displayName>{servers}</emailProvider></clientConfig>"
        );
        read(text.as_bytes(), &kofi)
    }

    fn imap(host: &str, port: &str, socket: &str) -> String {
        format!(
            "<incomingServer type=\"imap\"><hostname>{host}</hostname><port>{port}</port>\
             <socketType>{socket}</socketType><username>%EMAILLOCALPART%+%EMAILDOMAIN%%</username>\
             <authentication>password-cleartext</authentication></incomingServer>"
        )
    }

    #[test]
    fn tls_from_the_first_byte_goes_before_starttls_and_the_address_is_put_in() {
        let both = imap("imap.firm.test", "143", "STARTTLS")
            + &imap("IMAP.%EMAILDOMAIN%", "993", "SSL")
            + "<outgoingServer type=\"smtp\"><hostname>mail.firm.test</hostname><port>587</port>\
               <socketType>STARTTLS</socketType><authentication>OAuth2</authentication></outgoingServer>";
        let found = page(&both).unwrap();
        let at = |host: &str, port, tls| Some(Spot { host: host.into(), port, tls });
        assert_eq!(found.imap, at("imap.firm.test", 993, Tls::Implicit));
        assert_eq!(found.smtp, at("mail.firm.test", 587, Tls::Starttls));
        assert_eq!(found.login.as_deref(), Some("kofi+firm.test%"));
        assert_eq!((found.sign_in, found.name.as_deref()), (SignIn::Password, Some("The Firm")));
    }

    #[test]
    fn a_server_in_clear_is_never_taken() {
        let found = page(&(imap("a.test", "143", "plain") + &imap("b.test", "143", "STARTTLS")));
        let found = found.unwrap();
        assert_eq!((found.imap.unwrap().host.as_str(), found.in_clear), ("b.test", 1));
        assert_eq!(page(&imap("a.test", "143", "plain")), None);
    }

    #[test]
    fn what_is_no_host_no_port_or_no_page_is_passed_over() {
        for (host, port) in [("1.2.3.4", "993"), ("a b", "993"), ("a.test", "0"), ("a.test", "x")] {
            assert_eq!(page(&imap(host, port, "SSL")), None, "{host} {port}");
        }
        let kofi = EmailAddress::parse("kofi@firm.test").unwrap();
        for wrong in ["", "not xml", "<html><body>404</body></html>", "<clientConfig/>"] {
            assert_eq!(read(wrong.as_bytes(), &kofi), None, "{wrong}");
        }
    }

    #[test]
    fn a_hostile_page_neither_grows_nor_overflows() {
        let kofi = EmailAddress::parse("kofi@firm.test").unwrap();
        let bomb = "<!DOCTYPE a [<!ENTITY b \"bbbb\">]><clientConfig>&b;</clientConfig>";
        assert_eq!(read(bomb.as_bytes(), &kofi), None);
        let deep = "<a>".repeat(LONGEST / 3);
        assert_eq!(read(deep.as_bytes(), &kofi), None);
        let closed = "<a>".repeat(9_000) + &"</a>".repeat(9_000);
        assert_eq!(read(closed.as_bytes(), &kofi), None);
        assert_eq!(page(&imap(&"a".repeat(LONGEST), "993", "SSL")), None);
    }
}
