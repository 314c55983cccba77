//! The vocabulary: what `esl_proto.names` is made from, and words as its members.

use std::collections::HashMap;

use esl_proto::Value;
use esl_proto::name::{
    AnswerState, CallDirection, CallState, ChannelState, EventName, HangupCause, LogLevel, Priority,
};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyString;

use crate::text::{decoded, to_str};

/// The members of an enum by their words.
type Members = HashMap<Vec<u8>, Py<PyString>>;

/// A kind of words that events hold.
pub(crate) trait Words {
    /// The class in `esl_proto.names`.
    const CLASS: &'static str;
    /// Where its members are kept.
    fn members() -> &'static PyOnceLock<Members>;
    /// The word as FreeSWITCH writes it, if it is in the list.
    fn known(octets: &[u8]) -> Option<&'static [u8]>;
}

macro_rules! words {
    ($($name:ident)+) => {$(
        impl Words for $name<'_> {
            const CLASS: &'static str = stringify!($name);

            fn members() -> &'static PyOnceLock<Members> {
                static MEMBERS: PyOnceLock<Members> = PyOnceLock::new();
                &MEMBERS
            }

            fn known(octets: &[u8]) -> Option<&'static [u8]> {
                match $name::from_bytes(octets) {
                    $name::Other(_) => None,
                    known => $name::KNOWN.iter().find(|word| **word == known).map($name::as_bytes),
                }
            }
        }
    )+};
}

words! { EventName HangupCause ChannelState CallState AnswerState CallDirection }

/// The member of `esl_proto.names` for a word, or a `str` for one that is in no list.
pub(crate) fn word<'py, W: Words>(py: Python<'py>, value: &Value<'_>) -> PyResult<Bound<'py, PyString>> {
    let octets = decoded(value);
    let members = W::members().get_or_try_init(py, || -> PyResult<_> {
        let class = py.import("esl_proto.names")?.getattr(W::CLASS)?;
        let member = |member: PyResult<Bound<'_, PyAny>>| {
            let member = member?.cast_into::<PyString>()?;
            Ok((member.to_cow()?.as_bytes().to_vec(), member.unbind()))
        };
        class.try_iter()?.map(member).collect()
    })?;
    // What a server writes is in its own case; what people type may not be.
    let member = members.get(&*octets).or_else(|| members.get(W::known(&octets)?));
    Ok(member.map_or_else(|| to_str(py, &octets), |member| member.bind(py).clone()))
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
