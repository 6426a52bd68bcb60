//! Questions to the name server of this machine: SRV, MX, aliases and addresses.
//!
//! Owns the wire (RFC 1035, UDP first, TCP where an answer is cut) and the reading of `/etc/resolv.conf`. Answers are
//! nobody's proof: without DNSSEC anybody on the way can forge them, and whoever uses them must say so.

use std::{
    fmt, fs,
    io::{self, Read, Write},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, UdpSocket},
    time::Duration,
};

use simple_dns::{
    CLASS, Name, Packet, PacketFlag, QCLASS, QTYPE, Question, RCODE, TYPE,
    rdata::{RData, SRV},
};

use super::host_name;
use crate::domain::fault::{Fault, Kind};

/// One name server gets so long for one try.
const PATIENCE: Duration = Duration::from_secs(2);
/// Each name server is asked so often.
const TRIES: usize = 2;
/// More name servers are not asked (`resolv.conf(5)`: MAXNS).
const SERVERS: usize = 3;
/// No datagram is longer: no EDNS is offered, so 512 would do, but some servers do not care.
const LONGEST: usize = 4096;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kinds {
    /// Servers of a service (RFC 2782).
    Srv,
    /// Mail exchangers (RFC 5321 §5).
    Mx,
    /// What the name is an alias of.
    Alias,
    /// IPv4 addresses.
    V4,
    /// IPv6 addresses.
    V6,
}

/// One record of an answer. Names are sound host names ([`host_name`]); others are left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// A server of the service. A service that is expressly not offered (target `.`) has port 0 and no target.
    Srv {
        /// Lower is asked first.
        priority: u16,
        /// Among equals the heavier is asked more often.
        weight: u16,
        /// Its port.
        port: u16,
        /// Its name; empty means: not offered here.
        target: String,
    },
    /// A mail exchanger.
    Mx {
        /// Lower is asked first.
        preference: u16,
        /// Its name.
        host: String,
    },
    /// The name is an alias of this one.
    Alias(String),
    /// An address.
    Address(IpAddr),
}

/// Why there is no answer. A name that does not exist is an answer without records.
#[derive(Debug, thiserror::Error)]
pub enum DnsError {
    /// This machine names no name server.
    #[error("this machine names no name server")]
    NoServer,
    /// The name cannot be asked for.
    #[error("not a name of the DNS")]
    Name,
    /// No name server can be reached or answers in time.
    #[error("no name server answers")]
    Unreachable(#[source] io::Error),
    /// The name server refuses or fails.
    #[error("the name server answers with an error ({code})")]
    Refused {
        /// The response code (RFC 1035 §4.1.1).
        code: u16,
    },
    /// The answer cannot be read.
    #[error("the name server's answer cannot be read")]
    Unreadable,
}

impl Fault for DnsError {
    fn kind(&self) -> Kind {
        match self {
            Self::NoServer | Self::Name => Kind::NeedsUser,
            Self::Unreachable(_) | Self::Refused { .. } | Self::Unreadable => Kind::Transient,
        }
    }
}

/// Something that answers questions about names. Blocks.
pub trait Dns: Send + Sync {
    /// The records of this kind; none when there are none.
    ///
    /// # Errors
    /// When nobody answers.
    fn ask(&self, name: &str, kind: Kinds) -> Result<Vec<Record>, DnsError>;
}

/// The name servers of this machine, or those that a person named.
#[derive(Clone, PartialEq, Eq)]
pub struct Resolver {
    servers: Vec<SocketAddr>,
}

impl fmt::Debug for Resolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Resolver({})", self.servers.len())
    }
}

impl Resolver {
    /// The name servers in `/etc/resolv.conf`.
    ///
    /// # Errors
    /// When there are none.
    pub fn system() -> Result<Self, DnsError> {
        let text = fs::read_to_string("/etc/resolv.conf").unwrap_or_default();
        let servers = name_servers(&text);
        if servers.is_empty() { Err(DnsError::NoServer) } else { Ok(Self { servers }) }
    }

    /// This name server and no other.
    pub fn at(server: SocketAddr) -> Self {
        Self { servers: vec![server] }
    }

    /// Who is asked.
    pub fn servers(&self) -> &[SocketAddr] {
        &self.servers
    }
}

/// The addresses behind `nameserver`, in order.
fn name_servers(text: &str) -> Vec<SocketAddr> {
    let addresses = text.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        // A zone (`fe80::1%eth0`) belongs to one machine's cables: such servers are left out.
        (words.next()? == "nameserver").then_some(words.next()?.parse::<IpAddr>().ok()?)
    });
    addresses.map(|address| SocketAddr::new(address, 53)).take(SERVERS).collect()
}

impl Dns for Resolver {
    fn ask(&self, name: &str, kind: Kinds) -> Result<Vec<Record>, DnsError> {
        let mut last = DnsError::NoServer;
        for _ in 0..TRIES {
            for server in &self.servers {
                match ask_one(*server, name, kind) {
                    Ok(records) => return Ok(records),
                    Err(DnsError::Name) => return Err(DnsError::Name),
                    Err(error) => last = error,
                }
            }
        }
        Err(last)
    }
}

fn ask_one(server: SocketAddr, name: &str, kind: Kinds) -> Result<Vec<Record>, DnsError> {
    let id = rand::random::<u16>();
    let question = question(name, kind)?;
    let mut query = Packet::new_query(id);
    query.set_flags(PacketFlag::RECURSION_DESIRED);
    query.questions.push(question.clone());
    let query = query.build_bytes_vec().map_err(|_| DnsError::Name)?;
    let answer = by_udp(server, &query, id, &question).map_err(DnsError::Unreachable)?;
    let packet = Packet::parse(&answer).map_err(|_| DnsError::Unreadable)?;
    if packet.has_flags(PacketFlag::TRUNCATION) {
        let answer = by_tcp(server, &query).map_err(DnsError::Unreachable)?;
        let packet = Packet::parse(&answer).map_err(|_| DnsError::Unreadable)?;
        if !answers(&packet, id, &question) {
            return Err(DnsError::Unreadable);
        }
        return records(&packet, kind);
    }
    records(&packet, kind)
}

fn question(name: &str, kind: Kinds) -> Result<Question<'_>, DnsError> {
    let kind = match kind {
        Kinds::Srv => TYPE::SRV,
        Kinds::Mx => TYPE::MX,
        Kinds::Alias => TYPE::CNAME,
        Kinds::V4 => TYPE::A,
        Kinds::V6 => TYPE::AAAA,
    };
    let name = Name::new(name).map_err(|_| DnsError::Name)?;
    Ok(Question::new(name, QTYPE::TYPE(kind), QCLASS::CLASS(CLASS::IN), false))
}

/// Is this the answer to our question? A forger has to guess the id and our port (RFC 5452).
fn answers(packet: &Packet<'_>, id: u16, question: &Question<'_>) -> bool {
    let same = |one: &Question<'_>| {
        one.qtype == question.qtype
            && one.qname.to_string().eq_ignore_ascii_case(&question.qname.to_string())
    };
    packet.id() == id
        && packet.has_flags(PacketFlag::RESPONSE)
        && packet.questions.len() == 1
        && packet.questions.iter().all(same)
}

fn by_udp(
    server: SocketAddr,
    query: &[u8],
    id: u16,
    question: &Question<'_>,
) -> io::Result<Vec<u8>> {
    let own: IpAddr =
        if server.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let socket = UdpSocket::bind((own, 0))?;
    // A connected socket takes datagrams from this server only.
    socket.connect(server)?;
    socket.set_read_timeout(Some(PATIENCE))?;
    socket.send(query)?;
    let mut buffer = vec![0; LONGEST];
    // What is not the answer is passed over, but not for ever.
    for _ in 0..16 {
        let length = socket.recv(&mut buffer)?;
        let datagram = buffer.get(..length).unwrap_or_default();
        if Packet::parse(datagram).is_ok_and(|packet| answers(&packet, id, question)) {
            return Ok(datagram.to_vec());
        }
    }
    Err(io::ErrorKind::InvalidData.into())
}

/// Two octets of length before each message (RFC 1035 §4.2.2).
fn by_tcp(server: SocketAddr, query: &[u8]) -> io::Result<Vec<u8>> {
    let length =
        u16::try_from(query.len()).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
    let mut stream = TcpStream::connect_timeout(&server, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.write_all(&[length.to_be_bytes().as_slice(), query].concat())?;
    let mut length = [0; 2];
    stream.read_exact(&mut length)?;
    let mut answer = vec![0; usize::from(u16::from_be_bytes(length))];
    stream.read_exact(&mut answer)?;
    Ok(answer)
}

fn records(packet: &Packet<'_>, kind: Kinds) -> Result<Vec<Record>, DnsError> {
    let code = packet.rcode();
    if code == RCODE::NameError {
        return Ok(Vec::new());
    }
    if code != RCODE::NoError {
        return Err(DnsError::Refused { code: code as u16 });
    }
    Ok(packet.answers.iter().filter_map(|answer| record(&answer.rdata, kind)).collect())
}

#[allow(clippy::wildcard_enum_match_arm, reason = "the enum is not ours: it lists the whole DNS")]
fn record(data: &RData<'_>, kind: Kinds) -> Option<Record> {
    match (kind, data) {
        (Kinds::Srv, RData::SRV(srv)) => srv_record(srv),
        (Kinds::Mx, RData::MX(mx)) => Some(Record::Mx {
            preference: mx.preference,
            host: host_name(&mx.exchange.to_string())?,
        }),
        (Kinds::Alias, RData::CNAME(name)) => Some(Record::Alias(host_name(&name.0.to_string())?)),
        (Kinds::V4, RData::A(a)) => Some(Record::Address(Ipv4Addr::from(a.address).into())),
        (Kinds::V6, RData::AAAA(a)) => Some(Record::Address(Ipv6Addr::from(a.address).into())),
        _ => None,
    }
}

fn srv_record(srv: &SRV<'_>) -> Option<Record> {
    let (port, target) = if srv.target.get_labels().is_empty() {
        (0, String::new())
    } else {
        (srv.port, host_name(&srv.target.to_string())?)
    };
    (port != 0 || target.is_empty()).then_some(Record::Srv {
        priority: srv.priority,
        weight: srv.weight,
        port,
        target,
    })
}

#[cfg(test)]
mod tests {
    use simple_dns::{ResourceRecord, rdata::CNAME};

    use super::*;

    #[test]
    fn name_servers_are_read_from_resolv_conf_as_the_system_reads_it() {
        let text = "# nameserver 9.9.9.9\nsearch firm.test\nnameserver 10.0.0.1\n\
                    nameserver\t::1\nnameserver fe80::1%eth0\noptions edns0\nnameserver 10.0.0.2\nnameserver 10.0.0.3\n";
        let read: Vec<_> = name_servers(text).iter().map(ToString::to_string).collect();
        assert_eq!(read, ["10.0.0.1:53", "[::1]:53", "10.0.0.2:53"]);
        assert!(name_servers("").is_empty());
    }

    fn answer(data: RData<'static>, kind: Kinds) -> Vec<Record> {
        let mut packet = Packet::new_reply(7);
        let name = Name::new("firm.test").unwrap();
        packet.answers.push(ResourceRecord::new(name, CLASS::IN, 60, data));
        records(&packet, kind).unwrap()
    }

    #[test]
    fn a_name_that_is_no_host_is_left_out_of_an_answer() {
        let srv = |target: &'static str| {
            let target = Name::new(target).unwrap();
            RData::SRV(SRV { priority: 0, weight: 1, port: 993, target })
        };
        assert_eq!(answer(srv("imap.firm.test"), Kinds::Srv).len(), 1);
        assert!(answer(srv("a b.firm.test"), Kinds::Srv).is_empty());
        assert!(answer(srv("1.2.3.4"), Kinds::Srv).is_empty());
        let none = Record::Srv { priority: 0, weight: 1, port: 0, target: String::new() };
        assert_eq!(answer(srv("."), Kinds::Srv), [none], "expressly not offered");
        let alias = RData::CNAME(CNAME(Name::new("b.test").unwrap()));
        assert!(answer(alias, Kinds::Mx).is_empty(), "of another kind");
    }

    #[test]
    fn the_answer_to_another_question_is_none() {
        let asked = question("firm.test", Kinds::Mx).unwrap();
        let mut reply = Packet::new_reply(7);
        reply.questions.push(question("FIRM.test", Kinds::Mx).unwrap());
        assert!(answers(&reply, 7, &asked));
        assert!(!answers(&reply, 8, &asked));
        reply.questions = vec![question("evil.test", Kinds::Mx).unwrap()];
        assert!(!answers(&reply, 7, &asked));
    }
}
