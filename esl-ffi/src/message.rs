//! Frames, what they mean, and what can be asked of each kind.

use esl_core::{
    ApiResponse, DisconnectNotice, Disposition, Event, Frame, LogLine, Message, Reply, Request, SocketMode, Status,
    Value,
};

use crate::border::{Out, Outcome, read, run};
use crate::event::{AnyHeaders, eslp_event, eslp_headers};
use crate::handle::Opaque;
use crate::name::format_number;
use crate::octets::{eslp_bytes, eslp_value};
use crate::status::eslp_status;

/// One frame of a stream, in the caller's buffer: header lines, and perhaps a body.
///
/// Valid as long as the octets in the buffer.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct eslp_frame {
    /// The header lines with their line ends, without the blank line after them.
    pub head: eslp_bytes,
    /// The body; NULL if the head has no Content-Length. It may be empty.
    pub body: eslp_bytes,
    /// The value of the first Content-Type; NULL if there is none.
    pub content_type: eslp_bytes,
    /// Whether lines end in CRLF: a number of the library's own.
    pub crlf: u32,
}

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum eslp_message_kind {
    /// None.
    ESLP_MESSAGE_NONE = 0,
    /// auth/request: the server wants `auth` or `userauth` first.
    ESLP_MESSAGE_AUTH_REQUEST = 1,
    /// command/reply: the answer to a command. Some answers to `api` are this, too.
    ESLP_MESSAGE_REPLY = 2,
    /// api/response: the answer to `api`.
    ESLP_MESSAGE_API_RESPONSE = 3,
    /// text/event-plain, -json or -xml.
    ESLP_MESSAGE_EVENT = 4,
    /// log/data: a line of the server's log.
    ESLP_MESSAGE_LOG = 5,
    /// text/disconnect-notice: the connection ends, or goes on to linger.
    ESLP_MESSAGE_DISCONNECT = 6,
    /// text/rude-rejection: the access list does not allow this address. A disconnect notice and the end follow.
    ESLP_MESSAGE_REJECTION = 7,
    /// A frame with another Content-Type or none: an orphaned part of a reply, a server of another kind, a request.
    ESLP_MESSAGE_OTHER = 8,
}

/// What the server says with one frame. Ask it with the functions below; each says of which kind it must be.
///
/// Valid as long as the octets in the buffer.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct eslp_message {
    /// An eslp_message_kind.
    pub kind: i32,
    /// The eslp_format of an event.
    pub format: i32,
    /// The frame. For an event that came from a client or in parts, its body alone may be there.
    pub frame: eslp_frame,
}

/// How an answer begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum eslp_reply_status {
    /// There is no answer: the message is of another kind.
    ESLP_REPLY_NONE = 0,
    /// `+OK`
    ESLP_REPLY_OK = 1,
    /// `-ERR`
    ESLP_REPLY_ERR = 2,
    /// `-USAGE`: an API command that was called wrongly.
    ESLP_REPLY_USAGE = 3,
    /// Anything else: the value of a variable, the output of an API command. Whether it is a success, the command alone
    /// can tell.
    ESLP_REPLY_BARE = 4,
}

/// How an outbound connection runs applications: the `socket` application's `async` option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum eslp_socket_mode {
    /// `execute` is answered at once.
    ESLP_SOCKET_ASYNC = 1,
    /// `execute` is answered when the application has ended. The server calls this `static`.
    ESLP_SOCKET_SYNC = 2,
}

impl From<Frame<'_>> for eslp_frame {
    fn from(frame: Frame<'_>) -> Self {
        Self {
            head: eslp_bytes::of(frame.head()),
            body: eslp_bytes::option(frame.body()),
            content_type: eslp_bytes::option(frame.content_type()),
            crlf: frame.is_crlf().into(),
        }
    }
}

impl eslp_frame {
    /// # Safety
    /// The octets are as C says, and nobody writes to them during the call.
    pub(crate) unsafe fn frame<'a>(&self) -> Outcome<Frame<'a>> {
        // SAFETY: passed on.
        unsafe {
            Ok(Frame::from_parts(
                self.head.octets()?,
                self.body.optional()?,
                self.content_type.optional()?,
                self.crlf != 0,
            ))
        }
    }

    pub(crate) fn of_request(request: &Request<'_>) -> Self {
        Self { head: eslp_bytes::of(request.head()), body: eslp_bytes::option(request.body()), ..Self::NONE }
    }

    pub(crate) const NONE: Self =
        Self { head: eslp_bytes::NONE, body: eslp_bytes::NONE, content_type: eslp_bytes::NONE, crlf: 0 };
}

impl eslp_message {
    pub(crate) const NONE: Self =
        Self { kind: eslp_message_kind::ESLP_MESSAGE_NONE as i32, format: 0, frame: eslp_frame::NONE };

    pub(crate) fn of_event(event: &Event<'_>) -> Self {
        Self {
            kind: eslp_message_kind::ESLP_MESSAGE_EVENT as i32,
            format: format_number(event.format()),
            frame: eslp_frame { body: eslp_bytes::of(event.text()), ..eslp_frame::NONE },
        }
    }

    fn of_frame(kind: eslp_message_kind, frame: &Frame<'_>) -> Self {
        Self { kind: kind as i32, format: 0, frame: (*frame).into() }
    }
}

impl From<Message<'_>> for eslp_message {
    fn from(message: Message<'_>) -> Self {
        use eslp_message_kind::*;
        match &message {
            Message::AuthRequest(frame) => Self::of_frame(ESLP_MESSAGE_AUTH_REQUEST, frame),
            Message::Reply(reply) => Self::of_frame(ESLP_MESSAGE_REPLY, reply.frame()),
            Message::ApiResponse(response) => Self::of_frame(ESLP_MESSAGE_API_RESPONSE, response.frame()),
            Message::Event(event) => Self::of_event(event),
            Message::Log(line) => Self::of_frame(ESLP_MESSAGE_LOG, line.frame()),
            Message::Disconnect(notice) => Self::of_frame(ESLP_MESSAGE_DISCONNECT, notice.frame()),
            Message::Rejection(rejection) => Self::of_frame(ESLP_MESSAGE_REJECTION, rejection.frame()),
            Message::Other(frame) => Self::of_frame(ESLP_MESSAGE_OTHER, frame),
        }
    }
}

/// The core's view of what C holds.
///
/// # Safety
/// As [`read`], and the octets are as C says.
unsafe fn message<'a>(pointer: *const eslp_message) -> Outcome<Message<'a>> {
    // SAFETY: passed on.
    let frame = unsafe { read(pointer)?.frame.frame() }?;
    Ok(Message::from(frame))
}

/// # Safety
/// As [`message`].
unsafe fn frame<'a>(pointer: *const eslp_message) -> Outcome<Frame<'a>> {
    // SAFETY: passed on.
    unsafe { read(pointer)?.frame.frame() }
}

/// # Safety
/// As [`message`].
unsafe fn reply<'a>(pointer: *const eslp_message) -> Outcome<Reply<'a>> {
    // SAFETY: passed on.
    match unsafe { message(pointer) }? {
        Message::Reply(reply) => Ok(reply),
        _ => Err(eslp_status::ESLP_NOT_FOUND),
    }
}

/// # Safety
/// As [`message`].
unsafe fn log_line<'a>(pointer: *const eslp_message) -> Outcome<LogLine<'a>> {
    // SAFETY: passed on.
    match unsafe { message(pointer) }? {
        Message::Log(line) => Ok(line),
        _ => Err(eslp_status::ESLP_NOT_FOUND),
    }
}

/// # Safety
/// As [`message`].
unsafe fn notice<'a>(pointer: *const eslp_message) -> Outcome<DisconnectNotice<'a>> {
    // SAFETY: passed on.
    match unsafe { message(pointer) }? {
        Message::Disconnect(notice) => Ok(notice),
        _ => Err(eslp_status::ESLP_NOT_FOUND),
    }
}

/// Gives C what `value` finds.
///
/// # Safety
/// As [`Out::new`].
unsafe fn give<T, C: From<T>>(out: *mut C, value: impl FnOnce() -> Outcome<Option<T>>) -> eslp_status {
    run(|| {
        // SAFETY: passed on.
        let out = unsafe { Out::new(out) }?;
        out.set(value()?.ok_or(eslp_status::ESLP_NOT_FOUND)?.into());
        Ok(())
    })
}

fn answer(status: Status) -> eslp_reply_status {
    match status {
        Status::Ok => eslp_reply_status::ESLP_REPLY_OK,
        Status::Err => eslp_reply_status::ESLP_REPLY_ERR,
        Status::Usage => eslp_reply_status::ESLP_REPLY_USAGE,
        Status::Bare => eslp_reply_status::ESLP_REPLY_BARE,
    }
}

/// Begins with the first of the frame's headers, in the order of the wire, as they stand there; those of an event are
/// for eslp_event_headers(). A line without a colon continues the value of the line before it. Any kind.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_message_headers(message: *const eslp_message, headers: *mut eslp_headers) -> eslp_status {
    // SAFETY: what C promises.
    run(|| unsafe { eslp_headers::put(headers, AnyHeaders::Frame(frame(message)?.headers())) })
}

/// The first header of this name in the frame's head, in any case of its letters. Any kind.
///
/// @return ESLP_NOT_FOUND if there is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_message_get(
    message: *const eslp_message,
    name: eslp_bytes,
    value: *mut eslp_value,
) -> eslp_status {
    // SAFETY: what C promises.
    unsafe { give(value, || Ok(frame(message)?.get(name.octets()?))) }
}

/// The event: of an event, or of the reply to `connect`, whose head has the data of the channel.
///
/// @return ESLP_NOT_FOUND if it is neither.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_message_event(message: *const eslp_message, event: *mut eslp_event) -> eslp_status {
    // SAFETY: what C promises.
    run(|| unsafe {
        let out = Out::new(event)?;
        let view = read(message)?;
        if view.kind == eslp_message_kind::ESLP_MESSAGE_EVENT as i32 {
            view.frame.body.octets()?;
            out.set(eslp_event { text: view.frame.body, format: view.format, crlf: 0 });
            return Ok(());
        }
        out.set(reply(message)?.channel_data().ok_or(eslp_status::ESLP_NOT_FOUND)?.into());
        Ok(())
    })
}

/// What the server says: the Reply-Text of a reply, the output in an api response, a log line, a notice's or
/// rejection's text. An api response is given to the octet.
///
/// A Reply-Text of several lines is whole only as long as no line of it has a colon; see eslp_reply_text_to_end().
///
/// @return ESLP_NOT_FOUND for other kinds.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_message_text(message: *const eslp_message, text: *mut eslp_value) -> eslp_status {
    // SAFETY: what C promises.
    let message = || unsafe { self::message(message) };
    // SAFETY: what C promises.
    unsafe {
        give(text, || {
            Ok(match message()? {
                Message::Reply(reply) => Some(reply.text()),
                Message::ApiResponse(response) => Some(Value::octets(response.body())),
                Message::Log(line) => Some(Value::octets(line.text())),
                Message::Disconnect(notice) => Some(Value::octets(notice.text())),
                Message::Rejection(rejection) => Some(Value::octets(rejection.text())),
                _ => None,
            })
        })
    }
}

/// How the text of a reply or api response begins.
///
/// An unset variable answers `getvar` with `-ERR command not found`, as an unknown command is answered; a variable may
/// also hold a text that begins so.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_message_reply_status(message: *const eslp_message) -> eslp_reply_status {
    // SAFETY: what C promises.
    match unsafe { self::message(message) } {
        Ok(Message::Reply(reply)) => answer(reply.status()),
        Ok(Message::ApiResponse(response)) => answer(response.status()),
        _ => eslp_reply_status::ESLP_REPLY_NONE,
    }
}

/// What follows `+OK`, `-ERR` or `-USAGE` in the text of a reply or api response, without the blanks around it; all of
/// it if it begins with none of them.
///
/// @return ESLP_NOT_FOUND for other kinds.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_message_detail(message: *const eslp_message, detail: *mut eslp_bytes) -> eslp_status {
    // SAFETY: what C promises.
    run(|| unsafe {
        let out = Out::new(detail)?;
        out.set(eslp_bytes::of(match self::message(message)? {
            Message::Reply(reply) => reply.detail(),
            Message::ApiResponse(response) => ApiResponse::detail(&response),
            _ => return Err(eslp_status::ESLP_NOT_FOUND),
        }));
        Ok(())
    })
}

/// The text of a reply with all that follows it in the head: the whole value that answers `getvar`, if it has several
/// lines.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_reply_text_to_end(message: *const eslp_message, text: *mut eslp_value) -> eslp_status {
    // SAFETY: what C promises.
    unsafe { give(text, || Ok(Some(reply(message)?.text_to_end()))) }
}

/// The name of the job that a `bgapi` has started, in its reply. Free text, if the client has named it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_reply_job_uuid(message: *const eslp_message, uuid: *mut eslp_value) -> eslp_status {
    // SAFETY: what C promises.
    unsafe { give(uuid, || Ok(reply(message)?.job_uuid())) }
}

/// In the reply to `userauth`: the events that may be subscribed to, or `all`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_reply_allowed_events(
    message: *const eslp_message,
    events: *mut eslp_value,
) -> eslp_status {
    // SAFETY: what C promises.
    unsafe { give(events, || Ok(reply(message)?.allowed_events())) }
}

/// In the reply to `userauth`: the API commands that may be used, or `all`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_reply_allowed_api(message: *const eslp_message, api: *mut eslp_value) -> eslp_status {
    // SAFETY: what C promises.
    unsafe { give(api, || Ok(reply(message)?.allowed_api())) }
}

/// In the reply to `userauth`: whether `log` may be used.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_reply_allowed_log(message: *const eslp_message, allowed: *mut bool) -> eslp_status {
    // SAFETY: what C promises.
    unsafe { give(allowed, || Ok(reply(message)?.allowed_log())) }
}

/// In the reply to `connect`: an eslp_socket_mode, whether applications run beside the commands.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_reply_socket_mode(message: *const eslp_message, mode: *mut i32) -> eslp_status {
    // SAFETY: what C promises.
    unsafe {
        give(mode, || {
            Ok(reply(message)?.socket_mode().map(|mode| match mode {
                SocketMode::Async => eslp_socket_mode::ESLP_SOCKET_ASYNC as i32,
                SocketMode::Sync => eslp_socket_mode::ESLP_SOCKET_SYNC as i32,
            }))
        })
    }
}

/// In the reply to `connect`: whether all commands may be used (`full`) or only those for the one channel.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_reply_full_control(message: *const eslp_message, full: *mut bool) -> eslp_status {
    // SAFETY: what C promises.
    unsafe { give(full, || Ok(reply(message)?.has_full_control())) }
}

/// How urgent a log line is: -1 to 63, see eslp_log_level.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_log_level_of(message: *const eslp_message, level: *mut i32) -> eslp_status {
    // SAFETY: what C promises.
    unsafe { give(level, || Ok(log_line(message)?.level().map(|level| i32::from(level.number())))) }
}

/// The source file that wrote a log line.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_log_file(message: *const eslp_message, file: *mut eslp_value) -> eslp_status {
    // SAFETY: what C promises.
    unsafe { give(file, || Ok(log_line(message)?.file())) }
}

/// The source function that wrote a log line.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_log_function(message: *const eslp_message, function: *mut eslp_value) -> eslp_status {
    // SAFETY: what C promises.
    unsafe { give(function, || Ok(log_line(message)?.function())) }
}

/// The line of the source file that wrote a log line.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_log_line(message: *const eslp_message, line: *mut u64) -> eslp_status {
    // SAFETY: what C promises.
    unsafe { give(line, || Ok(log_line(message)?.line())) }
}

/// The kind of a log line, a number of the server's own.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_log_text_channel(message: *const eslp_message, channel: *mut u64) -> eslp_status {
    // SAFETY: what C promises.
    unsafe { give(channel, || Ok(log_line(message)?.text_channel())) }
}

/// The channel that a log line is about.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_log_channel_uuid(message: *const eslp_message, uuid: *mut eslp_value) -> eslp_status {
    // SAFETY: what C promises.
    unsafe { give(uuid, || Ok(log_line(message)?.channel_uuid())) }
}

/// Whether a disconnect notice only tells that the channel has ended and the connection lingers: commands still work
/// then. Otherwise nothing follows it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_notice_lingers(message: *const eslp_message, lingers: *mut bool) -> eslp_status {
    // SAFETY: what C promises.
    unsafe { give(lingers, || Ok(Some(notice(message)?.disposition() == Disposition::Linger))) }
}

/// The channel that the connection of a disconnect notice controlled.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_notice_session_uuid(message: *const eslp_message, uuid: *mut eslp_value) -> eslp_status {
    // SAFETY: what C promises.
    unsafe { give(uuid, || Ok(notice(message)?.session_uuid())) }
}

/// The name of that channel; in notices that the connection lingers.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_notice_channel_name(message: *const eslp_message, name: *mut eslp_value) -> eslp_status {
    // SAFETY: what C promises.
    unsafe { give(name, || Ok(notice(message)?.channel_name())) }
}

/// The seconds that the connection stays, -1 for ever; in notices that it lingers.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_notice_linger_seconds(message: *const eslp_message, seconds: *mut i64) -> eslp_status {
    // SAFETY: what C promises.
    unsafe { give(seconds, || Ok(notice(message)?.linger_seconds())) }
}

/// The command line of a request, a frame that a client has sent: the word and its arguments.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_request_line(request: *const eslp_frame, line: *mut eslp_bytes) -> eslp_status {
    // SAFETY: what C promises.
    run(|| unsafe {
        let out = Out::new(line)?;
        out.set(eslp_bytes::of(Request::from(read(request)?.frame()?).line()));
        Ok(())
    })
}

/// The value of the first header of this name in a request, in any case of its letters.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_request_get(
    request: *const eslp_frame,
    name: eslp_bytes,
    value: *mut eslp_bytes,
) -> eslp_status {
    // SAFETY: what C promises.
    run(|| unsafe {
        let out = Out::new(value)?;
        let value = Request::from(read(request)?.frame()?).get(name.octets()?);
        out.set(eslp_bytes::of(value.ok_or(eslp_status::ESLP_NOT_FOUND)?));
        Ok(())
    })
}

/// Begins with the first of a request's headers; Content-Length is left out.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_request_headers(request: *const eslp_frame, headers: *mut eslp_headers) -> eslp_status {
    // SAFETY: what C promises.
    run(|| unsafe {
        let request = Request::from(read(request)?.frame()?);
        eslp_headers::put(headers, AnyHeaders::Request(request.headers()))
    })
}
