//! A small name server on loopback, UDP and TCP, with the records of a test.
//!
//! Owns its two sockets and what it was asked. It answers over UDP with a cut answer where it is told to, so that the
//! question comes again over TCP.

use std::{
    collections::BTreeSet,
    io::{Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket},
    sync::{Arc, Mutex},
    thread,
};

use simple_dns::{
    CLASS, Name, Packet, PacketFlag, QTYPE, RCODE, ResourceRecord,
    rdata::{A, MX, RData, SRV},
};

/// A record of a test.
#[derive(Clone, Debug)]
pub enum Entry {
    /// Service, port, target.
    Srv(String, u16, String),
    /// Domain, exchanger.
    Mx(String, String),
    /// Host, address.
    Host(String, Ipv4Addr),
}

/// A name server that runs until the test ends.
pub struct NameServer {
    /// Where it listens.
    pub at: SocketAddr,
    asked: Arc<Mutex<BTreeSet<String>>>,
}

impl NameServer {
    /// Starts one that knows these records; with `cut` every answer over UDP is cut.
    pub fn start(entries: &[Entry], cut: bool) -> Self {
        // The same port for both: another program may hold one of them, so several are tried.
        let (udp, tcp) = (0..50)
            .find_map(|_| {
                let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
                TcpListener::bind(udp.local_addr().unwrap()).ok().map(|tcp| (udp, tcp))
            })
            .expect("a port that is free for both");
        let at = udp.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(BTreeSet::new()));
        let (seen, known) = (Arc::clone(&asked), entries.to_vec());
        thread::spawn(move || {
            let mut buffer = [0; 1500];
            while let Ok((length, from)) = udp.recv_from(&mut buffer) {
                let answer = answer(&buffer[..length], &known, cut, &seen);
                udp.send_to(&answer, from).unwrap();
            }
        });
        let (seen, known) = (Arc::clone(&asked), entries.to_vec());
        thread::spawn(move || {
            while let Ok((mut stream, _)) = tcp.accept() {
                let mut length = [0; 2];
                stream.read_exact(&mut length).unwrap();
                let mut query = vec![0; usize::from(u16::from_be_bytes(length))];
                stream.read_exact(&mut query).unwrap();
                let answer = answer(&query, &known, false, &seen);
                let length = u16::try_from(answer.len()).unwrap().to_be_bytes();
                stream.write_all(&[length.as_slice(), &answer].concat()).unwrap();
            }
        });
        Self { at, asked }
    }

    /// Every name it was asked for.
    pub fn asked(&self) -> BTreeSet<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn answer(query: &[u8], known: &[Entry], cut: bool, seen: &Mutex<BTreeSet<String>>) -> Vec<u8> {
    let query = Packet::parse(query).unwrap();
    let question = query.questions[0].clone();
    let name = question.qname.to_string();
    seen.lock().unwrap().insert(name.clone());
    let mut reply = Packet::new_reply(query.id());
    reply.questions.push(question.clone());
    if cut {
        reply.set_flags(PacketFlag::TRUNCATION);
    }
    let wanted = |data: &RData<'_>| question.qtype == QTYPE::TYPE(data.type_code());
    for entry in known.iter().filter(|_| !cut) {
        let (owner, data) = match entry {
            Entry::Srv(owner, port, target) => {
                let target = Name::new(target).unwrap();
                (owner, RData::SRV(SRV { priority: 0, weight: 0, port: *port, target }))
            }
            Entry::Mx(owner, host) => {
                (owner, RData::MX(MX { preference: 10, exchange: Name::new(host).unwrap() }))
            }
            Entry::Host(owner, address) => (owner, RData::A(A::from(*address))),
        };
        if owner.eq_ignore_ascii_case(&name) && wanted(&data) {
            let owner = Name::new(owner).unwrap();
            reply.answers.push(ResourceRecord::new(owner, CLASS::IN, 60, data));
        }
    }
    if reply.answers.is_empty() && !cut {
        *reply.rcode_mut() = RCODE::NameError;
    }
    reply.build_bytes_vec().unwrap()
}
