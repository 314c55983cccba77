//! Headers as a lazy, immutable mapping: what events and their variables have in common.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::OnceLock;

use esl_proto::Value;
use esl_proto::frame::Header;
use esl_proto::name::Format;
use pyo3::exceptions::PyKeyError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyIterator, PyList, PyString};

use crate::index::{Index, View};
use crate::keys::Keys;
use crate::lookup::{self, Otherwise};
use crate::text::{Text, item, to_str, value_bytes, value_str, with_decoded};

/// An immutable mapping of names to values, decoded on demand: the base of `Event` and its `variables`.
///
/// Values are `str`, or `list[str]` for arrays; bytes that are not UTF-8 become U+FFFD; `get_bytes` returns the
/// original bytes. Look-ups ignore the case of names. FreeSWITCH sends some headers twice: the mapping has the last
/// value, which is the newer fact. Iteration gives each name once, in order of first appearance.
#[pyclass(frozen, mapping, subclass, module = "esl_proto")]
pub(crate) struct Headers {
    of: Of,
    /// The mapping, once somebody has gone through it: whoever does looks each name up.
    whole: PyOnceLock<Whole>,
}

/// A mapping as a `dict` that nobody can change.
struct Whole {
    /// Values in it are `str`, or None in place of a list.
    dict: Py<PyDict>,
    is_flat: bool,
}

/// What the headers are of.
enum Of {
    Event {
        format: Format,
        text: PyBackedBytes,
        index: OnceLock<Index>,
    },
    /// The variables of an event's channel.
    Variables(Py<Headers>),
}

impl Headers {
    pub(crate) const fn of_event(format: Format, text: PyBackedBytes) -> Self {
        Self { of: Of::Event { format, text, index: OnceLock::new() }, whole: PyOnceLock::new() }
    }

    pub(crate) const fn of_variables(event: Py<Self>) -> Self {
        Self { of: Of::Variables(event), whole: PyOnceLock::new() }
    }

    /// The format and the text of the event.
    pub(crate) fn parts(&self) -> (Format, &PyBackedBytes) {
        match &self.of {
            Of::Event { format, text, .. } => (*format, text),
            Of::Variables(event) => event.get().parts(),
        }
    }

    /// The headers of the event, read once.
    pub(crate) fn view(&self, py: Python<'_>) -> &View<'_> {
        match &self.of {
            Of::Event { format, text, index } => index.get_or_init(|| Index::of(*format, text.clone_ref(py))).view(),
            Of::Variables(event) => event.get().view(py),
        }
    }

    fn value(&self, py: Python<'_>, name: &[u8]) -> Option<Value<'_>> {
        match &self.of {
            Of::Event { .. } => self.view(py).get(name),
            Of::Variables(event) => event.get().view(py).variable(name),
        }
    }

    pub(crate) fn dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        match self.whole.get(py) {
            Some(Whole { dict, is_flat: true }) => dict.bind(py).copy(),
            _ => self.read(py).map(|(dict, _)| dict),
        }
    }

    /// The mapping as a `dict`, and whether it has no lists.
    fn read<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyDict>, bool)> {
        match &self.of {
            // Whoever wants all needs no index.
            Of::Event { format, text, .. } => dict(py, *format, esl_proto::Event::new(*format, text).headers()),
            Of::Variables(event) => dict(py, self.parts().0, event.get().view(py).variables()),
        }
    }

    /// The mapping, read once, and the `dict` that was made for that if there are lists in it.
    fn kept<'py>(&self, py: Python<'py>) -> PyResult<(&Whole, Option<Bound<'py, PyDict>>)> {
        let mut made = None;
        let whole = self.whole.get_or_try_init(py, || -> PyResult<_> {
            let (dict, is_flat) = self.read(py)?;
            if is_flat {
                return Ok(Whole { dict: dict.unbind(), is_flat });
            }
            let kept = dict.copy()?;
            for (name, value) in &dict {
                if value.is_instance_of::<PyList>() {
                    kept.set_item(name, py.None())?;
                }
            }
            made = Some(dict);
            Ok(Whole { dict: kept.unbind(), is_flat })
        })?;
        Ok((whole, made))
    }

    /// The mapping as a `dict`, of which views may be given away.
    fn whole<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        match self.kept(py)? {
            (Whole { dict, is_flat: true }, _) => Ok(dict.bind(py).clone()),
            (_, Some(made)) => Ok(made),
            (_, None) => self.dict(py),
        }
    }

    /// The value of this name as it is written there, if somebody has gone through the mapping and it is no list.
    fn at_hand<'py>(&self, py: Python<'py>, name: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyAny>>> {
        match self.whole.get(py) {
            Some(whole) if name.is_exact_instance_of::<PyString>() => {
                Ok(whole.dict.bind(py).get_item(name)?.filter(|value| !value.is_none()))
            }
            _ => Ok(None),
        }
    }
}

/// Headers as a `dict`: each name once, in order of first appearance and as it is written there, with the last value of that
/// name. And whether it has no lists.
fn dict<'py, 'a>(
    py: Python<'py>,
    format: Format,
    headers: impl Iterator<Item = Header<'a>>,
) -> PyResult<(Bound<'py, PyDict>, bool)> {
    let (dict, keys) = (PyDict::new(py), Keys::lock());
    let mut made = Made { dict, format, keys, more: HashMap::new(), is_flat: true, failed: None };
    headers.for_each(|header| made.set(&header));
    match made.failed {
        Some(error) => Err(error),
        None => Ok((made.dict, made.is_flat)),
    }
}

/// A `dict` that is being made.
struct Made<'py> {
    dict: Bound<'py, PyDict>,
    format: Format,
    keys: Keys,
    /// Names for which there is no room in the table, in small letters.
    more: HashMap<Vec<u8>, Bound<'py, PyString>>,
    is_flat: bool,
    failed: Option<PyErr>,
}

impl Made<'_> {
    // By reference, and no part of the caller's loop: a header that is moved is read as a whole just after it was written in
    // parts, which stalls store forwarding.
    #[inline(never)]
    fn set(&mut self, header: &Header<'_>) {
        if self.failed.is_none()
            && let Err(error) = with_decoded(&header.name, |name| self.set_named(name, &header.value))
        {
            self.failed = Some(error);
        }
    }

    #[inline]
    fn set_named(&mut self, name: &[u8], value: &Value<'_>) -> PyResult<()> {
        let is_array = value.is_array();
        if !is_array && self.keys.set(&self.dict, name, value, self.format)? {
            return Ok(());
        }
        self.is_flat &= !is_array;
        let py = self.dict.py();
        let new = || self.more.entry(name.to_ascii_lowercase()).or_insert_with(|| to_str(py, name)).clone();
        let key = self.keys.name(py, name).unwrap_or_else(new);
        self.dict.set_item(key, item(py, value, value_str)?)
    }
}

#[pymethods]
impl Headers {
    /// The value of this name, or `default`.
    #[pyo3(signature = (name, default=None))]
    fn get<'py>(
        &self,
        py: Python<'py>,
        name: Text,
        default: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        match self.value(py, &name) {
            Some(value) => item(py, &value, value_str).map(Some),
            None => Ok(default),
        }
    }

    /// The value of this name as one text, or `default`: an array as the server writes it, `ARRAY::a|:b`.
    #[pyo3(signature = (name, default=Otherwise::Empty), text_signature = "($self, name, default='')")]
    fn get_str<'py>(&self, py: Python<'py>, name: Text, default: Otherwise<'py>) -> Bound<'py, PyAny> {
        lookup::text(py, self.value(py, &name), default)
    }

    /// The value of this name as a whole number, or `default` if it is missing or empty. Raises ValueError, with the
    /// name, if it is not a number.
    #[pyo3(signature = (name, default=None))]
    fn get_int<'py>(
        &self,
        py: Python<'py>,
        name: Text,
        default: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        Ok(lookup::int(py, &name, self.value(py, &name))?.map(Bound::into_any).or(default))
    }

    /// The value of this name as a number, or `default` if it is missing or empty. Raises ValueError, with the name, if
    /// it is not a number.
    #[pyo3(signature = (name, default=None))]
    fn get_float<'py>(
        &self,
        py: Python<'py>,
        name: Text,
        default: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        Ok(lookup::float(py, &name, self.value(py, &name))?.map(Bound::into_any).or(default))
    }

    /// The value of this name as a `datetime` in UTC, or `default` if it is missing or 0, which means never. It counts
    /// microseconds since 1970 or, below 100000000000, seconds (`variable_start_epoch`). Raises ValueError, with the
    /// name, if it is not a time.
    #[pyo3(signature = (name, default=None))]
    fn get_time<'py>(
        &self,
        py: Python<'py>,
        name: Text,
        default: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        Ok(lookup::time(py, &name, self.value(py, &name))?.or(default))
    }

    /// The value of this name as a list: the items of an array, or the one value; empty if there is none. In XML an array is
    /// several headers of one name, so that it has the values of all of them.
    fn get_list<'py>(&self, py: Python<'py>, name: Text) -> PyResult<Bound<'py, PyList>> {
        let event = self.view(py);
        let name = match &self.of {
            Of::Event { .. } => Cow::Borrowed(&*name),
            Of::Variables(_) => Cow::Owned([b"variable_", &*name].concat()),
        };
        match self.parts().0 {
            Format::Xml => lookup::list(py, event.get_all(&*name)),
            Format::Plain | Format::Json => lookup::list(py, event.get(&*name).into_iter()),
        }
    }

    /// The value of this name in bytes, or None.
    fn get_bytes<'py>(&self, py: Python<'py>, name: Text) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.value(py, &name).map(|value| item(py, &value, value_bytes)).transpose()
    }

    /// The mapping as a `dict`, with names as they are first written.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        self.dict(py)
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

    fn __getitem__<'py>(&self, py: Python<'py>, name: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        if let Some(value) = self.at_hand(py, name)? {
            return Ok(value);
        }
        let no = || PyKeyError::new_err(name.clone().unbind());
        let text: Text = name.extract().map_err(|_| no())?;
        match self.value(py, &text) {
            Some(value) => item(py, &value, value_str),
            None => Err(no()),
        }
    }

    fn __contains__(&self, py: Python<'_>, name: &Bound<'_, PyAny>) -> bool {
        name.extract::<Text>().is_ok_and(|name| self.value(py, &name).is_some())
    }

    fn __len__(&self, py: Python<'_>) -> PyResult<usize> {
        Ok(self.kept(py)?.0.dict.bind(py).len())
    }

    fn __iter__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyIterator>> {
        self.kept(py)?.0.dict.bind(py).try_iter()
    }
}
