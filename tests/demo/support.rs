//! An open office and clients for it.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::TcpStream,
    sync::Arc,
};

use jiff::{Timestamp, tz::TimeZone};
use matterbox::demo::{self, Running};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use rustls_pki_types::{CertificateDer, pem::PemObject as _};

pub type Tls = StreamOwned<ClientConnection, TcpStream>;
pub type Session = ::imap::Session<Tls>;

/// Tuesday 24 November 2026, 13:40 in New York.
pub fn now() -> Timestamp {
    "2026-11-24T13:40:00-05:00".parse().unwrap()
}

pub fn zone() -> TimeZone {
    TimeZone::get("America/New_York").unwrap()
}

/// The servers, on a runtime of their own.
pub struct Open {
    pub running: Running,
    pub runtime: tokio::runtime::Runtime,
}

pub fn open() -> Open {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let running = runtime.block_on(demo::start(now(), zone())).unwrap();
    Open { running, runtime }
}

impl Open {
    pub fn tls(&self, port: u16) -> Tls {
        let mut roots = RootCertStore::empty();
        roots
            .add(CertificateDer::from_pem_slice(self.running.authority.as_bytes()).unwrap())
            .unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = "localhost".try_into().unwrap();
        let connection = ClientConnection::new(Arc::new(config), name).unwrap();
        let socket = TcpStream::connect(("127.0.0.1", port)).unwrap();
        StreamOwned::new(connection, socket)
    }

    pub fn login(&self, address: &str) -> Session {
        let mut client = ::imap::Client::new(self.tls(self.running.imap_port));
        client.read_greeting().unwrap();
        client.login(address, self.running.password.expose()).map_err(|(error, _)| error).unwrap()
    }
}

/// A raw conversation: sends a line, returns the answer up to the tagged line.
pub struct Raw(pub BufReader<Tls>);

impl Raw {
    pub fn connect(open: &Open) -> Self {
        let mut raw = Self(BufReader::new(open.tls(open.running.imap_port)));
        assert!(raw.line().starts_with("* OK [CAPABILITY IMAP4REV1"));
        raw
    }

    pub fn line(&mut self) -> String {
        let mut line = Vec::new();
        self.0.read_until(b'\n', &mut line).unwrap();
        String::from_utf8_lossy(&line).into_owned()
    }

    pub fn send(&mut self, text: &str) {
        self.0.get_mut().write_all(text.as_bytes()).unwrap();
    }

    pub fn ask(&mut self, text: &str) -> String {
        self.send(&format!("{text}\r\n"));
        let tag = text.split(' ').next().unwrap();
        let mut answer = String::new();
        loop {
            let line = self.line();
            assert!(!line.is_empty(), "the server hung up after {answer}");
            answer.push_str(&line);
            if line.starts_with(tag) {
                return answer;
            }
        }
    }

    pub fn ask_after(&mut self, literal: &str, tag: &str) -> String {
        self.send(&format!("{literal}\r\n"));
        let mut answer = String::new();
        loop {
            let line = self.line();
            answer.push_str(&line);
            if line.is_empty() || line.starts_with(tag) {
                return answer;
            }
        }
    }
}

pub fn logged_in(open: &Open) -> Raw {
    let mut raw = Raw::connect(open);
    let login = format!("a LOGIN {} {}", open.running.user, open.running.password.expose());
    assert!(raw.ask(&login).contains("a OK"));
    raw
}
