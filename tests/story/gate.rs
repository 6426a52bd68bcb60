//! A gate in front of the real Dovecot: it ends TLS as the server would, and holds the line at a command of our choice,
//! keeps the line cut for a while, or hides what the server offers.
//!
//! Owns the line. But for the names of hidden capabilities it changes nothing that it passes on.

use std::{
    fs,
    io::{ErrorKind, Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread,
    time::Duration,
};

use rustls::{ServerConfig, ServerConnection, StreamOwned};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};

use crate::support::servers::{GOOD_HOST, NO_TLS_HOST, Servers};

/// Where the line is held, once: nothing is closed, and nothing more comes on that connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    /// The server never sees the command with these words.
    Before(&'static str),
    /// The server has carried it out, and its answer never comes.
    After(&'static str),
}

/// A running gate.
pub struct Gate {
    pub port: u16,
    inner: Arc<Inner>,
    held: Receiver<()>,
}

struct Inner {
    is_cut: AtomicBool,
    hides: Vec<&'static str>,
    hold: Mutex<Option<Hold>>,
    tell: SyncSender<()>,
    tls: Arc<ServerConfig>,
}

impl Gate {
    /// A gate that hides these capabilities and holds the line there.
    pub fn new(hides: &[&'static str], hold: Option<Hold>) -> Self {
        let listener = TcpListener::bind((GOOD_HOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let (tell, held) = sync_channel(16);
        let inner = Arc::new(Inner {
            is_cut: AtomicBool::new(false),
            hides: hides.to_vec(),
            hold: Mutex::new(hold),
            tell,
            tls: identity(),
        });
        let shared = Arc::clone(&inner);
        thread::spawn(move || {
            for near in listener.incoming() {
                let Ok(near) = near else { return };
                let inner = Arc::clone(&shared);
                thread::spawn(move || inner.carry(near));
            }
        });
        Self { port, inner, held }
    }

    /// Waits until the line is held.
    pub fn wait(&self) {
        self.held.recv_timeout(Duration::from_mins(1)).expect("the line was never held");
    }

    /// Cuts every line, and every new one at once; or lets them be made again.
    pub fn cut(&self, cut: bool) {
        self.inner.is_cut.store(cut, Ordering::SeqCst);
    }
}

/// As whom Dovecot itself answers.
fn identity() -> Arc<ServerConfig> {
    let folder = Servers::get().dir.join("tls");
    let pem = |name: &str| fs::read(folder.join(name)).unwrap();
    let chain = CertificateDer::pem_slice_iter(&pem("good.pem")).map(Result::unwrap).collect();
    let key = PrivateKeyDer::from_pem_slice(&pem("good.key")).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    Arc::new(config)
}

/// What one connection has come to.
#[derive(Default)]
struct State {
    /// Words of the client without a line end so far.
    typed: Vec<u8>,
    /// Words of the server without a line end so far, while its answer to this tag is to be held.
    answered: Vec<u8>,
    tag: Option<Vec<u8>>,
    held: bool,
}

impl Inner {
    /// Both ends are asked in turn with a short patience, since a TLS session has one owner.
    fn carry(&self, near: TcpStream) {
        if self.is_cut.load(Ordering::SeqCst) {
            return;
        }
        let far = TcpStream::connect((NO_TLS_HOST, Servers::get().imap)).unwrap();
        near.set_nodelay(true).unwrap();
        let connection = ServerConnection::new(Arc::clone(&self.tls)).unwrap();
        let (mut near, mut far) = (StreamOwned::new(connection, near), far);
        while near.conn.is_handshaking() {
            if near.conn.complete_io(&mut near.sock).is_err() {
                return;
            }
        }
        let patience = Some(Duration::from_millis(1));
        near.sock.set_read_timeout(patience).unwrap();
        far.set_read_timeout(patience).unwrap();
        let (mut state, mut piece) = (State::default(), vec![0; 16 << 10]);
        while !self.is_cut.load(Ordering::SeqCst) {
            let Some(count) = read(&mut near, &mut piece) else { break };
            state.typed.extend_from_slice(&piece[..count]);
            if self.client_spoke(&mut state, &mut far).is_err() {
                break;
            }
            let Some(count) = read(&mut far, &mut piece) else { break };
            if !state.held && self.server_spoke(&mut state, &mut near, &piece[..count]).is_err() {
                break;
            }
        }
        near.sock.shutdown(Shutdown::Both).unwrap_or_default();
        far.shutdown(Shutdown::Both).unwrap_or_default();
    }

    fn client_spoke(&self, state: &mut State, far: &mut TcpStream) -> std::io::Result<()> {
        while let Some(end) = state.typed.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = state.typed.drain(..=end).collect();
            if state.held {
                continue;
            }
            let text = String::from_utf8_lossy(&line).into_owned();
            let mut hold = self.hold.lock().unwrap();
            match *hold {
                Some(Hold::Before(words)) if text.contains(words) => {
                    *hold = None;
                    state.held = true;
                    self.tell.send(()).unwrap();
                    continue;
                }
                Some(Hold::After(words)) if text.contains(words) => {
                    *hold = None;
                    state.tag = text.split(' ').next().map(|tag| tag.as_bytes().to_vec());
                }
                Some(_) | None => {}
            }
            drop(hold);
            far.write_all(&line)?;
        }
        Ok(())
    }

    fn server_spoke(
        &self,
        state: &mut State,
        near: &mut StreamOwned<ServerConnection, TcpStream>,
        said: &[u8],
    ) -> std::io::Result<()> {
        let Some(tag) = state.tag.clone() else {
            near.write_all(&self.hidden(said))?;
            return near.flush();
        };
        state.answered.extend_from_slice(said);
        while let Some(end) = state.answered.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = state.answered.drain(..=end).collect();
            if line.starts_with(&tag) {
                state.held = true;
                self.tell.send(()).unwrap();
                return Ok(());
            }
            near.write_all(&line)?;
        }
        near.flush()
    }

    /// The same words, but for the names of what is hidden.
    fn hidden(&self, said: &[u8]) -> Vec<u8> {
        let mut said = said.to_vec();
        if said.windows(10).any(|ten| ten == b"CAPABILITY") {
            for name in &self.hides {
                let name = format!(" {name}").into_bytes();
                let places = (0..said.len()).filter(|at| said[*at..].starts_with(&name));
                for at in places.collect::<Vec<_>>() {
                    said[at + 1] = b'X';
                }
            }
        }
        said
    }
}

/// What has come; nothing when nothing comes now, `None` at the end.
fn read(from: &mut impl Read, into: &mut [u8]) -> Option<usize> {
    match from.read(into) {
        Ok(0) => None,
        Ok(count) => Some(count),
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
            Some(0)
        }
        Err(_) => None,
    }
}
