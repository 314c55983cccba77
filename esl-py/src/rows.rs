//! Tables that API commands answer with.

use esl_proto::event::Rows;
use pyo3::prelude::*;
use pyo3::types::PyList;

use crate::error;
use crate::event::Event;
use crate::text::Text;

/// The rows in the answer to `api show ... as json`, each as an `Event` with the columns as headers. Raises
/// RemoteProtocolError if the output cannot be read to its end.
#[pyfunction]
pub(crate) fn rows<'py>(py: Python<'py>, output: Text) -> PyResult<Bound<'py, PyList>> {
    let rows = PyList::empty(py);
    for row in Rows::new(&output) {
        match row {
            Ok(row) => rows.append(Event::of(py, &row)?)?,
            Err(error) => return Err(PyErr::from_value(error::malformed(py, error)?)),
        }
    }
    Ok(rows)
}
