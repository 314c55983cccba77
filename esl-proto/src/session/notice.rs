//! Notices: what a session reports besides the outcomes of waits.

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use core::fmt;

use crate::name::LogLevel;
use crate::text::Value;

/// How many are kept for a host that does not look for them.
const MOST: usize = 64;

/// What a session reports besides the outcomes of waits, from [`Session::next_notice`](super::Session::next_notice).
///
/// For a refusal, [`Session::poll`](super::Session::poll) has just returned the answer, unless the connection allows no
/// such command at all.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notice {
    /// The server has refused one of the program's filters, which is dropped; the others apply.
    FilterRefused {
        /// The header.
        header: Box<[u8]>,
        /// Its value.
        value: Box<[u8]>,
    },
    /// The server has refused the log lines that [`Session::set_log`](super::Session::set_log) requested, and the
    /// request is dropped.
    LogRefused {
        /// The level that was asked for, for the host or for a reader.
        level: LogLevel,
    },
    /// The server has refused the HEARTBEAT: this connection may be silent, and is not watched.
    HeartbeatRefused,
    /// According to an event, the server was restarted during the [`Gap`](super::Gap): no earlier call is left.
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
