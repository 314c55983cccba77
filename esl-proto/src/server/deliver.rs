//! Events and log lines, on their way to the client.

use core::fmt;

use super::subscriptions::RegexHook;
use super::write::{LogData, Output};
use super::{Phase, Server, ServerLimits};
use crate::event::{OutgoingEvent, OutgoingEventError};
use crate::name::LogLevel;
use crate::text::Insufficient;

/// What becomes of an event or a log line that happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
#[non_exhaustive]
pub enum Admission {
    /// Not wanted by this connection.
    Skip,
    /// Wanted. Call [`deliver`](Server::deliver) for it in order; it counts against the queue limit until you do.
    Enqueue,
    /// Wanted, but the queue is full: dropped.
    Dropped,
    /// One loss too many: end the connection with [`Server::disconnect`].
    Overflow,
}

/// An event or a log line cannot be delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DeliverError {
    /// Not now: in the middle of a command, or before an answer, or nothing is subscribed to. It keeps its place.
    NotReady,
    /// The event cannot be written. If its place in the queue is to go, use [`Server::skip`].
    Refused(OutgoingEventError),
    /// `out` is too short. It keeps its place.
    Insufficient(Insufficient),
}

impl DeliverError {
    /// The error's number, the same in every language.
    #[must_use]
    pub const fn code(&self) -> u16 {
        match self {
            Self::NotReady => 703,
            Self::Refused(error) => error.code(),
            Self::Insufficient(error) => error.code(),
        }
    }

    /// The number of octets that are needed, if there is too little room.
    #[must_use]
    pub const fn required(&self) -> Option<usize> {
        match self {
            Self::Insufficient(error) => Some(error.required),
            Self::NotReady | Self::Refused(_) => None,
        }
    }
}

impl fmt::Display for DeliverError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotReady => f.write_str("not between two commands, or nothing is subscribed to"),
            Self::Refused(error) => error.fmt(f),
            Self::Insufficient(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for DeliverError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::NotReady => None,
            Self::Refused(error) => Some(error),
            Self::Insufficient(error) => Some(error),
        }
    }
}

/// How many of a kind wait, and how many were lost in a row.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Queue {
    pub(super) waiting: u32,
    lost: u32,
}

impl Queue {
    pub(super) const EMPTY: Self = Self { waiting: 0, lost: 0 };

    fn push(&mut self, limits: &ServerLimits) -> Admission {
        if self.waiting < limits.max_queued {
            self.waiting += 1;
            self.lost = 0;
            return Admission::Enqueue;
        }
        self.lost = self.lost.saturating_add(1);
        if self.lost > limits.max_lost { Admission::Overflow } else { Admission::Dropped }
    }

    fn pop(&mut self) {
        self.waiting = self.waiting.saturating_sub(1);
    }
}

impl<S: AsRef<[u8]> + AsMut<[u8]>> Server<S> {
    /// Whether this connection wants an event that happens, by its subscriptions and filters. Filters with regular
    /// expressions match nothing; [`offer_with`](Self::offer_with) has a hook for them.
    pub fn offer(&mut self, event: &OutgoingEvent<'_>) -> Admission {
        self.offer_with(event, &|_, _| false)
    }

    /// [`offer`](Self::offer), with somebody who knows regular expressions.
    pub fn offer_with(&mut self, event: &OutgoingEvent<'_>, regex: RegexHook<'_>) -> Admission {
        if matches!(self.phase, Phase::Open | Phase::Login) && self.subscriptions.wants(event, &self.arena, regex) {
            self.events.push(&self.limits)
        } else {
            Admission::Skip
        }
    }

    /// Offers an event of the controlled channel's own queue, after [`Effect::Divert`](super::Effect::Divert):
    /// subscriptions and filters do not count.
    pub fn offer_diverted(&mut self) -> Admission {
        if matches!(self.phase, Phase::Open) && !self.lingering {
            self.events.push(&self.limits)
        } else {
            Admission::Skip
        }
    }

    /// Writes an event that waits to the front of `out`, in the connection's format, and returns its length.
    ///
    /// # Errors
    ///
    /// It cannot be sent now, or not at all, or `out` is too short: the listener's state is unchanged, and what `out` holds
    /// has no meaning.
    pub fn deliver(&mut self, event: &OutgoingEvent<'_>, out: &mut [u8]) -> Result<usize, DeliverError> {
        if !self.is_ready_for_events() {
            return Err(DeliverError::NotReady);
        }
        event.check(self.format).map_err(DeliverError::Refused)?;
        let written = Output::Event(event, self.format, self.percent).emit(out).map_err(DeliverError::Insufficient)?;
        self.events.pop();
        Ok(written)
    }

    /// Gives up an event that waits, as if it had been delivered.
    pub fn skip(&mut self) {
        self.events.pop();
    }

    /// Whether this connection wants a log line of that level.
    pub fn offer_log(&mut self, level: LogLevel) -> Admission {
        if matches!(self.phase, Phase::Open) && self.log.is_some_and(|wanted| wanted >= level) {
            self.log_lines.push(&self.limits)
        } else {
            Admission::Skip
        }
    }

    /// Writes a log line that waits to the front of `out`, and returns its length.
    ///
    /// # Errors
    ///
    /// It cannot be sent now, or `out` is too short: the listener's state is unchanged, and what `out` holds
    /// has no meaning.
    pub fn deliver_log(&mut self, line: &LogData<'_>, out: &mut [u8]) -> Result<usize, DeliverError> {
        if !self.is_ready_for_log() {
            return Err(DeliverError::NotReady);
        }
        let written = Output::Log(line).emit(out).map_err(DeliverError::Insufficient)?;
        self.log_lines.pop();
        Ok(written)
    }
}
