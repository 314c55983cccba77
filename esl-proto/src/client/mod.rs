//! A connection as its client sees it, inbound or outbound.
//!
//! The client sends nothing and reads nothing by itself: the host gives it the octets that have arrived and writes
//! the octets that it gives back. What it adds to [`Decoder`] and [`Command`] is the connection: who is asked to
//! authenticate, which answer belongs to which command, what may be sent now, and how it all ended.

mod jobs;
mod rules;
mod sequence;
mod subscription;

use core::fmt;

pub use jobs::{PendingSlot, PendingTable, Tag};
pub use rules::NotAllowed;
pub use sequence::EventSequence;
pub use subscription::{Channel, Linger, Subscription};

use crate::command::{Command, CommandError, EncodeError};
use crate::event::Event;
use crate::frame::{DecodeError, Decoder, Frame, Limits, Step};
use crate::message::{ApiResponse, DisconnectNotice, Disposition, LogLine, Message, Rejection, Reply, Status};
use crate::text::Insufficient;

/// One connection to FreeSWITCH's event socket, from its first octet to its end.
///
/// Give [`poll`](Self::poll) what has been read, until it needs more; write what [`send`](Self::send) gives; call
/// [`eof`](Self::eof) when the stream has ended. Commands can be sent at any time, any number of them before the first
/// is answered: answers come in order, and each carries the [`CommandId`] of its command.
///
/// Giving up on a command (a deadline has passed, nobody waits any more) needs no call: when its answer comes after
/// all, it carries its id and can be ignored.
///
/// ```
/// use esl_proto::{Answer, Client, Command, Incoming, Limits, Poll};
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
#[derive(Clone, Debug)]
pub struct Client {
    decoder: Decoder,
    role: Role,
    phase: Phase,
    sent: u64,
    answered: u64,
    exit_sent: bool,
    /// Whether a channel is controlled: always in outbound mode, after `myevents <uuid>` in inbound mode.
    has_channel: bool,
    /// What the reply to `connect` says; [`None`] before it.
    full_control: Option<bool>,
    /// What the reply to `userauth` says.
    log_allowed: bool,
    lingering: bool,
    /// Why the end will come, if something before it told.
    verdict: Option<End>,
    stats: Stats,
}

/// Who has opened the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Inbound,
    Outbound,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Inbound: no `auth` has been sent. Outbound: no `connect`.
    Opening,
    /// The answer to this `auth` or `userauth` is awaited.
    Authenticating(CommandId),
    /// The server takes all commands.
    Open,
    /// It is over.
    Ended(End),
}

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

/// A command has been written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "the octets must be sent"]
pub struct Sent {
    /// What its answer will carry.
    pub id: CommandId,
    /// How many octets stand in the caller's buffer.
    pub len: usize,
}

/// What [`Client::poll`] found.
///
/// As with [`Step`]: [`consumed`](Self::consumed) octets must be taken off the front of the buffer before the next
/// call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "the consumed octets must be taken off the buffer"]
pub enum Poll<'b> {
    /// Something has come in.
    Incoming {
        /// What.
        incoming: Incoming<'b>,
        /// Octets that are done with.
        consumed: usize,
    },
    /// A frame longer than [`Limits::whole`] has begun; its body follows in parts.
    Head {
        /// The frame without its body.
        head: Frame<'b>,
        /// The command that it answers, if it is an answer.
        id: Option<CommandId>,
        /// Octets of the body to come.
        body_len: usize,
        /// Octets that are done with.
        consumed: usize,
    },
    /// The next part of the body.
    Body {
        /// The octets, at least one.
        data: &'b [u8],
        /// Octets of the body that come after these.
        remaining: usize,
        /// Octets that are done with.
        consumed: usize,
    },
    /// More octets must be read first.
    NeedData {
        /// How long the buffer must be for the next frame to be whole, if that is known.
        required: Option<usize>,
        /// Octets that are done with.
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
    /// The octets that must be taken off the front of the buffer before the next call.
    #[must_use]
    pub const fn consumed(&self) -> usize {
        match self {
            Self::Incoming { consumed, .. }
            | Self::Head { consumed, .. }
            | Self::Body { consumed, .. }
            | Self::NeedData { consumed, .. } => *consumed,
            Self::Closed { .. } => 0,
        }
    }
}

/// What comes in on a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Incoming<'b> {
    /// The server wants [`Command::Auth`] or [`Command::UserAuth`], within 25 seconds.
    AuthRequest,
    /// It has accepted the password.
    Authenticated {
        /// The `auth` or `userauth`.
        id: CommandId,
        /// The reply: after `userauth`, the rights ([`Reply::allowed_api`] and its kin).
        reply: Reply<'b>,
        /// A second command that this frame answers: the reply to a `userauth` with long lists of rights loses its
        /// end, and the next reply is glued on.
        glued: Option<CommandId>,
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
    /// The server shuts down, or its event socket is reloaded.
    Shutdown,
    /// This connection has read too slowly: events were lost.
    EventsLost,
    /// The server said good-bye for no reason known.
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
            Self::AuthTimeout => "no password in time",
            Self::Rejected => "address rejected by the access list",
            Self::ChannelEnded => "channel ended",
            Self::Shutdown => "server shuts down",
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
    pub fn ids(&self) -> impl Iterator<Item = CommandId> + use<> {
        (self.first..self.first.saturating_add(self.count)).map(CommandId)
    }
}

/// What has come in so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Octets consumed.
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

impl core::error::Error for ProtocolError {}

/// Why [`Client::send`] has failed. Nothing has changed but what `out` holds, which has no meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

    /// The number of octets that are needed, if there is too little room.
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

impl core::error::Error for SendError {}

impl From<EncodeError> for SendError {
    fn from(error: EncodeError) -> Self {
        match error {
            EncodeError::Refused(error) => Self::Refused(error),
            EncodeError::Insufficient(error) => Self::Insufficient(error),
        }
    }
}

/// What [`Client::eof`] tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Eof {
    /// Why the connection ended: [`End::Eof`], unless the server had told before.
    pub end: End,
    /// The commands that will not be answered and have not been reported yet.
    pub unanswered: Unanswered,
    /// Octets of a frame that the end cut off.
    pub incomplete: usize,
}

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
            role,
            phase: Phase::Opening,
            sent: 0,
            answered: 0,
            exit_sent: false,
            has_channel: matches!(role, Role::Outbound),
            full_control: None,
            log_allowed: true,
            lingering: false,
            verdict: None,
            stats: Stats { octets: 0, frames: 0, events: 0, log_lines: 0, unexpected: 0 },
        }
    }

    /// Whether the server takes all commands: inbound when the password has been accepted, outbound when `connect` has
    /// been sent; not any more after the end.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        matches!(self.phase, Phase::Open)
    }

    /// Why the connection is over, if it is.
    #[must_use]
    pub const fn end(&self) -> Option<End> {
        match self.phase {
            Phase::Ended(end) => Some(end),
            _ => None,
        }
    }

    /// Whether the controlled channel has ended and the connection lingers.
    #[must_use]
    pub const fn is_lingering(&self) -> bool {
        self.lingering
    }

    /// Outbound: whether all commands may be used, once the reply to `connect` has told.
    #[must_use]
    pub const fn has_full_control(&self) -> Option<bool> {
        self.full_control
    }

    /// The number of commands that have been sent and not answered yet.
    #[must_use]
    pub const fn in_flight(&self) -> u64 {
        self.sent - self.answered
    }

    /// What has come in so far.
    #[must_use]
    pub const fn stats(&self) -> Stats {
        self.stats
    }

    /// Writes `command` to the front of `out`, and counts it as sent: the host must send these octets, in the order of
    /// its calls.
    ///
    /// # Errors
    /// [`SendError`] if it cannot be sent, may not be sent now, or `out` is too short; then nothing has changed.
    pub fn send(&mut self, command: &Command<'_>, out: &mut [u8]) -> Result<Sent, SendError> {
        self.may_send(command).map_err(SendError::NotAllowed)?;
        let len = command.encode(out)?.len();
        let id = self.sent_elsewhere();
        match command {
            Command::Auth { .. } | Command::UserAuth { .. } => self.phase = Phase::Authenticating(id),
            Command::Connect if self.role == Role::Outbound => self.phase = Phase::Open,
            Command::MyEvents { uuid: Some(_), .. } => self.has_channel = true,
            Command::Exit => self.exit_sent = true,
            _ => {}
        }
        Ok(Sent { id, len })
    }

    /// Counts a command that the host sends without [`send`](Self::send), such as one that this crate does not know:
    /// its answer will carry the id. The host answers for its being one command that is answered once.
    pub const fn sent_elsewhere(&mut self) -> CommandId {
        let id = CommandId(self.sent);
        self.sent += 1;
        id
    }

    /// Finds what stands at the front of `buf`: all octets read and not yet consumed.
    ///
    /// Take [`Poll::consumed`] octets off the front before the next call, and read more before it if the result is
    /// [`Poll::NeedData`].
    ///
    /// # Errors
    /// [`ProtocolError`] if the framing is broken, then and on every later call.
    pub fn poll<'b>(&mut self, buf: &'b [u8]) -> Result<Poll<'b>, ProtocolError> {
        match self.phase {
            Phase::Ended(End::Protocol(error)) => return Err(self.broken(error)),
            Phase::Ended(end) => return Ok(Poll::Closed { end, trailing: buf }),
            _ => {}
        }
        let step = self.decoder.decode(buf).map_err(|error| self.broken(error))?;
        self.stats.octets = self.decoder.position();
        let (frame, parts) = match step {
            Step::Frame { frame, .. } => (frame, None),
            Step::Head { head, body_len, .. } => (head, Some(body_len)),
            Step::Body { data, remaining, consumed } => return Ok(Poll::Body { data, remaining, consumed }),
            Step::NeedData { required, consumed } => return Ok(Poll::NeedData { required, consumed }),
        };
        self.stats.frames += 1;
        let consumed = step.consumed();
        let message = Message::from(frame);
        Ok(match (parts, message) {
            // A notice is acted upon even if its text does not fit.
            (Some(body_len), message) if !matches!(message, Message::Disconnect(_) | Message::Rejection(_)) => {
                let answers = matches!(message, Message::Reply(_) | Message::ApiResponse(_));
                let id = if answers { self.take_answer() } else { None };
                Poll::Head { head: frame, id, body_len, consumed }
            }
            (_, message) => Poll::Incoming { incoming: self.incoming(message), consumed },
        })
    }

    /// The stream has ended; `buf` is what was read and not consumed.
    ///
    /// To be called once, after the last [`poll`](Self::poll) has asked for more or said that the connection is over.
    pub fn eof(&mut self, buf: &[u8]) -> Eof {
        let incomplete = match self.phase {
            Phase::Ended(_) => 0,
            _ => self.decoder.incomplete(buf),
        };
        let end = match self.phase {
            Phase::Ended(end) => end,
            _ => self.verdict.unwrap_or(End::Eof),
        };
        self.phase = Phase::Ended(end);
        Eof { end, unanswered: self.take_unanswered(end), incomplete }
    }

    fn broken(&mut self, error: DecodeError) -> ProtocolError {
        let end = End::Protocol(error);
        self.phase = Phase::Ended(end);
        ProtocolError { error, unanswered: self.take_unanswered(end) }
    }

    /// All ids without an answer: they count as reported from now on.
    const fn take_unanswered(&mut self, end: End) -> Unanswered {
        let unanswered = Unanswered { first: self.answered, count: self.in_flight(), end };
        self.answered = self.sent;
        unanswered
    }

    /// The id that the next answer belongs to, if a command is waiting.
    const fn take_answer(&mut self) -> Option<CommandId> {
        if self.answered == self.sent {
            return None;
        }
        let id = CommandId(self.answered);
        self.answered += 1;
        Some(id)
    }

    fn incoming<'b>(&mut self, message: Message<'b>) -> Incoming<'b> {
        let unexpected = |client: &mut Self| {
            client.stats.unexpected += 1;
            Incoming::Unexpected(message)
        };
        match message {
            Message::AuthRequest(_) if self.role == Role::Inbound && self.answered == 0 => Incoming::AuthRequest,
            Message::Reply(reply) => match self.take_answer() {
                Some(id) => self.reply(id, reply),
                None => unexpected(self),
            },
            Message::ApiResponse(response) => match self.take_answer() {
                Some(id) => Incoming::Answer { id, answer: Answer::Api(response) },
                None => unexpected(self),
            },
            Message::Event(event) => {
                self.stats.events += 1;
                Incoming::Event(event)
            }
            Message::Log(line) => {
                self.stats.log_lines += 1;
                Incoming::Log(line)
            }
            Message::Disconnect(notice) if notice.disposition() == Disposition::Linger => {
                self.lingering = true;
                Incoming::Lingering(notice)
            }
            Message::Disconnect(notice) => {
                let end = self.reason(&notice);
                self.phase = Phase::Ended(end);
                Incoming::Goodbye { notice, end, unanswered: self.take_unanswered(end) }
            }
            Message::Rejection(rejection) => {
                self.verdict = Some(End::Rejected);
                Incoming::Rejected { rejection, unanswered: self.take_unanswered(End::Rejected) }
            }
            Message::AuthRequest(_) | Message::Other(_) => unexpected(self),
        }
    }

    fn reply<'b>(&mut self, id: CommandId, reply: Reply<'b>) -> Incoming<'b> {
        if self.phase == Phase::Authenticating(id) {
            if reply.status() != Status::Ok {
                self.verdict = Some(End::AuthRefused);
                return Incoming::AuthRefused { id, reply };
            }
            self.phase = Phase::Open;
            self.log_allowed = reply.allowed_log() != Some(false);
            let texts = reply.headers().filter(|header| header.is(crate::name::header::REPLY_TEXT)).count();
            let glued = if texts > 1 { self.take_answer() } else { None };
            return Incoming::Authenticated { id, reply, glued };
        }
        if reply.is_connect() {
            self.full_control = reply.has_full_control();
            return Incoming::Connected { id, reply };
        }
        Incoming::Answer { id, answer: Answer::Reply(reply) }
    }

    /// Why the server ends the connection with this notice.
    fn reason(&self, notice: &DisconnectNotice<'_>) -> End {
        let text = notice.text();
        if text.starts_with(b"killed listener") {
            return End::EventsLost;
        }
        if text.starts_with(b"The system is being shut down") {
            return End::Shutdown;
        }
        match self.verdict {
            Some(end) => end,
            None if self.exit_sent && self.in_flight() == 0 => End::Exit,
            None if self.role == Role::Inbound && self.phase == Phase::Opening => End::AuthTimeout,
            None if notice.session_uuid().is_some() => End::ChannelEnded,
            None => End::Goodbye,
        }
    }
}
