//! The bare loop over a blocking socket: log in, ask `api status`, listen to HEARTBEAT, say `exit`.
//!
//! ```text
//! cargo run -p esl-proto --example blocking -- [HOST:PORT [PASSWORD]]
//! ```
//!
//! What programs do with the event socket is in `esl-tokio/examples`; this is what a host of the core does: read into the
//! connection's room, take what has come, and write what is to be sent.
//!
//! Exit status: 0, or 3 for trouble with the connection.

use std::error::Error;
use std::io::{Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::process::ExitCode;
use std::time::Duration;

use esl_proto::client::{End, Poll};
use esl_proto::name::EventName;
use esl_proto::{Client, Command, Connection, Incoming, Limits};

/// How long the server may say nothing. A HEARTBEAT comes every 20 seconds.
const PATIENCE: Duration = Duration::from_secs(45);
/// Longer frames come in parts, which this program passes over.
const ROOM: usize = 64 << 10;

struct Link {
    socket: TcpStream,
    connection: Connection<Vec<u8>>,
}

impl Link {
    fn open(server: &str) -> Result<Self, Box<dyn Error>> {
        let address = server.to_socket_addrs()?.next().ok_or("no address")?;
        let socket = TcpStream::connect_timeout(&address, PATIENCE)?;
        socket.set_read_timeout(Some(PATIENCE))?;
        socket.set_write_timeout(Some(PATIENCE))?;
        socket.set_nodelay(true)?;
        let client = Client::inbound(Limits::for_buffer(ROOM));
        Ok(Self { socket, connection: Connection::new(client, vec![0; ROOM], vec![0; ROOM]) })
    }

    fn send(&mut self, command: &Command<'_>) -> Result<(), Box<dyn Error>> {
        self.connection.send(command)?;
        self.socket.write_all(self.connection.to_send())?;
        self.connection.sent(usize::MAX);
        Ok(())
    }

    /// Waits for the next thing that comes in.
    fn receive(&mut self) -> Result<Poll<'_>, Box<dyn Error>> {
        while !self.connection.ready()? {
            match self.socket.read(self.connection.spare_mut())? {
                0 => return Err(self.connection.eof().end.into()),
                count => self.connection.commit(count),
            }
        }
        Ok(self.connection.next()?)
    }
}

fn run(server: &str, password: &str) -> Result<(), Box<dyn Error>> {
    let mut link = Link::open(server)?;
    loop {
        let Poll::Incoming { incoming, .. } = link.receive()? else { continue };
        match incoming {
            Incoming::AuthRequest => link.send(&Command::auth(password))?,
            Incoming::Authenticated { .. } => {
                // Answers come in order: there is no need to wait for one before the next command.
                link.send(&Command::api("status"))?;
                link.send(&Command::event(None, &[EventName::Heartbeat]))?;
            }
            Incoming::Answer { answer, .. } => println!("{}", String::from_utf8_lossy(answer.text()).trim_end()),
            Incoming::Event(event) => {
                println!("event {}", event.name().and_then(|name| name.as_str()).unwrap_or_default());
                link.send(&Command::Exit)?;
            }
            Incoming::Goodbye { end: End::Exit, .. } => return Ok(()),
            Incoming::Goodbye { end, .. } => return Err(end.into()),
            _ => {}
        }
    }
}

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let server = arguments.next().unwrap_or_else(|| "127.0.0.1:8021".into());
    let password = arguments.next().unwrap_or_else(|| "ClueCon".into());
    match run(&server, &password) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("blocking: {server}: {error}");
            ExitCode::from(3)
        }
    }
}
