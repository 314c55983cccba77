//! What is known of each channel: `esl_proto.calls`.

use std::sync::Mutex;

use esl_proto::Value;
use esl_proto::calls::{Call as CoreCall, CallBuf, Calls as Core, Change as CoreChange, EVENTS, Heap, SUBCLASSES};
use esl_proto::name::{AnswerState, CallDirection, CallState, ChannelState, HangupCause};
use pyo3::exceptions::PyKeyError;
use pyo3::prelude::*;
use pyo3::sync::MutexExt;
use pyo3::types::{PyDict, PyIterator, PyList, PyString, PyTuple};

use crate::error;
use crate::event::{Event, headers};
use crate::lookup;
use crate::names::{self, Words};
use crate::text::{Text, to_str};

/// A snapshot of one channel.
#[pyclass(frozen, module = "esl_proto.calls")]
pub(crate) struct Call {
    call: CallBuf,
}

impl Call {
    fn of(call: CoreCall<'_>) -> Self {
        Self { call: call.into_owned() }
    }

    fn view(&self) -> CoreCall<'_> {
        self.call.as_call()
    }
}

fn word<'py, W: Words>(py: Python<'py>, word: Option<&[u8]>) -> PyResult<Option<Bound<'py, PyString>>> {
    word.map(|word| names::word::<W>(py, &Value::from_bytes(word))).transpose()
}

#[pymethods]
impl Call {
    /// The channel.
    #[getter]
    fn uuid<'py>(&self, py: Python<'py>) -> Bound<'py, PyString> {
        to_str(py, self.view().uuid())
    }

    /// Its name, such as `sofia/internal/1000@pbx`. Empty if unknown, like all texts here.
    #[getter]
    fn name<'py>(&self, py: Python<'py>) -> Bound<'py, PyString> {
        to_str(py, self.view().name())
    }

    /// Which side has begun the call: a `CallDirection`, or a `str` if the word is unknown, as for all enumerated
    /// words.
    #[getter]
    fn direction<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyString>>> {
        word::<CallDirection<'_>>(py, self.view().direction().as_ref().map(CallDirection::as_bytes))
    }

    /// Where the channel is in its life.
    #[getter]
    fn state<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyString>>> {
        word::<ChannelState<'_>>(py, self.view().state().as_ref().map(ChannelState::as_bytes))
    }

    /// Where the call is in its life, as a person sees it.
    #[getter]
    fn call_state<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyString>>> {
        word::<CallState<'_>>(py, self.view().call_state().as_ref().map(CallState::as_bytes))
    }

    /// Whether the call has been answered.
    #[getter]
    fn answer_state<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyString>>> {
        word::<AnswerState<'_>>(py, self.view().answer_state().as_ref().map(AnswerState::as_bytes))
    }

    /// The caller's name.
    #[getter]
    fn caller_name<'py>(&self, py: Python<'py>) -> Bound<'py, PyString> {
        to_str(py, self.view().caller_name())
    }

    /// The caller's number.
    #[getter]
    fn caller_number<'py>(&self, py: Python<'py>) -> Bound<'py, PyString> {
        to_str(py, self.view().caller_number())
    }

    /// What was dialled.
    #[getter]
    fn destination<'py>(&self, py: Python<'py>) -> Bound<'py, PyString> {
        to_str(py, self.view().destination())
    }

    /// The application that runs, or has run last.
    #[getter]
    fn application<'py>(&self, py: Python<'py>) -> Bound<'py, PyString> {
        to_str(py, self.view().application())
    }

    /// Its argument.
    #[getter]
    fn application_data<'py>(&self, py: Python<'py>) -> Bound<'py, PyString> {
        to_str(py, self.view().application_data())
    }

    /// When it began.
    #[getter]
    fn created<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.view().created().map_or(Ok(None), |time| lookup::moment(py, time))
    }

    /// When it was answered.
    #[getter]
    fn answered<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.view().answered().map_or(Ok(None), |time| lookup::moment(py, time))
    }

    /// When it was hung up.
    #[getter]
    fn hung_up<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.view().hung_up().map_or(Ok(None), |time| lookup::moment(py, time))
    }

    /// The channel that it is bridged to.
    #[getter]
    fn other_leg<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyString>> {
        self.view().other_leg().map(|uuid| to_str(py, uuid))
    }

    /// Why it has ended, once it has: a `HangupCause`.
    #[getter]
    fn cause<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyString>>> {
        word::<HangupCause<'_>>(py, self.view().cause().as_ref().map(HangupCause::as_bytes))
    }

    /// The variables that are kept of it.
    #[getter]
    fn variables<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let variables = PyDict::new(py);
        for (name, value) in self.view().variables() {
            variables.set_item(to_str(py, name), to_str(py, value))?;
        }
        Ok(variables)
    }

    fn __repr__(&self) -> String {
        let call = self.view();
        let text = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
        let state = call.call_state().map(|state| format!(" {state}")).unwrap_or_default();
        let cause = call.cause().map(|cause| format!(" {cause}")).unwrap_or_default();
        let (from, to) = (text(call.caller_number()), text(call.destination()));
        format!("<Call {}{state}{cause} {from:?} to {to:?}>", text(call.uuid()))
    }
}

/// What an event has changed of `Calls`.
#[pyclass(frozen, get_all, module = "esl_proto.calls")]
pub(crate) struct Change {
    /// 'began', 'updated', 'renamed' (the channel has got another uuid), 'ended', or 'overlooked': there was no room for it.
    kind: &'static str,
    /// The channel that the event is about, in its current or last state; None if it was overlooked, or the event names
    /// two others (`loopback::bowout`).
    call: Option<Py<Call>>,
    /// The uuid that it had before, if it has got another.
    old_uuid: Option<Py<PyString>>,
}

#[pymethods]
impl Change {
    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let call = self
            .call
            .as_ref()
            .map_or(Ok(String::new()), |call| Ok::<_, PyErr>(format!(" {}", call.bind(py).repr()?)))?;
        Ok(format!("<Change {}{call}>", self.kind))
    }
}

/// The channels of a server, each in the state of its last event. It does no I/O.
///
/// Subscribe to `Calls.EVENTS` and `Calls.SUBCLASSES`, `restore` the list of channels that are there already, and give
/// each event to `take`; after a gap, `restore` again. With fewer events it knows less. It keeps at most `bound`
/// channels, and for each the named `variables`. It may be used from several threads.
#[pyclass(frozen, module = "esl_proto.calls")]
pub(crate) struct Calls {
    /// INVARIANT: never call into Python (incl. dropping objects) while holding this lock: a finalizer may re-enter and
    /// deadlock.
    calls: Mutex<Core<Heap>>,
}

/// What an event has changed, before objects are made of it.
enum Changed {
    Nothing,
    Overlooked,
    One(&'static str, Option<CallBuf>),
    Renamed(Vec<u8>),
}

impl Calls {
    fn with<T>(&self, py: Python<'_>, act: impl FnOnce(&mut Core<Heap>) -> T) -> T {
        // Ignore poisoning: state is consistent between core calls.
        let mut calls = self.calls.lock_py_attached(py).unwrap_or_else(|poison| poison.into_inner());
        act(&mut calls)
    }

    fn one(&self, py: Python<'_>, uuid: &[u8]) -> Option<Call> {
        self.with(py, |calls| calls.get(uuid).map(Call::of))
    }
}

#[pymethods]
impl Calls {
    #[new]
    #[pyo3(signature = (bound=10000, *, variables=Vec::new()), text_signature = "(bound=10000, *, variables=())")]
    fn new(bound: usize, variables: Vec<Text>) -> Self {
        Self { calls: Mutex::new(Core::new(bound).variables(variables)) }
    }

    /// The names of the events that it needs.
    #[classattr]
    #[pyo3(name = "EVENTS")]
    fn events(py: Python<'_>) -> PyResult<Py<PyTuple>> {
        let names = EVENTS.iter().map(|name| name.as_str().unwrap_or_default());
        Ok(PyTuple::new(py, names.collect::<Vec<_>>())?.unbind())
    }

    /// The subclasses of CUSTOM events that it needs.
    #[classattr]
    #[pyo3(name = "SUBCLASSES")]
    fn subclasses(py: Python<'_>) -> PyResult<Py<PyTuple>> {
        Ok(PyTuple::new(py, SUBCLASSES)?.unbind())
    }

    /// Updates the table from an event. Returns the change; None if the event is about no channel, or one that is gone.
    fn take(&self, py: Python<'_>, event: &Bound<'_, Event>) -> PyResult<Option<Change>> {
        let (format, text) = headers(event).parts();
        let event = esl_proto::Event::new(format, text);
        let uuid = event.unique_id().map(|uuid| uuid.to_vec()).unwrap_or_default();
        let changed = self.with(py, |calls| {
            let kind = match calls.take(&event) {
                CoreChange::Began => "began",
                CoreChange::Updated => "updated",
                CoreChange::Renamed(old) => return Changed::Renamed(old.to_vec()),
                CoreChange::Ended(call) => return Changed::One("ended", Some(call.into_owned())),
                CoreChange::Overlooked => return Changed::Overlooked,
                _ => return Changed::Nothing,
            };
            Changed::One(kind, calls.get(&uuid).map(CoreCall::into_owned))
        });
        Ok(match changed {
            Changed::Nothing => None,
            Changed::Overlooked => Some(Change { kind: "overlooked", call: None, old_uuid: None }),
            Changed::One(kind, call) => {
                let call = call.map(|call| Py::new(py, Call { call })).transpose()?;
                Some(Change { kind, call, old_uuid: None })
            }
            Changed::Renamed(old) => {
                let call = self.one(py, &uuid).map(|call| Py::new(py, call)).transpose()?;
                Some(Change { kind: "renamed", call, old_uuid: Some(to_str(py, &old).unbind()) })
            }
        })
    }

    /// Restores the table from the output of `show channels as json`, and returns the channels that are gone. Raises
    /// RemoteProtocolError if it cannot be read; nothing has changed then.
    fn restore<'py>(&self, py: Python<'py>, output: Text) -> PyResult<Bound<'py, PyList>> {
        let mut gone = Vec::new();
        let done = self.with(py, |calls| calls.restore(&output, |call| gone.push(Call::of(call))));
        match done {
            Ok(()) => PyList::new(py, gone),
            Err(error) => Err(PyErr::from_value(error::malformed(py, error)?)),
        }
    }

    /// A snapshot of a channel, or None.
    fn get(&self, py: Python<'_>, uuid: Text) -> Option<Call> {
        self.one(py, &uuid)
    }

    /// How many channels there was no room for.
    #[getter]
    fn overlooked(&self, py: Python<'_>) -> u64 {
        self.with(py, |calls| calls.overlooked())
    }

    fn __getitem__(&self, py: Python<'_>, uuid: Bound<'_, PyAny>) -> PyResult<Call> {
        let text: Text = uuid.extract().map_err(|_| PyKeyError::new_err(uuid.clone().unbind()))?;
        self.one(py, &text).ok_or_else(|| PyKeyError::new_err(uuid.unbind()))
    }

    fn __contains__(&self, py: Python<'_>, uuid: &Bound<'_, PyAny>) -> bool {
        uuid.extract::<Text>().is_ok_and(|uuid| self.with(py, |calls| calls.get(&uuid).is_some()))
    }

    fn __len__(&self, py: Python<'_>) -> usize {
        self.with(py, |calls| calls.len())
    }

    fn __iter__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyIterator>> {
        let calls: Vec<Call> = self.with(py, |calls| calls.iter().map(Call::of).collect());
        PyList::new(py, calls)?.try_iter()
    }

    fn __repr__(&self, py: Python<'_>) -> String {
        format!("<Calls of {} channels>", self.with(py, |calls| calls.len()))
    }
}
