//! What a session tells beside the ends of waits.

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use core::fmt;

use crate::name::LogLevel;
use crate::text::Value;

/// How many are kept for a host that does not look for them.
const MOST: usize = 64;

/// What a session tells beside the ends of waits; from [`Session::next_notice`](super::Session::next_notice).
///
/// Of a refusal the answer has just been given by [`Session::poll`](super::Session::poll), unless the connection takes no
/// such command at all.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notice {
    /// The server has refused a filter of the program's. It is wanted no more; what others let in comes all the same.
    FilterRefused {
        /// The header.
        header: Box<[u8]>,
        /// Its value.
        value: Box<[u8]>,
    },
    /// The server has refused the log lines that [`Session::set_log`](super::Session::set_log) asks for. They are wanted no
    /// more.
    LogRefused {
        /// The level that was asked for, for the host or for a reader.
        level: LogLevel,
    },
    /// The server has refused the HEARTBEAT: this connection may be silent, and is not watched.
    HeartbeatRefused,
    /// An event tells that the server is not the one of before the [`Gap`](super::Gap): no call of before is left.
    Restarted {
        /// Its `Core-UUID` before.
        before: Box<[u8]>,
        /// And after.
        after: Box<[u8]>,
    },
}

impl fmt::Debug for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, fields) = match self {
            Self::FilterRefused { header, value } => ("FilterRefused", [("header", header), ("value", value)]),
            Self::Restarted { before, after } => ("Restarted", [("before", before), ("after", after)]),
            Self::LogRefused { level } => return f.debug_struct("LogRefused").field("level", level).finish(),
            Self::HeartbeatRefused => return f.write_str("HeartbeatRefused"),
        };
        let mut shown = f.debug_struct(name);
        for (name, text) in fields {
            shown.field(name, &Value::from_bytes(text));
        }
        shown.finish()
    }
}

/// The notices that nobody has looked for yet.
#[derive(Clone, Debug)]
pub(super) struct Notices(VecDeque<Notice>);

impl Notices {
    pub(super) const fn new() -> Self {
        Self(VecDeque::new())
    }

    pub(super) fn push(&mut self, notice: Notice) {
        if self.0.len() >= MOST {
            self.0.pop_front();
        }
        self.0.push_back(notice);
    }

    pub(super) fn pop(&mut self) -> Option<Notice> {
        self.0.pop_front()
    }
}
