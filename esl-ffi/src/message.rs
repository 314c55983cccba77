//! Frames, what they mean, and what can be asked of each kind.

use crate::number::numbers;
use esl_core::frame::{FrameKind, HeaderPart, Lines, Request};
use esl_core::message::{ApiResponse, DisconnectNotice, Disposition, LogLine, Reply, SocketMode, Status};
use esl_core::{Event, Frame, Message, Value};

use crate::event::{AnyHeaders, eslp_event, eslp_headers};
use crate::handle::Opaque;
use crate::name::{eslp_format, eslp_log_level, format_number, level_number};
use crate::octets::{eslp_bytes, eslp_value};
use crate::ptr::{Out, Outcome, Plain, change, read, run};
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
    /// A number of the library's own.
    pub flags: u32,
    /// Zeros: room for more fields.
    pub reserved: [u64; 1],
}

numbers! {
    /// What a frame is.
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
        /// Before the last part of its head, the reply to `connect` is this, too: see ESLP_IN_HEAD_PART.
        ESLP_MESSAGE_OTHER = 8,
    }
}

/// What the server says with one frame. Ask it with the functions below; each says of which kind it must be.
///
/// Valid as long as the octets in the buffer.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct eslp_message {
    /// An eslp_message_kind.
    pub kind: eslp_message_kind,
    /// The eslp_format of an event.
    pub format: eslp_format,
    /// The frame. Of an event that a client has found whole, the body alone is there. Of a frame that comes in parts,
    /// the head alone is there, with ESLP_IN_HEAD_PART not even that: functions that need what is not there return
    /// ESLP_NOT_WHOLE.
    pub frame: eslp_frame,
    /// Zeros: room for more fields.
    pub reserved: [u64; 2],
}

/// Header lines of a frame that is longer than eslp_limits.max_buffered: a part of its head, or of the headers of a plain event.
/// Take them with eslp_lines_next(), one after the other.
///
/// A part ends where a line does, as long as the line fits into the buffer; a longer one goes on in the next part. A
/// percent escape is never cut.
///
/// Valid as long as the octets in the buffer.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct eslp_lines {
    /// The lines with their line ends; NULL if there are none.
    pub bytes: eslp_bytes,
    /// Whether the first line began in the part before.
    pub goes_on: u8,
    /// Whether the lines are those of an event, or of the reply to `connect`: their values are percent-coded.
    pub is_event: u8,
    /// Zeros: room for more fields.
    pub reserved: [u64; 1],
}

/// A header, or a part of one: eslp_lines_next().
#[derive(Clone, Copy)]
#[repr(C)]
pub struct eslp_header_part {
    /// The name. Its `data` is NULL if this goes on with the value of the header before it: after a line end in that
    /// value if `after_line_end` says so, else where the part before ended.
    pub name: eslp_value,
    /// The value, or a part of it.
    pub value: eslp_value,
    /// Whether a line end of the value stands before this part of it.
    pub after_line_end: u8,
    /// Whether the line ends here. Otherwise the first header of the next part goes on with the value.
    pub is_complete: u8,
    /// Zeros: room for more fields.
    pub reserved: [u64; 2],
}

numbers! {
    /// How an answer begins.
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
        /// A reply in which the value of a variable stands where its text should: see eslp_reply_is_broken().
        ESLP_REPLY_BROKEN = 5,
    }
}

numbers! {
    /// How an outbound connection runs applications: the `socket` application's `async` option.
    pub enum eslp_socket_mode {
        /// Not known: no outbound connection, or the reply to `connect` has not come.
        ESLP_SOCKET_NONE = 0,
        /// `execute` is answered at once.
        ESLP_SOCKET_ASYNC = 1,
        /// `execute` is answered when the application has ended. The server calls this `static`.
        ESLP_SOCKET_SYNC = 2,
    }
}

impl From<Frame<'_>> for eslp_frame {
    fn from(frame: Frame<'_>) -> Self {
        Self {
            head: eslp_bytes::of(frame.head()),
            body: eslp_bytes::option(frame.body()),
            content_type: eslp_bytes::option(frame.content_type()),
            flags: frame.flags(),
            ..Self::ZERO
        }
    }
}

/// In [`eslp_frame::flags`]: the body is not here, but comes in parts. The core's own numbers are smaller.
const BODY_IN_PARTS: u32 = 1 << 31;
/// The same for the head.
const HEAD_IN_PARTS: u32 = 1 << 30;

impl eslp_frame {
    /// # Safety
    /// As [`eslp_bytes::octets`], for each of the three byte strings.
    pub(crate) unsafe fn frame<'a>(&self) -> Outcome<Frame<'a>> {
        // SAFETY: the caller guarantees each of the three byte strings.
        unsafe {
            Ok(Frame::from_parts(self.head.octets()?, self.body.optional()?, self.content_type.optional()?, self.flags))
        }
    }

    /// Refuses a frame whose body is not here.
    pub(crate) fn whole(&self) -> Outcome {
        if self.flags & (BODY_IN_PARTS | HEAD_IN_PARTS) == 0 { Ok(()) } else { Err(eslp_status::ESLP_NOT_WHOLE) }
    }

    pub(crate) fn of_request(request: &Request<'_>) -> Self {
        Self { head: eslp_bytes::of(request.head()), body: eslp_bytes::option(request.body()), ..Self::ZERO }
    }
}

impl eslp_message {
    pub(crate) fn of_event(event: &Event<'_>) -> Self {
        Self {
            kind: eslp_message_kind::ESLP_MESSAGE_EVENT,
            format: format_number(event.format()),
            frame: eslp_frame { body: eslp_bytes::of(event.text()), ..eslp_frame::ZERO },
            ..Self::ZERO
        }
    }

    /// The event of a message that is one.
    ///
    /// # Safety
    /// As [`eslp_bytes::octets`], for the body.
    pub(crate) unsafe fn event(&self) -> Outcome<Option<eslp_event>> {
        if self.kind != eslp_message_kind::ESLP_MESSAGE_EVENT {
            return Ok(None);
        }
        self.frame.whole()?;
        // SAFETY: the same precondition as this function's.
        unsafe { self.frame.body.octets() }?;
        Ok(Some(eslp_event { text: self.frame.body, format: self.format, ..eslp_event::ZERO }))
    }

    fn of_frame(kind: eslp_message_kind, frame: &Frame<'_>) -> Self {
        Self { kind, frame: (*frame).into(), ..Self::ZERO }
    }

    /// A whole frame as a decoder gives it: that of an event has its head, too.
    pub(crate) fn of_whole(frame: Frame<'_>) -> Self {
        Self { frame: frame.into(), ..Message::from(frame).into() }
    }

    /// A head whose body comes in parts.
    pub(crate) fn of_head(head: Frame<'_>) -> Self {
        let mut message = Self::of_whole(head);
        message.frame.flags |= BODY_IN_PARTS;
        message
    }

    /// A frame whose head comes in parts.
    pub(crate) fn of_head_part(kind: FrameKind) -> Self {
        let (kind, format) = kind_of(kind);
        Self { kind, format, frame: eslp_frame { flags: HEAD_IN_PARTS, ..eslp_frame::ZERO }, ..Self::ZERO }
    }
}

/// The kind of a message, and the format if it is an event.
fn kind_of(kind: FrameKind) -> (eslp_message_kind, eslp_format) {
    use esl_core::raw::FrameKind;
    match FrameKind::from(kind) {
        FrameKind::AuthRequest => (eslp_message_kind::ESLP_MESSAGE_AUTH_REQUEST, eslp_format::ESLP_FORMAT_NONE),
        FrameKind::Reply => (eslp_message_kind::ESLP_MESSAGE_REPLY, eslp_format::ESLP_FORMAT_NONE),
        FrameKind::ApiResponse => (eslp_message_kind::ESLP_MESSAGE_API_RESPONSE, eslp_format::ESLP_FORMAT_NONE),
        FrameKind::Event(format) => (eslp_message_kind::ESLP_MESSAGE_EVENT, format_number(format)),
        FrameKind::Log => (eslp_message_kind::ESLP_MESSAGE_LOG, eslp_format::ESLP_FORMAT_NONE),
        FrameKind::Disconnect => (eslp_message_kind::ESLP_MESSAGE_DISCONNECT, eslp_format::ESLP_FORMAT_NONE),
        FrameKind::Rejection => (eslp_message_kind::ESLP_MESSAGE_REJECTION, eslp_format::ESLP_FORMAT_NONE),
        FrameKind::Other => (eslp_message_kind::ESLP_MESSAGE_OTHER, eslp_format::ESLP_FORMAT_NONE),
    }
}

impl From<Message<'_>> for eslp_message {
    fn from(message: Message<'_>) -> Self {
        use esl_core::raw::Message;
        match &Message::from(message) {
            Message::AuthRequest(frame) => Self::of_frame(eslp_message_kind::ESLP_MESSAGE_AUTH_REQUEST, frame),
            Message::Reply(reply) => Self::of_frame(eslp_message_kind::ESLP_MESSAGE_REPLY, reply.frame()),
            Message::ApiResponse(response) => {
                Self::of_frame(eslp_message_kind::ESLP_MESSAGE_API_RESPONSE, response.frame())
            }
            Message::Event(event) => Self::of_event(event),
            Message::Log(line) => Self::of_frame(eslp_message_kind::ESLP_MESSAGE_LOG, line.frame()),
            Message::Disconnect(notice) => Self::of_frame(eslp_message_kind::ESLP_MESSAGE_DISCONNECT, notice.frame()),
            Message::Rejection(rejection) => {
                Self::of_frame(eslp_message_kind::ESLP_MESSAGE_REJECTION, rejection.frame())
            }
            Message::Other(frame) => Self::of_frame(eslp_message_kind::ESLP_MESSAGE_OTHER, frame),
        }
    }
}

impl eslp_lines {
    /// # Safety
    /// As [`eslp_bytes::octets`] for the bytes.
    unsafe fn lines<'a>(&self) -> Outcome<Lines<'a>> {
        // SAFETY: the same precondition as this function's.
        let bytes = unsafe { self.bytes.octets() }?;
        Ok(Lines::from_parts(bytes, self.goes_on != 0, self.is_event != 0))
    }
}

impl From<Lines<'_>> for eslp_lines {
    fn from(lines: Lines<'_>) -> Self {
        Self {
            bytes: eslp_bytes::of(lines.as_bytes()),
            goes_on: lines.goes_on().into(),
            is_event: lines.is_event().into(),
            ..Self::ZERO
        }
    }
}

impl From<HeaderPart<'_>> for eslp_header_part {
    fn from(part: HeaderPart<'_>) -> Self {
        Self {
            name: part.name.map_or(eslp_value::ZERO, eslp_value::from),
            value: part.value.into(),
            after_line_end: part.after_line_end.into(),
            is_complete: part.is_complete.into(),
            ..Self::ZERO
        }
    }
}

/// The first header of `lines`, and the lines after it.
fn take_first<'a>(lines: Lines<'a>) -> Option<(HeaderPart<'a>, Lines<'a>)> {
    let part = lines.headers().next()?;
    let bytes = lines.as_bytes();
    // A value goes up to the end of its line.
    let end = part.value.raw().as_ptr_range().end.addr().checked_sub(bytes.as_ptr().addr());
    let rest = end.and_then(|end| bytes.get(end.checked_add(part.is_complete.into())?..));
    Some((part, Lines::from_parts(rest.unwrap_or_default(), false, lines.is_event())))
}

/// The core's view of a message.
///
/// # Safety
/// As [`read`], and as [`eslp_frame::frame`] for the frame.
unsafe fn message<'a>(pointer: *const eslp_message) -> Outcome<Message<'a>> {
    // SAFETY: the same precondition as this function's.
    unsafe { frame(pointer) }.map(Message::from)
}

/// The frame of a message.
///
/// # Safety
/// As [`message`].
unsafe fn frame<'a>(pointer: *const eslp_message) -> Outcome<Frame<'a>> {
    // SAFETY: the first precondition of `message`, and so this function's.
    let view = unsafe { read(pointer) }?;
    if view.frame.flags & HEAD_IN_PARTS != 0 {
        return Err(eslp_status::ESLP_NOT_WHOLE);
    }
    // SAFETY: the second.
    unsafe { view.frame.frame() }
}

/// # Safety
/// As [`message`].
unsafe fn reply<'a>(pointer: *const eslp_message) -> Outcome<Reply<'a>> {
    // SAFETY: the same precondition as this function's.
    let Message::Reply(reply) = unsafe { message(pointer) }? else { return Err(eslp_status::ESLP_NOT_FOUND) };
    Ok(reply)
}

/// # Safety
/// As [`message`].
pub(crate) unsafe fn log_line<'a>(pointer: *const eslp_message) -> Outcome<LogLine<'a>> {
    // SAFETY: the same precondition as this function's.
    let Message::Log(line) = unsafe { message(pointer) }? else { return Err(eslp_status::ESLP_NOT_FOUND) };
    Ok(line)
}

/// # Safety
/// As [`message`].
unsafe fn notice<'a>(pointer: *const eslp_message) -> Outcome<DisconnectNotice<'a>> {
    // SAFETY: the same precondition as this function's.
    let Message::Disconnect(notice) = unsafe { message(pointer) }? else { return Err(eslp_status::ESLP_NOT_FOUND) };
    Ok(notice)
}

/// What a message says, whose text may be its body.
enum Said<'a> {
    Reply(Reply<'a>),
    Api(ApiResponse<'a>),
    Text(&'a [u8]),
}

/// # Safety
/// As [`message`].
unsafe fn said<'a>(pointer: *const eslp_message) -> Outcome<Said<'a>> {
    // SAFETY: the same precondition as this function's, for both calls.
    let (view, message) = unsafe { (read(pointer)?, message(pointer)?) };
    use esl_core::raw::Message;
    let said = match Message::from(message) {
        Message::Reply(reply) => return Ok(Said::Reply(reply)),
        Message::ApiResponse(response) => Said::Api(response),
        Message::Log(line) => Said::Text(line.text()),
        Message::Disconnect(notice) => Said::Text(notice.text()),
        Message::Rejection(rejection) => Said::Text(rejection.text()),
        Message::AuthRequest(_) | Message::Event(_) | Message::Other(_) => return Err(eslp_status::ESLP_NOT_FOUND),
    };
    view.frame.whole()?;
    Ok(said)
}

/// Stores what `value` finds in `out`.
///
/// # Safety
/// As [`Out::new`] for `out`.
unsafe fn give<T, C: From<T> + Plain>(out: *mut C, value: impl FnOnce() -> Outcome<Option<T>>) -> eslp_status {
    run(|| {
        // SAFETY: the same precondition as this function's.
        let out = unsafe { Out::new(out) }?;
        out.set(value()?.ok_or(eslp_status::ESLP_NOT_FOUND)?.into());
        Ok(())
    })
}

fn answer(status: Status) -> eslp_reply_status {
    use esl_core::raw::Status;
    match Status::from(status) {
        Status::Ok => eslp_reply_status::ESLP_REPLY_OK,
        Status::Err => eslp_reply_status::ESLP_REPLY_ERR,
        Status::Usage => eslp_reply_status::ESLP_REPLY_USAGE,
        Status::Bare => eslp_reply_status::ESLP_REPLY_BARE,
        Status::Broken => eslp_reply_status::ESLP_REPLY_BROKEN,
    }
}

/// The number of a mode.
pub(crate) fn socket_mode(mode: SocketMode) -> eslp_socket_mode {
    match mode {
        SocketMode::Async => eslp_socket_mode::ESLP_SOCKET_ASYNC,
        SocketMode::Sync => eslp_socket_mode::ESLP_SOCKET_SYNC,
    }
}

/// Begins with the first of the frame's headers, in the order of the wire, undecoded; the headers of an event are
/// for eslp_event_headers(). A line without a colon continues the value of the line before it. Any kind.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_message_headers(message: *const eslp_message, headers: *mut eslp_headers) -> eslp_status {
    // SAFETY: by the contract with C, `message` is an input and `headers` is an output.
    run(|| unsafe { eslp_headers::put(headers, || Ok(AnyHeaders::Frame(frame(message)?.headers()))) })
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
    // SAFETY: by the contract with C, `message` and `name` are inputs and `value` is an output.
    unsafe { give(value, || Ok(frame(message)?.get(name.octets()?))) }
}

/// The event: of an event, or of the reply to `connect`, whose head has the data of the channel.
///
/// @return ESLP_NOT_FOUND if it is neither; ESLP_NOT_WHOLE if the event comes in parts: those of a plain one have
/// `lines`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_message_event(message: *const eslp_message, event: *mut eslp_event) -> eslp_status {
    // SAFETY: by the contract with C, `message` is an input and `event` is an output.
    run(|| unsafe {
        let out = Out::new(event)?;
        if let Some(event) = read(message)?.event()? {
            out.set(event);
            return Ok(());
        }
        out.set(reply(message)?.channel_data().ok_or(eslp_status::ESLP_NOT_FOUND)?.into());
        Ok(())
    })
}

/// What the server says: the Reply-Text of a reply, the output in an api response, a log line, a notice's or
/// rejection's text. An api response is given to the octet.
///
/// A Reply-Text of several lines is whole only as long as no line of it has a colon; see eslp_reply_text_to_end(). Of a
/// reply that is broken (see eslp_reply_is_broken()) and has no Reply-Text, what stands in its place: the value without
/// the `~` at its front.
///
/// @return ESLP_NOT_FOUND for other kinds; ESLP_NOT_WHOLE if the body comes in parts.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_message_text(message: *const eslp_message, text: *mut eslp_value) -> eslp_status {
    // SAFETY: by the contract with C, `message` is an input and `text` is an output.
    unsafe {
        give(text, || {
            Ok(Some(match said(message)? {
                Said::Reply(reply) => reply.text(),
                Said::Api(response) => Value::from_bytes(response.body()),
                Said::Text(text) => Value::from_bytes(text),
            }))
        })
    }
}

/// How the text of a reply or api response begins; ESLP_REPLY_NONE for other kinds, and if the body comes in parts.
///
/// An unset variable answers `getvar` with `-ERR command not found`, as an unknown command is answered; a variable may
/// also hold a text that begins so.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_message_reply_status(message: *const eslp_message) -> eslp_reply_status {
    // SAFETY: by the contract with C, `message` is an input.
    match unsafe { said(message) } {
        Ok(Said::Reply(reply)) => answer(reply.status()),
        Ok(Said::Api(response)) => answer(response.status()),
        Ok(Said::Text(_)) | Err(_) => eslp_reply_status::ESLP_REPLY_NONE,
    }
}

/// What follows `+OK`, `-ERR` or `-USAGE` in the text of a reply or api response, without the blanks around it; all of
/// it if it begins with none of them.
///
/// @return ESLP_NOT_FOUND for other kinds; ESLP_NOT_WHOLE if the body comes in parts.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_message_detail(message: *const eslp_message, detail: *mut eslp_bytes) -> eslp_status {
    // SAFETY: by the contract with C, `message` is an input and `detail` is an output.
    run(|| unsafe {
        let out = Out::new(detail)?;
        out.set(eslp_bytes::of(match said(message)? {
            Said::Reply(reply) => reply.detail(),
            Said::Api(response) => response.detail(),
            Said::Text(_) => return Err(eslp_status::ESLP_NOT_FOUND),
        }));
        Ok(())
    })
}

/// Whether a frame has lost its end on the wire, and was cut where the next one begins: its text is not complete.
/// FreeSWITCH does that to a reply of several lines or a notice that is too long for its buffer of 512 octets, and to the
/// value of a variable that begins with `~`. Any kind.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_message_is_cut(message: *const eslp_message) -> bool {
    // SAFETY: by the contract with C, `message` is an input.
    unsafe { frame(message) }.is_ok_and(|frame| frame.is_cut())
}

/// Whether the server has broken this reply: the value of a variable that begins with `~` stands where its text should,
/// or its end is missing. The text is not complete and may be anything; the command that it answers is the right one, and
/// so are those of all replies after it.
///
/// Only `getvar` is answered so, and `userauth` and `bgapi` with replies that are too long for the server. Ask for a
/// variable whose value somebody else chooses with `api uuid_getvar`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_reply_is_broken(message: *const eslp_message) -> bool {
    // SAFETY: by the contract with C, `message` is an input.
    unsafe { reply(message) }.is_ok_and(|reply| reply.is_broken())
}

/// The text of a reply with all that follows it in the head: the whole value that answers `getvar`, if it has several
/// lines.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_reply_text_to_end(message: *const eslp_message, text: *mut eslp_value) -> eslp_status {
    // SAFETY: by the contract with C, `message` is an input and `text` is an output.
    unsafe { give(text, || Ok(Some(reply(message)?.text_to_end()))) }
}

/// The name of the job that a `bgapi` has started, in its reply. Free text, if the client has named it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_reply_job_uuid(message: *const eslp_message, uuid: *mut eslp_value) -> eslp_status {
    // SAFETY: by the contract with C, `message` is an input and `uuid` is an output.
    unsafe { give(uuid, || Ok(reply(message)?.job_uuid())) }
}

/// In the reply to `userauth`: the events that may be subscribed to, or `all`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_reply_allowed_events(
    message: *const eslp_message,
    events: *mut eslp_value,
) -> eslp_status {
    // SAFETY: by the contract with C, `message` is an input and `events` is an output.
    unsafe { give(events, || Ok(reply(message)?.allowed_events())) }
}

/// In the reply to `userauth`: the API commands that may be used, or `all`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_reply_allowed_api(message: *const eslp_message, api: *mut eslp_value) -> eslp_status {
    // SAFETY: by the contract with C, `message` is an input and `api` is an output.
    unsafe { give(api, || Ok(reply(message)?.allowed_api())) }
}

/// In the reply to `userauth`: whether `log` may be used.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_reply_allowed_log(message: *const eslp_message, allowed: *mut bool) -> eslp_status {
    // SAFETY: by the contract with C, `message` is an input and `allowed` is an output.
    unsafe { give(allowed, || Ok(reply(message)?.allowed_log())) }
}

/// In the reply to `connect`: an eslp_socket_mode, whether applications run beside the commands.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_reply_socket_mode(
    message: *const eslp_message,
    mode: *mut eslp_socket_mode,
) -> eslp_status {
    // SAFETY: by the contract with C, `message` is an input and `mode` is an output.
    unsafe { give(mode, || Ok(reply(message)?.socket_mode().map(socket_mode))) }
}

/// In the reply to `connect`: whether all commands may be used (`full`) or only those for the one channel.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_reply_full_control(message: *const eslp_message, full: *mut bool) -> eslp_status {
    // SAFETY: by the contract with C, `message` is an input and `full` is an output.
    unsafe { give(full, || Ok(reply(message)?.has_full_control())) }
}

/// How urgent a log line is.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_log_level_of(message: *const eslp_message, level: *mut eslp_log_level) -> eslp_status {
    // SAFETY: by the contract with C, `message` is an input and `level` is an output.
    unsafe { give(level, || Ok(log_line(message)?.level().map(level_number))) }
}

/// The source file that wrote a log line.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_log_file(message: *const eslp_message, file: *mut eslp_value) -> eslp_status {
    // SAFETY: by the contract with C, `message` is an input and `file` is an output.
    unsafe { give(file, || Ok(log_line(message)?.file())) }
}

/// The source function that wrote a log line.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_log_function(message: *const eslp_message, function: *mut eslp_value) -> eslp_status {
    // SAFETY: by the contract with C, `message` is an input and `function` is an output.
    unsafe { give(function, || Ok(log_line(message)?.function())) }
}

/// The line of the source file that wrote a log line.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_log_line(message: *const eslp_message, line: *mut u64) -> eslp_status {
    // SAFETY: by the contract with C, `message` is an input and `line` is an output.
    unsafe { give(line, || Ok(log_line(message)?.line())) }
}

/// The kind of a log line, a number of the server's own.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_log_text_channel(message: *const eslp_message, channel: *mut u64) -> eslp_status {
    // SAFETY: by the contract with C, `message` is an input and `channel` is an output.
    unsafe { give(channel, || Ok(log_line(message)?.text_channel())) }
}

/// The channel that a log line is about.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_log_channel_uuid(message: *const eslp_message, uuid: *mut eslp_value) -> eslp_status {
    // SAFETY: by the contract with C, `message` is an input and `uuid` is an output.
    unsafe { give(uuid, || Ok(log_line(message)?.channel_uuid())) }
}

/// Whether a disconnect notice only tells that the channel has ended and the connection lingers: commands still work
/// then. Otherwise nothing follows it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_notice_lingers(message: *const eslp_message, lingers: *mut bool) -> eslp_status {
    // SAFETY: by the contract with C, `message` is an input and `lingers` is an output.
    unsafe { give(lingers, || Ok(Some(notice(message)?.disposition() == Disposition::Linger))) }
}

/// The channel that the connection of a disconnect notice controlled.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_notice_session_uuid(message: *const eslp_message, uuid: *mut eslp_value) -> eslp_status {
    // SAFETY: by the contract with C, `message` is an input and `uuid` is an output.
    unsafe { give(uuid, || Ok(notice(message)?.session_uuid())) }
}

/// The name of that channel; in notices that the connection lingers.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_notice_channel_name(message: *const eslp_message, name: *mut eslp_value) -> eslp_status {
    // SAFETY: by the contract with C, `message` is an input and `name` is an output.
    unsafe { give(name, || Ok(notice(message)?.channel_name())) }
}

/// The seconds that the connection stays, -1 for ever; in notices that it lingers.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_notice_linger_seconds(message: *const eslp_message, seconds: *mut i64) -> eslp_status {
    // SAFETY: by the contract with C, `message` is an input and `seconds` is an output.
    unsafe { give(seconds, || Ok(notice(message)?.linger_seconds())) }
}

/// Takes the first header off the front of `lines`, in the order of the wire: of a line that goes on in another part, the
/// part that stands here. A copy of the struct begins again with the first.
///
/// @return ESLP_END after the last.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_lines_next(lines: *mut eslp_lines, header: *mut eslp_header_part) -> eslp_status {
    // SAFETY: by the contract with C, `lines` is an input and an output at once, and `header` is an output.
    run(|| unsafe {
        let out = Out::new(header)?;
        let lines = change(lines)?;
        let (part, rest) = take_first(lines.lines()?).ok_or(eslp_status::ESLP_END)?;
        *lines = rest.into();
        out.set(part.into());
        Ok(())
    })
}

/// The command line of a request, a frame that a client has sent: the word and its arguments.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_request_line(request: *const eslp_frame, line: *mut eslp_bytes) -> eslp_status {
    // SAFETY: by the contract with C, `request` is an input and `line` is an output.
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
    // SAFETY: by the contract with C, `request` and `name` are inputs and `value` is an output.
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
    // SAFETY: by the contract with C, `request` is an input and `headers` is an output.
    run(|| unsafe {
        eslp_headers::put(headers, || Ok(AnyHeaders::Request(Request::from(read(request)?.frame()?).headers())))
    })
}
