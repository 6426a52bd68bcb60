//! An identity provider of our own on loopback: authorize, token and device endpoints over TLS, and tokens that the test
//! Dovecot believes.
//!
//! Owns the far end of a sign-in. It checks what a client must do (PKCE S256, its own redirect, one use per code and per
//! refresh token) and refuses on demand in the words of the real ones.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    io::{Read, Write},
    net::TcpListener,
    sync::{Arc, Mutex},
    thread,
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use matterbox::app::time::{SystemTime, TimeSource as _};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use rustls_pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// With this the tokens are signed; `tests/servers/up` gives it to Dovecot.
const SIGNING_KEY: &[u8] = b"the tests' own signing key, no secret to anybody";

/// A form or a query, by name.
pub type Form = BTreeMap<String, String>;

/// What the provider does. A test changes it while it runs.
#[derive(Default)]
pub struct Rules {
    /// Whom the tokens are for.
    pub user: String,
    /// Seconds that a token is said to hold, and holds.
    pub life: i64,
    /// Seconds after which a server takes the token no more, whatever it is said to hold.
    pub cut_short: Option<i64>,
    /// When the token that was given out last runs out at a server, in Unix seconds.
    pub ends: i64,
    /// These refusals come first at the token endpoint, in order: error code and description.
    pub refusals: VecDeque<(&'static str, &'static str)>,
    /// Nothing but refusals comes at the token endpoint.
    pub out_of_order: bool,
    /// Tokens are signed with a key that nobody knows.
    pub forges: bool,
    /// The scope that is given; empty says nothing about it.
    pub scope: String,
    /// The seconds between two questions about a device code.
    pub interval: u64,
    /// What was asked at the token endpoint.
    pub heard: Vec<Form>,
    codes: BTreeMap<String, (String, String)>,
    refresh: BTreeSet<String>,
    given: u32,
}

/// The provider.
#[derive(Clone)]
pub struct IdentityProvider {
    /// Where it is: `https://127.0.0.1:PORT`.
    pub base: String,
    /// Its certificate as PEM.
    pub ca: String,
    /// What it does.
    pub rules: Arc<Mutex<Rules>>,
}

impl IdentityProvider {
    /// Starts one that signs this user in.
    pub fn start(user: &str) -> Self {
        let key = rcgen::KeyPair::generate().unwrap();
        let params = rcgen::CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
        let certificate = params.self_signed(&key).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![certificate.der().clone()],
                PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der())),
            )
            .unwrap();
        let tls = Arc::new(tls);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let rules = Rules { user: user.to_owned(), life: 3600, interval: 5, ..Rules::default() };
        let idp = Self {
            base: format!("https://{}", listener.local_addr().unwrap()),
            ca: certificate.pem(),
            rules: Arc::new(Mutex::new(rules)),
        };
        let serving = idp.clone();
        thread::spawn(move || {
            for tcp in listener.incoming() {
                let (idp, tls) = (serving.clone(), Arc::clone(&tls));
                thread::spawn(move || {
                    let connection = ServerConnection::new(tls).unwrap();
                    idp.serve(StreamOwned::new(connection, tcp.unwrap()));
                });
            }
        });
        idp
    }

    /// The table of the settings that points here. The file holds the certificate.
    pub fn settings(&self, kind: &str, ca_file: &str) -> String {
        let base = &self.base;
        format!(
            "{{ provider = \"{kind}\", client_id = \"firm-client\", authorize_url = \"{base}/authorize\", \
             token_url = \"{base}/token\", device_url = \"{base}/device\", trust = {{ ca_file = \"{ca_file}\" }} }}"
        )
    }

    /// The person opens the page and agrees. Gives the address to which the browser is sent.
    pub fn agree(&self, url: &str) -> String {
        let asked = query(url);
        assert!(url.starts_with(&format!("{}/authorize?", self.base)), "{url}");
        assert_eq!(asked["response_type"], "code");
        assert_eq!(asked["client_id"], "firm-client");
        assert_eq!(asked["code_challenge_method"], "S256");
        let redirect = asked["redirect_uri"].clone();
        assert!(
            redirect.starts_with("http://127.0.0.1:") || redirect.starts_with("http://localhost:")
        );
        let mut rules = self.rules.lock().unwrap();
        rules.given += 1;
        let code = format!("code-{}", rules.given);
        rules.codes.insert(code.clone(), (asked["code_challenge"].clone(), redirect.clone()));
        format!("{redirect}/?code={code}&state={}", asked["state"])
    }

    /// Withdraws everything that was given out.
    pub fn revoke(&self) {
        self.rules.lock().unwrap().refresh.clear();
    }

    /// How often tokens were asked for in this way.
    pub fn asked(&self, grant: &str) -> usize {
        let heard = &self.rules.lock().unwrap().heard;
        heard.iter().filter(|form| form["grant_type"].ends_with(grant)).count()
    }

    fn serve(&self, mut stream: impl Read + Write) {
        let mut request = Vec::new();
        let mut byte = [0];
        while !request.ends_with(b"\r\n\r\n") {
            if stream.read(&mut byte).is_ok_and(|read| read == 1) {
                request.push(byte[0]);
            } else {
                return;
            }
        }
        let head = String::from_utf8(request).unwrap();
        let length = head.to_lowercase().lines().find_map(|line| {
            line.strip_prefix("content-length: ").map(|value| value.parse::<usize>().unwrap())
        });
        let mut body = vec![0; length.unwrap_or_default()];
        stream.read_exact(&mut body).unwrap();
        let form = query(&format!("?{}", String::from_utf8(body).unwrap()));
        let (status, answer) = match head.split(' ').nth(1).unwrap() {
            "/token" => self.token(&form),
            "/device" => self.device(),
            other => panic!("nobody asks for {other}"),
        };
        let answer = answer.to_string();
        let head = format!(
            "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            answer.len()
        );
        stream.write_all(format!("{head}{answer}").as_bytes()).unwrap();
        stream.flush().unwrap();
    }

    fn token(&self, form: &Form) -> (u16, Value) {
        let mut rules = self.rules.lock().unwrap();
        rules.heard.push(form.clone());
        if let Some((error, description)) = rules.refusals.pop_front() {
            return refusal(error, description);
        }
        if rules.out_of_order {
            return refusal("temporarily_unavailable", "");
        }
        assert_eq!(form["client_id"], "firm-client");
        match form["grant_type"].as_str() {
            "authorization_code" => {
                let Some((challenge, redirect)) = rules.codes.remove(&form["code"]) else {
                    return refusal("invalid_grant", "the code was used or never given out");
                };
                let verifier = Sha256::digest(form["code_verifier"].as_bytes());
                assert_eq!(URL_SAFE_NO_PAD.encode(verifier), challenge, "PKCE");
                assert_eq!(form["redirect_uri"], redirect);
            }
            "refresh_token" => {
                // Each is good for once: who hands in an old one has not kept the new one.
                if !rules.refresh.remove(&form["refresh_token"]) {
                    return refusal("invalid_grant", "Token has been expired or revoked.");
                }
            }
            "urn:ietf:params:oauth:grant-type:device_code" => {
                assert_eq!(form["device_code"], "the-device-code");
            }
            other => panic!("nobody grants {other}"),
        }
        rules.given += 1;
        let refresh = format!("refresh-{}", rules.given);
        rules.refresh.insert(refresh.clone());
        let mut answer = json!({
            "token_type": "Bearer", "access_token": access_token(&mut rules), "expires_in": rules.life,
            "refresh_token": refresh,
        });
        if !rules.scope.is_empty() {
            answer["scope"] = json!(rules.scope);
        }
        (200, answer)
    }

    fn device(&self) -> (u16, Value) {
        let interval = self.rules.lock().unwrap().interval;
        (
            200,
            json!({
                "device_code": "the-device-code", "user_code": "WDJB-MJHT", "expires_in": 900,
                "verification_uri": "https://login.example/device", "interval": interval,
            }),
        )
    }
}

fn refusal(error: &str, description: &str) -> (u16, Value) {
    (400, json!({ "error": error, "error_description": description, "error_codes": [1] }))
}

/// A JSON Web Token (RFC 7519, HS256) as Dovecot checks it.
fn access_token(rules: &mut Rules) -> String {
    let now = SystemTime.now().as_second();
    rules.ends = now + rules.cut_short.unwrap_or(rules.life);
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let header = part(json!({ "alg": "HS256", "typ": "JWT" }));
    let claims = part(json!({
        "sub": rules.user, "iat": now - 10, "nbf": now - 10, "exp": rules.ends, "jti": rules.given,
    }));
    let signed = format!("{header}.{claims}");
    let key = if rules.forges { b"another key" } else { SIGNING_KEY };
    let signature = URL_SAFE_NO_PAD.encode(hmac_sha256(key, signed.as_bytes()));
    format!("{signed}.{signature}")
}

/// RFC 2104 with a key of at most 64 bytes.
fn hmac_sha256(key: &[u8], text: &[u8]) -> Vec<u8> {
    let pad = |with: u8| {
        let mut block = [with; 64];
        block.iter_mut().zip(key).for_each(|(byte, key)| *byte ^= key);
        block
    };
    let inner = Sha256::new().chain_update(pad(0x36)).chain_update(text).finalize();
    Sha256::new().chain_update(pad(0x5c)).chain_update(inner).finalize().to_vec()
}

/// The part of an address behind the question mark.
pub fn query(url: &str) -> Form {
    let tail = url.split_once('?').map(|(_, tail)| tail).unwrap_or_default();
    let decode = |text: &str| {
        let text = text.replace('+', " ");
        let mut bytes = text.bytes();
        let mut out = Vec::new();
        while let Some(byte) = bytes.next() {
            if byte == b'%' {
                let hex = [bytes.next().unwrap(), bytes.next().unwrap()];
                out.push(u8::from_str_radix(std::str::from_utf8(&hex).unwrap(), 16).unwrap());
            } else {
                out.push(byte);
            }
        }
        String::from_utf8(out).unwrap()
    };
    tail.split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (decode(name), decode(value)))
        .collect()
}

/// A browser that is sent to this machine: gives what it sees.
pub fn visit(address: &str) -> String {
    let rest = address.strip_prefix("http://").unwrap();
    let (host, target) = rest.split_once('/').unwrap();
    let mut stream = std::net::TcpStream::connect(host).unwrap();
    write!(stream, "GET /{target} HTTP/1.1\r\nHost: {host}\r\n\r\n").unwrap();
    let mut seen = String::new();
    stream.read_to_string(&mut seen).unwrap();
    seen
}
