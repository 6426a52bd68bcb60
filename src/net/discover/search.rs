//! The search itself: DNS first, then the pages of the domain's own hosts and of whoever runs its mail exchanger.
//!
//! Owns who is asked what, and says each name aloud before it is asked. The address is sent to hosts of its own domain
//! only; everybody else learns nothing but that somebody asks. Plain HTTP is never asked, nor followed to.

use std::thread;

use super::{
    Proposal, SignIn, Source, Spot, Standing, Tls, autoconfig, autodiscover,
    dns::{Dns, DnsError, Kinds, Record},
    host_name, is_within, table,
};
use crate::{
    domain::{address::EmailAddress, confidential::Confidential},
    net::http::{Body, Http, HttpError, Request, Response},
};

/// So often a page may send us on to another.
const REDIRECTS: usize = 3;
/// Where autoconfig pages are, below `autoconfig.DOMAIN`.
const PAGE: &str = "/mail/config-v1.1.xml";
/// Where they are on the domain itself.
const WELL_KNOWN: &str = "/.well-known/autoconfig/mail/config-v1.1.xml";

/// A host that is about to be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asking {
    /// Its name.
    pub host: String,
    /// Does it learn the whole address? Only hosts of the address's own domain ever do.
    pub learns_address: bool,
}

/// What was found, best first, and what a person should know besides.
#[derive(Debug, Default)]
pub struct Found {
    /// The proposals; none of them is used before a person confirmed it.
    pub proposals: Vec<Proposal>,
    /// What was strange on the way.
    pub remarks: Vec<Remark>,
}

/// What a person should know about a search.
#[derive(Debug)]
pub enum Remark {
    /// The name server did not answer, so what DNS knows is missing.
    Names(DnsError),
    /// A page names servers without TLS; they were passed over.
    InClear(String),
    /// This host would have sent us on in clear or with the address to a stranger; we did not go.
    SentAstray(String),
    /// This host tells more after a login: an Exchange server as a rule.
    WantsLogin(String),
}

/// The hosts of the domain itself that a search asks; the first and the last learn the address.
pub fn own_hosts(domain: &str) -> [String; 3] {
    [format!("autoconfig.{domain}"), domain.to_owned(), format!("autodiscover.{domain}")]
}

/// Looks for the servers of an address. `announce` hears of each host before it is asked.
pub fn find(
    dns: &dyn Dns,
    http: &dyn Http,
    address: &EmailAddress,
    announce: &mut dyn FnMut(&Asking),
) -> Found {
    let Some(domain) = host_name(address.domain()) else { return Found::default() };
    let mut search = Search { http, address, domain, found: Found::default() };
    let names = search.names(dns);
    search.heed(&names);
    let mut pages = search.pages(&names);
    for _ in 0..=REDIRECTS {
        for page in &pages {
            announce(&Asking { host: page.host.clone(), learns_address: page.learns_address });
        }
        let answers = search.ask(pages);
        pages =
            answers.into_iter().filter_map(|(page, answer)| search.take(page, answer)).collect();
        if pages.is_empty() {
            break;
        }
    }
    // The sort keeps the order of the sources among equals; a half proposal comes after a whole one.
    search.found.proposals.sort_by_key(|one| {
        let whole = one.imap.is_some() && one.smtp.is_some();
        (one.standing, !whole)
    });
    search.found
}

/// What DNS says about a domain.
#[derive(Default)]
struct Names {
    imap: Option<Spot>,
    smtp: Option<Spot>,
    exchanger: Option<String>,
    discovery: Vec<String>,
}

/// What a page is, and so how its answer is read.
#[derive(Clone)]
enum Reading {
    Autoconfig(Source, Standing),
    Autodiscover,
}

/// A page to be asked.
#[derive(Clone)]
struct Page {
    host: String,
    request: Request,
    learns_address: bool,
    reading: Reading,
}

struct Search<'a> {
    http: &'a dyn Http,
    address: &'a EmailAddress,
    domain: String,
    found: Found,
}

impl Search<'_> {
    /// All questions to DNS at once.
    fn names(&mut self, dns: &dyn Dns) -> Names {
        let domain = &self.domain;
        let service = |service: &str| (format!("{service}._tcp.{domain}"), Kinds::Srv);
        let questions = [
            service("_imaps"),
            service("_imap"),
            service("_submissions"),
            service("_submission"),
            service("_autodiscover"),
            (format!("autodiscover.{domain}"), Kinds::Alias),
            (domain.clone(), Kinds::Mx),
        ];
        let answers = at_once(&questions, |(name, kind)| dns.ask(name, *kind));
        let mut records = Vec::new();
        for answer in answers {
            records.push(answer.unwrap_or_else(|error| {
                if !self.found.remarks.iter().any(|one| matches!(one, Remark::Names(_))) {
                    self.found.remarks.push(Remark::Names(error));
                }
                Vec::new()
            }));
        }
        let mut records = records.into_iter();
        let mut next = || records.next().unwrap_or_default();
        let imap = service_at(&next(), Tls::Implicit);
        let imap = imap.or(service_at(&next(), Tls::Starttls));
        let smtp = service_at(&next(), Tls::Implicit);
        let smtp = smtp.or(service_at(&next(), Tls::Starttls));
        let discovery = service_at(&next(), Tls::Implicit).map(|spot| spot.host);
        let alias = next().into_iter().find_map(|record| match record {
            Record::Alias(host) => Some(host),
            Record::Srv { .. } | Record::Mx { .. } | Record::Address(_) => None,
        });
        let exchanger = first_exchanger(next());
        Names { imap, smtp, exchanger, discovery: discovery.into_iter().chain(alias).collect() }
    }

    /// What the names alone come to.
    fn heed(&mut self, names: &Names) {
        let known = names.exchanger.as_deref();
        let known = known.and_then(|host| table::of_exchanger(host, self.address));
        let led = names.discovery.iter().find_map(|host| table::of_discovery(host, self.address));
        for proposal in known.into_iter().chain(led) {
            self.propose(proposal);
        }
        if names.imap.is_some() || names.smtp.is_some() {
            let all_own = names.imap.iter().chain(&names.smtp);
            let all_own = all_own.into_iter().all(|spot| is_within(&spot.host, &self.domain));
            let standing = if all_own { Standing::OwnServers } else { Standing::Claimed };
            let (imap, smtp) = (names.imap.clone(), names.smtp.clone());
            let bare = Proposal::bare(self.address.as_str(), Source::Srv, standing);
            self.propose(Proposal { imap, smtp, ..bare });
        }
    }

    /// Who is to be asked over HTTPS.
    fn pages(&self, names: &Names) -> Vec<Page> {
        let [config, own, discovery] = own_hosts(&self.domain);
        let query = format!("{PAGE}?emailaddress={}", encoded(self.address.as_str()));
        let mut pages = vec![
            Self::page(config, &query, true, Standing::Vouched),
            Self::page(own, WELL_KNOWN, false, Standing::Vouched),
        ];
        // Where a big provider is behind it, its servers are known already, and it would want a login.
        if !names.discovery.iter().any(|host| table::of_discovery(host, self.address).is_some()) {
            let own = names.discovery.iter().find(|host| is_within(host, &self.domain));
            pages.push(self.question(own.cloned().unwrap_or(discovery)));
        }
        let strange = names.exchanger.as_deref().filter(|host| {
            !is_within(host, &self.domain) && table::of_exchanger(host, self.address).is_none()
        });
        for parent in strange.map(parents).unwrap_or_default() {
            let host = format!("autoconfig.{parent}");
            pages.push(Self::page(host, PAGE, false, Standing::Claimed));
        }
        pages
    }

    fn page(host: String, path: &str, learns_address: bool, standing: Standing) -> Page {
        let source = match standing {
            Standing::Claimed => Source::ProviderPage(host.clone()),
            Standing::Known | Standing::Vouched | Standing::OwnServers => {
                Source::Autoconfig(host.clone())
            }
        };
        let request = Request::get(&format!("https://{host}{path}"), "application/xml, text/xml");
        Page { host, request, learns_address, reading: Reading::Autoconfig(source, standing) }
    }

    fn question(&self, host: String) -> Page {
        let mut request =
            Request::get(&format!("https://{host}/autodiscover/autodiscover.xml"), "text/xml");
        let bytes = Confidential::new(autodiscover::question(self.address));
        request.body = Some(Body { kind: "text/xml; charset=utf-8", bytes });
        Page { host, request, learns_address: true, reading: Reading::Autodiscover }
    }

    fn ask(&self, pages: Vec<Page>) -> Vec<(Page, Result<Response, HttpError>)> {
        let answers = at_once(&pages, |page| self.http.send(&page.request));
        pages.into_iter().zip(answers).collect()
    }

    /// Reads an answer; where it leads on, the next page. A host that is not there is no news.
    fn take(&mut self, page: Page, answer: Result<Response, HttpError>) -> Option<Page> {
        let answer = answer.ok()?;
        match answer.status {
            200 => self.read(page, answer.body.expose()),
            301 | 302 | 303 | 307 | 308 => return self.redirected(page, &answer),
            401 if matches!(page.reading, Reading::Autodiscover) => {
                self.found.remarks.push(Remark::WantsLogin(page.host));
            }
            _ => {}
        }
        None
    }

    fn read(&mut self, page: Page, body: &[u8]) {
        let address = self.address;
        match page.reading {
            Reading::Autoconfig(source, standing) => {
                let Some(read) = autoconfig::read(body, address) else { return };
                if read.in_clear > 0 {
                    self.found.remarks.push(Remark::InClear(page.host));
                }
                let login = read.login.as_deref().unwrap_or(address.as_str());
                let (name, imap, smtp, sign_in) = (read.name, read.imap, read.smtp, read.sign_in);
                let bare = Proposal::bare(login, source, standing);
                self.propose(Proposal { name, imap, smtp, sign_in, ..bare });
            }
            Reading::Autodiscover => {
                let Some(read) = autodiscover::read(body) else { return };
                let login = read.login.as_deref().unwrap_or(address.as_str());
                let source = Source::Autodiscover(page.host);
                let bare = Proposal::bare(login, source, Standing::Vouched);
                let sign_in = SignIn::Password;
                self.propose(Proposal { imap: read.imap, smtp: read.smtp, sign_in, ..bare });
            }
        }
    }

    /// Follows to `https` only, and never carries the address out of its domain.
    fn redirected(&mut self, page: Page, answer: &Response) -> Option<Page> {
        let to = answer.location.as_ref().map(|to| to.expose().trim().to_owned());
        let to = to.unwrap_or_default();
        let url = if to.starts_with('/') && !to.starts_with("//") {
            Some((page.host.clone(), format!("https://{}{to}", page.host)))
        } else {
            https_host(&to).map(|host| (host, to.clone()))
        };
        let own = |host: &str| is_within(host, &self.domain);
        let astray = match &url {
            None => true,
            Some((host, _)) if own(host) => false,
            Some(_) => page.request.body.is_some() || carries(&to, self.address),
        };
        let Some((host, url)) = url.filter(|_| !astray) else {
            self.found.remarks.push(Remark::SentAstray(page.host));
            return None;
        };
        let learns_address = own(&host) && page.learns_address;
        let request = Request { url: url.as_str().into(), ..page.request };
        Some(Page { host, request, learns_address, reading: page.reading })
    }

    fn propose(&mut self, proposal: Proposal) {
        match self.found.proposals.iter_mut().find(|one| one.agrees(&proposal)) {
            Some(same) => same.join(proposal),
            None => self.found.proposals.push(proposal),
        }
    }
}

/// Asks all of them side by side, so that the slowest alone is waited for.
fn at_once<Q: Sync, A: Send>(questions: &[Q], ask: impl Fn(&Q) -> A + Sync) -> Vec<A> {
    let ask = &ask;
    thread::scope(|scope| {
        let running: Vec<_> =
            questions.iter().map(|question| scope.spawn(move || ask(question))).collect();
        let finished = running.into_iter().map(thread::ScopedJoinHandle::join);
        finished.map(|end| end.unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    })
}

/// The server to ask first: the lowest priority, then the heaviest (RFC 2782). None where it is expressly not offered.
fn service_at(records: &[Record], tls: Tls) -> Option<Spot> {
    let offered = records.iter().filter_map(|record| match record {
        Record::Srv { priority, weight, port, target } if !target.is_empty() => {
            Some((*priority, u16::MAX.saturating_sub(*weight), *port, target))
        }
        Record::Srv { .. } | Record::Mx { .. } | Record::Alias(_) | Record::Address(_) => None,
    });
    let (_, _, port, host) = offered.min()?;
    Some(Spot { host: host.clone(), port, tls })
}

fn first_exchanger(records: Vec<Record>) -> Option<String> {
    let exchangers = records.into_iter().filter_map(|record| match record {
        Record::Mx { preference, host } => Some((preference, host)),
        Record::Srv { .. } | Record::Alias(_) | Record::Address(_) => None,
    });
    exchangers.min().map(|(_, host)| host)
}

/// The domains above a mail exchanger whose autoconfig may know its customers: at most two, none that looks like a
/// public suffix (`co.uk`).
fn parents(exchanger: &str) -> Vec<String> {
    let mut parents = Vec::new();
    let mut rest = exchanger;
    while let Some((_, parent)) = rest.split_once('.') {
        let labels: Vec<&str> = parent.split('.').collect();
        let public = match labels.as_slice() {
            [] | [_] => true,
            [second, top] => second.len() <= 3 && top.len() == 2,
            _ => false,
        };
        if public || parents.len() == 2 {
            break;
        }
        parents.push(parent.to_owned());
        rest = parent;
    }
    parents
}

/// The host of an `https` URL on the usual port, without a login in it.
fn https_host(url: &str) -> Option<String> {
    let rest = url.get(..8).filter(|scheme| scheme.eq_ignore_ascii_case("https://"));
    let rest = rest.and_then(|_| url.get(8..))?;
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    host_name(authority.strip_suffix(":443").unwrap_or(authority))
}

/// Is the address in this URL, however it is encoded there?
fn carries(url: &str, address: &EmailAddress) -> bool {
    let mut plain = Vec::new();
    let mut rest = url.as_bytes();
    while let Some((first, more)) = rest.split_first() {
        let code = more.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        let byte = code.and_then(|code| u8::from_str_radix(code, 16).ok());
        if let Some(byte) = byte.filter(|_| *first == b'%') {
            plain.push(byte);
            rest = more.get(2..).unwrap_or_default();
        } else {
            plain.push(*first);
            rest = more;
        }
    }
    String::from_utf8_lossy(&plain).to_lowercase().contains(address.key())
}

const HEX: &[u8; 16] = b"0123456789ABCDEF";

/// As a value in a query (RFC 3986: everything but unreserved characters is encoded).
fn encoded(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.extend(
                [byte >> 4, byte & 15].map(|digit| {
                    HEX.get(usize::from(digit)).map_or('0', |digit| char::from(*digit))
                }),
            );
        }
    }
    out
}

#[cfg(test)]
#[path = "search_tests.rs"]
mod tests;
