//! A connection as its client sees it, inbound or outbound.
//!
//! The client does no I/O: the host passes it received bytes and sends the bytes that it returns. To [`Decoder`] and
//! [`Command`] it adds the connection: authentication, the matching of answers to commands, which commands may be sent
//! now, and the end.
//!
//! # Theory of operation
//!
//! 1. FreeSWITCH answers every command with one frame, in the order of the commands. Two counters say which command an
//!    answer belongs to; nothing is stored for a command that waits. The decoder keeps the count of frames right: a
//!    reply that the server breaks is still one frame.
//! 2. A command counts as answered when the last byte of its answer has arrived. An answer in parts carries its id from
//!    the first part on.
//! 3. [`ready`](Client::ready) finds an item and [`poll`](Client::poll) takes it, finding it first if necessary: only
//!    `poll` changes the client's state, except that either reports broken framing. [`track`](Client::track) (which
//!    [`send`](Client::send) calls) and [`track_external`](Client::track_external) are the only ones that count a
//!    command, and [`eof`](Client::eof) is the last. Between them the phase changes by one table, in `state.rs`.
//! 4. Each id is reported once: in an answer, or among those that will never be answered.
//! 5. The reason of the end, the counts and the unanswered commands are the same for every buffer size from
//!    [`Limits::MIN`] on, and for every division of the stream into reads.
//!
//! Call order: `poll` until [`Poll::NeedData`] (or `ready` until [`Ready::NeedData`], and `poll` after each
//! [`Ready::Found`]), removing `consumed` bytes from the buffer each time; `send` at any time; `eof` when the stream
//! has ended.

mod facts;
mod ids;
mod jobs;
#[cfg(feature = "alloc")]
mod owned;
mod rules;
mod saved;
mod sequence;
mod state;
mod subscription;

use core::fmt;

pub use ids::UnansweredIds;
pub use jobs::{PendingDrain, PendingSlot, PendingTable, Tag};
#[cfg(feature = "alloc")]
pub use owned::{FollowBuf, SubscriptionBuf};
pub use rules::NotAllowed;
pub use sequence::EventSequence;
use state::{Input, Phase, Role, State};
pub use subscription::{Follow, Linger, Subscription, SubscriptionCommands};

use facts::Facts;

use crate::command::{Command, CommandError, EncodeError};
use crate::event::Event;
use crate::frame::{DecodeError, Decoder, Found, Frame, FrameKind, HeadEnd, Limits, Lines, Step};
use crate::message::{ApiResponse, DisconnectNotice, LogLine, Message, Rejection, Reply, SocketMode, Status, Variable};
use crate::scan::contains;
use crate::text::Insufficient;

/// One connection to FreeSWITCH's event socket, from its first byte to its end.
///
/// Pass received bytes to [`poll`](Self::poll) until it needs more; send the bytes that [`send`](Self::send) writes;
/// call [`eof`](Self::eof) when the stream has ended. Commands can be sent at any time, any number of them before the
/// first is answered: answers come in order, and each carries the [`CommandId`] of its command.
///
/// To give up on a command, just ignore its id: a late answer still carries it.
///
/// ```
/// use esl_proto::client::{Answer, Poll};
/// use esl_proto::{Client, Command, Incoming, Limits};
///
/// let mut client = Client::inbound(Limits::DEFAULT);
/// let mut out = [0; 256];
///
/// // The server speaks first.
/// let stream = b"Content-Type: auth/request\n\n";
/// let Poll::Incoming { incoming: Incoming::AuthRequest, .. } = client.poll(stream)? else { panic!() };
/// let login = client.send(&Command::auth("ClueCon"), &mut out)?;
/// assert_eq!(&out[..login.len], b"auth ClueCon\n\n");
///
/// // There is no need to wait before the next command.
/// let status = client.send(&Command::api("status"), &mut out)?;
///
/// let stream = b"Content-Type: command/reply\nReply-Text: +OK accepted\n\n";
/// let Poll::Incoming { incoming: Incoming::Authenticated { id, .. }, .. } = client.poll(stream)? else { panic!() };
/// assert_eq!(id, login.id);
///
/// let stream = b"Content-Type: api/response\nContent-Length: 2\n\nUP";
/// let Poll::Incoming { incoming: Incoming::Answer { id, answer, .. }, .. } = client.poll(stream)? else { panic!() };
/// assert_eq!((id, answer.text()), (status.id, &b"UP"[..]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Client {
    decoder: Decoder,
    state: State,
    socket_mode: Option<SocketMode>,
    sent: u64,
    answered: u64,
    /// How many of the ids before `answered` will not be answered, and have not been reported yet.
    unreported: u64,
    /// The frame that comes in parts.
    parts: Option<Facts>,
    /// What `ready` has found and `poll` has not taken yet.
    found: Option<Untaken>,
    stats: Stats,
}

shown! { Client { decoder state socket_mode sent answered unreported parts found stats } }

/// What has been found and not been taken, and what the decoder said before it was found.
#[derive(Clone, Copy, Debug)]
struct Untaken {
    found: Found,
    /// Bytes of its frame that were handed out in parts before.
    handed: usize,
    /// Bytes of its frame that were missing then.
    missing: usize,
}

const _: () = assert!(size_of::<Client>() <= 488);

/// Which command of a connection: the first is 0, each counts one more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CommandId(u64);

impl CommandId {
    /// The command's number.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0
    }
}

/// A command whose answer is a reply with a word in it that nobody can foresee: others that come in its place are spelled by
/// the value of a variable before it.
#[derive(Clone, Copy)]
pub(crate) struct Told<'t> {
    pub(crate) id: u64,
    pub(crate) word: &'t [u8],
}

/// A command has been written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "the bytes must be sent"]
#[non_exhaustive]
pub struct Sent {
    /// What its answer will carry.
    pub id: CommandId,
    /// How many bytes were written to the caller's buffer.
    pub len: usize,
}

/// What [`Client::poll`] found.
///
/// As with [`Step`]: [`consumed`](Self::consumed) bytes must be taken off the front of the buffer before the next
/// call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "the consumed bytes must be taken off the buffer"]
pub enum Poll<'b> {
    /// A message has arrived.
    Incoming {
        /// What.
        incoming: Incoming<'b>,
        /// Bytes to consume.
        consumed: usize,
    },
    /// Lines of a head longer than [`Limits::max_buffered`], in the order of the wire; more follow until `end` is set.
    HeadPart {
        /// The lines.
        lines: Lines<'b>,
        /// The kind of frame, as far as it is known: [`FrameKind::Other`] before the last lines of the reply to
        /// `connect`, which [`Lines::is_event`] recognises.
        kind: FrameKind,
        /// The command that it answers, if it is an answer; until the last part, as far as its lines have told.
        id: Option<CommandId>,
        /// Said with the last lines: what follows, and whether the head has lost its end, so that a reply is
        /// [broken](Reply::is_broken).
        end: Option<HeadEnd>,
        /// Bytes to consume.
        consumed: usize,
    },
    /// A frame longer than [`Limits::max_buffered`] has begun; its body follows in parts.
    Head {
        /// The frame without its body.
        head: Frame<'b>,
        /// The command that it answers, if it is an answer.
        id: Option<CommandId>,
        /// Bytes of the body to come.
        body_len: usize,
        /// Bytes to consume.
        consumed: usize,
    },
    /// The next part of the body.
    Body {
        /// The bytes, at least one.
        data: &'b [u8],
        /// The same as lines, if they are headers of a plain event. After its blank line there are none: the rest is
        /// the event's own body.
        lines: Option<Lines<'b>>,
        /// The command that the frame answers, if it is an answer. It is answered with the last part.
        id: Option<CommandId>,
        /// Bytes of the body that come after these; 0 ends the frame.
        remaining: usize,
        /// Bytes to consume.
        consumed: usize,
    },
    /// More bytes must be read first.
    NeedData {
        /// How long the buffer must be for the next frame to be whole, if that is known.
        required: Option<usize>,
        /// Bytes to consume.
        consumed: usize,
    },
    /// The connection is over.
    Closed {
        /// Why.
        end: End,
        /// What came after the end; nothing in an ordinary connection.
        trailing: &'b [u8],
    },
}

impl Poll<'_> {
    /// The bytes that must be taken off the front of the buffer before the next call.
    #[must_use]
    pub const fn consumed(&self) -> usize {
        match self {
            Self::Incoming { consumed, .. }
            | Self::HeadPart { consumed, .. }
            | Self::Head { consumed, .. }
            | Self::Body { consumed, .. }
            | Self::NeedData { consumed, .. } => *consumed,
            Self::Closed { .. } => 0,
        }
    }
}

/// What [`Client::ready`] found. It borrows nothing.
///
/// As with [`Poll`]: [`consumed`](Self::consumed) bytes must be taken off the front of the buffer before the next
/// call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "the consumed bytes must be taken off the buffer"]
pub enum Ready {
    /// There is a message: [`Client::poll`] returns it.
    Found,
    /// More bytes must be read first.
    NeedData {
        /// How long the buffer must be for the next frame to be whole, if that is known.
        required: Option<usize>,
        /// Bytes to consume; 0 on a real server's stream.
        consumed: usize,
    },
    /// The connection is over. [`Client::poll`] gives [`Poll::Closed`].
    Closed {
        /// Why.
        end: End,
    },
}

impl Ready {
    /// Whether [`Client::poll`] has something to give: only otherwise does reading more make sense.
    #[must_use]
    pub const fn is_ready(&self) -> bool {
        !matches!(self, Self::NeedData { .. })
    }

    /// The bytes that must be taken off the front of the buffer before the next call.
    #[must_use]
    pub const fn consumed(&self) -> usize {
        match self {
            Self::NeedData { consumed, .. } => *consumed,
            Self::Found | Self::Closed { .. } => 0,
        }
    }
}

/// What comes in on a connection.
///
/// ```
/// use esl_proto::client::Answer;
/// use esl_proto::{Client, Incoming};
///
/// fn take(client: &Client, incoming: Incoming<'_>) {
///     match incoming {
///         Incoming::AuthRequest => println!("send Command::Auth now"),
///         Incoming::Authenticated { .. } => println!("open"),
///         Incoming::Answer { id, answer: Answer::Api(answer) } => println!("{id:?}: {:?}", answer.body()),
///         Incoming::Event(event) => println!("{:?}", event.name()),
///         Incoming::Goodbye { end, .. } => println!("{end} after {} frames", client.stats().frames),
///         _ => {}
///     }
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Incoming<'b> {
    /// The server wants [`Command::Auth`] or [`Command::UserAuth`], within 25 seconds.
    AuthRequest,
    /// It has accepted the password.
    Authenticated {
        /// The `auth` or `userauth`.
        id: CommandId,
        /// The reply: after `userauth`, the rights ([`Reply::allowed_api`] and its kin). Long lists of rights lose their
        /// end on the way: the reply [is broken](Reply::is_broken) then.
        reply: Reply<'b>,
    },
    /// It has refused the password. A notice and the end follow.
    AuthRefused {
        /// The `auth` or `userauth`.
        id: CommandId,
        /// The reply.
        reply: Reply<'b>,
    },
    /// The answer to `connect`: [`Reply::channel_data`], [`Reply::socket_mode`], [`Reply::has_full_control`].
    Connected {
        /// The `connect`.
        id: CommandId,
        /// The reply.
        reply: Reply<'b>,
    },
    /// The answer to any other command.
    Answer {
        /// The command.
        id: CommandId,
        /// The answer.
        answer: Answer<'b>,
    },
    /// An event.
    Event(Event<'b>),
    /// A line of the server's log.
    Log(LogLine<'b>),
    /// The controlled channel has ended; the connection stays for its last events, and takes commands.
    Lingering(DisconnectNotice<'b>),
    /// The access list does not allow this address. A notice and the end follow.
    Rejected {
        /// What the server says.
        rejection: Rejection<'b>,
        /// The commands that will not be answered.
        unanswered: Unanswered,
    },
    /// The server ends the connection. Nothing follows.
    Goodbye {
        /// What it says.
        notice: DisconnectNotice<'b>,
        /// Why.
        end: End,
        /// The commands that will not be answered.
        unanswered: Unanswered,
    },
    /// What has no place in the conversation: an answer when no command was waiting for one, a second auth request, a
    /// frame of an unknown kind (such as the rest of a variable's value after a blank line).
    Unexpected(Message<'b>),
}

/// The answer to a command. An `api` that the user has no right to is answered by a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer<'b> {
    /// command/reply
    Reply(Reply<'b>),
    /// api/response
    Api(ApiResponse<'b>),
}

impl<'b> Answer<'b> {
    /// How the answer begins.
    #[must_use]
    pub fn status(&self) -> Status {
        match self {
            Self::Reply(reply) => reply.status(),
            Self::Api(response) => response.status(),
        }
    }

    /// The variable that `getvar` or `api uuid_getvar` has asked for.
    #[must_use]
    pub fn variable(&self) -> Variable<'b> {
        match self {
            Self::Reply(reply) => reply.variable(),
            Self::Api(response) => response.variable(),
        }
    }

    /// What the server says: the Reply-Text, or the output of the API command.
    #[must_use]
    pub fn text(&self) -> &'b [u8] {
        match self {
            Self::Reply(reply) => reply.text().raw(),
            Self::Api(response) => response.body(),
        }
    }
}

/// Why a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum End {
    /// After `exit`.
    Exit,
    /// The password was refused.
    AuthRefused,
    /// No password came in time: the server ends with a notice and nothing else.
    AuthTimeout,
    /// The access list does not allow this address.
    Rejected,
    /// The controlled channel has ended.
    ChannelEnded,
    /// The server is shutting down, or reloads its event socket.
    Shutdown,
    /// This connection has read too slowly: events were lost.
    EventsLost,
    /// The server disconnected without a known reason.
    Goodbye,
    /// The stream ended without a notice.
    Eof,
    /// The framing is broken.
    Protocol(DecodeError),
}

impl End {
    /// The reason, in words.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Exit => "ended by exit",
            Self::AuthRefused => "password refused",
            Self::AuthTimeout => "authentication timed out",
            Self::Rejected => "address rejected by the access list",
            Self::ChannelEnded => "channel ended",
            Self::Shutdown => "server is shutting down",
            Self::EventsLost => "events lost by reading too slowly",
            Self::Goodbye => "ended by the server",
            Self::Eof => "stream ended without a notice",
            Self::Protocol(error) => error.kind.as_str(),
        }
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl core::error::Error for End {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Protocol(error) => Some(error),
            _ => None,
        }
    }
}

/// The commands that will never be answered.
///
/// Over the life of a connection each id is either in one answer or in one of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unanswered {
    first: u64,
    count: u64,
    end: End,
}

impl Unanswered {
    /// Why.
    #[must_use]
    pub const fn end(&self) -> End {
        self.end
    }

    /// Their number.
    #[must_use]
    pub const fn len(&self) -> u64 {
        self.count
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Their ids.
    #[must_use]
    pub const fn ids(&self) -> UnansweredIds {
        UnansweredIds { ids: self.first..self.first.saturating_add(self.count) }
    }
}

/// Counts of what was received so far. A frame counts when its last byte has arrived.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Bytes of frames, and of blank lines before them.
    pub octets: u64,
    /// Frames, the events among them.
    pub frames: u64,
    /// Events.
    pub events: u64,
    /// Log lines.
    pub log_lines: u64,
    /// What was [`Incoming::Unexpected`].
    pub unexpected: u64,
}

/// The framing is broken for good. Sticky: every later [`Client::poll`] returns it again, without ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProtocolError {
    /// What is wrong, and where.
    pub error: DecodeError,
    /// The commands that will not be answered.
    pub unanswered: Unanswered,
}

impl fmt::Display for ProtocolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.error, f)
    }
}

impl core::error::Error for ProtocolError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        Some(&self.error)
    }
}

/// Why [`Client::send`] has failed. Nothing has changed but what `out` holds, which has no meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SendError {
    /// The command can never be sent so.
    Refused(CommandError),
    /// This connection may not send it now.
    NotAllowed(NotAllowed),
    /// The storage is too short.
    Insufficient(Insufficient),
}

impl SendError {
    /// The error's number, the same in every language.
    #[must_use]
    pub const fn code(&self) -> u16 {
        match self {
            Self::Refused(error) => error.code(),
            Self::NotAllowed(reason) => reason.code(),
            Self::Insufficient(_) => 300,
        }
    }

    /// The number of bytes that are needed, if there is too little room.
    #[must_use]
    pub const fn required(&self) -> Option<usize> {
        match self {
            Self::Insufficient(error) => Some(error.required),
            Self::Refused(_) | Self::NotAllowed(_) => None,
        }
    }
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(error) => fmt::Display::fmt(error, f),
            Self::NotAllowed(reason) => fmt::Display::fmt(reason, f),
            Self::Insufficient(error) => fmt::Display::fmt(error, f),
        }
    }
}

impl core::error::Error for SendError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        Some(match self {
            Self::Refused(error) => error,
            Self::NotAllowed(reason) => reason,
            Self::Insufficient(error) => error,
        })
    }
}

impl From<NotAllowed> for SendError {
    fn from(reason: NotAllowed) -> Self {
        Self::NotAllowed(reason)
    }
}

impl From<EncodeError> for SendError {
    fn from(error: EncodeError) -> Self {
        match error {
            EncodeError::Refused(error) => Self::Refused(error),
            EncodeError::Insufficient(error) => Self::Insufficient(error),
        }
    }
}

/// The result of [`Client::eof`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Eof<'b> {
    /// Why the connection ended: [`End::Eof`], unless the server had told before.
    pub end: End,
    /// The command whose answer the end of the stream completes: a [broken](Reply::is_broken) one, behind which the server
    /// has written nothing more.
    pub answered: Option<CommandId>,
    /// That answer, unless it has come in parts: then the last part is the rest of the buffer.
    pub reply: Option<Reply<'b>>,
    /// The commands that will not be answered and have not been reported yet. The first may be the one whose answer was
    /// cut off.
    pub unanswered: Unanswered,
    /// Bytes of a frame that the end cut off, those that came in parts included.
    pub incomplete: usize,
    /// Bytes missing from this frame; 0 if its length is not known from its head.
    pub missing: usize,
}

shown! { Eof<'_> { end answered reply unanswered incomplete missing } }

impl Client {
    /// The client of a connection that it has opened to FreeSWITCH. The server speaks first.
    #[must_use]
    pub const fn inbound(limits: Limits) -> Self {
        Self::new(limits, Role::Inbound)
    }

    /// The client of a connection that FreeSWITCH has opened for a call. The first command must be `connect`: the
    /// server would execute another, but not answer it.
    #[must_use]
    pub const fn outbound(limits: Limits) -> Self {
        Self::new(limits, Role::Outbound)
    }

    const fn new(limits: Limits, role: Role) -> Self {
        Self {
            decoder: Decoder::new(limits),
            state: State::new(role),
            socket_mode: None,
            sent: 0,
            answered: 0,
            unreported: 0,
            parts: None,
            found: None,
            stats: Stats { octets: 0, frames: 0, events: 0, log_lines: 0, unexpected: 0 },
        }
    }

    /// Whether the server takes all commands: inbound when the password has been accepted, outbound when `connect` has
    /// been sent; not any more after the end.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        matches!(self.state.phase, Phase::Open)
    }

    /// Why the connection is over, if it is.
    #[must_use]
    pub const fn end(&self) -> Option<End> {
        self.state.end
    }

    /// Whether the controlled channel has ended and the connection lingers.
    #[must_use]
    pub const fn is_lingering(&self) -> bool {
        self.state.lingering
    }

    /// Outbound: whether all commands may be used; known from the reply to `connect`.
    #[must_use]
    pub const fn has_full_control(&self) -> Option<bool> {
        self.state.full_control
    }

    /// Outbound: whether applications run asynchronously; known from the reply to `connect`.
    #[must_use]
    pub const fn socket_mode(&self) -> Option<SocketMode> {
        self.socket_mode
    }

    /// The number of commands that have been sent and not answered yet.
    #[must_use]
    pub const fn in_flight(&self) -> u64 {
        self.sent - self.answered
    }

    /// Counts of what was received so far.
    #[must_use]
    pub const fn stats(&self) -> Stats {
        self.stats
    }

    /// Writes `command` to the front of `out`, and counts it as sent: the host must send these bytes, in the order of
    /// its calls.
    ///
    /// # Errors
    /// [`SendError`] if it cannot be sent, may not be sent now, or `out` is too short; then nothing has changed.
    pub fn send(&mut self, command: &Command<'_>, out: &mut [u8]) -> Result<Sent, SendError> {
        self.may_send(command)?;
        let len = command.encode(out)?.len();
        Ok(Sent { id: self.count(command), len })
    }

    /// Sends `event` with names as somebody has typed them, for [`raw`](crate::raw).
    pub(crate) fn send_typed(
        &mut self,
        format: Option<crate::name::Format>,
        names: &[u8],
        out: &mut [u8],
    ) -> Result<Sent, SendError> {
        let command = Command::Event { format, events: crate::command::Events::NONE };
        self.may_send(&command)?;
        let len = Command::encode_typed(format, names, out)?.len();
        Ok(Sent { id: self.count(&command), len })
    }

    /// As [`send`](Self::send), compiled into its caller, for [`raw`](crate::raw).
    #[inline(always)]
    pub(crate) fn send_here(&mut self, command: &Command<'_>, out: &mut [u8]) -> Result<Sent, SendError> {
        self.may_send(command)?;
        let len = command.encode_here(out)?.len();
        Ok(Sent { id: self.count(command), len })
    }

    /// Counts `command` as sent without writing it: for a host that has encoded it already, such as one that writes a
    /// command once for many connections. The host must send its bytes, in the order of its calls.
    ///
    /// ```
    /// use esl_proto::client::NotAllowed;
    /// use esl_proto::{Client, Command, Limits};
    ///
    /// let mut out = [0; 64];
    /// let login = Command::auth("ClueCon");
    /// let bytes = login.encode(&mut out)?;
    ///
    /// let mut clients = [Client::inbound(Limits::DEFAULT), Client::inbound(Limits::DEFAULT)];
    /// for client in &mut clients {
    ///     let id = client.track(&login)?; // and write `octets` to its socket
    ///     assert_eq!(id.number(), 0);
    ///     assert_eq!(client.track(&login), Err(NotAllowed::AlreadyAuthenticated));
    /// }
    /// # let _ = bytes;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`NotAllowed`] if it may not be sent now; then nothing has changed.
    pub fn track(&mut self, command: &Command<'_>) -> Result<CommandId, NotAllowed> {
        self.may_send(command)?;
        Ok(self.count(command))
    }

    /// Counts a command that this crate does not know and the host has written itself: its answer will carry the id. The
    /// caller must guarantee that the bytes are exactly one command with exactly one reply.
    pub const fn track_external(&mut self) -> CommandId {
        let id = CommandId(self.sent);
        self.sent += 1;
        id
    }

    /// The command is sent: what changes with it.
    fn count(&mut self, command: &Command<'_>) -> CommandId {
        let id = self.track_external();
        match command {
            Command::Auth { .. } | Command::UserAuth { .. } => {
                self.state.login = Some(id);
                self.state.apply(Input::AuthSent);
            }
            Command::Connect if self.state.role == Role::Outbound => self.state.apply(Input::ConnectSent),
            Command::MyEvents { uuid: Some(_), .. } => self.state.has_channel = true,
            Command::Exit => self.state.exit_sent = true,
            _ => {}
        }
        id
    }

    /// Whether there is an item for [`poll`](Self::poll) at the front of `buf`, which holds all bytes read and not yet
    /// consumed.
    ///
    /// The answer borrows nothing, so that a method can read more until something is there and then return it, borrowed:
    ///
    /// ```
    /// use std::io::{self, Read};
    /// use esl_proto::client::{Poll, Ready};
    /// use esl_proto::{Client, RecvBuf};
    ///
    /// struct Link<R> { socket: R, client: Client, buffer: RecvBuf<Vec<u8>>, taken: usize }
    ///
    /// impl<R: Read> Link<R> {
    ///     fn receive(&mut self) -> io::Result<Poll<'_>> {
    ///         self.buffer.consume(std::mem::take(&mut self.taken));
    ///         while let Ready::NeedData { consumed, .. } = self.client.ready(self.buffer.filled()).map_err(io::Error::other)? {
    ///             self.buffer.consume(consumed);
    ///             match self.socket.read(self.buffer.spare_mut())? {
    ///                 0 => return Err(io::ErrorKind::UnexpectedEof.into()),
    ///                 count => self.buffer.commit(count),
    ///             }
    ///         }
    ///         let poll = self.client.poll(self.buffer.filled()).map_err(io::Error::other)?;
    ///         self.taken = poll.consumed();
    ///         Ok(poll)
    ///     }
    /// }
    /// # use esl_proto::{Incoming, Limits};
    /// # let socket = &b"Content-Type: auth/request\n\n"[..];
    /// # let buffer = RecvBuf::new(vec![0; 64]);
    /// # let mut link = Link { socket, client: Client::inbound(Limits::DEFAULT), buffer, taken: 0 };
    /// # assert!(matches!(link.receive()?, Poll::Incoming { incoming: Incoming::AuthRequest, .. }));
    /// # Ok::<(), io::Error>(())
    /// ```
    ///
    /// [`Connection`](crate::Connection) is such a pair of a client and a buffer, without the socket. The shorter `if
    /// let Some(found) = poll()? { return Ok(found) }` in a loop that reads does not compile (E0499): for the borrow
    /// checker, the value returned in one branch is borrowed in the other, too.
    ///
    /// Nothing is lost if this is called twice or not at all: what was found stays until `poll` takes it. More bytes may
    /// follow those that were shown in the meantime.
    ///
    /// # Errors
    /// [`ProtocolError`] if the framing is broken, then and on every later call.
    pub fn ready(&mut self, buf: &[u8]) -> Result<Ready, ProtocolError> {
        match self.state.end {
            Some(End::Protocol(error)) => return Err(self.broken(error)),
            Some(end) => return Ok(Ready::Closed { end }),
            None if self.found.is_some() => return Ok(Ready::Found),
            None => {}
        }
        let (handed, missing) = (self.decoder.incomplete(&[]), self.decoder.missing(&[]));
        match self.decoder.decode(buf).map_err(|error| self.broken(error))? {
            Step::NeedData { required, consumed } => Ok(Ready::NeedData { required, consumed }),
            step => {
                self.found = Some(Untaken { found: Found::of(&step, buf), handed, missing });
                Ok(Ready::Found)
            }
        }
    }

    /// Returns the item at the front of `buf`, all bytes read and not yet consumed: what [`ready`](Self::ready) has
    /// found, if it has been asked, and nothing is decoded twice.
    ///
    /// Take [`Poll::consumed`] bytes off the front before the next call, and read more before it if the result is
    /// [`Poll::NeedData`].
    ///
    /// # Errors
    /// [`ProtocolError`] if the framing is broken, then and on every later call.
    pub fn poll<'b>(&mut self, buf: &'b [u8]) -> Result<Poll<'b>, ProtocolError> {
        self.poll_told(buf, None)
    }

    /// The same, where the answer to a command is told by a word in it.
    // As a call it would hand what it has found through memory once more, 60 instructions an event.
    #[inline(always)]
    pub(crate) fn poll_told<'b>(&mut self, buf: &'b [u8], told: Option<Told<'_>>) -> Result<Poll<'b>, ProtocolError> {
        match self.state.end {
            Some(End::Protocol(error)) => return Err(self.broken(error)),
            Some(end) => return Ok(Poll::Closed { end, trailing: buf }),
            None => {}
        }
        let step = match self.found.take() {
            Some(Untaken { found, .. }) => found.step(buf),
            None => self.decoder.decode(buf).map_err(|error| self.broken(error))?,
        };
        if let Step::Frame { frame, consumed } = step {
            self.stats.octets = self.decoder.position();
            self.stats.frames += 1;
            let message = Message::from(frame);
            if let Some(told) = told
                && self.is_other(told, &message)
            {
                return Ok(Poll::Incoming { incoming: self.unexpected(message), consumed });
            }
            return Ok(Poll::Incoming { incoming: self.incoming(message), consumed });
        }
        Ok(self.part(step))
    }

    /// The stream has ended; `buf` is what was read and not consumed.
    ///
    /// Call it once, after the last [`poll`](Self::poll) has asked for more or reported the end.
    pub fn eof<'b>(&mut self, buf: &'b [u8]) -> Eof<'b> {
        let is_over = self.state.end.is_some();
        let untaken = self.found.take();
        let last = if is_over || untaken.is_some() { None } else { self.decoder.broken_at_end(buf) };
        let (answered, reply) = match last.map(Message::from) {
            Some(Message::Reply(reply)) => (self.take_answer(), (!self.decoder.is_streaming()).then_some(reply)),
            _ => (None, None),
        };
        let reply = reply.filter(|_| answered.is_some());
        let is_whole = is_over || answered.is_some();
        let (incomplete, missing) = match untaken {
            _ if is_whole => (0, 0),
            None => (self.decoder.incomplete(buf), self.decoder.missing(buf)),
            // As if nobody had asked for it.
            Some(Untaken { handed, missing, .. }) => {
                let blank = if handed == 0 { self.decoder.blank_lines(buf) } else { 0 };
                (handed.saturating_add(buf.len() - blank), missing.saturating_sub(buf.len()))
            }
        };
        if answered.is_some() {
            self.stats.octets = self.decoder.position().saturating_add(buf.len() as u64);
            self.stats.frames += 1;
        }
        let end = self.state.finish(self.state.pending_end.unwrap_or(End::Eof));
        Eof { end, answered, reply, unanswered: self.take_unanswered(end), incomplete, missing }
    }

    fn broken(&mut self, error: DecodeError) -> ProtocolError {
        let end = self.state.finish(End::Protocol(error));
        ProtocolError { error, unanswered: self.take_unanswered(end) }
    }

    /// All ids without an answer: they count as reported from now on.
    const fn take_unanswered(&mut self, end: End) -> Unanswered {
        self.set_unanswered_aside();
        let unanswered = Unanswered { first: self.answered - self.unreported, count: self.unreported, end };
        self.unreported = 0;
        unanswered
    }

    /// No command that waits will be answered: to be reported later.
    const fn set_unanswered_aside(&mut self) {
        self.unreported += self.in_flight();
        self.answered = self.sent;
    }

    /// The id that the next answer belongs to, if a command is waiting. After a rejection none is answered.
    const fn next_answer(&self) -> Option<CommandId> {
        let is_rejected = matches!(self.state.pending_end, Some(End::Rejected));
        if self.answered == self.sent || is_rejected { None } else { Some(CommandId(self.answered)) }
    }

    /// The same, which is answered now.
    const fn take_answer(&mut self) -> Option<CommandId> {
        let id = self.next_answer();
        if id.is_some() {
            self.answered += 1;
        }
        id
    }

    /// Whether a message looks like the answer to this command, and is not.
    fn is_other(&self, told: Told<'_>, message: &Message<'_>) -> bool {
        if self.next_answer() != Some(CommandId(told.id)) {
            return false;
        }
        match message {
            Message::Reply(reply) => !contains(reply.frame().head(), told.word),
            Message::ApiResponse(_) => true,
            _ => false,
        }
    }

    // As a call it would hand an event through memory once more, 20 instructions each.
    #[inline(always)]
    fn incoming<'b>(&mut self, message: Message<'b>) -> Incoming<'b> {
        match message {
            Message::Event(event) => {
                self.stats.events += 1;
                Incoming::Event(event)
            }
            Message::Reply(reply) => match self.take_answer() {
                Some(id) => self.reply(id, reply),
                None => self.unexpected(message),
            },
            Message::ApiResponse(response) => match self.take_answer() {
                Some(id) => Incoming::Answer { id, answer: Answer::Api(response) },
                None => self.unexpected(message),
            },
            Message::Log(line) => {
                self.stats.log_lines += 1;
                Incoming::Log(line)
            }
            Message::Disconnect(notice) => {
                let mut facts = Facts::of(notice.frame());
                facts.text.take(notice.text());
                match self.notice(&facts) {
                    None => Incoming::Lingering(notice),
                    Some(end) => Incoming::Goodbye { notice, end, unanswered: self.take_unanswered(end) },
                }
            }
            Message::Rejection(rejection) => {
                self.state.refuse(End::Rejected);
                Incoming::Rejected { rejection, unanswered: self.take_unanswered(End::Rejected) }
            }
            Message::AuthRequest(_) if self.expects_auth_request() => Incoming::AuthRequest,
            Message::AuthRequest(_) | Message::Other(_) => self.unexpected(message),
        }
    }

    fn unexpected<'b>(&mut self, message: Message<'b>) -> Incoming<'b> {
        self.stats.unexpected += 1;
        Incoming::Unexpected(message)
    }

    const fn expects_auth_request(&self) -> bool {
        matches!(self.state.role, Role::Inbound) && self.answered == 0
    }

    fn reply<'b>(&mut self, id: CommandId, reply: Reply<'b>) -> Incoming<'b> {
        if self.awaits_login(id) {
            return match self.logged_in(&Facts::of(reply.frame())) {
                true => Incoming::Authenticated { id, reply },
                false => Incoming::AuthRefused { id, reply },
            };
        }
        if reply.is_connect() {
            self.connected(&Facts::of(reply.frame()));
            return Incoming::Connected { id, reply };
        }
        Incoming::Answer { id, answer: Answer::Reply(reply) }
    }

    /// Whether this command is the `auth` or `userauth` whose answer opens the connection.
    fn awaits_login(&self, id: CommandId) -> bool {
        self.state.phase == Phase::Authenticating && self.state.login == Some(id)
    }

    /// The server has answered the password. Returns whether it has accepted it.
    fn logged_in(&mut self, facts: &Facts) -> bool {
        let accepted = facts.status == Some(Status::Ok);
        if accepted {
            self.state.log_allowed = facts.log_allowed != Some(false);
            self.state.apply(Input::Accepted);
        } else {
            self.state.refuse(End::AuthRefused);
        }
        accepted
    }

    /// The server has answered `connect`.
    const fn connected(&mut self, facts: &Facts) {
        self.state.full_control = facts.full_control;
        self.socket_mode = facts.socket_mode;
    }

    /// A notice has come. Returns why the connection is over, unless it lingers.
    fn notice(&mut self, facts: &Facts) -> Option<End> {
        if facts.lingers {
            self.state.lingering = true;
            return None;
        }
        let end = match self.state.pending_end {
            _ if facts.text.tells_lost_events() => End::EventsLost,
            _ if facts.text.tells_shutdown() => End::Shutdown,
            Some(end) => end,
            None if self.state.exit_sent && self.in_flight() == 0 => End::Exit,
            None if self.state.role == Role::Inbound && self.state.phase == Phase::Opening => End::AuthTimeout,
            None if facts.has_session => End::ChannelEnded,
            None => End::Goodbye,
        };
        Some(self.state.finish(end))
    }

    /// A step of a frame that comes in parts.
    fn part<'b>(&mut self, step: Step<'b>) -> Poll<'b> {
        match step {
            Step::HeadPart { lines, kind, end, consumed } => {
                let facts = self.parts.get_or_insert(Facts::new(kind));
                facts.kind = kind;
                facts.lines(&lines);
                // Only now is it known whether this is the reply to `connect`.
                facts.is_connect &= end.is_none() || kind == FrameKind::Reply;
                let is_last = end.is_some_and(|end| end.body_len == 0);
                let id = if is_last { self.last_part() } else { self.part_answers() };
                Poll::HeadPart { lines, kind, id, end, consumed }
            }
            Step::Head { head, body_len, consumed } => {
                let is_connect = head.kind() == FrameKind::Reply && head.is_channel_data();
                self.parts = Some(Facts { is_connect, ..Facts::of(&head) });
                Poll::Head { head, id: self.part_answers(), body_len, consumed }
            }
            Step::Body { data, lines, remaining, consumed } => {
                if let Some(facts) = &mut self.parts {
                    facts.text.take(data);
                }
                let id = if remaining == 0 { self.last_part() } else { self.part_answers() };
                Poll::Body { data, lines, id, remaining, consumed }
            }
            Step::NeedData { required, consumed } => Poll::NeedData { required, consumed },
            // Whole frames do not come here.
            Step::Frame { consumed, .. } => Poll::NeedData { required: None, consumed },
        }
    }

    /// The command that the frame in parts answers.
    fn part_answers(&self) -> Option<CommandId> {
        match self.parts {
            Some(Facts { kind: FrameKind::Reply | FrameKind::ApiResponse, .. } | Facts { is_connect: true, .. }) => {
                self.next_answer()
            }
            _ => None,
        }
    }

    /// The frame in parts is complete: what [`incoming`](Self::incoming) does for a whole one. Returns the command that
    /// it answers.
    fn last_part(&mut self) -> Option<CommandId> {
        self.stats.octets = self.decoder.position();
        self.stats.frames += 1;
        let facts = self.parts.take()?;
        let is_answer = matches!(facts.kind, FrameKind::Reply | FrameKind::ApiResponse);
        let id = if is_answer { self.take_answer() } else { None };
        match facts.kind {
            FrameKind::Event(_) => self.stats.events += 1,
            FrameKind::Log => self.stats.log_lines += 1,
            FrameKind::Reply if id.is_some_and(|id| self.awaits_login(id)) => {
                self.logged_in(&facts);
            }
            FrameKind::Reply if id.is_some() && facts.is_connect => self.connected(&facts),
            FrameKind::Reply | FrameKind::ApiResponse if id.is_some() => {}
            FrameKind::Disconnect => {
                if self.notice(&facts).is_some() {
                    self.set_unanswered_aside();
                }
            }
            FrameKind::Rejection => {
                self.state.refuse(End::Rejected);
                self.set_unanswered_aside();
            }
            FrameKind::AuthRequest if self.expects_auth_request() => {}
            FrameKind::Reply | FrameKind::ApiResponse | FrameKind::AuthRequest | FrameKind::Other => {
                self.stats.unexpected += 1;
            }
        }
        id
    }
}
