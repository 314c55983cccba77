//! The variables of a channel, as a mapping of their own.

use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::headers::Headers;
use crate::text::{FormatWord, Octets, shared};

/// The variables of an event's channel: a variable `x` is the event's header `variable_x`, with the same methods.
#[pyclass(frozen, extends = Headers, module = "esl_proto")]
pub(crate) struct Variables;

impl Variables {
    pub(crate) fn of(py: Python<'_>, event: Py<Headers>) -> PyResult<Py<Self>> {
        Py::new(py, PyClassInitializer::from(Headers::of_variables(event)).add_subclass(Self))
    }
}

#[pymethods]
impl Variables {
    #[new]
    fn new(py: Python<'_>, format: FormatWord, text: Octets) -> PyResult<PyClassInitializer<Self>> {
        let event = Py::new(py, Headers::of_event(format.0, text.0))?;
        Ok(PyClassInitializer::from(Headers::of_variables(event)).add_subclass(Self))
    }

    fn __eq__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let dict = |variables: &Bound<'py, Self>| variables.as_super().get().dict(slf.py());
        let other = match other.cast::<Self>() {
            Ok(other) => dict(other)?.into_any(),
            Err(_) => other.clone(),
        };
        dict(slf)?.rich_compare(other, pyo3::basic::CompareOp::Eq)
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        Ok(format!("<Variables {}>", slf.as_super().get().dict(slf.py())?.repr()?))
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyTuple>> {
        let (format, text) = slf.as_super().get().parts();
        (slf.get_type(), (format.as_str(), shared(slf.py(), text))).into_pyobject(slf.py())
    }
}
