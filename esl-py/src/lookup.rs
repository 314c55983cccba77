//! Values of headers with a type.

use esl_proto::Value;
use pyo3::exceptions::{PyOverflowError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyFloat, PyInt, PyList, PyString, PyType};

use crate::text::{decoded, value_str};

/// What a look-up of text gives where nothing is found.
pub(crate) enum Otherwise<'py> {
    /// An empty text, if the caller says nothing.
    Empty,
    Given(Bound<'py, PyAny>),
}

impl<'py> FromPyObject<'_, 'py> for Otherwise<'py> {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        Ok(Self::Given(object.to_owned()))
    }
}

/// A value as one text.
pub(crate) fn text<'py>(py: Python<'py>, value: Option<Value<'_>>, otherwise: Otherwise<'py>) -> Bound<'py, PyAny> {
    match (value, otherwise) {
        (Some(value), _) => value_str(py, &value).into_any(),
        (None, Otherwise::Empty) => PyString::new(py, "").into_any(),
        (None, Otherwise::Given(object)) => object,
    }
}

/// Below this a time counts seconds, as in `variable_start_epoch`: as microseconds it would be one of the first 28 hours of
/// 1970, as seconds one after the year 5000.
const SECONDS: u64 = 100_000_000_000;

fn no(what: &str, name: &[u8], value: &[u8]) -> PyErr {
    let (name, value) = (String::from_utf8_lossy(name), String::from_utf8_lossy(value));
    PyValueError::new_err(format!("{name} is not {what}: {value:?}"))
}

/// A value as text, if it is there and not empty.
fn said(value: Option<Value<'_>>) -> Option<std::borrow::Cow<'_, [u8]>> {
    // Arrays stay as they are, and are nothing else.
    value.as_ref().map(decoded).filter(|octets| !octets.is_empty())
}

fn number<T: std::str::FromStr>(octets: &[u8]) -> Option<T> {
    std::str::from_utf8(octets.trim_ascii()).ok()?.parse().ok()
}

/// A value as `int`.
pub(crate) fn int<'py>(py: Python<'py>, name: &[u8], value: Option<Value<'_>>) -> PyResult<Option<Bound<'py, PyInt>>> {
    let Some(octets) = said(value) else { return Ok(None) };
    let number: i128 = number(&octets).ok_or_else(|| no("an integer", name, &octets))?;
    Ok(Some(match i64::try_from(number) {
        Ok(number) => PyInt::new(py, number),
        Err(_) => PyInt::new(py, number),
    }))
}

/// A value as `float`.
pub(crate) fn float<'py>(
    py: Python<'py>,
    name: &[u8],
    value: Option<Value<'_>>,
) -> PyResult<Option<Bound<'py, PyFloat>>> {
    let Some(octets) = said(value) else { return Ok(None) };
    let number: f64 = number(&octets).ok_or_else(|| no("a number", name, &octets))?;
    Ok(Some(PyFloat::new(py, number)))
}

/// Values as one list: an array's items, and what is none.
pub(crate) fn list<'py, 'a>(py: Python<'py>, values: impl Iterator<Item = Value<'a>>) -> PyResult<Bound<'py, PyList>> {
    let list = PyList::empty(py);
    for value in values {
        if value.is_array() {
            value.items().try_for_each(|item| list.append(value_str(py, &item)))?;
        } else {
            list.append(value_str(py, &value))?;
        }
    }
    Ok(list)
}

/// A moment, in microseconds since 1970, as an aware `datetime`; None after the year 9999.
pub(crate) fn moment<'py>(py: Python<'py>, microseconds: u64) -> PyResult<Option<Bound<'py, PyAny>>> {
    static EPOCH: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    static DELTA: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let epoch = EPOCH.get_or_try_init(py, || -> PyResult<_> {
        let module = py.import("datetime")?;
        let keywords = PyDict::new(py);
        keywords.set_item("tzinfo", module.getattr("timezone")?.getattr("utc")?)?;
        Ok(module.getattr("datetime")?.call((1970, 1, 1), Some(&keywords))?.unbind())
    })?;
    let (seconds, rest) = (microseconds / 1_000_000, microseconds % 1_000_000);
    let delta = DELTA.import(py, "datetime", "timedelta")?.call1((0, seconds, rest));
    match delta.and_then(|delta| epoch.bind(py).call_method1(intern!(py, "__add__"), (delta,))) {
        Err(error) if error.is_instance_of::<PyOverflowError>(py) => Ok(None),
        moment => moment.map(Some),
    }
}

/// A value as an aware `datetime`. 0 is never.
pub(crate) fn time<'py>(py: Python<'py>, name: &[u8], value: Option<Value<'_>>) -> PyResult<Option<Bound<'py, PyAny>>> {
    let Some(octets) = said(value) else { return Ok(None) };
    let number: u64 = number(&octets).ok_or_else(|| no("a time", name, &octets))?;
    let microseconds = if number < SECONDS { number * 1_000_000 } else { number };
    match moment(py, microseconds)? {
        _ if number == 0 => Ok(None),
        Some(moment) => Ok(Some(moment)),
        None => Err(no("a time", name, &octets)),
    }
}
