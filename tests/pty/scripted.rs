//! Servers that say what a test wants, over real TLS on loopback: what no honest server would say.

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    sync::Arc,
    thread,
};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use rustls_pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::support::servers::GOOD_HOST;

/// A listening server and the authority that vouches for it.
pub struct Scripted {
    pub port: u16,
    /// PEM.
    pub authority: String,
}

/// The answers to a line of the client, or `None` to hang up. An empty answer says nothing.
pub type Answer = fn(&str) -> Option<String>;

impl Scripted {
    /// Greets, and answers line by line. Each connection has its own thread; they end with the test.
    pub fn start(greeting: String, answer: Answer) -> Self {
        let (config, authority) = certificate();
        let listener = TcpListener::bind((GOOD_HOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        thread::spawn(move || {
            for tcp in listener.incoming().flatten() {
                let (config, greeting) = (Arc::clone(&config), greeting.clone());
                thread::spawn(move || {
                    let session = ServerConnection::new(config).unwrap();
                    converse(StreamOwned::new(session, tcp), &greeting, answer)
                });
            }
        });
        Self { port, authority }
    }
}

/// Until somebody hangs up.
fn converse(
    stream: StreamOwned<ServerConnection, std::net::TcpStream>,
    greeting: &str,
    answer: Answer,
) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    stream.get_mut().write_all(greeting.as_bytes())?;
    stream.get_mut().flush()?;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let Some(said) = answer(line.trim_end()) else { return Ok(()) };
        stream.get_mut().write_all(said.as_bytes())?;
        stream.get_mut().flush()?;
    }
}

fn certificate() -> (Arc<ServerConfig>, String) {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let authority = params.self_signed(&key).unwrap().pem();
    let issuer = Issuer::new(params, key);
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec![GOOD_HOST.to_owned()]).unwrap();
    let certificate = params.signed_by(&key, &issuer).unwrap().der().clone();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config =
        ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .unwrap();
    (Arc::new(config), authority)
}
