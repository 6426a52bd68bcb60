//! A fault proxy between the program and a real server: it takes TLS apart on both sides, so that it sees where a
//! response, a line or a literal ends, and breaks the line there.
//!
//! Owns the line and its faults. It never changes a byte that it passes on.

use std::{
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use rustls::{ClientConfig, ClientConnection, StreamOwned};

use super::authority::{Authority, Secured};

/// What happens to the first connection; those after it are sound.
#[derive(Clone, Copy, Debug)]
pub enum Fault {
    /// Nothing.
    None,
    /// The line breaks after so many bytes of the server's.
    CutAfter(usize),
    /// After so many bytes of the server's nothing more comes, and nothing is closed.
    StallAfter(usize),
    /// Bytes come in small pieces, each after a pause: so many bytes at a time.
    Drip(usize),
    /// Each of the server's answers comes so much later.
    Late(Duration),
}

/// A running proxy.
pub struct Proxy {
    pub port: u16,
    /// What the server said on the first connection, in clear.
    pub said: Arc<Mutex<Vec<u8>>>,
    dead: Arc<AtomicBool>,
}

/// What happens at the server at the moment when the line fails.
pub type Meanwhile = Arc<dyn Fn() + Send + Sync>;

impl Proxy {
    /// Passes on to this server, whom `tls` trusts, with a fault on the first connection.
    pub fn to(host: &'static str, port: u16, tls: &Arc<ClientConfig>, fault: Fault) -> Self {
        Self::while_it_fails(host, port, tls, fault, Arc::new(|| ()))
    }

    /// The same, and something happens at the server at the moment of the fault.
    pub fn while_it_fails(
        host: &'static str,
        port: u16,
        tls: &Arc<ClientConfig>,
        fault: Fault,
        meanwhile: Meanwhile,
    ) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let proxy = Self {
            port: listener.local_addr().unwrap().port(),
            said: Arc::new(Mutex::new(Vec::new())),
            dead: Arc::default(),
        };
        let (said, tls, dead) = (Arc::clone(&proxy.said), Arc::clone(tls), Arc::clone(&proxy.dead));
        thread::spawn(move || {
            for (number, client) in listener.incoming().enumerate() {
                let Ok(client) = client else { return };
                if dead.load(Ordering::Relaxed) {
                    continue;
                }
                let server = TcpStream::connect((host, port)).unwrap();
                let (said, tls) = (Arc::clone(&said), Arc::clone(&tls));
                let fault = if number == 0 { fault } else { Fault::None };
                let (meanwhile, dead) = (Arc::clone(&meanwhile), Arc::clone(&dead));
                thread::spawn(move || {
                    let said = (number == 0).then_some(&*said);
                    let ends = Ends { fault, meanwhile, dead };
                    pass_on(client, server, tls, &ends, said);
                });
            }
        });
        proxy
    }

    /// The server dies: every line breaks, and nobody answers a call.
    pub fn dies(&self) {
        self.dead.store(true, Ordering::Relaxed);
    }

    /// It is there again.
    pub fn returns(&self) {
        self.dead.store(false, Ordering::Relaxed);
    }
}

/// How a connection ends.
struct Ends {
    fault: Fault,
    meanwhile: Meanwhile,
    dead: Arc<AtomicBool>,
}

/// One connection. Both ends are asked in turn with a short patience, since a TLS session has one owner.
fn pass_on(
    client: TcpStream,
    server: TcpStream,
    tls: Arc<ClientConfig>,
    ends: &Ends,
    said: Option<&Mutex<Vec<u8>>>,
) {
    let patience = Some(Duration::from_millis(1));
    for socket in [&client, &server] {
        socket.set_nodelay(true).unwrap();
    }
    let mut near = Authority::get().secure(client);
    let name = "127.0.0.1".try_into().unwrap();
    let mut far = StreamOwned::new(ClientConnection::new(tls, name).unwrap(), server);
    while near.conn.is_handshaking() {
        if near.conn.complete_io(&mut near.sock).is_err() {
            return;
        }
    }
    near.sock.set_read_timeout(patience).unwrap();
    far.sock.set_read_timeout(patience).unwrap();
    let (mut passed, mut piece) = (0, vec![0; 16 << 10]);
    let mut stalled = false;
    while !ends.dead.load(Ordering::Relaxed) {
        match near.read(&mut piece) {
            Ok(0) => break,
            Ok(count) => {
                if far.write_all(&piece[..count]).and_then(|()| far.flush()).is_err() {
                    break;
                }
            }
            Err(error) if is_patience(&error) => {}
            Err(_) => break,
        }
        if stalled {
            continue;
        }
        match far.read(&mut piece) {
            Ok(0) => break,
            Ok(count) => {
                if let Some(said) = said {
                    said.lock().unwrap().extend_from_slice(&piece[..count]);
                }
                match hand_over(&mut near, &piece[..count], ends.fault, &mut passed) {
                    Handed::All => {}
                    Handed::Stalled => stalled = true,
                    Handed::Broken => {
                        (ends.meanwhile)();
                        break;
                    }
                }
            }
            Err(error) if is_patience(&error) => {}
            Err(_) => break,
        }
    }
    near.sock.shutdown(Shutdown::Both).unwrap_or_default();
    far.sock.shutdown(Shutdown::Both).unwrap_or_default();
}

/// What became of a piece.
enum Handed {
    All,
    Stalled,
    Broken,
}

/// Gives the client what the server said, as far as the fault lets it.
fn hand_over(near: &mut Secured, said: &[u8], fault: Fault, passed: &mut usize) -> Handed {
    let limit = match fault {
        Fault::CutAfter(limit) | Fault::StallAfter(limit) => limit - *passed,
        Fault::None | Fault::Drip(_) | Fault::Late(_) => usize::MAX,
    };
    let take = said.len().min(limit);
    let step = if let Fault::Drip(step) = fault { step } else { take.max(1) };
    if let Fault::Late(by) = fault {
        pause(by);
    }
    for some in said[..take].chunks(step) {
        if near.write_all(some).and_then(|()| near.flush()).is_err() {
            return Handed::Broken;
        }
        if let Fault::Drip(_) = fault {
            pause(Duration::from_millis(1));
        }
    }
    *passed += take;
    match fault {
        Fault::StallAfter(_) if take == limit => Handed::Stalled,
        Fault::CutAfter(_) if take == limit => Handed::Broken,
        Fault::None
        | Fault::CutAfter(_)
        | Fault::StallAfter(_)
        | Fault::Drip(_)
        | Fault::Late(_) => Handed::All,
    }
}

fn is_patience(error: &std::io::Error) -> bool {
    matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut)
}

/// The proxy's own pace: a bounded wait on a socket that never speaks.
fn pause(by: Duration) {
    let (idle, _keep) = std::os::unix::net::UnixStream::pair().unwrap();
    idle.set_read_timeout(Some(by)).unwrap();
    drop(Read::read(&mut &idle, &mut [0]));
}

/// Where a line, a response or a literal of what a server said begins, ends, or is in its middle.
pub fn borders(said: &[u8]) -> Vec<usize> {
    let mut found = vec![0];
    let (mut at, mut literal): (usize, Option<usize>) = (0, None);
    while at < said.len() {
        if let Some(length) = literal.take() {
            found.extend([at, at + length / 2, at + length]);
            at += length;
            continue;
        }
        let line = said[at..].iter().position(|byte| *byte == b'\n');
        let end = line.map_or(said.len(), |line| at + line + 1);
        found.extend([at + (end - at) / 2, end.saturating_sub(1), end]);
        let text = String::from_utf8_lossy(&said[at..end]);
        let open = text.trim_end().strip_suffix('}').and_then(|text| text.rsplit_once('{'));
        literal = open.and_then(|(_, digits)| digits.parse().ok());
        at = end;
    }
    found.retain(|at| *at <= said.len());
    found.sort_unstable();
    found.dedup();
    found
}
