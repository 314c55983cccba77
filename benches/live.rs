//! What the benches with sockets share: what a piece of work takes, and a connection on the bare core.

use std::error::Error;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use esl_proto::client::Poll;
use esl_proto::{Client, Command, Connection, Incoming, Limits};

/// What a bench may fail with.
pub type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// The wall time and the CPU time of a piece of work.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    /// By the clock.
    pub wall: Duration,
    /// Of this thread.
    pub cpu: Duration,
}

impl Cost {
    /// What `work` takes.
    ///
    /// # Errors
    /// What it fails with.
    pub fn of(work: impl FnOnce() -> Result<()>) -> Result<Self> {
        let (began, before) = (Instant::now(), cpu());
        work()?;
        Ok(Self { wall: began.elapsed(), cpu: cpu() - before })
    }

    /// What this thread takes until `work` has ended, whatever else it does.
    ///
    /// # Errors
    /// What it fails with.
    pub async fn of_waiting<T>(work: impl Future<Output = Result<T>>) -> Result<Self> {
        let (began, before) = (Instant::now(), cpu());
        work.await?;
        Ok(Self { wall: began.elapsed(), cpu: cpu() - before })
    }
}

/// The CPU time of this thread.
fn cpu() -> Duration {
    // The system counts it anew when a thread gives way, and else a few times in a hundredth of a second.
    std::thread::yield_now();
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    Duration::from_nanos(stat.split(' ').next().and_then(|nanos| nanos.parse().ok()).unwrap_or_default())
}

/// A connection on the bare core.
#[derive(Debug)]
pub struct Bare {
    socket: TcpStream,
    /// What is read and written.
    pub connection: Connection<Vec<u8>>,
}

impl Bare {
    /// Connects to this port of 127.0.0.1, and logs in.
    ///
    /// # Errors
    /// If that fails.
    pub fn open(port: u16) -> Result<Self> {
        let socket = TcpStream::connect(("127.0.0.1", port))?;
        socket.set_nodelay(true)?;
        let connection = Connection::new(Client::inbound(Limits::DEFAULT), vec![0; 64 << 10], vec![0; 4 << 20]);
        let mut bare = Self { socket, connection };
        while !bare.connection.client().is_open() {
            let login = matches!(bare.receive()?, Poll::Incoming { incoming: Incoming::AuthRequest, .. });
            if login {
                bare.send(&Command::auth("ClueCon"))?;
            }
        }
        Ok(bare)
    }

    /// Sends a command.
    ///
    /// # Errors
    /// If it cannot be sent.
    pub fn send(&mut self, command: &Command<'_>) -> Result<()> {
        self.connection.send(command)?;
        self.flush()
    }

    /// Writes what is to be sent.
    ///
    /// # Errors
    /// If that fails.
    pub fn flush(&mut self) -> Result<()> {
        self.socket.write_all(self.connection.to_send())?;
        self.connection.sent(usize::MAX);
        Ok(())
    }

    /// The next that comes.
    ///
    /// # Errors
    /// If nothing does any more.
    pub fn receive(&mut self) -> Result<Poll<'_>> {
        while !self.connection.ready()? {
            match self.socket.read(self.connection.spare_mut())? {
                0 => return Err(self.connection.eof().end.into()),
                count => self.connection.commit(count),
            }
        }
        Ok(self.connection.next()?)
    }

    /// The socket, to be read without the core.
    #[must_use]
    pub fn into_socket(self) -> TcpStream {
        self.socket
    }
}
