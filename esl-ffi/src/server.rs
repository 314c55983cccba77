//! The connection as FreeSWITCH's listener sees it.

use crate::number::numbers;
use core::ffi::{c_char, c_void};

use esl_core::command::Secret;
use esl_core::name::LogLevel;
use esl_core::raw::server as raw;
use esl_core::server::{
    Admission, Closed, Control, DeliverError, Effect, Goodbye, HostRequest, LogData, Poll, Response, ResponseError,
    Rights, Server, ServerLimits,
};
use esl_core::text::Insufficient;

use crate::command::eslp_sendmsg;
use crate::data::{coding_of, eslp_outgoing_event, eslp_percent};
use crate::decoder::eslp_limits;
use crate::handle::{Handle, Look, Opaque as _};
use crate::message::eslp_frame;
use crate::name::{eslp_event_name, eslp_format, eslp_log_level, level_number, level_of};
use crate::octets::eslp_bytes;
use crate::ptr::{Call, In, Lent, Memory, Out, Outcome, Plain as _, ask, known, matches, run};
use crate::status::eslp_status;

/// Memory for a server, in bytes, aligned as ESLP_ALIGN says. More than the library needs now.
pub const ESLP_SERVER_SIZE: usize = 640;

/// How long `out` must be for everything that a listener writes on its own. Only the host's data need more: answers of
/// API commands, channel data, events, log lines.
pub const ESLP_SERVER_REPLY_MAX: usize = 2048;

/// How many seconds FreeSWITCH waits for a client's first command: see `awaiting_first_command` in eslp_server_state.
pub const ESLP_SERVER_FIRST_COMMAND_SECONDS: u32 = 25;

/// One connection of a listener, as FreeSWITCH's. See "Server".
pub struct eslp_server;

const _: () = assert!(ESLP_SERVER_REPLY_MAX == Server::REPLY_MAX);
const _: () = assert!(ESLP_SERVER_FIRST_COMMAND_SECONDS as u64 == Server::FIRST_COMMAND_TIMEOUT.as_secs());

/// How a connection is made and limited. Zeros, or a NULL pointer to this struct, are an inbound connection with
/// FreeSWITCH's own limits; `storage` must always be given.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct eslp_server_options {
    /// The longest head and body of a command.
    pub request: eslp_limits,
    /// How many events, and how many log lines, may wait to be sent. Default 100 000.
    pub max_queued: u32,
    /// How many of them may be lost in a row beyond that before the connection ends. Default 500.
    pub max_lost: u32,
    /// How a `%` in values is written: an eslp_percent.
    pub percent: eslp_percent,
    /// An outbound connection: the uuid of the channel that has made it. Left out for an inbound one.
    pub channel: eslp_bytes,
    /// Outbound: whether all commands may be used (`full`), not only those for the one channel.
    pub full: u8,
    /// Outbound: whether `sendmsg` is answered at once (`async`), not when the application has ended.
    pub is_async: u8,
    /// Zeros: room for more fields.
    pub reserved: [u64; 4],
}

numbers! {
    /// What eslp_server_poll() found.
    pub enum eslp_server_result_kind {
        /// Nothing.
        ESLP_SERVER_NONE = 0,
        /// The listener has written its greeting or the reply to a command: `written`, `effect`.
        ESLP_SERVER_DONE = 1,
        /// The client wants something of the host, which has to eslp_server_respond(): `request`.
        ESLP_SERVER_HOST_REQUEST = 2,
    }

    /// The effect on the host of a command that the listener has answered.
    pub enum eslp_effect {
        /// Nothing: a refusal, or a change of what the connection gets.
        ESLP_EFFECT_NONE = 0 => None,
        /// The greeting has been written: an auth request, or nothing in outbound mode. The client has 25 seconds for its
        /// first command.
        ESLP_EFFECT_GREETING = 1 => Greeting,
        /// ALL events are subscribed to: eslp_server_subscribe() the subclasses that the host knows.
        ESLP_EFFECT_ALL_EVENTS = 2 => AllEvents,
        /// `noevents`: the events that wait must be dropped.
        ESLP_EFFECT_EVENTS_FLUSHED = 3 => EventsFlushed,
        /// `nolog`: the log lines that wait must be dropped.
        ESLP_EFFECT_LOG_FLUSHED = 4 => LogFlushed,
        /// `divert_events on`: events for the controlled channel's own queue are diverted here, by
        /// eslp_server_offer_diverted().
        ESLP_EFFECT_DIVERT_ON = 5 => Divert(true),
        /// `divert_events off`
        ESLP_EFFECT_DIVERT_OFF = 6 => Divert(false),
        /// `resume`: the dialplan continues when the connection has ended.
        ESLP_EFFECT_RESUME = 7 => Resume,
        /// `linger` or `nolinger`: `linger` in eslp_server_state has changed. If the channel is gone already, the time
        /// restarts.
        ESLP_EFFECT_LINGER = 8 => Linger,
    }
    of Effect as raw::Effect

    /// What a client wants of the host, and how to answer.
    pub enum eslp_host_request_kind {
        /// Nothing.
        ESLP_HOST_REQUEST_NONE = 0,
        /// `auth`: whether `password` is right, by eslp_secret_matches(). ESLP_RESPONSE_ACCEPT or ESLP_RESPONSE_REFUSE. All other
        /// questions can be declined with ESLP_RESPONSE_REPLY.
        ESLP_HOST_REQUEST_PASSWORD = 1 => Password,
        /// `userauth`: whether `password` is that of `user` at `domain`. ESLP_RESPONSE_ACCEPT with the user's rights, or
        /// ESLP_RESPONSE_REFUSE.
        ESLP_HOST_REQUEST_USER = 2 => User,
        /// `api`: run `command` with `argument`. ESLP_RESPONSE_OUTPUT, when it is there; until then the client's next
        /// commands wait, and so do its events. With `console`, aliases are known, and `command` is the whole line.
        ESLP_HOST_REQUEST_API = 3 => Api,
        /// `bgapi`: begin `command` with `argument`. ESLP_RESPONSE_JOB at once, with the name `job` if that is given, and a
        /// BACKGROUND_JOB event when it has ended.
        ESLP_HOST_REQUEST_BGAPI = 4 => BgApi,
        /// `sendmsg`: do `message` with a channel. ESLP_RESPONSE_OK, ESLP_RESPONSE_NO_SUCH_CHANNEL or ESLP_RESPONSE_REPLY; with
        /// `wait` not before it is done. All its headers are in `request`.
        ESLP_HOST_REQUEST_SENDMSG = 5 => SendMsg,
        /// `sendevent`: fire the event `event_name`, whose headers and body are in `request`. ESLP_RESPONSE_FIRED with its
        /// uuid, or ESLP_RESPONSE_REPLY. FreeSWITCH takes an unknown name for CUSTOM without a subclass.
        ESLP_HOST_REQUEST_SENDEVENT = 6 => SendEvent,
        /// `connect`: the controlled channel's data. ESLP_RESPONSE_CHANNEL.
        ESLP_HOST_REQUEST_CONNECT = 7 => Connect,
        /// `getvar`: the `variable` of the controlled channel. ESLP_RESPONSE_VALUE.
        ESLP_HOST_REQUEST_GETVAR = 8 => GetVar,
        /// `myevents` of an inbound connection: whether there is a channel with this `uuid`. ESLP_RESPONSE_CONTROL or
        /// ESLP_RESPONSE_NO_SUCH_CHANNEL, with this uuid.
        ESLP_HOST_REQUEST_MYEVENTS = 9 => MyEvents,
    }
    of raw::HostRequest<'_> as raw::HostRequest
}

/// What a client wants of the host. Valid as long as the bytes in the buffer.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct eslp_host_request {
    /// An eslp_host_request_kind, which says what goes with it.
    pub kind: eslp_host_request_kind,
    /// With ESLP_HOST_REQUEST_SENDEVENT: an eslp_event_name.
    pub event_name: eslp_event_name,
    /// A password.
    pub password: eslp_bytes,
    /// A user, never empty.
    pub user: eslp_bytes,
    /// A domain, never empty.
    pub domain: eslp_bytes,
    /// An API command.
    pub command: eslp_bytes,
    /// What follows the first blank after the command; NULL if nothing does.
    pub argument: eslp_bytes,
    /// How the client wants to call the job, at most 256 bytes; NULL if it does not say.
    pub job: eslp_bytes,
    /// A variable.
    pub variable: eslp_bytes,
    /// A channel.
    pub uuid: eslp_bytes,
    /// The request, with all of its headers and its body.
    pub request: eslp_frame,
    /// What to do with a channel. Its uuid is NULL for the one that the connection controls.
    pub message: eslp_sendmsg,
    /// Whether the command is read as on the console.
    pub console: u8,
    /// Whether the answer must wait until the message is done: synchronous outbound mode, and not `async`.
    pub wait: u8,
    /// An API command and its argument, as they were sent.
    pub line: eslp_bytes,
    /// Zeros: room for more fields.
    pub reserved: [u64; 6],
}

numbers! {
    /// Why a connection is over.
    pub enum eslp_closed {
        /// The connection is not over.
        ESLP_CLOSED_NOT = 0,
        /// The client has sent `exit`.
        ESLP_CLOSED_EXIT = 1 => Exit,
        /// The password was wrong.
        ESLP_CLOSED_REFUSED = 2 => Refused,
        /// The client's address is not allowed.
        ESLP_CLOSED_REJECTED = 3 => Rejected,
        /// What the client sent cannot be read, or is beyond a limit.
        ESLP_CLOSED_UNREADABLE = 4 => Unreadable,
        /// The controlled channel has ended, and nothing lingers.
        ESLP_CLOSED_CHANNEL_GONE = 5 => ChannelGone,
        /// The host has ended it.
        ESLP_CLOSED_ENDED = 6 => Ended,
        /// The client has sent a command that begins with a NUL.
        ESLP_CLOSED_NO_COMMAND = 7 => NoCommand,
    }
    of Closed as raw::Closed
}

/// What eslp_server_poll() found.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct eslp_server_result {
    /// Bytes to remove from the front of the buffer before the next call; those of a request once it is answered.
    pub consumed: usize,
    /// With ESLP_NEED_DATA: how long the buffer must be, after `consumed` have been taken off, for the next command to
    /// be whole; 0 if that is not known yet.
    pub required: usize,
    /// Bytes of `out` to send.
    pub written: usize,
    /// An eslp_server_result_kind.
    pub kind: eslp_server_result_kind,
    /// With ESLP_SERVER_DONE: an eslp_effect.
    pub effect: eslp_effect,
    /// With ESLP_CLOSED: an eslp_closed.
    pub closed: eslp_closed,
    /// With ESLP_CLOSED_UNREADABLE: the eslp_status that says what is wrong, and where in the stream.
    pub error: eslp_status,
    /// Position in the stream, counted from the first byte.
    pub error_offset: u64,
    /// With ESLP_SERVER_HOST_REQUEST: the request.
    pub request: eslp_host_request,
    /// Zeros: room for more fields.
    pub reserved: [u64; 4],
}

numbers! {
    /// What the host says to an eslp_host_request.
    pub enum eslp_response_kind {
        /// The password is right: the rights are in `allowed_events`, `allowed_api`, `deny_log`.
        ESLP_RESPONSE_ACCEPT = 1,
        /// The password is wrong: the connection ends.
        ESLP_RESPONSE_REFUSE = 2,
        /// An API command's output: `text`. Nothing becomes `-ERR no reply`.
        ESLP_RESPONSE_OUTPUT = 3,
        /// The job has begun under the name `text`.
        ESLP_RESPONSE_JOB = 4,
        /// It is done, or will be.
        ESLP_RESPONSE_OK = 5,
        /// The channel exists and can be watched: its uuid is `text`.
        ESLP_RESPONSE_CONTROL = 6,
        /// There is no channel of the uuid that was asked for, which is repeated in `text`.
        ESLP_RESPONSE_NO_SUCH_CHANNEL = 7,
        /// The event has been fired and has the uuid `text`.
        ESLP_RESPONSE_FIRED = 8,
        /// The variable's value: `text`; empty if it is not set. One line of at most 511 bytes arrives: line ends become
        /// blanks.
        ESLP_RESPONSE_VALUE = 9,
        /// The channel's data: `channel`, the headers of a CHANNEL_DATA event; the headers about the connection itself are
        /// added.
        ESLP_RESPONSE_CHANNEL = 10,
        /// Another reply to anything but a password: `text`, `-ERR` and a reason. Nothing changes.
        ESLP_RESPONSE_REPLY = 11,
    }
}

/// What the host says to an eslp_host_request. What it points to is read during the call only.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct eslp_response {
    /// An eslp_response_kind, which says what goes with it.
    pub kind: eslp_response_kind,
    /// With ESLP_RESPONSE_ACCEPT: whether `log` may not be used.
    pub deny_log: u8,
    /// A text.
    pub text: eslp_bytes,
    /// With ESLP_RESPONSE_ACCEPT: the events that may be subscribed to, names, and subclasses after CUSTOM, between
    /// commas, or between blanks if there is one. All if left out.
    pub allowed_events: eslp_bytes,
    /// With ESLP_RESPONSE_ACCEPT: the API commands that may be used. All if left out.
    pub allowed_api: eslp_bytes,
    /// With ESLP_RESPONSE_CHANNEL: the channel's data.
    pub channel: *const eslp_outgoing_event,
    /// Zeros: room for more fields.
    pub reserved: [u64; 4],
}

numbers! {
    /// What to do with an event or a log line.
    pub enum eslp_admission {
        /// Not wanted by this connection.
        ESLP_ADMISSION_SKIP = 0 => Skip,
        /// Wanted: call eslp_server_deliver() for it in order. It counts against the queue limit until you do.
        ESLP_ADMISSION_ENQUEUE = 1 => Enqueue,
        /// Wanted, but the queue is full: dropped.
        ESLP_ADMISSION_DROPPED = 2 => Dropped,
        /// One loss too many: eslp_server_disconnect().
        ESLP_ADMISSION_OVERFLOW = 3 => Overflow,
    }
    of Admission as raw::Admission

    /// What to say at the end of a connection.
    pub enum eslp_goodbye {
        /// The usual: the client has closed its side, a time is over.
        ESLP_GOODBYE_DISCONNECTED = 0 => Disconnected,
        /// The server ends, or the module is reloaded.
        ESLP_GOODBYE_SHUT_DOWN = 1 => ShutDown,
        /// Too many events were lost.
        ESLP_GOODBYE_LOST_EVENTS = 2 => LostEvents,
        /// Too many log lines were lost.
        ESLP_GOODBYE_LOST_LOG_LINES = 3 => LostLogLines,
    }
    for Goodbye
}

/// A line of the log, to be sent.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct eslp_log_data {
    /// Its level, which must be set.
    pub level: eslp_log_level,
    /// The kind of channel that it is written to: 0 for the log, 1 for a clean one, 2 for an event's.
    pub text_channel: u8,
    /// The source line.
    pub line: u32,
    /// The source file.
    pub file: eslp_bytes,
    /// The source function.
    pub function: eslp_bytes,
    /// A channel's uuid, or nothing.
    pub user_data: eslp_bytes,
    /// The text with its line end.
    pub text: eslp_bytes,
    /// Zeros: room for more fields.
    pub reserved: [u64; 2],
}

/// Returns whether a client's regular expression, `/.../`, matches a header's value. An invalid one matches nothing.
/// `user` is the argument of eslp_server_offer(). Neither text is NUL-terminated.
///
/// A client chooses the expression, so the callback must tolerate any, and should bound its cost. The callback must not
/// use this server or the event, and it must return: an exception or `longjmp` would leave the call half done.
/// eslp::server catches exceptions, and takes them for no match.
pub type eslp_regex = Option<
    unsafe extern "C" fn(
        user: *mut c_void,
        regex: *const c_char,
        regex_len: usize,
        value: *const c_char,
        value_len: usize,
    ) -> bool,
>;

impl eslp_host_request {
    pub(crate) const NONE: Self =
        Self { event_name: eslp_event_name::ESLP_EVENT_OTHER, message: eslp_sendmsg::NONE, ..Self::ZERO };
}

impl From<HostRequest<'_>> for eslp_host_request {
    fn from(request: HostRequest<'_>) -> Self {
        use raw::HostRequest;
        let request = HostRequest::from(request);
        let asked = Self { kind: request.into(), ..Self::NONE };
        match request {
            HostRequest::Password(password) => Self { password: eslp_bytes::of(password.expose()), ..asked },
            HostRequest::User { user, domain, password } => Self {
                user: eslp_bytes::of(user),
                domain: eslp_bytes::of(domain),
                password: eslp_bytes::of(password.expose()),
                ..asked
            },
            HostRequest::Api { line, command, argument, console } => Self {
                line: eslp_bytes::of(line),
                command: eslp_bytes::of(command),
                argument: eslp_bytes::option(argument),
                console: console.into(),
                ..asked
            },
            HostRequest::BgApi { line, command, argument, job } => Self {
                line: eslp_bytes::of(line),
                command: eslp_bytes::of(command),
                argument: eslp_bytes::option(argument),
                job: eslp_bytes::option(job),
                ..asked
            },
            HostRequest::SendMsg { message, request, wait } => Self {
                message: eslp_sendmsg::read(&message, &request),
                request: eslp_frame::of_request(&request),
                wait: wait.into(),
                ..asked
            },
            HostRequest::SendEvent { name, request } => {
                Self { event_name: name.into(), request: eslp_frame::of_request(&request), ..asked }
            }
            HostRequest::Connect => asked,
            HostRequest::GetVar(variable) => Self { variable: eslp_bytes::of(variable), ..asked },
            HostRequest::MyEvents(uuid) => Self { uuid: eslp_bytes::of(uuid), ..asked },
        }
    }
}

/// A level that must be said.
fn said(level: Option<LogLevel>) -> Outcome<LogLevel> {
    level.ok_or(eslp_status::ESLP_INVALID_ARGUMENT)
}

impl eslp_response {
    fn response<'c>(&'c self, call: Call<'c>) -> Outcome<Response<'c>> {
        known(&self.reserved)?;
        let text = self.text.octets(call)?;
        Ok(match self.kind {
            eslp_response_kind::ESLP_RESPONSE_ACCEPT => Response::Accept(Rights {
                allowed_events: self.allowed_events.said(call)?,
                allowed_api: self.allowed_api.said(call)?,
                allowed_log: self.deny_log == 0,
            }),
            eslp_response_kind::ESLP_RESPONSE_REFUSE => Response::Refuse,
            eslp_response_kind::ESLP_RESPONSE_OUTPUT => Response::Output(text),
            eslp_response_kind::ESLP_RESPONSE_JOB => Response::Job(text),
            eslp_response_kind::ESLP_RESPONSE_OK => Response::Ok,
            eslp_response_kind::ESLP_RESPONSE_CONTROL => Response::Control(text),
            eslp_response_kind::ESLP_RESPONSE_NO_SUCH_CHANNEL => Response::NoSuchChannel(text),
            eslp_response_kind::ESLP_RESPONSE_FIRED => Response::Fired(text),
            eslp_response_kind::ESLP_RESPONSE_VALUE => Response::Value(text),
            eslp_response_kind::ESLP_RESPONSE_CHANNEL => Response::Channel(self.data(call)?.event(call)?),
            eslp_response_kind::ESLP_RESPONSE_REPLY => Response::Reply(text),
            _ => return Err(eslp_status::ESLP_UNKNOWN_NUMBER),
        })
    }
}

fn server(
    options: In<eslp_server_options>, storage: Lent, storage_size: usize, call: Call<'_>,
) -> Outcome<Server<Memory>> {
    let storage = storage.octets(storage_size)?;
    let mut limits = ServerLimits::DEFAULT;
    let Some(options) = options.optional(call)? else { return Ok(Server::inbound(limits, storage)) };
    known(&options.reserved)?;
    limits.request = options.request.limits(limits.request)?;
    if options.max_queued != 0 {
        limits.max_queued = options.max_queued;
    }
    if options.max_lost != 0 {
        limits.max_lost = options.max_lost;
    }
    let percent = options.percent.try_into()?;
    let server = match options.channel.said(call)? {
        None => Server::inbound(limits, storage),
        Some(uuid) => {
            let control = Control { full: options.full != 0, is_async: options.is_async != 0 };
            let server = Server::outbound(limits, storage, uuid, control);
            server.map_err(|_| eslp_status::ESLP_INSUFFICIENT)?
        }
    };
    Ok(server.with_percent(percent))
}

/// Why nothing was written: a status, and how many bytes would have been enough.
struct Unwritten(eslp_status, usize);

impl From<Insufficient> for Unwritten {
    fn from(error: Insufficient) -> Self {
        Self(eslp_status::ESLP_INSUFFICIENT, error.required)
    }
}

impl From<DeliverError> for Unwritten {
    fn from(error: DeliverError) -> Self {
        Self(eslp_status::of(error.code()), error.required().unwrap_or_default())
    }
}

impl From<ResponseError> for Unwritten {
    fn from(error: ResponseError) -> Self {
        Self(eslp_status::of(error.code()), error.required().unwrap_or_default())
    }
}

impl From<eslp_status> for Unwritten {
    fn from(status: eslp_status) -> Self {
        Self(status, 0)
    }
}

/// The body of a function that has a server write to `out`, and sets `written` to the length written or required.
fn write(
    server: Handle<eslp_server>, (out, size): (Out<c_void>, usize), written: Out<usize>,
    write: impl for<'c> FnOnce(&'c mut Server<Memory>, &'c mut [u8], Call<'c>) -> Result<usize, Unwritten>,
) -> eslp_status {
    run(|call| {
        let (mut written, server) = (written.nothing(call)?, server.get(call)?);
        let (out, call) = out.room(size, call)?;
        match write(server, out, call) {
            Ok(len) => {
                written.set(len);
                Ok(())
            }
            Err(Unwritten(status, required)) => {
                written.set(required);
                Err(status)
            }
        }
    })
}

/// The memory that eslp_server_init() needs of this library: at most ESLP_SERVER_SIZE.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_server_sizeof() -> usize {
    eslp_server::size()
}

/// How that memory must be aligned: at most ESLP_ALIGN.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_server_alignof() -> usize {
    eslp_server::align()
}

/// Makes a server's side of a connection in memory of the caller's.
///
/// `storage` is for what a client can make a listener keep: subclasses, filters, a user's rights. Where it is full, a
/// command that would add to it is refused with `-ERR memory error`; 4 KiB are plenty. It and the memory must stay where
/// they are until eslp_server_drop(). Then eslp_server_poll(), or eslp_server_reject() by the client's address.
///
/// @return ESLP_INSUFFICIENT if the channel's uuid has no place in the storage.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn eslp_server_init(
    memory: Lent, size: usize, options: In<eslp_server_options>, storage: Lent, storage_size: usize,
    server: Out<*mut eslp_server>,
) -> eslp_status {
    server.give(|call| eslp_server::place(memory, size, self::server(options, storage, storage_size, call)?))
}

/// Ends a server in the caller's memory, which is free for other use then.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_server_drop(server: Handle<eslp_server>) -> eslp_status {
    server.end()
}

/// Makes a server's side of a connection on the heap; eslp_server_free() it. The storage stays the caller's.
#[cfg(feature = "heap")]
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn eslp_server_new(
    options: In<eslp_server_options>, storage: Lent, storage_size: usize, server: Out<*mut eslp_server>,
) -> eslp_status {
    server.give(|call| eslp_server::allocate(self::server(options, storage, storage_size, call)?))
}

/// Gives a server on the heap back. NULL is fine.
#[cfg(feature = "heap")]
#[unsafe(no_mangle)]
pub extern "C" fn eslp_server_free(server: Handle<eslp_server>) {
    server.give_back()
}

/// Reads the next command from `buf`, which begins where the bytes end that were consumed before. The listener's own
/// replies are written to `out`: send `result->written` bytes of it.
///
/// @return ESLP_OK, `result->kind` says what; ESLP_NEED_DATA; ESLP_WAITING until the host has answered; ESLP_CLOSED if
/// the connection is over: send what was written, then close it. ESLP_INSUFFICIENT if `size` is less than
/// ESLP_SERVER_REPLY_MAX: nothing has happened.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn eslp_server_poll(
    server: Handle<eslp_server>, buf: In<c_void>, len: usize, out: Out<c_void>, size: usize,
    result: Out<eslp_server_result>,
) -> eslp_status {
    run(|call| {
        let (mut told, server) = (result.nothing(call)?, server.get(call)?);
        let (out, call) = out.room(size, call)?;
        let poll = server.poll(buf.octets(len, call)?, out).map_err(|_| eslp_status::ESLP_INSUFFICIENT)?;
        let mut result =
            eslp_server_result { consumed: poll.consumed(), written: poll.written(), ..eslp_server_result::ZERO };
        let status = match poll {
            Poll::Done { effect, .. } => {
                result.kind = eslp_server_result_kind::ESLP_SERVER_DONE;
                result.effect = effect.into();
                Ok(())
            }
            Poll::HostRequest { request, .. } => {
                result.kind = eslp_server_result_kind::ESLP_SERVER_HOST_REQUEST;
                result.request = request.into();
                Ok(())
            }
            Poll::Waiting => Err(eslp_status::ESLP_WAITING),
            Poll::NeedData { required, .. } => {
                result.required = required.unwrap_or_default();
                Err(eslp_status::ESLP_NEED_DATA)
            }
            Poll::Closed { why, .. } => {
                result.closed = why.into();
                if let Closed::Unreadable(error) = why {
                    (result.error, result.error_offset) = (eslp_status::of(error.code()), error.offset);
                }
                Err(eslp_status::ESLP_CLOSED)
            }
        };
        told.set(result);
        status
    })
}

/// Answers the request from eslp_server_poll(), now or much later: writes the reply to `out` and its length to
/// `written`, which is 0 for the first command of an outbound connection if it is not `connect`. Then poll again.
///
/// After ESLP_RESPONSE_REFUSE the connection is over: send what was written, and close it.
///
/// @return ESLP_NOT_ASKED if there is no request, or this does not answer it. ESLP_INSUFFICIENT if `size` is less than
/// what `written` says then, or the storage has no room for the rights. Nothing has changed then except the contents of
/// `out`, which are meaningless.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn eslp_server_respond(
    server: Handle<eslp_server>, response: In<eslp_response>, out: Out<c_void>, size: usize, written: Out<usize>,
) -> eslp_status {
    write(server, (out, size), written, |server, out, call| {
        Ok(server.respond(response.read(call)?.response(call)?, out)?)
    })
}

/// Refuses a connection by its address, instead of the first eslp_server_poll(). Send what was written, and close it.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn eslp_server_reject(
    server: Handle<eslp_server>, out: Out<c_void>, size: usize, written: Out<usize>,
) -> eslp_status {
    write(server, (out, size), written, |server, out, _| Ok(server.reject(out)?))
}

/// Ends the connection with a notice, an eslp_goodbye. Send what was written, and close it. Nothing is written if it is
/// over already.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn eslp_server_disconnect(
    server: Handle<eslp_server>, goodbye: eslp_goodbye, out: Out<c_void>, size: usize, written: Out<usize>,
) -> eslp_status {
    write(server, (out, size), written, |server, out, _| Ok(server.disconnect(goodbye.try_into()?, out)?))
}

/// Says that the controlled channel, whose name is given, has ended. Writes a notice: that the connection lingers, or that
/// it ends; eslp_server_get_state() says which. If it lingers, the host ends it after `linger_seconds`.
///
/// Nothing is written if no channel is controlled, or it had ended before.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn eslp_server_channel_ended(
    server: Handle<eslp_server>, name: eslp_bytes, out: Out<c_void>, size: usize, written: Out<usize>,
) -> eslp_status {
    write(server, (out, size), written, |server, out, call| Ok(server.channel_ended(name.octets(call)?, out)?))
}

/// Whether this connection wants an event that happens, by its subscriptions and filters: an eslp_admission.
///
/// `regex`, which may be NULL, is called for filters with regular expressions, with `user`; without it they match nothing.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn eslp_server_offer(
    server: Handle<eslp_server>, event: Look<eslp_outgoing_event>, regex: eslp_regex, user: *mut c_void,
    offer: Out<eslp_admission>,
) -> eslp_status {
    offer.give(|call| {
        let (server, event) = (server.get(call)?, event.get(call)?.event(call)?);
        // What C gives is not coded.
        let matches = |expression: &[u8], value: esl_core::Value<'_>| {
            value.as_plain().is_some_and(|value| matches(regex, user, expression, value))
        };
        Ok(server.offer_with(&event, &matches).into())
    })
}

/// Offers an event of the controlled channel's own queue, after ESLP_EFFECT_DIVERT_ON: subscriptions and filters do not
/// count.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn eslp_server_offer_diverted(server: Handle<eslp_server>, offer: Out<eslp_admission>) -> eslp_status {
    offer.give(|call| Ok(server.get(call)?.offer_diverted().into()))
}

/// Whether this connection wants a log line of a level: an eslp_admission.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn eslp_server_offer_log(
    server: Handle<eslp_server>, level: eslp_log_level, offer: Out<eslp_admission>,
) -> eslp_status {
    offer.give(|call| {
        let level = said(level_of(level)?)?;
        Ok(server.get(call)?.offer_log(level).into())
    })
}

/// Writes an event that waits to `out`, in the connection's format, and its length to `written`.
///
/// @return ESLP_NOT_READY if it cannot be sent now: in the middle of a command, or before an answer, or nothing is
/// subscribed to. ESLP_INSUFFICIENT if `size` is less than what `written` says then. Nothing has changed then except
/// the contents of `out`, which are meaningless.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn eslp_server_deliver(
    server: Handle<eslp_server>, event: Look<eslp_outgoing_event>, out: Out<c_void>, size: usize, written: Out<usize>,
) -> eslp_status {
    write(server, (out, size), written, |server, out, call| Ok(server.deliver(&event.get(call)?.event(call)?, out)?))
}

/// Counts a waiting event as delivered, in place of eslp_server_deliver(): the host sends the frame that
/// eslp_outgoing_event_frame() has written in this eslp_format and eslp_percent.
///
/// @return ESLP_NOT_READY if it cannot be sent now, ESLP_OTHER_CODING if the connection uses another coding: `format`
/// in eslp_server_state, and `percent` in its eslp_server_options. The frame must not be sent then.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn eslp_server_delivered(
    server: Handle<eslp_server>, format: eslp_format, percent: eslp_percent,
) -> eslp_status {
    run(|call| {
        let delivered = server.get(call)?.delivered(coding_of(format, percent)?);
        delivered.map_err(|error| eslp_status::of(error.code()))
    })
}

/// Gives up an event that waits, as if it had been delivered.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_server_skip(server: Handle<eslp_server>) -> eslp_status {
    server.change(|it| it.skip())
}

/// Writes a log line that waits to `out`, and its length to `written`.
///
/// @return As eslp_server_deliver().
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn eslp_server_deliver_log(
    server: Handle<eslp_server>, line: In<eslp_log_data>, out: Out<c_void>, size: usize, written: Out<usize>,
) -> eslp_status {
    write(server, (out, size), written, |server, out, call| {
        let line = line.read(call)?;
        known(&line.reserved)?;
        let line = LogData {
            level: said(level_of(line.level)?)?,
            text_channel: line.text_channel,
            file: line.file.octets(call)?,
            function: line.function.octets(call)?,
            line: line.line,
            user_data: line.user_data.octets(call)?,
            text: line.text.octets(call)?,
        };
        Ok(server.deliver_log(&line, out)?)
    })
}

/// Subscribes to a subclass, as `event CUSTOM <subclass>` would: for ESLP_EFFECT_ALL_EVENTS.
///
/// @return ESLP_INSUFFICIENT if the storage is full.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn eslp_server_subscribe(server: Handle<eslp_server>, subclass: eslp_bytes) -> eslp_status {
    run(|call| {
        let subclass = subclass.octets(call)?;
        server.get(call)?.subscribe(subclass).map_err(|_| eslp_status::ESLP_INSUFFICIENT)
    })
}

/// A snapshot of a listener's state.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct eslp_server_state {
    /// Why the connection is over: an eslp_closed.
    pub closed: eslp_closed,
    /// The eslp_format of events.
    pub format: eslp_format,
    /// Up to which level log lines are wanted; ESLP_LOG_NONE if none are.
    pub log_level: eslp_log_level,
    /// How many events wait to be delivered.
    pub waiting_events: u32,
    /// How many log lines wait to be delivered.
    pub waiting_log_lines: u32,
    /// Whether the client has given a password that was accepted, or needs none.
    pub authenticated: u8,
    /// Whether no command has arrived yet, except invalid ones before a password: the host ends such a connection after
    /// 25 seconds.
    pub awaiting_first_command: u8,
    /// Whether a part of a command has arrived, which holds back all events until the rest does. FreeSWITCH waits for
    /// ever; a host should set a deadline.
    pub mid_command: u8,
    /// Whether an event could be sent now.
    pub ready_for_events: u8,
    /// Whether a log line could be sent now.
    pub ready_for_log: u8,
    /// Whether the controlled channel is gone and the connection has stayed.
    pub lingering: u8,
    /// Whether the connection stays when its channel has ended: `linger_seconds`.
    pub linger: u8,
    /// Seconds, or ESLP_LINGER_FOREVER.
    pub linger_seconds: i64,
    /// The channel that the connection controls; NULL if none. Valid until the server is used again.
    pub channel: eslp_bytes,
    /// Zeros: room for more fields.
    pub reserved: [u64; 4],
}

/// A snapshot of a listener's state.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_server_get_state(server: Look<eslp_server>, state: Out<eslp_server_state>) -> eslp_status {
    state.give(|call| {
        let server = server.get(call)?;
        Ok(eslp_server_state {
            closed: server.closed().map_or(eslp_closed::ESLP_CLOSED_NOT, Into::into),
            format: server.format().into(),
            log_level: server.log_level().map_or(eslp_log_level::ESLP_LOG_NONE, level_number),
            waiting_events: server.waiting_events(),
            waiting_log_lines: server.waiting_log_lines(),
            authenticated: server.is_authenticated().into(),
            awaiting_first_command: server.is_awaiting_first_command().into(),
            mid_command: server.is_mid_command().into(),
            ready_for_events: server.is_ready_for_events().into(),
            ready_for_log: server.is_ready_for_log().into(),
            lingering: server.is_lingering().into(),
            linger: server.linger().is_some().into(),
            linger_seconds: server.linger().map_or(0, i64::from),
            channel: eslp_bytes::option(server.channel()),
            ..eslp_server_state::ZERO
        })
    })
}

/// Whether two passwords are the same, in a time that depends on the length of the client's only.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_secret_matches(given: eslp_bytes, expected: eslp_bytes) -> bool {
    ask(false, |call| Ok(Secret::new(given.octets(call)?).matches(expected.octets(call)?)))
}
