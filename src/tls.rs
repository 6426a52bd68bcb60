//! LAYER 1 · Verified TLS: which roots are trusted, which pins hold.
//!
//! Owns the one rustls configuration that IMAP and SMTP share, the reading of host names, and the meaning of a
//! failed handshake. It must never offer a way to go on without verification: there is no "accept anyway".

use std::{fmt, io, sync::Arc};

use rustls::{
    AlertDescription, CertificateError, ClientConfig, DigitallySignedStruct, Error as RustlsError,
    InvalidMessage, OtherError, PeerIncompatible, RootCertStore, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature},
    server::ParsedCertificate,
};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject};
use rustls_platform_verifier::BuilderVerifierExt;
use sha2::{Digest, Sha256};

use crate::domain::fault::{Fault, Kind};

/// Whom we believe when a server says who it is. Every variant verifies fully; none can be switched off.
#[derive(Clone, PartialEq, Eq)]
pub enum Trust {
    /// The roots of the operating system.
    Platform,
    /// Mozilla's roots, compiled in: for machines without a root store.
    WebpkiRoots,
    /// Only the roots in this PEM text (a firm's own authority); the platform's roots are **not** added.
    CaFile(Vec<u8>),
    /// Exactly one server key, whoever signed it (a bridge on this machine, an appliance).
    Pinned {
        /// SHA-256 of the certificate (DER), or of its SubjectPublicKeyInfo (DER): either matches.
        sha256: [u8; 32],
    },
}

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Platform => "Trust::Platform",
            Self::WebpkiRoots => "Trust::WebpkiRoots",
            Self::CaFile(_) => "Trust::CaFile",
            Self::Pinned { .. } => "Trust::Pinned",
        })
    }
}

/// Why no TLS configuration could be made.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The operating system's roots could not be read.
    #[error("the system's certificate roots could not be read")]
    PlatformRoots(#[source] RustlsError),
    /// The file has no certificate in PEM form.
    #[error("the certificate file holds no certificate")]
    NoCertificate,
    /// The file is not PEM, or a certificate in it is broken.
    #[error("the certificate file is not readable (certificate {index})")]
    BadCertificate {
        /// Which one in the file, from 1.
        index: usize,
    },
    /// The provider refuses the protocol versions; a mistake of ours.
    #[error("the TLS provider does not support TLS 1.2 and 1.3")]
    Provider(#[source] RustlsError),
    /// The text is neither a DNS name nor an IP address.
    #[error("not a host name")]
    ServerName,
}

impl Fault for TlsError {
    fn kind(&self) -> Kind {
        match self {
            Self::PlatformRoots(_)
            | Self::NoCertificate
            | Self::BadCertificate { .. }
            | Self::ServerName => Kind::NeedsUser,
            Self::Provider(_) => Kind::Bug,
        }
    }
}

/// Builds the configuration for one account: TLS 1.2 and 1.3 with ring, full verification against `trust`.
///
/// The provider is named explicitly, so a second one in the dependency graph cannot make this panic.
pub fn client_config(trust: &Trust) -> Result<Arc<ClientConfig>, TlsError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(TlsError::Provider)?;
    let config = match trust {
        Trust::Platform => {
            builder.with_platform_verifier().map_err(TlsError::PlatformRoots)?.with_no_client_auth()
        }
        Trust::WebpkiRoots => {
            let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
            builder.with_root_certificates(roots).with_no_client_auth()
        }
        Trust::CaFile(pem) => {
            builder.with_root_certificates(roots_from_pem(pem)?).with_no_client_auth()
        }
        Trust::Pinned { sha256 } => builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(PinVerifier { sha256: *sha256, provider }))
            .with_no_client_auth(),
    };
    Ok(Arc::new(config))
}

/// Reads a host name from the settings: a DNS name or an IP address, without port, without white space.
pub fn server_name(host: &str) -> Result<ServerName<'static>, TlsError> {
    let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    ServerName::try_from(bare.to_owned()).map_err(|_| TlsError::ServerName)
}

fn roots_from_pem(pem: &[u8]) -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    for (number, certificate) in CertificateDer::pem_slice_iter(pem).enumerate() {
        let index = number.saturating_add(1);
        let certificate = certificate.map_err(|_| TlsError::BadCertificate { index })?;
        roots.add(certificate).map_err(|_| TlsError::BadCertificate { index })?;
    }
    if roots.is_empty() { Err(TlsError::NoCertificate) } else { Ok(roots) }
}

/// The certificate is not the pinned one. It may be an attack, or the server got a new key.
#[derive(Debug, thiserror::Error)]
#[error("the certificate is not the pinned one")]
struct PinMismatch;

/// Accepts exactly one certificate or key. The pin *is* the identity, so name and dates are not asked; the
/// handshake signature is, or a copied certificate would do.
#[derive(Debug)]
struct PinVerifier {
    sha256: [u8; 32],
    provider: Arc<CryptoProvider>,
}

impl PinVerifier {
    fn matches(&self, certificate: &CertificateDer<'_>) -> Result<bool, RustlsError> {
        if self.sha256 == <[u8; 32]>::from(Sha256::digest(certificate.as_ref())) {
            return Ok(true);
        }
        let key = ParsedCertificate::try_from(certificate)?.subject_public_key_info();
        Ok(self.sha256 == <[u8; 32]>::from(Sha256::digest(key.as_ref())))
    }
}

impl ServerCertVerifier for PinVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, RustlsError> {
        if self.matches(end_entity)? {
            return Ok(ServerCertVerified::assertion());
        }
        Err(CertificateError::Other(OtherError(Arc::new(PinMismatch))).into())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, RustlsError> {
        verify_tls12_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, RustlsError> {
        verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// What a failed handshake means, so that a person reads one clear sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The certificate is for another host.
    WrongHost,
    /// The certificate has run out.
    Expired,
    /// The certificate is not valid yet: often our own clock is wrong.
    NotYetValid,
    /// Nobody whom we trust signed the certificate.
    UnknownAuthority,
    /// The certificate was revoked.
    Revoked,
    /// The certificate is not the pinned one.
    NotPinned,
    /// The certificate is broken or made for another purpose.
    BadCertificate,
    /// The server speaks only TLS 1.1 or older, which matterbox refuses.
    OldTls,
    /// The other side answered in clear: a wrong port, or a proxy in between.
    NotTls,
    /// Anything else in the handshake.
    Handshake,
}

/// Reads a rustls error.
#[allow(clippy::wildcard_enum_match_arm, reason = "the enums are not ours and non-exhaustive")]
pub fn refusal(error: &RustlsError) -> Refusal {
    match error {
        RustlsError::InvalidCertificate(certificate) => certificate_refusal(certificate),
        RustlsError::PeerIncompatible(
            PeerIncompatible::ServerDoesNotSupportTls12Or13
            | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig
            | PeerIncompatible::Tls12NotOffered
            | PeerIncompatible::Tls12NotOfferedOrEnabled
            | PeerIncompatible::SupportedVersionsExtensionRequired,
        )
        | RustlsError::AlertReceived(AlertDescription::ProtocolVersion)
        | RustlsError::InvalidMessage(InvalidMessage::UnknownProtocolVersion) => Refusal::OldTls,
        RustlsError::InvalidMessage(
            InvalidMessage::InvalidContentType | InvalidMessage::InvalidEmptyPayload,
        ) => Refusal::NotTls,
        _ => Refusal::Handshake,
    }
}

/// Reads the rustls error inside an I/O error, where there is one.
pub fn refusal_in(error: &io::Error) -> Option<Refusal> {
    error.get_ref()?.downcast_ref::<RustlsError>().map(refusal)
}

#[allow(clippy::wildcard_enum_match_arm, reason = "the enums are not ours and non-exhaustive")]
fn certificate_refusal(error: &CertificateError) -> Refusal {
    match error {
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            Refusal::WrongHost
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => Refusal::Expired,
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            Refusal::NotYetValid
        }
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            Refusal::UnknownAuthority
        }
        CertificateError::Revoked => Refusal::Revoked,
        CertificateError::Other(OtherError(cause)) if cause.is::<PinMismatch>() => {
            Refusal::NotPinned
        }
        _ => Refusal::BadCertificate,
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::{Read, Write},
        net::{TcpListener, TcpStream},
        thread,
    };

    use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
    use rustls::{ClientConnection, ServerConfig, ServerConnection, StreamOwned};
    use rustls_pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

    use super::*;

    struct Office {
        ca_pem: Vec<u8>,
        issuer: Issuer<'static, KeyPair>,
    }

    impl Office {
        fn new() -> Self {
            let mut params = CertificateParams::new(Vec::new()).unwrap();
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            let key = KeyPair::generate().unwrap();
            let ca = params.self_signed(&key).unwrap();
            Self { ca_pem: ca.pem().into_bytes(), issuer: Issuer::new(params, key) }
        }

        fn certificate(&self, host: &str, years: (i32, i32)) -> (CertificateDer<'static>, KeyPair) {
            let mut params = CertificateParams::new(vec![host.to_owned()]).unwrap();
            params.not_before = date_time_ymd(years.0, 1, 1);
            params.not_after = date_time_ymd(years.1, 1, 1);
            let key = KeyPair::generate().unwrap();
            (params.signed_by(&key, &self.issuer).unwrap().der().clone(), key)
        }
    }

    const VALID: (i32, i32) = (2000, 4000);

    fn serve((certificate, key): (CertificateDer<'static>, KeyPair)) -> u16 {
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        thread::spawn(move || {
            let (tcp, _) = listener.accept().unwrap();
            let server = ServerConnection::new(Arc::new(config)).unwrap();
            let mut stream = StreamOwned::new(server, tcp);
            if stream.write_all(b"hello").is_ok() {
                stream.conn.send_close_notify();
                stream.flush().unwrap();
            }
        });
        port
    }

    fn talk(trust: &Trust, host: &str, port: u16) -> Result<String, Refusal> {
        let config = client_config(trust).unwrap();
        let client = ClientConnection::new(config, server_name(host).unwrap()).unwrap();
        let tcp = TcpStream::connect(("127.0.0.1", port)).unwrap();
        let mut words = String::new();
        match StreamOwned::new(client, tcp).read_to_string(&mut words) {
            Ok(_) => Ok(words),
            Err(error) => Err(refusal_in(&error).expect("a TLS error")),
        }
    }

    #[test]
    fn a_server_that_the_firms_authority_signed_is_trusted() {
        let office = Office::new();
        let port = serve(office.certificate("mail.firm.test", VALID));
        let trust = Trust::CaFile(office.ca_pem);
        assert_eq!(talk(&trust, "mail.firm.test", port), Ok("hello".to_owned()));
    }

    #[test]
    fn a_certificate_for_another_host_is_refused() {
        let office = Office::new();
        let port = serve(office.certificate("mail.firm.test", VALID));
        let trust = Trust::CaFile(office.ca_pem);
        assert_eq!(talk(&trust, "other.firm.test", port), Err(Refusal::WrongHost));
    }

    #[test]
    fn an_expired_certificate_is_refused() {
        let office = Office::new();
        let port = serve(office.certificate("mail.firm.test", (2000, 2001)));
        let trust = Trust::CaFile(office.ca_pem);
        assert_eq!(talk(&trust, "mail.firm.test", port), Err(Refusal::Expired));
    }

    #[test]
    fn a_certificate_of_the_future_is_refused() {
        let office = Office::new();
        let port = serve(office.certificate("mail.firm.test", (3000, 4000)));
        let trust = Trust::CaFile(office.ca_pem);
        assert_eq!(talk(&trust, "mail.firm.test", port), Err(Refusal::NotYetValid));
    }

    #[test]
    fn an_unknown_authority_is_refused_whatever_roots_we_have() {
        let (office, stranger) = (Office::new(), Office::new());
        for trust in [Trust::CaFile(stranger.ca_pem), Trust::WebpkiRoots] {
            let port = serve(office.certificate("mail.firm.test", VALID));
            assert_eq!(talk(&trust, "mail.firm.test", port), Err(Refusal::UnknownAuthority));
        }
    }

    #[test]
    fn a_pin_on_certificate_or_key_is_enough_and_another_key_is_refused() {
        let office = Office::new();
        let (certificate, key) = office.certificate("mail.firm.test", VALID);
        let spki = ParsedCertificate::try_from(&certificate).unwrap().subject_public_key_info();
        let by_key = Trust::Pinned { sha256: Sha256::digest(spki.as_ref()).into() };
        let by_cert = Trust::Pinned { sha256: Sha256::digest(certificate.as_ref()).into() };
        let port = serve((certificate.clone(), KeyPair::try_from(key.serialize_der()).unwrap()));
        assert_eq!(talk(&by_key, "anything.test", port), Ok("hello".to_owned()));
        let port = serve((certificate, key));
        assert_eq!(talk(&by_cert, "anything.test", port), Ok("hello".to_owned()));
        let port = serve(office.certificate("mail.firm.test", VALID));
        assert_eq!(talk(&by_key, "mail.firm.test", port), Err(Refusal::NotPinned));
    }

    #[test]
    fn a_server_that_answers_in_clear_is_named_as_such() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        thread::spawn(move || {
            let (mut tcp, _) = listener.accept().unwrap();
            tcp.write_all(b"* OK ready for plain talk\r\n").unwrap();
            tcp.read_to_end(&mut Vec::new()).ok();
        });
        assert_eq!(talk(&Trust::WebpkiRoots, "mail.firm.test", port), Err(Refusal::NotTls));
    }

    #[test]
    fn a_server_with_only_old_tls_is_named_as_such() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        thread::spawn(move || {
            let (mut tcp, _) = listener.accept().unwrap();
            // A fatal protocol_version alert in a TLS 1.0 record, as old servers send it.
            tcp.write_all(&[21, 3, 1, 0, 2, 2, 70]).unwrap();
            tcp.read_to_end(&mut Vec::new()).ok();
        });
        assert_eq!(talk(&Trust::WebpkiRoots, "mail.firm.test", port), Err(Refusal::OldTls));
    }

    #[test]
    fn a_certificate_file_without_a_certificate_is_an_error() {
        let empty = client_config(&Trust::CaFile(b"nothing here".to_vec()));
        assert!(matches!(empty, Err(TlsError::NoCertificate)));
        let broken = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n".to_vec();
        let broken = client_config(&Trust::CaFile(broken));
        assert!(matches!(broken, Err(TlsError::BadCertificate { index: 1 })));
    }

    #[test]
    fn host_names_are_read_strictly() {
        for good in ["imap.firm.test", "127.0.0.1", "::1", "[::1]", "localhost"] {
            assert!(server_name(good).is_ok(), "{good}");
        }
        for bad in ["", " imap.firm.test", "imap.firm.test:993", "a b", "imap\r\n.test", "ä.test"]
        {
            assert!(server_name(bad).is_err(), "{bad}");
        }
    }
}
