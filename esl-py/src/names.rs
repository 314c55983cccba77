//! The vocabulary: what `esl_proto.names` is checked against, and event names as its members.

use std::collections::HashMap;

use esl_proto::name::{
    AnswerState, CallDirection, CallState, ChannelState, EventName, HangupCause, LogLevel, Priority,
};
use pyo3::exceptions::PyLookupError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

/// The member of `esl_proto.names.EventName` for a known name.
pub(crate) fn event_name(py: Python<'_>, name: EventName<'_>) -> PyResult<Py<PyAny>> {
    static MEMBERS: PyOnceLock<HashMap<EventName<'static>, Py<PyAny>>> = PyOnceLock::new();
    let members = MEMBERS.get_or_try_init(py, || -> PyResult<_> {
        let class = py.import("esl_proto.names")?.getattr("EventName")?;
        let member = |name: &EventName<'static>| Ok((*name, class.call1((name.as_str(),))?.unbind()));
        EventName::KNOWN.iter().map(member).collect()
    })?;
    let found = members.get(&name).map(|member| member.clone_ref(py));
    found.ok_or_else(|| PyLookupError::new_err("not in the vocabulary"))
}

type Vocabulary = Vec<(&'static str, Vec<(String, Option<i32>)>)>;

/// The core's vocabulary: for each kind its words, with their numbers where they have any.
#[pyfunction]
pub(crate) fn vocabulary() -> Vocabulary {
    macro_rules! words {
        ($name:ident) => {
            $name::KNOWN.iter().map(|word| (word.to_string(), None)).collect()
        };
        ($name:ident $number:expr) => {
            $name::KNOWN.iter().map(|word| (word.to_string(), $number(word))).collect()
        };
    }
    let levels = (-1..=7).filter_map(LogLevel::new);
    vec![
        ("EventName", words!(EventName)),
        ("HangupCause", words!(HangupCause |cause: &HangupCause<'_>| cause.number().map(i32::from))),
        (
            "ChannelState",
            words!(ChannelState |state: &ChannelState<'_>| state.number().and_then(|number| number.try_into().ok())),
        ),
        ("CallState", words!(CallState)),
        ("AnswerState", words!(AnswerState)),
        ("CallDirection", words!(CallDirection)),
        ("Priority", words!(Priority)),
        (
            "LogLevel",
            levels.map(|level| (level.name().unwrap_or_default().to_owned(), Some(level.number().into()))).collect(),
        ),
    ]
}
