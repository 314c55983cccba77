//! What comes in beside events: frames, read when asked, and the end.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::OnceLock;

use esl_proto::client::{End, Eof, Unanswered};
use esl_proto::message::{DisconnectNotice, LogLine as CoreLine, Reply as CoreReply, SocketMode, Status, Variable};
use esl_proto::{Frame as CoreFrame, Message, Value};
use pyo3::exceptions::PyValueError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyList, PyRange, PyString, PyTuple};

use crate::error;
use crate::event::Event;
use crate::text::{Octets, Text, decoded, header_list, shared, to_str, value_bytes, value_str};

/// A frame that is not an event: its headers, undecoded, and its body. The names of headers match in any case.
#[pyclass(frozen, subclass, module = "esl_proto")]
pub(crate) struct Frame {
    raw: PyBackedBytes,
    /// Where the head's lines end in `raw`, the blank line after them left out.
    head: usize,
    body: Option<Range<usize>>,
    content_type: Option<Range<usize>>,
    /// What the core wants to know beside the parts.
    flags: u32,
    /// What it says, and how that begins, once somebody has asked.
    text: PyOnceLock<Py<PyString>>,
    status: OnceLock<Status>,
    detail: PyOnceLock<Py<PyString>>,
}

impl Frame {
    /// The frame found in the first `octets` of a stream: in all of them but the blank lines before it.
    pub(crate) fn new(py: Python<'_>, octets: &[u8], frame: &CoreFrame<'_>) -> Self {
        let start = place(frame.head(), octets).start;
        let raw = octets.get(start..).unwrap_or_default();
        Self {
            raw: PyBytes::new(py, raw).into(),
            head: frame.head().len(),
            body: frame.body().map(|body| place(body, raw)),
            content_type: frame.content_type().map(|kind| place(kind, raw)),
            flags: frame.flags(),
            text: PyOnceLock::new(),
            status: OnceLock::new(),
            detail: PyOnceLock::new(),
        }
    }

    /// How what it says begins.
    fn status(&self) -> Status {
        *self.status.get_or_init(|| match self.message() {
            Message::Reply(reply) => reply.status(),
            Message::ApiResponse(response) => response.status(),
            _ => Status::Bare,
        })
    }

    /// The variable that it tells of.
    fn variable<'py>(&self, py: Python<'py>) -> (&'static str, Bound<'py, PyString>) {
        let variable = match self.message() {
            Message::Reply(reply) => reply.variable(),
            Message::ApiResponse(response) => response.variable(),
            _ => Variable::Unread,
        };
        match variable {
            Variable::Set(value) => ("set", value_str(py, &value)),
            Variable::Cut(value) => ("cut", value_str(py, &value)),
            Variable::Unset => ("unset", PyString::new(py, "")),
            _ => ("unread", PyString::new(py, "")),
        }
    }

    /// What follows the word that it begins with.
    fn detail<'py>(&self, py: Python<'py>) -> Bound<'py, PyString> {
        let detail = self.detail.get_or_init(py, || {
            let detail = match self.message() {
                Message::Reply(reply) => reply.detail(),
                Message::ApiResponse(response) => response.detail(),
                _ => &[],
            };
            to_str(py, detail).unbind()
        });
        detail.bind(py).clone()
    }

    /// The frame as the core found it. Nothing is decoded again: a frame that has lost its end cannot be.
    fn view(&self) -> CoreFrame<'_> {
        let part = |range: &Range<usize>| self.raw.get(range.clone()).unwrap_or_default();
        let head = part(&(0..self.head));
        CoreFrame::from_parts(head, self.body.as_ref().map(part), self.content_type.as_ref().map(part), self.flags)
    }

    fn message(&self) -> Message<'_> {
        Message::from(self.view())
    }

    fn reply(&self) -> Option<CoreReply<'_>> {
        if let Message::Reply(reply) = self.message() { Some(reply) } else { None }
    }

    fn line(&self) -> Option<CoreLine<'_>> {
        if let Message::Log(line) = self.message() { Some(line) } else { None }
    }

    fn notice(&self) -> Option<DisconnectNotice<'_>> {
        if let Message::Disconnect(notice) = self.message() { Some(notice) } else { None }
    }

    /// What the frame says: the Reply-Text of a reply, decoded where it is coded, otherwise the body.
    fn said(&self) -> Cow<'_, [u8]> {
        match self.reply() {
            Some(reply) => decoded(&reply.text()),
            None => self.view().body().unwrap_or_default().into(),
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

    /// `headers` in bytes.
    fn headers_bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        header_list(py, self.view().headers(), |header| {
            Ok((value_bytes(py, &header.name).into_any(), value_bytes(py, &header.value).into_any()))
        })
    }

    /// The first value of this name, or None.
    fn get<'py>(&self, py: Python<'py>, name: Text) -> Option<Bound<'py, PyString>> {
        self.view().get(&*name).map(|value| value_str(py, &value))
    }

    /// The first value of this name in bytes, or None.
    fn get_bytes<'py>(&self, py: Python<'py>, name: Text) -> Option<Bound<'py, PyBytes>> {
        self.view().get(&*name).map(|value| value_bytes(py, &value))
    }

    /// The body, if the head has a Content-Length.
    #[getter]
    fn body<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyBytes>> {
        self.view().body().map(|body| PyBytes::new(py, body))
    }

    /// The frame's text: the Reply-Text of a reply, otherwise the body. Bytes that are not UTF-8 become U+FFFD.
    #[getter]
    fn text<'py>(&self, py: Python<'py>) -> Bound<'py, PyString> {
        self.text.get_or_init(py, || to_str(py, &self.said()).unbind()).bind(py).clone()
    }

    /// `text` in bytes.
    #[getter]
    fn text_bytes<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.said())
    }

    /// `text` as a list: the elements of an array, as the server writes one (`ARRAY::one|:two`), or the one text.
    #[getter]
    fn elements<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let said = self.said();
        PyList::new(py, Value::from_bytes(&said).elements().map(|element| value_str(py, &element)).collect::<Vec<_>>())
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        Ok(format!("<{} {}>", slf.get_type().name()?, slf.get().shown()))
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyTuple>> {
        let (py, frame) = (slf.py(), slf.get());
        let ends = |part: &Option<Range<usize>>| part.as_ref().map(|part| (part.start, part.end));
        let parts = (frame.raw(py), frame.head, ends(&frame.body), ends(&frame.content_type), frame.flags);
        let mut more = More::default();
        if let Ok(reply) = slf.cast::<Reply>() {
            more.0 = Some(reply.get().id);
        } else if let Ok(response) = slf.cast::<ApiResponse>() {
            more.0 = Some(response.get().id);
        } else if let Ok(rejected) = slf.cast::<Rejected>() {
            more.2 = Some(rejected.get().unanswered);
        }
        if let Ok(connected) = slf.cast::<Connected>() {
            more.1 = Some(connected.get().channel.clone_ref(py));
        }
        let restore = py.import("esl_proto._native")?.getattr("frame_of_parts")?;
        (restore, (slf.get_type().name()?, parts, more)).into_pyobject(py)
    }
}

/// What frames of a class have beside the frame: an id, the data of a channel, the ids of what will not be answered.
type More = (Option<u64>, Option<Py<Event>>, Option<(isize, isize)>);
type Ends = Option<(usize, usize)>;

/// A frame that was pickled.
#[pyfunction]
pub(crate) fn frame_of_parts(
    py: Python<'_>,
    class: &str,
    parts: (Octets, usize, Ends, Ends, u32),
    more: More,
) -> PyResult<Py<PyAny>> {
    let (raw, head, body, content_type, flags) = parts;
    let part = |ends: Ends| ends.map(|(start, end)| start..end);
    let frame = Frame {
        raw: raw.0,
        head,
        body: part(body),
        content_type: part(content_type),
        flags,
        text: PyOnceLock::new(),
        status: OnceLock::new(),
        detail: PyOnceLock::new(),
    };
    let wrong = || PyValueError::new_err(format!("no parts of a frame: {class}"));
    let frame = PyClassInitializer::from(frame);
    let reply =
        |frame: PyClassInitializer<Frame>| Ok::<_, PyErr>(frame.add_subclass(Reply { id: more.0.ok_or_else(wrong)? }));
    Ok(match class {
        "Frame" => Py::new(py, frame)?.into_any(),
        "Reply" => Py::new(py, reply(frame)?)?.into_any(),
        "Authenticated" => Py::new(py, reply(frame)?.add_subclass(Authenticated))?.into_any(),
        "AuthRefused" => Py::new(py, reply(frame)?.add_subclass(AuthRefused))?.into_any(),
        "Connected" => {
            let channel = more.1.as_ref().ok_or_else(wrong)?.clone_ref(py);
            Py::new(py, reply(frame)?.add_subclass(Connected { channel }))?.into_any()
        }
        "ApiResponse" => {
            let id = more.0.ok_or_else(wrong)?;
            Py::new(py, frame.add_subclass(ApiResponse { id }))?.into_any()
        }
        "AuthRequest" => Py::new(py, frame.add_subclass(AuthRequest))?.into_any(),
        "LogLine" => Py::new(py, frame.add_subclass(LogLine))?.into_any(),
        "Lingering" => Py::new(py, frame.add_subclass(Lingering))?.into_any(),
        "Rejected" => {
            let unanswered = more.2.ok_or_else(wrong)?;
            Py::new(py, frame.add_subclass(Rejected { unanswered }))?.into_any()
        }
        "Unexpected" => Py::new(py, frame.add_subclass(Unexpected))?.into_any(),
        _ => return Err(wrong()),
    })
}

/// The end of a connection that was pickled.
#[pyfunction]
pub(crate) fn closed_of_parts(
    end: &str,
    text: Py<PyString>,
    notice: Option<Py<Frame>>,
    unanswered: (isize, isize),
    incomplete: usize,
    missing: usize,
) -> PyResult<Closed> {
    let known = end_reasons().into_iter().map(|(word, _)| word).find(|word| *word == end);
    let end = known.ok_or_else(|| PyValueError::new_err(format!("no end of a connection: {end}")))?;
    Ok(Closed { end, text, notice, unanswered, incomplete, missing })
}

/// The answer to a command: command/reply.
#[pyclass(frozen, subclass, extends = Frame, module = "esl_proto")]
pub(crate) struct Reply {
    /// The id of the command that it answers.
    #[pyo3(get)]
    id: u64,
}

fn reply<'a>(slf: &'a Bound<'_, Reply>) -> Option<CoreReply<'a>> {
    slf.as_super().get().reply()
}

/// How an answer begins, as a word.
pub(crate) fn status_word(py: Python<'_>, status: Status) -> Bound<'_, PyString> {
    use esl_proto::raw::Status;
    let word = match Status::from(status) {
        Status::Ok => intern!(py, "ok"),
        Status::Err => intern!(py, "err"),
        Status::Usage => intern!(py, "usage"),
        Status::Bare => intern!(py, "bare"),
        Status::Broken => intern!(py, "broken"),
    };
    word.clone()
}

pub(crate) const fn is_ok(status: Status) -> bool {
    matches!(status, Status::Ok | Status::Bare)
}

pub(crate) const fn is_error(status: Status) -> bool {
    matches!(status, Status::Err | Status::Usage)
}

#[pymethods]
impl Reply {
    /// The reply's text: its Reply-Text. Bytes that are not UTF-8 become U+FFFD.
    #[getter]
    fn text<'py>(slf: &Bound<'py, Self>) -> Bound<'py, PyString> {
        slf.as_super().get().text(slf.py())
    }

    /// `text` as Python objects, as of an answer to `api`. Raises `ValueError` if it is not JSON.
    fn json<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        json_of(slf.py(), slf.as_super().get().said().as_ref())
    }

    /// How it begins: 'ok' (`+OK`), 'err' (`-ERR`), 'usage' (`-USAGE`), 'bare' (with none of these: the meaning depends
    /// on the command), or 'broken'.
    #[getter]
    fn status<'py>(slf: &Bound<'py, Self>) -> Bound<'py, PyString> {
        status_word(slf.py(), slf.as_super().get().status())
    }

    /// Whether it is not an error, judging by the text.
    #[getter]
    fn ok(slf: &Bound<'_, Self>) -> bool {
        is_ok(slf.as_super().get().status())
    }

    /// Whether it begins with `-ERR` or `-USAGE`.
    #[getter]
    fn error(slf: &Bound<'_, Self>) -> bool {
        is_error(slf.as_super().get().status())
    }

    /// Whether the server has broken this reply: its Reply-Text is replaced by the value of a variable that begins with
    /// `~`, or the end of the reply is missing. `text` is incomplete and may be anything; `id` is right, and so are the
    /// ids of all other answers.
    ///
    /// This happens only with `getvar`, and with `userauth` and `bgapi` if the reply is too long for the server. A
    /// reply that has lost its end is complete when the next frame begins, or the stream ends. `api uuid_getvar` reads
    /// variables of any value.
    #[getter]
    fn broken(slf: &Bound<'_, Self>) -> bool {
        reply(slf).is_some_and(|reply| reply.is_broken())
    }

    /// What follows `+OK`, `-ERR` or `-USAGE`, without the blanks around it; otherwise the whole text.
    #[getter]
    fn detail<'py>(slf: &Bound<'py, Self>) -> Bound<'py, PyString> {
        slf.as_super().get().detail(slf.py())
    }

    /// The variable according to the answer to `getvar`: 'set' and its value, 'unset', 'cut' and the part that arrived,
    /// or 'unread'.
    #[getter]
    fn variable<'py>(slf: &Bound<'py, Self>) -> (&'static str, Bound<'py, PyString>) {
        slf.as_super().get().variable(slf.py())
    }

    /// Whether `sendmsg` has found no channel of the uuid that it names.
    #[getter]
    fn no_such_channel(slf: &Bound<'_, Self>) -> bool {
        reply(slf).is_some_and(|reply| reply.is_no_such_channel())
    }

    /// The name of the job that `bgapi` has started.
    #[getter]
    fn job_uuid<'py>(slf: &Bound<'py, Self>) -> Option<Bound<'py, PyString>> {
        Some(value_str(slf.py(), &reply(slf)?.job_uuid()?))
    }

    /// The text with everything that follows it in the head: the whole value in the answer to `getvar`, if it has
    /// several lines.
    #[getter]
    fn text_to_end<'py>(slf: &Bound<'py, Self>) -> Bound<'py, PyString> {
        let text = reply(slf).map(|reply| decoded(&reply.text_to_end()));
        to_str(slf.py(), &text.unwrap_or_default())
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        let broken = if Self::broken(slf) { "broken " } else { "" };
        Ok(format!("<{} id={} {broken}{}>", slf.get_type().name()?, slf.get().id, slf.as_super().get().shown()))
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
    /// Whether applications run asynchronously; otherwise each `execute` is answered when it has ended.
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

/// What Python's own reader makes of a text in JSON. Bytes that are not UTF-8 come as in `text`.
pub(crate) fn json_of<'py>(py: Python<'py>, text: &[u8]) -> PyResult<Bound<'py, PyAny>> {
    py.import("json")?.call_method1("loads", (to_str(py, text),))
}

/// The answer to `api`: api/response. Its body is the command's output.
#[pyclass(frozen, extends = Frame, module = "esl_proto")]
pub(crate) struct ApiResponse {
    /// The id of the command that it answers.
    #[pyo3(get)]
    id: u64,
}

#[pymethods]
impl ApiResponse {
    /// How it begins: 'ok' (`+OK`), 'err' (`-ERR`), 'usage' (`-USAGE`), 'bare' (with none of these: the meaning depends
    /// on the command), or 'broken'.
    #[getter]
    fn status<'py>(slf: &Bound<'py, Self>) -> Bound<'py, PyString> {
        status_word(slf.py(), slf.as_super().get().status())
    }

    /// Whether it is not an error, judging by the text.
    #[getter]
    fn ok(slf: &Bound<'_, Self>) -> bool {
        is_ok(slf.as_super().get().status())
    }

    /// Whether it begins with `-ERR` or `-USAGE`.
    #[getter]
    fn error(slf: &Bound<'_, Self>) -> bool {
        is_error(slf.as_super().get().status())
    }

    /// What follows `+OK`, `-ERR` or `-USAGE`, without white space around it; otherwise the whole body without white
    /// space at its end.
    #[getter]
    fn detail<'py>(slf: &Bound<'py, Self>) -> Bound<'py, PyString> {
        slf.as_super().get().detail(slf.py())
    }

    /// Whether an API command has found no channel of the uuid that it names.
    #[getter]
    fn no_such_channel(slf: &Bound<'_, Self>) -> bool {
        matches!(slf.as_super().get().message(), Message::ApiResponse(response) if response.is_no_such_channel())
    }

    /// Whether there is the channel that `api uuid_exists` has asked for; None if this is no answer to that.
    #[getter]
    fn exists(slf: &Bound<'_, Self>) -> Option<bool> {
        if let Message::ApiResponse(response) = slf.as_super().get().message() { response.exists() } else { None }
    }

    /// The variable according to the answer to `api uuid_getvar`: 'set' and its value, 'unset', 'cut' and the part that
    /// arrived, or 'unread'.
    #[getter]
    fn variable<'py>(slf: &Bound<'py, Self>) -> (&'static str, Bound<'py, PyString>) {
        slf.as_super().get().variable(slf.py())
    }

    /// The output of a command that ends in `as json`, as Python objects. Raises `ValueError` if it is none.
    fn json<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        json_of(slf.py(), slf.as_super().get().said().as_ref())
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

/// The controlled channel has ended; the connection stays open for its last events, and accepts commands.
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
    /// The first id, and that after the last.
    unanswered: (isize, isize),
}

#[pymethods]
impl Rejected {
    /// The ids of the commands that will never be answered.
    #[getter]
    fn unanswered<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyRange>> {
        PyRange::new(py, self.unanswered.0, self.unanswered.1)
    }
}

/// An unexpected frame: an answer without a command, or a frame of an unknown kind.
#[pyclass(frozen, extends = Frame, module = "esl_proto")]
pub(crate) struct Unexpected;

/// The connection is over: the last message, unless its framing was broken.
#[pyclass(frozen, module = "esl_proto")]
pub(crate) struct Closed {
    /// Why: 'exit', 'auth-refused', 'auth-timeout', 'rejected', 'channel-ended', 'shutdown', 'events-lost', 'goodbye'
    /// or 'eof'.
    #[pyo3(get)]
    end: &'static str,
    /// The text of the server's notice; empty without one.
    #[pyo3(get)]
    text: Py<PyString>,
    /// The notice; None without one.
    #[pyo3(get)]
    notice: Option<Py<Frame>>,
    /// The first id, and that after the last.
    unanswered: (isize, isize),
    /// How many bytes have arrived of a frame that the end has cut off.
    #[pyo3(get)]
    incomplete: usize,
    /// How many bytes are missing from this frame; 0 if its length is not known from its head.
    #[pyo3(get)]
    missing: usize,
}

#[pymethods]
impl Closed {
    /// The ids of the commands that will never be answered.
    #[getter]
    fn unanswered<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyRange>> {
        PyRange::new(py, self.unanswered.0, self.unanswered.1)
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let text = self.text.bind(py).to_cow()?;
        let unanswered = self.unanswered.1 - self.unanswered.0;
        Ok(format!("<Closed {:?} {:?}, {unanswered} unanswered>", self.end, text.trim_end()))
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyTuple>> {
        let (py, closed) = (slf.py(), slf.get());
        let restore = py.import("esl_proto._native")?.getattr("closed_of_parts")?;
        let notice = closed.notice.as_ref().map(|notice| notice.clone_ref(py));
        let text = closed.text.clone_ref(py);
        (restore, (closed.end, text, notice, closed.unanswered, closed.incomplete, closed.missing)).into_pyobject(py)
    }
}

impl Closed {
    /// The end of the stream without a notice.
    pub(crate) fn by_eof(py: Python<'_>, eof: &Eof<'_>) -> Self {
        Self {
            end: word(eof.end),
            text: PyString::new(py, "").unbind(),
            notice: None,
            unanswered: error::ids(&eof.unanswered),
            incomplete: eof.incomplete,
            missing: eof.missing,
        }
    }
}

/// Where `part` lies in `whole`, of which it is a part.
fn place(part: &[u8], whole: &[u8]) -> Range<usize> {
    let start = part.as_ptr().addr().wrapping_sub(whole.as_ptr().addr());
    start..start.wrapping_add(part.len())
}

/// An end as one word.
pub(crate) fn word(end: End) -> &'static str {
    use esl_proto::raw::End;
    match End::from(end) {
        End::Exit => "exit",
        End::AuthRefused => "auth-refused",
        End::AuthTimeout => "auth-timeout",
        End::Rejected => "rejected",
        End::ChannelEnded => "channel-ended",
        End::Shutdown => "shutdown",
        End::EventsLost => "events-lost",
        End::Goodbye => "goodbye",
        End::Eof => "eof",
        End::Protocol(_) => "protocol",
    }
}

/// The possible values of `Closed.end`, each with the core's text for it.
#[pyfunction]
pub(crate) fn end_reasons() -> Vec<(&'static str, &'static str)> {
    [
        End::Exit,
        End::AuthRefused,
        End::AuthTimeout,
        End::Rejected,
        End::ChannelEnded,
        End::Shutdown,
        End::EventsLost,
        End::Goodbye,
        End::Eof,
    ]
    .map(|end| (word(end), end.as_str()))
    .to_vec()
}

/// A frame, and the bytes that it was found in with the blank lines before it. Its methods say what it becomes.
pub(crate) struct Arrived<'b> {
    pub(crate) octets: &'b [u8],
    pub(crate) frame: CoreFrame<'b>,
}

type Made = PyResult<Py<PyAny>>;

impl Arrived<'_> {
    fn base(&self, py: Python<'_>) -> Frame {
        Frame::new(py, self.octets, &self.frame)
    }

    fn object<T: pyo3::PyClass<BaseType = Frame>>(&self, py: Python<'_>, class: T) -> Made {
        Ok(Py::new(py, PyClassInitializer::from(self.base(py)).add_subclass(class))?.into_any())
    }

    fn reply_object<T: pyo3::PyClass<BaseType = Reply>>(&self, py: Python<'_>, id: u64, class: T) -> Made {
        let reply = PyClassInitializer::from(self.base(py)).add_subclass(Reply { id });
        Ok(Py::new(py, reply.add_subclass(class))?.into_any())
    }

    pub(crate) fn unexpected(&self, py: Python<'_>) -> Made {
        self.object(py, Unexpected)
    }

    pub(crate) fn auth_request(&self, py: Python<'_>) -> Made {
        self.object(py, AuthRequest)
    }

    pub(crate) fn log_line(&self, py: Python<'_>) -> Made {
        self.object(py, LogLine)
    }

    pub(crate) fn lingering(&self, py: Python<'_>) -> Made {
        self.object(py, Lingering)
    }

    pub(crate) fn rejected(&self, py: Python<'_>, unanswered: &Unanswered) -> Made {
        self.object(py, Rejected { unanswered: error::ids(unanswered) })
    }

    pub(crate) fn response(&self, py: Python<'_>, id: u64) -> Made {
        self.object(py, ApiResponse { id })
    }

    pub(crate) fn reply(&self, py: Python<'_>, id: u64) -> Made {
        self.object(py, Reply { id })
    }

    pub(crate) fn authenticated(&self, py: Python<'_>, id: u64) -> Made {
        self.reply_object(py, id, Authenticated)
    }

    pub(crate) fn auth_refused(&self, py: Python<'_>, id: u64) -> Made {
        self.reply_object(py, id, AuthRefused)
    }

    pub(crate) fn connected(&self, py: Python<'_>, id: u64, reply: &CoreReply<'_>) -> Made {
        let data = reply.channel_data().unwrap_or(esl_proto::Event::from_head(reply.frame()));
        // An event of its own has the line ends of all events.
        let mut text = data.text().to_vec();
        if reply.frame().is_crlf() {
            text.retain(|octet| *octet != b'\r');
        }
        let channel = Event::made(py, data.format(), PyBytes::new(py, &text).into())?;
        self.reply_object(py, id, Connected { channel })
    }

    /// The end by a notice, which is this frame.
    pub(crate) fn closed(
        &self,
        py: Python<'_>,
        notice: &DisconnectNotice<'_>,
        end: End,
        unanswered: &Unanswered,
    ) -> Made {
        let closed = Closed {
            end: word(end),
            text: to_str(py, notice.text()).unbind(),
            notice: Some(Py::new(py, self.base(py))?),
            unanswered: error::ids(unanswered),
            incomplete: 0,
            missing: 0,
        };
        Ok(Py::new(py, closed)?.into_any())
    }
}
