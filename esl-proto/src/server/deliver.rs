//! Events and log lines, on their way to the client.

use core::fmt;

use super::subscriptions::RegexHook;
use super::write::{LogData, Output, put_event_head};
use super::{Phase, Server, ServerLimits};
use crate::event::{self, EventEncodeError, EventSource, OutgoingEventError};
use crate::name::{Format, LogLevel};
use crate::sink::Writer;
use crate::text::{Insufficient, Percent};

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
    /// The event has been written in another coding than this connection's. It keeps its place.
    OtherCoding,
}

impl From<EventEncodeError> for DeliverError {
    fn from(error: EventEncodeError) -> Self {
        match error {
            EventEncodeError::Refused(error) => Self::Refused(error),
            EventEncodeError::Insufficient(error) => Self::Insufficient(error),
        }
    }
}

impl DeliverError {
    /// The error's number, the same in every language.
    #[must_use]
    pub const fn code(&self) -> u16 {
        match self {
            Self::NotReady => 703,
            Self::Refused(error) => error.code(),
            Self::Insufficient(error) => error.code(),
            Self::OtherCoding => 711,
        }
    }

    /// The number of bytes that are needed, if there is too little room.
    #[must_use]
    pub const fn required(&self) -> Option<usize> {
        match self {
            Self::Insufficient(error) => Some(error.required),
            Self::NotReady | Self::Refused(_) | Self::OtherCoding => None,
        }
    }
}

impl fmt::Display for DeliverError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotReady => f.write_str("not between two commands, or nothing is subscribed to"),
            Self::Refused(error) => error.fmt(f),
            Self::Insufficient(error) => error.fmt(f),
            Self::OtherCoding => f.write_str("the event has been written in another coding"),
        }
    }
}

impl core::error::Error for DeliverError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::NotReady | Self::OtherCoding => None,
            Self::Refused(error) => Some(error),
            Self::Insufficient(error) => Some(error),
        }
    }
}

/// How the events of a connection are written: [`Server::coding`]. Connections that agree in it get the same bytes, so that
/// a host with many of them writes an event once for each coding and copies or shares what was written.
///
/// ```
/// use esl_proto::server::{Response, EventCoding, Admission, Rights, Server, ServerLimits};
/// use esl_proto::event::{OutgoingEvent, Field};
///
/// # fn connection() -> Server<[u8; 256]> {
/// #     let mut server = Server::inbound(ServerLimits::DEFAULT, [0; 256]);
/// #     let mut out = [0; Server::REPLY_MAX];
/// #     server.poll(b"", &mut out).unwrap();
/// #     server.poll(b"auth x\n\n", &mut out).unwrap();
/// #     server.respond(Response::Accept(Rights::ALL), &mut out).unwrap();
/// #     server.poll(b"event json ALL\n\n", &mut out).unwrap();
/// #     server
/// # }
/// let mut connections = [connection(), connection()];
/// let fields = [Field::new("Event-Name", "HEARTBEAT")];
/// let event = OutgoingEvent::new(&fields);
/// let mut frame = Vec::new();
/// let mut written: Option<EventCoding> = None;
/// for server in &mut connections {
///     if server.offer(&event) != Admission::Enqueue {
///         continue;
///     }
///     let coding = server.coding();
///     if written != Some(coding) {
///         frame.resize(coding.encode(&event, &mut []).unwrap_err().required().unwrap_or(0), 0);
///         coding.encode(&event, &mut frame)?;
///         written = Some(coding);
///     }
///     server.delivered(coding)?; // And `frame` goes to this connection.
/// }
/// assert!(frame.ends_with(b"Content-Type: text/event-json\n\n{\"Event-Name\":\"HEARTBEAT\"}"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EventCoding {
    /// The format that the client has asked for.
    pub format: Format,
    /// How a `%` that looks like an escape is written.
    pub percent: Percent,
}

impl EventCoding {
    /// Writes the frame of an event, head and document, to the front of `out` and returns its length.
    ///
    /// # Errors
    ///
    /// The event cannot be written, or `out` is too short; what `out` holds then has no meaning.
    pub fn encode<E: EventSource + ?Sized>(self, event: &E, out: &mut [u8]) -> Result<usize, EventEncodeError> {
        let mut writer = Writer::new(out);
        let mut result = Ok(());
        put_event_head(self.format, &mut writer, |writer| {
            result = event::document(event, self.format, self.percent.into(), writer);
        });
        result?;
        Ok(writer.finish()?.len())
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
    pub fn offer<E: EventSource + ?Sized>(&mut self, event: &E) -> Admission {
        self.offer_with(event, &|_, _| false)
    }

    /// [`offer`](Self::offer), with a matcher for regular expressions.
    pub fn offer_with<E: EventSource + ?Sized>(&mut self, event: &E, regex: RegexHook<'_>) -> Admission {
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

    /// Writes a waiting event to the front of `out`, in the connection's format, and returns its length.
    ///
    /// # Errors
    ///
    /// It cannot be sent now, or not at all, or `out` is too short: the listener's state is unchanged, and what `out` holds
    /// has no meaning.
    ///
    /// ```
    /// use esl_proto::name::Format;
    /// use esl_proto::server::{Response, Admission, Rights, Server, ServerLimits};
    /// use esl_proto::Event;
    ///
    /// # let mut server = Server::inbound(ServerLimits::DEFAULT, [0; 256]);
    /// # let mut out = [0; Server::REPLY_MAX];
    /// # server.poll(b"", &mut out)?;
    /// # server.poll(b"auth x\n\n", &mut out)?;
    /// # server.respond(Response::Accept(Rights::ALL), &mut out)?;
    /// // This client wants JSON; what comes from another server is plain.
    /// server.poll(b"event json HEARTBEAT\n\n", &mut out)?;
    /// let event = Event::new(Format::Plain, b"Event-Name: HEARTBEAT\nUp-Time: 0%20years\n\n");
    /// assert_eq!(server.offer(&event), Admission::Enqueue);
    /// let len = server.deliver(&event, &mut out)?;
    /// assert!(out[..len].ends_with(br#"{"Event-Name":"HEARTBEAT","Up-Time":"0 years"}"#));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn deliver<E: EventSource + ?Sized>(&mut self, event: &E, out: &mut [u8]) -> Result<usize, DeliverError> {
        if !self.is_ready_for_events() {
            return Err(DeliverError::NotReady);
        }
        let written = self.coding().encode(event, out)?;
        self.events.pop();
        Ok(written)
    }

    /// How this connection's events are written now.
    #[must_use]
    pub const fn coding(&self) -> EventCoding {
        EventCoding { format: self.format, percent: self.percent }
    }

    /// Counts an event that waits as delivered, in place of [`deliver`](Self::deliver): the host sends a frame that
    /// [`EventCoding::encode`] has written in this coding.
    ///
    /// # Errors
    ///
    /// It cannot be sent now, or this connection wants another coding: the frame must not be sent.
    pub fn delivered(&mut self, coding: EventCoding) -> Result<(), DeliverError> {
        if !self.is_ready_for_events() {
            return Err(DeliverError::NotReady);
        }
        if coding != self.coding() {
            return Err(DeliverError::OtherCoding);
        }
        self.events.pop();
        Ok(())
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
