//! Errors: values of the core, raised as the exceptions of `esl_proto.errors`.

use esl_proto::client::{NotAllowed, ProtocolError, SendError, Unanswered};
use esl_proto::command::app::AppEncodeError;
use esl_proto::command::{CommandError, EncodeError};
use esl_proto::dial::{DialEncodeError, DialError, DialReadError};
use esl_proto::event::{EventError, OutgoingEventError};
use esl_proto::frame::DecodeError;
use esl_proto::server::ResponseError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyRange, PyType};

/// The class of this name in `esl_proto.errors`.
fn class<'py>(py: Python<'py>, cell: &'static PyOnceLock<Py<PyType>>, name: &str) -> PyResult<Bound<'py, PyType>> {
    cell.import(py, "esl_proto.errors", name).cloned()
}

fn local_class(py: Python<'_>) -> PyResult<Bound<'_, PyType>> {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    class(py, &CLASS, "LocalProtocolError")
}

fn remote_class(py: Python<'_>) -> PyResult<Bound<'_, PyType>> {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    class(py, &CLASS, "RemoteProtocolError")
}

fn dial_class(py: Python<'_>) -> PyResult<Bound<'_, PyType>> {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    class(py, &CLASS, "DialError")
}

/// Adds the exceptions to the module, where a reader of a traceback may look for them.
pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    module.add("LocalProtocolError", local_class(py)?)?;
    module.add("RemoteProtocolError", remote_class(py)?)?;
    module.add("DialError", dial_class(py)?)?;
    module.add("ProtocolError", py.import("esl_proto.errors")?.getattr("ProtocolError")?)
}

/// The caller's fault.
pub(crate) fn local(py: Python<'_>, message: &str, code: u16, offset: Option<usize>) -> PyErr {
    match local_class(py).and_then(|class| class.call1((message, code, offset))) {
        Ok(error) => PyErr::from_value(error),
        Err(error) => error,
    }
}

/// A command that cannot be sent.
pub(crate) fn refused(py: Python<'_>, error: &CommandError) -> PyErr {
    local(py, &error.to_string(), error.code(), Some(error.offset))
}

/// A call that cannot be written.
pub(crate) fn not_dialled(py: Python<'_>, error: &DialError) -> PyErr {
    let DialError { field, leg, item, offset, .. } = *error;
    let arguments = (error.to_string(), error.code(), offset, field.as_str(), leg, item);
    match dial_class(py).and_then(|class| class.call1(arguments)) {
        Ok(error) => PyErr::from_value(error),
        Err(error) => error,
    }
}

/// A part of a call that cannot be written.
pub(crate) fn part_not_dialled(py: Python<'_>, error: &DialEncodeError) -> PyErr {
    match error {
        DialEncodeError::Refused(error) => not_dialled(py, error),
        DialEncodeError::Insufficient(_) => local(py, &error.to_string(), error.code(), None),
    }
}

/// An application that cannot be written.
pub(crate) fn app_refused(py: Python<'_>, error: &AppEncodeError) -> PyErr {
    match error {
        AppEncodeError::Dial(error) => not_dialled(py, error),
        AppEncodeError::Refused(refused) => local(py, &error.to_string(), error.code(), Some(refused.offset)),
        _ => local(py, &error.to_string(), error.code(), None),
    }
}

/// A text that is no call.
pub(crate) fn no_call(py: Python<'_>, error: &DialReadError) -> PyErr {
    let offset = if let DialReadError::Refused(error) = error { Some(error.offset) } else { None };
    match dial_class(py).and_then(|class| class.call1((error.to_string(), error.code(), offset))) {
        Ok(error) => PyErr::from_value(error),
        Err(error) => error,
    }
}

/// A command that cannot be written.
pub(crate) fn not_encoded(py: Python<'_>, error: &EncodeError) -> PyErr {
    match error {
        EncodeError::Refused(error) => refused(py, error),
        EncodeError::Insufficient(_) => local(py, &error.to_string(), error.code(), None),
    }
}

/// A command that may not be sent now.
pub(crate) fn not_allowed(py: Python<'_>, reason: NotAllowed) -> PyErr {
    local(py, reason.as_str(), reason.code(), None)
}

/// A command that was not sent.
pub(crate) fn not_sent(py: Python<'_>, error: &SendError) -> PyErr {
    use esl_proto::raw::SendError;
    match SendError::from(*error) {
        SendError::Refused(error) => refused(py, &error),
        SendError::NotAllowed(reason) => not_allowed(py, reason),
        SendError::Insufficient(_) => local(py, &error.to_string(), error.code(), None),
    }
}

/// An answer that cannot be given.
pub(crate) fn not_answered(py: Python<'_>, error: &ResponseError) -> PyErr {
    local(py, &error.to_string(), error.code(), None)
}

/// An event that cannot be written.
pub(crate) fn not_written(py: Python<'_>, error: &OutgoingEventError) -> PyErr {
    local(py, &error.to_string(), error.code(), Some(error.offset))
}

/// What a client sent cannot be read, as a value.
pub(crate) fn unreadable(py: Python<'_>, error: &DecodeError) -> PyResult<Py<PyAny>> {
    Ok(remote_class(py)?.call1((error.to_string(), error.code(), error.offset))?.unbind())
}

/// The framing is broken.
pub(crate) fn broken(py: Python<'_>, error: &ProtocolError) -> PyErr {
    let raise = || {
        let unanswered = range(py, &error.unanswered)?;
        remote_class(py)?.call1((error.error.to_string(), error.error.code(), error.error.offset, unanswered))
    };
    match raise() {
        Ok(error) => PyErr::from_value(error),
        Err(error) => error,
    }
}

/// A document that cannot be read to its end, as a value.
pub(crate) fn malformed(py: Python<'_>, error: EventError) -> PyResult<Bound<'_, PyAny>> {
    remote_class(py)?.call1((error.to_string(), error.code(), error.offset))
}

/// Ids as a `range`.
pub(crate) fn range<'py>(py: Python<'py>, unanswered: &Unanswered) -> PyResult<Bound<'py, PyRange>> {
    let (first, end) = ids(unanswered);
    PyRange::new(py, first, end)
}

/// The first id, and that after the last.
pub(crate) fn ids(unanswered: &Unanswered) -> (isize, isize) {
    let first = unanswered.ids().next().map_or(0, |id| id.number() as isize);
    (first, first + unanswered.len() as isize)
}
