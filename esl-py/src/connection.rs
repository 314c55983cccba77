//! The client's side of a connection.

use std::fmt::Debug;
use std::sync::Mutex;

use esl_proto::client::{Answer, Eof, Poll, ProtocolError};
use esl_proto::frame::Step;
use esl_proto::{Client, Decoder, Frame, Incoming, Limits};
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::MutexExt;
use pyo3::types::{PyBytes, PyDict, PyRange};

use crate::command::Command;
use crate::error;
use crate::event::Event;
use crate::input::Input;
use crate::message::{Arrived, Closed, word};
use crate::text::Octets;

/// One connection to FreeSWITCH's event socket as its client sees it, without the socket.
///
/// Pass bytes from the socket to `receive_data`, iterate over the messages, and write the bytes that `send` returns;
/// call `receive_eof` when the stream has ended. Iteration ends when more bytes are needed, and can be resumed at any
/// time.
///
/// Objects may be used from several threads, with a GIL or without; each call is atomic. The bytes of one
/// `receive_data` stay together, and each message goes to one of the iterating threads. Sequences of calls need a lock
/// of the program: `send`, `last_id` and the write to the socket.
#[pyclass(frozen, module = "esl_proto")]
pub(crate) struct Connection {
    /// INVARIANT: never call into Python (incl. dropping objects) while holding this lock: a finalizer may re-enter and
    /// deadlock. Objects of exact built-in types and of this module are safe to make and drop: no code of a program runs.
    state: Mutex<State>,
}

struct State {
    client: Client,
    input: Input,
    sent: u64,
    /// Whether the last message, `Closed`, has been given.
    told: bool,
    /// The end of the stream, between the answer that it has completed and `Closed`.
    eof: Option<Eof<'static>>,
}

/// The signatures below write the core's defaults out, where Python's own tools can read them.
const _: () = assert!(Limits::DEFAULT.max_head == 1_048_576 && Limits::DEFAULT.max_body == 67_108_864);

/// Why there is no message.
enum Failure {
    Broken(ProtocolError),
    Python(PyErr),
}

impl From<PyErr> for Failure {
    fn from(error: PyErr) -> Self {
        Self::Python(error)
    }
}

impl State {
    fn next(&mut self, py: Python<'_>) -> Result<Option<Py<PyAny>>, Failure> {
        loop {
            let front = self.input.front();
            match self.client.poll(front).map_err(Failure::Broken)? {
                Poll::Incoming { incoming, consumed } => {
                    self.told |= matches!(incoming, Incoming::Goodbye { .. });
                    // Consumed whatever becomes of it: the core has counted it.
                    let message = message(py, front, consumed, incoming);
                    self.input.consume(consumed);
                    return Ok(Some(message?));
                }
                Poll::NeedData { required, consumed } => {
                    self.input.consume(consumed);
                    if !self.input.extend(required) {
                        return if self.input.is_ended() { self.end(py) } else { Ok(None) };
                    }
                }
                // Unreachable: `Limits::max_buffered` is unlimited, so that each frame comes in one piece.
                Poll::HeadPart { consumed, .. } | Poll::Head { consumed, .. } | Poll::Body { consumed, .. } => {
                    self.input.consume(consumed);
                    return Err(Failure::Python(PyRuntimeError::new_err("a frame has come in parts")));
                }
                Poll::Closed { .. } => {
                    self.input.clear();
                    return if self.input.is_ended() { self.end(py) } else { Ok(None) };
                }
            }
        }
    }

    /// The last messages, unless they have been given: an answer that the end of the stream completes, and `Closed`.
    fn end(&mut self, py: Python<'_>) -> Result<Option<Py<PyAny>>, Failure> {
        if self.told {
            return Ok(None);
        }
        let eof = match self.eof.take() {
            Some(eof) => eof,
            None => {
                let octets = self.input.front();
                let Eof { end, answered, reply, unanswered, incomplete, missing } = self.client.eof(octets);
                let eof = Eof { end, answered, reply: None, unanswered, incomplete, missing };
                if let Some((id, reply)) = answered.zip(reply) {
                    self.eof = Some(eof);
                    return Ok(Some(Arrived { octets, frame: *reply.frame() }.reply(py, id.number())?));
                }
                eof
            }
        };
        self.told = true;
        Ok(Some(Py::new(py, Closed::by_eof(py, &eof))?.into_any()))
    }
}

/// A message as its object. It takes so many bytes of `front`.
pub(crate) fn message<'b>(
    py: Python<'_>,
    front: &'b [u8],
    consumed: usize,
    incoming: Incoming<'b>,
) -> PyResult<Py<PyAny>> {
    let octets = front.get(..consumed).unwrap_or(front);
    let arrived = |frame: &Frame<'b>| Arrived { octets, frame: *frame };
    use esl_proto::raw::{Incoming, Message};
    match Incoming::from(incoming) {
        Incoming::Event(event) => Ok(Event::of(py, &event)?.into_any()),
        Incoming::Answer { id, answer: Answer::Reply(reply) } => arrived(reply.frame()).reply(py, id.number()),
        Incoming::Answer { id, answer: Answer::Api(response) } => arrived(response.frame()).response(py, id.number()),
        Incoming::Log(line) => arrived(line.frame()).log_line(py),
        Incoming::AuthRequest => arrived(&decoded_again(front)?).auth_request(py),
        Incoming::Authenticated { id, reply } => arrived(reply.frame()).authenticated(py, id.number()),
        Incoming::AuthRefused { id, reply } => arrived(reply.frame()).auth_refused(py, id.number()),
        Incoming::Connected { id, reply } => arrived(reply.frame()).connected(py, id.number(), &reply),
        Incoming::Lingering(notice) => arrived(notice.frame()).lingering(py),
        Incoming::Rejected { rejection, unanswered } => arrived(rejection.frame()).rejected(py, &unanswered),
        Incoming::Goodbye { notice, end, unanswered } => arrived(notice.frame()).closed(py, &notice, end, &unanswered),
        Incoming::Unexpected(message) => match Message::from(message) {
            Message::AuthRequest(frame) | Message::Other(frame) => arrived(&frame).unexpected(py),
            Message::Reply(reply) => arrived(reply.frame()).unexpected(py),
            Message::ApiResponse(response) => arrived(response.frame()).unexpected(py),
            Message::Log(line) => arrived(line.frame()).unexpected(py),
            Message::Disconnect(notice) => arrived(notice.frame()).unexpected(py),
            Message::Rejection(rejection) => arrived(rejection.frame()).unexpected(py),
            Message::Event(event) => Ok(Event::of(py, &event)?.into_any()),
        },
    }
}

/// What can only be if the core contradicts itself: said, and not taken for something else.
fn unexpected_step(step: &dyn Debug) -> PyErr {
    PyRuntimeError::new_err(format!("unexpected step: {step:?}"))
}

/// The frame at the front of these bytes. The core tells of the greeting without its frame, and has found it in just
/// these bytes.
fn decoded_again(front: &[u8]) -> PyResult<Frame<'_>> {
    let unlimited =
        Limits { max_head: usize::MAX, max_lines: usize::MAX, max_body: usize::MAX, max_buffered: usize::MAX };
    match Decoder::new(unlimited).decode(front) {
        Ok(Step::Frame { frame, .. }) => Ok(frame),
        Ok(step) => Err(unexpected_step(&step)),
        Err(error) => Err(unexpected_step(&error)),
    }
}

impl Connection {
    fn new(client: Client) -> Self {
        Self { state: Mutex::new(State { client, input: Input::default(), sent: 0, told: false, eof: None }) }
    }

    fn with<T>(&self, py: Python<'_>, act: impl FnOnce(&mut State) -> T) -> T {
        // Ignore poisoning: state is consistent between core calls.
        let mut state = self.state.lock_py_attached(py).unwrap_or_else(|poison| poison.into_inner());
        act(&mut state)
    }
}

#[pymethods]
impl Connection {
    /// A connection that the client has opened. The server speaks first: an `AuthRequest`.
    ///
    /// `max_head` and `max_body` are the most bytes that a frame may have.
    #[staticmethod]
    #[pyo3(signature = (*, max_head = 1048576, max_body = 67108864))]
    fn inbound(max_head: usize, max_body: usize) -> Self {
        Self::new(Client::inbound(Limits { max_head, max_body, ..Limits::DEFAULT }))
    }

    /// A connection that FreeSWITCH has opened for a call. The first command must be `connect`.
    #[staticmethod]
    #[pyo3(signature = (*, max_head = 1048576, max_body = 67108864))]
    fn outbound(max_head: usize, max_body: usize) -> Self {
        Self::new(Client::outbound(Limits { max_head, max_body, ..Limits::DEFAULT }))
    }

    /// Resumes a connection that another process has `save`d; this process now has the socket. Raises ValueError if the
    /// bytes were not saved by this version.
    #[staticmethod]
    #[pyo3(signature = (saved, *, max_head = 1048576, max_body = 67108864))]
    fn resume(py: Python<'_>, saved: Octets, max_head: usize, max_body: usize) -> PyResult<Self> {
        let limits = Limits { max_head, max_body, ..Limits::DEFAULT };
        let parts = saved.split_first_chunk().and_then(|(client, rest)| {
            let (sent, rest) = rest.split_first_chunk()?;
            Some((Client::resume(client, limits)?, u64::from_le_bytes(*sent), rest))
        });
        let (client, sent, rest) = parts.ok_or_else(|| PyValueError::new_err("no state of a connection"))?;
        let mut input = Input::default();
        input.push(PyBytes::new(py, rest).into())?;
        Ok(Self { state: Mutex::new(State { client, input, sent, told: false, eof: None }) })
    }

    /// The state of the connection, for a process that takes it over with `resume`: the unanswered commands, and the
    /// bytes received and not read. The program hands over the socket. None if the connection cannot be handed over
    /// because it is not open, or over.
    fn save<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyBytes>> {
        let saved = self.with(py, |state| {
            let client = state.client.save().filter(|_| !state.input.is_ended())?;
            Some([&client[..], &state.sent.to_le_bytes(), &state.input.rest()].concat())
        })?;
        Some(PyBytes::new(py, &saved))
    }

    /// Takes received bytes; they are parsed by the next iteration.
    fn receive_data(&self, py: Python<'_>, data: Octets) -> PyResult<()> {
        self.with(py, |state| state.input.push(data.0))
    }

    /// Reports the end of the stream. Iterate once more for a `Closed`, unless there was one before.
    fn receive_eof(&self, py: Python<'_>) {
        self.with(py, |state| state.input.end());
    }

    fn __iter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    fn __next__(&self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        self.with(py, |state| state.next(py)).map_err(|failure| match failure {
            Failure::Broken(error) => error::broken(py, &error),
            Failure::Python(error) => error,
        })
    }

    /// Counts a command as sent and returns its bytes, which must be written in the order of the calls; `last_id` is
    /// then its id. Raises LocalProtocolError if it may not be sent now; nothing has changed then.
    fn send<'py>(&self, py: Python<'py>, command: &Command) -> PyResult<Bound<'py, PyBytes>> {
        self.with(py, |state| command.count(&mut state.client).map(|id| state.sent = id.number() + 1))
            .map_err(|error| error::not_sent(py, &error))?;
        Ok(command.bytes(py))
    }

    /// The id of the last command sent; the first is 0. None before that.
    #[getter]
    fn last_id(&self, py: Python<'_>) -> Option<u64> {
        self.with(py, |state| state.sent.checked_sub(1))
    }

    /// The ids of the commands that have been sent and not yet answered.
    #[getter]
    fn pending<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyRange>> {
        let (sent, open) = self.with(py, |state| (state.sent as isize, state.client.in_flight() as isize));
        PyRange::new(py, sent - open, sent)
    }

    /// Why the connection is over, as `Closed.end` or 'protocol'; None while it is not.
    #[getter]
    fn closed(&self, py: Python<'_>) -> Option<&'static str> {
        self.with(py, |state| state.client.end()).map(word)
    }

    /// Whether all commands may be sent: the password has been accepted, or `connect` has been sent.
    #[getter]
    fn is_open(&self, py: Python<'_>) -> bool {
        self.with(py, |state| state.client.is_open())
    }

    /// Whether the controlled channel has ended and the connection lingers.
    #[getter]
    fn is_lingering(&self, py: Python<'_>) -> bool {
        self.with(py, |state| state.client.is_lingering())
    }

    /// Counts of what was received so far: octets, frames, events, log_lines, unexpected.
    #[getter]
    fn stats<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let stats = self.with(py, |state| state.client.stats());
        let dict = PyDict::new(py);
        for (name, count) in [
            ("octets", stats.octets),
            ("frames", stats.frames),
            ("events", stats.events),
            ("log_lines", stats.log_lines),
            ("unexpected", stats.unexpected),
        ] {
            dict.set_item(name, count)?;
        }
        Ok(dict)
    }

    fn __repr__(&self, py: Python<'_>) -> String {
        self.with(py, |state| {
            let how = match state.client.end() {
                Some(end) => word(end),
                None if state.client.is_open() => "open",
                None => "not open yet",
            };
            format!("<Connection {how}, {} sent, {} pending>", state.sent, state.client.in_flight())
        })
    }
}
