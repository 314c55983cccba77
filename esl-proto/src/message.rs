//! What a frame means: a typed view by its Content-Type.

use core::fmt;

use crate::event::Event;
use crate::frame::{Frame, FrameHeaders, FrameKind, HeaderList};
use crate::name::{LogLevel, header};
use crate::text::Value;

/// What the server says with one frame.
///
/// Every view keeps its frame, so that nothing the views do not know is lost.
///
/// ```
/// use esl_proto::frame::Step;
/// use esl_proto::{Decoder, Limits, Message};
///
/// let stream = b"Content-Type: api/response\nContent-Length: 3\n\n+OK";
/// let Step::Frame { frame, .. } = Decoder::new(Limits::DEFAULT).decode(stream)? else { panic!("it is whole") };
/// let Message::ApiResponse(answer) = Message::from(frame) else { panic!("it answers `api`") };
/// assert_eq!(answer.body(), b"+OK");
/// # Ok::<(), esl_proto::frame::DecodeError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Message<'b> {
    /// auth/request: the server wants `auth` or `userauth` first.
    AuthRequest(Frame<'b>),
    /// command/reply: the answer to a command. Some answers to `api` are this, too.
    Reply(Reply<'b>),
    /// api/response: the answer to `api`.
    ApiResponse(ApiResponse<'b>),
    /// text/event-plain, -json or -xml.
    Event(Event<'b>),
    /// log/data: a line of the server's log.
    Log(LogLine<'b>),
    /// text/disconnect-notice: the connection ends, or lingers.
    Disconnect(DisconnectNotice<'b>),
    /// text/rude-rejection: the access list does not allow this address. A disconnect notice and the end follow.
    Rejection(Rejection<'b>),
    /// A frame with another Content-Type or none: an orphaned part of a reply, or a server of another kind.
    Other(Frame<'b>),
}

impl<'b> From<Frame<'b>> for Message<'b> {
    fn from(frame: Frame<'b>) -> Self {
        let event = |format| Self::Event(Event::new(format, frame.body().unwrap_or_default()));
        match frame.kind() {
            FrameKind::AuthRequest => Self::AuthRequest(frame),
            FrameKind::Reply => Self::Reply(Reply { frame }),
            FrameKind::ApiResponse => Self::ApiResponse(ApiResponse { frame }),
            FrameKind::Event(format) => event(format),
            FrameKind::Log => Self::Log(LogLine { frame }),
            FrameKind::Disconnect => Self::Disconnect(DisconnectNotice { frame }),
            FrameKind::Rejection => Self::Rejection(Rejection { frame }),
            FrameKind::Other => Self::Other(frame),
        }
    }
}

/// How an answer begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Status {
    /// `+OK`
    Ok,
    /// `-ERR`
    Err,
    /// `-USAGE`: an API command that was called wrongly.
    Usage,
    /// Anything else: the value of a variable, the output of an API command. Whether it means success depends on the
    /// command.
    Bare,
    /// The server has broken the reply: see [`Reply::is_broken`].
    Broken,
}

impl Status {
    const WORDS: [(&'static [u8], Self); 3] = [(b"+OK", Self::Ok), (b"-ERR", Self::Err), (b"-USAGE", Self::Usage)];

    /// How `answer` begins.
    #[must_use]
    pub fn of(answer: &[u8]) -> Self {
        Self::split(answer).0
    }

    /// How `answer` begins, and what follows that word and the blanks (or, after `-USAGE`, the colon) behind it,
    /// without white space at the end.
    #[must_use]
    pub fn split(answer: &[u8]) -> (Self, &[u8]) {
        for (word, status) in Self::WORDS {
            if let Some(rest) = answer.strip_prefix(word) {
                return (status, rest.strip_prefix(b":").unwrap_or(rest).trim_ascii());
            }
        }
        (Self::Bare, answer.trim_ascii_end())
    }
}

/// The answer to a command: command/reply.
///
/// ```
/// use esl_proto::frame::Step;
/// use esl_proto::message::Status;
/// use esl_proto::{Decoder, Limits, Message};
///
/// let stream = b"Content-Type: command/reply\nReply-Text: -ERR no such channel\n\n";
/// let Step::Frame { frame, .. } = Decoder::new(Limits::DEFAULT).decode(stream)? else { panic!("it is whole") };
/// let Message::Reply(reply) = Message::from(frame) else { panic!("it is a reply") };
/// assert_eq!(reply.status(), Status::Err);
/// # Ok::<(), esl_proto::frame::DecodeError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Reply<'b> {
    frame: Frame<'b>,
}

impl<'b> Reply<'b> {
    /// The frame.
    #[must_use]
    pub const fn frame(&self) -> &Frame<'b> {
        &self.frame
    }

    /// Its headers.
    #[must_use]
    pub const fn headers(&self) -> FrameHeaders<'b> {
        self.frame.headers()
    }

    /// Whether the server has broken this reply: its text is replaced by the value of a variable that begins with `~`,
    /// or its end is missing. The text is incomplete and may be anything; but this reply, and all later ones, are
    /// matched to the right commands.
    ///
    /// This happens only with `getvar`, and with `userauth` and `bgapi` if the reply is too long for the server. Read
    /// variables with untrusted values with `api uuid_getvar`.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        self.frame.is_cut() || self.frame.broken_text().is_some()
    }

    /// Whether it answers `connect`: only then is it led by an Event-Name, and its values are percent-coded.
    #[must_use]
    pub fn is_connect(&self) -> bool {
        self.frame.is_channel_data()
    }

    /// The data of the channel, if this answers `connect` in outbound mode.
    #[must_use]
    pub fn channel_data(&self) -> Option<Event<'b>> {
        self.is_connect().then(|| Event::from_head(&self.frame))
    }

    /// The server's text: `+OK accepted`, `-ERR invalid`, or the bare value of a variable. In the reply to `connect` it
    /// ends in a line end.
    ///
    /// A text of several lines is whole only as long as no line of it has a colon; see
    /// [`text_to_end`](Self::text_to_end). Of a reply that [is broken](Self::is_broken) without a Reply-Text, what
    /// stands in its place: the value without the `~` at its front.
    #[must_use]
    pub fn text(&self) -> Value<'b> {
        if let Some(text) = self.frame.broken_text() {
            return text;
        }
        let value = match self.channel_data() {
            Some(event) => event.get(header::REPLY_TEXT),
            None => self.frame.get(header::REPLY_TEXT),
        };
        value.unwrap_or(Value::from_bytes(&[]))
    }

    /// The text with everything that follows it in the head: the whole value in the answer to `getvar`, if it has
    /// several lines. A blank line in it still ends the frame, because the server does not escape it; nothing can be
    /// done about that.
    #[must_use]
    pub fn text_to_end(&self) -> Value<'b> {
        if let Some(text) = self.frame.broken_text() {
            return text;
        }
        self.frame.get_to_end(header::REPLY_TEXT).unwrap_or(Value::from_bytes(&[]))
    }

    /// The variable that `getvar` has asked for. A value that the server has broken, or cut because it has room for 511 bytes, is
    /// [`Cut`](Variable::Cut): a value of just that length could be whole.
    #[must_use]
    pub fn variable(&self) -> Variable<'b> {
        const AROUND: usize = b"Content-Type: command/reply\nReply-Text: \n".len();
        let text = self.text_to_end();
        if self.is_broken() || self.frame.head().len() > AROUND + 510 {
            Variable::Cut(text)
        } else if self.text().raw().trim_ascii() == b"-ERR command not found" {
            Variable::Unset
        } else {
            Variable::Set(text)
        }
    }

    /// How the text begins. An unset variable answers `getvar` with `-ERR command not found`, as an unknown command is
    /// answered; a variable may also hold a text that begins so.
    #[must_use]
    pub fn status(&self) -> Status {
        if self.frame.broken_text().is_some() {
            return Status::Broken;
        }
        if self.is_connect() { Status::of(self.first_octets(&mut [0; 8])) } else { Status::of(self.text().raw()) }
    }

    fn first_octets<'o>(&self, out: &'o mut [u8; 8]) -> &'o [u8] {
        let mut len = 0;
        for (to, octet) in out.iter_mut().zip(self.text().bytes()) {
            *to = octet;
            len += 1;
        }
        out.get(..len).unwrap_or_default()
    }

    /// What follows `+OK`, `-ERR` or `-USAGE` in the text, without the blanks around it; the whole text if it begins
    /// with none of them. Empty for the reply to `connect`.
    #[must_use]
    pub fn detail(&self) -> &'b [u8] {
        match self.frame.broken_text() {
            Some(text) => text.raw(),
            None if self.is_connect() => &[],
            None => Status::split(self.text().raw()).1,
        }
    }

    /// Whether `sendmsg` has found no channel of the uuid that it names.
    #[must_use]
    pub fn is_no_such_channel(&self) -> bool {
        !self.is_broken() && self.text().raw().starts_with(b"-ERR invalid session id")
    }

    /// The name of the job that a `bgapi` has started. Free text, if the client has named it.
    #[must_use]
    pub fn job_uuid(&self) -> Option<Value<'b>> {
        self.frame.get(header::JOB_UUID)
    }

    /// After `userauth`: the events that may be subscribed to, or `all`.
    #[must_use]
    pub fn allowed_events(&self) -> Option<Value<'b>> {
        self.frame.get(header::ALLOWED_EVENTS)
    }

    /// After `userauth`: the API commands that may be used, or `all`.
    #[must_use]
    pub fn allowed_api(&self) -> Option<Value<'b>> {
        self.frame.get(header::ALLOWED_API)
    }

    /// After `userauth`: whether `log` may be used.
    #[must_use]
    pub fn allowed_log(&self) -> Option<bool> {
        self.frame.get(header::ALLOWED_LOG).map(|value| value == *"true")
    }

    /// After `connect`: whether applications run asynchronously, or each blocks the next.
    #[must_use]
    pub fn socket_mode(&self) -> Option<SocketMode> {
        SocketMode::from_word(self.channel_data()?.get(header::SOCKET_MODE)?.raw())
    }

    /// After `connect`: whether all commands may be used (`full`) or only those for the one channel.
    #[must_use]
    pub fn has_full_control(&self) -> Option<bool> {
        self.channel_data()?.get(header::CONTROL).map(|control| control == *"full")
    }
}

/// How an outbound connection runs applications: the `socket` application's `async` option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SocketMode {
    /// `execute` is answered at once.
    Async,
    /// `execute` is answered when the application has ended. The server calls this `static`.
    Sync,
}

impl SocketMode {
    /// The mode that a Socket-Mode header tells.
    pub(crate) fn from_word(word: &[u8]) -> Option<Self> {
        match word {
            b"async" => Some(Self::Async),
            b"static" => Some(Self::Sync),
            _ => None,
        }
    }
}

/// The value of a variable in an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Variable<'b> {
    /// There is none of this name. `getvar` says the same of one that is empty.
    Unset,
    /// Its value.
    Set(Value<'b>),
    /// What has arrived of its value: `api uuid_getvar` reads it whole.
    Cut(Value<'b>),
    /// It was not read: there is no such channel, or it has hung up, or the API command may not be used.
    Unread,
}

/// The answer to `api`: api/response.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ApiResponse<'b> {
    frame: Frame<'b>,
}

impl<'b> ApiResponse<'b> {
    /// The frame.
    #[must_use]
    pub const fn frame(&self) -> &Frame<'b> {
        &self.frame
    }

    /// What the command has printed, to the byte. A command that prints nothing is answered `-ERR no reply`.
    #[must_use]
    pub fn body(&self) -> &'b [u8] {
        self.frame.body().unwrap_or_default()
    }

    /// The variable that `api uuid_getvar` has asked for.
    #[must_use]
    pub fn variable(&self) -> Variable<'b> {
        match self.body() {
            b"-ERR No such channel!\n"
            | b"-ERR no reply\n"
            | b"-ERR uuid_getvar Command not found!\n"
            | b"-USAGE: <uuid> <var>\n" => Variable::Unread,
            b"_undef_" => Variable::Unset,
            value => Variable::Set(Value::from_bytes(value)),
        }
    }

    /// Whether an API command has found no channel of the uuid that it names.
    #[must_use]
    pub fn is_no_such_channel(&self) -> bool {
        let Some(error) = self.body().strip_prefix(b"-ERR ") else { return false };
        error.starts_with(b"No such channel")
            || matches!(error.trim_ascii_end(), b"Invalid uuid" | b"invalid uuid" | b"Cannot locate session!")
    }

    /// Whether there is the channel that `api uuid_exists` has asked for; [`None`] if this is no answer to that.
    #[must_use]
    pub fn exists(&self) -> Option<bool> {
        Self::exists_in(self.body())
    }

    /// [`exists`](Self::exists) for a host that has kept the output alone.
    #[must_use]
    pub fn exists_in(output: &[u8]) -> Option<bool> {
        match output {
            b"true" => Some(true),
            b"false" => Some(false),
            _ => None,
        }
    }

    /// How the body begins.
    #[must_use]
    pub fn status(&self) -> Status {
        Status::of(self.body())
    }

    /// What follows `+OK`, `-ERR` or `-USAGE:` in the body, without the white space around it; the whole body without
    /// white space at the end if it begins with none of them.
    #[must_use]
    pub fn detail(&self) -> &'b [u8] {
        Status::split(self.body()).1
    }
}

/// A line of the server's log: log/data. Its headers are not coded.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct LogLine<'b> {
    frame: Frame<'b>,
}

impl<'b> LogLine<'b> {
    /// The frame.
    #[must_use]
    pub const fn frame(&self) -> &Frame<'b> {
        &self.frame
    }

    /// The line as the server prints it, its line end included. One message may have several lines.
    #[must_use]
    pub fn text(&self) -> &'b [u8] {
        self.frame.body().unwrap_or_default()
    }

    /// How urgent it is.
    #[must_use]
    pub fn level(&self) -> Option<LogLevel> {
        LogLevel::try_from(self.frame.get(header::LOG_LEVEL)?).ok()
    }

    /// The source file that wrote it.
    #[must_use]
    pub fn file(&self) -> Option<Value<'b>> {
        self.frame.get(header::LOG_FILE)
    }

    /// The source function that wrote it.
    #[must_use]
    pub fn function(&self) -> Option<Value<'b>> {
        self.frame.get(header::LOG_FUNC)
    }

    /// The line of the source file.
    #[must_use]
    pub fn line(&self) -> Option<u64> {
        self.frame.get(header::LOG_LINE)?.to_u64()
    }

    /// The kind of line, the server's internal number.
    #[must_use]
    pub fn text_channel(&self) -> Option<u64> {
        self.frame.get(header::TEXT_CHANNEL)?.to_u64()
    }

    /// The channel that it is about, if any.
    #[must_use]
    pub fn channel_uuid(&self) -> Option<Value<'b>> {
        self.frame.get(header::USER_DATA).filter(|value| !value.raw().is_empty())
    }
}

/// The server ends the connection, now or after lingering: text/disconnect-notice.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct DisconnectNotice<'b> {
    frame: Frame<'b>,
}

/// What a [`DisconnectNotice`] announces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disposition {
    /// The end: nothing follows.
    Disconnect,
    /// The channel has ended; the connection stays for its last events, and commands still work.
    Linger,
}

impl Disposition {
    /// What the first line of a Content-Disposition says; a line without a colon behind it changes nothing.
    pub(crate) fn of(value: Value<'_>) -> Self {
        let line = value.raw().split(|octet| *octet == b'\n').next().unwrap_or_default();
        if line.trim_ascii().eq_ignore_ascii_case(b"linger") { Self::Linger } else { Self::Disconnect }
    }
}

impl<'b> DisconnectNotice<'b> {
    /// The frame.
    #[must_use]
    pub const fn frame(&self) -> &Frame<'b> {
        &self.frame
    }

    /// Whether this is the end. It is, unless the notice says `linger`.
    #[must_use]
    pub fn disposition(&self) -> Disposition {
        match self.frame.get(header::CONTENT_DISPOSITION) {
            Some(value) => Disposition::of(value),
            None => Disposition::Disconnect,
        }
    }

    /// The channel that the connection controlled, if any.
    #[must_use]
    pub fn session_uuid(&self) -> Option<Value<'b>> {
        self.frame.get(header::CONTROLLED_SESSION_UUID)
    }

    /// The name of the channel; in linger notices.
    #[must_use]
    pub fn channel_name(&self) -> Option<Value<'b>> {
        self.frame.get(header::CHANNEL_NAME)
    }

    /// The seconds that the connection stays; -1 for ever. In linger notices.
    #[must_use]
    pub fn linger_seconds(&self) -> Option<i64> {
        self.frame.get(header::LINGER_TIME)?.to_i64()
    }

    /// The server's text: disconnected, a shutdown, events lost by a slow reader.
    #[must_use]
    pub fn text(&self) -> &'b [u8] {
        self.frame.body().unwrap_or_default()
    }
}

/// The access list does not allow this address: text/rude-rejection.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Rejection<'b> {
    frame: Frame<'b>,
}

impl<'b> Rejection<'b> {
    /// The frame.
    #[must_use]
    pub const fn frame(&self) -> &Frame<'b> {
        &self.frame
    }

    /// What the server says.
    #[must_use]
    pub fn text(&self) -> &'b [u8] {
        self.frame.body().unwrap_or_default()
    }
}

macro_rules! debug_by_frame {
    ($($name:ident)+) => {$(
        impl fmt::Debug for $name<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name))
                    .field("headers", &HeaderList(self.frame.headers()))
                    .field("body", &self.frame.body().map(Value::from_bytes))
                    .finish()
            }
        }
    )+};
}

debug_by_frame!(Reply ApiResponse LogLine DisconnectNotice Rejection);
