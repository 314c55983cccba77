//! What the example programs share: a connection over a blocking socket, with deadlines, and their options.
// Each program uses a part of it, and none exports it.
#![allow(dead_code, unreachable_pub)]

use std::fmt;
use std::hash::{BuildHasher, Hasher};
use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use esl_proto::client::{CommandId, End, Poll, ProtocolError, SendError};
use esl_proto::frame::Step;
use esl_proto::{Client, Command, Decoder, Incoming, Limits};

/// Why a program cannot go on.
#[derive(Debug)]
pub enum Trouble {
    /// The command line makes no sense.
    Usage(String),
    /// The command cannot be sent, or not on this connection.
    Refused(SendError),
    /// The connection is over.
    Ended(End),
    /// The server refuses what it was asked for.
    Answer(String),
    /// The deadline has passed.
    Timeout,
    /// The socket says so.
    Socket(io::Error),
    /// Standard output says so.
    Output(io::Error),
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(text) | Self::Answer(text) => f.write_str(text),
            Self::Refused(error) => error.fmt(f),
            Self::Ended(end) => end.fmt(f),
            Self::Timeout => f.write_str("no answer in time"),
            Self::Socket(error) | Self::Output(error) => error.fmt(f),
        }
    }
}

impl From<io::Error> for Trouble {
    /// What a socket says. A read or write that has taken too long is one or the other of two kinds.
    fn from(error: io::Error) -> Self {
        let too_long = matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut);
        if too_long { Self::Timeout } else { Self::Socket(error) }
    }
}

impl From<SendError> for Trouble {
    fn from(error: SendError) -> Self {
        Self::Refused(error)
    }
}

impl From<ProtocolError> for Trouble {
    fn from(error: ProtocolError) -> Self {
        Self::Ended(End::Protocol(error.error))
    }
}

/// The exit status of a program that talks with `peer`. What went wrong is one line on standard error.
pub fn finish(program: &str, peer: &str, result: Result<u8, Trouble>) -> ExitCode {
    match result {
        Ok(status) => return ExitCode::from(status),
        // Whoever read the output has seen enough.
        Err(Trouble::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => return ExitCode::SUCCESS,
        Err(trouble @ (Trouble::Usage(_) | Trouble::Refused(_))) => {
            eprintln!("{program}: {trouble}");
            return ExitCode::from(2);
        }
        Err(trouble) => eprintln!("{program}: {peer}: {trouble}"),
    }
    ExitCode::from(3)
}

/// Writes to standard output, at once.
pub fn print(octets: &[u8]) -> Result<(), Trouble> {
    let mut output = io::stdout().lock();
    output.write_all(octets).and_then(|()| output.flush()).map_err(Trouble::Output)
}

/// Answers the server's request for authentication.
pub struct Login {
    user: Option<(String, String)>,
    password: String,
}

impl Login {
    pub fn with_password(password: &str) -> Self {
        Self { user: None, password: password.into() }
    }

    /// `user@domain:password`
    pub fn of_user(text: &str) -> Option<Self> {
        let (user, rest) = text.split_once('@')?;
        let (domain, password) = rest.split_once(':')?;
        Some(Self { user: Some((user.into(), domain.into())), password: password.into() })
    }

    pub fn command(&self) -> Command<'_> {
        match &self.user {
            Some((user, domain)) => Command::userauth(user, domain, &self.password),
            None => Command::auth(&self.password),
        }
    }
}

/// A span of time as people type it, in seconds.
pub fn seconds(text: &str) -> Option<Duration> {
    let seconds = text.parse().ok().filter(|seconds| *seconds > 0.0 && *seconds < 1e9)?;
    Duration::try_from_secs_f64(seconds).ok()
}

/// A number that other programs on the same server do not use: the `run` of a [`Tag`](esl_proto::client::Tag).
pub fn random() -> u64 {
    std::hash::RandomState::new().build_hasher().finish()
}

/// The one command that `text` is, if it is one. Its line ends in a blank line.
pub fn parse(text: &str) -> Result<Command<'_>, Trouble> {
    let text = text.as_bytes();
    match Decoder::for_requests(Limits::DEFAULT).decode(text) {
        Ok(Step::Frame { frame, consumed }) if consumed == text.len() => {
            Command::parse(&frame.into()).map_err(|error| Trouble::Usage(error.to_string()))
        }
        _ => Err(Trouble::Usage("that is not one command".into())),
    }
}

/// A connection with its socket.
pub struct Connection {
    protocol: esl_proto::Connection<Vec<u8>>,
    socket: TcpStream,
}

impl Connection {
    /// Connects to a server's event socket.
    pub fn open(server: &str, deadline: Instant) -> Result<Self, Trouble> {
        let mut trouble = Trouble::Usage(format!("{server} has no address"));
        for address in server.to_socket_addrs()? {
            match TcpStream::connect_timeout(&address, time_left(deadline)?) {
                Ok(socket) => return Self::new(socket, Client::inbound(Limits::DEFAULT)),
                Err(error) => trouble = error.into(),
            }
        }
        Err(trouble)
    }

    pub fn new(socket: TcpStream, client: Client) -> Result<Self, Trouble> {
        // Commands are small, and each waits for its answer.
        socket.set_nodelay(true)?;
        Ok(Self { protocol: esl_proto::Connection::new(client, vec![0; 64 << 10], Vec::new()), socket })
    }

    pub fn client(&self) -> &Client {
        self.protocol.client()
    }

    /// Sends a command; its answer will carry the id.
    pub fn send(&mut self, command: &Command<'_>, deadline: Instant) -> Result<CommandId, Trouble> {
        let len = command.encoded_len().map_err(SendError::Refused)?;
        self.protocol.grow_output(|storage| storage.resize(len, 0));
        let id = self.protocol.send(command)?;
        self.socket.set_write_timeout(Some(time_left(deadline)?))?;
        // In one piece: while a command is incomplete, the server sends nothing.
        self.socket.write_all(self.protocol.to_send())?;
        self.protocol.sent(len);
        Ok(id)
    }

    /// Waits for the next thing that comes in, until the deadline.
    pub fn receive(&mut self, deadline: Instant) -> Result<Incoming<'_>, Trouble> {
        while !self.protocol.ready()? {
            if let Some(required) = self.protocol.required() {
                self.protocol.grow_input(|storage| storage.resize(required.next_power_of_two(), 0));
            }
            self.socket.set_read_timeout(Some(time_left(deadline)?))?;
            match self.socket.read(self.protocol.spare_mut()) {
                Ok(0) => return Err(Trouble::Ended(self.protocol.eof().end)),
                Ok(count) => self.protocol.commit(count),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        match self.protocol.next()? {
            Poll::Incoming { incoming, .. } => Ok(incoming),
            Poll::Closed { end, .. } => Err(Trouble::Ended(end)),
            other => unreachable!("without limits nothing comes in parts: {other:?}"),
        }
    }
}

fn time_left(deadline: Instant) -> Result<Duration, Trouble> {
    deadline.checked_duration_since(Instant::now()).filter(|left| !left.is_zero()).ok_or(Trouble::Timeout)
}
