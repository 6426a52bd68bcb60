//! The search against a DNS and pages of our own invention.

use std::{collections::BTreeMap, io, sync::Mutex};

use super::*;

/// A world: records by name, pages by URL.
#[derive(Default)]
struct World {
    records: BTreeMap<String, Vec<Record>>,
    pages: BTreeMap<String, (u16, String)>,
    asked: Mutex<Vec<String>>,
}

impl Dns for World {
    fn ask(&self, name: &str, kind: Kinds) -> Result<Vec<Record>, DnsError> {
        let of_kind = |record: &&Record| match record {
            Record::Srv { .. } => kind == Kinds::Srv,
            Record::Mx { .. } => kind == Kinds::Mx,
            Record::Alias(_) => kind == Kinds::Alias,
            Record::Address(_) => false,
        };
        Ok(self.records.get(name).into_iter().flatten().filter(of_kind).cloned().collect())
    }
}

impl Http for World {
    fn send(&self, request: &Request) -> Result<Response, HttpError> {
        let url = request.url.expose();
        let body = request.body.as_ref().map(|body| String::from_utf8_lossy(body.bytes.expose()));
        self.asked.lock().unwrap().push(format!("{url} {}", body.unwrap_or_default()));
        let (status, text) = self
            .pages
            .get(url)
            .ok_or_else(|| HttpError::Unreachable(io::ErrorKind::NotFound.into()))?;
        let location = (300..400).contains(status).then(|| text.as_str().into());
        let body = Confidential::new(text.clone().into_bytes());
        Ok(Response { status: *status, body, location })
    }
}

const AUTOCONFIG: &str =
    "https://autoconfig.firm.test/mail/config-v1.1.xml?emailaddress=kofi%40firm.test";
const DISCOVER: &str = "https://autodiscover.firm.test/autodiscover/autodiscover.xml";

impl World {
    fn record(mut self, name: &str, record: Record) -> Self {
        self.records.entry(name.to_owned()).or_default().push(record);
        self
    }

    fn srv(self, service: &str, port: u16, target: &str, priority: u16) -> Self {
        let record = Record::Srv { priority, weight: 1, port, target: target.to_owned() };
        self.record(&format!("{service}._tcp.firm.test"), record)
    }

    fn mx(self, preference: u16, host: &str) -> Self {
        self.record("firm.test", Record::Mx { preference, host: host.to_owned() })
    }

    fn page(mut self, url: &str, status: u16, text: &str) -> Self {
        self.pages.insert(url.to_owned(), (status, text.to_owned()));
        self
    }

    fn search(&self) -> (Found, Vec<Asking>) {
        let kofi = EmailAddress::parse("kofi@firm.test").unwrap();
        let mut announced = Vec::new();
        let found = find(self, self, &kofi, &mut |asking| announced.push(asking.clone()));
        (found, announced)
    }

    /// Everything that was asked of hosts outside the domain.
    fn strangers_heard(&self) -> String {
        let asked = self.asked.lock().unwrap();
        let outside = |line: &&String| {
            !is_within(&https_host(line.split(' ').next().unwrap()).unwrap(), "firm.test")
        };
        asked.iter().filter(outside).cloned().collect::<Vec<_>>().join("\n")
    }
}

fn config(host: &str) -> String {
    let server = |element: &str, kind: &str, port: u16| {
        format!(
            "<{element} type=\"{kind}\"><hostname>{host}</hostname><port>{port}</port>\
             <socketType>SSL</socketType><username>%EMAILADDRESS%</username></{element}>"
        )
    };
    format!(
        "<clientConfig version=\"1.1\"><emailProvider id=\"x\">{}{}</emailProvider></clientConfig>",
        server("incomingServer", "imap", 993),
        server("outgoingServer", "smtp", 465)
    )
}

fn at(host: &str, port: u16, tls: Tls) -> Spot {
    Spot { host: host.into(), port, tls }
}

#[test]
fn srv_records_name_both_servers_and_tls_from_the_first_byte_goes_first() {
    let world = World::default()
        .srv("_imap", 143, "starttls.firm.test", 0)
        .srv("_imaps", 993, "second.firm.test", 20)
        .srv("_imaps", 993, "first.firm.test", 10)
        .srv("_submissions", 0, "", 0)
        .srv("_submission", 587, "out.firm.test", 0);
    let (found, _) = world.search();
    let [only] = found.proposals.as_slice() else { panic!("{found:?}") };
    assert_eq!(only.imap, Some(at("first.firm.test", 993, Tls::Implicit)));
    assert_eq!(only.smtp, Some(at("out.firm.test", 587, Tls::Starttls)));
    assert_eq!((only.standing, only.login.as_str()), (Standing::OwnServers, "kofi@firm.test"));
}

#[test]
fn servers_of_somebody_else_that_only_dns_names_are_claimed_and_no_more() {
    let world = World::default().srv("_imaps", 993, "imap.evil.example", 0);
    assert_eq!(world.search().0.proposals[0].standing, Standing::Claimed);
}

#[test]
fn a_firm_at_microsoft_is_found_by_its_mail_exchanger_and_microsoft_hears_nothing() {
    let world = World::default()
        .mx(10, "firm-test.mail.protection.outlook.com")
        .record("autodiscover.firm.test", Record::Alias("autodiscover.outlook.com".into()));
    let (found, announced) = world.search();
    let [only] = found.proposals.as_slice() else { panic!("{found:?}") };
    assert_eq!(only.imap, Some(at("outlook.office365.com", 993, Tls::Implicit)));
    assert_eq!((only.sign_in, only.sources.len()), (SignIn::Oauth, 2));
    let hosts: Vec<_> = announced.iter().map(|one| one.host.as_str()).collect();
    assert_eq!(hosts, ["autoconfig.firm.test", "firm.test"], "Autodiscover would want a login");
    assert_eq!(world.strangers_heard(), "");
}

#[test]
fn the_page_of_the_domain_goes_before_what_dns_says_and_agreement_is_one_proposal() {
    let world = World::default()
        .srv("_imaps", 993, "mail.hoster.test", 0)
        .srv("_submissions", 465, "mail.hoster.test", 0)
        .mx(5, "mx.elsewhere.test")
        .page("https://autoconfig.elsewhere.test/mail/config-v1.1.xml", 200, &config("a.test"))
        .page(AUTOCONFIG, 200, &config("mail.hoster.test"));
    let (found, _) = world.search();
    let [first, second] = found.proposals.as_slice() else { panic!("{found:?}") };
    assert_eq!((first.standing, first.sources.len()), (Standing::Vouched, 2));
    assert_eq!(second.standing, Standing::Claimed);
    assert_eq!(second.imap, Some(at("a.test", 993, Tls::Implicit)));
}

#[test]
fn nobody_outside_the_domain_ever_hears_the_address_and_each_host_is_announced_first() {
    let world = World::default()
        .mx(5, "mx1.mail.hoster.test")
        .page(AUTOCONFIG, 302, "https://config.hoster.test/?emailaddress=kofi%40Firm.Test")
        .page(
            "https://firm.test/.well-known/autoconfig/mail/config-v1.1.xml",
            301,
            "https://www.hoster.test/c",
        )
        .page("https://www.hoster.test/c", 307, "/d")
        .page("https://www.hoster.test/d", 200, &config("mail.hoster.test"))
        .page(DISCOVER, 302, "https://discover.hoster.test/autodiscover/autodiscover.xml");
    let (found, announced) = world.search();
    assert_eq!(found.proposals[0].imap, Some(at("mail.hoster.test", 993, Tls::Implicit)));
    let heard = world.strangers_heard();
    assert!(!heard.contains("kofi"), "{heard}");
    assert!(
        heard.contains("autoconfig.mail.hoster.test") && heard.contains("autoconfig.hoster.test")
    );
    let astray = found.remarks.iter().filter(|one| matches!(one, Remark::SentAstray(_))).count();
    assert_eq!(astray, 2, "{:?}", found.remarks);
    for line in world.asked.lock().unwrap().iter() {
        let host = https_host(line.split(' ').next().unwrap()).unwrap();
        let said = announced.iter().find(|one| one.host == host).expect(&host);
        assert!(!line.contains("kofi") || said.learns_address, "{line}");
    }
}

#[test]
fn plain_http_is_never_asked_nor_followed_to() {
    let world = World::default()
        .page(AUTOCONFIG, 302, "http://autoconfig.firm.test/mail/config-v1.1.xml")
        .page("http://autoconfig.firm.test/mail/config-v1.1.xml", 200, &config("evil.test"));
    let (found, _) = world.search();
    assert!(found.proposals.is_empty(), "{found:?}");
    assert!(matches!(found.remarks.as_slice(), [Remark::SentAstray(_)]), "{found:?}");
    assert!(world.asked.lock().unwrap().iter().all(|line| line.starts_with("https://")));
}

#[test]
fn pages_that_send_in_circles_end() {
    let there = "https://firm.test/.well-known/autoconfig/mail/config-v1.1.xml";
    let world = World::default().page(there, 302, there);
    assert!(world.search().0.proposals.is_empty());
    assert!(world.asked.lock().unwrap().len() < 10);
}

#[test]
fn autodiscover_is_asked_for_the_address_and_an_exchange_that_wants_a_login_is_named() {
    let answer = "<Autodiscover><Response><Account><Protocol><Type>IMAP</Type>\
                  <Server>mail.firm.test</Server><Port>993</Port></Protocol></Account></Response></Autodiscover>";
    let world = World::default().page(DISCOVER, 200, answer);
    let (found, _) = world.search();
    assert_eq!(found.proposals[0].imap, Some(at("mail.firm.test", 993, Tls::Implicit)));
    let asked = world.asked.lock().unwrap().join("\n");
    assert!(asked.contains("<EMailAddress>kofi@firm.test</EMailAddress>"), "{asked}");
    let (found, _) = World::default().page(DISCOVER, 401, "").search();
    assert!(
        matches!(found.remarks.as_slice(), [Remark::WantsLogin(host)] if host == "autodiscover.firm.test")
    );
}

#[test]
fn a_public_suffix_is_not_taken_for_a_provider() {
    assert_eq!(parents("mx1.hoster.co.uk"), ["hoster.co.uk"]);
    assert_eq!(parents("a.b.c.d.test"), ["b.c.d.test", "c.d.test"]);
    assert!(parents("mx.co.uk").is_empty() && parents("localhost").is_empty());
}

#[test]
fn a_url_that_hides_its_host_is_none() {
    assert_eq!(https_host("HTTPS://Firm.test:443/a").as_deref(), Some("firm.test"));
    for wrong in [
        "http://firm.test/",
        "https://firm.test@evil.test/",
        "https://firm.test:8443/",
        "https://127.0.0.1/",
        "//firm.test/",
        "",
    ] {
        assert_eq!(https_host(wrong), None, "{wrong}");
    }
}
