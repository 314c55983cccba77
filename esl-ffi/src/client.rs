//! The connection as its client sees it.

use crate::number::numbers;
use core::ffi::c_void;

use esl_core::client::{
    self, Answer, CommandId, End, Eof, Follow, Linger, Poll, ProtocolError, Sent, Stats, Unanswered,
};
use esl_core::name::LogLevel;
use esl_core::raw::{self, SendError};
use esl_core::{Client, Command, Incoming, Limits, Message, Subscription};

use crate::command::{eslp_command, eslp_events, eslp_fault, linger};
use crate::decoder::eslp_limits;
use crate::handle::{Handle, Look, Opaque as _};
use crate::message::{eslp_lines, eslp_message, eslp_socket_mode};
use crate::name::{eslp_log_level, format_of, level_of};
use crate::octets::eslp_bytes;
use crate::pairs::eslp_pairs;
use crate::ptr::{Call, In, Lent, Out, Outcome, Place, Plain as _, known, run};
use crate::status::eslp_status;

/// Memory for a client, in bytes, aligned as ESLP_ALIGN says. More than the library needs now.
pub const ESLP_CLIENT_SIZE: usize = 512;

/// One connection to FreeSWITCH's event socket, from its first byte to its end. See "Client".
pub struct eslp_client;

numbers! {
    /// Who has opened the connection.
    pub enum eslp_role {
        /// The client, to FreeSWITCH. The server speaks first and wants a password.
        ESLP_INBOUND = 1,
        /// FreeSWITCH, for a call: the `socket` application. The first command must be `connect`.
        ESLP_OUTBOUND = 2,
    }

    /// The kind of what came in on a connection.
    pub enum eslp_incoming {
        /// Nothing: more bytes must be read, or the connection is over.
        ESLP_IN_NONE = 0,
        /// The server wants `auth` or `userauth`, within 25 seconds.
        ESLP_IN_AUTH_REQUEST = 1 => AuthRequest,
        /// It has accepted the password: `id`, `message` with the rights after `userauth`. Long lists of rights lose their
        /// end on the way: see eslp_reply_is_broken().
        ESLP_IN_AUTHENTICATED = 2 => Authenticated,
        /// It has refused the password: `id`, `message`. A notice and the end follow.
        ESLP_IN_AUTH_REFUSED = 3 => AuthRefused,
        /// The answer to `connect`: `id`, `message`; see eslp_message_event(), eslp_reply_socket_mode(),
        /// eslp_reply_full_control().
        ESLP_IN_CONNECTED = 4 => Connected,
        /// The answer to any other command: `id`, `message`. An `api` that the user has no right to is answered by a reply.
        ESLP_IN_ANSWER = 5 => Answer,
        /// An event: `message`; see eslp_message_event().
        ESLP_IN_EVENT = 6 => Event,
        /// A line of the server's log: `message`.
        ESLP_IN_LOG = 7 => Log,
        /// The controlled channel has ended; the connection stays for its last events, and takes commands: `message`.
        ESLP_IN_LINGERING = 8 => Lingering,
        /// The access list does not allow this address: `message`, `unanswered`. A notice and the end follow.
        ESLP_IN_REJECTED = 9 => Rejected,
        /// The server ends the connection, nothing follows: `message`, `end`, `unanswered`.
        ESLP_IN_GOODBYE = 10 => Goodbye,
        /// What has no place in the conversation: `message`. An answer when no command was waiting for one, a second auth
        /// request, a frame of an unknown kind (such as the rest of a variable's value after a blank line).
        ESLP_IN_UNEXPECTED = 11 => Unexpected,
        /// A frame longer than eslp_limits.max_buffered has begun: `message` without its body, `remaining`; `id` if it is an
        /// answer. Its body follows in parts.
        ///
        /// A frame in parts comes as none of the kinds above. Its effect on the connection is known when its last byte
        /// has arrived: eslp_client_is_open() for a login, eslp_client_full_control() and eslp_client_socket_mode() for
        /// `connect`, eslp_client_is_lingering() and ESLP_CLOSED for a notice.
        ESLP_IN_HEAD = 12,
        /// The next part of the body: `data`, `remaining`; `lines` if they are headers of a plain event; `id` if it is an
        /// answer, which is complete when `remaining` is 0.
        ESLP_IN_BODY = 13,
        /// Lines of a head that is itself longer than eslp_limits.max_buffered, in the order of the wire: `lines`; `id` if it is an
        /// answer; `message.kind` and `message.format`, as far as the lines have told: ESLP_MESSAGE_OTHER before the last
        /// lines of the reply to `connect`, which has an `id`. More of the head follows until `head_ends` is not 0.
        ESLP_IN_HEAD_PART = 14,
    }
    of raw::Incoming<'_> as raw::Incoming

    /// Why a connection ended.
    pub enum eslp_end {
        /// The connection has not ended.
        ESLP_END_NONE = 0,
        /// After `exit`.
        ESLP_END_EXIT = 1 => Exit,
        /// The password was refused.
        ESLP_END_AUTH_REFUSED = 2 => AuthRefused,
        /// Authentication timed out: the server ends with a notice and nothing else.
        ESLP_END_AUTH_TIMEOUT = 3 => AuthTimeout,
        /// The access list does not allow this address.
        ESLP_END_REJECTED = 4 => Rejected,
        /// The controlled channel has ended.
        ESLP_END_CHANNEL_ENDED = 5 => ChannelEnded,
        /// The server is shutting down, or its event socket is being reloaded.
        ESLP_END_SHUTDOWN = 6 => Shutdown,
        /// This connection has read too slowly: events were lost.
        ESLP_END_EVENTS_LOST = 7 => EventsLost,
        /// The server disconnected without a known reason.
        ESLP_END_GOODBYE = 8 => Goodbye,
        /// The stream ended without a notice.
        ESLP_END_EOF = 9 => Eof,
        /// The framing is broken.
        ESLP_END_PROTOCOL = 10 => Protocol(_),
    }
    of End as raw::End for End
}

/// The id of no command.
pub const ESLP_NO_ID: u64 = u64::MAX;

/// Commands that will never be answered: their ids count up from the first. Over the life of a connection each id is
/// either in one answer or in one of these.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct eslp_unanswered {
    /// The id of the first.
    pub first: u64,
    /// Their number.
    pub count: u64,
}

/// What eslp_client_poll() found.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct eslp_client_result {
    /// Bytes to remove from the front of the buffer before the next call, whatever was returned.
    pub consumed: usize,
    /// With ESLP_NEED_DATA: how long the buffer must be, after `consumed` have been taken off, for the next frame to be
    /// whole; 0 if that is not known yet.
    pub required: usize,
    /// An eslp_incoming.
    pub kind: eslp_incoming,
    /// With ESLP_IN_GOODBYE, ESLP_CLOSED and errors: an eslp_end, why the connection is over.
    pub end: eslp_end,
    /// The command that is answered; ESLP_NO_ID if none is. Every part of an answer has it.
    pub id: u64,
    /// The frame; valid as long as the bytes in the buffer.
    pub message: eslp_message,
    /// With ESLP_IN_BODY a part of a body, at least one byte; with ESLP_CLOSED what came after the end. Valid as long
    /// as the bytes in the buffer.
    pub data: eslp_bytes,
    /// With ESLP_IN_HEAD_PART lines of a head, with ESLP_IN_BODY those of `data` that are headers of a plain event: none
    /// after its blank line, the rest is the event's own body. See eslp_lines_next().
    pub lines: eslp_lines,
    /// With ESLP_IN_HEAD and the last ESLP_IN_HEAD_PART the bytes of the body, with ESLP_IN_BODY those after these; 0
    /// ends the frame.
    pub remaining: u64,
    /// The commands that will never be answered, once the end is known.
    pub unanswered: eslp_unanswered,
    /// After an error: its position in the stream, counted from the first byte.
    pub error_offset: u64,
    /// With ESLP_IN_HEAD_PART: whether these are the last lines of the head. Then `remaining` is the length of the body.
    pub head_ends: u8,
    /// With the last ESLP_IN_HEAD_PART: whether the head has lost its end; see eslp_message_is_cut().
    pub is_cut: u8,
    /// Zeros: room for more fields.
    pub reserved: [u64; 6],
}

/// A command has been written, or why not.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct eslp_sent {
    /// What its answer will carry: the first command of a connection is 0, each counts one more.
    pub id: u64,
    /// How many bytes were written to `out`; with ESLP_INSUFFICIENT how many are needed.
    pub len: usize,
    /// How many commands they are.
    pub count: u64,
    /// With an error from ESLP_COMMAND_EMPTY on: where the command is wrong.
    pub fault: eslp_fault,
    /// Zeros: room for more fields.
    pub reserved: [u64; 2],
}

/// The result of eslp_client_eof().
#[derive(Clone, Copy)]
#[repr(C)]
pub struct eslp_eof {
    /// An eslp_end: ESLP_END_EOF, unless the server had told before.
    pub end: eslp_end,
    /// The commands that will not be answered and have not been reported yet. The first may be the one whose answer was
    /// cut off.
    pub unanswered: eslp_unanswered,
    /// Bytes of a frame that the end cut off, those that came in parts included.
    pub incomplete: usize,
    /// Bytes missing from this frame; 0 if its length is not known from its head.
    pub missing: usize,
    /// The command that the end of the stream answers: with a broken reply, behind which the server has written nothing
    /// more. ESLP_NO_ID if there is none, as in an ordinary connection.
    pub id: u64,
    /// That reply; ESLP_MESSAGE_NONE if there is none, or if it has come in parts, the last of which is the unconsumed
    /// bytes. See eslp_reply_is_broken(). Valid as long as the bytes in the buffer.
    pub message: eslp_message,
    /// Zeros: room for more fields.
    pub reserved: [u64; 2],
}

/// Counts of what was received so far.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct eslp_stats {
    /// Bytes consumed.
    pub octets: u64,
    /// Frames, the events among them.
    pub frames: u64,
    /// Events.
    pub events: u64,
    /// Log lines.
    pub log_lines: u64,
    /// What was ESLP_IN_UNEXPECTED.
    pub unexpected: u64,
    /// Zeros: room for more fields.
    pub reserved: [u64; 3],
}

/// The subscriptions of a connection: to be applied now, and again after every reconnect.
///
/// Zeros are nothing at all.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct eslp_subscription {
    /// The events, and the format of all.
    pub events: eslp_events,
    /// `filter add` for each pair of header and value.
    pub filters: eslp_pairs,
    /// The uuid of the channel whose events are wanted, for an inbound connection, which then ends with it: `myevents`.
    pub channel: eslp_bytes,
    /// The same for the channel that an outbound connection controls.
    pub own_channel: u8,
    /// Whether events for the channel's own script are diverted to this connection.
    pub divert: u8,
    /// Whether log lines are wanted, up to `log_level`.
    pub log: u8,
    /// Whether the connection stays `linger_seconds` after its channel has ended.
    pub linger: u8,
    /// With `log`: up to which level; ESLP_LOG_NONE for `log` alone, which means DEBUG.
    pub log_level: eslp_log_level,
    /// With `linger`: seconds; for ever if 0, ESLP_LINGER_AT_ONCE for none.
    pub linger_seconds: i64,
    /// Zeros: room for more fields.
    pub reserved: [u64; 4],
}

fn id_number(id: Option<CommandId>) -> u64 {
    id.map_or(ESLP_NO_ID, CommandId::number)
}

impl eslp_eof {
    pub(crate) const NOTHING: Self = Self { id: ESLP_NO_ID, ..Self::ZERO };
}

impl eslp_sent {
    pub(crate) const NOTHING: Self = Self { id: ESLP_NO_ID, ..Self::ZERO };
}

impl From<Unanswered> for eslp_unanswered {
    fn from(unanswered: Unanswered) -> Self {
        Self { first: id_number(unanswered.ids().next()), count: unanswered.len() }
    }
}

impl From<Eof<'_>> for eslp_eof {
    fn from(eof: Eof<'_>) -> Self {
        let Eof { end, answered, reply, unanswered, incomplete, missing } = eof;
        let message = reply.map_or(eslp_message::ZERO, |reply| Message::Reply(reply).into());
        let id = id_number(answered);
        Self { end: end.into(), unanswered: unanswered.into(), incomplete, missing, id, message, ..Self::ZERO }
    }
}

impl From<Stats> for eslp_stats {
    fn from(stats: Stats) -> Self {
        let Stats { octets, frames, events, log_lines, unexpected } = stats;
        Self { octets, frames, events, log_lines, unexpected, ..Self::ZERO }
    }
}

impl eslp_client_result {
    pub(crate) const NONE: Self =
        Self { id: ESLP_NO_ID, unanswered: eslp_unanswered { first: ESLP_NO_ID, count: 0 }, ..Self::ZERO };
}

impl From<Incoming<'_>> for eslp_client_result {
    fn from(incoming: Incoming<'_>) -> Self {
        use raw::Incoming;
        let incoming = Incoming::from(incoming);
        let mut result = Self { kind: incoming.into(), ..Self::NONE };
        let message = match incoming {
            Incoming::AuthRequest => return result,
            Incoming::Authenticated { id, reply }
            | Incoming::AuthRefused { id, reply }
            | Incoming::Connected { id, reply }
            | Incoming::Answer { id, answer: Answer::Reply(reply) } => {
                result.id = id.number();
                Message::Reply(reply)
            }
            Incoming::Answer { id, answer: Answer::Api(response) } => {
                result.id = id.number();
                Message::ApiResponse(response)
            }
            Incoming::Event(event) => Message::Event(event),
            Incoming::Log(line) => Message::Log(line),
            Incoming::Lingering(notice) => Message::Disconnect(notice),
            Incoming::Rejected { rejection, unanswered } => {
                result.unanswered = unanswered.into();
                Message::Rejection(rejection)
            }
            Incoming::Goodbye { notice, end, unanswered } => {
                (result.end, result.unanswered) = (end.into(), unanswered.into());
                Message::Disconnect(notice)
            }
            Incoming::Unexpected(message) => message,
        };
        result.message = message.into();
        result
    }
}

impl eslp_subscription {
    pub(crate) fn subscription<'c>(&'c self, call: Call<'c>) -> Outcome<Subscription<'c>> {
        known(&self.reserved)?;
        let channel = match self.channel.said(call)? {
            Some(uuid) => Follow::Uuid(uuid),
            None if self.own_channel != 0 => Follow::Own,
            None => Follow::None,
        };
        let linger = || linger(self.linger_seconds).map(|seconds| seconds.map_or(Linger::Forever, Linger::Seconds));
        Ok(Subscription {
            format: format_of(self.events.format)?,
            events: self.events.events(call)?,
            filters: self.filters.pairs(call)?,
            log: if self.log == 0 { None } else { level_of(self.log_level)?.or(Some(LogLevel::DEBUG)) },
            channel,
            linger: (self.linger != 0).then(linger).transpose()?,
            divert: self.divert != 0,
        })
    }
}

/// The status that says what a poll has found.
pub(crate) fn status_of(poll: &Result<Poll<'_>, ProtocolError>) -> Outcome {
    match poll {
        Ok(Poll::NeedData { .. }) => Err(eslp_status::ESLP_NEED_DATA),
        Ok(Poll::Closed { .. }) => Err(eslp_status::ESLP_CLOSED),
        Ok(Poll::Incoming { .. } | Poll::HeadPart { .. } | Poll::Head { .. } | Poll::Body { .. }) => Ok(()),
        Err(error) => Err(eslp_status::of(error.error.code())),
    }
}

/// Tells what a poll has found, and returns the status that says it.
pub(crate) fn told(poll: Result<Poll<'_>, ProtocolError>, mut out: Place<'_, eslp_client_result>) -> Outcome {
    let status = status_of(&poll);
    out.set(poll.into());
    status
}

impl From<Result<Poll<'_>, ProtocolError>> for eslp_client_result {
    fn from(poll: Result<Poll<'_>, ProtocolError>) -> Self {
        let consumed = poll.as_ref().map_or(0, Poll::consumed);
        let result = match poll {
            Ok(Poll::Incoming { incoming, .. }) => incoming.into(),
            Ok(Poll::HeadPart { lines, kind, id, end, .. }) => Self {
                kind: eslp_incoming::ESLP_IN_HEAD_PART,
                id: id_number(id),
                message: eslp_message::of_head_part(kind),
                lines: lines.into(),
                remaining: end.map_or(0, |end| end.body_len as u64),
                head_ends: end.is_some().into(),
                is_cut: end.is_some_and(|end| end.is_cut).into(),
                ..Self::NONE
            },
            Ok(Poll::Head { head, id, body_len, .. }) => Self {
                kind: eslp_incoming::ESLP_IN_HEAD,
                id: id_number(id),
                message: eslp_message::of_head(head),
                remaining: body_len as u64,
                ..Self::NONE
            },
            Ok(Poll::Body { data, lines, id, remaining, .. }) => Self {
                kind: eslp_incoming::ESLP_IN_BODY,
                id: id_number(id),
                data: eslp_bytes::of(data),
                lines: lines.map_or(eslp_lines::ZERO, eslp_lines::from),
                remaining: remaining as u64,
                ..Self::NONE
            },
            Ok(Poll::NeedData { required, .. }) => Self { required: required.unwrap_or_default(), ..Self::NONE },
            Ok(Poll::Closed { end, trailing }) => {
                Self { end: end.into(), data: eslp_bytes::of(trailing), ..Self::NONE }
            }
            Err(error) => Self {
                end: eslp_end::ESLP_END_PROTOCOL,
                unanswered: error.unanswered.into(),
                error_offset: error.error.offset,
                ..Self::NONE
            },
        };
        Self { consumed, ..result }
    }
}

pub(crate) fn client(role: eslp_role, limits: In<eslp_limits>, default: Limits, call: Call<'_>) -> Outcome<Client> {
    let limits = limits.limits(default, call)?;
    match role {
        eslp_role::ESLP_INBOUND => Ok(Client::inbound(limits)),
        eslp_role::ESLP_OUTBOUND => Ok(Client::outbound(limits)),
        _ => Err(eslp_status::ESLP_UNKNOWN_NUMBER),
    }
}

/// The memory that eslp_client_init() needs of this library: at most ESLP_CLIENT_SIZE.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_client_sizeof() -> usize {
    eslp_client::size()
}

/// How that memory must be aligned: at most ESLP_ALIGN.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_client_alignof() -> usize {
    eslp_client::align()
}

/// Makes a client in memory of the caller's, which must stay where it is until eslp_client_drop().
///
/// `role` is an eslp_role. Then eslp_client_poll(), or, if it is ESLP_OUTBOUND, eslp_client_send() with `connect`.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn eslp_client_init(
    memory: Lent, size: usize, role: eslp_role, limits: In<eslp_limits>, client: Out<*mut eslp_client>,
) -> eslp_status {
    client.give(|call| eslp_client::place(memory, size, self::client(role, limits, Limits::DEFAULT, call)?))
}

/// Ends a client in the caller's memory, which is free for other use then.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_client_drop(client: Handle<eslp_client>) -> eslp_status {
    client.end()
}

/// Makes a client on the heap; eslp_client_free() it.
#[cfg(feature = "heap")]
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn eslp_client_new(
    role: eslp_role, limits: In<eslp_limits>, client: Out<*mut eslp_client>,
) -> eslp_status {
    client.give(|call| eslp_client::allocate(self::client(role, limits, Limits::DEFAULT, call)?))
}

/// Gives a client on the heap back. NULL is fine.
#[cfg(feature = "heap")]
#[unsafe(no_mangle)]
pub extern "C" fn eslp_client_free(client: Handle<eslp_client>) {
    client.give_back()
}

/// Reads the next item from `buf`, which holds all bytes read and not yet consumed.
///
/// Remove `result->consumed` bytes from the front before the next call, after you have used what `result` points to,
/// and read more before it if the status is ESLP_NEED_DATA. When a read says that the stream has ended:
/// eslp_client_eof().
///
/// @return ESLP_OK if something came in, `result->kind` says what; ESLP_NEED_DATA; ESLP_CLOSED if the connection is over;
/// an error from ESLP_INVALID_LENGTH on if the framing is broken, then and on every later call.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn eslp_client_poll(
    client: Handle<eslp_client>, buf: In<c_void>, len: usize, result: Out<eslp_client_result>,
) -> eslp_status {
    run(|call| {
        let out = result.nothing(call)?;
        told(client.get(call)?.poll(buf.octets(len, call)?), out)
    })
}

/// Writes a command to `out`, and counts it as sent: the host must send `sent->len` bytes, in one piece and in the order
/// of its calls.
///
/// Commands can be sent at any time, any number of them before the first is answered: answers come in order, and each
/// carries the id of its command. To give up on a command, just ignore its id: a late answer still carries it.
///
/// @return ESLP_INSUFFICIENT if `size` is too short; an error from ESLP_COMMAND_EMPTY on if the command can never be
/// sent so; an error from ESLP_NOT_AUTHENTICATED on if it may not be sent now. Nothing has changed then.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn eslp_client_send(
    client: Handle<eslp_client>, command: In<eslp_command>, out: Out<c_void>, size: usize, sent: Out<eslp_sent>,
) -> eslp_status {
    run(|call| {
        let sent = sent.nothing(call)?;
        let client = client.get(call)?;
        let (out, call) = out.room(size, call)?;
        let written = send(client, command.read(call)?, out, call)?;
        said_of_sending(written.map(|written| (Some(written.id), written.len, 1)), sent)
    })
}

#[cfg(feature = "commands")]
fn send(
    client: &mut Client, command: &eslp_command, out: &mut [u8], call: Call<'_>,
) -> Outcome<Result<Sent, client::SendError>> {
    Ok(client.send(&command.command(call)?, out))
}

/// The writing of the commands that a small library has, and of no others; names of events go as they are given.
#[cfg(not(feature = "commands"))]
fn send(
    client: &mut Client, command: &eslp_command, out: &mut [u8], call: Call<'_>,
) -> Outcome<Result<Sent, client::SendError>> {
    if let Some((format, names)) = command.typed(call)? {
        return Ok(raw::send_event(client, format, names, out));
    }
    Ok(match command.command(call)? {
        Command::Auth { password } => raw::send(client, &Command::Auth { password }, out),
        Command::Api { line, console_execute } => raw::send(client, &Command::Api { line, console_execute }, out),
        Command::NoEvents => raw::send(client, &Command::NoEvents, out),
        Command::Connect => raw::send(client, &Command::Connect, out),
        _ => raw::send(client, &Command::Exit, out),
    })
}

/// Tells how sending went: the first id, how many bytes and how many commands.
pub(crate) fn said_of_sending(
    result: Result<(Option<CommandId>, usize, u64), client::SendError>, mut sent: Place<'_, eslp_sent>,
) -> Outcome {
    sent.set(match result.map_err(SendError::from) {
        Ok((id, len, count)) => eslp_sent { id: id_number(id), len, count, ..eslp_sent::NOTHING },
        Err(SendError::Insufficient(error)) => eslp_sent { len: error.required, ..eslp_sent::NOTHING },
        Err(SendError::Refused(error)) => eslp_sent { fault: (&error).into(), ..eslp_sent::NOTHING },
        Err(SendError::NotAllowed(_)) => eslp_sent::NOTHING,
    });
    result.map(drop).map_err(|error| eslp_status::of(error.code()))
}

/// Sends several commands, all or none.
fn send_all<'a, I: Iterator<Item = Command<'a>>>(
    client: &mut Client, commands: impl Fn() -> I, out: &mut [u8], mut sent: Place<'_, eslp_sent>,
) -> Outcome {
    let mut required: usize = 0;
    for command in commands() {
        let len = command.encoded_len().map_err(|error| {
            sent.set(eslp_sent { fault: (&error).into(), ..eslp_sent::NOTHING });
            eslp_status::of(error.code())
        })?;
        required = required.saturating_add(len);
    }
    if required > out.len() {
        sent.set(eslp_sent { len: required, ..eslp_sent::NOTHING });
        return Err(eslp_status::ESLP_INSUFFICIENT);
    }
    let mut next = client.clone();
    let mut all = eslp_sent::NOTHING;
    for command in commands() {
        let rest = out.get_mut(all.len..).unwrap_or_default();
        let written = next.send(&command, rest).map_err(|error| eslp_status::of(error.code()))?;
        all.id = if all.count == 0 { written.id.number() } else { all.id };
        (all.len, all.count) = (all.len.saturating_add(written.len), all.count.saturating_add(1));
    }
    *client = next;
    sent.set(all);
    Ok(())
}

/// The body of a function that sends the commands of a subscription.
fn subscribing(
    client: Handle<eslp_client>, subscription: In<eslp_subscription>, (out, size): (Out<c_void>, usize),
    sent: Out<eslp_sent>, undo: bool,
) -> eslp_status {
    run(|call| {
        let (sent, client) = (sent.nothing(call)?, client.get(call)?);
        let (out, call) = out.room(size, call)?;
        let subscription = subscription.read(call)?.subscription(call)?;
        let commands = || if undo { subscription.reset_commands() } else { subscription.commands() };
        send_all(client, commands, out, sent)
    })
}

/// Writes all commands of a subscription for a new connection, and counts them as sent: filters come first, so that no
/// unwanted event arrives before they are set. All or none.
///
/// `sent->id` is the id of the first, `sent->count` their number; ESLP_NO_ID and 0 if the subscription asks for nothing.
///
/// @return As eslp_client_send().
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn eslp_client_subscribe(
    client: Handle<eslp_client>, subscription: In<eslp_subscription>, out: Out<c_void>, size: usize,
    sent: Out<eslp_sent>,
) -> eslp_status {
    subscribing(client, subscription, (out, size), sent, false)
}

/// Writes all commands that take a subscription back, to apply another, and counts them as sent. `myevents` cannot be
/// taken back.
///
/// @return As eslp_client_subscribe().
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn eslp_client_unsubscribe(
    client: Handle<eslp_client>, subscription: In<eslp_subscription>, out: Out<c_void>, size: usize,
    sent: Out<eslp_sent>,
) -> eslp_status {
    subscribing(client, subscription, (out, size), sent, true)
}

/// Whether a command may be sent now, as far as can be known: a user's rights to events and API commands are the
/// server's to judge. Nothing changes.
///
/// @return ESLP_OK, or an error from ESLP_NOT_AUTHENTICATED on.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_client_may_send(client: Look<eslp_client>, command: In<eslp_command>) -> eslp_status {
    run(|call| Ok(client.get(call)?.may_send(&command.command(call)?)?))
}

/// Counts a command as sent without writing it: for a host that has encoded it already, such as one that writes a command
/// once for many connections. Its answer will carry the id. The host must send its bytes, in the order of its calls.
///
/// @return ESLP_OK, or an error from ESLP_NOT_AUTHENTICATED on; then nothing has changed.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn eslp_client_track(
    client: Handle<eslp_client>, command: In<eslp_command>, id: Out<u64>,
) -> eslp_status {
    run(|call| {
        let mut id = id.with(ESLP_NO_ID, call)?;
        id.set(client.get(call)?.track(&command.command(call)?)?.number());
        Ok(())
    })
}

/// Counts a command that this library does not know and the host has written itself: its answer will carry the id. The host must guarantee that the bytes are exactly one command with exactly
/// one reply.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn eslp_client_track_external(client: Handle<eslp_client>, id: Out<u64>) -> eslp_status {
    run(|call| {
        let mut id = id.with(ESLP_NO_ID, call)?;
        id.set(client.get(call)?.track_external().number());
        Ok(())
    })
}

/// The stream has ended; `buf` is what was read and not consumed.
///
/// To be called once, after the last eslp_client_poll() has returned ESLP_NEED_DATA or ESLP_CLOSED.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_client_eof(
    client: Handle<eslp_client>, buf: In<c_void>, len: usize, eof: Out<eslp_eof>,
) -> eslp_status {
    eof.give(|call| Ok(client.get(call)?.eof(buf.octets(len, call)?).into()))
}

/// The length of what eslp_client_save() writes.
pub const ESLP_CLIENT_SAVED: usize = 75;

const _: () = assert!(ESLP_CLIENT_SAVED == Client::SAVED);

/// Writes the client's state to `out`, ESLP_CLIENT_SAVED bytes, for a process that takes over the connection: another
/// program, or a newer version, which gets the socket and the unconsumed bytes.
///
/// @return ESLP_NOT_READY if the connection is not open, or in the middle of a frame that comes in parts: try again later.
/// ESLP_INSUFFICIENT if `size` is less.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn eslp_client_save(client: Look<eslp_client>, out: Out<c_void>, size: usize) -> eslp_status {
    run(|call| {
        let to = out.room(size, call)?.0.get_mut(..ESLP_CLIENT_SAVED).ok_or(eslp_status::ESLP_INSUFFICIENT)?;
        let saved = client.get(call)?.save().ok_or(eslp_status::ESLP_NOT_READY)?;
        to.copy_from_slice(&saved);
        Ok(())
    })
}

/// Makes a client in the caller's memory, as eslp_client_init(), that continues where eslp_client_save() was called.
///
/// @return ESLP_INVALID_ARGUMENT if `saved` is from another version of the library, or invalid.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn eslp_client_resume(
    memory: Lent, size: usize, saved: In<c_void>, saved_size: usize, limits: In<eslp_limits>,
    client: Out<*mut eslp_client>,
) -> eslp_status {
    client.give(|call| {
        let limits = limits.limits(Limits::DEFAULT, call)?;
        let saved = saved.octets(saved_size, call)?.try_into().map_err(|_| eslp_status::ESLP_INVALID_ARGUMENT)?;
        let resumed = Client::resume(saved, limits).ok_or(eslp_status::ESLP_INVALID_ARGUMENT)?;
        eslp_client::place(memory, size, resumed)
    })
}

/// Why the connection is over: an eslp_end, ESLP_END_NONE if it is not.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_client_end(client: Look<eslp_client>) -> eslp_end {
    client.ask(eslp_end::ESLP_END_NONE, |client| client.end().map_or(eslp_end::ESLP_END_NONE, Into::into))
}

/// Whether the server takes all commands: inbound when the password has been accepted, outbound when `connect` has been
/// sent; not any more after the end.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_client_is_open(client: Look<eslp_client>) -> bool {
    client.ask(false, |client| client.is_open())
}

/// Whether the controlled channel has ended and the connection lingers.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_client_is_lingering(client: Look<eslp_client>) -> bool {
    client.ask(false, |client| client.is_lingering())
}

/// In outbound mode: whether all commands may be used.
///
/// @return ESLP_NOT_FOUND until the reply to `connect` has arrived.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_client_full_control(client: Look<eslp_client>, full: Out<bool>) -> eslp_status {
    full.find(|call| Ok(client.get(call)?.has_full_control()))
}

/// In outbound mode: an eslp_socket_mode, whether applications run asynchronously.
///
/// @return ESLP_NOT_FOUND until the reply to `connect` has arrived.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_client_socket_mode(client: Look<eslp_client>, mode: Out<eslp_socket_mode>) -> eslp_status {
    mode.find(|call| Ok(client.get(call)?.socket_mode().map(Into::into)))
}

/// The number of commands that have been sent and not answered yet.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_client_in_flight(client: Look<eslp_client>) -> u64 {
    client.ask(0, |client| client.in_flight())
}

/// Counts of what was received so far.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_client_stats(client: Look<eslp_client>, stats: Out<eslp_stats>) -> eslp_status {
    stats.give(|call| Ok(client.get(call)?.stats().into()))
}

/// The text of an eslp_end, in English: valid for ever; NULL for any other number.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_end_text(end: eslp_end) -> eslp_bytes {
    let text = match end {
        eslp_end::ESLP_END_PROTOCOL => Some("framing broken"),
        end => End::try_from(end).ok().map(|end| end.as_str()),
    };
    eslp_bytes::option(text.map(str::as_bytes))
}
