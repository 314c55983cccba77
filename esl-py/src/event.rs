//! Events as lazy, immutable mappings.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Mutex;

use esl_proto::Value;
use esl_proto::event::{EncodeOptions, EventEncodeError, EventSource};
use esl_proto::name::{AnswerState, CallDirection, CallState, ChannelState, EventName, Format, HangupCause, header};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyBool, PyBytes, PyList, PyString, PyTuple};

use crate::error;
use crate::headers::Headers;
use crate::keys::Keys;
use crate::lookup;
use crate::names::{self, Words};
use crate::text::{FormatWord, Octets, Text, header_list, item, shared, value_bytes, value_str, with_decoded};
use crate::variables::Variables;

/// An event: its headers, decoded on demand.
///
/// `get_all` and `headers` have all values of the headers that FreeSWITCH sends twice. `Event(format, text)` reads the text of
/// an event, as `Event.text` gives it. Two events are equal if their format and text are.
#[pyclass(frozen, extends = Headers, module = "esl_proto")]
pub(crate) struct Event;

/// Where documents are written, before they are objects of Python's: the same memory for all, as long as it is not much.
static ROOM: Mutex<Vec<u8>> = Mutex::new(Vec::new());
const MOST_ROOM: usize = 64 << 10;

/// What only an event has of its headers.
impl Headers {
    fn value_of(&self, py: Python<'_>, name: &str) -> Option<Py<PyString>> {
        self.view(py).get(name).map(|value| value_str(py, &value).unbind())
    }

    /// The text, if it is what `encode` writes as JSON.
    fn json(&self) -> Option<&str> {
        let (format, text) = self.parts();
        esl_proto::Event::new(format, text).as_json()
    }

    /// Passes the event's document in a format, as every reader understands it, to `act`.
    fn encode<T>(&self, py: Python<'_>, format: Format, act: impl FnOnce(&[u8]) -> PyResult<T>) -> PyResult<T> {
        let (of, source) = self.parts();
        let event = esl_proto::Event::new(of, source);
        // Under contention, or if a finalizer re-enters here, others have room of their own.
        let (mut kept, mut own) = (ROOM.try_lock().ok(), Vec::new());
        let room = kept.as_deref_mut().unwrap_or(&mut own);
        if room.len() < source.len() * 2 {
            room.resize(source.len() * 2 + 64, 0);
        }
        let result = loop {
            match event.encode(format, EncodeOptions::STRICT, room) {
                Ok(len) => break act(room.get(..len).unwrap_or_default()),
                Err(EventEncodeError::Insufficient(error)) => room.resize(error.required, 0),
                Err(EventEncodeError::Refused(error)) => {
                    break Err(match event.validate() {
                        Err(unreadable) => PyErr::from_value(error::malformed(py, unreadable)?),
                        Ok(()) => error::not_written(py, &error),
                    });
                }
            }
        };
        if room.len() > MOST_ROOM {
            *room = Vec::new();
        }
        result
    }

    fn document<'py>(&self, py: Python<'py>, format: Format) -> PyResult<Bound<'py, PyBytes>> {
        self.encode(py, format, |text| Ok(PyBytes::new(py, text)))
    }

    /// The word in a header.
    fn word<'py, W: Words>(&self, py: Python<'py>, name: &str) -> PyResult<Option<Bound<'py, PyString>>> {
        self.view(py).get(name).map(|value| names::word::<W>(py, &value)).transpose()
    }

    /// The time in a header, if it is one.
    fn time<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Option<Bound<'py, PyAny>>> {
        let time = self.view(py).get(name).and_then(|value| value.to_u64());
        time.filter(|time| *time > 0).map_or(Ok(None), |time| lookup::moment(py, time))
    }
}

impl Event {
    pub(crate) fn made(py: Python<'_>, format: Format, text: PyBackedBytes) -> PyResult<Py<Self>> {
        Py::new(py, PyClassInitializer::from(Headers::of_event(format, text)).add_subclass(Self))
    }

    pub(crate) fn of(py: Python<'_>, event: &esl_proto::Event<'_>) -> PyResult<Py<Self>> {
        Self::made(py, event.format(), PyBytes::new(py, event.text()).into())
    }
}

/// The headers of an event.
pub(crate) fn headers<'a>(event: &'a Bound<'_, Event>) -> &'a Headers {
    event.as_super().get()
}

#[pymethods]
impl Event {
    #[new]
    fn new(format: FormatWord, text: Octets) -> PyClassInitializer<Self> {
        PyClassInitializer::from(Headers::of_event(format.0, text.0)).add_subclass(Self)
    }

    /// The event's name: an `EventName`, or a `str` if the word is unknown. None for an event diverted from its
    /// session.
    #[getter]
    fn name<'py>(slf: &Bound<'py, Self>) -> PyResult<Option<Bound<'py, PyString>>> {
        headers(slf).word::<EventName<'_>>(slf.py(), header::EVENT_NAME)
    }

    /// Event-Subclass, of a CUSTOM event.
    #[getter]
    fn subclass(slf: &Bound<'_, Self>) -> Option<Py<PyString>> {
        headers(slf).value_of(slf.py(), header::EVENT_SUBCLASS)
    }

    /// Event-Sequence: the server's number of the event. Events do not arrive in this order.
    #[getter]
    fn sequence(slf: &Bound<'_, Self>) -> Option<u64> {
        headers(slf).view(slf.py()).sequence()
    }

    /// Event-Date-Timestamp: when the event happened.
    #[getter]
    fn timestamp<'py>(slf: &Bound<'py, Self>) -> PyResult<Option<Bound<'py, PyAny>>> {
        headers(slf).time(slf.py(), header::EVENT_DATE_TIMESTAMP)
    }

    /// Core-UUID: the running server; a new one after a restart.
    #[getter]
    fn core_uuid(slf: &Bound<'_, Self>) -> Option<Py<PyString>> {
        headers(slf).value_of(slf.py(), header::CORE_UUID)
    }

    /// Unique-ID: the channel that the event is about.
    #[getter]
    fn unique_id(slf: &Bound<'_, Self>) -> Option<Py<PyString>> {
        headers(slf).value_of(slf.py(), header::UNIQUE_ID)
    }

    /// Channel-Name: the channel's name, such as `sofia/internal/1000@pbx`.
    #[getter]
    fn channel_name(slf: &Bound<'_, Self>) -> Option<Py<PyString>> {
        headers(slf).value_of(slf.py(), header::CHANNEL_NAME)
    }

    /// Other-Leg-Unique-ID: the channel that this one is bridged to or made by.
    #[getter]
    fn other_leg(slf: &Bound<'_, Self>) -> Option<Py<PyString>> {
        headers(slf).value_of(slf.py(), header::OTHER_LEG_UNIQUE_ID)
    }

    /// Channel-State: where the channel is in its life. A `ChannelState`, or a `str` if the word is unknown, as for all
    /// enumerated words.
    #[getter]
    fn channel_state<'py>(slf: &Bound<'py, Self>) -> PyResult<Option<Bound<'py, PyString>>> {
        headers(slf).word::<ChannelState<'_>>(slf.py(), header::CHANNEL_STATE)
    }

    /// Channel-Call-State: where the call is in its life.
    #[getter]
    fn call_state<'py>(slf: &Bound<'py, Self>) -> PyResult<Option<Bound<'py, PyString>>> {
        headers(slf).word::<CallState<'_>>(slf.py(), header::CHANNEL_CALL_STATE)
    }

    /// Answer-State: whether the call has been answered.
    #[getter]
    fn answer_state<'py>(slf: &Bound<'py, Self>) -> PyResult<Option<Bound<'py, PyString>>> {
        headers(slf).word::<AnswerState<'_>>(slf.py(), header::ANSWER_STATE)
    }

    /// Call-Direction: who called, seen from FreeSWITCH.
    #[getter]
    fn direction<'py>(slf: &Bound<'py, Self>) -> PyResult<Option<Bound<'py, PyString>>> {
        headers(slf).word::<CallDirection<'_>>(slf.py(), header::CALL_DIRECTION)
    }

    /// Hangup-Cause: why the call has ended.
    #[getter]
    fn hangup_cause<'py>(slf: &Bound<'py, Self>) -> PyResult<Option<Bound<'py, PyString>>> {
        headers(slf).word::<HangupCause<'_>>(slf.py(), header::HANGUP_CAUSE)
    }

    /// Caller-Caller-ID-Number: the caller's number.
    #[getter]
    fn caller_number(slf: &Bound<'_, Self>) -> Option<Py<PyString>> {
        headers(slf).value_of(slf.py(), header::CALLER_NUMBER)
    }

    /// Caller-Caller-ID-Name: the caller's name, which the caller chooses.
    #[getter]
    fn caller_name(slf: &Bound<'_, Self>) -> Option<Py<PyString>> {
        headers(slf).value_of(slf.py(), header::CALLER_NAME)
    }

    /// Caller-Destination-Number: what was dialled.
    #[getter]
    fn destination(slf: &Bound<'_, Self>) -> Option<Py<PyString>> {
        headers(slf).value_of(slf.py(), header::CALLER_DESTINATION)
    }

    /// Caller-Channel-Created-Time: when the channel was made. None if it has not happened, here and below.
    #[getter]
    fn created_time<'py>(slf: &Bound<'py, Self>) -> PyResult<Option<Bound<'py, PyAny>>> {
        headers(slf).time(slf.py(), header::CHANNEL_CREATED_TIME)
    }

    /// Caller-Channel-Progress-Time: when it began to ring.
    #[getter]
    fn progress_time<'py>(slf: &Bound<'py, Self>) -> PyResult<Option<Bound<'py, PyAny>>> {
        headers(slf).time(slf.py(), header::CHANNEL_PROGRESS_TIME)
    }

    /// Caller-Channel-Progress-Media-Time: when early media began.
    #[getter]
    fn progress_media_time<'py>(slf: &Bound<'py, Self>) -> PyResult<Option<Bound<'py, PyAny>>> {
        headers(slf).time(slf.py(), header::CHANNEL_PROGRESS_MEDIA_TIME)
    }

    /// Caller-Channel-Answered-Time: when it was answered.
    #[getter]
    fn answered_time<'py>(slf: &Bound<'py, Self>) -> PyResult<Option<Bound<'py, PyAny>>> {
        headers(slf).time(slf.py(), header::CHANNEL_ANSWERED_TIME)
    }

    /// Caller-Channel-Bridged-Time: when it was bridged.
    #[getter]
    fn bridged_time<'py>(slf: &Bound<'py, Self>) -> PyResult<Option<Bound<'py, PyAny>>> {
        headers(slf).time(slf.py(), header::CHANNEL_BRIDGED_TIME)
    }

    /// Caller-Channel-Hangup-Time: when it was hung up.
    #[getter]
    fn hangup_time<'py>(slf: &Bound<'py, Self>) -> PyResult<Option<Bound<'py, PyAny>>> {
        headers(slf).time(slf.py(), header::CHANNEL_HANGUP_TIME)
    }

    /// Application: the application that runs or has run.
    #[getter]
    fn application(slf: &Bound<'_, Self>) -> Option<Py<PyString>> {
        headers(slf).value_of(slf.py(), header::APPLICATION)
    }

    /// Application-Data: its argument; None if there was none.
    #[getter]
    fn application_data(slf: &Bound<'_, Self>) -> Option<Py<PyString>> {
        headers(slf).value_of(slf.py(), header::APPLICATION_DATA)
    }

    /// Application-Response: the application's result.
    #[getter]
    fn application_response(slf: &Bound<'_, Self>) -> Option<Py<PyString>> {
        headers(slf).value_of(slf.py(), header::APPLICATION_RESPONSE)
    }

    /// DTMF-Digit: the digit of a DTMF event.
    #[getter]
    fn dtmf_digit(slf: &Bound<'_, Self>) -> Option<Py<PyString>> {
        headers(slf).value_of(slf.py(), header::DTMF_DIGIT)
    }

    /// DTMF-Duration: how long it was, in samples.
    #[getter]
    fn dtmf_duration(slf: &Bound<'_, Self>) -> Option<u64> {
        headers(slf).view(slf.py()).dtmf_duration()
    }

    /// The variables of the channel.
    #[getter]
    fn variables(slf: &Bound<'_, Self>) -> PyResult<Py<Variables>> {
        Variables::of(slf.py(), slf.as_super().clone().unbind())
    }

    /// Job-UUID: the job that a BACKGROUND_JOB event is the end of.
    #[getter]
    fn job_uuid(slf: &Bound<'_, Self>) -> Option<Py<PyString>> {
        headers(slf).value_of(slf.py(), header::JOB_UUID)
    }

    /// Application-UUID: the event_uuid of the `execute` that a CHANNEL_EXECUTE or CHANNEL_EXECUTE_COMPLETE event
    /// belongs to.
    #[getter]
    fn application_uuid(slf: &Bound<'_, Self>) -> Option<Py<PyString>> {
        headers(slf).value_of(slf.py(), header::APPLICATION_UUID)
    }

    /// The format that the event came in: 'plain', 'json' or 'xml'.
    #[getter]
    fn format(slf: &Bound<'_, Self>) -> &'static str {
        headers(slf).parts().0.as_str()
    }

    /// The event's text as on the wire.
    #[getter]
    fn text<'py>(slf: &Bound<'py, Self>) -> Bound<'py, PyBytes> {
        shared(slf.py(), headers(slf).parts().1)
    }

    /// The event's own body: the result of a background job, the text of a message.
    #[getter]
    fn body<'py>(slf: &Bound<'py, Self>) -> Option<Bound<'py, PyBytes>> {
        let py = slf.py();
        headers(slf).view(py).body().map(|body| value_bytes(py, &body))
    }

    /// `body` as text.
    #[getter]
    fn body_text<'py>(slf: &Bound<'py, Self>) -> Option<Bound<'py, PyString>> {
        let py = slf.py();
        headers(slf).view(py).body().map(|body| value_str(py, &body))
    }

    /// Why a JSON or XML document could be read only in part; otherwise None.
    #[getter]
    fn error<'py>(slf: &Bound<'py, Self>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let py = slf.py();
        headers(slf).view(py).validate().err().map(|error| error::malformed(py, error)).transpose()
    }

    /// All values of this name, in the order of the wire.
    fn get_all<'py>(slf: &Bound<'py, Self>, name: Text) -> PyResult<Bound<'py, PyList>> {
        let py = slf.py();
        let list = PyList::empty(py);
        for value in headers(slf).view(py).get_all(&*name) {
            list.append(item(py, &value, value_str)?)?;
        }
        Ok(list)
    }

    /// All headers in the order of the wire, including duplicates.
    fn headers<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyList>> {
        let py = slf.py();
        let mut keys = Keys::lock();
        header_list(py, headers(slf).view(py).headers(), |header| {
            Ok((
                with_decoded(&header.name, |name| keys.exact(py, name)).into_any(),
                item(py, &header.value, value_str)?,
            ))
        })
    }

    /// `headers` in bytes.
    fn headers_bytes<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyList>> {
        let py = slf.py();
        header_list(py, headers(slf).view(py).headers(), |header| {
            Ok((value_bytes(py, &header.name).into_any(), item(py, &header.value, value_bytes)?))
        })
    }

    /// `headers` in bytes as on the wire, not decoded.
    fn raw_headers<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyList>> {
        let py = slf.py();
        let raw = |value: &Value<'_>| PyBytes::new(py, value.raw()).into_any();
        header_list(py, headers(slf).view(py).headers(), |header| Ok((raw(&header.name), raw(&header.value))))
    }

    /// The event as one JSON object (RFC 8259), whatever format it came in: every header in the order of the wire, and the body
    /// under `_body`, as in FreeSWITCH's own JSON events. Headers that come more than once are arrays; bytes that are not
    /// UTF-8 are U+FFFD. Raises `RemoteProtocolError` if the event cannot be read to its end.
    fn json<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyString>> {
        let py = slf.py();
        match headers(slf).json() {
            // It is looked at and copied by larger steps than UTF-8.
            Some(text) if text.is_ascii() => {
                PyString::from_encoded_object(&shared(py, headers(slf).parts().1), Some(c"latin-1"), None)
            }
            Some(text) => Ok(PyString::new(py, text)),
            None => headers(slf).encode(py, Format::Json, |text| PyString::from_bytes(py, text)),
        }
    }

    /// `json` in bytes, UTF-8, for a file or a socket.
    fn json_bytes<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyBytes>> {
        let py = slf.py();
        if headers(slf).json().is_some() {
            return Ok(shared(py, headers(slf).parts().1));
        }
        headers(slf).document(py, Format::Json)
    }

    /// The event as a plain event's text, whatever format it came in, so that every value is read back unchanged. Bytes
    /// of names and body that are not UTF-8 are U+FFFD.
    fn plain<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyBytes>> {
        let py = slf.py();
        headers(slf).document(py, Format::Plain)
    }

    /// The event as well-formed XML, whatever format it came in. Raises `LocalProtocolError` if a header's name is not
    /// a valid XML name.
    fn xml<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyBytes>> {
        let py = slf.py();
        headers(slf).document(py, Format::Xml)
    }

    fn __eq__(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>) -> Py<PyAny> {
        let Ok(other) = other.cast::<Self>() else { return slf.py().NotImplemented() };
        let ((format, text), (other_format, other_text)) = (headers(slf).parts(), headers(other).parts());
        let equal = format == other_format && **text == **other_text;
        PyBool::new(slf.py(), equal).to_owned().into_any().unbind()
    }

    fn __hash__(slf: &Bound<'_, Self>) -> u64 {
        let mut hasher = DefaultHasher::new();
        headers(slf).parts().1.hash(&mut hasher);
        hasher.finish()
    }

    fn __repr__(slf: &Bound<'_, Self>) -> String {
        let view = headers(slf).view(slf.py());
        let mut shown = "<Event ".to_owned();
        match view.get(header::EVENT_NAME) {
            Some(name) => shown.push_str(&name.to_string()),
            None => shown.push_str("without a name"),
        }
        for (label, name) in
            [("subclass", header::EVENT_SUBCLASS), ("unique_id", header::UNIQUE_ID), ("job_uuid", header::JOB_UUID)]
        {
            if let Some(value) = view.get(name) {
                shown.push_str(&format!(" {label}={:?}", value.to_string()));
            }
        }
        shown.push_str(&format!(" {}, {} headers", Self::format(slf), view.headers().count()));
        if let Some(body) = view.body() {
            shown.push_str(&format!(", body of {} octets", body.decoded_len()));
        }
        shown.push('>');
        shown
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyTuple>> {
        (slf.get_type(), (Self::format(slf), Self::text(slf))).into_pyobject(slf.py())
    }
}
