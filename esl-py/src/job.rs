//! What a job leaves.

use esl_proto::message::Status;
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple};

use crate::event::{Event, headers};
use crate::message::{is_error, is_ok, json_of, status_word};
use crate::text::{decoded, to_str};

/// The output of a command that ran in the background, with the attributes of an answer to `api`.
#[pyclass(frozen, module = "esl_proto")]
pub(crate) struct JobResult {
    /// The BACKGROUND_JOB event.
    #[pyo3(get)]
    event: Py<Event>,
    /// The output: unlike that of `api`, it is empty if the command has printed nothing.
    #[pyo3(get)]
    text: Py<PyString>,
    said: Vec<u8>,
}

#[pymethods]
impl JobResult {
    #[new]
    fn new(event: Bound<'_, Event>) -> Self {
        let py = event.py();
        let said = headers(&event).view(py).body().map(|body| decoded(&body).into_owned()).unwrap_or_default();
        Self { text: to_str(py, &said).unbind(), said, event: event.unbind() }
    }

    /// How it begins: see `ApiResponse.status`.
    #[getter]
    fn status<'py>(&self, py: Python<'py>) -> Bound<'py, PyString> {
        status_word(py, Status::of(&self.said))
    }

    /// Whether it is not an error, judging by the text.
    #[getter]
    fn ok(&self) -> bool {
        is_ok(Status::of(&self.said))
    }

    /// Whether it begins with `-ERR` or `-USAGE`.
    #[getter]
    fn error(&self) -> bool {
        is_error(Status::of(&self.said))
    }

    /// What follows `+OK`, `-ERR` or `-USAGE`, without white space around it; otherwise the text without white space at its
    /// end.
    #[getter]
    fn detail<'py>(&self, py: Python<'py>) -> Bound<'py, PyString> {
        to_str(py, Status::split(&self.said).1)
    }

    /// The output of a command that ends in `as json`, as Python objects. Raises `ValueError` if it is none.
    fn json<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        json_of(py, &self.said)
    }

    fn __str__(&self, py: Python<'_>) -> Py<PyString> {
        self.text.clone_ref(py)
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let uuid = self.event.bind(py).getattr("job_uuid")?;
        let text: String = self.text.bind(py).to_cow()?.chars().take(60).collect();
        Ok(format!("<JobResult {uuid} {}>", PyString::new(py, &text).repr()?))
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyTuple>> {
        (slf.get_type(), (slf.get().event.clone_ref(slf.py()),)).into_pyobject(slf.py())
    }
}
