//! Frames, what they mean, and what can be asked of each kind.

use crate::number::numbers;
use esl_core::frame::{FrameKind, HeaderPart, Lines, Request};
use esl_core::message::{ApiResponse, DisconnectNotice, Disposition, LogLine, Reply, SocketMode, Status};
use esl_core::{Event, Frame, Message, Value, raw};

use crate::event::{AnyHeaders, eslp_event, eslp_headers};
use crate::handle::Make;
use crate::name::{eslp_format, eslp_log_level, level_number};
use crate::octets::{eslp_bytes, eslp_value};
use crate::ptr::{Call, In, Out, Outcome, Plain as _, ask};
use crate::status::eslp_status;

/// One frame of a stream, in the caller's buffer: header lines, and perhaps a body.
///
/// Valid as long as the bytes in the buffer.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct eslp_frame {
    /// The header lines with their line ends, without the blank line after them.
    pub head: eslp_bytes,
    /// The body; NULL if the head has no Content-Length. It may be empty.
    pub body: eslp_bytes,
    /// The value of the first Content-Type; NULL if there is none.
    pub content_type: eslp_bytes,
    /// A private number.
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
        ESLP_MESSAGE_AUTH_REQUEST = 1 => AuthRequest,
        /// command/reply: the answer to a command. Some answers to `api` are this, too.
        ESLP_MESSAGE_REPLY = 2 => Reply,
        /// api/response: the answer to `api`.
        ESLP_MESSAGE_API_RESPONSE = 3 => ApiResponse,
        /// text/event-plain, -json or -xml.
        ESLP_MESSAGE_EVENT = 4 => Event,
        /// log/data: a line of the server's log.
        ESLP_MESSAGE_LOG = 5 => Log,
        /// text/disconnect-notice: the connection ends, or lingers.
        ESLP_MESSAGE_DISCONNECT = 6 => Disconnect,
        /// text/rude-rejection: the access list does not allow this address. A disconnect notice and the end follow.
        ESLP_MESSAGE_REJECTION = 7 => Rejection,
        /// A frame with another Content-Type or none: an orphaned part of a reply, a server of another kind, a request.
        /// Before the last part of its head, the reply to `connect` is this, too: see ESLP_IN_HEAD_PART.
        ESLP_MESSAGE_OTHER = 8 => Other,
    }
    of Message<'_> as raw::Message of FrameKind as raw::FrameKind
}

/// What the server says with one frame. Ask it with the functions below; each says of which kind it must be.
///
/// Valid as long as the bytes in the buffer.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct eslp_message {
    /// An eslp_message_kind.
    pub kind: eslp_message_kind,
    /// The eslp_format of an event.
    pub format: eslp_format,
    /// The frame. For an event that a client has received whole, only the body is present. For a frame in parts, only
    /// the head is present, with ESLP_IN_HEAD_PART not even that: functions that need the missing parts return
    /// ESLP_NOT_WHOLE.
    pub frame: eslp_frame,
    /// Zeros: room for more fields.
    pub reserved: [u64; 2],
}

/// Header lines of a frame that is longer than eslp_limits.max_buffered: a part of its head, or of the headers of a
/// plain event. Read them one by one with eslp_lines_next().
///
/// A part ends at a line end, as long as the line fits into the buffer; a longer line continues in the next part. A
/// percent escape is never cut.
///
/// Valid as long as the bytes in the buffer.
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
    /// The name. Its `data` is NULL if this continues the value of the header before it: after a line end in that value
    /// if `after_line_end` is true, otherwise where the previous part ended.
    pub name: eslp_value,
    /// The value, or a part of it.
    pub value: eslp_value,
    /// Whether this part of the value is preceded by a line end.
    pub after_line_end: u8,
    /// Whether the line ends here. Otherwise the first header of the next part continues the value.
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
        ESLP_REPLY_OK = 1 => Ok,
        /// `-ERR`
        ESLP_REPLY_ERR = 2 => Err,
        /// `-USAGE`: an API command that was called wrongly.
        ESLP_REPLY_USAGE = 3 => Usage,
        /// Anything else: the value of a variable, the output of an API command. Whether it means success depends on
        /// the command.
        ESLP_REPLY_BARE = 4 => Bare,
        /// A reply whose text is replaced by the value of a variable: see eslp_reply_is_broken().
        ESLP_REPLY_BROKEN = 5 => Broken,
    }
    of Status as raw::Status

    /// How an outbound connection runs applications: the `socket` application's `async` option.
    pub enum eslp_socket_mode {
        /// Unknown: not an outbound connection, or the reply to `connect` has not arrived.
        ESLP_SOCKET_NONE = 0,
        /// `execute` is answered at once.
        ESLP_SOCKET_ASYNC = 1 => Async,
        /// `execute` is answered when the application has ended. The server calls this `static`.
        ESLP_SOCKET_SYNC = 2 => Sync,
    }
    of SocketMode as SocketMode
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
    pub(crate) fn frame<'c>(&self, call: Call<'c>) -> Outcome<Frame<'c>> {
        let (head, body) = (self.head.octets(call)?, self.body.said(call)?);
        Ok(Frame::from_parts(head, body, self.content_type.said(call)?, self.flags))
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
            format: event.format().into(),
            frame: eslp_frame { body: eslp_bytes::of(event.text()), ..eslp_frame::ZERO },
            ..Self::ZERO
        }
    }

    /// The event of a message that is one.
    pub(crate) fn event(&self, call: Call<'_>) -> Outcome<Option<eslp_event>> {
        if self.kind != eslp_message_kind::ESLP_MESSAGE_EVENT {
            return Ok(None);
        }
        self.frame.whole()?;
        self.frame.body.octets(call)?;
        Ok(Some(eslp_event { text: self.frame.body, format: self.format, ..eslp_event::ZERO }))
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
        let format = match raw::FrameKind::from(kind) {
            raw::FrameKind::Event(format) => format.into(),
            _ => eslp_format::ESLP_FORMAT_NONE,
        };
        Self { kind: kind.into(), format, frame: eslp_frame { flags: HEAD_IN_PARTS, ..eslp_frame::ZERO }, ..Self::ZERO }
    }
}

impl From<Message<'_>> for eslp_message {
    fn from(message: Message<'_>) -> Self {
        use esl_core::raw::Message;
        let frame = match &Message::from(message) {
            Message::Event(event) => return Self::of_event(event),
            Message::Reply(reply) => *reply.frame(),
            Message::ApiResponse(response) => *response.frame(),
            Message::Log(line) => *line.frame(),
            Message::Disconnect(notice) => *notice.frame(),
            Message::Rejection(rejection) => *rejection.frame(),
            Message::AuthRequest(frame) | Message::Other(frame) => *frame,
        };
        Self { kind: message.into(), frame: frame.into(), ..Self::ZERO }
    }
}

impl eslp_lines {
    fn lines<'c>(&self, call: Call<'c>) -> Outcome<Lines<'c>> {
        Ok(Lines::from_parts(self.bytes.octets(call)?, self.goes_on != 0, self.is_event != 0))
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

/// What a message says, whose text may be its body.
enum Said<'a> {
    Reply(Reply<'a>),
    Api(ApiResponse<'a>),
    Text(&'a [u8]),
}

impl eslp_message {
    fn frame<'c>(&self, call: Call<'c>) -> Outcome<Frame<'c>> {
        if self.frame.flags & HEAD_IN_PARTS == 0 { self.frame.frame(call) } else { Err(eslp_status::ESLP_NOT_WHOLE) }
    }

    pub(crate) fn log_line<'c>(&self, call: Call<'c>) -> Outcome<LogLine<'c>> {
        let Message::Log(line) = self.frame(call)?.into() else { return Err(eslp_status::ESLP_NOT_FOUND) };
        Ok(line)
    }
}

/// What the core knows of a message, each if it is of the right kind.
impl In<eslp_message> {
    fn frame(self, call: Call<'_>) -> Outcome<Frame<'_>> {
        self.read(call)?.frame(call)
    }

    fn reply(self, call: Call<'_>) -> Outcome<Reply<'_>> {
        let Message::Reply(reply) = self.frame(call)?.into() else { return Err(eslp_status::ESLP_NOT_FOUND) };
        Ok(reply)
    }

    fn log_line(self, call: Call<'_>) -> Outcome<LogLine<'_>> {
        self.read(call)?.log_line(call)
    }

    fn notice(self, call: Call<'_>) -> Outcome<DisconnectNotice<'_>> {
        let Message::Disconnect(notice) = self.frame(call)?.into() else { return Err(eslp_status::ESLP_NOT_FOUND) };
        Ok(notice)
    }

    fn said(self, call: Call<'_>) -> Outcome<Said<'_>> {
        use esl_core::raw::Message;
        let view = self.read(call)?;
        let said = match Message::from(esl_core::Message::from(view.frame(call)?)) {
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
}

impl In<eslp_frame> {
    fn request(self, call: Call<'_>) -> Outcome<Request<'_>> {
        self.read(call)?.frame(call).map(Request::from)
    }
}

/// Begins with the first of the frame's headers, in the order of the wire, undecoded; the headers of an event are
/// for eslp_event_headers(). A line without a colon continues the value of the line before it. Any kind.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_message_headers(message: In<eslp_message>, headers: Make<eslp_headers>) -> eslp_status {
    headers.make(|call| Ok(AnyHeaders::Frame(message.frame(call)?.headers())))
}

/// The first header of this name in the frame's head, in any case of its letters. Any kind.
///
/// @return ESLP_NOT_FOUND if there is none.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_message_get(message: In<eslp_message>, name: eslp_bytes, value: Out<eslp_value>) -> eslp_status {
    value.find(|call| Ok(message.frame(call)?.get(name.octets(call)?).map(Into::into)))
}

/// The event: of an event, or of the reply to `connect`, whose head has the data of the channel.
///
/// @return ESLP_NOT_FOUND if it is neither; ESLP_NOT_WHOLE if the event comes in parts: those of a plain one have
/// `lines`.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_message_event(message: In<eslp_message>, event: Out<eslp_event>) -> eslp_status {
    event.find(|call| {
        let message = message.read(call)?;
        if let Some(event) = message.event(call)? {
            return Ok(Some(event));
        }
        let Message::Reply(reply) = message.frame(call)?.into() else { return Ok(None) };
        Ok(reply.channel_data().map(Into::into))
    })
}

/// The server's text: the Reply-Text of a reply, the exact output in an api response, a log line, a notice's or
/// rejection's text.
///
/// A Reply-Text of several lines is whole only as long as no line of it has a colon; see eslp_reply_text_to_end(). Of a
/// reply that is broken (see eslp_reply_is_broken()) and has no Reply-Text, what stands in its place: the value without
/// the `~` at its front.
///
/// @return ESLP_NOT_FOUND for other kinds; ESLP_NOT_WHOLE if the body comes in parts.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_message_text(message: In<eslp_message>, text: Out<eslp_value>) -> eslp_status {
    text.give(|call| {
        Ok(match message.said(call)? {
            Said::Reply(reply) => reply.text().into(),
            Said::Api(response) => Value::from_bytes(response.body()).into(),
            Said::Text(text) => Value::from_bytes(text).into(),
        })
    })
}

/// How the text of a reply or api response begins; ESLP_REPLY_NONE for other kinds, and if the body comes in parts.
///
/// An unset variable answers `getvar` with `-ERR command not found`, as an unknown command is answered; a variable may
/// also hold a text that begins so.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_message_reply_status(message: In<eslp_message>) -> eslp_reply_status {
    ask(eslp_reply_status::ESLP_REPLY_NONE, |call| {
        Ok(match message.said(call)? {
            Said::Reply(reply) => reply.status().into(),
            Said::Api(response) => response.status().into(),
            Said::Text(_) => eslp_reply_status::ESLP_REPLY_NONE,
        })
    })
}

/// What follows `+OK`, `-ERR` or `-USAGE` in the text of a reply or api response, without the blanks around it; all of
/// it if it begins with none of them.
///
/// @return ESLP_NOT_FOUND for other kinds; ESLP_NOT_WHOLE if the body comes in parts.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_message_detail(message: In<eslp_message>, detail: Out<eslp_bytes>) -> eslp_status {
    detail.give(|call| {
        Ok(eslp_bytes::of(match message.said(call)? {
            Said::Reply(reply) => reply.detail(),
            Said::Api(response) => response.detail(),
            Said::Text(_) => return Err(eslp_status::ESLP_NOT_FOUND),
        }))
    })
}

/// Whether a frame has lost its end on the wire, and was cut where the next one begins: its text is not complete.
/// FreeSWITCH does that to a reply of several lines or a notice that is too long for its buffer of 512 bytes, and to the
/// value of a variable that begins with `~`. Any kind.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_message_is_cut(message: In<eslp_message>) -> bool {
    ask(false, |call| Ok(message.frame(call)?.is_cut()))
}

/// Whether the server has broken this reply: its text is replaced by the value of a variable that begins with `~`, or
/// its end is missing. The text is incomplete and may be anything; but this reply, and all later ones, are matched to
/// the right commands.
///
/// This happens only with `getvar`, and with `userauth` and `bgapi` if the reply is too long for the server. Read
/// variables with untrusted values with `api uuid_getvar`.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_reply_is_broken(message: In<eslp_message>) -> bool {
    ask(false, |call| Ok(message.reply(call)?.is_broken()))
}

/// The text of a reply with all that follows it in the head: the whole value that answers `getvar`, if it has several
/// lines.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_reply_text_to_end(message: In<eslp_message>, text: Out<eslp_value>) -> eslp_status {
    text.give(|call| Ok(message.reply(call)?.text_to_end().into()))
}

/// The name of the job that a `bgapi` has started, in its reply. Free text, if the client has named it.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_reply_job_uuid(message: In<eslp_message>, uuid: Out<eslp_value>) -> eslp_status {
    uuid.find(|call| Ok(message.reply(call)?.job_uuid().map(Into::into)))
}

/// In the reply to `userauth`: the events that may be subscribed to, or `all`.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_reply_allowed_events(message: In<eslp_message>, events: Out<eslp_value>) -> eslp_status {
    events.find(|call| Ok(message.reply(call)?.allowed_events().map(Into::into)))
}

/// In the reply to `userauth`: the API commands that may be used, or `all`.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_reply_allowed_api(message: In<eslp_message>, api: Out<eslp_value>) -> eslp_status {
    api.find(|call| Ok(message.reply(call)?.allowed_api().map(Into::into)))
}

/// In the reply to `userauth`: whether `log` may be used.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_reply_allowed_log(message: In<eslp_message>, allowed: Out<bool>) -> eslp_status {
    allowed.find(|call| Ok(message.reply(call)?.allowed_log()))
}

/// In the reply to `connect`: an eslp_socket_mode, whether applications run asynchronously.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_reply_socket_mode(message: In<eslp_message>, mode: Out<eslp_socket_mode>) -> eslp_status {
    mode.find(|call| Ok(message.reply(call)?.socket_mode().map(Into::into)))
}

/// In the reply to `connect`: whether all commands may be used (`full`) or only those for the one channel.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_reply_full_control(message: In<eslp_message>, full: Out<bool>) -> eslp_status {
    full.find(|call| Ok(message.reply(call)?.has_full_control()))
}

/// How urgent a log line is.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_log_level_of(message: In<eslp_message>, level: Out<eslp_log_level>) -> eslp_status {
    level.find(|call| Ok(message.log_line(call)?.level().map(level_number)))
}

/// The source file that wrote a log line.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_log_file(message: In<eslp_message>, file: Out<eslp_value>) -> eslp_status {
    file.find(|call| Ok(message.log_line(call)?.file().map(Into::into)))
}

/// The source function that wrote a log line.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_log_function(message: In<eslp_message>, function: Out<eslp_value>) -> eslp_status {
    function.find(|call| Ok(message.log_line(call)?.function().map(Into::into)))
}

/// The line of the source file that wrote a log line.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_log_line(message: In<eslp_message>, line: Out<u64>) -> eslp_status {
    line.find(|call| Ok(message.log_line(call)?.line()))
}

/// The kind of a log line, the server's internal number.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_log_text_channel(message: In<eslp_message>, channel: Out<u64>) -> eslp_status {
    channel.find(|call| Ok(message.log_line(call)?.text_channel()))
}

/// The channel that a log line is about.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_log_channel_uuid(message: In<eslp_message>, uuid: Out<eslp_value>) -> eslp_status {
    uuid.find(|call| Ok(message.log_line(call)?.channel_uuid().map(Into::into)))
}

/// Whether a disconnect notice only says that the channel has ended and the connection lingers: commands still work
/// then. Otherwise nothing follows it.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_notice_lingers(message: In<eslp_message>, lingers: Out<bool>) -> eslp_status {
    lingers.give(|call| Ok(message.notice(call)?.disposition() == Disposition::Linger))
}

/// The channel that the connection of a disconnect notice controlled.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_notice_session_uuid(message: In<eslp_message>, uuid: Out<eslp_value>) -> eslp_status {
    uuid.find(|call| Ok(message.notice(call)?.session_uuid().map(Into::into)))
}

/// The name of that channel; in notices that the connection lingers.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_notice_channel_name(message: In<eslp_message>, name: Out<eslp_value>) -> eslp_status {
    name.find(|call| Ok(message.notice(call)?.channel_name().map(Into::into)))
}

/// The seconds that the connection stays, -1 for ever; in notices that it lingers.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_notice_linger_seconds(message: In<eslp_message>, seconds: Out<i64>) -> eslp_status {
    seconds.find(|call| Ok(message.notice(call)?.linger_seconds()))
}

/// Removes the first header from the front of `lines`, in the order of the wire; of a line that continues in another
/// part, only the portion in this part. A copy of the struct begins again with the first.
///
/// @return ESLP_END after the last.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_lines_next(lines: Out<eslp_lines>, header: Out<eslp_header_part>) -> eslp_status {
    header.next(|call| {
        let lines = lines.change(call)?;
        let first = take_first(lines.lines(call)?);
        Ok(first.map(|(part, rest)| {
            *lines = rest.into();
            part.into()
        }))
    })
}

/// The command line of a request, a frame that a client has sent: the word and its arguments.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_request_line(request: In<eslp_frame>, line: Out<eslp_bytes>) -> eslp_status {
    line.give(|call| Ok(eslp_bytes::of(request.request(call)?.line())))
}

/// The value of the first header of this name in a request, in any case of its letters.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_request_get(request: In<eslp_frame>, name: eslp_bytes, value: Out<eslp_bytes>) -> eslp_status {
    value.find(|call| Ok(request.request(call)?.get(name.octets(call)?).map(eslp_bytes::of)))
}

/// Begins with the first of a request's headers; Content-Length is left out.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_request_headers(request: In<eslp_frame>, headers: Make<eslp_headers>) -> eslp_status {
    headers.make(|call| Ok(AnyHeaders::Request(request.request(call)?.headers())))
}
