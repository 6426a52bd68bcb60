//! The providers that the program knows by heart (`config/providers.toml`).
//!
//! Owns the reading of that table and the matching of names against it. It never goes to the network.

use std::sync::OnceLock;

use serde::{Deserialize, Deserializer, de::Error as _};

use super::{Identity, Proposal, SignIn, Source, Spot, Standing, Tls, host_name, is_within};
use crate::domain::address::EmailAddress;

/// The table as it is shipped.
const SHIPPED: &str = include_str!("../../../config/providers.toml");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    provider: Vec<Provider>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Provider {
    name: String,
    #[serde(default)]
    domains: Vec<String>,
    #[serde(default)]
    mx: Vec<String>,
    #[serde(default)]
    discovery: Vec<String>,
    #[serde(deserialize_with = "spot")]
    imap: Spot,
    #[serde(deserialize_with = "spot")]
    smtp: Spot,
    #[serde(default)]
    login: Login,
    sign_in: Way,
    #[serde(default)]
    oauth: Option<Identity>,
    #[serde(default, rename = "where")]
    page: Option<String>,
    #[serde(default)]
    hint: Option<String>,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Login {
    #[default]
    Address,
    Local,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Way {
    Password,
    AppPassword,
    Oauth,
}

impl From<Way> for SignIn {
    fn from(way: Way) -> Self {
        match way {
            Way::Password => Self::Password,
            Way::AppPassword => Self::AppPassword,
            Way::Oauth => Self::Oauth,
        }
    }
}

/// `host:port tls` or `host:port starttls`.
fn spot<'de, D: Deserializer<'de>>(from: D) -> Result<Spot, D::Error> {
    let text = String::deserialize(from)?;
    let read = || {
        let (place, tls) = text.split_once(' ')?;
        let (host, port) = place.split_once(':')?;
        let tls = match tls {
            "tls" => Tls::Implicit,
            "starttls" => Tls::Starttls,
            _ => return None,
        };
        let port = port.parse().ok().filter(|port| *port != 0)?;
        Some(Spot { host: host_name(host)?, port, tls })
    };
    read().ok_or_else(|| D::Error::custom("not `host:port tls|starttls`"))
}

/// The shipped table; a test reads it, so it is never empty in a build that passed its tests.
fn table() -> &'static [Provider] {
    static TABLE: OnceLock<Vec<Provider>> = OnceLock::new();
    TABLE.get_or_init(|| {
        toml::from_str::<Table>(SHIPPED).map(|table| table.provider).unwrap_or_default()
    })
}

impl Provider {
    fn proposal(&self, address: &EmailAddress, source: Source, standing: Standing) -> Proposal {
        let login = match self.login {
            Login::Address => address.as_str(),
            Login::Local => address.local(),
        };
        Proposal {
            name: Some(self.name.clone()),
            imap: Some(self.imap.clone()),
            smtp: Some(self.smtp.clone()),
            sign_in: self.sign_in.into(),
            identity: self.oauth,
            page: self.page.clone(),
            hint: self.hint.clone(),
            ..Proposal::bare(login, source, standing)
        }
    }
}

/// The provider whose own domain this address has.
pub fn of_domain(address: &EmailAddress) -> Option<Proposal> {
    let domain = host_name(address.domain())?;
    // A firm's domain under Microsoft's (`firm.onmicrosoft.com`) is Microsoft's too.
    let provider =
        table().iter().find(|one| one.domains.iter().any(|own| is_within(&domain, own)))?;
    Some(provider.proposal(address, Source::Table, Standing::Known))
}

/// How one signs in at this IMAP server, and whose sign-in by browser it would be.
pub fn of_server(imap: &str) -> Option<(SignIn, Option<Identity>)> {
    let host = host_name(imap)?;
    let provider = table().iter().find(|one| one.imap.host == host)?;
    Some((provider.sign_in.into(), provider.oauth))
}

/// The provider that runs this mail exchanger.
pub fn of_exchanger(host: &str, address: &EmailAddress) -> Option<Proposal> {
    let provider = table().iter().find(|one| one.mx.iter().any(|own| is_within(host, own)))?;
    let source = Source::Exchanger(host.to_owned());
    Some(provider.proposal(address, source, Standing::Claimed))
}

/// The provider whose Autodiscover answers at this host.
pub fn of_discovery(host: &str, address: &EmailAddress) -> Option<Proposal> {
    let provider =
        table().iter().find(|one| one.discovery.iter().any(|own| is_within(host, own)))?;
    let source = Source::AutodiscoverName(host.to_owned());
    Some(provider.proposal(address, source, Standing::Claimed))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn address(text: &str) -> EmailAddress {
        EmailAddress::parse(text).unwrap()
    }

    #[test]
    fn the_shipped_table_can_be_read_and_knows_twenty_providers_and_more() {
        let table: Table = toml::from_str(SHIPPED).unwrap();
        let names: BTreeSet<_> = table.provider.iter().map(|one| &one.name).collect();
        assert!(names.len() >= 20, "{}", names.len());
        let mut domains = BTreeSet::new();
        for one in &table.provider {
            let all = || one.domains.iter().chain(&one.mx).chain(&one.discovery);
            assert!(all().next().is_some(), "{} is never found", one.name);
            assert!(all().all(|name| host_name(name).as_ref() == Some(name)), "{}", one.name);
            assert!(one.domains.iter().all(|domain| domains.insert(domain)), "{} twice", one.name);
            let page = one.page.as_deref().unwrap_or_default();
            let needs_page = !matches!(one.sign_in, Way::Password);
            assert!(page.starts_with("https://") || !needs_page, "{}: where?", one.name);
            let by_browser = matches!(one.sign_in, Way::Oauth);
            assert!(one.oauth.is_some() || !by_browser, "{}: at whose page?", one.name);
        }
    }

    #[test]
    fn the_domain_of_a_large_provider_needs_no_network() {
        let found = of_domain(&address("Kofi@GMAIL.com")).unwrap();
        assert_eq!(found.imap.unwrap().host, "imap.gmail.com");
        assert_eq!((found.sign_in, found.standing), (SignIn::AppPassword, Standing::Known));
        assert_eq!(found.login, "Kofi@GMAIL.com");
        assert_eq!(of_domain(&address("kofi@free.fr")).unwrap().login, "kofi");
        assert!(of_domain(&address("kofi@firm.onmicrosoft.com")).is_some());
        assert!(of_domain(&address("kofi@notgmail.com")).is_none());
    }

    #[test]
    fn a_server_that_was_typed_is_known_too() {
        let known = of_server("Outlook.Office365.com");
        assert_eq!(known, Some((SignIn::Oauth, Some(Identity::Microsoft))));
        // Gmail takes both; the usual way comes first.
        assert_eq!(of_server("imap.gmail.com").unwrap().1, Some(Identity::Google));
        assert_eq!(of_server("imap.firm.test"), None);
    }

    #[test]
    fn a_firm_that_microsoft_or_google_hosts_is_known_by_its_mail_exchanger() {
        let kofi = address("kofi@firm.test");
        let name = |host| of_exchanger(host, &kofi).and_then(|found| found.name);
        for (host, provider) in [
            ("firm-test.mail.protection.outlook.com", Some("Microsoft 365")),
            ("firm-test.p-v1.mx.microsoft", Some("Microsoft 365")),
            ("aspmx.l.google.com", Some("Google Workspace")),
            ("alt2.aspmx.l.google.com", Some("Google Workspace")),
            ("aspmx3.googlemail.com", Some("Google Workspace")),
            ("smtp.google.com", Some("Google Workspace")),
            ("in1-smtp.messagingengine.com", Some("Fastmail")),
            ("mx.firm.test", None),
        ] {
            assert_eq!(name(host).as_deref(), provider, "{host}");
        }
        let found = of_discovery("autodiscover.outlook.com", &kofi).unwrap();
        assert_eq!((found.sign_in, found.standing), (SignIn::Oauth, Standing::Claimed));
    }
}
