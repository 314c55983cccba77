//! The listener's side of a connection.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use esl_proto::Limits;
use esl_proto::event::{EventEncodeError, EventSource, OutgoingEventError};
use esl_proto::raw::server as raw;
use esl_proto::server::{
    Admission, Closed, Control, Goodbye, Poll, Response, ResponseError, Rights, Server as Core, ServerLimits,
};
use esl_proto::text::{Insufficient, Percent};
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::MutexExt;
use pyo3::types::PyBytes;

use crate::command::Level;
use crate::error;
use crate::host_request::{Effect, HostRequest, ServerClosed};
use crate::input::Input;
use crate::outgoing::{Content, LogLine, Made, Offered, Outgoing};
use crate::output::Output;
use crate::pattern::Patterns;
use crate::text::{Octets, Pairs, Text};

/// One connection of a listener, without the socket: what FreeSWITCH's event socket is to one client.
///
/// Pass the client's bytes to `receive_data` and iterate: each `HostRequest` must be answered (now or later; until then
/// the iteration ends), each `Effect` is a command that the listener has answered. Write what `data_to_send` returns
/// after each iteration, answer and delivery. Pass every event to `offer`, which decides whether this client wants it.
///
/// Objects may be used from several threads, with a GIL or without; each call is atomic. The thread that got a
/// `HostRequest` answers it; what `data_to_send` returns must be written in the order of its calls.
///
/// Nothing here has a clock: a host ends a connection that `is_awaiting_first_command` for 25 seconds, and one that lingers in
/// its time.
#[pyclass(frozen, module = "esl_proto")]
pub(crate) struct Server {
    /// INVARIANT: never call into Python (incl. dropping objects) while holding this lock: a finalizer may re-enter and
    /// deadlock. Objects of exact built-in types and of this module are safe to make and drop: no code of a program runs.
    state: Mutex<State>,
}

struct State {
    core: Core<Box<[u8]>>,
    input: Input,
    out: Output,
    events: VecDeque<Arc<Outgoing>>,
    lines: VecDeque<LogLine>,
    patterns: Patterns,
    greeted: bool,
    /// Whether the last item, `ServerClosed`, has been given.
    told: bool,
}

/// What an iteration found.
enum Found {
    HostRequest(HostRequest),
    Effect(Effect),
    Closed,
    NeedData(Option<usize>),
    /// Nothing to report: the host owes an answer, or more bytes are needed.
    Nothing,
}

impl State {
    fn greet(&mut self) {
        if !self.greeted {
            self.greeted = true;
            let core = &mut self.core;
            // Cannot fail: `append` offers room for any reply.
            let _ = self.out.append(|out| core.poll(b"", out).map(|poll| poll.written()));
        }
    }

    fn next(&mut self, py: Python<'_>) -> Found {
        self.greet();
        loop {
            match self.read(py) {
                Found::NeedData(required) if self.input.extend(required) => {}
                Found::NeedData(_) if !self.input.is_ended() => return Found::Nothing,
                Found::NeedData(_) => self.disconnect(Goodbye::Disconnected),
                found => return found,
            }
        }
    }

    /// Handles the next command in the input.
    fn read(&mut self, py: Python<'_>) -> Found {
        let Self { core, input, out, events, lines, .. } = self;
        let front = input.front();
        let (mut consumed, mut found) = (0, Found::Nothing);
        let polled = out.append(|out| {
            let poll = core.poll(front, out)?;
            consumed = poll.consumed();
            let octets = &front[..consumed];
            let written = poll.written();
            found = match poll {
                Poll::HostRequest { request: ask, .. } => Found::HostRequest(HostRequest::new(py, &ask, octets)),
                Poll::Done { effect, .. } => {
                    match raw::Effect::from(effect) {
                        raw::Effect::EventsFlushed => events.clear(),
                        raw::Effect::LogFlushed => lines.clear(),
                        raw::Effect::Greeting
                        | raw::Effect::None
                        | raw::Effect::AllEvents
                        | raw::Effect::Divert(_)
                        | raw::Effect::Resume
                        | raw::Effect::Linger => {}
                    }
                    Found::Effect(Effect::new(py, effect, octets))
                }
                Poll::NeedData { required, .. } => Found::NeedData(required),
                Poll::Closed { .. } => Found::Closed,
                Poll::Waiting => Found::Nothing,
            };
            Ok::<_, Insufficient>(written)
        });
        self.input.consume(consumed);
        polled.map_or(Found::Nothing, |()| found)
    }

    /// Writes what waits until there are so many bytes to fetch: a log line, then all events, and so on, as FreeSWITCH
    /// does. Nothing if a command waits: a listener reads first.
    fn pump(&mut self, amount: usize) {
        let mut goes_on = self.input.is_empty();
        while goes_on && self.out.len() < amount {
            goes_on = self.write_line();
            while self.out.len() < amount && self.write_event() {
                goes_on = true;
            }
        }
    }

    fn write_line(&mut self) -> bool {
        let core = &mut self.core;
        let line = if core.is_ready_for_log() { self.lines.pop_front() } else { None };
        let Some(line) = line else { return false };
        let _ = self.out.append(|out| core.deliver_log(&line.data(), out));
        true
    }

    fn write_event(&mut self) -> bool {
        let core = &mut self.core;
        let event = if core.is_ready_for_events() { self.events.pop_front() } else { None };
        let Some(event) = event else { return false };
        // The format may have changed to XML since `check`, and XML has more forbidden names.
        let coding = core.coding();
        // It is ready, so that the count changes with what was written.
        if event.append(coding, &mut self.out).is_err() || core.delivered(coding).is_err() {
            core.skip();
        }
        true
    }

    /// Whether an event can be written at all.
    fn check(&self, event: &dyn EventSource) -> Result<(), OutgoingEventError> {
        match self.core.coding().encode(event, &mut []) {
            Err(EventEncodeError::Insufficient(_)) | Ok(_) => Ok(()),
            Err(EventEncodeError::Refused(error)) => Err(error),
        }
    }

    fn disconnect(&mut self, goodbye: Goodbye) {
        let core = &mut self.core;
        if core.closed().is_none() && goodbye != Goodbye::Disconnected {
            // FreeSWITCH's listener thread sends the usual notice between two frames; all others are sent by other threads,
            // which cut off a frame in progress.
            self.out.break_off();
        }
        let _ = self.out.append(|out| core.disconnect(goodbye, out));
        self.events.clear();
        self.lines.clear();
    }

    fn respond(&mut self, response: &Response<'_>) -> Result<(), ResponseError> {
        let core = &mut self.core;
        self.out.append(|out| core.respond(*response, out))
    }

    /// Queues an offered item, if it is wanted.
    fn take(&mut self, offer: Admission, goodbye: Goodbye, keep: impl FnOnce(&mut Self)) -> bool {
        match raw::Admission::from(offer) {
            raw::Admission::Enqueue => keep(self),
            raw::Admission::Overflow => self.disconnect(goodbye),
            raw::Admission::Skip | raw::Admission::Dropped => {}
        }
        offer == Admission::Enqueue
    }
}

impl Server {
    fn new(core: Core<Box<[u8]>>) -> Self {
        Self {
            state: Mutex::new(State {
                core,
                input: Input::default(),
                out: Output::default(),
                events: VecDeque::new(),
                lines: VecDeque::new(),
                patterns: Patterns::default(),
                greeted: false,
                told: false,
            }),
        }
    }

    fn with<T>(&self, py: Python<'_>, act: impl FnOnce(&mut State) -> T) -> T {
        // Ignore poisoning: state is consistent between core calls.
        let mut state = self.state.lock_py_attached(py).unwrap_or_else(|poison| poison.into_inner());
        act(&mut state)
    }

    fn respond(&self, py: Python<'_>, response: &Response<'_>) -> PyResult<()> {
        self.with(py, |state| state.respond(response)).map_err(|error| error::not_answered(py, &error))
    }
}

/// Room for what a client can make a listener keep.
fn storage(octets: usize) -> Box<[u8]> {
    vec![0; octets].into_boxed_slice()
}

/// The signatures below write the core's defaults out, where Python's own tools can read them.
const _: () = {
    let ServerLimits { request, max_queued, max_lost } = ServerLimits::DEFAULT;
    assert!(max_queued == 100_000 && max_lost == 500 && request.max_head == 65_536 && request.max_body == 1_048_576);
};

const fn limits(max_queued: u32, max_lost: u32, max_head: usize, max_body: usize) -> ServerLimits {
    let request = Limits { max_head, max_body, ..ServerLimits::DEFAULT.request };
    ServerLimits { request, max_queued, max_lost }
}

const fn percent(exact: bool) -> Percent {
    if exact { Percent::Lossless } else { Percent::FreeSwitch }
}

#[pymethods]
impl Server {
    /// A connection that a client has made. Iterate once for the greeting, or `reject` the client's address.
    ///
    /// `lossless_percent` encodes values so that each arrives unchanged, where FreeSWITCH's own encoding loses some;
    /// `storage` is how many bytes of subscriptions, filters and rights are kept; `max_queued` events may wait, and
    /// `max_lost` in a row may be lost beyond that before the connection ends; `max_head` and `max_body` limit a
    /// command.
    #[staticmethod]
    #[pyo3(signature = (*, lossless_percent = false, storage = 65536, max_queued = 100000,
        max_lost = 500, max_head = 65536,
        max_body = 1048576))]
    fn inbound(
        lossless_percent: bool,
        storage: usize,
        max_queued: u32,
        max_lost: u32,
        max_head: usize,
        max_body: usize,
    ) -> Self {
        let limits = limits(max_queued, max_lost, max_head, max_body);
        Self::new(Core::inbound(limits, self::storage(storage)).with_percent(percent(lossless_percent)))
    }

    /// The connection that the channel `uuid` has made to a program. `full` allows all commands, `is_async` answers
    /// `sendmsg` at once.
    #[staticmethod]
    #[pyo3(signature = (uuid, *, full = true, is_async = true, lossless_percent = false, storage = 65536,
        max_queued = 100000, max_lost = 500,
        max_head = 65536, max_body = 1048576))]
    #[allow(clippy::too_many_arguments)]
    fn outbound(
        uuid: Text,
        full: bool,
        is_async: bool,
        lossless_percent: bool,
        storage: usize,
        max_queued: u32,
        max_lost: u32,
        max_head: usize,
        max_body: usize,
    ) -> PyResult<Self> {
        let limits = limits(max_queued, max_lost, max_head, max_body);
        let core = Core::outbound(limits, self::storage(storage), &*uuid, Control { full, is_async })
            .map_err(|_| PyValueError::new_err("no storage for the uuid"))?;
        Ok(Self::new(core.with_percent(percent(lossless_percent))))
    }

    /// Takes bytes that the client has sent.
    fn receive_data(&self, py: Python<'_>, data: Octets) -> PyResult<()> {
        self.with(py, |state| state.input.push(data.0))
    }

    /// Reports that the client has closed its side. When everything that it sent has been read, it gets the disconnect
    /// notice.
    fn receive_eof(&self, py: Python<'_>) {
        self.with(py, |state| state.input.end());
    }

    fn __iter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    fn __next__(&self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        let (found, closed) = self.with(py, |state| {
            let found = state.next(py);
            let last = matches!(found, Found::Closed) && !std::mem::replace(&mut state.told, true);
            (found, if last { state.core.closed() } else { None })
        });
        match found {
            Found::HostRequest(ask) => Ok(Some(Py::new(py, ask)?.into_any())),
            Found::Effect(effect) => Ok(Some(Py::new(py, effect)?.into_any())),
            Found::NeedData(_) | Found::Nothing => Ok(None),
            Found::Closed => {
                let Some(why) = closed else { return Ok(None) };
                let unreadable = if let Closed::Unreadable(error) = &why { Some(error) } else { None };
                let error = unreadable.map(|error| error::unreadable(py, error)).transpose()?;
                Ok(Some(Py::new(py, ServerClosed { why: why.name(), error })?.into_any()))
            }
        }
    }

    /// The bytes to send: greeting, replies, and waiting events and log lines. With an `amount`, at most that many; the
    /// next calls return the rest. If a host fetches only as much as its socket accepts, events wait here while a
    /// client does not read, and are eventually lost, as in FreeSWITCH.
    #[pyo3(signature = (amount=None))]
    fn data_to_send<'py>(&self, py: Python<'py>, amount: Option<usize>) -> Bound<'py, PyBytes> {
        let amount = amount.unwrap_or(usize::MAX);
        let data = self.with(py, |state| {
            state.greet();
            state.pump(amount);
            state.out.fetch(amount)
        });
        PyBytes::new(py, &data)
    }

    /// Accepts a password. `allowed_events` and `allowed_api` are what a user of `userauth` may subscribe to and run,
    /// as in FreeSWITCH's `esl-allowed-events` and `esl-allowed-api`; None is all.
    #[pyo3(signature = (*, allowed_events=None, allowed_api=None, allowed_log=true))]
    fn accept(
        &self,
        py: Python<'_>,
        allowed_events: Option<Text>,
        allowed_api: Option<Text>,
        allowed_log: bool,
    ) -> PyResult<()> {
        let rights =
            Rights { allowed_events: allowed_events.as_deref(), allowed_api: allowed_api.as_deref(), allowed_log };
        self.respond(py, &Response::Accept(rights))
    }

    /// Refuses a password. The connection ends.
    fn refuse(&self, py: Python<'_>) -> PyResult<()> {
        self.respond(py, &Response::Refuse)
    }

    /// Answers `api` with the command's output.
    fn output(&self, py: Python<'_>, text: Text) -> PyResult<()> {
        self.respond(py, &Response::Output(&text))
    }

    /// Answers `bgapi`: the job has begun under this name. Its result is a BACKGROUND_JOB event from the host.
    fn job(&self, py: Python<'_>, uuid: Text) -> PyResult<()> {
        self.respond(py, &Response::Job(&uuid))
    }

    /// Answers `sendmsg`: it is done, or will be.
    fn ok(&self, py: Python<'_>) -> PyResult<()> {
        self.respond(py, &Response::Ok)
    }

    /// Answers `sendmsg` or `myevents`: there is no channel of this uuid.
    fn no_such_channel(&self, py: Python<'_>, uuid: Text) -> PyResult<()> {
        self.respond(py, &Response::NoSuchChannel(&uuid))
    }

    /// Answers `myevents`: the channel exists.
    fn control(&self, py: Python<'_>, uuid: Text) -> PyResult<()> {
        self.respond(py, &Response::Control(&uuid))
    }

    /// Answers `sendevent`: the event has been fired and has this uuid.
    fn fired(&self, py: Python<'_>, uuid: Text) -> PyResult<()> {
        self.respond(py, &Response::Fired(&uuid))
    }

    /// Answers `getvar`; an empty value means not set. One line of at most 511 bytes arrives.
    fn value(&self, py: Python<'_>, value: Text) -> PyResult<()> {
        self.respond(py, &Response::Value(&value))
    }

    /// Answers `connect`: the channel's data, as headers of a CHANNEL_DATA event.
    fn channel(&self, py: Python<'_>, headers: Pairs<Content>) -> PyResult<()> {
        Made::new(headers, None).with(|data| self.respond(py, &Response::Channel(*data)))
    }

    /// Answers anything but a password with another text, such as `-ERR` and a reason. Nothing changes.
    fn reply(&self, py: Python<'_>, text: Text) -> PyResult<()> {
        self.respond(py, &Response::Reply(&text))
    }

    /// Offers an event to this connection: if its subscriptions and filters want the event, it waits for
    /// `data_to_send`, which writes it when no command is half read or unanswered, in the current format. Returns
    /// whether it waits.
    ///
    /// The event is given as headers and a body, a received `Event`, or an `OutgoingEvent`, which is written once for
    /// many connections. All headers must be given, including Event-Name; a list is an array. Only Content-Length is
    /// added. Regular expressions in filters take linear time, and so support neither look-around nor back references.
    #[pyo3(signature = (event, body=None))]
    fn offer(&self, py: Python<'_>, event: &Bound<'_, PyAny>, body: Option<Text>) -> PyResult<bool> {
        let event = Offered::of(event, body)?.into_event();
        let offered = self.with(py, |state| {
            event.with(|data| state.check(data))?;
            let State { core, patterns, .. } = state;
            let offer = event.with(|data| core.offer_with(data, &|pattern, value| patterns.matches(pattern, value)));
            Ok(state.take(offer, Goodbye::LostEvents, |state| state.events.push_back(event)))
        });
        offered.map_err(|error| error::not_written(py, &error))
    }

    /// Offers an event of the controlled channel's own queue to this connection, after an `Effect` 'divert';
    /// subscriptions and filters do not apply.
    #[pyo3(signature = (event, body=None))]
    fn offer_diverted(&self, py: Python<'_>, event: &Bound<'_, PyAny>, body: Option<Text>) -> PyResult<bool> {
        let event = Offered::of(event, body)?.into_event();
        Ok(self.with(py, |state| {
            let offer = state.core.offer_diverted();
            state.take(offer, Goodbye::LostEvents, |state| state.events.push_back(event))
        }))
    }

    /// Offers a log line to this connection; `text` with its line end. Returns whether it is wanted.
    #[pyo3(signature = (level, text, *, file=None, function=None, line=0, channel_uuid=None))]
    #[allow(clippy::too_many_arguments)]
    fn offer_log(
        &self,
        py: Python<'_>,
        level: Level,
        text: Text,
        file: Option<Text>,
        function: Option<Text>,
        line: u32,
        channel_uuid: Option<Text>,
    ) -> PyResult<bool> {
        let level = level.get()?;
        let line = LogLine { level, text, file, function, line, channel_uuid };
        Ok(self.with(py, |state| {
            let offer = state.core.offer_log(level);
            state.take(offer, Goodbye::LostLogLines, |state| state.lines.push_back(line))
        }))
    }

    /// Subscribes to a subclass of CUSTOM events that the host knows: for the `Effect` 'all-events'.
    fn subscribe(&self, py: Python<'_>, subclass: Text) -> PyResult<()> {
        let done = self.with(py, |state| state.core.subscribe(&*subclass));
        done.map_err(|error| error::local(py, &error.to_string(), 300, None))
    }

    /// Refuses the client by its address, instead of the greeting.
    fn reject(&self, py: Python<'_>) -> PyResult<()> {
        self.with(py, |state| {
            if state.greeted {
                return Err(PyRuntimeError::new_err("reject after the greeting"));
            }
            state.greeted = true;
            let core = &mut state.core;
            state.out.append(|out| core.reject(out)).map_err(|error| PyRuntimeError::new_err(error.to_string()))
        })
    }

    /// Ends the connection with a notice: 'disconnected', 'shutdown', 'lost-events' or 'lost-log-lines'. All but the
    /// first are immediate: if a part of a frame has been fetched, the notice replaces the rest of it.
    #[pyo3(signature = (why="disconnected"))]
    fn disconnect(&self, py: Python<'_>, why: &str) -> PyResult<()> {
        let goodbye = Goodbye::from_name(why)
            .ok_or_else(|| PyValueError::new_err(format!("{why:?} is no reason to end a connection")))?;
        self.with(py, |state| state.disconnect(goodbye));
        Ok(())
    }

    /// Reports the end of the controlled channel: the client gets a notice that the connection lingers, or is
    /// disconnected.
    #[pyo3(signature = (channel_name=None))]
    fn channel_ended(&self, py: Python<'_>, channel_name: Option<Text>) {
        self.with(py, |state| {
            // Events before the end of the channel are written before the notice.
            state.pump(usize::MAX);
            let core = &mut state.core;
            let name = channel_name.as_deref().unwrap_or_default();
            let _ = state.out.append(|out| core.channel_ended(name, out));
        });
    }

    /// The format of events: 'plain', 'json' or 'xml'.
    #[getter]
    fn format(&self, py: Python<'_>) -> &'static str {
        self.with(py, |state| state.core.format()).as_str()
    }

    /// Whether the client has given a password that was accepted, or needs none.
    #[getter]
    fn is_authenticated(&self, py: Python<'_>) -> bool {
        self.with(py, |state| state.core.is_authenticated())
    }

    /// Whether no command has arrived yet, except perhaps invalid ones before a password.
    #[getter]
    fn is_awaiting_first_command(&self, py: Python<'_>) -> bool {
        self.with(py, |state| state.core.is_awaiting_first_command())
    }

    /// Whether a command has arrived in part, which holds back all events.
    #[getter]
    fn is_mid_command(&self, py: Python<'_>) -> bool {
        self.with(py, |state| state.core.is_mid_command())
    }

    /// Whether the controlled channel has ended and the connection has stayed.
    #[getter]
    fn is_lingering(&self, py: Python<'_>) -> bool {
        self.with(py, |state| state.core.is_lingering())
    }

    /// How long the connection stays open after its channel has ended: seconds, -1 for ever, None for not at all.
    #[getter]
    fn linger(&self, py: Python<'_>) -> Option<i32> {
        self.with(py, |state| state.core.linger())
    }

    /// The controlled channel.
    #[getter]
    fn channel_uuid(&self, py: Python<'_>) -> Option<String> {
        self.with(py, |state| state.core.channel().map(|uuid| String::from_utf8_lossy(uuid).into_owned()))
    }

    /// The level up to which log lines are wanted, as a number; None for no lines.
    #[getter]
    fn log_level(&self, py: Python<'_>) -> Option<i8> {
        self.with(py, |state| state.core.log_level()).map(|level| level.number())
    }

    /// How many seconds FreeSWITCH waits for a client's first command.
    #[classattr]
    const FIRST_COMMAND_TIMEOUT: f64 = Core::FIRST_COMMAND_TIMEOUT.as_secs() as f64;

    /// How many events wait to be written.
    #[getter]
    fn waiting_events(&self, py: Python<'_>) -> u32 {
        self.with(py, |state| state.core.waiting_events())
    }

    /// Why the connection is over: 'exit', 'refused', 'rejected', 'unreadable', 'no-command' (one that begins with a NUL),
    /// 'channel-gone', 'disconnected', 'shutdown', 'lost-events' or 'lost-log-lines'; None as long as it is not.
    #[getter]
    fn closed(&self, py: Python<'_>) -> Option<&'static str> {
        self.with(py, |state| state.core.closed()).map(Closed::name)
    }

    fn __repr__(&self, py: Python<'_>) -> String {
        self.with(py, |state| {
            let how = match state.core.closed() {
                Some(why) => why.name(),
                None if state.core.is_authenticated() => "open",
                None => "not open yet",
            };
            format!("<Server {how}, {}, {} events waiting>", state.core.format().as_str(), state.core.waiting_events())
        })
    }
}
