//! A throw-away certificate authority for servers that a test plays itself.
//!
//! Owns the keys for as long as the test runs. Nothing of it is written to disk.

use std::{
    net::TcpStream,
    sync::{Arc, OnceLock},
};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose,
};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use rustls_pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use sha2::{Digest as _, Sha256};

/// The server's side of a line over TLS.
pub type Secured = StreamOwned<ServerConnection, TcpStream>;

/// What signs, and what serves `127.0.0.1` and `localhost`.
pub struct Authority {
    /// The authority's certificate as PEM: trust this.
    pub pem: String,
    server: Arc<ServerConfig>,
    /// SHA-256 of the certificate that nobody signed but itself.
    pub alone_sha256: [u8; 32],
    alone: Arc<ServerConfig>,
}

/// A server with this certificate.
fn server(certificate: &rcgen::Certificate, key: &KeyPair) -> Arc<ServerConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    Arc::new(config)
}

impl Authority {
    /// The one of this test program.
    pub fn get() -> &'static Self {
        static ONE: OnceLock<Authority> = OnceLock::new();
        ONE.get_or_init(Self::make)
    }

    fn make() -> Self {
        let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "a test's own authority");
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
        let mut params = CertificateParams::new(names).unwrap();
        params.use_authority_key_identifier_extension = true;
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &issuer).unwrap();
        let names = vec!["127.0.0.1".to_owned()];
        let params = CertificateParams::new(names).unwrap();
        let alone_key = KeyPair::generate().unwrap();
        let alone = params.self_signed(&alone_key).unwrap();
        Self {
            pem: issuer.pem(),
            server: server(&certificate, &key),
            alone_sha256: Sha256::digest(alone.der()).into(),
            alone: server(&alone, &alone_key),
        }
    }

    /// The same with the certificate that nobody signed but itself.
    pub fn secure_alone(&self, line: TcpStream) -> Secured {
        StreamOwned::new(ServerConnection::new(Arc::clone(&self.alone)).unwrap(), line)
    }

    /// Secures a line as its server. The handshake happens with the first read or write.
    pub fn secure(&self, line: TcpStream) -> Secured {
        StreamOwned::new(ServerConnection::new(Arc::clone(&self.server)).unwrap(), line)
    }
}
