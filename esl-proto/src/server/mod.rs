//! The connection as FreeSWITCH's listener sees it.
//!
//! What a command means here is what mod_event_socket makes of it: words match by their beginning, in the listener's own
//! order, and replies have its texts. `docs/protocol.md` lists where this listener differs on purpose.

mod ask;
mod commands;
mod interest;
mod store;
mod write;

use core::fmt;

use ask::Due;
pub use ask::{Answer, AnswerError, Ask, Rights};
use interest::Interest;
pub use interest::RegexHook;
use store::{Kind, Store};
pub use write::LogData;
use write::Output;

use crate::event::{EventData, EventDataError};
use crate::frame::{DecodeError, Decoder, Limits, Request, Step};
use crate::name::{Format, LogLevel};
use crate::text::{Insufficient, Percent};

/// What a listener takes and keeps, at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServerLimits {
    /// The longest head and body of a command. FreeSWITCH has 10 MiB and 16 MiB; a body over 16 MiB is refused in any
    /// case.
    pub request: Limits,
    /// How many events, and how many log lines, may wait to be sent.
    pub queued: u32,
    /// How many of them may be lost in a row beyond that before the connection ends.
    pub lost: u32,
}

impl ServerLimits {
    /// 64 KiB for a head, 1 MiB for a body; 100 000 waiting events and 500 losses, as FreeSWITCH has it.
    pub const DEFAULT: Self =
        Self { request: Limits { head: 65_536, body: 1_048_576, ..Limits::DEFAULT }, queued: 100_000, lost: 500 };
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

/// What [`Server::poll`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Poll<'b> {
    /// The listener has written something by itself: its greeting, or the reply to a command.
    Done {
        /// What the host may want to know about it.
        effect: Effect,
        /// Octets that are done with.
        consumed: usize,
        /// Octets of `out` to send. 0 for the first command of an outbound connection: only `connect` is answered there.
        written: usize,
    },
    /// The client wants something of the host, which has to [`answer`](Server::answer).
    Ask {
        /// What.
        ask: Ask<'b>,
        /// Octets that are done with, once the question is.
        consumed: usize,
    },
    /// The host owes an answer: nothing is read before.
    Waiting,
    /// More octets must be read first.
    NeedData {
        /// How long the buffer must be for the next command to be whole, if that is known.
        required: Option<usize>,
        /// Octets that are done with.
        consumed: usize,
    },
    /// The connection is over: send what is written, then close it.
    Closed {
        /// Why.
        why: Closed,
        /// Octets of `out` to send.
        written: usize,
    },
}

impl Poll<'_> {
    /// The octets that must be taken off the front of the buffer before the next call.
    #[must_use]
    pub const fn consumed(&self) -> usize {
        match self {
            Self::Done { consumed, .. } | Self::Ask { consumed, .. } | Self::NeedData { consumed, .. } => *consumed,
            Self::Waiting | Self::Closed { .. } => 0,
        }
    }

    /// The octets of `out` that must be sent.
    #[must_use]
    pub const fn written(&self) -> usize {
        match self {
            Self::Done { written, .. } | Self::Closed { written, .. } => *written,
            Self::Ask { .. } | Self::Waiting | Self::NeedData { .. } => 0,
        }
    }
}

/// What a command that the listener has answered by itself means to its host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Effect {
    /// The greeting has been written: an auth request, or nothing in outbound mode. The client has 25 seconds for its
    /// first command.
    Greeting,
    /// Nothing: a refusal, or a change of what the connection gets.
    None,
    /// ALL events are subscribed to: [`Server::subscribe`] the subclasses that the host knows. They remain when a
    /// later `nixevent` takes a name out of ALL.
    AllEvents,
    /// `noevents`: the events that wait must be dropped.
    EventsFlushed,
    /// `nolog`: the log lines that wait must be dropped.
    LogFlushed,
    /// `divert_events`: whether events for the controlled channel's own queue come here, by
    /// [`Server::offer_diverted`].
    Divert(bool),
    /// `resume`: the dialplan goes on when the connection has ended.
    Resume,
    /// `linger` or `nolinger`: [`Server::linger`] has changed. If the channel is gone already, `linger` begins the time
    /// anew, and `nolinger` comes too late.
    Linger,
}

/// Why a connection is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Closed {
    /// The client has sent `exit`.
    Exit,
    /// The password was wrong.
    Refused,
    /// The client's address is not allowed.
    Rejected,
    /// The client has sent a command that begins with a NUL.
    NoCommand,
    /// What the client sent cannot be read, or is beyond a limit.
    Unreadable(DecodeError),
    /// The controlled channel has ended, and nothing lingers.
    ChannelGone,
    /// The host has ended it.
    Ended(Goodbye),
}

/// What to say at the end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Goodbye {
    /// The usual: the client has closed its side, a time is over.
    Disconnected,
    /// The server ends, or the module is reloaded.
    ShutDown,
    /// Too many events were lost.
    LostEvents,
    /// Too many log lines were lost.
    LostLogLines,
}

impl Goodbye {
    /// What the notice says.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Disconnected => "Disconnected, goodbye.\nSee you at ClueCon! http://www.cluecon.com/\n",
            Self::ShutDown => "The system is being shut down.\n",
            Self::LostEvents => "killed listener because of lost events\n",
            Self::LostLogLines => "killed listener because of lost log lines\n",
        }
    }
}

/// What becomes of an event or a log line that happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Offer {
    /// It is not for this connection.
    Skip,
    /// It is, and must be [delivered](Server::deliver) in its turn. It counts as waiting until then.
    Queue,
    /// It would be, but too many wait: it is lost.
    Lost,
    /// One loss too many: [`Server::disconnect`].
    Kill,
}

/// An event or a log line cannot be delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DeliverError {
    /// Not now: in the middle of a command, or before an answer, or nothing is subscribed to. It keeps its place.
    NotReady,
    /// The event cannot be written. If its place in the queue is to go, use [`Server::skip`].
    Event(EventDataError),
}

impl DeliverError {
    /// The error's number, the same in every language.
    #[must_use]
    pub const fn code(&self) -> u16 {
        match self {
            Self::NotReady => 703,
            Self::Event(error) => error.code(),
        }
    }
}

impl fmt::Display for DeliverError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotReady => f.write_str("not between two commands, or nothing is subscribed to"),
            Self::Event(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for DeliverError {}

/// How far a connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    New,
    Login,
    Open,
    Closed(Closed),
}

/// How many of a kind wait, and how many were lost in a row.
#[derive(Clone, Copy, Debug, Default)]
struct Queue {
    waiting: u32,
    lost: u32,
}

impl Queue {
    fn push(&mut self, limits: &ServerLimits) -> Offer {
        if self.waiting < limits.queued {
            self.waiting += 1;
            self.lost = 0;
            return Offer::Queue;
        }
        self.lost = self.lost.saturating_add(1);
        if self.lost > limits.lost { Offer::Kill } else { Offer::Lost }
    }

    fn pop(&mut self) {
        self.waiting = self.waiting.saturating_sub(1);
    }
}

/// One connection of a listener.
///
/// The host reads octets and gives them to [`poll`](Self::poll), sends what the listener writes, answers what it
/// [asks](Ask), and [offers](Self::offer) it every event that happens. Nothing here has a clock: the host ends a
/// connection on which no command [has come](Self::is_idle_stranger) for 25 seconds, and one that lingers in its time.
///
/// `S` is the storage for what a client can make a listener keep: subclasses, filters, and a user's rights. Where it is
/// full, a command that would add to it is refused with `-ERR memory error`.
///
/// ```
/// use esl_proto::server::{Answer, Ask, Poll, Rights, Server, ServerLimits};
///
/// let mut server = Server::inbound(ServerLimits::DEFAULT, [0; 512]);
/// let mut out = [0; Server::REPLY_MAX];
/// let written = server.poll(b"", &mut out)?.written();
/// assert_eq!(&out[..written], b"Content-Type: auth/request\n\n");
///
/// let Poll::Ask { ask: Ask::Password(password), .. } = server.poll(b"auth ClueCon\n\n", &mut out)? else {
///     panic!("that was a password");
/// };
/// let answer = if password.expose() == b"ClueCon" { Answer::Accept(Rights::ALL) } else { Answer::Refuse };
/// let written = server.answer(answer, &mut out)?;
/// assert_eq!(&out[..written], b"Content-Type: command/reply\nReply-Text: +OK accepted\n\n");
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Server<S> {
    decoder: Decoder,
    limits: ServerLimits,
    store: Store<S>,
    phase: Phase,
    /// How an outbound connection is controlled.
    outbound: Option<Control>,
    /// Whether no command has come yet.
    fresh: bool,
    /// Whether a part of a command has come.
    partial: bool,
    due: Option<Due>,
    format: Format,
    percent: Percent,
    interest: Interest,
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
    /// How long `out` must be for everything that the listener writes by itself. More only for what the host gives:
    /// answers of API commands, channel data, events, log lines.
    pub const REPLY_MAX: usize = 2048;
}

impl<S> Server<S> {
    const fn new(limits: ServerLimits, storage: S, outbound: Option<Control>) -> Self {
        let request = Limits { whole: usize::MAX, ..limits.request };
        Self {
            decoder: Decoder::for_requests(request),
            limits,
            store: Store::new(storage),
            phase: Phase::New,
            outbound,
            fresh: true,
            partial: false,
            due: None,
            format: Format::Plain,
            percent: Percent::Faithful,
            interest: Interest::NONE,
            log: None,
            may_log: true,
            api_limited: false,
            linger: None,
            lingering: false,
            events: Queue { waiting: 0, lost: 0 },
            log_lines: Queue { waiting: 0, lost: 0 },
        }
    }

    /// A connection that a client has made to this listener. [`reject`](Self::reject) it if its address is not allowed,
    /// otherwise begin with [`poll`](Self::poll).
    #[must_use]
    pub const fn inbound(limits: ServerLimits, storage: S) -> Self {
        Self::new(limits, storage, None)
    }

    /// The same listener with another rule for the `%` of values. FreeSWITCH's own is the default.
    #[must_use]
    pub fn with_percent(self, percent: Percent) -> Self {
        Self { percent, ..self }
    }

    /// Whether no command has come yet, or none but wrong ones before a password: the host ends such a connection after
    /// 25 seconds, as FreeSWITCH does, which however stops counting at the first wrong command.
    #[must_use]
    pub const fn is_idle_stranger(&self) -> bool {
        matches!(self.phase, Phase::New | Phase::Login) || (self.fresh && matches!(self.phase, Phase::Open))
    }

    /// Whether a part of a command has come, which keeps back all events until the rest does. FreeSWITCH waits for
    /// ever; a host had better not.
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

    /// The gravest to the least grave: up to which level log lines are wanted.
    #[must_use]
    pub const fn log_level(&self) -> Option<LogLevel> {
        self.log
    }

    /// How long the connection stays when its channel has ended: seconds, or -1 for ever.
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
        self.is_between_commands() && self.interest.listening
    }

    /// Whether a log line could be sent now.
    #[must_use]
    pub const fn is_ready_for_log(&self) -> bool {
        self.is_between_commands() && self.log.is_some()
    }

    const fn is_between_commands(&self) -> bool {
        matches!(self.phase, Phase::Open) && !self.partial && self.due.is_none()
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
        let required = self.store.required(uuid);
        self.store.add(Kind::Channel, uuid, &[]).map_err(|_| Insufficient { required })
    }

    /// The channel that the connection controls.
    #[must_use]
    pub fn channel(&self) -> Option<&[u8]> {
        self.store.of(Kind::Channel).next().map(|record| record.first)
    }

    /// Reads the next command from `buf`, which begins where the octets end that were consumed before. What the listener
    /// answers by itself is written to the front of `out`.
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
        if self.due.is_some() {
            return Ok(Poll::Waiting);
        }
        match self.decoder.decode(buf) {
            Ok(Step::Frame { frame, consumed }) => {
                self.partial = false;
                self.obey(Request::from(frame), consumed, out)
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
        let written = Output::Goodbye(self.channel(), goodbye.text().as_bytes()).emit(out)?;
        self.phase = Phase::Closed(why);
        self.due = None;
        self.partial = false;
        Ok(written)
    }

    /// Refuses a connection by its address, instead of the first [`poll`](Self::poll). Close it then.
    ///
    /// # Errors
    ///
    /// `out` is too short: nothing has happened.
    pub fn reject(&mut self, out: &mut [u8]) -> Result<usize, Insufficient> {
        let written = Output::Rejection.emit(out)?;
        let rest = out.get_mut(written..).unwrap_or_default();
        match self.close(Closed::Rejected, Goodbye::Disconnected, rest) {
            Ok(more) => Ok(written + more),
            Err(error) => Err(Insufficient { required: written + error.required }),
        }
    }

    /// Ends the connection with a notice. Close it then. Nothing is written if it is over already.
    ///
    /// # Errors
    ///
    /// `out` is too short: nothing has happened.
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
    /// `out` is too short: nothing has happened.
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

    /// Whether this connection wants an event that happens, by its subscriptions and filters. Filters with regular
    /// expressions match nothing; [`offer_with`](Self::offer_with) has a hook for them.
    pub fn offer(&mut self, event: &EventData<'_>) -> Offer {
        self.offer_with(event, &|_, _| false)
    }

    /// [`offer`](Self::offer), with somebody who knows regular expressions.
    pub fn offer_with(&mut self, event: &EventData<'_>, regex: RegexHook<'_>) -> Offer {
        if matches!(self.phase, Phase::Open | Phase::Login) && self.interest.wants(event, &self.store, regex) {
            self.events.push(&self.limits)
        } else {
            Offer::Skip
        }
    }

    /// Offers an event of the controlled channel's own queue, after [`Effect::Divert`]: subscriptions and filters do not
    /// count.
    pub fn offer_diverted(&mut self) -> Offer {
        if matches!(self.phase, Phase::Open) && !self.lingering { self.events.push(&self.limits) } else { Offer::Skip }
    }

    /// Writes an event that waits to the front of `out`, in the connection's format, and returns its length.
    ///
    /// # Errors
    ///
    /// It cannot be sent now, or not at all, or `out` is too short: nothing has happened.
    pub fn deliver(&mut self, event: &EventData<'_>, out: &mut [u8]) -> Result<usize, DeliverError> {
        if !self.is_ready_for_events() {
            return Err(DeliverError::NotReady);
        }
        event.check(self.format).map_err(DeliverError::Event)?;
        let written = Output::Event(event, self.format, self.percent)
            .emit(out)
            .map_err(|error| DeliverError::Event(EventDataError::Insufficient { required: error.required }))?;
        self.events.pop();
        Ok(written)
    }

    /// Gives up an event that waits, as if it had been delivered.
    pub fn skip(&mut self) {
        self.events.pop();
    }

    /// Whether this connection wants a log line of that level.
    pub fn offer_log(&mut self, level: LogLevel) -> Offer {
        if matches!(self.phase, Phase::Open) && self.log.is_some_and(|wanted| wanted >= level) {
            self.log_lines.push(&self.limits)
        } else {
            Offer::Skip
        }
    }

    /// Writes a log line that waits to the front of `out`, and returns its length.
    ///
    /// # Errors
    ///
    /// It cannot be sent now, or `out` is too short: nothing has happened.
    pub fn deliver_log(&mut self, line: &LogData<'_>, out: &mut [u8]) -> Result<usize, DeliverError> {
        if !self.is_ready_for_log() {
            return Err(DeliverError::NotReady);
        }
        let written = Output::Log(line)
            .emit(out)
            .map_err(|error| DeliverError::Event(EventDataError::Insufficient { required: error.required }))?;
        self.log_lines.pop();
        Ok(written)
    }

    /// Subscribes to a subclass, as `event CUSTOM <subclass>` would: for [`Effect::AllEvents`].
    ///
    /// # Errors
    ///
    /// The storage is full.
    pub fn subscribe(&mut self, subclass: impl AsRef<[u8]>) -> Result<(), Insufficient> {
        let subclass = subclass.as_ref();
        let required = self.store.required(subclass);
        self.store.insert(Kind::Subclass, subclass).map_err(|_| Insufficient { required })
    }
}

impl<S> fmt::Debug for Server<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("phase", &self.phase)
            .field("due", &self.due)
            .field("format", &self.format)
            .field("waiting_events", &self.events.waiting)
            .finish_non_exhaustive()
    }
}
