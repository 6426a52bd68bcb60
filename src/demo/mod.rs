//! The practice office: a loopback IMAP and SMTP server with invented mail. The product reaches it only over the socket.
//!
//! Owns the servers, their throw-away certificate and the office's mail. It never listens on anything but the
//! loopback address, never writes to the disk, and imports nothing of the product but words of `domain`.

mod answers;
mod cast;
mod dates;
mod encoding;
mod files;
mod hours;
mod imap_fetch;
mod imap_mailbox;
mod imap_search;
mod imap_server;
mod imap_session;
mod imap_structure;
mod language;
mod letters;
mod mail;
mod mailstore;
mod office;
mod script;
mod smtp_server;
mod tls;

use std::{
    collections::BTreeSet,
    fmt, io,
    net::Ipv4Addr,
    sync::Arc,
    time::{Duration, Instant},
};

use imap_next::imap_types::response::Code;
use jiff::{Timestamp, tz::TimeZone};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::mpsc,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub use cast::Person;
pub use office::{Filing, Office, OfficeMail, OfficeMatter, build};

use self::{
    imap_server::Connection,
    imap_session::{Session, capabilities},
    mailstore::MailStore,
    smtp_server::{Delivered, Desk},
};
use crate::domain::{
    confidential::Confidential,
    fault::{Fault, Ignore as _, Kind},
};

/// Why the practice office could not open.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// No port could be had on the loopback address.
    #[error("the practice office could not listen on 127.0.0.1")]
    Listen(#[from] io::Error),
    /// The throw-away certificate could not be made.
    #[error("the practice office's certificate could not be made")]
    Certificate(#[from] rcgen::Error),
    /// The certificate was not accepted by the TLS library.
    #[error("the practice office's TLS settings were refused")]
    Tls(#[from] rustls::Error),
}

impl Fault for DemoError {
    fn kind(&self) -> Kind {
        match self {
            Self::Listen(_) => Kind::Transient,
            Self::Certificate(_) | Self::Tls(_) => Kind::Bug,
        }
    }
}

/// The servers' time: `now` at the start, and from there on as real time passes.
#[derive(Clone, Copy)]
struct ServerTime {
    base: Timestamp,
    started: Instant,
}

impl ServerTime {
    fn now(self) -> Timestamp {
        let passed = i64::try_from(self.started.elapsed().as_secs()).unwrap_or(0);
        Timestamp::from_second(self.base.as_second().saturating_add(passed)).unwrap_or(self.base)
    }
}

/// The practice office, open. Dropping it closes the servers.
pub struct Running {
    /// Implicit-TLS IMAP on 127.0.0.1.
    pub imap_port: u16,
    /// Implicit-TLS SMTP submission on 127.0.0.1.
    pub smtp_port: u16,
    /// The authority that signed the servers' certificate, PEM. The name to verify is `localhost` or `127.0.0.1`.
    pub authority: String,
    /// The owner's user name, which is the owner's address too.
    pub user: &'static str,
    /// The password of the owner and of everyone in the cast, chosen at start.
    pub password: Confidential<String>,
    /// Matters, parties, and what is in the mailboxes.
    pub office: Office,
    store: Arc<MailStore>,
    time: ServerTime,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl fmt::Debug for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Running")
            .field("imap_port", &self.imap_port)
            .field("smtp_port", &self.smtp_port)
            .finish_non_exhaustive()
    }
}

impl Running {
    /// Puts a message into somebody's INBOX, as if it had just arrived. False where nobody has the address.
    pub fn deliver(&self, address: &str, raw: &[u8]) -> bool {
        self.store.append(address, "INBOX", raw, BTreeSet::new(), self.time.now()).is_some()
    }

    /// Closes the servers and waits until the last connection is gone.
    pub async fn stop(self) {
        self.stop.cancel();
        self.tasks.wait().await;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// Opens the practice office: both servers on ports of the system's choice, the mailboxes filled.
///
/// Runs in the caller's tokio runtime. `now` is the office's time at the start; `zone` is where it keeps its hours.
pub async fn start(now: Timestamp, zone: TimeZone) -> Result<Running, DemoError> {
    let time = ServerTime { base: now, started: Instant::now() };
    let identity = tls::identity()?;
    let password = format!("{:032x}", rand::random::<u128>());
    let office = office::build(now, zone);
    let store = Arc::new(fill(&office, &password));

    let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
    let (delivered, letters) = mpsc::channel::<Delivered>(64);
    let imap = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let smtp = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let (imap_port, smtp_port) = (imap.local_addr()?.port(), smtp.local_addr()?.port());

    let desk = Desk { store: Arc::clone(&store), time, delivered };
    let shelf = Arc::clone(&store);
    accept(imap, identity.acceptor.clone(), &stop, &tasks, move |stream| {
        let connection = Connection::new(stream, Code::Capability(capabilities()));
        Session::new(connection, Arc::clone(&shelf), time).serve()
    });
    accept(smtp, identity.acceptor, &stop, &tasks, move |stream| {
        smtp_server::serve(stream, desk.clone())
    });
    let cast = answers::attend(Arc::clone(&store), time, letters, stop.clone(), tasks.clone());
    tasks.spawn(cast);
    tasks.close();

    Ok(Running {
        imap_port,
        smtp_port,
        authority: identity.authority,
        user: office.owner.address,
        password: Confidential::from(password),
        office,
        store,
        time,
        stop,
        tasks,
    })
}

fn fill(office: &Office, password: &str) -> MailStore {
    let store = MailStore::new();
    for person in office.people {
        store.open_account(person.address, password);
    }
    for mail in &office.mail {
        let flags = mail.flags.iter().map(|flag| (*flag).to_owned()).collect();
        store
            .append(office.owner.address, mail.folder, &mail.raw, flags, mail.internal_date)
            .ok_or(())
            .ignore("every folder of the texts was just made");
    }
    store
}

/// Accepts connections until stopped; each is served in its own task, which ends with the office.
fn accept<S, F>(
    listener: TcpListener,
    acceptor: TlsAcceptor,
    stop: &CancellationToken,
    tasks: &TaskTracker,
    serve: S,
) where
    S: Fn(TlsStream<TcpStream>) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = io::Result<()>> + Send + 'static,
{
    let (stop, spawned) = (stop.clone(), tasks.clone());
    tasks.spawn(async move {
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                () = stop.cancelled() => return,
            };
            let Ok((stream, _)) = accepted else {
                // Out of descriptors, most likely: some will be free again soon.
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            };
            let (acceptor, serve, stop) = (acceptor.clone(), serve.clone(), stop.clone());
            spawned.spawn(async move {
                let session = async {
                    let mut stream = acceptor.accept(stream).await?;
                    // A whole message is one write; rustls would refuse more than 64 KB of it otherwise.
                    stream.get_mut().1.set_buffer_limit(None);
                    serve(stream).await
                };
                tokio::select! {
                    ended = session => ended.ignore("the client is gone, one way or another"),
                    () = stop.cancelled() => {}
                }
            });
        }
    });
}
