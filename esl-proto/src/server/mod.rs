//! The connection as FreeSWITCH's listener sees it.
//!
//! Commands are interpreted as by mod_event_socket: words match by prefix, and replies have the same texts.
//! `docs/protocol.md` lists deliberate differences.
//!
//! # Theory of operation
//!
//! A [`Server`] is one connection. Its host owns the socket, the clock, the calls and the API; the listener owns the
//! protocol's state: phase, format, subscriptions, filters, rights, lingering, and the number of waiting events.
//!
//! The host calls, in any order that these rules allow:
//!
//! 1. [`poll`](Server::poll) with everything read and not yet consumed, repeatedly until it returns [`Poll::NeedData`].
//!    The first call writes the greeting. Each call handles at most one command: it is answered ([`Poll::Done`]), or
//!    becomes a request to the host ([`Poll::HostRequest`]).
//! 2. [`answer`](Server::respond), once for each request, now or later. Until then `poll` returns [`Poll::Waiting`]:
//!    replies come in the order of the commands. Everything that a request borrows lies in the read buffer.
//! 3. [`offer`](Server::offer) for every event that happens, and, if the answer is [`Admission::Enqueue`],
//!    [`deliver`](Server::deliver) or [`skip`](Server::skip) for it later, in order. The host keeps the queue, the
//!    listener counts it. `deliver` works only between two commands, as with FreeSWITCH; the format is the current one
//!    at delivery.
//! 4. [`disconnect`](Server::disconnect) or [`channel_ended`](Server::channel_ended) when a time-out has expired or a
//!    call has ended. [`Poll::Closed`] or [`closed`](Server::closed) says that the connection is over: the host sends
//!    what was written, then closes it.
//!
//! Invariants:
//!
//! * Each command gets one frame, except the first of an outbound connection, which gets none unless it is answered by
//!   more than a plain reply (`connect`, `api`).
//! * A call that fails leaves the listener unchanged. The contents of `out` are then meaningless.
//! * The listener writes whole frames only, and no text of a client or host can end one early.
//! * No call takes longer than a time linear in the bytes that it was given, whatever a client has made the listener
//!   keep; only filters are asked one by one for each event.

mod arena;
mod commands;
mod deliver;
mod poll;
mod request;
mod subscriptions;
mod write;

use core::fmt;
use core::time::Duration;

use arena::{Kind, RecordArena};
use deliver::Queue;
pub use deliver::{Admission, DeliverError, EventCoding};
pub use poll::{Closed, Effect, Goodbye, Poll};
use request::PendingReply;
pub use request::{HostRequest, Response, ResponseError, Rights};
pub use subscriptions::RegexHook;
use subscriptions::Subscriptions;
pub use write::LogData;
use write::Output;

use crate::frame::{Decoder, Limits, Request, Step};
use crate::name::{Format, LogLevel};
use crate::sink::Writer;
use crate::text::{Insufficient, Percent};

/// What a listener takes and keeps, at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServerLimits {
    /// The longest head and body of a command. FreeSWITCH has 10 MiB and 16 MiB; a body over 16 MiB is refused in any
    /// case.
    pub request: Limits,
    /// How many events, and how many log lines, may wait to be sent.
    pub max_queued: u32,
    /// How many of them may be lost in a row beyond that before the connection ends.
    pub max_lost: u32,
}

impl ServerLimits {
    /// 64 KiB for a head, 1 MiB for a body; 100 000 waiting events and 500 losses, as FreeSWITCH has it.
    pub const DEFAULT: Self = Self {
        request: Limits { max_head: 65_536, max_body: 1_048_576, ..Limits::DEFAULT },
        max_queued: 100_000,
        max_lost: 500,
    };
}

impl Default for ServerLimits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// What an outbound connection's program may do, and how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Control {
    /// `full`: all commands, not only those for the one channel.
    pub full: bool,
    /// `async`: `sendmsg` is answered at once. Otherwise when the application has ended.
    pub is_async: bool,
}

/// The state of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    New,
    Login,
    Open,
    Closed(Closed),
}

/// One connection of a listener.
///
/// The host reads bytes and gives them to [`poll`](Self::poll), sends what the listener writes, answers what it
/// [asks](HostRequest), and [offers](Self::offer) it every event that happens. It has no clock: the host ends a
/// connection without a [first command](Self::is_awaiting_first_command) after 25 seconds, and a lingering one when its
/// time is over.
///
/// `S` is the storage for what a client can make a listener keep: subclasses, filters, and a user's rights. When it is
/// full, a command that would add to it is refused with `-ERR memory error`.
///
/// ```
/// use esl_proto::server::{Response, HostRequest, Poll, Rights, Server, ServerLimits};
///
/// let mut server = Server::inbound(ServerLimits::DEFAULT, [0; 512]);
/// let mut out = [0; Server::REPLY_MAX];
/// let written = server.poll(b"", &mut out)?.written();
/// assert_eq!(&out[..written], b"Content-Type: auth/request\n\n");
///
/// let Poll::HostRequest { request: HostRequest::Password(password), .. } = server.poll(b"auth ClueCon\n\n", &mut out)? else {
///     panic!("that was a password");
/// };
/// let answer = if password.matches("ClueCon") { Response::Accept(Rights::ALL) } else { Response::Refuse };
/// let written = server.respond(answer, &mut out)?;
/// assert_eq!(&out[..written], b"Content-Type: command/reply\nReply-Text: +OK accepted\n\n");
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Server<S> {
    decoder: Decoder,
    limits: ServerLimits,
    arena: RecordArena<S>,
    phase: Phase,
    /// How an outbound connection is controlled.
    outbound: Option<Control>,
    /// Whether no command has come yet.
    fresh: bool,
    /// Whether a part of a command has come.
    partial: bool,
    pending: Option<PendingReply>,
    format: Format,
    percent: Percent,
    subscriptions: Subscriptions,
    log: Option<LogLevel>,
    may_log: bool,
    /// Whether only some API commands may be used.
    api_limited: bool,
    linger: Option<i32>,
    /// Whether the controlled channel is gone.
    lingering: bool,
    events: Queue,
    log_lines: Queue,
}

impl Server<[u8; 0]> {
    /// How long `out` must be for everything that the listener writes on its own. Only the host's data need more:
    /// answers of API commands, channel data, events, log lines.
    pub const REPLY_MAX: usize = 2048;
    /// How long FreeSWITCH waits for a client's first command: see [`is_awaiting_first_command`](Self::is_awaiting_first_command).
    pub const FIRST_COMMAND_TIMEOUT: Duration = Duration::from_secs(25);
}

impl<S> Server<S> {
    const fn new(limits: ServerLimits, storage: S, outbound: Option<Control>) -> Self {
        let request = Limits { max_buffered: usize::MAX, ..limits.request };
        Self {
            decoder: Decoder::for_requests(request),
            limits,
            arena: RecordArena::new(storage),
            phase: Phase::New,
            outbound,
            fresh: true,
            partial: false,
            pending: None,
            format: Format::Plain,
            percent: Percent::FreeSwitch,
            subscriptions: Subscriptions::NONE,
            log: None,
            may_log: true,
            api_limited: false,
            linger: None,
            lingering: false,
            events: Queue::EMPTY,
            log_lines: Queue::EMPTY,
        }
    }

    /// A connection that a client has made to this listener. [`reject`](Self::reject) it if its address is not allowed,
    /// otherwise begin with [`poll`](Self::poll).
    #[must_use]
    pub const fn inbound(limits: ServerLimits, storage: S) -> Self {
        Self::new(limits, storage, None)
    }

    /// The same listener with another rule for a `%` in values. The default is FreeSWITCH's rule.
    #[must_use]
    pub fn with_percent(self, percent: Percent) -> Self {
        Self { percent, ..self }
    }

    /// True until a valid command arrives. FreeSWITCH drops such connections after
    /// [25 s](Server::FIRST_COMMAND_TIMEOUT); unlike this, its timer is
    /// cancelled by the first (even invalid) command.
    #[must_use]
    pub const fn is_awaiting_first_command(&self) -> bool {
        matches!(self.phase, Phase::New | Phase::Login) || (self.fresh && matches!(self.phase, Phase::Open))
    }

    /// Whether a command has arrived in part, which holds back all events until the rest arrives. FreeSWITCH waits for
    /// ever; a host should not.
    #[must_use]
    pub const fn is_mid_command(&self) -> bool {
        self.partial
    }

    /// Whether the connection is over, and why.
    #[must_use]
    pub const fn closed(&self) -> Option<Closed> {
        match self.phase {
            Phase::Closed(why) => Some(why),
            _ => None,
        }
    }

    /// Whether the client has given a password that was accepted, or needs none.
    #[must_use]
    pub const fn is_authenticated(&self) -> bool {
        matches!(self.phase, Phase::Open)
    }

    /// The format of events.
    #[must_use]
    pub const fn format(&self) -> Format {
        self.format
    }

    /// Least severe level the client wants; [`None`] if logging is off.
    #[must_use]
    pub const fn log_level(&self) -> Option<LogLevel> {
        self.log
    }

    /// How long the connection stays open after its channel has ended: seconds, or -1 for ever.
    #[must_use]
    pub const fn linger(&self) -> Option<i32> {
        self.linger
    }

    /// Whether the controlled channel is gone and the connection has stayed.
    #[must_use]
    pub const fn is_lingering(&self) -> bool {
        self.lingering
    }

    /// How many events wait to be delivered.
    #[must_use]
    pub const fn waiting_events(&self) -> u32 {
        self.events.waiting
    }

    /// How many log lines wait to be delivered.
    #[must_use]
    pub const fn waiting_log_lines(&self) -> u32 {
        self.log_lines.waiting
    }

    /// Whether an event could be sent now: between two commands, and only if any are subscribed to.
    #[must_use]
    pub const fn is_ready_for_events(&self) -> bool {
        self.is_between_commands() && self.subscriptions.listening
    }

    /// Whether a log line could be sent now.
    #[must_use]
    pub const fn is_ready_for_log(&self) -> bool {
        self.is_between_commands() && self.log.is_some()
    }

    const fn is_between_commands(&self) -> bool {
        matches!(self.phase, Phase::Open) && !self.partial && self.pending.is_none()
    }
}

impl<S: AsRef<[u8]> + AsMut<[u8]>> Server<S> {
    /// The connection that a channel has made to a program. `uuid` is the channel's.
    ///
    /// # Errors
    ///
    /// The uuid has no place in the storage.
    pub fn outbound(
        limits: ServerLimits,
        storage: S,
        uuid: impl AsRef<[u8]>,
        control: Control,
    ) -> Result<Self, Insufficient> {
        let mut server = Self::new(limits, storage, Some(control));
        server.keep_channel(uuid.as_ref())?;
        Ok(server)
    }

    fn keep_channel(&mut self, uuid: &[u8]) -> Result<(), Insufficient> {
        let required = self.arena.required(RecordArena::<S>::room_for(Kind::Channel, uuid));
        self.arena.insert(Kind::Channel, uuid).map_err(|_| Insufficient { required })
    }

    /// The channel that the connection controls.
    #[must_use]
    pub fn channel(&self) -> Option<&[u8]> {
        self.arena.one(Kind::Channel)
    }

    /// Reads the next command from `buf`, which begins where the bytes end that were consumed before. The listener's
    /// own replies are written to the front of `out`.
    ///
    /// # Errors
    ///
    /// `out` is shorter than [`REPLY_MAX`](Server::REPLY_MAX): nothing has happened.
    pub fn poll<'b>(&mut self, buf: &'b [u8], out: &mut [u8]) -> Result<Poll<'b>, Insufficient> {
        if out.len() < Server::REPLY_MAX {
            return Err(Insufficient { required: Server::REPLY_MAX });
        }
        match self.phase {
            Phase::New => {
                let written = match self.outbound {
                    None => Output::AuthRequest.emit(out)?,
                    Some(_) => 0,
                };
                self.phase = if self.outbound.is_some() { Phase::Open } else { Phase::Login };
                return Ok(Poll::Done { effect: Effect::Greeting, consumed: 0, written });
            }
            Phase::Closed(why) => return Ok(Poll::Closed { why, written: 0 }),
            Phase::Login | Phase::Open => {}
        }
        if self.pending.is_some() {
            return Ok(Poll::Waiting);
        }
        match self.decoder.decode(buf) {
            Ok(Step::Frame { frame, consumed }) => {
                self.partial = false;
                self.dispatch(Request::from(frame), consumed, out)
            }
            Ok(step) => {
                let consumed = step.consumed();
                self.partial = buf.len() > consumed;
                let required = match step {
                    Step::NeedData { required, .. } => required,
                    _ => None,
                };
                Ok(Poll::NeedData { required, consumed })
            }
            Err(error) => {
                let why = Closed::Unreadable(error);
                Ok(Poll::Closed { why, written: self.close(why, Goodbye::Disconnected, out)? })
            }
        }
    }

    /// Ends the connection: writes the notice.
    fn close(&mut self, why: Closed, goodbye: Goodbye, out: &mut [u8]) -> Result<usize, Insufficient> {
        self.close_after(None, why, goodbye, out)
    }

    /// Ends the connection with one more frame before the notice.
    fn close_after(
        &mut self,
        last: Option<Output<'_>>,
        why: Closed,
        goodbye: Goodbye,
        out: &mut [u8],
    ) -> Result<usize, Insufficient> {
        let mut writer = Writer::new(out);
        if let Some(last) = last {
            last.write(&mut writer);
        }
        Output::Goodbye(self.channel(), goodbye.text().as_bytes()).write(&mut writer);
        let written = writer.finish()?.len();
        self.phase = Phase::Closed(why);
        self.pending = None;
        self.partial = false;
        Ok(written)
    }

    /// Refuses a connection by its address, instead of the first [`poll`](Self::poll). Close it then.
    ///
    /// # Errors
    ///
    /// `out` is too short: nothing has changed, and what `out` holds has no meaning.
    pub fn reject(&mut self, out: &mut [u8]) -> Result<usize, Insufficient> {
        self.close_after(Some(Output::Rejection), Closed::Rejected, Goodbye::Disconnected, out)
    }

    /// Ends the connection with a notice. Close it then. Nothing is written if it is over already.
    ///
    /// # Errors
    ///
    /// `out` is too short: nothing has changed, and what `out` holds has no meaning.
    pub fn disconnect(&mut self, goodbye: Goodbye, out: &mut [u8]) -> Result<usize, Insufficient> {
        match self.phase {
            Phase::Closed(_) => Ok(0),
            _ => self.close(Closed::Ended(goodbye), goodbye, out),
        }
    }

    /// Says that the controlled channel, whose name is given, has ended. Writes a notice: that the connection lingers,
    /// or that it ends; [`closed`](Self::closed) says which. If it lingers, the host ends it after
    /// [`linger`](Self::linger) seconds.
    ///
    /// Nothing is written if no channel is controlled, or it had ended before.
    ///
    /// # Errors
    ///
    /// `out` is too short: nothing has changed, and what `out` holds has no meaning.
    pub fn channel_ended(&mut self, name: impl AsRef<[u8]>, out: &mut [u8]) -> Result<usize, Insufficient> {
        let Some(uuid) = self.channel() else { return Ok(0) };
        match (self.phase, self.linger) {
            (Phase::Closed(_), _) => Ok(0),
            _ if self.lingering => Ok(0),
            (_, Some(seconds)) => {
                let written = Output::Lingering(uuid, name.as_ref(), seconds).emit(out)?;
                self.lingering = true;
                Ok(written)
            }
            (_, None) => self.close(Closed::ChannelGone, Goodbye::Disconnected, out),
        }
    }

    /// Subscribes to a subclass, as `event CUSTOM <subclass>` would: for [`Effect::AllEvents`].
    ///
    /// # Errors
    ///
    /// The storage is full.
    pub fn subscribe(&mut self, subclass: impl AsRef<[u8]>) -> Result<(), Insufficient> {
        let subclass = subclass.as_ref();
        let required = self.arena.required(RecordArena::<S>::room_for(Kind::Subclass, subclass));
        self.arena.insert(Kind::Subclass, subclass).map_err(|_| Insufficient { required })
    }
}

impl<S> fmt::Debug for Server<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("phase", &self.phase)
            .field("pending", &self.pending)
            .field("format", &self.format)
            .field("waiting_events", &self.events.waiting)
            .finish_non_exhaustive()
    }
}
