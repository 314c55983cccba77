//! Events as lazy, immutable mappings.

use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::OnceLock;

use esl_proto::Value;
use esl_proto::event::{EncodeOptions, EventEncodeError, EventSource};
use esl_proto::frame::Header;
use esl_proto::name::{EventName, Format, header};
use pyo3::exceptions::PyKeyError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyBytes, PyDict, PyIterator, PyList, PyString, PyTuple};

use crate::error;
use crate::index::{Index, View};
use crate::keys::key;
use crate::names;
use crate::text::{FormatWord, Octets, Text, decoded, header_list, item, shared, to_str, value_bytes, value_str};

/// An event: an immutable mapping of header names to values, read when asked.
///
/// Values are `str`, or `list[str]` for arrays; octets that are not UTF-8 become U+FFFD, and `get_bytes` has them as they
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
}

/// Initial capacity.
const TYPICAL: usize = 100;

/// A name whatever the case of its letters.
struct Folded<'a>(Cow<'a, [u8]>);

impl PartialEq for Folded<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for Folded<'_> {}

impl Hash for Folded<'_> {
    /// Eight octets at once, with the bit of the case set in all of them.
    fn hash<H: Hasher>(&self, state: &mut H) {
        let (words, rest) = self.0.as_chunks::<8>();
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        for word in words.iter().chain([&last]) {
            state.write_u64(u64::from_le_bytes(*word) | 0x2020_2020_2020_2020);
        }
    }
}

impl Event {
    pub(crate) fn from_text(format: Format, text: PyBackedBytes) -> Self {
        Self { format, text, index: OnceLock::new() }
    }

    pub(crate) fn of(py: Python<'_>, event: &esl_proto::Event<'_>) -> Self {
        Self::from_text(event.format(), PyBytes::new(py, event.text()).into())
    }

    /// The headers, read once.
    fn view(&self, py: Python<'_>) -> &View<'_> {
        self.index.get_or_init(|| Index::of(self.format, self.text.clone_ref(py))).view()
    }

    fn value_of(&self, py: Python<'_>, name: &str) -> Option<Py<PyString>> {
        self.view(py).get(name).map(|value| value_str(py, &value).unbind())
    }

    /// Each name in order of first appearance, as it is written there, with the last value of that name.
    fn unique(&self, py: Python<'_>) -> Vec<(Cow<'_, [u8]>, Value<'_>)> {
        let view = self.view(py);
        let mut unique: Vec<(Cow<'_, [u8]>, Value<'_>)> = Vec::with_capacity(TYPICAL);
        let mut places: HashMap<Folded<'_>, usize> = HashMap::with_capacity(TYPICAL);
        for Header { name, value } in view.headers() {
            let name = decoded(&name);
            let place = *places.entry(Folded(name.clone())).or_insert(unique.len());
            match unique.get_mut(place) {
                Some(entry) => entry.1 = value,
                None => unique.push((name, value)),
            }
        }
        unique
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

    fn names<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        PyList::new(py, self.unique(py).iter().map(|(name, _)| key(py, name)).collect::<Vec<_>>())
    }

    fn dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let dict = PyDict::new(py);
        for (name, value) in self.unique(py) {
            dict.set_item(key(py, &name), item(py, &value, value_str)?)?;
        }
        Ok(dict)
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
    fn name(&self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        let Some(value) = self.view(py).get(header::EVENT_NAME) else { return Ok(None) };
        match EventName::from_bytes(&decoded(&value)) {
            EventName::Other(word) => Ok(Some(to_str(py, word).into_any().unbind())),
            known => names::event_name(py, known).map(Some),
        }
    }

    /// Event-Subclass, of a CUSTOM event.
    #[getter]
    fn subclass(&self, py: Python<'_>) -> Option<Py<PyString>> {
        self.value_of(py, header::EVENT_SUBCLASS)
    }

    /// Unique-ID: the channel.
    #[getter]
    fn unique_id(&self, py: Python<'_>) -> Option<Py<PyString>> {
        self.value_of(py, header::UNIQUE_ID)
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
    #[pyo3(signature = (name, default=""))]
    fn get_str<'py>(&self, py: Python<'py>, name: Text, default: &str) -> Bound<'py, PyString> {
        self.view(py).get(&*name).map_or_else(|| PyString::new(py, default), |value| value_str(py, &value))
    }

    /// The value of this name in octets, or None.
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
        header_list(py, self.view(py).headers(), |header| {
            Ok((key(py, &decoded(&header.name)).into_any(), item(py, &header.value, value_str)?))
        })
    }

    /// `headers` in octets.
    fn headers_bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        header_list(py, self.view(py).headers(), |header| {
            Ok((value_bytes(py, &header.name).into_any(), item(py, &header.value, value_bytes)?))
        })
    }

    /// `headers` in octets as they lie on the wire, not decoded.
    fn raw_headers<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let raw = |value: &Value<'_>| PyBytes::new(py, value.raw()).into_any();
        header_list(py, self.view(py).headers(), |header| Ok((raw(&header.name), raw(&header.value))))
    }

    /// The mapping as a `dict`, with names as they are first written.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        self.dict(py)
    }

    /// The event as one JSON object (RFC 8259), whatever format it came in: every header in the order of the wire, and the body
    /// under `_body`, as in FreeSWITCH's own JSON events. Headers that come more than once are arrays; octets that are not
    /// UTF-8 are U+FFFD. Raises `RemoteProtocolError` if the event cannot be read to its end.
    fn json<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyString>> {
        let text = self.encode(py, Format::Json)?;
        PyString::from_encoded_object(&PyBytes::new(py, &text), Some(c"utf-8"), None)
    }

    /// The event as a plain event's text, whatever format it came in, so that every value is read back as it is. Octets of
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
        let names = PyDict::new(py);
        for name in self.names(py)? {
            names.set_item(name, py.None())?;
        }
        names.call_method0("keys")
    }

    /// The values, as a view.
    fn values<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.dict(py)?.call_method0("values")
    }

    /// Names and values, as a view.
    fn items<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.dict(py)?.call_method0("items")
    }

    fn __getitem__<'py>(&self, py: Python<'py>, name: Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let text: Text = name.extract().map_err(|_| PyKeyError::new_err(name.clone().unbind()))?;
        match self.view(py).get(&*text) {
            Some(value) => item(py, &value, value_str),
            None => Err(PyKeyError::new_err(name.unbind())),
        }
    }

    fn __contains__(&self, py: Python<'_>, name: &Bound<'_, PyAny>) -> bool {
        name.extract::<Text>().is_ok_and(|name| self.view(py).get(&*name).is_some())
    }

    fn __len__(&self, py: Python<'_>) -> usize {
        self.unique(py).len()
    }

    fn __iter__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyIterator>> {
        self.names(py)?.try_iter()
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
