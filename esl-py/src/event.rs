//! Events as lazy, immutable mappings.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::OnceLock;

use esl_proto::Value;
use esl_proto::event::{EncodeOptions, EventEncodeError, EventSource};
use esl_proto::name::{AnswerState, CallDirection, CallState, ChannelState, EventName, Format, HangupCause, header};
use pyo3::exceptions::PyKeyError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyDict, PyIterator, PyList, PyString, PyTuple};

use crate::error;
use crate::headers;
use crate::index::{Index, View};
use crate::keys::Keys;
use crate::lookup::{self, Otherwise};
use crate::names::{self, Words};
use crate::text::{FormatWord, Octets, Text, decoded, header_list, item, shared, value_bytes, value_str};
use crate::variables::Variables;

/// An event: an immutable mapping of header names to values, read when asked.
///
/// Values are `str`, or `list[str]` for arrays; bytes that are not UTF-8 become U+FFFD, and `get_bytes` has them as they
/// are. Look-ups ignore the case of names. FreeSWITCH sends some headers twice: the mapping has the last value, which is
/// the newer fact, and `get_all` and `headers` have all of them. Iteration gives each name once, in order of first
/// appearance.
///
/// `Event(format, text)` reads the text of an event, as `Event.text` gives it. Two events are equal if their format and
/// text are.
#[pyclass(frozen, mapping, module = "esl_proto")]
pub(crate) struct Event {
    format: Format,
    text: PyBackedBytes,
    index: OnceLock<Index>,
    /// The mapping as a `dict`, once somebody has gone through it: whoever does looks each name up. Values in it are `str`,
    /// so that nobody can change it.
    whole: PyOnceLock<Option<Py<PyDict>>>,
}

impl Event {
    pub(crate) fn from_text(format: Format, text: PyBackedBytes) -> Self {
        Self { format, text, index: OnceLock::new(), whole: PyOnceLock::new() }
    }

    pub(crate) fn of(py: Python<'_>, event: &esl_proto::Event<'_>) -> Self {
        Self::from_text(event.format(), PyBytes::new(py, event.text()).into())
    }

    pub(crate) fn parts(&self, py: Python<'_>) -> (Format, PyBackedBytes) {
        (self.format, self.text.clone_ref(py))
    }

    /// The headers, read once.
    pub(crate) fn view(&self, py: Python<'_>) -> &View<'_> {
        self.index.get_or_init(|| Index::of(self.format, self.text.clone_ref(py))).view()
    }

    fn value_of(&self, py: Python<'_>, name: &str) -> Option<Py<PyString>> {
        self.view(py).get(name).map(|value| value_str(py, &value).unbind())
    }

    /// The event's document in a format, as every reader understands it.
    fn encode(&self, py: Python<'_>, format: Format) -> PyResult<Vec<u8>> {
        let event = esl_proto::Event::new(self.format, &self.text);
        let mut text = vec![0; self.text.len() * 2 + 64];
        loop {
            match event.encode(format, EncodeOptions::STRICT, &mut text) {
                Ok(len) => {
                    text.truncate(len);
                    return Ok(text);
                }
                Err(EventEncodeError::Insufficient(error)) => text.resize(error.required, 0),
                Err(EventEncodeError::Refused(error)) => {
                    return Err(match event.validate() {
                        Err(unreadable) => PyErr::from_value(error::malformed(py, unreadable)?),
                        Ok(()) => error::not_written(py, &error),
                    });
                }
            }
        }
    }

    fn dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        headers::dict(py, self.view(py).headers())
    }

    /// The mapping as a `dict` that is kept if it has no lists, which a program could change.
    fn whole<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let mut made = None;
        let whole = self.whole.get_or_try_init(py, || -> PyResult<_> {
            let dict = self.dict(py)?;
            let is_flat = dict.values().iter().all(|value| value.is_instance_of::<PyString>());
            made = Some(dict.clone());
            Ok(is_flat.then(|| dict.unbind()))
        })?;
        match (whole, made) {
            (Some(whole), _) => Ok(whole.bind(py).clone()),
            (None, Some(made)) => Ok(made),
            (None, None) => self.dict(py),
        }
    }

    /// The value of this name as it is written there, if somebody has gone through the event.
    fn at_hand<'py>(&self, py: Python<'py>, name: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyAny>>> {
        match self.whole.get(py) {
            Some(Some(whole)) if name.is_exact_instance_of::<PyString>() => whole.bind(py).get_item(name),
            _ => Ok(None),
        }
    }

    /// The values of an array.
    pub(crate) fn list<'py>(&self, py: Python<'py>, name: &[u8]) -> PyResult<Bound<'py, PyList>> {
        let view = self.view(py);
        match self.format {
            Format::Xml => lookup::list(py, view.get_all(name)),
            Format::Plain | Format::Json => lookup::list(py, view.get(name).into_iter()),
        }
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

#[pymethods]
impl Event {
    #[new]
    fn new(format: FormatWord, text: Octets) -> Self {
        Self::from_text(format.0, text.0)
    }

    /// The event's name: an `EventName`, or a `str` if it is none that is known. None for an event diverted from its
    /// session.
    #[getter]
    fn name<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyString>>> {
        self.word::<EventName<'_>>(py, header::EVENT_NAME)
    }

    /// Event-Subclass, of a CUSTOM event.
    #[getter]
    fn subclass(&self, py: Python<'_>) -> Option<Py<PyString>> {
        self.value_of(py, header::EVENT_SUBCLASS)
    }

    /// Event-Sequence: the server's own number of the event. Events do not come in its order.
    #[getter]
    fn sequence(&self, py: Python<'_>) -> Option<u64> {
        self.view(py).sequence()
    }

    /// Event-Date-Timestamp: when the event happened.
    #[getter]
    fn timestamp<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.time(py, header::EVENT_DATE_TIMESTAMP)
    }

    /// Core-UUID: the running server; a new one after a restart.
    #[getter]
    fn core_uuid(&self, py: Python<'_>) -> Option<Py<PyString>> {
        self.value_of(py, header::CORE_UUID)
    }

    /// Unique-ID: the channel that the event is about.
    #[getter]
    fn unique_id(&self, py: Python<'_>) -> Option<Py<PyString>> {
        self.value_of(py, header::UNIQUE_ID)
    }

    /// Channel-Name: the channel's name, such as `sofia/internal/1000@pbx`.
    #[getter]
    fn channel_name(&self, py: Python<'_>) -> Option<Py<PyString>> {
        self.value_of(py, header::CHANNEL_NAME)
    }

    /// Other-Leg-Unique-ID: the channel that this one is bridged to or made by.
    #[getter]
    fn other_leg(&self, py: Python<'_>) -> Option<Py<PyString>> {
        self.value_of(py, header::OTHER_LEG_UNIQUE_ID)
    }

    /// Channel-State: where the channel is in its life. A `ChannelState`, or a `str` if it is none that is known; so are
    /// all words of a list.
    #[getter]
    fn channel_state<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyString>>> {
        self.word::<ChannelState<'_>>(py, header::CHANNEL_STATE)
    }

    /// Channel-Call-State: where the call is in its life.
    #[getter]
    fn call_state<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyString>>> {
        self.word::<CallState<'_>>(py, header::CHANNEL_CALL_STATE)
    }

    /// Answer-State: whether the call has been answered.
    #[getter]
    fn answer_state<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyString>>> {
        self.word::<AnswerState<'_>>(py, header::ANSWER_STATE)
    }

    /// Call-Direction: who called, seen from FreeSWITCH.
    #[getter]
    fn direction<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyString>>> {
        self.word::<CallDirection<'_>>(py, header::CALL_DIRECTION)
    }

    /// Hangup-Cause: why the call has ended.
    #[getter]
    fn hangup_cause<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyString>>> {
        self.word::<HangupCause<'_>>(py, header::HANGUP_CAUSE)
    }

    /// Caller-Caller-ID-Number: the caller's number.
    #[getter]
    fn caller_number(&self, py: Python<'_>) -> Option<Py<PyString>> {
        self.value_of(py, header::CALLER_NUMBER)
    }

    /// Caller-Caller-ID-Name: the caller's name, which the caller chooses.
    #[getter]
    fn caller_name(&self, py: Python<'_>) -> Option<Py<PyString>> {
        self.value_of(py, header::CALLER_NAME)
    }

    /// Caller-Destination-Number: what was dialled.
    #[getter]
    fn destination(&self, py: Python<'_>) -> Option<Py<PyString>> {
        self.value_of(py, header::CALLER_DESTINATION)
    }

    /// Caller-Channel-Created-Time: when the channel was made. None for a time that has not come, here and below.
    #[getter]
    fn created_time<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.time(py, header::CHANNEL_CREATED_TIME)
    }

    /// Caller-Channel-Progress-Time: when it began to ring.
    #[getter]
    fn progress_time<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.time(py, header::CHANNEL_PROGRESS_TIME)
    }

    /// Caller-Channel-Progress-Media-Time: when early media began.
    #[getter]
    fn progress_media_time<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.time(py, header::CHANNEL_PROGRESS_MEDIA_TIME)
    }

    /// Caller-Channel-Answered-Time: when it was answered.
    #[getter]
    fn answered_time<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.time(py, header::CHANNEL_ANSWERED_TIME)
    }

    /// Caller-Channel-Bridged-Time: when it was bridged.
    #[getter]
    fn bridged_time<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.time(py, header::CHANNEL_BRIDGED_TIME)
    }

    /// Caller-Channel-Hangup-Time: when it was hung up.
    #[getter]
    fn hangup_time<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.time(py, header::CHANNEL_HANGUP_TIME)
    }

    /// Application: the application that runs or has run.
    #[getter]
    fn application(&self, py: Python<'_>) -> Option<Py<PyString>> {
        self.value_of(py, header::APPLICATION)
    }

    /// Application-Data: its argument; None if there was none.
    #[getter]
    fn application_data(&self, py: Python<'_>) -> Option<Py<PyString>> {
        self.value_of(py, header::APPLICATION_DATA)
    }

    /// Application-Response: what it has said at its end.
    #[getter]
    fn application_response(&self, py: Python<'_>) -> Option<Py<PyString>> {
        self.value_of(py, header::APPLICATION_RESPONSE)
    }

    /// DTMF-Digit: the digit of a DTMF event.
    #[getter]
    fn dtmf_digit(&self, py: Python<'_>) -> Option<Py<PyString>> {
        self.value_of(py, header::DTMF_DIGIT)
    }

    /// DTMF-Duration: how long it was, in samples.
    #[getter]
    fn dtmf_duration(&self, py: Python<'_>) -> Option<u64> {
        self.view(py).dtmf_duration()
    }

    /// The variables of the channel.
    #[getter]
    fn variables(slf: Bound<'_, Self>) -> Variables {
        Variables::of(slf.unbind())
    }

    /// Job-UUID: the job that a BACKGROUND_JOB event is the end of.
    #[getter]
    fn job_uuid(&self, py: Python<'_>) -> Option<Py<PyString>> {
        self.value_of(py, header::JOB_UUID)
    }

    /// Application-UUID: the event_uuid of the `execute` that a CHANNEL_EXECUTE or CHANNEL_EXECUTE_COMPLETE event
    /// belongs to.
    #[getter]
    fn application_uuid(&self, py: Python<'_>) -> Option<Py<PyString>> {
        self.value_of(py, header::APPLICATION_UUID)
    }

    /// The format that the event came in: 'plain', 'json' or 'xml'.
    #[getter]
    fn format(&self) -> &'static str {
        self.format.as_str()
    }

    /// The event's text as on the wire.
    #[getter]
    fn text<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        shared(py, &self.text)
    }

    /// The event's own body: the result of a background job, the text of a message.
    #[getter]
    fn body<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyBytes>> {
        self.view(py).body().map(|body| value_bytes(py, &body))
    }

    /// `body` as text.
    #[getter]
    fn body_text<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyString>> {
        self.view(py).body().map(|body| value_str(py, &body))
    }

    /// Why a JSON or XML document could be read only up to some place; None for all others.
    #[getter]
    fn error<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.view(py).validate().err().map(|error| error::malformed(py, error)).transpose()
    }

    /// The value of this name, or `default`.
    #[pyo3(signature = (name, default=None))]
    fn get<'py>(
        &self,
        py: Python<'py>,
        name: Text,
        default: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        match self.view(py).get(&*name) {
            Some(value) => item(py, &value, value_str).map(Some),
            None => Ok(default),
        }
    }

    /// The value of this name as one text, or `default`: an array as the server itself says it, `ARRAY::a|:b`.
    #[pyo3(signature = (name, default=Otherwise::Empty), text_signature = "($self, name, default='')")]
    fn get_str<'py>(&self, py: Python<'py>, name: Text, default: Otherwise<'py>) -> Bound<'py, PyAny> {
        lookup::text(py, self.view(py).get(&*name), default)
    }

    /// The value of this name as a whole number, or `default` if there is none, or an empty one. Raises ValueError, with the
    /// name, for what is no number.
    #[pyo3(signature = (name, default=None))]
    fn get_int<'py>(
        &self,
        py: Python<'py>,
        name: Text,
        default: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        Ok(lookup::int(py, &name, self.view(py).get(&*name))?.map(Bound::into_any).or(default))
    }

    /// The value of this name as a number, or `default` if there is none, or an empty one. Raises ValueError, with the name,
    /// for what is no number.
    #[pyo3(signature = (name, default=None))]
    fn get_float<'py>(
        &self,
        py: Python<'py>,
        name: Text,
        default: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        Ok(lookup::float(py, &name, self.view(py).get(&*name))?.map(Bound::into_any).or(default))
    }

    /// The value of this name as a `datetime` in UTC, or `default` if there is none, or 0, which is never. It counts
    /// microseconds since 1970 or, below 100000000000, seconds (`variable_start_epoch`). Raises ValueError, with the name,
    /// for what is no time.
    #[pyo3(signature = (name, default=None))]
    fn get_time<'py>(
        &self,
        py: Python<'py>,
        name: Text,
        default: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        Ok(lookup::time(py, &name, self.view(py).get(&*name))?.or(default))
    }

    /// The value of this name as a list: the items of an array, or the one value; empty if there is none. In XML an array is
    /// several headers of one name, so that it has the values of all of them.
    fn get_list<'py>(&self, py: Python<'py>, name: Text) -> PyResult<Bound<'py, PyList>> {
        self.list(py, &name)
    }

    /// The value of this name in bytes, or None.
    fn get_bytes<'py>(&self, py: Python<'py>, name: Text) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.view(py).get(&*name).map(|value| item(py, &value, value_bytes)).transpose()
    }

    /// All values of this name, in the order of the wire.
    fn get_all<'py>(&self, py: Python<'py>, name: Text) -> PyResult<Bound<'py, PyList>> {
        let list = PyList::empty(py);
        for value in self.view(py).get_all(&*name) {
            list.append(item(py, &value, value_str)?)?;
        }
        Ok(list)
    }

    /// All headers in the order of the wire, duplicates among them.
    fn headers<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let mut keys = Keys::lock();
        header_list(py, self.view(py).headers(), |header| {
            Ok((keys.get(py, &decoded(&header.name)).0.into_any(), item(py, &header.value, value_str)?))
        })
    }

    /// `headers` in bytes.
    fn headers_bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        header_list(py, self.view(py).headers(), |header| {
            Ok((value_bytes(py, &header.name).into_any(), item(py, &header.value, value_bytes)?))
        })
    }

    /// `headers` in bytes as they lie on the wire, not decoded.
    fn raw_headers<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let raw = |value: &Value<'_>| PyBytes::new(py, value.raw()).into_any();
        header_list(py, self.view(py).headers(), |header| Ok((raw(&header.name), raw(&header.value))))
    }

    /// The mapping as a `dict`, with names as they are first written.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        self.dict(py)
    }

    /// The event as one JSON object (RFC 8259), whatever format it came in: every header in the order of the wire, and the body
    /// under `_body`, as in FreeSWITCH's own JSON events. Headers that come more than once are arrays; bytes that are not
    /// UTF-8 are U+FFFD. Raises `RemoteProtocolError` if the event cannot be read to its end.
    fn json<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyString>> {
        PyString::from_bytes(py, &self.encode(py, Format::Json)?)
    }

    /// `json` in bytes, UTF-8: what goes into a file or a socket.
    fn json_bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        self.encode(py, Format::Json).map(|text| PyBytes::new(py, &text))
    }

    /// The event as a plain event's text, whatever format it came in, so that every value is read back as it is. Bytes of
    /// names and body that are not UTF-8 are U+FFFD.
    fn plain<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        self.encode(py, Format::Plain).map(|text| PyBytes::new(py, &text))
    }

    /// The event as well-formed XML, whatever format it came in. Raises `LocalProtocolError` if a header's name is no name in
    /// XML.
    fn xml<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        self.encode(py, Format::Xml).map(|text| PyBytes::new(py, &text))
    }

    /// The names, as a view.
    fn keys<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.whole(py)?.call_method0("keys")
    }

    /// The values, as a view.
    fn values<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.whole(py)?.call_method0("values")
    }

    /// Names and values, as a view.
    fn items<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.whole(py)?.call_method0("items")
    }

    fn __getitem__<'py>(&self, py: Python<'py>, name: Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        if let Some(value) = self.at_hand(py, &name)? {
            return Ok(value);
        }
        let text: Text = name.extract().map_err(|_| PyKeyError::new_err(name.clone().unbind()))?;
        match self.view(py).get(&*text) {
            Some(value) => item(py, &value, value_str),
            None => Err(PyKeyError::new_err(name.unbind())),
        }
    }

    fn __contains__(&self, py: Python<'_>, name: &Bound<'_, PyAny>) -> bool {
        name.extract::<Text>().is_ok_and(|name| self.view(py).get(&*name).is_some())
    }

    fn __len__(&self, py: Python<'_>) -> PyResult<usize> {
        Ok(self.whole(py)?.len())
    }

    fn __iter__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyIterator>> {
        self.whole(py)?.try_iter()
    }

    fn __eq__(&self, py: Python<'_>, other: &Bound<'_, PyAny>) -> Py<PyAny> {
        match other.cast::<Self>() {
            Ok(other) => {
                let other = other.get();
                let equal = self.format == other.format && *self.text == *other.text;
                equal
                    .into_pyobject(py)
                    .map_or_else(|_| py.NotImplemented(), |equal| equal.to_owned().into_any().unbind())
            }
            Err(_) => py.NotImplemented(),
        }
    }

    fn __hash__(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.text.hash(&mut hasher);
        hasher.finish()
    }

    fn __repr__(&self, py: Python<'_>) -> String {
        let view = self.view(py);
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
        shown.push_str(&format!(" {}, {} headers", self.format.as_str(), view.headers().count()));
        if let Some(body) = view.body() {
            shown.push_str(&format!(", body of {} octets", body.decoded_len()));
        }
        shown.push('>');
        shown
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyTuple>> {
        let (py, event) = (slf.py(), slf.get());
        (slf.get_type(), (event.format.as_str(), event.text(py))).into_pyobject(py)
    }
}
