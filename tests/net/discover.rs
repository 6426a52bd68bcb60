//! The search for servers against a name server and HTTPS servers on loopback, with the authority of the tests.

use std::{
    io::{self, Read, Write},
    net::{SocketAddr, TcpListener},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use matterbox::{
    domain::address::EmailAddress,
    net::{
        discover::{
            Source, Standing, Tls,
            dns::{Dns, DnsError, Kinds, Record, Resolver},
            search::{Found, find},
        },
        http::HttpsClient,
    },
    tls::{Trust, client_config},
};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use rustls_pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::support::names::{Entry, NameServer};

/// An HTTPS server that shows a certificate for these hosts and answers by path.
struct Pages {
    at: SocketAddr,
    /// Of its own authority.
    ca: Vec<u8>,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Pages {
    fn start(hosts: &[&str], answer: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let ca = params.self_signed(&key).unwrap().pem().into_bytes();
        let issuer = Issuer::new(params, key);
        let names: Vec<String> = hosts.iter().map(|&host| host.to_owned()).collect();
        let key = KeyPair::generate().unwrap();
        let own = CertificateParams::new(names).unwrap().signed_by(&key, &issuer).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![own.der().clone()], key)
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let at = listener.local_addr().unwrap();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let (config, ears, answer) = (Arc::new(config), Arc::clone(&heard), Arc::new(answer));
        thread::spawn(move || {
            for tcp in listener.incoming() {
                let (config, ears) = (Arc::clone(&config), Arc::clone(&ears));
                let answer = Arc::clone(&answer);
                thread::spawn(move || {
                    let tls = ServerConnection::new(config).unwrap();
                    let mut stream = StreamOwned::new(tls, tcp.unwrap());
                    let mut request = Vec::new();
                    let mut byte = [0];
                    while !request.ends_with(b"\r\n\r\n") {
                        if !matches!(stream.read(&mut byte), Ok(1)) {
                            return;
                        }
                        request.push(byte[0]);
                    }
                    let request = String::from_utf8(request).unwrap();
                    let host = request.lines().find_map(|line| line.strip_prefix("host: "));
                    let path = request.split(' ').nth(1).unwrap();
                    let url = format!("https://{}{path}", host.unwrap_or_default());
                    let text = answer(&url);
                    ears.lock().unwrap().push(url);
                    stream.write_all(text.as_bytes()).ok();
                    stream.conn.send_close_notify();
                    stream.flush().ok();
                });
            }
        });
        Self { at, ca, heard }
    }

    /// Looks for `kofi@firm.test` where every known host is this server.
    fn search(&self, names: &NameServer) -> Found {
        let resolver = Resolver::at(names.at);
        let (by, to) = (resolver.clone(), self.at);
        let pages = HttpsClient::hurried(
            client_config(&Trust::CaFile(self.ca.clone())).unwrap(),
            Duration::from_secs(20),
            Box::new(move |host, _| match by.ask(host, Kinds::V4) {
                Ok(found) if !found.is_empty() => Ok(vec![to]),
                _ => Err(io::ErrorKind::NotFound.into()),
            }),
        );
        let kofi = EmailAddress::parse("kofi@firm.test").unwrap();
        find(&resolver, &pages, &kofi, &mut |_| {})
    }
}

fn page(host: &str) -> String {
    let body = format!(
        "<?xml version=\"1.0\"?><clientConfig version=\"1.1\"><emailProvider id=\"f\">\
         <incomingServer type=\"imap\"><hostname>{host}</hostname><port>993</port>\
         <socketType>SSL</socketType></incomingServer>\
         <outgoingServer type=\"smtp\"><hostname>{host}</hostname><port>587</port>\
         <socketType>STARTTLS</socketType></outgoingServer></emailProvider></clientConfig>"
    );
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

fn host(name: &str) -> Entry {
    Entry::Host(name.to_owned(), [127, 0, 0, 1].into())
}

fn srv(service: &str, port: u16, target: &str) -> Entry {
    Entry::Srv(format!("{service}._tcp.firm.test"), port, target.to_owned())
}

#[test]
fn the_page_of_the_domain_is_asked_over_verified_tls_and_believed() {
    let names = NameServer::start(&[host("autoconfig.firm.test")], false);
    let pages = Pages::start(&["autoconfig.firm.test"], |_| page("mail.hoster.test"));
    let found = pages.search(&names);
    let [only] = found.proposals.as_slice() else { panic!("{found:?}") };
    assert_eq!(only.sources, [Source::Autoconfig("autoconfig.firm.test".into())]);
    assert_eq!(only.standing, Standing::Vouched);
    let smtp = only.smtp.as_ref().unwrap();
    assert_eq!((smtp.host.as_str(), smtp.port, smtp.tls), ("mail.hoster.test", 587, Tls::Starttls));
    assert_eq!(
        pages.heard.lock().unwrap().as_slice(),
        ["https://autoconfig.firm.test/mail/config-v1.1.xml?emailaddress=kofi%40firm.test"]
    );
}

#[test]
fn a_page_whose_certificate_is_for_another_host_is_not_believed_and_hears_nothing() {
    let names = NameServer::start(&[host("autoconfig.firm.test"), host("firm.test")], false);
    let pages = Pages::start(&["elsewhere.test"], |_| page("mail.evil.test"));
    let found = pages.search(&names);
    assert!(found.proposals.is_empty(), "{found:?}");
    assert!(pages.heard.lock().unwrap().is_empty());
}

#[test]
fn the_page_of_whoever_takes_the_mail_is_asked_without_the_address_and_not_verified() {
    let records = [
        Entry::Mx("firm.test".into(), "mx1.hoster.example".into()),
        host("autoconfig.hoster.example"),
    ];
    let names = NameServer::start(&records, false);
    let pages = Pages::start(&["autoconfig.hoster.example"], |_| page("mail.hoster.example"));
    let found = pages.search(&names);
    assert_eq!(found.proposals[0].standing, Standing::Claimed, "{found:?}");
    let heard = pages.heard.lock().unwrap().join(" ");
    assert_eq!(heard, "https://autoconfig.hoster.example/mail/config-v1.1.xml");
}

#[test]
fn srv_records_come_over_udp_and_over_tcp_where_the_answer_is_cut() {
    for cut in [false, true] {
        let records =
            [srv("_imaps", 993, "imap.firm.test"), srv("_submission", 587, "out.firm.test")];
        let names = NameServer::start(&records, cut);
        let pages = Pages::start(&["firm.test"], |_| String::new());
        let found = pages.search(&names);
        let [only] = found.proposals.as_slice() else { panic!("cut {cut}: {found:?}") };
        assert_eq!(only.standing, Standing::OwnServers);
        assert_eq!(only.imap.as_ref().unwrap().host, "imap.firm.test");
        assert_eq!(only.smtp.as_ref().unwrap().tls, Tls::Starttls);
        assert!(names.asked().contains("_submissions._tcp.firm.test"));
    }
}

#[test]
fn a_name_server_that_is_not_there_is_named_as_such() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let answer = Resolver::at(closed).ask("firm.test", Kinds::Mx);
    assert!(matches!(answer, Err(DnsError::Unreachable(_))), "{answer:?}");
}

#[test]
fn a_forged_answer_to_another_question_is_passed_over() {
    // It answers every question first with the id one off, then truly.
    let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let at = socket.local_addr().unwrap();
    thread::spawn(move || {
        let mut buffer = [0; 1500];
        let (length, from) = socket.recv_from(&mut buffer).unwrap();
        let query = simple_dns::Packet::parse(&buffer[..length]).unwrap();
        for (id, exchanger) in [(!query.id(), "mx.evil.test"), (query.id(), "mx.firm.test")] {
            let mut reply = simple_dns::Packet::new_reply(id);
            reply.questions.clone_from(&query.questions);
            let exchange = simple_dns::Name::new(exchanger).unwrap();
            reply.answers.push(simple_dns::ResourceRecord::new(
                query.questions[0].qname.clone(),
                simple_dns::CLASS::IN,
                60,
                simple_dns::rdata::RData::MX(simple_dns::rdata::MX { preference: 1, exchange }),
            ));
            socket.send_to(&reply.build_bytes_vec().unwrap(), from).unwrap();
        }
    });
    let answer = Resolver::at(at).ask("firm.test", Kinds::Mx).unwrap();
    assert_eq!(answer, [Record::Mx { preference: 1, host: "mx.firm.test".into() }]);
}
