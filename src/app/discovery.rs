//! Looking for the servers of an address with the network of this machine.
//!
//! Owns the meeting of name server, TLS and pages. It asks nobody before it is told to, and keeps nothing.

use std::{
    io,
    net::{SocketAddr, ToSocketAddrs},
    time::Duration,
};

use crate::{
    domain::{
        address::EmailAddress,
        fault::{Fault, Kind},
    },
    net::{
        discover::{
            dns::{Dns, DnsError, Kinds, Record, Resolver},
            search::{self, Asking, Found},
        },
        http::{HttpsClient, Resolve},
    },
    tls::{self, TlsError, Trust},
};

/// A page that does not come within this time is not there.
const PATIENCE: Duration = Duration::from_secs(8);

/// Why nothing can be looked for.
#[derive(Debug, thiserror::Error)]
pub enum DiscoveryError {
    /// There is no name server to ask.
    #[error(transparent)]
    Names(#[from] DnsError),
    /// The system's certificates cannot be read, so no page could be believed.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

impl Fault for DiscoveryError {
    fn kind(&self) -> Kind {
        match self {
            Self::Names(error) => error.kind(),
            Self::Tls(error) => error.kind(),
        }
    }
}

/// What is needed for a search.
#[derive(Debug)]
pub struct Finder {
    names: Resolver,
    pages: HttpsClient,
}

impl Finder {
    /// A finder that asks the name servers of this machine, or only this one for every name there is.
    ///
    /// # Errors
    /// Without a name server or without roots.
    pub fn new(server: Option<SocketAddr>) -> Result<Self, DiscoveryError> {
        let (names, resolve): (Resolver, Box<Resolve>) = match server {
            None => (Resolver::system()?, Box::new(by_system)),
            Some(server) => {
                let names = Resolver::at(server);
                (names.clone(), Box::new(move |host, port| by_names(&names, host, port)))
            }
        };
        let tls = tls::client_config(&Trust::Platform)?;
        Ok(Self { names, pages: HttpsClient::hurried(tls, PATIENCE, resolve) })
    }

    /// Which name servers are asked.
    pub fn name_servers(&self) -> &[SocketAddr] {
        self.names.servers()
    }

    /// Looks for the servers of an address; `announce` hears of each host before it is asked.
    pub fn find(&self, address: &EmailAddress, announce: &mut dyn FnMut(&Asking)) -> Found {
        search::find(&self.names, &self.pages, address, announce)
    }
}

fn by_system(host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    Ok((host, port).to_socket_addrs()?.collect())
}

fn by_names(names: &Resolver, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    let mut found = Vec::new();
    for kind in [Kinds::V4, Kinds::V6] {
        for record in names.ask(host, kind).map_err(io::Error::other)? {
            if let Record::Address(address) = record {
                found.push(SocketAddr::new(address, port));
            }
        }
    }
    Ok(found)
}
