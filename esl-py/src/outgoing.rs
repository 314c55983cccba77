//! What a listener has to deliver: events and log lines that a host gave, until their turn comes.

use esl_proto::event::{Field, OutgoingEvent};
use esl_proto::server::LogData;
use esl_proto::{Value, name::LogLevel};
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::text::{Octets, Pairs, Text};

/// The value of a header.
pub(crate) enum Content {
    Text(Text),
    Array(Vec<Text>),
}

impl<'py> FromPyObject<'_, 'py> for Content {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        if object.is_instance_of::<PyString>() {
            return object.extract().map(Self::Text);
        }
        match object.extract::<Octets>() {
            Ok(octets) => Ok(Self::Text(Text::Octets(octets))),
            Err(_) => object.extract().map(Self::Array),
        }
    }
}

/// An event, not written yet.
pub(crate) struct Event {
    headers: Vec<(Text, Content)>,
    body: Option<Text>,
}

impl Event {
    pub(crate) fn new(headers: Pairs<Content>, body: Option<Text>) -> Self {
        Self { headers: headers.0, body }
    }

    /// Shows the event to the core.
    pub(crate) fn with<T>(&self, act: impl FnOnce(&OutgoingEvent<'_>) -> T) -> T {
        let arrays: Vec<Vec<&[u8]>> = self
            .headers
            .iter()
            .map(|(_, content)| match content {
                Content::Text(_) => Vec::new(),
                Content::Array(items) => items.iter().map(|item| &**item).collect(),
            })
            .collect();
        let fields: Vec<_> = self
            .headers
            .iter()
            .zip(&arrays)
            .map(|((name, content), items)| match content {
                Content::Text(text) => Field::new(&**name, &**text),
                Content::Array(_) => Field::array(&**name, items),
            })
            .collect();
        act(&OutgoingEvent { headers: &fields, body: self.body.as_deref().map(Value::from_bytes) })
    }
}

/// A line of the log.
pub(crate) struct LogLine {
    pub(crate) level: LogLevel,
    pub(crate) text: Text,
    pub(crate) file: Option<Text>,
    pub(crate) function: Option<Text>,
    pub(crate) line: u32,
    pub(crate) channel_uuid: Option<Text>,
}

impl LogLine {
    pub(crate) fn data(&self) -> LogData<'_> {
        LogData {
            level: self.level,
            text_channel: 0,
            file: self.file.as_deref().unwrap_or_default(),
            function: self.function.as_deref().unwrap_or_default(),
            line: self.line,
            user_data: self.channel_uuid.as_deref().unwrap_or_default(),
            text: &self.text,
        }
    }
}
