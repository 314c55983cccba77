//! The variables of a channel, as a mapping of their own.

use esl_proto::Value;
use esl_proto::frame::Header;
use pyo3::exceptions::PyKeyError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyIterator, PyList, PyTuple};

use crate::event::Event;
use crate::headers;
use crate::lookup::{self, Otherwise};
use crate::text::{Text, item, value_bytes, value_str};

/// The variables of an event's channel: an immutable mapping of their names to values, read when asked. A variable `x` is
/// the event's header `variable_x`; what holds for headers holds here.
#[pyclass(frozen, mapping, module = "esl_proto")]
pub(crate) struct Variables {
    event: Py<Event>,
}

impl Variables {
    pub(crate) const fn of(event: Py<Event>) -> Self {
        Self { event }
    }

    fn value<'a>(&'a self, py: Python<'_>, name: &[u8]) -> Option<Value<'a>> {
        self.event.get().view(py).variable(name)
    }

    fn headers<'a>(&'a self, py: Python<'_>) -> impl Iterator<Item = Header<'a>> + Clone {
        self.event.get().view(py).variables()
    }

    fn dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        headers::dict(py, self.headers(py))
    }
}

#[pymethods]
impl Variables {
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

    /// As `Event.get_str`.
    #[pyo3(signature = (name, default=Otherwise::Empty), text_signature = "($self, name, default='')")]
    fn get_str<'py>(&self, py: Python<'py>, name: Text, default: Otherwise<'py>) -> Bound<'py, PyAny> {
        lookup::text(py, self.value(py, &name), default)
    }

    /// As `Event.get_bytes`.
    fn get_bytes<'py>(&self, py: Python<'py>, name: Text) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.value(py, &name).map(|value| item(py, &value, value_bytes)).transpose()
    }

    /// As `Event.get_int`.
    #[pyo3(signature = (name, default=None))]
    fn get_int<'py>(
        &self,
        py: Python<'py>,
        name: Text,
        default: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        Ok(lookup::int(py, &name, self.value(py, &name))?.map(Bound::into_any).or(default))
    }

    /// As `Event.get_float`.
    #[pyo3(signature = (name, default=None))]
    fn get_float<'py>(
        &self,
        py: Python<'py>,
        name: Text,
        default: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        Ok(lookup::float(py, &name, self.value(py, &name))?.map(Bound::into_any).or(default))
    }

    /// As `Event.get_time`.
    #[pyo3(signature = (name, default=None))]
    fn get_time<'py>(
        &self,
        py: Python<'py>,
        name: Text,
        default: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        Ok(lookup::time(py, &name, self.value(py, &name))?.or(default))
    }

    /// As `Event.get_list`.
    fn get_list<'py>(&self, py: Python<'py>, name: Text) -> PyResult<Bound<'py, PyList>> {
        self.event.get().list(py, &[b"variable_", &*name].concat())
    }

    /// The mapping as a `dict`.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        self.dict(py)
    }

    /// The names, as a view.
    fn keys<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.dict(py)?.call_method0("keys")
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
        match self.value(py, &text) {
            Some(value) => item(py, &value, value_str),
            None => Err(PyKeyError::new_err(name.unbind())),
        }
    }

    fn __contains__(&self, py: Python<'_>, name: &Bound<'_, PyAny>) -> bool {
        name.extract::<Text>().is_ok_and(|name| self.value(py, &name).is_some())
    }

    fn __len__(&self, py: Python<'_>) -> PyResult<usize> {
        Ok(self.dict(py)?.len())
    }

    fn __iter__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyIterator>> {
        self.dict(py)?.try_iter()
    }

    fn __eq__<'py>(&self, py: Python<'py>, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let other = match other.cast::<Self>() {
            Ok(other) => other.get().dict(py)?.into_any(),
            Err(_) => other.clone(),
        };
        self.dict(py)?.rich_compare(other, pyo3::basic::CompareOp::Eq)
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        Ok(format!("<Variables {}>", self.dict(py)?.repr()?))
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let getattr = py.import("builtins")?.getattr("getattr")?;
        (getattr, (self.event.clone_ref(py), "variables")).into_pyobject(py)
    }
}
