//! What waits for what: the core's session, with the objects that Python waits for and the queues that it reads.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, RandomState};
use std::mem;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use esl_proto::client::{NotAllowed, Poll, SendError};
use esl_proto::command::{Execute, SendMsg};
use esl_proto::message::Status;
use esl_proto::name::{EventName, LogLevel};
use esl_proto::raw::session::{Outcome, SessionError as Failed};
use esl_proto::session::{self, Interest, Item, Overflow, Queue, Reason, Session, SessionError, Slot};
use esl_proto::{Client, Command as Core, Incoming, Limits};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::sync::MutexExt;
use pyo3::types::{PyBytes, PyDict, PyList, PyString};

use crate::command::{Command, Level};
use crate::connection::message;
use crate::error;
use crate::input::Input;
use crate::message::{Arrived, word};
use crate::text::{FormatWord, Octets, Text, to_str};

/// Marks the place in a stream where the connection was lost and replaced. Events of the meantime are not sent again:
/// query the server's current state, for example with `api show channels as json`.
#[pyclass(frozen, module = "esl_proto")]
pub(crate) struct Gap {
    end: &'static str,
    text: String,
    /// From the end of the old connection until the subscription was active again, or the first event arrived.
    #[pyo3(get)]
    seconds: f64,
    /// The number of attempts to connect.
    #[pyo3(get)]
    attempts: u32,
    before: Option<Box<[u8]>>,
    after: Option<Box<[u8]>>,
}

#[pymethods]
impl Gap {
    /// Why the old connection ended: a `ConnectionClosed`.
    #[getter]
    fn reason<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        py.import("esl_proto._shared.errors")?.getattr("closed")?.call1((self.end, &self.text))
    }

    /// The server's Core-UUID before the gap, if an event has had it.
    #[getter]
    fn core_uuid_before<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyString>> {
        self.before.as_deref().map(|uuid| to_str(py, uuid))
    }

    /// The server's Core-UUID after the gap, if an event has had it already. If it has changed, the server was
    /// restarted, and no earlier call is left.
    #[getter]
    fn core_uuid_after<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyString>> {
        self.after.as_deref().map(|uuid| to_str(py, uuid))
    }

    fn __repr__(&self) -> String {
        format!("<Gap {}, {:.3} s, {} attempts>", self.end, self.seconds, self.attempts)
    }
}

/// What a wait, or whoever reads, is told: a slot, what has happened, and the message by which.
struct Notice(u64, &'static str, Option<Py<PyAny>>);

/// Why no more items will come.
enum Ended {
    Closed,
    Refused(Option<Py<PyAny>>),
    NotAllowed(NotAllowed),
}

struct Stream {
    queue: Queue<Py<PyAny>>,
    is_log: bool,
    /// Whether gaps stand among the items.
    with_gaps: bool,
    gaps: u64,
    received: u64,
    /// Whether its reader wants to be told of the next item.
    is_awaited: bool,
    is_full: bool,
    has_lost: bool,
    has_overflowed: bool,
    ended: Option<Ended>,
}

enum Reader {
    Stream(Box<Stream>),
    Handler,
    /// Nobody: what comes anyway goes to those who have named nothing.
    Subscription,
}

/// The header and the value of a filter.
type RefusedFilter = (Box<[u8]>, Box<[u8]>);

/// What belongs to Python: all but the session and its input.
#[derive(Default)]
struct Host {
    login: Option<Command>,
    /// By the id of a command that begins something: the slot that is told of its answer, 0 for none.
    begins: HashMap<u64, u64>,
    /// By their slots: the answers that tell variables which are still being read.
    values: HashMap<u64, Option<Py<PyAny>>>,
    readers: BTreeMap<u64, Reader>,
    notices: Vec<Notice>,
    /// How many full streams keep the host from reading.
    blocked: usize,
    released: bool,
    /// No connection will follow.
    over: bool,
    told_end: bool,
    told_open: bool,
    told_settled: bool,
    /// Why the connection ends, told before it does.
    verdict: Option<&'static str>,
    text: String,
    gap_text: String,
    refused_filters: Vec<RefusedFilter>,
    attempts: u32,
    connections: u64,
    dropped: u64,
    octets_sent: u64,
}

struct State {
    session: Session,
    input: Input,
    host: Host,
}

/// The end of a connection as a word.
fn reason_word(reason: Reason) -> &'static str {
    match reason {
        Reason::End(end) => word(end),
        Reason::Silence | Reason::NoHeartbeat => "silence",
        // There is no other.
        _ => "closed",
    }
}

fn overflow(policy: &str) -> PyResult<Overflow> {
    Ok(match policy {
        "drop-oldest" => Overflow::DropOldest,
        "drop-newest" => Overflow::DropNewest,
        "error" => Overflow::End,
        "block" => Overflow::Block,
        _ => return Err(PyValueError::new_err("overflow must be one of drop-oldest, drop-newest, error, block")),
    })
}

/// The message that ends waits.
#[derive(Clone, Copy, Default)]
struct By {
    /// It answers a command that begins a job or an application.
    own_answer: bool,
    refuses: bool,
}

impl Stream {
    fn new(maxsize: usize, policy: &str, is_log: bool, with_gaps: bool) -> PyResult<Self> {
        if maxsize == 0 {
            return Err(PyValueError::new_err("maxsize must be at least 1"));
        }
        Ok(Self {
            queue: Queue::new(maxsize, overflow(policy)?),
            is_log,
            with_gaps,
            gaps: 0,
            received: 0,
            is_awaited: false,
            is_full: false,
            has_lost: false,
            has_overflowed: false,
            ended: None,
        })
    }

    fn is_over(&self) -> bool {
        self.ended.is_some() || self.has_overflowed
    }
}

impl Host {
    fn is_blocked(&self) -> bool {
        self.blocked > 0 && !self.released
    }

    fn tell(&mut self, slot: u64, what: &'static str, value: Option<Py<PyAny>>) {
        self.notices.push(Notice(slot, what, value));
    }

    fn push(&mut self, slot: u64, item: Py<PyAny>) {
        let Some(Reader::Stream(stream)) = self.readers.get_mut(&slot) else { return };
        if stream.ended.is_some() {
            return;
        }
        stream.received += 1;
        let lost = stream.queue.lost();
        stream.queue.push(item);
        if !stream.is_full && stream.queue.is_blocking() {
            stream.is_full = true;
            self.blocked += 1;
        }
        let is_awaited = mem::take(&mut stream.is_awaited);
        if stream.queue.lost() > lost {
            self.dropped += 1;
            if !mem::replace(&mut stream.has_lost, true) {
                self.notices.push(Notice(slot, "dropped", None));
            }
        }
        if is_awaited {
            self.notices.push(Notice(slot, "readable", None));
        }
    }

    /// The stream is told that nothing more will come.
    fn end(&mut self, slot: u64, ended: Ended) {
        if let Some(Reader::Stream(stream)) = self.readers.get_mut(&slot)
            && stream.ended.is_none()
        {
            stream.ended = Some(ended);
            if mem::take(&mut stream.is_awaited) {
                self.notices.push(Notice(slot, "readable", None));
            }
        }
    }

    fn remove(&mut self, slot: u64) -> bool {
        match self.readers.remove(&slot) {
            Some(Reader::Stream(stream)) if stream.is_full => {
                self.blocked -= 1;
                self.blocked == 0
            }
            _ => false,
        }
    }

    /// The most that an end can tell is what the server said first.
    fn verdict(&mut self, verdict: &'static str, text: &str) {
        self.verdict = Some(verdict);
        text.clone_into(&mut self.text);
        self.tell(0, "verdict", None);
    }

    fn gap(&mut self, py: Python<'_>, session: &mut Session) -> PyResult<()> {
        let Some(gap) = session.next_gap() else { return Ok(()) };
        let gap = Gap {
            end: reason_word(gap.reason),
            text: mem::take(&mut self.gap_text),
            seconds: gap.until.saturating_sub(gap.since).as_secs_f64(),
            attempts: self.attempts,
            before: gap.core_before,
            after: gap.core_after,
        };
        let gap = Py::new(py, gap)?.into_any();
        let mut marked = Vec::new();
        for (slot, reader) in &mut self.readers {
            if let Reader::Stream(stream) = reader {
                stream.gaps += 1;
                if stream.with_gaps {
                    marked.push(*slot);
                }
            }
        }
        for slot in marked {
            self.push(slot, gap.clone_ref(py));
        }
        self.tell(0, "gap", Some(gap));
        Ok(())
    }

    fn take<'b>(
        &mut self,
        py: Python<'_>,
        session: &mut Session,
        front: &'b [u8],
        consumed: usize,
        incoming: Incoming<'b>,
    ) -> PyResult<()> {
        self.gap(py, session)?;
        let mut made: Option<Py<PyAny>> = None;
        let mut object = || -> PyResult<Py<PyAny>> {
            Ok(match &made {
                Some(made) => made.clone_ref(py),
                None => made.insert(message(py, front, consumed, incoming)?).clone_ref(py),
            })
        };
        let id = match incoming {
            Incoming::Answer { id, .. } | Incoming::Connected { id, .. } | Incoming::Authenticated { id, .. } => {
                Some(id.number())
            }
            _ => None,
        };
        let begun = id.and_then(|id| self.begins.remove(&id));
        if let Some(slot) = begun.filter(|slot| *slot > 0) {
            self.notices.push(Notice(slot, "begun", Some(object()?)));
        }
        let refuses = matches!(incoming, Incoming::Answer { answer, .. } if matches!(answer.status(), Status::Err | Status::Usage));
        self.settle(session, By { own_answer: begun.is_some(), refuses }, || object().map(Some))?;
        match incoming {
            Incoming::Event(event) => {
                for Slot(slot) in session.readers(&event) {
                    match self.readers.get(&slot) {
                        Some(Reader::Stream(_)) => self.push(slot, object()?),
                        Some(Reader::Handler) => self.notices.push(Notice(slot, "handle", Some(object()?))),
                        Some(Reader::Subscription) | None => {}
                    }
                }
            }
            Incoming::Log(_) => {
                let is_log = |reader: &Reader| matches!(reader, Reader::Stream(stream) if stream.is_log);
                let slots: Vec<u64> =
                    self.readers.iter().filter(|(_, reader)| is_log(reader)).map(|(slot, _)| *slot).collect();
                for slot in slots {
                    self.push(slot, object()?);
                }
            }
            Incoming::AuthRequest => {
                if let Some(login) = self.login.take() {
                    // What cannot be sent will not be answered: the deadline of the login tells.
                    let _ = session.send_encoded(login.skeleton(), login.octets(), None, None);
                }
            }
            Incoming::AuthRefused { reply, .. } => {
                self.verdict("auth-refused", &String::from_utf8_lossy(reply.text().raw()));
            }
            Incoming::Rejected { rejection, .. } => {
                self.verdict("rejected", &String::from_utf8_lossy(rejection.text()));
            }
            Incoming::Goodbye { notice, .. } if self.verdict.is_none() => {
                self.text = String::from_utf8_lossy(notice.text()).into_owned();
            }
            Incoming::Lingering(_) => self.tell(0, "lingering", None),
            Incoming::Unexpected(_) => {
                let object = object()?;
                self.tell(0, "unexpected", Some(object));
            }
            _ => {}
        }
        Ok(())
    }

    /// Log lines may not be had.
    fn no_log(&mut self, mut why: impl FnMut() -> Ended) {
        let is_log = |reader: &Reader| matches!(reader, Reader::Stream(stream) if stream.is_log);
        let slots: Vec<u64> = self.readers.iter().filter(|(_, reader)| is_log(reader)).map(|(slot, _)| *slot).collect();
        for slot in slots {
            self.end(slot, why());
        }
    }

    /// Tells of the waits that have ended, by this message.
    fn settle(
        &mut self,
        session: &mut Session,
        by: By,
        mut object: impl FnMut() -> PyResult<Option<Py<PyAny>>>,
    ) -> PyResult<()> {
        while let Some((Slot(slot), outcome)) = session.next_outcome() {
            let (what, value) = match Outcome::from(outcome) {
                Outcome::Answered => ("answered", object()?),
                // Kept here until it is known whether it is all of the value.
                Outcome::Value => {
                    self.values.insert(slot, object()?);
                    continue;
                }
                Outcome::Read => ("answered", self.values.remove(&slot).flatten()),
                Outcome::Cut => ("cut", self.values.remove(&slot).flatten()),
                Outcome::JobEnded | Outcome::Completed => ("done", object()?),
                Outcome::ChannelEnded => ("channel-ended", object()?),
                Outcome::Refused => {
                    let answer = if by.refuses { object()? } else { None };
                    if self.readers.contains_key(&slot) {
                        let again = answer.as_ref().map(|answer| Python::attach(|py| answer.clone_ref(py)));
                        self.end(slot, Ended::Refused(again));
                    }
                    (if by.own_answer { "refused" } else { "unheard" }, answer)
                }
                Outcome::TimedOut => ("timed-out", None),
                Outcome::Lost(_) => ("lost", None),
            };
            self.notices.push(Notice(slot, what, value));
        }
        while let Some(notice) = session.next_notice() {
            match notice {
                session::Notice::LogRefused { level } => {
                    let answer = if by.refuses { object()? } else { None };
                    let reason = session.client().map(|client| client.may_send(&Core::Log { level: Some(level) }));
                    self.no_log(|| match (&answer, reason) {
                        (Some(answer), _) => Ended::Refused(Some(Python::attach(|py| answer.clone_ref(py)))),
                        (None, Some(Err(reason))) => Ended::NotAllowed(reason),
                        (None, _) => Ended::NotAllowed(NotAllowed::NoRight),
                    });
                    self.notices.push(Notice(0, "log-refused", answer));
                }
                session::Notice::FilterRefused { header, value } => {
                    let answer = if by.refuses { object()? } else { None };
                    self.refused_filters.push((header, value));
                    self.notices.push(Notice(0, "filter-refused", answer));
                }
                session::Notice::HeartbeatRefused => self.notices.push(Notice(0, "heartbeat-refused", object()?)),
                session::Notice::Restarted { .. } => self.notices.push(Notice(0, "restarted", None)),
                _ => {}
            }
        }
        Ok(())
    }
}

impl State {
    /// Handles all messages, or as many as full streams allow.
    fn run(&mut self, py: Python<'_>, now: Duration) -> PyResult<()> {
        let Self { session, input, host } = self;
        while !host.is_blocked() {
            let front = input.front();
            match session.poll(front, now) {
                Ok(Poll::Incoming { incoming, consumed }) => {
                    // Consumed whatever becomes of it: the core has counted it.
                    let taken = host.take(py, session, front, consumed, incoming);
                    input.consume(consumed);
                    taken?;
                }
                Ok(Poll::NeedData { required, consumed }) => {
                    input.consume(consumed);
                    if input.extend(required) {
                        continue;
                    }
                    if !input.is_ended() || session.client().is_none() {
                        break;
                    }
                    let front = input.front();
                    if let Some(eof) = session.eof(front, now) {
                        let (octets, reply) = (front, eof.answered.zip(eof.reply));
                        host.settle(session, By::default(), || {
                            let made = |(id, reply): (esl_proto::client::CommandId, esl_proto::message::Reply<'_>)| {
                                Arrived { octets, frame: *reply.frame() }.reply(py, id.number())
                            };
                            reply.map(made).transpose()
                        })?;
                    }
                    break;
                }
                Ok(Poll::Closed { .. }) => {
                    input.clear();
                    break;
                }
                Ok(poll) => input.consume(poll.consumed()),
                Err(broken) => {
                    if host.verdict.is_none() {
                        host.text = broken.error.to_string();
                    }
                    host.settle(session, By::default(), || Ok(None))?;
                    input.clear();
                    break;
                }
            }
        }
        if host.is_blocked() {
            host.tell(0, "blocked", None);
        }
        self.edges(py)
    }

    /// What is told of the connection itself, once.
    fn edges(&mut self, py: Python<'_>) -> PyResult<()> {
        let Self { session, host, .. } = self;
        host.settle(session, By::default(), || Ok(None))?;
        host.gap(py, session)?;
        if session.is_open() && !mem::replace(&mut host.told_open, true) {
            host.tell(0, "opened", None);
        }
        let is_settled = session.is_settled();
        if mem::replace(&mut host.told_settled, is_settled) != is_settled && is_settled {
            host.tell(0, "settled", None);
        }
        if session.reason().is_some() && !mem::replace(&mut host.told_end, true) {
            if host.told_open {
                host.gap_text.clone_from(&host.text);
            }
            host.tell(0, "ended", None);
        }
        Ok(())
    }

    fn set_log(&mut self, level: Option<LogLevel>) -> Result<(), SessionError> {
        // The core says it once; whoever asks again is told again.
        if let (Some(_), Some(client)) = (level, self.session.client().filter(|_| self.session.is_open())) {
            client.may_send(&Core::Log { level }).map_err(SendError::NotAllowed)?;
        }
        self.session.set_log(level)
    }

    fn stats(&self) -> [u64; 5] {
        let stats = self.session.stats();
        [stats.octets, stats.frames, stats.events, stats.log_lines, stats.unexpected]
    }
}

/// A command that was not sent, or a wait that was not begun.
fn failed(py: Python<'_>, error: SessionError) -> PyErr {
    match Failed::from(error) {
        Failed::Send(error) => error::not_sent(py, &error),
        Failed::Unheard | Failed::SlotInUse | Failed::NotConnected | Failed::NotReady => {
            error::local(py, &error.to_string(), error.code(), None)
        }
    }
}

/// Waits and readers across reconnects: the basis of `esl_proto.aio` and `esl_proto.sync`.
///
/// A wait or a reader is a number that the host chooses. Notices report on it, `(slot, what, value)`, in order:
///
/// - 'answered', 'cut' (an answer that a variable has broken), 'done' (a job or an application), 'channel-ended', 'refused' and 'unheard' (the subscription that it needs
///   was refused), 'timed-out', 'lost': a wait has ended. 'begun': the answer to a `bgapi` has come.
/// - 'handle': an event for a handler; 'readable': a queue whose reader waits has something; 'dropped': it has lost
///   something for the first time; 'refused', 'unheard': a reader whose events will not come.
/// - 'opened', 'settled', 'blocked' (nothing more is handled before a full stream has room), 'lingering', 'gap', 'verdict' (the server refuses this client), 'log-refused',
///   'filter-refused', 'heartbeat-refused', 'restarted' (it is another server than before the gap), 'unexpected', 'ended': of the
///   connection, slot 0.
///
/// Objects may be used from several threads, with a GIL or without. What several calls are needed for takes a lock of the
/// host's: `send`, `data_to_send` and the write to the socket.
#[pyclass(frozen, weakref, module = "esl_proto")]
pub(crate) struct ClientSession {
    /// INVARIANT: never call into Python while holding this lock: a finalizer may re-enter and deadlock. Objects of exact
    /// built-in types that the garbage collector does not know, and of this module, are safe to make and drop.
    state: Mutex<State>,
    began: Instant,
}

impl ClientSession {
    fn with<T>(&self, py: Python<'_>, act: impl FnOnce(&mut State) -> T) -> T {
        // Ignore poisoning: state is consistent between core calls.
        let mut state = self.state.lock_py_attached(py).unwrap_or_else(|poison| poison.into_inner());
        act(&mut state)
    }

    fn now(&self) -> Duration {
        self.began.elapsed()
    }

    /// The same, and what is found out by it is told.
    fn act<T>(&self, py: Python<'_>, act: impl FnOnce(&mut State) -> Result<T, SessionError>) -> PyResult<T> {
        let acted = self.with(py, |state| -> PyResult<_> {
            let acted = act(state);
            state.edges(py)?;
            Ok(acted)
        })?;
        acted.map_err(|error| failed(py, error))
    }

    /// What has happened, as a list; None if nothing has.
    fn told<'py>(&self, py: Python<'py>, notices: Vec<Notice>) -> PyResult<Option<Bound<'py, PyList>>> {
        if notices.is_empty() {
            return Ok(None);
        }
        let notices = notices.into_iter().map(|Notice(slot, what, value)| (slot, PyString::intern(py, what), value));
        PyList::new(py, notices.collect::<Vec<_>>()).map(Some)
    }
}

fn unlimited() -> Limits {
    Limits { max_buffered: usize::MAX, ..Limits::DEFAULT }
}

/// Which events; a name with `::` is a subclass of CUSTOM.
fn interest(names: Vec<String>, subclasses: Vec<String>, channel: Option<&str>) -> Interest {
    let (more, names): (Vec<String>, Vec<String>) = names.into_iter().partition(|name| name.contains("::"));
    let names: Vec<_> = names.iter().map(|name| EventName::from_bytes(name.as_bytes())).collect();
    let subclasses: Vec<&[u8]> = subclasses.iter().chain(&more).map(|subclass| subclass.as_bytes()).collect();
    let interest = Interest::new(esl_proto::command::Events::new(&names, subclasses.as_slice()));
    match channel {
        Some(channel) => interest.of_channel(channel),
        None => interest,
    }
}

#[pymethods]
impl ClientSession {
    #[new]
    fn new() -> Self {
        let run = RandomState::new().hash_one(0);
        let state = State { session: Session::new(run), input: Input::default(), host: Host::default() };
        Self { state: Mutex::new(state), began: Instant::now() }
    }

    // The connection

    /// A connection to the server has been made, as the `attempts`th try; `login` is sent when the server asks for it.
    #[pyo3(signature = (login, attempts=0))]
    fn connect_inbound(&self, py: Python<'_>, login: &Command, attempts: u32) {
        self.connect(py, Client::inbound(unlimited()), Some(login.share(py)), attempts);
    }

    /// The server has made a connection for a call: `connect` is to be sent. Only the events of its channel come.
    fn connect_outbound(&self, py: Python<'_>) -> PyResult<()> {
        self.act(py, |state| {
            state.session.set_own_only(true);
            // All events of the channel come with these, which tell of its end.
            state.host.readers.insert(0, Reader::Handler);
            state.session.listen(Slot(0), [EventName::ChannelHangup, EventName::ChannelHangupComplete].into())
        })?;
        self.connect(py, Client::outbound(unlimited()), None, 0);
        Ok(())
    }

    /// Processes received bytes, as far as full streams allow. Returns the notices, if there are any.
    fn receive<'py>(&self, py: Python<'py>, data: Octets) -> PyResult<Option<Bound<'py, PyList>>> {
        let now = self.now();
        let notices = self.with(py, |state| -> PyResult<_> {
            state.session.heard(now);
            state.input.push(data.0)?;
            state.run(py, now)?;
            Ok(mem::take(&mut state.host.notices))
        })?;
        self.told(py, notices)
    }

    /// Reports the end of the stream, after all received bytes.
    fn receive_eof<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyList>>> {
        self.with(py, |state| state.input.end());
        self.go_on(py)
    }

    /// Processes bytes that were held back while a stream was full. Returns all notices, including earlier ones.
    fn go_on<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyList>>> {
        let now = self.now();
        let notices = self.with(py, |state| -> PyResult<_> {
            state.run(py, now)?;
            Ok(mem::take(&mut state.host.notices))
        })?;
        self.told(py, notices)
    }

    /// The bytes to send now, if there are any.
    fn data_to_send<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyBytes>> {
        self.with(py, |state| {
            let octets = state.session.to_send();
            if octets.is_empty() {
                return None;
            }
            let data = PyBytes::new(py, octets);
            state.host.octets_sent += octets.len() as u64;
            state.session.sent(usize::MAX);
            Some(data)
        })
    }

    /// The host closes the connection: all waits end.
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        let now = self.now();
        self.act(py, |state| {
            state.session.close(now);
            state.input.clear();
            Ok(())
        })
    }

    /// From now on, no stream blocks reading: the connection is being closed.
    fn release(&self, py: Python<'_>) {
        self.with(py, |state| state.host.released = true);
    }

    /// No connection will follow: streams end after the items that they hold, later streams at once.
    fn finish(&self, py: Python<'_>) {
        self.with(py, |state| {
            state.host.over = true;
            let slots: Vec<u64> = state.host.readers.keys().copied().collect();
            for slot in slots {
                state.host.end(slot, Ended::Closed);
            }
        });
    }

    /// Why the connection is over, and the server's text; None while there is a connection, and before the first.
    #[getter]
    fn end(&self, py: Python<'_>) -> Option<(&'static str, String)> {
        self.with(py, |state| {
            let text = || state.host.text.clone();
            match (state.host.verdict, state.session.reason()) {
                (Some(verdict), _) => Some((verdict, text())),
                (None, reason) => reason.map(|reason| (reason_word(reason), text())),
            }
        })
    }

    /// Whether commands can be sent and are answered.
    #[getter]
    fn is_open(&self, py: Python<'_>) -> bool {
        self.with(py, |state| state.session.is_open())
    }

    /// Whether there is a connection, open or not.
    #[getter]
    fn is_connected(&self, py: Python<'_>) -> bool {
        self.with(py, |state| state.session.client().is_some())
    }

    /// Whether all subscriptions, filters and the log have been sent and answered.
    #[getter]
    fn is_settled(&self, py: Python<'_>) -> bool {
        self.with(py, |state| state.session.is_settled())
    }

    /// Whether the controlled channel has ended and the connection lingers.
    #[getter]
    fn is_lingering(&self, py: Python<'_>) -> bool {
        self.with(py, |state| state.session.client().is_some_and(Client::is_lingering))
    }

    /// Whether nothing more is handled before a full stream has room.
    #[getter]
    fn is_blocked(&self, py: Python<'_>) -> bool {
        self.with(py, |state| state.host.is_blocked())
    }

    /// The number of pending answers, jobs and applications.
    #[getter]
    fn waiting(&self, py: Python<'_>) -> usize {
        self.with(py, |state| state.session.waiting())
    }

    /// The server's Core-UUID, if an event has had it.
    #[getter]
    fn core_uuid<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyString>> {
        self.with(py, |state| state.session.core_uuid().map(|uuid| to_str(py, uuid)))
    }

    /// Counts of what was received and sent so far, across reconnects.
    #[getter]
    fn stats<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let (stats, more) = self.with(py, |state| {
            let Host { octets_sent, dropped, connections, .. } = state.host;
            (state.stats(), [("octets_sent", octets_sent), ("dropped", dropped), ("connections", connections)])
        });
        let dict = PyDict::new(py);
        for (place, name) in ["octets", "frames", "events", "log_lines", "unexpected"].into_iter().enumerate() {
            dict.set_item(name, stats[place])?;
        }
        for (name, count) in more {
            dict.set_item(name, count)?;
        }
        Ok(dict)
    }

    // Time

    /// In how many seconds `advance` must be called, at the latest.
    #[getter]
    fn seconds_left(&self, py: Python<'_>) -> Option<f64> {
        let now = self.now();
        self.with(py, |state| Some(state.session.next_deadline()?.saturating_sub(now).as_secs_f64()))
    }

    /// Advances the time: a connection that has been silent for too long ends.
    fn advance(&self, py: Python<'_>) -> PyResult<()> {
        let now = self.now();
        self.act(py, |state| {
            if state.host.is_blocked() {
                // Nobody listens: that is no silence of the server's.
                state.session.heard(now);
            }
            state.session.advance(now);
            Ok(())
        })
    }

    /// Ends the connection when nothing has arrived for this many seconds.
    fn set_silence(&self, py: Python<'_>, seconds: Option<f64>) -> PyResult<()> {
        let limit = seconds.map(Duration::try_from_secs_f64).transpose();
        let limit = limit.map_err(|error| PyValueError::new_err(error.to_string()))?;
        self.act(py, |state| state.session.set_silence(limit))
    }

    // Waits

    /// Sends a command. `slot` waits for its answer. Raises LocalProtocolError if it may not be sent now.
    #[pyo3(signature = (command, slot=None))]
    fn send(&self, py: Python<'_>, command: &Command, slot: Option<u64>) -> PyResult<u64> {
        let slot = slot.map(Slot);
        self.with(py, |state| state.session.send_encoded(command.skeleton(), command.octets(), slot, None))
            .map(|id| id.number())
            .map_err(|error| failed(py, error))
    }

    /// Begins a job, and returns its Job-UUID. `slot` waits for its end, `begun` for the answer.
    fn bgapi<'py>(&self, py: Python<'py>, line: Text, slot: u64, begun: u64) -> PyResult<Bound<'py, PyString>> {
        let tag = self.act(py, |state| {
            let id = state.session.bgapi(&*line, Slot(slot), None)?;
            state.host.begins.insert(id.number(), begun);
            Ok(state.session.last_tag())
        })?;
        Ok(to_str(py, tag.as_ref().map_or(&[], |tag| tag.as_bytes())))
    }

    /// Executes an application, on the channel of the connection or another. `slot` waits for its end.
    #[pyo3(signature = (app, arg, slot, *, uuid=None, loops=None, event_lock=false, hold_bleg=false))]
    #[allow(clippy::too_many_arguments)]
    fn execute(
        &self,
        py: Python<'_>,
        app: Text,
        arg: Text,
        slot: u64,
        uuid: Option<Text>,
        loops: Option<i32>,
        event_lock: bool,
        hold_bleg: bool,
    ) -> PyResult<()> {
        let call = Execute { loops, hold_bleg, ..Execute::new(&*app, &*arg) };
        let message = SendMsg { uuid: uuid.as_deref(), event_lock, ..SendMsg::new(call) };
        self.act(py, |state| {
            let id = state.session.execute(&message, Slot(slot), None)?;
            state.host.begins.insert(id.number(), 0);
            Ok(())
        })
    }

    /// Asks for a variable of a channel, or of that of the connection. `slot` waits for it: 'answered' tells the answer that holds
    /// it whole, 'cut' one that the value has broken, 'refused' that there is no such channel, or the API may not be used.
    #[pyo3(signature = (name, slot, uuid=None))]
    fn read_variable(&self, py: Python<'_>, name: Text, slot: u64, uuid: Option<Text>) -> PyResult<u64> {
        let id = self.act(py, |state| state.session.read_variable(uuid.as_deref(), &*name, Slot(slot), None))?;
        Ok(id.number())
    }

    /// Gives up a wait: nothing is reported, and a late result is ignored.
    fn give_up(&self, py: Python<'_>, slot: u64) -> bool {
        self.with(py, |state| {
            state.host.values.remove(&slot);
            state.session.give_up(Slot(slot))
        })
    }

    // Readers

    /// A stream of these events, across reconnects. Without any name or subclass, of every event that arrives anyway.
    #[pyo3(signature = (slot, names, subclasses, channel, maxsize, overflow, gaps))]
    #[allow(clippy::too_many_arguments)]
    fn stream(
        slf: &Bound<'_, Self>,
        slot: u64,
        names: Vec<String>,
        subclasses: Vec<String>,
        channel: Option<&str>,
        maxsize: usize,
        overflow: &str,
        gaps: bool,
    ) -> PyResult<EventQueue> {
        let stream = Stream::new(maxsize, overflow, false, gaps)?;
        let interest = interest(names, subclasses, channel);
        slf.get().listen(slf.py(), slot, interest, Reader::Stream(Box::new(stream)))?;
        Ok(EventQueue { session: slf.clone().unbind(), slot })
    }

    /// A reader whose events are reported by notices.
    fn handler(
        &self,
        py: Python<'_>,
        slot: u64,
        names: Vec<String>,
        subclasses: Vec<String>,
        channel: Option<&str>,
    ) -> PyResult<()> {
        self.listen(py, slot, interest(names, subclasses, channel), Reader::Handler)
    }

    /// Subscribes to events without reading them.
    fn subscribe(&self, py: Python<'_>, slot: u64, names: Vec<String>, subclasses: Vec<String>) -> PyResult<()> {
        self.listen(py, slot, interest(names, subclasses, None), Reader::Subscription)
    }

    /// Unsubscribes from these events for all readers; without any, from all.
    fn unsubscribe(&self, py: Python<'_>, names: Vec<String>, subclasses: Vec<String>) -> PyResult<()> {
        let some = !names.is_empty() || !subclasses.is_empty();
        let interest = some.then(|| interest(names, subclasses, None));
        self.act(py, |state| state.session.unsubscribe(interest))
    }

    /// Removes the reader `slot`. Returns whether reading from the socket can continue now.
    fn unlisten(&self, py: Python<'_>, slot: u64) -> bool {
        self.with(py, |state| {
            let is_free = state.host.remove(slot);
            // What cannot be taken back comes, and nobody reads it.
            let _ = state.session.unlisten(Slot(slot));
            is_free
        })
    }

    /// How many readers there are.
    #[getter]
    fn readers(&self, py: Python<'_>) -> usize {
        self.with(py, |state| state.host.readers.len())
    }

    /// A stream of log lines, up to the level requested last.
    fn log_stream(
        slf: &Bound<'_, Self>,
        slot: u64,
        level: Level,
        maxsize: usize,
        overflow: &str,
    ) -> PyResult<EventQueue> {
        let (py, level) = (slf.py(), level.get()?);
        let mut stream = Stream::new(maxsize, overflow, true, false)?;
        slf.get().act(py, |state| {
            if state.host.over {
                stream.ended = Some(Ended::Closed);
            } else {
                state.set_log(Some(level))?;
            }
            state.host.readers.insert(slot, Reader::Stream(Box::new(stream)));
            Ok(())
        })?;
        Ok(EventQueue { session: slf.clone().unbind(), slot })
    }

    /// Sets the level of the server's log; None for no log.
    fn set_log(&self, py: Python<'_>, level: Option<Level>) -> PyResult<()> {
        let level = level.as_ref().map(Level::get).transpose()?;
        self.act(py, |state| state.set_log(level))
    }

    /// The filters that the server has refused since the last call.
    fn refused_filters<'py>(&self, py: Python<'py>) -> Vec<(Bound<'py, PyString>, Bound<'py, PyString>)> {
        let refused = self.with(py, |state| mem::take(&mut state.host.refused_filters));
        refused.iter().map(|(header, value)| (to_str(py, header), to_str(py, value))).collect()
    }

    /// Replaces the program's filters, pairs of header and value.
    fn set_filters(&self, py: Python<'_>, filters: Vec<(Text, Text)>) -> PyResult<()> {
        self.act(py, |state| state.session.set_filters(filters.iter().map(|(header, value)| (&**header, &**value))))
    }

    /// The format of events.
    fn set_format(&self, py: Python<'_>, format: FormatWord) -> PyResult<()> {
        self.act(py, |state| state.session.set_format(format.0))
    }

    fn __repr__(&self, py: Python<'_>) -> String {
        self.with(py, |state| {
            let how = match state.session.reason() {
                Some(reason) => reason_word(reason),
                None if state.session.is_open() => "open",
                None => "not open yet",
            };
            format!("<ClientSession {how}, {} waiting, {} readers>", state.session.waiting(), state.host.readers.len())
        })
    }
}

impl ClientSession {
    fn connect(&self, py: Python<'_>, client: Client, login: Option<Command>, attempts: u32) {
        let now = self.now();
        self.with(py, |state| {
            state.session.connect(client, now);
            state.input = Input::default();
            let host = &mut state.host;
            host.begins.clear();
            host.values.clear();
            host.text.clear();
            (host.login, host.verdict, host.attempts) = (login, None, attempts);
            (host.told_end, host.told_open, host.told_settled) = (false, false, false);
            host.connections += 1;
        });
    }

    fn listen(&self, py: Python<'_>, slot: u64, interest: Interest, mut reader: Reader) -> PyResult<()> {
        let refused = self.with(py, |state| -> PyResult<_> {
            if state.host.over {
                if let Reader::Stream(stream) = &mut reader {
                    stream.ended = Some(Ended::Closed);
                }
                state.host.readers.insert(slot, reader);
                return Ok(None);
            }
            let refused = state.session.listen(Slot(slot), interest).err();
            let before = state.host.notices.len();
            state.edges(py)?;
            // A connection that hears its own channel only says so at once.
            let told = state.host.notices.split_off(before);
            let (unheard, rest): (Vec<_>, Vec<_>) = told.into_iter().partition(|Notice(of, _, _)| *of == slot);
            state.host.notices.extend(rest);
            let refused = refused.or((!unheard.is_empty()).then_some(SessionError::Unheard));
            match &refused {
                None => drop(state.host.readers.insert(slot, reader)),
                Some(_) => drop(state.session.unlisten(Slot(slot))),
            }
            Ok(refused)
        })?;
        match refused {
            None => Ok(()),
            Some(error) => Err(failed(py, error)),
        }
    }
}

/// The unread items of one reader of a `ClientSession`.
#[pyclass(frozen, weakref, module = "esl_proto")]
pub(crate) struct EventQueue {
    session: Py<ClientSession>,
    #[pyo3(get)]
    slot: u64,
}

impl EventQueue {
    fn with<T>(&self, py: Python<'_>, act: impl FnOnce(&mut Host, u64) -> T) -> T {
        self.session.get().with(py, |state| act(&mut state.host, self.slot))
    }

    fn of<T: Default>(&self, py: Python<'_>, act: impl FnOnce(&mut Stream) -> T) -> T {
        self.with(py, |host, slot| match host.readers.get_mut(&slot) {
            Some(Reader::Stream(stream)) => act(stream),
            _ => T::default(),
        })
    }
}

#[pymethods]
impl EventQueue {
    /// The next item; None if there is none, and then a 'readable' notice comes with the next one, or at the end.
    fn pop(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        self.with(py, |host, slot| {
            let Some(Reader::Stream(stream)) = host.readers.get_mut(&slot) else { return None };
            loop {
                let item = match stream.queue.pop() {
                    Some(Item::Lost(_)) => continue,
                    Some(Item::Item(item)) => Some(item),
                    Some(Item::Overflowed) => {
                        stream.has_overflowed = true;
                        None
                    }
                    None => None,
                };
                stream.is_awaited = item.is_none() && !stream.is_over();
                if stream.is_full && !stream.queue.is_blocking() {
                    stream.is_full = false;
                    host.blocked -= 1;
                }
                return item;
            }
        })
    }

    /// Whether there is something to read, or the end.
    #[getter]
    fn is_readable(&self, py: Python<'_>) -> bool {
        self.with(py, |host, slot| match host.readers.get(&slot) {
            Some(Reader::Stream(stream)) => !stream.queue.is_empty() || stream.is_over(),
            _ => true,
        })
    }

    /// Why there is nothing more, once everything has been read: 'closed' (with the connection, or by its reader),
    /// 'overflow', 'refused' or 'not-allowed', and the refusal.
    #[getter]
    fn end(&self, py: Python<'_>) -> PyResult<Option<(&'static str, Py<PyAny>)>> {
        enum End {
            Refused(Option<Py<PyAny>>),
            NotAllowed(NotAllowed),
            Word(&'static str),
        }
        let end = self.with(py, |host, slot| match host.readers.get(&slot) {
            Some(Reader::Stream(stream)) => match &stream.ended {
                _ if stream.has_overflowed => Some(End::Word("overflow")),
                Some(Ended::Closed) => Some(End::Word("closed")),
                Some(Ended::Refused(answer)) => Some(End::Refused(answer.as_ref().map(|answer| answer.clone_ref(py)))),
                Some(Ended::NotAllowed(reason)) => Some(End::NotAllowed(*reason)),
                None => None,
            },
            _ => Some(End::Word("closed")),
        });
        Ok(match end {
            None => None,
            Some(End::Word(word)) => Some((word, py.None())),
            Some(End::Refused(Some(answer))) => Some(("refused", answer)),
            Some(End::Refused(None)) => {
                Some(("not-allowed", error::not_allowed(py, NotAllowed::NeedsFullControl).into_value(py).into_any()))
            }
            Some(End::NotAllowed(reason)) => {
                let error = error::not_sent(py, &SendError::NotAllowed(reason));
                Some(("not-allowed", error.into_value(py).into_any()))
            }
        })
    }

    /// How many items wait to be read.
    #[getter]
    fn waiting(&self, py: Python<'_>) -> usize {
        self.of(py, |stream| stream.queue.len())
    }

    /// How many have arrived, including dropped ones.
    #[getter]
    fn received(&self, py: Python<'_>) -> u64 {
        self.of(py, |stream| stream.received)
    }

    /// How many were dropped because they were not read in time.
    #[getter]
    fn dropped(&self, py: Python<'_>) -> u64 {
        self.of(py, |stream| stream.queue.lost())
    }

    /// How often the connection was replaced.
    #[getter]
    fn gaps(&self, py: Python<'_>) -> u64 {
        self.of(py, |stream| stream.gaps)
    }

    /// Closes the queue. Returns whether reading from the socket can continue now.
    fn close(&self, py: Python<'_>) -> bool {
        self.session.get().unlisten(py, self.slot)
    }
}
