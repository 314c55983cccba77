//! What comes in beside events: frames, read when asked, and the end.

use esl_proto::{
    ApiResponse as CoreResponse, Decoder, DisconnectNotice, End, Eof, Frame as CoreFrame, Limits, LogLine as CoreLine,
    Message, Reply as CoreReply, SocketMode, Status, Step, Unanswered,
};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyBytes, PyList, PyRange, PyString};

use crate::error;
use crate::event::Event;
use crate::text::{Text, decoded, header_list, shared, to_str, value_bytes, value_str};

/// A frame that is not an event: its headers, undecoded, and its body. The names of headers match in any case.
#[pyclass(frozen, subclass, module = "esl_proto")]
pub(crate) struct Frame {
    raw: PyBackedBytes,
}

impl Frame {
    pub(crate) fn new(py: Python<'_>, mut octets: &[u8]) -> Self {
        // Blank lines before a frame are no part of it.
        while let [b'\n', rest @ ..] | [b'\r', b'\n', rest @ ..] = octets {
            octets = rest;
        }
        Self { raw: PyBytes::new(py, octets).into() }
    }

    /// Reads the frame anew: it was found in just these octets before.
    fn view(&self) -> CoreFrame<'_> {
        let limits = Limits { head: usize::MAX, lines: usize::MAX, body: usize::MAX, whole: usize::MAX };
        match Decoder::new(limits).decode(&self.raw) {
            Ok(Step::Frame { frame, .. }) => frame,
            _ => unreachable!("these octets were a frame before"),
        }
    }

    fn message(&self) -> Message<'_> {
        Message::from(self.view())
    }

    fn reply(&self) -> Option<CoreReply<'_>> {
        match self.message() {
            Message::Reply(reply) => Some(reply),
            _ => None,
        }
    }

    fn response(&self) -> Option<CoreResponse<'_>> {
        match self.message() {
            Message::ApiResponse(response) => Some(response),
            _ => None,
        }
    }

    fn line(&self) -> Option<CoreLine<'_>> {
        match self.message() {
            Message::Log(line) => Some(line),
            _ => None,
        }
    }

    fn notice(&self) -> Option<DisconnectNotice<'_>> {
        match self.message() {
            Message::Disconnect(notice) => Some(notice),
            _ => None,
        }
    }

    /// What the frame says: the Reply-Text of a reply, decoded where it is coded, otherwise the body.
    fn said(&self) -> std::borrow::Cow<'_, [u8]> {
        match self.message() {
            Message::Reply(reply) => decoded(&reply.text()),
            _ => self.view().body().unwrap_or_default().into(),
        }
    }

    fn shown(&self) -> String {
        const MOST: usize = 60;
        let said = self.said();
        let text = String::from_utf8_lossy(said.trim_ascii_end());
        match text.char_indices().nth(MOST) {
            Some((end, _)) => format!("{:?}...", &text[..end]),
            None => format!("{text:?}"),
        }
    }
}

#[pymethods]
impl Frame {
    /// The frame as on the wire, head and body.
    #[getter]
    fn raw<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        shared(py, &self.raw)
    }

    /// The Content-Type.
    #[getter]
    fn content_type<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyString>> {
        self.view().content_type().map(|kind| to_str(py, kind))
    }

    /// The headers in the order of the wire.
    fn headers<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        header_list(py, self.view().headers(), |header| {
            Ok((value_str(py, &header.name).into_any(), value_str(py, &header.value).into_any()))
        })
    }

    /// `headers` in octets.
    fn headers_bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        header_list(py, self.view().headers(), |header| {
            Ok((value_bytes(py, &header.name).into_any(), value_bytes(py, &header.value).into_any()))
        })
    }

    /// The first value of this name, or None.
    fn get<'py>(&self, py: Python<'py>, name: Text) -> Option<Bound<'py, PyString>> {
        self.view().get(&*name).map(|value| value_str(py, &value))
    }

    /// The first value of this name in octets, or None.
    fn get_bytes<'py>(&self, py: Python<'py>, name: Text) -> Option<Bound<'py, PyBytes>> {
        self.view().get(&*name).map(|value| value_bytes(py, &value))
    }

    /// The body, if the head has a Content-Length.
    #[getter]
    fn body<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyBytes>> {
        self.view().body().map(|body| PyBytes::new(py, body))
    }

    /// What the frame says: the Reply-Text of a reply, otherwise the body. Octets that are not UTF-8 become U+FFFD.
    #[getter]
    fn text<'py>(&self, py: Python<'py>) -> Bound<'py, PyString> {
        to_str(py, &self.said())
    }

    /// `text` in octets.
    #[getter]
    fn octets<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.said())
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        Ok(format!("<{} {}>", slf.get_type().name()?, slf.get().shown()))
    }
}

/// The answer to a command: command/reply.
#[pyclass(frozen, subclass, extends = Frame, module = "esl_proto")]
pub(crate) struct Reply {
    /// The id of the command that it answers.
    #[pyo3(get)]
    id: u64,
    /// The id of a second command that this frame answers: the reply to a `userauth` with long lists of rights loses
    /// its end, and the next reply is glued on. None otherwise.
    #[pyo3(get)]
    glued: Option<u64>,
}

fn reply<'a>(slf: &'a Bound<'_, Reply>) -> Option<CoreReply<'a>> {
    slf.as_super().get().reply()
}

fn reply_status(slf: &Bound<'_, Reply>) -> Status {
    reply(slf).map_or(Status::Bare, |reply| reply.status())
}

#[pymethods]
impl Reply {
    /// Whether it begins with `+OK`.
    #[getter]
    fn ok(slf: &Bound<'_, Self>) -> bool {
        reply_status(slf) == Status::Ok
    }

    /// Whether it begins with `-ERR` or `-USAGE`.
    #[getter]
    fn error(slf: &Bound<'_, Self>) -> bool {
        matches!(reply_status(slf), Status::Err | Status::Usage)
    }

    /// What follows `+OK`, `-ERR` or `-USAGE`, without the blanks around it; otherwise the whole text.
    #[getter]
    fn detail<'py>(slf: &Bound<'py, Self>) -> Bound<'py, PyString> {
        to_str(slf.py(), reply(slf).map_or(&[], |reply| reply.detail()))
    }

    /// The name of the job that `bgapi` has started.
    #[getter]
    fn job_uuid<'py>(slf: &Bound<'py, Self>) -> Option<Bound<'py, PyString>> {
        Some(value_str(slf.py(), &reply(slf)?.job_uuid()?))
    }

    /// The text with all that follows it in the head: the whole value that answers `getvar`, if it has several lines.
    #[getter]
    fn text_to_end<'py>(slf: &Bound<'py, Self>) -> Bound<'py, PyString> {
        let text = reply(slf).map(|reply| decoded(&reply.text_to_end()));
        to_str(slf.py(), &text.unwrap_or_default())
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        Ok(format!("<{} id={} {}>", slf.get_type().name()?, slf.get().id, slf.as_super().get().shown()))
    }
}

/// The password was accepted.
#[pyclass(frozen, extends = Reply, module = "esl_proto")]
pub(crate) struct Authenticated;

#[pymethods]
impl Authenticated {
    /// After `userauth`: the events that may be subscribed to, or 'all'.
    #[getter]
    fn allowed_events<'py>(slf: &Bound<'py, Self>) -> Option<Bound<'py, PyString>> {
        Some(value_str(slf.py(), &reply(slf.as_super())?.allowed_events()?))
    }

    /// After `userauth`: the API commands that may be used, or 'all'.
    #[getter]
    fn allowed_api<'py>(slf: &Bound<'py, Self>) -> Option<Bound<'py, PyString>> {
        Some(value_str(slf.py(), &reply(slf.as_super())?.allowed_api()?))
    }

    /// After `userauth`: whether `log` may be used.
    #[getter]
    fn allowed_log(slf: &Bound<'_, Self>) -> Option<bool> {
        reply(slf.as_super())?.allowed_log()
    }
}

/// The password was refused. The end follows.
#[pyclass(frozen, extends = Reply, module = "esl_proto")]
pub(crate) struct AuthRefused;

/// The answer to `connect`: the call that this connection is about.
#[pyclass(frozen, extends = Reply, module = "esl_proto")]
pub(crate) struct Connected {
    /// The data of the channel, as an event.
    #[pyo3(get)]
    channel: Py<Event>,
}

#[pymethods]
impl Connected {
    /// Whether applications run beside the commands; otherwise each `execute` is answered when it has ended.
    #[getter]
    fn is_async(slf: &Bound<'_, Self>) -> bool {
        reply(slf.as_super()).and_then(|reply| reply.socket_mode()) == Some(SocketMode::Async)
    }

    /// Whether all commands may be used, or only those for the one channel.
    #[getter]
    fn full_control(slf: &Bound<'_, Self>) -> bool {
        reply(slf.as_super()).and_then(|reply| reply.has_full_control()) == Some(true)
    }
}

/// The answer to `api`: api/response. Its body is what the command has printed.
#[pyclass(frozen, extends = Frame, module = "esl_proto")]
pub(crate) struct ApiResponse {
    /// The id of the command that it answers.
    #[pyo3(get)]
    id: u64,
}

fn response<'a>(slf: &'a Bound<'_, ApiResponse>) -> Option<CoreResponse<'a>> {
    slf.as_super().get().response()
}

#[pymethods]
impl ApiResponse {
    /// Whether it begins with `+OK`.
    #[getter]
    fn ok(slf: &Bound<'_, Self>) -> bool {
        response(slf).is_some_and(|response| response.status() == Status::Ok)
    }

    /// Whether it begins with `-ERR` or `-USAGE`.
    #[getter]
    fn error(slf: &Bound<'_, Self>) -> bool {
        response(slf).is_some_and(|response| matches!(response.status(), Status::Err | Status::Usage))
    }

    /// What follows `+OK`, `-ERR` or `-USAGE`, without white space around it; otherwise the whole body without white
    /// space at its end.
    #[getter]
    fn detail<'py>(slf: &Bound<'py, Self>) -> Bound<'py, PyString> {
        to_str(slf.py(), response(slf).map_or(&[], |response| response.detail()))
    }

    fn __repr__(slf: &Bound<'_, Self>) -> String {
        format!("<ApiResponse id={} {}>", slf.get().id, slf.as_super().get().shown())
    }
}

/// The server wants `auth` or `userauth`.
#[pyclass(frozen, extends = Frame, module = "esl_proto")]
pub(crate) struct AuthRequest;

/// A line of the server's log; `text` is the line with its line end.
#[pyclass(frozen, extends = Frame, module = "esl_proto")]
pub(crate) struct LogLine;

fn line<'a>(slf: &'a Bound<'_, LogLine>) -> Option<CoreLine<'a>> {
    slf.as_super().get().line()
}

#[pymethods]
impl LogLine {
    /// How urgent it is, 'CONSOLE' to 'DEBUG'; None for the levels below DEBUG, which have no names.
    #[getter]
    fn level(slf: &Bound<'_, Self>) -> Option<&'static str> {
        line(slf)?.level()?.name()
    }

    /// The level as a number, 0 to 63.
    #[getter]
    fn level_number(slf: &Bound<'_, Self>) -> Option<i8> {
        Some(line(slf)?.level()?.number())
    }

    /// The source file that wrote it.
    #[getter]
    fn file<'py>(slf: &Bound<'py, Self>) -> Option<Bound<'py, PyString>> {
        Some(value_str(slf.py(), &line(slf)?.file()?))
    }

    /// The source function that wrote it.
    #[getter]
    fn function<'py>(slf: &Bound<'py, Self>) -> Option<Bound<'py, PyString>> {
        Some(value_str(slf.py(), &line(slf)?.function()?))
    }

    /// The line of the source file.
    #[getter]
    fn line(slf: &Bound<'_, Self>) -> Option<u64> {
        line(slf)?.line()
    }

    /// The channel that it is about, if any.
    #[getter]
    fn channel_uuid<'py>(slf: &Bound<'py, Self>) -> Option<Bound<'py, PyString>> {
        Some(value_str(slf.py(), &line(slf)?.channel_uuid()?))
    }
}

/// The controlled channel has ended; the connection stays for its last events, and takes commands.
#[pyclass(frozen, extends = Frame, module = "esl_proto")]
pub(crate) struct Lingering;

fn notice<'a>(slf: &'a Bound<'_, Lingering>) -> Option<DisconnectNotice<'a>> {
    slf.as_super().get().notice()
}

#[pymethods]
impl Lingering {
    /// The channel.
    #[getter]
    fn session_uuid<'py>(slf: &Bound<'py, Self>) -> Option<Bound<'py, PyString>> {
        Some(value_str(slf.py(), &notice(slf)?.session_uuid()?))
    }

    /// The channel's name.
    #[getter]
    fn channel_name<'py>(slf: &Bound<'py, Self>) -> Option<Bound<'py, PyString>> {
        Some(value_str(slf.py(), &notice(slf)?.channel_name()?))
    }

    /// How long the connection stays, in seconds; -1 for ever.
    #[getter]
    fn seconds(slf: &Bound<'_, Self>) -> Option<i64> {
        notice(slf)?.linger_seconds()
    }
}

/// The access list does not allow this address. The end follows.
#[pyclass(frozen, extends = Frame, module = "esl_proto")]
pub(crate) struct Rejected {
    unanswered: Unanswered,
}

#[pymethods]
impl Rejected {
    /// The ids of the commands that will never be answered.
    #[getter]
    fn unanswered<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyRange>> {
        error::range(py, &self.unanswered)
    }
}

/// What has no place in the conversation: an answer to nothing, a frame of an unknown kind.
#[pyclass(frozen, extends = Frame, module = "esl_proto")]
pub(crate) struct Unexpected;

/// The connection is over: the last message, unless its framing was broken.
#[pyclass(frozen, module = "esl_proto")]
pub(crate) struct Closed {
    /// Why: 'exit', 'auth-refused', 'auth-timeout', 'rejected', 'channel-ended', 'shutdown', 'events-lost', 'goodbye'
    /// or 'eof'.
    #[pyo3(get)]
    end: &'static str,
    /// What the server's notice says; empty without one.
    #[pyo3(get)]
    text: Py<PyString>,
    /// The notice; None without one.
    #[pyo3(get)]
    notice: Option<Py<Frame>>,
    unanswered: Unanswered,
    /// How many octets of a frame the end has cut off.
    #[pyo3(get)]
    incomplete: usize,
}

#[pymethods]
impl Closed {
    /// The ids of the commands that will never be answered.
    #[getter]
    fn unanswered<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyRange>> {
        error::range(py, &self.unanswered)
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let text = self.text.bind(py).to_cow()?;
        Ok(format!("<Closed {:?} {:?}, {} unanswered>", self.end, text.trim_end(), self.unanswered.len()))
    }
}

impl Closed {
    /// The end by a notice, which is this frame.
    pub(crate) fn by_notice(
        py: Python<'_>,
        octets: &[u8],
        notice: &DisconnectNotice<'_>,
        end: End,
        unanswered: &Unanswered,
    ) -> PyResult<Self> {
        Ok(Self {
            end: word(end),
            text: to_str(py, notice.text()).unbind(),
            notice: Some(Py::new(py, Frame::new(py, octets))?),
            unanswered: *unanswered,
            incomplete: 0,
        })
    }

    /// The end of the stream without a notice.
    pub(crate) fn by_eof(py: Python<'_>, eof: &Eof) -> Self {
        Self {
            end: word(eof.end),
            text: PyString::new(py, "").unbind(),
            notice: None,
            unanswered: eof.unanswered,
            incomplete: eof.incomplete,
        }
    }
}

/// An end as one word.
pub(crate) const fn word(end: End) -> &'static str {
    match end {
        End::Exit => "exit",
        End::AuthRefused => "auth-refused",
        End::AuthTimeout => "auth-timeout",
        End::Rejected => "rejected",
        End::ChannelEnded => "channel-ended",
        End::Shutdown => "shutdown",
        End::EventsLost => "events-lost",
        End::Eof => "eof",
        End::Protocol(_) => "protocol",
        End::Goodbye => "goodbye",
    }
}

/// What a frame becomes.
pub(crate) mod make {
    use super::*;

    type Made = PyResult<Py<PyAny>>;

    fn any<T>(py: Python<'_>, object: impl Into<PyClassInitializer<T>>) -> Made
    where
        T: pyo3::PyClass,
    {
        Ok(Py::new(py, object)?.into_any())
    }

    fn frame<T: pyo3::PyClass<BaseType = Frame>>(py: Python<'_>, octets: &[u8], class: T) -> PyClassInitializer<T> {
        PyClassInitializer::from(Frame::new(py, octets)).add_subclass(class)
    }

    pub(crate) fn unexpected(py: Python<'_>, octets: &[u8]) -> Made {
        any(py, frame(py, octets, Unexpected))
    }

    pub(crate) fn auth_request(py: Python<'_>, octets: &[u8]) -> Made {
        any(py, frame(py, octets, AuthRequest))
    }

    pub(crate) fn log_line(py: Python<'_>, octets: &[u8]) -> Made {
        any(py, frame(py, octets, LogLine))
    }

    pub(crate) fn lingering(py: Python<'_>, octets: &[u8]) -> Made {
        any(py, frame(py, octets, Lingering))
    }

    pub(crate) fn rejected(py: Python<'_>, octets: &[u8], unanswered: &Unanswered) -> Made {
        any(py, frame(py, octets, Rejected { unanswered: *unanswered }))
    }

    pub(crate) fn response(py: Python<'_>, octets: &[u8], id: u64) -> Made {
        any(py, frame(py, octets, ApiResponse { id }))
    }

    pub(crate) fn reply(py: Python<'_>, octets: &[u8], id: u64) -> Made {
        any(py, frame(py, octets, Reply { id, glued: None }))
    }

    pub(crate) fn authenticated(py: Python<'_>, octets: &[u8], id: u64, glued: Option<u64>) -> Made {
        any(py, frame(py, octets, Reply { id, glued }).add_subclass(Authenticated))
    }

    pub(crate) fn auth_refused(py: Python<'_>, octets: &[u8], id: u64) -> Made {
        any(py, frame(py, octets, Reply { id, glued: None }).add_subclass(AuthRefused))
    }

    pub(crate) fn connected(py: Python<'_>, octets: &[u8], id: u64, reply: &CoreReply<'_>) -> Made {
        let data = reply.channel_data().unwrap_or(esl_proto::Event::from_head(reply.frame()));
        // An event of its own has the line ends of all events.
        let mut text = data.text().to_vec();
        if reply.frame().is_crlf() {
            text.retain(|octet| *octet != b'\r');
        }
        let channel = Py::new(py, Event::from_text(data.format(), PyBytes::new(py, &text).into()))?;
        any(py, frame(py, octets, Reply { id, glued: None }).add_subclass(Connected { channel }))
    }
}
