//! What a listener has to deliver: events and log lines that a host gave, until their turn comes.

use std::sync::{Arc, Mutex};

use esl_proto::event::{EventEncodeError, EventSource, Field, OutgoingEvent as CoreEvent};
use esl_proto::name::{Format, header};
use esl_proto::server::{EventCoding, LogData};
use esl_proto::{Value, name::LogLevel};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::PyString;

use crate::event::{Event, headers};
use crate::output::Output;
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

/// An event that a host makes.
pub(crate) struct Made {
    headers: Vec<(Text, Content)>,
    body: Option<Text>,
}

impl Made {
    pub(crate) fn new(headers: Pairs<Content>, body: Option<Text>) -> Self {
        Self { headers: headers.0, body }
    }

    /// Shows the event to the core.
    pub(crate) fn with<T>(&self, act: impl FnOnce(&CoreEvent<'_>) -> T) -> T {
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
        act(&CoreEvent { headers: &fields, body: self.body.as_deref().map(Value::from_bytes) })
    }
}

/// Where the headers of an event are.
enum Source {
    Made(Made),
    /// One that has come from a server, as it was read.
    Read(Format, PyBackedBytes),
}

/// An event that waits, perhaps at several connections: written once for each coding that they ask for.
pub(crate) struct Outgoing {
    source: Source,
    /// Whether it goes to several connections, so that what is written is kept.
    is_shared: bool,
    frames: Mutex<Vec<(EventCoding, Arc<[u8]>)>>,
}

impl Outgoing {
    pub(crate) fn made(headers: Pairs<Content>, body: Option<Text>) -> Self {
        Self::new(Source::Made(Made::new(headers, body)), false)
    }

    const fn new(source: Source, is_shared: bool) -> Self {
        Self { source, is_shared, frames: Mutex::new(Vec::new()) }
    }

    /// Shows the event to the core.
    pub(crate) fn with<T>(&self, act: impl FnOnce(&dyn EventSource) -> T) -> T {
        match &self.source {
            Source::Made(made) => made.with(|event| act(event)),
            Source::Read(format, text) => act(&esl_proto::Event::new(*format, text)),
        }
    }

    /// Writes the frame to the end of `out`.
    pub(crate) fn append(&self, coding: EventCoding, out: &mut Output) -> Result<(), EventEncodeError> {
        if !self.is_shared {
            return self.with(|event| out.append(|room| coding.encode(event, room)));
        }
        // Ignore poisoning: a frame is there or not. Nothing of Python's is called while the lock is held.
        let mut frames = self.frames.lock().unwrap_or_else(|poison| poison.into_inner());
        let written = frames.iter().find(|(of, _)| *of == coding).map(|(_, frame)| Arc::clone(frame));
        let frame = match written {
            Some(frame) => frame,
            None => {
                let mut buffer = Output::default();
                self.with(|event| buffer.append(|room| coding.encode(event, room)))?;
                let frame: Arc<[u8]> = buffer.fetch(usize::MAX).into();
                frames.push((coding, Arc::clone(&frame)));
                frame
            }
        };
        out.put(&frame);
        Ok(())
    }
}

/// An event for several connections: `Server.offer` takes it, and it is written once for each format that they ask for.
///
/// All headers must be given, Event-Name too; a list is an array. Only Content-Length comes by itself.
/// `OutgoingEvent.of(event)` is an event that has come, as it is.
#[pyclass(frozen, module = "esl_proto")]
pub(crate) struct OutgoingEvent {
    pub(crate) event: Arc<Outgoing>,
}

#[pymethods]
impl OutgoingEvent {
    #[new]
    #[pyo3(signature = (headers, body=None))]
    fn new(headers: Pairs<Content>, body: Option<Text>) -> Self {
        Self { event: Arc::new(Outgoing::new(Source::Made(Made::new(headers, body)), true)) }
    }

    /// An event received from a server, header by header, unchanged.
    #[staticmethod]
    fn of(event: &Bound<'_, Event>) -> Self {
        let (format, text) = headers(event).parts();
        Self { event: Arc::new(Outgoing::new(Source::Read(format, text.clone_ref(event.py())), true)) }
    }

    fn __repr__(&self) -> String {
        self.event.with(|event| {
            let mut name = None;
            let _ = event.visit(&mut |field| {
                if field.name == *header::EVENT_NAME {
                    name = field.content.items().next().map(|value| value.to_string());
                }
            });
            format!("<OutgoingEvent {}>", name.as_deref().unwrap_or("without a name"))
        })
    }
}

/// What is offered to a connection.
pub(crate) enum Offered {
    Shared(Arc<Outgoing>),
    Own(Outgoing),
}

impl Offered {
    pub(crate) fn into_event(self) -> Arc<Outgoing> {
        match self {
            Self::Shared(event) => event,
            Self::Own(event) => Arc::new(event),
        }
    }

    /// An event that is there, or one of these headers.
    pub(crate) fn of(event: &Bound<'_, PyAny>, body: Option<Text>) -> PyResult<Self> {
        let shared = event.cast::<OutgoingEvent>().map(|event| Arc::clone(&event.get().event));
        let read = event.cast::<Event>().map(|event| headers(event).parts());
        match (shared, read) {
            (Ok(_), _) | (_, Ok(_)) if body.is_some() => {
                Err(PyTypeError::new_err("an event that is there has a body of its own"))
            }
            (Ok(event), _) => Ok(Self::Shared(event)),
            (_, Ok((format, text))) => {
                Ok(Self::Own(Outgoing::new(Source::Read(format, text.clone_ref(event.py())), false)))
            }
            _ => Ok(Self::Own(Outgoing::made(event.extract()?, body))),
        }
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
