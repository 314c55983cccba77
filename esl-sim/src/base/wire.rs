//! The bytes of a connection, and how they travel.

use std::collections::VecDeque;
use std::fmt;
use std::time::Duration;

use esl_proto::Value;

/// The number of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(pub u64);

/// How the bytes of a connection travel to its client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    /// How long each byte takes.
    pub delay: Duration,
    /// How many bytes are taken at a time, at most. 0: as many as there is room for.
    pub piece: usize,
    /// How long it takes from one piece to the next.
    pub pause: Duration,
    /// After how many bytes from the connection's beginning it is gone in both directions.
    pub lost_at: Option<u64>,
    /// Whether nothing is given to the client. What is written waits for it, as for a client that does not read.
    pub held: bool,
}

/// A command that a client has sent.
#[derive(Clone, PartialEq, Eq)]
pub struct Received {
    /// The connection that it came on.
    pub connection: ConnectionId,
    /// The command with its headers and its body, as it was sent.
    pub octets: Vec<u8>,
}

impl fmt::Debug for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Received")
            .field("connection", &self.connection)
            .field("octets", &Value::from_bytes(&self.octets))
            .finish()
    }
}

impl Received {
    /// The command's line, such as `api status`.
    #[must_use]
    pub fn line(&self) -> String {
        let start = self.octets.iter().position(|octet| !matches!(octet, b'\n' | b'\r')).unwrap_or(0);
        let line = self.octets[start..].split(|octet| matches!(octet, b'\n' | b'\r')).next();
        String::from_utf8_lossy(line.unwrap_or_default()).into_owned()
    }
}

/// The bytes of a connection, in both directions.
#[derive(Default)]
pub(crate) struct Wire {
    pub(crate) input: Vec<u8>,
    /// The client has closed its side.
    pub(crate) input_ended: bool,
    /// What the client may take, each from its time on.
    pub(crate) output: VecDeque<(Duration, VecDeque<u8>)>,
    pub(crate) waiting: usize,
    /// How many bytes the client has taken.
    pub(crate) taken: u64,
    /// When it may take more.
    pub(crate) next_piece: Duration,
    /// The switch has closed its side.
    pub(crate) output_ended: bool,
    /// Nothing travels any more.
    pub(crate) is_lost: bool,
}
