//! From a host name to a wire over verified TLS: implicit, or by STARTTLS.
//!
//! Owns the socket, its time limits and the moment before TLS. It must never hand out a wire over an unencrypted
//! connection, and never send anything in clear but `STARTTLS`.

use std::{
    io::{self, BufReader, Read, Write},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, TcpStream, ToSocketAddrs, UdpSocket},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        mpsc::{SyncSender, sync_channel},
    },
    thread::Builder,
    time::Duration,
};

use rustls::{ClientConfig, ClientConnection, StreamOwned};
use rustls_pki_types::ServerName;

use crate::domain::{confidential::Confidential, fault::Ignore};

use super::{
    error::{ImapError, Phase},
    wire::{Transport, Wire},
};

/// How TLS begins. There is no third way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// TLS from the first byte (port 993; RFC 8314).
    Implicit,
    /// In clear up to STARTTLS (port 143), then TLS or nothing.
    StartTls,
}

/// Where a server is.
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// DNS name or IP address. The certificate must be for it.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// How TLS begins.
    pub security: Security,
}

/// Time limits, each for its own phase: a slow server is not a dead one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// To connect to one address.
    pub connect: Duration,
    /// For each step of the TLS handshake.
    pub tls: Duration,
    /// For the next bytes of an answer.
    pub answer: Duration,
    /// For the next bytes of a large message: it came so far, so a silence in the middle of it is a dead line.
    pub literal: Duration,
    /// So long an IDLE may be silent; then it is asked for anew, which finds a dead line out. Servers may end it after
    /// 29 minutes (RFC 2177), many routers forget it after ten.
    pub idle: Duration,
    /// For the server to take our bytes.
    pub write: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(15),
            tls: Duration::from_secs(15),
            answer: Duration::from_mins(1),
            literal: Duration::from_secs(45),
            idle: Duration::from_mins(9),
            write: Duration::from_secs(30),
        }
    }
}

/// Cuts a connection from outside, also while it is being made: the thread that waits for it wakes with an error at
/// once.
#[derive(Clone, Default)]
pub struct Cutoff {
    held: Arc<Mutex<Held>>,
}

#[derive(Default)]
struct Held {
    /// The present connection.
    socket: Option<TcpStream>,
    /// Who waits for one to be made.
    waiting: Option<SyncSender<Dialled>>,
    /// No connection is to be made any more.
    closed: bool,
}

/// What somebody who waits for a connection is told.
enum Dialled {
    /// It stands, or cannot be made.
    Done(Result<TcpStream, ImapError>),
    /// It is not wanted any more.
    Cut,
}

impl Cutoff {
    /// Shuts the present connection down, if there is one, or gives up the making of one.
    pub fn cut(&self) {
        let mut held = self.lock();
        if let Some(waiting) = held.waiting.take() {
            waiting.try_send(Dialled::Cut).ignore("it has room for this and one answer");
        }
        if let Some(socket) = held.socket.take() {
            socket.shutdown(Shutdown::Both).ignore("it was closed already");
        }
    }

    /// Is the present connection bound to an address from which its server is not reached any more? So it is after the
    /// network changed: another line, a VPN that came or went. Nothing is sent to find out.
    pub fn is_stranded(&self) -> bool {
        let socket = self.lock().socket.as_ref().and_then(|socket| socket.try_clone().ok());
        let ends =
            socket.and_then(|socket| Some((socket.local_addr().ok()?, socket.peer_addr().ok()?)));
        let Some((here, there)) = ends else { return false };
        route_to(there).is_none_or(|address| address != here.ip())
    }

    /// Is the server in the same house? Such a line is faster than packing is.
    pub(super) fn is_near(&self) -> bool {
        let peer = self.lock().socket.as_ref().and_then(|socket| socket.peer_addr().ok());
        peer.is_some_and(|peer| match peer.ip() {
            IpAddr::V4(ip) => ip.is_loopback() || ip.is_private() || ip.is_link_local(),
            IpAddr::V6(ip) => {
                ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local()
            }
        })
    }

    /// Cuts, now and whenever a connection is made later.
    pub fn close(&self) {
        self.lock().closed = true;
        self.cut();
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Somebody waits from now on.
    fn wait_for(&self, waiting: SyncSender<Dialled>) -> Result<(), ImapError> {
        let mut held = self.lock();
        if held.closed {
            return Err(was_cut());
        }
        held.waiting = Some(waiting);
        Ok(())
    }

    /// The connection is made; an error if it was cut in the same moment.
    fn hold(&self, tcp: &TcpStream) -> Result<(), ImapError> {
        let socket = tcp.try_clone().map_err(ImapError::Connect)?;
        let mut held = self.lock();
        held.waiting.take().ok_or_else(was_cut)?;
        held.socket = Some(socket);
        Ok(())
    }
}

/// From which address the system would speak to another one now; `None` when there is no way to it.
fn route_to(there: SocketAddr) -> Option<IpAddr> {
    let any: IpAddr =
        if there.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    // Connecting a datagram socket chooses a route and sends nothing.
    let probe = UdpSocket::bind((any, 0)).ok()?;
    probe.connect(there).ok()?;
    Some(probe.local_addr().ok()?.ip())
}

fn was_cut() -> ImapError {
    ImapError::Lost(io::ErrorKind::ConnectionAborted.into())
}

/// Connects and starts TLS. After it the server has proved who it is, and nothing of ours has been said.
pub(super) fn dial(
    endpoint: &Endpoint,
    tls: &Arc<ClientConfig>,
    limits: &Limits,
    cutoff: &Cutoff,
) -> Result<Wire, ImapError> {
    let name = host_name(&endpoint.host)?;
    let mut tcp = reach(endpoint, limits, cutoff)?;
    if endpoint.security == Security::StartTls {
        tcp.set_read_timeout(Some(limits.answer)).map_err(ImapError::Lost)?;
        start_tls(&mut tcp)?;
    }
    let stream = handshake(tcp, name, tls, limits)?;
    let wire = Wire::new(Box::new(stream), limits.answer)?;
    wire.limit_literals(limits.literal);
    Ok(wire)
}

/// So much is asked of the system at once. TLS by itself asks for 4 KB, which makes a call, and often a change of
/// threads, out of every quarter of a record.
const RECEIVE: usize = 128 << 10;

/// The socket below TLS: reads through a buffer, writes at once.
struct Socket(BufReader<TcpStream>);

impl Read for Socket {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.0.read(out)
    }
}

impl Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.get_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.get_mut().flush()
    }
}

impl Transport for StreamOwned<ClientConnection, Socket> {
    fn limit_reads(&mut self, limit: Duration) -> io::Result<()> {
        self.sock.0.get_ref().set_read_timeout(Some(limit))
    }
}

fn host_name(host: &str) -> Result<ServerName<'static>, ImapError> {
    let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    ServerName::try_from(bare.to_owned()).map_err(|_| ImapError::HostName)
}

/// No more addresses of a server are tried than this.
const ADDRESSES: u32 = 8;

/// Finds and reaches the server on a thread of its own: the system's search for a name and its connecting cannot be
/// woken, and nobody who quits should wait for them. That thread holds nothing, and ends by itself.
fn reach(endpoint: &Endpoint, limits: &Limits, cutoff: &Cutoff) -> Result<TcpStream, ImapError> {
    let (tell, told) = sync_channel(2);
    cutoff.wait_for(tell.clone())?;
    let (Endpoint { host, port, .. }, limits) = (endpoint.clone(), *limits);
    Builder::new()
        .name("imap-dial".to_owned())
        .spawn(move || {
            let reached = connect(&host, port, &limits);
            tell.try_send(Dialled::Done(reached)).ignore("it is not wanted any more");
        })
        .map_err(ImapError::Thread)?;
    // As long as all addresses take together, and once more for the name.
    match told.recv_timeout(limits.connect.saturating_mul(ADDRESSES.saturating_add(1))) {
        Ok(Dialled::Done(reached)) => {
            let tcp = reached?;
            cutoff.hold(&tcp)?;
            Ok(tcp)
        }
        Ok(Dialled::Cut) => Err(was_cut()),
        Err(_) => Err(ImapError::Timeout(Phase::Connect)),
    }
}

fn connect(host: &str, port: u16, limits: &Limits) -> Result<TcpStream, ImapError> {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let addresses = (bare, port).to_socket_addrs().map_err(ImapError::Resolve)?;
    let mut last = ImapError::Resolve(io::ErrorKind::NotFound.into());
    for address in addresses.take(ADDRESSES as usize) {
        match TcpStream::connect_timeout(&address, limits.connect) {
            Ok(tcp) => {
                tcp.set_nodelay(true).ignore("only slower");
                tcp.set_write_timeout(Some(limits.write)).map_err(ImapError::Connect)?;
                return Ok(tcp);
            }
            Err(error) if error.kind() == io::ErrorKind::TimedOut => {
                last = ImapError::Timeout(Phase::Connect);
            }
            Err(error) => last = ImapError::Connect(error),
        }
    }
    Err(last)
}

fn handshake(
    tcp: TcpStream,
    name: ServerName<'static>,
    tls: &Arc<ClientConfig>,
    limits: &Limits,
) -> Result<StreamOwned<ClientConnection, Socket>, ImapError> {
    tcp.set_read_timeout(Some(limits.tls)).map_err(ImapError::Lost)?;
    let mut tcp = Socket(BufReader::with_capacity(RECEIVE, tcp));
    let mut client = ClientConnection::new(Arc::clone(tls), name).map_err(ImapError::Handshake)?;
    while client.is_handshaking() {
        client.complete_io(&mut tcp).map_err(|error| ImapError::from_io(error, Phase::Tls))?;
    }
    Ok(StreamOwned::new(client, tcp))
}

/// The only words that ever go out in clear.
const STARTTLS: &[u8] = b"s1 STARTTLS\r\n";
/// More than any greeting; the server's words before TLS are not trusted for anything.
const CLEAR_TEXT_LIMIT: usize = 8 << 10;

fn start_tls<S: Read + Write>(clear: &mut S) -> Result<(), ImapError> {
    let mut said = Vec::new();
    let greeting = clear_line(clear, &mut said)?;
    match status_word(&greeting, "*") {
        Some("OK") => {}
        Some("PREAUTH") => return Err(ImapError::Preauth),
        Some("BYE") => return Err(ImapError::Bye(words(&greeting))),
        _ => return Err(ImapError::Greeting),
    }
    clear
        .write_all(STARTTLS)
        .and_then(|()| clear.flush())
        .map_err(|error| ImapError::from_io(error, Phase::Write))?;
    loop {
        let line = clear_line(clear, &mut said)?;
        match status_word(&line, "s1") {
            Some("OK") => break,
            Some(_) => return Err(ImapError::StartTlsRefused(words(&line))),
            None if status_word(&line, "*") == Some("BYE") => {
                return Err(ImapError::Bye(words(&line)));
            }
            None if line.starts_with("* ") => {}
            None => return Err(ImapError::Protocol("an answer to a command that was not sent")),
        }
    }
    // The server has nothing to say between its OK and our first TLS record. What is there was put there by
    // somebody on the way (CVE-2020-14954): it is neither read as IMAP nor stepped over.
    if said.is_empty() { Ok(()) } else { Err(ImapError::StartTlsInjected) }
}

/// Takes one line from what was read, reading more where needed.
fn clear_line<S: Read>(clear: &mut S, said: &mut Vec<u8>) -> Result<String, ImapError> {
    loop {
        if let Some(place) = said.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = said.drain(..=place).collect();
            return Ok(String::from_utf8_lossy(&line).trim_end().to_owned());
        }
        if said.len() > CLEAR_TEXT_LIMIT {
            return Err(ImapError::Budget);
        }
        let mut piece = [0; 1024];
        let count =
            clear.read(&mut piece).map_err(|error| ImapError::from_io(error, Phase::Answer))?;
        if count == 0 {
            return Err(ImapError::Closed);
        }
        said.extend_from_slice(piece.get(..count).unwrap_or_default());
    }
}

fn status_word<'a>(line: &'a str, tag: &str) -> Option<&'a str> {
    let rest = line.strip_prefix(tag)?.strip_prefix(' ')?;
    rest.split(' ').next()
}

fn words(line: &str) -> Confidential<String> {
    Confidential::from(line.splitn(3, ' ').nth(2).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::super::wire::script::Script;
    use super::*;

    fn after(says: &str) -> (Result<(), ImapError>, String) {
        let mut script = Script::saying(says);
        let end = start_tls(&mut script);
        (end, script.heard())
    }

    #[test]
    fn starttls_is_the_only_word_in_clear() {
        let (end, heard) = after("* OK hello\r\n* OK more\r\ns1 OK begin\r\n");
        assert!(end.is_ok(), "{end:?}");
        assert_eq!(heard, "s1 STARTTLS\r\n");
    }

    #[test]
    fn a_greeting_that_skips_the_login_is_an_error_before_a_word_is_said() {
        let (end, heard) = after("* PREAUTH welcome back\r\n");
        assert!(matches!(end, Err(ImapError::Preauth)));
        assert_eq!(heard, "");
    }

    #[test]
    fn refused_starttls_is_an_error_and_nothing_more_is_said() {
        for no in ["s1 NO not here\r\n", "s1 BAD what\r\n"] {
            let (end, heard) = after(&format!("* OK hello\r\n{no}"));
            assert!(matches!(end, Err(ImapError::StartTlsRefused(_))));
            assert_eq!(heard, "s1 STARTTLS\r\n");
        }
    }

    #[test]
    fn bytes_injected_behind_the_answer_to_starttls_are_an_error() {
        let (end, heard) = after("* OK hello\r\ns1 OK begin\r\n* CAPABILITY AUTH=PLAIN\r\n");
        assert!(matches!(end, Err(ImapError::StartTlsInjected)));
        assert_eq!(heard, "s1 STARTTLS\r\n");
    }

    #[test]
    fn a_connection_is_stranded_when_its_address_is_not_the_way_to_the_server_any_more() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let there = listener.local_addr().unwrap();
        let hold = |tcp: TcpStream| {
            let cutoff = Cutoff::default();
            cutoff.lock().socket = Some(tcp);
            cutoff.is_stranded()
        };
        assert!(!hold(TcpStream::connect(there).unwrap()));
        assert!(!Cutoff::default().is_stranded(), "nothing is held");
        // A connection from an address that the system would not choose now: as after a change of networks.
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let elsewhere = runtime.block_on(async {
            let socket = tokio::net::TcpSocket::new_v4().unwrap();
            socket.bind("127.0.0.7:0".parse().unwrap()).unwrap();
            socket.connect(there).await.unwrap().into_std().unwrap()
        });
        assert!(hold(elsewhere));
    }

    #[test]
    fn an_endless_greeting_is_cut_off() {
        assert!(matches!(after(&"x".repeat(100_000)).0, Err(ImapError::Budget)));
        assert!(matches!(after("220 mail ESMTP\r\n").0, Err(ImapError::Greeting)));
    }
}
