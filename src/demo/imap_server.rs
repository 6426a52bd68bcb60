//! One IMAP connection of the practice office: bytes in and out, the protocol's state machine between them.
//!
//! Owns the socket and the pace: a response is written before the next is built, so that a large mailbox never piles
//! up in memory. It never interprets a command (that is `imap_session`) and keeps no grammar of its own.

use std::io;

use imap_next::{
    Interrupt, Io, State as _,
    imap_types::{
        IntoStatic as _,
        auth::AuthenticateData,
        command::Command,
        core::{Tag, Text},
        response::{
            Code, CommandContinuationRequest, Data, Greeting, GreetingKind, Status, StatusKind,
        },
    },
    server::{Error, Event, Options, ResponseHandle, Server},
    types::CommandAuthenticate,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::watch,
};
use tokio_rustls::server::TlsStream;

/// The largest message that APPEND takes, in bytes.
const LARGEST_LITERAL: u32 = 64 * 1024 * 1024;

/// What a client said, or why nobody speaks any more.
pub(super) enum Incoming {
    Command(Command<'static>),
    Authenticate(CommandAuthenticate),
    AuthenticateData(AuthenticateData<'static>),
    Idle(Tag<'static>),
    IdleDone,
    /// Not a command of the grammar; with the tag, where one could be read.
    Malformed(Option<Tag<'static>>),
    /// Another session changed something (only while the caller asked to be told).
    Changed,
    Closed,
}

/// A connection under the protocol's state machine.
pub(super) struct Connection {
    stream: TlsStream<TcpStream>,
    server: Server,
    buffer: Vec<u8>,
}

impl Connection {
    pub(super) fn new(stream: TlsStream<TcpStream>, capability: Code<'static>) -> Self {
        let mut options = Options::default();
        options.max_literal_size = LARGEST_LITERAL;
        options.max_command_size = LARGEST_LITERAL.saturating_add(64 * 1024);
        let greeting = Greeting {
            kind: GreetingKind::Ok,
            code: Some(capability),
            text: Text::unvalidated("Practice office, all mail here is invented"),
        };
        Self { stream, server: Server::new(options, greeting), buffer: vec![0; 16 * 1024] }
    }

    /// Waits for the client; with `news`, also for a change in the mail store.
    pub(super) async fn next(
        &mut self,
        mut news: Option<&mut watch::Receiver<u64>>,
    ) -> io::Result<Incoming> {
        loop {
            match self.server.next() {
                Ok(event) => {
                    if let Some(incoming) = incoming(event) {
                        return Ok(incoming);
                    }
                }
                Err(Interrupt::Io(Io::Output(bytes))) => self.stream.write_all(&bytes).await?,
                Err(Interrupt::Io(Io::NeedMoreInput)) => {
                    self.stream.flush().await?;
                    let read = if let Some(news) = news.as_deref_mut() {
                        tokio::select! {
                            read = self.stream.read(&mut self.buffer) => read?,
                            _ = news.changed() => return Ok(Incoming::Changed),
                        }
                    } else {
                        self.stream.read(&mut self.buffer).await?
                    };
                    if read == 0 {
                        return Ok(Incoming::Closed);
                    }
                    self.server.enqueue_input(self.buffer.get(..read).unwrap_or_default());
                }
                // The state machine has refused the literal itself.
                Err(Interrupt::Error(Error::LiteralTooLong { .. })) => {}
                Err(Interrupt::Error(error)) => return Ok(Incoming::Malformed(tag_of(&error))),
            }
        }
    }

    /// Sends an untagged response and returns when its bytes are with TLS.
    pub(super) async fn data(&mut self, data: Data<'static>) -> io::Result<()> {
        let handle = self.server.enqueue_data(data);
        self.drain(handle).await
    }

    /// Sends a status response.
    pub(super) async fn status(&mut self, status: Status<'static>) -> io::Result<()> {
        let handle = self.server.enqueue_status(status);
        self.drain(handle).await
    }

    /// Asks for the next step of an authentication.
    pub(super) async fn challenge(&mut self) -> io::Result<()> {
        let empty = CommandContinuationRequest::base64(Vec::new());
        match self.server.authenticate_continue(empty) {
            Ok(handle) => self.drain(handle).await,
            Err(_) => Err(io::ErrorKind::InvalidData.into()),
        }
    }

    /// Ends an authentication.
    pub(super) async fn authenticated(&mut self, status: Status<'static>) -> io::Result<()> {
        match self.server.authenticate_finish(status) {
            Ok(handle) => self.drain(handle).await,
            Err(_) => Err(io::ErrorKind::InvalidData.into()),
        }
    }

    /// Lets the client idle (RFC 2177).
    pub(super) async fn idling(&mut self) -> io::Result<()> {
        let text = Text::unvalidated("idling");
        let accepted = CommandContinuationRequest::basic(None, text)
            .ok()
            .and_then(|request| self.server.idle_accept(request).ok());
        match accepted {
            Some(handle) => self.drain(handle).await,
            None => Err(io::ErrorKind::InvalidData.into()),
        }
    }

    /// Refuses IDLE.
    pub(super) async fn no_idling(&mut self, status: Status<'static>) -> io::Result<()> {
        match self.server.idle_reject(status) {
            Ok(handle) => self.drain(handle).await,
            Err(_) => Err(io::ErrorKind::InvalidData.into()),
        }
    }

    /// Ends TLS properly, so that the client can tell the end from a cut.
    pub(super) async fn close(&mut self) -> io::Result<()> {
        self.stream.shutdown().await
    }

    async fn drain(&mut self, awaited: ResponseHandle) -> io::Result<()> {
        loop {
            match self.server.next() {
                Ok(Event::ResponseSent { handle, .. }) if handle == awaited => {
                    return self.stream.flush().await;
                }
                Ok(Event::ResponseSent { .. } | Event::GreetingSent { .. }) => {}
                Err(Interrupt::Io(Io::Output(bytes))) => self.stream.write_all(&bytes).await?,
                // The state machine sends what is queued before it looks at input, so nothing else can come first.
                Ok(_) | Err(_) => return Err(io::ErrorKind::InvalidData.into()),
            }
        }
    }
}

fn incoming(event: Event) -> Option<Incoming> {
    match event {
        Event::GreetingSent { .. } | Event::ResponseSent { .. } => None,
        Event::CommandReceived { command } => Some(Incoming::Command(command)),
        Event::CommandAuthenticateReceived { command_authenticate } => {
            Some(Incoming::Authenticate(command_authenticate))
        }
        Event::AuthenticateDataReceived { authenticate_data } => {
            Some(Incoming::AuthenticateData(authenticate_data))
        }
        Event::IdleCommandReceived { tag } => Some(Incoming::Idle(tag)),
        Event::IdleDoneReceived => Some(Incoming::IdleDone),
    }
}

fn tag_of(error: &Error) -> Option<Tag<'static>> {
    let (Error::ExpectedCrlfGotLf { discarded_bytes }
    | Error::MalformedMessage { discarded_bytes }
    | Error::LiteralTooLong { discarded_bytes }
    | Error::CommandTooLong { discarded_bytes }) = error;
    let line = discarded_bytes.declassify();
    let word = line.split(u8::is_ascii_whitespace).next()?;
    Tag::try_from(word).ok().map(Tag::into_static)
}

/// A tagged or (without a tag) untagged status.
pub(super) fn status(
    tag: Option<Tag<'static>>,
    kind: StatusKind,
    code: Option<Code<'static>>,
    text: &'static str,
) -> Status<'static> {
    let Ok(status) = Status::new(tag, kind, code, Text::unvalidated(text));
    status
}
